"""The canonical form of a shape: one spelling, whatever way it was drawn."""

from __future__ import annotations

import json
from decimal import Decimal

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely import MultiPolygon, Polygon

from domain.errors import BadInput
from gis.shapes import (
    MAX_BYTES,
    canonical_bytes,
    canonical_bytes_many,
    drawn_area,
    from_bytes,
    from_bytes_many,
    from_metric,
    geometry_hash,
    metric_crs,
    to_metric,
)

pytestmark = pytest.mark.quick

FIELD = "POLYGON ((77.7741 15.808, 77.7743 15.808, 77.7743 15.8085, 77.7741 15.8085, 77.7741 15.808))"
FIELD_BYTES = (
    b'{"format":"landlog/geometry@v1","polygons":[[[77774100000,15808000000,77774300000,15808000000,'
    b"77774300000,15808500000,77774100000,15808500000]]]}"
)
FIELD_HASH = "MxHnr3kvQDonRFLdW9jhk9pBtaD9mqJtOPwOGsTy2ew="


@st.composite
def fields(draw: st.DrawFn) -> Polygon:
    """A star-shaped field of 3 to 12 corners near Gudur, sometimes with a well left out."""
    corners = draw(st.integers(3, 12))
    radii = draw(st.lists(st.floats(0.0002, 0.002), min_size=corners, max_size=corners))
    lon, lat = draw(st.floats(77.0, 78.0)), draw(st.floats(15.0, 16.0))
    angles = [2 * np.pi * i / corners for i in range(corners)]
    shell = [(lon + r * np.cos(a), lat + r * np.sin(a)) for r, a in zip(radii, angles, strict=True)]
    field = Polygon(shell)
    if draw(st.booleans()):
        well = Polygon([(lon + 1e-6, lat), (lon, lat + 1e-6), (lon - 1e-6, lat)])
        return field.difference(well) if field.contains(well) else field
    return field


def spelled_otherwise(polygon: Polygon, turn: int, *, reverse: bool) -> Polygon:
    """The same polygon, every ring begun elsewhere and perhaps walked the other way."""

    def respell(ring: shapely.LinearRing) -> list[tuple[float, ...]]:
        corners = list(ring.coords)[:-1]
        by = turn % len(corners)
        turned = corners[by:] + corners[:by]
        return turned[::-1] if reverse else turned

    return Polygon(respell(polygon.exterior), [respell(hole) for hole in polygon.interiors][::-1])


def test_the_worked_example_of_the_readme_holds() -> None:
    assert canonical_bytes(shapely.from_wkt(FIELD)) == FIELD_BYTES
    assert geometry_hash(FIELD_BYTES) == FIELD_HASH


@given(fields(), st.integers(0, 20), st.booleans())
def test_however_a_ring_is_walked_the_bytes_are_the_same(field: Polygon, turn: int, reverse: bool) -> None:
    assert canonical_bytes(spelled_otherwise(field, turn, reverse=reverse)) == canonical_bytes(field)


@given(st.lists(fields(), min_size=1, max_size=4))
def test_what_is_written_is_read_back_and_written_alike(drawn: list[Polygon]) -> None:
    blobs = canonical_bytes_many(drawn)
    assert canonical_bytes_many(from_bytes_many(blobs)) == blobs
    assert [canonical_bytes(field) for field in drawn] == blobs


def test_parts_and_holes_are_sorted_by_number_and_a_single_part_is_a_polygon() -> None:
    low, high = shapely.box(0.9, 0, 0.91, 0.01), shapely.box(0.1, 0.1, 0.2, 0.2)
    holed = high - shapely.box(0.15, 0.15, 0.16, 0.16) - shapely.box(0.11, 0.11, 0.12, 0.12)
    blob = canonical_bytes(MultiPolygon([low, holed]))
    assert blob == canonical_bytes(MultiPolygon([holed, low]))
    rings = json.loads(blob)["polygons"]
    assert [polygon[0][0] for polygon in rings] == [100_000_000, 900_000_000]
    assert [hole[0] for hole in rings[0][1:]] == [110_000_000, 150_000_000]
    assert canonical_bytes(MultiPolygon([low])) == canonical_bytes(low)
    assert isinstance(from_bytes(canonical_bytes(MultiPolygon([low]))), Polygon)


def test_exteriors_run_counter_clockwise_and_holes_clockwise() -> None:
    holed = from_bytes(canonical_bytes(shapely.box(0, 0, 0.1, 0.1) - shapely.box(0.01, 0.01, 0.02, 0.02)))
    assert isinstance(holed, Polygon)
    assert holed.exterior.is_ccw
    assert not holed.interiors[0].is_ccw


