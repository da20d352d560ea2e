"""The map of today and of every day before."""

from __future__ import annotations

from datetime import date

from gis.shapes import canonical_bytes, geometry_hash
from tests.projections.support import (
    DAY,
    EAST,
    FIELD,
    GARDEN,
    ROAD,
    WEST,
    field_at,
    field_divided,
    first_registration,
    garden_sold,
    third_sold,
)

TODAY = "select parcel_id from gis.parcel where valid_to is null order by parcel_id"


def test_a_registered_shape_is_on_the_map_in_both_projections(log, runner, ask):
    first_registration(log)
    log.publish()
    runner.run_once()
    assert ask(TODAY) == [(FIELD,), (GARDEN,)]
    facts = ask(
        "select label, version, valid_from, from_date, st_geometrytype(geom), st_srid(geom_3857),"
        " st_area(geom::geography)::int, "
        " st_distance(st_centroid(geom_3857), st_transform(st_centroid(geom), 3857)) < 0.01"
        " from gis.parcel where parcel_id = %s",
        FIELD,
    )
    label, version, since, day, kind, srid, m2, same = facts[0]
    assert (label, version, since, day, kind, srid, same) == ("101", 1, 0, DAY, "ST_MultiPolygon", 3857, True)
    assert abs(m2 - 4021) < 25


def test_land_without_a_shape_is_not_on_the_map(log, runner, ask):
    first_registration(log)
    log.publish()
    runner.run_once()
    assert ask("select * from gis.parcel where parcel_id = %s", ROAD) == []


def test_a_split_ends_the_parent_s_row_and_begins_the_children_s(log, runner, ask):
    first_registration(log)
    log.publish()
    runner.run_once()
    garden_sold(log)
    index = field_divided(log)
    log.publish()
    runner.run_once()
    assert ask(TODAY) == [(GARDEN,), (WEST,), (EAST,)]
    assert ask("select valid_from, valid_to, to_date from gis.parcel where parcel_id = %s", FIELD) == [
        (0, index, DAY)
    ]
    covered = ask(
        "select st_area(st_symdifference((select geom from gis.parcel where parcel_id = %s),"
        " (select st_union(geom) from gis.parcel where parcel_id in (%s, %s)))) < 1e-12",
        FIELD,
        WEST,
        EAST,
    )
    assert covered == [(True,)]


def test_a_sale_leaves_the_map_alone(log, runner, ask):
    first_registration(log)
    log.publish()
    runner.run_once()
    before = ask("select * from gis.parcel order by parcel_id")
    third_sold(log)
    log.publish()
    runner.run_once()
    assert ask("select * from gis.parcel order by parcel_id") == before


def test_a_new_number_and_a_new_shape_each_begin_a_row_even_within_one_page(log, runner, ask):
    first_registration(log)
    wider = field_at(0, 0, width=0.0005)
    log.shapes(wider)
    changes = (
        ({"label": "101/अ"}, date(2026, 11, 22)),
        ({"geometry": geometry_hash(canonical_bytes(wider))}, date(2026, 11, 23)),
        ({"ulpin": "12345678901234"}, date(2026, 11, 24)),
    )
    for members, day in changes:
        log.lay("mutation.correction/1", set_={FIELD: members}, day=day)
    log.publish()
    runner.run_once()
    rows = ask(
        "select version, label, valid_from, valid_to, to_date from gis.parcel where parcel_id = %s order by version",
        FIELD,
    )
    assert rows == [
        (1, "101", 0, 1, date(2026, 11, 22)),
        (2, "101/अ", 1, 2, date(2026, 11, 23)),
        (3, "101/अ", 2, None, None),
    ]


def test_a_shape_that_the_registry_does_not_hold_leaves_the_parcel_off_the_map(log, runner, ask):
    first_registration(log)
    log.lay("mutation.correction/1", set_={ROAD: {"geometry": "A" * 43 + "="}})
    log.publish()
    assert runner.run_once() == log.size
    assert ask("select * from gis.parcel where parcel_id = %s", ROAD) == []
    assert ask("select drawn_m2, grade from records.parcel where parcel_id = %s", ROAD) == [(None, "D")]
