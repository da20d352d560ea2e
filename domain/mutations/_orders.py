"""Entries by order: what a court's or an officer's order lies on, how it is entered there, and how it is lifted.

An order lies on units, on one holder of a unit, or on parcels named one by one.  The entry is named by the commitment
to the order that made it; where parcels are divided afterwards, the children bear the same entry.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from domain.ids import ParcelId, UnitId
from domain.kit import Answer, Broken, Citation, Rule, State, rule
from domain.languages import LANGUAGES, Phrase
from domain.law import Law, tenures
from domain.mutations._shared import FIELD, KHATA, NOTHING_BARS, RECORD_LAW, SISTERS, STANDING
from domain.record import Commitment, Parcel, Record, Restriction, Unit
from domain.restrictions import KINDS, words
from domain.values import Cnr, CourtOrder, Deed, EntryRef, PartyRef, Salt, Text


@dataclass(frozen=True, kw_only=True)
class Land:
    """What an order lies on: units, one holder of a single unit, or parcels."""

    units: tuple[UnitId, ...] = ()
    parcels: tuple[ParcelId, ...] = ()
    on: PartyRef | None = None
    """The holder whom alone it binds, where it names a single unit."""


@dataclass(frozen=True, kw_only=True)
class EntryAsked:
    """What every application to enter a court's paper says."""

    land: Land
    order: CourtOrder
    """The paper of the court: its number, day, court and case."""
    cnr: Cnr | None = None
    """The case's number in the courts' own record, by which anybody can look the suit up."""


@dataclass(frozen=True, kw_only=True)
class Entered:
    """What every event of such an entry says; ``order`` commits to the paper and names the entry from then on."""

    land: Land
    order: EntryRef
    cnr: Cnr | None


@dataclass(frozen=True, kw_only=True)
class RemovalAsked:
    """What every application to take such an entry off says."""

    land: Land
    """All that bears the entry and is freed of it; the children of a parcel that was divided among it."""
    entry: EntryRef | None
    """The entry, by its details in the record; null for one that an older record shows without its paper."""
    order: CourtOrder
    """The order by which it goes."""


@dataclass(frozen=True, kw_only=True)
class Removed:
    """What every event of such a removal says; ``order`` commits to the paper by which the entry went."""

    land: Land
    entry: EntryRef | None
    order: EntryRef


@rule(
    "the order says what it lies on: units, one holder of a unit, or parcels; each once",
    source=RECORD_LAW,
    remedy="Name the khatas or the fields of the order; for one holder name his or her khata alone.",
    first=True,
)
def it_says_what_it_lies_on(a: Any, record: Record, law: Law) -> Answer:
    land: Land = a.land
    things = [*land.units, *land.parcels]
    clear = bool(things) and len(set(things)) == len(things)
    return clear and (land.on is None or (len(land.units) == 1 and not land.parcels))


@rule(
    "the holder whom the order binds holds in the unit",
    source=RECORD_LAW,
    remedy="Name a holder whom the record shows, or let the order lie on the whole unit.",
)
def the_holder_stands(a: Any, record: Record, law: Law) -> Answer:
    land: Land = a.land
    return land.on is None or land.on in record.units[land.units[0]].holders


def entering(is_new: Rule) -> tuple[Rule, ...]:
    """The rules of an entry, the one that it is not made twice last."""
    return (*STANDING, NOTHING_BARS["order"], it_says_what_it_lies_on, the_holder_stands, is_new)


def removing(stands: Rule) -> tuple[Rule, ...]:
    """The rules of a removal, the one that what is removed lies there last."""
    return (*STANDING, NOTHING_BARS["order"], it_says_what_it_lies_on, stands)


def placed(land: Land, record: Record, kind: str, details: Commitment) -> tuple[State, ...]:
    """The units and parcels with the entry on them."""
    return _each(land, record, lambda lying: (*lying, Restriction(kind=kind, on=land.on, details=details)))


def removed(land: Land, record: Record, kind: str, details: Commitment | None) -> tuple[State, ...]:
    """The units and parcels without the entry."""
    return _each(land, record, lambda lying: tuple(r for r in lying if not _is(r, land, kind, details)))


def _each(
    land: Land, record: Record, change: Callable[[Sequence[Restriction]], tuple[Restriction, ...]]
) -> tuple[State, ...]:
    return tuple(replace(s, restrictions=change(s.restrictions)) for s in on_land(land, record))


def on_land(land: Land, record: Record) -> list[Parcel | Unit]:
    """The states that the order names."""
    return [*(record.units[u] for u in land.units), *(record.parcels[p] for p in land.parcels)]


def without_it(land: Land, record: Record, kind: str, details: Commitment | None) -> list[str]:
    """What of the land does not bear the entry."""
    return [
        s.id for s in on_land(land, record) if not any(_is(r, land, kind, details) for r in s.restrictions)
    ]


