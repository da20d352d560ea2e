"""Rules and steps that several mutation types share, and the people of the worked examples."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

from domain.ids import ParcelId, UnitId, VillageCode
from domain.kit import Citation
from domain.quantities import Area
from domain.record import Holding, Parcel, Record, Unit
from domain.values import Deed, Party, Salt, Text, UnitLabel, issued

REGISTRATION_ACT = Citation("Registration Act 1908", "s. 17")
TRANSFER_OF_PROPERTY = Citation("Transfer of Property Act 1882", "s. 7")
RECORD_LAW = Citation("Landlog", "the invariants of the record")


@dataclass(frozen=True, kw_only=True)
class NewUnit:
    """A unit to be opened; the office gives its id."""

    label: UnitLabel
    id: UnitId | None = issued("unit")  # noqa: RUF009  # a dataclasses.field with metadata


def barred(states: Iterable[Parcel | Unit]) -> list[str]:
    """What bars dealings, in words: "593873-U000045: stay"."""
    return [f"{s.id}: {r.kind}" for s in states for r in s.restrictions]


def inactive(states: Iterable[Parcel | Unit]) -> list[str]:
    """Those that are retired or closed."""
    return [f"{s.id} is {s.status}" for s in states if s.status != "active"]


def parcels_of(record: Record, unit: UnitId) -> list[Parcel]:
    """The parcels of a unit that the record was asked for."""
    return [record.parcels[p] for p in record.units[unit].parcels if p in record.parcels]


def labels_in_use(record: Record, kind: str) -> list[str]:
    """Labels which the application would take and that something else bears today."""
    return [f"{label} is borne by {bearer}" for (_, k, label), bearer in record.labels.items() if k == kind]


def moved(parcel: Parcel, unit: UnitId) -> Parcel:
    return replace(parcel, unit=unit)


def without(unit: Unit, parcels: Iterable[ParcelId]) -> Unit:
    """The unit after those parcels have left it; closed when none remains."""
    gone = set(parcels)
    remaining = tuple(p for p in unit.parcels if p not in gone)
    return replace(unit, parcels=remaining, status="active" if remaining else "closed")


# People and land of the worked examples: a joint khata of two sisters in a village of the demonstration tehsil.

VILLAGE = VillageCode("999101")
OFFICE = "99/901/9001"
KHATA = UnitId("999101-U000045")
FIELD = ParcelId("999101-000101")
GARDEN = ParcelId("999101-000102")
DEED = Deed(
    number=Text("MR/2026/4411"),
    made=date(2026, 11, 2),
    by=Text("Sub-Registrar, Devgarh"),
    salt=Salt(b"d" * 32),
)


def person(name: str, relation: str | None = None) -> Party:
    """A party of the examples, with a salt made from the name so that examples are repeatable."""
    salt = Salt(name.encode().ljust(32, b".")[:32])
    return Party(name=Text(name), relation=Text(relation) if relation else None, salt=salt)


ASHA = person("आशा देवी", "रामलाल")
RAVINA = person("रवीना देवी", "रामलाल")
MEENA = person("मीना कुमारी", "सोहन सिंह")


def parcel(identifier: ParcelId, label: str, hectares: str) -> Parcel:
    return Parcel(
        id=identifier,
        village=VILLAGE,
        office=OFFICE,
        label=label,
        unit=KHATA,
        area=Area(Decimal(hectares) * 10_000, hectares, "hectare"),
        land_class="private",
        use="cultivated",
        geometry=None,
    )


SISTERS = Record(
    parcels={FIELD: parcel(FIELD, "101", "0.4000"), GARDEN: parcel(GARDEN, "102", "0.1250")},
    units={
        KHATA: Unit(
            id=KHATA,
            village=VILLAGE,
            office=OFFICE,
            label="45",
            tenure="transferable",
            parcels=(FIELD, GARDEN),
            shares=(Holding(ASHA.commitment, Fraction(1, 3)), Holding(RAVINA.commitment, Fraction(2, 3))),
        )
    },
)
"""Asha holds a third and Ravina two thirds of khata 45: khasra 101 (0.4000 ha) and 102 (0.1250 ha)."""
