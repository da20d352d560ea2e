"""What every test can ask for: a cluster, a database of its own, the data of real villages.

One private cluster per test process, in memory where there is room; one template database, migrated once; a
clone of it for each test (13 to 60 ms).
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import psycopg2
import pytest
from hypothesis import HealthCheck, settings

from registry.cluster import Cluster

ROOT = Path(__file__).resolve().parent.parent
SHARED_MEMORY = Path("/dev/shm")
ROOM = 2 << 30  # bytes: a migrated template and the clones of a few hundred tests, for two test processes

# How long one example takes says something of the machine and its other work, nothing of the code.
settings.register_profile("anywhere", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("anywhere")


def pytest_configure(config: pytest.Config) -> None:
    sys.addaudithook(_refuse_the_network)


def _refuse_the_network(event: str, args: tuple[object, ...]) -> None:
    """Tests talk to this machine only: whatever reaches out fails where it does so."""
    if event != "socket.connect":
        return
    address = args[1]
    if isinstance(address, tuple) and address[0] not in ("127.0.0.1", "::1", "localhost"):
        raise RuntimeError(
            f"a test tried to reach {address[0]}: tests open no connection beyond this machine"
        )


@dataclass(frozen=True)
class Database:
    """A database of one's own.  ``reader_url`` enters it as ``landlog_reader``, who sees public schemas only."""

    name: str
    url: str
    dsn: str
    reader_url: str


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """An ephemeral cluster, one per test process (pytest-xdist starts several)."""
    roomy = SHARED_MEMORY.is_dir() and shutil.disk_usage(SHARED_MEMORY).free > ROOM
    place = SHARED_MEMORY if roomy else Path("/var/tmp")
    for left in place.glob("landlog-test-*-*"):  # of test processes that were killed
        if not Path("/proc", left.name.split("-")[2]).exists():
            shutil.rmtree(left, ignore_errors=True)
    home = Path(tempfile.mkdtemp(prefix=f"landlog-test-{os.getpid()}-", dir=place))
    home.chmod(0o711)  # the server's account passes through to its own directory, which is closed to others
    try:
        with Cluster(home, ephemeral=True) as started:
            yield started
    finally:
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="session")
def template(cluster: Cluster) -> str:
    """Name of the migrated database that each test's own is a copy of."""
    name = "template_landlog"
    cluster.create_database(name)
    if importlib.util.find_spec("api.wiring"):
        importlib.import_module("api.wiring").migrate(cluster.url(name))
    else:
        _create_postgis(cluster.dsn(name))
    return name


def _create_postgis(dsn: str) -> None:
    connection = psycopg2.connect(dsn)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute("create extension postgis")
    finally:
        connection.close()


_numbers = count(1)


@pytest.fixture
def database(cluster: Cluster, template: str) -> Iterator[Database]:
    """A fresh, migrated database; dropped after the test."""
    name = f"test_{next(_numbers)}"
    cluster.create_database(name, template=template)
    yield Database(name, cluster.url(name), cluster.dsn(name), cluster.url(name, "landlog_reader"))
    cluster.drop_database(name)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The data of real villages, beside the repository where it is given; never a part of it."""
    place = ROOT.parent / "shared" / "data"
    if not place.is_dir():
        pytest.skip(
            f"the data of real villages is not at {place}: most of it states no licence, so none is in the tree"
        )
    return place
