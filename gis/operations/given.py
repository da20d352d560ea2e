"""Parts that somebody has drawn, fitted to the parcel: corner by corner they fill it, or it is said where they do not.

A part drawn by hand or in another program meets its neighbours to within a hair.  So the lines of all parts are drawn
into the parcel at once, and each face goes to the part that it lies in: what lies in none is a gap, what lies in two
an overlap.  Both are nobody's doing below the width of a survey's error, and then go to the part beside them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from domain.errors import BadInput
from gis.crossings import refuse_tangle
from gis.shapes import canonical_bytes_many, faults, from_bytes, snapped, square_metres
from gis.splitting import GRID, faces_of, refuse_slivers, widths_m
from gis.tolerances import MEET_M, METRES_PER_DEGREE

MOST_PARTS = 200
MOST_CORNERS = 20_000
"""Of all parts together."""


def fitted(parcel: bytes, parts: Sequence[Polygon | MultiPolygon]) -> list[bytes]:
    """The parts (lon/lat) fitted to the parcel, in their order, as canonical bytes.

    Raises:
        BadInput: (field "children[n]") for a part that is no shape or lies outside of the parcel, and (field
            "children") for land that none takes or two do, with its area and where it is.
    """
    if not 2 <= len(parts) <= MOST_PARTS:
        raise BadInput(f"{len(parts)} parts were given", field="children", remedy=f"Give 2 to {MOST_PARTS}.")
    if (corners := int(shapely.get_num_coordinates(parts).sum())) > MOST_CORNERS:
        raise BadInput(
            f"the parts have {corners} corners",
            field="children",
            remedy=f"Draw them with at most {MOST_CORNERS} in all.",
        )
    shape = from_bytes(parcel)
    drawn = snapped(parts)
    for n, sentence in enumerate(faults(drawn)):
        if sentence:
            raise BadInput(
                sentence, field=f"children[{n}]", remedy="Draw the part as one polygon without crossings."
            )
    reach = MEET_M / METRES_PER_DEGREE
    for n, outside in enumerate(shapely.difference(drawn, shape.buffer(reach)).tolist()):
        if outside.area:
            raise _wrong(
                f"children[{n}]", outside, "lie outside of the parcel", "Draw it within the boundary."
            )
    refuse_tangle(shape.boundary, list(shapely.boundary(drawn)), field="children")
    drawn = _near(drawn, shape, reach)
    faces = np.array(faces_of(shape, [shapely.union_all(shapely.boundary(drawn))]), dtype=object)
    places = shapely.point_on_surface(faces)
    inside = shapely.intersects(drawn[:, None], places[None, :])
    _refuse_conflicts(faces, inside)
    owner = np.where(inside.any(axis=0), inside.argmax(axis=0), -1)
    _share_out(faces, owner)
    fitted = [_joined(faces[owner == n], n) for n in range(len(parts))]
    refuse_slivers(fitted, field="children", what="the parts have")
    return canonical_bytes_many(fitted)


def _near(drawn: NDArray[Any], shape: BaseGeometry, reach: float) -> NDArray[Any]:
    """The parts with what lies within reach of a corner of the parcel, or of its sides, brought there."""
    onto = shapely.union_all([shapely.extract_unique_points(shape), shape.boundary])
    return shapely.snap(shapely.snap(drawn, shapely.extract_unique_points(shape), reach), onto, reach)


def _refuse_conflicts(faces: NDArray[Any], inside: NDArray[Any]) -> None:
    wide = widths_m(list(faces)) > 2 * MEET_M
    for count, words in ((0, "are in no part"), (2, "are in two parts at once")):
        found = faces[wide & (inside.sum(axis=0) >= 2 if count else inside.sum(axis=0) == 0)]
        if len(found):
            raise _wrong(
                "children",
                shapely.union_all(found),
                words,
                "Draw the parts so that they meet and fill the parcel.",
            )


def _share_out(faces: NDArray[Any], owner: NDArray[Any]) -> None:
    """What lies in no part goes, splinter by splinter, to the part beside it with which it has the longest side."""
    for n in np.flatnonzero(owner < 0):
        common = shapely.length(shapely.intersection(faces[n].boundary, shapely.boundary(faces)))
        common[owner < 0] = 0
        owner[n] = owner[int(np.argmax(common))] if common.max() > 0 else owner.max()


def _joined(faces: NDArray[Any], number: int) -> Polygon | MultiPolygon:
    if not len(faces):
        raise BadInput(
            "the part has no land of this parcel",
            field=f"children[{number}]",
            remedy="Draw it within the boundary.",
        )
    return cast("Polygon | MultiPolygon", shapely.union_all(faces, grid_size=GRID))


def _wrong(field: str, where: BaseGeometry, words: str, remedy: str) -> BadInput:
    m2 = float(square_metres([where])[0])
    place = where.representative_point()
    return BadInput(f"{m2:.2f} m2 around {place.x:.6f}, {place.y:.6f} {words}", field=field, remedy=remedy)
