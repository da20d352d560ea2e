"""The history of one state, replayed: step 7 of a title proof's verification (transparency spec 4.5).

Every event must build on the one before, the chain over them must be the one that the state commits to, and the
public projection, run over them, must give the state's own document.  Where the proof carries the states of
officers' keys, each signature is judged by them too, at the event's own place in the log; root keys, which sign
nothing about land but key reviews, are those that the log's genesis entry names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date
from typing import cast

from domain.canon import Json, canonical
from domain.case_effect import is_of_a_case
from domain.case_steps import SYSTEM
from domain.errors import VerificationError
from domain.law import law_of, state_of
from domain.projection import advance
from registry import dsse, flags
from registry.genesis_entry import Genesis
from registry.log.encoding import BadBase64, decode_base64, encode_base64
from registry.log.hashing import leaf_hash
from registry.log.history import START, fold
from registry.log.title_proof import LoggedEvent
from registry.roles import allows, contains

Doc = dict[str, Json]

_KEY_EVENT_MEMBERS: dict[str, dict[str, type]] = {
    "key.enrolled/1": {"pub": str, "officer": str},
    "key.revoked/1": {},
    "posting.started/1": {"office": str, "roles": list},
    "posting.ended/1": {"office": str, "roles": list},
}


class BrokenHistory(VerificationError):
    """An event is left out, out of order, of another registry, or does not concern the state it is shown for."""

    code = "broken-history"


class HistoryDiffers(VerificationError):
    """The events do not add up to the state that the map holds."""

    code = "history-differs"


class SignerNotEntitled(VerificationError):
    """A key signed at a time when it was not enrolled, was revoked, or its officer had no posting there."""

    code = "signer-not-entitled"


class MalformedOfficer(VerificationError):
    """The state of an officer's key does not say what such a state must."""

    code = "malformed-officer"


@dataclass(frozen=True)
class Act:
    """What is asked about a signature: an event's type and day, and whether it is made in a case.

    Whether somebody objected in that case stands in the case's own history, which auditors read.
    """

    type: str
    day: date
    in_a_case: bool


@dataclass(frozen=True)
class Posting:
    """An officer's place: from one log index on, until another where it has ended."""

    office: str
    roles: tuple[str, ...]
    start: int
    end: int | None

    def roles_for(self, act: Act, office: str, index: int) -> frozenset[str]:
        """Its roles that sign such events, where it is open at ``index``, at that office or above it."""
        open_then = self.start < index and (self.end is None or index <= self.end)
        if not (open_then and contains(self.office, office)):
            return frozenset()
        law = law_of(state_of(office), act.day)
        return frozenset(r for r in self.roles if allows(r, act.type, law, opposed=not act.in_a_case))


@dataclass(frozen=True, kw_only=True)
class OfficerKey:
    """An officer's key as the map holds it: what any log index may be judged by."""

    public: bytes
    officer: str
    enrolled: int
    revoked: int | None
    postings: tuple[Posting, ...]

    def in_force(self, index: int) -> bool:
        """Whether the key was enrolled, and not yet revoked, at that place of the log."""
        return self.enrolled < index and (self.revoked is None or index <= self.revoked)

    def roles_for(self, act: Act, office: str, index: int) -> frozenset[str]:
        """In which roles the key was good for such an event of that office at that place of the log."""
        if not self.in_force(index):
            return frozenset()
        return frozenset().union(*(p.roles_for(act, office, index) for p in self.postings))


def read_officer(keyid: str, doc: Doc) -> OfficerKey:
    """The key of a proved state document of kind ``officer``.

    Raises:
        MalformedOfficer: when the document is not of the form, or its key is not the one that names it.
    """
    match doc:
        case {
            "pub": str(pub),
            "officer": str(officer),
            "enrolled": int(enrolled),
            "postings": list(postings),
        }:
            revoked = doc.get("revoked")
        case _:
            raise MalformedOfficer(f"the state of the key {keyid} lacks pub, officer, enrolled or postings")
    try:
        public = decode_base64(pub, what="the officer's public key", length=32)
    except BadBase64 as error:
        raise MalformedOfficer(str(error)) from error
    if dsse.keyid(public) != keyid or not (revoked is None or isinstance(revoked, int)):
        raise MalformedOfficer(f"the state of the key {keyid} does not hold that key")
    return OfficerKey(
        public=public,
        officer=officer,
        enrolled=enrolled,
        revoked=revoked,
        postings=tuple(_read_posting(p) for p in postings),
    )


