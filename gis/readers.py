"""Map files as rows: GeoJSON, GeoPackage and Shapefile, read page by page through GDAL, in longitude and latitude.

Only files on this disk that begin as one of the three formats do are opened: GDAL knows formats that fetch from the
network or read further files, and an import must not.  Cells come out as the text that stands in the file; what a
row means is decided in ``gis.rows``.
"""

from __future__ import annotations

import codecs
import difflib
import json
import mmap
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import pyproj
import shapely
from numpy.typing import NDArray
from pyogrio.errors import DataLayerError, DataSourceError, FeatureError, FieldError, GeometryError
from shapely.geometry.base import BaseGeometry

from domain.errors import BadInput
from gis.mapping import Mapping as MappingFile
from gis.shapes import transform

PAGE = 20_000  # rows held at once
FORMATS = {b"SQLite format 3\0": "GPKG", b"\x00\x00\x27\x0a": "ESRI Shapefile"}  # else "{": GeoJSON
_NAMES = "GeoJSON (.geojson), GeoPackage (.gpkg) or Shapefile (.shp with .dbf, .shx and .prj)"
_BYTES_AS_TEXT = "ISO-8859-1"  # maps every byte to one character, so the bytes can be had back
_GDAL_ERRORS = (DataSourceError, DataLayerError, FeatureError, FieldError, GeometryError)


@dataclass(frozen=True, kw_only=True)
class SourceRow:
    """One row of a map file."""

    number: int
    """Its place in the file, from 1."""
    cells: Mapping[str, str | None]
    """The mapped columns; None where the file holds no value."""
    shape: BaseGeometry | None
    """In lon/lat (EPSG:4326), as drawn: not yet checked or snapped."""
    broken: bool = False
    """Whether the file holds a shape here that cannot be read, such as a ring that does not close."""


@dataclass(frozen=True, kw_only=True)
class Source:
    """A map file that was opened and whose columns, encoding and reference system are fit to be read."""

    path: Path
    driver: str
    layer: str
    crs: str
    crs_accuracy_m: float | None
    """What PROJ says of the way from ``crs`` to lon/lat: None where it is exact or unknown."""
    encoding: str
    encoding_stated: bool
    """Whether the mapping states the encoding, against what the file may say."""
    rows: int
    columns: tuple[str, ...]
    unused: tuple[str, ...]

    def pages(self) -> Iterator[list[SourceRow]]:
        """The rows in file order, at most ``PAGE`` at a time.  Raises: BadInput for what cannot be read."""
        to_lonlat = _to_lonlat(self.crs)
        for start in range(0, self.rows, PAGE):
            yield self._page(start, to_lonlat)

    def _page(self, start: int, to_lonlat: pyproj.Transformer) -> list[SourceRow]:
        texts, wkb = _read(self, skip_features=start, max_features=PAGE)
        shapes = _lonlat(shapely.from_wkb(wkb, on_invalid="ignore"), to_lonlat)
        columns = [texts[name] for name in self.columns]
        return [
            SourceRow(
                number=start + i,
                cells=dict(zip(self.columns, cells, strict=True)),
                shape=shape,
                broken=shape is None and blob is not None,
            )
            for i, (shape, blob, *cells) in enumerate(zip(shapes, wkb, *columns, strict=True), 1)
        ]


def open_source(path: str | Path, mapping: MappingFile) -> Source:
    """Open a map file and check all that can be checked before the first row.  Raises: BadInput."""
    file = Path(path)
    driver = _driver_of(file)
    encoding = _encoding_of(file, driver, mapping.file.encoding)
    layer = _layer_of(file, driver, mapping.file.layer)
    info = _gdal(
        pyogrio.read_info, file, layer=layer, force_feature_count=True, encoding=encoding and _BYTES_AS_TEXT
    )
    if info["driver"] != driver:
        raise _unreadable(file, f"GDAL takes it for {info['driver']}")
    if info["features"] < 1:
        raise BadInput(
            f"{file.name} holds no rows", field="file", remedy="Export the village again, with its rows."
        )
    if info["geometry_type"] is None:
        raise BadInput(
            f"{file.name} holds no shapes",
            field="file",
            remedy="Export the layer with its polygons, not the table.",
        )
    present = tuple(_decoded(name, encoding) if encoding else name for name in info["fields"].tolist())
    _require_columns(mapping.columns(), present)
    if driver == "GeoJSON":
        _refuse_repeated_names(file, mapping.columns(), info["features"])
    crs = _crs_of(file, info["crs"], mapping.file.crs)
    accuracy = _to_lonlat(crs).accuracy
    return Source(
        path=file,
        driver=driver,
        layer=layer,
        crs=crs,
        crs_accuracy_m=accuracy if accuracy > 0 else None,
        encoding=encoding or info["encoding"],
        encoding_stated=bool(encoding),
        rows=info["features"],
        columns=mapping.columns(),
        unused=tuple(name for name in present if name not in mapping.columns()),
    )


