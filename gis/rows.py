"""What one row of a map file says, cell by cell; all that is wrong with it is said at once."""

from __future__ import annotations

import re
from collections.abc import Mapping as Map
from dataclasses import dataclass

from domain.errors import BadInput
from domain.quantities import Area, area
from gis.holders import HoldersRead, ProposedHolder, read_holders
from gis.mapping import Cell, Mapping, path_of
from gis.readers import SourceRow
from gis.text import clean, is_cut, is_damaged, parts

LONGEST_LABEL = 64
LONGEST_UNIT_LABEL = 1_000  # canals and commons are booked under scores of khatas
_FIGURE = re.compile(r"[+-]?\d+(\.\d+)?", re.ASCII)


@dataclass(frozen=True)
class Reason:
    """Why a row is refused: a stable code, the column at fault, the rule in words, and what helps."""

    code: str
    field: str
    sentence: str
    remedy: str


@dataclass(frozen=True, kw_only=True)
class Entry:
    """A row whose cells can all be used."""

    row: int
    label: str
    area: Area | None
    """None where the drawn area is the recorded one: of a whole map, or where the paper states none."""
    land_class: str
    use: str
    tenure: str
    former_labels: tuple[str, ...]
    former_labels_cut: bool
    """Whether the cell of former labels was cut or damaged, so that the list is not whole."""
    khatas: tuple[str, ...]
    holders: tuple[ProposedHolder, ...]
    holder_flags: tuple[str, ...]
    notes: tuple[str, ...] = ()
    """Codes of ``gis.holders.SENTENCES`` for what else is to be looked into."""


