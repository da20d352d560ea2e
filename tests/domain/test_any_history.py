"""What holds after any history of transfers, successions, divisions and corrections, whatever their order."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from itertools import count
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain import catalogue, form, kit
from domain.canon import canonical, parse
from domain.errors import Refused
from domain.ids import ParcelId, UnitId, parcel_id, unit_id
from domain.law import law_of
from domain.mutations import (
    _examples,
    exchange,
    family_settlement,
    gift,
    holder_deceased,
    inheritance,
    name_correction,
    partition,
    partition_by_court,
    release,
    sale,
    shares_determined,
    will,
)
from domain.mutations import _shared as people
from domain.mutations._conveyance import Giver, Taken, Taker
from domain.mutations._papers import Report, Will
from domain.mutations._people import PERSONAL, HolderIn, HolderShare
from domain.quantities import WHOLE, Area, total
from domain.record import Charge, Holding, Record, Unit
from domain.survey import Survey
from domain.values import (
    Consideration,
    CourtOrder,
    Digest,
    ParcelLabel,
    Party,
    PartyRef,
    Salt,
    Text,
    UnitLabel,
)

LAW = law_of("generic", people.DEED.made)
PRICE = Consideration(paise=1, salt=Salt(bytes(32)))
PARTS = [WHOLE, Fraction(1, 2), Fraction(2, 7)]
ORDER = CourtOrder(
    number=Text("1"), made=people.DEED.made, by=Text("Court"), case=Text("1/2026"), salt=Salt(b"o" * 32)
)


class Village:
    """A village in which orders are made at random; it keeps the record that follows from them."""

    def __init__(self, choose: Callable[[Sequence[Any]], Any]) -> None:
        self.record = _examples.VILLAGERS
        self.orders = 0
        self._one = choose
        self._serial = count(500)
        self._people = (people.person(f"राम {n}") for n in count())

    # What a step chooses at random.

    def _unit(self) -> Unit:
        unit: Unit = self._one(self.units())
        return unit

    def _holder(self, unit: Unit) -> PartyRef:
        return PartyRef(self._one(unit.shares).party)

    def _part(self) -> Fraction:
        part: Fraction = self._one(PARTS)
        return part

    def units(self) -> list[Unit]:
        return [u for u in self.record.units.values() if u.status == "active"]

    # Transfers.

    def sell_share(self) -> None:
        unit = self._unit()
        holder = self._holder(unit)
        sold = unit.share_of(holder) * self._part() or None
        self._order(
            "sale",
            sale.Application(
                unit=unit.id,
                sold="share",
                sellers=(sale.Seller(party=holder, share=sold),),
                buyers=(sale.Buyer(party=next(self._people), share=WHOLE),),
                deed=people.DEED,
                consideration=PRICE,
            ),
        )

    def sell_parcel(self) -> None:
        unit = self._unit()
        self._order(
            "sale",
            sale.Application(
                unit=unit.id,
                sold="parcels",
                sellers=tuple(sale.Seller(party=PartyRef(h.party), share=h.share) for h in unit.shares),
                buyers=(sale.Buyer(party=next(self._people), share=WHOLE),),
                parcels=(self._one(unit.parcels),),
                new_unit=self._new_unit(),
                deed=people.DEED,
                consideration=PRICE,
            ),
        )

    def give_the_unit(self) -> None:
        unit = self._unit()
        halves = [Taker(party=next(self._people), share=Fraction(1, 2)) for _ in range(2)]
        self._order(
            "gift",
            gift.Application(
                unit=unit.id,
                given="unit",
                donors=tuple(Giver(party=PartyRef(h.party)) for h in unit.shares),
                donees=tuple(halves),
                deed=people.DEED,
                witnesses=2,
                accepted=people.DEED.made,
            ),
        )

    def release_to_another(self) -> None:
        unit = self._unit()
        giver, taker = self._holder(unit), self._holder(unit)
        share = unit.share_of(giver) * self._part() or None
        self._order(
            "release",
            release.Application(
                unit=unit.id,
                releasors=(Giver(party=giver, share=share),),
                to=(Taken(party=taker, share=WHOLE),),
                deed=people.DEED,
            ),
        )

    def exchange_parcels(self) -> None:
        one, other = self._unit(), self._unit()
        self._order(
            "exchange",
            exchange.Application(one=self._side(one), other=self._side(other), deed=people.DEED),
        )

    def _side(self, unit: Unit) -> exchange.Side:
        return exchange.Side(
            unit=unit.id,
            gives="parcels",
            holders=tuple(
                exchange.Exchanger(party=PartyRef(h.party), part=h.share or WHOLE) for h in unit.shares
            ),
            parcels=(self._one(unit.parcels),),
            receives_in=self._new_unit() if self._one([True, False]) else None,
        )

    # Successions.

    def inherit(self) -> None:
        """A holder dies: a new heir, a co-holder, and a son who has died and whose child takes in his place."""
        unit = self._unit()
        gone, co_holder = self._holder(unit), self._holder(unit)
        third = Fraction(1, 3)
        beside = (
            inheritance.Heir(holder=co_holder, share=third)
            if co_holder != gone
            else inheritance.Heir(party=next(self._people), share=third)
        )
        self._order(
            "inheritance",
            inheritance.Application(
                khatas=self._everywhere(gone),
                certificate=_examples.DEATH,
                heirs=(
                    beside,
                    inheritance.Heir(party=next(self._people), share=third),
                    inheritance.Heir(party=next(self._people), share=third, died=_examples.DEATH),
                    inheritance.Heir(party=next(self._people), share=WHOLE, in_place_of=2),
                ),
            ),
        )

    def leave_by_will(self) -> None:
        gone = self._holder(self._unit())
        paper = Will(
            number=Text("1"), made=_examples.DEATH.died, by=Text("SR"), witnesses=2, salt=Salt(b"w" * 32)
        )
        self._order(
            "will",
            will.Application(
                khatas=self._everywhere(gone),
                certificate=_examples.DEATH,
                will=paper,
                heirs=(inheritance.Heir(party=next(self._people), share=WHOLE),),
            ),
        )

    def report_a_death(self) -> None:
        application = holder_deceased.Application(
            khatas=self._everywhere(self._holder(self._unit())), certificate=_examples.DEATH
        )
        self._order("holder-deceased", application)

    def _everywhere(self, holder: PartyRef) -> tuple[HolderIn, ...]:
        return tuple(HolderIn(unit=u.id, holder=holder) for u in self.units() if holder in u.holders)

    # Shares and names.

    def settle(self) -> None:
        """The first holder of one khata is settled on all of another, beside those who keep a charged share."""
        one, other = self._unit(), self._unit()
        members = list(dict.fromkeys(PartyRef(h.party) for u in (one, other) for h in u.shares))
        equal = Fraction(1, len(members))
        self._order(
            "family-settlement",
            family_settlement.Application(
                khatas=tuple(
                    family_settlement.Khata(
                        unit=unit,
                        shares=tuple(
                            family_settlement.Settled(member=i, share=equal) for i in range(len(members))
                        ),
                    )
                    for unit in dict.fromkeys((one.id, other.id))
                ),
                members=tuple(family_settlement.Member(holder=m) for m in members),
                memorandum=_examples.MEMORANDUM,
            ),
        )

    def determine(self) -> None:
        unit = self._unit()
        shares = self._equal_shares(unit)
        self._order(
            "shares-determined",
            shares_determined.Application(
                unit=unit.id, shares=shares, basis="enquiry", paper=_examples.MEMORANDUM
            ),
        )

    def restate_by_court(self) -> None:
        unit = self._unit()
        self._order(
            "partition-by-court",
            partition_by_court.Application(
                unit=unit.id, order=ORDER, stage="preliminary", shares=self._equal_shares(unit)
            ),
        )

    def _equal_shares(self, unit: Unit) -> tuple[HolderShare, ...]:
        equal = Fraction(1, len(unit.shares))
        return tuple(HolderShare(holder=PartyRef(h.party), share=equal) for h in unit.shares)

    def rename(self) -> None:
        holder = self._holder(self._unit())
        new: Party = next(self._people)
        self._order(
            "name-correction",
            name_correction.Application(
                khatas=self._everywhere(holder),
                party=new,
                becomes="corrected",
                proof=people.DEED,
                report=Report(
                    number=Text("1"), made=people.DEED.made, by=Text("Lekhpal"), salt=Salt(b"r" * 32)
                ),
            ),
        )

    # Divisions.

    def partition(self) -> None:
        unit = self._unit()
        parent = self._one(unit.parcels)
        first, *others = [PartyRef(h.party) for h in unit.shares]
        rest = tuple(p for p in unit.parcels if p != parent)
        west, east = self._halves(parent)
        self.record = replace(self.record, survey=_measured(west, east))
        self._order(
            "partition",
            partition.Application(
                unit=unit.id,
                split=parent,
                deed=people.DEED,
                portions=(
                    partition.Portion(holders=(first,), children=(west,), parcels=rest),
                    partition.Portion(holders=tuple(others), children=(east,), new_unit=self._new_unit()),
                ),
            ),
        )

    # What happens beside the orders of these types.

    def mortgage(self) -> None:
        """A bank lends on one holder's share or on the whole khata: the charge must be found again ever after."""
        unit = self._unit()
        on = self._holder(unit) if self._one([True, False]) else None
        details = f"{next(self._serial):043d}="
        lying = Charge(kind="mortgage", rank=len(unit.charges) + 1, on=on, details=details, since=1)
        self.record = self.record.with_states(replace(unit, charges=(*unit.charges, lying)))

    def forget_shares(self) -> None:
        """An older record that does not state the shares."""
        unit = self._unit()
        unstated = tuple(Holding(h.party, None) for h in unit.shares)
        self.record = self.record.with_states(replace(unit, shares=unstated))

    def _order(self, kind: str, application: object) -> None:
        mutation = catalogue.mutation(kind)
        try:
            event = mutation.decide(application, self.record, LAW)
        except Refused:
            return
        after = mutation.apply(event, self.record)
        facts = parse(canonical(form.write(event)))
        assert mutation.effect(facts, self.record) == kit.changes(self.record, after)
        self.record = self.record.with_states(*after.values())
        self.orders += 1

    def _new_unit(self) -> people.NewUnit:
        serial = next(self._serial)
        return people.NewUnit(label=UnitLabel(str(serial)), id=unit_id(people.VILLAGE, serial))

    def _halves(self, parent: ParcelId) -> tuple[partition.Child, partition.Child]:
        area = self.record.parcels[parent].area.m2
        west = Area(area / 2, str(area / 2), "m2")
        east = Area(area - west.m2, str(area - west.m2), "m2")
        return self._child(west), self._child(east)

    def _child(self, area: Area) -> partition.Child:
        serial = next(self._serial)
        return partition.Child(
            label=ParcelLabel(f"101/{serial}"),
            area=area,
            geometry=Digest("A" * 43 + "="),
            id=parcel_id(people.VILLAGE, serial),
        )


