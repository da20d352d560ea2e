"""Cases as read: given events, then where the file is, when the clock looks at it, and how the promises are kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from domain.canon import Json
from domain.case import Act, Case, filed
from domain.case_carry import with_mark
from domain.case_effect import case_changes
from domain.case_rules import roles_for, take
from domain.case_steps import SYSTEM, step_of
from domain.ids import CaseNo, UnitId, village_of
from domain.law import law_of
from domain.record import Unit
from projections.cases import measures
from projections.runner import Runner
from tests.projections.support import ASHA, OFFICE, FakeLog, old_parcel, old_unit, publish, registration

MONDAY = date(2026, 11, 23)
KHATA = UnitId("999101-U000001")


class CaseLog:
    """A log with one khata, and cases about it that are filed and stepped on by hand."""

    def __init__(self, log: FakeLog, dsn: str) -> None:
        self._log, self._dsn = log, dsn
        log.order("import", registration([old_unit(1, "1", {ASHA: None})], [old_parcel(1, "1", 0, None)]))
        self.cases: dict[str, Case] = {}

    def file(self, number: int, day: date = MONDAY, *, lane: str = "officer") -> Case:
        case = filed(
            case_no=CaseNo(f"999101-C{number:06d}"),
            mutation="sale",
            village=village_of(KHATA),
            office=OFFICE,
            touches=(KHATA,),
            officer="COUNTER",
            application="x" * 43 + "=",
            applicant="y" * 43 + "=",
            law=law_of("generic", day),
            lane=lane,  # type: ignore[arg-type]
        )
        unit = Unit.of(self._log.states[KHATA])
        marked = [p.doc() for p in with_mark(unit, case.id).pending]
        self._lay(
            "case.filed/1", case, None, day, {KHATA: {"pending": list[Json](marked)}}, {"mutation": case.type}
        )
        return case

    def step(self, number: int, name: str, day: date, **facts: Json) -> Case:
        before = self.cases[f"999101-C{number:06d}"]
        step, law = step_of(name), law_of("generic", day)
        able = roles_for(before, step, law)
        act = Act(
            type=step.type,
            officer=f"{name.upper()}-1",
            roles=frozenset(able - {SYSTEM}) or able,
            day=day,
            reason="other" if step.needs_reason else None,
        )
        after = take(before, act, law)
        self._lay(step.type, after, before, day, {}, facts)
        return after

    def _lay(
        self, kind: str, after: Case, before: Case | None, day: date, land: dict[str, Any], facts: Json
    ) -> None:
        self._log.lay(
            kind,
            set_={**land, after.id: case_changes(before, after)},
            facts=facts,
            case=after.id,
            day=day,
        )
        self.cases[after.id] = after

    def publish(self) -> None:
        publish(self._dsn, self._log.size)


@pytest.fixture
def cases(log: FakeLog, database: Any) -> CaseLog:
    return CaseLog(log, database.dsn)


FILE = "select status, holder, due, notice_until, wake, open, filed_index from records.case_file where case_no = %s"


def test_a_file_stands_where_its_last_step_left_it_and_keeps_its_place_in_the_queue(
    cases: CaseLog, runner: Runner, ask: Any
) -> None:
    case = cases.file(1)
    cases.publish()
    runner.run_once()
    [before] = ask(FILE, case.id)
    for name in ("registered", "prechecked", "notice-issued"):
        cases.step(1, name, MONDAY)
    cases.publish()
    runner.run_once()
    [after] = ask(FILE, case.id)
    assert after[:6] == (
        "notice-issued",
        f"{OFFICE}/reader",
        date(2027, 1, 7),
        date(2026, 12, 8),
        date(2026, 12, 9),
        True,
    )
    assert after[6] == before[6]


def test_the_clock_is_woken_on_the_first_day_that_matters_and_never_for_a_file_at_rest(
    cases: CaseLog, runner: Runner, ask: Any
) -> None:
    cases.file(1)
    cases.file(2, lane="auto")
    cases.file(3)
    cases.step(3, "withdrawn", MONDAY)
    cases.publish()
    runner.run_once()
    assert ask("select wake from records.case_file order by case_no") == [
        (date(2027, 1, 2),),
        (MONDAY,),
        (None,),
    ]


def test_every_step_is_listed_with_its_reason_its_officer_and_the_day_it_fell_due(
    cases: CaseLog, runner: Runner, ask: Any
) -> None:
    cases.file(1)
    cases.step(1, "returned", MONDAY, reason="papers-missing")
    cases.step(1, "lapsed", MONDAY + timedelta(30), fell_due="2026-12-09")
    cases.publish()
    runner.run_once()
    steps = ask(
        "select type, officer, decided, reason, fell_due from records.case_step where case_no = %s order by idx",
        "999101-C000001",
    )
    assert [(kind, reason, due) for kind, _, _, reason, due in steps] == [
        ("case.filed/1", None, None),
        ("case.returned/1", "papers-missing", None),
        ("case.lapsed/1", None, date(2026, 12, 9)),
    ]
    assert steps[2][2] == MONDAY + timedelta(30)


LEVEL = "select waiting, overdue, kept, broken, days from records.service_level"


def test_service_levels_move_with_each_page_and_are_the_same_after_a_rebuild(
    cases: CaseLog, runner: Runner, ask: Any
) -> None:
    for number in (1, 2, 3):
        cases.file(number)
        cases.publish()
        runner.run_once()
    assert ask(LEVEL) == [(3, 0, 0, 0, 0)]
    for name in ("registered", "prechecked"):
        cases.step(1, name, MONDAY)
    cases.step(1, "refused", MONDAY + timedelta(9))
    cases.step(2, "breached", MONDAY + timedelta(60))
    cases.step(3, "withdrawn", MONDAY)
    cases.publish()
    runner.run_once()
    followed = ask(LEVEL)
    assert followed == [(1, 1, 1, 0, 9)]
    runner.rebuild()
    assert ask(LEVEL) == followed


@pytest.mark.quick
def test_a_decision_after_its_day_is_a_broken_promise_though_no_clock_said_so() -> None:
    case = filed(
        case_no=CaseNo("999101-C000001"),
        mutation="sale",
        village=village_of(KHATA),
        office=OFFICE,
        touches=(KHATA,),
        officer="COUNTER",
        application="x",
        applicant="y",
        law=law_of("generic", MONDAY),
        lane="officer",
    )
    assert case.due is not None
    assert measures(case) == {"waiting": 1, "overdue": 0}
    assert measures(replace(case, status="refused", decided=case.due))["kept"] == 1
    assert measures(replace(case, status="refused", decided=case.due + timedelta(1)))["broken"] == 1
    assert measures(replace(case, status="withdrawn", decided=case.due)) == {}


def test_the_history_of_the_land_tells_of_the_case_in_words(cases: CaseLog, runner: Runner, ask: Any) -> None:
    cases.file(1)
    cases.publish()
    runner.run_once()
    [(words, case_no)] = ask(
        "select e.words, e.case_no from records.event_of o join records.event e using (idx)"
        " where o.id = %s order by idx desc limit 1",
        KHATA,
    )
    assert (words["en"], case_no) == ("999101-C000001: Filed", "999101-C000001")
