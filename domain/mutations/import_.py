"""Import: the first registration of parcels and their units from an older record.

One event carries up to about a hundred parcels (the limit is the log entry's 65,535 bytes), signed by the officer
who certified the older record.  Nothing is invented: shares that the older record does not state stay undetermined,
and a unit whose holders it does not fully name is taken with the restriction ``holders-incomplete``, which bars
dealings until they are recorded.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from domain.ids import ParcelId, UnitId, VillageCode
from domain.kit import Answer, Broken, Citation, Example, Procedure, State, check, rule
from domain.languages import Phrase
from domain.law import Law
from domain.mutations._shared import (
    ASHA,
    MEENA,
    OFFICE,
    RAVINA,
    RECORD_LAW,
    SISTERS,
    VILLAGE,
)
from domain.quantities import WHOLE, Area, Share, format_share
from domain.record import Holding, Parcel, Record, Restriction, Unit
from domain.values import (
    Code,
    Digest,
    OfficeCode,
    ParcelLabel,
    Party,
    PartyRef,
    Text,
    Ulpin,
    UnitLabel,
    issued,
)

TYPE = "mutation.import/1"
TITLE = {
    "en": "First registration",
    "hi": "प्रथम पंजीयन",
    "te": "మొదటి నమోదు",
    "mr": "प्रथम नोंदणी",
    "kn": "ಪ್ರಥಮ ನೋಂದಣಿ",
}
PROCEDURE = Procedure(
    nature="registration",
    applicants=("suo-motu",),
    papers=("older-record",),
    verified_by="lekhpal",
    decided_by=("tahsildar", "survey-officer"),
    notice="notice-free",
    numbering="fresh",
)
READS_PARCELS = False  # a unit that is extended may have hundreds of parcels, and none of them matters here

PRESUMPTION = Citation("Landlog", "an older record is carried over as it stands; nothing is invented")
INCOMPLETE = "holders-incomplete"


@dataclass(frozen=True, kw_only=True)
class Village:
    """The village as the Local Government Directory knows it."""

    lgd: VillageCode
    name: Text
    name_local: Text | None
    office: OfficeCode
    """The office whose land this is; its first element is the LGD code of the state whose law applies."""


@dataclass(frozen=True, kw_only=True)
class OldHolder:
    """A holder as the older record names him or her; no share where it states none."""

    party: Party
    share: Share | None = None


@dataclass(frozen=True, kw_only=True)
class OldUnit:
    """A unit of the older record; with ``extends``, one whose other parcels are registered already."""

    label: UnitLabel
    tenure: Code
    holders: tuple[OldHolder, ...] = ()
    holders_complete: bool = True
    extends: bool = False
    id: UnitId | None = issued("unit")  # noqa: RUF009  # a dataclasses.field with metadata


@dataclass(frozen=True, kw_only=True)
class OldParcel:
    """A parcel of the older record; ``unit`` counts into the application's units, from 0."""

    label: ParcelLabel
    unit: int
    area: Area
    land_class: Code
    use: Code
    former_labels: tuple[Text, ...] = ()
    geometry: Digest | None = None
    drawn_m2: Decimal | None = None
    ulpin: Ulpin | None = None
    id: ParcelId | None = issued("parcel")  # noqa: RUF009  # a dataclasses.field with metadata


@dataclass(frozen=True, kw_only=True)
class Application:
    """A part of a village's older record, certified by the officer who signs."""

    village: Village
    source: Text
    """What the older record is, with its day: "Resurvey land register, draft of 2023-05"."""
    units: tuple[OldUnit, ...]
    parcels: tuple[OldParcel, ...]


@rule(
    "each parcel counts to a unit of the application, and each unit has a parcel",
    source=RECORD_LAW,
    remedy="Number the units from 0 in the order of the list.",
    first=True,
)
def parcels_have_units(a: Application, record: Record, law: Law) -> Answer:
    counted = {p.unit for p in a.parcels}
    return counted == set(range(len(a.units))) and bool(a.parcels)


@rule(
    "a unit that is extended is in the record, active, of this village, and bears the same label",
    source=RECORD_LAW,
    remedy="Give the unit's id, or register it as a new unit.",
    first=True,
)
def extended_units_exist(a: Application, record: Record, law: Law) -> Answer:
    for unit in a.units:
        known = record.units.get(unit.id) if unit.id else None
        if unit.extends and (known is None or known.village != a.village.lgd or known.label != unit.label):
            return Broken("{unit} as {label}", unit=unit.id, label=unit.label)
        if unit.extends and known and known.status != "active":
            return Broken("{thing} is {status}", thing=unit.id, status=Phrase(known.status))
        if not unit.extends and known is not None:
            return Broken("{thing} is registered already", thing=unit.id)
    return True


