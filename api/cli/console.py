"""How the command line speaks: results and remarks, errors in words, a progress bar, questions."""

from __future__ import annotations

import os
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from domain import languages
from domain.errors import BadInput, Finding, Refused, RegistryError
from domain.form import BadForm
from domain.languages import ENGLISH, LANGUAGES, Phrase

err = Console(stderr=True, highlight=False, markup=False, soft_wrap=True)
"""For people: progress, remarks, errors."""

Report = Callable[[int, int], None]  # how much is done, of how much


def result(text: str) -> None:
    """What was asked for, to stdout: plain text that other programs may read."""
    typer.echo(text)


def say(text: str) -> None:
    """A remark to the person at the terminal."""
    err.print(text)


_spoken = [ENGLISH]


def speak(language: str) -> str:
    """Findings and refusals are told in that language from now on, until the command ends.

    Raises:
        BadInput: for a language that has no catalogue; it lists those that have.
    """
    if language not in LANGUAGES:
        raise BadInput(
            Phrase("{given} is not a language that is spoken here", given=repr(language[:20])),
            field="--lang",
            remedy=Phrase("Known: {known}.", known=", ".join(LANGUAGES)),
        )
    _spoken[:] = [language]
    return language


def finding(found: Finding) -> None:
    """A remark to the person at the terminal: one rule that does not hold."""
    say(found.words(_spoken[0]))


def tell(error: RegistryError) -> None:
    """The error in words: what is wrong, in which field, and the remedy."""
    language = _spoken[0]
    if isinstance(error, Refused):
        err.print(languages.say("Refused:", language), style="bold red")
        for found in error.findings:
            for line in _finding(found.said(language), language):
                err.print(line)
        return
    faults = error.faults if isinstance(error, BadForm) else (error,)
    for fault in faults:
        said = fault.said(language)
        ended = said.endswith((".", "!", "?", ":", "।"))
        _print("Error: {fault}" if ended else "Error: {fault}.", language, style="bold red", fault=said)
        if fault.field:
            _print("Field: {field}", language, field=fault.field)
        if fault.remedy:
            _print("Remedy: {remedy}", language, remedy=languages.told(fault.remedy, language))
    err.print(f"({error.code})", style="dim")


def _finding(found: Finding, language: str) -> Iterator[str]:
    yield "  - " + languages.say("It does not hold that {sentence}.", language, sentence=found.sentence)
    if found.detail:
        yield "    " + languages.say("Found: {detail}.", language, detail=found.detail)
    yield "    " + languages.say(
        "Source: {source}. Remedy: {remedy}", language, source=found.source, remedy=found.remedy
    )


def _print(template: str, language: str, *, style: str | None = None, **parts: str) -> None:
    err.print(languages.say(template, language, **parts), style=style)


def tell_unforeseen(error: BaseException, home: Path) -> None:
    """One sentence for the person, the rest into a file."""
    stamp = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    text = f"{stamp}  landlog {' '.join(sys.argv[1:2])}\n" + "".join(traceback.format_exception(error))
    place = home / "errors.log" if home.is_dir() else Path(tempfile.gettempdir(), "landlog-errors.log")
    try:
        with place.open("a", encoding="utf-8") as file:
            file.write(text + "\n")
        where = f"the details are in {place}"
    except OSError:
        where = "the details could not be written to a file"
    err.print(
        f"Error: something failed that Landlog did not foresee ({type(error).__name__}); {where}.",
        style="bold red",
    )
    err.print("Remedy: try again; if it stays, report it together with that file.")


@contextmanager
def progress(title: str, *, unit: str = "") -> Iterator[Report]:
    """A bar on stderr while something long runs; where stderr is no terminal, nothing is drawn."""
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(unit),
        TimeRemainingColumn(),
        console=err,
        transient=True,
        disable=not err.is_terminal,
    )
    with bar:
        task = bar.add_task(title, total=None)

        def report(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        yield report


def confirm(question: str, *, yes: bool) -> bool:
    """Whether the person agrees.

    Raises:
        BadInput: when nobody sits at the terminal and ``--yes`` was not given.
    """
    if yes:
        return True
    if not sys.stdin.isatty():
        raise BadInput(
            "this asks for a yes or a no, and nobody sits at the terminal",
            field="--yes",
            remedy="Give --yes if you have read what it is about.",
        )
    return typer.confirm(question, err=True)


def passphrase(what: str, file: Path | None, *, twice: bool = False) -> str:
    """A passphrase: from a file, from ``LANDLOG_PASSPHRASE``, else asked for and not shown.

    Raises:
        BadInput: when it cannot be had.
    """
    if file is not None:
        try:
            return file.read_text(encoding="utf-8").rstrip("\r\n")
        except (OSError, UnicodeDecodeError):
            raise BadInput(
                f"the passphrase cannot be read from {file}",
                field="--passphrase-file",
                remedy="Name a text file in UTF-8 that holds the passphrase and nothing else.",
            ) from None
    if "LANDLOG_PASSPHRASE" in os.environ:
        return os.environ["LANDLOG_PASSPHRASE"]
    if not sys.stdin.isatty():
        raise BadInput(
            f"the passphrase of {what} is needed, and nobody sits at the terminal",
            field="--passphrase-file",
            remedy="Give --passphrase-file, or set LANDLOG_PASSPHRASE.",
        )
    return str(typer.prompt(f"Passphrase of {what}", hide_input=True, confirmation_prompt=twice, err=True))
