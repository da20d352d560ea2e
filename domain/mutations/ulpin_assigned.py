"""ULPIN assigned: parcels get their Unique Land Parcel Identification Number, from the system that made it.

A ULPIN is 14 digits and capitals made of the vertices of the geo-referenced shape (ECCMA; now ISO 8000-118).  Its
derivation is not published, so it is taken as it comes and never computed or read apart here: the order states where it
came from and for which shape, and a parcel whose shape changes afterwards loses it and waits for another.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from domain.ids import ParcelId
from domain.kit import EVERYWHERE, Answer, Broken, Citation, Example, Procedure, State, check, rule
from domain.languages import Phrase
from domain.law import Law
from domain.mutations._parcels import NOTICE, Notification
from domain.mutations._shared import (
    FIELD,
    GARDEN,
    NOTHING_BARS,
    RECORD_LAW,
    SISTERS,
    STANDING,
    all_are_active,
    papers_are_not_of_the_future,
)
from domain.record import Record
from domain.values import Digest, Text, Ulpin

TYPE = "mutation.ulpin-assigned/1"
TITLE = {
    "en": "ULPIN (Bhu-Aadhaar) assigned",
    "hi": "यूएलपीआईएन (भू-आधार) आवंटन",
    "te": "యూఎల్‌పిన్ (భూ-ఆధార్) కేటాయింపు",
    "mr": "यूएलपीआयएन (भू-आधार) प्रदान",
    "kn": "ಯುಎಲ್‌ಪಿಐಎನ್ (ಭೂ-ಆಧಾರ್) ನೀಡಿಕೆ",
}
PROCEDURE = Procedure(
    nature="correction",
    applicants=("survey-department", "suo-motu"),
    papers=("survey-report",),
    verified_by="surveyor",
    decided_by=("survey-officer", "tahsildar"),
    notice="notice-free",
)
READS_PARCELS = False  # each parcel is named

ULPIN = Citation(
    "Department of Land Resources", "Unique Land Parcel Identification Number (dolr.gov.in/ulpin)"
)


@dataclass(frozen=True, kw_only=True)
class Assignment:
    """A parcel, its ULPIN and the shape that it was made of."""

    parcel: ParcelId
    ulpin: Ulpin
    geometry: Digest
    """SHA-256 of the canonical bytes of the shape that the number stands for."""
    instead_of: Text | None = None
    """The ULPIN that the record shows today, where a wrong one is put right; two that were exchanged, both at once."""


@dataclass(frozen=True, kw_only=True)
class Application:
    """ULPINs as a system of the state gave them out."""

    assignments: tuple[Assignment, ...]
    source: Literal["bhunaksha", "state", "import"]
    """BhuNaksha, another system of the state, or an older record that named them."""
    assigned: date
    report: Notification
    """The list in which the numbers came."""


@rule(
    "each parcel is named once, and there is one at least",
    source=RECORD_LAW,
    remedy="Give every parcel one number.",
    first=True,
)
def parcels_are_named_once(a: Application, record: Record, law: Law) -> Answer:
    twice = [p for p, n in Counter(x.parcel for x in a.assignments).items() if n > 1]
    return Broken(", ".join(twice)) if twice else bool(a.assignments)


@rule(
    "no two parcels of the order get the same ULPIN",
    source=ULPIN,
    remedy="Find out in the system that made them which parcel each number is of.",
)
def ulpins_differ(a: Application, record: Record, law: Law) -> Answer:
    twice = [u for u, n in Counter(x.ulpin for x in a.assignments).items() if n > 1]
    return Broken(", ".join(twice)) if twice else True


@rule(
    "no other parcel, of this village or another, bears the ULPIN",
    source=ULPIN,
    remedy="Find out in the system that made it which parcel it is of, and have the wrong one put right first.",
)
def ulpins_are_free(a: Application, record: Record, law: Law) -> Answer:
    freed = {(str(x.instead_of), x.parcel) for x in a.assignments}
    borne = [
        Phrase("{ulpin} is borne by {parcel}", ulpin=ulpin, parcel=bearer)
        for (_, kind, ulpin), bearer in record.labels.items()
        if kind == "ulpin" and (ulpin, bearer) not in freed
    ]
    return Broken.joined(borne[:20]) if borne else True


@rule(
    "each ULPIN was made of the shape that the record shows",
    source=ULPIN,
    remedy="Have the number made again from today's map; a parcel without a map is surveyed first.",
)
def ulpins_are_of_the_shape(a: Application, record: Record, law: Law) -> Answer:
    wrong = [x.parcel for x in a.assignments if record.parcels[x.parcel].geometry != x.geometry]
    return Broken(", ".join(wrong)) if wrong else True


@rule(
    "a parcel that has a ULPIN gets another only in the place of the one named",
    source=ULPIN,
    remedy="Name in `instead_of` the number that the record shows, if it is the wrong one.",
)
def known_ulpins_are_named(a: Application, record: Record, law: Law) -> Answer:
    wrong = [x.parcel for x in a.assignments if record.parcels[x.parcel].ulpin != x.instead_of]
    return Broken(", ".join(wrong)) if wrong else True


@rule(
    "the numbers were not given out after the day of the order",
    source=ULPIN,
    remedy="Correct the day on which the system gave the numbers out.",
)
def assigned_by_now(a: Application, record: Record, law: Law) -> Answer:
    return a.assigned <= law.day or Broken(a.assigned.isoformat())


RULES = (
    parcels_are_named_once,
    *STANDING,
    NOTHING_BARS["correction"],
    ulpins_differ,
    ulpins_are_free,
    ulpins_are_of_the_shape,
    known_ulpins_are_named,
    assigned_by_now,
)


@dataclass(frozen=True, kw_only=True)
class Event:
    """Parcels got their ULPINs; source, day and shapes are the provenance."""

    assignments: tuple[Assignment, ...]
    source: Literal["bhunaksha", "state", "import"]
    assigned: date


def decide(application: Application, record: Record, law: Law) -> Event:
    """The numbers, if every rule holds; raises Refused with all that do not."""
    check(RULES, application, record, law)
    a = application
    return Event(assignments=a.assignments, source=a.source, assigned=a.assigned)


def apply(event: Event, record: Record) -> tuple[State, ...]:
    """The parcels with their numbers."""
    return tuple(replace(record.parcels[x.parcel], ulpin=x.ulpin) for x in event.assignments)


WORDING = {
    "en": "ULPIN assigned: {ulpins}.",
    "hi": "यूएलपीआईएन आवंटित: {ulpins}।",
    "te": "యూఎల్‌పిన్ కేటాయించబడింది: {ulpins}.",
    "mr": "यूएलपीआयएन प्रदान: {ulpins}.",
    "kn": "ಯುಎಲ್‌ಪಿಐಎನ್ ನೀಡಲಾಗಿದೆ: {ulpins}.",
}


def terms(event: Event, record: Record) -> Mapping[str, str]:
    """The words that the sentence in the record needs."""
    return {"ulpins": ", ".join(f"{record.parcels[x.parcel].label}: {x.ulpin}" for x in event.assignments)}


_SHAPE, _OTHER = Digest("A" * 43 + "="), Digest("B" * 42 + "A=")
_MAPPED = SISTERS.with_states(
    replace(SISTERS.parcels[FIELD], geometry=_SHAPE),
    replace(SISTERS.parcels[GARDEN], geometry=_OTHER, ulpin="8K2M4N6P8Q2R4S"),
)
_FIELDS_NUMBER = Application(
    assignments=(Assignment(parcel=FIELD, ulpin=Ulpin("3P7R9T1V5X7Z2B"), geometry=_SHAPE),),
    source="bhunaksha",
    assigned=date(2026, 11, 16),
    report=NOTICE,
)

EXAMPLES = (
    Example(
        title="a field gets the number that BhuNaksha made of its shape",
        given=_MAPPED,
        when=_FIELDS_NUMBER,
        then={FIELD: {"ulpin": "3P7R9T1V5X7Z2B", "label": "101"}},
    ),
    Example(
        title="a wrong number is put right in the place of the one that stands",
        given=_MAPPED,
        when=replace(
            _FIELDS_NUMBER,
            source="state",
            assignments=(
                Assignment(
                    parcel=GARDEN,
                    ulpin=Ulpin("8K2M4N6P8Q2R4T"),
                    geometry=_OTHER,
                    instead_of=Text("8K2M4N6P8Q2R4S"),
                ),
            ),
        ),
        then={GARDEN: {"ulpin": "8K2M4N6P8Q2R4T"}},
    ),
    Example(
        title="one number for two parcels, of another shape, given over one that stands, from a day to come",
        given=_MAPPED,
        when=replace(
            _FIELDS_NUMBER,
            assigned=date(2027, 1, 4),
            assignments=(
                Assignment(parcel=FIELD, ulpin=Ulpin("3P7R9T1V5X7Z08"), geometry=_OTHER),
                Assignment(parcel=GARDEN, ulpin=Ulpin("3P7R9T1V5X7Z08"), geometry=_OTHER),
            ),
        ),
        refused=(
            ulpins_differ,
            ulpins_are_of_the_shape,
            known_ulpins_are_named,
            assigned_by_now,
        ),
    ),
    Example(
        title="a number that a parcel of another village bears is given to no other",
        given=replace(_MAPPED, labels={(EVERYWHERE, "ulpin", "3P7R9T1V5X7Z2B"): "999188-000007"}),
        when=_FIELDS_NUMBER,
        refused=(ulpins_are_free,),
    ),
    Example(
        title="a retired parcel gets none, and no list is of the future",
        given=_MAPPED.with_states(replace(_MAPPED.parcels[FIELD], status="retired")),
        when=replace(_FIELDS_NUMBER, report=replace(NOTICE, made=date(2027, 1, 4))),
        refused=(all_are_active, papers_are_not_of_the_future),
    ),
    Example(
        title="one parcel does not get two numbers",
        given=_MAPPED,
        when=replace(_FIELDS_NUMBER, assignments=_FIELDS_NUMBER.assignments * 2),
        refused=(parcels_are_named_once,),
    ),
)
