"""Where a log is read: over HTTP as from a directory, bounded whatever a server sends."""

from __future__ import annotations

import gzip
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from registry.audit.auditor import Auditor
from registry.audit.source import Directory, LogReader, LogUnreadable, Website, log_at
from registry.log.tiles import MalformedTile
from registry.witness.http import Request, Response
from tests.registry.audit.land import Registry, verifiers, village
from tests.registry.witness.rig import listening


@contextmanager
def website(directory: Path, *, zipped: bool = False) -> Iterator[str]:
    def answer(request: Request) -> Response:
        path = directory / request.path.removeprefix("/log/")
        if not path.is_file():
            return Response(status=404)
        data = path.read_bytes()
        if zipped:
            return Response(status=200, body=gzip.compress(data), headers=(("Content-Encoding", "gzip"),))
        return Response(status=200, body=data)

    with listening(answer) as url:
        yield f"{url}/log"


@pytest.mark.parametrize("zipped", [False, True], ids=["plain", "gzip"])
def test_a_log_is_audited_over_http(zipped: bool, tmp_path: Path) -> None:
    village().publish(tmp_path / "log")
    with website(tmp_path / "log", zipped=zipped) as url:
        auditor = Auditor(log_at(url), verifiers(), tmp_path / "state")
        assert auditor.follow().size == 10
        auditor.ledger.close()


def test_a_partial_tile_that_is_gone_is_cut_from_the_full_one(tmp_path: Path) -> None:
    registry = grown(300)
    registry.publish(tmp_path, size=200)
    registry.publish(tmp_path)
    for path in sorted((tmp_path / "tile").rglob("*.p/200")):
        path.unlink()
    reader = LogReader(Directory(tmp_path))
    assert list(reader.entries(0, 200, size=200)) == registry.entries[:200]
    assert reader.root(200, within=200) == reader.root(200, within=300)


def test_any_range_is_read_from_the_bundles_that_hold_it(tmp_path: Path) -> None:
    registry = grown(600)
    registry.publish(tmp_path)
    reader = LogReader(Directory(tmp_path))
    for start, end in ((0, 600), (0, 256), (255, 257), (256, 512), (511, 600), (300, 300)):
        assert list(reader.entries(start, end, size=600)) == registry.entries[start:end]
    assert len(reader.leaf_hashes(250, 520, 600)) == 270


ANSWERS: dict[str, tuple[Callable[[Request], Response], str]] = {
    "an error": (lambda _: Response(status=500), "answers 500"),
    "more than any checkpoint has": (lambda _: Response(status=200, body=b"x" * 600_000), "longer than"),
    "gzip that is none": (
        lambda _: Response(status=200, body=b"plain", headers=(("Content-Encoding", "gzip"),)), "not the gzip"),
    "gzip that blows up": (
        lambda _: Response(
            status=200, body=gzip.compress(bytes(50_000_000)), headers=(("Content-Encoding", "gzip"),)), "longer than"),
    "nothing": (lambda _: Response(status=404), "there is no checkpoint"),
}  # fmt: skip


@pytest.mark.parametrize("case", ANSWERS)
def test_a_server_that_misbehaves_is_bounded_and_named(case: str) -> None:
    answer, words = ANSWERS[case]
    with listening(answer) as url, pytest.raises(LogUnreadable, match=words):
        log_at(url).checkpoint()


@pytest.mark.parametrize(
    "head", [b"Content-Length: 500\r\n", b"Connection: close\r\n"], ids=["length", "none"]
)
def test_a_file_that_comes_byte_by_byte_is_not_waited_for(head: bytes) -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    left = threading.Event()

    def drip() -> None:
        connection, _ = listener.accept()
        with connection, suppress(OSError):
            connection.sendall(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n")
            while not left.wait(0.05):
                connection.sendall(b"x")

    server = threading.Thread(target=drip)
    server.start()
    try:
        place = Website(f"http://127.0.0.1:{listener.getsockname()[1]}/log", file_seconds=0.4)
        with pytest.raises(LogUnreadable, match=r"log/checkpoint has not come whole within 0\.4 s"):
            LogReader(place).checkpoint()
    finally:
        left.set()
        server.join(10)
        listener.close()


def test_a_server_that_is_not_there_is_said_to_be_so() -> None:
    with pytest.raises(LogUnreadable, match="cannot be had"):
        LogReader(Website("http://127.0.0.1:9/log", seconds=1)).checkpoint()


def test_a_bundle_with_too_few_entries_is_malformed(tmp_path: Path) -> None:
    registry = village()
    registry.publish(tmp_path)
    bundle = tmp_path / "tile" / "entries" / "000.p" / "10"
    for data in (b"", bundle.read_bytes()[:-1], b"\x00\x01x"):
        bundle.write_bytes(data)
        with pytest.raises(MalformedTile):
            list(LogReader(Directory(tmp_path)).entries(0, 10, size=10))


def grown(size: int) -> Registry:
    registry = village()
    while len(registry.entries) < size:
        registry.add(b"entry %d" % len(registry.entries))
    return registry
