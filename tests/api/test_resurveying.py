"""A village measured anew by orders of one proceeding: n old parcels become m new ones, holding by holding."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import shapely
from shapely.geometry.base import BaseGeometry

from api import comparing, resurveying
from api.resurveying import Proceeding, Resurveyed
from domain.quantities import Area, to_m2
from gis.comparison.plots import Plot
from gis.comparison.proposals import Paper
from gis.comparison.resurvey import Measured, Plan, plan
from gis.comparison.rules import compare
from gis.shapes import drawn_area, snapped
from registry.acts import Enrol, Post
from registry.keys import Key, save
from tests.api import parla
from tests.api.world import LGD, OFFICE, ORIGIN, SIDE, World, parcel, unit
from tests.e2e.command_line import Terminal

MAPPING = f"""
[parcel]
label = "no"
area = "m2"
area_unit = "m2"
[unit]
holders = "who"
[village]
lgd = "{LGD}"
name = "Devgarh"
state = "generic"
office = "{OFFICE}"
"""
NOTIFICATION = Paper(number="REV/2026/77", made="2026-09-01", by="Collector, Devgarh")
WEST, SOUTH = 78.0, 25.0


def land(column: float, row: float, columns: float, rows: float) -> BaseGeometry:
    west, south = WEST + column * SIDE, SOUTH + row * SIDE
    shape: BaseGeometry = snapped([shapely.box(west, south, west + columns * SIDE, south + rows * SIDE)])[0]
    return shape


def measured(label: str, shape: BaseGeometry) -> Plot:
    m2 = drawn_area(shape)
    return Plot(id=f"row {label}", label=label, shape=shape, area=Area(to_m2(m2), f"{m2}", "m2"))


def new_survey() -> list[Plot]:
    """Khata 1's row is divided anew 3:4, khata 2's field keeps its land, khata 3's two become one, which takes a hem
    of khata 4's land; of khata 4 two become three under numbers that others still bear.
    """
    return [
        measured("11", land(0, 0, 0.75, 1)),
        measured("12", land(0.75, 0, 0.75, 1)),
        measured("13", land(1.5, 0, 0.75, 1)),
        measured("14", land(2.25, 0, 0.75, 1)),
        measured("15", land(0, 1, 1, 1)),
        measured("16", land(1, 1, 2, 1.1)),
        measured("1", land(0, 2, 0.7, 1)),
        measured("2", land(0.7, 2, 0.3, 1)),
        measured("3", shapely.union_all([land(1, 2.1, 1, 0.9)])),
        measured("17", land(2, 2.1, 1, 0.9)),
    ]


def write_map(folder: Path) -> None:
    """``new.geojson`` with the new survey, and ``map.toml`` beside it."""
    features = [
        {
            "type": "Feature",
            "properties": {"no": p.label, "m2": str(p.area.m2 if p.area else ""), "who": ""},
            "geometry": json.loads(str(shapely.to_geojson(p.shape))),
        }
        for p in new_survey()
    ]
    (folder / "new.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    (folder / "map.toml").write_text(MAPPING)


def planned(world: World, newer: list[Plot], *, most: int = resurveying.MOST) -> Plan:
    known = comparing.registered(world.house, LGD)
    return plan(compare(known.plots, newer), most=most)


def officers(world: World) -> tuple[Key, Key]:
    second = Key.generate()
    pop = second.prove_possession(origin=ORIGIN, officer="UP-SUR-3")
    world.perform(Enrol(public=second.public, officer="UP-SUR-3", pop=pop))
    world.perform(Post(officer="UP-SUR-3", office=OFFICE, roles=("survey-officer",)))
    return world.officer, second


def carried(world: World, plan: Plan) -> Resurveyed:
    proceeding = Proceeding(
        survey="Resurvey of Devgarh, 2026",
        notification=NOTIFICATION,
        office=OFFICE,
        number=f"{LGD}/RS/1",
        keys=officers(world),
    )
    return resurveying.carry_out(world.house, plan, proceeding, day=world.day)


def test_a_plan_keeps_each_new_parcel_in_the_holding_most_of_its_land_comes_from(village: World) -> None:
    found = planned(village, new_survey())
    rows = {m.plot.label: m for order in found.orders for group in order for m in group.parcels}
    assert [p.label for p in rows["12"].replaces] == ["1", "2"]
    assert [p.label for p in rows["16"].replaces] == ["5", "6"]
    assert {label: rows[label].unit for label in ("11", "15", "16", "3")} == {
        "11": unit(1),
        "15": unit(2),
        "16": unit(3),
        "3": unit(4),
    }
    assert (found.left, found.homeless) == ((), ())


def test_a_number_is_freed_before_it_is_given_again(village: World) -> None:
    """1, 2 and 3 of khata 4 wait for khata 1's parcels of those numbers."""
    found = planned(village, new_survey(), most=8)
    order_of = {m.plot.label: n for n, o in enumerate(found.orders) for g in o for m in g.parcels}
    assert order_of["11"] == order_of["14"]  # one group: they share old parcels
    assert order_of["1"] >= order_of["11"]
    assert len(found.orders) > 1


