"""What a buyer must see, on the map: a filed case on every parcel of its khata, until the file is closed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from api.app import create_app
from tests.api.asking import Client, asking
from tests.api.world import World, parcel
from tests.registry.court import APPLICANT, Court


@pytest.fixture
def court(world: World) -> Court:
    return Court.staffed(world)


@pytest.fixture
def people(court: Court) -> Iterator[Client]:
    def now() -> datetime:
        return datetime.combine(court.day, datetime.min.time(), UTC) + timedelta(hours=6)

    with asking(create_app(court.world.house, now=now, allowance=None)) as client:
        yield client


def restrictions(people: Client, **asked: str) -> dict[str, dict[str, Any]]:
    answer = people.get("/ogc/collections/restrictions/items", params=asked)
    assert answer.status_code == 200, answer.text
    return {f["id"]: f["properties"] for f in answer.json()["features"]}


def test_a_filed_case_is_on_the_map_on_every_parcel_of_the_khata_until_it_is_decided(
    people: Client, court: Court
) -> None:
    first = court.day
    filed = people.post(
        "/v1/cases", json={"type": "sale", "application": court.ashas_sale(), "applicant": APPLICANT}
    )
    case_no = filed.json()["case_no"]
    court.world.settle()
    court.tick_out()
    shown = restrictions(people)
    assert set(shown) == {parcel(n) for n in (1, 2, 3)}  # her khata
    assert {(p["pending"], p["cases"], p["restrictions"]) for p in shown.values()} == {
        ("mutation", case_no, None)
    }
    assert set(restrictions(people, filter=f"cases = '{case_no}'", bbox="78,25,78.0005,25.0005")) == {
        parcel(1)
    }

    court.later(16).tick_out()  # nobody objects: the clock carries it out
    assert people.get(f"/v1/parcels/{parcel(1)}").json()["pending"] == []
    assert restrictions(people) == {}
    assert set(restrictions(people, datetime=str(first))) == set(shown)
    ended = restrictions(people, datetime="../..")[parcel(1)]
    assert (ended["from_date"], ended["to_date"]) == (str(first), str(court.day))