def _driver_of(file: Path) -> str:
    """The format by the first bytes, never by the name."""
    try:
        with file.open("rb") as stream:
            head = stream.read(1024)
    except OSError as error:
        raise _unreadable(file, (error.strerror or str(error)).lower()) from error
    if not head:
        raise BadInput(f"{file.name} is empty", field="file", remedy=f"Give a file in {_NAMES}.")
    for magic, driver in FORMATS.items():
        if head.startswith(magic):
            return driver
    if head.removeprefix(codecs.BOM_UTF8).lstrip().startswith(b"{"):
        return "GeoJSON"
    hint = (
        "it is a zip archive: unpack it first"
        if head.startswith(b"PK\x03\x04")
        else "it begins like none of them"
    )
    raise _unreadable(file, hint)


def _encoding_of(file: Path, driver: str, stated: str) -> str:
    """The encoding that the mapping states; else empty, for GDAL knows, but for a shapefile that leaves it unsaid."""
    if stated:
        try:
            return codecs.lookup(stated).name
        except LookupError as error:
            raise BadInput(
                f"the encoding {stated[:40]!r} is not known",
                field="file.encoding",
                remedy='Write the name of an encoding, such as "UTF-8" or "cp1252", in the mapping.',
            ) from error
    if driver != "ESRI Shapefile":
        return ""
    for suffix in (".dbf", ".shx"):
        if not any(file.with_suffix(s).exists() for s in (suffix, suffix.upper())):
            raise BadInput(
                f"{file.stem}{suffix} is missing beside {file.name}",
                field="file",
                remedy="A shapefile is .shp, .dbf, .shx and .prj together: copy all of them.",
            )
    if any(file.with_suffix(s).exists() for s in (".cpg", ".CPG")):
        return ""
    table = next(file.with_suffix(s) for s in (".dbf", ".DBF") if file.with_suffix(s).exists()).read_bytes()
    says_code_page = len(table) > 29 and table[29] != 0  # the language driver of the header
    if not says_code_page and not table[32:].isascii():
        raise BadInput(
            f"{file.name} does not say in which encoding its names are written",
            field="file.encoding",
            remedy='Add the file\'s .cpg, or write encoding = "UTF-8" (or what it is) under [file] in the mapping.',
        )
    return ""


def _layer_of(file: Path, driver: str, stated: str) -> str:
    """The layer to read: the one stated, or the only one there is; empty for GeoJSON, which has just one."""
    if driver == "GeoJSON" and not stated:
        return ""
    layers = [str(name) for name in _gdal(pyogrio.list_layers, file)[:, 0].tolist()]
    if stated in layers or (not stated and len(layers) == 1):
        return stated or layers[0]
    said = f"has no layer {stated[:60]!r}" if stated else f"has {len(layers)} layers"
    raise BadInput(
        f"{file.name} {said}",
        field="file.layer",
        remedy=f"Write layer = ... under [file] in the mapping; there are: {', '.join(layers) or 'none'}.",
    )


def _require_columns(wanted: tuple[str, ...], present: tuple[str, ...]) -> None:
    repeated = sorted({name for name in present if present.count(name) > 1})
    if repeated:
        raise BadInput(
            f"the column {repeated[0]!r} stands twice in the file",
            field=repeated[0],
            remedy="Rename one of them.",
        )
    for name in wanted:
        if name not in present:
            near = difflib.get_close_matches(name, present, n=1)
            hint = f" Did you mean {near[0]!r}?" if near else ""
            raise BadInput(
                f"the file has no column {name!r}",
                field=name,
                remedy=f"Correct the mapping. The file's columns are: {', '.join(present) or 'none'}.{hint}",
            )


def _refuse_repeated_names(file: Path, columns: tuple[str, ...], rows: int) -> None:
    """Refuse a feature that states one property twice: GDAL would silently keep the last.

    Counting the names in the bytes settles nearly every file; only where a count is too high, or names may be
    written with escapes, is the document parsed.
    """
    with file.open("rb") as stream, mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as text:
        escapes = text.find(b"\\u") >= 0
        suspect = escapes or any(
            _count(text, json.dumps(c, ensure_ascii=False).encode(), rows) for c in columns
        )
    if suspect:
        try:
            json.loads(file.read_bytes().decode("utf-8-sig", "replace"), object_pairs_hook=_without_repeats)
        except ValueError as error:
            raise _unreadable(file, f"it is not JSON: {error}") from error


def _count(text: mmap.mmap, name: bytes, limit: int) -> bool:
    """Whether ``name`` occurs more than ``limit`` times."""
    at, seen = text.find(name), 0
    while at >= 0:
        seen += 1
        if seen > limit:
            return True
        at = text.find(name, at + len(name))
    return False


