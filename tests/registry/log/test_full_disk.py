"""A full disk: it is told in words, nothing is half published, and the log goes on when there is room again."""

from __future__ import annotations

import errno
import logging
import os
import threading
from types import SimpleNamespace
from typing import IO, Any, cast

import pytest

from api import working
from api.wiring import House
from domain.canon import parse_object
from registry.log.sequencer import NotCosigned, NotWritten
from tests.registry.log import reader
from tests.registry.log.rig import ORIGIN, Rig

FILES = ["a tile", "a full tile", "the tile above", "a bundle", "a full bundle", "the checkpoint"]
"""What the batch of the tests below writes, in this order."""


def orders(found: list[bytes]) -> list[Any]:
    return [parse_object(entry)["order"] for entry in found if entry.startswith(b"{")]


class Disk:
    """The file layer on a disk that fills up in the midst of one file."""

    def __init__(self, patch: pytest.MonkeyPatch, *, full_at: int) -> None:
        self.opened = 0
        self.full_at = full_at
        self._fdopen = os.fdopen
        patch.setattr(os, "fdopen", self.open)

    def open(self, handle: int, mode: str) -> IO[bytes] | _Full:
        file = self._fdopen(handle, mode)
        self.opened += 1
        return _Full(file) if self.opened == self.full_at + 1 else file


class _Full:
    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def __enter__(self) -> _Full:
        return self

    def __exit__(self, *raised: object) -> None:
        self._file.close()

    def write(self, data: bytes) -> int:
        self._file.write(data[: len(data) // 2])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.mark.parametrize("file", FILES)
def test_a_disk_that_fills_up_in_any_file_leaves_the_published_log_whole(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, file: str
) -> None:
    rig.accept("P-0")
    rig.sequencer().run_once()
    before = reader.checkpoint(rig.directory)
    for n in range(300):
        rig.accept(f"P-{n % 40}")
    sequencer = rig.sequencer()
    with monkeypatch.context() as patch:
        disk = Disk(patch, full_at=FILES.index(file))
        with pytest.raises(NotWritten, match="cannot be written: No space left on device"):
            sequencer.run_once()
        assert disk.opened == FILES.index(file) + 1
        assert list((rig.directory / ".unfinished").iterdir()) == [], (
            "no half file takes up the little room left"
        )
        rig.check()
        assert reader.checkpoint(rig.directory) == before
        disk.full_at = disk.opened
        with pytest.raises(NotWritten):  # as often as it is tried
            sequencer.run_once()
    rig.accept("P-0")
    while sequencer.run_once():
        pass
    assert orders(rig.check()) == list(range(302))


def test_the_files_of_the_tests_above_are_those_that_a_batch_writes(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    rig.accept("P-0")
    rig.sequencer().run_once()
    for n in range(300):
        rig.accept(f"P-{n % 40}")
    with monkeypatch.context() as patch:
        disk = Disk(patch, full_at=-1)
        rig.sequencer().run_once()
    assert disk.opened == len(FILES)


TABLES = ["entries", "tiles", "map_leaf", "touch", "signed_tree", "published"]


@pytest.mark.parametrize("table", TABLES)
def test_a_database_without_room_records_all_of_a_batch_or_nothing(rig: Rig, table: str) -> None:
    rig.accept("P-0")
    rig.sequencer().run_once()
    before = reader.checkpoint(rig.directory)
    for n in range(20):
        rig.accept(f"P-{n}")
    fill(rig, table)
    sequencer = rig.sequencer()
    with pytest.raises(NotWritten, match="the log's database has no room: could not extend file"):
        sequencer.run_once()
    rig.check()
    assert reader.checkpoint(rig.directory) in (before, (ORIGIN, 23, reader.checkpoint(rig.directory)[2]))
    in_log = rig.sql("select count(*) from log.entries where event_id is not null")[0][0]
    waiting = rig.sql("select count(*) from log.queue")[0][0]
    assert (in_log, waiting) in ((1, 20), (21, 0))
    rig.sql(f"drop trigger full_disk on log.{table}")
    while sequencer.run_once():
        pass
    assert orders(rig.check()) == list(range(21))
    assert rig.sql("select size from log.published") == [(23,)]


def fill(rig: Rig, table: str) -> None:
    """The table's disk is full: the server says what it says then (SQLSTATE 53100)."""
    rig.sql(
        "create or replace function log.full_disk() returns trigger language plpgsql as $$ begin"
        " raise exception 'could not extend file \"base/1/2\": No space left on device' using errcode = '53100';"
        " end $$"
    )
    rig.sql(
        f"create trigger full_disk before insert on log.{table} for each statement execute function log.full_disk()"
    )


def test_a_directory_that_cannot_be_made_or_read_is_told_in_words(rig: Rig) -> None:
    rig.accept("P-0")
    rig.directory.parent.mkdir(exist_ok=True)
    rig.directory.write_bytes(b"")  # a file stands where the directory is to be
    with pytest.raises(NotWritten, match=r"File exists|Not a directory"):
        rig.sequencer().run_once()
    rig.directory.unlink()
    assert rig.sequencer().run_once() == 1
    (rig.directory / "checkpoint").rename(rig.directory / "aside")
    (rig.directory / "checkpoint").mkdir()
    with pytest.raises(NotWritten, match="Is a directory"):
        rig.sequencer().run_once()


@pytest.mark.parametrize("fault", [NotWritten("the disk is full"), NotCosigned("nobody answers")], ids=str)
def test_work_goes_on_when_there_is_room_again(fault: Exception, caplog: pytest.LogCaptureFixture) -> None:
    stop, done = threading.Event(), []

    def run_once() -> int:
        done.append(1)
        if len(done) < 3:
            raise fault
        stop.set()
        return 1

    house = SimpleNamespace(sequencer=SimpleNamespace(run_once=run_once))
    with caplog.at_level(logging.WARNING):
        working.sequence(cast("House", house), stop)
    assert len(done) == 3
    assert [str(fault) in record.message for record in caplog.records] == [True, True]
