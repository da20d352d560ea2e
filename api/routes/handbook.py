"""The handbook's pages: the states, the law of one, and each mutation type by that law."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from functools import lru_cache
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request, Response

from api.counter import counter_of
from api.pages.handbook import LANGUAGES, by_nature, page_voice
from api.pages.site import language_of, render
from domain import catalogue, law
from domain.errors import BadInput, NotFound
from projections.handbook import Chapter, Voice, book
from projections.handbook.words import named

router = APIRouter(prefix="/handbook", include_in_schema=False)

Lang = Annotated[str | None, Query(max_length=5)]
Day = Annotated[date | None, Query()]


@router.get("")
def states(request: Request, day: Day = None) -> Response:
    voice = Voice(language_of(request))
    own = [law.law_of(code, date.max) for code in sorted(law.states(), key=law.name_of)]
    return render(
        request,
        "handbook_states.html",
        voice=voice,
        states=[
            {
                "code": here.state,
                "name": page_voice(voice.first, here.state)(named("state", here)),
                "languages": ", ".join(LANGUAGES[code] for code in law.languages(here.state)),
            }
            for here in own
        ],
        go=_link(lang=request.query_params.get("lang"), day=day),
    )


@router.get("/{state}")
def one_state(request: Request, state: str, lang: Lang = None, day: Day = None) -> Response:
    on = day or counter_of(request).today()
    found = chapter(_known(state), on)
    return render(
        request,
        "handbook_state.html",
        chapter=found,
        groups=by_nature(found.types),
        **_common(request, state, lang, day, on),
    )


@router.get("/{state}/{name}")
def one_type(request: Request, state: str, name: str, lang: Lang = None, day: Day = None) -> Response:
    on = day or counter_of(request).today()
    kind = catalogue.mutation(name)
    found = chapter(_known(state), on)
    return render(
        request,
        "handbook_type.html",
        state=state,
        name=found.name,
        entry=next(e for e in found.types if e.type == kind.type),
        **_common(request, state, lang, day, on),
    )


@lru_cache(maxsize=32)
def chapter(state: str, day: date) -> Chapter:
    """A state's chapter of a day: it changes with the software only, and takes a tenth of a second to write."""
    return book(day, state=state).chapters[0]


def _known(state: str) -> str:
    try:
        return law.law_of(state, date.max).state
    except BadInput as unknown:
        raise NotFound(unknown.message, field="state", remedy=unknown.remedy) from None


def _common(request: Request, state: str, lang: str | None, day: date | None, on: date) -> dict[str, Any]:
    """What the pages of a state share: the voice, and the links that keep language and day."""
    return {
        "voice": page_voice(lang or language_of(request), state),
        "day": on,
        "go": _link(lang=lang, day=day),
    }


def _link(**kept: object) -> Callable[[str], str]:
    """Addresses that keep the language and the day."""
    query = {name: str(value) for name, value in kept.items() if value}

    def link(path: str) -> str:
        return f"{path}?{urlencode(query)}" if query else path

    return link
