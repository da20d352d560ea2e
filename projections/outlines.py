"""Outlines of villages: ``gis.village``, the union of the parcels that are drawn, kept as they change.

A union costs tens of milliseconds for a village of some thousand parcels, so none is made for a request, nor for an
event that leaves the outline where it was: the parts of a divided parcel fill it, and a boundary that is moved
between neighbours moves nothing outside.  Whether an event moves an outline is told from the shapes that it ends and
begins alone.  One row is kept for each day on which it moved: registering a village takes many orders, and nobody
asks for its outline in the midst of them.  So it is drawn once the page is the last that is published: what is still
to be drawn until then waits in ``gis.village_due``, which is empty whenever the views hold all that is published.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from typing import Any, cast

import numpy as np
import shapely
from numpy.typing import NDArray
from psycopg2 import extensions
from shapely.geometry.base import BaseGeometry

from gis.shapes import drawn_area, metric_crs_of, square_metres, to_metric, to_web_mercator
from gis.tolerances import NARROW_GAP_M, UNITS_PER_DEGREE
from projections.copying import copy_in
from projections.drawn import LONLAT, WEB_MERCATOR, Drawn, wkb_hex
from projections.maps import Moment
from projections.pages import Doc, Event, Page

MOVED_M2 = 0.1
"""Cut on the storage grid, the parts of a parcel fill it to within some cm2: less than this is no movement."""

_GRID = 1 / UNITS_PER_DEGREE

_PARCELS = (
    "select st_asbinary(geom) from gis.parcel where village = %s and valid_from <= %s"
    " and (valid_to is null or valid_to > %s) order by parcel_id, version"
)


def refresh(cursor: extensions.cursor, page: Page) -> None:
    """Brings ``gis.village`` to where the page leaves the map, which must have been written."""
    moved = [
        (village, event.index, str(event.payload["decided"]))
        for event in page.events
        for village in _moved(cursor, page, event)
    ]
    if moved:
        copy_in(cursor, "gis.village_due", ("lgd", "valid_from", "from_date"), moved)
    if page.last:
        for village, moment in _due(cursor):
            _enter(cursor, village, moment)


def outline(shapes: NDArray[Any]) -> BaseGeometry:
    """The land of parcels taken together, in longitude and latitude, without strips too thin to be land.

    Parcels that lie beside each other as a coverage are joined along their common sides, in a tenth of the time.
    Those that overlap, or whose sides do not meet, are united with the others on the storage grid.
    """
    joined = _joined(shapes)
    if joined is None:
        flawed = shapely.length(shapely.coverage_invalid_edges(shapes)) > 0
        sound = _joined(shapes[~flawed])
        pieces = shapes if sound is None else np.append(shapes[flawed], [sound])
        joined = shapely.union_all(pieces, grid_size=_GRID)
    return _without_thin_holes(joined)


def _joined(shapes: NDArray[Any]) -> BaseGeometry | None:
    """The union of a coverage; None where the shapes are none."""
    try:
        joined = shapely.coverage_union_all(shapes)
    except shapely.errors.GEOSException:  # a corner on the common side that one of the two has not
        return None
    whole = float(shapely.area(shapes).sum())
    alike = joined.is_valid and abs(joined.area - whole) <= whole * 1e-9
    return joined if alike else None


def _without_thin_holes(shape: BaseGeometry) -> BaseGeometry:
    """Strips between parcels, thinner than ``NARROW_GAP_M``, are flaws of drawing and not land of somebody else."""
    parts = []
    crs = metric_crs_of([shape])
    for part in shapely.get_parts(shape):
        holes = np.array([shapely.Polygon(ring) for ring in part.interiors], dtype=object)
        if len(holes):
            around = np.maximum(shapely.length(to_metric(holes, crs)), 1e-9)
            wide = 2 * square_metres(holes) / around >= NARROW_GAP_M
            part = shapely.Polygon(
                part.exterior, [ring for ring, w in zip(part.interiors, wide, strict=True) if w]
            )
        parts.append(part)
    return cast("BaseGeometry", shapely.normalize(shapely.multipolygons(parts)))


def _moved(cursor: extensions.cursor, page: Page, event: Event) -> set[str]:
    """The villages whose outline the event moves."""
    ended: dict[str, list[str]] = {}
    begun: dict[str, list[str]] = {}
    for identifier, after in event.after.items():
        if after["kind"] != "parcel":
            continue
        was, now = _drawn(event.before[identifier]), _drawn(after)
        if was != now:
            for place, found in ((ended, was), (begun, now)):
                if found is not None:
                    place.setdefault(found[0], []).append(found[1])
    drawn = page.shapes.read(cursor, {d for place in (ended, begun) for ds in place.values() for d in ds})
    return {
        village
        for village in ended.keys() | begun.keys()
        if not _same(_shapes(drawn, ended.get(village, [])), _shapes(drawn, begun.get(village, [])))
    }


def _drawn(state: Doc | None) -> tuple[str, str] | None:
    """Village and digest of a parcel on the map."""
    if state is None or state["status"] != "active" or state["geometry"] is None:
        return None
    return str(state["village"]), str(state["geometry"])


def _shapes(drawn: dict[str, Drawn], digests: Sequence[str]) -> list[BaseGeometry]:
    return [drawn[digest].shape for digest in digests if digest in drawn]


def _same(before: Sequence[BaseGeometry], after: Sequence[BaseGeometry]) -> bool:
    if not before or not after:
        return not before and not after
    first, second = (shapely.union_all(shapes, grid_size=_GRID) for shapes in (before, after))
    between = shapely.symmetric_difference(first, second, grid_size=_GRID)
    return float(square_metres([between])[0]) <= MOVED_M2


def _due(cursor: extensions.cursor) -> list[tuple[str, Moment]]:
    """The outlines that are still to be drawn, each village's in the order of the log; none is due any more.

    Of several events of a day, one after the other, the last alone counts.
    """
    cursor.execute("delete from gis.village_due returning lgd, valid_from, from_date")
    due = [(village, Moment(index, str(day))) for village, index, day in sorted(cursor.fetchall())]
    return [
        (village, moment)
        for (village, moment), after in zip_longest(due, due[1:])
        if after is None or (after[0], after[1].day) != (village, moment.day)
    ]


def _enter(cursor: extensions.cursor, village: str, moment: Moment) -> None:
    """The village's outline after the event becomes the one that stands."""
    cursor.execute(_PARCELS, (village, moment.idx, moment.idx))
    shapes = shapely.from_wkb([bytes(row[0]) for row in cursor])
    cursor.execute(
        "delete from gis.village where lgd = %s and valid_to is null and from_date = %s returning valid_from",
        (village, moment.day),
    )
    if replaced := cursor.fetchone():  # earlier on this day: what it had ended is ended by this event now
        cursor.execute(
            "update gis.village set valid_to = %s where lgd = %s and valid_to = %s",
            (moment.idx, village, replaced[0]),
        )
    cursor.execute(
        "update gis.village set valid_to = %s, to_date = %s where lgd = %s and valid_to is null",
        (moment.idx, moment.day, village),
    )
    if not len(shapes):
        return
    land = outline(shapes)
    cursor.execute(
        "insert into gis.village (lgd, parcels, drawn_m2, geom, geom_3857, valid_from, from_date)"
        " values (%s, %s, %s, %s::geometry, %s::geometry, %s, %s)",
        (
            village,
            len(shapes),
            drawn_area(land),
            wkb_hex([land], LONLAT)[0],
            wkb_hex(to_web_mercator([land]), WEB_MERCATOR)[0],
            *moment,
        ),
    )
