"""OGC API Features: Part 1 (core, GeoJSON, HTML, OpenAPI), Part 2 (CRS), Part 3 (filter, CQL2 text and JSON)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote, urlencode

import shapely
import shapely.geometry
from fastapi import APIRouter, Request, Response

from domain.errors import NotFound
from gis.ogc.answers import (
    GEOJSON,
    OPENAPI,
    SCHEMA,
    Answers,
    Position,
    base,
    both,
    caching,
    link,
    parameters_of,
    unchanged,
    wants_html,
)
from gis.ogc.asking import Asked, ask, ask_one, identifier_of
from gis.ogc.describing import description, of_item, of_items, of_page
from gis.ogc.layers import Cursor, Kind, Layer, layer_of
from gis.ogc.systems import SYSTEMS, WGS84
from gis.overview import Shown, overview

_PART = "http://www.opengis.net/spec/ogcapi-features-{}/1.0/conf/"
_CQL2 = "http://www.opengis.net/spec/cql2/1.0/conf/"
_REL = "http://www.opengis.net/def/rel/ogc/1.0/"
CONFORMANCE = (
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-common-2/1.0/conf/collections",
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
_PRESUMPTIVE = "What the record of rights shows. An entry is presumed true until the contrary is proved."
_EXTENT = (
    "select st_xmin(e), st_ymin(e), st_xmax(e), st_ymax(e), since::text from"
    " (select st_extent(geom) filter (where valid_to is null) as e, min(from_date) as since from gis.village) x"
)


class Features:
    """The answers of Features for some layers, read with ``cursor``; ``position`` tells the state of the tables."""

    def __init__(
        self,
        layers: Sequence[Layer],
        cursor: Cursor,
        position: Position,
        *,
        title: str,
        styles: Sequence[str] = (),
        also: Sequence[str] = (),
    ) -> None:
        self._layers = layers
        self._cursor = cursor
        self._position = position
        self._title = title
        self._answer = Answers(styles)
        self._conformance = (*CONFORMANCE, *also)
        self._extent_at: tuple[int, dict[str, Any]] = (-1, {})

    def landing(self, request: Request) -> Response:
        parameters_of(request)
        here = base(request)
        links = [
            *both(request, here, "This page"),
            link(f"{here}/api", "service-desc", "The interface (OpenAPI 3.0)", OPENAPI),
            link(f"{here}/api?f=html", "service-doc", "The interface in words", "text/html"),
            link(f"{here}/conformance", "conformance", "What this server conforms to"),
            link(f"{here}/collections", "data", "The collections"),
            link(f"{here}/tileMatrixSets", f"{_REL}tiling-schemes", "Tile matrix sets"),
        ]
        document = {"title": self._title, "description": _PRESUMPTIVE, "links": links}
        shown = {**document, "layers": [(layer.id, layer.title, layer.description) for layer in self._layers]}
        position = self._position()
        if wants_html(request):
            return self._answer.page(request, shown, template="landing.html", position=position)
        return self._answer(request, document, template="landing.html", position=position)

    def api(self, request: Request) -> Response:
        parameters_of(request)
        document = description(self._layers, title=self._title, server=base(request))
        return self._answer(request, document, template="api.html", position=self._position(), media=OPENAPI)

    def conformance(self, request: Request) -> Response:
        parameters_of(request)
        document = {"conformsTo": list(self._conformance)}
        return self._answer(request, document, template="conformance.html", position=self._position())

    def collections(self, request: Request) -> Response:
        parameters_of(request)
        position = self._position()
        document = {
            "links": both(request, f"{base(request)}/collections", "The collections"),
            "crs": list(SYSTEMS),
            "collections": [self._collection(request, layer, position) for layer in self._layers],
        }
        return self._answer(request, document, template="collections.html", position=position)

    def collection(self, request: Request, name: str) -> Response:
        parameters_of(request)
        position = self._position()
        document = self._collection(request, layer_of(self._layers, name), position)
        document["crs"] = list(SYSTEMS)  # "#/crs" points into the list of collections and nowhere here
        return self._answer(request, document, template="collection.html", position=position)

    def queryables(self, request: Request, name: str) -> Response:
        parameters_of(request)
        layer = layer_of(self._layers, name)
        shape = {layer.geometry: {"x-ogc-role": "primary-geometry", "format": "geometry-any"}}
        document = {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "$id": f"{base(request)}/collections/{layer.id}/queryables",
            "type": "object",
            "title": layer.title,
            "properties": {**{n: _TYPES[k] for n, k in layer.properties.items()}, **shape},
            "additionalProperties": False,
        }
        return self._answer(request, document, template="json.html", position=self._position(), media=SCHEMA)

    def items(self, request: Request, name: str) -> Response:
        layer = layer_of(self._layers, name)
        parameters = parameters_of(request, None)
        asked = ask(layer, parameters)
        position = self._position()
        html = wants_html(request)
        if same := unchanged(request, position, kind="html" if html else ""):
            return same
        wanted = asked.page()
        with self._cursor() as cursor:
            cursor.execute(wanted.sql, list(wanted.args))
            rows = cursor.fetchall()
        features = [text for _, text in rows[: asked.limit]]
        links = self._links_of_page(request, asked, rows, parameters)
        if html:
            shown = [json.loads(text) for text in features]
            document = {"layer": layer, "features": shown, "links": links}
            return self._answer.page(
                request,
                document,
                template="items.html",
                position=position,
                drawing=_drawing(layer, asked, shown, request.url.path),
            )
        head = {"type": "FeatureCollection", "numberReturned": len(features), "links": links}
        body = f'{_compact(head)[:-1]},"features":[{",".join(features)}]}}'
        return _geojson(body, asked, position)

    def item(self, request: Request, name: str, identifier: str) -> Response:
        layer = layer_of(self._layers, name)
        asked = ask_one(layer, parameters_of(request, None))
        position = self._position()
        html = wants_html(request)
        if same := unchanged(request, position, kind="html" if html else ""):
            return same
        one = asked.one(identifier_of(identifier))
        with self._cursor() as cursor:
            cursor.execute(one.sql, list(one.args))
            row = cursor.fetchone()
        if row is None:
            raise NotFound(
                f"{layer.id} has no feature {identifier[:60]!r}" + (" at that time" if asked.past else ""),
                field="featureId",
                remedy="With datetime=../.. what has ended is found too." if not asked.past else "",
            )
        here = f"{base(request)}/collections/{layer.id}"
        links = [
            *both(request, f"{here}/items/{row[0]}", "This feature", GEOJSON),
            link(here, "collection", layer.title),
        ]
        if html:
            feature = json.loads(row[1])
            drawing = _drawing(layer, asked, [feature], "")
            document = {**feature, "links": links, "layer": layer}
            return self._answer.page(
                request, document, template="item.html", position=position, drawing=drawing
            )
        return _geojson(f'{row[1][:-1]},"links":{_compact(links)}}}', asked, position)

    def _collection(self, request: Request, layer: Layer, position: int) -> dict[str, Any]:
        here = f"{base(request)}/collections/{layer.id}"
        return {
            "id": layer.id,
            "title": layer.title,
            "description": layer.description,
            "itemType": "feature",
            "extent": self._extent(position),
            "crs": ["#/crs"],
            "storageCrs": WGS84,
            "links": [
                link(here, "self", layer.title),
                link(f"{here}/items", "items", f"{layer.title} as GeoJSON", GEOJSON),
                link(f"{here}/items?f=html", "items", f"{layer.title} as HTML", "text/html"),
                link(f"{here}/queryables", f"{_REL}queryables", "What can be asked for", SCHEMA),
                link(f"{here}/tiles", f"{_REL}tilesets-vector", f"{layer.title} as vector tiles"),
            ],
        }

    def _extent(self, position: int) -> dict[str, Any]:
        """Of all that is registered: a union of the villages' outlines, made once for each state of the tables."""
        if self._extent_at[0] != position:
            with self._cursor() as cursor:
                cursor.execute(_EXTENT)
                *corners, since = cursor.fetchone()
            known = corners[0] is not None
            bbox = [float(v) for v in corners] if known else [-180.0, -90.0, 180.0, 90.0]
            interval = [f"{since}T00:00:00+05:30" if since else None, None]
            extent = {
                "spatial": {"bbox": [bbox], "crs": WGS84},
                "temporal": {
                    "interval": [interval],
                    "trs": "http://www.opengis.net/def/uom/ISO-8601/0/Gregorian",
                },
            }
            self._extent_at = (position, extent)
        return self._extent_at[1]

    @staticmethod
    def _links_of_page(
        request: Request, asked: Asked, rows: Sequence[Any], parameters: dict[str, str]
    ) -> list[dict[str, str]]:
        collection = f"{base(request)}/collections/{asked.layer.id}"
        links = both(request, str(request.url), "This page", GEOJSON)
        if len(rows) > asked.limit:
            query = urlencode({**parameters, "cursor": rows[asked.limit - 1][0]})
            links.append(link(f"{collection}/items?{query}", "next", "The next page", links[0]["type"]))
        links.append(link(collection, "collection", asked.layer.title))
        return links


