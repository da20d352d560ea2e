"""How fast the record is rebuilt, against the projector that one would write first: an upsert for each event.

    pytest tests/bench/bench_rebuild.py -s

Both read the same log into the same tables with the same documents, in the same run.  The naive one takes each event
by itself, reads what it needs, upserts row by row and commits every hundred events.  Parcels have shapes; each is
registered and then dealt with four times (its khata is sold whole, so its document changes too).
"""

from __future__ import annotations

import gc
import json
import os
import time
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any

import psutil
import pytest

from domain.canon import Json
from domain.ids import unit_id
from domain.projection import advance, touched
from gis.shapes import to_web_mercator
from projections import documents, history, places
from projections.drawn import ShapeReader, wkb_hex
from projections.labels import label_key, search_key
from projections.pages import Doc, Entry, Event, read_entry
from projections.runner import Runner
from projections.states import canonical_text
from registry.database import make_engine
from registry.datastore import Datastore
from registry.log.hashing import leaf_hash
from registry.openings import Openings
from tests.projections.support import (
    BOX,
    VILLAGE,
    FakeLog,
    field_at,
    old_parcel,
    old_unit,
    person,
    publish,
    registration,
)

pytestmark = pytest.mark.bench

PARCELS = int(os.environ.get("LANDLOG_BENCH_PARCELS", "2000"))
DEALINGS = 4
REGISTERED = 30  # parcels of one registration: near the limit of 65,535 bytes
AT_ONCE = 100  # events of one commit of the naive projector


class BulkLog(FakeLog):
    """A log whose entries are laid down together at the end."""

    def append(self, entry: bytes, event_id: Json = None) -> int:
        self.__dict__.setdefault("pending", []).append((self.size, event_id, entry, leaf_hash(entry)))
        self.size += 1
        return self.size - 1

    def flush(self) -> None:
        self._insert("log.entries (idx, event_id, entry, leaf_hash)", self.__dict__.pop("pending"))


