"""The cadastre's measurements of proposed shapes against what stood before; the rules of a mutation judge them.

Gaps, overlaps and land outside are cut in the stored plane, where shapes that share corners fit exactly, and turned
into square metres by the land's own scale (its drawn area over its area in square degrees).  Projecting such
splinters one by one would add the bend of each long side, some metres square, which is no land.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import cast

import numpy as np
import shapely
from shapely import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from domain.errors import BadInput
from domain.survey import Survey
from gis.shapes import (
    canonical_bytes,
    drawn_area,
    drawn_areas,
    from_bytes,
    from_bytes_many,
    square_metres,
)
from gis.splitting import widths_m
from gis.tolerances import MEET_M, METRES_PER_DEGREE, UNITS_PER_DEGREE

_GRID = 1 / UNITS_PER_DEGREE
_NONE = Decimal("0.00")


def examine(parent: bytes, children: Sequence[bytes], neighbours: Sequence[bytes] = ()) -> Survey:
    """``examine_all`` of the children of one parent."""
    return examine_all([parent], children, neighbours)


def examine_all(
    parents: Sequence[bytes], children: Sequence[bytes], neighbours: Sequence[bytes] = ()
) -> Survey:
    """Measure children against the parents whose land they take up and the parcels around (canonical bytes all).

    Without parents, because a record has no map, the children are measured by themselves.  A child that cannot be
    read is named in ``faults`` and counts nothing.  Raises: BadInput for a parent that cannot.
    """
    before = list(from_bytes_many(parents)) if parents else []
    shapes, faults = _read(children)
    present = [shape for shape in shapes if shape is not None]
    covered = shapely.union_all(present, grid_size=_GRID) if present else shapely.Polygon()
    whole = together(before) if before else covered
    scale = square_metres([whole])[0] / whole.area if whole.area else 0.0
    doubly = sum(shape.area for shape in present) - covered.area
    gap = _figure(shapely.difference(whole, covered, grid_size=_GRID).area * scale)
    outside = _figure(shapely.difference(covered, whole, grid_size=_GRID).area * scale)
    # Children that fill the parents have their boundary: with nothing missing or beyond, no neighbour has lost theirs.
    unmatched = _unmatched(whole, covered, neighbours) if gap or outside else 0
    return Survey(
        parent_m2=drawn_area(whole) if before else _NONE,
        parents_m2=tuple(drawn_areas(before)) if before else (),
        pieces=len(shapely.get_parts(whole)) if before else 0,
        children_m2=tuple(
            _NONE if shape is None else m2 for shape, m2 in zip(shapes, drawn_areas(shapes), strict=True)
        ),
        gap_m2=gap,
        overlap_m2=_figure(doubly * scale),
        outside_m2=outside,
        narrowest_m=_figure(float(np.min(widths_m(present))) if present else 0.0),
        unmatched_edges=unmatched,
        faults=faults,
    )


def merged(parcels: Sequence[bytes]) -> bytes:
    """The shape of adjoining parcels as one, in canonical bytes: what an amalgamation records."""
    return canonical_bytes(together(list(from_bytes_many(parcels))))


def together(parcels: Sequence[BaseGeometry]) -> Polygon | MultiPolygon:
    """The land of several parcels: a strip between two of them in which both boundaries meet (MEET_M) is taken in.

    Each of the two was surveyed to within that width, so the strip is nobody's land but an error of drawing.
    """
    if len(parcels) == 1:
        return cast("Polygon | MultiPolygon", parcels[0])
    union = shapely.union_all(parcels, grid_size=_GRID)
    reach = MEET_M / METRES_PER_DEGREE / 2
    closed = union.buffer(reach, join_style="mitre").buffer(-reach, join_style="mitre")
    strips = [
        strip
        for strip in shapely.get_parts(shapely.difference(closed, union, grid_size=_GRID))
        if np.count_nonzero(shapely.dwithin(parcels, strip, reach)) > 1
    ]
    return cast("Polygon | MultiPolygon", shapely.union_all([union, *strips], grid_size=_GRID))


def _read(children: Sequence[bytes]) -> tuple[list[BaseGeometry | None], tuple[str, ...]]:
    shapes: list[BaseGeometry | None] = []
    faults = []
    for number, child in enumerate(children, 1):
        try:
            shapes.append(from_bytes(child))
        except BadInput as error:
            shapes.append(None)
            faults.append(f"part {number}: {error}")
    return shapes, tuple(faults)


def _unmatched(whole: BaseGeometry, covered: BaseGeometry, neighbours: Sequence[bytes]) -> int:
    """How many neighbours shared a boundary with the parent of which the children's boundary leaves a part."""
    reach = MEET_M / METRES_PER_DEGREE
    before, after = whole.boundary.buffer(reach), covered.boundary.buffer(2 * reach)
    shared = shapely.intersection(shapely.boundary(from_bytes_many(neighbours)), before)
    return int((~shapely.is_empty(shared) & ~shapely.covers(after, shared)).sum())


def _figure(value: float) -> Decimal:
    return Decimal(f"{max(value, 0.0):.2f}")
