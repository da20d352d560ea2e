"""The tables of shapes: one row of today for a parcel, and no row without its ends."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

import psycopg2
import pytest
import shapely

from gis.shapes import canonical_bytes, to_web_mercator
from registry.database import migrate, read_script

FIELD = shapely.multipolygons([shapely.box(77.774, 15.808, 77.776, 15.809)])
BODY = canonical_bytes(FIELD)
HASH = hashlib.sha256(BODY).digest()


@pytest.fixture(scope="module")
def dsn(cluster: Any) -> str:
    """A database with the roles and the tables of shapes, and nothing else of the house."""
    cluster.create_database("tables_of_shapes")
    migrate(cluster.url("tables_of_shapes"), ["registry/sql/roles.sql", "gis/sql/gis.sql"])
    return str(cluster.dsn("tables_of_shapes"))


@pytest.fixture
def cursor(dsn: str) -> Iterator[Any]:
    """A cursor whose work is undone when the test ends."""
    connection = psycopg2.connect(dsn)
    try:
        with connection.cursor() as open_cursor:
            yield open_cursor
    finally:
        connection.close()


def put(cursor: Any, version: int, valid_from: int, valid_to: int | None = None) -> None:
    day = None if valid_to is None else "2026-11-03"
    flat = to_web_mercator([FIELD])[0]
    cursor.execute(
        "insert into gis.parcel values ('593873-000145', %s, '101/2', '593873', 'active', 'patta', 'dry',"
        " 23710, 23710.58, %s, st_geomfromwkb(%s, 4326), st_geomfromwkb(%s, 3857), %s, '2026-11-02', %s, %s)",
        (version, HASH, shapely.to_wkb(FIELD), shapely.to_wkb(flat), valid_from, valid_to, day),
    )


def test_the_script_may_be_run_again(cursor: Any) -> None:
    cursor.execute(read_script("gis/sql/gis.sql"))
    cursor.execute("select count(*) from gis.parcel")
    assert cursor.fetchone() == (0,)


def test_a_parcel_has_many_rows_of_the_past_and_one_of_today(cursor: Any) -> None:
    put(cursor, 1, 10, 20)
    put(cursor, 2, 20)
    with pytest.raises(psycopg2.errors.UniqueViolation, match="parcel_today"):
        put(cursor, 3, 30)


def test_a_row_ends_after_it_begins(cursor: Any) -> None:
    with pytest.raises(psycopg2.errors.CheckViolation, match="parcel_ends"):
        put(cursor, 1, 20, 20)


def test_our_tile_coordinates_are_those_of_postgis(cursor: Any) -> None:
    put(cursor, 1, 10)
    cursor.execute("select st_hausdorffdistance(st_transform(geom, 3857), geom_3857) from gis.parcel")
    assert cursor.fetchone()[0] < 1e-6


def test_a_shape_is_kept_under_the_hash_of_its_bytes(cursor: Any) -> None:
    cursor.execute("insert into gis.shape values (%s, %s)", (HASH, BODY))
    with pytest.raises(psycopg2.errors.CheckViolation):
        cursor.execute("insert into gis.shape values (%s, %s)", (b"short", BODY))


def test_the_public_reads_the_tables_and_cannot_write_them(cursor: Any) -> None:
    put(cursor, 1, 10)
    cursor.execute("set local role landlog_reader")
    cursor.execute("select count(*) from gis.parcel")
    assert cursor.fetchone() == (1,)
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        cursor.execute("delete from gis.parcel")
