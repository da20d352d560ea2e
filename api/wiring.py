"""Wires the house together: the office, the log, the projections and their databases, for one registry.

Everything that the counter serves or the command line runs is made here, once, from a ``Settings`` value.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property

from api import clock, log_keys, standing
from api.settings import Settings
from projections.runner import Runner
from registry import database, dsse, genesis
from registry.cadastre import Cadastre
from registry.case_clock import Clock, Clockwork
from registry.cases import Cases
from registry.ceremony import Ceremony
from registry.cluster import Cluster
from registry.datastore import Datastore
from registry.flagging import Flagging
from registry.genesis import Genesis
from registry.land_map import LandProjection
from registry.log.policy import Policy
from registry.log.quorum import NotCosigned, Quorum
from registry.log.sequencer import NotWritten, Sequencer
from registry.office import Office
from registry.officers import Officers
from registry.openings import OpeningBox, Openings, load_opening_key
from registry.root_ceremony import RootCeremony
from registry.store import OfficeRecorder
from registry.witness.client import quorum_of

SCRIPTS = (
    "registry/sql/roles.sql",
    "gis/sql/gis.sql",
    "registry/sql/events.sql",
    "registry/sql/private.sql",
    "registry/sql/log.sql",
    "projections/sql/records.sql",
    "projections/sql/layers.sql",
)
READER = "landlog_reader"

_log = logging.getLogger(__name__)

__all__ = ["House", "Settings", "migrate", "opened"]


def migrate(url: str) -> None:
    """Bring every schema of the house up to date; safe to run again and by several at once."""
    database.migrate(url, SCRIPTS)


class House:
    """One registry, opened: its database and everything that works on it.

    ``origin`` is given only while the registry is being founded; later it is what the home says.
    """

    def __init__(self, settings: Settings, *, url: str, reader_url: str, origin: str = "") -> None:
        self.settings = settings
        self.url = url
        self.reader_url = reader_url
        self._origin = origin

    @property
    def origin(self) -> str:
        """The registry's name."""
        return self._origin or self.settings.origin

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
    def officers(self) -> Officers:
        return Officers(self.recorder)

    @cached_property
    def genesis(self) -> Genesis:
        return genesis.load_genesis(self.recorder)

    @cached_property
    def ceremony(self) -> Ceremony:
        return Ceremony(self.recorder)

    @cached_property
    def office(self) -> Office:
        return Office(self.recorder, origin=self.origin, box=self.box, cadastre=self.cadastre)

    @cached_property
    def cases(self) -> Cases:
        return Cases(
            self.recorder, origin=self.origin, box=self.box, office=self.office, cadastre=self.cadastre
        )

    def case_clock(self) -> Clock | None:
        """The clock with its own key; None as long as the registry has none (``api.standing.appoint``)."""
        key = standing.load(self.settings, standing.CLOCK)
        if key is None:
            return None
        work = Clockwork(
            officer=standing.CLOCK,
            sign=lambda payload: dsse.seal(dsse.EVENT, payload, [key.sign_payload(dsse.EVENT, payload)]),
            event_id=clock.new_event_id,
            salt=clock.new_salt,
        )
        return Clock(self.recorder, cases=self.cases, office=self.office, openings=self.openings, work=work)

    @cached_property
    def sequencer(self) -> Sequencer:
        return Sequencer(
            self.datastore.engine,
            origin=self.origin,
            signers=lambda: log_keys.signers(self.settings, self.origin, self.root_ceremony.roots.log_keys),
            projection=LandProjection(),
            directory=self.settings.log,
            now=clock.now,
            quorum=self.quorum,
        )

    @cached_property
    def root_ceremony(self) -> RootCeremony:
        return RootCeremony(self.recorder)

    @cached_property
    def flagging(self) -> Flagging:
        return Flagging(self.recorder)

    @cached_property
    def quorum(self) -> Quorum | None:
        """The witnesses that the registry's own policy asks for; none while it is being founded."""
        if not self.settings.policy.exists():
            return None
        return quorum_of(Policy.parse(self.settings.policy.read_bytes()))

    def trust_anew(self) -> None:
        """Read the policy again before the next checkpoint: who vouches has changed."""
        for name in ("quorum", "sequencer"):
            self.__dict__.pop(name, None)

    @cached_property
    def runner(self) -> Runner:
        return Runner(self.datastore, self.openings)

    def sequence(self) -> None:
        """Give every order accepted so far its place in the log; several processes may, and take turns."""
        while self.sequencer.run_once():
            pass

    def settle(self) -> None:
        """See every order accepted so far into the log and, once the witnesses have seen it too, into the views."""
        try:
            self.sequence()
        except (NotCosigned, NotWritten) as error:  # accepted and safe; `landlog work` publishes it later
            _log.warning("what was accepted is not shown yet: %s", error)
        self.runner.run_once()

    def index_of(self, event_id: str) -> int | None:
        """The place of an order in the log; None while it waits for one."""
        with self.datastore.cursor() as cursor:
            cursor.execute("select idx from log.entries where event_id = %s", (event_id,))
            row = cursor.fetchone()
        return row[0] if row else None

    def close(self) -> None:
        if "datastore" in self.__dict__:
            self.datastore.engine.dispose()


@contextmanager
def opened(settings: Settings, *, origin: str = "") -> Iterator[House]:
    """The registry with its database: the one named in the settings, else the private cluster, started or joined."""
    if settings.database_url:
        reader_url = settings.reader_url or settings.database_url
        house = House(settings, url=settings.database_url, reader_url=reader_url, origin=origin)
        try:
            yield house
        finally:
            house.close()
        return
    with Cluster(settings.home) as cluster:
        house = House(settings, url=cluster.url(), reader_url=cluster.url(user=READER), origin=origin)
        try:
            yield house
        finally:
            house.close()
