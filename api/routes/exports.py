"""A village as a file for other programs (``gis.export``), with the checkpoint it stands on."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Literal

from fastapi import APIRouter, Request, Response
from fastapi.responses import StreamingResponse

from api.addresses import Lgd
from api.answers import json_answer
from api.counter import Counter, counter_of
from api.exporting import parcels_of
from api.problems import responses
from gis.export import MEDIA, Form, csvw, file_name, write

router = APIRouter(prefix="/v1/villages", tags=["villages"])

_CHUNK = 256 << 10  # bytes


@router.get(
    "/{lgd}/export.csv-metadata.json",
    summary="What the columns of the CSV file are, and the checkpoint it stands on (CSV on the Web)",
    responses={
        200: {"content": {"application/json": {"schema": {"type": "object"}}}},
        304: {},
        **responses(400, 404),
    },
)
def csv_metadata(request: Request, lgd: Lgd) -> Response:
    counter = counter_of(request)
    with parcels_of(counter.reader, lgd, origin=counter.origin) as (about, _):
        return json_answer(request, csvw(about))


@router.get(
    "/{lgd}/export.{form}",
    summary="The village's parcels as GeoPackage, GeoJSON, zipped Shapefile or CSV",
    response_class=Response,
    responses={
        200: {
            "content": {
                media.partition(";")[0]: {"schema": {"type": "string", "format": "binary"}}
                for media in MEDIA.values()
            }
        },
        304: {"description": "The log has not moved since."},
        **responses(400, 404),
    },
)
def export(request: Request, lgd: Lgd, form: Literal["gpkg", "geojson", "shp", "csv"]) -> Response:
    """The file is made whole before its first byte is sent, so that no client holds a connection of the database."""
    counter = counter_of(request)
    tag = f'W/"log-{_position(counter)}-{form}"'
    headers = {
        "ETag": tag,
        "Cache-Control": "no-cache",
        "Content-Disposition": f'attachment; filename="{file_name(lgd, form)}"',
    }
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    if form == "csv":
        headers["Link"] = '<export.csv-metadata.json>; rel="describedby"; type="application/csvm+json"'
    file = _made(counter, lgd, form)
    headers["Content-Length"] = str(file.seek(0, 2))
    return StreamingResponse(_chunks(file), media_type=MEDIA[form], headers=headers)


def _made(counter: Counter, lgd: str, form: Form) -> BinaryIO:
    """The file, open and without a name: it is gone when it is closed."""
    with tempfile.TemporaryDirectory(prefix="landlog-export-") as directory:
        target = Path(directory) / file_name(lgd, form)
        with parcels_of(counter.reader, lgd, origin=counter.origin) as (about, rows):
            write(rows, about, form, target)
        return target.open("rb")


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    with file:
        file.seek(0)
        while chunk := file.read(_CHUNK):
            yield chunk


def _position(counter: Counter) -> int:
    with counter.reader.cursor() as cursor:
        cursor.execute("select size from records.position where name = 'records'")
        row = cursor.fetchone()
    return row[0] if row else 0
