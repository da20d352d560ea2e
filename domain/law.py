"""State law as data: dated figures, each with its source and whether it is confirmed, and the state's own words.

``domain/states/<code>/`` holds the tables.  A change of law is a new row with a later ``from``; the old row stays,
for an event is judged by the law of its day.  Where a state's own row is missing the generic one serves, and what it
says is then not confirmed for that state.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import cache, lru_cache
from types import MappingProxyType
from typing import Any, Literal

from domain import states as tables
from domain.days import Calendar, Counting, calendar_of
from domain.errors import BadInput, RegistryError
from domain.languages import Phrase
from domain.states import GENERIC
from domain.units import AreaUnit, area_units, units_of

Duty = Literal[
    "enter", "verify", "decide", "decide-disputed", "appeal", "second-appeal", "appeal-from-district"
]
Transfer = Literal["free", "with-permission", "none"]


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
    about: str = ""
    """The mutation type that it is about, such as ``sale``; empty for all."""
    counting: Counting = "calendar"
    note: str = ""
    """What is not certain about it, or how it was read."""
    union: bool = False
    """The law of the Union: the same in every state."""
    state: str = GENERIC
    """Whose row it is: ``generic`` where the state's own is missing."""

    @property
    def m2(self) -> Decimal:
        """An area of land in square metres, exact.  Raises KeyError for a figure that is no area."""
        return self.value * area_units()[self.unit]


@dataclass(frozen=True, kw_only=True)
class Post:
    """What a state calls the officer in a role, and what that officer does in a case."""

    role: str
    words: Mapping[str, str]
    does: tuple[Duty, ...]
    source: str
    confirmed: bool


@dataclass(frozen=True, kw_only=True)
class Tenure:
    """A class of tenure or of land, as the state's record writes it, and the restrictions that it implies."""

    code: str
    words: Mapping[str, str]
    written: str
    """How the record abbreviates it (``1-ka``, ``Class 2``); empty where it does not."""
    transfer: Transfer
    implies: tuple[str, ...]
    """Kinds of ``domain.restrictions``."""
    source: str
    confirmed: bool


