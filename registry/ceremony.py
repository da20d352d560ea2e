"""Ceremonies: how keys become officers' keys, how officers are posted, and how both end.

Each is prepared here as exact bytes, signed elsewhere (by root keys, or by an appointing authority whose office
contains the one named), and judged again when it comes back: what would be prepared now must be what was signed.
So a stale or altered ceremony is refused by one comparison.

A posting is given to each key that the officer holds, and a key enrolled later starts with none: whoever enrols a
key gives it no power.  A revocation by officers takes two of them, and nobody opens a posting for himself.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import ClassVar
from uuid import UUID

from eventsourcing.persistence import StoredEvent

from domain.canon import canonical
from domain.errors import BadInput, RecordChanged, RegistryError
from domain.projection import Doc
from registry.acts import Act, Enrol, parse_act
from registry.append import AlreadyAccepted, Append
from registry.authority import (
    KeyHasAnotherUse,
    NotAppointed,
    SelfPosting,
    act_payload,
    check_authority,
    check_purpose,
)
from registry.dsse import KEY, Envelope, keyid, parse_envelope, parse_payload, verify_envelope
from registry.genesis import Genesis, load_genesis
from registry.history import History, parts_of, touches_of
from registry.officers import OfficerKey, Officers, officer_key, roll_of
from registry.store import OfficeRecorder

__all__ = [
    "Ceremony",
    "ForeignOrigin",
    "KeyHasAnotherUse",
    "NotAppointed",
    "SelfPosting",
    "decided_on",
    "event_id_of",
]


class ForeignOrigin(RegistryError):
    """The payload was signed for another registry."""

    code: ClassVar[str] = "foreign-origin"


class Ceremony:
    """Prepares and records acts about keys at a founded registry."""

    def __init__(self, store: OfficeRecorder) -> None:
        self._store = store
        self._officers = Officers(store)
        self.genesis: Genesis = load_genesis(store)

    def prepare(self, act: Act, *, event_id: UUID, decided: date) -> bytes:
        """The payload to sign, of type ``application/vnd.landlog.key.v1+json``.

        Raises:
            NotYetSequenced: when a key it touches has an event without a place in the log.
            RegistryError: when the act is refused; each reason is a subclass (``registry.acts``).
        """
        histories = self._store.load(act.concerned(self._officers))
        return self._payload(act, histories, event_id, decided)

    def submit(self, entry: bytes) -> UUID:
        """Record a signed act: its event_id; the streams of the touched keys and the log's queue grow together.

        Raises:
            AlreadyAccepted: when it has been recorded before.
            RecordChanged: when a key it touches has changed since it was prepared.
            ForeignOrigin, NotAppointed, SelfPosting, UnknownKey, BadSignature, MalformedEnvelope: by their names.
        """
        envelope = parse_envelope(entry)
        payload = self._read(envelope)
        act, event_id, decided = parse_act(payload), event_id_of(payload), decided_on(payload)
        histories = self._store.load(act.concerned(self._officers))
        if any(event.event_id == event_id for h in histories.values() for event in h.events):
            raise AlreadyAccepted(event_id)
        signers = self._signers(envelope)
        check_authority(
            act,
            _known(histories),
            keyids=[s.keyid for s in envelope.signatures],
            officers=signers,
            genesis=self.genesis,
        )
        if self._payload(act, histories, event_id, decided) != envelope.payload:
            raise RecordChanged(
                "this is not what the registry would prepare now: a key has changed since, or the payload was edited",
                field="touches",
                remedy="Prepare the act again, look at it, and sign it anew.",
            )
        self._store.append(self._append(act, payload, entry, event_id, histories, signers))
        return event_id

    def _payload(self, act: Act, histories: Mapping[str, History], event_id: UUID, decided: date) -> bytes:
        check_purpose(act, self.genesis, self.genesis.log_keys)
        touched = act.touched(_known(histories), origin=self.genesis.origin)
        return act_payload(
            act,
            origin=self.genesis.origin,
            event_id=event_id.hex,
            decided=decided.isoformat(),
            touches=touches_of([histories[identifier] for identifier in touched]),
        )

    def _append(
        self,
        act: Act,
        payload: Doc,
        entry: bytes,
        event_id: UUID,
        histories: Mapping[str, History],
        signers: Mapping[str, OfficerKey],
    ) -> Append:
        touched = act.touched(_known(histories), origin=self.genesis.origin)
        parts = parts_of(payload)
        events = [
            StoredEvent(identifier, histories[identifier].version + 1, act.type, parts[identifier])
            for identifier in touched
        ]
        if isinstance(act, Enrol):
            roll = roll_of(act.officer)
            listed = self._store.load([roll])[roll].version
            events.append(StoredEvent(roll, listed + 1, act.type, canonical({"keyid": keyid(act.public)})))
        return Append(
            events=events,
            event_id=event_id,
            entry=entry,
            guards={signer: key.version for signer, key in signers.items() if signer not in touched},
        )

    def _read(self, envelope: Envelope) -> Doc:
        if envelope.payload_type != KEY:
            raise BadInput(
                f"an act about keys has the type {KEY}, this is {envelope.payload_type}", field="payloadType"
            )
        payload = parse_payload(envelope.payload)
        if payload.get("origin") != self.genesis.origin:
            raise ForeignOrigin(
                f"the act was signed for {str(payload.get('origin'))[:80]!r}; this registry is {self.genesis.origin}",
                field="origin",
                remedy="Prepare and sign it for this registry.",
            )
        return payload

    def _signers(self, envelope: Envelope) -> dict[str, OfficerKey]:
        """The officers' keys among the signers, once every signature is found good."""
        roots = self.genesis.root_keys
        officers = self._officers.keys(s.keyid for s in envelope.signatures if s.keyid not in roots)
        verify_envelope(envelope, {**roots, **{i: key.public for i, key in officers.items()}})
        return officers


def _known(histories: Mapping[str, History]) -> list[OfficerKey]:
    return [officer_key(history) for history in histories.values() if history.version]


def event_id_of(payload: Doc) -> UUID:
    """
    Raises:
        BadInput: when the payload has none.
    """
    try:
        return UUID(hex=str(payload["event_id"]))
    except (KeyError, ValueError):
        raise BadInput("an event_id has 32 hexadecimal digits", field="event_id") from None


def decided_on(payload: Doc) -> date:
    """
    Raises:
        BadInput: when the payload names no day.
    """
    try:
        return date.fromisoformat(str(payload["decided"]))
    except (KeyError, ValueError):
        raise BadInput("the day of decision reads YYYY-MM-DD", field="decided") from None
