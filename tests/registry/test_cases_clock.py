"""What the clock does, day by day: the auto lane, objections, warnings, breaches, and catching up after it was down."""

from __future__ import annotations

from datetime import date, timedelta
from typing import cast

import pytest

from api import clock, standing
from domain.errors import Refused
from domain.projection import Doc
from registry.acts import EndPosting
from registry.office import Request
from registry.officers import RoleForbids
from tests.api.world import OFFICE, unit
from tests.registry.court import MONDAY, Court

NOTICE = date(2026, 12, 8)  # the last of the 15 days that a registered dealing is noticed for, from MONDAY


def test_the_auto_lane_notices_at_once_and_carries_out_on_the_day_after_the_notice(court: Court) -> None:
    case_no = court.file(court.ashas_sale())
    court.tick_out()
    case = court.case(case_no)
    assert (case.status, case.notice_until) == ("notice-issued", NOTICE)
    court.day = NOTICE
    assert court.tick_out() == 0
    assert court.pending(unit(1)) == [case_no]
    court.day = NOTICE + timedelta(1)
    court.tick_out()
    assert court.case(case_no).status == "communicated"
    assert court.pending(unit(1)) == []
    assert [name for name, _, _ in court.steps(case_no)] == [
        "filed",
        "registered",
        "prechecked",
        "notice-issued",
        "unopposed",
        "mutation.sale",
        "communicated",
    ]
    assert {officer for _, officer, _ in court.steps(case_no)[1:]} == {standing.CLOCK}


def test_an_order_of_the_clock_names_the_rules_and_the_figures_that_fired(court: Court) -> None:
    case_no = court.file(court.ashas_sale())
    court.tick_out()
    court.later(16).tick_out()
    order = next(p for p in court.payloads(case_no) if p["type"] == "mutation.sale/1")
    auto = cast("Doc", order["auto"])
    assert "all-are-active" in cast("list[str]", auto["rules"])
    assert "unopposed-is-as-filed" in cast("list[str]", auto["rules"])
    figures = cast("list[Doc]", auto["figures"])
    assert [(f["name"], f["value"]) for f in figures] == [
        ("notice-days-registered", "15"),
        ("auto-lane", "1"),
    ]
    assert auto["notice_until"] == NOTICE.isoformat()


def test_an_objection_on_the_last_day_stops_the_clock(court: Court) -> None:
    case_no = court.file(court.ashas_sale())
    court.tick_out()
    court.day = NOTICE
    court.step(case_no, "objected", reason="title-disputed", person={"name": "Gopal"})
    court.later(30)
    court.tick_out()
    case = court.case(case_no)
    assert (case.status, case.lane, case.with_) == ("objected", "officer", f"{OFFICE}/tahsildar")
    assert court.pending(unit(1)) == [case_no]
    assert len(cast("list[Doc]", court.state(unit(1))["shares"])) == 2


def test_an_objection_on_the_day_after_comes_too_late(court: Court) -> None:
    case_no = court.file(court.ashas_sale())
    court.tick_out()
    court.day = NOTICE + timedelta(1)
    with pytest.raises(Refused, match=f"it ran until {NOTICE}"):
        court.step(case_no, "objected", reason="title-disputed")


def test_a_clock_that_was_down_for_forty_days_catches_up_in_order_and_dates_nothing_back(
    court: Court,
) -> None:
    first = court.file(court.meenas_sale())
    court.tick_out()
    court.later(3)
    second = court.file(court.ashas_sale())
    court.tick_out()
    court.later(40)
    court.tick_out()
    assert {court.case(c).status for c in (first, second)} == {"communicated"}
    with court.world.house.datastore.cursor() as cursor:
        cursor.execute(
            "select case_no, type, decided, fell_due from records.case_step"
            " where type = 'case.unopposed/1' order by idx"
        )
        unopposed = cursor.fetchall()
    assert unopposed == [
        (first, "case.unopposed/1", court.day, NOTICE + timedelta(1)),
        (second, "case.unopposed/1", court.day, date(2026, 12, 12)),
    ]
    assert all(day in (MONDAY, MONDAY + timedelta(3), court.day) for _, _, day in court.steps(second))


def test_a_clock_that_is_set_back_waits_and_dates_nothing_before_what_it_follows(court: Court) -> None:
    case_no = court.file(court.ashas_sale())

    def told() -> list[tuple[str, str]]:
        return [(str(p["type"]), str(p["decided"])) for p, _ in court.replayed() if p.get("case") == case_no]

    for days in (0, 5, 20):
        court.later(days).tick_out()
        before = told()
        assert ("case.unopposed/1" in dict(before)) == (days == 20), "the notice runs for its days"
        court.later(-30).tick_out()
        assert told() == before, "nothing falls due on a day that has been"
        court.later(30)
    decided = [day for _, day in told()]
    assert decided == sorted(decided)
    assert "mutation.sale/1" in dict(told())


def test_the_same_pass_twice_does_nothing_twice(court: Court) -> None:
    case_no = court.file(court.ashas_sale())
    house_clock = court.world.house.case_clock()
    assert house_clock is not None
    assert house_clock.run(court.day).done == 1
    again = house_clock.run(court.day)  # before the sequencer has been there
    assert (again.due, again.done) == (0, 0)
    court.world.settle()
    assert [name for name, _, _ in court.steps(case_no)] == ["filed", "registered"]


