"""The surveyor's sketch of an operation: corners by number, sides by length, parts and neighbours by their labels.

What a tatima, an 11E sketch, a page of a field measurement book or a measurement plan shows.  The drawing is SVG as
``gis.draw`` makes it; corners, sides and coordinates come beside it as figures, for the tables of the page.  Corners
are numbered once on the whole sheet: those of the parcels as they stand first, as ``gis.operations.corners`` numbers
them, then the new ones in the order of the parts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from math import atan2, degrees, hypot

import numpy as np
import shapely
from shapely import Point
from shapely.geometry.base import BaseGeometry

from domain.errors import BadInput
from gis.draw import FAINT, INK, LAND, QUIET, TINTS, Drawn, Sheet, path_of, text_at, well_inside
from gis.operations.corners import Corner, Points, rings
from gis.shapes import drawn_areas, from_bytes_many, metric_crs_of, to_metric

MOST_CORNERS = 400
"""A sketch with more is unreadable on a sheet: such parcels take a plan of their own."""

NEW = "#a3231b"
_LEAST_SIDE_PX = 22.0
_MARGIN = 0.12
_Place = tuple[float, float]


@dataclass(frozen=True, kw_only=True)
class SketchedSide:
    """A side of the sketch.  ``new``: it was not a boundary before."""

    start: int
    end: int
    metres: Decimal
    new: bool


@dataclass(frozen=True, kw_only=True)
class Sketch:
    """The drawing and its figures; ``parts`` lists each part's corners in order, ``crs`` is the metric plane (EPSG)."""

    svg: str
    crs: int
    corners: tuple[Corner, ...]
    new_from: int
    """The number of the first corner that is new."""
    sides: tuple[SketchedSide, ...]
    parts: tuple[tuple[int, ...], ...]
    areas_m2: tuple[Decimal, ...]


def sketch(
    parents: Sequence[Drawn],
    parts: Sequence[Drawn],
    neighbours: Sequence[Drawn] = (),
    *,
    title: str,
    description: str,
    width: int = 900,
    height: int = 720,
) -> Sketch:
    """The sketch of parcels that become the parts, among their neighbours (canonical bytes all).

    Raises:
        BadInput: when they have more corners than a sheet can show.
    """
    before = from_bytes_many([parcel.geometry for parcel in parents])
    after = from_bytes_many([part.geometry for part in parts])
    numbers = _numbered([*before, *after])
    if len(numbers) > MOST_CORNERS:
        raise BadInput(
            f"the sketch would have {len(numbers)} corners",
            field="sketch",
            remedy=f"A sheet shows up to {MOST_CORNERS}; attach the surveyor's own plan.",
        )
    crs = metric_crs_of(before)
    corners = _corners(numbers, crs)
    sides = _sides(before, after, numbers, corners)
    sheet = Sheet([parcel.geometry for parcel in parents], width, height, margin=_MARGIN)
    layers = [
        *_around(sheet, neighbours),
        *_parts(sheet, parts),
        *_fallen_away(sheet, before, after),
        *_lines(sheet, corners, sides),
        *_corner_marks(sheet, numbers, len(_numbered(before))),
        *_labels(sheet, parts),
    ]
    return Sketch(
        svg=sheet.svg(title, description, layers),
        crs=crs,
        corners=tuple(corners),
        new_from=len(_numbered(before)) + 1,
        sides=tuple(sides),
        parts=tuple(tuple(numbers[p] for p in _places(shape)) for shape in after),
        areas_m2=tuple(drawn_areas(after)),
    )


def _places(shape: BaseGeometry) -> list[_Place]:
    return [(x, y) for ring in rings(shape) for x, y in ring.tolist()]


def _numbered(shapes: Iterable[BaseGeometry]) -> dict[_Place, int]:
    """Each corner's number: the order in which it is first met."""
    places = dict.fromkeys(place for shape in shapes for place in _places(shape))
    return {place: number for number, place in enumerate(places, 1)}


def _corners(numbers: dict[_Place, int], crs: int) -> list[Corner]:
    flat = shapely.get_coordinates(to_metric(shapely.points(list(numbers)), crs)).tolist()
    return [
        Corner(
            number=number,
            longitude=lon,
            latitude=lat,
            easting=Decimal(f"{east:.3f}"),
            northing=Decimal(f"{north:.3f}"),
        )
        for ((lon, lat), number), (east, north) in zip(numbers.items(), flat, strict=True)
    ]


