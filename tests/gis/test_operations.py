"""The operations on the map: by area, by notes, by parts that are drawn; strips, mergers, a boundary moved."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import LineString, Polygon

from domain.errors import BadInput
from gis import watch
from gis.operations import corners, field_book, shared_edge, strip, sweep
from gis.operations.given import fitted
from gis.operations.merging import merge
from gis.shapes import canonical_bytes, drawn_area, drawn_areas, from_bytes, from_bytes_many, to_metric
from gis.splitting import split_by_line, split_by_lines
from gis.survey import examine, examine_all
from gis.tolerances import SLIVER_M2

SIDE = 0.0006  # degrees: some 64 m by 66 m
CEE = Polygon(  # the form of a C, 66,389 m2
    [
        (77.774, 15.808),
        (77.777, 15.808),
        (77.777, 15.8083),
        (77.775, 15.8083),
        (77.775, 15.81),
        (77.777, 15.81),
        (77.777, 15.811),
        (77.774, 15.811),
    ]
)
CROOKED = canonical_bytes(CEE)


def square(column: int, row: int = 0) -> bytes:
    west, south = 78.0 + column * SIDE, 25.0 + row * SIDE
    return canonical_bytes(shapely.box(west, south, west + SIDE, south + SIDE))


def places(body: bytes) -> set[tuple[float, float]]:
    """The corners of a shape in degrees."""
    return set(map(tuple, shapely.get_coordinates(from_bytes(body)).tolist()))


def fills(parents: list[bytes], parts: list[bytes]) -> bool:
    """Whether the parts take up the parents' land, and meet each other corner by corner."""
    survey = examine_all(parents, parts)
    return (
        survey.faults == ()
        and survey.gap_m2 + survey.overlap_m2 + survey.outside_m2 <= Decimal("0.05")
        and bool(shapely.coverage_is_valid(from_bytes_many(parts)))
    )


def tried(operation: Callable[[], list[bytes]]) -> tuple[list[bytes], BadInput | None]:
    """What an operation gives, or why it refuses; any other error is the test's."""
    try:
        return operation(), None
    except BadInput as refused:
        return [], refused


@st.composite
def crooked_fields(draw: st.DrawFn) -> Polygon:
    """A field whose corners lie nearer and farther in turn, so that it is seldom convex; some with a well."""
    count = draw(st.integers(4, 12))
    radii = draw(st.lists(st.floats(0.15, 1.0), min_size=count, max_size=count))
    turn, size = draw(st.floats(0, 1)), draw(st.floats(2e-4, 1.5e-3))
    angles = (np.arange(count) + turn) * 2 * math.pi / count
    ring = np.column_stack((np.cos(angles), np.sin(angles))) * np.array(radii)[:, None] * size + (77.8, 15.8)
    well = shapely.Point(77.8, 15.8).buffer(size * 0.03, quad_segs=2)
    return Polygon(ring, [well.exterior.coords] if draw(st.booleans()) else [])


@given(crooked_fields(), st.lists(st.integers(1, 9), min_size=2, max_size=5), st.floats(0, 359.9))
def test_any_field_divides_by_share_from_any_side_or_is_refused_in_words(
    field: Polygon, shares: list[int], bearing: float
) -> None:
    parent = canonical_bytes(field)
    parts, refused = tried(
        lambda: sweep.by_share(parent, shares, sweep.off_side(from_bytes(parent), bearing), several=True)
    )
    if refused:
        assert refused.field == "parts"
        assert refused.remedy
        return
    whole = drawn_area(from_bytes(parent))
    areas = drawn_areas(from_bytes_many(parts))
    for area, share in zip(areas, shares, strict=True):
        assert abs(area - whole * share / sum(shares)) <= Decimal("0.02")
    assert abs(sum(areas) - whole) <= Decimal("0.05")
    assert min(areas) >= SLIVER_M2
    assert fills([parent], parts)


