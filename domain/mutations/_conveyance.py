"""Conveyance: holders pass on a share of a unit, the whole unit, or parcels out of it.  Sale, gift and others share it.

A share passes inside the unit.  A whole unit gets new holders.  Parcels leave the unit for another: a new one, or one
that those who take already hold.  A charge on the whole unit goes with the land; one on a share goes with the share.

An application tells what it conveys by ``conveyances()``; the rules here judge each of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Literal

from domain.ids import ParcelId, UnitId
from domain.kit import Answer, Broken, Citation, State, rule
from domain.languages import Phrase
from domain.law import Law
from domain.mutations._people import can_be_written, pass_on, passed, rehung
from domain.mutations._shared import (
    NOTHING_BARS,
    RECORD_LAW,
    STANDING,
    TRANSFER_OF_PROPERTY,
    NewUnit,
    moved,
    without,
)
from domain.quantities import WHOLE, Share, format_share
from domain.record import Parcel, Record, Unit
from domain.values import Deed, Party, PartyRef, Permission

What = Literal["share", "unit", "parcels"]


@dataclass(frozen=True, kw_only=True)
class Giver:
    """A holder who gives up; ``share`` is the part of the whole unit, empty for all that the holder has."""

    party: PartyRef
    share: Share | None = None


@dataclass(frozen=True, kw_only=True)
class Taker:
    """Who takes; ``share`` is the taker's part of what is conveyed, and the parts add up to one."""

    party: Party
    share: Share


@dataclass(frozen=True, kw_only=True)
class Taken:
    """A taker in the log: a commitment, and the part of what was conveyed."""

    party: PartyRef
    share: Share


@dataclass(frozen=True, kw_only=True)
class Conveyance:
    """One movement: from whom, to whom, of what.  Parcels go to a new unit or into one that stands."""

    unit: UnitId
    what: What
    givers: tuple[Giver, ...]
    takers: tuple[Taken, ...]
    parcels: tuple[ParcelId, ...] = ()
    new_unit: NewUnit | None = None
    into: UnitId | None = None

    def given(self) -> dict[str, Share | None]:
        """What each gives up: of a unit or of parcels, all that the holder has in it."""
        return {g.party: g.share if self.what == "share" else None for g in self.givers}

    def taken(self) -> list[tuple[str, Share]]:
        return [(t.party, t.share) for t in self.takers]


def taken(takers: Sequence[Taker]) -> tuple[Taken, ...]:
    """The takers as the log names them."""
    return tuple(Taken(party=t.party.commitment, share=t.share) for t in takers)


