"""OGC API Tiles: vector tiles of the layers in WebMercatorQuad.

The geometry is stored in EPSG:3857, so a tile is one index scan and one ``ST_AsMVT``, prepared once for each
connection.  Each layer has a zoom below which a tile would hold a district, and is refused.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from hashlib import sha256
from itertools import count
from typing import Any

from fastapi import APIRouter, Request, Response

from domain.errors import BadInput, NotFound
from gis.ogc.answers import Answers, Position, base, both, caching, link, parameters_of, unchanged
from gis.ogc.asking import when
from gis.ogc.describing import of_page, of_tile
from gis.ogc.layers import Cursor, Layer, layer_of

MEDIA = "application/vnd.mapbox-vector-tile"
MATRIX_SET = "WebMercatorQuad"
GREATEST_ZOOM = 22
MOST_FEATURES = 20_000
EXTENT, BUFFER = 4096, 64
_SECONDS = 60  # that a tile may be drawn unasked

_SPEC = "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/"
CONFORMANCE = (
    *(_SPEC + c for c in ("core", "tileset", "tilesets-list", "geodata-tilesets", "datetime", "mvt")),
    "http://www.opengis.net/spec/tms/2.0/conf/tilematrixset",
    "http://www.opengis.net/spec/tms/2.0/conf/json-tilematrixset",
)
_MATRIX_URI = "http://www.opengis.net/def/tilematrixset/OGC/1.0/WebMercatorQuad"
_MERCATOR = "http://www.opengis.net/def/crs/EPSG/0/3857"
_HALF = 20037508.3427892  # metres from the middle of the square to its side
_SCHEME = "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme"


class Tiles:
    """The answers of Tiles for some layers."""

    def __init__(
        self, layers: Sequence[Layer], cursor: Cursor, position: Position, *, styles: Sequence[str] = ()
    ) -> None:
        self._answer = Answers(styles)
        self._layers = layers
        self._cursor = cursor
        self._position = position
        self._statements: dict[tuple[str, str], tuple[str, str]] = {}

    def matrix_sets(self, request: Request) -> Response:
        parameters_of(request)
        here = f"{base(request)}/tileMatrixSets"
        one = {
            "id": MATRIX_SET,
            "title": "Web Mercator, tiles divided by four",
            "uri": _MATRIX_URI,
            "crs": _MERCATOR,
            "links": [link(f"{here}/{MATRIX_SET}", "self", MATRIX_SET)],
        }
        document = {
            "title": "Tile matrix sets",
            "links": both(request, here, "Tile matrix sets"),
            "tileMatrixSets": [one],
        }
        return self._answer(request, document, template="json.html", position=self._position())

    def matrix_set(self, request: Request) -> Response:
        parameters_of(request)
        document = {
            "id": MATRIX_SET,
            "title": "Web Mercator, tiles divided by four",
            "uri": _MATRIX_URI,
            "crs": _MERCATOR,
            "orderedAxes": ["X", "Y"],
            "wellKnownScaleSet": "http://www.opengis.net/def/wkss/OGC/1.0/GoogleMapsCompatible",
            "tileMatrices": [_matrix(zoom) for zoom in range(GREATEST_ZOOM + 1)],
        }
        return self._answer(request, document, template="json.html", position=self._position())

    def tilesets(self, request: Request, name: str) -> Response:
        parameters_of(request)
        layer = layer_of(self._layers, name)
        here = f"{base(request)}/collections/{layer.id}/tiles"
        document = {
            "title": f"{layer.title}: tile sets",
            "links": both(request, here, layer.title),
            "tilesets": [_tileset(layer, base(request))],
        }
        return self._answer(request, document, template="json.html", position=self._position())

    def tileset(self, request: Request, name: str) -> Response:
        parameters_of(request)
        document = _tileset(layer_of(self._layers, name), base(request))
        return self._answer(request, document, template="json.html", position=self._position())

    def tile(self, request: Request, name: str, zoom: str, row: str, column: str) -> Response:
        layer = layer_of(self._layers, name)
        place = _place(layer, zoom, row, column)
        parameters = parameters_of(request, ("datetime", "f"))
        if "if-none-match" in request.headers and (same := unchanged(request, self._position())):
            return same
        position, body = self._read(layer, place, parameters.get("datetime"))
        headers = caching(position, seconds=_SECONDS)
        return Response(
            body or b"", 200 if body else 204, media_type=MEDIA if body else None, headers=headers
        )

    def _read(self, layer: Layer, place: tuple[int, int, int], day: str | None) -> tuple[int, bytes]:
        """The position of the tables and the tile's bytes, of one moment; none where nothing lies in it."""
        then = when(layer, day)
        with self._cursor() as cursor:
            cursor.execute_prepared(*self._statement(layer, then.sql), [*place, *then.args])
            found = cursor.fetchone()
        return int(found[0] or 0), bytes(found[1] or b"")

    def _statement(self, layer: Layer, then: str) -> tuple[str, str]:
        """Name and text: a layer has one for today and one for each form of ``datetime``, five in all."""
        known = self._statements.get((layer.id, then))
        if known is None:
            text = statement(layer, then=then)
            # Named by what it says: threads that make one at the same time must not give two the same name.
            known = self._statements[layer.id, then] = (
                f"tile_{sha256(text.encode()).hexdigest()[:24]}",
                text,
            )
        return known


