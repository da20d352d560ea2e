"""The handbook as HTML: in the portal page by page, and whole in one file that needs nothing beside it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib import resources

import jinja2

from domain.law import languages
from domain.restrictions import NATURES
from projections.handbook import Book, Entry, Voice, voice_of

LANGUAGES = {"en": "English", "hi": "हिन्दी", "te": "తెలుగు", "mr": "मराठी", "kn": "ಕನ್ನಡ"}


def whole_book(book: Book, language: str | None, *, only_types: bool) -> str:
    """One HTML document with its style inside.

    Of several states each has its tables and the procedure of every type; what they share follows once.
    """
    alone = len(book.chapters) == 1
    voice = voice_of(language, book.chapters[0].state if alone else None)
    shared = next((c for c in book.chapters if c.state == "generic"), book.chapters[0])
    return (
        _templates()
        .get_template("handbook_whole.html")
        .render(
            book=book,
            voice=voice,
            shared=shared,
            alone=alone,
            only_types=only_types,
            style=resources.files("api.pages").joinpath("static", "landlog.css").read_text(encoding="utf-8"),
        )
    )


def page_voice(language: str | None, state: str) -> Voice:
    """On a page two languages stand beside each other: the reader's first, if the state writes it, else English."""
    spoken = languages(state)
    first = language if language in spoken else "en"
    return Voice(first or "en", next((other for other in spoken if other != first), ""), True, state)


def by_nature(entries: Sequence[Entry]) -> list[list[Entry]]:
    """The types in groups, in the order of the natures of acts: from first registration to corrections."""
    groups = ([e for e in entries if e.nature.code == nature] for nature in NATURES)
    return [group for group in groups if group]


@cache
def _templates() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.PackageLoader("api.pages"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
