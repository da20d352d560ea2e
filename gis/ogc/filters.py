"""CQL2 filters, compiled through an allow-list: what is not written here cannot be asked.

Text (``cql2_text``) and JSON become the same nodes; of these every property must be one of the layer's, every literal
becomes a bound parameter, and shapes are read, checked and carried into the stored plane before SQL sees them.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

import shapely
import shapely.geometry
from shapely.geometry.base import BaseGeometry

from domain.errors import BadInput
from gis.ogc import cql2_text
from gis.ogc.layers import Kind, Layer
from gis.ogc.systems import SYSTEMS, WGS84, System, box, carried

Lang = Literal["cql2-text", "cql2-json"]
LANGS: tuple[Lang, ...] = ("cql2-text", "cql2-json")

MAX_CHARACTERS = 4_000
MAX_DEPTH = cql2_text.MAX_DEPTH
MAX_TERMS = 100

_COMPARISONS = {"=": "=", "<>": "<>", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_SPATIAL = {
    "s_intersects": "st_intersects",
    "s_within": "st_within",
    "s_contains": "st_contains",
    "s_disjoint": "st_disjoint",
    "s_touches": "st_touches",
    "s_overlaps": "st_overlaps",
    "s_crosses": "st_crosses",
    "s_equals": "st_equals",
}
_TEMPORAL = {"t_before": "<", "t_after": ">", "t_equals": "="}
_CASTS: Mapping[Kind, str] = {"text": "text", "integer": "bigint", "number": "numeric", "date": "date"}
_DEPTHS = {
    "Point": 0, "MultiPoint": 1, "LineString": 1, "MultiLineString": 2, "Polygon": 2, "MultiPolygon": 3,
}  # fmt: skip


@dataclass
class Compiled:
    """A condition with its bound parameters, for psycopg2."""

    sql: str
    args: Sequence[object] = field(default_factory=tuple)


def compile_filter(text: str, lang: Lang, layer: Layer, *, system: System = SYSTEMS[WGS84]) -> Compiled:
    """The condition that a filter means for this layer; shapes in it are in ``system``.

    Raises:
        BadInput: for what cannot be parsed, what is not a property of the layer, and what is not allowed.
    """
    if not 0 < len(text) <= MAX_CHARACTERS:
        raise _bad(f"the filter has {len(text)} characters; 1 to {MAX_CHARACTERS} are read")
    compiler = _Compiler(layer, system)
    return Compiled(compiler.condition(_parse(text, lang), 0), compiler.args)


def shape_parameter(shape: BaseGeometry) -> tuple[str, str]:
    """A shape in longitude and latitude as SQL and the value bound to it."""
    return "st_setsrid(%s::geometry, 4326)", str(shapely.to_wkb(shape, hex=True))


def _parse(text: str, lang: Lang) -> Any:
    if lang == "cql2-text":
        return cql2_text.parse(text)
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise _bad("the filter is not JSON") from None


class _Compiler:
    def __init__(self, layer: Layer, system: System) -> None:
        self._layer = layer
        self._system = system
        self._terms = 0
        self.args: list[object] = []

    def condition(self, node: Any, depth: int) -> str:
        self._terms += 1
        if depth > MAX_DEPTH or self._terms > MAX_TERMS:
            raise _bad(f"the filter has more than {MAX_TERMS} terms or is nested deeper than {MAX_DEPTH}")
        match node:
            case {"op": "and" | "or" as op, "args": [_, *_] as args}:
                return "(" + f" {op} ".join(self.condition(a, depth + 1) for a in args) + ")"
            case {"op": "not", "args": [inner]}:
                return f"(not {self.condition(inner, depth + 1)})"
            case {"op": str(op), "args": [{"property": str(name)}, *values]}:
                return self._term(op, name, values)
            case _:
                raise _bad("a term is an operator with a property first and values after it")

    def _term(self, op: str, name: str, values: list[Any]) -> str:
        if op in _SPATIAL:
            return self._spatial(op, name, values)
        column, kind = self._property(name)
        if op in _TEMPORAL and kind == "date":
            return f"{column} {_TEMPORAL[op]} {self._bind(kind, _only(op, values))}"
        build: dict[str, Callable[[], str]] = {
            "like": lambda: f"{column}::text like {self._bind('text', _pattern(_only(op, values)))}",
            "isNull": lambda: self._is_null(column, values),
            "between": lambda: self._between(column, kind, values),
            "in": lambda: self._in(column, kind, values),
        }
        if op in _COMPARISONS:
            return f"{column} {_COMPARISONS[op]} {self._bind(kind, _only(op, values))}"
        if op in build:
            return build[op]()
        known = ", ".join(["and", "or", "not", *_COMPARISONS, *build, *_SPATIAL, *_TEMPORAL])
        raise _bad(f"the operator {op[:40]!r} is not allowed here", remedy=f"Allowed: {known}.")

    def _is_null(self, column: str, values: list[Any]) -> str:
        if values:
            raise _bad("isNull takes a property and nothing else")
        return f"{column} is null"

    def _between(self, column: str, kind: Kind, values: list[Any]) -> str:
        if len(values) != 2:
            raise _bad("between takes two values")
        return f"{column} between {self._bind(kind, values[0])} and {self._bind(kind, values[1])}"

    def _in(self, column: str, kind: Kind, values: list[Any]) -> str:
        listed = _only("in", values)
        if not isinstance(listed, list) or not 0 < len(listed) <= MAX_TERMS:
            raise _bad(f"in takes a list of 1 to {MAX_TERMS} values")
        return f"{column} in (" + ", ".join(self._bind(kind, v) for v in listed) + ")"

    def _spatial(self, op: str, name: str, values: list[Any]) -> str:
        if name not in (self._layer.geometry, "geometry"):
            raise _bad(f"{name[:40]!r} is not the geometry", remedy=f"Name {self._layer.geometry!r}.")
        shape, value = shape_parameter(_shape(_only(op, values), self._system))
        self.args.append(value)
        return f"{_SPATIAL[op]}({self._layer.geometry}, {shape})"

    def _property(self, name: str) -> tuple[str, Kind]:
        kind = self._layer.properties.get(name)
        if kind is None:
            known = ", ".join(self._layer.properties)
            raise _bad(f"{name[:40]!r} is not a property of {self._layer.id}", remedy=f"Properties: {known}.")
        return f'"{name}"', kind

    def _bind(self, kind: Kind, value: Any) -> str:
        self.args.append(literal(kind, value))
        return f"%s::{_CASTS[kind]}"


def literal(kind: Kind, value: Any, *, name: str = "filter") -> object:
    """A value of a request as one of the property's type.

    Raises:
        BadInput: when it is of another.
    """
    if kind == "date":
        return _date(value, name)
    if kind in ("integer", "number"):
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or abs(value) > 1e15 or not math.isfinite(value) or (kind == "integer" and value % 1):
            raise _bad(f"{str(value)[:40]!r} is not {_a(kind)} of reasonable size", name=name)
        return int(value) if kind == "integer" else value
    if not isinstance(value, str) or len(value) > 200 or "\x00" in value or not _is_text(value):
        raise _bad(f"{ascii(value)[:40]} is not text of at most 200 characters", name=name)
    return value


def _a(kind: Kind) -> str:
    return "a whole number" if kind == "integer" else "a number"


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _pattern(value: Any) -> Any:
    """A pattern of LIKE: a backslash that escapes nothing would be an error of the database."""
    if isinstance(value, str) and re.search(r"(?<!\\)(?:\\\\)*\\$", value):
        raise _bad("the pattern ends in a backslash", remedy="Double the backslash, or leave it out.")
    return value


def _date(value: Any, name: str) -> date:
    text = value.get("date") if isinstance(value, dict) else value
    if isinstance(text, str) and re.fullmatch(r"\d{4}-\d\d-\d\d", text, re.ASCII):
        try:
            return date.fromisoformat(text)
        except ValueError:
            pass
    raise _bad(f"{str(value)[:40]!r} is not a day", remedy="Write DATE('2026-11-21').", name=name)


def _shape(value: Any, system: System) -> BaseGeometry:
    match value:
        case {"bbox": [west, south, east, north]} if all(map(_is_number, (west, south, east, north))):
            return box((float(west), float(south), float(east), float(north)), system, "filter")
        case {"type": str(kind), "coordinates": list() | tuple() as coordinates} if (
            kind in _DEPTHS and _are_positions(coordinates, _DEPTHS[kind])
        ):
            return carried(_drawn(kind, coordinates), system, "filter")
        case _:
            raise _bad(
                "a spatial operator takes a geometry", remedy="Write it as WKT, or as GeoJSON in cql2-json."
            )


def _drawn(kind: str, coordinates: Any) -> BaseGeometry:
    try:
        shape = shapely.force_2d(shapely.geometry.shape({"type": kind, "coordinates": coordinates}))
    except (ValueError, TypeError, IndexError, shapely.errors.ShapelyError):
        raise _bad(f"this is not the {kind} that it is said to be") from None
    if shape.is_empty or not shape.is_valid:
        raise _bad(f"the {kind} is not valid: {shapely.is_valid_reason(shape)}")
    return shape


def _are_positions(value: Any, depth: int) -> bool:
    if not isinstance(value, list | tuple) or not value:
        return False
    if depth:
        return all(_are_positions(inner, depth - 1) for inner in value)
    return len(value) in (2, 3) and all(map(_is_number, value))


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < 1e12


def _only(op: str, values: list[Any]) -> Any:
    if len(values) != 1:
        raise _bad(f"{op} takes one value")
    return values[0]


def _bad(message: str, *, remedy: str = "", name: str = "filter") -> BadInput:
    return BadInput(message, field=name, remedy=remedy)
