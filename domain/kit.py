"""The kit with which a mutation type is written, and what the rest of the house may ask of any type.

A type is one module of ``domain.mutations``.  It declares, in the order in which a clerk asks: ``TYPE``, ``TITLE``,
``PROCEDURE``, ``Application``, its rules, ``Event``, ``decide``, ``apply``, ``WORDING``, ``terms`` and ``EXAMPLES``.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from typing import Any, Literal, Protocol, TypeVar, cast

from domain import form, values
from domain.canon import Json, canonical
from domain.commitment import Opening
from domain.errors import BadInput, Finding, Refused
from domain.ids import ParcelId, UnitId, VillageCode, kind_of
from domain.ids import village_of as village_of_id
from domain.languages import Phrase
from domain.law import Law
from domain.record import Doc, Parcel, Record, Unit
from domain.restrictions import Nature
from domain.values import Digest, OfficeCode, ParcelLabel, PartyRef, Sealed, Ulpin, UnitLabel

State = Parcel | Unit
A = TypeVar("A")


@dataclass(frozen=True)
class Citation:
    """The most official source of a rule: the law, and the place in it."""

    law: str
    place: str = ""

    def __str__(self) -> str:
        return f"{self.law}, {self.place}" if self.place else self.law


class Broken(Phrase):
    """A rule's answer "no", with the detail that helps: which parcel, by how much.  It is false as a truth value.

    The detail is a sentence of the catalogues with its figures as parts: ``Broken("{given} of {needed}", given=1,
    needed=2)``.  What is only labels or figures is the same in every language, and is given as it is.
    """

    __slots__ = ()

    def __bool__(self) -> bool:
        return False

    @property
    def detail(self) -> Phrase:
        """What was found, as a text like any other."""
        return Phrase(self.template, **self.parts)


Answer = bool | Broken
Predicate = Callable[[Any, Record, Law], Answer]


@dataclass(frozen=True)
class Rule:
    """A sentence that must hold, its source and its remedy, with the predicate that says whether it does.

    ``first`` marks what must hold before other rules can be asked at all: that the things named exist.
    """

    name: str
    sentence: str
    source: Citation
    remedy: str
    holds: Predicate
    first: bool = False

    def finding(self, application: object, record: Record, law: Law) -> Finding | None:
        answer = self.holds(application, record, law)
        if answer:
            return None
        return Finding(
            rule=self.name,
            sentence=self.sentence,
            source=str(self.source),
            remedy=self.remedy,
            detail=answer.detail if isinstance(answer, Broken) else "",
        )


def rule(sentence: str, *, source: Citation, remedy: str, first: bool = False) -> Callable[[Predicate], Rule]:
    """Makes a rule of a predicate ``(application, record, law) -> bool``."""

    def decorate(predicate: Predicate) -> Rule:
        return Rule(
            str(getattr(predicate, "__name__", "rule")).replace("_", "-"),
            sentence,
            source,
            remedy,
            predicate,
            first,
        )

    return decorate


def check(rules: Sequence[Rule], application: object, record: Record, law: Law) -> None:
    """
    Raises:
        Refused: with every rule that does not hold; if things named do not exist, with those findings alone.
    """
    for group in ([r for r in rules if r.first], [r for r in rules if not r.first]):
        findings = tuple(f for r in group if (f := r.finding(application, record, law)))
        if findings:
            raise Refused(findings)


NoticeClass = Literal["registered", "unregistered", "notice-free", "hearing"]
Numbering = Literal["none", "children", "re-union", "fresh"]


@dataclass(frozen=True, kw_only=True)
class Procedure:
    """How a mutation of this type comes about, before any state's figures: who applies, with what, and who decides.

    ``notice`` names the class whose days each state sets; ``numbering`` says what happens to labels.
    ``two_officers`` asks for the signatures of two different officers, whatever the land; government land always
    does, except at its first registration.
    """

    nature: Nature
    applicants: tuple[str, ...]
    papers: tuple[str, ...]
    verified_by: str | None
    decided_by: tuple[str, ...]
    notice: NoticeClass
    numbering: Numbering = "none"
    two_officers: bool = False


GOVERNMENT_CLASSES = frozenset({"government", "poramboke", "gram-sabha", "state"})
"""Codes of land classes that mean the state's or the village community's land."""


@dataclass(frozen=True, kw_only=True)
class Example:
    """A worked example: given a record, when this is applied for, then these states or these refusals."""

    title: str
    given: Record
    when: Any
    then: Mapping[str, Mapping[str, Json]] = field(default_factory=dict)
    """Members of the states that come out, by id."""
    refused: tuple[Rule, ...] = ()
    day: date = date(2026, 11, 21)
    state: str = "generic"


class MutationModule(Protocol):
    """What every module of ``domain.mutations`` declares."""

    TYPE: str
    TITLE: Mapping[str, str]
    PROCEDURE: Procedure
    RULES: tuple[Rule, ...]
    WORDING: Mapping[str, str]
    EXAMPLES: tuple[Example, ...]
    Application: type
    Event: type

    def decide(self, application: Any, record: Record, law: Law, /) -> Any: ...

    def apply(self, event: Any, record: Record, /) -> Sequence[State]: ...

    def terms(self, event: Any, record: Record, /) -> Mapping[str, str]: ...


@dataclass(frozen=True)
class Mutation:
    """One mutation type, as the rest of the house uses it."""

    module: MutationModule

    @property
    def type(self) -> str:
        """The stable name with its version, such as ``mutation.sale/1``."""
        return self.module.TYPE

    @property
    def name(self) -> str:
        """``sale``: how commands and routes call it."""
        return self.type.removeprefix("mutation.").partition("/")[0]

    @property
    def procedure(self) -> Procedure:
        return self.module.PROCEDURE

    @property
    def decided_by(self) -> tuple[str, ...]:
        """The roles that may sign an order of this type."""
        return self.procedure.decided_by

    def signatures_needed(self, record: Record) -> int:
        """Two for government land and for acts that ask for it, else one."""
        government = any(p.land_class in GOVERNMENT_CLASSES for p in record.parcels.values())
        first = self.procedure.nature == "registration"
        return 2 if self.procedure.two_officers or (government and not first) else 1

    def title(self, language: str = "en") -> str:
        return self.module.TITLE.get(language, self.module.TITLE["en"])

    def read(self, application: Json) -> Any:
        """
        Raises:
            form.BadForm: naming every field at fault.
        """
        return form.read(self.module.Application, application)

    def decide(self, application: Any, record: Record, law: Law) -> Any:
        """The event, if every rule holds.

        Raises:
            Refused: with all the rules that do not.
        """
        return self.module.decide(application, record, law)

    def apply(self, event: Any, record: Record) -> dict[str, State]:
        """The states after the event, by id: everything that it touches."""
        return {state.id: state for state in self.module.apply(event, record)}

    def effect(self, facts: Json, record: Record) -> dict[str, Doc]:
        """What the law makes of recorded facts: the ``set`` that the event must carry (for auditors)."""
        return changes(record, self.apply(form.read(self.module.Event, facts), record))

    def also_reads(self, record: Record) -> frozenset[str]:
        """What the decision looks at beyond what the application names: by default the parcels of its units."""
        return (
            frozenset(p for u in record.units.values() for p in u.parcels)
            if self.reads_parcels
            else frozenset()
        )

    def shapes(self, application: Any) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
        """Parent parcels and the digests of their children's shapes, where the cadastre must measure them first."""
        asked = getattr(self.module, "shapes", None)
        return asked(application) if asked else None

    @property
    def in_parts(self) -> bool:
        """Whether one case of this type is carried out by many orders."""
        return hasattr(self.module, "continues")

    def continues(self, event: Any) -> bool:
        """Whether further orders of the same case follow on this one."""
        return self.in_parts and bool(cast("Any", self.module).continues(event))

    @property
    def reads_parcels(self) -> bool:
        """Whether a decision looks at the parcels of the units that it is about."""
        return bool(getattr(self.module, "READS_PARCELS", True))

    def words(self, event: Any, record: Record, language: str = "en") -> str:
        """The sentence that stands in the record's history."""
        wording = self.module.WORDING.get(language, self.module.WORDING["en"])
        return wording.format_map(dict(self.module.terms(event, record)))


