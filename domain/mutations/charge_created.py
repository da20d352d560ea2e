"""Charge created: a lender's mortgage or other charge is noted on a unit, or on one holder's share of it.

It ranks after every charge that lies on the same share, in the order of the log.  The public record shows its kind,
rank, day and scope; the lender, the sum and the reference are sealed.  Where the law or the deed reserves the
lender's consent to later dealings, the record bars them until that consent is brought.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from domain.ids import UnitId
from domain.kit import Answer, Broken, Citation, Example, Procedure, State, check, rule
from domain.law import Law
from domain.mutations._charges import (
    CHARGE,
    LENDERS_CONSENT,
    LOAN,
    OTHER_LOAN,
    PRIORITY_OF_RIGHTS,
    Security,
    borne,
    charged,
    laid,
    next_rank,
    scope,
    security_words,
    those_who_hold_it_grant_it,
)
from domain.mutations._shared import (
    ASHA,
    DEED,
    FIELD,
    KHATA,
    MEENA,
    NOTHING_BARS,
    RAVINA,
    SISTERS,
    STANDING,
)
from domain.record import Charge, Record, Restriction
from domain.restrictions import OPEN_TO_CREDIT
from domain.values import Deed, EntryRef, Loan, PartyRef, Permission

TYPE = "mutation.charge-created/1"
TITLE = {
    "en": "Charge created",
    "hi": "भार अंकन",
    "te": "భారం నమోదు",
    "mr": "बोजा नोंद",
    "kn": "ಭಾರದ ದಾಖಲೆ",
}
PROCEDURE = Procedure(
    nature="charge",
    applicants=("bank", "holder", "registrar"),
    papers=("charge-form", "mortgage-deed"),
    verified_by=None,
    decided_by=("tahsildar", "naib-tahsildar"),
    notice="notice-free",
)

CREDIT_LAW = Citation(
    "Maharashtra Co-operative Societies Act 1960", "s. 48; the law on agricultural credit of each state"
)


@dataclass(frozen=True, kw_only=True)
class Application:
    """A charge as the deed or the borrower's declaration states it."""

    unit: UnitId
    kind: Security
    grantors: tuple[PartyRef, ...]
    """The holders who give the security."""
    loan: Loan
    deed: Deed
    on: PartyRef | None = None
    """The holder whose share is charged; empty for the whole unit."""
    consent_reserved: bool = False
    """Later dealings need the lender's written consent."""
    permissions: tuple[Permission, ...] = ()

    @property
    def spared(self) -> Collection[str]:
        """Restrictions whose own law leaves a mortgage to such a lender free."""
        return OPEN_TO_CREDIT if self.loan.lender_kind != "private" else ()


@rule(
    "a charge by declaration is in favour of the government, a co-operative society or a bank",
    source=CREDIT_LAW,
    remedy="A private lender takes a mortgage by registered deed.",
)
def a_declared_charge_is_for_institutions(a: Application, record: Record, law: Law) -> Answer:
    return a.kind not in ("crop-loan", "government-dues") or a.loan.lender_kind != "private"


@rule(
    "the loan is not noted on the unit already",
    source=PRIORITY_OF_RIGHTS,
    remedy="A loan that is raised or renewed is a new charge, with its own rank; the same one is noted once.",
)
def the_loan_is_new(a: Application, record: Record, law: Law) -> Answer:
    found = borne(record.units[a.unit], a.loan.commitment)
    return Broken("it stands at rank {rank}", rank=found[0].rank) if found else True


RULES = (
    *STANDING,
    NOTHING_BARS["charge"],
    those_who_hold_it_grant_it,
    a_declared_charge_is_for_institutions,
    the_loan_is_new,
)


@dataclass(frozen=True, kw_only=True)
class Event:
    """A charge was noted; ``loan`` commits to its details."""

    unit: UnitId
    kind: Security
    on: PartyRef | None
    loan: EntryRef
    deed: EntryRef
    consent_reserved: bool


def decide(application: Application, record: Record, law: Law) -> Event:
    """The charge, if every rule holds; raises Refused with all that do not."""
    check(RULES, application, record, law)
    a = application
    return Event(
        unit=a.unit,
        kind=a.kind,
        on=a.on,
        loan=EntryRef(a.loan.commitment),
        deed=EntryRef(a.deed.commitment),
        consent_reserved=a.consent_reserved,
    )


