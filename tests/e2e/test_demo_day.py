"""The day of the demonstration, played once and taken up again, and those who watch it."""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from api import clock, standing, wiring
from api.cli import main
from api.demo import day, proving, show, stage, trust
from api.demo.script import is_joint, khatas, record, share_sale
from api.demo.stage import TAHSILDAR, Stage
from api.settings import Settings
from registry.cluster import Cluster
from registry.log.policy import Policy
from tests.conftest import ROOT

SALE_ORDER = "TEST/1"


@dataclass
class Demonstration:
    """One home in which the demonstration has been played, and what it said."""

    settings: Settings
    told: list[str] = field(default_factory=list)
    results: list[str] = field(default_factory=list)

    @property
    def own(self) -> Settings:
        return replace(self.settings, home=self.settings.home / show.DIRECTORY)

    def play(self) -> None:
        self.told.clear()
        self.results.clear()
        with contextlib.chdir(self.settings.home):  # away from `./run`, which would install
            show.show(self.settings, once=True, port=0, tell=self.told.append, result=self.results.append)

    def result(self, name: str) -> str:
        return next(line.removeprefix(name).strip() for line in self.results if line.startswith(f"{name} "))

    @contextmanager
    def watched(self) -> Iterator[tuple[Stage, trust.Watchers]]:
        """The registry on its stage, with its watchers at work."""
        self.told.clear()
        with trust.watchers(self.own, self.told.append) as watchers, wiring.opened(self.own) as house:
            yield stage.set_up(house, self.told.append, watch=watchers.take_up), watchers

    def checkpoint(self) -> bytes:
        return (self.own.log / "checkpoint").read_bytes()

    def vouching(self) -> list[str]:
        return proving.vouched(self.checkpoint(), Policy.parse(self.own.policy.read_bytes()))

    def watchers_at_work(self) -> list[str]:
        """The command lines of the programs that work in this home, whoever started them."""
        found = []
        for process in psutil.process_iter():
            with contextlib.suppress(psutil.Error):
                line = " ".join(process.cmdline())
                if str(self.own.home) in line and ("witness serve" in line or "audit --log" in line):
                    found.append(line)
        return found


@pytest.fixture(scope="module")
def demonstration(
    cluster: Cluster, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Demonstration]:
    name = "demonstration"
    cluster.create_database(name, template=template)
    played = Demonstration(
        Settings(
            home=tmp_path_factory.mktemp("demonstration"),
            database_url=cluster.url(name),
            reader_url=cluster.url(name, "landlog_reader"),
        )
    )
    played.play()
    yield played
    cluster.drop_database(name)


