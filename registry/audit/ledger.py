"""What an auditor keeps between two runs: the states, the map over them, and how far it has come; one SQLite file.

Work goes on in memory and reaches the file with ``save``, all of it in one transaction.  What is not saved when the
process ends is done again by the next run.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import ClassVar, cast

from domain.canon import Json, canonical, parse_object
from domain.errors import RegistryError
from domain.ids import kind_of
from domain.projection import Doc
from registry.audit import reviews
from registry.audit.reviews import Reviews
from registry.log import map_tree
from registry.log.encoding import decode_base64, encode_base64
from registry.log.map_tree import Block, Place, pack_leaves, unpack_leaves
from registry.log.prefix_map import Leaf, map_key, map_leaf, value_hash
from registry.log.tree import CompactRange

MOST_CACHED_STATES = 50_000
MOST_CACHED_NODES = 20_000
_BATCH = 500  # parameters of one query
_VERSION = 1  # of the file: since 1 it knows which key touched what

_SCHEMA = """
create table if not exists meta (name text primary key, value text not null) without rowid;
create table if not exists state (id text primary key, doc blob not null) without rowid;
create table if not exists roll (officer text, n integer, keyid text not null, primary key (officer, n)) without rowid;
create table if not exists event (event_id blob primary key) without rowid;
create table if not exists block (prefix text primary key, children blob not null) without rowid;
create table if not exists bucket (prefix text primary key, leaves blob not null) without rowid;
"""


class LedgerDamaged(RegistryError):
    """The auditor's file cannot be used."""

    code: ClassVar[str] = "ledger-damaged"


@dataclass(frozen=True, kw_only=True)
class Position:
    """How far the auditor has come: ``hashes`` are the full subtrees of the entries read (base64)."""

    size: int = 0
    hashes: tuple[str, ...] = ()
    events: int = 0
    leaves: int = 0
    head_time: int = 0


@dataclass(frozen=True, kw_only=True)
class Condemned:
    """Why the auditor has stopped on this log for ever: the entry (None: the tree itself) and the reason."""

    index: int | None
    code: str
    reason: str


