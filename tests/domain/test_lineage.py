"""Parcels through any history of being divided, merged, moved at the edges, measured anew and renumbered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from itertools import count

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain import catalogue, kit
from domain.errors import Refused
from domain.ids import ParcelId, UnitId, parcel_id
from domain.law import law_of
from domain.mutations import _shared as people
from domain.mutations import amalgamation, boundary_correction, renumbering, resurvey, subdivision
from domain.mutations._examples import VILLAGERS
from domain.mutations._papers import Agreement
from domain.mutations._parcels import DRAWN, NOTICE, SKETCH, Child
from domain.numbering import grammar_of
from domain.quantities import Area, to_m2, total
from domain.record import Parcel, Record
from domain.values import Digest, ParcelLabel, PartyRef, Text

SHAPE = Digest("A" * 43 + "=")
AGREEMENT = Agreement(number=Text("1/2026"), made=SKETCH.made, by=Text("Lekhpal"), salt=SKETCH.salt)
GRAMMAR = grammar_of("generic")
LAW = law_of("generic", date(2026, 12, 1))


class Village:
    """A village whose parcels change at random; it keeps the record that follows, and every number ever borne."""

    def __init__(self) -> None:
        self.record = VILLAGERS
        self.ever = {p.label for p in self.record.parcels.values()}
        self.measured = Decimal(0)  # what resurveys have found more, or less, than was recorded
        self._serial = count(500)

    def standing(self, unit: UnitId | None = None) -> list[Parcel]:
        return [p for p in self.record.parcels.values() if p.status == "active" and unit in (None, p.unit)]

    def child(self, label: str, m2: Decimal) -> Child:
        figure = str(to_m2(m2))
        area = Area(Decimal(figure), figure, "m2")
        serial = next(self._serial)
        return Child(
            id=parcel_id(people.VILLAGE, serial), label=ParcelLabel(label), area=area, geometry=SHAPE
        )

    def order(
        self, kind: str, application: object, before: Sequence[Parcel], after: Sequence[Decimal]
    ) -> bool:
        """Whether the order was made; the map is as exact as the record."""
        were = tuple(p.area.m2 for p in before)
        bearers = {p.label: p.id for p in self.standing()}
        wanted = kit.labels(application, people.VILLAGE)
        given_ = replace(
            self.record,
            labels={key: bearers[key[2]] for key in wanted if key[1] == "parcel" and key[2] in bearers},
            survey=replace(DRAWN, parent_m2=total(were), parents_m2=were, children_m2=tuple(after)),
        )
        mutation = catalogue.mutation(kind)
        try:
            done = mutation.apply(mutation.decide(application, given_, LAW), given_)
        except Refused:
            return False
        self.record = self.record.with_states(*done.values())
        self.ever |= {s.label for s in done.values() if isinstance(s, Parcel)}
        return True

    def subdivide(self, parcel: Parcel, n: int) -> bool:
        part = to_m2(parcel.area.m2 / n)
        areas = [*[part] * (n - 1), parcel.area.m2 - part * (n - 1)]
        labels = GRAMMAR.next_child_labels(parcel.label, n, self.ever)
        children = tuple(self.child(label, m2) for label, m2 in zip(labels, areas, strict=True))
        application = subdivision.Application(
            unit=parcel.unit, parcel=parcel.id, children=children, sketch=SKETCH
        )
        return self.order("subdivision", application, [parcel], areas)

    def merge(self, parcels: Sequence[Parcel], label: str, former: tuple[ParcelId, ...] = ()) -> bool:
        m2 = total(p.area.m2 for p in parcels)
        application = amalgamation.Application(
            unit=parcels[0].unit,
            parcels=tuple(p.id for p in parcels),
            merged=self.child(label, m2),
            former=former,
            sketch=SKETCH,
        )
        return self.order("amalgamation", application, parcels, [m2])

    def fresh(self) -> str:
        return GRAMMAR.fresh_labels(1, self.ever)[0]


def subdivided(village: Village, draw: st.DataObject) -> None:
    parcel = draw.draw(st.sampled_from(village.standing()))
    village.subdivide(parcel, draw.draw(st.integers(2, 4)))


def merged(village: Village, draw: st.DataObject) -> None:
    parcels = village.standing(draw.draw(st.sampled_from(sorted(village.record.units))))
    if len(parcels) < 2:
        return
    chosen = draw.draw(st.lists(st.sampled_from(parcels), min_size=2, max_size=3, unique=True))
    origins = {p.predecessors for p in chosen}
    former = next(iter(origins)) if len(origins) == 1 and len(chosen[0].predecessors) == 1 else ()
    field = village.record.parcels[former[0]] if former else None
    whole = field and set(field.successors) == {p.id for p in chosen}
    village.merge(chosen, field.label if field and whole else village.fresh(), former)


def edge_moved(village: Village, draw: st.DataObject) -> None:
    one, other = draw.draw(st.lists(st.sampled_from(village.standing()), min_size=2, max_size=2, unique=True))
    strip = to_m2(one.area.m2 * draw.draw(st.integers(1, 50)) / 100)
    areas = [one.area.m2 - strip, other.area.m2 + strip]
    sides = tuple(
        boundary_correction.Side(
            unit=p.unit,
            parcel=p.id,
            holders=tuple(PartyRef(h.party) for h in village.record.units[p.unit].shares),
            area=Area(m2, str(m2), "m2"),
            geometry=SHAPE,
        )
        for p, m2 in zip((one, other), areas, strict=True)
    )
    application = boundary_correction.Application(sides=sides, agreement=AGREEMENT, sketch=SKETCH)
    village.order("boundary-correction", application, [one, other], areas)


def surveyed(village: Village, draw: st.DataObject) -> None:
    unit = draw.draw(st.sampled_from(sorted(village.record.units)))
    old = draw.draw(st.lists(st.sampled_from(village.standing(unit)), min_size=1, max_size=3, unique=True))
    before = total(p.area.m2 for p in old)
    m = draw.draw(st.integers(1, 3))
    found = to_m2(before * draw.draw(st.integers(97, 103)) / 100 / m)
    keeps = m == 1 and draw.draw(st.booleans())
    labels = [old[0].label] if keeps else GRAMMAR.fresh_labels(m, village.ever)
    parcels = tuple(
        resurvey.Measured(**vars(village.child(label, found)), unit=unit, replaces=tuple(p.id for p in old))
        for label in labels
    )
    application = resurvey.Application(survey=Text("Resurvey"), part=1, parcels=parcels, notification=NOTICE)
    if village.order("resurvey", application, old, [found] * m):
        village.measured += found * m - before


def renumbered(village: Village, draw: st.DataObject) -> None:
    chosen = draw.draw(st.lists(st.sampled_from(village.standing()), min_size=1, max_size=3, unique=True))
    labels = [*[p.label for p in chosen[1:]], village.fresh() if len(chosen) == 1 else chosen[0].label]
    numbers = tuple(
        renumbering.NewNumber(parcel=p.id, label=ParcelLabel(label))
        for p, label in zip(chosen, labels, strict=True)
    )
    application = renumbering.Application(village=people.VILLAGE, parcels=numbers, notification=NOTICE)
    assert village.order("renumbering", application, [], [])


STEPS: list[Callable[[Village, st.DataObject], None]] = [
    subdivided,
    merged,
    edge_moved,
    surveyed,
    renumbered,
]


@settings(max_examples=80, deadline=None)
@given(st.data(), st.lists(st.sampled_from(STEPS), max_size=14))
def test_lineage_area_and_numbers_hold_after_any_history(
    data: st.DataObject, history: list[Callable[[Village, st.DataObject], None]]
) -> None:
    village = Village()
    land = total(p.area.m2 for p in village.standing())
    for step in history:
        retired = {i for i, p in village.record.parcels.items() if p.status == "retired"}
        step(village, data)
        _no_parcel_is_its_own_ancestor(village.record)
        _lineage_reads_the_same_from_both_ends(village.record)
        _numbers_differ(village.standing())
        _units_list_what_stands(village.record)
        assert all(village.record.parcels[i].status == "retired" for i in retired)
        assert total(p.area.m2 for p in village.standing()) == pytest.approx(
            land + village.measured, abs=Decimal("0.01")
        )


def _no_parcel_is_its_own_ancestor(record: Record) -> None:
    for parcel in record.parcels.values():
        assert parcel.id not in _ancestors(record, parcel.id)


def _ancestors(record: Record, parcel: ParcelId) -> set[ParcelId]:
    found: set[ParcelId] = set()
    todo = [*record.parcels[parcel].predecessors]
    while todo:
        here = todo.pop()
        if here not in found:
            found.add(here)
            todo += record.parcels[here].predecessors
    return found


def _lineage_reads_the_same_from_both_ends(record: Record) -> None:
    down = {(p.id, heir) for p in record.parcels.values() for heir in p.successors}
    up = {(before, p.id) for p in record.parcels.values() for before in p.predecessors}
    assert down == up
    assert all(bool(p.successors) == (p.status == "retired") for p in record.parcels.values())


def _numbers_differ(standing: Sequence[Parcel]) -> None:
    borne = Counter((p.village, p.label) for p in standing)
    assert [label for label, n in borne.items() if n > 1] == []


def _units_list_what_stands(record: Record) -> None:
    listed = Counter((u.id, p) for u in record.units.values() for p in u.parcels)
    standing = Counter((p.unit, p.id) for p in record.parcels.values() if p.status == "active")
    assert listed == standing


def test_a_field_divided_twice_and_merged_twice_bears_its_first_number_again() -> None:
    village = Village()
    field = village.record.parcels[people.FIELD]
    assert village.subdivide(field, 2)
    west, east = (village.record.parcels[i] for i in village.record.parcels[people.FIELD].successors)
    assert village.subdivide(west, 2)
    halves = [village.record.parcels[i] for i in village.record.parcels[west.id].successors]
    assert [p.label for p in halves] == ["101/1/1", "101/1/2"]
    assert not village.merge(halves, "300", former=(west.id,))
    assert village.merge(halves, "101/1", former=(west.id,))
    again = next(p for p in village.standing() if p.label == "101/1")
    assert again.id != west.id
    way = (people.FIELD, west.id, *(p.id for p in halves))
    assert not village.merge([again, east], "300", former=way)
    assert village.merge([again, east], "101", former=way)
    whole = next(p for p in village.standing() if p.label == "101")
    assert whole.area.m2 == field.area.m2
    assert {people.FIELD, west.id, east.id, again.id} <= _ancestors(village.record, whole.id)
