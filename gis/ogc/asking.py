"""What a request asks of a layer: its parameters read, bounded and turned into one SQL statement."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import cast

from domain.errors import BadInput
from gis.ogc.filters import Compiled, Lang, compile_filter, literal
from gis.ogc.layers import WGS84, Layer, epsg

MAX_LIMIT = 1_000
DEFAULT_LIMIT = 100
KNOWN = frozenset(
    {"bbox", "bbox-crs", "crs", "datetime", "limit", "cursor", "filter", "filter-lang", "filter-crs", "f"}
)
UTM_OF_INDIA = range(32642, 32648)


@dataclass(frozen=True)
class System:
    """A reference system a client may ask for; ``swapped`` where its axes run latitude first."""

    srid: int
    uri: str
    swapped: bool = False


SYSTEMS: Mapping[str, System] = {
    s.uri: s
    for s in (
        System(4326, WGS84),
        System(4326, epsg(4326), swapped=True),
        System(3857, epsg(3857)),
        *(System(code, epsg(code)) for code in UTM_OF_INDIA),
    )
}


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

    def where(self) -> Compiled:
        """All conditions joined; the page's own beginning is not among them."""
        sql = " and ".join(f"({c.sql})" for c in self.conditions) or "true"
        return Compiled(sql, [a for c in self.conditions for a in c.args])

    def page(self) -> Compiled:
        """The rows of the page and one more, which tells that there is a next."""
        key = f'"{self.layer.key}"'
        after = Compiled(f" and {key} > %s", [self.cursor]) if self.cursor else Compiled("")
        return self._rows(after, limit=self.limit + 1)

    def one(self, identifier: str) -> Compiled:
        """The row of one feature."""
        return self._rows(Compiled(f' and "{self.layer.key}" = %s', [identifier]), limit=1)

    def _rows(self, more: Compiled, *, limit: int) -> Compiled:
        layer, where = self.layer, self.where()
        key = f'"{layer.key}"'
        # Over a past interval a feature may have several rows: the newest of them is shown, once.
        once, newest = (
            (f"distinct on ({key}) ", f", {layer.valid[0]} desc") if self.past and layer.valid else ("", "")
        )
        columns = ", ".join(f'"{name}"' for name in layer.properties)
        sql = (
            f"select {once}{key}, st_asgeojson({self._shape()}, {9 if self.system.srid == 4326 else 3}, 0), {columns} from {layer.source}"  # noqa: S608
            f" where {where.sql}{more.sql} order by {key}{newest} limit %s"
        )
        return Compiled(sql, [*where.args, *more.args, limit])

    def _shape(self) -> str:
        column = self.layer.geometry
        shape = column if self.system.srid == 4326 else f"st_transform({column}, {self.system.srid})"
        return f"st_flipcoordinates({shape})" if self.system.swapped else shape


def ask(layer: Layer, parameters: Mapping[str, str]) -> Asked:
    """What the query parameters of ``/items`` ask for.

    Raises:
        BadInput: naming the parameter that is unknown or out of its bounds.
    """
    for name in parameters:
        if name not in KNOWN and name not in layer.properties:
            known = ", ".join(sorted(KNOWN | set(layer.properties)))
            raise BadInput(f"there is no parameter {name[:40]!r}", field=name[:40], remedy=f"Known: {known}.")
    asked = Asked(
        layer=layer,
        system=system_of(parameters.get("crs", WGS84), "crs"),
        limit=_limit(parameters.get("limit")),
        cursor=_cursor(parameters.get("cursor", "")),
        past="datetime" in parameters,
    )
    asked.conditions.append(_when(layer, parameters.get("datetime", "")))
    if "bbox" in parameters:
        asked.conditions.append(_bbox(layer, parameters["bbox"], parameters.get("bbox-crs", WGS84)))
    for name, kind in layer.properties.items():
        if name in parameters:
            value = _number(parameters[name], name) if kind in ("integer", "number") else parameters[name]
            asked.conditions.append(Compiled(f'"{name}" = %s', [literal(kind, value)]))
    if "filter" in parameters:
        asked.conditions.append(_filter(layer, parameters))
    return asked


