"""DXF drawings in text: the lines and the texts of the layers that a mapping names.

Read here and not by GDAL, which draws a block as often as an INSERT says: one line of a file may say a thousand
million.  Blocks, hatches and curves other than the arcs of polylines are not read; how many there are is told.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from io import StringIO
from itertools import chain, pairwise
from pathlib import Path

from domain.errors import BadInput
from gis.mapping import Mapping as MappingFile
from gis.readers.bounds import MOST_CORNERS, too_much, unreadable
from gis.readers.page import Features
from gis.readers.sheet import features_of

MOST_BYTES = 64 << 20
_UTF8_SINCE = "AC1021"  # AutoCAD 2007
_CODE_PAGE = re.compile(rb"\$DWGCODEPAGE\s+3\s+ANSI_(\d{3,4})\s", re.IGNORECASE)
_VERSION = re.compile(rb"\$ACADVER\s+1\s+(AC\d{4})\s")
_ARC_STEP = math.radians(
    5
)  # an arc of 100 m radius is met within 10 cm by its chords, one of 10 m within 1 cm
_LETTER = 0.6  # width of a letter over its height

Pair = tuple[int, str]
Point = tuple[float, float]


@dataclass(frozen=True)
class Line:
    """A line or polyline; a closed one returns to its first point."""

    points: tuple[Point, ...]
    closed: bool


@dataclass(frozen=True)
class Text:
    """A text, and about the middle of the place where it is seen."""

    text: str
    middle: Point


@dataclass
class Drawing:
    """What the named layers hold."""

    lines: list[Line] = field(default_factory=list)
    texts: dict[str, list[Text]] = field(default_factory=dict)
    """By the mapping's column."""
    unread: Counter[str] = field(default_factory=Counter)
    """Entities on the named layers that are not read, by type."""
    arcs: int = 0


def open_sheet(file: Path, mapping: MappingFile) -> Features:
    """Read the plots that the mapping's [sheet] describes.  Raises: BadInput."""
    sheet = mapping.sheet
    if sheet is None:
        raise BadInput(
            f"the mapping does not say which layers of {file.name} are plots and which name them",
            field="mapping.sheet",
            remedy='Add [sheet] with plots = ["..."], and [sheet.texts] with a column and its layers.',
        )
    if file.stat().st_size > MOST_BYTES:
        raise BadInput(
            f"{file.name} is larger than {MOST_BYTES >> 20} MiB",
            field="file",
            remedy="Save each sheet alone.",
        )
    text, encoding = _decoded(file, mapping.file.encoding)
    columns = {layer.casefold(): name for name, layers in sheet.texts.items() for layer in layers}
    try:
        drawing = _read(file, text, {layer.casefold() for layer in sheet.plots}, columns)
    except (ValueError, OverflowError) as error:
        raise unreadable(file, f"an entity is damaged: {error}") from error
    return features_of(file, drawing, sheet, encoding)


def _decoded(file: Path, stated: str) -> tuple[str, str]:
    data = file.read_bytes()
    version, page = _VERSION.search(data, 0, 65_536), _CODE_PAGE.search(data, 0, 65_536)
    encoding = stated or "cp1252"
    if not stated and version and version[1].decode() >= _UTF8_SINCE:
        encoding = "utf-8"
    elif not stated and page:
        encoding = f"cp{page[1].decode()}"
    try:
        return data.decode(encoding, "replace"), encoding
    except LookupError as error:
        raise BadInput(
            f"the encoding {encoding[:40]!r} is not known",
            field="file.encoding",
            remedy='Write the name of an encoding, such as "UTF-8" or "cp1252", in the mapping.',
        ) from error


def _read(file: Path, text: str, plots: set[str], columns: Mapping[str, str]) -> Drawing:
    drawing = Drawing(texts={name: [] for name in columns.values()})
    corners = 0
    for kind, pairs, vertices in _entities(file, text):
        facts = dict(reversed(pairs))  # the first of a code counts
        layer = facts.get(8, "").strip().casefold()
        if layer in plots and kind in ("LINE", "LWPOLYLINE", "POLYLINE"):
            line = _line(kind, pairs, facts, vertices, drawing)
            corners += len(line.points)
            if corners > MOST_CORNERS:
                raise too_much(file, MOST_CORNERS, "corners")
            drawing.lines.append(line)
        elif layer in columns and kind in ("TEXT", "MTEXT"):
            drawing.texts[columns[layer]].append(_text(kind, pairs, facts))
        elif layer in plots or layer in columns:
            drawing.unread[kind] += 1
    return drawing


def _entities(file: Path, text: str) -> Iterator[tuple[str, list[Pair], list[dict[int, str]]]]:
    """Type, group codes and vertices of each entity of the ENTITIES section."""
    section, kind, ended = "", "", False
    pairs: list[Pair] = []
    vertices: list[dict[int, str]] = []
    for code, value in chain(_pairs(file, text), [(0, "EOF?")]):
        if code != 0:
            if kind == "SECTION" and code == 2:
                section = value.strip().upper()
            elif kind == "VERTEX" and vertices:
                vertices[-1].setdefault(code, value)
            elif kind != "VERTEX":
                pairs.append((code, value))
            continue
        name = value.strip().upper()
        if kind == "VERTEX" or (kind == "POLYLINE" and name == "VERTEX"):
            if name == "VERTEX":
                vertices.append({})
                kind = "VERTEX"
                continue
            kind = "POLYLINE"
        if section == "ENTITIES" and kind not in ("", "SECTION", "ENDSEC", "SEQEND"):
            yield kind, pairs, vertices
        if name == "ENDSEC":
            section = ""
        ended |= name == "EOF"
        kind, pairs, vertices = name, [], []
    if not ended:
        raise unreadable(file, "it was cut short: its last line is not EOF")


