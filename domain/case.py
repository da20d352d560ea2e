"""The case: the file of a mutation from application to order, appeal and carrying-out.

A case is a state in the public map like a parcel's: anybody can prove when a file was received and where it is.  What
may happen to it is one table, ``steps.toml``, and the rules of ``domain.case_rules``; tests walk every path through
both: none changes the record without a certified order or an expired notice, every refusal can be appealed, and no
case gets stuck.

``take`` is pure: the day comes with the act, the days of the law with the law.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal, cast

from domain import catalogue
from domain.canon import Json
from domain.case_steps import OPEN, STEPS, SYSTEM, Status, holder_of
from domain.ids import CaseNo, VillageCode
from domain.kit import NoticeClass
from domain.law import Law
from domain.record import Doc
from domain.signing import appeal_duty, deciders

Lane = Literal["auto", "officer"]
"""``auto``: the clock's key takes each step as its day comes, until somebody objects or a rule does not hold."""


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
    since: date
    """The day on which it came to stand where it stands."""
    counted_from: date
    """The day from which the days of the decision are counted: on which the application was complete."""
    due: date | None
    warn_on: date | None
    with_: str
    notice: NoticeClass
    lane: Lane
    filed_by: str
    application: str
    """Commitment to what was applied for: whoever holds the opening can show what the notice was about."""
    applicant: str
    """Commitment to who applied: the salt of its opening is the applicant's own receipt."""
    fee_paise: int = 0
    """What the state's law asks for before the case is registered."""
    notice_until: date | None = None
    cure_until: date | None = None
    next_day: date | None = None
    """The day of the next hearing."""
    appeal_until: date | None = None
    objections: int = 0
    appeals: int = 0
    """How many appeals have been filed against the order that stands."""
    carried: int = 0
    """How often it has changed the record: more than once only after an appeal or a review."""
    parts: int = 0
    """Orders recorded so far in a case that is carried out by many; the last step says that it is carried out."""
    entered_by: tuple[str, ...] = ()
    """Everybody who has entered it: a case that was returned is entered again, perhaps by another."""
    verified_by: tuple[str, ...] = ()
    decided_by: str | None = None
    decided: date | None = None
    paused_since: date | None = None
    paused_days: int = 0
    warned: date | None = None
    breached: date | None = None

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    @property
    def is_disputed(self) -> bool:
        """Whether somebody has objected, or an order in it has changed the record once already."""
        return self.objections > 0 or self.carried > 0

    @property
    def about(self) -> str:
        """The mutation type as the figures of the law name it: ``sale``."""
        return self.type.removeprefix("mutation.").partition("/")[0]

    @property
    def hands(self) -> frozenset[str]:
        """The officers who have filed, entered or verified it."""
        return frozenset({self.filed_by, *self.entered_by, *self.verified_by})

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
            "since": self.since.isoformat(),
            "counted_from": self.counted_from.isoformat(),
            "due": _day(self.due),
            "warn_on": _day(self.warn_on),
            "with": self.with_,
            "notice": self.notice,
            "lane": self.lane,
            "filed_by": self.filed_by,
            "application": self.application,
            "applicant": self.applicant,
            "fee_paise": self.fee_paise,
            "notice_until": _day(self.notice_until),
            "cure_until": _day(self.cure_until),
            "next_day": _day(self.next_day),
            "appeal_until": _day(self.appeal_until),
            "objections": self.objections,
            "appeals": self.appeals,
            "carried": self.carried,
            **({"parts": self.parts} if self.parts else {}),
            "entered_by": list(self.entered_by),
            "verified_by": list(self.verified_by),
            "decided_by": self.decided_by,
            "decided": _day(self.decided),
            "paused_since": _day(self.paused_since),
            "paused_days": self.paused_days,
            "warned": _day(self.warned),
            "breached": _day(self.breached),
        }

    @classmethod
    def of(cls, doc: Mapping[str, Json]) -> Case:
        return cls(
            id=CaseNo(str(doc["id"])),
            status=cast("Status", doc["status"]),
            type=str(doc["type"]),
            village=VillageCode(str(doc["village"])),
            office=str(doc["office"]),
            touches=tuple(cast("list[str]", doc["touches"])),
            filed=date.fromisoformat(str(doc["filed"])),
            since=date.fromisoformat(str(doc["since"])),
            counted_from=date.fromisoformat(str(doc["counted_from"])),
            with_=str(doc["with"]),
            notice=cast("NoticeClass", doc["notice"]),
            lane=cast("Lane", doc["lane"]),
            filed_by=str(doc["filed_by"]),
            application=str(doc["application"]),
            applicant=str(doc["applicant"]),
            fee_paise=cast("int", doc["fee_paise"]),
            objections=cast("int", doc["objections"]),
            appeals=cast("int", doc["appeals"]),
            carried=cast("int", doc["carried"]),
            paused_days=cast("int", doc["paused_days"]),
            parts=cast("int", doc.get("parts", 0)),
            entered_by=tuple(cast("list[str]", doc["entered_by"])),
            verified_by=tuple(cast("list[str]", doc["verified_by"])),
            decided_by=cast("str | None", doc["decided_by"]),
            **{name: _read_day(doc[name]) for name in _DAYS},
        )