def system_of(uri: str, name: str) -> System:
    """
    Raises:
        BadInput: for a reference system that is not offered; it lists those that are.
    """
    system = SYSTEMS.get(uri)
    if system is None:
        raise BadInput(
            f"{name} {uri[:80]!r} is not offered", field=name, remedy=f"Offered: {', '.join(SYSTEMS)}."
        )
    return system


def _limit(text: str | None) -> int:
    if text is None:
        return DEFAULT_LIMIT
    if not re.fullmatch(r"[0-9]{1,9}", text, re.ASCII) or int(text) < 1:
        raise BadInput(f"{text[:20]!r} is not a limit", field="limit", remedy=f"Give 1 to {MAX_LIMIT}.")
    return min(int(text), MAX_LIMIT)


def _cursor(text: str) -> str:
    if text and not re.fullmatch(r"[0-9A-Za-z:.-]{1,80}", text, re.ASCII):
        raise BadInput(
            "the cursor is not one that was given out", field="cursor", remedy="Follow the link `next`."
        )
    return text


def _when(layer: Layer, text: str) -> Compiled:
    """What stood on the day, or at any time in the interval; without a day, what stands now."""
    if not text or layer.valid is None:
        return Compiled(layer.today)
    begins, ends = layer.valid
    first, _, last = text.partition("/") if "/" in text else (text, "", text)
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
    if text in ("", ".."):
        return None
    try:
        return (
            date.fromisoformat(text[:10])
            if re.fullmatch(r"\d{4}-\d\d-\d\d(T.{1,20})?", text)
            else _no_day(text)
        )
    except ValueError:
        return _no_day(text)


def _no_day(text: str) -> date:
    raise BadInput(
        f"{text[:40]!r} is not a day",
        field="datetime",
        remedy="Write 2026-11-21, or an interval 2026-01-01/..",
    )


def _bbox(layer: Layer, text: str, crs: str) -> Compiled:
    system = system_of(crs, "bbox-crs")
    corners = [_number(part, "bbox") for part in text.split(",")]
    if len(corners) == 6:
        corners = [corners[0], corners[1], corners[3], corners[4]]
    if len(corners) != 4:
        raise BadInput("a bbox has four numbers", field="bbox", remedy="Write west,south,east,north.")
    if system.swapped:
        corners = [corners[1], corners[0], corners[3], corners[2]]
    west, south, east, north = corners
    if south > north or west > east:
        raise BadInput("the bbox is turned inside out", field="bbox", remedy="Write west,south,east,north.")
    box = f"st_makeenvelope(%s, %s, %s, %s, {system.srid})"
    box = box if system.srid == 4326 else f"st_transform({box}, 4326)"
    column = layer.geometry
    return Compiled(f"{column} && {box} and st_intersects({column}, {box})", corners * 2)


def _number(text: str, name: str) -> float:
    if not re.fullmatch(r"\s*-?[0-9]{1,15}(\.[0-9]{1,15})?\s*", text, re.ASCII):
        raise BadInput(f"{text[:40]!r} is not a number", field=name)
    return float(text)


def _filter(layer: Layer, parameters: Mapping[str, str]) -> Compiled:
    lang = parameters.get("filter-lang", "cql2-text")
    if lang not in ("cql2-text", "cql2-json"):
        raise BadInput(
            f"{lang[:40]!r} is not a filter language", field="filter-lang", remedy="cql2-text or cql2-json."
        )
    system = system_of(parameters.get("filter-crs", WGS84), "filter-crs")
    if system.swapped:
        raise BadInput("filters take longitude first", field="filter-crs", remedy=f"Give {WGS84}.")
    return compile_filter(parameters["filter"], cast("Lang", lang), layer, srid=system.srid)