def test_heights_and_repeated_vertices_do_not_change_the_bytes() -> None:
    ring = "77.7741 15.808 9, 77.7743 15.808 9, 77.7743 15.808 9, "
    ring += "77.7743 15.8085 8, 77.7741 15.8085 7, 77.7741 15.808 9"
    high = shapely.from_wkt(f"POLYGON Z (({ring}))")
    assert canonical_bytes(high) == FIELD_BYTES


@pytest.mark.parametrize(
    ("wkt", "says"),
    [
        ("POINT (77 15)", "polygon or multipolygon, this is a Point"),
        ("POLYGON EMPTY", "no shape"),
        ("POLYGON ((0 0, 0.1 0.1, 0.1 0, 0 0.1, 0 0))", "Self-intersection"),
        (
            "POLYGON ((500000 1740000, 500100 1740000, 500100 1740100, 500000 1740000))",
            "no longitude and latitude",
        ),
        ("POLYGON ((0 0, 2 0, 2 2, 0 0))", "wider than a degree"),
        ("POLYGON ((0 0, 1e-11 0, 1e-11 1e-11, 0 0))", "not valid"),
    ],
)
def test_a_shape_that_cannot_be_stored_is_refused_in_words(wkt: str, says: str) -> None:
    with pytest.raises(BadInput, match=says) as refusal:
        canonical_bytes(shapely.from_wkt(wkt))
    assert refusal.value.field == "geometry"
    assert refusal.value.remedy


def test_an_infinite_coordinate_is_refused() -> None:
    with pytest.raises(BadInput, match=r"no longitude and latitude|not valid"):
        canonical_bytes(Polygon([(0, 0), (float("inf"), 0), (0, 1)]))


@pytest.mark.parametrize(
    "blob",
    [
        b"",
        b"{}",
        FIELD_BYTES + b"\n",
        FIELD_BYTES.replace(b'","p', b'", "p'),
        FIELD_BYTES.replace(b"77774100000,15808000000,", b"", 1),
        FIELD_BYTES.replace(b"]]]}", b",77774100000,15808000000]]]}"),  # the closing vertex written out
        FIELD_BYTES.replace(b"15808500000]", b"15808500000.0]"),
        FIELD_BYTES.replace(b"]]]}", b']]],"polygons":[[[0,0,9,0,9,9]]]}'),
        b'{"format":"landlog/geometry@v1","polygons":[]}',
        b'{"format":"landlog/geometry@v1","polygons":[[]]}',
        b'{"format":"landlog/geometry@v1","polygons":[[[0,0,0,9,9,0]]]}',  # clockwise
        b'{"format":"landlog/geometry@v1","polygons":[[[9,0,9,9,0,0]]]}',  # not begun at the least vertex
        b'{"format":"landlog/geometry@v1","polygons":[[[0,0,9,0,-0,9]]]}',
        b'{"format":"landlog/geometry@v1","polygons":[[[0,0,true,0,0,9]]]}',
        b'{"format":"landlog/geometry@v1","polygons":[[[0,0,9,0,0,1e9]]]}',
        b'{"format":"landlog/geometry@v1","polygons":[[[0,0,9,0,0,99999999999999999999]]]}',
        b'{"format":"landlog/geometry@v1","polygons":' + b"[" * 100_000,
        b'{"format":"landlog/geometry@v1","polygons":[' + b" " * MAX_BYTES,
        b"\xff\xfe",
    ],
)
def test_bytes_in_any_other_spelling_are_refused(blob: bytes) -> None:
    with pytest.raises(BadInput):
        from_bytes(blob)


@given(st.integers(0, len(FIELD_BYTES) - 1), st.integers(1, 255))
def test_bytes_with_one_byte_changed_are_another_shape_or_none(place: int, change: int) -> None:
    damaged = bytearray(FIELD_BYTES)
    damaged[place] ^= change
    try:
        shape = from_bytes(bytes(damaged))
    except BadInput:
        return
    assert canonical_bytes(shape) == bytes(damaged) != FIELD_BYTES


def test_the_area_of_a_known_figure_is_right_on_the_ellipsoid() -> None:
    # One hundredth of a degree square at the equator: 1,113.1949 m by 1,105.7428 m on WGS 84.
    assert abs(drawn_area(shapely.box(77, -0.005, 77.01, 0.005)) - Decimal("1230907.0")) < 10


@pytest.mark.parametrize(
    ("place", "zone"), [((77.9, 15.7), 32643), ((78.0, 15.7), 32644), ((180, 1), 32660), ((-70, -30), 32719)]
)
def test_the_metric_plane_is_the_utm_zone_of_the_place(place: tuple[float, float], zone: int) -> None:
    assert metric_crs(*place) == zone


@given(fields())
def test_a_trip_to_the_metric_plane_and_back_ends_on_the_same_grid_points(field: Polygon) -> None:
    crs = metric_crs(*field.centroid.coords[0])
    back = from_metric(to_metric([field], crs), crs)[0]
    assert canonical_bytes(back) == canonical_bytes(field)
