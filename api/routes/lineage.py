"""The lineage of a parcel: what it was made of and what became of it, as JSON and as a drawing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from fastapi import APIRouter, Request, Response
from psycopg2 import extensions

from api import models
from api.addresses import Lang, ParcelAddress
from api.answers import answer, json_answer
from api.counter import Counter, counter_of
from api.events import title_of
from api.problems import responses
from domain.canon import Json
from domain.errors import NotFound
from gis.lineage import Family, Relative, draw_family, generations

router = APIRouter(prefix="/v1/parcels", tags=["parcels"])

MOST = 150
"""Relatives that are told at once, the nearest; a resurvey relates a whole village."""

_PARCELS = (
    "select p.parcel_id, p.label, p.status, p.recorded_m2,"
    " array(select jsonb_array_elements(d -> 'predecessors') ->> 'parcel_id'),"
    " array(select jsonb_array_elements(d -> 'successors') ->> 'parcel_id')"
    " from (select *, convert_from(doc, 'UTF8')::jsonb as d from records.parcel where parcel_id = any(%s)) p"
)
_EVENTS = (
    "select o.id, o.version, e.idx, e.type, e.decided from records.event_of o join records.event e using (idx)"
    " where o.id = any(%s) and (o.version = 1"
    "  or o.version = (select max(version) from records.event_of l where l.id = o.id))"
)


@dataclass(frozen=True)
class _Made:
    """The order that made a parcel, and the last that changed it."""

    index: int
    type: str
    decided: date
    last: date


@router.get(
    "/{parcel_id}/lineage",
    summary="What the parcel was made of and what became of it, with the orders in between",
    responses={200: {"model": models.Lineage}, 304: {}, **responses(400, 404)},
)
def lineage(request: Request, parcel_id: ParcelAddress, lang: Lang = "en") -> Response:
    family, made = family_of(counter_of(request), parcel_id, lang)
    rows = generations(family)
    parcels: list[Json] = [
        {
            "parcel_id": relative.id,
            "label": relative.label,
            "generation": rows[relative.id],
            "recorded_m2": str(relative.recorded_m2),
            "since": relative.since.isoformat(),
            "until": relative.until.isoformat() if relative.until else None,
            "made_by": {
                "index": made[relative.id].index,
                "type": made[relative.id].type,
                "title": relative.made_by,
            },
        }
        for relative in family.parcels
    ]
    links: list[Json] = [{"from": parent, "to": child} for parent, child in family.links]
    document = {"parcel_id": parcel_id, "whole": family.whole, "parcels": parcels, "links": links}
    return json_answer(request, document)


@router.get(
    "/{parcel_id}/lineage.svg",
    summary="The same as a drawing: a row for each generation",
    response_class=Response,
    responses={
        200: {"content": {"image/svg+xml": {"schema": {"type": "string"}}}},
        304: {},
        **responses(400, 404),
    },
)
def lineage_svg(request: Request, parcel_id: ParcelAddress, lang: Lang = "en") -> Response:
    family, _ = family_of(counter_of(request), parcel_id, lang)
    return answer(request, drawn(family, parcel_id).encode(), media_type="image/svg+xml")


def drawn(family: Family, parcel_id: str) -> str:
    """The family of a parcel as SVG."""
    label = next(relative.label for relative in family.parcels if relative.id == parcel_id)
    standing = sum(relative.until is None for relative in family.parcels)
    words = (
        f"{len(family.parcels)} parcels, {standing} of them standing, joined by {len(family.links)} lines."
    )
    return draw_family(family, parcel_id, title=f"The family of parcel {label}", description=words)


def family_of(counter: Counter, parcel_id: str, language: str) -> tuple[Family, dict[str, _Made]]:
    """The parcel with its relatives by blood and by marriage, the nearest first, at most ``MOST``.

    Raises:
        NotFound: for an id that was never given.
    """
    with counter.reader.transaction() as cursor:
        cursor.execute("set transaction isolation level repeatable read, read only")
        found, links, whole = _relatives(cursor, parcel_id)
        if parcel_id not in found:
            raise NotFound(
                f"no parcel {parcel_id} is registered here",
                field="parcel_id",
                remedy="Look it up by its number: /v1/villages/LGD/parcels?label=NUMBER.",
            )
        made = _orders(cursor, list(found))
    parcels = tuple(
        Relative(
            id=identifier,
            label=label,
            recorded_m2=Decimal(m2),
            made_by=title_of(made[identifier].type, language),
            since=made[identifier].decided,
            until=made[identifier].last if status == "retired" else None,
            href=f"/parcels/{identifier}",
        )
        for identifier, (label, status, m2) in sorted(found.items())
    )
    return Family(parcels=parcels, links=tuple(sorted(links)), whole=whole), made


def _relatives(
    cursor: extensions.cursor, parcel_id: str
) -> tuple[dict[str, tuple[Any, ...]], set[tuple[str, str]], bool]:
    """(label, status, area) by id, the links among them, and whether nobody is left out."""
    found: dict[str, tuple[Any, ...]] = {}
    links: set[tuple[str, str]] = set()
    nearest = [parcel_id]
    while nearest and len(found) < MOST:
        cursor.execute(_PARCELS, (nearest[: MOST - len(found)],))
        farther: dict[str, None] = {}
        for identifier, label, status, m2, predecessors, successors in cursor.fetchall():
            found[identifier] = (label, status, m2)
            links |= {(p, identifier) for p in predecessors} | {(identifier, s) for s in successors}
            farther |= dict.fromkeys([*predecessors, *successors])
        nearest = [i for i in dict.fromkeys([*nearest, *farther]) if i not in found]
        if not farther.keys() - found.keys():
            break
    known = {link for link in links if link[0] in found and link[1] in found}
    return found, known, known == links


def _orders(cursor: extensions.cursor, ids: Sequence[str]) -> dict[str, _Made]:
    cursor.execute(_EVENTS, (list(ids),))
    first: dict[str, tuple[int, str, date]] = {}
    last: dict[str, tuple[int, date]] = {}
    for identifier, version, index, kind, decided in cursor:
        if version == 1:
            first[identifier] = (index, kind, decided)
        last[identifier] = max(last.get(identifier, (-1, decided)), (index, decided))
    return _made(first, last)


def _made(
    first: Mapping[str, tuple[int, str, date]], last: Mapping[str, tuple[int, date]]
) -> dict[str, _Made]:
    return {identifier: _Made(*origin, last[identifier][1]) for identifier, origin in first.items()}
