"""Which format a file is in: judged by its first bytes, for a name proves nothing and GDAL knows formats that fetch
from the network or read further files."""

from __future__ import annotations

import codecs
import re
import stat
from pathlib import Path
from typing import Literal

from domain.errors import BadInput
from gis.readers.bounds import MOST_BYTES, NAMES, unreadable

Format = Literal["GeoJSON", "TopoJSON", "GPKG", "ESRI Shapefile", "KML", "DXF", "CSV"]

_MAGIC: dict[bytes, Format] = {b"SQLite format 3\0": "GPKG", b"\x00\x00\x27\x0a": "ESRI Shapefile"}
_HINTS = {
    b"PK\x03\x04": "it is a zip archive: unpack it first",
    b"\x1f\x8b": "it is compressed by gzip: unpack it first",
    b"7z\xbc\xaf": "it is a 7z archive: unpack it first",
    b"Rar!": "it is a rar archive: unpack it first",
    b"AC10": "it is a DWG drawing: save it as DXF",
    b"AutoCAD Binary DXF": "it is a DXF in bytes: save it as a DXF in text",
    b"%PDF": "it is a PDF, a picture of a map: the map itself is needed",
}
_TOPOLOGY = re.compile(rb'"type"\s*:\s*"Topology"')
_SHEET = re.compile(rb"\s*(?:999\s*\r?\n[^\n]*\n\s*)*0\s*\r?\n\s*SECTION\s")
_HEAD = 4_096
_TABLES = (".csv", ".tsv")


def recognise(file: Path) -> Format:
    """The format of a regular file of bearable size.  Raises: BadInput."""
    head, tail = _ends(file)
    for magic, driver in _MAGIC.items():
        if head.startswith(magic):
            return driver
    for magic, hint in _HINTS.items():
        if head.startswith(magic):
            raise unreadable(file, hint)
    text = head.removeprefix(codecs.BOM_UTF8).lstrip()
    if text.startswith(b"{"):
        return "TopoJSON" if _TOPOLOGY.search(head) or _TOPOLOGY.search(tail) else "GeoJSON"
    if text.startswith(b"<") and b"<kml" in text:
        return "KML"
    if _SHEET.match(text):
        return "DXF"
    if file.suffix.lower() in _TABLES:
        return "CSV"  # a table has no mark of its own
    raise unreadable(file, "it begins like none of them")


def _ends(file: Path) -> tuple[bytes, bytes]:
    """The first and the last bytes."""
    try:
        facts = file.stat()
        if stat.S_ISDIR(facts.st_mode):
            raise unreadable(file, "is a directory")
        if not stat.S_ISREG(facts.st_mode):
            raise unreadable(file, "it is no ordinary file")
        if not facts.st_size:
            raise BadInput(f"{file.name} is empty", field="file", remedy=f"Give a file in {NAMES}.")
        if facts.st_size > MOST_BYTES:
            raise BadInput(
                f"{file.name} is larger than {MOST_BYTES >> 20} MiB",
                field="file",
                remedy="Export one village to a file.",
            )
        with file.open("rb") as stream:
            head = stream.read(_HEAD)
            stream.seek(max(0, facts.st_size - _HEAD))
            return head, stream.read()
    except OSError as error:
        raise unreadable(file, (error.strerror or str(error)).lower()) from error
    except ValueError as error:  # a name with a zero byte
        raise unreadable(file, str(error)) from error
