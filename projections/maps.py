"""The map of today and of every day before: ``gis.parcel``, one row for each time in which a parcel looked one way.

A new row is opened when something changes that the map shows: shape, label, village, class, use or recorded area.
A sale or a mortgage changes none of these: the row stands, and who holds the land is asked of the record of rights.
A row is in force from the event that opened it (``valid_from``, its log index) to the one that ended it
(``valid_to``, null today).  A parcel that is retired ends its last row; one without a shape has none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple, cast

from psycopg2 import extensions

from gis.shapes import to_web_mercator
from projections.copying import Value, copy_in
from projections.drawn import LONLAT, WEB_MERCATOR, Drawn, wkb_hex
from projections.pages import Doc, Event, Page

_COLUMNS = (
    "parcel_id", "version", "label", "village", "status", "class", "use", "area_m2", "drawn_m2", "hash",
    "geom", "geom_3857", "valid_from", "from_date", "valid_to", "to_date",
)  # fmt: skip
_SHOWN = ("label", "village", "class", "use", "area_m2", "geometry")


class Moment(NamedTuple):
    """When an event happened: its index in the log and the day it was decided."""

    idx: int
    day: str


@dataclass(kw_only=True)
class _Row:
    """A row that the page opens, and perhaps ends again."""

    state: Doc
    begins: Moment
    ends: Moment | None = None


class Maps:
    """``gis.parcel``."""

    tables = ("gis.parcel",)

    def apply(self, cursor: extensions.cursor, page: Page) -> None:
        opened, ended = _changes(page)
        if ended:
            cursor.execute(
                "update gis.parcel p set valid_to = e.idx, to_date = e.day"
                " from unnest(%s::text[], %s::bigint[], %s::date[]) as e(id, idx, day)"
                " where p.parcel_id = e.id and p.valid_to is null",
                (list(ended), [m.idx for m in ended.values()], [m.day for m in ended.values()]),
            )
        drawn = page.shapes.read(cursor, {str(row.state["geometry"]) for row in opened})
        held = [row for row in opened if row.state["geometry"] in drawn]
        if held:
            shapes = [drawn[str(row.state["geometry"])] for row in held]
            copy_in(cursor, "gis.parcel", _COLUMNS, _values(held, shapes))


def _changes(page: Page) -> tuple[list[_Row], dict[str, Moment]]:
    """The rows that the page opens, in order, and when the rows that stood before it end."""
    opened: list[_Row] = []
    standing: dict[str, _Row] = {}  # of those opened here, by parcel
    ended: dict[str, Moment] = {}
    for event, before, after in _parcels(page):
        was, now = _shown(before), _shown(after)
        if was == now:
            continue
        identifier = str(after["id"])
        moment = Moment(event.index, str(event.payload["decided"]))
        if identifier in standing:
            standing.pop(identifier).ends = moment
        elif was is not None:
            ended[identifier] = moment
        if now is not None:
            standing[identifier] = _Row(state=after, begins=moment)
            opened.append(standing[identifier])
    return opened, ended


def _parcels(page: Page) -> list[tuple[Event, Doc | None, Doc]]:
    return [
        (event, event.before[identifier], state)
        for event in page.events
        for identifier, state in event.after.items()
        if state["kind"] == "parcel"
    ]


def _shown(state: Doc | None) -> Doc | None:
    """What the map shows of a parcel; None where it shows nothing."""
    if state is None or state["status"] != "active" or state["geometry"] is None:
        return None
    return {name: state[name] for name in _SHOWN}


def _values(rows: Sequence[_Row], drawn: Sequence[Drawn]) -> list[tuple[Value, ...]]:
    lonlat = [d.shape for d in drawn]
    return [
        (*_facts(row.state), d.m2, d.hash, geom, geom_3857, *row.begins, *(row.ends or (None, None)))
        for row, d, geom, geom_3857 in zip(
            rows, drawn, wkb_hex(lonlat, LONLAT), wkb_hex(to_web_mercator(lonlat), WEB_MERCATOR), strict=True
        )
    ]


def _facts(state: Doc) -> tuple[Value, ...]:
    members = ("id", "version", "label", "village", "status", "class", "use", "area_m2")
    return cast("tuple[Value, ...]", tuple(state[name] for name in members))
