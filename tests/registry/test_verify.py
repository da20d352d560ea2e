"""The verifier: what a title proof says, and that nothing else than the truth gets past it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Any, cast

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from nacl.signing import SigningKey

from domain.canon import canonical, parse_object
from domain.commitment import Opening
from domain.errors import VerificationError
from domain.projection import NO_HISTORY, DoesNotFollow, advance
from registry.dsse import EVENT, BadSignature, UnknownKey, parse_envelope, seal, sign
from registry.log.checkpoint import WrongOrigin
from registry.log.ed25519 import SeedKey
from registry.log.encoding import encode_base64
from registry.log.hashing import leaf_hash
from registry.log.map_head import MalformedMapHead
from registry.log.note import BadNoteSignature, NoteSigner, UnknownSigner
from registry.log.policy import Policy, QuorumMissed, StaleCheckpoint, UnknownLog
from registry.log.prefix_map import PathRefused
from registry.log.title_proof import LoggedEvent, MalformedTitleProof, TitleProof
from registry.log.tree import NotIncluded
from registry.verify import (
    BeyondTheLog,
    HistoryMissing,
    MalformedState,
    NotNewest,
    OtherParcel,
    UnfoundedOpening,
    UnitMissing,
    Verdict,
    verify_title_proof,
)
from registry.verify_history import BrokenHistory, HistoryDiffers, MalformedOfficer, SignerNotEntitled
from tests.registry.make_vectors import review
from tests.registry.titles import (
    ASHA,
    CLERK,
    COLLECTOR,
    NEIGHBOUR,
    NOW,
    OFFICE,
    ORIGIN,
    PARCEL,
    POLICY,
    RAVI,
    ROOTS,
    TAHSILDAR,
    UNIT,
    WITNESS,
    WITNESSED,
    Registry,
    keyid,
    parcel_members,
    unit_members,
    village,
)

TRUST = Policy.parse(POLICY)
STRANGER = "593873-000999"
OTHER_UNIT = "593873-U000046"


def verdict(proof: TitleProof | bytes, **asked: Any) -> Verdict:
    data = proof.format() if isinstance(proof, TitleProof) else proof
    return verify_title_proof(data, asked.pop("policy", TRUST), now=asked.pop("now", NOW), **asked)


def test_a_proof_says_what_the_record_shows() -> None:
    found = verdict(village().proof(openings=[ASHA, RAVI]), parcel=PARCEL)
    assert (found.status, found.parcel, found.size, found.as_of) == ("current", PARCEL, 6, None)
    assert found.record is not None
    assert found.record["unit"] == UNIT
    assert found.openings == (ASHA, RAVI)
    assert not found.signatures_checked
    assert found.words == (
        "As of a checkpoint that no witness was asked to vouch for (log registry.example/land/test, 6 entries), "
        "the record of rights shows parcel 593873-000145 (label 101/2, version 1) in unit 593873-U000045 "
        "(label 45), held by Asha, share 1/2; Ravi, share 1/2. Charges: none. Restrictions: none. Holds: none. "
        "Pending: none."
    )


def test_holders_whose_names_are_not_revealed_stay_hidden() -> None:
    words = verdict(village().proof(openings=[RAVI])).words
    assert "Asha" not in words
    assert "(name not revealed), share 1/2; Ravi, share 1/2" in words


def test_burdens_of_parcel_and_unit_are_told_together() -> None:
    registry = village()
    registry.order({PARCEL: {"restrictions": [{"kind": "stay", "since": None}]}})
    registry.order({UNIT: {"charges": [{"kind": "mortgage", "since": None}], "holds": {"c": "withheld"}}})
    registry.add_head()
    words = verdict(registry.proof()).words
    assert "Charges: mortgage. Restrictions: stay. Holds: not shown, so not known to be clear." in words


def test_a_witnessed_proof_is_dated_by_its_witnesses() -> None:
    registry = village()
    proof = registry.proof(checkpoint=registry.checkpoint(WITNESS, time=NOW - 60))
    found = verdict(proof, policy=Policy.parse(WITNESSED))
    assert found.as_of == NOW - 60
    assert found.words.startswith("As of 2027-01-15 07:59:00 UTC (log")


def test_a_parcel_that_was_never_registered_is_absent() -> None:
    found = verdict(village().proof(STRANGER), parcel=STRANGER)
    assert (found.status, found.record) == ("absent", None)
    assert found.words.endswith("no parcel was ever registered under the id 593873-000999.")


def test_every_parcel_is_absent_from_an_empty_registry() -> None:
    registry = Registry()
    registry.add_head()
    assert verdict(registry.proof(STRANGER)).status == "absent"


def test_a_retired_parcel_names_its_successors_and_needs_no_unit() -> None:
    proof = village().proof(NEIGHBOUR)
    found = verdict(replace(proof, states=proof.states[:1]))
    assert found.words.endswith("is retired. Its successors are 593873-000200.")


def test_a_line_feed_may_end_the_file() -> None:
    data = village().proof().format()
    assert verdict(data + b"\n") == verdict(data)


def test_history_is_replayed_and_signatures_are_judged_where_the_officers_keys_are_shown() -> None:
    registry = village()
    officer = keyid(TAHSILDAR)
    assert not verdict(registry.proof(histories=[PARCEL, UNIT])).signatures_checked
    proof = registry.proof(PARCEL, officer, histories=[PARCEL, UNIT, officer])
    assert verdict(proof).signatures_checked


# What must be refused, in the order of the verifier's steps.


def test_a_proof_for_another_parcel_than_the_one_asked_about_is_refused() -> None:
    with pytest.raises(OtherParcel, match=f"about parcel {PARCEL}, not about {STRANGER}"):
        verdict(village().proof(), parcel=STRANGER)


def test_a_proof_relabelled_for_another_parcel_is_refused() -> None:
    with pytest.raises(OtherParcel):
        verdict(replace(village().proof(), parcel=STRANGER), parcel=STRANGER)


def test_a_log_that_the_policy_does_not_know_is_refused() -> None:
    with pytest.raises(UnknownLog):
        verdict(village().proof(), policy=Policy.parse("quorum none\n"))


def test_a_checkpoint_by_another_key_is_refused() -> None:
    registry = village()
    registry.log = NoteSigner(ORIGIN, SeedKey(bytes([9]) * 32))
    with pytest.raises(UnknownSigner):
        verdict(registry.proof())


def test_a_checkpoint_of_another_log_that_the_bank_trusts_too_is_refused() -> None:
    other = NoteSigner("registry.example/land/other", SeedKey(bytes([9]) * 32))
    registry = village()
    foreign = Registry(other.name, other)
    foreign.entries = registry.entries
    policy = Policy.parse(f"log {other.verifier_key.format()}\n{POLICY}")
    with pytest.raises(VerificationError) as refused:
        verdict(registry.proof(checkpoint=foreign.checkpoint()), policy=policy)
    assert isinstance(refused.value, UnknownSigner | WrongOrigin)


def test_a_proof_without_witnesses_does_not_satisfy_a_bank_that_asks_for_one() -> None:
    with pytest.raises(QuorumMissed):
        verdict(village().proof(), policy=Policy.parse(WITNESSED))


def test_yesterdays_proof_is_stale() -> None:
    registry = village()
    proof = registry.proof(checkpoint=registry.checkpoint(WITNESS, time=NOW - 901))
    with pytest.raises(StaleCheckpoint):
        verdict(proof, policy=Policy.parse(WITNESSED, max_age=900))


def test_a_cosignature_of_another_tree_condemns_the_proof() -> None:
    registry = village()
    older = registry.checkpoint(WITNESS)
    registry.order({PARCEL: {"use": "dry"}})
    registry.add_head()
    spliced = registry.checkpoint() + older.split("\n")[-2] + "\n"
    with pytest.raises(BadNoteSignature):
        verdict(registry.proof(checkpoint=spliced), policy=Policy.parse(WITNESSED))


def test_the_proof_of_an_older_head_fails_after_any_newer_entry() -> None:
    registry = village()
    old = registry.proof()
    registry.order({NEIGHBOUR: {"use": "dry"}})
    registry.add_head()
    fresh = registry.proof()
    with pytest.raises(NotIncluded):
        verdict(replace(old, map_head_proof=fresh.map_head_proof))
    with pytest.raises(NotNewest, match="index 5 of a log of 8 entries"):
        verdict(replace(old, map_head_proof=registry.proof(head_index=5).map_head_proof))


def test_a_checkpoint_that_does_not_end_in_a_map_head_is_refused() -> None:
    registry = village()
    registry.order({NEIGHBOUR: {"use": "dry"}})
    with pytest.raises(MalformedMapHead):
        verdict(registry.proof())


def test_a_map_head_that_miscounts_the_log_is_refused() -> None:
    registry = village()
    registry.add_head(size=99)
    with pytest.raises(NotNewest, match="says that 99"):
        verdict(registry.proof())


def test_a_state_from_another_time_is_refused() -> None:
    registry = village()
    before = registry.state(UNIT)
    registry.order({UNIT: {"charges": [{"kind": "mortgage", "since": None}]}})
    registry.add_head()
    proof = registry.proof()
    with pytest.raises(PathRefused):
        verdict(replace(proof, states=(proof.states[0], before)))


def test_a_parcel_under_another_kind_or_spelling_is_refused() -> None:
    proof = village().proof(STRANGER)
    absent = proof.states[0]
    for parcel in ("593873-999", UNIT, "593873-000145 "):
        other = replace(absent, id=parcel)
        with pytest.raises(MalformedState):
            verdict(replace(proof, parcel=parcel, states=(other,)))


def test_the_same_state_twice_is_refused() -> None:
    proof = village().proof()
    with pytest.raises(MalformedState, match="twice"):
        verdict(replace(proof, states=(*proof.states, proof.states[1])))


def lying(document: dict[str, Any], identifier: str = PARCEL) -> TitleProof:
    """A proof from a registry that put such a document into its map."""
    registry = village()
    registry.states[identifier] = {**registry.states[identifier], **document}
    registry.add_head()
    return registry.proof()


@pytest.mark.parametrize(
    "document",
    [
        {"kind": "unit"},
        {"id": STRANGER},
        {"version": 0},
        {"version": "1"},
        {"last_index": 6},
        {"last_index": -1},
        {"history": "AAAA"},
        {"status": "sold"},
    ],
    ids=str,
)
def test_a_state_that_is_not_what_it_must_be_is_refused_whoever_signs_it(document: dict[str, Any]) -> None:
    with pytest.raises(MalformedState):
        verdict(lying(document))


def test_an_active_parcel_needs_its_unit_beside_it() -> None:
    proof = village().proof()
    with pytest.raises(UnitMissing, match=UNIT):
        verdict(replace(proof, states=proof.states[:1]))
    registry = village()
    other = registry.proof(PARCEL, NEIGHBOUR)
    with pytest.raises(UnitMissing):
        verdict(replace(other, states=(other.states[0], other.states[2], other.states[1])))


def test_a_unit_that_does_not_list_the_parcel_is_refused() -> None:
    with pytest.raises(UnitMissing, match="does not list"):
        verdict(lying({"parcels": [NEIGHBOUR]}, UNIT))


# History.


def with_history(proof: TitleProof, events: list[LoggedEvent], at: int = 1) -> TitleProof:
    states = list(proof.states)
    states[at] = replace(states[at], history=tuple(events))
    return replace(proof, states=tuple(states))


def test_an_event_left_out_is_noticed() -> None:
    registry = village()
    events = registry.events[UNIT]
    with pytest.raises(HistoryDiffers):
        verdict(with_history(registry.proof(), events[:1]))
    with pytest.raises(BrokenHistory, match="does not build on"):
        verdict(with_history(registry.proof(), events[1:]))


def test_an_event_of_another_is_noticed() -> None:
    registry = village()
    with pytest.raises(BrokenHistory, match="does not name it"):
        verdict(with_history(registry.proof(), [registry.events[UNIT][0], *registry.events[NEIGHBOUR]]))


def test_events_out_of_order_or_at_another_index_are_noticed() -> None:
    registry = village()
    first, second = registry.events[UNIT]
    with pytest.raises(BrokenHistory):
        verdict(with_history(registry.proof(), [second, first]))
    with pytest.raises(BrokenHistory, match="do not rise"):
        verdict(with_history(registry.proof(), [first, first]))
    with pytest.raises(HistoryDiffers):
        verdict(with_history(registry.proof(), [first, replace(second, index=second.index + 1)]))


def test_an_event_of_another_registry_is_noticed() -> None:
    other = Registry("registry.example/land/other")
    other.order({PARCEL: parcel_members(), UNIT: unit_members()})
    with pytest.raises(BrokenHistory, match="another registry"):
        verdict(with_history(village().proof(), other.events[UNIT]))


def test_a_state_that_its_events_do_not_lead_to_is_noticed() -> None:
    registry = village()
    registry.states[UNIT]["charges"] = []
    registry.states[UNIT]["shares"] = [{"party": RAVI.commitment, "num": 1, "den": 1}]
    registry.add_head()
    with pytest.raises(HistoryDiffers):
        verdict(registry.proof(histories=[UNIT]))


def test_true_is_not_taken_for_one() -> None:
    registry = village()
    registry.states[UNIT]["shares"] = [{"party": o.commitment, "num": True, "den": 2} for o in (ASHA, RAVI)]
    registry.add_head()
    with pytest.raises(HistoryDiffers):
        verdict(registry.proof(histories=[UNIT]))


def test_an_empty_history_is_refused() -> None:
    with pytest.raises(MalformedTitleProof, match="0 items"):
        verdict(with_history(village().proof(), []))


@pytest.mark.parametrize(
    "members",
    [
        {"set": {}},
        {"set": {PARCEL: 7}},
        {"set": 7},
        {"set": {PARCEL: {"version": 9}}},
        {"touches": 7},
        {"touches": [{"id": PARCEL}]},
        {"touches": ["x"]},
        {"touches": [{"id": PARCEL, "prev_version": True, "prev_history": 5}]},
    ],
    ids=str,
)
def test_a_logged_event_of_the_wrong_form_is_refused_in_words(members: dict[str, Any]) -> None:
    registry = village()
    event = registry.events[PARCEL][0]
    payload = parse_object(parse_envelope(event.entry).payload)
    forged = LoggedEvent(event.index, resealed({**payload, **members}))
    with pytest.raises(VerificationError) as refused:
        verdict(with_history(registry.proof(), [forged], at=0))
    assert isinstance(refused.value, BrokenHistory | HistoryDiffers | DoesNotFollow)


def resealed(payload: dict[str, Any]) -> bytes:
    data = canonical(payload)
    return seal(EVENT, data, [sign(TAHSILDAR, EVENT, data)])


def signed_by(
    *signers: Any, officer: str = "AP-1", office: str = OFFICE, revoke: bool = False, **posting: Any
) -> TitleProof:
    """A parcel whose one event bears these signatures, with the states of the officers' keys."""
    registry = Registry()
    registry.enrol(TAHSILDAR, "AP-1", office=office, **posting)
    if revoke:
        registry.key_event("key.revoked/1", TAHSILDAR, reason="lost")
    registry.order({PARCEL: parcel_members(), UNIT: unit_members()}, *signers, officer=officer)
    registry.add_head()
    return registry.proof(PARCEL, keyid(TAHSILDAR), histories=[PARCEL])


