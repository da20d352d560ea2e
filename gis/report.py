"""The import report: what became of every row, why, and by how much a shape was mended.

It names holders where a row is refused, so it is a paper of the office, not a public one.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any

from gis.coverage import Coverage
from gis.mapping import Cell, Village
from gis.readers.joined import Unmatched
from gis.rows import Reason

FORMAT = "landlog/import-report@v1"

AREA_CLOSE = "area-differs-slightly"  # up to five in a hundred
AREA_DIFFERS = "area-differs"
AREA_AS_DRAWN = "area-as-drawn"
OVERLAP = "overlap"
FORMER_LABELS_CUT = "former-labels-cut"

CROSSING_MENDED = "crossing-mended"
HAIRLINE_CLOSED = "hairline-closed"


@dataclass(frozen=True, kw_only=True)
class RefusedRow:
    """A row that is not used, with its mapped cells as they stand in the file."""

    row: int
    label: str
    reasons: tuple[Reason, ...]
    cells: Mapping[str, Cell]


@dataclass(frozen=True, kw_only=True)
class Repair:
    """A shape that was changed by a rule of ``gis.mending`` or ``gis.hairlines``, and the land that it moved."""

    row: int
    label: str
    kind: str
    sentence: str
    moved_m2: Decimal


@dataclass(frozen=True, kw_only=True)
class Remark:
    """Something to look into on a row that is used; ``cell`` is the text of the file that gave rise to it."""

    row: int
    label: str
    kind: str
    sentence: str
    cell: str = ""


@dataclass(frozen=True, kw_only=True)
class SourceFacts:
    """Which file was read, and how."""

    name: str
    driver: str
    layer: str
    crs: str
    crs_accuracy_m: float | None
    encoding: str
    rows: int
    unused_columns: tuple[str, ...]
    notes: tuple[str, ...] = ()
    """What is to be known of the file as a whole: how a sheet was placed, what in it is not read."""


@dataclass(frozen=True, kw_only=True)
class TableFacts:
    """The table that was joined to the map, and its rows that no row of the map bears out."""

    name: str
    rows: int
    unmatched: tuple[Unmatched, ...]


@dataclass(frozen=True, kw_only=True)
class ImportReport:
    """All that is to be said about one import; ``rows = used + len(refused)``."""

    village: Village
    source: SourceFacts
    used: int
    units: int
    units_incomplete: int
    areas: Mapping[str, int]
    """How many used rows of each grade: agrees, close, differs (drawn against recorded area), or no-map."""
    refused: tuple[RefusedRow, ...]
    repairs: tuple[Repair, ...]
    remarks: tuple[Remark, ...]
    as_drawn: Coverage
    """How the used shapes lay beside each other in the file."""
    coverage: Coverage
    """How they do after the repairs: what would be registered."""
    table: TableFacts | None = None

    def to_json(self) -> str:
        """The whole report as JSON, figures as decimal strings."""
        document = {"format": FORMAT, **asdict(self)}
        return json.dumps(document, ensure_ascii=False, indent=1, default=_plain)

    def summary(self) -> str:
        """The report in a dozen lines, for the person who started the import."""
        source, cover = self.source, self.coverage
        lines = [
            f"{self.village.name} ({self.village.lgd}): {source.rows} rows in {source.name}, {self.used} used, "
            f"{len(self.refused)} refused",
            f"  {self.units} holdings, {self.units_incomplete} of them with holders that the paper does not give whole",
            f"  drawn against recorded area: {self.areas['agrees']} agree within 1 %, "
            f"{self.areas['close']} within 5 %, {self.areas['differs']} differ by more",
        ]
        if self.areas.get("no-map"):
            lines[-1] = f"  no map: {self.areas['no-map']} parcels are registered by their record alone"
        lines.extend(f"  {note}" for note in source.notes)
        if self.table:
            name, rows, left = self.table.name, self.table.rows, len(self.table.unmatched)
            lines.append(f"  {rows} rows in {name}, {left} of them with no row of the map")
        for kind, said in (
            (CROSSING_MENDED, "shapes mended"),
            (HAIRLINE_CLOSED, "hairlines closed at parcels"),
        ):
            moved = [repair.moved_m2 for repair in self.repairs if repair.kind == kind]
            if moved:
                lines.append(f"  {said}: {len(moved)}, which moved {sum(moved)} m2 in all")
        if not cover.polygons:
            pass
        elif cover.exact:
            lines.append("  boundaries: every one is drawn alike from both sides")
        else:
            lines.append(
                f"  boundaries: {cover.unmatched_polygons} parcels with edges that do not meet "
                f"({cover.unmatched_m} m), {len(cover.overlaps)} overlaps, {cover.hairline_overlaps} hairline ones"
            )
        for title, counts in (
            ("refused", Counter(reason.code for row in self.refused for reason in row.reasons)),
            ("to look into", Counter(remark.kind for remark in self.remarks)),
        ):
            lines.extend(f"  {title}: {count} x {kind}" for kind, count in counts.most_common())
        for row in self.refused[:5]:
            lines.append(f"  row {row.row} (parcel {row.label or '?'}): {row.reasons[0].sentence}")
        return "\n".join(lines)


def _plain(value: Any) -> str:
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no place in a report")
