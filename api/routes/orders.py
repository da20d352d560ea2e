"""Orders: officers, banks and counters prepare, sign and hand them in.

An order needs no password and no account: the signature on it is its authority, checked against the keys and the
postings in the log.  What is handed in twice is recorded once.  ``prepare`` draws serial numbers, so it is asked for
by a request that an officer signs (``api.signed_requests`` says why and how).
"""

from __future__ import annotations

import base64
from hashlib import sha256
from time import monotonic
from typing import Annotated, Any, cast
from uuid import UUID

from anyio import sleep
from fastapi import APIRouter, Depends, HTTPException, Query, Request, Response
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool

from api import clock, models
from api.addresses import EventAddress
from api.answers import json_answer
from api.bodies import MIB, base64_of, body_of, check_members, read_json, text_of
from api.counter import Counter, counter_of
from api.problems import responses
from api.signed_requests import SignedRequest, signed
from domain import catalogue
from domain.canon import Json
from domain.errors import BadInput, NotFound
from domain.languages import Phrase
from registry import dsse
from registry.office import Receipt
from registry.office import Request as Application
from registry.officers import check_may_sign
from registry.order_parts import Prepared

router = APIRouter(prefix="/v1/orders", tags=["orders"])

MOST_BYTES = 8 * MIB
LONGEST_WAIT = 10.0
_POLL_SECONDS = 0.05
_MOST_SHAPES = 200
_MOST_DOCUMENTS = 50


@router.post(
    "/prepare",
    summary="The exact bytes to sign for an application, or every reason why there can be no order",
    description=(
        'The request is signed: `Authorization: Landlog keyid="...", at="...Z", sig="..."`, an Ed25519 signature '
        "over PAE(`application/vnd.landlog.request.v1`, origin LF method LF path LF at LF hex SHA-256 of the body LF) "
        "by the key that is to sign the order."
    ),
    openapi_extra={"requestBody": models.json_body(models.PREPARE, models.PREPARE_EXAMPLE)},
    responses={200: {"model": models.Prepared}, **responses(400, 401, 403, 404, 409, 413, 422)},
)
def prepare(asks: Annotated[SignedRequest, Depends(signed(most=MOST_BYTES))]) -> Response:
    asked = _application(asks.document)
    kind = catalogue.mutation(asked.type).type
    today = asks.counter.today()
    check_may_sign(
        asks.key,
        officer=asked.officer,
        office=asked.office,
        event_type=kind,
        day=today,
        opposed=not asked.case,
    )
    prepared = asks.counter.house.office.prepare(
        asked, day=today, event_id=clock.new_event_id(), salt=clock.new_salt
    )
    return to_sign(prepared, form="application")


@router.post(
    "",
    summary="Hand in a signed order; the receipt has the log index once the order has one",
    status_code=202,
    openapi_extra={"requestBody": models.json_body(models.ORDER, models.ORDER_EXAMPLE)},
    responses={
        201: {"model": models.Receipt, "description": "Recorded, with its place in the log"},
        202: {"model": models.Receipt, "description": "Recorded; its place in the log follows"},
        **responses(400, 403, 404, 409, 413, 422),
    },
)
async def submit(
    request: Request,
    wait: Annotated[float, Query(ge=0, le=LONGEST_WAIT, description="Seconds to wait for the index.")] = 0,
) -> Response:
    body = await body_of(request, most=MOST_BYTES)
    receipt = await run_in_threadpool(_submit, request, body)
    counter, until = counter_of(request), monotonic() + wait
    while True:
        found = await run_in_threadpool(receipt_of, counter, receipt.event_id)
        if found is None:
            found = _accepted(receipt)
        left = until - monotonic()
        if found["index"] is not None or left <= 0:
            break
        await sleep(min(_POLL_SECONDS, left))
    return JSONResponse(
        found,
        201 if found["index"] is not None else 202,
        {"Location": f"/v1/orders/{receipt.event_id}", "Cache-Control": "no-store"},
    )


@router.get("/prepare", include_in_schema=False)
def not_read() -> Response:
    """It is no event_id, and nothing is to be read there."""
    raise HTTPException(405, headers={"Allow": "POST"})


@router.get(
    "/{event_id}",
    summary="The receipt of an order: where it stands in the log, with a proof that it does",
    responses={200: {"model": models.Receipt}, 304: {}, **responses(400, 404)},
)
def one(request: Request, event_id: EventAddress) -> Response:
    found = receipt_of(counter_of(request), event_id)
    if found is None:
        raise NotFound(
            Phrase("no order {order} has been accepted here", order=event_id),
            field="event_id",
            remedy="If you have just handed it in and got no receipt, hand in the same order again: it counts once.",
        )
    return json_answer(request, found)


