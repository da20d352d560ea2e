"""A second process that sequences and projects while this one registers: two processors instead of one.

Where ``landlog work`` runs already, both take turns; nothing is done twice, and nothing depends on either.
"""

from __future__ import annotations

import logging
import multiprocessing
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.synchronize import Event

from api import collector
from api.settings import Settings
from domain.errors import RegistryError

PAUSE_SECONDS = 1.0  # a batch for each order would sign and flush a checkpoint for each

_log = logging.getLogger(__name__)


@contextmanager
def following(settings: Settings, *, url: str) -> Iterator[None]:
    """Have every order that is accepted meanwhile sequenced and shown by another process.

    It is a help, not a duty: whoever needs an order in the log still asks ``House.settle`` for it.
    """
    context = multiprocessing.get_context("spawn")  # a copy of this process would share its connections
    stop = context.Event()
    follower = context.Process(target=_follow, args=(settings, url, stop), name="follower", daemon=True)
    follower.start()
    try:
        yield
    finally:
        stop.set()
        follower.join()
        follower.close()


def _follow(settings: Settings, url: str, stop: Event) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that started this one
    from api.wiring import House

    house = House(settings, url=url, reader_url=url)
    try:
        with collector.seldom():
            while not stop.wait(PAUSE_SECONDS):
                house.settle()
    except RegistryError as error:
        _log.warning("orders are no longer shown while they come in: %s", error)
    finally:
        house.close()
