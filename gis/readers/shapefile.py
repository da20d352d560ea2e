"""What GDAL would take silently of a shapefile: a table in an unknown encoding, and files that were cut short."""

from __future__ import annotations

import struct
from pathlib import Path

from domain.errors import BadInput
from gis.readers.bounds import unreadable

_HEADER = 100  # bytes of .shp and .shx before the records
_WORD = 2  # bytes: the unit of length of .shp and .shx


def check(file: Path, *, encoding_stated: bool) -> None:
    """Check the .shp against its companions.  Raises: BadInput."""
    table, index = _companion(file, ".dbf"), _companion(file, ".shx")
    try:
        content = table.read_bytes()
        header, names = content[:32], content[32:]
        shapes = _whole(file, index)
    except OSError as error:
        raise unreadable(file, (error.strerror or str(error)).lower()) from error
    if len(header) < 32:
        raise _cut_short(table)
    rows, start, width = struct.unpack_from("<IHH", header, 4)
    if 32 + len(names) < start + rows * width:
        raise _cut_short(table)
    if rows != shapes:
        raise BadInput(
            f"{table.name} has {rows} rows and {file.name} has {shapes} shapes",
            field="file",
            remedy="Copy the .shp, .shx and .dbf of one export; a row would otherwise get another's shape.",
        )
    if any(file.with_suffix(s).exists() for s in (".cpg", ".CPG")) or encoding_stated:
        return
    if not header[29] and not names.isascii():  # the language driver of the header
        raise BadInput(
            f"{file.name} does not say in which encoding its names are written",
            field="file.encoding",
            remedy='Add the file\'s .cpg, or write encoding = "UTF-8" (or what it is) under [file] in the mapping.',
        )


def _companion(file: Path, suffix: str) -> Path:
    for candidate in (file.with_suffix(suffix), file.with_suffix(suffix.upper())):
        if candidate.is_file():
            return candidate
    raise BadInput(
        f"{file.stem}{suffix} is missing beside {file.name}",
        field="file",
        remedy="A shapefile is .shp, .dbf, .shx and .prj together: copy all of them.",
    )


def _whole(file: Path, index: Path) -> int:
    """The number of shapes, once both files are as long as their headers say."""
    for part in (file, index):
        with part.open("rb") as stream:
            head = stream.read(_HEADER)
        if len(head) < _HEADER or part.stat().st_size < struct.unpack_from(">I", head, 24)[0] * _WORD:
            raise _cut_short(part)
    return (index.stat().st_size - _HEADER) // 8


def _cut_short(part: Path) -> BadInput:
    return BadInput(
        f"{part.name} was cut short: it is smaller than its own header says",
        field="file",
        remedy="Copy the file again, whole.",
    )
