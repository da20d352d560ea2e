"""Parcels merged, moved at the edge and carried to another village: from the order to the record as it is read."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
import shapely

from api import clock
from domain.canon import Json
from domain.errors import NotFound, Refused
from gis.shapes import canonical_bytes, from_bytes, geometry_hash
from gis.survey import merged
from registry import dsse
from registry.acts import Enrol, Post
from registry.keys import Key
from registry.office import Request, SecondSignature
from tests.api.asking import Client
from tests.api.world import LGD, OFFICE, OFFICER, ORIGIN, SIDE, World, field_shape, parcel, unit

SKETCH = {"number": "FMB/118", "made": "2026-11-02", "by": "Surveyor, Devgarh"}
NOTIFICATION = {"number": "REV/77", "made": "2026-11-02", "by": "Government"}
SURVEYOR = "UP-SUR-7"
COLLECTOR = "UP-DC-1"


def officer(world: World, name: str, role: str, office: str = OFFICE) -> Key:
    """Another officer, enrolled and posted."""
    key = Key.generate()
    pop = key.prove_possession(origin=ORIGIN, officer=name)
    world.perform(Enrol(public=key.public, officer=name, pop=pop))
    world.perform(Post(officer=name, office=office, roles=(role,)))
    return key


def ordered(
    world: World,
    kind: str,
    application: Json,
    *signing: tuple[str, Key],
    shapes: Sequence[shapely.Polygon] = (),
    office: str = OFFICE,
) -> None:
    """An order that one or two officers sign."""
    (first, _), *others = signing
    bodies = [canonical_bytes(shape) for shape in shapes]
    request = Request(
        type=kind,
        application=application,
        office=office,
        officer=first,
        second_officer=others[0][0] if others else None,
        order_no="SUR/2026/1",
        shapes={geometry_hash(body): body for body in bodies},
    )
    world.house.office.sanction(
        request,
        sign=lambda payload: dsse.seal(
            dsse.EVENT, payload, [key.sign_payload(dsse.EVENT, payload) for _, key in signing]
        ),
        day=world.day,
        event_id=clock.new_event_id(),
        salt=clock.new_salt,
    )
    world.settle()


def record(counter: Client, identifier: str) -> dict[str, Any]:
    document: dict[str, Any] = counter.get(f"/v1/parcels/{identifier}").json()
    return document


def drawn(shape: shapely.Polygon, hectares: str) -> dict[str, Json]:
    area: Json = {"figure": hectares, "unit": "hectare"}
    return {"area": area, "geometry": geometry_hash(canonical_bytes(shape))}


def merge_one_and_two(world: World, shape: shapely.Polygon) -> None:
    application: Json = {
        "unit": unit(1),
        "parcels": [parcel(1), parcel(2)],
        "merged": {"label": "1", **drawn(shape, "0.8042")},
        "sketch": dict(SKETCH),
    }
    world.record("amalgamation", application, shapes=[shape])


def test_two_fields_become_one_which_takes_the_number_of_the_one(counter: Client, world: World) -> None:
    whole = from_bytes(merged([canonical_bytes(field_shape(label)) for label in ("1", "2")]))
    merge_one_and_two(world, whole)
    new = record(counter, parcel(10))
    assert (new["label"], new["status"], new["area"]["recorded_m2"]) == ("1", "active", "8042.0000")
    assert [p["parcel_id"] for p in new["predecessors"]] == [parcel(1), parcel(2)]
    assert [record(counter, parcel(n))["status"] for n in (1, 2)] == ["retired", "retired"]


def test_a_shape_that_leaves_land_out_is_refused_with_what_was_measured(world: World) -> None:
    with pytest.raises(Refused, match="uncovered 40"):
        merge_one_and_two(world, field_shape("1"))


def test_the_edge_between_two_holders_moves_when_two_officers_sign(counter: Client, world: World) -> None:
    """Meena's field 6 lies north of field 3 of the sisters: she gains a tenth of it."""
    west, south, east, north = field_shape("3").bounds
    cut = north - SIDE / 10
    smaller, larger = shapely.box(west, south, east, cut), shapely.box(west, cut, east, north + SIDE)
    holders = {n: [h["party"] for h in record(counter, parcel(n))["holders"]] for n in (3, 6)}
    application: Json = {
        "sides": [
            {"unit": unit(1), "parcel": parcel(3), "holders": holders[3], **drawn(smaller, "0.3619")},
            {"unit": unit(3), "parcel": parcel(6), "holders": holders[6], **drawn(larger, "0.4423")},
        ],
        "agreement": {"number": "7", "made": "2026-11-02", "by": "Lekhpal, Devgarh"},
        "sketch": dict(SKETCH),
    }
    tahsildar = (OFFICER, world.officer)
    with pytest.raises(SecondSignature):
        ordered(world, "boundary-correction", application, tahsildar, shapes=[smaller, larger])
    surveyor = (SURVEYOR, officer(world, SURVEYOR, "survey-officer"))
    ordered(world, "boundary-correction", application, tahsildar, surveyor, shapes=[smaller, larger])
    areas = [record(counter, parcel(n))["area"]["recorded_m2"] for n in (3, 6)]
    assert areas == ["3619.0000", "4423.0000"]


