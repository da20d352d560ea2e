"""The watch over a village: every fault found where it is, and nothing told that is none."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pyogrio
import pytest
import shapely
from markupsafe import escape
from shapely.geometry.base import BaseGeometry

from domain.errors import BadInput
from gis.boundaries import read_boundaries
from gis.watch import VillageCheck, Watched, check_village, draw_check, index_page, report_page

pytestmark = pytest.mark.quick
SIDE = 0.0006  # degrees
METRE = 1 / 111_320


def grid(columns: int, rows: int) -> list[BaseGeometry]:
    return [
        shapely.box(78 + c * SIDE, 25 + r * SIDE, 78 + (c + 1) * SIDE, 25 + (r + 1) * SIDE)
        for r in range(rows)
        for c in range(columns)
    ]


def watched(shapes: Sequence[BaseGeometry]) -> list[Watched]:
    return [Watched(f"999101-{n:06d}", str(n), shape) for n, shape in enumerate(shapes, 1)]


def check(shapes: Sequence[BaseGeometry], boundary: BaseGeometry | None = None) -> VillageCheck:
    return check_village(watched(shapes), lgd="999101", name="Devgarh", log_size=7, boundary=boundary)


def test_a_village_that_fits_together_is_sound() -> None:
    found = check(grid(5, 4), shapely.box(77.9, 24.9, 78.1, 25.1))
    assert (found.sound, found.within, found.parcels) == (True, True, 20)


def test_a_village_without_a_map_is_sound_and_empty() -> None:
    assert check([], shapely.box(77, 24, 79, 26)).sound


def test_land_that_two_claim_is_told_once_with_its_place() -> None:
    shapes = grid(3, 3)
    west, south, east, north = shapes[4].bounds
    shapes[4] = shapely.box(west, south, east + 10 * METRE, north)
    found = check(shapes)
    overlaps = [f for f in found.faults if f.kind == "overlap"]
    assert [f.labels for f in overlaps] == [("5", "6")]
    assert float(overlaps[0].figure) == pytest.approx(10 * METRE * SIDE * 111_320 * 100_890, rel=0.02)
    assert shapely.box(east, south, east + 10 * METRE, north).covers(
        shapely.Point(overlaps[0].lon, overlaps[0].lat)
    )
    assert {label for f in found.faults for label in f.labels}.isdisjoint({"1", "7"})


def test_a_side_that_leaves_its_neighbour_s_is_told_and_a_strip_is_told_apart() -> None:
    shapes = grid(3, 1)
    shapes[0] = shapely.box(78, 25, 78 + SIDE - 0.5 * METRE, 25 + SIDE)
    found = check(shapes)
    assert {(f.kind, f.labels) for f in found.faults} == {("narrow-gap", ("1",)), ("narrow-gap", ("2",))}


def test_sides_that_meet_as_near_as_a_survey_tells_are_no_fault() -> None:
    shapes = grid(3, 1)
    shapes[0] = shapely.box(78, 25, 78 + SIDE - 0.03 * METRE, 25 + SIDE)
    assert check(shapes).sound


def test_the_neighbour_of_a_divided_parcel_needs_no_corner_where_the_cut_meets() -> None:
    """A side that is not straight east or north: the cut's corner lies on it but for rounding."""
    west = shapely.Polygon([(78, 25), (78.0006, 25.00017), (78.0006, 25.0008), (78, 25.0006)])
    upper = shapely.Polygon([(78.0006, 25.0004), (78.0012, 25.0004), (78.0012, 25.0008), (78.0006, 25.0008)])
    lower = shapely.Polygon([(78.0006, 25.00017), (78.0012, 25.0002), (78.0012, 25.0004), (78.0006, 25.0004)])
    found = check([west, upper, lower])
    assert not found.coverage.exact
    assert found.sound


def test_a_parcel_outside_of_its_village_is_a_finding_and_one_whose_hem_is_outside_is_not() -> None:
    shapes = [*grid(3, 1), shapely.box(78.1, 25.1, 78.1006, 25.1006)]
    boundary = shapely.box(78, 25, 78 + 3 * SIDE - 2 * METRE, 25.01)
    found = check(shapes, boundary)
    assert [(f.kind, f.labels) for f in found.faults] == [("outside-village", ("4",))]
    assert found.faults[0].sentence.startswith("All of parcel 4")


def test_the_report_names_every_fault_by_the_number_it_has_on_the_map() -> None:
    shapes = grid(4, 4)
    west, south, east, north = shapes[5].bounds
    shapes[5] = shapely.box(west, south, east + 8 * METRE, north)
    parcels = watched([*shapes, shapely.box(78.01, 25, 78.0106, 25.0006)])
    boundary = shapely.box(77.999, 24.999, 78.005, 25.005)
    found = check_village(parcels, lgd="999101", name="Dev<garh>", log_size=7, boundary=boundary)
    drawing = ElementTree.fromstring(draw_check(found, parcels, boundary))
    marks = [t.text for t in drawing.iter("{http://www.w3.org/2000/svg}text") if t.get("fill") == "#ffffff"]
    assert marks == [str(f.number) for f in found.faults]
    page = report_page(found, parcels, boundary)
    assert "Dev&lt;garh&gt;" in page
    assert "<garh>" not in page
    assert "<script" not in page
    for fault in found.faults:
        assert f"<tr><td>{fault.number}</td>" in page
        assert str(escape(fault.sentence)) in page
    assert [f.number for f in found.faults] == list(range(1, len(found.faults) + 1))
    assert json.loads(found.to_json())["faults"][0]["kind"] == "overlap"
    assert 'href="999101.html"' in index_page([found, check(grid(2, 2))])


def test_a_sound_village_costs_little_more_than_the_bare_question(shared_data: Path) -> None:
    """Chanugondla, 4,467 parcels: at most 1.3 times shapely's own coverage_is_valid, by CPU, best of five."""
    _, _, wkb, _ = pyogrio.raw.read(str(shared_data / "ap_gudur_dlr" / "chanugondla_lpm.geojson"))
    shapes = shapely.from_wkb(wkb)
    parcels = watched(shapes)

    def cpu(call: object) -> float:
        started = time.process_time()
        call()  # type: ignore[operator]
        return time.process_time() - started

    bare = min(cpu(lambda: shapely.coverage_is_valid(np.asarray(shapes))) for _ in range(5))
    ours = min(cpu(lambda: check_village(parcels, lgd="1", name="", log_size=1)) for _ in range(5))
    print(
        f"village check {ours * 1e3:.0f} ms, coverage_is_valid {bare * 1e3:.0f} ms, ratio {ours / bare:.2f}"
    )
    assert ours <= 1.3 * bare + 0.01


def test_goa_s_village_boundaries_are_read_by_their_codes(shared_data: Path) -> None:
    file = shared_data / "village_boundaries" / "goa_villages.geojson"
    _, _, _, values = pyogrio.raw.read(str(file), columns=["CEN_2001"], read_geometry=False)
    codes = {str(v).strip() for v in values[0]}
    some = sorted(codes)[:5]
    found = read_boundaries(file, "CEN_2001", some)
    assert set(found) <= set(some)
    assert found
    assert all(shape.is_valid and not shape.is_empty for shape in found.values())


def test_a_file_that_is_no_map_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "x.geojson").write_text("nonsense")
    (tmp_path / "y.geojson").write_text(
        '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"a":1},"geometry":null}]}'
    )
    for name, column in (("x.geojson", "lgd"), ("absent.gpkg", "lgd"), ("y.geojson", "lgd")):
        with pytest.raises(BadInput):
            read_boundaries(tmp_path / name, column, {"1"})
