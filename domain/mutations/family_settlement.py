"""Family settlement: members of a family settle for good who holds what share in which of their khatas.

A settlement recognises titles that the members claim already; it is no sale and no gift.  So every holder of every
khata takes part, and who comes in new says by what claim.  One settlement may cover several khatas at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from domain.ids import UnitId
from domain.kit import Answer, Broken, Citation, Example, Procedure, State, check, rule
from domain.law import Law
from domain.mutations._examples import (
    KIRAN,
    MEMORANDUM,
    NEIGHBOURS,
    SOHAN,
    VILLAGERS,
    charged,
    restricted,
)
from domain.mutations._papers import Agreement
from domain.mutations._people import (
    PEOPLE,
    Person,
    PersonRef,
    khatas_are_named_once,
    left_behind,
    minorities,
    nobody_is_named_twice,
    ref_of,
    restated,
)
from domain.mutations._shared import ASHA, KHATA, NOTHING_BARS, RAVINA, RECORD_LAW, STANDING
from domain.quantities import WHOLE, Share
from domain.record import Holding, Record, Unit
from domain.values import Code, Permission

TYPE = "mutation.family-settlement/1"
TITLE = {
    "en": "Family settlement",
    "hi": "पारिवारिक समझौता",
    "te": "కుటుంబ ఒప్పందం",
    "mr": "कौटुंबिक व्यवस्था",
    "kn": "ಕೌಟುಂಬಿಕ ಒಪ್ಪಂದ",
}
PROCEDURE = Procedure(
    nature="division",
    applicants=("co-holder",),
    papers=("memorandum-of-settlement", "family-tree"),
    verified_by="lekhpal",
    decided_by=("tahsildar", "naib-tahsildar", "sub-divisional-officer"),
    notice="unregistered",
    two_officers=True,
)

SETTLEMENT = Citation("Kale v. Deputy Director of Consolidation (1976) 3 SCC 119")


@dataclass(frozen=True, kw_only=True)
class Member(Person):
    """A member of the family who takes part in the settlement."""

    signed: bool = True
    claim: Code | None = None
    """By what title a member who is no holder yet comes in: ``coparcener``, ``heir``, ``maintenance`` ..."""


@dataclass(frozen=True, kw_only=True)
class Settled:
    """A member's share in one khata; ``member`` counts into the list of members, from 0."""

    member: int
    share: Share


@dataclass(frozen=True, kw_only=True)
class Khata:
    """One khata, with those who hold it from now on."""

    unit: UnitId
    shares: tuple[Settled, ...]


@dataclass(frozen=True, kw_only=True)
class Application:
    """A settlement as the memorandum states it."""

    khatas: tuple[Khata, ...]
    members: tuple[Member, ...]
    memorandum: Agreement
    permissions: tuple[Permission, ...] = ()

    def people(self) -> tuple[Member, ...]:
        """All who take part, for the rules about people."""
        return self.members


@rule(
    "each share names a member of the list",
    source=RECORD_LAW,
    remedy="Number the members from 0 in the order of the list.",
    first=True,
)
def shares_name_members(a: Application, record: Record, law: Law) -> Answer:
    return all(s.member < len(a.members) for k in a.khatas for s in k.shares)


@rule(
    "every holder of every khata takes part, and all members have signed",
    source=SETTLEMENT,
    remedy="Let every holder join and sign; against one who does not, only a court can settle.",
)
def all_holders_take_part(a: Application, record: Record, law: Law) -> Answer:
    taking_part = {ref for m in a.members for ref in (m.ref, *m.also_as)}
    absent = sum(len(record.units[k.unit].holders - taking_part) for k in a.khatas)
    unsigned = sum(not m.signed for m in a.members)
    if absent or unsigned:
        return Broken(
            "{absent} holders do not take part, {unsigned} members have not signed",
            absent=absent,
            unsigned=unsigned,
        )
    return True


@rule(
    "who comes in new states the claim that the settlement recognises",
    source=SETTLEMENT,
    remedy="State the claim; who has none takes by gift or sale.",
)
def newcomers_have_a_claim(a: Application, record: Record, law: Law) -> Answer:
    without = [m for m in a.members if m.party is not None and m.claim is None]
    return Broken("{count} state none", count=len(without)) if without else True


@rule(
    "in each khata the shares add up to one, and each member is named once",
    source=RECORD_LAW,
    remedy="State every member's share in the khata; together they make 1.",
)
def each_khata_is_whole(a: Application, record: Record, law: Law) -> Answer:
    wrong = [
        k.unit
        for k in a.khatas
        if sum((s.share for s in k.shares), Fraction(0)) != WHOLE
        or len({s.member for s in k.shares}) != len(k.shares)
    ]
    return Broken(", ".join(wrong)) if wrong else True


@rule(
    "no charge is left behind: a share that bears one does not become smaller",
    source=Citation("Transfer of Property Act 1882", "s. 58"),
    remedy="Have the charge released or assigned first, or leave that holder's share as large as it is.",
)
def no_charge_is_left_behind(a: Application, record: Record, law: Law) -> Answer:
    refs = tuple(ref_of(m) for m in a.members)
    found = [
        kind
        for k in a.khatas
        for kind in left_behind(record.units[k.unit], _shares(k, refs, record.units[k.unit]))
    ]
    return Broken(", ".join(found)) if found else True


RULES = (
    *STANDING,
    NOTHING_BARS["division"],
    *PEOPLE,
    khatas_are_named_once,
    shares_name_members,
    all_holders_take_part,
    newcomers_have_a_claim,
    each_khata_is_whole,
    no_charge_is_left_behind,
)


