"""The land projection as the sequencer sees it: bytes in, bytes out (``registry.log`` knows nothing of land)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from domain import projection
from domain.canon import canonical, parse_object
from domain.projection import Doc
from registry import dsse


class LandProjection:
    """``domain.projection`` over log entries; pure, so that every auditor computes the same map."""

    id = projection.PROJECTION

    def __init__(self) -> None:
        self._last: tuple[bytes, str, Doc] = (b"", "", {})

    def touched(self, entry: bytes) -> Sequence[tuple[str, str]]:
        """The (kind, id) of every state that the entry changes."""
        return projection.touched(*self._read(entry))

    def advance(
        self, states: Mapping[str, bytes | None], entry: bytes, index: int, leaf_hash: bytes
    ) -> Mapping[str, bytes]:
        """The new canonical state documents, by id.

        Raises:
            DoesNotFollow: when the entry does not build on these states.
        """
        payload_type, payload = self._read(entry)
        before = {i: parse_object(s) if s is not None else None for i, s in states.items()}
        after = projection.advance(before, payload_type, payload, index, leaf_hash)
        return {identifier: canonical(document) for identifier, document in after.items()}

    def _read(self, entry: bytes) -> tuple[str, Doc]:
        """Type and payload.  An entry is asked about twice in a row: it is parsed once, and nothing changes it."""
        last = self._last
        if last[0] is not entry:
            envelope, payload = dsse.parse_entry(entry)
            last = self._last = (entry, envelope.payload_type, payload)
        return last[1:]
