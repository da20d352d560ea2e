"""The event store: eventsourcing's persistence contract on psycopg2, through the SQLAlchemy engine.

Set ``PERSISTENCE_MODULE=registry.store`` and an eventsourcing ``Application`` writes here; the office itself
uses ``OfficeRecorder`` directly, for it saves more than events (``registry.append``).

Why our own, and not the module that the library ships (measured):

* it keeps psycopg2, the driver of everything else here, and one pool with the read models;
* an append is **one round trip**: a function in the database takes the lock, checks what the order builds on,
  writes, and wakes the followers;
* one lock is held from the first insert to the commit, so positions follow commit order and **no follower ever
  skips an event**; the library's faster modes lose some under concurrent writers;
* large appends pass: there is no pipeline that fills up.

Invariants: rows are only added; a stream has each version once; a position that can be seen has nothing unseen
below it; what is tracked moves forward only.  Deliberately absent: snapshots (streams of land are short) and
pickled or class-named events (``topic`` is a stable name with a version, ``state`` is JSON that a person can read).
"""

from __future__ import annotations

import select
import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar, cast
from uuid import UUID

from eventsourcing import persistence
from eventsourcing.domain import TAggregateID
from eventsourcing.persistence import (
    AggregateRecorder,
    ApplicationRecorder,
    InfrastructureFactory,
    ListenNotifySubscription,
    Mapper,
    Notification,
    ProcessRecorder,
    StoredEvent,
    Tracking,
    TrackingRecorder,
    Transcoder,
)
from eventsourcing.utils import Environment, EnvType, resolve_topic, strtobool
from psycopg2 import extensions

from domain.canon import Json, canonical, parse_object
from domain.errors import BadInput
from domain.ids import kind_of, serial_of, village_of
from registry.append import AlreadyFollowed, Append, append
from registry.arrays import array
from registry.database import make_engine, migrate
from registry.datastore import Datastore, in_the_library_s_words
from registry.history import History, Recorded

CHANNEL = "landlog_events"
SCRIPTS = ("registry/sql/roles.sql", "registry/sql/events.sql", "registry/sql/private.sql")

_FIRST_RECONNECT_SECONDS = 0.1
_LAST_RECONNECT_SECONDS = 5.0
_LISTEN_SECONDS = 0.1  # how long a stopped subscription may take to notice

# Lateral, so that each label is looked up by its key even where a fresh table has no statistics yet.
_BEARERS = """
select asked.kind, asked.label, l.id from unnest(%s::text[], %s::text[]) as asked(kind, label)
 cross join lateral (
   select id from events.label l where (l.village, l.kind, l.label) = (%s, asked.kind, asked.label) offset 0
 ) l"""

_Made = TypeVar("_Made", bound="_Recorder")


class _Recorder:
    def __init__(self, datastore: Datastore, *, originator_id: Callable[[str], UUID | str] = str) -> None:
        self.datastore = datastore
        self._originator_id = originator_id


class StreamRecorder(_Recorder, AggregateRecorder):
    """Streams alone: what was recorded of one parcel, unit, case or key."""

    def insert_events(
        self, stored_events: Sequence[StoredEvent], *, tracking: Tracking | None = None, **kwargs: Any
    ) -> Sequence[int] | None:
        """As the library's contract has it; the office uses ``OfficeRecorder.append``."""
        self._insert(stored_events, tracking)
        return None

    def _insert(self, stored_events: Sequence[StoredEvent], tracking: Tracking | None) -> list[int]:
        if not stored_events and tracking is None:
            return []
        with self.datastore.cursor() as cursor:
            return append(cursor, Append(events=stored_events, tracking=tracking), guard_written=False)

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> list[StoredEvent]:
        query = "select version, topic, state from events.event where stream = %s"
        values: list[object] = [str(originator_id)]
        for condition, bound in ((" and version > %s", gt), (" and version <= %s", lte)):
            if bound is not None:
                query += condition
                values.append(bound)
        query += " order by version desc" if desc else " order by version"
        with self.datastore.cursor() as cursor:
            cursor.execute(query + " limit %s", [*values, limit])
            return [StoredEvent(originator_id, v, topic, bytes(state)) for v, topic, state in cursor]


class SequenceRecorder(StreamRecorder, ApplicationRecorder):
    """Streams, and the one sequence in which they all grew."""

    def insert_events(
        self, stored_events: Sequence[StoredEvent], *, tracking: Tracking | None = None, **kwargs: Any
    ) -> Sequence[int] | None:
        """The positions given, in the order of the events."""
        return self._insert(stored_events, tracking)

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> list[Notification]:
        query = "select position, stream, version, topic, state from events.event where true"
        values: list[object] = []
        for condition, bound in (
            (" and position >= %s" if inclusive_of_start else " and position > %s", start),
            (" and position <= %s", stop),
            (" and topic = any(%s)", list(topics) or None),
        ):
            if bound is not None:
                query += condition
                values.append(bound)
        with self.datastore.cursor() as cursor:
            cursor.execute(query + " order by position limit %s", [*values, limit])
            return [
                Notification(self._originator_id(stream), version, topic, bytes(state), id=position)
                for position, stream, version, topic, state in cursor
            ]

    def max_notification_id(self) -> int | None:
        with self.datastore.cursor() as cursor:
            cursor.execute("select max(position) from events.event")
            row = cursor.fetchone()
        return row[0] if row else None

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> EventSubscription:
        return EventSubscription(recorder=self, gt=gt, topics=topics)