@given(
    crooked_fields(), st.lists(st.tuples(st.floats(0, math.pi), st.floats(-0.6, 0.6)), min_size=1, max_size=4)
)
def test_any_lines_divide_a_field_into_parts_that_fill_it_or_are_refused_in_words(
    field: Polygon, drawn: list[tuple[float, float]]
) -> None:
    parent = canonical_bytes(field)
    lines = []
    for angle, off in drawn:
        ahead = np.array([math.cos(angle), math.sin(angle)]) * 0.02
        middle = np.array([77.8, 15.8]) + np.array([-ahead[1], ahead[0]]) * off * 0.05
        lines.append(LineString([middle - ahead, middle + ahead]))
    parts, refused = tried(lambda: split_by_lines(parent, lines))
    if refused:
        assert refused.remedy
        return
    assert len(parts) >= 2
    assert fills([parent], parts)


@given(st.floats(-1e-4, 7e-4), st.floats(-1e-4, 7e-4), st.floats(1, 20), st.integers(2, 6))
def test_any_straight_road_leaves_a_row_of_fields_filled_and_without_slivers(
    west: float, east: float, width: float, count: int
) -> None:
    row = [square(n) for n in range(count)]
    road = strip.strip_along(
        LineString([(77.999, 25 + west), (78.0006 * 1 + count * SIDE, 25 + east)]), width
    )
    for cut in strip.cut(row, road):
        parts = [*cut.taken, *cut.left]
        assert fills([row[cut.parcel]], parts)
        assert cut.whole or min(drawn_areas(from_bytes_many(parts))) >= SLIVER_M2


@given(
    st.lists(st.tuples(st.floats(-1.5e-4, 1.5e-4), st.floats(0, 1)), min_size=0, max_size=4),
    st.floats(-2e-4, 2e-4),
    st.floats(-2e-4, 2e-4),
)
def test_any_line_moves_a_boundary_so_that_both_sides_keep_their_land_together_or_is_refused(
    bends: list[tuple[float, float]], south: float, north: float
) -> None:
    inner = [(78.0006 + off, 25.0 + at * SIDE) for off, at in sorted(bends, key=lambda b: b[1])]
    line = LineString([(78.0006 + south, 24.9999), *inner, (78.0006 + north, 25.0007)])
    moved, refused = tried(lambda: list(shared_edge.moved(square(0), square(1), line)))
    assert refused is None or refused.remedy
    assert refused or fills([square(0), square(1)], moved)


def test_a_quarter_hectare_off_the_north_side_is_a_quarter_hectare() -> None:
    north, rest = from_bytes_many(sweep.by_area(CROOKED, [2500.0], sweep.off_side(CEE, 0)))
    assert drawn_area(north) == Decimal("2500.00")
    assert north.bounds[3] == CEE.bounds[3]
    assert north.centroid.y > rest.centroid.y


@pytest.mark.parametrize(
    ("sweeping", "bounds_of_the_first"),
    [
        (
            sweep.along_side,
            (77.774, 15.808),
        ),  # the road runs north along the western side: the southern plot first
        (sweep.beside_side, (77.774, 15.808)),
    ],
)
def test_three_equal_parts_along_a_road_and_beside_it(
    sweeping: Callable[..., sweep.Sweep], bounds_of_the_first: tuple[float, float]
) -> None:
    parts = sweep.by_share(CROOKED, [1, 1, 1], sweeping(CEE, 77.7739, 15.8085), several=True)
    areas = drawn_areas(from_bytes_many(parts))
    assert max(areas) - min(areas) <= Decimal("0.01")
    assert from_bytes(parts[0]).bounds[:2] == bounds_of_the_first
    assert fills([CROOKED], parts)


def test_a_part_in_two_pieces_is_refused_unless_that_was_meant() -> None:
    from_the_east = sweep.off_side(CEE, 90)
    with pytest.raises(BadInput, match=r"part 1 would lie in 2 pieces, of .* m2 and .* m2") as refused:
        sweep.by_area(CROOKED, [8000.0], from_the_east)
    assert refused.value.field == "parts"
    parts = sweep.by_area(CROOKED, [8000.0], from_the_east, several=True)
    assert drawn_area(from_bytes(parts[0])) == Decimal("8000.00")
    assert fills([CROOKED], parts)


