"""A parcel divided by a line drawn across it.

The cut is made in the plane in which shapes are stored (longitude and latitude): there the parcel's sides are straight
by definition, so a new corner lies on the old side to within the storage grid and the neighbours' sides still meet
it.  Whether a part is a sliver is measured in metres, in the UTM zone of the place.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString, Point
from shapely.geometry.base import BaseGeometry

from domain.errors import BadInput
from gis.shapes import canonical_bytes_many, drawn_areas, from_bytes, metric_crs_of, snapped, to_metric
from gis.tolerances import MEET_M, METRES_PER_DEGREE, SLIVER_M2, SLIVER_WIDTH_M, UNITS_PER_DEGREE

MOST_VERTICES = 1_000
_GRID = 1 / UNITS_PER_DEGREE


def split_by_line(parcel: bytes, line: LineString) -> list[bytes]:
    """The parts into which a lon/lat line divides a parcel, as canonical bytes, west to east, then south to north.

    A line across a crooked parcel may leave more than two parts: all are returned.
    Raises: BadInput (field "line") where the line does not cross the parcel from side to side, or leaves a sliver.
    """
    shape = from_bytes(parcel)
    cut = _fit_to(shape, _checked(line))
    faces = _faces(shape, cut)
    if len(faces) < 2 or len(faces) <= _part_count(shape):
        raise _does_not_cross(shape, cut)
    ordered = sorted(faces, key=lambda face: _west_to_east(face.centroid))
    _refuse_slivers(ordered)
    return canonical_bytes_many(ordered)


def _checked(line: LineString) -> LineString:
    """The line on the storage grid, if it is one line in lon/lat that does not cross itself."""
    if not isinstance(line, LineString) or line.is_empty:
        raise _bad("the new boundary is no line", "Draw one line of at least two points across the parcel.")
    xy = shapely.get_coordinates(line)
    if not np.isfinite(xy).all() or np.any(np.abs(xy) > (180, 90)):
        raise _bad("the line is not in longitude and latitude", "Give its points in degrees (EPSG:4326).")
    if len(xy) > MOST_VERTICES:
        raise _bad(f"the line has {len(xy)} points", f"Draw it with at most {MOST_VERTICES}.")
    grid = snapped([line])[0]
    if grid.length == 0 or not grid.is_simple or grid.is_closed:
        raise _bad(
            "the line crosses itself or ends where it begins",
            "Draw it once across, from one side to another.",
        )
    return grid  # type: ignore[no-any-return]  # snapped keeps the kind of shape


def _fit_to(shape: BaseGeometry, line: LineString) -> LineString:
    """The line with ends that all but reach the boundary brought onto it.

    A line drawn "from corner to corner" ends a hair inside after rounding: within MEET_M that is the boundary.
    Raises: BadInput for an end further inside.
    """
    boundary, reach = shape.boundary, MEET_M / METRES_PER_DEGREE
    xy = shapely.get_coordinates(line).copy()
    for end, name in ((0, "begins"), (-1, "ends")):
        point = Point(xy[end])
        if not shape.intersects(point) or (apart := boundary.distance(point)) == 0:
            continue
        if apart > reach:
            metres = shapely.shortest_line(point, boundary)
            length = shapely.length(to_metric([metres], metric_crs_of([shape])))[0]
            raise _bad(
                f"the line {name} inside of the parcel, {length:.2f} m from its boundary",
                "Draw it on until it meets the boundary, or beyond it.",
            )
        corner = shapely.shortest_line(shapely.extract_unique_points(boundary), point)
        onto = corner if corner.length <= reach else shapely.shortest_line(boundary, point)
        xy[end] = onto.coords[0]
    return snapped([LineString(xy)])[0]  # type: ignore[no-any-return]  # snapped keeps the kind of shape


def _faces(shape: BaseGeometry, cut: LineString) -> list[BaseGeometry]:
    """The faces of the parcel once the line is drawn in, all corners on the storage grid."""
    lines = shapely.union(shape.boundary, cut, grid_size=_GRID)
    faces: NDArray[Any] = shapely.get_parts(shapely.polygonize(shapely.get_parts(lines)))
    return list(faces[shapely.contains(shape, shapely.point_on_surface(faces))])


def _part_count(shape: BaseGeometry) -> int:
    return len(shapely.get_parts(shape))


def _west_to_east(centre: Point) -> tuple[int, int]:
    return round(centre.x * UNITS_PER_DEGREE), round(centre.y * UNITS_PER_DEGREE)


def _refuse_slivers(faces: list[BaseGeometry]) -> None:
    widths = widths_m(faces)
    for m2, width in zip(drawn_areas(faces), widths, strict=True):
        if m2 < SLIVER_M2 or width < float(SLIVER_WIDTH_M):
            raise _bad(
                f"the line leaves a sliver of {m2} m2, {width:.2f} m wide",
                f"Move it: a part has at least {SLIVER_M2} m2 and a width of {SLIVER_WIDTH_M} m.",
            )


def widths_m(shapes: list[BaseGeometry]) -> NDArray[np.float64]:
    """The mean width of each lon/lat shape in metres: twice its area over its perimeter, in UTM."""
    flat = to_metric(shapes, metric_crs_of(shapes))
    return 2 * shapely.area(flat) / shapely.length(flat)


def _does_not_cross(shape: BaseGeometry, cut: LineString) -> BadInput:
    if shape.disjoint(cut):
        gap = shapely.length(to_metric([shapely.shortest_line(shape, cut)], metric_crs_of([shape])))[0]
        return _bad(f"the line misses the parcel by {gap:.2f} m", "Draw it across this parcel.")
    return _bad(
        "the line only touches the parcel, or runs along its boundary",
        "Draw it from one side to another, through it.",
    )


def _bad(sentence: str, remedy: str) -> BadInput:
    return BadInput(sentence, field="line", remedy=remedy)