def test_an_officer_posted_above_the_parcels_office_may_sign() -> None:
    assert verdict(signed_by(TAHSILDAR, office="28/511")).signatures_checked


@pytest.mark.parametrize("office", ["28/511/525", "28/512", "28/511/5257/1"])
def test_an_officer_posted_elsewhere_may_not(office: str) -> None:
    with pytest.raises(SignerNotEntitled, match="AP-1 was not entitled"):
        verdict(signed_by(TAHSILDAR, office=office))


def test_an_officer_whose_role_does_not_decide_such_orders_may_not() -> None:
    with pytest.raises(SignerNotEntitled, match=r"AP-1 was not entitled to sign a mutation\.sale/1"):
        verdict(signed_by(TAHSILDAR, roles=["lekhpal"]))


def test_a_key_that_was_revoked_before_may_not_sign() -> None:
    with pytest.raises(SignerNotEntitled):
        verdict(signed_by(TAHSILDAR, revoke=True))


def test_a_key_revoked_or_a_posting_ended_afterwards_leaves_earlier_orders_good() -> None:
    registry = village()
    registry.key_event("posting.ended/1", TAHSILDAR, office=OFFICE, roles=["tahsildar"])
    registry.key_event("key.revoked/1", TAHSILDAR, reason="retired")
    registry.add_head()
    officer = keyid(TAHSILDAR)
    assert verdict(registry.proof(PARCEL, officer, histories=[PARCEL, UNIT, officer])).signatures_checked