class EventSubscription(ListenNotifySubscription[SequenceRecorder]):
    """Every event after a position, in order, for ever: a lost connection is made again.

    The library's own subscription ends at the first failure of the database, and its follower with it.
    """

    def __init__(self, recorder: SequenceRecorder, gt: int | None = None, topics: Sequence[str] = ()) -> None:
        self._stopping = threading.Event()
        super().__init__(recorder=recorder, gt=gt, topics=topics)
        self._listener = threading.Thread(target=self._again_until_stopped, args=(self._listen,), daemon=True)
        self._listener.start()

    def stop(self) -> None:
        self._stopping.set()
        super().stop()

    def __exit__(self, *args: object, **kwargs: Any) -> None:
        try:
            super().__exit__(*args, **kwargs)
        finally:
            self._listener.join()

    def _pull(self) -> None:
        self._again_until_stopped(super()._pull)  # resumes after the last page it has handed over

    def _again_until_stopped(self, work: Callable[[], None]) -> None:
        pause = _FIRST_RECONNECT_SECONDS
        while not self._stopping.is_set():
            try:
                return work()
            except (persistence.OperationalError, persistence.InterfaceError):
                self._stopping.wait(pause)
                pause = min(2 * pause, _LAST_RECONNECT_SECONDS)
        return None

    def _listen(self) -> None:
        with in_the_library_s_words():
            pooled = self._recorder.datastore.engine.raw_connection()
            connection: extensions.connection = pooled.driver_connection  # type: ignore[assignment]
            pooled.detach()  # a listener keeps its connection for itself
            try:
                connection.autocommit = True
                with connection.cursor() as cursor:
                    cursor.execute(f"listen {CHANNEL}")
                self._has_been_notified.set()  # for what was recorded before we listened
                while not self._stopping.is_set():
                    if select.select([connection], [], [], _LISTEN_SECONDS)[0]:
                        connection.poll()
                        connection.notifies.clear()
                        self._has_been_notified.set()
            finally:
                connection.close()


class FollowerRecorder(_Recorder, TrackingRecorder):
    """How far each follower has come; only ever forward."""

    def insert_tracking(self, tracking: Tracking) -> None:
        with self.datastore.cursor() as cursor:
            self.track(cursor, tracking)

    def track(self, cursor: extensions.cursor, tracking: Tracking) -> None:
        """Move on within the caller's transaction, so that view and position are saved together.

        Raises:
            AlreadyFollowed: when the follower is at or past that position: another runner was here.
        """
        cursor.execute(
            "insert into events.tracking as t (name, position) values (%s, %s) "
            "on conflict (name) do update set position = excluded.position where t.position < excluded.position",
            (tracking.application_name, tracking.notification_id),
        )
        if cursor.rowcount == 0:
            raise AlreadyFollowed(
                f"{tracking.application_name} is already at or past position {tracking.notification_id}"
            )

    def max_tracking_id(self, application_name: str) -> int | None:
        with self.datastore.cursor() as cursor:
            cursor.execute("select position from events.tracking where name = %s", (application_name,))
            row = cursor.fetchone()
        return row[0] if row else None


