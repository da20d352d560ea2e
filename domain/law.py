"""State law as data: dated figures, each with its source and whether it is confirmed, and the state's own words.

``domain/states/<code>/figures.toml`` holds the figures, ``words.toml`` the vocabulary.  A change of law is a new
row with a later ``from``; the old row stays, for an event is judged by the law of its day.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Any

from domain.errors import BadInput, RegistryError

GENERIC = "generic"


class NoSuchLaw(RegistryError):
    """The state's data holds no figure of that name for that day."""

    code = "no-such-law"


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One figure of law: its value, the day from which it holds, its source and whether that was confirmed."""

    name: str
    value: Decimal
    unit: str
    since: date
    source: str
    confirmed: bool


@dataclass(frozen=True)
class Law:
    """The law of one state on one day."""

    state: str
    day: date

    def figure(self, name: str) -> Figure:
        """The figure in force on the day; the state's own, else the generic one.

        Raises:
            NoSuchLaw: when neither knows it for that day; the message lists what is known.
        """
        for state in (self.state, GENERIC):
            rows = [f for f in figures(state) if f.name == name and f.since <= self.day]
            if rows:
                return max(rows, key=lambda f: f.since)
        known = ", ".join(sorted({f.name for f in figures(self.state) + figures(GENERIC)}))
        raise NoSuchLaw(f"{self.state!r} has no figure {name!r} on {self.day}; known: {known}")

    def word(self, name: str, language: str) -> str:
        """The state's word for a thing (``parcel``, ``unit``, ``holder`` ...) in a language it speaks."""
        for state in (self.state, GENERIC):
            if found := words(state).get(language, {}).get(name):
                return found
        return words(GENERIC)["en"].get(name, name)


@cache
def states() -> tuple[str, ...]:
    """The codes of the states whose law is here, ``generic`` among them."""
    root = resources.files("domain") / "states"
    return tuple(sorted(p.name for p in root.iterdir() if p.is_dir() and (p / "words.toml").is_file()))


def law_of(state: str, day: date) -> Law:
    """
    Raises:
        BadInput: for a state whose law is not here; it lists those that are.
    """
    if state not in states():
        raise BadInput(
            f"the law of state {state[:40]!r} is not known here",
            field="state",
            remedy=f"Known states: {', '.join(states())}.",
        )
    return Law(state, day)


@cache
def state_of(office: str) -> str:
    """Whose law an office applies, by the LGD state code that opens its name; ``generic`` where none is entered.

    >>> state_of("28/511/5257"), state_of("99/901/9001")
    ('ap', 'generic')
    """
    lgd = office.partition("/")[0]
    return next((s for s in states() if _load(s, "state.toml").get("lgd") == lgd), GENERIC)


def languages(state: str) -> tuple[str, ...]:
    """The languages in which the state's record is written, English last."""
    return tuple(_load(state, "state.toml").get("languages", ["en"]))


@cache
def figures(state: str) -> tuple[Figure, ...]:
    rows = _load(state, "figures.toml").get("figure", [])
    return tuple(
        Figure(
            name=row["name"],
            value=Decimal(row["value"]),
            unit=row["unit"],
            since=row["from"],
            source=row["source"],
            confirmed=row["confirmed"],
        )
        for row in rows
    )


@cache
def words(state: str) -> dict[str, dict[str, str]]:
    """The vocabulary: language code to (name to word)."""
    return {language: dict(table) for language, table in _load(state, "words.toml").items()}


def _load(state: str, name: str) -> dict[str, Any]:
    path = resources.files("domain") / "states" / state / name
    return tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
