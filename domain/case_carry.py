"""Carrying a case to the record: when its order may change the land, and what becomes of its mark upon the land."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from domain.case import Case, carried_in_part, carried_out
from domain.case_steps import MAY_CARRY, clock_may_decide
from domain.kit import Answer, Broken, Citation, Rule, check, rule
from domain.law import Law
from domain.record import Parcel, Pending, Record, Unit

_CERTIFIED = Citation("Karnataka Land Revenue Act 1964", "s. 129(7), and the like section of each state")
_NOTICE = Citation("Landlog", "a notice tells people what is to change")


@dataclass(frozen=True, kw_only=True)
class Carrying:
    """An order about to be carried to the record in a case."""

    case: Case
    mutation: str
    officers: tuple[str, ...]
    by_clock: bool
    names: frozenset[str]
    """The land that the order names."""
    as_filed: bool
    """Whether it orders what was applied for, word for word."""
    marked: frozenset[str] = frozenset()
    """The land that bears the case's mark: what was brought under it after the filing."""
    continues: bool = False
    """Whether further orders of the same case follow."""


def carry(carrying: Carrying, law: Law) -> Case:
    """The case once its order stands in the record: the same event changes both.

    Raises:
        Refused: with every reason why it may not be carried out now.
    """
    check(CARRY_RULES, carrying, Record(), law)
    if carrying.continues:
        return carried_in_part(carrying.case)
    return carried_out(carrying.case, carrying.officers[0], law)


@rule(
    "the order is certified, or the notice expired without objection",
    source=_CERTIFIED,
    remedy="Have the order certified first.",
)
def order_is_certified(c: Carrying, record: Record, law: Law) -> Answer:
    return (
        True if c.case.status in MAY_CARRY else Broken("the case stands at '{status}'", status=c.case.status)
    )


@rule(
    "the days of the notice are over",
    source=Citation("Landlog", "domain/states, the state's figures for days"),
    remedy="Wait until the notice has run out; an objection until then moves the case to a hearing.",
)
def notice_is_over(c: Carrying, record: Record, law: Law) -> Answer:
    until = c.case.notice_until
    if c.case.status != "unopposed" or c.case.notice == "notice-free":
        return True
    return until is not None and (until < law.day or Broken("it runs until {day}", day=until))


@rule(
    "nobody enters, verifies and decides the same case",
    source=Citation("Landlog", "the insider with a valid login"),
    remedy="Let another officer posted here sign the order.",
)
def another_person_carries(c: Carrying, record: Record, law: Law) -> Answer:
    twice = sorted(set(c.officers) & c.case.hands)
    return Broken("{officer} filed, entered or verified it", officer=", ".join(twice)) if twice else True


@rule(
    "the order is of the kind that the case was filed for",
    source=_NOTICE,
    remedy="File a case of the other kind.",
)
def kind_is_that_of_the_case(c: Carrying, record: Record, law: Law) -> Answer:
    """Once an order has been carried out, what follows on it after an appeal undoes or mends it."""
    return c.case.carried > 0 or c.mutation == c.case.type


@rule(
    "the order is about the land that the case was filed for",
    source=_NOTICE,
    remedy="File a case for the other land: its holders and neighbours have had no notice.",
)
def land_is_that_of_the_case(c: Carrying, record: Record, law: Law) -> Answer:
    strange = sorted(c.names - set(c.case.touches) - c.marked)
    return Broken(", ".join(strange[:10])) if strange and c.case.carried == 0 else True


@rule(
    "what nobody opposed is carried out as it was applied for",
    source=_NOTICE,
    remedy="Carry out the application as filed, or hear the case and certify another order.",
)
def unopposed_is_as_filed(c: Carrying, record: Record, law: Law) -> Answer:
    return c.case.status != "unopposed" or c.as_filed


@rule(
    "the clock signs where the state's law lets a notice that ran out decide, and nowhere else",
    source=Citation("Landlog", "domain/states, the state's figure auto-lane"),
    remedy="An officer signs this order.",
)
def clock_may_sign(c: Carrying, record: Record, law: Law) -> Answer:
    if not c.by_clock:
        return True
    allowed = law.figure("auto-lane", c.case.about).value == 1 and clock_may_decide(c.mutation)
    return allowed and c.case.lane == "auto" and c.case.status == "unopposed" and c.case.objections == 0


@rule(
    "the days of the case are not standing still",
    source=Citation("Landlog", "domain/steps.toml, the course of a case"),
    remedy="Let the days run again first.",
)
def case_is_not_paused(c: Carrying, record: Record, law: Law) -> Answer:
    since = c.case.paused_since
    return True if since is None else Broken("since {day}", day=since)


CARRY_RULES: tuple[Rule, ...] = (
    order_is_certified,
    notice_is_over,
    another_person_carries,
    kind_is_that_of_the_case,
    land_is_that_of_the_case,
    unopposed_is_as_filed,
    clock_may_sign,
    case_is_not_paused,
)


def without_mark(state: Parcel | Unit, case_no: str) -> Parcel | Unit:
    """A state that the case no longer waits over."""
    return replace(state, pending=tuple(p for p in state.pending if p.case != case_no))


def with_mark(state: Parcel | Unit, case_no: str) -> Parcel | Unit:
    """A state that shows the case as pending: once, however often it is marked."""
    if bears_mark(state, case_no):
        return state
    return replace(state, pending=(*state.pending, Pending(kind="mutation", case=case_no)))


def unmarked(
    states: Mapping[str, Parcel | Unit], case_no: str, *, continues: bool
) -> dict[str, Parcel | Unit]:
    """The states that an order in the case leaves; while others follow, a unit still waits for its other parcels."""
    return {
        i: state if continues and isinstance(state, Unit) else without_mark(state, case_no)
        for i, state in states.items()
    }


def bears_mark(state: Parcel | Unit, case_no: str) -> bool:
    return any(p.case == case_no for p in state.pending)


def marks_kept(record: Record, after: Mapping[str, Parcel | Unit]) -> dict[str, Parcel | Unit]:
    """The states after an order, each new parcel with the pending marks of the parcels that it is made of.

    A case that waits over a field waits over its parts: a division must not hide it from a buyer.
    """
    return {i: _with_marks_of_parents(record, state) for i, state in after.items()}


def _with_marks_of_parents(record: Record, state: Parcel | Unit) -> Parcel | Unit:
    if not isinstance(state, Parcel) or state.id in record.parcels:
        return state
    known = {p.case for p in state.pending}
    inherited: dict[str, Pending] = {}
    for parent in state.predecessors:
        if parent in record.parcels:
            inherited |= {p.case: p for p in record.parcels[parent].pending if p.case not in known}
    return replace(state, pending=(*state.pending, *inherited.values())) if inherited else state
