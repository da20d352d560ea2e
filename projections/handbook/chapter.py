"""A chapter for each state: its figures, posts, tenures, units and numbering, and every mutation type by its law."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from domain import catalogue
from domain.canon import Json
from domain.kit import Mutation
from domain.law import Law, languages, law_of, name_of, posts, states, tenures, units
from domain.numbering import grammar_of
from projections.handbook.entry import Entry, entry
from projections.handbook.figures import FigureLine, figure_lines
from projections.handbook.words import Coded, Words, coded, heading, in_tongues, named

FORMAT = "landlog/handbook@v1"


@dataclass(frozen=True, kw_only=True)
class PostLine:
    """A post and what its officer does in a case."""

    post: Coded
    duties: tuple[Coded, ...]
    source: str
    confirmed: bool


@dataclass(frozen=True, kw_only=True)
class TenureLine:
    """A class of tenure or land, and the restrictions that it carries with it."""

    tenure: Coded
    written: str
    transfer: Coded
    implies: tuple[Coded, ...]
    source: str
    confirmed: bool


@dataclass(frozen=True, kw_only=True)
class UnitLine:
    """A unit of area; ``m2`` is exact.  ``districts`` is empty where it is used all over the state."""

    unit: Coded
    m2: str
    districts: tuple[str, ...]
    since: date
    until: date | None
    source: str
    confirmed: bool


@dataclass(frozen=True, kw_only=True)
class Numbering:
    """How the state numbers its parcels."""

    rule: str
    rule_words: Words
    source: str


@dataclass(frozen=True, kw_only=True)
class Chapter:
    """The law of one state on one day."""

    state: str
    name: Words
    languages: tuple[str, ...]
    figures: tuple[FigureLine, ...]
    posts: tuple[PostLine, ...]
    tenures: tuple[TenureLine, ...]
    units: tuple[UnitLine, ...]
    numbering: Numbering
    types: tuple[Entry, ...]


@dataclass(frozen=True, kw_only=True)
class Book:
    """The chapters of some states, by the law of one day."""

    day: date
    title: Words
    note: Words
    chapters: tuple[Chapter, ...]


def book(day: date, *, state: str | None = None, type: str | None = None) -> Book:
    """The handbook of a day: of one state or of all, with one mutation type or with all.

    Raises:
        BadInput, NotFound: for a state or a type that is not known; each lists those that are.
    """
    kinds = [catalogue.mutation(type)] if type else list(catalogue.all_types().values())
    laws = [law_of(code, day) for code in ([state] if state else states())]
    spoken = tuple(dict.fromkeys(language for law in laws for language in languages(law.state)))
    return Book(
        day=day,
        title=heading("handbook", spoken),
        note=heading("note", spoken),
        chapters=tuple(chapter(law, kinds) for law in laws),
    )


def chapter(law: Law, kinds: Sequence[Mutation]) -> Chapter:
    """The state's chapter, with an entry for each of those types."""
    grammar = grammar_of(law.state)
    return Chapter(
        state=law.state,
        name={"en": name_of(law.state)} | named("state", law).words,
        languages=languages(law.state),
        figures=figure_lines(law),
        posts=tuple(
            PostLine(
                post=named(post.role, law),
                duties=tuple(coded("duty", duty, law) for duty in post.does),
                source=post.source,
                confirmed=post.confirmed,
            )
            for post in posts(law.state).values()
        ),
        tenures=tuple(
            TenureLine(
                tenure=named(row.code, law),
                written=row.written,
                transfer=coded("transfer", row.transfer, law),
                implies=tuple(named(kind, law) for kind in row.implies),
                source=row.source,
                confirmed=row.confirmed,
            )
            for row in tenures(law.state)
        ),
        units=tuple(
            UnitLine(
                unit=named(unit.code, law),
                m2=str(unit.m2),
                districts=unit.districts,
                since=unit.since,
                until=unit.until,
                source=unit.authority,
                confirmed=unit.confirmed,
            )
            for unit in units(law.state, day=law.day)
        ),
        numbering=Numbering(rule=grammar.rule, rule_words=in_tongues(grammar.rule), source=grammar.source),
        types=tuple(entry(kind, law) for kind in kinds),
    )


def document(book: Book) -> dict[str, Json]:
    """The handbook as JSON, for programs."""
    return {"format": FORMAT, **dataclasses.asdict(book, dict_factory=_members)}


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, date) else value for name, value in pairs}
