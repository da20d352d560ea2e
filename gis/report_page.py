"""The import report as a page to look at: a map on which every fault has its place, and what to do about each.

One HTML file that needs nothing beside it.  Like the report itself it shows cells of refused rows, which may name
holders: a paper of the office.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import jinja2
import shapely
from markupsafe import Markup

from gis.overview import Mark, Shown, overview
from gis.report import (
    AREA_AS_DRAWN,
    AREA_CLOSE,
    AREA_DIFFERS,
    CROSSING_MENDED,
    HAIRLINE_CLOSED,
    OVERLAP,
    RefusedRow,
    Remark,
    Repair,
)
from gis.shapes import from_bytes_many
from gis.village import ProposedVillage

MOST_ROWS = 200
"""Of each kind; the JSON beside the page has them all."""

_MOST_MARKS = 200
_RED, _DARK = "#b3261e", "#5a544a"
_LEGEND = {
    "refused": ("#d6604d", "Refused"),
    OVERLAP: ("#e6a58e", "Land claimed by two rows"),
    AREA_DIFFERS: ("#b7b4e0", "Drawn and recorded area differ by more than 5 %"),
    CROSSING_MENDED: ("#f6cf65", "A crossing boundary was rebuilt"),
    HAIRLINE_CLOSED: ("#cfe3ee", "Moved by centimetres to meet its neighbours"),
}
"""What is tinted on the map, the gravest first: a parcel bears the tint of its gravest fault."""

_TITLES = {
    AREA_AS_DRAWN: "The paper states no area: the drawn one is recorded",
    AREA_DIFFERS: "Drawn and recorded area differ by more than 5 %",
    AREA_CLOSE: "Drawn and recorded area differ by 1 to 5 %",
    OVERLAP: "Land claimed by two rows",
}


@dataclass(frozen=True, kw_only=True)
class _Group:
    """Rows that share a kind; ``more`` are left to the JSON."""

    title: str
    rows: Sequence[Remark | Repair]
    count: int
    figured: bool

    @property
    def more(self) -> int:
        return self.count - len(self.rows)


def import_page(proposed: ProposedVillage, *, registered: int | None = None) -> str:
    """The page; ``registered`` is how many parcels were registered, None where nothing was signed."""
    report = proposed.report
    refused = report.refused[:MOST_ROWS]
    by_land: list[Repair] = sorted(report.repairs, key=lambda repair: -repair.moved_m2)
    return _template().render(
        report=report,
        registered=registered,
        refused=refused,
        refused_more=len(report.refused) - len(refused),
        reasons=Counter(reason.code for row in report.refused for reason in row.reasons).most_common(),
        remarks=_groups(report.remarks, figured=False),
        repairs=_groups(by_land, figured=True),
        legend=_legend_of(proposed),
        drawing=Markup(_drawing(proposed)),  # noqa: S704  # gis.overview escapes its words
    )


def _groups(rows: Sequence[Remark | Repair], *, figured: bool) -> list[_Group]:
    kinds = Counter(row.kind for row in rows)
    return [
        _Group(
            title=_TITLES.get(kind) or _LEGEND.get(kind, ("", kind.replace("-", " ").capitalize()))[1],
            rows=[row for row in rows if row.kind == kind][:MOST_ROWS],
            count=count,
            figured=figured,
        )
        for kind, count in kinds.most_common()
    ]


def _drawing(proposed: ProposedVillage) -> str:
    """The village with what is at fault tinted, and the refused rows numbered by their row in the file."""
    tints = _tints(proposed)
    placed = [parcel for parcel in proposed.parcels if parcel.geometry]
    shapes = from_bytes_many([parcel.geometry for parcel in placed])
    shown = [
        Shown(shape=shape, label=parcel.label, fill=_LEGEND[tint][0])
        if (tint := tints.get(parcel.row))
        else Shown(shape=shape, label=parcel.label)
        for parcel, shape in zip(placed, shapes, strict=True)
    ]
    refused: dict[int, RefusedRow] = {row.row: row for row in proposed.report.refused}
    outlines = proposed.refused_shapes
    shown += [
        Shown(shape=shape, label=refused[row].label, fill=_LEGEND["refused"][0])
        for row, shape in outlines.items()
    ]
    grave = [
        (parcel.row, shape, _DARK)
        for parcel, shape in zip(placed, shapes, strict=True)
        if tints.get(parcel.row, HAIRLINE_CLOSED) != HAIRLINE_CLOSED
    ]
    marked = [*((row, shape, _RED) for row, shape in outlines.items()), *grave][:_MOST_MARKS]
    places = shapely.point_on_surface([shape for _, shape, _ in marked])
    marks = [
        Mark(lon=place.x, lat=place.y, text=str(row), fill=fill)
        for (row, _, fill), place in zip(marked, places, strict=True)
    ]
    return overview(
        shown,
        marks,
        title=f"{proposed.village.name}: what the map file gives",
        description=f"{len(placed)} parcels, {len(proposed.report.refused)} rows refused",
        width=960,
        height=720,
    )


def _tints(proposed: ProposedVillage) -> dict[int, str]:
    order = list(_LEGEND)
    tints: dict[int, str] = {}
    told: Sequence[Remark | Repair] = (*proposed.report.remarks, *proposed.report.repairs)
    for item in told:
        if item.kind in _LEGEND:
            tints[item.row] = min(tints.get(item.row, item.kind), item.kind, key=order.index)
    return tints


def _legend_of(proposed: ProposedVillage) -> list[tuple[str, str, int]]:
    """(colour, words, how many) of what the map shows."""
    counts = Counter(_tints(proposed).values())
    counts["refused"] = len(proposed.refused_shapes)
    return [(colour, words, counts[kind]) for kind, (colour, words) in _LEGEND.items() if counts[kind]]


@cache
def _template() -> jinja2.Template:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    ).get_template("import.html")
