"""The ceremonies that take root keys: keys of the log, and the projection (``registry.root_acts``)."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from eventsourcing.persistence import StoredEvent

from domain.errors import BadInput, RecordChanged
from registry.append import AlreadyAccepted, Append
from registry.authority import NotAppointed, act_payload, by_root_keys
from registry.ceremony import ForeignOrigin, decided_on, event_id_of
from registry.dsse import KEY, parse_entry, parse_payload, verify_envelope
from registry.genesis import STREAM, load_genesis
from registry.history import History
from registry.root_acts import RootAct, Roots, folded, parse_root_act
from registry.store import OfficeRecorder


class RootCeremony:
    """Prepares and records what root keys alone may say at a founded registry."""

    def __init__(self, store: OfficeRecorder) -> None:
        self._store = store
        self._genesis = load_genesis(store)

    @property
    def roots(self) -> Roots:
        """The log's keys in force and the projection, with what is accepted and not yet sequenced counted in."""
        return self._fold(self._history())

    def prepare(self, act: RootAct, *, event_id: UUID, decided: date) -> bytes:
        """The payload to sign, of type ``application/vnd.landlog.key.v1+json``.

        Raises:
            BadInput, LogKeyRefused: when the act is refused.
        """
        self.roots.after(act)
        return act_payload(
            act, origin=self._genesis.origin, event_id=event_id.hex, decided=decided.isoformat(), touches=[]
        )

    def submit(self, entry: bytes) -> UUID:
        """Record a signed act: its event_id; the registry's own stream and the log's queue grow together.

        Raises:
            AlreadyAccepted: when it has been recorded before.
            ForeignOrigin, NotAppointed, UnknownKey, BadSignature, MalformedEnvelope: by their names.
            BadInput, LogKeyRefused, RecordChanged: when the act is refused, or was not prepared so.
        """
        envelope, payload = parse_entry(entry)
        act = parse_root_act(payload) if envelope.payload_type == KEY else None
        if act is None:
            raise BadInput("this is no act about the log's keys or its projection", field="type")
        if payload.get("origin") != self._genesis.origin:
            raise ForeignOrigin(f"the act was signed for {str(payload.get('origin'))[:80]!r}", field="origin")
        event_id, history = event_id_of(payload), self._history()
        if any(event.event_id == event_id for event in history.events):
            raise AlreadyAccepted(event_id)
        verify_envelope(envelope, self._genesis.root_keys)
        if not by_root_keys((s.keyid for s in envelope.signatures), self._genesis):
            raise NotAppointed(
                f"{act.type} takes the signatures of {self._genesis.threshold} root keys",
                field="signatures",
                remedy="Bring the media with the root keys, and sign the same payload with each.",
            )
        self._fold(history).after(act)
        day = decided_on(payload).isoformat()
        expected = act_payload(
            act, origin=self._genesis.origin, event_id=event_id.hex, decided=day, touches=[]
        )
        if expected != envelope.payload:
            raise RecordChanged(
                "this is not what the registry would prepare",
                remedy="Prepare it again, look at it, and sign it anew.",
            )
        event = StoredEvent(STREAM, history.version + 1, act.type, envelope.payload)
        self._store.append(Append(events=[event], event_id=event_id, entry=entry))
        return event_id

    def _history(self) -> History:
        return self._store.load([STREAM])[STREAM]

    def _fold(self, history: History) -> Roots:
        return folded(self._genesis, [parse_payload(event.state) for event in history.events[1:]])
