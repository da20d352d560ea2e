"""The interface described: an OpenAPI 3.0 document of the OGC services alone, which their clients ask for.

The description of the whole counter (``/openapi.json``) speaks OpenAPI 3.1, which the conformance class ``oas30``
does not know.  Both take the parameters from here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from gis.ogc.asking import DEFAULT_LIMIT, FORMATS, MAX_LIMIT
from gis.ogc.filters import LANGS, MAX_CHARACTERS
from gis.ogc.layers import Kind, Layer
from gis.ogc.systems import SYSTEMS, WGS84

Json = dict[str, Any]

_WORDS = ("type", "title", "detail", "code", "field", "remedy")
_TEXTS: dict[Kind, Json] = {
    "text": {"type": "string", "maxLength": 200},
    "integer": {"type": "integer", "minimum": -(10**15), "maximum": 10**15},
    "number": {"type": "number", "minimum": -(10**15), "maximum": 10**15},
    "date": {"type": "string", "format": "date"},
}


def of_page() -> Json:
    """What OpenAPI adds to a page of the services: its only parameter."""
    return {"parameters": [_F]}


def of_items() -> Json:
    """What OpenAPI adds to ``/items``; the properties of each collection are parameters too (its queryables)."""
    return {"parameters": [*_ITEMS, _F]}


def of_item() -> Json:
    """What OpenAPI adds to one feature."""
    return {"parameters": [_CRS, _DATETIME, _F]}


def of_tile() -> Json:
    """What OpenAPI adds to a tile."""
    return {"parameters": [_DATETIME]}


def description(layers: Sequence[Layer], *, title: str, server: str) -> Json:
    """OpenAPI 3.0 of the services as they are mounted at ``server``."""
    paths: Json = {
        "/": _get("landing", "Landing page", [_F]),
        "/api": _get("api", "This description", [_F]),
        "/conformance": _get("conformance", "Conformance classes", [_F]),
        "/collections": _get("collections", "Collections", [_F]),
        "/tileMatrixSets": _get("tileMatrixSets", "Tile matrix sets", [_F]),
        "/tileMatrixSets/WebMercatorQuad": _get("tileMatrixSet", "WebMercatorQuad", [_F]),
    }
    for layer in layers:
        paths |= _paths_of(layer)
    return {
        "openapi": "3.0.3",
        "info": {
            "title": title,
            "version": "1",
            "description": "OGC API Features and Tiles, to be read only.",
        },
        "servers": [{"url": server}],
        "paths": paths,
        "components": {
            "schemas": {
                "problem": {
                    "type": "object",
                    "required": ["type", "title", "status", "detail", "code"],
                    "properties": {
                        **{name: {"type": "string"} for name in _WORDS},
                        "status": {"type": "integer"},
                    },
                }
            }
        },
    }


def _paths_of(layer: Layer) -> Json:
    here = f"/collections/{layer.id}"
    own = [
        _query(name, f"Only where {name} is this.", dict(_TEXTS[kind]))
        for name, kind in layer.properties.items()
    ]
    feature = {
        "name": "featureId",
        "in": "path",
        "required": True,
        "schema": {"type": "string", "maxLength": 80, "pattern": "^[0-9A-Za-z:.-]+$"},
    }
    tile = [
        {"name": n, "in": "path", "required": True, "schema": {"type": "integer", "minimum": 0}}
        for n in ("tileMatrix", "tileRow", "tileCol")
    ]
    geojson, mvt = "application/geo+json", "application/vnd.mapbox-vector-tile"
    return {
        here: _get(f"{layer.id}.collection", layer.title, [_F]),
        f"{here}/queryables": _get(f"{layer.id}.queryables", "What can be asked for", [_F]),
        f"{here}/items": _get(f"{layer.id}.items", layer.description, [*_ITEMS, *own, _F], geojson),
        f"{here}/items/{{featureId}}": _get(
            f"{layer.id}.item", "One feature", [feature, _CRS, _DATETIME, _F], geojson
        ),
        f"{here}/tiles": _get(f"{layer.id}.tilesets", "Tile sets", [_F]),
        f"{here}/tiles/WebMercatorQuad": _get(f"{layer.id}.tileset", "One tile set", [_F]),
        f"{here}/tiles/WebMercatorQuad/{{tileMatrix}}/{{tileRow}}/{{tileCol}}": _get(
            f"{layer.id}.tile", "One vector tile", [*tile, _DATETIME], mvt
        ),
    }


def _get(name: str, summary: str, parameters: Sequence[Json], media: str = "application/json") -> Json:
    problem = {
        "description": "A problem document (RFC 9457): what was wrong, in which parameter, and the remedy.",
        "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/problem"}}},
    }
    return {
        "get": {
            "operationId": name,
            "summary": summary,
            "parameters": list(parameters),
            "responses": {
                "200": {"description": "As asked for.", "content": {media: {"schema": {}}}},
                "304": {"description": "The log has not moved since."},
                "400": problem,
                "404": problem,
            },
        }
    }


def _query(name: str, words: str, schema: Json) -> Json:
    return {"name": name, "in": "query", "description": words, "required": False, "schema": schema}


_SYSTEM: Json = {"type": "string", "enum": list(SYSTEMS), "default": WGS84}
_F = _query(
    "f", "The form of the answer; without it, what Accept asks for.", {"type": "string", "enum": [*FORMATS]}
)
_CRS = _query("crs", "The reference system of the answer (Part 2).", _SYSTEM)
_DATETIME = _query(
    "datetime",
    "What stood on a day, at an instant, or at any time in an interval: 2026-01-01/..; without it, what stands now.",
    {"type": "string", "maxLength": 80},
)
_ITEMS = [
    {
        **_query(
            "bbox",
            "Only what meets this box: west,south,east,north.",
            {"type": "string", "maxLength": 200},
        ),
    },
    _query("bbox-crs", "The reference system of the bbox (Part 2).", _SYSTEM),
    _CRS,
    _DATETIME,
    _query(
        "limit",
        "Features in a page; more than the greatest is cut to it.",
        {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
    ),
    _query("cursor", "From the link `next` of the page before.", {"type": "string", "maxLength": 80}),
    _query("filter", "A condition in CQL2 (Part 3).", {"type": "string", "maxLength": MAX_CHARACTERS}),
    _query(
        "filter-lang", "The form of the filter.", {"type": "string", "enum": [*LANGS], "default": LANGS[0]}
    ),
    _query("filter-crs", "The reference system of shapes in the filter.", _SYSTEM),
]