def features_router(
    layers: Sequence[Layer],
    cursor: Cursor,
    position: Position,
    *,
    title: str,
    prefix: str,
    styles: Sequence[str] = (),
    also: Sequence[str] = (),
) -> APIRouter:
    """The routes of OGC API Features.

    ``styles`` are the style sheets of its pages, ``also`` the conformance classes of other routers beside it.
    """
    features = Features(layers, cursor, position, title=title, styles=styles, also=also)
    router = APIRouter(prefix=prefix, tags=["OGC API Features"])
    for path, endpoint, summary in (
        ("", features.landing, "Landing page"),
        ("/api", features.api, "OpenAPI 3.0 of the maps and data"),
        ("/conformance", features.conformance, "Conformance classes"),
        ("/collections", features.collections, "Collections"),
        ("/collections/{name}", features.collection, "One collection"),
        ("/collections/{name}/queryables", features.queryables, "Queryables"),
    ):
        router.add_api_route(path, endpoint, response_model=None, summary=summary, openapi_extra=of_page())
    router.add_api_route(
        "/collections/{name}/items",
        features.items,
        response_model=None,
        summary="Features of a collection",
        openapi_extra=of_items(),
    )
    router.add_api_route(
        "/collections/{name}/items/{identifier}",
        features.item,
        response_model=None,
        summary="One feature",
        openapi_extra=of_item(),
    )
    return router


def _geojson(body: str, asked: Asked, position: int) -> Response:
    headers = {**caching(position), "Content-Crs": f"<{asked.system.uri}>"}
    return Response(body, media_type=GEOJSON, headers=headers)


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _drawing(layer: Layer, asked: Asked, features: Sequence[dict[str, Any]], path: str) -> str:
    """The features as a small map; none where they were asked for in another plane than the stored one."""
    if asked.system.uri != WGS84:
        return ""
    shown = [
        Shown(
            shape=shapely.geometry.shape(f["geometry"]),
            label=str(f["properties"].get("label") or f["properties"].get("name") or ""),
            href=f"{path}/{quote(str(f['id']))}" if path else "",
        )
        for f in features
        if f["geometry"] is not None
    ]
    words = f"{len(shown)} shapes of the layer {layer.title}"
    return overview(shown, title=layer.title, description=words)
