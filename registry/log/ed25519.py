"""Ed25519 with one meaning: libsodium's strict verification, and keys on which all verifiers agree.

Libraries differ over public keys of small order and over encodings that are not reduced (transparency spec
5.4).  libsodium refuses both; ``check_public_key`` refuses them when a key is enrolled or configured, so that
no signature can ever split one verifier from another.
"""

from __future__ import annotations

from typing import Protocol

from nacl.bindings import crypto_core_ed25519_is_valid_point
from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey

from domain.errors import VerificationError

PUBLIC_KEY_BYTES = 32
SIGNATURE_BYTES = 64
_P = 2**255 - 19
_Y_OF_ORDER_8 = int.from_bytes(
    bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"), "little"
)
_SMALL_ORDER_Y = {0, 1, _P - 1, _Y_OF_ORDER_8, _P - _Y_OF_ORDER_8}


class KeyLength(VerificationError):
    """An Ed25519 public key is 32 bytes, this one is not."""

    code = "key-length"


class NonCanonicalKey(VerificationError):
    """The key's encoding is not reduced modulo 2^255 - 19; verifiers disagree about it."""

    code = "non-canonical-key"


class SmallOrderKey(VerificationError):
    """The key is a point of small order: it has signatures that fit any message."""

    code = "small-order-key"


class InvalidPoint(VerificationError):
    """The key is not a point of the curve's main subgroup, so no honest secret belongs to it."""

    code = "invalid-point"


class PrivateKey(Protocol):
    """What can sign: a key in memory, or one that never leaves a token."""

    @property
    def public(self) -> bytes: ...
    def sign(self, message: bytes) -> bytes: ...


class SeedKey:
    """A private key held in memory, given by its 32-byte seed."""

    def __init__(self, seed: bytes) -> None:
        self._key = SigningKey(seed)
        self.public = bytes(self._key.verify_key)

    def sign(self, message: bytes) -> bytes:
        """The 64-byte signature of the bytes as they are."""
        return sign(self._key, message)

    def __repr__(self) -> str:
        return f"SeedKey({self.public.hex()})"  # the public half: the seed stays out of logs


def check_public_key(public: bytes) -> None:
    """Accepts in silence a key that every Ed25519 library judges alike.

    >>> check_public_key(bytes([1]) + bytes(31))
    Traceback (most recent call last):
    registry.log.ed25519.SmallOrderKey: the public key is a point of small order: anyone can sign for it
    """
    if len(public) != PUBLIC_KEY_BYTES:
        raise KeyLength(f"an Ed25519 public key has {PUBLIC_KEY_BYTES} bytes, this one {len(public)}")
    y = int.from_bytes(public, "little") & (2**255 - 1)  # the top bit is the sign of x
    if y % _P in _SMALL_ORDER_Y:
        raise SmallOrderKey("the public key is a point of small order: anyone can sign for it")
    if y >= _P:
        raise NonCanonicalKey("the public key is not written in its one canonical form")
    if not crypto_core_ed25519_is_valid_point(public):
        raise InvalidPoint("the public key is not a point of the curve's main subgroup")


def verify(public: bytes, message: bytes, signature: bytes) -> bool:
    """Whether ``signature`` (64 bytes) is the key's over ``message``; wrong lengths are simply not signatures."""
    if len(public) != PUBLIC_KEY_BYTES or len(signature) != SIGNATURE_BYTES:
        return False
    try:
        VerifyKey(public).verify(message, signature)
    except BadSignatureError:
        return False
    return True


def sign(key: SigningKey, message: bytes) -> bytes:
    """The 64-byte signature (RFC 8032, pure, no context)."""
    return bytes(key.sign(message).signature)
