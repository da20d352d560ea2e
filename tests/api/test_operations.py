"""The operations on the map over HTTP: from preview to signed order to the new record, map, tiles and proofs."""

from __future__ import annotations

import base64
import io
import math
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import shapely
from pypdf import PdfReader

from api import operation_models
from domain.canon import Json
from gis.shapes import from_bytes
from projections.fonts import PACKAGES
from tests.api.asking import Client
from tests.api.test_orders import expect_problem
from tests.api.test_redrawing import SURVEYOR, officer, ordered, record
from tests.api.world import LGD, OFFICER, SIDE, World, field_shape, parcel, unit

SKETCH = {"number": "FMB/118", "made": "2026-11-02", "by": "Surveyor, Devgarh"}
AGREEMENT = {"number": "7", "made": "2026-11-02", "by": "Lekhpal, Devgarh"}
AWARD = {"number": "LA/9", "made": "2026-10-01", "by": "Collector"}


def asked(client: Client, address: str, body: Any) -> dict[str, Any]:
    answer = client.post(f"/v1/{address}", json=body)
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.json()
    return document


def carried_out(world: World, draft: dict[str, Any], *, second: str = "") -> None:
    """The order of a draft, as its officer signs it, and one in the role ``second`` where two must."""
    assert draft["missing"] == []
    signing = [(OFFICER, world.officer)]
    if second:
        signing.append((SURVEYOR, officer(world, SURVEYOR, second)))
    shapes = [from_bytes(base64.b64decode(body)) for body in draft["shapes"].values()]
    ordered(world, draft["type"], draft["application"], *signing, shapes=shapes)  # type: ignore[arg-type]


def tile_of(longitude: float, latitude: float, *, zoom: int = 17) -> str:
    """Zoom, row and column of the tile of WebMercatorQuad in which a place lies."""
    tiles = 2**zoom
    row = (1 - math.asinh(math.tan(math.radians(latitude))) / math.pi) / 2
    return f"{zoom}/{int(row * tiles)}/{int((longitude + 180) / 360 * tiles)}"


def is_shown(client: Client, identifier: str, drawn_m2: str) -> None:
    """The parcel in the record, on the map, in a tile and in a proof that the counter finds good."""
    document = record(client, identifier)
    assert (document["status"], document["area"]["drawn_m2"]) == ("active", drawn_m2)
    feature = client.get(f"/ogc/collections/parcels/items/{identifier}").json()
    middle = shapely.geometry.shape(feature["geometry"]).representative_point()
    tile = client.get(f"/ogc/collections/parcels/tiles/WebMercatorQuad/{tile_of(middle.x, middle.y)}")
    assert tile.status_code == 200
    assert identifier.encode() in tile.content
    proof = client.get(f"/v1/parcels/{identifier}/proof")
    verdict = client.post(
        "/v1/verify", content=proof.content, headers={"Content-Type": proof.headers["content-type"]}
    )
    assert verdict.json()["verdict"] == "holds"


def test_three_parts_by_share_from_preview_to_proof(counter: Client, world: World) -> None:
    body = {"parts": 3, "side": "north-east", "sketch": SKETCH}
    preview = asked(counter, f"parcels/{parcel(2)}/split", body)
    split = operation_models.Split.model_validate(preview)
    assert [c.label for c in split.children] == ["2/1", "2/2", "2/3"]
    assert sum(float(c.area.figure) for c in split.children) == pytest.approx(0.4021)
    areas = [float(c.drawn_m2) for c in split.children]
    assert max(areas) - min(areas) <= 0.011
    assert [change.id for change in split.changes] == [parcel(2), unit(1)]
    assert split.children[0].sides[0].start == 1
    assert split.children[0].measured_in == "EPSG:32644"
    carried_out(world, preview["draft"])
    assert record(counter, parcel(2))["status"] == "retired"
    for n, child in enumerate(split.children):
        is_shown(counter, parcel(10 + n), child.drawn_m2)


def test_a_quarter_of_a_hectare_off_the_north_side_by_the_map_and_by_the_paper(client: Client) -> None:
    amount: Json = {"area": {"figure": "0.25", "unit": "hectare"}}
    drawn, paper = (
        asked(
            client, f"parcels/{parcel(1)}/split", {"parts": [amount, "rest"], "side": 0, "measure": measure}
        )
        for measure in ("drawn", "recorded")
    )
    assert drawn["children"][0]["drawn_m2"] == "2500.00"
    assert paper["children"][0]["area"] == {"figure": "0.2500", "unit": "hectare"}
    assert paper["children"][1]["area"] == {"figure": "0.1521", "unit": "hectare"}


