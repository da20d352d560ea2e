"""A map file or a table opened: its columns, encoding and reference system are fit to be read, and its rows follow."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from domain.errors import BadInput
from gis.mapping import Cell, base_column, path_of
from gis.mapping import Mapping as MappingFile
from gis.readers import csv_table, dxf, gdal, kml, systems, topojson
from gis.readers.bounds import MOST_COLUMNS, check_rows, too_much
from gis.readers.joined import Joined, join
from gis.readers.page import Page
from gis.readers.recognise import Format, recognise
from gis.tolerances import FARTHEST, MOST_CORNERS_OF_A_SHAPE

PAGE = 20_000  # rows held at once

_OPENERS = {
    "TopoJSON": topojson.open_topology,
    "KML": kml.open_kml,
    "DXF": dxf.open_sheet,
    "CSV": csv_table.open_table,
}


@dataclass(frozen=True, kw_only=True)
class SourceRow:
    """One row of a map file."""

    number: int
    """Its place in the file, from 1."""
    cells: Mapping[str, Cell]
    """The mapped columns; None where the file holds no value, several texts where it holds a list."""
    shape: BaseGeometry | None
    """In lon/lat (EPSG:4326), as drawn: not yet checked or snapped."""
    shape_fault: str = ""
    """Why the shape that the file holds here cannot be read."""
    fault: str = ""
    """Why the row as a whole cannot be read."""


class Opened(Protocol):
    """A file of one format, whose rows can be read from any place on."""

    @property
    def layer(self) -> str: ...
    @property
    def crs(self) -> str | None:
        """The reference system that the file states."""

    @property
    def encoding(self) -> str: ...
    @property
    def rows(self) -> int: ...
    @property
    def present(self) -> tuple[str, ...]:
        """The columns that the file has."""

    @property
    def drawn(self) -> bool:
        """Whether rows have shapes."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What is to be said of the file in the report."""

    def page(self, start: int, count: int, columns: Sequence[str]) -> Page: ...


@dataclass(frozen=True, kw_only=True)
class Source:
    """A file that was opened and checked; ``table`` is the one joined to it."""

    path: Path
    driver: str
    crs: str
    crs_accuracy_m: float | None
    """What PROJ says of the way from ``crs`` to lon/lat: None where it is exact or unknown."""
    columns: tuple[str, ...]
    unused: tuple[str, ...]
    opened: Opened
    table: Joined | None = None

    @property
    def layer(self) -> str:
        return self.opened.layer

    @property
    def encoding(self) -> str:
        return self.opened.encoding

    @property
    def rows(self) -> int:
        return self.opened.rows

    @property
    def drawn(self) -> bool:
        """Whether rows have shapes; else the file is the textual record alone."""
        return self.opened.drawn

    def pages(self) -> Iterator[list[SourceRow]]:
        """The rows in file order, at most ``PAGE`` at a time.  Raises: BadInput for what cannot be read."""
        for start in range(0, self.rows, PAGE):
            yield self._page(start)

    def _page(self, start: int) -> list[SourceRow]:
        page = self.opened.page(start, PAGE, _bases(self.columns, self.table))
        shapes, faults = self._shapes(page)
        columns = [_resolved(page, name, self.table) for name in self.columns]
        return [
            SourceRow(
                number=start + i,
                cells=dict(zip(self.columns, cells, strict=True)),
                shape=shape,
                shape_fault=shape_fault,
                fault=fault,
            )
            for i, (shape, shape_fault, fault, *cells) in enumerate(
                zip(shapes, faults, page.faults, *columns, strict=True), 1
            )
        ]

    def _shapes(self, page: Page) -> tuple[NDArray[Any], list[str]]:
        """The shapes in lon/lat; those that nothing can be measured on are left out first, with the reason."""
        shapes, faults = page.shapes, list(page.shape_faults)
        corners = shapely.get_num_coordinates(shapes)
        for place in np.flatnonzero(corners > MOST_CORNERS_OF_A_SHAPE).tolist():
            faults[place] = (
                f"the shape has {corners[place]:,} corners; at most {MOST_CORNERS_OF_A_SHAPE:,} are taken"
            )
            shapes[place] = None
        xy, owners = shapely.get_coordinates(shapes, return_index=True)
        nowhere = ~np.all(np.abs(xy) < FARTHEST, axis=1)
        for place, (x, y) in zip(owners[nowhere].tolist(), xy[nowhere].tolist(), strict=True):
            faults[place] = f"the position ({x:.10g}, {y:.10g}) is nowhere on earth"
            shapes[place] = None
        return (systems.lonlat(shapes, systems.to_lonlat(self.crs)) if self.drawn else shapes), faults


