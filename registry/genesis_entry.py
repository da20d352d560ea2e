"""The genesis entry, as whoever holds a log reads it: no database is needed.

Signed by M of N root keys that are kept offline.  Verifiers pin the origin, the log's verifier key and the hash
of this entry (transparency spec 5.3); everything else in the log follows from it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from importlib import resources
from typing import ClassVar

from domain.canon import Json, canonical
from domain.errors import BadInput, VerificationError
from domain.projection import PROJECTION, Doc
from registry.dsse import GENESIS, keyid, parse_envelope, parse_payload, verify_envelope
from registry.keys import parse_public
from registry.log.encoding import encode_base64
from registry.log.note import VerifierKey, is_valid_name

MOST_ROOT_KEYS = 8  # as many as one envelope can bear signatures
# What decides the state after an entry: the projection and all that it imports.
PROJECTION_SOURCES = ("canon.py", "errors.py", "ids.py", "languages/__init__.py", "projection.py")


class MalformedGenesis(VerificationError):
    """The genesis entry lacks a member, or one is not what it must be."""

    code: ClassVar[str] = "malformed-genesis"


class TooFewRootSignatures(VerificationError):
    """Fewer root keys have signed than the genesis entry asks for."""

    code: ClassVar[str] = "too-few-root-signatures"


@dataclass(frozen=True, kw_only=True)
class Genesis:
    """What the genesis entry says.  ``root_keys`` are public keys by key id, ``log_keys`` verifier keys (vkey)."""

    origin: str
    root_keys: dict[str, bytes]
    threshold: int
    log_keys: tuple[str, ...]
    projection_id: str
    projection_sha256: str

    def has_signed(self, keyids: Iterable[str]) -> bool:
        """Whether enough root keys are among the signers."""
        return sum(i in self.root_keys for i in keyids) >= self.threshold


def genesis_payload(
    *, origin: str, root_keys: Sequence[bytes], threshold: int, log_keys: Sequence[str]
) -> bytes:
    """The bytes that the root keys sign.

    Raises:
        BadInput: when the origin is not a name for a log, or the threshold cannot be met.
        SmallOrderKey, NonCanonicalKey, InvalidPoint: when a root key is not one that may be used.
    """
    document: dict[str, Json] = {
        "schema": 1,
        "origin": origin,
        "root_keys": [encode_base64(public) for public in sorted(root_keys, key=keyid)],
        "threshold": threshold,
        "log_keys": [*sorted(log_keys)],
        "projection": {"id": PROJECTION, "sha256": projection_sha256()},
    }
    try:
        read_genesis(document)
    except MalformedGenesis as error:
        raise BadInput(str(error), field=error.field) from error
    return canonical(document)


def parse_genesis(entry: bytes) -> Genesis:
    """What a signed genesis entry says, if enough of its own root keys have signed it.

    Raises:
        MalformedGenesis, TooFewRootSignatures: as their names say.
        UnknownKey, BadSignature, MalformedEnvelope: when a signature is another's or does not verify.
    """
    envelope = parse_envelope(entry)
    if envelope.payload_type != GENESIS:
        raise MalformedGenesis(
            f"the entry is of type {envelope.payload_type}, not a genesis", field="payloadType"
        )
    genesis = read_genesis(parse_payload(envelope.payload))
    verify_envelope(envelope, genesis.root_keys)
    if len(envelope.signatures) < genesis.threshold:
        raise TooFewRootSignatures(
            f"{len(envelope.signatures)} of the root keys have signed, and {genesis.threshold} must",
            field="signatures",
        )
    return genesis


def projection_sha256() -> str:
    """Base64 SHA-256 of the source by which states are computed: for each file its name, size and bytes.

    An auditor computes it over the same files of the release that he replays with.
    """
    digest = sha256()
    for name in PROJECTION_SOURCES:
        source = resources.files("domain").joinpath(name).read_bytes()
        digest.update(b"%b %d\n" % (name.encode(), len(source)))
        digest.update(source)
    return encode_base64(digest.digest())


def read_genesis(document: Doc) -> Genesis:
    """What a genesis payload says.

    Raises:
        MalformedGenesis: naming the member that is missing or out of its bounds.
    """
    match document:
        case {
            "schema": 1,
            "origin": str(origin),
            "root_keys": list(root_keys),
            "threshold": int(threshold),
            "log_keys": list(log_keys),
            "projection": {"id": str(projection_id), "sha256": str(projection)},
        }:
            keys = [_root_key(text) for text in root_keys]
        case _:
            raise MalformedGenesis(
                "a genesis entry has schema, origin, root_keys, threshold, log_keys and projection"
            )
    if not is_valid_name(origin):
        raise MalformedGenesis(
            f"{origin[:80]!r} cannot name a log: it holds a space, a plus or nothing", field="origin"
        )
    by_id = {keyid(public): public for public in keys}
    if len(by_id) != len(keys) or list(by_id) != sorted(by_id) or len(keys) > MOST_ROOT_KEYS:
        raise MalformedGenesis(
            f"the root keys are 1 to {MOST_ROOT_KEYS}, each once, sorted by key id", field="root_keys"
        )
    if not 1 <= threshold <= len(keys):
        raise MalformedGenesis(
            f"a threshold of {threshold} cannot be met by {len(keys)} root keys", field="threshold"
        )
    if not log_keys or any(VerifierKey.parse(str(vkey)).name != origin for vkey in log_keys):
        raise MalformedGenesis("the log's keys bear the origin as their name", field="log_keys")
    return Genesis(
        origin=origin,
        root_keys=by_id,
        threshold=threshold,
        log_keys=tuple(str(vkey) for vkey in log_keys),
        projection_id=projection_id,
        projection_sha256=projection,
    )


def _root_key(text: Json) -> bytes:
    try:
        return parse_public(str(text))
    except BadInput as error:
        raise MalformedGenesis(f"a root key is not one: {error}", field="root_keys") from error
