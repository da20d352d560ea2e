"""The rules of a case: what must hold for a step to be taken.

Each is a sentence with its source and its remedy, like the rules of a mutation; all findings are told at once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from domain import catalogue, signing
from domain.case import Act, Case, moved, notice_days
from domain.case_steps import (
    REASONS,
    STEPS,
    Step,
    roles_of,
    step_of,
)
from domain.kit import Answer, Broken, Citation, Rule, check, rule
from domain.languages import Phrase
from domain.law import Law
from domain.record import Record

_COURSE = Citation("Landlog", "domain/steps.toml, the course of a case")
_POSTS = Citation("Landlog", "domain/states, the state's posts")
_NATURAL_JUSTICE = Citation("Principles of natural justice", "audi alteram partem; a speaking order")
_INSIDER = Citation("Landlog", "the insider with a valid login")
_DAYS = Citation("Landlog", "domain/states, the state's figures for days")
_FEE = Citation("Landlog", "domain/states, the state's fee-mutation")
_BOTH = ("decide", "decide-disputed")


@dataclass(frozen=True)
class Taking:
    """A step about to be taken: of which case, by which act."""

    case: Case
    act: Act
    step: Step


def take(case: Case, act: Act, law: Law) -> Case:
    """The case after the step.

    Raises:
        Refused: with every reason why the step may not be taken now, by this officer.
    """
    check(STEP_RULES, Taking(case, act, step_of(act.type)), Record(), law)
    return moved(case, act, law)


def roles_for(case: Case, step: Step, law: Law) -> frozenset[str]:
    """The roles that may take the step in this case: by the state's posts, its type and whether it is disputed."""
    duties = set(step.by)
    roles = roles_of([d for d in step.by if d not in _BOTH and d != "appeal"], law)
    if duties & set(_BOTH):
        roles |= deciders(case, law)
    if "appeal" in duties:
        kind = catalogue.all_types().get(case.type)
        roles |= roles_of([signing.appeal_duty(kind, law, appeals=case.appeals)], law)
    return roles


def deciders(case: Case, law: Law) -> frozenset[str]:
    """Who decides the case: of a disputed one fewer roles than of one that nobody opposes."""
    kind = catalogue.all_types().get(case.type)
    if kind is None:  # a type that this software no longer knows
        return roles_of(["decide-disputed"], law)
    return frozenset(signing.deciders(kind, law, opposed=case.is_disputed))


def possible(case: Case, law: Law) -> Mapping[str, frozenset[str]]:
    """The steps that the case may take from where it stands, by name, each with the roles that take it."""
    return {
        step.name: roles_for(case, step, law)
        for step in STEPS.values()
        if case.status in step.before and case.notice in step.notices and _fits_the_orders(case, step)
    }


def _fits_the_orders(case: Case, step: Step) -> bool:
    """Whether the case is carried out by many orders, if the step asks for that; none is concluded before the first."""
    kind = catalogue.all_types().get(case.type)
    in_parts = kind is not None and kind.in_parts
    return not step.in_parts or (in_parts and (step.name != "concluded" or case.parts > 0))


@rule(
    "the case stands where the step is taken from",
    source=_COURSE,
    remedy="Take a step that is due; the case's page lists those that are possible now.",
)
def step_fits_the_case(t: Taking, record: Record, law: Law) -> Answer:
    if t.case.status in t.step.before:
        return True
    return Broken(
        "it stands at '{status}', the step is taken from: {before}",
        status=t.case.status,
        before=", ".join(sorted(t.step.before)),
    )


@rule(
    "the step belongs to the class of notice of this mutation",
    source=_COURSE,
    remedy="A registered or an unregistered dealing is noticed; one that needs a hearing is heard.",
)
def step_fits_the_notice(t: Taking, record: Record, law: Law) -> Answer:
    if t.case.notice in t.step.notices:
        return True
    return Broken(
        "its notice is '{notice}', the step is for: {notices}",
        notice=t.case.notice,
        notices=", ".join(sorted(t.step.notices)),
    )


@rule(
    "the step belongs to a case that is carried out by many orders, and ends one only after the first of them",
    source=_COURSE,
    remedy="Prepare the order that carries the case out.",
)
def step_fits_the_orders(t: Taking, record: Record, law: Law) -> Answer:
    return _fits_the_orders(t.case, t.step)


