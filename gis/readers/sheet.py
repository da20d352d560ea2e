"""A drawn sheet as plots: lines closed to areas, a text inside each that names it, and its place on the earth."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely
from numpy.typing import NDArray

from domain.errors import BadInput
from gis.mapping import LENGTH_UNITS, Sheet
from gis.readers.bounds import no_rows
from gis.readers.page import Feature, Features

if TYPE_CHECKING:
    from gis.readers.dxf import Drawing, Text

_LIST = 5  # names told in one sentence


def features_of(file: Path, drawing: Drawing, sheet: Sheet, encoding: str) -> Features:
    """The plots as rows, then a row for each text that no plot holds.  Raises: BadInput."""
    plots, notes = _plots(drawing, sheet)
    if not len(plots):
        raise BadInput(
            f"no line on the layers {', '.join(sheet.plots)} of {file.name} closes a plot",
            field="sheet.plots",
            remedy="Name the layers of the boundaries; lines that should meet must meet within sheet.snap.",
        )
    cells: list[dict[str, str | None]] = [{} for _ in range(len(plots))]
    faults = [""] * len(plots)
    strays: list[Feature] = []
    for column, texts in drawing.texts.items():
        for place, held in _held(plots, texts, column, strays).items():
            words = list(dict.fromkeys(held))
            cells[place][column] = words[0]
            if len(words) > 1:
                faults[place] = f"several texts for {column} stand in one plot: {', '.join(words[:_LIST])}"
    placed, how = _placed(plots, sheet)
    features = [
        Feature(cells=row, shape=shape, fault=fault)
        for row, shape, fault in zip(cells, placed, faults, strict=True)
    ]
    if drawing.unread:
        kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(drawing.unread.items()))
        notes.append(f"not read on the named layers: {kinds}")
    if drawing.arcs:
        notes.append(f"{drawing.arcs} arcs are drawn by chords of at most 5 degrees")
    if not features:
        raise no_rows(file)
    return Features(
        features=[*features, *strays],
        present=tuple(drawing.texts),
        encoding=encoding,
        notes=(*how, *notes),
    )


def _plots(drawing: Drawing, sheet: Sheet) -> tuple[NDArray[Any], list[str]]:
    """Closed polylines are plots as they stand; where open lines are among them, all lines together bound plots."""
    lines = [line.points for line in drawing.lines]
    if all(line.closed for line in drawing.lines):
        return np.array([shapely.polygons(points) for points in lines], dtype=object), []
    work = shapely.linestrings  # one line at a time: they differ in length
    joined = shapely.union_all(
        [work(points) for points in lines if len(set(points)) > 1], grid_size=sheet.snap
    )
    areas, cuts, dangles, bad = shapely.polygonize_full(shapely.get_parts(joined))
    loose = sum(shapely.get_num_geometries(left) for left in (cuts, dangles, bad))
    notes = [f"{loose} lines end without closing a plot"] if loose else []
    return shapely.get_parts(areas), notes


def _held(
    plots: NDArray[Any], texts: Sequence[Text], column: str, strays: list[Feature]
) -> dict[int, list[str]]:
    """The texts of each plot: a text is in the smallest plot around its middle.  Those in none become strays."""
    points = shapely.points([text.middle for text in texts]) if texts else np.empty(0, dtype=object)
    text_of, plot_of = shapely.STRtree(plots).query(points, predicate="intersects")
    sizes = shapely.area(plots)
    home: dict[int, int] = {}
    for text, plot in zip(text_of.tolist(), plot_of.tolist(), strict=True):
        if text not in home or sizes[plot] < sizes[home[text]]:
            home[text] = plot
    held: dict[int, list[str]] = {}
    for place, text in enumerate(texts):
        if place in home:
            held.setdefault(home[place], []).append(text.text)
        else:
            strays.append(
                Feature(cells={column: text.text}, shape_fault="no closed boundary is drawn around this text")
            )
    return held


def _placed(plots: NDArray[Any], sheet: Sheet) -> tuple[NDArray[Any], list[str]]:
    """The plots in the reference system of the mapping, by the sheet's unit or by its control points."""
    if not sheet.control:
        factor = LENGTH_UNITS[sheet.unit]
        return shapely.transform(plots, lambda xy: xy * factor), []
    control = np.array(sheet.control, dtype=np.float64)
    drawn, true = control[:, 0] + 1j * control[:, 1], control[:, 2] + 1j * control[:, 3]
    spread, aim = drawn - drawn.mean(), true - true.mean()
    if not np.abs(spread).max() > 0:
        raise BadInput(
            "the control points of the sheet are one point",
            field="sheet.control",
            remedy="Give at least three points, far apart from each other.",
        )
    turn = (np.conj(spread) * aim).sum() / (np.abs(spread) ** 2).sum()  # scale and rotation: least squares
    shift = true.mean() - turn * drawn.mean()
    misses = np.abs(turn * drawn + shift - true)
    worst = int(misses.argmax())
    if misses[worst] > sheet.control_within_m:
        raise BadInput(
            f"the control points do not fit together: number {worst + 1} is {misses[worst]:.2f} m off",
            field="sheet.control",
            remedy=f"Correct the one that is wrong, or allow more than {sheet.control_within_m:g} m by "
            "sheet.control_within_m.",
        )

    def moved(xy: NDArray[np.float64]) -> NDArray[np.float64]:
        z = turn * (xy[:, 0] + 1j * xy[:, 1]) + shift
        return np.column_stack((z.real, z.imag))

    said = f"placed by {len(control)} control points, which it meets within {misses[worst]:.2f} m"
    return shapely.transform(plots, moved), [said]
