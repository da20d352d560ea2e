"""Deciding, type by type, on a unit of 40 holders and 30 parcels, beside a copy of the same states as plain dicts.

    pytest tests/bench/bench_decide.py -s

Each type decides a worked example of its own whose units have grown: other holders share what one of them held, and
28 fields are added.  Where an act names every holder or every parcel, its form names all of them.  The copy is of the
documents of all the states that the decision is given, every list and dict in them made anew, as a program without
rules would have to do before it changes one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from timeit import Timer
from typing import Any

import pytest

from domain import catalogue, kit
from domain.canon import Json
from domain.errors import Refused
from domain.ids import parcel_id
from domain.kit import Example, Mutation
from domain.law import Law, law_of
from domain.mutations import family_settlement, import_, jurisdiction_reassigned
from domain.mutations._people import HolderShare
from domain.mutations._shared import SISTERS, VILLAGE, parcel, person
from domain.record import Holding, Record, Unit
from domain.values import ParcelLabel, PartyRef

pytestmark = pytest.mark.bench

HOLDERS, PARCELS = 40, 30
AT_MOST = 10  # times the copy: what grows with the square of holders or parcels would show
CROWD = [person(f"खातेदार {n}", "रामलाल") for n in range(HOLDERS)]


@dataclass(frozen=True)
class Task:
    """An application that is allowed, with all that its decision looks at."""

    application: Any
    record: Record
    law: Law

    @property
    def size(self) -> tuple[int, int]:
        """Holders and parcels of the largest unit."""
        units = self.record.units.values()
        return max(len(u.shares) for u in units), max(len(u.parcels) for u in units)


def grown(record: Record, named: frozenset[str]) -> Record:
    """The record with 40 holders and 30 parcels in each unit; the shares of those named stay as they are."""
    for number, unit in enumerate(list(record.units.values())):
        fields = [
            replace(parcel(parcel_id(VILLAGE, serial), str(serial), "0.1000"), unit=unit.id)
            for serial in range(500 + 100 * number, 500 + 100 * number + PARCELS - len(unit.parcels))
        ]
        after = replace(
            unit, shares=_shared_out(unit, named), parcels=(*unit.parcels, *(field.id for field in fields))
        )
        record = record.with_states(after, *fields)
    return record


def _shared_out(unit: Unit, named: frozenset[str]) -> tuple[Holding, ...]:
    others = CROWD[: HOLDERS - len(unit.shares)]
    if not unit.shares_determined:
        return (*unit.shares, *(Holding(who.commitment, None) for who in others))
    giver = next((h for h in unit.shares if h.party not in named), None)
    if giver is None or giver.share is None:
        return unit.shares  # an act of these holders alone, with a unit beside it that has grown
    part = giver.share / (len(others) + 1)
    kept = tuple(replace(h, share=part) if h is giver else h for h in unit.shares)
    return (*kept, *(Holding(who.commitment, part) for who in others))


def everybody(record: Record, unit: str = "") -> tuple[PartyRef, ...]:
    """The holders of a unit, of the first where none is named."""
    found = record.units[unit] if unit else next(iter(record.units.values()))  # type: ignore[index]
    return tuple(PartyRef(h.party) for h in found.shares)


def evenly(record: Record) -> tuple[HolderShare, ...]:
    return tuple(HolderShare(holder=h, share=Fraction(1, HOLDERS)) for h in everybody(record))


def _settled(a: Any, record: Record) -> Any:
    known = {m.ref for m in a.members}
    crowd = dict.fromkeys(h for unit in record.units for h in everybody(record, unit) if h not in known)
    return replace(a, members=(*a.members, *(family_settlement.Member(holder=h) for h in crowd)))


def _moved(a: Any, record: Record) -> Any:
    named = {m.parcel for m in a.parcels}
    more = (p for p in record.parcels.values() if p.id not in named)
    moved = jurisdiction_reassigned.MovedParcel
    return replace(a, parcels=(*a.parcels, *(moved(parcel=p.id, label=ParcelLabel(p.label)) for p in more)))


def _divided(a: Any, record: Record) -> Any:
    first, *others = a.portions
    with_others = {h for p in others for h in p.holders}
    fields = {p for portion in others for p in portion.parcels} | {a.split}
    return replace(
        a,
        portions=(
            replace(
                first,
                holders=tuple(h for h in everybody(record) if h not in with_others),
                parcels=tuple(p for p in record.units[a.unit].parcels if p not in fields),
            ),
            *others,
        ),
    )


def _older_record(a: Any, record: Record) -> Any:
    holders = tuple(import_.OldHolder(party=who, share=Fraction(1, HOLDERS)) for who in CROWD)
    fields = (
        replace(a.parcels[0], label=ParcelLabel(str(n)), id=parcel_id(VILLAGE, n))
        for n in range(1, PARCELS + 1)
    )
    return replace(a, units=(replace(a.units[0], holders=holders),), parcels=tuple(fields))


NAMES_ALL: dict[str, Callable[[Any, Record], Any]] = {
    "boundary-correction": lambda a, record: replace(
        a, sides=tuple(replace(side, holders=everybody(record, side.unit)) for side in a.sides)
    ),
    "family-settlement": _settled,
    "hold-placed": lambda a, record: replace(a, agreed_by=everybody(record)),
    "import": _older_record,
    "jurisdiction-reassigned": _moved,
    "lease": lambda a, record: replace(a, grantors=everybody(record)),
    "partition": _divided,
    "partition-by-court": lambda a, record: replace(a, shares=evenly(record)),
    "shares-determined": lambda a, record: replace(a, shares=evenly(record), signed_by=HOLDERS),
}
"""How the form of an act names the others, where it must name them all."""


def tasks(kind: Mutation) -> Iterator[Task]:
    """The allowed examples of a type, grown; those that name a part only may be refused then."""
    for example in kind.module.EXAMPLES:
        if not example.refused:
            yield _task(kind, example)


def _task(kind: Mutation, example: Example) -> Task:
    law, naming = law_of(example.state, example.day), NAMES_ALL.get(kind.name)
    if naming:
        record = grown(example.given, frozenset())
        return Task(naming(example.when, record), record, law)
    named = kit.parties(example.when) | {o.commitment for o in kit.openings(example.when)}
    return Task(example.when, grown(example.given, named), law)


def largest(kind: Mutation) -> Task:
    """The first example that is still allowed on units of full size."""
    for task in tasks(kind):
        registration = kind.procedure.nature == "registration"
        if registration or task.size >= (HOLDERS, PARCELS):
            try:
                kind.decide(task.application, task.record, task.law)
            except Refused:
                continue
            return task
    raise AssertionError(f"no example of {kind.name} is allowed on {HOLDERS} holders and {PARCELS} parcels")


def documents(task: Task) -> list[Json]:
    record = task.record if task.record.units else grown(SISTERS, frozenset())
    return [state.doc() for state in (*record.units.values(), *record.parcels.values())]


def copied(value: Json) -> Json:
    if isinstance(value, dict):
        return {name: copied(member) for name, member in value.items()}
    return [copied(item) for item in value] if isinstance(value, list) else value


def microseconds(work: Callable[[], object]) -> float:
    """The best of five rounds of about ten milliseconds each."""
    timer = Timer(work)
    once = max(timer.timeit(3) / 3, 1e-7)
    number = max(3, int(0.01 / once))
    return min(timer.repeat(5, number)) / number * 1e6


def test_every_type_decides_on_a_large_unit_beside_a_copy_of_its_states() -> None:
    slow = []
    print(f"\n{'type':24} {'states':>6} {'decide':>10} {'dict copy':>10} {'ratio':>7}")
    for kind in catalogue.all_types().values():
        task = largest(kind)
        docs = documents(task)
        ours = microseconds(lambda k=kind, t=task: k.decide(t.application, t.record, t.law))  # type: ignore[misc]
        plain = microseconds(lambda d=docs: copied(d))  # type: ignore[misc]
        print(f"{kind.name:24} {len(docs):6} {ours:7.0f} us {plain:7.0f} us {ours / plain:7.2f}")
        if ours > AT_MOST * plain:
            slow.append((kind.name, ours, plain))
    assert slow == []
