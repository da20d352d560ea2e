"""Lists in pages: a cursor says after which row the next page begins, so that rows added meanwhile disturb nothing."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Query, Request

from domain.canon import Json
from domain.errors import NotFound

MOST = 200
USUAL = 50

Cursor = Annotated[
    str, Query(max_length=400, pattern=r"^[A-Za-z0-9_-]*$", description="From `next` of the page before.")
]
Limit = Annotated[int, Query(ge=1, le=MOST, description="Rows in a page.")]


def cursor_of(key: Sequence[str | int]) -> str:
    """
    >>> after(cursor_of(["101", 7]), kinds=(str, int))
    ['101', 7]
    """
    return base64.urlsafe_b64encode(json.dumps(list(key)).encode()).decode().rstrip("=")


def after(cursor: str, *, kinds: tuple[type, ...]) -> list[str | int] | None:
    """The key in a cursor; None for no cursor.

    Raises:
        NotFound: when the text is no cursor of this list.
    """
    if not cursor:
        return None
    try:
        key = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        key = None
    if (
        isinstance(key, list)
        and [type(part) for part in key] == list(kinds)
        and all(not isinstance(part, int) or abs(part) < 2**63 for part in key)
        and all(not isinstance(part, str) or ("\0" not in part and _is_text(part)) for part in key)
    ):
        return key
    raise NotFound(
        "this cursor is not one that this list gave",
        field="cursor",
        remedy="Take `next` of the page before as it stands, or start without a cursor.",
    )


def page(request: Request, items: list[Json], *, next_key: Sequence[str | int] | None) -> dict[str, Json]:
    """One page of a list; ``next`` is the address of the page after it, or null."""
    following: Json = None
    if next_key is not None:
        query = {**request.query_params, "cursor": cursor_of(next_key)}
        following = f"{request.url.path}?{urlencode(query)}"
    return {"items": items, "next": following}


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
