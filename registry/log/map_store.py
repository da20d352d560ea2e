"""The map in PostgreSQL: states by key, and over them blocks of sixteen and buckets of leaves.

A block stands for the keys that begin with its prefix (hexadecimal digits) and holds, for each next digit, the
hash of the subtree there and the number of its leaves.  A child with more than ``BUCKET`` leaves has a block of
its own; a smaller one has a bucket, which lists keys and leaf hashes.  So the shape follows the number of leaves
by itself: it deepens where keys crowd, and nothing is ever rebuilt.  None of this is hashed: roots and paths are
those of ``prefix_map``.

An update reads and writes one bucket and about log16(N / BUCKET) blocks for a changed leaf, 576 bytes each, and
all changes of a batch share the blocks that they have in common.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from psycopg2.extensions import cursor as Cursor  # noqa: N812 - a type, named as one
from psycopg2.extras import execute_values

from registry.log.copying import bigint, copy_rows
from registry.log.hashing import HASH_BYTES
from registry.log.prefix_map import (
    EMPTY,
    Leaf,
    MapProof,
    Result,
    bit,
    map_leaf,
    map_node,
    path_below,
    subtree_root,
    value_hash,
)

BUCKET = 16
_CHILD = HASH_BYTES + 4  # a hash and a number of leaves
_FANOUT = 16
_DIGIT_BITS = 4
_READ_AHEAD = 8  # blocks of a path that are read at once; deeper ones are asked for singly
_PAGE = 1000

Place = tuple[bytes, int]
"""(hash, leaves) of one subtree."""
_NOTHING: Place = (EMPTY, 0)


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


class Block:
    """The sixteen children of one prefix."""

    def __init__(self, data: bytes = bytes(_FANOUT * _CHILD)) -> None:
        self._data = bytearray(data)

    def __getitem__(self, digit: int) -> Place:
        at = digit * _CHILD
        return bytes(self._data[at : at + HASH_BYTES]), int.from_bytes(
            self._data[at + HASH_BYTES : at + _CHILD], "big"
        )

    def __setitem__(self, digit: int, place: Place) -> None:
        hash_, leaves = place
        self._data[digit * _CHILD : (digit + 1) * _CHILD] = hash_ + leaves.to_bytes(4, "big")

    def __bytes__(self) -> bytes:
        return bytes(self._data)

    def levels(self) -> list[list[Place]]:
        """The sixteen children, the eight nodes above them, and so on to the one that the block stands for."""
        levels = [[self[digit] for digit in range(_FANOUT)]]
        while len(levels[-1]) > 1:
            below = levels[-1]
            levels.append([_join(below[i], below[i + 1]) for i in range(0, len(below), 2)])
        return levels

    def place(self) -> Place:
        """The subtree that the block stands for."""
        return self.levels()[-1][0]


def _join(left: Place, right: Place) -> Place:
    """The subtree above two: empty over nothing, a lone leaf unchanged, else a node."""
    leaves = left[1] + right[1]
    if leaves == 0:
        return _NOTHING
    if leaves == 1:
        return left if left[1] else right
    return map_node(left[0], right[0]), leaves


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
    return _Update(cursor).apply([(s.key, s.leaf) for s in ordered])


def map_place(cursor: Cursor) -> Place:
    """The map's root and number of leaves."""
    blocks = _read_blocks(cursor, [""])
    return blocks[""].place() if blocks else _NOTHING


def prove_state(cursor: Cursor, key: bytes) -> tuple[MapProof, bytes | None]:
    """What the map says about a key: the proof, and the state document where there is one."""
    siblings, depth, leaves = _way_down(cursor, key)
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


def _way_down(cursor: Cursor, key: bytes) -> tuple[list[bytes], int, list[Leaf]]:
    """The siblings from the root down to the key's bucket, how deep that is, and the leaves that share its place."""
    digits = key.hex()
    blocks = _read_blocks(cursor, [digits[:n] for n in range(_READ_AHEAD)])
    siblings: list[bytes] = []
    prefix, depth, block = "", 0, blocks.get("")
    while block is not None:
        depth, count, digit = _descend(block, key, depth, siblings)
        prefix = f"{prefix}{digit:x}"
        if count <= BUCKET:
            return siblings, depth, _read_buckets(cursor, [prefix])[prefix] if count else []
        block = blocks.get(prefix) or _read_blocks(cursor, [prefix])[prefix]
    return siblings, depth, []


def _descend(block: Block, key: bytes, depth: int, siblings: list[bytes]) -> tuple[int, int, int]:
    """Goes down a block while there is more than one leaf: how deep, over how many leaves, in which child."""
    levels = block.levels()
    [(_, count)], at = levels.pop(), 0
    first, width = 0, _FANOUT
    while levels and count > 1:
        level = levels.pop()
        at = 2 * at + bit(key, depth)
        siblings.append(level[at ^ 1][0])
        count = level[at][1]
        depth += 1
        width = _FANOUT // len(level)
        first = at * width
    digits = range(first, first + width)
    return depth, count, next((d for d in digits if block[d][1]), first)


