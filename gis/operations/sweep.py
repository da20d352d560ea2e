"""A parcel divided by area or share: a straight line sweeps over it and stops where each part has what it is due.

A line stands still in the stored plane while it sweeps, so it is straight there as every side is.  Its place is found
by enclosing the root of the drawn area (EPSG:6933, the measure of all drawn areas) until less than a square
centimetre is left; then its ends go to the storage grid.  A step of the grid along a side is worth half the length
of the line times 0.1 mm, so of the grid's points on both sides those are taken that come nearest to the area:
within 0.01 m2 for any line up to some 180 m, and for most beyond.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, cast

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString, MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from domain.errors import BadInput
from gis.operations.corners import Points, nearest_side
from gis.shapes import canonical_bytes_many, drawn_areas, from_bytes, square_metres
from gis.splitting import GRID, faces_of, refuse_slivers
from gis.tolerances import UNITS_PER_DEGREE

MOST_PARTS = 50
MOST_WORK = 50_000
"""Corners of the parcel times parts: what one request may ask for takes a second or two."""
COMPASS = {"north": 0, "north-east": 45, "east": 90, "south-east": 135}
COMPASS |= {"south": 180, "south-west": 225, "west": 270, "north-west": 315}
_CLOSE_M2 = 1e-5
_ENOUGH_M2 = 0.004  # an area this near shows as the one asked for
_MOST_STEPS = 200
_STEPS = range(-3, 4)


@dataclass(frozen=True)
class Sweep:
    """Where the line goes: ``across`` gives each place (degrees) its turn, the least first."""

    across: tuple[float, float]

    def turn(self, xy: Points) -> NDArray[np.float64]:
        return cast("NDArray[np.float64]", xy @ np.array(self.across))


def off_side(shape: BaseGeometry, bearing: float) -> Sweep:
    """Parts taken one after another from the side that looks to a bearing (degrees from north, clockwise).

    Raises:
        BadInput: for what is no bearing.
    """
    if not 0 <= bearing < 360:
        raise BadInput(
            f"{bearing:g} is no bearing",
            field="side",
            remedy="Give degrees from 0 up to 360, clockwise from north.",
        )
    angle = math.radians(bearing)
    return Sweep((-math.sin(angle) * _narrowing(shape), -math.cos(angle)))


def along_side(shape: BaseGeometry, longitude: float, latitude: float) -> Sweep:
    """Parts side by side along the parcel's side nearest to a place, as plots along a road; the nearer end first."""
    near, far = nearest_side(shape, longitude, latitude)
    narrowing = _narrowing(shape)
    east, north = (far - near) * (narrowing, 1)
    return Sweep((float(east * narrowing), float(north)))


def beside_side(shape: BaseGeometry, longitude: float, latitude: float) -> Sweep:
    """Parts parallel to the parcel's side nearest to a place, the one that adjoins it first."""
    near, far = nearest_side(shape, longitude, latitude)
    ahead = far - near
    across = np.array([ahead[1], -ahead[0]])
    inward = (shapely.get_coordinates(shape.centroid)[0] - near) @ across > 0
    return Sweep(cast("tuple[float, float]", tuple((across if inward else -across).tolist())))


def _narrowing(shape: BaseGeometry) -> float:
    """How much shorter a degree of longitude is than one of latitude."""
    return math.cos(math.radians(shapely.get_coordinates(shape.centroid)[0, 1]))


def by_area(parcel: bytes, areas_m2: Sequence[float], sweep: Sweep, *, several: bool = False) -> list[bytes]:
    """Parts of those drawn areas, one after another, and last the rest of the parcel, as canonical bytes.

    ``several``: a part of a crooked parcel may lie in several pieces, and is then one shape of them all.
    Raises: BadInput (field "parts") for areas that the parcel has not, or a part in pieces that was not to be.
    """
    shape = from_bytes(parcel)
    whole = float(square_metres([shape])[0])
    _check(areas_m2, whole)
    if (corners := int(shapely.get_num_coordinates(shape))) * len(areas_m2) > MOST_WORK:
        raise _bad(
            f"a parcel of {corners} corners is not divided into {len(areas_m2) + 1} parts at once",
            "Divide it into fewer parts, and those again.",
        )
    until = np.cumsum(np.asarray(areas_m2, dtype=np.float64))
    turns = [_turn_at(shape, sweep, target) for target in until.tolist()]
    lines = [_line_at(shape, sweep, turn) for turn in turns]
    faces = np.array(faces_of(shape, lines), dtype=object)
    part_of = np.searchsorted(turns, sweep.turn(shapely.get_coordinates(shapely.point_on_surface(faces))))
    for n, target in enumerate(until.tolist()):
        faces = _nearest_on_grid(shape, faces, part_of <= n, lines[n], target)
    parts = [_part(faces[part_of == n], n, several=several) for n in range(len(until) + 1)]
    return canonical_bytes_many(parts)


def by_share(parcel: bytes, shares: Sequence[float], sweep: Sweep, *, several: bool = False) -> list[bytes]:
    """Parts in the proportion of the figures, which need not add up to anything: 1, 1, 1 are three equal ones."""
    total = sum(shares)
    if not shares or not math.isfinite(total) or not all(share > 0 for share in shares):
        raise _bad("a share is more than nothing", "Give a figure for each part, such as 1, 1, 1.")
    whole = float(square_metres([from_bytes(parcel)])[0])
    return by_area(parcel, [whole * share / total for share in shares[:-1]], sweep, several=several)