def test_an_officer_named_who_did_not_sign_is_noticed() -> None:
    with pytest.raises(SignerNotEntitled, match="has not signed"):
        verdict(signed_by(TAHSILDAR, officer="AP-2"))


def test_a_signature_by_a_key_whose_state_is_not_shown_is_refused() -> None:
    with pytest.raises(UnknownKey):
        verdict(signed_by(CLERK))


def test_a_forged_signature_in_the_log_is_noticed() -> None:
    registry = Registry()
    registry.enrol(TAHSILDAR, "AP-1")
    registry.order({PARCEL: parcel_members(), UNIT: unit_members()}, CLERK)
    event = registry.events[PARCEL][0]
    forged = event.entry.replace(keyid(CLERK).encode(), keyid(TAHSILDAR).encode())
    registry.entries[event.index] = forged
    for identifier in (PARCEL, UNIT):
        registry.events[identifier] = [LoggedEvent(event.index, forged)]
    payload = parse_object(parse_envelope(forged).payload)
    registry.states |= advance({}, EVENT, payload, event.index, leaf_hash(forged))
    registry.add_head()
    with pytest.raises(BadSignature):
        verdict(registry.proof(PARCEL, keyid(TAHSILDAR), histories=[PARCEL]))


@pytest.mark.parametrize(
    "document",
    [{"pub": "AAAA"}, {"pub": 7}, {"postings": [7]}, {"revoked": "never"}, {"officer": None}],
    ids=str,
)
def test_the_state_of_a_key_that_is_not_of_the_form_is_refused(document: dict[str, Any]) -> None:
    registry = village()
    registry.states[keyid(TAHSILDAR)] |= document
    registry.add_head()
    with pytest.raises(MalformedOfficer):
        verdict(registry.proof(PARCEL, keyid(TAHSILDAR)))


