"""``/ogc``: the map as OGC API Features and Tiles, for QGIS, GDAL and browsers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from fastapi import APIRouter

from api.counter import Counter
from gis.ogc import features, tiles
from gis.ogc.layers import PARCELS

LAYERS = (PARCELS,)
PREFIX = "/ogc"
_TIMEOUT = "5s"  # for one request; a client that wants a village asks for its pages


def router(counter: Counter) -> APIRouter:
    """The routes of both standards over the tables of the map, read with the reader's role."""

    @contextmanager
    def cursor() -> Iterator[Any]:
        with counter.reader.transaction() as reading:
            reading.execute(f"set local statement_timeout = '{_TIMEOUT}'")
            yield reading

    def position() -> int:
        with counter.reader.cursor() as reading:
            reading.execute("select size from records.position where name = 'records'")
            row = reading.fetchone()
        return int(row[0]) if row else 0

    both = APIRouter()
    both.include_router(
        features.features_router(
            LAYERS,
            cursor,
            position,
            title="Landlog: the map of the record",
            prefix=PREFIX,
            also=tiles.CONFORMANCE,
        )
    )
    both.include_router(tiles.tiles_router(LAYERS, cursor, position, prefix=PREFIX))
    return both
