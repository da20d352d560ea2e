"""What a case waits for: pure days, so that a clock that was down for a month comes to the same decisions.

The clock asks ``next_due`` of each open case.  It takes what fell due first; the event bears the day on which the
clock ran and names the day on which it fell due, so nothing is dated back.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from domain.case import Case

CARRY = "carry"
Deed = Literal[
    "registered",
    "prechecked",
    "notice-issued",
    "notice-not-needed",
    "unopposed",
    "carry",
    "communicated",
    "lapsed",
    "warned",
    "breached",
]
_LAST_OF_ITS_DAY = ("warned", "breached")
_A_DAY = timedelta(days=1)


@dataclass(frozen=True, order=True)
class Due:
    """Something that the clock is to do, and the day on which it falls due."""

    day: date
    deed: Deed


def awaited(case: Case) -> Iterator[Due]:
    """All that the clock will have to do if nobody does anything, each with its day."""
    if case.paused_since is not None:
        return
    if case.status == "returned" and case.cure_until is not None:
        yield Due(case.cure_until + _A_DAY, "lapsed")
    if deed := _next_step(case):
        yield deed
    if case.is_open and case.decided is None and case.due is not None and case.breached is None:
        yield Due(case.due + _A_DAY, "breached")
        if case.warned is None and case.warn_on is not None:
            yield Due(case.warn_on, "warned")


def _next_step(case: Case) -> Due | None:
    auto = case.lane == "auto"
    match case.status:
        case "notice-issued" | "notice-served" if case.notice != "hearing" and case.notice_until is not None:
            return Due(case.notice_until + _A_DAY, "unopposed")
        case "carried":
            return Due(case.since, "communicated")
        case "filed" if auto and case.fee_paise == 0:
            return Due(case.since, "registered")
        case "fee-paid" if auto:
            return Due(case.since, "registered")
        case "registered" if auto:
            return Due(case.since, "prechecked")
        case "prechecked" if auto:
            return Due(case.since, "notice-not-needed" if case.notice == "notice-free" else "notice-issued")
        case "unopposed" if auto:
            return Due(case.since, "carry")
        case _:
            return None


def next_due(case: Case, today: date) -> Due | None:
    """What the clock does with the case on that day: of all that is due, what fell due first.

    A warning comes before the breach or not at all.
    """
    due = [d for d in awaited(case) if d.day <= today]
    if case.due is not None and today > case.due:
        due = [d for d in due if d.deed != "warned"]
    return min(due, key=lambda d: (d.day, d.deed in _LAST_OF_ITS_DAY), default=None)


def wakes(case: Case) -> date | None:
    """The day on which the clock has to look at the case next, if nothing else happens; None: never."""
    return min((d.day for d in awaited(case)), default=None)
