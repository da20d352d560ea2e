"""Forms and facts: dataclasses read from JSON and written back, with every fault named at once.

The types of a dataclass's fields say what is allowed; there is no second description of a form anywhere.
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
import re
import types
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cache, cached_property
from threading import local
from typing import Any, Literal, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from domain import ids, quantities, values
from domain.canon import Json
from domain.errors import BadInput
from domain.languages import Phrase

T = TypeVar("T")

MAX_ITEMS = 1_000
MAX_TEXT = 200
_UNSEEN = frozenset("\ufffd\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""The mark of a letter that was lost, and the marks that reverse the order in which text is shown."""


class BadForm(BadInput):
    """An application that cannot be read; ``faults`` lists every (field, what is wrong, remedy)."""

    code = "bad-form"

    def __init__(self, faults: tuple[BadInput, ...]) -> None:
        self.faults = faults
        first = faults[0]
        words = Phrase.joined(
            Phrase("{field}: {fault}", field=f.field, fault=Phrase.of(f.message)) for f in faults
        )
        super().__init__(words, field=first.field, remedy=first.remedy)


def read(form: type[T], doc: Json, *, path: str = "") -> T:
    """The dataclass that ``doc`` describes.

    Raises:
        BadForm: naming each field that is missing, unknown or out of its bounds.
    """
    faults: list[BadInput] = []
    value = _read(form, doc, path, faults)
    if faults:
        raise BadForm(tuple(faults))
    return value  # type: ignore[no-any-return]  # without faults it is a `form`


def write(value: object) -> Json:
    """The JSON of a dataclass or of one of its values; ``read`` gives the same value back."""
    return value if value is None or type(value) is str else _writer(cast("Any", type(value)))(value)


@cache
def _writer(kind: type) -> Callable[[Any], Json]:
    """How values of a type are written; found once, for forms are written for every order."""
    if issubclass(kind, quantities.Area):
        return lambda area: {"figure": area.figure, "unit": area.unit}
    if dataclasses.is_dataclass(kind):
        names = tuple(_hints(kind))
        return lambda form: {name: write(getattr(form, name)) for name in names}
    for of, writer in _WRITERS.items():
        if issubclass(kind, of):
            return writer
    raise TypeError(f"{kind.__name__} has no place in a form")


_WRITERS: dict[type, Callable[[Any], Json]] = {
    tuple: lambda items: [write(item) for item in items],
    Fraction: quantities.format_share,
    date: date.isoformat,
    bytes: lambda data: base64.b64encode(data).decode(),
    Decimal: str,
    str: lambda text: text,
    int: lambda number: number,
}


def walk(value: object) -> Sequence[tuple[Any, object]]:
    """Every (declared type, value) inside a dataclass, depth first: how ids, labels and secrets are found."""
    return _walked(value).found


def values_of(value: object, kind: Any) -> Sequence[Any]:
    """Of what ``walk`` finds, the values declared to be of that type."""
    return _walked(value).by_kind.get(kind, ())


def forms_of(value: object) -> Sequence[Any]:
    """Of what ``walk`` finds, the dataclasses."""
    return _walked(value).forms


class _Walk:
    """What a walk has found, put together as it is asked for."""

    def __init__(self, value: object) -> None:
        self.value = value
        self.found: list[tuple[Any, object]] = []
        self.forms: list[Any] = []
        if dataclasses.is_dataclass(value) and not isinstance(value, type):
            self._collect(value)

    @cached_property
    def by_kind(self) -> Mapping[Any, Sequence[Any]]:
        by_kind: dict[Any, list[Any]] = defaultdict(list)
        for kind, value in self.found:
            by_kind[kind].append(value)
        return by_kind

    def _collect(self, value: object) -> None:
        found = self.found
        for name, kind, is_list, is_form in plan(cast("Any", type(value))):
            member = getattr(value, name)
            if member is None:
                continue
            if not is_form:
                found += [(kind, item) for item in member] if is_list else [(kind, member)]
                continue
            for item in member if is_list else (member,):
                found.append((kind, item))
                self.forms.append(item)
                self._collect(item)


