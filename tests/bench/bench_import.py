"""How fast a village comes in as signed, logged and projected events, against ``ogr2ogr`` of the same file.

    pytest tests/bench/bench_import.py -s

The file holds the fields of the demonstration tehsil, laid side by side until there are enough.  ogr2ogr copies rows
and shapes into one table with a spatial index; ours reads and checks them, decides, signs, hashes, sequences, keeps the
map of states, and arranges the record as read.  Both write to the same PostGIS, in turns.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import psutil
import pytest

from api import intake
from api.demo import tehsil
from api.importing import Outcome
from gis.mapping import load_mapping
from gis.village import propose_village
from registry.cluster import Cluster
from tests.conftest import Database
from tests.e2e.house import Registry

pytestmark = [pytest.mark.bench, pytest.mark.timeout(900)]

PARCELS = int(os.environ.get("LANDLOG_BENCH_PARCELS", "10000"))
LEAST = 0.1
APART = 0.05  # degrees between two copies of the tehsil


def features() -> Iterator[dict[str, Any]]:
    """The tehsil's fields again and again, each copy elsewhere and with numbers of its own."""
    villages = [json.loads(village.geojson())["features"] for village in tehsil.generate()]
    for copy in count():
        for part, rows in enumerate(villages):
            yield from (_moved(row, copy, part) for row in rows)


def _moved(row: dict[str, Any], copy: int, part: int) -> dict[str, Any]:
    east, north = copy % 10 * APART, copy // 10 * APART
    rings = [
        [[[round(x + east, 10), round(y + north, 10)] for x, y in ring] for ring in polygon]
        for polygon in row["geometry"]["coordinates"]
    ]
    cells = dict(row["properties"])
    cells["Khasra No"] = f"{copy}-{part}-{cells['Khasra No']}"
    cells["Khata No"] = f"{copy}-{part}-{cells['Khata No']}"
    return {
        "type": "Feature",
        "properties": cells,
        "geometry": {"type": "MultiPolygon", "coordinates": rings},
    }


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("import") / "village.geojson"
    rows = [json.dumps(row, ensure_ascii=False) for row, _ in zip(features(), range(PARCELS), strict=False)]
    head = '{"type":"FeatureCollection","name":"village","features":[\n'
    place.write_text(head + ",\n".join(rows) + "\n]}\n", encoding="utf-8")
    return place


def _ours(registry: Registry, file: Path) -> tuple[float, float, Outcome]:
    """Seconds by the clock and of the processor (this process), and what came of it."""
    mapping = load_mapping(tehsil.MAPPING)
    mapping = replace(mapping, file=replace(mapping.file, within=(88.0, 18.0, 98.0, 28.0)))
    mapping = mapping.with_village(lgd="999101", name="Neemsari")
    started, used = time.perf_counter(), time.process_time()
    outcome = intake.register(
        registry.house,
        propose_village(file, mapping),
        key=registry.key("tahsildar"),
        source="bench",
        order_no="BENCH",
    )
    return time.perf_counter() - started, time.process_time() - used, outcome


def _ogr2ogr(database: Database, file: Path) -> float:
    program = shutil.which("ogr2ogr")
    assert program
    command = [program, "-f", "PostgreSQL", f"PG:{database.dsn}", str(file), "-nln", "bench", "-overwrite"]
    command += ["-gt", "100000", "--config", "PG_USE_COPY", "YES"]
    started = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - started


def test_import_of_ten_thousand_parcels(
    file: Path, database: Database, cluster: Cluster, tmp_path: Path
) -> None:
    if shutil.which("ogr2ogr") is None:
        pytest.skip(
            "ogr2ogr is not installed (apt-get install gdal-bin), so there is nothing to compare with"
        )
    registry = Registry.found(tmp_path / "home", database, office=tehsil.OFFICE)
    try:
        baseline = [_ogr2ogr(database, file), _ogr2ogr(database, file)]
        before = psutil.Process().memory_info().rss
        wall, processor, outcome = _ours(registry, file)
        memory = (psutil.Process().memory_info().rss - before) / 2**20
        baseline.append(_ogr2ogr(database, file))
        assert outcome.registered == PARCELS
        size = registry.size()
    finally:
        registry.close()
    peer = sorted(baseline)[1]
    print(
        f"\n{PARCELS} parcels, {len(outcome.orders)} orders, log of {size} entries"
        f"\n  ogr2ogr   {peer:6.2f} s  {PARCELS / peer:8.0f} parcels/s   (of {[round(b, 2) for b in baseline]})"
        f"\n  landlog   {wall:6.2f} s  {PARCELS / wall:8.0f} parcels/s   ({processor:.2f} s of this process, "
        f"+{memory:.0f} MiB)"
        f"\n  ratio     {peer / wall:.3f}  (at least {LEAST}; aim 0.25)"
    )
    assert peer / wall >= LEAST
