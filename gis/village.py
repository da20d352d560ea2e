"""A village proposed for registration: a map file's rows as parcels and holdings, and a report on every row.

Nothing here is invented: a row gives what it states or is refused with its reasons, a sole holder holds the whole,
several hold shares that are stated or not determined, and a list of holders that is not whole says so.  Nothing is
registered either: turning a proposal into orders is the office's work.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from collections.abc import Mapping as Map
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from shapely.geometry.base import BaseGeometry

from domain.errors import BadInput
from gis.coverage import Coverage, Overlap, examine_coverage, find_flaws, flaws_after
from gis.hairlines import Move, close_hairlines
from gis.holdings import gather
from gis.intake import Draft, Intake
from gis.mapping import Mapping, Village
from gis.proposal import ProposedParcel, ProposedUnit, area_grade
from gis.readers import Source, open_source
from gis.report import (
    AREA_AS_DRAWN,
    AREA_CLOSE,
    AREA_DIFFERS,
    FORMER_LABELS_CUT,
    HAIRLINE_CLOSED,
    OVERLAP,
    ImportReport,
    Remark,
    Repair,
    SourceFacts,
    TableFacts,
)
from gis.shapes import canonical_bytes_many, drawn_areas, geometry_hash
from gis.text import as_text

Progress = Callable[[int, int], None]  # rows read, rows in all


@dataclass(frozen=True, kw_only=True)
class ProposedVillage:
    """What a map file gives of a village, with the report on how."""

    village: Village
    parcels: tuple[ProposedParcel, ...]
    units: tuple[ProposedUnit, ...]
    report: ImportReport
    refused_shapes: Map[int, BaseGeometry] = field(default_factory=dict)
    """By row, in longitude and latitude: what the map of the report shows beside the parcels."""


def propose_village(
    path: str | Path,
    mapping: Mapping,
    *,
    table: str | Path | None = None,
    progress: Progress | None = None,
) -> ProposedVillage:
    """Read, check and arrange a village; ``table`` is a CSV file of the record beside the map.

    Raises: BadInput where a file as a whole cannot be used.
    """
    village = mapping.the_village()
    source = open_source(path, mapping, table)
    intake = Intake(mapping, drawn=source.drawn)
    for page in source.pages():
        intake.take(page)
        if progress:
            progress(page[-1].number, source.rows)
    drafts = intake.finish()
    if not drafts:
        first = intake.refused[0]
        raise BadInput(
            f"no row of {source.path.name} can be used; row {first.row}: {first.reasons[0].sentence}",
            field=first.reasons[0].field,
            remedy=first.reasons[0].remedy,
        )
    units, unit_of, on_holders = gather(drafts, mapping.unit.holders)
    drafts, closed, as_drawn, coverage = _examined(drafts)
    parcels = _parcels(drafts, unit_of)
    report = ImportReport(
        village=village,
        source=_facts(source),
        used=len(parcels),
        units=len(units),
        units_incomplete=sum(unit.holders_incomplete for unit in units),
        areas={"agrees": 0, "close": 0, "differs": 0} | Counter(parcel.area_grade for parcel in parcels),
        refused=tuple(intake.refused),
        repairs=(*intake.repairs, *closed),
        remarks=tuple(sorted(on_holders + _remarks(drafts, parcels, coverage, mapping), key=lambda r: r.row)),
        as_drawn=as_drawn,
        coverage=coverage,
        table=_table(source),
    )
    return ProposedVillage(
        village=village,
        parcels=parcels,
        units=tuple(units),
        report=report,
        refused_shapes=intake.refused_shapes,
    )


def _examined(drafts: list[Draft]) -> tuple[list[Draft], list[Repair], Coverage, Coverage]:
    """The drafts with hairlines between them closed, what was moved for it, and how they lay before and lie now."""
    shapes = np.array([draft.shape for draft in drafts if draft.shape], dtype=object)
    flaws = find_flaws(shapes)
    as_drawn = examine_coverage(shapes, flaws)
    closed = close_hairlines(shapes, as_drawn, flaws)
    if not closed:
        return drafts, [], as_drawn, as_drawn
    after, repairs = _closed(drafts, closed)
    shapes_after = np.array([draft.shape for draft in after], dtype=object)
    flaws_left = flaws_after(shapes_after, shapes, flaws, np.array(list(closed), dtype=np.int64))
    return after, repairs, as_drawn, examine_coverage(shapes_after, flaws_left)


def _closed(drafts: list[Draft], closed: Map[int, Move]) -> tuple[list[Draft], list[Repair]]:
    """The drafts as they are after the moves, and what is to be said of those."""
    after, repairs = list(drafts), []
    areas = drawn_areas([move.shape for move in closed.values()])
    for (place, move), m2 in zip(closed.items(), areas, strict=True):
        draft = drafts[place]
        after[place] = replace(draft, shape=move.shape, drawn_m2=m2)
        sentence = (
            f"the boundary was moved by at most {move.metres} m to meet its neighbours'"
            if move.metres
            else "corners were set on the boundary where the neighbours' corners meet it"
        )
        repairs.append(
            Repair(
                row=draft.entry.row,
                label=draft.entry.label,
                kind=HAIRLINE_CLOSED,
                sentence=sentence,
                moved_m2=move.m2,
            )
        )
    return after, repairs


def _parcels(drafts: Sequence[Draft], unit_of: Sequence[int]) -> tuple[ProposedParcel, ...]:
    drawn = bool(drafts) and drafts[0].shape is not None  # all rows of a file have shapes, or none
    blobs = canonical_bytes_many([draft.shape for draft in drafts]) if drawn else [b""] * len(drafts)
    return tuple(
        ProposedParcel(
            serial=serial,
            label=draft.entry.label,
            unit=unit,
            area=draft.area,
            drawn_m2=draft.drawn_m2,
            area_grade=area_grade(draft.drawn_m2, draft.area.m2) if blob else "no-map",
            land_class=draft.entry.land_class,
            use=draft.entry.use,
            former_labels=draft.entry.former_labels,
            geometry=blob,
            geometry_hash=geometry_hash(blob) if blob else "",
            row=draft.entry.row,
        )
        for serial, (draft, unit, blob) in enumerate(zip(drafts, unit_of, blobs, strict=True), 1)
    )


def _remarks(
    drafts: Sequence[Draft], parcels: Sequence[ProposedParcel], coverage: Coverage, mapping: Mapping
) -> list[Remark]:
    """What is to be looked into on rows that are used: areas, overlaps, former numbers."""
    remarks = []
    for draft, parcel in zip(drafts, parcels, strict=True):
        if mapping.parcel.area_fallback and draft.entry.area is None:
            sentence = f"the paper states no area: the drawn {parcel.area.figure} m2 are recorded"
            remarks.append(Remark(row=parcel.row, label=parcel.label, kind=AREA_AS_DRAWN, sentence=sentence))
        if parcel.area_grade in ("close", "differs"):
            kind = AREA_CLOSE if parcel.area_grade == "close" else AREA_DIFFERS
            apart = 100 * (parcel.drawn_m2 - parcel.area.m2) / parcel.area.m2
            sentence = f"{parcel.drawn_m2} m2 are drawn and {parcel.area.m2} m2 recorded ({apart:+.2f} %)"
            remarks.append(Remark(row=parcel.row, label=parcel.label, kind=kind, sentence=sentence))
        if draft.entry.former_labels_cut:
            cell = as_text(draft.cells.get(mapping.parcel.former_labels))
            sentence = "the cell of former numbers is cut or damaged; what cannot be read is left out"
            remarks.append(
                Remark(
                    row=parcel.row, label=parcel.label, kind=FORMER_LABELS_CUT, sentence=sentence, cell=cell
                )
            )
    for overlap in coverage.overlaps:
        remarks.extend(_both_sides(overlap, parcels))
    return remarks


def _both_sides(overlap: Overlap, parcels: Sequence[ProposedParcel]) -> list[Remark]:
    first, second = parcels[overlap.first], parcels[overlap.second]
    return [
        Remark(
            row=mine.row,
            label=mine.label,
            kind=OVERLAP,
            sentence=f"{overlap.area_m2} m2 are also claimed by parcel {other.label} (row {other.row})",
        )
        for mine, other in ((first, second), (second, first))
    ]


def _facts(source: Source) -> SourceFacts:
    return SourceFacts(
        name=source.path.name,
        driver=source.driver,
        layer=source.layer,
        crs=source.crs,
        crs_accuracy_m=source.crs_accuracy_m,
        encoding=source.encoding,
        rows=source.rows,
        unused_columns=source.unused,
        notes=source.opened.notes,
    )


def _table(source: Source) -> TableFacts | None:
    table = source.table
    return TableFacts(name=table.name, rows=table.rows, unmatched=table.unmatched()) if table else None
