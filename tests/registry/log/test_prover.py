"""Proofs from the database, read by the offline verifier, and by nobody who is shown half a batch."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from itertools import count
from typing import Any
from uuid import UUID

import psycopg2
import pytest

from domain.canon import Json
from domain.errors import VerificationError
from registry.land_map import LandProjection
from registry.log import storage
from registry.log.checkpoint import Checkpoint, parse_checkpoint
from registry.log.note import parse_note
from registry.log.policy import Policy
from registry.log.prefix_map import Result
from registry.log.prover import LogBusy, NoSuchEntry, NothingPublished, Prover
from registry.log.sequencer import Sequencer
from registry.log.title_proof import parse_title_proof
from registry.log.tlog_proof import verify_tlog_proof
from registry.log.tree import TreeShrank, verify_consistency
from registry.verify import verify_title_proof
from tests.conftest import Database
from tests.registry import titles
from tests.registry.log.rig import Rig
from tests.registry.titles import ASHA, NEIGHBOUR, NOW, ORIGIN, PARCEL, RAVI, TAHSILDAR, UNIT

TRUST = Policy.parse(titles.POLICY)
STRANGER = "593873-000999"


class Village(titles.Registry):
    """The registry of the verifier's tests, whose entries also go through a real sequencer."""

    def __init__(self, rig: Rig) -> None:
        super().__init__()
        self.rig = rig
        self.sequencer = rig.sequencer(projection=LandProjection())
        self.connection = rig.connect()
        self.prover = Prover(self.connection, origin=ORIGIN)

    def sequence(self) -> None:
        """Sends what is new to the queue and ends the batch, here and there."""
        for entry in self.entries[self._sequenced :]:
            self.rig.queue(entry)
        self.sequencer.run_once()
        self.add_head(time=self.rig.clock)
        self._sequenced = len(self.entries)
        assert self.rig.sql("select count(*) from log.entries") == [(len(self.entries),)]

    _sequenced = 0


OTHER_UNIT = "593873-U000046"


@pytest.fixture
def village(rig: Rig) -> Iterator[Village]:
    village = Village(rig)
    village.enrol(TAHSILDAR, "AP-1")
    village.order({PARCEL: titles.parcel_members(), UNIT: titles.unit_members()})
    village.order({NEIGHBOUR: titles.parcel_members(label="101/3", status="retired")})
    village.sequence()
    half: list[Json] = [{"party": o.commitment, "num": 1, "den": 2} for o in (ASHA, RAVI)]
    village.order({UNIT: {"shares": half}})
    village.sequence()
    yield village
    village.connection.close()


def verdict(proof: bytes, **asked: Any) -> Any:
    return verify_title_proof(proof, TRUST, now=NOW, **asked)


def test_the_title_proof_is_the_one_that_the_formats_alone_lead_to(village: Village) -> None:
    assert village.prover.title_proof(PARCEL) == village.proof(PARCEL).format()
    assert village.prover.title_proof(PARCEL, openings=[ASHA]) == village.proof(openings=[ASHA]).format()


def test_a_title_proof_verifies_offline(village: Village) -> None:
    found = verdict(village.prover.title_proof(PARCEL, openings=[ASHA, RAVI]), parcel=PARCEL)
    assert (found.status, found.size) == ("current", 7)
    assert "held by Asha, share 1/2; Ravi, share 1/2" in found.words


def test_a_title_proof_with_history_has_its_signatures_judged(village: Village) -> None:
    proof = village.prover.title_proof(PARCEL, history=True)
    kinds = [state.kind for state in parse_title_proof(proof).states]
    assert kinds == ["parcel", "unit", "officer"]
    assert verdict(proof).signatures_checked


def test_a_title_proof_with_history_answers_for_every_past_size(village: Village) -> None:
    village.order({PARCEL: {"unit": OTHER_UNIT}, UNIT: {"parcels": []}, OTHER_UNIT: titles.unit_members()})
    village.sequence()
    proof = village.prover.title_proof(PARCEL, history=True)
    owned = {size: verdict(proof, as_of_size=size).states.keys() for size in (2, 3, 8, 9)}
    assert owned == {
        2: {("parcel", PARCEL)},
        3: {("parcel", PARCEL), ("unit", UNIT)},
        8: {("parcel", PARCEL), ("unit", OTHER_UNIT)},
        9: {("parcel", PARCEL), ("unit", OTHER_UNIT)},
    }
    assert verdict(proof).signatures_checked


def test_a_parcel_that_was_never_registered_is_proved_absent(village: Village) -> None:
    assert verdict(village.prover.title_proof(STRANGER), parcel=STRANGER).status == "absent"


def test_a_retired_parcel_comes_without_a_unit(village: Village) -> None:
    proof = village.prover.title_proof(NEIGHBOUR)
    assert len(parse_title_proof(proof).states) == 1
    assert "is retired" in verdict(proof).words


def test_an_old_proof_with_a_new_checkpoint_is_refused(village: Village) -> None:
    old = parse_title_proof(village.prover.title_proof(PARCEL))
    village.order({NEIGHBOUR: {"use": "dry"}})
    village.sequence()
    fresh = parse_title_proof(village.prover.title_proof(PARCEL))
    with pytest.raises(VerificationError):
        verdict(replace(old, map_head_proof=fresh.map_head_proof).format())
    assert verdict(fresh.format()).size == 9


