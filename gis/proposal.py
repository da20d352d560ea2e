"""The values of a proposed village: what a map file gives, before any officer has signed anything."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from domain.quantities import Area
from gis.holders import ProposedHolder
from gis.tolerances import AREA_AGREES, AREA_CLOSE

Grade = Literal["agrees", "close", "differs", "no-map"]


@dataclass(frozen=True, kw_only=True)
class ProposedParcel:
    """One parcel; ``serial`` counts from 1 in the natural order of labels, ``unit`` is the serial of its holding."""

    serial: int
    label: str
    unit: int
    area: Area
    """The recorded area, exact, with the paper's figure and unit."""
    drawn_m2: Decimal
    """Zero without a shape."""
    area_grade: Grade
    land_class: str
    use: str
    former_labels: tuple[str, ...]
    geometry: bytes
    """Canonical bytes, see ``gis.shapes``; empty where the file is the textual record alone."""
    geometry_hash: str
    """Empty without a shape."""
    row: int


@dataclass(frozen=True, kw_only=True)
class ProposedUnit:
    """One holding; ``flags`` (codes of ``gis.holders.SENTENCES``) say why its list of holders may not be whole."""

    serial: int
    label: str
    khatas: tuple[str, ...]
    tenure: str
    holders: tuple[ProposedHolder, ...]
    parcels: tuple[int, ...]
    """Serials of its parcels."""
    flags: tuple[str, ...]

    @property
    def holders_incomplete(self) -> bool:
        """Whether the older record does not tell all who hold."""
        return bool(self.flags)

    @property
    def shares_determined(self) -> bool:
        """Whether every holder's share is known; they then add up to one."""
        return bool(self.holders) and all(holder.share is not None for holder in self.holders)


def area_grade(drawn_m2: Decimal, recorded_m2: Decimal) -> Grade:
    """How far the drawing bears out the record.

    >>> [area_grade(Decimal(m2), Decimal(1000)) for m2 in (1010, 951, 700)]
    ['agrees', 'close', 'differs']
    """
    apart = abs(drawn_m2 - recorded_m2) / recorded_m2
    if apart <= AREA_AGREES:
        return "agrees"
    return "close" if apart <= AREA_CLOSE else "differs"
