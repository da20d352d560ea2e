"""GeoJSON, GeoPackage and Shapefile, read through GDAL once our own look at the file has found it fit."""

from __future__ import annotations

import codecs
import json
import mmap
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import shapely
from numpy.typing import NDArray
from pyogrio.errors import DataLayerError, DataSourceError, FeatureError, FieldError, GeometryError

from domain.errors import BadInput
from gis.mapping import Mapping as MappingFile
from gis.readers import geopackage, shapefile
from gis.readers.bounds import MOST_CORNERS, no_rows, too_much, unreadable
from gis.readers.page import Page, decimal
from gis.readers.recognise import Format

_BYTES_AS_TEXT = "ISO-8859-1"  # maps every byte to one character, so the bytes can be had back
_GDAL_ERRORS = (DataSourceError, DataLayerError, FeatureError, FieldError, GeometryError)
_OPEN_RING = "the shape is damaged: a ring does not close"


@dataclass(frozen=True, kw_only=True)
class Layer:
    """One layer that GDAL reads (``gis.readers.source.Opened``)."""

    path: Path
    layer: str
    crs: str | None
    encoding: str
    encoding_stated: bool
    """Whether the mapping states the encoding, against what the file may say."""
    rows: int
    present: tuple[str, ...]
    drawn: bool = True
    notes: tuple[str, ...] = ()

    def page(self, start: int, count: int, columns: Sequence[str]) -> Page:
        count = min(
            count, self.rows - start
        )  # asked for more, GDAL's last complaint would come back as an error
        texts, wkb = _read(self, columns, skip_features=start, max_features=count)
        with np.errstate(invalid="ignore"):  # coordinates that are no numbers are named later
            shapes = shapely.from_wkb(wkb, on_invalid="ignore")
        broken = shapely.is_missing(shapes) & np.array([blob is not None for blob in wkb], dtype=bool)
        return Page(
            texts=texts,
            shapes=shapes,
            shape_faults=[_OPEN_RING if fault else "" for fault in broken.tolist()],
            faults=[""] * len(wkb),
        )


def open_layer(file: Path, driver: Format, mapping: MappingFile) -> Layer:
    """Open the layer that the mapping names, or the only one.  Raises: BadInput."""
    encoding = _stated_encoding(mapping.file.encoding)
    if driver == "ESRI Shapefile":
        shapefile.check(file, encoding_stated=bool(encoding))
    if driver == "GeoJSON":
        _check_corners(file)
    layer = _layer_of(file, driver, mapping.file.layer)
    if driver == "GPKG":
        geopackage.check(file, layer)
    info = _gdal(
        pyogrio.read_info, file, layer=layer, force_feature_count=True, encoding=encoding and _BYTES_AS_TEXT
    )
    if info["driver"] != driver:
        raise unreadable(file, f"GDAL takes it for {info['driver']}")
    if info["features"] < 1:
        raise no_rows(file)
    if info["geometry_type"] is None:
        raise BadInput(
            f"{file.name} holds no shapes",
            field="file",
            remedy="Export the layer with its polygons; the table alone is read as CSV.",
        )
    return Layer(
        path=file,
        layer=layer,
        crs=info["crs"],
        encoding=encoding or info["encoding"],
        encoding_stated=bool(encoding),
        rows=info["features"],
        present=tuple(_decoded(name, encoding) if encoding else name for name in info["fields"].tolist()),
    )


def _stated_encoding(stated: str) -> str:
    """The encoding that the mapping states, by its usual name; empty where it states none."""
    try:
        return codecs.lookup(stated).name if stated else ""
    except LookupError as error:
        raise unknown_encoding(stated) from error


def unknown_encoding(stated: str) -> BadInput:
    return BadInput(
        f"the encoding {stated[:40]!r} is not known",
        field="file.encoding",
        remedy='Write the name of an encoding, such as "UTF-8" or "cp1252", in the mapping.',
    )


def _check_corners(file: Path) -> None:
    """Every corner of a GeoJSON shape opens a bracket: too many of them are refused before anything is parsed."""
    brackets = 0
    with file.open("rb") as stream:
        while block := stream.read(1 << 20):
            brackets += block.count(b"[")
    if brackets > MOST_CORNERS:
        raise too_much(file, MOST_CORNERS, "corners")


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


def refuse_repeated_names(file: Path, columns: Sequence[str], rows: int) -> None:
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
        except (ValueError, RecursionError) as error:
            raise unreadable(file, f"it is not JSON: {error}") from error


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


def _read(
    source: Layer, wanted: Sequence[str], **options: Any
) -> tuple[dict[str, list[str | None]], NDArray[Any]]:
    """The mapped columns as texts, and the shapes as WKB.

    A byte that is not in the encoding becomes U+FFFD, in its cell alone: cells are cut in mid-letter in real files.
    """
    if not source.encoding_stated:
        try:
            meta, _, wkb, values = _gdal(
                pyogrio.raw.read,
                source.path,
                layer=source.layer,
                columns=list(wanted),
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
            said = str(error).partition("; It might help")[0].replace(str(file), file.name)
            raise unreadable(file, said[:300]) from error


def _texts(values: NDArray[Any], kind: str) -> list[str | None]:
    """A column as the text that stands in the file; a column of floats is read to ten decimals."""
    whole = kind.startswith(("int", "uint"))
    if values.dtype.kind == "f":
        return [None if v != v else f"{v:.0f}" if whole else decimal(v) for v in values.tolist()]
    return [None if v is None else v if isinstance(v, str) else str(v) for v in values.tolist()]