def test_a_key_changed_by_anything_but_key_events_is_refused() -> None:
    registry = village()
    registry.order({keyid(TAHSILDAR): {"postings": []}})
    registry.add_head()
    with pytest.raises(BrokenHistory):
        verdict(registry.proof(PARCEL, keyid(TAHSILDAR), histories=[keyid(TAHSILDAR)]))


# The past.


def moved() -> Registry:
    """A village whose parcel goes over to another unit, and later is retired."""
    registry = village()  # six entries
    other = unit_members(label="46", shares=[{"party": RAVI.commitment, "num": 1, "den": 1}])
    registry.order({PARCEL: {"unit": OTHER_UNIT}, UNIT: {"parcels": []}, OTHER_UNIT: other})
    registry.order({PARCEL: {"status": "retired", "successors": [NEIGHBOUR]}, OTHER_UNIT: {"parcels": []}})
    registry.add_head()
    return registry


def past(size: int, proof: TitleProof | None = None) -> Verdict:
    everything = (PARCEL, UNIT, OTHER_UNIT)
    return verdict(proof or moved().proof(PARCEL, UNIT, histories=everything), as_of_size=size)


def test_the_record_of_any_past_size_follows_from_whole_histories() -> None:
    assert (past(2).status, past(2).record) == ("absent", None)
    first = past(3)
    assert first.record is not None
    assert (first.record["version"], first.record["unit"]) == (1, UNIT)
    unit = first.states["unit", UNIT]
    assert unit is not None
    assert unit["shares"] == [{"party": ASHA.commitment, "num": 1, "den": 1}]
    halved = past(6).states["unit", UNIT]
    assert halved is not None
    assert [share["den"] for share in cast("Any", halved["shares"])] == [2, 2]
    assert past(7).states.keys() == {("parcel", PARCEL), ("unit", OTHER_UNIT)}
    assert past(8).words.endswith("is retired. Its successors are 593873-000146.")


