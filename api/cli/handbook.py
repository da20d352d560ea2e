"""``landlog handbook``: the law of the record as the software applies it, for a terminal, a browser or a program."""

from __future__ import annotations

import json
import pydoc
import shutil
import sys
from datetime import date
from enum import StrEnum
from typing import Annotated

import typer

from api import clock
from api.cli import console
from domain.errors import BadInput

app = typer.Typer(add_completion=False)

WIDEST = 100  # characters of a line: longer ones are hard to read


class Format(StrEnum):
    """How the handbook is written."""

    text = "text"
    html = "html"
    json = "json"


@app.command()
def handbook(
    state: Annotated[
        str | None, typer.Option(help="One state only: up, mh, ka, hr, ap, rj, generic.", show_default=False)
    ] = None,
    lang: Annotated[
        str | None,
        typer.Option(
            help="Only this language; without it, English with the state's own beside.", show_default=False
        ),
    ] = None,
    type: Annotated[
        str | None, typer.Option(help="One mutation type only: sale, partition ...", show_default=False)
    ] = None,
    day: Annotated[
        str | None,
        typer.Option(help="The law of that day (YYYY-MM-DD); without it, of today.", show_default=False),
    ] = None,
    format: Annotated[Format, typer.Option("--format", help="How it is written.")] = Format.text,
) -> None:
    """Print the law as the software applies it: every mutation type, its rules, days, officers and worked examples.

    Needs no registry. Several states are printed with what they share at the end; one state is told in full.
    """
    from projections.handbook import book, document, voice_of

    voice_of(lang, state)  # an unknown language is told before anything is printed
    found = book(_day(day), state=state, type=type)
    if format is Format.json:
        console.result(json.dumps(document(found), ensure_ascii=False, indent=1))
    elif format is Format.html:
        from api.pages.handbook import whole_book

        console.result(whole_book(found, lang, only_types=type is not None))
    else:
        from projections.handbook.text import book_lines

        width = min(WIDEST, shutil.get_terminal_size((WIDEST, 24)).columns)
        lines = book_lines(found, lang, width=width, only_types=type is not None)
        if sys.stdout.isatty():
            pydoc.pager("\n".join(lines))
        else:
            console.result("\n".join(lines))


def _day(text: str | None) -> date:
    try:
        return date.fromisoformat(text) if text else clock.today()
    except ValueError:
        raise BadInput(
            f"{text[:40] if text else ''!r} is not a day of the calendar",
            field="--day",
            remedy="Write it as YYYY-MM-DD.",
        ) from None
