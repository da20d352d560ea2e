"""CQL2 filters, compiled through an allow-list: what is not written here cannot be asked.

The ``cql2`` library parses text and JSON; its own translation to SQL lets any function of the database through and
is never called.  Every literal becomes a bound parameter, every property must be one of the layer's.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal, cast

import cql2

from domain.errors import BadInput
from gis.ogc.layers import Kind, Layer

Lang = Literal["cql2-text", "cql2-json"]

MAX_CHARACTERS = 4_000
MAX_DEPTH = 12
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
_CASTS: Mapping[Kind, str] = {"text": "text", "integer": "bigint", "number": "float8", "date": "date"}


@dataclass
class Compiled:
    """A condition with its bound parameters, for psycopg2."""

    sql: str
    args: Sequence[object] = field(default_factory=tuple)


def compile_filter(text: str, lang: Lang, layer: Layer, *, srid: int = 4326) -> Compiled:
    """The condition that a filter means for this layer; geometries in it are in ``srid``.

    Raises:
        BadInput: for what cannot be parsed, what is not a property of the layer, and what is not allowed.
    """
    if not 0 < len(text) <= MAX_CHARACTERS:
        raise _bad(f"the filter has {len(text)} characters; 1 to {MAX_CHARACTERS} are read")
    compiler = _Compiler(layer, srid)
    return Compiled(compiler.condition(_parse(text, lang), 0), compiler.args)


def _parse(text: str, lang: Lang) -> Any:
    try:
        expression = cql2.Expr(json.loads(text) if lang == "cql2-json" else text)
        return expression.to_json()
    except Exception as error:  # noqa: BLE001  # the library raises plain Exception for what it cannot parse
        raise _bad(f"the filter cannot be read as {lang}: {' '.join(str(error).split())[:160]}") from None


class _Compiler:
    def __init__(self, layer: Layer, srid: int) -> None:
        self._layer = layer
        self._srid = srid
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
            return self._spatial(_SPATIAL[op], name, values)
        column, kind = self._property(name)
        if op in _TEMPORAL and kind == "date":
            return f"{column} {_TEMPORAL[op]} {self._bind(kind, _only(op, values))}"
        build: dict[str, Callable[[], str]] = {
            "like": lambda: f"{column}::text like {self._bind('text', _only(op, values))}",
            "isNull": lambda: f"{column} is null",
            "between": lambda: self._between(column, kind, values),
            "in": lambda: self._in(column, kind, values),
        }
        if op in _COMPARISONS:
            return f"{column} {_COMPARISONS[op]} {self._bind(kind, _only(op, values))}"
        if op in build:
            return build[op]()
        known = ", ".join(["and", "or", "not", *_COMPARISONS, *build, *_SPATIAL, *_TEMPORAL])
        raise _bad(f"the operator {op[:40]!r} is not allowed", remedy=f"Allowed: {known}.")

    def _between(self, column: str, kind: Kind, values: list[Any]) -> str:
        if len(values) != 2:
            raise _bad("between takes two values")
        return f"{column} between {self._bind(kind, values[0])} and {self._bind(kind, values[1])}"

    def _in(self, column: str, kind: Kind, values: list[Any]) -> str:
        listed = _only("in", values)
        if not isinstance(listed, list) or not 0 < len(listed) <= MAX_TERMS:
            raise _bad(f"in takes a list of 1 to {MAX_TERMS} values")
        return f"{column} in (" + ", ".join(self._bind(kind, v) for v in listed) + ")"

    def _spatial(self, function: str, name: str, values: list[Any]) -> str:
        if name not in (self._layer.geometry, "geometry"):
            raise _bad(f"{name[:40]!r} is not the geometry", remedy=f"Name {self._layer.geometry!r}.")
        self.args.append(json.dumps(_geometry(_only(function, values))))
        given = f"st_setsrid(st_geomfromgeojson(%s), {self._srid})"
        shape = given if self._srid == 4326 else f"st_transform({given}, 4326)"
        return f"{function}({self._layer.geometry}, {shape})"

    def _property(self, name: str) -> tuple[str, Kind]:
        kind = self._layer.properties.get(name)
        if kind is None:
            known = ", ".join(self._layer.properties)
            raise _bad(f"{name[:40]!r} is not a property of {self._layer.id}", remedy=f"Properties: {known}.")
        return f'"{name}"', kind

    def _bind(self, kind: Kind, value: Any) -> str:
        self.args.append(literal(kind, value))
        return f"%s::{_CASTS[kind]}"


def literal(kind: Kind, value: Any) -> object:
    """A value of a request as one of the property's type.

    Raises:
        BadInput: when it is of another.
    """
    if kind == "date":
        return _date(value)
    if kind in ("integer", "number"):
        if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) > 1e15:
            raise _bad(f"{str(value)[:40]!r} is not a number of reasonable size")
        return value
    if not isinstance(value, str) or len(value) > 200 or "\x00" in value:
        raise _bad(f"{str(value)[:40]!r} is not text of at most 200 characters")
    return value


def _date(value: Any) -> date:
    text = value.get("date") if isinstance(value, dict) else value
    try:
        return date.fromisoformat(text) if isinstance(text, str) and len(text) == 10 else _no_date(value)
    except ValueError:
        return _no_date(value)


def _no_date(value: Any) -> date:
    raise _bad(f"{str(value)[:40]!r} is not a day", remedy="Write DATE('2026-11-21').")


def _geometry(value: Any) -> dict[str, Any]:
    allowed = {"Point", "LineString", "Polygon", "MultiPoint", "MultiLineString", "MultiPolygon"}
    match value:
        case {"type": str(kind), "coordinates": list(_)} if kind in allowed:
            return cast("dict[str, Any]", {"type": kind, "coordinates": value["coordinates"]})
        case {"bbox": [west, south, east, north]} if all(isinstance(v, int | float) for v in value["bbox"]):
            ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
            return {"type": "Polygon", "coordinates": [ring]}
        case _:
            raise _bad(
                "a spatial operator takes a geometry", remedy="Write it as WKT, or as GeoJSON in cql2-json."
            )


def _only(op: str, values: list[Any]) -> Any:
    if len(values) != 1:
        raise _bad(f"{op} takes one value")
    return values[0]


def _bad(message: str, *, remedy: str = "") -> BadInput:
    return BadInput(message, field="filter", remedy=remedy)
