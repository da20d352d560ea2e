"""Sale: holders transfer a share of a unit, the whole unit, or parcels out of it, for a price.

A share changes hands inside the unit.  A whole unit gets new holders.  Parcels that are sold leave the seller's
unit for the buyer's: a new one, or one that the buyers already hold.  A charge on the whole unit goes with the land.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal

from domain.ids import ParcelId, UnitId
from domain.kit import Answer, Broken, Citation, Example, Procedure, State, check, rule
from domain.law import Law
from domain.mutations._shared import (
    ASHA,
    DEED,
    FIELD,
    GARDEN,
    KHATA,
    MEENA,
    NOTHING_BARS,
    RAVINA,
    RECORD_LAW,
    SISTERS,
    STANDING,
    TRANSFER_OF_PROPERTY,
    NewUnit,
    all_named_exist,
    moved,
    without,
)
from domain.quantities import WHOLE, Share, format_share
from domain.record import Holding, Record, Restriction, Unit
from domain.values import Consideration, Deed, Party, PartyRef, Permission, Salt, UnitLabel

TYPE = "mutation.sale/1"
TITLE = {"en": "Sale", "hi": "विक्रय", "te": "అమ్మకం"}
PROCEDURE = Procedure(
    nature="transfer",
    applicants=("transferee", "registrar"),
    papers=("registered-deed",),
    verified_by=None,
    decided_by=("tahsildar", "naib-tahsildar"),
    notice="registered",
)


@dataclass(frozen=True, kw_only=True)
class Seller:
    """A holder who sells; ``share`` is the part of the whole unit that this holder gives up."""

    party: PartyRef
    share: Share


@dataclass(frozen=True, kw_only=True)
class Buyer:
    """Who buys; ``share`` is the buyer's part of what is sold, and the parts add up to one."""

    party: Party
    share: Share


@dataclass(frozen=True, kw_only=True)
class Application:
    """A sale as the registered deed states it."""

    unit: UnitId
    sold: Literal["share", "unit", "parcels"]
    sellers: tuple[Seller, ...]
    deed: Deed
    consideration: Consideration
    buyers: tuple[Buyer, ...] = ()
    """Empty only when the parcels go into a unit that the buyers already hold."""
    parcels: tuple[ParcelId, ...] = ()
    new_unit: NewUnit | None = None
    into: UnitId | None = None
    permissions: tuple[Permission, ...] = ()


@rule(
    "the form says what is sold in one way only",
    source=RECORD_LAW,
    remedy="Name parcels and either a new unit or a receiving one when parcels are sold; name neither otherwise.",
    first=True,
)
def says_what_is_sold(a: Application, record: Record, law: Law) -> Answer:
    if a.sold == "parcels":
        return (
            bool(a.parcels) and (a.new_unit is None) != (a.into is None) and (bool(a.buyers) != bool(a.into))
        )
    return not (a.parcels or a.new_unit or a.into) and bool(a.buyers)


@rule(
    "each parcel that is sold belongs to the seller's unit",
    source=TRANSFER_OF_PROPERTY,
    remedy="Name the unit that holds the parcel today.",
)
def parcels_belong_to_the_unit(a: Application, record: Record, law: Law) -> Answer:
    strange = [p for p in a.parcels if record.parcels[p].unit != a.unit]
    twice = len(set(a.parcels)) != len(a.parcels)
    return Broken(", ".join(strange) or "a parcel is named twice") if strange or twice else True


@rule(
    "the shares of the unit are determined",
    source=RECORD_LAW,
    remedy="Have the shares determined first; until then all the holders together may sell.",
)
def shares_are_determined(a: Application, record: Record, law: Law) -> Answer:
    return a.sold != "share" or record.units[a.unit].shares_determined