def test_single_states_are_proved_too(village: Village) -> None:
    found = village.prover.state("unit", UNIT, history=True)
    assert found == village.state(UNIT, history=True)
    assert village.prover.state("case", "593873-C000001").proof.result is not Result.PRESENT


def checkpoint(village: Village) -> Checkpoint:
    return parse_checkpoint(parse_note(village.prover.published().checkpoint.encode()).text)


def test_every_entry_has_a_proof_of_inclusion(village: Village) -> None:
    for index, entry in enumerate(village.entries):
        verify_tlog_proof(village.prover.inclusion(index), entry=entry, checkpoint=checkpoint(village))
    with pytest.raises(NoSuchEntry, match="7 entries: there is none at index 7"):
        village.prover.inclusion(7)


def test_every_older_size_has_a_proof_of_consistency(village: Village) -> None:
    new = checkpoint(village)
    with closing(village.rig.connect()) as connection, connection.cursor() as cursor:
        for old in range(1, new.size + 1):
            verify_consistency(
                old_size=old,
                new_size=new.size,
                old_root=storage.log_root(cursor, old),
                new_root=new.root,
                proof=village.prover.consistency(old),
            )
    for size in (0, new.size + 1):
        with pytest.raises(TreeShrank):
            village.prover.consistency(size)


def test_before_the_first_checkpoint_nothing_can_be_proved(rig: Rig) -> None:
    with closing(rig.connect()) as connection:
        prover = Prover(connection, origin=ORIGIN)
        for ask in (prover.published, lambda: prover.title_proof(PARCEL), lambda: prover.inclusion(0)):
            with pytest.raises(NothingPublished):
                ask()


@pytest.mark.parametrize("autocommit", [False, True])
def test_proofs_need_only_the_right_to_read_the_log(
    village: Village, database: Database, autocommit: bool
) -> None:
    with closing(
        psycopg2.connect(database.reader_url.replace("postgresql+psycopg2", "postgresql"))
    ) as connection:
        connection.autocommit = autocommit
        prover = Prover(connection, origin=ORIGIN)
        for _ in range(2):
            assert prover.title_proof(PARCEL, history=True) == village.prover.title_proof(
                PARCEL, history=True
            )
        assert connection.get_transaction_status() == psycopg2.extensions.TRANSACTION_STATUS_IDLE


class Stopped(Exception):
    """The sequencer stopped between the commit and the publication."""


def test_a_batch_that_is_not_published_yet_is_waited_for(
    village: Village, monkeypatch: pytest.MonkeyPatch
) -> None:
    village.order({NEIGHBOUR: {"use": "dry"}})
    village.rig.queue(village.entries[-1])
    with monkeypatch.context() as patch:
        patch.setattr(Sequencer, "_publish", dying_in_second_publication())
        with pytest.raises(Stopped):
            village.sequencer.run_once()
    pauses: list[float] = []
    hurried = Prover(village.connection, origin=ORIGIN, patience=0.1, pause=pauses.append)
    with pytest.raises(LogBusy, match="publishing a batch"):
        hurried.title_proof(PARCEL)
    assert len(pauses) == 5
    assert hurried.inclusion(0).index == 0  # what is about the log alone needs not wait

    def publish(_: float) -> None:
        village.sequencer.run_once()

    patient = Prover(village.connection, origin=ORIGIN, pause=publish)
    assert verdict(patient.title_proof(PARCEL)).size == 9


def dying_in_second_publication() -> Callable[..., None]:
    """Finds nothing to finish, then dies where the new batch would be published."""
    calls = count(1)

    def publish(*_: object, **__: object) -> None:
        if next(calls) == 2:
            raise Stopped

    return publish


def test_proofs_are_true_while_the_log_grows(village: Village) -> None:
    """Readers ask without pause while batches are written: each proof verifies, and is of a published size."""
    done = threading.Event()
    failures: list[BaseException] = []
    proofs: list[bytes] = []

    def read() -> None:
        try:
            with closing(village.rig.connect()) as connection:
                prover = Prover(connection, origin=ORIGIN)
                while not done.is_set():
                    proofs.append(prover.title_proof(PARCEL))
        except Exception as error:  # noqa: BLE001 - a thread tells the test what happened to it
            failures.append(error)

    thread = threading.Thread(target=read)
    thread.start()
    for use in range(15):
        village.order({PARCEL: {"use": f"use {use}"}})
        village.sequence()
    done.set()
    thread.join()
    assert failures == []
    sizes = [verdict(proof).size for proof in dict.fromkeys(proofs)]
    assert sizes == sorted(sizes)
    assert len(sizes) > 3


def test_the_sequencers_map_is_the_map_of_the_formats(village: Village) -> None:
    village.enrol(titles.CLERK, "AP-2")
    village.order({NEIGHBOUR: {"use": "dry"}}, titles.CLERK, TAHSILDAR, event_id=UUID(int=1).hex)
    village.sequence()
    [(head,)] = village.rig.sql("select entry from log.entries order by idx desc limit 1")
    assert bytes(head) == village.entries[-1]