def _measured(*children: partition.Child) -> Survey:
    areas = tuple(c.area.m2 for c in children)
    zero = Decimal(0)
    return Survey(
        parent_m2=sum(areas, zero),
        children_m2=areas,
        gap_m2=zero,
        overlap_m2=zero,
        outside_m2=zero,
        narrowest_m=Decimal(5),
        unmatched_edges=0,
        faults=(),
    )


ORDERS: list[Callable[[Village], None]] = [
    Village.sell_share,
    Village.sell_parcel,
    Village.give_the_unit,
    Village.release_to_another,
    Village.exchange_parcels,
    Village.inherit,
    Village.leave_by_will,
    Village.report_a_death,
    Village.settle,
    Village.determine,
    Village.restate_by_court,
    Village.rename,
    Village.partition,
]
STEPS = [*ORDERS, Village.mortgage, Village.forget_shares]


@settings(max_examples=80, deadline=None)
@given(st.data(), st.lists(st.sampled_from(STEPS), max_size=12))
def test_shares_areas_charges_and_places_hold_after_any_history(
    data: st.DataObject, history: list[Callable[[Village], None]]
) -> None:
    village = Village(lambda things: data.draw(st.sampled_from(things)))
    land = _land(village.record)
    for step in history:
        owed = _charges(village.record)
        step(village)
        _shares_add_up_to_one(village.record)
        _every_parcel_is_in_exactly_one_unit(village.record)
        _what_lies_on_somebody_lies_on_a_holder(village.record)
        assert owed <= _charges(village.record)
    assert abs(_land(village.record) - land) < Decimal(1)


