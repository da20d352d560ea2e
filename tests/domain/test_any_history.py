"""What holds after any history of sales and partitions, whatever their order."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from itertools import count

from hypothesis import given, settings
from hypothesis import strategies as st

from domain import catalogue
from domain.errors import Refused
from domain.ids import ParcelId, UnitId, parcel_id, unit_id
from domain.law import law_of
from domain.mutations import _shared as people
from domain.mutations import partition, sale
from domain.quantities import Area, total
from domain.record import Record, Unit
from domain.survey import Survey
from domain.values import Consideration, Digest, ParcelLabel, PartyRef, Salt, UnitLabel

LAW = law_of("generic", people.DEED.made)
PRICE = Consideration(paise=1, salt=Salt(bytes(32)))


class Village:
    """A village in which orders are made at random; it keeps the record that follows from them."""

    def __init__(self) -> None:
        self.record = people.SISTERS
        self._serial = count(500)
        self._people = (people.person(f"राम {n}") for n in count())

    def units(self) -> list[Unit]:
        return [u for u in self.record.units.values() if u.status == "active"]

    def sell_share(self, draw: st.DataObject) -> None:
        unit = draw.draw(st.sampled_from(self.units()))
        holder = draw.draw(st.sampled_from(unit.shares))
        part = draw.draw(st.sampled_from([Fraction(1), Fraction(1, 2), Fraction(2, 7)]))
        sold = (holder.share or Fraction(0)) * part
        self._order(
            "sale",
            sale.Application(
                unit=unit.id,
                sold="share",
                sellers=(sale.Seller(party=PartyRef(holder.party), share=sold),),
                buyers=(sale.Buyer(party=next(self._people), share=Fraction(1)),),
                deed=people.DEED,
                consideration=PRICE,
            ),
        )

    def sell_parcel(self, draw: st.DataObject) -> None:
        unit = draw.draw(st.sampled_from(self.units()))
        parcel = draw.draw(st.sampled_from(unit.parcels))
        self._order(
            "sale",
            sale.Application(
                unit=unit.id,
                sold="parcels",
                sellers=tuple(
                    sale.Seller(party=PartyRef(h.party), share=h.share) for h in unit.shares if h.share
                ),
                buyers=(sale.Buyer(party=next(self._people), share=Fraction(1)),),
                parcels=(parcel,),
                new_unit=self._new_unit(),
                deed=people.DEED,
                consideration=PRICE,
            ),
        )

    def partition(self, draw: st.DataObject) -> None:
        unit = draw.draw(st.sampled_from(self.units()))
        first, *others = [PartyRef(h.party) for h in unit.shares]
        parent = draw.draw(st.sampled_from(unit.parcels))
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

    def _order(self, kind: str, application: object) -> None:
        mutation = catalogue.mutation(kind)
        try:
            event = mutation.decide(application, self.record, LAW)
        except Refused:
            return
        self.record = self.record.with_states(*mutation.apply(event, self.record).values())

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


STEPS = [Village.sell_share, Village.sell_parcel, Village.partition]


@settings(max_examples=60, deadline=None)
@given(st.data(), st.lists(st.sampled_from(STEPS), max_size=12))
def test_shares_areas_and_places_hold_after_any_history(data: st.DataObject, history: list[object]) -> None:
    village = Village()
    land = _land(village.record)
    for step in history:
        step(village, data)  # type: ignore[operator]
        _shares_add_up_to_one(village.record)
        _every_parcel_is_in_exactly_one_unit(village.record)
    assert abs(_land(village.record) - land) < Decimal(1)


def _shares_add_up_to_one(record: Record) -> None:
    for unit in record.units.values():
        if unit.status == "active":
            assert sum(h.share or Fraction(0) for h in unit.shares) == 1


def _every_parcel_is_in_exactly_one_unit(record: Record) -> None:
    listed: dict[ParcelId, UnitId] = {}
    for unit in record.units.values():
        for parcel in unit.parcels:
            assert parcel not in listed
            listed[parcel] = unit.id
    standing = {p.id: p.unit for p in record.parcels.values() if p.status == "active"}
    assert listed == standing


def _land(record: Record) -> Decimal:
    return total(p.area.m2 for p in record.parcels.values() if p.status == "active")
