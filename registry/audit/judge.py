"""What makes an entry of the log lawful, judged on the states that stand just before it.

The order of the questions is that of the office: the form, the registry, the signatures, whether it is new, who may
sign it, what it must do.  The answers are pure functions of the entry and of the states in the auditor's book.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Protocol, cast

from domain.canon import Json
from domain.errors import VerificationError
from domain.projection import NO_HISTORY, Doc, advance
from registry import dsse, flags
from registry.acts import parse_act
from registry.audit.cases import check_case, is_opposed
from registry.audit.effects import Effect, Law
from registry.authority import act_payload, by_root_keys, check_appointing, check_authority, check_purpose
from registry.log.hashing import leaf_hash
from registry.officers import OfficerKey, OutsideJurisdiction, check_may_sign, officer_key_of
from registry.roles import contains
from registry.root_acts import RootAct, Roots, parse_root_act

_EVENT_ID = re.compile(r"[0-9a-f]{32}", re.ASCII)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


class Unlawful(VerificationError):
    """An entry is not what the registry's own law lets stand in its log."""

    code: ClassVar[str] = "unlawful-entry"


class MalformedPayload(Unlawful):
    """A payload lacks a member, or one is not what it must be."""

    code: ClassVar[str] = "malformed-payload"


class OtherRegistry(Unlawful):
    """The entry was signed for another registry."""

    code: ClassVar[str] = "other-registry"


class RepeatedEvent(Unlawful):
    """An event of that id stands in the log already: a replay."""

    code: ClassVar[str] = "repeated-event"


class EffectDiffers(Unlawful):
    """The event does something else than the law makes of its facts."""

    code: ClassVar[str] = "effect-differs"


class SignaturesMissing(Unlawful):
    """The act takes more signatures, or of other officers, than it bears."""

    code: ClassVar[str] = "signatures-missing"


class Book(Protocol):
    """What stands just before the entry: the auditor's ``Ledger``."""

    def states(self, ids: Iterable[str]) -> Mapping[str, Doc | None]: ...
    def keyids_of(self, officer: str) -> Sequence[str]: ...
    def has_event(self, event_id: bytes) -> bool: ...
    def has_touched(self, key: int, identifier: str, since: int) -> bool: ...


@dataclass(frozen=True)
class Judged:
    """A lawful entry: the states it leads to, and its event_id."""

    after: Mapping[str, Doc]
    event_id: bytes
    root_act: Doc | None = None
    """The payload, where it is an act about the log itself."""
    signers: tuple[int, ...] = ()
    """The officers' keys that signed it, by the entry at which each was enrolled."""
    is_review: bool = False


