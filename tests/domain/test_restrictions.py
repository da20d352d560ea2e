"""What bars dealings with land, what lifts the bar, and whose place in the queue a hold keeps."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

import pytest

from domain import catalogue
from domain.days import calendar_of
from domain.errors import Refused
from domain.languages import LANGUAGES
from domain.law import law_of
from domain.mutations import _shared as people
from domain.mutations import charge_created, hold_placed, restriction_removed, sale
from domain.mutations._charges import LOAN
from domain.mutations._orders import COLLECTORS_ORDER, LATER_ORDER, Land, entry, restricted
from domain.mutations.hold_placed import CERTIFICATE
from domain.record import Hold, Parcel, Record, Restriction
from domain.restrictions import KINDS, NATURES, OPEN_TO_CREDIT, barred, bars
from domain.values import Code, Consideration, Permission, Salt, Text

pytestmark = pytest.mark.quick

DAY = date(2026, 11, 21)
ASHA, RAVINA = people.ASHA.commitment, people.RAVINA.commitment
ASHA_SELLS = sale.Application(
    unit=people.KHATA,
    sold="share",
    sellers=(sale.Seller(party=ASHA, share=Fraction(1, 3)),),
    buyers=(sale.Buyer(party=people.MEENA, share=Fraction(1)),),
    deed=people.DEED,
    consideration=Consideration(paise=1, salt=Salt(bytes(32))),
)
RAVINA_SELLS = replace(ASHA_SELLS, sellers=(sale.Seller(party=RAVINA, share=Fraction(1, 3)),))
MORTGAGE = charge_created.Application(
    unit=people.KHATA, kind="mortgage", grantors=(ASHA, RAVINA), loan=LOAN, deed=people.DEED
)
OTHER_CERTIFICATE = replace(CERTIFICATE, salt=Salt(b"z" * 32))


def allowed(kind: str, application: object, record: Record, day: date = DAY) -> bool:
    """Whether nothing bars the act; an act that is refused for something else is a fault of the test."""
    try:
        catalogue.mutation(kind).decide(application, record, law_of("generic", day))
    except Refused as refusal:
        if {f.rule for f in refusal.findings} != {"nothing-bars-dealing"}:
            raise
        return False
    return True


def on_the_khata(*lying: Restriction) -> Record:
    return people.SISTERS.with_states(replace(people.SISTERS.units[people.KHATA], restrictions=lying))


def under_holds(*holds: Hold) -> Record:
    return people.SISTERS.with_states(replace(people.SISTERS.units[people.KHATA], holds=holds))


def permission(kind: str) -> Permission:
    return replace(CERTIFICATE, kind=Code(kind), number=Text("P 1"))


def test_every_kind_states_its_law_its_remedy_and_its_words_in_every_language() -> None:
    for kind in KINDS.values():
        assert kind.source
        assert kind.remedy
        assert kind.bars <= set(NATURES)
        assert set(kind.words) == set(LANGUAGES)
        assert len(set(kind.words.values())) == len(LANGUAGES)


def test_a_kind_that_nobody_knows_bars_dealings_and_nothing_else() -> None:
    unknown = Restriction(kind="moon-dust")
    assert [n for n in NATURES if bars(unknown, n)] == ["transfer", "division", "charge"]
    assert barred(on_the_khata(unknown).units.values(), "transfer") == [f"{people.KHATA}: moon-dust"]


def test_a_stay_bars_the_states_own_acts_too_and_no_entry_that_warns_or_lifts() -> None:
    barred_by_stay = {n for n in NATURES if bars(Restriction(kind="stay"), n)}
    assert barred_by_stay == {"transfer", "division", "charge", "succession", "authority"}


def test_a_pending_suit_warns_and_bars_nothing() -> None:
    assert allowed("sale", ASHA_SELLS, on_the_khata(Restriction(kind="lis-pendens")))


@pytest.mark.parametrize("kind", [k for k in KINDS.values() if k.lifted_by and "transfer" in k.bars])
def test_a_bar_is_lifted_by_its_own_permission_and_by_no_other(kind: object) -> None:
    name, lifting = kind.name, kind.lifted_by  # type: ignore[attr-defined]
    record = on_the_khata(Restriction(kind=name))
    assert not allowed("sale", ASHA_SELLS, record)
    assert not allowed("sale", replace(ASHA_SELLS, permissions=(permission("a-letter"),)), record)
    assert allowed("sale", replace(ASHA_SELLS, permissions=(permission(lifting),)), record)


def test_a_tenure_bars_what_it_bars_whether_or_not_an_older_record_noted_it() -> None:
    class_2 = replace(people.SISTERS.units[people.KHATA], tenure="occupant-class-2")
    record, law = people.SISTERS.with_states(class_2), law_of("mh", DAY)
    with pytest.raises(Refused, match="collector-permission lifts it"):
        catalogue.mutation("sale").decide(ASHA_SELLS, record, law)
    permitted = replace(ASHA_SELLS, permissions=(permission("collector-permission"),))
    assert catalogue.mutation("sale").decide(permitted, record, law).unit == people.KHATA


def test_a_permission_serves_one_act_and_the_restriction_stays() -> None:
    record = on_the_khata(Restriction(kind="tribal-land"))
    mutation = catalogue.mutation("sale")
    permitted = replace(ASHA_SELLS, permissions=(permission("collector-sanction"),))
    event = mutation.decide(permitted, record, law_of("generic", DAY))
    after = record.with_states(*mutation.apply(event, record).values())
    assert not allowed("sale", replace(RAVINA_SELLS, buyers=ASHA_SELLS.buyers), after)


def test_a_restriction_on_one_holder_leaves_the_other_free() -> None:
    record = on_the_khata(Restriction(kind="tribal-land", on=ASHA))
    assert not allowed("sale", ASHA_SELLS, record)
    assert allowed("sale", RAVINA_SELLS, record)


@pytest.mark.parametrize("kind", sorted(OPEN_TO_CREDIT))
def test_the_law_leaves_a_mortgage_to_a_bank_free_and_neither_a_sale_nor_a_moneylender(kind: str) -> None:
    record = on_the_khata(Restriction(kind=kind))
    assert allowed("charge-created", MORTGAGE, record)
    private = replace(MORTGAGE, loan=replace(LOAN, lender_kind="private"))
    assert not allowed("charge-created", private, record)
    assert not allowed("sale", ASHA_SELLS, record)


def test_a_hold_lets_through_only_who_brings_its_certificate() -> None:
    record = under_holds(Hold(until=date(2026, 12, 20), details=CERTIFICATE.commitment))
    assert not allowed("sale", ASHA_SELLS, record)
    assert not allowed("charge-created", MORTGAGE, record)
    assert not allowed("sale", replace(ASHA_SELLS, permissions=(OTHER_CERTIFICATE,)), record)
    assert allowed("sale", replace(ASHA_SELLS, permissions=(CERTIFICATE,)), record)


def test_a_hold_binds_on_its_last_day_and_not_on_the_next() -> None:
    record = under_holds(Hold(until=date(2026, 12, 20), details=CERTIFICATE.commitment))
    assert not allowed("sale", ASHA_SELLS, record, day=date(2026, 12, 20))
    assert allowed("sale", ASHA_SELLS, record, day=date(2026, 12, 21))


def test_holds_queue_in_the_order_of_the_log() -> None:
    first = Hold(until=date(2026, 12, 1), details=CERTIFICATE.commitment)
    second = Hold(until=date(2026, 12, 20), details=OTHER_CERTIFICATE.commitment)
    record = under_holds(first, second)
    by_first = replace(ASHA_SELLS, permissions=(CERTIFICATE,))
    by_second = replace(ASHA_SELLS, permissions=(OTHER_CERTIFICATE,))
    assert allowed("sale", by_first, record)
    assert not allowed("sale", by_second, record)
    assert allowed("sale", by_second, record, day=date(2026, 12, 2))


@pytest.mark.parametrize("name", ["stay-imposed", "acquisition", "court-decree", "conversion", "hold-placed"])
def test_a_hold_keeps_out_neither_the_court_nor_the_state_nor_the_next_in_the_queue(name: str) -> None:
    hold = Hold(until=date(2026, 12, 20), details=OTHER_CERTIFICATE.commitment)
    example = next(e for e in catalogue.mutation(name).module.EXAMPLES if not e.refused)
    unit = example.given.units[people.KHATA]
    record = example.given.with_states(replace(unit, holds=(*unit.holds, hold)))
    assert allowed(name, example.when, record, example.day)


def test_a_hold_is_kept_for_the_days_of_the_law_and_no_longer() -> None:
    application, law = hold_placed.EXAMPLES[0].when, law_of("generic", DAY)
    last = calendar_of("generic").end(DAY, int(law.figure("priority-hold-days").value), "working")
    kept = [
        hold_placed.it_ends_in_time.finding(replace(application, until=day), people.SISTERS, law) is None
        for day in (DAY - timedelta(1), DAY, last, last + timedelta(1))
    ]
    assert kept == [False, True, True, False]


def test_what_lies_on_a_parcel_is_removed_from_each_child_by_name() -> None:
    """A division copies the entry; an order that forgets a child is told so."""
    record = restricted("prohibited-list", COLLECTORS_ORDER.commitment)
    field = record.parcels[people.FIELD]
    child = replace(field, id=people.GARDEN, predecessors=(field.id,))
    both = record.with_states(child)
    order = restriction_removed.Application(
        land=Land(parcels=(people.FIELD, people.GARDEN)),
        kind=Code("prohibited-list"),
        entry=entry(COLLECTORS_ORDER),
        order=LATER_ORDER,
    )
    mutation = catalogue.mutation("restriction-removed")
    after = mutation.apply(mutation.decide(order, both, law_of("generic", DAY)), both)
    assert [s.restrictions for s in after.values() if isinstance(s, Parcel)] == [(), ()]


def test_acts_that_change_class_or_holder_without_a_deed_are_signed_by_two() -> None:
    two = {
        "acquisition",
        "grant",
        "resumption",
        "conversion",
        "tenure-change",
        "court-decree",
        "restriction-removed",
    }
    assert {name for name in two if catalogue.mutation(name).signatures_needed(people.SISTERS) == 2} == two
