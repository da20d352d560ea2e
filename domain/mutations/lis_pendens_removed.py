"""Note of a suit removed: the suit has ended, and what it decided is in the record or needs no entry.

A decree that gives shares or parcels is carried out by its own order; removing the note moves no right.
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
    KHATA,
    SISTERS,
    papers_are_not_of_the_future,
)
from domain.mutations.lis_pendens_noted import SUIT
from domain.record import Record
from domain.values import EntryRef

TYPE = "mutation.lis-pendens-removed/1"
TITLE = {
    "en": "Note of a suit removed",
    "hi": "लम्बित वाद की प्रविष्टि विलोपित",
    "te": "పెండింగ్ దావా నమోదు తొలగింపు",
    "mr": "प्रलंबित दाव्याची नोंद कमी",
    "kn": "ಬಾಕಿ ದಾವೆಯ ದಾಖಲೆ ತೆಗೆದುಹಾಕುವಿಕೆ",
}
PROCEDURE = Procedure(
    nature="order",
    applicants=("court", "holder", "party-to-suit"),
    papers=("decree", "court-order"),
    verified_by="court-reader",
    decided_by=("tahsildar", "naib-tahsildar"),
    notice="notice-free",
)


@dataclass(frozen=True, kw_only=True)
class Application(RemovalAsked):
    """The end of a suit as the court's decree or order states it."""


the_note_stands = entry_stands(lambda a: SUIT)

RULES = removing(the_note_stands)


@dataclass(frozen=True, kw_only=True)
class Event(Removed):
    """The note of a suit was removed."""


def decide(application: Application, record: Record, law: Law) -> Event:
    """The removal, if every rule holds; raises Refused with all that do not."""
    check(RULES, application, record, law)
    a = application
    return Event(land=a.land, entry=a.entry, order=EntryRef(a.order.commitment))


def apply(event: Event, record: Record) -> tuple[State, ...]:
    """The units and parcels without the note."""
    return removed(event.land, record, SUIT, event.entry)


WORDING = {
    "en": "Note of a pending suit removed from {land}.",
    "hi": "{land} से लम्बित वाद की प्रविष्टि हटाई गई।",
    "te": "{land} పై పెండింగ్ దావా నమోదు తొలగింపు.",
    "mr": "{land} वरील प्रलंबित दाव्याची नोंद कमी केली.",
    "kn": "{land} ಮೇಲಿನ ಬಾಕಿ ದಾವೆಯ ದಾಖಲೆ ತೆಗೆಯಲಾಗಿದೆ.",
}


def terms(event: Event, record: Record) -> Mapping[str, str]:
    """The words that the sentence in the record needs."""
    return {"land": land_words(event.land, record)}


_THE_SUIT_HAS_ENDED = Application(land=Land(units=(KHATA,)), entry=entry(INJUNCTION), order=VACATED)
_NOTED = restricted(SUIT, INJUNCTION.commitment, parcel=None)

EXAMPLES = (
    Example(
        title="the suit is dismissed and its note goes",
        given=_NOTED,
        when=_THE_SUIT_HAS_ENDED,
        then={KHATA: {"restrictions": []}},
    ),
    Example(
        title="the note on one sister's share goes",
        given=restricted(SUIT, INJUNCTION.commitment, on=ASHA.commitment, parcel=None),
        when=replace(_THE_SUIT_HAS_ENDED, land=Land(units=(KHATA,), on=ASHA.commitment)),
        then={KHATA: {"restrictions": []}},
    ),
    Example(
        title="a note that does not stand is not removed, nor any by a decree of a day to come",
        given=SISTERS,
        when=replace(_THE_SUIT_HAS_ENDED, order=replace(VACATED, made=date(2026, 12, 1))),
        refused=(papers_are_not_of_the_future, the_note_stands),
    ),
    Example(
        title="a stay is not removed as the note of a suit",
        given=restricted("stay", INJUNCTION.commitment, parcel=None),
        when=_THE_SUIT_HAS_ENDED,
        refused=(the_note_stands,),
    ),
    Example(
        title="a khata is named once",
        given=_NOTED,
        when=replace(_THE_SUIT_HAS_ENDED, land=Land(units=(KHATA, KHATA))),
        refused=(it_says_what_it_lies_on,),
    ),
)
