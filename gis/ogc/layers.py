"""Layers: what the OGC services show, column by column."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

from domain.errors import NotFound

Kind = Literal["text", "integer", "number", "date"]
Cursor = Callable[[], AbstractContextManager[Any]]
"""Opens a cursor of the reading role (psycopg2)."""

WGS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"


def epsg(code: int) -> str:
    """The URI by which OGC names a reference system.

    >>> epsg(32644)
    'http://www.opengis.net/def/crs/EPSG/0/32644'
    """
    return f"http://www.opengis.net/def/crs/EPSG/0/{code}"


@dataclass(frozen=True, kw_only=True)
class Layer:
    """One collection.  ``source`` and the column names are ours, never a request's.

    ``valid`` names the columns of the days from which and to which a row holds, where a layer has a past;
    ``today`` is the condition for what stands now.
    """

    id: str
    title: str
    description: str
    source: str
    key: str
    geometry: str
    mercator: str
    """The column in EPSG:3857, for tiles."""
    properties: Mapping[str, Kind] = field(default_factory=dict)
    tiled: Sequence[str] = ()
    """The properties that tiles carry: few, for they are sent a thousand times."""
    valid: tuple[str, str] | None = None
    today: str = "true"


def layer_of(layers: Sequence[Layer], name: str) -> Layer:
    """
    Raises:
        NotFound: for a collection that is not served; it lists those that are.
    """
    for layer in layers:
        if layer.id == name:
            return layer
    raise NotFound(
        f"there is no collection {name[:60]!r}",
        field="collectionId",
        remedy=f"Collections: {', '.join(layer.id for layer in layers)}.",
    )


_PARCEL: Mapping[str, Kind] = MappingProxyType(
    {
        "parcel_id": "text",
        "label": "text",
        "village": "text",
        "class": "text",
        "use": "text",
        "area_m2": "number",
        "drawn_m2": "number",
        "from_date": "date",
        "to_date": "date",
    }
)

PARCELS = Layer(
    id="parcels",
    title="Parcels",
    description="Parcels of the record; with datetime, as they stood on a past day.",
    source="gis.parcel",
    key="parcel_id",
    geometry="geom",
    mercator="geom_3857",
    properties=_PARCEL,
    tiled=("parcel_id", "label", "class", "use"),
    valid=("from_date", "to_date"),
    today="valid_to is null",
)
