"""Sale: holders transfer a share of a unit, the whole unit, or parcels out of it, for a price.

A share changes hands inside the unit.  A whole unit gets new holders.  Parcels that are sold leave the seller's
unit for the buyer's: a new one, or one that the buyers already hold.  A charge on the whole unit goes with the land.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from domain.ids import ParcelId, UnitId
from domain.kit import Example, Procedure, State, check
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
    no_charge_is_lost,
    no_party_is_named_twice,
    parcels_belong_to_the_unit,
    receiving_unit_is_free,
    says_what_is_conveyed,
    shares_are_determined,
    shares_can_be_written,
    taken,
    takers_parts_add_up,
    what_is_conveyed,
)
from domain.mutations._examples import LOAN, NEIGHBOURS, VILLAGERS, charged, undetermined
from domain.mutations._people import CHANGED_SHARE
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
    all_named_exist,
)
from domain.quantities import WHOLE
from domain.record import Record, Restriction
from domain.values import Consideration, Salt, UnitLabel

TYPE = "mutation.sale/1"
TITLE = {"en": "Sale", "hi": "विक्रय", "te": "అమ్మకం", "mr": "खरेदी-विक्री", "kn": "ಕ್ರಯ"}
PROCEDURE = Procedure(
    nature="transfer",
    applicants=("transferee", "registrar"),
    papers=("registered-deed",),
    verified_by=None,
    decided_by=("tahsildar", "naib-tahsildar"),
    notice="registered",
)


@dataclass(frozen=True, kw_only=True)
class Seller(Giver):
    """A holder who sells; ``share`` is the part of the whole unit that this holder gives up."""


@dataclass(frozen=True, kw_only=True)
class Buyer(Taker):
    """Who buys; ``share`` is the buyer's part of what is sold, and the parts add up to one."""


@dataclass(frozen=True, kw_only=True)
class Application(ByDeed):
    """A sale as the registered deed states it."""

    sold: What
    sellers: tuple[Seller, ...]
    consideration: Consideration
    buyers: tuple[Buyer, ...] = ()
    """Empty only when the parcels go into a unit that the buyers already hold."""

    def conveyances(self) -> tuple[Conveyance, ...]:
        """The one movement of a sale, for the rules that conveyances share."""
        return (movement(self, self.sold, self.sellers, taken(self.buyers)),)


RULES = TRANSFER


@dataclass(frozen=True, kw_only=True)
class Event(Passed):
    """A share, a unit or parcels were sold."""

    sold: What
    sellers: tuple[Seller, ...]
    buyers: tuple[Taken, ...]

    def conveyance(self) -> Conveyance:
        """The movement that was recorded."""
        return movement(self, self.sold, self.sellers, self.buyers)


def decide(application: Application, record: Record, law: Law) -> Event:
    """The transfer, if every rule holds; raises Refused with all that do not."""
    check(RULES, application, record, law)
    a = application
    return Event(
        unit=a.unit,
        sold=a.sold,
        sellers=a.sellers,
        buyers=taken(a.buyers),
        parcels=a.parcels,
        new_unit=a.new_unit,
        into=a.into,
    )


def apply(event: Event, record: Record) -> tuple[State, ...]:
    """What the sale makes of the unit, of the parcels and of the unit that receives them."""
    return convey(event.conveyance(), record)


WORDING = {
    "en": "Sale: {what} of holding {unit} to {buyers} buyer(s).",
    "hi": "विक्रय: खाता {unit} का {what}; क्रेता {buyers}।",
    "te": "అమ్మకం: ఖాతా {unit} నుండి {what}; కొనుగోలుదారులు {buyers}.",
    "mr": "खरेदी-विक्री: खाते {unit} मधील {what}; खरेदीदार {buyers}.",
    "kn": "ಕ್ರಯ: ಖಾತೆ {unit} ರ {what}; ಖರೀದಿದಾರರು {buyers}.",
}


def terms(event: Event, record: Record) -> Mapping[str, str]:
    """The words that the sentence in the record needs."""
    what = what_is_conveyed(event.conveyance(), record)
    return {"what": what, "unit": record.units[event.unit].label, "buyers": str(len(event.buyers))}


_PRICE = Consideration(paise=25_000_000, salt=Salt(b"p" * 32))
_ASHA_SELLS_HER_THIRD = Application(
    unit=KHATA,
    sold="share",
    sellers=(Seller(party=ASHA.commitment, share=Fraction(1, 3)),),
    buyers=(Buyer(party=MEENA, share=WHOLE),),
    deed=DEED,
    consideration=_PRICE,
)
_BOTH = (
    Seller(party=ASHA.commitment, share=Fraction(1, 3)),
    Seller(party=RAVINA.commitment, share=Fraction(2, 3)),
)
_THE_GARDEN_IS_SOLD = replace(
    _ASHA_SELLS_HER_THIRD,
    sold="parcels",
    sellers=_BOTH,
    parcels=(GARDEN,),
    new_unit=NewUnit(label=UnitLabel("46"), id=UnitId("999101-U000046")),
)


