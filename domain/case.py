"""The case: the file of a mutation from application to order, appeal and carrying-out.

A case is a state in the public map like a parcel's: anybody can prove when a file was received and where it is.  What
may happen to it is one table, ``steps.toml``; tests walk every path through it: none changes the record
without a certified order or an expired notice, every refusal can be appealed, and no case gets stuck.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from importlib import resources
from types import MappingProxyType
from typing import Literal, cast

from domain.canon import Json
from domain.errors import Finding, Refused
from domain.ids import CaseNo, VillageCode
from domain.record import Doc

Status = Literal[
    "filed",
    "fee-paid",
    "returned",
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
]

OPEN: frozenset[Status] = frozenset(
    {
        "filed",
        "fee-paid",
        "returned",
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
        "certified",
        "appealed",
        "stayed-in-appeal",
        "appeal-allowed",
        "under-review",
    }
)
"""While a case is in one of these, the land it names shows it as pending."""

MAY_CARRY: frozenset[Status] = frozenset({"certified", "unopposed"})
"""The record changes from here alone: by a certified order, or when a notice has expired without objection."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """One thing that may happen to a case: from where, to where, by whom, and what it is called."""

    name: str
    before: frozenset[Status]
    after: Status
    by: tuple[str, ...]
    words: Mapping[str, str]
    needs_reason: bool = False
    needs_day: bool = False
    """The step names a day to come: of a hearing, or until which a notice runs."""

    @property
    def type(self) -> str:
        return f"case.{self.name}/1"


def _steps() -> dict[str, Step]:
    table = tomllib.loads((resources.files("domain") / "steps.toml").read_text(encoding="utf-8"))
    steps = (
        Step(
            name=row["name"],
            before=frozenset(row["from"]),
            after=row["to"],
            by=tuple(row["by"]),
            words=MappingProxyType({k: v for k, v in row.items() if len(k) == 2 and k not in ("by", "to")}),
            needs_reason=row.get("reason", False),
            needs_day=row.get("day", False),
        )
        for row in table["step"]
    )
    return {step.type: step for step in steps}


STEPS: Mapping[str, Step] = MappingProxyType(_steps())
"""Every step of ``steps.toml`` by the type of its event, such as ``case.notice-issued/1``."""

FILED = "case.filed/1"


@dataclass(frozen=True, kw_only=True)
class Case:
    """A case as the map shows it.  ``with_`` says who holds the file: an office and a role."""

    id: CaseNo
    status: Status
    type: str
    village: VillageCode
    office: str
    touches: tuple[str, ...]
    filed: date
    due: date | None
    with_: str
    notice_until: date | None = None
    next_day: date | None = None
    """The day of the next hearing."""
    objections: int = 0
    entered_by: str | None = None
    verified_by: str | None = None
    paused_since: date | None = None

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    def doc(self) -> Doc:
        return {
            "kind": "case",
            "id": self.id,
            "status": self.status,
            "type": self.type,
            "village": self.village,
            "office": self.office,
            "touches": list(self.touches),
            "filed": self.filed.isoformat(),
            "due": _day(self.due),
            "with": self.with_,
            "notice_until": _day(self.notice_until),
            "next_day": _day(self.next_day),
            "objections": self.objections,
            "entered_by": self.entered_by,
            "verified_by": self.verified_by,
            "paused_since": _day(self.paused_since),
        }

    @classmethod
    def of(cls, doc: Doc) -> Case:
        return cls(
            id=CaseNo(str(doc["id"])),
            status=cast("Status", doc["status"]),
            type=str(doc["type"]),
            village=VillageCode(str(doc["village"])),
            office=str(doc["office"]),
            touches=tuple(cast("list[str]", doc["touches"])),
            filed=date.fromisoformat(str(doc["filed"])),
            due=_read_day(doc["due"]),
            with_=str(doc["with"]),
            notice_until=_read_day(doc["notice_until"]),
            next_day=_read_day(doc["next_day"]),
            objections=cast("int", doc["objections"]),
            entered_by=cast("str | None", doc["entered_by"]),
            verified_by=cast("str | None", doc["verified_by"]),
            paused_since=_read_day(doc["paused_since"]),
        )


@dataclass(frozen=True, kw_only=True)
class Act:
    """A step taken: which, by whom, on what day, with a day to come and a reason where it needs them."""

    type: str
    officer: str
    role: str
    day: date
    until: date | None = None
    reason: str | None = None
    with_: str | None = None


def take(case: Case, act: Act) -> Case:
    """The case after the step.

    Raises:
        Refused: with every reason why the step may not be taken now, by this officer.
    """
    step = STEPS.get(act.type)
    findings = _findings(case, act, step)
    if findings or step is None:
        raise Refused(findings)
    changed = replace(case, status=step.after, with_=act.with_ or case.with_)
    match step.name:
        case "registered":
            return replace(changed, entered_by=act.officer)
        case "prechecked":
            return replace(changed, verified_by=act.officer)
        case "notice-issued" | "notice-repeated":
            return replace(changed, notice_until=act.until)
        case "objected":
            return replace(changed, objections=case.objections + 1)
        case "hearing-set" | "restored" | "remanded":
            return replace(changed, next_day=act.until)
        case _:
            return changed


def carried(case: Case, *, officer: str, day: date) -> Case:
    """The case once its mutation stands in the record: the same event changes both.

    Raises:
        Refused: unless the order is certified, or the notice has expired without objection.
    """
    findings = []
    if case.status not in MAY_CARRY:
        findings.append(_finding("order-is-certified", f"the case stands at {case.status!r}", *_CERTIFIED))
    if case.status == "unopposed" and case.notice_until is not None and day <= case.notice_until:
        detail = f"it runs until {case.notice_until}"
        findings.append(_finding("notice-has-expired", detail, *_EXPIRED))
    if officer in (case.entered_by, case.verified_by) and officer is not None:
        findings.append(_finding("another-person-decides", f"{officer} entered or verified it", *_APART))
    if findings:
        raise Refused(tuple(findings))
    return replace(case, status="carried")


_CERTIFIED = (
    "the order is certified, or the notice expired without objection",
    "Karnataka Land Revenue Act 1964, s. 129(7), and the like section of each state",
    "Have the order certified first.",
)
_EXPIRED = (
    "the days of the notice are over",
    "the state's figure for the class of notice",
    "Wait until the notice has run out; an objection until then moves the case to a hearing.",
)
_APART = (
    "nobody enters, verifies and decides the same case",
    "Landlog: the insider with a valid login",
    "Let another officer posted here take this step.",
)


def _findings(case: Case, act: Act, step: Step | None) -> tuple[Finding, ...]:
    if step is None:
        known = ", ".join(sorted(STEPS))
        return (
            _finding(
                "step-is-known", act.type, f"the step is one of: {known}", "domain/case.py", "Name one."
            ),
        )
    found = []
    if case.status not in step.before:
        where = ", ".join(sorted(step.before))
        found.append(
            _finding(
                "step-fits-the-case",
                f"the case stands at {case.status!r}",
                f"the step {step.name!r} is taken from: {where}",
                "the course of a case (domain/case.py)",
                "Take the step that is due; `case show` lists those that are possible now.",
            )
        )
    if act.role not in step.by:
        found.append(
            _finding(
                "role-takes-the-step",
                act.role,
                f"the step {step.name!r} is taken by: {', '.join(step.by)}",
                "the state's table of posts",
                "Forward the file to an officer in that role.",
            )
        )
    if step.needs_reason and not act.reason:
        found.append(
            _finding(
                "reason-is-given", "", "the reason is written down", "rules of natural justice", "Say why."
            )
        )
    if step.needs_day and (act.until is None or act.until < act.day):
        found.append(
            _finding(
                "day-to-come",
                str(act.until),
                "the day named lies ahead",
                "the notice's own terms",
                "Name it.",
            )
        )
    if step.name in ("allowed", "refused", "certified") and act.officer in (
        case.entered_by,
        case.verified_by,
    ):
        found.append(_finding("another-person-decides", act.officer, *_APART))
    if step.name == "unopposed" and case.status != "prechecked" and not _notice_over(case, act.day):
        found.append(_finding("notice-has-expired", f"it runs until {case.notice_until}", *_EXPIRED))
    return tuple(found)


def _notice_over(case: Case, day: date) -> bool:
    return case.notice_until is not None and day > case.notice_until


def _finding(rule: str, detail: str, sentence: str, source: str, remedy: str) -> Finding:
    return Finding(rule=rule, sentence=sentence, source=source, remedy=remedy, detail=detail)


def _day(day: date | None) -> Json:
    return day.isoformat() if day else None


def _read_day(value: Json) -> date | None:
    return date.fromisoformat(value) if isinstance(value, str) else None
