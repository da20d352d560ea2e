"""Answers that may be kept: an ETag on each, and 304 to whoever has it already."""

from __future__ import annotations

import json
from hashlib import blake2b
from typing import Any

from fastapi import Request, Response

JSON = "application/json"
ASK_AGAIN = "no-cache"
"""May be kept, but the registry is asked each time whether it still holds: a record that has moved on misleads."""


def answer(
    request: Request,
    body: bytes,
    *,
    media_type: str = JSON,
    headers: dict[str, str] | None = None,
) -> Response:
    """The bytes with their ETag; 304 without them where the client holds the same.

    The tag is a hash of what is sent: version and checkpoint are in it, and so is an erased name, which moves neither.
    """
    etag = f'"{blake2b(body, digest_size=12).hexdigest()}"'
    kept = {"ETag": etag, "Cache-Control": ASK_AGAIN, **(headers or {})}
    if is_held(request, etag):
        return Response(status_code=304, headers=kept)
    return Response(body, media_type=media_type, headers=kept)


def json_answer(request: Request, document: Any) -> Response:
    """As ``answer``, of a document."""
    return answer(request, json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode())


def is_held(request: Request, etag: str) -> bool:
    """Whether the client says that it holds what bears this tag."""
    held = request.headers.get("if-none-match")
    if held is None:
        return False
    tags = (tag.strip().removeprefix("W/") for tag in held.split(","))
    return held.strip() == "*" or etag in tags