def test_a_merger_from_preview_to_proof(counter: Client, world: World) -> None:
    preview = asked(counter, f"parcels/{parcel(1)}/merge", {"with": [parcel(2)], "sketch": SKETCH})
    merged = operation_models.Redrawn.model_validate(preview)
    assert [(c.label, c.area.figure) for c in merged.children] == [("1", "0.8042")]
    carried_out(world, preview["draft"])
    is_shown(counter, parcel(10), merged.children[0].drawn_m2)


def test_a_field_that_is_whole_again_gets_its_number_back(counter: Client, world: World) -> None:
    split = asked(counter, f"parcels/{parcel(2)}/split", {"parts": 2, "side": "north", "sketch": SKETCH})
    carried_out(world, split["draft"])
    preview = asked(counter, f"parcels/{parcel(10)}/merge", {"with": [parcel(11)], "sketch": SKETCH})
    assert preview["children"][0]["label"] == "2"
    assert preview["draft"]["application"]["former"] == [parcel(2)]
    assert preview["remarks"] == [f"the field {parcel(2)} is whole again"]
    carried_out(world, preview["draft"])
    assert record(counter, parcel(12))["label"] == "2"


def test_a_moved_boundary_from_preview_to_proof_of_both(counter: Client, world: World) -> None:
    """Between field 3 of the sisters and field 6 of Meena to the north, aslant."""
    west, _, east, north = field_shape("3").bounds
    line: Any = {
        "type": "LineString",
        "coordinates": [[west, north - SIDE / 10], [(west + east) / 2, north - SIDE / 20], [east, north]],
    }
    body = {"neighbour": parcel(6), "line": line, "sketch": SKETCH, "agreement": AGREEMENT}
    preview = asked(counter, f"parcels/{parcel(3)}/boundary", body)
    moved = operation_models.Redrawn.model_validate(preview)
    assert moved.measured.gap_m2 == moved.measured.overlap_m2 == moved.measured.outside_m2 == "0.00"
    assert sum(float(c.recorded_m2) for c in moved.children) == pytest.approx(8042.0)
    carried_out(world, preview["draft"], second="survey-officer")
    for serial, child in zip((3, 6), moved.children, strict=True):
        is_shown(counter, parcel(serial), child.drawn_m2)


@pytest.fixture
def road(counter: Client) -> dict[str, Any]:
    """A road from west to east through the southern fields 1, 2 and 3, all of khata 1."""
    body = {
        "line": {"type": "LineString", "coordinates": [[77.999, 25.0002], [78.003, 25.0004]]},
        "width": 8,
        "award": AWARD,
        "possession": "2026-11-02",
        "receiver": {
            "new_unit": {"label": "900"},
            "authority": {"name": "Public Works Department", "kind": "government"},
        },
        "land_class": "government",
        "use": "road",
    }
    return asked(counter, f"villages/{LGD}/strip", body)


def test_a_road_through_several_parcels_is_one_preview_and_an_order_for_each(
    counter: Client, world: World, road: dict[str, Any]
) -> None:
    strip = operation_models.Strip.model_validate(road)
    assert [cut.parcels[0].parcel_id for cut in strip.cuts] == [parcel(1), parcel(2), parcel(3)]
    assert [[c.label for c in cut.children] for cut in strip.cuts[:2]] == [
        ["1/1", "1/2", "1/3"],
        ["2/1", "2/2", "2/3"],
    ]
    carried_out(world, road["cuts"][0]["draft"], second="sub-divisional-officer")
    taken = record(counter, parcel(10))
    assert (taken["class"], taken["use"], taken["unit"]["label"]) == ("government", "road", "900")
    is_shown(counter, parcel(10), strip.cuts[0].children[0].drawn_m2)
    is_shown(counter, parcel(11), strip.cuts[0].children[1].drawn_m2)
    again = counter.get(f"/v1/parcels/{parcel(1)}").json()
    assert [s["label"] for s in again["successors"]] == ["1/1", "1/2", "1/3"]


