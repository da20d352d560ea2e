"""The auditor: an honest log passes, and every way of breaking the registry's law is found, named and kept."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from domain.canon import canonical
from domain.errors import BadInput
from registry import dsse
from registry.audit.auditor import AuditFailed, Auditor, NotWhatWasSigned, OtherLog, Report
from registry.audit.effects import UnknownType
from registry.audit.ledger import LedgerDamaged
from registry.audit.source import Directory, LogReader, LogUnreadable, log_at
from registry.keys import Key
from registry.log.checkpoint import open_checkpoint
from registry.log.ed25519 import SeedKey
from registry.log.encoding import encode_base64
from registry.log.hashing import leaf_hash
from registry.log.note import NoteSigner, NoteVerifier, UnknownSigner
from registry.log.tlog_proof import parse_tlog_proof, verify_tlog_proof
from tests.registry.audit.land import (
    CLERK,
    KEYS,
    LOG,
    OFFICE,
    ORIGIN,
    ROOTS,
    SECOND,
    TAHSILDAR,
    Registry,
    devgarh,
    sale,
    verifiers,
    village,
    whole,
)


def auditor(place: Path) -> Auditor:
    return Auditor(LogReader(Directory(place / "log")), verifiers(), place / "state")


def audited(registry: Registry, place: Path) -> Report:
    registry.publish(place / "log")
    one = auditor(place)
    try:
        return one.follow()
    finally:
        one.ledger.close()


def test_a_log_that_keeps_the_law_passes(tmp_path: Path) -> None:
    registry = village()
    registry.order("sale", sale(registry))
    registry.head()
    report = audited(registry, tmp_path)
    assert (report.size, report.new_entries, report.events) == (12, 12, 9)
    assert report.states == len(registry.states) == 9
    assert report.notes == ()


def test_the_next_run_takes_up_where_the_last_one_ended(tmp_path: Path) -> None:
    registry = village()
    sizes = [audited(registry, tmp_path).size]
    for share in ("1/6", "1/12"):
        registry.order("sale", sale(registry, share=share))
        registry.head()
        report = audited(registry, tmp_path)
        sizes.append(report.size)
        assert report.new_entries == 2
    assert audited(registry, tmp_path).new_entries == 0
    assert sizes == [10, 12, 14]


def test_a_run_that_is_interrupted_keeps_what_was_found_to_hold(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("registry.audit.auditor.SAVE_ENTRIES", 2)
    registry = village()
    for share in ("1/6", "1/12", "1/24"):
        registry.order("sale", sale(registry, share=share))
        registry.head()
    registry.publish(tmp_path / "log")
    seen: list[int] = []

    def stopped(done: int, total: int) -> None:
        seen.append(done)
        if len(seen) == 3:
            raise KeyboardInterrupt

    first = auditor(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        first.follow(stopped)
    first.ledger.close()
    second = auditor(tmp_path)
    assert second.ledger.position.size == seen[-1]
    assert second.accepted() is None  # of the whole checkpoint nothing is said yet
    assert second.follow().new_entries == 16 - seen[-1]
    second.ledger.close()


def test_a_long_log_is_read_bundle_by_bundle(tmp_path: Path) -> None:
    registry = village()
    for n in range(150):
        registry.order("sale", whole(registry))
        registry.order("sale", whole(registry, "2"))
        if n % 10 == 9:
            registry.head()
    assert audited(registry, tmp_path).size == 10 + 300 + 15


@dataclass(frozen=True)
class Lie:
    """What somebody with every key of the server does, and what the auditor says of which entry."""

    tells: Callable[[Registry], object]
    code: str
    words: str
    at: int | None = 10
    """Where the lie stands: 10 is the first entry after the village; -1 the last one, None the tree itself."""


def order(**changed: Any) -> Callable[[Registry], None]:
    """A sale that says something else than the office would."""

    def tell(registry: Registry) -> None:
        registry.order("sale", sale(registry), changed=changed)

    return tell


def signed_by(*by: str, **changed: Any) -> Callable[[Registry], None]:
    def tell(registry: Registry) -> None:
        registry.order("sale", sale(registry), by=by, changed=changed)

    return tell


def more_than_asha_sold(registry: Registry) -> None:
    unit = registry.unit("1")
    shares = [{"party": unit.shares[0].party, "num": 1, "den": 1}]
    registry.order("sale", sale(registry), changed={"set": {unit.id: {"shares": shares}}})


def a_neighbour_too(registry: Registry) -> None:
    unit, other = registry.unit("1"), registry.unit("2")
    effect = {unit.id: {"shares": []}, other.id: {"label": "99"}}
    touches = [registry.touch(unit.id), registry.touch(other.id)]
    registry.order("sale", sale(registry), changed={"set": effect, "touches": touches})


def true_for_one(registry: Registry) -> None:
    """In Python ``True == 1``; in the record they are two values."""
    unit = registry.unit("1")
    before = len(registry.entries)
    registry.order("sale", sale(registry))
    payload: dict[str, Any] = dsse.parse_payload(dsse.parse_envelope(registry.entries.pop()).payload)
    registry._leaves.pop()
    effect: Any = payload["set"]
    effect[unit.id]["shares"][0]["num"] = True
    for name in ("schema", "origin", "event_id", "type", "decided", "touches"):
        payload.pop(name)
    registry.states[unit.id]["version"] = 1
    registry.event("mutation.sale/1", [unit.id], by=[KEYS[TAHSILDAR]], **payload)
    assert len(registry.entries) == before + 1


def builds_on(**changed: Any) -> Callable[[Registry], None]:
    def tell(registry: Registry) -> None:
        unit = registry.unit("1").id
        registry.order("sale", sale(registry), changed={"touches": [{**registry.touch(unit), **changed}]})

    return tell


def by_a_stranger(registry: Registry) -> None:
    registry.order("sale", sale(registry))
    forged(registry, Key.from_seed(bytes([99]) * 32))


def by_a_root_key(registry: Registry) -> None:
    registry.order("sale", sale(registry))
    forged(registry, ROOTS[0])


def forged(registry: Registry, key: Key) -> None:
    """The last entry, signed by another key."""
    payload = dsse.parse_envelope(registry.entries.pop()).payload
    registry._leaves.pop()
    registry.add(dsse.seal(dsse.EVENT, payload, [key.sign_payload(dsse.EVENT, payload)]))


def with_a_broken_signature(registry: Registry) -> None:
    registry.order("sale", sale(registry))
    envelope = dsse.parse_envelope(registry.entries.pop())
    registry._leaves.pop()
    other = KEYS[TAHSILDAR].sign_payload(dsse.EVENT, canonical({"another": "payload"}))
    registry.add(dsse.seal(dsse.EVENT, envelope.payload, [other]))


def with_a_blank(registry: Registry) -> None:
    registry.order("sale", sale(registry))
    entry = registry.entries.pop()
    registry._leaves.pop()
    registry.add(entry + b" ")


def twice(registry: Registry) -> None:
    registry.add(registry.entries[8])


def after(
    act: Callable[[Registry], object], at: int, tell: Callable[[Registry], object]
) -> Callable[[Registry], None]:
    def both(registry: Registry) -> None:
        act(registry)
        assert len(registry.entries) == at
        tell(registry)

    return both


def ended(registry: Registry) -> None:
    registry.act(
        "posting.ended/1", [KEYS[TAHSILDAR].keyid], officer=TAHSILDAR, office=OFFICE, roles=["tahsildar"]
    )


def appointed(registry: Registry) -> None:
    registry.post(SECOND, "appointing-authority")


def government_land(registry: Registry) -> None:
    """Land of the state is sold with one signature where two are asked for."""
    for identifier in registry.unit("1").parcels:
        registry.states[identifier]["class"] = "government"


def in_doubt(registry: Registry) -> None:
    registry.revoke(TAHSILDAR, suspect_from_index=10)


def reviewed(registry: Registry, identifier: str, officer: str = TAHSILDAR) -> None:
    """What the key touched is put under review, by two root keys."""
    flag = {"kind": "key-review", "since": None, "on": None, "details": None}
    registry.event(
        "record.flagged/1",
        [identifier],
        by=ROOTS[:2],
        office=OFFICE,
        order_no="KEY-REVIEW/1",
        officer="root-keys",
        set={identifier: {"restrictions": [*registry.states[identifier]["restrictions"], flag]}},  # type: ignore[misc]
        facts={"keyid": KEYS[officer].keyid},
        private={},
        documents=[],
    )


NEWER = NoteSigner(ORIGIN, SeedKey(bytes([8]) * 32))
OTHER_NAME = NoteSigner("registry.example/other", SeedKey(bytes([8]) * 32))
KEY_OF_TAHSILDAR = KEYS[TAHSILDAR].keyid
LIES: dict[str, Lie] = {
    "shares that the facts do not give": Lie(more_than_asha_sold, "effect-differs", "'shares' of 999101-U000001"),
    "a thing beside the act": Lie(a_neighbour_too, "effect-differs", "999101-U000001"),
    "true where the law says one": Lie(true_for_one, "effect-differs", "'shares'"),
    "nothing at all": Lie(order(set={}), "malformed-payload", "sets members of what it touches"),
    "facts that are none": Lie(order(facts={"unit": 7}), "bad-form", "unit"),
    "facts about a unit that is not there": Lie(
        order(facts={"unit": "999101-U000077", "sold": "unit", "sellers": [], "buyers": [], "parcels": [],
                     "new_unit": None, "into": None}), "broken-facts", "cannot be applied"),
    "an older version": Lie(builds_on(prev_version=0), "does-not-follow", "stands at version 1"),
    "another history": Lie(builds_on(prev_history="A" * 43 + "="), "does-not-follow", "another history"),
    "a replayed order": Lie(twice, "repeated-event", "stands in the log already"),
    "an order of another registry": Lie(order(origin="registry.example/other"), "other-registry", "signed for"),
    "no officer": Lie(order(officer=None), "malformed-payload", "officer"),
    "a schema to come": Lie(order(schema=2), "malformed-payload", "schema"),
    "an event_id that is none": Lie(order(event_id="x"), "malformed-payload", "event_id"),
    "a key that nobody enrolled": Lie(by_a_stranger, "unknown-key", "not enrolled"),
    "a signature of something else": Lie(with_a_broken_signature, "bad-signature", "does not fit"),
    "bytes that are not canonical": Lie(with_a_blank, "malformed-envelope", "re-serialisation"),
    "an officer who has not signed": Lie(signed_by(TAHSILDAR, officer=SECOND), "other-officer", "is signed by the key"),
    "an officer in another role": Lie(signed_by(CLERK), "role-forbids", "serves at"),
    "a second officer who has not signed": Lie(
        signed_by(TAHSILDAR, second_officer=SECOND), "signatures-missing", "bears 1 signature"),
    "root keys under an order": Lie(
        by_a_root_key, "signatures-missing", "root keys sign no orders"),
    "an order after the key was revoked": Lie(
        after(lambda r: r.revoke(TAHSILDAR), 11, order()), "key-revoked", "revoked by entry 10", at=11),
    "an order after the posting ended": Lie(
        after(ended, 11, order()), "outside-jurisdiction", "no open posting", at=11),
    "a key enrolled twice": Lie(lambda r: r.enrol(TAHSILDAR), "already-enrolled", "enrolled for"),
    "a key without proof of possession": Lie(
        lambda r: r.act("key.enrolled/1", [ROOTS[2].keyid], keyid=ROOTS[2].keyid, officer="X-1",
                        pub=encode_base64(ROOTS[2].public), pop="A" * 86 + "=="),
        "key-has-another-use", "root key"),
    "a posting by one root key": Lie(
        lambda r: r.post(CLERK, "tahsildar", by=ROOTS[:1]), "not-appointed", "2 root keys"),
    "a posting by oneself": Lie(
        after(appointed, 11, lambda r: r.post(SECOND, "bank", by=[KEYS[SECOND]])), "self-posting", SECOND, at=11),
    "a revocation by one officer": Lie(
        after(appointed, 11, lambda r: r.revoke(CLERK, by=[KEYS[SECOND]])), "not-appointed", "two of them", at=11),
    "a revocation that touches another key": Lie(
        lambda r: r.act("key.revoked/1", [KEYS[CLERK].keyid], keyid=KEY_OF_TAHSILDAR, reason="x"),
        "effect-differs", "would prepare"),
    "a review of land that the key in doubt did not touch": Lie(
        after(in_doubt, 11, lambda r: reviewed(r, r.unit("1").id)),
        "nothing-to-review", "has not touched it since entry 10", at=11),
    "a review for a key that nobody doubts": Lie(
        lambda r: reviewed(r, r.unit("1").id), "nothing-to-review", "was not revoked"),
    "a log key added by an officer": Lie(
        after(appointed, 11, lambda r: r.act(
            "logkey.added/1", [], by=[KEYS[SECOND]], vkey=NEWER.verifier_key.format())),
        "signatures-missing", "2 root keys", at=11),
    "a log key of another name": Lie(
        lambda r: r.act("logkey.added/1", [], vkey=OTHER_NAME.verifier_key.format()), "log-key-refused", "bears the"),
    "the log's last key retired": Lie(
        lambda r: r.act("logkey.retired/1", [], vkey=LOG.verifier_key.format()), "log-key-refused", "the last key"),
    "an act that nobody knows": Lie(
        lambda r: r.act("key.lent/1", [KEY_OF_TAHSILDAR], keyid=KEY_OF_TAHSILDAR), "bad-input", "is not an act"),
    "a second genesis": Lie(lambda r: r.found(), "malformed-payload", "cannot stand at index 10"),
    "an entry of a third kind": Lie(lambda r: r.add(b"hello\n"), "malformed-map-head", "six lines"),
    "a map head with another root": Lie(lambda r: r.head(root=bytes(32)), "bad-map-head", "another root"),
    "a map head with another count": Lie(lambda r: r.head(leaves=3), "bad-map-head", "counts 3 leaves"),
    "a map head at another place": Lie(lambda r: r.head(size=9), "bad-map-head", "9 entries precede it"),
    "a map head from the past": Lie(lambda r: r.head(time=5), "bad-map-head", "before the last"),
    "a map head of another projection": Lie(
        lambda r: r.head(projection="landlog-projection/9"), "bad-map-head", "is in force"),
}  # fmt: skip


@pytest.mark.parametrize("lie", LIES)
def test_a_lie_is_found_named_and_kept(lie: str, tmp_path: Path) -> None:
    case = LIES[lie]
    registry = village()
    case.tells(registry)
    registry.head()
    with pytest.raises(AuditFailed) as found:
        audited(registry, tmp_path)
    condemned = found.value.condemned
    assert (condemned.index, condemned.code) == (case.at, case.code), condemned
    assert case.words in condemned.reason
    assert str(found.value).startswith(f"entry {case.at}: ")
    evidence_stands_by_itself(tmp_path / "state" / "evidence", registry, case.at)


def evidence_stands_by_itself(evidence: Path, registry: Registry, index: int | None) -> None:
    """Whoever holds the evidence can check with the log's key alone that the log has signed the entry."""
    entry = (evidence / f"entry-{index}.bin").read_bytes()
    assert index is not None
    assert entry == registry.entries[index]
    proof = parse_tlog_proof((evidence / f"entry-{index}.tlog-proof").read_text())
    checkpoint, _ = open_checkpoint(proof.checkpoint.encode(), verifiers())
    verify_tlog_proof(proof, entry=entry, checkpoint=checkpoint)
    assert json.loads((evidence / "reason.json").read_text())["index"] == index