class Ledger:
    """The auditor's own book of one log."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            self._db.execute("pragma journal_mode=wal")
            self._db.executescript(_SCHEMA + reviews.SCHEMA)
            self._nodes = _Nodes(self._db)
            self.reviews = Reviews(self._db)
            self._load()
            self._check_version()
        except (OSError, sqlite3.Error, ValueError, TypeError) as error:
            raise LedgerDamaged(
                f"the auditor's state in {path} cannot be used: {error}",
                remedy="Free some room or stop the other program that uses it; or remove the file and audit anew.",
            ) from error

    def _check_version(self) -> None:
        """
        Raises:
            ValueError: when the file was begun by a release that did not keep all that this one asks it for.
        """
        version = self._db.execute("pragma user_version").fetchone()[0]
        if version != _VERSION and self.position.size:
            raise ValueError(f"it is of version {version}, and this release reads version {_VERSION}")
        self._db.execute(f"pragma user_version = {_VERSION}")

    def _load(self) -> None:
        self.position = Position(**json.loads(self.get("position") or "{}"))
        hashes = [decode_base64(h, what="a hash of the position") for h in self.position.hashes]
        self.tree = CompactRange(self.position.size, hashes)
        self._states: dict[str, Doc | None] = {}
        self._changed: dict[str, bytes] = {}  # since the last save, as far as the last map head
        self._unrooted: set[str] = set()  # changed since the last map head
        self._events: set[bytes] = set()
        self._highest_event: bytes = self._db.execute("select max(event_id) from event").fetchone()[0] or b""
        self._roll: dict[str, list[str]] = {}
        self._enrolled: list[tuple[str, int, str]] = []
        self._meta: dict[str, str] = {}
        self.reviews.forget()

    # What stands in the book

    def states(self, ids: Iterable[str]) -> dict[str, Doc | None]:
        """The states of these things as they stand; None for what is not registered."""
        cache = self._states
        wanted = list(ids)
        absent = [i for i in wanted if i not in cache]
        if absent:
            found = dict.fromkeys(absent)
            for at in range(0, len(absent), _BATCH):
                some = absent[at : at + _BATCH]
                marks = ",".join("?" * len(some))
                rows = self._db.execute(f"select id, doc from state where id in ({marks})", some)  # noqa: S608
                cache.update((identifier, parse_object(doc)) for identifier, doc in rows)
            for identifier in found:
                cache.setdefault(identifier, None)
        return {i: cache[i] for i in wanted}

    def keyids_of(self, officer: str) -> list[str]:
        """The ids of all keys ever enrolled for the officer, oldest first."""
        if officer not in self._roll:
            rows = self._db.execute("select keyid from roll where officer = ? order by n", (officer,))
            self._roll[officer] = [keyid for (keyid,) in rows]
        return self._roll[officer]

    def has_event(self, event_id: bytes) -> bool:
        """Whether an event of that id stands in the log already.

        Ids begin with the time of their making, so nearly every new one is above all that are saved.
        """
        if event_id in self._events:
            return True
        if event_id > self._highest_event:
            return False
        return self._db.execute("select 1 from event where event_id = ?", (event_id,)).fetchone() is not None

    def has_touched(self, key: int, identifier: str, since: int) -> bool:
        """Whether the key enrolled at entry ``key`` has touched the thing by an entry at ``since`` or later."""
        return self.reviews.has_touched(key, identifier, since)

    def get(self, name: str) -> str | None:
        """A text kept under a name: the genesis, the last checkpoint, a condemnation."""
        row = self._db.execute("select value from meta where name = ?", (name,)).fetchone()
        return row[0] if row else None

    def ids(self) -> Iterator[str]:
        """The ids of everything registered, as saved."""
        return (identifier for (identifier,) in self._db.execute("select id from state order by id"))

    def count(self) -> int:
        """How many there are."""
        return int(self._db.execute("select count(*) from state").fetchone()[0])

    def block(self, prefix: str) -> bytes | None:
        """A block of the tree over the states, as saved."""
        row = self._db.execute("select children from block where prefix = ?", (prefix,)).fetchone()
        return row[0] if row else None

    def bucket(self, prefix: str) -> bytes | None:
        """A bucket of leaves, as saved."""
        row = self._db.execute("select leaves from bucket where prefix = ?", (prefix,)).fetchone()
        return row[0] if row else None

    # What changes it

    def apply(self, after: Mapping[str, Doc], event_id: bytes | None) -> None:
        """The states that an entry leads to."""
        for identifier, state in after.items():
            if kind_of(identifier) == "officer" and state["version"] == 1:
                self._enrol(identifier, str(state["officer"]))
        self._states.update(after)
        self._unrooted.update(after)
        if event_id is not None:
            self._events.add(event_id)

    def put(self, name: str, value: str) -> None:
        self._meta[name] = value

    def root(self, origin: str) -> Place:
        """The map's root and number of leaves, with everything applied so far."""
        if not self._unrooted:
            return map_tree.place_of(self._nodes)
        leaves: list[Leaf] = []
        for identifier in self._unrooted:
            key = map_key(kind_of(identifier), origin=origin, identifier=identifier)
            value = self._changed[identifier] = canonical(cast("Json", self._states[identifier]))
            leaves.append((key, map_leaf(key, value_hash(value))))
        leaves.sort()
        self._unrooted = set()
        return map_tree.update(self._nodes, leaves)

    def save(self, *, events: int, leaves: int, head_time: int) -> None:
        """Makes everything durable: call it right after a map head."""
        self.position = Position(
            size=self.tree.size,
            hashes=tuple(map(encode_base64, self.tree.hashes)),
            events=events,
            leaves=leaves,
            head_time=head_time,
        )
        try:
            self._db.execute("begin immediate")
            self._db.executemany(
                "insert or replace into state (id, doc) values (?, ?)",
                self._changed.items(),
            )
            self._db.executemany("insert into event (event_id) values (?)", ((e,) for e in self._events))
            self._db.executemany("insert into roll (officer, n, keyid) values (?, ?, ?)", self._enrolled)
            self._nodes.save()
            self.reviews.save()
            self._keep({**self._meta, "position": json.dumps(asdict(self.position))})
            self._db.execute("commit")
        except sqlite3.Error as error:
            if self._db.in_transaction:
                self._db.execute("rollback")
            raise LedgerDamaged(f"the auditor's state in {self._path} cannot be written: {error}") from error
        self._highest_event = max((self._highest_event, *self._events))
        self._changed, self._events, self._enrolled, self._meta = {}, set(), [], {}
        self.reviews.forget()
        if len(self._states) > MOST_CACHED_STATES:
            self._states = {}
        self._nodes.trim()

    def keep(self, **texts: str) -> None:
        """Makes texts durable at once, and nothing else."""
        self._db.execute("begin immediate")
        self._keep(texts)
        self._db.execute("commit")

    def forget_unsaved(self) -> None:
        """Back to what was saved last."""
        self._nodes = _Nodes(self._db)
        self._load()

    def close(self) -> None:
        self._db.close()

    def _enrol(self, keyid: str, officer: str) -> None:
        held = self.keyids_of(officer)
        self._enrolled.append((officer, len(held), keyid))
        held.append(keyid)

    def _keep(self, texts: Mapping[str, str]) -> None:
        self._db.executemany("insert or replace into meta (name, value) values (?, ?)", texts.items())


