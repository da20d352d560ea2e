"""A mapping file says which column of a map file is what; it is TOML, and every key it may hold is listed here.

``gis/mappings/`` holds the ready-made ones.  A key that is not known is refused, so that a slip of the pen in a
mapping never silently drops a column.

A column is named as the file names it.  ``surveys[].holdings[].holder`` goes into JSON that stands in the cell of
``surveys``, and ``table:Owner`` is a column of the table beside the map; both may give several texts for one row.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping as Map
from collections.abc import Sequence
from dataclasses import dataclass, field, fields, replace
from decimal import Decimal
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from domain.errors import BadInput
from domain.ids import VillageCode, parse_village
from domain.quantities import AREA_UNITS
from gis.mapping_sections import MAY_BE_EMPTY, code_list, known, section
from gis.tolerances import AREA_FACTOR

Cell = str | tuple[str, ...] | None
"""What stands in a cell: a text, several where the file holds a list, or no value."""

INDIA = (
    68.0,
    6.5,
    97.6,
    37.4,
)  # west, south, east, north: where a shape is looked for unless the file says else


LENGTH_UNITS = {
    "metre": 1.0,
    "centimetre": 0.01,
    "millimetre": 0.001,
    "foot": 0.3048,
    "link": 0.201168,
    "chain": 20.1168,
    "degree": 1.0,
}
"""Metres in one unit of a drawing; ``degree`` for one that is drawn in longitude and latitude."""

OF_A_TABLE = "table:"


@dataclass(frozen=True, kw_only=True)
class Village:
    """The village whose record is registered: LGD codes and names, and the office that keeps its record."""

    lgd: VillageCode
    name: str
    state: str
    """The state's code in lower case, as in ``domain/states``: ap, up, mh ..."""
    office: str
    """LGD codes of state, district and subdistrict: 28/511/5257."""
    name_local: str = ""
    district: str = ""
    subdistrict: str = ""
    languages: tuple[str, ...] = ("en",)


@dataclass(frozen=True, kw_only=True)
class ParcelColumns:
    """Where a parcel's facts stand."""

    label: str
    area: str = ""
    area_unit: str = ""
    """A unit of ``domain.quantities.AREA_UNITS``."""
    area_is_drawn: bool = False
    """The record of this village is the map: the area that is drawn is the one recorded, in square metres."""
    area_fallback: str = ""
    """``drawn``: where the paper states no area for a parcel the drawn one is recorded, in square metres, and each
    such row is remarked; for a record of which the law says so.  A figure that cannot be read is refused all the same.
    """
    land_class: str = ""
    use: str = ""
    former_labels: str = ""
    former_labels_separator: tuple[str, ...] = (",",)


@dataclass(frozen=True, kw_only=True)
class UnitColumns:
    """Where the facts of the holding stand; without ``label`` each parcel is a holding of its own."""

    holders: str = field(metadata=MAY_BE_EMPTY)
    """Empty where the file names no holder: its holdings are then barred until they are recorded."""
    label: str = ""
    label_separator: tuple[str, ...] = ()
    """Cuts a cell of several khatas: "289,832"; a text, or a list of them."""
    holders_separator: tuple[str, ...] = ()
    relation_separator: str = ""
    """Cuts a holder's name from the name of a parent or spouse: "Asha / Ram"."""
    relation: str = ""
    """The column of the parents' or spouses' names, cut as the holders are; taken where they are as many."""
    shares: str = ""
    """Fractions in the order of the holders, cut by ``holders_separator``."""
    tenure: str = ""
    placeholders: tuple[str, ...] = ()
    """What a clerk wrote where the name should stand."""


@dataclass(frozen=True, kw_only=True)
class FileFacts:
    """What is to be known about the file before its columns are read."""

    title: str = ""
    layer: str = ""
    encoding: str = ""
    separator: str = ","
    """Between the cells of a CSV table."""
    crs: str = ""
    """Replaces the reference system that the file states, or gives one where it states none: "EPSG:32643"."""
    within: tuple[float, float, float, float] = INDIA
    empty: tuple[str, ...] = ("",)
    """Cells that mean: nothing is recorded here."""
    area_factor: Decimal = AREA_FACTOR
    """Drawn over recorded area, or its inverse, beyond which a row is refused."""


