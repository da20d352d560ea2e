"""The whole of it: a registry, two witnesses and an auditor as programs of their own, and a bank that trusts them."""

from __future__ import annotations

import http.client
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from hashlib import sha256
from itertools import count
from pathlib import Path

import pytest

from api import clock, founding, log_keys
from api.examining import examine
from registry import dsse
from registry.cluster import Cluster
from registry.keys import load
from registry.log.note import parse_note
from registry.log.policy import Policy, QuorumMissed, StaleCheckpoint
from registry.log.prover import Prover
from registry.log.sequencer import NotCosigned, RolledBack
from registry.office import Request
from registry.root_acts import AddLogKey, RetireLogKey, RootAct
from registry.verify import verify_title_proof
from registry.witness import service
from tests.api.world import OFFICE, OFFICER, ORIGIN, TODAY, World, parcel, share_sale, unit
from tests.conftest import ROOT

_numbers = count(1)


@pytest.fixture
def world(cluster: Cluster, template: str, tmp_path: Path) -> Iterator[World]:
    name = f"trusted_{next(_numbers)}"
    cluster.create_database(name, template=template)
    world = World.found(
        tmp_path / "home", url=cluster.url(name), reader_url=cluster.url(name, "landlog_reader")
    )
    yield world
    world.house.close()
    cluster.drop_database(name)


