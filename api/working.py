"""The work behind the counter: one process that sequences orders, keeps the record as read, and runs the clock.

Whatever it is doing when it is killed is finished by the next one: all three go by what the database says.
"""

from __future__ import annotations

import logging
import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from eventsourcing.persistence import InterfaceError, OperationalError

from api import clock, collector
from api.wiring import House
from domain.errors import RegistryError
from registry.datastore import Datastore, in_the_library_s_words
from registry.log.sequencer import NotCosigned, NotWritten

POLL_SECONDS = 0.1
BATCH_SECONDS = 0.2  # between two batches: each is signed, flushed and cosigned, for one order as for many
CLOCK_SECONDS = 1.0  # between two passes over the cases; a pass with nothing due is one query
REFRESH_SECONDS = 600.0  # transparency spec 4.8; verifiers online ask for signatures of the last 15 minutes
_FIRST_PAUSE, _LAST_PAUSE = 0.1, 5.0
_LOCK = 7003  # advisory lock: one worker for each database

_log = logging.getLogger(__name__)


class AlreadyAtWork(RegistryError):
    """Another process does this work for the same database."""

    code = "already-at-work"


@contextmanager
def alone(datastore: Datastore) -> Iterator[None]:
    """Be the one worker of this database, until the block or the process ends.

    Raises:
        AlreadyAtWork: when there is one.
    """
    pooled = datastore.engine.raw_connection()
    try:
        cursor = pooled.cursor()
        cursor.execute("select pg_try_advisory_lock(%s)", (_LOCK,))
        row = cursor.fetchone()
        pooled.commit()
        if not (row and row[0]):
            raise AlreadyAtWork(
                "another `landlog work` is at work on this database",
                remedy="One is enough. Stop the other first if this one is to take its place.",
            )
        yield
    finally:
        pooled.invalidate()  # closes it, and with the session goes the lock


def work(house: House, stop: threading.Event, *, refresh_seconds: float = REFRESH_SECONDS) -> None:
    """Sequence and project until ``stop`` is set; the database, witnesses and room on the disk are waited for.

    ``refresh_seconds`` is how often the checkpoint of a quiet log gets younger signatures.

    Raises:
        RegistryError: when the log must not go on (a fork, a rollback, an entry that does not follow).
    """
    failure: list[BaseException] = []

    def beside(task: Callable[[], None]) -> Callable[[], None]:
        def run() -> None:
            try:
                task()
            except BaseException as error:  # noqa: BLE001  # told by the thread that started this one
                failure.append(error)
                stop.set()

        return run

    threads = [
        threading.Thread(target=beside(lambda: house.runner.follow(stop)), name="projections", daemon=True),
        threading.Thread(target=beside(lambda: keep_days(house, stop)), name="clock", daemon=True),
    ]
    for thread in threads:
        thread.start()
    try:
        with collector.seldom():
            sequence(house, stop, refresh_seconds=refresh_seconds)
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    if failure:
        raise failure[0]


def keep_days(house: House, stop: threading.Event) -> None:
    """Do what a day that has come asks for, case by case."""
    pause = _FIRST_PAUSE
    keeper = house.case_clock()
    if keeper is None:
        _log.warning(
            "the registry has no clock: nobody takes the steps that a day brings (`landlog case appoint`)"
        )
    while not stop.is_set():
        try:
            with in_the_library_s_words():
                keeper = keeper or house.case_clock()  # it may be appointed while we are at work
                done = keeper.run(clock.today()).done if keeper else 0
            stop.wait(POLL_SECONDS if done else CLOCK_SECONDS)
            pause = _FIRST_PAUSE
        except (OperationalError, InterfaceError) as error:
            _log.warning("the clock tries again in %.1f s: %s", pause, error)
            stop.wait(pause)
            pause = min(2 * pause, _LAST_PAUSE)


def sequence(house: House, stop: threading.Event, *, refresh_seconds: float = REFRESH_SECONDS) -> None:
    """Give orders their places in the log as they come; at the start, have its witnesses see what is shown."""
    pause = _FIRST_PAUSE
    refreshed = -math.inf  # what is shown may have been cosigned long ago, or by others
    while not stop.is_set():
        try:
            with in_the_library_s_words():
                if house.sequencer.run_once():
                    refreshed = time.monotonic()
                    stop.wait(BATCH_SECONDS)
                else:
                    stop.wait(POLL_SECONDS)
                if time.monotonic() - refreshed > refresh_seconds:
                    house.sequencer.refresh()
                    refreshed = time.monotonic()
            pause = _FIRST_PAUSE
        except (OperationalError, InterfaceError, NotCosigned, NotWritten) as error:
            _log.warning("trying again in %.1f s: %s", pause, error)
            stop.wait(pause)
            pause = min(2 * pause, _LAST_PAUSE)