def to_sign(prepared: Prepared, *, form: str) -> Response:
    """The exact bytes to sign, with the completed form that opens them under the name ``form``."""
    return JSONResponse(
        {
            "payload": base64.b64encode(prepared.payload).decode(),
            "payload_type": dsse.EVENT,
            "payload_sha256": sha256(prepared.payload).hexdigest(),
            form: prepared.application,
            "title": prepared.title,
            "sentence": prepared.sentence,
            "effects": list(prepared.effects),
        },
        headers={"Cache-Control": "no-store"},
    )


def _submit(request: Request, body: bytes) -> Receipt:
    document = read_json(body)
    check_members(document, required={"envelope", "application"}, optional={"shapes"})
    counter = counter_of(request)
    return counter.house.office.submit(
        base64_of(document["envelope"], field="envelope"),
        application=document["application"],
        shapes=shapes_of(document.get("shapes")),
        today=counter.today(),
    )


def _application(document: dict[str, Json]) -> Application:
    named = {"type", "office", "officer", "order_no"}
    optional = {"second_officer", "shapes", "documents", "case", "out_of_turn"}
    check_members(document, required={*named, "application"}, optional=optional)
    texts = {name: text_of(document, name) for name in named}
    given = {n: text_of(document, n) for n in ("second_officer", "case", "out_of_turn") if document.get(n)}
    return Application(
        type=texts["type"],
        application=document["application"],
        office=texts["office"],
        officer=texts["officer"],
        order_no=texts["order_no"],
        second_officer=given.get("second_officer"),
        case=given.get("case"),
        out_of_turn=given.get("out_of_turn"),
        shapes=shapes_of(document.get("shapes")),
        documents=documents_of(document.get("documents")),
    )


def shapes_of(value: Json) -> dict[str, bytes]:
    """Canonical geometry bytes by their digest; the office sees to it that each fits."""
    if value is None:
        return {}
    if not isinstance(value, dict) or len(value) > _MOST_SHAPES:
        raise BadInput(
            Phrase(
                "shapes are an object of at most {most}: digest to canonical bytes, both in base64",
                most=_MOST_SHAPES,
            ),
            field="shapes",
        )
    return {digest: base64_of(body, field=f"shapes.{digest[:44]}") for digest, body in value.items()}


def documents_of(value: Json) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or len(value) > _MOST_DOCUMENTS:
        raise BadInput(
            Phrase("documents are a list of at most {most} digests (base64 SHA-256)", most=_MOST_DOCUMENTS),
            field="documents",
        )
    for n, digest in enumerate(value):
        if len(base64_of(digest, field=f"documents[{n}]")) != sha256().digest_size:
            raise BadInput("a document is named by the base64 of its SHA-256", field=f"documents[{n}]")
    return tuple(cast("list[str]", value))


def receipt_of(counter: Counter, event_id: str) -> dict[str, Any] | None:
    """What became of an accepted order; None for one that was never accepted."""
    with counter.reader.cursor() as cursor:
        cursor.execute(
            "select idx, entry from log.entries where event_id = %(id)s"
            " union all select null, entry from log.queue where event_id = %(id)s limit 1",
            {"id": event_id},
        )
        row = cursor.fetchone()
        if row is None:
            return None
        cursor.execute("select coalesce(max(size), 0) from log.published")
        published = cast("tuple[int]", cursor.fetchone())[0]
    index, entry = row[0], bytes(row[1])
    payload = dsse.parse_payload(dsse.parse_envelope(entry).payload)
    touches = cast("list[dict[str, Any]]", payload.get("touches", []))
    seen = index is not None and index < published
    return {
        "event_id": UUID(hex=event_id).hex,
        "type": payload.get("type"),
        "status": "published" if seen else "sequenced" if index is not None else "accepted",
        "entry_sha256": sha256(entry).hexdigest(),
        "touches": [{"id": t["id"], "version": t["prev_version"] + 1} for t in touches],
        "index": index,
        "inclusion": _inclusion(counter, index) if seen else None,
        "link": f"/v1/orders/{event_id}",
    }


def _inclusion(counter: Counter, index: int) -> str:
    with counter.prover() as prover:
        return prover.inclusion(index).format()


def _accepted(receipt: Receipt) -> dict[str, Any]:
    """The receipt of an order that the log's queue no longer shows and the log does not show yet."""
    return {
        "event_id": receipt.event_id,
        "type": receipt.type,
        "status": "accepted",
        "entry_sha256": receipt.entry_sha256,
        "touches": [{"id": identifier, "version": version} for identifier, version in receipt.touches],
        "index": None,
        "inclusion": None,
        "link": f"/v1/orders/{receipt.event_id}",
    }