class Judge:
    """Judges the entries of one registry after its genesis; ``roots`` is what its root keys have said so far."""

    def __init__(self, roots: Roots, book: Book) -> None:
        self.roots = roots
        self._genesis = roots.genesis
        self._book = book
        self._law = Law(book)
        self._keys: dict[str, OfficerKey] = {}

    def judge(self, entry: bytes, index: int) -> Judged:
        """The states that a lawful entry leads to.

        Raises:
            RegistryError: why it is not lawful; each reason is a subclass with a code of its own.
            UnknownType: when this auditor does not know the law of its type; nothing is said against the entry.
        """
        envelope, payload = dsse.parse_entry(entry)
        if envelope.payload_type not in (dsse.EVENT, dsse.KEY):
            raise MalformedPayload(f"{envelope.payload_type[:80]} cannot stand at index {index}")
        _check_form(payload, self._genesis.origin)
        event_id = bytes.fromhex(str(payload["event_id"]))
        if self._book.has_event(event_id):
            raise RepeatedEvent(f"an event with the id {payload['event_id']} stands in the log already")
        officers = self._verified(envelope)
        act = parse_root_act(payload) if envelope.payload_type == dsse.KEY else None
        if act is not None:
            self._check_root_act(act, envelope, payload)
            return Judged({}, event_id, payload)
        if envelope.payload_type == dsse.KEY:
            before = self._check_act(envelope, payload, officers)
        else:
            before = self._check_event(envelope, payload, officers)
        after = advance(before, envelope.payload_type, payload, index, leaf_hash(entry))
        return Judged(
            after,
            event_id,
            signers=tuple(key.enrolled for key in officers.values()),
            is_review=payload["type"] == flags.TYPE,
        )

    def _verified(self, envelope: dsse.Envelope) -> dict[str, OfficerKey]:
        """The officers' keys among the signers, once every signature is found good."""
        roots = self._genesis.root_keys
        ids = [s.keyid for s in envelope.signatures if s.keyid not in roots]
        officers = {keyid: self._key(keyid, state) for keyid, state in self._book.states(ids).items()}
        dsse.verify_envelope(envelope, {**roots, **{i: key.public for i, key in officers.items()}})
        return officers

    def _key(self, keyid: str, state: Doc | None) -> OfficerKey:
        known = self._keys.get(keyid)
        if known is None or state is None or known.version != state["version"]:
            known = self._keys[keyid] = officer_key_of(keyid, state)
        return known

    def _check_root_act(self, act: RootAct, envelope: dsse.Envelope, payload: Doc) -> None:
        """What concerns the log itself is signed by enough root keys, and holds from the next entry on."""
        if not by_root_keys((s.keyid for s in envelope.signatures), self._genesis):
            raise SignaturesMissing(f"{act.type} takes {self._genesis.threshold} root keys")
        prepared = act_payload(
            act,
            origin=self._genesis.origin,
            event_id=str(payload["event_id"]),
            decided=str(payload["decided"]),
            touches=[],
        )
        if prepared != envelope.payload:
            raise EffectDiffers(
                f"this is not the {act.type} that the registry would prepare from these members"
            )
        self.roots = self.roots.after(act)

    def _check_act(
        self, envelope: dsse.Envelope, payload: Doc, officers: Mapping[str, OfficerKey]
    ) -> Mapping[str, Doc | None]:
        """An act about keys is what the registry would prepare now, signed by those who may."""
        act = parse_act(payload)
        states = self._book.states(act.concerned(self._book))
        concerned = [officer_key_of(i, state) for i, state in states.items() if state is not None]
        check_purpose(act, self._genesis, (*self.roots.log_keys, *self.roots.retired))
        touched = act.touched(concerned, origin=self._genesis.origin)
        check_authority(
            act,
            concerned,
            keyids=[s.keyid for s in envelope.signatures],
            officers=officers,
            genesis=self._genesis,
        )
        prepared = act_payload(
            act,
            origin=self._genesis.origin,
            event_id=str(payload["event_id"]),
            decided=str(payload["decided"]),
            touches=[_touch(i, states.get(i)) for i in sorted(touched)],
        )
        if prepared != envelope.payload:
            raise EffectDiffers(
                f"this is not the {act.type} that the registry would prepare from these members"
            )
        return states

    def _check_event(
        self, envelope: dsse.Envelope, payload: Doc, officers: Mapping[str, OfficerKey]
    ) -> Mapping[str, Doc | None]:
        """An event does what the law makes of its facts, and every signer may sign it for all the land touched."""
        ids = _touched_ids(payload)
        before = self._book.states(ids)
        effect = self._law.effect_of(payload, before)
        if not _same(cast("Json", effect.changes), payload["set"]):
            raise EffectDiffers(_difference(effect.changes, cast("dict[str, Json]", payload["set"])))
        if set(effect.changes) != set(ids):
            odd = min(set(effect.changes) ^ set(ids))
            raise EffectDiffers(f"the event touches {odd} and its effect does not, or the reverse")
        keyids = [s.keyid for s in envelope.signatures]
        if effect.by_authority:
            self._check_review(payload, keyids, officers, effect)
            return before
        opposed = is_opposed(payload, before)
        _check_signers(payload, keyids, officers, effect, opposed=opposed)
        check_case(payload, before, officers.values(), effect.offices)
        return before

    def _check_review(
        self, payload: Doc, keyids: Sequence[str], officers: Mapping[str, OfficerKey], effect: Effect
    ) -> None:
        """A key review is signed as a revocation is, and names one of those who signed it."""
        by_roots = by_root_keys(keyids, self._genesis)
        if not by_roots:
            in_force = [k for k in officers.values() if k.revoked is None]
            offices = sorted(effect.offices)
            check_appointing(str(payload["type"]), offices, in_force, genesis=self._genesis, two=True)
        named = {k.officer for k in officers.values()}
        if not flags.names_a_signer(payload["officer"], named, by_root_keys=by_roots):
            raise SignaturesMissing("the review names an officer who has not signed it")


