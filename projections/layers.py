"""Layers beside the parcels: land on which something lies, and records that are not to be relied on.

``gis.restriction`` has the parcels that bear a restriction, a hold or a pending case, of their own or of their unit;
``gis.fault`` those of grade C or D, with the reasons.  A row begins with the event that made the parcel look so and
ends with the one that changed it, as on the map itself; so it can be asked for a past day, and a rebuild gives the
rows that following gave, whatever the pages.  Only what an event touches is looked at: the parcels that it names, and
those of a unit on which something else lies than before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from psycopg2 import extensions, sql

from domain.mutations.import_ import INCOMPLETE
from gis.shapes import to_web_mercator
from projections import outlines, states
from projections.copying import Value, copy_in
from projections.drawn import LONLAT, WEB_MERCATOR, wkb_hex
from projections.grade import NEAR, grade
from projections.maps import Moment
from projections.pages import Doc, Event, Page, docs, texts

NO_MAP, HOLDERS, AREA = "no-map", "holders-incomplete", "area-differs"
"""Why a record is graded C or D."""

Facts = tuple[Value, ...]


@dataclass(frozen=True, kw_only=True)
class _Face:
    """What a layer shows of a parcel; None facts where it is not in that layer."""

    restriction: Facts | None
    fault: Facts | None
    geometry: str | None

    def of(self, table: str) -> tuple[Facts, str | None] | None:
        facts = self.restriction if table == _RESTRICTION else self.fault
        return None if facts is None else (facts, self.geometry)


@dataclass(kw_only=True)
class _Row:
    """A row that the page begins, and perhaps ends again."""

    parcel: str
    facts: Facts
    geometry: str | None
    begins: Moment
    ends: Moment | None = None


_RESTRICTION, _FAULT = "gis.restriction", "gis.fault"
_COLUMNS = {
    _RESTRICTION: ("label", "village", "restrictions", "pending", "cases"),
    _FAULT: ("label", "village", "grade", "reasons", "area_m2", "drawn_m2"),
}
_EVERY = ("geom", "geom_3857", "valid_from", "from_date", "valid_to", "to_date")
_NOTHING = _Face(restriction=None, fault=None, geometry=None)


class Layers:
    """``gis.restriction``, ``gis.fault`` and, by ``projections.outlines``, ``gis.village``; comes after the map."""

    tables = (_RESTRICTION, _FAULT, "gis.village", "gis.village_due")

    def apply(self, cursor: extensions.cursor, page: Page) -> None:
        events = [event for event in page.events if event.is_order and event.after]
        if events:
            walk = _Walk(cursor, page, events)
            for table in (_RESTRICTION, _FAULT):
                _write(cursor, page, table, *walk.changes(table))
        outlines.refresh(cursor, page)


class _Walk:
    """The page event by event: which parcels it may show otherwise, and how they look before and after."""

    def __init__(self, cursor: extensions.cursor, page: Page, events: Sequence[Event]) -> None:
        self._states = _states_before(cursor, page, events)
        digests = {str(s["geometry"]) for s in _all_parcels(self._states, events) if s["geometry"]}
        self._m2 = {digest: drawn.m2 for digest, drawn in page.shapes.read(cursor, digests).items()}
        self._seen: dict[str, _Face] = {}
        self._steps = [step for event in events for step in self._step(event)]

    def changes(self, table: str) -> tuple[list[_Row], dict[str, Moment]]:
        """The rows that the page begins, in order, and when those that stood before it end."""
        begun: list[_Row] = []
        standing: dict[str, _Row] = {}  # of those begun here, by parcel
        ended: dict[str, Moment] = {}
        for parcel, moment, before, after in self._steps:
            was, now = before.of(table), after.of(table)
            if was == now:
                continue
            if parcel in standing:
                standing.pop(parcel).ends = moment
            elif was is not None:
                ended[parcel] = moment
            if now is not None:
                standing[parcel] = _Row(parcel=parcel, facts=now[0], geometry=now[1], begins=moment)
                begun.append(standing[parcel])
        return begun, ended

    def _step(self, event: Event) -> Iterator[tuple[str, Moment, _Face, _Face]]:
        moment = Moment(event.index, str(event.payload["decided"]))
        affected = list(_affected(event))
        before = {parcel: self._seen.get(parcel) or self._face(parcel) for parcel in affected}
        self._states.update(event.after)
        for parcel in affected:
            after = self._seen[parcel] = self._face(parcel)
            if before[parcel] != after:
                yield parcel, moment, before[parcel], after

    def _face(self, parcel: str) -> _Face:
        state = self._states.get(parcel)
        unit = self._states.get(str(state["unit"])) if state else None
        if state is None or unit is None or state["status"] != "active":
            return _NOTHING
        geometry = str(state["geometry"]) if state["geometry"] else None
        drawn_m2 = self._m2.get(geometry or "")
        return _Face(
            restriction=_restriction(state, unit),
            fault=_fault(state, unit, drawn_m2),
            geometry=geometry if drawn_m2 is not None else None,
        )


def reasons(*, recorded_m2: Decimal, drawn_m2: Decimal | None, holders_complete: bool) -> tuple[str, ...]:
    """Why a record is graded C or D; nothing for A and B.

    >>> reasons(recorded_m2=Decimal(4000), drawn_m2=Decimal(4300), holders_complete=False)
    ('holders-incomplete', 'area-differs')
    """
    found = []
    if drawn_m2 is None:
        found.append(NO_MAP)
    if not holders_complete:
        found.append(HOLDERS)
    if drawn_m2 is not None and abs(drawn_m2 - recorded_m2) > NEAR * recorded_m2:
        found.append(AREA)
    return tuple(found)


def _restriction(parcel: Doc, unit: Doc) -> Facts | None:
    def kinds(*names: str) -> str | None:
        return _listed(str(i["kind"]) for of in (parcel, unit) for n in names for i in docs(of.get(n) or []))

    restrictions, pending = kinds("restrictions", "holds"), kinds("pending")
    if restrictions is None and pending is None:
        return None
    cases = _listed(str(p["case"]) for of in (parcel, unit) for p in docs(of["pending"]) if "case" in p)
    return (str(parcel["label"]), str(parcel["village"]), restrictions, pending, cases)


def _fault(parcel: Doc, unit: Doc, drawn_m2: Decimal | None) -> Facts | None:
    recorded_m2 = Decimal(str(parcel["area_m2"]))
    complete = bool(unit["shares"]) and all(r["kind"] != INCOMPLETE for r in docs(unit["restrictions"]))
    graded = grade(
        recorded_m2=recorded_m2,
        drawn_m2=drawn_m2,
        holders_complete=complete,
        shares_determined=bool(unit["shares_determined"]),
    )
    if graded not in ("C", "D"):
        return None
    why = reasons(recorded_m2=recorded_m2, drawn_m2=drawn_m2, holders_complete=complete)
    return (str(parcel["label"]), str(parcel["village"]), graded, ", ".join(why), str(recorded_m2), drawn_m2)


def _listed(kinds: Iterable[str]) -> str | None:
    return ", ".join(sorted(set(kinds))) or None


def _affected(event: Event) -> Iterator[str]:
    """The parcels that the event names, then those of each unit of which it changes what its parcels show."""
    named = [i for i, state in event.after.items() if state["kind"] == "parcel"]
    yield from named
    for identifier, unit in event.after.items():
        before = event.before[identifier]
        if unit["kind"] == "unit" and before is not None and _lying(before) != _lying(unit):
            yield from (p for p in dict.fromkeys(texts(unit["parcels"])) if p not in named)


def _lying(unit: Doc) -> tuple[Any, ...]:
    return (*(unit[n] for n in ("restrictions", "holds", "pending")), bool(unit["shares"]))


def _states_before(cursor: extensions.cursor, page: Page, events: Sequence[Event]) -> dict[str, Doc]:
    """The states, as they stood before the page, of all that its events may show otherwise."""
    known = {i: state for i, state in page.before.items() if state is not None}
    parcels = {p for event in events for p in _affected(event)} - page.before.keys()
    known |= states.load(cursor, parcels)
    units = {str(s["unit"]) for s in [*known.values(), *page.after.values()] if s["kind"] == "parcel"}
    return known | states.load(cursor, units - page.before.keys())


def _all_parcels(known: dict[str, Doc], events: Sequence[Event]) -> Iterator[Doc]:
    for state in (*known.values(), *(s for event in events for s in event.after.values())):
        if state["kind"] == "parcel":
            yield state


def _write(
    cursor: extensions.cursor, page: Page, table: str, begun: Sequence[_Row], ended: dict[str, Moment]
) -> None:
    if ended:
        cursor.execute(
            sql.SQL(
                "update {} r set valid_to = e.idx, to_date = e.day"
                " from unnest(%s::text[], %s::bigint[], %s::date[]) as e(id, idx, day)"
                " where r.parcel_id = e.id and r.valid_to is null"
            ).format(sql.Identifier(*table.split("."))),
            (list(ended), [m.idx for m in ended.values()], [m.day for m in ended.values()]),
        )
    if begun:
        columns = ("parcel_id", *_COLUMNS[table], *_EVERY)
        copy_in(cursor, table, columns, _values(cursor, page, begun))


def _values(cursor: extensions.cursor, page: Page, rows: Sequence[_Row]) -> Iterator[Facts]:
    drawn = page.shapes.read(cursor, {row.geometry for row in rows if row.geometry})
    shapes = [d.shape for d in drawn.values()]
    pairs = zip(wkb_hex(shapes, LONLAT), wkb_hex(to_web_mercator(shapes), WEB_MERCATOR), strict=True)
    geometries = dict(zip(drawn, pairs, strict=True)) if shapes else {}
    for row in rows:
        both = geometries.get(row.geometry or "", (None, None))
        yield (row.parcel, *row.facts, *both, *row.begins, *(row.ends or (None, None)))