def _check(areas_m2: Sequence[float], whole: float) -> None:
    if not 1 <= len(areas_m2) < MOST_PARTS:
        raise _bad(f"{len(areas_m2) + 1} parts were asked for", f"Ask for 2 to {MOST_PARTS}.")
    if not all(math.isfinite(m2) and m2 > 0 for m2 in areas_m2):
        raise _bad("an area is more than nothing", "Give each part but the rest its area in square metres.")
    if sum(areas_m2) >= whole:
        raise _bad(
            f"the parts have {sum(areas_m2):.2f} m2, and the parcel only {whole:.2f} m2 as it is drawn",
            "Ask for less, so that a rest remains.",
        )


def _turn_at(shape: BaseGeometry, sweep: Sweep, target: float) -> float:
    """The turn at which the drawn area passed over is ``target``: regula falsi with Illinois' remedy."""
    turns = sweep.turn(shapely.get_coordinates(shape))
    low, high = float(turns.min()), float(turns.max())
    below, above = -target, float(square_metres([shape])[0]) - target
    stuck = 0
    for _ in range(_MOST_STEPS):
        middle = (low * above - high * below) / (above - below)
        if not low < middle < high:
            middle = (low + high) / 2
        off = float(square_metres([shapely.intersection(shape, _passed(shape, sweep, middle))])[0]) - target
        if abs(off) < _CLOSE_M2:
            break
        if off < 0:
            low, below = middle, off
            above, stuck = (above / 2, -1) if stuck == -1 else (above, -1)
        else:
            high, above = middle, off
            below, stuck = (below / 2, 1) if stuck == 1 else (below, 1)
    return middle


def _line_at(shape: BaseGeometry, sweep: Sweep, turn: float) -> LineString:
    """The line of a turn, from beyond the parcel to beyond it."""
    across = np.array(sweep.across)
    centre = shapely.get_coordinates(shape.centroid)[0]
    west, south, east, north = shape.bounds
    foot = centre + across * (turn - centre @ across) / (across @ across)
    ahead = np.array([-across[1], across[0]]) / np.hypot(*across) * (east - west + north - south)
    return LineString([foot - ahead, foot + ahead])


def _passed(shape: BaseGeometry, sweep: Sweep, turn: float) -> Polygon:
    """The half of the plane, as far as the parcel reaches, that the line has passed at a turn."""
    ends = shapely.get_coordinates(_line_at(shape, sweep, turn))
    west, south, east, north = shape.bounds
    back = -np.array(sweep.across) / np.hypot(*sweep.across) * 2 * (east - west + north - south)
    return Polygon([*ends, *(ends[::-1] + back)])


def _nearest_on_grid(
    shape: BaseGeometry, faces: NDArray[Any], passed: NDArray[np.bool_], line: LineString, target: float
) -> NDArray[Any]:
    """The faces with the outermost corners of a line on those points of the grid that come nearest to the area."""
    off = float(square_metres(faces[passed]).sum()) - target
    corners = _new_corners(shape, faces, line)
    if abs(off) < _ENOUGH_M2 or len(corners) < 2:
        return faces
    best, found = abs(off), faces
    choices = [_places(shape, corner) for corner in (corners[0], corners[-1])]
    for places in product(*choices):
        tried = _with_moved(faces, (corners[0], corners[-1]), places)
        error = abs(float(square_metres(tried[passed]).sum()) - target)
        if error < best and shapely.is_valid(tried).all() and shapely.coverage_is_valid(tried):
            best, found = error, tried
    return found


def _new_corners(shape: BaseGeometry, faces: NDArray[Any], line: LineString) -> Points:
    """The corners that the line has made, in its order."""
    old = set(map(tuple, shapely.get_coordinates(shape).tolist()))
    xy = np.array(
        [p for p in dict.fromkeys(map(tuple, shapely.get_coordinates(faces).tolist())) if p not in old]
    )
    if not len(xy):
        return xy
    points = np.asarray(shapely.points(xy))
    on = shapely.distance(points, line) < 2 * GRID
    return cast("Points", xy[on][np.argsort(shapely.line_locate_point(line, points[on]))])


def _places(shape: BaseGeometry, corner: Points) -> list[Points]:
    """Points of the grid about a corner that are on the parcel's side as nearly as rounding leaves any."""
    around = (np.rint(corner * UNITS_PER_DEGREE) + np.array(list(product(_STEPS, _STEPS)))) / UNITS_PER_DEGREE
    return list(around[shapely.distance(shape.boundary, shapely.points(around)) < 0.71 * GRID])


def _with_moved(faces: NDArray[Any], corners: Sequence[Points], places: Sequence[Points]) -> NDArray[Any]:
    xy = shapely.get_coordinates(faces)
    for corner, place in zip(corners, places, strict=True):
        xy[(xy == corner).all(axis=1)] = place
    return cast("NDArray[Any]", shapely.set_coordinates(faces.copy(), xy))


def _part(pieces: NDArray[Any], number: int, *, several: bool) -> Polygon | MultiPolygon:
    if not len(pieces):
        raise _bad(f"part {number + 1} is too small to be drawn", "Give it more land, or leave it out.")
    if len(pieces) > 1 and not several:
        areas = " and ".join(f"{m2} m2" for m2 in sorted(drawn_areas(pieces), reverse=True)[:5])
        raise _bad(
            f"part {number + 1} would lie in {len(pieces)} pieces, of {areas}",
            "Take the parts from another side, or say that parts may lie in several pieces.",
        )
    refuse_slivers(list(pieces), field="parts", what=f"part {number + 1} has")
    return pieces[0] if len(pieces) == 1 else MultiPolygon(list(pieces))


def _bad(sentence: str, remedy: str) -> BadInput:
    return BadInput(sentence, field="parts", remedy=remedy)
