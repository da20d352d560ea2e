"""What the cadastre measures of proposed shapes."""

from __future__ import annotations

from decimal import Decimal

import pytest
import shapely

from domain.languages import told
from gis.shapes import canonical_bytes, from_bytes
from gis.splitting import split_by_line
from gis.survey import examine, examine_all, merged

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
    assert told(survey.faults[0], "hi").startswith("भाग 2: ये किसी आकृति के मानक बाइट नहीं हैं")
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


def test_two_fields_become_one_whose_hairline_is_nobodys_land() -> None:
    east = canonical_bytes(BOX(77.7750002, 15.808, 77.776, 15.809))  # 2 cm east of WEST
    both = merged([WEST, east])
    survey = examine_all([WEST, east], [both])
    assert (survey.pieces, survey.gap_m2, survey.outside_m2) == (1, Decimal("0.00"), Decimal("0.00"))
    assert survey.parents_m2[0] + survey.parents_m2[1] < survey.children_m2[0]
    assert from_bytes(both).equals(from_bytes(PARENT))


def test_fields_that_lie_apart_or_meet_at_a_corner_are_two_pieces() -> None:
    for other in (BOX(77.7751, 15.808, 77.776, 15.809), BOX(77.775, 15.809, 77.776, 15.810)):
        assert examine_all([WEST, canonical_bytes(other)], []).pieces == 2


def test_an_edge_moved_between_neighbours_leaves_their_outer_boundary() -> None:
    wider = canonical_bytes(BOX(77.774, 15.808, 77.7752, 15.809))
    narrower = canonical_bytes(BOX(77.7752, 15.808, 77.776, 15.809))
    survey = examine_all([WEST, EAST], [wider, narrower], [NORTH_NEIGHBOUR])
    assert (survey.gap_m2, survey.overlap_m2, survey.outside_m2, survey.unmatched_edges) == (0, 0, 0, 0)
    assert survey.children_m2[0] - survey.parents_m2[0] == pytest.approx(
        survey.parents_m2[1] - survey.children_m2[1], abs=Decimal("0.02")
    )


def test_children_of_a_record_without_a_map_are_measured_by_themselves() -> None:
    survey = examine_all([], [WEST, PARENT])
    assert (survey.parent_m2, survey.gap_m2, survey.outside_m2, survey.pieces) == (0, 0, 0, 0)
    assert survey.overlap_m2 == pytest.approx(survey.children_m2[0], abs=Decimal("0.1"))
