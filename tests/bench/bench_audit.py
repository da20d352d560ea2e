"""How fast the auditor replays: events a second on one core, everything checked, beside the signatures alone.

``python -m tests.bench.bench_audit [units] [sales]``.  The log and the auditor's state lie in a temporary directory.
"""

from __future__ import annotations

import random
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import cast

import pytest

from domain.canon import Json
from domain.ids import kind_of
from registry import dsse
from registry.audit.auditor import Auditor
from registry.audit.ledger import Ledger
from registry.audit.source import Directory, LogReader
from tests.registry.audit.land import KEYS, LGD, OFFICE, TAHSILDAR, Registry, founded, verifiers, whole

LEAST_RATE = 3_000  # events a second and core
KHATAS_AT_ONCE = 25  # in one order of registration


class Large(Registry):
    """A registry whose map is kept up as it grows, so that building it takes no longer than auditing it."""

    def __init__(self, place: Path) -> None:
        super().__init__()
        self._book = Ledger(place / "built.sqlite3")
        self._rooted: dict[str, int] = {}

    def map_root(self) -> bytes:
        fresh = {i: s for i, s in self.states.items() if self._rooted.get(i) != s["version"]}
        self._rooted.update({i: cast("int", s["version"]) for i, s in fresh.items()})
        self._book.apply(fresh, None)
        return self._book.root(self.origin)[0]


def build(place: Path, *, units: int) -> Registry:
    """A village of ``units`` khatas with one field each."""
    registry = founded(Large(place))
    for start in range(0, units, KHATAS_AT_ONCE):
        registry.order("import", khatas(start, min(start + KHATAS_AT_ONCE, units)))
    registry.head()
    return registry


def deal(registry: Registry, sales: int, batch: int) -> None:
    """Sales spread over all khatas, with a map head after each ``batch`` of them."""
    chance = random.Random(7)
    ids = [i for i in registry.states if kind_of(i) == "unit"]
    for n in range(sales):
        registry.order("sale", whole(registry, unit=chance.choice(ids)))
        if n % batch == batch - 1 or n == sales - 1:
            registry.head()


def khatas(start: int, end: int) -> Json:
    return {
        "village": {"lgd": LGD, "name": "Devgarh", "name_local": "देवगढ़", "office": OFFICE},
        "source": "Khatauni of 1433 fasli",
        "units": [
            {
                "label": str(n),
                "tenure": "transferable",
                "holders": [{"party": {"name": f"Holder {n}"}, "share": "1"}],
            }
            for n in range(start, end)
        ],
        "parcels": [
            {
                "label": str(n),
                "unit": n - start,
                "area": {"figure": "0.4021", "unit": "hectare"},
                "land_class": "private",
                "use": "irrigated",
                "former_labels": [],
                "geometry": None,
            }
            for n in range(start, end)
        ],
    }


def measure(units: int, sales: int, batch: int) -> float:
    """Events a second and core, once the village is registered; prints what it took."""
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        registry = build(place, units=units)
        registry.publish(place / "log")
        auditor = Auditor(LogReader(Directory(place / "log")), verifiers(), place / "state")
        took, _ = timed(auditor)
        print(
            f"registration: {len(registry.states):,} states, {len(registry.states) / took:,.0f} states/s/core"
        )
        deal(registry, sales, batch)
        registry.publish(place / "log")
        before = auditor.ledger.position
        took, waited = timed(auditor)
        events = auditor.ledger.position.events - before.events
        auditor.ledger.close()
    entries = [e for e in registry.entries[before.size :] if e.startswith(b"{")]
    start = time.process_time()
    for entry in entries:
        keys = {s.keyid: KEYS[TAHSILDAR].public for s in dsse.parse_envelope(entry).signatures}
        dsse.verify_envelope(dsse.parse_envelope(entry), keys)
    least = time.process_time() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(
        f"dealings: {events:,} events, a map head each {batch}: {took:.2f} s CPU, {waited:.2f} s in all, "
        f"{events / took:,.0f} events/s/core; {took / least:.1f} times what their envelopes and signatures take; "
        f"peak {peak} MB with the builder"
    )
    return events / took


def timed(auditor: Auditor) -> tuple[float, float]:
    """CPU seconds and seconds that an audit up to the newest checkpoint takes."""
    cpu, wall = time.process_time(), time.perf_counter()
    auditor.follow()
    return time.process_time() - cpu, time.perf_counter() - wall


@pytest.mark.bench
def test_an_auditor_replays_three_thousand_events_a_second() -> None:
    assert measure(units=2_000, sales=6_000, batch=100) >= LEAST_RATE


if __name__ == "__main__":
    units, sales = (int(text) for text in (*sys.argv[1:], "20000", "20000")[:2])
    for batch in (1, 100):
        measure(units, sales, batch)
