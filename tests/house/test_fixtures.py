"""What tests stand on: a database of their own, and no way out of this machine."""

from __future__ import annotations

import socket

import psycopg2
import pytest
import sqlalchemy

from tests.conftest import Database


@pytest.mark.parametrize("turn", ["first", "second"])
def test_each_test_has_a_migrated_database_of_its_own(turn: str, database: Database) -> None:
    connection = psycopg2.connect(database.dsn)
    with connection, connection.cursor() as cursor:
        cursor.execute(f"create table {turn} ()")
        cursor.execute("select relname from pg_class where relname in ('first', 'second')")
        assert cursor.fetchall() == [(turn,)]
        cursor.execute("select extname from pg_extension where extname = 'postgis'")
        assert cursor.fetchone() == ("postgis",)
    connection.close()


def test_the_reader_enters_and_sees_nothing_private(database: Database) -> None:
    engine = sqlalchemy.create_engine(database.reader_url)
    with engine.connect() as connection:
        seen = "select nspname from pg_namespace where has_schema_privilege(oid, 'usage')"
        schemas = {str(name) for (name,) in connection.exec_driver_sql(seen)}
    engine.dispose()
    assert {"records", "gis", "log"} <= schemas
    assert not {"private", "events"} & schemas


@pytest.mark.quick
def test_a_test_that_reaches_beyond_this_machine_fails_where_it_does_so() -> None:
    with socket.socket() as outwards, pytest.raises(RuntimeError, match="beyond this machine"):
        outwards.connect(("192.0.2.1", 80))  # TEST-NET-1, RFC 5737: nobody is there
