"""Map heads: the log entries that state the map's root (transparency spec 4.4).

Every published checkpoint ends in one, so the map inherits what witnesses vouch for: one root, for ever.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from domain.errors import VerificationError
from registry.log.encoding import BadBase64, BadNumber, decode_base64, decode_decimal, encode_base64
from registry.log.hashing import HASH_BYTES

_TITLE = "landlog/map-head@v1"
_PROJECTION = re.compile(r"[a-z0-9][a-z0-9._/-]{0,63}", re.ASCII)


class MalformedMapHead(VerificationError):
    """The entry is not a map head."""

    code = "malformed-map-head"


@dataclass(frozen=True, kw_only=True)
class MapHead:
    """The state of the map after the first ``size`` entries of the log, which is also this entry's index."""

    size: int
    root: bytes
    leaves: int
    time: int
    """POSIX seconds; never less than the head before says."""
    projection: str

    def format(self) -> bytes:
        """The entry's bytes."""
        if not _PROJECTION.fullmatch(self.projection):
            raise MalformedMapHead(f"{self.projection[:80]!r} is not the id of a projection")
        root = encode_base64(self.root)
        return f"{_TITLE}\n{self.size}\n{root}\n{self.leaves}\n{self.time}\n{self.projection}\n".encode()


def parse_map_head(entry: bytes) -> MapHead:
    """Reads the six lines.

    Raises:
        MalformedMapHead: when they are not exactly what ``MapHead.format`` would write.
    """
    try:
        lines = entry.decode("ascii").split("\n")
    except UnicodeDecodeError:
        raise MalformedMapHead("the map head is not ASCII text") from None
    if len(lines) != 7 or lines[0] != _TITLE or lines[6]:
        raise MalformedMapHead(f"a map head has six lines, the first of them {_TITLE}")
    if not _PROJECTION.fullmatch(lines[5]):
        raise MalformedMapHead("the map head's last line is not the id of a projection")
    try:
        return MapHead(
            size=decode_decimal(lines[1], what="the map head's size"),
            root=decode_base64(lines[2], what="the map root", length=HASH_BYTES),
            leaves=decode_decimal(lines[3], what="the number of leaves"),
            time=decode_decimal(lines[4], what="the map head's time"),
            projection=lines[5],
        )
    except (BadNumber, BadBase64) as error:
        raise MalformedMapHead(str(error)) from error
