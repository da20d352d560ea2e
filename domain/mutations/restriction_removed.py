"""Restriction removed: an order finds that what was noted of the land or of a holder does not hold, or no more.

Two officers sign: land that comes off a list by one hand is how government land has turned private.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from domain.kit import Answer, Broken, Citation, Example, Procedure, State, check, rule
from domain.languages import Phrase
from domain.law import Law
from domain.mutations._orders import (
    COLLECTORS_ORDER,
    LATER_ORDER,
    Land,
    an_order_removes_its_kind,
    entry,
    entry_stands,
    it_says_what_it_lies_on,
    kind_words,
    land_words,
    on_land,
    removed,
    restricted,
)
from domain.mutations._shared import (
    ASHA,
    FIELD,
    KHATA,
    NOTHING_BARS,
    SISTERS,
    STANDING,
    carried_by,
    papers_are_not_of_the_future,
)
from domain.record import Record, Unit
from domain.values import Code, Deed, EntryRef

TYPE = "mutation.restriction-removed/1"
TITLE = {
    "en": "Restriction removed",
    "hi": "रोक का विलोपन",
    "te": "నియంత్రణ తొలగింపు",
    "mr": "निर्बंध कमी",
    "kn": "ನಿರ್ಬಂಧ ತೆರವು",
}
PROCEDURE = Procedure(
    nature="order",
    applicants=("holder", "authority", "suo-motu"),
    papers=("order", "no-objection"),
    verified_by="revenue-inspector",
    decided_by=("tahsildar", "sub-divisional-officer", "collector"),
    notice="hearing",
    two_officers=True,
)

TENURE_LAW = Citation("Landlog", "domain/states/<state>/tenures.toml, the restrictions that a tenure implies")


@dataclass(frozen=True, kw_only=True)
class Application:
    """The end of a restriction as the order states it."""

    land: Land
    kind: Code
    entry: EntryRef | None
    """The restriction, by its details in the record; null for one that an older record shows without its order."""
    order: Deed
    """The order that removes it."""


the_restriction_stands = entry_stands(lambda a: str(a.kind))


@rule(
    "the bar does not follow from the unit's tenure",
    source=TENURE_LAW,
    remedy="Have the tenure changed: the bar goes with it.",
)
def the_tenure_does_not_carry_it(a: Application, record: Record, law: Law) -> Answer:
    carried = [
        Phrase("{thing} is held as {tenure}", thing=s.id, tenure=s.tenure)
        for s in on_land(a.land, record)
        if isinstance(s, Unit) and a.land.on is None and a.kind in carried_by(s.tenure, law)
    ]
    return Broken.joined(carried) if carried else True


RULES = (
    *STANDING,
    NOTHING_BARS["order"],
    it_says_what_it_lies_on,
    an_order_removes_its_kind,
    the_restriction_stands,
    the_tenure_does_not_carry_it,
)


@dataclass(frozen=True, kw_only=True)
class Event:
    """A restriction was removed."""

    land: Land
    kind: Code
    entry: EntryRef | None
    order: EntryRef


def decide(application: Application, record: Record, law: Law) -> Event:
    """The removal, if every rule holds; raises Refused with all that do not."""
    check(RULES, application, record, law)
    a = application
    return Event(land=a.land, kind=a.kind, entry=a.entry, order=EntryRef(a.order.commitment))


def apply(event: Event, record: Record) -> tuple[State, ...]:
    """The units and parcels without the restriction."""
    return removed(event.land, record, event.kind, event.entry)


WORDING = {
    "en": "Restriction removed from {land}: {kind_en}.",
    "hi": "{land} से रोक हटाई गई: {kind_hi}।",
    "te": "{land} పై నియంత్రణ తొలగింపు: {kind_te}.",
    "mr": "{land} वरील निर्बंध कमी केला: {kind_mr}.",
    "kn": "{land} ಮೇಲಿನ ನಿರ್ಬಂಧ ತೆರವು: {kind_kn}.",
}


def terms(event: Event, record: Record) -> Mapping[str, str]:
    """The words that the sentence in the record needs."""
    return {"land": land_words(event.land, record), **kind_words(event.kind)}


_OFF_THE_LIST = Application(
    land=Land(parcels=(FIELD,)),
    kind=Code("prohibited-list"),
    entry=entry(COLLECTORS_ORDER),
    order=LATER_ORDER,
)


def _class_2() -> Record:
    noted = restricted("class-2-occupant", COLLECTORS_ORDER.commitment, parcel=None)
    return noted.with_states(replace(noted.units[KHATA], tenure="occupant-class-2"))


EXAMPLES = (
    Example(
        title="the field comes off the prohibited list",
        given=restricted("prohibited-list", COLLECTORS_ORDER.commitment),
        when=_OFF_THE_LIST,
        then={FIELD: {"restrictions": []}},
    ),
    Example(
        title="a note on one sister's share is removed",
        given=restricted("tribal-land", COLLECTORS_ORDER.commitment, on=ASHA.commitment, parcel=None),
        when=replace(_OFF_THE_LIST, kind=Code("tribal-land"), land=Land(units=(KHATA,), on=ASHA.commitment)),
        then={KHATA: {"restrictions": []}},
    ),
    Example(
        title="two officers have looked at what a key in doubt signed, and release the field",
        given=restricted("key-review", None),
        when=replace(_OFF_THE_LIST, kind=Code("key-review"), entry=None),
        then={FIELD: {"restrictions": []}},
    ),
    Example(
        title="what is not noted is not removed, nor anything by an order of a day to come",
        given=SISTERS,
        when=replace(_OFF_THE_LIST, order=replace(LATER_ORDER, made=date(2027, 1, 1))),
        refused=(papers_are_not_of_the_future, the_restriction_stands),
    ),
    Example(
        title="a court's stay is not removed by an officer's order",
        given=restricted("stay", COLLECTORS_ORDER.commitment),
        when=replace(_OFF_THE_LIST, kind=Code("stay")),
        refused=(an_order_removes_its_kind,),
    ),
    Example(
        title="class-2 land sheds its bar by a change of tenure",
        given=_class_2(),
        when=replace(_OFF_THE_LIST, kind=Code("class-2-occupant"), land=Land(units=(KHATA,))),
        refused=(the_tenure_does_not_carry_it,),
        state="mh",
    ),
    Example(
        title="an order that names no land is sent back",
        given=SISTERS,
        when=replace(_OFF_THE_LIST, land=Land()),
        refused=(it_says_what_it_lies_on,),
    ),
)
