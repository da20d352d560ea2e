"""Exactly once, whatever happens between the view and the commit; and a rebuild that gives the same bytes."""

from __future__ import annotations

import subprocess
import sys
import threading
import time

import psycopg2
import pytest

from domain.projection import DoesNotFollow
from projections.history import History
from projections.maps import Maps
from projections.rights import Rights
from projections.runner import Runner
from registry.openings import Openings
from tests.conftest import ROOT
from tests.projections.support import (
    BOX,
    FIELD,
    SISTERS_KHATA,
    days_of_work,
    field_divided,
    first_registration,
    garden_sold,
    publish,
    third_sold,
)

TABLES = {
    "records.state": "id",
    "records.parcel": "parcel_id",
    "records.unit": "unit_id",
    "records.village": "lgd",
    "records.event": "idx",
    "records.event_of": "id, idx",
    "gis.parcel": "parcel_id, version",
}


def everything(ask) -> dict[str, list[str]]:
    """Every row of every view, as text."""
    return {
        table: [row for (row,) in ask(f"select t::text from {table} t order by {key}")]
        for table, key in TABLES.items()
    }


def position(ask) -> int:
    return ask("select size from records.position")[0][0]


class Killed(Exception):
    """Stands for kill -9."""


class Dies:
    """A view that comes last and dies, once, when all others have written their rows."""

    tables = ()

    def __init__(self) -> None:
        self.alive = False

    def apply(self, cursor, page) -> None:
        if not self.alive:
            self.alive = True
            raise Killed


@pytest.fixture
def names(datastore) -> Openings:
    return Openings(datastore, BOX)


def test_what_is_not_published_is_not_shown(log, runner, ask):
    first_registration(log)
    assert runner.run_once() == 0
    assert (position(ask), ask("select * from records.parcel")) == (0, [])


def test_entries_beyond_the_checkpoint_wait_for_the_next(log, runner, ask):
    first_registration(log)
    size = log.publish()
    garden_sold(log)
    assert runner.run_once() == size
    assert position(ask) == size
    assert ask("select count(*) from records.event") == [(1,)]


def test_a_page_that_dies_before_its_commit_leaves_nothing_and_is_applied_once_afterwards(
    log, runner, datastore, names, ask
):
    days_of_work(log)
    mortal = Runner(datastore, names, views=(Rights(names), History(), Maps(), Dies()), page_entries=2)
    with pytest.raises(Killed):
        mortal.run_once()
    assert position(ask) == 0
    assert all(rows == [] for rows in everything(ask).values())
    assert mortal.run_once() == log.size
    resumed = everything(ask)
    runner.rebuild()
    assert everything(ask) == resumed


@pytest.mark.parametrize("entries", [1, 2, 100])
def test_a_rebuild_gives_the_same_bytes_as_following_did(log, runner, datastore, names, ask, entries):
    following = Runner(datastore, names, page_entries=entries)
    for step in (first_registration, third_sold, lambda log: log.enrol("UP-REV-1")):
        step(log)
        log.publish()
        following.run_once()
    log.lay("mutation.renumbering/1", set_={FIELD: {"label": "101-अ", "use": "orchard"}})
    log.publish()
    following.run_once()
    followed = everything(ask)
    assert runner.rebuild() == log.size
    assert everything(ask) == followed
    assert position(ask) == log.size


def test_pages_of_any_size_come_to_the_same_record(log, runner, datastore, names, ask):
    days_of_work(log)
    runner.rebuild()
    whole = everything(ask)
    for small in (Runner(datastore, names, page_entries=1), Runner(datastore, names, page_bytes=1)):
        small.rebuild()
        assert everything(ask) == whole


def test_a_rebuild_tells_how_far_it_is(log, datastore, names):
    days_of_work(log)
    told: list[tuple[int, int]] = []
    Runner(datastore, names, page_entries=2).rebuild(lambda done, total: told.append((done, total)))
    assert told == [(2, 6), (4, 6), (6, 6)]


def test_readers_see_the_old_record_until_the_whole_new_one_is_there(log, runner, datastore, names, ask):
    days_of_work(log)
    runner.run_once()
    before, seen = everything(ask), []
    rebuilding = Runner(datastore, names, page_entries=1)
    rebuilding.rebuild(lambda done, total: seen.append(everything(ask)))
    assert seen == [before] * log.size


