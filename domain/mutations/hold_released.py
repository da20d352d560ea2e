"""Priority hold ended: the one it was kept for gives it up, or its days are over; the entry goes from the unit.

A hold binds nobody after its last day, whether or not this entry has been made: the entry clears the record.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from domain.ids import UnitId
from domain.kit import Answer, Broken, Example, Procedure, State, check, rule
from domain.law import Law
from domain.mutations._shared import KHATA, NOTHING_BARS, SISTERS, STANDING
from domain.mutations.hold_placed import CERTIFICATE, PRIORITY_SEARCH, held
from domain.record import Hold, Record, Unit
from domain.values import EntryRef, Permission, Salt

TYPE = "mutation.hold-released/1"
TITLE = {
    "en": "Priority hold ended",
    "hi": "प्राथमिकता आरक्षण समाप्त",
    "te": "ప్రాధాన్యత నిలుపుదల ముగింపు",
    "mr": "प्राधान्य राखीव समाप्त",
    "kn": "ಆದ್ಯತೆ ಕಾಯ್ದಿರಿಸುವಿಕೆ ಮುಕ್ತಾಯ",
}
PROCEDURE = Procedure(
    nature="order",
    applicants=("transferee", "bank", "suo-motu"),
    papers=("certificate-of-priority",),
    verified_by=None,
    decided_by=("tahsildar", "naib-tahsildar", "system"),
    notice="notice-free",
)


@dataclass(frozen=True, kw_only=True)
class Application:
    """The end of a hold: given up with its certificate, or run out."""

    unit: UnitId
    hold: EntryRef
    ground: Literal["given-up", "expired"]
    certificate: Permission | None = None
    """For a hold that is given up: the certificate that it commits to."""


@rule(
    "the unit bears the hold",
    source=PRIORITY_SEARCH,
    remedy="Name the hold by the commitment that the record shows; one that has ended needs nothing more.",
    first=True,
)
def the_hold_stands(a: Application, record: Record, law: Law) -> Answer:
    unit = record.units.get(a.unit)
    return unit is None or _hold(unit, a.hold) is not None  # a unit that is not there has its own finding


@rule(
    "a hold is given up by the one it is kept for",
    source=PRIORITY_SEARCH,
    remedy="Bring the certificate as it was given, with its salt.",
)
def its_own_certificate_is_brought(a: Application, record: Record, law: Law) -> Answer:
    if a.ground == "expired":
        return a.certificate is None
    return a.certificate is not None and EntryRef(a.certificate.commitment) == a.hold


@rule(
    "a hold has run out when its last day is over",
    source=PRIORITY_SEARCH,
    remedy="Wait until the day after its last.",
)
def its_days_are_over(a: Application, record: Record, law: Law) -> Answer:
    hold = _hold(record.units[a.unit], a.hold)
    if a.ground != "expired" or hold is None:
        return True
    return hold.until < law.day or Broken("it runs until {day}", day=hold.until)


RULES = (
    *STANDING,
    NOTHING_BARS["order"],
    the_hold_stands,
    its_own_certificate_is_brought,
    its_days_are_over,
)


@dataclass(frozen=True, kw_only=True)
class Event:
    """A hold ended."""

    unit: UnitId
    hold: EntryRef
    ground: Literal["given-up", "expired"]


def decide(application: Application, record: Record, law: Law) -> Event:
    """The end of the hold, if every rule holds; raises Refused with all that do not."""
    check(RULES, application, record, law)
    return Event(unit=application.unit, hold=application.hold, ground=application.ground)


def apply(event: Event, record: Record) -> tuple[State, ...]:
    """The unit without the hold."""
    unit = record.units[event.unit]
    return (replace(unit, holds=tuple(h for h in unit.holds if h.details != event.hold)),)


def _hold(unit: Unit, details: EntryRef) -> Hold | None:
    return next((h for h in unit.holds if h.details == details), None)


WORDING = {
    "en": "Priority hold on holding {unit} ended.",
    "hi": "खाता {unit} पर प्राथमिकता आरक्षण समाप्त।",
    "te": "ఖాతా {unit} పై ప్రాధాన్యత నిలుపుదల ముగిసింది.",
    "mr": "खाते {unit} वरील प्राधान्य राखीव समाप्त.",
    "kn": "ಖಾತೆ {unit} ಮೇಲಿನ ಆದ್ಯತೆ ಕಾಯ್ದಿರಿಸುವಿಕೆ ಮುಕ್ತಾಯ.",
}


def terms(event: Event, record: Record) -> Mapping[str, str]:
    """The words that the sentence in the record needs."""
    return {"unit": record.units[event.unit].label}


_GIVEN_UP = Application(
    unit=KHATA, hold=EntryRef(CERTIFICATE.commitment), ground="given-up", certificate=CERTIFICATE
)
_RUN_OUT = replace(_GIVEN_UP, ground="expired", certificate=None)

EXAMPLES = (
    Example(
        title="the buyer gives the place up",
        given=held(),
        when=_GIVEN_UP,
        then={KHATA: {"holds": []}},
    ),
    Example(
        title="the clock clears a hold the day after its last",
        given=held(),
        when=_RUN_OUT,
        day=date(2026, 12, 21),
        then={KHATA: {"holds": []}},
    ),
    Example(
        title="a hold does not run out on its last day, and another's certificate does not end it",
        given=held(),
        when=replace(_RUN_OUT, certificate=replace(CERTIFICATE, salt=Salt(b"x" * 32))),
        day=date(2026, 12, 20),
        refused=(its_own_certificate_is_brought, its_days_are_over),
    ),
    Example(
        title="where no hold stands, none ends",
        given=SISTERS,
        when=_GIVEN_UP,
        refused=(the_hold_stands,),
    ),
)
