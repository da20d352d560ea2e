"""What the watch over a village of 5,000 parcels costs beside shapely's bare question whether they fit together.

Both look at the same shapes in turns, in CPU of this process.  The aim: at most 1.3 times ``coverage_is_valid``.
"""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable

import numpy as np
import pytest
import shapely

from gis.tolerances import METRES_PER_DEGREE, NARROW_GAP_M
from gis.watch import Watched, check_village

pytestmark = pytest.mark.bench

COLUMNS, ROWS = 70, 72
SIDE = 0.0005  # degrees: fields of some 50 metres
EACH = 6  # corners of a side
ROUNDS = 15
AT_MOST = 1.3


def a_village() -> list[Watched]:
    """Fields with crooked sides, every corner shared by those who meet there."""

    def corner(i: int, j: int) -> tuple[float, float]:
        """The place of a corner, by its number from the west and from the south."""
        x, y, sway = i / EACH, j / EACH, SIDE / 40
        return (
            round(78 + x * SIDE + sway * math.sin(12.9898 * x + 78.233 * y), 9),
            round(25 + y * SIDE + sway * math.sin(39.346 * x + 11.135 * y), 9),
        )

    fields = []
    for n in range(COLUMNS * ROWS):
        i, j = n % COLUMNS * EACH, n // COLUMNS * EACH
        ring = [
            *((i + s, j) for s in range(EACH)),
            *((i + EACH, j + s) for s in range(EACH)),
            *((i + EACH - s, j + EACH) for s in range(EACH)),
            *((i, j + EACH - s) for s in range(EACH)),
        ]
        fields.append(Watched(f"999101-{n:06d}", str(n), shapely.Polygon([corner(*at) for at in ring])))
    return fields


def cost(work: Callable[[], object]) -> float:
    """Milliseconds of CPU."""
    began = time.process_time()
    work()
    return 1000 * (time.process_time() - began)


def test_the_watch_beside_the_bare_question() -> None:
    parcels = a_village()
    shapes = np.array([parcel.shape for parcel in parcels], dtype=object)
    gap = NARROW_GAP_M / METRES_PER_DEGREE

    def bare() -> object:
        return shapely.coverage_is_valid(shapes, gap_width=gap)

    def watch() -> object:
        return check_village(parcels, lgd="999101", name="Devgarh", log_size=1)

    assert bare()
    assert check_village(parcels, lgd="999101", name="Devgarh", log_size=1).sound
    costs = [(cost(bare), cost(watch)) for _ in range(ROUNDS)]
    theirs, ours = (statistics.median(side) for side in zip(*costs, strict=True))
    ratio = statistics.median(mine / their for their, mine in costs)
    print(f"\n{len(parcels)} parcels: coverage_is_valid {theirs:.1f} ms, the watch {ours:.1f} ms")
    print(f"ratio {ratio:.2f} (at most {AT_MOST})")
    assert ratio <= AT_MOST
