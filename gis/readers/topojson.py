"""TopoJSON: shapes as lists of arcs that neighbours share, so that both draw the common boundary alike.

Read here and not by GDAL, which leaves out rows without a shape and empties those with an arc that is not there.
https://github.com/topojson/topojson-specification
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from shapely import LinearRing, MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from domain.errors import BadInput
from gis.mapping import Mapping as MappingFile
from gis.readers.bounds import DEEPEST, MOST_CORNERS, check_corners, no_rows, too_much, unreadable
from gis.readers.page import Feature, Features, text_of
from gis.readers.systems import LONLAT

Arc = NDArray[np.float64]  # n x 2


class _Fault(Exception):
    """Why one geometry cannot be drawn."""


def open_topology(file: Path, mapping: MappingFile) -> Features:
    """Read the object that the mapping names as its layer, or the only one.  Raises: BadInput."""
    data = file.read_bytes()
    check_corners(file, data, b"[")
    try:
        document = json.loads(data.decode("utf-8-sig"), object_pairs_hook=_without_repeats)
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deep" if isinstance(error, RecursionError) else f"it is not JSON: {error}"
        raise unreadable(file, reason) from error
    objects, arcs = document.get("objects"), document.get("arcs")
    if document.get("type") != "Topology" or not isinstance(objects, dict) or not isinstance(arcs, list):
        raise unreadable(file, "a topology has a list of arcs and named objects")
    layer = _layer(file, objects, mapping.file.layer)
    topology = _Topology(file, arcs, document.get("transform"))
    features = [topology.feature(member) for member in _members(file, objects[layer])]
    if not features:
        raise no_rows(file)
    names = dict.fromkeys(name for feature in features for name in feature.cells)
    return Features(features=features, present=tuple(names), layer=layer, crs=LONLAT)


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise BadInput(
            f"a feature states {twice[:60]!r} twice",
            field=twice[:60],
            remedy="Keep the true one; which that is, only the file's maker knows.",
        )
    return members


def _layer(file: Path, objects: dict[str, Any], stated: str) -> str:
    if stated in objects or (not stated and len(objects) == 1):
        return stated or next(iter(objects))
    said = f"has no object {stated[:60]!r}" if stated else f"has {len(objects)} objects"
    names = ", ".join(str(name)[:60] for name in list(objects)[:20])
    raise BadInput(
        f"{file.name} {said}",
        field="file.layer",
        remedy=f"Write layer = ... under [file] in the mapping; there are: {names or 'none'}.",
    )


def _members(file: Path, collection: Any, level: int = 0) -> list[dict[str, Any]]:
    """The geometries of a collection, those of collections within it included."""
    if level > DEEPEST:
        raise unreadable(file, f"its collections are nested over {DEEPEST} deep")
    if not isinstance(collection, dict):
        raise unreadable(file, "a geometry is an object")
    if collection.get("type") != "GeometryCollection":
        return [collection]
    inner = collection.get("geometries")
    if not isinstance(inner, list):
        raise unreadable(file, "a collection has a list of geometries")
    return [found for member in inner for found in _members(file, member, level + 1)]


class _Topology:
    """The arcs of a file, and the geometries that are put together from them."""

    def __init__(self, file: Path, arcs: list[Any], transform: Any) -> None:
        self._file = file
        self._drawn = 0  # an arc may be named any number of times: corners are counted as they are drawn
        try:
            self._arcs = [_arc(arc, transform) for arc in arcs]
        except (ValueError, TypeError, KeyError) as error:
            raise unreadable(file, f"an arc is not a list of positions: {error}") from error

    def feature(self, member: dict[str, Any]) -> Feature:
        properties = member.get("properties") or {}
        if not isinstance(properties, dict):
            return Feature(cells={}, fault="its properties are no object")
        cells = {str(name): text_of(value) for name, value in properties.items()}
        if "id" in member and "id" not in cells:
            cells["id"] = text_of(member["id"])
        try:
            return Feature(cells=cells, shape=self._shape(member))
        except _Fault as fault:
            return Feature(cells=cells, shape_fault=str(fault))

    def _shape(self, member: dict[str, Any]) -> BaseGeometry | None:
        kind, arcs = member.get("type"), member.get("arcs")
        if kind is None:
            return None
        if kind not in ("Polygon", "MultiPolygon"):
            raise _Fault(f"a parcel is a polygon or multipolygon, this is a {str(kind)[:40]}")
        polygons = [arcs] if kind == "Polygon" else arcs
        if not isinstance(polygons, list) or not all(isinstance(polygon, list) for polygon in polygons):
            raise _Fault("the shape lists no arcs")
        drawn = [self._polygon(polygon) for polygon in polygons if polygon]
        if not drawn:
            return None
        return drawn[0] if len(drawn) == 1 else MultiPolygon(drawn)

    def _polygon(self, rings: list[Any]) -> Polygon:
        exterior, *holes = [self._ring(ring) for ring in rings]
        return Polygon(exterior, holes)

    def _ring(self, numbers: Any) -> LinearRing:
        if not isinstance(numbers, list) or not numbers:
            raise _Fault("a ring lists no arcs")
        parts: list[Arc] = []
        for number in numbers:
            if not isinstance(number, int) or not -len(self._arcs) <= number < len(self._arcs):
                raise _Fault(f"it is drawn by arc {number!r:.20}; the file has {len(self._arcs)}")
            arc = self._arcs[number] if number >= 0 else self._arcs[~number][::-1]
            if parts and not np.array_equal(parts[-1][-1], arc[0]):
                raise _Fault("the arcs of a ring do not meet")
            parts.append(arc[1:] if parts else arc)
            self._drawn += len(arc)
            if self._drawn > MOST_CORNERS:
                raise too_much(self._file, MOST_CORNERS, "corners")
        ring = np.concatenate(parts)
        if len(ring) < 4 or not np.array_equal(ring[0], ring[-1]):
            raise _Fault("the shape is damaged: a ring does not close")
        return LinearRing(ring)


def _arc(positions: Any, transform: Any) -> Arc:
    """The positions of an arc; quantised ones are differences, each from the position before it."""
    xy = np.array([position[:2] for position in positions], dtype=np.float64)
    if xy.ndim != 2 or xy.shape[1] != 2:
        raise ValueError("a position has two figures")
    if transform is None:
        return xy
    scale, translate = transform["scale"], transform["translate"]
    with np.errstate(over="ignore", invalid="ignore"):  # what is beyond all bounds is no place: said by row
        moved: Arc = np.cumsum(xy, axis=0) * np.array(scale, dtype=np.float64)
        return moved + np.array(translate, dtype=np.float64)
