"""Minor comes of age: the guardian's name goes, and the holder acts for himself or herself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from domain.kit import Answer, Broken, Citation, Example, Procedure, State, check, rule
from domain.law import Law
from domain.mutations._examples import NEIGHBOURS, SOHAN, VILLAGERS, restricted
from domain.mutations._papers import AgeProof
from domain.mutations._people import (
    MINORITY,
    HolderIn,
    is_of_age,
    khatas_are_named_once,
    noted,
    stands_in_each_khata,
)
from domain.mutations._shared import (
    ASHA,
    KHATA,
    STANDING,
    papers_are_not_of_the_future,
)
from domain.mutations._standing import PERSON_STANDS, holder_lives, labels_of, without_note
from domain.record import Record
from domain.values import Salt, Text

TYPE = "mutation.minor-of-age/1"
TITLE = {
    "en": "Minor comes of age",
    "hi": "अवयस्क का वयस्क होना",
    "te": "మైనర్ మేజరు కావడం",
    "mr": "अज्ञान पालनकर्ता कमी करणे",
    "kn": "ಅಪ್ರಾಪ್ತರು ಪ್ರಾಪ್ತವಯಸ್ಕರಾದುದು",
}
PROCEDURE = Procedure(
    nature="correction",
    applicants=("holder",),
    papers=("age-proof",),
    verified_by="lekhpal",
    decided_by=("tahsildar", "naib-tahsildar", "revenue-inspector"),
    notice="unregistered",
)


@dataclass(frozen=True, kw_only=True)
class Application:
    """The request of a holder who has come of age, with the proof of age."""

    khatas: tuple[HolderIn, ...]
    """The holder as he or she stands in each khata."""
    proof: AgeProof


@rule(
    "each khata notes the holder as a minor",
    source=Citation("Landlog", "only what stands in the record can be taken out of it"),
    remedy="Leave out the khatas in which no guardian is noted.",
)
def minority_is_noted(a: Application, record: Record, law: Law) -> Answer:
    free = [k.unit for k in a.khatas if not noted(record.units[k.unit], "minor", k.holder)]
    return Broken(", ".join(free)) if free else True


@rule(
    "the holder is of age on the day of the order",
    source=MINORITY,
    remedy="Apply on or after the birthday; until then the guardian acts, with the court's permission.",
)
def holder_is_of_age(a: Application, record: Record, law: Law) -> Answer:
    return is_of_age(a.proof.born, law) or Broken("born {day}", day=a.proof.born)


RULES = (*STANDING, *PERSON_STANDS, holder_lives, minority_is_noted, holder_is_of_age)


@dataclass(frozen=True, kw_only=True)
class Event:
    """A holder came of age."""

    khatas: tuple[HolderIn, ...]


def decide(application: Application, record: Record, law: Law) -> Event:
    """The end of the minority, if every rule holds; raises Refused with all that do not."""
    check(RULES, application, record, law)
    return Event(khatas=application.khatas)


def apply(event: Event, record: Record) -> tuple[State, ...]:
    """The khatas without the note of minority and its guardian."""
    return without_note(event.khatas, record, "minor")


WORDING = {
    "en": "Holder in holding(s) {units} has come of age; the guardian is removed.",
    "hi": "खाता {units} के खातेदार वयस्क हुए; संरक्षक का नाम हटाया गया।",
    "te": "ఖాతా {units} హక్కుదారు మేజరైనారు; సంరక్షకుని పేరు తొలగింపు.",
    "mr": "खाते {units} चे खातेदार सज्ञान झाले; पालनकर्त्याचे नाव कमी केले.",
    "kn": "ಖಾತೆ {units} ರ ಖಾತೆದಾರರು ಪ್ರಾಪ್ತವಯಸ್ಕರಾಗಿದ್ದಾರೆ; ಪೋಷಕರ ಹೆಸರು ತೆಗೆಯಲಾಗಿದೆ.",
}


def terms(event: Event, record: Record) -> Mapping[str, str]:
    """The words that the sentence in the record needs."""
    return {"units": labels_of(event.khatas, record)}


_PROOF = AgeProof(
    number=Text("HS/2024/5512"),
    made=date(2024, 6, 1),
    by=Text("Board of Secondary Education"),
    born=date(2008, 11, 21),
    salt=Salt(b"a" * 32),
)
_ASHA_IS_EIGHTEEN = Application(khatas=(HolderIn(unit=KHATA, holder=ASHA.commitment),), proof=_PROOF)
_ASHA_AS_A_MINOR = restricted(VILLAGERS, "minor", on=ASHA)

EXAMPLES = (
    Example(
        title="a holder comes of age on her birthday",
        given=_ASHA_AS_A_MINOR,
        when=_ASHA_IS_EIGHTEEN,
        then={KHATA: {"restrictions": []}},
    ),
    Example(
        title="another holder's minority stays noted",
        given=restricted(_ASHA_AS_A_MINOR, "minor", on=SOHAN),
        when=_ASHA_IS_EIGHTEEN,
        then={
            KHATA: {"restrictions": [{"kind": "minor", "since": 7, "on": SOHAN.commitment, "details": None}]}
        },
    ),
    Example(
        title="the day before the birthday is too early",
        given=_ASHA_AS_A_MINOR,
        when=_ASHA_IS_EIGHTEEN,
        day=date(2026, 11, 20),
        refused=(holder_is_of_age,),
    ),
    Example(
        title="where no minority is noted, or the holder is dead, nothing comes of age; nor by a proof of tomorrow",
        given=restricted(VILLAGERS, "holder-deceased", on=ASHA),
        when=replace(_ASHA_IS_EIGHTEEN, proof=replace(_PROOF, made=date(2026, 12, 1))),
        refused=(papers_are_not_of_the_future, holder_lives, minority_is_noted),
    ),
    Example(
        title="a khata in which the person does not stand is told",
        given=_ASHA_AS_A_MINOR,
        when=replace(
            _ASHA_IS_EIGHTEEN,
            khatas=(*_ASHA_IS_EIGHTEEN.khatas, HolderIn(unit=NEIGHBOURS, holder=ASHA.commitment)),
        ),
        refused=(stands_in_each_khata, minority_is_noted),
    ),
    Example(
        title="an application that names no khata says nothing",
        given=_ASHA_AS_A_MINOR,
        when=replace(_ASHA_IS_EIGHTEEN, khatas=()),
        refused=(khatas_are_named_once,),
    ),
)
