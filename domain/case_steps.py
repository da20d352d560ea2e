"""The course of a case as a table: every step it can take, by whose duty, and what people call it (``steps.toml``).

A step is taken by a duty, not by a post: which posts enter, verify, decide and hear appeals is each state's own
table (``domain.law.posts``).
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import resources
from types import MappingProxyType
from typing import Any, Literal, get_args

from domain import catalogue
from domain.errors import Finding, Refused
from domain.kit import NoticeClass
from domain.languages import Phrase
from domain.law import Duty, Law, posts

Status = Literal[
    "filed",
    "fee-paid",
    "returned",
    "lapsed",
    "registered",
    "prechecked",
    "notice-issued",
    "notice-served",
    "notice-undelivered",
    "unopposed",
    "objected",
    "hearing",
    "reserved",
    "allowed",
    "refused",
    "certified",
    "carried",
    "communicated",
    "dismissed-in-default",
    "withdrawn",
    "abated",
    "appealed",
    "stayed-in-appeal",
    "appeal-allowed",
    "appeal-dismissed",
    "under-review",
    "review-rejected",
]
STATUSES: tuple[Status, ...] = get_args(Status)

CLOSED: frozenset[Status] = frozenset(
    {
        "lapsed",
        "refused",
        "carried",
        "communicated",
        "dismissed-in-default",
        "withdrawn",
        "abated",
        "appeal-dismissed",
        "review-rejected",
    }
)
OPEN: frozenset[Status] = frozenset(STATUSES) - CLOSED
"""While a case is in one of these, the land it names shows it as pending."""

MAY_CARRY: frozenset[Status] = frozenset({"certified", "unopposed"})
"""The record changes from here alone: by a certified order, or when a notice has expired without objection."""

StepDuty = Duty | Literal["file", "clock"]
SYSTEM = "system"
"""The role of the clock's own key."""
FILERS = frozenset({"counter", "bank", "registrar", "court-reader"})
"""Besides those who enter cases: the roles that bring one, for themselves or for whoever stands before them."""

FILED = "case.filed/1"


@dataclass(frozen=True, kw_only=True)
class Step:
    """One thing that may happen to a case: from where, to where, by whose duty, and what it is called."""

    name: str
    before: frozenset[Status]
    after: Status | None
    """None where the case stays as it stands."""
    by: tuple[StepDuty, ...]
    words: Mapping[str, str]
    notices: frozenset[NoticeClass]
    needs_reason: bool
    day: Literal["none", "may", "must"]
    """Whether it names a day to come: of a hearing, or until which a notice runs."""
    in_parts: bool = False
    """Whether it is taken only in cases whose mutation is carried out by many orders."""

    @property
    def type(self) -> str:
        return f"case.{self.name}/1"


_TABLE = tomllib.loads((resources.files("domain") / "steps.toml").read_text(encoding="utf-8"))


def _words(row: Mapping[str, Any]) -> Mapping[str, str]:
    return MappingProxyType({k: v for k, v in row.items() if len(k) == 2 and k not in ("by", "to")})


def _step(row: Mapping[str, Any]) -> Step:
    return Step(
        name=row["name"],
        before=frozenset(row["from"]),
        after=row.get("to"),
        by=tuple(row["by"]),
        words=_words(row),
        notices=frozenset(row.get("notice", get_args(NoticeClass))),
        needs_reason=row.get("reason", False),
        day=row.get("day", "none"),
        in_parts=row.get("in_parts", False),
    )


STEPS: Mapping[str, Step] = MappingProxyType({s.type: s for s in map(_step, _TABLE["step"])})
"""Every step of ``steps.toml`` by the type of its event, such as ``case.notice-issued/1``."""

REASONS: Mapping[str, Mapping[str, str]] = MappingProxyType({r["code"]: _words(r) for r in _TABLE["reason"]})
"""The public part of a reason: its code, and its words by language."""

_HOLDERS: Mapping[Status, StepDuty] = MappingProxyType(_TABLE["holders"])
_AFTER_DECISION: frozenset[Status] = frozenset({"allowed", "certified", "appeal-allowed"})
_FILED_WORDS: Mapping[str, str] = MappingProxyType(
    {"en": "Filed", "hi": "प्रस्तुत", "te": "దాఖలైంది", "mr": "दाखल", "kn": "ಸಲ್ಲಿಸಲಾಗಿದೆ"}
)


def step_of(event_type: str) -> Step:
    """The step of that name or type: ``objected`` or ``case.objected/1``.

    Raises:
        Refused: for a step that the table does not know; it lists those that it does.
    """
    step = STEPS.get(event_type) or STEPS.get(f"case.{event_type}/1")
    if step is None:
        known = ", ".join(s.name for s in STEPS.values())
        raise Refused(
            (
                Finding(
                    rule="step-is-known",
                    sentence=Phrase("the step is one of: {known}", known=known),
                    source="domain/steps.toml",
                    remedy="Name one of them.",
                    detail=event_type[:60],
                ),
            )
        )
    return step


def step_words(event_type: str, language: str = "en") -> str:
    """What people call a case's event, in the language or else in English."""
    words = _FILED_WORDS if event_type == FILED else step_of(event_type).words
    return words.get(language, words["en"])


def roles_of(duties: Iterable[StepDuty], law: Law) -> frozenset[str]:
    """The roles whose officers have one of these duties in the state."""
    return frozenset(role for duty in duties for role in _roles(duty, law.state))


def holder_of(
    status: Status, law: Law, *, decided_by: Iterable[str], appeal: Duty = "appeal", auto: bool
) -> str:
    """Who holds the file while a case stands there: a role, ``applicant``, or nothing when it is at rest.

    Where it waits for a decision, the first role that decides such cases (``decided_by``); where an appeal is to be
    heard, the role with that duty (``appeal``); of several roles the first that does not sit at a counter.
    """
    duty = _HOLDERS.get(status)
    if duty is None or duty == "file":
        return "applicant" if duty else ""
    if auto and status not in _AFTER_DECISION:
        return SYSTEM
    if duty in ("decide", "decide-disputed") and (found := next(iter(decided_by), None)):
        return found
    return min(
        _roles(appeal if duty == "appeal" else duty, law.state), key=lambda role: role in FILERS, default=""
    )


def clock_may_decide(event_type: str) -> bool:
    """Whether the law leaves a mutation of this type to a notice that runs out: no hearing, one signature, no visit.

    A first registration, a correction and an act of authority are an officer's.
    """
    mutation = catalogue.all_types().get(event_type)
    if mutation is None:
        return False
    how = mutation.procedure
    by_notice = how.notice in ("registered", "unregistered", "notice-free")
    officers = how.nature in ("registration", "correction", "authority")
    return by_notice and not officers and how.verified_by is None and not how.two_officers


def _roles(duty: StepDuty, state: str) -> tuple[str, ...]:
    if duty == "clock":
        return (SYSTEM,)
    if duty == "file":
        return (*sorted(FILERS), *(r for r in _roles("enter", state) if r not in FILERS))
    return tuple(role for role, post in posts(state).items() if duty in post.does)
