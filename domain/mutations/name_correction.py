"""Name correction and alias: the same holder under the right name, or under a further one by which he or she is known.

Share, charges and all that lies on the holder stay.  This is the way by which another person could be slipped into the
record, so an officer reports on the spot that it is one and the same person, and two officers sign.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from domain.kit import Answer, Broken, Citation, Example, Procedure, State, check, rule
from domain.law import Law
from domain.mutations._examples import LOAN, NEIGHBOURS, SOHAN, VILLAGERS, charged, held_by, restricted
from domain.mutations._papers import Report
from domain.mutations._people import HolderIn, khatas_are_named_once, renamed, stands_in_each_khata
from domain.mutations._shared import (
    ASHA,
    KHATA,
    RAVINA,
    RECORD_LAW,
    STANDING,
    papers_are_not_of_the_future,
    person,
)
from domain.mutations._standing import PERSON_STANDS, holder_lives, labels_of
from domain.quantities import WHOLE
from domain.record import Holding, Record
from domain.values import Deed, Party, PartyRef, Salt, Text

TYPE = "mutation.name-correction/1"
TITLE = {
    "en": "Name corrected or alias added",
    "hi": "नाम संशोधन या उर्फ",
    "te": "పేరు సవరణ లేదా మారుపేరు",
    "mr": "नाव दुरुस्ती किंवा उर्फ नाव",
    "kn": "ಹೆಸರು ತಿದ್ದುಪಡಿ ಅಥವಾ ಉರುಫ್",
}
PROCEDURE = Procedure(
    nature="correction",
    applicants=("holder",),
    papers=("identity-proof", "gazette", "enquiry-report"),
    verified_by="lekhpal",
    decided_by=("tahsildar", "naib-tahsildar", "sub-divisional-officer"),
    notice="unregistered",
    two_officers=True,
)

SAME_PERSON = Citation("Uttar Pradesh Revenue Code 2006", "s. 38; the like law of each state")


@dataclass(frozen=True, kw_only=True)
class Application:
    """The request of a holder whose name the record writes wrongly, or not as people know him or her."""

    khatas: tuple[HolderIn, ...]
    """The holder as he or she stands in each khata."""
    party: Party
    """The holder as the record is to name him or her; with an alias, both names in one."""
    becomes: Literal["corrected", "also-known"]
    proof: Deed
    """The gazette, certificate or identity paper that bears the name."""
    report: Report
    """The officer's report that it is the same person."""


@rule(
    "the officer's report was made after the paper that it looks at",
    source=SAME_PERSON,
    remedy="Have the lekhpal look at the paper and at the person, and report then.",
)
def report_looks_at_the_proof(a: Application, record: Record, law: Law) -> Answer:
    return a.proof.made <= a.report.made or Broken(
        "paper of {paper}, report of {report}", paper=a.proof.made, report=a.report.made
    )


@rule(
    "the name becomes no other holder's",
    source=RECORD_LAW,
    remedy="Two holders of a khata stay two; shares are joined by a release or a settlement.",
)
def nobody_else_bears_the_entry(a: Application, record: Record, law: Law) -> Answer:
    return not any(a.party.commitment in record.units[k.unit].holders for k in a.khatas)


RULES = (*STANDING, *PERSON_STANDS, holder_lives, report_looks_at_the_proof, nobody_else_bears_the_entry)


@dataclass(frozen=True, kw_only=True)
class Event:
    """A holder was named anew."""

    khatas: tuple[HolderIn, ...]
    party: PartyRef
    becomes: Literal["corrected", "also-known"]


def decide(application: Application, record: Record, law: Law) -> Event:
    """The new name, if every rule holds; raises Refused with all that do not."""
    check(RULES, application, record, law)
    a = application
    return Event(khatas=a.khatas, party=a.party.commitment, becomes=a.becomes)


def apply(event: Event, record: Record) -> tuple[State, ...]:
    """The khatas with the holder under the new name, and all that lay on him or her."""
    return tuple(
        state
        for khata in event.khatas
        for state in renamed(record, record.units[khata.unit], khata.holder, event.party)
    )


