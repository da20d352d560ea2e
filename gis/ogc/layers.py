"""Layers: what the OGC services show, column by column.  Nothing that is not written here can be asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Literal

from domain.errors import NotFound

Kind = Literal["text", "integer", "number", "date"]
Cursor = Callable[[], AbstractContextManager[Any]]
"""Opens a cursor of the reading role (psycopg2), each statement a transaction of its own."""


@dataclass(frozen=True, kw_only=True)
class Layer:
    """One collection.  ``source`` and the column names are ours, never a request's.

    ``valid`` names the columns of the days from which and to which a row holds, ``newest`` the one that tells which
    of two rows came later; ``today`` is the condition for what stands now.
    """

    id: str
    title: str
    description: str
    source: str
    key: str
    properties: Mapping[str, Kind]
    """The public columns, with what each holds."""
    tiled: Sequence[str]
    """The properties that tiles carry: few, for they are sent a thousand times."""
    least_zoom: int
    """Farther out, a tile would hold more than a browser can draw or a village fills."""
    widest: float
    """Degrees that a bbox may span: farther out, a client wants pages of all, or tiles."""
    geometry: str = "geom"
    mercator: str = "geom_3857"
    """The column in EPSG:3857, for tiles."""
    valid: tuple[str, str] = ("from_date", "to_date")
    newest: str = "valid_from"
    today: str = "valid_to is null"


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


def _properties(**columns: Kind) -> Mapping[str, Kind]:
    """``land_class`` stands for the column ``class``, which no argument may be called."""
    own: dict[str, Kind] = {"class" if name == "land_class" else name: kind for name, kind in columns.items()}
    return MappingProxyType({**own, "from_date": "date", "to_date": "date"})


PARCELS = Layer(
    id="parcels",
    title="Parcels",
    description="Parcels of the record with number, class, use and both areas.",
    source="gis.parcel",
    key="parcel_id",
    properties=_properties(
        parcel_id="text",
        label="text",
        village="text",
        land_class="text",
        use="text",
        area_m2="number",
        drawn_m2="number",
    ),
    tiled=("parcel_id", "label"),
    least_zoom=13,
    widest=1.5,
)

LAND_USE = Layer(
    id="land_use",
    title="Land use",
    description="What the record says that each parcel is used for, and its class of land.",
    source="gis.parcel",
    key="parcel_id",
    properties=_properties(parcel_id="text", village="text", use="text", land_class="text", area_m2="number"),
    tiled=("use", "class"),
    least_zoom=12,
    widest=1.5,
)

VILLAGES = Layer(
    id="villages",
    title="Villages",
    description="The land of each village that is registered and drawn: its parcels taken together. "
    "The names are those of today, also for a past day.",
    source="gis.village_named",
    key="lgd",
    properties=_properties(lgd="text", name="text", name_local="text", parcels="integer", drawn_m2="number"),
    tiled=("lgd", "name", "name_local"),
    least_zoom=7,
    widest=60.0,
)

RESTRICTIONS = Layer(
    id="restrictions",
    title="Restrictions and pending cases",
    description="Parcels on which, or on whose khata, a restriction, a hold or a pending case lies. "
    "Mortgages are shown with the record of the parcel.",
    source="gis.restriction",
    key="parcel_id",
    properties=_properties(
        parcel_id="text", label="text", village="text", restrictions="text", pending="text", cases="text"
    ),
    tiled=("parcel_id", "label", "restrictions", "pending"),
    least_zoom=11,
    widest=6.0,
)

FAULTS = Layer(
    id="quality_faults",
    title="Quality faults",
    description="Parcels whose record is graded C or D, with the reasons: no-map, holders-incomplete, area-differs.",
    source="gis.fault",
    key="parcel_id",
    properties=_properties(
        parcel_id="text",
        label="text",
        village="text",
        grade="text",
        reasons="text",
        area_m2="number",
        drawn_m2="number",
    ),
    tiled=("parcel_id", "label", "grade", "reasons"),
    least_zoom=11,
    widest=6.0,
)

LAYERS = (PARCELS, VILLAGES, LAND_USE, RESTRICTIONS, FAULTS)
