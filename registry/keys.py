"""Keys with which people sign: made here, kept in a file, proved to be theirs at enrolment.

A key file is JSON, sealed with a passphrase (Argon2id and XSalsa20-Poly1305 by libsodium), readable by its owner
only.  A key without a passphrase has to be asked for by name; it is meant for demonstrations and for system
officers whose machine guards the file.  Secrets appear in no message, log or ``repr``.
"""

from __future__ import annotations

import json
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, cast

from nacl import pwhash, secret, utils
from nacl.exceptions import CryptoError
from nacl.signing import SigningKey

from domain.canon import Json
from domain.errors import BadInput, VerificationError
from registry import dsse
from registry.log import ed25519
from registry.log.encoding import BadBase64, decode_base64, encode_base64
from registry.secretfile import SecretFileError, read_secret, write_secret

FORMAT = "landlog/key@v1"
SHORTEST_PASSPHRASE = 8
_SEED_BYTES = 32
_MOST_PASSES = 16
_MOST_MEMORY_BYTES = 2 << 30


class KeyFileDamaged(SecretFileError):
    """The file is not a key file, or its parts do not fit together."""

    code: ClassVar[str] = "key-file-damaged"


class PassphraseNeeded(SecretFileError):
    """The key is sealed and no passphrase was given."""

    code: ClassVar[str] = "passphrase-needed"


class WrongPassphrase(SecretFileError):
    """The passphrase does not open the key."""

    code: ClassVar[str] = "wrong-passphrase"


class NoPossession(VerificationError):
    """The proof of possession is not by the key that is to be enrolled, or not for this registry and officer."""

    code: ClassVar[str] = "no-proof-of-possession"


@dataclass(frozen=True)
class Cost:
    """What one guess at a passphrase costs (Argon2id): passes over memory, and bytes of memory."""

    passes: int
    memory_bytes: int


MODERATE = Cost(pwhash.argon2id.OPSLIMIT_MODERATE, pwhash.argon2id.MEMLIMIT_MODERATE)  # about a second
LEAST = Cost(pwhash.argon2id.OPSLIMIT_MIN, pwhash.argon2id.MEMLIMIT_MIN)  # for tests


class Key:
    """An Ed25519 key that can sign."""

    def __init__(self, signing_key: SigningKey) -> None:
        self._signing_key = signing_key
        self.public = bytes(signing_key.verify_key)
        self.keyid = dsse.keyid(self.public)

    @classmethod
    def generate(cls) -> Key:
        return cls(SigningKey.generate())

    @classmethod
    def from_seed(cls, seed: bytes) -> Key:
        """The key of a 32-byte seed: for vectors and for demonstrations that repeat."""
        if len(seed) != _SEED_BYTES:
            raise BadInput(f"a seed has {_SEED_BYTES} bytes, this one {len(seed)}", field="seed")
        return cls(SigningKey(seed))

    def sign(self, message: bytes) -> bytes:
        """The 64-byte signature of the bytes as they are."""
        return ed25519.sign(self._signing_key, message)

    def sign_payload(self, payload_type: str, payload: bytes) -> dsse.Signature:
        """The signature of a payload framed with its type (DSSE)."""
        return dsse.sign(self._signing_key, payload_type, payload)

    def prove_possession(self, *, origin: str, officer: str) -> str:
        """Base64 of the signature that shows, at enrolment, that the officer can use this key."""
        return encode_base64(self.sign(_possession(origin, officer, self.keyid)))

    def _seed(self) -> bytes:
        return bytes(self._signing_key)

    def __repr__(self) -> str:
        return f"Key({self.keyid})"


def verify_possession(public: bytes, *, origin: str, officer: str, pop: str) -> None:
    """Accepts in silence a proof of possession by ``public`` for this registry and this officer.

    Raises:
        NoPossession: when it does not verify.
    """
    try:
        signature = decode_base64(pop, what="the proof of possession", length=ed25519.SIGNATURE_BYTES)
    except BadBase64 as error:
        raise NoPossession(str(error), field="pop") from error
    if not ed25519.verify(public, _possession(origin, officer, dsse.keyid(public)), signature):
        raise NoPossession(
            f"the proof of possession is not by the key {dsse.keyid(public)} for {officer} at {origin}",
            field="pop",
            remedy="Have the officer make the proof with the new key, naming this registry and the same officer.",
        )


def parse_public(text: str) -> bytes:
    """The 32 bytes of a public key in base64, on which all verifiers agree.

    Raises:
        BadInput: when it is not base64 of 32 bytes.
        SmallOrderKey, NonCanonicalKey, InvalidPoint: when it is not a key that may be enrolled.
    """
    try:
        public = decode_base64(text, what="the public key", length=ed25519.PUBLIC_KEY_BYTES)
    except BadBase64 as error:
        raise BadInput(
            str(error), field="pub", remedy="Give the 32 bytes of the public key in base64."
        ) from error
    ed25519.check_public_key(public)
    return public


