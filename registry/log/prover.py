"""The prover: proofs from the database, each from one snapshot, and always about the published checkpoint.

The map's tables hold the state after the last committed batch, which is published a moment later.  A proof is
made only when the two are the same; in between the prover waits, for as long as ``patience`` says, and then
answers ``LogBusy``.  The alternative, keeping the replaced parts of the map until publication, would write every
changed row twice for a delay of milliseconds; the price of this choice is that proofs wait for slow witnesses.

Paths through the log are taken from the published tiles where a prover is given them: a multiple faster, and equal, for
a path is served only if it leads to the root that was signed.  What the files do not show comes from the database.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from hashlib import sha256

from psycopg2.extensions import connection as Connection  # noqa: N812 - a type, named as one
from psycopg2.extensions import cursor as Cursor  # noqa: N812

from domain.canon import Json, parse_object
from domain.errors import RegistryError, VerificationError
from registry.log import storage
from registry.log.checkpoint import parse_checkpoint
from registry.log.encoding import decode_base64
from registry.log.file_prover import FileProver
from registry.log.map_store import prove_state
from registry.log.note import parse_note
from registry.log.prefix_map import Result, map_key
from registry.log.storage import Published
from registry.log.title_proof import (
    MAX_BYTES,
    MAX_STATES,
    LoggedEvent,
    Opening,
    ProvedGenesis,
    ProvedState,
    TitleProof,
    reveal,
)
from registry.log.tlog_proof import NoSuchEntry, NothingPublished, TlogProof
from registry.log.tree import TreeShrank, prove_consistency, prove_inclusion, verify_inclusion

_MOST_FORMER_UNITS = MAX_STATES // 2  # the rest is for the keys of those who signed
__all__ = ["LogBusy", "NoSuchEntry", "NothingPublished", "ProofTooLarge", "Prover"]

_PAUSE = 0.02  # seconds between two looks


class LogBusy(RegistryError):
    """A batch is being published and takes longer than proofs wait."""

    code = "log-busy"


class ProofTooLarge(RegistryError):
    """The histories asked for do not fit into one proof."""

    code = "proof-too-large"


class Prover:
    """Proofs over one connection, on which no transaction is open; it needs no more than to read schema ``log``.

    ``files`` are the published log's own, where they are at hand.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        origin: str,
        files: FileProver | None = None,
        patience: float = 3.0,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._connection = connection
        self._origin = origin
        self._files = files
        self._patience = patience
        self._pause = pause

    def published(self) -> Published:
        """The checkpoint that proofs are about.

        Raises:
            NothingPublished: before the first.
        """
        with self._snapshot() as cursor:
            return _published(cursor)

    def inclusion(self, index: int) -> TlogProof:
        """That the entry at ``index`` is in the published log.

        Raises:
            NoSuchEntry: when the published log ends before it.
        """
        with self._snapshot() as cursor:
            return self._inclusion(cursor, _published(cursor), index)

    def consistency(self, old_size: int) -> list[bytes]:
        """That the first ``old_size`` entries (not 0) are a prefix of the published log.

        Raises:
            TreeShrank: when the published log is shorter.
        """
        with self._snapshot() as cursor:
            size = _published(cursor).size
            if not 0 < old_size <= size:
                raise TreeShrank(
                    f"the published log has {size} entries: none of its proofs starts at {old_size}"
                )
            return prove_consistency(
                old_size=old_size, new_size=size, subtree=storage.stored_subtrees(cursor)
            )

    def state(self, kind: str, identifier: str, *, history: bool = False) -> ProvedState:
        """What the published map holds for one parcel, unit, case or officer's key."""
        with self._settled() as (cursor, head):
            return self._state(cursor, head, kind, identifier, history)

    def title_proof(self, parcel: str, *, history: bool = False, openings: Iterable[Opening] = ()) -> bytes:
        """The title proof of a parcel: its state and its unit's, under the published checkpoint.

        With ``history`` both come with all their events, and with the states of the keys that signed these (where
        root keys did, with the genesis entry, which names them); the
        units to which the parcel belonged before come too, so that any past size of the log can be asked about.
        A parcel that was never registered gets a proof of that.

        Raises:
            NothingPublished, LogBusy, ProofTooLarge: as their names say.
        """
        with self._settled() as (cursor, head):
            states, genesis = [self._state(cursor, head, "parcel", parcel, history)], None
            unit = _unit_of(states[0])
            if unit is not None:
                states.append(self._state(cursor, head, "unit", unit, history))
            if history:
                states += [
                    self._state(cursor, head, "unit", former, True)
                    for former in _units_ever(states[0])[-_MOST_FORMER_UNITS:]
                    if former != unit
                ]
                officers, genesis = self._signers(cursor, head, states)
                states += officers
            proof = TitleProof(
                origin=self._origin,
                parcel=parcel,
                map_head=storage.entries_between(cursor, head.size - 1, head.size)[0],
                map_head_proof=self._inclusion(cursor, head, head.size - 1).format(),
                states=tuple(states),
                genesis=genesis,
                openings=reveal(openings),
            ).format()
        if len(proof) > MAX_BYTES:
            raise ProofTooLarge(
                f"the proof of {parcel} with its histories has {len(proof)} bytes, more than {MAX_BYTES}",
                remedy="Ask for it without histories.",
            )
        return proof

    def _inclusion(self, cursor: Cursor, head: Published, index: int) -> TlogProof:
        if not 0 <= index < head.size:
            raise NoSuchEntry(f"the published log has {head.size} entries: there is none at index {index}")
        path = self._path_from_files(head, index)
        if path is None:
            path = prove_inclusion(index=index, size=head.size, subtree=storage.stored_subtrees(cursor))
        return TlogProof(index=index, path=tuple(path), checkpoint=head.checkpoint)

    def _path_from_files(self, head: Published, index: int) -> list[bytes] | None:
        """The path through the published tiles; None unless it leads to the root of the checkpoint."""
        if self._files is None:
            return None
        try:
            leaf, path = self._files.path(index, size=head.size)
            root = parse_checkpoint(parse_note(head.checkpoint.encode()).text).root
            verify_inclusion(index=index, size=head.size, leaf=leaf, root=root, proof=path)
        except VerificationError:  # a tile was torn or altered: it may have been mended since
            self._files.forget()
            return None
        except (RegistryError, OSError):
            return None
        return path

    def _state(
        self, cursor: Cursor, head: Published, kind: str, identifier: str, history: bool
    ) -> ProvedState:
        key = map_key(kind, origin=self._origin, identifier=identifier)
        proof, value = prove_state(cursor, key)
        events = None
        if history and value is not None:
            events = tuple(
                LoggedEvent(index, entry) for index, entry in storage.touching_entries(cursor, key, head.size)
            )
        return ProvedState(kind=kind, id=identifier, proof=proof, value=value, history=events)

    def _signers(
        self, cursor: Cursor, head: Published, states: Sequence[ProvedState]
    ) -> tuple[list[ProvedState], ProvedGenesis | None]:
        """The states of all keys that signed the events shown, and the genesis entry where root keys are among them.

        Nothing at all unless every key is known: a verifier judges either every signature or none, and what it cannot
        judge it must not seem to have judged.
        """
        signers = {
            keyid for state in states for event in state.history or () for keyid in _keyids(event.entry)
        }
        found = [self._state(cursor, head, "officer", keyid, False) for keyid in sorted(signers)]
        officers = [state for state in found if state.proof.result is Result.PRESENT]
        if len(states) + len(officers) > MAX_STATES:
            return [], None
        if len(officers) == len(found):
            return officers, None
        genesis = storage.entries_between(cursor, 0, 1)[0]
        if not signers <= {state.id for state in officers} | _root_keyids(genesis):
            return [], None
        return officers, ProvedGenesis(entry=genesis, path=self._inclusion(cursor, head, 0).path)

    @contextmanager
    def _settled(self) -> Iterator[tuple[Cursor, Published]]:
        """A snapshot in which the map is that of the published checkpoint."""
        waited = 0.0
        while True:
            with self._snapshot() as cursor:
                head = _published(cursor)
                if storage.log_size(cursor) == head.size:
                    yield cursor, head
                    return
            if waited >= self._patience:
                raise LogBusy(
                    "the log is publishing a batch, and waits for its witnesses",
                    remedy="Ask again in a few seconds.",
                )
            self._pause(_PAUSE)
            waited += _PAUSE

    @contextmanager
    def _snapshot(self) -> Iterator[Cursor]:
        """One repeatable-read transaction, read-only, whichever way the connection is set."""
        automatic = self._connection.autocommit
        if automatic:
            self._connection.autocommit = (
                False  # set in the client: psycopg2 then begins before the first statement
            )
        try:
            with self._connection.cursor() as cursor:
                cursor.execute("set transaction isolation level repeatable read read only")
                yield cursor
        finally:
            if not self._connection.closed:
                self._connection.rollback()
                self._connection.autocommit = automatic


