"""A parcel divided by lines drawn across it.

The cut is made in the plane in which shapes are stored (longitude and latitude): there the parcel's sides are straight
by definition, so a new corner lies on the old side to within the storage grid and the neighbours' sides still meet
it.  Whether a part is a sliver is measured in metres, in the UTM zone of the place.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, cast

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString, Point, Polygon
from shapely.geometry.base import BaseGeometry

from domain.errors import BadInput
from gis.crossings import refuse_tangle
from gis.shapes import canonical_bytes_many, drawn_areas, from_bytes, metric_crs_of, snapped, to_metric
from gis.tolerances import MEET_M, METRES_PER_DEGREE, SLIVER_M2, SLIVER_WIDTH_M, UNITS_PER_DEGREE

MOST_VERTICES = 1_000
MOST_LINES = 50
MOST_VERTICES_OF_ALL = 2_000
MOST_WORK = 200_000
"""Corners of a parcel times the lines that divide it at once."""
GRID = 1 / UNITS_PER_DEGREE
_REACH = MEET_M / METRES_PER_DEGREE
_LEAST_M2, _LEAST_WIDTH_M = (
    4 * float(SLIVER_M2),
    4 * float(SLIVER_WIDTH_M),
)  # beyond these, rough figures decide


def split_by_line(parcel: bytes, line: LineString) -> list[bytes]:
    """The parts into which a lon/lat line divides a parcel, as canonical bytes, west to east, then south to north.

    A line across a crooked parcel may leave more than two parts: all are returned.
    Raises: BadInput (field "line") where the line does not cross the parcel from side to side, or leaves a sliver.
    """
    return canonical_bytes_many(divide(from_bytes(parcel), line))


def split_by_lines(parcel: bytes, lines: Sequence[LineString]) -> list[bytes]:
    """The parts into which several lon/lat lines divide a parcel, in the order of ``split_by_line``.

    A line may end on another one.  Raises: BadInput (field "lines[n]") for the first that ends inside of a part, or
    divides nothing.
    """
    if not 1 <= len(lines) <= MOST_LINES:
        raise BadInput(f"{len(lines)} lines were given", field="lines", remedy=f"Give 1 to {MOST_LINES}.")
    if len(lines) == 1:
        return split_by_line(parcel, lines[0])
    shape = from_bytes(parcel)
    grid = [checked(line, field=f"lines[{n}]") for n, line in enumerate(lines)]
    if (count := int(shapely.get_num_coordinates(grid).sum())) > MOST_VERTICES_OF_ALL:
        raise _bad(
            f"the lines have {count} points", f"Draw them with at most {MOST_VERTICES_OF_ALL}.", "lines"
        )
    if (corners := int(shapely.get_num_coordinates(shape))) * len(lines) > MOST_WORK:
        raise _bad(
            f"a parcel of {corners} corners is not divided by {len(lines)} lines at once",
            "Divide it by fewer lines, and its parts again.",
            "lines",
        )
    refuse_tangle(shape.boundary, grid, field="lines")
    cuts = []
    for n, line in enumerate(grid):
        others = shapely.union_all([shape.boundary, *grid[:n], *grid[n + 1 :]])
        cuts.append(_fit_to(shape, line, onto=others, field=f"lines[{n}]"))
    faces = faces_of(shape, cuts)
    for n in range(len(cuts)):
        if len(faces_of(shape, cuts[:n] + cuts[n + 1 :])) == len(faces):
            raise _divides_nothing(shape, cuts[n], field=f"lines[{n}]")
    ordered = in_order(faces)
    refuse_slivers(ordered, field="lines", what="the lines leave")
    return canonical_bytes_many(ordered)


def divide(shape: BaseGeometry, line: LineString) -> list[BaseGeometry]:
    """``split_by_line`` of a shape on the storage grid: the parts as shapes."""
    cut = _fit_to(shape, checked(line))
    faces = faces_of(shape, [cut])
    if len(faces) < 2 or len(faces) <= shapely.get_num_geometries(shape):
        raise _divides_nothing(shape, cut, field="line")
    ordered = in_order(faces)
    refuse_slivers(ordered, field="line", what="the line leaves")
    return ordered


def checked(line: LineString, *, field: str = "line") -> LineString:
    """The line on the storage grid.  Raises: BadInput if it is not one line in lon/lat that does not cross itself."""
    if not isinstance(line, LineString) or line.is_empty:
        raise _bad("the new boundary is no line", "Draw one line of at least two points.", field)
    xy = shapely.get_coordinates(line)
    farthest = np.abs(xy).max(axis=0).tolist()
    if not (farthest[0] <= 180 and farthest[1] <= 90):  # neither is infinity, nor what is no number
        raise _bad(
            "the line is not in longitude and latitude", "Give its points in degrees (EPSG:4326).", field
        )
    if len(xy) > MOST_VERTICES:
        raise _bad(f"the line has {len(xy)} points", f"Draw it with at most {MOST_VERTICES}.", field)
    grid = cast("LineString", shapely.linestrings(_on_grid(xy)))
    if grid.length == 0 or (len(xy) > 2 and (not grid.is_simple or grid.is_closed)):
        raise _bad(
            "the line crosses itself or ends where it begins",
            "Draw it once across, from one side to another.",
            field,
        )
    return grid


def faces_of(shape: BaseGeometry, cuts: Sequence[BaseGeometry]) -> list[BaseGeometry]:
    """The faces of a shape once the lines are drawn in, all corners on the storage grid.

    Where the lines meet the sides plainly, the corners are found in floating point and rounded; where rounding would
    turn a side over, or a line ends a hair short of a side, the slower noding on the grid itself decides.
    """
    if len(cuts) == 1 and (halves := _halved(shape, cuts[0])) is not None:
        return halves
    boundary = shape.boundary
    refuse_tangle(boundary, cuts)
    lines = shapely.union(boundary, cuts[0]) if len(cuts) == 1 else shapely.union_all([boundary, *cuts])
    faces = _inside(shape, _polygons(lines))
    if len(faces) > shapely.get_num_geometries(shape):
        rounded = shapely.set_coordinates(faces, _on_grid(shapely.get_coordinates(faces)))
        if shapely.is_valid(rounded).all() and shapely.coverage_is_valid(rounded):
            return list(rounded)
    return list(_inside(shape, _polygons(shapely.union_all([boundary, *cuts], grid_size=GRID))))


def _halved(shape: BaseGeometry, cut: BaseGeometry) -> list[BaseGeometry] | None:
    """The two halves of a plain polygon that a straight line crosses just twice; None for any other case."""
    ends = shapely.get_coordinates(cut).tolist()
    if len(ends) > 2 or not isinstance(shape, Polygon) or shapely.get_num_interior_rings(shape):
        return None
    (x1, y1), (x2, y2) = ends
    xy = shapely.get_coordinates(shape)
    off = (x2 - x1) * (xy[:, 1] - y1) - (y2 - y1) * (xy[:, 0] - x1)  # which side of the line, and how far
    before = np.flatnonzero(off[:-1] * off[1:] < 0)
    if len(before) != 2 or not off.all():
        return None
    i, j = before.tolist()
    corners = []
    for n in (i, j):
        (ax, ay), (bx, by) = xy[n : n + 2].tolist()
        at = float(off[n] / (off[n] - off[n + 1]))
        x, y = (
            round(v * UNITS_PER_DEGREE) / UNITS_PER_DEGREE for v in (ax + at * (bx - ax), ay + at * (by - ay))
        )
        if not 0 <= (x - x1) * (x2 - x1) + (y - y1) * (y2 - y1) <= (x2 - x1) ** 2 + (y2 - y1) ** 2:
            return None  # the line ends inside
        corners.append((x, y))
    first = np.concatenate((corners[:1], xy[i + 1 : j + 1], corners[1:], corners[:1]))
    second = np.concatenate((corners[1:], xy[j + 1 : -1], xy[: i + 1], corners))
    halves = [cast("BaseGeometry", shapely.polygons(ring)) for ring in (first, second)]
    return halves if shapely.is_valid(halves).all() else None


def _polygons(lines: BaseGeometry) -> NDArray[Any]:
    return cast("NDArray[Any]", shapely.get_parts(shapely.polygonize([lines])))


def _inside(shape: BaseGeometry, faces: NDArray[Any]) -> NDArray[Any]:
    if math.isclose(shapely.area(faces).sum(), shape.area, rel_tol=1e-12):
        return faces  # no well in the field, no loop of the line outside
    return faces[shapely.intersects(shape, shapely.point_on_surface(faces))]


def _on_grid(xy: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.rint(xy * UNITS_PER_DEGREE) / UNITS_PER_DEGREE


def in_order(faces: Sequence[BaseGeometry]) -> list[BaseGeometry]:
    """Shapes from west to east, then from south to north, by their centroids."""
    places = shapely.get_coordinates(shapely.centroid(faces)).round(9).tolist()
    return [faces[n] for n in sorted(range(len(faces)), key=places.__getitem__)]


def _fit_to(
    shape: BaseGeometry, line: LineString, *, onto: BaseGeometry | None = None, field: str = "line"
) -> LineString:
    """The line with ends that all but reach ``onto`` (the boundary; or with it other lines) brought onto it.

    A line drawn "from corner to corner" ends a hair inside after rounding: within MEET_M that is the boundary.
    Raises: BadInput for an end further inside.
    """
    ends = shapely.get_point(line, [0, -1])
    if not shapely.intersects(shape, ends).any():
        return line
    xy = shapely.get_coordinates(line)
    onto = shape.boundary if onto is None else onto
    apart = shapely.distance(onto, ends)
    for end, name in ((0, "begins"), (-1, "ends")):
        point = ends[end]
        if apart[end] == 0 or not shape.intersects(point):
            continue
        if apart[end] > _REACH:
            raise _bad(
                f"the line {name} inside of the parcel, {_metres(shapely.shortest_line(point, onto)):.2f} m from its "
                "boundary",
                "Draw it on until it meets the boundary, or beyond it.",
                field,
            )
        corner = shapely.shortest_line(shapely.extract_unique_points(onto), point)
        nearest = corner if corner.length <= _REACH else shapely.shortest_line(onto, point)
        xy[end] = nearest.coords[0]
    return cast("LineString", snapped([LineString(xy)])[0])


def refuse_slivers(faces: Sequence[BaseGeometry], *, field: str, what: str) -> None:
    """
    Raises:
        BadInput: naming the first face that is too small or too narrow to be found on the ground.
    """
    if _clearly_no_sliver(faces):
        return
    widths = widths_m(faces)
    for m2, width in zip(drawn_areas(faces), widths, strict=True):
        if m2 < SLIVER_M2 or width < float(SLIVER_WIDTH_M):
            raise _bad(
                f"{what} a sliver of {m2} m2, {width:.2f} m wide",
                f"Move it: a part has at least {SLIVER_M2} m2 and a width of {SLIVER_WIDTH_M} m.",
                field,
            )


def _clearly_no_sliver(faces: Sequence[BaseGeometry]) -> bool:
    """Whether rough figures, too small if anything, are far beyond the bounds: no plane is needed then."""
    scale = METRES_PER_DEGREE * math.cos(math.radians(shapely.bounds(faces[0]).tolist()[1]))
    areas = [area * scale * METRES_PER_DEGREE for area in shapely.area(faces).tolist()]
    lengths = shapely.length(faces).tolist()
    narrowest = min(2 * m2 / (METRES_PER_DEGREE * long) for m2, long in zip(areas, lengths, strict=True))
    return bool(min(areas) > _LEAST_M2 and narrowest > _LEAST_WIDTH_M)


def widths_m(shapes: Sequence[BaseGeometry]) -> NDArray[np.float64]:
    """The mean width of each lon/lat shape in metres: twice its area over its perimeter, in UTM."""
    flat = to_metric(shapes, metric_crs_of(shapes))
    return 2 * shapely.area(flat) / shapely.length(flat)


def _divides_nothing(shape: BaseGeometry, cut: LineString, *, field: str) -> BadInput:
    if shape.disjoint(cut):
        gap = _metres(shapely.shortest_line(shape, cut))
        return _bad(f"the line misses the parcel by {gap:.2f} m", "Draw it across this parcel.", field)
    return _bad(
        "the line only touches the parcel, or runs along its boundary",
        "Draw it from one side to another, through it.",
        field,
    )


def _metres(line: BaseGeometry) -> float:
    return float(shapely.length(to_metric([line], metric_crs_of([Point(line.coords[0])])))[0])


def _bad(sentence: str, remedy: str, field: str) -> BadInput:
    return BadInput(sentence, field=field, remedy=remedy)
