"""Proofs from the published files alone: no database, so they are made as fast as a tile can be looked at.

What is published never changes, so full tiles are kept from one proof to the next; a partial tile is read again when
the checkpoint has moved on.  Whoever mirrors a log can prove with this what it holds.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from threading import Lock

from registry.log.checkpoint import parse_checkpoint
from registry.log.note import parse_note
from registry.log.tiles import HEIGHT, WIDTH, MalformedTile, Tile, TileTree, partial_width, subtrees_of
from registry.log.tlog_proof import NoSuchEntry, NothingPublished, TlogProof
from registry.log.tree import Subtree, TreeShrank, prove_consistency, prove_inclusion

MOST_TILES = 1024
"""Full tiles kept in memory, some 45 kB each with the nodes above their hashes."""


class FileProver:
    """Proofs about the checkpoint that a directory shows; several threads may share it."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._seen: tuple[int, int] = (0, 0)
        self._note = ""
        self._size = 0
        self._trees: dict[tuple[int, int], TileTree] = {}
        self._alone = Lock()

    def inclusion(self, index: int) -> TlogProof:
        """That the entry at ``index`` is in the published log.

        Raises:
            NothingPublished, NoSuchEntry: as their names say.
        """
        with self._alone:
            return self._inclusion(index, self._subtree())

    def path(self, index: int, *, size: int) -> tuple[bytes, list[bytes]]:
        """The leaf hash of an entry, and its path in the first ``size`` entries, though more may be shown by now.

        Raises:
            NothingPublished, NoSuchEntry: as their names say.
        """
        with self._alone:
            subtree = self._subtree()
            if not 0 <= index < size <= self._size:
                raise NoSuchEntry(f"the published log has {self._size} entries: it shows no tree of {size}")
            return subtree(0, index), prove_inclusion(index=index, size=size, subtree=subtree)

    def inclusions(self, indices: Iterable[int]) -> list[TlogProof]:
        """As ``inclusion``, for many entries of one checkpoint."""
        with self._alone:
            subtree = self._subtree()
            return [self._inclusion(index, subtree) for index in indices]

    def consistency(self, old_size: int) -> list[bytes]:
        """That the first ``old_size`` entries (not 0) are a prefix of the published log.

        Raises:
            TreeShrank: when the published log is shorter.
        """
        with self._alone:
            subtree = self._subtree()
            if not 0 < old_size <= self._size:
                raise TreeShrank(
                    f"the published log has {self._size} entries: none of its proofs starts at {old_size}"
                )
            return prove_consistency(old_size=old_size, new_size=self._size, subtree=subtree)

    def forget(self) -> None:
        """Read every tile anew: one that was kept does not lead to a signed root."""
        with self._alone:
            self._trees = {}

    def _inclusion(self, index: int, subtree: Subtree) -> TlogProof:
        if not 0 <= index < self._size:
            raise NoSuchEntry(f"the published log has {self._size} entries: there is none at index {index}")
        path = prove_inclusion(index=index, size=self._size, subtree=subtree)
        return TlogProof(index=index, path=tuple(path), checkpoint=self._note)

    def _subtree(self) -> Subtree:
        """The subtrees of the checkpoint that is shown now."""
        path = self._directory / "checkpoint"
        try:
            state = path.stat()
            if self._seen != (state.st_ino, state.st_mtime_ns):
                shown = path.read_bytes()
                old_size, self._size = self._size, parse_checkpoint(parse_note(shown).text).size
                self._note = shown.decode()
                self._seen = state.st_ino, state.st_mtime_ns
                self._trees = {key: t for key, t in self._trees.items() if _is_full(*key, old_size)}
        except FileNotFoundError:
            raise NothingPublished(
                "no checkpoint is published there", remedy="Start the sequencer: landlog work."
            ) from None
        return subtrees_of(self._read, self._trees)

    def _read(self, level: int, number: int) -> bytes:
        if len(self._trees) >= MOST_TILES:
            self._trees.clear()
        last = number == (self._size >> HEIGHT * level) // WIDTH
        width = partial_width(level, self._size) if last else WIDTH
        for tile in (Tile(level, number, width), Tile(level, number)):
            try:
                data = (self._directory / tile.path).read_bytes()
            except FileNotFoundError:
                continue  # a partial tile may be gone since the full one is there
            return data[: 32 * width]
        raise MalformedTile(f"{Tile(level, number, width).path} is missing from the published log")


def _is_full(level: int, number: int, size: int) -> bool:
    """Whether a log of that size has the whole tile: it never changes again."""
    return (number + 1) * WIDTH <= size >> HEIGHT * level
