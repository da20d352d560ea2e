"""Published cases of others, where they are at hand: GeoJSON good and bad, and shapes whose validity is known."""

from __future__ import annotations

import json
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
import shapely
from shapely.errors import ShapelyError
from shapely.geometry.base import BaseGeometry

from domain.errors import BadInput
from gis.coverage import examine_coverage
from gis.mapping import parse_mapping
from gis.mending import mend
from gis.readers import open_source
from gis.shapes import canonical_bytes, faults, from_bytes, snapped
from gis.tolerances import REPAIR_M2
from gis.village import propose_village

MAPPING = """
[file]
within = [-180, -90, 180, 90]
[parcel]
label = "no"
area_is_drawn = true
[unit]
holders = ""
[village]
lgd = "123456"
name = "Rampur"
state = "generic"
office = "9/1/2"
"""
SOUND = '{"type":"Polygon","coordinates":[[[77.5,15.5],[77.5003,15.5],[77.5003,15.5003],[77.5,15.5]]]}'

# What the linter complains of and an import need not: members that it does not read, and what the canonical form
# settles.
NO_FAULT_OF_A_SHAPE = {
    "bad-duplicate-properties", "bad-feature-with-number-id", "bad-polygon-interiorring-rhr", "bbox-4or6elements",
    "bbox-string", "excessive_precision_truncated", "expected_object", "featurecollection-type-case",
    "geometry_changed_semantics", "polygon_winding_order",
}  # fmt: skip


def shapes_in(document: Any) -> Iterator[Any]:
    """The geometries of a GeoJSON document, as they are written."""
    if isinstance(document, dict) and "features" in document:
        features = document["features"]
        for feature in features if isinstance(features, list) else [features]:
            yield from shapes_in(feature)
    elif isinstance(document, dict) and ("geometry" in document or document.get("type") == "Feature"):
        yield document.get("geometry")
    else:
        yield document


def taken(tmp_path: Path, shapes: list[Any]) -> tuple[list[str], dict[str, str]]:
    """Labels of the shapes that a village takes, and reasons why it refuses the others; number 0 is a sound one."""
    rows = [SOUND, *(json.dumps(shape) for shape in shapes)]
    features = ",".join(
        f'{{"type":"Feature","properties":{{"no":"{n}"}},"geometry":{shape}}}' for n, shape in enumerate(rows)
    )
    path = tmp_path / "v.geojson"
    path.write_text(f'{{"type":"FeatureCollection","features":[{features}]}}', "utf-8")
    village = propose_village(path, parse_mapping(MAPPING))
    refused = {row.label: row.reasons[0].sentence for row in village.report.refused}
    return [parcel.label for parcel in village.parcels if parcel.label != "0"], refused


def test_good_shapes_are_taken_and_those_that_are_no_area_named(shared_data: Path, tmp_path: Path) -> None:
    files = sorted((shared_data / "geojson_lint" / "good").glob("*.geojson"))
    assert len(files) == 13
    for file in files:
        shapes = list(shapes_in(json.loads(file.read_text("utf-8"))))
        areas = [str(n) for n, s in enumerate(shapes, 1) if s and s["type"] in ("Polygon", "MultiPolygon")]
        labels, refused = taken(tmp_path, shapes)
        # The world is no parcel, and one of the cases lies beyond its south pole.
        wide = {n for n, why in refused.items() if "wider than" in why or "no longitude and latitude" in why}
        assert {*labels, *wide} == set(areas), file.name
        assert all(why for why in refused.values())
        assert len(labels) + len(refused) == len(shapes)


def test_bad_shapes_are_refused_with_a_reason(shared_data: Path, tmp_path: Path) -> None:
    files = sorted((shared_data / "geojson_lint" / "bad").glob("*.geojson"))
    assert len(files) == 31
    for file in files:
        try:
            shapes = list(shapes_in(json.loads(file.read_text("utf-8"))))
        except ValueError:
            shapes = []  # no JSON: refused whole, below
        if file.stem not in NO_FAULT_OF_A_SHAPE and shapes:
            labels, refused = taken(tmp_path, shapes)
            faulty = [
                shape for shape in shapes if not isinstance(shape, dict) or shape.get("type") != "Polygon"
            ]
            assert len(refused) >= max(1, len(faulty)), file.name
            assert len(labels) + len(refused) == len(shapes), file.name
        with pytest.raises(BadInput) as refusal:
            open_source(file, parse_mapping(MAPPING))
        assert refusal.value.remedy
        assert str(file.parent) not in str(refusal.value)


