"""Files made to hurt: refused before they cost time or memory, in words that name the place and the remedy."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import unicodedata
import zipfile
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely

from domain import form
from domain.errors import BadInput
from domain.values import Text
from gis.mapping import parse_mapping
from gis.text import is_damaged
from gis.village import ProposedVillage, propose_village
from tests.conftest import ROOT
from tests.gis.maps import MAPPING, cells, plot, write_geojson
from tests.gis.test_readers import TWO, refusal, rows_of, write_layer


@dataclass(frozen=True, kw_only=True)
class _Named:
    name: Text


MEMORY = 1 << 30  # bytes that the reading of a hostile file may take besides the program itself


def propose(path: Path) -> ProposedVillage:
    return propose_village(path, parse_mapping(MAPPING))


def write_raw(path: Path, geometry: str, **values: Any) -> Path:
    """A sound row, and one whose shape is written as it stands."""
    properties = json.dumps(cells(Khasra="2", **values), ensure_ascii=False)
    sound = json.dumps(
        {"type": "Feature", "properties": cells(), "geometry": json.loads(shapely.to_geojson(plot(0)))}
    )
    feature = f'{{"type":"Feature","properties":{properties},"geometry":{geometry}}}'
    path.write_text(f'{{"type":"FeatureCollection","features":[{sound},{feature}]}}', "utf-8")
    return path


def ring(*xs: str) -> str:
    return f'{{"type":"Polygon","coordinates":[[[77.5,15.5],[{xs[0]},15.5],[77.5003,{xs[1]}],[77.5,15.5]]]}}'


@pytest.mark.parametrize(
    "shape",
    [
        ring("NaN", "15.5003"),
        ring("-Infinity", "15.5003"),
        ring("1e308", "15.5003"),
        ring("77.5003", "1e30"),
        ring('"77.5003"', "15.5003"),
        ring("null", "15.5003"),
        '{"type":"Polygon","coordinates":[]}',
        '{"type":"Polygon","coordinates":[[]]}',
        '{"type":"Polygon","coordinates":[[[]]]}',
        '{"type":"Polygon"}',
        '{"type":"MultiPolygon","coordinates":[[[[77.5,15.5],[77.5003,15.5],[77.5003,15.5003],[77.5,15.5]]],[]]}',
        '{"type":"Polygon","coordinates":[[[77.5],[77.6],[77.7],[77.5]]]}',
        '{"type":"Polygon","coordinates":[[[77.5,15.5],[77.5003,15.5],[77.5003,15.5003],[77.5,15.5]],[]]}',
        '{"type":"Polyhedron","coordinates":[]}',
        '{"type":"GeometryCollection","geometries":[]}',
        "[]",
        "7",
    ],
)
def test_an_absurd_shape_refuses_its_own_row_and_no_other(tmp_path: Path, shape: str) -> None:
    report = propose(write_raw(tmp_path / "v.geojson", shape)).report
    assert report.used == 1
    assert [(r.row, r.label, r.reasons[0].code) for r in report.refused] == [(2, "2", "bad-shape")]
    assert report.refused[0].reasons[0].sentence
    assert report.refused[0].reasons[0].remedy


@pytest.mark.parametrize("name", ["v.geojson", "v.topojson"])
def test_a_number_that_no_machine_holds_refuses_the_file(tmp_path: Path, name: str) -> None:
    path = write_raw(tmp_path / name, ring("1e400", "15.5003"))
    assert "cannot be read" in str(refusal(path))


@pytest.mark.parametrize("depth", [2_000, 300_000])
@pytest.mark.parametrize("kind", ["a cell", "a shape", "a topology"])
def test_nesting_without_end_is_refused(tmp_path: Path, kind: str, depth: int) -> None:
    path = tmp_path / "v.geojson"
    if kind == "a cell":
        write_raw(path, "null", Ansh="DEEP")
        path.write_text(path.read_text("utf-8").replace('"DEEP"', "[" * depth + "]" * depth), "utf-8")
    else:
        inner = '{"type":"GeometryCollection","geometries":['
        deep = inner * depth + "]}" * depth
        if kind == "a shape":
            write_raw(path, deep)
        else:
            path.write_text(f'{{"type":"Topology","arcs":[],"objects":{{"a":{deep}}}}}', "utf-8")
    assert "cannot be read" in str(refusal(path))


def test_ten_million_corners_are_refused_before_they_are_parsed(tmp_path: Path) -> None:
    path = tmp_path / "v.geojson"
    with path.open("w") as file:
        file.write('{"type":"FeatureCollection","features":[{"type":"Feature","properties":{},"geometry":')
        file.write('{"type":"Polygon","coordinates":[[')
        for _ in range(1_000):
            file.write("[77,15]," * 10_000)
        file.write("[77,15]]]}}]}")
    assert "5,000,000 corners" in within_bounds(path)


def test_a_shape_of_too_many_corners_refuses_its_row(tmp_path: Path) -> None:
    turns = np.linspace(0, 2 * np.pi, 80_001)
    round_plot = shapely.Polygon(
        np.column_stack((77.501 + np.cos(turns) / 6_000, 15.501 + np.sin(turns) / 6_000))
    )
    report = propose(
        write_geojson(tmp_path / "v.geojson", [(cells(), plot(0)), (cells(Khasra="2"), round_plot)])
    ).report
    assert report.used == 1
    assert "80,001 corners; at most 50,000" in report.refused[0].reasons[-1].sentence


def test_columns_without_number_are_refused(tmp_path: Path) -> None:
    many = {f"c{n}": 1 for n in range(50_000)}
    path = write_geojson(tmp_path / "v.geojson", [(cells() | many, plot(0))])
    assert "1,000 columns" in within_bounds(path)


def within_bounds(path: Path, mapping: str = MAPPING) -> str:
    """What a process of bounded memory says of the file."""
    program = (
        "import resource, sys\n"
        "from domain.errors import BadInput\n"
        "from gis.mapping import parse_mapping\n"
        "from gis.village import propose_village\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "try:\n    propose_village(sys.argv[1], parse_mapping(sys.argv[2]))\n"
        "except BadInput as error:\n    print(error)\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, path, mapping],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    *said, grown = done.stdout.splitlines()
    assert int(grown) * 1024 < MEMORY
    return "\n".join(said)


def test_an_archive_is_not_unpacked(tmp_path: Path) -> None:
    path = tmp_path / "v.kmz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("doc.kml", b"\0" * (64 << 20))
    assert path.stat().st_size < 1 << 20
    assert "unpack it first" in str(refusal(path))
    (tmp_path / "v.gz").write_bytes(b"\x1f\x8b\x08\x00")
    assert "unpack it first" in str(refusal(tmp_path / "v.gz"))


def test_a_file_that_is_larger_than_it_may_be_is_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "v.gpkg"
    path.touch()
    os.truncate(path, (256 << 20) + 1)
    assert "larger than 256 MiB" in str(refusal(path))


def test_what_is_no_ordinary_file_is_refused(tmp_path: Path) -> None:
    pipe = tmp_path / "v.geojson"
    os.mkfifo(pipe)
    assert "no ordinary file" in str(refusal(pipe))
    assert "no ordinary file" in str(refusal(Path("/dev/zero")))
    assert "cannot be read" in str(refusal(Path("v\0.geojson")))


@pytest.mark.parametrize("part", ["v.shp", "v.shx", "v.dbf", "v.gpkg"])
@pytest.mark.parametrize("kept", [0.05, 0.5, 0.95])
def test_a_file_that_was_cut_short_is_refused_whole(tmp_path: Path, part: str, kept: float) -> None:
    path = tmp_path / ("v.gpkg" if part == "v.gpkg" else "v.shp")
    write_layer(path, TWO * 20, encoding="UTF-8")
    os.truncate(tmp_path / part, int((tmp_path / part).stat().st_size * kept))
    error = refusal(path)
    assert error.field == "file"
    assert "cut short" in str(error) or "cannot be read" in str(error)


def test_shapes_and_rows_of_two_exports_are_not_put_together(tmp_path: Path) -> None:
    path = write_layer(tmp_path / "v.shp", TWO, encoding="UTF-8")
    write_layer(tmp_path / "w.shp", TWO[:1], encoding="UTF-8")
    (tmp_path / "w.dbf").replace(tmp_path / "v.dbf")
    assert "1 rows" in str(refusal(path))


@pytest.mark.parametrize(
    "trick",
    [
        "alter table fields add column w text generated always as (hex(zeroblob(1000000000)))",
        "alter table fields rename to kept; create view fields as with recursive n(i) as"
        " (select 1 union all select i + 1 from n) select kept.* from kept, n",
    ],
)
def test_a_layer_that_is_computed_is_not_run(tmp_path: Path, trick: str) -> None:
    path = write_layer(tmp_path / "v.gpkg", TWO, layer="fields")
    with closing(sqlite3.connect(path)) as database:
        database.execute("pragma legacy_alter_table = on")
        for (name,) in database.execute("select name from sqlite_master where type = 'trigger'").fetchall():
            database.execute(f'drop trigger "{name}"')
        database.executescript(trick)
    said = within_bounds(path, MAPPING.replace("[file]", '[file]\nlayer = "fields"'))
    assert "computed, not stored" in said


def test_noise_after_a_known_beginning_is_refused_or_its_rows_are(tmp_path: Path) -> None:
    noise = bytes(range(256)) * 40
    for name, head in (
        ("v.gpkg", b"SQLite format 3\0"),
        ("v.geojson", b'{"type":"FeatureCollection","features":['),
        ("v.topojson", b'{"type":"Topology","objects":'),
        ("v.kml", b'<?xml version="1.0"?><kml>'),
        ("v.dxf", b"0\nSECTION\n2\nENTITIES\n"),
        ("v.csv", b"Khasra,Rakba\n"),
    ):
        (tmp_path / name).write_bytes(head + noise)
        assert refusal(tmp_path / name).field in ("file", "file.encoding", "mapping.sheet")


def test_geojson_in_another_encoding_spoils_its_own_cells(tmp_path: Path) -> None:
    path = write_geojson(
        tmp_path / "v.geojson",
        [(cells(Khatedar="Ren\u00e9 / Jos\u00e9"), plot(0)), (cells(Khasra="2"), plot(1))],
    )
    path.write_bytes(path.read_bytes().replace("\u00e9".encode(), b"\xe9"))
    first, second = rows_of(path)
    assert "\ufffd" in str(first.cells["Khatedar"])
    assert second.cells["Khatedar"] == "आशा देवी / राम"


def test_a_text_that_the_forms_of_an_order_refuse_is_flagged_when_it_is_read() -> None:
    """All letters of the scripts of India and the marks around them, one by one, and one of each thousand others."""
    for code in (*range(0x3000), *range(0x3000, 0x110000, 997)):
        letter = chr(code)
        if letter.isspace() or unicodedata.combining(letter):
            continue  # blanks are no part of a text's end, and a mark alone joins the letter before it
        try:
            form.read(_Named, {"name": f"a{letter}a"})
            refused = False
        except BadInput:
            refused = True
        assert refused == is_damaged(f"a{letter}a"), f"U+{code:04X}"
    assert is_damaged("\u0c5f")  # unassigned, and in real files
