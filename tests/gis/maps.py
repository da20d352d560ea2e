"""Small villages written as map files, for tests."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from gis.mapping import Mapping as MappingFile
from gis.mapping import parse_mapping

MAPPING = """
[file]
within = [77.0, 15.0, 78.0, 16.0]
[parcel]
label = "Khasra"
area = "Rakba"
area_unit = "m2"
land_class = "Shreni"
use = "Upyog"
former_labels = "Purana"
[unit]
label = "Khata"
label_separator = ","
holders = "Khatedar"
holders_separator = ","
relation_separator = " / "
placeholders = ["नाम"]
shares = "Ansh"
[codes.land_class]
"Niji" = "private"
"Sarkari  Bhumi" = "government"
[village]
lgd = "123456"
name = "Rampur"
state = "generic"
office = "9/1/2"
"""

COLUMNS = ("Khasra", "Rakba", "Shreni", "Upyog", "Purana", "Khata", "Khatedar", "Ansh")


def mapping(**village: str) -> MappingFile:
    return parse_mapping(MAPPING).with_village(**village)


def plot(column: int, row: int = 0) -> BaseGeometry:
    """One of a grid of square fields of 1,068.55 m2."""
    west, south = 77.5 + column * 0.0003, 15.5 + row * 0.0003
    return shapely.box(west, south, west + 0.0003, south + 0.0003)


PLOT_M2 = "1068.6"


def cells(**given: Any) -> dict[str, Any]:
    usual: dict[str, Any] = {
        "Khasra": "1",
        "Rakba": PLOT_M2,
        "Shreni": "Niji",
        "Upyog": "",
        "Purana": "",
        "Khata": "7",
        "Khatedar": "आशा देवी / राम",
        "Ansh": "",
    }
    return usual | given


def write_geojson(
    path: Path, rows: Sequence[tuple[Mapping[str, Any], BaseGeometry | None]], **members: Any
) -> Path:
    features = [
        {
            "type": "Feature",
            "properties": dict(properties),
            "geometry": None if shape is None else json.loads(shapely.to_geojson(shape)),
        }
        for properties, shape in rows
    ]
    document = {"type": "FeatureCollection", **members, "features": features}
    path.write_text(json.dumps(document, ensure_ascii=False), "utf-8")
    return path
