"""Text forms that have exactly one spelling: base64, decimal numbers, lines.

A verifier that took two spellings of one value would let a byte of a proof change unseen, so every reader
here refuses whatever its writer would not have written.
"""

from __future__ import annotations

import base64
import binascii
import re

from domain.errors import VerificationError

MAX_NUMBER = 2**63 - 1  # sizes, indices and times fit PostgreSQL's bigint and C2SP's timestamp
_DECIMAL = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)


class BadBase64(VerificationError):
    """Not the one standard, padded base64 spelling (RFC 4648 s. 4) of its bytes."""

    code = "bad-base64"


class BadNumber(VerificationError):
    """Not a decimal number as C2SP formats write it: ASCII digits, no sign, no leading zero."""

    code = "bad-number"


def encode_base64(data: bytes) -> str:
    """
    >>> encode_base64(bytes(3))
    'AAAA'
    """
    return base64.b64encode(data).decode("ascii")


def decode_base64(text: str, *, what: str, length: int | None = None) -> bytes:
    """The bytes of a base64 text; ``length`` is the number of bytes that it must hold.

    >>> decode_base64("AAAA", what="the salt")
    b'\\x00\\x00\\x00'
    >>> decode_base64("AB==", what="the salt")
    Traceback (most recent call last):
    registry.log.encoding.BadBase64: the salt is not standard base64, padded, with no stray bits

    Raises:
        BadBase64: when the text is not base64, or not the spelling that encoding would give.
    """
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        data = None
    if data is None or base64.b64encode(data).decode("ascii") != text:
        raise BadBase64(f"{what} is not standard base64, padded, with no stray bits")
    if length is not None and len(data) != length:
        raise BadBase64(f"{what} has {len(data)} bytes where {length} are required")
    return data


def decode_decimal(text: str, *, what: str) -> int:
    """A number from 0 to 2^63 - 1.

    >>> decode_decimal("70000", what="the tree size")
    70000
    >>> decode_decimal("007", what="the tree size")
    Traceback (most recent call last):
    registry.log.encoding.BadNumber: the tree size is '007', not a plain decimal number
    """
    if not _DECIMAL.fullmatch(text):
        raise BadNumber(f"{what} is {text[:40]!r}, not a plain decimal number")
    number = int(text)
    if number > MAX_NUMBER:
        raise BadNumber(f"{what} is {number}, more than 2^63 - 1")
    return number
