"""Where a log is read: the files of C2SP tlog-tiles, in a directory or over HTTP.

Nothing that is read here is believed; it is bounded, so that no server can fill the auditor's memory.
"""

from __future__ import annotations

import http.client
import socket
import threading
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import ClassVar, Protocol
from urllib.parse import urlsplit

from domain.errors import BadInput, RegistryError
from registry.log.note import MAX_NOTE_BYTES
from registry.log.tiles import (
    ENTRIES,
    HEIGHT,
    MAX_ENTRY_BYTES,
    WIDTH,
    Tile,
    decode_bundle,
    partial_width,
    split_hashes,
    subtrees_of,
)
from registry.log.tree import Subtree, range_root

MAX_BUNDLE_BYTES = WIDTH * (MAX_ENTRY_BYTES + 2)
SECONDS = 30.0
"""How long any part of an answer is waited for."""
FILE_SECONDS = 300.0
"""How long a whole file may take: the largest bundle comes at 55 kB a second."""


class LogUnreadable(RegistryError):
    """A file of the log cannot be had: nothing is said about the log."""

    code: ClassVar[str] = "log-unreadable"


class Place(Protocol):
    """Where the files are."""

    def read(self, path: str, *, limit: int) -> bytes | None:
        """A file of at most ``limit`` bytes; None where there is none.

        Raises:
            LogUnreadable: when it cannot be had, or is longer.
        """