def _without_repeats(pairs: list[tuple[str, Any]]) -> None:
    names = [name for name, _ in pairs]
    if len(set(names)) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise BadInput(
            f"a feature states {twice[:60]!r} twice",
            field=twice[:60],
            remedy="Keep the true one; which that is, only the file's maker knows.",
        )


def _crs_of(file: Path, found: str | None, stated: str) -> str:
    """The reference system as text: what the mapping says, else what the file says."""
    crs = stated or found
    if not crs:
        raise BadInput(
            f"{file.name} does not say in which reference system it is drawn",
            field="file.crs",
            remedy='Add its .prj, or write crs = "EPSG:32643" (or what it is) under [file] in the mapping.',
        )
    try:
        parsed = pyproj.CRS.from_user_input(crs)
        _to_lonlat(crs)
    except pyproj.exceptions.ProjError as error:
        raise BadInput(
            f"the reference system {crs[:60]!r} cannot be carried into longitude and latitude",
            field="file.crs",
            remedy='Write the true one under [file] in the mapping, as in crs = "EPSG:32643".',
        ) from error
    code = parsed.to_authority()
    return f"{code[0]}:{code[1]}" if code else crs


def _to_lonlat(crs: str) -> pyproj.Transformer:
    return pyproj.Transformer.from_crs(crs, "OGC:CRS84", always_xy=True)


def _lonlat(shapes: NDArray[Any], transformer: pyproj.Transformer) -> NDArray[Any]:
    moved = shapes if transformer.description == "noop" else transform(shapes, transformer)
    west, south, east, north = shapely.total_bounds(moved)
    if not (west >= -180 and east <= 180 and south >= -90 and north <= 90) and not np.isnan(west):
        x, y = shapely.get_coordinates(shapes[~shapely.is_missing(shapes)][:1])[0]
        raise BadInput(
            f"the coordinates, such as ({x:.10g}, {y:.10g}), do not belong to the reference system that is stated",
            field="file.crs",
            remedy='Write the true one under [file] in the mapping, as in crs = "EPSG:32643".',
        )
    return moved


def _read(source: Source, **options: Any) -> tuple[dict[str, list[str | None]], NDArray[Any]]:
    """The mapped columns as texts, and the shapes as WKB.

    A byte that is not in the encoding becomes U+FFFD, in its cell alone: cells are cut in mid-letter in real files.
    """
    if not source.encoding_stated:
        try:
            meta, _, wkb, values = _gdal(
                pyogrio.raw.read,
                source.path,
                layer=source.layer,
                columns=list(source.columns),
                force_2d=True,
                **options,
            )
            return _columns(meta, values, ""), wkb
        except UnicodeDecodeError:
            pass
    meta, _, wkb, values = _gdal(
        pyogrio.raw.read, source.path, layer=source.layer, encoding=_BYTES_AS_TEXT, force_2d=True, **options
    )
    return _columns(meta, values, source.encoding), wkb


def _columns(meta: dict[str, Any], values: list[NDArray[Any]], encoding: str) -> dict[str, list[str | None]]:
    columns = {}
    for name, kind, column in zip(meta["fields"].tolist(), meta["dtypes"].tolist(), values, strict=True):
        texts = _texts(column, kind)
        if encoding:
            columns[_decoded(name, encoding)] = [text and _decoded(text, encoding) for text in texts]
        else:
            columns[name] = texts
    return columns


def _decoded(bytes_as_text: str, encoding: str) -> str:
    return bytes_as_text.encode(_BYTES_AS_TEXT).decode(encoding, "replace")


def _gdal(call: Any, file: Path, **options: Any) -> Any:
    """One call into GDAL, its errors in our words; only text in a wrong encoding passes through as it was raised."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # GDAL's remarks on rings and columns: our own checks say more
        try:
            return call(file, **{name: value for name, value in options.items() if value not in ("", None)})
        except UnicodeDecodeError:
            raise
        except (*_GDAL_ERRORS, ValueError) as error:
            raise _unreadable(file, str(error)[:300]) from error


def _texts(values: NDArray[Any], kind: str) -> list[str | None]:
    """A column as the text that stands in the file; a column of floats is read to ten decimals."""
    whole = kind.startswith(("int", "uint"))
    if values.dtype.kind == "f":
        return [None if v != v else f"{v:.0f}" if whole else _decimal(v) for v in values.tolist()]
    return [None if v is None else v if isinstance(v, str) else str(v) for v in values.tolist()]


def _decimal(value: float) -> str:
    text = f"{value:.10f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _unreadable(file: Path, reason: str) -> BadInput:
    return BadInput(
        f"{file.name} cannot be read: {reason}",
        field="file",
        remedy=f"Give a file in {_NAMES}, whole and closed.",
    )
