"""A map of many parcels as small SVG: a page of features, a village with its faults marked.

Like ``gis.draw``, plain attributes only: no scripts, no styles.  Colours are never alone in saying something: what
is marked bears a number or is named in the words beside the map.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from gis.draw import FAINT, FONTS, INK, LAND, PAPER
from gis.shapes import metric_crs_of, to_metric

FOOT = 30.0  # pixels under the map for the scale bar
LEAST_LABELLED_PX2 = 500.0
MOST_LABELS = 300
_MARGIN = 0.04
_STEPS = (1, 2, 5)


@dataclass(frozen=True, kw_only=True)
class Shown:
    """A shape in longitude and latitude; ``href`` is where a click on it leads."""

    shape: BaseGeometry
    label: str = ""
    fill: str = LAND
    stroke: str = FAINT
    href: str = ""


@dataclass(frozen=True, kw_only=True)
class Mark:
    """A place in longitude and latitude with the number under which the words beside the map name it."""

    lon: float
    lat: float
    text: str
    fill: str = "#b3261e"


def overview(
    shown: Sequence[Shown],
    marks: Sequence[Mark] = (),
    *,
    title: str,
    description: str,
    width: int = 720,
    height: int = 480,
) -> str:
    """The shapes with their labels where there is room, then the marks, as an SVG document; empty without shapes."""
    drawn = [s for s in shown if not s.shape.is_empty]
    if not drawn:
        return ""
    sheet = _Sheet([s.shape for s in drawn], width, height)
    outlines = sheet.shapes([s.shape for s in drawn])
    places = sheet.shapes([shapely.Point(m.lon, m.lat) for m in marks]) if marks else []
    layers = [
        *(_path(outline, s) for outline, s in zip(outlines, drawn, strict=True)),
        *_labels(zip(outlines, drawn, strict=True)),
        *(_mark(place, mark) for place, mark in zip(places, marks, strict=True)),
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
        f'height="{height}" role="img" font-family="{FONTS}"><title>{_words(title)}</title>'
        f'<desc>{_words(description)}</desc><rect width="{width}" height="{height}" fill="{PAPER}"/>'
        f"{''.join(layers)}{sheet.scale_bar()}</svg>"
    )


class _Sheet:
    """Where a place falls on the paper: the UTM zone of the middle, so that the scale bar is true."""

    def __init__(self, shapes: Sequence[BaseGeometry], width: int, height: int) -> None:
        array = np.asarray(shapes, dtype=object)
        self._crs = metric_crs_of(array)
        west, south, east, north = shapely.total_bounds(to_metric(array, self._crs))
        room = 1 + 2 * _MARGIN
        across, along = max(east - west, 1.0) * room, max(north - south, 1.0) * room
        self._width, self._height = width, height
        self.pixels_per_metre = min(width / across, (height - FOOT) / along)
        self._middle = np.array([(west + east) / 2, (south + north) / 2])

    def shapes(self, shapes: Sequence[BaseGeometry]) -> list[BaseGeometry]:
        """Shapes in pixels, y downwards; corners closer than a third of a pixel are left out."""
        flat = to_metric(np.asarray(shapes, dtype=object), self._crs)
        return list(shapely.simplify(shapely.transform(flat, self._to_pixels), 0.3))

    def scale_bar(self) -> str:
        most = self._width / 3 / self.pixels_per_metre
        power = 10.0 ** np.floor(np.log10(most))
        length = max(step * power for step in _STEPS if step * power <= most)
        x, y = 12 + length * self.pixels_per_metre, self._height - 8
        said = f"{length / 1000:g} km" if length >= 1000 else f"{length:g} m"
        return (
            f'<path d="M12 {y - 6:g}V{y:g}H{x:.1f}V{y - 6:g}" fill="none" stroke="{INK}" stroke-width="1.5"/>'
            f'<text x="{x + 6:.1f}" y="{y:g}" font-size="12" fill="{INK}">{said}</text>'
        )

    def _to_pixels(self, xy: Any) -> Any:
        centre = np.array([self._width / 2, (self._height - FOOT) / 2])
        return (xy - self._middle) * np.array([1, -1]) * self.pixels_per_metre + centre


def _path(outline: BaseGeometry, shown: Shown) -> str:
    rings = [ring for part in shapely.get_parts(outline) for ring in (part.exterior, *part.interiors)]
    data = "".join(
        "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in shapely.get_coordinates(ring)[:-1].tolist()) + "Z"
        for ring in rings
    )
    path = (
        f'<path d="{data}" fill="{shown.fill}" fill-rule="evenodd" stroke="{shown.stroke}" '
        f'stroke-linejoin="round">{f"<title>{_words(shown.label)}</title>" if shown.label else ""}</path>'
    )
    return f'<a href="{escape(shown.href)}">{path}</a>' if shown.href else path


def _labels(drawn: Iterable[tuple[BaseGeometry, Shown]]) -> list[str]:
    """A label in each shape that is wide enough for it, the largest first."""
    roomy = [(o, s.label) for o, s in drawn if s.label and o.area > LEAST_LABELLED_PX2]
    texts = []
    for outline, label in sorted(roomy, key=lambda pair: -pair[0].area)[:MOST_LABELS]:
        circle = shapely.maximum_inscribed_circle(np.array([outline], dtype=object), tolerance=1.0)[0]
        if 2 * circle.length > 5.5 * len(label):
            x, y = circle.coords[0]
            texts.append(
                f'<text x="{x:.1f}" y="{y + 3.5:.1f}" font-size="10" text-anchor="middle" fill="{INK}">'
                f"{_words(label)}</text>"
            )
    return texts


def _mark(place: BaseGeometry, mark: Mark) -> str:
    """A circle, or as long a lozenge as the number needs."""
    x, y = shapely.get_coordinates(place)[0]
    wide = max(16.0, 6 * len(mark.text) + 6)
    return (
        f'<rect x="{x - wide / 2:.1f}" y="{y - 8:.1f}" width="{wide:g}" height="16" rx="8" fill="{mark.fill}" '
        f'stroke="{PAPER}"/>'
        f'<text x="{x:.1f}" y="{y + 3.5:.1f}" font-size="10" font-weight="bold" text-anchor="middle" '
        f'fill="{PAPER}">{_words(mark.text)}</text>'
    )


def _words(text: str) -> str:
    """Text fit for XML: escaped, and without control characters, which no XML may hold."""
    return escape("".join(c for c in text if c >= " " or c == "\n"))
