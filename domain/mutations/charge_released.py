"""Charge released: the lender's paper says that nothing is due, and the charge goes from the units that bear it.

A charge that lies on several units since they were divided is released on those that are named: a lender may free
one field and keep the security of the rest.  What the record barred for that lender's sake goes with the charge.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from domain.ids import UnitId
from domain.kit import Citation, Example, Procedure, State, check
from domain.law import Law
from domain.mutations._charges import (
    CHARGE,
    NO_DUES,
    OTHER_LOAN,
    charged,
    lifted,
    the_charge_secures_money,
    the_charge_stands,
    units_are_named_once,
)
from domain.mutations._shared import (
    ASHA,
    KHATA,
    NOTHING_BARS,
    SISTERS,
    STANDING,
    papers_are_not_of_the_future,
)
from domain.record import Record
from domain.values import Deed, EntryRef

TYPE = "mutation.charge-released/1"
TITLE = {
    "en": "Charge released",
    "hi": "भार मुक्ति",
    "te": "భారం విడుదల",
    "mr": "बोजा कमी",
    "kn": "ಭಾರ ವಿಮೋಚನೆ",
}
PROCEDURE = Procedure(
    nature="order",
    applicants=("bank", "holder"),
    papers=("no-dues-certificate",),
    verified_by=None,
    decided_by=("tahsildar", "naib-tahsildar"),
    notice="notice-free",
)

REDEMPTION = Citation("Transfer of Property Act 1882", "s. 60")


@dataclass(frozen=True, kw_only=True)
class Application:
    """A release as the lender's paper states it."""

    charge: EntryRef
    units: tuple[UnitId, ...]
    """The units that are freed of it."""
    paper: Deed
    """The lender's no-dues certificate, deed of reconveyance or release."""


RULES = (
    *STANDING,
    NOTHING_BARS["order"],
    units_are_named_once,
    the_charge_stands,
    the_charge_secures_money,
)


@dataclass(frozen=True, kw_only=True)
class Event:
    """A charge was released."""

    charge: EntryRef
    units: tuple[UnitId, ...]
    paper: EntryRef


def decide(application: Application, record: Record, law: Law) -> Event:
    """The release, if every rule holds; raises Refused with all that do not."""
    check(RULES, application, record, law)
    a = application
    return Event(charge=a.charge, units=a.units, paper=EntryRef(a.paper.commitment))


def apply(event: Event, record: Record) -> tuple[State, ...]:
    """The units without the charge; the ranks of the others stay."""
    return tuple(lifted(record.units[u], event.charge) for u in event.units)


WORDING = {
    "en": "Charge of rank {rank} released on holding {units}.",
    "hi": "खाता {units} पर क्रम {rank} का भार मुक्त।",
    "te": "ఖాతా {units} పై క్రమం {rank} భారం విడుదల.",
    "mr": "खाते {units} वरील क्रम {rank} चा बोजा कमी केला.",
    "kn": "ಖಾತೆ {units} ಮೇಲಿನ ಕ್ರಮ {rank} ರ ಭಾರ ವಿಮೋಚನೆ.",
}


def terms(event: Event, record: Record) -> Mapping[str, str]:
    """The words that the sentence in the record needs."""
    ranks = {c.rank for u in event.units for c in record.units[u].charges if c.details == event.charge}
    labels = ", ".join(record.units[u].label for u in event.units)
    return {"units": labels, "rank": ", ".join(map(str, sorted(ranks)))}


_NOTHING_IS_DUE = Application(charge=CHARGE, units=(KHATA,), paper=NO_DUES)

EXAMPLES = (
    Example(
        title="the bank's no-dues certificate frees the khata, and its consent is no longer needed",
        given=charged(),
        when=_NOTHING_IS_DUE,
        then={KHATA: {"charges": [], "restrictions": []}},
    ),
    Example(
        title="a charge on one sister's share is released",
        given=charged(on=ASHA.commitment),
        when=_NOTHING_IS_DUE,
        then={KHATA: {"charges": []}},
    ),
    Example(
        title="another lender's charge is not released by this paper, nor by one of a day to come",
        given=charged(),
        when=replace(
            _NOTHING_IS_DUE,
            charge=EntryRef(OTHER_LOAN.commitment),
            paper=replace(NO_DUES, made=date(2027, 1, 5)),
        ),
        refused=(papers_are_not_of_the_future, the_charge_stands),
    ),
    Example(
        title="a lease is not released as a charge",
        given=charged(kind="lease"),
        when=_NOTHING_IS_DUE,
        refused=(the_charge_secures_money,),
    ),
    Example(
        title="a release that names no unit frees nothing",
        given=SISTERS,
        when=replace(_NOTHING_IS_DUE, units=()),
        refused=(units_are_named_once,),
    ),
)