@dataclass(frozen=True)
class Signers:
    """Whose signatures can be judged: officers by the states of their keys, root keys by the genesis entry."""

    officers: Mapping[str, OfficerKey]
    genesis: Genesis | None = None

    def verify(self, envelope: dsse.Envelope) -> None:
        """
        Raises:
            UnknownKey, BadSignature: when a signature is by a key that the proof does not show, or not good.
        """
        roots = self.genesis.root_keys if self.genesis else {}
        dsse.verify_envelope(envelope, {**roots, **{i: o.public for i, o in self.officers.items()}})


@dataclass(frozen=True)
class Replay:
    """A whole history: what each event says, and the state document that stood after it, oldest first."""

    payloads: tuple[Doc, ...]
    states: tuple[tuple[int, Doc], ...]
    """(log index of the event, document)"""

    def at(self, size: int) -> Doc | None:
        """The document when the log had ``size`` entries; None before the first event."""
        return next((doc for index, doc in reversed(self.states) if index < size), None)


def check_history(
    identifier: str,
    kind: str,
    value: bytes,
    events: Sequence[LoggedEvent],
    *,
    origin: str,
    signers: Signers,
) -> Replay:
    """All events of a state, replayed, once they are shown to add up to ``value``.

    ``value`` is the state document's canonical bytes, so count, last index and chain are compared with the rest.
    ``signers`` are the keys that are proved; when officers' are among them, every event must be signed by such.

    Raises:
        BrokenHistory, HistoryDiffers, SignerNotEntitled: as their names say.
        VerificationError: for an envelope that is malformed or an event that does not follow, by its own name.
    """
    payloads: list[Doc] = []
    states: list[tuple[int, Doc]] = []
    now: Doc | None = None
    chain, last = START, -1
    for version, event in enumerate(events):
        envelope = dsse.parse_envelope(event.entry)
        payload = dsse.parse_payload(envelope.payload)
        if event.index <= last:
            raise BrokenHistory(f"the indices of {identifier}'s events do not rise at {event.index}")
        if payload.get("origin") != origin:
            raise BrokenHistory(f"the event at index {event.index} is of another registry")
        own = _own_part(identifier, kind, envelope.payload_type, payload, version)
        touch = cast("list[Doc]", own["touches"])[0]
        if touch["prev_version"] != version or touch["prev_history"] != encode_base64(chain):
            raise BrokenHistory(
                f"the event at index {event.index} does not build on {identifier}'s version {version}"
            )
        leaf = leaf_hash(event.entry)
        before = now
        now = advance({identifier: before}, envelope.payload_type, own, event.index, leaf)[identifier]
        if signers.officers and envelope.payload_type == dsse.EVENT:
            signers.verify(envelope)
            _check_signers(envelope, payload, _offices(before, now, payload), event.index, signers)
        chain, last = fold(chain, event.index, leaf), event.index
        payloads.append(payload)
        states.append((event.index, now))
    if now is None or canonical(now) != value:
        raise HistoryDiffers(
            f"the {len(events)} events shown, the last at index {last}, give another state of {identifier} "
            "than the one that the map holds"
        )
    return Replay(tuple(payloads), tuple(states))


