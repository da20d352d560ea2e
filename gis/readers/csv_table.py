"""CSV: the textual record alone, or a table to be joined to a map.  The first line names the columns."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from pathlib import Path

from domain.errors import BadInput
from gis.mapping import Mapping as MappingFile
from gis.readers.bounds import MOST_COLUMNS, MOST_ROWS, no_rows, too_much, unreadable
from gis.readers.page import Feature, Features

_SEPARATORS = (";", "\t", "|")
_UNICODE = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


def open_table(file: Path, mapping: MappingFile) -> Features:
    """Read the table.  Raises: BadInput."""
    text, encoding = _decoded(file, mapping.file.encoding)
    return read_table(file, text, separator=mapping.file.separator, encoding=encoding)


def open_joined(file: Path, encoding: str, separator: str) -> Features:
    """Read a table that is to be joined.  Raises: BadInput."""
    text, name = _decoded(file, encoding)
    return read_table(file, text, separator=separator, encoding=name)


def read_table(file: Path, text: str, *, separator: str, encoding: str) -> Features:
    rows = _records(file, text, separator)
    header = [name.strip() for name in next(rows, [])]
    if len(header) > MOST_COLUMNS:
        raise too_much(file, MOST_COLUMNS, "columns")
    other = next((s for s in _SEPARATORS if s != separator and len(header) == 1 and s in header[0]), None)
    if other:
        raise BadInput(
            f"the columns of {file.name} are not parted by {separator!r}",
            field="file.separator",
            remedy=f"Write separator = {other!r} under [file] in the mapping.",
        )
    features: list[Feature] = []
    for cells in rows:
        if not cells:
            continue  # a blank line
        if len(features) >= MOST_ROWS:
            raise too_much(file, MOST_ROWS, "rows")
        wrong = len(cells) != len(header)
        fault = f"it has {len(cells)} cells and the first line names {len(header)} columns" if wrong else ""
        features.append(Feature(cells={} if wrong else dict(zip(header, cells, strict=True)), fault=fault))
    if not features:
        raise no_rows(file)
    return Features(features=features, present=tuple(header), encoding=encoding, drawn=False)


def _records(file: Path, text: str, separator: str) -> Iterator[list[str]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        yield from reader
    except csv.Error as error:
        raise unreadable(file, f"line {reader.line_num}: {error}") from error


def _decoded(file: Path, stated: str) -> tuple[str, str]:
    """The text, and the encoding it was in.

    A byte that is not in the encoding which the mapping states spoils its own cell; where none is stated, it shows
    that the text is not in UTF-8.
    """
    data = file.read_bytes()
    found = next((name for mark, name in _UNICODE.items() if data.startswith(mark)), "utf-8")
    try:
        text = data.decode(stated or found, "replace" if stated else "strict")
        if "\0" in text:
            raise unreadable(file, "it holds zero bytes: it is no text")
        return text, stated or found
    except LookupError as error:
        raise BadInput(
            f"the encoding {stated[:40]!r} is not known",
            field="file.encoding",
            remedy='Write the name of an encoding, such as "UTF-8" or "cp1252", in the mapping.',
        ) from error
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise BadInput(
            f"line {line} of {file.name} is not in UTF-8",
            field="file.encoding",
            remedy='Write encoding = "cp1252" (or what it is) under [file] in the mapping; "UTF-8" takes the file '
            "and marks the cells that are damaged.",
        ) from error
