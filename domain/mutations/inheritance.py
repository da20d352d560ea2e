"""Inheritance: the shares of a holder who has died pass to the heirs, in all the khatas of one order.

The heirs and their parts are those that the personal law gives and the enquiry finds; the office computes nothing
but the products.  Where an heir has died too, his or her own heirs take in that heir's place.  An heir who holds in
a khata already gets a larger share there.  What lies on a share passes with it; what lay on the person ends.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

from domain.kit import Example, Procedure, State, check
from domain.law import Law
from domain.mutations._examples import (
    DEATH,
    GEETA,
    IMRAN,
    KIRAN,
    LOAN,
    NEIGHBOURS,
    SOHAN,
    VILLAGERS,
    charged,
    held_by,
    restricted,
    undetermined,
)
from domain.mutations._heirs import (
    HEIRS,
    Entered,
    Heir,
    deaths_are_certified,
    deceased_is_no_heir,
    entered,
    heirs_form_a_tree,
    parts_add_up,
    parts_in_words,
    parts_of,
    shares_can_be_written,
    succeeded,
)
from domain.mutations._papers import DeathCertificate, Minority
from domain.mutations._people import (
    CHANGED_SHARE,
    HolderIn,
    holders_named_stand,
    khatas_are_named_once,
    minors_are_minors,
    named_in_one_way,
    nobody_is_named_twice,
    stands_in_each_khata,
)
from domain.mutations._shared import (
    ASHA,
    KHATA,
    MEENA,
    NOTHING_BARS,
    RAVINA,
    STANDING,
    papers_are_not_of_the_future,
)
from domain.quantities import WHOLE
from domain.record import Holding, Record, Restriction
from domain.values import PartyRef, Salt, Text

TYPE = "mutation.inheritance/1"
TITLE = {"en": "Inheritance", "hi": "विरासत", "te": "వారసత్వం", "mr": "वारस नोंद", "kn": "ಪೌತಿ ಖಾತೆ"}
PROCEDURE = Procedure(
    nature="succession",
    applicants=("heir", "suo-motu"),
    papers=("death-certificate", "heir-list", "family-tree"),
    verified_by="lekhpal",
    decided_by=("tahsildar", "naib-tahsildar"),
    notice="unregistered",
    two_officers=True,
)


@dataclass(frozen=True, kw_only=True)
class Application:
    """An inheritance as the heirs report it: the khatas of one deceased holder and the tree of the heirs."""

    khatas: tuple[HolderIn, ...]
    """The deceased as he or she stands in each khata."""
    certificate: DeathCertificate
    heirs: tuple[Heir, ...]

    def people(self) -> tuple[Heir, ...]:
        """All the heirs, for the rules about people."""
        return self.heirs


RULES = (*STANDING, NOTHING_BARS["succession"], *HEIRS)


@dataclass(frozen=True, kw_only=True)
class Event:
    """A holder's shares passed to the heirs."""

    khatas: tuple[HolderIn, ...]
    heirs: tuple[Entered, ...]


def decide(application: Application, record: Record, law: Law) -> Event:
    """The succession, if every rule holds; raises Refused with all that do not."""
    check(RULES, application, record, law)
    return Event(khatas=application.khatas, heirs=entered(application.heirs))


def apply(event: Event, record: Record) -> tuple[State, ...]:
    """The khatas with the heirs in the place of the deceased."""
    return succeeded(event.khatas, event.heirs, record)


WORDING = {
    "en": "Inheritance in holding(s) {units}: {heirs} heir(s), {shares}.",
    "hi": "विरासत: खाता {units}; वारिस {heirs}, अंश {shares}।",
    "te": "వారసత్వం: ఖాతా {units}; వారసులు {heirs}, వాటాలు {shares}.",
    "mr": "वारस नोंद: खाते {units}; वारस {heirs}, हिस्से {shares}.",
    "kn": "ಪೌತಿ: ಖಾತೆ {units}; ವಾರಸುದಾರರು {heirs}, ಪಾಲುಗಳು {shares}.",
}


