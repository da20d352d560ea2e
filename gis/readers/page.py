"""A page of rows as a format gives it, before shapes are moved and cells are read."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry


@dataclass(frozen=True, kw_only=True)
class Page:
    """Columns of equal length: texts by column, shapes in the file's own system, and why one cannot be read."""

    texts: Mapping[str, Sequence[str | None]]
    shapes: NDArray[Any]
    shape_faults: Sequence[str]
    """For each row why its shape cannot be read; empty where it can, or where there is none."""
    faults: Sequence[str]
    """For each row why all of it cannot be read; empty where it can."""


@dataclass(frozen=True, kw_only=True)
class Feature:
    """One row as a reader of ours finds it."""

    cells: Mapping[str, str | None]
    shape: BaseGeometry | None = None
    shape_fault: str = ""
    fault: str = ""


@dataclass(frozen=True, kw_only=True)
class Features:
    """A file read whole by a reader of ours (``gis.readers.source.Opened``)."""

    features: Sequence[Feature]
    present: tuple[str, ...]
    layer: str = ""
    crs: str | None = None
    encoding: str = "UTF-8"
    drawn: bool = True
    notes: tuple[str, ...] = ()

    @property
    def rows(self) -> int:
        return len(self.features)

    def page(self, start: int, count: int, columns: Sequence[str]) -> Page:
        some = self.features[start : start + count]
        shapes = np.empty(len(some), dtype=object)
        shapes[:] = [f.shape for f in some]
        return Page(
            texts={name: [f.cells.get(name) for f in some] for name in columns},
            shapes=shapes,
            shape_faults=[f.shape_fault for f in some],
            faults=[f.fault for f in some],
        )


def text_of(value: Any) -> str | None:
    """A JSON value as the text of a cell; a number to ten decimals, as floats of every format are read.

    >>> text_of(1.50), text_of(7), text_of("7 "), text_of(True), text_of([1])
    ('1.5', '7', '7 ', 'true', '[1]')
    """
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, float):
        return decimal(value)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return json.dumps(value, ensure_ascii=False)


def decimal(value: float) -> str:
    text = f"{value:.10f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
