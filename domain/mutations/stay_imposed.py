"""Stay imposed: a court forbids dealings with land, or with one holder's part of it; the record bars them from then.

The court's power is that of the Code of Civil Procedure 1908, O. XXXIX r. 1 and O. XLI r. 5.  The entry moves no right.
It stands until the court's own order lifts it: an interim order does not lapse by the passing of time alone (High Court
Bar Association, Allahabad v. State of U.P., 2024 INSC 150).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from domain.ids import UnitId
from domain.kit import Example, Procedure, State, check
from domain.law import Law
from domain.mutations._orders import (
    INJUNCTION,
    Entered,
    EntryAsked,
    Land,
    entering,
    entry_is_new,
    entry_words,
    it_says_what_it_lies_on,
    placed,
    restricted,
    the_holder_stands,
)
from domain.mutations._shared import (
    ASHA,
    FIELD,
    GARDEN,
    KHATA,
    MEENA,
    SISTERS,
    all_named_exist,
    papers_are_not_of_the_future,
)
from domain.record import Doc, Record
from domain.values import Cnr, EntryRef

TYPE = "mutation.stay-imposed/1"
TITLE = {
    "en": "Stay imposed",
    "hi": "स्थगन आदेश",
    "te": "స్టే విధింపు",
    "mr": "स्थगिती आदेश",
    "kn": "ತಡೆಯಾಜ್ಞೆ",
}
PROCEDURE = Procedure(
    nature="order",
    applicants=("court", "holder", "party-to-suit"),
    papers=("court-order",),
    verified_by="court-reader",
    decided_by=("tahsildar", "naib-tahsildar"),
    notice="notice-free",
)

STAY = "stay"


@dataclass(frozen=True, kw_only=True)
class Application(EntryAsked):
    """A stay as the court's order states it."""


the_stay_is_new = entry_is_new(lambda a: STAY)

RULES = entering(the_stay_is_new)


@dataclass(frozen=True, kw_only=True)
class Event(Entered):
    """A stay was entered."""


def decide(application: Application, record: Record, law: Law) -> Event:
    """The entry, if every rule holds; raises Refused with all that do not."""
    check(RULES, application, record, law)
    a = application
    return Event(land=a.land, order=EntryRef(a.order.commitment), cnr=a.cnr)


def apply(event: Event, record: Record) -> tuple[State, ...]:
    """The units and parcels with the stay on them."""
    return placed(event.land, record, STAY, event.order)


WORDING = {
    "en": "Stay by a court entered on {land}. {cnr}",
    "hi": "{land} पर न्यायालय का स्थगन अंकित। {cnr}",
    "te": "{land} పై న్యాయస్థానం స్టే నమోదు. {cnr}",
    "mr": "{land} वर न्यायालयाची स्थगिती नोंदविली. {cnr}",
    "kn": "{land} ಮೇಲೆ ನ್ಯಾಯಾಲಯದ ತಡೆಯಾಜ್ಞೆ ದಾಖಲು. {cnr}",
}


def terms(event: Event, record: Record) -> Mapping[str, str]:
    """The words that the sentence in the record needs."""
    return entry_words(event, record)


_ON_THE_FIELD = Application(land=Land(parcels=(FIELD,)), order=INJUNCTION, cnr=Cnr("UPDV010002142026"))
_STAYED: Doc = {"kind": "stay", "since": None, "on": None, "details": INJUNCTION.commitment}

EXAMPLES = (
    Example(
        title="a court stays dealings with one field",
        given=SISTERS,
        when=_ON_THE_FIELD,
        then={FIELD: {"restrictions": [_STAYED]}},
    ),
    Example(
        title="a court stays dealings of one sister with her share",
        given=SISTERS,
        when=replace(_ON_THE_FIELD, land=Land(units=(KHATA,), on=ASHA.commitment)),
        then={KHATA: {"restrictions": [{**_STAYED, "on": ASHA.commitment}]}},
    ),
    Example(
        title="a stay on land under another court's stay is entered beside it",
        given=restricted(STAY, None),
        when=replace(_ON_THE_FIELD, land=Land(units=(KHATA,), parcels=(FIELD, GARDEN))),
        then={GARDEN: {"restrictions": [_STAYED]}, KHATA: {"restrictions": [_STAYED]}},
    ),
    Example(
        title="the same order is not entered twice, and an order of a day to come not at all",
        given=restricted(STAY, replace(INJUNCTION, made=date(2027, 1, 4)).commitment),
        when=replace(_ON_THE_FIELD, order=replace(INJUNCTION, made=date(2027, 1, 4))),
        refused=(papers_are_not_of_the_future, the_stay_is_new),
    ),
    Example(
        title="one who does not hold in the unit cannot be bound there",
        given=SISTERS,
        when=replace(_ON_THE_FIELD, land=Land(units=(KHATA,), on=MEENA.commitment)),
        refused=(the_holder_stands,),
    ),
    Example(
        title="an order that names no land of the record, and the same thing twice, is sent back",
        given=SISTERS,
        when=replace(_ON_THE_FIELD, land=Land(units=(UnitId("999101-U000099"),) * 2)),
        refused=(all_named_exist, it_says_what_it_lies_on),
    ),
)