@dataclass(frozen=True, kw_only=True)
class ByDeed:
    """What every application by a registered deed says beside who passes what on to whom."""

    unit: UnitId
    deed: Deed
    parcels: tuple[ParcelId, ...] = ()
    new_unit: NewUnit | None = None
    into: UnitId | None = None
    """The unit that stands already and takes the parcels; those who take hold it, and are not named again."""
    permissions: tuple[Permission, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Passed:
    """What every event of a conveyance by deed says beside who passed what on to whom."""

    unit: UnitId
    parcels: tuple[ParcelId, ...]
    new_unit: NewUnit | None
    into: UnitId | None


def movement(
    of: ByDeed | Passed, what: What, givers: tuple[Giver, ...], takers: tuple[Taken, ...]
) -> Conveyance:
    """The one movement of a deed: as it is applied for, and as it was recorded."""
    return Conveyance(
        unit=of.unit,
        what=what,
        givers=givers,
        takers=takers,
        parcels=of.parcels,
        new_unit=of.new_unit,
        into=of.into,
    )


@rule(
    "the form says what is conveyed in one way only",
    source=RECORD_LAW,
    remedy="Name parcels and either a new unit or a receiving one when parcels are conveyed; name neither otherwise.",
    first=True,
)
def says_what_is_conveyed(a: Any, record: Record, law: Law) -> Answer:
    return all(_is_clear(c) for c in a.conveyances())


def _is_clear(c: Conveyance) -> bool:
    if c.what == "parcels":
        return (
            bool(c.parcels) and (c.new_unit is None) != (c.into is None) and (bool(c.takers) != bool(c.into))
        )
    return not (c.parcels or c.new_unit or c.into) and bool(c.takers)


@rule(
    "each parcel that is conveyed belongs to the unit of those who convey it",
    source=TRANSFER_OF_PROPERTY,
    remedy="Name the unit that holds the parcel today.",
)
def parcels_belong_to_the_unit(a: Any, record: Record, law: Law) -> Answer:
    named = [(p, c.unit) for c in a.conveyances() for p in c.parcels]
    strange = [p for p, unit in named if record.parcels[p].unit != unit]
    twice = len({p for p, _ in named}) != len(named)
    return Broken(", ".join(strange) or "a parcel is named twice") if strange or twice else True


@rule(
    "the shares of the unit are determined",
    source=RECORD_LAW,
    remedy="Have the shares determined first; until then all the holders together may convey the unit or a parcel.",
)
def shares_are_determined(a: Any, record: Record, law: Law) -> Answer:
    """What is a third of something nobody has measured: only a whole part can pass then, or all of it."""
    return all(
        record.units[c.unit].shares_determined or c.what != "share" or all(g.share is None for g in c.givers)
        for c in a.conveyances()
    )


@rule(
    "who conveys is a holder, and holds at least the share conveyed",
    source=TRANSFER_OF_PROPERTY,
    remedy="Have the transferor's own title recorded first, or correct the share.",
)
def givers_hold_the_share(a: Any, record: Record, law: Law) -> Answer:
    """A person can pass on only what the record shows as held."""
    found = [broken for c in a.conveyances() for broken in _not_held(c, record.units[c.unit])]
    return Broken.joined(found) if found else all(c.givers for c in a.conveyances())


def _not_held(c: Conveyance, unit: Unit) -> list[Phrase]:
    strangers = [g for g in c.givers if g.party not in unit.holders]
    if strangers:
        return [
            Phrase(
                "{count} of those who convey are not holders of {unit}", count=len(strangers), unit=unit.id
            )
        ]
    if c.what != "share" or not unit.shares_determined:
        return []
    return [
        Phrase(
            "conveys {share} and holds {held}",
            share=format_share(g.share),
            held=format_share(unit.share_of(g.party)),
        )
        for g in c.givers
        if g.share is not None and g.share > unit.share_of(g.party)
    ]


@rule(
    "all the holders join when the whole unit or a parcel of it is conveyed",
    source=Citation("Transfer of Property Act 1882", "s. 44"),
    remedy="Let every holder join the deed, convey a share instead, or partition the unit first.",
)
def all_holders_join(a: Any, record: Record, law: Law) -> Answer:
    found = [
        broken
        for c in a.conveyances()
        if c.what != "share" and (broken := _who_is_missing(c, record.units[c.unit]))
    ]
    return Broken.joined(found) if found else True


def _who_is_missing(c: Conveyance, unit: Unit) -> Phrase | None:
    absent = unit.holders - {g.party for g in c.givers}
    part = [g for g in c.givers if unit.shares_determined and g.share not in (None, unit.share_of(g.party))]
    if not absent and not part:
        return None
    return Phrase(
        "{absent} holders do not join, {part} convey less than they hold", absent=len(absent), part=len(part)
    )


@rule(
    "no party is named twice",
    source=RECORD_LAW,
    remedy="Name each person once on each side, with the whole of what each gives or takes.",
)
def no_party_is_named_twice(a: Any, record: Record, law: Law) -> Answer:
    sides = ([*(g.party for g in c.givers), *(t.party for t in c.takers)] for c in a.conveyances())
    return all(len(set(side)) == len(side) for side in sides)


@rule(
    "the parts of those who take add up to one",
    source=RECORD_LAW,
    remedy="Write each taker's part of what is conveyed; together they make 1.",
)
def takers_parts_add_up(a: Any, record: Record, law: Law) -> Answer:
    sums = [sum((t.share for t in c.takers), Fraction(0)) for c in a.conveyances() if c.takers]
    wrong = [format_share(s) for s in sums if s != WHOLE]
    return Broken("they add up to {sum}", sum=", ".join(wrong)) if wrong else True


@rule(
    "no charge is lost: a holder whose share bears one does not part with all of it",
    source=Citation("Transfer of Property Act 1882", "s. 58"),
    remedy="Have the charge released or assigned first.",
)
def no_charge_is_lost(a: Any, record: Record, law: Law) -> Answer:
    found = [charge for c in a.conveyances() for charge in _charges_leaving(c, record.units[c.unit])]
    return Broken("{count} charges lie on the shares that would vanish", count=len(found)) if found else True


def _charges_leaving(c: Conveyance, unit: Unit) -> list[str]:
    leaving = {who for who, share in c.given().items() if share is None or share >= unit.share_of(who)}
    return [charge.kind for charge in unit.charges if charge.on in leaving]


@rule(
    "the receiving unit lies in the same village, has the same tenure and bears no charge",
    source=RECORD_LAW,
    remedy="Open a new unit for the parcels: land must not slip under another land's charge or tenure.",
)
def receiving_unit_is_free(a: Any, record: Record, law: Law) -> Answer:
    return all(_may_receive(c, record) for c in a.conveyances() if c.into is not None)


def _may_receive(c: Conveyance, record: Record) -> bool:
    unit, into = record.units[c.unit], record.units[UnitId(str(c.into))]
    alike = (into.village, into.tenure) == (unit.village, unit.tenure)
    return into.id != unit.id and alike and not into.charges and not unit.charges


@rule(
    "the shares that come out are not finer than the record can write",
    source=RECORD_LAW,
    remedy="Round the parts that are conveyed to fractions of smaller denominators.",
)
def shares_can_be_written(a: Any, record: Record, law: Law) -> Answer:
    units = (
        passed(record.units[c.unit], c.given(), c.taken())
        for c in a.conveyances()
        if c.what == "share" and record.units[c.unit].holders >= set(c.given())
    )
    return all(can_be_written(h.share for h in unit.shares) for unit in units)


CONVEYANCE = (
    says_what_is_conveyed,
    parcels_belong_to_the_unit,
    shares_are_determined,
    givers_hold_the_share,
    all_holders_join,
    no_party_is_named_twice,
    takers_parts_add_up,
    no_charge_is_lost,
    receiving_unit_is_free,
    shares_can_be_written,
)
"""The rules of every conveyance, whatever is given for it."""

TRANSFER = (*STANDING, NOTHING_BARS["transfer"], *CONVEYANCE)
"""The rules of a conveyance that transfers land which stands in the record."""


def convey(c: Conveyance, record: Record) -> tuple[State, ...]:
    """What the conveyance makes of the unit, of the parcels and of the unit that receives them."""
    unit = record.units[c.unit]
    if c.what != "parcels":
        return pass_on(record, unit, c.given(), c.taken())
    receiving = _receiving_unit(c, record)
    takers = [t.party for t in c.takers]
    parcels = [rehung(record.parcels[p], c.given(), receiving, takers) for p in c.parcels]
    return (
        *(moved(_with_burdens_of(unit, p) if c.into else p, receiving.id) for p in parcels),
        without(unit, c.parcels),
        replace(
            receiving,
            status="active",  # in an exchange it may have given all its land away a moment ago
            parcels=(*receiving.parcels, *c.parcels),
            holds=tuple(dict.fromkeys((*receiving.holds, *unit.holds))),
        ),
    )


def _receiving_unit(c: Conveyance, record: Record) -> Unit:
    if c.into is not None:
        return record.units[c.into]
    unit, new = record.units[c.unit], c.new_unit
    if new is None or new.id is None:
        raise ValueError("a conveyance of parcels names a unit to receive them")  # `decide` has seen to it
    # Charges and restrictions on the whole of the unit follow every parcel of it; their rank and their day stay.
    opened = replace(unit, id=new.id, label=new.label, parcels=(), pending=())
    return passed(opened, c.given(), c.taken())


def _with_burdens_of(unit: Unit, parcel: Parcel) -> Parcel:
    """The parcel that leaves for a unit that stands already: what bound it as part of its unit now lies on it."""
    own = [(r.kind, r.on, r.details) for r in parcel.restrictions]
    carried = (r for r in unit.restrictions if r.on is None and (r.kind, r.on, r.details) not in own)
    return replace(parcel, restrictions=(*parcel.restrictions, *carried))


def what_is_conveyed(c: Conveyance, record: Record) -> str:
    """The thing in figures and labels, for the sentence in the record: ``1/3``, ``101, 102``."""
    unit = record.units[c.unit]
    if c.what == "parcels":
        return ", ".join(record.parcels[p].label for p in c.parcels if p in record.parcels)
    if c.what == "unit":
        return format_share(WHOLE)
    if not unit.shares_determined:
        return "—"
    shares: Mapping[str, Share | None] = c.given()
    return format_share(
        sum((unit.share_of(who) if s is None else s for who, s in shares.items()), Fraction(0))
    )
