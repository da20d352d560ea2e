"""The course of a case: every path through the table, and the refusals of its steps."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import get_args

import pytest

from domain.case import MAY_CARRY, OPEN, STEPS, Act, Case, Status, carried, take
from domain.days import Calendar, calendar_of
from domain.errors import Refused
from domain.ids import CaseNo, VillageCode

pytestmark = pytest.mark.quick

FILED = Case(
    id=CaseNo("999101-C000012"),
    status="filed",
    type="mutation.sale/1",
    village=VillageCode("999101"),
    office="99/901/9001",
    touches=("999101-000101", "999101-U000045"),
    filed=date(2026, 11, 2),
    due=date(2026, 12, 17),
    with_="99/901/9001/reader",
)
ENDS: set[str] = {
    "communicated",
    "withdrawn",
    "abated",
    "appeal-dismissed",
    "refused",
    "dismissed-in-default",
}


def _reached(start: str, avoiding: set[str] = frozenset()) -> set[str]:  # type: ignore[assignment]
    """The statuses that can be reached from ``start`` by steps, and by carrying where that is allowed."""
    seen, todo = {start}, [start]
    while todo:
        here = todo.pop()
        for there in _next(here):
            if there not in seen and there not in avoiding:
                seen.add(there)
                todo.append(there)
    return seen


def _next(status: str) -> Iterator[str]:
    yield from (s.after for s in STEPS.values() if status in s.before)
    if status in MAY_CARRY:
        yield "carried"


def test_every_status_is_reached_and_every_step_is_of_use() -> None:
    assert _reached("filed") == set(get_args(Status))
    assert all(s.before <= set(get_args(Status)) for s in STEPS.values())


def test_no_path_changes_the_record_without_a_certified_order_or_an_expired_notice() -> None:
    assert "carried" not in _reached("filed", avoiding={"certified", "unopposed"})
    assert "certified" not in _reached("filed", avoiding={"allowed", "appeal-allowed"})
    assert "carried" not in {s.after for s in STEPS.values()}  # only `carried()` leads there


def test_every_refusal_can_be_appealed() -> None:
    for ended in ("refused", "dismissed-in-default"):
        assert "appealed" in set(_next(ended))
    assert "appealed" in set(_next("carried"))


@pytest.mark.parametrize("status", get_args(Status))
def test_no_case_gets_stuck(status: str) -> None:
    assert _reached(status) & ENDS
    if status in OPEN:
        assert list(_next(status))


def _act(name: str, **more: object) -> Act:
    step = STEPS[f"case.{name}/1"]
    given = {"officer": "UP-1", "role": step.by[0], "day": date(2026, 11, 3), **more}
    return Act(type=step.type, **given)  # type: ignore[arg-type]


def _through(case: Case, *acts: Act) -> Case:
    for act in acts:
        case = take(case, act)
    return case


def _noticed() -> Case:
    return _through(
        FILED,
        _act("registered", officer="UP-READER"),
        _act("prechecked", officer="UP-LEKHPAL"),
        _act("notice-issued", until=date(2026, 11, 18)),
    )


def test_a_notice_that_ran_out_unopposed_lets_the_record_change() -> None:
    unopposed = take(_noticed(), _act("unopposed", day=date(2026, 11, 19)))
    assert carried(unopposed, officer="SYSTEM", day=date(2026, 11, 19)).status == "carried"


def test_the_last_day_of_a_notice_still_belongs_to_those_who_object() -> None:
    with pytest.raises(Refused, match="it runs until 2026-11-18"):
        take(_noticed(), _act("unopposed", day=date(2026, 11, 18)))


def test_an_objection_moves_the_case_to_a_hearing() -> None:
    case = _through(
        _noticed(),
        _act("objected"),
        _act("hearing-set", until=date(2026, 12, 1)),
    )
    assert (case.status, case.objections, case.next_day) == ("hearing", 1, date(2026, 12, 1))
    with pytest.raises(Refused):
        carried(case, officer="SYSTEM", day=date(2027, 1, 1))


def test_nobody_enters_verifies_and_decides_the_same_case() -> None:
    reserved = _through(
        _noticed(), _act("objected"), _act("hearing-set", until=date(2026, 12, 1)), _act("reserved")
    )
    for officer in ("UP-READER", "UP-LEKHPAL"):
        with pytest.raises(Refused) as refusal:
            take(reserved, _act("allowed", officer=officer))
        assert [f.rule for f in refusal.value.findings] == ["another-person-decides"]


def test_a_step_out_of_turn_by_the_wrong_role_without_a_reason_is_told_all_three() -> None:
    with pytest.raises(Refused) as refusal:
        take(FILED, _act("refused", role="lekhpal"))
    assert {f.rule for f in refusal.value.findings} == {
        "step-fits-the-case",
        "role-takes-the-step",
        "reason-is-given",
    }


def test_a_case_survives_its_document() -> None:
    assert Case.of(_noticed().doc()) == _noticed()


def test_republic_day_is_no_working_day_in_any_state() -> None:
    assert not calendar_of("ap").is_working(date(2027, 1, 26))


def test_working_days_leave_out_sundays_and_second_and_fourth_saturdays() -> None:
    calendar = Calendar("generic", frozenset())
    assert calendar.end(date(2026, 11, 12), 2, "working") == date(
        2026, 11, 16
    )  # the 14th is a second Saturday
