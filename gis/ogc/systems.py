"""Reference systems that a client may ask in (OGC API Features Part 2), and the way from them to the stored plane.

Offered are longitude and latitude, in both orders of axes, web Mercator, and the UTM zones of India: the zone of a
village is the plane in which its lengths are measured (``gis.shapes.metric_crs``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pyproj
import shapely
from shapely.geometry.base import BaseGeometry

from domain.errors import BadInput
from gis.shapes import LONLAT

WGS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
UTM_OF_INDIA = range(32642, 32648)

_STEPS = (
    8  # a side of a projected box is bent in longitude and latitude: it is carried over as so many pieces
)
_WORLD = shapely.box(-180.0, -90.0, 180.0, 90.0)


@dataclass(frozen=True)
class System:
    """A reference system by its EPSG code; ``swapped`` where its axes run latitude first."""

    srid: int
    uri: str
    swapped: bool = False

    @property
    def decimals(self) -> int:
        """Places after the point that tell a tenth of a millimetre: the storage grid is no finer."""
        return 9 if self.srid == LONLAT else 4


def epsg(code: int) -> str:
    """The URI by which OGC names a reference system.

    >>> epsg(32644)
    'http://www.opengis.net/def/crs/EPSG/0/32644'
    """
    return f"http://www.opengis.net/def/crs/EPSG/0/{code}"


SYSTEMS: Mapping[str, System] = {
    s.uri: s
    for s in (
        System(LONLAT, WGS84),
        System(LONLAT, epsg(4326), swapped=True),
        System(3857, epsg(3857)),
        *(System(code, epsg(code)) for code in UTM_OF_INDIA),
    )
}


def system_of(uri: str, name: str) -> System:
    """
    Raises:
        BadInput: for a reference system that is not offered; it lists those that are.
    """
    system = SYSTEMS.get(uri)
    if system is None:
        raise BadInput(
            f"{name} {uri[:80]!r} is not offered", field=name, remedy=f"Offered: {', '.join(SYSTEMS)}."
        )
    return system


def box(corners: tuple[float, float, float, float], system: System, name: str) -> BaseGeometry:
    """A bounding box of a request, in longitude and latitude.

    In longitude and latitude, a box whose west lies east of its east crosses the 180th meridian.

    Raises:
        BadInput: when it is turned inside out or lies off the earth.
    """
    west, south, east, north = corners
    if system.swapped:
        south, west, north, east = corners
    turned = BadInput(f"the {name} is turned inside out", field=name, remedy="Write west,south,east,north.")
    if south > north:
        raise turned
    if system.srid == LONLAT:
        if west <= east:
            return _on_earth(shapely.box(west, south, east, north), name)
        halves = [shapely.box(west, south, 180.0, north), shapely.box(-180.0, south, east, north)]
        return _on_earth(shapely.multipolygons(halves), name)
    if west > east:
        raise turned
    ring = shapely.segmentize(
        shapely.box(west, south, east, north), max(east - west, north - south, 1.0) / _STEPS
    )
    return carried(ring, system, name)


def carried(shape: BaseGeometry, system: System, name: str) -> BaseGeometry:
    """A shape of a request from its system into longitude and latitude.

    Raises:
        BadInput: when it lies off the earth, or where the system does not reach.
    """
    if system.srid == LONLAT:
        flipped = shapely.transform(shape, lambda xy: xy[:, ::-1]) if system.swapped else shape
        return _on_earth(flipped, name)
    return _on_earth(shapely.transform(shape, lambda xy: _lonlat(xy, system.srid)), name)


def _lonlat(xy: Any, srid: int) -> Any:
    lon, lat = _transformer(srid).transform(xy[:, 0], xy[:, 1])
    return np.column_stack((lon, lat))


@cache
def _transformer(srid: int) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs(srid, LONLAT, always_xy=True)


def _on_earth(shape: BaseGeometry, name: str) -> BaseGeometry:
    coordinates = shapely.get_coordinates(shape)
    if not (np.isfinite(coordinates).all() and shapely.covers(_WORLD, shapely.envelope(shape))):
        raise BadInput(
            f"the {name} lies outside of the earth's longitudes and latitudes, or of its system's reach",
            field=name,
            remedy="Check the order of the axes and the reference system.",
        )
    return shape
