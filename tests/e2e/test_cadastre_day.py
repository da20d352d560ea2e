"""The map's part of the demonstration's day: four operations, each in the record, on the map, in a tile and proved."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import shapely

from api import clock, wiring
from api.app import create_app
from api.demo import cadastre_day, script, stage
from api.demo.script import parcels_of_order
from api.demo.stage import Stage
from api.settings import Settings
from registry.cluster import Cluster
from registry.log.policy import Policy
from registry.verify import verify_title_proof
from tests.api.asking import Client, asking

THREE, MERGER, ROAD, BOUNDARY = (scene.order_no for scene in cadastre_day.SCENES)


class Interrupted(Exception):
    """The power goes in the middle of the road."""


@pytest.fixture(scope="module")
def staged(cluster: Cluster, template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """The day's part played; the road in two goes, for the first was interrupted after three of its orders."""
    cluster.create_database("cadastre_day", template=template)
    home: Path = tmp_path_factory.mktemp("cadastre_day")
    settings = Settings(
        home=home,
        database_url=cluster.url("cadastre_day"),
        reader_url=cluster.url("cadastre_day", "landlog_reader"),
    )
    with wiring.opened(settings, origin=stage.ORIGIN) as house:
        told: list[str] = []
        played = stage.set_up(house, told.append)
        for scene in cadastre_day.SCENES:
            if scene.order_no == ROAD:
                _interrupted_after(3, played)
                assert parcels_of_order(played, ROAD) == []
            scene.play(played, scene.order_no)
        yield played
    cluster.drop_database("cadastre_day")


def _interrupted_after(orders: int, played: Stage) -> None:
    done = 0

    def record(*told: Any, **more: Any) -> None:
        nonlocal done
        if done == orders:
            raise Interrupted
        done += 1
        script.record(*told, **more)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cadastre_day, "record", record)
        with pytest.raises(Interrupted):
            next(s for s in cadastre_day.SCENES if s.order_no == ROAD).play(played, ROAD)


@pytest.fixture(scope="module")
def client(staged: Stage) -> Iterator[Client]:
    with asking(create_app(staged.house, now=clock.instant, allowance=None)) as client:
        yield client


def documents(client: Client, parcels: list[str]) -> list[dict[str, Any]]:
    return [client.get(f"/v1/parcels/{parcel}").json() for parcel in parcels]


def orders(staged: Stage, stem: str) -> list[str]:
    with staged.house.datastore.cursor() as cursor:
        cursor.execute(
            "select order_no from records.event where starts_with(order_no, %s) order by 1", (stem,)
        )
        return [number for (number,) in cursor]


def test_three_equal_parts_of_the_most_crooked_field(staged: Stage, client: Client) -> None:
    """The parcels that the order touched and the khata lists today."""
    found = [d for d in documents(client, parcels_of_order(staged, THREE)) if d["predecessors"]]
    parents = {d["predecessors"][0]["parcel_id"] for d in found}
    assert len(found) == 3
    assert len(parents) == 1
    areas = sorted(float(d["area"]["drawn_m2"]) for d in found)
    assert areas[-1] - areas[0] <= 0.011
    whole = shape_of(client, *parents)
    assert whole.area < 0.95 * whole.convex_hull.area


def shape_of(client: Client, parcel: str) -> Any:
    """The last shape of a parcel, from the public bytes of its digest's successor parts."""
    document = client.get(f"/v1/parcels/{parcel}").json()
    parts = [
        shapely.geometry.shape(
            client.get(f"/ogc/collections/parcels/items/{s['parcel_id']}").json()["geometry"]
        )
        for s in document["successors"]
    ]
    return shapely.union_all(parts, grid_size=1e-9)


def test_a_road_of_eight_orders_though_it_was_interrupted(staged: Stage, client: Client) -> None:
    assert orders(staged, "DAY/23/") == [f"DAY/23/{n}" for n in range(1, 9)]
    road = [
        d
        for d in documents(client, parcels_of_order(staged, "DAY/23"))
        if d["predecessors"] and d["use"] == "road"
    ]
    assert {d["class"] for d in road} == {"government"}
    assert len({d["unit"]["unit_id"] for d in road}) == 1
    assert len({d["predecessors"][0]["parcel_id"] for d in road}) == 8


def test_the_merged_parcel_and_the_moved_boundary_stand_in_the_record(staged: Stage, client: Client) -> None:
    merged = [d for d in documents(client, parcels_of_order(staged, MERGER)) if len(d["predecessors"]) == 2]
    assert len(merged) == 1
    with staged.house.datastore.cursor() as cursor:
        cursor.execute(
            "select distinct o.id from records.event e join records.event_of o using (idx) where e.order_no = %s",
            (BOUNDARY,),
        )
        touched = [identifier for (identifier,) in cursor if "-U" not in identifier]
    assert len(touched) == 2


@pytest.mark.parametrize("order_no", [THREE, MERGER, BOUNDARY, ROAD])
def test_what_became_is_on_the_map_in_a_tile_and_proved(staged: Stage, client: Client, order_no: str) -> None:
    policy = Policy.parse(staged.house.settings.policy.read_bytes())
    for parcel in parcels_of_order(staged, order_no)[-3:]:
        place = shapely.geometry.shape(
            client.get(f"/ogc/collections/parcels/items/{parcel}").json()["geometry"]
        ).representative_point()
        row = (1 - math.asinh(math.tan(math.radians(place.y))) / math.pi) / 2
        address = f"17/{int(row * 2**17)}/{int((place.x + 180) / 360 * 2**17)}"
        tile = client.get(f"/ogc/collections/parcels/tiles/WebMercatorQuad/{address}")
        assert parcel.encode() in tile.content
        proof = client.get(f"/v1/parcels/{parcel}/proof").content
        assert verify_title_proof(proof, policy, now=clock.now(), parcel=parcel).status == "current"


def test_each_order_has_its_sketch_among_the_papers_behind_it(staged: Stage) -> None:
    drawn = sorted(path.name for path in (staged.house.settings.home / "sketches").glob("*.svg"))
    assert drawn == ["DAY-21.svg", "DAY-22.svg", *(f"DAY-23-{n}.svg" for n in range(1, 9)), "DAY-24.svg"]