@dataclass(frozen=True)
class Law:
    """The law of one state on one day."""

    state: str
    day: date

    def figure(self, name: str, about: str = "") -> Figure:
        """The figure in force on the day; the state's own, else the generic one, then marked as not confirmed.

        ``about`` names a mutation type (``sale``): a row about that type goes before the row for all.

        >>> Law("ka", date(2026, 3, 2)).figure("notice-days-registered").value
        Decimal('7')
        >>> Law("ka", date(2020, 3, 2)).figure("notice-days-registered").value
        Decimal('30')

        Raises:
            NoSuchLaw: when neither knows it for that day; the message lists what is known.
        """
        if found := _in_force(self.state, self.day, name, about):
            return found
        rows = [f for f in _all_figures(self.state) if f.name == name]
        if rows:
            first = min(f.since for f in rows)
            raise NoSuchLaw(
                Phrase(
                    "{state} has no figure {name} on {day}: its rows begin on {first}",
                    state=repr(self.state),
                    name=repr(name),
                    day=self.day,
                    first=first,
                ),
                field="day",
                remedy="Give a later day, or enter the law of that time as a dated row with its source.",
            )
        known = ", ".join(sorted({f.name for f in _all_figures(self.state)}))
        raise NoSuchLaw(
            Phrase(
                "{state} has no figure {name} on {day}; known: {known}",
                state=repr(self.state),
                name=repr(name),
                day=self.day,
                known=known,
            ),
            field="name",
        )

    def figures(self) -> tuple[Figure, ...]:
        """Every figure in force on the day, the state's own and the generic ones beside, by name and type."""
        named = sorted({(f.name, f.about) for f in _all_figures(self.state)})
        found = (_in_force(self.state, self.day, name, about) for name, about in named)
        return tuple(f for f, (_, about) in zip(found, named, strict=True) if f and f.about == about)

    def deadline(self, name: str, start: date, about: str = "") -> date:
        """The last day of the period that the figure sets, for an event on ``start``.

        >>> Law("ka", date(2026, 3, 2)).deadline("notice-days-registered", date(2026, 3, 2))
        datetime.date(2026, 3, 9)
        """
        figure = self.figure(name, about)
        if figure.unit == "months":
            return self.calendar.end_of_months(start, int(figure.value))
        if figure.unit != "days":
            raise NoSuchLaw(
                Phrase("{name} is a figure of {unit}, not of time", name=repr(name), unit=figure.unit),
                field="name",
            )
        return self.calendar.end(start, int(figure.value), figure.counting)

    @property
    def calendar(self) -> Calendar:
        """The state's working days."""
        return calendar_of(self.state)

    def word(self, name: str, language: str) -> str:
        """The state's word for a thing (``parcel``, ``unit``, ``holder`` ...) or a code, in a language it speaks."""
        for tongue in dict.fromkeys((language, "en")):
            for state in (self.state, GENERIC):
                if found := words(state).get(tongue, {}).get(name):
                    return found
        return name

    def post(self, role: str, language: str = "en") -> str:
        """What the state calls the officer in a role.

        >>> Law("mh", date(2026, 3, 2)).post("lekhpal"), Law("ka", date(2026, 3, 2)).post("sub-divisional-officer")
        ('Talathi (Gram Mahsul Adhikari)', 'Assistant Commissioner')

        Raises:
            BadInput: for a role that is not known; it lists those that are.
        """
        if role not in posts(self.state):
            raise BadInput(
                Phrase("{given} is not a role", given=repr(role[:40])),
                field="role",
                remedy=Phrase("Known roles: {known}.", known=", ".join(sorted(posts(self.state)))),
            )
        return self.word(role, language)

    def roles_that(self, duty: Duty) -> tuple[str, ...]:
        """The roles whose officers do that in this state: ``verify``, ``decide``, ``appeal`` ..."""
        return tuple(p.role for p in posts(self.state).values() if duty in p.does)

    def tenure(self, code: str) -> Tenure:
        """
        Raises:
            BadInput: for a class that the state does not know; it lists those that it does.
        """
        return tenure(self.state, code)

    def unit(self, code: str, district: str | None = None) -> AreaUnit:
        """The unit of area, if the state's papers of the day are written in it.

        Raises:
            BadInput: for a unit that they are not written in; it lists those that they are.
        """
        used = units(self.state, district, self.day)
        if found := next((u for u in used if u.code == code), None):
            return found
        where = f"{self.state!r}, {district}" if district else repr(self.state)
        raise BadInput(
            Phrase(
                "the unit of area {given} is not one of {where} on {day}",
                given=repr(code[:40]),
                where=where,
                day=self.day,
            ),
            field="unit",
            remedy=Phrase("Known: {known}.", known=", ".join(u.code for u in used)),
        )


def states() -> tuple[str, ...]:
    """The codes of the states whose law is here, ``generic`` among them."""
    return tables.codes()


def law_of(state: str, day: date) -> Law:
    """
    Raises:
        BadInput: for a state whose law is not here; it lists those that are.
    """
    return Law(tables.known(state), day)


@cache
def state_of(office: str) -> str:
    """Whose law an office applies, by the LGD state code that opens its name; ``generic`` where none is entered.

    >>> state_of("28/511/5257"), state_of("99/901/9001")
    ('ap', 'generic')
    """
    lgd = office.partition("/")[0]
    return next((s for s in states() if tables.table(s, "state")["lgd"] == lgd), GENERIC)


def name_of(state: str) -> str:
    """The state's name in English."""
    return str(tables.table(state, "state")["name"])


def lgd_of(state: str) -> str:
    """The LGD code that opens the names of the state's offices.

    >>> lgd_of("mh")
    '27'
    """
    return str(tables.table(state, "state")["lgd"])


def languages(state: str) -> tuple[str, ...]:
    """The languages in which the state's record is written, English last."""
    return tuple(tables.table(state, "state")["languages"])


@cache
def figures(state: str) -> tuple[Figure, ...]:
    """Every row of the state's table, of today and of the past."""
    return tuple(
        Figure(
            name=row["name"],
            value=Decimal(row["value"]),
            unit=row["unit"],
            since=row["from"],
            source=row["source"],
            confirmed=row["confirmed"],
            about=row.get("about", ""),
            counting=row.get("counting", "calendar"),
            note=row.get("note", ""),
            union=row.get("union", False),
            state=state,
        )
        for row in tables.table(state, "figures").get("figure", [])
    )