class OfficeRecorder(FollowerRecorder, SequenceRecorder, ProcessRecorder):
    """The whole contract, and what the office needs beside it."""

    def append(self, what: Append) -> list[int]:
        """Record one order: all of it in one round trip and one transaction (``registry.append``)."""
        with self.datastore.cursor() as cursor:
            return append(cursor, what)

    def load(self, ids: Sequence[str], *, parcels: bool = False) -> dict[str, History]:
        """The histories of several streams in one query; one that does not exist yet is empty.

        With ``parcels`` those of the parcels that the units among them hold now come too.
        """
        found: dict[str, list[Recorded]] = {identifier: [] for identifier in ids}
        if not found:
            return {}
        with self.datastore.cursor() as cursor:
            cursor.execute("select * from events.load(%s::text[], %s)", (array(found), parcels))
            for stream, version, topic, state, event_id, index, leaf_hash in cursor:
                found.setdefault(stream, []).append(
                    Recorded(
                        version=version,
                        topic=topic,
                        state=bytes(state),
                        event_id=UUID(event_id) if event_id else None,
                        index=index,
                        leaf_hash=None if leaf_hash is None else bytes(leaf_hash),
                    )
                )
        return {identifier: History(identifier, tuple(events)) for identifier, events in found.items()}

    def issue(self, village: str, kind: Literal["parcel", "unit", "case"], count: int = 1) -> range:
        """Fresh serial numbers of a village.  Given once: an order that fails leaves a gap, never a second use."""
        if count < 1:
            raise BadInput(f"serial numbers are issued one at least, not {count}", field="count")
        with self.datastore.cursor() as cursor:
            cursor.execute("select events.issue(%s, %s, %s)", (village, kind, count))
            row = cursor.fetchone()
        assert row is not None
        return range(row[0], row[0] + count)

    def never_issued(self, ids: Iterable[str]) -> list[str]:
        """Those of the ids whose serial numbers nobody has been given yet, sorted."""
        wanted = sorted(ids)
        with self.datastore.cursor() as cursor:
            cursor.execute(
                "select w.id from unnest(%s::text[], %s::text[], %s::text[], %s::int[]) as w(id, village, kind, serial)"
                " left join events.serial s on s.village = w.village and s.kind = w.kind"
                " where w.serial >= coalesce(s.next, 1) order by w.id",
                (
                    array(wanted),
                    array(village_of(i) for i in wanted),
                    array(kind_of(i) for i in wanted),
                    array(serial_of(i) for i in wanted),
                ),
            )
            return [row[0] for row in cursor]

    def bearers(self, village: str, kind: Literal["parcel", "unit"], labels: Sequence[str]) -> dict[str, str]:
        """Who bears these numbers now, by label; a label in nobody's hands is left out."""
        found = self.bearers_of(village, [(kind, label) for label in labels])
        return {label: bearer for (_, label), bearer in found.items()}

    def bearers_of(self, village: str, labels: Sequence[tuple[str, str]]) -> dict[tuple[str, str], str]:
        """As ``bearers``, for numbers of parcels and of units at once: by (kind, label)."""
        if not labels:
            return {}
        with self.datastore.cursor() as cursor:
            kinds, texts = zip(*labels, strict=True)
            cursor.execute(_BEARERS, (array(kinds), array(texts), village))
            return {(kind, label): bearer for kind, label, bearer in cursor}


@dataclass(frozen=True)
class StreamEvent:
    """An event as an eventsourcing ``Application`` handles it here: a stable topic and a JSON object."""

    originator_id: str
    originator_version: int
    topic: str
    state: dict[str, Json]


class JsonTranscoder(Transcoder):
    """Canonical JSON, readable in fifty years without this program."""

    def encode(self, obj: Any) -> bytes:
        return canonical(obj)

    def decode(self, data: bytes) -> Any:
        return parse_object(data)


class StreamEventMapper(Mapper[TAggregateID]):
    """Between ``StreamEvent`` and what is stored: no class names, no module paths, nothing to import."""

    def to_stored_event(self, domain_event: Any) -> StoredEvent:
        return StoredEvent(
            originator_id=domain_event.originator_id,
            originator_version=domain_event.originator_version,
            topic=domain_event.topic,
            state=self.transcoder.encode(domain_event.state),
        )

    def to_domain_event(self, stored_event: StoredEvent) -> Any:
        return StreamEvent(
            originator_id=str(stored_event.originator_id),
            originator_version=stored_event.originator_version,
            topic=stored_event.topic,
            state=self.transcoder.decode(stored_event.state),
        )


class Factory(InfrastructureFactory[TrackingRecorder]):
    """What ``PERSISTENCE_MODULE=registry.store`` gives an eventsourcing application.

    ``LANDLOG_DATABASE_URL`` names the database; ``CREATE_TABLE=y`` migrates it first (off by default: processes
    that start together should not each alter it); ``ORIGINATOR_ID_TYPE`` is ``text``, our ids, or ``uuid``.
    """

    DATABASE_URL = "LANDLOG_DATABASE_URL"
    CREATE_TABLE = "CREATE_TABLE"
    ORIGINATOR_ID_TYPE = "ORIGINATOR_ID_TYPE"

    def __init__(self, env: Environment | EnvType | None) -> None:
        super().__init__(env)
        url = self.env.get(self.DATABASE_URL)
        if not url:
            raise BadInput(
                "no database is named", field=self.DATABASE_URL, remedy="Set it to the database's URL."
            )
        self._url = url
        self.datastore = Datastore(make_engine(url))

    def aggregate_recorder(self, purpose: str = "events") -> StreamRecorder:
        if purpose != "events":
            raise persistence.NotSupportedError(f"{purpose} are not kept: streams of land records are short")
        return self._make(StreamRecorder)

    def application_recorder(self) -> SequenceRecorder:
        return self._make(SequenceRecorder)

    def tracking_recorder(
        self, tracking_recorder_class: type[TrackingRecorder] | None = None
    ) -> TrackingRecorder:
        topic = self.env.get(self.TRACKING_RECORDER_TOPIC)
        named = tracking_recorder_class or (resolve_topic(topic) if topic else FollowerRecorder)
        return self._make(cast("type[FollowerRecorder]", named))

    def process_recorder(self) -> OfficeRecorder:
        return self._make(OfficeRecorder)

    def close(self) -> None:
        self.datastore.engine.dispose()

    def _make(self, recorder: type[_Made]) -> _Made:
        if strtobool(self.env.get(self.CREATE_TABLE, "n")):
            migrate(self._url, SCRIPTS)
        ids = UUID if self.env.get(self.ORIGINATOR_ID_TYPE, "text") == "uuid" else str
        return recorder(self.datastore, originator_id=ids)