def test_groups_too_large_for_an_order_are_parted_where_they_share_least(village: World) -> None:
    parted = planned(village, new_survey(), most=5)
    groups = [group for order in parted.orders for group in order]
    assert max(group.size for group in groups) <= 5
    retired = [old.id for group in groups for old in group.retires]
    assert len(retired) == len(set(retired)) == 9  # each old parcel once, and none is lost


def test_parcels_that_exchange_their_numbers_go_into_one_order(village: World) -> None:
    known = comparing.registered(village.house, LGD).plots
    swapped = {"1": "4", "4": "1"}
    newer = [replace(p, id=f"row {p.label}", label=swapped.get(p.label, f"{p.label}0")) for p in known]
    found = plan(compare(known, newer), most=3)
    together = [{m.plot.label for g in order for m in g.parcels} for order in found.orders]
    assert any({"1", "4"} <= labels for labels in together)


def test_the_record_the_map_and_the_lineage_after_a_resurvey(world: World) -> None:
    found = carried(world, planned(world, new_survey(), most=8))
    assert (found.registered, found.retired, found.refused) == (10, 9, [])
    assert found.orders == [f"{LGD}/RS/1/{n}" for n in range(1, len(found.orders) + 1)]
    assert len(found.orders) > 1
    after = {plot.label: plot for plot in comparing.registered(world.house, LGD).plots}
    assert sorted(after) == ["1", "11", "12", "13", "14", "15", "16", "17", "2", "3"]
    assert all(p.shape is not None and after[p.label].shape.equals(p.shape) for p in new_survey())  # type: ignore[union-attr]  # compared above
    assert after["12"].holders == ("आशा देवी / रामलाल", "रवीना देवी / रामलाल")
    histories = world.house.recorder.load([parcel(1), parcel(2), after["12"].id])
    states = {i: h.state() for i, h in histories.items()}
    assert [states[i]["status"] for i in (parcel(1), parcel(2))] == ["retired", "retired"]  # type: ignore[index]  # they are there
    assert states[parcel(2)]["successors"] == [after["12"].id, after["13"].id]  # type: ignore[index]
    assert states[after["12"].id]["predecessors"] == [parcel(1), parcel(2)]  # type: ignore[index]
    again = compare(comparing.registered(world.house, LGD).plots, new_survey())
    assert set(again.verdicts) == {"unchanged"}


def test_orders_bear_the_name_of_the_resurvey_and_two_signatures(world: World) -> None:
    carried(world, planned(world, new_survey(), most=8))
    with world.house.datastore.cursor() as cursor:
        cursor.execute(
            "select order_no, words ->> 'en', cardinality(keyids) from records.event"
            " where type = 'mutation.resurvey/1' order by idx"
        )
        rows = cursor.fetchall()
    assert all(words.startswith("Resurvey of Devgarh, 2026, part ") for _, words, _ in rows)
    assert {signed for *_, signed in rows} == {2}


