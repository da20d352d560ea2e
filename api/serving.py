"""Serving the counter: uvicorn, one process for each core that is given to it, each with its own connections.

Nothing is shared between the processes but the socket and the database, so any of them may be killed.  TLS and the
public address are a reverse proxy's; what it says of the client (X-Forwarded-For, -Proto) is believed from
``trusted`` addresses only.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from contextlib import ExitStack
from typing import Any

import uvicorn
from fastapi import FastAPI

from api import clock
from api.app import create_app
from api.settings import Settings
from api.wiring import House, opened
from projections.fonts import FontsMissing, font_directory

_log = logging.getLogger(__name__)

HOST = "127.0.0.1"
PORT = 8000
_KEEP_ALIVE_SECONDS = 30
_HEAD_BYTES = 64 * 1024  # of a request's line and headers, before it is answered 400
_CONNECTIONS = 1_000  # of one process; what comes beyond is answered 503 at once


def serve(
    house: House,
    *,
    host: str = HOST,
    port: int = PORT,
    workers: int = 1,
    trusted: Sequence[str] = ("127.0.0.1",),
) -> None:
    """Serve until the process is told to stop; ``workers=0`` is one process for each core.

    One worker is this very process and uses ``house``; several are new ones, which open the registry of the same home.
    """
    _build_fonts()
    workers = workers or cores()
    options: dict[str, Any] = {
        "host": host,
        "port": port,
        "http": "api.patience:PatientProtocol",
        "h11_max_incomplete_event_size": _HEAD_BYTES,
        "forwarded_allow_ips": list(trusted),
        "server_header": False,
        "timeout_keep_alive": _KEEP_ALIVE_SECONDS,
        "limit_concurrency": _CONNECTIONS,
        "log_level": "warning",
        "access_log": False,  # who looked at which record is not to lie in a file that nobody guards
    }
    if workers == 1:
        uvicorn.run(create_app(house, now=clock.instant), **options)
        return
    os.environ |= {
        "LANDLOG_HOME": str(house.settings.home),
        "LANDLOG_DATABASE_URL": house.settings.database_url,
        "LANDLOG_READER_URL": house.settings.reader_url,
    }
    uvicorn.run("api.serving:of_this_process", factory=True, workers=workers, **options)


def _build_fonts() -> None:
    """Before anybody waits for them.  Without them pages use the reader's own fonts; paper says what is missing."""
    try:
        font_directory()
    except FontsMissing as missing:
        _log.warning("%s", missing)


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0))


def of_this_process() -> FastAPI:
    """The application of one of several processes; it is in the registry for as long as the process lives."""
    stack = ExitStack()
    app = create_app(stack.enter_context(opened(Settings.of())), now=clock.instant)
    app.state.joined = stack
    return app