def test_a_past_record_is_told_as_one() -> None:
    words = past(3).words
    assert (
        "(log registry.example/land/test, 9 entries), its whole history tells: when the log had 3 entries"
        in words
    )
    assert "in unit 593873-U000045 (label 45)" in words
    assert past(2).words.endswith("no parcel was registered under the id 593873-000145 yet.")
    assert past(3).as_of_size == 3


def test_the_newest_size_is_the_record_of_today() -> None:
    proof = village().proof(histories=[PARCEL, UNIT])
    assert past(6, proof).states == verdict(proof).states


@pytest.mark.parametrize("size", [-1, 0, 10, 2**70])
def test_a_size_that_the_proved_log_never_had_is_refused(size: int) -> None:
    with pytest.raises(BeyondTheLog, match="of a log of 9 entries"):
        past(size)


def test_without_histories_nothing_is_said_of_the_past() -> None:
    with pytest.raises(HistoryMissing, match=PARCEL):
        past(3, village().proof())
    with pytest.raises(HistoryMissing, match=UNIT):
        past(3, village().proof(histories=[PARCEL]))


def test_the_unit_of_then_has_to_be_shown() -> None:
    registry = moved()
    proof = registry.proof(histories=[PARCEL, OTHER_UNIT])
    with pytest.raises(UnitMissing, match="then belonged to unit 593873-U000045"):
        past(3, proof)


