"""Charges: how they rank, how the record names them, and what every entry about one must see to.

A charge lies on a whole unit or on one holder's share of it, and is named by its ``details`` commitment.  When the
unit is divided or parcels leave it, the same charge lies on several units: a release or an assignment names those.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from types import MappingProxyType
from typing import Any, Literal

from domain.ids import UnitId
from domain.kit import Answer, Broken, Citation, rule
from domain.law import Law
from domain.mutations._shared import KHATA, RECORD_LAW, SISTERS
from domain.quantities import format_share
from domain.record import Charge, Commitment, Record, Restriction, Unit
from domain.states import charges, sentences
from domain.values import Deed, EntryRef, Loan, Salt, Text

LEASE = "lease"
LENDERS_CONSENT = "lenders-consent"
PRIORITY_OF_RIGHTS = Citation("Transfer of Property Act 1882", "s. 48")
MORTGAGE = Citation("Transfer of Property Act 1882", "s. 58")

Security = Literal["mortgage", "equitable-mortgage", "usufructuary-mortgage", "crop-loan", "government-dues"]

SECURITIES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {row["name"]: sentences(row) for row in charges() if row["name"] != LEASE}
)
"""Kinds of charge that secure money, in the words of the record (``domain/charges.toml``)."""


def next_rank(unit: Unit, on: Commitment | None) -> int:
    """The rank of a new charge: after every one that it meets on the same share.

    One on the whole unit meets all of the unit's; one on a share meets those of that share and of the whole.  Ranks
    follow the log and are never given again to a later charge while a higher one stands.
    """
    met = (c.rank for c in unit.charges if on is None or c.on in (None, on))
    return max(met, default=0) + 1


def laid(unit: Unit, charge: Charge) -> Unit:
    """The unit with the charge on it, at its rank."""
    return replace(unit, charges=(*unit.charges, replace(charge, rank=next_rank(unit, charge.on))))


def lifted(unit: Unit, details: Commitment) -> Unit:
    """The unit without the charge, and without the notes that go with it."""
    return replace(
        unit,
        charges=tuple(c for c in unit.charges if c.details != details),
        restrictions=tuple(r for r in unit.restrictions if r.details != details),
    )


def renamed(unit: Unit, old: Commitment, new: Commitment) -> Unit:
    """The unit with the charge, and the notes that go with it, under new details; rank and day stay."""
    return replace(
        unit,
        charges=tuple(replace(c, details=new) if c.details == old else c for c in unit.charges),
        restrictions=tuple(replace(r, details=new) if r.details == old else r for r in unit.restrictions),
    )


def borne(unit: Unit, details: Commitment) -> list[Charge]:
    """The unit's entries of that charge: several where the share it lay on has passed to several."""
    return [c for c in unit.charges if c.details == details]


def scope(unit: Unit, on: Commitment | None) -> str:
    """What of the unit a charge lies on, in figures: ``1/1``, ``1/3``; a dash where the share is not determined."""
    if on is None:
        return "1/1"
    return format_share(unit.share_of(on)) if unit.shares_determined else "—"


def security_words(kind: str) -> dict[str, str]:
    """The kind in each language, as the terms ``kind_en``, ``kind_hi`` ... of a sentence."""
    return {f"kind_{language}": text for language, text in SECURITIES[kind].items()}


@rule(
    "who grants a right over the whole unit are all its holders, and over a share its holder alone",
    source=Citation("Transfer of Property Act 1882", "ss. 7 and 44"),
    remedy="Let every holder of the khata join, or charge only the share of the one who grants.",
)
def those_who_hold_it_grant_it(a: Any, record: Record, law: Law) -> Answer:
    holders, grantors = record.units[a.unit].holders, list(a.grantors)
    if a.on is not None:
        return a.on in holders and grantors == [a.on]
    if set(grantors) == holders and len(grantors) == len(holders):
        return True
    absent, strange = holders - set(grantors), set(grantors) - holders
    return Broken(
        "{absent} holders do not join, {strange} who grant are not holders of {unit}",
        absent=len(absent),
        strange=len(strange),
        unit=a.unit,
    )


@rule(
    "the entry names at least one unit, and each unit once",
    source=RECORD_LAW,
    remedy="Name every khata whose record is to change, one time.",
    first=True,
)
def units_are_named_once(a: Any, record: Record, law: Law) -> Answer:
    return bool(a.units) and len(set(a.units)) == len(a.units)


@rule(
    "each unit named bears the charge",
    source=PRIORITY_OF_RIGHTS,
    remedy="Name the charge by the commitment that the record shows for it today, on the units that bear it.",
)
def the_charge_stands(a: Any, record: Record, law: Law) -> Answer:
    """A charge that was assigned bears the new lender's commitment."""
    free = [u for u in a.units if not borne(record.units[u], a.charge)]
    return Broken("{units} does not bear it", units=", ".join(free)) if free else True


@rule(
    "the charge secures money",
    source=MORTGAGE,
    remedy="A lease is ended by the entry for the end of a lease; it is not released or assigned by a lender.",
)
def the_charge_secures_money(a: Any, record: Record, law: Law) -> Answer:
    return not any(c.kind == LEASE for u in a.units for c in borne(record.units[u], a.charge))


# A loan of the worked examples, and the sisters' khata with it.

LOAN = Loan(
    lender=Text("Devgarh Gramin Bank"),
    lender_kind="bank",
    reference=Text("KCC-2026-118"),
    paise=30_000_000,
    salt=Salt(b"l" * 32),
)
OTHER_LOAN = replace(
    LOAN, lender=Text("Zila Sahakari Bank"), lender_kind="co-operative", salt=Salt(b"m" * 32)
)
NO_DUES = Deed(
    number=Text("ND/77"), made=date(2026, 11, 10), by=Text("Devgarh Gramin Bank"), salt=Salt(b"n" * 32)
)
CHARGE = EntryRef(LOAN.commitment)


def charged(
    record: Record = SISTERS, *, on: Commitment | None = None, kind: str = "mortgage", unit: UnitId = KHATA
) -> Record:
    """The record of the examples with the loan's charge on the khata, and the lender's consent reserved."""
    bearer = laid(record.units[unit], Charge(kind=kind, rank=0, on=on, details=CHARGE, since=7))
    reserved = Restriction(kind=LENDERS_CONSENT, on=on, details=CHARGE, since=7)
    return record.with_states(replace(bearer, restrictions=(reserved,)))
