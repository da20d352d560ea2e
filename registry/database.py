"""The database: engines that name their driver, and the schema that is brought up to date before use.

Nothing here knows what the tables mean.  ``migrate`` runs the SQL scripts that the caller lists, in order; each
may be run again at any time (``create ... if not exists``, ``create or replace``), so there is no chain of
migrations to get lost in: a database is up to date when the scripts it last ran are the ones we ship.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from importlib import resources
from typing import ClassVar, cast

import psycopg2
import sqlalchemy as sa
from psycopg2 import extensions
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from domain.errors import BadInput, RegistryError

DRIVER = "postgresql+psycopg2"
CONNECT_TIMEOUT_SECONDS = 5
_MIGRATION_LOCK = 7000


class DatabaseUnavailable(RegistryError):
    """The database cannot be reached, or does not let us in."""

    code: ClassVar[str] = "database-unavailable"


class MigrationFailed(RegistryError):
    """A script of the schema did not run; the database is as it was before."""

    code: ClassVar[str] = "migration-failed"


def database_url(text: str) -> URL:
    """The URL with its driver named: SQLAlchemy 2.1 would take ``postgresql://`` for psycopg 3.

    Raises:
        BadInput: when it is not the URL of a PostgreSQL database reached through psycopg2.
    """
    try:
        url = make_url(text)
    except ArgumentError:
        raise _bad_url("it cannot be read as a URL") from None  # the text may hold a password: not repeated
    if url.drivername in ("postgres", "postgresql"):
        url = url.set(drivername=DRIVER)
    if url.drivername != DRIVER:
        raise _bad_url(f"{url.drivername!r} is not a database and driver that Landlog uses")
    return url


def without_password(text: str | URL) -> str:
    """The URL as it may stand in a message.

    >>> without_password("postgresql+psycopg2://landlog:secret@db/registry")
    'postgresql+psycopg2://landlog:***@db/registry'
    """
    return database_url(
        str(text) if isinstance(text, str) else text.render_as_string(False)
    ).render_as_string()


def make_engine(url: str, *, pool_size: int = 16, max_overflow: int = 8) -> sa.Engine:
    """A pool of connections; none is opened before it is needed.

    ``pool_size`` of them are kept: a connection beyond that is made and closed for each use, which costs more than
    an order does.
    There is no ping before use: it would cost each append a second round trip.  A connection that turns out to
    be broken empties the pool instead (``registry.store.Datastore``).
    """
    return sa.create_engine(
        database_url(url),
        pool_size=pool_size,
        max_overflow=max_overflow,
        hide_parameters=True,  # a failing statement must not print names into a log
        connect_args={"connect_timeout": CONNECT_TIMEOUT_SECONDS, "application_name": "landlog"},
    )


def libpq_dsn(url: str) -> str:
    """The same database as a libpq connection string, for ``psycopg2.connect``, COPY and ogr2ogr."""
    parsed = database_url(url)
    parts = {
        "dbname": parsed.database,
        "user": parsed.username,
        "password": parsed.password,
        "host": parsed.host,
        "port": parsed.port,
        **{
            name: ",".join((value,) if isinstance(value, str) else value)
            for name, value in parsed.query.items()
        },
    }
    return extensions.make_dsn(**{name: str(value) for name, value in parts.items() if value is not None})


def migrate(url: str, scripts: Sequence[str]) -> bool:
    """Bring the schema up to date; False when it was already.

    ``scripts`` are files of our packages such as ``registry/sql/events.sql``, in the order in which they run.
    They run in one transaction under an advisory lock: of several processes that start at once, one works and
    the others wait.

    Raises:
        DatabaseUnavailable: when no connection can be had.
        MigrationFailed: when a script fails; it names the script and the database's own words.
    """
    texts = [(name, read_script(name)) for name in scripts]
    version = sha256("\0".join(text for _, text in texts).encode()).hexdigest()
    engine = make_engine(url)
    try:
        with engine.begin() as connection:
            cursor = cast("extensions.cursor", connection.connection.cursor())
            cursor.execute("select pg_advisory_xact_lock(%s)", (_MIGRATION_LOCK,))
            cursor.execute(
                "create table if not exists public.landlog_schema ("
                " version text not null, applied_at timestamptz not null default clock_timestamp())"
            )
            cursor.execute("select version from public.landlog_schema order by applied_at desc limit 1")
            if cursor.fetchone() == (version,):
                return False
            for name, text in texts:
                _run(cursor, name, text)
            cursor.execute("insert into public.landlog_schema (version) values (%s)", (version,))
            return True
    except sa.exc.OperationalError as error:
        raise DatabaseUnavailable(
            f"the database {without_password(url)} cannot be used: {str(error.orig).strip()}",
            remedy="Check that it runs and that the user may connect, or set LANDLOG_DATABASE_URL.",
        ) from None
    finally:
        engine.dispose()


def read_script(name: str) -> str:
    """The text of ``<package>/<path>.sql`` as it was installed."""
    package, _, path = name.partition("/")
    return resources.files(package).joinpath(path).read_text(encoding="utf-8")


def _run(cursor: extensions.cursor, name: str, text: str) -> None:
    try:
        cursor.execute(text)
    except psycopg2.Error as error:
        raise MigrationFailed(
            f"{name} did not run: {str(error).strip()}",
            remedy="The database is unchanged. The user needs to own the database and be allowed to create "
            "schemas, extensions and roles; see the words above for what is missing.",
        ) from error


def _bad_url(why: str) -> BadInput:
    return BadInput(
        f"the database URL is not usable: {why}",
        field="LANDLOG_DATABASE_URL",
        remedy=f"Write it as {DRIVER}://user:password@host:port/database.",
    )