def test_a_parcel_that_was_never_registered_was_not_registered_then() -> None:
    assert past(3, village().proof(STRANGER)).status == "absent"


def test_the_past_of_an_altered_history_is_refused() -> None:
    registry = moved()
    proof = registry.proof(PARCEL, UNIT, histories=(PARCEL, UNIT, OTHER_UNIT))
    events = proof.states[0].history
    assert events
    with pytest.raises(HistoryDiffers):
        past(3, with_history(proof, list(events[:1]), at=0))


# Openings.


def test_a_name_that_the_record_does_not_commit_to_is_refused() -> None:
    stranger = Opening("party", bytes(32), {"name": "Mohan"})
    with pytest.raises(UnfoundedOpening, match="belongs to no state"):
        verdict(village().proof(openings=[stranger]))


def test_another_name_under_a_commitment_of_the_record_is_refused() -> None:
    proof = village().proof(openings=[ASHA])
    forged = replace(proof.openings[0], value={"name": "Mohan"})
    with pytest.raises(UnfoundedOpening, match="not what its commitment binds"):
        verdict(replace(proof, openings=(forged,)))


def test_a_field_name_with_a_line_feed_is_refused() -> None:
    proof = village().proof(openings=[ASHA])
    with pytest.raises(UnfoundedOpening, match="printable"):
        verdict(replace(proof, openings=(replace(proof.openings[0], field="party\n"),)))


def test_what_an_event_commits_to_may_be_revealed_with_its_history() -> None:
    price = Opening("consideration", bytes(32), 450_000_00)
    registry = village()
    registry.order({UNIT: {}}, private={"consideration": price.commitment})
    registry.add_head()
    with pytest.raises(UnfoundedOpening):
        verdict(registry.proof(openings=[price]))
    assert verdict(registry.proof(histories=[UNIT], openings=[price])).openings == (price,)


# The file.

NAMES = (
    "kind", "id", "version", "last_index", "history", "status", "unit", "parcels", "shares", "charges", "pending",
    "origin", "type", "touches", "set", "officer", "office", "pub", "postings", "enrolled", "revoked", "roles", UNIT,
)  # fmt: skip
FULL = village().proof(PARCEL, keyid(TAHSILDAR), histories=[PARCEL, UNIT], openings=[ASHA, RAVI])


