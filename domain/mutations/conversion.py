"""Conversion: the competent officer allows another use of land, such as dwellings or industry on farm land.

Use, and where the order says so the class of the land, change; the holders do not.  Land that is held on the state's
conditions is converted only with the permission that those conditions ask for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from domain.ids import ParcelId
from domain.kit import (
    GOVERNMENT_CLASSES,
    Answer,
    Broken,
    Citation,
    Example,
    Procedure,
    State,
    check,
    rule,
)
from domain.law import Law
from domain.mutations._orders import COLLECTORS_ORDER, restricted
from domain.mutations._shared import (
    FIELD,
    GARDEN,
    NOTHING_BARS,
    RECORD_LAW,
    SISTERS,
    STANDING,
    papers_are_not_of_the_future,
    states_concerned,
)
from domain.record import Record
from domain.restrictions import CONDITIONAL, KINDS
from domain.values import Code, Deed, EntryRef, Permission, Salt, Text

TYPE = "mutation.conversion/1"
TITLE = {
    "en": "Conversion of land use",
    "hi": "भू-उपयोग परिवर्तन",
    "te": "భూ వినియోగ మార్పిడి",
    "mr": "जमीन वापरात बदल (अकृषिक)",
    "kn": "ಭೂ ಪರಿವರ್ತನೆ",
}
PROCEDURE = Procedure(
    nature="authority",
    applicants=("holder",),
    papers=("conversion-order", "fee-receipt"),
    verified_by="revenue-inspector",
    decided_by=("tahsildar", "sub-divisional-officer", "collector"),
    notice="notice-free",
    two_officers=True,
)

CONVERSION = Citation(
    "Karnataka Land Revenue Act 1964",
    "s. 95(2); Maharashtra Land Revenue Code 1966, ss. 42 and 44; Uttar Pradesh Revenue Code 2006, s. 80",
)


@dataclass(frozen=True, kw_only=True)
class Application:
    """A conversion as the order states it; a part of a parcel is divided off first."""

    parcels: tuple[ParcelId, ...]
    use: Code
    order: Deed
    land_class: Code | None = None
    """The new class, where the order changes it."""
    permissions: tuple[Permission, ...] = ()


@rule(
    "the order names at least one parcel, and each once",
    source=RECORD_LAW,
    remedy="Name every parcel that the order converts, one time.",
    first=True,
)
def parcels_are_named_once(a: Application, record: Record, law: Law) -> Answer:
    return bool(a.parcels) and len(set(a.parcels)) == len(a.parcels)


@rule(
    "the order changes the use of every parcel that it names",
    source=CONVERSION,
    remedy="Leave out the parcels that are put to this use already.",
)
def the_use_changes(a: Application, record: Record, law: Law) -> Answer:
    same = [record.parcels[p].label for p in a.parcels if record.parcels[p].use == a.use]
    return Broken("{things} is {use} already", things=", ".join(same), use=a.use) if same else True


@rule(
    "a conversion neither makes land the government's nor takes it from the government",
    source=CONVERSION,
    remedy="Record the acquisition, the grant or the resumption: each has an order of its own.",
)
def the_land_keeps_its_side(a: Application, record: Record, law: Law) -> Answer:
    before = {record.parcels[p].land_class in GOVERNMENT_CLASSES for p in a.parcels}
    return a.land_class is None or before == {a.land_class in GOVERNMENT_CLASSES}


@rule(
    "land held on the state's conditions is converted with the permission that these ask for",
    source=Citation(
        "Landlog", "domain/restrictions.toml, the kinds that are conditions of a grant or tenure"
    ),
    remedy="Bring the permission of the authority that granted the land.",
)
def conditions_are_kept(a: Application, record: Record, law: Law) -> Answer:
    brought = {p.kind for p in a.permissions}
    lying = {r.kind for s in states_concerned(a, record) for r in s.restrictions} & CONDITIONAL
    asked = {KINDS[kind].lifted_by or "" for kind in lying} - brought
    return Broken("it asks for: {permissions}", permissions=", ".join(sorted(asked))) if asked else True


RULES = (
    *STANDING,
    NOTHING_BARS["authority"],
    parcels_are_named_once,
    the_use_changes,
    the_land_keeps_its_side,
    conditions_are_kept,
)


@dataclass(frozen=True, kw_only=True)
class Event:
    """The use of land was changed; ``order`` commits to the order that allowed it."""

    parcels: tuple[ParcelId, ...]
    use: Code
    order: EntryRef
    land_class: Code | None


def decide(application: Application, record: Record, law: Law) -> Event:
    """The conversion, if every rule holds; raises Refused with all that do not."""
    check(RULES, application, record, law)
    a = application
    return Event(parcels=a.parcels, use=a.use, order=EntryRef(a.order.commitment), land_class=a.land_class)


def apply(event: Event, record: Record) -> tuple[State, ...]:
    """The parcels in their new use."""
    before = (record.parcels[p] for p in event.parcels)
    return tuple(replace(p, use=event.use, land_class=event.land_class or p.land_class) for p in before)


WORDING = {
    "en": "Use of {parcels} changed to {use}.",
    "hi": "{parcels} का उपयोग बदलकर {use} किया गया।",
    "te": "{parcels} వినియోగం {use} గా మార్పు.",
    "mr": "{parcels} चा वापर बदलून {use} केला.",
    "kn": "{parcels} ಬಳಕೆ {use} ಗೆ ಪರಿವರ್ತನೆ.",
}


def terms(event: Event, record: Record) -> Mapping[str, str]:
    """The words that the sentence in the record needs."""
    return {"parcels": ", ".join(record.parcels[p].label for p in event.parcels), "use": event.use}


_FOR_DWELLINGS = Application(parcels=(GARDEN,), use=Code("habitation"), order=COLLECTORS_ORDER)
_PERMISSION = Permission(
    kind=Code("government-permission"),
    number=Text("LR 12"),
    made=date(2026, 10, 2),
    by=Text("Revenue Department"),
    salt=Salt(b"g" * 32),
)
_ASSIGNED = restricted("assigned-land", None, parcel=GARDEN)

EXAMPLES = (
    Example(
        title="the garden may be built on",
        given=SISTERS,
        when=_FOR_DWELLINGS,
        then={GARDEN: {"use": "habitation", "class": "private"}},
    ),
    Example(
        title="assigned land is converted with the government's permission",
        given=_ASSIGNED,
        when=replace(_FOR_DWELLINGS, permissions=(_PERMISSION,)),
        then={GARDEN: {"use": "habitation"}},
    ),
    Example(
        title="without that permission it is not, nor under an order of a day to come",
        given=_ASSIGNED,
        when=replace(_FOR_DWELLINGS, order=replace(COLLECTORS_ORDER, made=date(2027, 1, 9))),
        refused=(papers_are_not_of_the_future, conditions_are_kept),
    ),
    Example(
        title="a conversion to the use that stands, which would also make the land the state's, is refused",
        given=SISTERS,
        when=replace(_FOR_DWELLINGS, use=Code("cultivated"), land_class=Code("government")),
        refused=(the_use_changes, the_land_keeps_its_side),
    ),
    Example(
        title="while a court stays dealings with the field, its use does not change",
        given=restricted("stay", None),
        when=replace(_FOR_DWELLINGS, parcels=(FIELD,)),
        refused=(NOTHING_BARS["authority"],),
    ),
    Example(
        title="an order that names no parcel is sent back",
        given=SISTERS,
        when=replace(_FOR_DWELLINGS, parcels=()),
        refused=(parcels_are_named_once,),
    ),
)
