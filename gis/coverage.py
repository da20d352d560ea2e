"""How well the parcels of a village lie beside each other: neither one over another nor with strips between."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from gis.shapes import Shapes, metric_crs_of, square_metres, to_metric
from gis.tolerances import METRES_PER_DEGREE, NARROW_GAP_M, OVERLAP_M2, OVERLAP_WIDTH_M, UNITS_PER_DEGREE

_GAP = NARROW_GAP_M / METRES_PER_DEGREE


@dataclass(frozen=True, kw_only=True)
class Overlap:
    """Two parcels, by their places in the sequence examined, that both claim some land."""

    first: int
    second: int
    area_m2: Decimal
    width_m: Decimal
    """Twice the area over the perimeter of the common land."""


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """What the examination of a village found.  ``exact``: every boundary is drawn alike from both sides."""

    exact: bool
    polygons: int
    unmatched_polygons: int
    unmatched_m: Decimal
    beside_narrow_gaps: int
    overlaps: tuple[Overlap, ...]
    hairline_overlaps: int


@dataclass(frozen=True)
class Flaws:
    """The sides of each shape, as lines, that do not match its neighbours'; empty lines where all do.

    ``wide`` has those too that match, or are free, but lie beside a gap under ``NARROW_GAP_M``.
    """

    unmatched: NDArray[Any]
    wide: NDArray[Any]


def find_flaws(shapes: Shapes) -> Flaws:
    """The flaws of valid lon/lat shapes, in the stored plane."""
    array = np.asarray(shapes, dtype=object)
    wide = shapely.coverage_invalid_edges(array, gap_width=_GAP)
    suspects = np.flatnonzero(shapely.length(wide) > 0)
    unmatched = np.full(len(array), shapely.LineString(), dtype=object)
    unmatched[suspects] = _edges_of(array, suspects, gap_width=0.0)  # a sound village is looked at once
    return Flaws(unmatched, wide)


def flaws_after(shapes: Shapes, before: Shapes, flaws: Flaws, moved: NDArray[np.int64]) -> Flaws:
    """``find_flaws(shapes)``, where those of ``before`` are known and the shapes at ``moved`` alone are others now.

    A shape's flaws follow from itself and from what lies within a narrow gap of it: the rest is not looked at again.
    """
    now, then = np.asarray(shapes, dtype=object), np.asarray(before, dtype=object)
    touched = np.unique(np.concatenate([moved, _beside(now, now[moved]), _beside(now, then[moved])]))
    unmatched, wide = flaws.unmatched.copy(), flaws.wide.copy()
    wide[touched] = _edges_of(now, touched, gap_width=_GAP)
    unmatched[touched] = _edges_of(now, touched, gap_width=0.0)
    return Flaws(unmatched, wide)


def _edges_of(shapes: NDArray[Any], places: NDArray[np.int64], *, gap_width: float) -> NDArray[Any]:
    """The invalid edges of the shapes at ``places`` among all, told from them and those beside them."""
    if not len(places):
        return places.astype(object)
    looked_at = np.unique(np.concatenate([places, _beside(shapes, shapes[places])]))
    edges = shapely.coverage_invalid_edges(shapes[looked_at], gap_width=gap_width)
    return np.asarray(edges[np.searchsorted(looked_at, places)])


def _beside(shapes: NDArray[Any], others: NDArray[Any]) -> NDArray[np.int64]:
    """Places of the shapes whose extents come within a narrow gap of the others' extents."""
    extents = shapely.bounds(others) + np.array([-1, -1, 1, 1]) * 2 * _GAP
    return np.asarray(shapely.STRtree(shapes).query(shapely.box(*extents.T))[1])


def examine_coverage(shapes: Shapes, flaws: Flaws | None = None) -> Coverage:
    """Examine valid lon/lat shapes, whose ``find_flaws`` may be known; only polygons with unmatched edges are
    compared by area.

    Edges are matched and cut in the stored plane, where they are exact; lengths and widths are taken in UTM.
    """
    if not len(shapes):
        return Coverage(
            exact=True,
            polygons=0,
            unmatched_polygons=0,
            unmatched_m=Decimal("0.00"),
            beside_narrow_gaps=0,
            overlaps=(),
            hairline_overlaps=0,
        )
    array = np.asarray(shapes, dtype=object)
    flaws = find_flaws(array) if flaws is None else flaws
    beside_flaws = np.flatnonzero(shapely.length(flaws.wide) > 0)
    unmatched = np.flatnonzero(shapely.length(flaws.unmatched) > 0)
    metres = shapely.length(to_metric(flaws.unmatched[unmatched], metric_crs_of(array)))
    overlaps, hairlines = _overlaps(array, unmatched)
    return Coverage(
        exact=len(unmatched) == 0,
        polygons=len(array),
        unmatched_polygons=len(unmatched),
        unmatched_m=Decimal(f"{metres.sum():.2f}"),
        beside_narrow_gaps=len(beside_flaws) - len(unmatched),
        overlaps=overlaps,
        hairline_overlaps=hairlines,
    )


def _overlaps(shapes: NDArray[Any], suspects: NDArray[np.int64]) -> tuple[tuple[Overlap, ...], int]:
    """The true conflicts among the suspects, and how many lesser overlaps were seen."""
    found, right = shapely.STRtree(shapes).query(shapes[suspects], predicate="intersects")
    left = suspects[found]  # a parcel inside of another is a suspect, the one around it is not
    pairs = np.unique(np.sort(np.column_stack((left, right)), axis=1), axis=0)
    left, right = pairs[pairs[:, 0] < pairs[:, 1]].T
    common = shapely.intersection(shapes[left], shapes[right], grid_size=1 / UNITS_PER_DEGREE)
    areas = square_metres(common)
    widths = 2 * areas / np.maximum(shapely.length(to_metric(common, metric_crs_of(shapes))), 1e-9)
    conflict = (areas > OVERLAP_M2) & (widths > OVERLAP_WIDTH_M)
    conflicts = tuple(
        Overlap(
            first=int(left[i]),
            second=int(right[i]),
            area_m2=Decimal(f"{areas[i]:.2f}"),
            width_m=Decimal(f"{widths[i]:.2f}"),
        )
        for i in np.flatnonzero(conflict)
    )
    return conflicts, int(((areas > 0) & ~conflict).sum())
