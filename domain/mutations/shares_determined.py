"""Shares determined: the shares of a unit's holders, until now not stated, are stated (ansh nirdharan).

Nobody comes in and nobody goes out.  The shares are those that all the holders agree on, or that an order finds; the
office never divides equally by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal

from domain.ids import UnitId
from domain.kit import Answer, Citation, Example, Procedure, State, check, rule
from domain.law import Law
from domain.mutations._examples import MEMORANDUM, charged, restricted, undetermined
from domain.mutations._papers import Agreement
from domain.mutations._people import (
    HolderShare,
    every_holder_has_a_share,
    restated,
    shares_make_up_the_whole,
)
from domain.mutations._shared import (
    ASHA,
    KHATA,
    MEENA,
    NOTHING_BARS,
    RAVINA,
    SISTERS,
    STANDING,
)
from domain.quantities import format_share
from domain.record import Holding, Record

TYPE = "mutation.shares-determined/1"
TITLE = {
    "en": "Shares determined",
    "hi": "अंश निर्धारण",
    "te": "వాటాల నిర్ధారణ",
    "mr": "हिस्सा निश्चिती",
    "kn": "ಪಾಲು ನಿರ್ಧಾರ",
}
PROCEDURE = Procedure(
    nature="correction",
    applicants=("holder", "suo-motu"),
    papers=("agreement-of-all", "family-tree"),
    verified_by="lekhpal",
    decided_by=("tahsildar", "naib-tahsildar", "sub-divisional-officer"),
    notice="unregistered",
    two_officers=True,
)

RECORD_OF_SHARES = Citation("Uttar Pradesh Revenue Code 2006", "s. 31; the like law of each state")


@dataclass(frozen=True, kw_only=True)
class Application:
    """Shares as the holders agree on them or an officer proposes them after enquiry."""

    unit: UnitId
    shares: tuple[HolderShare, ...]
    basis: Literal["agreement", "enquiry"]
    paper: Agreement
    """The memorandum that all have signed, or the report of the enquiry that all were heard in."""
    signed_by: int = 0
    """How many of the holders have signed the agreement."""


@rule(
    "the shares of the unit are not determined yet",
    source=RECORD_OF_SHARES,
    remedy="Shares that stand change by a deed, a succession, a settlement or a court's order.",
)
def shares_are_open(a: Application, record: Record, law: Law) -> Answer:
    return not record.units[a.unit].shares_determined


@rule(
    "every holder is given a share, and all of them have signed where the shares rest on agreement",
    source=RECORD_OF_SHARES,
    remedy="Let every holder sign before the officer, or have the shares found by an enquiry with all heard.",
)
def all_agree(a: Application, record: Record, law: Law) -> Answer:
    holders = record.units[a.unit].holders
    return bool(a.shares) and (a.basis == "enquiry" or a.signed_by >= len(holders))


RULES = (
    *STANDING,
    NOTHING_BARS[
        "succession"
    ],  # what bars entering heirs bars stating what they hold: a stay, holders unknown
    shares_are_open,
    every_holder_has_a_share,
    shares_make_up_the_whole,
    all_agree,
)


@dataclass(frozen=True, kw_only=True)
class Event:
    """The shares of a unit were determined."""

    unit: UnitId
    shares: tuple[HolderShare, ...]
    basis: Literal["agreement", "enquiry"]


def decide(application: Application, record: Record, law: Law) -> Event:
    """The shares as they stand from now on, if every rule holds; raises Refused with all that do not."""
    check(RULES, application, record, law)
    return Event(unit=application.unit, shares=application.shares, basis=application.basis)


def apply(event: Event, record: Record) -> tuple[State, ...]:
    """The unit with its shares stated."""
    shares = (Holding(s.holder, s.share) for s in event.shares)
    return (restated(record.units[event.unit], shares),)


WORDING = {
    "en": "Shares of holding {unit} determined: {shares}.",
    "hi": "खाता {unit} के अंश निर्धारित: {shares}।",
    "te": "ఖాతా {unit} వాటాలు నిర్ధారణ: {shares}.",
    "mr": "खाते {unit} चे हिस्से निश्चित: {shares}.",
    "kn": "ಖಾತೆ {unit} ರ ಪಾಲುಗಳು ನಿರ್ಧಾರ: {shares}.",
}


def terms(event: Event, record: Record) -> Mapping[str, str]:
    """The words that the sentence in the record needs."""
    shares = " + ".join(format_share(s.share) for s in event.shares)
    return {"unit": record.units[event.unit].label, "shares": shares}


_AS_THE_SISTERS_AGREE = Application(
    unit=KHATA,
    shares=(
        HolderShare(holder=ASHA.commitment, share=Fraction(2, 5)),
        HolderShare(holder=RAVINA.commitment, share=Fraction(3, 5)),
    ),
    basis="agreement",
    paper=MEMORANDUM,
    signed_by=2,
)

EXAMPLES = (
    Example(
        title="two sisters state their shares before the officer",
        given=undetermined(SISTERS),
        when=_AS_THE_SISTERS_AGREE,
        then={
            KHATA: {
                "shares_determined": True,
                "shares": [
                    {"party": ASHA.commitment, "num": 2, "den": 5},
                    {"party": RAVINA.commitment, "num": 3, "den": 5},
                ],
            }
        },
    ),
    Example(
        title="shares are found by an enquiry, and a charge on one of them stays where it lay",
        given=charged(undetermined(SISTERS), ASHA),
        when=replace(_AS_THE_SISTERS_AGREE, basis="enquiry", signed_by=0),
        then={KHATA: {"shares_determined": True, "restrictions": []}},
    ),
    Example(
        title="shares that stand are not determined again",
        given=SISTERS,
        when=_AS_THE_SISTERS_AGREE,
        refused=(shares_are_open,),
    ),
    Example(
        title="a sister who has not signed, a stranger, and shares that exceed the whole are told together",
        given=undetermined(SISTERS),
        when=replace(
            _AS_THE_SISTERS_AGREE,
            shares=(
                *_AS_THE_SISTERS_AGREE.shares,
                HolderShare(holder=MEENA.commitment, share=Fraction(1, 5)),
            ),
            signed_by=1,
        ),
        refused=(every_holder_has_a_share, shares_make_up_the_whole, all_agree),
    ),
    Example(
        title="shares are not stated while an older record's holders are not all known",
        given=restricted(undetermined(SISTERS), "holders-incomplete"),
        when=_AS_THE_SISTERS_AGREE,
        refused=(NOTHING_BARS["succession"],),
    ),
)
