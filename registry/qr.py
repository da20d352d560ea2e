"""The code on a printed extract: what the press signed, short enough for paper, readable with no network.

``https://HOST/v#`` and decimal digits: a telephone's camera opens the verifier page, and the digits, in the
fragment, never reach the server.  They are a COSE_Sign1 (RFC 9052, EdDSA) over a deterministic CBOR map, packed with
zlib where that is shorter, as one number with a leading 1.

The press has a key of its own, used for nothing else.  Verifiers name it in their policy, in a line that other
readers of tlog-policy take for a comment: ``#!paper <vkey>``.  A code is the registry's own word as of a time, and no
proof: no witness vouches for it.  For that, and for what holds today, there is the title proof, whose hash it bears.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import ClassVar, cast

from domain.errors import BadInput, VerificationError
from registry.cbor import BadCbor, Cbor, Tagged, decode, encode
from registry.log import ed25519
from registry.log.encoding import MAX_NUMBER
from registry.log.hashing import HASH_BYTES
from registry.log.note import MalformedKey, VerifierKey
from registry.log.policy import MAX_POLICY_BYTES, MAX_SKEW, MalformedPolicy

MOST_BYTES = 350
"""More does not fit 42 mm at half a millimetre a module, error correction M."""
_MOST_TEXT = 2_048
_MOST_DIGITS = 1_000
_MOST_UNPACKED = 2_048
_MOST_LISTED = 64

PAPER_KEY = 0xFF
"""Signed-note's byte for kinds of keys that C2SP has not numbered; their name follows."""
_KEY_KIND = b"landlog/paper@v1"
_KID_BYTES = 8
_LINE_START = b"#!paper"

_COSE_SIGN1 = 18
_ALGORITHM, _KID = 1, 4
_EDDSA = -8
_SCHEMA = 1
BURDENS = ("charges", "restrictions", "holds", "pending")

Burden = tuple[str, ...] | int | None
"""Kinds; or only how many; or None where the record withholds the list."""


class PaperUnreadable(VerificationError):
    """The text is not a paper's code: a digit is wrong or missing, or it is something else."""

    code: ClassVar[str] = "paper-unreadable"


class UnknownPaperKey(VerificationError):
    """The code bears the mark of a key that the policy does not name for papers."""

    code: ClassVar[str] = "unknown-paper-key"


class PaperForged(VerificationError):
    """The signature is not the press's: what the code says was changed, or made by another."""

    code: ClassVar[str] = "paper-forged"


class PaperFromTheFuture(VerificationError):
    """The code is dated later than now."""

    code: ClassVar[str] = "paper-from-the-future"


@dataclass(frozen=True, kw_only=True)
class Paper:
    """What a code says: the parcel as the record showed it when the log had ``size`` entries."""

    origin: str
    parcel: str
    retired: bool
    version: int
    label: str
    area_m2: str | None
    holders: tuple[tuple[str, str | None], ...]
    """Name and share (``1/2``; None where it is not determined) of the first ones."""
    holder_count: int
    burdens: Mapping[str, Burden]
    size: int
    as_of: int
    """POSIX seconds."""
    proof_sha256: bytes


@dataclass(frozen=True)
class PaperKey:
    """The press's public key under the registry's name."""

    origin: str
    public: bytes

    @classmethod
    def parse(cls, vkey: str) -> PaperKey:
        """
        Raises:
            MalformedKey: when it is not the verifier key of a press.
            SmallOrderKey, NonCanonicalKey, InvalidPoint: when libraries would differ over it.
        """
        key = VerifierKey.parse(vkey)
        public = key.public.removeprefix(_KEY_KIND)
        if key.kind != PAPER_KEY or public == key.public:
            raise MalformedKey(f"the key of {key.name[:80]} is not that of a press of papers")
        ed25519.check_public_key(public)
        return cls(key.name, public)

    def format(self) -> str:
        return self._key.format()

    @property
    def kid(self) -> bytes:
        """Eight bytes by which a code names its key: those of the vkey's key id, and four more."""
        return self._key.long_id(_KID_BYTES)

    @property
    def _key(self) -> VerifierKey:
        return VerifierKey(self.origin, PAPER_KEY, _KEY_KIND + self.public)


@dataclass(frozen=True)
class PaperSigner:
    """The press's private key; it signs codes and nothing else."""

    origin: str
    key: ed25519.PrivateKey

    @property
    def paper_key(self) -> PaperKey:
        return PaperKey(self.origin, self.key.public)

    def __repr__(self) -> str:
        return f"PaperSigner({self.origin!r})"  # the key stays out of logs