def _is(lying: Restriction, land: Land, kind: str, details: Commitment | None) -> bool:
    return (lying.kind, lying.on, lying.details) == (kind, land.on, details)


def entry_stands(kind_of: Callable[[Any], str]) -> Rule:
    """The rule that what is to be lifted lies there; ``kind_of`` says which kind the application lifts."""

    @rule(
        "each unit and parcel named bears the entry that is lifted",
        source=RECORD_LAW,
        remedy="Name the entry by the commitment that the record shows for it, on things that bear it.",
    )
    def the_entry_stands(a: Any, record: Record, law: Law) -> Answer:
        free = without_it(a.land, record, kind_of(a), a.entry)
        return Broken("not on {things}", things=", ".join(free)) if free else True

    return the_entry_stands


def entry_is_new(kind_of: Callable[[Any], str]) -> Rule:
    """The rule that the same order is not entered twice."""

    @rule(
        "the same order is not entered already",
        source=RECORD_LAW,
        remedy="Nothing is to be done: the record shows it.",
    )
    def the_entry_is_new(a: Any, record: Record, law: Law) -> Answer:
        things = on_land(a.land, record)
        free = without_it(a.land, record, kind_of(a), a.order.commitment)
        return len(free) == len(things) or Broken("some of the land bears it")

    return the_entry_is_new


@rule(
    "the kind is one that an officer's order notes and removes",
    source=Citation("Landlog", "domain/restrictions.toml"),
    remedy=Phrase(
        "Known: {known}; others have an entry of their own.",
        known=", ".join(k.name for k in KINDS.values() if k.by_order),
    ),
)
def it_is_a_kind_of_orders(a: Any, record: Record, law: Law) -> Answer:
    known = KINDS.get(a.kind)
    return known is not None and known.by_order


@rule(
    "the kind is one that an officer's order removes",
    source=Citation("Landlog", "domain/restrictions.toml"),
    remedy=Phrase(
        "Known: {known}; others have an entry of their own.",
        known=", ".join(k.name for k in KINDS.values() if k.removed_by_order),
    ),
)
def an_order_removes_its_kind(a: Any, record: Record, law: Law) -> Answer:
    known = KINDS.get(a.kind)
    return known is not None and known.removed_by_order


@rule(
    "the tenure is one that the state's record knows",
    source=Citation("Landlog", "domain/states/<state>/tenures.toml, each tenure with its own law"),
    remedy="Give one of the state's codes.",
)
def the_tenure_is_known(a: Any, record: Record, law: Law) -> Answer:
    known = [t.code for t in tenures(law.state)]
    return a.tenure in known or Broken("known: {known}", known=", ".join(known))


def land_words(land: Land, record: Record) -> str:
    """The labels of what the order lies on, for the sentence in the record."""
    return ", ".join(s.label for s in on_land(land, record))


def entry_words(event: Entered, record: Record) -> Mapping[str, str]:
    """The terms of an entry's sentence: the land, and the case's number where one is known."""
    return {"land": land_words(event.land, record), "cnr": f"CNR {event.cnr}" if event.cnr else ""}


def kind_words(kind: str) -> dict[str, str]:
    """The kind in each language, as the terms ``kind_en``, ``kind_hi`` ... of a sentence."""
    return {f"kind_{language}": words(kind, language) for language in LANGUAGES}


# Orders of the worked examples.

INJUNCTION = CourtOrder(
    number=Text("IA 3"),
    made=date(2026, 11, 5),
    by=Text("Civil Judge (Senior Division), Devgarh"),
    case=Text("OS 214/2026"),
    salt=Salt(b"i" * 32),
)
VACATED = replace(INJUNCTION, number=Text("IA 9"), made=date(2026, 11, 18), salt=Salt(b"v" * 32))
COLLECTORS_ORDER = Deed(
    number=Text("REV/2026/903"),
    made=date(2026, 11, 9),
    by=Text("Collector, Devgarh"),
    salt=Salt(b"c" * 32),
)
LATER_ORDER = replace(
    COLLECTORS_ORDER, number=Text("REV/2026/977"), made=date(2026, 11, 19), salt=Salt(b"w" * 32)
)


def restricted(
    kind: str,
    details: Commitment | None,
    *,
    on: Commitment | None = None,
    parcel: ParcelId | None = FIELD,
    record: Record = SISTERS,
) -> Record:
    """The record of the examples with an entry on the field, or on the khata where ``parcel`` is None."""
    lying = Restriction(kind=kind, on=on, details=details, since=7)
    thing: Parcel | Unit = record.units[KHATA] if parcel is None else record.parcels[parcel]
    return record.with_states(replace(thing, restrictions=(*thing.restrictions, lying)))


def entry(order: Deed) -> EntryRef:
    """The entry that the order makes, as later orders name it."""
    return EntryRef(order.commitment)
