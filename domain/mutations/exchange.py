"""Exchange: the holders of two khatas give each other parcels or shares, in one act.

Either both sides move or neither does: one event.  Parcels that a side receives go into its own khata, or into a new
one.  What lies on land or on a share goes with it, so both sides see before they sign what they take over.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Literal

from domain.ids import ParcelId, UnitId
from domain.kit import Answer, Broken, Citation, Example, Procedure, State, check, rule
from domain.law import Law
from domain.mutations._conveyance import (
    TRANSFER,
    Conveyance,
    Giver,
    Taken,
    all_holders_join,
    convey,
    parcels_belong_to_the_unit,
    receiving_unit_is_free,
    takers_parts_add_up,
    what_is_conveyed,
)
from domain.mutations._examples import GROVE, NEIGHBOURS, SOHAN, VILLAGERS, charged, restricted
from domain.mutations._shared import (
    ASHA,
    DEED,
    FIELD,
    GARDEN,
    KHATA,
    NOTHING_BARS,
    RAVINA,
    NewUnit,
)
from domain.quantities import WHOLE, Share
from domain.record import Record
from domain.values import Deed, Permission, UnitLabel

TYPE = "mutation.exchange/1"
TITLE = {"en": "Exchange", "hi": "विनिमय", "te": "మార్పిడి", "mr": "अदलाबदल", "kn": "ವಿನಿಮಯ"}
PROCEDURE = Procedure(
    nature="transfer",
    applicants=("holder", "registrar"),
    papers=("exchange-deed",),
    verified_by="lekhpal",
    decided_by=("tahsildar", "naib-tahsildar"),
    notice="registered",
)

EXCHANGE = Citation("Transfer of Property Act 1882", "s. 118")


@dataclass(frozen=True, kw_only=True)
class Exchanger(Giver):
    """A holder who exchanges: gives up ``share`` of the own khata, and takes ``part`` of what is received."""

    part: Share = WHOLE


@dataclass(frozen=True, kw_only=True)
class Side:
    """The holders of one khata, and what they give."""

    unit: UnitId
    gives: Literal["share", "parcels"]
    holders: tuple[Exchanger, ...]
    parcels: tuple[ParcelId, ...] = ()
    receives_in: NewUnit | None = None
    """A new khata for the parcels that this side receives; empty where they go into the one it has."""


@dataclass(frozen=True, kw_only=True)
class Application:
    """An exchange as the registered deed states it."""

    one: Side
    other: Side
    deed: Deed
    permissions: tuple[Permission, ...] = ()

    def conveyances(self) -> tuple[Conveyance, ...]:
        """The two movements, for the rules that conveyances share."""
        return _conveyances(self)


@rule(
    "the sides exchange out of two different khatas",
    source=EXCHANGE,
    remedy="Within one khata let the holders partition it, or release shares to each other.",
)
def khatas_differ(a: Application, record: Record, law: Law) -> Answer:
    return a.one.unit != a.other.unit


@rule(
    "parcels are received in a khata whose holders all take part",
    source=EXCHANGE,
    remedy="Open a new khata for the parcels: who gives a share alone does not bring land to all co-holders.",
)
def received_by_those_who_give(a: Application, record: Record, law: Law) -> Answer:
    wrong = [
        side.unit
        for side, giving in ((a.one, a.other), (a.other, a.one))
        if giving.gives == "parcels" and side.receives_in is None
        if record.units[side.unit].holders - {h.party for h in side.holders}
    ]
    return Broken(", ".join(wrong)) if wrong else True


RULES = (*TRANSFER, khatas_differ, received_by_those_who_give)


@dataclass(frozen=True, kw_only=True)
class Event:
    """Holders of two khatas exchanged land or shares."""

    one: Side
    other: Side


def decide(application: Application, record: Record, law: Law) -> Event:
    """The exchange, if every rule holds; raises Refused with all that do not."""
    check(RULES, application, record, law)
    return Event(one=application.one, other=application.other)


def apply(event: Event, record: Record) -> tuple[State, ...]:
    """Both khatas, the parcels that moved and the khatas that were opened, after both movements."""
    after: dict[str, State] = {}
    for conveyance in _conveyances(event):
        states = convey(conveyance, record)
        record = record.with_states(*states)
        after |= {state.id: state for state in states}
    return tuple(after.values())


def _conveyances(exchange: Application | Event) -> tuple[Conveyance, Conveyance]:
    one, other = exchange.one, exchange.other
    return _movement(one, other), _movement(other, one)


def _movement(giving: Side, taking: Side) -> Conveyance:
    into = taking.unit if giving.gives == "parcels" and taking.receives_in is None else None
    takers = tuple(Taken(party=h.party, share=h.part) for h in taking.holders)
    return Conveyance(
        unit=giving.unit,
        what=giving.gives,
        givers=giving.holders,
        takers=() if into else takers,
        parcels=giving.parcels,
        new_unit=taking.receives_in,
        into=into,
    )


WORDING = {
    "en": "Exchange: {one} of holding {one_unit} against {other} of holding {other_unit}.",
    "hi": "विनिमय: खाता {one_unit} का {one}, खाता {other_unit} के {other} के बदले।",
    "te": "మార్పిడి: ఖాతా {one_unit} లోని {one}, ఖాతా {other_unit} లోని {other} కు బదులుగా.",
    "mr": "अदलाबदल: खाते {one_unit} मधील {one}, खाते {other_unit} मधील {other} च्या बदल्यात.",
    "kn": "ವಿನಿಮಯ: ಖಾತೆ {one_unit} ರ {one}, ಖಾತೆ {other_unit} ರ {other} ಕ್ಕೆ ಬದಲಾಗಿ.",
}


def terms(event: Event, record: Record) -> Mapping[str, str]:
    """The words that the sentence in the record needs."""
    one, other = _conveyances(event)
    return {
        "one": what_is_conveyed(one, record),
        "one_unit": record.units[one.unit].label,
        "other": what_is_conveyed(other, record),
        "other_unit": record.units[other.unit].label,
    }


_SISTERS_GIVE_THE_FIELD = Side(
    unit=KHATA,
    gives="parcels",
    holders=(
        Exchanger(party=ASHA.commitment, part=Fraction(1, 3)),
        Exchanger(party=RAVINA.commitment, part=Fraction(2, 3)),
    ),
    parcels=(FIELD,),
)
_SOHAN_GIVES_THE_GROVE = Side(
    unit=NEIGHBOURS,
    gives="parcels",
    holders=(Exchanger(party=SOHAN.commitment),),
    parcels=(GROVE,),
)
_FIELD_FOR_GROVE = Application(one=_SISTERS_GIVE_THE_FIELD, other=_SOHAN_GIVES_THE_GROVE, deed=DEED)
_ASHAS_SHARE = replace(
    _SISTERS_GIVE_THE_FIELD,
    gives="share",
    holders=(Exchanger(party=ASHA.commitment),),
    parcels=(),
)

EXAMPLES = (
    Example(
        title="a field is exchanged for the neighbour's grove, each into the other's khata",
        given=VILLAGERS,
        when=_FIELD_FOR_GROVE,
        then={
            FIELD: {"unit": NEIGHBOURS},
            GROVE: {"unit": KHATA},
            KHATA: {"parcels": [GARDEN, GROVE], "status": "active"},
            NEIGHBOURS: {"parcels": [FIELD], "status": "active"},
        },
    ),
    Example(
        title="a sister exchanges her third for half of the neighbour's khata",
        given=VILLAGERS,
        when=replace(
            _FIELD_FOR_GROVE,
            one=_ASHAS_SHARE,
            other=replace(
                _SOHAN_GIVES_THE_GROVE,
                gives="share",
                holders=(Exchanger(party=SOHAN.commitment, share=Fraction(1, 2)),),
                parcels=(),
            ),
        ),
        then={
            KHATA: {
                "shares": [
                    {"party": RAVINA.commitment, "num": 2, "den": 3},
                    {"party": SOHAN.commitment, "num": 1, "den": 3},
                ]
            },
            NEIGHBOURS: {
                "shares": [
                    {"party": SOHAN.commitment, "num": 1, "den": 2},
                    {"party": ASHA.commitment, "num": 1, "den": 2},
                ]
            },
        },
    ),
    Example(
        title="a sister who gives her share alone takes the grove in a new khata of her own",
        given=VILLAGERS,
        when=replace(
            _FIELD_FOR_GROVE,
            one=replace(
                _ASHAS_SHARE, receives_in=NewUnit(label=UnitLabel("71"), id=UnitId("999101-U000071"))
            ),
        ),
        then={
            GROVE: {"unit": "999101-U000071"},
            NEIGHBOURS: {"status": "closed"},
            "999101-U000071": {"shares": [{"party": ASHA.commitment, "num": 1, "den": 1}]},
        },
    ),
    Example(
        title="a sister who gives her share alone does not bring the grove into the joint khata",
        given=VILLAGERS,
        when=replace(_FIELD_FOR_GROVE, one=_ASHAS_SHARE),
        refused=(received_by_those_who_give,),
    ),
    Example(
        title="charged land is not exchanged into the neighbour's khata, and a stay is told with it",
        given=restricted(charged(VILLAGERS, None), "stay", unit=NEIGHBOURS),
        when=_FIELD_FOR_GROVE,
        refused=(NOTHING_BARS["transfer"], receiving_unit_is_free),
    ),
    Example(
        title="nobody exchanges a khata with itself",
        given=VILLAGERS,
        when=replace(
            _FIELD_FOR_GROVE,
            other=replace(_SISTERS_GIVE_THE_FIELD, holders=_SISTERS_GIVE_THE_FIELD.holders[:1]),
        ),
        refused=(
            parcels_belong_to_the_unit,
            all_holders_join,
            receiving_unit_is_free,
            khatas_differ,
            received_by_those_who_give,
        ),
    ),
    Example(
        title="the parts in which a side receives a share add up to one",
        given=VILLAGERS,
        when=replace(
            _FIELD_FOR_GROVE,
            one=replace(_ASHAS_SHARE, holders=(Exchanger(party=ASHA.commitment, part=Fraction(1, 2)),)),
            other=replace(_SOHAN_GIVES_THE_GROVE, gives="share", parcels=()),
        ),
        refused=(takers_parts_add_up,),
    ),
)
