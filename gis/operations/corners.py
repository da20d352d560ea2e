"""The corners of a parcel as a surveyor numbers them, where they lie, and how long the sides between them are."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString
from shapely.geometry.base import BaseGeometry

from domain.errors import BadInput
from gis.shapes import metric_crs_of, to_metric

Points = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True)
class Corner:
    """A corner: degrees of EPSG:4326, and metres in the UTM zone of the parcel."""

    number: int
    longitude: float
    latitude: float
    easting: Decimal
    northing: Decimal


@dataclass(frozen=True, kw_only=True)
class Side:
    """From one corner to the next: metres and degrees from grid north, in the UTM zone of the parcel."""

    start: int
    end: int
    metres: Decimal
    bearing: Decimal


@dataclass(frozen=True, kw_only=True)
class Outline:
    """All corners and sides of a parcel.  ``crs``: the EPSG code of the plane in which they were measured."""

    crs: int
    corners: tuple[Corner, ...]
    sides: tuple[Side, ...]


def outline(shape: BaseGeometry) -> Outline:
    """The corners numbered from the north-western one on, clockwise; those of wells and islands after them."""
    crs = metric_crs_of([shape])
    corners: list[Corner] = []
    sides: list[Side] = []
    for ring in rings(shape):
        flat = shapely.get_coordinates(to_metric([LineString(ring)], crs)[0])
        first = len(corners) + 1
        ahead = np.roll(flat, -1, axis=0) - flat
        for n, ((lon, lat), (east, north), (dx, dy)) in enumerate(
            zip(ring.tolist(), flat.tolist(), ahead.tolist(), strict=True)
        ):
            corners.append(
                Corner(
                    number=first + n,
                    longitude=lon,
                    latitude=lat,
                    easting=Decimal(f"{east:.3f}"),
                    northing=Decimal(f"{north:.3f}"),
                )
            )
            sides.append(
                Side(
                    start=first + n,
                    end=first + (n + 1) % len(ring),
                    metres=Decimal(f"{np.hypot(dx, dy):.2f}"),
                    bearing=Decimal(f"{np.degrees(np.arctan2(dx, dy)) % 360:.2f}"),
                )
            )
    return Outline(crs=crs, corners=tuple(corners), sides=tuple(sides))


def rings(shape: BaseGeometry) -> Iterator[Points]:
    """The rings of a lon/lat shape as a surveyor walks them: open, clockwise, from the north-western corner."""
    for part in shapely.get_parts(shape):
        for ring in (part.exterior, *part.interiors):
            xy = shapely.get_coordinates(ring)[:-1]
            if shapely.is_ccw(ring):
                xy = xy[::-1]
            yield np.roll(xy, -int(np.argmin(xy[:, 0] - xy[:, 1])), axis=0)


def corner_of(shape: BaseGeometry, number: int, *, field: str) -> Any:
    """Degrees of the corner with that number.  Raises: BadInput where there is none."""
    corners = np.concatenate(list(rings(shape)))
    if not 1 <= number <= len(corners):
        raise BadInput(
            f"the parcel has corners 1 to {len(corners)}, and no corner {number}",
            field=field,
            remedy="Count from the north-western corner on, clockwise, as the sketch does.",
        )
    return corners[number - 1]


def nearest_side(shape: BaseGeometry, longitude: float, latitude: float) -> tuple[Points, Points]:
    """The ends of the side nearest to a place, the nearer end first."""
    place = np.array([longitude, latitude])
    starts = np.concatenate(list(rings(shape)))
    ends = np.concatenate([np.roll(ring, -1, axis=0) for ring in rings(shape)])
    sides = shapely.linestrings(np.stack((starts, ends), axis=1))
    found = int(np.argmin(shapely.distance(sides, shapely.Point(place))))
    first, second = starts[found], ends[found]
    return (first, second) if np.hypot(*(first - place)) <= np.hypot(*(second - place)) else (second, first)
