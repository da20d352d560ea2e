"""Resurvey: the parcels of a village, or of a part of it, are measured anew, and n old parcels become m new ones.

Each new parcel names the old ones whose land it takes up, and stays in their unit: a survey measures land, it moves
none from one holder to another.  Areas are recorded as they were measured, so they need not add up to the old ones.
One order holds some fifty parcels: for a village there are several, which bear the resurvey's name and count on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from domain.ids import ParcelId, UnitId
from domain.kit import Answer, Broken, Citation, Example, Procedure, State, check, rule
from domain.languages import Phrase
from domain.law import Law
from domain.mutations._examples import GROVE, NEIGHBOURS, VILLAGERS
from domain.mutations._parcels import (
    DRAWN,
    NOTICE,
    REORDERING,
    Child,
    Notification,
    ids_of,
    labels_are_free_or_freed,
    labels_follow_the_grammar,
    no_child_is_a_splinter,
    recorded_m2,
    retired,
    shapes_of,
    successor,
    with_parcels,
)
from domain.mutations._shared import FIELD, GARDEN, KHATA, NOTHING_BARS, RECORD_LAW
from domain.quantities import Area, total
from domain.record import Parcel, Record
from domain.values import Digest, ParcelLabel, Text

TYPE = "mutation.resurvey/1"
TITLE = {
    "en": "Resurvey",
    "hi": "पुनः सर्वेक्षण",
    "te": "రీసర్వే",
    "mr": "पुनर्मोजणी",
    "kn": "ಮರು ಸರ್ವೆ",
}
PROCEDURE = Procedure(
    nature="correction",
    applicants=("survey-department",),
    papers=("notification", "survey-report"),
    verified_by="surveyor",
    decided_by=("survey-officer", "tahsildar"),
    notice="unregistered",
    numbering="fresh",
    two_officers=True,
)
READS_PARCELS = False  # the old parcels are named one by one
CONSERVES_AREA = (
    False  # it records what was measured; how far that may lie from the old figures is a rule here
)

SURVEY = Citation("Andhra Pradesh Survey and Boundaries Act 1923", "s. 13; the like law of each state")


@dataclass(frozen=True, kw_only=True)
class Measured(Child):
    """A new parcel, the unit that it lies in, and the old parcels whose land it takes up."""

    unit: UnitId
    replaces: tuple[ParcelId, ...]


@dataclass(frozen=True, kw_only=True)
class Application:
    """A part of a village's land register after the resurvey."""

    survey: Text
    """What all orders of one resurvey call it: "Resurvey of Devgarh, 2026"."""
    part: int
    """Which of its orders this is, from 1."""
    parcels: tuple[Measured, ...]
    notification: Notification
    more: bool = False
    """Whether further orders of the same case follow."""

    def retires(self) -> tuple[ParcelId, ...]:
        return _replaced(self.parcels)

    def born(self) -> tuple[Measured, ...]:
        return self.parcels

    def frees(self) -> tuple[ParcelId, ...]:
        return self.retires()


@rule(
    "there are new parcels, and each says once which old ones it replaces",
    source=RECORD_LAW,
    remedy="Name for every new parcel the old parcels whose land it takes up.",
    first=True,
)
def lineage_is_stated(a: Application, record: Record, law: Law) -> Answer:
    unclear = [p.label for p in a.parcels if not p.replaces or len(set(p.replaces)) != len(p.replaces)]
    return Broken(", ".join(unclear)) if unclear else bool(a.parcels)


@rule(
    "each new parcel lies in the unit of the parcels that it replaces",
    source=SURVEY,
    remedy="Measure along the holders' boundaries; land passes between holders by a mutation of its own.",
)
def units_stay(a: Application, record: Record, law: Law) -> Answer:
    wrong = [p.label for p in a.parcels if any(record.parcels[old].unit != p.unit for old in p.replaces)]
    return Broken(", ".join(wrong)) if wrong else True


@rule(
    "parcels that become one are of one class of land and put to one use",
    source=SURVEY,
    remedy="Keep land of another class or use as a parcel of its own.",
)
def classes_stay(a: Application, record: Record, law: Law) -> Answer:
    wrong = [
        p.label
        for p in a.parcels
        if len({(record.parcels[old].land_class, record.parcels[old].use) for old in p.replaces}) > 1
    ]
    return Broken(", ".join(wrong)) if wrong else True


