"""``POST /v1/verify``: a proof or an extract is handed over, a verdict with reasons comes back.

A proof that does not hold is an answer, not a mistake of whoever asks: the status is 200 and the verdict says why.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import UploadFile

from api import models
from api.bodies import body_of
from api.counter import counter_of
from api.problems import responses
from api.verdicts import MOST_BYTES, opinion
from domain.errors import BadInput

router = APIRouter(prefix="/v1", tags=["verify"])


@router.post(
    "/verify",
    summary="Verify a title proof, or an extract (PDF) with the proof attached",
    openapi_extra={"requestBody": models.PROOF_BODY},
    responses={200: {"model": models.Verdict}, **responses(400, 404, 413)},
)
async def verify(
    request: Request,
    parcel: Annotated[
        str | None,
        Query(max_length=80, description="The parcel in question; a proof of another is rejected."),
    ] = None,
) -> Response:
    data = await handed_over(request)
    found = await run_in_threadpool(opinion, counter_of(request), data, parcel=parcel)
    return JSONResponse(found.document(), headers={"Cache-Control": "no-store"})


async def handed_over(request: Request) -> bytes:
    """The proof's bytes: the body itself, or the field ``file`` of a form.

    Raises:
        BadInput: when there is none, or it is empty.
    """
    if request.headers.get("content-type", "").startswith("multipart/form-data"):
        async with request.form(max_files=1, max_fields=4, max_part_size=MOST_BYTES) as form:
            upload = form.get("file")
            data = await upload.read() if isinstance(upload, UploadFile) else b""
    else:
        data = await body_of(request, most=MOST_BYTES)
    if not data:
        raise BadInput(
            "no proof was handed over, or the file is empty",
            field="file",
            remedy="Choose the file title-proof.json, or the extract (PDF) that has it attached.",
        )
    return data
