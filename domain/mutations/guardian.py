"""Guardian or manager changed: who acts for a minor, a joint family, a deity or an institution that holds land.

The holder stays the holder.  A minor always has a guardian; the manager of others may also be taken out, where the
members act for themselves from now on (ekumya, HUF).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from domain.kit import Answer, Broken, Citation, Example, Procedure, State, check, rule
from domain.law import Law
from domain.mutations._examples import GEETA, NEIGHBOURS, SOHAN, VILLAGERS, restricted
from domain.mutations._papers import Guardian
from domain.mutations._people import HolderIn, khatas_are_named_once, noted, stands_in_each_khata
from domain.mutations._shared import ASHA, KHATA, STANDING, papers_are_not_of_the_future
from domain.mutations._standing import (
    PERSON_STANDS,
    holder_lives,
    labels_of,
    note_in_each,
    without_note,
)
from domain.record import Record, Restriction
from domain.values import Deed, PartyRef, Salt, Text

TYPE = "mutation.guardian/1"
TITLE = {
    "en": "Guardian or manager changed",
    "hi": "संरक्षक या प्रबन्धक परिवर्तन",
    "te": "సంరక్షకుడు లేదా నిర్వాహకుడి మార్పు",
    "mr": "पालनकर्ता किंवा व्यवस्थापक बदल",
    "kn": "ಪೋಷಕ ಅಥವಾ ವ್ಯವಸ್ಥಾಪಕರ ಬದಲಾವಣೆ",
}
PROCEDURE = Procedure(
    nature="correction",
    applicants=("guardian", "holder", "court"),
    papers=("guardianship-order",),
    verified_by="lekhpal",
    decided_by=("tahsildar", "naib-tahsildar"),
    notice="unregistered",
    two_officers=True,
)

GUARDIANSHIP = Citation("Hindu Minority and Guardianship Act 1956, s. 6; Guardians and Wards Act 1890, s. 7")


@dataclass(frozen=True, kw_only=True)
class Application:
    """A change of who acts for a holder, with the paper that appoints."""

    khatas: tuple[HolderIn, ...]
    """The holder who is acted for, as he or she stands in each khata."""
    acts_as: Literal["minor", "manager"]
    """Whether the holder is a minor, or another who acts through a manager."""
    appointment: Deed
    """The court's order, the will that names a guardian, the family's or the trustees' resolution."""
    guardian: Guardian | None = None
    """Who acts from now on; empty where a manager is taken out."""


@rule(
    "a minor has a guardian",
    source=GUARDIANSHIP,
    remedy="Name the guardian; on coming of age the holder applies to have the guardian removed.",
)
def minor_has_a_guardian(a: Application, record: Record, law: Law) -> Answer:
    return a.acts_as != "minor" or a.guardian is not None


@rule(
    "a minor whose guardian changes is noted as a minor; a manager who is taken out is noted",
    source=GUARDIANSHIP,
    remedy="Minority is noted when the minor enters the record; look up the khatas in which the note stands.",
)
def note_stands(a: Application, record: Record, law: Law) -> Answer:
    if a.acts_as == "manager" and a.guardian is not None:
        return True
    free = [k.unit for k in a.khatas if not noted(record.units[k.unit], a.acts_as, k.holder)]
    return Broken(", ".join(free)) if free else True


RULES = (*STANDING, *PERSON_STANDS, holder_lives, minor_has_a_guardian, note_stands)


@dataclass(frozen=True, kw_only=True)
class Event:
    """Who acts for a holder has changed."""

    khatas: tuple[HolderIn, ...]
    acts_as: Literal["minor", "manager"]
    guardian: PartyRef | None


def decide(application: Application, record: Record, law: Law) -> Event:
    """The change, if every rule holds; raises Refused with all that do not."""
    check(RULES, application, record, law)
    a = application
    return Event(khatas=a.khatas, acts_as=a.acts_as, guardian=a.guardian.commitment if a.guardian else None)


