"""Holder reported deceased: the record notes that a holder has died, in every khata where he or she stands.

From then on nobody deals in the name of the dead, and the succession is open to the heirs.  The note changes no
holder and no share.  A person who is noted as dead and lives has the note removed as a clerical error.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

from domain.kit import Answer, Broken, Citation, Example, Procedure, State, check, rule
from domain.law import Law
from domain.mutations._examples import DEATH, NEIGHBOURS, SOHAN, VILLAGERS, held_by, restricted
from domain.mutations._papers import DeathCertificate
from domain.mutations._people import HolderIn, khatas_are_named_once, stands_in_each_khata
from domain.mutations._shared import KHATA, STANDING, papers_are_not_of_the_future
from domain.mutations._standing import PERSON_STANDS, holder_lives, labels_of, note_in_each
from domain.quantities import WHOLE
from domain.record import Holding, Record, Restriction
from domain.values import PartyRef

TYPE = "mutation.holder-deceased/1"
TITLE = {
    "en": "Holder reported deceased",
    "hi": "खातेदार की मृत्यु की सूचना",
    "te": "హక్కుదారు మరణ నివేదిక",
    "mr": "खातेदार मयत नोंद",
    "kn": "ಖಾತೆದಾರರ ಮರಣ ವರದಿ",
}
PROCEDURE = Procedure(
    nature="correction",
    applicants=("heir", "suo-motu"),
    papers=("death-certificate",),
    verified_by="lekhpal",
    decided_by=("tahsildar", "naib-tahsildar", "revenue-inspector"),
    notice="notice-free",
)

REGISTERED_DEATH = Citation("Registration of Births and Deaths Act 1969", "s. 17")


@dataclass(frozen=True, kw_only=True)
class Application:
    """A report of a death, with the certificate or the entry in the register of deaths."""

    khatas: tuple[HolderIn, ...]
    """The deceased as he or she stands in each khata."""
    certificate: DeathCertificate


@rule(
    "the death is certified, and not before it happened",
    source=REGISTERED_DEATH,
    remedy="Bring the certificate of the registrar, with the day of death and the day of the certificate.",
)
def death_is_certified(a: Application, record: Record, law: Law) -> Answer:
    certificate = a.certificate
    return certificate.died <= certificate.made or Broken(
        "died {died}, certified {certified}", died=certificate.died, certified=certificate.made
    )


RULES = (*STANDING, *PERSON_STANDS, holder_lives, death_is_certified)


@dataclass(frozen=True, kw_only=True)
class Event:
    """A holder was reported deceased."""

    khatas: tuple[HolderIn, ...]
    certificate: PartyRef


def decide(application: Application, record: Record, law: Law) -> Event:
    """The note, if every rule holds; raises Refused with all that do not."""
    check(RULES, application, record, law)
    return Event(khatas=application.khatas, certificate=application.certificate.commitment)


def apply(event: Event, record: Record) -> tuple[State, ...]:
    """The khatas with the note on the holder."""
    return note_in_each(event.khatas, record, "holder-deceased", event.certificate)


WORDING = {
    "en": "Holder in holding(s) {units} reported deceased; the succession is open.",
    "hi": "खाता {units} के खातेदार की मृत्यु सूचित; विरासत अपेक्षित।",
    "te": "ఖాతా {units} హక్కుదారు మరణించినట్లు నివేదిక; వారసత్వం నమోదు కావాలి.",
    "mr": "खाते {units} चे खातेदार मयत असल्याची नोंद; वारस नोंद प्रलंबित.",
    "kn": "ಖಾತೆ {units} ರ ಖಾತೆದಾರರು ಮೃತಪಟ್ಟ ವರದಿ; ಪೌತಿ ಬಾಕಿ.",
}


def terms(event: Event, record: Record) -> Mapping[str, str]:
    """The words that the sentence in the record needs."""
    return {"units": labels_of(event.khatas, record)}


_SOHAN_IS_DEAD = Application(khatas=(HolderIn(unit=NEIGHBOURS, holder=SOHAN.commitment),), certificate=DEATH)
_NOTE = Restriction(kind="holder-deceased", on=SOHAN.commitment, details=DEATH.commitment)

EXAMPLES = (
    Example(
        title="a death is noted, and nobody sells in the name of the dead from now on",
        given=VILLAGERS,
        when=_SOHAN_IS_DEAD,
        then={
            NEIGHBOURS: {
                "restrictions": [_NOTE.doc()],
                "shares": [{"party": SOHAN.commitment, "num": 1, "den": 1}],
            }
        },
    ),
    Example(
        title="the death is noted in both khatas in which he stands",
        given=held_by(VILLAGERS, (Holding(SOHAN.commitment, WHOLE),)),
        when=replace(
            _SOHAN_IS_DEAD,
            khatas=(*_SOHAN_IS_DEAD.khatas, HolderIn(unit=KHATA, holder=SOHAN.commitment)),
        ),
        then={KHATA: {"restrictions": [_NOTE.doc()]}, NEIGHBOURS: {"restrictions": [_NOTE.doc()]}},
    ),
    Example(
        title="a death is noted once",
        given=restricted(VILLAGERS, "holder-deceased", on=SOHAN, unit=NEIGHBOURS),
        when=_SOHAN_IS_DEAD,
        refused=(holder_lives,),
    ),
    Example(
        title="a stranger's death does not bar the sisters' khata, and no certificate foretells one",
        given=VILLAGERS,
        when=Application(
            khatas=(HolderIn(unit=KHATA, holder=SOHAN.commitment),),
            certificate=replace(DEATH, died=date(2027, 2, 1), made=date(2027, 1, 31)),
        ),
        refused=(papers_are_not_of_the_future, stands_in_each_khata, death_is_certified),
    ),
    Example(
        title="the same khata is not named twice",
        given=VILLAGERS,
        when=replace(_SOHAN_IS_DEAD, khatas=_SOHAN_IS_DEAD.khatas * 2),
        refused=(khatas_are_named_once,),
    ),
)
