"""A court over a small registry, for the tests of cases: founded once, copied for each test."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from pathlib import Path

import pytest

from registry.cluster import Cluster
from tests.api.world import World
from tests.registry.court import Court

_numbers = count(1)
_FOUNDED = "court_founded"


@pytest.fixture(scope="session")
def founded_court(cluster: Cluster, template: str, tmp_path_factory: pytest.TempPathFactory) -> World:
    """The registry that every test gets a copy of: nothing is connected to it any more."""
    cluster.create_database(_FOUNDED, template=template)
    home = tmp_path_factory.mktemp("court") / "home"
    world = World.found(home, url=cluster.url(_FOUNDED), reader_url=cluster.url(_FOUNDED, "landlog_reader"))
    Court.staffed(world)
    world.house.close()
    return world


@pytest.fixture
def court(founded_court: World, cluster: Cluster, tmp_path: Path) -> Iterator[Court]:
    """A court of its own for a test."""
    name = f"court_{next(_numbers)}"
    cluster.create_database(name, template=_FOUNDED)
    world = founded_court.moved_to(
        tmp_path / "home", url=cluster.url(name), reader_url=cluster.url(name, "landlog_reader")
    )
    yield Court(world)
    world.house.close()
    cluster.drop_database(name)
