"""The auditor as a witness: it reads the new entries before it cosigns, and refuses with reasons."""

from __future__ import annotations

import threading
from hashlib import sha256
from pathlib import Path

import pytest

from registry.audit.auditor import AuditFailed, Auditor
from registry.audit.source import Directory, LogReader
from registry.audit.vouching import LogCondemned, StillReplaying, Vouching
from registry.log.cosignature import CosignatureSigner, CosignatureVerifier
from registry.log.ed25519 import SeedKey
from registry.log.note import VerifierKey, parse_note, parse_signature_lines, verified_signatures
from registry.log.tree import prove_consistency
from registry.witness.store import WitnessStore
from registry.witness.submission import Submission
from registry.witness.witness import Witness, watched
from tests.registry.audit.land import NOW, ORIGIN, Registry, sale, verifiers, village

pytestmark = pytest.mark.quick
AUDITOR = CosignatureSigner("auditor.example/one", SeedKey(bytes([70]) * 32))


def vouching(place: Path) -> Vouching:
    auditor = Auditor(LogReader(Directory(place / "log")), verifiers(), place / "state")
    store = WitnessStore(place / "state" / "witness.sqlite3")
    return Vouching(
        auditor,
        lambda own: Witness(
            signer=AUDITOR, logs=watched(verifiers()), store=store, now=lambda: NOW, inspect=own.inspect
        ),
    )


def submission(registry: Registry, old: int) -> bytes:
    size = len(registry.entries)
    proof = prove_consistency(old_size=old, new_size=size, subtree=registry.subtree) if old else []
    return Submission(old_size=old, proof=tuple(proof), checkpoint=registry.note()).format()


def is_cosigned(line: bytes, registry: Registry) -> bool:
    text = parse_note(registry.note()).text
    note = parse_note(f"{text}\n{line.decode()}".encode())
    verifier = CosignatureVerifier(VerifierKey.parse(AUDITOR.verifier_key.format()))
    return len(verified_signatures(note, [verifier])) == 1 and bool(parse_signature_lines(line.decode()))


def with_tiles_only(registry: Registry, place: Path) -> None:
    """As at the moment at which a sequencer asks: tiles and bundles are there, the checkpoint is the old one."""
    log = place / "log"
    old = (log / "checkpoint").read_bytes() if (log / "checkpoint").exists() else None
    registry.publish(log)
    if old is None:
        (log / "checkpoint").unlink()
    else:
        (log / "checkpoint").write_bytes(old)


def test_a_checkpoint_is_cosigned_before_it_is_published_once_its_entries_hold(tmp_path: Path) -> None:
    registry = village()
    with_tiles_only(registry, tmp_path)
    one = vouching(tmp_path)
    assert is_cosigned(one.witness.add_checkpoint(submission(registry, 0)), registry)
    registry.order("sale", sale(registry))
    registry.head()
    with_tiles_only(registry, tmp_path)
    assert is_cosigned(one.witness.add_checkpoint(submission(registry, 10)), registry)


def test_what_it_finds_by_itself_is_cosigned_and_shown_too(tmp_path: Path) -> None:
    registry = village()
    registry.publish(tmp_path / "log")
    one = vouching(tmp_path)
    assert one.follow().size == 10
    note = one.witness.latest(sha256(ORIGIN.encode()).hexdigest())
    assert note is not None
    assert [line.name for line in parse_note(note).signatures] == [ORIGIN, AUDITOR.name]


def test_an_unlawful_entry_is_never_cosigned_and_the_log_is_condemned(tmp_path: Path) -> None:
    registry = village()
    registry.head(root=bytes(32))
    with_tiles_only(registry, tmp_path)
    one = vouching(tmp_path)
    for _ in range(2):
        with pytest.raises(LogCondemned, match="entry 10: the map head states another root"):
            one.witness.add_checkpoint(submission(registry, 0))
    registry.publish(tmp_path / "log")
    with pytest.raises(AuditFailed):
        one.follow()
    assert one.witness.latest(sha256(ORIGIN.encode()).hexdigest()) is None


def test_entries_that_cannot_be_read_yet_are_asked_for_again(tmp_path: Path) -> None:
    registry = village()
    (tmp_path / "log").mkdir()
    one = vouching(tmp_path)
    with pytest.raises(StillReplaying, match="is missing from a log of 10 entries"):
        one.witness.add_checkpoint(submission(registry, 0))
    with_tiles_only(registry, tmp_path)
    assert one.witness.add_checkpoint(submission(registry, 0))


def test_who_comes_while_a_long_audit_runs_is_told_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("registry.audit.vouching.PATIENCE_SECONDS", 0.05)
    registry = village()
    registry.publish(tmp_path / "log")
    one = vouching(tmp_path)
    inside, go_on = threading.Event(), threading.Event()

    def pause(done: int, total: int) -> None:
        inside.set()
        go_on.wait(5)

    thread = threading.Thread(target=one.follow, args=(pause,))
    thread.start()
    inside.wait(5)
    with pytest.raises(StillReplaying, match="still replaying"):
        one.witness.add_checkpoint(submission(registry, 0))
    go_on.set()
    thread.join()
    assert one.follow().size == 10
