"""A parcel divided by a line: the parts fill the parent, and a line that does not divide is refused."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest
import shapely
from hypothesis import given, reject
from hypothesis import strategies as st
from shapely import LineString, Point, Polygon

from domain.errors import BadInput
from gis.shapes import canonical_bytes, drawn_area, from_bytes
from gis.splitting import split_by_line
from gis.survey import examine
from tests.gis.test_shapes import fields

pytestmark = pytest.mark.quick

FIELD = canonical_bytes(shapely.box(77.774, 15.808, 77.776, 15.809))  # 214 m by 111 m
ACROSS = LineString([(77.775, 15.807), (77.775, 15.810)])


def test_a_line_across_a_field_gives_the_western_part_first() -> None:
    west, east = (from_bytes(part) for part in split_by_line(FIELD, ACROSS))
    assert west.equals(shapely.box(77.774, 15.808, 77.775, 15.809))
    assert east.equals(shapely.box(77.775, 15.808, 77.776, 15.809))


def test_parts_side_by_side_are_ordered_from_south_to_north() -> None:
    south, north = (
        from_bytes(part) for part in split_by_line(FIELD, LineString([(77.77, 15.8085), (77.78, 15.8085)]))
    )
    assert south.centroid.y < north.centroid.y


@given(fields(), st.floats(0, 3.14159), st.floats(-0.5, 0.5))
def test_the_parts_of_any_field_fill_it_and_their_areas_add_up(
    field: Polygon, angle: float, off: float
) -> None:
    centre = field.centroid
    x, y = centre.x + off * 1e-4, centre.y + off * 1e-4
    dx, dy = math.cos(angle), math.sin(angle)
    parent = canonical_bytes(field)
    try:
        parts = split_by_line(parent, LineString([(x - dx, y - dy), (x + dx, y + dy)]))
    except BadInput:
        reject()  # the line missed, or left a sliver: said in words, as the table below shows
    survey = examine(parent, parts, [])
    assert survey.faults == ()
    assert survey.gap_m2 + survey.overlap_m2 + survey.outside_m2 <= Decimal("0.10")
    assert abs(sum(survey.children_m2) - survey.parent_m2) <= Decimal("0.10")
    assert all(from_bytes(part).is_valid for part in parts)


def test_old_corners_stay_as_they_were_to_the_last_digit() -> None:
    field = shapely.from_wkt(
        "POLYGON ((77.7741 15.8081, 77.7763 15.8079, 77.7760 15.8095, 77.7742 15.8092, 77.7741 15.8081))"
    )
    corners = {
        c for part in split_by_line(canonical_bytes(field), ACROSS) for c in from_bytes(part).exterior.coords
    }  # type: ignore[union-attr]
    assert set(from_bytes(canonical_bytes(field)).exterior.coords) <= corners  # type: ignore[union-attr]


def test_a_crooked_parcel_may_fall_into_more_than_two_parts() -> None:
    horseshoe = shapely.box(77.774, 15.808, 77.777, 15.811) - shapely.box(77.775, 15.809, 77.776, 15.812)
    parts = split_by_line(canonical_bytes(horseshoe), LineString([(77.77, 15.810), (77.78, 15.810)]))
    assert len(parts) == 3
    assert sum(drawn_area(from_bytes(p)) for p in parts) == pytest.approx(
        drawn_area(horseshoe), abs=Decimal("0.05")
    )


def test_a_well_in_the_field_stays_out_of_every_part() -> None:
    holed = shapely.box(77.774, 15.808, 77.776, 15.809) - shapely.box(77.7749, 15.8084, 77.7751, 15.8086)
    parts = [from_bytes(part) for part in split_by_line(canonical_bytes(holed), ACROSS)]
    assert len(parts) == 2
    assert not any(part.contains(Point(77.775, 15.8085)) for part in parts)


def test_a_line_from_corner_to_corner_divides_though_rounding_left_its_ends_a_hair_inside() -> None:
    line = LineString([(77.7740000004, 15.8080000004), (77.7759999996, 15.8089999996)])
    assert len(split_by_line(FIELD, line)) == 2


def test_a_line_may_bend_inside_of_the_parcel() -> None:
    bent = LineString([(77.775, 15.807), (77.7752, 15.8085), (77.7748, 15.810)])
    assert len(split_by_line(FIELD, bent)) == 2


@pytest.mark.parametrize(
    ("points", "says"),
    [
        ([(77.78, 15.807), (77.78, 15.810)], r"misses the parcel by 4\d\d\.\d\d m"),
        ([(77.774, 15.807), (77.774, 15.810)], "only touches"),
        ([(77.775, 15.807), (77.775, 15.8085)], r"ends inside of the parcel, 55\.\d\d m from its boundary"),
        ([(77.775, 15.8085), (77.775, 15.810)], "begins inside"),
        ([(77.774000001, 15.807), (77.774000001, 15.810)], "sliver"),
        ([(77.774004, 15.807), (77.774004, 15.810)], r"sliver of 4\d\.\d\d m2, 0\.4\d m wide"),
        ([(77.774, 15.80801), (77.77401, 15.808)], "sliver of 0.5"),
        ([(77.7750, 15.807), (77.7750, 15.810), (77.7755, 15.810), (77.7745, 15.8085)], "crosses itself"),
        (
            [(77.7750, 15.807), (77.7755, 15.810), (77.7745, 15.8085), (77.7750, 15.807)],
            "ends where it begins",
        ),
        ([(500000, 1740000), (500100, 1740100)], "longitude and latitude"),
        ([(77.775, 15.807), (77.775, float("inf"))], "longitude and latitude"),
        ([(77.775, 15.8085), (77.775, 15.8085)], "ends where it begins"),
    ],
)
def test_a_line_that_does_not_divide_is_refused_in_words(
    points: list[tuple[float, float]], says: str
) -> None:
    with pytest.raises(BadInput, match=says) as refusal:
        split_by_line(FIELD, LineString(points))
    assert refusal.value.field == "line"
    assert refusal.value.remedy


def test_what_is_no_line_at_all_is_refused() -> None:
    with pytest.raises(BadInput, match="no line"):
        split_by_line(FIELD, Point(77.775, 15.8085))  # type: ignore[arg-type]