def apply(event: Event, record: Record) -> tuple[State, ...]:
    """The unit with the charge at the next rank, and the lender's consent where it is reserved."""
    unit = laid(record.units[event.unit], Charge(kind=event.kind, rank=0, on=event.on, details=event.loan))
    if event.consent_reserved:
        reserved = Restriction(kind=LENDERS_CONSENT, on=event.on, details=event.loan)
        unit = replace(unit, restrictions=(*unit.restrictions, reserved))
    return (unit,)


WORDING = {
    "en": "Charge noted: {kind_en} of rank {rank} on {scope} of holding {unit}.",
    "hi": "भार अंकित: खाता {unit} के {scope} अंश पर {kind_hi}, क्रम {rank}।",
    "te": "భారం నమోదు: ఖాతా {unit} లో {scope} వాటాపై {kind_te}, క్రమం {rank}.",
    "mr": "बोजा नोंदविला: खाते {unit} मधील {scope} हिश्श्यावर {kind_mr}, क्रम {rank}.",
    "kn": "ಭಾರ ದಾಖಲು: ಖಾತೆ {unit} ರ {scope} ಅಂಶದ ಮೇಲೆ {kind_kn}, ಕ್ರಮ {rank}.",
}


def terms(event: Event, record: Record) -> Mapping[str, str]:
    """The words that the sentence in the record needs."""
    unit = record.units[event.unit]
    rank = str(next_rank(unit, event.on))
    return {"unit": unit.label, "rank": rank, "scope": scope(unit, event.on), **security_words(event.kind)}


_BOTH = (ASHA.commitment, RAVINA.commitment)
_THE_KHATA = Application(unit=KHATA, kind="mortgage", grantors=_BOTH, loan=LOAN, deed=DEED)
_ASHAS_SHARE = replace(
    _THE_KHATA, kind="crop-loan", grantors=(ASHA.commitment,), on=ASHA.commitment, loan=OTHER_LOAN
)


def _restricted(kind: str) -> Record:
    field = replace(SISTERS.parcels[FIELD], restrictions=(Restriction(kind=kind, since=3),))
    return SISTERS.with_states(field)


EXAMPLES = (
    Example(
        title="both sisters mortgage the khata to a bank, which reserves its consent",
        given=SISTERS,
        when=replace(_THE_KHATA, consent_reserved=True),
        then={
            KHATA: {
                "charges": [
                    {"kind": "mortgage", "rank": 1, "since": None, "on": None, "details": LOAN.commitment}
                ],
                "restrictions": [
                    {"kind": "lenders-consent", "since": None, "on": None, "details": LOAN.commitment}
                ],
            }
        },
    ),
    Example(
        title="a second loan, on one sister's share, ranks after the one on the whole khata",
        given=charged().with_states(replace(charged().units[KHATA], restrictions=())),
        when=_ASHAS_SHARE,
        then={
            KHATA: {
                "charges": [
                    {"kind": "mortgage", "rank": 1, "since": 7, "on": None, "details": CHARGE},
                    {
                        "kind": "crop-loan",
                        "rank": 2,
                        "since": None,
                        "on": ASHA.commitment,
                        "details": OTHER_LOAN.commitment,
                    },
                ]
            }
        },
    ),
    Example(
        title="assigned land may be mortgaged to a bank",
        given=_restricted("assigned-land"),
        when=_THE_KHATA,
        then={KHATA: {"restrictions": []}},
    ),
    Example(
        title="assigned land is not mortgaged to a moneylender, and no charge by declaration is made to one",
        given=_restricted("assigned-land"),
        when=replace(_THE_KHATA, kind="crop-loan", loan=replace(LOAN, lender_kind="private")),
        refused=(NOTHING_BARS["charge"], a_declared_charge_is_for_institutions),
    ),
    Example(
        title="one sister cannot mortgage the whole khata, nor can a stranger join her",
        given=SISTERS,
        when=replace(_THE_KHATA, grantors=(ASHA.commitment, MEENA.commitment)),
        refused=(those_who_hold_it_grant_it,),
    ),
    Example(
        title="a second mortgage needs the consent that the first lender reserved; the same loan is noted once",
        given=charged(),
        when=_THE_KHATA,
        refused=(NOTHING_BARS["charge"], the_loan_is_new),
    ),
)