class RowReader:
    """Reads the cells of rows by one mapping."""

    def __init__(self, mapping: Mapping) -> None:
        self._map = mapping
        self._empty = {clean(text) for text in mapping.file.empty}

    def label(self, row: SourceRow) -> str:
        """The parcel's label, cleaned; empty where there is none."""
        return self._text(row, self._map.parcel.label, [])

    def read(self, row: SourceRow) -> tuple[Entry | None, list[Reason]]:
        """The row's entry, or every reason why it has none."""
        if row.fault:
            return None, [Reason("bad-row", "row", row.fault, "Correct the row in the file.")]
        reasons: list[Reason] = []
        label = self._label(row, reasons)
        recorded = self._area(row, reasons)
        land_class = self._coded(
            row, "land_class", self._map.parcel.land_class, self._map.codes.land_class, reasons
        )
        use = self._coded(row, "use", self._map.parcel.use, self._map.codes.use, reasons)
        tenure = self._coded(row, "tenure", self._map.unit.tenure, self._map.codes.tenure, reasons)
        khatas = self._khatas(row, label, reasons)
        holders = self._holders(row, len(khatas), reasons)
        former, former_cut = self._former_labels(row)
        if reasons:
            return None, reasons
        return Entry(
            row=row.number,
            label=label,
            area=recorded,
            land_class=land_class,
            use=use,
            tenure=tenure,
            former_labels=former,
            former_labels_cut=former_cut,
            khatas=khatas,
            holders=holders.holders,
            holder_flags=holders.flags,
            notes=holders.notes,
        ), reasons

    def _cell(self, row: SourceRow, column: str) -> Cell:
        """The cell as it stands; None for an unmapped column, no value, or a text that means none."""
        cell = row.cells.get(column) if column else None
        if isinstance(cell, tuple):
            return tuple(text for text in cell if clean(text) not in self._empty) or None
        return None if cell is None or clean(cell) in self._empty else cell

    def _text(self, row: SourceRow, column: str, reasons: list[Reason]) -> str:
        """The one text of a cell, cleaned; empty where there is none, or several, which is a reason."""
        cell = self._many(row, column, reasons)
        if not isinstance(cell, tuple):
            return clean(cell or "")
        texts = dict.fromkeys(map(clean, cell))
        if len(texts) > 1:
            sentence = f"several values stand where one is expected: {', '.join(list(texts)[:5])}"
            reasons.append(
                Reason("several-values", column, sentence, "Find out from the paper which is right.")
            )
            return ""
        return next(iter(texts), "")

    def _many(self, row: SourceRow, column: str, reasons: list[Reason]) -> Cell:
        """The text or texts of a cell; a list that cannot be read is a reason."""
        cell = self._cell(row, column)
        if isinstance(cell, str) and path_of(column):
            sentence = f"{cell[:40]!r} is not the list that the mapping reads as {column}"
            reasons.append(Reason("bad-cell", column, sentence, "Correct the cell, or the column's path."))
            return None
        return cell

    def _label(self, row: SourceRow, reasons: list[Reason]) -> str:
        column, before = self._map.parcel.label, len(reasons)
        label = self._text(row, column, reasons)
        if len(reasons) > before:
            return ""
        if not label:
            reasons.append(
                Reason("no-label", column, "the parcel has no number", "Write its number on the map.")
            )
        elif is_damaged(label) or len(label) > LONGEST_LABEL:
            sentence = f"{label[:40]!r} is no number of a parcel: damaged, or over {LONGEST_LABEL} characters"
            reasons.append(Reason("bad-label", column, sentence, "Correct the number from the paper."))
        return label

    def _area(self, row: SourceRow, reasons: list[Reason]) -> Area | None:
        column, before = self._map.parcel.area, len(reasons)
        figure = self._text(row, column, reasons)
        if not column or len(reasons) > before:
            return None
        if not figure and self._map.parcel.area_fallback:
            return None
        if not figure:
            reasons.append(Reason("no-area", column, "no area is recorded", "Take the area from the paper."))
            return None
        try:
            figure = "0" + figure if figure.startswith(".") else figure  # as spreadsheets write 0.63
            return area(figure, self._map.parcel.area_unit, field=column)
        except BadInput as error:
            remedy = error.remedy or "Take the area from the paper."
            code = "area-not-positive" if _FIGURE.fullmatch(figure) else "area-not-a-figure"
            reasons.append(Reason(code, column, error.message, remedy))
            return None

    def _coded(
        self, row: SourceRow, what: str, column: str, codes: Map[str, str], reasons: list[Reason]
    ) -> str:
        """The code of a cell; empty where nothing is recorded.  A text that is not on the list is refused: a class
        read wrongly (government land as private) would let dealings through that the law forbids."""
        text = self._text(row, column, reasons)
        if not text or text in codes:
            return codes.get(text, "")
        if not codes and not is_damaged(text):
            return text
        sentence = f"{text[:60]!r} is not on the list of codes for {what.replace('_', ' ')}"
        remedy = f"Correct the cell, or add the text under [codes.{what}] of the mapping."
        reasons.append(Reason("unknown-code", column, sentence, remedy))
        return ""

    def _khatas(self, row: SourceRow, label: str, reasons: list[Reason]) -> tuple[str, ...]:
        column = self._map.unit.label
        if not column:
            return (label,)  # a state whose record is by parcel: the holding bears the parcel's number
        before = len(reasons)
        cell = self._many(row, column, reasons) or ""
        khatas = tuple(dict.fromkeys(parts(cell, self._map.unit.label_separator)))
        if len(reasons) > before:
            return ()
        if not khatas:
            remedy = "Find the khata in the register; a parcel belongs to exactly one holding."
            reasons.append(Reason("no-khata", column, "the parcel is booked under no khata", remedy))
        elif _is_cut(cell) or any(map(is_damaged, khatas)) or sum(map(len, khatas)) > LONGEST_UNIT_LABEL:
            sentence = f"the khata {khatas[0][:40]!r} is damaged, cut short or far too long"
            reasons.append(Reason("bad-khata", column, sentence, "Correct the khata from the paper."))
        return khatas

    def _former_labels(self, row: SourceRow) -> tuple[tuple[str, ...], bool]:
        """The numbers that the parcel had before, and whether some could not be read."""
        cell = self._cell(row, self._map.parcel.former_labels) or ""
        labels = parts(cell, self._map.parcel.former_labels_separator)
        whole = [label for label in labels[: -1 if _is_cut(cell) else None] if not is_damaged(label)]
        return tuple(dict.fromkeys(whole)), len(whole) < len(labels)

    def _holders(self, row: SourceRow, khatas: int, reasons: list[Reason]) -> HoldersRead:
        unit = self._map.unit
        try:
            return read_holders(
                self._many(row, unit.holders, reasons),
                self._cell(row, unit.shares),
                khatas,
                unit,
                relation=self._cell(row, unit.relation),
                share_words=self._map.codes.shares,
            )
        except BadInput as error:
            reasons.append(Reason("bad-shares", unit.shares, error.message, error.remedy))
            return HoldersRead((), ())


def _is_cut(cell: str | tuple[str, ...]) -> bool:
    return isinstance(cell, str) and is_cut(cell)