def _check_form(payload: Doc, origin: str) -> None:
    match payload:
        case {
            "schema": 1,
            "origin": str(of),
            "event_id": str(event_id),
            "type": str(),
            "decided": str(decided),
            "touches": list(touches),
        } if _EVENT_ID.fullmatch(event_id) and _DAY.fullmatch(decided):
            pass
        case _:
            raise MalformedPayload("a payload has schema, origin, event_id, type, decided and touches")
    try:
        date.fromisoformat(decided)
    except ValueError:
        raise MalformedPayload(f"{decided} is no day of the calendar") from None
    if of != origin:
        raise OtherRegistry(f"the entry was signed for {of[:80]!r}, and stands in the log of {origin}")
    for touch in touches:
        match touch:
            case {"id": str(), "prev_version": int(), "prev_history": str(), **rest} if not rest:
                pass
            case _:
                raise MalformedPayload("a touch has the members id, prev_version and prev_history")


def _touched_ids(payload: Doc) -> list[str]:
    match payload:
        case {"set": dict(changes), "facts": _, "office": str(), "officer": str(), "touches": list(touches)}:
            ids = [str(cast("Doc", touch)["id"]) for touch in touches]
        case _:
            raise MalformedPayload("an event has office, officer, set and facts")
    if ids != sorted(set(ids)) or not ids:
        raise MalformedPayload("touches are sorted by id, each once, and there is one at least")
    if set(changes) != set(ids):
        raise MalformedPayload("an event sets members of what it touches, and of nothing else")
    return ids


def _check_signers(
    payload: Doc,
    keyids: Sequence[str],
    officers: Mapping[str, OfficerKey],
    effect: Effect,
    *,
    opposed: bool,
) -> None:
    """As many officers as the act and the land ask for, each posted there in a role that decides this type."""
    named = [
        str(payload["officer"]),
        *([str(payload["second_officer"])] if payload.get("second_officer") else []),
    ]
    keys = list(officers.values())
    if len(keys) != len(keyids):
        raise SignaturesMissing("root keys sign no orders about land")
    if len(set(named)) < effect.signatures or len(keys) != len(named):
        raise SignaturesMissing(
            f"the act takes {effect.signatures} officer(s); "
            f"it names {len(set(named))} and bears {len(keys)} signature(s)"
        )
    kind, office = str(payload["type"]), str(payload["office"])
    day = date.fromisoformat(str(payload["decided"]))
    if strange := sorted(of for of in effect.offices if not contains(office, of)):
        raise OutsideJurisdiction(
            f"the order is of the office {office}, and the land lies under {strange[0]}"
        )
    for officer in named:
        key = next((k for k in keys if k.officer == officer), keys[0])
        for office in sorted(effect.offices):
            check_may_sign(key, officer=officer, office=office, event_type=kind, day=day, opposed=opposed)


def _same(ours: Json, theirs: Json) -> bool:
    """Whether two values are one in JSON: in Python ``True == 1``."""
    if type(ours) is not type(theirs):
        return False
    if isinstance(ours, dict) and isinstance(theirs, dict):
        return ours.keys() == theirs.keys() and all(
            _same(value, theirs[name]) for name, value in ours.items()
        )
    if isinstance(ours, list) and isinstance(theirs, list):
        return len(ours) == len(theirs) and all(map(_same, ours, theirs))
    return ours == theirs


def _touch(identifier: str, state: Doc | None) -> Json:
    return {
        "id": identifier,
        "prev_version": state["version"] if state else 0,
        "prev_history": state["history"] if state else NO_HISTORY,
    }


def _difference(expected: Mapping[str, Doc], found: Mapping[str, Json]) -> str:
    for identifier in sorted({*expected, *found}):
        ours, theirs = expected.get(identifier, {}), found.get(identifier, {})
        if not isinstance(theirs, dict):
            return f"what the event sets of {identifier} is no object"
        for name in sorted({*ours, *theirs}):
            if name not in ours or name not in theirs or not _same(ours[name], theirs[name]):
                return f"the event sets {name!r} of {identifier} otherwise than the law makes of its facts"
    return "the event sets other things than the law makes of its facts"
