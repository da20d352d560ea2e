"""Many clients at once who send a letter a second, or too much: the endpoints stay up, and small."""

from __future__ import annotations

import resource
import socket
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import psutil
import pytest

from registry.witness import service
from registry.witness.submission import MAX_BYTES
from tests.api.test_serving import serving
from tests.api.world import World
from tests.registry.audit.test_trust import program, world
from tests.registry.log.rig import LOG
from tests.registry.witness.rig import ask

__all__ = ["world"]
pytestmark = [pytest.mark.soak, pytest.mark.timeout(900)]
MANY = 1_500
MOST_GROWTH = 200 << 20  # bytes


@pytest.fixture(autouse=True)
def _many_files() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < 2 * MANY:
        pytest.skip(f"this process may open {hard} files only")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, 2 * MANY), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def hold(port: int, first: bytes, stack: ExitStack) -> list[socket.socket]:
    """Connections that have begun a request and do not go on with it."""
    held = []
    for _ in range(MANY):
        connection = stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=10))
        connection.setblocking(False)
        with suppress(OSError):
            connection.send(first)
        held.append(connection)
    return held


def dripped(held: list[socket.socket], seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for connection in held:
            with suppress(OSError):
                connection.send(b"x")
        time.sleep(1.0)


def grown(process: psutil.Process, before: int) -> int:
    growth = int(process.memory_info().rss) - before
    assert growth < MOST_GROWTH, f"{growth:,} bytes more"
    return growth


def test_a_witness_outlives_those_who_never_finish(tmp_path: Path) -> None:
    service.make_home(tmp_path / "w", "w.example/witness")
    (tmp_path / "logs.txt").write_text(f"log {LOG.verifier_key.format()}\nquorum none\n")
    arguments = ("--home", tmp_path / "w", "--policy", tmp_path / "logs.txt", "--listen", "127.0.0.1:0")
    with program("witness", "serve", *arguments) as url, ExitStack() as stack:
        [process] = [p for p in psutil.Process().children() if "witness" in p.cmdline()]
        before, port = int(process.memory_info().rss), int(url.rpartition(":")[2])
        body = b"POST /add-checkpoint HTTP/1.1\r\nHost: w\r\nContent-Length: %d\r\n\r\n" % MAX_BYTES
        dripped(hold(port, body + b"x" * (MAX_BYTES // 2), stack), 12)
        assert ask(url, "GET", "/vkey")[0] == 200
        print(f"\na witness under {MANY} slow submissions has grown by {grown(process, before):,} bytes")


def test_the_counter_outlives_those_who_never_finish(world: World) -> None:
    with serving(world, 1) as (process, port), ExitStack() as stack:
        before = int(process.memory_info().rss)
        hold(port, b"GET /log/checkpoint HTTP/1.1\r\nHost: x\r\nX: ", stack)
        dripped([], 35)  # half a minute is given to each
        address = f"http://127.0.0.1:{port}"
        status, _, note = ask(address, "GET", "/log/checkpoint")
        assert (status, note.split(b"\n")[0]) == (200, world.house.origin.encode())
        print(f"\nthe counter under {MANY} slow requests has grown by {grown(process, before):,} bytes")
