"""What is noted about a person in several khatas at once: the death reported, the age reached, who acts for whom."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from domain.kit import Answer, Broken, State, rule
from domain.law import Law
from domain.mutations._people import HolderIn, khatas_are_named_once, noted, stands_in_each_khata
from domain.mutations._shared import RECORD_LAW
from domain.record import Commitment, Record, Restriction

PERSON_STANDS = (khatas_are_named_once, stands_in_each_khata)
"""What holds of every note about a person: the form gives ``khatas``."""


@rule(
    "the holder is not reported deceased",
    source=RECORD_LAW,
    remedy="Let the heirs apply for the inheritance, or have a wrong report corrected first.",
)
def holder_lives(a: Any, record: Record, law: Law) -> Answer:
    dead = [k.unit for k in a.khatas if noted(record.units[k.unit], "holder-deceased", k.holder)]
    return Broken(", ".join(dead)) if dead else True


def note_in_each(
    khatas: Iterable[HolderIn], record: Record, kind: str, details: Commitment | None
) -> tuple[State, ...]:
    """The khatas with one note of that kind on the holder: the one that stood before gives way to it."""
    return _in_each(
        khatas, record, kind, lambda holder: (Restriction(kind=kind, on=holder, details=details),)
    )


def without_note(khatas: Iterable[HolderIn], record: Record, kind: str) -> tuple[State, ...]:
    """The khatas without that note on the holder."""
    return _in_each(khatas, record, kind, lambda holder: ())


def labels_of(khatas: Iterable[HolderIn], record: Record) -> str:
    return ", ".join(record.units[k.unit].label for k in khatas)


def _in_each(
    khatas: Iterable[HolderIn],
    record: Record,
    kind: str,
    new: Callable[[Commitment], tuple[Restriction, ...]],
) -> tuple[State, ...]:
    after = []
    for khata in khatas:
        unit = record.units[khata.unit]
        others = (r for r in unit.restrictions if (r.kind, r.on) != (kind, khata.holder))
        after.append(replace(unit, restrictions=(*others, *new(khata.holder))))
    return tuple(after)
