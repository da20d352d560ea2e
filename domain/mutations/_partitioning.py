"""Partition: what dividing a unit among its holders is, whether they agree on it or a court orders it.

Every holder and every parcel of the unit goes to exactly one portion.  One portion may keep the unit, the others
are opened as new units.  A parcel that is split is retired and its children name it as their predecessor.  A charge
on the whole unit stays on every portion; what lies on one holder goes where that holder goes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any, Protocol

from domain.ids import ParcelId, UnitId
from domain.kit import Answer, Broken, Citation, State, rule
from domain.law import Law
from domain.mutations._shared import RECORD_LAW, NewUnit, moved
from domain.quantities import Area, total
from domain.record import Holding, Parcel, Record, Unit
from domain.survey import Survey
from domain.values import Digest, ParcelLabel, PartyRef, issued

SUBDIVISION = Citation("Landlog", "a split leaves no gap, no overlap and no splinter")


@dataclass(frozen=True, kw_only=True)
class Child:
    """A part of a parcel that is split, with its new boundary."""

    label: ParcelLabel
    area: Area
    geometry: Digest
    """SHA-256 of the child's canonical geometry bytes."""
    id: ParcelId | None = issued("parcel")  # noqa: RUF009  # a dataclasses.field with metadata


@dataclass(frozen=True, kw_only=True)
class Portion:
    """What some of the holders take: parcels as they are, or children of a parcel that is split."""

    holders: tuple[PartyRef, ...]
    parcels: tuple[ParcelId, ...] = ()
    children: tuple[Child, ...] = ()
    new_unit: NewUnit | None = None
    """Empty for the one portion that keeps the unit."""


class Division(Protocol):
    """What an application or an event says of a division."""

    @property
    def unit(self) -> UnitId: ...

    @property
    def portions(self) -> tuple[Portion, ...]: ...

    @property
    def split(self) -> ParcelId | None: ...


@rule(
    "the form gives children exactly where it names a parcel to split",
    source=RECORD_LAW,
    remedy="Name the parcel that is split and give at least two children with their shapes, or neither.",
    first=True,
)
def children_have_a_parent(a: Any, record: Record, law: Law) -> Answer:
    count = len(children_of(a))
    return count >= 2 if a.split else count == 0


@rule(
    "there are at least two portions, and at most one keeps the unit",
    source=RECORD_LAW,
    remedy="Open a new unit for every portion but one.",
)
def portions_divide(a: Any, record: Record, law: Law) -> Answer:
    return len(a.portions) >= 2 and sum(p.new_unit is None for p in a.portions) <= 1


@rule(
    "every holder of the unit is in exactly one portion",
    source=Citation("Code of Civil Procedure 1908", "O. XX r. 18"),
    remedy="Place each recorded holder in one portion; a stranger gets land by sale or gift, not by partition.",
)
def every_holder_has_one_portion(a: Any, record: Record, law: Law) -> Answer:
    placed = Counter(h for p in a.portions for h in p.holders)
    holders = record.units[a.unit].holders
    absent, strange = holders - set(placed), set(placed) - holders
    twice = [h for h, n in placed.items() if n > 1]
    if absent or strange or twice or not all(p.holders for p in a.portions):
        return Broken(
            f"{len(absent)} holders have none, {len(twice)} have two, {len(strange)} are not holders of {a.unit}"
        )
    return True


@rule(
    "every parcel of the unit is in exactly one portion, or is the one that is split",
    source=RECORD_LAW,
    remedy="Place each parcel of the khata in one portion.",
)
def every_parcel_has_one_portion(a: Any, record: Record, law: Law) -> Answer:
    placed = Counter(p for portion in a.portions for p in portion.parcels)
    placed.update([a.split] if a.split else [])
    parcels = set(record.units[a.unit].parcels)
    wrong = (parcels ^ set(placed)) | {p for p, n in placed.items() if n > 1}
    return Broken(", ".join(sorted(wrong))) if wrong else True