class _Last(local):
    """The last walk of a thread: forms never change, and one application is asked many questions in a row."""

    walk = _Walk(None)


_last = _Last()


def _walked(value: object) -> _Walk:
    if _last.walk.value is not value:
        _last.walk = _Walk(value)
    return _last.walk


@cache
def plan(form: Any) -> tuple[tuple[str, Any, bool, bool], ...]:
    """For each field: its name, the type of its value or of its items, whether it is a list, whether of forms."""
    plan = []
    for name, hint in _hints(form).items():
        if get_origin(hint) in (Union, types.UnionType):
            hint = next(arm for arm in get_args(hint) if arm is not type(None))
        is_list = get_origin(hint) is tuple
        item = get_args(hint)[0] if is_list else hint
        plan.append((name, item, is_list, dataclasses.is_dataclass(item)))
    return tuple(plan)


def schema(form: type) -> dict[str, Json]:
    """The form as a JSON Schema (2020-12), for OpenAPI and for those who draw forms."""
    properties = {name: _schema(hint) for name, hint in _hints(form).items()}
    required = [f.name for f in dataclasses.fields(form) if _is_required(f)]
    return {
        "type": "object",
        "description": (form.__doc__ or "").split("\n")[0],
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }


@cache
def _hints(form: type) -> dict[str, Any]:
    hints = get_type_hints(form)
    return {f.name: hints[f.name] for f in dataclasses.fields(form)}


def _is_required(f: dataclasses.Field[Any]) -> bool:
    return f.default is dataclasses.MISSING and f.default_factory is dataclasses.MISSING


def _read(hint: Any, doc: Json, path: str, faults: list[BadInput]) -> Any:
    before = len(faults)
    value = _reader(hint)(doc, faults)
    if path:
        faults[before:] = [_at(path, fault) for fault in faults[before:]]
    return value


Reader = Callable[[Json, list[BadInput]], Any]
"""Reads one value; what is wrong with it is appended, with the place counted from the value."""


@cache
def _reader(hint: Any) -> Reader:
    """The reader of a type, made once: forms are read for every order."""
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        inner = _reader(next(a for a in get_args(hint) if a is not type(None)))
        return lambda doc, faults: None if doc is None else inner(doc, faults)
    if origin is tuple:
        return _list_reader(_reader(get_args(hint)[0]))
    if origin is Literal:
        return _choice_reader(get_args(hint))
    plain = _READERS.get(hint)
    return _plain_reader(plain) if plain is not None else _object_reader(hint)


def _plain_reader(reader: Callable[[Json], Any]) -> Reader:
    def read(doc: Json, faults: list[BadInput]) -> Any:
        try:
            return reader(doc)
        except BadInput as fault:
            faults.append(BadInput(fault.message, remedy=fault.remedy))
            return None

    return read


def _choice_reader(choices: tuple[Any, ...]) -> Reader:
    def read(doc: Json, faults: list[BadInput]) -> Any:
        if doc not in choices:
            faults.append(
                BadInput(
                    Phrase(
                        "{given} is not one of: {known}",
                        given=_brief(doc),
                        known=", ".join(map(str, choices)),
                    )
                )
            )
        return doc

    return read


def _list_reader(item: Reader) -> Reader:
    def read(doc: Json, faults: list[BadInput]) -> Any:
        if not isinstance(doc, list):
            faults.append(BadInput(Phrase("a list is expected, not {given}", given=_brief(doc))))
            return ()
        if len(doc) > MAX_ITEMS:
            faults.append(
                BadInput(Phrase("at most {most} items, these are {count}", most=MAX_ITEMS, count=len(doc)))
            )
            return ()
        values = []
        for n, value in enumerate(doc):
            before = len(faults)
            values.append(item(value, faults))
            if len(faults) > before:
                faults[before:] = [_at(f"[{n}]", fault) for fault in faults[before:]]
        return tuple(values)

    return read