def terms(event: Event, record: Record) -> Mapping[str, str]:
    """The words that the sentence in the record needs."""
    labels = ", ".join(record.units[k.unit].label for k in event.khatas)
    return {
        "units": labels,
        "heirs": str(len(parts_of(event.heirs))),
        "shares": parts_in_words(event.heirs),
    }


_SOHAN_HAS_DIED = Application(
    khatas=(HolderIn(unit=NEIGHBOURS, holder=SOHAN.commitment),),
    certificate=DEATH,
    heirs=(Heir(party=GEETA, share=Fraction(1, 2)), Heir(party=KIRAN, share=Fraction(1, 2))),
)
_KIRANS_DEATH = DeathCertificate(
    number=Text("D/2026/611"),
    made=date(2026, 7, 1),
    by=Text("Registrar, Devgarh"),
    died=date(2026, 6, 20),
    salt=Salt(b"k" * 32),
)
_KIRAN_HAS_DIED_TOO = replace(
    _SOHAN_HAS_DIED,
    heirs=(
        _SOHAN_HAS_DIED.heirs[0],
        Heir(party=KIRAN, share=Fraction(1, 2), died=_KIRANS_DEATH),
        Heir(
            party=MEENA,
            share=WHOLE,
            in_place_of=1,
            minority=Minority(
                name=GEETA.name, relation=Text("दादी"), born=date(2015, 5, 4), salt=Salt(b"g" * 32)
            ),
        ),
    ),
)
_ASHA_HAS_DIED = Application(
    khatas=(HolderIn(unit=KHATA, holder=ASHA.commitment),),
    certificate=DEATH,
    heirs=(Heir(holder=RAVINA.commitment, share=Fraction(1, 2)), Heir(party=MEENA, share=Fraction(1, 2))),
)
_SOHAN_IN_BOTH = held_by(
    VILLAGERS, (Holding(SOHAN.commitment, Fraction(1, 3)), Holding(RAVINA.commitment, Fraction(2, 3)))
)


def _flag(holder: PartyRef) -> Restriction:
    return Restriction(kind=CHANGED_SHARE, on=holder, details=LOAN.details)


