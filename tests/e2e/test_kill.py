"""kill -9 of ``landlog work`` at any moment: nothing acknowledged is lost, and no size is ever shown with two trees."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from api import desk
from registry.log.checkpoint import parse_checkpoint
from registry.log.note import parse_note
from tests.e2e.house import Registry, share_sale
from tests.e2e.test_village import khatas

KILLS = 10
PROGRAM = [sys.executable, "-c", "from api.cli import main; main()", "work"]


def start_work(registry: Registry) -> subprocess.Popen[bytes]:
    settings = registry.house.settings
    environment = {
        **os.environ,
        "LANDLOG_HOME": str(settings.home),
        "LANDLOG_DATABASE_URL": settings.database_url,
    }
    root = Path(__file__).resolve().parents[2]
    return subprocess.Popen(
        PROGRAM, env=environment, cwd=root, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )


class Watcher(threading.Thread):
    """Reads the published checkpoint again and again, as auditors do; ``roots`` holds every tree seen, by size."""

    def __init__(self, directory: Path) -> None:
        super().__init__(daemon=True)
        self.roots: dict[int, set[bytes]] = {}
        self.sizes: list[int] = []
        self._path = directory / "checkpoint"
        self._done = threading.Event()

    def run(self) -> None:
        while not self._done.wait(0.002):
            checkpoint = parse_checkpoint(parse_note(self._path.read_bytes()).text)
            self.roots.setdefault(checkpoint.size, set()).add(checkpoint.root)
            if not self.sizes or self.sizes[-1] != checkpoint.size:
                self.sizes.append(checkpoint.size)

    def stop(self) -> None:
        self._done.set()
        self.join()


def test_work_that_is_killed_again_and_again_loses_nothing(registry: Registry) -> None:
    random.seed(7)
    joint = [k for k in khatas(registry) if len(k["holders"]) >= 2]
    orders = [registry.sign("sale", share_sale(k, buyer="Sita")) for k in joint][: KILLS + 3]
    watcher = Watcher(registry.house.settings.log)
    watcher.start()
    accepted = []
    for order in orders:
        worker = start_work(registry)
        time.sleep(random.uniform(0.0, 1.2))  # often before it has begun, sometimes in the midst of a batch
        accepted.append(desk.hand_in(registry.house, order).event_id)
        time.sleep(random.uniform(0.0, 0.15))
        worker.send_signal(signal.SIGKILL)
        worker.communicate()
    worker = start_work(registry)
    deadline = time.monotonic() + 30
    waiting = "select (select count(*) from log.queue) + (select size from log.published)"
    shown = "select size from records.position where name = 'records'"
    taken = "select max(idx) + 1 from log.entries"  # a kill after the commit leaves entries that nobody is shown yet
    while registry.one("select count(*) from log.queue") or registry.one(shown) != registry.one(taken):
        assert time.monotonic() < deadline, registry.one(waiting)
        time.sleep(0.05)
    worker.terminate()
    _, said = worker.communicate(timeout=20)
    watcher.stop()

    assert worker.returncode == 0, said.decode()
    for event_id in accepted:
        assert registry.house.index_of(event_id) is not None
        assert registry.one("select count(*) from records.event where event_id = %s", event_id) == 1
    assert all(len(roots) == 1 for roots in watcher.roots.values())
    assert watcher.sizes == sorted(watcher.sizes)
    registry.house.runner.rebuild()
    assert registry.one(shown) == registry.size()


def test_a_second_worker_is_told_that_there_is_one(registry: Registry) -> None:
    from api.working import AlreadyAtWork, alone

    with alone(registry.house.datastore):
        second = start_work(registry)
        _, said = second.communicate(timeout=60)
        assert second.returncode == 1
        assert "another `landlog work` is at work" in said.decode()
        with pytest.raises(AlreadyAtWork), alone(registry.house.datastore):
            pass
    with alone(registry.house.datastore):
        pass
