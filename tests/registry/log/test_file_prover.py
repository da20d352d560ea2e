"""Proofs from published files alone: the same that the database gives, whatever has been kept meanwhile."""

from __future__ import annotations

from pathlib import Path

import pytest

from registry.log import file_prover
from registry.log.checkpoint import open_checkpoint
from registry.log.file_prover import FileProver
from registry.log.hashing import leaf_hash
from registry.log.prover import Prover
from registry.log.tiles import MalformedTile
from registry.log.tlog_proof import NoSuchEntry, NothingPublished, TlogProof, verify_tlog_proof
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


def test_the_prover_takes_its_paths_from_the_files_and_what_they_do_not_rightly_show_from_the_database(
    rig: Rig,
) -> None:
    for n in range(300):
        rig.accept(f"P-{n % 7}")
    rig.sequencer().run_once()
    connection = rig.connect()
    database = Prover(connection, origin=ORIGIN)
    expected = [database.inclusion(index) for index in (0, 256)]
    asked: list[int] = []

    class Watched(FileProver):
        def path(self, index: int, *, size: int) -> tuple[bytes, list[bytes]]:
            asked.append(index)
            return super().path(index, size=size)

    def proved() -> list[TlogProof]:
        prover = Prover(connection, origin=ORIGIN, files=Watched(rig.directory))
        return [prover.inclusion(index) for index in (0, 256)]

    assert proved() == expected
    assert asked == [0, 256]
    tile = rig.directory / "tile" / "0" / "000"
    damaged = bytearray(tile.read_bytes())
    damaged[40] ^= 1
    tile.chmod(0o644)
    tile.write_bytes(damaged)
    assert proved() == expected  # a path that does not lead to the signed root is not served
    tile.unlink()
    assert proved() == expected
    (rig.directory / "checkpoint").unlink()
    assert proved() == expected
    connection.close()


def test_a_torn_checkpoint_and_a_torn_tile_cost_no_proof_and_once_mended_are_read_again(rig: Rig) -> None:
    for n in range(300):
        rig.accept(f"P-{n % 7}")
    rig.sequencer().run_once()
    connection, files = rig.connect(), FileProver(rig.directory)
    prover = Prover(connection, origin=ORIGIN, files=files)
    expected = Prover(connection, origin=ORIGIN).inclusion(256)
    for name in ("checkpoint", "tile/1/000.p/1", "tile/0/000"):
        place = rig.directory / name
        whole = place.read_bytes()
        place.chmod(0o644)
        place.write_bytes(b"\xff" + whole[1:-32])
        files.forget()
        assert prover.inclusion(256) == expected
        place.write_bytes(whole)
        assert prover.inclusion(256) == expected
        assert files.inclusion(256) == expected  # by the files alone
    connection.close()


def test_a_path_in_an_earlier_tree_is_found_when_the_files_show_more(tmp_path: Path) -> None:
    registry = grown(village(), 300)
    registry.publish(tmp_path)
    first = FileProver(tmp_path).inclusion(7)
    grown(registry, 700).publish(tmp_path)
    leaf, path = FileProver(tmp_path).path(7, size=300)
    assert (leaf, tuple(path)) == (leaf_hash(registry.entries[7]), first.path)
    with pytest.raises(NoSuchEntry, match="shows no tree of 701"):
        FileProver(tmp_path).path(7, size=701)