def named(application: object) -> frozenset[str]:
    """The ids of parcels and units that an application names."""
    return frozenset(str(v) for kind in (ParcelId, UnitId) for v in form.values_of(application, kind))


def existing(application: object) -> frozenset[str]:
    """The ids that an application refers to as things of the record: all it names but those given to new things."""
    return named(application) - new(application)


def new(application: object) -> frozenset[str]:
    """The ids that an application gives to new things; what it ``extends`` is there already."""
    return frozenset(
        str(identifier)
        for node in _nodes(application)
        if not getattr(node, "extends", False)
        for name, kind, _, _ in _members(cast("Any", type(node)))
        if kind is not None and (identifier := getattr(node, name)) is not None
    )


def parties(application: object) -> frozenset[str]:
    """The holders of the record that an application names, by their commitments."""
    return frozenset(map(str, form.values_of(application, PartyRef)))


def digests(application: object) -> frozenset[str]:
    """The digests of shapes and papers that an application names."""
    return frozenset(map(str, form.values_of(application, Digest)))


def shapes_given(record: Record, after: Mapping[str, State]) -> set[str]:
    """The digests of the shapes that parcels get or change."""
    return {
        str(state.geometry)
        for state in after.values()
        if isinstance(state, Parcel)
        and state.geometry is not None
        and (state.id not in record.parcels or record.parcels[state.id].geometry != state.geometry)
    }


