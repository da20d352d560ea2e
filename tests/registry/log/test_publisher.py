"""What is published outlives a loss of power, and one process at a time publishes."""

from __future__ import annotations

import os
import threading
from pathlib import Path
from typing import Any

import pytest

from registry.log import storage
from registry.log.publisher import Publisher
from tests.registry.log.rig import Rig


def test_a_file_is_on_disk_before_it_is_shown_and_all_tiles_before_the_checkpoint(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed: set[int] = set()
    shown: list[str] = []
    fsync, replace = os.fsync, os.replace

    def flush(handle: int) -> None:
        fsync(handle)
        flushed.add(os.fstat(handle).st_ino)

    def show(temporary: str, place: Path) -> None:
        assert os.stat(temporary).st_ino in flushed, f"{place} is shown before it is on disk"
        if place.name == "checkpoint":
            waiting = {path.parent for path in rig.directory.rglob("tile/**/*") if path.is_file()}
            assert {w for w in waiting if w.stat().st_ino not in flushed} == set()
        shown.append(place.name)
        replace(temporary, place)

    for n in range(300):
        rig.accept(f"P-{n % 40}")
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", flush)
        patch.setattr(os, "replace", show)
        rig.sequencer().run_once()
    assert shown[-1] == "checkpoint"
    assert len(shown) == 6
    assert rig.directory.stat().st_ino in flushed, "the checkpoint's own name is on disk too"


def test_a_tree_is_claimed_durably_whatever_the_database_is_set_to(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = rig.sql("select current_database()")[0][0]
    rig.sql(f'alter database "{name}" set synchronous_commit to off')
    found: list[str] = []
    claim = storage.claim_tree

    def claimed(cursor: Any, size: int, root: bytes) -> bytes:
        root = claim(cursor, size, root)
        cursor.execute("show synchronous_commit")
        found.append(cursor.fetchone()[0])
        return root

    monkeypatch.setattr(storage, "claim_tree", claimed)
    rig.accept("P-0")
    rig.sequencer().run_once()
    assert found == ["on"]


def test_while_one_works_in_the_directory_another_waits(rig: Rig) -> None:
    """Also where it has another database, as a copy that was forgotten has."""
    rig.accept("P-0")
    with Publisher(rig.directory).alone():
        other = threading.Thread(target=rig.sequencer().run_once)
        other.start()
        other.join(0.3)
        assert other.is_alive()
        assert not (rig.directory / "checkpoint").exists()
        assert rig.sql("select count(*) from log.entries") == [(0,)]
    other.join(10)
    assert len(rig.check()) == 2
