"""Signed notes (C2SP signed-note): a text, an empty line, and signatures of named keys.

Lines of unknown keys are kept and ignored, so that a log may add a new kind of signature without any break.
A line of a known key that does not verify condemns the whole note.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import ClassVar, TypeVar

from domain.errors import VerificationError
from registry.log import ed25519
from registry.log.encoding import BadBase64, decode_base64, encode_base64

ED25519 = 0x01
COSIGNATURE = 0x04

MAX_NOTE_BYTES = 512 * 1024
MAX_SIGNATURES = 100  # Go's note.Open stops there too
_KEY_ID_BYTES = 4
_LINE_START = "\N{EM DASH} "


class MalformedNote(VerificationError):
    """The bytes are not a signed note."""

    code = "malformed-note"


class MalformedKey(VerificationError):
    """The text is not a verifier key (``name+hash+base64``)."""

    code = "malformed-verifier-key"


class UnsupportedKey(VerificationError):
    """The verifier key is of a signature type that this program does not check."""

    code = "unsupported-key"


class BadNoteSignature(VerificationError):
    """A key that is known did not make the signature that carries its name."""

    code = "bad-note-signature"


class UnknownSigner(VerificationError):
    """None of the keys that are trusted has signed the note."""

    code = "unknown-signer"


@dataclass(frozen=True)
class SignatureLine:
    """One signature as it stands in a note: whose, which key (4 bytes), and the bytes of that key's type."""

    name: str
    key_id: bytes
    signature: bytes

    def format(self) -> str:
        """The line with its final LF."""
        return f"{_LINE_START}{self.name} {encode_base64(self.key_id + self.signature)}\n"


@dataclass(frozen=True)
class Note:
    """A text that ends in LF, and its signature lines in their order."""

    text: str
    signatures: tuple[SignatureLine, ...]

    def format(self) -> str:
        return self.text + "\n" + "".join(line.format() for line in self.signatures)


@dataclass(frozen=True)
class VerifierKey:
    """A public key with its name and signature type (0x01 Ed25519, 0x04 cosignature)."""

    name: str
    kind: int
    public: bytes

    @property
    def key_id(self) -> bytes:
        return key_id(self.name, self.kind, self.public)

    def long_id(self, length: int) -> bytes:
        """The first ``length`` bytes of the hash of which the key id is the first four."""
        return _key_hash(self.name, self.kind, self.public)[:length]

    def format(self) -> str:
        """The vkey: ``name+<8 hex digits>+<base64 of type and key>``."""
        return f"{self.name}+{self.key_id.hex()}+{encode_base64(bytes([self.kind]) + self.public)}"

    @classmethod
    def parse(cls, vkey: str) -> VerifierKey:
        """Reads a vkey; the key id in it must be that of its name and key.

        >>> VerifierKey.parse("example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k").name
        'example.com/foo'
        """
        parts = vkey.split("+", 2)  # base64 holds "+" too
        if len(parts) != 3:
            raise MalformedKey(f"the verifier key {vkey[:80]!r} does not read name+hash+base64")
        name, stated_id, encoded = parts
        if not is_valid_name(name):
            raise MalformedKey(f"the verifier key's name {name[:80]!r} is empty or holds a blank")
        try:
            data = decode_base64(encoded, what="the public key")
        except BadBase64 as error:
            raise MalformedKey(f"the verifier key of {name}: {error}") from error
        if len(data) < 2:
            raise MalformedKey(f"the verifier key of {name} holds no public key")
        key = cls(name, data[0], data[1:])
        if key.kind in (ED25519, COSIGNATURE):
            ed25519.check_public_key(key.public)
        if key.key_id.hex() != stated_id:
            raise MalformedKey(
                f"the verifier key of {name} has the key id {key.key_id.hex()}, not {stated_id[:16]}"
            )
        return key


@dataclass(frozen=True)
class Verifier(ABC):
    """Judges the signature lines of one key; each signature type is a subclass.

    Raises:
        UnsupportedKey: when the key is of another type.
    """

    kind: ClassVar[int]
    holder: ClassVar[str]
    """Who has keys of this type."""

    key: VerifierKey

    def __post_init__(self) -> None:
        if self.key.kind != self.kind:
            raise UnsupportedKey(
                f"{self.key.name}: a {self.holder}'s key has type 0x{self.kind:02x}, "
                f"this one 0x{self.key.kind:02x}"
            )

    @property
    def name(self) -> str:
        return self.key.name

    @property
    def key_id(self) -> bytes:
        return self.key.key_id

    @abstractmethod
    def verify(self, text: str, signature: bytes) -> bool:
        """Whether the key made the signature for a note of this text."""


V = TypeVar("V", bound=Verifier)


