"""OGC API Tiles: vector tiles of the layers in WebMercatorQuad.

The geometry is stored in EPSG:3857, so a tile is one index scan and one ``ST_AsMVT``.  From zoom 13 up a village is
drawn parcel by parcel; below that a tile would hold a district, and is refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Request, Response

from domain.errors import BadInput
from gis.ogc.answers import Position, answer, etag, link, unchanged
from gis.ogc.layers import Cursor, Layer, layer_of

MEDIA = "application/vnd.mapbox-vector-tile"
MATRIX_SET = "WebMercatorQuad"
LEAST_ZOOM, GREATEST_ZOOM = 13, 22
MOST_FEATURES = 20_000

_SPEC = "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/"
CONFORMANCE = tuple(_SPEC + c for c in ("core", "tileset", "tilesets-list", "geodata-tilesets", "mvt"))
_MATRIX_URI = "http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad"


def tiles_router(layers: Sequence[Layer], cursor: Cursor, position: Position, *, prefix: str) -> APIRouter:
    """The routes of OGC API Tiles."""
    router = APIRouter(prefix=prefix, tags=["OGC API Tiles"])

    @router.get("/collections/{name}/tiles", response_model=None, summary="Tile sets of a collection")
    def tilesets(request: Request, name: str) -> Response:
        layer = layer_of(layers, name)
        here = str(request.url).partition("?")[0]
        tileset = _tileset(layer, f"{here}/{MATRIX_SET}")
        document = {"links": [link(here, "self", layer.title)], "tilesets": [tileset]}
        return answer(request, document, template="json.html", position=position())

    @router.get("/collections/{name}/tiles/" + MATRIX_SET, response_model=None, summary="One tile set")
    def tileset(request: Request, name: str) -> Response:
        document = _tileset(layer_of(layers, name), str(request.url).partition("?")[0])
        return answer(request, document, template="json.html", position=position())

    @router.get(
        "/collections/{name}/tiles/" + MATRIX_SET + "/{zoom}/{row}/{column}",
        response_model=None,
        summary="One tile (MVT)",
        responses={200: {"content": {MEDIA: {}}}, 204: {"description": "No feature in this tile"}},
    )
    def tile(request: Request, name: str, zoom: int, row: int, column: int) -> Response:
        layer = layer_of(layers, name)
        _check(zoom, row, column)
        now = position()
        if same := unchanged(request, now):
            return same
        body = read_tile(cursor, layer, zoom=zoom, row=row, column=column)
        headers = {"ETag": etag(now), "Cache-Control": "public, max-age=60"}
        return Response(body, 200 if body else 204, media_type=MEDIA if body else None, headers=headers)

    return router


def read_tile(cursor: Cursor, layer: Layer, *, zoom: int, row: int, column: int) -> bytes:
    """The tile's bytes; empty where nothing lies in it."""
    columns = ", ".join(f'"{name}"' for name in layer.tiled)
    sql = (
        "with box as (select st_tileenvelope(%s, %s, %s) as e) "  # noqa: S608  # names are ours
        f"select st_asmvt(t, %s, 4096, 'shape') from (select st_asmvtgeom({layer.mercator}, box.e, 4096, 64, true)"
        f" as shape, {columns} from {layer.source}, box where {layer.mercator} && box.e and {layer.today}"
        f" limit {MOST_FEATURES}) t where shape is not null"
    )
    with cursor() as reading:
        reading.execute(sql, (zoom, column, row, layer.id))
        found = reading.fetchone()
    return bytes(found[0]) if found and found[0] else b""


def _check(zoom: int, row: int, column: int) -> None:
    if not LEAST_ZOOM <= zoom <= GREATEST_ZOOM:
        raise BadInput(
            f"tiles are drawn at zoom {LEAST_ZOOM} to {GREATEST_ZOOM}, not at {zoom}",
            field="tileMatrix",
            remedy="Come closer: a tile farther out would hold more than a village.",
        )
    if not (0 <= row < 2**zoom and 0 <= column < 2**zoom):
        raise BadInput(f"zoom {zoom} has rows and columns from 0 to {2**zoom - 1}", field="tileRow")


def _tileset(layer: Layer, here: str) -> dict[str, Any]:
    template = here + "/{tileMatrix}/{tileRow}/{tileCol}"
    return {
        "title": layer.title,
        "dataType": "vector",
        "crs": "http://www.opengis.net/def/crs/EPSG/0/3857",
        "tileMatrixSetURI": _MATRIX_URI,
        "tileMatrixSetLimits": [
            {
                "tileMatrix": str(z),
                "minTileRow": 0,
                "maxTileRow": 2**z - 1,
                "minTileCol": 0,
                "maxTileCol": 2**z - 1,
            }
            for z in range(LEAST_ZOOM, GREATEST_ZOOM + 1)
        ],
        "links": [
            link(here, "self", layer.title),
            {**link(template, "item", "Tiles", MEDIA), "templated": True},
            link(_MATRIX_URI, "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme", MATRIX_SET),
        ],
    }