@pytest.mark.parametrize(
    ("areas", "says"),
    [
        ([], "1 parts were asked for"),
        ([0.0], "more than nothing"),
        ([math.nan], "more than nothing"),
        ([60_000.0, 7_000.0], "the parts have 67000.00 m2, and the parcel only 66"),
        ([0.5], "sliver of 0.50 m2"),
        ([1e-9], "part 1 is too small to be drawn"),
    ],
)
def test_areas_that_the_parcel_has_not_are_refused(areas: list[float], says: str) -> None:
    with pytest.raises(BadInput, match=says):
        sweep.by_area(CROOKED, areas, sweep.off_side(CEE, 0))


def test_a_bearing_and_a_share_have_bounds() -> None:
    with pytest.raises(BadInput, match="no bearing"):
        sweep.off_side(CEE, 360.0)
    with pytest.raises(BadInput, match="more than nothing"):
        sweep.by_share(CROOKED, [1, -1], sweep.off_side(CEE, 0))


def test_corners_are_counted_from_the_north_west_clockwise_and_sides_measured() -> None:
    found = corners.outline(from_bytes(square(0)))
    assert [(c.longitude, c.latitude) for c in found.corners[:2]] == [(78.0, 25.0006), (78.0006, 25.0006)]
    assert [(s.start, s.end) for s in found.sides] == [(1, 2), (2, 3), (3, 4), (4, 1)]
    assert found.sides[1].metres == Decimal("66.51")  # UTM, three degrees from its middle
    assert found.crs == 32644


def _metres_between(line: LineString) -> list[float]:
    flat = to_metric([line], 32644)[0]
    return [round(float(m), 2) for m in np.hypot(*np.diff(shapely.get_coordinates(flat), axis=0).T)]


def test_a_traverse_of_chains_and_turns_is_the_line_that_it_says() -> None:
    notes = field_book.read(
        """
        from corner 1 towards 2 at 30 m   # on the northern side
        go 1 chain bearing 180-00-00
        go 50 links left 45
        to side
        """
    )
    line = field_book.line_of(square(0), notes)
    assert _metres_between(line)[:2] == [20.12, 10.06]
    assert len(split_by_line(square(0), line)) == 2


def test_a_traverse_that_misses_its_corner_by_a_little_is_brought_there() -> None:
    diagonal = corners.outline(from_bytes(square(0)))
    a, c = diagonal.corners[0], diagonal.corners[2]
    east, north = float(c.easting - a.easting), float(c.northing - a.northing)
    bearing, length = math.degrees(math.atan2(east, north)) % 360, math.hypot(east, north)
    notes = ["from corner 1", f"go {length - 0.1:.2f} m bearing {bearing:.3f}", "to corner 3"]
    line = field_book.line_of(square(0), notes)
    assert line.coords[-1] == pytest.approx((c.longitude, c.latitude), abs=2e-9)
    with pytest.raises(
        BadInput, match=r"note 3 \('to corner 3'\): the legs miss the corner by 20.00 m, and 0.14 m"
    ):
        field_book.line_of(
            square(0), ["from corner 1", f"go {length - 20:.2f} m bearing {bearing:.3f}", "to corner 3"]
        )


def test_a_ladder_of_offsets_is_the_line_that_it_says() -> None:
    """The chain lies along the southern side from east to west: the land is on its right."""
    notes = [
        "chain from corner 3 to corner 4",
        "from side",
        "at 5 m right 1 chain",
        "at 100 link right 25 m",
        "at 55 m right 12 gattha",
        "to side",
    ]
    line = field_book.line_of(square(0), notes)
    assert len(line.coords) == 5
    west_most, east_most = min(x for x, _ in line.coords), max(x for x, _ in line.coords)
    assert (west_most, east_most) == pytest.approx((78.0, 78.0006), abs=2e-9)
    assert len(split_by_line(square(0), line)) == 2