def test_an_officer_is_warned_before_the_last_day_and_the_breach_is_an_event(court: Court) -> None:
    case_no = court.file(court.ashas_sale())
    court.step(case_no, "forwarded", by="READER", reason="other")
    case = court.case(case_no)
    assert case.due is not None
    assert case.warn_on is not None
    court.day = case.warn_on - timedelta(1)
    assert court.tick_out() == 0
    court.day = case.warn_on
    court.tick_out()
    assert court.case(case_no).warned == case.warn_on
    court.day = case.due
    assert court.tick_out() == 0
    court.later(1)
    court.tick_out()
    assert court.case(case_no).breached == court.day
    assert [name for name, _, _ in court.steps(case_no)] == ["filed", "forwarded", "warned", "breached"]


def test_days_that_stand_still_break_no_promise(court: Court) -> None:
    case_no = court.file(court.ashas_sale())
    court.step(case_no, "forwarded", by="READER", reason="other")
    court.step(case_no, "paused", by="READER", reason="court-order")
    court.later(100)
    assert court.tick_out() == 0
    court.step(case_no, "resumed", by="READER")
    due = court.case(case_no).due
    assert due is not None
    assert due > court.day


def test_a_case_whose_rules_no_longer_hold_is_forwarded_and_not_carried_out(court: Court) -> None:
    sale = court.ashas_sale()
    case_no = court.file(sale)
    court.tick_out()
    court.world.record("sale", sale, day=court.day)  # Asha sells the same third by another order meanwhile
    court.later(16).tick_out()
    case = court.case(case_no)
    assert (case.status, case.lane) == ("unopposed", "officer")
    forwarded = court.payloads(case_no)[-1]
    assert forwarded["facts"] == {"reason": "rules-do-not-hold", "fell_due": court.day.isoformat()}


def test_a_second_application_for_the_same_land_waits_for_an_officer(court: Court) -> None:
    first, second = court.filed(court.ashas_sale()), court.filed(court.ashas_sale())
    assert (first.lane, second.lane) == ("auto", "officer")
    court.tick_out()
    court.later(16).tick_out()
    assert court.case(first.case_no).status == "communicated"
    assert court.case(second.case_no).status == "filed"
    assert court.pending(unit(1)) == [second.case_no]


def test_an_application_that_was_erased_is_not_carried_out_by_the_clock(court: Court) -> None:
    case_no = court.file(court.ashas_sale())
    court.tick_out()
    court.world.house.openings.erase(court.case(case_no).application)
    court.later(16).tick_out()
    assert court.case(case_no).lane == "officer"


def test_what_was_returned_and_never_cured_lapses(court: Court) -> None:
    case_no = court.file(court.ashas_sale())
    court.step(case_no, "returned", reason="papers-missing")
    court.later(40).tick_out()
    assert court.case(case_no).status == "lapsed"
    assert court.pending(unit(1)) == []


def test_the_clock_s_key_signs_nothing_outside_a_case_and_nobody_signs_as_the_clock(court: Court) -> None:
    house = court.world.house
    request = Request(
        type="sale",
        application=court.ashas_sale(),
        office=OFFICE,
        officer=standing.CLOCK,
        order_no="MR/1",
    )

    def sanction(request: Request, by: str) -> None:
        house.office.sanction(
            request,
            sign=court.sign(by),
            day=court.day,
            event_id=clock.new_event_id(),
            salt=clock.new_salt,
        )

    with pytest.raises(RoleForbids, match="signs only what falls to it in a case"):
        sanction(request, standing.CLOCK)
    case_no = court.file(court.ashas_sale())
    court.tick_out()
    court.later(16)
    court.step(case_no, "unopposed", by="READER")
    with pytest.raises(RoleForbids, match="nobody signs in its place"):
        sanction(Request(**{**vars(request), "case": case_no, "officer": "NAIB", "auto": True}), "NAIB")
    with pytest.raises(RoleForbids):
        sanction(Request(**{**vars(request), "case": case_no}), standing.CLOCK)


def test_a_clock_that_is_posted_nowhere_near_leaves_the_case_to_officers_and_goes_on(court: Court) -> None:
    court.world.perform(EndPosting(officer=standing.CLOCK, office="99/901", roles=("system",)))
    case_no = court.file(court.ashas_sale())
    assert court.tick().done == 0
    court.noticed(case_no).later(16)
    court.step(case_no, "unopposed", by="READER")
    court.order(court.ashas_sale(), case_no)
    assert court.case(case_no).status == "carried"


def test_passes_hold_few_cases_at_a_time_and_miss_none(court: Court) -> None:
    house_clock = court.world.house.case_clock()
    assert house_clock is not None
    house_clock._at_once = 1
    cases = [court.file(court.ashas_sale()), court.file(court.meenas_sale())]
    for _ in range(3):  # registered, checked, noticed
        assert house_clock.run(court.day).done == 2
        court.world.settle()
    assert court.case(cases[0]).status == "notice-issued"
    assert court.case(cases[1]).status == "notice-issued"