def _under_stay(record: Record, parcel: ParcelId) -> Record:
    stayed = replace(record.parcels[parcel], restrictions=(Restriction(kind="stay", since=7),))
    return record.with_states(stayed)


EXAMPLES = (
    Example(
        title="a co-holder sells her third",
        given=SISTERS,
        when=_ASHA_SELLS_HER_THIRD,
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
        title="both sisters sell the garden, which moves to the buyer's new unit",
        given=SISTERS,
        when=_THE_GARDEN_IS_SOLD,
        then={
            GARDEN: {"unit": "999101-U000046"},
            KHATA: {"parcels": [FIELD], "status": "active"},
            "999101-U000046": {"parcels": [GARDEN], "label": "46"},
        },
    ),
    Example(
        title="the whole unit gets the buyer as its holder",
        given=SISTERS,
        when=replace(_ASHA_SELLS_HER_THIRD, sold="unit", sellers=_BOTH),
        then={KHATA: {"shares": [{"party": MEENA.commitment, "num": 1, "den": 1}]}},
    ),
    Example(
        title="a co-owner cannot sell more than the record shows as hers",
        given=SISTERS,
        when=replace(_ASHA_SELLS_HER_THIRD, sellers=(Seller(party=ASHA.commitment, share=Fraction(1, 2)),)),
        refused=(givers_hold_the_share,),
    ),
    Example(
        title="one sister alone cannot sell a parcel that both hold",
        given=SISTERS,
        when=replace(_THE_GARDEN_IS_SOLD, sellers=_BOTH[:1]),
        refused=(all_holders_join,),
    ),
    Example(
        title="land under a stay is not sold, and a stranger's half share is told in the same answer",
        given=_under_stay(SISTERS, FIELD),
        when=replace(
            _ASHA_SELLS_HER_THIRD,
            sellers=(Seller(party=MEENA.commitment, share=Fraction(1, 2)),),
            buyers=(Buyer(party=RAVINA, share=Fraction(1, 2)),),
        ),
        refused=(NOTHING_BARS["transfer"], givers_hold_the_share, takers_parts_add_up),
    ),
    Example(
        title="a unit that is not in the record cannot be sold",
        given=SISTERS,
        when=replace(_ASHA_SELLS_HER_THIRD, unit=UnitId("999101-U000099")),
        refused=(all_named_exist,),
    ),
    Example(
        title="half of a charged share is sold: the charge lies on what is left and on what was sold, and is flagged",
        given=charged(SISTERS, ASHA),
        when=replace(_ASHA_SELLS_HER_THIRD, sellers=(Seller(party=ASHA.commitment, share=Fraction(1, 6)),)),
        then={
            KHATA: {
                "charges": [
                    replace(LOAN, on=ASHA.commitment).doc(),
                    replace(LOAN, on=MEENA.commitment).doc(),
                ],
                "restrictions": [
                    Restriction(kind=CHANGED_SHARE, on=ASHA.commitment, details=LOAN.details).doc(),
                    Restriction(kind=CHANGED_SHARE, on=MEENA.commitment, details=LOAN.details).doc(),
                ],
            }
        },
    ),
    Example(
        title="a share with a charge on it is not sold whole, nor to one who is named as seller too",
        given=charged(SISTERS, ASHA),
        when=replace(_ASHA_SELLS_HER_THIRD, buyers=(Buyer(party=ASHA, share=WHOLE),)),
        refused=(no_charge_is_lost, no_party_is_named_twice),
    ),
    Example(
        title="a part of shares that nobody has determined cannot be sold",
        given=undetermined(SISTERS),
        when=_ASHA_SELLS_HER_THIRD,
        refused=(shares_are_determined,),
    ),
    Example(
        title="a field is not bought into a khata whose land is charged, and not from a khata that it is not in",
        given=charged(VILLAGERS, None),
        when=replace(_THE_GARDEN_IS_SOLD, unit=NEIGHBOURS, buyers=(), new_unit=None, into=KHATA),
        refused=(parcels_belong_to_the_unit, givers_hold_the_share, all_holders_join, receiving_unit_is_free),
    ),
    Example(
        title="the form does not name parcels when a share is sold",
        given=SISTERS,
        when=replace(_ASHA_SELLS_HER_THIRD, parcels=(GARDEN,)),
        refused=(says_what_is_conveyed,),
    ),
    Example(
        title="a share too fine to be written is not made",
        given=SISTERS,
        when=replace(
            _ASHA_SELLS_HER_THIRD, sellers=(Seller(party=ASHA.commitment, share=Fraction(1, 10**12 - 11)),)
        ),
        refused=(shares_can_be_written,),
    ),
)
