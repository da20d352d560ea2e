"""The log as files: what the world reads, written so that no reader ever sees half of anything.

Every file is written in a place apart, made durable and then renamed.  Tiles and bundles come first, the
checkpoint that covers them last.  A full tile is written once and for ever.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from domain.errors import RegistryError
from registry.log.tiles import ENTRIES, HEIGHT, WIDTH, Tile, encode_bundle, grown_tiles, levels

TileSource = Callable[[int, int], bytes]
"""``(level, number)`` to the tile's bytes, at least as wide as it is to be written."""
EntrySource = Callable[[int, int], Sequence[bytes]]
"""``(start, end)`` to the entries from start to before end."""

_CHECKPOINT = "checkpoint"
_LOCK = ".lock"
_UNFINISHED = ".unfinished"


class NotWritten(RegistryError):
    """A disk is full, or does not work: nothing is half shown, and the next run goes on where this one stopped."""

    code = "not-written"


class Publisher:
    """The directory of one log.

    Whatever cannot be written or read raises ``NotWritten``; readers go on seeing what they saw.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Holds the directory against every other process of this machine, until the block ends."""
        unfinished = self._directory / _UNFINISHED
        with self._in_words():
            unfinished.mkdir(parents=True, exist_ok=True)
            lock = open(self._directory / _LOCK, "wb")  # noqa: SIM115 - closed below, in either case
        with lock:
            with self._in_words():
                fcntl.flock(lock, fcntl.LOCK_EX)
                for left in unfinished.iterdir():  # of a process that was killed
                    left.unlink()
            yield

    def checkpoint(self) -> bytes | None:
        """The note that readers see now; None before the first."""
        with self._in_words(), suppress(FileNotFoundError):
            return (self._directory / _CHECKPOINT).read_bytes()
        return None

    def write_tiles(self, old_size: int, size: int, *, tile: TileSource, entries: EntrySource) -> None:
        """Writes every tile and bundle that a log of ``size`` entries has and one of ``old_size`` had not."""
        places: set[Path] = set()
        for level in levels(size):
            for grown in grown_tiles(old_size, size, level=level):
                data = tile(level, grown.number)[: 32 * grown.width]
                places.add(self._write(grown.path, data))
        for grown in grown_tiles(old_size, size, level=ENTRIES):
            start = grown.number * WIDTH
            places.add(self._write(grown.path, encode_bundle(entries(start, start + grown.width))))
        with self._in_words():
            for place in places:
                _make_durable(place)

    def replace_checkpoint(self, note: bytes) -> None:
        """Shows readers a new checkpoint, all of whose tiles are there already."""
        place = self._write(_CHECKPOINT, note)
        with self._in_words():
            _make_durable(place)

    def prune(self, old_size: int, size: int) -> None:
        """Removes partial tiles that have been full since before the last full one.

        The spec allows to remove them at once; the newest are left for readers who hold a checkpoint that is a
        moment old.
        """
        for level in (ENTRIES, *levels(size)):
            shift = HEIGHT * max(level, 0)
            for number in range(max((old_size >> shift) // WIDTH - 1, 0), (size >> shift) // WIDTH - 1):
                partial = self._directory / Tile(level, number, 1).path
                shutil.rmtree(partial.parent, ignore_errors=True)

    def _write(self, name: str, data: bytes) -> Path:
        """Writes a file whole; its directory, which has yet to be made durable."""
        place = self._directory / name
        with self._in_words():
            place.parent.mkdir(parents=True, exist_ok=True)
            handle, temporary = tempfile.mkstemp(dir=self._directory / _UNFINISHED)
            try:
                with os.fdopen(handle, "wb") as file:
                    file.write(data)
                    file.flush()
                    os.fchmod(file.fileno(), 0o644)  # what is here is public, and a web server may serve it
                    os.fsync(file.fileno())
                os.replace(temporary, place)
            except OSError:
                with suppress(OSError):
                    os.unlink(temporary)  # a full disk is not to be filled with halves
                raise
        return place.parent

    @contextmanager
    def _in_words(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise NotWritten(
                f"the log's files in {self._directory} cannot be written: {error.strerror or error}",
                remedy="Free some room, or mend the disk. Nothing is lost and nothing is half shown: what was "
                "accepted is published as soon as there is room.",
            ) from error


def _make_durable(directory: Path) -> None:
    """Makes renames within a directory survive a loss of power."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
