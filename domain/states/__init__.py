"""State law as tables: one directory a state, one TOML file a subject; ``generic`` is the common ground.

``state.toml`` names the state, ``figures.toml`` holds dated figures, ``words.toml`` the vocabulary, ``units.toml``
the units of area, ``tenures.toml`` classes of tenure and land, ``posts.toml`` who does what and who signs what,
``papers.toml`` who applies with which papers, ``holidays.toml`` the days on which offices are closed.  A change of law
is a new row; no row is ever taken out.
"""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any

from domain.errors import BadInput
from domain.languages import Phrase

GENERIC = "generic"
"""Landlog's own: for training and demonstrations, and wherever a state's own row is missing."""


@cache
def codes() -> tuple[str, ...]:
    """The codes of the states whose law is here, ``generic`` among them.

    >>> codes()
    ('ap', 'generic', 'hr', 'ka', 'mh', 'rj', 'up')
    """
    root = resources.files(__name__)
    return tuple(sorted(p.name for p in root.iterdir() if p.is_dir() and (p / "state.toml").is_file()))


def known(state: str) -> str:
    """The code, if the state's law is here.

    Raises:
        BadInput: listing the states that are known.
    """
    if state not in codes():
        raise BadInput(
            Phrase("the law of state {given} is not known here", given=repr(state[:40])),
            field="state",
            remedy=Phrase("Known states: {known}.", known=", ".join(codes())),
        )
    return state


@cache
def table(state: str, subject: str) -> dict[str, Any]:
    """One table of a state, read once; empty where the state has none on that subject."""
    path = resources.files(__name__) / known(state) / f"{subject}.toml"
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


@cache
def restrictions() -> tuple[dict[str, Any], ...]:
    """The rows of ``domain/restrictions.toml``: kinds that every state shares, with their words."""
    return _rows("restriction")


@cache
def charges() -> tuple[dict[str, Any], ...]:
    """The rows of ``domain/charges.toml``: kinds of charge that every state shares, with their words."""
    return _rows("charge")


def _rows(kind: str) -> tuple[dict[str, Any], ...]:
    text = (resources.files("domain") / f"{kind}s.toml").read_text(encoding="utf-8")
    return tuple(tomllib.loads(text)[kind])


def sentences(row: dict[str, Any]) -> dict[str, str]:
    """The members of a row that are words in a language: those named by a two-letter code.

    >>> sentences({"code": "acre", "en": "acre", "hi": "एकड़", "of": 1})
    {'en': 'acre', 'hi': 'एकड़'}
    """
    return {name: value for name, value in row.items() if len(name) == 2 and isinstance(value, str)}
