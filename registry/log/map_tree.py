"""The tree over the map's states as it is stored: blocks of sixteen children, and buckets of leaves below them.

A block stands for the keys that begin with its prefix (hexadecimal digits) and holds, for each next digit, the
hash of the subtree there and the number of its leaves.  A child with more than ``BUCKET`` leaves has a block of
its own; a smaller one has a bucket, which lists keys and leaf hashes.  So the shape follows the number of leaves
by itself: it deepens where keys crowd, and nothing is ever rebuilt.  None of this is hashed: roots and paths are
those of ``prefix_map``.

Where blocks and buckets are kept is said by ``Nodes``: the registry's database (``map_store``), an auditor's file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from itertools import pairwise
from typing import Protocol

from registry.log.hashing import HASH_BYTES
from registry.log.prefix_map import EMPTY, Leaf, bit, subtree_root

BUCKET = 16
READ_AHEAD = 8  # blocks of a path that are read at once; deeper ones are asked for singly
_CHILD = HASH_BYTES + 4  # a hash and a number of leaves
_FANOUT = 16
_DIGIT_BITS = 4

Place = tuple[bytes, int]
"""(hash, leaves) of one subtree."""
NOTHING: Place = (EMPTY, 0)


class Block:
    """The sixteen children of one prefix, and the nodes between them and it as far as they have been asked for."""

    __slots__ = ("_changed", "_levels")

    def __init__(self, data: bytes | None = None) -> None:
        children = [NOTHING] * _FANOUT if data is None else [_place(data, digit) for digit in range(_FANOUT)]
        self._levels: list[list[Place]] = [children]
        self._changed: set[int] = set()

    def __getitem__(self, digit: int) -> Place:
        return self._levels[0][digit]

    def __setitem__(self, digit: int, place: Place) -> None:
        self._levels[0][digit] = place
        self._changed.add(digit)

    def __bytes__(self) -> bytes:
        return b"".join(hash_ + leaves.to_bytes(4, "big") for hash_, leaves in self._levels[0])

    def levels(self) -> list[list[Place]]:
        """The sixteen children, the eight nodes above them, and so on to the one that the block stands for."""
        levels = self._levels
        if len(levels) == 1:
            while len(levels[-1]) > 1:
                below = levels[-1]
                levels.append([_join(below[i], below[i + 1]) for i in range(0, len(below), 2)])
        else:
            changed = self._changed
            for below, level in pairwise(levels):
                changed = {at >> 1 for at in changed}
                for at in changed:
                    level[at] = _join(below[2 * at], below[2 * at + 1])
        self._changed = set()
        return levels

    def place(self) -> Place:
        """The subtree that the block stands for."""
        return self.levels()[-1][0]


class Nodes(Protocol):
    """Where blocks and buckets are kept, by the prefix that they stand for."""

    def blocks(self, prefixes: Sequence[str]) -> Mapping[str, Block]:
        """Those among these that there are."""

    def buckets(self, prefixes: Sequence[str]) -> Mapping[str, list[Leaf]]:
        """Those among these that there are; leaves sorted by key."""

    def write(
        self, blocks: Mapping[str, Block], buckets: Mapping[str, Sequence[Leaf]], outgrown: Sequence[str]
    ) -> None:
        """Keeps what has changed; the buckets ``outgrown`` are no more."""


def update(nodes: Nodes, changed: Sequence[Leaf]) -> Place:
    """The map's root and number of leaves after new leaf hashes, each key once, sorted by key."""
    return _Update(nodes).apply(changed)


def place_of(nodes: Nodes) -> Place:
    """The map's root and number of leaves."""
    blocks = nodes.blocks([""])
    return blocks[""].place() if blocks else NOTHING


