"""A strip of land, for a road or a canal, cut through many parcels at once: what of each is taken and what is left.

Each parcel is cut by the same two sides, so a corner where a side crosses the boundary between two of them is the
same point of the grid in both.  A splinter that the strip leaves beyond itself goes with the strip, and one that it
takes at a corner stays with the parcel; both are told.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString, Polygon
from shapely.geometry.base import BaseGeometry

from domain.errors import BadInput
from gis.shapes import (
    canonical_bytes_many,
    drawn_areas,
    faults,
    from_bytes_many,
    from_metric,
    metric_crs_of,
    snapped,
    to_metric,
)
from gis.splitting import GRID, checked, faces_of, in_order, widths_m
from gis.tolerances import SLIVER_M2, SLIVER_WIDTH_M, WIDEST_DEGREES

MOST_PARCELS = 200
MOST_WORK = 4_000_000
"""Corners of the parcels times those of the strip: what one request may ask for takes some seconds."""
NARROWEST_M, WIDEST_M = 1.0, 500.0


@dataclass(frozen=True, kw_only=True)
class Cut:
    """What the strip does to one parcel, by its place in the sequence given.  ``told``: a splinter that went along."""

    parcel: int
    taken: tuple[bytes, ...]
    left: tuple[bytes, ...]
    told: tuple[str, ...]

    @property
    def whole(self) -> bool:
        """Whether the parcel is taken as it is."""
        return not self.left


def strip_along(centre: LineString, width_m: float) -> Polygon:
    """The strip on both sides of a lon/lat centre line, so many metres wide in all, square at its ends, in lon/lat.

    Raises:
        BadInput: for a line that crosses itself or turns back on itself, or a width that no road has.
    """
    if not NARROWEST_M <= width_m <= WIDEST_M:
        raise BadInput(
            f"a strip {width_m:g} m wide",
            field="width",
            remedy=f"Give {NARROWEST_M:g} to {WIDEST_M:g} metres.",
        )
    line = checked(centre)
    crs = metric_crs_of([line])
    flat = to_metric([line], crs)[0].buffer(
        width_m / 2, cap_style="flat", join_style="mitre", mitre_limit=2.0
    )
    strip = snapped(from_metric([flat], crs))[0]
    if (
        strip.bounds
        and max(strip.bounds[2] - strip.bounds[0], strip.bounds[3] - strip.bounds[1]) > WIDEST_DEGREES
    ):
        raise BadInput(
            "the strip is longer than a degree",
            field="line",
            remedy="Cut it in stretches, village by village.",
        )
    if (fault := faults([strip])[0]) or not isinstance(strip, Polygon) or strip.interiors:
        raise BadInput(
            fault or "the strip comes back to where it was",
            field="line",
            remedy="Draw the centre line so that it does not turn back on itself.",
        )
    return strip


def cut(parcels: Sequence[bytes], strip: Polygon) -> list[Cut]:
    """What the strip does to the parcels; those that it does not touch are left out.  Raises: BadInput."""
    if len(parcels) > MOST_PARCELS:
        raise BadInput(
            f"the strip meets {len(parcels)} parcels",
            field="line",
            remedy=f"Cut at most {MOST_PARCELS} at once.",
        )
    shapes = from_bytes_many(parcels)
    if int(shapely.get_num_coordinates(shapes).sum()) * int(shapely.get_num_coordinates(strip)) > MOST_WORK:
        raise BadInput(
            "the centre line has too many points for the crooked parcels that it meets",
            field="line",
            remedy="Draw it with fewer points, or cut it in stretches.",
        )
    found = []
    for n, shape in enumerate(shapes):
        if (done := _cut(n, shape, parcels[n], strip)) is not None:
            found.append(done)
    return found


def _cut(place: int, shape: BaseGeometry, body: bytes, strip: Polygon) -> Cut | None:
    if not shapely.intersects(shape, strip):
        return None
    faces = np.array(faces_of(shape, [strip.boundary]), dtype=object)
    taken = shapely.intersects(strip, shapely.point_on_surface(faces))
    faces, taken, told = _without_splinters(faces, taken)
    if not taken.any():
        return None
    if taken.all():
        return Cut(parcel=place, taken=(body,), left=(), told=told)
    return Cut(
        parcel=place,
        taken=tuple(canonical_bytes_many(in_order(list(faces[taken])))),
        left=tuple(canonical_bytes_many(in_order(list(faces[~taken])))),
        told=told,
    )


def _without_splinters(
    faces: NDArray[Any], taken: NDArray[np.bool_]
) -> tuple[NDArray[Any], NDArray[np.bool_], tuple[str, ...]]:
    """The faces with each splinter joined to the face across the strip's side; and a sentence on each."""
    told = []
    while len(faces) > 1 and (splinters := _splinters(faces)).any():
        n = int(np.flatnonzero(splinters)[0])
        common = shapely.length(shapely.intersection(faces[n].boundary, shapely.boundary(faces)))
        common[n] = 0
        into = int(np.argmax(common))
        what = "inside of the strip stays with the parcel" if taken[n] else "beyond the strip goes with it"
        told.append(f"a splinter of {drawn_areas([faces[n]])[0]} m2 {what}")
        joined = faces.copy()
        joined[into] = shapely.union_all([faces[n], faces[into]], grid_size=GRID)
        rest = np.arange(len(faces)) != n
        faces, taken = joined[rest], taken[rest]
    return faces, taken, tuple(told)


def _splinters(faces: NDArray[Any]) -> NDArray[np.bool_]:
    small = np.array([m2 < SLIVER_M2 for m2 in drawn_areas(faces)])
    return small | (widths_m(list(faces)) < float(SLIVER_WIDTH_M))
