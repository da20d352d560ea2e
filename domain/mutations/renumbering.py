"""Renumbering: parcels and units of a village get new numbers; nothing else about them changes.

A number is a label for people, valid for a time: the ids stay, and every parcel keeps its former numbers beside the
new one, so that old papers still lead to it.  Within one order two parcels may exchange their numbers.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace

from domain.ids import ParcelId, UnitId, VillageCode
from domain.kit import Answer, Broken, Citation, Example, Procedure, State, check, rule
from domain.law import Law
from domain.mutations._parcels import NOTICE, REORDERING, Notification, labels_are_free_or_freed, relabelled
from domain.mutations._shared import FIELD, GARDEN, KHATA, NOTHING_BARS, RECORD_LAW, SISTERS, VILLAGE
from domain.numbering import grammar_of
from domain.record import Record
from domain.values import ParcelLabel, UnitLabel

TYPE = "mutation.renumbering/1"
TITLE = {
    "en": "Renumbering",
    "hi": "पुनः क्रमांकन",
    "te": "పునః సంఖ్యీకరణ",
    "mr": "पुनर्क्रमांकन",
    "kn": "ಮರು ಸಂಖ್ಯೀಕರಣ",
}
PROCEDURE = Procedure(
    nature="correction",
    applicants=("suo-motu", "survey-department"),
    papers=("notification",),
    verified_by="lekhpal",
    decided_by=("survey-officer", "tahsildar"),
    notice="notice-free",
    numbering="fresh",
)
READS_PARCELS = False  # what gets a new number is named one by one

CYCLES = Citation("Punjab Land Revenue Act 1887", "s. 31; the like law of each state")


@dataclass(frozen=True, kw_only=True)
class NewNumber:
    """A parcel and the number that it gets."""

    parcel: ParcelId
    label: ParcelLabel


@dataclass(frozen=True, kw_only=True)
class NewUnitNumber:
    """A unit and the number that it gets: khewats are numbered anew in each cycle of the record."""

    unit: UnitId
    label: UnitLabel


@dataclass(frozen=True, kw_only=True)
class Application:
    """The new numbers of a village, or of a part of it."""

    village: VillageCode
    notification: Notification
    parcels: tuple[NewNumber, ...] = ()
    units: tuple[NewUnitNumber, ...] = ()

    def frees(self) -> tuple[ParcelId | UnitId, ...]:
        return (*(n.parcel for n in self.parcels), *(n.unit for n in self.units))


@rule(
    "something is numbered, and each thing once",
    source=RECORD_LAW,
    remedy="Name each parcel and each unit with its one new number.",
    first=True,
)
def each_is_numbered_once(a: Application, record: Record, law: Law) -> Answer:
    twice = [i for i, n in Counter(a.frees()).items() if n > 1]
    return Broken(", ".join(twice)) if twice else bool(a.frees())


@rule(
    "all of it lies in the village that is named",
    source=RECORD_LAW,
    remedy="Number each village by an order of its own: a number is free or taken within its village.",
)
def all_lie_in_the_village(a: Application, record: Record, law: Law) -> Answer:
    strange = [s.id for s in _states(a, record) if s.village != a.village]
    return Broken(", ".join(strange)) if strange else True


@rule(
    "each number is another than before",
    source=RECORD_LAW,
    remedy="Leave out what keeps its number.",
)
def numbers_change(a: Application, record: Record, law: Law) -> Answer:
    labels = [*(n.label for n in a.parcels), *(n.label for n in a.units)]
    same = [s.id for s, label in zip(_states(a, record), labels, strict=True) if s.label == label]
    return Broken(", ".join(same)) if same else True


@rule(
    "each new number of a parcel follows the state's manner of numbering",
    source=CYCLES,
    remedy="Take the numbers that the registry proposes, or write yours as the state's record does.",
)
def numbers_follow_the_grammar(a: Application, record: Record, law: Law) -> Answer:
    grammar = grammar_of(law.state)
    strange = [n.label for n in a.parcels if not grammar.fits(n.label)]
    return Broken(", ".join(strange)) if strange else True


RULES = (
    each_is_numbered_once,
    *REORDERING,
    NOTHING_BARS["correction"],
    all_lie_in_the_village,
    numbers_change,
    numbers_follow_the_grammar,
)


def _states(a: Application | Event, record: Record) -> list[State]:
    return [*(record.parcels[n.parcel] for n in a.parcels), *(record.units[n.unit] for n in a.units)]


@dataclass(frozen=True, kw_only=True)
class Event:
    """Parcels and units got new numbers."""

    parcels: tuple[NewNumber, ...]
    units: tuple[NewUnitNumber, ...]


def decide(application: Application, record: Record, law: Law) -> Event:
    """The new numbers, if every rule holds; raises Refused with all that do not."""
    check(RULES, application, record, law)
    return Event(parcels=application.parcels, units=application.units)


def apply(event: Event, record: Record) -> tuple[State, ...]:
    """The parcels and units under their new numbers."""
    return (
        *(relabelled(record.parcels[n.parcel], n.label) for n in event.parcels),
        *(replace(record.units[n.unit], label=n.label) for n in event.units),
    )


WORDING = {
    "en": "Renumbered: {numbers}.",
    "hi": "पुनः क्रमांकन: {numbers}।",
    "te": "పునః సంఖ్యీకరణ: {numbers}.",
    "mr": "पुनर्क्रमांकन: {numbers}.",
    "kn": "ಮರು ಸಂಖ್ಯೀಕರಣ: {numbers}.",
}


def terms(event: Event, record: Record) -> Mapping[str, str]:
    """The words that the sentence in the record needs."""
    labels = [*(n.label for n in event.parcels), *(n.label for n in event.units)]
    pairs = zip(_states(event, record), labels, strict=True)
    return {"numbers": ", ".join(f"{state.label} → {label}" for state, label in pairs)}


_NEW_NUMBERS = Application(
    village=VILLAGE,
    notification=NOTICE,
    parcels=(
        NewNumber(parcel=FIELD, label=ParcelLabel("102")),
        NewNumber(parcel=GARDEN, label=ParcelLabel("101")),
    ),
    units=(NewUnitNumber(unit=KHATA, label=UnitLabel("31")),),
)
_NUMBERED = replace(
    SISTERS,
    labels={
        ("999101", "parcel", "101"): str(FIELD),
        ("999101", "parcel", "102"): str(GARDEN),
    },
)

EXAMPLES = (
    Example(
        title="two fields exchange their numbers, and the khata gets a new one",
        given=_NUMBERED,
        when=_NEW_NUMBERS,
        then={
            FIELD: {"label": "102", "former_labels": ["101"]},
            GARDEN: {"label": "101", "former_labels": ["102"]},
            KHATA: {"label": "31"},
        },
    ),
    Example(
        title="only the khatas are numbered anew for the next jamabandi",
        given=SISTERS,
        when=replace(_NEW_NUMBERS, parcels=()),
        state="hr",
        then={KHATA: {"label": "31", "parcels": [FIELD, GARDEN]}},
    ),
    Example(
        title="a number that another field keeps, one that is written as no record does, and no change at all",
        given=replace(_NUMBERED, labels={**_NUMBERED.labels, ("999101", "parcel", "7 B"): "999101-000007"}),
        when=replace(
            _NEW_NUMBERS,
            parcels=(
                NewNumber(parcel=FIELD, label=ParcelLabel("7 B")),
                NewNumber(parcel=GARDEN, label=ParcelLabel("102")),
            ),
        ),
        refused=(labels_are_free_or_freed, numbers_change, numbers_follow_the_grammar),
    ),
    Example(
        title="another village is numbered by another order",
        given=SISTERS,
        when=replace(_NEW_NUMBERS, village=VillageCode("999102")),
        refused=(all_lie_in_the_village,),
    ),
    Example(
        title="a field gets one number, not two",
        given=SISTERS,
        when=replace(_NEW_NUMBERS, parcels=(*_NEW_NUMBERS.parcels, _NEW_NUMBERS.parcels[0])),
        refused=(each_is_numbered_once,),
    ),
)
