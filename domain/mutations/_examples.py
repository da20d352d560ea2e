"""More of the village of the worked examples: the neighbour's khata, and what may lie upon land and people."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction

from domain.ids import ParcelId, UnitId
from domain.mutations._papers import Agreement, DeathCertificate
from domain.mutations._shared import KHATA, SISTERS, parcel, person
from domain.record import Charge, Commitment, Holding, Record, Restriction
from domain.values import Party, Salt, Text

NEIGHBOURS = UnitId("999101-U000070")
GROVE = ParcelId("999101-000103")
SOHAN = person("सोहन सिंह", "हरि सिंह")
GEETA = person("गीता देवी", "सोहन सिंह")
KIRAN = person("किरण", "सोहन सिंह")
IMRAN = person("इमरान अली", "करीम अली")

VILLAGERS = SISTERS.with_states(
    replace(parcel(GROVE, "103", "0.4200"), unit=NEIGHBOURS),
    replace(
        SISTERS.units[KHATA],
        id=NEIGHBOURS,
        label="70",
        parcels=(GROVE,),
        shares=(Holding(SOHAN.commitment, Fraction(1)),),
    ),
)
"""The two sisters' khata 45, and beside it Sohan's khata 70 over khasra 103 (0.4200 ha)."""

MEMORANDUM = Agreement(
    number=Text("7/2026"), made=date(2026, 9, 14), by=Text("Gram Panchayat, Devgarh"), salt=Salt(b"m" * 32)
)

DEATH = DeathCertificate(
    number=Text("D/2026/318"),
    made=date(2026, 4, 12),
    by=Text("Registrar of Births and Deaths, Devgarh"),
    died=date(2026, 4, 2),
    salt=Salt(b"x" * 32),
)

LOAN = Charge(kind="mortgage", rank=1, on=None, details="L" * 43 + "=", since=5)


def charged(record: Record, on: Party | None, unit: UnitId = KHATA) -> Record:
    """With a mortgage on the holder's share, or on the whole unit."""
    lying = replace(LOAN, on=on.commitment if on else None)
    return record.with_states(replace(record.units[unit], charges=(*record.units[unit].charges, lying)))


def restricted(
    record: Record,
    kind: str,
    on: Party | None = None,
    unit: UnitId = KHATA,
    details: Commitment | None = None,
) -> Record:
    """With a restriction on the unit or on one holder."""
    lying = Restriction(kind=kind, on=on.commitment if on else None, details=details, since=7)
    before = record.units[unit]
    return record.with_states(replace(before, restrictions=(*before.restrictions, lying)))


def undetermined(record: Record, unit: UnitId = KHATA) -> Record:
    """With holders whose shares nobody has determined."""
    before = record.units[unit]
    return record.with_states(replace(before, shares=tuple(Holding(h.party, None) for h in before.shares)))


def held_by(record: Record, shares: tuple[Holding, ...], unit: UnitId = KHATA) -> Record:
    """With other holders."""
    return record.with_states(replace(record.units[unit], shares=shares))
