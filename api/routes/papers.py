"""The extract on paper: one PDF with map, code and the title proof attached, all of one checkpoint."""

from __future__ import annotations

import time
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Request, Response

from api.addresses import Language, ParcelAddress
from api.answers import answer
from api.counter import Counter, counter_of
from api.founding import press_signer
from api.maps import parcel_map
from api.problems import Unavailable, responses
from api.routes.parcels import document_now, proof_of
from api.routes.villages import village
from projections.paper import MAP_PIXELS, extract, signed_code
from registry.log.map_head import MapHead, parse_map_head
from registry.log.title_proof import parse_title_proof

router = APIRouter(prefix="/v1/parcels", tags=["parcels"])

_PATIENCE_SECONDS = 2.0
_PAUSE_SECONDS = 0.1


@router.get(
    "/{parcel_id}/record.pdf",
    summary="The extract: one page in the record's language and English, with QR code and title proof",
    response_class=Response,
    responses={
        200: {"content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}}},
        304: {},
        **responses(400, 404),
    },
)
def record_pdf(request: Request, parcel_id: ParcelAddress, lang: Language | None = None) -> Response:
    base = str(request.base_url).rstrip("/")
    data = extract_of(counter_of(request), parcel_id, url=f"{base}/parcels/{parcel_id}", lang=lang)
    name = f'inline; filename="{parcel_id}.pdf"'
    headers = {"Content-Disposition": name, "Vary": "Host"}  # the code on the page leads to this host
    return answer(request, data, media_type="application/pdf", headers=headers)


def extract_of(counter: Counter, parcel_id: str, *, url: str, lang: Language | None = None) -> bytes:
    """The extract of a parcel as a PDF; ``url`` is the record's page, on the host that the code leads to.

    Raises:
        NotFound: for an id that was never given.
        Unavailable: when the views stay behind the log.
    """
    document, proof, head = _of_one_checkpoint(counter, parcel_id)
    language = lang or str(village(counter, document["village"]["lgd"])["languages"][0])
    cosigned_at = document["as_of"]["cosigned_at"]
    as_of = datetime.fromisoformat(cosigned_at) if cosigned_at else datetime.fromtimestamp(head.time, UTC)
    width, height = MAP_PIXELS
    drawing = parcel_map(
        counter,
        document,
        title=f"Parcel {document['label']}, {document['village']['name']}",
        description="The parcel among its neighbours",
        width=width,
        height=height,
    )
    return extract(
        document,
        proof=proof,
        svg=drawing,
        url=url,
        language=language,
        as_of=as_of,
        code=_code(counter, document, proof, as_of, url),
    )


def _code(
    counter: Counter, document: dict[str, Any], proof: bytes, as_of: datetime, url: str
) -> Sequence[str]:
    """What the press signs for paper; nothing in a registry that was founded before it had a press."""
    house, page = counter.house, urlsplit(url)
    signer = press_signer(house.settings, house.origin)
    if signer is None:
        return ()
    return signed_code(
        document, proof=proof, as_of=as_of, signer=signer, base=f"{page.scheme}://{page.netloc}/v"
    )


def _of_one_checkpoint(counter: Counter, parcel_id: str) -> tuple[dict[str, Any], bytes, MapHead]:
    """Document and proof that say the same: while a batch is being shown, one may be a moment ahead of the other.

    Raises:
        Unavailable: when the views stay behind the log.
    """
    until = time.monotonic() + _PATIENCE_SECONDS
    while True:
        document = document_now(counter, parcel_id)
        proof = proof_of(counter, parcel_id)
        head = parse_map_head(parse_title_proof(proof).map_head)
        if document["as_of"]["checkpoint_size"] == head.size + 1:
            return document, proof, head
        if time.monotonic() > until:
            raise Unavailable(
                "the record as read is still behind the log, so no extract of one moment can be made",
                remedy="Try again in a moment. If this lasts, the projections are not running: start `landlog work`.",
            )
        time.sleep(_PAUSE_SECONDS)
