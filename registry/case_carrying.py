"""Carrying a case out: an order made in a case changes the record and the case in one event.

Beside what the mutation does, the order takes the case's mark off everything that bears it, so no buyer is told of a
case that is over, and none is left untold of one that is not.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from domain import form, kit
from domain.canon import Json, canonical
from domain.case import Case, notice_days
from domain.case_carry import CARRY_RULES, Carrying, bears_mark, carry, unmarked
from domain.case_effect import case_changes
from domain.errors import NotFound
from domain.form import BadForm
from domain.ids import CaseNo
from domain.kit import Mutation, State
from domain.languages import Phrase
from domain.law import Figure, Law
from domain.record import Record
from domain.values import Sealed
from registry.case_land import Land, land_since
from registry.case_queue import Queue
from registry.history import History
from registry.openings import Openings
from registry.store import OfficeRecorder

Doc = dict[str, Json]


@dataclass(frozen=True, kw_only=True)
class Carried:
    """What an order in a case changes: the case, and the land, its marks taken off."""

    no: CaseNo
    before: Case
    after: Case
    land: Mapping[str, State]
    record: Record
    histories: Mapping[str, History]
    auto: Doc | None

    @property
    def changes(self) -> Doc:
        """The members of the case's state that change."""
        return case_changes(self.before, self.after)


class Carrier:
    """Judges orders that are made in cases."""

    def __init__(self, recorder: OfficeRecorder, openings: Openings) -> None:
        self._recorder = recorder
        self._openings = openings
        self._queue = Queue(recorder)

    def carry(
        self,
        case_no: str,
        *,
        officers: Sequence[str],
        by_clock: bool,
        out_of_turn: str | None,
        mutation: Mutation,
        event: Any,
        application: Any,
        record: Record,
        after: Mapping[str, State],
        histories: Mapping[str, History],
        law: Law,
    ) -> Carried:
        """What the order makes of the case and of the land that waits over it.

        Raises:
            NotFound: when there is no such case.
            Refused: when it may not be carried out now, or not before others.
        """
        case = case_of(histories, case_no)
        carrying = Carrying(
            case=case,
            mutation=mutation.type,
            officers=tuple(officers),
            by_clock=by_clock,
            names=kit.existing(application),
            as_filed=self._is_as_filed(case, mutation, application),
            marked=frozenset(s.id for s in _land(record) if bears_mark(s, case_no)),
            continues=mutation.continues(event),
        )
        carried = carry(carrying, law)
        if not by_clock:
            self._queue.check_turn(case, histories[case_no], step=None, out_of_turn=out_of_turn)
        land = Land() if carrying.continues else land_since(self._recorder, case.touches)
        marked = {i: s for i, s in land.marked(case.id).items() if i not in after}
        return Carried(
            no=case.id,
            before=case,
            after=carried,
            land=unmarked({**marked, **after}, case.id, continues=carrying.continues),
            record=record.with_states(*marked.values()),
            histories={**{i: land.histories[i] for i in marked}, **histories},
            auto=_why(case, mutation, law) if by_clock else None,
        )

    def application(self, case: Case) -> Json:
        """What was applied for, opened.

        Raises:
            NotFound: when it has been erased.
        """
        opening = self._openings.read([case.application]).get(case.application)
        if opening is None:
            raise NotFound(
                Phrase("the application of the case {case} has been erased", case=case.id),
                field="case",
                remedy="Have the case withdrawn or abated; nothing can be carried out in it.",
            )
        return opening.value

    def _is_as_filed(self, case: Case, mutation: Mutation, application: Any) -> bool:
        if case.status != "unopposed":
            return False
        try:
            filed = mutation.read(self.application(case))
        except (BadForm, NotFound):
            return False
        return canonical(form.write(bare(filed))) == canonical(form.write(bare(application)))


def case_of(histories: Mapping[str, History], case_no: str) -> Case:
    """The case as it stands.

    Raises:
        NotFound: when nothing was ever filed under that number.
        NotYetSequenced: when its last step waits for its place in the log.
    """
    state = histories[case_no].state()
    if state is None:
        raise NotFound(Phrase("no case {case} was filed here", case=case_no), field="case")
    return Case.of(state)


def _land(record: Record) -> list[State]:
    return [*record.parcels.values(), *record.units.values()]


def bare(application: Any) -> Any:
    """The application without the ids and salts that an office fills in: what the applicant asked for.

    >>> from domain.values import Consideration, Salt
    >>> bare(Consideration(paise=5, salt=Salt(bytes(32)))) == Consideration(paise=5)
    True
    """
    given: dict[str, Any] = {}
    for f in dataclasses.fields(application):
        value = getattr(application, f.name)
        if "issued" in f.metadata or (isinstance(application, Sealed) and f.name == "salt"):
            given[f.name] = None
        elif isinstance(value, tuple):
            given[f.name] = tuple(bare(v) if dataclasses.is_dataclass(v) else v for v in value)
        elif dataclasses.is_dataclass(value):
            given[f.name] = bare(value)
    return dataclasses.replace(application, **given)


def _why(case: Case, mutation: Mutation, law: Law) -> Doc:
    """By what the clock decided: the rules that hold, the figures that it went by."""
    names = (notice_days(case), "auto-lane")
    return {
        "rules": [r.name for r in (*mutation.module.RULES, *CARRY_RULES)],
        "figures": [_figure(law.figure(name, case.about)) for name in names],
        "notice_until": case.notice_until.isoformat() if case.notice_until else None,
    }


def _figure(figure: Figure) -> Json:
    return {
        "name": figure.name,
        "value": str(figure.value),
        "unit": figure.unit,
        "since": figure.since.isoformat(),
        "state": figure.state,
        "source": figure.source,
    }
