"""Villages and a town as their sources publish them in several versions, read as plots."""

from __future__ import annotations

import csv
import json
from collections import Counter
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import shapely

from domain.quantities import Area, area, to_m2
from gis.comparison.plots import Plot, newer_plots, read_newer
from gis.mapping import Mapping, parse_mapping
from gis.mending import mend

KRISHNA = """
[file]
encoding = "UTF-8"
[parcel]
label = "lpm"
area = "extent_ac"
area_unit = "acre"
[unit]
holders = "holder"
holders_separator = ","
[village]
lgd = "643015"
name = "West part"
state = "ap"
office = "28/510/5001"
"""
NO_PARCELS = {"---", "--MD", "--R", "-", "ROAD", "RR", "None", ""}
SQUARE_FOOT = Decimal("0.09290304")


def krishna() -> Mapping:
    return parse_mapping(KRISHNA)


def krishna_plots(path: Path) -> list[Plot]:
    return newer_plots(read_newer(path, krishna()), names_holders=True)


def cambridge_plots(folder: Path, year: int) -> list[Plot]:
    """The lots of a year with the assessor's figure; numbers borne by several polygons come as refused rows."""
    recorded: dict[str, Decimal] = {}
    with (folder / f"assessor_fy{year}.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            figure = Decimal(row["LandArea"] or 0)
            recorded[row["ML"]] = max(figure, recorded.get(row["ML"], Decimal(0)))
    plots = _plots(folder / f"parcels_fy{year}.geojson", "ML", "", leave_out=NO_PARCELS)
    return [
        replace(p, area=Area(to_m2(feet * SQUARE_FOOT), str(feet), "sqft"))
        if (feet := recorded.get(p.label))
        else p
        for p in plots
    ]


def parla_plots(path: Path, label: str) -> list[Plot]:
    """A stage of the resurvey with all its polygons, also those that bear a number twice."""
    return _plots(path, label, "extent_ac", twice=True)


def _plots(
    path: Path,
    label: str,
    acres: str,
    *,
    leave_out: frozenset[str] | set[str] = frozenset(),
    twice: bool = False,
) -> list[Plot]:
    features = json.loads(path.read_text("utf-8"))["features"]
    rows = [(str(f["properties"][label]), f) for f in features]
    rows = [(name, feature) for name, feature in rows if name not in leave_out]
    count = Counter(name for name, _ in rows)
    shapes = mend([shapely.from_geojson(json.dumps(feature["geometry"])) for _, feature in rows])
    plots = []
    for number, ((name, feature), mended) in enumerate(zip(rows, shapes, strict=True), 1):
        repeated = count[name] > 1 and not twice
        figure = feature["properties"].get(acres)
        plots.append(
            Plot(
                id=f"row {number}",
                label=name,
                shape=None if repeated else mended.shape,
                area=area(f"{figure:f}", "acre") if figure else None,
                fault="the number stands twice" if repeated else mended.fault,
                shape_at_fault=not repeated and mended.shape is None,
            )
        )
    return plots


def drawn(plots: list[Plot]) -> list[Plot]:
    """What of a map can be registered."""
    return [p for p in plots if p.shape is not None and not p.fault]
