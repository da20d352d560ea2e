"""Requests that an officer signs: who may ask the office to prepare an order.

An order itself needs no password: its signature is its authority, and ``POST /v1/orders`` asks for nothing else.
``prepare`` shows nothing that the public record does not show, but it draws serial numbers, of which a village has a
million for ever; whoever could draw them unnamed could exhaust a village in an afternoon.  So the request bears a
signature by the key that is to sign the order: no account, no session, no secret on the server.

    Authorization: Landlog keyid="<64 hex>", at="2026-11-21T10:00:00Z", sig="<base64>"

``sig`` is Ed25519 over PAE("application/vnd.landlog.request.v1", origin LF method LF path LF at LF hex SHA-256 of
the body LF).  It holds for five minutes around ``at``; sent twice in that time, it prepares twice and changes nothing.

A route asks for it with ``Depends(signed(most=...))``: the request reaches the route only when the signature fits.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Annotated

from fastapi import Header, Request
from starlette.concurrency import run_in_threadpool

from api.bodies import body_of, read_json
from api.counter import Counter, counter_of
from api.problems import NotSigned
from domain.canon import Json
from domain.languages import Phrase
from registry import dsse
from registry.dsse import BadSignature
from registry.keys import Key
from registry.log import ed25519
from registry.log.encoding import BadBase64, decode_base64, encode_base64
from registry.officers import OfficerKey, Officers

PAYLOAD_TYPE = "application/vnd.landlog.request.v1"
VALID = timedelta(minutes=5)
_HEADER = re.compile(
    r'Landlog keyid="([0-9a-f]{64})", ?at="([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z)", ?'
    r'sig="([A-Za-z0-9+/]{86}==)"',
    re.ASCII,
)


@dataclass(frozen=True)
class SignedRequest:
    """A request whose signature fits; whether its signer may do what is asked is judged by the route."""

    counter: Counter
    key: OfficerKey
    document: dict[str, Json]
    """The body."""


def signed(*, most: int) -> Callable[..., Awaitable[SignedRequest]]:
    """The dependency of a route that serves signed requests only, with a body of at most that many bytes."""

    async def signed_request(
        request: Request, authorization: Annotated[str | None, Header(max_length=500)] = None
    ) -> SignedRequest:
        body = await body_of(request, most=most)
        return await run_in_threadpool(_read, request, body, authorization)

    return signed_request


def _read(request: Request, body: bytes, header: str | None) -> SignedRequest:
    counter = counter_of(request)
    key = check(
        header,
        counter.house.officers,
        origin=counter.origin,
        method=request.method,
        path=request.url.path,
        body=body,
        now=counter.now(),
    )
    return SignedRequest(counter, key, read_json(body))


def authorization(key: Key, *, origin: str, method: str, path: str, at: datetime, body: bytes) -> str:
    """The header's value, as an officer's client makes it."""
    when = at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    message = dsse.pae(PAYLOAD_TYPE, _signed(origin, method, path, when, body))
    return f'Landlog keyid="{key.keyid}", at="{when}", sig="{encode_base64(key.sign(message))}"'


def check(
    header: str | None,
    officers: Officers,
    *,
    origin: str,
    method: str,
    path: str,
    body: bytes,
    now: datetime,
) -> OfficerKey:
    """The key that signed the request.

    Raises:
        NotSigned: when the header is missing, malformed, or too old.
        UnknownKey, BadSignature: as their names say.
    """
    match = _HEADER.fullmatch(header or "")
    if match is None:
        raise NotSigned(
            "the request is not signed",
            field="Authorization",
            remedy='Send Authorization: Landlog keyid="...", at="...Z", sig="...", as the address\'s description says.',
        )
    keyid, when, signature = match[1], match[2], match[3]
    _check_time(when, now)
    key = officers.keys([keyid])[keyid]
    message = dsse.pae(PAYLOAD_TYPE, _signed(origin, method, path, when, body))
    try:
        good = ed25519.verify(key.public, message, decode_base64(signature, what="the signature", length=64))
    except BadBase64:
        good = False
    if not good:
        raise BadSignature(
            Phrase("the signature by the key {keyid} does not fit this request", keyid=keyid),
            field="Authorization",
            remedy="Sign origin, method, path, time and the SHA-256 of the very body that is sent.",
        )
    return key


def _check_time(when: str, now: datetime) -> None:
    try:
        at = datetime.strptime(when, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:
        raise NotSigned(Phrase("{when} is no instant", when=when), field="Authorization") from None
    if abs(now - at) > VALID:
        raise NotSigned(
            Phrase(
                "the request was signed at {when}, and it is {now}",
                when=when,
                now=f"{now.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
            ),
            field="Authorization",
            remedy="Set the clock of the computer, and sign again: a signature holds for five minutes.",
        )


def _signed(origin: str, method: str, path: str, when: str, body: bytes) -> bytes:
    return f"{origin}\n{method}\n{path}\n{when}\n{sha256(body).hexdigest()}\n".encode()
