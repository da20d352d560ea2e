"""kill -9 of ``landlog work`` at any moment: nothing acknowledged is lost, and no size is ever shown with two trees."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from hashlib import sha256
from pathlib import Path

import pytest

from api import clock, desk, founding
from registry.log.checkpoint import parse_checkpoint
from registry.log.cosignature import CosignatureSigner
from registry.log.ed25519 import SeedKey
from registry.log.note import NoteVerifier, parse_note
from registry.witness.store import WitnessStore
from registry.witness.witness import Witness, watched
from tests.e2e.house import ORIGIN, Registry, share_sale
from tests.e2e.test_village import khatas
from tests.registry.witness.rig import served

KILLS = 8
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


@contextmanager
def two_witnesses(registry: Registry, place: Path) -> Iterator[list[Witness]]:
    """From now on the registry publishes only what both of them have cosigned."""
    settings = registry.house.settings
    log = founding.log_signer(settings, ORIGIN).verifier_key
    witnesses, lines = [], [f"log {log.format()}"]
    with ExitStack() as stack:
        for n in range(2):
            signer = CosignatureSigner(f"w{n}.example/witness", SeedKey(bytes([40 + n]) * 32))
            store = stack.enter_context(closing(WitnessStore(place / f"w{n}" / "witness.sqlite3")))
            logs = watched([NoteVerifier(log)])
            witnesses.append(Witness(signer=signer, logs=logs, store=store, now=clock.now))
            url = stack.enter_context(served(witnesses[-1]))
            lines.append(f"witness w{n} {signer.verifier_key.format()} {url}")
        settings.policy.write_text("\n".join([*lines, "group both all w0 w1", "quorum both", ""]))
        for name in ("quorum", "sequencer"):
            registry.house.__dict__.pop(name, None)
        yield witnesses


SHOWN = "select size from records.position where name = 'records'"


def until_shown(registry: Registry, worker: subprocess.Popen[bytes]) -> None:
    """Waits until everything accepted is in the log, cosigned, and in the record as read."""
    waiting = "select (select count(*) from log.queue) + (select size from log.published)"
    taken = "select max(idx) + 1 from log.entries"  # a kill after the commit leaves entries that nobody is shown yet
    deadline = time.monotonic() + 60
    while registry.one("select count(*) from log.queue") or registry.one(SHOWN) != registry.one(taken):
        assert time.monotonic() < deadline, registry.one(waiting)
        assert worker.poll() is None, worker.communicate()
        time.sleep(0.05)


def until_at_work(worker: subprocess.Popen[bytes]) -> None:
    assert worker.stderr is not None
    assert b"At work for" in worker.stderr.readline()


def killed(registry: Registry, kills: int) -> int:
    """``landlog work`` dies ``kills`` times while orders come in; none is lost, and nothing needs repair.

    Returns the number of different trees that the world was shown meanwhile.
    """
    chance = random.Random(7)
    watcher = Watcher(registry.house.settings.log)
    watcher.start()
    accepted: list[str] = []
    left = kills
    while left > 0:
        joint = [k for k in khatas(registry) if len(k["holders"]) >= 2]
        for khata in joint[:left]:
            order = registry.sign("sale", share_sale(khata, buyer=f"Sita {left}"))
            worker = start_work(registry)
            time.sleep(
                chance.uniform(0.0, 1.2)
            )  # often before it has begun, sometimes in the midst of a batch
            accepted.append(desk.hand_in(registry.house, order).event_id)
            time.sleep(chance.uniform(0.0, 0.15))
            worker.send_signal(signal.SIGKILL)
            worker.communicate()
            left -= 1
        worker = start_work(registry)
        until_shown(registry, worker)
        worker.terminate()
        _, said = worker.communicate(timeout=20)
        assert worker.returncode == 0, said.decode()
    watcher.stop()

    assert len(accepted) == kills
    for event_id in accepted:
        assert registry.house.index_of(event_id) is not None
        assert registry.one("select count(*) from records.event where event_id = %s", event_id) == 1
    assert all(len(roots) == 1 for roots in watcher.roots.values())
    assert watcher.sizes == sorted(watcher.sizes)
    registry.house.runner.rebuild()
    assert registry.one(SHOWN) == registry.size()
    return len(watcher.sizes)


def test_work_that_is_killed_again_and_again_loses_nothing(registry: Registry, tmp_path: Path) -> None:
    with two_witnesses(registry, tmp_path) as witnesses:
        killed(registry, KILLS)
        for witness in witnesses:
            assert witness.store.conflicts() == []
            note = witness.latest(sha256(ORIGIN.encode()).hexdigest())
            assert note is not None
            assert parse_checkpoint(parse_note(note).text).size == registry.size()


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
