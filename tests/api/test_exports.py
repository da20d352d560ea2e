"""A village as a file: what GDAL finds in it, what it says it stands on, and what it leaves out."""

from __future__ import annotations

import csv
import io
import json
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyogrio
import pytest
import shapely

from gis.export import FIELDS, FORMS, About, Form, Row, write
from tests.api.asking import Client
from tests.api.world import KHATA_OF, LGD, ORIGIN, World, field_shape, parcel

PARCELS = len(KHATA_OF)


def exported(client: Client, form: str, tmp_path: Path) -> Path:
    answer = client.get(f"/v1/villages/{LGD}/export.{form}")
    assert answer.status_code == 200, answer.text
    assert int(answer.headers["content-length"]) == len(answer.content)
    name = answer.headers["content-disposition"].split('"')[1]
    (tmp_path / name).write_bytes(answer.content)
    return tmp_path / name


@pytest.mark.parametrize("form", FORMS)
def test_gdal_reads_every_parcel_with_its_shape_and_its_columns(
    client: Client, form: Form, tmp_path: Path
) -> None:
    options = {"GEOM_POSSIBLE_NAMES": "wkt"} if form == "csv" else {}
    meta, _, shapes, columns = pyogrio.raw.read(str(exported(client, form, tmp_path)), **options)
    assert len(shapes) == PARCELS
    assert form == "csv" or meta["crs"] in ("EPSG:4326", "OGC:CRS84")
    named = dict(zip(meta["fields"].tolist(), columns, strict=True))
    assert list(named)[: len(FIELDS)] == [f.short if form == "shp" else f.name for f in FIELDS]
    for label, shape in zip(named["label"], shapely.from_wkb(shapes), strict=True):
        assert shape.symmetric_difference(field_shape(label)).area < 1e-13
    recorded = named["rec_m2" if form == "shp" else "recorded_m2"]
    assert [float(v) for v in recorded] == [4021.0] * PARCELS
    assert set(named["parcel_id"]) == {parcel(n) for n in range(1, 10)}


def test_each_form_says_by_which_checkpoint_it_is_true(
    client: Client, village: World, tmp_path: Path
) -> None:
    size = client.get(f"/v1/parcels/{parcel(1)}").json()["as_of"]["checkpoint_size"]
    checkpoint = client.get("/log/checkpoint").text
    told = [json.loads(exported(client, "geojson", tmp_path).read_text())["metadata"]]
    with zipfile.ZipFile(exported(client, "shp", tmp_path)) as archive:
        told.append(json.loads(archive.read("metadata.json")))
    info = pyogrio.read_info(str(exported(client, "gpkg", tmp_path)))
    assert info["layer_name"] == "parcels"
    told.append(json.loads(info["dataset_metadata"]["LANDLOG"]))
    for metadata in told:
        assert metadata["checkpoint"]["size"] == size
        assert metadata["checkpoint"]["note"] == checkpoint
        assert metadata["registry"] == ORIGIN
        assert metadata["village"]["name_local"] == "देवगढ़"
    beside = client.get(f"/v1/villages/{LGD}/export.csv-metadata.json").json()
    assert beside["notes"][0]["checkpoint"]["size"] == size
    link = client.get(f"/v1/villages/{LGD}/export.csv").headers["link"]
    assert link.startswith("<export.csv-metadata.json>")


def test_the_columns_of_the_csv_are_those_that_its_metadata_names(client: Client) -> None:
    text = client.get(f"/v1/villages/{LGD}/export.csv").text
    head, *rows = csv.reader(io.StringIO(text))
    beside = client.get(f"/v1/villages/{LGD}/export.csv-metadata.json").json()
    assert head == [column["name"] for column in beside["tableSchema"]["columns"]]
    assert len(rows) == PARCELS
    assert rows[0][head.index("area_figure")] == "0.4021"


def test_no_number_of_a_parcel_is_a_formula_in_whoever_opens_the_csv(tmp_path: Path) -> None:
    about = About(
        lgd=LGD,
        name="Devgarh",
        name_local=None,
        parcels=1,
        origin=ORIGIN,
        log_size=1,
        checkpoint_size=None,
        cosigned_at=None,
        note=None,
    )
    told = {"label": '=HYPERLINK("http://example.org")', "khata": "@45", "drawn_m2": Decimal("12.00")}
    row = Row(values=[told.get(field.name) for field in FIELDS], shape=None)
    write([row], about, "csv", tmp_path / "parcels.csv")
    (cells,) = csv.DictReader(io.StringIO((tmp_path / "parcels.csv").read_text("utf-8")))
    assert (cells["label"], cells["khata"]) == (f"'{told['label']}", "'@45")
    assert (cells["drawn_m2"], cells["class"]) == ("12.00", "")


