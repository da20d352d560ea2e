"""Canonical JSON: the one way in which a value becomes bytes that are hashed or signed.

The profile is RFC 8785 narrowed (transparency spec 4.3): member names are ASCII, integers lie within
2^53 - 1 of zero, there are no floats (quantities are strings), strings are NFC and hold no lone surrogate.
Within that profile Python's own ``json`` writes exactly what RFC 8785 asks for.
"""

from __future__ import annotations

import json
import unicodedata

from domain.errors import RegistryError

Json = None | bool | int | str | list["Json"] | dict[str, "Json"]

MAX_INTEGER = 2**53 - 1
MAX_DEPTH = 64


class NotCanonical(RegistryError):
    """The bytes, or the value, do not fit the canonical profile; the message says where."""

    code = "not-canonical"


def canonical(value: Json) -> bytes:
    """The value's RFC 8785 bytes (UTF-8).

    >>> canonical({"b": [1, None, True], "a": "खाता"}).decode()
    '{"a":"खाता","b":[1,null,true]}'

    Raises:
        NotCanonical: when the value holds a float, a large integer, a name that is not ASCII, or text not in NFC.
    """
    _check(value, "$", 0)
    return _write(value)


def parse(data: bytes) -> Json:
    """The value of canonical bytes.

    Raises:
        NotCanonical: when the bytes are not the canonical form of their own value; duplicate members,
            spare blanks and other spellings of the same value end here.
    """
    try:
        value: Json = json.loads(data.decode(), parse_float=_no_float, parse_constant=_no_float)
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise NotCanonical(f"this is not JSON text in UTF-8: {error}") from None
    if canonical(value) != data:
        raise NotCanonical(
            "the JSON is not in canonical form (RFC 8785): it differs from its own re-serialisation"
        )
    return value


def parse_object(data: bytes) -> dict[str, Json]:
    """As ``parse``, for bytes that must hold a JSON object."""
    value = parse(data)
    if not isinstance(value, dict):
        raise NotCanonical("a JSON object is expected")
    return value


def _write(value: Json) -> bytes:
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return text.encode()


def _no_float(text: str) -> Json:
    raise ValueError(f"the number {text[:40]} is not an integer; quantities are written as strings")


def _check(value: Json, where: str, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise NotCanonical(f"{where}: nested deeper than {MAX_DEPTH} levels")
    if value is None or isinstance(value, bool):
        return
    if isinstance(value, str):
        _check_text(value, where)
    elif isinstance(value, int):
        if abs(value) > MAX_INTEGER:
            raise NotCanonical(f"{where}: the integer lies outside of plus or minus 2^53 - 1")
    elif isinstance(value, list):
        for position, item in enumerate(value):
            _check(item, f"{where}[{position}]", depth + 1)
    elif isinstance(value, dict):
        for name, item in value.items():
            if not (isinstance(name, str) and name.isascii()):
                raise NotCanonical(f"{where}: the member name {name!r} is not ASCII text")
            _check(item, f"{where}.{name}", depth + 1)
    else:
        raise NotCanonical(f"{where}: {type(value).__name__} is not a value of canonical JSON")


def _check_text(text: str, where: str) -> None:
    if text.isascii():
        return
    if not unicodedata.is_normalized("NFC", text):
        raise NotCanonical(f"{where}: the text is not in Unicode normal form C")
    if any("\ud800" <= c <= "\udfff" for c in text):
        raise NotCanonical(f"{where}: the text holds half of a surrogate pair")
