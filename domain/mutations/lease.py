"""Lease: holders let a unit, a holder's share of it, or named fields for a term; the lease stands among the charges.

It ranks with the other rights over the unit in the order of the log.  Tenant and rent are sealed; the record shows
that the land is let, since when and with what rank, and the sentence of the entry says until when.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from domain.ids import ParcelId, UnitId
from domain.kit import Answer, Broken, Citation, Example, Procedure, State, check, rule
from domain.law import Law
from domain.mutations._charges import LEASE, charged, laid, next_rank, scope, those_who_hold_it_grant_it
from domain.mutations._shared import (
    ASHA,
    DEED,
    FIELD,
    GARDEN,
    KHATA,
    NOTHING_BARS,
    RAVINA,
    SISTERS,
    STANDING,
    all_named_exist,
)
from domain.record import Charge, Record, Restriction
from domain.values import Deed, EntryRef, PartyRef, Permission, Salt, Tenancy, Text

TYPE = "mutation.lease/1"
TITLE = {"en": "Lease", "hi": "पट्टे पर देना", "te": "కౌలు", "mr": "भाडेपट्टा", "kn": "ಗುತ್ತಿಗೆ"}
PROCEDURE = Procedure(
    nature="transfer",  # of a right to enjoy: Transfer of Property Act 1882, s. 105
    applicants=("holder", "tenant", "registrar"),
    papers=("lease-deed",),
    verified_by="lekhpal",
    decided_by=("tahsildar", "naib-tahsildar"),
    notice="registered",
)

LEASES = Citation("Transfer of Property Act 1882", "s. 105")
WRITTEN_LEASES = Citation("Registration Act 1908", "s. 17(1)(d); Transfer of Property Act 1882, s. 107")


@dataclass(frozen=True, kw_only=True)
class Application:
    """A lease as its deed states it."""

    unit: UnitId
    grantors: tuple[PartyRef, ...]
    """The holders who let the land."""
    tenancy: Tenancy
    begins: date
    ends: date
    """The last day of the term."""
    deed: Deed
    registered: bool
    on: PartyRef | None = None
    """The holder whose share is let; empty for the whole unit."""
    parcels: tuple[ParcelId, ...] = ()
    """The fields that are let, where it is not all of them."""
    permissions: tuple[Permission, ...] = ()


@rule(
    "the term ends after it begins",
    source=LEASES,
    remedy="Correct the first or the last day of the term.",
)
def the_term_has_days(a: Application, record: Record, law: Law) -> Answer:
    return a.begins <= a.ends


@rule(
    "a lease for longer than the law leaves to word of mouth is made by a registered deed",
    source=WRITTEN_LEASES,
    remedy="Have the lease registered; unregistered, it can be noted for the shorter term alone.",
)
def a_long_lease_is_registered(a: Application, record: Record, law: Law) -> Answer:
    years = int(law.figure("lease-unregistered-years").value)
    last = (a.begins.year + years, a.begins.month, a.begins.day)
    return a.registered or (a.ends.year, a.ends.month, a.ends.day) < last


@rule(
    "each field that is let belongs to the unit",
    source=LEASES,
    remedy="Name fields of this khata, each once, or none to let all of it.",
)
def fields_belong_to_the_unit(a: Application, record: Record, law: Law) -> Answer:
    strange = [p for p in a.parcels if record.parcels[p].unit != a.unit]
    twice = len(set(a.parcels)) != len(a.parcels)
    return Broken(", ".join(strange) or "a field is named twice") if strange or twice else True


RULES = (
    *STANDING,
    NOTHING_BARS["transfer"],
    those_who_hold_it_grant_it,
    the_term_has_days,
    a_long_lease_is_registered,
    fields_belong_to_the_unit,
)


@dataclass(frozen=True, kw_only=True)
class Event:
    """Land was let; ``tenancy`` commits to tenant and rent."""

    unit: UnitId
    on: PartyRef | None
    parcels: tuple[ParcelId, ...]
    tenancy: EntryRef
    begins: date
    ends: date
    deed: EntryRef


def decide(application: Application, record: Record, law: Law) -> Event:
    """The lease, if every rule holds; raises Refused with all that do not."""
    check(RULES, application, record, law)
    a = application
    return Event(
        unit=a.unit,
        on=a.on,
        parcels=a.parcels,
        tenancy=EntryRef(a.tenancy.commitment),
        begins=a.begins,
        ends=a.ends,
        deed=EntryRef(a.deed.commitment),
    )


def apply(event: Event, record: Record) -> tuple[State, ...]:
    """The unit with the lease among its charges, at the next rank."""
    lease = Charge(kind=LEASE, rank=0, on=event.on, details=event.tenancy)
    return (laid(record.units[event.unit], lease),)


WORDING = {
    "en": "Lease of {what} of holding {unit} until {until}, rank {rank}.",
    "hi": "खाता {unit} का {what} दिनांक {until} तक पट्टे पर, क्रम {rank}।",
    "te": "ఖాతా {unit} లో {what} {until} వరకు కౌలుకు, క్రమం {rank}.",
    "mr": "खाते {unit} मधील {what} दिनांक {until} पर्यंत भाडेपट्ट्याने, क्रम {rank}.",
    "kn": "ಖಾತೆ {unit} ರ {what} {until} ರವರೆಗೆ ಗುತ್ತಿಗೆಗೆ, ಕ್ರಮ {rank}.",
}


def terms(event: Event, record: Record) -> Mapping[str, str]:
    """The words that the sentence in the record needs."""
    unit = record.units[event.unit]
    labels = ", ".join(record.parcels[p].label for p in event.parcels if p in record.parcels)
    return {
        "what": labels or scope(unit, event.on),
        "unit": unit.label,
        "until": event.ends.isoformat(),
        "rank": str(next_rank(unit, event.on)),
    }


TENANCY = Tenancy(tenant=Text("गोपाल"), relation=Text("दीना"), rent_paise=1_200_000, salt=Salt(b"t" * 32))
_FOR_THREE_YEARS = Application(
    unit=KHATA,
    grantors=(ASHA.commitment, RAVINA.commitment),
    tenancy=TENANCY,
    begins=date(2026, 12, 1),
    ends=date(2029, 11, 30),
    deed=DEED,
    registered=True,
)


def _of_an_assignee() -> Record:
    field = replace(SISTERS.parcels[FIELD], restrictions=(Restriction(kind="assigned-land", since=3),))
    return SISTERS.with_states(field)


EXAMPLES = (
    Example(
        title="both sisters let the khata for three years by a registered deed",
        given=SISTERS,
        when=_FOR_THREE_YEARS,
        then={
            KHATA: {
                "charges": [
                    {"kind": "lease", "rank": 1, "since": None, "on": None, "details": TENANCY.commitment}
                ]
            }
        },
    ),
    Example(
        title="one field is let for a season without a registered deed",
        given=SISTERS,
        when=replace(_FOR_THREE_YEARS, parcels=(GARDEN,), ends=date(2027, 4, 30), registered=False),
        then={KHATA: {"parcels": [FIELD, GARDEN]}},
    ),
    Example(
        title="a lease for years by word of mouth, by one sister alone, is refused for both reasons",
        given=SISTERS,
        when=replace(_FOR_THREE_YEARS, grantors=(ASHA.commitment,), registered=False),
        refused=(those_who_hold_it_grant_it, a_long_lease_is_registered),
    ),
    Example(
        title="assigned land is not let without the government's permission",
        given=_of_an_assignee(),
        when=_FOR_THREE_YEARS,
        refused=(NOTHING_BARS["transfer"],),
    ),
    Example(
        title="a term that ends before it begins, of a field named twice on mortgaged land, is refused",
        given=charged(),
        when=replace(_FOR_THREE_YEARS, ends=date(2026, 11, 30), parcels=(GARDEN, GARDEN)),
        refused=(NOTHING_BARS["transfer"], the_term_has_days, fields_belong_to_the_unit),
    ),
    Example(
        title="a field that is not in the record cannot be let",
        given=SISTERS,
        when=replace(_FOR_THREE_YEARS, parcels=(ParcelId("999101-000999"),)),
        refused=(all_named_exist,),
    ),
)
