"""People in the record: shares that pass from some holders to others, and what lies on those shares goes along.

A charge on a share that passes is carried to all who take of it; where their shares are no longer the one that was
charged, a note says so.  What concerns a person alone, such as minority, ends with that person's part.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from typing import Any, TypeVar

from domain.ids import UnitId
from domain.kit import Answer, Broken, Citation, State, rule
from domain.law import Law
from domain.mutations._papers import Minority
from domain.mutations._shared import RECORD_LAW, parcels_of
from domain.quantities import MAX_DENOMINATOR, WHOLE, Share, format_share
from domain.record import Charge, Commitment, Holding, Parcel, Record, Restriction, Unit
from domain.restrictions import KINDS
from domain.values import Party, PartyRef

PERSONAL = frozenset(name for name, kind in KINDS.items() if kind.personal)
"""Restrictions on a person, not on the land that he or she holds: nobody inherits or buys them."""
CHANGED_SHARE = "charge-on-changed-share"
MINORITY = Citation("Indian Majority Act 1875", "s. 3")

Burden = TypeVar("Burden", Charge, Restriction)


@dataclass(frozen=True, kw_only=True)
class HolderIn:
    """A holder as he or she stands in one khata."""

    unit: UnitId
    holder: PartyRef


@dataclass(frozen=True, kw_only=True)
class Person:
    """Somebody who takes: new to the record (``party``) or a holder already (``holder``).

    ``also_as`` are other commitments under which the same person stands in a khata that is named here.
    """

    party: Party | None = None
    holder: PartyRef | None = None
    also_as: tuple[PartyRef, ...] = ()
    minority: Minority | None = None
    """With the guardian, where the person is a minor."""

    @property
    def ref(self) -> PartyRef:
        """The commitment by which the person enters khatas in which he or she does not stand yet."""
        if self.party is not None:
            return self.party.commitment
        return self.holder or PartyRef("")  # `named_in_one_way` has refused an empty one


@dataclass(frozen=True, kw_only=True)
class PersonRef:
    """A ``Person`` in the log: commitments alone, each where the form has the person."""

    party: PartyRef | None = None
    holder: PartyRef | None = None
    also_as: tuple[PartyRef, ...] = ()
    minority: PartyRef | None = None

    def within(self, unit: Unit) -> PartyRef:
        """The commitment under which the person stands in the unit, or enters it."""
        known = (self.ref, *self.also_as)
        return next((ref for ref in known if ref in unit.holders), self.ref)

    @property
    def ref(self) -> PartyRef:
        """The commitment by which the person enters khatas in which he or she does not stand yet."""
        return self.party or self.holder or PartyRef("")


def ref_of(person: Person) -> PersonRef:
    minority = person.minority.commitment if person.minority else None
    party = person.party.commitment if person.party else None
    return PersonRef(party=party, holder=person.holder, also_as=person.also_as, minority=minority)


@dataclass(frozen=True, kw_only=True)
class HolderShare:
    """A holder of a unit, with the share that he or she has in it from now on."""

    holder: PartyRef
    share: Share


@rule(
    "each person is named in one way: as a new party, or as a holder of the record",
    source=RECORD_LAW,
    remedy="Give the name of a person who is new; point to the holder where the person stands in the record.",
    first=True,
)
def named_in_one_way(a: Any, record: Record, law: Law) -> Answer:
    wrong = [i for i, p in enumerate(a.people()) if (p.party is None) == (p.holder is None)]
    return (
        Broken("person {numbers} of the list", numbers=", ".join(str(i + 1) for i in wrong))
        if wrong
        else bool(a.people())
    )


@rule(
    "nobody is named twice",
    source=RECORD_LAW,
    remedy="Name each person once, with the whole of what that person takes.",
)
def nobody_is_named_twice(a: Any, record: Record, law: Law) -> Answer:
    """Among those who take.  A person of several commitments is one person, named with all of them."""
    refs = [ref for p in a.people() for ref in (p.ref, *p.also_as)]
    return len(set(refs)) == len(refs)


@rule(
    "who is named as a holder of the record stands in one of the khatas",
    source=RECORD_LAW,
    remedy="Give the person as a new party, or name the holder as the khata shows him or her.",
)
def holders_named_stand(a: Any, record: Record, law: Law) -> Answer:
    holders = {h for unit in record.units.values() for h in unit.holders}
    named = [ref for p in a.people() for ref in (*([p.holder] if p.holder else []), *p.also_as)]
    gone = [ref for ref in named if ref not in holders]
    return Broken("{count} stand in none", count=len(gone)) if gone else True


@rule(
    "who is entered as a minor is one on the day of the order",
    source=MINORITY,
    remedy="Correct the day of birth, or enter the person without a guardian.",
)
def minors_are_minors(a: Any, record: Record, law: Law) -> Answer:
    of_age = [p for p in a.people() if p.minority and is_of_age(p.minority.born, law)]
    return Broken("{count} are of age", count=len(of_age)) if of_age else True


PEOPLE = (named_in_one_way, nobody_is_named_twice, holders_named_stand, minors_are_minors)
"""What holds of all who take; the application tells who by ``people()``."""


@rule(
    "the application names at least one khata, and each khata once",
    source=RECORD_LAW,
    remedy="Name every khata in which the holder stands, each one time.",
    first=True,
)
def khatas_are_named_once(a: Any, record: Record, law: Law) -> Answer:
    units = [k.unit for k in a.khatas]
    return bool(units) and len(set(units)) == len(units)


@rule(
    "the person named is a holder of each khata",
    source=RECORD_LAW,
    remedy="Look up under which name the person stands in that khata, or leave the khata out.",
)
def stands_in_each_khata(a: Any, record: Record, law: Law) -> Answer:
    strange = [k.unit for k in a.khatas if k.holder not in record.units[k.unit].holders]
    return Broken(", ".join(strange)) if strange else True


@rule(
    "every holder of the unit is given one share",
    source=RECORD_LAW,
    remedy="List each recorded holder once; who takes nothing releases, and who is new takes by another mutation.",
)
def every_holder_has_a_share(a: Any, record: Record, law: Law) -> Answer:
    given = [s.holder for s in a.shares]
    holders = record.units[a.unit].holders
    if not given or (set(given) == holders and len(given) == len(holders)):
        return True
    return Broken(
        "{absent} have none, {strange} are not holders of {unit}",
        absent=len(holders - set(given)),
        strange=len(set(given) - holders),
        unit=a.unit,
    )


@rule(
    "the shares add up to one",
    source=RECORD_LAW,
    remedy="Correct the shares from the agreement or the order: together they are the whole of the unit.",
)
def shares_make_up_the_whole(a: Any, record: Record, law: Law) -> Answer:
    added = sum((s.share for s in a.shares), Fraction(0))
    return not a.shares or added == WHOLE or Broken("they add up to {sum}", sum=format_share(added))


def is_of_age(born: date, law: Law) -> bool:
    """Whether who was born that day is of age on the day of the order: from the birthday on."""
    years = int(law.figure("age-of-majority").value)
    return (born.year + years, born.month, born.day) <= (law.day.year, law.day.month, law.day.day)


def can_be_written(shares: Iterable[Share | None]) -> bool:
    """Whether every share is coarse enough for the record: a denominator of at most 10^12."""
    return all(s is None or s.denominator <= MAX_DENOMINATOR for s in shares)


def left_behind(unit: Unit, shares: Mapping[Commitment, Share]) -> list[str]:
    """What lies on holders whose share these new shares make smaller: it would cover less than it did."""
    burdens: list[Charge | Restriction] = [*unit.charges, *unit.restrictions]
    return [
        b.kind
        for b in burdens
        if b.on and b.kind not in PERSONAL
        if b.on not in shares or shares[b.on] < unit.share_of(b.on)
    ]


def noted(unit: Unit, kind: str, holder: Commitment) -> bool:
    """Whether a restriction of that kind lies on that holder."""
    return any(r.kind == kind and r.on == holder for r in unit.restrictions)


def pass_on(
    record: Record,
    unit: Unit,
    given: Mapping[Commitment, Share | None],
    taken: Sequence[tuple[Commitment, Share]],
) -> tuple[State, ...]:
    """The unit after shares have passed inside it, and those of its parcels on which something lay on a giver.

    ``given`` says what part of the unit each gives up, None for all that the holder has; ``taken`` which part of
    the whole that is given each takes: these parts add up to one.
    """
    after = passed(unit, given, taken)
    takers = [who for who, _ in taken]
    burdened = (p for p in parcels_of(record, unit.id) if any(r.on in given for r in p.restrictions))
    return (after, *(rehung(p, given, after, takers) for p in burdened))


def passed(
    unit: Unit, given: Mapping[Commitment, Share | None], taken: Sequence[tuple[Commitment, Share]]
) -> Unit:
    """The unit alone after shares have passed inside it."""
    after = replace(unit, shares=_shares_after(unit, given, taken))
    takers = [who for who, _ in taken]
    restrictions = _hung(unit.restrictions, given, after, takers)
    return replace(
        after,
        charges=_hung(unit.charges, given, after, takers),
        restrictions=_once([*restrictions, *_changed_shares(unit, given, after, takers)]),
    )


def rehung(parcel: Parcel, givers: Iterable[Commitment], after: Unit, takers: Sequence[Commitment]) -> Parcel:
    """The parcel with what lay on the givers carried to the takers."""
    return replace(parcel, restrictions=_hung(parcel.restrictions, givers, after, takers))


def restated(unit: Unit, shares: Iterable[Holding]) -> Unit:
    """The unit with its shares stated anew; a charge on a share that has changed is flagged.

    What concerned a person who is a holder no longer goes with that person.
    """
    after = replace(unit, shares=tuple(shares))
    staying = (r for r in unit.restrictions if r.kind not in PERSONAL or r.on in (None, *after.holders))
    flags = _changed_shares(unit, (), after, ())
    return replace(after, restrictions=_once([*staying, *flags]))


def renamed(record: Record, unit: Unit, old: Commitment, new: Commitment) -> tuple[State, ...]:
    """The unit, and those of its parcels that it concerns, with the same holder under another commitment."""
    parcels = (
        replace(p, restrictions=_moved_on(p.restrictions, old, new)) for p in parcels_of(record, unit.id)
    )
    after = replace(
        unit,
        shares=tuple(replace(h, party=new) if h.party == old else h for h in unit.shares),
        charges=_moved_on(unit.charges, old, new),
        restrictions=_moved_on(unit.restrictions, old, new),
    )
    return (after, *(p for p in parcels if p != record.parcels[p.id]))


def _moved_on(burdens: Iterable[Burden], old: Commitment, new: Commitment) -> tuple[Burden, ...]:
    return tuple(replace(b, on=new) if b.on == old else b for b in burdens)


def minorities(unit: Unit, people: Iterable[PersonRef]) -> Unit:
    """The unit with a note for each of the people who is a minor and holds in it."""
    notes = [
        Restriction(kind="minor", on=p.within(unit), details=p.minority)
        for p in people
        if p.minority and not noted(unit, "minor", p.within(unit))
    ]
    return replace(unit, restrictions=(*unit.restrictions, *notes))


def _shares_after(
    unit: Unit, given: Mapping[Commitment, Share | None], taken: Sequence[tuple[Commitment, Share]]
) -> tuple[Holding, ...]:
    """Those who stay in their order, then those who come; shares that are not determined stay so.

    Where all who hold give up, the whole passes, and what each takes is known whatever was not before.
    """
    staying = [h.party for h in unit.shares if h.party not in given]
    if not unit.shares_determined:
        if not staying:
            return tuple(Holding(who, part) for who, part in taken)
        holders = dict.fromkeys([*staying, *(who for who, _ in taken)])
        return tuple(Holding(who, WHOLE if len(holders) == 1 else None) for who in holders)
    held = {h.party: h.share or Fraction(0) for h in unit.shares}
    passing = Fraction(0)
    for who, share in given.items():
        share = held[who] if share is None else share
        held[who] -= share
        passing += share
    for who, part in taken:
        held[who] = held.get(who, Fraction(0)) + passing * part
    return tuple(Holding(who, share) for who, share in held.items() if share)


def _hung(
    burdens: Iterable[Burden], givers: Iterable[Commitment], after: Unit, takers: Sequence[Commitment]
) -> tuple[Burden, ...]:
    """What lay on a giver lies on all who take and on the giver who keeps a part; the rest as it was."""
    giving = set(givers)
    return _once(
        replace(burden, on=on)
        for burden in burdens
        for on in (_bearers(burden, after, takers) if burden.on in giving else [burden.on])
    )


def _bearers(
    burden: Charge | Restriction, after: Unit, takers: Sequence[Commitment]
) -> Iterator[Commitment | None]:
    if burden.on in after.holders:
        yield burden.on
    if burden.kind not in PERSONAL:
        yield from takers


def _changed_shares(
    before: Unit, givers: Iterable[Commitment], after: Unit, takers: Sequence[Commitment]
) -> Iterator[Restriction]:
    """A note wherever a charge now lies on a share that is not the one it was made on."""
    giving = set(givers)
    for charge in before.charges:
        bearers = _bearers(charge, after, takers) if charge.on in giving else iter([charge.on])
        for bearer in bearers:
            known = before.shares_determined and bearer
            if known and after.share_of(known) != before.share_of(str(charge.on)):
                yield Restriction(kind=CHANGED_SHARE, on=known, details=charge.details)


def _once(burdens: Iterable[Burden]) -> tuple[Burden, ...]:
    """The burdens in their order, none of them twice on the same holder."""
    found: dict[tuple[str, str | None, str | None], Burden] = {}
    for burden in burdens:
        found.setdefault((burden.kind, burden.on, burden.details), burden)
    return tuple(found.values())