def paper_keys(policy: bytes) -> tuple[PaperKey, ...]:
    """The keys that a policy file names for papers.

    Raises:
        MalformedPolicy: when such a line is not ``#!paper <vkey>``.
    """
    if len(policy) > MAX_POLICY_BYTES:
        raise MalformedPolicy(f"the policy has {len(policy)} bytes, more than {MAX_POLICY_BYTES}")
    keys = []
    for number, line in enumerate(policy.split(b"\n"), 1):
        words = line.strip(b" \t").split()
        if not words or words[0] != _LINE_START:
            continue
        try:
            (vkey,) = words[1:]
            keys.append(PaperKey.parse(vkey.decode()))
        except (ValueError, VerificationError) as error:
            raise MalformedPolicy(
                f"policy line {number}: the line reads #!paper and the verifier key of a press ({error})",
                field=f"line {number}",
            ) from error
    return tuple(keys)


def policy_line(key: PaperKey) -> str:
    """The line that names the press's key in a policy, with its line feed."""
    return f"{_LINE_START.decode()} {key.format()}\n"


def sign_paper(paper: Paper, signer: PaperSigner) -> str:
    """The digits of the paper's code: as many holders, and as much of the burdens, as fit ``MOST_BYTES``.

    Raises:
        BadInput: when not even the ids fit.
    """
    if signer.origin != paper.origin:
        raise BadInput(f"the press of {signer.origin} signs no papers of {paper.origin}", field="origin")
    for shorter in _shorter_and_shorter(paper):
        data = _packed(_sign(encode(_document(shorter)), signer))
        if len(data) <= MOST_BYTES:
            return _to_digits(data)
    raise BadInput(
        f"the code of {paper.parcel} does not fit {MOST_BYTES} bytes",
        field="label",
        remedy="Shorten the registry's origin, or print the paper without a code.",
    )


def verify_paper(text: str, keys: Sequence[PaperKey], *, now: int) -> Paper:
    """What a paper says, once one of the keys is found to have signed it; ``now`` in POSIX seconds.

    ``text`` is what a scanner gives: an address with digits after ``#``, or the digits alone.

    Raises:
        PaperUnreadable, UnknownPaperKey, PaperForged, PaperFromTheFuture: as their names say.
    """
    cose = _unpacked(_from_digits(_digits_in(text)))
    protected, body, signature = _parts(cose)
    kid = _kid(protected)
    named = [key for key in keys if key.kid == kid]
    if not named:
        raise UnknownPaperKey(
            f"the paper is signed by a key {kid.hex()} that the policy does not name for papers",
            remedy="Add the registry's #!paper line to the policy, from a source you trust.",
        )
    if not any(ed25519.verify(key.public, _to_be_signed(protected, body), signature) for key in named):
        raise PaperForged(
            "the signature is not that of the registry's press",
            remedy="Do not rely on this paper; ask the registry for the title proof of the parcel.",
        )
    paper = _read(body)
    if paper.origin not in [key.origin for key in named]:
        raise PaperForged(f"the press that signed is not that of {paper.origin[:80]}")
    if paper.as_of > now + MAX_SKEW:
        raise PaperFromTheFuture(
            "the paper is dated later than this machine's clock",
            remedy="Set the clock of this machine right.",
        )
    return paper


def looks_like_paper(text: str) -> bool:
    """Whether a text may be a paper's code, rather than the name of a file.

    >>> looks_like_paper("https://land.example/v#1234567890123456"), looks_like_paper("proof.json")
    (True, False)
    """
    return (
        re.fullmatch(r"\s*(https?://[^\s#]{1,400}#)?[0-9]{16,}\s*", text[:_MOST_TEXT], re.ASCII) is not None
    )


def _shorter_and_shorter(paper: Paper) -> Iterator[Paper]:
    for count in range(min(len(paper.holders), _MOST_LISTED), -1, -1):
        yield replace(paper, holders=paper.holders[:count])
    counted = {n: len(b) if isinstance(b, tuple) else b for n, b in paper.burdens.items()}
    yield replace(paper, holders=(), burdens=counted)


def _document(paper: Paper) -> Cbor:
    burdens: list[Cbor] = [paper.burdens[name] for name in BURDENS]
    fields: tuple[Cbor, ...] = (
        _SCHEMA,
        paper.origin,
        paper.parcel,
        int(paper.retired),
        paper.version,
        paper.label,
        paper.area_m2,
        [list(holder) for holder in paper.holders],
        paper.holder_count,
        burdens,
        paper.size,
        paper.as_of,
        paper.proof_sha256,
    )
    return dict(enumerate(fields))


