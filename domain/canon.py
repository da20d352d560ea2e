"""Canonical JSON: the one way in which a value becomes bytes that are hashed or signed.

The profile is RFC 8785 narrowed (transparency spec 4.3): member names are ASCII, integers lie within
2^53 - 1 of zero, there are no floats (quantities are strings), strings are NFC and hold no lone surrogate.
Within that profile Python's own ``json`` writes exactly what RFC 8785 asks for.
"""

from __future__ import annotations

import json
from unicodedata import is_normalized

from domain.errors import RegistryError

Json = None | bool | int | str | list["Json"] | dict[str, "Json"]

MAX_INTEGER = 2**53 - 1
_DIGITS_AS_ZERO = bytes(ord("0") if chr(byte).isdecimal() else ord(" ") for byte in range(256))
_MANY_DIGITS = b"0" * 16
_ENCODER = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False, check_circular=False
)


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
    if not _is_plain(value):
        _check(value, "$")
    return _write(value)


def rewritten(value: Json) -> bytes:
    """As ``canonical``, for a value that is made of what was canonical already: nothing is checked again.

    >>> rewritten({"set": parse(b'{"use":"dry"}')})
    b'{"set":{"use":"dry"}}'
    """
    return _write(value)


def parse(data: bytes) -> Json:
    """The value of canonical bytes.

    Raises:
        NotCanonical: when the bytes are not the canonical form of their own value; duplicate members,
            spare blanks and other spellings of the same value end here.
    """
    try:
        value: Json = json.loads(data.decode(), parse_float=_no_float, parse_constant=_no_float)
        again = _write(value) if _needs_no_check(data) else canonical(value)
    except (UnicodeDecodeError, ValueError, RecursionError) as error:
        raise NotCanonical(f"this is not JSON text in UTF-8: {error}") from None
    if again != data:
        raise NotCanonical(
            "the JSON is not in canonical form (RFC 8785): it differs from its re-serialisation"
        )
    return value


def parse_object(data: bytes) -> dict[str, Json]:
    """As ``parse``, for bytes that must hold a JSON object."""
    value = parse(data)
    if not isinstance(value, dict):
        raise NotCanonical("a JSON object is expected")
    return value


def _write(value: Json) -> bytes:
    try:
        return _ENCODER.encode(value).encode()
    except RecursionError:
        raise NotCanonical("the value is nested without end") from None
    except UnicodeEncodeError:
        _check(value, "$")  # says where half of a surrogate pair stands
        raise


def _needs_no_check(data: bytes) -> bool:
    """Whether bytes that are their own re-serialisation can break no rule of the profile.

    ASCII text is in NFC and names no member otherwise; a number of at most 15 digits is small enough.
    """
    if not data.isascii() or b"\\u" in data:
        return False
    return _MANY_DIGITS not in data.translate(_DIGITS_AS_ZERO)  # a tenth of the time of a regular expression


def _is_plain(value: Json) -> bool:
    """Whether all of it is within the profile; ``_check`` says where it is not.  Both walk the value; this one fast."""
    todo: list[Json] = [value]
    while todo:
        node = todo.pop()
        kind = type(node)
        if kind is str:
            if not (node.isascii() or is_normalized("NFC", node)):  # type: ignore[union-attr, arg-type]  # just looked at
                return False
        elif kind is dict:
            try:
                if not "".join(node).isascii():  # type: ignore[arg-type]  # names that are no text raise
                    return False
            except TypeError:
                return False
            todo.extend(node.values())  # type: ignore[union-attr]
        elif kind is list:
            todo.extend(node)  # type: ignore[arg-type]
        elif kind is int:
            if not -MAX_INTEGER <= node <= MAX_INTEGER:  # type: ignore[operator]
                return False
        elif kind is not bool and node is not None:
            return False
    return True


def _no_float(text: str) -> Json:
    raise ValueError(f"the number {text[:40]} is not an integer; quantities are written as strings")


def _check(value: Json, where: str) -> None:
    if value is None or isinstance(value, bool):
        return
    if isinstance(value, str):
        _check_text(value, where)
    elif isinstance(value, int):
        if abs(value) > MAX_INTEGER:
            raise NotCanonical(f"{where}: the integer lies outside of plus or minus 2^53 - 1")
    elif isinstance(value, list):
        for position, item in enumerate(value):
            _check(item, f"{where}[{position}]")
    elif isinstance(value, dict):
        for name, item in value.items():
            if not (isinstance(name, str) and name.isascii()):
                raise NotCanonical(f"{where}: the member name {name!r} is not ASCII text")
            _check(item, f"{where}.{name}")
    else:
        raise NotCanonical(f"{where}: {type(value).__name__} is not a value of canonical JSON")


def _check_text(text: str, where: str) -> None:
    if text.isascii():
        return
    if not is_normalized("NFC", text):
        raise NotCanonical(f"{where}: the text is not in Unicode normal form C")
    if any("\ud800" <= c <= "\udfff" for c in text):
        raise NotCanonical(f"{where}: the text holds half of a surrogate pair")
