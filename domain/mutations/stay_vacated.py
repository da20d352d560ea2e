"""Stay vacated: the court that forbade dealings allows them again, or the suit has ended; the entry goes.

The court discharges or varies its order under the Code of Civil Procedure 1908, O. XXXIX r. 4; when the suit ends, an
interim order ends with it.  Other stays on the same land remain: each is lifted by the order that ends it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from domain.kit import Example, Procedure, State, check
from domain.law import Law
from domain.mutations._orders import (
    INJUNCTION,
    VACATED,
    Land,
    RemovalAsked,
    Removed,
    entry,
    entry_stands,
    it_says_what_it_lies_on,
    land_words,
    removed,
    removing,
    restricted,
)
from domain.mutations._shared import (
    ASHA,
    FIELD,
    GARDEN,
    KHATA,
    papers_are_not_of_the_future,
)
from domain.mutations.stay_imposed import STAY
from domain.record import Record, Restriction
from domain.values import EntryRef

TYPE = "mutation.stay-vacated/1"
TITLE = {
    "en": "Stay vacated",
    "hi": "स्थगन निरस्त",
    "te": "స్టే తొలగింపు",
    "mr": "स्थगिती उठविली",
    "kn": "ತಡೆಯಾಜ್ಞೆ ತೆರವು",
}
PROCEDURE = Procedure(
    nature="order",
    applicants=("court", "holder", "party-to-suit"),
    papers=("court-order",),
    verified_by="court-reader",
    decided_by=("tahsildar", "naib-tahsildar"),
    notice="notice-free",
)


@dataclass(frozen=True, kw_only=True)
class Application(RemovalAsked):
    """The end of a stay as the court's order states it."""


the_stay_stands = entry_stands(lambda a: STAY)

RULES = removing(the_stay_stands)


@dataclass(frozen=True, kw_only=True)
class Event(Removed):
    """A stay was lifted."""


def decide(application: Application, record: Record, law: Law) -> Event:
    """The entry, if every rule holds; raises Refused with all that do not."""
    check(RULES, application, record, law)
    a = application
    return Event(land=a.land, entry=a.entry, order=EntryRef(a.order.commitment))


def apply(event: Event, record: Record) -> tuple[State, ...]:
    """The units and parcels without that stay."""
    return removed(event.land, record, STAY, event.entry)


WORDING = {
    "en": "Stay by a court lifted from {land}.",
    "hi": "{land} से न्यायालय का स्थगन हटाया गया।",
    "te": "{land} పై న్యాయస్థానం స్టే తొలగింపు.",
    "mr": "{land} वरील न्यायालयाची स्थगिती उठविली.",
    "kn": "{land} ಮೇಲಿನ ನ್ಯಾಯಾಲಯದ ತಡೆಯಾಜ್ಞೆ ತೆರವು.",
}


def terms(event: Event, record: Record) -> Mapping[str, str]:
    """The words that the sentence in the record needs."""
    return {"land": land_words(event.land, record)}


_THE_FIELD_IS_FREED = Application(land=Land(parcels=(FIELD,)), entry=entry(INJUNCTION), order=VACATED)
_STAYED = restricted(STAY, INJUNCTION.commitment)
_OF_THE_OLDER_RECORD = Restriction(kind=STAY, since=7)

EXAMPLES = (
    Example(
        title="the court vacates its stay on the field",
        given=_STAYED,
        when=_THE_FIELD_IS_FREED,
        then={FIELD: {"restrictions": []}},
    ),
    Example(
        title="one stay is lifted, the other court's remains",
        given=restricted(STAY, None, record=_STAYED),
        when=_THE_FIELD_IS_FREED,
        then={FIELD: {"restrictions": [_OF_THE_OLDER_RECORD.doc()]}},
    ),
    Example(
        title="a stay that the older record shows without its order is lifted",
        given=restricted(STAY, None),
        when=replace(_THE_FIELD_IS_FREED, entry=None),
        then={FIELD: {"restrictions": []}},
    ),
    Example(
        title="a stay on one sister's share is not lifted from the whole khata, nor by tomorrow's order",
        given=restricted(STAY, INJUNCTION.commitment, on=ASHA.commitment, parcel=None),
        when=replace(
            _THE_FIELD_IS_FREED,
            land=Land(units=(KHATA,)),
            order=replace(VACATED, made=date(2026, 11, 22)),
        ),
        refused=(papers_are_not_of_the_future, the_stay_stands),
    ),
    Example(
        title="where there is no stay, none is lifted",
        given=_STAYED,
        when=replace(_THE_FIELD_IS_FREED, land=Land(parcels=(GARDEN,))),
        refused=(the_stay_stands,),
    ),
    Example(
        title="an order that names no land is sent back",
        given=_STAYED,
        when=replace(_THE_FIELD_IS_FREED, land=Land()),
        refused=(it_says_what_it_lies_on,),
    ),
)
