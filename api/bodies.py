"""Bodies of requests: JSON read strictly, so that nothing is guessed and nothing is read twice in two ways."""

from __future__ import annotations

import base64
import binascii
import json
from typing import Any

from fastapi import Request

from api.problems import TooLarge
from domain.canon import Json
from domain.errors import BadInput
from domain.languages import Phrase

MIB = 1 << 20
MAX_DEPTH = 64  # levels: a form has fewer than ten

MAX_DEPTH = 64


async def body_of(request: Request, *, most: int) -> bytes:
    """The body's bytes.

    Raises:
        TooLarge: when they are more than ``most``.
    """
    chunks, size = [], 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > most:
            raise TooLarge(
                Phrase("the body is longer than {most} bytes", most=most),
                field="body",
                remedy="Send less at once.",
            )
        chunks.append(chunk)
    return b"".join(chunks)


def read_json(body: bytes, *, floats: bool = False) -> dict[str, Json]:
    """The JSON object in a body: members once each, UTF-8, at most 64 levels deep, no fractions unless ``floats``.

    Raises:
        BadInput: naming what is wrong.
    """
    try:
        value = json.loads(
            body.decode(),
            object_pairs_hook=_once,
            parse_float=_float if floats else _no_float,
            parse_constant=_no_float,
        )
    except (UnicodeDecodeError, RecursionError, ValueError) as error:
        what = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise BadInput(
            Phrase("the body is not JSON as this counter reads it: {what}", what=what),
            field="body",
            remedy="Send one JSON object in UTF-8; numbers that are not whole are written as text.",
        ) from None
    if not isinstance(value, dict):
        raise BadInput("the body is JSON, and not an object", field="body", remedy="Send a JSON object.")
    if _deeper(value, MAX_DEPTH):
        raise BadInput(Phrase("the body is nested deeper than {most} levels", most=MAX_DEPTH), field="body")
    return value


def base64_of(value: object, *, field: str) -> bytes:
    """The bytes of a base64 text (standard alphabet, padded).

    Raises:
        BadInput: when it is none.
    """
    try:
        if isinstance(value, str):
            return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        pass
    raise BadInput("this is not base64 text", field=field, remedy="Use the standard alphabet, with padding.")


def check_members(document: dict[str, Json], *, required: set[str], optional: set[str] = frozenset()) -> None:  # type: ignore[assignment]
    """
    Raises:
        BadInput: naming the first member that is missing or unknown.
    """
    if missing := sorted(required - set(document)):
        raise BadInput("this member is missing", field=missing[0])
    if unknown := sorted(set(document) - required - optional):
        known = ", ".join(sorted(required | optional))
        raise BadInput(
            "there is no such member", field=unknown[0][:60], remedy=Phrase("Known: {known}.", known=known)
        )


def text_of(document: dict[str, Json], name: str, *, most: int = 200) -> str:
    """
    Raises:
        BadInput: when the member is not text of 1 to ``most`` characters.
    """
    value = document.get(name)
    if not (isinstance(value, str) and 0 < len(value) <= most):
        raise BadInput(Phrase("text of 1 to {most} characters is expected", most=most), field=name)
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member of an object stands there twice")
    return members


def _float(text: str) -> float:
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise ValueError(f"the number {text[:40]} is beyond all bounds")
    return number


def _no_float(text: str) -> Json:
    raise ValueError(f"the number {text[:40]} is not a whole number")


def _deeper(value: object, most: int) -> bool:
    level: list[object] = [value]
    for _ in range(most):
        level = [v for item in level for v in _inside(item)]
        if not level:
            return False
    return True


def _inside(item: object) -> list[object]:
    return list(item.values()) if isinstance(item, dict) else item if isinstance(item, list) else []
