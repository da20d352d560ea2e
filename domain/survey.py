"""What the cadastre measured about proposed shapes: figures only; the rules of a mutation judge them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, kw_only=True)
class Survey:
    """Measurements of children against their parent and its neighbours: areas in m2, lengths in m."""

    parent_m2: Decimal
    children_m2: tuple[Decimal, ...]
    gap_m2: Decimal
    """Part of the parent that no child covers."""
    overlap_m2: Decimal
    """Land that two children both cover."""
    outside_m2: Decimal
    """Land of the children that lies outside of the parent."""
    narrowest_m: Decimal
    """The least width among the children: twice the area over the perimeter."""
    unmatched_edges: int
    """Neighbours whose common boundary a child no longer meets."""
    faults: tuple[str, ...]
    """A sentence for each shape that is no valid polygon."""
