"""A table beside the map: the textual record kept in a file of its own, joined by a number that both bear."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from domain.errors import BadInput
from gis.mapping import Cell, TableColumns
from gis.mapping import Mapping as MappingFile
from gis.readers.bounds import unreadable
from gis.readers.csv_table import open_joined
from gis.readers.page import Feature
from gis.readers.recognise import recognise
from gis.text import clean


@dataclass(frozen=True)
class Unmatched:
    """A row of the table that no row of the map claims."""

    row: int
    key: str
    sentence: str


@dataclass(frozen=True, kw_only=True)
class Joined:
    """The rows of the table by their key; which keys were asked for is kept for the report."""

    name: str
    rows: int
    matches: str
    """The column of the map file."""
    by_key: dict[str, list[tuple[int, Feature]]]
    unreadable: tuple[Unmatched, ...]
    asked: set[str] = field(default_factory=set)

    def cells(self, column: str, keys: Sequence[str | None]) -> list[Cell]:
        """One column of the table for each key: None without a row, several texts where several rows bear it."""
        name = column.removeprefix("table:")
        found: list[Cell] = []
        for key in keys:
            rows = self.by_key.get(clean(key or ""), [])
            self.asked.add(clean(key or ""))
            values = tuple(feature.cells.get(name) or "" for _, feature in rows)
            found.append(values if len(values) > 1 else values[0] if values else None)
        return found

    def unmatched(self) -> tuple[Unmatched, ...]:
        """The rows of the table that nothing was asked of, once all pages are read."""
        left = [
            Unmatched(row, key, "no row of the map bears this number")
            for key, rows in self.by_key.items()
            if key not in self.asked
            for row, _ in rows
        ]
        return tuple(sorted((*left, *self.unreadable), key=lambda unmatched: unmatched.row))


def join(mapping: MappingFile, table: Path | None) -> Joined | None:
    """The table that the mapping wants.  Raises: BadInput when one is missing or not wanted."""
    wanted = mapping.table
    if table is None:
        if wanted is None:
            return None
        raise BadInput(
            "the mapping takes columns from a table beside the map, and none is given",
            field="table",
            remedy="Give the CSV file with --table.",
        )
    if wanted is None:
        raise BadInput(
            f"the mapping does not say how {table.name} belongs to the map",
            field="mapping.table",
            remedy='Add [table] with key = ... and matches = ..., and name its columns as in "table:Owner".',
        )
    return _read(
        table, wanted, [c.removeprefix("table:") for c in mapping.columns() if c.startswith("table:")]
    )


def _read(file: Path, wanted: TableColumns, columns: Sequence[str]) -> Joined:
    if recognise(file) != "CSV":
        raise unreadable(file, "it is no table")
    table = open_joined(file, wanted.encoding, wanted.separator)
    for name in (wanted.key, *columns):
        if name not in table.present:
            raise BadInput(
                f"the table {file.name} has no column {name!r}",
                field=f"table:{name}",
                remedy=f"Correct the mapping. Its columns are: {', '.join(table.present)}.",
            )
    by_key: dict[str, list[tuple[int, Feature]]] = defaultdict(list)
    faulty = []
    for number, feature in enumerate(table.features, 1):
        key = clean(feature.cells.get(wanted.key) or "")
        if feature.fault or not key:
            faulty.append(Unmatched(number, key, feature.fault or "it bears no number"))
        else:
            by_key[key].append((number, feature))
    return Joined(
        name=file.name,
        rows=table.rows,
        matches=wanted.matches,
        by_key=dict(by_key),
        unreadable=tuple(faulty),
    )