def test_what_a_key_in_doubt_touched_is_told_until_it_is_under_review(tmp_path: Path) -> None:
    registry = village()
    unit = registry.unit("1").id
    registry.order("sale", sale(registry))
    in_doubt(registry)
    registry.head()
    report = audited(registry, tmp_path)
    keyid = KEY_OF_TAHSILDAR[:16]
    assert report.notes == (
        f"the key {keyid} is in doubt since entry 10; parcels and units that it touched since and that are not "
        "under review: 1",
    )
    reviewed(registry, unit)
    registry.head()
    assert audited(registry, tmp_path).notes == ()
    assert '"kind":"key-review"' in canonical(registry.states[unit]).decode()


def test_a_state_that_an_earlier_release_kept_is_not_taken_up(tmp_path: Path) -> None:
    audited(village(), tmp_path)
    kept = sqlite3.connect(tmp_path / "state" / "ledger.sqlite3")
    kept.execute("pragma user_version = 0")
    kept.close()
    with pytest.raises(LedgerDamaged, match="version 0, and this release reads version 1"):
        audited(village(), tmp_path)


def test_land_of_the_state_takes_two_officers(tmp_path: Path) -> None:
    for by in ((TAHSILDAR,), (TAHSILDAR, SECOND)):
        registry = Registry()
        registry.found()
        for officer in (TAHSILDAR, SECOND):
            registry.enrol(officer)
            registry.post(officer, "tahsildar")
        form: Any = devgarh(4)
        for parcel in form["parcels"]:
            parcel["land_class"] = "government"
        registry.order("import", form)
        registry.order("sale", sale(registry), by=by)
        registry.head()
        place = tmp_path / str(len(by))
        if len(by) == 2:
            assert audited(registry, place).size == 8
        else:
            with pytest.raises(AuditFailed, match="entry 6: the act takes 2 officer"):
                audited(registry, place)


