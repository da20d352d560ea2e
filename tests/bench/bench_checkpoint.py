"""Orders inside a signed checkpoint: how many a second with 64 writers, and how long after its receipt one is there.

    pytest tests/bench/bench_checkpoint.py -s

The writers are the threads of a few processes, as a served registry has them; every order is signed, decided and
durable.  One leg is the office alone: the clock stops at the last receipt.  In the other a process like `landlog work`
sequences meanwhile, and the clock stops when the published checkpoint covers every order of the leg.  The legs
alternate.  At low load one writer hands in an order now and then, and waits until the checkpoint covers it.  There are
no witnesses here: what they take to answer comes on top.
"""

from __future__ import annotations

import multiprocessing
import os
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing.synchronize import Barrier, Event
from pathlib import Path
from typing import Any

import pytest

from api import clock, working
from api.settings import Settings
from api.wiring import House
from registry.cluster import Cluster
from tests.bench.bench_order import durable, found, register
from tests.e2e.house import Registry

__all__ = ["durable"]

pytestmark = [pytest.mark.bench, pytest.mark.timeout(900)]

PROCESSES, THREADS = 4, 16
WRITERS = PROCESSES * THREADS
WARM = 2
EACH = int(os.environ.get("LANDLOG_BENCH_ORDERS", "20"))
LEGS = 2
LEAST = 0.5
QUIET_ORDERS = 100
QUIET_PAUSE_SECONDS = 0.05
MOST_SECONDS = (
    2.0  # from the receipt to the signed checkpoint: a thirtieth of Chrome's merge delay for its logs
)
_LOOK_SECONDS = 0.01
_CONTEXT = multiprocessing.get_context("spawn")

Orders = list[tuple[bytes, Any]]
"""(entry, application) of signed orders."""


def write(settings: Settings, url: str, shares: list[Orders], start: Barrier) -> None:
    """One process of writers: each thread hands in its share, the first ``WARM`` before the clock starts."""
    house = House(settings, url=url, reader_url=url)

    def submit(orders: Orders) -> None:
        for entry, application in orders:
            house.office.submit(entry, application=application, shapes={}, today=clock.today())

    with ThreadPoolExecutor(len(shares)) as writers:
        list(writers.map(submit, [share[:WARM] for share in shares]))
        start.wait()
        list(writers.map(submit, [share[WARM:] for share in shares]))
        start.wait()
    house.close()


def sequence(settings: Settings, url: str, ready: Event, stop: Event) -> None:
    """What `landlog work` does for the log."""
    house = House(settings, url=url, reader_url=url)
    house.sequence()
    ready.set()
    done = threading.Event()
    threading.Thread(target=_pass_on, args=(stop, done), daemon=True).start()
    working.sequence(house, done)
    house.close()


def _pass_on(stop: Event, done: threading.Event) -> None:
    stop.wait()
    done.set()


@contextmanager
def sequencing(registry: Registry) -> Iterator[None]:
    ready, stop = _CONTEXT.Event(), _CONTEXT.Event()
    worker = _CONTEXT.Process(
        target=sequence, args=(registry.house.settings, registry.house.url, ready, stop)
    )
    worker.start()
    try:
        ready.wait()
        yield
    finally:
        stop.set()
        worker.join()


def leg(registry: Registry, orders: Orders, *, sequenced: bool) -> float:
    """Orders a second of all writers together, until their receipts or until the checkpoint covers them."""
    start = _CONTEXT.Barrier(PROCESSES + 1)
    shares = [orders[n::WRITERS] for n in range(WRITERS)]
    processes = [
        _CONTEXT.Process(
            target=write,
            args=(registry.house.settings, registry.house.url, shares[n::PROCESSES], start),
        )
        for n in range(PROCESSES)
    ]
    for process in processes:
        process.start()
    start.wait()
    began = time.perf_counter()
    start.wait()
    if sequenced:
        wait_until_published(registry)
    seconds = time.perf_counter() - began
    for process in processes:
        process.join()
    return WRITERS * EACH / seconds


def wait_until_published(registry: Registry) -> None:
    """Until nothing is in the queue, and the checkpoint covers the log."""
    waiting = (
        "select exists (select from log.queue)"
        "    or (select max(idx) from log.entries) >= (select size from log.published)"
    )
    while registry.one(waiting):
        time.sleep(_LOOK_SECONDS)


def delays(registry: Registry, orders: Orders) -> list[float]:
    """Seconds from the receipt of each order to the checkpoint that covers it, sorted."""
    covered = (
        "select exists (select from log.entries"
        " where event_id = %s and idx < (select size from log.published))"
    )
    taken = []
    for entry, application in orders:
        receipt = registry.house.office.submit(entry, application=application, shapes={}, today=clock.today())
        began = time.perf_counter()
        while not registry.one(covered, receipt.event_id):
            time.sleep(_LOOK_SECONDS)
        taken.append(time.perf_counter() - began)
        time.sleep(QUIET_PAUSE_SECONDS)
    return sorted(taken)


def test_orders_get_into_a_signed_checkpoint(durable: Cluster, tmp_path: Path) -> None:
    registry = found(durable, tmp_path / "home")
    size = WRITERS * (WARM + EACH)
    try:
        signed = [
            (order.entry, order.application) for order in register(registry, 2 * LEGS * size + QUIET_ORDERS)
        ]
        alone, published = [], []
        for n in range(LEGS):
            first, second = (signed[at : at + size] for at in (2 * n * size, (2 * n + 1) * size))
            alone.append(leg(registry, first, sequenced=False))
            registry.house.sequence()
            with sequencing(registry):
                published.append(leg(registry, second, sequenced=True))
        with sequencing(registry):
            taken = delays(registry, signed[-QUIET_ORDERS:])
        registry.house.settle()
        assert registry.one("select count(*) from records.event where type = 'mutation.sale/1'") == len(
            signed
        )
    finally:
        registry.close()
    ratio = sum(published) / sum(alone)
    p50, p99 = taken[len(taken) // 2], taken[int(0.99 * len(taken))]
    print(
        f"\n{WRITERS} writers, {WRITERS * EACH} orders a leg, {LEGS} legs of each kind in turn"
        f"\n  receipts of the office alone     {[round(rate) for rate in alone]} orders/s"
        f"\n  inside a signed checkpoint       {[round(rate) for rate in published]} orders/s"
        f"\n  ratio                            {ratio:.2f}   (at least {LEAST})"
        f"\n  receipt to signed checkpoint, {QUIET_ORDERS} orders one by one: "
        f"p50 {p50:.2f} s, p99 {p99:.2f} s   (at most {MOST_SECONDS:.0f} s)"
    )
    assert ratio >= LEAST
    assert p99 <= MOST_SECONDS
