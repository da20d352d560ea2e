"""An order end to end beside a bare INSERT of the same bytes, 8 writers each, on a cluster that flushes to disk.

    pytest tests/bench/bench_order.py -s

An order: envelope and application come in; the signature is verified, the record read, the law asked, the payload
built again and compared, and the event, its log entry, its private values and its label are one durable transaction.
The bare INSERT writes the entry's bytes into a table with a primary key and commits.  Writers are processes that have
each handed in ``WARM`` of their own before the clock starts: a server runs for weeks, and its first orders read in the
law and let the database plan its statements.  The two legs alternate, and each leg is told what its processes and the
server used of the processor.
"""

from __future__ import annotations

import multiprocessing
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any

import psutil
import psycopg2
import pytest

from api import clock, desk, order_files, wiring
from api.order_files import OrderFile
from api.settings import Settings
from api.wiring import House
from registry.cluster import Cluster
from tests.conftest import Database
from tests.e2e.house import Registry, deed

pytestmark = [pytest.mark.bench, pytest.mark.timeout(900)]

WRITERS = 8
EACH = int(os.environ.get("LANDLOG_BENCH_ORDERS", "100"))
WARM = 15
LEGS = int(os.environ.get("LANDLOG_BENCH_LEGS", "3"))
LEAST = 0.25
LGD = "999101"
OFFICE = "99/901/9001"


@dataclass(frozen=True)
class Leg:
    """What one leg took: seconds by the clock, and seconds of processor of writers and server together."""

    wall: float
    processor: float


@pytest.fixture
def durable() -> Iterator[Cluster]:
    """A cluster as it runs in earnest: on disk, every commit flushed."""
    home = Path(tempfile.mkdtemp(prefix="landlog-bench-", dir="/var/tmp"))
    home.chmod(0o711)
    try:
        with Cluster(home) as cluster:
            yield cluster
    finally:
        shutil.rmtree(home, ignore_errors=True)


def found(cluster: Cluster, home: Path) -> Registry:
    url = cluster.url()
    wiring.migrate(url)
    return Registry.found(
        home, Database("landlog", url, cluster.dsn(), cluster.url(user="landlog_reader")), office=OFFICE
    )


def register(registry: Registry, count: int) -> list[OrderFile]:
    """So many khatas of one field each, and for each a signed order that sells it."""
    for first in range(0, count, 30):
        numbers = range(first, min(first + 30, count))
        desk.hand_in(registry.house, registry.sign("import", _older_record(numbers)))
    registry.house.settle()
    with registry.house.datastore.cursor() as cursor:
        cursor.execute("select unit_id, doc -> 'holders' -> 0 ->> 'party' from"
                       " (select unit_id, convert_from(doc, 'UTF8')::jsonb as doc from records.unit) u"
                       " order by unit_id")  # fmt: skip
        khatas = cursor.fetchall()
    return [registry.sign("sale", _sale(unit, party)) for unit, party in khatas]


def _older_record(numbers: range) -> Any:
    return {
        "village": {"lgd": LGD, "name": "Neemsari", "name_local": "नीमसरी", "office": OFFICE},
        "source": "Khatauni",
        "units": [
            {
                "label": str(n + 1),
                "tenure": "transferable",
                "holders": [{"party": {"name": f"खातेदार {n}", "relation": "रामलाल"}, "share": "1"}],
            }
            for n in numbers
        ],
        "parcels": [
            {
                "label": str(n + 1),
                "unit": place,
                "area": {"figure": "0.4", "unit": "hectare"},
                "land_class": "private",
                "use": "dry",
            }
            for place, n in enumerate(numbers)
        ],
    }


def _sale(unit: str, party: str) -> Any:
    return {
        "unit": unit,
        "sold": "share",
        "sellers": [{"party": party, "share": "1/2"}],
        "buyers": [{"party": {"name": "हरीश वर्मा", "relation": "दयाराम"}, "share": "1"}],
        "deed": deed(),
        "consideration": {"paise": 100},
    }


