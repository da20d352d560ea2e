"""Cases: where a file is and what is next, which notices run, which files wait, how the promises are kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, cast

from fastapi import APIRouter, Path, Query, Request, Response

from api import case_models as shapes
from api.addresses import Lang, Lgd
from api.answers import json_answer
from api.counter import Counter, counter_of
from api.events import title_of
from api.paging import USUAL, Cursor, Limit, after, page
from api.problems import responses
from api.routes.villages import village
from domain import catalogue
from domain.canon import Json, parse_object
from domain.case import Case
from domain.case_rules import possible
from domain.case_steps import FILED, REASONS, STEPS, step_words
from domain.errors import NotFound
from domain.languages import Phrase
from domain.law import Law, law_of, state_of
from domain.services import promise_of

router = APIRouter(prefix="/v1", tags=["cases"])

CaseAddress = Annotated[
    str,
    Path(pattern=r"^[1-9][0-9]{0,5}-C[0-9]{6}$", description="A case's number.", examples=["593873-C000012"]),
]
OfficeFilter = Annotated[
    str, Query(max_length=64, pattern=r"^[0-9/]*$", description="An office, with all below it: 28/511.")
]
_LINE = "case_no, type, status, office, filed, due, notice_until, objections, touches, filed_index"
_NOTICED = "status in ('notice-issued', 'notice-served', 'notice-undelivered')"
_STEPS = (
    "select idx, event_id::text, type, decided, officer, keyids, reason, until, fell_due, out_of_turn"
    " from records.case_step where case_no = %s order by idx"
)


@router.get(
    "/cases/{case_no}",
    summary="Where the file is, what is next, by when, and who holds it",
    responses={200: {"model": shapes.Case}, 304: {}, **responses(400, 404)},
)
def one(request: Request, case_no: CaseAddress, lang: Lang = "en") -> Response:
    return json_answer(request, case_document(counter_of(request), case_no, lang))


@router.get(
    "/villages/{lgd}/notices",
    summary="The notices that run in a village: until when whoever is concerned may object",
    responses={200: {"model": shapes.Lines}, 304: {}, **responses(400, 404)},
)
def notices(
    request: Request, lgd: Lgd, lang: Lang = "en", cursor: Cursor = "", limit: Limit = USUAL
) -> Response:
    counter = counter_of(request)
    village(counter, lgd)
    start = after(cursor, kinds=(str, str)) or ["0001-01-01", ""]
    rows = _noticed(counter, lgd, start, limit + 1)
    last = rows[limit - 1] if len(rows) > limit else None
    key = [last["notice_until"].isoformat(), last["case_no"]] if last else None
    return json_answer(request, page(request, _lines(rows[:limit], lang), next_key=key))


def running_notices(counter: Counter, lgd: str, language: str, *, limit: int) -> list[Json]:
    """The notices that run in a village today, the one that ends first before the others."""
    return _lines(_noticed(counter, lgd, ["0001-01-01", ""], limit), language)


def _noticed(counter: Counter, lgd: str, start: Sequence[object], limit: int) -> list[dict[str, Any]]:
    return _rows(
        counter,
        f"select {_LINE} from records.case_file where village = %s and {_NOTICED}"  # noqa: S608  # our own constants
        " and notice_until >= %s and (notice_until, case_no) > (%s::date, %s)"
        " order by notice_until, case_no limit %s",
        (lgd, counter.today(), *start, limit),
    )


@router.get(
    "/queue",
    summary="The files that wait at an office, in the order in which they are taken",
    responses={200: {"model": shapes.Lines}, 304: {}, **responses(400)},
)
def queue(
    request: Request,
    office: Annotated[
        str, Query(min_length=1, max_length=64, pattern=r"^[0-9/]+$", description="28/511/5257")
    ],
    lang: Lang = "en",
    cursor: Cursor = "",
    limit: Limit = USUAL,
) -> Response:
    start = after(cursor, kinds=(int,)) or [-1]
    rows = _rows(
        counter_of(request),
        f"select {_LINE} from records.case_file where office = %s and open and filed_index > %s"  # noqa: S608
        " order by filed_index limit %s",
        (office, *start, limit + 1),
    )
    key = [rows[limit - 1]["filed_index"]] if len(rows) > limit else None
    return json_answer(request, page(request, _lines(rows[:limit], lang), next_key=key))


@router.get(
    "/service-levels",
    summary="Published promises and how they are kept, by office",
    responses={200: {"model": shapes.ServiceLevels}, 304: {}, **responses(400)},
)
def service_levels(
    request: Request, office: OfficeFilter = "", lang: Lang = "en", cursor: Cursor = "", limit: Limit = USUAL
) -> Response:
    counter = counter_of(request)
    start = after(cursor, kinds=(str, str)) or ["", ""]
    rows = _rows(
        counter,
        "select office, type, waiting, overdue, kept, broken, days from records.service_level"
        " where (%s = '' or office = %s or starts_with(office, %s || '/')) and (office, type) > (%s, %s)"
        " order by office, type limit %s",
        (office, office, office, *start, limit + 1),
    )
    items: list[Json] = [_level(row, counter.today(), lang) for row in rows[:limit]]
    key = [rows[limit - 1]["office"], rows[limit - 1]["type"]] if len(rows) > limit else None
    return json_answer(request, page(request, items, next_key=key))


def case_document(counter: Counter, case_no: str, language: str) -> dict[str, Json]:
    """A case as everybody may read it.

    Raises:
        NotFound: when the registry shows none of that number (yet).
    """
    with counter.reader.cursor() as db:
        db.execute("select doc from records.state where id = %s and kind = 'case'", (case_no,))
        row = db.fetchone()
        if row is None:
            raise NotFound(
                Phrase("no case {case} is shown here", case=case_no),
                field="case_no",
                remedy="Look at the number on the receipt; what was filed just now appears within seconds.",
            )
        state = parse_object(bytes(row[0]))
        db.execute(_STEPS, (case_no,))
        steps = _named(db.description, db.fetchall())
        db.execute(
            "select lgd, name, name_local from records.village where lgd = %s", (str(state["village"]),)
        )
        place = db.fetchone()
    case = Case.of(state)
    law = law_of(state_of(case.office), counter.today())
    lgd, name, name_local = place or (case.village, case.village, None)
    return {
        "case_no": case.id,
        "type": case.type,
        "title": title_of(case.type, language),
        "status": case.status,
        "status_words": status_words(case.status, language),
        "open": case.is_open,
        "village": {"lgd": lgd, "name": name, "name_local": name_local},
        "office": case.office,
        "holder": _holder(case, law, language),
        "lane": case.lane,
        "notice": case.notice,
        "objections": case.objections,
        "appeals": case.appeals,
        "fee_paise": case.fee_paise,
        "days": _days(case),
        "touches": list(case.touches),
        "application": case.application,
        "applicant": case.applicant,
        "next": [
            {
                "step": name,
                "words": step_words(f"case.{name}/1", language),
                "roles": list[Json](sorted(roles)),
            }
            for name, roles in possible(case, law).items()
        ],
        "steps": [_step(step, language) for step in steps],
        "version": cast("int", state["version"]),
    }


def status_words(status: str, language: str) -> str:
    """What people call the status: the words of the step that leads there.

    >>> status_words("unopposed", "en"), status_words("carried", "en"), status_words("filed", "hi")
    ('No objection', 'Carried to the record', 'प्रस्तुत')
    """
    if status == "filed":
        return step_words(FILED, language)
    if status == "carried":
        return _CARRIED.get(language, _CARRIED["en"])
    same = next((s for s in STEPS.values() if s.name == status), None)
    found = same or next(s for s in STEPS.values() if s.after == status)
    return found.words.get(language, found.words["en"])


_CARRIED = {
    "en": "Carried to the record",
    "hi": "अभिलेख में अमल दरामद",
    "te": "రికార్డులో నమోదైంది",
    "mr": "अभिलेखात नोंद घेतली",
    "kn": "ದಾಖಲೆಯಲ್ಲಿ ನಮೂದಿಸಲಾಗಿದೆ",
}


def _holder(case: Case, law: Law, language: str) -> Json:
    if not case.with_:
        return None
    office, _, role = case.with_.rpartition("/")
    if not office:
        return {"office": case.office, "role": role, "words": law.word(role, language)}
    return {"office": office, "role": role, "words": law.post(role, language)}


def _days(case: Case) -> Json:
    days = {
        "filed": case.filed,
        "since": case.since,
        "due": case.due,
        "notice_until": case.notice_until,
        "cure_until": case.cure_until,
        "hearing": case.next_day,
        "appeal_until": case.appeal_until,
        "decided": case.decided,
        "warned": case.warned,
        "breached": case.breached,
        "paused_since": case.paused_since,
    }
    return {name: _iso(day) for name, day in days.items()}


def _step(step: Mapping[str, Any], language: str) -> Json:
    kind = step["type"]
    of_a_case = kind == FILED or kind in STEPS
    return {
        "index": step["idx"],
        "event_id": step["event_id"].replace("-", ""),
        "type": kind,
        "words": step_words(kind, language) if of_a_case else title_of(kind, language),
        "decided": step["decided"].isoformat(),
        "officer": step["officer"],
        "keyids": step["keyids"],
        "reason": _reason(step["reason"], language),
        "until": _iso(step["until"]),
        "fell_due": _iso(step["fell_due"]),
        "out_of_turn": _reason(step["out_of_turn"], language),
    }


def _reason(code: str | None, language: str) -> Json:
    if code is None:
        return None
    words = REASONS.get(code, {})
    return {"code": code, "words": words.get(language) or words.get("en") or code}


def _lines(rows: Iterable[Mapping[str, Any]], language: str) -> list[Json]:
    return [
        {
            "case_no": row["case_no"],
            "type": row["type"],
            "title": title_of(row["type"], language),
            "status": row["status"],
            "status_words": status_words(row["status"], language),
            "office": row["office"],
            "filed": row["filed"].isoformat(),
            "due": _iso(row["due"]),
            "notice_until": _iso(row["notice_until"]),
            "objections": row["objections"],
            "touches": row["touches"],
        }
        for row in rows
    ]


def _level(row: Mapping[str, Any], today: date, language: str) -> Json:
    decided = row["kept"] + row["broken"]
    mean = (Decimal(row["days"]) / decided).quantize(Decimal("0.1")) if decided else None
    return {
        "office": row["office"],
        "type": row["type"],
        "title": title_of(row["type"], language),
        "promised": _promise(row["type"], law_of(state_of(row["office"]), today)),
        "waiting": row["waiting"],
        "overdue": row["overdue"],
        "kept": row["kept"],
        "broken": row["broken"],
        "mean_days": None if mean is None else str(mean),
    }


def _promise(kind: str, law: Law) -> Json:
    mutation = catalogue.all_types().get(kind)
    figure = promise_of(mutation, law) if mutation else None
    if figure is None:
        return None
    return {
        "figure": figure.name,
        "days": str(figure.value),
        "counting": figure.counting,
        "since": figure.since.isoformat(),
        "source": figure.source,
        "confirmed": figure.confirmed,
    }


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _rows(counter: Counter, query: str, values: Sequence[object]) -> list[dict[str, Any]]:
    with counter.reader.cursor() as db:
        db.execute(query, values)
        return _named(db.description, db.fetchall())


def _named(columns: Any, rows: Iterable[Sequence[Any]]) -> list[dict[str, Any]]:
    names = [column.name for column in columns or ()]
    return [dict(zip(names, row, strict=True)) for row in rows]
