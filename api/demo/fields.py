"""Fields: blocks of land divided as generations of families divide them, then joined into one coverage.

A block is cut across, the parts are cut again, until each is as large as a field of that place is. Boundaries
bend a little, new ones start at old corners where one is near, and some parts become bundles of long strips.
``coverage`` then nodes all boundaries together on a grid of one centimetre, so that neighbours share every vertex.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import cast

import numpy as np
import shapely
from shapely import LineString, Polygon

from api.demo.ground import HUBS, Points, Site

LEAST_AREA = 330.0
"""No parcel of the demonstration is smaller (square metres)."""

LEAST_WIDTH = 2.2
"""Nor narrower, as twice its area by its perimeter (metres); a cart track of 4.8 m has about 2.4."""

_GRID = 0.01  # metres; boundaries are noded on it, so nothing thinner than this can remain between neighbours
_NEAR = 9.0  # a new boundary starts at an old corner when one is as near as this


@dataclass(frozen=True)
class _Cut:
    """A block cut in two, and how good a pair of fields the two parts would make (higher is better)."""

    parts: tuple[Points, Points]
    score: float


def divided(sites: Sequence[Site], rng: np.random.Generator) -> list[Site]:
    """The sites with every block divided into fields (sites whose use is still None)."""
    divider = Divider(rng, usual_area)
    blocks = [(site, divider.divide(site.shape) if site.use is None else [site.shape]) for site in sites]
    return [replace(site, shape=shape) for site, shapes in blocks for shape in shapes]


def usual_area(place: Points) -> float:
    """What a field usually measures there (square metres): small beside the houses, where all want one."""
    distance = min(float(np.hypot(*(place - hub))) for hub in HUBS)
    return float(np.clip(1700 + 19 * (distance - 70), 1700, 12_500))


class Divider:
    """Divides blocks into fields; remembers the corners it made, for neighbours to build upon."""

    def __init__(self, rng: np.random.Generator, wanted: Callable[[Points], float]) -> None:
        """``wanted`` gives the usual area of a field at a place, in square metres."""
        self._rng = rng
        self._wanted = wanted
        self._corners: Points = np.empty((0, 2))

    def divide(self, block: Polygon) -> list[Polygon]:
        """The fields of one block without holes; their corners may touch a neighbour's side between its vertices."""
        if block.interiors:
            raise ValueError("a block to be divided has a hole; lead a track to what lies inside it")
        done: list[Polygon] = []
        waiting = [np.asarray(block.exterior.coords)[:-1]]
        while waiting:
            ring = waiting.pop()
            shape = Polygon(ring)
            usual = self._wanted(np.asarray(shape.centroid.coords[0])) * float(self._rng.lognormal(0, 0.3))
            cut = self._best_cut(ring) if shape.area > 1.45 * usual or _convexity(shape) < 0.8 else None
            if cut is None:
                done.append(shape)
            else:
                waiting += cut.parts
        return done

    def _best_cut(self, ring: Points) -> _Cut | None:
        """The best of a handful of cuts, or None when every one would leave a sliver."""
        shape = Polygon(ring)
        box = shapely.get_coordinates(shapely.oriented_envelope(shape))
        sides = sorted((box[1] - box[0], box[2] - box[1]), key=lambda side: float(np.hypot(*side)))
        short, long = (side / np.hypot(*side) for side in sides)
        slender = float(np.hypot(*sides[1]) / np.hypot(*sides[0]))
        strips = slender < 2.6 and shape.area < 32_000 and self._rng.random() < 0.45
        direction, normal = (long, short) if strips else (short, long)
        reach = float(np.hypot(*sides[0 if strips else 1]))
        centre = box[:-1].mean(axis=0)
        cuts = []
        for _ in range(9):
            anchor = centre + normal * reach * self._rng.uniform(-0.2, 0.2)
            cuts.append(self._cut(ring, anchor, _turned(direction, self._rng.normal(0, 0.07))))
        for corner in _reflex_corners(ring):
            for heading in (short, long):
                cuts.append(self._cut(ring, corner, _turned(heading, self._rng.normal(0, 0.07))))
        best = max((cut for cut in cuts if cut is not None), key=lambda cut: cut.score, default=None)
        if best is not None:
            self._corners = np.vstack((self._corners, best.parts[0][0], best.parts[1][0]))
        return best

    def _cut(self, ring: Points, anchor: Points, heading: Points) -> _Cut | None:
        """Cut along a slightly bent line through ``anchor``; None when it misses, or leaves a sliver."""
        shape = Polygon(ring)
        inside = shape.intersection(LineString([anchor - heading * 3000, anchor + heading * 3000]))
        chords = [part for part in shapely.get_parts(inside) if isinstance(part, LineString)]
        if not chords:
            return None
        chord = min(chords, key=lambda part: float(part.distance(shapely.Point(anchor))))
        start, end = (self._settled(np.asarray(point), ring) for point in (chord.coords[0], chord.coords[-1]))
        parts = _parted(ring, start, end, self._bends(start, end))
        if parts is None:
            return None
        one, other = (Polygon(part) for part in parts)
        if (
            not (one.is_valid and other.is_valid)
            or abs(one.area + other.area - shape.area) > _GRID * shape.length
        ):
            return None
        if min(one.area, other.area) < 1.3 * LEAST_AREA or min(_width(one), _width(other)) < 5.0:
            return None
        balance = min(one.area, other.area) / shape.area
        form = min(_convexity(one), _convexity(other)) - 0.04 * max(_slenderness(one), _slenderness(other))
        return _Cut(parts, score=form + 0.5 * balance)

    def _settled(self, point: Points, ring: Points) -> Points:
        """The point, or an old corner on the same boundary when one is near: fields meet where fields met."""
        boundary = LineString(np.concatenate((ring, ring[:1])))
        old = [corner for corner in _within(point, self._corners) if _on(boundary, corner)]
        near = [*old, *_within(point, ring)]
        return min(near, key=lambda corner: float(np.hypot(*(corner - point))), default=np.round(point, 2))

    def _bends(self, start: Points, end: Points) -> Points:
        """None, one or two points where the boundary between two fields bends."""
        along = end - start
        length = float(np.hypot(*along))
        count = 0 if length < 45 else 1 if length < 130 else 2
        places = (np.arange(count) + 1 + self._rng.uniform(-0.25, 0.25, count)) / (count + 1)
        aside = np.clip(self._rng.normal(0, 0.017, count), -0.035, 0.035)
        bends: Points = start + places[:, None] * along + aside[:, None] * np.array([-along[1], along[0]])
        return bends.round(2)


