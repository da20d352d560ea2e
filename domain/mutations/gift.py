"""Gift: holders transfer a share, a unit or parcels without any price, and the donee accepts.

The deed is registered and attested; the donee accepts while the donor lives.  What lies on the land or the share goes
with the gift, as with a sale; what would bar a sale bars the gift, and the same permissions lift it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

from domain.ids import UnitId
from domain.kit import Answer, Broken, Citation, Example, Procedure, State, check, rule
from domain.law import Law
from domain.mutations._conveyance import (
    TRANSFER,
    ByDeed,
    Conveyance,
    Giver,
    Passed,
    Taken,
    Taker,
    What,
    all_holders_join,
    convey,
    givers_hold_the_share,
    movement,
    taken,
    takers_parts_add_up,
    what_is_conveyed,
)
from domain.mutations._examples import restricted
from domain.mutations._shared import (
    ASHA,
    DEED,
    FIELD,
    GARDEN,
    KHATA,
    MEENA,
    NOTHING_BARS,
    RAVINA,
    SISTERS,
    NewUnit,
)
from domain.quantities import WHOLE
from domain.record import Record
from domain.values import PartyRef, UnitLabel

TYPE = "mutation.gift/1"
TITLE = {"en": "Gift", "hi": "दान", "te": "దానం", "mr": "बक्षीसपत्र", "kn": "ದಾನ"}
PROCEDURE = Procedure(
    nature="transfer",
    applicants=("donee", "registrar"),
    papers=("gift-deed",),
    verified_by=None,
    decided_by=("tahsildar", "naib-tahsildar"),
    notice="registered",
)

GIFT = Citation("Transfer of Property Act 1882", "s. 122")


@dataclass(frozen=True, kw_only=True)
class Application(ByDeed):
    """A gift as the registered deed states it."""

    given: What
    donors: tuple[Giver, ...]
    witnesses: int
    """How many have attested the deed."""
    accepted: date | None = None
    """The day on which the donee, or the guardian of a donee who is a minor, accepted."""
    donees: tuple[Taker, ...] = ()
    """Empty only when the parcels go into a unit that the donees already hold."""

    def conveyances(self) -> tuple[Conveyance, ...]:
        """The one movement of a gift, for the rules that conveyances share."""
        return (movement(self, self.given, self.donors, taken(self.donees)),)


@rule(
    "the donee has accepted the gift by the day of the order",
    source=GIFT,
    remedy="Have the donee, or a minor donee's guardian, accept while the donor lives, and give the day.",
)
def donee_has_accepted(a: Application, record: Record, law: Law) -> Answer:
    """A gift that is not accepted is void; so is one accepted after the donor's death."""
    if a.accepted is None:
        return Broken("no day of acceptance is given")
    return a.accepted <= law.day or Broken("{day} is still to come", day=a.accepted)


@rule(
    "the deed of gift is attested by as many witnesses as the law asks for",
    source=Citation("Transfer of Property Act 1882", "s. 123"),
    remedy="Have the deed attested and registered; an unattested gift of land moves nothing.",
)
def deed_is_attested(a: Application, record: Record, law: Law) -> Answer:
    needed = law.figure("deed-witnesses").value
    return a.witnesses >= needed or Broken("{given} of {needed}", given=a.witnesses, needed=needed)


RULES = (*TRANSFER, donee_has_accepted, deed_is_attested)


@dataclass(frozen=True, kw_only=True)
class Event(Passed):
    """A share, a unit or parcels were given."""

    given: What
    donors: tuple[Giver, ...]
    donees: tuple[Taken, ...]

    def conveyance(self) -> Conveyance:
        """The movement that was recorded."""
        return movement(self, self.given, self.donors, self.donees)