def _read(body: bytes) -> Paper:
    try:
        document = decode(body)
    except BadCbor as error:
        raise PaperUnreadable(f"what the paper says cannot be read: {error}") from error
    fields = list(document.values()) if isinstance(document, Mapping) else []
    if not isinstance(document, Mapping) or list(document) != list(range(len(fields))):
        raise PaperUnreadable("what the paper says is not a list of members")
    match fields:
        case [
            1, str(origin), str(parcel), (0 | 1) as retired, int(version), str(label), None | str() as area,
            list(holders), int(count), list(burdens), int(size), int(as_of), bytes(proof),
        ]:  # fmt: skip
            pass
        case _:
            raise PaperUnreadable("the paper's members are not those of landlog/paper@v1")
    if len(burdens) != len(BURDENS) or min(version, count, size, as_of) < 0 or max(size, as_of) > MAX_NUMBER:
        raise PaperUnreadable("a number on the paper cannot be")
    if len(proof) != HASH_BYTES or len(holders) > count:
        raise PaperUnreadable("the hash of the proof has another length, or holders are not counted")
    return Paper(
        origin=origin,
        parcel=parcel,
        retired=bool(retired),
        version=version,
        label=label,
        area_m2=area,
        holders=tuple(_holder(item) for item in holders),
        holder_count=count,
        burdens={name: _burden(item) for name, item in zip(BURDENS, burdens, strict=True)},
        size=size,
        as_of=as_of,
        proof_sha256=proof,
    )


def _holder(item: Cbor) -> tuple[str, str | None]:
    match item:
        case [str(name), None | str() as share]:
            return name, share
        case _:
            raise PaperUnreadable("a holder on the paper is not a name and a share")


def _burden(item: Cbor) -> Burden:
    if item is None or (isinstance(item, int) and item >= 0):
        return item
    if isinstance(item, list) and all(isinstance(kind, str) for kind in item):
        return tuple(cast("list[str]", item))
    raise PaperUnreadable("a burden on the paper is neither kinds nor a number")


def _sign(body: bytes, signer: PaperSigner) -> bytes:
    protected = encode({_ALGORITHM: _EDDSA, _KID: signer.paper_key.kid})
    signature = signer.key.sign(_to_be_signed(protected, body))
    return encode(Tagged(_COSE_SIGN1, [protected, {}, body, signature]))


def _to_be_signed(protected: bytes, body: bytes) -> bytes:
    return encode(["Signature1", protected, b"", body])  # RFC 9052 s. 4.4


def _parts(cose: bytes) -> tuple[bytes, bytes, bytes]:
    """Protected header, payload and signature of a COSE_Sign1."""
    try:
        message = decode(cose)
    except BadCbor as error:
        raise PaperUnreadable(f"the code cannot be read: {error}") from error
    match message:
        case Tagged(18, [bytes(protected), {**unprotected}, bytes(body), bytes(signature)]) if (
            not unprotected
        ):
            return protected, body, signature
        case _:
            raise PaperUnreadable("the code is not a signed paper")


def _kid(protected: bytes) -> bytes:
    try:
        header = decode(protected)
    except BadCbor as error:
        raise PaperUnreadable(f"the code's header cannot be read: {error}") from error
    match header:
        case {1: -8, 4: bytes(kid), **rest} if not rest and len(kid) == _KID_BYTES:
            return kid
        case _:
            raise PaperUnreadable("the code is not signed with Ed25519 by a key that it names")


def _packed(cose: bytes) -> bytes:
    return min(cose, zlib.compress(cose, 9), key=len)


def _unpacked(data: bytes) -> bytes:
    if data[:1] != b"\x78":  # zlib's first byte; a COSE_Sign1 begins with 0xd2
        return data
    reader = zlib.decompressobj()
    try:
        cose = reader.decompress(data, _MOST_UNPACKED)
    except zlib.error as error:
        raise PaperUnreadable("the code is damaged: a digit is wrong or missing") from error
    if not reader.eof or reader.unused_data:
        raise PaperUnreadable("the code is damaged, or longer than any paper's")
    return cose


def _digits_in(text: str) -> str:
    digits = text[: _MOST_TEXT + 1].strip().rpartition("#")[2]
    if len(text) > _MOST_TEXT or len(digits) > _MOST_DIGITS:
        raise PaperUnreadable("the text is longer than any paper's code")
    if not re.fullmatch(r"[1-9][0-9]*", digits, re.ASCII):
        raise PaperUnreadable("a paper's code is an address and, after #, digits alone")
    return digits


def _to_digits(data: bytes) -> str:
    """A number in decimal; the leading 1 keeps the zeros at the front."""
    return str(int.from_bytes(b"\x01" + data, "big"))


def _from_digits(digits: str) -> bytes:
    number = int(digits)
    data = number.to_bytes((number.bit_length() + 7) // 8, "big")
    if data[0] != 1:
        raise PaperUnreadable("the code is damaged: a digit is wrong or missing")
    return data[1:]