@rule(
    "the seller holds at least the share sold",
    source=TRANSFER_OF_PROPERTY,
    remedy="Have the seller's own title recorded first, or correct the share.",
)
def seller_holds_the_share(a: Application, record: Record, law: Law) -> Answer:
    """A seller can pass on only what the record shows as held."""
    unit = record.units[a.unit]
    if strangers := [s.party for s in a.sellers if s.party not in unit.holders]:
        return Broken(f"{len(strangers)} of the sellers are not holders of {a.unit}")
    if a.sold != "share" or not unit.shares_determined:
        return bool(a.sellers)
    over = [s for s in a.sellers if s.share > unit.share_of(s.party)]
    return Broken("; ".join(_held_and_sold(unit, s) for s in over)) if over else bool(a.sellers)


@rule(
    "all the holders sell when the whole unit or a parcel of it is sold",
    source=Citation("Transfer of Property Act 1882", "s. 44"),
    remedy="Let every holder join the deed, sell a share instead, or partition the unit first.",
)
def all_holders_sell(a: Application, record: Record, law: Law) -> Answer:
    if a.sold == "share":
        return True
    unit = record.units[a.unit]
    absent = unit.holders - {s.party for s in a.sellers}
    part = [s for s in a.sellers if unit.shares_determined and s.share != unit.share_of(s.party)]
    if absent or part:
        return Broken(f"{len(absent)} holders do not sell, {len(part)} sell less than they hold")
    return True


@rule(
    "no party is named twice",
    source=RECORD_LAW,
    remedy="Name each seller and each buyer once, with the whole of what each sells or buys.",
)
def nobody_is_named_twice(a: Application, record: Record, law: Law) -> Answer:
    parties = [s.party for s in a.sellers] + [b.party.commitment for b in a.buyers]
    return len(set(parties)) == len(parties)


@rule(
    "the buyers' parts add up to one",
    source=RECORD_LAW,
    remedy="Write each buyer's part of what is sold; together they make 1.",
)
def buyers_parts_add_up(a: Application, record: Record, law: Law) -> Answer:
    added = sum((b.share for b in a.buyers), Fraction(0))
    return True if not a.buyers or added == WHOLE else Broken(f"they add up to {format_share(added)}")


@rule(
    "no charge is lost: a holder whose share bears one does not sell all of it",
    source=Citation("Transfer of Property Act 1882", "s. 58"),
    remedy="Have the charge released or assigned first.",
)
def no_charge_is_lost(a: Application, record: Record, law: Law) -> Answer:
    unit = record.units[a.unit]
    leaving = {s.party for s in a.sellers if a.sold != "share" or s.share >= unit.share_of(s.party)}
    found = [c.kind for c in unit.charges if c.on in leaving]
    return Broken(f"{len(found)} charges lie on the shares that would vanish") if found else True


@rule(
    "the receiving unit lies in the same village and bears no charge",
    source=RECORD_LAW,
    remedy="Open a new unit for the parcels: land that is bought must not slip under another land's charge.",
)
def receiving_unit_is_free(a: Application, record: Record, law: Law) -> Answer:
    if a.into is None:
        return True
    unit, into = record.units[a.unit], record.units[a.into]
    return into.id != unit.id and into.village == unit.village and not into.charges and not unit.charges


RULES = (
    *STANDING,
    NOTHING_BARS["transfer"],
    says_what_is_sold,
    parcels_belong_to_the_unit,
    shares_are_determined,
    seller_holds_the_share,
    all_holders_sell,
    nobody_is_named_twice,
    buyers_parts_add_up,
    no_charge_is_lost,
    receiving_unit_is_free,
)


@dataclass(frozen=True, kw_only=True)
class Bought:
    """A buyer in the log: a commitment, and the part of what was sold."""

    party: PartyRef
    share: Share


@dataclass(frozen=True, kw_only=True)
class Event:
    """A share, a unit or parcels were sold."""

    unit: UnitId
    sold: Literal["share", "unit", "parcels"]
    sellers: tuple[Seller, ...]
    buyers: tuple[Bought, ...]
    parcels: tuple[ParcelId, ...]
    new_unit: NewUnit | None
    into: UnitId | None


