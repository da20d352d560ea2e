"""Cosignatures (C2SP tlog-cosignature, type 0x04): a witness's word that it saw this tree at this time,
and no larger or other one of the same log before."""

from __future__ import annotations

from dataclasses import dataclass

from domain.errors import VerificationError
from registry.log import ed25519
from registry.log.encoding import MAX_NUMBER
from registry.log.note import (
    COSIGNATURE,
    MalformedKey,
    SignatureLine,
    Verifier,
    VerifierKey,
    is_valid_name,
)

_TIME_BYTES = 8
_BYTES = _TIME_BYTES + ed25519.SIGNATURE_BYTES


class BadTimestamp(VerificationError):
    """A cosignature's time is not one that the format can hold."""

    code = "bad-timestamp"


class CosignatureVerifier(Verifier):
    """Judges type 0x04: a time and Ed25519 over time and checkpoint."""

    kind = COSIGNATURE
    holder = "witness"

    def verify(self, text: str, signature: bytes) -> bool:
        if len(signature) != _BYTES or timestamp(signature) > MAX_NUMBER:
            return False
        message = signed_message(text, timestamp(signature))
        return ed25519.verify(self.key.public, message, signature[_TIME_BYTES:])


@dataclass(frozen=True)
class CosignatureSigner:
    """A witness's private key with its name; no other use may be made of it."""

    name: str
    key: ed25519.PrivateKey

    def __post_init__(self) -> None:
        if not is_valid_name(self.name):
            raise MalformedKey(f"the key name {self.name[:80]!r} is empty, or holds a blank or a '+'")

    def __repr__(self) -> str:
        return f"CosignatureSigner({self.name!r})"  # the key stays out of logs

    @property
    def verifier_key(self) -> VerifierKey:
        return VerifierKey(self.name, COSIGNATURE, self.key.public)

    def sign(self, text: str, *, time: int) -> SignatureLine:
        """Cosigns a checkpoint's text at ``time`` (POSIX seconds)."""
        if not 0 <= time <= MAX_NUMBER:
            raise BadTimestamp(f"{time} is not a time in POSIX seconds that a cosignature can hold")
        signature = self.key.sign(signed_message(text, time))
        return SignatureLine(
            self.name, self.verifier_key.key_id, time.to_bytes(_TIME_BYTES, "big") + signature
        )


def signed_message(text: str, time: int) -> bytes:
    """What the witness signs: a header of two lines before the whole text of the checkpoint."""
    return f"cosignature/v1\ntime {time}\n{text}".encode()


def timestamp(signature: bytes) -> int:
    """The POSIX seconds at the head of a cosignature's 72 bytes."""
    return int.from_bytes(signature[:_TIME_BYTES], "big")
