"""As much HTTP/1.1 as a witness needs, with every bound in one place.

One request on each connection, with its length stated; the whole exchange has one deadline, heads and bodies have
their sizes, and connections beyond a number are turned away.  So what a stranger can take from the process is known
beforehand.  TLS, where it is wanted, is the matter of a proxy in front: what is said here is signed anyway.
"""

from __future__ import annotations

import asyncio
import logging
from asyncio import StreamReader, StreamWriter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from http import HTTPStatus

MAX_HEAD_BYTES = 8 * 1024
MAX_CONNECTIONS = 128
WORKERS = 8
READ_SECONDS = 10.0
WRITE_SECONDS = 10.0
SLOWEST_LINE = 16 * 1024
"""Bytes a second: a long answer, such as the verifier page, gets the time that such a line takes for it."""
TEXT = "text/plain; charset=utf-8"

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Request:
    """What was asked; ``path`` without its query."""

    method: str
    path: str
    body: bytes = b""


@dataclass(frozen=True, kw_only=True)
class Response:
    """What is answered."""

    status: int
    body: bytes = b""
    content_type: str = TEXT
    headers: tuple[tuple[str, str], ...] = field(default=())


Handler = Callable[[Request], Response]
"""Answers one request; runs in a thread of its own, so it may wait for a disk."""


class _Refused(Exception):
    """The request is not one that is read any further."""

    def __init__(self, status: int, words: str) -> None:
        self.status, self.words = status, words


class Server:
    """Serves one handler until it is cancelled."""

    def __init__(
        self,
        handler: Handler,
        *,
        max_body: int,
        seconds: float = READ_SECONDS,
        connections: int = MAX_CONNECTIONS,
    ) -> None:
        self._handler = handler
        self._max_body = max_body
        self._seconds = seconds
        self._free = connections
        self._workers = ThreadPoolExecutor(WORKERS, thread_name_prefix="witness")

    async def start(self, host: str, port: int) -> asyncio.Server:
        """Listens; port 0 takes a free one."""
        return await asyncio.start_server(self._serve, host, port, limit=MAX_HEAD_BYTES)

    def close(self) -> None:
        self._workers.shutdown(wait=False, cancel_futures=True)

    async def _serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        if self._free == 0:
            await self._answer(writer, _plain(503, "too many connections; try again"))
            return
        self._free -= 1
        try:
            await self._answer(writer, await self._response(reader, writer))
        finally:
            self._free += 1
            writer.transport.abort()  # also when the server is stopped meanwhile; after an answer it is closed already

    async def _response(self, reader: StreamReader, writer: StreamWriter) -> Response:
        try:
            async with asyncio.timeout(self._seconds):
                request = await self._read(reader, writer)
        except TimeoutError:
            return _plain(408, f"the request was not complete within {self._seconds:g} s")
        except _Refused as refusal:
            return _plain(refusal.status, refusal.words)
        except (OSError, asyncio.IncompleteReadError):
            return _plain(400, "the request broke off")
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._workers, self._handler, request)
        except Exception:  # noqa: BLE001  # the service stays up, whatever one request does to it
            _log.exception("a request failed in a way that was not foreseen")
            return _plain(500, "the request failed; nothing was cosigned")

    async def _read(self, reader: StreamReader, writer: StreamWriter) -> Request:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        except asyncio.LimitOverrunError:
            raise _Refused(431, f"the head of a request has at most {MAX_HEAD_BYTES} bytes") from None
        first, *lines = head.rstrip("\r\n").split("\r\n")
        words = first.split(" ")
        if len(words) != 3 or not words[2].startswith("HTTP/1."):
            raise _Refused(400, "this is not an HTTP/1.1 request")
        headers = {
            name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)
        }
        length = self._length(words[0], headers)
        if length and headers.get("expect", "").lower() == "100-continue":
            writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = await reader.readexactly(length) if length else b""
        return Request(method=words[0], path=words[1].partition("?")[0], body=body)

    def _length(self, method: str, headers: dict[str, str]) -> int:
        if "transfer-encoding" in headers:
            raise _Refused(411, "a body comes with its Content-Length")
        text = headers.get("content-length", "0" if method in ("GET", "HEAD") else "")
        if not (text.isascii() and text.isdigit() and len(text) < 12):
            raise _Refused(411, "a body comes with its Content-Length")
        if int(text) > self._max_body:
            raise _Refused(413, f"a body has at most {self._max_body} bytes")
        return int(text)

    async def _answer(self, writer: StreamWriter, response: Response) -> None:
        head = [
            f"HTTP/1.1 {response.status} {_phrase(response.status)}",
            f"Content-Type: {response.content_type}",
            f"Content-Length: {len(response.body)}",
            "X-Content-Type-Options: nosniff",
            *(f"{name}: {value}" for name, value in response.headers),
            "Connection: close",
        ]
        with suppress(OSError, TimeoutError):
            async with asyncio.timeout(WRITE_SECONDS + len(response.body) / SLOWEST_LINE):
                writer.write("\r\n".join([*head, "", ""]).encode("latin-1") + response.body)
                await writer.drain()
                writer.close()
                await writer.wait_closed()


def _plain(status: int, words: str) -> Response:
    return Response(status=status, body=f"{words}\n".encode())


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
