"""The land projection as the sequencer sees it: bytes in, bytes out (``registry.log`` knows nothing of land)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from domain import projection
from domain.canon import parse_object, rewritten
from domain.projection import Doc
from registry import dsse

READ_AHEAD = 64
"""Entries kept parsed between the two questions about them: a page of the sequencer, and some room."""


class LandProjection:
    """``domain.projection`` over log entries; pure, so that every auditor computes the same map."""

    id = projection.PROJECTION

    def __init__(self) -> None:
        self._read_already: dict[bytes, tuple[str, Doc]] = {}

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
        return {identifier: rewritten(document) for identifier, document in after.items()}

    def _read(self, entry: bytes) -> tuple[str, Doc]:
        """Type and payload.  A page of entries is asked about twice: each is parsed once, and nothing changes it."""
        known = self._read_already.pop(entry, None)
        if known is None:
            envelope, payload = dsse.parse_entry(entry)
            known = envelope.payload_type, payload
            if len(self._read_already) >= READ_AHEAD:
                self._read_already.clear()
            self._read_already[entry] = known
        return known
