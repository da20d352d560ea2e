"""The lie of the land: what a surveyor draws before any field.

Three villages meet at one boundary stone. A stream crosses them from north-west to south-east, a road
joins their habitations, cart tracks lead out to the fields. The plan is ours and fixed, for roads must
meet where roads meet; the seed moves every point of it, so that no two seeds give the same map.

Everything here is in metres east and north of the boundary stone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString, MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

Points = NDArray[np.float64]
"""Points in metres, shape (n, 2)."""


class Use(Enum):
    """What a piece of land is used for; the value is a short name in English."""

    ROAD = "road"
    TRACK = "cart track"
    STREAM = "stream"
    POND = "pond"
    HABITATION = "habitation"
    IRRIGATED = "irrigated field"
    DRY = "rain-fed field"
    GROVE = "grove"
    PASTURE = "pasture"
    THRESHING = "threshing floor"
    CREMATION = "cremation ground"
    SCHOOL = "school"
    FALLOW = "old fallow"


@dataclass(frozen=True)
class Site:
    """A piece of the ground plan: a public site, or (``use`` None) a block of land to be divided into fields."""

    shape: Polygon
    use: Use | None
    village: int


HUBS: Sequence[tuple[float, float]] = [(-150.0, 430.0), (-430.0, -420.0), (540.0, -60.0)]
"""Where the people of each village live: the north, the south-west and the south-east village."""

_LIMITS = (52.0, 163.0, 284.0)  # bearings of the three limits from the boundary stone, degrees from east
_HALF_WIDTH, _HALF_HEIGHT = 960.0, 800.0
_STREAM = [
    (-860, 950), (-650, 590), (-585, 420), (-455, 290), (-480, 120), (-350, -10), (-310, -150), (-120, -235),
    (-30, -370), (130, -385), (270, -470), (420, -440), (560, -520), (740, -530), (880, -640), (1150, -760),
]  # fmt: skip
_ROADS: Sequence[Sequence[tuple[float, float]]] = (
    [(-1200, -330), (-760, -400), (-580, -385), (-420, -345), (-60, -250), (250, -120), (430, -128),
     (540, -120), (820, -10), (1200, 10)],
    [(-90, 1000), (-140, 720), (-90, 440), (150, 260), (330, 60), (430, -128)],
)  # fmt: skip
_TRACKS: Sequence[Sequence[tuple[float, float]]] = (
    [(-150, 430), (-420, 520), (-640, 560), (-1000, 640)],
    [(-90, 440), (200, 560), (400, 820), (430, 980)],
    [(-150, 430), (-180, 240), (-150, 90)],
    [(-420, 520), (-380, 270), (-330, 130)],
    [(-420, -345), (-620, -140), (-760, 40), (-830, 90)],
    [(-430, -420), (-370, -640), (-420, -960)],
    [(-430, -420), (-180, -520), (-50, -640), (-20, -760)],
    [(-580, -385), (-700, -620), (-690, -760)],
    [(540, -60), (700, 170), (650, 420), (720, 800)],
    [(540, -120), (560, -330), (610, -560), (560, -900)],
    [(700, 170), (450, 260)],
    [(560, -330), (780, -300), (900, -330)],
)
_STREAM_WIDTH, _ROAD_WIDTH, _TRACK_WIDTH = 15.0, 11.0, 4.8


def ground_plan(rng: np.random.Generator) -> list[Site]:
    """The public sites of the three villages and the blocks of land between them; together they tile the tract."""
    villages = _villages(rng)
    taken: BaseGeometry = Polygon()
    sites: list[Site] = []
    for use, shape in _public_shapes(rng):
        free = shape.difference(taken)
        taken = taken.union(shape)
        for number, village in enumerate(villages):
            sites += [Site(part, use, number) for part in _polygons(free.intersection(village))]
    for number, village in enumerate(villages):
        sites += [Site(part, None, number) for part in _polygons(village.difference(taken))]
    return sites


def _villages(rng: np.random.Generator) -> list[Polygon]:
    """The three village areas, in the order of their hubs, with broken limits as boundary stones give them."""
    angles = np.linspace(0, 2 * np.pi, 34, endpoint=False) + rng.uniform(-0.05, 0.05, 34)
    radius = 1 + rng.uniform(-0.035, 0.035, 34)
    for wave in (2, 3, 5):
        radius += 0.035 * np.cos(wave * angles + rng.uniform(0, 2 * np.pi))
    outline = np.column_stack((_HALF_WIDTH * np.cos(angles), _HALF_HEIGHT * np.sin(angles))) * radius[:, None]
    tract = Polygon(outline)
    limits = [_limit(np.radians(bearing + rng.uniform(-4, 4)), rng) for bearing in _LIMITS]
    parts = shapely.get_parts(shapely.polygonize([shapely.union_all([tract.exterior, *limits])]))
    inside = [part for part in parts if tract.contains(part.representative_point())]
    return [next(part for part in inside if part.contains(shapely.Point(hub))) for hub in HUBS]


def _limit(bearing: float, rng: np.random.Generator) -> LineString:
    """A village limit from the boundary stone outwards: straight from stone to stone, bending at each."""
    along = np.concatenate(([0.0], np.cumsum(rng.uniform(70, 150, 16))))
    aside = np.concatenate(([0.0], rng.uniform(-26, 26, 16)))
    ahead = np.array([np.cos(bearing), np.sin(bearing)])
    return LineString(along[:, None] * ahead + aside[:, None] * np.array([-ahead[1], ahead[0]]))


def _public_shapes(rng: np.random.Generator) -> list[tuple[Use, BaseGeometry]]:
    """The public sites in order of precedence: where two meet, the earlier keeps the ground."""
    moved = _warp(rng)
    hubs = moved(HUBS)
    stream = _winding(moved(_STREAM), rng, step=34, bend=4)
    roads = [_winding(moved(points), rng, step=55, bend=3) for points in _ROADS]
    tracks = [_winding(moved(points), rng, step=55, bend=3) for points in _TRACKS]
    shapes: list[tuple[Use, BaseGeometry]] = [
        (Use.ROAD, shapely.union_all([_corridor(road, _ROAD_WIDTH, rng, uneven=0.05) for road in roads])),
        (Use.STREAM, _corridor(stream, _STREAM_WIDTH, rng, uneven=0.35)),
    ]
    lanes = [_corridor(track, _TRACK_WIDTH, rng, uneven=0.12) for track in tracks]
    shapes += [(Use.HABITATION, _rounded(hub, rng.uniform(76, 92), rng)) for hub in hubs]
    shapes.append((Use.TRACK, shapely.union_all(lanes)))
    for hub, bearing in zip(hubs, (3.7, 3.5, 2.4), strict=True):
        beside = hub + 80 * np.array([np.cos(bearing), np.sin(bearing)])
        shapes.append((Use.POND, _rounded(beside, rng.uniform(42, 52), rng)))
    return shapes


def _warp(rng: np.random.Generator) -> Callable[[Sequence[tuple[float, float]]], Points]:
    """A way to move any point of the plan by up to about 30 m; equal points stay equal, so that tracks still meet."""
    waves = rng.uniform(-0.006, 0.006, (4, 2))
    phases = rng.uniform(0, 2 * np.pi, (2, 4))
    return lambda points: (
        np.asarray(points) + 15 * np.sin((np.asarray(points) @ waves.T)[:, None, :] + phases).sum(axis=2)
    )


def _winding(corners: Points, rng: np.random.Generator, *, step: float, bend: float) -> Points:
    """A line through the corners that winds by up to ``bend`` between them, a point about every ``step`` (metres)."""
    line: list[Points] = []
    for before, start, end, after in zip(
        [2 * corners[0] - corners[1], *corners[:-2]], corners[:-1], corners[1:],
        [*corners[2:], 2 * corners[-1] - corners[-2]], strict=True,
    ):  # fmt: skip
        steps = max(2, round(float(np.hypot(*(end - start))) / step))
        t = np.arange(steps)[:, None] / steps  # Catmull and Rom's spline passes through every corner
        curve = 0.5 * (
            2 * start + (end - before) * t + (2 * before - 5 * start + 4 * end - after) * t**2
            + (3 * start - before - 3 * end + after) * t**3
        )  # fmt: skip
        curve[1:] += rng.uniform(-bend, bend, (steps - 1, 2))  # not the corner itself: others may meet there
        line.append(curve)
    return np.concatenate([*line, corners[-1:]])


def _corridor(line: Points, width: float, rng: np.random.Generator, *, uneven: float) -> Polygon:
    """The strip of about ``width`` metres along a line, one vertex on each side for each of the line's."""
    ahead = np.gradient(line, axis=0)
    ahead /= np.hypot(ahead[:, 0], ahead[:, 1])[:, None]
    aside = np.column_stack((-ahead[:, 1], ahead[:, 0]))
    left = line + aside * width / 2 * rng.uniform(1 - uneven, 1 + uneven, (len(line), 1))
    right = line - aside * width / 2 * rng.uniform(1 - uneven, 1 + uneven, (len(line), 1))
    return Polygon(np.concatenate((left, right[::-1])))


def _rounded(centre: Points, radius: float, rng: np.random.Generator) -> Polygon:
    """An irregular round site, like a pond's bank or a village's edge."""
    count = 13
    angles = np.linspace(0, 2 * np.pi, count, endpoint=False) + rng.uniform(-0.12, 0.12, count)
    reach = radius * rng.uniform(0.8, 1.15, count)
    return Polygon(centre + np.column_stack((np.cos(angles), np.sin(angles))) * reach[:, None])


def _polygons(shape: BaseGeometry) -> list[Polygon]:
    """The polygons of a shape; the lines and points that an intersection may leave are no land."""
    if isinstance(shape, Polygon | MultiPolygon):
        return [part for part in shapely.get_parts(shape) if part.area > 0]
    return [part for part in shapely.get_parts(shape) if isinstance(part, Polygon) and part.area > 0]
