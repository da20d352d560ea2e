"""A parcel as one of two maps of a village shows it: the registered one, or a newer one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

from shapely.geometry.base import BaseGeometry

from domain.errors import BadInput
from domain.quantities import Area
from gis.holders import ProposedHolder
from gis.mapping import Mapping
from gis.report import RefusedRow
from gis.shapes import from_bytes_many
from gis.village import ProposedVillage, propose_village

_ANY_AREA = Decimal(1_000_000)
_OF_THE_SHAPE = frozenset({"bad-shape", "outside", "area-mismatch"})
_OF_THE_NUMBER = frozenset({"bad-row", "no-label", "bad-label", "duplicate-label"})
"""With one of these nobody can say which parcel a shape is."""


@dataclass(frozen=True, kw_only=True)
class Plot:
    """One parcel of one map.

    ``shape`` is in longitude and latitude; None where the map gives none that can be used, and ``fault`` says why.
    With a shape, ``fault`` says what the row lacks beside it: such a plot is compared, and no case of it is complete.
    ``holders`` is None where the map does not tell who holds.
    """

    id: str
    """The parcel's id in the record, or its row in the newer map: ``row 17``."""
    label: str
    shape: BaseGeometry | None
    area: Area | None = None
    """The recorded area."""
    holders: tuple[str, ...] | None = None
    """As published: the name, and parent or spouse after a stroke."""
    unit: str = ""
    """Id of its unit in the record, or the label of the holding in the newer map."""
    fault: str = ""
    shape_at_fault: bool = False


def read_newer(
    path: str | Path,
    mapping: Mapping,
    *,
    table: str | Path | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> ProposedVillage:
    """The newer map as an import would read it, but that no shape is refused for its area alone: the comparison
    has the record to judge it by, and that no drawn area stands in for one that the paper does not state: it would
    differ from year to year by the drawing alone.  ``table`` is a CSV file of the record beside the map.  Raises:
    BadInput where a file as a whole cannot be used, or has no shapes.
    """
    as_it_stands = replace(
        mapping,
        file=replace(mapping.file, area_factor=_ANY_AREA),
        parcel=replace(mapping.parcel, area_fallback=""),
    )
    village = propose_village(path, as_it_stands, table=table, progress=progress)
    if village.report.areas.get("no-map"):
        raise BadInput(
            f"{village.report.source.name} is a record without a map: there are no shapes to compare",
            field="map",
            remedy="Give the newer map, and the record beside it as --table; "
            "what a record adds to parcels that stand is brought by: landlog import complete.",
        )
    return village


def newer_plots(village: ProposedVillage, *, names_holders: bool) -> list[Plot]:
    """The plots of a newer map, those of refused rows at the end; a refused row may bear no number.

    A row that is refused for its text alone, and bears a number of its own, keeps its sound shape.

    ``names_holders``: whether the map has a column of holders; where it has, an empty cell names nobody.
    """
    shapes = from_bytes_many([parcel.geometry for parcel in village.parcels])
    units = {unit.serial: unit for unit in village.units}
    used = [
        Plot(
            id=f"row {parcel.row}",
            label=parcel.label,
            shape=shape,
            area=parcel.area,
            holders=published(units[parcel.unit].holders) if names_holders else None,
            unit=units[parcel.unit].label,
        )
        for parcel, shape in zip(village.parcels, shapes, strict=True)
    ]
    return used + [_refused(row, village.refused_shapes.get(row.row)) for row in village.report.refused]


def published(holders: tuple[ProposedHolder, ...]) -> tuple[str, ...]:
    """Holders as the public record writes them.

    >>> published((ProposedHolder(name="Asha", relation="Ram"), ProposedHolder(name="Ravi")))
    ('Asha / Ram', 'Ravi')
    """
    return tuple(f"{h.name} / {h.relation}" if h.relation else h.name for h in holders)


def _refused(row: RefusedRow, shape: BaseGeometry | None) -> Plot:
    codes = {reason.code for reason in row.reasons}
    return Plot(
        id=f"row {row.row}",
        label=row.label,
        shape=None if codes & (_OF_THE_SHAPE | _OF_THE_NUMBER) else shape,
        fault="; ".join(reason.sentence for reason in row.reasons),
        shape_at_fault=bool(codes & _OF_THE_SHAPE),
    )
