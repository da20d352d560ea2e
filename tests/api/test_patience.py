"""Clients who take their time: none of them keeps a connection for longer than it is worth."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import SimpleNamespace
from typing import Any, cast

import pytest
import uvicorn
from starlette.types import Receive, Scope, Send

from api import patience, serving
from api.patience import PatientProtocol
from api.wiring import House

BIG = 64 << 20


async def app(scope: Scope, receive: Receive, send: Send) -> None:
    """Answers with the length of what it was sent, or with more than any socket takes at once."""
    length, more = 0, True
    while more:
        message = await receive()
        length, more = length + len(message.get("body", b"")), message.get("more_body", False)
    body = b"x" * BIG if scope["path"] == "/big" else b"%d" % length
    await send(
        {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"%d" % len(body))]}
    )
    await send({"type": "http.response.body", "body": body})


@contextmanager
def served() -> Iterator[tuple[str, int]]:
    """The app behind the counter's protocol, until the block ends."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(app, http=PatientProtocol, lifespan="off", log_level="critical")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    try:
        yield listener.getsockname()
    finally:
        server.should_exit = True
        thread.join(20)
        listener.close()
        assert not thread.is_alive()


def exchanged(place: tuple[str, int], *parts: bytes, pause: float = 0.0) -> bytes:
    """What comes back until the server ends the connection, after these parts were sent with pauses between them."""
    with socket.create_connection(place, timeout=20) as connection:
        for part in parts:
            try:
                connection.sendall(part)
            except OSError:
                break
            time.sleep(pause)
        answer = b""
        try:
            while more := connection.recv(65_536):
                answer += more
        except ConnectionResetError:
            pass
        return answer


GET = b"GET / HTTP/1.1\r\nHost: x\r\n"
CLOSING = GET + b"Connection: close\r\n\r\n"
POST = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 20\r\n\r\n"
SLOW = {
    "nothing at all": [b""],
    "a head that is never ended": [GET, *[b"X: y\r\n"] * 20],
    "a body of which a byte comes now and then": [POST, *[b"x"] * 19],
    "a second request that is never ended": [GET + b"\r\n", GET, *[b"X: y\r\n"] * 20],
}


@pytest.mark.parametrize("case", SLOW)
def test_a_request_that_does_not_come_to_its_end_is_ended(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "REQUEST_SECONDS", 0.3)
    with served() as place:
        answer = exchanged(place, *SLOW[case], pause=0.05)
    last = b"HTTP/1.1 " + answer.rpartition(b"HTTP/1.1 ")[2]
    assert last.startswith(b"HTTP/1.1 408 Request Timeout"), answer
    assert last.endswith(b"the request was not complete in time.\n")


def test_a_client_who_is_slow_but_in_time_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patience, "REQUEST_SECONDS", 5.0)
    with served() as place:
        body = POST.replace(b"Host", b"Connection: close\r\nHost")
        answer = exchanged(place, body, *[b"x" * 4] * 5, pause=0.02)
        assert answer.endswith(b"\r\n\r\n20")
        assert exchanged(place, CLOSING).endswith(b"\r\n\r\n0")


def test_a_reader_who_reads_nothing_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is to be sent lies in memory for as long as somebody does not take it."""
    monkeypatch.setattr(patience, "ANSWER_SECONDS", 0.3)
    with served() as place, socket.create_connection(place, timeout=20) as connection:
        connection.sendall(CLOSING.replace(b"GET /", b"GET /big"))
        time.sleep(1.0)
        taken = 0
        with suppress(ConnectionResetError):
            while more := connection.recv(1 << 20):
                taken += len(more)
        assert taken < BIG


@pytest.mark.parametrize("workers", [1, 2])
def test_the_counter_is_served_with_these_bounds(workers: int, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, Any] = {}
    monkeypatch.setattr(uvicorn, "run", lambda app, **options: seen.update(options))
    monkeypatch.setattr(serving, "create_app", lambda house, now: app)
    monkeypatch.setattr(serving, "_build_fonts", lambda: None)
    settings = SimpleNamespace(home=".", database_url="", reader_url="")
    for name in ("HOME", "DATABASE_URL", "READER_URL"):  # what several workers are told; undone afterwards
        monkeypatch.setenv(f"LANDLOG_{name}", "")
    serving.serve(cast("House", SimpleNamespace(settings=settings)), workers=workers)
    assert uvicorn.Config(app, http=seen["http"]).http == "api.patience:PatientProtocol"
    assert seen["limit_concurrency"] <= 1_000
    assert seen["h11_max_incomplete_event_size"] <= 65_536
    assert seen["timeout_keep_alive"] <= 60
