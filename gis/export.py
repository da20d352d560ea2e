"""A village written out for other programs: GeoPackage, GeoJSON, Shapefile, CSV; each with what it stands on.

Every file says of which village it is and by which checkpoint of the public log its figures are true: a GeoPackage in
its metadata, GeoJSON in the member ``metadata``, a Shapefile in ``metadata.json`` inside the same zip, CSV in a file
beside it that is called as the W3C's CSV on the Web asks (``x.csv-metadata.json``).  Holders are not exported: who
holds a parcel is read one by one, with the record.

Rows are written as they come, some hundred at a time, so memory does not grow with the village.  A Shapefile's
columns have at most ten characters and its cells 254 bytes: ``FIELDS`` has the short names, ``metadata.json`` says
which is which and how many cells were cut.
"""

from __future__ import annotations

import csv
import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import pyogrio.raw
import shapely

from gis.tolerances import CUT_AT_BYTES

Form = Literal["gpkg", "geojson", "shp", "csv"]
FORMS: tuple[Form, ...] = ("gpkg", "geojson", "shp", "csv")
MEDIA: Mapping[Form, str] = {
    "gpkg": "application/geopackage+sqlite3",
    "geojson": "application/geo+json",
    "shp": "application/zip",
    "csv": "text/csv; charset=utf-8",
}
ENDINGS: Mapping[Form, str] = {"gpkg": "gpkg", "geojson": "geojson", "shp": "shp.zip", "csv": "csv"}
ROWS_AT_ONCE = 500

Kind = Literal["text", "integer", "number", "date"]
Value = str | int | Decimal | date | None


class Field(NamedTuple):
    """A column: its name, its name in a Shapefile, what it holds, and what that is in words."""

    name: str
    short: str
    kind: Kind
    words: str


FIELDS = (
    Field("parcel_id", "parcel_id", "text", "the parcel's id, for ever"),
    Field("label", "label", "text", "khasra, gat or survey number as of today"),
    Field("unit_id", "unit_id", "text", "id of the khata"),
    Field("khata", "khata", "text", "number of the khata"),
    Field("village", "village", "text", "LGD code of the village"),
    Field("class", "class", "text", "recorded class of land"),
    Field("use", "use", "text", "recorded use"),
    Field("area_figure", "area_fig", "text", "area as the paper states it"),
    Field("area_unit", "area_unit", "text", "unit of that figure"),
    Field("recorded_m2", "rec_m2", "number", "recorded area in square metres"),
    Field("drawn_m2", "drawn_m2", "number", "area of the shape, EPSG:6933, in square metres"),
    Field("grade", "grade", "text", "quality of the record, A to D"),
    Field("charges", "charges", "text", "kinds of charges on the parcel, its khata or a holder"),
    Field("restrictions", "restrict", "text", "kinds of restrictions and holds"),
    Field("pending", "pending", "text", "numbers of pending cases"),
    Field("drawn_since", "drawn_from", "date", "the day since when it is drawn so"),
    Field("version", "version", "integer", "version of the parcel's record"),
    Field("geometry", "geom_sha", "text", "base64 SHA-256 of the canonical shape, as orders name it"),
)


@dataclass(frozen=True)
class Row:
    """One parcel: its values in the order of ``FIELDS``, its shape in WKB (EPSG:4326) or none."""

    values: Sequence[Value]
    shape: bytes | None


_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, kw_only=True)
class About:
    """What an export is of, and what it stands on; ``note`` is the signed checkpoint where it is at hand."""

    lgd: str
    name: str
    name_local: str | None
    parcels: int
    origin: str
    log_size: int
    checkpoint_size: int | None
    cosigned_at: str | None
    note: str | None

    def metadata(self) -> dict[str, Any]:
        return {
            "title": f"Parcels of {self.name} ({self.lgd})",
            "village": {"lgd": self.lgd, "name": self.name, "name_local": self.name_local},
            "registry": self.origin,
            "log_size": self.log_size,
            "checkpoint": {
                "size": self.checkpoint_size,
                "cosigned_at": self.cosigned_at,
                "note": self.note,
            },
            "crs": "http://www.opengis.net/def/crs/OGC/1.3/CRS84",
            "note": "What the record of rights shows as of the checkpoint. An entry is presumed true until the "
            "contrary is proved; it does not by itself confer title. Holders are not part of this file.",
            "fields": [{"name": f.name, "kind": f.kind, "words": f.words} for f in FIELDS],
        }


