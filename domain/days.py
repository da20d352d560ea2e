"""Civil days of India: calendar days, working days with each state's holidays, and when a period ends.

A period of n days runs from the day after the event (General Clauses Act 1897, s. 9); where the last day is a day on
which the office is closed, it ends on the next working day (s. 10).
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib import resources
from typing import Literal

Counting = Literal["calendar", "working"]
_SUNDAY = 6
_SATURDAY = 5
_LONGEST = 3_660


@dataclass(frozen=True)
class Calendar:
    """A state's working days: no Sundays, no second and fourth Saturdays, no public holidays."""

    state: str
    holidays: frozenset[date]

    def is_working(self, day: date) -> bool:
        """
        >>> Calendar("generic", frozenset()).is_working(date(2026, 11, 22))  # a Sunday
        False
        """
        if day.weekday() == _SUNDAY or day in self.holidays:
            return False
        return not (day.weekday() == _SATURDAY and (day.day - 1) // 7 in (1, 3))

    def next_working(self, day: date) -> date:
        """The day itself, or the first working day after it."""
        while not self.is_working(day):
            day += timedelta(1)
        return day

    def end(self, start: date, days: int, counting: Counting = "calendar") -> date:
        """The last day of a period of ``days`` that an event on ``start`` sets running.

        >>> Calendar("generic", frozenset()).end(date(2026, 11, 2), 15)
        datetime.date(2026, 11, 17)
        >>> Calendar("generic", frozenset()).end(date(2026, 11, 2), 20)  # the 22nd is a Sunday
        datetime.date(2026, 11, 23)
        """
        if not 0 <= days <= _LONGEST:
            raise ValueError(f"a period of {days} days")  # figures of law are far below
        if counting == "calendar":
            return self.next_working(start + timedelta(days))
        day = start
        for _ in range(days):
            day = self.next_working(day + timedelta(1))
        return day


@cache
def calendar_of(state: str) -> Calendar:
    """The calendar of ``domain/states/<state>/holidays.toml``, with the national holidays of ``generic``."""
    return Calendar(state, _holidays("generic") | _holidays(state))


@cache
def _holidays(state: str) -> frozenset[date]:
    path = resources.files("domain") / "states" / state / "holidays.toml"
    if not path.is_file():
        return frozenset()
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    return frozenset(row["day"] for row in table.get("holiday", []))
