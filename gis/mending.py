"""Shapes of a map file made fit to be stored, by one stated rule, with the amount of land that it moved.

The rule: where a ring crosses or touches itself, GEOS' structure method rebuilds the polygon from its own lines;
loose pieces under ``SPLINTER_M2`` are dropped; what remains is taken if no more than ``REPAIR_M2`` of land moved.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from gis.shapes import Shapes, faults, snapped, square_metres
from gis.tolerances import REPAIR_M2, SPLINTER_M2, UNITS_PER_DEGREE


@dataclass(frozen=True, kw_only=True)
class Mended:
    """One shape, on the grid and valid; or ``None`` with the ``fault`` that no rule mends."""

    shape: BaseGeometry | None
    fault: str = ""
    crossing: str = ""
    """Where the ring crossed itself, in GEOS' words; empty where nothing was repaired."""
    moved_m2: Decimal = Decimal("0.0000")


def mend(shapes: Shapes) -> list[Mended]:
    """Each lon/lat shape snapped to the grid and, where the rule allows it, repaired."""
    grid = snapped(shapes)
    return [
        Mended(shape=shape) if not fault else _mended(shape, fault)
        for shape, fault in zip(grid, faults(grid), strict=True)
    ]


def _mended(shape: BaseGeometry | None, fault: str) -> Mended:
    if shape is None or shape.is_valid or shape.geom_type not in ("Polygon", "MultiPolygon"):
        return Mended(shape=None, fault=fault)  # no crossing is at fault: the rule does not apply
    if not np.isfinite(shapely.get_coordinates(shape)).all():
        return Mended(shape=None, fault=fault)
    rebuilt = shapely.make_valid(shape, method="structure", keep_collapsed=False)
    pieces = shapely.get_parts(shapely.set_precision(rebuilt, 1 / UNITS_PER_DEGREE))
    pieces = pieces[shapely.get_type_id(pieces) == shapely.GeometryType.POLYGON]
    sizes, before = square_metres(pieces), square_metres([shape])[0]
    kept = pieces[sizes >= SPLINTER_M2]
    moved = abs(sizes.sum() - before) + sizes[sizes < SPLINTER_M2].sum()
    if not len(kept) or moved > REPAIR_M2:
        return Mended(
            shape=None, fault=f"{fault}; to mend it would move {moved:.2f} m2, more than {REPAIR_M2:g} m2"
        )
    whole = snapped([kept[0] if len(kept) == 1 else shapely.multipolygons(kept)])[0]
    if again := faults([whole])[0]:
        return Mended(shape=None, fault=again)
    return Mended(shape=whole, crossing=shapely.is_valid_reason(shape), moved_m2=Decimal(f"{moved:.4f}"))