def test_a_genesis_that_too_few_root_keys_signed_founds_nothing(tmp_path: Path) -> None:
    registry = Registry()
    registry.found(signers=1)
    registry.head()
    with pytest.raises(AuditFailed, match="entry 0: 1 of the root keys have signed, and 2 must"):
        audited(registry, tmp_path)


def test_a_log_that_does_not_begin_with_a_genesis_is_none(tmp_path: Path) -> None:
    registry = Registry()
    registry.head()
    with pytest.raises(AuditFailed, match="entry 0: the log does not begin with a genesis"):
        audited(registry, tmp_path)


def test_a_log_that_ends_without_a_map_head_is_refused(tmp_path: Path) -> None:
    registry = village()
    registry.order("sale", sale(registry))
    with pytest.raises(AuditFailed, match="does not end in a map head"):
        audited(registry, tmp_path)


def test_a_condemned_log_stays_condemned_whatever_it_shows_later(tmp_path: Path) -> None:
    registry = village()
    registry.head(root=bytes(32))
    with pytest.raises(AuditFailed):
        audited(registry, tmp_path)
    honest = village()
    with pytest.raises(AuditFailed, match=r"entry 10: .*another root"):
        audited(honest, tmp_path)


def test_two_trees_of_one_size_are_kept_as_two_notes(tmp_path: Path) -> None:
    honest, forked = village(), village()
    for registry, share in ((honest, "1/6"), (forked, "1/12")):
        registry.order("sale", sale(registry, share=share))
        registry.head()
    audited(honest, tmp_path)
    with pytest.raises(AuditFailed, match="two different trees of 12 entries"):
        audited(forked, tmp_path)
    evidence = tmp_path / "state" / "evidence"
    roots = {
        open_checkpoint((evidence / n).read_bytes(), verifiers())[0].root
        for n in ("checkpoint.txt", "accepted.txt")
    }
    assert len(roots) == 2


