"""The intake: rows of a map file come in page by page; each becomes a draft or is refused with every reason."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping as Map
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from domain.errors import BadInput
from domain.quantities import Area, to_m2
from gis.mapping import Cell, Mapping
from gis.mending import Mended, mend
from gis.readers import SourceRow
from gis.report import CROSSING_MENDED, RefusedRow, Repair
from gis.rows import Entry, Reason, RowReader
from gis.shapes import drawn_areas
from gis.text import natural_key


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A row that can be used: what it says, its shape on the grid and valid, and its cells as they stand."""

    entry: Entry
    area: Area
    """The recorded area; the drawn one where the mapping says that the map is the record, or stands in for it."""
    shape: BaseGeometry | None
    """None in a file that is the textual record alone."""
    drawn_m2: Decimal
    """Zero without a shape."""
    cells: Map[str, Cell]


class Intake:
    """Takes pages of rows and sorts them; ``finish`` settles what only the whole file can tell."""

    def __init__(self, mapping: Mapping, *, drawn: bool = True) -> None:
        self.refused: list[RefusedRow] = []
        self.repairs: list[Repair] = []
        self.refused_shapes: dict[int, BaseGeometry] = {}
        """Shapes of refused rows, by row, where the shape itself was sound: for the map of the report."""
        self._mapping = mapping
        self._drawn = drawn  # else the file is the textual record alone
        self._reader = RowReader(mapping)
        self._drafts: list[Draft] = []
        self._rows_of: dict[str, list[int]] = defaultdict(list)
        self._shapes = self._outside = 0

    def take(self, page: Sequence[SourceRow]) -> None:
        """Take one page of rows."""
        if not self._drawn:
            for row in page:
                self._take(row, Mended(shape=None), Decimal(0), outside=False)
            return
        mended = mend([row.shape for row in page])
        drawn = drawn_areas([m.shape for m in mended])
        outside = self._lie_outside([m.shape for m in mended])
        for row, shape, m2, out in zip(page, mended, drawn, outside, strict=True):
            self._take(row, shape, m2, out)

    def finish(self) -> list[Draft]:
        """The drafts in the natural order of labels.  Raises: BadInput where most shapes lie elsewhere."""
        if self._outside * 2 > self._shapes:
            raise BadInput(
                f"{self._outside} of {self._shapes} shapes lie outside of {self._extent()}",
                field="file.crs",
                remedy="Check the reference system and the order of the axes; or correct file.within in the mapping.",
            )
        unique = []
        for draft in self._drafts:
            others = [str(row) for row in self._rows_of[draft.entry.label] if row != draft.entry.row]
            if not others:
                unique.append(draft)
                continue
            reason = Reason(
                "duplicate-label",
                self._mapping.parcel.label,
                f"the number {draft.entry.label} is also borne by row {', '.join(others[:5])}",
                "Find out from the paper which row is right: none of them is used.",
            )
            if draft.shape is not None:
                self.refused_shapes[draft.entry.row] = draft.shape
            self._refuse(draft.entry.row, draft.entry.label, [reason], draft.cells)
        used = {draft.entry.row for draft in unique}
        self.repairs = [repair for repair in self.repairs if repair.row in used]
        self.refused.sort(key=lambda refused: refused.row)
        return sorted(unique, key=lambda draft: natural_key(draft.entry.label))

    def _take(self, row: SourceRow, mended: Mended, drawn_m2: Decimal, outside: bool) -> None:
        entry, reasons = self._reader.read(row)
        label = self._reader.label(row)
        if label:
            self._rows_of[label].append(row.number)
        if self._drawn:
            reasons += self._shape_reasons(row, mended, outside)
        area = (entry.area or self._drawn_area(drawn_m2, reasons)) if entry else None
        if area and mended.shape is not None and not outside:
            reasons += self._area_reasons(area, drawn_m2)
        if entry is None or area is None or reasons:
            if mended.shape is not None and not outside:
                self.refused_shapes[row.number] = mended.shape
            self._refuse(row.number, label, reasons, row.cells)
            return
        self._drafts.append(
            Draft(entry=entry, area=area, shape=mended.shape, drawn_m2=drawn_m2, cells=row.cells)
        )
        if mended.crossing:
            sentence = f"the boundary crossed itself ({mended.crossing}); it was rebuilt from its own lines"
            moved = mended.moved_m2
            self.repairs.append(
                Repair(row=row.number, label=label, kind=CROSSING_MENDED, sentence=sentence, moved_m2=moved)
            )

    def _shape_reasons(self, row: SourceRow, mended: Mended, outside: bool) -> list[Reason]:
        if mended.shape is None:
            remedy = "Draw the parcel again, as one closed boundary."
            return [Reason("bad-shape", "geometry", row.shape_fault or mended.fault, remedy)]
        if outside:
            sentence = f"the shape lies outside of {self._extent()}"
            return [Reason("outside", "geometry", sentence, "Draw it in its place.")]
        return []

    def _drawn_area(self, drawn_m2: Decimal, reasons: list[Reason]) -> Area | None:
        """The drawn area as the recorded one, where the mapping says that the map is the record."""
        if reasons:
            return None
        if drawn_m2 > 0:
            return Area(to_m2(drawn_m2), str(drawn_m2), "m2")
        sentence = "no area is recorded, and none is drawn"
        reasons.append(Reason("no-area", "geometry", sentence, "Take the area from the paper."))
        return None

    def _area_reasons(self, area: Area, drawn_m2: Decimal) -> list[Reason]:
        """The drawing and the figure must at least be of the same land."""
        recorded, factor = area.m2, self._mapping.file.area_factor
        if drawn_m2 > 0 and recorded / factor <= drawn_m2 <= recorded * factor:
            return []
        sentence = f"{drawn_m2} m2 are drawn and {recorded} m2 recorded: beyond a factor of {factor}"
        remedy = "Check the figure, its unit and the drawing against the paper."
        return [Reason("area-mismatch", self._mapping.parcel.area, sentence, remedy)]

    def _lie_outside(self, shapes: Sequence[BaseGeometry | None]) -> list[bool]:
        bounds = shapely.bounds(np.asarray(shapes, dtype=object))
        west, south, east, north = self._mapping.file.within
        with np.errstate(invalid="ignore"):
            outside = np.any(bounds < (west, south, west, south), axis=1)
            outside |= np.any(bounds > (east, north, east, north), axis=1)
        self._shapes += int(np.isfinite(bounds[:, 0]).sum())
        self._outside += int(outside.sum())
        return [bool(out) for out in outside]

    def _extent(self) -> str:
        west, south, east, north = self._mapping.file.within
        return f"{west:g} to {east:g} E, {south:g} to {north:g} N"

    def _refuse(self, row: int, label: str, reasons: Sequence[Reason], cells: Map[str, Cell]) -> None:
        self.refused.append(RefusedRow(row=row, label=label, reasons=tuple(reasons), cells=dict(cells)))