# The cases of the Java Topology Suite: shapes in a plane of their own, set down here as if they were degrees.


def cases(folder: Path) -> Iterator[tuple[Path, ElementTree.Element]]:
    for file in sorted(folder.glob("*.xml")):
        for case in ElementTree.fromstring(file.read_text("utf-8")).iter("case"):
            yield file, case


def shape_of(case: ElementTree.Element, name: str) -> BaseGeometry | None:
    """The case's shape in well-known text or bytes; None where GEOS reads none."""
    text = " ".join((case.findtext(name) or "").split())
    try:
        with np.errstate(invalid="ignore"):
            return shapely.from_wkb(text) if text[:2] in ("00", "01") else shapely.from_wkt(text)
    except ShapelyError:
        return None


def as_degrees(shapes: list[BaseGeometry]) -> list[BaseGeometry]:
    """The shapes as large as fields: within a thousandth of a degree, around one corner of the Deccan."""
    west, south, east, north = shapely.total_bounds(np.array(shapes, dtype=object))
    scale = 0.001 / max(east - west, north - south, 1e-9)
    return [shapely.transform(s, lambda xy: (xy - (west, south)) * scale + (77.5, 15.5)) for s in shapes]


def areal(shape: BaseGeometry | None) -> bool:
    return shape is not None and shape.geom_type in ("Polygon", "MultiPolygon") and not shape.is_empty


def test_valid_areas_have_one_spelling_and_invalid_ones_are_mended_little_or_refused(
    shared_data: Path,
) -> None:
    seen = {True: 0, False: 0}
    for folder in ("general", "misc"):
        for file, case in cases(shared_data / "jts_topology" / folder):
            wanted = [t.text for t in case.iter("op") if (t.get("name") or "").lower() == "isvalid"]
            shape = shape_of(case, "a")
            if (
                not wanted
                or shape is None
                or not areal(shape)
                or not np.isfinite(shapely.bounds(shape)).all()
            ):
                continue
            valid = str(wanted[0]).strip().lower() == "true"
            assert bool(shapely.is_valid(shape)) == valid, file.name
            seen[valid] += 1
            (degrees,) = as_degrees([shape])
            (mended,) = mend([degrees])
            if valid and not faults(snapped([degrees]))[0]:
                assert mended.shape is not None
                assert not mended.crossing
            if mended.shape is None:
                assert mended.fault
            else:
                assert from_bytes(canonical_bytes(mended.shape)).equals(mended.shape)  # type: ignore[arg-type]
                assert mended.moved_m2 <= REPAIR_M2
    assert seen[True] > 20
    assert seen[False] > 20


def test_overlays_that_broke_others_neither_break_the_examination_nor_lose_land(shared_data: Path) -> None:
    tried = 0
    for folder in ("general", "robust/overlay", "failure", "misc"):
        for file, case in cases(shared_data / "jts_topology" / folder):
            pair = [shape_of(case, "a"), shape_of(case, "b")]
            if not all(
                areal(s) and s is not None and s.is_valid and np.isfinite(s.bounds).all() for s in pair
            ):
                continue
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                first, second = (m.shape for m in mend(as_degrees([s for s in pair if s is not None])))
                if first is None or second is None:
                    continue
                found = examine_coverage([first, second])
            tried += 1
            common = shapely.area(shapely.intersection(first, second, grid_size=1e-9))
            total = shapely.area(first) + shapely.area(second)
            both = shapely.area(shapely.union(first, second, grid_size=1e-9))
            assert abs(total - common - both) < 1e-12, file.name
            if found.exact:
                assert common < 1e-12, file.name
    assert tried > 60
