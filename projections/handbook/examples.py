"""Worked examples told: what the record shows, what is applied for, and what the record shows then or why not.

An example refers to people by commitments.  Those whose names stand in an application of the same type, or among the
people whom the examples share, are told by name; of others the beginning of the commitment is shown.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import cast

from domain import form, mutations
from domain.canon import Json
from domain.kit import Example, Mutation
from domain.law import Law, languages, law_of
from domain.record import Charge, Hold, Parcel, Record, Restriction, Unit
from domain.values import Party
from projections.handbook.words import Words, in_tongues

_COMMITMENT = re.compile(r"[A-Za-z0-9+/]{43}=")
_SHOWN = 8  # characters of a commitment whose holder has no name here

Names = Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class Ground:
    """A rule that an example breaks."""

    rule: str
    sentence: str
    sentence_words: Words


@dataclass(frozen=True, kw_only=True)
class Told:
    """One worked example.  ``when`` and ``then`` are forms and states without salts, people by their names."""

    title: str
    day: date
    given: tuple[Words, ...]
    when: Json
    then: Json
    sentence: Words
    """What stands in the record afterwards; empty where the example is refused."""
    refused: tuple[Ground, ...]


def told(kind: Mutation, law: Law) -> tuple[Told, ...]:
    """Every worked example of the type, in its own order."""
    names = _people(kind)
    return tuple(_told(kind, example, names, law) for example in kind.module.EXAMPLES)


def _told(kind: Mutation, example: Example, names: Names, law: Law) -> Told:
    spoken = languages(law.state)
    sentence: Words = {}
    if not example.refused:
        event = kind.decide(example.when, example.given, law_of(example.state, example.day))
        sentence = {language: kind.words(event, example.given, language) for language in spoken}
    return Told(
        title=example.title,
        day=example.day,
        given=tuple(
            dict(zip(spoken, lines, strict=True))
            for lines in zip(*(_given(example.given, names, law, lang) for lang in spoken), strict=True)
        ),
        when=_plain(form.write(example.when), names),
        then=_plain(cast("Json", {i: dict(members) for i, members in example.then.items()}), names),
        sentence=sentence,
        refused=tuple(
            Ground(rule=r.name, sentence=r.sentence, sentence_words=in_tongues(r.sentence))
            for r in example.refused
        ),
    )


def _people(kind: Mutation) -> Names:
    """The parties that the examples know, by commitment."""
    shared = [
        value
        for name, module in list(sys.modules.items())
        if name.startswith(f"{mutations.__name__}.")
        for value in vars(module).values()
        if isinstance(value, Party)
    ]
    named = [v for e in kind.module.EXAMPLES for _, v in form.walk(e.when) if isinstance(v, Party)]
    return {party.commitment: party.name for party in (*shared, *named)}


def _given(record: Record, names: Names, law: Law, language: str) -> list[str]:
    """The record before, a line for each unit, parcel and label; the same number of lines in every language."""

    def word(code: str) -> str:
        return law.word(code, language)

    lines = []
    for unit in record.units.values():
        shares = ", ".join(
            f"{_name(h.party, names)} {h.share if h.share is not None else word('undetermined')}"
            for h in unit.shares
        )
        land = ", ".join(record.parcels[p].label if p in record.parcels else p for p in unit.parcels)
        burdens = "".join(f"; {b}" for b in _burdens(unit, names, law, language))
        status = f", {word('closed')}" if unit.status == "closed" else ""
        lines.append(
            f"{word('unit')} {unit.label} ({unit.id}), {word(unit.tenure)}{status}: {shares}; "
            f"{word('parcel')} {land}{burdens}"
        )
    for parcel in record.parcels.values():
        burdens = "".join(f"; {b}" for b in _burdens(parcel, names, law, language))
        status = f", {word('retired')}" if parcel.status == "retired" else ""
        lines.append(
            f"{word('parcel')} {parcel.label} ({parcel.id}), {word(parcel.land_class)}, {word(parcel.use)}{status}: "
            f"{parcel.area.figure} {word(parcel.area.unit)}{burdens}"
        )
    lines += [f"{word(kind)} {label}: {bearer}" for (_, kind, label), bearer in record.labels.items()]
    if record.survey:
        parts = ", ".join(f"{m2} m²" for m2 in record.survey.children_m2)
        lines.append(f"{word('map')}: {record.survey.parent_m2} m² → {parts}")
    return lines


def _burdens(state: Parcel | Unit, names: Names, law: Law, language: str) -> list[str]:
    burdens: tuple[Restriction | Charge | Hold, ...] = state.restrictions
    if isinstance(state, Unit):
        burdens = (*state.charges, *state.holds, *state.restrictions)
    return [_burden(b, names, law, language) for b in burdens]


def _burden(burden: Restriction | Charge | Hold, names: Names, law: Law, language: str) -> str:
    if isinstance(burden, Hold):
        return f"{law.word('priority-hold', language)} → {burden.until}"
    rank = f", {law.word('rank', language)} {burden.rank}" if isinstance(burden, Charge) else ""
    on = f", {law.word('on-share', language)} {_name(burden.on, names)}" if burden.on else ""
    return f"{law.word(burden.kind, language)}{rank}{on}"


def _plain(value: Json, names: Names) -> Json:
    """A form or a state for reading: no salts, nothing that is empty, shares and people as people write them."""
    if isinstance(value, dict):
        if set(value) == {"party", "num", "den"}:
            share = f" {value['num']}/{value['den']}" if value["num"] is not None else ""
            return f"{_name(str(value['party']), names)}{share}"
        if set(value) == {"figure", "unit"}:
            return f"{value['figure']} {value['unit']}"
        members = {name: _plain(member, names) for name, member in value.items() if name != "salt"}
        return {name: member for name, member in members.items() if member not in (None, [], {})}
    if isinstance(value, list):
        return [_plain(item, names) for item in value]
    if isinstance(value, str) and _COMMITMENT.fullmatch(value):
        return _name(value, names)
    return value


def _name(commitment: str, names: Names) -> str:
    """A holder's name; of whoever has none here, and of papers and shapes, the beginning of what stands for it."""
    return names.get(commitment) or f"{commitment[:_SHOWN]}…"