@rule(
    "the officer's role takes the step",
    source=_POSTS,
    remedy="Forward the file to an officer in such a role.",
)
def role_takes_the_step(t: Taking, record: Record, law: Law) -> Answer:
    able = roles_for(t.case, t.step, law)
    if t.act.roles & able:
        return True
    return Broken(
        "{officer} serves as {roles}, the step is taken by: {able}",
        officer=t.act.officer,
        roles=_list(t.act.roles),
        able=_list(able),
    )


@rule(
    "the clock takes only the steps of cases that the law leaves to it",
    source=_DAYS,
    remedy="An officer takes this step: somebody has objected, or the state's law does not let a clock take it.",
)
def clock_keeps_to_its_lane(t: Taking, record: Record, law: Law) -> Answer:
    if not t.act.by_clock or t.step.by == ("clock",) or t.step.name in ("unopposed", "communicated"):
        return True
    return t.case.lane == "auto"


@rule("the reason is given", source=_NATURAL_JUSTICE, remedy="Say why: a code of the list, and the words.")
def reason_is_given(t: Taking, record: Record, law: Law) -> Answer:
    if t.act.reason is None:
        return not t.step.needs_reason
    if t.act.reason in REASONS:
        return True
    return Broken("'{given}' is none of: {known}", given=t.act.reason[:40], known=", ".join(REASONS))


@rule("the day that is named lies ahead", source=_COURSE, remedy="Name a day to come.")
def day_lies_ahead(t: Taking, record: Record, law: Law) -> Answer:
    if t.act.until is None:
        return t.step.day != "must"
    if t.step.day == "none":
        return Broken("the step '{step}' names no day", step=t.step.name)
    return True if t.act.until > t.act.day else Broken(f"{t.act.until}")


@rule(
    "a notice runs as long as the state's law says, and whoever is heard has the days of a summons",
    source=_DAYS,
    remedy="Name a later day.",
)
def days_are_long_enough(t: Taking, record: Record, law: Law) -> Answer:
    if t.act.until is None:
        return True
    if t.step.name in ("notice-issued", "notice-repeated"):
        figure = notice_days(t.case)
    elif t.step.name == "hearing-set" and t.case.status != "hearing":
        figure = "hearing-notice-days"
    else:
        return True
    least = law.deadline(figure, t.act.day, t.case.about)
    return True if t.act.until >= least else Broken("{figure}: not before {day}", figure=figure, day=least)


@rule(
    "nobody enters, verifies and decides the same case",
    source=_INSIDER,
    remedy="Let another officer posted here take this step.",
)
def another_person_acts(t: Taking, record: Record, law: Law) -> Answer:
    case, officer = t.case, t.act.officer
    if t.step.name == "prechecked" and not t.act.by_clock:
        return (
            True
            if officer not in {case.filed_by, *case.entered_by}
            else Broken("{officer} entered it", officer=officer)
        )
    if _decides(t.step):
        return (
            True
            if officer not in case.hands
            else Broken("{officer} filed, entered or verified it", officer=officer)
        )
    return True


@rule(
    "nobody hears the appeal from an order of his own",
    source=_INSIDER,
    remedy="The appeal goes to the officer above.",
)
def appeal_is_heard_by_another(t: Taking, record: Record, law: Law) -> Answer:
    return "appeal" not in t.step.by or t.act.officer != t.case.decided_by


@rule(
    "the notice has run out and nobody has objected",
    source=_DAYS,
    remedy="Wait until the notice has run out; an objection until then moves the case to a hearing.",
)
def notice_has_run_out(t: Taking, record: Record, law: Law) -> Answer:
    if t.step.name != "unopposed" or t.case.notice_until is None or t.case.notice_until < t.act.day:
        return True
    return Broken("it runs until {day}", day=t.case.notice_until)


@rule(
    "the objection comes while the notice runs",
    source=_DAYS,
    remedy="The days are over: appeal from the order, or ask the officer to hear you.",
)
def objection_is_in_time(t: Taking, record: Record, law: Law) -> Answer:
    until = t.case.notice_until
    if t.step.name != "objected" or t.case.status == "objected" or until is None or t.act.day <= until:
        return True
    return Broken("it ran until {day}", day=until)


@rule(
    "the fee is paid before the case is registered",
    source=_FEE,
    remedy="Pay the fee and enter its receipt.",
)
def fee_is_paid(t: Taking, record: Record, law: Law) -> Answer:
    if t.step.name != "registered" or t.case.status == "fee-paid":
        return True
    return True if t.case.fee_paise == 0 else Broken("{paise} paise", paise=t.case.fee_paise)


