"""Words in the languages of a state: of the handbook itself, and of whatever the law names by a code."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib import resources

from domain.languages import ENGLISH, LANGUAGES, told
from domain.law import Law, languages

Words = dict[str, str]
"""What a thing is called, by language; always in English, and in every language of the state."""


@dataclass(frozen=True)
class Coded:
    """A code of the law and what people call it."""

    code: str
    words: Words


def said(group: str, name: str, spoken: Iterable[str]) -> Words:
    """The handbook's own words.  What it does not name is called by its code, read as English.

    >>> said("nature", "charge", ("hi", "en")), said("figure", "dust-days", ("hi", "en"))
    ({'hi': 'भार', 'en': 'Charge'}, {'hi': 'dust days', 'en': 'dust days'})
    """
    row = table()[group].get(name, {})
    return {language: row.get(language) or row.get("en") or name.replace("-", " ") for language in spoken}


def coded(group: str, name: str, law: Law) -> Coded:
    return Coded(name, said(group, name, languages(law.state)))


def named(code: str, law: Law) -> Coded:
    """What the state calls something that stands in the record."""
    return Coded(code, {language: law.word(code, language) for language in languages(law.state)})


def in_force(words: Words, spoken: Iterable[str]) -> Words:
    """A type's own words, in the languages of a state."""
    return {language: words.get(language, words["en"]) for language in spoken}


def in_tongues(text: str) -> Words:
    """A sentence of the law in every language whose catalogue has it, and always in English.

    >>> in_tongues("Name a day to come.")["mr"], in_tongues("Ask the guild.")
    ('येणारा दिवस नमूद करा.', {'en': 'Ask the guild.'})
    """
    found = {language: told(text, language) for language in LANGUAGES}
    return {language: said for language, said in found.items() if said != text} | {ENGLISH: str(text)}


def heading(name: str, spoken: Iterable[str]) -> Words:
    """A heading of the handbook."""
    return said("heading", name, spoken)


@cache
def table() -> dict[str, dict[str, Words]]:
    """``words.toml``: group, then name, then language."""
    return tomllib.loads(resources.files(__package__).joinpath("words.toml").read_text(encoding="utf-8"))
