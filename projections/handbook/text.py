"""The handbook as plain text: lines that fit a terminal, which also read well when they are searched or mailed."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date

from domain.canon import Json
from projections.handbook.chapter import Book, Chapter
from projections.handbook.entry import Bar, Entry, SigningLine
from projections.handbook.examples import Told
from projections.handbook.figures import FigureLine
from projections.handbook.voice import Said, Voice, voice_of
from projections.handbook.words import Coded, Words


@dataclass(frozen=True)
class _Page:
    """How lines are written: by which voice, how wide."""

    voice: Voice
    width: int

    def say(self, words: Words | Coded) -> str:
        return _shown(self.voice(words))

    def list(self, items: Sequence[Words | Coded]) -> str:
        return ", ".join(self.say(item) for item in items) or "-"

    def label(self, name: str) -> str:
        """What stands before a colon: in the first language alone, for it is read a thousand times."""
        return self.voice.heading(name).text

    def phrase(self, name: str) -> str:
        return _shown(self.voice.phrase(name))

    def lines(self, text: str, indent: int, *, hang: int = 2) -> Iterator[str]:
        """The text within the width; what follows its first line hangs further in."""
        yield from textwrap.wrap(
            text,
            self.width,
            initial_indent=" " * indent,
            subsequent_indent=" " * (indent + hang),
            break_long_words=False,
            break_on_hyphens=False,
        )


def book_lines(
    book: Book, language: str | None = None, *, width: int = 100, only_types: bool = False
) -> Iterator[str]:
    """The handbook, line by line.

    One state is told in full.  Of several, each has its tables and the procedure of every type, and what all of them
    share (bars, rules, wording, examples) follows once.  ``only_types`` leaves the tables of the states out.
    """
    first = book.chapters[0].state if len(book.chapters) == 1 else None
    page = _Page(voice_of(language, first), width)
    yield from _title(page.say(book.title).upper() if language in (None, "en") else page.say(book.title), "=")
    yield f"{page.label('day')} {_day(book.day)}"
    yield ""
    yield from page.lines(page.say(book.note), 0, hang=0)
    for chapter in book.chapters:
        yield from _chapter(chapter, page, whole=len(book.chapters) == 1, only_types=only_types)
    if len(book.chapters) > 1:
        shared = next((c for c in book.chapters if c.state == "generic"), book.chapters[0])
        yield ""
        yield from _title(_shown(page.voice.heading("types")), "=")
        for entry in shared.types:
            yield ""
            yield from _title(f"{page.say(entry.title)}   {entry.type}", "-")
            yield from _law(entry, page)


def _chapter(chapter: Chapter, page: _Page, *, whole: bool, only_types: bool) -> Iterator[str]:
    page = replace(page, voice=page.voice.within(chapter.state, chapter.languages[0]))
    yield ""
    yield from _title(f"{page.say(chapter.name)}   {chapter.state}", "=")
    if not only_types:
        yield from _tables(chapter, page)
    for entry in chapter.types:
        yield ""
        yield from _title(f"{page.say(entry.title)}   {entry.type}", "-")
        yield from _procedure(entry, page)
        if whole:
            yield from _law(entry, page)


def _tables(chapter: Chapter, page: _Page) -> Iterator[str]:
    yield from _section(page, "figures")
    for figure in chapter.figures:
        yield from _figure(figure, page)
    yield from _section(page, "posts")
    for line in chapter.posts:
        yield from page.lines(f"{page.say(line.post)}: {page.list(line.duties)}", 2)
        yield from page.lines(_source(line.source, line.confirmed, page), 4)
    yield from _section(page, "tenures")
    for row in chapter.tenures:
        written = f" [{row.written}]" if row.written else ""
        implied = f"; {page.label('bars')}: {page.list(row.implies)}" if row.implies else ""
        yield from page.lines(f"{page.say(row.tenure)}{written}: {page.say(row.transfer)}{implied}", 2)
        yield from page.lines(_source(row.source, row.confirmed, page), 4)
    yield from _section(page, "units")
    for unit in chapter.units:
        where = f" ({', '.join(unit.districts)})" if unit.districts else ""
        yield from page.lines(f"{page.say(unit.unit)}{where}: {unit.m2} m²", 2)
        yield from page.lines(_source(unit.source, unit.confirmed, page), 4)
    yield from _section(page, "numbering")
    yield from page.lines(page.say(chapter.numbering.rule_words), 2)
    yield from page.lines(f"{page.label('source')}: {chapter.numbering.source}", 4)


def _procedure(entry: Entry, page: _Page) -> Iterator[str]:
    nobody = page.phrase("no-visit")
    clock = page.phrase("clock-signs" if entry.by_clock else "officer-signs")
    told = (
        (page.label("nature"), page.say(entry.nature)),
        (page.label("applies"), page.list(entry.applicants)),
        (page.label("papers"), page.list(entry.papers)),
        (page.label("verifies"), page.say(entry.verified_by) if entry.verified_by else nobody),
        (page.label("notice"), page.say(entry.notice)),
        (page.label("decides"), page.list(entry.decided_by)),
        (page.label("disputed"), page.list(entry.disputed_by)),
        (page.label("unopposed"), clock),
        (page.label("signs"), page.list(entry.signed_by)),
        (page.label("signatures"), page.say(entry.signatures)),
        (page.label("numbering"), page.say(entry.numbering)),
    )
    for label, text in told:
        yield from page.lines(f"{label}: {text}", 2)
    for row in entry.signed_by_law:
        yield from _signing(row, page)
    yield from page.lines(f"{page.label('periods')}:", 2)
    for figure in entry.periods:
        yield from _figure(figure, page, indent=4)
    if entry.figures:
        yield from page.lines(f"{page.label('asked')}:", 2)
        for figure in entry.figures:
            yield from _figure(figure, page, indent=4)


def _signing(row: SigningLine, page: _Page) -> Iterator[str]:
    only = f"; {page.phrase('unopposed-only')}" if row.unopposed else ""
    yield from page.lines(f"{page.label('signs-by-law')}: {page.list(row.posts)}{only}", 2)
    told = f"{page.label('from-day')} {_day(row.since)}. {_source(row.source, row.confirmed, page)}"
    yield from page.lines(f"{told}. {row.note}".rstrip(), 4)


def _law(entry: Entry, page: _Page) -> Iterator[str]:
    """What does not depend on the state, but for the tenures that carry a bar."""
    yield ""
    for paragraph in entry.about.split("\n\n"):
        yield from page.lines(paragraph, 2, hang=0)
    yield from _section(page, "bars")
    if not entry.bars:
        yield from page.lines(f"{_shown(page.voice.phrase('no-bar'))}.", 2)
    for bar in entry.bars:
        yield from _bar(bar, page)
    yield from _section(page, "rules")
    for number, rule in enumerate(entry.rules, 1):
        sentence, remedy = page.voice(rule.sentence_words), page.voice(rule.remedy_words)
        yield from page.lines(f"{number}. {_capital(sentence.text)}. [{rule.name}]", 2, hang=3)
        yield from page.lines(f"{rule.source}. {remedy.text}", 5, hang=0)
        if sentence.also:
            yield from page.lines(f"{sentence.also}. {remedy.also}", 5, hang=0)
    yield from _section(page, "wording")
    for language, words in entry.wording.items():
        yield from page.lines(f"{language}: {words}", 2)
    yield from _section(page, "examples")
    for number, example in enumerate(entry.examples, 1):
        yield from _example(number, example, page)


def _bar(bar: Bar, page: _Page) -> Iterator[str]:
    lifted = page.say(bar.lifted_by) if bar.lifted_by else page.phrase("nothing-lifts")
    yield from page.lines(f"- {_capital(page.say(bar.kind))}", 2)
    yield from page.lines(f"{page.label('lifted')}: {lifted}. {page.say(bar.remedy_words)}", 4)
    if bar.tenures:
        yield from page.lines(f"{page.label('carried')}: {page.list(bar.tenures)}", 4)
    if bar.credit_free:
        yield from page.lines(f"{_shown(page.voice.phrase('credit-free'))}.", 4)
    yield from page.lines(f"{bar.source}", 4)


def _example(number: int, example: Told, page: _Page) -> Iterator[str]:
    yield from page.lines(f"{number}. {_capital(example.title)}", 2, hang=3)
    if example.given:
        yield from page.lines(f"{page.label('given')}, {_day(example.day)}:", 5)
        for line in example.given:
            yield from page.lines(page.voice(line).text, 7)
    yield from page.lines(f"{page.label('when')}:", 5)
    yield from _outline(example.when, page, 7)
    if example.refused:
        yield from page.lines(f"{page.label('refused-for')}:", 5)
        for ground in example.refused:
            yield from page.lines(f"- {page.voice(ground.sentence_words).text} [{ground.rule}]", 7)
    else:
        yield from page.lines(f"{page.label('then')}:", 5)
        yield from _outline(example.then, page, 7)
        yield from page.lines(f"“{page.voice(example.sentence).text}”", 7)


def _outline(value: Json, page: _Page, indent: int) -> Iterator[str]:
    """A form as an outline: ``name: value``, what is nested further in, items with a dash."""
    if isinstance(value, dict):
        for name, member in value.items():
            if isinstance(member, dict | list):
                yield from page.lines(f"{name}:", indent)
                yield from _outline(member, page, indent + 2)
            else:
                yield from page.lines(f"{name}: {member}", indent)
    elif isinstance(value, list):
        for item in value:
            nested = list(_outline(item, page, indent + 2))
            yield f"{' ' * indent}- {nested[0].lstrip() if nested else ''}"
            yield from nested[1:]
    else:
        yield from page.lines(str(value), indent)


def _figure(figure: FigureLine, page: _Page, *, indent: int = 2) -> Iterator[str]:
    about = f" ({page.say(figure.about)})" if figure.about else ""
    sure = "" if figure.confirmed else f"  [{page.label('unconfirmed')}]"
    yield from page.lines(f"{page.say(figure.name)}{about}: {page.say(figure.says)}{sure}", indent)
    note = f" {figure.note}" if figure.note else ""
    yield from page.lines(
        f"{page.label('from-day')} {_day(figure.since)}. {figure.source}.{note}", indent + 2
    )
    for other in figure.other_days:
        sure = "" if other.confirmed else f"  [{page.label('unconfirmed')}]"
        yield from page.lines(
            f"{page.label('from-day')} {_day(other.since)}: {page.say(other.says)}{sure}. {other.source}.",
            indent + 2,
        )


def _source(source: str, confirmed: bool, page: _Page) -> str:
    return source if confirmed else f"{source}  [{page.label('unconfirmed')}]"


def _section(page: _Page, name: str) -> Iterator[str]:
    title = _shown(page.voice.heading(name))
    yield ""
    yield f"  {title}"
    yield f"  {'~' * min(len(title), page.width - 2)}"


def _title(text: str, line: str) -> Iterator[str]:
    yield text
    yield line * len(text)


def _shown(said: Said) -> str:
    return f"{said.text} ({said.also})" if said.also else said.text


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def _day(day: date) -> str:
    return day.strftime("%d-%m-%Y")
