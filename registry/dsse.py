"""Signed orders: DSSE envelopes, whose bytes are the log's entries (transparency spec 5.2).

The officer signs the exact bytes of the payload, framed with its type and lengths.  Envelope and payload are
canonical JSON, so an order has one spelling, one entry and one leaf hash.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256

from nacl.signing import SigningKey

from domain.canon import Json, NotCanonical, canonical, parse_object
from domain.errors import VerificationError
from registry.log import ed25519
from registry.log.ed25519 import (
    InvalidPoint,
    KeyLength,
    NonCanonicalKey,
    SmallOrderKey,
    check_public_key,
)
from registry.log.encoding import BadBase64, decode_base64, encode_base64
from registry.log.tiles import MAX_ENTRY_BYTES, EntryTooLarge

__all__ = [
    "EVENT",
    "GENESIS",
    "KEY",
    "POP",
    "BadSignature",
    "EntryTooLarge",
    "Envelope",
    "InvalidPoint",
    "KeyLength",
    "MalformedEnvelope",
    "NonCanonicalKey",
    "NotCanonicalPayload",
    "Signature",
    "SignatureCount",
    "SignatureOrder",
    "SmallOrderKey",
    "UnknownKey",
    "check_public_key",
    "enclose",
    "envelope_around",
    "keyid",
    "pae",
    "parse_entry",
    "parse_envelope",
    "parse_payload",
    "seal",
    "sign",
    "verify_envelope",
]

EVENT = "application/vnd.landlog.event.v1+json"
KEY = "application/vnd.landlog.key.v1+json"
GENESIS = "application/vnd.landlog.genesis.v1+json"
POP = "application/vnd.landlog.pop.v1"
MAX_SIGNATURES = 8


class MalformedEnvelope(VerificationError):
    """The bytes are not an envelope: not canonical JSON, or a member is missing, extra or of another type."""

    code = "malformed-envelope"


class NotCanonicalPayload(VerificationError):
    """The payload is not the canonical JSON of an object."""

    code = "payload-not-canonical"


class SignatureCount(VerificationError):
    """An envelope bears one to eight signatures."""

    code = "signature-count"


class SignatureOrder(VerificationError):
    """The signatures are not sorted by key id, or one key has signed twice."""

    code = "signature-order"


class UnknownKey(VerificationError):
    """A signature is by a key that is not known here."""

    code = "unknown-key"


class BadSignature(VerificationError):
    """A signature is not that of its key over this payload."""

    code = "bad-signature"


@dataclass(frozen=True, order=True)
class Signature:
    """64 bytes by the key whose id (a hint, never a decision) is ``keyid``."""

    keyid: str
    sig: bytes


@dataclass(frozen=True)
class Envelope:
    """A payload with its type, as bytes, and who signed it."""

    payload_type: str
    payload: bytes
    signatures: tuple[Signature, ...]

    @cached_property
    def document(self) -> dict[str, Json]:
        """The payload as an object, which is not to be changed.

        Raises:
            NotCanonicalPayload: when it is not the canonical JSON of one.
        """
        return parse_payload(self.payload)


def pae(payload_type: str, payload: bytes) -> bytes:
    """What is signed (DSSE v1 pre-authentication encoding).

    >>> pae("text/plain", b"x")
    b'DSSEv1 10 text/plain 1 x'
    """
    name = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(name), name, len(payload), payload)


def keyid(public: bytes) -> str:
    """Lower-case hex SHA-256 of the 32-byte public key."""
    return sha256(public).hexdigest()


def sign(key: SigningKey, payload_type: str, payload: bytes) -> Signature:
    """One officer's signature over a payload."""
    return Signature(keyid(bytes(key.verify_key)), ed25519.sign(key, pae(payload_type, payload)))


def seal(payload_type: str, payload: bytes, signatures: Sequence[Signature]) -> bytes:
    """The envelope's canonical bytes, which are the log entry; the signatures are put in order.

    Raises:
        NotCanonicalPayload, SignatureCount, SignatureOrder, EntryTooLarge: as their names say.
    """
    parse_payload(payload)
    return enclose(payload_type, payload, signatures)


def enclose(payload_type: str, payload: bytes, signatures: Sequence[Signature]) -> bytes:
    """As ``seal``, for a payload that was made by ``canonical`` here: it is not read again.

    Raises:
        SignatureCount, SignatureOrder, EntryTooLarge: as their names say.
    """
    ordered = tuple(sorted(signatures))
    _check_signatures(ordered)
    entry = canonical(
        {
            "payload": encode_base64(payload),
            "payloadType": payload_type,
            "signatures": [{"keyid": s.keyid, "sig": encode_base64(s.sig)} for s in ordered],
        }
    )
    _check_size(entry)
    return entry


