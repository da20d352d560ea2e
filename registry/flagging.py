"""Raises key reviews: finds what a revoked key touched, prepares the events in batches, records them signed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from itertools import groupby, islice
from typing import TypeVar, cast
from uuid import UUID

from eventsourcing.persistence import StoredEvent

from domain.canon import Json, canonical
from domain.errors import BadInput, RecordChanged
from domain.ids import kind_of
from domain.projection import Doc
from registry.append import AlreadyAccepted, Append
from registry.authority import NotAppointed, by_root_keys, check_appointing
from registry.ceremony import ForeignOrigin, decided_on, event_id_of
from registry.dsse import EVENT, parse_entry, verify_envelope
from registry.flags import ROOT_KEYS, TYPE, NothingToReview, effect, is_flagged, names_a_signer
from registry.genesis import load_genesis
from registry.history import History, parts_of, touches_of
from registry.officers import OfficerKey, Officers
from registry.store import OfficeRecorder

T = TypeVar("T")
AT_ONCE = 100
"""Things of one event: with their restrictions they stay well below the 65,535 bytes of an entry."""
_TOUCHED = """
select distinct m.id, convert_from(m.value, 'UTF8')::jsonb ->> 'office'
  from log.entries e join log.touch t using (idx) join log.map_leaf m using (key)
 where e.idx >= %s and position(%s::bytea in e.entry) > 0 and m.kind in ('parcel', 'unit')
 order by 2, 1"""


class Flagging:
    """Prepares and records key reviews at a founded registry."""

    def __init__(self, store: OfficeRecorder) -> None:
        self._store = store
        self._officers = Officers(store)
        self._genesis = load_genesis(store)

    def concerned(self, keyid: str) -> list[tuple[str, str]]:
        """The (id, office) of every parcel and unit that the key touched since it is in doubt, not reviewed since.

        What is under review, or was released by an order, has been reviewed.

        Raises:
            NothingToReview: when the key was not revoked so.
        """
        key = self._key(keyid)
        effect({"keyid": keyid}, {}, key)
        with self._store.datastore.cursor() as cursor:
            # A key's id stands in an entry as it is only where the key has signed: payloads are in base64.
            cursor.execute(_TOUCHED, (cast("dict[str, int]", key)["suspect_from_index"], keyid.encode()))
            found = [(str(i), str(office)) for i, office in cursor.fetchall()]
        revoked = cast("dict[str, int]", key)["revoked"]
        reviewed = self._of_each([i for i, _ in found], lambda history: _is_reviewed(history, revoked))
        return [(i, office) for i, office in found if not reviewed[i]]

    def prepare(
        self, keyid: str, *, officer: str, decided: date, event_id: Callable[[], UUID]
    ) -> Iterator[bytes]:
        """The payloads to sign, of the type of orders: one for each office and hundred things.

        ``officer`` is who signs first, or ``ROOT_KEYS``.

        Raises:
            NothingToReview: when the key was not revoked so.
            NotYetSequenced: when something touched has an event without a place in the log.
        """
        number = 0
        for office, things in groupby(self.concerned(keyid), key=lambda found: found[1]):
            ids = [i for i, _ in things]
            for start in range(0, len(ids), AT_ONCE):
                number += 1
                histories = self._store.load(ids[start : start + AT_ONCE])
                heading = {
                    "event_id": event_id().hex,
                    "decided": decided.isoformat(),
                    "office": office,
                    "order_no": f"KEY-REVIEW/{keyid[:12]}/{number}",
                    "officer": officer,
                    "facts": {"keyid": keyid},
                }
                yield self._payload(cast("Doc", heading), histories)

    def submit(self, entry: bytes) -> UUID:
        """Record a signed review: its event_id.

        Raises:
            AlreadyAccepted: when it has been recorded before.
            RecordChanged: when something that it touches has changed since it was prepared.
            ForeignOrigin, NotAppointed, NothingToReview, UnknownKey, BadSignature: by their names.
        """
        envelope, payload = parse_entry(entry)
        if envelope.payload_type != EVENT or payload.get("type") != TYPE:
            raise BadInput(f"a key review has the type {TYPE}", field="type")
        if payload.get("origin") != self._genesis.origin:
            raise ForeignOrigin(f"it was signed for {str(payload.get('origin'))[:80]!r}", field="origin")
        event_id, _ = event_id_of(payload), decided_on(payload)
        ids = [str(t["id"]) for t in cast("list[Doc]", payload["touches"])]
        histories = self._store.load(ids)
        if any(event.event_id == event_id for h in histories.values() for event in h.events):
            raise AlreadyAccepted(event_id)
        signers = self._signers([s.keyid for s in envelope.signatures])
        roots = self._genesis.root_keys
        verify_envelope(envelope, {**roots, **{i: key.public for i, key in signers.items()}})
        states = self._of_each(ids, History.state)
        offices = sorted({str(state["office"]) for state in states.values() if state is not None})
        by_roots = by_root_keys((s.keyid for s in envelope.signatures), self._genesis)
        if not by_roots:
            in_force = [key for key in signers.values() if key.revoked is None]
            check_appointing(TYPE, offices, in_force, genesis=self._genesis, two=True)
        if not names_a_signer(
            payload.get("officer"), {k.officer for k in signers.values()}, by_root_keys=by_roots
        ):
            raise NotAppointed(
                "the officer whom the review names has not signed it",
                field="officer",
                remedy=f"Name one who signs, or {ROOT_KEYS} where root keys do.",
            )
        if self._payload(payload, histories) != envelope.payload:
            raise RecordChanged(
                "this is not what the registry would prepare now: something has changed since, or it was edited",
                field="touches",
                remedy="Prepare the review again; what is flagged already is left out.",
            )
        parts = parts_of(payload)
        self._store.append(
            Append(
                events=[StoredEvent(i, histories[i].version + 1, TYPE, parts[i]) for i in sorted(ids)],
                event_id=event_id,
                entry=entry,
                guards={i: key.version for i, key in signers.items()},
            )
        )
        return event_id

    def _payload(self, heading: Doc, histories: dict[str, History]) -> bytes:
        facts = cast("Doc", heading["facts"])
        before = {i: history.state() for i, history in histories.items()}
        changes = effect(facts, before, self._key(str(facts["keyid"])))
        return canonical(
            {
                "schema": 1,
                "origin": self._genesis.origin,
                "event_id": heading["event_id"],
                "type": TYPE,
                "decided": heading["decided"],
                "office": heading["office"],
                "order_no": heading["order_no"],
                "officer": heading["officer"],
                "touches": touches_of(list(histories.values())),
                "set": cast("Json", changes),
                "facts": facts,
                "private": {},
                "documents": [],
            }
        )

    def _key(self, keyid: str) -> Doc | None:
        if kind_of(keyid) != "officer":
            raise NothingToReview(f"{keyid[:80]} is not the id of a key", field="keyid")
        return self._store.load([keyid])[keyid].state_for_judging()

    def _of_each(self, ids: Sequence[str], told: Callable[[History], T]) -> dict[str, T]:
        """What is to be told of each history; a few hundred are in memory at a time."""
        found: dict[str, T] = {}
        remaining = iter(ids)
        while some := list(islice(remaining, 500)):
            found |= {i: told(history) for i, history in self._store.load(some).items()}
        return found

    def _signers(self, keyids: Sequence[str]) -> dict[str, OfficerKey]:
        return self._officers.keys(i for i in keyids if i not in self._genesis.root_keys)


def _is_reviewed(history: History, revoked: int) -> bool:
    """Whether it is under review, or has been since the key was revoked at that index."""
    state = history.state()
    later = (e for e in history.events if e.topic == TYPE and e.index is not None and e.index > revoked)
    return any(later) or (state is not None and is_flagged(state))
