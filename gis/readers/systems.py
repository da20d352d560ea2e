"""Reference systems: which one a file is drawn in, and the way from there to longitude and latitude."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyproj
import shapely
from numpy.typing import NDArray

from domain.errors import BadInput
from gis.shapes import transform

LONLAT = "OGC:CRS84"
_TRUE_ONE = 'Write the true one under [file] in the mapping, as in crs = "EPSG:32643".'


def crs_of(file: Path, found: str | None, stated: str) -> str:
    """The reference system as text: what the mapping says, else what the file says.  Raises: BadInput."""
    crs = stated or found
    if not crs:
        raise BadInput(
            f"{file.name} does not say in which reference system it is drawn",
            field="file.crs",
            remedy='Add its .prj, or write crs = "EPSG:32643" (or what it is) under [file] in the mapping.',
        )
    try:
        parsed = pyproj.CRS.from_user_input(crs)
        to_lonlat(crs)
    except pyproj.exceptions.ProjError as error:
        raise BadInput(
            f"the reference system {crs[:60]!r} cannot be carried into longitude and latitude",
            field="file.crs",
            remedy=_TRUE_ONE,
        ) from error
    code = parsed.to_authority()
    return f"{code[0]}:{code[1]}" if code else crs


def to_lonlat(crs: str) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs(crs, LONLAT, always_xy=True)


def accuracy_m(crs: str) -> float | None:
    """What PROJ says of the way from ``crs`` to lon/lat: None where it is exact or unknown."""
    accuracy = float(to_lonlat(crs).accuracy)
    return accuracy if accuracy > 0 else None


def lonlat(shapes: NDArray[Any], transformer: pyproj.Transformer) -> NDArray[Any]:
    """The shapes in longitude and latitude.

    Raises:
        BadInput: when most of them lie beyond the globe, so that the reference system is not the true one.
    """
    moved = shapes if transformer.description == "noop" else transform(shapes, transformer)
    drawn = ~shapely.is_missing(moved) & ~shapely.is_empty(moved)
    bounds = shapely.bounds(moved)
    with np.errstate(invalid="ignore"):
        on_earth = np.all((bounds >= (-180, -90, -180, -90)) & (bounds <= (180, 90, 180, 90)), axis=1)
    beyond = drawn & ~on_earth
    if beyond.sum() * 2 > drawn.sum():
        x, y = shapely.get_coordinates(shapes[beyond][:1])[0]
        raise BadInput(
            f"the coordinates, such as ({x:.10g}, {y:.10g}), do not belong to the reference system that is stated",
            field="file.crs",
            remedy=_TRUE_ONE,
        )
    return moved