def submit(settings: Settings, url: str, orders: list[OrderFile], start: Barrier) -> None:
    """One writer: hands in its orders one after another, the first ``WARM`` before the clock starts."""
    house = House(settings, url=url, reader_url=url)
    house.recorder.load(["nothing"])
    _ = house.office
    order_files.check_shown(orders[0])
    entries = [(order.entry, order.application) for order in orders]  # enveloping is the officer's work
    _submit(house, entries[:WARM])
    start.wait()
    _submit(house, entries[WARM:])
    start.wait()
    house.close()


def _submit(house: House, orders: list[tuple[bytes, Any]]) -> None:
    for entry, application in orders:
        house.office.submit(entry, application=application, shapes={}, today=clock.today())


def insert(settings: Settings, dsn: str, orders: list[OrderFile], start: Barrier) -> None:
    """One writer: inserts the bytes of its orders one after another."""
    entries = [order.entry for order in orders]
    connection = psycopg2.connect(dsn)
    connection.autocommit = True
    with connection.cursor() as cursor:
        for number, entry in enumerate(entries):
            if number == WARM:
                start.wait()
            cursor.execute("insert into bare (entry) values (%s)", (entry,))
    start.wait()
    connection.close()


def run(
    work: Callable[..., None], settings: Settings, place: str, shares: list[list[OrderFile]], server: int
) -> Leg:
    context = multiprocessing.get_context("spawn")
    start = context.Barrier(len(shares) + 1)
    writers = [context.Process(target=work, args=(settings, place, share, start)) for share in shares]
    for writer in writers:
        writer.start()
    start.wait()
    before = _processor(server) + sum(_of(writer.pid) for writer in writers)
    began = time.perf_counter()
    start.wait()  # all have done their part
    wall = time.perf_counter() - began
    after = _processor(server) + sum(_of(writer.pid) for writer in writers)
    for writer in writers:
        writer.join()
    return Leg(wall, after - before)


def _of(pid: int | None) -> float:
    try:
        used = psutil.Process(pid).cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(used.user + used.system)


def _processor(server: int) -> float:
    """Of the server and its backends; those of connections that have ended are counted with their parent."""
    whole = psutil.Process(server)
    used = whole.cpu_times()
    return _of(server) + used.children_user + used.children_system + sum(_of(c.pid) for c in whole.children())


def test_orders_of_eight_writers_beside_bare_inserts(durable: Cluster, tmp_path: Path) -> None:
    registry = found(durable, tmp_path / "home")
    server = int((durable.data / "postmaster.pid").read_text().split()[0])
    settings, url = registry.house.settings, registry.house.url
    try:
        each = WARM + EACH
        orders = register(registry, WRITERS * each * LEGS)
        with registry.house.datastore.cursor() as cursor:
            cursor.execute(
                "create table bare (n bigint generated always as identity primary key, entry bytea)"
            )
        ours, bare = [], []
        for leg in range(LEGS):
            part = orders[leg * WRITERS * each : (leg + 1) * WRITERS * each]
            shares = [part[n::WRITERS] for n in range(WRITERS)]
            bare.append(run(insert, settings, durable.dsn(), shares, server))
            ours.append(run(submit, settings, url, shares, server))
        registry.house.settle()
        assert registry.one("select count(*) from records.event where type = 'mutation.sale/1'") == len(
            orders
        )
    finally:
        registry.close()
    count, size = WRITERS * EACH, sum(len(order.entry) for order in orders) // len(orders)
    peer, own = sorted(bare, key=_wall)[LEGS // 2], sorted(ours, key=_wall)[LEGS // 2]
    ratio = peer.wall / own.wall
    print(
        f"\n{count} orders of {size} bytes, {WRITERS} writers, {LEGS} legs in turn"
        f"\n  bare INSERT  {count / peer.wall:7.0f}/s   {1000 * peer.processor / count:.2f} ms of processor each"
        f"\n  orders       {count / own.wall:7.0f}/s   {1000 * own.processor / count:.2f} ms of processor each"
        f"\n  ratio        {ratio:.3f}   (at least {LEAST}; aim 0.5)"
    )
    assert ratio >= LEAST


def _wall(leg: Leg) -> float:
    return leg.wall
