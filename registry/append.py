"""One append: everything that an order changes, in one call of the database and one transaction.

``Append`` says what is to be written and on what condition; ``append`` writes all of it or nothing, and
turns each refusal of the database into the error that tells the office what happened.  The rules themselves
stand in ``registry/sql/events.sql``, where no second writer can get past them.

The lock that keeps positions in commit order must not be held while a disk is waited for, or orders would queue for
it one by one.  So the order is committed without waiting, which frees the lock, and then an empty transaction waits
until the write-ahead log is on disk, together with all others that wait: all in one message to the server.  What is
not on disk yet can be seen but never outlived: whatever is committed after it, such as a sequenced batch, reaches
the disk after it.  ``append`` returns only when its own order is there.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import ClassVar, Literal, NamedTuple
from uuid import UUID

import psycopg2
from eventsourcing.persistence import IntegrityError, StoredEvent, Tracking
from psycopg2 import extensions

from domain.errors import RecordChanged, RegistryError
from domain.languages import Phrase
from registry.arrays import array, packed


class Label(NamedTuple):
    """A number in force and the parcel or unit that bears it.

    A khasra, survey or khata number is in force in a village; a ULPIN everywhere, and its village is empty.
    """

    village: str
    kind: Literal["parcel", "unit", "ulpin"]
    label: str
    id: str


@dataclass(frozen=True, kw_only=True)
class Append:
    """What one order adds.

    ``events`` name a stream (``originator_id``) and the version they become; the first event of each stream
    must follow directly on what is recorded, and a stream in ``guards`` must stand at the version given there.
    ``event_id`` is accepted once; ``entry`` (the signed envelope) joins the queue of the log.
    ``openings`` are sealed private values by commitment, ``shapes`` canonical geometry by its SHA-256.
    """

    events: Sequence[StoredEvent]
    event_id: UUID | None = None
    entry: bytes | None = None
    guards: Mapping[str, int] = field(default_factory=dict)
    openings: Mapping[bytes, bytes] = field(default_factory=dict)
    shapes: Mapping[bytes, bytes] = field(default_factory=dict)
    taken: Sequence[Label] = ()
    released: Sequence[Label] = ()
    tracking: Tracking | None = None


class StreamMoved(RecordChanged, IntegrityError):
    """A stream that the order builds on has grown since it was read."""

    def __init__(self, stream: str, *, expected: int, found: int) -> None:
        super().__init__(
            Phrase(
                "{thing} has changed: the order builds on version {built}, the record stands at version {version}",
                thing=stream,
                built=expected,
                version=found,
            ),
            field="touches",
            remedy="Prepare the order again, look at what has changed, and sign it anew.",
        )
        self.stream, self.expected, self.found = stream, expected, found


class AlreadyAccepted(RegistryError, IntegrityError):
    """The order has been accepted before: it counts once, however often it is sent."""

    code: ClassVar[str] = "already-accepted"

    def __init__(self, event_id: UUID) -> None:
        super().__init__(
            Phrase(
                "the order {order} has been accepted before and was not recorded again", order=event_id.hex
            ),
            field="event_id",
            remedy="Nothing is left to do; a new order needs a new event_id, so prepare it afresh.",
        )
        self.event_id = event_id


class LabelTaken(RegistryError, IntegrityError):
    """Two parcels, or two units, of one village cannot bear the same number at the same time; two parcels no ULPIN."""

    code: ClassVar[str] = "label-taken"

    def __init__(self, label: Label, *, holder: str) -> None:
        parts = {"label": label.label, "holder": holder, "thing": label.id}
        super().__init__(
            Phrase("the ULPIN {label} is borne by {holder}; {thing} cannot take it", **parts)
            if label.kind == "ulpin"
            else Phrase(
                "in village {village} the {kind} number {label} is borne by {holder}; {thing} cannot take it",
                village=label.village,
                kind=Phrase(label.kind),
                **parts,
            ),
            field="label",
            remedy="Give another number, or correct the record that bears this one first.",
        )
        self.label, self.holder = label, holder


class LabelNotBorne(RegistryError, IntegrityError):
    """An order gives up a number that the parcel or unit does not bear."""

    code: ClassVar[str] = "label-not-borne"

    def __init__(self, labels: Sequence[Label]) -> None:
        named = ", ".join(f"{entry.label} of {entry.id}" for entry in labels[:5])
        super().__init__(
            Phrase("not all of these numbers are in force: {named}", named=named),
            field="label",
            remedy="Prepare the order again from the record as it stands.",
        )
        self.labels = tuple(labels)


class AlreadyFollowed(RegistryError, IntegrityError):
    """Another runner of the same projection has already done this page."""

    code: ClassVar[str] = "already-followed"


_FLUSH = "select pg_logical_emit_message(true, 'landlog', '')"  # a transaction that writes next to nothing
_APPEND = f"""
begin;
set local synchronous_commit = off;
select set_config('landlog.positions', coalesce(events.append(
    %s::text[], %s::integer[], %s::text[], %s, %s::integer[], %s::uuid, %s, %s::text[], %s::integer[],
    %s, %s, %s::integer[], %s, %s, %s::integer[],
    %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s, %s
), '{{}}')::text, false);
commit;
{_FLUSH}, current_setting('landlog.positions')::bigint[]"""


def append(cursor: extensions.cursor, what: Append, *, guard_written: bool = True) -> list[int]:
    """Record it all; the positions given to the events, in their order.  The connection must be in autocommit.

    ``guard_written=False`` leaves the check of the streams written to their primary key: versions may then
    start anywhere, as the contract of eventsourcing's recorders has it.

    Raises:
        AlreadyAccepted: the event_id has been recorded before.
        StreamMoved: a stream written or guarded is not at the version that the order builds on.
        LabelTaken, LabelNotBorne: the labels in force do not allow it.
    """
    guards = {**(_before(what.events) if guard_written else {}), **what.guards}
    with _refusals_in_words(cursor, what):
        cursor.execute(
            _APPEND,
            (
                array(e.originator_id for e in what.events),
                array(e.originator_version for e in what.events),
                array(e.topic for e in what.events),
                *packed([e.state for e in what.events]),
                what.event_id and str(what.event_id),
                what.entry,
                array(guards),
                array(guards.values()),
                b"".join(what.openings),
                *packed(list(what.openings.values())),
                b"".join(what.shapes),
                *packed(list(what.shapes.values())),
                *map(array, _columns(what.taken, 4)),
                *map(array, _columns(what.released, 4)),
                what.tracking and what.tracking.application_name,
                what.tracking and what.tracking.notification_id,
            ),
        )
        row = cursor.fetchone()
    assert row is not None
    return row[1] or []


def _before(events: Sequence[StoredEvent]) -> dict[str, int]:
    """For each stream the version that its first new event follows on."""
    before: dict[str, int] = {}
    for event in events:
        before.setdefault(str(event.originator_id), event.originator_version - 1)
    return before


def _columns(rows: Iterable[Sequence[object]], width: int) -> list[list[object]]:
    """Rows turned into ``width`` parallel arrays, which are empty where there are no rows."""
    columns: list[list[object]] = [[] for _ in range(width)]
    for row in rows:
        for column, value in zip(columns, row, strict=True):
            column.append(value)
    return columns


@contextmanager
def _refusals_in_words(cursor: extensions.cursor, what: Append) -> Iterator[None]:
    try:
        yield
    except psycopg2.DatabaseError as error:
        if not cursor.connection.closed:
            cursor.execute("rollback")
        refusal = _refusal(error, what)
        if isinstance(refusal, AlreadyAccepted):
            cursor.execute(_FLUSH)  # whoever is told that the order stands may rely on it
        if refusal is None:
            raise
        raise refusal from error


def _refusal(error: psycopg2.DatabaseError, what: Append) -> RegistryError | None:
    detail = json.loads(error.diag.message_detail or "{}") if (error.pgcode or "").startswith("LL") else {}
    match error.pgcode:
        case "23505" if error.diag.table_name == "queue" and what.event_id is not None:
            return AlreadyAccepted(what.event_id)
        case "LL001":
            return StreamMoved(detail["stream"], expected=detail["expected"], found=detail["found"])
        case "LL002":
            return AlreadyAccepted(UUID(detail["event_id"]))
        case "LL003":
            label = Label(detail["village"], detail["kind"], detail["label"], detail["id"])
            return LabelTaken(label, holder=detail["holder"])
        case "LL004":
            return LabelNotBorne(what.released)
        case "LL005":
            return AlreadyFollowed(
                f"{detail['follower']} is already at or past position {detail['position']}"
            )
        case _:
            return None
