"""The door of the counter: how often one may ask, how much one may send, and the headers on every answer.

One layer of plain ASGI around the whole application, so that refusals, errors and files bear the same headers as
everything else.  There are no cookies and no sessions: nothing to steal, and nothing to forge a request with.
"""

from __future__ import annotations

import ipaddress
import logging
import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from fastapi import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.problems import TooLarge, TooManyRequests, problem
from api.tongues import tongue_of
from domain.languages import Phrase

_log = logging.getLogger(__name__)

MOST_BODY_BYTES = 8 << 20  # a title proof with whole histories has at most 4 MiB, an extract a little more
MOST_PATH_BYTES = 2_048

POLICY = "; ".join(
    (
        "default-src 'none'",
        "style-src 'self'",
        "font-src 'self'",
        "img-src 'self' data:",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)
_HEADERS = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=()"),
    (b"cross-origin-opener-policy", b"same-origin"),
)
_OPEN = (b"access-control-allow-origin", b"*")  # public answers, no credentials: any page may read them
_OVER_HTTPS = (b"strict-transport-security", b"max-age=63072000; includeSubDomains")

# What a request costs of the allowance, by the beginning or the end of its path.  The log's files are left free:
# auditors read all of them, and whoever limits them seems to hide something.
_FREE = ("/log/", "/static/")
_COSTS = (
    (".pdf", 10.0),
    *((f"/export.{form}", 40.0) for form in ("gpkg", "geojson", "shp", "csv")),
    ("/map", 40.0),  # every parcel of a village: seconds and megabytes where it is large
    ("/proof", 3.0),
    ("/verify", 5.0),
    *((operation, 20.0) for operation in ("/split", "/merge", "/boundary", "/strip")),
    ("/orders/prepare", 10.0),
    ("/orders", 5.0),
)


@dataclass(frozen=True)
class Allowance:
    """What one address may ask for: ``burst`` requests at once, and ``rate`` a second on the average."""

    rate: float = 20.0
    burst: float = 200.0


class Buckets:
    """Token buckets by address, the least recently used of which are forgotten: memory does not grow."""

    def __init__(self, allowance: Allowance, *, clock: Callable[[], float], most: int = 50_000) -> None:
        self._allowance = allowance
        self._clock = clock
        self._most = most
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()  # address: (tokens, when)

    def take(self, address: str, cost: float) -> float:
        """Seconds to wait before this is allowed; 0.0 when it is, and then it is counted."""
        now, allowance = self._clock(), self._allowance
        tokens, when = self._buckets.pop(address, (allowance.burst, now))
        tokens = min(allowance.burst, tokens + (now - when) * allowance.rate)
        wait = max(0.0, (min(cost, allowance.burst) - tokens) / allowance.rate)
        self._buckets[address] = (tokens if wait else tokens - cost, now)
        if len(self._buckets) > self._most:
            self._buckets.popitem(last=False)
        return wait


class Door:
    """The layer itself.  ``allowance=None`` lifts the limit on requests, for measuring."""

    def __init__(
        self,
        app: ASGIApp,
        *,
        allowance: Allowance | None = Allowance(),  # frozen
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._app = app
        self._buckets = Buckets(allowance, clock=clock) if allowance else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        send = _with_headers(scope, send)
        if scope["method"] == "HEAD":
            scope, send = {**scope, "method": "GET"}, _without_body(send)
        refusal = self._refusal(scope)
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        if scope["method"] != "GET":
            receive = _bounded(receive)
        try:
            await self._app(scope, receive, send)
        except Exception:
            if scope.get("landlog.started"):
                raise  # the server cuts the connection, so that half an answer is not taken for a whole one
            _log.exception("%s %s", scope["method"], scope["path"])
            await Response(status_code=500)(scope, receive, send)  # no words: they stand in the log

    def _refusal(self, scope: Scope) -> Response | None:
        path: str = scope["path"]
        if len(scope.get("raw_path") or path) + len(scope["query_string"]) > MOST_PATH_BYTES:
            told = TooLarge(Phrase("an address has at most {most} bytes", most=MOST_PATH_BYTES))
            return problem(told, tongue_of(Request(scope)))
        if self._buckets is not None and not path.startswith(_FREE):
            cost = next((cost for end, cost in _COSTS if path.endswith(end)), 1.0)
            wait = self._buckets.take(_address(scope), cost)
            if wait:
                return _too_many(wait, tongue_of(Request(scope)))
        for name, value in scope["headers"]:
            if name == b"content-length" and not (value.isdigit() and int(value) <= MOST_BODY_BYTES):
                return problem(_too_large(), tongue_of(Request(scope)))
        return None


def _address(scope: Scope) -> str:
    """Whose requests are counted together: an IPv4 address, or the /64 that one IPv6 subscriber has."""
    host: str = (scope.get("client") or ("",))[0]
    if ":" not in host:
        return host
    try:
        return str(ipaddress.ip_network((host.partition("%")[0], 64), strict=False))
    except ValueError:
        return host


def _with_headers(scope: Scope, send: Send) -> Send:
    https = scope["scheme"] == "https"
    public = scope["path"].startswith(("/v1/", "/log/", "/ogc", "/openapi.json"))

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            scope["landlog.started"] = True
            own = {name for name, _ in message["headers"]}  # the verifier page bears a policy of its own
            headers = [*message["headers"], *(header for header in _HEADERS if header[0] not in own)]
            if public:
                headers.append(_OPEN)
            if https:
                headers.append(_OVER_HTTPS)
            message["headers"] = headers
        await send(message)

    return sending


def _without_body(send: Send) -> Send:
    """What answers HEAD: the headers of GET, its Content-Length among them."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return sending


def _bounded(receive: Receive) -> Receive:
    """The body as far as it stays within bounds, also where no Content-Length was sent."""
    seen = 0

    async def receiving() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > MOST_BODY_BYTES:
            raise _too_large()
        return message

    return receiving


def _too_large() -> TooLarge:
    return TooLarge(
        Phrase("the body is longer than {most} bytes, or does not say how long it is", most=MOST_BODY_BYTES),
        field="body",
        remedy="Send less at once; large orders are divided, and papers are named by their SHA-256.",
    )


def _too_many(wait: float, language: str) -> Response:
    seconds = math.ceil(wait)
    answer = problem(
        TooManyRequests(
            "this address has asked more often than the counter allows",
            remedy=Phrase(
                "Wait {seconds} s. To read the whole record, follow the log: /log/checkpoint and its tiles.",
                seconds=seconds,
            ),
        ),
        language,
    )
    answer.headers["Retry-After"] = str(seconds)
    return answer