def make_log(dsn: str) -> FakeLog:
    """PARCELS parcels, each in a khata of its own, registered and then sold DEALINGS times."""
    log = BulkLog(dsn)
    owners = [
        [person(f"खातेदार {n}", f"पिता {n}", salt=str(turn)) for n in range(PARCELS)]
        for turn in range(DEALINGS + 1)
    ]
    shapes = [field_at(n % 100, n // 100) for n in range(PARCELS)]
    log.shapes(*shapes)
    for first in range(0, PARCELS, REGISTERED):
        here = range(first, min(first + REGISTERED, PARCELS))
        units = [old_unit(n + 1, str(n + 1), {owners[0][n]: Fraction(1)}) for n in here]
        parcels = [old_parcel(n + 1, str(n + 1), i, shapes[n]) for i, n in enumerate(here)]
        log.states, known = {}, log.states  # a registration looks at nothing that is there already
        log.order("import", registration(units, parcels))
        log.states |= known
    for turn in range(1, DEALINGS + 1):
        log._seal([party.opening for party in owners[turn]])
        for n in range(PARCELS):
            _sold(
                log,
                unit_id(VILLAGE, n + 1),
                seller=owners[turn - 1][n].commitment,
                buyer=owners[turn][n].commitment,
            )
    log.flush()
    publish(dsn, log.size)
    return log


def _sold(log: FakeLog, unit: str, *, seller: str, buyer: str) -> None:
    facts: Json = {
        "unit": unit,
        "sold": "unit",
        "sellers": [{"party": seller, "share": "1/1"}],
        "buyers": [{"party": buyer, "share": "1/1"}],
        "parcels": [],
        "new_unit": None,
        "into": None,
    }
    log.lay("mutation.sale/1", set_={unit: {"shares": [{"party": buyer, "num": 1, "den": 1}]}}, facts=facts)


class Naive:
    """One event at a time, one statement for each row."""

    def __init__(self, datastore: Datastore, names: Openings) -> None:
        self._datastore = datastore
        self._names = names

    def run(self, log: FakeLog) -> None:
        for first in range(0, log.size, AT_ONCE):
            with self._datastore.transaction() as cursor:
                for entry in self._entries(cursor, first, first + AT_ONCE):
                    self._apply(cursor, entry)
                cursor.execute("update records.position set size = %s", (min(first + AT_ONCE, log.size),))

    def _entries(self, cursor: Any, start: int, stop: int) -> Iterator[Entry]:
        cursor.execute(
            "select idx, leaf_hash, entry from log.entries where idx >= %s and idx < %s order by idx",
            (start, stop),
        )
        for index, leaf, data in cursor.fetchall():
            if entry := read_entry(index, bytes(leaf), bytes(data)):
                yield entry

    def _apply(self, cursor: Any, entry: Entry) -> None:
        ids = [i for _, i in touched(entry.payload_type, entry.payload)]
        before: dict[str, Doc | None] = {**dict.fromkeys(ids), **self._states(cursor, ids)}
        after = advance(before, entry.payload_type, entry.payload, entry.index, entry.leaf_hash)
        for identifier, state in after.items():
            cursor.execute(
                "insert into records.state values (%s, %s, %s) on conflict (id) do update set doc = excluded.doc",
                (identifier, state["kind"], canonical_text(state).encode()),
            )
        event = Event(entry=entry, before=before, after=after)
        self._village(cursor, entry)
        self._history(cursor, event)
        for identifier, state in after.items():
            if state["kind"] == "parcel":
                self._parcel(cursor, state, new=before[identifier] is None, index=entry.index)
        for state in after.values():
            if state["kind"] == "unit":
                self._unit(cursor, state, besides=after)

    def _states(self, cursor: Any, ids: list[str]) -> dict[str, Doc]:
        cursor.execute("select id, doc from records.state where id = any(%s)", (ids,))
        return {i: json.loads(bytes(doc)) for i, doc in cursor.fetchall()}

    def _village(self, cursor: Any, entry: Entry) -> None:
        facts = entry.payload["facts"]
        village: Any = facts.get("village") if isinstance(facts, dict) else None
        if village:
            cursor.execute(
                "insert into records.village (lgd, name, name_local, office, state, languages, search_key)"
                " values (%s, %s, %s, %s, 'generic', '{hi,en}', %s) on conflict (lgd) do nothing",
                (
                    village["lgd"],
                    village["name"],
                    village["name_local"],
                    village["office"],
                    search_key(village["name"]),
                ),
            )

    def _history(self, cursor: Any, event: Event) -> None:
        p = event.payload
        cursor.execute(
            "insert into records.event values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            (
                event.index,
                p["event_id"],
                p["type"],
                VILLAGE,
                p["decided"],
                p["office"],
                p["officer"],
                p["order_no"],
                list(event.entry.keyids),
                json.dumps(history.words(event)),
            ),
        )
        for identifier, state in event.after.items():
            cursor.execute(
                "insert into records.event_of values (%s, %s, %s)",
                (identifier, event.index, state["version"]),
            )

    def _face(self, unit: Doc) -> documents.UnitFace:
        return documents.unit_face(unit, self._names.read(documents.parties_of(unit)))

    def _parcel(self, cursor: Any, state: Doc, *, new: bool, index: int) -> None:
        face = self._face(self._states(cursor, [str(state["unit"])])[str(state["unit"])])
        village = places.names(cursor, [str(state["village"])])[str(state["village"])]
        drawn = ShapeReader().read(cursor, [str(state["geometry"])])[str(state["geometry"])]
        document = documents.parcel_document(state, face, village=village, drawn_m2=drawn.m2, labels={})
        cursor.execute(
            "insert into records.parcel values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)"
            " on conflict (parcel_id) do update set doc = excluded.doc, version = excluded.version",
            (
                state["id"],
                state["village"],
                state["label"],
                label_key(str(state["label"])),
                state["status"],
                state["unit"],
                state["version"],
                state["area_m2"],
                drawn.m2,
                state["geometry"],
                state["use"],
                state["class"],
                document["grade"],
                documents.written(document),
            ),
        )
        if new:
            cursor.execute(
                "update records.village set parcels = parcels + 1 where lgd = %s", (state["village"],)
            )
            cursor.execute(
                "insert into gis.parcel (parcel_id, version, label, village, status, class, use, area_m2, drawn_m2,"
                " hash, geom, geom_3857, valid_from, from_date)"
                " values (%s, 1, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, now())",
                (
                    state["id"],
                    state["label"],
                    state["village"],
                    state["status"],
                    state["class"],
                    state["use"],
                    state["area_m2"],
                    drawn.m2,
                    drawn.hash,
                    wkb_hex([drawn.shape], 4326)[0],
                    wkb_hex(to_web_mercator([drawn.shape]), 3857)[0],
                    index,
                ),
            )

    def _unit(self, cursor: Any, state: Doc, *, besides: dict[str, Doc]) -> None:
        village = places.names(cursor, [str(state["village"])])[str(state["village"])]
        parcels = self._states(cursor, [str(p) for p in state["parcels"]])  # type: ignore[union-attr]
        lines = [
            documents.UnitParcel(
                parcel_id=i, label=str(p["label"]), recorded_m2=p["area_m2"], use=str(p["use"])
            )  # type: ignore[arg-type]
            for i, p in parcels.items()
        ]
        document = documents.unit_document(state, self._face(state), village=village, parcels=lines)
        cursor.execute(
            "insert into records.unit values (%s, %s, %s, %s, %s, %s, %s) on conflict (unit_id) do update"
            " set doc = excluded.doc, version = excluded.version",
            (
                state["id"],
                state["village"],
                state["label"],
                label_key(str(state["label"])),
                state["status"],
                state["version"],
                documents.written(document),
            ),
        )
        for identifier, parcel in parcels.items():
            if identifier not in besides:
                self._parcel(cursor, parcel, new=False, index=0)


def documents_of(datastore: Datastore) -> list[tuple[str, bytes]]:
    with datastore.cursor() as cursor:
        cursor.execute("select parcel_id, doc from records.parcel order by parcel_id")
        return [(i, bytes(doc)) for i, doc in cursor.fetchall()]


@pytest.fixture
def datastore(database) -> Iterator[Datastore]:
    made = Datastore(make_engine(database.url))
    yield made
    made.engine.dispose()


def timed(work: Callable[[], object]) -> float:
    """Seconds that it takes."""
    gc.collect()
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def test_a_rebuild_is_several_times_as_fast_as_an_upsert_for_each_event(database, datastore, capsys):
    log = make_log(database.dsn)
    names, memory, process = Openings(datastore, BOX), [], psutil.Process()

    naive = timed(lambda: Naive(datastore, names).run(log))
    expected = documents_of(datastore)
    with datastore.cursor() as cursor:  # both begin with empty tables
        cursor.execute(
            "truncate records.state, records.parcel, records.unit, records.village, records.event,"
            " records.event_of, gis.parcel"
        )
    runner = Runner(datastore, names)
    ours = timed(lambda: runner.rebuild(lambda done, total: memory.append(process.memory_info().rss)))

    assert documents_of(datastore) == expected
    early, late = memory[len(memory) // 5] >> 20, memory[-1] >> 20
    with capsys.disabled():
        print(
            f"\nrebuild of {log.size:,} entries over {PARCELS:,} parcels: {ours:.2f} s"
            f" ({log.size / ours:,.0f} entries/s); naive, commit every {AT_ONCE}: {naive:.2f} s"
            f" ({log.size / naive:,.0f} entries/s); ratio {naive / ours:.1f};"
            f" memory after a fifth {early} MiB, at the end {late} MiB"
        )
    assert naive / ours >= 3
    assert late <= early * 1.25
