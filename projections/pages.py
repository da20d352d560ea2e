"""A page: the next entries of the log, read once and folded into states.

Entries are taken as they stand in the log: the sequencer has checked envelope and payload before it gave them an
index, and every auditor checks them again.  Signatures are not verified here.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, cast

from psycopg2 import extensions

from domain.canon import Json
from domain.projection import EVENT, GENESIS, advance, touched
from projections import states
from projections.drawn import ShapeReader

Doc = dict[str, Json]

PAGE_ENTRIES = 500
PAGE_BYTES = 2 << 20  # of entries; an import entry is near 64 kB and touches 60 to 130 things
_ENVELOPE = b"{"  # map heads start otherwise (transparency spec 4.4)


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One envelope of the log."""

    index: int
    leaf_hash: bytes
    payload_type: str
    payload: Doc
    keyids: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Event:
    """An entry with the states of what it touches, before (None where it is new) and after."""

    entry: Entry
    before: Mapping[str, Doc | None]
    after: Mapping[str, Doc]

    @property
    def index(self) -> int:
        return self.entry.index

    @property
    def payload(self) -> Doc:
        return self.entry.payload

    @property
    def is_order(self) -> bool:
        """Whether it is an officer's order on land, not an event about keys and postings."""
        return self.entry.payload_type == EVENT


@dataclass(frozen=True)
class Page:
    """Some consecutive entries of the log, from ``start`` up to (not including) ``end``, and what they do."""

    start: int
    end: int
    events: Sequence[Event] = field(repr=False)
    shapes: ShapeReader = field(default_factory=ShapeReader, repr=False)
    last: bool = True
    """Whether nothing more is published: what only the end result needs is done now."""

    @cached_property
    def before(self) -> dict[str, Doc | None]:
        """The states of everything touched as they stood before the page."""
        first: dict[str, Doc | None] = {}
        for event in self.events:
            for identifier, state in event.before.items():
                first.setdefault(identifier, state)
        return first

    @cached_property
    def after(self) -> dict[str, Doc]:
        """The states of everything touched as they stand after the page."""
        return {identifier: state for event in self.events for identifier, state in event.after.items()}

    def states(self, cursor: extensions.cursor, ids: Iterable[str]) -> dict[str, Doc]:
        """The states of any ids as they stand after the page; of what it does not touch, those that are stored."""
        wanted = set(ids)
        here = {identifier: self.after[identifier] for identifier in wanted & self.after.keys()}
        return {**here, **(states.load(cursor, absent) if (absent := wanted - here.keys()) else {})}

    def changed(self, kind: str) -> list[str]:
        """The ids of that kind that the page touches, in order of their first event."""
        return [identifier for identifier, state in self.after.items() if state["kind"] == kind]


def next_page(
    cursor: extensions.cursor,
    start: int,
    stop: int,
    *,
    entries: int = PAGE_ENTRIES,
    size: int = PAGE_BYTES,
) -> Page:
    """The page that begins at index ``start`` and ends before ``stop``, with the states folded and saved.

    At least one entry is in it, and of more no more than ``entries`` and ``size`` bytes.
    """
    found, end = _read(cursor, start, stop, entries, size)
    ids = {identifier for entry in found for _, identifier in touched(entry.payload_type, entry.payload)}
    page = Page(start, end, fold(found, states.load(cursor, ids)), last=end >= stop)
    states.save(cursor, page.after)
    return page


def fold(entries: Iterable[Entry], known: Mapping[str, Doc]) -> list[Event]:
    """The entries one after the other upon the states that stood before them.

    Raises:
        DoesNotFollow: when an entry does not build on the states before it: the log or the states are damaged.
    """
    current: dict[str, Doc] = dict(known)
    events = []
    for entry in entries:
        before = {i: current.get(i) for _, i in touched(entry.payload_type, entry.payload)}
        after = advance(before, entry.payload_type, entry.payload, entry.index, entry.leaf_hash)
        current.update(after)
        events.append(Event(entry=entry, before=before, after=after))
    return events


def read_entry(index: int, leaf_hash: bytes, entry: bytes) -> Entry | None:
    """The envelope; None for a map head or the genesis, which change no state."""
    if not entry.startswith(_ENVELOPE):
        return None
    envelope: dict[str, Any] = json.loads(entry)
    if envelope["payloadType"] == GENESIS:
        return None
    return Entry(
        index=index,
        leaf_hash=leaf_hash,
        payload_type=envelope["payloadType"],
        payload=json.loads(base64.b64decode(envelope["payload"])),
        keyids=tuple(signature["keyid"] for signature in envelope["signatures"]),
    )


def _read(
    cursor: extensions.cursor, start: int, stop: int, entries: int, size: int
) -> tuple[list[Entry], int]:
    cursor.execute(
        "select idx, leaf_hash, entry from ("
        "  select *, sum(octet_length(entry)) over (order by idx) - octet_length(entry) as before from ("
        "    select idx, leaf_hash, entry from log.entries where idx >= %s and idx < %s order by idx limit %s"
        "  ) few"
        ") fewer where before < %s order by idx",
        (start, stop, entries, size),
    )
    found, end = [], start
    for index, leaf_hash, data in cursor:
        entry = read_entry(index, bytes(leaf_hash), bytes(data))
        end = index + 1
        if entry is not None:
            found.append(entry)
    return found, end


def texts(value: Json) -> list[str]:
    """A list of ids or labels out of a state document."""
    return cast("list[str]", value)


def docs(value: Json) -> list[Doc]:
    """A list of objects out of a state document."""
    return cast("list[Doc]", value)
