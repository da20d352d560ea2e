"""Several parcels as one: what an amalgamation would record."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely

from domain.errors import BadInput
from gis.shapes import canonical_bytes, from_bytes_many
from gis.survey import together
from gis.tolerances import MEET_M, METRES_PER_DEGREE

MOST_PARCELS = 100


def merge(parcels: Sequence[bytes]) -> bytes:
    """The land of parcels that share boundaries, as one shape in canonical bytes.

    Raises:
        BadInput: (field "parcels[n]") for the first that shares no boundary with the others.
    """
    if not 2 <= len(parcels) <= MOST_PARCELS:
        raise BadInput(
            f"{len(parcels)} parcels were given",
            field="parcels",
            remedy=f"Give 2 to {MOST_PARCELS} that adjoin.",
        )
    shapes = from_bytes_many(parcels)
    whole = together(list(shapes))
    if shapely.get_num_geometries(whole) > 1:
        pieces = shapely.get_parts(whole)
        largest = pieces[np.argmax(shapely.area(pieces))]
        reach = MEET_M / METRES_PER_DEGREE
        apart = np.flatnonzero(~shapely.covers(largest.buffer(reach), shapes))
        raise BadInput(
            f"the parcels lie in {len(pieces)} pieces: a meeting of corners is no common boundary",
            field=f"parcels[{int(apart[0]) if len(apart) else 0}]",
            remedy="Merge only parcels that share a boundary.",
        )
    return canonical_bytes(whole)
