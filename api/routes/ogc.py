"""``/ogc``: the map as OGC API Features and Tiles, for QGIS, GDAL and browsers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from queue import Empty, LifoQueue

import psycopg2
from fastapi import APIRouter
from psycopg2 import extensions

from api.counter import Counter
from api.problems import Unavailable
from gis.ogc import features, tiles
from gis.ogc.answers import AskedTooMuch
from gis.ogc.layers import LAYERS
from registry.database import libpq_dsn

PREFIX = "/ogc"
TITLE = "Landlog: the map of the record"
TIMEOUT_MS = 5_000  # for one statement; a client that wants a village asks for its pages
CONNECTIONS = 8  # of one process: as many maps are drawn at a time, others wait
_PATIENCE_SECONDS = 10
_OPTIONS = "-c default_transaction_read_only=on -c jit=off -c search_path=public"


class _Connection(extensions.connection):
    """A connection that remembers what it has prepared."""

    def __init__(self, *args: object, **more: object) -> None:
        super().__init__(*args, **more)  # type: ignore[arg-type]  # as psycopg2 hands them over
        self.prepared: set[str] = set()


class Reading(extensions.cursor):
    """A cursor whose statements are each a transaction of their own, and may be prepared."""

    connection: _Connection

    def execute_prepared(self, name: str, statement: str, values: Sequence[object]) -> None:
        """Runs a statement with its parameters $1, $2 ...; planned once for each connection."""
        if name not in self.connection.prepared:
            self.execute(f"prepare {name} as {statement}")
            self.connection.prepared.add(name)
        self.execute(f"execute {name} ({', '.join(['%s'] * len(values))})", values)


class Connections:
    """A few connections of the reading role; those of a process that draws no maps are never opened."""

    def __init__(self, url: str, *, size: int = CONNECTIONS, timeout_ms: int = TIMEOUT_MS) -> None:
        self._dsn = libpq_dsn(url)
        self._options = f"{_OPTIONS} -c statement_timeout={timeout_ms}"
        self._free: LifoQueue[_Connection | None] = LifoQueue()
        for _ in range(size):
            self._free.put(None)

    @contextmanager
    def cursor(self) -> Iterator[Reading]:
        """
        Raises:
            AskedTooMuch: when a statement took longer than it may.
            Unavailable: when no connection came free.
        """
        try:
            connection = self._free.get(timeout=_PATIENCE_SECONDS)
        except Empty:
            raise Unavailable("too many maps are being drawn", remedy="Try again in a moment.") from None
        try:
            if connection is None or connection.closed:
                connection = self._connect()
            with connection.cursor(cursor_factory=Reading) as cursor:
                yield cursor
        except extensions.QueryCanceledError:
            raise AskedTooMuch(
                "this takes longer to answer than one request may take",
                remedy="Ask for a smaller bbox or a simpler filter, or follow the pages without either.",
            ) from None
        except (psycopg2.OperationalError, psycopg2.InterfaceError) as error:
            self._forget()  # the server went away, and with it the others
            raise psycopg2.OperationalError(str(error)) from error
        finally:
            self._free.put(connection)

    def position(self) -> int:
        """The size of the log that the tables have come to."""
        with self.cursor() as cursor:
            cursor.execute("select size from records.position where name = 'records'")
            row = cursor.fetchone()
        return int(row[0]) if row else 0

    def _connect(self) -> _Connection:
        connection = psycopg2.connect(
            self._dsn,
            connect_timeout=2,
            application_name="landlog-map",
            options=self._options,
            connection_factory=_Connection,
        )
        connection.autocommit = True
        return connection

    def _forget(self) -> None:
        kept = []
        while True:
            try:
                kept.append(self._free.get_nowait())
            except Empty:
                break
        for connection in kept:
            if connection is not None:
                connection.close()
            self._free.put(None)


def router(counter: Counter) -> APIRouter:
    """The routes of both standards over the tables of the map, read with the reader's role."""
    connections = Connections(counter.house.reader_url)
    fonts = counter.house.settings.home / "fonts" / "web" / "fonts.css"
    styles = (*(("/static/fonts/fonts.css",) if fonts.is_file() else ()), "/static/landlog.css")
    both = APIRouter()
    both.include_router(
        features.features_router(
            LAYERS,
            connections.cursor,
            connections.position,
            title=TITLE,
            prefix=PREFIX,
            styles=styles,
            also=tiles.CONFORMANCE,
        )
    )
    both.include_router(
        tiles.tiles_router(LAYERS, connections.cursor, connections.position, prefix=PREFIX, styles=styles)
    )
    return both