def test_an_older_checkpoint_of_the_same_log_is_no_fault_and_one_of_another_history_is(
    tmp_path: Path,
) -> None:
    honest = village()
    honest.order("sale", sale(honest))
    honest.head()
    audited(honest, tmp_path)
    (tmp_path / "log" / "checkpoint").write_bytes(honest.note(10))
    one = auditor(tmp_path)
    assert one.follow().size == 12
    other = village(parcels=6)
    (tmp_path / "log" / "checkpoint").write_bytes(other.note(10))
    with pytest.raises(AuditFailed, match="two different trees of 10 entries"):
        one.follow()


def test_a_bundle_spoilt_on_its_way_is_named_and_condemns_nobody(tmp_path: Path) -> None:
    registry = village()
    registry.publish(tmp_path / "log")
    bundle = tmp_path / "log" / "tile" / "entries" / "000.p" / "10"
    good = bundle.read_bytes()
    bundle.write_bytes(
        good.replace(b"MR/2026", b"MR/2025") if b"MR/2026" in good else good[:-3] + b"5" + good[-2:]
    )
    one = auditor(tmp_path)
    with pytest.raises(NotWhatWasSigned, match=r"entry \d is not what the log has signed"):
        one.follow()
    bundle.write_bytes(good)
    assert one.follow().size == 10


