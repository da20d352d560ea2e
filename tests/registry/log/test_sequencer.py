"""The sequencer: one log, whatever happens between the steps."""

from __future__ import annotations

import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import psycopg2
import pytest

from domain.canon import parse_object
from domain.errors import RegistryError
from registry.log import sequencer as module
from registry.log import storage
from registry.log.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from registry.log.cosignature import CosignatureSigner, CosignatureVerifier, timestamp
from registry.log.ed25519 import SeedKey
from registry.log.map_head import parse_map_head
from registry.log.note import Note, NoteSigner, NoteVerifier, SignatureLine, VerifierKey, parse_note
from registry.log.policy import Policy, QuorumMissed
from registry.log.publisher import Publisher
from registry.log.quorum import Quorum
from registry.log.sequencer import EntryRefused, NotCosigned, RolledBack, Sequencer, TreeForked
from registry.log.tree import verify_consistency
from tests.conftest import ROOT
from tests.registry.log import reader
from tests.registry.log.rig import LOG, ORIGIN, Rig


def files(directory: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(directory)): path.read_bytes()
        for path in sorted(directory.rglob("*"))
        if path.is_file() and path.name != ".lock"
    }


def test_an_empty_queue_publishes_nothing(rig: Rig) -> None:
    assert rig.sequencer().run_once() == 0
    assert files(rig.directory) == {}
    assert rig.sql("select count(*) from log.entries") == [(0,)]


def test_accepted_orders_get_places_in_the_order_of_their_acceptance(rig: Rig) -> None:
    for n in range(5):
        rig.accept(f"P-{n}")
    assert rig.sequencer().run_once() == 5
    found = rig.check()
    assert [b'"order":%d' % n in found[n] for n in range(5)] == [True] * 5
    assert parse_map_head(found[5]).leaves == 5
    assert rig.sql("select count(*) from log.queue") == [(0,)]
    assert rig.sql("select idx from log.entries where event_id is null") == [(5,)]


def test_the_checkpoint_is_signed_by_the_log_and_stands_in_the_database_too(rig: Rig) -> None:
    rig.accept("P-0")
    rig.sequencer().run_once()
    data = (rig.directory / "checkpoint").read_bytes()
    checkpoint, _ = open_checkpoint(data, [NoteVerifier(LOG.verifier_key)])
    assert (checkpoint.origin, checkpoint.size) == (ORIGIN, 2)
    assert rig.sql("select size, checkpoint, cosigned_at from log.published") == [(2, data.decode(), None)]
    assert rig.sql("select size, root from log.signed_tree")[0][1].tobytes() == checkpoint.root


def test_a_batch_is_no_larger_than_its_limit(rig: Rig) -> None:
    for n in range(7):
        rig.accept(f"P-{n}")
    sequencer = rig.sequencer()
    assert [sequencer.run_once(3) for _ in range(4)] == [3, 3, 1, 0]
    assert len(rig.check()) == 10