def _object_reader(form: type) -> Reader:
    members = [(f.name, _reader(_hints(form)[f.name]), _is_required(f)) for f in dataclasses.fields(form)]
    names = frozenset(name for name, _, _ in members)

    def read(doc: Json, faults: list[BadInput]) -> Any:
        if not isinstance(doc, Mapping):
            faults.append(BadInput(Phrase("an object is expected, not {given}", given=_brief(doc))))
            return None
        start = len(faults)
        if not names.issuperset(doc):
            known = ", ".join(name for name, _, _ in members)
            for name in sorted(set(doc) - names):
                faults.append(
                    BadInput(
                        "there is no such field",
                        field=name[:60],
                        remedy=Phrase("Known: {known}.", known=known),
                    )
                )
        given: dict[str, Any] = {}
        for name, reader, required in members:
            if name in doc:
                before = len(faults)
                given[name] = reader(doc[name], faults)
                if len(faults) > before:
                    faults[before:] = [_at(name, fault) for fault in faults[before:]]
            elif required:
                faults.append(BadInput("this field is missing", field=name))
        return form(**given) if len(faults) == start else None

    return read


def _at(place: str, fault: BadInput) -> BadInput:
    """The fault with its place counted from one level further out."""
    inner = fault.field
    joined = f"{place}.{inner}" if inner and not inner.startswith("[") else place + inner
    return BadInput(fault.message, field=joined, remedy=fault.remedy)


def _brief(doc: Json) -> str:
    return f"{type(doc).__name__} {str(doc)[:40]!r}"


def _text(doc: Json) -> str:
    if not isinstance(doc, str):
        raise BadInput(Phrase("text is expected, not {given}", given=_brief(doc)))
    text = " ".join(doc.split())
    if text.isascii() and text.isprintable() and 0 < len(text) <= MAX_TEXT:
        return text  # most of them
    text = unicodedata.normalize("NFC", text)
    if not 0 < len(text) <= MAX_TEXT:
        raise BadInput(
            Phrase(
                "between 1 and {most} characters are expected, these are {count}",
                most=MAX_TEXT,
                count=len(text),
            )
        )
    if not _UNSEEN.isdisjoint(text) or not (text.isprintable() or _is_printable(text)):
        raise BadInput(
            "the text holds characters that cannot be printed", remedy="Type it again from the paper."
        )
    return text


def _is_printable(text: str) -> bool:
    """As ``str.isprintable``, but the marks that join letters (Cf), which Indian scripts need, may stand there."""
    return not any(unicodedata.category(c) in ("Cc", "Cs", "Co", "Cn") for c in text)


def _matching(pattern: str, words: str) -> Callable[[Json], str]:
    compiled = re.compile(pattern, re.ASCII)

    def reader(doc: Json) -> str:
        if not (isinstance(doc, str) and compiled.fullmatch(doc)):
            raise BadInput(Phrase("{given} is not {words}", given=_brief(doc), words=Phrase(words)))
        return doc

    return reader


def _bytes32(doc: Json) -> bytes:
    try:
        data = base64.b64decode(doc, validate=True) if isinstance(doc, str) else b""
    except (binascii.Error, ValueError):
        data = b""
    if len(data) != 32 or base64.b64encode(data).decode() != doc:
        raise BadInput(Phrase("{given} is not the base64 of 32 bytes", given=_brief(doc)))
    return data


def _b64(doc: Json) -> str:
    return base64.b64encode(_bytes32(doc)).decode()


def _area(doc: Json) -> quantities.Area:
    if not (
        isinstance(doc, Mapping)
        and set(doc) == {"figure", "unit"}
        and all(isinstance(v, str) for v in doc.values())
    ):
        raise BadInput(
            Phrase("an area is an object of figure and unit, both text, not {given}", given=_brief(doc))
        )
    return quantities.area(str(doc["figure"]), str(doc["unit"]))


