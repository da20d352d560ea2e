"""Restriction noted: an officer's order enters what the law says of the land or of a holder.

Tribal land, class-2 occupancy, assigned land, the prohibited list, an attachment, a notified acquisition: the kinds,
their law and what lifts each for one act are the rows of ``domain/restrictions.toml``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from domain.kit import Example, Procedure, State, check
from domain.law import Law
from domain.mutations._orders import (
    COLLECTORS_ORDER,
    Land,
    entry_is_new,
    it_is_a_kind_of_orders,
    it_says_what_it_lies_on,
    kind_words,
    land_words,
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
    NOTHING_BARS,
    SISTERS,
    STANDING,
    papers_are_not_of_the_future,
)
from domain.record import Doc, Record
from domain.values import Code, Deed, EntryRef

TYPE = "mutation.restriction-noted/1"
TITLE = {
    "en": "Restriction noted",
    "hi": "रोक की प्रविष्टि",
    "te": "నియంత్రణ నమోదు",
    "mr": "निर्बंध नोंद",
    "kn": "ನಿರ್ಬಂಧದ ದಾಖಲೆ",
}
PROCEDURE = Procedure(
    nature="order",
    applicants=("authority", "suo-motu"),
    papers=("order",),
    verified_by="revenue-inspector",
    decided_by=("tahsildar", "sub-divisional-officer"),
    notice="hearing",
)


@dataclass(frozen=True, kw_only=True)
class Application:
    """A restriction as the order states it."""

    land: Land
    kind: Code
    order: Deed


the_restriction_is_new = entry_is_new(lambda a: str(a.kind))

RULES = (
    *STANDING,
    NOTHING_BARS["order"],
    it_says_what_it_lies_on,
    it_is_a_kind_of_orders,
    the_holder_stands,
    the_restriction_is_new,
)


@dataclass(frozen=True, kw_only=True)
class Event:
    """A restriction was noted; ``order`` commits to the order."""

    land: Land
    kind: Code
    order: EntryRef


def decide(application: Application, record: Record, law: Law) -> Event:
    """The note, if every rule holds; raises Refused with all that do not."""
    check(RULES, application, record, law)
    a = application
    return Event(land=a.land, kind=a.kind, order=EntryRef(a.order.commitment))


def apply(event: Event, record: Record) -> tuple[State, ...]:
    """The units and parcels with the restriction on them."""
    return placed(event.land, record, event.kind, event.order)


WORDING = {
    "en": "Restriction noted on {land}: {kind_en}.",
    "hi": "{land} पर रोक अंकित: {kind_hi}।",
    "te": "{land} పై నియంత్రణ నమోదు: {kind_te}.",
    "mr": "{land} वर निर्बंध नोंदविला: {kind_mr}.",
    "kn": "{land} ಮೇಲೆ ನಿರ್ಬಂಧ ದಾಖಲು: {kind_kn}.",
}


def terms(event: Event, record: Record) -> Mapping[str, str]:
    """The words that the sentence in the record needs."""
    return {"land": land_words(event.land, record), **kind_words(event.kind)}


_PROHIBITED = Application(
    land=Land(parcels=(FIELD, GARDEN)), kind=Code("prohibited-list"), order=COLLECTORS_ORDER
)
_ENTERED: Doc = {"kind": "prohibited-list", "since": None, "on": None, "details": COLLECTORS_ORDER.commitment}

EXAMPLES = (
    Example(
        title="two fields go on the prohibited list",
        given=SISTERS,
        when=_PROHIBITED,
        then={FIELD: {"restrictions": [_ENTERED]}, GARDEN: {"restrictions": [_ENTERED]}},
    ),
    Example(
        title="one sister belongs to a Scheduled Tribe: her share is noted",
        given=SISTERS,
        when=replace(_PROHIBITED, land=Land(units=(KHATA,), on=ASHA.commitment), kind=Code("tribal-land")),
        then={KHATA: {"restrictions": [{**_ENTERED, "kind": "tribal-land", "on": ASHA.commitment}]}},
    ),
    Example(
        title="a court's stay is not noted by an officer's order, nor anything by one of a day to come",
        given=SISTERS,
        when=replace(_PROHIBITED, kind=Code("stay"), order=replace(COLLECTORS_ORDER, made=date(2027, 3, 1))),
        refused=(papers_are_not_of_the_future, it_is_a_kind_of_orders),
    ),
    Example(
        title="the same order is entered once",
        given=restricted("prohibited-list", COLLECTORS_ORDER.commitment),
        when=_PROHIBITED,
        refused=(the_restriction_is_new,),
    ),
    Example(
        title="a stranger's tribe says nothing of the sisters' khata",
        given=SISTERS,
        when=replace(_PROHIBITED, land=Land(units=(KHATA,), on=MEENA.commitment), kind=Code("tribal-land")),
        refused=(the_holder_stands,),
    ),
    Example(
        title="an order that names no land is sent back",
        given=SISTERS,
        when=replace(_PROHIBITED, land=Land()),
        refused=(it_says_what_it_lies_on,),
    ),
)