def _sides(
    before: Iterable[BaseGeometry],
    after: Iterable[BaseGeometry],
    numbers: dict[_Place, int],
    corners: Sequence[Corner],
) -> list[SketchedSide]:
    """The sides of the parts, each once; new are those that lie on no boundary of before."""
    old = shapely.union_all(shapely.boundary(np.asarray(before, dtype=object))).buffer(1e-8)
    found: dict[tuple[int, int], SketchedSide] = {}
    for shape in after:
        for ring in rings(shape):
            closed: Points = np.vstack((ring, ring[:1]))
            for one, other in pairwise(map(tuple, closed.tolist())):
                start, end = sorted((numbers[one], numbers[other]))
                a, b = corners[start - 1], corners[end - 1]
                found[start, end] = SketchedSide(
                    start=start,
                    end=end,
                    metres=Decimal(f"{hypot(a.easting - b.easting, a.northing - b.northing):.2f}"),
                    new=not old.covers(shapely.LineString([one, other])),
                )
    return [found[key] for key in sorted(found)]


def _around(sheet: Sheet, neighbours: Sequence[Drawn]) -> list[str]:
    shown = [(outline, n.label) for n in neighbours if sheet.shows(outline := sheet.shape(n.geometry))]
    paths = [path_of(outline, fill=LAND, stroke=FAINT) for outline, _ in shown]
    labels = [
        text_at(place, label, size=12, fill=QUIET)
        for outline, label in shown
        if (place := sheet.place_for_label(outline)) is not None
    ]
    return [*paths, *labels]


def _parts(sheet: Sheet, parts: Sequence[Drawn]) -> list[str]:
    return [
        path_of(sheet.shape(part.geometry), fill=TINTS[n % len(TINTS)], stroke="none")
        for n, part in enumerate(parts)
    ]


def _lines(sheet: Sheet, corners: Sequence[Corner], sides: Sequence[SketchedSide]) -> list[str]:
    """New boundaries over the old ones, in red and dashed, and the length beside each side that has room for it."""
    layers = []
    for side in sides:
        (x1, y1), (x2, y2) = (_at(sheet, corners[n - 1]) for n in (side.start, side.end))
        pen = (
            f'stroke="{NEW}" stroke-width="2" stroke-dasharray="9 4"'
            if side.new
            else f'stroke="{INK}" stroke-width="1.4"'
        )
        layers.append(f'<path d="M{x1:.1f} {y1:.1f}L{x2:.1f} {y2:.1f}" {pen} fill="none"/>')
        if hypot(x2 - x1, y2 - y1) >= _LEAST_SIDE_PX:
            angle = degrees(atan2(y2 - y1, x2 - x1))
            upright = angle - 180 if angle > 90 else angle + 180 if angle <= -90 else angle
            x, y = (x1 + x2) / 2, (y1 + y2) / 2
            layers.append(
                f'<text x="{x:.1f}" y="{y:.1f}" dy="-4" font-size="10.5" text-anchor="middle" '
                f'fill="{NEW if side.new else INK}" '
                f'transform="rotate({upright:.1f} {x:.1f} {y:.1f})">{side.metres}</text>'
            )
    return layers


def _fallen_away(sheet: Sheet, before: Iterable[BaseGeometry], after: Iterable[BaseGeometry]) -> list[str]:
    """Old boundaries that are none any more, dotted."""
    now = shapely.union_all(shapely.boundary(np.asarray(after, dtype=object))).buffer(1e-8)
    gone = shapely.difference(shapely.union_all(shapely.boundary(np.asarray(before, dtype=object))), now)
    layers = []
    for line in shapely.get_parts(shapely.line_merge(gone)):
        points = [sheet.point((x, y)) for x, y in shapely.get_coordinates(line).tolist()]
        data = "L".join(f"{point.x:.1f} {point.y:.1f}" for point in points)
        layers.append(
            f'<path d="M{data}" stroke="{QUIET}" stroke-width="1.6" stroke-dasharray="2 4" fill="none"/>'
        )
    return layers


def _corner_marks(sheet: Sheet, numbers: dict[_Place, int], old: int) -> list[str]:
    """A dot at each corner, and its number a little outward from the middle of the sketch."""
    layers = []
    middle = (sheet.width / 2, sheet.height / 2)
    for place, number in numbers.items():
        at = sheet.point(place)
        away = np.array([at.x - middle[0], at.y - middle[1]])
        away = away / max(float(np.hypot(*away)), 1.0) * 11
        colour = NEW if number > old else INK
        layers.append(f'<circle cx="{at.x:.1f}" cy="{at.y:.1f}" r="2.6" fill="{colour}"/>')
        layers.append(text_at(Point(at.x + away[0], at.y + away[1]), str(number), size=10, fill=colour))
    return layers


def _labels(sheet: Sheet, parts: Sequence[Drawn]) -> list[str]:
    layers = []
    for part, m2 in zip(parts, drawn_areas(from_bytes_many([p.geometry for p in parts])), strict=True):
        place = well_inside(sheet.shape(part.geometry))
        layers.append(text_at(place, part.label, size=16, weight="bold", shift=-5))
        layers.append(text_at(place, f"{m2} m²", size=11, shift=11))
    return layers


def _at(sheet: Sheet, corner: Corner) -> tuple[float, float]:
    point = sheet.point((corner.longitude, corner.latitude))
    return point.x, point.y
