"""The map in PostgreSQL: leaves by key, and above them blocks of sixteen.

A block stands for the keys that begin with its prefix (hexadecimal digits) and holds, for each next digit, the
hash of the subtree there and the number of its leaves.  A child with more than ``BUCKET`` leaves has a block of
its own; a smaller one is a bucket, recomputed from its leaves, which lie side by side in the primary key.  So
the shape follows the number of leaves by itself: it deepens where keys crowd and nothing is ever rebuilt.  None
of this is hashed: roots and paths are those of ``prefix_map``.

An update reads and writes one block for each level above a changed leaf, about log16(N / BUCKET) of 576 bytes,
and all changes of a batch share the blocks that they have in common.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from psycopg2.extensions import cursor as Cursor  # noqa: N812 - a type, named as one
from psycopg2.extras import execute_values

from registry.log.hashing import HASH_BYTES
from registry.log.prefix_map import (
    BITS,
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

BUCKET = 32
_CHILD = HASH_BYTES + 4  # a hash and a number of leaves
_FANOUT = 16
_DIGIT_BITS = 4
_DEEPEST_QUERY = 12  # digits; 16^12 keys are more than there will ever be, deeper blocks are asked for singly
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
    _write_leaves(cursor, ordered)
    return _Update(cursor).apply([(s.key, s.is_new) for s in ordered])


def map_place(cursor: Cursor) -> Place:
    """The map's root and number of leaves."""
    blocks = _read_blocks(cursor, [""])
    return blocks[""].place() if blocks else _NOTHING


