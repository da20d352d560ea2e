"""What every route stands on: the house, the clock, and the connections of those who only read.

One ``Counter`` for each process.  Reads go to the database as ``landlog_reader``, who sees what is public and
nothing else: a fault in a route cannot show a private value or change a row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import cast

import psycopg2
from fastapi import Request
from psycopg2 import extensions

from api.clock import INDIA
from api.wiring import House
from registry.database import libpq_dsn, make_engine
from registry.datastore import Datastore
from registry.log.file_prover import FileProver
from registry.log.prover import Prover

_TIMEOUT_MS = 250


class Quick:
    """One connection of the event loop's own, for reads by primary key that take well under a millisecond.

    Waiting for the database on the loop costs less than handing a row over from a thread (measured: two thirds of
    the CPU of the next best), and is allowed for such reads only: ``statement_timeout`` bounds what one may cost.
    """

    def __init__(self, url: str) -> None:
        self._dsn = libpq_dsn(url)
        self._connection: extensions.connection | None = None

    def row(self, query: str, values: tuple[object, ...]) -> tuple[object, ...] | None:
        """The first row.  A connection that broke is made anew once; what fails then is the database's own trouble."""
        try:
            return self._row(query, values)
        except psycopg2.extensions.QueryCanceledError:
            raise
        except (psycopg2.OperationalError, psycopg2.InterfaceError):
            self.close()
            return self._row(query, values)

    def _row(self, query: str, values: tuple[object, ...]) -> tuple[object, ...] | None:
        if self._connection is None:
            self._connection = psycopg2.connect(
                self._dsn,
                connect_timeout=2,
                application_name="landlog-read",
                options=f"-c statement_timeout={_TIMEOUT_MS} -c default_transaction_read_only=on",
            )
            self._connection.autocommit = True
        with self._connection.cursor() as cursor:
            cursor.execute(query, values)
            return cursor.fetchone()

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


@dataclass(frozen=True)
class Counter:
    """The house as its counter uses it.  ``now`` gives the instant, aware of its zone."""

    house: House
    now: Callable[[], datetime]

    @cached_property
    def reader(self) -> Datastore:
        """Connections for reading, one for each thread at work."""
        return Datastore(make_engine(self.house.reader_url, pool_size=10))

    @cached_property
    def quick(self) -> Quick:
        return Quick(self.house.reader_url)

    @property
    def origin(self) -> str:
        return self.house.origin

    @cached_property
    def published_files(self) -> FileProver:
        """Paths through the published log, from its tiles."""
        return FileProver(self.house.settings.log)

    @contextmanager
    def prover(self) -> Iterator[Prover]:
        """Proofs about the published log, over a connection that only reads."""
        pooled = self.reader.engine.raw_connection()
        try:
            connection = cast("extensions.connection", pooled.driver_connection)
            yield Prover(connection, origin=self.origin, files=self.published_files)
        except psycopg2.OperationalError:
            pooled.invalidate()
            raise
        finally:
            pooled.close()

    def today(self) -> date:
        """The civil day in India."""
        return self.now().astimezone(INDIA).date()

    def close(self) -> None:
        for name in ("reader", "quick"):
            if name in self.__dict__:
                part = self.__dict__[name]
                part.close() if name == "quick" else part.engine.dispose()


def counter_of(request: Request) -> Counter:
    return cast("Counter", request.app.state.counter)