def offices(application: object) -> frozenset[str]:
    """The offices that an application names: those to which it brings land."""
    return frozenset(map(str, form.values_of(application, OfficeCode)))


EVERYWHERE = ""
"""In the place of a village: what a ULPIN is unique in."""


def labels(application: object, village: VillageCode) -> frozenset[tuple[str, str, str]]:
    """The numbers that an application would take, as (village, kind, number); a ULPIN is taken everywhere."""
    kinds = {ParcelLabel: (village, "parcel"), UnitLabel: (village, "unit"), Ulpin: (EVERYWHERE, "ulpin")}
    return frozenset((*at, str(v)) for kind, at in kinds.items() for v in form.values_of(application, kind))


def openings(application: object) -> tuple[Opening, ...]:
    """The openings of every sealed value in a completed application."""
    return tuple(value.opening for value in form.forms_of(application) if isinstance(value, Sealed))


def village_of(application: object, record: Record) -> VillageCode:
    """The village whose numbers an application uses: the one it names, else that of the land, else of the first id.

    Land that has come to another village keeps its id, so the id alone does not tell.
    """
    for value in form.values_of(application, VillageCode):
        return VillageCode(str(value))
    named_here = named(application)
    registered: list[State] = [*record.units.values(), *record.parcels.values()]
    for state in registered:
        if state.id in named_here:
            return state.village
    for hint, value in form.walk(application):
        if hint in (ParcelId, UnitId):
            return village_of_id(str(value))
    raise BadInput(
        "the application names no land",
        field="application",
        remedy="Name the village, the unit or the parcels that it is about.",
    )


def missing(application: object) -> dict[str, int]:
    """How many new ids of each kind the office must issue before deciding."""
    counts = {"parcel": 0, "unit": 0}
    for value in _nodes(application):
        for name, kind, _, _ in _members(cast("Any", type(value))):
            if kind is not None and getattr(value, name) is None:
                counts[kind] += 1
    return counts


def complete(application: A, *, issue: Callable[[str], str], salt: Callable[[], bytes]) -> A:
    """The application with its new ids and salts filled in; what the form already gives stays as it is."""
    given: dict[str, Any] = {}
    for name, kind, is_list, is_form in _members(cast("Any", type(application))):
        value = getattr(application, name)
        if value is None:
            if kind is not None:
                given[name] = issue(kind)
            elif name == "salt" and isinstance(application, Sealed):
                given[name] = values.Salt(salt())
        elif is_form:
            given[name] = (
                tuple(complete(v, issue=issue, salt=salt) for v in value)
                if is_list
                else complete(value, issue=issue, salt=salt)
            )
    return dataclasses.replace(application, **given) if given else application  # type: ignore[type-var]


@cache
def _members(kind: type) -> tuple[tuple[str, str | None, bool, bool], ...]:
    """The fields of a form: name, the kind of id that the office issues there, whether a list, whether of forms."""
    issues = {f.name: f.metadata.get("issued") for f in dataclasses.fields(kind)}
    return tuple((name, issues[name], is_list, is_form) for name, _, is_list, is_form in form.plan(kind))


def changes(record: Record, after: Mapping[str, State]) -> dict[str, Doc]:
    """The members of each state that change: the ``set`` of an event (transparency spec 5.2)."""
    return {
        identifier: _changed(_before(record, identifier), state.doc()) for identifier, state in after.items()
    }


def labels_moved(
    record: Record, after: Mapping[str, State]
) -> tuple[list[tuple[str, str, str, str]], list[tuple[str, str, str, str]]]:
    """The numbers (village, kind, number, id) that come into force and those that fall out of it."""
    taken, released = [], []
    for identifier, state in after.items():
        before = _before(record, identifier)
        was = _numbers_in_force(before) if before else []
        now = _numbers_in_force(state)
        taken += [number for number in now if number not in was]
        released += [number for number in was if number not in now]
    return taken, released


def _numbers_in_force(state: State) -> list[tuple[str, str, str, str]]:
    """Its label in its village, and its ULPIN; a retired parcel and a closed unit bear none."""
    if state.status != "active":
        return []
    label = (state.village, kind_of(state.id), state.label, state.id)
    if isinstance(state, Parcel) and state.ulpin is not None:
        return [label, (EVERYWHERE, "ulpin", state.ulpin, state.id)]
    return [label]


def _before(record: Record, identifier: str) -> State | None:
    return record.parcels.get(ParcelId(identifier)) or record.units.get(UnitId(identifier))


def _changed(before: State | None, after: Doc) -> Doc:
    if before is None:
        return {name: value for name, value in after.items() if name not in ("kind", "id")}
    was = before.doc()
    return {
        name: value
        for name, value in after.items()
        if name not in ("kind", "id") and (name not in was or canonical(was[name]) != canonical(value))
    }


def _nodes(value: object) -> Iterable[Any]:
    if dataclasses.is_dataclass(value):
        yield value
        yield from form.forms_of(value)
