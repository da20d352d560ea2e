"""A mapping file says which column of a map file is what; it is TOML, and every key it may hold is listed here.

``gis/mappings/`` holds the ready-made ones.  A key that is not known is refused, so that a slip of the pen in a
mapping never silently drops a column.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping as Map
from collections.abc import Sequence
from dataclasses import MISSING, dataclass, field, fields, replace
from decimal import Decimal, InvalidOperation
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

from domain.errors import BadInput
from domain.ids import VillageCode, parse_village
from domain.quantities import AREA_UNITS
from gis.tolerances import AREA_FACTOR

INDIA = (
    68.0,
    6.5,
    97.6,
    37.4,
)  # west, south, east, north: where a shape is looked for unless the file says else


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
    area: str
    area_unit: str
    """A unit of ``domain.quantities.AREA_UNITS``."""
    land_class: str = ""
    use: str = ""
    former_labels: str = ""
    former_labels_separator: str = ","


@dataclass(frozen=True, kw_only=True)
class UnitColumns:
    """Where the facts of the holding stand; without ``label`` each parcel is a holding of its own."""

    holders: str
    label: str = ""
    label_separator: str = ""
    """Cuts a cell of several khatas: "289,832"."""
    holders_separator: str = ""
    relation_separator: str = ""
    """Cuts a holder's name from the name of a parent or spouse: "Asha / Ram"."""
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


@dataclass(frozen=True, kw_only=True)
class Mapping:
    """All of a mapping file; ``village`` may be missing until it is told on the command line."""

    file: FileFacts
    parcel: ParcelColumns
    unit: UnitColumns
    codes: Codes
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
            u.shares,
            u.tenure,
        )
        return tuple(dict.fromkeys(name for name in named if name))

    def with_village(self, **facts: str | Sequence[str] | None) -> Mapping:
        """The mapping with some facts of the village replaced; None leaves a fact as it stands."""
        return replace(self, village={**self.village, **{k: v for k, v in facts.items() if v is not None}})

    def the_village(self) -> Village:
        """The village, whole and checked.  Raises: BadInput naming the fact that is missing or wrong."""
        village = _section(Village, "village", self.village)
        parse_village(village.lgd, field="village.lgd")
        if not all(part.isdecimal() and part.isascii() for part in village.office.split("/")):
            raise BadInput(
                f"{village.office[:60]!r} is no office",
                field="village.office",
                remedy="Write the LGD codes of state, district and subdistrict: 28/511/5257.",
            )
        return village


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
    except (OSError, UnicodeDecodeError) as error:
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
    _known("mapping", document, {f.name: f for f in fields(Mapping)})
    parcel = _section(ParcelColumns, "parcel", document.get("parcel"))
    if parcel.area_unit not in AREA_UNITS:
        raise BadInput(
            f"the unit of area {parcel.area_unit[:40]!r} is not known",
            field="parcel.area_unit",
            remedy=f"Known: {', '.join(AREA_UNITS)}.",
        )
    village = document.get("village", {})
    _known("village", village, {f.name: f for f in fields(Village)})
    codes = document.get("codes", {})
    return Mapping(
        file=_section(FileFacts, "file", document.get("file", {})),
        parcel=parcel,
        unit=_section(UnitColumns, "unit", document.get("unit")),
        codes=replace(_section(Codes, "codes", codes), **{k: _code_list(k, v) for k, v in codes.items()}),
        village=village,
    )


Section = TypeVar("Section", Village, ParcelColumns, UnitColumns, FileFacts, Codes)


def _section(kind: type[Section], name: str, table: Any) -> Section:
    """One section of the file as its dataclass: known keys, none missing, each of its type."""
    known = {f.name: f for f in fields(kind)}
    _known(name, table, known)
    for key, spec in known.items():
        required = spec.default is MISSING and spec.default_factory is MISSING
        if required and not table.get(key):
            raise BadInput(
                f"the mapping does not say {name}.{key}",
                field=f"{name}.{key}",
                remedy=f"Add {key} = ... under [{name}]{_hint(name)}.",
            )
    return kind(**{key: _value(f"{name}.{key}", known[key].type, value) for key, value in table.items()})


def _known(name: str, table: Any, known: Map[str, Any]) -> None:
    if not isinstance(table, dict):
        raise BadInput(
            f"the mapping has no section [{name}]",
            field=name,
            remedy=f"Add [{name}] with some of: {', '.join(known)}.",
        )
    for key in table:
        if key not in known:
            raise BadInput(
                f"the key {name}.{key[:60]} is not known",
                field=f"{name}.{key[:60]}",
                remedy=f"Known under [{name}]: {', '.join(known)}.",
            )


def _value(where: str, kind: Any, value: Any) -> Any:
    """A TOML value as the field's type; ``kind`` is the annotation's text."""
    if kind in ("str", "VillageCode") and isinstance(value, str):
        return value
    if kind.startswith("tuple[str") and _all(value, str):
        return tuple(value)
    if kind.startswith("tuple[float") and _all(value, int, float) and len(value) == 4:
        return tuple(float(number) for number in value)
    if kind.startswith("Map[") and isinstance(value, dict):
        return value
    if kind == "Decimal" and isinstance(value, str | int) and not isinstance(value, bool):
        try:
            if (number := Decimal(value)) > 1:
                return number
        except InvalidOperation:
            pass
    wanted = {
        "str": "a text",
        "VillageCode": 'a text, as in "593873"',
        "tuple[str, ...]": "a list of texts",
        "Decimal": 'a figure above one, as in "2"',
        "Map[str, str]": "a table of texts",
    }.get(kind, "a list of west, south, east, north in degrees")
    raise BadInput(f"{where} is {value!r:.60}", field=where, remedy=f"It should be {wanted}.")


def _code_list(name: str, table: Any) -> dict[str, str]:
    if not isinstance(table, dict) or not _all(list(table.values()), str):
        raise BadInput(
            f"codes.{name} is no code list",
            field=f"codes.{name}",
            remedy=f'Write under [codes.{name}] lines such as "Patta Land" = "patta".',
        )
    return {" ".join(text.split()): code for text, code in table.items()}


def _all(value: Any, *kinds: type) -> bool:
    return isinstance(value, list) and all(isinstance(v, kinds) and not isinstance(v, bool) for v in value)


def _hint(name: str) -> str:
    return ", or give it on the command line" if name == "village" else ""


def _reason(error: OSError | UnicodeDecodeError) -> str:
    return (error.strerror or str(error)).lower() if isinstance(error, OSError) else "it is not UTF-8"