def apply(event: Event, record: Record) -> tuple[State, ...]:
    """The khatas with the guardian or manager who acts from now on."""
    if event.guardian is None:
        return without_note(event.khatas, record, event.acts_as)
    return note_in_each(event.khatas, record, event.acts_as, event.guardian)


WORDING = {
    "en": "Guardian or manager of a holder in holding(s) {units} changed.",
    "hi": "खाता {units} के खातेदार के संरक्षक या प्रबन्धक बदले गए।",
    "te": "ఖాతా {units} హక్కుదారు సంరక్షకుడు లేదా నిర్వాహకుడు మారారు.",
    "mr": "खाते {units} च्या खातेदाराचे पालनकर्ता किंवा व्यवस्थापक बदलले.",
    "kn": "ಖಾತೆ {units} ರ ಖಾತೆದಾರರ ಪೋಷಕ ಅಥವಾ ವ್ಯವಸ್ಥಾಪಕರು ಬದಲಾಗಿದ್ದಾರೆ.",
}


def terms(event: Event, record: Record) -> Mapping[str, str]:
    """The words that the sentence in the record needs."""
    return {"units": labels_of(event.khatas, record)}


_GEETA = Guardian(name=GEETA.name, relation=Text("माता"), salt=Salt(b"g" * 32))
_ORDER = Deed(
    number=Text("G.W. 8/2026"), made=date(2026, 8, 3), by=Text("District Court"), salt=Salt(b"c" * 32)
)
_GEETA_FOR_ASHA = Application(
    khatas=(HolderIn(unit=KHATA, holder=ASHA.commitment),),
    acts_as="minor",
    appointment=_ORDER,
    guardian=_GEETA,
)
_A_MANAGER_FOR_SOHAN = replace(
    _GEETA_FOR_ASHA,
    khatas=(HolderIn(unit=NEIGHBOURS, holder=SOHAN.commitment),),
    acts_as="manager",
)

EXAMPLES = (
    Example(
        title="the court appoints the mother in the place of the guardian who stood before",
        given=restricted(VILLAGERS, "minor", on=ASHA),
        when=_GEETA_FOR_ASHA,
        then={
            KHATA: {
                "restrictions": [
                    Restriction(kind="minor", on=ASHA.commitment, details=_GEETA.commitment).doc()
                ]
            }
        },
    ),
    Example(
        title="a joint family notes who manages its khata",
        given=VILLAGERS,
        when=_A_MANAGER_FOR_SOHAN,
        then={
            NEIGHBOURS: {
                "restrictions": [
                    Restriction(kind="manager", on=SOHAN.commitment, details=_GEETA.commitment).doc()
                ]
            }
        },
    ),
    Example(
        title="the manager is taken out, and the members act for themselves",
        given=restricted(VILLAGERS, "manager", on=SOHAN, unit=NEIGHBOURS),
        when=replace(_A_MANAGER_FOR_SOHAN, guardian=None),
        then={NEIGHBOURS: {"restrictions": []}},
    ),
    Example(
        title="a minor is not left without a guardian, and an order of tomorrow appoints nobody",
        given=restricted(VILLAGERS, "minor", on=ASHA),
        when=replace(_GEETA_FOR_ASHA, guardian=None, appointment=replace(_ORDER, made=date(2026, 12, 3))),
        refused=(papers_are_not_of_the_future, minor_has_a_guardian),
    ),
    Example(
        title="who is of age or dead gets no guardian",
        given=restricted(VILLAGERS, "holder-deceased", on=ASHA),
        when=_GEETA_FOR_ASHA,
        refused=(holder_lives, note_stands),
    ),
    Example(
        title="a stranger to the khata gets no manager there",
        given=VILLAGERS,
        when=replace(_A_MANAGER_FOR_SOHAN, khatas=(HolderIn(unit=KHATA, holder=SOHAN.commitment),)),
        refused=(stands_in_each_khata,),
    ),
    Example(
        title="a khata is not named twice",
        given=VILLAGERS,
        when=replace(_A_MANAGER_FOR_SOHAN, khatas=_A_MANAGER_FOR_SOHAN.khatas * 2),
        refused=(khatas_are_named_once,),
    ),
)