WORDING = {
    "en": "Name of a holder in holding(s) {units} entered as proved; the same person.",
    "hi": "खाता {units} में खातेदार का नाम प्रमाणानुसार दर्ज; व्यक्ति वही।",
    "te": "ఖాతా {units} లో హక్కుదారు పేరు రుజువు ప్రకారం నమోదు; అదే వ్యక్తి.",
    "mr": "खाते {units} मधील खातेदाराचे नाव पुराव्यानुसार नोंदवले; व्यक्ती तीच.",
    "kn": "ಖಾತೆ {units} ರ ಖಾತೆದಾರರ ಹೆಸರು ಪುರಾವೆಯಂತೆ ನಮೂದು; ಅದೇ ವ್ಯಕ್ತಿ.",
}


def terms(event: Event, record: Record) -> Mapping[str, str]:
    """The words that the sentence in the record needs."""
    return {"units": labels_of(event.khatas, record)}


_RIGHT = person("आशा रानी देवी", "रामलाल")
_GAZETTE = Deed(
    number=Text("G-2026/118"), made=date(2026, 5, 2), by=Text("State gazette"), salt=Salt(b"n" * 32)
)
_REPORT = Report(number=Text("44"), made=date(2026, 10, 1), by=Text("Lekhpal, Devgarh"), salt=Salt(b"r" * 32))
_ASHA_IS_ASHA_RANI = Application(
    khatas=(HolderIn(unit=KHATA, holder=ASHA.commitment),),
    party=_RIGHT,
    becomes="corrected",
    proof=_GAZETTE,
    report=_REPORT,
)
_AN_ALIAS = replace(
    _ASHA_IS_ASHA_RANI,
    khatas=(
        HolderIn(unit=KHATA, holder=SOHAN.commitment),
        HolderIn(unit=NEIGHBOURS, holder=SOHAN.commitment),
    ),
    party=person("सोहन सिंह उर्फ सोनू", "हरि सिंह"),
    becomes="also-known",
)

EXAMPLES = (
    Example(
        title="a name is written right; the share and the mortgage on it stay",
        given=charged(VILLAGERS, ASHA),
        when=_ASHA_IS_ASHA_RANI,
        then={
            KHATA: {
                "shares": [
                    {"party": _RIGHT.commitment, "num": 1, "den": 3},
                    {"party": RAVINA.commitment, "num": 2, "den": 3},
                ],
                "charges": [replace(LOAN, on=_RIGHT.commitment).doc()],
            }
        },
    ),
    Example(
        title="an alias is added in both khatas",
        given=held_by(VILLAGERS, (Holding(SOHAN.commitment, WHOLE),)),
        when=_AN_ALIAS,
        then={
            KHATA: {"shares": [{"party": _AN_ALIAS.party.commitment, "num": 1, "den": 1}]},
            NEIGHBOURS: {"shares": [{"party": _AN_ALIAS.party.commitment, "num": 1, "den": 1}]},
        },
    ),
    Example(
        title="the name of a dead holder is not turned into a living one's",
        given=restricted(VILLAGERS, "holder-deceased", on=ASHA),
        when=_ASHA_IS_ASHA_RANI,
        refused=(holder_lives,),
    ),
    Example(
        title="a report older than the paper, and a name that is the sister's, are told together",
        given=VILLAGERS,
        when=replace(_ASHA_IS_ASHA_RANI, party=RAVINA, report=replace(_REPORT, made=date(2026, 4, 1))),
        refused=(report_looks_at_the_proof, nobody_else_bears_the_entry),
    ),
    Example(
        title="a stranger's name is not corrected, nor by a report of tomorrow",
        given=VILLAGERS,
        when=replace(_AN_ALIAS, report=replace(_REPORT, made=date(2026, 12, 24))),
        refused=(papers_are_not_of_the_future, stands_in_each_khata),
    ),
    Example(
        title="a khata is not named twice",
        given=VILLAGERS,
        when=replace(_ASHA_IS_ASHA_RANI, khatas=_ASHA_IS_ASHA_RANI.khatas * 2),
        refused=(khatas_are_named_once,),
    ),
)
