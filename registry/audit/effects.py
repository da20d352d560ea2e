"""What the law makes of an event's facts: the ``set`` that the event must carry, for every type in a log."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Protocol

from domain import catalogue, form, kit
from domain.errors import RegistryError
from domain.ids import ParcelId, UnitId, kind_of
from domain.kit import Mutation, State
from domain.projection import Doc
from domain.record import Parcel, Record, Unit


class UnknownType(RegistryError):
    """This auditor does not know the law of a type: it may be younger than the auditor."""

    code: ClassVar[str] = "unknown-type"


class BrokenFacts(RegistryError):
    """The law cannot be applied to the facts: they are malformed, or do not fit the record."""

    code: ClassVar[str] = "broken-facts"


@dataclass(frozen=True)
class Effect:
    """The members that change, by id; whose land it is; how many officers must sign.

    ``by_authority``: it is signed as a revocation is, by root keys or an appointing authority.
    """

    changes: Mapping[str, Doc]
    offices: frozenset[str]
    signatures: int
    by_authority: bool = False


class States(Protocol):
    """The states that stand just before the event."""

    def states(self, ids: Iterable[str]) -> Mapping[str, Doc | None]: ...
    def keyids_of(self, officer: str) -> Sequence[str]: ...


def effect_of(payload: Doc, before: Mapping[str, Doc | None], book: States) -> Effect:
    """The effect that the event's facts must have.

    Raises:
        UnknownType, BrokenFacts: as their names say.
        RegistryError: when the law itself refuses the facts.
    """
    kind = str(payload["type"])
    try:
        if kind in catalogue.all_types():
            return _of_mutation(catalogue.all_types()[kind], payload, before, book)
    except (
        KeyError,
        ValueError,
        TypeError,
        AttributeError,
        IndexError,
        ArithmeticError,
        StopIteration,
    ) as error:
        # ``apply`` never refuses; facts that were never decided on this record can make it stumble over what is absent.
        raise BrokenFacts(f"the law of {kind} cannot be applied to these facts: {error!r}") from error
    raise UnknownType(
        f"this auditor does not know the law of {kind[:60]}",
        remedy="Update the auditor to the release that the registry runs, and start it again.",
    )


def _of_mutation(mutation: Mutation, payload: Doc, before: Mapping[str, Doc | None], book: States) -> Effect:
    event: object = form.read(mutation.module.Event, payload["facts"])
    known = {**before, **book.states(i for i in kit.named(event) if i not in before)}
    record = record_of(known)
    if beside := mutation.also_reads(record) - known.keys():
        known |= book.states(beside)
        record = record_of(known)
    after = mutation.apply(event, record)
    return Effect(
        changes={identifier: changed(known.get(identifier), state) for identifier, state in after.items()},
        offices=frozenset(state.office for state in after.values()),
        signatures=mutation.signatures_needed(record),
    )


def record_of(states: Mapping[str, Doc | None]) -> Record:
    """The parcels and units among these states."""
    parcels: dict[ParcelId, Parcel] = {}
    units: dict[UnitId, Unit] = {}
    for identifier, doc in states.items():
        if doc is None:
            continue
        kind = kind_of(identifier)
        if kind == "parcel":
            parcels[ParcelId(identifier)] = Parcel.of(doc)
        elif kind == "unit":
            units[UnitId(identifier)] = Unit.of(doc)
    return Record(parcels=parcels, units=units)


def changed(before: Doc | None, after: State) -> Doc:
    """The members of a state that change: what ``domain.kit.changes`` gives, without writing the old state anew."""
    was = before or {}
    fixed = ("kind", "id")
    return {
        name: value
        for name, value in after.doc().items()
        if name not in fixed and (name not in was or was[name] != value)
    }
