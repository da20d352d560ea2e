"""The clock's pass over many open cases, against one plain SQL scan of the same cases.

    pytest tests/bench/bench_clock.py -s

One in a hundred of the cases has something due.  The scan fetches the days of every open case and looks at none; the
pass finds those that are due, reads each from the event store and decides what is to be done with it.
"""

from __future__ import annotations

import os
import time
import tracemalloc
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import psycopg2
import pytest
from psycopg2.extras import execute_values

from domain.canon import canonical
from domain.case import Case, filed
from domain.case_clock import wakes
from domain.ids import CaseNo, VillageCode
from domain.law import law_of
from domain.projection import NO_HISTORY
from registry.case_clock import Clock, Clockwork
from registry.database import make_engine
from registry.datastore import Datastore
from registry.store import OfficeRecorder

pytestmark = pytest.mark.bench

CASES = int(os.environ.get("LANDLOG_BENCH_CASES", "100000"))
DUE_ONE_IN = 100
TODAY = date(2026, 11, 23)
OFFICE = "99/901/9001"
_SCAN = "select case_no, status, due, notice_until, wake, filed_index from records.case_file where open"


def case_of(number: int) -> Case:
    """A case that was filed lately and waits; one in a hundred has come to its day."""
    village, serial = divmod(number, 900_000)
    due = number % DUE_ONE_IN == 0
    return filed(
        case_no=CaseNo(f"{500_000 + village}-C{serial + 1:06d}"),
        mutation="sale",
        village=VillageCode(str(500_000 + village)),
        office=OFFICE,
        touches=(f"{500_000 + village}-U000001",),
        officer="COUNTER",
        application="x" * 43 + "=",
        applicant="y" * 43 + "=",
        law=law_of("generic", TODAY - timedelta(42 if due else number % 30)),
        lane="officer",
    )


def fill(dsn: str) -> None:
    """Each case with its one event, in the store, in the log and in the views, laid down by COPY-like inserts."""
    connection = psycopg2.connect(dsn)
    with connection, connection.cursor() as cursor:
        cursor.execute("alter table log.entries disable trigger user")
        for first in range(0, CASES, 5_000):
            cases = [(n, case_of(n)) for n in range(first, min(first + 5_000, CASES))]
            execute_values(
                cursor,
                "insert into events.event (stream, version, topic, state, event_id) values %s",
                [(c.id, 1, "case.filed/1", _state(c), _event_id(n)) for n, c in cases],
                page_size=1_000,
            )
            execute_values(
                cursor,
                "insert into log.entries (idx, event_id, entry, leaf_hash) values %s",
                [(n, _event_id(n), b"{}", bytes(32)) for n, _ in cases],
                page_size=1_000,
            )
            execute_values(
                cursor,
                "insert into records.case_file (case_no, village, office, type, status, notice, lane, holder, open,"
                " filed, filed_index, due, objections, paused, wake, touches, version) values %s",
                [_file(n, c) for n, c in cases],
                page_size=1_000,
            )
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("analyze events.event; analyze log.entries; analyze records.case_file")
    connection.close()


def _event_id(number: int) -> str:
    return f"{number:032x}"


def _state(case: Case) -> bytes:
    members = {n: v for n, v in case.doc().items() if n not in ("kind", "id")}
    return canonical(
        {
            "type": "case.filed/1",
            "touches": [{"id": case.id, "prev_version": 0, "prev_history": NO_HISTORY}],
            "set": {case.id: members},
        }
    )


def _file(number: int, c: Case) -> tuple[Any, ...]:
    return (
        c.id, c.village, c.office, c.type, c.status, c.notice, c.lane, c.with_, c.is_open, c.filed, number, c.due,
        c.objections, False, wakes(c), list(c.touches), 1,
    )  # fmt: skip


def best(act: Callable[[], object], times: int = 3) -> float:
    """Seconds of the fastest of a few runs."""

    def once() -> float:
        start = time.perf_counter()
        act()
        return time.perf_counter() - start

    return min(once() for _ in range(times))


def test_one_pass_of_the_clock_costs_less_than_two_scans_of_the_open_cases(database: Any) -> None:
    fill(database.dsn)
    datastore = Datastore(make_engine(database.url))
    work = Clockwork(officer="CLOCK", sign=bytes, event_id=uuid4, salt=lambda: bytes(32))
    clock = Clock(
        OfficeRecorder(datastore),
        cases=None,  # type: ignore[arg-type]  # what is due is found here, not done
        office=None,  # type: ignore[arg-type]
        openings=None,  # type: ignore[arg-type]
        work=work,
    )
    found: list[int] = []

    def scan() -> None:
        with datastore.cursor() as cursor:
            cursor.execute(_SCAN)
            found.append(len(cursor.fetchall()))

    def one_pass() -> None:
        found.append(sum(1 for _ in clock.due(TODAY)))

    scanned, passed = best(scan), best(one_pass)
    idle = best(lambda: list(clock.due(TODAY - timedelta(90))))
    tracemalloc.start()
    one_pass()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    datastore.engine.dispose()
    print(
        f"\n{CASES:,} open cases, {CASES // DUE_ONE_IN:,} due: one scan {scanned * 1e3:.0f} ms; "
        f"one pass {passed * 1e3:.0f} ms = {passed / scanned:.2f} scans, "
        f"{passed / (CASES // DUE_ONE_IN) * 1e6:.0f} microseconds for each that is due; "
        f"nothing due {idle * 1e3:.2f} ms = {idle / scanned:.4f} scans; peak {peak / 2**20:.1f} MB"
    )
    assert found[0] == CASES
    assert found[-1] == CASES // DUE_ONE_IN
    assert passed < 2 * scanned
    assert peak < 32 * 2**20