def test_an_entry_changed_together_with_its_tile_is_not_what_was_signed(tmp_path: Path) -> None:
    registry = village()
    registry.publish(tmp_path / "log")
    note = (tmp_path / "log" / "checkpoint").read_bytes()
    registry.entries[8] = registry.entries[8].replace(b"A", b"B", 1)
    registry._leaves[8] = leaf_hash(registry.entries[8])
    registry.publish(tmp_path / "log")
    (tmp_path / "log" / "checkpoint").write_bytes(note)
    with pytest.raises(NotWhatWasSigned, match="do not fit together"):
        auditor(tmp_path).follow()


@pytest.mark.parametrize("every", [2, 20_000], ids=["saved on the way", "saved at the end"])
def test_lawful_entries_under_a_checkpoint_of_others_are_not_accepted(
    every: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files of one history, the checkpoint of another: each entry is lawful, and none of it was signed so."""
    monkeypatch.setattr("registry.audit.auditor.SAVE_ENTRIES", every)
    signed, served = village(), village()
    for registry, share in ((signed, "1/6"), (served, "1/12")):
        for _ in range(2):
            registry.order("sale", sale(registry, share=share))
            registry.head()
    served.publish(tmp_path / "log")
    (tmp_path / "log" / "checkpoint").write_bytes(signed.note())
    one = auditor(tmp_path)
    for _ in range(2):
        with pytest.raises(NotWhatWasSigned):
            one.follow()
        assert one.accepted() is None
        assert one.ledger.position.size == 0
    signed.publish(tmp_path / "log")
    assert one.follow().size == 14


def test_a_log_key_is_replaced_by_root_keys_and_by_nobody_else(tmp_path: Path) -> None:
    registry = village()
    both = [*verifiers(), NoteVerifier(NEWER.verifier_key)]

    def audited_by(key: NoteSigner) -> Report:
        registry.publish(tmp_path / "log")
        (tmp_path / "log" / "checkpoint").write_bytes(registry.note(signer=key))
        one = Auditor(LogReader(Directory(tmp_path / "log")), both, tmp_path / "state")
        try:
            return one.follow()
        finally:
            one.ledger.close()

    registry.act("logkey.added/1", [], vkey=NEWER.verifier_key.format())
    registry.head()
    assert audited_by(LOG).size == 12
    assert audited_by(NEWER).size == 12
    registry.act("logkey.retired/1", [], vkey=LOG.verifier_key.format())
    registry.head()
    assert audited_by(NEWER).size == 14
    registry.head()
    with pytest.raises(AuditFailed, match="signed by no key that the log has announced"):
        audited_by(LOG)


def test_a_key_that_the_log_never_announced_signs_nothing_for_it(tmp_path: Path) -> None:
    registry = village()
    registry.publish(tmp_path / "log")
    (tmp_path / "log" / "checkpoint").write_bytes(registry.note(signer=NEWER))
    one = Auditor(
        LogReader(Directory(tmp_path / "log")), [NoteVerifier(NEWER.verifier_key)], tmp_path / "state"
    )
    with pytest.raises(AuditFailed, match="signed by no key that the log has announced"):
        one.follow()


def test_a_projection_that_was_announced_and_is_not_known_stops_without_a_verdict(tmp_path: Path) -> None:
    registry = village()
    registry.act(
        "projection.changed/1", [], projection={"id": "landlog-projection/2", "sha256": "A" * 43 + "="}
    )
    registry.head(projection="landlog-projection/2")
    with pytest.raises(UnknownType, match="at entry 11 the map is made by landlog-projection/2"):
        audited(registry, tmp_path)


def test_other_sources_of_the_same_projection_are_noted(tmp_path: Path) -> None:
    registry = village()
    registry.act(
        "projection.changed/1", [], projection={"id": "landlog-projection/1", "sha256": "A" * 43 + "="}
    )
    registry.head()
    assert "another source of its projection" in audited(registry, tmp_path).notes[0]


def test_a_type_younger_than_the_auditor_stops_it_without_a_verdict(tmp_path: Path) -> None:
    registry = village()
    registry.order("sale", sale(registry), changed={"type": "mutation.transmutation/1"})
    registry.head()
    for _ in range(2):
        with pytest.raises(UnknownType, match=r"does not know the law of mutation\.transmutation/1"):
            audited(registry, tmp_path)


def test_a_checkpoint_that_no_believed_key_signed_says_nothing(tmp_path: Path) -> None:
    registry = village()
    registry.publish(tmp_path / "log")
    impostor = NoteSigner(registry.origin, SeedKey(bytes([5]) * 32))
    (tmp_path / "log" / "checkpoint").write_bytes(registry.note(signer=impostor))
    with pytest.raises(UnknownSigner):
        auditor(tmp_path).follow()


def test_one_directory_follows_one_log(tmp_path: Path) -> None:
    registry = village()
    audited(registry, tmp_path)
    signer = NoteSigner("registry.example/other", SeedKey(bytes([5]) * 32))
    other = Registry("registry.example/other")
    note = other.note(signer=signer)
    one = Auditor(
        LogReader(Directory(tmp_path / "log")), [NoteVerifier(signer.verifier_key)], tmp_path / "state"
    )
    with pytest.raises(OtherLog):
        one.reach(note)


def test_a_log_that_is_not_there_is_told_from_one_that_lies(tmp_path: Path) -> None:
    (tmp_path / "log").mkdir()
    with pytest.raises(LogUnreadable, match="there is no checkpoint"):
        auditor(tmp_path).follow()
    registry = village()
    registry.publish(tmp_path / "log")
    (tmp_path / "log" / "tile" / "entries" / "000.p" / "10").unlink()
    with pytest.raises(LogUnreadable, match=r"tile/entries/000\.p/10 is missing"):
        auditor(tmp_path).follow()


def test_an_address_that_is_none_is_refused(tmp_path: Path) -> None:
    for text in ("ftp://x/log", "https://", str(tmp_path / "nothing")):
        with pytest.raises(BadInput, match="neither the address"):
            log_at(text)
