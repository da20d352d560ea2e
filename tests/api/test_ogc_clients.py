"""The map as GDAL reads it over a socket: every layer listed, filtered, paged and downloaded, in two systems."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
import shapely
import uvicorn

from api.app import create_app
from gis.ogc.layers import LAYERS
from gis.shapes import to_metric, to_web_mercator
from tests.api.world import KHATA_OF, World, field_shape

pytestmark = pytest.mark.skipif(
    shutil.which("ogr2ogr") is None, reason="GDAL's programs are not installed (apt-get install gdal-bin)"
)
UTM = 32644
PARCELS = len(KHATA_OF)
READ = """
import json, sys
import pyogrio
address, layer, crs = sys.argv[1:]
meta, _, shapes, _ = pyogrio.raw.read(address, layer=layer, CRS=crs, PAGE_SIZE=2)
print(json.dumps({"crs": meta["crs"], "shapes": [shape.hex() for shape in shapes]}))
"""
COUNTS = {"parcels": PARCELS, "land_use": PARCELS, "villages": 1, "restrictions": 3, "quality_faults": 2}
_LYING = (
    "insert into gis.restriction (parcel_id, label, village, restrictions, geom, geom_3857, valid_from, from_date)"
    " select parcel_id, label, village, 'stay', geom, geom_3857, valid_from, from_date from gis.parcel"
    " where label in ('1', '2', '3')",
    "insert into gis.fault (parcel_id, label, village, grade, reasons, area_m2, drawn_m2, geom, geom_3857, valid_from,"
    " from_date) select parcel_id, label, village, 'C', 'area-differs', area_m2, drawn_m2, geom, geom_3857, valid_from,"
    " from_date from gis.parcel where label in ('8', '9')",
)


@pytest.fixture(scope="module")
def address(village: World) -> Iterator[str]:
    """The counter on a port of this machine."""
    with village.house.datastore.transaction() as cursor:
        for statement in _LYING:
            cursor.execute(statement)
    app = create_app(village.house, now=lambda: village.at, allowance=None)
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="error"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        while not server.started:
            time.sleep(0.02)
        yield f"OAPIF:http://127.0.0.1:{listening.getsockname()[1]}/ogc"
        server.should_exit = True
        thread.join()


def run(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert "ERROR" not in done.stderr
    return done.stdout


def downloaded(target: Path, *arguments: str) -> list[dict]:
    """What ogr2ogr wrote as GeoJSON: the features."""
    run("ogr2ogr", "-f", "GeoJSON", str(target), *arguments)
    return json.loads(target.read_text())["features"]


def test_gdal_lists_every_layer(address: str) -> None:
    told = run("ogrinfo", address)
    assert {line.split(": ")[1].split(" ")[0] for line in told.splitlines() if line[:1].isdigit()} == set(
        COUNTS
    )


@pytest.mark.parametrize("layer", COUNTS)
def test_gdal_reads_the_columns_and_counts_every_page(address: str, layer: str) -> None:
    told = run("ogrinfo", "-so", address, layer, "-oo", "PAGE_SIZE=2")
    assert f"Feature Count: {COUNTS[layer]}" in told
    for name in next(one for one in LAYERS if one.id == layer).properties:
        assert f"{name}: " in told


@pytest.mark.parametrize("layer", COUNTS)
def test_gdal_downloads_every_layer_page_by_page(address: str, layer: str, tmp_path: Path) -> None:
    features = downloaded(tmp_path / "all.geojson", address, layer, "-oo", "PAGE_SIZE=2")
    assert len(features) == COUNTS[layer]
    if layer == "parcels":
        drawn = {f["properties"]["label"]: shapely.geometry.shape(f["geometry"]) for f in features}
        for label in KHATA_OF:
            assert drawn[label].symmetric_difference(field_shape(label)).area < 1e-12


@pytest.mark.parametrize(("layer", "code"), [*((layer, UTM) for layer in COUNTS), ("parcels", 3857)])
def test_gdal_downloads_every_layer_in_another_system(address: str, layer: str, code: int) -> None:
    """The GDAL inside pyogrio is young enough for Part 2: the server carries the shapes over."""
    told = json.loads(run(sys.executable, "-c", READ, address, layer, f"EPSG:{code}"))
    assert told["crs"] == f"EPSG:{code}"
    assert len(told["shapes"]) == COUNTS[layer]
    if layer == "parcels":
        flat = to_metric([field_shape(label) for label in KHATA_OF], code)
        assert shapely.hausdorff_distance(shapely.from_wkb(told["shapes"]), flat).max() < 1e-3


@pytest.mark.parametrize("layer", COUNTS)
def test_gdal_asks_for_a_bbox(address: str, layer: str, tmp_path: Path) -> None:
    west, south, east, north = shapely.buffer(field_shape("1"), -0.0001).bounds
    corners = [str(v) for v in (west, south, east, north)]
    features = downloaded(tmp_path / "some.geojson", address, layer, "-spat", *corners)
    assert len(features) == (0 if layer == "quality_faults" else 1)


@pytest.mark.parametrize(
    ("zoom", "row", "column"), [(16, 28065, 46967), (14, 7016, 11741), (19, 224521, 375740)]
)
def test_gdal_reads_the_parcels_in_a_tile_where_they_lie(
    address: str, zoom: int, row: int, column: int, tmp_path: Path
) -> None:
    place = (
        f"{address.removeprefix('OAPIF:')}/collections/parcels/tiles/WebMercatorQuad/{zoom}/{row}/{column}"
    )
    with urllib.request.urlopen(place) as answer:
        (tmp_path / "tile.pbf").write_bytes(answer.read())
    features = downloaded(tmp_path / "tile.geojson", "-lco", "RFC7946=NO", str(tmp_path / "tile.pbf"))
    side = 2 * 20037508.3427892 / 2**zoom
    west, north = column * side - 20037508.3427892, 20037508.3427892 - row * side
    tile = shapely.box(west, north - side, west + side, north)
    unit = side / 4096
    found = {f["properties"]["label"]: shapely.geometry.shape(f["geometry"]) for f in features}
    flat = dict(zip(KHATA_OF, to_web_mercator([field_shape(label) for label in KHATA_OF]), strict=True))
    assert set(found) == {label for label, shape in flat.items() if shape.intersects(tile)}
    for label, drawn in found.items():
        there = shapely.transform(drawn, lambda xy: xy * unit + [west, north - side])  # GDAL counts upwards
        assert there.intersection(tile).hausdorff_distance(flat[label].intersection(tile)) < 1.5 * unit


QGIS = "/usr/bin/python3"
READ_BY_QGIS = """
import json, sys
from qgis.core import QgsApplication, QgsVectorLayer, QgsVectorTileLayer
QgsApplication.setPrefixPath("/usr", True)
app = QgsApplication([], False)
app.initQgis()
address, *names = sys.argv[1:]
told = {}
for name in names:
    layer = QgsVectorLayer(f"url='{address}' typename='{name}' pageSize='2'", name, "OAPIF")
    places = [feature.geometry().isNull() for feature in layer.getFeatures()] if layer.isValid() else [True]
    told[name] = {"read": len(places), "drawn": not any(places), "columns": [f.name() for f in layer.fields()]}
tiles = f"{address}/collections/parcels/tiles/WebMercatorQuad/{{z}}/{{y}}/{{x}}"
layer = QgsVectorTileLayer(f"type=xyz&url={tiles}&zmin=12&zmax=18", "tiles")
told["tiles"] = layer.isValid()
print(json.dumps(told))
app.exitQgis()
"""


def _has_qgis() -> bool:
    asked = [QGIS, "-c", "import qgis.core"]
    return Path(QGIS).exists() and subprocess.run(asked, capture_output=True, timeout=60).returncode == 0


def test_qgis_draws_every_layer(address: str, tmp_path: Path) -> None:
    if not _has_qgis():
        pytest.skip("QGIS is not installed (apt-get install python3-qgis qgis-providers)")
    done = subprocess.run(
        [QGIS, "-c", READ_BY_QGIS, address.removeprefix("OAPIF:"), *COUNTS],
        capture_output=True,
        text=True,
        timeout=120,
        env={"QT_QPA_PLATFORM": "offscreen", "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert {name: told[name]["read"] for name in COUNTS} == COUNTS
    assert all(told[name]["drawn"] for name in COUNTS)
    assert {"parcel_id", "label", "village"} <= set(told["parcels"]["columns"])
    assert told["tiles"]
