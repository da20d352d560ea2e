"""Boundaries of villages, read from a map file: whose land lies where, as somebody other than the record draws it."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import numpy as np
import pyogrio.raw
import pyproj
import shapely
from pyogrio.errors import DataLayerError, DataSourceError, FieldError
from shapely.geometry.base import BaseGeometry

from domain.errors import BadInput
from gis.shapes import LONLAT, transform

MOST_BYTES = 2 << 30  # all villages of a large state


def read_boundaries(
    path: Path, column: str, wanted: Collection[str] | None = None
) -> dict[str, BaseGeometry]:
    """The boundaries, in longitude and latitude, of the villages whose LGD codes are wanted and that the file has.

    Without ``wanted``: of every village of the file that has a code.

    ``column`` holds the code.  Several shapes of one code are taken together; one that crosses itself is mended.

    Raises:
        BadInput: when the file cannot be read, lacks the column, or says no reference system.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise BadInput(f"{path.name} is larger than {MOST_BYTES >> 30} GiB", field="--boundaries")
        meta, _, shapes, values = pyogrio.raw.read(str(path), columns=[column])
    except OSError as error:
        raise _unreadable(path, (error.strerror or "it is not there").lower()) from None
    except (DataSourceError, DataLayerError, FieldError, ValueError) as error:
        raise _unreadable(path, " ".join(str(error).split())[:160]) from None
    if column not in meta["fields"].tolist():
        raise BadInput(
            f"{path.name} has no column {column!r}", field="--code", remedy="Name the column with LGD codes."
        )
    if not meta["crs"]:
        raise BadInput(
            f"{path.name} does not say its reference system",
            field="--boundaries",
            remedy="Write it with one, such as with ogr2ogr -a_srs EPSG:4326.",
        )
    codes = [_code(value) for value in values[0]]
    chosen = [n for n, code in enumerate(codes) if (code in wanted if wanted is not None else _is_code(code))]
    drawn = shapely.from_wkb(shapes[chosen])
    kept = ~(shapely.is_missing(drawn) | shapely.is_empty(drawn))
    transformer = pyproj.Transformer.from_crs(meta["crs"], LONLAT, always_xy=True)
    lonlat = shapely.make_valid(transform(drawn[kept], transformer), method="structure", keep_collapsed=False)
    found: dict[str, list[BaseGeometry]] = {}
    for n, shape in zip(np.array(chosen)[kept] if chosen else [], lonlat, strict=True):
        found.setdefault(codes[int(n)], []).append(shape)
    return {code: shapely.union_all(shapes) for code, shapes in found.items()}


def _code(value: object) -> str:
    """A code as text, whether the file holds it as text or as a number."""
    if isinstance(value, float | np.floating) and float(value).is_integer():
        return str(int(value))
    return str(value).strip()


def _is_code(text: str) -> bool:
    return text.isascii() and text.isdecimal() and 1 <= len(text) <= 6


def _unreadable(path: Path, reason: str) -> BadInput:
    return BadInput(
        f"{path.name} cannot be read: {reason}",
        field="--boundaries",
        remedy="Give a GeoPackage, GeoJSON or Shapefile of village boundaries.",
    )
