"""kill -9 of the sequencer between any two steps, witnesses and all: nothing is lost, no size has two trees."""

from __future__ import annotations

import random
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from domain.canon import parse_object
from registry.log.policy import Policy
from tests.registry.log import reader
from tests.registry.log.killing import STEPS, Witnesses, two_witnesses, work
from tests.registry.log.rig import ORIGIN, Rig

KILLS = 6


@pytest.fixture
def witnesses(tmp_path: Path) -> Iterator[Witnesses]:
    with two_witnesses(tmp_path) as found:
        yield found


def orders(found: list[bytes]) -> list[Any]:
    return [parse_object(entry)["order"] for entry in found if entry.startswith(b"{")]


def finished(rig: Rig, witnesses: Witnesses, accepted: int) -> None:
    """The next sequencer finishes what was left, and everything that was ever said holds together."""
    sequencer = rig.sequencer(quorum=witnesses.quorum())
    while sequencer.run_once():
        pass
    found = rig.check()
    assert orders(found) == list(range(accepted)), "each order is in the log once, in its order"
    assert witnesses.sizes() == [len(found)] * 2
    witnesses.check()
    published = (rig.directory / "checkpoint").read_bytes()
    Policy.parse(witnesses.policy).endorse(published, origin=ORIGIN, now=rig.clock)
    claimed = {size: bytes(root) for size, root in rig.sql("select size, root from log.signed_tree")}
    assert {size: {root} for size, root in claimed.items()}.items() >= witnesses.shown.items()


@pytest.mark.parametrize("afterwards", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", list(STEPS))
def test_a_process_killed_at_any_step_leaves_nothing_to_repair(
    rig: Rig, witnesses: Witnesses, step: str, afterwards: bool
) -> None:
    rig.accept("P-0", "P-1")
    rig.sequencer(quorum=witnesses.quorum()).run_once()
    before = reader.checkpoint(rig.directory)
    for n in range(260):
        rig.accept(f"P-{n % 50}")
    worker = work(rig, witnesses, step=step, afterwards=afterwards)
    worker.process.join(60)
    assert worker.process.exitcode == -signal.SIGKILL
    rig.check()  # what readers see is whole
    assert reader.checkpoint(rig.directory) in (before, (ORIGIN, 263, reader.checkpoint(rig.directory)[2]))
    Policy.parse(witnesses.policy).endorse(
        (rig.directory / "checkpoint").read_bytes(), origin=ORIGIN, now=rig.clock
    )
    rig.accept("P-7")
    finished(rig, witnesses, accepted=262)


@pytest.mark.parametrize("step", list(STEPS))
def test_a_connection_that_the_server_ends_at_any_step_costs_one_attempt(
    rig: Rig, witnesses: Witnesses, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when PostgreSQL restarts; the same sequencer goes on with a new connection."""
    owner, name = STEPS[step]
    original = getattr(owner, name)
    ended: list[list[tuple[Any, ...]]] = []

    once = threading.Lock()  # two witnesses are asked at once

    def end_first(*args: Any, **kwargs: Any) -> Any:
        with once:
            if not ended:
                ended.append(rig.sql(END_OTHERS, rig.database.name))
        return original(*args, **kwargs)

    rig.accept("P-0")
    sequencer = rig.sequencer(quorum=witnesses.quorum())
    sequencer.run_once()
    sequencer = rig.sequencer(quorum=witnesses.quorum())  # asks the witnesses anew
    for n in range(20):
        rig.accept(f"P-{n}")
    monkeypatch.setattr(owner, name, end_first)
    with pytest.raises((psycopg2.OperationalError, psycopg2.InterfaceError)):
        sequencer.run_once()
    assert ended == [[(True,)]]
    rig.check()
    while sequencer.run_once():
        pass
    finished(rig, witnesses, accepted=21)


END_OTHERS = (
    "select pg_terminate_backend(pid) from pg_stat_activity"
    " where datname = %s and pid <> pg_backend_pid() and backend_type = 'client backend'"
)


def test_after_one_of_two_witnesses_has_cosigned_the_same_tree_is_shown_to_the_other(
    rig: Rig, witnesses: Witnesses
) -> None:
    """What comes in meanwhile waits: the tree that one witness holds is finished first."""
    rig.accept("P-0")
    worker = work(rig, witnesses, step="one of two witnesses cosigns", afterwards=True)
    worker.process.join(60)
    assert sorted(witnesses.sizes()) == [0, 2]
    assert not (rig.directory / "checkpoint").exists()
    rig.accept("P-1")
    rig.sequencer(quorum=witnesses.quorum()).run_once(1)
    assert sorted(witnesses.shown) == [2, 4]
    finished(rig, witnesses, accepted=2)


def until_more_is_shown(witnesses: Witnesses) -> None:
    before, deadline = len(witnesses.shown), time.monotonic() + 60
    while len(witnesses.shown) == before:
        assert time.monotonic() < deadline, "no new tree has come to the witnesses"
        time.sleep(0.005)


def killed_at_random(rig: Rig, witnesses: Witnesses, kills: int) -> int:
    """Kills sequencers at work while orders come in; the number of orders that were accepted."""
    chance, stop, accepted = random.Random(20261121), threading.Event(), 0

    def accept() -> None:
        nonlocal accepted
        while not stop.wait(0.003):
            rig.accept(f"P-{accepted % 97}", f"Q-{accepted % 11}")
            accepted += 1

    clerk = threading.Thread(target=accept)
    clerk.start()
    roots: dict[int, set[bytes]] = {}
    try:
        for _ in range(kills):
            worker = work(rig, witnesses, batch=chance.choice([1, 7, 300]))
            if chance.random() < 0.9:
                assert worker.ready.wait(60)
            if chance.random() < 0.5:
                until_more_is_shown(witnesses)
            time.sleep(chance.uniform(0.0, 0.3))
            worker.process.kill()
            worker.process.join(30)
            assert worker.process.exitcode == -signal.SIGKILL
            if (rig.directory / "checkpoint").exists():
                _, size, root = reader.checkpoint(rig.directory)
                roots.setdefault(size, set()).add(root)
    finally:
        stop.set()
        clerk.join()
    assert all(len(seen) == 1 for seen in roots.values())
    return accepted


def test_processes_killed_at_random_under_load_lose_nothing(rig: Rig, witnesses: Witnesses) -> None:
    accepted = killed_at_random(rig, witnesses, KILLS)
    assert accepted > KILLS
    assert len(witnesses.shown) > 2, "some of them came as far as the witnesses"
    finished(rig, witnesses, accepted)