@pytest.mark.parametrize("name", ["plain", "full", "absent", "witnessed"])
def test_no_byte_of_a_proof_can_be_changed(name: str) -> None:
    """Every byte, changed in its lowest bit, in its case and to what ends JSON's words."""
    registry = village()
    policy = TRUST
    proof = {"plain": registry.proof(), "full": FULL, "absent": registry.proof(STRANGER)}.get(name)
    if proof is None:
        proof, policy = registry.proof(checkpoint=registry.checkpoint(WITNESS)), Policy.parse(WITNESSED)
    data = proof.format()
    assert verdict(data, policy=policy)
    for at, byte in enumerate(data):
        for other in {byte ^ 1, byte ^ 0x20, ord("\\"), ord('"'), ord(" ")} - {byte}:
            changed = data[:at] + bytes([other]) + data[at + 1 :]
            assert_refused(changed, policy, f"byte {at} changed from {byte:#x} to {other:#x} passes unseen")


def assert_refused(data: bytes, policy: Policy, otherwise: str) -> None:
    try:
        verify_title_proof(data, policy, now=NOW)
    except VerificationError:
        return
    pytest.fail(otherwise)


def test_no_part_of_a_proof_is_a_proof() -> None:
    data = FULL.format()
    for length in range(0, len(data), 7):
        assert_refused(data[:length], TRUST, f"the first {length} bytes pass for the whole")
    assert_refused(data[:-1], TRUST, "all but the last byte passes for the whole")


@given(st.integers(0, len(FULL.format()) - 1), st.integers(1, 255))
def test_no_byte_can_be_changed_to_any_other(at: int, difference: int) -> None:
    data = bytearray(FULL.format())
    data[at] ^= difference
    assert_refused(bytes(data), TRUST, f"byte {at} changed by {difference:#x} passes unseen")


@given(st.integers(0, len(FULL.format())), st.binary(min_size=1, max_size=3))
def test_nothing_can_be_slipped_in(at: int, more: bytes) -> None:
    data = FULL.format()
    grown = data[:at] + more + data[at:]
    if grown != data + b"\n":
        assert_refused(grown, TRUST, f"{more!r} slipped in at {at} passes unseen")


def test_members_of_unknown_names_are_ignored() -> None:
    document = parse_object(FULL.format())
    assert verdict(canonical({**document, "seal": {"by": "the press"}})) == verdict(FULL)


@pytest.mark.parametrize(
    "name", ["0openings", "opxenyings", "openngs", "opfnings", "Openings", "op\nings", "hist\tory", "a b"]
)
def test_a_member_that_looks_like_a_known_one_is_not_ignored(name: str) -> None:
    document = parse_object(FULL.format())
    document[name] = document.pop("openings")
    with pytest.raises(MalformedTitleProof, match="member"):
        verdict(canonical(document))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b"[]",
        b"null",
        b"\xff",
        b"[" * 100_000,
        b'{"format":"landlog/title-proof@v2"}',
        b'{"format":"landlog/title-proof@v1"}',
        b"1" * 5000,
        b'{"a":1,"a":1}',
        b"x" * (5 << 20),
    ],
    ids=lambda d: repr(d[:24]),
)
def test_bytes_that_are_no_proof_are_refused_in_words(data: bytes) -> None:
    with pytest.raises(MalformedTitleProof):
        verdict(data)


@given(st.data())
def test_any_value_in_any_place_is_a_proof_or_refused_in_words(data: st.DataObject) -> None:
    """The verifier meets every type where it expects another."""
    document = parse_object(FULL.format())
    values = st.sampled_from([None, True, 0, -1, 2**53 - 1, "", "AAAA", "x" * 99, [], [None], {}, {"a": 1}])
    where: Any = document
    while True:
        key = data.draw(
            st.sampled_from(sorted(where) if isinstance(where, dict) else list(range(len(where))))
        )
        inner = where[key]
        if isinstance(inner, dict | list) and inner and data.draw(st.booleans()):
            where = inner
            continue
        where[key] = data.draw(values)
        break
    with suppress(VerificationError):
        assert verdict(canonical(document), as_of_size=data.draw(st.sampled_from([None, 3])))


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.sampled_from(["", "AAAA", PARCEL, UNIT]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=12,
)


