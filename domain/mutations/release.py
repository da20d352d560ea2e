"""Release: a co-holder gives up his or her share to other holders of the same unit (relinquishment).

A release enlarges shares that exist; it brings nobody in.  So it stays between co-holders: to a stranger one sells or
gives.  A share that passes bears what lay on it, and a charge on it is flagged on those who take.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from domain.canon import Json
from domain.ids import UnitId
from domain.kit import Answer, Broken, Citation, Example, Procedure, State, check, rule
from domain.law import Law
from domain.mutations._conveyance import (
    TRANSFER,
    Conveyance,
    Giver,
    Taken,
    convey,
    givers_hold_the_share,
    no_charge_is_lost,
    no_party_is_named_twice,
    shares_are_determined,
    what_is_conveyed,
)
from domain.mutations._examples import LOAN, SOHAN, charged, held_by, restricted, undetermined
from domain.mutations._people import CHANGED_SHARE
from domain.mutations._shared import (
    ASHA,
    DEED,
    KHATA,
    MEENA,
    NOTHING_BARS,
    RAVINA,
    SISTERS,
)
from domain.quantities import WHOLE
from domain.record import Holding, Record, Restriction
from domain.values import Deed, Party, Permission

TYPE = "mutation.release/1"
TITLE = {
    "en": "Release to co-holders",
    "hi": "हक त्याग",
    "te": "హక్కు విడుదల",
    "mr": "हक्कसोड",
    "kn": "ಹಕ್ಕು ಬಿಡುಗಡೆ",
}
PROCEDURE = Procedure(
    nature="transfer",
    applicants=("co-holder", "registrar"),
    papers=("release-deed",),
    verified_by=None,
    decided_by=("tahsildar", "naib-tahsildar"),
    notice="registered",
)


@dataclass(frozen=True, kw_only=True)
class Application:
    """A release as the registered deed states it."""

    unit: UnitId
    releasors: tuple[Giver, ...]
    to: tuple[Taken, ...]
    """Co-holders, each with the part of what is released; the parts add up to one."""
    deed: Deed
    permissions: tuple[Permission, ...] = ()

    def conveyances(self) -> tuple[Conveyance, ...]:
        """The one movement of a release, for the rules that conveyances share."""
        return (_conveyance(self),)

    def acting(self) -> frozenset[str]:
        """Those who give up: who merely receives is not barred by minority."""
        return frozenset(g.party for g in self.releasors)


@rule(
    "who receives the share is a holder of the same unit",
    source=Citation(
        "Registration Act 1908", "s. 17(1)(b), and the nature of a release: it enlarges what one holds"
    ),
    remedy="Let the stranger take by sale or gift; a release stays between co-holders.",
)
def takers_are_co_holders(a: Application, record: Record, law: Law) -> Answer:
    strangers = {t.party for t in a.to} - record.units[a.unit].holders
    return (
        Broken("{count} are not holders of {unit}", count=len(strangers), unit=a.unit) if strangers else True
    )


RULES = (*TRANSFER, takers_are_co_holders)


@dataclass(frozen=True, kw_only=True)
class Event:
    """Shares were released to co-holders."""

    unit: UnitId
    releasors: tuple[Giver, ...]
    to: tuple[Taken, ...]


def decide(application: Application, record: Record, law: Law) -> Event:
    """The release, if every rule holds; raises Refused with all that do not."""
    check(RULES, application, record, law)
    return Event(unit=application.unit, releasors=application.releasors, to=application.to)


def apply(event: Event, record: Record) -> tuple[State, ...]:
    """The unit with the shares as they stand after the release."""
    return convey(_conveyance(event), record)


def _conveyance(release: Application | Event) -> Conveyance:
    return Conveyance(unit=release.unit, what="share", givers=release.releasors, takers=release.to)


WORDING = {
    "en": "Release: {what} of holding {unit} to {takers} co-holder(s).",
    "hi": "हक त्याग: खाता {unit} का {what}; {takers} सह-खातेदार के पक्ष में।",
    "te": "హక్కు విడుదల: ఖాతా {unit} లో {what}; {takers} సహ హక్కుదారులకు.",
    "mr": "हक्कसोड: खाते {unit} मधील {what}; {takers} सहखातेदारांच्या लाभात.",
    "kn": "ಹಕ್ಕು ಬಿಡುಗಡೆ: ಖಾತೆ {unit} ರ {what}; {takers} ಸಹ ಖಾತೆದಾರರಿಗೆ.",
}


def terms(event: Event, record: Record) -> Mapping[str, str]:
    """The words that the sentence in the record needs."""
    what = what_is_conveyed(_conveyance(event), record)
    return {"what": what, "unit": record.units[event.unit].label, "takers": str(len(event.to))}


_THREE = held_by(
    SISTERS,
    tuple(
        Holding(p.commitment, share)
        for p, share in zip(
            (ASHA, RAVINA, MEENA), (Fraction(1, 3), Fraction(1, 3), Fraction(1, 3)), strict=True
        )
    ),
)
_ASHA_TO_BOTH = Application(
    unit=KHATA,
    releasors=(Giver(party=ASHA.commitment),),
    to=(
        Taken(party=RAVINA.commitment, share=Fraction(1, 2)),
        Taken(party=MEENA.commitment, share=Fraction(1, 2)),
    ),
    deed=DEED,
)
_ASHA_TO_RAVINA = replace(_ASHA_TO_BOTH, to=(Taken(party=RAVINA.commitment, share=WHOLE),))


def _flag(holder: Party) -> Restriction:
    return Restriction(kind=CHANGED_SHARE, on=holder.commitment, details=LOAN.details)


_HALVES: list[Json] = [
    {"party": RAVINA.commitment, "num": 1, "den": 2},
    {"party": MEENA.commitment, "num": 1, "den": 2},
]

EXAMPLES = (
    Example(
        title="a sister releases her third to the two others, half of it to each",
        given=_THREE,
        when=_ASHA_TO_BOTH,
        then={KHATA: {"shares": _HALVES}},
    ),
    Example(
        title="while shares are not determined a holder can release all that he or she has",
        given=undetermined(_THREE),
        when=_ASHA_TO_RAVINA,
        then={KHATA: {"shares_determined": False}},
    ),
    Example(
        title="a charge on the share of who receives stays, and is flagged, for that share has grown",
        given=charged(SISTERS, RAVINA),
        when=_ASHA_TO_RAVINA,
        then={
            KHATA: {
                "shares": [{"party": RAVINA.commitment, "num": 1, "den": 1}],
                "restrictions": [_flag(RAVINA).doc()],
            }
        },
    ),
    Example(
        title="nothing is released to a stranger, nor more than one holds",
        given=SISTERS,
        when=replace(
            _ASHA_TO_RAVINA,
            releasors=(Giver(party=ASHA.commitment, share=Fraction(1, 2)),),
            to=(Taken(party=SOHAN.commitment, share=WHOLE),),
        ),
        refused=(givers_hold_the_share, takers_are_co_holders),
    ),
    Example(
        title="a minor's share under a mortgage is not released to herself",
        given=charged(restricted(SISTERS, "minor", on=ASHA), ASHA),
        when=replace(_ASHA_TO_RAVINA, to=(Taken(party=ASHA.commitment, share=WHOLE),)),
        refused=(NOTHING_BARS["transfer"], no_charge_is_lost, no_party_is_named_twice),
    ),
    Example(
        title="a part of a share that nobody has determined cannot be released",
        given=undetermined(SISTERS),
        when=replace(_ASHA_TO_RAVINA, releasors=(Giver(party=ASHA.commitment, share=Fraction(1, 6)),)),
        refused=(shares_are_determined,),
    ),
)
