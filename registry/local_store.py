"""The event store, the openings, the shapes and the numbers in force against the log's entries."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import cast

from psycopg2.extensions import cursor as Cursor  # noqa: N812 - a type, named as one

from domain.canon import canonical, parse_object
from domain.errors import RegistryError
from domain.projection import GENESIS, Doc
from registry import dsse
from registry.genesis import STREAM as GENESIS_STREAM
from registry.genesis import TOPIC as GENESIS_TOPIC
from registry.history import parts_of
from registry.local_audit import Finding, Findings, Registry, streaming
from registry.officers import roll_of
from registry.root_acts import parse_root_act

Row = tuple[str, int, str, bytes]
"""(stream, version, topic, state) of one event."""

_ORDERS = """
select e.event_id::text, min(l.idx), l.entry, q.entry, min(e.position),
       array_agg(e.stream order by e.stream), array_agg(e.version order by e.stream),
       array_agg(e.topic order by e.stream), array_agg(e.state order by e.stream)
  from events.event e
  left join log.entries l using (event_id)
  left join log.queue q using (event_id)
 where e.event_id is not null
 group by e.event_id, l.entry, q.entry, l.idx
 order by min(e.position)"""


def events(cursor: Cursor, registry: Registry) -> Findings:
    """Every event of every stream is its part of a logged entry, none is missing, and they stand in the log's order."""
    last = -1
    with streaming(cursor, _ORDERS) as rows:
        for event_id, index, logged, queued, _, streams, versions, topics, states in rows:
            name = f"order {event_id}"
            entry = logged if logged is not None else queued
            if entry is None:
                for stream, version in zip(
                    cast("list[str]", streams), cast("list[int]", versions), strict=True
                ):
                    yield Finding("events.event", f"{stream} version {version}", "its order stands in no log")
                continue
            if index is not None:
                name = f"order {event_id} (entry {index})"
                if cast("int", index) < last:
                    yield Finding("events.event", name, f"it was recorded after the order of entry {last}")
                last = cast("int", index)
            kept = {
                (s, v): (t, bytes(d))
                for s, v, t, d in zip(
                    cast("list[str]", streams),
                    cast("list[int]", versions),
                    cast("list[str]", topics),
                    cast("list[memoryview]", states),
                    strict=True,
                )
            }
            yield from _compare(name, bytes(cast("memoryview", entry)), kept)
    yield from _dropped(cursor)


def _compare(name: str, entry: bytes, kept: dict[tuple[str, int], tuple[str, bytes]]) -> Iterator[Finding]:
    try:
        expected = {(s, v): (t, d) for s, v, t, d in _rows_of(entry, kept)}
    except (RegistryError, KeyError, TypeError) as error:
        yield Finding("events.event", name, f"its entry cannot be read: {error}")
        return
    for (stream, version), row in kept.items():
        if (stream, version) not in expected and not stream.startswith("officer/"):
            yield Finding("events.event", f"{stream} version {version}", f"the {name} does not name it so")
        elif (stream, version) in expected and expected[stream, version] != row:
            yield Finding(
                "events.event", f"{stream} version {version}", f"it is not what was signed in the {name}"
            )
    for stream, version in expected.keys() - kept.keys():
        yield Finding("events.event", f"{stream} version {version}", f"it is missing of the {name}")


def _rows_of(entry: bytes, kept: Mapping[tuple[str, int], object]) -> Iterator[Row]:
    """What the streams keep of an entry; the roll of an officer's keys is compared by ``_dropped``."""
    envelope, payload = dsse.parse_entry(entry)
    if envelope.payload_type == GENESIS:
        yield GENESIS_STREAM, 1, GENESIS_TOPIC, envelope.payload
        return
    topic = str(payload["type"])
    if parse_root_act(payload) is not None:  # the registry's own stream, at whatever version it then had
        version = next((v for stream, v in kept if stream == GENESIS_STREAM), 0)
        yield GENESIS_STREAM, version, topic, envelope.payload
        return
    versions = {
        str(t["id"]): cast("int", t["prev_version"]) + 1 for t in cast("list[Doc]", payload["touches"])
    }
    for stream, state in parts_of(payload).items():
        yield stream, versions[stream], topic, state


