"""How often lines would cross, estimated before they are drawn into each other.

What noding costs is its crossings, and those grow with the square of what is sent: two combs of a thousand teeth cross
a million times.  A sample of the sides is asked, so that the answer costs next to nothing whatever was sent.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, cast

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from domain.errors import BadInput

MOST_CROSSINGS = 10_000
"""No surveyor's drawing of one parcel has as many: an hour's work of the counter would, and a second's has fewer."""
_SAMPLE = 100


def refuse_tangle(boundary: BaseGeometry, cuts: Sequence[BaseGeometry], *, field: str = "line") -> None:
    """Accepts in silence lines that cross a boundary and each other at most some MOST_CROSSINGS times.

    Raises:
        BadInput: for a tangle.
    """
    drawn = _sides(cuts)
    count = len(drawn) * (len(drawn) + shapely.get_num_coordinates(boundary))
    if count <= MOST_CROSSINGS:
        return
    tree = shapely.STRtree(np.concatenate((_sides([boundary]), drawn)))
    asked = drawn[:: -(-len(drawn) // _SAMPLE)]
    crossed = len(tree.query(asked, predicate="crosses")[0])
    if crossed * len(drawn) > MOST_CROSSINGS * len(asked):
        raise BadInput(
            f"the lines cross the boundary and each other some {crossed * len(drawn) // len(asked)} times",
            field=field,
            remedy="Draw them plainly, from one side of the parcel to another.",
        )


def _sides(shapes: Iterable[BaseGeometry]) -> NDArray[Any]:
    """Each straight side of lines, or of the rings of polygons, as a line of its own."""
    parts = shapely.get_parts(list(shapes))
    pairs = [np.stack((xy[:-1], xy[1:]), axis=1) for xy in map(shapely.get_coordinates, parts)]
    return cast("NDArray[Any]", shapely.linestrings(np.concatenate(pairs)))
