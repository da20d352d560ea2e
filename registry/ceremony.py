"""Ceremonies: how keys become officers' keys, how officers are posted, and how both end.

Each is prepared here as exact bytes, signed elsewhere (by root keys, or by an appointing authority whose office
contains the one named), and judged again when it comes back: what would be prepared now must be what was signed.
So a stale or altered ceremony is refused by one comparison.

A posting is given to each key that the officer holds, and a key enrolled later starts with none: whoever enrols a
key gives it no power.  A revocation by officers takes two of them, and nobody opens a posting for himself.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import ClassVar
from uuid import UUID

from eventsourcing.persistence import StoredEvent

from domain.canon import canonical
from domain.errors import BadInput, RecordChanged, RegistryError
from domain.projection import Doc
from registry.acts import Act, Enrol, Post, Revoke, parse_act
from registry.append import AlreadyAccepted, Append
from registry.dsse import KEY, Envelope, keyid, parse_envelope, parse_payload, verify_envelope
from registry.genesis import Genesis, load_genesis
from registry.history import History, parts_of, touches_of
from registry.log.note import VerifierKey
from registry.officers import NotAuthorised, OfficerKey, Officers, officer_key, roll_of
from registry.store import OfficeRecorder


class NotAppointed(NotAuthorised):
    """The signers are neither enough root keys nor an appointing authority for the office."""

    code: ClassVar[str] = "not-appointed"


class SelfPosting(NotAuthorised):
    """An officer has signed a posting of his own."""

    code: ClassVar[str] = "self-posting"


class KeyHasAnotherUse(RegistryError):
    """One key, one purpose: root keys and log keys are not officers' keys."""

    code: ClassVar[str] = "key-has-another-use"


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
        act, event_id, decided = parse_act(payload), _event_id(payload), _decided(payload)
        histories = self._store.load(act.concerned(self._officers))
        if any(event.event_id == event_id for h in histories.values() for event in h.events):
            raise AlreadyAccepted(event_id)
        signers = self._signers(envelope)
        self._check_authority(act, _known(histories), envelope, signers)
        if self._payload(act, histories, event_id, decided) != envelope.payload:
            raise RecordChanged(
                "this is not what the registry would prepare now: a key has changed since, or the payload was edited",
                field="touches",
                remedy="Prepare the act again, look at it, and sign it anew.",
            )
        self._store.append(self._append(act, payload, entry, event_id, histories, signers))
        return event_id

    def _payload(self, act: Act, histories: Mapping[str, History], event_id: UUID, decided: date) -> bytes:
        members = act.members()
        self._check_purpose(act)
        touched = act.touched(_known(histories), origin=self.genesis.origin)
        return canonical(
            {
                "schema": 1,
                "origin": self.genesis.origin,
                "event_id": event_id.hex,
                "type": act.type,
                "decided": decided.isoformat(),
                "touches": touches_of([histories[identifier] for identifier in touched]),
                **members,
            }
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

    def _check_authority(
        self, act: Act, keys: Sequence[OfficerKey], envelope: Envelope, signers: Mapping[str, OfficerKey]
    ) -> None:
        by_roots = sum(s.keyid in self.genesis.root_keys for s in envelope.signatures)
        if by_roots >= self.genesis.threshold:
            return
        in_force = [key for key in signers.values() if key.revoked is None]
        offices = act.offices(keys)
        if not any(key.appoints(offices) for key in in_force):
            raise NotAppointed(
                f"{act.type} needs {self.genesis.threshold} root keys, or an appointing authority"
                + (f" over {', '.join(offices)}" if offices else ""),
                field="signatures",
                remedy="Have it signed by the authority that appoints there.",
            )
        if isinstance(act, Revoke) and len({key.officer for key in in_force}) < 2:
            raise NotAppointed(
                "a revocation by officers takes the signatures of two of them, one an appointing authority",
                field="signatures",
                remedy="Have a second officer sign the same payload.",
            )
        if isinstance(act, Post) and act.officer in {key.officer for key in in_force}:
            raise SelfPosting(
                f"{act.officer} cannot sign a posting of {act.officer}",
                field="signatures",
                remedy="Have the authority above sign it.",
            )

    def _check_purpose(self, act: Act) -> None:
        if not isinstance(act, Enrol):
            return
        log_keys = {VerifierKey.parse(vkey).public for vkey in self.genesis.log_keys}
        if act.public in log_keys or keyid(act.public) in self.genesis.root_keys:
            raise KeyHasAnotherUse(
                f"the key {keyid(act.public)} is a root key or a key of the log",
                field="pub",
                remedy="Make a key of the officer's own.",
            )


def _known(histories: Mapping[str, History]) -> list[OfficerKey]:
    return [officer_key(history) for history in histories.values() if history.version]


def _event_id(payload: Doc) -> UUID:
    try:
        return UUID(hex=str(payload["event_id"]))
    except (KeyError, ValueError):
        raise BadInput("an event_id has 32 hexadecimal digits", field="event_id") from None


def _decided(payload: Doc) -> date:
    try:
        return date.fromisoformat(str(payload["decided"]))
    except (KeyError, ValueError):
        raise BadInput("the day of decision reads YYYY-MM-DD", field="decided") from None