def test_what_the_law_refuses_stands_alone_and_the_rest_is_recorded(world: World) -> None:
    """A number that no record writes so refuses its group and no other."""
    newer = [replace(p, label="plot ten") if p.label == "15" else p for p in new_survey()]
    found = carried(world, planned(world, newer))
    assert [(r.labels, r.replaces) for r in found.refused] == [(("plot ten",), ("4",))]
    assert any("manner of numbering" in reason for reason in found.refused[0].reasons)
    assert (found.registered, found.retired) == (9, 8)
    assert {p.label for p in comparing.registered(world.house, LGD).plots} >= {"4", "11", "16"}


def test_land_that_went_to_another_holding_is_left_for_an_order_of_its_own(world: World) -> None:
    """Field 4 of khata 2 is wholly within a parcel that is chiefly khata 3's."""
    newer = [p for p in new_survey() if p.label not in ("15", "16")] + [measured("16", land(0, 1, 3, 1))]
    found = planned(world, newer)
    assert [p.label for p in found.left] == ["4"]
    assert "4" not in {old.label for o in found.orders for g in o for old in g.retires}


def test_a_whole_resurvey_at_the_command_line(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    settings = world.house.settings
    terminal = Terminal(monkeypatch, capfd, home=settings.home, url=settings.database_url, directory=tmp_path)
    for name, key in zip(("tahsildar", "surveyor"), officers(world), strict=True):
        save(key, tmp_path / f"{name}.key", plain=True)
    write_map(tmp_path)
    asked = (
        "village", "resurvey", "new.geojson", "--village", LGD, "--mapping", "map.toml",
        "--survey", "Resurvey of Devgarh, 2026", "--notification", "REV/2026/77", "--notified", "2026-09-01",
        "--notified-by", "Collector, Devgarh",
    )  # fmt: skip
    planned = terminal.does(*asked)
    assert "9 registered parcels become 10 new ones in 1 orders; 3 take up land of several." in planned.err
    assert "Nothing was signed" in planned.err
    lone = terminal.refuses(*asked, "--key", "tahsildar.key")
    assert "by two officers" in lone.err
    signed = (
        "--number",
        "RS/1",
        "--key",
        "tahsildar.key",
        "--second-key",
        "surveyor.key",
        "--report",
        "out.json",
        "--yes",
    )
    assert "9 parcels retired, 10 registered by 1 orders" in terminal.does(*asked, *signed).out
    assert json.loads((tmp_path / "out.json").read_text())["orders"] == ["RS/1/1"]


def test_a_figure_that_the_measurement_does_not_bear_out_gives_way_to_it() -> None:
    shape = land(0, 0, 1, 1)
    m2 = drawn_area(shape)
    off = Measured(
        plot=replace(measured("1", shape), area=Area(to_m2(m2 * 2), "2", "acre")), unit="u", replaces=()
    )
    area = resurveying.recorded_area(off, m2)
    assert area.unit == "acre"
    assert abs(area.m2 - m2) < 1
    fair = replace(off, plot=measured("1", shape))
    assert resurveying.recorded_area(fair, m2) == fair.plot.area


def test_a_part_of_parla_is_measured_anew(world: World, shared_data: Path, tmp_path: Path) -> None:
    """Three blocks of the survey, 266 sub-divisions: 67 land parcels take up land of several of them."""
    before = parla.registered(world, shared_data, tmp_path, {"10", "11", "12"})
    found = parla.planned(before, parla.land_parcels(shared_data, before))
    measured = [m for order in found.orders for group in order for m in group.parcels]
    assert len(before) == 266
    assert (len(measured), sum(len(m.replaces) > 1 for m in measured)) == (542, 67)
    outcome = parla.measured_anew(world, found)
    assert (outcome.registered, outcome.retired, outcome.refused) == (542, 251, [])
    assert len(outcome.orders) <= 20
    now = {p.label: p for p in comparing.registered(world.house, parla.LGD).plots}
    assert len(now) == 266 - 251 + 542
    for m in measured:
        shape, drawn = now[m.plot.label].shape, m.plot.shape
        assert shape is not None
        assert drawn is not None
        assert shape.equals(drawn)
    assert {p.label for p in found.left} < set(
        now
    )  # their land went to other blocks: they stay for orders of their own
