"""The shapes of requests and answers about operations on the map (``api.routes.splits``)."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from api.models import Digest, Figure, Original, Schema, _Shape, _text
from gis.operations.sweep import COMPASS


class Side(_Shape):
    """From corner to corner, numbered clockwise from the north-western one: metres, and degrees from grid north."""

    start: int = Field(alias="from")
    end: int = Field(alias="to")
    metres: Figure
    bearing: Figure


class Child(_Shape):
    label: str
    area: Original
    recorded_m2: Figure
    drawn_m2: Figure
    geometry: Digest
    canonical: str
    geojson: dict[str, Any]
    measured_in: str
    sides: list[Side]


class Measured(_Shape):
    parent_m2: Figure
    gap_m2: Figure
    overlap_m2: Figure
    outside_m2: Figure
    narrowest_m: Figure
    unmatched_edges: int
    faults: list[str]


class Redrawing(_Shape):
    parcel_id: str
    version: int


class Change(_Shape):
    id: str
    change: str


class DraftOrder(_Shape):
    """What ``landlog order prepare`` takes; ``missing`` names the papers that people have yet to give."""

    format: str
    type: str
    application: dict[str, Any]
    shapes: dict[str, str]
    documents: list[Digest]
    missing: list[str]


class Measuring(_Shape):
    """Parcels as they would become, and the order that would make them so."""

    parcels: list[Redrawing]
    children: list[Child]
    measured: Measured
    changes: list[Change]
    remarks: list[str]
    draft: DraftOrder


class Redrawn(Measuring):
    svg: str


class Split(Redrawn):
    parcel_id: str
    version: int


class Strip(_Shape):
    width_m: Figure
    cuts: list[Measuring]
    svg: str


LINE: Schema = {
    "type": "object",
    "description": "A GeoJSON LineString in longitude and latitude (or a Feature that has one).",
    "properties": {
        "type": {"const": "LineString"},
        "coordinates": {
            "type": "array",
            "minItems": 2,
            "maxItems": 1000,
            "items": {
                "type": "array",
                "minItems": 2,
                "maxItems": 3,
                "items": {"type": "number", "minimum": -180, "maximum": 180},
            },
        },
    },
    "required": ["type", "coordinates"],
}
LINE_EXAMPLE: Schema = {"type": "LineString", "coordinates": [[77.81, 15.75], [77.82, 15.76]]}
_PAPER: Schema = {
    "type": "object",
    "properties": {
        "number": _text(200, "Its number."),
        "made": {"type": "string", "format": "date"},
        "by": _text(200, ""),
    },
}
_NUMBER: Schema = {"anyOf": [{"type": "number"}, {"type": "string", "maxLength": 40}]}
_PLACE: Schema = {
    "type": "array",
    "minItems": 2,
    "maxItems": 3,
    "items": {"type": "number", "minimum": -180, "maximum": 180},
}
_AMOUNT: Schema = {
    "anyOf": [
        {
            "type": "object",
            "properties": {"share": _text(30, "A part of the whole: 1/3.")},
            "required": ["share"],
        },
        {"type": "object", "properties": {"area": {"type": "object"}}, "required": ["area"]},
        {"const": "rest"},
    ]
}
_PORTION: Schema = {
    "type": "object",
    "properties": {
        "holders": {
            "type": "array",
            "maxItems": 50,
            "items": _text(200, "A holder's reference, or the name that the record shows."),
        },
        "parts": {
            "type": "array",
            "maxItems": 50,
            "items": {"type": "integer", "minimum": 1, "maximum": 200},
        },
        "parcels": {"type": "array", "maxItems": 50, "items": _text(30, "A parcel that is taken as it is.")},
        "new_unit": _text(
            100, "The number of the khata that is opened; without it the portion keeps the khata."
        ),
    },
    "required": ["holders"],
    "additionalProperties": False,
}
SPLIT: Schema = {
    "anyOf": [
        LINE,
        {
            "type": "object",
            "description": "One of line, lines, parts, notes and children.",
            "properties": {
                "line": LINE,
                "lines": {"type": "array", "minItems": 1, "maxItems": 50, "items": LINE},
                "parts": {
                    "anyOf": [
                        {"type": "integer", "minimum": 2, "maximum": 50},
                        {"type": "array", "minItems": 1, "maxItems": 50, "items": _AMOUNT},
                    ],
                    "description": "Equal parts by number, or each part's share or area.",
                },
                "side": {
                    "anyOf": [_NUMBER, {"enum": list(COMPASS)}],
                    "description": "Parts are taken from this side: north, or a bearing.",
                },
                "along": {**_PLACE, "description": "Parts lie in line along the side nearest to this place."},
                "beside": {**_PLACE, "description": "Parts lie parallel to the side nearest to this place."},
                "several": {"type": "boolean", "description": "Whether a part may lie in several pieces."},
                "measure": {
                    "enum": ["drawn", "recorded"],
                    "description": "Whose areas the figures of parts are.",
                },
                "notes": {
                    "anyOf": [
                        {"type": "string", "maxLength": 100_000},
                        {"type": "array", "maxItems": 500, "items": {"type": "string", "maxLength": 200}},
                    ],
                    "description": "The field book: by distance and angle, or by chain and offset.",
                },
                "children": {"type": "array", "minItems": 2, "maxItems": 200, "items": {"type": "object"}},
                "sketch": _PAPER,
                "as": {"enum": ["subdivision", "partition"], "description": "What becomes of the parts."},
                "portions": {
                    "type": "array",
                    "minItems": 2,
                    "maxItems": 50,
                    "items": _PORTION,
                    "description": "Of a partition: who takes what. Without it they are left to be named.",
                },
                "deed": _PAPER,
                "permissions": {"type": "array", "maxItems": 50},
            },
            "additionalProperties": False,
        },
    ]
}
MERGE: Schema = {
    "type": "object",
    "properties": {
        "with": {"type": "array", "minItems": 1, "maxItems": 49, "items": _text(30, "The id of a parcel.")},
        "sketch": _PAPER,
        "permissions": {"type": "array", "maxItems": 50},
    },
    "required": ["with"],
    "additionalProperties": False,
}
MERGE_EXAMPLE: Schema = {"with": ["999101-000002"]}
BOUNDARY: Schema = {
    "type": "object",
    "properties": {
        "neighbour": _text(30, "The id of the parcel on the other side."),
        "line": LINE,
        "agreement": _PAPER,
        "sketch": _PAPER,
        "permissions": {"type": "array", "maxItems": 50},
    },
    "required": ["neighbour", "line"],
    "additionalProperties": False,
}
BOUNDARY_EXAMPLE: Schema = {"neighbour": "999101-000002", "line": LINE_EXAMPLE}
STRIP: Schema = {
    "type": "object",
    "properties": {
        "line": LINE,
        "width": {**_NUMBER, "description": "In metres, both sides of the centre line together: 1 to 500."},
        "award": _PAPER,
        "possession": {"type": "string", "format": "date"},
        "receiver": {"type": "object"},
        "land_class": _text(100, "The class that the land gets."),
        "use": _text(100, "What it is used for."),
        "sketch": _PAPER,
        "agreement": _PAPER,
        "permissions": {"type": "array", "maxItems": 50},
    },
    "required": ["line", "width"],
    "additionalProperties": False,
}
STRIP_EXAMPLE: Schema = {"line": LINE_EXAMPLE, "width": 9}
