"""What all pages share: templates, the words around the record, the reader's language, and the files beside them."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib import resources
from pathlib import Path
from typing import Any, cast
from urllib.parse import urlencode

import jinja2
from fastapi import Request, Response
from markupsafe import Markup

from api.addresses import LANGUAGES, Language
from api.counter import Counter, counter_of
from api.settings import Settings
from api.tongues import tongue_of
from projections.paper.sheet import grouped

_FONT_FILE = re.compile(r"fonts\.css|noto-sans[a-z0-9-]*\.woff2", re.ASCII)
_TYPES = {"css": "text/css; charset=utf-8", "woff2": "font/woff2", "svg": "image/svg+xml"}
_FOREVER = "public, max-age=31536000, immutable"
_FOR_A_DAY = "public, max-age=86400"


@dataclass(frozen=True)
class Words:
    """The words of the pages in one language; English where that language lacks one."""

    language: Language

    def __call__(self, name: str, **parts: object) -> str:
        text = _words()[self.language].get(name) or _words()["en"][name]
        return text.format(**parts) if parts else text


def language_of(request: Request) -> Language:
    """The language that the address names, else the first of the reader's own that we speak, else English."""
    return cast("Language", tongue_of(request, LANGUAGES))  # one of those that it is given


def render(request: Request, template: str, *, status: int = 200, **context: Any) -> Response:
    """A page in the reader's language, kept by nobody else: the same address shows each reader his own."""
    language = language_of(request)
    named = {"lang": language} if "lang" in request.query_params else {}

    def link(path: str, **query: str) -> str:
        parts = {name: value for name, value in {**query, **named}.items() if value}
        return f"{path}?{urlencode(parts)}" if parts else path

    def in_language(other: str) -> str:
        query = {name: value for name, value in request.query_params.items() if name != "cursor"}
        return f"{request.url.path}?{urlencode({**query, 'lang': other})}"

    html = (
        _templates()
        .get_template(template)
        .render(
            language=language,
            languages=[(code, _words()[code]["language"], in_language(code)) for code in LANGUAGES],
            say=Words(language),
            link=link,
            stylesheet=f"/static/landlog.css?v={_version('landlog.css')}",
            has_fonts=_fonts(counter_of(request)) is not None,
            origin=_origin(counter_of(request)),
            **context,
        )
    )
    headers = {"Content-Language": language, "Cache-Control": "no-cache", "Vary": "Accept-Language"}
    return Response(html, status, headers, media_type="text/html; charset=utf-8")


def static_file(counter: Counter, name: str, *, version: str) -> Response | None:
    """A style sheet, icon or font beside the pages; kept for ever under its version, else for a day."""
    fonts = _fonts(counter)
    if name.startswith("fonts/"):
        file = name.removeprefix("fonts/")
        if fonts is None or not _FONT_FILE.fullmatch(file) or not (fonts / file).is_file():
            return None
        data = (fonts / file).read_bytes()
    elif name in ("landlog.css", "icon.svg"):
        data = _static(name)
    else:
        return None
    kept = _FOREVER if version and version == _version(name) else _FOR_A_DAY
    return Response(data, media_type=_TYPES[name.rpartition(".")[2]], headers={"Cache-Control": kept})


def _origin(counter: Counter) -> str:
    return counter.origin


def _fonts(counter: Counter) -> Path | None:
    """Where the web fonts lie, if they have been built (``projections.fonts``); pages do without if need be.

    One machine may keep several registries and one set of fonts, so both the registry's home and LANDLOG_HOME count.
    """
    places = (home / "fonts" / "web" for home in (counter.house.settings.home, Settings.of().home))
    return next((place for place in places if (place / "fonts.css").is_file()), None)


@cache
def _templates() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("api.pages"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["grouped"] = grouped
    environment.filters["drawing"] = Markup  # an SVG of ``gis.draw``, whose words are escaped there
    return environment


@cache
def _words() -> dict[str, dict[str, str]]:
    return tomllib.loads(resources.files("api.pages").joinpath("words.toml").read_text(encoding="utf-8"))


@cache
def _static(name: str) -> bytes:
    return resources.files("api.pages").joinpath("static", name).read_bytes()


@cache
def _version(name: str) -> str:
    """Empty for what bears none: the fonts."""
    return "" if name.startswith("fonts/") else sha256(_static(name)).hexdigest()[:12]
