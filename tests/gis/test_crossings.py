"""What one request may ask of the counter: small bodies that would be large work are refused before the work begins."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely
from shapely import LineString, Polygon

from domain.errors import BadInput
from gis.crossings import refuse_tangle
from gis.operations import given, strip
from gis.shapes import canonical_bytes
from gis.splitting import split_by_line, split_by_lines

pytestmark = pytest.mark.quick

FIELD = shapely.box(78.0, 25.0, 78.01, 25.01)


def comb(teeth: int, *, upright: bool) -> Polygon:
    """A valid shape as large as the field, of which thin teeth stand on one side."""
    width = 0.005 / teeth
    corners = [(78.0, 25.0)]
    for n in range(teeth):
        west = 78.0 + 2 * n * width
        corners += [(west, 25.0099), (west + width, 25.0099), (west + width, 25.0001)]
        corners.append((west + 2 * width, 25.0001))
    xy = np.array([*corners, (78.01, 25.0)])
    return Polygon(xy if upright else xy[:, ::-1] - (25.0, 78.0) + (78.0, 25.0))


def zigzag(points: int) -> LineString:
    return LineString(
        [(77.999 + n * 0.012 / points, 25.005 + (0.0049 if n % 2 else -0.0049)) for n in range(points)]
    )


def crooked(corners: int) -> bytes:
    """A shape of that many corners, with a point between each two."""
    angles = np.linspace(0, 2 * math.pi, corners, endpoint=False)
    radius = 0.005 * (1 + 0.2 * (np.arange(corners) % 2))
    return canonical_bytes(
        Polygon(np.column_stack((78.005 + radius * np.cos(angles), 25.005 + radius * np.sin(angles))))
    )


def test_two_combs_across_each_other_are_no_division() -> None:
    assert comb(1000, upright=True).is_valid
    with pytest.raises(BadInput, match=r"cross the boundary and each other some \d{6,} times") as caught:
        given.fitted(canonical_bytes(FIELD), [comb(1000, upright=True), comb(1000, upright=False)])
    assert caught.value.field == "children"


def test_parts_have_no_more_corners_than_a_parcel_may_have() -> None:
    parts = [comb(3000, upright=True), comb(3000, upright=False)]
    with pytest.raises(BadInput, match="the parts have 24006 corners"):
        given.fitted(canonical_bytes(FIELD), parts)


def test_a_line_that_crosses_a_crooked_boundary_all_over_is_refused() -> None:
    with pytest.raises(BadInput, match="cross the boundary"):
        split_by_line(crooked(6000), zigzag(900))


def test_many_lines_through_a_shape_of_many_corners_are_divided_among_requests() -> None:
    lines = [LineString([(77.9, 25.001 + n * 0.0001), (78.1, 25.001 + n * 0.0001)]) for n in range(40)]
    with pytest.raises(BadInput, match="6001 corners is not divided by 40 lines at once"):
        split_by_lines(crooked(6000), lines)


def test_a_crooked_centre_line_through_crooked_parcels_is_cut_in_stretches() -> None:
    with pytest.raises(BadInput, match="too many points") as caught:
        strip.cut([crooked(6000)], strip.strip_along(zigzag(900), 2.0))
    assert caught.value.field == "line"


def test_a_strip_across_half_the_country_is_told_its_length() -> None:
    with pytest.raises(BadInput, match="longer than a degree"):
        strip.strip_along(LineString([(77.0, 25.0), (79.0, 25.1)]), 9.0)


def test_what_surveyors_draw_is_no_tangle() -> None:
    """Twenty-five lines each way; a crooked forest block cut once."""
    grid = [LineString([(77.9, 25 + n * 0.0004), (78.1, 25 + n * 0.0004)]) for n in range(1, 25)]
    grid += [LineString([(78 + n * 0.0004, 24.9), (78 + n * 0.0004, 25.1)]) for n in range(1, 25)]
    refuse_tangle(FIELD.boundary, grid)
    assert len(split_by_line(crooked(300), LineString([(77.9, 25.005), (78.1, 25.0051)]))) == 2
