"""The page of a case, for whoever follows a file at an office."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from api.addresses import NO_CONTROLS
from api.counter import Counter, counter_of
from api.pages.record import Terms, day
from api.pages.site import language_of, render
from api.routes.cases import CaseAddress, case_document

router = APIRouter(include_in_schema=False)

_DAYS = (
    "filed",
    "notice_until",
    "cure_until",
    "hearing",
    "due",
    "decided",
    "appeal_until",
    "warned",
    "breached",
    "paused_since",
)
_NOTICED = frozenset({"notice-issued", "notice-served", "notice-undelivered"})
_PARCELS = (
    "select parcel_id, label from records.parcel"
    " where parcel_id = any(%(ids)s) or (unit_id = any(%(ids)s) and status = 'active')"
    " order by length(label_key), label_key limit %(most)s"
)
_UNITS = "select unit_id, label from records.unit where unit_id = any(%(ids)s) order by label limit %(most)s"
_MOST_LABELS = 60

CaseTyped = Annotated[str, Query(max_length=40, pattern=NO_CONTROLS)]


@router.get("/cases")
def find_case(request: Request, number: CaseTyped = "") -> Response:
    """From the form to the page; a number that is none is told there."""
    typed = number.strip().upper()
    lang = f"?lang={language_of(request)}" if "lang" in request.query_params else ""
    return RedirectResponse(f"/cases/{typed}{lang}" if typed.replace("-", "").isalnum() else f"/{lang}", 303)


@router.get("/cases/{case_no}")
def case_page(request: Request, case_no: CaseAddress) -> Response:
    counter, language = counter_of(request), language_of(request)
    case = case_document(counter, case_no, language)
    return render(
        request,
        "case.html",
        case=case,
        noticed=case["status"] in _NOTICED,
        days=_DAYS,
        touched=_touched(counter, cast("list[str]", case["touches"])),
        term=Terms.of(cast("str", case["office"]), counter.today(), language),
        day=day,
    )


def _touched(counter: Counter, ids: list[str]) -> dict[str, list[tuple[str, str]]]:
    """What the case is about, as (id, number): holdings, and the parcels that it names or that lie in them."""
    with counter.reader.cursor() as cursor:
        found = {}
        for kind, query in (("units", _UNITS), ("parcels", _PARCELS)):
            cursor.execute(query, {"ids": ids, "most": _MOST_LABELS})
            found[kind] = cursor.fetchall()
    return found
