"""Jurisdiction reassigned: land comes under another village or another office, without any act of its holders.

A village is split, joined or moved to another tehsil by the government's notification.  The units and parcels that it
names change village and office; their ids stay, whose first part only says where they were first registered.  A unit
moves with all of its parcels.  Numbers stay too, unless the new village has them already.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

from domain.ids import ParcelId, UnitId, VillageCode
from domain.kit import Answer, Broken, Citation, Example, Procedure, State, check, rule
from domain.law import Law
from domain.mutations._parcels import NOTICE, REORDERING, Notification, labels_are_free_or_freed, relabelled
from domain.mutations._shared import FIELD, GARDEN, KHATA, NOTHING_BARS, OFFICE, RECORD_LAW, SISTERS, VILLAGE
from domain.mutations.import_ import Village
from domain.record import Record
from domain.values import OfficeCode, ParcelLabel, Text, UnitLabel

TYPE = "mutation.jurisdiction-reassigned/1"
TITLE = {
    "en": "Jurisdiction reassigned",
    "hi": "क्षेत्राधिकार परिवर्तन",
    "te": "అధికార పరిధి మార్పు",
    "mr": "कार्यक्षेत्र बदल",
    "kn": "ಅಧಿಕಾರ ವ್ಯಾಪ್ತಿ ಬದಲಾವಣೆ",
}
PROCEDURE = Procedure(
    nature="correction",
    applicants=("government-department",),
    papers=("notification",),
    verified_by=None,
    decided_by=("collector", "commissioner"),
    notice="notice-free",
)
READS_PARCELS = False  # every parcel that moves is named

DIRECTORY = Citation(
    "Uttar Pradesh Revenue Code 2006", "s. 6; the like law of each state; Local Government Directory"
)


@dataclass(frozen=True, kw_only=True)
class MovedParcel:
    """A parcel, and the number that it bears in the village to which it comes."""

    parcel: ParcelId
    label: ParcelLabel


@dataclass(frozen=True, kw_only=True)
class MovedUnit:
    """A unit, and the number that it bears in the village to which it comes."""

    unit: UnitId
    label: UnitLabel


@dataclass(frozen=True, kw_only=True)
class Application:
    """The village as it is from now on, and the land that comes under it by this order."""

    village: Village
    units: tuple[MovedUnit, ...]
    parcels: tuple[MovedParcel, ...]
    notification: Notification

    def frees(self) -> tuple[ParcelId | UnitId, ...]:
        return (*(m.parcel for m in self.parcels), *(m.unit for m in self.units))


@rule(
    "something moves, and each thing is named once",
    source=RECORD_LAW,
    remedy="Name each unit and each parcel one time.",
    first=True,
)
def each_is_named_once(a: Application, record: Record, law: Law) -> Answer:
    twice = [i for i, n in Counter(a.frees()).items() if n > 1]
    return Broken(", ".join(twice)) if twice else bool(a.frees())


@rule(
    "a unit moves with all of its parcels, and a parcel with its unit",
    source=RECORD_LAW,
    remedy="Name them together; a holding that the new boundary cuts through is partitioned first.",
)
def units_move_whole(a: Application, record: Record, law: Law) -> Answer:
    units, parcels = {m.unit for m in a.units}, {m.parcel for m in a.parcels}
    left = [p for u in sorted(units) for p in record.units[u].parcels if p not in parcels]
    alone = [p for p in sorted(parcels) if record.parcels[p].unit not in units]
    return Broken(", ".join([*left, *alone])) if left or alone else True


@rule(
    "each thing comes under another village or another office than before",
    source=DIRECTORY,
    remedy="Leave out what stays where it is.",
)
def something_changes(a: Application, record: Record, law: Law) -> Answer:
    there = (a.village.lgd, a.village.office)
    same = [s.id for s in _states(a, record) if (s.village, s.office) == there]
    return Broken(", ".join(same)) if same else True


@rule(
    "the land stays in its state",
    source=Citation("Constitution of India", "art. 3"),
    remedy="Only Parliament moves land to another state; the record then passes from one registry to the other.",
)
def the_state_stays(a: Application, record: Record, law: Law) -> Answer:
    there = _state(a.village.office)
    return all(_state(s.office) == there for s in _states(a, record))


RULES = (
    each_is_named_once,
    *REORDERING,
    NOTHING_BARS["correction"],
    units_move_whole,
    something_changes,
    the_state_stays,
)


def _state(office: str) -> str:
    return office.partition("/")[0]


def _states(a: Application | Event, record: Record) -> list[State]:
    return [*(record.units[m.unit] for m in a.units), *(record.parcels[m.parcel] for m in a.parcels)]


@dataclass(frozen=True, kw_only=True)
class Event:
    """Land came under another village or office."""

    village: Village
    units: tuple[MovedUnit, ...]
    parcels: tuple[MovedParcel, ...]


def decide(application: Application, record: Record, law: Law) -> Event:
    """The move, if every rule holds; raises Refused with all that do not."""
    check(RULES, application, record, law)
    return Event(village=application.village, units=application.units, parcels=application.parcels)


def apply(event: Event, record: Record) -> tuple[State, ...]:
    """Units and parcels under their new village and office."""
    village, office = event.village.lgd, event.village.office
    return (
        *(replace(record.units[m.unit], village=village, office=office, label=m.label) for m in event.units),
        *(
            replace(relabelled(record.parcels[m.parcel], m.label), village=village, office=office)
            for m in event.parcels
        ),
    )


WORDING = {
    "en": "{units} holding(s) and {parcels} parcel(s) come under village {village} ({lgd}), office {office}.",
    "hi": "{units} खाते और {parcels} भूखण्ड अब ग्राम {village} ({lgd}), कार्यालय {office} के अधीन।",
    "te": "{units} ఖాతాలు, {parcels} భూభాగాలు ఇకపై గ్రామం {village} ({lgd}), కార్యాలయం {office} పరిధిలో.",
    "mr": "{units} खाती व {parcels} भूखंड आता गाव {village} ({lgd}), कार्यालय {office} यांच्या अखत्यारीत.",
    "kn": "{units} ಖಾತೆಗಳು ಮತ್ತು {parcels} ಜಮೀನುಗಳು ಇನ್ನು ಗ್ರಾಮ {village} ({lgd}), ಕಚೇರಿ {office} ವ್ಯಾಪ್ತಿಯಲ್ಲಿ.",
}


def terms(event: Event, record: Record) -> Mapping[str, str]:
    """The words that the sentence in the record needs."""
    return {
        "units": str(len(event.units)),
        "parcels": str(len(event.parcels)),
        "village": event.village.name_local or event.village.name,
        "lgd": event.village.lgd,
        "office": event.village.office,
    }


_KHURD = Village(
    lgd=VillageCode("999188"),
    name=Text("Devgarh Khurd"),
    name_local=Text("देवगढ़ खुर्द"),
    office=OfficeCode("99/901/9002"),
)
_SPLIT = Application(
    village=_KHURD,
    units=(MovedUnit(unit=KHATA, label=UnitLabel("45")),),
    parcels=(
        MovedParcel(parcel=FIELD, label=ParcelLabel("101")),
        MovedParcel(parcel=GARDEN, label=ParcelLabel("102")),
    ),
    notification=NOTICE,
)

EXAMPLES = (
    Example(
        title="a village is split: a khata and its fields come under the new one, ids and numbers stay",
        given=SISTERS,
        when=_SPLIT,
        then={
            KHATA: {"village": "999188", "office": "99/901/9002", "label": "45"},
            FIELD: {"village": "999188", "label": "101", "former_labels": []},
        },
    ),
    Example(
        title="the village goes to another tehsil as it is",
        given=replace(SISTERS, labels={("999101", "parcel", "101"): str(FIELD)}),
        when=replace(_SPLIT, village=replace(_KHURD, lgd=VILLAGE)),
        then={FIELD: {"village": "999101", "office": "99/901/9002"}},
    ),
    Example(
        title="where the new village has the number already, the field gets another and keeps its own as former",
        given=SISTERS,
        when=replace(
            _SPLIT, parcels=(MovedParcel(parcel=FIELD, label=ParcelLabel("340")), _SPLIT.parcels[1])
        ),
        then={FIELD: {"label": "340", "former_labels": ["101"]}},
    ),
    Example(
        title="a field left behind, and a number that the new village has, are told together",
        given=replace(SISTERS, labels={("999188", "parcel", "101"): "999188-000101"}),
        when=replace(_SPLIT, parcels=_SPLIT.parcels[:1]),
        refused=(labels_are_free_or_freed, units_move_whole),
    ),
    Example(
        title="nothing changes, and no notification of a collector moves land to another state",
        given=SISTERS.with_states(
            replace(SISTERS.parcels[FIELD], office="28/511/5257"),
        ),
        when=replace(_SPLIT, village=replace(_KHURD, lgd=VILLAGE, office=OfficeCode(OFFICE))),
        refused=(something_changes, the_state_stays),
    ),
    Example(
        title="a field is named once",
        given=SISTERS,
        when=replace(_SPLIT, parcels=(*_SPLIT.parcels, _SPLIT.parcels[0])),
        refused=(each_is_named_once,),
    ),
)
