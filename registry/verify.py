"""The verifier: what a bank, a buyer or a court learns from a title proof, offline.

``verify_title_proof`` takes the file and a trust policy, and either says what the record of rights shows and as
of when, or raises the ``VerificationError`` that names what does not hold.  It reads no database, no network and
no clock, and no other exception leaves it, whatever the bytes are.

The steps are those of transparency spec 4.5: the log's word (1, 2), that nothing newer stands in it (3), each
state's place in the map and its form (4, 5), whole histories (7), what is revealed (8), and the statement (6).
Every byte of the proofs that this registry writes bears load: change one and a step fails.  The one exception
is a cosigner's line under a name that the policy does not know: C2SP has verifiers skip it.

What a proof does not show: that the events were lawful and the map honestly computed.  Auditors replay the log
for that, and a careful policy has one of them in its quorum.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from domain.canon import Json, NotCanonical, parse_object
from domain.commitment import Opening
from domain.errors import BadInput, VerificationError
from domain.ids import kind_of
from registry.genesis_entry import Genesis, MalformedGenesis, parse_genesis
from registry.log.checkpoint import Checkpoint
from registry.log.encoding import BadBase64, decode_base64
from registry.log.hashing import HASH_BYTES, leaf_hash
from registry.log.map_head import MapHead, parse_map_head
from registry.log.policy import Endorsement, Policy
from registry.log.prefix_map import map_key, verify_map_path
from registry.log.title_proof import ProvedState, Revealed, TitleProof, parse_title_proof
from registry.log.tlog_proof import parse_tlog_proof, verify_tlog_proof
from registry.log.tree import verify_inclusion
from registry.statement import statement
from registry.verify_history import OfficerKey, Replay, Signers, check_history, read_officer

Doc = dict[str, Json]
Key = tuple[str, str]  # (kind, id)


class OtherParcel(VerificationError):
    """The proof is about another parcel than the one asked about."""

    code = "other-parcel"


class NotNewest(VerificationError):
    """The map head is not the last entry of the tree, so newer states may exist."""

    code = "not-newest"


class MalformedState(VerificationError):
    """A state is not the canonical document of the parcel, unit, case or key that it is shown for."""

    code = "malformed-state"


class UnitMissing(VerificationError):
    """The parcel's unit is not shown, or does not list the parcel: nobody could say who holds it."""

    code = "unit-missing"


class UnfoundedOpening(VerificationError):
    """A value is revealed that the proved record does not commit to."""

    code = "unfounded-opening"


class BeyondTheLog(VerificationError):
    """The past that is asked about is none: the proved log never had so few entries, or so many."""

    code = "beyond-the-log"


class HistoryMissing(VerificationError):
    """The state of an earlier time was asked for, and the proof lacks the history that would show it."""

    code = "history-missing"


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What the record of rights shows, and as of when.

    ``as_of`` (POSIX seconds) is when a quorum of the policy's witnesses last vouched that this is the newest
    state, the k-th newest of k cosignatures; None where the policy asks for none.  ``size`` is the log's size.
    ``signatures_checked`` tells whether officers' signatures were judged, which takes histories and the states
    of their keys.

    With ``as_of_size`` the states are those of the time when the log had so many entries, and hold the parcel and
    its unit of then; ``as_of`` and ``size`` still tell until when nothing of the history can have been left out.
    """

    status: Literal["current", "absent"]
    parcel: str
    states: Mapping[Key, Mapping[str, Json] | None]
    as_of: int | None
    size: int
    openings: tuple[Opening, ...]
    signatures_checked: bool
    words: str
    as_of_size: int | None = None

    @property
    def record(self) -> Mapping[str, Json] | None:
        """The parcel's state document; None where the parcel was not registered."""
        return self.states["parcel", self.parcel]


