"""The schema is brought up to date once, by one of many, and each login may do what its work needs."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from uuid import uuid4

import psycopg2
import pytest
from eventsourcing.persistence import StoredEvent

from domain.errors import BadInput
from registry import database as db
from registry.append import Append
from registry.datastore import Datastore
from registry.openings import OpeningBox, Openings
from registry.store import SCRIPTS, OfficeRecorder


@contextmanager
def login(database, role: str) -> Iterator[psycopg2.extensions.cursor]:
    dsn = psycopg2.extensions.make_dsn(database.dsn, user=role)
    with closing(psycopg2.connect(dsn)) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        yield cursor


def as_office(database) -> OfficeRecorder:
    url = db.database_url(database.url).set(username="landlog_office")
    return OfficeRecorder(Datastore(db.make_engine(url.render_as_string(False))))


def test_scripts_run_once_and_then_only_when_they_change(cluster):
    cluster.create_database("fresh")
    url = cluster.url("fresh")
    assert db.migrate(url, SCRIPTS) is True
    assert db.migrate(url, SCRIPTS) is False
    assert db.migrate(url, SCRIPTS[:2]) is True, "another set of scripts is another version"
    cluster.drop_database("fresh")


def test_of_many_processes_that_start_at_once_one_migrates_and_none_fails(cluster):
    cluster.create_database("crowded")
    outcomes: list[bool] = []

    def start() -> None:
        outcomes.append(db.migrate(cluster.url("crowded"), SCRIPTS))

    threads = [threading.Thread(target=start) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == [False, False, False, True]
    cluster.drop_database("crowded")


def test_a_script_that_fails_is_named_and_leaves_nothing_behind(cluster, monkeypatch):
    cluster.create_database("failing")
    texts = {"a/good.sql": "create table made (n int)", "a/bad.sql": "create tabel wrong (n int)"}
    monkeypatch.setattr(db, "read_script", texts.__getitem__)
    with pytest.raises(db.MigrationFailed, match=r"a/bad\.sql did not run: .*tabel"):
        db.migrate(cluster.url("failing"), list(texts))
    with closing(psycopg2.connect(cluster.dsn("failing"))) as connection, connection.cursor() as cursor:
        cursor.execute("select to_regclass('public.made'), to_regclass('public.landlog_schema')")
        assert cursor.fetchone() == (None, None)
    cluster.drop_database("failing")


def test_the_reader_sees_what_is_public_and_nothing_else(database):
    with login(database, "landlog_reader") as cursor:
        cursor.execute("select count(*) from log.queue")
        for table in ("events.event", "events.label", "private.opening"):
            with pytest.raises(psycopg2.errors.InsufficientPrivilege):
                cursor.execute(f"select count(*) from {table}")
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            cursor.execute("select events.issue('593873', 'parcel', 1)")
        with pytest.raises((psycopg2.errors.InsufficientPrivilege, psycopg2.errors.ReadOnlySqlTransaction)):
            cursor.execute("delete from log.queue")


def test_a_runaway_query_of_the_reader_ends_by_itself(database):
    with login(database, "landlog_reader") as cursor:
        cursor.execute("show statement_timeout")
        assert cursor.fetchone() == ("5s",)


def test_what_is_added_later_to_a_public_schema_can_be_read_too(database):
    with login(database, "landlog") as cursor:
        cursor.execute("create table records.added_later (n int)")
    with login(database, "landlog_reader") as cursor:
        cursor.execute("select count(*) from records.added_later")
        assert cursor.fetchone() == (0,)


def test_the_office_appends_and_cannot_change_or_remove_an_event(database):
    store = as_office(database)
    event = StoredEvent("593873-000145", 1, "mutation.import/1", b"{}")
    store.append(Append(events=[event], event_id=uuid4(), entry=b"{}", openings={b"c" * 32: b"sealed"}))
    assert store.load(["593873-000145"])["593873-000145"].version == 1
    assert store.issue("593873", "parcel") == range(1, 2)
    for statement in (
        "update events.event set state = ''",
        "delete from events.event",
        "insert into events.event (stream, version, topic, state) values ('x', 1, 't', '')",
        "delete from log.queue",
        "truncate events.label",
        "update private.opening set sealed = ''",
    ):
        with (
            login(database, "landlog_office") as cursor,
            pytest.raises(psycopg2.errors.InsufficientPrivilege),
        ):
            cursor.execute(statement)
    store.datastore.engine.dispose()


def test_the_office_can_erase_a_private_value(database):
    store = as_office(database)
    event = StoredEvent("593873-000145", 1, "mutation.import/1", b"{}")
    store.append(Append(events=[event], event_id=uuid4(), entry=b"{}", openings={b"c" * 32: b"sealed"}))
    openings = Openings(store.datastore, OpeningBox(bytes(32)))
    assert openings.erase("Y2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2NjY2M=")
    store.datastore.engine.dispose()


@pytest.mark.quick
@pytest.mark.parametrize("text", ["postgresql://db/registry", "postgres://db/registry"])
def test_the_driver_is_named_whatever_the_operator_wrote(text):
    assert db.database_url(text).drivername == "postgresql+psycopg2"


@pytest.mark.quick
@pytest.mark.parametrize(
    "text", ["", "registry", "mysql://u:hunter2@db/r", "postgresql+psycopg://u:hunter2@db/r"]
)
def test_another_database_or_driver_is_refused_without_repeating_a_password(text):
    with pytest.raises(BadInput) as refusal:
        db.database_url(text)
    assert refusal.value.field == "LANDLOG_DATABASE_URL"
    assert "hunter2" not in f"{refusal.value} {refusal.value.remedy}"


def test_a_database_that_is_not_there_is_named_without_its_password(database):
    url = db.database_url(database.url).set(database="nowhere", password="hunter2").render_as_string(False)
    with pytest.raises(db.DatabaseUnavailable, match="nowhere") as refusal:
        db.migrate(url, SCRIPTS)
    assert "hunter2" not in str(refusal.value)
    assert refusal.value.__cause__ is None
    assert refusal.value.__suppress_context__


def test_the_libpq_string_reaches_the_same_database(database):
    with closing(psycopg2.connect(db.libpq_dsn(database.url))) as connection, connection.cursor() as cursor:
        cursor.execute("select current_database()")
        assert cursor.fetchone() == (database.name,)