@given(
    st.lists(st.fixed_dictionaries({}, optional=dict.fromkeys(NAMES, JSON_VALUES)), min_size=1, max_size=3)
)
def test_any_payload_in_a_history_is_a_history_or_refused_in_words(payloads: list[dict[str, Any]]) -> None:
    """Whoever runs the log may put anything into it, in canonical form and well signed."""
    registry = village()
    opening: dict[str, Any] = {
        "origin": ORIGIN,
        "touches": [{"id": UNIT, "prev_version": 0, "prev_history": NO_HISTORY}],
    }
    events = [LoggedEvent(n, resealed({**opening, **payload})) for n, payload in enumerate(payloads)]
    with suppress(VerificationError):
        assert verdict(with_history(registry.proof(), events), as_of_size=2)


@given(
    st.dictionaries(st.sampled_from([n for n in NAMES if n != "unit"]), JSON_VALUES),
    st.sampled_from([PARCEL, UNIT, keyid(TAHSILDAR)]),
)
def test_any_state_that_the_map_holds_is_told_or_refused_in_words(members: dict[str, Any], lied: str) -> None:
    """Whoever runs the registry may put anything into its map, and prove it."""
    registry = village()
    registry.states[lied] = {**registry.states[lied], **members}
    registry.add_head()
    with suppress(VerificationError):
        assert verdict(registry.proof(PARCEL, keyid(TAHSILDAR), openings=[ASHA])).words


@given(st.text() | st.text("".join({*WITNESSED, "\n"})))
def test_any_policy_is_read_or_refused_in_words(text: str) -> None:
    with suppress(VerificationError):
        assert Policy.parse(text.encode("utf-8", "surrogatepass"))
    with suppress(VerificationError):
        assert Policy.parse(f"{WITNESSED}{text}")


@given(st.text(alphabet=st.sampled_from(sorted({*FULL.map_head_proof, "\x00", "é"}))), st.integers(0, 400))
def test_any_tlog_proof_in_a_title_proof_is_refused_in_words(text: str, at: int) -> None:
    whole = FULL.map_head_proof
    changed = whole[:at] + text + whole[at + len(text) + 1 :]
    assume(changed != whole)
    with pytest.raises(VerificationError):
        verdict(replace(FULL, map_head_proof=changed))


ROOT_TEXTS = sorted(encode_base64(bytes(key.verify_key)) for key in (*ROOTS, CLERK))


@given(
    st.dictionaries(
        st.sampled_from(["schema", "origin", "root_keys", "threshold", "log_keys", "projection"]),
        JSON_VALUES | st.lists(st.sampled_from(ROOT_TEXTS), max_size=9),
        max_size=3,
    ),
    st.lists(st.sampled_from([*ROOTS, CLERK]), min_size=1, max_size=3, unique=True),
)
def test_any_genesis_entry_is_read_or_refused_in_words(
    members: dict[str, Any], founders: list[SigningKey]
) -> None:
    """Whoever founds a registry may sign anything as its first entry."""
    registry = Registry()
    registry.found(*founders, **members)
    registry.order({PARCEL: parcel_members(), UNIT: unit_members()})
    registry.add_head()
    with suppress(VerificationError):
        assert verdict(replace(registry.proof(), genesis=registry.genesis())).status == "current"


@given(
    st.dictionaries(
        st.sampled_from(["officer", "decided", "office", "type", "case", "auto"]), JSON_VALUES, max_size=3
    ),
    st.lists(st.sampled_from([*ROOTS, TAHSILDAR, CLERK, COLLECTOR]), min_size=1, max_size=4, unique=True),
)
def test_any_review_is_judged_or_refused_in_words(members: dict[str, Any], signers: list[SigningKey]) -> None:
    """Root keys and officers together may sign any order, and say anything in it."""
    by_roots = sum(key in ROOTS for key in signers) >= 2
    with suppress(VerificationError):
        assert verdict(review(*signers, **{"type": "record.flagged/1", **members})).signatures_checked
        assert by_roots or COLLECTOR in signers