def test_a_batch_ends_when_it_has_changed_enough_states(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_LEAVES", 10)
    for n in range(4):
        rig.accept(*(f"P-{n}-{i}" for i in range(6)))
    assert rig.sequencer().run_once() == 2
    monkeypatch.setattr(module, "MAX_BYTES", 1)
    assert rig.sequencer().run_once() == 1
    assert len(rig.check()) == 5


def test_tiles_grow_across_batches_and_full_ones_never_change(rig: Rig) -> None:
    sequencer = rig.sequencer()
    seen: dict[str, bytes] = {}
    for batch in range(6):
        for n in range(100):
            rig.accept(f"P-{n % 40}", f"Q-{batch}-{n}")
        sequencer.run_once()
        rig.check()
        now = files(rig.directory)
        assert {name: now[name] for name in seen} == seen
        seen = {name: data for name, data in now.items() if ".p/" not in name and name != "checkpoint"}
    assert sorted(seen) == ["tile/0/000", "tile/0/001", "tile/entries/000", "tile/entries/001"]


def test_partial_tiles_of_published_sizes_are_served_and_none_is_empty(rig: Rig) -> None:
    sequencer = rig.sequencer()
    rig.accept("P-0")
    sequencer.run_once()
    for n in range(253):
        rig.accept(f"P-{n}")
    sequencer.run_once()
    names = set(files(rig.directory))
    assert {"tile/0/000.p/2", "tile/entries/000.p/2", "tile/0/000", "tile/1/000.p/1"} <= names  # 256 entries
    assert not any(name.endswith(".p/0") for name in names)
    for n in range(300):
        rig.accept(f"P-{n}")
    sequencer.run_once()
    assert not (rig.directory / "tile/0/000.p").exists()  # full, and no longer the newest
    rig.check()


def test_time_never_runs_backwards_in_map_heads(rig: Rig) -> None:
    sequencer = rig.sequencer()
    for shift in (0, -500, 20):
        rig.clock += shift
        rig.accept("P-0")
        sequencer.run_once()
    times = [parse_map_head(e).time for e in rig.check() if not e.startswith(b"{")]
    assert times == [1_800_000_000, 1_800_000_000, 1_800_000_000]


def test_orders_on_the_same_state_within_one_batch_build_on_each_other(rig: Rig) -> None:
    for _ in range(3):
        rig.accept("P-0", "P-1")
    rig.sequencer().run_once()
    rig.accept("P-1")
    rig.sequencer().run_once()
    rig.check()
    assert rig.sql("select convert_from(value, 'UTF8') from log.map_leaf order by id") == [
        ('{"at":2,"count":3}',),
        ('{"at":4,"count":4}',),
    ]


# Crashes: each step in turn does its work and dies after it, or dies before it.


class Crash(Exception):
    """The machine stopped here."""


STEPS: dict[str, tuple[object, str]] = {
    "entries are written": (storage, "add_entries"),
    "the queue is left": (storage, "leave_queue"),
    "the tiles are written": (Publisher, "write_tiles"),
    "the tree is claimed": (storage, "claim_tree"),
    "the checkpoint is signed": (module, "sign_checkpoint"),
    "the checkpoint is replaced": (Publisher, "replace_checkpoint"),
    "the publication is noted": (storage, "set_published"),
    "old tiles are pruned": (Publisher, "prune"),
}


def dying(original: Callable[..., object], *, afterwards: bool) -> Callable[..., object]:
    def die(*args: object, **kwargs: object) -> object:
        if afterwards:
            original(*args, **kwargs)
        raise Crash

    return die


@pytest.mark.parametrize("afterwards", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("step", list(STEPS))
def test_a_crash_at_any_step_costs_nothing(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, step: str, afterwards: bool
) -> None:
    rig.accept("P-0", "P-1")
    rig.sequencer().run_once()
    before = reader.checkpoint(rig.directory)
    for n in range(300):
        rig.accept(f"P-{n}")
    owner, name = STEPS[step]
    with monkeypatch.context() as patch:
        patch.setattr(owner, name, dying(getattr(owner, name), afterwards=afterwards))
        with pytest.raises(Crash):
            rig.sequencer().run_once()
    rig.check()  # what readers see is whole at every moment
    assert reader.checkpoint(rig.directory) in (before, (ORIGIN, 303, reader.checkpoint(rig.directory)[2]))
    rig.accept("P-0")
    while rig.sequencer().run_once():
        pass
    found = rig.check()
    orders = [parse_object(entry)["order"] for entry in found if entry.startswith(b"{")]
    assert orders == list(range(302)), "each order is in the log once, in its order"
    heads = [index for index, entry in enumerate(found) if not entry.startswith(b"{")]
    assert rig.sql("select size from log.signed_tree order by 1") == [(index + 1,) for index in heads]
    assert rig.sql("select size from log.published") == [(len(found),)]


WORKER = """
import sys
from pathlib import Path
from types import SimpleNamespace
from tests.registry.log.rig import Rig

url, dsn, directory = sys.argv[1:]
sequencer = Rig(SimpleNamespace(url=url, dsn=dsn), Path(directory)).sequencer()
print("ready", flush=True)
while sequencer.run_once(7):
    pass
"""


def test_a_process_killed_at_any_moment_leaves_a_log_that_the_next_one_finishes(rig: Rig) -> None:
    for n in range(400):
        rig.accept(f"P-{n % 90}")
    command = [sys.executable, "-c", WORKER, rig.database.url, rig.database.dsn, str(rig.directory)]
    for wait in (0.01, 0.03, 0.06, 0.1, 0.15):
        worker = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT)
        with worker:
            assert worker.stdout is not None
            assert worker.stdout.readline() == b"ready\n"
            time.sleep(wait)
            worker.kill()
        if (rig.directory / "checkpoint").exists():
            rig.check()  # readers never see anything but a whole log
    rig.accept("P-0")
    while rig.sequencer().run_once():
        pass
    found = rig.check()
    orders = [parse_object(entry)["order"] for entry in found if entry.startswith(b"{")]
    assert orders == list(range(401))
    assert list((rig.directory / ".unfinished").iterdir()) == []


def test_the_connection_that_crashed_leaves_no_lock_behind(rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
    rig.accept("P-0")
    with monkeypatch.context() as patch:
        patch.setattr(storage, "claim_tree", dying(storage.claim_tree, afterwards=False))
        with pytest.raises(Crash):
            rig.sequencer().run_once()
    held = (
        "select count(*) from pg_locks where locktype = 'advisory'"
        " and database = (select oid from pg_database where datname = current_database())"
    )
    deadline = time.monotonic() + 10  # the server notices in its own time that the connection is gone
    while rig.sql(held) != [(0,)]:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert rig.sequencer().run_once() == 0
    assert len(rig.check()) == 2


def test_lost_files_are_written_again(rig: Rig) -> None:
    for n in range(300):
        rig.accept(f"P-{n}")
    rig.sequencer().run_once()
    before = files(rig.directory)
    for path in sorted(rig.directory.rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    rig.sequencer().run_once()
    assert files(rig.directory) == before


def test_a_database_from_an_old_backup_is_noticed(rig: Rig) -> None:
    rig.accept("P-0")
    rig.sequencer().run_once()
    rig.accept("P-1")
    rig.sequencer().run_once()
    published = files(rig.directory)
    rewind(rig, 2)
    with pytest.raises(RolledBack, match="4 entries have been published and the database holds 2"):
        rig.sequencer().run_once()
    assert files(rig.directory) == published


def test_a_database_that_took_another_way_after_an_old_backup_is_noticed(rig: Rig) -> None:
    rig.accept("P-0")
    rig.sequencer().run_once()
    rig.accept("P-1")
    rig.sequencer().run_once()
    published = files(rig.directory)
    rewind(rig, 2)
    (rig.directory / "checkpoint").rename(rig.directory / "aside")
    rig.accept("P-7")
    with pytest.raises(TreeForked, match="another tree of 4 entries"):
        rig.sequencer().run_once()
    (rig.directory / "aside").rename(rig.directory / "checkpoint")
    with pytest.raises(TreeForked, match="than was published"):
        rig.sequencer().run_once()
    assert files(rig.directory)["checkpoint"] == published["checkpoint"]


def rewind(rig: Rig, size: int) -> None:
    """What restoring an old backup does to all but signed_tree, which it is hoped to outlive."""
    rig.sql("alter table log.entries disable trigger all")
    rig.sql("delete from log.entries where idx >= %s", size)
    rig.sql("update log.tiles set hashes = substr(hashes, 1, %s)", 32 * size)
    rig.sql("delete from log.touch where idx >= %s", size)
    rig.sql("delete from log.map_leaf where since_index >= %s", size)
    rig.sql("delete from log.map_node")
    rig.sql("delete from log.map_leaf")


@pytest.mark.parametrize("table", ["entries", "signed_tree"])
@pytest.mark.parametrize("statement", ["delete from", "truncate"])
def test_what_was_logged_cannot_be_removed(rig: Rig, table: str, statement: str) -> None:
    with pytest.raises(psycopg2.errors.InsufficientPrivilege, match="append-only"):
        rig.sql(f"{statement} log.{table}")


def test_an_entry_that_the_projection_refuses_stops_the_log_and_is_named(rig: Rig) -> None:
    rig.accept("P-0")
    rig.queue(b'{"refuse":true}')
    rig.accept("P-1")
    assert rig.sequencer().run_once() == 1  # what came before it is good
    published = files(rig.directory)
    with pytest.raises(
        EntryRefused, match=r"queue position 2 \(order .*\) cannot be put at index 2: this entry"
    ):
        rig.sequencer().run_once()
    assert files(rig.directory) == published
    assert rig.sql("select position from log.queue") == [(2,), (3,)]
    assert len(rig.check()) == 2


def test_two_sequencers_take_turns(rig: Rig) -> None:
    for n in range(120):
        rig.accept(f"P-{n % 7}")
    taken: list[int] = []
    failures: list[Exception] = []

    def work() -> None:
        sequencer = rig.sequencer()
        try:
            while got := sequencer.run_once(5):
                taken.append(got)
        except Exception as error:  # noqa: BLE001 - a thread tells the test what happened to it
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert (sum(taken), len(taken)) == (120, 24)
    assert len(rig.check()) == 144


def test_while_one_works_on_the_database_another_waits(rig: Rig, tmp_path: Path) -> None:
    """Also where the other has another directory, and so another file to lock."""
    rig.accept("P-0")
    holder = rig.connect()
    with holder.cursor() as cursor:
        cursor.execute("select pg_advisory_lock(7002)")
    other = rig.sequencer(directory=tmp_path / "another")
    thread = threading.Thread(target=other.run_once)
    thread.start()
    thread.join(0.3)
    assert thread.is_alive()
    assert rig.sql("select count(*) from log.entries") == [(0,)]
    holder.close()
    thread.join(10)
    assert rig.sql("select count(*) from log.entries") == [(2,)]


# Cosigners


class Bank:
    """A witness in the same room: asks for consistency with what it saw last, and signs."""

    def __init__(self, seed: int, now: int) -> None:
        self.signer = CosignatureSigner(f"bank-{seed}.example/witness", SeedKey(bytes([seed]) * 32))
        self.now, self.asleep, self.log = now, False, LOG.verifier_key
        self.seen: tuple[int, bytes] = (0, b"")
        self.note: bytes | None = None

    @property
    def verifier(self) -> CosignatureVerifier:
        return CosignatureVerifier(VerifierKey.parse(self.signer.verifier_key.format()))

    def cosign(
        self, checkpoint: Note, prove_from: Callable[[int], Sequence[bytes]]
    ) -> Sequence[SignatureLine]:
        if self.asleep:
            raise RegistryError("the bank is closed")
        new, _ = open_checkpoint(checkpoint.format().encode(), [NoteVerifier(self.log)])
        old_size, old_root = self.seen
        proof = prove_from(old_size)
        if old_size:
            verify_consistency(
                old_size=old_size, new_size=new.size, old_root=old_root, new_root=new.root, proof=proof
            )
        else:
            assert list(proof) == []
        self.seen = new.size, new.root
        self.note = checkpoint.format().encode()
        return [self.signer.sign(checkpoint.text, time=self.now)]

    def latest(self, origin: str) -> bytes | None:
        if self.asleep:
            raise RegistryError("the bank is closed")
        return self.note


def witnessed(rig: Rig) -> tuple[list[Bank], Sequencer]:
    banks = [Bank(n, rig.clock - 10 * n) for n in (1, 2, 3)]
    return banks, rig.sequencer(quorum=Quorum.at_least(2, banks))


def test_witnesses_cosign_each_checkpoint_after_a_proof_of_consistency(rig: Rig) -> None:
    banks, sequencer = witnessed(rig)
    for n in range(3):
        rig.accept(f"P-{n}")
        sequencer.run_once()
    note = (rig.directory / "checkpoint").read_bytes()
    lines = "".join(f"witness w{n} {b.signer.verifier_key.format()}\n" for n, b in enumerate(banks))
    policy = Policy.parse(f"log {LOG.verifier_key.format()}\n{lines}group g 2 w0 w1 w2\nquorum g\n")
    assert policy.endorse(note, origin=ORIGIN, now=rig.clock).as_of == rig.clock - 20
    assert rig.sql("select extract(epoch from cosigned_at)::bigint from log.published") == [(rig.clock - 20,)]


def test_one_witness_that_sleeps_stops_nothing(rig: Rig) -> None:
    banks, sequencer = witnessed(rig)
    banks[0].asleep = True
    rig.accept("P-0")
    sequencer.run_once()
    assert len(parse_note((rig.directory / "checkpoint").read_bytes()).signatures) == 3


def test_without_its_quorum_nothing_is_published_until_the_witnesses_wake(rig: Rig) -> None:
    banks, sequencer = witnessed(rig)
    rig.accept("P-0")
    sequencer.run_once()
    before = files(rig.directory)["checkpoint"]
    banks[0].asleep = banks[1].asleep = True
    rig.accept("P-1")
    with pytest.raises(NotCosigned, match=r"1 of 3 cosigners have cosigned.*2 of 3 must.*the bank is closed"):
        sequencer.run_once()
    assert files(rig.directory)["checkpoint"] == before
    banks[1].asleep = False
    assert sequencer.run_once() == 0
    assert reader.checkpoint(rig.directory)[1] == 4


def test_a_line_that_is_not_the_witnesss_own_is_not_passed_on(rig: Rig) -> None:
    class Forger(Bank):
        def cosign(
            self, checkpoint: Note, prove_from: Callable[[int], Sequence[bytes]]
        ) -> Sequence[SignatureLine]:
            return [self.signer.sign("another text\n", time=self.now)]

    rig.accept("P-0")
    with pytest.raises(NotCosigned, match="does not verify"):
        rig.sequencer(quorum=Quorum.at_least(1, [Forger(1, rig.clock)])).run_once()


def test_a_refreshed_checkpoint_has_the_same_tree_and_younger_cosignatures(rig: Rig) -> None:
    banks, sequencer = witnessed(rig)
    rig.accept("P-0")
    sequencer.run_once()
    before = reader.checkpoint(rig.directory)
    for bank in banks:
        bank.now += 600
    sequencer.refresh()
    assert reader.checkpoint(rig.directory) == before
    lines = "".join(f"witness w{n} {b.signer.verifier_key.format()}\n" for n, b in enumerate(banks))
    policy = Policy.parse(f"log {LOG.verifier_key.format()}\n{lines}group g all w0 w1 w2\nquorum g\n")
    note = (rig.directory / "checkpoint").read_bytes()
    assert policy.endorse(note, origin=ORIGIN, now=rig.clock + 600).as_of == rig.clock + 570
    with pytest.raises(QuorumMissed):
        policy.endorse(note, origin=ORIGIN, now=rig.clock)


def as_of(rig: Rig) -> list[tuple[int]]:
    return rig.sql("select extract(epoch from cosigned_at)::bigint from log.published")


def test_a_witness_whose_clock_jumps_back_takes_nothing_from_the_checkpoints_age(rig: Rig) -> None:
    banks, sequencer = witnessed(rig)
    rig.accept("P-0")
    sequencer.run_once()
    assert as_of(rig) == [(rig.clock - 20,)]
    banks[0].now -= 5_000
    banks[1].now -= 5_000
    rig.clock -= 100  # and our own clock too
    sequencer.refresh()
    assert as_of(rig) == [(rig.clock + 100 - 20,)]
    data = (rig.directory / "checkpoint").read_bytes()
    lines = "".join(f"witness w{n} {b.signer.verifier_key.format()}\n" for n, b in enumerate(banks))
    policy = Policy.parse(f"log {LOG.verifier_key.format()}\n{lines}group g 2 w0 w1 w2\nquorum g\n")
    assert policy.endorse(data, origin=ORIGIN, now=rig.clock + 100).as_of == rig.clock + 100 - 20


def test_a_witness_that_signed_in_the_far_future_is_heard_again_when_its_clock_is_right(rig: Rig) -> None:
    banks, sequencer = witnessed(rig)
    rig.accept("P-0")
    right, banks[0].now = banks[0].now, rig.clock + 10**9
    sequencer.run_once()
    banks[0].now = right + 1
    sequencer.refresh()
    found = parse_note((rig.directory / "checkpoint").read_bytes())
    times = [timestamp(line.signature) for line in found.signatures if line.name == banks[0].verifier.name]
    assert times == [right + 1]


def test_a_spoilt_line_in_the_published_file_is_not_passed_on(rig: Rig) -> None:
    banks, sequencer = witnessed(rig)
    rig.accept("P-0")
    sequencer.run_once()
    path = rig.directory / "checkpoint"
    spoilt = banks[0].signer.sign("another text\n", time=rig.clock + 60).format()
    path.write_text(path.read_text().split("\n\n")[0] + "\n\n" + spoilt)
    sequencer.refresh()
    assert spoilt not in path.read_text()
    assert as_of(rig) == [(rig.clock - 20,)]


def restored(rig: Rig, size: int) -> None:
    """The database is an older backup of ``size`` entries, and so is the directory: nothing here shows it."""
    rig.sql("set session_replication_role = replica")  # as a restore does: triggers see nothing
    rig.sql("delete from log.entries where idx >= %s", size)
    for table in ("signed_tree", "published", "tiles", "map_leaf", "map_node", "map_bucket", "touch"):
        rig.sql(f"delete from log.{table}")
    rig.sql("set session_replication_role = origin")
    shutil.rmtree(rig.directory)


def test_a_restored_old_backup_does_not_start_against_its_witnesses(rig: Rig) -> None:
    banks, sequencer = witnessed(rig)
    for n in range(2):
        rig.accept(f"P-{n}")
        sequencer.run_once()
    restored(rig, 0)
    rig.accept("P-9")
    with pytest.raises(
        RolledBack, match=r"bank-1.* 4 entries, signed by this log.*holds 0: it is an old backup"
    ):
        rig.sequencer(quorum=Quorum.at_least(2, banks)).run_once()
    assert rig.sql("select count(*) from log.entries") == [(0,)]  # not even a place was given
    assert not (rig.directory / "checkpoint").exists()


def test_a_database_that_leads_elsewhere_than_the_witnesses_saw_signs_nothing(rig: Rig) -> None:
    banks, sequencer = witnessed(rig)
    rig.accept("P-0")
    sequencer.run_once()
    restored(rig, 0)
    rig.accept("P-9")
    rig.sequencer().run_once()  # unwitnessed, as no registry with a policy runs
    with pytest.raises(TreeForked, match=r"bank-1.* 2 entries, signed by this log.*another tree"):
        rig.sequencer(quorum=Quorum.at_least(2, banks)).run_once()


def test_a_witness_that_shows_what_the_log_never_signed_stops_nothing(rig: Rig) -> None:
    banks, sequencer = witnessed(rig)
    longer = sign_checkpoint(
        Checkpoint(origin=ORIGIN, size=1000, root=bytes(32)), NoteSigner(ORIGIN, SeedKey(bytes([66]) * 32))
    )
    banks[0].note = longer.format().encode()
    banks[1].note = b"no note at all"
    rig.accept("P-0")
    sequencer.run_once()
    rig.check()


def test_the_first_batch_waits_until_a_quorum_has_told_what_it_saw(rig: Rig) -> None:
    banks, sequencer = witnessed(rig)
    banks[0].asleep = banks[1].asleep = True
    rig.accept("P-0")
    with pytest.raises(NotCosigned, match=r"only 1 of 3 cosigners have told what they have seen"):
        sequencer.run_once()
    assert rig.sql("select count(*) from log.entries") == [(0,)]
    banks[1].asleep = False
    assert sequencer.run_once() == 1


def test_while_a_key_is_replaced_both_sign(rig: Rig) -> None:
    newer = NoteSigner(ORIGIN, SeedKey(bytes([8]) * 32))
    rig.accept("P-0")
    rig.sequencer(signer=None, signers=lambda: [newer, LOG]).run_once()
    data = (rig.directory / "checkpoint").read_bytes()
    for signer in (newer, LOG):
        assert open_checkpoint(data, [NoteVerifier(signer.verifier_key)])[0].size == 2


def test_more_cosignatures_than_there_are_cosigners_cannot_be_required() -> None:
    with pytest.raises(ValueError, match="1 cosignatures cannot be required of 0"):
        Quorum.at_least(1, [])


def test_the_directory_of_another_log_is_left_alone(rig: Rig) -> None:
    rig.accept("P-0")
    rig.sequencer().run_once()
    note = (rig.directory / "checkpoint").read_text()
    (rig.directory / "checkpoint").write_text(note.replace(ORIGIN, "registry.example/other"))
    with pytest.raises(RegistryError, match=r"registry\.example/other, not registry\.example/land/test"):
        rig.sequencer().run_once()