EXAMPLES = (
    Example(
        title="a widow and a son inherit half each, and the note of the death goes with the dead",
        given=restricted(VILLAGERS, "holder-deceased", on=SOHAN, unit=NEIGHBOURS),
        when=_SOHAN_HAS_DIED,
        then={
            NEIGHBOURS: {
                "shares": [
                    {"party": GEETA.commitment, "num": 1, "den": 2},
                    {"party": KIRAN.commitment, "num": 1, "den": 2},
                ],
                "restrictions": [],
            }
        },
    ),
    Example(
        title="the holder's two khatas pass in one order, of each what he held there",
        given=_SOHAN_IN_BOTH,
        when=replace(
            _SOHAN_HAS_DIED,
            khatas=(*_SOHAN_HAS_DIED.khatas, HolderIn(unit=KHATA, holder=SOHAN.commitment)),
        ),
        then={
            KHATA: {
                "shares": [
                    {"party": RAVINA.commitment, "num": 2, "den": 3},
                    {"party": GEETA.commitment, "num": 1, "den": 6},
                    {"party": KIRAN.commitment, "num": 1, "den": 6},
                ]
            },
            NEIGHBOURS: {"shares_determined": True},
        },
    ),
    Example(
        title="the son has died since: his daughter, a minor, takes in his place",
        given=VILLAGERS,
        when=_KIRAN_HAS_DIED_TOO,
        then={
            NEIGHBOURS: {
                "shares": [
                    {"party": GEETA.commitment, "num": 1, "den": 2},
                    {"party": MEENA.commitment, "num": 1, "den": 2},
                ],
                "restrictions": [
                    {
                        "kind": "minor",
                        "since": None,
                        "on": MEENA.commitment,
                        "details": _KIRAN_HAS_DIED_TOO.heirs[2].minority.commitment,  # type: ignore[union-attr]
                    }
                ],
            }
        },
    ),
    Example(
        title="a sister inherits beside a niece: her share grows, and the mortgage follows to both",
        given=charged(VILLAGERS, ASHA),
        when=_ASHA_HAS_DIED,
        then={
            KHATA: {
                "shares": [
                    {"party": RAVINA.commitment, "num": 5, "den": 6},
                    {"party": MEENA.commitment, "num": 1, "den": 6},
                ],
                "charges": [
                    replace(LOAN, on=RAVINA.commitment).doc(),
                    replace(LOAN, on=MEENA.commitment).doc(),
                ],
                "restrictions": [_flag(RAVINA.commitment).doc(), _flag(MEENA.commitment).doc()],
            }
        },
    ),
    Example(
        title="where shares are not determined the heirs enter, and they stay so",
        given=undetermined(VILLAGERS),
        when=_ASHA_HAS_DIED,
        then={KHATA: {"shares_determined": False}},
    ),
    Example(
        title="parts that fall short, an heir who is the deceased or holds nowhere, and a wrong khata are all told",
        given=VILLAGERS,
        when=replace(
            _SOHAN_HAS_DIED,
            khatas=(HolderIn(unit=KHATA, holder=SOHAN.commitment),),
            heirs=(
                Heir(holder=SOHAN.commitment, share=Fraction(1, 2)),
                Heir(holder=IMRAN.commitment, share=Fraction(1, 4)),
            ),
        ),
        refused=(holders_named_stand, stands_in_each_khata, parts_add_up, deceased_is_no_heir),
    ),
    Example(
        title="nobody takes in the place of an heir who lives, and nobody is two persons",
        given=VILLAGERS,
        when=replace(
            _SOHAN_HAS_DIED,
            heirs=(
                Heir(party=GEETA, share=WHOLE),
                Heir(party=KIRAN, holder=RAVINA.commitment, share=WHOLE, in_place_of=0),
            ),
        ),
        refused=(heirs_form_a_tree, named_in_one_way),
    ),
    Example(
        title="a dead heir's part needs heirs, a certificate does not foretell, and no heir is named twice",
        given=restricted(VILLAGERS, "stay", unit=NEIGHBOURS),
        when=replace(
            _KIRAN_HAS_DIED_TOO,
            heirs=(
                _KIRAN_HAS_DIED_TOO.heirs[0],
                replace(_KIRAN_HAS_DIED_TOO.heirs[1], party=GEETA),
            ),
            certificate=replace(DEATH, died=date(2027, 1, 1), made=date(2026, 12, 1)),
        ),
        refused=(
            papers_are_not_of_the_future,
            NOTHING_BARS["succession"],
            nobody_is_named_twice,
            parts_add_up,
            deaths_are_certified,
        ),
    ),
    Example(
        title="an heir who is of age has no guardian in the record",
        given=VILLAGERS,
        when=replace(
            _SOHAN_HAS_DIED,
            heirs=(
                Heir(
                    party=GEETA,
                    share=WHOLE,
                    minority=Minority(name=KIRAN.name, born=date(2008, 11, 21), salt=Salt(b"g" * 32)),
                ),
            ),
        ),
        refused=(minors_are_minors,),
    ),
    Example(
        title="a khata is not named twice",
        given=VILLAGERS,
        when=replace(_SOHAN_HAS_DIED, khatas=_SOHAN_HAS_DIED.khatas * 2),
        refused=(khatas_are_named_once,),
    ),
    Example(
        title="shares too fine to be written are not entered",
        given=VILLAGERS,
        when=replace(
            _ASHA_HAS_DIED,
            heirs=(
                Heir(party=GEETA, share=Fraction(1, 10**12 - 11)),
                Heir(party=KIRAN, share=Fraction(10**12 - 12, 10**12 - 11)),
            ),
        ),
        refused=(shares_can_be_written,),
    ),
)