def verify_title_proof(
    proof: bytes, policy: Policy, *, now: int, parcel: str | None = None, as_of_size: int | None = None
) -> Verdict:
    """The verdict of a title proof under a policy, at the time ``now`` (POSIX seconds).

    ``parcel`` is the id that the caller asks about; without it the verdict is on the parcel that the file names.
    ``as_of_size`` asks for the record as it stood when the log had so many entries, which takes whole histories.

    Raises:
        VerificationError: a subclass for each reason, with a stable code and a sentence.
    """
    claim = parse_title_proof(proof)
    if parcel is not None and parcel != claim.parcel:
        raise OtherParcel(
            f"the proof is about parcel {claim.parcel[:80]}, not about {parcel[:80]}",
            remedy="Ask the registry for the proof of the parcel in question.",
        )
    endorsement, head = _newest_head(claim, policy, now)
    states = _states(claim, head)
    _check_unit(claim, states)
    replays, checked = _histories(claim, states, _genesis(claim, endorsement.checkpoint))
    events = [payload for replay in replays.values() for payload in replay.payloads]
    openings = _openings(claim.openings, [*(doc for doc in states.values() if doc), *events])
    as_of, size = endorsement.as_of, endorsement.checkpoint.size
    if as_of_size is not None:
        states = _states_at(claim.parcel, states, replays, as_of_size, size)
    record = states["parcel", claim.parcel]
    return Verdict(
        status="absent" if record is None else "current",
        parcel=claim.parcel,
        states=states,
        as_of=as_of,
        size=size,
        openings=openings,
        signatures_checked=checked,
        words=statement(
            claim.parcel,
            claim.origin,
            states,
            as_of=as_of,
            size=size,
            openings=openings,
            as_of_size=as_of_size,
        ),
        as_of_size=as_of_size,
    )


def _newest_head(claim: TitleProof, policy: Policy, now: int) -> tuple[Endorsement, MapHead]:
    """Steps 1 to 3: the checkpoint is believed, and ends in this very map head."""
    proof = parse_tlog_proof(claim.map_head_proof)
    endorsement = policy.endorse(proof.checkpoint.encode(), origin=claim.origin, now=now)
    verify_tlog_proof(proof, entry=claim.map_head, checkpoint=endorsement.checkpoint)
    head = parse_map_head(claim.map_head)
    if proof.index != endorsement.checkpoint.size - 1:
        raise NotNewest(
            f"the map head stands at index {proof.index} of a log of {endorsement.checkpoint.size} entries; "
            "what came after it is not shown",
            remedy="Fetch a fresh proof from the registry.",
        )
    if head.size != proof.index:
        raise NotNewest(f"the map head says that {head.size} entries precede it, and {proof.index} do")
    return endorsement, head


def _states(claim: TitleProof, head: MapHead) -> dict[Key, Doc | None]:
    """Steps 4 and 5: each state is in its place of the map, and is what it says it is."""
    first = claim.states[0]
    if (first.kind, first.id) != ("parcel", claim.parcel):
        raise OtherParcel("the first state of the proof is not that of the parcel which the proof names")
    states: dict[Key, Doc | None] = {}
    for state in claim.states:
        if (state.kind, state.id) in states:
            raise MalformedState(f"the proof shows the {state.kind} {state.id[:80]} twice")
        _check_id(state)
        key = map_key(state.kind, origin=claim.origin, identifier=state.id)
        verify_map_path(state.proof, key=key, value=state.value, root=head.root)
        states[state.kind, state.id] = None if state.value is None else _document(state, state.value, head)
    return states


def _check_id(state: ProvedState) -> None:
    """An id has one spelling: under any other, a parcel that exists could be proved absent."""
    try:
        kind = kind_of(state.id)
    except BadInput as error:
        raise MalformedState(str(error)) from error
    if kind != state.kind:
        raise MalformedState(f"{state.id} is the id of a {kind}, and is shown as that of a {state.kind}")


def _document(state: ProvedState, value: bytes, head: MapHead) -> Doc:
    where = f"the state of {state.kind} {state.id}"
    try:
        doc = parse_object(value)
        match doc:
            case {"version": int(version), "last_index": int(last_index), "history": str(history)}:
                decode_base64(history, what=f"the history hash of {state.id}", length=HASH_BYTES)
            case _:
                raise MalformedState(f"{where} lacks version, last_index or history")
    except (NotCanonical, BadBase64) as error:
        raise MalformedState(f"{where}: {error}") from error
    if (doc.get("kind"), doc.get("id")) != (state.kind, state.id):
        raise MalformedState(f"{where} is the document of another")
    if version < 1 or not 0 <= last_index < head.size:
        raise MalformedState(f"{where} names version {version} at index {last_index}, which cannot be")
    return doc


def _check_unit(claim: TitleProof, states: Mapping[Key, Doc | None]) -> None:
    """An active parcel comes with its unit: it is the unit that says who holds what."""
    parcel = states["parcel", claim.parcel]
    if parcel is None or parcel.get("status") == "retired":
        return
    if parcel.get("status") != "active":
        raise MalformedState(f"the parcel {claim.parcel} is neither active nor retired")
    second = claim.states[1] if len(claim.states) > 1 else None
    if second is None or second.kind != "unit" or second.id != parcel.get("unit"):
        raise UnitMissing(
            f"the parcel belongs to unit {parcel.get('unit')}, whose state does not stand second"
        )
    _check_listed(claim.parcel, second.id, states["unit", second.id])


