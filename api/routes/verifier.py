"""``/verifier/``: the page that checks a proof or a printed code in the reader's own browser (``api.verifier``).

It is the same file for everybody, and witnesses serve it too: whoever doubts this registry takes it from one of them,
and compares its SHA-256.  ``/v`` is what printed codes lead to, kept short for them; the digits after ``#`` never
leave the browser.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from api.answers import answer
from api.counter import counter_of
from api.verdicts import policy_of
from api.verifier import PAGE, SUMS, content_policy, page_file, sums

router = APIRouter(include_in_schema=False)


@router.get("/v")
@router.get("/verifier")
def short(request: Request) -> Response:
    """Where a printed code leads; browsers take its digits along."""
    return RedirectResponse("/verifier/", 308)


@router.get("/verifier/")
@router.get(f"/verifier/{PAGE}")
def page(request: Request) -> Response:
    data = page_of(counter_of(request).house.settings.home)
    return answer(
        request,
        data,
        media_type="text/html; charset=utf-8",
        headers={"Content-Security-Policy": content_policy(data)},
    )


@router.get(f"/verifier/{SUMS}")
def published_sum(request: Request) -> Response:
    """The page's SHA-256, as ``sha256sum --check`` reads it."""
    data = page_of(counter_of(request).house.settings.home)
    return answer(request, sums(data).encode(), media_type="text/plain; charset=utf-8")


@router.get("/verifier/policy.txt")
def policy(request: Request) -> Response:
    """The registry's own policy: for those who trust it on its own word, to begin with."""
    counter = counter_of(request)
    policy_of(counter)
    return answer(request, counter.house.settings.policy.read_bytes(), media_type="text/plain; charset=utf-8")


@lru_cache(maxsize=4)
def page_of(home: Path) -> bytes:
    """The page as it was built for the registry of that home; read once."""
    return page_file(home).read_bytes()
