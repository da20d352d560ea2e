"""Hairlines are closed by moves of centimetres; conflicts, and whatever met before, stay as they were drawn."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely.geometry.base import BaseGeometry

from gis.coverage import Coverage, examine_coverage, find_flaws, flaws_after
from gis.hairlines import Move, close_hairlines
from gis.mending import mend
from gis.shapes import faults
from gis.tolerances import HAIRLINE_M, METRES_PER_DEGREE, NARROW_GAP_M

SIDE = 0.0004  # degrees: some 44 m
CENTIMETRE = 1e-7


def field(column: float, row: float = 0, *, columns: float = 1, rows: float = 1) -> BaseGeometry:
    west, south = 77.5 + column * SIDE, 15.5 + row * SIDE
    return shapely.set_precision(shapely.box(west, south, west + columns * SIDE, south + rows * SIDE), 1e-9)


def shifted(shape: BaseGeometry, east: float, north: float = 0) -> BaseGeometry:
    return shapely.transform(shape, lambda xy: xy + np.array([east, north]))


def closed(shapes: list[BaseGeometry]) -> tuple[list[BaseGeometry], dict[int, Move], Coverage]:
    """The shapes as they are after it, what moved, and how they lie beside each other then."""
    moves = close_hairlines(shapes, examine_coverage(shapes))
    after = [moves[place].shape if place in moves else shape for place, shape in enumerate(shapes)]
    return after, moves, examine_coverage(after)


@pytest.mark.quick
@pytest.mark.parametrize("apart", [8 * CENTIMETRE, -8 * CENTIMETRE], ids=["gap", "overlap"])
def test_a_hairline_is_closed(apart: float) -> None:
    _, moves, coverage = closed([field(0), shifted(field(1), apart)])
    assert coverage.exact
    assert 0 < max(move.metres for move in moves.values()) < HAIRLINE_M
    assert 0 < sum(move.m2 for move in moves.values()) < 8


@pytest.mark.quick
def test_a_corner_on_a_neighbour_s_side_becomes_the_neighbour_s_corner() -> None:
    _, moves, coverage = closed([field(0, rows=2), field(1), field(1, 1)])
    assert coverage.exact
    assert list(moves) == [0]
    assert moves[0].metres == 0


@pytest.mark.quick
def test_what_fits_is_left_alone() -> None:
    assert closed([field(0), field(1), field(0, 1)])[1] == {}
    assert close_hairlines([], examine_coverage([])) == {}


@pytest.mark.quick
@pytest.mark.parametrize("apart", [60 * CENTIMETRE, -60 * CENTIMETRE], ids=["gap", "overlap"])
def test_what_is_wider_than_a_hairline_stays_as_it_was_drawn(apart: float) -> None:
    assert closed([field(0), shifted(field(1), apart)])[1] == {}


@pytest.mark.quick
def test_a_true_conflict_keeps_both_claims_while_hairlines_beside_it_are_closed() -> None:
    claims = [field(0), shifted(field(1), -0.1 * SIDE)]
    _, moves, coverage = closed([*claims, field(4), shifted(field(5), 5 * CENTIMETRE)])
    assert not moves.keys() & {0, 1}
    assert moves.keys() & {2, 3}
    assert len(coverage.overlaps) == 1


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(-12, 12), st.integers(-12, 12)), min_size=9, max_size=9))
def test_no_move_is_long_none_spoils_a_shape_and_none_parts_neighbours(moves: list[tuple[int, int]]) -> None:
    drawn = [
        shapely.set_precision(
            shifted(field(n % 3, n // 3), east * 2 * CENTIMETRE, north * 2 * CENTIMETRE), 1e-9
        )
        for n, (east, north) in enumerate(moves)
    ]
    flawed = shapely.length(shapely.coverage_invalid_edges(np.array(drawn))) > 0
    after, made, _ = closed(drawn)
    assert all(move.metres < HAIRLINE_M for move in made.values())
    assert not any(faults(after))
    still = shapely.length(shapely.coverage_invalid_edges(np.array(after))) > 0
    assert not (still & ~flawed).any()


@pytest.mark.parametrize(
    ("file", "before", "after"),
    [
        ("ap_krishna_bhunaksha/village_639004.geojson", 120, 6),
        ("ap_krishna_bhunaksha/village_639002_2026-01-04b.geojson", 129, 5),
        ("ap_parla_resurvey/stage2_subdivisions.geojson", 894, 19),
        ("mh_village_plots/malatavadi.geojson", 0, 0),
    ],
)
def test_real_villages_fit_together_after_moves_of_centimetres(
    shared_data: Path, file: str, before: int, after: int
) -> None:
    features = json.loads((shared_data / file).read_text(encoding="utf-8"))["features"]
    drawn = [shapely.geometry.shape(f["geometry"]) for f in features if f["geometry"].get("coordinates")]
    shapes = [mended.shape for mended in mend(drawn) if mended.shape is not None]
    assert examine_coverage(shapes).unmatched_polygons == before
    _, moves, coverage = closed(shapes)
    assert coverage.unmatched_polygons <= after
    assert max((move.metres for move in moves.values()), default=0) < 0.1


@pytest.mark.quick
@settings(max_examples=60)
@given(
    st.lists(st.tuples(st.integers(-200, 200), st.integers(-200, 200)), min_size=16, max_size=16),
    st.dictionaries(st.integers(0, 15), st.integers(-400, 400), max_size=4),
)
def test_flaws_told_from_those_before_and_what_moved_are_the_flaws(
    drawn: list[tuple[int, int]], moves: dict[int, int]
) -> None:
    before = [
        shifted(field(n % 4, n // 4), e * CENTIMETRE if e > 100 else 0, s * CENTIMETRE if s > 150 else 0)
        for n, (e, s) in enumerate(drawn)
    ]
    after = [shifted(shape, moves.get(n, 0) * CENTIMETRE) for n, shape in enumerate(before)]
    found = flaws_after(after, before, find_flaws(before), np.array(list(moves), dtype=np.int64))
    anew = np.array(after, dtype=object)
    wide = shapely.coverage_invalid_edges(anew, gap_width=NARROW_GAP_M / METRES_PER_DEGREE)
    assert shapely.equals_identical(found.wide, wide).all()
    unmatched = shapely.coverage_invalid_edges(anew)
    assert shapely.equals(found.unmatched, unmatched).all()
    assert (shapely.is_empty(found.unmatched) == shapely.is_empty(unmatched)).all()
