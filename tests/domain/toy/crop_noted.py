"""Crop noted: the use of a parcel is entered as the record keeper found it on the spot.

The smallest whole mutation type, for tests and for whoever writes a new one: it is not in the catalogue, for it does
not lie in domain/mutations.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from domain.ids import ParcelId
from domain.kit import Answer, Broken, Citation, Example, Procedure, State, check, rule
from domain.law import Law
from domain.mutations._papers import Report
from domain.mutations._shared import DEED, FIELD, NOTHING_BARS, SISTERS, STANDING, all_are_active
from domain.record import Record
from domain.values import Code

TYPE = "mutation.crop-noted/1"
TITLE = {
    "en": "Crop noted",
    "hi": "फसल की प्रविष्टि",
    "te": "పంట నమోదు",
    "mr": "पीक नोंद",
    "kn": "ಬೆಳೆ ನಮೂದು",
}
PROCEDURE = Procedure(
    nature="correction",
    applicants=("suo-motu",),
    papers=("enquiry-report",),
    verified_by="lekhpal",
    decided_by=("tahsildar",),
    notice="notice-free",
)


@dataclass(frozen=True, kw_only=True)
class Application:
    """A parcel and the use that was found on it."""

    parcel: ParcelId
    use: Code
    report: Report


@rule(
    "the use that was found differs from the one recorded",
    source=Citation("Uttar Pradesh Revenue Code 2006", "s. 31"),
    remedy="Nothing is to be entered: the record says so already.",
)
def use_has_changed(a: Application, record: Record, law: Law) -> Answer:
    return a.use != record.parcels[a.parcel].use or Broken(a.use)


RULES = (*STANDING, NOTHING_BARS["correction"], use_has_changed)


@dataclass(frozen=True, kw_only=True)
class Event:
    """Another use was found on a parcel."""

    parcel: ParcelId
    use: Code


def decide(application: Application, record: Record, law: Law) -> Event:
    """The entry, if every rule holds; raises Refused with all that do not."""
    check(RULES, application, record, law)
    return Event(parcel=application.parcel, use=application.use)


def apply(event: Event, record: Record) -> tuple[State, ...]:
    """The parcel with its new use."""
    return (replace(record.parcels[event.parcel], use=event.use),)


WORDING = {
    "en": "Crop noted: {use} on {parcel}.",
    "hi": "फसल की प्रविष्टि: {parcel} पर {use}।",
    "te": "పంట నమోదు: {parcel} పై {use}.",
    "mr": "पीक नोंद: {parcel} वर {use}.",
    "kn": "ಬೆಳೆ ನಮೂದು: {parcel} ರಲ್ಲಿ {use}.",
}


def terms(event: Event, record: Record) -> Mapping[str, str]:
    """The words that the sentence in the record needs."""
    return {"use": event.use, "parcel": record.parcels[event.parcel].label}


_REPORT = Report(number=DEED.number, made=DEED.made, by=DEED.by, salt=DEED.salt)
_GROVE = Application(parcel=FIELD, use=Code("grove"), report=_REPORT)

EXAMPLES = (
    Example(
        title="trees were found where the record shows a field",
        given=SISTERS,
        when=_GROVE,
        then={FIELD: {"use": "grove"}},
    ),
    Example(
        title="what the record says already is not entered, nor anything on a parcel that is no more",
        given=SISTERS.with_states(replace(SISTERS.parcels[FIELD], status="retired")),
        when=replace(_GROVE, use=Code("cultivated")),
        refused=(use_has_changed, all_are_active),
    ),
)
