"""Maps drawn on the server as small SVG: a parcel among its neighbours, and the parts of a split.

No scripts, no style sheets, no links: plain attributes only, so that the same drawing serves the page, the printed
extract and a screen reader.  Drawn in the UTM zone of the place, so that the scale bar is true.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from typing import Any, cast

import numpy as np
import shapely
from shapely import Point
from shapely.geometry.base import BaseGeometry

from gis.shapes import drawn_areas, from_bytes, from_bytes_many, metric_crs_of, to_metric

FONTS = "Noto Sans, Noto Sans Telugu, Noto Sans Devanagari, Noto Sans Kannada, sans-serif"
INK, PAPER, LAND, FAINT = "#1b1b1b", "#ffffff", "#f4efe4", "#8a8577"
QUIET = "#5c584d"  # words on LAND: contrast 6 to 1
MINE = "#f6cf65"
TINTS = (
    "#f6cf65",
    "#9fd0c1",
    "#e6a58e",
    "#b7b4e0",
    "#cfdc8c",
    "#e8b6d2",
)  # told apart without colour by their labels
MARGIN = 0.18  # of the parcel's extent, on each side, for the neighbours to show
FOOT = 34.0  # pixels below the map for the scale bar
SHORTEST_SIDE_PX = 26.0  # a shorter side bears no figure: it would lie over its neighbour's
LEAST_LABELLED_PX2 = 400.0
_STEPS = (1, 2, 5)
_ROOMY = 0.7  # of the widest place's room: a label is looked for in the middle first
_FEW = 6  # parts that are told with their areas, however small they are
_ROOM_FOR_AREA, _LEAST_WORDS = 75.0, 7  # pixels


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """A shape to draw and the number that it bears."""

    geometry: bytes
    label: str
    tint: str = ""
    """Its colour among proposed parts; one of ``TINTS`` by turns where it is empty."""


def draw_parcel(
    parcel: Drawn,
    neighbours: Sequence[Drawn] = (),
    *,
    title: str,
    description: str,
    width: int = 640,
    height: int = 480,
    side_lengths: bool = False,
) -> str:
    """The parcel, tinted, among its neighbours, as an SVG document.

    ``title`` and ``description`` are what a screen reader says; ``side_lengths`` adds metres along longer sides.
    """
    sheet = Sheet([parcel.geometry], width, height)
    around = [(outline, n.label) for n in neighbours if sheet.shows(outline := sheet.shape(n.geometry))]
    mine = sheet.shape(parcel.geometry)
    layers = [
        *(path_of(outline, fill=LAND, stroke=FAINT) for outline, _ in around),
        path_of(mine, fill=MINE, stroke=INK, stroke_width=2),
        *(
            text_at(place, label, size=11, fill=QUIET)
            for outline, label in around
            if (place := sheet.place_for_label(outline)) is not None
        ),
    ]
    if side_lengths:
        layers += _side_lengths(mine, sheet)
    layers.append(text_at(well_inside(mine), parcel.label, size=16, weight="bold"))
    return sheet.svg(title, description, layers)


def draw_split(
    parent: bytes,
    parts: Sequence[Drawn],
    *,
    title: str,
    description: str,
    width: int = 640,
    height: int = 480,
) -> str:
    """``draw_parts`` of one parcel."""
    return draw_parts([parent], parts, title=title, description=description, width=width, height=height)


def draw_parts(
    parents: Sequence[bytes],
    parts: Sequence[Drawn],
    *,
    title: str,
    description: str,
    width: int = 640,
    height: int = 480,
) -> str:
    """Proposed parts in tints of their own, each with its label and drawn area, and the parcels of before outlined."""
    sheet = Sheet(parents, width, height)
    shapes = [sheet.shape(part.geometry) for part in parts]
    areas = drawn_areas([from_bytes(part.geometry) for part in parts])
    layers = [
        path_of(shape, fill=part.tint or TINTS[i % len(TINTS)], stroke=INK, stroke_width=1.5)
        for i, (part, shape) in enumerate(zip(parts, shapes, strict=True))
    ]
    layers += [path_of(sheet.shape(parent), fill="none", stroke=INK, stroke_width=2.5) for parent in parents]
    for part, shape, m2 in zip(parts, shapes, areas, strict=True):
        layers += _label_and_area(shape, part.label, f"{m2} m²", alone=len(parts) <= _FEW)
    return sheet.svg(title, description, layers)


def _label_and_area(shape: BaseGeometry, label: str, area: str, *, alone: bool) -> list[str]:
    """Both in full where the parts are few; among many, what there is room for in the widest place of the part."""
    place = well_inside(shape)
    room = 2 * shapely.distance(place, shape.boundary)
    if alone or room > _ROOM_FOR_AREA:
        label_above = text_at(place, label, size=15, weight="bold", shift=-4)
        return [label_above, text_at(place, area, size=12, shift=14)]
    size = int(min(15, max(_LEAST_WORDS, room * 0.8)))
    return [text_at(place, label, size=size, weight="bold")]


class Sheet:
    """The paper: where a metric coordinate falls on it, in pixels."""

    def __init__(self, subjects: Sequence[bytes], width: int, height: int, *, margin: float = MARGIN) -> None:
        shapes = from_bytes_many(subjects)
        self._crs = metric_crs_of(shapes)
        west, south, east, north = shapely.total_bounds(to_metric(shapes, self._crs))
        self.width, self.height = width, height
        room = 1 + 2 * margin
        across, along = max(east - west, 1.0) * room, max(north - south, 1.0) * room
        self.pixels_per_metre = min(width / across, (height - FOOT) / along)
        self._middle = np.array([(west + east) / 2, (south + north) / 2])

    def shape(self, geometry: bytes) -> BaseGeometry:
        """A shape in pixels, y downwards."""
        flat = to_metric([from_bytes(geometry)], self._crs)[0]
        return cast("BaseGeometry", shapely.transform(flat, self._to_pixels))

    def point(self, place: tuple[float, float]) -> Point:
        """A place in lon/lat, in pixels."""
        (flat,) = to_metric([Point(place)], self._crs)
        return cast("Point", shapely.transform(flat, self._to_pixels))

    def shows(self, outline: BaseGeometry) -> bool:
        """Whether any of it may lie on the sheet."""
        west, north, east, south = outline.bounds
        return bool(west < self.width and east > 0 and north < self.height - FOOT and south > 0)

    def metres(self, pixels: float) -> float:
        return float(pixels / self.pixels_per_metre)

    def place_for_label(self, outline: BaseGeometry) -> Point | None:
        """A point of the shape that lies on the sheet; None where the part in sight is too small for a label."""
        seen = shapely.get_parts(shapely.clip_by_rect(outline, 0, 0, self.width, self.height - FOOT))
        largest = max(seen, key=shapely.area, default=None)
        return well_inside(largest) if largest is not None and largest.area > LEAST_LABELLED_PX2 else None

    def svg(self, title: str, description: str, layers: Iterable[str]) -> str:
        map_height = self.height - FOOT
        return "".join(
            (
                f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width} {self.height}" '
                f'width="{self.width}" height="{self.height}" role="img" font-family="{FONTS}">',
                f"<title>{words_of(title)}</title><desc>{words_of(description)}</desc>",
                f'<rect width="{self.width}" height="{self.height}" fill="{PAPER}"/>',
                f'<svg width="{self.width}" height="{map_height:g}">',  # clips what runs off the map
                *layers,
                "</svg>",
                _north_arrow(self.width - 24),
                self._scale_bar(),
                "</svg>",
            )
        )

    def _to_pixels(self, xy: Any) -> Any:
        centre = np.array([self.width / 2, (self.height - FOOT) / 2])
        return (xy - self._middle) * np.array([1, -1]) * self.pixels_per_metre + centre

    def _scale_bar(self) -> str:
        """A bar of 1, 2 or 5 times a power of ten metres, at most a third of the sheet wide."""
        most = self.metres(self.width / 3)
        power = 10.0 ** np.floor(np.log10(most))
        length = max(step * power for step in _STEPS if step * power <= most)
        x, y = 12 + length * self.pixels_per_metre, self.height - 10
        said = f"{length / 1000:g} km" if length >= 1000 else f"{length:g} m"
        return (
            f'<path d="M12 {y - 6:g}V{y:g}H{x:.1f}V{y - 6:g}" fill="none" stroke="{INK}" stroke-width="1.5"/>'
            f'<text x="{x + 6:.1f}" y="{y:g}" font-size="12" fill="{INK}">{said}</text>'
        )


def _side_lengths(shape: BaseGeometry, sheet: Sheet) -> list[str]:
    """Metres along the sides of the exterior that are long enough to bear a figure."""
    texts = []
    for part in shapely.get_parts(shape):
        for (x1, y1), (x2, y2) in pairwise(shapely.get_coordinates(part.exterior).tolist()):
            pixels = float(np.hypot(x2 - x1, y2 - y1))
            if pixels < SHORTEST_SIDE_PX:
                continue
            angle = float(np.degrees(np.arctan2(y2 - y1, x2 - x1)))
            upright = angle - 180 if angle > 90 else angle + 180 if angle <= -90 else angle
            x, y = (x1 + x2) / 2, (y1 + y2) / 2
            texts.append(
                f'<text x="{x:.1f}" y="{y:.1f}" dy="-3" font-size="10" text-anchor="middle" fill="{INK}" '
                f'transform="rotate({upright:.1f} {x:.1f} {y:.1f})">{sheet.metres(pixels):.1f}</text>'
            )
    return texts


def path_of(shape: BaseGeometry, *, fill: str, stroke: str, stroke_width: float = 1) -> str:
    rings = [ring for part in shapely.get_parts(shape) for ring in (part.exterior, *part.interiors)]
    data = "".join(
        "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in shapely.get_coordinates(ring)[:-1].tolist()) + "Z"
        for ring in rings
    )
    return (
        f'<path d="{data}" fill="{fill}" fill-rule="evenodd" stroke="{stroke}" '
        f'stroke-width="{stroke_width:g}" stroke-linejoin="round"/>'
    )


def text_at(
    place: Point, words: str, *, size: int, fill: str = INK, weight: str = "normal", shift: float = 0
) -> str:
    return (
        f'<text x="{place.x:.1f}" y="{place.y + size / 3 + shift:.1f}" font-size="{size}" font-weight="{weight}" '
        f'text-anchor="middle" fill="{fill}">{words_of(words)}</text>'
    )


def well_inside(shape: BaseGeometry) -> Point:
    """A point well inside: the centroid where it has room, else the middle of the largest circle that fits."""
    circle = shapely.maximum_inscribed_circle(np.array([shape], dtype=object), tolerance=1.0)[0]
    centroid = shape.centroid
    roomy = shape.contains(centroid) and centroid.distance(shape.boundary) > _ROOMY * circle.length
    return centroid if roomy else Point(circle.coords[0])


def _north_arrow(x: float) -> str:
    return (
        f'<path d="M{x:g} 8L{x + 6:g} 26L{x:g} 21L{x - 6:g} 26Z" fill="{INK}"/>'
        f'<text x="{x:g}" y="40" font-size="12" text-anchor="middle" fill="{INK}">N</text>'
    )


def words_of(text: str) -> str:
    """Text fit for XML: escaped, and without control characters, which no XML may hold."""
    return escape("".join(c for c in text if c >= " " or c == "\n"), quote=False)
