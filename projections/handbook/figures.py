"""Figures of law as the handbook prints them: the value in words, its day, its source, and whether it was confirmed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from domain import catalogue
from domain.law import Figure, Law, figures, languages
from domain.quantities import AREA_UNITS
from domain.states import GENERIC
from projections.handbook.words import Coded, Words, in_force, said, table


@dataclass(frozen=True, kw_only=True)
class OtherDay:
    """The same figure by the law of other days."""

    since: date
    says: Words
    source: str
    confirmed: bool


@dataclass(frozen=True, kw_only=True)
class FigureLine:
    """One figure in force."""

    name: Coded
    about: Coded | None
    """The mutation type that it is about; None for all."""
    value: str
    unit: str
    says: Words
    since: date
    source: str
    confirmed: bool
    own: bool
    """Whether the row is the state's own or the Union's; else it is Landlog's, for want of the state's."""
    note: str
    other_days: tuple[OtherDay, ...]


def figure_line(figure: Figure, law: Law) -> FigureLine:
    spoken = languages(law.state)
    others = sorted(
        (f for f in figures(figure.state) if (f.name, f.about) == (figure.name, figure.about)),
        key=lambda f: f.since,
    )
    return FigureLine(
        name=Coded(figure.name, said("figure", figure.name, spoken)),
        about=_about(figure.about, law),
        value=str(figure.value),
        unit=figure.unit,
        says=in_words(figure, law),
        since=figure.since,
        source=figure.source,
        confirmed=figure.confirmed,
        own=figure.union or figure.state == law.state,
        note=figure.note,
        other_days=tuple(
            OtherDay(since=f.since, says=in_words(f, law), source=f.source, confirmed=f.confirmed)
            for f in others
            if f.since != figure.since
        ),
    )


def figure_lines(law: Law) -> tuple[FigureLine, ...]:
    """Every figure that is in force in the state on the day; the state's own rows first."""
    found = sorted(law.figures(), key=lambda f: (f.state == GENERIC, f.name, f.about))
    return tuple(figure_line(figure, law) for figure in found)


def in_words(figure: Figure, law: Law) -> Words:
    """The value with its unit: ``7 days``, ``20 guntha``, ``₹ 15``, ``an officer``."""
    spoken = languages(law.state)
    number = _number(figure)
    if figure.unit in AREA_UNITS:
        return {language: f"{number} {law.word(figure.unit, language)}" for language in spoken}
    unit = _choice(figure) or (
        "working-days" if figure.unit == "days" and figure.counting == "working" else figure.unit
    )
    if unit not in table()["measure"]:
        return dict.fromkeys(spoken, f"{number} {unit}")
    return {language: text.format(n=number) for language, text in said("measure", unit, spoken).items()}


def _choice(figure: Figure) -> str:
    """What the value means where the unit is a list such as ``1: numbers; 0: dotted lines``; else nothing."""
    meanings = dict(
        part.split(": ", 1) for part in figure.unit.split("; ") if part[:1].isdigit() and ": " in part
    )
    return meanings.get(str(figure.value), "")


def _number(figure: Figure) -> str:
    """
    >>> from domain.law import law_of
    >>> _number(law_of("mh", date(2026, 3, 2)).figure("fee-copy"))
    '15'
    """
    value = figure.value / 100 if figure.unit == "paise" else figure.value
    plain = value.to_integral_value() if value == value.to_integral_value() else value.normalize()
    return f"{Decimal(plain):,f}"


def _about(name: str, law: Law) -> Coded | None:
    if not name:
        return None
    title = dict(catalogue.mutation(name).module.TITLE)
    return Coded(name, in_force(title, languages(law.state)))
