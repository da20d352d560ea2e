"""Partition by a revenue court: the court states the shares, allots the land, or both, whether or not all consent.

A preliminary order states shares; a final one allots parcels or the parts of one that is split.  Who holds and what
lies on the land is not the court's gift here: it divides what the record shows among those whom it shows.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction
from typing import Literal

from domain.ids import ParcelId, UnitId
from domain.kit import Answer, Broken, Citation, Example, Procedure, Rule, State, check, rule
from domain.law import Law
from domain.mutations._examples import LOAN, charged, restricted, undetermined
from domain.mutations._partitioning import (
    DIVISION,
    EAST,
    MEASURED,
    WEST,
    Portion,
    divided,
    every_parcel_has_one_portion,
    portions_divide,
    shapes_of,
    split_in_words,
)
from domain.mutations._people import (
    CHANGED_SHARE,
    HolderShare,
    every_holder_has_a_share,
    restated,
    shares_make_up_the_whole,
)
from domain.mutations._shared import (
    ASHA,
    FIELD,
    GARDEN,
    KHATA,
    NOTHING_BARS,
    RAVINA,
    SISTERS,
    STANDING,
    NewUnit,
)
from domain.quantities import format_share
from domain.record import Holding, Record, Restriction
from domain.values import CourtOrder, Digest, PartyRef, Salt, Text, UnitLabel

TYPE = "mutation.partition-by-court/1"
TITLE = {
    "en": "Partition by order of a revenue court",
    "hi": "राजस्व न्यायालय द्वारा बँटवारा",
    "te": "రెవెన్యూ కోర్టు ఉత్తర్వుతో భాగ పరిష్కారం",
    "mr": "महसूल न्यायालयाच्या आदेशाने वाटणी",
    "kn": "ಕಂದಾಯ ನ್ಯಾಯಾಲಯದ ಆದೇಶದಂತೆ ವಿಭಾಗ",
}
PROCEDURE = Procedure(
    nature="authority",
    applicants=("co-holder", "court"),
    papers=("court-order", "sketch"),
    verified_by="lekhpal",
    decided_by=("tahsildar", "naib-tahsildar", "sub-divisional-officer"),
    notice="hearing",
    numbering="children",
    two_officers=True,
)

PARTITION_SUIT = Citation(
    "Code of Civil Procedure 1908", "O. XX r. 18; Uttar Pradesh Revenue Code 2006, s. 116"
)


@dataclass(frozen=True, kw_only=True)
class Application:
    """What the court has ordered."""

    unit: UnitId
    order: CourtOrder
    stage: Literal["preliminary", "final"]
    shares: tuple[HolderShare, ...] = ()
    """The shares as the court states them; empty where they stay as recorded."""
    portions: tuple[Portion, ...] = ()
    """What the court allots; empty in a preliminary order."""
    split: ParcelId | None = None


@rule(
    "the order states shares or allots land",
    source=PARTITION_SUIT,
    remedy="Copy the shares or the portions from the operative part of the order.",
    first=True,
)
def orders_something(a: Application, record: Record, law: Law) -> Answer:
    return bool(a.shares or a.portions)


@rule(
    "land is allotted by a final order only",
    source=PARTITION_SUIT,
    remedy="Enter the shares of a preliminary order, and wait for the final one to divide the land.",
)
def land_is_allotted_finally(a: Application, record: Record, law: Law) -> Answer:
    return a.stage == "final" or not a.portions


@rule(
    "all the holders are known and living, so that the order binds them",
    source=Citation("Code of Civil Procedure 1908", "O. I r. 9 and O. XXII"),
    remedy="Record the holders or the inheritance first; a decree against the dead divides nothing.",
)
def holders_are_known_and_living(a: Application, record: Record, law: Law) -> Answer:
    unit = record.units[a.unit]
    kinds = [r.kind for r in unit.restrictions if r.kind in ("holders-incomplete", "holder-deceased")]
    return Broken(", ".join(kinds)) if kinds else True


def _where_land_is_allotted(known: Rule) -> Rule:
    """The rule of a division, asked only of an order that divides."""

    def holds(a: Application, record: Record, law: Law) -> Answer:
        return not (a.portions or a.split) or known.holds(a, record, law)

    return replace(known, holds=holds)


RULES = (
    *STANDING,
    NOTHING_BARS["authority"],
    orders_something,
    land_is_allotted_finally,
    holders_are_known_and_living,
    every_holder_has_a_share,
    shares_make_up_the_whole,
    *(_where_land_is_allotted(known) for known in DIVISION),
)


@dataclass(frozen=True, kw_only=True)
class Event:
    """A court stated the shares of a unit, or divided it."""

    unit: UnitId
    order: PartyRef
    shares: tuple[HolderShare, ...]
    portions: tuple[Portion, ...]
    split: ParcelId | None


def decide(application: Application, record: Record, law: Law) -> Event:
    """What the court ordered, if the record can carry it; raises Refused with all the rules that do not hold."""
    check(RULES, application, record, law)
    a = application
    return Event(unit=a.unit, order=a.order.commitment, shares=a.shares, portions=a.portions, split=a.split)


def shapes(application: Application) -> tuple[tuple[ParcelId, ...], tuple[Digest, ...]] | None:
    """What the cadastre must measure before the decision."""
    return shapes_of(application)


def apply(event: Event, record: Record) -> tuple[State, ...]:
    """The unit with the shares that the court states, or the units and parcels of the portions."""
    unit = record.units[event.unit]
    if event.shares:
        unit = restated(unit, (Holding(s.holder, s.share) for s in event.shares))
    return divided(event, record.with_states(unit)) if event.portions else (unit,)


WORDING = {
    "en": "By order of the revenue court, holding {unit}: shares {shares}, portions {portions}{split}.",
    "hi": "राजस्व न्यायालय के आदेश से खाता {unit}: अंश {shares}, भाग {portions}{split}।",
    "te": "రెవెన్యూ కోర్టు ఉత్తర్వు ప్రకారం ఖాతా {unit}: వాటాలు {shares}, భాగాలు {portions}{split}.",
    "mr": "महसूल न्यायालयाच्या आदेशाने खाते {unit}: हिस्से {shares}, भाग {portions}{split}.",
    "kn": "ಕಂದಾಯ ನ್ಯಾಯಾಲಯದ ಆದೇಶದಂತೆ ಖಾತೆ {unit}: ಪಾಲುಗಳು {shares}, ಭಾಗಗಳು {portions}{split}.",
}


def terms(event: Event, record: Record) -> Mapping[str, str]:
    """The words that the sentence in the record needs."""
    return {
        "unit": record.units[event.unit].label,
        "shares": " + ".join(format_share(s.share) for s in event.shares) or "—",
        "portions": str(len(event.portions)) if event.portions else "—",
        "split": split_in_words(event, record),
    }


_ORDER = CourtOrder(
    number=Text("12/2026"),
    made=date(2026, 10, 5),
    by=Text("Assistant Collector, Devgarh"),
    case=Text("T2026054465061807"),
    salt=Salt(b"o" * 32),
)
_SHARES = Application(
    unit=KHATA,
    order=_ORDER,
    stage="preliminary",
    shares=(
        HolderShare(holder=ASHA.commitment, share=Fraction(1, 2)),
        HolderShare(holder=RAVINA.commitment, share=Fraction(1, 2)),
    ),
)
_LAND = Application(
    unit=KHATA,
    order=_ORDER,
    stage="final",
    split=FIELD,
    portions=(
        Portion(holders=(ASHA.commitment,), parcels=(GARDEN,), children=(WEST,)),
        Portion(
            holders=(RAVINA.commitment,),
            children=(EAST,),
            new_unit=NewUnit(label=UnitLabel("46"), id=UnitId("999101-U000046")),
        ),
    ),
)

EXAMPLES = (
    Example(
        title="a preliminary order states the shares that nobody could agree on",
        given=undetermined(SISTERS),
        when=_SHARES,
        then={KHATA: {"shares_determined": True, "parcels": [FIELD, GARDEN]}},
    ),
    Example(
        title="a share that the court makes larger bears its charge, and the record says that it has changed",
        given=charged(SISTERS, ASHA),
        when=_SHARES,
        then={
            KHATA: {
                "charges": [replace(LOAN, on=ASHA.commitment).doc()],
                "restrictions": [
                    Restriction(kind=CHANGED_SHARE, on=ASHA.commitment, details=LOAN.details).doc()
                ],
            }
        },
    ),
    Example(
        title="the final order splits the field; a minor's land is divided too, for the court hears the guardian",
        given=replace(restricted(SISTERS, "minor", on=ASHA), survey=MEASURED),
        when=_LAND,
        then={
            FIELD: {"status": "retired"},
            "999101-000902": {"unit": "999101-U000046"},
            "999101-U000046": {"restrictions": []},
        },
    ),
    Example(
        title="a preliminary order does not allot land, and no order forgets a parcel",
        given=replace(SISTERS, survey=MEASURED),
        when=replace(
            _LAND,
            stage="preliminary",
            portions=(replace(_LAND.portions[0], parcels=()), _LAND.portions[1]),
        ),
        refused=(land_is_allotted_finally, every_parcel_has_one_portion),
    ),
    Example(
        title="an order against a dead holder is not carried out, nor shares that leave another out",
        given=restricted(SISTERS, "holder-deceased", on=RAVINA),
        when=replace(_SHARES, shares=_SHARES.shares[:1]),
        refused=(holders_are_known_and_living, every_holder_has_a_share, shares_make_up_the_whole),
    ),
    Example(
        title="a higher court's stay holds the order up, and one portion is no partition",
        given=replace(restricted(SISTERS, "stay"), survey=MEASURED),
        when=replace(
            _LAND,
            portions=(
                Portion(
                    holders=(ASHA.commitment, RAVINA.commitment), parcels=(GARDEN,), children=(WEST, EAST)
                ),
            ),
        ),
        refused=(NOTHING_BARS["authority"], portions_divide),
    ),
    Example(
        title="an order that says nothing is not entered",
        given=SISTERS,
        when=replace(_SHARES, shares=()),
        refused=(orders_something,),
    ),
)