@pytest.mark.parametrize(
    ("notes", "says"),
    [
        (["from corner 1"], "1 notes were given"),
        (["from corner 9", "to corner 3"], r"note 1 .*: the parcel has corners 1 to 4, and no corner 9"),
        (["begin at 1", "to corner 3"], "note 1 .*: the first note says where to begin"),
        (["from corner 1 towards 1 at 0 m", "to corner 3"], "note 1 .*: a side has two corners"),
        (["from corner 1 towards 2 at 90 m", "to corner 3"], "is 60.61 m long, not 90.00 m"),
        (["from corner 1", "go 30 lnk bearing 90", "to corner 3"], "note 2 .*: 'lnk' is no unit of length"),
        (["from corner 1", "go 1.2.3 m bearing 90", "to corner 3"], "note 2 .*: '1.2.3' is no length"),
        (
            ["from corner 1", "go 10 m left 90", "to corner 3"],
            "note 2 .*: nothing goes before it to turn from",
        ),
        (["from corner 1", "go 10 m bearing 361", "to side"], "note 2 .*: '361' is no angle"),
        (["from corner 1", "go 0 m bearing 90", "to side"], "note 2 .*: a leg has a length"),
        (["from corner 1", "walk to the tree", "to side"], "note 2 .*: it is no note of a traverse"),
        (["from corner 1", "go 10 m bearing 0", "to side"], "note 3 .*: the boundary does not lie ahead"),
        (
            ["chain from corner 1 to corner 1", "at 0 m left 1 m"],
            "note 1 .*: the chain begins and ends at one",
        ),
        (
            ["chain from corner 1 to corner 2", "at 70 m right 1 m", "at 80 m right 1 m"],
            "70.00 m is not between",
        ),
        (
            ["chain from corner 1 to corner 2", "at 9 m right 1 m", "at 8 m right 1 m"],
            "8.00 m is not between 9.00",
        ),
        (["chain from corner 1 to corner 2", "at 9 m right 1 m"], "at least two offsets"),
        (
            ["chain from corner 1 to corner 2", "at nine m right 1 m", "at 8 m right 1 m"],
            "no note of a chain",
        ),
    ],
)
def test_a_note_that_cannot_be_followed_is_named(notes: list[str], says: str) -> None:
    with pytest.raises(BadInput, match=says) as refused:
        field_book.line_of(square(0), notes)
    assert refused.value.remedy


def test_one_line_may_end_on_another() -> None:
    across = LineString([(77.99, 25.0003), (78.01, 25.0003)])
    down = LineString([(78.0003, 25.0003), (78.0003, 24.99)])
    parts = split_by_lines(square(0), [across, down])
    assert len(parts) == 3
    assert fills([square(0)], parts)


@pytest.mark.parametrize(
    ("second", "says"),
    [
        (LineString([(78.0002, 25.0001), (78.0004, 25.0001)]), "begins inside of the parcel"),
        (LineString([(79, 24), (79, 26)]), "misses the parcel"),
    ],
)
def test_a_line_among_several_that_divides_nothing_is_named(second: LineString, says: str) -> None:
    across = LineString([(77.99, 25.0003), (78.01, 25.0003)])
    with pytest.raises(BadInput, match=says) as refused:
        split_by_lines(square(0), [across, second])
    assert refused.value.field == "lines[1]"


def test_parts_drawn_by_hand_are_brought_together_and_onto_the_boundary() -> None:
    hand = 2e-7  # degrees: two centimetres
    west = shapely.box(78.0 + hand, 25.0 - hand, 78.0003 - hand, 25.0006)
    east = shapely.box(78.0003, 25.0, 78.0006 + hand, 25.0006 - hand)
    parts = fitted(square(0), [west, east])
    assert fills([square(0)], parts)
    assert [from_bytes(part).centroid.x > 78.0003 for part in parts] == [False, True]


