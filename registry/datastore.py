"""Connections: one pool for everything, and psycopg2's errors told as eventsourcing's.

A statement of the event store is a transaction of its own, so that an append is one round trip; whoever needs
several statements together says so.  A server that goes away is noticed at the next use: that use fails, the
pool is emptied, and the use after it finds a fresh connection.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg2
import sqlalchemy as sa
from eventsourcing import persistence
from psycopg2 import extensions

# The more particular class stands first.
_ERRORS: tuple[tuple[type[psycopg2.Error], type[persistence.PersistenceError]], ...] = (
    (psycopg2.IntegrityError, persistence.IntegrityError),
    (psycopg2.DataError, persistence.DataError),
    (psycopg2.OperationalError, persistence.OperationalError),
    (psycopg2.InternalError, persistence.InternalError),
    (psycopg2.ProgrammingError, persistence.ProgrammingError),
    (psycopg2.NotSupportedError, persistence.NotSupportedError),
    (psycopg2.InterfaceError, persistence.InterfaceError),
    (psycopg2.DatabaseError, persistence.DatabaseError),
)


class Datastore:
    """Connections of one engine, with psycopg2's errors told as eventsourcing's."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine

    @contextmanager
    def cursor(self) -> Iterator[extensions.cursor]:
        """Each statement is a transaction of its own: one round trip, no BEGIN and no COMMIT."""
        with self._connection() as connection:
            connection.autocommit = True  # set in the client: costs no round trip
            try:
                with connection.cursor() as cursor:
                    yield cursor
            finally:
                if not connection.closed:
                    connection.autocommit = False  # others of this pool expect transactions

    @contextmanager
    def transaction(self) -> Iterator[extensions.cursor]:
        """All statements together, or none."""
        with self._connection() as connection, connection, connection.cursor() as cursor:
            yield cursor

    @contextmanager
    def _connection(self) -> Iterator[extensions.connection]:
        with in_the_library_s_words():
            pooled = self.engine.raw_connection()
            connection: extensions.connection = pooled.driver_connection  # type: ignore[assignment]
            try:
                yield connection
            finally:
                if connection.closed:
                    # The server went away, and with it the other connections of the pool: start afresh.
                    pooled.invalidate()
                    self.engine.dispose()
                pooled.close()


@contextmanager
def in_the_library_s_words() -> Iterator[None]:
    """psycopg2's errors, also those wrapped by SQLAlchemy, as eventsourcing's of the same name."""
    try:
        yield
    except (psycopg2.Error, sa.exc.DBAPIError) as error:
        cause = error.orig if isinstance(error, sa.exc.DBAPIError) else error
        for theirs, ours in _ERRORS:
            if isinstance(cause, theirs):
                raise ours(str(cause).strip()) from error
        raise persistence.PersistenceError(str(cause).strip()) from error
