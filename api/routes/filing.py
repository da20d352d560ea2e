"""What people and officers hand in about cases: applications, objections, and the steps of a file.

Who comes without a key of his own is served by the registry's counter, which signs that it has received what he
brings and nothing more (``api.standing``).  Officers, banks and registrars prepare, sign and hand in, as with orders.
"""

from __future__ import annotations

from collections.abc import Callable
from time import sleep
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool

from api import case_models as shapes
from api import clock, models, problems, standing
from api.bodies import MIB, base64_of, body_of, check_members, read_json, text_of
from api.counter import Counter, counter_of
from api.problems import Unavailable, responses
from api.routes.cases import CaseAddress
from api.routes.orders import documents_of, shapes_of, to_sign
from api.signed_requests import SignedRequest, signed
from api.tongues import tongue_of
from domain.canon import Json
from domain.errors import BadInput, RecordChanged
from domain.form import BadForm
from domain.languages import Phrase
from registry import dsse
from registry.case_forms import Filing, StepRequest, land_of
from registry.history import NotYetSequenced
from registry.keys import Key
from registry.officers import NotAuthorised, OfficerKey
from registry.order_parts import Receipt

router = APIRouter(prefix="/v1/cases", tags=["cases"])

MOST_BYTES = 4 * MIB
Asks = Annotated[SignedRequest, Depends(signed(most=MOST_BYTES))]
_PATIENCE_SECONDS = 3.0
_PAUSE_SECONDS = 0.2
_T = TypeVar("_T")
_FORM = {"particulars", "application", "salt"}


class NotTheApplicant(NotAuthorised):
    """Whoever withdraws, cures or appeals as the applicant shows the secret of the receipt."""

    code = "not-the-applicant"


@router.post(
    "",
    summary="File an application: the land is marked, the case has a number, and what stands against it is told",
    status_code=201,
    openapi_extra={"requestBody": models.json_body(shapes.FILING, shapes.FILING_EXAMPLE)},
    responses={
        200: {"model": shapes.Judged, "description": "A dry run: nothing was filed"},
        201: {"model": shapes.Filed, "description": "Filed"},
        **responses(400, 404, 409, 413, 422),
    },
)
async def file(
    request: Request,
    dry_run: Annotated[bool, Query(description="Tell what would be found, and file nothing.")] = False,
) -> Response:
    body = await body_of(request, most=MOST_BYTES)
    return await run_in_threadpool(_file, request, body, dry_run)


@router.post(
    "/{case_no}/objections",
    summary="Object while the notice runs: the case goes to a hearing",
    status_code=201,
    openapi_extra={"requestBody": models.json_body(shapes.OBJECTION, shapes.OBJECTION_EXAMPLE)},
    responses={201: {"model": shapes.Accepted}, **responses(400, 404, 409, 413, 422)},
)
async def objected(request: Request, case_no: CaseAddress) -> Response:
    body = await body_of(request, most=MIB)
    return await run_in_threadpool(_objected, request, case_no, body)


@router.post(
    "/{case_no}/requests",
    summary="What the applicant asks for: to withdraw, to file the cured application, to appeal",
    status_code=201,
    openapi_extra={"requestBody": models.json_body(shapes.REQUEST, shapes.REQUEST_EXAMPLE)},
    responses={201: {"model": shapes.Accepted}, **responses(400, 403, 404, 409, 413, 422)},
)
async def requested(request: Request, case_no: CaseAddress) -> Response:
    body = await body_of(request, most=MOST_BYTES)
    return await run_in_threadpool(_requested, request, case_no, body)


@router.post(
    "/{case_no}/steps/prepare",
    summary="The exact bytes to sign for a step, or every reason why it may not be taken",
    description="The request is signed as for `POST /v1/orders/prepare`, by the key that is to sign the step.",
    openapi_extra={"requestBody": models.json_body(shapes.STEP, shapes.STEP_EXAMPLE)},
    responses={200: {"model": shapes.StepPrepared}, **responses(400, 401, 403, 404, 409, 413, 422)},
)
def prepare(case_no: CaseAddress, asks: Asks) -> Response:
    document = asks.document
    particulars = {"until", "reason", "out_of_turn", "person", "fee"}
    optional = {*particulars, "application", "documents", "land"}
    check_members(document, required={"step", "officer"}, optional=optional)
    officer = _own(asks.key, text_of(document, "officer"))
    prepared = asks.counter.house.cases.prepare(
        StepRequest(
            case=case_no,
            step=text_of(document, "step"),
            officer=officer,
            particulars={name: document[name] for name in particulars if name in document},
            application=document.get("application"),
            documents=documents_of(document.get("documents")),
            land=land_of(document.get("land")),
        ),
        day=asks.counter.today(),
        event_id=clock.new_event_id(),
        salt=clock.new_salt,
    )
    return to_sign(prepared, form="form")


