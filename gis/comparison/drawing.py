"""A comparison drawn: each change as two panels of one scale, and the village with its changes tinted and numbered.

Plain SVG as in ``gis.draw``: no scripts, no styles; every tint is told again in words beside the map.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import Any, cast

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from gis.comparison.holding import HolderChange
from gis.comparison.kinds import Kind
from gis.comparison.plots import Plot
from gis.comparison.rules import Change, Comparison
from gis.draw import FAINT, FONTS, INK, LAND, PAPER, QUIET, TINTS
from gis.overview import Mark, Shown, overview
from gis.shapes import drawn_areas, metric_crs_of, to_metric

KIND_TINTS: dict[Kind, str] = {
    "split": "#9fd0c1",
    "merged": "#b7b4e0",
    "rearranged": "#e8b6d2",
    "renumbered": "#cfdc8c",
    "boundary-moved": "#f6cf65",
    "extent-changed": "#fae7ad",
    "new": "#8fc1ea",
    "vanished": "#c9c3b4",
    "broken": "#d9694f",
    "misdrawn": "#e6a58e",
    "unusable": "#d9694f",
}
HOLDERS_STROKE = "#7a3fa0"
MOST_MARKS = 300
_SHEET = 1100
PANEL, HEAD, FOOT, GAP = 340.0, 26.0, 30.0, 12.0  # pixels
_ROOM = 1.36  # of the change's extent, for the neighbours to show
_LEAST_LABELLED_PX2 = 500.0
_STEPS = (1, 2, 5)


class Surroundings:
    """Both maps, ready to be asked for what lies around a change."""

    def __init__(self, comparison: Comparison) -> None:
        self._maps = [_Map.of(plots) for plots in (comparison.registered, comparison.newer)]

    def draw(self, change: Change | HolderChange, *, title: str) -> str:
        """The change on both maps, side by side, as an SVG document; empty where neither has a shape of it."""
        sides = (
            (change.before, change.after)
            if isinstance(change, Change)
            else ((change.before,), (change.after,))
        )
        present = [plot.shape for side in sides for plot in side if plot.shape is not None]
        if not present:
            return ""
        frame = _Frame(np.array(present, dtype=object))
        panels = [
            _panel(frame, around.near(frame, side), side, words, number * (PANEL + GAP))
            for number, (around, side, words) in enumerate(
                zip(self._maps, sides, ("Registered", "Newer map"), strict=True)
            )
        ]
        width, height = 2 * PANEL + GAP, HEAD + PANEL + FOOT
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" width="{width:g}" '
            f'height="{height:g}" role="img" font-family="{FONTS}"><title>{_words(title)}</title>'
            f"<desc>{_words(change.sentence)}</desc>"
            f'<rect width="{width:g}" height="{height:g}" fill="{PAPER}"/>{"".join(panels)}{frame.scale_bar()}</svg>'
        )


def draw_village(comparison: Comparison, name: str) -> str:
    """The registered village with what changed on it tinted by kind and numbered, as an SVG document."""
    shown = [Shown(shape=p.shape, label=p.label) for p in comparison.registered if p.shape is not None]
    marks = []
    for change in comparison.changes:
        plots = change.after if change.kind in ("new", "split", "rearranged") else change.before
        shapes = [plot.shape for plot in plots if plot.shape is not None]
        shown += [
            Shown(shape=p.shape, label=p.label, fill=KIND_TINTS[change.kind], stroke=INK)
            for p in plots
            if p.shape is not None
        ]
        if shapes:
            marks.append(_mark(change.number, shapes, "#1b1b1b"))
    for other in comparison.holders:
        if other.before.shape is not None:
            shown.append(Shown(shape=other.before.shape, fill="none", stroke=HOLDERS_STROKE))
    west, south, east, north = shapely.total_bounds(np.array([s.shape for s in shown], dtype=object))
    tall = (north - south) / max((east - west) * np.cos(np.radians(north)), 1e-9)
    words = f"{len(comparison.registered)} registered parcels, {len(comparison.changes)} changes"
    return overview(
        shown,
        marks[:MOST_MARKS],
        title=f"{name}: changes",
        description=words,
        width=_SHEET,
        height=int(min(max(_SHEET * tall, _SHEET / 2), 1.6 * _SHEET)),
    )


def _mark(number: int, shapes: list[BaseGeometry], fill: str) -> Mark:
    largest = max(shapes, key=shapely.area)
    point = shapely.point_on_surface(largest)
    return Mark(lon=point.x, lat=point.y, text=str(number), fill=fill)


@dataclass(frozen=True)
class _Map:
    plots: Sequence[Plot]
    tree: shapely.STRtree

    @classmethod
    def of(cls, plots: Sequence[Plot]) -> _Map:
        drawn = [plot for plot in plots if plot.shape is not None]
        return cls(drawn, shapely.STRtree(np.array([plot.shape for plot in drawn], dtype=object)))

    def near(self, frame: _Frame, side: Sequence[Plot]) -> list[Plot]:
        """What else lies within the frame."""
        mine = {plot.id for plot in side}
        found = (self.plots[int(place)] for place in self.tree.query(frame.window))
        return [plot for plot in found if plot.id not in mine]


class _Frame:
    """Where a place falls within a panel: the same for both, in the UTM zone of the place."""

    def __init__(self, shapes: NDArray[Any]) -> None:
        self._crs = metric_crs_of(shapes)
        west, south, east, north = shapely.total_bounds(to_metric(shapes, self._crs))
        self._metres = max(east - west, north - south, 1.0) * _ROOM
        self._middle = np.array([(west + east) / 2, (south + north) / 2])
        degrees = shapely.total_bounds(shapes)
        reach = max(degrees[2] - degrees[0], degrees[3] - degrees[1]) * _ROOM / 2
        lon, lat = (degrees[0] + degrees[2]) / 2, (degrees[1] + degrees[3]) / 2
        self.window = shapely.box(lon - reach, lat - reach, lon + reach, lat + reach)

    def outline(self, shape: BaseGeometry) -> BaseGeometry:
        """The shape in pixels of a panel, y downwards."""
        flat = to_metric([shape], self._crs)[0]
        return cast("BaseGeometry", shapely.transform(flat, self._to_pixels))

    def scale_bar(self) -> str:
        """A bar of 1, 2 or 5 times a power of ten metres, at most a third of a panel wide."""
        most = self._metres / 3
        power = 10.0 ** np.floor(np.log10(most))
        length = max(step * power for step in _STEPS if step * power <= most)
        x, y = 12 + length * PANEL / self._metres, HEAD + PANEL + FOOT - 9
        said = f"{length / 1000:g} km" if length >= 1000 else f"{length:g} m"
        return (
            f'<path d="M12 {y - 6:g}V{y:g}H{x:.1f}V{y - 6:g}" fill="none" stroke="{INK}" stroke-width="1.5"/>'
            f'<text x="{x + 6:.1f}" y="{y:g}" font-size="12" fill="{INK}">{said}</text>'
        )

    def _to_pixels(self, xy: Any) -> Any:
        return (xy - self._middle) * np.array([1, -1]) * (PANEL / self._metres) + PANEL / 2


def _panel(frame: _Frame, around: Sequence[Plot], mine: Sequence[Plot], words: str, left: float) -> str:
    neighbours = [(frame.outline(p.shape), p) for p in around if p.shape is not None]
    drawn = [(frame.outline(p.shape), p) for p in mine if p.shape is not None]
    areas = drawn_areas([p.shape for _, p in drawn]) if drawn else []
    layers = [
        *(_path(outline, LAND, FAINT, 1) for outline, _ in neighbours),
        *(_path(o, TINTS[n % len(TINTS)], INK, 2) for n, (o, _) in enumerate(drawn)),
        *(_label(outline, p.label, 11, QUIET) for outline, p in neighbours),
    ]
    for (outline, plot), m2 in zip(drawn, areas, strict=True):
        layers.append(_label(outline, plot.label, 14, INK, second=f"{m2} m²"))
    if not drawn:
        middle = f'x="{PANEL / 2:g}" y="{PANEL / 2:g}"'
        layers.append(f'<text {middle} font-size="13" text-anchor="middle" fill="{INK}">no shape</text>')
    return (
        f'<text x="{left + 2:g}" y="18" font-size="14" font-weight="bold" fill="{INK}">{words}</text>'
        f'<svg x="{left:g}" y="{HEAD:g}" width="{PANEL:g}" height="{PANEL:g}">{"".join(layers)}</svg>'
        f'<rect x="{left:g}" y="{HEAD:g}" width="{PANEL:g}" height="{PANEL:g}" fill="none" stroke="{FAINT}"/>'
    )


def _label(outline: BaseGeometry, words: str, size: int, fill: str, *, second: str = "") -> str:
    """A number in the widest part that is in sight; empty where there is no room."""
    seen = shapely.get_parts(shapely.clip_by_rect(outline, 0, 0, PANEL, PANEL))
    largest = max(seen, key=shapely.area, default=None)
    if largest is None or largest.area < _LEAST_LABELLED_PX2:
        return ""
    circle = shapely.maximum_inscribed_circle(np.array([largest], dtype=object), tolerance=1.0)[0]
    x, y = circle.coords[0]
    text = (
        f'<text x="{x:.1f}" y="{y + size / 3 - (6 if second else 0):.1f}" font-size="{size}" '
        f'text-anchor="middle" fill="{fill}">{_words(words)}</text>'
    )
    if second and circle.length > 30:
        text += (
            f'<text x="{x:.1f}" y="{y + 14:.1f}" font-size="11" text-anchor="middle" fill="{fill}">'
            f"{second}</text>"
        )
    return text


def _path(shape: BaseGeometry, fill: str, stroke: str, width: float) -> str:
    rings = [ring for part in shapely.get_parts(shape) for ring in (part.exterior, *part.interiors)]
    data = "".join(
        "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in shapely.get_coordinates(ring)[:-1].tolist()) + "Z"
        for ring in rings
    )
    return (
        f'<path d="{data}" fill="{fill}" fill-rule="evenodd" stroke="{stroke}" stroke-width="{width:g}" '
        'fill-opacity="0.85" stroke-linejoin="round"/>'
    )


def _words(text: str) -> str:
    """Text fit for XML: escaped, and without control characters."""
    return escape("".join(c for c in text if c >= " " or c == "\n"), quote=False)