@dataclass(frozen=True, kw_only=True)
class Codes:
    """Our code for each text of a column; a column without a list keeps its texts."""

    land_class: Map[str, str] = field(default_factory=dict)
    use: Map[str, str] = field(default_factory=dict)
    tenure: Map[str, str] = field(default_factory=dict)
    shares: Map[str, str] = field(default_factory=dict)
    """Words for a share, as in "whole" = "1"; other shares are fractions as they stand."""


@dataclass(frozen=True, kw_only=True)
class Sheet:
    """How a DXF sheet is read: which layers bound the plots, which name them, and where on earth it lies."""

    plots: tuple[str, ...]
    texts: Map[str, tuple[str, ...]]
    """The layers of texts by the column that they give: khasra = ["KHASRA_NO"]."""
    unit: str = "metre"
    """Of the drawing, against the metres (or degrees) of ``file.crs``: a key of ``LENGTH_UNITS``."""
    control: tuple[tuple[float, ...], ...] = ()
    """At least three points [x, y, east, north], of the sheet and of ``file.crs``, that place it instead of a unit."""
    control_within_m: float = 1.0
    """How far a control point may lie from where all of them together put it."""
    snap: float = 0.001
    """Ends of lines that lie this near, in units of the drawing, are one."""


@dataclass(frozen=True, kw_only=True)
class TableColumns:
    """How a table beside the map is joined to it; its columns are named ``table:...`` in the other sections."""

    key: str
    """The column of the table that bears the number."""
    matches: str
    """The column of the map file that bears the same."""
    encoding: str = ""
    separator: str = ","


@dataclass(frozen=True, kw_only=True)
class Mapping:
    """All of a mapping file; ``village`` may be missing until it is told on the command line."""

    file: FileFacts
    parcel: ParcelColumns
    unit: UnitColumns
    codes: Codes
    sheet: Sheet | None = None
    table: TableColumns | None = None
    village: Map[str, Any] = field(default_factory=dict)

    def columns(self) -> tuple[str, ...]:
        """The columns that are read, each once, in the order of the mapping."""
        p, u = self.parcel, self.unit
        named = (
            p.label,
            p.area,
            p.land_class,
            p.use,
            p.former_labels,
            u.label,
            u.holders,
            u.relation,
            u.shares,
            u.tenure,
        )
        return tuple(dict.fromkeys(name for name in named if name))

    def with_village(self, **facts: str | Sequence[str] | None) -> Mapping:
        """The mapping with some facts of the village replaced; None leaves a fact as it stands."""
        return replace(self, village={**self.village, **{k: v for k, v in facts.items() if v is not None}})

    def the_village(self) -> Village:
        """The village, whole and checked.  Raises: BadInput naming the fact that is missing or wrong."""
        village = section(Village, "village", self.village)
        parse_village(village.lgd, field="village.lgd")
        if not all(part.isdecimal() and part.isascii() for part in village.office.split("/")):
            raise BadInput(
                f"{village.office[:60]!r} is no office",
                field="village.office",
                remedy="Write the LGD codes of state, district and subdistrict: 28/511/5257.",
            )
        return village


def base_column(name: str) -> str:
    """The column of the file in which a mapped column stands.

    >>> base_column("surveys[].survey_no"), base_column("LP_No.")
    ('surveys', 'LP_No.')
    """
    return name.partition("[]")[0]


@cache  # asked for every cell
def path_of(name: str) -> tuple[str, ...]:
    """The steps into the JSON of a cell: a member's name, or "" for each item of a list.

    >>> path_of("surveys[].holdings[].holder"), path_of("LP_No.")
    (('', 'holdings', '', 'holder'), ())
    """
    _, *inner = name.split("[]")
    return tuple(step for part in inner for step in ("", *(p for p in part.split(".") if p)))


