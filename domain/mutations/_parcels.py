"""Parcels that are retired and parcels that take up their land: the papers, the rules of measuring, and the lineage.

A parcel whose shape ends is retired and names its successors; those that take up its land name it as predecessor and
get ids of their own, for an id is never given twice.  An application says which parcels it ``retires()`` and which
are ``born()`` of them, and the rules here ask it that.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any, ClassVar, Protocol

from domain.ids import ParcelId, UnitId
from domain.kit import Answer, Broken, Citation, rule
from domain.languages import Phrase
from domain.law import Law
from domain.mutations._shared import RECORD_LAW, SISTERS, STANDING, new_labels_are_free
from domain.numbering import grammar_of
from domain.quantities import Area, total
from domain.record import Parcel, Record, Restriction, Unit
from domain.survey import Survey
from domain.values import Deed, Digest, ParcelLabel, Salt, Text, issued

SUBDIVISION = Citation("Landlog", "a split leaves no gap, no overlap and no splinter")


@dataclass(frozen=True, kw_only=True)
class Sketch(Deed):
    """The surveyor's certified measurement: tatima, 11E sketch, tippan or field measurement book."""

    FIELD: ClassVar[str] = "sketch"


@dataclass(frozen=True, kw_only=True)
class Notification(Deed):
    """The government's order or gazette notification on which an authority acts of its own motion."""

    FIELD: ClassVar[str] = "notification"


@dataclass(frozen=True, kw_only=True)
class Child:
    """A new parcel, with its boundary: a part of one that is split, or what several become."""

    label: ParcelLabel
    area: Area
    geometry: Digest
    """SHA-256 of the child's canonical geometry bytes."""
    id: ParcelId | None = issued("parcel")  # noqa: RUF009  # a dataclasses.field with metadata


class Redrawing(Protocol):
    """An application that retires parcels and brings others in their place."""

    def retires(self) -> tuple[ParcelId, ...]:
        """The parcels whose shape ends."""

    def born(self) -> tuple[Child, ...]:
        """Those that take up their land."""


@dataclass(frozen=True, kw_only=True)
class Redrawn:
    """What an application of another form comes to."""

    gone: tuple[ParcelId, ...]
    come: tuple[Child, ...]

    def retires(self) -> tuple[ParcelId, ...]:
        return self.gone

    def born(self) -> tuple[Child, ...]:
        return self.come


def shapes_of(a: Redrawing) -> tuple[tuple[ParcelId, ...], tuple[Digest, ...]] | None:
    """What the cadastre must measure before the decision: parents and the shapes of their children."""
    return (a.retires(), tuple(c.geometry for c in a.born())) if a.retires() else None


@rule(
    "the cadastre has measured the new boundaries",
    source=SUBDIVISION,
    remedy="Give the new shapes; a parcel without a map is surveyed before its boundary changes.",
)
def shapes_are_measured(a: Redrawing, record: Record, law: Law) -> Answer:
    return not a.retires() or (record.survey is not None and record.survey.parent_m2 > 0)


@rule(
    "the new parcels are valid shapes that fill the old land and do not overlap",
    source=SUBDIVISION,
    remedy="Draw the boundary again: a line that divides runs from outside of the parcel through it to the outside.",
)
def children_fill_the_parent(a: Any, record: Record, law: Law) -> Answer:
    survey = record.survey
    if survey is None:
        return True
    limit = law.figure("split-gap").value
    wrong = (
        Phrase("uncovered {m2} m2", m2=survey.gap_m2),
        Phrase("covered twice {m2} m2", m2=survey.overlap_m2),
        Phrase("outside {m2} m2", m2=survey.outside_m2),
    )
    areas = (survey.gap_m2, survey.overlap_m2, survey.outside_m2)
    found = [*survey.faults, *(words for words, m2 in zip(wrong, areas, strict=True) if m2 > limit)]
    return Broken.joined(found) if found else True


