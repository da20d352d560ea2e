"""The counter of a small registry, asked as a browser or a program asks it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from api.app import create_app
from registry.cluster import Cluster
from tests.api.asking import Client, asking
from tests.api.world import World

_numbers = count(1)


@pytest.fixture(scope="session")
def founded(cluster: Cluster, template: str, tmp_path_factory: pytest.TempPathFactory) -> World:
    """The registry that every test gets a copy of: nothing is connected to it any more."""
    name = "api_founded"
    cluster.create_database(name, template=template)
    home = tmp_path_factory.mktemp("founded") / "home"
    world = World.found(home, url=cluster.url(name), reader_url=cluster.url(name, "landlog_reader"))
    world.house.close()
    return world


def _copy(founded: World, cluster: Cluster, home: Path) -> Iterator[World]:
    name = f"api_{next(_numbers)}"
    cluster.create_database(name, template="api_founded")
    world = founded.moved_to(home, url=cluster.url(name), reader_url=cluster.url(name, "landlog_reader"))
    yield world
    world.house.close()
    cluster.drop_database(name)


@pytest.fixture(scope="module")
def village(founded: World, cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """A copy for the tests of one module, which only read."""
    yield from _copy(founded, cluster, tmp_path_factory.mktemp("village") / "home")


@pytest.fixture
def world(founded: World, cluster: Cluster, tmp_path: Path) -> Iterator[World]:
    """A copy of its own, for a test that changes the record."""
    yield from _copy(founded, cluster, tmp_path / "home")


@pytest.fixture(scope="module")
def client(village: World) -> Iterator[Client]:
    """The counter of ``village``, without a limit on requests."""
    with asking(create_app(village.house, now=lambda: village.at, allowance=None)) as client:
        yield client


@pytest.fixture
def counter(world: World) -> Iterator[Client]:
    """The counter of ``world``."""
    with asking(create_app(world.house, now=lambda: world.at, allowance=None)) as client:
        yield client
