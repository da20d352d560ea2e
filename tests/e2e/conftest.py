"""A registry with officers and the village of Neemsari, made once; every test works on a copy of its own."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest

from api import intake
from api.demo import tehsil
from api.settings import Settings
from api.wiring import House
from registry import keys
from registry.cluster import Cluster
from tests.conftest import Database
from tests.e2e.house import ORIGIN, Registry

_numbers = count(1)


def database_of(cluster: Cluster, name: str) -> Database:
    return Database(name, cluster.url(name), cluster.dsn(name), cluster.url(name, "landlog_reader"))


@pytest.fixture(scope="session")
def founded(cluster: Cluster, template: str, tmp_path_factory: pytest.TempPathFactory) -> Registry:
    """The original; nothing is connected to it any more."""
    cluster.create_database("e2e_founded", template=template)
    home = tmp_path_factory.mktemp("e2e") / "home"
    registry = Registry.found(home, database_of(cluster, "e2e_founded"))
    for role in ("tahsildar", "naib-tahsildar", "lekhpal"):
        keys.save(registry.key(role), home / "keys" / f"{role}.key", plain=True)
    village = tehsil.generate()[0]
    file = village.write(home / "villages")
    facts = {"lgd": village.lgd, "name": village.name, "name_local": village.name_local}
    outcome = intake.register(
        registry.house,
        intake.read(file, tehsil.MAPPING, facts),
        key=registry.key("tahsildar"),
        source="Khatauni of Neemsari",
        order_no="IMPORT",
    )
    assert outcome.registered == len(village.parcels)
    registry.close()
    return registry


@pytest.fixture
def registry(founded: Registry, cluster: Cluster, tmp_path: Path) -> Iterator[Registry]:
    """A copy of the registry, with a database and a home of its own."""
    name = f"e2e_{next(_numbers)}"
    cluster.create_database(name, template="e2e_founded")
    database = database_of(cluster, name)
    home = tmp_path / "home"
    shutil.copytree(founded.house.settings.home, home)
    settings = Settings(home=home, database_url=database.url, reader_url=database.reader_url)
    house = House(settings, url=database.url, reader_url=database.reader_url)
    assert house.origin == ORIGIN
    copy = replace(founded, house=house)
    yield copy
    copy.close()
    cluster.drop_database(name)