@router.post(
    "/{case_no}/steps",
    summary="Hand in a signed step",
    status_code=201,
    openapi_extra={"requestBody": models.json_body(shapes.SIGNED_STEP, shapes.SIGNED_STEP_EXAMPLE)},
    responses={201: {"model": shapes.Accepted}, **responses(400, 403, 404, 409, 413, 422)},
)
async def step(request: Request, case_no: CaseAddress) -> Response:
    body = await body_of(request, most=MOST_BYTES)
    return await run_in_threadpool(_submit_step, request, case_no, body)


@router.post(
    "/prepare",
    summary="The exact bytes of a filing, for a bank or a registrar who signs it himself",
    description="The request is signed as for `POST /v1/orders/prepare`, by the key that is to sign the filing.",
    openapi_extra={"requestBody": models.json_body(shapes.FILING, shapes.FILING_EXAMPLE)},
    responses={200: {"model": shapes.StepPrepared}, **responses(400, 401, 403, 404, 409, 413, 422)},
)
def prepare_filing(asks: Asks) -> Response:
    prepared = asks.counter.house.cases.prepare_filing(
        _filing(asks.document, officer=asks.key.officer),
        day=asks.counter.today(),
        event_id=clock.new_event_id(),
        salt=clock.new_salt,
    )
    return to_sign(prepared, form="form")


@router.post(
    "/signed",
    summary="Hand in a filing that a bank or a registrar has signed",
    status_code=201,
    openapi_extra={"requestBody": models.json_body(shapes.SIGNED_STEP, shapes.SIGNED_STEP_EXAMPLE)},
    responses={201: {"model": shapes.Accepted}, **responses(400, 403, 404, 409, 413, 422)},
)
async def signed_filing(request: Request) -> Response:
    body = await body_of(request, most=MOST_BYTES)
    return await run_in_threadpool(_submit_filing, request, body)


def _file(request: Request, body: bytes, dry_run: bool) -> Response:
    counter, language = counter_of(request), tongue_of(request)
    headers = {"Cache-Control": "no-store", "Content-Language": language}
    filing = _filing(read_json(body), officer=standing.COUNTER)
    if dry_run:
        found = counter.house.cases.judge(filing, day=counter.today(), salt=clock.new_salt)
        return JSONResponse({"findings": problems.against(found, language)}, headers=headers)
    key = _counter_key(counter)
    filed = _patiently(
        lambda: counter.house.cases.file(
            filing,
            sign=_signing(key),
            day=counter.today(),
            event_id=clock.new_event_id(),
            salt=clock.new_salt,
        )
    )
    return JSONResponse(
        {
            "case_no": filed.case_no,
            "lane": filed.lane,
            "findings": problems.against(filed.findings, language),
            "secret": filed.secret,
            "receipt": _receipt(filed.receipt),
            "link": f"/v1/cases/{filed.case_no}",
        },
        201,
        {**headers, "Location": f"/v1/cases/{filed.case_no}"},
    )


def _objected(request: Request, case_no: str, body: bytes) -> Response:
    document = read_json(body)
    check_members(document, required={"person", "reason"}, optional={"documents"})
    return _at_the_counter(
        counter_of(request),
        StepRequest(
            case=case_no,
            step="objected",
            officer=standing.COUNTER,
            particulars={"person": document["person"], "reason": document["reason"]},
            documents=documents_of(document.get("documents")),
        ),
    )


def _requested(request: Request, case_no: str, body: bytes) -> Response:
    document = read_json(body)
    check_members(document, required={"step", "secret"}, optional={"reason", "application", "documents"})
    counter = counter_of(request)
    wanted = text_of(document, "step")
    if wanted not in ("withdrawn", "cured", "appealed"):
        raise BadInput(
            Phrase("{given} is not asked for by an applicant", given=repr(wanted)),
            field="step",
            remedy="Ask to be: withdrawn, cured or appealed.",
        )
    case, _ = _patiently(lambda: counter.house.cases.read(case_no))
    if not counter.house.cases.is_applicant(case, base64_of(document["secret"], field="secret")):
        raise NotTheApplicant(
            Phrase("the secret is not that of the receipt of the case {case}", case=case_no),
            field="secret",
            remedy="Give the secret that the counter told when the application was filed.",
        )
    return _at_the_counter(
        counter,
        StepRequest(
            case=case_no,
            step=wanted,
            officer=standing.COUNTER,
            particulars={"reason": document["reason"]} if "reason" in document else {},
            application=document.get("application"),
            documents=documents_of(document.get("documents")),
        ),
    )


