"""Lease ended: the term is over, or the tenant gave the land up, or the lease was forfeited; the entry goes.

The record is cleared on the holder's application with the tenant's paper, or with the court's order where the
tenant contests; that the term has run out does not by itself put a tenant out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from domain.ids import UnitId
from domain.kit import Answer, Broken, Citation, Example, Procedure, State, check, rule
from domain.law import Law
from domain.mutations._charges import (
    CHARGE,
    LEASE,
    NO_DUES,
    borne,
    charged,
    lifted,
    the_charge_stands,
    units_are_named_once,
)
from domain.mutations._shared import ASHA, KHATA, NOTHING_BARS, SISTERS, STANDING
from domain.record import Record
from domain.values import Deed, EntryRef

TYPE = "mutation.lease-ended/1"
TITLE = {
    "en": "End of a lease",
    "hi": "पट्टे की समाप्ति",
    "te": "కౌలు ముగింపు",
    "mr": "भाडेपट्टा समाप्ती",
    "kn": "ಗುತ್ತಿಗೆ ಮುಕ್ತಾಯ",
}
PROCEDURE = Procedure(
    nature="order",
    applicants=("holder", "tenant"),
    papers=("surrender-deed", "court-order"),
    verified_by="lekhpal",
    decided_by=("tahsildar", "naib-tahsildar"),
    notice="unregistered",
)

DETERMINATION = Citation("Transfer of Property Act 1882", "s. 111")


@dataclass(frozen=True, kw_only=True)
class Application:
    """The end of a lease as the paper states it."""

    charge: EntryRef
    """The lease, by the details that the record shows for it."""
    units: tuple[UnitId, ...]
    ended: date
    ground: Literal["term-over", "surrender", "forfeiture", "merger"]
    paper: Deed


@rule(
    "the entry is a lease",
    source=DETERMINATION,
    remedy="A charge that secures money is released with the lender's paper.",
)
def the_entry_is_a_lease(a: Application, record: Record, law: Law) -> Answer:
    return all(c.kind == LEASE for u in a.units for c in borne(record.units[u], a.charge))


@rule(
    "the lease has ended by the day of the order",
    source=DETERMINATION,
    remedy="Apply again when it has ended.",
)
def it_has_ended(a: Application, record: Record, law: Law) -> Answer:
    return a.ended <= law.day or Broken("it ends on {day}", day=a.ended)


RULES = (
    *STANDING,
    NOTHING_BARS["order"],
    units_are_named_once,
    the_charge_stands,
    the_entry_is_a_lease,
    it_has_ended,
)


@dataclass(frozen=True, kw_only=True)
class Event:
    """A lease ended."""

    charge: EntryRef
    units: tuple[UnitId, ...]
    ended: date
    ground: Literal["term-over", "surrender", "forfeiture", "merger"]
    paper: EntryRef


def decide(application: Application, record: Record, law: Law) -> Event:
    """The end of the lease, if every rule holds; raises Refused with all that do not."""
    check(RULES, application, record, law)
    a = application
    paper = EntryRef(a.paper.commitment)
    return Event(charge=a.charge, units=a.units, ended=a.ended, ground=a.ground, paper=paper)


def apply(event: Event, record: Record) -> tuple[State, ...]:
    """The units without the lease."""
    return tuple(lifted(record.units[u], event.charge) for u in event.units)


WORDING = {
    "en": "Lease on holding {units} ended on {day}.",
    "hi": "खाता {units} का पट्टा दिनांक {day} को समाप्त।",
    "te": "ఖాతా {units} పై కౌలు {day} న ముగిసింది.",
    "mr": "खाते {units} वरील भाडेपट्टा दिनांक {day} रोजी संपला.",
    "kn": "ಖಾತೆ {units} ಮೇಲಿನ ಗುತ್ತಿಗೆ {day} ರಂದು ಮುಕ್ತಾಯ.",
}


def terms(event: Event, record: Record) -> Mapping[str, str]:
    """The words that the sentence in the record needs."""
    return {
        "units": ", ".join(record.units[u].label for u in event.units),
        "day": event.ended.isoformat(),
    }


_SURRENDERED = Application(
    charge=CHARGE, units=(KHATA,), ended=date(2026, 10, 31), ground="surrender", paper=NO_DUES
)
_LET = charged(kind=LEASE)

EXAMPLES = (
    Example(
        title="the tenant gives the land up",
        given=_LET,
        when=_SURRENDERED,
        then={KHATA: {"charges": []}},
    ),
    Example(
        title="the lease of one sister's share ends with its term",
        given=charged(kind=LEASE, on=ASHA.commitment),
        when=replace(_SURRENDERED, ground="term-over"),
        then={KHATA: {"charges": [], "restrictions": []}},
    ),
    Example(
        title="a mortgage does not end as a lease does, least of all on a day to come",
        given=charged(),
        when=replace(_SURRENDERED, ended=date(2027, 10, 31)),
        refused=(the_entry_is_a_lease, it_has_ended),
    ),
    Example(
        title="where no lease is recorded, none ends",
        given=SISTERS,
        when=_SURRENDERED,
        refused=(the_charge_stands,),
    ),
)