@rule(
    "no new parcel is a splinter",
    source=SUBDIVISION,
    remedy="Move the line so that each parcel can be found on the ground.",
)
def no_child_is_a_splinter(a: Any, record: Record, law: Law) -> Answer:
    survey = record.survey
    if survey is None:
        return True
    area, width = law.figure("least-area").value, law.figure("least-width").value
    small = [Phrase("{m2} m2", m2=m2) for m2 in survey.children_m2 if m2 < area]
    narrow = [Phrase("{width} m wide", width=survey.narrowest_m)] if survey.narrowest_m < width else []
    return Broken.joined(small + narrow) if small or narrow else True


@rule(
    "the new parcels still meet the neighbours of the old land",
    source=SUBDIVISION,
    remedy="Keep the outer boundary as it stands; correct it by a boundary correction, with the neighbours heard.",
)
def children_meet_the_neighbours(a: Any, record: Record, law: Law) -> Answer:
    edges = record.survey.unmatched_edges if record.survey else 0
    return Broken("{count} neighbours no longer meet", count=edges) if edges else True


@rule(
    "the recorded areas of the new parcels make up that of the old land",
    source=SUBDIVISION,
    remedy="Divide the recorded area as it stands; it is the recorded figures that must balance.",
)
def recorded_areas_balance(a: Redrawing, record: Record, law: Law) -> Answer:
    if not a.retires():
        return True
    before = recorded_m2(a.retires(), record)
    added = total(c.area.m2 for c in a.born())
    rounding = Decimal("0.0001") * len(a.born())  # each child is rounded once
    return abs(added - before) <= rounding or Broken(
        "they add up to {added} m2, it has {before} m2", added=added, before=before
    )


@rule(
    "each new parcel's recorded area agrees with its shape",
    source=SUBDIVISION,
    remedy="Divide the recorded area in the proportion in which the line divides the drawn one.",
)
def recorded_areas_agree_with_shapes(a: Redrawing, record: Record, law: Law) -> Answer:
    survey = record.survey
    if survey is None or not a.retires() or not survey.parent_m2:
        return True
    before = recorded_m2(a.retires(), record)
    limit = before * law.figure("split-area-tolerance").value / 100
    wrong = [
        Phrase(
            "{parcel}: recorded {recorded} m2, by its shape {drawn} m2",
            parcel=child.label,
            recorded=child.area.m2,
            drawn=f"{expected:.2f}",
        )
        for child, drawn in zip(a.born(), survey.children_m2, strict=True)
        if abs(child.area.m2 - (expected := before * drawn / survey.parent_m2)) > limit
    ]
    return Broken.joined(wrong) if wrong else True


@rule(
    "each new number follows the state's manner of numbering",
    source=Citation("Landlog", "domain/numbering.py, each state's grammar with its own law"),
    remedy="Take the numbers that the registry proposes, or write yours as the state's record does.",
)
def labels_follow_the_grammar(a: Redrawing, record: Record, law: Law) -> Answer:
    grammar = grammar_of(law.state)
    strange = [c.label for c in a.born() if not grammar.fits(c.label)]
    return Broken(", ".join(strange)) if strange else True


MEASURED = (
    shapes_are_measured,
    children_fill_the_parent,
    no_child_is_a_splinter,
    children_meet_the_neighbours,
    recorded_areas_balance,
    recorded_areas_agree_with_shapes,
    labels_follow_the_grammar,
)
"""What holds of every new drawing of parcels that leaves the land as a whole where it lies."""


@rule(
    "the new labels differ from each other, and are free in the village or fall free by this very order",
    source=RECORD_LAW,
    remedy="Give the next free numbers after the state's manner of numbering.",
)
def labels_are_free_or_freed(a: Any, record: Record, law: Law) -> Answer:
    """A number given up and given again by one order is borne by one parcel before it and by one after."""
    freed = {str(identifier) for identifier in a.frees()}
    others = {label: bearer for label, bearer in record.labels.items() if bearer not in freed}
    return new_labels_are_free.holds(a, replace(record, labels=others), law)


REORDERING = tuple(labels_are_free_or_freed if r is new_labels_are_free else r for r in STANDING)
"""The rules of ``STANDING`` for an order whose new numbers may be those that it frees: it ``frees()`` some."""


