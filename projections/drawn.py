"""The shapes that a page needs, read and measured once however many views ask for them."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from psycopg2 import extensions
from shapely.geometry.base import BaseGeometry

from gis import shapes

LONLAT = 4326
WEB_MERCATOR = 3857


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """A shape in lon/lat (EPSG:4326), its SHA-256, and its area on the equal-area grid."""

    hash: bytes
    shape: BaseGeometry
    m2: Decimal


class ShapeReader:
    """Shapes by digest (base64 SHA-256); made for one page and forgotten with it."""

    def __init__(self) -> None:
        self._known: dict[str, Drawn] = {}

    def read(self, cursor: extensions.cursor, digests: Iterable[str]) -> dict[str, Drawn]:
        """The shapes held under these digests; one that the registry does not hold is left out."""
        wanted = set(digests)
        if absent := wanted - self._known.keys():
            self._fetch(cursor, absent)
        return {digest: self._known[digest] for digest in wanted if digest in self._known}

    def _fetch(self, cursor: extensions.cursor, digests: Iterable[str]) -> None:
        cursor.execute(
            "select hash, body from gis.shape where hash = any(%s::bytea[])",
            ([base64.b64decode(digest) for digest in digests],),
        )
        rows = [(bytes(digest), bytes(body)) for digest, body in cursor]
        if not rows:
            return
        found = shapes.from_bytes_many([body for _, body in rows])
        for (digest, _), shape, m2 in zip(rows, found, shapes.drawn_areas(found), strict=True):
            self._known[base64.b64encode(digest).decode()] = Drawn(hash=digest, shape=shape, m2=m2)


def wkb_hex(drawn: Sequence[BaseGeometry] | NDArray[Any], srid: int) -> list[str]:
    """Shapes as PostGIS reads them in COPY: EWKB in hex, always multipolygons."""
    array = np.asarray(drawn, dtype=object)
    parts, of = shapely.get_parts(array, return_index=True)
    many = shapely.set_srid(shapely.multipolygons(parts, indices=of), srid)
    return [str(text) for text in shapely.to_wkb(many, hex=True, include_srid=True)]