def decide(application: Application, record: Record, law: Law) -> Event:
    """The transfer, if every rule holds; raises Refused with all that do not."""
    check(RULES, application, record, law)
    a = application
    return Event(
        unit=a.unit,
        sold=a.sold,
        sellers=a.sellers,
        buyers=tuple(Bought(party=b.party.commitment, share=b.share) for b in a.buyers),
        parcels=a.parcels,
        new_unit=a.new_unit,
        into=a.into,
    )


def apply(event: Event, record: Record) -> tuple[State, ...]:
    """What the sale makes of the unit, of the parcels and of the unit that receives them."""
    unit = record.units[event.unit]
    if event.sold == "share":
        return (replace(unit, shares=_after_share_sale(event, unit)),)
    holdings = tuple(Holding(b.party, b.share) for b in event.buyers)
    if event.sold == "unit":
        return (replace(unit, shares=holdings),)
    receiving = _receiving_unit(event, record, holdings)
    return (
        *(moved(record.parcels[p], receiving.id) for p in event.parcels),
        without(unit, event.parcels),
        replace(receiving, parcels=(*receiving.parcels, *event.parcels)),
    )


def _after_share_sale(event: Event, unit: Unit) -> tuple[Holding, ...]:
    given_up = {s.party: s.share for s in event.sellers}
    sold = sum(given_up.values(), Fraction(0))
    left = (
        Holding(h.party, (h.share or Fraction(0)) - given_up.get(PartyRef(h.party), Fraction(0)))
        for h in unit.shares
    )
    return (*(h for h in left if h.share), *(Holding(b.party, sold * b.share) for b in event.buyers))


def _receiving_unit(event: Event, record: Record, holdings: tuple[Holding, ...]) -> Unit:
    if event.into is not None:
        return record.units[event.into]
    unit, new = record.units[event.unit], event.new_unit
    if new is None or new.id is None:
        raise ValueError("a sale of parcels names a unit to receive them")  # `decide` has seen to it
    # A charge on the whole of the unit follows every parcel of it; its rank and its day stay.
    charges = tuple(c for c in unit.charges if c.on is None)
    return replace(unit, id=new.id, label=new.label, parcels=(), shares=holdings, charges=charges, pending=())


WORDING = {
    "en": "Sale: {what} of holding {unit} to {buyers} buyer(s).",
    "hi": "विक्रय: खाता {unit} का {what}; क्रेता {buyers}।",
    "te": "అమ్మకం: ఖాతా {unit} నుండి {what}; కొనుగోలుదారులు {buyers}.",
}


def terms(event: Event, record: Record) -> Mapping[str, str]:
    """The words that the sentence in the record needs."""
    sold = format_share(sum((s.share for s in event.sellers), Fraction(0)))
    labels = ", ".join(record.parcels[p].label for p in event.parcels if p in record.parcels)
    what = {"share": sold, "unit": "1/1", "parcels": labels}[event.sold]
    return {"what": what, "unit": record.units[event.unit].label, "buyers": str(len(event.buyers))}


def _held_and_sold(unit: Unit, seller: Seller) -> str:
    return f"sells {format_share(seller.share)} and holds {format_share(unit.share_of(seller.party))}"


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
        refused=(seller_holds_the_share,),
    ),
    Example(
        title="one sister alone cannot sell a parcel that both hold",
        given=SISTERS,
        when=replace(_THE_GARDEN_IS_SOLD, sellers=_BOTH[:1]),
        refused=(all_holders_sell,),
    ),
    Example(
        title="land under a stay is not sold, and a stranger's half share is told in the same answer",
        given=_under_stay(SISTERS, FIELD),
        when=replace(
            _ASHA_SELLS_HER_THIRD,
            sellers=(Seller(party=MEENA.commitment, share=Fraction(1, 2)),),
            buyers=(Buyer(party=RAVINA, share=Fraction(1, 2)),),
        ),
        refused=(NOTHING_BARS["transfer"], seller_holds_the_share, buyers_parts_add_up),
    ),
    Example(
        title="a unit that is not in the record cannot be sold",
        given=SISTERS,
        when=replace(_ASHA_SELLS_HER_THIRD, unit=UnitId("999101-U000099")),
        refused=(all_named_exist,),
    ),
)
