"""Charges on land: how they rank, what they say in public, and that none is ever lost."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain import catalogue, form
from domain.canon import canonical
from domain.errors import Refused
from domain.ids import ParcelId
from domain.languages import LANGUAGES
from domain.law import languages, law_of, states
from domain.mutations import _shared as people
from domain.mutations import (
    charge_assigned,
    charge_created,
    charge_released,
    court_decree,
    lease,
    sale,
)
from domain.mutations._charges import CHARGE, LEASE, LOAN, NO_DUES, OTHER_LOAN, Security, charged
from domain.mutations._people import Person
from domain.projection import advance
from domain.record import Charge, Doc, Record, Unit
from domain.states import charges, sentences
from domain.values import Code, Deed, EntryRef, Loan, PartyRef, Permission, Salt, Text
from tests.domain.test_any_history import ORDERS, PRICE, Village

LAW = law_of("generic", max(people.DEED.made, NO_DUES.made))
ASHA, RAVINA = people.ASHA.commitment, people.RAVINA.commitment
BOTH = (ASHA, RAVINA)
MORTGAGE = charge_created.Application(
    unit=people.KHATA, kind="mortgage", grantors=BOTH, loan=LOAN, deed=people.DEED
)
SALE_OF_ALL = sale.Application(
    unit=people.KHATA,
    sold="unit",
    sellers=(
        sale.Seller(party=ASHA, share=Fraction(1, 3)),
        sale.Seller(party=RAVINA, share=Fraction(2, 3)),
    ),
    buyers=(sale.Buyer(party=people.MEENA, share=Fraction(1)),),
    deed=people.DEED,
    consideration=PRICE,
)
CONSENT = Permission(
    kind=Code("charge-holder-consent"),
    number=Text("C 9"),
    made=people.DEED.made,
    by=Text("Devgarh Gramin Bank"),
    salt=Salt(b"q" * 32),
)


def order(kind: str, application: object, record: Record) -> Record:
    """The record after an order of that kind."""
    mutation = catalogue.mutation(kind)
    return record.with_states(*mutation.apply(mutation.decide(application, record, LAW), record).values())


def khata(record: Record) -> Unit:
    return record.units[people.KHATA]


def loan(serial: int) -> Loan:
    return replace(LOAN, reference=Text(f"L {serial}"), salt=Salt(serial.to_bytes(32, "big")))


@pytest.mark.quick
def test_a_charge_ranks_after_those_that_lie_on_the_same_share() -> None:
    of_asha = replace(MORTGAGE, loan=loan(1), grantors=(ASHA,), on=ASHA)
    of_ravina = replace(MORTGAGE, loan=loan(2), grantors=(RAVINA,), on=RAVINA)
    of_all = replace(MORTGAGE, loan=loan(3))
    again_of_asha = replace(of_asha, loan=loan(4))
    record = people.SISTERS
    for application in (of_asha, of_ravina, of_all, again_of_asha):
        record = order("charge-created", application, record)
    assert [c.rank for c in khata(record).charges] == [1, 1, 2, 3]


@pytest.mark.quick
def test_a_rank_is_not_given_again_when_an_earlier_charge_is_released() -> None:
    record = order("charge-created", MORTGAGE, people.SISTERS)
    record = order("charge-created", replace(MORTGAGE, loan=OTHER_LOAN), record)
    record = order(
        "charge-released",
        charge_released.Application(charge=CHARGE, units=(people.KHATA,), paper=NO_DUES),
        record,
    )
    record = order("charge-created", replace(MORTGAGE, loan=loan(7)), record)
    assert [c.rank for c in khata(record).charges] == [2, 3]


@pytest.mark.quick
def test_a_lease_ranks_among_the_charges() -> None:
    record = order("charge-created", MORTGAGE, people.SISTERS)
    let = next(e.when for e in lease.EXAMPLES if not e.refused)
    record = order("lease", let, record)
    assert [(c.kind, c.rank) for c in khata(record).charges] == [("mortgage", 1), ("lease", 2)]


@pytest.mark.quick
def test_the_public_record_and_the_log_name_no_lender_and_no_sum() -> None:
    mutation = catalogue.mutation("charge-created")
    event = mutation.decide(MORTGAGE, people.SISTERS, LAW)
    state = mutation.apply(event, people.SISTERS)[people.KHATA].doc()
    public = canonical(form.write(event)).decode() + canonical(state).decode()
    assert [word for word in (LOAN.lender, LOAN.reference, str(LOAN.paise)) if word in public] == []
    assert LOAN.commitment in public


@pytest.mark.quick
def test_an_assigned_charge_keeps_the_log_index_by_which_it_ranks() -> None:
    record = order(
        "charge-assigned",
        charge_assigned.Application(charge=CHARGE, units=(people.KHATA,), loan=OTHER_LOAN, deed=people.DEED),
        charged(),
    )
    before = charged().units[people.KHATA].doc() | {"version": 1, "last_index": 7, "history": "A" * 43 + "="}
    payload: Doc = {
        "touches": [{"id": people.KHATA, "prev_version": 1, "prev_history": "A" * 43 + "="}],
        "set": {people.KHATA: {"charges": khata(record).doc()["charges"]}},
    }
    kind = "application/vnd.landlog.event.v1+json"
    after = advance({people.KHATA: before}, kind, payload, 90, b"\0" * 32)
    assert after[people.KHATA]["charges"] == [
        {"kind": "mortgage", "rank": 1, "since": 7, "on": None, "details": OTHER_LOAN.commitment}
    ]


@pytest.mark.quick
def test_land_whose_lender_reserved_consent_is_sold_with_that_consent_and_keeps_the_charge() -> None:
    record = order("charge-created", replace(MORTGAGE, consent_reserved=True), people.SISTERS)
    with pytest.raises(Refused) as refusal:
        order("sale", SALE_OF_ALL, record)
    assert "charge-holder-consent lifts it" in str(refusal.value)
    record = order("sale", replace(SALE_OF_ALL, permissions=(CONSENT,)), record)
    assert [c.details for c in khata(record).charges] == [CHARGE]


@pytest.mark.quick
def test_a_decree_carries_a_charge_to_whoever_wins_the_share() -> None:
    record = order("charge-created", replace(MORTGAGE, grantors=(ASHA,), on=ASHA), people.SISTERS)
    decree = replace(
        next(e.when for e in court_decree.EXAMPLES if "follows the land" in e.title),
        decree=replace(court_decree.EXAMPLES[0].when.decree, made=people.DEED.made),
    )
    record = order("court-decree", decree, record)
    assert [(c.on, c.details) for c in khata(record).charges] == [(people.MEENA.commitment, CHARGE)]
    shares = (
        court_decree.Decreed(person=Person(holder=RAVINA), share=Fraction(1, 4)),
        court_decree.Decreed(person=Person(holder=people.MEENA.commitment), share=Fraction(3, 4)),
    )
    record = order("court-decree", replace(decree, holders=shares), record)
    assert [c.on for c in khata(record).charges] == [people.MEENA.commitment]


class Lending(Village):
    """A village that also borrows; it remembers each charge and the parcels that secured it."""

    def __init__(self, choose: Callable[[Sequence[Any]], Any]) -> None:
        super().__init__(choose)
        self.secured: dict[str, set[ParcelId]] = {}
        """By charge: the parcels of its unit when it was made, less those released since."""

    def charge_unit(self) -> None:
        self._charge(self._unit(), on=None)

    def charge_share(self) -> None:
        unit = self._unit()
        self._charge(unit, on=self._holder(unit))

    def _charge(self, unit: Unit, on: PartyRef | None) -> None:
        new = loan(next(self._serial))
        grantors = tuple(PartyRef(h.party) for h in unit.shares) if on is None else (on,)
        application = replace(MORTGAGE, unit=unit.id, loan=new, grantors=grantors, on=on)
        self._order("charge-created", application)
        made = [c for c in self.record.units[unit.id].charges if c.details == new.commitment]
        if made:  # a holder whose death is reported charges nothing
            met = [c.rank for c in unit.charges if None in (c.on, on) or c.on == on]
            assert all(made[0].rank > rank for rank in met)
            self.secured[new.commitment] = set(unit.parcels)

    def assign(self) -> None:
        if not self.secured:
            return
        charge, new = self._one(sorted(self.secured)), loan(next(self._serial))
        units = tuple(dict.fromkeys(u.id for u, _ in self.bearers(charge)))
        self._order(
            "charge-assigned",
            charge_assigned.Application(charge=EntryRef(charge), units=units, loan=new, deed=people.DEED),
        )
        if not self.bearers(charge):
            self.secured[new.commitment] = self.secured.pop(charge)

    def release_one_unit(self) -> None:
        if not self.secured:
            return
        charge = self._one(sorted(self.secured))
        unit, _ = self._one(self.bearers(charge))
        paper = Deed(number=Text("ND"), made=people.DEED.made, by=Text("Bank"), salt=Salt(b"n" * 32))
        self._order(
            "charge-released",
            charge_released.Application(charge=EntryRef(charge), units=(unit.id,), paper=paper),
        )
        land = {today for p in self.secured[charge] for today in self.today(p)}
        self.secured[charge] = {p for p in land if self.record.parcels[p].unit != unit.id}
        if not self.bearers(charge):
            del self.secured[charge]

    def bearers(self, charge: str) -> list[tuple[Unit, Charge]]:
        return [(u, c) for u in self.units() for c in u.charges if c.details == charge]

    def today(self, parcel: ParcelId) -> set[ParcelId]:
        """The parcels that make up the parcel's land today: itself, or its successors."""
        state = self.record.parcels[parcel]
        if state.status == "active":
            return {parcel}
        return {p for successor in state.successors for p in self.today(successor)}


