"""Suit noted (lis pendens): a suit about the land is pending; whoever takes it takes it subject to the decree.

The note warns and bars nothing: a transfer during the suit is good between its parties and bound by the outcome
(Transfer of Property Act 1882, s. 52).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

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
    KHATA,
    MEENA,
    SISTERS,
    papers_are_not_of_the_future,
)
from domain.record import Doc, Record
from domain.values import Cnr, EntryRef

TYPE = "mutation.lis-pendens-noted/1"
TITLE = {
    "en": "Pending suit noted",
    "hi": "लम्बित वाद की प्रविष्टि",
    "te": "పెండింగ్ దావా నమోదు",
    "mr": "प्रलंबित दाव्याची नोंद",
    "kn": "ಬಾಕಿ ದಾವೆಯ ದಾಖಲೆ",
}
PROCEDURE = Procedure(
    nature="order",
    applicants=("court", "holder", "party-to-suit"),
    papers=("plaint-registered", "court-order"),
    verified_by="court-reader",
    decided_by=("tahsildar", "naib-tahsildar"),
    notice="notice-free",
)

SUIT = "lis-pendens"


@dataclass(frozen=True, kw_only=True)
class Application(EntryAsked):
    """A suit as the registered plaint, or the court's order in it, states it."""


the_suit_is_new = entry_is_new(lambda a: SUIT)

RULES = entering(the_suit_is_new)


@dataclass(frozen=True, kw_only=True)
class Event(Entered):
    """A pending suit was noted."""


def decide(application: Application, record: Record, law: Law) -> Event:
    """The note, if every rule holds; raises Refused with all that do not."""
    check(RULES, application, record, law)
    a = application
    return Event(land=a.land, order=EntryRef(a.order.commitment), cnr=a.cnr)


def apply(event: Event, record: Record) -> tuple[State, ...]:
    """The units and parcels with the note on them."""
    return placed(event.land, record, SUIT, event.order)


WORDING = {
    "en": "Suit pending, noted on {land}. {cnr}",
    "hi": "{land} पर लम्बित वाद अंकित। {cnr}",
    "te": "{land} పై పెండింగ్ దావా నమోదు. {cnr}",
    "mr": "{land} वर प्रलंबित दावा नोंदविला. {cnr}",
    "kn": "{land} ಮೇಲೆ ಬಾಕಿ ದಾವೆ ದಾಖಲು. {cnr}",
}


def terms(event: Event, record: Record) -> Mapping[str, str]:
    """The words that the sentence in the record needs."""
    return entry_words(event, record)


_ON_THE_KHATA = Application(land=Land(units=(KHATA,)), order=INJUNCTION, cnr=Cnr("UPDV010002142026"))
_NOTED: Doc = {"kind": "lis-pendens", "since": None, "on": None, "details": INJUNCTION.commitment}

EXAMPLES = (
    Example(
        title="a suit about the khata is noted",
        given=SISTERS,
        when=_ON_THE_KHATA,
        then={KHATA: {"restrictions": [_NOTED]}},
    ),
    Example(
        title="a suit about one sister's share is noted on that share",
        given=SISTERS,
        when=replace(_ON_THE_KHATA, land=Land(units=(KHATA,), on=ASHA.commitment), cnr=None),
        then={KHATA: {"restrictions": [{**_NOTED, "on": ASHA.commitment}]}},
    ),
    Example(
        title="a suit against one who does not hold there, by a plaint of a day to come, is not noted",
        given=SISTERS,
        when=replace(
            _ON_THE_KHATA,
            land=Land(units=(KHATA,), on=MEENA.commitment),
            order=replace(INJUNCTION, made=date(2027, 2, 1)),
        ),
        refused=(papers_are_not_of_the_future, the_holder_stands),
    ),
    Example(
        title="the same suit is noted once",
        given=restricted(SUIT, INJUNCTION.commitment, parcel=None),
        when=_ON_THE_KHATA,
        refused=(the_suit_is_new,),
    ),
    Example(
        title="one holder's suit names a khata, not a field",
        given=SISTERS,
        when=replace(_ON_THE_KHATA, land=Land(parcels=(FIELD,), on=ASHA.commitment)),
        refused=(it_says_what_it_lies_on,),
    ),
)
