"""KML: every placemark is a row, in whatever folder it stands; links, styles and overlays are not looked at.

Columns are ``name``, ``description``, ``folder`` (the folders' names, joined by " / ") and what the placemark's
ExtendedData names, which may state a ``folder`` of its own.  Read by expat, which resolves no entity here: a document
that declares a type is refused.
https://docs.ogc.org/is/12-007r2/12-007r2.html
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from xml.parsers import expat

import numpy as np
from shapely import LinearRing, MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from gis.mapping import Mapping as MappingFile
from gis.readers.bounds import DEEPEST, MOST_ROWS, check_corners, no_rows, too_much, unreadable
from gis.readers.page import Feature, Features
from gis.readers.systems import LONLAT

_TEXTS = ("name", "description", "value", "SimpleData", "coordinates")
_OTHER_SHAPES = ("Point", "LineString", "Model", "Track", "MultiTrack")


def open_kml(file: Path, mapping: MappingFile) -> Features:
    """Read all placemarks.  Raises: BadInput."""
    data = file.read_bytes()
    check_corners(file, data, b",")
    reader = _Reader(file)
    try:
        reader.parse(data)
    except expat.ExpatError as error:
        raise unreadable(file, f"it is no whole XML: {error}") from error
    if not reader.features:
        raise no_rows(file)
    names = dict.fromkeys(name for feature in reader.features for name in feature.cells)
    return Features(features=reader.features, present=tuple(names), layer="", crs=LONLAT)


class _Reader:
    """What expat's events build up: one feature for each placemark."""

    def __init__(self, file: Path) -> None:
        self.features: list[Feature] = []
        self._file = file
        self._path: list[str] = []
        self._text: list[str] = []
        self._folders: list[str] = []
        self._column = ""
        self._begin()

    def parse(self, data: bytes) -> None:
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartDoctypeDeclHandler = self._doctype
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._text.append
        parser.Parse(data, True)

    def _begin(self) -> None:
        self._cells: dict[str, str | None] = {}
        self._fault = self._shape_fault = ""
        self._polygons: list[Polygon] = []
        self._exterior: list[LinearRing] = []
        self._holes: list[LinearRing] = []

    def _doctype(self, *_: object) -> None:
        raise unreadable(self._file, "it declares a document type, whose entities could be anything")

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        self._path.append(name)
        if len(self._path) > DEEPEST:
            raise unreadable(self._file, f"its elements are nested over {DEEPEST} deep")
        if name in _TEXTS:
            self._text.clear()
        if name in ("Data", "SimpleData"):
            self._column = attributes.get("name", "")
        elif name in ("Folder", "Document"):
            self._folders.append("")
        elif name == "Placemark":
            self._begin()
        elif name == "Polygon":
            self._exterior, self._holes = [], []

    def _end(self, tag: str) -> None:
        name = self._path.pop()
        parent = self._path[-1] if self._path else ""
        text = "".join(self._text) if name in _TEXTS else ""
        if name == "name" and parent in ("Folder", "Document"):
            self._folders[-1] = text.strip()
        elif name in ("name", "description") and parent == "Placemark":
            self._state(name, text)
        elif (name == "value" and parent == "Data") or name == "SimpleData":
            self._state(self._column, text)
        elif name == "coordinates":
            self._coordinates(text, parent)
        elif name == "Polygon":
            self._polygon()
        elif name in _OTHER_SHAPES:
            self._shape_fault = f"a parcel is a polygon or multipolygon, this is a {name}"
        elif name in ("Folder", "Document"):
            self._folders.pop()
        elif name == "Placemark":
            self._placemark()

    def _state(self, column: str, text: str) -> None:
        """Keep a value; one column that is given two values makes the row unreadable."""
        if self._cells.get(column, text) != text:
            self._fault = f"it states {column[:60]!r} twice"
        self._cells[column] = text

    def _coordinates(self, text: str, parent: str) -> None:
        if parent != "LinearRing":
            return
        boundary = self._path[-2] if len(self._path) > 1 else ""
        ring = _ring(text)
        if isinstance(ring, str):
            self._shape_fault = ring
        else:
            (self._holes if boundary == "innerBoundaryIs" else self._exterior).append(ring)

    def _polygon(self) -> None:
        if len(self._exterior) == 1:
            self._polygons.append(Polygon(self._exterior[0], self._holes))
        elif not self._shape_fault:
            self._shape_fault = f"a polygon has one outer boundary, this has {len(self._exterior)}"

    def _placemark(self) -> None:
        if len(self.features) >= MOST_ROWS:
            raise too_much(self._file, MOST_ROWS, "rows")
        self._cells.setdefault("folder", " / ".join(name for name in self._folders if name) or None)
        shape = None if self._shape_fault else _together(self._polygons)
        self.features.append(
            Feature(cells=self._cells, shape=shape, shape_fault=self._shape_fault, fault=self._fault)
        )


def _ring(text: str) -> LinearRing | str:
    """The ring that a list of lon,lat[,height] draws, or what is wrong with it."""
    try:
        xy = np.array([position.split(",")[:2] for position in text.split()], dtype=np.float64)
    except ValueError:
        return "its coordinates are no list of longitude,latitude"
    if xy.ndim != 2 or xy.shape[1] != 2:
        return "its coordinates are no list of longitude,latitude"
    if len(xy) < 4 or not np.array_equal(xy[0], xy[-1]):
        return "the shape is damaged: a ring does not close"
    return LinearRing(xy)


def _together(polygons: Sequence[Polygon]) -> BaseGeometry | None:
    if len(polygons) < 2:
        return polygons[0] if polygons else None
    return MultiPolygon(list(polygons))
