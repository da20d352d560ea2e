"""How fast many villages come in as signed, logged and projected events, against ``ogr2ogr`` of the same rows.

    pytest tests/bench/bench_import.py -s
    LANDLOG_BENCH_PARCELS=100000 pytest tests/bench/bench_import.py -s      (takes a few minutes)

Real villages with their holders are laid side by side until there are enough parcels, each in a file and under a code
of its own; where their data is not at hand, those of the demonstration tehsil.  They come in one after another, as
``landlog import villages`` takes them: the next is read while one is registered.  A village is the batch, so memory
is bounded by the largest, and the peak of the whole must be about that of the first fifth.  Reports are not written.

ogr2ogr copies the same rows and shapes, out of one file, into one table with a spatial index; ours reads and checks
them, decides, signs, hashes, sequences, keeps the map of states, and arranges the record as read.  Both write to the
same PostGIS, in turns.  Two times are told: until a signed checkpoint covers every order, and until all of it can be
read.  What each used of the processors (its processes and the server's) is told too: where other work shares the
machine, that says more than the clock.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import psutil
import pytest
from shapely.geometry import shape

from api import intake
from api.demo import tehsil
from api.reading import Reading, read_ahead
from gis.shapes import drawn_area
from registry.cluster import Cluster
from tests.conftest import ROOT, Database
from tests.e2e.house import Registry

pytestmark = [pytest.mark.bench, pytest.mark.timeout(1800)]

PARCELS = int(os.environ.get("LANDLOG_BENCH_PARCELS", "10000"))
LEAST = 0.1
GROWTH = 1.3  # of the peak of memory, from a fifth of the parcels to all of them
FIRST_CODE = 900_001
APART = 0.1  # degrees between two copies of the villages
REAL = ROOT.parent / "shared" / "data" / "ap_krishna_bhunaksha"
WHERE = (60.0, 0.0, 120.0, 40.0)
_HEAD = '{"type":"FeatureCollection","name":"village","features":[\n'
_TAIL = "\n]}\n"


@dataclass(frozen=True)
class Village:
    """One file: its code and its rows."""

    lgd: str
    rows: Sequence[dict[str, Any]]


def villages() -> Iterator[Village]:
    """The villages again and again, the largest first, each copy elsewhere and with numbers of its own."""
    found = sorted(_real_villages(), key=len, reverse=True) or [
        json.loads(village.geojson())["features"] for village in tehsil.generate()
    ]
    left = PARCELS
    for number in count():
        copy, part = divmod(number, len(found))
        rows = [_moved(row, copy, part) for row in found[part][:left]]
        yield Village(str(FIRST_CODE + number), rows)
        left -= len(rows)
        if not left:
            return


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


@dataclass(frozen=True)
class Files:
    """One for each village, by its code, and one of all their rows."""

    each: Mapping[str, Path]
    whole: Path


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    place = tmp_path_factory.mktemp("import")
    each = {}
    with (place / "all.geojson").open("w", encoding="utf-8") as whole:
        whole.write(_HEAD)
        for village in villages():
            text = ",\n".join(json.dumps(row, ensure_ascii=False) for row in village.rows)
            each[village.lgd] = place / f"{village.lgd}.geojson"
            each[village.lgd].write_text(f"{_HEAD}{text}{_TAIL}", encoding="utf-8")
            whole.write((",\n" if len(each) > 1 else "") + text)
        whole.write(_TAIL)
    return Files(each, place / "all.geojson")


@dataclass(frozen=True, kw_only=True)
class Run:
    """Seconds until the villages were inside a signed checkpoint, and shown; what it took, and what came of it."""

    signed: float
    shown: float
    processor: float
    """Seconds of processor of this process, its helpers and the server, until all is shown."""
    peaks: tuple[int, int]
    """The most memory (bytes, resident) that this process and its helpers held: of the first fifth, and of all."""
    registered: int
    orders: int


def _ours(registry: Registry, files: Files, server: psutil.Process, place: Path) -> Run:
    mapping = place / "mapping.toml"
    west, south, east, north = WHERE
    text = tehsil.MAPPING.read_text(encoding="utf-8")
    mapping.write_text(
        re.sub(r"^within = .*$", f"within = [{west}, {south}, {east}, {north}]", text, flags=re.MULTILINE),
        encoding="utf-8",
    )
    readings = [
        Reading(file=file, mapping=mapping, village={"lgd": lgd, "name": f"Neemsari {lgd}"})
        for lgd, file in files.each.items()
    ]
    started, began, used = time.perf_counter(), time.time(), _processor(server)
    registered = orders = first_fifth = 0
    with _Memory() as memory:
        with intake.in_a_row(registry.house) as row:
            for proposed in read_ahead(readings):
                outcome = row.register(
                    proposed,
                    key=registry.key("tahsildar"),
                    source="bench",
                    order_no=f"BENCH/{proposed.village.lgd}",
                )
                assert not outcome.not_registered
                registered, orders = registered + outcome.registered, orders + len(outcome.orders)
                if registered * 5 >= PARCELS and not first_fifth:
                    first_fifth = memory.peak
        shown = time.perf_counter() - started
    return Run(
        signed=(registry.house.settings.log / "checkpoint").stat().st_mtime - began,
        shown=shown,
        processor=_processor(server) - used,
        peaks=(first_fifth, memory.peak),
        registered=registered,
        orders=orders,
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
        while not self._done.wait(0.5):
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
    files: Files, database: Database, cluster: Cluster, tmp_path: Path
) -> None:
    if shutil.which("ogr2ogr") is None:
        pytest.skip(
            "ogr2ogr is not installed (apt-get install gdal-bin), so there is nothing to compare with"
        )
    registry = Registry.found(tmp_path / "home", database, office=tehsil.OFFICE)
    try:
        server = psutil.Process(int((cluster.data / "postmaster.pid").read_text().split()[0]))
        baseline, before = [_ogr2ogr(database, files.whole)], _processor(server)
        baseline.append(_ogr2ogr(database, files.whole))
        theirs = _processor(server) - before
        ours = _ours(registry, files, server, tmp_path)
        baseline.append(_ogr2ogr(database, files.whole))
        assert ours.registered == PARCELS
        assert registry.one("select count(*) from records.parcel") == PARCELS
        size = registry.size()
    finally:
        registry.close()
    peer = sorted(baseline)[1]
    first, whole = ours.peaks
    told = [
        f"\n{PARCELS} parcels of {len(files.each)} villages, {ours.orders} orders, log of {size} entries",
        _line("ogr2ogr", peer) + f"   (of {[round(b, 2) for b in baseline]})",
        _line("signed", ours.signed) + f"   ratio {peer / ours.signed:.3f}  (at least {LEAST}; aim 0.25)",
        _line("shown", ours.shown) + f"   ratio {peer / ours.shown:.3f}",
        f"  processor of ogr2ogr {theirs:.2f} s, ours {ours.processor:.2f} s   ratio {theirs / ours.processor:.3f}",
        f"  memory: at most {first >> 20} MiB for the first fifth, {whole >> 20} MiB for all   "
        f"ratio {whole / first:.2f}  (at most {GROWTH})",
    ]
    print("\n".join(told))
    assert whole <= GROWTH * first
    assert peer / ours.signed >= LEAST


def _line(what: str, seconds: float) -> str:
    return f"  {what:8} {seconds:7.2f} s  {PARCELS / seconds:8.0f} parcels/s"
