"""The sequencer: gives accepted orders their places in the log, and shows the world the longer log.

One batch goes like this, and the order of the steps is what keeps the log honest through a crash at any moment
(transparency spec 6):

1. in one transaction: entries leave the queue and get indices, their states go into the map, and a map head
   ends the batch;
2. tiles and bundles are written as files;
3. size and root are put into ``log.signed_tree``, durably: of each size one root only is ever signed;
4. the checkpoint is signed, and cosigned;
5. the file ``checkpoint`` is replaced, then the row ``log.published``.

Whatever a crash leaves undone after step 1 is done first by the next run, from the database alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol, cast

import sqlalchemy as sa
from psycopg2.errors import DiskFull
from psycopg2.extensions import connection as Connection  # noqa: N812 - a type, named as one
from psycopg2.extensions import cursor as Cursor  # noqa: N812

from domain.errors import RegistryError, VerificationError
from registry.log import storage
from registry.log.checkpoint import (
    Checkpoint,
    WrongOrigin,
    open_checkpoint,
    parse_checkpoint,
    sign_checkpoint,
)
from registry.log.hashing import leaf_hash
from registry.log.map_head import MapHead, parse_map_head
from registry.log.map_store import State, map_place, read_states, write_states
from registry.log.note import Note, NoteSigner, NoteVerifier, SignatureLine, parse_note
from registry.log.prefix_map import map_key
from registry.log.publisher import NotWritten, Publisher
from registry.log.quorum import NotCosigned, Quorum
from registry.log.storage import Logged, Published, Queued
from registry.log.tree import prove_consistency

__all__ = [
    "EntryRefused",
    "LogSigner",
    "NotCosigned",
    "NotWritten",
    "RolledBack",
    "Sequencer",
    "TreeForked",
    "WitnessAhead",
]

LogSigner = NoteSigner
"""The log's key: its own, with no other use, under the log's name."""

MAX_LEAVES = 20_000
"""States that one batch may change; with ``MAX_BYTES`` it bounds the memory of a run."""
MAX_BYTES = 16 * 1024 * 1024
_PAGE = 50  # rows read from the queue at a time: entries of 64 kB take ten times that once they are parsed
_LOCK = 7002  # advisory lock: one sequencer for each database


class EntryRefused(RegistryError):
    """The projection refuses an entry that the office accepted; the log stands still until it is looked into."""

    code = "entry-refused"


class TreeForked(RegistryError):
    """The database leads to another tree of a size than the one that was signed before: nothing is signed."""

    code = "tree-forked"


class RolledBack(RegistryError):
    """The database holds less of the log than was published, as after the restore of an old backup."""

    code = "rolled-back"


class WitnessAhead(RegistryError):
    """A witness claims a size that this log never had, and shows nothing that the log has signed."""

    code = "witness-ahead"


class Projection(Protocol):
    """The pure function from entries to states that the map is made by."""

    @property
    def id(self) -> str: ...

    def touched(self, entry: bytes) -> Sequence[tuple[str, str]]:
        """The (kind, id) of every state that the entry changes."""

    def advance(
        self, states: Mapping[str, bytes | None], entry: bytes, index: int, leaf_hash: bytes
    ) -> Mapping[str, bytes]:
        """The new documents of the states that the entry changes, by id."""


@dataclass
class _Batch:
    """What one transaction puts into the log."""

    start: int
    entries: list[Logged] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)
    states: dict[str, bytes | None] = field(default_factory=dict)
    """The documents of the states that were read, as they stand now; None before the first event."""
    kinds: dict[str, str] = field(default_factory=dict)
    since: dict[str, int] = field(default_factory=dict)
    new: set[str] = field(default_factory=set)
    touches: list[tuple[str, int]] = field(default_factory=list)
    bytes: int = 0

    @property
    def next_index(self) -> int:
        return self.start + len(self.entries)

    def is_full(self, limit: int) -> bool:
        return len(self.entries) >= limit or len(self.since) >= MAX_LEAVES or self.bytes >= MAX_BYTES


class Sequencer:
    """The one writer of a log.  Several may run; they take turns.

    ``directory`` is where the published files go, ``now`` gives POSIX seconds, and ``quorum`` are the witnesses
    without whom nothing is published.  ``signer`` is the log's key; where the log may have two, while one takes the
    other's place, ``signers`` is asked for them before each checkpoint.
    """

    def __init__(
        self,
        engine: sa.Engine,
        *,
        origin: str,
        signer: LogSigner | None = None,
        projection: Projection,
        directory: Path,
        now: Callable[[], int],
        quorum: Quorum | None = None,
        signers: Callable[[], Sequence[LogSigner]] | None = None,
    ) -> None:
        if (signer is None) == (signers is None):
            raise ValueError("a log has a signer, or says who its signers are")
        self._engine = engine
        self._origin = origin
        self._signers = signers or (lambda: [cast("LogSigner", signer)])
        self._projection = projection
        self._publisher = Publisher(directory)
        self._now = now
        self._quorum = quorum
        self._witnesses_know_no_more = quorum is None

    def run_once(self, limit: int = 5000) -> int:
        """Finishes what an earlier run left, then takes one batch of at most ``limit`` entries from the queue.

        Returns the number of entries that were given an index, map heads not counted; 0 when the queue is empty.

        Raises:
            EntryRefused: when the first entry in the queue does not follow; nothing is changed.
            TreeForked, RolledBack: when the database disagrees with the published log, or with what its witnesses
                can show that it has signed; nothing is signed.
            NotCosigned, NotWritten: when too few witnesses answered, or a disk is full; the next run tries again.
        """
        with self._alone() as connection:
            self._ask_witnesses(connection)
            self._publish(connection)
            taken = self._take_batch(connection, limit)
            if taken:
                self._publish(connection)
        return taken

    def refresh(self) -> None:
        """Has the published checkpoint signed and cosigned anew, so that its cosignatures stay fresh."""
        with self._alone() as connection:
            self._ask_witnesses(connection)
            self._publish(connection, again=True)

    @contextmanager
    def _alone(self) -> Iterator[Connection]:
        """A connection that no other sequencer has the like of: neither on this directory nor on this database."""
        with self._publisher.alone():
            pooled = self._engine.raw_connection()
            connection = cast("Connection", pooled.driver_connection)
            try:
                with connection, connection.cursor() as cursor:
                    cursor.execute("select pg_advisory_lock(%s)", (_LOCK,))
                yield connection
                with connection, connection.cursor() as cursor:
                    cursor.execute("select pg_advisory_unlock(%s)", (_LOCK,))
            except DiskFull as error:
                pooled.invalidate()
                raise NotWritten(
                    f"the log's database has no room: {str(error).strip()}",
                    remedy="Free some room for the database. What was accepted waits in the queue, or in the log, and "
                    "is published as soon as there is room.",
                ) from error
            except BaseException:
                pooled.invalidate()  # closes it, and with the session goes the lock
                raise
            finally:
                pooled.close()

    def _take_batch(self, connection: Connection, limit: int) -> int:
        """Step 1."""
        with connection, connection.cursor() as cursor:
            batch = self._gather(cursor, limit)
            if not batch.entries:
                return 0
            taken = len(batch.entries)
            root, leaves = self._write_map(cursor, batch)
            batch.entries.append(self._map_head(cursor, batch.next_index, root, leaves))
            storage.add_entries(cursor, batch.entries)
            storage.leave_queue(cursor, batch.positions)
        return taken

    def _gather(self, cursor: Cursor, limit: int) -> _Batch:
        """Takes entries in their order for as long as they follow and the batch has room."""
        batch = _Batch(start=storage.log_size(cursor))
        for page in storage.queued(cursor, page=min(_PAGE, limit)):
            touched = self._touched(page)
            self._read_states(cursor, batch, touched)
            for waiting in page:
                try:
                    self._advance(batch, waiting, touched.get(waiting.position))
                except RegistryError as error:
                    if batch.entries:
                        return batch  # the entries before it are good; the next run will meet it first
                    raise _refused(waiting, batch.next_index, error) from error
                if batch.is_full(limit):
                    return batch
        return batch

    def _touched(self, page: Sequence[Queued]) -> dict[int, Mapping[str, str]]:
        """Kind by id of what each entry touches, by queue position; an entry that cannot be read is left out."""
        touched: dict[int, Mapping[str, str]] = {}
        for waiting in page:
            with suppress(RegistryError):
                touched[waiting.position] = {i: kind for kind, i in self._projection.touched(waiting.entry)}
        return touched

    @staticmethod
    def _read_states(cursor: Cursor, batch: _Batch, touched: Mapping[int, Mapping[str, str]]) -> None:
        unread = {i for kinds in touched.values() for i in kinds if i not in batch.states}
        found = read_states(cursor, list(unread))
        batch.states.update({i: found.get(i) for i in unread})
        batch.new.update(unread - found.keys())

    def _advance(self, batch: _Batch, waiting: Queued, touched: Mapping[str, str] | None) -> None:
        """Adds one entry and the states that it leads to; nothing of it where it is refused."""
        index, leaf = batch.next_index, leaf_hash(waiting.entry)
        if touched is None:
            touched = {i: kind for kind, i in self._projection.touched(waiting.entry)}  # says why it cannot
        before = {i: batch.states[i] for i in touched}
        after = self._projection.advance(before, waiting.entry, index, leaf)
        if after.keys() != touched.keys():
            raise VerificationError("the projection gives other states than those that the entry touches")
        batch.states.update(after)
        batch.kinds.update(touched)
        batch.since.update(dict.fromkeys(touched, index))
        batch.touches += [(identifier, index) for identifier in touched]
        batch.entries.append(Logged(index, waiting.event_id, waiting.entry, leaf))
        batch.positions.append(waiting.position)
        batch.bytes += len(waiting.entry)

    def _write_map(self, cursor: Cursor, batch: _Batch) -> tuple[bytes, int]:
        if not batch.since:
            return map_place(cursor)
        keys = {i: map_key(batch.kinds[i], origin=self._origin, identifier=i) for i in batch.since}
        storage.add_touches(cursor, [(keys[i], index) for i, index in batch.touches])
        return write_states(
            cursor,
            [
                State(
                    key=keys[i],
                    kind=batch.kinds[i],
                    id=i,
                    value=cast("bytes", batch.states[i]),
                    since_index=index,
                    is_new=i in batch.new,
                )
                for i, index in batch.since.items()
            ],
        )

    def _map_head(self, cursor: Cursor, index: int, root: bytes, leaves: int) -> Logged:
        last = storage.last_entry(cursor)
        earliest = parse_map_head(last).time if last is not None else 0
        head = MapHead(
            size=index,
            root=root,
            leaves=leaves,
            time=max(self._now(), earliest),
            projection=self._projection.id,
        ).format()
        return Logged(index, None, head, leaf_hash(head))

    def _publish(self, connection: Connection, *, again: bool = False) -> None:
        """Steps 2 to 5, for all that is committed and not yet shown."""
        with connection, connection.cursor() as cursor:
            size, shown = storage.log_size(cursor), storage.published(cursor)
            old = self._published_size(cursor, size)
            if size == 0 or (shown is not None and shown.size == size == old and not again):
                return
            self._publisher.write_tiles(
                old,
                size,
                tile=lambda level, number: storage.tile_hashes(cursor, level, number),
                entries=lambda start, end: storage.entries_between(cursor, start, end),
            )
            root = storage.log_root(cursor, size)
        with connection, connection.cursor() as cursor:
            if storage.claim_tree(cursor, size, root) != root:
                raise TreeForked(
                    f"another tree of {size} entries has been signed than the database now leads to"
                )
        checkpoint = Checkpoint(origin=self._origin, size=size, root=root)
        note = sign_checkpoint(checkpoint, *self._signers())
        note, cosigned_at = self._cosigned(connection, note, size)
        self._publisher.replace_checkpoint(note.format().encode())
        with connection, connection.cursor() as cursor:
            storage.set_published(cursor, Published(size, note.format(), cosigned_at))
        self._publisher.prune(old, size)

    def _published_size(self, cursor: Cursor, size: int) -> int:
        """The size that the directory shows, once it is seen to be a prefix of what the database holds."""
        data = self._publisher.checkpoint()
        if data is None:
            return 0  # nothing was published, or the files are lost: all of them are written again
        checkpoint = parse_checkpoint(parse_note(data).text)
        if checkpoint.origin != self._origin:
            raise WrongOrigin(f"the directory holds the log {checkpoint.origin}, not {self._origin}")
        if checkpoint.size > size:
            raise RolledBack(
                f"{checkpoint.size} entries have been published and the database holds {size}",
                remedy="Restore a newer backup, or recover the missing entries from the published bundles.",
            )
        if storage.log_root(cursor, checkpoint.size) != checkpoint.root:
            raise TreeForked(
                f"the database leads to another tree of {checkpoint.size} entries than was published"
            )
        return checkpoint.size

    def _cosigned(self, connection: Connection, note: Note, size: int) -> tuple[Note, datetime | None]:
        """The checkpoint with what its cosigners add, and when as many as required had done so."""
        if self._quorum is None:
            return note, None

        def prove_from(old_size: int) -> Sequence[bytes]:
            if not 0 <= old_size <= size:
                raise WitnessAhead(f"it claims to have seen {old_size} entries, and there are {size}")
            if old_size == 0:
                return []
            with connection, connection.cursor() as cursor:
                subtree = storage.stored_subtrees(cursor)
                return prove_consistency(old_size=old_size, new_size=size, subtree=subtree)

        found = self._quorum.cosign(note, prove_from, shown=self._shown(note), now=self._now())
        full = replace(note, signatures=(*note.signatures, *found.lines))
        return full, datetime.fromtimestamp(found.as_of, UTC) if found.as_of is not None else None

    def _shown(self, note: Note) -> Sequence[SignatureLine]:
        """What the published checkpoint bears, where it is of the same tree."""
        data = self._publisher.checkpoint()
        shown = parse_note(data) if data is not None else None
        return shown.signatures if shown is not None and shown.text == note.text else ()

    def _ask_witnesses(self, connection: Connection) -> None:
        """Before the first batch: do the witnesses hold a checkpoint of ours that this database does not lead to?

        Only the log's own signature counts as evidence, so a lying witness can stop nothing.  As many must answer
        as make a quorum: where that is more than half of them, one who cosigned the newest checkpoint is among
        them.  A policy that asks for fewer believes whoever answers first.
        """
        if self._witnesses_know_no_more or self._quorum is None:
            return
        shown = self._quorum.latest(self._origin)
        own = [NoteVerifier(signer.verifier_key) for signer in self._signers()]
        with connection, connection.cursor() as cursor:
            size = storage.log_size(cursor)
            for name, note in shown.items():
                with suppress(VerificationError):  # what we have not signed proves nothing
                    checkpoint, _ = open_checkpoint(note or b"", own)
                    self._check_not_behind(cursor, size, checkpoint, name)
        self._witnesses_know_no_more = True

    @staticmethod
    def _check_not_behind(cursor: Cursor, size: int, seen: Checkpoint, witness: str) -> None:
        if seen.size > size:
            raise RolledBack(
                f"the witness {witness} holds a checkpoint of {seen.size} entries, signed by this log, and the "
                f"database holds {size}: it is an old backup, and {seen.size - size} entries are missing",
                remedy="Restore a newer backup, or recover the missing entries from the published bundles. Nothing "
                "is signed until then: the log would show another history than the one that was witnessed.",
            )
        if storage.log_root(cursor, seen.size) != seen.root:
            raise TreeForked(
                f"the witness {witness} holds a checkpoint of {seen.size} entries, signed by this log, and the "
                "database leads to another tree of that size",
                remedy="Keep the database and that checkpoint as evidence, and restore the database from a backup.",
            )


def _refused(waiting: Queued, index: int, error: RegistryError) -> EntryRefused:
    return EntryRefused(
        f"the entry at queue position {waiting.position} (order {waiting.event_id}) cannot be put at "
        f"index {index}: {error}",
        remedy="The office should not have accepted it: nothing is sequenced until a person has looked into it.",
    )
