"""Entry 0 of a registry's log: who it is, who its roots of trust are, and by what rules its state is computed.

``registry.genesis_entry`` says what it holds; here it is recorded, once, and read from the registry's own record.
"""

from __future__ import annotations

from typing import ClassVar
from uuid import NAMESPACE_URL, UUID, uuid5

from eventsourcing.persistence import StoredEvent

from domain.errors import NotFound, RegistryError
from registry.append import Append
from registry.dsse import parse_envelope, parse_payload
from registry.genesis_entry import (
    MOST_ROOT_KEYS,
    PROJECTION_SOURCES,
    Genesis,
    MalformedGenesis,
    TooFewRootSignatures,
    genesis_payload,
    parse_genesis,
    projection_sha256,
    read_genesis,
)
from registry.store import OfficeRecorder

__all__ = [
    "MOST_ROOT_KEYS",
    "PROJECTION_SOURCES",
    "AlreadyFounded",
    "Genesis",
    "MalformedGenesis",
    "TooFewRootSignatures",
    "found",
    "genesis_id",
    "genesis_payload",
    "load_genesis",
    "parse_genesis",
    "projection_sha256",
]

STREAM = "genesis"
TOPIC = "genesis/1"


class AlreadyFounded(RegistryError):
    """The registry has its genesis entry; there is one, for ever."""

    code: ClassVar[str] = "already-founded"


def found(store: OfficeRecorder, entry: bytes) -> Genesis:
    """Record the genesis entry: the first of the log.

    Raises:
        AlreadyFounded: when the registry has one.
        (and what ``parse_genesis`` raises)
    """
    genesis = parse_genesis(entry)
    payload = parse_envelope(entry).payload
    try:
        store.append(
            Append(
                events=[StoredEvent(STREAM, 1, TOPIC, payload)],
                event_id=genesis_id(genesis.origin),
                entry=entry,
            )
        )
    except RegistryError as error:
        if store.load([STREAM])[STREAM].version:
            raise AlreadyFounded(
                f"this registry was founded before, as {load_genesis(store).origin}",
                remedy="Use another database for another registry.",
            ) from error
        raise
    return genesis


def load_genesis(store: OfficeRecorder) -> Genesis:
    """What this registry's genesis entry says; it was verified when it was recorded.

    Raises:
        NotFound: when the registry has not been founded yet.
    """
    history = store.load([STREAM])[STREAM]
    if not history.events:
        raise NotFound("this registry has not been founded yet", remedy="Run `landlog init` first.")
    return read_genesis(parse_payload(history.events[0].state))


def genesis_id(origin: str) -> UUID:
    """The genesis entry has no event_id of its own; this stands for it in the queue."""
    return uuid5(NAMESPACE_URL, f"landlog/genesis@v1\n{origin}")
