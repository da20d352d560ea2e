"""How fast a village comes in as signed, logged and projected events, against ``ogr2ogr`` of the same file.

    pytest tests/bench/bench_import.py -s
    LANDLOG_BENCH_PARCELS=100000 pytest tests/bench/bench_import.py -s      (takes a few minutes)

The file holds real villages with their holders, laid side by side until there are enough; where their data is not at
hand, the fields of the demonstration tehsil.  ogr2ogr copies rows and shapes into one table with a spatial index; ours
reads and checks them, decides, signs, hashes, sequences, keeps the map of states, and arranges the record as read.
Both write to the same PostGIS, in turns.  Two times are told: until a signed checkpoint covers every order, and until
all of it can be read.  What each leg used of the processors (its processes and the server's) is told too: where other
work shares the machine, that says more than the clock.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

import psutil
import pytest
from shapely.geometry import shape

from api import collector, intake
from api.demo import tehsil
from api.importing import Outcome
from gis.mapping import load_mapping
from gis.shapes import drawn_area
from gis.village import propose_village
from registry.cluster import Cluster
from tests.conftest import ROOT, Database
from tests.e2e.house import Registry

pytestmark = [pytest.mark.bench, pytest.mark.timeout(1800)]

PARCELS = int(os.environ.get("LANDLOG_BENCH_PARCELS", "10000"))
LEAST = 0.1
APART = 0.1  # degrees between two copies of the villages
REAL = ROOT.parent / "shared" / "data" / "ap_krishna_bhunaksha"
WHERE = (60.0, 0.0, 120.0, 40.0)


def features() -> Iterator[dict[str, Any]]:
    """The villages' fields again and again, each copy elsewhere and with numbers of its own."""
    villages = list(_real_villages()) or [
        json.loads(village.geojson())["features"] for village in tehsil.generate()
    ]
    for copy in count():
        for part, rows in enumerate(villages):
            yield from (_moved(row, copy, part) for row in rows)


def _real_villages() -> Iterator[list[dict[str, Any]]]:
    """Villages of Krishna district, the newest version of each, in the columns of the demonstration tehsil."""
    for name in ("628002", "639002_2026-01-04b", "639004", "643015_W_2026-02-23"):
        place = REAL / f"village_{name}.geojson"
        if place.exists():
            rows = json.loads(place.read_text(encoding="utf-8"))["features"]
            yield list(
                {row["properties"]["Khasra No"]: row for row in map(_in_columns, rows) if row}.values()
            )


def _in_columns(row: dict[str, Any]) -> dict[str, Any] | None:
    cells, drawn = row["properties"], shape(row["geometry"])
    if not drawn.is_valid or drawn.geom_type != "Polygon" or not cells["holder"]:
        return None
    holder, relation = (" ".join(str(cells[n] or "").replace("/", " ").replace(",", " ").split())[:60]
                        for n in ("holder", "relation"))  # fmt: skip
    return {
        "properties": {
            "Gram": "999101",
            "Khasra No": str(cells["lpm"]),
            "Purana No": None,
            "Rakba Ha": f"{drawn_area(drawn) / 10_000:.4f}",
            "Shreni": "1-क संक्रमणीय भूमिधर",
            "Upyog": "असिंचित",
            "Khata No": str(cells["lpm"]),
            "Khatedar": f"{holder} / {relation}" if relation else holder,
            "Ansh": "1",
            "Kaise Mila": "विरासत",
        },
        "geometry": {"coordinates": [row["geometry"]["coordinates"]]},
    }


