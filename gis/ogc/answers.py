"""How the services answer: JSON or HTML, with the log position as the entity tag, so that caches never lie."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import jinja2
from fastapi import Request, Response
from markupsafe import Markup

from domain.errors import BadInput
from gis.ogc.asking import OF_A_PAGE, only

GEOJSON = "application/geo+json"
JSON = "application/json"
HTML = "text/html"
OPENAPI = "application/vnd.oai.openapi+json;version=3.0"
SCHEMA = "application/schema+json"
_SECONDS = 10  # that a copy may be used unasked: the tables follow the log by less than a second

Position = Callable[[], int]
"""The size of the log up to which the tables have come: it changes whenever they do."""


class AskedTooMuch(BadInput):
    """The question takes longer to answer than one request may take; a narrower one is answered."""

    code: ClassVar[str] = "asked-too-much"


def parameters_of(request: Request, known: Collection[str] | None = OF_A_PAGE) -> dict[str, str]:
    """The query parameters; ``known`` are those allowed, None where the reader of them checks.

    Raises:
        BadInput: for one that is given twice, or is not known.
    """
    parameters: dict[str, str] = {}
    for name, value in request.query_params.multi_items():
        if name in parameters:
            raise BadInput(f"{name[:40]!r} is given twice", field=name[:40], remedy="Give it once.")
        parameters[name] = value
    if known is not None:
        only(parameters, known)
    return parameters


def unchanged(request: Request, position: int, *, kind: str = "") -> Response | None:
    """304, where the client's copy is of the same log position and kind."""
    sent = request.headers.get("if-none-match")
    if sent is None:
        return None
    tag = etag(position, kind)
    if sent.strip() == "*" or tag in [part.strip() for part in sent.split(",")]:
        return Response(status_code=304, headers=caching(position, kind=kind))
    return None


def etag(position: int, kind: str = "") -> str:
    """
    >>> etag(90), etag(90, "html")
    ('W/"log-90"', 'W/"log-90-html"')
    """
    return f'W/"log-{position}-{kind}"' if kind else f'W/"log-{position}"'


def caching(position: int, *, kind: str = "", seconds: int = _SECONDS) -> dict[str, str]:
    """What every answer says of keeping it."""
    return {
        "ETag": etag(position, kind),
        "Cache-Control": f"public, max-age={seconds}",
        "Vary": "Accept",
    }


class Answers:
    """Documents as JSON or as pages, which bear these style sheets."""

    def __init__(self, styles: Sequence[str] = ()) -> None:
        self._styles = styles

    def __call__(
        self,
        request: Request,
        document: Mapping[str, Any],
        *,
        template: str,
        position: int,
        media: str = JSON,
    ) -> Response:
        """The document as JSON, or as a page for a browser (``f=html`` or an Accept that asks for it)."""
        if wants_html(request):
            return self.page(request, document, template=template, position=position)
        if same := unchanged(request, position):
            return same
        body = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
        return Response(body, media_type=media, headers=caching(position))

    def page(
        self,
        request: Request,
        document: Mapping[str, Any],
        *,
        template: str,
        position: int,
        drawing: str = "",
    ) -> Response:
        """The document as a page; ``drawing`` is an SVG of what it shows."""
        if same := unchanged(request, position, kind="html"):
            return same
        html = _PAGES.get_template(template).render(
            d=document,
            path=request.url.path,
            here=trail(request),
            drawing=Markup(drawing),  # noqa: S704  # of gis.overview, which escapes its words
            as_json=str(request.url.include_query_params(f="json")),
            styles=self._styles,
        )
        return Response(html, media_type=f"{HTML}; charset=utf-8", headers=caching(position, kind="html"))


def wants_html(request: Request) -> bool:
    """Whether a browser asks."""
    asked = request.query_params.get("f")
    if asked is not None:
        return asked == "html"
    accept = request.headers.get("accept", "")
    return HTML in accept and GEOJSON not in accept


def link(href: str, rel: str, title: str, media: str = JSON) -> dict[str, str]:
    return {"href": href, "rel": rel, "type": media, "title": title}


def both(request: Request, href: str, title: str, media: str = JSON) -> list[dict[str, str]]:
    """The links of a document to itself and to its other form."""
    there = str(request.url.replace_query_params(**{**dict(request.query_params), "f": "html"}))
    plain = str(request.url.replace_query_params(**{**dict(request.query_params), "f": "json"}))
    if wants_html(request):
        return [link(href, "self", title, HTML), link(plain, "alternate", f"{title} as JSON", media)]
    return [link(href, "self", title, media), link(there, "alternate", f"{title} as HTML", HTML)]


def root(request: Request) -> str:
    """The address of the host, without a slash at its end."""
    return str(request.base_url).rstrip("/")


def base(request: Request) -> str:
    """The address of the landing page, whatever the router is mounted under."""
    path = request.url.path
    for part in ("/collections", "/conformance", "/tileMatrixSets", "/api"):
        path = path.partition(part)[0]
    return f"{root(request)}{path.rstrip('/')}"


def trail(request: Request) -> list[tuple[str, str]]:
    """(address, name) of the pages above this one."""
    start = base(request).removeprefix(root(request))
    parts = request.url.path.removeprefix(start).strip("/").split("/")
    above = [(start, "Maps and data")]
    for n, part in enumerate(parts[:-1]):
        above.append((f"{start}/{'/'.join(parts[: n + 1])}", part))
    return above if parts != [""] else []


_PAGES = jinja2.Environment(
    loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
