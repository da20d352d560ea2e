"""The lineage of a parcel over HTTP: what it was made of and what became of it, in words and as a drawing."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from xml.etree import ElementTree

import pytest
import shapely

from api import models
from domain.canon import Json
from gis.shapes import canonical_bytes, from_bytes, geometry_hash
from gis.survey import merged
from tests.api.asking import Client
from tests.api.world import SIDE, TODAY, World, field_shape, parcel, unit

SKETCH = {"number": "FMB/118", "made": "2026-11-02", "by": "Surveyor, Devgarh"}
NEXT, LATER = TODAY + timedelta(days=1), TODAY + timedelta(days=2)
WHOLE, WEST, EAST = (parcel(n) for n in (10, 11, 12))


def drawn(label: str, shape: shapely.Polygon, hectares: str) -> Json:
    area: Json = {"figure": hectares, "unit": "hectare"}
    return {"label": label, "area": area, "geometry": geometry_hash(canonical_bytes(shape))}


def merge_and_divide(world: World) -> None:
    """The sisters' fields 1 and 2 become one, a day later; that is divided anew the day after."""
    both = from_bytes(merged([canonical_bytes(field_shape(label)) for label in ("1", "2")]))
    world.record(
        "amalgamation",
        {
            "unit": unit(1),
            "parcels": [parcel(1), parcel(2)],
            "merged": drawn("1", both, "0.8042"),
            "sketch": dict(SKETCH),
        },
        shapes=[both],
        day=NEXT,
    )
    west, south, east, north = both.bounds
    cut = west + SIDE / 2
    halves = [shapely.box(west, south, cut, north), shapely.box(cut, south, east, north)]
    halves = [shapely.intersection(both, half, grid_size=1e-9) for half in halves]
    world.record(
        "subdivision",
        {
            "unit": unit(1),
            "parcel": WHOLE,
            "children": [drawn("1/1", halves[0], "0.2010"), drawn("1/2", halves[1], "0.6032")],
            "sketch": dict(SKETCH),
        },
        shapes=halves,
        day=LATER,
    )


@pytest.fixture
def family(world: World, counter: Client) -> Client:
    merge_and_divide(world)
    return counter


def lineage(client: Client, identifier: str) -> dict[str, Any]:
    answer = client.get(f"/v1/parcels/{identifier}/lineage")
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.json()
    models.Lineage.model_validate(document)
    return document


def test_a_merge_and_a_split_are_told_generation_by_generation(family: Client) -> None:
    told = lineage(family, EAST)
    assert told["whole"]
    rows = {p["parcel_id"]: (p["generation"], p["since"], p["until"]) for p in told["parcels"]}
    assert rows == {
        parcel(1): (0, str(TODAY), str(NEXT)),
        parcel(2): (0, str(TODAY), str(NEXT)),
        WHOLE: (1, str(NEXT), str(LATER)),
        WEST: (2, str(LATER), None),
        EAST: (2, str(LATER), None),
    }
    assert {(link["from"], link["to"]) for link in told["links"]} == {
        (parcel(1), WHOLE),
        (parcel(2), WHOLE),
        (WHOLE, WEST),
        (WHOLE, EAST),
    }
    made = {p["parcel_id"]: p["made_by"]["type"] for p in told["parcels"]}
    assert (made[WHOLE], made[WEST]) == ("mutation.amalgamation/1", "mutation.subdivision/1")


def test_every_member_tells_of_the_same_family(family: Client) -> None:
    told = [lineage(family, identifier)["links"] for identifier in (parcel(1), WHOLE, WEST)]
    assert told[0] == told[1] == told[2]


def test_the_family_is_drawn_with_a_way_to_each_record(family: Client) -> None:
    answer = family.get(f"/v1/parcels/{WEST}/lineage.svg?lang=hi")
    assert answer.headers["content-type"].startswith("image/svg+xml")
    drawing = ElementTree.fromstring(answer.text)
    links = [a.get("href") for a in drawing.iter("{http://www.w3.org/2000/svg}a")]
    assert f"/parcels/{WHOLE}" in links
    assert len(links) == 5
    again = family.get(
        f"/v1/parcels/{WEST}/lineage.svg?lang=hi", headers={"If-None-Match": answer.headers["etag"]}
    )
    assert again.status_code == 304


def test_the_map_shows_each_generation_on_its_own_day(family: Client) -> None:
    def on(day: object) -> set[str]:
        answer = family.get("/ogc/collections/parcels/items", params={"datetime": str(day)})
        return {f["id"] for f in answer.json()["features"]} & {parcel(1), parcel(2), WHOLE, WEST, EAST}

    assert on(TODAY) == {parcel(1), parcel(2)}
    assert on(NEXT) == {WHOLE}
    assert on(LATER) == {WEST, EAST}
    assert on(f"{TODAY}/{LATER}") == {parcel(1), parcel(2), WHOLE, WEST, EAST}


def test_a_parcel_without_relatives_is_a_family_of_one(client: Client) -> None:
    told = lineage(client, parcel(5))
    assert (len(told["parcels"]), told["links"], told["whole"]) == (1, [], True)


def test_a_parcel_that_never_was_has_no_lineage(client: Client) -> None:
    for path in ("lineage", "lineage.svg"):
        assert client.get(f"/v1/parcels/999101-000999/{path}").status_code == 404
        assert client.get(f"/v1/parcels/nonsense/{path}").status_code == 400