class _Update:
    """One batch of changed leaves, carried up to the root."""

    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor
        self._blocks: dict[str, Block] = {}
        self._buckets: dict[str, bytes] = {}
        self._outgrown: list[str] = []

    def apply(self, changed: Sequence[Leaf]) -> Place:
        levels: list[list[str]] = []
        below = {"": changed}
        while below:
            levels.append(list(below))
            below = self._change_level(below)
        for prefixes in reversed(levels[1:]):
            for prefix in prefixes:
                self._blocks[prefix[:-1]][int(prefix[-1], 16)] = self._blocks[prefix].place()
        _write(self._cursor, "log.map_node", "children", {p: bytes(b) for p, b in self._blocks.items()})
        _write(self._cursor, "log.map_bucket", "leaves", self._buckets)
        if self._outgrown:
            self._cursor.execute("delete from log.map_bucket where prefix = any(%s)", (self._outgrown,))
        return self._blocks[""].place()

    def _change_level(self, changed: Mapping[str, Sequence[Leaf]]) -> dict[str, Sequence[Leaf]]:
        """Changes the blocks of one level; what is to be changed in blocks of the next one, by prefix."""
        known = _read_blocks(self._cursor, list(changed))
        below: dict[str, Sequence[Leaf]] = {}
        small: dict[str, Sequence[Leaf]] = {}
        for prefix, leaves in changed.items():
            block = self._blocks[prefix] = known.get(prefix) or Block()
            for digit, part in _by_digit(leaves, len(prefix)):
                (below if block[digit][1] > BUCKET else small)[f"{prefix}{digit:x}"] = part
        held = _read_buckets(self._cursor, list(small))
        for prefix, part in small.items():
            leaves = sorted({**dict(held.get(prefix, ())), **dict(part)}.items())
            self._blocks[prefix[:-1]][int(prefix[-1], 16)] = self._build(prefix, leaves)
            if len(leaves) > BUCKET and prefix in held:
                self._outgrown.append(prefix)
        return below

    def _build(self, prefix: str, leaves: Sequence[Leaf]) -> Place:
        """The subtree of all the leaves below a prefix: a bucket, or a block where they are too many."""
        if len(leaves) <= BUCKET:
            self._buckets[prefix] = b"".join(key + leaf for key, leaf in leaves)
            return subtree_root(leaves, _DIGIT_BITS * len(prefix)), len(leaves)
        block = self._blocks[prefix] = Block()
        for digit, part in _by_digit(leaves, len(prefix)):
            block[digit] = self._build(f"{prefix}{digit:x}", part)
        return block.place()


def _by_digit(leaves: Sequence[Leaf], at: int) -> Iterator[tuple[int, Sequence[Leaf]]]:
    """Sorted leaves in parts, by the hexadecimal digit ``at`` of their keys; they share the digits before it."""
    byte, shift = at >> 1, 0 if at & 1 else _DIGIT_BITS
    start = 0
    while start < len(leaves):
        digit = leaves[start][0][byte] >> shift & 0xF
        end = start + 1
        while end < len(leaves) and leaves[end][0][byte] >> shift & 0xF == digit:
            end += 1
        yield digit, leaves[start:end]
        start = end


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


def _read_blocks(cursor: Cursor, prefixes: Sequence[str]) -> dict[str, Block]:
    cursor.execute("select prefix, children from log.map_node where prefix = any(%s)", (list(prefixes),))
    return {prefix: Block(bytes(children)) for prefix, children in cursor.fetchall()}


def _read_buckets(cursor: Cursor, prefixes: Sequence[str]) -> dict[str, list[Leaf]]:
    cursor.execute("select prefix, leaves from log.map_bucket where prefix = any(%s)", (list(prefixes),))
    return {prefix: _leaves(bytes(data)) for prefix, data in cursor.fetchall()}


def _leaves(data: bytes) -> list[Leaf]:
    return [
        (data[i : i + HASH_BYTES], data[i + HASH_BYTES : i + 2 * HASH_BYTES])
        for i in range(0, len(data), 2 * HASH_BYTES)
    ]


def _write(cursor: Cursor, table: str, column: str, rows: Mapping[str, bytes]) -> None:
    execute_values(
        cursor,
        f"insert into {table} (prefix, {column}) values %s"  # noqa: S608 - both are names of ours
        f" on conflict (prefix) do update set {column} = excluded.{column}",
        list(rows.items()),
        page_size=_PAGE,
    )
