"""Proofs from published files alone: the same that the database gives, whatever has been kept meanwhile."""

from __future__ import annotations

from pathlib import Path

import pytest

from registry.log import file_prover
from registry.log.checkpoint import open_checkpoint
from registry.log.file_prover import FileProver
from registry.log.prover import Prover
from registry.log.tiles import MalformedTile
from registry.log.tlog_proof import NoSuchEntry, NothingPublished, verify_tlog_proof
from registry.log.tree import TreeShrank, verify_consistency
from tests.registry.audit.land import Registry, verifiers, village
from tests.registry.log.rig import ORIGIN, Rig


def grown(registry: Registry, size: int) -> Registry:
    while len(registry.entries) < size:
        registry.add(b"entry %d" % len(registry.entries))
    return registry


@pytest.mark.quick
@pytest.mark.parametrize("size", [10, 255, 256, 257, 600])
def test_every_entry_is_proved_whatever_the_size(size: int, tmp_path: Path) -> None:
    registry = grown(village(), size)
    registry.publish(tmp_path)
    prover = FileProver(tmp_path)
    for index, proof in enumerate(prover.inclusions(range(size))):
        checkpoint, _ = open_checkpoint(proof.checkpoint.encode(), verifiers())
        verify_tlog_proof(proof, entry=registry.entries[index], checkpoint=checkpoint)
    with pytest.raises(NoSuchEntry):
        prover.inclusion(size)


@pytest.mark.quick
def test_what_was_kept_of_a_smaller_log_does_not_stand_in_the_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_prover, "MOST_TILES", 2)
    registry, prover = village(), FileProver(tmp_path)
    with pytest.raises(NothingPublished):
        prover.inclusion(0)
    before = None
    for size in (100, 300, 520, 800):
        grown(registry, size).publish(tmp_path)
        for index in (0, 99, size - 1):
            proof = prover.inclusion(index)
            checkpoint, _ = open_checkpoint(proof.checkpoint.encode(), verifiers())
            verify_tlog_proof(proof, entry=registry.entries[index], checkpoint=checkpoint)
        if before:
            proof_of_growth = prover.consistency(before.size)
            verify_consistency(
                old_size=before.size,
                new_size=size,
                old_root=before.root,
                new_root=checkpoint.root,
                proof=proof_of_growth,
            )
        before = checkpoint
    with pytest.raises(TreeShrank):
        prover.consistency(801)
    (tmp_path / "tile" / "0" / "001").unlink()
    with pytest.raises(MalformedTile, match="tile/0/001 is missing"):
        FileProver(tmp_path).inclusion(300)


def test_the_files_prove_what_the_database_proves(rig: Rig) -> None:
    for n in range(300):
        rig.accept(f"P-{n % 7}")
    rig.sequencer().run_once()
    files, connection = FileProver(rig.directory), rig.connect()
    database = Prover(connection, origin=ORIGIN)
    for index in (0, 127, 255, 256, 300):
        assert files.inclusion(index) == database.inclusion(index)
    assert files.consistency(17) == database.consistency(17)
    connection.close()