def save(key: Key, path: Path, *, passphrase: str = "", plain: bool = False, cost: Cost = MODERATE) -> None:
    """Keep the key in a new file, sealed with the passphrase.

    Raises:
        BadInput: when no passphrase is given and ``plain`` was not asked for, or it is too short.
        SecretFileExists: when a file stands there already.
    """
    document: dict[str, Json] = {"format": FORMAT, "keyid": key.keyid, "public": encode_base64(key.public)}
    if plain:
        if passphrase:
            raise BadInput(
                "a plain key takes no passphrase", field="passphrase", remedy="Leave one of them out."
            )
        document["seed"] = encode_base64(key._seed())
    else:
        if len(passphrase) < SHORTEST_PASSPHRASE:
            raise BadInput(
                f"the passphrase needs at least {SHORTEST_PASSPHRASE} characters",
                field="passphrase",
                remedy="Choose a longer one; for a demonstration, ask for a plain key.",
            )
        salt = utils.random(pwhash.argon2id.SALTBYTES)
        document["sealed"] = {
            "kdf": "argon2id",
            "passes": cost.passes,
            "memory_bytes": cost.memory_bytes,
            "salt": encode_base64(salt),
            "box": encode_base64(bytes(_box(passphrase, salt, cost).encrypt(key._seed()))),
        }
    write_secret(path, json.dumps(document, indent=1).encode() + b"\n")


def load(path: Path, *, passphrase: str = "") -> Key:
    """The key of a file.

    Raises:
        PassphraseNeeded, WrongPassphrase: when the key is sealed and the passphrase does not open it.
        KeyFileDamaged, SecretFileMissing, SecretFileTooOpen: as their names say.
    """
    document = _read(path)
    match document:
        case {"seed": str(text)}:
            seed = _part(path, text, "the seed")
        case {"sealed": dict(sealed)}:
            if not passphrase:
                raise PassphraseNeeded(f"{path} is sealed with a passphrase", field="passphrase")
            seed = _unseal(path, sealed, passphrase)
        case _:
            raise _damaged(path, "it holds neither a seed nor a sealed one")
    if len(seed) != _SEED_BYTES:
        raise _damaged(path, f"its seed has {len(seed)} bytes")
    key = Key(SigningKey(seed))
    if key.keyid != document.get("keyid"):
        raise _damaged(path, "its secret and its key id are not of one key")
    return key


def load_public(path: Path) -> bytes:
    """The public key of a file; needs no passphrase."""
    public = _part(path, str(_read(path).get("public")), "the public key")
    ed25519.check_public_key(public)
    return public


def is_sealed(path: Path) -> bool:
    """Whether a passphrase has to be asked for."""
    return "sealed" in _read(path)


def _read(path: Path) -> dict[str, Json]:
    try:
        document = json.loads(read_secret(path))
    except ValueError:
        raise _damaged(path, "it is not JSON") from None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise _damaged(path, f"its format is not {FORMAT}")
    return cast("dict[str, Json]", document)


def _unseal(path: Path, sealed: dict[str, Json], passphrase: str) -> bytes:
    match sealed:
        case {"kdf": "argon2id", "passes": int(passes), "memory_bytes": int(memory)} if (
            LEAST.passes <= passes <= _MOST_PASSES and LEAST.memory_bytes <= memory <= _MOST_MEMORY_BYTES
        ):
            cost = Cost(passes, memory)
        case _:
            raise _damaged(path, "the cost of its passphrase is not one that Landlog writes")
    salt, box = (_part(path, str(sealed.get(name)), f"the {name}") for name in ("salt", "box"))
    if len(salt) != pwhash.argon2id.SALTBYTES:
        raise _damaged(path, f"its salt has {len(salt)} bytes")
    try:
        return bytes(_box(passphrase, salt, cost).decrypt(box))
    except (CryptoError, ValueError):
        raise WrongPassphrase(
            f"the passphrase does not open {path}",
            field="passphrase",
            remedy="Type it again. It cannot be recovered: if it is lost, revoke the key and enrol another.",
        ) from None


def _box(passphrase: str, salt: bytes, cost: Cost) -> secret.SecretBox:
    text = unicodedata.normalize("NFC", passphrase).encode()  # keyboards differ in how they compose a letter
    size = secret.SecretBox.KEY_SIZE
    return secret.SecretBox(
        pwhash.argon2id.kdf(size, text, salt, opslimit=cost.passes, memlimit=cost.memory_bytes)
    )


def _part(path: Path, text: str, what: str) -> bytes:
    try:
        return decode_base64(text, what=what)
    except BadBase64:
        raise _damaged(path, f"{what} is not base64") from None


def _damaged(path: Path, why: str) -> KeyFileDamaged:
    return KeyFileDamaged(
        f"{path} is not a usable key file: {why}", field="key", remedy="Restore it from a copy."
    )


def _possession(origin: str, officer: str, keyid: str) -> bytes:
    """What the new key signs (transparency spec 5.3)."""
    return dsse.pae(dsse.POP, f"{origin}\n{officer}\n{keyid}".encode())