def _own_part(identifier: str, kind: str, payload_type: str, payload: Doc, version: int) -> Doc:
    """The event as far as it concerns one state, with the members that the projection reads made sure of."""
    touches = payload.get("touches")
    mine = (
        [t for t in touches if isinstance(t, dict) and t.get("id") == identifier]
        if isinstance(touches, list)
        else []
    )
    if len(mine) != 1 or not mine[0].keys() >= {"prev_version", "prev_history"}:
        raise BrokenHistory(f"event {version + 1} shown for {identifier} does not name it once in touches")
    own: Doc = {**payload, "touches": [mine[0]]}
    if payload_type == dsse.EVENT and kind != "officer":
        changes = payload.get("set")
        change = changes.get(identifier, {}) if isinstance(changes, dict) else None
        if not isinstance(change, dict):
            raise BrokenHistory(f"event {version + 1} of {identifier} does not say what it sets")
        own["set"] = {identifier: change}
        return own
    if payload_type == dsse.KEY and kind == "officer":
        event_type = payload.get("type")
        members = _KEY_EVENT_MEMBERS.get(event_type) if isinstance(event_type, str) else None
        if members is None or (version == 0) != (event_type == "key.enrolled/1"):
            raise BrokenHistory(
                f"event {version + 1} of the key {identifier} is not one that can stand there"
            )
        if not all(isinstance(payload.get(name), type_) for name, type_ in members.items()):
            raise BrokenHistory(
                f"event {version + 1} of the key {identifier} lacks one of {', '.join(members)}"
            )
        return own
    raise BrokenHistory(
        f"event {version + 1} shown for {identifier} is of a type that does not change a {kind}"
    )


def _offices(before: Doc | None, after: Doc, payload: Doc) -> list[Json]:
    """Under whom the state lies before the event and after it; that of the order where it lies under nobody."""
    offices: list[Json] = []
    for state in (before or after, after):
        office = state.get("office", payload.get("office"))
        if office not in offices:
            offices.append(office)
    return offices


def _check_signers(
    envelope: dsse.Envelope,
    payload: Doc,
    offices: Sequence[Json],
    index: int,
    signers: Signers,
) -> None:
    act = _act(payload, index)
    keyids = [s.keyid for s in envelope.signatures]
    signed = [signers.officers[i] for i in keyids if i in signers.officers]
    by_roots = act.type == flags.TYPE and signers.genesis is not None and signers.genesis.has_signed(keyids)
    names = [o.officer for o in signed]
    if not flags.names_a_signer(payload.get("officer"), names, by_root_keys=by_roots):
        raise SignerNotEntitled(f"the event at index {index} names an officer who has not signed it")
    if act.type == flags.TYPE:
        if not by_roots:
            _check_appointing(act, signed, offices, index)
        return
    if len(signed) != len(keyids):
        raise SignerNotEntitled(f"root keys sign no {act.type}, as at index {index}")
    able: set[str] = set()
    for office in offices:
        for signer in signed:
            roles = signer.roles_for(act, office, index) if isinstance(office, str) else frozenset()
            if not roles:
                raise SignerNotEntitled(
                    f"{signer.officer} was not entitled to sign a {act.type} for {office} at index {index}"
                )
            able |= roles
    if not is_of_a_case(act.type):
        _check_clock(payload, able, index)


def _check_appointing(act: Act, signed: Sequence[OfficerKey], offices: Sequence[Json], index: int) -> None:
    """A key review is signed as a revocation: by two officers, one of whom appoints at these offices."""
    in_force = [key for key in signed if key.in_force(index)]
    appoints = any(
        all(isinstance(office, str) and key.roles_for(act, office, index) for office in offices)
        for key in in_force
    )
    if not appoints or len({key.officer for key in in_force}) < 2:
        raise SignerNotEntitled(
            f"the {act.type} at index {index} takes root keys, or two officers of whom one appoints there"
        )


def _act(payload: Doc, index: int) -> Act:
    told = str(payload.get("decided"))
    try:
        day = date.fromisoformat(told)
    except ValueError:
        day = date.min
    if day.isoformat() != told:
        raise SignerNotEntitled(f"the event at index {index} does not say on which day it was decided")
    return Act(str(payload.get("type")), day, isinstance(payload.get("case"), str))


def _check_clock(payload: Doc, able: Set[str], index: int) -> None:
    """The clock's key changes the record in a case only, and says so; nobody says so in its place."""
    by_clock = able == {SYSTEM}
    if by_clock != ("auto" in payload) or (by_clock and not isinstance(payload.get("case"), str)):
        raise SignerNotEntitled(
            f"the event at index {index} is not what the registry's clock signs, or not signed by it: "
            "its orders name their case, and the rule that fell due"
        )


def _read_posting(item: Json) -> Posting:
    match item:
        case {"office": str(office), "roles": list(roles), "from": int(start), "to": (None | int()) as end}:
            return Posting(office, tuple(str(role) for role in roles), start, end)
        case _:
            raise MalformedOfficer("a posting has the members office, roles, from and to")