@pytest.fixture
def verify(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """``landlog verify``: what it says, to stdout where it ends with 0 and to stderr else."""

    def run(*words: object, ends: int = 0) -> str:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main(["verify", *map(str, words)])
        said = capsys.readouterr()
        assert ended.value.code == ends, said
        return said.err if ends else said.out

    return run


def test_a_day_plays_many_kinds_of_orders_and_a_second_run_adds_nothing(demonstration: Demonstration) -> None:
    with wiring.opened(demonstration.own) as house:
        with house.datastore.cursor() as cursor:
            cursor.execute("select distinct type from records.event where starts_with(type, 'mutation.')")
            kinds = {str(kind).removeprefix("mutation.").partition("/")[0] for (kind,) in cursor}
            cursor.execute("select type, status, objections from records.case_file order by filed_index")
            cases = cursor.fetchall()
            cursor.execute(
                "select officer from records.case_step where starts_with(type, 'mutation.sale/') and officer <> ''"
            )
            signers = [officer for (officer,) in cursor]
        assert kinds - {"import"} == {
            "sale",
            "partition",
            "inheritance",
            "gift",
            "charge-created",
            "name-correction",
            "stay-imposed",
            "subdivision",
            "amalgamation",
            "boundary-correction",
            "acquisition",
        }
        assert cases == [
            ("mutation.release/1", "refused", 1),
            ("mutation.sale/1", "communicated", 0),
            ("mutation.gift/1", "hearing", 1),
        ]
        assert signers == [standing.CLOCK]
        size = _size(house)
    vouching = [demonstration.result(name) for name in trust.NAMES]
    demonstration.play()
    with wiring.opened(demonstration.own) as house:
        assert _size(house) == size
    done_before = sum("done before" in line for line in demonstration.told)
    assert done_before == len([s for s in day.SCENES if s.order_no])
    assert [demonstration.result(name) for name in trust.NAMES] == vouching
    assert demonstration.watchers_at_work() == []


def test_the_line_of_the_summary_checks_a_proof(demonstration: Demonstration) -> None:
    line = demonstration.results[-1]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    answer = subprocess.run(
        shlex.split(line), capture_output=True, text=True, env=environment, cwd=demonstration.settings.home
    )
    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.startswith("The proof holds.\n")
    assert "no witnesses" not in answer.stderr


def test_a_bank_refuses_what_its_quorum_has_not_seen_or_saw_too_long_ago(
    demonstration: Demonstration,
    verify: Callable[..., str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    text = demonstration.own.policy.read_text()
    policy = Policy.parse(text)
    assert policy.groups[policy.quorum].members == trust.NAMES
    assert policy.groups[policy.quorum].threshold == 2
    proof = Path(demonstration.result("proof"))
    assert f"verify demo/proofs/{proof.name} --policy demo/policy.txt" in demonstration.results[-1]
    bare, all_three = tmp_path / "two.json", tmp_path / "all-three.txt"
    bare.write_bytes(proving.with_cosignatures(proof.read_bytes(), policy, most=2))
    all_three.write_text(text.replace("group watchers 2 ", "group watchers 3 "))
    assert "holds" in verify(proof, "--policy", all_three)
    assert "holds" in verify(bare, "--policy", demonstration.own.policy)
    missed = verify(bare, "--policy", all_three, ends=1)
    assert "only 2 of the policy's witnesses have cosigned (witness-1, witness-2)" in missed
    assert "asks for 3 of witness-1, witness-2, auditor" in missed
    later = clock.now() + 3600
    monkeypatch.setattr(clock, "now", lambda: later)
    assert "holds" in verify(proof, "--policy", all_three, "--max-age", "2h")
    stale = verify(proof, "--policy", all_three, "--max-age", "15m", ends=1)
    assert "the witnesses saw this checkpoint 1 h" in stale
    assert "no more than 15 min are allowed" in stale


def test_one_dead_witness_stops_nothing(demonstration: Demonstration, verify: Callable[..., str]) -> None:
    with demonstration.watched() as (staged, watchers):
        process = watchers.programs[0].process
        assert process
        process.kill()
        before = demonstration.checkpoint()
        khata = [k for k in khatas(staged) if is_joint(k, 3)][-1]
        sale: Any = share_sale(khata, khata["holders"][0], "मीरा", "हरिराम")
        record(staged, TAHSILDAR, "sale", sale, order_no=SALE_ORDER)
        assert demonstration.checkpoint() != before
        assert demonstration.vouching() == ["witness-2", "auditor"]
        (proof,) = proving.prove(staged, [khata["parcels"][0]["parcel_id"]])
        assert "holds" in verify(proof, "--policy", demonstration.own.policy, "--max-age", "15m")
        words = "witness-1 has stopped (ended by signal 9); the log goes on with witness-2 and auditor."
        _until(lambda: any(words in line for line in demonstration.told))
    assert demonstration.watchers_at_work() == []


def test_a_witness_that_has_lost_its_memory_is_told_of_and_two_of_them_are_too_many(
    demonstration: Demonstration,
) -> None:
    memories = [demonstration.own.home / name / "witness.sqlite3" for name in trust.WITNESSES]
    kept = [path.rename(path.with_suffix(".kept")) for path in memories[:1]]
    try:
        with demonstration.watched():
            told = "\n".join(demonstration.told)
            assert "witness-1 does not work: " in told
            assert "no longer knows what it has vouched for" in told
            assert f"remove {memories[0].parent} and start again" in told
        kept += [path.rename(path.with_suffix(".kept")) for path in memories[1:]]
        with (
            pytest.raises(trust.TooFewWatchers, match="2 of 3 watchers do not work"),
            demonstration.watched(),
        ):
            pass
    finally:
        for path, there in zip(kept, memories, strict=False):
            path.rename(there)
    assert demonstration.watchers_at_work() == []


@pytest.mark.parametrize(
    ("number", "after"),
    [(signal.SIGKILL, "from here on only"), (signal.SIGTERM, "The portal is open")],
    ids=["killed at work", "stopped while it serves"],
)
def test_whoever_ends_the_demonstration_leaves_no_program_behind(
    demonstration: Demonstration, number: signal.Signals, after: str
) -> None:
    settings = demonstration.settings
    environment = {
        **os.environ,
        "PYTHONPATH": str(ROOT),
        "LANDLOG_HOME": str(settings.home),
        "LANDLOG_DATABASE_URL": settings.database_url,
        "LANDLOG_READER_URL": settings.reader_url,
    }
    command = [sys.executable, "-c", "from api.cli import main; main()", "demo", "--port", "0"]
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=environment
    )
    assert process.stderr
    try:
        for line in process.stderr:
            if after in line:
                break
        assert len(demonstration.watchers_at_work()) == len(trust.NAMES)
        process.send_signal(number)
        process.wait(30)
        _until(lambda: demonstration.watchers_at_work() == [])
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


def _until(holds: Callable[[], bool]) -> None:
    """Waits for what must come."""
    end = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.05)


def _size(house: wiring.House) -> int:
    with house.datastore.cursor() as cursor:
        cursor.execute("select size from log.published")
        row = cursor.fetchone()
    assert row
    return int(row[0])