class NoteVerifier(Verifier):
    """Judges type 0x01: Ed25519 over the note's text."""

    kind = ED25519
    holder = "log"

    def verify(self, text: str, signature: bytes) -> bool:
        return ed25519.verify(self.key.public, text.encode(), signature)


@dataclass(frozen=True)
class NoteSigner:
    """A log's private key with its name; it signs whatever text it is given."""

    name: str
    key: ed25519.PrivateKey

    def __post_init__(self) -> None:
        if not is_valid_name(self.name):
            raise MalformedKey(f"the key name {self.name[:80]!r} is empty, or holds a blank or a '+'")

    def __repr__(self) -> str:
        return f"NoteSigner({self.name!r})"  # the key stays out of logs

    @property
    def verifier_key(self) -> VerifierKey:
        return VerifierKey(self.name, ED25519, self.key.public)

    def sign(self, text: str) -> SignatureLine:
        return SignatureLine(self.name, self.verifier_key.key_id, self.key.sign(text.encode()))


def key_id(name: str, kind: int, public: bytes) -> bytes:
    """``SHA-256(name || LF || type || public key)``, its first four bytes."""
    return _key_hash(name, kind, public)[:_KEY_ID_BYTES]


def _key_hash(name: str, kind: int, public: bytes) -> bytes:
    return sha256(name.encode() + b"\n" + bytes([kind]) + public).digest()


def is_valid_name(name: str) -> bool:
    """Whether a key may bear the name: not empty, no Unicode space, no ``+``, no control character.

    >>> [is_valid_name(n) for n in ("registry.example/land", "", "a b", "a+b")]
    [True, False, False, False]
    """
    return bool(name) and not any(c.isspace() or c == "+" or c < " " for c in name)


def parse_note(data: bytes) -> Note:
    """Splits a note into text and signature lines; judges no signature.

    Raises:
        MalformedNote: when the bytes are not a note, or longer than 512 KiB, or bear over 100 signatures.
    """
    if len(data) > MAX_NOTE_BYTES:
        raise MalformedNote(f"the note has {len(data)} bytes, more than {MAX_NOTE_BYTES}")
    try:
        whole = data.decode("utf-8")
    except UnicodeDecodeError:
        raise MalformedNote("the note is not valid UTF-8") from None
    if any(c < " " and c != "\n" for c in whole):
        raise MalformedNote("the note holds a control character other than the line feed")
    head, gap, block = whole.rpartition("\n\n")
    if not gap or not block:
        raise MalformedNote("no empty line parts the note's text from its signatures")
    return Note(head + "\n", parse_signature_lines(block))


def parse_signature_lines(block: str) -> tuple[SignatureLine, ...]:
    """The lines of a signature block; the last one ends in LF too."""
    if not block.endswith("\n"):
        raise MalformedNote("the last signature line does not end in a line feed")
    lines = block[:-1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise MalformedNote(f"the note bears {len(lines)} signatures, more than {MAX_SIGNATURES}")
    return tuple(_parse_signature_line(line) for line in lines)


def verified_signatures(note: Note, verifiers: Iterable[V]) -> tuple[tuple[V, SignatureLine], ...]:
    """The signatures of known keys, each checked, in the note's order; unknown lines are left out.

    Raises:
        BadNoteSignature: when a line bears a known key's name and id and is not that key's signature.
    """
    known = {(v.name, v.key_id): v for v in verifiers}
    found = []
    for line in note.signatures:
        verifier = known.get((line.name, line.key_id))
        if verifier is None:
            continue
        if not verifier.verify(note.text, line.signature):
            raise BadNoteSignature(f"the signature in the name of {line.name} does not verify")
        found.append((verifier, line))
    return tuple(found)


def open_note(data: bytes, verifiers: Iterable[Verifier]) -> Note:
    """The note, once at least one known key has signed it and none of the known has signed badly.

    Raises:
        MalformedNote, BadNoteSignature: as above.
        UnknownSigner: when no line is of a known key.
    """
    note = parse_note(data)
    if not verified_signatures(note, verifiers):
        raise UnknownSigner("none of the keys that are trusted has signed this note")
    return note


def _parse_signature_line(line: str) -> SignatureLine:
    if not line.startswith(_LINE_START):
        raise MalformedNote("a signature line does not begin with an em dash and a blank")
    name, blank, encoded = line[len(_LINE_START) :].partition(" ")
    if not blank or not is_valid_name(name):
        raise MalformedNote("a signature line does not read: em dash, key name, base64")
    try:
        data = decode_base64(encoded, what=f"the signature of {name[:80]}")
    except BadBase64 as error:
        raise MalformedNote(str(error)) from error
    if len(data) <= _KEY_ID_BYTES:
        raise MalformedNote(f"the signature of {name[:80]} holds no more than a key id")
    return SignatureLine(name, data[:_KEY_ID_BYTES], data[_KEY_ID_BYTES:])