@dataclass(frozen=True, kw_only=True)
class Event:
    """A family settled who holds what."""

    khatas: tuple[Khata, ...]
    members: tuple[PersonRef, ...]


def decide(application: Application, record: Record, law: Law) -> Event:
    """The settlement, if every rule holds; raises Refused with all that do not."""
    check(RULES, application, record, law)
    return Event(khatas=application.khatas, members=tuple(ref_of(m) for m in application.members))


def apply(event: Event, record: Record) -> tuple[State, ...]:
    """The khatas with those who hold them from now on."""
    return tuple(_settled(khata, event.members, record.units[khata.unit]) for khata in event.khatas)


def _settled(khata: Khata, members: tuple[PersonRef, ...], unit: Unit) -> Unit:
    shares = _shares(khata, members, unit)
    after = restated(unit, (Holding(who, share) for who, share in shares.items()))
    return minorities(after, [members[s.member] for s in khata.shares])


def _shares(khata: Khata, members: tuple[PersonRef, ...], unit: Unit) -> dict[str, Share]:
    return {members[s.member].within(unit): s.share for s in khata.shares}


WORDING = {
    "en": "Family settlement of holding(s) {units} among {members} members.",
    "hi": "पारिवारिक समझौता: खाता {units}; सदस्य {members}।",
    "te": "కుటుంబ ఒప్పందం: ఖాతా {units}; సభ్యులు {members}.",
    "mr": "कौटुंबिक व्यवस्था: खाते {units}; सदस्य {members}.",
    "kn": "ಕೌಟುಂಬಿಕ ಒಪ್ಪಂದ: ಖಾತೆ {units}; ಸದಸ್ಯರು {members}.",
}


def terms(event: Event, record: Record) -> Mapping[str, str]:
    """The words that the sentence in the record needs."""
    labels = ", ".join(record.units[k.unit].label for k in event.khatas)
    return {"units": labels, "members": str(len(event.members))}


_A_KHATA_EACH = Application(
    khatas=(
        Khata(unit=KHATA, shares=(Settled(member=0, share=WHOLE),)),
        Khata(
            unit=NEIGHBOURS,
            shares=(Settled(member=1, share=Fraction(1, 2)), Settled(member=2, share=Fraction(1, 2))),
        ),
    ),
    members=(
        Member(holder=ASHA.commitment),
        Member(holder=RAVINA.commitment),
        Member(holder=SOHAN.commitment),
    ),
    memorandum=MEMORANDUM,
)
_KIRAN_COMES_IN = replace(
    _A_KHATA_EACH,
    members=(*_A_KHATA_EACH.members, Member(party=KIRAN, claim=Code("coparcener"))),
    khatas=(
        _A_KHATA_EACH.khatas[0],
        replace(
            _A_KHATA_EACH.khatas[1],
            shares=(Settled(member=1, share=Fraction(1, 2)), Settled(member=3, share=Fraction(1, 2))),
        ),
    ),
)

EXAMPLES = (
    Example(
        title="one sister keeps the joint khata, the other goes over to their cousin's",
        given=VILLAGERS,
        when=_A_KHATA_EACH,
        then={
            KHATA: {"shares": [{"party": ASHA.commitment, "num": 1, "den": 1}]},
            NEIGHBOURS: {
                "shares": [
                    {"party": RAVINA.commitment, "num": 1, "den": 2},
                    {"party": SOHAN.commitment, "num": 1, "den": 2},
                ]
            },
        },
    ),
    Example(
        title="a son who was never entered comes in by his claim as a coparcener",
        given=VILLAGERS,
        when=_KIRAN_COMES_IN,
        then={
            NEIGHBOURS: {
                "shares": [
                    {"party": RAVINA.commitment, "num": 1, "den": 2},
                    {"party": KIRAN.commitment, "num": 1, "den": 2},
                ]
            }
        },
    ),
    Example(
        title="nobody is settled away: a sister who has not signed, and a newcomer without a claim",
        given=VILLAGERS,
        when=replace(
            _KIRAN_COMES_IN,
            members=(
                *_KIRAN_COMES_IN.members[:1],
                replace(_KIRAN_COMES_IN.members[1], signed=False),
                _KIRAN_COMES_IN.members[2],
                Member(party=KIRAN),
            ),
        ),
        refused=(all_holders_take_part, newcomers_have_a_claim),
    ),
    Example(
        title="a sister with a mortgage does not leave the khata, and what is settled must be the whole",
        given=charged(VILLAGERS, RAVINA),
        when=replace(
            _A_KHATA_EACH,
            khatas=(
                replace(_A_KHATA_EACH.khatas[0], shares=(Settled(member=0, share=Fraction(1, 3)),)),
                _A_KHATA_EACH.khatas[1],
            ),
        ),
        refused=(each_khata_is_whole, no_charge_is_left_behind),
    ),
    Example(
        title="nobody settles for a holder who is dead, and nobody is two members",
        given=restricted(VILLAGERS, "holder-deceased", on=ASHA),
        when=replace(_A_KHATA_EACH, members=(*_A_KHATA_EACH.members, Member(holder=RAVINA.commitment))),
        refused=(NOTHING_BARS["division"], nobody_is_named_twice),
    ),
    Example(
        title="a khata named twice, and a share of a member who is not on the list, are not understood",
        given=VILLAGERS,
        when=replace(
            _A_KHATA_EACH,
            khatas=(
                _A_KHATA_EACH.khatas[0],
                Khata(unit=KHATA, shares=(Settled(member=9, share=WHOLE),)),
            ),
        ),
        refused=(khatas_are_named_once, shares_name_members),
    ),
)
