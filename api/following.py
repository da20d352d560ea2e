"""Processes that sequence and project while this one registers: two processors instead of one.

Giving orders their places in the log comes before showing them: the process that projects yields to the others.

Where ``landlog work`` runs already, all take turns; nothing is done twice, and nothing depends on any of them.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from multiprocessing.synchronize import Event
from typing import TYPE_CHECKING

from api import collector
from api.settings import Settings
from domain.errors import RegistryError
from registry.log.quorum import NotCosigned

if TYPE_CHECKING:
    from api.wiring import House

PAUSE_SECONDS = 1.0  # a batch for each order would sign and flush a checkpoint for each
YIELDING = 10  # as nice(1) counts

_log = logging.getLogger(__name__)


@contextmanager
def following(settings: Settings, *, url: str) -> Iterator[None]:
    """Have every order that is accepted meanwhile sequenced and shown by another process.

    It is a help, not a duty: whoever needs an order in the log still asks ``House.settle`` for it.
    """
    context = multiprocessing.get_context("spawn")  # a copy of this process would share its connections
    stop = context.Event()
    followers = [
        context.Process(
            target=follow, args=(settings, url, stop), name=follow.__name__.strip("_"), daemon=True
        )
        for follow in (_sequence, _project)
    ]
    for follower in followers:
        follower.start()
    try:
        yield
    finally:
        stop.set()
        for follower in followers:
            follower.join()
            follower.close()


def _sequence(settings: Settings, url: str, stop: Event) -> None:
    _follow(settings, url, stop, lambda house: house.sequence())


def _project(settings: Settings, url: str, stop: Event) -> None:
    os.nice(YIELDING)
    _follow(settings, url, stop, lambda house: house.runner.run_once())


def _follow(settings: Settings, url: str, stop: Event, work: Callable[[House], object]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that started this one
    from api.wiring import House

    house = House(settings, url=url, reader_url=url)
    try:
        with collector.seldom():
            while not stop.wait(PAUSE_SECONDS):
                try:
                    work(house)
                except NotCosigned as error:  # accepted and safe, and tried again
                    _log.warning("what was accepted is not shown yet: %s", error)
    except RegistryError as error:
        _log.warning("orders are no longer followed while they come in: %s", error)
    finally:
        house.close()