def _check_listed(parcel: str, identifier: str, unit: Doc | None) -> None:
    parcels = unit.get("parcels") if unit else None
    if not isinstance(parcels, list) or parcel not in parcels:
        raise UnitMissing(f"the unit {identifier} does not list the parcel {parcel}")


def _genesis(claim: TitleProof, checkpoint: Checkpoint) -> Genesis | None:
    """What the log's first entry says, where the proof bears it: which keys are the root keys."""
    if claim.genesis is None:
        return None
    entry = claim.genesis.entry
    verify_inclusion(
        index=0,
        size=checkpoint.size,
        leaf=leaf_hash(entry),
        root=checkpoint.root,
        proof=claim.genesis.path,
    )
    genesis = parse_genesis(entry)
    if genesis.origin != claim.origin:
        raise MalformedGenesis(f"the genesis entry is that of {genesis.origin}, and stands in another log")
    return genesis


def _histories(
    claim: TitleProof, states: Mapping[Key, Doc | None], genesis: Genesis | None
) -> tuple[dict[Key, Replay], bool]:
    """Step 7: the history of each state that comes with one, and whether signatures were judged."""
    officers: dict[str, OfficerKey] = {
        identifier: read_officer(identifier, doc)
        for (kind, identifier), doc in states.items()
        if kind == "officer" and doc is not None
    }
    signers = Signers(officers, genesis)
    replays: dict[Key, Replay] = {}
    judged = False
    for state in claim.states:
        if state.history is None or state.value is None:
            continue
        replays[state.kind, state.id] = check_history(
            state.id, state.kind, state.value, state.history, origin=claim.origin, signers=signers
        )
        judged = judged or (bool(officers) and state.kind != "officer")
    return replays, judged


def _states_at(
    parcel: str, states: Mapping[Key, Doc | None], replays: Mapping[Key, Replay], size: int, logged: int
) -> dict[Key, Doc | None]:
    """The parcel and its unit as they stood when the log had ``size`` entries, replayed from their histories.

    No old map is needed: the chain in today's state binds every event of the past (transparency spec 4.6).
    """
    if not 1 <= size <= logged:
        raise BeyondTheLog(f"the proof is of a log of {logged} entries, and says nothing of its first {size}")

    def then(kind: str, identifier: str) -> Doc | None:
        if states[kind, identifier] is None:
            return None  # never registered, so not then either
        if (kind, identifier) not in replays:
            raise HistoryMissing(
                f"the proof does not bear the history of the {kind} {identifier}",
                remedy="Ask for a proof with whole histories.",
            )
        return replays[kind, identifier].at(size)

    record = then("parcel", parcel)
    shown: dict[Key, Doc | None] = {("parcel", parcel): record}
    if record is None or record.get("status") != "active":
        return shown
    unit = str(record.get("unit"))
    if ("unit", unit) not in states:
        raise UnitMissing(
            f"the parcel then belonged to unit {unit[:80]}, which the proof does not show",
            remedy="Ask for a proof with whole histories.",
        )
    shown["unit", unit] = then("unit", unit)
    _check_listed(parcel, unit, shown["unit", unit])
    return shown


def _openings(revealed: Sequence[Revealed], documents: Sequence[Doc]) -> tuple[Opening, ...]:
    """Step 8: each value opens a commitment that a proved state or event bears."""
    if not revealed:
        return ()
    borne = {text for document in documents for text in _texts(document)}
    openings = []
    for item in revealed:
        if not item.field.isprintable():  # a line feed in it would let two openings share one commitment
            raise UnfoundedOpening("the name of a field that is revealed is not printable text")
        opening = Opening(item.field, item.salt, item.value)
        if opening.commitment != item.commitment:
            raise UnfoundedOpening(
                f"the {item.field[:80]!r} that is revealed is not what its commitment binds"
            )
        if item.commitment not in borne:
            raise UnfoundedOpening(
                f"the {item.field[:80]!r} that is revealed belongs to no state or event shown"
            )
        openings.append(opening)
    return tuple(openings)


def _texts(value: Json) -> Iterator[str]:
    """Every text that stands as a value within a document."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from _texts(item)
