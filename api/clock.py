"""The clock and the dice: the one place where the house reads the time or draws random bytes.

Everything below takes both as arguments, so that the same inputs give the same bytes (``registry.office``).
"""

from __future__ import annotations

import secrets
import time
from datetime import UTC, date, datetime, timedelta, timezone
from uuid import UUID

from domain.commitment import SALT_BYTES

INDIA = timezone(timedelta(hours=5, minutes=30), "IST")


def now() -> int:
    """POSIX seconds."""
    return int(time.time())


def instant() -> datetime:
    """This moment in UTC, to the second."""
    return datetime.now(UTC).replace(microsecond=0)


def today() -> date:
    """The civil date in India: the day that an order bears."""
    return datetime.now(INDIA).date()


def new_event_id() -> UUID:
    """A UUID of version 7 (RFC 9562): milliseconds first, so that ids sort by the time of their making.

    >>> new_event_id().version
    7
    """
    milliseconds = time.time_ns() // 1_000_000
    value = milliseconds << 80 | secrets.randbits(80)
    value = value & ~(0xF << 76) | 7 << 76  # the version
    value = value & ~(0b11 << 62) | 0b10 << 62  # the variant
    return UUID(int=value)


def new_salt() -> bytes:
    """What is committed to together with one private value; drawn afresh for each."""
    return secrets.token_bytes(SALT_BYTES)
