"""The land of a case: what it names, what has come of it since, and which of it bears the case's mark."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from domain.case_carry import bears_mark
from domain.kit import State
from domain.record import Parcel, Record
from registry.history import History
from registry.order_parts import record_of
from registry.store import OfficeRecorder


@dataclass(frozen=True)
class Land:
    """Parcels and units as they stand, with the histories that say so."""

    histories: Mapping[str, History] = field(default_factory=dict)
    record: Record = field(default=Record())

    @property
    def states(self) -> dict[str, State]:
        all_of_them: list[State] = [*self.record.parcels.values(), *self.record.units.values()]
        return {s.id: s for s in all_of_them}

    def marked(self, case_no: str) -> dict[str, State]:
        """What shows the case as pending."""
        return {i: s for i, s in self.states.items() if bears_mark(s, case_no)}

    def active(self) -> dict[str, State]:
        return {i: s for i, s in self.states.items() if s.status == "active"}


def land_named(recorder: OfficeRecorder, ids: Iterable[str]) -> Land:
    """What is named, and the units to which the parcels among it belong.

    Raises:
        NotYetSequenced: when the last order on some of it waits for its place in the log.
    """
    histories = recorder.load(sorted(set(ids)))
    return _with(recorder, histories, {p.unit for p in record_of(histories).parcels.values()})


def land_since(recorder: OfficeRecorder, ids: Iterable[str]) -> Land:
    """As ``land_named``, with all that was made of it since: the parts of what was divided, the units that hold them.

    Raises:
        NotYetSequenced: when the last order on some of it waits for its place in the log.
    """
    land = Land(histories=(found := recorder.load(sorted(set(ids)))), record=record_of(found))
    while beyond := {i for s in land.states.values() for i in _onward(s)} - set(land.histories):
        land = _with(recorder, land.histories, beyond)
    return land


def _onward(state: State) -> tuple[str, ...]:
    return (*state.successors, state.unit) if isinstance(state, Parcel) else ()


def _with(recorder: OfficeRecorder, histories: Mapping[str, History], ids: Iterable[str]) -> Land:
    absent = sorted(set(ids) - set(histories))
    all_of_them = {**histories, **(recorder.load(absent) if absent else {})}
    return Land(histories=all_of_them, record=record_of(all_of_them))
