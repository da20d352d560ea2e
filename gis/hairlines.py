"""Hairline overlaps and gaps between parcels closed: what rounding and tracing leave, never what two surveys dispute.

Boundaries are moved by less than ``HAIRLINE_M`` and only where they do not meet.  A parcel that would have to move
farther keeps its shape, and so does every parcel that truly conflicts with a neighbour: both stay as they were drawn
and the report says so.  Nothing that met its neighbours before is left apart from them.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from gis.coverage import Coverage, Flaws, find_flaws, flaws_after
from gis.shapes import Shapes, faults, metric_crs_of, snapped, square_metres, to_metric
from gis.tolerances import HAIRLINE_M, METRES_PER_DEGREE, UNITS_PER_DEGREE

_REACH = HAIRLINE_M / METRES_PER_DEGREE


@dataclass(frozen=True, kw_only=True)
class Move:
    """A shape with its hairlines closed: how far its boundary moved at most, and the land that came or went."""

    shape: BaseGeometry
    metres: Decimal
    m2: Decimal


def close_hairlines(shapes: Shapes, coverage: Coverage, flaws: Flaws | None = None) -> dict[int, Move]:
    """What is to move, by place, of valid lon/lat shapes of which ``examine_coverage`` found ``coverage``; their
    ``find_flaws`` may be known."""
    if not coverage.unmatched_polygons and not coverage.beside_narrow_gaps:
        return {}
    drawn = np.asarray(shapes, dtype=object)
    flaws = find_flaws(drawn) if flaws is None else flaws
    cleaned = _cleaned(drawn, coverage, flaws)
    taken = _without_new_faults(drawn, _nearly_as_drawn(drawn, cleaned), flaws)
    moved = _differ(taken, drawn)
    moves = dict(zip(moved.tolist(), _moves(drawn[moved], taken[moved]), strict=True))
    if coverage.exact and not any(move.metres for move in moves.values()):
        return {}  # every side matched: corners set on sides would change bytes and mend nothing
    return moves


def _cleaned(drawn: NDArray[Any], coverage: Coverage, flaws: Flaws) -> NDArray[Any]:
    """What GEOS makes of all that is in no conflict; parcels far from any flaw stay as they are."""
    in_conflict = {place for overlap in coverage.overlaps for place in (overlap.first, overlap.second)}
    free = np.array([place for place in range(len(drawn)) if place not in in_conflict], dtype=np.int64)
    cleaned = drawn.copy()
    if len(free):
        # Of GEOS 3.14: newer than the types that are published for shapely.
        clean = shapely.coverage_clean  # type: ignore[attr-defined]
        cleaned[free] = snapped(clean(drawn[free], snapping_distance=_REACH, gap_width=_REACH))
    lines = flaws.wide[shapely.length(flaws.wide) > 0]
    near = np.zeros(len(drawn), dtype=bool)
    near[shapely.STRtree(drawn).query(lines, predicate="dwithin", distance=_REACH)[1]] = True
    return np.where(near, cleaned, drawn)


def _nearly_as_drawn(drawn: NDArray[Any], cleaned: NDArray[Any]) -> NDArray[Any]:
    """The cleaned shapes that are sound and lie within the tolerance of what was drawn."""
    changed = _differ(cleaned, drawn)
    taken = drawn.copy()
    sound = changed[[not fault for fault in faults(cleaned[changed])]]
    if len(sound):
        kept = sound[_farthest_m(drawn[sound], cleaned[sound]) < HAIRLINE_M]
        taken[kept] = cleaned[kept]
    return taken


def _without_new_faults(drawn: NDArray[Any], taken: NDArray[Any], flaws: Flaws) -> NDArray[Any]:
    """Moves are taken back around every parcel that met its neighbours as drawn and would not any more.

    Each round takes back at least one move, so there is an end: at the worst, the shapes as drawn.
    """
    sound = ~_flawed(flaws)
    while True:
        moved = _differ(taken, drawn)
        worse = np.flatnonzero((_flawed(flaws_after(taken, drawn, flaws, moved)) & sound).any(axis=0))
        if not len(worse) or not len(moved):
            return taken
        around = shapely.STRtree(drawn[moved]).query(drawn[worse], predicate="dwithin", distance=_REACH)[1]
        back = moved[np.unique(around)]
        taken[back] = drawn[back]
        if not len(back):
            return drawn


def _flawed(flaws: Flaws) -> NDArray[np.bool_]:
    """Two rows: which shapes have sides that do not match, and which have such sides or lie beside a narrow gap."""
    return np.asarray(shapely.length([flaws.unmatched, flaws.wide]) > 0)


def _differ(one: NDArray[Any], other: NDArray[Any]) -> NDArray[np.int64]:
    """Places whose shapes have not the same corners; most are one and the same shape, and need no look."""
    others = np.flatnonzero(np.array([a is not b for a, b in zip(one, other, strict=True)], dtype=bool))
    alike = shapely.equals_identical(shapely.normalize(one[others]), shapely.normalize(other[others]))
    return others[~alike]


def _farthest_m(drawn: NDArray[Any], moved: NDArray[Any]) -> NDArray[np.float64]:
    crs = metric_crs_of(drawn)
    return np.asarray(
        shapely.hausdorff_distance(
            shapely.boundary(to_metric(drawn, crs)), shapely.boundary(to_metric(moved, crs))
        )
    )


def _moves(drawn: NDArray[Any], taken: NDArray[Any]) -> list[Move]:
    if not len(drawn):
        return []
    between = shapely.symmetric_difference(drawn, taken, grid_size=1 / UNITS_PER_DEGREE)
    return [
        Move(shape=shape, metres=Decimal(f"{metres:.3f}"), m2=Decimal(f"{m2:.4f}"))
        for shape, metres, m2 in zip(taken, _farthest_m(drawn, taken), square_metres(between), strict=True)
    ]