def parse_envelope(entry: bytes) -> Envelope:
    """The envelope of a log entry; judges form, not signatures.  The payload is canonical JSON too.

    Raises:
        MalformedEnvelope, NotCanonicalPayload, SignatureCount, SignatureOrder, EntryTooLarge: as their names say.
    """
    return parse_entry(entry)[0]


def parse_entry(entry: bytes) -> tuple[Envelope, dict[str, Json]]:
    """The envelope of a log entry, and its payload as an object; judges form, not signatures.

    Raises:
        (what ``parse_envelope`` raises)
    """
    envelope = _parse_form(entry)
    return envelope, parse_payload(envelope.payload)


def envelope_around(payload: bytes, entry: bytes) -> Envelope:
    """The envelope that somebody has put around a payload made by ``canonical`` here, which is not read again.

    Raises:
        MalformedEnvelope: when it is around something else.
        (and what ``parse_envelope`` raises)
    """
    envelope = _parse_form(entry)
    if envelope.payload != payload:
        raise MalformedEnvelope("the envelope is not around the payload that was to be signed")
    return envelope


def _parse_form(entry: bytes) -> Envelope:
    """The envelope; whether its payload is canonical JSON is not looked at."""
    _check_size(entry)
    try:
        document = parse_object(entry)
    except NotCanonical as error:
        raise MalformedEnvelope(f"the envelope cannot be read: {error}") from error
    match document:
        case {"payload": str(payload), "payloadType": str(payload_type), "signatures": list(items), **rest}:
            if rest:
                raise MalformedEnvelope(f"the envelope has a member {min(rest)!r} that is not its own")
        case _:
            raise MalformedEnvelope("an envelope has the members payload, payloadType and signatures")
    signatures = tuple(_parse_signature(item) for item in items)
    _check_signatures(signatures)
    try:
        data = decode_base64(payload, what="the payload")
    except BadBase64 as error:
        raise MalformedEnvelope(str(error)) from error
    return Envelope(payload_type, data, signatures)


def parse_payload(payload: bytes) -> dict[str, Json]:
    """The payload as an object.

    Raises:
        NotCanonicalPayload: when it is not the canonical JSON of one.
    """
    try:
        return parse_object(payload)
    except NotCanonical as error:
        raise NotCanonicalPayload(f"the payload cannot be read: {error}") from error


def verify_envelope(envelope: Envelope, keys: Mapping[str, bytes]) -> None:
    """Accepts in silence when every signature is good; ``keys`` are public keys by key id.

    Raises:
        UnknownKey: when a signature's key is not among them.
        BadSignature: when a signature does not verify.
    """
    message = pae(envelope.payload_type, envelope.payload)
    for signature in envelope.signatures:
        public = keys.get(signature.keyid)
        if public is None:
            raise UnknownKey(
                f"the key {signature.keyid} is not known to this registry",
                field="signatures",
                remedy="Have the officer's key enrolled first, or sign with the key that is.",
            )
        if keyid(public) != signature.keyid or not ed25519.verify(public, message, signature.sig):
            raise BadSignature(
                f"the signature by the key {signature.keyid} does not fit this payload",
                field="signatures",
                remedy="Sign again the very bytes that were prepared.",
            )


def _parse_signature(item: Json) -> Signature:
    match item:
        case {"keyid": str(keyid), "sig": str(sig), **rest} if not rest:
            try:
                data = decode_base64(sig, what="a signature", length=ed25519.SIGNATURE_BYTES)
            except BadBase64 as error:
                raise MalformedEnvelope(str(error)) from error
            return Signature(keyid, data)
        case _:
            raise MalformedEnvelope("a signature has the members keyid and sig")


def _check_signatures(signatures: Sequence[Signature]) -> None:
    if not 1 <= len(signatures) <= MAX_SIGNATURES:
        raise SignatureCount(
            f"an envelope bears 1 to {MAX_SIGNATURES} signatures, this one {len(signatures)}"
        )
    ids = [s.keyid for s in signatures]
    if any(len(i) != 64 or not set(i) <= set("0123456789abcdef") for i in ids):
        raise MalformedEnvelope("a key id is 64 lower-case hexadecimal digits")
    if len(set(ids)) != len(ids):
        raise SignatureOrder("one key has signed twice; each key signs once")
    if ids != sorted(ids):
        raise SignatureOrder("the signatures are not sorted by key id")


def _check_size(entry: bytes) -> None:
    if len(entry) > MAX_ENTRY_BYTES:
        raise EntryTooLarge(
            f"the signed order has {len(entry)} bytes; an entry of the log has at most {MAX_ENTRY_BYTES}",
            remedy="Divide the order, or put large contents outside and name them by their SHA-256.",
        )
