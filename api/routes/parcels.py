"""A parcel: its record of rights, how it came to be so, the proof of it, and the same on paper.

``GET /v1/parcels/{id}`` is what everybody asks, so it is served as it lies in the database: one row by primary key,
read on the event loop (``api.counter.Quick``), with the checkpoint that it is true of spliced in at the end.
"""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import Annotated, Any, cast

from fastapi import APIRouter, Query, Request, Response
from starlette.concurrency import run_in_threadpool

from api import models
from api.addresses import AsOf, KnownAt, Lang, Language, ParcelAddress
from api.answers import answer, json_answer
from api.counter import Counter, counter_of
from api.events import sentence, title_of
from api.past import Step, instant_of, record_then, story
from api.problems import responses
from domain.canon import Json, parse_object
from domain.errors import NotFound
from domain.ids import kind_of
from domain.languages import Phrase
from domain.law import law_of, state_of
from projections.documents import parties_of, with_as_of
from registry.log.title_proof import MEDIA_TYPE as PROOF
from registry.log.title_proof import parse_title_proof, reveal

router = APIRouter(prefix="/v1/parcels", tags=["parcels"])

_NAMES = (
    "record", "parcel", "unit", "holder", "relation", "share", "area", "drawn", "use", "class", "tenure", "village",
    "charges", "restrictions", "holds", "pending", "former", "office", "none", "undetermined", "presumptive",
)  # fmt: skip
_RECORD = (
    "select p.doc, s.checkpoint_size, to_char(s.cosigned_at at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"
    " from records.parcel p, records.position s where p.parcel_id = %s and s.name = 'records'"
)


@router.get(
    "/{parcel_id}",
    summary="The record of rights of a parcel, as of the newest checkpoint or of a day or instant of the past",
    responses={200: {"model": models.Parcel}, 304: {}, **responses(400, 404)},
)
async def record(
    request: Request,
    parcel_id: ParcelAddress,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    lang: Annotated[
        Language | None, Query(description="Adds `words`: what the state calls the parts of the record.")
    ] = None,
) -> Response:
    counter = counter_of(request)
    if as_of is None and known_at is None:
        body = record_now(counter, parcel_id)
        if lang is None:
            return answer(request, body)
        document = json.loads(body)
    else:
        when = instant_of(known_at, field="known_at") if known_at else None
        document = await run_in_threadpool(record_then, counter, parcel_id, as_of=as_of, known_at=when)
    if lang is not None:
        document["words"] = words_of(document, lang, counter.today())
    return json_answer(request, document)


@router.get(
    "/{parcel_id}/history",
    summary="Every event of the parcel, and of its unit while it was in it: the chain of title",
    responses={200: {"model": models.History}, **responses(400, 404)},
)
def history(request: Request, parcel_id: ParcelAddress, lang: Lang = "en") -> Response:
    counter = counter_of(request)
    body: dict[str, Json] = {
        "parcel_id": parcel_id,
        "events": cast("Json", history_of(counter, parcel_id, lang)),
    }
    return json_answer(request, body)


@router.get(
    "/{parcel_id}/proof",
    summary="The title proof: the current state of parcel and unit, to be verified offline",
    response_class=Response,
    responses={
        200: {"content": {PROOF: {"schema": {"$ref": "#/components/schemas/TitleProof"}}}},
        **responses(400, 404),
    },
)
def proof(
    request: Request,
    parcel_id: ParcelAddress,
    history: Annotated[bool, Query(description="With every event of parcel and unit.")] = False,
) -> Response:
    data = proof_of(counter_of(request), parcel_id, history=history)
    name = f'attachment; filename="{parcel_id}.title-proof.json"'
    return answer(request, data, media_type=PROOF, headers={"Content-Disposition": name})


def words_of(document: dict[str, Any], language: Language, day: date) -> dict[str, str]:
    """What the state calls the parts of the record and the codes that stand in this one."""
    law = law_of(state_of(document["office"]), day)
    items = [i for name in ("charges", "restrictions", "holds", "pending") for i in document[name]]
    codes = [document["use"], document["class"], document["unit"]["tenure"], *(i["kind"] for i in items)]
    return {name: law.word(name, language) for name in (*_NAMES, *filter(None, codes))}


def record_now(counter: Counter, parcel_id: str) -> bytes:
    """The public document's bytes with the checkpoint that they are true of.

    Raises:
        NotFound: for an id that was never given; the id of a retired parcel has its record.
    """
    row = cast("tuple[memoryview, int, str | None] | None", counter.quick.row(_RECORD, (parcel_id,)))
    if row is None:
        raise NotFound(
            Phrase("no parcel {parcel} is registered here", parcel=parcel_id),
            field="parcel_id",
            remedy="Look it up by its number: /v1/villages/LGD/parcels?label=NUMBER.",
        )
    return with_as_of(bytes(row[0]), checkpoint_size=row[1], cosigned_at=row[2])


def document_now(counter: Counter, parcel_id: str) -> dict[str, Any]:
    """``record_now``, parsed."""
    return cast("dict[str, Any]", json.loads(record_now(counter, parcel_id)))


def history_of(counter: Counter, parcel_id: str, language: Language) -> list[dict[str, Json]]:
    """The events, oldest first, each with who signed it and where it stands in the log.

    Raises:
        NotFound: for a parcel that was never registered.
    """
    with counter.reader.transaction() as cursor:
        steps = story(cursor, parcel_id, cut=2**62)
        if not steps:
            raise NotFound(
                Phrase("no parcel {parcel} is registered here", parcel=parcel_id), field="parcel_id"
            )
        cursor.execute(
            "select idx, event_id::text, words from records.event where idx = any(%s)",
            ([s.index for s in steps],),
        )
        said = {idx: (event_id.replace("-", ""), words) for idx, event_id, words in cursor}
    return [_event(step, *said[step.index], language) for step in steps]


def proof_of(counter: Counter, parcel_id: str, *, history: bool = False) -> bytes:
    """A title proof under the newest published checkpoint, with the holders' names that the record shows.

    A parcel that was never registered gets a proof of that.  The names are opened from the very state that is proved,
    so that a sale at the same moment cannot put a stranger's name beside it.
    """
    with counter.prover() as prover:
        proof = parse_title_proof(prover.title_proof(parcel_id, history=history))
    parties = [
        party
        for state in proof.states[
            :2
        ]  # the units of former times that a history brings along keep theirs closed
        if state.kind == "unit" and state.value is not None
        for party in parties_of(parse_object(state.value))
    ]
    names = counter.house.openings.read(parties)
    return replace(proof, openings=reveal(names.values())).format()


def _event(step: Step, event_id: str, words: dict[str, str], language: Language) -> dict[str, Json]:
    payload = step.entry.payload
    return {
        "index": step.index,
        "event_id": event_id,
        "on": {"kind": kind_of(step.id), "id": step.id, "version": step.state["version"]},
        "type": payload["type"],
        "title": title_of(str(payload["type"]), language),
        "words": sentence(words, language),
        "decided": payload["decided"],
        "office": payload["office"],
        "officer": payload["officer"],
        "order_no": payload["order_no"],
        "keyids": list(step.entry.keyids),
        "unit_id": step.state["unit"] if kind_of(step.id) == "parcel" else step.id,
    }
