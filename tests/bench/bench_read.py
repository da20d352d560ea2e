"""What a hot read costs, beside the smallest FastAPI and asyncpg route that returns one row's bytes.

Both are served by uvicorn with one process, from the same row of the same database, and asked by the same client in
turns.  CPU is that of the server process and of its database connections (psutil), for each request; the aim is at
most 1.5 times the baseline.  The proof and the page are measured beside it and stated.
"""

from __future__ import annotations

import http.client
import os
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import psycopg2
import pytest
from sqlalchemy.engine import make_url

from registry.cluster import Cluster
from tests.api.world import World, parcel

pytestmark = pytest.mark.bench

AT_MOST = 1.5
REQUESTS = 4_000
ROUNDS = 5
CONNECTIONS = 4
ROOT = Path(__file__).resolve().parents[2]

BASELINE = """
from contextlib import asynccontextmanager
import asyncpg
from fastapi import FastAPI, Response

@asynccontextmanager
async def lifespan(app):
    async with asyncpg.create_pool(min_size=4, max_size=4) as app.state.pool:
        yield

app = FastAPI(lifespan=lifespan)

@app.get("/v1/parcels/{parcel_id}")
async def record(parcel_id: str):
    row = await app.state.pool.fetchrow("select doc from records.parcel where parcel_id = $1", parcel_id)
    return Response(row["doc"], media_type="application/json")
"""
OURS = """
import os
from datetime import UTC, datetime
from pathlib import Path
from api.app import create_app
from api.middleware import Allowance
from api.settings import Settings
from api.wiring import House

url, reader = os.environ["BENCH_URL"], os.environ["BENCH_READER_URL"]
settings = Settings(home=Path(os.environ["BENCH_HOME"]), database_url=url, reader_url=reader)
house = House(settings, url=url, reader_url=reader)
app = create_app(house, now=lambda: datetime(2026, 11, 21, 9, tzinfo=UTC), allowance=Allowance(rate=1e9, burst=1e9))
"""


@dataclass(frozen=True)
class Server:
    """A server in a process of its own, on a database that nobody else uses."""

    process: psutil.Process
    port: int
    database: str
    dsn: str

    def cpu(self) -> float:
        """Seconds of CPU so far: of the server and of the backends that serve it."""
        with psycopg2.connect(self.dsn) as connection, connection.cursor() as cursor:
            cursor.execute("select pid from pg_stat_activity where datname = %s", (self.database,))
            backends = [psutil.Process(pid) for (pid,) in cursor.fetchall()]
        connection.close()
        times = [process.cpu_times() for process in (self.process, *backends)]
        return sum(t.user + t.system for t in times)


@contextmanager
def serving(
    program: str, place: Path, environment: dict[str, str], *, database: str, dsn: str
) -> Iterator[Server]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    place.write_text(program)
    command = [sys.executable, "-m", "uvicorn", f"{place.stem}:app", "--port", str(port), "--no-access-log"]
    process = subprocess.Popen(
        [*command, "--log-level", "error", "--app-dir", str(place.parent)],
        env=os.environ | environment | {"PYTHONPATH": str(ROOT)},
    )
    try:
        _until_open(port)
        yield Server(psutil.Process(process.pid), port, database, dsn)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(20)


def _until_open(port: int) -> None:
    for _ in range(300):
        with socket.socket() as attempt:
            if attempt.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise TimeoutError("the server did not open its port")


def ask(port: int, path: str, requests: int) -> float:
    """All the requests over a few kept connections; requests a second."""

    def some() -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port)
        for _ in range(requests // CONNECTIONS):
            connection.request("GET", path)
            answer = connection.getresponse()
            body = answer.read()
            assert answer.status == 200, body
        connection.close()

    threads = [threading.Thread(target=some) for _ in range(CONNECTIONS)]
    started = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return requests / (time.perf_counter() - started)


def cost(server: Server, path: str, requests: int = REQUESTS) -> tuple[float, float]:
    """Microseconds of CPU for each request, and requests a second."""
    before = server.cpu()
    rate = ask(server.port, path, requests)
    return (server.cpu() - before) / requests * 1e6, rate


def test_a_hot_read_beside_the_smallest_route_that_returns_a_row(
    cluster: Cluster, template: str, tmp_path: Path
) -> None:
    cluster.create_database("bench_ours", template=template)
    home = tmp_path / "home"
    world = World.found(
        home, url=cluster.url("bench_ours"), reader_url=cluster.url("bench_ours", "landlog_reader")
    )
    world.house.close()
    cluster.create_database("bench_base", template="bench_ours")
    base = make_url(cluster.url("bench_base", "landlog_reader"))
    to_base = {"PGHOST": str(base.query["host"]), "PGUSER": str(base.username), "PGDATABASE": "bench_base"}
    to_ours = {
        "BENCH_URL": cluster.url("bench_ours"),
        "BENCH_READER_URL": cluster.url("bench_ours", "landlog_reader"),
        "BENCH_HOME": str(home),
    }
    dsn, record = cluster.dsn("postgres"), f"/v1/parcels/{parcel(1)}"
    with (
        serving(BASELINE, tmp_path / "base.py", to_base, database="bench_base", dsn=dsn) as plain,
        serving(OURS, tmp_path / "ours.py", to_ours, database="bench_ours", dsn=dsn) as ours,
    ):
        for server in (plain, ours):
            ask(server.port, record, 400)  # warm
        rounds = [(cost(plain, record), cost(ours, record)) for _ in range(ROUNDS)]
        beside = {
            name: cost(ours, f"{address}", REQUESTS // 20)
            for name, address in (
                ("with proof", f"{record}/proof"),
                ("history", f"{record}/history"),
                ("of a day", f"{record}?as_of=2026-11-21"),
                ("page", f"/parcels/{parcel(1)}"),
            )
        }
    ratio = statistics.median(mine[0] / theirs[0] for theirs, mine in rounds)
    _tell("FastAPI + asyncpg, one row's bytes", [theirs for theirs, _ in rounds])
    _tell("GET /v1/parcels/{id}, uncached", [mine for _, mine in rounds])
    print(f"ratio of CPU: {ratio:.2f} (at most {AT_MOST})")
    for name, figures in beside.items():
        _tell(name, [figures])
    assert ratio <= AT_MOST


def _tell(name: str, figures: list[tuple[float, float]]) -> None:
    cpu, rate = (statistics.median(column) for column in zip(*figures, strict=True))
    print(f"{name:38} {cpu:8.0f} us CPU a request {rate:8.0f} requests/s")
