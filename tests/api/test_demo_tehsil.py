"""The demonstration tehsil: a true coverage, a plausible record, files like real ones, and the same each time."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections import Counter
from decimal import Decimal
from fractions import Fraction
from functools import cache
from hashlib import sha256
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import shapely

from api.demo.ground import Use
from api.demo.tehsil import MAPPING, DemoVillage, generate
from domain.ids import parse_village
from gis.holders import read_holders
from gis.mapping import Mapping, load_mapping
from gis.readers import open_source
from gis.shapes import drawn_areas

CORRIDORS = {Use.ROAD, Use.TRACK, Use.STREAM, Use.POND}
BEYOND_THE_DIRECTORY = 999_000  # no village of the directory has a code from here on
PUBLIC = {"सार्वजनिक", "Public land"}
SEEDS = (2026, 7)


tehsil_of = cache(generate)  # a second or two each


@pytest.fixture(scope="module", params=SEEDS, ids=lambda seed: f"seed {seed}")
def tehsil(request: pytest.FixtureRequest) -> tuple[DemoVillage, ...]:
    return tehsil_of(request.param)


@pytest.fixture(scope="module")
def mapping() -> Mapping:
    return load_mapping(MAPPING)


def rows_of(village: DemoVillage) -> list[dict[str, Any]]:
    return [feature["properties"] for feature in json.loads(village.geojson())["features"]]


def digest(villages: tuple[DemoVillage, ...]) -> str:
    return sha256("".join(village.geojson() for village in villages).encode()).hexdigest()


def test_one_seed_gives_the_same_bytes_in_another_process_too() -> None:
    program = "from tests.api.test_demo_tehsil import digest, generate; print(digest(generate()))"
    other = subprocess.run(
        [sys.executable, "-c", program],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTHONHASHSEED": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert other.stdout.strip() == digest(tehsil_of(2026))


def test_another_seed_gives_another_tehsil() -> None:
    assert digest(tehsil_of(SEEDS[0])) != digest(tehsil_of(SEEDS[1]))


def test_there_are_three_villages_of_some_four_hundred_parcels(tehsil: tuple[DemoVillage, ...]) -> None:
    assert [(v.lgd, v.name, v.office) for v in tehsil] == [
        ("999101", "Neemsari", "99/901/9001"),
        ("999102", "Pipaljhari", "99/901/9001"),
        ("999103", "Kamaltal", "99/901/9001"),
    ]
    assert all(parse_village(v.lgd) and int(v.lgd) > BEYOND_THE_DIRECTORY for v in tehsil)
    assert 360 <= sum(len(v.parcels) for v in tehsil) <= 440


def test_parcels_tile_the_tehsil_without_gap_overlap_or_stray_vertex(tehsil: tuple[DemoVillage, ...]) -> None:
    shapes = [parcel.shape for village in tehsil for parcel in village.parcels]
    assert all(shape.is_valid for shape in shapes)
    assert shapely.coverage_is_valid(shapes)
    whole = shapely.coverage_union_all(shapes)
    assert [len(part.interiors) for part in shapely.get_parts(whole)] == [0]


def test_every_parcel_has_the_size_of_a_field_and_is_recorded_as_it_is_drawn(
    tehsil: tuple[DemoVillage, ...],
) -> None:
    for village in tehsil:
        drawn = drawn_areas([parcel.shape for parcel in village.parcels])
        assert min(drawn) >= 300
        assert max(drawn) <= 40_000
        for parcel, area in zip(village.parcels, drawn, strict=True):
            assert parcel.area_ha.as_tuple().exponent == -4
            assert abs(parcel.area_ha * 10_000 - area) <= area * Decimal("0.005") + Decimal("0.5"), (
                parcel.label
            )


def test_fields_are_compact_and_few_are_rectangles(tehsil: tuple[DemoVillage, ...]) -> None:
    fields = [p.shape for v in tehsil for p in v.parcels if p.use not in CORRIDORS]
    compact = sorted(shape.area / shape.convex_hull.area for shape in fields)
    assert compact[len(compact) // 20] > 0.85
    boxy = [shape.area / shape.minimum_rotated_rectangle.area > 0.99 for shape in fields]
    assert sum(boxy) < len(fields) / 20


def test_every_village_has_road_stream_pond_habitation_and_land_for_all(
    tehsil: tuple[DemoVillage, ...],
) -> None:
    kept = {Use.ROAD, Use.TRACK, Use.STREAM, Use.POND, Use.HABITATION, Use.PASTURE, Use.CREMATION, Use.SCHOOL}
    for village in tehsil:
        assert kept <= {parcel.use for parcel in village.parcels}
        for parcel in village.parcels:
            if parcel.use in kept:
                assert [str(person.parent.local) for person in parcel.khata.holders] == [""], parcel.label


def test_khasra_numbers_run_without_a_gap_and_parts_of_one_number_are_neighbours(
    tehsil: tuple[DemoVillage, ...],
) -> None:
    for village in tehsil:
        labels = [parcel.label for parcel in village.parcels]
        assert len(set(labels)) == len(labels)
        numbers = [int(label.partition("/")[0]) for label in labels]
        assert sorted(set(numbers)) == list(range(1, max(numbers) + 1)) == list(dict.fromkeys(numbers))
        assert sum("/" in label for label in labels) >= 10
        for one, two in pairwise(village.parcels):
            if one.undivided_label and one.undivided_label == two.undivided_label:
                assert one.shape.intersection(two.shape).length > 0, two.label


def test_numbers_wander_through_the_village_instead_of_jumping(tehsil: tuple[DemoVillage, ...]) -> None:
    for village in tehsil:
        steps = [one.shape.distance(two.shape) for one, two in pairwise(village.parcels)]
        side = village.parcels[0].shape.area ** 0.5
        assert sum(step < side for step in steps) > len(steps) * 0.85


def test_stated_shares_are_whole_and_some_joint_khatas_state_none(tehsil: tuple[DemoVillage, ...]) -> None:
    for village in tehsil:
        for khata in village.khatas:
            if khata.shares:
                assert sum(khata.shares) == 1
                assert len(khata.shares) == len(khata.holders)
            assert len(set(khata.holders)) == len(khata.holders), khata.label
        assert [len(k.holders) > 1 for k in village.khatas if not k.shares] == [True]
        assert sum(2 <= len(k.holders) <= 6 for k in village.khatas) >= 15


def test_one_khata_has_a_dozen_parcels_and_one_has_forty_holders(tehsil: tuple[DemoVillage, ...]) -> None:
    families = [k for v in tehsil for k in v.khatas if k.holders[0].parent.local]
    assert max(len(khata.plots) for khata in families) == 12
    crowd = [khata for khata in families if len(khata.holders) == 40]
    assert len(crowd) == 1
    assert len(set(crowd[0].shares)) > 3


def test_each_parcel_is_in_one_khata_and_every_khata_has_parcels(tehsil: tuple[DemoVillage, ...]) -> None:
    for village in tehsil:
        assert [k.label for k in village.khatas] == [str(n) for n in range(1, len(village.khatas) + 1)]
        placed = Counter(position for khata in village.khatas for position in khata.plots)
        assert placed == Counter(range(len(village.parcels)))
        assert all(khata.plots for khata in village.khatas)


def test_two_villages_write_devanagari_and_one_writes_roman(tehsil: tuple[DemoVillage, ...]) -> None:
    for village in tehsil:
        cells = " ".join(row["Khatedar"] for row in rows_of(village))
        assert bool(re.search("[\u0900-\u097f]", cells)) is not village.roman
        assert bool(re.search("[A-Za-z]", cells)) is village.roman
    assert [village.languages[0] for village in tehsil] == ["hi", "hi", "en"]


def test_a_holder_cell_names_each_holder_with_a_parent_and_its_share(tehsil: tuple[DemoVillage, ...]) -> None:
    for village in tehsil:
        for parcel, row in zip(village.parcels, rows_of(village), strict=True):
            holders = row["Khatedar"].split(", ")
            assert len(holders) == len(parcel.khata.holders)
            assert all(
                len(holder.split(" / ")) == (1 if row["Kaise Mila"] in PUBLIC else 2) for holder in holders
            )
            if row["Ansh"] is not None:
                assert tuple(Fraction(share) for share in row["Ansh"].split(",")) == parcel.khata.shares


def test_the_file_has_the_form_of_a_real_one(tehsil: tuple[DemoVillage, ...], tmp_path: Path) -> None:
    for village in tehsil:
        path = village.write(tmp_path / "villages")
        text = path.read_text("utf-8")
        assert len(text.splitlines()) == len(village.parcels) + 2
        document = json.loads(text)
        assert document["type"] == "FeatureCollection"
        for feature in document["features"]:
            assert feature["geometry"]["type"] == "MultiPolygon"
            shape = shapely.from_geojson(json.dumps(feature["geometry"]))
            assert shapely.is_ccw(shapely.get_exterior_ring(shapely.get_geometry(shape, 0)))
        figures = re.findall(r"-?\d+\.(\d+)[,\]]", text)
        assert max(map(len, figures)) == 10


def test_the_mapping_finds_its_columns_in_every_village(
    tehsil: tuple[DemoVillage, ...], mapping: Mapping, tmp_path: Path
) -> None:
    west, south, east, north = mapping.file.within
    for village in tehsil:
        stated = mapping.with_village(
            lgd=village.lgd,
            name=village.name,
            name_local=village.name_local,
            languages=list(village.languages),
        ).the_village()
        assert stated.office == village.office
        source = open_source(village.write(tmp_path), mapping)
        assert set(source.unused) == {"Gram", "Kaise Mila"}
        rows = [row for page in source.pages() for row in page]
        assert [row.cells[mapping.parcel.label] for row in rows] == [p.label for p in village.parcels]
        assert [row.cells[mapping.parcel.area] for row in rows] == [str(p.area_ha) for p in village.parcels]
        for row in rows:
            assert row.shape is not None
            assert shapely.box(west, south, east, north).covers(row.shape)


def test_the_mapping_has_a_code_for_every_class_use_and_tenure(
    tehsil: tuple[DemoVillage, ...], mapping: Mapping
) -> None:
    rows = [row for village in tehsil for row in rows_of(village)]
    assert {row[mapping.parcel.land_class] for row in rows} <= set(mapping.codes.land_class)
    assert {row[mapping.parcel.use] for row in rows} <= set(mapping.codes.use)
    assert {row[mapping.unit.tenure] for row in rows} <= set(mapping.codes.tenure)
    assert all(re.fullmatch("[a-z0-9]+(-[a-z0-9]+)*", code) for code in mapping.codes.use.values())


def test_the_import_reads_every_holder_and_share_as_they_were_written(
    tehsil: tuple[DemoVillage, ...], mapping: Mapping
) -> None:
    for village in tehsil:
        for parcel, row in zip(village.parcels, rows_of(village), strict=True):
            read = read_holders(row["Khatedar"], row["Ansh"], 1, mapping.unit)
            assert read.flags == (), parcel.label
            written = [
                person.name.roman if village.roman else person.name.local for person in parcel.khata.holders
            ]
            assert [holder.name for holder in read.holders] == written
            stated = parcel.khata.shares or [None] * len(written)
            assert [holder.share for holder in read.holders] == list(stated)