def statement(layer: Layer, *, then: str) -> str:
    """SQL that gives (position, tile) for zoom $1, column $2, row $3, and the days that ``then`` has as ``%s``.

    ``ST_AsMVTGeom`` cuts every shape at the tile's edge and makes it anew, which costs more than all the rest.  A
    shape that ends within the next tile is only moved onto the tile's grid, where drawing programs clip it; the few
    that reach farther are cut.
    """
    numbers = count(4)
    numbered = re.sub("%s", lambda _: f"${next(numbers)}", then)
    columns = ", ".join(f'"{name}"' for name in layer.tiled)
    key, shape = f'"{layer.key}"', layer.mercator
    once, newest = (
        ("", "")
        if then == layer.today
        else (f"distinct on ({key}) ", f" order by {key}, {layer.newest} desc")
    )
    return (  # names are ours, values are bound
        "with box as materialized (select e, st_tileenvelope($1, $2, $3, margin => 1) as beside,"  # noqa: S608
        f" st_tileenvelope($1, $2, $3, margin => {BUFFER / EXTENT}) as wide, {EXTENT} / (st_xmax(e) - st_xmin(e)) as s,"
        " -st_xmin(e) as tx, -st_ymax(e) as ty from (select st_tileenvelope($1, $2, $3) as e) t)"
        " select (select size from records.position where name = 'records'),"
        f" (select st_asmvt(t, '{layer.id}', {EXTENT}, 'shape') from (select case when {shape} @ beside"
        f" then st_forcepolygonccw(st_snaptogrid(st_transscale({shape}, tx, ty, s, -s), 1))"
        f" else st_asmvtgeom({shape}, e, {EXTENT}, {BUFFER}, true) end as shape, {columns} from ("
        f"select {once}{shape}, box.*, {columns} from {layer.source}, box"
        f" where {shape} && wide and {numbered}{newest} limit {MOST_FEATURES}) found"
        " offset 0) t where not st_isempty(shape))"  # the offset keeps the shape from being made twice
    )


def tiles_router(
    layers: Sequence[Layer],
    cursor: Cursor,
    position: Position,
    *,
    prefix: str,
    styles: Sequence[str] = (),
) -> APIRouter:
    """The routes of OGC API Tiles; ``styles`` are the style sheets of its pages."""
    tiles = Tiles(layers, cursor, position, styles=styles)
    router = APIRouter(prefix=prefix, tags=["OGC API Tiles"])
    of_set = f"/collections/{{name}}/tiles/{MATRIX_SET}"
    for path, endpoint, summary in (
        ("/tileMatrixSets", tiles.matrix_sets, "Tile matrix sets"),
        (f"/tileMatrixSets/{MATRIX_SET}", tiles.matrix_set, "WebMercatorQuad"),
        ("/collections/{name}/tiles", tiles.tilesets, "Tile sets of a collection"),
        (of_set, tiles.tileset, "One tile set"),
    ):
        router.add_api_route(path, endpoint, response_model=None, summary=summary, openapi_extra=of_page())
    router.add_api_route(
        of_set + "/{zoom}/{row}/{column}",
        tiles.tile,
        response_model=None,
        summary="One tile (MVT)",
        responses={200: {"content": {MEDIA: {}}}, 204: {"description": "No feature in this tile"}},
        openapi_extra=of_tile(),
    )
    return router


def _place(layer: Layer, zoom: str, row: str, column: str) -> tuple[int, int, int]:
    """Zoom, column and row, as PostGIS takes them.

    Raises:
        BadInput: for what is no number, or a zoom at which the layer is not drawn.
        NotFound: for a tile that its zoom does not have.
    """
    for text, name in ((zoom, "tileMatrix"), (row, "tileRow"), (column, "tileCol")):
        if not (text.isascii() and text.isdigit() and len(text) <= 9):
            raise BadInput(f"{ascii(text)[:40]} is not a whole number", field=name)
    z, x, y = int(zoom), int(column), int(row)
    if not layer.least_zoom <= z <= GREATEST_ZOOM:
        raise BadInput(
            f"{layer.id} are drawn at zoom {layer.least_zoom} to {GREATEST_ZOOM}, not at {z}",
            field="tileMatrix",
            remedy="Come closer: a tile farther out would hold more than a page can draw.",
        )
    if x >= 2**z or y >= 2**z:
        raise NotFound(f"zoom {z} has rows and columns from 0 to {2**z - 1}", field="tileRow")
    return z, x, y


def _tileset(layer: Layer, start: str) -> dict[str, Any]:
    here = f"{start}/collections/{layer.id}/tiles/{MATRIX_SET}"
    scheme = f"{start}/tileMatrixSets/{MATRIX_SET}"
    return {
        "title": layer.title,
        "dataType": "vector",
        "crs": _MERCATOR,
        "tileMatrixSetURI": _MATRIX_URI,
        "tileMatrixSetDefinition": scheme,
        "layers": [{"id": layer.id, "dataType": "vector", "geometryDimension": 2}],
        "tileMatrixSetLimits": [
            {
                "tileMatrix": str(z),
                "minTileRow": 0,
                "maxTileRow": 2**z - 1,
                "minTileCol": 0,
                "maxTileCol": 2**z - 1,
            }
            for z in range(layer.least_zoom, GREATEST_ZOOM + 1)
        ],
        "links": [
            link(here, "self", layer.title),
            {
                **link(f"{here}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}", "item", "Tiles", MEDIA),
                "templated": True,
            },
            link(scheme, _SCHEME, MATRIX_SET),
        ],
    }


def _matrix(zoom: int) -> dict[str, Any]:
    size = 2 * _HALF / 256 / 2**zoom
    return {
        "id": str(zoom),
        "scaleDenominator": size / 0.00028,  # OGC's pixel of 0.28 mm
        "cellSize": size,
        "pointOfOrigin": [-_HALF, _HALF],
        "tileWidth": 256,
        "tileHeight": 256,
        "matrixWidth": 2**zoom,
        "matrixHeight": 2**zoom,
    }