@rule(
    "every portion has land",
    source=RECORD_LAW,
    remedy="Give each portion a parcel or a child; a holder who takes money instead releases the share.",
)
def every_portion_has_land(a: Any, record: Record, law: Law) -> Answer:
    return all(p.parcels or p.children for p in a.portions)


@rule(
    "the cadastre has measured the new boundaries",
    source=SUBDIVISION,
    remedy="Give the shapes of the children; a parcel without a map is surveyed before it is split.",
)
def shapes_are_measured(a: Any, record: Record, law: Law) -> Answer:
    return a.split is None or bool(record.survey and record.survey.parent_m2)


@rule(
    "the children are valid shapes that fill their parent and do not overlap",
    source=SUBDIVISION,
    remedy="Draw the line again: from outside of the parcel through it to the outside.",
)
def children_fill_the_parent(a: Any, record: Record, law: Law) -> Answer:
    survey = record.survey
    if survey is None:
        return True
    limit = law.figure("split-gap").value
    wrong = {"uncovered": survey.gap_m2, "covered twice": survey.overlap_m2, "outside": survey.outside_m2}
    found = [*survey.faults, *(f"{name} {m2} m2" for name, m2 in wrong.items() if m2 > limit)]
    return Broken("; ".join(found)) if found else True


@rule(
    "no child is a splinter",
    source=SUBDIVISION,
    remedy="Move the line so that each part can be found on the ground.",
)
def no_child_is_a_splinter(a: Any, record: Record, law: Law) -> Answer:
    survey = record.survey
    if survey is None:
        return True
    area, width = law.figure("least-area").value, law.figure("least-width").value
    small = [f"{m2} m2" for m2 in survey.children_m2 if m2 < area]
    narrow = [f"{survey.narrowest_m} m wide"] if survey.narrowest_m < width else []
    return Broken("; ".join(small + narrow)) if small or narrow else True


@rule(
    "the children still meet the neighbours of their parent",
    source=SUBDIVISION,
    remedy="Keep the outer boundary as it stands; correct it by a boundary correction, with the neighbours heard.",
)
def children_meet_the_neighbours(a: Any, record: Record, law: Law) -> Answer:
    edges = record.survey.unmatched_edges if record.survey else 0
    return Broken(f"{edges} neighbours no longer meet") if edges else True


@rule(
    "the recorded areas of the children make up the parent's",
    source=SUBDIVISION,
    remedy="Divide the recorded area of the parent; it is the recorded figures that must balance.",
)
def recorded_areas_balance(a: Any, record: Record, law: Law) -> Answer:
    if a.split is None:
        return True
    parent = record.parcels[a.split].area.m2
    added = total(c.area.m2 for c in children_of(a))
    rounding = Decimal("0.0001") * len(children_of(a))  # each child is rounded once
    return abs(added - parent) <= rounding or Broken(f"they add up to {added} m2, the parent has {parent} m2")


@rule(
    "each child's recorded area agrees with its shape",
    source=SUBDIVISION,
    remedy="Divide the recorded area in the proportion in which the line divides the drawn one.",
)
def recorded_areas_agree_with_shapes(a: Any, record: Record, law: Law) -> Answer:
    survey = record.survey
    if survey is None or a.split is None or not survey.parent_m2:
        return True
    parent = record.parcels[a.split].area.m2
    limit = parent * law.figure("split-area-tolerance").value / 100
    wrong = [
        f"{child.label}: recorded {child.area.m2} m2, by its shape {expected:.2f} m2"
        for child, drawn in zip(children_of(a), survey.children_m2, strict=True)
        if abs(child.area.m2 - (expected := parent * drawn / survey.parent_m2)) > limit
    ]
    return Broken("; ".join(wrong)) if wrong else True


DIVISION = (
    children_have_a_parent,
    portions_divide,
    every_holder_has_one_portion,
    every_parcel_has_one_portion,
    every_portion_has_land,
    shapes_are_measured,
    children_fill_the_parent,
    no_child_is_a_splinter,
    children_meet_the_neighbours,
    recorded_areas_balance,
    recorded_areas_agree_with_shapes,
)
"""The rules of every division, whoever orders it."""