def test_the_short_names_of_a_shapefile_fit_and_are_explained(client: Client, tmp_path: Path) -> None:
    assert all(len(f.short) <= 10 for f in FIELDS)
    assert len({f.short for f in FIELDS}) == len(FIELDS)
    with zipfile.ZipFile(exported(client, "shp", tmp_path)) as archive:
        metadata = json.loads(archive.read("metadata.json"))
        assert {n.rpartition(".")[2] for n in archive.namelist()} == {
            "shp",
            "shx",
            "dbf",
            "prj",
            "cpg",
            "json",
        }
        assert archive.read(f"parcels-{LGD}.cpg") == b"UTF-8"
    assert metadata["columns"]["rec_m2"] == "recorded_m2"


def test_holders_are_in_no_export(client: Client, tmp_path: Path) -> None:
    for form in FORMS:
        data = exported(client, form, tmp_path).read_bytes()
        if form == "shp":
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                data = b"".join(archive.read(name) for name in archive.namelist())
        assert "आशा".encode() not in data
        assert "ठाकुर".encode() not in data


def test_an_export_is_made_again_only_when_the_log_has_moved(client: Client) -> None:
    first = client.get(f"/v1/villages/{LGD}/export.csv")
    same = client.get(f"/v1/villages/{LGD}/export.csv", headers={"If-None-Match": first.headers["etag"]})
    assert (same.status_code, same.content) == (304, b"")
    other = client.get(f"/v1/villages/{LGD}/export.geojson", headers={"If-None-Match": first.headers["etag"]})
    assert other.status_code == 200


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("999999/export.gpkg", 404),
        (f"{LGD}/export.xlsx", 400),
        (f"{LGD}/export.", 404),
        ("x/export.csv", 400),
    ],
)
def test_what_cannot_be_exported_is_told(client: Client, path: str, status: int) -> None:
    answer = client.get(f"/v1/villages/{path}")
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")


# ---- the writers ----------------------------------------------------------------------------------------------

ABOUT = About(
    lgd=LGD,
    name="Devgarh",
    name_local=None,
    parcels=2,
    origin=ORIGIN,
    log_size=1,
    checkpoint_size=None,
    cosigned_at=None,
    note=None,
)


def rows(count: int, **changed: object) -> Iterator[Row]:
    for n in range(count):
        values = {f.name: f"{f.name} {n}" for f in FIELDS if f.kind == "text"} | {
            "parcel_id": f"{LGD}-{n:06d}",
            "recorded_m2": Decimal("1.5"),
            "drawn_m2": None,
            "drawn_since": None,
            "version": n,
            **changed,
        }
        shape = None if n == 0 else shapely.to_wkb(shapely.box(78, 25, 78 + n / 1e6, 25.001))
        yield Row([values[f.name] for f in FIELDS], shape)


@pytest.mark.quick
@pytest.mark.parametrize("form", FORMS)
def test_a_village_larger_than_a_batch_is_written_whole_and_land_without_a_map_is_kept(
    form: Form, tmp_path: Path
) -> None:
    target = tmp_path / f"x.{'shp.zip' if form == 'shp' else form}"
    assert write(rows(1203), ABOUT, form, target) == 1203
    options = {"GEOM_POSSIBLE_NAMES": "wkt"} if form == "csv" else {}
    meta, _, shapes, columns = pyogrio.raw.read(str(target), **options)
    assert len(shapes) == 1203
    assert shapes[0] is None or len(shapes[0]) == 0 or form == "csv"
    versions = columns[meta["fields"].tolist().index("version")]
    assert np.array_equal(versions.astype(int), np.arange(1203))


@pytest.mark.quick
@pytest.mark.parametrize("form", FORMS)
def test_an_empty_village_is_an_empty_file(form: Form, tmp_path: Path) -> None:
    target = tmp_path / f"x.{'shp.zip' if form == 'shp' else form}"
    assert write(rows(0), ABOUT, form, target) == 0
    assert len(pyogrio.raw.read(str(target))[2]) == 0


@pytest.mark.quick
def test_a_cell_too_long_for_a_shapefile_is_cut_between_letters_and_counted(tmp_path: Path) -> None:
    target = tmp_path / "x.shp.zip"
    write(rows(3, restrictions="रोक, " * 60), ABOUT, "shp", target)
    meta, _, _, columns = pyogrio.raw.read(str(target))
    cut = columns[meta["fields"].tolist().index("restrict")][0]
    assert ("रोक, " * 60).startswith(cut)
    assert 240 < len(cut.encode()) <= 254
    with zipfile.ZipFile(target) as archive:
        assert json.loads(archive.read("metadata.json"))["cells_cut_at_254_bytes"] == {"restrictions": 3}


@pytest.mark.skipif(shutil.which("ogrinfo") is None, reason="GDAL's programs are not installed (gdal-bin)")
def test_the_gdal_of_an_older_machine_opens_them_too(client: Client, tmp_path: Path) -> None:
    for form in FORMS:
        done = subprocess.run(
            ["ogrinfo", "-so", "-al", str(exported(client, form, tmp_path))], capture_output=True, text=True
        )
        assert done.returncode == 0
        assert f"Feature Count: {PARCELS}" in done.stdout
