"""Newer parts set into the registered boundary: nothing is lost, nothing twice, and how much moved is told."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from shapely import affinity
from shapely.geometry.base import BaseGeometry

from domain.survey import Survey
from gis.comparison.fitting import Fitted, fit
from gis.shapes import canonical_bytes_many, drawn_area, snapped
from gis.survey import examine_all
from tests.gis.comparison.fields import land, nudged

pytestmark = pytest.mark.quick

NOTHING = Decimal("0.00")


def measured(before: list[BaseGeometry], fitted: Fitted) -> Survey:
    return examine_all(canonical_bytes_many(before), canonical_bytes_many(list(fitted.shapes)))


def fills(survey: Survey) -> bool:
    return (survey.gap_m2, survey.overlap_m2, survey.outside_m2, survey.faults) == (
        NOTHING,
        NOTHING,
        NOTHING,
        (),
    )


def test_parts_that_fit_are_left_as_they_are() -> None:
    parts = [land(0, 0, 0.5), land(0.5, 0, 0.5)]
    fitted = fit([land(0, 0)], parts)
    assert fitted is not None
    assert fitted.moved_m2 == NOTHING
    assert [a.equals(b) for a, b in zip(fitted.shapes, parts, strict=True)] == [True, True]


def test_a_gap_a_lap_and_a_hem_outside_are_closed_and_measured() -> None:
    parts = [nudged(land(0, 0, 0.5), 0.2), nudged(land(0.5, 0, 0.25), -0.2), nudged(land(0.75, 0, 0.25), 0.2)]
    fitted = fit([land(0, 0)], parts)
    assert fitted is not None
    assert fills(measured([land(0, 0)], fitted))
    assert fitted.moved_m2 > 0


def test_merged_parcels_become_just_the_registered_land() -> None:
    fitted = fit([land(0, 0), land(1, 0)], [nudged(land(0, 0, 2), 0.3)])
    assert fitted is not None
    assert drawn_area(fitted.shapes[0]) == drawn_area(land(0, 0, 2))


def test_shapes_that_lie_too_far_from_the_registered_land_are_not_forced_into_it() -> None:
    assert fit([land(0, 0)], [land(0, 0, 0.5), land(0.6, 0, 0.4)]) is None
    assert fit([land(0, 0), land(1, 0)], [land(0, 0, 1.8)]) is None


@given(
    cuts=st.lists(st.floats(0.1, 0.9), min_size=1, max_size=4, unique_by=lambda cut: round(cut, 1)),
    turns=st.lists(st.floats(-0.05, 0.05), min_size=5, max_size=5),
    angle=st.floats(0, 90),
)
@example(
    cuts=[0.7292940584147802, 0.8138920640239748, 0.125, 0.240234375],
    turns=[0.0, 0.0, 0.02264601886596515, 0.049999999999999996, 0.0],
    angle=11.446524695718422,
)
def test_whatever_the_newer_map_draws_fitted_parts_fill_the_parent(
    cuts: list[float], turns: list[float], angle: float
) -> None:
    """Strips of a field, each a little off, the whole turned by any angle."""
    edges = [0.0, *sorted(cuts), 1.0]
    parts = [
        affinity.rotate(land(west, 0, east - west), turn)
        for west, east, turn in zip(edges, edges[1:], turns, strict=False)
    ]
    field, *turned = (
        snapped([affinity.rotate(shape, angle, origin=(78.0, 25.0))])[0] for shape in (land(0, 0), *parts)
    )
    fitted = fit([field], turned)
    assert fitted is None or fills(measured([field], fitted))