def ready_made() -> tuple[str, ...]:
    """Names of the mappings that come with Landlog."""
    folder = resources.files("gis") / "mappings"
    return tuple(sorted(f.name.removesuffix(".toml") for f in folder.iterdir() if f.name.endswith(".toml")))


def load_mapping(name_or_path: str | Path) -> Mapping:
    """A ready-made mapping by its name, or a mapping file by its path.  Raises: BadInput."""
    name = str(name_or_path)
    if name in ready_made():
        return parse_mapping((resources.files("gis") / "mappings" / f"{name}.toml").read_text("utf-8"))
    try:
        text = Path(name).read_text("utf-8")
    except (OSError, ValueError) as error:
        raise BadInput(
            f"the mapping {name[:200]!r} cannot be read: {_reason(error)}",
            field="mapping",
            remedy=f"Give the path of a TOML file in UTF-8, or one of the ready-made: {', '.join(ready_made())}.",
        ) from error
    return parse_mapping(text)


def parse_mapping(text: str) -> Mapping:
    """The mapping that a TOML text holds.  Raises: BadInput naming section and key."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadInput(
            f"the mapping is not TOML: {error}", field="mapping", remedy="Correct that line."
        ) from error
    known("mapping", document, {f.name: f for f in fields(Mapping)})
    village = document.get("village", {})
    known("village", village, {f.name: f for f in fields(Village)})
    codes = document.get("codes", {})
    return Mapping(
        file=section(FileFacts, "file", document.get("file", {})),
        parcel=_parcel(document.get("parcel")),
        unit=section(UnitColumns, "unit", document.get("unit")),
        codes=replace(section(Codes, "codes", codes), **{k: code_list(k, v) for k, v in codes.items()}),
        sheet=_sheet(document["sheet"]) if "sheet" in document else None,
        table=section(TableColumns, "table", document["table"]) if "table" in document else None,
        village=village,
    )


def _parcel(table: Any) -> ParcelColumns:
    parcel = section(ParcelColumns, "parcel", table)
    if parcel.area_fallback not in ("", "drawn"):
        raise BadInput(
            f"{parcel.area_fallback[:40]!r} is nothing that an area falls back on",
            field="parcel.area_fallback",
            remedy='Write area_fallback = "drawn", or leave it out to refuse rows without a recorded area.',
        )
    if parcel.area_is_drawn and not parcel.area:
        return replace(parcel, area_unit="m2")
    for key in ("area", "area_unit"):
        if not getattr(parcel, key):
            raise BadInput(
                f"the mapping does not say parcel.{key}",
                field=f"parcel.{key}",
                remedy=f"Add {key} = ... under [parcel]; or area_is_drawn = true, where the map is the record.",
            )
    if parcel.area_is_drawn:
        raise BadInput(
            "the mapping names a column of areas and says that the drawn area is recorded",
            field="parcel.area_is_drawn",
            remedy="Keep one of the two.",
        )
    if parcel.area_unit not in AREA_UNITS:
        raise BadInput(
            f"the unit of area {parcel.area_unit[:40]!r} is not known",
            field="parcel.area_unit",
            remedy=f"Known: {', '.join(AREA_UNITS)}.",
        )
    return parcel


def _sheet(table: Any) -> Sheet:
    sheet = section(Sheet, "sheet", table)
    if sheet.unit not in LENGTH_UNITS:
        raise BadInput(
            f"the unit of the sheet {sheet.unit[:40]!r} is not known",
            field="sheet.unit",
            remedy=f"Known: {', '.join(LENGTH_UNITS)}.",
        )
    if not (sheet.snap > 0 and sheet.control_within_m > 0):
        raise BadInput(
            "sheet.snap and sheet.control_within_m are greater than zero",
            field="sheet.snap",
            remedy="Leave them out to take the usual ones.",
        )
    if sheet.control and len(sheet.control) < 3:
        raise BadInput(
            f"{len(sheet.control)} control points do not show whether one of them is wrong",
            field="sheet.control",
            remedy="Give at least three, far apart from each other.",
        )
    return sheet


def _reason(error: OSError | ValueError) -> str:
    if isinstance(error, OSError):
        return (error.strerror or str(error)).lower()
    return "it is not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)