@rule(
    "the new parcels are measured: valid shapes that do not overlap",
    source=SURVEY,
    remedy="Send the shape of each new parcel, and have the surveyor clear the overlaps.",
)
def shapes_are_clear(a: Application, record: Record, law: Law) -> Answer:
    """Old land left out and new land beyond are no faults here: the old map may be wrong, or missing."""
    survey = record.survey
    if survey is None:
        return Broken("no shapes came with the order")
    twice = (
        [Phrase("covered twice {m2} m2", m2=survey.overlap_m2)]
        if survey.overlap_m2 > law.figure("split-gap").value
        else []
    )
    return Broken.joined([*survey.faults, *twice]) if survey.faults or twice else True


@rule(
    "each recorded area is the measured one",
    source=SURVEY,
    remedy="Record the area of the shape, in the unit that the state's record uses.",
)
def areas_are_those_measured(a: Application, record: Record, law: Law) -> Answer:
    limit = law.figure("split-area-tolerance").value
    measured = record.survey.children_m2 if record.survey else tuple(p.area.m2 for p in a.parcels)
    wrong = [
        Phrase(
            "{parcel}: recorded {recorded} m2, measured {m2} m2", parcel=p.label, recorded=p.area.m2, m2=m2
        )
        for p, m2 in zip(a.parcels, measured, strict=True)
        if abs(p.area.m2 - m2) * 100 > limit * p.area.m2
    ]
    return Broken.joined(wrong) if wrong else True


@rule(
    "no unit's land comes out far larger or smaller than it was recorded",
    source=SURVEY,
    remedy="Look for a parcel that was left out, a wrong unit of area or a wrong old number.",
)
def units_keep_their_size(a: Application, record: Record, law: Law) -> Answer:
    limit = law.figure("area-difference-limit").value
    wrong = []
    for unit in dict.fromkeys(p.unit for p in a.parcels):
        mine = [p for p in a.parcels if p.unit == unit]
        before, after = recorded_m2(_replaced(mine), record), total(p.area.m2 for p in mine)
        if abs(after - before) * 100 > limit * before:
            wrong.append(
                Phrase("{unit}: {before} m2 before, {after} m2 now", unit=unit, before=before, after=after)
            )
    return Broken.joined(wrong) if wrong else True


RULES = (
    lineage_is_stated,
    *REORDERING,
    NOTHING_BARS["correction"],
    units_stay,
    classes_stay,
    shapes_are_clear,
    no_child_is_a_splinter,
    areas_are_those_measured,
    units_keep_their_size,
    labels_follow_the_grammar,
)


@dataclass(frozen=True, kw_only=True)
class Event:
    """Parcels were measured anew and took the place of older ones."""

    survey: Text
    part: int
    parcels: tuple[Measured, ...]
    more: bool = False


def decide(application: Application, record: Record, law: Law) -> Event:
    """The new parcels, if every rule holds; raises Refused with all that do not."""
    check(RULES, application, record, law)
    a = application
    return Event(survey=a.survey, part=a.part, parcels=a.parcels, more=a.more)


shapes = shapes_of


def continues(event: Event) -> bool:
    """Whether further orders of the same case follow: a village is measured anew by one case and many orders."""
    return event.more


def apply(event: Event, record: Record) -> tuple[State, ...]:
    """The old parcels as they are retired, the new ones, and the units that list them."""
    after: list[State] = []
    for old in _replaced(event.parcels):
        heirs = ids_of(p for p in event.parcels if old in p.replaces)
        after.append(retired(record.parcels[old], heirs))
    for unit in dict.fromkeys(p.unit for p in event.parcels):
        mine = [p for p in event.parcels if p.unit == unit]
        after += [_new(p, record) for p in mine]
        after.append(with_parcels(record.units[unit], _replaced(mine), ids_of(mine)))
    return tuple(after)


def _new(measured: Measured, record: Record) -> Parcel:
    return successor(measured, [record.parcels[old] for old in measured.replaces], measured.unit)


def _replaced(parcels: tuple[Measured, ...] | list[Measured]) -> tuple[ParcelId, ...]:
    return tuple(dict.fromkeys(old for p in parcels for old in p.replaces))


WORDING = {
    "en": "{survey}, part {part}: {old} old parcel(s) measured anew as {new}.",
    "hi": "{survey}, भाग {part}: {old} पुराने भूखण्डों का पुनः सर्वेक्षण; नये भूखण्ड {new}।",
    "te": "{survey}, భాగం {part}: {old} పాత భూభాగాల రీసర్వే; కొత్త భూభాగాలు {new}.",
    "mr": "{survey}, भाग {part}: {old} जुन्या भूखंडांची पुनर्मोजणी; नवीन भूखंड {new}.",
    "kn": "{survey}, ಭಾಗ {part}: {old} ಹಳೆಯ ಜಮೀನುಗಳ ಮರು ಸರ್ವೆ; ಹೊಸ ಜಮೀನುಗಳು {new}.",
}


