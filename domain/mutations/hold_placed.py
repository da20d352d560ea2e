"""Priority hold placed: a buyer or a lender keeps the next place in the queue of dealings with a unit for some days.

Until the hold ends, no other transfer, division or charge passes; the one it is kept for comes with the certificate
that the hold commits to.  Holds queue in the order of the log.  No law of India has such a hold yet: it is modelled
on the official search with priority of HM Land Registry, and here a holder must agree to it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from domain.days import calendar_of
from domain.ids import UnitId
from domain.kit import Answer, Broken, Citation, Example, Procedure, State, check, rule
from domain.languages import Phrase
from domain.law import Law
from domain.mutations._shared import (
    ASHA,
    KHATA,
    MEENA,
    NOTHING_BARS,
    PRIORITY,
    RAVINA,
    SISTERS,
    STANDING,
    papers_are_not_of_the_future,
)
from domain.record import Hold, Record
from domain.values import Code, EntryRef, PartyRef, Permission, Salt, Text

TYPE = "mutation.hold-placed/1"
TITLE = {
    "en": "Priority hold placed",
    "hi": "प्राथमिकता आरक्षण",
    "te": "ప్రాధాన్యత నిలుపుదల",
    "mr": "प्राधान्य राखीव",
    "kn": "ಆದ್ಯತೆ ಕಾಯ್ದಿರಿಸುವಿಕೆ",
}
PROCEDURE = Procedure(
    nature="order",
    applicants=("transferee", "bank", "registrar"),
    papers=("agreement-to-sell", "sanction-letter"),
    verified_by=None,
    decided_by=("tahsildar", "naib-tahsildar", "system"),
    notice="notice-free",
)

PRIORITY_SEARCH = Citation(
    "Landlog", "priority holds, after Land Registration Rules 2003 (England and Wales), rr. 147-154"
)


@dataclass(frozen=True, kw_only=True)
class Application:
    """A hold as the one who is to deal next asks for it."""

    unit: UnitId
    certificate: Permission
    """Of the kind ``priority``: who brings it with its salt deals next.  The log shows its commitment alone."""
    until: date
    """The last day of the hold."""
    agreed_by: tuple[PartyRef, ...]
    """The holders who agree that the place is kept."""


@rule(
    "the certificate is one of priority",
    source=PRIORITY_SEARCH,
    remedy=Phrase(
        "Give the kind '{kind}', and the number, day and maker of the agreement it rests on.", kind=PRIORITY
    ),
)
def the_certificate_is_of_priority(a: Application, record: Record, law: Law) -> Answer:
    return a.certificate.kind == PRIORITY


@rule(
    "at least one holder of the unit agrees, and nobody agrees who holds nothing in it",
    source=PRIORITY_SEARCH,
    remedy="Bring the agreement with a recorded holder: a stranger cannot stop a holder's dealings.",
)
def a_holder_agrees(a: Application, record: Record, law: Law) -> Answer:
    return bool(a.agreed_by) and set(a.agreed_by) <= record.units[a.unit].holders


@rule(
    "the hold ends on a day to come, within the days that the law gives it",
    source=PRIORITY_SEARCH,
    remedy="Ask for fewer days; a hold that runs out is asked for anew and then queues behind the others.",
)
def it_ends_in_time(a: Application, record: Record, law: Law) -> Answer:
    days = int(law.figure("priority-hold-days").value)
    last = calendar_of(law.state).end(law.day, days, "working")
    return law.day <= a.until <= last or Broken("the last possible day is {day}", day=last)


@rule(
    "the same certificate keeps one place",
    source=PRIORITY_SEARCH,
    remedy="Nothing is to be done: the unit shows the hold.",
)
def the_certificate_is_new(a: Application, record: Record, law: Law) -> Answer:
    return all(h.details != a.certificate.commitment for h in record.units[a.unit].holds)


RULES = (
    *STANDING,
    NOTHING_BARS["order"],
    the_certificate_is_of_priority,
    a_holder_agrees,
    it_ends_in_time,
    the_certificate_is_new,
)


@dataclass(frozen=True, kw_only=True)
class Event:
    """A place in the queue was kept; ``certificate`` commits to who has it."""

    unit: UnitId
    certificate: EntryRef
    until: date


def decide(application: Application, record: Record, law: Law) -> Event:
    """The hold, if every rule holds; raises Refused with all that do not."""
    check(RULES, application, record, law)
    a = application
    return Event(unit=a.unit, certificate=EntryRef(a.certificate.commitment), until=a.until)


def apply(event: Event, record: Record) -> tuple[State, ...]:
    """The unit with the hold at the end of its queue."""
    unit = record.units[event.unit]
    return (replace(unit, holds=(*unit.holds, Hold(until=event.until, details=event.certificate))),)


WORDING = {
    "en": "Priority hold on holding {unit} until {until}, place {place} in the queue.",
    "hi": "खाता {unit} पर {until} तक प्राथमिकता आरक्षण, कतार में स्थान {place}।",
    "te": "ఖాతా {unit} పై {until} వరకు ప్రాధాన్యత నిలుపుదల, వరుసలో స్థానం {place}.",
    "mr": "खाते {unit} वर {until} पर्यंत प्राधान्य राखीव, रांगेत क्रमांक {place}.",
    "kn": "ಖಾತೆ {unit} ಮೇಲೆ {until} ರವರೆಗೆ ಆದ್ಯತೆ ಕಾಯ್ದಿರಿಸಲಾಗಿದೆ, ಸರದಿ {place}.",
}


def terms(event: Event, record: Record) -> Mapping[str, str]:
    """The words that the sentence in the record needs."""
    unit = record.units[event.unit]
    return {"unit": unit.label, "until": event.until.isoformat(), "place": str(len(unit.holds) + 1)}


CERTIFICATE = Permission(
    kind=Code(PRIORITY),
    number=Text("Agreement 88"),
    made=date(2026, 11, 16),
    by=Text("मीना कुमारी"),
    salt=Salt(b"h" * 32),
)
_MEENA_IS_TO_BUY = Application(
    unit=KHATA,
    certificate=CERTIFICATE,
    until=date(2026, 12, 20),
    agreed_by=(ASHA.commitment, RAVINA.commitment),
)
_ANOTHER = replace(CERTIFICATE, number=Text("Agreement 91"), salt=Salt(b"k" * 32))


def held(certificate: Permission = CERTIFICATE, until: date = date(2026, 12, 20)) -> Record:
    """The sisters' khata with a hold on it."""
    hold = Hold(until=until, details=certificate.commitment, since=9)
    return SISTERS.with_states(replace(SISTERS.units[KHATA], holds=(hold,)))