@contextmanager
def program(*arguments: str | Path) -> Iterator[str]:
    """``landlog`` with these arguments, until the block ends; the address that it says it answers at."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-c", "from api.cli import main; main()", *map(str, arguments)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment)
    assert process.stderr is not None
    try:
        line = process.stderr.readline()
        assert "http://" in line, line + process.stderr.read()
        yield "http://" + line.partition("http://")[2].split(" ")[0]
    finally:
        process.terminate()
        process.wait(10)
        process.stderr.close()


class Watchers:
    """Two witnesses and an auditor, and the policies that name them."""

    def __init__(self, world: World, place: Path, stack: ExitStack) -> None:
        self.world = world
        self.vkey = founding.log_signer(world.house.settings, ORIGIN).verifier_key.format()
        (place / "logs.txt").write_text(f"log {self.vkey}\nquorum none\n")
        self.lines = []
        for name in ("one", "two", "auditor"):
            signer = service.make_home(place / name, f"{name}.example/watcher")
            arguments: list[str | Path] = ["--policy", place / "logs.txt", "--listen", "127.0.0.1:0"]
            if name == "auditor":
                arguments += [
                    "--log",
                    world.house.settings.log,
                    "--state",
                    place / "audit",
                    "--cosign",
                    place / name,
                ]
                url = stack.enter_context(program("audit", *arguments, "--every", "0.5"))
            else:
                url = stack.enter_context(program("witness", "serve", "--home", place / name, *arguments))
            self.lines.append(f"witness {name} {signer.verifier_key.format()} {url}")

    def policy(self, quorum: str, *lines: str) -> str:
        return "\n".join([f"log {self.vkey}", *(lines or self.lines), quorum, ""])

    def watch(self, quorum: str, *lines: str) -> None:
        """From now on the registry asks these, and publishes only what the quorum has cosigned."""
        self.world.house.settings.policy.write_text(self.policy(quorum, *lines))
        for name in ("quorum", "sequencer"):
            self.world.house.__dict__.pop(name, None)


TWO_OF_THREE = "group some 2 one two auditor\nquorum some"


@pytest.fixture
def watchers(world: World, tmp_path: Path) -> Iterator[Watchers]:
    with ExitStack() as stack:
        yield Watchers(world, tmp_path, stack)


def proof(world: World) -> bytes:
    connection = world.house.datastore.engine.raw_connection()
    try:
        return Prover(connection.driver_connection, origin=ORIGIN).title_proof(parcel(1))  # type: ignore[arg-type]
    finally:
        connection.close()


def sold(world: World, share: str) -> None:
    state = world.house.recorder.load([unit(1)])[unit(1)].state()
    assert state is not None
    shares: list[dict[str, str]] = state["shares"]  # type: ignore[assignment]
    world.house.settle()
    receipt = world.house.office.sanction(
        Request(
            type="sale",
            application=share_sale(shares[0]["party"], share=share),
            office=OFFICE,
            officer=OFFICER,
            order_no="MR/2026/2",
        ),
        sign=world.sealed,
        day=TODAY,
        event_id=clock.new_event_id(),
        salt=clock.new_salt,
    )
    assert receipt
    world.house.settle()


def test_a_bank_that_trusts_two_of_three_with_the_auditor_accepts_a_fresh_proof(watchers: Watchers) -> None:
    world = watchers.world
    watchers.watch(TWO_OF_THREE)
    sold(world, "1/6")
    world.house.sequencer.refresh()  # by now the auditor, too, has replayed everything
    data, now = proof(world), int(time.time())
    strict = "group all-of-them all one two auditor\nquorum all-of-them"
    for quorum in (TWO_OF_THREE, strict, "quorum auditor"):
        verdict = verify_title_proof(
            data, Policy.parse(watchers.policy(quorum), max_age=60), now=now, parcel=parcel(1)
        )
        assert verdict.as_of is not None
        assert now - verdict.as_of < 60
    with pytest.raises(StaleCheckpoint):
        verify_title_proof(data, Policy.parse(watchers.policy(TWO_OF_THREE), max_age=60), now=now + 3600)
    stranger = service.make_home(
        world.house.settings.home / "stranger", "stranger.example/watcher"
    ).verifier_key
    lines = [*watchers.lines[:1], f"witness stranger {stranger.format()}"]
    both = watchers.policy("group both all one stranger\nquorum both", *lines)
    with pytest.raises(QuorumMissed):
        verify_title_proof(data, Policy.parse(both), now=now)


def test_without_its_quorum_nothing_new_is_shown_and_one_dead_witness_stops_nothing(
    watchers: Watchers,
) -> None:
    world = watchers.world
    dead = [line.rpartition(" ")[0] + " http://127.0.0.1:9" for line in watchers.lines]
    watchers.watch(TWO_OF_THREE, dead[0], *watchers.lines[1:])
    sold(world, "1/6")
    shown = (world.house.settings.log / "checkpoint").read_bytes()
    names = {line.name for line in parse_note(shown).signatures}
    assert "two.example/watcher" in names
    watchers.watch(TWO_OF_THREE, dead[0], dead[1], watchers.lines[2])
    with pytest.raises(NotCosigned, match="one: it cannot be reached"):
        world.house.sequence()
    assert (world.house.settings.log / "checkpoint").read_bytes() == shown


def test_a_backup_of_database_and_files_does_not_start_against_the_witnesses(
    watchers: Watchers, cluster: Cluster, tmp_path: Path
) -> None:
    world = watchers.world
    watchers.watch(TWO_OF_THREE)
    sold(world, "1/6")
    world.house.close()
    name = f"backup_{next(_numbers)}"
    cluster.create_database(name, template=world.house.url.rsplit("/", 1)[1].split("?")[0])
    shutil.copytree(world.house.settings.home, tmp_path / "backup")
    backup = world.moved_to(
        tmp_path / "restored", url=cluster.url(name), reader_url=cluster.url(name, "landlog_reader")
    )
    for one in (
        "quorum",
        "sequencer",
        "datastore",
        "recorder",
        "office",
        "root_ceremony",
        "runner",
        "openings",
        "cadastre",
    ):
        world.house.__dict__.pop(one, None)
    sold(world, "1/12")  # after the backup was taken
    with pytest.raises(
        RolledBack, match=r"signed by this log, and the database holds \d+: it is an old backup"
    ):
        backup.house.sequence()
    backup.house.close()
    world.house.close()
    cluster.drop_database(name)


def test_a_log_key_is_rotated_while_everybody_watches(watchers: Watchers) -> None:
    world, house = watchers.world, watchers.world.house
    watchers.watch("quorum none")
    sold(world, "1/6")
    roots = house.root_ceremony.roots
    new = log_keys.make_next(house.settings, ORIGIN, roots.log_keys).verifier_key.format()
    assert log_keys.make_next(house.settings, ORIGIN, roots.log_keys).verifier_key.format() == new

    def perform(act: RootAct) -> list[bytes]:
        payload = house.root_ceremony.prepare(act, event_id=clock.new_event_id(), decided=TODAY)
        root = load(founding.root_key_files(house.settings, 1)[0])
        house.root_ceremony.submit(dsse.seal(dsse.KEY, payload, [root.sign_payload(dsse.KEY, payload)]))
        house.settle()
        log_keys.write_policy(house.settings, ORIGIN, house.root_ceremony.roots.log_keys)
        note = parse_note((house.settings.log / "checkpoint").read_bytes())
        return [line.key_id for line in note.signatures if line.name == ORIGIN]

    assert len(perform(AddLogKey(vkey=new))) == 2
    policy = house.settings.policy.read_text()
    assert f"log {watchers.vkey}\nlog {new}\n" in policy
    assert policy.count("witness ") == 3
    assert len(perform(RetireLogKey(vkey=watchers.vkey))) == 1
    assert watchers.vkey not in house.settings.policy.read_text()
    assert examine(house) == []


def test_the_witnesses_show_what_they_have_seen(watchers: Watchers) -> None:
    watchers.watch(TWO_OF_THREE)
    sold(watchers.world, "1/6")
    path = f"/{sha256(ORIGIN.encode()).hexdigest()}/checkpoint"
    for line in watchers.lines[:2]:
        connection = http.client.HTTPConnection(line.rpartition("http://")[2], timeout=5)
        connection.request("GET", path)
        note = parse_note(connection.getresponse().read())
        connection.close()
        assert note.text == parse_note((watchers.world.house.settings.log / "checkpoint").read_bytes()).text
