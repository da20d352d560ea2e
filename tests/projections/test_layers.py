"""Layers beside the parcels: what lies on land, what is not to be relied on, outlines of villages; today and before."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
import shapely

from gis.shapes import canonical_bytes, geometry_hash
from projections.outlines import outline
from projections.runner import Runner
from registry.openings import Openings
from tests.projections.support import (
    BOX,
    DAY,
    EAST,
    FIELD,
    GARDEN,
    ROAD,
    SIDE,
    SISTERS_KHATA,
    VILLAGE,
    WEST,
    field_at,
    field_divided,
    first_registration,
    garden_sold,
)

NEXT = DAY + timedelta(days=1)
LATER = DAY + timedelta(days=2)
RESTRICTED = (
    "select parcel_id, restrictions, pending, cases from gis.restriction where valid_to is null order by 1"
)
FAULTS = "select parcel_id, grade, reasons from gis.fault where valid_to is null order by 1"
TABLES = {
    "gis.restriction": "parcel_id, valid_from",
    "gis.fault": "parcel_id, valid_from",
    "gis.village": "lgd, valid_from",
}


def shown(log, runner) -> None:
    log.publish()
    runner.run_once()


def everything(ask) -> dict[str, list[str]]:
    return {t: [r for (r,) in ask(f"select t::text from {t} t order by {key}")] for t, key in TABLES.items()}


def stayed(log, identifier: str, *, day: date = NEXT, kind: str = "stay") -> int:
    item = {"kind": kind, "since": None, "on": None, "details": None}
    return log.lay("mutation.stay/1", set_={identifier: {"restrictions": [item]}}, day=day)


def filed(log, identifier: str, *, day: date = NEXT) -> int:
    item = {"kind": "mutation", "case": f"{VILLAGE}-C000001", "since": None}
    return log.lay("case.filed/1", set_={identifier: {"pending": [item]}}, day=day)


def test_a_stay_on_a_khata_shows_on_each_of_its_parcels_and_goes_when_it_is_lifted(log, runner, ask):
    first_registration(log)
    began = stayed(log, SISTERS_KHATA)
    shown(log, runner)
    parcels = ask("select parcel_id from records.parcel where unit_id = %s order by 1", SISTERS_KHATA)
    assert parcels
    assert ask(RESTRICTED) == [(p, "stay", None, None) for (p,) in parcels]
    lifted = log.lay("mutation.stay-lifted/1", set_={SISTERS_KHATA: {"restrictions": []}}, day=LATER)
    shown(log, runner)
    assert ask(RESTRICTED) == []
    assert set(ask("select valid_from, from_date, valid_to, to_date from gis.restriction")) == {
        (began, NEXT, lifted, LATER)
    }


def test_a_case_on_a_parcel_shows_with_its_number_until_the_parcel_is_divided(log, runner, ask):
    first_registration(log)
    garden_sold(log)
    filed(log, FIELD)
    shown(log, runner)
    assert (FIELD, None, "mutation", f"{VILLAGE}-C000001") in ask(RESTRICTED)
    field_divided(log)
    shown(log, runner)
    assert {row[0] for row in ask(RESTRICTED)}.isdisjoint({FIELD})


def test_a_parcel_that_is_renumbered_begins_a_new_row(log, runner, ask):
    first_registration(log)
    stayed(log, SISTERS_KHATA)
    log.lay("mutation.correction/1", set_={GARDEN: {"label": "102/क"}}, day=LATER)
    shown(log, runner)
    rows = "select label, to_date from gis.restriction where parcel_id = %s order by valid_from"
    assert ask(rows, GARDEN) == [("102", LATER), ("102/क", None)]


def test_land_without_a_map_is_a_fault_without_a_shape(log, runner, ask):
    first_registration(log)
    shown(log, runner)
    assert (ROAD, "D", "no-map") in [(i, g, r.split(", ")[0]) for i, g, r in ask(FAULTS)]
    assert ask("select geom from gis.fault where parcel_id = %s", ROAD) == [(None,)]


def test_an_area_that_differs_is_a_fault_until_it_is_corrected(log, runner, ask):
    first_registration(log)
    log.lay("mutation.correction/1", set_={FIELD: {"area_m2": "9000.0000"}}, day=NEXT)
    shown(log, runner)
    assert (FIELD, "C", "area-differs") in ask(FAULTS)
    log.lay("mutation.correction/1", set_={FIELD: {"area_m2": "4021.0000"}}, day=LATER)
    shown(log, runner)
    assert FIELD not in {row[0] for row in ask(FAULTS)}
    assert ask("select from_date, to_date from gis.fault where parcel_id = %s", FIELD) == [(NEXT, LATER)]


def test_the_faults_are_the_parcels_that_the_record_grades_c_and_d(log, runner, ask):
    first_registration(log)
    log.lay("mutation.correction/1", set_={GARDEN: {"area_m2": "100.0000"}})
    shown(log, runner)
    graded = ask("select parcel_id, grade from records.parcel where grade in ('C', 'D') order by 1")
    assert graded
    assert [(i, g) for i, g, _ in ask(FAULTS)] == graded


def test_a_split_leaves_the_outline_of_the_village_where_it_was(log, runner, ask):
    first_registration(log)
    shown(log, runner)
    before = ask("select * from gis.village")
    assert len(before) == 1
    garden_sold(log)
    field_divided(log)
    shown(log, runner)
    assert ask("select * from gis.village") == before
    covered = ask(
        "select st_area(st_symdifference(v.geom, (select st_union(geom) from gis.parcel where valid_to is null)))"
        " < 1e-12 from gis.village v"
    )
    assert covered == [(True,)]
    assert {i for (i,) in ask("select parcel_id from gis.parcel where valid_to is null")} >= {EAST, WEST}


def test_new_land_moves_the_outline_and_the_old_one_can_still_be_asked_for(log, runner, ask):
    first_registration(log)
    wider = shapely.box(78.0, 25.0 - SIDE, 78.0 + SIDE, 25.0 + SIDE)
    log.shapes(wider)
    index = log.lay(
        "mutation.correction/1", set_={FIELD: {"geometry": geometry_hash(canonical_bytes(wider))}}, day=NEXT
    )
    shown(log, runner)
    rows = ask(
        "select from_date, to_date, valid_to, round(drawn_m2 / 1000) from gis.village order by valid_from"
    )
    assert [row[:3] for row in rows] == [(DAY, NEXT, index), (NEXT, None, None)]
    assert rows[1][3] > rows[0][3]
    assert ask("select name from gis.village_named where to_date is null") == [("Devgarh",)]


@pytest.mark.parametrize("entries", [1, 2, 100])
def test_a_rebuild_gives_the_layers_that_following_gave(log, runner, datastore, ask, entries):
    following = Runner(datastore, Openings(datastore, BOX), page_entries=entries)
    first_registration(log)
    stayed(log, SISTERS_KHATA)
    filed(log, FIELD)
    moved = field_at(0, -1)
    log.shapes(moved)
    log.lay(
        "mutation.correction/1", set_={GARDEN: {"geometry": geometry_hash(canonical_bytes(moved))}}, day=NEXT
    )
    log.lay("mutation.correction/1", set_={GARDEN: {"area_m2": "1.0000", "label": "102-अ"}}, day=NEXT)
    log.lay("mutation.stay-lifted/1", set_={SISTERS_KHATA: {"restrictions": []}}, day=LATER)
    log.publish()
    following.run_once()
    followed = everything(ask)
    assert all(followed.values())
    runner.rebuild()
    assert everything(ask) == followed


def test_outlines_wait_for_the_last_page_and_are_those_of_each_page_shown_by_itself(
    log, runner, datastore, ask
):
    """The village moves on one day, on the next, and once more in an order that bears the first day."""
    for place, day in enumerate((DAY, DAY, NEXT, NEXT, DAY), 1):
        if place == 1:
            first_registration(log)
        else:
            moved = field_at(0, -place)
            log.shapes(moved)
            changed = {GARDEN: {"geometry": geometry_hash(canonical_bytes(moved))}}
            log.lay("mutation.correction/1", set_=changed, day=day)
        shown(log, runner)
        assert not ask("select * from gis.village_due")
    by_themselves = everything(ask)["gis.village"]
    assert len(by_themselves) == 3
    Runner(datastore, Openings(datastore, BOX), page_entries=1).rebuild()
    assert everything(ask)["gis.village"] == by_themselves
    assert not ask("select * from gis.village_due")


@pytest.mark.quick
def test_an_outline_of_a_village_with_a_few_flaws_is_that_of_all_united_on_the_grid():
    boxes = [shapely.box(78 + x / 1000, 25, 78 + (x + 1) / 1000, 25.001) for x in range(6)]
    over = shapely.box(78.0035, 25.0002, 78.0036, 25.0012)
    inside = shapely.box(78.0012, 25.0002, 78.0014, 25.0004)  # unmatched itself, and not the one around it
    parcels = shapely.from_wkb([shapely.to_wkb(g) for g in (*boxes, over, inside)])
    united = shapely.normalize(shapely.multipolygons([shapely.union_all(parcels, grid_size=1e-9)]))
    assert shapely.equals_exact(outline(parcels), united, tolerance=0)


@pytest.mark.quick
def test_an_outline_has_no_strips_that_are_flaws_of_drawing_and_keeps_land_of_others():
    frame = shapely.box(78.0, 25.0, 78.01, 25.01)
    strip = shapely.box(78.002, 25.002, 78.002002, 25.008)  # 0.2 m wide
    pond = shapely.box(78.004, 25.004, 78.006, 25.006)
    land = frame.difference(strip).difference(pond)
    west, east = (
        land.intersection(shapely.box(78, 25, 78.005, 25.01)),
        land.intersection(shapely.box(78.005, 25, 78.01, 25.01)),
    )
    found = outline(shapely.from_wkb([shapely.to_wkb(g) for g in (west, east)]))
    holes = [ring for part in shapely.get_parts(found) for ring in part.interiors]
    assert len(holes) == 1
    assert shapely.Polygon(holes[0]).area == pytest.approx(pond.area, rel=1e-6)


@pytest.mark.quick
def test_an_outline_of_parcels_that_overlap_counts_the_land_once():
    parcels = shapely.from_wkb(
        [shapely.to_wkb(shapely.box(*b)) for b in ((78.0, 25, 78.002, 25.001), (78.001, 25, 78.003, 25.001))]
    )
    assert outline(parcels).area == pytest.approx(0.003 * 0.001)


@pytest.mark.quick
def test_an_outline_of_neighbours_with_a_corner_of_their_own_on_the_common_side():
    """As a field beside one that was divided: the parts have a corner there that the field has not."""
    boxes = ((78.0, 25, 78.00045, 25.0006), (78.0, 25.0006, 78.0006, 25.0012))
    parcels = shapely.from_wkb([shapely.to_wkb(shapely.box(*b)) for b in boxes])
    assert outline(parcels).area == pytest.approx(sum(shapely.area(parcels)))