def terms(event: Event, record: Record) -> Mapping[str, str]:
    """The words that the sentence in the record needs."""
    return {
        "survey": event.survey,
        "part": str(event.part),
        "old": str(len(_replaced(event.parcels))),
        "new": ", ".join(p.label for p in event.parcels),
    }


def _measured(serial: int, unit: UnitId, hectares: str, *replaces: ParcelId) -> Measured:
    return Measured(
        id=ParcelId(f"999101-{serial:06d}"),
        label=ParcelLabel(str(serial)),
        unit=unit,
        area=Area(Decimal(hectares) * 10_000, hectares, "hectare"),
        geometry=Digest("A" * 43 + "="),
        replaces=replaces,
    )


_PART_ONE = Application(
    survey=Text("Resurvey of Devgarh, 2026"),
    part=1,
    parcels=(
        _measured(1, KHATA, "0.3100", FIELD),
        _measured(2, KHATA, "0.2250", FIELD, GARDEN),
        _measured(3, NEIGHBOURS, "0.4150", GROVE),
    ),
    notification=NOTICE,
)
_GIVEN = replace(
    VILLAGERS,
    survey=replace(
        DRAWN,
        parent_m2=Decimal("9480.00"),
        parents_m2=(Decimal("4010.00"), Decimal("1253.00"), Decimal("4217.00")),
        children_m2=(Decimal("3100.00"), Decimal("2250.00"), Decimal("4150.00")),
        gap_m2=Decimal("12.00"),
        outside_m2=Decimal("32.00"),
        unmatched_edges=2,
    ),
)

EXAMPLES = (
    Example(
        title="three old parcels become three new ones, one of which takes up land of two",
        given=_GIVEN,
        when=_PART_ONE,
        state="ap",
        then={
            FIELD: {"status": "retired", "successors": ["999101-000001", "999101-000002"]},
            GARDEN: {"status": "retired", "successors": ["999101-000002"]},
            "999101-000002": {"predecessors": [FIELD, GARDEN], "area_m2": "2250.0000", "unit": KHATA},
            KHATA: {"parcels": ["999101-000001", "999101-000002"]},
            NEIGHBOURS: {"parcels": ["999101-000003"]},
        },
    ),
    Example(
        title="a parcel that is measured anew may keep its number, and a record without a map gets one",
        given=replace(
            VILLAGERS,
            survey=replace(
                DRAWN, parent_m2=Decimal(0), parents_m2=(), pieces=0, children_m2=(Decimal("4150.00"),)
            ),
            labels={("999101", "parcel", "103"): str(GROVE)},
        ),
        when=replace(_PART_ONE, part=2, parcels=(replace(_PART_ONE.parcels[2], label=ParcelLabel("103")),)),
        then={"999101-000003": {"label": "103", "geometry": "A" * 43 + "=", "predecessors": [GROVE]}},
    ),
    Example(
        title="a survey gives no holder's land to another, nor pasture to a field",
        given=_GIVEN.with_states(
            replace(_GIVEN.parcels[GARDEN], land_class="gram-sabha", use="pasture"),
        ),
        when=replace(
            _PART_ONE,
            parcels=(*_PART_ONE.parcels[:2], _measured(3, NEIGHBOURS, "0.4150", GROVE, GARDEN)),
        ),
        refused=(units_stay, classes_stay),
    ),
    Example(
        title="figures in the wrong unit, an overlap, a splinter and a number that is taken are told together",
        given=replace(
            _GIVEN,
            survey=replace(
                _GIVEN.survey or DRAWN,
                children_m2=(Decimal("3100.00"), Decimal("0.90"), Decimal("4150.00")),
                overlap_m2=Decimal("41.00"),
            ),
            labels={("999101", "parcel", "1"): "999101-000555"},
        ),
        when=replace(
            _PART_ONE,
            parcels=(
                _PART_ONE.parcels[0],
                replace(_PART_ONE.parcels[1], area=Area(Decimal("22500.0000"), "2.2500", "hectare")),
                replace(_PART_ONE.parcels[2], label=ParcelLabel("plot three")),
            ),
        ),
        refused=(
            labels_are_free_or_freed,
            labels_follow_the_grammar,
            shapes_are_clear,
            no_child_is_a_splinter,
            areas_are_those_measured,
            units_keep_their_size,
        ),
    ),
    Example(
        title="a new parcel says what it was before",
        given=_GIVEN,
        when=replace(_PART_ONE, parcels=(replace(_PART_ONE.parcels[0], replaces=()),)),
        refused=(lineage_is_stated,),
    ),
)
