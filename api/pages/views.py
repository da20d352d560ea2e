"""The pages themselves: find a village and a parcel, read its record, verify a paper."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse
from starlette.concurrency import run_in_threadpool

from api import problems
from api.addresses import NO_CONTROLS, Lgd, ParcelAddress
from api.counter import Counter, counter_of
from api.events import sentence, title_of
from api.maps import parcel_map, village_map
from api.pages.record import Terms, day, page_of
from api.pages.site import Words, language_of, render, static_file
from api.paging import Cursor, after, cursor_of
from api.problems import NoSuchPage
from api.routes.cases import running_notices
from api.routes.lineage import drawn, family_of
from api.routes.parcels import document_now, history_of
from api.routes.verify import handed_over
from api.routes.villages import parcel_line, parcels_of, village, village_document, villages, within
from api.verdicts import opinion
from domain.errors import RegistryError
from projections.labels import label_key
from projections.paper.sheet import grouped

router = APIRouter(include_in_schema=False)

ROWS = 60
MAP_WIDTH, MAP_HEIGHT = 460, 430
SHEET_WIDTH, SHEET_HEIGHT = 1_400, 1_100
_MOST_OF_UNIT = 40
_LATEST_ORDERS = 8
_MOST_NOTICES = 20

Typed = Annotated[str, Query(max_length=80, pattern=NO_CONTROLS)]


@router.get("/")
def home(request: Request, q: Typed = "") -> Response:
    found = villages(counter_of(request), q, limit=ROWS)
    return render(
        request,
        "home.html",
        query=q,
        villages=[village_document(v) for v in found[:ROWS]],
        asked=bool(q.strip()),
    )


@router.get("/villages/{lgd}")
def village_page(request: Request, lgd: Lgd, label: Typed = "", cursor: Cursor = "") -> Response:
    counter = counter_of(request)
    place = village(counter, lgd)
    found = parcels_of(counter, lgd, label=label, start=after(cursor, kinds=(int, str, str)), limit=ROWS + 1)
    exact = [p for p in found if p["label_key"] == label_key(label)]
    if label.strip() and len(found) == len(exact) == 1:
        lang = f"?lang={language_of(request)}" if "lang" in request.query_params else ""
        return RedirectResponse(f"/parcels/{exact[0]['parcel_id']}{lang}", 303)
    missed = bool(label.strip()) and not found
    if missed:
        found = parcels_of(counter, lgd, limit=ROWS + 1)
    last = found[ROWS - 1] if len(found) > ROWS else None
    language = language_of(request)
    return render(
        request,
        "village.html",
        village=village_document(place),
        within=within(counter, lgd),
        label=label,
        missed=missed,
        parcels=[parcel_line(p) for p in found[:ROWS]],
        term=Terms.of(place["office"], counter.today(), language),
        orders=_latest(counter, lgd, language),
        notices=running_notices(counter, lgd, language, limit=_MOST_NOTICES),
        after_first=bool(cursor),
        next_cursor=cursor_of([last["number"], last["label_key"], last["parcel_id"]]) if last else "",
        day=day,
    )


@router.get("/villages/{lgd}/map")
def village_map_page(request: Request, lgd: Lgd) -> Response:
    """The whole village at once; a telephone's own zoom is all that it takes to find a field."""
    counter, language = counter_of(request), language_of(request)
    place = village_document(village(counter, lgd))
    lang = f"?lang={language}" if "lang" in request.query_params else ""
    drawing = village_map(
        counter,
        lgd,
        title=str(place["name"]),
        description=Words(language)("count-parcels", count=grouped(place["parcels"])),
        width=SHEET_WIDTH,
        height=SHEET_HEIGHT,
        href=lambda parcel_id: f"/parcels/{parcel_id}{lang}",
    )
    return render(request, "village_map.html", village=place, drawing=drawing)


@router.get("/parcels/{parcel_id}")
def parcel_page(request: Request, parcel_id: ParcelAddress) -> Response:
    counter, language = counter_of(request), language_of(request)
    document = document_now(counter, parcel_id)
    terms = Terms.of(document["office"], counter.today(), language)
    place = document["village"]
    drawing = parcel_map(
        counter,
        document,
        title=f"{terms('map').text}: {terms('parcel').text} {document['label']}, {place['name']}",
        description=f"{terms('drawn').text}: {document['area']['drawn_m2']} m²",
        width=MAP_WIDTH,
        height=MAP_HEIGHT,
    )
    return render(
        request,
        "parcel.html",
        **page_of(document, terms),
        drawing=drawing,
        family=_family(counter, document, language),
        history=list(reversed(history_of(counter, parcel_id, language))),
        others=_others_of_unit(counter, document["unit"]["unit_id"], parcel_id),
        day=day,
    )


@router.get("/verify")
def verify_page(request: Request) -> Response:
    return render(request, "verify.html", opinion=None)


@router.post("/verify")
async def verify_paper(request: Request) -> Response:
    data = await handed_over(request)
    found = await run_in_threadpool(opinion, counter_of(request), data)
    return render(request, "verify.html", opinion=found.document())


@router.get("/problems/{code}")
def problem_page(request: Request, code: str) -> Response:
    kind = problems.known().get(code)
    if kind is None:
        raise NoSuchPage(f"there is no problem called {code[:80]}")
    said = (kind.__doc__ or "").split("\n\n")[0].replace("\n", " ").strip()
    return render(
        request,
        "explained.html",
        title=problems.title(code, language_of(request)),
        code=code,
        said=said,
        answered=problems.status_of(kind),
    )


@router.get("/static/{name:path}")
def static(request: Request, name: str) -> Response:
    found = static_file(counter_of(request), name, version=request.query_params.get("v", ""))
    if found is None:
        raise NoSuchPage(f"there is no file {name[:80]}")
    return found


def error_page(request: Request, error: RegistryError) -> Response:
    """A problem for people."""
    return render(
        request,
        "problem.html",
        status=problems.status_of(type(error)),
        problem=problems.document(error, language_of(request)),
    )


def _latest(counter: Counter, lgd: str, language: str) -> list[dict[str, str]]:
    with counter.reader.cursor() as cursor:
        cursor.execute(
            "select idx, type, decided::text, order_no, words from records.event"
            " where village = %s order by idx desc limit %s",
            (lgd, _LATEST_ORDERS),
        )
        return [
            {
                "index": str(idx),
                "title": title_of(kind, language),
                "words": sentence(words, language),
                "decided": day(decided),
                "order_no": order_no,
            }
            for idx, kind, decided, order_no, words in cursor
        ]


def _family(counter: Counter, document: Mapping[str, Any], language: str) -> str:
    """The drawing of where the parcel came from and what became of it; empty where it has no relatives."""
    if not document["predecessors"] and not document["successors"]:
        return ""
    identifier = document["parcel_id"]
    return drawn(family_of(counter, identifier, language)[0], identifier)


def _others_of_unit(counter: Counter, unit_id: str, parcel_id: str) -> list[tuple[str, str]]:
    """(id, label) of the other parcels over which the same holders have their shares."""
    with counter.reader.cursor() as cursor:
        cursor.execute(
            "select parcel_id, label from records.parcel where unit_id = %s and parcel_id <> %s"
            " and status = 'active' order by length(label_key), label_key limit %s",
            (unit_id, parcel_id, _MOST_OF_UNIT + 1),
        )
        return cursor.fetchall()