def coverage(sites: Sequence[Site]) -> list[Site]:
    """The same sites with all boundaries noded together: neighbours share every vertex, and no sliver remains.

    A piece that is too small or too narrow to be a parcel joins the neighbour with whom it shares most boundary.
    """
    tree = shapely.STRtree([site.shape for site in sites])
    lines = shapely.unary_union([site.shape.exterior for site in sites], grid_size=_GRID)
    faces = []
    for face in shapely.get_parts(shapely.polygonize(list(shapely.get_parts(lines)))):
        home = sites[int(tree.nearest(face.representative_point()))]
        faces.append(replace(home, shape=Polygon(face)))
    faces.sort(key=lambda face: face.shape.representative_point().coords[0])
    return _without_slivers(faces)


def _without_slivers(faces: Sequence[Site]) -> list[Site]:
    """The faces, each too small one merged into a neighbour: a field rather than a road, of the same village first."""
    faces = list(faces)
    while True:
        small = [face for face in faces if face.shape.area < LEAST_AREA or _width(face.shape) < LEAST_WIDTH]
        if not small:
            return faces
        least = min(small, key=lambda face: face.shape.area)
        others = [face for face in faces if face is not least]
        shared = [_shared_boundary(face, least) for face in others]
        into = others[shared.index(max(shared))]
        joined = cast(Polygon, into.shape.union(least.shape))  # they share boundary, so one polygon comes out
        merged = replace(into, shape=joined)
        faces = [merged if face is into else face for face in faces if face is not least]


def _shared_boundary(face: Site, least: Site) -> tuple[bool, float]:
    """How good a home ``face`` is for a piece of land: by village, then by the boundary they share (metres)."""
    metres = face.shape.intersection(least.shape).length
    return metres > 0 and face.village == least.village, metres * (1 if face.use else 3)


def _parted(ring: Points, start: Points, end: Points, bends: Points) -> tuple[Points, Points] | None:
    """The ring cut from ``start`` to ``end``: two rings that share the cut exactly; None when it cuts nothing off."""
    ring = _with_vertex(_with_vertex(ring, start), end)
    first, last = _index(ring, start), _index(ring, end)
    if first == last:
        return None
    turned = np.roll(ring, -first, axis=0)
    split = (last - first) % len(ring)
    one = np.concatenate((turned[: split + 1], bends[::-1]))
    other = np.concatenate((turned[split:], turned[:1], bends))
    return (one, other) if min(len(one), len(other)) > 2 else None


def _with_vertex(ring: Points, point: Points) -> Points:
    """The ring with ``point`` among its vertices, on the side that it lies on."""
    if (ring == point).all(axis=1).any():
        return ring
    following = np.roll(ring, -1, axis=0)
    sides = shapely.linestrings(np.stack((ring, following), axis=1))
    return np.insert(ring, int(np.argmin(shapely.distance(sides, shapely.Point(point)))) + 1, point, axis=0)


def _within(point: Points, corners: Points) -> Points:
    """Those of the corners that are near the point."""
    near: Points = corners[np.hypot(*(corners - point).T) < _NEAR]
    return near


def _on(boundary: LineString, corner: Points) -> bool:
    return float(boundary.distance(shapely.Point(corner))) < _GRID


def _index(ring: Points, point: Points) -> int:
    return int(np.flatnonzero((ring == point).all(axis=1))[0])


def _reflex_corners(ring: Points) -> list[Points]:
    """The corners that look into the block: where a dead-end track or another village juts in (at most six)."""
    ccw = ring if Polygon(ring).exterior.is_ccw else ring[::-1]
    before, after = ccw - np.roll(ccw, 1, axis=0), np.roll(ccw, -1, axis=0) - ccw
    turn = np.arctan2(before[:, 0] * after[:, 1] - before[:, 1] * after[:, 0], (before * after).sum(axis=1))
    sharpest = np.argsort(turn, kind="stable")[:6]
    return [ccw[index] for index in sharpest if turn[index] < -0.45]


def _turned(heading: Points, angle: float) -> Points:
    cos, sin = np.cos(angle), np.sin(angle)
    return np.array([heading[0] * cos - heading[1] * sin, heading[0] * sin + heading[1] * cos])


def _convexity(shape: Polygon) -> float:
    return float(shape.area / shape.convex_hull.area)


def _width(shape: Polygon) -> float:
    return float(2 * shape.area / shape.length)


def _slenderness(shape: Polygon) -> float:
    box = shapely.get_coordinates(shapely.oriented_envelope(shape))
    sides = sorted((float(np.hypot(*(box[1] - box[0]))), float(np.hypot(*(box[2] - box[1])))))
    return sides[1] / sides[0]
