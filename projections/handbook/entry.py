"""One mutation type in one state: who applies, with which papers, who decides by when, what bars it, and its rules."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from domain import restrictions
from domain.case_steps import clock_may_decide
from domain.errors import Refused
from domain.kit import Mutation
from domain.languages import Phrase
from domain.law import Figure, Law, NoSuchLaw, languages, posts, tenures
from domain.mutations._shared import NOTHING_BARS
from domain.restrictions import DEALINGS, KINDS
from domain.signing import Signing, deciders, signers
from domain.signing import in_force as signings_in_force
from projections.handbook.examples import Told, told
from projections.handbook.figures import FigureLine, figure_line
from projections.handbook.words import Coded, Words, coded, in_force, in_tongues, named, said

_COURSE = ("decision-days-undisputed", "decision-days-disputed", "appeal-days", "fee-mutation")
"""The figures that bind every case, beside those of its notice."""


@dataclass(frozen=True, kw_only=True)
class Bar:
    """A kind of restriction that bars the act."""

    kind: Coded
    source: str
    lifted_by: Coded | None
    remedy: str
    remedy_words: Words
    tenures: tuple[Coded, ...]
    """The state's classes of tenure that carry it with them, noted or not."""
    credit_free: bool
    """It leaves a charge for the state, a co-operative society or a bank free."""


@dataclass(frozen=True, kw_only=True)
class SigningLine:
    """Who signs by a state's own law, from a day on."""

    posts: tuple[Coded, ...]
    unopposed: bool
    """Only what nobody opposes."""
    since: date
    source: str
    confirmed: bool
    note: str


@dataclass(frozen=True, kw_only=True)
class RuleLine:
    """A rule as the type states it, in English, and its sentence and remedy in the languages that have them."""

    name: str
    sentence: str
    sentence_words: Words
    source: str
    remedy: str
    remedy_words: Words


@dataclass(frozen=True, kw_only=True)
class Entry:
    """All that the handbook says of one mutation type in one state."""

    type: str
    name: str
    title: Words
    about: str
    nature: Coded
    applicants: tuple[Coded, ...]
    papers: tuple[Coded, ...]
    verified_by: Coded | None
    decided_by: tuple[Coded, ...]
    """Who decides a case that nobody opposes, by the state's posts."""
    disputed_by: tuple[Coded, ...]
    signed_by: tuple[Coded, ...]
    """Whose key may sign the order."""
    signed_by_law: tuple[SigningLine, ...]
    """What the state's own law says of that beside the type's file."""
    notice: Coded
    by_clock: bool
    """Whether the clock's key signs once a notice has run out without objection."""
    two_officers: bool
    signatures: Words
    numbering: Coded
    periods: tuple[FigureLine, ...]
    figures: tuple[FigureLine, ...]
    """What its own rules ask of the law."""
    bars: tuple[Bar, ...]
    rules: tuple[RuleLine, ...]
    wording: Words
    examples: tuple[Told, ...]


def entry(kind: Mutation, law: Law) -> Entry:
    """What the handbook says of the type by that law."""
    how, spoken = kind.procedure, languages(law.state)
    signing = signers(kind, law)
    deciding, disputed = (frozenset(deciders(kind, law, opposed=opposed)) for opposed in (False, True))
    return Entry(
        type=kind.type,
        name=kind.name,
        title=in_force(dict(kind.module.TITLE), spoken),
        about=(inspect.getdoc(kind.module) or "").replace("``", ""),
        nature=coded("nature", how.nature, law),
        applicants=tuple(named(code, law) for code in how.applicants),
        papers=tuple(named(code, law) for code in how.papers),
        verified_by=named(how.verified_by, law) if how.verified_by else None,
        decided_by=_posts(deciding, law),
        disputed_by=_posts(disputed, law),
        signed_by=_posts(frozenset(signing), law),
        signed_by_law=tuple(_signing(row, law) for row in signings_in_force(kind.name, law)),
        notice=named(how.notice, law),
        by_clock=clock_may_decide(kind.type) and law.figure("auto-lane", kind.name).value == 1,
        two_officers=how.two_officers,
        signatures=said("phrase", _signatures(kind), spoken),
        numbering=coded("numbering", how.numbering, law),
        periods=_lines([f"notice-days-{how.notice}", *_COURSE], kind, law),
        figures=_lines(figures_asked(kind), kind, law),
        bars=_bars(kind, law),
        rules=tuple(
            RuleLine(
                name=r.name,
                sentence=r.sentence,
                sentence_words=in_tongues(r.sentence),
                source=str(r.source),
                remedy=r.remedy,
                remedy_words=in_tongues(r.remedy),
            )
            for r in kind.module.RULES
        ),
        wording=in_force(dict(kind.module.WORDING), spoken),
        examples=told(kind, law),
    )