class _Nodes:
    """The tree over the states, kept in memory as far as it was used and written with ``save``."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._blocks: dict[str, Block] = {}
        self._buckets: dict[str, Sequence[Leaf]] = {}
        self._dirty_blocks: set[str] = set()
        self._dirty_buckets: set[str] = set()
        self._gone: set[str] = set()

    def blocks(self, prefixes: Sequence[str]) -> dict[str, Block]:
        found = {}
        for prefix in prefixes:
            block = self._blocks.get(prefix)
            if block is None:
                row = self._db.execute("select children from block where prefix = ?", (prefix,)).fetchone()
                if row is None:
                    continue
                block = self._blocks[prefix] = Block(row[0])
            found[prefix] = block
        return found

    def buckets(self, prefixes: Sequence[str]) -> dict[str, list[Leaf]]:
        found = {}
        for prefix in prefixes:
            leaves = self._buckets.get(prefix)
            if leaves is None and prefix not in self._gone:
                row = self._db.execute("select leaves from bucket where prefix = ?", (prefix,)).fetchone()
                if row is not None:
                    leaves = self._buckets[prefix] = unpack_leaves(row[0])
            if leaves is not None:
                found[prefix] = list(leaves)
        return found

    def write(
        self, blocks: Mapping[str, Block], buckets: Mapping[str, Sequence[Leaf]], outgrown: Sequence[str]
    ) -> None:
        self._blocks.update(blocks)
        self._buckets.update(buckets)
        self._dirty_blocks.update(blocks)
        self._dirty_buckets.update(buckets)
        for prefix in outgrown:
            self._buckets.pop(prefix, None)
            self._dirty_buckets.discard(prefix)
            self._gone.add(prefix)

    def save(self) -> None:
        self._db.executemany("delete from bucket where prefix = ?", ((p,) for p in self._gone))
        self._db.executemany(
            "insert or replace into block (prefix, children) values (?, ?)",
            ((p, bytes(self._blocks[p])) for p in sorted(self._dirty_blocks)),
        )
        self._db.executemany(
            "insert or replace into bucket (prefix, leaves) values (?, ?)",
            ((p, pack_leaves(self._buckets[p])) for p in sorted(self._dirty_buckets)),
        )
        self._dirty_blocks, self._dirty_buckets, self._gone = set(), set(), set()

    def trim(self) -> None:
        """Keeps memory bounded; what is dropped is in the file."""
        if len(self._blocks) > MOST_CACHED_NODES:
            self._blocks = {}
        if len(self._buckets) > MOST_CACHED_NODES:
            self._buckets = {}
