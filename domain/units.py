"""Units of area: what the papers of each state mean by acre, guntha, kanal or bigha, in exact square metres.

A bigha is not a bigha: each length of the measuring chain has a code of its own, and a code has one factor for ever.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, localcontext
from fractions import Fraction
from functools import cache
from types import MappingProxyType
from typing import Any

from domain import states

SQUARE_FOOT = Fraction(9_290_304, 100_000_000)
"""Square metres in a square foot: the international foot is 0.3048 m exactly."""


@dataclass(frozen=True, kw_only=True)
class AreaUnit:
    """One unit of area; ``districts`` is empty where it is used all over the state."""

    code: str
    m2: Decimal
    """Square metres in one unit, exact."""
    words: Mapping[str, str]
    since: date
    until: date | None
    """The last day on which papers are written in it; None while they still are."""
    districts: tuple[str, ...]
    elsewhere: str
    """The states outside of the six whose papers use it; empty for units of the state itself."""
    authority: str
    confirmed: bool

    def in_use(self, district: str | None, day: date) -> bool:
        """Whether papers of that district (None: of any) are written in this unit on that day."""
        here = (
            not self.districts or district is None or district.casefold() in map(str.casefold, self.districts)
        )
        return here and self.since <= day and (self.until is None or day <= self.until)


@cache
def units_of(state: str) -> tuple[AreaUnit, ...]:
    """The state's own units, in the order of its table, and then those that every state uses."""
    own = tuple(_unit(row) for row in states.table(state, "units").get("unit", []))
    if state == states.GENERIC:
        return own
    mine = {unit.code for unit in own}
    return (*own, *(u for u in units_of(states.GENERIC) if not u.elsewhere and u.code not in mine))


@cache
def area_units() -> Mapping[str, Decimal]:
    """The square metres of every unit of every state, by its code."""
    found: dict[str, Decimal] = {}
    for state in (states.GENERIC, *states.codes()):
        for unit in units_of(state):
            if found.setdefault(unit.code, unit.m2) != unit.m2:
                raise ValueError(
                    f"two factors for {unit.code!r}, in {state} and before: give one a code of its own"
                )
    return MappingProxyType(found)


def _unit(row: dict[str, Any]) -> AreaUnit:
    return AreaUnit(
        code=row["code"],
        m2=_exact(Fraction(row["sq-ft"]) * SQUARE_FOOT if "sq-ft" in row else Fraction(row["m2"])),
        words=MappingProxyType(states.sentences(row)),
        since=row["from"],
        until=row.get("until"),
        districts=tuple(row.get("districts", ())),
        elsewhere=row.get("elsewhere", ""),
        authority=row["authority"],
        confirmed=row["confirmed"],
    )


def _exact(m2: Fraction) -> Decimal:
    with localcontext() as context:
        context.prec = 60
        value = Decimal(m2.numerator) / Decimal(m2.denominator)
    if Fraction(value) != m2:
        raise ValueError(f"{m2} square metres have no exact decimal figure")
    return value