@pytest.mark.parametrize("step", ORDERS, ids=lambda step: step.__name__)
def test_each_order_of_these_histories_is_one_that_can_be_made(step: Callable[[Village], None]) -> None:
    """An order that is always refused would prove nothing."""
    village = Village(random.Random(5).choice)
    for _ in range(30):
        if step is Village.determine:
            village.forget_shares()
        step(village)
    assert village.orders


def _shares_add_up_to_one(record: Record) -> None:
    for unit in record.units.values():
        if unit.status == "active" and unit.shares_determined:
            assert sum(h.share or Fraction(0) for h in unit.shares) == 1
        assert len(unit.holders) == len(unit.shares) > 0


def _every_parcel_is_in_exactly_one_unit(record: Record) -> None:
    listed: dict[ParcelId, UnitId] = {}
    for unit in record.units.values():
        for parcel in unit.parcels:
            assert parcel not in listed
            listed[parcel] = unit.id
    standing = {p.id: p.unit for p in record.parcels.values() if p.status == "active"}
    assert listed == standing


def _what_lies_on_somebody_lies_on_a_holder(record: Record) -> None:
    """A charge or a note on one who holds nothing would be on paper only."""
    for unit in (u for u in record.units.values() if u.status == "active"):
        burdens = [*unit.charges, *unit.restrictions]
        assert {b.on for b in burdens if b.on} <= unit.holders
        assert len({(b.kind, b.on, b.details) for b in burdens}) == len(burdens)
        assert not any(r.on is None for r in unit.restrictions if r.kind in PERSONAL)


def _charges(record: Record) -> set[str]:
    """What is owed: every charge that lies on land that stands."""
    return {c.details for u in record.units.values() if u.status == "active" for c in u.charges}


def _land(record: Record) -> Decimal:
    return total(p.area.m2 for p in record.parcels.values() if p.status == "active")
