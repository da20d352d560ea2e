"""What the cadastre measured about proposed shapes: figures only; the rules of a mutation judge them."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, kw_only=True)
class Survey:
    """Measurements of children against their parents and the neighbours of these: areas in m2, lengths in m.

    Where a parent has no map, the children are measured by themselves: nothing is known of the parents.
    """

    parent_m2: Decimal
    """The parents together; zero where one of them has no map."""
    parents_m2: tuple[Decimal, ...] = ()
    """Each parent by itself."""
    pieces: int = 1
    """Into how many pieces the parents' land falls: more than one where they do not adjoin."""
    children_m2: tuple[Decimal, ...]
    gap_m2: Decimal
    """Part of the parents that no child covers."""
    overlap_m2: Decimal
    """Land that two children both cover."""
    outside_m2: Decimal
    """Land of the children that lies outside of the parents."""
    narrowest_m: Decimal
    """The least width among the children: twice the area over the perimeter."""
    unmatched_edges: int
    """Neighbours whose common boundary a child no longer meets."""
    faults: tuple[str, ...]
    """A sentence for each shape that is no valid polygon."""
