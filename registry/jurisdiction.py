"""Jurisdiction: an order is made by the office of the land, or by one above it, both before the order and after."""

from __future__ import annotations

from collections.abc import Mapping

from domain.ids import ParcelId, UnitId
from domain.kit import State
from domain.languages import Phrase
from domain.record import Record
from registry.officers import OutsideJurisdiction
from registry.roles import contains


def offices_of(record: Record, after: Mapping[str, State]) -> dict[str, str]:
    """Under which office each thing touched lies, before the order and after it, named by ``id`` and ``id, after``."""
    offices = {f"{i}, after the order": state.office for i, state in after.items()}
    before = [record.parcels.get(ParcelId(i)) or record.units.get(UnitId(i)) for i in after]
    return offices | {state.id: state.office for state in before if state is not None}


def check_jurisdiction(office: str, offices: Mapping[str, str]) -> None:
    """The order's office must be that of the land, or one above it: nobody pulls land out of another's office.

    Raises:
        OutsideJurisdiction: naming the first thing that lies elsewhere, before the order or after it.
    """
    strange = sorted(i for i, of in offices.items() if not contains(office, of))
    if strange:
        raise OutsideJurisdiction(
            Phrase(
                "office {office} has no jurisdiction over {thing}, which lies under {lies}",
                office=office,
                thing=strange[0],
                lies=offices[strange[0]],
            ),
            field="office",
            remedy="The case goes to the office of the parcel's village.",
        )