@rule(
    "each parcel is named once and belongs to the unit",
    source=RECORD_LAW,
    remedy="Name the unit that holds the parcels today, and each of them one time.",
)
def parcels_are_of_the_unit(a: Any, record: Record, law: Law) -> Answer:
    parcels = a.retires()
    strange = [p for p in parcels if record.parcels[p].unit != a.unit]
    if len(set(parcels)) != len(parcels):
        return Broken("a parcel is named twice")
    return Broken(", ".join(strange)) if strange else True


def recorded_m2(parcels: Iterable[ParcelId], record: Record) -> Decimal:
    """The recorded area of some parcels together."""
    return total(record.parcels[p].area.m2 for p in parcels)


def ids_of(children: Iterable[Child]) -> tuple[ParcelId, ...]:
    """The ids that the office has given them."""
    ids = tuple(c.id for c in children)
    if None in ids:
        raise ValueError("a new parcel has its id before it is applied")  # `complete` has seen to it
    return tuple(ParcelId(str(i)) for i in ids)


def successor(child: Child, parents: Sequence[Parcel], unit: UnitId) -> Parcel:
    """The parcel that takes up land of ``parents``: theirs in all but number, shape and area.

    What lies on any of the parents lies on it.  A ULPIN follows from the vertices: it waits for its own.
    """
    (identifier,) = ids_of([child])
    return replace(
        parents[0],
        id=identifier,
        label=child.label,
        unit=unit,
        area=child.area,
        geometry=child.geometry,
        ulpin=None,
        former_labels=tuple(dict.fromkeys(label for p in parents for label in p.former_labels)),
        restrictions=_carried(parents),
        predecessors=tuple(p.id for p in parents),
        successors=(),
        pending=(),
    )


def retired(parcel: Parcel, successors: Iterable[ParcelId]) -> Parcel:
    """The parcel as it stays in the record for ever, with those that took up its land."""
    return replace(parcel, status="retired", successors=tuple(successors))


def relabelled(parcel: Parcel, label: ParcelLabel) -> Parcel:
    """The parcel under another number, with the one that it bore among its former ones."""
    if label == parcel.label:
        return parcel
    former = dict.fromkeys([*parcel.former_labels, parcel.label])
    return replace(parcel, label=label, former_labels=tuple(former))


def with_parcels(unit: Unit, gone: Iterable[ParcelId], come: Iterable[ParcelId]) -> Unit:
    """The unit after some of its parcels have been taken up by others."""
    left = set(gone)
    return replace(unit, parcels=(*(p for p in unit.parcels if p not in left), *come))


def _carried(parents: Iterable[Parcel]) -> tuple[Restriction, ...]:
    found = {(r.kind, r.on, r.details): r for p in reversed(list(parents)) for r in reversed(p.restrictions)}
    return tuple(reversed(found.values()))


# A line through the sisters' field, for the worked examples.

SKETCH = Sketch(
    number=Text("FMB/2026/118"),
    made=date(2026, 10, 20),
    by=Text("Surveyor, Devgarh circle"),
    salt=Salt(b"k" * 32),
)
NOTICE = Notification(
    number=Text("REV/2026/77"),
    made=date(2026, 9, 1),
    by=Text("Collector, Devgarh"),
    salt=Salt(b"n" * 32),
)
WEST = Child(
    id=ParcelId("999101-000901"),
    label=ParcelLabel("101/1"),
    area=Area(Decimal("1500.0000"), "0.1500", "hectare"),
    geometry=Digest("A" * 43 + "="),
)
EAST = Child(
    id=ParcelId("999101-000902"),
    label=ParcelLabel("101/2"),
    area=Area(Decimal("2500.0000"), "0.2500", "hectare"),
    geometry=Digest("B" * 42 + "A="),
)
DRAWN = Survey(
    parent_m2=Decimal("4010.00"),
    parents_m2=(Decimal("4010.00"),),
    children_m2=(Decimal("1503.00"), Decimal("2507.00")),
    gap_m2=Decimal("0.00"),
    overlap_m2=Decimal("0.00"),
    outside_m2=Decimal("0.00"),
    narrowest_m=Decimal("18.20"),
    unmatched_edges=0,
    faults=(),
)
"""What the cadastre measures of ``WEST`` and ``EAST``."""
SKETCHED = replace(SISTERS, survey=DRAWN)
