"""History: every order on a parcel or unit, who signed it, and the sentence that stands in the record.

The mutation register of a village is the same table read by village, newest first.  The wording is for people and
must never stop the runner: a type that has no words (yet), or whose words fail, is shown by its title or name.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import date
from functools import cache
from typing import cast

from psycopg2 import extensions

from domain import catalogue, form
from domain.case_steps import FILED, STEPS, step_words
from domain.errors import NotFound
from domain.ids import ParcelId, UnitId, village_of
from domain.kit import Mutation
from domain.law import languages, state_of
from domain.record import Parcel, Record, Unit
from projections.copying import Value, copy_in
from projections.pages import Doc, Event, Page
from projections.states import compact
from registry import flags

_EVENT = (
    "idx", "event_id", "type", "village", "decided", "office", "officer", "order_no", "keyids", "words",
    "case_no",
)  # fmt: skip
_EVENT_OF = ("id", "idx", "version")

_log = logging.getLogger(__name__)


class History:
    """``records.event`` and ``records.event_of``."""

    tables = ("records.event", "records.event_of")

    def apply(self, cursor: extensions.cursor, page: Page) -> None:
        orders = [event for event in page.events if event.is_order and event.after]
        copy_in(cursor, "records.event", _EVENT, map(_row, orders))
        touched = (
            (identifier, event.index, cast("int", state["version"]))
            for event in orders
            for identifier, state in event.after.items()
            if state["kind"] in ("parcel", "unit")
        )
        copy_in(cursor, "records.event_of", _EVENT_OF, touched)


def words(event: Event) -> dict[str, str]:
    """The sentence in the record, in each language of the state's record and always in English."""
    wanted = _languages(str(event.payload["office"]))
    kind = str(event.payload["type"])
    mutation = _mutation(kind)
    if mutation is None:
        return {language: _words_of_no_mutation(event.payload, language) or kind for language in wanted}
    try:
        fact: object = form.read(mutation.module.Event, event.payload["facts"])
        record = _record_before(event)
        return {language: mutation.words(fact, record, language) for language in wanted}
    except Exception:  # noqa: BLE001  # whatever a type's wording does: what happened is recorded and shown
        _log.warning(
            "no words for the %s at index %d; its title stands instead", kind, event.index, exc_info=True
        )
        return {language: mutation.title(language) for language in wanted}


def _row(event: Event) -> tuple[Value, ...]:
    payload = event.payload
    return (
        event.index,
        str(payload["event_id"]),
        str(payload["type"]),
        village_of(next(iter(event.after))),
        date.fromisoformat(str(payload["decided"])),
        str(payload["office"]),
        str(payload["officer"]),
        str(payload["order_no"]),
        event.entry.keyids,
        compact({**words(event)}),
        cast("str | None", payload.get("case")),
    )


def _words_of_no_mutation(payload: Doc, language: str) -> str | None:
    """What happened to a case, or that land came under review; None for what is not known here."""
    kind = str(payload["type"])
    if kind == flags.TYPE:
        return flags.WORDING.get(language, flags.WORDING["en"])
    if kind != FILED and kind not in STEPS:
        return None
    words = step_words(kind, language)
    return f"{payload['case']}: {words}" if payload.get("case") else words


@cache
def _mutation(kind: str) -> Mutation | None:
    try:
        return catalogue.mutation(kind)
    except NotFound:
        return None


@cache
def _languages(office: str) -> Sequence[str]:
    spoken = languages(state_of(office))
    return spoken if "en" in spoken else (*spoken, "en")


def _record_before(event: Event) -> Record:
    """What the order touched, as it stood before."""
    known = [state for state in event.before.values() if state is not None]
    return Record(
        parcels={ParcelId(str(s["id"])): Parcel.of(s) for s in known if s["kind"] == "parcel"},
        units={UnitId(str(s["id"])): Unit.of(s) for s in known if s["kind"] == "unit"},
    )