def _published(cursor: Cursor) -> Published:
    head = storage.published(cursor)
    if head is None:
        raise NothingPublished(
            "the log has not published a checkpoint yet", remedy="Start the sequencer: landlog work."
        )
    return head


def _unit_of(parcel: ProvedState) -> str | None:
    """The unit that an active parcel's state names."""
    if parcel.value is None:
        return None
    document = parse_object(parcel.value)
    return str(document["unit"]) if document.get("status") == "active" else None


def _units_ever(parcel: ProvedState) -> list[str]:
    """The units that the parcel's events put it into, each once."""
    named: dict[str, None] = {}
    for event in parcel.history or ():
        payload = parse_object(decode_base64(str(parse_object(event.entry)["payload"]), what="the payload"))
        match payload.get("set"):
            case {parcel.id: {"unit": str(unit)}}:
                named[unit] = None
    return list(named)


def _keyids(entry: bytes) -> list[str]:
    """The key ids under a signed entry."""
    signatures: Json = parse_object(entry).get("signatures")
    items = signatures if isinstance(signatures, list) else []
    return [str(item["keyid"]) for item in items if isinstance(item, dict) and "keyid" in item]


def _root_keyids(genesis: bytes) -> set[str]:
    """The ids of the root keys that a genesis entry names; of another entry, none."""
    payload = decode_base64(str(parse_object(genesis).get("payload")), what="the payload")
    named = parse_object(payload).get("root_keys")
    keys = named if isinstance(named, list) else []
    return {sha256(decode_base64(str(key), what="a root key")).hexdigest() for key in keys}
