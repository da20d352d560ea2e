"""The map in PostgreSQL: states by key, and over them the tree of ``map_tree``, one row for each block and bucket.

An update reads and writes one bucket and about log16(N / BUCKET) blocks for a changed leaf, 576 bytes each, and
all changes of a batch share the blocks that they have in common.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from psycopg2.extensions import cursor as Cursor  # noqa: N812 - a type, named as one
from psycopg2.extras import execute_values

from registry.log import map_tree
from registry.log.copying import bigint, copy_rows
from registry.log.map_tree import Block, Place, pack_leaves, unpack_leaves
from registry.log.prefix_map import Leaf, MapProof, Result, map_leaf, path_below, value_hash

_PAGE = 1000


@dataclass(frozen=True, kw_only=True)
class State:
    """One state document with the entry that made it."""

    key: bytes
    kind: str
    id: str
    value: bytes
    since_index: int
    is_new: bool

    @property
    def leaf(self) -> bytes:
        return map_leaf(self.key, value_hash(self.value))


def read_states(cursor: Cursor, ids: Sequence[str]) -> dict[str, bytes]:
    """The current state documents of those among ``ids`` that have one."""
    cursor.execute("select id, value from log.map_leaf where id = any(%s)", (list(ids),))
    return {identifier: bytes(value) for identifier, value in cursor.fetchall()}


def write_states(cursor: Cursor, states: Sequence[State]) -> Place:
    """Puts states into the map; its root and number of leaves afterwards.

    Every state stands once; ``is_new`` must tell rightly whether its key had a leaf before.
    """
    ordered = sorted(states, key=lambda state: state.key)
    _write_values(cursor, ordered)
    return map_tree.update(_Tables(cursor), [(s.key, s.leaf) for s in ordered])


def map_place(cursor: Cursor) -> Place:
    """The map's root and number of leaves."""
    return map_tree.place_of(_Tables(cursor))


def prove_state(cursor: Cursor, key: bytes) -> tuple[MapProof, bytes | None]:
    """What the map says about a key: the proof, and the state document where there is one."""
    siblings, depth, leaves = map_tree.way_down(_Tables(cursor), key)
    below, found = path_below(leaves, key, depth)
    path = (*below, *reversed(siblings))
    if found is None:
        return MapProof(result=Result.ABSENT_EMPTY, path=path), None
    value = _value(cursor, found)
    if found == key:
        return MapProof(result=Result.PRESENT, path=path), value
    other = MapProof(
        result=Result.ABSENT_OTHER, path=path, other_key=found, other_value_hash=value_hash(value)
    )
    return other, None


class _Tables:
    """``log.map_node`` and ``log.map_bucket``."""

    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor

    def blocks(self, prefixes: Sequence[str]) -> dict[str, Block]:
        self._cursor.execute(
            "select prefix, children from log.map_node where prefix = any(%s)", (list(prefixes),)
        )
        return {prefix: Block(bytes(children)) for prefix, children in self._cursor.fetchall()}

    def buckets(self, prefixes: Sequence[str]) -> dict[str, list[Leaf]]:
        self._cursor.execute(
            "select prefix, leaves from log.map_bucket where prefix = any(%s)", (list(prefixes),)
        )
        return {prefix: unpack_leaves(bytes(data)) for prefix, data in self._cursor.fetchall()}

    def write(
        self, blocks: Mapping[str, Block], buckets: Mapping[str, Sequence[Leaf]], outgrown: Sequence[str]
    ) -> None:
        _write(self._cursor, "log.map_node", "children", {p: bytes(b) for p, b in blocks.items()})
        _write(self._cursor, "log.map_bucket", "leaves", {p: pack_leaves(b) for p, b in buckets.items()})
        if outgrown:
            self._cursor.execute("delete from log.map_bucket where prefix = any(%s)", (list(outgrown),))


def _write_values(cursor: Cursor, states: Sequence[State]) -> None:
    copy_rows(
        cursor,
        "log.map_leaf",
        "key, id, kind, value, since_index",
        ((s.key, s.id.encode(), s.kind.encode(), s.value, bigint(s.since_index)) for s in states if s.is_new),
    )
    execute_values(
        cursor,
        "update log.map_leaf l set value = n.value, since_index = n.since_index"
        " from (values %s) as n(key, value, since_index) where l.key = n.key",
        [(s.key, s.value, s.since_index) for s in states if not s.is_new],
        page_size=_PAGE,
    )


def _value(cursor: Cursor, key: bytes) -> bytes:
    cursor.execute("select value from log.map_leaf where key = %s", (key,))
    row = cursor.fetchone()
    assert row is not None
    return bytes(row[0])


def _write(cursor: Cursor, table: str, column: str, rows: Mapping[str, bytes]) -> None:
    execute_values(
        cursor,
        f"insert into {table} (prefix, {column}) values %s"  # noqa: S608 - both are names of ours
        f" on conflict (prefix) do update set {column} = excluded.{column}",
        list(rows.items()),
        page_size=_PAGE,
    )
