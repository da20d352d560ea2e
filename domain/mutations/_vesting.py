"""Land that comes to the state: whole parcels leave their unit for one of the state's, and change their class.

They come free of what bound the former holders.  What lay on them is not lost without a word: the order names every
charge of the unit, so that each lender is heard and paid out of what is due for the land.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

from domain.ids import ParcelId, UnitId
from domain.kit import GOVERNMENT_CLASSES, Answer, Broken, Citation, rule
from domain.languages import Phrase
from domain.law import Law
from domain.mutations._shared import RECORD_LAW, NewUnit, person, without
from domain.record import Holding, Parcel, Record, Unit
from domain.restrictions import KINDS
from domain.values import Party, PartyRef, UnitLabel

PROCEEDS = Citation("Transfer of Property Act 1882", "s. 73(2)")
_ENDS = {k.name for k in KINDS.values() if k.by_order} - {"prohibited-list"}
"""Restrictions on a holder's rights, which end when the state holds the land."""


@dataclass(frozen=True, kw_only=True)
class Receiver:
    """The state's unit: one that stands, or a new one with the authority that holds it."""

    into: UnitId | None = None
    new_unit: NewUnit | None = None
    authority: Party | None = None


@dataclass(frozen=True, kw_only=True)
class Received:
    """The state's unit in the log: the authority as a commitment."""

    into: UnitId | None
    new_unit: NewUnit | None
    authority: PartyRef | None


def received(receiver: Receiver) -> Received:
    authority = receiver.authority.commitment if receiver.authority else None
    return Received(into=receiver.into, new_unit=receiver.new_unit, authority=authority)


@rule(
    "the form names one unit that receives the land; a new one with the authority that holds it",
    source=RECORD_LAW,
    remedy="Give the state's unit of the village, or a new unit and the department or body that is to hold it.",
    first=True,
)
def it_says_who_receives(a: Any, record: Record, law: Law) -> Answer:
    r: Receiver = a.receiver
    return (r.into is None) == (r.new_unit is not None) == (r.authority is not None)


@rule(
    "the receiving unit is another one of the same village, and bears no charge",
    source=RECORD_LAW,
    remedy="Open a new unit for the land.",
)
def the_state_may_receive(a: Any, record: Record, law: Law) -> Answer:
    if a.receiver.into is None:
        return True
    unit, into = record.units[a.unit], record.units[a.receiver.into]
    return into.id != unit.id and into.village == unit.village and not into.charges


@rule(
    "the land becomes the government's by its class",
    source=RECORD_LAW,
    remedy=Phrase(
        "Give one of the government's classes: {classes}.", classes=", ".join(sorted(GOVERNMENT_CLASSES))
    ),
)
def the_class_is_the_governments(a: Any, record: Record, law: Law) -> Answer:
    return a.land_class in GOVERNMENT_CLASSES


@rule(
    "the land is not the government's already",
    source=RECORD_LAW,
    remedy="Leave out the parcels that the government holds.",
)
def the_land_is_private(a: Any, record: Record, law: Law) -> Answer:
    own = [
        record.parcels[p].label
        for p in _taken(a)
        if p in record.parcels and record.parcels[p].land_class in GOVERNMENT_CLASSES
    ]
    return Broken(", ".join(own)) if own else True


@rule(
    "some land is named, each parcel once, and all of it belongs to the unit",
    source=RECORD_LAW,
    remedy="Name the unit that holds the parcels today; land of several units takes an order for each.",
)
def the_land_is_of_the_unit(a: Any, record: Record, law: Law) -> Answer:
    taken = _taken(a)
    strange = [p for p in taken if record.parcels[p].unit != a.unit]
    if not taken or len(set(taken)) != len(taken):
        return Broken("a parcel is named twice" if taken else "none is named")
    return Broken(", ".join(strange)) if strange else True


@rule(
    "every charge on the unit is named, and none that is not there",
    source=PROCEEDS,
    remedy="Name each charge by its commitment: its holder is heard, and is paid out of what is due for the land.",
)
def charge_holders_are_heard(a: Any, record: Record, law: Law) -> Answer:
    lying = {c.details for c in record.units[a.unit].charges}
    unheard, strange = lying - set(a.charges_met), set(a.charges_met) - lying
    if unheard or strange:
        return Broken(
            "{unheard} are not named, {strange} are not on {unit}",
            unheard=len(unheard),
            strange=len(strange),
            unit=a.unit,
        )
    return True


def _taken(a: Any) -> tuple[ParcelId, ...]:
    """All that the order touches: whole parcels, and one that it divides."""
    divided: tuple[ParcelId, ...] = a.retires() if hasattr(a, "retires") else ()
    return (*a.parcels, *divided)


VESTING = (
    it_says_who_receives,
    the_state_may_receive,
    the_class_is_the_governments,
    the_land_is_private,
    the_land_is_of_the_unit,
    charge_holders_are_heard,
)


def states_unit(to: Received, unit: Unit, record: Record) -> Unit:
    """The unit that receives the land, before it does."""
    if to.into is not None:
        return record.units[to.into]
    if to.new_unit is None or to.new_unit.id is None or to.authority is None:
        raise ValueError("a new unit has its id and its holder before it is applied")  # seen to by the rules
    return Unit(
        id=to.new_unit.id,
        village=unit.village,
        office=unit.office,
        label=to.new_unit.label,
        tenure="public",
        parcels=(),
        shares=(Holding(to.authority, Fraction(1)),),
    )


def vested(parcel: Parcel, unit: UnitId, land_class: str, use: str | None = None) -> Parcel:
    """The parcel in the state's hands: free of what bound the holders; suits about it stay noted."""
    kept = tuple(r for r in parcel.restrictions if r.kind not in _ENDS and r.on is None)
    return replace(parcel, unit=unit, land_class=land_class, use=use or parcel.use, restrictions=kept)


def left_behind(unit: Unit, parcels: Iterable[ParcelId]) -> Unit:
    """The holders' unit with what remains; when nothing does, its charges have gone over to what is due for it."""
    after = without(unit, parcels)
    return replace(after, charges=() if after.status == "closed" else after.charges)


# The state's units of the worked examples.

PUBLIC_WORKS = replace(person("Public Works Department"), kind="government")
STATES_KHATA = UnitId("999101-U000900")
FOR_THE_ROAD = Receiver(new_unit=NewUnit(label=UnitLabel("900"), id=STATES_KHATA), authority=PUBLIC_WORKS)