_DAYS = (
    "due", "warn_on", "notice_until", "cure_until", "next_day", "appeal_until", "decided", "paused_since",
    "warned", "breached",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Act:
    """A step taken: which, by whom in which roles, on what day, with a day to come and a reason where it needs them."""

    type: str
    officer: str
    roles: frozenset[str]
    day: date
    until: date | None = None
    application: str | None = None
    """Commitment to the application as it was cured."""
    reason: str | None = None
    """A code of ``domain.case_steps.REASONS``."""
    paid_paise: int | None = None
    """What was paid, where the step is that the fee is paid."""

    @property
    def by_clock(self) -> bool:
        """Whether the registry's clock takes it, and no person."""
        return self.roles == {SYSTEM}


def filed(
    *,
    case_no: CaseNo,
    mutation: str,
    village: VillageCode,
    office: str,
    touches: tuple[str, ...],
    officer: str,
    application: str,
    applicant: str,
    law: Law,
    lane: Lane,
) -> Case:
    """A new case, filed on the day of the law."""
    kind = catalogue.mutation(mutation)
    case = Case(
        id=case_no,
        status="filed",
        type=kind.type,
        village=village,
        office=office,
        touches=touches,
        filed=law.day,
        since=law.day,
        counted_from=law.day,
        due=None,
        warn_on=None,
        with_="",
        notice=kind.procedure.notice,
        lane=lane,
        filed_by=officer,
        application=application,
        applicant=applicant,
        fee_paise=int(law.figure("fee-mutation", kind.name).value),
    )
    return held(with_due(case, law), law)


def moved(case: Case, act: Act, law: Law) -> Case:
    """The case after a step that the rules allow (``domain.case_rules.take`` asks them first)."""
    step = STEPS[act.type]
    to = step.after or case.status
    after = replace(case, status=to, since=act.day if to != case.status else case.since)
    return held(_EFFECTS.get(step.name, _none)(after, act, law), law)


def carried_out(case: Case, officer: str, law: Law) -> Case:
    """The case once its mutation stands in the record."""
    after = replace(
        case,
        status="carried",
        since=law.day,
        carried=case.carried + 1,
        decided=case.decided or law.day,
        decided_by=case.decided_by or officer,
        appeal_until=law.deadline("appeal-days", law.day, case.about),
    )
    return held(after, law)


def carried_in_part(case: Case) -> Case:
    """The case once one of its orders stands in the record and others are to follow."""
    return replace(case, parts=case.parts + 1)


def held(case: Case, law: Law) -> Case:
    """The case with the officer who holds the file now, by the state's posts."""
    kind = catalogue.all_types().get(case.type)
    role = holder_of(
        case.status,
        law,
        decided_by=deciders(kind, law, opposed=case.is_disputed) if kind else (),
        appeal=appeal_duty(kind, law, appeals=case.appeals),
        auto=case.lane == "auto",
    )
    return replace(case, with_=role if role in ("", "applicant") else f"{case.office}/{role}")


def with_due(case: Case, law: Law) -> Case:
    """The case with the last day for its decision, and the day on which the officer is warned of it."""
    name = "decision-days-disputed" if case.is_disputed else "decision-days-undisputed"
    last = law.deadline(name, case.counted_from, case.about)
    due = law.calendar.next_working(last + timedelta(case.paused_days))
    before = int(law.figure("warning-days", case.about).value)
    return replace(
        case,
        due=due,
        warn_on=max(due - timedelta(before), case.counted_from),
        warned=None,
        breached=None,
    )


def notice_days(case: Case) -> str:
    """The name of the figure that says how long the notice runs."""
    return f"notice-days-{case.notice}"


Effect = Callable[[Case, Act, Law], Case]


def _none(case: Case, act: Act, law: Law) -> Case:
    return case


def _registered(case: Case, act: Act, law: Law) -> Case:
    return case if act.by_clock else replace(case, entered_by=_with(case.entered_by, act.officer))


def _prechecked(case: Case, act: Act, law: Law) -> Case:
    return case if act.by_clock else replace(case, verified_by=_with(case.verified_by, act.officer))


def _forwarded(case: Case, act: Act, law: Law) -> Case:
    return replace(case, lane="officer")


def _returned(case: Case, act: Act, law: Law) -> Case:
    until = law.deadline("cure-days", act.day, case.about)
    return replace(case, cure_until=until, due=None, warn_on=None)


def _cured(case: Case, act: Act, law: Law) -> Case:
    again = replace(
        case,
        application=act.application or case.application,
        cure_until=None,
        counted_from=act.day,
        paused_days=0,
    )
    return with_due(again, law)


def _notice_issued(case: Case, act: Act, law: Law) -> Case:
    return replace(case, notice_until=act.until or law.deadline(notice_days(case), act.day, case.about))


def _objected(case: Case, act: Act, law: Law) -> Case:
    return with_due(replace(case, objections=case.objections + 1, lane="officer"), law)


def _hearing_set(case: Case, act: Act, law: Law) -> Case:
    return replace(case, next_day=act.until, lane="officer")


def _allowed(case: Case, act: Act, law: Law) -> Case:
    return replace(case, decided_by=act.officer, next_day=None)


def _ended(case: Case, act: Act, law: Law) -> Case:
    """An order or a lapse that ends the case: appealable, as every refusal is."""
    return replace(
        case,
        decided=act.day,
        decided_by=act.officer,
        next_day=None,
        appeal_until=law.deadline("appeal-days", act.day, case.about),
    )


def _concluded(case: Case, act: Act, law: Law) -> Case:
    return carried_out(case, act.officer, law)


def _appeal_dismissed(case: Case, act: Act, law: Law) -> Case:
    return replace(
        case,
        decided_by=act.officer,
        appeal_until=law.deadline("second-appeal-days", act.day, case.about),
    )


def _appealed(case: Case, act: Act, law: Law) -> Case:
    return replace(case, appeals=case.appeals + 1)


def _heard_again(case: Case, act: Act, law: Law) -> Case:
    """Restored, remanded or under review: the days of a disputed decision begin anew."""
    again = replace(
        case,
        next_day=act.until,
        appeals=0,
        decided=None,
        decided_by=None,
        counted_from=act.day,
        paused_days=0,
        lane="officer",
    )
    return with_due(again, law)


def _paused(case: Case, act: Act, law: Law) -> Case:
    return replace(case, paused_since=act.day)


def _resumed(case: Case, act: Act, law: Law) -> Case:
    stood = (act.day - (case.paused_since or act.day)).days
    again = replace(case, paused_since=None, paused_days=case.paused_days + stood)
    return again if case.due is None else replace(with_due(again, law), breached=case.breached)


def _warned(case: Case, act: Act, law: Law) -> Case:
    return replace(case, warned=act.day)


def _breached(case: Case, act: Act, law: Law) -> Case:
    return replace(case, breached=act.day)


_EFFECTS: Mapping[str, Effect] = {
    "registered": _registered,
    "prechecked": _prechecked,
    "forwarded": _forwarded,
    "returned": _returned,
    "cured": _cured,
    "lapsed": _ended,
    "notice-issued": _notice_issued,
    "notice-repeated": _notice_issued,
    "objected": _objected,
    "hearing-set": _hearing_set,
    "allowed": _allowed,
    "concluded": _concluded,
    "refused": _ended,
    "affirmed": _ended,
    "dismissed-in-default": _ended,
    "withdrawn": _ended,
    "abated": _ended,
    "restored": _heard_again,
    "remanded": _heard_again,
    "review-granted": _heard_again,
    "appealed": _appealed,
    "appeal-allowed": _allowed,
    "appeal-dismissed": _appeal_dismissed,
    "paused": _paused,
    "resumed": _resumed,
    "warned": _warned,
    "breached": _breached,
}


def _with(officers: tuple[str, ...], officer: str) -> tuple[str, ...]:
    return tuple(sorted({*officers, officer}))


def _day(day: date | None) -> Json:
    return day.isoformat() if day else None


def _read_day(value: Json) -> date | None:
    return date.fromisoformat(value) if isinstance(value, str) else None
