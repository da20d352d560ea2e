"""Heirs: the tree of those who take when a holder has died, by law or by will, and what they take in each khata.

An heir who has died too is named with a certificate and gets nothing; others take in his or her place, each a part of
what that heir would have had.  An heir who holds in a khata already gets a larger share there.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from domain.kit import Answer, Broken, Citation, State, rule
from domain.languages import Phrase
from domain.law import Law
from domain.mutations._papers import DeathCertificate
from domain.mutations._people import (
    PEOPLE,
    HolderIn,
    Person,
    PersonRef,
    can_be_written,
    khatas_are_named_once,
    minorities,
    pass_on,
    passed,
    ref_of,
    stands_in_each_khata,
)
from domain.mutations._shared import RECORD_LAW
from domain.quantities import WHOLE, Share, format_share
from domain.record import Record, Unit

SUCCESSION = Citation("Hindu Succession Act 1956, s. 8, or the personal law or tenure law of the deceased")


@dataclass(frozen=True, kw_only=True)
class Heir(Person):
    """Who takes from the deceased, or from an heir of the deceased who has died as well."""

    share: Share
    """The part of what the one before left; the parts of all who take from one person add up to one."""
    in_place_of: int | None = None
    """The number of the heir, counted from 0 and earlier in the list, in whose place this one takes."""
    died: DeathCertificate | None = None
    """Of an heir who has died: he or she gets nothing, and others take in the place."""


@dataclass(frozen=True, kw_only=True)
class Entered(PersonRef):
    """An heir in the log; ``dead`` where others take in the heir's place."""

    share: Share
    in_place_of: int | None
    dead: bool


@rule(
    "who takes in an heir's place comes after that heir in the list, and the heir's death is certified",
    source=SUCCESSION,
    remedy="Number the heirs from 0, the dead before those who take for them, each with the certificate.",
    first=True,
)
def heirs_form_a_tree(a: Any, record: Record, law: Law) -> Answer:
    wrong = [
        i
        for i, heir in enumerate(a.heirs)
        if heir.in_place_of is not None and (heir.in_place_of >= i or a.heirs[heir.in_place_of].died is None)
    ]
    return Broken("heir {numbers}", numbers=", ".join(map(str, wrong))) if wrong else True


@rule(
    "the parts of those who take from one person add up to one",
    source=SUCCESSION,
    remedy="State every heir's part of what that person left; an heir who has died needs heirs in his or her place.",
)
def parts_add_up(a: Any, record: Record, law: Law) -> Answer:
    sums: dict[int | None, Fraction] = {}
    for heir in a.heirs:
        sums[heir.in_place_of] = sums.get(heir.in_place_of, Fraction(0)) + heir.share
    left_by = [None, *(i for i, heir in enumerate(a.heirs) if heir.died)]
    wrong = [
        Phrase(
            "of the deceased: {sum}" if who is None else "of heir {heir}: {sum}",
            heir=who,
            sum=format_share(sums.get(who, Fraction(0))),
        )
        for who in left_by
        if sums.get(who) != WHOLE
    ]
    return Broken.joined(wrong) if wrong else True


@rule(
    "no death is certified before it happened",
    source=Citation("Registration of Births and Deaths Act 1969", "s. 17"),
    remedy="Correct the day of death or of the certificate.",
)
def deaths_are_certified(a: Any, record: Record, law: Law) -> Answer:
    papers = (a.certificate, *(h.died for h in a.heirs if h.died))
    return all(paper.died <= paper.made for paper in papers)


@rule(
    "nobody inherits from himself",
    source=SUCCESSION,
    remedy="Leave the deceased out of the heirs.",
)
def deceased_is_no_heir(a: Any, record: Record, law: Law) -> Answer:
    gone = {k.holder for k in a.khatas}
    return not any(gone & {h.ref, *h.also_as} for h in a.heirs)


@rule(
    "the shares that come out are not finer than the record can write",
    source=RECORD_LAW,
    remedy="Let the heirs settle on simpler shares, or a court state them.",
)
def shares_can_be_written(a: Any, record: Record, law: Law) -> Answer:
    taken = parts_of(entered(a.heirs))
    units = [(record.units[k.unit], k.holder) for k in a.khatas]
    return all(
        can_be_written(h.share for h in passed(unit, {gone: None}, _taken(unit, taken)).shares)
        for unit, gone in units
        if gone in unit.holders
    )


HEIRS = (
    khatas_are_named_once,
    heirs_form_a_tree,
    *PEOPLE,
    stands_in_each_khata,
    parts_add_up,
    deaths_are_certified,
    deceased_is_no_heir,
    shares_can_be_written,
)
"""What holds of every succession, by law or by will: the form gives ``khatas``, ``certificate`` and ``heirs``."""


def succeeded(khatas: Sequence[HolderIn], heirs: Sequence[Entered], record: Record) -> tuple[State, ...]:
    """The khatas with the heirs in the place of the deceased, and the parcels on which something lay on him or her."""
    parts = parts_of(heirs)
    return tuple(state for khata in khatas for state in _inherited(khata, parts, record))


def parts_of(heirs: Sequence[Entered]) -> list[tuple[Entered, Share]]:
    """What part of the estate each living heir takes: the product of the parts along the line of descent."""
    of_estate: list[Share] = []
    for heir in heirs:
        before = WHOLE if heir.in_place_of is None else of_estate[heir.in_place_of]
        of_estate.append(before * heir.share)
    return [(heir, part) for heir, part in zip(heirs, of_estate, strict=True) if not heir.dead]


def entered(heirs: Sequence[Heir]) -> tuple[Entered, ...]:
    """The heirs as the log names them."""
    return tuple(_entered(heir, ref_of(heir)) for heir in heirs)


def parts_in_words(heirs: Sequence[Entered]) -> str:
    """The parts of the estate, for the sentence in the record: ``1/2 + 1/4 + 1/4``."""
    return " + ".join(format_share(part) for _, part in parts_of(heirs))


def _entered(heir: Heir, ref: PersonRef) -> Entered:
    return Entered(
        party=ref.party,
        holder=ref.holder,
        also_as=ref.also_as,
        minority=ref.minority,
        share=heir.share,
        in_place_of=heir.in_place_of,
        dead=heir.died is not None,
    )


def _inherited(khata: HolderIn, taken: list[tuple[Entered, Share]], record: Record) -> tuple[State, ...]:
    unit = record.units[khata.unit]
    after, *parcels = pass_on(record, unit, {khata.holder: None}, _taken(unit, taken))
    heirs = [heir for heir, _ in taken]
    return (minorities(after, heirs) if isinstance(after, Unit) else after, *parcels)


def _taken(unit: Unit, parts: list[tuple[Entered, Share]]) -> list[tuple[str, Share]]:
    return [(heir.within(unit), part) for heir, part in parts]