def test_land_that_comes_under_another_village_keeps_its_ids(counter: Client, world: World) -> None:
    collector = (COLLECTOR, officer(world, COLLECTOR, "collector", "99/901"))
    application: Json = {
        "village": {"lgd": "999188", "name": "Devgarh Khurd", "name_local": None, "office": "99/901/9002"},
        "units": [{"unit": unit(3), "label": "3"}],
        "parcels": [{"parcel": parcel(5), "label": "5"}, {"parcel": parcel(6), "label": "6"}],
        "notification": dict(NOTIFICATION),
    }
    ordered(world, "jurisdiction-reassigned", application, collector, office="99/901")
    assert record(counter, parcel(5))["village"]["name"] == "Devgarh Khurd"
    found = counter.get("/v1/villages/999188/parcels").json()["items"]
    assert [p["parcel_id"] for p in found] == [parcel(5), parcel(6)]
    assert len(counter.get(f"/v1/villages/{LGD}/parcels").json()["items"]) == 7


UNMAPPED: dict[str, Any] = {
    "village": {"lgd": LGD, "name": "Devgarh", "name_local": None, "office": OFFICE},
    "source": "Khatauni of 1433 fasli",
    "units": [
        {
            "label": "50",
            "tenure": "transferable",
            "holders": [{"party": {"name": "Sita Devi", "relation": None}, "share": "1"}],
        }
    ],
    "parcels": [
        {
            "label": "50",
            "unit": 0,
            "area": {"figure": "0.4021", "unit": "hectare"},
            "land_class": "private",
            "use": "irrigated",
        }
    ],
}


def test_a_map_that_comes_later_is_measured_whatever_the_order_states_of_it(
    counter: Client, world: World
) -> None:
    world.record("import", UNMAPPED)
    signing = [(OFFICER, world.officer), (SURVEYOR, officer(world, SURVEYOR, "survey-officer"))]
    good, vast = field_shape("1"), shapely.box(78.1, 25.0, 78.5, 25.4)

    def completed(shape: shapely.Polygon, stated: str, *, sent: bool = True) -> None:
        digest = geometry_hash(canonical_bytes(shape))
        mapped: Json = [{"parcel": parcel(10), "geometry": digest, "drawn_m2": stated}]
        ordered(
            world,
            "record-completed",
            {"source": "Village map, sheet 2", "parcels": mapped},
            *signing,
            shapes=[shape] if sent else [],
        )

    with pytest.raises(Refused, match=r"stated 4021.00 m2, measured 1786342652.09 m2"):
        completed(vast, "4021.00")
    with pytest.raises(NotFound, match="is not here"):
        completed(vast, "4021.00", sent=False)
    assert record(counter, parcel(10))["geometry"] is None
    completed(good, "4025.70")
    assert record(counter, parcel(10))["area"]["drawn_m2"] == "4025.70"
    with pytest.raises(Refused, match="no map yet"):
        completed(good, "4025.70")


def test_no_order_names_a_shape_that_nobody_has(counter: Client, world: World) -> None:
    shape = shapely.box(78.1, 25.0, 78.1006, 25.0006)
    parcels = [{**UNMAPPED["parcels"][0], "geometry": geometry_hash(canonical_bytes(shape))}]
    mapped = {**UNMAPPED, "parcels": parcels}
    with pytest.raises(NotFound, match="is not here"):
        world.record("import", mapped)
    assert counter.get(f"/v1/parcels/{parcel(10)}").status_code == 404
    world.record("import", mapped, shapes=[shape])
    assert record(counter, parcel(11))["area"]["drawn_m2"]