@rule(
    "no label and no ULPIN is given twice",
    source=PRESUMPTION,
    remedy="Find out from the older record which parcel or unit bears the number.",
)
def labels_differ(a: Application, record: Record, law: Law) -> Answer:
    twice: list[str] = [label for label, n in Counter(p.label for p in a.parcels).items() if n > 1]
    twice += [label for label, n in Counter(u.label for u in a.units).items() if n > 1]
    twice += [ulpin for ulpin, n in Counter(p.ulpin for p in a.parcels if p.ulpin).items() if n > 1]
    return Broken(", ".join(twice)) if twice else True


@rule(
    "the labels are free in the village, and the ULPINs everywhere",
    source=PRESUMPTION,
    remedy="The parcel is registered already: change it by the mutation that fits, not by importing it again.",
)
def labels_are_free(a: Application, record: Record, law: Law) -> Answer:
    extended = {u.id for u in a.units if u.extends}
    used = [
        Phrase("{kind} {label} is borne by {bearer}", kind=Phrase(kind), label=label, bearer=bearer)
        for (_, kind, label), bearer in record.labels.items()
        if bearer not in extended
    ]
    return Broken.joined(used[:20]) if used else True


@rule(
    "the stated shares of a unit add up to one, or none is stated",
    source=PRESUMPTION,
    remedy="Correct the shares from the older record, or leave all of them empty: they count as undetermined.",
)
def shares_add_up(a: Application, record: Record, law: Law) -> Answer:
    wrong = []
    for unit in a.units:
        stated = [h.share for h in unit.holders if h.share is not None]
        if stated and (len(stated) != len(unit.holders) or sum(stated, Fraction(0)) != WHOLE):
            wrong.append(f"{unit.label}: {' + '.join(map(format_share, stated))}")
    return Broken.joined(wrong) if wrong else True


@rule(
    "a new unit names its holders, or says that the older record does not name them all",
    source=PRESUMPTION,
    remedy="Name the holders, or set holders_complete to false: the unit is then barred until they are recorded.",
)
def holders_are_named(a: Application, record: Record, law: Law) -> Answer:
    wrong = [u.label for u in a.units if not u.extends and not u.holders and u.holders_complete]
    return Broken(", ".join(wrong)) if wrong else True


@rule(
    "the drawn area lies near the recorded one",
    source=PRESUMPTION,
    remedy="Look for a wrong unit of area or a wrong sheet; correct the figure or leave the shape out.",
)
def areas_agree(a: Application, record: Record, law: Law) -> Answer:
    limit = law.figure("area-difference-limit").value
    wrong = [
        Phrase(
            "{parcel}: recorded {recorded} m2, drawn {drawn} m2",
            parcel=p.label,
            recorded=p.area.m2,
            drawn=p.drawn_m2,
        )
        for p in a.parcels
        if p.drawn_m2 is not None and abs(p.drawn_m2 - p.area.m2) * 100 > limit * p.area.m2
    ]
    return Broken.joined(wrong) if wrong else True


RULES = (
    parcels_have_units,
    extended_units_exist,
    labels_differ,
    labels_are_free,
    shares_add_up,
    holders_are_named,
    areas_agree,
)


@dataclass(frozen=True, kw_only=True)
class HeldBy:
    """A holder in the log: a commitment, and the share where the older record states one."""

    party: PartyRef
    share: Share | None


@dataclass(frozen=True, kw_only=True)
class RegisteredUnit:
    """A unit as it was registered."""

    id: UnitId
    label: UnitLabel
    tenure: Code
    holders: tuple[HeldBy, ...]
    holders_complete: bool
    extends: bool


@dataclass(frozen=True, kw_only=True)
class RegisteredParcel:
    """A parcel as it was registered."""

    id: ParcelId
    label: ParcelLabel
    unit: UnitId
    area: Area
    land_class: Code
    use: Code
    former_labels: tuple[Text, ...]
    geometry: Digest | None
    ulpin: Ulpin | None


@dataclass(frozen=True, kw_only=True)
class Event:
    """Parcels and units of an older record were registered."""

    village: Village
    source: Text
    units: tuple[RegisteredUnit, ...]
    parcels: tuple[RegisteredParcel, ...]


def decide(application: Application, record: Record, law: Law) -> Event:
    """The registration, if every rule holds; raises Refused with all that do not."""
    check(RULES, application, record, law)
    a = application
    ids = [UnitId(str(u.id)) for u in a.units]
    return Event(
        village=a.village,
        source=a.source,
        units=tuple(_registered_unit(u, identifier) for u, identifier in zip(a.units, ids, strict=True)),
        parcels=tuple(_registered_parcel(p, ids[p.unit]) for p in a.parcels),
    )


def apply(event: Event, record: Record) -> tuple[State, ...]:
    """The parcels and units as they enter the record."""
    parcels = tuple(_parcel(p, event.village) for p in event.parcels)
    by_unit: dict[UnitId, list[ParcelId]] = {}
    for p in parcels:
        by_unit.setdefault(p.unit, []).append(p.id)
    units = (_unit(u, event.village, record, tuple(by_unit[u.id])) for u in event.units)
    return (*parcels, *units)


