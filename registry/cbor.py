"""Deterministic CBOR (RFC 8949 s. 4.2), as much of it as a paper's code needs.

Integers, byte strings, texts, lists, maps, null and one tag; every value has one spelling, and bytes that are not
that spelling are refused.  A reader of papers needs no library, and there is nothing here that grows without bound.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from domain.errors import VerificationError

_UINT, _NEGATIVE, _BYTES, _TEXT, _LIST, _MAP, _TAG = range(7)
_NULL = 0xF6
_DEEPEST = 8
_LARGEST = 2**63 - 1


class BadCbor(VerificationError):
    """The bytes are not the deterministic encoding of a value that is read here."""

    code: ClassVar[str] = "bad-cbor"


@dataclass(frozen=True)
class Tagged:
    """A value under a tag that says what it is."""

    tag: int
    value: Cbor


Cbor = None | int | bytes | str | Sequence["Cbor"] | Mapping[int, "Cbor"] | Tagged


def encode(value: Cbor) -> bytes:
    """The one spelling of a value.

    >>> encode({1: -8, 4: b"kid"}).hex()
    'a2012704436b6964'
    >>> encode([None, "क", 1000]).hex()
    '83f663e0a4951903e8'
    """
    match value:
        case None:
            return bytes([_NULL])
        case int():
            return _head(_UINT, value) if value >= 0 else _head(_NEGATIVE, -1 - value)
        case bytes():
            return _head(_BYTES, len(value)) + value
        case str():
            data = value.encode()
            return _head(_TEXT, len(data)) + data
        case Tagged():
            return _head(_TAG, value.tag) + encode(value.value)
        case Mapping():
            pairs = sorted((encode(name), encode(item)) for name, item in value.items())
            return _head(_MAP, len(pairs)) + b"".join(name + item for name, item in pairs)
        case Sequence():
            return _head(_LIST, len(value)) + b"".join(encode(item) for item in value)


def decode(data: bytes) -> Cbor:
    """The value of its one spelling.

    >>> decode(bytes.fromhex("83f663e0a4951903e8"))
    [None, 'क', 1000]
    >>> decode(bytes.fromhex("1800"))
    Traceback (most recent call last):
    registry.cbor.BadCbor: the bytes are not the one spelling of their value

    Raises:
        BadCbor: when the bytes are anything else, or are nested deeper than eight levels.
    """
    reader = _Reader(data)
    value = reader.value(_DEEPEST)
    if encode(value) != data:  # also where bytes follow, a name comes twice, or names are out of order
        raise BadCbor("the bytes are not the one spelling of their value")
    return value


def _head(kind: int, number: int) -> bytes:
    if number < 24:
        return bytes([kind << 5 | number])
    for more, size in enumerate((1, 2, 4, 8)):
        if number < 1 << 8 * size:
            return bytes([kind << 5 | 24 + more]) + number.to_bytes(size, "big")
    raise ValueError(f"{number} has more than 64 bits")


class _Reader:
    """Reads from the front; a length never reaches beyond what is there."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def value(self, depth: int) -> Cbor:
        if depth == 0:
            raise BadCbor("the value is nested too deep")
        first = self._take(1)[0]
        if first == _NULL:
            return None
        kind, number = first >> 5, self._number(first & 0x1F)
        match kind:
            case 0:
                return number
            case 1:
                return -1 - number
            case 2:
                return self._take(number)
            case 3:
                return self._text(number)
            case 4:
                self._check_room(number)
                return [self.value(depth - 1) for _ in range(number)]
            case 5:
                self._check_room(number)
                return {self._name(): self.value(depth - 1) for _ in range(number)}
            case 6:
                return Tagged(number, self.value(depth - 1))
        raise BadCbor("the value is of a kind that is not read here")

    def _number(self, short: int) -> int:
        if short < 24:
            return short
        if short > 27:
            raise BadCbor("a length is left open")
        number = int.from_bytes(self._take(1 << short - 24), "big")
        if number > _LARGEST:
            raise BadCbor("a number has more than 63 bits")
        return number

    def _take(self, size: int) -> bytes:
        if size > len(self._data) - self._at:
            raise BadCbor("the bytes end too soon")
        self._at += size
        return self._data[self._at - size : self._at]

    def _text(self, size: int) -> str:
        try:
            return self._take(size).decode()
        except UnicodeDecodeError:
            raise BadCbor("a text is not UTF-8") from None

    def _name(self) -> int:
        first = self._take(1)[0]
        if first >> 5 != _UINT:
            raise BadCbor("a member's name is not a small number")
        return self._number(first & 0x1F)

    def _check_room(self, items: int) -> None:
        if items > len(self._data) - self._at:  # each item has a byte at least
            raise BadCbor("the bytes end too soon")
