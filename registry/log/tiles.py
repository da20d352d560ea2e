"""Tiles and entry bundles (C2SP tlog-tiles): what the log is, as static files.

A tile of level L holds up to 256 hashes, each the root of a full tile of the level below; level 0 holds leaf
hashes.  A bundle holds the 256 entries under one tile of level 0.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, MutableMapping, Sequence
from dataclasses import dataclass

from domain.errors import VerificationError
from registry.log.hashing import HASH_BYTES, node_hash
from registry.log.tree import CompactRange, Subtree

WIDTH = 256
HEIGHT = 8
MAX_LEVEL = 63
MAX_ENTRY_BYTES = 65_535  # the length stands in two bytes
ENTRIES = -1  # the "level" of entry bundles

_PATH = re.compile(
    r"tile/(entries|0|[1-9][0-9]?)/((?:x[0-9]{3}/){0,6}[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?", re.ASCII
)


class MalformedTilePath(VerificationError):
    """The path names no tile: it is not the one spelling of a level, a number and a width."""

    code = "malformed-tile-path"


class MalformedTile(VerificationError):
    """The tile's or bundle's bytes are not the hashes or entries that its name promises."""

    code = "malformed-tile"


class EntryTooLarge(VerificationError):
    """An entry is longer than the 65,535 bytes that a bundle can hold."""

    code = "entry-too-large"


@dataclass(frozen=True)
class Tile:
    """The coordinates of a tile (``level`` 0 to 63) or bundle (``level`` is ``ENTRIES``)."""

    level: int
    number: int
    width: int = WIDTH

    @property
    def path(self) -> str:
        """
        >>> Tile(ENTRIES, 1234067).path, Tile(1, 1, 17).path
        ('tile/entries/x001/x234/067', 'tile/1/001.p/17')
        """
        level = "entries" if self.level == ENTRIES else str(self.level)
        digits = str(self.number)
        digits = digits.zfill(-(-len(digits) // 3) * 3)
        groups = [digits[i : i + 3] for i in range(0, len(digits), 3)]
        number = "/".join([*(f"x{group}" for group in groups[:-1]), groups[-1]])
        return f"tile/{level}/{number}" + (f".p/{self.width}" if self.width < WIDTH else "")

    @property
    def full(self) -> Tile:
        """The full tile that this one grows into."""
        return Tile(self.level, self.number)

    @classmethod
    def parse(cls, path: str) -> Tile:
        """The tile that ``path`` names, if that is how ``Tile.path`` would name it.

        >>> Tile.parse("tile/0/273.p/112")
        Tile(level=0, number=273, width=112)
        """
        match = _PATH.fullmatch(path)
        if match:
            level = ENTRIES if match[1] == "entries" else int(match[1])
            tile = cls(level, int(match[2].replace("x", "").replace("/", "")), int(match[3] or WIDTH))
            if level <= MAX_LEVEL and tile.path == path:
                return tile
        raise MalformedTilePath(
            f"{path[:80]!r} names no tile",
            remedy="A tile reads tile/<level>/<number>[.p/<width>], as in tile/0/x001/234.p/17.",
        )


def partial_width(level: int, size: int) -> int:
    """Hashes in the partial tile of a level at a tree size; 0 means that there is none.

    >>> [partial_width(level, 70_000) for level in range(3)]
    [112, 17, 1]
    """
    return (size >> HEIGHT * max(level, 0)) % WIDTH


def grown_tiles(old_size: int, new_size: int, *, level: int) -> Iterator[Tile]:
    """The tiles of one level that are new, or wider, at ``new_size`` than at ``old_size``.

    >>> [t.path for t in grown_tiles(255, 513, level=0)]
    ['tile/0/000', 'tile/0/001', 'tile/0/002.p/1']
    """
    shift = HEIGHT * max(level, 0)
    old, new = old_size >> shift, new_size >> shift
    if old == new:
        return
    for number in range(old // WIDTH, -(-new // WIDTH)):
        yield Tile(level, number, min(WIDTH, new - number * WIDTH))


def levels(size: int) -> range:
    """The levels that have hashes at a tree size.

    >>> list(levels(256))
    [0, 1]
    """
    return range(-(-size.bit_length() // HEIGHT) if size else 0)


def tile_root(hashes: Sequence[bytes]) -> bytes:
    """MTH of a tile's hashes, as of 2^k leaves."""
    range_ = CompactRange()
    for value in hashes:
        range_.append(value)
    return range_.root()


class TileTree:
    """The hashes of one tile, and the nodes above them within it, each computed once."""

    __slots__ = ("_levels",)

    def __init__(self, hashes: Sequence[bytes]) -> None:
        self._levels: list[Sequence[bytes]] = [hashes]

    def node(self, height: int, index: int) -> bytes | None:
        """MTH of the 2^height hashes from ``index`` * 2^height on; None where the tile does not hold all of them."""
        while len(self._levels) <= height:
            below = self._levels[-1]
            self._levels.append([node_hash(below[i], below[i + 1]) for i in range(0, len(below) - 1, 2)])
        level = self._levels[height]
        return level[index] if index < len(level) else None


def subtrees_of(
    tile_hashes: Callable[[int, int], bytes], kept: MutableMapping[tuple[int, int], TileTree] | None = None
) -> Subtree:
    """A supplier of subtrees for proofs, over ``tile_hashes(level, number)``: a tile's bytes, as wide as known.

    Each tile is asked for once, or found in ``kept``, which the caller may carry from one supplier to the next.
    """
    trees: MutableMapping[tuple[int, int], TileTree] = {} if kept is None else kept

    def subtree(level: int, index: int) -> bytes:
        tile_level, height = divmod(level, HEIGHT)
        number, offset = divmod(index << height, WIDTH)
        tree = trees.get((tile_level, number))
        if tree is None:
            tree = trees[tile_level, number] = TileTree(split_hashes(tile_hashes(tile_level, number)))
        node = tree.node(height, offset >> height)
        if node is None:
            raise MalformedTile(f"{Tile(tile_level, number).path} holds fewer hashes than the tree needs")
        return node

    return subtree


def split_hashes(data: bytes, width: int | None = None) -> list[bytes]:
    """A tile's bytes as hashes; ``width`` is the number that there must be."""
    if len(data) % HASH_BYTES or (width is not None and len(data) != width * HASH_BYTES):
        raise MalformedTile(f"a tile of {width or 'some'} hashes cannot have {len(data)} bytes")
    return [data[i : i + HASH_BYTES] for i in range(0, len(data), HASH_BYTES)]


def encode_bundle(entries: Sequence[bytes]) -> bytes:
    """
    >>> encode_bundle([b"ab", b""])
    b'\\x00\\x02ab\\x00\\x00'
    """
    parts = []
    for entry in entries:
        if len(entry) > MAX_ENTRY_BYTES:
            raise EntryTooLarge(f"an entry of {len(entry)} bytes exceeds {MAX_ENTRY_BYTES}")
        parts += [len(entry).to_bytes(2, "big"), entry]
    return b"".join(parts)


def decode_bundle(data: bytes, width: int) -> list[bytes]:
    """The ``width`` entries of a bundle."""
    entries, at = [], 0
    while at < len(data):
        start = at + 2
        at = start + int.from_bytes(data[at:start], "big")
        if at > len(data) or start > len(data):
            raise MalformedTile("the bundle ends within an entry")
        entries.append(data[start:at])
    if len(entries) != width:
        raise MalformedTile(f"the bundle holds {len(entries)} entries where {width} are promised")
    return entries
