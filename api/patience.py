"""How long the counter waits for a client: a request has to arrive, and its answer to be taken, within a time.

uvicorn bounds the pause between two requests and nothing else; a few hundred clients who send a letter a minute, or
never read, would hold every connection that it has.
"""

from __future__ import annotations

import asyncio

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

REQUEST_SECONDS = 30.0  # of 8 MiB on a village's line; a head alone takes no more than one packet
ANSWER_SECONDS = 60.0  # without a single byte taken

_TOO_SLOW = (
    b"HTTP/1.1 408 Request Timeout\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 38\r\n"
    b"Connection: close\r\n\r\nthe request was not complete in time.\n"
)


class PatientProtocol(H11Protocol):
    """uvicorn's protocol on h11, with a deadline for each request and for each pause of a reader."""

    _request: asyncio.TimerHandle | None = None
    _answer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        super().connection_made(transport)
        self._await_request()

    def data_received(self, data: bytes) -> None:
        self._await_request()
        super().data_received(data)
        if self.conn.their_state not in (h11.IDLE, h11.SEND_BODY):  # it is here, to its last byte
            self._stop_request()

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._answer is None:
            self._answer = self.loop.call_later(ANSWER_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._stop_answer()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_request()
        self._stop_answer()
        super().connection_lost(exc)

    def _await_request(self) -> None:
        if self._request is None:
            self._request = self.loop.call_later(REQUEST_SECONDS, self._end_request)

    def _end_request(self) -> None:
        if self.conn.our_state in (h11.IDLE, h11.SEND_RESPONSE):  # no answer has been begun
            self.transport.write(_TOO_SLOW)
        self.transport.close()

    def _stop_request(self) -> None:
        if self._request is not None:
            self._request.cancel()
        self._request = None

    def _stop_answer(self) -> None:
        if self._answer is not None:
            self._answer.cancel()
        self._answer = None
