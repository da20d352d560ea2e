"""Resumption: the state takes back land that it had granted or assigned on conditions which were broken.

The holders are heard first.  The land returns to the state's unit and class, free of the conditions; what the
holders have in other parcels of their unit stays theirs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from domain.ids import ParcelId, UnitId
from domain.kit import Answer, Broken, Citation, Example, Procedure, State, check, rule
from domain.law import Law
from domain.mutations._charges import CHARGE, charged
from domain.mutations._orders import COLLECTORS_ORDER, restricted
from domain.mutations._shared import (
    FIELD,
    GARDEN,
    KHATA,
    NOTHING_BARS,
    SISTERS,
    STANDING,
    as_held,
    papers_are_not_of_the_future,
)
from domain.mutations._vesting import (
    FOR_THE_ROAD,
    PUBLIC_WORKS,
    STATES_KHATA,
    VESTING,
    Received,
    Receiver,
    charge_holders_are_heard,
    it_says_who_receives,
    left_behind,
    received,
    states_unit,
    the_class_is_the_governments,
    the_land_is_of_the_unit,
    the_land_is_private,
    the_state_may_receive,
    vested,
)
from domain.record import Record
from domain.restrictions import CONDITIONAL
from domain.values import Code, Deed, EntryRef

TYPE = "mutation.resumption/1"
TITLE = {
    "en": "Resumption by the state",
    "hi": "राज्य द्वारा पुनर्ग्रहण",
    "te": "ప్రభుత్వ పునఃస్వాధీనం",
    "mr": "शासनाकडून पुनर्ग्रहण",
    "kn": "ಸರ್ಕಾರದಿಂದ ಮರುಸ್ವಾಧೀನ",
}
PROCEDURE = Procedure(
    nature="authority",
    applicants=("authority", "suo-motu"),
    papers=("resumption-order", "panchnama"),
    verified_by="revenue-inspector",
    decided_by=("tahsildar", "sub-divisional-officer", "collector"),
    notice="hearing",
    two_officers=True,
)
READS_PARCELS = False  # a unit of the state may have hundreds of parcels, and none of them matters here

BREACH = Citation(
    "Andhra Pradesh Assigned Lands (Prohibition of Transfers) Act 1977", "s. 4; the like law of each state"
)


@dataclass(frozen=True, kw_only=True)
class Application:
    """A resumption as the order states it."""

    unit: UnitId
    parcels: tuple[ParcelId, ...]
    receiver: Receiver
    land_class: Code
    order: Deed
    charges_met: tuple[EntryRef, ...] = ()
    """Every charge on the unit, by its details: the lenders who were heard."""


@rule(
    "the state gave the land on conditions",
    source=BREACH,
    remedy="Land that is the holders' own is acquired, with compensation; it is not resumed.",
)
def it_was_given_on_conditions(a: Application, record: Record, law: Law) -> Answer:
    if any(r.kind in CONDITIONAL for r in as_held(record.units[a.unit], law).restrictions):
        return True
    free = [
        record.parcels[p].label
        for p in a.parcels
        if not any(r.kind in CONDITIONAL for r in record.parcels[p].restrictions)
    ]
    return Broken(", ".join(free)) if free else True


RULES = (*STANDING, NOTHING_BARS["authority"], *VESTING, it_was_given_on_conditions)


@dataclass(frozen=True, kw_only=True)
class Event:
    """Land returned to the state; ``order`` commits to the order."""

    unit: UnitId
    parcels: tuple[ParcelId, ...]
    receiver: Received
    land_class: Code
    order: EntryRef
    charges_met: tuple[EntryRef, ...]


def decide(application: Application, record: Record, law: Law) -> Event:
    """The resumption, if every rule holds; raises Refused with all that do not."""
    check(RULES, application, record, law)
    a = application
    return Event(
        unit=a.unit,
        parcels=a.parcels,
        receiver=received(a.receiver),
        land_class=a.land_class,
        order=EntryRef(a.order.commitment),
        charges_met=a.charges_met,
    )


def apply(event: Event, record: Record) -> tuple[State, ...]:
    """The parcels in the state's unit, and what remains of the holders'."""
    unit = record.units[event.unit]
    into = states_unit(event.receiver, unit, record)
    return (
        *(vested(record.parcels[p], into.id, event.land_class) for p in event.parcels),
        left_behind(unit, event.parcels),
        replace(into, parcels=(*into.parcels, *event.parcels)),
    )


WORDING = {
    "en": "{parcels} of holding {unit} resumed by the state.",
    "hi": "खाता {unit} का {parcels} राज्य द्वारा पुनर्ग्रहीत।",
    "te": "ఖాతా {unit} లోని {parcels} ప్రభుత్వం పునఃస్వాధీనం చేసుకుంది.",
    "mr": "खाते {unit} मधील {parcels} शासनाने परत घेतले.",
    "kn": "ಖಾತೆ {unit} ರ {parcels} ಸರ್ಕಾರದಿಂದ ಮರುಸ್ವಾಧೀನ.",
}


def terms(event: Event, record: Record) -> Mapping[str, str]:
    """The words that the sentence in the record needs."""
    labels = ", ".join(record.parcels[p].label for p in event.parcels)
    return {"parcels": labels, "unit": record.units[event.unit].label}


_ASSIGNED = restricted("assigned-land", None)
_THE_FIELD = Application(
    unit=KHATA,
    parcels=(FIELD,),
    receiver=FOR_THE_ROAD,
    land_class=Code("government"),
    order=COLLECTORS_ORDER,
)

EXAMPLES = (
    Example(
        title="an assigned field that was sold against the condition returns to the state",
        given=_ASSIGNED,
        when=_THE_FIELD,
        then={
            FIELD: {"unit": STATES_KHATA, "class": "government", "restrictions": []},
            KHATA: {"parcels": [GARDEN], "status": "active"},
            STATES_KHATA: {
                "parcels": [FIELD],
                "shares": [{"party": PUBLIC_WORKS.commitment, "num": 1, "den": 1}],
            },
        },
    ),
    Example(
        title="a mortgaged one returns when the bank has been heard; its charge stays on the garden",
        given=charged(_ASSIGNED),
        when=replace(_THE_FIELD, charges_met=(CHARGE,)),
        then={FIELD: {"unit": STATES_KHATA}, KHATA: {"parcels": [GARDEN]}},
    ),
    Example(
        title="the holders' own garden is not resumed, and no land by an order of a day to come",
        given=_ASSIGNED,
        when=replace(_THE_FIELD, parcels=(GARDEN,), order=replace(COLLECTORS_ORDER, made=date(2027, 1, 1))),
        refused=(papers_are_not_of_the_future, it_was_given_on_conditions),
    ),
    Example(
        title="resumed land is not left in private class, nor is its lender passed over",
        given=charged(_ASSIGNED),
        when=replace(_THE_FIELD, land_class=Code("private")),
        refused=(the_class_is_the_governments, charge_holders_are_heard),
    ),
    Example(
        title="the state's own land is not resumed, a field is named once, and goes to another unit",
        given=_ASSIGNED.with_states(replace(_ASSIGNED.parcels[FIELD], land_class="government")),
        when=replace(_THE_FIELD, parcels=(FIELD, FIELD), receiver=Receiver(into=KHATA)),
        refused=(the_state_may_receive, the_land_is_private, the_land_is_of_the_unit),
    ),
    Example(
        title="an order says which unit receives the land",
        given=SISTERS,
        when=replace(_THE_FIELD, receiver=Receiver()),
        refused=(it_says_who_receives,),
    ),
)
