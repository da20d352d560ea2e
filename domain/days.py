"""Civil days of India: calendar days, working days with each state's holidays, and when a period ends.

A period of n days runs from the day after the event (General Clauses Act 1897, s. 9); where the last day is a day on
which the office is closed, it ends on the next working day (s. 10).
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Literal

from domain import states

Counting = Literal["calendar", "working"]
_SUNDAY = 6
_SATURDAY = 5
_LONGEST = 3_660
_SECOND_AND_FOURTH = frozenset({2, 4})


@dataclass(frozen=True)
class Calendar:
    """A state's working days: no Sundays, no closed Saturdays (by their number in the month), no public holidays."""

    state: str
    holidays: frozenset[date]
    closed_saturdays: frozenset[int] = _SECOND_AND_FOURTH
    every_year: frozenset[tuple[int, int]] = frozenset()
    """Month and day of the holidays that fall on the same day each year."""

    def is_working(self, day: date) -> bool:
        """
        >>> Calendar("generic", frozenset()).is_working(date(2026, 11, 22))  # a Sunday
        False
        """
        if day.weekday() == _SUNDAY or day in self.holidays or (day.month, day.day) in self.every_year:
            return False
        return not (day.weekday() == _SATURDAY and (day.day + 6) // 7 in self.closed_saturdays)

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

    def end_of_months(self, start: date, months: int) -> date:
        """The last day of a period of whole months: the same day of the month, or the month's last.

        >>> Calendar("generic", frozenset()).end_of_months(date(2026, 11, 30), 3)  # the 28th is a Sunday
        datetime.date(2027, 3, 1)
        """
        if not 0 <= months <= _LONGEST // 30:
            raise ValueError(f"a period of {months} months")
        year, month = divmod(start.month - 1 + months, 12)
        last = calendar.monthrange(start.year + year, month + 1)[1]
        return self.next_working(date(start.year + year, month + 1, min(start.day, last)))

    def run(self, start: date, day: date, counting: Counting = "calendar") -> int:
        """How many days of a period that began with an event on ``start`` have run by ``day``, it included.

        >>> Calendar("generic", frozenset()).run(date(2026, 11, 20), date(2026, 11, 24), "working")
        3
        """
        if counting == "calendar":
            return max(0, (day - start).days)
        return sum(self.is_working(start + timedelta(n)) for n in range(1, (day - start).days + 1))


@cache
def calendar_of(state: str) -> Calendar:
    """The calendar of ``domain/states/<state>/holidays.toml``, with the national holidays of ``generic``.

    Raises:
        BadInput: for a state whose law is not here; it lists those that are.
    """
    tables = [states.table(states.GENERIC, "holidays"), states.table(state, "holidays")]
    closed = next(t["closed-saturdays"] for t in reversed(tables) if "closed-saturdays" in t)
    return Calendar(
        state,
        frozenset(row["day"] for t in tables for row in t.get("holiday", [])),
        frozenset(closed),
        frozenset((row["month"], row["day"]) for t in tables for row in t.get("every-year", [])),
    )