def prove_state(cursor: Cursor, key: bytes) -> tuple[MapProof, bytes | None]:
    """What the map says about a key: the proof, and the state document where there is one."""
    blocks = _read_blocks(cursor, [key.hex()[:digits] for digits in range(_DEEPEST_QUERY + 1)])
    siblings: list[bytes] = []  # from the root down
    depth, leaves = 0, map_place_of(blocks)
    prefix = ""
    while leaves > BUCKET:
        block = blocks.get(prefix) or _read_blocks(cursor, [prefix])[prefix]
        depth, leaves = _descend(block, key, depth, siblings)
        prefix = key.hex()[: depth // _DIGIT_BITS]
    rest = _leaves_at(cursor, key, depth) if leaves else []
    below, found = path_below(rest, key, depth)
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


def map_place_of(blocks: Mapping[str, Block]) -> int:
    """The number of leaves in a map whose blocks were read."""
    return blocks[""].place()[1] if "" in blocks else 0


def _descend(block: Block, key: bytes, depth: int, siblings: list[bytes]) -> tuple[int, int]:
    """Goes down through one block as long as there is more than one leaf; where it ends, and over how many."""
    levels = block.levels()
    leaves, at = levels[-1][0][1], 0
    for level in reversed(levels[:-1]):
        if leaves <= 1:
            break
        at = 2 * at + bit(key, depth)
        siblings.append(level[at ^ 1][0])
        leaves = level[at][1]
        depth += 1
    return depth, leaves


class _Update:
    """One batch of changed leaves, carried up to the root."""

    def __init__(self, cursor: Cursor) -> None:
        self._cursor = cursor
        self._blocks: dict[str, Block] = {}

    def apply(self, changed: Sequence[tuple[bytes, bool]]) -> Place:
        levels: list[list[str]] = []
        below = {"": [(key.hex(), is_new) for key, is_new in changed]}
        while below:
            levels.append(list(below))
            below = self._change_level(below)
        for prefixes in reversed(levels[1:]):
            for prefix in prefixes:
                self._blocks[prefix[:-1]][int(prefix[-1], 16)] = self._blocks[prefix].place()
        _write_blocks(self._cursor, self._blocks)
        return self._blocks[""].place()

    def _change_level(
        self, changed: Mapping[str, Sequence[tuple[str, bool]]]
    ) -> dict[str, list[tuple[str, bool]]]:
        """Changes the blocks of one level; what is to be changed in blocks of the next one, by prefix."""
        known = _read_blocks(self._cursor, list(changed))
        below: dict[str, list[tuple[str, bool]]] = {}
        recount: dict[str, int] = {}
        for prefix, keys in changed.items():
            block = self._blocks[prefix] = known.get(prefix) or Block()
            for digit, part in _by_digit(keys, len(prefix)).items():
                before = block[int(digit, 16)][1]
                after = before + sum(is_new for _, is_new in part)
                if before > BUCKET:
                    below[prefix + digit] = part
                else:
                    recount[prefix + digit] = after
        for prefix, leaves in _buckets(self._cursor, list(recount)):
            assert len(leaves) == recount[prefix], f"the leaves below {prefix} have been miscounted"
            self._blocks[prefix[:-1]][int(prefix[-1], 16)] = self._build(prefix, leaves)
        return below

    def _build(self, prefix: str, leaves: Sequence[Leaf]) -> Place:
        """The subtree of all the leaves below a prefix; with blocks of its own where they are too many."""
        if len(leaves) <= BUCKET:
            return subtree_root(leaves, _DIGIT_BITS * len(prefix)), len(leaves)
        block = self._blocks[prefix] = Block()
        for digit, group in groupby(leaves, key=lambda leaf: leaf[0].hex()[len(prefix)]):
            block[int(digit, 16)] = self._build(prefix + digit, list(group))
        return block.place()


def _by_digit(keys: Sequence[tuple[str, bool]], at: int) -> dict[str, list[tuple[str, bool]]]:
    parts: dict[str, list[tuple[str, bool]]] = {}
    for key, is_new in keys:
        parts.setdefault(key[at], []).append((key, is_new))
    return parts


def _write_leaves(cursor: Cursor, states: Sequence[State]) -> None:
    execute_values(
        cursor,
        "insert into log.map_leaf (key, id, kind, value, leaf, since_index) values %s"
        " on conflict (key) do update"
        " set value = excluded.value, leaf = excluded.leaf, since_index = excluded.since_index",
        [(s.key, s.id, s.kind, s.value, s.leaf, s.since_index) for s in states],
        page_size=_PAGE,
    )


def _buckets(cursor: Cursor, prefixes: Sequence[str]) -> Iterator[tuple[str, list[Leaf]]]:
    """The leaves below each prefix, in the order of their keys; a page of prefixes at a time."""
    for start in range(0, len(prefixes), _PAGE):
        page = prefixes[start : start + _PAGE]
        cursor.execute(
            "select b.prefix, l.key, l.leaf from unnest(%s::text[], %s::bytea[], %s::bytea[])"
            " with ordinality as b(prefix, low, high, n)"
            " cross join lateral (select key, leaf from log.map_leaf"
            "   where key between b.low and b.high order by key offset 0) l"
            " order by b.n, l.key",
            (page, [_low(p) for p in page], [_high(p) for p in page]),
        )
        for prefix, rows in groupby(cursor.fetchall(), key=lambda row: str(row[0])):
            yield prefix, [(bytes(key), bytes(leaf)) for _, key, leaf in rows]


def _leaves_at(cursor: Cursor, key: bytes, depth: int) -> list[Leaf]:
    """The leaves whose keys share the first ``depth`` bits."""
    rest = (1 << (BITS - depth)) - 1
    number = int.from_bytes(key, "big")
    cursor.execute(
        "select key, leaf from log.map_leaf where key between %s and %s order by key",
        ((number & ~rest).to_bytes(HASH_BYTES, "big"), (number | rest).to_bytes(HASH_BYTES, "big")),
    )
    return [(bytes(k), bytes(leaf)) for k, leaf in cursor.fetchall()]


def _value(cursor: Cursor, key: bytes) -> bytes:
    cursor.execute("select value from log.map_leaf where key = %s", (key,))
    row = cursor.fetchone()
    assert row is not None
    return bytes(row[0])


def _read_blocks(cursor: Cursor, prefixes: Sequence[str]) -> dict[str, Block]:
    cursor.execute("select prefix, children from log.map_node where prefix = any(%s)", (list(prefixes),))
    return {prefix: Block(bytes(children)) for prefix, children in cursor.fetchall()}


def _write_blocks(cursor: Cursor, blocks: Mapping[str, Block]) -> None:
    rows: Iterable[tuple[str, bytes]] = ((prefix, bytes(block)) for prefix, block in blocks.items())
    execute_values(
        cursor,
        "insert into log.map_node (prefix, children) values %s"
        " on conflict (prefix) do update set children = excluded.children",
        rows,
        page_size=_PAGE,
    )


def _low(prefix: str) -> bytes:
    return bytes.fromhex(prefix.ljust(2 * HASH_BYTES, "0"))


def _high(prefix: str) -> bytes:
    return bytes.fromhex(prefix.ljust(2 * HASH_BYTES, "f"))