@pytest.mark.skipif(
    not PACKAGES.is_dir(), reason="the fonts are not installed: start the tests with ./run test"
)
def test_the_sketch_page_of_a_preview_is_had_by_asking_for_paper(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANDLOG_HOME", str(tmp_path))
    body = {"parts": 2, "side": "east", "sketch": SKETCH}
    answer = client.post(f"/v1/parcels/{parcel(1)}/split", json=body, headers={"Accept": "application/pdf"})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
    assert answer.headers["cache-control"] == "no-store"
    words = PdfReader(io.BytesIO(answer.content)).pages[0].extract_text()
    assert "1 divided into 1/1, 1/2" in words
    assert SKETCH["number"] in words


def test_a_draft_without_its_papers_says_which_are_missing(client: Client) -> None:
    line = {"type": "LineString", "coordinates": [[77.999, 25.0002], [78.003, 25.0004]]}
    split = asked(client, f"parcels/{parcel(1)}/split", {"line": line})
    strip = asked(client, f"villages/{LGD}/strip", {"line": line, "width": "8.5"})
    assert split["draft"]["missing"] == ["sketch"]
    assert strip["cuts"][0]["draft"]["missing"] == ["award", "possession", "receiver", "land_class", "use"]


def test_parts_that_are_drawn_and_notes_of_a_field_book_divide_as_well(client: Client) -> None:
    field = field_shape("1")
    west, south, east, north = field.bounds
    middle = (west + east) / 2
    drawn = [shapely.geometry.mapping(shapely.box(west, south, middle, north)), {
        "type": "Feature", "geometry": shapely.geometry.mapping(shapely.box(middle, south, east, north))}]  # fmt: skip
    notes = "from corner 1 towards 2 at 30 m\ngo 1 chain bearing 180\nto side"
    for body in ({"children": drawn}, {"notes": notes}, {"notes": notes.splitlines()}):
        found = asked(client, f"parcels/{parcel(1)}/split", body)
        assert len(found["children"]) == 2
        assert found["measured"]["gap_m2"] == "0.00"
    assert found["svg"].startswith("<svg")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"parts": 3}, "side"),
        ({"parts": 3, "side": "up"}, "side"),
        ({"parts": 3, "side": 400}, "side"),
        ({"parts": 3, "side": "north", "along": [78, 25]}, "side"),
        ({"parts": 3, "along": [78, "x"]}, "along"),
        ({"parts": 1, "side": "north"}, "parts"),
        ({"parts": 10**9, "side": "north"}, "parts"),
        ({"parts": [], "side": "north"}, "parts"),
        ({"parts": [{"share": "2/3"}, {"share": "2/3"}], "side": "north"}, "parts"),
        ({"parts": [{"share": "x"}], "side": "north"}, "parts[0]"),
        ({"parts": [{"share": "1/2", "more": 1}], "side": "north"}, "parts[0]"),
        ({"parts": [{"area": {"figure": "9", "unit": "hectare"}}], "side": "north"}, "parts"),
        ({"parts": [{"area": {"figure": "1", "unit": "acres"}}], "side": "north"}, "parts[0]"),
        ({"parts": [{"area": "1 ha"}], "side": "north"}, "parts[0]"),
        ({"parts": 3, "side": "north", "several": "yes"}, "several"),
        ({"parts": 3, "side": "north", "measure": "guessed"}, "measure"),
        ({"parts": 3, "side": "north", "depth": 1}, "depth"),
        ({"parts": 3, "lines": []}, "parts"),
        ({"lines": []}, "lines"),
        ({"lines": [{"type": "Point"}]}, "lines[0]"),
        ({"notes": 7}, "notes"),
        ({"notes": ["x" * 201]}, "notes"),
        ({"notes": ["from corner 1", "go nowhere"]}, "notes[1]"),
        ({"notes": "from corner " + "9" * 5000 + "\nto corner 3"}, "notes[0]"),
        (
            {
                "children": [
                    {"type": "Polygon", "coordinates": [[[78, 25, 7], [79, 25], [79, 26], [78, 25, 7]]]}
                ]
                * 2
            },
            "children[0]",
        ),
        ({"children": [1, 2]}, "children[0]"),
        ({"children": []}, "children"),
        (
            {"children": [{"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [0, 0], [0, 0]]]}] * 2},
            "children[0]",
        ),
        (
            {
                "children": [{"type": "Polygon", "coordinates": [[[78, 25], [79, 25], [79, 26], [78, 27]]]}]
                * 2
            },
            "children[0]",
        ),
    ],
)
def test_a_split_that_cannot_be_understood_names_the_member(client: Client, body: Any, field: str) -> None:
    told = expect_problem(client.post(f"/v1/parcels/{parcel(1)}/split", json=body), 400, "bad-input")
    assert told["field"] == field


@pytest.mark.parametrize(
    ("address", "body", "code", "field"),
    [
        (f"parcels/{parcel(1)}/merge", {"with": [parcel(1)]}, "bad-input", "with"),
        (f"parcels/{parcel(1)}/merge", {"with": [parcel(4)]}, "bad-input", "with"),
        (f"parcels/{parcel(1)}/merge", {"with": [parcel(3)]}, "bad-input", "parcels[1]"),
        (f"parcels/{parcel(1)}/merge", {"with": "x"}, "bad-input", "with"),
        (f"parcels/{parcel(1)}/merge", {"with": ["x"]}, "bad-input", "with"),
        (f"parcels/{parcel(1)}/merge", {}, "bad-input", "with"),
        (f"parcels/{parcel(1)}/boundary", {"neighbour": parcel(1), "line": {}}, "bad-input", "line"),
        (f"parcels/{parcel(1)}/boundary", {"neighbour": 7, "line": {}}, "bad-input", "neighbour"),
        (f"villages/{LGD}/strip", {"line": {}, "width": 9}, "bad-input", "line"),
    ],
)
def test_other_operations_that_cannot_be_understood_name_the_member(
    client: Client, address: str, body: Any, code: str, field: str
) -> None:
    told = expect_problem(client.post(f"/v1/{address}", json=body), 400, code)
    assert told["field"] == field


@pytest.mark.parametrize(
    ("width", "line", "says"),
    [
        (0, [[78, 25.0001], [78.002, 25.0001]], "0 m wide"),
        ("wide", [[78, 25.0001], [78.002, 25.0001]], "number"),
        (True, [[78, 25.0001], [78.002, 25.0001]], "number"),
        (9, [[79, 25.0001], [79.002, 25.0001]], "crosses no private parcel"),
    ],
)
def test_a_strip_that_cuts_nothing_is_refused(client: Client, width: Any, line: Any, says: str) -> None:
    body = {"line": {"type": "LineString", "coordinates": line}, "width": width}
    told = expect_problem(client.post(f"/v1/villages/{LGD}/strip", json=body), 400, "bad-input")
    assert says in told["detail"]


DEED = {"number": "88/2026", "made": "2026-11-02", "by": "SRO Devgarh"}


def test_a_partition_of_a_field_between_two_sisters_from_preview_to_two_khatas(
    counter: Client, world: World
) -> None:
    asha, ravina = (h["name"] for h in record(counter, parcel(2))["holders"])
    body = {
        "parts": 2,
        "side": "north",
        "as": "partition",
        "deed": DEED,
        "portions": [
            {"holders": [asha], "parts": [1], "parcels": [parcel(1)]},
            {"holders": [ravina], "parts": [2], "parcels": [parcel(3)], "new_unit": "46"},
        ],
    }
    preview = asked(counter, f"parcels/{parcel(2)}/split", body)
    assert (preview["draft"]["type"], preview["draft"]["missing"]) == ("partition", [])
    figures = [child["area"]["figure"] for child in preview["children"]]
    assert sum(map(Decimal, figures)) == Decimal("0.4021")
    assert [change["id"] for change in preview["changes"]] == [parcel(2), unit(1)]
    assert "no rule of the state says how a recorded area is divided" in preview["remarks"][0]
    carried_out(world, preview["draft"])
    first, second = record(counter, parcel(10)), record(counter, parcel(11))
    assert [[h["name"] for h in child["holders"]] for child in (first, second)] == [[asha], [ravina]]
    assert (first["unit"]["unit_id"], second["unit"]["label"]) == (unit(1), "46")


def test_a_partition_without_portions_names_what_is_missing_and_invents_no_holder(client: Client) -> None:
    body = {"parts": 2, "side": "north", "as": "partition"}
    preview = asked(client, f"parcels/{parcel(2)}/split", body)
    assert preview["draft"]["missing"] == ["deed", "portions"]
    assert [portion["holders"] for portion in preview["draft"]["application"]["portions"]] == [[], []]
    assert [r for r in preview["remarks"] if parcel(3) in r] == [
        f"parcel {parcel(3)} of the khata is in no portion yet"
    ]


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"as": "sale"}, "as"),
        ({"portions": []}, "portions"),
        ({"as": "partition", "portions": [{"holders": []}]}, "portions"),
        ({"as": "partition", "portions": [{"holders": ["Nobody"]}, {"holders": []}]}, "portions[0].holders"),
        (
            {"as": "partition", "portions": [{"holders": [], "parts": [3]}, {"holders": []}]},
            "portions[0].parts",
        ),
        ({"as": "partition", "portions": [{"holders": [], "parts": [1]}] * 2}, "portions"),
        ({"as": "partition", "portions": [7, 8]}, "portions[0]"),
        (
            {"as": "partition", "portions": [{"holders": [], "parcels": [parcel(4)]}, {"holders": []}]},
            "portions[0].parcels",
        ),
    ],
)
def test_portions_that_cannot_be_are_refused_by_name(
    client: Client, more: dict[str, Any], field: str
) -> None:
    answer = client.post(f"/v1/parcels/{parcel(2)}/split", json={"parts": 2, "side": "north", **more})
    assert answer.status_code == 400
    assert answer.json()["field"] == field
