"""The work behind the counter: one process that gives orders their places in the log and keeps the record as read.

Whatever it is doing when it is killed is finished by the next one: both halves go by what the database says.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from eventsourcing.persistence import InterfaceError, OperationalError

from api.wiring import House
from domain.errors import RegistryError
from registry.datastore import Datastore, in_the_library_s_words
from registry.log.sequencer import NotCosigned

POLL_SECONDS = 0.1
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
    """Sequence and project until ``stop`` is set; a database, or witnesses, that go away are waited for.

    ``refresh_seconds`` is how often the checkpoint of a quiet log gets younger signatures.

    Raises:
        RegistryError: when the log must not go on (a fork, a rollback, an entry that does not follow).
    """
    failure: list[BaseException] = []

    def follow() -> None:
        try:
            house.runner.follow(stop)
        except BaseException as error:  # noqa: BLE001  # told by the thread that started this one
            failure.append(error)
            stop.set()

    follower = threading.Thread(target=follow, name="projections", daemon=True)
    follower.start()
    try:
        sequence(house, stop, refresh_seconds=refresh_seconds)
    finally:
        stop.set()
        follower.join()
    if failure:
        raise failure[0]


def sequence(house: House, stop: threading.Event, *, refresh_seconds: float = REFRESH_SECONDS) -> None:
    """Give orders their places in the log as they come."""
    pause, refreshed = _FIRST_PAUSE, time.monotonic()
    while not stop.is_set():
        try:
            with in_the_library_s_words():
                if house.sequencer.run_once():
                    refreshed = time.monotonic()
                else:
                    stop.wait(POLL_SECONDS)
                if time.monotonic() - refreshed > refresh_seconds:
                    house.sequencer.refresh()
                    refreshed = time.monotonic()
            pause = _FIRST_PAUSE
        except (OperationalError, InterfaceError, NotCosigned) as error:
            _log.warning("trying again in %.1f s: %s", pause, error)
            stop.wait(pause)
            pause = min(2 * pause, _LAST_PAUSE)