def _registered_unit(unit: OldUnit, identifier: UnitId) -> RegisteredUnit:
    return RegisteredUnit(
        id=identifier,
        label=unit.label,
        tenure=unit.tenure,
        holders=tuple(HeldBy(party=h.party.commitment, share=h.share) for h in unit.holders),
        holders_complete=unit.holders_complete,
        extends=unit.extends,
    )


def _registered_parcel(parcel: OldParcel, unit: UnitId) -> RegisteredParcel:
    return RegisteredParcel(
        id=ParcelId(str(parcel.id)),
        label=parcel.label,
        unit=unit,
        area=parcel.area,
        land_class=parcel.land_class,
        use=parcel.use,
        former_labels=parcel.former_labels,
        geometry=parcel.geometry,
        ulpin=parcel.ulpin,
    )


def _parcel(p: RegisteredParcel, village: Village) -> Parcel:
    return Parcel(
        id=p.id,
        village=village.lgd,
        office=village.office,
        label=p.label,
        unit=p.unit,
        area=p.area,
        land_class=p.land_class,
        use=p.use,
        geometry=p.geometry,
        ulpin=p.ulpin,
        former_labels=p.former_labels,
    )


def _unit(u: RegisteredUnit, village: Village, record: Record, parcels: tuple[ParcelId, ...]) -> Unit:
    if u.extends:
        before = record.units[u.id]
        return replace(before, parcels=(*before.parcels, *parcels))
    return Unit(
        id=u.id,
        village=village.lgd,
        office=village.office,
        label=u.label,
        tenure=u.tenure,
        parcels=parcels,
        shares=tuple(Holding(h.party, h.share) for h in u.holders),
        restrictions=() if u.holders_complete else (Restriction(kind=INCOMPLETE),),
    )


WORDING = {
    "en": "First registration from: {source}.",
    "hi": "प्रथम पंजीयन; स्रोत: {source}।",
    "te": "మొదటి నమోదు; మూలం: {source}.",
    "mr": "प्रथम नोंदणी; स्रोत: {source}.",
    "kn": "ಪ್ರಥಮ ನೋಂದಣಿ; ಮೂಲ: {source}.",
}


def terms(event: Event, record: Record) -> Mapping[str, str]:
    """The words that the sentence in the record needs."""
    return {"source": event.source}


_OLD = Application(
    village=Village(lgd=VILLAGE, name=Text("Devgarh"), name_local=Text("देवगढ़"), office=OfficeCode(OFFICE)),
    source=Text("Khatauni of 1433 fasli"),
    units=(
        OldUnit(
            label=UnitLabel("45"),
            tenure=Code("transferable"),
            holders=(
                OldHolder(party=ASHA, share=Fraction(1, 3)),
                OldHolder(party=RAVINA, share=Fraction(2, 3)),
            ),
            id=UnitId("999101-U000001"),
        ),
    ),
    parcels=(
        OldParcel(
            label=ParcelLabel("101"),
            unit=0,
            area=Area(Decimal("4000.0000"), "0.4000", "hectare"),
            land_class=Code("private"),
            use=Code("cultivated"),
            former_labels=(Text("88"),),
            drawn_m2=Decimal("4010.00"),
            id=ParcelId("999101-000001"),
        ),
    ),
)
_UNSTATED = replace(_OLD.units[0], holders=(OldHolder(party=ASHA), OldHolder(party=MEENA)))

EXAMPLES = (
    Example(
        title="a joint khata with stated shares is registered",
        given=Record(),
        when=_OLD,
        then={
            "999101-000001": {"label": "101", "area_m2": "4000.0000", "former_labels": ["88"]},
            "999101-U000001": {"shares_determined": True, "parcels": ["999101-000001"], "restrictions": []},
        },
    ),
    Example(
        title="shares that the older record does not state stay undetermined",
        given=Record(),
        when=replace(_OLD, units=(_UNSTATED,)),
        then={"999101-U000001": {"shares_determined": False}},
    ),
    Example(
        title="a unit whose holders are not all named is barred until they are",
        given=Record(),
        when=replace(_OLD, units=(replace(_UNSTATED, holders_complete=False),)),
        then={"999101-U000001": {"restrictions": [Restriction(kind=INCOMPLETE).doc()]}},
    ),
    Example(
        title="shares that do not add up to one and an area that cannot be right are told together",
        given=Record(),
        when=replace(
            _OLD,
            units=(replace(_OLD.units[0], holders=_OLD.units[0].holders[:1]),),
            parcels=(replace(_OLD.parcels[0], drawn_m2=Decimal("16187.43")),),
        ),
        refused=(shares_add_up, areas_agree),
    ),
    Example(
        title="a label that another parcel bears is refused",
        given=replace(SISTERS, labels={("999101", "parcel", "101"): "999101-000101"}),
        when=_OLD,
        refused=(labels_are_free,),
    ),
)
