"""Boundary correction: the edge that two neighbouring parcels share is moved, for both of them at once.

Both parcels keep their ids, numbers and holders; shapes and recorded areas change together, and what the one loses the
other gains.  All holders of both sides are parties to it, for a strip passes between them without a deed: two officers
sign.  A charge stays on the unit that it lies on, so a lender whose security grows smaller must consent.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from domain.ids import ParcelId, UnitId
from domain.kit import GOVERNMENT_CLASSES, Answer, Broken, Citation, Example, Procedure, State, check, rule
from domain.languages import Phrase
from domain.law import Law
from domain.mutations._examples import GROVE, NEIGHBOURS, SOHAN, VILLAGERS, charged, restricted
from domain.mutations._papers import Agreement
from domain.mutations._parcels import (
    DRAWN,
    SKETCH,
    SUBDIVISION,
    Sketch,
    children_fill_the_parent,
    children_meet_the_neighbours,
    no_child_is_a_splinter,
    recorded_m2,
    shapes_are_measured,
)
from domain.mutations._shared import (
    ASHA,
    FIELD,
    KHATA,
    MEENA,
    NOTHING_BARS,
    RAVINA,
    RECORD_LAW,
    STANDING,
)
from domain.quantities import Area, total
from domain.record import Record
from domain.values import Code, Digest, PartyRef, Permission, Salt, Text

TYPE = "mutation.boundary-correction/1"
TITLE = {
    "en": "Boundary correction between neighbours",
    "hi": "पड़ोसियों के बीच सीमा सुधार",
    "te": "పొరుగువారి మధ్య సరిహద్దు సవరణ",
    "mr": "शेजाऱ्यांमधील हद्द दुरुस्ती",
    "kn": "ನೆರೆಯವರ ನಡುವಿನ ಗಡಿ ತಿದ್ದುಪಡಿ",
}
PROCEDURE = Procedure(
    nature="division",
    applicants=("holder",),
    papers=("agreement", "sketch"),
    verified_by="surveyor",
    decided_by=("survey-officer", "tahsildar"),
    notice="hearing",
    two_officers=True,
)
READS_PARCELS = False  # the two parcels are named, and no other is concerned

BOUNDARIES = Citation("Uttar Pradesh Revenue Code 2006", "s. 24; the like law of each state")
LENDERS_CONSENT = "charge-holder-consent"


@dataclass(frozen=True, kw_only=True)
class Side:
    """A parcel as it becomes, and all the holders of its unit, who agree to it."""

    unit: UnitId
    parcel: ParcelId
    holders: tuple[PartyRef, ...]
    area: Area
    geometry: Digest


@dataclass(frozen=True, kw_only=True)
class Application:
    """The two sides of a boundary, as the neighbours agreed on it before the surveyor."""

    sides: tuple[Side, ...]
    agreement: Agreement
    sketch: Sketch
    permissions: tuple[Permission, ...] = ()

    def retires(self) -> tuple[ParcelId, ...]:
        """The parcels whose shapes end; both stay in the record with new ones."""
        return tuple(s.parcel for s in self.sides)

    def acting(self) -> Collection[str]:
        return {h for s in self.sides for h in s.holders}


@rule(
    "the boundary has two sides: two parcels of one village",
    source=BOUNDARIES,
    remedy="Name each of the two neighbouring parcels once; correct a longer boundary pair by pair.",
    first=True,
)
def there_are_two_sides(a: Application, record: Record, law: Law) -> Answer:
    villages = {record.parcels[s.parcel].village for s in a.sides if s.parcel in record.parcels}
    return len(a.sides) == 2 and a.sides[0].parcel != a.sides[1].parcel and len(villages) <= 1


@rule(
    "each parcel belongs to the unit named beside it",
    source=RECORD_LAW,
    remedy="Name the unit that holds the parcel today.",
)
def parcels_are_of_their_units(a: Application, record: Record, law: Law) -> Answer:
    strange = [s.parcel for s in a.sides if record.parcels[s.parcel].unit != s.unit]
    return Broken(", ".join(strange)) if strange else True


@rule(
    "all the holders of both sides are parties to it, and nobody else",
    source=BOUNDARIES,
    remedy="Let every holder sign; where one does not, the boundary is settled by a case before the revenue court.",
)
def both_sides_agree(a: Application, record: Record, law: Law) -> Answer:
    found = []
    for s in a.sides:
        holders = record.units[s.unit].holders
        absent, strange = holders - set(s.holders), set(s.holders) - holders
        if absent or strange or not holders:
            found.append(
                Phrase(
                    "{unit}: {absent} absent, {strange} not holders",
                    unit=s.unit,
                    absent=len(absent),
                    strange=len(strange),
                )
            )
    return Broken.joined(found) if found else True


@rule(
    "no strip passes between the government's land and a holder's",
    source=BOUNDARIES,
    remedy="Public land is granted, acquired or surveyed again; neighbours do not settle its edge by agreement.",
)
def classes_agree(a: Application, record: Record, law: Law) -> Answer:
    public = {record.parcels[s.parcel].land_class in GOVERNMENT_CLASSES for s in a.sides}
    return len(public) == 1


@rule(
    "the lender consents where charged land grows smaller",
    source=Citation("Transfer of Property Act 1882", "s. 66"),
    remedy="Bring the lender's written consent, or have the charge released first.",
)
def lenders_consent(a: Application, record: Record, law: Law) -> Answer:
    """Inside one unit the security stays the same land."""
    if len({s.unit for s in a.sides}) == 1 or LENDERS_CONSENT in {p.kind for p in a.permissions}:
        return True
    losing = [s for s in a.sides if s.area.m2 < record.parcels[s.parcel].area.m2]
    found = [s.unit for s in losing if record.units[s.unit].charges]
    return Broken(", ".join(found)) if found else True


@rule(
    "the parcels are neighbours",
    source=BOUNDARIES,
    remedy="Name two parcels that share a boundary.",
)
def parcels_are_neighbours(a: Application, record: Record, law: Law) -> Answer:
    return record.survey is None or record.survey.pieces <= 1


@rule(
    "what the one parcel loses of recorded area the other gains",
    source=SUBDIVISION,
    remedy="Add to the one figure exactly what is taken from the other.",
)
def recorded_sum_is_kept(a: Application, record: Record, law: Law) -> Answer:
    before, after = recorded_m2(a.retires(), record), total(s.area.m2 for s in a.sides)
    rounding = Decimal("0.0001") * len(a.sides)  # each figure is rounded once
    return abs(after - before) <= rounding or Broken(
        "together {before} m2 before, {after} m2 after", before=before, after=after
    )


@rule(
    "each recorded area changes as the shape does",
    source=SUBDIVISION,
    remedy="Take the strip's measured area from the one figure and add it to the other.",
)
def recorded_change_agrees_with_shapes(a: Application, record: Record, law: Law) -> Answer:
    """Figures that the older record has wrong stay as they were but for the strip: a resurvey sets them right."""
    survey = record.survey
    if survey is None or not survey.parent_m2:
        return True
    found = []
    for side, was, now in zip(a.sides, survey.parents_m2, survey.children_m2, strict=True):
        before = record.parcels[side.parcel].area.m2
        changed, drawn = side.area.m2 - before, now - was
        if abs(changed - drawn) > before * law.figure("split-area-tolerance").value / 100:
            found.append(
                Phrase(
                    "{parcel}: recorded {recorded} m2, by its shape {drawn} m2",
                    parcel=side.parcel,
                    recorded=f"{changed:+}",
                    drawn=f"{drawn:+}",
                )
            )
    return Broken.joined(found) if found else True


RULES = (
    there_are_two_sides,
    *STANDING,
    NOTHING_BARS["division"],
    parcels_are_of_their_units,
    both_sides_agree,
    classes_agree,
    lenders_consent,
    parcels_are_neighbours,
    shapes_are_measured,
    children_fill_the_parent,
    no_child_is_a_splinter,
    children_meet_the_neighbours,
    recorded_sum_is_kept,
    recorded_change_agrees_with_shapes,
)


@dataclass(frozen=True, kw_only=True)
class Corrected:
    """A parcel with its corrected boundary."""

    parcel: ParcelId
    area: Area
    geometry: Digest


@dataclass(frozen=True, kw_only=True)
class Event:
    """The boundary of two parcels was moved."""

    sides: tuple[Corrected, ...]


def decide(application: Application, record: Record, law: Law) -> Event:
    """The correction, if every rule holds; raises Refused with all that do not."""
    check(RULES, application, record, law)
    return Event(
        sides=tuple(Corrected(parcel=s.parcel, area=s.area, geometry=s.geometry) for s in application.sides)
    )


def shapes(application: Application) -> tuple[tuple[ParcelId, ...], tuple[Digest, ...]]:
    """What the cadastre must measure: both parcels as they are, and as they become."""
    return application.retires(), tuple(s.geometry for s in application.sides)


def apply(event: Event, record: Record) -> tuple[State, ...]:
    """Both parcels with their new shapes and areas.  A ULPIN follows from the vertices: each waits for its own."""
    return tuple(
        replace(record.parcels[s.parcel], area=s.area, geometry=s.geometry, ulpin=None) for s in event.sides
    )


WORDING = {
    "en": "Boundary between parcels {parcels} corrected by agreement of the neighbours; areas now {areas}.",
    "hi": "पड़ोसियों की सहमति से भूखण्ड {parcels} के बीच की सीमा का सुधार; अब क्षेत्रफल {areas}।",
    "te": "పొరుగువారి అంగీకారంతో భూభాగాలు {parcels} మధ్య సరిహద్దు సవరణ; ఇప్పుడు విస్తీర్ణం {areas}.",
    "mr": "शेजाऱ्यांच्या संमतीने भूखंड {parcels} यांमधील हद्दीची दुरुस्ती; आता क्षेत्र {areas}.",
    "kn": "ನೆರೆಯವರ ಒಪ್ಪಿಗೆಯಿಂದ ಜಮೀನುಗಳು {parcels} ನಡುವಿನ ಗಡಿ ತಿದ್ದುಪಡಿ; ಈಗ ವಿಸ್ತೀರ್ಣ {areas}.",
}


def terms(event: Event, record: Record) -> Mapping[str, str]:
    """The words that the sentence in the record needs."""
    return {
        "parcels": ", ".join(record.parcels[s.parcel].label for s in event.sides),
        "areas": ", ".join(f"{s.area.figure} {s.area.unit}" for s in event.sides),
    }


_AGREEMENT = Agreement(
    number=Text("12/2026"), made=SKETCH.made, by=Text("Revenue inspector, Devgarh"), salt=Salt(b"a" * 32)
)
_STRIP_TO_SOHAN = Application(
    sides=(
        Side(
            unit=KHATA,
            parcel=FIELD,
            holders=(ASHA.commitment, RAVINA.commitment),
            area=Area(Decimal("3900.0000"), "0.3900", "hectare"),
            geometry=Digest("A" * 43 + "="),
        ),
        Side(
            unit=NEIGHBOURS,
            parcel=GROVE,
            holders=(SOHAN.commitment,),
            area=Area(Decimal("4300.0000"), "0.4300", "hectare"),
            geometry=Digest("B" * 42 + "A="),
        ),
    ),
    agreement=_AGREEMENT,
    sketch=SKETCH,
)
_MEASURED = replace(
    DRAWN,
    parent_m2=Decimal("8230.00"),
    parents_m2=(Decimal("4010.00"), Decimal("4220.00")),
    children_m2=(Decimal("3909.50"), Decimal("4320.50")),
)
_SURVEYED = replace(VILLAGERS, survey=_MEASURED)
_CONSENT = Permission(
    kind=Code(LENDERS_CONSENT),
    number=Text("CBL/118"),
    made=SKETCH.made,
    by=Text("Gramin Bank, Devgarh"),
    salt=Salt(b"c" * 32),
)

EXAMPLES = (
    Example(
        title="the sisters and their neighbour set the ridge between them right",
        given=_SURVEYED,
        when=_STRIP_TO_SOHAN,
        then={
            FIELD: {"area_m2": "3900.0000", "unit": KHATA, "label": "101", "predecessors": []},
            GROVE: {"area_m2": "4300.0000", "unit": NEIGHBOURS, "status": "active"},
        },
    ),
    Example(
        title="the bank agrees that a strip leaves the land it has a mortgage on",
        given=charged(_SURVEYED, None),
        when=replace(_STRIP_TO_SOHAN, permissions=(_CONSENT,)),
        then={FIELD: {"area_m2": "3900.0000"}},
    ),
    Example(
        title="one sister alone does not give away a strip of mortgaged land",
        given=charged(_SURVEYED, None),
        when=replace(
            _STRIP_TO_SOHAN,
            sides=(
                replace(_STRIP_TO_SOHAN.sides[0], holders=(ASHA.commitment, MEENA.commitment)),
                _STRIP_TO_SOHAN.sides[1],
            ),
        ),
        refused=(both_sides_agree, lenders_consent),
    ),
    Example(
        title="a strip is not made of figures: what the one loses the other gains, and the shapes show it",
        given=replace(_SURVEYED, survey=replace(_MEASURED, outside_m2=Decimal("100.00"), unmatched_edges=1)),
        when=replace(
            _STRIP_TO_SOHAN,
            sides=(
                _STRIP_TO_SOHAN.sides[0],
                replace(_STRIP_TO_SOHAN.sides[1], area=Area(Decimal("4400.0000"), "0.4400", "hectare")),
            ),
        ),
        refused=(
            children_fill_the_parent,
            children_meet_the_neighbours,
            recorded_sum_is_kept,
            recorded_change_agrees_with_shapes,
        ),
    ),
    Example(
        title="a minor's land, the village's pasture and a field that lies elsewhere",
        given=replace(
            restricted(
                _SURVEYED.with_states(replace(_SURVEYED.parcels[GROVE], land_class="gram-sabha")),
                "minor",
                on=ASHA,
            ),
            survey=replace(_MEASURED, pieces=2),
        ),
        when=_STRIP_TO_SOHAN,
        refused=(NOTHING_BARS["division"], classes_agree, parcels_are_neighbours),
    ),
    Example(
        title="a boundary has two sides",
        given=_SURVEYED,
        when=replace(_STRIP_TO_SOHAN, sides=_STRIP_TO_SOHAN.sides[:1]),
        refused=(there_are_two_sides,),
    ),
    Example(
        title="parcels without a map, under the wrong khatas",
        given=VILLAGERS,
        when=replace(
            _STRIP_TO_SOHAN,
            sides=(
                replace(_STRIP_TO_SOHAN.sides[0], unit=NEIGHBOURS, holders=(SOHAN.commitment,)),
                _STRIP_TO_SOHAN.sides[1],
            ),
        ),
        refused=(parcels_are_of_their_units, shapes_are_measured),
    ),
)
