"""The land projection as the sequencer sees it: bytes in, bytes out (``registry.log`` knows nothing of land)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from domain import projection
from domain.canon import canonical, parse_object
from registry import dsse


class LandProjection:
    """``domain.projection`` over log entries; pure, so that every auditor computes the same map."""

    id = projection.PROJECTION

    def touched(self, entry: bytes) -> Sequence[tuple[str, str]]:
        """The (kind, id) of every state that the entry changes."""
        envelope = dsse.parse_envelope(entry)
        return projection.touched(envelope.payload_type, dsse.parse_payload(envelope.payload))

    def advance(
        self, states: Mapping[str, bytes | None], entry: bytes, index: int, leaf_hash: bytes
    ) -> Mapping[str, bytes]:
        """The new canonical state documents, by id.

        Raises:
            DoesNotFollow: when the entry does not build on these states.
        """
        envelope = dsse.parse_envelope(entry)
        payload = dsse.parse_payload(envelope.payload)
        before = {i: parse_object(s) if s is not None else None for i, s in states.items()}
        after = projection.advance(before, envelope.payload_type, payload, index, leaf_hash)
        return {identifier: canonical(document) for identifier, document in after.items()}