@dataclass
class _Cuts:
    """Cells that a Shapefile could not hold whole, by column."""

    by_column: dict[str, int] = field(default_factory=dict)

    def fit(self, column: Field, value: Value) -> Value:
        if not isinstance(value, str) or len(value.encode()) <= CUT_AT_BYTES:
            return value
        self.by_column[column.name] = self.by_column.get(column.name, 0) + 1
        return value.encode()[:CUT_AT_BYTES].decode(errors="ignore")


def file_name(lgd: str, form: Form) -> str:
    """
    >>> file_name("593873", "shp")
    'parcels-593873.shp.zip'
    """
    return f"parcels-{lgd}.{ENDINGS[form]}"


def write(rows: Iterable[Row], about: About, form: Form, target: Path) -> int:
    """Write the parcels to ``target``, which must not exist; how many there were.

    Raises:
        OSError: when the file cannot be written.
    """
    match form:
        case "geojson":
            return _geojson(rows, about, target)
        case "csv":
            return _csv(rows, target)
        case "gpkg":
            metadata = {"LANDLOG": json.dumps(about.metadata(), ensure_ascii=False)}
            described = {"IDENTIFIER": about.metadata()["title"], "DESCRIPTION": about.metadata()["note"]}
            return _ogr(
                rows,
                target,
                "GPKG",
                [f.name for f in FIELDS],
                dataset_metadata=metadata,
                layer_options=described,
            )
        case "shp":
            return _shapefile(rows, about, target)


def csvw(about: About) -> dict[str, Any]:
    """The metadata of the CSV file, as the W3C's Metadata Vocabulary for Tabular Data has it."""
    types = {"text": "string", "integer": "integer", "number": "decimal", "date": "date"}
    metadata = about.metadata()
    columns: list[dict[str, Any]] = [
        {"name": f.name, "titles": f.name, "datatype": types[f.kind], "dc:description": f.words}
        for f in FIELDS
    ]
    columns.append(
        {"name": "wkt", "titles": "wkt", "datatype": "string", "dc:description": "the shape, CRS84"}
    )
    return {
        "@context": "http://www.w3.org/ns/csvw",
        "url": file_name(about.lgd, "csv"),
        "dc:title": metadata["title"],
        "dc:description": metadata["note"],
        "dc:source": metadata["registry"],
        "notes": [{"log_size": about.log_size, "checkpoint": metadata["checkpoint"]}],
        "tableSchema": {"columns": columns, "primaryKey": "parcel_id"},
    }


def _geojson(rows: Iterable[Row], about: About, target: Path) -> int:
    head = {"type": "FeatureCollection", "name": f"parcels-{about.lgd}", "metadata": about.metadata()}
    count = 0
    with target.open("x", encoding="utf-8") as file:
        file.write(json.dumps(head, ensure_ascii=False)[:-1] + ',"features":[')
        for some in _batches(rows):
            shapes = shapely.to_geojson(_shapes(some))
            for row, shape in zip(some, shapes, strict=True):
                properties = {f.name: _plain(v) for f, v in zip(FIELDS, row.values, strict=True)}
                feature = {"type": "Feature", "properties": properties}
                file.write(",\n" if count else "\n")
                file.write(f'{json.dumps(feature, ensure_ascii=False)[:-1]}, "geometry": {shape or "null"}}}')
                count += 1
        file.write("\n]}\n")
    return count