_KEPT = Hold(until=date(2026, 12, 20), details=CERTIFICATE.commitment)

EXAMPLES = (
    Example(
        title="the sisters have agreed to sell: the buyer's place is kept for a month",
        given=SISTERS,
        when=_MEENA_IS_TO_BUY,
        then={KHATA: {"holds": [_KEPT.doc()]}},
    ),
    Example(
        title="a second buyer's hold queues behind the first",
        given=held(_ANOTHER),
        when=_MEENA_IS_TO_BUY,
        then={KHATA: {"holds": [replace(_KEPT, details=_ANOTHER.commitment, since=9).doc(), _KEPT.doc()]}},
    ),
    Example(
        title="a stranger cannot hold the sisters' land for half a year",
        given=SISTERS,
        when=replace(_MEENA_IS_TO_BUY, agreed_by=(MEENA.commitment,), until=date(2027, 5, 21)),
        refused=(a_holder_agrees, it_ends_in_time),
    ),
    Example(
        title="the same agreement keeps one place, and none before it is made",
        given=held(replace(CERTIFICATE, made=date(2026, 12, 1))),
        when=replace(_MEENA_IS_TO_BUY, certificate=replace(CERTIFICATE, made=date(2026, 12, 1))),
        refused=(papers_are_not_of_the_future, the_certificate_is_new),
    ),
    Example(
        title="a Collector's sanction is no certificate of priority",
        given=SISTERS,
        when=replace(_MEENA_IS_TO_BUY, certificate=replace(CERTIFICATE, kind=Code("collector-sanction"))),
        refused=(the_certificate_is_of_priority,),
    ),
)
