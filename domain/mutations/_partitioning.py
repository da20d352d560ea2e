"""Partition: what dividing a unit among its holders is, whether they agree on it or a court orders it.

Every holder and every parcel of the unit goes to exactly one portion.  One portion may keep the unit, the others
are opened as new units.  A parcel that is split is retired and its children name it as their predecessor.  A charge
on the whole unit stays on every portion; what lies on one holder goes where that holder goes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Protocol

from domain.ids import ParcelId, UnitId
from domain.kit import Answer, Broken, Citation, Rule, State, rule
from domain.law import Law
from domain.mutations import _parcels
from domain.mutations._parcels import (
    Child,
    Redrawn,
    ids_of,
    retired,
    successor,
)
from domain.mutations._people import can_be_written
from domain.mutations._shared import RECORD_LAW, NewUnit, moved
from domain.record import Holding, Parcel, Record, Unit
from domain.values import Digest, PartyRef


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
            "{absent} holders have none, {twice} have two, {strange} are not holders of {unit}",
            absent=len(absent),
            twice=len(twice),
            strange=len(strange),
            unit=a.unit,
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
    "the shares in each portion are not finer than the record can write",
    source=RECORD_LAW,
    remedy="Give the holders of such a portion one each, or settle on simpler shares first.",
)
def portions_can_be_written(a: Any, record: Record, law: Law) -> Answer:
    unit = record.units[a.unit]
    return all(can_be_written(h.share for h in _unit_of(p, unit).shares) for p in a.portions)


def _of_division(measuring: Rule) -> Rule:
    return replace(measuring, holds=lambda a, record, law: measuring.holds(_redrawn(a), record, law))


def _redrawn(a: Division) -> Redrawn:
    return Redrawn(gone=(a.split,) if a.split else (), come=tuple(children_of(a)))


DIVISION = (
    children_have_a_parent,
    portions_divide,
    every_holder_has_one_portion,
    every_parcel_has_one_portion,
    every_portion_has_land,
    portions_can_be_written,
    *map(_of_division, _parcels.MEASURED),
)
"""The rules of every division, whoever orders it."""


def shapes_of(division: Division) -> tuple[tuple[ParcelId, ...], tuple[Digest, ...]] | None:
    """What the cadastre must measure before the decision: the parent and the shapes of its children."""
    return _parcels.shapes_of(_redrawn(division))


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
        after.append(retired(record.parcels[division.split], ids_of(children_of(division))))
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
    return (
        [successor(c, [record.parcels[division.split]], unit.id) for c in children] if division.split else []
    )


def children_of(a: Division) -> list[Child]:
    return [c for p in a.portions for c in p.children]


def split_in_words(division: Division, record: Record) -> str:
    """The parcel that was split and its children, for the sentence in the record; empty where none was."""
    parent = record.parcels.get(division.split) if division.split else None
    labels = ", ".join(c.label for c in children_of(division))
    return f" ({parent.label} → {labels})" if parent else ""


WEST, EAST, MEASURED = _parcels.WEST, _parcels.EAST, _parcels.DRAWN
"""The line through the sisters' field, for the worked examples."""
