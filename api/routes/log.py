"""The public log as files, byte for byte (C2SP tlog-tiles): what auditors, mirrors and verifiers read.

The sequencer publishes them under ``LANDLOG_HOME/log``; here only their names are judged.  A path is served when it
is the one spelling of a tile, so no path leads out of that directory.  A web server or CDN may serve the same files.
"""

from __future__ import annotations

from pathlib import Path
from stat import S_ISREG

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse

from api.answers import answer, is_held
from api.counter import counter_of
from api.problems import responses
from domain.errors import NotFound
from registry.log.tiles import Tile

router = APIRouter(prefix="/log", tags=["log"])

CHECKPOINT_SECONDS = 2
_FOREVER = "public, max-age=31536000, immutable"
_BYTES = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}


class NotPublished(NotFound):
    """The log has no such tile, bundle or checkpoint (yet)."""

    code = "not-published"


@router.get(
    "/checkpoint",
    summary="The newest checkpoint: a signed note with its cosignatures",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}, **responses(404)},
)
def checkpoint(request: Request) -> Response:
    try:
        data = _place(request, "checkpoint").read_bytes()
    except FileNotFoundError:
        raise _not_published("checkpoint") from None
    cache = {"Cache-Control": f"public, max-age={CHECKPOINT_SECONDS}"}
    return answer(request, data, media_type="text/plain; charset=utf-8", headers=cache)


@router.get(
    "/tile/entries/{path:path}",
    summary="An entry bundle: up to 256 entries, each behind its length in two bytes",
    response_class=Response,
    responses={200: {"content": _BYTES}, **responses(404)},
)
def bundle(request: Request, path: str) -> Response:
    return _tile(request, f"tile/entries/{path}")


@router.get(
    "/tile/{level}/{path:path}",
    summary="A tile: up to 256 hashes of 32 bytes",
    response_class=Response,
    responses={200: {"content": _BYTES}, **responses(404)},
)
def tile(request: Request, level: str, path: str) -> Response:
    return _tile(request, f"tile/{level}/{path}")


def _tile(request: Request, path: str) -> Response:
    """The file in pieces as the reader takes them: a bundle may have 16 MiB, and many readers come at once.

    What a path names never changes, so the path is its tag: an interrupted reader goes on, here or at a mirror.
    """
    name = Tile.parse(path).path
    place = _place(request, name)
    try:
        found = place.stat()
    except (FileNotFoundError, NotADirectoryError):
        raise _not_published(name) from None
    if not S_ISREG(found.st_mode):
        raise _not_published(name)
    headers = {"Cache-Control": _FOREVER, "ETag": f'"{name}"'}
    if is_held(request, headers["ETag"]):
        return Response(status_code=304, headers=headers)
    return FileResponse(place, media_type="application/octet-stream", headers=headers, stat_result=found)


def _place(request: Request, name: str) -> Path:
    return counter_of(request).house.settings.log / name


def _not_published(name: str) -> NotPublished:
    return NotPublished(
        f"the log has not published {name}",
        remedy="Read /log/checkpoint for the size; of a partial tile the full one may be there already.",
    )
