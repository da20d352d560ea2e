"""The server in processes of its own, as ``landlog serve`` starts it."""

from __future__ import annotations

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psutil

from tests.api.world import World, parcel
from tests.conftest import ROOT

PROGRAM = """
import sys
from api.serving import serve
from api.settings import Settings
from api.wiring import opened

with opened(Settings.of()) as house:
    serve(house, port=int(sys.argv[1]), workers=int(sys.argv[2]))
"""


@contextmanager
def serving(world: World, workers: int) -> Iterator[tuple[psutil.Process, int]]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    settings = world.house.settings
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(port), str(workers)],
        cwd=ROOT,
        env=os.environ
        | {
            "LANDLOG_HOME": str(settings.home),
            "LANDLOG_DATABASE_URL": world.house.url,
            "LANDLOG_READER_URL": world.house.reader_url,
        },
    )
    try:
        until(lambda: asked(port) == 200)
        yield psutil.Process(process.pid), port
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(20)


def asked(port: int) -> int:
    """The status of a record; 0 where nobody answers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", f"/v1/parcels/{parcel(1)}")
        return connection.getresponse().status
    except OSError:
        return 0
    finally:
        connection.close()


def until(holds: Callable[[], bool]) -> None:
    for _ in range(300):
        if holds():
            return
        time.sleep(0.1)
    raise TimeoutError("it did not come to hold within half a minute")


def test_the_counter_opens_answers_and_closes(village: World) -> None:
    with serving(village, 1) as (process, port):
        assert asked(port) == 200
    assert not process.is_running()
    assert asked(port) == 0


def test_a_worker_that_is_killed_is_replaced_and_nobody_notices_for_long(village: World) -> None:
    with serving(village, 2) as (process, port):
        workers = [p for p in process.children() if "spawn_main" in " ".join(p.cmdline())]
        assert len(workers) == 2
        workers[0].kill()
        until(
            lambda: sum("spawn_main" in " ".join(p.cmdline()) for p in process.children() if _lives(p)) == 2
        )
        until(lambda: asked(port) == 200)
        assert {asked(port) for _ in range(10)} == {200}


def _lives(process: psutil.Process) -> bool:
    return process.status() != psutil.STATUS_ZOMBIE
