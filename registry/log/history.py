"""The chain over all events of one parcel, unit, case or officer's key (transparency spec 4.2).

A state commits to the chain's head, so nobody can leave an event of the parcel out.
"""

from __future__ import annotations

from hashlib import sha256

from registry.log.hashing import HASH_BYTES

START = bytes(HASH_BYTES)
"""h_0: the chain before the first event."""


def fold(previous: bytes, index: int, leaf: bytes) -> bytes:
    """``h_j = H(0x04 || h_(j-1) || u64(log index) || leaf hash of the event)``: 32 bytes.

    >>> fold(START, 3, bytes(32)).hex()[:16]
    '208face528780fbd'
    """
    return sha256(b"\x04" + previous + index.to_bytes(8, "big") + leaf).digest()
