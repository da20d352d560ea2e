"""A client without a socket: requests go straight into the application, on an event loop of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from anyio.from_thread import BlockingPortal, start_blocking_portal
from fastapi import FastAPI


class Client:
    """Asks as one address; answers are httpx's."""

    def __init__(self, portal: BlockingPortal, asking: httpx.AsyncClient) -> None:
        self._portal = portal
        self._asking = asking

    def request(self, method: str, address: str, **more: Any) -> httpx.Response:
        call: Callable[[], Any] = lambda: self._asking.request(method, address, **more)  # noqa: E731
        answer: httpx.Response = self._portal.call(call)
        return answer

    def get(self, address: str, **more: Any) -> httpx.Response:
        return self.request("GET", address, **more)

    def post(self, address: str, **more: Any) -> httpx.Response:
        return self.request("POST", address, **more)


@contextmanager
def asking(
    app: FastAPI, *, address: str = "192.0.2.7", base: str = "http://counter.test"
) -> Iterator[Client]:
    """A client of the application, as from that network address."""
    transport = httpx.ASGITransport(app, client=(address, 1024))
    with start_blocking_portal() as portal:
        client = httpx.AsyncClient(transport=transport, base_url=base)
        yield Client(portal, client)
        portal.call(client.aclose)
    app.state.counter.close()
