"""What a request asks of a layer: its parameters read, bounded and turned into one SQL statement."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from typing import Any

import shapely

from domain.errors import BadInput
from gis.ogc.filters import LANGS, Compiled, compile_filter, literal, shape_parameter
from gis.ogc.layers import Layer
from gis.ogc.systems import SYSTEMS, WGS84, System, box, system_of

MAX_LIMIT = 1_000
DEFAULT_LIMIT = 100
FORMATS = ("json", "html")
OF_A_PAGE = ("f",)
OF_AN_ITEM = ("crs", "datetime", "f")
OF_ITEMS = (
    "bbox", "bbox-crs", "crs", "cursor", "datetime", "f", "filter", "filter-crs", "filter-lang", "limit",
)  # fmt: skip

_INDIA = timezone(timedelta(hours=5, minutes=30))
_IDENTIFIER = re.compile(r"[0-9A-Za-z:.-]{1,80}", re.ASCII)
_NUMBER = re.compile(r"\s*[-+]?[0-9]{1,20}(\.[0-9]{0,20})?([eE][-+]?[0-9]{1,2})?\s*", re.ASCII)
_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII)


@dataclass(kw_only=True)
class Asked:
    """A page of a layer: conditions with their bound values, the system to answer in, and where the page begins."""

    layer: Layer
    system: System = SYSTEMS[WGS84]
    limit: int = DEFAULT_LIMIT
    cursor: str = ""
    past: bool = False
    """Whether a day or an interval was asked for, and not what stands now."""
    conditions: list[Compiled] = field(default_factory=list)

    def page(self) -> Compiled:
        """(key, GeoJSON feature) of the rows of the page, and of one more, which tells that there is a next."""
        after = Compiled(f' and "{self.layer.key}" > %s', [self.cursor]) if self.cursor else Compiled("")
        return self._rows(after, limit=self.limit + 1)

    def one(self, identifier: str) -> Compiled:
        """The row of one feature."""
        return self._rows(Compiled(f' and "{self.layer.key}" = %s', [identifier]), limit=1)

    def _rows(self, more: Compiled, *, limit: int) -> Compiled:
        layer, key = self.layer, f'"{self.layer.key}"'
        # On a past day a feature may have two rows where an order was decided before another that was recorded
        # earlier, over an interval many: the newest of them is shown.
        once, newest = (f"distinct on ({key}) ", f", {layer.newest} desc") if self.past else ("", "")
        columns = ", ".join(f'"{name}"' for name in layer.properties)
        wanted = f"{columns}, {layer.geometry}" + ("" if layer.key in layer.properties else f", {key}")
        where = " and ".join(f"({c.sql})" for c in self.conditions) or "true"
        sql = (  # names are ours, values are bound
            f'select {key}, \'{{"type":"Feature","id":\' || to_json({key})::text || \',"geometry":\''  # noqa: S608
            f" || coalesce(st_asgeojson({self._shape()}, {self.system.decimals}, 0), 'null')"
            f" || ',\"properties\":' || row_to_json((select p from (select {columns}) p))::text || '}}'"
            f" from (select {once}{wanted} from {layer.source} where {where}{more.sql}"
            f" order by {key}{newest} limit %s) found order by {key}"
        )
        return Compiled(sql, [*(a for c in self.conditions for a in c.args), *more.args, limit])

    def _shape(self) -> str:
        column = self.layer.geometry
        shape = column if self.system.srid == 4326 else f"st_transform({column}, {self.system.srid})"
        return f"st_flipcoordinates({shape})" if self.system.swapped else shape


def ask(layer: Layer, parameters: Mapping[str, str]) -> Asked:
    """What the query parameters of ``/items`` ask for.

    Raises:
        BadInput: naming the parameter that is unknown or out of its bounds.
    """
    only(parameters, {*OF_ITEMS, *layer.properties})
    asked = Asked(
        layer=layer,
        system=system_of(parameters.get("crs", WGS84), "crs"),
        limit=_limit(parameters.get("limit")),
        cursor=_cursor(parameters.get("cursor", "")),
        past="datetime" in parameters,
    )
    asked.conditions.append(when(layer, parameters.get("datetime")))
    if "bbox" in parameters:
        asked.conditions.append(_bbox(layer, parameters["bbox"], parameters.get("bbox-crs", WGS84)))
    for name, kind in layer.properties.items():
        if name in parameters:
            value: Any = parameters[name]
            if kind in ("integer", "number"):
                value = _number(value, name)
            asked.conditions.append(Compiled(f'"{name}" = %s', [literal(kind, value, name=name)]))
    if "filter" in parameters:
        asked.conditions.append(_filter(layer, parameters))
    return asked


def ask_one(layer: Layer, parameters: Mapping[str, str]) -> Asked:
    """What the query parameters of one feature ask for."""
    only(parameters, OF_AN_ITEM)
    asked = Asked(
        layer=layer, system=system_of(parameters.get("crs", WGS84), "crs"), past="datetime" in parameters
    )
    asked.conditions.append(when(layer, parameters.get("datetime")))
    return asked


def only(parameters: Mapping[str, str], known: Collection[str]) -> None:
    """
    Raises:
        BadInput: for a parameter that is unknown, and for an ``f`` that is.
    """
    for name in parameters:
        if name not in known:
            raise BadInput(
                f"there is no parameter {name[:40]!r} here",
                field=name[:40],
                remedy=f"Known: {', '.join(sorted(known))}.",
            )
    if parameters.get("f", "json") not in FORMATS:
        raise BadInput(
            f"{parameters['f'][:20]!r} is not a format", field="f", remedy=f"Known: {', '.join(FORMATS)}."
        )


def identifier_of(text: str) -> str:
    """
    Raises:
        BadInput: when the text is of no form that an id has.
    """
    if not _IDENTIFIER.fullmatch(text):
        raise BadInput(
            f"{ascii(text)[:60]} is not the id of a feature",
            field="featureId",
            remedy="Ids are letters, digits, '-', ':' and '.', such as 593873-000145.",
        )
    return text


def when(layer: Layer, text: str | None) -> Compiled:
    """What stood on the day, or at any time in the interval; without one, what stands now.

    Raises:
        BadInput: for what is neither a day, nor an instant, nor an interval of such.
    """
    if text is None:
        return Compiled(layer.today)
    begins, ends = layer.valid
    if text.count("/") > 1:
        raise _no_day(text)
    first, _, last = text.partition("/") if "/" in text else (text, "", text)
    if "/" not in text and first in ("", ".."):
        raise _no_day(text)
    low, high = _day(first), _day(last)
    if low and high and low > high:
        raise BadInput("the interval ends before it begins", field="datetime")
    args: list[object] = []
    sql = []
    if high is not None:
        sql.append(f"{begins} <= %s")
        args.append(high)
    if low is not None:
        sql.append(f"({ends} is null or {ends} > %s)")
        args.append(low)
    return Compiled(" and ".join(sql) or "true", args)


def _day(text: str) -> date | None:
    """The civil day of India; None for an end that is left open."""
    if text in ("", ".."):
        return None
    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text)
        if _INSTANT.fullmatch(text):
            return datetime.fromisoformat(text).astimezone(_INDIA).date()
    except (ValueError, OverflowError):
        pass
    raise _no_day(text)


def _no_day(text: str) -> BadInput:
    return BadInput(
        f"{ascii(text)[:60]} is not a day, an instant or an interval of such",
        field="datetime",
        remedy="Write 2026-11-21, or 2026-11-21T10:00:00Z, or an interval 2026-01-01/..",
    )


def _limit(text: str | None) -> int:
    if text is None:
        return DEFAULT_LIMIT
    if not re.fullmatch(r"[0-9]{1,9}", text, re.ASCII) or int(text) < 1:
        raise BadInput(f"{ascii(text)[:20]} is not a limit", field="limit", remedy=f"Give 1 to {MAX_LIMIT}.")
    return min(int(text), MAX_LIMIT)


def _cursor(text: str) -> str:
    if text and not _IDENTIFIER.fullmatch(text):
        raise BadInput(
            "the cursor is not one that was given out", field="cursor", remedy="Follow the link `next`."
        )
    return text


def _bbox(layer: Layer, text: str, crs: str) -> Compiled:
    system = system_of(crs, "bbox-crs")
    corners = [_number(part, "bbox") for part in text.split(",", 7)]
    if len(corners) == 6:  # heights are ignored: no shape has one
        corners = [*corners[:2], *corners[3:5]]
    if len(corners) != 4:
        raise BadInput("a bbox has four numbers", field="bbox", remedy="Write west,south,east,north.")
    area = box((corners[0], corners[1], corners[2], corners[3]), system, "bbox")
    width, height = _span(area)
    if max(width, height) > layer.widest:
        raise BadInput(
            f"the bbox spans {max(width, height):.4g} degrees; {layer.id} are given for {layer.widest:g} at most",
            field="bbox",
            remedy="Come closer, take tiles, or page through the collection without a bbox.",
        )
    shape, value = shape_parameter(area)
    return Compiled(
        f"{layer.geometry} && {shape} and st_intersects({layer.geometry}, {shape})", [value, value]
    )


def _span(area: shapely.Geometry) -> tuple[float, float]:
    """Degrees of longitude and latitude; a box across the 180th meridian has two parts."""
    sides = [shapely.bounds(part) for part in shapely.get_parts(area)]
    return sum(float(b[2] - b[0]) for b in sides), float(sides[0][3] - sides[0][1])


def _number(text: str, name: str) -> float:
    if not _NUMBER.fullmatch(text):
        raise BadInput(f"{ascii(text)[:40]} is not a number", field=name)
    return float(text)


def _filter(layer: Layer, parameters: Mapping[str, str]) -> Compiled:
    lang = parameters.get("filter-lang", "cql2-text")
    if lang not in LANGS:
        raise BadInput(
            f"{lang[:40]!r} is not a filter language", field="filter-lang", remedy=f"{' or '.join(LANGS)}."
        )
    system = system_of(parameters.get("filter-crs", WGS84), "filter-crs")
    return compile_filter(parameters["filter"], lang, layer, system=system)