@pytest.mark.parametrize(
    ("east", "says", "field"),
    [
        (shapely.box(78.00035, 25.0, 78.0006, 25.0006), "are in no part", "children"),
        (shapely.box(78.0002, 25.0, 78.0006, 25.0006), "are in two parts at once", "children"),
        (shapely.box(78.0003, 25.0, 78.0007, 25.0006), "lie outside of the parcel", r"children\[1\]"),
        (shapely.box(500, 25.0, 501, 25.0006), "no longitude and latitude", r"children\[1\]"),
        (Polygon(), "there is no shape", r"children\[1\]"),
    ],
)
def test_parts_that_do_not_fill_the_parcel_are_refused_with_the_place(
    east: Polygon, says: str, field: str
) -> None:
    with pytest.raises(BadInput, match=says) as refused:
        fitted(square(0), [shapely.box(78.0, 25.0, 78.0003, 25.0006), east])
    assert refused.value.field == field.replace("\\", "")


def test_a_road_through_eight_parcels_takes_a_strip_of_each_and_neighbours_still_meet() -> None:
    row = [square(n) for n in range(8)]
    road = strip.strip_along(LineString([(77.9990, 25.0001), (78.0060, 25.0005)]), 9.0)
    cuts = strip.cut([*row, square(0, row=5)], road)
    assert [(cut.parcel, len(cut.taken), len(cut.left), cut.whole) for cut in cuts] == [
        (n, 1, 2, False) for n in range(8)
    ]
    parts = [body for cut in cuts for body in (*cut.taken, *cut.left)]
    assert fills(row, parts)
    widths = [drawn_area(from_bytes(cut.taken[0])) for cut in cuts]
    assert max(widths) - min(widths) < Decimal("0.05")  # 9 m of each, however the road runs


def test_a_parcel_within_the_strip_is_taken_whole_and_a_splinter_is_told() -> None:
    small = canonical_bytes(shapely.box(78.00020, 25.00029, 78.00021, 25.00031))
    grazed = canonical_bytes(shapely.box(78.0, 25.0003405, 78.0006, 25.0009))
    road = strip.strip_along(LineString([(77.9990, 25.0003), (78.0060, 25.0003)]), 9.0)
    whole, splinter = strip.cut(
        [small, canonical_bytes(shapely.box(78.0, 24.9997, 78.0006, 25.000341))], road
    )
    assert whole.whole
    assert whole.taken == (small,)
    assert (
        splinter.told == ("a splinter of 4.03 m2 beyond the strip goes with it",) or len(splinter.told) == 1
    )
    assert strip.cut([grazed], road) == []


