"""A log on a database of its own, with a projection so small that its map can be told by looking."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

import psycopg2
import sqlalchemy as sa

from domain.canon import canonical, parse_object
from domain.errors import BadInput
from registry.log.ed25519 import SeedKey
from registry.log.map_head import MapHead, parse_map_head
from registry.log.note import NoteSigner
from registry.log.prefix_map import map_key
from registry.log.sequencer import Sequencer
from tests.conftest import Database
from tests.registry.log import reader
from tests.registry.log.maps import root_by_definition, sorted_leaves

ORIGIN = "registry.example/land/test"
LOG = NoteSigner(ORIGIN, SeedKey(bytes([1]) * 32))
_EVENTS = UUID(int=7)


class Counting:
    """Each entry names ids; the state of each is how often it was named, and where last."""

    id = "counting/1"

    def touched(self, entry: bytes) -> Sequence[tuple[str, str]]:
        document = parse_object(entry)
        if "refuse" in document:
            raise BadInput("this entry is to be refused")
        return [("parcel", str(name)) for name in document["ids"]]  # type: ignore[union-attr]

    def advance(
        self, states: Mapping[str, bytes | None], entry: bytes, index: int, leaf_hash: bytes
    ) -> Mapping[str, bytes]:
        before = {name: parse_object(state)["count"] if state else 0 for name, state in states.items()}
        return {name: canonical({"count": n + 1, "at": index}) for name, n in before.items()}  # type: ignore[operator]


class Rig:
    """A database, a directory, and the sequencer between them."""

    def __init__(self, database: Database, directory: Path) -> None:
        self.engine = sa.create_engine(database.url, poolclass=sa.pool.NullPool)
        self.database, self.directory = database, directory
        self.clock = 1_800_000_000
        self._connection = self.connect()
        self._connection.autocommit = True
        self._sent = 0

    def sequencer(self, **changed: Any) -> Sequencer:
        """A sequencer as after a restart: nothing in memory."""
        settings: dict[str, Any] = {
            "origin": ORIGIN,
            "signer": LOG,
            "projection": Counting(),
            "directory": self.directory,
            "now": lambda: self.clock,
        }
        return Sequencer(self.engine, **(settings | changed))

    def connect(self) -> psycopg2.extensions.connection:
        return psycopg2.connect(self.database.dsn)

    def sql(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        with self._connection.cursor() as cursor:
            cursor.execute(statement, values or None)
            return cursor.fetchall() if cursor.description else []

    def close(self) -> None:
        self._connection.close()

    def accept(self, *ids: str) -> None:
        """An order is accepted: it stands in the queue."""
        self.queue(canonical({"ids": list(ids), "order": self._sent}))

    def queue(self, entry: bytes) -> None:
        self.sql(
            "insert into log.queue (event_id, entry) values (%s, %s)",
            str(uuid5(_EVENTS, str(self._sent))),
            entry,
        )
        self._sent += 1

    def check(self) -> list[bytes]:
        """An independent reader's entries, once log, map heads and the last map root are seen to be right."""
        found = reader.check(self.directory)
        states: dict[str, dict[str, int]] = {}
        last: MapHead | None = None
        for index, entry in enumerate(found):
            if entry.startswith(b"{"):
                for name in parse_object(entry)["ids"]:  # type: ignore[union-attr]
                    before = states.get(str(name), {"count": 0})
                    states[str(name)] = {"count": before["count"] + 1, "at": index}
                continue
            head = parse_map_head(entry)
            values = {
                map_key("parcel", origin=ORIGIN, identifier=name): canonical(dict(state))
                for name, state in states.items()
            }
            assert (head.size, head.leaves) == (index, len(values))
            assert head.root == root_by_definition(dict(sorted_leaves(values)))
            assert last is None or head.time >= last.time
            last = head
        assert found == [] or not found[-1].startswith(b"{"), "a published log ends in a map head"
        return found