@rule(
    "the fee that is paid is the whole of what was due on the day of filing",
    source=_FEE,
    remedy="Pay what the case's page shows as due, and enter the amount and the number of the receipt.",
)
def fee_is_paid_in_full(t: Taking, record: Record, law: Law) -> Answer:
    paid, due = t.act.paid_paise, t.case.fee_paise
    if t.step.name != "fee-paid":
        return paid is None
    if paid is None:
        return Broken("no amount is given")
    return paid >= due or Broken("{paid} of {due} paise", paid=paid, due=due)


@rule(
    "there is an authority above to appeal to",
    source=_POSTS,
    remedy="After the last appeal the way is to the High Court.",
)
def somebody_hears_the_appeal(t: Taking, record: Record, law: Law) -> Answer:
    """Two appeals lie from an order of the tehsil, one from an order of the district."""
    kind = catalogue.all_types().get(t.case.type)
    most = 1 if kind is not None and signing.is_of_the_district(kind, law) else 2
    return t.step.name != "appealed" or t.case.appeals < most


@rule(
    "the appeal comes within its days, or a reason excuses the delay",
    source=_DAYS,
    remedy="Give a reason for the delay other than the merits: hardship, a court's order, notice not served.",
)
def appeal_is_in_time(t: Taking, record: Record, law: Law) -> Answer:
    until = t.case.appeal_until
    if t.step.name != "appealed" or until is None or t.act.day <= until:
        return True
    excused = ("hardship", "court-order", "notice-not-served", "party-deceased")
    return True if t.act.reason in excused else Broken("they ended on {day}", day=until)


@rule(
    "an order that has been appealed from is not reviewed below",
    source=Citation("Code of Civil Procedure 1908", "O. XLVII r. 1, by analogy"),
    remedy="Appeal from the order of the appellate officer.",
)
def review_comes_before_appeal(t: Taking, record: Record, law: Law) -> Answer:
    return t.step.name != "review-opened" or t.case.appeals == 0


@rule(
    "an entry that stands in the record is undone by an order, not by refusing it",
    source=Citation("Landlog", "the invariants of the record"),
    remedy="Allow the order that puts the record right, or affirm the entry.",
)
def standing_entry_is_not_refused(t: Taking, record: Record, law: Law) -> Answer:
    if t.step.name == "refused":
        return t.case.carried == 0
    return t.step.name != "affirmed" or t.case.carried > 0


@rule(
    "days that stand still do not run out, and days that run are not started again",
    source=_COURSE,
    remedy="Let the days run again first.",
)
def days_run_or_stand(t: Taking, record: Record, law: Law) -> Answer:
    paused = t.case.paused_since is not None
    if t.step.name == "resumed":
        return paused
    freely = ("objected", "withdrawn", "abated", "stayed-in-appeal", "stay-ended")
    return not paused or t.step.name in freely


@rule(
    "what the clock says of a day is true on the day of its saying, and is said once",
    source=_DAYS,
    remedy="Nothing is to be done: the clock comes back to the case when its day is there.",
)
def clock_tells_the_truth(t: Taking, record: Record, law: Law) -> Answer:
    case, day = t.case, t.act.day
    match t.step.name:
        case "lapsed":
            return case.cure_until is not None and case.cure_until < day
        case "warned":
            near = case.warn_on is not None and case.due is not None and case.warn_on <= day <= case.due
            return near and case.warned is None
        case "breached":
            return case.due is not None and case.due < day and case.breached is None
        case _:
            return True


STEP_RULES: tuple[Rule, ...] = (
    step_fits_the_case,
    step_fits_the_notice,
    step_fits_the_orders,
    role_takes_the_step,
    clock_keeps_to_its_lane,
    reason_is_given,
    day_lies_ahead,
    days_are_long_enough,
    another_person_acts,
    appeal_is_heard_by_another,
    notice_has_run_out,
    objection_is_in_time,
    fee_is_paid,
    fee_is_paid_in_full,
    somebody_hears_the_appeal,
    appeal_is_in_time,
    review_comes_before_appeal,
    standing_entry_is_not_refused,
    days_run_or_stand,
    clock_tells_the_truth,
)


def _decides(step: Step) -> bool:
    return step.name in ("allowed", "refused", "certified", "affirmed") or set(step.by) == {"appeal"}


def _list(words: frozenset[str]) -> str:
    return ", ".join(sorted(words)) or Phrase("nobody")