def _moved(row: dict[str, Any], copy: int, part: int) -> dict[str, Any]:
    east, north = copy % 10 * APART, copy // 10 * APART
    rings = [
        [[[round(x + east, 10), round(y + north, 10)] for x, y, *_ in ring] for ring in polygon]
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


@dataclass(frozen=True, kw_only=True)
class Run:
    """Seconds until the village was read, inside a signed checkpoint, and shown; what it took, and what came of it."""

    read: float
    signed: float
    shown: float
    processor: float
    """Seconds of processor of this process, its helpers and the server, until all is shown."""
    peaks: tuple[int, int]
    """The most memory (bytes, resident) that this process and its helpers held while reading, and while registering."""
    outcome: Outcome


def _ours(registry: Registry, file: Path, server: psutil.Process) -> Run:
    mapping = load_mapping(tehsil.MAPPING)
    mapping = replace(mapping, file=replace(mapping.file, within=WHERE))
    mapping = mapping.with_village(lgd="999101", name="Neemsari")
    started, began, used = time.perf_counter(), time.time(), _processor(server)
    with _Memory() as reading, collector.seldom():
        proposed = propose_village(file, mapping)
    read = time.perf_counter() - started
    with _Memory() as registering:
        outcome = intake.register(
            registry.house, proposed, key=registry.key("tahsildar"), source="bench", order_no="BENCH"
        )
    return Run(
        read=read,
        signed=(registry.house.settings.log / "checkpoint").stat().st_mtime - began,
        shown=time.perf_counter() - started,
        processor=_processor(server) - used,
        peaks=(reading.peak, registering.peak),
        outcome=outcome,
    )


def _processor(server: psutil.Process) -> float:
    """Seconds used by this process, by those it has waited for, and by the database server."""
    own = psutil.Process().cpu_times()
    used = own.user + own.system + own.children_user + own.children_system
    for process in (server, *server.children()):
        with suppress(psutil.NoSuchProcess):
            its = process.cpu_times()
            used += its.user + its.system
    ended = server.cpu_times()
    return float(used + ended.children_user + ended.children_system)


class _Memory:
    """Looks every now and then how much this process and its children hold."""

    peak = 0

    def __enter__(self) -> _Memory:
        self._done = threading.Event()
        self._looking = threading.Thread(target=self._look, daemon=True)
        self._looking.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._looking.join()

    def _look(self) -> None:
        own = psutil.Process()
        while not self._done.wait(0.2):
            helpers = [p for p in own.children(recursive=True) if "postgres" not in p.name()]
            held = sum(_resident(process) for process in (own, *helpers))
            self.peak = max(self.peak, held)


def _resident(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.NoSuchProcess:
        return 0


def _ogr2ogr(database: Database, file: Path) -> float:
    program = shutil.which("ogr2ogr")
    assert program
    command = [program, "-f", "PostgreSQL", f"PG:{database.dsn}", str(file), "-nln", "bench", "-overwrite"]
    command += ["-gt", "100000", "--config", "PG_USE_COPY", "YES"]
    started = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - started


def test_import_of_real_shaped_parcels(
    file: Path, database: Database, cluster: Cluster, tmp_path: Path
) -> None:
    if shutil.which("ogr2ogr") is None:
        pytest.skip(
            "ogr2ogr is not installed (apt-get install gdal-bin), so there is nothing to compare with"
        )
    registry = Registry.found(tmp_path / "home", database, office=tehsil.OFFICE)
    try:
        server = psutil.Process(int((cluster.data / "postmaster.pid").read_text().split()[0]))
        baseline, before = [_ogr2ogr(database, file)], _processor(server)
        baseline.append(_ogr2ogr(database, file))
        theirs = _processor(server) - before
        ours = _ours(registry, file, server)
        baseline.append(_ogr2ogr(database, file))
        assert ours.outcome.registered == PARCELS
        assert registry.one("select count(*) from records.parcel") == PARCELS
        size = registry.size()
    finally:
        registry.close()
    peer = sorted(baseline)[1]
    told = [
        f"\n{PARCELS} parcels, {len(ours.outcome.orders)} orders, log of {size} entries",
        _line("ogr2ogr", peer) + f"   (of {[round(b, 2) for b in baseline]})",
        _line("read", ours.read) + f"   at most {ours.peaks[0] >> 20} MiB",
        _line("signed", ours.signed) + f"   ratio {peer / ours.signed:.3f}  (at least {LEAST}; aim 0.25)",
        _line("shown", ours.shown) + f"   ratio {peer / ours.shown:.3f}   at most {ours.peaks[1] >> 20} MiB",
        f"  processor of ogr2ogr {theirs:.2f} s, ours {ours.processor:.2f} s   ratio {theirs / ours.processor:.3f}",
    ]
    print("\n".join(told))
    assert peer / ours.signed >= LEAST


def _line(what: str, seconds: float) -> str:
    return f"  {what:8} {seconds:7.2f} s  {PARCELS / seconds:8.0f} parcels/s"
