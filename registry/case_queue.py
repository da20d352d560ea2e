"""The queue: an office takes the files that wait for the same step in the order in which they were filed.

Who waits is asked of the record as read, which an index answers at once; it may be a moment behind, so whoever
stands before is looked up in the event store before anybody is told to wait.
"""

from __future__ import annotations

from collections.abc import Mapping

from domain.case import Case
from domain.case_steps import REASONS, STEPS, Status
from domain.errors import BadInput, Finding, Refused
from domain.languages import Phrase
from registry.history import History
from registry.store import OfficeRecorder

_LINES: tuple[frozenset[Status], ...] = (
    frozenset({"filed", "fee-paid"}),
    frozenset({"registered"}),
    frozenset({"prechecked"}),
    frozenset({"unopposed"}),
    frozenset({"objected"}),
    frozenset({"reserved"}),
    frozenset({"allowed", "appeal-allowed"}),
    frozenset({"certified"}),
)
"""The statuses in which files lie in one pile and wait for the next step; hearings and notices go by their days."""
_OUTSIDE_THE_LINE = frozenset(
    {
        "fee-paid",
        "returned",
        "forwarded",
        "land-added",
        "land-released",
        "objected",
        "withdrawn",
        "abated",
        "paused",
        "resumed",
        "warned",
        "breached",
    }
)
"""Steps that take nobody's turn: they move no file towards its order."""
_LOOKED_AT = 20

_AHEAD = """
select case_no from records.case_file
 where office = %s and holder = %s and status = any(%s) and not paused and filed_index < %s
 order by filed_index limit %s"""


class Queue:
    """The files that wait in each office."""

    def __init__(self, recorder: OfficeRecorder) -> None:
        self._recorder = recorder

    def check_turn(
        self, case: Case, history: History, *, step: str | None, out_of_turn: str | None = None
    ) -> None:
        """Accepts in silence a step on the file whose turn it is, or one with a reason for going before others.

        ``step`` is its name, None for the order that carries the case out.

        Raises:
            Refused: naming the file that comes first.
            BadInput: for a reason that the list does not hold.
        """
        if out_of_turn is not None:
            if out_of_turn not in REASONS:
                raise BadInput(
                    Phrase("'{given}' is not a reason", given=out_of_turn[:40]),
                    field="out_of_turn",
                    remedy=Phrase("Known: {known}.", known=", ".join(REASONS)),
                )
            return
        line = next((pile for pile in _LINES if case.status in pile), None)
        if line is None or step in _OUTSIDE_THE_LINE or _goes_on(step):
            return
        if first := self._first(case, history, line):
            raise Refused(
                (
                    Finding(
                        rule="files-are-taken-in-turn",
                        sentence="the files that wait for this step are taken in the order of their filing",
                        source="Landlog, one queue in each office; Tamil Nadu: patta transfer, first in first out",
                        remedy=Phrase(
                            "Take {first} first, or give the reason for which this one goes before it.",
                            first=first,
                        ),
                        detail=Phrase("{first} was filed before {case}", first=first, case=case.id),
                    ),
                )
            )

    def _first(self, case: Case, history: History, line: frozenset[Status]) -> str | None:
        filed_at = history.events[0].index
        if filed_at is None:
            return None
        with self._recorder.datastore.cursor() as cursor:
            cursor.execute(_AHEAD, (case.office, case.with_, sorted(line), filed_at, _LOOKED_AT))
            ahead = [str(case_no) for (case_no,) in cursor.fetchall()]
        now = self._recorder.load(ahead) if ahead else {}
        return next((no for no in ahead if _still_waits(now, no, case, line)), None)


def _goes_on(step: str | None) -> bool:
    """Whether the step is a matter of the case's own day, as a hearing that is adjourned."""
    return step is not None and "hearing" in STEPS[f"case.{step}/1"].before and step != "hearing-set"


def _still_waits(now: Mapping[str, History], case_no: str, case: Case, line: frozenset[Status]) -> bool:
    state = now[case_no].state_for_judging()
    if state is None:
        return False
    other = Case.of(state)
    return other.status in line and other.with_ == case.with_ and other.paused_since is None
