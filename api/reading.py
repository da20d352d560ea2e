"""Villages read one after another, each in another process while the one before it is registered.

Reading is arithmetic and registering waits for the database as much: together they use two processors.  A village is
the batch: no more than two are held at once, the one in hand and the next, however many files there are.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from gis.village import ProposedVillage


@dataclass(frozen=True, kw_only=True)
class Reading:
    """What ``intake.read`` is asked."""

    file: Path
    mapping: str | Path
    village: Mapping[str, str | None]
    table: Path | None = None


def read_ahead(readings: Sequence[Reading]) -> Iterator[ProposedVillage]:
    """The villages in order; the next one is being read while the caller has this one in hand.

    Raises: BadInput, once the caller asks for the village whose mapping or file cannot be used as a whole.
    """
    spawning = multiprocessing.get_context("spawn")  # a copy of this process would share its connections
    with ProcessPoolExecutor(1, mp_context=spawning, initializer=_quietly) as pool:
        ahead: Future[ProposedVillage] | None = None
        for number, reading in enumerate(readings):
            now = ahead or pool.submit(_read, reading)
            proposed = now.result()
            following = readings[number + 1 : number + 2]
            ahead = pool.submit(_read, following[0]) if following else None
            del now  # it holds the village as long as it lives
            yield proposed
            del proposed


def _quietly() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the process that started this one


def _read(reading: Reading) -> ProposedVillage:
    from api import intake

    return intake.read(reading.file, reading.mapping, reading.village, table=reading.table)
