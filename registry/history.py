"""What one stream of the event store says: the state of a parcel, unit, case or officer's key, event by event.

A stream keeps of each event the part that concerns it (``parts_of``); folding those parts with the public
projection gives the state document that auditors compute from the log.  The newest event may still wait for its
place in the log; what follows on it can then not be signed yet, because its history hash is not known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar, cast
from uuid import UUID

from domain.canon import Json, parse_object, rewritten
from domain.errors import RegistryError
from domain.ids import kind_of
from domain.projection import EVENT, KEY_EVENT, NO_HISTORY, advance

Doc = dict[str, Json]

_NOT_KEPT = frozenset({"facts", "private", "documents"})  # of the whole order; the log's entry has them


class NotYetSequenced(RegistryError):
    """The last order on this stream is accepted but has no place in the log yet."""

    code: ClassVar[str] = "not-yet-sequenced"

    def __init__(self, identifier: str) -> None:
        super().__init__(
            f"the last order on {identifier} has been accepted and waits for its place in the log",
            field="touches",
            remedy="Try again in a moment. If this lasts, the sequencer is not running: start `landlog work`.",
        )
        self.identifier = identifier


@dataclass(frozen=True, kw_only=True)
class Recorded:
    """One event of a stream; ``index`` and ``leaf_hash`` are its place in the log, None until it has one."""

    version: int
    topic: str
    state: bytes
    event_id: UUID | None
    index: int | None
    leaf_hash: bytes | None


@dataclass(frozen=True)
class History:
    """All events of one stream, oldest first."""

    id: str
    events: tuple[Recorded, ...] = ()

    @property
    def version(self) -> int:
        """The number of events; 0 for what has never been recorded."""
        return self.events[-1].version if self.events else 0

    @property
    def sequenced(self) -> bool:
        """Whether every event has its place in the log."""
        return all(event.index is not None for event in self.events)

    def state(self) -> Doc | None:
        """The state document as of the last event; None when nothing is recorded.

        Raises:
            NotYetSequenced: when the last event has no place in the log yet.
        """
        if not self.sequenced:
            raise NotYetSequenced(self.id)
        return self._folded

    def state_for_judging(self) -> Doc | None:
        """As ``state``, but an event that waits counts too, at the next free index.

        The queue keeps its order, so an accepted revocation stands before any order accepted after it.  The
        ``history`` of such a document is provisional: nobody may sign on it.
        """
        return self._folded

    @cached_property
    def _folded(self) -> Doc | None:
        """Read only: it is made once, and asked for by everybody who judges an order."""
        document: Doc | None = None
        for event in self.events:
            index, leaf_hash = event.index, event.leaf_hash
            if index is None or leaf_hash is None:
                index, leaf_hash = 1 + cast("int", (document or {}).get("last_index", -1)), bytes(32)
            payload_type = KEY_EVENT if kind_of(self.id) == "officer" else EVENT
            document = advance(
                {self.id: document}, payload_type, parse_object(event.state), index, leaf_hash
            )[self.id]
        return document


def parts_of(payload: Doc) -> dict[str, bytes]:
    """What the stream of each thing touched keeps of an order: the same payload, cut down to that one thing.

    ``payload`` is canonical: it has been signed.

    >>> order = {"type": "mutation.sale/1", "touches": [{"id": "593873-000145", "prev_version": 1}],
    ...          "set": {"593873-000145": {"unit": "593873-U000045"}}, "facts": {}, "private": {}}
    >>> parts_of(order)["593873-000145"].decode()  # doctest: +ELLIPSIS
    '{"set":{"593873-000145":{"unit":...}},"touches":[{...}],"type":"mutation.sale/1"}'
    """
    shared = {name: value for name, value in payload.items() if name not in _NOT_KEPT}
    changes = cast("dict[str, Doc]", payload.get("set", {}))
    parts = {}
    for touch in cast("list[Doc]", payload["touches"]):
        identifier = str(touch["id"])
        part: Doc = {**shared, "touches": [touch]}
        if "set" in payload:
            part["set"] = {identifier: changes[identifier]} if identifier in changes else {}
        parts[identifier] = rewritten(part)
    return parts


def touches_of(histories: Sequence[History]) -> list[Json]:
    """The ``touches`` of an order that builds on these histories as they stand, sorted by id.

    Raises:
        NotYetSequenced: when one of them has an event without a place in the log.
    """
    touches: list[Json] = []
    for history in sorted(histories, key=lambda h: h.id):
        state = history.state()
        touches.append(
            {
                "id": history.id,
                "prev_version": history.version,
                "prev_history": NO_HISTORY if state is None else state["history"],
            }
        )
    return touches
