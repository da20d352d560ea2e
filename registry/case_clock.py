"""The clock of the registry: what the law leaves to a day that comes is done on that day, by a key of its own.

A pass asks the record as read which cases a day has come for (an index answers; the others are not touched), judges
each from the event store as it stands, and does for each the one thing that fell due first.  What follows on it is
the matter of the next pass, once the event has its place in the log.  A clock that was down for a month does the
same things in the order in which they fell due; each event bears the day on which the clock ran and names the day on
which it had to: nothing is dated back.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from domain.canon import Json
from domain.case import Case
from domain.case_carry import bears_mark
from domain.case_clock import CARRY, Due, next_due
from domain.errors import NotFound, RecordChanged, Refused, RegistryError
from registry.case_carrying import Carrier
from registry.case_forms import StepRequest
from registry.case_land import land_since
from registry.cases import Cases, Sign
from registry.history import NotYetSequenced
from registry.office import Office, Request
from registry.openings import Openings
from registry.store import OfficeRecorder

AT_ONCE = 500  # cases in memory at a time

_TO_WAKE = """
select case_no, wake, filed_index from records.case_file
 where wake <= %s and (wake, filed_index) > (%s, %s) order by wake, filed_index limit %s"""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Clockwork:
    """What the clock needs of the world outside: its key, fresh event ids and salts."""

    officer: str
    sign: Sign
    event_id: Callable[[], UUID]
    salt: Callable[[], bytes]


@dataclass(frozen=True, kw_only=True)
class Tally:
    """What a pass came to: cases that had something due, things done, and things left for a later pass."""

    due: int = 0
    done: int = 0
    left: int = 0


class Clock:
    """Does what is due, one thing for each case in a pass."""

    def __init__(
        self,
        recorder: OfficeRecorder,
        *,
        cases: Cases,
        office: Office,
        openings: Openings,
        work: Clockwork,
        at_once: int = AT_ONCE,
    ) -> None:
        self._recorder = recorder
        self._cases = cases
        self._office = office
        self._carrier = Carrier(recorder, openings)
        self._work = work
        self._at_once = at_once
        self._failures = 0

    def run(self, today: date) -> Tally:
        """One pass.  What cannot be done now for want of a place in the log is left to the next."""
        due = done = 0
        self._failures = 0
        for case, deed in self.due(today):
            due += 1
            done += self._do(case, deed, today)
        if self._failures > 1:
            _log.warning("%d cases could not go on in this pass", self._failures)
        return Tally(due=due, done=done, left=due - done)

    def due(self, today: date) -> Iterator[tuple[Case, Due]]:
        """Every case for which a day has come, with what fell due first, in the order in which it fell due."""
        after: tuple[date, int] = (date.min, -1)
        while batch := self._candidates(today, after):
            histories = self._recorder.load([case_no for case_no, _, _ in batch])
            for case_no, _, _ in batch:
                history = histories[case_no]
                state = history.state() if history.sequenced else None
                if state is None:
                    continue  # its last step is on its way into the log
                case = Case.of(state)
                if deed := next_due(case, today):
                    yield case, deed
            after = batch[-1][1:]

    def _candidates(self, today: date, after: tuple[date, int]) -> Sequence[tuple[str, date, int]]:
        with self._recorder.datastore.cursor() as cursor:
            cursor.execute(_TO_WAKE, (today, *after, self._at_once))
            return cursor.fetchall()

    def _do(self, case: Case, deed: Due, today: date) -> bool:
        """Whether it was done; if not, nothing was, and a later pass comes back to it."""
        try:
            if reason := self._against(case, deed, today):
                self._step(case, "forwarded", today, deed.day, reason=reason)
            elif deed.deed == CARRY:
                self._carry(case, today)
            else:
                self._step(case, deed.deed, today, deed.day)
        except (NotYetSequenced, RecordChanged):
            return False
        except RegistryError as error:
            _log.warning(
                "case %s: %s fell due on %s and is not done: %s", case.id, deed.deed, deed.day, error
            )
            return False
        return True

    def _against(self, case: Case, deed: Due, today: date) -> str:
        """Why an officer has to see a case before the clock goes on with it: a reason's code, or nothing."""
        if deed.deed not in ("prechecked", CARRY):
            return ""
        try:
            application = self._carrier.application(case)
        except NotFound:
            return "rules-do-not-hold"
        if self._is_behind_another(case):
            return "earlier-case-pending"
        judged = self._office.judge(self._order(case, application), day=today, salt=self._work.salt)
        return "rules-do-not-hold" if judged.findings or judged.signatures > 1 else ""

    def _is_behind_another(self, case: Case) -> bool:
        """Whether a case that was marked upon the same land before this one is still pending there."""
        for state in land_since(self._recorder, case.touches).states.values():
            if not bears_mark(state, case.id):
                continue
            mine = next(p.since for p in state.pending if p.case == case.id)
            if any(p.since is not None and mine is not None and p.since < mine for p in state.pending):
                return True
        return False

    def _carry(self, case: Case, today: date) -> None:
        application = self._carrier.application(case)
        try:
            self._office.sanction(
                replace(self._order(case, application), case=case.id, auto=True),
                sign=self._work.sign,
                day=today,
                event_id=self._work.event_id(),
                salt=self._work.salt,
            )
        except Refused:
            self._step(case, "forwarded", today, case.since, reason="rules-do-not-hold")

    def _order(self, case: Case, application: Json) -> Request:
        return Request(
            type=case.type,
            application=application,
            office=case.office,
            officer=self._work.officer,
            order_no=case.id,
        )

    def _step(self, case: Case, step: str, today: date, fell_due: date, *, reason: str = "") -> None:
        particulars: Json = {"reason": {"code": reason, "words": _WORDS[reason]}} if reason else {}
        self._cases.step(
            StepRequest(case=case.id, step=step, officer=self._work.officer, particulars=particulars),
            sign=self._work.sign,
            day=today,
            event_id=self._work.event_id(),
            salt=self._work.salt,
            fell_due=fell_due,
        )


_WORDS = {
    "rules-do-not-hold": "The rules of the mutation do not all hold of the record as it stands.",
    "earlier-case-pending": "A case that was filed earlier about the same land is not decided yet.",
}