@pytest.mark.parametrize(
    ("line", "width", "says"),
    [
        (LineString([(78, 25), (78.01, 25)]), 0.2, "0.2 m wide"),
        (LineString([(78, 25), (78.01, 25)]), math.nan, "nan m wide"),
        (LineString([(78, 25), (78.01, 25), (78.01, 25.01), (78.005, 24.9)]), 9, "crosses itself"),
        (
            LineString([(78, 25), (78.001, 25), (78.001, 25.001), (78, 25.001), (78, 25.00002)]),
            20,
            "comes back",
        ),
    ],
)
def test_a_strip_that_is_no_road_is_refused(line: LineString, width: float, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        strip.strip_along(line, width)


def test_parcels_side_by_side_become_one_and_others_are_refused() -> None:
    assert drawn_area(from_bytes(merge([square(0), square(1)]))) == sum(
        drawn_areas(from_bytes_many([square(0), square(1)]))
    )
    with pytest.raises(BadInput, match="in 2 pieces") as refused:
        merge([square(0), square(1), square(2, row=1)])
    assert refused.value.field == "parcels[2]"
    with pytest.raises(BadInput, match="1 parcels were given"):
        merge([square(0)])


def test_a_moved_boundary_gives_its_corners_to_both_and_a_third_neighbour_keeps_all_of_its_own() -> None:
    first, second, third = (
        square(0),
        square(1),
        canonical_bytes(
            shapely.Polygon(
                [(78.0, 25.0006), (78.0006, 25.0006), (78.0012, 25.0006), (78.0012, 25.0012), (78.0, 25.0012)]
            )
        ),
    )
    line = LineString([(78.0006, 25.0006), (78.00065, 25.0003), (78.0006, 25.0)])
    mine, yours = shared_edge.moved(first, second, line)
    assert fills([first, second], [mine, yours])
    assert shapely.coverage_is_valid(from_bytes_many([mine, yours, third]))  # corner by corner
    gained = drawn_area(from_bytes(mine)) - drawn_area(from_bytes(first))
    assert gained > 0
    assert gained == drawn_area(from_bytes(second)) - drawn_area(from_bytes(yours))
    assert examine_all([first, second], [mine, yours], [third]).unmatched_edges == 0


def test_a_bend_put_into_a_boundary_keeps_the_rest_of_it() -> None:
    first, second = square(0), square(1)
    bend = LineString([(78.0006, 25.0002), (78.00064, 25.0003), (78.0006, 25.0004)])
    mine, yours = shared_edge.moved(first, second, bend)
    assert fills([first, second], [mine, yours])
    assert (78.00064, 25.0003) in places(mine) & places(yours)
    assert shared_edge.moved(first, second, bend.reverse()) == (mine, yours)


@pytest.mark.parametrize(
    ("other", "line", "says"),
    [
        (square(5), LineString([(78.0006, 25.001), (78.0006, 24.999)]), "share no boundary"),
        (square(1, row=1), LineString([(78.0006, 25.001), (78.0006, 24.999)]), "share no boundary"),
        (square(1), LineString([(78.0006, 25.001), (78.0006, 24.999)]), "as it stands"),
        (square(1), LineString([(78.00001, 25.001), (78.00001, 24.999)]), "more than half"),
        (
            square(1),
            LineString([(78.0002, 25.001), (78.0002, 25.0003), (78.001, 25.0003), (78.001, 25.001)]),
            "half",
        ),
    ],
)
def test_a_line_that_is_no_boundary_of_the_two_is_refused(other: bytes, line: LineString, says: str) -> None:
    with pytest.raises(BadInput, match=says):
        shared_edge.moved(square(0), other, line)


def test_a_corner_set_on_a_third_neighbours_side_lies_on_it_to_within_the_grid() -> None:
    """The third's own boundary stays as it is: its side meets the two within a tenth of a millimetre."""
    first, second, south = square(0), square(1), canonical_bytes(shapely.box(78.0, 24.9994, 78.0012, 25.0))
    mine, yours = shared_edge.moved(first, second, LineString([(78.0006, 25.0006), (78.0005, 24.99)]))
    assert fills([first, second], [mine, yours])
    assert examine_all([first, second], [mine, yours], [south]).unmatched_edges == 0
    new = places(mine) - places(first)
    assert max(from_bytes(south).distance(shapely.Point(p)) for p in new if p[1] < 25.0001) < 1e-9


def test_the_watch_has_nothing_to_say_of_a_village_after_a_day_of_operations() -> None:
    """Cut sides that a third neighbour does not have a corner on are met within the tolerance of a survey."""
    south, north = [square(n) for n in range(4)], [square(n, row=1) for n in range(4)]
    road = strip.strip_along(LineString([(77.9990, 25.0001), (78.0060, 25.0005)]), 9.0)
    parts = [body for cut in strip.cut(south, road) for body in (*cut.taken, *cut.left)]
    aslant = shared_edge.moved(north[0], north[1], LineString([(78.0007, 25.002), (78.0005, 25.0)]))
    thirds = sweep.by_share(north[2], [1, 1, 1], sweep.off_side(from_bytes(north[2]), 90))
    shapes = from_bytes_many([*parts, *aslant, *thirds, north[3]])
    parcels = [watch.Watched(id=f"999101-{n:06d}", label=str(n), shape=s) for n, s in enumerate(shapes, 1)]
    assert watch.check_village(parcels, lgd="999101", name="Devgarh", log_size=1).faults == ()


def test_the_survey_of_parts_that_fill_is_the_same_whichever_way_it_is_measured() -> None:
    parts = sweep.by_share(CROOKED, [2, 1], sweep.off_side(CEE, 10))
    survey = examine(CROOKED, parts)
    assert not any((survey.gap_m2, survey.overlap_m2, survey.outside_m2, survey.unmatched_edges))
    assert sum(survey.children_m2) == pytest.approx(survey.parent_m2, abs=Decimal("0.01"))
