"""Partition by agreement: co-holders divide their unit; each portion gets parcels, or parts of one that is split.

All the holders sign the deed.  What a division is, and what must hold of it, stands in ``_partitioning``: a partition
that a court orders is the same division without the consent.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from domain.ids import ParcelId, UnitId
from domain.kit import Example, Procedure, State, check
from domain.law import Law
from domain.mutations._examples import LOAN, charged, restricted
from domain.mutations._parcels import (
    Child,
    children_fill_the_parent,
    children_meet_the_neighbours,
    no_child_is_a_splinter,
    recorded_areas_agree_with_shapes,
    recorded_areas_balance,
    shapes_are_measured,
)
from domain.mutations._partitioning import (
    DIVISION,
    EAST,
    MEASURED,
    WEST,
    Portion,
    children_have_a_parent,
    divided,
    every_holder_has_one_portion,
    every_parcel_has_one_portion,
    every_portion_has_land,
    portions_divide,
    shapes_of,
    split_in_words,
)
from domain.mutations._shared import (
    ASHA,
    DEED,
    FIELD,
    GARDEN,
    KHATA,
    NOTHING_BARS,
    RAVINA,
    SISTERS,
    STANDING,
    NewUnit,
)
from domain.quantities import Area
from domain.record import Record
from domain.values import Deed, Digest, Permission, UnitLabel

__all__ = ["Application", "Child", "Event", "Portion"]  # a form's parts are had where the form is

TYPE = "mutation.partition/1"
TITLE = {"en": "Partition", "hi": "बँटवारा", "te": "భాగ పరిష్కారం", "mr": "वाटणी", "kn": "ವಿಭಾಗ"}
PROCEDURE = Procedure(
    nature="division",
    applicants=("co-holder",),
    papers=("partition-deed", "sketch"),
    verified_by="lekhpal",
    decided_by=("tahsildar",),
    notice="unregistered",
    numbering="children",
)


@dataclass(frozen=True, kw_only=True)
class Application:
    """A partition as the co-holders agreed on it."""

    unit: UnitId
    portions: tuple[Portion, ...]
    deed: Deed
    split: ParcelId | None = None
    """The parcel whose children the portions take, where one is split."""
    permissions: tuple[Permission, ...] = ()


RULES = (*STANDING, NOTHING_BARS["division"], *DIVISION)


@dataclass(frozen=True, kw_only=True)
class Event:
    """A unit was divided among its holders."""

    unit: UnitId
    portions: tuple[Portion, ...]
    split: ParcelId | None


def decide(application: Application, record: Record, law: Law) -> Event:
    """The division, if every rule holds; raises Refused with all that do not."""
    check(RULES, application, record, law)
    return Event(unit=application.unit, portions=application.portions, split=application.split)


def shapes(application: Application) -> tuple[tuple[ParcelId, ...], tuple[Digest, ...]] | None:
    """What the cadastre must measure before the decision."""
    return shapes_of(application)


def apply(event: Event, record: Record) -> tuple[State, ...]:
    """The units of the portions, the parcels that moved, the parent that was retired and its children."""
    return divided(event, record)


WORDING = {
    "en": "Partition of holding {unit} into {portions} portions{split}.",
    "hi": "खाता {unit} का {portions} भागों में बँटवारा{split}।",
    "te": "ఖాతా {unit} {portions} భాగాలుగా విభజన{split}.",
    "mr": "खाते {unit} ची {portions} भागांत वाटणी{split}.",
    "kn": "ಖಾತೆ {unit} ಅನ್ನು {portions} ಭಾಗಗಳಾಗಿ ವಿಭಾಗ{split}.",
}


def terms(event: Event, record: Record) -> Mapping[str, str]:
    """The words that the sentence in the record needs."""
    return {
        "unit": record.units[event.unit].label,
        "portions": str(len(event.portions)),
        "split": split_in_words(event, record),
    }


_BY_PARCELS = Application(
    unit=KHATA,
    deed=DEED,
    portions=(
        Portion(holders=(ASHA.commitment,), parcels=(GARDEN,)),
        Portion(
            holders=(RAVINA.commitment,),
            parcels=(FIELD,),
            new_unit=NewUnit(label=UnitLabel("46"), id=UnitId("999101-U000046")),
        ),
    ),
)
_BY_A_NEW_BOUNDARY = replace(
    _BY_PARCELS,
    split=FIELD,
    portions=(
        replace(_BY_PARCELS.portions[0], children=(WEST,)),
        replace(_BY_PARCELS.portions[1], parcels=(), children=(EAST,)),
    ),
)
EXAMPLES = (
    Example(
        title="two sisters take a parcel each",
        given=SISTERS,
        when=_BY_PARCELS,
        then={
            KHATA: {"parcels": [GARDEN], "shares": [{"party": ASHA.commitment, "num": 1, "den": 1}]},
            FIELD: {"unit": "999101-U000046"},
            "999101-U000046": {"shares": [{"party": RAVINA.commitment, "num": 1, "den": 1}]},
        },
    ),
    Example(
        title="a field is split between them along a new boundary",
        given=replace(SISTERS, survey=MEASURED),
        when=_BY_A_NEW_BOUNDARY,
        then={
            FIELD: {"status": "retired", "successors": ["999101-000901", "999101-000902"]},
            "999101-000901": {"label": "101/1", "unit": KHATA, "predecessors": [FIELD]},
            "999101-000902": {"label": "101/2", "unit": "999101-U000046", "area_m2": "2500.0000"},
        },
    ),
    Example(
        title="a holder who is left out, and a parcel that nobody takes, are both told",
        given=SISTERS,
        when=replace(_BY_PARCELS, portions=(_BY_PARCELS.portions[0],)),
        refused=(portions_divide, every_holder_has_one_portion, every_parcel_has_one_portion),
    ),
    Example(
        title="children that leave a gap, or whose areas do not add up, are refused",
        given=replace(SISTERS, survey=replace(MEASURED, gap_m2=Decimal("12.50"))),
        when=replace(
            _BY_A_NEW_BOUNDARY,
            portions=(
                _BY_A_NEW_BOUNDARY.portions[0],
                replace(
                    _BY_A_NEW_BOUNDARY.portions[1],
                    children=(replace(EAST, area=Area(Decimal("2600.0000"), "0.2600", "hectare")),),
                ),
            ),
        ),
        refused=(children_fill_the_parent, recorded_areas_balance, recorded_areas_agree_with_shapes),
    ),
    Example(
        title="a parcel is not split before the cadastre has measured the line",
        given=SISTERS,
        when=_BY_A_NEW_BOUNDARY,
        refused=(shapes_are_measured,),
    ),
    Example(
        title="a charge on one sister's share goes with her portion, one on the whole stays on both",
        given=charged(charged(SISTERS, RAVINA), None),
        when=_BY_PARCELS,
        then={
            KHATA: {"charges": [LOAN.doc()]},
            "999101-U000046": {"charges": [replace(LOAN, on=RAVINA.commitment).doc(), LOAN.doc()]},
        },
    ),
    Example(
        title="a minor's land is not partitioned without the court, and nobody is left without land",
        given=restricted(SISTERS, "minor", on=ASHA),
        when=replace(
            _BY_PARCELS,
            portions=(
                replace(_BY_PARCELS.portions[0], parcels=()),
                replace(_BY_PARCELS.portions[1], parcels=(FIELD, GARDEN)),
            ),
        ),
        refused=(NOTHING_BARS["division"], every_portion_has_land),
    ),
    Example(
        title="a strip that nobody could find on the ground is no parcel, nor one that leaves the neighbours' line",
        given=replace(SISTERS, survey=replace(MEASURED, narrowest_m=Decimal("0.20"), unmatched_edges=1)),
        when=_BY_A_NEW_BOUNDARY,
        refused=(no_child_is_a_splinter, children_meet_the_neighbours),
    ),
    Example(
        title="children without a parcel to split are not understood",
        given=SISTERS,
        when=replace(_BY_A_NEW_BOUNDARY, split=None),
        refused=(children_have_a_parent,),
    ),
)
