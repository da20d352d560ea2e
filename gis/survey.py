"""The cadastre's measurements of proposed shapes against what stood before; the rules of a mutation judge them.

Gaps, overlaps and land outside are cut in the stored plane, where shapes that share corners fit exactly, and turned
into square metres by the land's own scale (its drawn area over its area in square degrees).  Projecting such
splinters one by one would add the bend of each long side, some metres square, which is no land.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, cast

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from domain.errors import BadInput
from domain.languages import Phrase
from domain.survey import Survey
from gis.shapes import (
    canonical_bytes,
    drawn_areas,
    from_bytes,
    from_bytes_many,
    square_metres,
)
from gis.splitting import widths_m
from gis.tolerances import MEET_M, METRES_PER_DEGREE, UNITS_PER_DEGREE

_GRID = 1 / UNITS_PER_DEGREE
_NONE = Decimal("0.00")
_SHOWN_M2 = 0.005  # what rounds to a hundredth
_ON_SIDE = 0.8 * _GRID  # a corner on a side lies off it by what rounding leaves


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
    return _measured(before, shapes, faults, lambda: from_bytes_many(neighbours))


def _measured(
    before: Sequence[BaseGeometry],
    shapes: Sequence[BaseGeometry | None],
    faults: tuple[str, ...],
    neighbours: Callable[[], NDArray[Any]],
) -> Survey:
    present = [shape for shape in shapes if shape is not None]
    gap, overlap, outside, unmatched = _NONE, _NONE, _NONE, 0
    whole = together(before) if before else None
    if not _plainly_fill(whole, present):
        covered = shapely.union_all(present, grid_size=_GRID) if present else shapely.Polygon()
        land = covered if whole is None else whole
        scale = square_metres([land])[0] / land.area if land.area else 0.0
        gap = _figure(shapely.difference(land, covered, grid_size=_GRID).area * scale)
        outside = _figure(shapely.difference(covered, land, grid_size=_GRID).area * scale)
        overlap = _figure((sum(shape.area for shape in present) - covered.area) * scale)
        # Children that fill the parents have their boundary: no neighbour has lost theirs.
        unmatched = _unmatched(land, covered, neighbours()) if gap or outside else 0
    areas = iter(drawn_areas([*before, *([] if whole is None or len(before) == 1 else [whole]), *present]))
    parents_m2 = tuple(next(areas) for _ in before)
    return Survey(
        parent_m2=_NONE if whole is None else parents_m2[0] if len(before) == 1 else next(areas),
        parents_m2=parents_m2,
        pieces=0 if whole is None else int(shapely.get_num_geometries(whole)),
        children_m2=tuple(_NONE if shape is None else next(areas) for shape in shapes),
        gap_m2=gap,
        overlap_m2=overlap,
        outside_m2=outside,
        narrowest_m=_figure(float(np.min(widths_m(present))) if present else 0.0),
        unmatched_edges=unmatched,
        faults=faults,
    )


def _plainly_fill(whole: BaseGeometry | None, children: Sequence[BaseGeometry]) -> bool:
    if whole is None or not children or not shapely.coverage_is_valid(children):
        return False
    return fill(whole, children)


def fill(whole: BaseGeometry, children: Sequence[BaseGeometry]) -> bool:
    """Whether parts that meet each other corner by corner make up the whole, to less than a figure can show.

    Then their outline is the whole's, and every neighbour that met the whole meets them.
    """
    outline = shapely.coverage_union_all(children)
    if _goes_round(whole, outline):
        return True
    apart = shapely.symmetric_difference(whole, outline).area
    return bool(apart * METRES_PER_DEGREE**2 < _SHOWN_M2)


def _goes_round(whole: BaseGeometry, outline: BaseGeometry) -> bool:
    """Whether an outline visits the corners of a plain polygon in their order, and between them only its sides."""
    plain = isinstance(whole, Polygon) and isinstance(outline, Polygon)
    if not plain or shapely.get_num_interior_rings([whole, outline]).any():
        return False
    old = shapely.get_coordinates(whole).tolist()[:-1]
    new = shapely.get_coordinates(outline).tolist()[:-1]
    if old[0] not in new:
        return False
    start = new.index(old[0])
    new = new[start:] + new[:start]
    # A union goes clockwise, a stored shape does not: most often the ring turned round is the one.
    return any(_follows(ring, new, _ON_SIDE) for ring in ([old[0], *old[:0:-1]], old))


def _follows(old: list[list[float]], new: list[list[float]], within: float) -> bool:
    """Whether the new ring is the old one with corners put on its sides; both begin at one corner."""
    at = 1
    (x1, y1), (x2, y2) = old[0], old[1]
    for x, y in (*new[1:], old[0]):
        if x == x2 and y == y2:
            at += 1
            (x1, y1), (x2, y2) = (x2, y2), old[at % len(old)]
        else:
            dx, dy = x2 - x1, y2 - y1
            long = (dx * dx + dy * dy) ** 0.5
            off, along = abs(dx * (y - y1) - dy * (x - x1)) / long, (dx * (x - x1) + dy * (y - y1)) / long
            if off > within or not 0 <= along <= long:
                return False
    return at == len(old) + 1


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
    wide: BaseGeometry = union.buffer(reach, join_style="mitre")
    closed: BaseGeometry = wide.buffer(-reach, join_style="mitre")
    if not closed.is_valid:  # mitres of crooked shapes may cross each other
        closed = closed.buffer(0)
    strips = [
        strip
        for strip in shapely.get_parts(shapely.difference(closed, union, grid_size=_GRID))
        if np.count_nonzero(shapely.dwithin(parcels, strip, reach)) > 1
    ]
    return cast("Polygon | MultiPolygon", shapely.union_all([union, *strips], grid_size=_GRID))


def _read(children: Sequence[bytes]) -> tuple[list[BaseGeometry | None], tuple[str, ...]]:
    shapes: list[BaseGeometry | None] = []
    faults = []
    try:
        return list(from_bytes_many(children)) if children else [], ()
    except BadInput:
        pass  # one of them: each is read by itself, so that the fault names it
    for number, child in enumerate(children, 1):
        try:
            shapes.append(from_bytes(child))
        except BadInput as error:
            shapes.append(None)
            faults.append(Phrase("part {number}: {fault}", number=number, fault=Phrase.of(error.message)))
    return shapes, tuple(faults)


def _unmatched(whole: BaseGeometry, covered: BaseGeometry, neighbours: NDArray[Any]) -> int:
    """How many neighbours shared a boundary with the parent of which the children's boundary leaves a part."""
    reach = MEET_M / METRES_PER_DEGREE
    before, after = whole.boundary.buffer(reach), covered.boundary.buffer(2 * reach)
    shared = shapely.intersection(shapely.boundary(neighbours), before)
    return int((~shapely.is_empty(shared) & ~shapely.covers(after, shared)).sum())


def _figure(value: float) -> Decimal:
    return Decimal(f"{max(value, 0.0):.2f}")
