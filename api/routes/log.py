"""The public log as files, byte for byte (C2SP tlog-tiles): what auditors, mirrors and verifiers read.

The sequencer publishes them under ``LANDLOG_HOME/log``; here only their names are judged.  A path is served when it
is the one spelling of a tile, so no path leads out of that directory.  A web server or CDN may serve the same files.
"""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

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
    data = _published(request, "checkpoint")
    cache = f"public, max-age={CHECKPOINT_SECONDS}"
    return Response(data, media_type="text/plain; charset=utf-8", headers={"Cache-Control": cache})


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
    tile = Tile.parse(path)
    headers = {"Cache-Control": _FOREVER}
    return Response(_published(request, tile.path), media_type="application/octet-stream", headers=headers)


def _published(request: Request, name: str) -> bytes:
    try:
        return (counter_of(request).house.settings.log / name).read_bytes()
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        raise NotPublished(
            f"the log has not published {name}",
            remedy="Read /log/checkpoint for the size; of a partial tile the full one may be there already.",
        ) from None
