"""How the services answer: JSON or HTML, with the log position as the entity tag, so that caches never lie."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from fastapi import Request, Response
from jinja2 import Environment, FileSystemLoader, select_autoescape

GEOJSON = "application/geo+json"
JSON = "application/json"
_PAGES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=select_autoescape(default=True),
    trim_blocks=True,
    lstrip_blocks=True,
)

Position = Callable[[], int]
"""The size of the log up to which the tables have come: it changes whenever they do."""


def unchanged(request: Request, position: int) -> Response | None:
    """304, where the client's copy is of the same log position."""
    tag = etag(position)
    sent = request.headers.get("if-none-match", "")
    if tag in [part.strip() for part in sent.split(",")]:
        return Response(status_code=304, headers=_caching(position))
    return None


def etag(position: int) -> str:
    """
    >>> etag(90)
    'W/"log-90"'
    """
    return f'W/"log-{position}"'


def answer(
    request: Request,
    document: Mapping[str, Any],
    *,
    template: str,
    position: int,
    media: str = JSON,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """The document as JSON, or as a page for a browser (``f=html`` or an Accept that asks for it)."""
    extra = {**_caching(position), **(headers or {})}
    if wants_html(request):
        page = _PAGES.get_template(template).render(d=document, path=request.url.path)
        return Response(page, media_type="text/html; charset=utf-8", headers=extra)
    body = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return Response(body, media_type=media, headers=extra)


def wants_html(request: Request) -> bool:
    """Whether a browser asks."""
    asked = request.query_params.get("f")
    if asked in ("json", "html"):
        return asked == "html"
    accept = request.headers.get("accept", "")
    return "text/html" in accept and GEOJSON not in accept


def link(href: str, rel: str, title: str, media: str = JSON) -> dict[str, str]:
    return {"href": href, "rel": rel, "type": media, "title": title}


def _caching(position: int) -> dict[str, str]:
    return {"ETag": etag(position), "Cache-Control": "public, max-age=10", "Vary": "Accept"}
