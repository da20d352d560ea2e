"""What land two maps of a village have in common, pair by pair.

Shapes are cut in the stored plane, where equal corners are equal numbers, and turned into square metres by the
village's own scale; boundaries are measured in the UTM zone.  Parcels that are drawn alike on both maps are not cut.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from gis.shapes import metric_crs_of, square_metres, to_metric
from gis.tolerances import LINK_M2, LINK_SHARE

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Overlay:
    """Two maps laid over each other; parcels are places in the sequences compared.  No shape: area and rim are 0."""

    before_m2: Floats
    after_m2: Floats
    before_rim_m: Floats
    after_rim_m: Floats
    old: Ints
    """For every pair with common land the place on the older map ..."""
    new: Ints
    """... the place on the newer ..."""
    common_m2: Floats
    """... and how much land both cover."""

    def between(self, old: Ints, new: Ints) -> Floats:
        """Common land of given pairs, 0 where there is none."""
        width = max(len(self.after_m2), 1)
        keys, wanted = self.old * width + self.new, old * width + new
        order = np.argsort(keys)
        at = np.minimum(np.searchsorted(keys[order], wanted), max(len(keys) - 1, 0))
        if not len(keys):
            return np.zeros(len(wanted))
        found = order[at]
        return np.where(keys[found] == wanted, self.common_m2[found], 0.0)

    def lineage(self) -> Ints:
        """Places in the pairs where the older parcel's land went into the newer one, beyond what drawing explains."""
        share = np.maximum(
            self.common_m2 / self.before_m2[self.old],
            self.common_m2 / self.after_m2[self.new],
        )
        return np.flatnonzero((self.common_m2 > LINK_M2) & (share > LINK_SHARE))


def overlay(old_shapes: NDArray[Any], new_shapes: NDArray[Any], alike: tuple[Ints, Ints]) -> Overlay:
    """Lay valid lon/lat shapes over each other; ``alike`` are the pairs known to be drawn alike."""
    everything = np.concatenate([old_shapes, new_shapes])
    present = everything[~shapely.is_missing(everything)]
    crs = metric_crs_of(present)
    scale = float(square_metres(present).sum() / shapely.area(present).sum())
    settled = (np.zeros(len(old_shapes), dtype=bool), np.zeros(len(new_shapes), dtype=bool))
    for known, places in zip(settled, alike, strict=True):
        known[places] = True
    old, new = _meeting(old_shapes, new_shapes, settled)
    common = shapely.area(shapely.intersection(old_shapes[old], new_shapes[new])) * scale
    kept = common > 0
    before_m2, after_m2 = (_or_nothing(shapely.area(shapes)) * scale for shapes in (old_shapes, new_shapes))
    return Overlay(
        before_m2,
        after_m2,
        _or_nothing(shapely.length(to_metric(old_shapes, crs))),
        _or_nothing(shapely.length(to_metric(new_shapes, crs))),
        np.concatenate([alike[0], old[kept]]),
        np.concatenate([alike[1], new[kept]]),
        np.concatenate([before_m2[alike[0]], common[kept]]),
    )


def drawn_alike(before: NDArray[Any], after: NDArray[Any]) -> NDArray[np.bool_]:
    """Whether two shapes, pair by pair, have the same corners."""
    same: NDArray[np.bool_] = shapely.equals_exact(shapely.normalize(before), shapely.normalize(after), 0)
    return same


def _meeting(
    old_shapes: NDArray[Any], new_shapes: NDArray[Any], settled: tuple[NDArray[np.bool_], NDArray[np.bool_]]
) -> tuple[Ints, Ints]:
    """Pairs that may have land in common, but for those of which both are settled."""
    old, new = shapely.STRtree(new_shapes).query(old_shapes, predicate="intersects")
    open_ = ~(settled[0][old] & settled[1][new])
    return old[open_], new[open_]


def _or_nothing(figures: NDArray[Any]) -> Floats:
    present: Floats = np.nan_to_num(figures.astype(float), nan=0.0)
    return present