def way_down(nodes: Nodes, key: bytes) -> tuple[list[bytes], int, list[Leaf]]:
    """The siblings from the root down to the key's bucket, how deep that is, and the leaves that share its place."""
    digits = key.hex()
    blocks = nodes.blocks([digits[:n] for n in range(READ_AHEAD)])
    siblings: list[bytes] = []
    prefix, depth, block = "", 0, blocks.get("")
    while block is not None:
        depth, count, digit = _descend(block, key, depth, siblings)
        prefix = f"{prefix}{digit:x}"
        if count <= BUCKET:
            return siblings, depth, nodes.buckets([prefix])[prefix] if count else []
        block = blocks.get(prefix) or nodes.blocks([prefix])[prefix]
    return siblings, depth, []


def pack_leaves(leaves: Sequence[Leaf]) -> bytes:
    """A bucket's bytes: key and leaf hash of each."""
    return b"".join(key + leaf for key, leaf in leaves)


def unpack_leaves(data: bytes) -> list[Leaf]:
    return [
        (data[i : i + HASH_BYTES], data[i + HASH_BYTES : i + 2 * HASH_BYTES])
        for i in range(0, len(data), 2 * HASH_BYTES)
    ]


class _Update:
    """One batch of changed leaves, carried up to the root."""

    def __init__(self, nodes: Nodes) -> None:
        self._nodes = nodes
        self._blocks: dict[str, Block] = {}
        self._buckets: dict[str, Sequence[Leaf]] = {}
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
        self._nodes.write(self._blocks, self._buckets, self._outgrown)
        return self._blocks[""].place()

    def _change_level(self, changed: Mapping[str, Sequence[Leaf]]) -> dict[str, Sequence[Leaf]]:
        """Changes the blocks of one level; what is to be changed in blocks of the next one, by prefix."""
        known = self._nodes.blocks(list(changed))
        below: dict[str, Sequence[Leaf]] = {}
        small: dict[str, Sequence[Leaf]] = {}
        for prefix, leaves in changed.items():
            block = self._blocks[prefix] = known.get(prefix) or Block()
            for digit, part in _by_digit(leaves, len(prefix)):
                (below if block[digit][1] > BUCKET else small)[f"{prefix}{digit:x}"] = part
        held = self._nodes.buckets(list(small))
        for prefix, part in small.items():
            leaves = sorted({**dict(held.get(prefix, ())), **dict(part)}.items())
            self._blocks[prefix[:-1]][int(prefix[-1], 16)] = self._build(prefix, leaves)
            if len(leaves) > BUCKET and prefix in held:
                self._outgrown.append(prefix)
        return below

    def _build(self, prefix: str, leaves: Sequence[Leaf]) -> Place:
        """The subtree of all the leaves below a prefix: a bucket, or a block where they are too many."""
        if len(leaves) <= BUCKET:
            self._buckets[prefix] = leaves
            return subtree_root(leaves, _DIGIT_BITS * len(prefix)), len(leaves)
        block = self._blocks[prefix] = Block()
        for digit, part in _by_digit(leaves, len(prefix)):
            block[digit] = self._build(f"{prefix}{digit:x}", part)
        return block.place()


def _join(left: Place, right: Place) -> Place:
    """The subtree above two: empty over nothing, a lone leaf unchanged, else a node."""
    leaves = left[1] + right[1]
    if leaves == 0:
        return NOTHING
    if leaves == 1:
        return left if left[1] else right
    return sha256(b"\x03" + left[0] + right[0]).digest(), leaves  # map_node, without a call


def _place(data: bytes, digit: int) -> Place:
    at = digit * _CHILD
    return data[at : at + HASH_BYTES], int.from_bytes(data[at + HASH_BYTES : at + _CHILD], "big")


def _descend(block: Block, key: bytes, depth: int, siblings: list[bytes]) -> tuple[int, int, int]:
    """Goes down a block while there is more than one leaf: how deep, over how many leaves, in which child."""
    levels = block.levels()
    [(_, count)], at = levels[-1], 0
    first, width = 0, _FANOUT
    for level in reversed(levels[:-1]):
        if count <= 1:
            break
        at = 2 * at + bit(key, depth)
        siblings.append(level[at ^ 1][0])
        count = level[at][1]
        depth += 1
        width = _FANOUT // len(level)
        first = at * width
    digits = range(first, first + width)
    return depth, count, next((d for d in digits if block[d][1]), first)


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
