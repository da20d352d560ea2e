"""The map at /ogc: layers, pages, caches and refusals, as programs and people ask for them."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
import shapely
from fastapi import FastAPI

from api import problems
from api.pages.views import error_page
from api.routes.ogc import Connections
from gis.ogc.features import features_router
from gis.ogc.layers import LAYERS, PARCELS
from gis.ogc.tiles import tiles_router
from tests.api.asking import Client, asking
from tests.api.world import TODAY, World, field_shape, parcel, share_sale, unit

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
EPSG = "http://www.opengis.net/def/crs/EPSG/0/"
DEVGARH = "78,25,78.0018,25.0018"
TILE = "tiles/WebMercatorQuad/16/28065/46967"


def items(client: Client, layer: str, **asked: Any) -> dict[str, Any]:
    answer = client.get(f"/ogc/collections/{layer}/items", params=asked)
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.json()
    return document


def ids(document: dict[str, Any]) -> list[str]:
    return [feature["id"] for feature in document["features"]]


def all_pages(client: Client, layer: str, **asked: Any) -> list[str]:
    found: list[str] = []
    address = f"/ogc/collections/{layer}/items"
    document = items(client, layer, **asked)
    while True:
        found += ids(document)
        following = [link["href"] for link in document["links"] if link["rel"] == "next"]
        if not following:
            return found
        assert address in following[0]
        document = client.get(following[0]).json()


# ---- documents ------------------------------------------------------------------------------------------------


def test_the_landing_page_leads_to_everything_and_every_link_answers(client: Client) -> None:
    seen: set[str] = set()
    waiting = ["http://counter.test/ogc"]
    while waiting:
        address = waiting.pop()
        answer = client.get(address)
        assert answer.status_code == 200, (address, answer.text)
        if "json" not in answer.headers["content-type"]:
            continue
        for link in _links(answer.json()):
            assert {"href", "rel", "type"} <= link.keys(), link
            target = link["href"]
            if target.startswith("http://counter.test/ogc") and "{" not in target and target not in seen:
                seen.add(target)
                waiting.append(target)
            if "{" not in target and target.startswith("http://counter.test"):
                told = client.get(target).headers["content-type"]
                assert told.split(";")[0] == link["type"].split(";")[0], link
    assert len(seen) > 30


def _links(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, dict):
        own = value.get("links", [])
        return [*own, *(link for inner in value.values() for link in _links(inner))]
    if isinstance(value, list):
        return [link for inner in value for link in _links(inner)]
    return []


def test_the_interface_is_described_in_openapi_3_0_layer_by_layer(client: Client) -> None:
    answer = client.get("/ogc/api")
    document = answer.json()
    assert answer.headers["content-type"] == "application/vnd.oai.openapi+json;version=3.0"
    assert document["openapi"].startswith("3.0.")
    assert document["servers"] == [{"url": "http://counter.test/ogc"}]
    for layer in LAYERS:
        asked = document["paths"][f"/collections/{layer.id}/items"]["get"]["parameters"]
        assert {"bbox", "limit", "datetime", "crs", "filter", *layer.properties} <= {p["name"] for p in asked}
    names = [o["get"]["operationId"] for o in document["paths"].values()]
    assert len(names) == len(set(names))


def test_every_layer_has_its_columns_its_extent_and_its_systems(client: Client) -> None:
    document = client.get("/ogc/collections").json()
    assert [c["id"] for c in document["collections"]] == [layer.id for layer in LAYERS]
    assert f"{EPSG}32644" in document["crs"]
    for collection in document["collections"]:
        assert collection["extent"]["spatial"]["bbox"][0] == pytest.approx([78.0, 25.0, 78.0018, 25.0018])
        assert collection["extent"]["temporal"]["interval"] == [[f"{TODAY}T00:00:00+05:30", None]]
        asked = client.get(f"/ogc/collections/{collection['id']}/queryables").json()
        shown = items(client, collection["id"], limit="1")["features"]
        for feature in shown:
            assert {*feature["properties"], "geom"} == asked["properties"].keys()


def test_what_is_not_public_is_in_no_layer(client: Client) -> None:
    for layer in LAYERS:
        text = client.get(f"/ogc/collections/{layer.id}/items").text
        for hidden in ("hash", "valid_from", "holders", "आशा", "party"):
            assert hidden not in text


# ---- features -------------------------------------------------------------------------------------------------


def test_the_parcels_are_given_with_their_shapes_as_they_are_registered(client: Client) -> None:
    document = items(client, "parcels")
    assert document["numberReturned"] == 9
    first = document["features"][0]
    assert first["id"] == parcel(1)
    assert first["properties"]["label"] == "1"
    assert first["properties"]["area_m2"] == 4021.0
    assert first["properties"]["from_date"] == str(TODAY)
    drawn = shapely.geometry.shape(first["geometry"])
    assert drawn.symmetric_difference(field_shape("1")).area < 1e-15


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"bbox": "78.0001,25.0001,78.0002,25.0002"}, ["1"]),
        ({"bbox": "25.0001,78.0001,25.0002,78.0002", "bbox-crs": f"{EPSG}4326"}, ["1"]),
        ({"bbox": "78.0001,25.0001,0,78.0002,25.0002,9"}, ["1"]),
        ({"bbox": "8682930,2875760,8682940,2875766", "bbox-crs": f"{EPSG}3857"}, ["1"]),
        ({"bbox": "197190,2768310,197200,2768320", "bbox-crs": f"{EPSG}32644"}, ["1"]),
        ({"bbox": "10,10,11,11"}, []),
        ({"bbox": "179.9,-0.5,-179.9,0.5"}, []),
        ({"label": "5"}, ["5"]),
        ({"label": "5", "use": "irrigated"}, ["5"]),
        ({"area_m2": "4021"}, list("123456789")),
        ({"from_date": str(TODAY), "label": "2"}, ["2"]),
        ({"filter": "label IN ('1','9') AND NOT use = 'dry'"}, ["1", "9"]),
        ({"filter": "label BETWEEN '3' AND '5'"}, ["3", "4", "5"]),
        ({"filter": "use IS NULL"}, []),
        ({"filter": "label LIKE '\\%'"}, []),
        ({"filter": "S_INTERSECTS(geom, POINT(78.0001 25.0001))"}, ["1"]),
        ({"filter": "S_WITHIN(geom, BBOX(78.0005,24,78.0013,26))"}, ["2", "5", "8"]),
        ({"filter": "T_AFTER(from_date, DATE('2030-01-01'))"}, []),
        (
            {
                "filter": '{"op":"s_intersects","args":[{"property":"geom"},'
                '{"type":"Point","coordinates":[8682935,2875765]}]}',
                "filter-lang": "cql2-json",
                "filter-crs": f"{EPSG}3857",
            },
            ["1"],
        ),
    ],
)
def test_parcels_are_found_by_place_by_property_and_by_filter(
    client: Client, asked: dict[str, str], found: list[str]
) -> None:
    assert [f["properties"]["label"] for f in items(client, "parcels", **asked)["features"]] == found


def test_pages_follow_each_other_without_a_gap_or_a_repeat(client: Client) -> None:
    everything = [parcel(n) for n in range(1, 10)]
    assert all_pages(client, "parcels", limit="2") == everything
    assert all_pages(client, "parcels", limit="3", datetime=str(TODAY)) == everything
    assert all_pages(client, "parcels", limit="4", bbox=DEVGARH, use="irrigated") == everything


@pytest.mark.parametrize("code", [4326, 3857, 32643, 32644])
def test_a_feature_is_given_in_the_system_that_was_asked_for(client: Client, code: int) -> None:
    answer = client.get(f"/ogc/collections/parcels/items/{parcel(1)}", params={"crs": f"{EPSG}{code}"})
    assert answer.headers["content-crs"] == f"<{EPSG}{code}>"
    x, y = shapely.get_coordinates(shapely.geometry.shape(answer.json()["geometry"])).mean(axis=0)
    expected = {
        4326: (25.0003, 78.0003),
        3857: (8682954, 2875783),
        32643: (802848, 2768334),
        32644: (197212, 2768333),
    }[code]
    assert (x, y) == pytest.approx(expected, abs=40 if code != 4326 else 1e-3)


def test_an_instant_is_a_day_of_india(client: Client) -> None:
    before = (TODAY - timedelta(days=1)).isoformat()
    assert ids(items(client, "parcels", datetime=f"{before}T18:29:00Z")) == []
    assert len(ids(items(client, "parcels", datetime=f"{before}T18:31:00Z"))) == 9
    assert len(ids(items(client, "parcels", datetime=f"{before}/.."))) == 9
    assert ids(items(client, "parcels", datetime=f"../{before}")) == []


# ---- the past -------------------------------------------------------------------------------------------------


def test_every_layer_can_be_asked_for_a_past_day(world: World, counter: Client) -> None:
    later = TODAY + timedelta(days=3)
    holders = counter.get(f"/v1/units/{unit(1)}").json()["holders"]
    world.record("sale", share_sale(holders[0]["party"]), day=later)
    _laid(
        world,
        f"insert into gis.restriction (parcel_id, label, village, restrictions, geom, geom_3857, valid_from,"
        f" from_date, valid_to, to_date) select parcel_id, label, village, 'stay', geom, geom_3857, 900, '{TODAY}',"
        f" 901, '{later}' from gis.parcel where label = '1'",
    )
    assert ids(items(counter, "restrictions")) == []
    assert ids(items(counter, "restrictions", datetime=str(TODAY))) == [parcel(1)]
    assert ids(items(counter, "restrictions", datetime=str(later))) == []
    assert ids(items(counter, "villages", datetime=str(later))) == ["999101"]
    assert ids(items(counter, "villages", datetime="2020-01-01")) == []
    tile = counter.get(f"/ogc/collections/restrictions/{TILE}", params={"datetime": str(TODAY)})
    assert (tile.status_code, counter.get(f"/ogc/collections/restrictions/{TILE}").status_code) == (200, 204)


def _laid(world: World, statement: str) -> None:
    with world.house.datastore.transaction() as cursor:
        cursor.execute(statement)


def test_the_outline_of_a_village_is_its_parcels_together(client: Client) -> None:
    (village,) = items(client, "villages")["features"]
    assert village["properties"]["name_local"] == "देवगढ़"
    assert village["properties"]["parcels"] == 9
    drawn = shapely.geometry.shape(village["geometry"])
    assert drawn.symmetric_difference(shapely.box(78, 25, 78.0018, 25.0018)).area < 1e-12
    assert len(shapely.get_coordinates(drawn)) < 20


# ---- caches ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["", "/collections", "/collections/parcels/items", f"/collections/parcels/items/{parcel(1)}",
             f"/collections/parcels/{TILE}", "/collections/parcels/tiles"],
)  # fmt: skip
def test_an_answer_may_be_kept_until_the_log_moves(client: Client, path: str) -> None:
    first = client.get(f"/ogc{path}")
    tag = first.headers["etag"]
    assert re.fullmatch(r'W/"log-\d+"', tag)
    assert first.headers["cache-control"].startswith("public, max-age=")
    assert "Accept" in first.headers["vary"]
    assert first.headers["access-control-allow-origin"] == "*"
    same = client.get(f"/ogc{path}", headers={"If-None-Match": f'"other", {tag}'})
    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", tag)
    page = client.get(f"/ogc{path}", headers={"If-None-Match": tag, "Accept": "text/html"})
    assert page.status_code == (304 if "/16/" in path else 200)


def test_an_order_moves_the_tag(world: World, counter: Client) -> None:
    before = counter.get("/ogc/collections/parcels/items")
    holders = counter.get(f"/v1/units/{unit(1)}").json()["holders"]
    world.record("sale", share_sale(holders[0]["party"]))
    after = counter.get("/ogc/collections/parcels/items", headers={"If-None-Match": before.headers["etag"]})
    assert after.status_code == 200
    assert after.headers["etag"] != before.headers["etag"]


def test_head_answers_as_get_without_the_body(client: Client) -> None:
    for path in ("/ogc", "/ogc/collections/parcels/items", f"/ogc/collections/parcels/{TILE}"):
        got, head = client.get(path), client.request("HEAD", path)
        assert (head.status_code, head.content) == (200, b"")
        for name in ("content-type", "content-length", "etag"):
            assert head.headers[name] == got.headers[name]


# ---- pages ----------------------------------------------------------------------------------------------------


def test_a_browser_gets_pages_with_a_map_and_a_program_gets_json(client: Client) -> None:
    browser = {"Accept": "text/html,application/xhtml+xml"}
    for path in (
        "",
        "/api",
        "/conformance",
        "/collections",
        "/collections/parcels",
        "/collections/villages/items",
        f"/collections/parcels/items/{parcel(1)}",
        "/collections/parcels/queryables",
        "/tileMatrixSets",
    ):
        page = client.get(f"/ogc{path}", headers=browser)
        assert page.status_code == 200
        assert page.headers["content-type"] == "text/html; charset=utf-8"
        assert "/static/landlog.css" in page.text
        assert "style=" not in page.text
        assert "<script" not in page.text
    shown = client.get("/ogc/collections/parcels/items", params={"f": "html"}).text
    assert shown.count("<path d=") >= 10
    assert client.get("/ogc", params={"f": "json"}, headers=browser).json()["title"]


def test_a_village_s_name_cannot_smuggle_markup_into_a_page(world: World, counter: Client) -> None:
    _laid(world, "update gis.parcel set label = '<script>alert(1)</script>' where label = '1'")
    page = counter.get("/ogc/collections/parcels/items?f=html").text
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


# ---- refusals -------------------------------------------------------------------------------------------------

INJECTIONS = [
    ("filter", "gid=1 AND (pg_sleep(2) IS NULL OR gid=1)"),
    ("filter", "label='1' AND (pg_sleep(2) IS NULL OR label='1')"),
    ("filter", "xpath_exists('//usename', query_to_xml('select usename from pg_user', true, true, '')) = TRUE"),
    ("filter", "label = (select name from private.opening)"),
    ("filter", "label='1'; drop table gis.parcel"),
    ("filter", "label='1' OR 1=1 --"),
    ("filter", "hash = 'x'"),
    ("filter", "valid_from > 1"),
    ("filter", "version = 1"),
    ("filter", "status = 'disputed'"),
    ("filter", 'label" = \'1\' OR "label = \'1\''),
    ("filter", "label LIKE 'a\\'"),
    ("filter", "area_m2 = 1e999"),
    ("filter", "a=" + "-" * 1500 + "1"),
    ("filter", "(" * 500),
    ("filter", "NOT " * 300 + "label='1'"),
    ("filter", "S_INTERSECTS(geom, POLYGON((0 0, 1 1, 0 1, 1 0, 0 0)))"),
    ("filter", "S_INTERSECTS(geom, POINT(999 25))"),
    ("filter", "S_INTERSECTS(geom, POINT(1e400 25))"),
    ("filter", "S_INTERSECTS(geom, pg_read_file('/etc/passwd'))"),
    ("filter", "label = '\x00'"),
    ("bbox", "1,2,3"),
    ("bbox", "1,2,3,4,5"),
    ("bbox", "nan,nan,nan,nan"),
    ("bbox", "inf,0,inf,1"),
    ("bbox", "78,25,79,26));pg_sleep(9)--"),
    ("bbox", "78,91,79,92"),
    ("bbox", "78,26,79,25"),
    ("bbox", "70,20,80,30"),
    ("crs", "EPSG:4326'); select 1--"),
    ("crs", f"{EPSG}999999"),
    ("bbox-crs", "x"),
    ("datetime", "2026-13-01"),
    ("datetime", "now()"),
    ("datetime", "2026-01-01/2026-01-02/2026-01-03"),
    ("datetime", ""),
    ("datetime", "2026-01-01' or '1'='1"),
    ("datetime", "9999-12-31T23:59:59-23:59"),
    ("limit", "0"),
    ("limit", "-1"),
    ("limit", "1;select 1"),
    ("limit", "٣"),
    ("cursor", "x' or 1=1--"),
    ("cursor", "\x00"),
    ("f", "xml"),
    ("geom", "1"),
    ("hash", "1"),
    ("offset", "10"),
    ("label", "x" * 201),
    ("label", "\x00"),
    ("area_m2", "1 or 1=1"),
    ("from_date", "yesterday"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), INJECTIONS, ids=lambda v: repr(v)[:50])
def test_what_may_not_be_asked_is_refused_in_words(client: Client, name: str, value: str) -> None:
    more = f"&bbox={DEVGARH}" if name == "bbox-crs" else ""
    answer = client.get(f"/ogc/collections/parcels/items?{name}={quote(value)}{more}")
    assert answer.status_code == 400, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["field"] == name
    assert problem["detail"]
    for word in ("syntax", "psycopg", "relation", "select "):
        assert word not in problem["detail"].replace(value, "")


def test_a_filter_in_json_is_refused_as_in_text(client: Client) -> None:
    for node in (
        {"op": "pg_sleep", "args": [2]},
        {"op": "=", "args": [{"property": "hash"}, "x"]},
        {"op": "=", "args": [{"op": "pg_sleep", "args": [2]}, "x"]},
        {"op": "=", "args": [{"property": "label"}, {"op": "version", "args": []}]},
        {"op": "s_intersects", "args": [{"property": "geom"}, {"type": "Point", "coordinates": ["a", 1]}]},
        {
            "op": "s_intersects",
            "args": [{"property": "geom"}, {"type": "Polygon", "coordinates": [[[0, 0]]]}],
        },
        {"op": "=", "args": [{"property": "label"}, "\ud800"]},
        {"op": "and", "args": []},
        [],
        7,
    ):
        text = json.dumps(node)
        answer = client.get(
            "/ogc/collections/parcels/items", params={"filter": text, "filter-lang": "cql2-json"}
        )
        assert answer.status_code == 400, text
        assert answer.json()["field"] == "filter"
    for text in ("[" * 500, "NaN", '{"op":"=","args":[{"property":"area_m2"},NaN]}', "{"):
        answer = client.get(
            "/ogc/collections/parcels/items", params={"filter": text, "filter-lang": "cql2-json"}
        )
        assert answer.status_code == 400, text


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/collections/secret/items", 404),
        ("/collections/pg_user", 404),
        (f"/collections/parcels/items/{quote(chr(39))}%20or%201=1", 400),
        ("/collections/parcels/items/%00", 400),
        ("/collections/parcels/items/" + "9" * 81, 400),
        ("/collections/parcels/items/999101-000999", 404),
        (f"/collections/parcels/items/{parcel(1)}?filter=1", 400),
        (f"/collections/parcels/items/{parcel(1)}?datetime=1999-01-01", 404),
        ("/collections?limit=1", 400),
        ("?token=1", 400),
        ("/collections/parcels/items?limit=1&limit=2", 400),
        ("/collections/parcels/tiles/WebMercatorQuad/12/0/0", 400),
        ("/collections/parcels/tiles/WebMercatorQuad/23/0/0", 400),
        ("/collections/parcels/tiles/WebMercatorQuad/16/65536/0", 404),
        ("/collections/parcels/tiles/WebMercatorQuad/16/-1/0", 400),
        ("/collections/parcels/tiles/WebMercatorQuad/1e1/0/0", 400),
        ("/collections/parcels/tiles/WebMercatorQuad/" + "9" * 400 + "/0/0", 400),
        ("/collections/parcels/tiles/WorldCRS84Quad/16/0/0", 404),
        (f"/collections/parcels/{TILE}?filter=1", 400),
        (f"/collections/parcels/{TILE}?datetime=x", 400),
    ],
)
def test_addresses_that_lead_nowhere_are_refused(client: Client, path: str, status: int) -> None:
    answer = client.get(f"/ogc{path}")
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")


def test_a_question_that_takes_too_long_is_ended_and_told_so(village: World) -> None:
    from dataclasses import replace

    slow = replace(PARCELS, source="(select * from gis.parcel, lateral (select pg_sleep(0.2)) s) slow")
    connections = Connections(village.house.reader_url, size=1, timeout_ms=100)
    app = FastAPI()
    app.include_router(
        features_router((slow,), connections.cursor, connections.position, title="", prefix="/ogc")
    )
    app.include_router(tiles_router((slow,), connections.cursor, connections.position, prefix="/ogc"))
    problems.install(app, page=error_page)
    app.state.counter = _Closed()
    with asking(app) as client:
        for path in ("items", TILE, TILE):  # the connection is used again
            answer = client.get(f"/ogc/collections/parcels/{path}")
            assert (answer.status_code, answer.json()["code"]) == (400, "asked-too-much")
        assert client.get("/ogc/collections").status_code == 200


def test_connections_that_the_server_ended_are_made_anew(world: World, counter: Client) -> None:
    path = "/ogc/collections/parcels/items"
    assert counter.get(path).status_code == 200
    with world.house.datastore.cursor() as cursor:
        cursor.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'landlog-map'"
        )
        assert cursor.fetchall()
    answers = [counter.get(path).status_code for _ in range(3)]
    assert answers == [503, 200, 200]


class _Closed:
    """A counter with nothing to close."""

    def close(self) -> None:
        pass
