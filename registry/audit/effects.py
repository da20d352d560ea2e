"""What the law makes of an event's facts: the ``set`` that the event must carry, for every type in a log."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar, Protocol, cast

from domain import catalogue, form, kit
from domain.canon import Json
from domain.case_carry import marks_kept
from domain.case_effect import carrying_effect, is_of_a_case
from domain.case_effect import effect as case_effect
from domain.errors import RegistryError
from domain.ids import ParcelId, UnitId
from domain.kit import Mutation, State
from domain.projection import Doc
from domain.record import Parcel, Record, Unit
from registry import flags


class UnknownType(RegistryError):
    """This auditor does not know the law of a type: it may be younger than the auditor."""

    code: ClassVar[str] = "unknown-type"


class BrokenFacts(RegistryError):
    """The law cannot be applied to the facts: they are malformed, or do not fit the record."""

    code: ClassVar[str] = "broken-facts"


class NotNew(RegistryError):
    """What an event calls new is registered already: it would overwrite the record."""

    code: ClassVar[str] = "not-new"


@dataclass(frozen=True)
class Effect:
    """The members that change, by id; whose land it is; how many officers must sign.

    ``by_authority``: it is signed as a revocation is, by root keys or an appointing authority.
    """

    changes: Mapping[str, Doc]
    offices: frozenset[str]
    signatures: int
    by_authority: bool = False


MOST_VALUES = 20_000
_STUMBLES = (KeyError, ValueError, TypeError, AttributeError, IndexError, ArithmeticError, StopIteration)
"""``apply`` never refuses; facts that were never decided on this record can make it stumble over what is absent."""


class States(Protocol):
    """The states that stand just before the event, and who touched them."""

    def states(self, ids: Iterable[str]) -> Mapping[str, Doc | None]: ...
    def has_touched(self, key: int, identifier: str, since: int) -> bool: ...


class Law:
    """The law of every type, on one book; values once read from a state document are kept while it stands."""

    def __init__(self, book: States) -> None:
        self._book = book
        self._values: dict[str, tuple[Json, State]] = {}

    def effect_of(self, payload: Doc, before: Mapping[str, Doc | None]) -> Effect:
        """The effect that the event's facts must have; ``before`` are the states that it touches.

        Raises:
            UnknownType, BrokenFacts: as their names say.
            RegistryError: when the law itself refuses the facts.
        """
        kind = str(payload["type"])
        mutation = catalogue.all_types().get(kind)
        if kind == flags.TYPE:
            return self._of_review(payload, before)
        if mutation is None and not is_of_a_case(kind):
            raise UnknownType(
                f"this auditor does not know the law of {kind[:60]}",
                remedy="Update the auditor to the release that the registry runs, and start it again.",
            )
        try:
            return self._of_mutation(mutation, payload, before) if mutation else _of_case(payload, before)
        except _STUMBLES as error:
            raise BrokenFacts(f"the law of {kind} cannot be applied to these facts: {error!r}") from error

    def _of_review(self, payload: Doc, before: Mapping[str, Doc | None]) -> Effect:
        """A key review, signed as the revocation was that it follows from: of what the key touched, and no more."""
        facts = payload["facts"]
        keyid = str(facts.get("keyid")) if isinstance(facts, dict) else ""
        key = self._book.states([keyid])[keyid]
        changes = flags.effect({"keyid": keyid}, before, key)
        enrolled, since = (
            cast("dict[str, int]", key)["enrolled"],
            cast("dict[str, int]", key)["suspect_from_index"],
        )
        if strange := sorted(i for i in changes if not self._book.has_touched(enrolled, i, since)):
            raise flags.NothingToReview(
                f"{strange[0]} is put under review, and the key {keyid[:16]} has not touched it since entry {since}"
            )
        return Effect(changes=changes, offices=_offices(before), signatures=1, by_authority=True)

    def _of_mutation(self, mutation: Mutation, payload: Doc, before: Mapping[str, Doc | None]) -> Effect:
        event: object = form.read(mutation.module.Event, payload["facts"])
        known = dict(before)
        known |= self._book.states(i for i in kit.named(event) if i not in known)
        if taken := sorted(i for i in kit.new(event) if known.get(i) is not None):
            raise NotNew(f"{taken[0]} is to be new, and is registered already")
        record = self._record(known)
        if beside := mutation.also_reads(record) - known.keys():
            known |= self._book.states(beside)
            record = self._record(known)
        after = marks_kept(record, mutation.apply(event, record))
        if payload.get("case") is not None:
            continues = mutation.continues(event)
            changes = carrying_effect(payload, before, record, after, continues=continues)
        else:
            changes = {i: changed(known.get(i), state) for i, state in after.items()}
        return Effect(
            changes=changes,
            offices=frozenset(state.office for state in after.values()) | _offices(before),
            signatures=mutation.signatures_needed(record),
        )

    def _record(self, states: Mapping[str, Doc | None]) -> Record:
        """The parcels and units among these states."""
        if len(self._values) > MOST_VALUES:
            self._values = {}
        parcels: dict[ParcelId, Parcel] = {}
        units: dict[UnitId, Unit] = {}
        for identifier, doc in states.items():
            if doc is None:
                continue
            version, value = self._values.get(identifier) or (None, None)
            if value is None or version != doc["version"]:
                value = _value(doc)
                if value is None:
                    continue
                self._values[identifier] = (doc["version"], value)
            if isinstance(value, Parcel):
                parcels[value.id] = value
            else:
                units[value.id] = value
        return Record(parcels=parcels, units=units)


def _of_case(payload: Doc, before: Mapping[str, Doc | None]) -> Effect:
    """A filing or a step: one officer's act at the office of the case."""
    return Effect(
        changes=case_effect(payload, before), offices=frozenset({str(payload["office"])}), signatures=1
    )


def _offices(states: Mapping[str, Doc | None]) -> frozenset[str]:
    """Under whom land lies before the event: nobody pulls it out of another's office."""
    return frozenset(str(s["office"]) for s in states.values() if s is not None and "office" in s)


def _value(doc: Doc) -> State | None:
    match doc["kind"]:
        case "parcel":
            return Parcel.of(doc)
        case "unit":
            return Unit.of(doc)
        case _:
            return None


def changed(before: Doc | None, after: State) -> Doc:
    """The members of a state that change: what ``domain.kit.changes`` gives, without writing the old state anew."""
    was = before or {}
    fixed = ("kind", "id")
    return {
        name: value
        for name, value in after.doc().items()
        if name not in fixed and (name not in was or was[name] != value)
    }