def decide(application: Application, record: Record, law: Law) -> Event:
    """The gift, if every rule holds; raises Refused with all that do not."""
    check(RULES, application, record, law)
    a = application
    return Event(
        unit=a.unit,
        given=a.given,
        donors=a.donors,
        donees=taken(a.donees),
        parcels=a.parcels,
        new_unit=a.new_unit,
        into=a.into,
    )


def apply(event: Event, record: Record) -> tuple[State, ...]:
    """What the gift makes of the unit, of the parcels and of the unit that receives them."""
    return convey(event.conveyance(), record)


WORDING = {
    "en": "Gift: {what} of holding {unit} to {donees} donee(s).",
    "hi": "दान: खाता {unit} का {what}; आदाता {donees}।",
    "te": "దానం: ఖాతా {unit} నుండి {what}; గ్రహీతలు {donees}.",
    "mr": "बक्षीस: खाते {unit} मधील {what}; बक्षीस घेणारे {donees}.",
    "kn": "ದಾನ: ಖಾತೆ {unit} ರ {what}; ದಾನ ಪಡೆದವರು {donees}.",
}


def terms(event: Event, record: Record) -> Mapping[str, str]:
    """The words that the sentence in the record needs."""
    what = what_is_conveyed(event.conveyance(), record)
    return {"what": what, "unit": record.units[event.unit].label, "donees": str(len(event.donees))}


_ASHA_GIVES_HER_THIRD = Application(
    unit=KHATA,
    given="share",
    donors=(Giver(party=ASHA.commitment),),
    donees=(Taker(party=MEENA, share=WHOLE),),
    deed=DEED,
    witnesses=2,
    accepted=DEED.made,
)
_BOTH = (Giver(party=ASHA.commitment), Giver(party=RAVINA.commitment))
_THE_GARDEN_IS_GIVEN = replace(
    _ASHA_GIVES_HER_THIRD,
    given="parcels",
    donors=_BOTH,
    parcels=(GARDEN,),
    new_unit=NewUnit(label=UnitLabel("46"), id=UnitId("999101-U000046")),
)

EXAMPLES = (
    Example(
        title="a sister gives all that she holds to her niece",
        given=SISTERS,
        when=_ASHA_GIVES_HER_THIRD,
        then={
            KHATA: {
                "shares": [
                    {"party": RAVINA.commitment, "num": 2, "den": 3},
                    {"party": MEENA.commitment, "num": 1, "den": 3},
                ]
            }
        },
    ),
    Example(
        title="both sisters give the garden, which moves to the donee's new unit",
        given=SISTERS,
        when=_THE_GARDEN_IS_GIVEN,
        then={
            GARDEN: {"unit": "999101-U000046"},
            KHATA: {"parcels": [FIELD]},
            "999101-U000046": {"shares": [{"party": MEENA.commitment, "num": 1, "den": 1}]},
        },
    ),
    Example(
        title="a gift that nobody has accepted, by a deed with one witness, is refused",
        given=SISTERS,
        when=replace(_ASHA_GIVES_HER_THIRD, accepted=None, witnesses=1),
        refused=(donee_has_accepted, deed_is_attested),
    ),
    Example(
        title="nobody gives in the name of a holder who is reported deceased",
        given=restricted(SISTERS, "holder-deceased", on=ASHA),
        when=_ASHA_GIVES_HER_THIRD,
        refused=(NOTHING_BARS["transfer"],),
    ),
    Example(
        title="one sister gives no parcel that both hold, and parts that fall short of one are told with it",
        given=SISTERS,
        when=replace(
            _THE_GARDEN_IS_GIVEN,
            donors=_BOTH[:1],
            donees=(Taker(party=MEENA, share=Fraction(1, 2)),),
        ),
        refused=(all_holders_join, takers_parts_add_up),
    ),
    Example(
        title="a stranger has nothing to give",
        given=SISTERS,
        when=replace(_ASHA_GIVES_HER_THIRD, donors=(Giver(party=PartyRef("M" * 43 + "=")),)),
        refused=(givers_hold_the_share,),
    ),
)
