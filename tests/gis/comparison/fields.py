"""Fields of a small village on two maps, for tests: squares of some 60 by 66 metres."""

from __future__ import annotations

from decimal import Decimal

import shapely
from shapely import affinity
from shapely.geometry.base import BaseGeometry

from domain.quantities import Area, to_m2
from gis.comparison.plots import Plot
from gis.shapes import drawn_area, snapped

WEST, SOUTH, SIDE = 78.0, 25.0, 0.0006


def land(column: float, row: float, columns: float = 1, rows: float = 1) -> BaseGeometry:
    """A rectangle of the grid; a whole cell measures about 60 by 66 m."""
    west, south = WEST + column * SIDE, SOUTH + row * SIDE
    box = shapely.box(west, south, west + columns * SIDE, south + rows * SIDE)
    on_grid: BaseGeometry = snapped([box])[0]
    return on_grid


def plot(
    label: str,
    shape: BaseGeometry | None,
    m2: Decimal | str | None = None,
    *,
    holders: tuple[str, ...] | None = None,
    fault: str = "",
) -> Plot:
    """A plot with the recorded area that its shape has, unless another is given."""
    if m2 is None and shape is not None:
        m2 = drawn_area(shape)
    area = None if m2 is None else Area(to_m2(Decimal(m2)), str(m2), "m2")
    return Plot(
        id=f"id {label}",
        label=label,
        shape=shape,
        area=area,
        holders=holders,
        fault=fault,
        shape_at_fault=bool(fault) and shape is None,
    )


def grid(columns: int, rows: int) -> list[Plot]:
    """Fields 1, 2, 3 ... row by row."""
    return [
        plot(str(row * columns + column + 1), land(column, row))
        for row in range(rows)
        for column in range(columns)
    ]


def nudged(shape: BaseGeometry, metres: float) -> BaseGeometry:
    """The shape moved eastwards."""
    moved: BaseGeometry = snapped([affinity.translate(shape, metres / 101_000)])[0]
    return moved
