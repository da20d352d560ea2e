"""Wires the house together: settings and clock in, the office, the log, the projections and their databases out.

Everything that the counter serves or the command line runs is made here, once, from a ``Settings`` value.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property

from api.settings import Settings
from registry import database
from registry.cadastre import Cadastre
from registry.cluster import Cluster
from registry.datastore import Datastore
from registry.office import Office
from registry.openings import OpeningBox, Openings, load_opening_key
from registry.store import OfficeRecorder

SCRIPTS = (
    "registry/sql/roles.sql",
    "gis/sql/gis.sql",
    "registry/sql/events.sql",
    "registry/sql/private.sql",
    "registry/sql/log.sql",
    "projections/sql/records.sql",
)
READER = "landlog_reader"

__all__ = ["House", "Settings", "migrate", "opened"]


def migrate(url: str) -> None:
    """Bring every schema of the house up to date; safe to run again and by several at once."""
    database.migrate(url, SCRIPTS)


class House:
    """One registry, opened: its database and everything that works on it."""

    def __init__(self, settings: Settings, *, url: str, reader_url: str) -> None:
        self.settings = settings
        self.url = url
        self.reader_url = reader_url

    @cached_property
    def datastore(self) -> Datastore:
        return Datastore(database.make_engine(self.url))

    @cached_property
    def recorder(self) -> OfficeRecorder:
        return OfficeRecorder(self.datastore)

    @cached_property
    def cadastre(self) -> Cadastre:
        return Cadastre(self.datastore)

    @cached_property
    def box(self) -> OpeningBox:
        return OpeningBox(load_opening_key(self.settings.keys))

    @cached_property
    def openings(self) -> Openings:
        return Openings(self.datastore, self.box)

    @cached_property
    def office(self) -> Office:
        return Office(self.recorder, origin=self.settings.origin, box=self.box, cadastre=self.cadastre)

    def close(self) -> None:
        if "datastore" in self.__dict__:
            self.datastore.engine.dispose()


@contextmanager
def opened(settings: Settings) -> Iterator[House]:
    """The registry with its database: the one named in the settings, else the private cluster, started or joined."""
    if settings.database_url:
        house = House(
            settings, url=settings.database_url, reader_url=settings.reader_url or settings.database_url
        )
        try:
            yield house
        finally:
            house.close()
        return
    with Cluster(settings.home) as cluster:
        house = House(settings, url=cluster.url(), reader_url=cluster.url(user=READER))
        try:
            yield house
        finally:
            house.close()