BORROWING: list[Callable[[Any], None]] = [
    Lending.charge_unit,
    Lending.charge_share,
    Lending.assign,
    Lending.release_one_unit,
]


@settings(max_examples=80, deadline=None)
@given(st.data(), st.lists(st.sampled_from([*ORDERS, *BORROWING, *BORROWING]), max_size=14))
def test_no_history_loses_a_charge(data: st.DataObject, history: list[Callable[[Any], None]]) -> None:
    """Each charge ever made is on a unit that holds the land, or was released."""
    village = Lending(lambda things: data.draw(st.sampled_from(things)))
    for step in history:
        step(village)
        assert {c.details for u in village.units() for c in u.charges} == set(village.secured)
        for charge, parcels in village.secured.items():
            bearers = village.bearers(charge)
            assert all(u.parcels for u, _ in bearers)
            assert all(c.on is None or c.on in u.holders for u, c in bearers)
            if any(c.on is None for _, c in bearers):  # on the whole unit: on all land that secured it
                holding = {village.record.parcels[t].unit for p in parcels for t in village.today(p)}
                assert holding <= {u.id for u, _ in bearers}


@pytest.mark.parametrize("step", BORROWING, ids=lambda step: step.__name__)
def test_each_entry_about_a_charge_can_be_made(step: Callable[[Any], None]) -> None:
    """An order that is always refused would prove nothing."""
    village = Lending(random.Random(5).choice)
    village.charge_unit()
    made = village.orders
    step(village)
    assert village.orders == made + 1


def test_every_kind_of_charge_has_its_law_and_its_words_in_every_language() -> None:
    kinds = {row["name"]: row for row in charges()}
    assert set(kinds) == {*get_args(Security), LEASE}
    for name, row in kinds.items():
        assert set(sentences(row)) == set(LANGUAGES), name
        assert len(row["source"]) >= 12
        for state in states():
            said = {language: law_of(state, LAW.day).word(name, language) for language in languages(state)}
            assert "-" not in said["en"]
            assert {language for language, word in said.items() if word.isascii()} == {"en"}
