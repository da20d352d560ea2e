"""The course of a case: its steps, their refusals, and what the clock does with it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from domain.case import Act, Case, Lane, filed
from domain.case_carry import Carrying, carry
from domain.case_clock import awaited, next_due, wakes
from domain.case_rules import possible, roles_for, take
from domain.case_steps import (
    REASONS,
    STATUSES,
    STEPS,
    SYSTEM,
    clock_may_decide,
    step_of,
    step_words,
)
from domain.errors import Refused
from domain.ids import CaseNo, VillageCode
from domain.languages import LANGUAGES
from domain.law import law_of, state_of
from domain.signing import roles_ever

pytestmark = pytest.mark.quick

KHATA = "999101-U000045"
KA = "29/583/5551"
MONDAY = date(2026, 11, 2)


def sale(*, office: str = "99/901/9001", lane: Lane = "officer", day: date = MONDAY) -> Case:
    return filed(
        case_no=CaseNo("999101-C000012"),
        mutation="sale",
        village=VillageCode("999101"),
        office=office,
        touches=(KHATA,),
        officer="COUNTER-7",
        application="x" * 43 + "=",
        applicant="y" * 43 + "=",
        law=law_of(state_of(office), day),
        lane=lane,
    )


def step(case: Case, name: str, day: date, officer: str = "", **more: object) -> Case:
    """The case after a step by whoever may take it, unless a test names another."""
    law = law_of(state_of(case.office), day)
    able = roles_for(case, step_of(name), law)
    given = {"roles": frozenset(able - {SYSTEM}) or able, "reason": "other", **more}
    if not step_of(name).needs_reason and "reason" not in more:
        given["reason"] = None
    officer = officer or f"{name.upper()}-1"
    return take(case, Act(type=f"case.{name}/1", officer=officer, day=day, **given), law)  # type: ignore[arg-type]


def noticed(case: Case, day: date = MONDAY) -> Case:
    for name in ("registered", "prechecked", "notice-issued"):
        case = step(case, name, day)
    return case


def heard(case: Case, day: date) -> Case:
    case = step(case, "objected", day)
    case = step(case, "hearing-set", day, "TAHSILDAR", until=day + timedelta(10))
    return step(case, "reserved", day + timedelta(10), "TAHSILDAR")


def carried(case: Case, day: date, officer: str = "TAHSILDAR", **more: object) -> Case:
    given = {"mutation": case.type, "by_clock": False, "names": frozenset({KHATA}), "as_filed": True, **more}
    carrying = Carrying(case=case, officers=(officer,), **given)  # type: ignore[arg-type]
    return carry(carrying, law_of(state_of(case.office), day))


def rules_of(refusal: pytest.ExceptionInfo[Refused]) -> set[str]:
    return {f.rule for f in refusal.value.findings}


def test_a_case_is_due_after_the_state_s_days_and_held_by_whoever_enters_it() -> None:
    case = sale()
    assert (case.due, case.warn_on, case.with_) == (
        date(2026, 12, 17),
        date(2026, 12, 12),
        "99/901/9001/reader",
    )
    assert sale(office=KA).due == date(2026, 11, 17)  # 15 days in Karnataka


def test_a_case_survives_its_document() -> None:
    case = heard(noticed(sale()), date(2026, 11, 9))
    assert Case.of(case.doc()) == case


def test_a_notice_runs_for_the_state_s_days_and_no_fewer() -> None:
    assert noticed(sale()).notice_until == date(2026, 11, 17)
    assert noticed(sale(office=KA)).notice_until == date(2026, 11, 9)
    prechecked = step(step(sale(), "registered", MONDAY), "prechecked", MONDAY)
    with pytest.raises(Refused, match="notice-days-registered: not before 2026-11-17"):
        step(prechecked, "notice-issued", MONDAY, until=date(2026, 11, 16))


def test_a_notice_that_ran_out_unopposed_lets_the_record_change() -> None:
    case = step(noticed(sale()), "unopposed", date(2026, 11, 18))
    assert carried(case, date(2026, 11, 18)).status == "carried"


def test_the_last_day_of_a_notice_still_belongs_to_those_who_object() -> None:
    case = noticed(sale())
    with pytest.raises(Refused, match="it runs until 2026-11-17"):
        step(case, "unopposed", date(2026, 11, 17))
    assert step(case, "objected", date(2026, 11, 17)).status == "objected"
    with pytest.raises(Refused) as refusal:
        step(case, "objected", date(2026, 11, 18))
    assert rules_of(refusal) == {"objection-is-in-time"}


def test_an_objection_moves_the_case_to_a_hearing_and_out_of_the_clock_s_lane() -> None:
    case = step(noticed(sale(office=KA, lane="auto")), "objected", date(2026, 11, 9))
    assert (case.lane, case.objections, case.with_) == ("officer", 1, f"{KA}/tahsildar")
    assert case.due == date(2027, 2, 1)  # 90 days, the last of them a Sunday
    with pytest.raises(Refused) as refusal:
        carried(case, date(2027, 1, 1))
    assert "order-is-certified" in rules_of(refusal)


def test_nobody_enters_verifies_and_decides_the_same_case() -> None:
    case = noticed(sale())
    reserved = heard(case, date(2026, 11, 9))
    for officer in ("COUNTER-7", "REGISTERED-1", "PRECHECKED-1"):
        for name in ("allowed", "refused"):
            with pytest.raises(Refused) as refusal:
                step(reserved, name, date(2026, 11, 20), officer)
            assert rules_of(refusal) == {"another-person-acts"}
        with pytest.raises(Refused) as refusal:
            carried(step(case, "unopposed", date(2026, 11, 18)), date(2026, 11, 18), officer)
        assert rules_of(refusal) == {"another-person-carries"}
    with pytest.raises(Refused, match="REGISTERED-1 entered it"):
        step(step(sale(), "registered", MONDAY), "prechecked", MONDAY, "REGISTERED-1")


def test_a_step_out_of_place_by_the_wrong_role_without_a_reason_is_told_all_three() -> None:
    act = Act(type="case.refused/1", officer="L-1", roles=frozenset({"lekhpal"}), day=MONDAY)
    with pytest.raises(Refused) as refusal:
        take(sale(), act, law_of("generic", MONDAY))
    assert rules_of(refusal) == {"step-fits-the-case", "role-takes-the-step", "reason-is-given"}


def test_a_step_that_nobody_knows_is_told_those_that_are() -> None:
    with pytest.raises(Refused, match="hearing-set"):
        step_of("sanctioned")


def test_a_dealing_that_must_be_noticed_cannot_slip_through_as_one_that_need_not() -> None:
    prechecked = step(step(sale(), "registered", MONDAY), "prechecked", MONDAY)
    with pytest.raises(Refused) as refusal:
        step(prechecked, "notice-not-needed", MONDAY)
    assert rules_of(refusal) == {"step-fits-the-notice"}


def test_a_fee_is_paid_before_the_case_is_registered() -> None:
    case = replace(sale(), fee_paise=10_000)
    with pytest.raises(Refused, match="10000 paise"):
        step(case, "registered", MONDAY)
    paid = step(case, "fee-paid", MONDAY, paid_paise=10_000)
    assert step(paid, "registered", MONDAY).status == "registered"


@pytest.mark.parametrize("paid", [None, 0, 9_999])
def test_a_fee_is_paid_in_full(paid: int | None) -> None:
    with pytest.raises(Refused) as refusal:
        step(replace(sale(), fee_paise=10_000), "fee-paid", MONDAY, paid_paise=paid)
    assert rules_of(refusal) == {"fee-is-paid-in-full"}


def test_no_other_step_takes_money() -> None:
    with pytest.raises(Refused) as refusal:
        step(sale(), "registered", MONDAY, paid_paise=1)
    assert rules_of(refusal) == {"fee-is-paid-in-full"}


def test_in_uttar_pradesh_the_tahsildar_hears_disputes_and_in_maharashtra_the_circle_officer_does_not() -> (
    None
):
    up, mh = sale(office="9/146/832"), sale(office="27/490/4201")
    for case in (up, mh):
        disputed = replace(case, status="objected", objections=1)
        law = law_of(state_of(case.office), MONDAY)
        able = roles_for(disputed, step_of("hearing-set"), law)
        assert "tahsildar" in able
        assert "revenue-inspector" not in able
    assert "commissioner" in roles_for(replace(up, appeals=2), step_of("remanded"), law_of("up", MONDAY))


def test_while_the_days_stand_still_nothing_runs_out_and_they_are_added_when_they_run_again() -> None:
    case = step(noticed(sale()), "paused", date(2026, 11, 5), reason="court-order")
    assert wakes(case) is None
    with pytest.raises(Refused) as refusal:
        step(case, "unopposed", date(2026, 11, 30))
    assert "days-run-or-stand" in rules_of(refusal)
    again = step(case, "resumed", date(2026, 11, 25))
    assert (again.paused_days, again.due) == (20, date(2027, 1, 6))


def test_what_was_returned_is_cured_in_its_days_or_lapses_and_a_lapse_is_appealable() -> None:
    returned = step(sale(), "returned", date(2026, 11, 4), reason="papers-missing")
    assert (returned.cure_until, returned.due) == (date(2026, 11, 19), None)
    cured = step(returned, "cured", date(2026, 11, 10))
    assert (cured.status, cured.counted_from, cured.due) == (
        "filed",
        date(2026, 11, 10),
        date(2026, 12, 28),  # the 25th is Christmas, the 26th a fourth Saturday
    )
    with pytest.raises(Refused):
        step(returned, "lapsed", date(2026, 11, 19))
    lapsed = step(returned, "lapsed", date(2026, 11, 20))
    assert step(lapsed, "appealed", date(2026, 11, 21)).status == "appealed"


def test_an_appeal_out_of_time_needs_a_reason_that_excuses_the_delay() -> None:
    refused = step(heard(noticed(sale()), date(2026, 11, 9)), "refused", date(2026, 11, 20), "TAHSILDAR")
    assert refused.appeal_until == date(2026, 12, 21)
    late = date(2027, 1, 4)
    with pytest.raises(Refused, match="they ended on 2026-12-21"):
        step(refused, "appealed", late, reason="on-the-merits")
    assert step(refused, "appealed", late, reason="hardship").status == "appealed"


def test_nobody_hears_the_appeal_from_an_order_of_his_own() -> None:
    refused = step(heard(noticed(sale()), date(2026, 11, 9)), "refused", date(2026, 11, 20), "TAHSILDAR")
    appealed = step(refused, "appealed", date(2026, 11, 23))
    with pytest.raises(Refused) as refusal:
        step(appealed, "appeal-dismissed", date(2026, 11, 30), "TAHSILDAR")
    assert rules_of(refusal) == {"appeal-is-heard-by-another"}


def test_a_remand_starts_the_days_anew_and_the_case_can_be_allowed_and_carried() -> None:
    refused = step(heard(noticed(sale()), date(2026, 11, 9)), "refused", date(2026, 11, 20), "TAHSILDAR")
    appealed = step(refused, "appealed", date(2026, 11, 23))
    remanded = step(appealed, "remanded", date(2026, 12, 1), until=date(2026, 12, 15))
    assert (remanded.status, remanded.appeals, remanded.counted_from) == ("hearing", 0, date(2026, 12, 1))
    allowed = step(remanded, "allowed", date(2026, 12, 15), "TAHSILDAR")
    certified = step(allowed, "certified", date(2026, 12, 15), "TAHSILDAR")
    assert carried(certified, date(2026, 12, 16), as_filed=False).carried == 1


def test_an_entry_that_stands_is_affirmed_or_undone_never_refused() -> None:
    done = carried(step(noticed(sale()), "unopposed", date(2026, 11, 18)), date(2026, 11, 18))
    appealed = step(done, "appealed", date(2026, 11, 23))
    heard_again = step(appealed, "remanded", date(2026, 12, 1), until=date(2026, 12, 15))
    with pytest.raises(Refused) as refusal:
        step(heard_again, "refused", date(2026, 12, 15), "TAHSILDAR")
    assert rules_of(refusal) == {"standing-entry-is-not-refused"}
    assert step(heard_again, "affirmed", date(2026, 12, 15), "TAHSILDAR").status == "communicated"
    allowed = step(heard_again, "allowed", date(2026, 12, 15), "TAHSILDAR")
    certified = step(allowed, "certified", date(2026, 12, 15), "TAHSILDAR")
    undone = carried(certified, date(2026, 12, 16), mutation="mutation.correction/1", as_filed=False)
    assert undone.carried == 2


def test_what_is_carried_is_what_the_notice_said() -> None:
    case = step(noticed(sale()), "unopposed", date(2026, 11, 18))
    with pytest.raises(Refused) as refusal:
        carried(
            case,
            date(2026, 11, 18),
            mutation="mutation.gift/1",
            names=frozenset({"999101-U000046"}),
            as_filed=False,
        )
    assert rules_of(refusal) == {
        "kind-is-that-of-the-case",
        "land-is-that-of-the-case",
        "unopposed-is-as-filed",
    }


def test_the_clock_signs_in_karnataka_and_not_in_uttar_pradesh() -> None:
    for office, allowed in ((KA, True), ("9/146/832", False)):
        case = step(noticed(sale(office=office, lane="auto")), "unopposed", date(2026, 12, 15))
        if allowed:
            assert carried(case, date(2026, 12, 15), "CLOCK", by_clock=True).status == "carried"
        else:
            with pytest.raises(Refused, match="auto-lane"):
                carried(case, date(2026, 12, 15), "CLOCK", by_clock=True)


def test_what_needs_a_hearing_a_visit_or_two_officers_is_not_left_to_the_clock() -> None:
    assert clock_may_decide("mutation.sale/1")
    assert not clock_may_decide("mutation.import/1")
    assert not clock_may_decide("mutation.partition/1")


def test_the_clock_takes_what_fell_due_first_and_warns_before_the_breach_or_not_at_all() -> None:
    case = noticed(sale())
    assert next_due(case, date(2026, 11, 17)) is None
    assert next_due(case, date(2026, 11, 18)) == (due := next(awaited(case)))
    assert due.deed == "unopposed"
    waiting = step(case, "unopposed", date(2026, 11, 18))
    assert wakes(waiting) == waiting.warn_on
    warning = next_due(waiting, date(2026, 12, 12))
    assert warning is not None
    assert warning.deed == "warned"
    late = next_due(waiting, date(2027, 1, 30))
    assert late is not None
    assert (late.deed, late.day) == ("breached", date(2026, 12, 18))
    breached = step(waiting, "breached", date(2027, 1, 30))
    assert next_due(breached, date(2027, 3, 1)) is None


def test_the_clock_says_nothing_untrue_of_a_day() -> None:
    waiting = noticed(sale())
    with pytest.raises(Refused):
        step(waiting, "breached", waiting.due or MONDAY)
    with pytest.raises(Refused):
        step(waiting, "warned", date(2026, 12, 11))


def test_the_clock_forwards_what_an_officer_must_see() -> None:
    case = sale(office=KA, lane="auto")
    assert case.with_ == f"{KA}/system"
    forwarded = step(
        case, "forwarded", MONDAY, "CLOCK", roles=frozenset({SYSTEM}), reason="rules-do-not-hold"
    )
    assert (forwarded.lane, forwarded.with_) == ("officer", f"{KA}/reader")
    with pytest.raises(Refused) as refusal:
        step(forwarded, "registered", MONDAY, "CLOCK", roles=frozenset({SYSTEM}))
    assert rules_of(refusal) == {"clock-keeps-to-its-lane"}


def test_every_step_and_every_reason_has_words_in_every_language_and_a_role_that_takes_it() -> None:
    for named in (*STEPS.values(),):
        assert set(LANGUAGES) <= set(named.words), named.name
        assert roles_ever(named.type), named.name
        assert named.before <= set(STATUSES)
    assert all(set(LANGUAGES) <= set(words) for words in REASONS.values())
    assert step_words("case.filed/1", "mr") == "दाखल"
    assert "registered" in possible(sale(), law_of("generic", MONDAY))
