"""Rules and steps that several mutation types share, and the people of the worked examples."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from types import MappingProxyType
from typing import Any

from domain import form, kit
from domain.ids import ParcelId, UnitId, VillageCode
from domain.kit import Answer, Broken, Citation, Rule, rule
from domain.languages import Phrase
from domain.law import Law, tenures
from domain.quantities import Area
from domain.record import Holding, Parcel, Record, Restriction, Unit
from domain.restrictions import NATURES, Nature, barred, held
from domain.values import Deed, ParcelLabel, Party, Permission, Salt, Text, UnitLabel, issued

TRANSFER_OF_PROPERTY = Citation("Transfer of Property Act 1882", "s. 7")
RECORD_LAW = Citation("Landlog", "the invariants of the record")
PRIORITY = "priority"
"""The kind of the certificate (a ``Permission``) that says whose dealing comes next while a hold stands."""


@dataclass(frozen=True, kw_only=True)
class NewUnit:
    """A unit to be opened; the office gives its id."""

    label: UnitLabel
    id: UnitId | None = issued("unit")  # noqa: RUF009  # a dataclasses.field with metadata


@rule(
    "what the application names is in the record",
    source=RECORD_LAW,
    remedy="Look the khata and khasra up in the village's list.",
    first=True,
)
def all_named_exist(a: Any, record: Record, law: Law) -> Answer:
    """Asked first: nothing can be judged of what is not there."""
    known = {*map(str, record.parcels), *map(str, record.units)}
    gone = sorted(kit.existing(a) - known)
    return Broken(", ".join(gone)) if gone else True


@rule(
    "what the application names stands in the current record",
    source=RECORD_LAW,
    remedy="Apply for the unit or the parcels that succeeded them.",
)
def all_are_active(a: Any, record: Record, law: Law) -> Answer:
    """A retired parcel and a closed unit have successors; dealings are with those."""
    found = [
        Phrase("{thing} is {status}", thing=s.id, status=Phrase(s.status))
        for s in states_named(a, record)
        if s.status != "active"
    ]
    return Broken.joined(found) if found else True


@rule(
    "the new labels are free in the village and differ from each other",
    source=RECORD_LAW,
    remedy="Give the next free numbers after the state's manner of numbering.",
)
def new_labels_are_free(a: Any, record: Record, law: Law) -> Answer:
    """Numbers are labels for people: two parcels of a village never bear the same one at the same time."""
    kinds = {ParcelLabel: "parcel", UnitLabel: "unit"}
    given = Counter((kinds[hint], str(label)) for hint, label in form.walk(a) if hint in kinds)
    twice = [
        Phrase("{kind} {label} is given twice", kind=Phrase(kind), label=label)
        for (kind, label), n in given.items()
        if n > 1
    ]
    used = [
        Phrase("{kind} {label} is borne by {bearer}", kind=Phrase(kind), label=label, bearer=bearer)
        for (_, kind, label), bearer in record.labels.items()
        if kind in kinds.values()  # a ULPIN has a rule of its own
    ]
    return Broken.joined((used + twice)[:20]) if used or twice else True


@rule(
    "no paper is dated after the day of the order",
    source=RECORD_LAW,
    remedy="Correct the date of the deed, decree or permission.",
)
def papers_are_not_of_the_future(a: Any, record: Record, law: Law) -> Answer:
    """A deed that is still to be made moves nothing."""
    late = [str(v.made) for _, v in form.walk(a) if isinstance(v, Deed | Permission) and v.made > law.day]
    return Broken(", ".join(late)) if late else True


STANDING: tuple[Rule, ...] = (
    all_named_exist,
    all_are_active,
    new_labels_are_free,
    papers_are_not_of_the_future,
)
"""The rules that every dealing with registered land shares."""


def _nothing_bars(nature: Nature) -> Rule:
    @rule(
        "no restriction or priority hold bars the dealing, or a permission lifts the bar",
        source=Citation("Landlog", "domain/restrictions.toml, each kind with its own law"),
        remedy="Have the bar removed first, or bring the permission or certificate that lifts it for this act.",
    )
    def nothing_bars_dealing(a: Any, record: Record, law: Law) -> Answer:
        concerned = states_concerned(a, record)
        permissions: tuple[Permission, ...] = getattr(a, "permissions", ())
        found = barred(
            [as_held(s, law) for s in concerned],
            nature,
            permissions=(p.kind for p in permissions),
            acting=a.acting() if hasattr(a, "acting") else kit.parties(a),
            spared=getattr(a, "spared", ()),
        )
        presented = {p.commitment for p in permissions if p.kind == PRIORITY}
        found += held(concerned, nature, presented=presented, day=law.day)
        return Broken.joined(found) if found else True

    return nothing_bars_dealing


NOTHING_BARS: Mapping[Nature, Rule] = MappingProxyType({nature: _nothing_bars(nature) for nature in NATURES})
"""By the nature of the act: the rule that no restriction is in its way."""


def carried_by(tenure: str, law: Law) -> tuple[str, ...]:
    """The kinds of restriction that a tenure carries with it in the state; none where the state does not know it."""
    return next((t.implies for t in tenures(law.state) if t.code == tenure), ())


def as_held(state: Parcel | Unit, law: Law) -> Parcel | Unit:
    """The state with what its tenure bars, whether or not the record notes that as a restriction."""
    if isinstance(state, Parcel):
        return state
    noted = {r.kind for r in state.restrictions if r.on is None}
    tacit = (Restriction(kind=kind) for kind in carried_by(state.tenure, law) if kind not in noted)
    return replace(state, restrictions=(*state.restrictions, *tacit))


def states_named(a: object, record: Record) -> list[Parcel | Unit]:
    """The parcels and units that the application refers to."""
    ids = sorted(kit.existing(a))
    found = (record.parcels.get(ParcelId(i)) or record.units.get(UnitId(i)) for i in ids)
    return [state for state in found if state is not None]


def states_concerned(a: object, record: Record) -> list[Parcel | Unit]:
    """Those named, and the land that goes with them: the parcels named, or else all parcels of the units named."""
    named = states_named(a, record)
    if any(isinstance(s, Parcel) for s in named):
        return named
    return [*named, *(p for s in named if isinstance(s, Unit) for p in parcels_of(record, s.id))]


def parcels_of(record: Record, unit: UnitId) -> list[Parcel]:
    """The parcels of a unit that the record was asked for."""
    return [record.parcels[p] for p in record.units[unit].parcels if p in record.parcels]


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
