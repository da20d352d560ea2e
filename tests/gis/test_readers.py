"""Map files: the three formats give the same rows; what is not fit to be read is refused in words."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from pyogrio.raw import write

from domain.errors import BadInput
from gis.mapping import parse_mapping
from gis.readers import SourceRow, open_source
from gis.shapes import drawn_area, to_metric
from tests.gis.maps import COLUMNS, MAPPING, cells, mapping, plot, write_geojson

pytestmark = pytest.mark.quick

TWO = [(cells(), plot(0)), (cells(Khasra="2", Khatedar="రవి / పెద్ద ఈశ్వర", Rakba=1060.5), plot(1))]


def rows_of(path: Path, text: str = MAPPING) -> list[SourceRow]:
    return [row for page in open_source(path, parse_mapping(text)).pages() for row in page]


def write_layer(path: Path, rows: list[tuple[dict[str, Any], Any]], **options: Any) -> Path:
    """The rows by GDAL: a GeoPackage or a Shapefile, as the name says."""
    settings: dict[str, Any] = {"crs": "EPSG:4326", "geometry_type": "Polygon", **options}
    columns = [np.array([str(r[0][c]) for r in rows], dtype=object) for c in COLUMNS]
    write(path, shapely.to_wkb(np.array([r[1] for r in rows], dtype=object)), columns, COLUMNS, **settings)
    return path


def refusal(path: Path, text: str = MAPPING) -> BadInput:
    with pytest.raises(BadInput) as caught:
        rows_of(path, text)
    assert caught.value.remedy
    return caught.value


@pytest.mark.parametrize("name", ["v.geojson", "v.gpkg", "v.shp"])
def test_the_three_formats_give_the_same_rows(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    if name.endswith("geojson"):
        write_geojson(path, TWO)
    else:
        write_layer(path, TWO, encoding="UTF-8")
    first, second = rows_of(path)
    assert (first.number, second.number) == (1, 2)
    assert first.cells["Khatedar"] == "आशा देवी / राम"
    assert second.cells["Khatedar"] == "రవి / పెద్ద ఈశ్వర"
    assert second.cells["Rakba"] == "1060.5"
    assert shapely.equals(shapely.normalize(first.shape), shapely.normalize(plot(0)))


def test_a_file_in_utm_comes_out_in_longitude_and_latitude(tmp_path: Path) -> None:
    flat = [(properties, to_metric([shape], 32643)[0]) for properties, shape in TWO]
    row = rows_of(write_layer(tmp_path / "v.gpkg", flat, crs="EPSG:32643"))[0]
    assert row.shape is not None
    assert shapely.hausdorff_distance(row.shape, plot(0)) < 1e-9
    assert abs(drawn_area(row.shape) - drawn_area(plot(0))) <= 0.01


def test_numbers_read_as_they_were_written(tmp_path: Path) -> None:
    figures = [1134, 0.54, 4.0, 1.1340000000000001, None]
    path = write_geojson(tmp_path / "v.geojson", [(cells(Rakba=f), plot(0)) for f in figures])
    assert [row.cells["Rakba"] for row in rows_of(path)] == ["1134", "0.54", "4", "1.134", None]
    khatas = write_geojson(tmp_path / "k.geojson", [(cells(Khata=k), plot(0)) for k in (463, None)])
    assert [row.cells["Khata"] for row in rows_of(khatas)] == ["463", None]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b"PK\x03\x04 and so on", "unpack it"),
        (b"<OGRVRTDataSource></OGRVRTDataSource>", "like none of them"),
        (b'{"type":"FeatureCollection","features":[]}', "no rows"),
        (b'{"type":"FeatureCollection","features":[{"type":"Feature"', "cannot be read"),
        (b'{"type":"Topology","objects":{}}', "cannot be read"),
        (b'{"a": 1}', "cannot be read"),
    ],
)
def test_a_file_that_is_no_map_is_refused(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "v.geojson"
    path.write_bytes(content)
    error = refusal(path)
    assert error.field == "file"
    assert says in f"{error} {error.remedy}"


def test_a_file_that_is_not_there_and_a_folder_are_refused(tmp_path: Path) -> None:
    assert "no such file" in str(refusal(tmp_path / "none.geojson"))
    assert "directory" in str(refusal(tmp_path))


def test_a_network_name_is_only_ever_a_file_name() -> None:
    assert "no such file" in str(refusal(Path("/vsicurl/http://example.org/v.geojson")))


def test_a_missing_column_is_named_with_those_that_are_there(tmp_path: Path) -> None:
    path = write_geojson(tmp_path / "v.geojson", TWO)
    error = refusal(path, MAPPING.replace('"Khasra"', '"Khasara"'))
    assert error.field == "Khasara"
    assert "Rakba, Shreni" in error.remedy
    assert "Did you mean 'Khasra'?" in error.remedy


def test_a_feature_that_states_a_property_twice_is_refused(tmp_path: Path) -> None:
    path = write_geojson(tmp_path / "v.geojson", TWO)
    path.write_text(path.read_text("utf-8").replace('"Khata": "7"', '"Khata": "7", "Khata": "8"', 1), "utf-8")
    assert "states 'Khata' twice" in str(refusal(path))
    escaped = path.read_text("utf-8").replace('"Khata": "8"', '"Khat\\u0061": "8"')
    path.write_text(escaped, "utf-8")
    assert "states 'Khata' twice" in str(refusal(path))


def test_a_value_that_equals_a_column_name_is_no_repeat(tmp_path: Path) -> None:
    path = write_geojson(tmp_path / "v.geojson", [(cells(Upyog="Khata"), plot(0))])
    assert rows_of(path)[0].cells["Upyog"] == "Khata"


def test_a_shapefile_without_its_table_or_reference_system_is_refused(tmp_path: Path) -> None:
    path = write_layer(tmp_path / "v.shp", TWO, encoding="UTF-8")
    (tmp_path / "v.prj").unlink()
    assert refusal(path).field == "file.crs"
    assert len(rows_of(path, MAPPING.replace("[file]", '[file]\ncrs = "EPSG:4326"'))) == 2
    (tmp_path / "v.dbf").unlink()
    assert "v.dbf is missing" in str(refusal(path))


def test_a_shapefile_that_does_not_say_its_encoding_is_refused_until_the_mapping_does(tmp_path: Path) -> None:
    path = write_layer(tmp_path / "v.shp", TWO, encoding="UTF-8")
    (tmp_path / "v.cpg").unlink()
    assert refusal(path).field == "file.encoding"
    stated = MAPPING.replace("[file]", '[file]\nencoding = "UTF-8"')
    assert rows_of(path, stated)[0].cells["Khatedar"] == "आशा देवी / राम"
    assert refusal(path, MAPPING.replace("[file]", '[file]\nencoding = "ISCII-9"')).field == "file.encoding"


@pytest.mark.parametrize("stated", ["", 'encoding = "UTF-8"'])
def test_a_letter_cut_in_half_spoils_its_own_cell_and_no_other(tmp_path: Path, stated: str) -> None:
    path = write_layer(tmp_path / "v.shp", TWO, encoding="UTF-8")
    table = (tmp_path / "v.dbf").read_bytes()
    word = "राम".encode()
    (tmp_path / "v.dbf").write_bytes(table.replace(word, word[:-1] + b" "))
    first, second = rows_of(path, MAPPING.replace("[file]", f"[file]\n{stated}"))
    assert first.cells["Khatedar"] == "आशा देवी / रा\ufffd"
    assert second.cells["Khatedar"] == "రవి / పెద్ద ఈశ్వర"


def test_coordinates_that_belong_to_another_reference_system_are_refused(tmp_path: Path) -> None:
    flat = [(properties, to_metric([shape], 32643)[0]) for properties, shape in TWO]
    error = refusal(write_layer(tmp_path / "v.gpkg", flat, crs="EPSG:4326"))
    assert error.field == "file.crs"
    assert "do not belong" in str(error)


@pytest.mark.parametrize("crs", ["EPSG:999999", "nonsense", 'LOCAL_CS["village chain",UNIT["metre",1]]'])
def test_a_reference_system_that_leads_nowhere_is_refused(tmp_path: Path, crs: str) -> None:
    path = write_geojson(tmp_path / "v.geojson", TWO)
    stated = MAPPING.replace("[file]", f"[file]\ncrs = {json.dumps(crs)}")
    assert refusal(path, stated).field == "file.crs"


def test_a_file_of_several_layers_needs_the_layer_named(tmp_path: Path) -> None:
    path = write_layer(tmp_path / "v.gpkg", TWO, layer="fields")
    write_layer(path, TWO[:1], layer="roads", append=True)
    error = refusal(path)
    assert error.field == "file.layer"
    assert "fields, roads" in error.remedy
    assert len(rows_of(path, MAPPING.replace("[file]", '[file]\nlayer = "roads"'))) == 1


def test_a_table_without_shapes_is_refused(tmp_path: Path) -> None:
    path = write_layer(tmp_path / "v.gpkg", TWO)
    write_without = np.array(["1"], dtype=object)
    write(path, None, [write_without], ["Khasra"], layer="table", append=True, geometry_type=None, crs=None)
    assert "no shapes" in str(refusal(path, MAPPING.replace("[file]", '[file]\nlayer = "table"')))


def test_a_row_without_a_shape_and_one_with_an_open_ring_are_told_apart(tmp_path: Path) -> None:
    path = write_geojson(tmp_path / "v.geojson", [(cells(), None), (cells(), plot(0))])
    text = path.read_text("utf-8")
    ring = json.loads(shapely.to_geojson(plot(0)))["coordinates"][0]
    path.write_text(text.replace(json.dumps(ring), json.dumps(ring[:-1])), "utf-8")
    none, open_ring = rows_of(path)
    assert (none.shape, none.shape_fault) == (None, "")
    assert open_ring.shape is None
    assert "does not close" in open_ring.shape_fault


@pytest.mark.parametrize("rows", [1, 45])
def test_rows_come_in_pages_and_keep_their_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: int
) -> None:
    monkeypatch.setattr("gis.readers.source.PAGE", 20)
    path = write_geojson(tmp_path / "v.geojson", [(cells(Khasra=str(n)), plot(n)) for n in range(rows)])
    pages = list(open_source(path, mapping()).pages())
    assert [row.number for page in pages for row in page] == list(range(1, rows + 1))
    assert max(map(len, pages)) <= 20
