"""A runner over a small log in a database of its own."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg2
import pytest

from projections.runner import Runner
from registry.database import make_engine
from registry.datastore import Datastore
from registry.openings import Openings
from tests.projections.support import BOX, FakeLog


@pytest.fixture
def datastore(database) -> Iterator[Datastore]:
    made = Datastore(make_engine(database.url))
    yield made
    made.engine.dispose()


@pytest.fixture
def log(database) -> FakeLog:
    return FakeLog(database.dsn)


@pytest.fixture
def runner(datastore) -> Runner:
    return Runner(datastore, Openings(datastore, BOX))


@pytest.fixture
def ask(database):
    """The rows that a statement finds."""

    def rows(statement: str, *values: object) -> list[tuple]:
        connection = psycopg2.connect(database.dsn)
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement, values)
                return cursor.fetchall()
        finally:
            connection.close()

    return rows
