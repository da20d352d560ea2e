"""How much a file may hold, and the words for one that cannot be read.

The largest villages known to us have some 20,000 parcels and 200,000 corners; the bounds leave room for a district.
"""

from __future__ import annotations

from pathlib import Path

from domain.errors import BadInput

MOST_BYTES = 256 << 20
MOST_ROWS = 500_000
MOST_CORNERS = 5_000_000
MOST_COLUMNS = 1_000  # GDAL's time grows with their square
DEEPEST = 64
"""Levels of folders, geometries or JSON, one in another, where the reading is ours."""

NAMES = (
    "GeoJSON (.geojson), TopoJSON (.topojson), GeoPackage (.gpkg), Shapefile (.shp with .dbf, .shx and .prj), "
    "KML (.kml), a DXF sheet (.dxf) or a table (.csv)"
)


def unreadable(file: Path, reason: str) -> BadInput:
    """The refusal of a file as a whole."""
    return BadInput(
        f"{file.name} cannot be read: {reason}",
        field="file",
        remedy=f"Give a file in {NAMES}, whole and closed.",
    )


def too_much(file: Path, most: int, what: str) -> BadInput:
    """The refusal of a file that holds more than a village does."""
    return BadInput(
        f"{file.name} holds more than {most:,} {what}",
        field="file",
        remedy="Export one village to a file; draw a boundary with no more corners than were surveyed.",
    )


def no_rows(file: Path) -> BadInput:
    return BadInput(
        f"{file.name} holds no rows", field="file", remedy="Export the village again, with its rows."
    )


def check_rows(file: Path, rows: int) -> None:
    """Raises: BadInput for a file without rows or with too many."""
    if rows < 1:
        raise no_rows(file)
    if rows > MOST_ROWS:
        raise too_much(file, MOST_ROWS, "rows")


def check_corners(file: Path, text: bytes, mark: bytes) -> None:
    """Refuse a text in which ``mark``, of which every corner needs one, occurs too often.  Raises: BadInput."""
    if text.count(mark) > MOST_CORNERS:
        raise too_much(file, MOST_CORNERS, "corners")