def _dropped(cursor: Cursor) -> Iterator[Finding]:
    """Orders of which no event is left, gaps in streams, and rolls that do not list the keys that were enrolled."""
    cursor.execute(
        "select l.idx, l.event_id::text, l.entry from log.entries l where l.event_id is not null"
        " and not exists (select from events.event e where e.event_id = l.event_id) order by l.idx limit 1000"
    )
    for index, event_id, entry in cursor.fetchall():
        yield from _compare(f"order {event_id} (entry {index})", bytes(entry), {})
    cursor.execute(
        "select stream, max(version), count(*) from events.event group by stream"
        " having max(version) <> count(*) or min(version) <> 1 order by stream limit 1000"
    )
    for stream, newest, count in cursor.fetchall():
        yield Finding("events.event", stream, f"it has {count} events up to version {newest}")
    cursor.execute(
        "select stream, version, state from events.event where event_id is null or stream like 'officer/%'"
        " order by stream, version"
    )
    rolls = [(stream, version, bytes(state)) for stream, version, state in cursor.fetchall()]
    cursor.execute("select value from log.map_leaf where kind = 'officer' order by (convert_from(value, 'UTF8')::jsonb"
                   " ->> 'enrolled')::bigint")  # fmt: skip
    listed: dict[str, int] = {}
    expected = set()
    for (value,) in cursor.fetchall():
        state = parse_object(bytes(value))
        stream = roll_of(str(state["officer"]))
        listed[stream] = listed.get(stream, 0) + 1
        expected.add((stream, listed[stream], canonical({"keyid": state["id"]})))
    for stream, version, state_bytes in rolls:
        if (stream, version, state_bytes) not in expected:
            yield Finding(
                "events.event", f"{stream} version {version}", "no such key was enrolled for the officer"
            )
    for stream, version, _ in sorted(expected - set(rolls)):
        yield Finding(
            "events.event", f"{stream} version {version}", "the officer's key is missing from the roll"
        )


def openings(cursor: Cursor, registry: Registry) -> Findings:
    """Every private value opens, and is what its commitment binds."""
    with streaming(cursor, "select commitment, sealed from private.opening order by commitment") as rows:
        for commitment, sealed in rows:
            name = base64.b64encode(bytes(cast("memoryview", commitment))).decode()
            try:
                opening = registry.box.open(bytes(cast("memoryview", sealed)))
            except RegistryError as error:
                yield Finding("private.opening", name, error.message)
                continue
            if opening.commitment != name:
                yield Finding("private.opening", name, "the value kept there is another's")


def shapes(cursor: Cursor, registry: Registry) -> Findings:
    """Every shape is what its digest says, and every parcel's shape is there."""
    with streaming(cursor, "select hash, body from gis.shape order by hash") as rows:
        for digest, body in rows:
            if sha256(bytes(cast("memoryview", body))).digest() != bytes(cast("memoryview", digest)):
                name = base64.b64encode(bytes(cast("memoryview", digest))).decode()
                yield Finding("gis.shape", name, "its bytes are not those of its digest")
    cursor.execute(
        "select id, doc ->> 'geometry' from (select id, convert_from(value, 'UTF8')::jsonb as doc from log.map_leaf"
        " where kind = 'parcel') p where doc ->> 'geometry' is not null"
        " and not exists (select from gis.shape s where s.hash = decode(doc ->> 'geometry', 'base64'))"
        " order by id limit 1000"
    )
    for identifier, digest in cursor.fetchall():
        yield Finding("gis.shape", str(digest), f"the shape of {identifier} is missing")


_LABELS = """
with due as (
  select doc ->> 'village' as village, kind, doc ->> 'label' as label, id
    from (select id, kind, convert_from(value, 'UTF8')::jsonb as doc from log.map_leaf
           where kind in ('parcel', 'unit')) s
   where doc ->> 'status' = 'active')
select coalesce(d.village, l.village), coalesce(d.kind, l.kind), coalesce(d.label, l.label), d.id, l.id
  from due d full join events.label l on (l.village, l.kind, l.label) = (d.village, d.kind, d.label)
 where d.id is distinct from l.id order by 1, 2, 3 limit 1000"""


def labels(cursor: Cursor, registry: Registry) -> Findings:
    """The numbers in force are those of the states; what waits in the queue may be ahead of them."""
    cursor.execute("select exists (select from log.queue)")
    if cast("tuple[bool]", cursor.fetchone())[0]:
        return
    cursor.execute(_LABELS)
    for village, kind, label, due, kept in cursor.fetchall():
        name = f"{village} {kind} {label}"
        yield Finding(
            "events.label", name, f"it is borne by {due or 'nobody'}, and kept as borne by {kept or 'nobody'}"
        )
