"""Charge assigned: the lender passes the debt and its security to another lender.

The charge keeps its rank, its day and what it lies on; only who may claim on it changes, and that is sealed.  It is
assigned on every unit that bears it: a debt has one lender.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from domain.ids import UnitId
from domain.kit import Answer, Broken, Citation, Example, Procedure, State, check, rule
from domain.law import Law
from domain.mutations._charges import (
    CHARGE,
    LOAN,
    OTHER_LOAN,
    borne,
    charged,
    renamed,
    the_charge_secures_money,
    the_charge_stands,
    units_are_named_once,
)
from domain.mutations._shared import (
    ASHA,
    DEED,
    FIELD,
    KHATA,
    NOTHING_BARS,
    SISTERS,
    STANDING,
)
from domain.record import Record, Restriction
from domain.restrictions import OPEN_TO_CREDIT
from domain.values import Deed, EntryRef, Loan, Permission

TYPE = "mutation.charge-assigned/1"
TITLE = {
    "en": "Charge assigned to another lender",
    "hi": "भार का अन्य ऋणदाता को समनुदेशन",
    "te": "భారం మరో రుణదాతకు బదలాయింపు",
    "mr": "बोजा दुसऱ्या वित्तसंस्थेकडे वर्ग",
    "kn": "ಭಾರವನ್ನು ಬೇರೆ ಸಾಲದಾತರಿಗೆ ವರ್ಗಾವಣೆ",
}
PROCEDURE = Procedure(
    nature="charge",
    applicants=("bank",),
    papers=("assignment-deed",),
    verified_by=None,
    decided_by=("tahsildar", "naib-tahsildar"),
    notice="notice-free",
)

ASSIGNMENT = Citation(
    "Transfer of Property Act 1882", "ss. 8 and 60A; for secured assets SARFAESI Act 2002, s. 5"
)


@dataclass(frozen=True, kw_only=True)
class Application:
    """An assignment as the deed between the two lenders states it."""

    charge: EntryRef
    units: tuple[UnitId, ...]
    """Every unit that bears the charge."""
    loan: Loan
    """The debt as the new lender holds it."""
    deed: Deed
    permissions: tuple[Permission, ...] = ()

    @property
    def spared(self) -> Collection[str]:
        """The lender's own right to consent, and what the law leaves free for such a new lender."""
        return {"lenders-consent", *(OPEN_TO_CREDIT if self.loan.lender_kind != "private" else ())}


@rule(
    "the new lender's entry differs from the old one",
    source=ASSIGNMENT,
    remedy="Give the debt as the new lender holds it, sealed anew.",
)
def the_lender_changes(a: Application, record: Record, law: Law) -> Answer:
    found = [u for u in a.units if borne(record.units[u], a.loan.commitment)]
    return Broken("{units} bears it already", units=", ".join(found)) if found else True


RULES = (
    *STANDING,
    NOTHING_BARS["charge"],
    units_are_named_once,
    the_charge_stands,
    the_charge_secures_money,
    the_lender_changes,
)


@dataclass(frozen=True, kw_only=True)
class Event:
    """A charge was assigned; ``loan`` commits to its details in the new lender's hands."""

    charge: EntryRef
    units: tuple[UnitId, ...]
    loan: EntryRef
    deed: EntryRef


def decide(application: Application, record: Record, law: Law) -> Event:
    """The assignment, if every rule holds; raises Refused with all that do not."""
    check(RULES, application, record, law)
    a = application
    return Event(
        charge=a.charge,
        units=a.units,
        loan=EntryRef(a.loan.commitment),
        deed=EntryRef(a.deed.commitment),
    )


def apply(event: Event, record: Record) -> tuple[State, ...]:
    """The units with the charge under its new details, at its old rank."""
    return tuple(renamed(record.units[u], event.charge, event.loan) for u in event.units)


WORDING = {
    "en": "Charge of rank {rank} on holding {units} assigned to another lender.",
    "hi": "खाता {units} पर क्रम {rank} का भार अन्य ऋणदाता को समनुदेशित।",
    "te": "ఖాతా {units} పై క్రమం {rank} భారం మరో రుణదాతకు బదలాయింపు.",
    "mr": "खाते {units} वरील क्रम {rank} चा बोजा दुसऱ्या वित्तसंस्थेकडे वर्ग.",
    "kn": "ಖಾತೆ {units} ಮೇಲಿನ ಕ್ರಮ {rank} ರ ಭಾರ ಬೇರೆ ಸಾಲದಾತರಿಗೆ ವರ್ಗಾವಣೆ.",
}


def terms(event: Event, record: Record) -> Mapping[str, str]:
    """The words that the sentence in the record needs."""
    ranks = {c.rank for u in event.units for c in record.units[u].charges if c.details == event.charge}
    labels = ", ".join(record.units[u].label for u in event.units)
    return {"units": labels, "rank": ", ".join(map(str, sorted(ranks)))}


_TO_ANOTHER_BANK = Application(charge=CHARGE, units=(KHATA,), loan=OTHER_LOAN, deed=DEED)


def _on_tribal_land() -> Record:
    field = replace(SISTERS.parcels[FIELD], restrictions=(Restriction(kind="tribal-land", since=3),))
    return charged(SISTERS.with_states(field))


EXAMPLES = (
    Example(
        title="the charge passes to another bank and keeps its rank and its day",
        given=charged(),
        when=_TO_ANOTHER_BANK,
        then={
            KHATA: {
                "charges": [
                    {
                        "kind": "mortgage",
                        "rank": 1,
                        "since": 7,
                        "on": None,
                        "details": OTHER_LOAN.commitment,
                    }
                ],
                "restrictions": [
                    {"kind": "lenders-consent", "since": 7, "on": None, "details": OTHER_LOAN.commitment}
                ],
            }
        },
    ),
    Example(
        title="a charge on one sister's share stays on that share",
        given=charged(on=ASHA.commitment),
        when=_TO_ANOTHER_BANK,
        then={
            KHATA: {
                "charges": [
                    {
                        "kind": "mortgage",
                        "rank": 1,
                        "since": 7,
                        "on": ASHA.commitment,
                        "details": OTHER_LOAN.commitment,
                    }
                ]
            }
        },
    ),
    Example(
        title="a charge on a Scheduled Tribe's land is not assigned without the Collector's sanction",
        given=_on_tribal_land(),
        when=_TO_ANOTHER_BANK,
        refused=(NOTHING_BARS["charge"],),
    ),
    Example(
        title="what the unit does not bear cannot be assigned",
        given=SISTERS,
        when=_TO_ANOTHER_BANK,
        refused=(the_charge_stands,),
    ),
    Example(
        title="an assignment to the lender who holds it already says nothing, and a lease has no lender",
        given=charged(kind="lease"),
        when=replace(_TO_ANOTHER_BANK, loan=LOAN),
        refused=(the_charge_secures_money, the_lender_changes),
    ),
)
