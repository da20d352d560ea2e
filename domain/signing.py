"""Who signs an order: the roles that a mutation's own file names, and what a state's law makes of them.

The file of a type names the officers who decide it everywhere.  Where a state's law gives the power to others too, or
to others instead, ``domain/states/<code>/posts.toml`` says so in rows ``[[signs]]``, each with its day, its source and
whether it is confirmed.  Of the rows that name a type those of the latest day hold, together; a row that names no role
takes back what earlier rows gave.  An event is judged by the rows of its own day, wherever it is judged: at the
office, by a verifier offline, by an auditor.

Who signs by such a row decides the cases of these types too, and where no officer of the tehsil signs a type none
decides its cases: limits of villages are the collector's matter from the application to the order.

Some officers certify only what nobody opposes.  What they sign is signed in a case, for only there is it known
whether somebody objected.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cache, lru_cache
from types import MappingProxyType

from domain import states as tables
from domain.case_steps import FILED, STEPS, StepDuty, roles_of
from domain.kit import Mutation
from domain.law import Duty, Law, states
from domain.states import GENERIC


@dataclass(frozen=True, kw_only=True)
class Signing:
    """A row: from a day on, these roles sign orders of these types."""

    roles: tuple[str, ...]
    types: tuple[str, ...]
    """Mutation types by their names, such as ``sale``."""
    since: date
    instead: bool
    """They sign in the place of those whom the type names; otherwise beside them."""
    unopposed: bool
    """They sign only what nobody opposes."""
    source: str
    confirmed: bool
    note: str = ""


@cache
def signings(state: str) -> tuple[Signing, ...]:
    """Every row of the state, of today and of the past."""
    return tuple(
        Signing(
            roles=tuple(row["roles"]),
            types=tuple(row["types"]),
            since=row["from"],
            instead=row.get("instead", False),
            unopposed=row.get("unopposed", False),
            source=row["source"],
            confirmed=row["confirmed"],
            note=row.get("note", ""),
        )
        for row in tables.table(state, "posts").get("signs", [])
    )


def in_force(name: str, law: Law) -> tuple[Signing, ...]:
    """The rows about the type called ``name`` that hold on the law's day: the state's own, else the generic ones.

    What a generic row says is not confirmed for a state.
    """
    for whose in dict.fromkeys((law.state, GENERIC)):
        rows = [row for row in signings(whose) if name in row.types and row.since <= law.day]
        if rows:
            latest = max(row.since for row in rows)
            held = tuple(row for row in rows if row.since == latest)
            return held if whose == law.state else tuple(replace(row, confirmed=False) for row in held)
    return ()


@lru_cache(maxsize=4096)
def signers(kind: Mutation, law: Law, *, opposed: bool = False) -> tuple[str, ...]:
    """The roles that sign an order of the type, those whom the state's own law names first.

    ``opposed``: somebody has objected, or nobody can know, for the order is made in no case.

    >>> from domain.catalogue import mutation
    >>> sale, in_maharashtra = mutation("sale"), Law("mh", date(2026, 3, 2))
    >>> signers(sale, in_maharashtra)
    ('revenue-inspector', 'tahsildar', 'naib-tahsildar')
    >>> signers(sale, in_maharashtra, opposed=True)
    ('tahsildar', 'naib-tahsildar')
    """
    rows = in_force(kind.name, law)
    own = () if any(row.instead for row in rows) else kind.decided_by
    named = (role for row in rows if not (opposed and row.unopposed) for role in row.roles)
    return tuple(dict.fromkeys((*named, *own)))


@lru_cache(maxsize=4096)
def deciders(kind: Mutation, law: Law, *, opposed: bool) -> tuple[str, ...]:
    """The roles that decide a case of the type: who signs it and has the duty, by the state's posts or its rows.

    Of a case that somebody opposes those alone who decide what is disputed; they may take up any other too.
    """
    able = signers(kind, law, opposed=opposed)
    disputed = roles_of(["decide-disputed"], law)
    named = {role for row in in_force(kind.name, law) for role in row.roles}
    if disputed.isdisjoint(able):
        return tuple(role for role in able if role in named | roles_of(["decide"], law))
    if opposed:
        return (*(role for role in able if role in disputed), *sorted(disputed - set(able)))
    first = tuple(role for role in able if role in named | roles_of(["decide"], law) | disputed)
    return (*first, *sorted(disputed - set(first)))


OF_THE_DISTRICT = frozenset({"collector", "commissioner"})
"""The roles above a sub-division: no officer below them hears an appeal from what they decide."""


def is_of_the_district(kind: Mutation, law: Law) -> bool:
    """Whether no officer of a tehsil or a sub-division decides such a case."""
    return OF_THE_DISTRICT.issuperset(deciders(kind, law, opposed=True))


def appeal_duty(kind: Mutation | None, law: Law, *, appeals: int) -> Duty:
    """Whose duty it is to hear an appeal, the first or a later one: from the district it goes past the sub-division."""
    if kind is not None and is_of_the_district(kind, law):
        return "appeal-from-district"
    return "second-appeal" if appeals > 1 else "appeal"


@cache
def days_of_change(state: str) -> Mapping[str, tuple[date, ...]]:
    """For each type that the state's rows name, the days from which they do, earliest first."""
    names = sorted({name for row in signings(state) for name in row.types})
    return MappingProxyType(
        {n: tuple(sorted({row.since for row in signings(state) if n in row.types})) for n in names}
    )


@cache
def roles_named() -> frozenset[str]:
    """Every role that some state's rows name."""
    return frozenset(role for state in states() for row in signings(state) for role in row.roles)


@cache
def roles_ever(event_type: str) -> frozenset[str]:
    """The roles that may sign such an event of a case in some state: what a posting's power can mean."""
    duties: tuple[StepDuty, ...] = ("file", "enter")
    if event_type != FILED:
        if event_type not in STEPS:
            return frozenset()
        duties = STEPS[event_type].by
        if "appeal" in duties:
            duties = (*duties, "second-appeal", "appeal-from-district")
    by_duty = frozenset(role for state in states() for role in roles_of(duties, Law(state, date.max)))
    return by_duty | roles_named() if "decide" in duties else by_duty