def _share(doc: Json) -> Fraction:
    if not isinstance(doc, str):
        raise BadInput(Phrase("a share is text such as '1/3', not {given}", given=_brief(doc)))
    return quantities.parse_share(doc)


def _day(doc: Json) -> date:
    try:
        if isinstance(doc, str) and len(doc) == 10:
            return date.fromisoformat(doc)
    except ValueError:
        pass
    raise BadInput(
        Phrase("{given} is not a day of the calendar", given=_brief(doc)), remedy="Write it as YYYY-MM-DD."
    )


def _positive(doc: Json) -> int:
    if not isinstance(doc, int) or isinstance(doc, bool) or not 0 <= doc <= 10**15:
        raise BadInput(Phrase("{given} is not a whole number between 0 and 10^15", given=_brief(doc)))
    return doc


def _flag(doc: Json) -> bool:
    if not isinstance(doc, bool):
        raise BadInput(Phrase("true or false is expected, not {given}", given=_brief(doc)))
    return doc


def _m2(doc: Json) -> Decimal:
    if not (isinstance(doc, str) and re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,4})?", doc, re.ASCII)):
        raise BadInput(
            Phrase("{given} is not a figure of square metres", given=_brief(doc)),
            remedy="Write digits with a point: 1234.50.",
        )
    return Decimal(doc)


def _id(parse: Callable[[str], str]) -> Callable[[Json], str]:
    def reader(doc: Json) -> str:
        return parse(doc if isinstance(doc, str) else str(doc)[:40])

    return reader


_READERS: dict[Any, Callable[[Json], Any]] = {
    values.Text: _text,
    values.ParcelLabel: _text,
    values.UnitLabel: _text,
    values.Code: _matching(r"[a-z0-9]+(-[a-z0-9]+)*", "a code of lower-case letters, digits and hyphens"),
    values.Ulpin: _matching(r"[0-9A-HJ-NP-Z]{14}", "a ULPIN of 14 digits and capitals without I and O"),
    values.EventId: _matching(r"[0-9a-f]{32}", "32 lower-case hex digits"),
    values.OfficeCode: _matching(r"[0-9]{1,6}(/[0-9]{1,6}){0,5}", "an office such as 28/511/5257"),
    values.PartyRef: _b64,
    values.EntryRef: _b64,
    values.Cnr: _matching(r"[A-Z]{2}[A-Z0-9]{2}[0-9]{12}", "a case's CNR of 16 capitals and digits"),
    values.Digest: _b64,
    values.Salt: _bytes32,
    ids.ParcelId: _id(ids.parse_parcel_id),
    ids.UnitId: _id(ids.parse_unit_id),
    ids.VillageCode: _id(ids.parse_village),
    quantities.Area: _area,
    Fraction: _share,
    Decimal: _m2,
    date: _day,
    int: _positive,
    bool: _flag,
}


def _schema(hint: Any) -> Json:
    origin = get_origin(hint)
    if origin in (Union, types.UnionType):
        arm = next(a for a in get_args(hint) if a is not type(None))
        return {"anyOf": [_schema(arm), {"type": "null"}]}
    if origin is tuple:
        return {"type": "array", "maxItems": MAX_ITEMS, "items": _schema(get_args(hint)[0])}
    if origin is Literal:
        return {"enum": list(get_args(hint))}
    if hint is int:
        return {"type": "integer", "minimum": 0, "maximum": 10**15}
    if hint is bool:
        return {"type": "boolean"}
    if hint is date:
        return {"type": "string", "format": "date"}
    if hint is quantities.Area:
        members: dict[str, Json] = {
            "figure": {"type": "string"},
            "unit": {"enum": list(quantities.AREA_UNITS)},
        }
        return {"type": "object", "properties": members, "required": ["figure", "unit"]}
    if hint is Fraction:
        return {"type": "string", "pattern": "^[0-9]{1,12}(/[1-9][0-9]{0,12})?$", "examples": ["1/3"]}
    if hint in _READERS:
        return {"type": "string", "description": str(getattr(hint, "__name__", hint))}
    return schema(hint)