@cache
def posts(state: str) -> Mapping[str, Post]:
    """The posts by their role: the state's own, and the generic ones for roles that it does not name."""
    own = {row["role"]: _post(row) for row in tables.table(state, "posts").get("post", [])}
    common: Mapping[str, Post] = {} if state == GENERIC else posts(GENERIC)
    return MappingProxyType({**common, **own})


@cache
def tenures(state: str) -> tuple[Tenure, ...]:
    """The classes of tenure and land that the state's record knows, its own first."""
    own = tuple(_tenure(row) for row in tables.table(state, "tenures").get("tenure", []))
    if state == GENERIC:
        return own
    return (*own, *(t for t in tenures(GENERIC) if t.code not in {o.code for o in own}))


def tenure(state: str, code: str) -> Tenure:
    """
    Raises:
        BadInput: for a class that the state does not know; it lists those that it does.
    """
    if found := next((t for t in tenures(state) if t.code == code), None):
        return found
    raise BadInput(
        Phrase(
            "{given} is not a class of tenure or land of {state}", given=repr(code[:40]), state=repr(state)
        ),
        field="tenure",
        remedy=Phrase("Known: {known}.", known=", ".join(t.code for t in tenures(state))),
    )


def units(state: str, district: str | None = None, day: date = date.max) -> tuple[AreaUnit, ...]:
    """The units of area in which the state's papers are written: in a district, on a day.

    >>> [u.code for u in units("generic", "Kangra") if u.districts]
    ['kanal-kangra', 'marla-kangra']
    """
    return tuple(u for u in units_of(tables.known(state)) if u.in_use(district, day))


@cache
def words(state: str) -> Mapping[str, Mapping[str, str]]:
    """The vocabulary: language code to (name to word), with the words of all the tables beside it."""
    found: dict[str, dict[str, str]] = {}
    units_too = [u for s in (states() if state == GENERIC else (state,)) for u in units_of(s)]
    coded: list[tuple[str, Mapping[str, str]]] = [
        *((p.role, p.words) for p in posts(state).values()),
        *((t.code, t.words) for t in tenures(state)),
        *((u.code, u.words) for u in units_too),
        *((row["name"], tables.sentences(row)) for row in (*tables.restrictions(), *tables.charges())),
        *((row["name"], tables.sentences(row)) for row in _papers(state)),
    ]
    for code, by_language in coded:
        for language, word in by_language.items():
            found.setdefault(language, {}).setdefault(code, word)
    for language, table in tables.table(state, "words").items():
        found.setdefault(language, {}).update(table)
    return MappingProxyType({language: MappingProxyType(table) for language, table in found.items()})


def _papers(state: str) -> list[dict[str, Any]]:
    return [row for rows in tables.table(state, "papers").values() for row in rows]


def _all_figures(state: str) -> tuple[Figure, ...]:
    return figures(state) if state == GENERIC else (*figures(state), *figures(GENERIC))


@lru_cache(maxsize=8192)
def _in_force(state: str, day: date, name: str, about: str) -> Figure | None:
    for whose in dict.fromkeys((state, GENERIC)):
        for topic in dict.fromkeys((about, "")):
            rows = [f for f in figures(whose) if (f.name, f.about) == (name, topic) and f.since <= day]
            if rows:
                latest = max(rows, key=lambda f: f.since)
                return latest if whose == state or latest.union else replace(latest, confirmed=False)
    return None


def _post(row: dict[str, Any]) -> Post:
    return Post(
        role=row["role"],
        words=MappingProxyType(tables.sentences(row)),
        does=tuple(row["does"]),
        source=row["source"],
        confirmed=row["confirmed"],
    )


def _tenure(row: dict[str, Any]) -> Tenure:
    return Tenure(
        code=row["code"],
        words=MappingProxyType(tables.sentences(row)),
        written=row.get("written", ""),
        transfer=row["transfer"],
        implies=tuple(row.get("implies", ())),
        source=row["source"],
        confirmed=row["confirmed"],
    )
