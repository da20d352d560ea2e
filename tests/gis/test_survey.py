"""What the cadastre measures of proposed shapes."""

from __future__ import annotations

from decimal import Decimal

import pytest
import shapely

from gis.shapes import canonical_bytes
from gis.splitting import split_by_line
from gis.survey import examine

pytestmark = pytest.mark.quick

BOX = shapely.box
PARENT = canonical_bytes(BOX(77.774, 15.808, 77.776, 15.809))
WEST = canonical_bytes(BOX(77.774, 15.808, 77.775, 15.809))
EAST = canonical_bytes(BOX(77.775, 15.808, 77.776, 15.809))
NORTH_NEIGHBOUR = canonical_bytes(BOX(77.774, 15.809, 77.776, 15.810))


def test_children_that_fill_their_parent_leave_nothing() -> None:
    survey = examine(PARENT, [WEST, EAST], [NORTH_NEIGHBOUR])
    assert (survey.gap_m2, survey.overlap_m2, survey.outside_m2) == (Decimal("0.00"),) * 3
    assert sum(survey.children_m2) == pytest.approx(survey.parent_m2, abs=Decimal("0.01"))
    assert Decimal(54) < survey.narrowest_m < Decimal(55)  # 107 m by 111 m: twice the area over the perimeter
    assert (survey.unmatched_edges, survey.faults) == (0, ())


def test_a_gap_an_overlap_and_land_outside_are_each_measured() -> None:
    hectometre = Decimal("11855.3")  # one child
    gap = examine(PARENT, [WEST])
    assert gap.gap_m2 == pytest.approx(hectometre, rel=Decimal("0.001"))
    twice = examine(PARENT, [WEST, WEST, EAST])
    assert twice.overlap_m2 == pytest.approx(hectometre, rel=Decimal("0.001"))
    beyond = examine(PARENT, [WEST, EAST, NORTH_NEIGHBOUR])
    assert beyond.outside_m2 == pytest.approx(2 * hectometre, rel=Decimal("0.001"))


def test_a_neighbour_whose_boundary_no_child_meets_is_counted() -> None:
    lower = canonical_bytes(BOX(77.774, 15.808, 77.776, 15.8089))
    assert examine(PARENT, [lower], [NORTH_NEIGHBOUR]).unmatched_edges == 1
    south = canonical_bytes(BOX(77.774, 15.807, 77.776, 15.808))
    assert examine(PARENT, [lower], [NORTH_NEIGHBOUR, south]).unmatched_edges == 1


def test_a_neighbour_that_only_lies_near_counts_nothing() -> None:
    far = canonical_bytes(BOX(77.780, 15.808, 77.781, 15.809))
    assert examine(PARENT, [WEST, EAST], [far]).unmatched_edges == 0


def test_a_shape_that_is_no_polygon_is_a_fault_and_counts_nothing() -> None:
    survey = examine(PARENT, [WEST, b"{}"])
    assert survey.children_m2[1] == 0
    assert survey.faults[0].startswith("part 2: these are not the canonical bytes")
    assert survey.gap_m2 > 11_000


def test_no_children_at_all_leave_the_whole_parent_as_a_gap() -> None:
    survey = examine(PARENT, [])
    assert survey.gap_m2 == pytest.approx(survey.parent_m2, abs=Decimal("0.01"))
    assert survey.narrowest_m == 0


def test_the_corner_of_a_cut_meets_the_side_of_a_long_field_and_of_its_neighbour() -> None:
    # A side of 1 km bends 6 mm between planes; the new corner must lie on it as it is stored.
    long = canonical_bytes(
        shapely.from_wkt("POLYGON ((77.77 15.80, 77.779 15.803, 77.779 15.806, 77.77 15.803, 77.77 15.80))")
    )
    above = canonical_bytes(
        shapely.from_wkt("POLYGON ((77.77 15.803, 77.779 15.806, 77.779 15.81, 77.77 15.803))")
    )
    parts = split_by_line(long, shapely.LineString([(77.7743, 15.79), (77.7746, 15.82)]))
    survey = examine(long, parts, [above])
    assert survey.gap_m2 + survey.overlap_m2 + survey.outside_m2 <= Decimal("0.10")
    assert survey.unmatched_edges == 0
