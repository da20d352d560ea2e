"""Salted commitments: how a private value is bound into a log that may never hold it.

One salt of 32 random bytes for each value; whoever destroys value and salt leaves 32 bytes that say nothing
(transparency spec 4.9).
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256

from domain.canon import Json, canonical
from domain.errors import BadInput

SALT_BYTES = 32


def commitment(field: str, salt: bytes, value: Json) -> bytes:
    """``C = SHA-256("landlog/commit@v1" LF field LF salt value)``: 32 bytes (transparency spec 4.2).

    >>> commitment("party", bytes(range(32)), {"name": "Asha"}).hex()[:16]
    '914b71bd926b7717'
    """
    if len(salt) != SALT_BYTES:
        raise BadInput(f"a salt has {SALT_BYTES} bytes, this one {len(salt)}", field="salt")
    return sha256(b"landlog/commit@v1\n" + field.encode() + b"\n" + salt + canonical(value)).digest()


@dataclass(frozen=True)
class Opening:
    """What opens a commitment: the field's name, the salt and the value in the clear."""

    field: str
    salt: bytes
    value: Json

    @cached_property
    def commitment(self) -> str:
        """The commitment in base64, as it stands in states and events."""
        return base64.b64encode(commitment(self.field, self.salt, self.value)).decode()

    def __repr__(self) -> str:
        return f"Opening({self.field!r}, ...)"  # the value is private: it stays out of logs
