"""Bodies that ask for a division, read: by a line or lines, by areas or shares, by field notes, by parts drawn.

Exactly one manner a body.  A line alone may also be sent bare, as a GeoJSON geometry or feature.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

from shapely import LineString, MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from domain.errors import BadInput
from domain.quantities import AREA_UNITS, Area, area, parse_share
from gis.operations import field_book, given, sweep
from gis.shapes import from_bytes, square_metres
from gis.splitting import MOST_LINES, split_by_line, split_by_lines

MOST_POINTS = 1_000
MOST_CORNERS = 20_000
MANNERS = ("line", "lines", "parts", "notes", "children")
_BESIDE_PARTS = ("side", "along", "beside")
_LONGEST_TEXT = field_book.MOST_NOTES * field_book.LONGEST_NOTE

Doc = Mapping[str, Any]
Divide = Callable[[bytes], list[bytes]]


@dataclass(frozen=True, kw_only=True)
class Division:
    """A division as it was asked for.  ``stated``: recorded figures of parts that are not to be divided by the map."""

    divide: Divide
    stated: Mapping[int, Decimal] = field(default_factory=dict)


def division_of(document: Doc, recorded: Area) -> Division:
    """The division that a body asks for, of a parcel with that recorded area.

    Raises:
        BadInput: naming the member that cannot be understood.
    """
    if document.get("type") in ("LineString", "Feature") or not any(name in document for name in MANNERS):
        line = line_of(document)
        return Division(divide=lambda parcel: split_by_line(parcel, line))
    manners = [name for name in MANNERS if name in document]
    if len(manners) > 1:
        raise BadInput(
            f"the body says {' and '.join(manners)}",
            field=manners[1],
            remedy="Divide in one manner at a time.",
        )
    _only(
        document,
        {manners[0], "sketch", *((*_BESIDE_PARTS, "several", "measure") if manners[0] == "parts" else ())},
    )
    return _READERS[manners[0]](document, recorded)


def line_of(document: Any, *, field: str = "line") -> LineString:
    """The line of a GeoJSON geometry or feature (RFC 7946: longitude, latitude).

    Raises:
        BadInput: when it is none.
    """
    geometry = (
        document.get("geometry")
        if isinstance(document, dict) and document.get("type") == "Feature"
        else document
    )
    match geometry:
        case {"type": "LineString", "coordinates": list(points)} if 2 <= len(points) <= MOST_POINTS:
            if all(map(_is_position, points)):
                return LineString([(float(p[0]), float(p[1])) for p in points])
    raise BadInput(
        f"the body is not a GeoJSON LineString of 2 to {MOST_POINTS} points in longitude and latitude",
        field=field,
        remedy='Send {"type":"LineString","coordinates":[[lon,lat],[lon,lat]]} in EPSG:4326.',
    )


def polygon_of(document: Any, *, field: str) -> Polygon | MultiPolygon:
    """The polygon or multipolygon of a GeoJSON geometry or feature.

    Raises:
        BadInput: when it is none.
    """
    geometry = (
        document.get("geometry")
        if isinstance(document, dict) and document.get("type") == "Feature"
        else document
    )
    match geometry:
        case {"type": "Polygon", "coordinates": list(rings)} if _are_rings(rings):
            return _polygon(rings)
        case {"type": "MultiPolygon", "coordinates": list(parts)} if parts and all(map(_are_rings, parts)):
            return MultiPolygon(list(map(_polygon, parts)))
    raise BadInput(
        "this is no GeoJSON Polygon in longitude and latitude",
        field=field,
        remedy='Send {"type":"Polygon","coordinates":[[[lon,lat],...]]}, each ring closed, in EPSG:4326.',
    )


def _polygon(rings: Any) -> Polygon:
    """A polygon of rings whose positions may have a height, some of them or all: it is left out."""
    outer, *inner = ([(float(p[0]), float(p[1])) for p in ring] for ring in rings)
    return Polygon(outer, inner)


def number_of(value: Any, *, field: str) -> float:
    """A number, or the text of one.

    Raises:
        BadInput: when it is neither.
    """
    try:
        if isinstance(value, int | float | str) and not isinstance(value, bool) and len(str(value)) <= 40:
            return float(value)
    except ValueError:
        pass
    raise BadInput("a number is expected", field=field)


def _lines(document: Doc, recorded: Area) -> Division:
    asked = document["lines"]
    if not isinstance(asked, list) or not 1 <= len(asked) <= MOST_LINES:
        raise BadInput(f"lines are a list of 1 to {MOST_LINES} GeoJSON LineStrings", field="lines")
    lines = [line_of(item, field=f"lines[{n}]") for n, item in enumerate(asked)]
    return Division(divide=lambda parcel: split_by_lines(parcel, lines))


def _line(document: Doc, recorded: Area) -> Division:
    line = line_of(document["line"])
    return Division(divide=lambda parcel: split_by_line(parcel, line))


def _notes(document: Doc, recorded: Area) -> Division:
    asked = document["notes"]
    if isinstance(asked, str) and len(asked) <= _LONGEST_TEXT:
        notes = field_book.read(asked)
    elif isinstance(asked, list) and all(
        isinstance(n, str) and len(n) <= field_book.LONGEST_NOTE for n in asked
    ):
        notes = field_book.read("\n".join(asked))
    else:
        raise BadInput("notes are text, one note a line, or a list of notes", field="notes")
    return Division(divide=lambda parcel: split_by_line(parcel, field_book.line_of(parcel, notes)))


def _children(document: Doc, recorded: Area) -> Division:
    asked = document["children"]
    if not isinstance(asked, list) or not 2 <= len(asked) <= given.MOST_PARTS:
        raise BadInput(f"children are a list of 2 to {given.MOST_PARTS} GeoJSON polygons", field="children")
    parts = [polygon_of(item, field=f"children[{n}]") for n, item in enumerate(asked)]
    return Division(divide=lambda parcel: given.fitted(parcel, parts))


def _parts(document: Doc, recorded: Area) -> Division:
    amounts = _amounts(document["parts"], recorded)
    by_paper = _one_of(document, "measure", ("drawn", "recorded"), "drawn") == "recorded"
    several = document.get("several", False)
    if not isinstance(several, bool):
        raise BadInput("true or false is expected", field="several")
    aimed = _aim_of(document)

    def divide(parcel: bytes) -> list[bytes]:
        shape = from_bytes(parcel)
        drawn = float(square_metres([shape])[0])
        per_m2 = drawn / float(recorded.m2) if by_paper else 1.0
        targets = [float(a.m2) * per_m2 if isinstance(a, Area) else drawn * float(a) for a in amounts]
        return sweep.by_area(parcel, targets, aimed(shape), several=several)

    stated = {
        n: _in_unit(a, recorded.unit) for n, a in enumerate(amounts) if by_paper and isinstance(a, Area)
    }
    return Division(divide=divide, stated=stated)


def _amounts(asked: Any, recorded: Area) -> list[Area | Fraction]:
    """What each part but the last is due: an area, or a share of the whole."""
    if isinstance(asked, int) and not isinstance(asked, bool):
        if not 2 <= asked <= sweep.MOST_PARTS:
            raise BadInput(f"parts are 2 to {sweep.MOST_PARTS}", field="parts")
        return [Fraction(1, asked)] * (asked - 1)
    if not isinstance(asked, list) or not 1 <= len(asked) <= sweep.MOST_PARTS:
        raise BadInput(
            f"parts are a number, or a list of up to {sweep.MOST_PARTS}",
            field="parts",
            remedy='Send 3, or [{"share":"1/3"},{"share":"2/3"}], or [{"area":{"figure":"0.25","unit":"hectare"}}].',
        )
    rest = asked[-1] == "rest"
    amounts = [_amount(item, f"parts[{n}]") for n, item in enumerate(asked[: len(asked) - rest])]
    shares = [a for a in amounts if isinstance(a, Fraction)]
    if sum(shares) > 1:
        raise BadInput(
            f"the shares come to {sum(shares)} of the whole", field="parts", remedy="Give at most 1 in all."
        )
    if not rest and len(shares) == len(amounts) and sum(shares) == 1:
        amounts.pop()
    return amounts


def _amount(item: Any, field: str) -> Area | Fraction:
    match item:
        case {"share": str(share), **rest} if not rest:
            return parse_share(share, field=field)
        case {"area": {"figure": str(figure), "unit": str(unit), **more}, **rest} if not rest and not more:
            return area(figure, unit, field=field)
    raise BadInput(
        "a part is a share or an area",
        field=field,
        remedy='Send {"share":"1/3"} or {"area":{"figure":"0.25","unit":"hectare"}}; the last may be "rest".',
    )


def _in_unit(asked: Area, unit: str) -> Decimal:
    if asked.unit == unit:
        return Decimal(asked.figure)
    return (asked.m2 / AREA_UNITS[unit]).quantize(Decimal("0.000001")).normalize() + Decimal("0.0000")


def _aim_of(document: Doc) -> Callable[[BaseGeometry], sweep.Sweep]:
    """From where the parts are taken: a side of the compass, along a side of the parcel, or beside one."""
    named = [name for name in _BESIDE_PARTS if name in document]
    if len(named) != 1:
        raise BadInput(
            f"the body says {' and '.join(named) or 'nothing'} of where the parts are taken",
            field="side",
            remedy='Send "side": "north" (or a bearing), or a place by one of the parcel\'s sides: "along": [lon, lat] '
            'for parts that lie in line along it, "beside": [lon, lat] for parts parallel to it.',
        )
    value = document[named[0]]
    if named[0] == "side":
        if isinstance(value, str) and value in sweep.COMPASS:
            value = sweep.COMPASS[value]
        bearing = number_of(value, field="side")
        return lambda shape: sweep.off_side(shape, bearing)
    if not _is_position(value):
        raise BadInput("a place is [longitude, latitude]", field=named[0])
    manner = sweep.along_side if named[0] == "along" else sweep.beside_side
    return lambda shape: manner(shape, float(value[0]), float(value[1]))


_READERS: Mapping[str, Callable[[Doc, Area], Division]] = {
    "line": _line,
    "lines": _lines,
    "parts": _parts,
    "notes": _notes,
    "children": _children,
}


def _one_of(document: Doc, name: str, known: Sequence[str], otherwise: str) -> str:
    value = document.get(name, otherwise)
    if value not in known:
        raise BadInput(f"one of {', '.join(known)} is expected", field=name)
    return str(value)


def _only(document: Doc, known: set[str]) -> None:
    if unknown := sorted(set(document) - known):
        raise BadInput(
            "there is no such member", field=unknown[0][:60], remedy=f"Known: {', '.join(sorted(known))}."
        )


def _are_rings(rings: Any) -> bool:
    if (
        not isinstance(rings, list)
        or not rings
        or not all(isinstance(ring, list) and len(ring) >= 4 for ring in rings)
    ):
        return False
    return sum(map(len, rings)) <= MOST_CORNERS and all(_is_position(p) for ring in rings for p in ring)


def _is_position(point: object) -> bool:
    return (
        isinstance(point, list)
        and len(point) in (2, 3)
        and all(isinstance(n, int | float) and not isinstance(n, bool) and abs(n) <= 1e6 for n in point)
    )