def _at_the_counter(counter: Counter, asked: StepRequest) -> Response:
    key = _counter_key(counter)
    receipt = _patiently(
        lambda: counter.house.cases.step(
            asked,
            sign=_signing(key),
            day=counter.today(),
            event_id=clock.new_event_id(),
            salt=clock.new_salt,
        )
    )
    return _accepted(receipt)


def _submit_step(request: Request, case_no: str, body: bytes) -> Response:
    counter = counter_of(request)
    envelope, form = _signed(body)
    check_members(form, required=_FORM)
    receipt = counter.house.cases.submit(
        envelope,
        StepRequest(
            case=case_no,
            step="",
            officer="",
            particulars=form["particulars"],
            application=form["application"],
            salt=_salt(form["salt"]),
        ),
        today=counter.today(),
    )
    return _accepted(receipt)


def _submit_filing(request: Request, body: bytes) -> Response:
    counter = counter_of(request)
    envelope, form = _signed(body)
    check_members(
        form,
        required={"type", "application", "applicant", "case_no", "salt"},
        optional={"shapes"},
    )
    filing = Filing(
        type=text_of(form, "type"),
        application=form["application"],
        applicant=form["applicant"],
        officer="",
        shapes=shapes_of(form.get("shapes")),
        case_no=text_of(form, "case_no"),
        salt=_salt(form["salt"]),
    )
    return _accepted(counter.house.cases.submit_filing(envelope, filing, today=counter.today()))


def _filing(document: dict[str, Json], *, officer: str) -> Filing:
    required = {"type", "application", "applicant"}
    check_members(document, required=required, optional={"shapes", "documents"})
    return Filing(
        type=text_of(document, "type"),
        application=document["application"],
        applicant=document["applicant"],
        officer=officer,
        shapes=shapes_of(document.get("shapes")),
        documents=documents_of(document.get("documents")),
    )


def _signed(body: bytes) -> tuple[bytes, dict[str, Json]]:
    document = read_json(body)
    check_members(document, required={"envelope", "form"})
    form = document["form"]
    if not isinstance(form, dict):
        raise BadForm((BadInput("an object is expected", field="form"),))
    return base64_of(document["envelope"], field="envelope"), form


def _salt(value: Json) -> bytes | None:
    return None if value is None else base64_of(value, field="form.salt")


def _own(key: OfficerKey, officer: str) -> str:
    if key.officer != officer:
        raise NotAuthorised(
            Phrase(
                "the request names {officer} and is signed by the key of {holder}",
                officer=officer,
                holder=key.officer,
            ),
            field="officer",
            remedy="Each officer asks for steps of their own.",
        )
    return officer


def _counter_key(counter: Counter) -> Key:
    key = standing.load(counter.house.settings, standing.COUNTER)
    if key is None:
        raise Unavailable(
            "this registry has no counter of its own: nobody signs here for those who come without a key",
            remedy="File at an office, a kiosk or a bank.",
        )
    return key


def _signing(key: Key) -> Callable[[bytes], bytes]:
    return lambda payload: dsse.seal(dsse.EVENT, payload, [key.sign_payload(dsse.EVENT, payload)])


def _patiently(act: Callable[[], _T]) -> _T:
    """The act, tried again for a moment while the order before it is on its way into the log."""
    waited = 0.0
    while True:
        try:
            return act()
        except (NotYetSequenced, RecordChanged):
            if waited >= _PATIENCE_SECONDS:
                raise
            sleep(_PAUSE_SECONDS)
            waited += _PAUSE_SECONDS


def _accepted(receipt: Receipt) -> Response:
    link = f"/v1/orders/{receipt.event_id}"
    return JSONResponse(_receipt(receipt), 201, {"Location": link, "Cache-Control": "no-store"})


def _receipt(receipt: Receipt) -> dict[str, Any]:
    return {
        "event_id": receipt.event_id,
        "type": receipt.type,
        "entry_sha256": receipt.entry_sha256,
        "link": f"/v1/orders/{receipt.event_id}",
    }
