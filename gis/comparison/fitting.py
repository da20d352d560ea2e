"""Newer shapes set into the boundary that is registered: what takes up the land of some parcels fills just that land.

Two maps of one village never agree to the millimetre, and a law that lets no strip get lost refuses parts that only
nearly fill their parent.  Where no more than ``FIT_SHARE`` of the land is at stake, what lies beyond the registered
boundary is cut off, what is claimed twice stays with the first, and what is left over goes to the part along which
it lies.  The lines between the parts stay as the newer map draws them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from gis.shapes import canonical_bytes_many, faults, snapped, square_metres
from gis.survey import examine_all, together
from gis.tolerances import FIT_SHARE, METRES_PER_DEGREE, SLIVER_M2, SLIVER_WIDTH_M, UNITS_PER_DEGREE

_GRID = 1 / UNITS_PER_DEGREE


@dataclass(frozen=True)
class Fitted:
    """Shapes in lon/lat that fill the registered land, and how many m2 of land were moved for it."""

    shapes: tuple[Polygon | MultiPolygon, ...]
    moved_m2: Decimal


def fit(registered: Sequence[BaseGeometry], newer: Sequence[BaseGeometry]) -> Fitted | None:
    """The newer shapes fitted into the registered ones; None where they lie too far apart for that."""
    whole = together(list(registered))
    if len(newer) == 1:
        return _kept_whole(whole, newer[0])
    parts: list[NDArray[Any]] = []
    taken: BaseGeometry = shapely.Polygon()
    for shape in newer:
        inside = _polygons(shapely.intersection(shape, whole, grid_size=_GRID))
        mine = shapely.difference(shapely.union_all(inside, grid_size=_GRID), taken, grid_size=_GRID)
        parts.append(_polygons(mine))
        taken = shapely.union_all([taken, shape], grid_size=_GRID)
    bodies = [shapely.union_all(pieces[_is_land(pieces)], grid_size=_GRID) for pieces in parts]
    left = shapely.difference(whole, shapely.union_all(bodies, grid_size=_GRID), grid_size=_GRID)
    shapes = snapped(_given(bodies, _polygons(left)))
    moved = _apart(newer, shapes)
    if any(faults(shapes)) or moved > FIT_SHARE * square_metres([whole])[0] or not _fills(whole, shapes):
        return None
    return Fitted(tuple(shapes), Decimal(f"{moved:.2f}"))


def _fills(whole: BaseGeometry, shapes: NDArray[Any]) -> bool:
    """Whether the parts are the whole without a strip left over or claimed twice, as the law's survey measures it.

    Nearly parallel lines, a few degrees off the grid's, can leave a lap of some grid steps that adds up along a side.
    """
    survey = examine_all(canonical_bytes_many([whole]), canonical_bytes_many(shapes))
    return not any((survey.gap_m2, survey.overlap_m2, survey.outside_m2))


def _kept_whole(whole: BaseGeometry, newer: BaseGeometry) -> Fitted | None:
    shapes = snapped([whole])
    moved = _apart([newer], shapes)
    if any(faults(shapes)) or moved > FIT_SHARE * square_metres(shapes)[0]:
        return None
    return Fitted(tuple(shapes), Decimal(f"{moved:.2f}"))


def _given(bodies: list[BaseGeometry], strips: NDArray[Any]) -> list[BaseGeometry]:
    """The bodies with each strip added to the one along which most of its boundary lies."""
    mine: list[list[BaseGeometry]] = [[body] for body in bodies]
    reach = 1 / METRES_PER_DEGREE / 1000  # a millimetre: cut edges meet to within the grid
    for strip in strips:
        beside = shapely.area(shapely.intersection(strip.boundary.buffer(reach), np.array(bodies)))
        mine[int(np.argmax(beside))].append(strip)
    return [shapely.union_all(pieces, grid_size=_GRID) for pieces in mine]


def _polygons(shape: BaseGeometry) -> NDArray[Any]:
    """The pieces of land; where edges only meet, a cut leaves lines and points beside them."""
    pieces = shapely.get_parts(shape)
    kept: NDArray[Any] = pieces[shapely.get_type_id(pieces) == shapely.GeometryType.POLYGON]
    return kept


def _is_land(pieces: NDArray[Any]) -> NDArray[np.bool_]:
    """Whether a piece is more than a sliver of drawing."""
    areas = square_metres(pieces)
    widths = 2 * areas / np.maximum(shapely.length(pieces) * METRES_PER_DEGREE, 1e-9)
    land: NDArray[np.bool_] = (areas >= float(SLIVER_M2)) & (widths >= float(SLIVER_WIDTH_M))
    return land


def _apart(newer: Sequence[BaseGeometry], fitted: Sequence[BaseGeometry] | NDArray[Any]) -> float:
    differences = shapely.symmetric_difference(np.array(newer, dtype=object), np.array(fitted, dtype=object))
    return float(square_metres(differences).sum())
