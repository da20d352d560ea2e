"""Will: the shares of a holder who has died pass to those whom the will names.

The will is proved like any paper, and the heirs at law are heard.  The office does not judge a disputed will: then a
civil court does, and its order is brought.  Where a legatee has died too, those who take for him or her are named in
that place.  A will that treats khatas differently is entered by one order for each manner.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

from domain.kit import Answer, Broken, Citation, Example, Procedure, State, check, rule
from domain.law import Law
from domain.mutations._examples import DEATH, IMRAN, NEIGHBOURS, SOHAN, VILLAGERS, restricted
from domain.mutations._heirs import (
    HEIRS,
    Entered,
    Heir,
    entered,
    parts_add_up,
    parts_in_words,
    parts_of,
    succeeded,
)
from domain.mutations._papers import DeathCertificate, Will
from domain.mutations._people import HolderIn, stands_in_each_khata
from domain.mutations._shared import KHATA, MEENA, NOTHING_BARS, STANDING
from domain.quantities import WHOLE
from domain.record import Record
from domain.values import CourtOrder, Salt, Text

TYPE = "mutation.will/1"
TITLE = {"en": "Will", "hi": "वसीयत", "te": "వీలునామా", "mr": "मृत्युपत्र", "kn": "ಮರಣ ಶಾಸನ"}
PROCEDURE = Procedure(
    nature="succession",
    applicants=("legatee",),
    papers=("will", "death-certificate", "family-tree"),
    verified_by="lekhpal",
    decided_by=("tahsildar", "naib-tahsildar"),
    notice="unregistered",
    two_officers=True,
)

WILLS = Citation("Indian Succession Act 1925", "s. 63")


@dataclass(frozen=True, kw_only=True)
class Application:
    """A will as the legatees bring it: the khatas of one deceased holder and those who take."""

    khatas: tuple[HolderIn, ...]
    """The deceased as he or she stands in each khata."""
    certificate: DeathCertificate
    will: Will
    heirs: tuple[Heir, ...]
    """The legatees, each with the part of what the deceased held; together they make 1."""
    disputed_by: int = 0
    """How many of the heirs at law dispute the will, after notice to all of them."""
    court: CourtOrder | None = None
    """Probate, letters of administration, or a decree that finds for the will."""

    def people(self) -> tuple[Heir, ...]:
        """All the legatees, for the rules about people."""
        return self.heirs


@rule(
    "the will was made before the death",
    source=WILLS,
    remedy="Bring the last will of the deceased, with its day.",
)
def will_was_made_in_life(a: Application, record: Record, law: Law) -> Answer:
    return a.will.made <= a.certificate.died


@rule(
    "the will is attested by as many witnesses as the law asks for, or a court has found for it",
    source=Citation("Indian Succession Act 1925", "s. 63(c)"),
    remedy="Bring the witnesses' names, or a court's order; without either the heirs at law inherit.",
)
def will_is_attested(a: Application, record: Record, law: Law) -> Answer:
    needed = law.figure("will-witnesses").value
    return (
        a.court is not None
        or a.will.witnesses >= needed
        or Broken("{given} of {needed}", given=a.will.witnesses, needed=needed)
    )


@rule(
    "no heir at law disputes the will, or a court has found for it",
    source=Citation(
        "High Court of Madhya Pradesh, three judges, 2025", "a disputed will is for the civil court"
    ),
    remedy="Let the legatee bring the civil court's order; the mutation waits for it.",
)
def will_is_not_disputed(a: Application, record: Record, law: Law) -> Answer:
    return (
        a.court is not None or a.disputed_by == 0 or Broken("{count} heirs dispute it", count=a.disputed_by)
    )


RULES = (
    *STANDING,
    NOTHING_BARS["succession"],
    *HEIRS,
    will_was_made_in_life,
    will_is_attested,
    will_is_not_disputed,
)


@dataclass(frozen=True, kw_only=True)
class Event:
    """A holder's shares passed by will."""

    khatas: tuple[HolderIn, ...]
    heirs: tuple[Entered, ...]


