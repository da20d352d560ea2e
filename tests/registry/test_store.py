"""One append writes everything an order changes, or nothing, and says why not."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing
from hashlib import sha256
from uuid import UUID, uuid4

import psycopg2
import pytest
from eventsourcing.persistence import IntegrityError, OperationalError, StoredEvent

from domain.canon import canonical
from domain.errors import BadInput, RecordChanged
from registry.append import AlreadyAccepted, Append, Label, LabelNotBorne, LabelTaken, StreamMoved
from registry.database import make_engine
from registry.datastore import Datastore
from registry.history import NotYetSequenced
from registry.store import OfficeRecorder

PARCEL, UNIT = "593873-000145", "593873-U000045"


@pytest.fixture
def store(database) -> Iterator[OfficeRecorder]:
    recorder = OfficeRecorder(Datastore(make_engine(database.url)))
    yield recorder
    recorder.datastore.engine.dispose()


def event(stream: str, version: int, topic: str = "mutation.sale/1") -> StoredEvent:
    return StoredEvent(stream, version, topic, b'{"schema":1}')


def order(*events: StoredEvent, **more) -> Append:
    return Append(**{"events": events, "event_id": uuid4(), "entry": b"{}", **more})


def count(store: OfficeRecorder, table: str) -> int:
    with store.datastore.cursor() as cursor:
        cursor.execute(f"select count(*) from {table}")
        return cursor.fetchone()[0]


def test_streams_entry_openings_shapes_and_labels_of_an_order_are_written_together(store):
    shape = b'{"polygons":[]}'
    written = order(
        event(PARCEL, 1),
        event(UNIT, 1),
        openings={b"c" * 32: b"sealed"},
        shapes={sha256(shape).digest(): shape},
        taken=[Label("593873", "parcel", "101/2", PARCEL)],
    )
    assert store.append(written) == [1, 2]
    tables = ("events.event", "log.queue", "private.opening", "gis.shape", "events.label")
    assert [count(store, t) for t in tables] == [2, 1, 1, 1, 1]


def test_private_values_shapes_and_states_of_any_length_stand_under_their_own_names(store):
    states = {PARCEL: b"{}", UNIT: b'{"schema":1,"set":{}}', "593873-000146": b'{"set":{}}'}
    openings = {bytes([n]) * 32: b"sealed" * n for n in (3, 1, 2)}
    shapes = {sha256(body).digest(): body for body in (b"a" * 700, b"b", b"c" * 80)}
    store.append(
        order(
            *(StoredEvent(stream, 1, "mutation.sale/1", state) for stream, state in states.items()),
            openings=openings,
            shapes=shapes,
        )
    )

    def stored(query: str) -> dict:
        with store.datastore.cursor() as cursor:
            cursor.execute(query)
            return {key if isinstance(key, str) else bytes(key): bytes(value) for key, value in cursor}

    assert stored("select stream, state from events.event") == states
    assert stored("select commitment, sealed from private.opening") == openings
    assert stored("select hash, body from gis.shape") == shapes


def test_an_order_that_is_refused_leaves_nothing_behind(store):
    store.append(order(event(UNIT, 1)))
    with pytest.raises(StreamMoved):
        store.append(
            order(
                event(PARCEL, 1),
                event(UNIT, 1),
                openings={b"c" * 32: b"sealed"},
                shapes={b"h" * 32: b"{}"},
                taken=[Label("593873", "parcel", "101/2", PARCEL)],
            )
        )
    tables = ("events.event", "log.queue", "private.opening", "gis.shape", "events.label")
    assert [count(store, t) for t in tables] == [1, 1, 0, 0, 0]


def test_a_stream_that_has_grown_is_named_with_both_versions(store):
    store.append(order(event(PARCEL, 1), event(UNIT, 1)))
    store.append(order(event(UNIT, 2)))
    with pytest.raises(StreamMoved) as moved:
        store.append(order(event(PARCEL, 2), event(UNIT, 2)))
    assert (moved.value.stream, moved.value.expected, moved.value.found) == (UNIT, 1, 2)
    assert isinstance(moved.value, RecordChanged)
    assert isinstance(moved.value, IntegrityError)
    assert moved.value.code == "record-changed"
    assert "593873-U000045" in str(moved.value)


def test_a_stream_that_was_only_read_guards_the_order(store):
    store.append(order(event(UNIT, 1)))
    store.append(order(event(PARCEL, 1), guards={UNIT: 1}))
    store.append(order(event(UNIT, 2)))
    with pytest.raises(StreamMoved):
        store.append(order(event(PARCEL, 2), guards={UNIT: 1}))
    with pytest.raises(StreamMoved) as never:
        store.append(order(event(PARCEL, 2), guards={"593873-U000099": 3}))
    assert never.value.found == 0


def test_a_version_cannot_be_skipped(store):
    with pytest.raises(StreamMoved):
        store.append(order(event(UNIT, 2)))


def test_the_same_order_counts_once_and_is_told_apart_from_a_conflict(store):
    sent = order(event(UNIT, 1))
    store.append(sent)
    with pytest.raises(AlreadyAccepted) as again:
        store.append(sent)
    assert again.value.event_id == sent.event_id
    with pytest.raises(AlreadyAccepted):
        store.append(order(event(UNIT, 2), event_id=sent.event_id))
    assert count(store, "log.queue") == 1


def test_a_label_in_force_cannot_be_taken_and_its_bearer_is_named(store):
    store.append(order(event(PARCEL, 1), taken=[Label("593873", "parcel", "101/2", PARCEL)]))
    other = "593873-000146"
    with pytest.raises(LabelTaken) as taken:
        store.append(order(event(other, 1), taken=[Label("593873", "parcel", "101/2", other)]))
    assert taken.value.holder == PARCEL
    assert taken.value.label.label == "101/2"
    elsewhere = Label("593874", "parcel", "101/2", "593874-000001")
    same_number_of_a_khata = Label("593873", "unit", "101/2", UNIT)
    store.append(order(event(other, 1), taken=[elsewhere, same_number_of_a_khata]))
    assert store.bearers("593873", "parcel", ["101/2", "7"]) == {"101/2": PARCEL}


def test_two_takers_of_one_label_within_an_order_are_refused(store):
    taken = [Label("593873", "parcel", "7", f"593873-00000{n}") for n in (1, 2)]
    with pytest.raises(LabelTaken):
        store.append(order(event(PARCEL, 1), taken=taken))


def test_a_label_given_up_can_be_taken_in_the_same_order(store):
    store.append(order(event(PARCEL, 1), taken=[Label("593873", "parcel", "101/2", PARCEL)]))
    child = "593873-000146"
    store.append(
        order(
            event(PARCEL, 2),
            event(child, 1),
            released=[Label("593873", "parcel", "101/2", PARCEL)],
            taken=[Label("593873", "parcel", "101/2", child)],
        )
    )
    assert store.bearers("593873", "parcel", ["101/2"]) == {"101/2": child}
    with pytest.raises(LabelNotBorne):
        store.append(order(event(PARCEL, 3), released=[Label("593873", "parcel", "101/2", PARCEL)]))


def test_of_eight_officers_who_race_for_one_unit_exactly_one_wins(store):
    store.append(order(event(UNIT, 1)))
    outcomes: list[str] = []
    start = threading.Barrier(8)

    def sell(n: int) -> None:
        start.wait()
        try:
            store.append(order(event(UNIT, 2), event(f"593873-{n:06d}", 1)))
            outcomes.append("won")
        except StreamMoved:
            outcomes.append("refused")

    threads = [threading.Thread(target=sell, args=(n,)) for n in range(1, 9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["refused"] * 7 + ["won"]
    assert count(store, "log.queue") == 2


def test_histories_of_several_streams_come_with_their_place_in_the_log(store, database):
    first, second = order(event(PARCEL, 1), event(UNIT, 1)), order(event(UNIT, 2))
    store.append(first)
    store.append(second)
    with closing(psycopg2.connect(database.dsn)) as log, log, log.cursor() as cursor:
        sequence(cursor, index=7, event_id=first.event_id, leaf_hash=b"l" * 32)
    found = store.load([UNIT, PARCEL, "593873-000999"])
    unit = found[UNIT]
    assert [(e.version, e.event_id, e.index, e.leaf_hash) for e in unit.events] == [
        (1, first.event_id, 7, b"l" * 32),
        (2, second.event_id, None, None),
    ]
    assert (unit.version, unit.sequenced) == (2, False)
    assert found[PARCEL].sequenced
    assert (found["593873-000999"].version, found["593873-000999"].state()) == (0, None)
    with pytest.raises(NotYetSequenced, match=UNIT):
        unit.state()


def test_with_a_unit_come_the_parcels_that_it_holds_now(store):
    third = "593873-000147"

    def held(version: int, **members) -> StoredEvent:
        part = {
            "set": {UNIT: members},
            "touches": [{"id": UNIT, "note": 'the text "parcels":[] is no member'}],
        }
        return StoredEvent(UNIT, version, "mutation.sale/1", canonical(part))

    store.append(order(event(PARCEL, 1), event("593873-000146", 1), event(third, 1)))
    store.append(order(held(1, parcels=["593873-000146", third])))
    store.append(order(held(2, parcels=[PARCEL, third])))
    store.append(order(held(3, tenure="transferable")))
    assert store.load([UNIT, third], parcels=True).keys() == {UNIT, third, PARCEL}
    assert store.load([UNIT, third], parcels=True)[PARCEL].version == 1
    assert store.load([UNIT]).keys() == {UNIT}
    assert store.load([], parcels=True) == {}


def test_the_bearers_of_parcel_numbers_and_of_unit_numbers_are_told_apart(store):
    labels = [Label("593873", "parcel", "7", PARCEL), Label("593873", "unit", "7", UNIT)]
    store.append(order(event(PARCEL, 1), event(UNIT, 1), taken=labels))
    asked = [("parcel", "7"), ("unit", "7"), ("unit", '7"{},\\')]
    assert store.bearers_of("593873", asked) == {("parcel", "7"): PARCEL, ("unit", "7"): UNIT}
    assert store.bearers_of("593874", asked) == {}
    assert store.bearers_of("593873", []) == {}
    assert store.bearers("593873", "unit", ["7", "8"]) == {"7": UNIT}


def sequence(cursor, *, index: int, event_id: UUID, leaf_hash: bytes) -> None:
    """Give an entry its place, as the sequencer does."""
    cursor.execute(
        "insert into log.entries (idx, event_id, leaf_hash, entry) values (%s, %s, %s, %s)",
        (index, str(event_id), leaf_hash, b"{}"),
    )


def test_serial_numbers_are_given_once_also_to_many_askers(store):
    assert store.issue("593873", "parcel", 100) == range(1, 101)
    assert store.issue("593873", "parcel") == range(101, 102)
    assert store.issue("593873", "unit") == range(1, 2)
    given: list[int] = []
    askers = [
        threading.Thread(target=lambda: given.extend(store.issue("593873", "case", 5))) for _ in range(8)
    ]
    for asker in askers:
        asker.start()
    for asker in askers:
        asker.join()
    assert sorted(given) == list(range(1, 41))


def test_serial_numbers_are_asked_for_one_at_least(store):
    with pytest.raises(BadInput):
        store.issue("593873", "parcel", 0)


def test_a_follower_that_loses_its_connection_goes_on_where_it_was(store, database):
    store.append(order(event(PARCEL, 1)))
    with store.subscribe() as following:
        assert next(following).originator_id == PARCEL
        with closing(psycopg2.connect(database.dsn)) as admin, admin.cursor() as cursor:
            cursor.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity "
                "where datname = current_database() and pid <> pg_backend_pid()"
            )
        appended = False
        while not appended:
            try:
                store.append(order(event(UNIT, 1)))
                appended = True
            except OperationalError:
                pass  # the connection that was cut; the pool is fresh afterwards
        assert next(following).originator_id == UNIT


def test_an_append_is_one_statement_and_one_transaction(store):
    store.append(order(event(PARCEL, 1)))
    with store.datastore.cursor() as cursor:
        cursor.execute("select xmin from events.event union select xmin from log.queue")
        assert len(cursor.fetchall()) == 1


def test_connections_return_to_the_pool_ready_for_transactions(store):
    store.append(order(event(PARCEL, 1)))
    with store.datastore.engine.begin() as connection:
        assert connection.connection.driver_connection.autocommit is False
