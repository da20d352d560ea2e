"""OGC API Features: Part 1 (core, GeoJSON, HTML, OpenAPI), Part 2 (CRS), Part 3 (filter, CQL2 text and JSON)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response

from domain.errors import NotFound
from gis.ogc.answers import GEOJSON, Position, answer, link, unchanged
from gis.ogc.asking import SYSTEMS, Asked, ask
from gis.ogc.layers import WGS84, Cursor, Kind, Layer, layer_of

_PART = "http://www.opengis.net/spec/ogcapi-features-{}/1.0/conf/"
_CQL2 = "http://www.opengis.net/spec/cql2/1.0/conf/"
CONFORMANCE = (
    *(_PART.format(1) + c for c in ("core", "oas30", "html", "geojson")),
    _PART.format(2) + "crs",
    *(
        _PART.format(3) + c
        for c in ("queryables", "queryables-query-parameters", "filter", "features-filter")
    ),
    *(_CQL2 + c for c in ("cql2-text", "cql2-json", "basic-cql2", "advanced-comparison-operators")),
    _CQL2 + "basic-spatial-functions",
)
_TYPES: dict[Kind, dict[str, str]] = {
    "text": {"type": "string"},
    "integer": {"type": "integer"},
    "number": {"type": "number"},
    "date": {"type": "string", "format": "date"},
}


class Features:
    """The answers of Features for some layers, read with ``cursor``; ``position`` tells the state of the tables."""

    def __init__(self, layers: Sequence[Layer], cursor: Cursor, position: Position, *, title: str) -> None:
        self._layers = layers
        self._cursor = cursor
        self._position = position
        self._title = title

    def landing(self, request: Request) -> Response:
        base = _base(request)
        links = [
            link(base, "self", "This page"),
            link(f"{base}/conformance", "conformance", "What this server conforms to"),
            link(f"{base}/collections", "data", "The collections"),
            link(
                f"{_root(request)}/openapi.json",
                "service-desc",
                "OpenAPI",
                "application/vnd.oai.openapi+json",
            ),
            link(f"{_root(request)}/docs", "service-doc", "The interface in words", "text/html"),
        ]
        document = {"title": self._title, "description": _PRESUMPTIVE, "links": links}
        return answer(request, document, template="landing.html", position=self._position())

    def conformance(self, request: Request, more: Sequence[str] = ()) -> Response:
        document = {"conformsTo": [*CONFORMANCE, *more]}
        return answer(request, document, template="conformance.html", position=self._position())

    def collections(self, request: Request) -> Response:
        base = _base(request)
        document = {
            "links": [link(f"{base}/collections", "self", "The collections")],
            "crs": list(SYSTEMS),
            "collections": [self._collection(base, layer) for layer in self._layers],
        }
        return answer(request, document, template="collections.html", position=self._position())

    def collection(self, request: Request, name: str) -> Response:
        document = self._collection(_base(request), layer_of(self._layers, name))
        return answer(request, document, template="collection.html", position=self._position())

    def queryables(self, request: Request, name: str) -> Response:
        layer = layer_of(self._layers, name)
        shape = {layer.geometry: {"$ref": "https://geojson.org/schema/Geometry.json"}}
        document = {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$id": f"{_base(request)}/collections/{layer.id}/queryables",
            "type": "object",
            "title": layer.title,
            "properties": {**{n: _TYPES[k] for n, k in layer.properties.items()}, **shape},
            "additionalProperties": False,
        }
        media = "application/schema+json"
        return answer(request, document, template="json.html", position=self._position(), media=media)

    def items(self, request: Request, name: str) -> Response:
        layer = layer_of(self._layers, name)
        position = self._position()
        asked = ask(layer, dict(request.query_params))
        if same := unchanged(request, position):
            return same
        page = asked.page()
        with self._cursor() as cursor:
            cursor.execute(page.sql, list(page.args))
            rows = cursor.fetchall()
        features = [_feature(layer, row) for row in rows[: asked.limit]]
        document = {
            "type": "FeatureCollection",
            "numberReturned": len(features),
            "links": self._page_links(request, asked, rows),
            "features": features,
        }
        return self._shapes(request, document, "items.html", asked.system.uri, position)

    def item(self, request: Request, name: str, identifier: str) -> Response:
        layer = layer_of(self._layers, name)
        position = self._position()
        parameters = {k: v for k, v in request.query_params.items() if k in ("crs", "datetime", "f")}
        asked = ask(layer, parameters)
        one = asked.one(identifier)
        with self._cursor() as cursor:
            cursor.execute(one.sql, list(one.args))
            row = cursor.fetchone()
        if row is None:
            raise NotFound(f"{layer.id} has no feature {identifier[:60]!r}", field="featureId")
        here = f"{_base(request)}/collections/{layer.id}"
        links = [
            link(f"{here}/items/{row[0]}", "self", "This feature", GEOJSON),
            link(here, "collection", layer.title),
        ]
        document = {**_feature(layer, row), "links": links}
        return self._shapes(request, document, "item.html", asked.system.uri, position)

    def _collection(self, base: str, layer: Layer) -> dict[str, Any]:
        here = f"{base}/collections/{layer.id}"
        return {
            "id": layer.id,
            "title": layer.title,
            "description": layer.description,
            "itemType": "feature",
            "extent": {"spatial": {"bbox": [self._extent(layer)], "crs": WGS84}},
            "crs": ["#/crs"],
            "storageCrs": WGS84,
            "links": [
                link(here, "self", layer.title),
                link(f"{here}/items", "items", f"{layer.title} as GeoJSON", GEOJSON),
                link(
                    f"{here}/queryables",
                    "http://www.opengis.net/def/rel/ogc/1.0/queryables",
                    "What can be asked for",
                    "application/schema+json",
                ),
            ],
        }

    def _extent(self, layer: Layer) -> list[float]:
        sql = f"select st_extent({layer.geometry}) from {layer.source} where {layer.today}"  # noqa: S608
        with self._cursor() as cursor:
            cursor.execute(f"select st_xmin(e), st_ymin(e), st_xmax(e), st_ymax(e) from ({sql}) x(e)")  # noqa: S608
            row = cursor.fetchone()
        return [-180.0, -90.0, 180.0, 90.0] if row is None or row[0] is None else [float(v) for v in row]

    @staticmethod
    def _page_links(request: Request, asked: Asked, rows: Sequence[Any]) -> list[dict[str, str]]:
        here = f"{_base(request)}/collections/{asked.layer.id}/items"
        given = {k: v for k, v in request.query_params.items() if k != "cursor"}
        links = [link(str(request.url), "self", "This page", GEOJSON)]
        if len(rows) > asked.limit:
            after = urlencode({**given, "cursor": rows[asked.limit - 1][0]})
            links.append(link(f"{here}?{after}", "next", "The next page", GEOJSON))
        links.append(link(f"{_base(request)}/collections/{asked.layer.id}", "collection", asked.layer.title))
        return links

    @staticmethod
    def _shapes(
        request: Request, document: dict[str, Any], template: str, crs: str, position: int
    ) -> Response:
        headers = {"Content-Crs": f"<{crs}>"}
        return answer(request, document, template=template, position=position, media=GEOJSON, headers=headers)


_PRESUMPTIVE = "What the record of rights shows. An entry is presumed true until the contrary is proved."


def features_router(
    layers: Sequence[Layer],
    cursor: Cursor,
    position: Position,
    *,
    title: str,
    prefix: str,
    also: Sequence[str] = (),
) -> APIRouter:
    """The routes of OGC API Features; ``also`` are the conformance classes of other routers beside it."""
    features = Features(layers, cursor, position, title=title)
    router = APIRouter(prefix=prefix, tags=["OGC API Features"])
    router.add_api_route("", features.landing, response_model=None, summary="Landing page")
    router.add_api_route("/collections", features.collections, response_model=None, summary="Collections")

    @router.get("/conformance", response_model=None, summary="Conformance classes")
    def conformance(request: Request) -> Response:
        return features.conformance(request, also)

    @router.get("/collections/{name}", response_model=None, summary="One collection")
    def collection(request: Request, name: str) -> Response:
        return features.collection(request, name)

    @router.get("/collections/{name}/queryables", response_model=None, summary="Queryables")
    def queryables(request: Request, name: str) -> Response:
        return features.queryables(request, name)

    @router.get("/collections/{name}/items", response_model=None, summary="Features of a collection")
    def items(request: Request, name: str) -> Response:
        return features.items(request, name)

    @router.get("/collections/{name}/items/{identifier}", response_model=None, summary="One feature")
    def item(request: Request, name: str, identifier: str) -> Response:
        return features.item(request, name, identifier)

    return router


def _feature(layer: Layer, row: Sequence[Any]) -> dict[str, Any]:
    identifier, shape, *values = row
    properties = {
        name: _plain(kind, value)
        for (name, kind), value in zip(layer.properties.items(), values, strict=True)
    }
    return {"type": "Feature", "id": identifier, "geometry": json.loads(shape), "properties": properties}


def _plain(kind: Kind, value: Any) -> Any:
    if value is None:
        return None
    if kind == "date":
        return value.isoformat()
    return float(value) if kind == "number" else value


def _base(request: Request) -> str:
    """The address of the landing page, whatever the router is mounted under."""
    path = request.url.path
    for part in ("/collections", "/conformance", "/tileMatrixSets"):
        path = path.partition(part)[0]
    return f"{_root(request)}{path.rstrip('/')}"


def _root(request: Request) -> str:
    return str(request.base_url).rstrip("/")