def decide(application: Application, record: Record, law: Law) -> Event:
    """The succession, if every rule holds; raises Refused with all that do not."""
    check(RULES, application, record, law)
    return Event(khatas=application.khatas, heirs=entered(application.heirs))


def apply(event: Event, record: Record) -> tuple[State, ...]:
    """The khatas with the legatees in the place of the deceased."""
    return succeeded(event.khatas, event.heirs, record)


WORDING = {
    "en": "By will, in holding(s) {units}: {heirs} legatee(s), {shares}.",
    "hi": "वसीयत से: खाता {units}; वसीयतदार {heirs}, अंश {shares}।",
    "te": "వీలునామా ద్వారా: ఖాతా {units}; లబ్ధిదారులు {heirs}, వాటాలు {shares}.",
    "mr": "मृत्युपत्रान्वये: खाते {units}; लाभार्थी {heirs}, हिस्से {shares}.",
    "kn": "ಮರಣ ಶಾಸನದಂತೆ: ಖಾತೆ {units}; ಫಲಾನುಭವಿಗಳು {heirs}, ಪಾಲುಗಳು {shares}.",
}


def terms(event: Event, record: Record) -> Mapping[str, str]:
    """The words that the sentence in the record needs."""
    return {
        "units": ", ".join(record.units[k.unit].label for k in event.khatas),
        "heirs": str(len(parts_of(event.heirs))),
        "shares": parts_in_words(event.heirs),
    }


_WILL = Will(
    number=Text("R/2021/77"),
    made=date(2021, 3, 8),
    by=Text("Sub-Registrar, Devgarh"),
    witnesses=2,
    salt=Salt(b"w" * 32),
)
_DECREE = CourtOrder(
    number=Text("91"),
    made=date(2026, 10, 30),
    by=Text("Civil Judge, Devgarh"),
    case=Text("O.S. 114/2026"),
    salt=Salt(b"z" * 32),
)
_TO_A_FRIEND = Application(
    khatas=(HolderIn(unit=NEIGHBOURS, holder=SOHAN.commitment),),
    certificate=DEATH,
    will=_WILL,
    heirs=(Heir(party=IMRAN, share=WHOLE),),
)

EXAMPLES = (
    Example(
        title="a holder without children leaves his khata to a friend",
        given=restricted(VILLAGERS, "holder-deceased", on=SOHAN, unit=NEIGHBOURS),
        when=_TO_A_FRIEND,
        then={
            NEIGHBOURS: {
                "shares": [{"party": IMRAN.commitment, "num": 1, "den": 1}],
                "restrictions": [],
            }
        },
    ),
    Example(
        title="a nephew disputed the will, and the civil court has found for it",
        given=VILLAGERS,
        when=replace(_TO_A_FRIEND, disputed_by=1, court=_DECREE),
        then={NEIGHBOURS: {"shares": [{"party": IMRAN.commitment, "num": 1, "den": 1}]}},
    ),
    Example(
        title="a disputed will with one witness, made after the death, is not entered",
        given=VILLAGERS,
        when=replace(_TO_A_FRIEND, disputed_by=2, will=replace(_WILL, witnesses=1, made=date(2026, 5, 1))),
        refused=(will_was_made_in_life, will_is_attested, will_is_not_disputed),
    ),
    Example(
        title="a will disposes only of what the deceased held, and the parts make up all of it",
        given=restricted(VILLAGERS, "stay"),
        when=replace(
            _TO_A_FRIEND,
            khatas=(HolderIn(unit=KHATA, holder=SOHAN.commitment),),
            heirs=(
                Heir(party=IMRAN, share=Fraction(1, 2)),
                Heir(party=MEENA, share=Fraction(1, 3)),
            ),
        ),
        refused=(NOTHING_BARS["succession"], stands_in_each_khata, parts_add_up),
    ),
)
