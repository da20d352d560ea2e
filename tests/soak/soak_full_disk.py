"""Disks that are really full: of the published files, and of the database's tables."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from registry.cluster import Cluster
from registry.log.sequencer import NotWritten, Sequencer
from tests.registry.log.rig import Rig
from tests.registry.log.test_full_disk import orders
from tests.soak.conftest import Disk

pytestmark = [pytest.mark.soak, pytest.mark.timeout(900)]


def until_full(rig: Rig, sequencer: Sequencer) -> tuple[int, int, str]:
    """How many orders were accepted and how many published when the disk was full, and what was said of it."""
    sent = published = 0
    for _ in range(500):
        for _ in range(20):
            rig.accept(f"P-{sent}")
            sent += 1
        try:
            sequencer.run_once()
        except NotWritten as full:
            return sent, published, str(full)
        published = sent
    pytest.fail("the disk did not fill up")


def test_files_on_a_disk_that_fills_up_go_on_when_there_is_room(rig: Rig, small_disk: Disk) -> None:
    resize = small_disk(rig.directory, "160k")
    sequencer = rig.sequencer()
    sent, published, said = until_full(rig, sequencer)
    assert "No space left on device" in said
    assert orders(rig.check()) == list(range(published)), "what was published before stands, to the last byte"
    with pytest.raises(NotWritten):
        sequencer.run_once()
    resize("64m")
    while sequencer.run_once():
        pass
    assert orders(rig.check()) == list(range(sent))
    print(f"\nthe disk of the files was full after {published:,} orders; all {sent:,} are published now")


@pytest.fixture
def tablespace(cluster: Cluster) -> Iterator[Path]:
    """A directory of the server's account."""
    place = Path(tempfile.mkdtemp(prefix="landlog-space-", dir="/var/tmp"))
    os.chown(place, cluster.account.uid, cluster.account.gid)
    yield place
    shutil.rmtree(place, ignore_errors=True)


def test_tables_on_a_disk_that_fills_up_go_on_when_there_is_room(
    rig: Rig, small_disk: Disk, tablespace: Path
) -> None:
    resize = small_disk(tablespace, "1m")
    rig.sql(f"create tablespace small location '{tablespace}'")
    for table in ("entries", "tiles", "map_leaf"):
        rig.sql(f"alter table log.{table} set tablespace small")
    sequencer = rig.sequencer()
    sent, published, said = until_full(rig, sequencer)
    assert "the log's database has no room" in said
    assert orders(rig.check()) == list(range(published))
    resize("256m")
    while sequencer.run_once():
        pass
    assert orders(rig.check()) == list(range(sent))
    print(f"\nthe disk of the tables was full after {published:,} orders; all {sent:,} are published now")
    for table in ("entries", "tiles", "map_leaf"):
        rig.sql(f"alter table log.{table} set tablespace pg_default")
    rig.sql("drop tablespace small")
