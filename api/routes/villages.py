"""Villages: found by a name in any script or by their LGD code, with their parcels and their register of mutations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from api import models
from api.addresses import NO_CONTROLS, Lang, Lgd
from api.answers import json_answer
from api.counter import Counter, counter_of
from api.events import sentence, title_of
from api.paging import USUAL, Cursor, Limit, after, page
from api.problems import responses
from domain.canon import Json
from domain.errors import NotFound
from gis.places import line_of
from projections.labels import label_key, search_key

router = APIRouter(prefix="/v1/villages", tags=["villages"])

Row = Mapping[str, Any]

_VILLAGE = (
    "select lgd, name, name_local, office, state, languages, parcels, area_m2,"
    " grade_a, grade_b, grade_c, grade_d from records.village "
)
# Numbers in the order in which people count: 2 before 10, 101 before 101/1.
_NUMBER = "coalesce(substring(label_key from '^[0-9]{1,17}')::bigint, 900000000000000000)"


@router.get(
    "",
    summary="Find a village by name in any script, or by LGD code",
    responses={200: {"model": models.Villages}, **responses(400, 404)},
)
def find(
    request: Request,
    q: Annotated[
        str, Query(max_length=80, pattern=NO_CONTROLS, description="A part of the name, or the LGD code.")
    ] = "",
    cursor: Cursor = "",
    limit: Limit = USUAL,
) -> Response:
    found = villages(counter_of(request), q, at_least=after(cursor, kinds=(str, str)), limit=limit)
    last = found[limit - 1] if len(found) > limit else None
    items: list[Json] = [village_document(v) for v in found[:limit]]
    return json_answer(request, page(request, items, next_key=[last["name"], last["lgd"]] if last else None))


@router.get(
    "/{lgd}",
    summary="A village: its parcels in number, the quality of their record",
    responses={200: {"model": models.PlacedVillage}, **responses(400, 404)},
)
def one(request: Request, lgd: Lgd) -> Response:
    counter = counter_of(request)
    document = village_document(village(counter, lgd))
    return json_answer(request, {**document, "within": within(counter, lgd)})


@router.get(
    "/{lgd}/parcels",
    summary="The parcels of a village, or those of one number with its sub-divisions",
    responses={200: {"model": models.Parcels}, **responses(400, 404)},
)
def parcels(
    request: Request,
    lgd: Lgd,
    label: Annotated[
        str, Query(max_length=80, pattern=NO_CONTROLS, description="Khasra or survey number as written.")
    ] = "",
    cursor: Cursor = "",
    limit: Limit = USUAL,
) -> Response:
    counter = counter_of(request)
    village(counter, lgd)
    found = parcels_of(counter, lgd, label=label, start=after(cursor, kinds=(int, str, str)), limit=limit + 1)
    last = found[limit - 1] if len(found) > limit else None
    items: list[Json] = [parcel_line(p) for p in found[:limit]]
    key = [last["number"], last["label_key"], last["parcel_id"]] if last else None
    return json_answer(request, page(request, items, next_key=key))


@router.get(
    "/{lgd}/register",
    summary="The register of mutations, newest first",
    responses={200: {"model": models.Register}, **responses(400, 404)},
)
def register(
    request: Request, lgd: Lgd, lang: Lang = "en", cursor: Cursor = "", limit: Limit = USUAL
) -> Response:
    counter = counter_of(request)
    village(counter, lgd)
    start = after(cursor, kinds=(int,))
    with counter.reader.cursor() as db:
        db.execute(
            "select e.idx, e.event_id::text, e.type, e.decided, e.office, e.officer, e.order_no, e.words,"
            " array(select o.id from records.event_of o where o.idx = e.idx order by o.id limit 20), e.case_no"
            " from records.event e where e.village = %s and e.idx < %s"
            " and exists (select from records.event_of o where o.idx = e.idx)"  # a step of a file alone is on its page
            " order by e.idx desc limit %s",
            (lgd, start[0] if start else 2**62, limit + 1),
        )
        rows = db.fetchall()
    items: list[Json] = [
        {
            "index": idx,
            "event_id": event_id.replace("-", ""),
            "type": kind,
            "title": title_of(kind, lang),
            "words": sentence(words, lang),
            "decided": decided.isoformat(),
            "office": office,
            "officer": officer,
            "order_no": order_no,
            "touches": touches,
            "case_no": case_no,
        }
        for idx, event_id, kind, decided, office, officer, order_no, words, touches, case_no in rows[:limit]
    ]
    key = [rows[limit - 1][0]] if len(rows) > limit else None
    return json_answer(request, page(request, items, next_key=key))


def villages(
    counter: Counter, text: str, *, at_least: list[str | int] | None = None, limit: int = USUAL
) -> list[Row]:
    """Villages whose code is ``text`` or whose name, in any script, holds it; up to one more than ``limit``."""
    return _rows(
        counter,
        _VILLAGE + "where (lgd = %(text)s or position(%(key)s in search_key) > 0)"
        " and (%(name)s::text is null or (name, lgd) > (%(name)s, %(lgd)s)) order by name, lgd limit %(limit)s",
        {
            "text": text.strip(),
            "key": search_key(text),
            "name": at_least[0] if at_least else None,
            "lgd": at_least[1] if at_least else None,
            "limit": limit + 1,
        },
    )


def village(counter: Counter, lgd: str) -> Row:
    """
    Raises:
        NotFound: when the registry holds no land of that village.
    """
    rows = _rows(counter, _VILLAGE + "where lgd = %(lgd)s", {"lgd": lgd})
    if not rows:
        raise NotFound(
            f"no village with the LGD code {lgd} is registered here",
            field="lgd",
            remedy="Look it up by name: /v1/villages?q=NAME.",
        )
    return rows[0]


def parcels_of(
    counter: Counter, lgd: str, *, label: str = "", start: list[str | int] | None = None, limit: int = USUAL
) -> list[Row]:
    """The parcels of a village in the order of their numbers.

    With a label: those of that number and its sub-divisions, retired ones too, for an old number leads to what
    became of it.  Without: the active ones.
    """
    key = label_key(label)
    return _rows(
        counter,
        f"select parcel_id, label, status, unit_id, recorded_m2, use, class, grade, label_key, number from ("  # noqa: S608  # our own constant
        f"  select *, {_NUMBER} as number from records.parcel where village = %(lgd)s"
        "    and case when %(key)s = '' then status = 'active'"
        "             else label_key = %(key)s or starts_with(label_key, %(key)s || '/') end"
        ") p where %(number)s::bigint is null"
        " or (number, label_key, parcel_id) > (%(number)s, %(last)s, %(id)s)"
        " order by number, label_key, parcel_id limit %(limit)s",
        {
            "lgd": lgd,
            "key": key,
            "number": start[0] if start else None,
            "last": start[1] if start else None,
            "id": start[2] if start else None,
            "limit": limit,
        },
    )


def village_document(v: Row) -> dict[str, Json]:
    return {
        "lgd": v["lgd"],
        "name": v["name"],
        "name_local": v["name_local"],
        "office": v["office"],
        "state": v["state"],
        "languages": v["languages"],
        "parcels": v["parcels"],
        "recorded_m2": str(v["area_m2"]),
        "grades": {grade: v[f"grade_{grade.lower()}"] for grade in "ABCD"},
    }


def within(counter: Counter, lgd: str) -> list[Json]:
    """What the village lies in today, the state first."""
    with counter.reader.cursor() as cursor:
        line = line_of(cursor, lgd, counter.today())
    return [
        {"level": place.level, "code": place.code, "name": place.name, "name_local": place.name_local}
        for place in line[:-1]
    ]


def parcel_line(p: Row) -> dict[str, Json]:
    return {
        "parcel_id": p["parcel_id"],
        "label": p["label"],
        "status": p["status"],
        "unit_id": p["unit_id"],
        "recorded_m2": str(p["recorded_m2"]),
        "use": p["use"],
        "class": p["class"],
        "grade": p["grade"],
    }


def _rows(counter: Counter, query: str, values: Mapping[str, Any]) -> list[Row]:
    with counter.reader.cursor() as db:
        db.execute(query, dict(values))
        names = [column.name for column in db.description or ()]
        return [dict(zip(names, row, strict=True)) for row in db]
