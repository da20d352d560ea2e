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
from registry.log.encoding import BadBase64, decode_base64
from registry.log.hashing import HASH_BYTES
from registry.log.map_head import MapHead, parse_map_head
from registry.log.policy import Endorsement, Policy
from registry.log.prefix_map import map_key, verify_map_path
from registry.log.title_proof import ProvedState, Revealed, TitleProof, parse_title_proof
from registry.log.tlog_proof import parse_tlog_proof, verify_tlog_proof
from registry.statement import statement
from registry.verify_history import OfficerKey, check_history, read_officer

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


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What the record of rights shows, and as of when.

    ``as_of`` (POSIX seconds) is when a quorum of the policy's witnesses last vouched that this is the newest
    state, the k-th newest of k cosignatures; None where the policy asks for none.  ``size`` is the log's size.
    ``signatures_checked`` tells whether officers' signatures were judged, which takes histories and the states
    of their keys.
    """

    status: Literal["current", "absent"]
    parcel: str
    states: Mapping[Key, Mapping[str, Json] | None]
    as_of: int | None
    size: int
    openings: tuple[Opening, ...]
    signatures_checked: bool
    words: str

    @property
    def record(self) -> Mapping[str, Json] | None:
        """The parcel's state document; None where the parcel was never registered."""
        return self.states["parcel", self.parcel]


def verify_title_proof(proof: bytes, policy: Policy, *, now: int, parcel: str | None = None) -> Verdict:
    """The verdict of a title proof under a policy, at the time ``now`` (POSIX seconds).

    ``parcel`` is the id that the caller asks about; without it the verdict is on the parcel that the file names.

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
    events, checked = _histories(claim, states)
    openings = _openings(claim.openings, [*(doc for doc in states.values() if doc), *events])
    record = states["parcel", claim.parcel]
    as_of, size = endorsement.as_of, endorsement.checkpoint.size
    return Verdict(
        status="absent" if record is None else "current",
        parcel=claim.parcel,
        states=states,
        as_of=as_of,
        size=size,
        openings=openings,
        signatures_checked=checked,
        words=statement(claim.parcel, claim.origin, states, as_of=as_of, size=size, openings=openings),
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
    unit = states["unit", second.id]
    parcels = unit.get("parcels") if unit else None
    if not isinstance(parcels, list) or claim.parcel not in parcels:
        raise UnitMissing(f"the unit {second.id} does not list the parcel {claim.parcel}")


def _histories(claim: TitleProof, states: Mapping[Key, Doc | None]) -> tuple[list[Doc], bool]:
    """Step 7: the events of each state that comes with its history, and whether signatures were judged."""
    officers: dict[str, OfficerKey] = {
        identifier: read_officer(identifier, doc)
        for (kind, identifier), doc in states.items()
        if kind == "officer" and doc is not None
    }
    events: list[Doc] = []
    judged = False
    for state in claim.states:
        if state.history is None or state.value is None:
            continue
        events += check_history(
            state.id, state.kind, state.value, state.history, origin=claim.origin, officers=officers
        )
        judged = judged or (bool(officers) and state.kind != "officer")
    return events, judged


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
