"""The case machine, walked through whole: every path of acts by proper officers, by an insider, and by the clock.

States that differ only in what no rule looks at count as one, and the numbers of objections, appeals and carryings
are bounded; within these bounds nothing is left out.  What each test asks is kept beside the machine, in ``Seen``, and
not taken from what the machine says of itself.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from functools import cache

import pytest

from domain.case import Act, Case, Lane, filed
from domain.case_carry import Carrying, carry
from domain.case_clock import CARRY, next_due
from domain.case_rules import take
from domain.case_steps import CLOSED, MAY_CARRY, STATUSES, STEPS, SYSTEM
from domain.errors import Refused
from domain.ids import CaseNo, VillageCode
from domain.kit import NoticeClass
from domain.law import Law, law_of

DAY = timedelta(days=1)
LAW = law_of("ka", date(2026, 11, 2))
KHATA = "999101-U000045"
PEOPLE = {
    "COUNTER": frozenset({"counter"}),
    "CLERK": frozenset({"reader"}),
    "VERIFIER": frozenset({"revenue-inspector"}),
    "JUDGE": frozenset({"tahsildar"}),
    "ABOVE": frozenset({"sub-divisional-officer"}),
    "COLLECTOR": frozenset({"collector"}),
    "CLOCK": frozenset({SYSTEM}),
}
# Somebody with every role there is: what keeps him from doing it all alone is the machine.
INSIDER = {"INSIDER": frozenset({"counter", "reader", "lekhpal", "revenue-inspector", "tahsildar"})}
SAID_OF_DAYS = {"warned", "breached", "paused", "resumed"}
"""Steps that leave a case where it stands; they have tests of their own."""


@dataclass(frozen=True)
class Seen:
    """What has happened to a case, noted by the walk."""

    ran_out: bool = False
    """The whole notice has run and nobody has objected."""
    certified: bool = False
    objected: bool = False
    hands: frozenset[str] = frozenset({"COUNTER"})
    """The people who have filed, entered or verified it."""

    def after(self, name: str, officer: str, day: date, case: Case) -> Seen:
        match name:
            case "unopposed":
                begun = case.since  # the day of the notice, for it stands where the notice put it
                ended = day > LAW.calendar.end(begun, int(LAW.figure(f"notice-days-{case.notice}").value))
                return replace(self, ran_out=ended and not self.objected)
            case "certified":
                return replace(self, certified=True)
            case "objected":
                return replace(self, objected=True)
            case "registered" | "prechecked" if officer != "CLOCK":
                return replace(self, hands=self.hands | {officer})
            case "carry":
                return replace(self, certified=False)
            case _:
                return self


@dataclass(frozen=True)
class Moment:
    """A case on a day, with what has happened to it."""

    case: Case
    day: date
    seen: Seen = field(default=Seen())

    def then(self, name: str, officer: str, after: Case) -> Moment:
        return Moment(after, self.day, self.seen.after(name, officer, self.day, self.case))

    @property
    def key(self) -> tuple[object, ...]:
        """What the rules look at; days count by their order against today alone."""
        c, today = self.case, self.day
        return (
            c.status, c.lane, c.hands, c.decided_by, min(c.objections, 1), c.appeals, min(c.carried, 1),
            *(None if d is None else d < today for d in (c.notice_until, c.cure_until)), self.seen,
        )  # fmt: skip


@dataclass(frozen=True)
class Edge:
    """One thing done: by whom, to what, and what came of it."""

    before: Moment
    name: str
    officer: str
    after: Moment


def start(notice: NoticeClass, lane: Lane) -> Moment:
    case = filed(
        case_no=CaseNo("999101-C000012"),
        mutation="sale",
        village=VillageCode("999101"),
        office="29/583/5551",
        touches=(KHATA,),
        officer="COUNTER",
        application="x" * 43 + "=",
        applicant="y" * 43 + "=",
        law=LAW,
        lane=lane,
    )
    return Moment(replace(case, notice=notice), LAW.day)


People = Mapping[str, frozenset[str]]


def done(moment: Moment, people: People) -> Iterator[Edge]:
    """Everything that somebody may do on that day."""
    case, day = moment.case, moment.day
    for step in STEPS.values():
        if case.status in step.before and step.name not in SAID_OF_DAYS:
            for officer, roles in people.items():
                if after := taken(case, step.name, officer, roles, day):
                    yield Edge(moment, step.name, officer, moment.then(step.name, officer, after))
    for officer in sorted({"JUDGE", "CLOCK", "INSIDER"} & set(people)):  # whose keys sign mutations
        if case.status in MAY_CARRY and (after := carried(case, officer, day)):
            yield Edge(moment, "carry", officer, moment.then("carry", officer, after))


def taken(case: Case, name: str, officer: str, roles: frozenset[str], day: date) -> Case | None:
    step = STEPS[f"case.{name}/1"]
    act = Act(
        type=step.type,
        officer=officer,
        roles=roles,
        day=day,
        until=day + timedelta(20) if step.day == "must" else None,
        reason="hardship" if step.needs_reason else None,
        paid_paise=case.fee_paise if name == "fee-paid" else None,
    )
    try:
        return take(case, act, Law(LAW.state, day))
    except Refused:
        return None


def carried(case: Case, officer: str, day: date) -> Case | None:
    carrying = Carrying(
        case=case,
        mutation=case.type,
        officers=(officer,),
        by_clock=officer == "CLOCK",
        names=frozenset({KHATA}),
        as_filed=True,
    )
    try:
        return carry(carrying, Law(LAW.state, day))
    except Refused:
        return None


def later(moment: Moment) -> Iterator[Moment]:
    """The days to come on which something changes: the day after each that the case names."""
    for day in (moment.case.notice_until, moment.case.cure_until):
        if day is not None and day >= moment.day:
            yield replace(moment, day=day + DAY)


@dataclass(frozen=True)
class Walk:
    """Every edge that can be reached, and the keys that lead on from each key (time passing included)."""

    edges: list[Edge]
    onward: dict[object, set[object]]


@cache
def walk(notice: NoticeClass, lane: Lane, *, insider: bool = False) -> Walk:
    """All paths: those of proper officers to the end, or those of an insider among them up to the first order."""
    people = {**PEOPLE, **INSIDER} if insider else PEOPLE
    first = start(notice, lane)
    todo, known = deque([first]), {first.key}
    found = Walk([], {})
    while todo:
        moment = todo.popleft()
        follows = found.onward.setdefault(moment.key, set())
        here = [] if insider and moment.case.status in CLOSED else list(done(moment, people))
        found.edges.extend(here)
        for after in (*(e.after for e in here), *later(moment)):
            follows.add(after.key)
            if after.case.carried > 1 or after.case.objections > 1:
                continue
            if after.key not in known:
                known.add(after.key)
                todo.append(after)
    return found


CLASSES: list[tuple[NoticeClass, Lane]] = [
    ("registered", "officer"),
    ("registered", "auto"),
    ("notice-free", "auto"),
    ("hearing", "officer"),
]
every_class = pytest.mark.parametrize(("notice", "lane"), CLASSES)
DECIDING = {"allowed", "refused", "certified", "affirmed", "carry"}


@every_class
def test_no_path_changes_the_record_without_a_certified_order_or_an_expired_notice(
    notice: NoticeClass, lane: Lane
) -> None:
    for insider in (False, True):
        carries = [e for e in walk(notice, lane, insider=insider).edges if e.name == "carry"]
        assert carries
        for edge in carries:
            seen = edge.before.seen
            assert seen.certified or (seen.ran_out if notice != "notice-free" else not seen.objected), edge


@every_class
def test_the_clock_alone_never_decides_what_somebody_opposed(notice: NoticeClass, lane: Lane) -> None:
    by_clock = [e for e in walk(notice, lane).edges if e.officer == "CLOCK" and e.name == "carry"]
    assert bool(by_clock) == (lane == "auto")
    assert not [e for e in by_clock if e.before.seen.objected]


@every_class
def test_nobody_decides_what_he_entered_or_verified_not_even_with_every_role(
    notice: NoticeClass, lane: Lane
) -> None:
    edges = walk(notice, lane, insider=True).edges
    assert {e.name for e in edges if e.officer == "INSIDER"} & DECIDING
    assert [e for e in edges if e.name in DECIDING and e.officer in e.before.seen.hands] == []


@every_class
def test_every_refusal_can_be_appealed(notice: NoticeClass, lane: Lane) -> None:
    edges = walk(notice, lane).edges
    refusals = {"refused", "dismissed-in-default", "lapsed", "review-rejected"}
    reached = {e.after.key for e in edges if e.after.case.status in refusals}
    assert reached
    assert reached <= {e.before.key for e in edges if e.name == "appealed"}


@every_class
def test_no_case_gets_stuck(notice: NoticeClass, lane: Lane) -> None:
    """From wherever a case may come to stand, its end can be reached."""
    found = walk(notice, lane)
    backward: dict[object, set[object]] = {}
    for key, follows in found.onward.items():
        for after in follows:
            backward.setdefault(after, set()).add(key)
    reaching: set[object] = {e.after.key for e in found.edges if e.after.case.status in CLOSED}
    todo = list(reaching)
    while todo:
        before = backward.get(todo.pop(), set()) - reaching
        reaching |= before
        todo += before
    assert set(found.onward) - reaching == set()


@every_class
def test_the_clock_is_never_refused_what_it_means_to_do_and_comes_to_an_end(
    notice: NoticeClass, lane: Lane
) -> None:
    moments = {e.after.key: e.after for e in walk(notice, lane).edges}
    for moment in moments.values():
        named = (moment.case.warn_on, moment.case.due, moment.day + timedelta(400))
        for day in {moment.day, *(d for d in named if d is not None and d > moment.day)}:
            deeds = _all_due(moment.case, day)
            assert len(deeds) == len(set(deeds)), deeds


def _all_due(case: Case, day: date) -> list[str]:
    """What the clock does in one day, one thing after the other."""
    deeds: list[str] = []
    while (due := next_due(case, day)) is not None:
        deeds.append(due.deed)
        if due.deed == CARRY:
            after = carried(case, "CLOCK", day)
        else:
            after = taken(case, due.deed, "CLOCK", PEOPLE["CLOCK"], day)
        assert after is not None, (case, deeds)
        case = after
    return deeds


def test_between_them_the_walks_take_every_step_and_come_to_every_status() -> None:
    edges = [e for notice, lane in CLASSES for e in walk(notice, lane).edges]
    assert {e.name for e in edges} == {s.name for s in STEPS.values() if not s.in_parts} - SAID_OF_DAYS | {
        "carry"
    }
    assert {e.after.case.status for e in edges} == set(STATUSES)