def _pairs(file: Path, text: str) -> Iterator[Pair]:
    """The lines of a DXF two by two: a group code, a value."""
    lines = StringIO(text)
    for number, code in enumerate(lines):
        value = lines.readline()
        if not code.strip():
            return
        try:
            yield int(code), value.rstrip("\r\n")
        except ValueError as error:
            line = 2 * number + 1
            raise unreadable(file, f"line {line} is no group code: {code.strip()[:40]!r}") from error


def _line(
    kind: str,
    pairs: Sequence[Pair],
    facts: Mapping[int, str],
    vertices: Sequence[Mapping[int, str]],
    drawing: Drawing,
) -> Line:
    if kind == "LINE":
        return Line((_point(facts, 10), _point(facts, 11)), closed=False)
    closed = bool(int(facts.get(70, "0")) & 1)
    if kind == "LWPOLYLINE":
        vertices = list(_vertices(pairs))
    corners = [(_point(vertex, 10), float(vertex.get(42, "0"))) for vertex in vertices]
    if not corners:
        raise ValueError("a polyline has no corner")
    points = [corners[0][0]]
    for (start, bulge), (end, _) in pairwise([*corners, corners[0]] if closed else corners):
        if bulge:
            drawing.arcs += 1
            points.extend(_arc(start, end, bulge))
        points.append(end)
    return Line(tuple(points), closed=len(points) > 3 and points[0] == points[-1])


def _vertices(pairs: Sequence[Pair]) -> Iterator[dict[int, str]]:
    """The vertices of a LWPOLYLINE: each begins with code 10."""
    vertex: dict[int, str] = {}
    for code, value in pairs:
        if code == 10:
            if vertex:
                yield vertex
            vertex = {10: value}
        elif vertex and code in (20, 42):
            vertex[code] = value
    if vertex:
        yield vertex


def _arc(start: Point, end: Point, bulge: float) -> Iterator[Point]:
    """Points between the ends of an arc; its bulge is the tangent of a quarter of its angle, left turns positive."""
    angle = 4 * math.atan(bulge)
    first, chord = complex(*start), complex(*end) - complex(*start)
    centre = first + chord / 2 * complex(1, (1 - bulge**2) / (2 * bulge))
    steps = math.ceil(abs(angle) / _ARC_STEP)
    for step in range(1, steps):
        turn = angle * step / steps
        point = centre + (first - centre) * complex(math.cos(turn), math.sin(turn))
        yield point.real, point.imag


def _point(facts: Mapping[int, str], code: int) -> Point:
    if code not in facts or code + 10 not in facts:
        raise ValueError(f"a position has no code {code} or {code + 10}")
    x, y = float(facts[code]), float(facts[code + 10])
    if not (math.isfinite(x) and math.isfinite(y)):
        raise ValueError(f"the position ({x}, {y}) is nowhere")
    return x, y


def _text(kind: str, pairs: Sequence[Pair], facts: Mapping[int, str]) -> Text:
    words = "".join(value for code, value in pairs if code in (1, 3))
    text = _plain(words)
    height = float(facts.get(40, "0"))
    half = height * _LETTER * len(text) / 2
    turn = math.radians(float(facts.get(50, "0")))
    if kind == "TEXT":
        across, up = int(facts.get(72, "0")), int(facts.get(73, "0"))
        aligned = (across or up) and 11 in facts
        x, y = _point(facts, 11 if aligned else 10)
        right = half if across in (0, 3, 5) else -half if across == 2 else 0.0
        above = -height / 2 if up == 3 else 0.0 if up == 2 or across == 4 else height / 2
        if across in (3, 5) and aligned:  # between two points
            x, y = _point(facts, 10)
    else:
        x, y = _point(facts, 10)
        place = int(facts.get(71, "1")) - 1
        right = (half, 0.0, -half)[place % 3]
        above = (-height / 2, 0.0, height / 2)[place // 3 % 3]
    dx = right * math.cos(turn) - above * math.sin(turn)
    dy = right * math.sin(turn) + above * math.cos(turn)
    return Text(text, (x + dx, y + dy))


def _plain(words: str) -> str:
    r"""A text without its marks of style; a stacked fraction keeps its stroke.

    >>> _plain(r"{\fMangal|b0;12\S3^4;}"), _plain(r"%%u45%%u"), _plain(r"\U+0915/2\Pnew")
    ('123/4', '45', 'क/2 new')
    """
    text = re.sub(r"\\U\+([0-9A-Fa-f]{4})", lambda code: chr(int(code[1], 16)), words)
    text = re.sub(r"\\S([^;\\]*);", lambda stack: stack[1].replace("^", "/").replace("#", "/"), text)
    text = re.sub(r"\\[ACFHQTWpcfh][^;\\{}]*;|\\[LlOoKk]|%%[uokUOK]", "", text)
    text = re.sub(r"\\[PN~]|\^[IJM]", " ", text)
    return " ".join(re.sub(r"(?<!\\)[{}]", "", text).replace("\\\\", "\\").split())
