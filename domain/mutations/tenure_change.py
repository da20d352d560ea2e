"""Change of tenure: the holders of a unit hold it by another right from now on, such as class 1 instead of class 2.

The bar that the old tenure carried with it goes, that of the new one comes: which tenure carries which stands in
each state's ``tenures.toml``.  Holders, shares and charges stay.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from domain.ids import UnitId
from domain.kit import Answer, Broken, Citation, Example, Procedure, State, check, rule
from domain.law import Law
from domain.mutations._orders import COLLECTORS_ORDER, restricted, the_tenure_is_known
from domain.mutations._shared import (
    FIELD,
    KHATA,
    NOTHING_BARS,
    SISTERS,
    STANDING,
    carried_by,
    papers_are_not_of_the_future,
    parcels_of,
)
from domain.record import Record, Restriction
from domain.values import Code, Deed, EntryRef

TYPE = "mutation.tenure-change/1"
TITLE = {
    "en": "Change of tenure",
    "hi": "भू-धृति परिवर्तन",
    "te": "హక్కు స్వభావ మార్పు",
    "mr": "भूधारणा पद्धतीत बदल",
    "kn": "ಹಿಡುವಳಿ ಸ್ವರೂಪದ ಬದಲಾವಣೆ",
}
PROCEDURE = Procedure(
    nature="authority",
    applicants=("holder", "authority"),
    papers=("order", "premium-receipt"),
    verified_by="revenue-inspector",
    decided_by=("tahsildar", "sub-divisional-officer", "collector"),
    notice="hearing",
    two_officers=True,
)

TENURE_LAW = Citation(
    "Maharashtra Land Revenue Code 1966",
    "s. 29A; Uttar Pradesh Revenue Code 2006, s. 76; the like law of each state",
)


@dataclass(frozen=True, kw_only=True)
class Application:
    """A change of tenure as the order states it; a part of a unit is divided off first."""

    unit: UnitId
    tenure: Code
    order: Deed


@rule(
    "the order changes the tenure",
    source=TENURE_LAW,
    remedy="Nothing is to be done where the record shows this tenure already.",
)
def the_tenure_changes(a: Application, record: Record, law: Law) -> Answer:
    held_as = record.units[a.unit].tenure
    return held_as != a.tenure or Broken("it is held as {tenure}", tenure=held_as)


RULES = (*STANDING, NOTHING_BARS["authority"], the_tenure_changes, the_tenure_is_known)


@dataclass(frozen=True, kw_only=True)
class Event:
    """The tenure of a unit changed; ``order`` commits to the order."""

    unit: UnitId
    tenure: Code
    order: EntryRef
    lifts: tuple[Code, ...]
    """The kinds of restriction that go with the old tenure."""
    lays: tuple[Code, ...]
    """Those that come with the new one."""


def decide(application: Application, record: Record, law: Law) -> Event:
    """The change, if every rule holds; raises Refused with all that do not."""
    check(RULES, application, record, law)
    a = application
    old, new = carried_by(record.units[a.unit].tenure, law), carried_by(a.tenure, law)
    return Event(
        unit=a.unit,
        tenure=a.tenure,
        order=EntryRef(a.order.commitment),
        lifts=tuple(Code(kind) for kind in old if kind not in new),
        lays=tuple(Code(kind) for kind in new if kind not in old),
    )


def apply(event: Event, record: Record) -> tuple[State, ...]:
    """The unit in its new tenure, with the bars that follow; parcels that bore the old bar are freed of it."""
    unit = record.units[event.unit]
    kept = [r for r in unit.restrictions if r.kind not in event.lifts or r.on is not None]
    noted = {r.kind for r in kept if r.on is None}
    come = [Restriction(kind=k, details=event.order) for k in event.lays if k not in noted]
    freed = (
        replace(p, restrictions=tuple(r for r in p.restrictions if r.kind not in event.lifts))
        for p in parcels_of(record, unit.id)
        if any(r.kind in event.lifts for r in p.restrictions)
    )
    return (replace(unit, tenure=event.tenure, restrictions=(*kept, *come)), *freed)


WORDING = {
    "en": "Tenure of holding {unit} changed from {old} to {new}.",
    "hi": "खाता {unit} की भू-धृति {old} से {new} की गई।",
    "te": "ఖాతా {unit} హక్కు స్వభావం {old} నుండి {new} కు మార్పు.",
    "mr": "खाते {unit} ची भूधारणा {old} वरून {new} केली.",
    "kn": "ಖಾತೆ {unit} ರ ಹಿಡುವಳಿ ಸ್ವರೂಪ {old} ನಿಂದ {new} ಗೆ ಬದಲಾವಣೆ.",
}


def terms(event: Event, record: Record) -> Mapping[str, str]:
    """The words that the sentence in the record needs."""
    unit = record.units[event.unit]
    return {"unit": unit.label, "old": unit.tenure, "new": event.tenure}


_TO_CLASS_1 = Application(unit=KHATA, tenure=Code("occupant-class-1"), order=COLLECTORS_ORDER)


def _held_as(tenure: str, record: Record = SISTERS) -> Record:
    return record.with_states(replace(record.units[KHATA], tenure=tenure))


_CLASS_2 = _held_as("occupant-class-2", restricted("class-2-occupant", None, parcel=None))
_CLASS_2_BY_FIELDS = _held_as("occupant-class-2", restricted("class-2-occupant", None))

EXAMPLES = (
    Example(
        title="class 2 becomes class 1 when the premium is paid: the bar goes",
        given=_CLASS_2,
        when=_TO_CLASS_1,
        then={KHATA: {"tenure": "occupant-class-1", "restrictions": []}},
        state="mh",
    ),
    Example(
        title="where the older record noted the bar on the field, it goes from there",
        given=_CLASS_2_BY_FIELDS,
        when=_TO_CLASS_1,
        then={KHATA: {"tenure": "occupant-class-1"}, FIELD: {"restrictions": []}},
        state="mh",
    ),
    Example(
        title="land that comes under class 2 gets the bar with its order",
        given=_held_as("occupant-class-1"),
        when=replace(_TO_CLASS_1, tenure=Code("occupant-class-2")),
        then={
            KHATA: {
                "tenure": "occupant-class-2",
                "restrictions": [
                    {
                        "kind": "class-2-occupant",
                        "since": None,
                        "on": None,
                        "details": COLLECTORS_ORDER.commitment,
                    }
                ],
            }
        },
        state="mh",
    ),
    Example(
        title="an order of a day to come that changes nothing is refused for both",
        given=_held_as("occupant-class-1"),
        when=replace(_TO_CLASS_1, order=replace(COLLECTORS_ORDER, made=date(2027, 6, 1))),
        refused=(papers_are_not_of_the_future, the_tenure_changes),
        state="mh",
    ),
    Example(
        title="a tenure of another state is not known here",
        given=_held_as("occupant-class-2"),
        when=replace(_TO_CLASS_1, tenure=Code("bhumidhar-transferable")),
        refused=(the_tenure_is_known,),
        state="mh",
    ),
    Example(
        title="while a court stays dealings, the tenure stands",
        given=_held_as("occupant-class-2", restricted("stay", None, parcel=None)),
        when=_TO_CLASS_1,
        refused=(NOTHING_BARS["authority"],),
        state="mh",
    ),
)
