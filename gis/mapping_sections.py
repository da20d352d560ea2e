"""Sections of a mapping file read into dataclasses: known keys, none missing, each of its type."""

from __future__ import annotations

import math
from collections.abc import Mapping as Map
from dataclasses import MISSING, fields
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

from domain.errors import BadInput

MAY_BE_EMPTY = {"may_be_empty": True}
"""Metadata of a key that must be written, but may be empty."""

Section = TypeVar("Section")


def section(kind: type[Section], name: str, table: Any) -> Section:
    """One section of the file as its dataclass: known keys, none missing, each of its type."""
    specs = {f.name: f for f in fields(kind)}  # type: ignore[arg-type]  # every section is a dataclass
    known(name, table, specs)
    for key, spec in specs.items():
        required = spec.default is MISSING and spec.default_factory is MISSING
        empty = spec.metadata.get("may_be_empty") and table.get(key) == ""
        if required and not table.get(key) and not empty:
            raise BadInput(
                f"the mapping does not say {name}.{key}",
                field=f"{name}.{key}",
                remedy=f"Add {key} = ... under [{name}]{_hint(name, key)}.",
            )
    return kind(**{key: _value(f"{name}.{key}", str(specs[key].type), value) for key, value in table.items()})


def known(name: str, table: Any, known: Map[str, Any]) -> None:
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


def _value(where: str, kind: str, value: Any) -> Any:
    """A TOML value as the field's type; ``kind`` is the annotation's text."""
    if kind in ("str", "VillageCode") and isinstance(value, str):
        return value
    if kind == "bool" and isinstance(value, bool):
        return value
    if (
        kind == "float"
        and isinstance(value, int | float)
        and not isinstance(value, bool)
        and math.isfinite(value)
    ):
        return float(value)
    if kind.startswith("tuple[str") and _all(value, str):
        return tuple(value)
    if kind.startswith("tuple[str") and isinstance(value, str):
        return (value,) if value else ()
    if kind.startswith("tuple[tuple[float") and _points(value):
        return tuple(tuple(map(float, point)) for point in value)
    if (
        kind == "Map[str, tuple[str, ...]]"
        and isinstance(value, dict)
        and all(_all(v, str) for v in value.values())
    ):
        return {name: tuple(layers) for name, layers in value.items()}
    if kind.startswith("tuple[float") and _all(value, int, float) and len(value) == 4:
        return tuple(float(number) for number in value)
    if kind == "Map[str, str]" and isinstance(value, dict):
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
        "Map[str, tuple[str, ...]]": 'a table of lists, as in khasra = ["KHASRA_NO"]',
        "tuple[tuple[float, ...], ...]": "a list of points, each [x, y, east, north]",
        "bool": "true or false",
        "float": "a figure",
    }.get(kind, "a list of west, south, east, north in degrees")
    raise BadInput(f"{where} is {value!r:.60}", field=where, remedy=f"It should be {wanted}.")


def code_list(name: str, table: Any) -> dict[str, str]:
    if not isinstance(table, dict) or not _all(list(table.values()), str):
        raise BadInput(
            f"codes.{name} is no code list",
            field=f"codes.{name}",
            remedy=f'Write under [codes.{name}] lines such as "Patta Land" = "patta".',
        )
    return {" ".join(text.split()): code for text, code in table.items()}


def _points(value: Any) -> bool:
    return isinstance(value, list) and all(
        _all(point, int, float) and len(point) == 4 and all(map(math.isfinite, point)) for point in value
    )


def _all(value: Any, *kinds: type) -> bool:
    return isinstance(value, list) and all(isinstance(v, kinds) and not isinstance(v, bool) for v in value)


TOLD = ("lgd", "name", "office")
"""Facts of a village that every command which reads a map also takes as an option."""


def _hint(name: str, key: str) -> str:
    return f", or give --{key} on the command line" if name == "village" and key in TOLD else ""