def _signing(row: Signing, law: Law) -> SigningLine:
    return SigningLine(
        posts=_posts(frozenset(row.roles), law),
        unopposed=row.unopposed,
        since=row.since,
        source=row.source,
        confirmed=row.confirmed,
        note=row.note,
    )


@dataclass(frozen=True)
class _Listening(Law):
    """A law that remembers which of its figures were asked for."""

    heard: list[str] = field(default_factory=list, compare=False)

    def figure(self, name: str, about: str = "") -> Figure:
        self.heard.append(name)
        return super().figure(name, about)


def figures_asked(kind: Mutation) -> tuple[str, ...]:
    """The figures for which the type's rules ask, found by letting it decide its own worked examples."""
    heard: list[str] = []
    for example in kind.module.EXAMPLES:
        law: Any = _Listening(example.state, example.day, heard)
        try:
            kind.decide(example.when, example.given, law)
        except Refused:
            continue  # it has asked before it refused
    return tuple(dict.fromkeys(heard))


def _lines(names: list[str] | tuple[str, ...], kind: Mutation, law: Law) -> tuple[FigureLine, ...]:
    found = []
    for name in names:
        try:
            found.append(figure_line(law.figure(name, kind.name), law))
        except NoSuchLaw:
            continue  # another state's figure: this one has no such limit
    return tuple(found)


def _posts(roles: frozenset[str], law: Law) -> tuple[Coded, ...]:
    """The posts in the order in which the state's table ranks them."""
    return tuple(named(role, law) for role in posts(law.state) if role in roles)


def _signatures(kind: Mutation) -> str:
    if kind.procedure.two_officers:
        return "signed-by-two"
    return "signed-by-one" if kind.procedure.nature == "registration" else "signed-by-two-for-state"


def _bars(kind: Mutation, law: Law) -> tuple[Bar, ...]:
    """What its rule against barred dealings looks for; nothing where the type has no such rule."""
    nature = next((nature for nature, rule in NOTHING_BARS.items() if rule in kind.module.RULES), None)
    if nature is None:
        return ()
    found = [_bar(row, kind, law) for row in KINDS.values() if nature in row.bars]
    return (*found, _hold(law)) if nature in DEALINGS else tuple(found)


def _bar(row: restrictions.RestrictionKind, kind: Mutation, law: Law) -> Bar:
    return Bar(
        kind=named(row.name, law),
        source=row.source,
        lifted_by=named(row.lifted_by, law) if row.lifted_by else None,
        remedy=row.remedy,
        remedy_words=in_tongues(row.remedy),
        tenures=tuple(named(t.code, law) for t in tenures(law.state) if row.name in t.implies),
        credit_free=row.open_to_credit and hasattr(kind.module.Application, "spared"),
    )


_HELD = Phrase("Bring the certificate, or wait until the hold's last day is over.")


def _hold(law: Law) -> Bar:
    return Bar(
        kind=named("priority-hold", law),
        source=law.figure("priority-hold-days").source,
        lifted_by=named("certificate-of-priority", law),
        remedy=_HELD,
        remedy_words=in_tongues(_HELD),
        tenures=(),
        credit_free=False,
    )
