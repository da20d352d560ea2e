"""Cases as read: where each file is, who waits in which line, what notices run, how the promised days are kept.

Every row follows from the case's state document in the public map and from the events that made it; names of
applicants and words of reasons are not here, for the log does not have them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import cast

from psycopg2 import extensions
from psycopg2.extras import execute_values

from domain.canon import Json
from domain.case import Case
from domain.case_clock import wakes
from domain.case_steps import Status
from projections.copying import Value, copy_in, upsert
from projections.pages import Doc, Event, Page

_FILE = (
    "case_no", "village", "office", "type", "status", "notice", "lane", "holder", "open", "filed", "filed_index",
    "due", "notice_until", "next_day", "appeal_until", "objections", "paused", "breached", "wake", "touches",
    "version",
)  # fmt: skip
_STEP = (
    "case_no", "idx", "event_id", "type", "decided", "officer", "keyids", "reason", "until", "fell_due",
    "out_of_turn",
)  # fmt: skip
_MEASURES = ("waiting", "overdue", "kept", "broken", "days")
_UNDECIDED_ENDS: frozenset[Status] = frozenset({"withdrawn", "abated", "lapsed"})
"""Ends that are no decision: the office has neither kept its promise nor broken it."""


class Cases:
    """``records.case_file``, ``records.case_step`` and ``records.service_level``."""

    tables = ("records.case_file", "records.case_step", "records.service_level")

    def apply(self, cursor: extensions.cursor, page: Page) -> None:
        changed = page.changed("case")
        if not changed:
            return
        filed = {**_filed_here(page), **_filed_before(cursor, changed)}
        upsert(
            cursor,
            "records.case_file",
            _FILE,
            (_file(page.after[i], filed[i]) for i in changed),
            key="case_no",
        )
        copy_in(cursor, "records.case_step", _STEP, (s for event in page.events for s in _steps(event)))
        _move_levels(cursor, page, changed)


def measures(case: Case | None) -> Counter[str]:
    """What a case adds to its office's service level as it stands.

    Days are counted from the day on which the application was complete to that of the decision.
    """
    found: Counter[str] = Counter()
    if case is None or case.status in _UNDECIDED_ENDS:
        return found
    if case.decided is None:
        found["waiting"] = 1
        found["overdue"] = int(case.breached is not None)
        return found
    late = case.breached is not None or (case.due is not None and case.decided > case.due)
    found["broken" if late else "kept"] = 1
    found["days"] = (case.decided - case.counted_from).days
    return found


def _file(state: Doc, filed_index: int) -> tuple[Value, ...]:
    case = Case.of(state)
    return (
        case.id,
        case.village,
        case.office,
        case.type,
        case.status,
        case.notice,
        case.lane,
        case.with_,
        case.is_open,
        case.filed,
        filed_index,
        case.due,
        case.notice_until,
        case.next_day,
        case.appeal_until,
        case.objections,
        case.paused_since is not None,
        case.breached,
        wakes(case),
        case.touches,
        cast("int", state["version"]),
    )


def _filed_here(page: Page) -> dict[str, int]:
    """The cases that the page opens, each with the index of its filing."""
    return {
        identifier: event.index
        for event in page.events
        for identifier, state in event.after.items()
        if state["kind"] == "case" and event.before[identifier] is None
    }


def _filed_before(cursor: extensions.cursor, cases: Iterable[str]) -> dict[str, int]:
    cursor.execute(
        "select case_no, filed_index from records.case_file where case_no = any(%s)", (list(cases),)
    )
    return dict(cursor.fetchall())


def _steps(event: Event) -> Iterator[tuple[Value, ...]]:
    for identifier, state in event.after.items():
        if state["kind"] != "case":
            continue
        payload = event.payload
        kind = str(payload["type"])
        facts = cast("Mapping[str, Json]", payload["facts"]) if kind.startswith("case.") else {}
        yield (
            identifier,
            event.index,
            str(payload["event_id"]),
            kind,
            date.fromisoformat(str(payload["decided"])),
            str(payload["officer"]),
            event.entry.keyids,
            cast("str | None", facts.get("reason")),
            cast("str | None", facts.get("until")),
            cast("str | None", facts.get("fell_due")),
            cast("str | None", payload.get("out_of_turn")),
        )


def _move_levels(cursor: extensions.cursor, page: Page, cases: Iterable[str]) -> None:
    """Adds what the cases amount to now, and takes away what they amounted to before the page."""
    moved: dict[tuple[str, str], Counter[str]] = {}
    for identifier in cases:
        before, after = page.before[identifier], Case.of(page.after[identifier])
        level = moved.setdefault((after.office, after.type), Counter())
        level.update(measures(after))
        level.subtract(measures(Case.of(before) if before else None))
    execute_values(
        cursor,
        "insert into records.service_level as s (office, type, waiting, overdue, kept, broken, days) values %s"
        " on conflict (office, type) do update set waiting = s.waiting + excluded.waiting,"
        " overdue = s.overdue + excluded.overdue, kept = s.kept + excluded.kept,"
        " broken = s.broken + excluded.broken, days = s.days + excluded.days",
        [(*key, *(level[name] for name in _MEASURES)) for key, level in sorted(moved.items())],
    )
