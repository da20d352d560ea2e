"""What a recorded event makes of a case and of the marks upon its land: pure, for auditors and for whoever replays.

It never refuses: what is in the log has happened.  Whether the step was allowed is the matter of ``domain.case_rules``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import cast

from domain.canon import Json
from domain.case import Act, Case, Lane, carried_in_part, carried_out, filed, moved
from domain.case_carry import marks_kept, unmarked, with_mark, without_mark
from domain.case_steps import FILED, STEPS, SYSTEM
from domain.ids import CaseNo, ParcelId, UnitId, VillageCode, kind_of
from domain.kit import State, changes
from domain.law import Law, law_of, state_of
from domain.record import Doc, Parcel, Record, Unit


def is_of_a_case(event_type: str) -> bool:
    """Whether it is an event about a case and nothing else: a filing or a step."""
    return event_type == FILED or event_type in STEPS


def effect(payload: Doc, before: Mapping[str, Doc | None]) -> dict[str, Doc]:
    """The ``set`` that a filing or a step must carry; ``before`` are the states of what it touches.

    Raises:
        KeyError, ValueError: when the payload is not one of such an event, or does not touch its case.
    """
    case_no, law = str(payload["case"]), law_over(payload)
    was = Case.of(known) if (known := before.get(case_no)) else None
    after = _filed(payload, law) if payload["type"] == FILED else _moved(payload, was, law)
    record = _record(before)
    mark = with_mark if after.is_open else without_mark
    marked: dict[str, State] = {state.id: mark(state, case_no) for state in _land(record)}
    return {**changes(record, marked), case_no: case_changes(was, after)}


def carrying_effect(
    payload: Doc,
    before: Mapping[str, Doc | None],
    record: Record,
    after: Mapping[str, State],
    *,
    continues: bool = False,
) -> dict[str, Doc]:
    """The ``set`` that a mutation must carry whose own effect on the land is ``after``.

    What bears a case's mark keeps it and hands it on to its parts; what was made in a case loses that case's mark,
    and the case is carried out; where the event ``continues``, further orders of the case are to follow.
    """
    after = marks_kept(record, after)
    case_no = payload.get("case")
    if case_no is None:
        return changes(record, after)
    was = Case.of(cast("Doc", before[str(case_no)]))
    waiting: dict[str, State] = {}
    if continues:
        done = carried_in_part(was)
    else:
        waiting = {s.id: s for s in _land(_record(before)) if s.id not in after}
        done = carried_out(was, str(payload["officer"]), law_over(payload))
    left = unmarked({**waiting, **after}, str(case_no), continues=continues)
    return {
        **changes(record.with_states(*waiting.values()), left),
        str(case_no): case_changes(was, done),
    }


def act_of(payload: Doc, roles: frozenset[str]) -> Act:
    """The step that a payload records, taken in those roles."""
    facts, private = cast("Doc", payload["facts"]), cast("Doc", payload["private"])
    return Act(
        type=str(payload["type"]),
        officer=str(payload["officer"]),
        roles=roles,
        day=date.fromisoformat(str(payload["decided"])),
        until=_day(facts.get("until")),
        application=cast("str | None", private.get("application")),
        reason=cast("str | None", facts.get("reason")),
        paid_paise=cast("int | None", facts.get("paid_paise")),
    )


def case_changes(before: Case | None, after: Case) -> Doc:
    """The members of a case's state that change; all of them when it is new."""
    was = before.doc() if before else {}
    fixed = ("kind", "id")
    return {n: v for n, v in after.doc().items() if n not in fixed and (n not in was or was[n] != v)}


def _filed(payload: Doc, law: Law) -> Case:
    facts, private = cast("Doc", payload["facts"]), cast("Doc", payload["private"])
    touches = [str(t["id"]) for t in cast("list[Doc]", payload["touches"])]
    return filed(
        case_no=CaseNo(str(payload["case"])),
        mutation=str(facts["mutation"]),
        village=VillageCode(str(facts["village"])),
        office=str(payload["office"]),
        touches=tuple(sorted(i for i in touches if kind_of(i) != "case")),
        officer=str(payload["officer"]),
        application=str(private["application"]),
        applicant=str(private["person"]),
        law=law,
        lane=cast("Lane", facts["lane"]),
    )


def _moved(payload: Doc, was: Case | None, law: Law) -> Case:
    if was is None:
        raise KeyError(str(payload["case"]))
    clock = frozenset({SYSTEM}) if "fell_due" in cast("Doc", payload["facts"]) else frozenset[str]()
    return moved(was, act_of(payload, clock), law)


def law_over(payload: Doc) -> Law:
    """The law by which an event is judged: that of its office on its own day."""
    return law_of(state_of(str(payload["office"])), date.fromisoformat(str(payload["decided"])))


def _record(states: Mapping[str, Doc | None]) -> Record:
    known = [s for s in states.values() if s is not None]
    return Record(
        parcels={ParcelId(str(s["id"])): Parcel.of(s) for s in known if s["kind"] == "parcel"},
        units={UnitId(str(s["id"])): Unit.of(s) for s in known if s["kind"] == "unit"},
    )


def _land(record: Record) -> list[State]:
    return [*record.parcels.values(), *record.units.values()]


def _day(value: Json) -> date | None:
    return date.fromisoformat(value) if isinstance(value, str) else None