def test_a_rebuild_that_dies_leaves_the_old_record(log, runner, datastore, names, ask):
    days_of_work(log)
    runner.run_once()
    before = everything(ask)
    with pytest.raises(Killed):
        Runner(datastore, names, views=(Rights(names), History(), Maps(), Dies())).rebuild()
    assert (everything(ask), position(ask)) == (before, log.size)


def test_two_runners_at_once_apply_every_page_once(log, datastore, names, ask):
    first_registration(log)
    for _ in range(30):
        log.lay("charge.created/1", set_={SISTERS_KHATA: {"charges": []}})
    log.publish()
    runners = [Runner(datastore, names, page_entries=1) for _ in range(2)]
    applied: list[int] = []
    threads = [threading.Thread(target=lambda r=r: applied.append(r.run_once())) for r in runners]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(applied) == log.size == position(ask)
    assert ask("select count(*), max(version) from records.event_of where id = %s", SISTERS_KHATA) == [
        (31, 31)
    ]


FOLLOW = """
import sys, threading
from projections.runner import Runner
from registry.database import make_engine
from registry.datastore import Datastore
from registry.openings import Openings
from tests.projections.support import BOX

datastore = Datastore(make_engine(sys.argv[1]))
Runner(datastore, Openings(datastore, BOX), page_entries=1).follow(threading.Event())
"""


def test_a_runner_that_is_killed_again_and_again_applies_every_entry_once(log, runner, database, ask):
    first_registration(log)
    for _ in range(300):
        log.lay("charge.created/1", set_={SISTERS_KHATA: {"charges": []}})
    log.publish()
    for reached in (20, 80, 160):
        process = subprocess.Popen([sys.executable, "-c", FOLLOW, database.url], cwd=ROOT)
        _until(lambda reached=reached: position(ask) >= reached)
        process.kill()
        process.wait()
    assert position(ask) < log.size
    runner.run_once()
    assert ask("select count(*), max(version) from records.event_of where id = %s", SISTERS_KHATA) == [
        (301, 301)
    ]
    followed = everything(ask)
    runner.rebuild()
    assert everything(ask) == followed


def test_a_follower_keeps_up_and_finds_its_connection_again(log, runner, ask):
    stop = threading.Event()
    follower = threading.Thread(target=runner.follow, args=(stop,))
    follower.start()
    try:
        first_registration(log)
        log.publish()
        _until(lambda: position(ask) == log.size)
        ask(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid()"
        )
        garden_sold(log)
        log.publish()
        _until(lambda: position(ask) == log.size)
    finally:
        stop.set()
        follower.join()
    assert ask("select count(*) from records.event") == [(2,)]


def test_views_are_true_of_the_newest_checkpoint_that_they_reached(log, runner, ask):
    as_of = "select checkpoint_size, cosigned_at from records.position"
    first_registration(log)
    size = log.publish()
    runner.run_once()
    (reached, first) = ask(as_of)[0]
    assert reached == size
    publish(log.dsn, size, "2026-11-21T10:10:00Z")  # the same tree, cosigned again
    runner.run_once()
    (reached, again) = ask(as_of)[0]
    assert (reached, again > first) == (size, True)


def test_a_log_that_does_not_follow_on_the_record_stops_the_runner(log, runner, datastore, ask):
    first_registration(log)
    log.publish()
    runner.run_once()
    with datastore.cursor() as cursor:
        cursor.execute("delete from records.state where id = %s", (SISTERS_KHATA,))
    third_sold(log)
    log.publish()
    with pytest.raises(DoesNotFollow, match=SISTERS_KHATA):
        runner.run_once()
    assert runner.rebuild() == log.size == position(ask)


def test_the_public_s_login_reads_the_views_and_changes_nothing(log, runner, database):
    days_of_work(log)
    runner.run_once()
    connection = psycopg2.connect(database.reader_url.replace("postgresql+psycopg2", "postgresql"))
    try:
        with connection.cursor() as cursor:
            cursor.execute("select count(*) from records.parcel join gis.parcel using (parcel_id)")
            assert cursor.fetchone()[0] > 0
            with pytest.raises(psycopg2.Error):
                cursor.execute("delete from records.parcel")
    finally:
        connection.close()


def test_a_large_page_is_cut_by_its_bytes(log, datastore, names):
    first_registration(log)
    field_sizes = []
    garden_sold(log)
    field_divided(log)
    log.publish()
    Runner(datastore, names, page_bytes=1).rebuild(lambda done, total: field_sizes.append(done))
    assert field_sizes == [1, 2, 3, 4]


def _until(reached, seconds: float = 10) -> None:
    end = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(0.02)
