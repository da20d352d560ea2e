"""The canonical shape: one sequence of bytes for one shape, so that a signed hash names the land and nothing else.

The form is specified in ``README.md``.  Everything here works on many shapes at once, in numpy; the functions for
one shape call those for many.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from decimal import Decimal
from functools import cache
from hashlib import sha256
from itertools import pairwise
from typing import Any, cast

import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray
from shapely import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from domain.errors import BadInput
from domain.languages import Phrase
from gis.tolerances import UNITS_PER_DEGREE, WIDEST_DEGREES

Shapes = Sequence[BaseGeometry | None] | NDArray[Any]  # None has no coordinates and no area (NaN)
Ints = NDArray[np.int64]

FORMAT = "landlog/geometry@v1"
MAX_BYTES = 1 << 20  # some 40,000 vertices: ten times the most crooked forest block known to us
LONLAT = 4326
EQUAL_AREA = 6933  # the cylindrical equal-area grid of WGS 84 (EASE-Grid 2.0)

_HEAD = f'{{"format":"{FORMAT}","polygons":['
_TAIL = "]}"
_FARTHEST = 180 * UNITS_PER_DEGREE
_POLYGON, _MULTIPOLYGON = 3, 6  # shapely.get_type_id


def canonical_bytes(shape: Polygon | MultiPolygon) -> bytes:
    """The one spelling of a polygon in lon/lat (EPSG:4326).  Raises: BadInput for what ``fault`` names.

    >>> canonical_bytes(shapely.from_wkt("POLYGON ((1 1, 1 2, 2 1, 1 1))"))  # doctest: +NORMALIZE_WHITESPACE
    b'{"format":"landlog/geometry@v1","polygons":[[[1000000000,1000000000,2000000000,1000000000,1000000000,2000000000]]]}'
    """
    return canonical_bytes_many([shape])[0]


def canonical_bytes_many(shapes: Shapes) -> list[bytes]:
    """``canonical_bytes`` of each; the first shape that has none raises BadInput with its position."""
    array = snapped(shapes)
    for position, sentence in enumerate(faults(array)):
        if sentence:
            raise BadInput(
                sentence,
                field="geometry" if len(array) == 1 else f"geometry[{position}]",
                remedy="Give one polygon or multipolygon in longitude and latitude (EPSG:4326) without crossings.",
            )
    return [text.encode() for text in _texts(array)] if len(array) else []


def from_bytes(data: bytes) -> Polygon | MultiPolygon:
    """The shape in lon/lat.  Strict: only bytes that ``canonical_bytes`` would write are read.  Raises: BadInput."""
    return cast("Polygon | MultiPolygon", from_bytes_many([data])[0])


def from_bytes_many(blobs: Sequence[bytes]) -> NDArray[Any]:
    """``from_bytes`` of each; the first that is not canonical raises BadInput."""
    shapes = _build([_read(blob) for blob in blobs])
    for blob, again in zip(blobs, canonical_bytes_many(shapes), strict=True):
        if blob != again:
            raise _not_canonical(
                "they hold a shape, but spelled otherwise (order, direction, spacing, a repeat)"
            )
    return shapes


def geometry_hash(data: bytes) -> str:
    """Base64 of the SHA-256 of canonical bytes: the name under which a record and a blob store know a shape."""
    return base64.b64encode(sha256(data).digest()).decode()


def drawn_area(shape: BaseGeometry) -> Decimal:
    """Area of a lon/lat shape in m2, to two places, on the equal-area grid EPSG:6933."""
    return drawn_areas([shape])[0]


def drawn_areas(shapes: Shapes) -> list[Decimal]:
    """``drawn_area`` of each."""
    return [Decimal(f"{figure:.2f}") for figure in square_metres(shapes).tolist()]


def square_metres(shapes: Shapes) -> NDArray[np.float64]:
    """Area of lon/lat shapes in m2 as EPSG:6933 gives it, unrounded: for comparing, not for recording."""
    return shapely.area(transform(shapes, _transformer(LONLAT, EQUAL_AREA)))


def metric_crs(lon: float, lat: float) -> int:
    """EPSG code of the UTM zone (WGS 84) around a point: the plane in which lengths are measured there.

    >>> metric_crs(77.9, 15.7), metric_crs(78.0, 15.7)
    (32643, 32644)
    """
    zone = min(int((lon + 180) // 6) + 1, 60)
    return (32600 if lat >= 0 else 32700) + zone


def metric_crs_of(shapes: Shapes) -> int:
    """``metric_crs`` at the middle of the extent of some lon/lat shapes."""
    west, south, east, north = shapely.total_bounds(_array(shapes))
    return metric_crs((west + east) / 2, (south + north) / 2)


def to_metric(shapes: Shapes, crs: int) -> NDArray[Any]:
    """Lon/lat shapes in the plane of ``crs`` (an EPSG code), metres."""
    return transform(shapes, _transformer(LONLAT, crs))


def from_metric(shapes: Shapes, crs: int) -> NDArray[Any]:
    """Shapes of the plane of ``crs`` (an EPSG code) in lon/lat, not yet on the grid."""
    return transform(shapes, _transformer(crs, LONLAT))


def to_web_mercator(shapes: Shapes) -> NDArray[Any]:
    """Lon/lat shapes in EPSG:3857, for map tiles only: no length or area is to be taken there."""
    return transform(shapes, _transformer(LONLAT, 3857))


def transform(shapes: Shapes, transformer: pyproj.Transformer) -> NDArray[Any]:
    """Every coordinate through one transformer; what it cannot carry becomes infinite, as PROJ says it."""
    array = _array(shapes)
    xy = shapely.get_coordinates(array)
    xy[:, 0], xy[:, 1] = transformer.transform(xy[:, 0], xy[:, 1])
    return shapely.set_coordinates(array.copy(), xy)


def snapped(shapes: Shapes) -> NDArray[Any]:
    """The shapes with every coordinate on the storage grid, halves to even; the third dimension is dropped."""
    array = shapely.force_2d(_array(shapes))
    xy = shapely.get_coordinates(array)
    with np.errstate(invalid="ignore"):  # infinite coordinates stay so and are named by ``faults``
        return shapely.set_coordinates(array, np.rint(xy * UNITS_PER_DEGREE) / UNITS_PER_DEGREE)


def faults(shapes: Shapes) -> list[str]:
    """For each lon/lat shape a sentence on why it cannot be stored, or an empty string."""
    array = _array(shapes)
    kinds = shapely.get_type_id(array)
    bounds = shapely.bounds(array)
    west, south, east, north = bounds.T
    with np.errstate(invalid="ignore"):
        inside = (west >= -180) & (east <= 180) & (south >= -90) & (north <= 90)
        compact = (east - west <= WIDEST_DEGREES) & (north - south <= WIDEST_DEGREES)
    areal = (kinds == _POLYGON) | (kinds == _MULTIPOLYGON)
    good = areal & inside & compact & shapely.is_valid(array) & ~shapely.is_empty(array)
    good[_hollow(array, kinds)] = False
    sentences = [""] * len(array)
    for i in np.flatnonzero(~good):
        sentences[i] = _fault(array[i], bool(areal[i]), bool(inside[i]))
    return sentences


def _fault(shape: BaseGeometry | None, areal: bool, inside: bool) -> str:
    if shape is None or shape.is_empty:
        return Phrase("there is no shape")
    if not areal:
        return Phrase("a parcel is a polygon or multipolygon, this is a {kind}", kind=shape.geom_type)
    if not inside:
        x, y = shapely.get_coordinates(shape)[0]
        return Phrase(
            "its coordinates, such as ({x}, {y}), are no longitude and latitude", x=f"{x:.10g}", y=f"{y:.10g}"
        )
    if not shape.is_valid:
        return Phrase("the shape is not valid: {why}", why=shapely.is_valid_reason(shape))
    if len(_hollow(np.array([shape], dtype=object), np.array([shapely.get_type_id(shape)], dtype=np.int32))):
        return Phrase("a part or a hole of the shape is empty")
    return Phrase("the shape is wider than a degree")


def _hollow(array: NDArray[Any], kinds: NDArray[np.int32]) -> NDArray[np.int64]:
    """Places of the shapes with an empty part or hole beside others: valid for GEOS, but of no spelling."""
    several = np.flatnonzero((kinds == _MULTIPOLYGON) | (shapely.get_num_interior_rings(array) > 0))
    parts, owners = shapely.get_parts(array[several], return_index=True)
    holed = np.flatnonzero(shapely.get_num_interior_rings(parts) > 0)
    rings, of = shapely.get_rings(parts[holed], return_index=True)
    hollow = np.concatenate((owners[shapely.is_empty(parts)], owners[holed[of[shapely.is_empty(rings)]]]))
    return several[hollow]


@cache
def _transformer(source: int, target: int) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs(source, target, always_xy=True)


def _array(shapes: Shapes) -> NDArray[Any]:
    return np.asarray(shapes, dtype=object)


def _read(data: bytes) -> list[list[list[int]]]:
    """The polygons of one blob: each a list of rings, each a flat list of ordinates.  Spelling is checked later."""
    if len(data) > MAX_BYTES:
        raise _not_canonical(f"they are longer than {MAX_BYTES} bytes")
    if not data.startswith(_HEAD.encode()):
        raise _not_canonical(f"they do not begin with {_HEAD}")
    try:
        polygons = json.loads(data)["polygons"]
    except (ValueError, RecursionError) as error:
        raise _not_canonical("they are not JSON") from error
    if not (isinstance(polygons, list) and polygons and all(isinstance(p, list) and p for p in polygons)):
        raise _not_canonical("'polygons' is a list of polygons, each a list of rings")
    for ring in (ring for polygon in polygons for ring in polygon):
        if not isinstance(ring, list) or len(ring) < 6 or len(ring) % 2:
            raise _not_canonical("a ring is a flat list of at least three vertices: lon,lat,lon,lat,...")
        if set(map(type, ring)) != {int} or min(ring) < -_FARTHEST or max(ring) > _FARTHEST:
            raise _not_canonical("an ordinate is a whole number of 1e-9 degree, at most 180 degrees")
    return cast("list[list[list[int]]]", polygons)


def _build(blobs: list[list[list[list[int]]]]) -> NDArray[Any]:
    """Shapes of what ``_read`` returned: polygons where there is one part, else multipolygons."""
    polygons = [polygon for blob in blobs for polygon in blob]
    rings = [[*ring, *ring[:2]] for polygon in polygons for ring in polygon]  # closed, as GEOS wants them
    xy = np.array([n for ring in rings for n in ring], dtype=np.float64).reshape(-1, 2) / UNITS_PER_DEGREE
    ends = [
        np.concatenate(([0], np.cumsum([len(ring) // 2 for ring in rings], dtype=np.int64))),
        np.concatenate(([0], np.cumsum([len(polygon) for polygon in polygons], dtype=np.int64))),
    ]
    parts = shapely.from_ragged_array(shapely.GeometryType.POLYGON, xy, tuple(ends))
    if len(polygons) == len(blobs):
        return cast("NDArray[Any]", parts)
    shapes, at = np.empty(len(blobs), dtype=object), 0
    for i, blob in enumerate(blobs):
        shapes[i] = parts[at] if len(blob) == 1 else MultiPolygon(list(parts[at : at + len(blob)]))
        at += len(blob)
    return shapes


def _not_canonical(reason: str) -> BadInput:
    return BadInput(
        Phrase("these are not the canonical bytes of a shape: {reason}", reason=reason),
        field="geometry",
        remedy="Write the shape again in the form that gis/README.md specifies.",
    )


def _texts(array: NDArray[Any]) -> list[str]:
    """The JSON texts of valid, snapped shapes."""
    kind, xy, offsets = shapely.to_ragged_array(array, include_z=False)
    ring_ends = offsets[0].astype(np.int64)
    polygon_ends = offsets[1].tolist()
    shape_ends = offsets[2].tolist() if kind == _MULTIPOLYGON else range(len(array) + 1)
    exteriors = np.zeros(len(ring_ends) - 1, dtype=bool)
    exteriors[offsets[1][:-1]] = True
    rings = _ring_texts(np.rint(xy * UNITS_PER_DEGREE).astype(np.int64), ring_ends, exteriors)
    polygons = [
        f"[{rings[a]}]"
        if b == a + 1
        else f"[{','.join([rings[a], *sorted(rings[a + 1 : b], key=json.loads)])}]"
        for a, b in pairwise(polygon_ends)
    ]
    return [
        f"{_HEAD}{','.join(sorted(polygons[a:b], key=json.loads) if b - a > 1 else polygons[a:b])}{_TAIL}"
        for a, b in pairwise(shape_ends)
    ]


def _ring_texts(xy: Ints, ends: Ints, exteriors: NDArray[np.bool_]) -> list[str]:
    """Each closed ring as a JSON list: closing vertex and repeats left out, turned and begun as the form asks."""
    follows = np.ones(len(xy), dtype=bool)
    follows[:-1] = np.any(xy[1:] != xy[:-1], axis=1)  # unlike the vertex after it
    follows[ends[1:] - 1] = False  # the closing vertex
    starts = np.concatenate(([0], np.cumsum(follows)))[ends].astype(np.int64)
    xy, starts, sizes = xy[follows], starts[:-1], np.diff(starts)
    ring_of = np.repeat(np.arange(len(sizes)), sizes)

    by_place = np.lexsort((xy[:, 1], xy[:, 0], ring_of))
    least = by_place[starts]
    before = starts + (least - starts - 1) % sizes
    after = starts + (least - starts + 1) % sizes
    arrive, leave = xy[least] - xy[before], xy[after] - xy[least]
    # At its least vertex a simple ring turns as the whole ring does; within a degree the products fit 64 bits.
    counter_clockwise = arrive[:, 0] * leave[:, 1] - arrive[:, 1] * leave[:, 0] > 0

    step = np.where(counter_clockwise == exteriors, 1, -1)
    place = np.arange(len(xy)) - starts[ring_of]
    order = starts[ring_of] + ((least - starts)[ring_of] + step[ring_of] * place) % sizes[ring_of]
    numbers = list(map(str, cast("list[int]", xy[order].ravel().tolist())))
    bounds = (2 * np.append(starts, len(xy))).tolist()
    return [f"[{','.join(numbers[a:b])}]" for a, b in pairwise(bounds)]
