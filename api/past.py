"""The record as it stood, and how it came to stand as it does: the log replayed for one parcel and its units.

A moment of the past is a place in the log, a *cut*: the entries before it count, those after it do not.

- ``known_at`` an instant: the cut is the newest map head whose time is not later.  What the registry showed then.
- ``as_of`` a day: the cut is the first order on this land (the parcel, or a unit it was in) that was decided later.
  What the orders decided by that day make of the record; an order that builds on a later one never counts alone.

Both together: what the registry knew at that instant of the orders decided by that day.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, cast

from psycopg2 import extensions

from api.counter import Counter
from domain.canon import Json
from domain.errors import BadInput, NotFound
from domain.projection import EVENT, advance
from projections import places
from projections.documents import Doc, parcel_document, parties_of, unit_face
from projections.drawn import ShapeReader
from projections.pages import Entry, read_entry, texts
from registry.log.map_head import parse_map_head

_HEAD = b"landlog/map-head@"


@dataclass(frozen=True, kw_only=True)
class Step:
    """One event of a parcel or a unit, with the state that it made."""

    id: str
    entry: Entry
    decided: date
    state: Doc

    @property
    def index(self) -> int:
        return self.entry.index


def chain(cursor: extensions.cursor, identifier: str, *, cut: int) -> list[Step]:
    """Every event of a parcel or unit before the cut, oldest first, each with the state after it.

    Raises:
        DoesNotFollow: when the log's entries do not build on each other, which auditors would have seen.
    """
    cursor.execute(
        "select e.idx, e.leaf_hash, e.entry from records.event_of o join log.entries e on e.idx = o.idx"
        " where o.id = %s and o.idx < %s order by o.idx",
        (identifier, cut),
    )
    steps: list[Step] = []
    state: Doc | None = None
    for index, leaf_hash, data in cursor:
        entry = read_entry(index, bytes(leaf_hash), bytes(data))
        if entry is None or entry.payload_type != EVENT:
            continue
        own = _own_part(entry.payload, identifier)
        state = advance({identifier: state}, EVENT, own, index, entry.leaf_hash)[identifier]
        decided = date.fromisoformat(str(entry.payload["decided"]))
        steps.append(Step(id=identifier, entry=entry, decided=decided, state=state))
    return steps


def story(cursor: extensions.cursor, parcel: str, *, cut: int) -> list[Step]:
    """The parcel's own events and those of each unit while the parcel was in it, in the order of the log.

    An event that names both stands once, as the parcel's.
    """
    own = chain(cursor, parcel, cut=cut)
    seen = {step.index for step in own}
    steps = list(own)
    for unit, start, end in _stays(own, cut):
        steps += [s for s in chain(cursor, unit, cut=end) if start <= s.index and s.index not in seen]
    return sorted(steps, key=lambda step: step.index)


def record_then(
    counter: Counter, parcel: str, *, as_of: date | None, known_at: datetime | None
) -> dict[str, Json]:
    """The public document of a parcel at a moment of the past, with that moment in ``as_of``.

    Raises:
        NotFound: when the record showed no such parcel then.
    """
    with counter.reader.transaction() as cursor:
        cursor.execute("set transaction isolation level repeatable read, read only")
        size, checkpoint_size, cosigned_at = _position(cursor)
        cut = size if known_at is None else _size_known_at(cursor, known_at, size)
        if as_of is not None:
            cut = _cut_by_day(cursor, parcel, as_of, cut)
        own = chain(cursor, parcel, cut=cut)
        if not own:
            raise NotFound(
                f"the record showed no parcel {parcel} at that time",
                field="known_at" if as_of is None else "as_of",
                remedy=f"See since when it is registered: /v1/parcels/{parcel}/history.",
            )
        document = _document(counter, cursor, own[-1].state, cut)
    document["as_of"] = {
        "checkpoint_size": checkpoint_size,
        "cosigned_at": cosigned_at,
        "log_size": cut,
        "date": as_of.isoformat() if as_of else None,
        "known_at": known_at.strftime("%Y-%m-%dT%H:%M:%SZ") if known_at else None,
    }
    return document


def instant_of(text: str, *, field: str) -> datetime:
    """The instant, in UTC.

    >>> instant_of("2026-11-21T15:30:00+05:30", field="known_at").isoformat()
    '2026-11-21T10:00:00+00:00'

    Raises:
        BadInput: when the text is not an instant of the calendar, or does not say of which zone.
    """
    try:
        when = datetime.fromisoformat(text)
        if when.tzinfo is not None:
            return when.astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise BadInput(
        f"{text[:40]!r} is not an instant", field=field, remedy="Write it as 2026-11-21T10:00:00Z."
    )


def _document(counter: Counter, cursor: extensions.cursor, state: Doc, cut: int) -> dict[str, Json]:
    unit = chain(cursor, str(state["unit"]), cut=cut)[-1].state
    names = counter.house.openings.read(parties_of(unit))
    village = places.names(cursor, [str(state["village"])])[str(state["village"])]
    digest = cast("str | None", state["geometry"])
    drawn = ShapeReader().read(cursor, [digest] if digest else []).get(digest or "")
    relatives = [*texts(state["predecessors"]), *texts(state["successors"])]
    cursor.execute("select parcel_id, label from records.parcel where parcel_id = any(%s)", (relatives,))
    return parcel_document(
        state,
        unit_face(unit, names),
        village=village,
        drawn_m2=drawn.m2 if drawn else None,
        labels=dict(cursor.fetchall()),
    )


def _cut_by_day(cursor: extensions.cursor, parcel: str, day: date, cut: int) -> int:
    """Before the first order on this land that was decided after the day; cutting there may lead to an earlier unit."""
    while True:
        steps = story(cursor, parcel, cut=cut)
        if own := [s for s in steps if s.id == parcel]:
            steps += chain(
                cursor, str(own[-1].state["unit"]), cut=cut
            )  # also what it was before the parcel came
        later = [s.index for s in steps if s.decided > day]
        if not later:
            return cut
        cut = min(later)


def _stays(own: Sequence[Step], cut: int) -> list[tuple[str, int, int]]:
    """(unit, from index, until index): where the parcel was, one row for each unbroken stay."""
    stays: list[tuple[str, int, int]] = []
    for step in own:
        unit = str(step.state["unit"])
        if stays and stays[-1][0] == unit:
            continue
        if stays:
            stays[-1] = (stays[-1][0], stays[-1][1], step.index)
        stays.append((unit, step.index, cut))
    return stays


def _own_part(payload: Doc, identifier: str) -> Doc:
    """The order as far as it concerns one thing."""
    touches = [t for t in cast("list[Doc]", payload["touches"]) if t["id"] == identifier]
    members = cast("Mapping[str, Any]", payload["set"]).get(identifier, {})
    return {**payload, "touches": cast("Json", touches), "set": {identifier: members}}


def _position(cursor: extensions.cursor) -> tuple[int, int | None, str | None]:
    cursor.execute(
        "select size, checkpoint_size, to_char(cosigned_at at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"
        " from records.position where name = 'records'"
    )
    row = cursor.fetchone()
    return row if row else (0, None, None)


def _size_known_at(cursor: extensions.cursor, when: datetime, size: int) -> int:
    """The size of the newest map head not later than an instant: heads are searched by halves, their times rise."""
    low, high, known = 0, size, 0
    while low < high:
        middle = (low + high) // 2
        head = _head_from(cursor, middle, high)
        if head is None:
            high = middle
        elif head[1] <= when.timestamp():
            known = low = head[0] + 1
        else:
            high = middle
    return known


def _head_from(cursor: extensions.cursor, start: int, stop: int) -> tuple[int, int] | None:
    """Index and time of the first map head at ``start`` or after it, before ``stop``."""
    cursor.execute(
        "select idx, entry from log.entries where idx >= %s and idx < %s and substring(entry from 1 for %s) = %s"
        " order by idx limit 1",
        (start, stop, len(_HEAD), _HEAD),
    )
    row = cursor.fetchone()
    return (row[0], parse_map_head(bytes(row[1])).time) if row else None
