"""Whether a step of a case was allowed, and an order in a case: the office's rules, asked again from the log alone.

What an auditor cannot see it does not judge: whether an order is word for word what was applied for (the application
is sealed), and whether a file was taken in its turn.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import cast

from domain import catalogue, form, kit
from domain.case import Case
from domain.case_carry import Carrying, carry
from domain.case_effect import act_of, is_of_a_case, law_over
from domain.case_rules import take
from domain.case_steps import FILED
from domain.projection import Doc
from registry.officers import OfficerKey, RoleForbids, check_clock


def is_opposed(payload: Doc, before: Mapping[str, Doc | None]) -> bool:
    """Whether somebody has objected in the case of an order; where there is no case nobody can know, and it counts."""
    state = before.get(str(payload.get("case")))
    return state is None or Case.of(state).is_disputed


def check_case(
    payload: Doc, before: Mapping[str, Doc | None], keys: Iterable[OfficerKey], offices: Iterable[str]
) -> None:
    """Accepts in silence what the rules of cases allow to these signers.

    Raises:
        Refused: naming the rules that do not hold.
        RoleForbids: when the clock signs what does not fall to it, or somebody in its place.
    """
    kind, keys = str(payload["type"]), list(keys)
    if is_of_a_case(kind):
        if kind != FILED:
            case = Case.of(cast("Doc", before[str(payload["case"])]))
            roles = frozenset(r for k in keys for p in k.covers(case.office) for r in p.roles)
            take(case, act_of(payload, roles), law_over(payload))
        return
    auto = "auto" in payload
    day = date.fromisoformat(str(payload["decided"]))
    check_clock(keys, offices=offices, event_type=kind, day=day, auto=auto)
    if auto and payload.get("case") is None:
        raise RoleForbids("the registry's clock has signed an order that stands in no case")
    if payload.get("case") is not None:
        event: object = form.read(catalogue.mutation(kind).module.Event, payload["facts"])
        carrying = Carrying(
            case=Case.of(cast("Doc", before[str(payload["case"])])),
            mutation=kind,
            officers=tuple(str(payload[n]) for n in ("officer", "second_officer") if payload.get(n)),
            by_clock=auto,
            names=frozenset(i for i in kit.named(event) if before.get(i) is not None),
            as_filed=True,
            marked=frozenset(i for i, state in before.items() if _bears_mark(state, str(payload["case"]))),
            continues=catalogue.mutation(kind).continues(event),
        )
        carry(carrying, law_over(payload))


def _bears_mark(state: Doc | None, case_no: str) -> bool:
    pending = state.get("pending") if state else None
    return isinstance(pending, list) and any(
        isinstance(p, dict) and p.get("case") == case_no for p in pending
    )
