"""The boundary between two parcels moved: what each of them becomes, the land of both together staying as it is.

The two are joined and divided anew along the new line, so both get its corners, and what a third neighbour shares with
either keeps every corner that it had.  Where the new line ends on a side that they share with a third, that one's
side has no corner there; its own boundary is not touched, and the new corner lies on it to within the grid.
"""

from __future__ import annotations

import numpy as np
import shapely
from shapely import LineString, Point
from shapely.geometry.base import BaseGeometry
from shapely.ops import substring

from domain.errors import BadInput
from gis.shapes import canonical_bytes_many, from_bytes_many, snapped
from gis.splitting import checked, divide
from gis.survey import together
from gis.tolerances import MEET_M, METRES_PER_DEGREE

_REACH = MEET_M / METRES_PER_DEGREE


def moved(first: bytes, second: bytes, line: LineString) -> tuple[bytes, bytes]:
    """Both parcels with a lon/lat line as their boundary.

    The line runs from the outer boundary of the two to the outer boundary; an end that lies on the old boundary
    between them goes on along it.  Raises: BadInput (field "neighbour" or "line").
    """
    one, other = from_bytes_many([first, second])
    both = together([one, other])
    edge = _edge(one, other)
    if edge.is_empty or shapely.get_num_geometries(both) > 1:
        raise BadInput(
            "the parcels share no boundary",
            field="neighbour",
            remedy="Name two parcels that lie side by side.",
        )
    parts = divide(both, _completed(checked(line), edge))
    if len(parts) != 2:
        raise BadInput(
            f"the line makes {len(parts)} parts of the two parcels",
            field="line",
            remedy="Draw it once through them, from the outer boundary to the outer boundary.",
        )
    kept = [shapely.intersection(part, one).area / one.area for part in parts]
    mine = parts[int(np.argmax(kept))]
    yours = parts[int(np.argmin(kept))]
    for name, old, new in (("this parcel", one, mine), ("its neighbour", other, yours)):
        if not 2 * shapely.intersection(old, new).area > old.area:
            raise BadInput(
                f"the line takes more than half of {name} away",
                field="line",
                remedy="A correction moves a boundary; land that changes hands takes a deed.",
            )
    bodies = canonical_bytes_many([mine, yours])
    if bodies == [first, second]:
        raise BadInput(
            "the line is the boundary as it stands", field="line", remedy="Draw where it should be."
        )
    return bodies[0], bodies[1]


def _edge(one: BaseGeometry, other: BaseGeometry) -> BaseGeometry:
    """The boundary between two parcels: where they share corners that itself, else what of the one's lies along it."""
    exact = shapely.line_merge(shapely.get_parts(shapely.intersection(one.boundary, other.boundary)))
    lines = exact[shapely.length(exact) > 0]
    along = shapely.intersection(one.boundary, other.boundary.buffer(_REACH))
    if lines.size and shapely.length(lines).sum() > along.length - 5 * _REACH:
        return shapely.line_merge(shapely.union_all(lines))
    return shapely.line_merge(along) if along.length > 2 * _REACH else LineString()


def _completed(line: LineString, edge: BaseGeometry) -> LineString:
    """The line, gone on along the old boundary from an end that lies on it."""
    if not isinstance(edge, LineString):
        return line  # the two meet in several places: the line must run from outside to outside
    points = [Point(line.coords[0]), Point(line.coords[-1])]
    on = [edge.distance(point) <= _REACH for point in points]
    at = [edge.project(point) for point in points]
    if at[0] > at[1]:  # in the direction of the edge
        return _completed(line.reverse(), edge) if any(on) else line
    xy = list(line.coords)
    if on[0] and at[0] > _REACH:
        xy = [*substring(edge, 0, at[0]).coords[:-1], *xy]
    if on[1] and at[1] < edge.length - _REACH:
        xy = [*xy, *substring(edge, at[1], edge.length).coords[1:]]
    joined = snapped([LineString(xy)])[0]
    return joined if isinstance(joined, LineString) else line