def _cell(value: Value) -> Value:
    """What stands in a cell: a text that a spreadsheet would run as a formula has an apostrophe before it.

    >>> _cell("12/1"), _cell("=1+1")
    ('12/1', "'=1+1")
    """
    return (
        f"'{value}"
        if isinstance(value, str) and value.startswith(_FORMULA)
        else ""
        if value is None
        else value
    )


def _csv(rows: Iterable[Row], target: Path) -> int:
    count = 0
    with target.open("x", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*(f.name for f in FIELDS), "wkt"])
        for some in _batches(rows):
            shapes = shapely.to_wkt(_shapes(some), rounding_precision=9)
            for row, shape in zip(some, shapes, strict=True):
                writer.writerow([*map(_cell, row.values), shape or ""])
                count += 1
    return count


def _shapefile(rows: Iterable[Row], about: About, target: Path) -> int:
    """A zip with the Shapefile's parts and ``metadata.json``; GDAL and QGIS open it as it is."""
    cuts = _Cuts()
    fitting = (
        Row([cuts.fit(f, v) for f, v in zip(FIELDS, row.values, strict=True)], row.shape) for row in rows
    )
    stem = file_name(about.lgd, "shp").removesuffix(".shp.zip")
    parts = target.with_name(f"{target.name}.parts")
    parts.mkdir()
    count = _ogr(
        fitting, parts / f"{stem}.shp", "ESRI Shapefile", [f.short for f in FIELDS], encoding="UTF-8"
    )
    metadata = {
        **about.metadata(),
        "columns": {f.short: f.name for f in FIELDS},
        "cells_cut_at_254_bytes": cuts.by_column,
    }
    with zipfile.ZipFile(target, "x", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("metadata.json", json.dumps(metadata, ensure_ascii=False, indent=1))
        for part in sorted(parts.iterdir()):
            archive.write(part, part.name)
            part.unlink()
    parts.rmdir()
    return count


def _ogr(rows: Iterable[Row], target: Path, driver: str, names: Sequence[str], **options: Any) -> int:
    count = 0
    for some in _batches(rows, at_least_once=True):
        shapes = np.array([row.shape for row in some], dtype=object)
        columns = [_column(f, [row.values[n] for row in some]) for n, f in enumerate(FIELDS)]
        pyogrio.raw.write(
            str(target),
            shapes,
            [values for values, _ in columns],
            np.array(names, dtype=object),
            field_mask=[absent for _, absent in columns],
            layer=target.stem if driver != "GPKG" else "parcels",
            driver=driver,
            geometry_type="MultiPolygon",
            crs="EPSG:4326",
            promote_to_multi=True,
            append=count > 0,
            **({} if count else options),
        )
        count += len(some)
    return count


def _column(
    column: Field, values: Sequence[Value]
) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any] | None]:
    """One column as GDAL takes it, and where it is empty."""
    absent = np.array([value is None for value in values], dtype=bool)
    mask = absent if column.kind != "text" else None
    match column.kind:
        case "text":
            return np.array(values, dtype=object), None
        case "integer":
            return np.array([value or 0 for value in values], dtype=np.int32), mask
        case "number":
            return np.array([np.nan if v is None else float(str(v)) for v in values], dtype=np.float64), mask
        case "date":
            return np.array(values, dtype="datetime64[D]"), mask


def _shapes(rows: Sequence[Row]) -> np.ndarray[Any, Any]:
    return shapely.from_wkb([row.shape for row in rows])


def _plain(value: Value) -> str | int | float | None:
    if isinstance(value, Decimal):
        return float(value)
    return value.isoformat() if isinstance(value, date) else value


def _batches(rows: Iterable[Row], *, at_least_once: bool = False) -> Iterator[list[Row]]:
    remaining = iter(rows)
    first = True
    while (batch := list(islice(remaining, ROWS_AT_ONCE))) or (first and at_least_once):
        yield batch
        first = False