def shapes_of(division: Division) -> tuple[tuple[ParcelId, ...], tuple[Digest, ...]] | None:
    """What the cadastre must measure before the decision: the parent and the shapes of its children."""
    if division.split is None:
        return None
    return (division.split,), tuple(c.geometry for c in children_of(division))


def divided(division: Division, record: Record) -> tuple[State, ...]:
    """The units of the portions, the parcels that moved, the parent that was retired and its children."""
    unit = record.units[division.unit]
    after: list[State] = []
    for portion in division.portions:
        became = _unit_of(portion, unit)
        children = _born(portion.children, division, record, became)
        parcels = [*portion.parcels, *(c.id for c in children)]
        after.append(replace(became, parcels=tuple(parcels)))
        after += children
        after += [moved(record.parcels[p], became.id) for p in portion.parcels if became.id != unit.id]
    if division.split:
        born = tuple(ParcelId(str(c.id)) for c in children_of(division))
        after.append(replace(record.parcels[division.split], status="retired", successors=born))
    if all(p.new_unit for p in division.portions):
        after.append(replace(unit, status="closed", parcels=()))
    return tuple(after)


def _unit_of(portion: Portion, unit: Unit) -> Unit:
    holdings = tuple(h for h in unit.shares if h.party in portion.holders)
    charges = tuple(c for c in unit.charges if c.on is None or c.on in portion.holders)
    restrictions = tuple(r for r in unit.restrictions if r.on is None or r.on in portion.holders)
    unit = replace(unit, shares=_made_whole(holdings), charges=charges, restrictions=restrictions)
    new = portion.new_unit
    if new is None:
        return unit
    if new.id is None:
        raise ValueError("a new unit has its id before it is applied")  # `complete` has seen to it
    return replace(unit, id=new.id, label=new.label, pending=())


def _made_whole(holdings: Sequence[Holding]) -> tuple[Holding, ...]:
    """The holders' shares of their portion: in the proportion in which they stood to each other before."""
    if len(holdings) == 1:
        return (Holding(holdings[0].party, Fraction(1)),)
    if any(h.share is None for h in holdings):
        return tuple(holdings)
    together = sum((h.share for h in holdings if h.share), Fraction(0))
    return tuple(Holding(h.party, h.share / together) for h in holdings if h.share)


def _born(children: Sequence[Child], division: Division, record: Record, unit: Unit) -> list[Parcel]:
    return [_child(c, record.parcels[division.split], unit) for c in children] if division.split else []


def _child(child: Child, parent: Parcel, unit: Unit) -> Parcel:
    if child.id is None:
        raise ValueError("a new parcel has its id before it is applied")  # `complete` has seen to it
    return replace(
        parent,
        id=child.id,
        label=child.label,
        unit=unit.id,
        area=child.area,
        geometry=child.geometry,
        ulpin=None,  # a ULPIN follows from the vertices: the children wait for theirs
        predecessors=(parent.id,),
        successors=(),
        pending=(),
    )


def children_of(a: Division) -> list[Child]:
    return [c for p in a.portions for c in p.children]


def split_in_words(division: Division, record: Record) -> str:
    """The parcel that was split and its children, for the sentence in the record; empty where none was."""
    parent = record.parcels.get(division.split) if division.split else None
    labels = ", ".join(c.label for c in children_of(division))
    return f" ({parent.label} → {labels})" if parent else ""


# A line through the sisters' field, for the worked examples.

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
MEASURED = Survey(
    parent_m2=Decimal("4010.00"),
    children_m2=(Decimal("1503.00"), Decimal("2507.00")),
    gap_m2=Decimal("0.00"),
    overlap_m2=Decimal("0.00"),
    outside_m2=Decimal("0.00"),
    narrowest_m=Decimal("18.20"),
    unmatched_edges=0,
    faults=(),
)
