"""Civil days: when a period ends, what a working day is, and how much of a period has run."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import law
from domain.days import Calendar, calendar_of
from domain.errors import BadInput
from domain.states import table

pytestmark = pytest.mark.quick

BARE = Calendar("generic", frozenset())
DAYS = st.dates(date(2000, 1, 1), date(2060, 12, 31))


@pytest.mark.parametrize("state", law.states())
def test_national_holidays_are_closed_in_every_state_in_every_year(state: str) -> None:
    calendar = calendar_of(state)
    for year in (1996, 2016, 2026, 2051):
        for day in (date(year, 1, 26), date(year, 8, 15), date(year, 10, 2)):
            assert not calendar.is_working(day)


def test_second_and_fourth_saturdays_are_closed_the_others_are_not() -> None:
    saturdays = [date(2026, 11, d) for d in (7, 14, 21, 28)]
    assert [BARE.is_working(d) for d in saturdays] == [True, False, True, False]
    always_open = Calendar("generic", frozenset(), closed_saturdays=frozenset())
    assert all(always_open.is_working(d) for d in saturdays)


def test_a_period_starts_on_the_day_after_and_skips_a_closed_last_day() -> None:
    assert BARE.end(date(2026, 11, 2), 1) == date(2026, 11, 3)
    assert BARE.end(date(2026, 11, 2), 20) == date(2026, 11, 23)  # the 22nd is a Sunday
    assert calendar_of("up").end(date(2027, 1, 11), 15) == date(2027, 1, 27)  # Republic Day


def test_a_period_of_no_days_ends_the_same_day_if_the_office_is_open() -> None:
    assert BARE.end(date(2026, 11, 20), 0) == date(2026, 11, 20)
    assert BARE.end(date(2026, 11, 22), 0) == date(2026, 11, 23)


def test_months_end_on_the_same_day_or_the_last_of_the_month() -> None:
    assert BARE.end_of_months(date(2026, 3, 2), 3) == date(2026, 6, 2)
    assert BARE.end_of_months(date(2027, 11, 30), 3) == date(2028, 2, 29)
    assert BARE.end_of_months(date(2026, 12, 31), 2) == date(2027, 3, 1)  # 28 February is a Sunday


@pytest.mark.parametrize("days", [-1, 3_661])
def test_a_period_that_no_law_sets_is_a_fault_of_the_data(days: int) -> None:
    with pytest.raises(ValueError, match="a period of"):
        BARE.end(date(2026, 11, 2), days)


def test_an_unknown_state_has_no_calendar() -> None:
    with pytest.raises(BadInput, match="the law of state 'xx' is not known here"):
        calendar_of("xx")


@given(DAYS, st.integers(0, 400), st.sampled_from(["calendar", "working"]))
def test_a_period_ends_on_a_working_day_and_never_early(start: date, days: int, counting: str) -> None:
    calendar = calendar_of("ka")
    end = calendar.end(start, days, counting)  # type: ignore[arg-type]  # one of the two that are sampled
    assert end >= start + timedelta(days)
    if days:
        assert calendar.is_working(end)
        assert calendar.run(start, end, counting) >= days  # type: ignore[arg-type]
        assert calendar.run(start, end - timedelta(1), "working") < max(days, 1)


@given(DAYS, st.integers(0, 120))
def test_working_days_run_one_by_one(start: date, days: int) -> None:
    calendar = calendar_of("mh")
    assert calendar.run(start, calendar.end(start, days, "working"), "working") == days


@pytest.mark.parametrize("state", law.states())
def test_each_holiday_has_its_name_its_source_and_whether_it_was_read(state: str) -> None:
    rows = [
        row for kind in ("every-year", "holiday", "list") for row in table(state, "holidays").get(kind, [])
    ]
    assert [row for row in rows if len(row["source"]) < 12 or not isinstance(row["confirmed"], bool)] == []
    days = [row["day"] for row in table(state, "holidays").get("holiday", [])]
    assert len(days) == len(set(days))
    listed = {row["year"] for row in table("generic", "holidays")["list"]}
    assert {day.year for day in days} <= listed


def test_what_ends_at_christmas_ends_on_the_next_working_day() -> None:
    assert calendar_of("ka").end(date(2026, 12, 10), 15) == date(
        2026, 12, 28
    )  # a Friday; a fourth Saturday; a Sunday