def open_source(path: str | Path, mapping: MappingFile, table: str | Path | None = None) -> Source:
    """Open a map file, or a table of the textual record alone, and check all that can be checked before the first
    row; ``table`` is a CSV file whose rows are joined to it by the mapping's [table].  Raises: BadInput.
    """
    file = Path(path)
    driver = recognise(file)
    opened = _opened(file, driver, mapping)
    check_rows(file, opened.rows)
    if len(opened.present) > MOST_COLUMNS:
        raise too_much(file, MOST_COLUMNS, "columns")
    joined = join(mapping, Path(table) if table else None)
    columns = mapping.columns()
    bases = _bases(columns, joined)
    _require_columns(bases, opened.present)
    if driver == "GeoJSON":
        gdal.refuse_repeated_names(file, bases, opened.rows)
    crs = systems.crs_of(file, opened.crs, mapping.file.crs) if opened.drawn else ""
    return Source(
        path=file,
        driver=driver,
        crs=crs,
        crs_accuracy_m=systems.accuracy_m(crs) if crs else None,
        columns=columns,
        unused=tuple(name for name in opened.present if name not in bases),
        opened=opened,
        table=joined,
    )


def _opened(file: Path, driver: Format, mapping: MappingFile) -> Opened:
    opener = _OPENERS.get(driver)
    return opener(file, mapping) if opener else gdal.open_layer(file, driver, mapping)


def _bases(columns: Sequence[str], table: Joined | None) -> tuple[str, ...]:
    """The columns of the map file itself that the mapping's need."""
    own = [base_column(name) for name in columns if not name.startswith("table:")]
    return tuple(dict.fromkeys([*own, *([table.matches] if table else [])]))


def _resolved(page: Page, column: str, table: Joined | None) -> list[Cell]:
    """A mapped column: as it stands, along a path into its JSON, or from the joined table."""
    if column.startswith("table:"):
        assert table is not None  # ``join`` saw to it
        return table.cells(column, page.texts[table.matches])
    texts = page.texts[base_column(column)]
    path = path_of(column)
    return [_along(text, path) for text in texts] if path else list(texts)


def _along(text: str | None, path: tuple[str, ...]) -> Cell:
    """The values that stand at the end of a path in a JSON text; the text itself where it is no such JSON.

    >>> _along('[{"no": "1/2", "of": [{"name": "A"}, {"name": "B"}]}]', ("", "of", "", "name"))
    ('A', 'B')
    """
    if text is None:
        return None
    try:
        values: list[Any] = [json.loads(text)]
        for step in path:
            values = [inner for value in values for inner in (value if not step else [value[step]])]
    except (ValueError, TypeError, KeyError, RecursionError):
        return text
    return tuple(str(value) for value in values if value is not None)


def _require_columns(wanted: Sequence[str], present: Sequence[str]) -> None:
    repeated = sorted({name for name in present if present.count(name) > 1})
    if repeated:
        raise BadInput(
            f"the column {repeated[0]!r} stands twice in the file",
            field=repeated[0],
            remedy="Rename one of them.",
        )
    for name in wanted:
        if name not in present:
            near = difflib.get_close_matches(name, present, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise BadInput(
                f"the file has no column {name!r}",
                field=name,
                remedy=f"Correct the mapping. The file's columns are: {', '.join(present) or 'none'}.{hint}",
            )