class Directory:
    """The files as the sequencer writes them, or a copy."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def read(self, path: str, *, limit: int) -> bytes | None:
        try:
            with open(self._root / path, "rb") as file:
                data = file.read(limit + 1)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise LogUnreadable(f"{self._root / path} cannot be read: {error.strerror}") from error
        return _bounded(data, path, limit)


class Website:
    """The files over HTTP, one connection for all."""

    def __init__(self, url: str, *, seconds: float = SECONDS, file_seconds: float = FILE_SECONDS) -> None:
        self._url = urlsplit(url)
        self._seconds, self._file_seconds = seconds, file_seconds
        self._connection: http.client.HTTPConnection | None = None

    def read(self, path: str, *, limit: int) -> bytes | None:
        for again in (True, False):
            try:
                return self._get(path, limit)
            except (OSError, http.client.HTTPException) as error:
                self._drop()
                if not again:  # a connection that was kept may have been closed meanwhile; a fresh one tells
                    raise LogUnreadable(
                        f"{self._url.geturl()}/{path} cannot be had: {error or type(error).__name__}",
                        remedy="Try again later; the auditor goes on where it stopped.",
                    ) from error
        return None

    def _get(self, path: str, limit: int) -> bytes | None:
        if self._connection is None:
            kind = http.client.HTTPSConnection if self._url.scheme == "https" else http.client.HTTPConnection
            self._connection = kind(str(self._url.hostname), self._url.port, timeout=self._seconds)
        if self._connection.sock is None:
            self._connection.connect()
        target = f"{self._url.path.rstrip('/')}/{path}"
        with self._within_time(self._connection.sock, path):
            self._connection.request("GET", target, headers={"Accept-Encoding": "gzip"})
            response = self._connection.getresponse()
            data = response.read(limit + 1)
            rest = response.read(1)
        if rest:
            self._drop()  # the rest of it is not wanted
        if response.status == 404:
            return None
        if response.status != 200:
            raise LogUnreadable(f"{self._url.geturl()}/{path} answers {response.status}")
        if response.headers.get("Content-Encoding", "").lower() == "gzip":
            data = _inflate(data, path, limit)
        return _bounded(data, path, limit)

    @contextmanager
    def _within_time(self, sock: socket.socket, path: str) -> Iterator[None]:
        """Ends what a server sends a byte at a time."""
        late = threading.Event()

        def cut() -> None:
            late.set()
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)

        guard = threading.Timer(self._file_seconds, cut)
        guard.daemon = True
        guard.start()
        try:
            yield
        finally:
            guard.cancel()
            if late.is_set():  # whatever the cut has looked like to the reader
                self._drop()
                raise LogUnreadable(
                    f"{self._url.geturl()}/{path} has not come whole within {self._file_seconds:g} s"
                )

    def _drop(self) -> None:
        if self._connection:
            self._connection.close()
        self._connection = None


class LogReader:
    """A log's checkpoint, entries and tree, from its files."""

    def __init__(self, place: Place) -> None:
        self._place = place

    def checkpoint(self) -> bytes:
        """The newest checkpoint shown.

        Raises:
            LogUnreadable: when there is none.
        """
        note = self._place.read("checkpoint", limit=MAX_NOTE_BYTES)
        if note is None:
            raise LogUnreadable(
                "there is no checkpoint there, so no log",
                remedy="Name the address under which `checkpoint` and `tile/` lie, such as https://host/log.",
            )
        return note

    def entries(self, start: int, end: int, *, size: int) -> Iterator[bytes]:
        """The entries from ``start`` to before ``end`` of a log of ``size``, a bundle at a time in memory.

        Raises:
            LogUnreadable, MalformedTile: when a bundle is missing, or not one.
        """
        for number in range(start // WIDTH, -(-end // WIDTH)):
            entries = decode_bundle(*self._tile(ENTRIES, number, size, MAX_BUNDLE_BYTES))
            first = number * WIDTH
            yield from entries[max(start - first, 0) : end - first]

    def leaf_hashes(self, start: int, end: int, size: int) -> list[bytes]:
        """The leaf hashes from ``start`` to before ``end``, as the tiles of the lowest level say."""
        found: list[bytes] = []
        for number in range(start // WIDTH, -(-end // WIDTH)):
            data, width = self._tile(0, number, size, WIDTH * 32)
            first = number * WIDTH
            found += split_hashes(data, width)[max(start - first, 0) : max(end - first, 0)]
        return found

    def subtree(self, size: int) -> Subtree:
        """The subtrees of a log of ``size``, as its tiles say; each tile is read once."""
        return subtrees_of(lambda level, number: self._tile(level, number, size, WIDTH * 32)[0])

    def root(self, size: int, *, within: int) -> bytes:
        """The root of the first ``size`` entries, from the tiles of a log of ``within`` entries."""
        return range_root(0, size, self.subtree(within))

    def _tile(self, level: int, number: int, size: int, limit: int) -> tuple[bytes, int]:
        """The bytes of a tile or bundle, and how many hashes or entries they must hold."""
        is_last = number == (size >> HEIGHT * max(level, 0)) // WIDTH
        partial = Tile(level, number, partial_width(level, size)) if is_last else None
        for tile in (partial, Tile(level, number)):  # a partial one may be gone since the full one is there
            if tile and tile.width and (data := self._place.read(tile.path, limit=limit)) is not None:
                return data, tile.width
        raise LogUnreadable(
            f"{(partial or Tile(level, number)).path} is missing from a log of {size} entries"
        )


def log_at(text: str) -> LogReader:
    """The log at an address or in a directory.

    Raises:
        BadInput: when it is neither.
    """
    parts = urlsplit(text)
    if parts.scheme in ("http", "https") and parts.hostname:
        return LogReader(Website(text))
    if "://" not in text and Path(text).is_dir():
        return LogReader(Directory(Path(text)))
    raise BadInput(
        f"{text[:120]!r} is neither the address of a log nor a directory",
        field="--log",
        remedy="Give http:// or https://, host and path (https://land.example.in/log), or a directory with the files.",
    )


def _bounded(data: bytes, path: str, limit: int) -> bytes:
    if len(data) > limit:
        raise LogUnreadable(f"{path} is longer than {limit} bytes, as no such file can be")
    return data


def _inflate(data: bytes, path: str, limit: int) -> bytes:
    inflater = zlib.decompressobj(wbits=31)
    try:
        return inflater.decompress(data, limit + 1)
    except zlib.error as error:
        raise LogUnreadable(f"{path} is not the gzip that it is said to be: {error}") from error
