"""The served log, followed by a client that knows only the C2SP specifications (``tests.registry.log.reader``)."""

from __future__ import annotations

import json
import urllib.request
from typing import Any

import pytest
from nacl.exceptions import BadSignatureError

from api import clock, founding
from registry import dsse
from registry.acts import Enrol
from registry.ceremony import Ceremony
from registry.keys import Key, load
from registry.land_map import LandProjection
from registry.log.quorum import Quorum
from registry.log.sequencer import Sequencer
from tests.api.test_serving import serving
from tests.api.world import ORIGIN, World
from tests.registry.log import reader
from tests.registry.log.test_sequencer import Bank

OFFICERS = 300  # so many entries more than a tile holds


def enrol(world: World, count: int) -> None:
    """Entries of the smallest kind, accepted and waiting for their place."""
    ceremony = Ceremony(world.house.recorder)
    root = load(founding.root_key_files(world.house.settings, 1)[0])
    for n in range(count):
        key, officer = Key.generate(), f"UP-LEK-{n}"
        pop = key.prove_possession(origin=ORIGIN, officer=officer)
        act = Enrol(public=key.public, officer=officer, pop=pop)
        payload = ceremony.prepare(act, event_id=clock.new_event_id(), decided=world.day)
        ceremony.submit(dsse.seal(dsse.KEY, payload, [root.sign_payload(dsse.KEY, payload)]))


def publish(world: World, banks: list[Bank]) -> None:
    """What waits is sequenced, cosigned by two of three and published."""
    settings = world.house.settings
    sequencer = Sequencer(
        world.house.datastore.engine,
        origin=ORIGIN,
        signer=founding.log_signer(settings, ORIGIN),
        projection=LandProjection(),
        directory=settings.log,
        now=lambda: int(world.at.timestamp()),
        quorum=Quorum.at_least(2, banks),
    )
    while sequencer.run_once():
        pass


def witnesses_of(world: World) -> list[Bank]:
    """Three witnesses in the same room, named in the registry's policy."""
    banks = [Bank(seed, int(world.at.timestamp()) - seed) for seed in (1, 2, 3)]
    policy, lines = world.house.settings.policy, ""
    for number, bank in enumerate(banks):
        bank.log = founding.log_signer(world.house.settings, ORIGIN).verifier_key
        lines += f"witness w{number} {bank.signer.verifier_key.format()}\n"
    policy.write_text(policy.read_text().replace("quorum none", f"{lines}quorum none"))
    return banks


def about(port: int) -> dict[str, Any]:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/v1/about", timeout=20) as answer:
        document: dict[str, Any] = json.loads(answer.read())
    return document


def test_a_client_that_knows_only_the_specifications_follows_the_served_log(world: World) -> None:
    banks = witnesses_of(world)
    enrol(world, 1)
    publish(world, banks)
    with serving(world, 1) as (_, port):
        told = about(port)
        logs, watchers = told["log_keys"], [w["verifier_key"] for w in told["witnesses"]]
        fetch = reader.over_http(f"http://127.0.0.1:{port}/log")
        older = reader.got(fetch, "checkpoint")
        assert reader.verified(older, [*logs, *watchers]) == {
            **dict.fromkeys(logs),
            **{bank.signer.verifier_key.format(): bank.now for bank in banks},
        }
        assert reader.said(older)[:2] == (told["origin"], told["log_size"])
        first = reader.check_all(fetch, older)
        enrol(world, OFFICERS)
        publish(world, banks)
        newer = reader.got(fetch, "checkpoint")
        assert set(reader.verified(newer, [*logs, *watchers])) == {*logs, *watchers}
        entries = reader.check_all(fetch, newer)
        assert len(entries) > reader.WIDTH
        assert entries[: len(first)] == first
        reader.check_consistent(fetch, older, newer)
        for absent in tiles_that_are_not(len(entries)):
            assert fetch(absent) is None, absent
        for damaged in ("tile/entries/000", "tile/0/000", "tile/1/000.p/1"):
            with pytest.raises(AssertionError):
                reader.check_all(with_another_bit(fetch, damaged), newer)
        with pytest.raises(AssertionError):
            reader.check_consistent(with_another_bit(fetch, "tile/0/000"), older, newer)
    check_that_damage_is_found(newer, logs[0], watchers[0])


def with_another_bit(fetch: reader.Fetch, path: str) -> reader.Fetch:
    """The same log, with the last bit of one file changed."""

    def damaged(asked: str) -> bytes | None:
        data = fetch(asked)
        return data[:-1] + bytes([data[-1] ^ 1]) if data and asked == path else data

    return damaged


def tiles_that_are_not(size: int) -> list[str]:
    """Of a tree of 257 to 511 entries: wider, later and higher than it has, and one that it has, misspelt."""
    beyond = size - reader.WIDTH + 1
    return [
        f"tile/0/001.p/{beyond}",
        "tile/0/001",
        "tile/1/000.p/2",
        "tile/2/000.p/1",
        "tile/0/0",
        "tile/0/x000/001",
    ]


def check_that_damage_is_found(note: bytes, log: str, witness: str) -> None:
    """The client itself can say no: to a changed size, to signatures exchanged, and to a stranger's key."""
    size = reader.said(note)[1]
    with pytest.raises(BadSignatureError):
        reader.verified(note.replace(b"\n%d\n" % size, b"\n%d\n" % (size + 1), 1), [log])
    lines = note.decode().splitlines(keepends=True)
    mine = next(
        n for n, line in enumerate(lines) if line.startswith(f"\N{EM DASH} {reader.identity(witness)[0]} ")
    )
    lines[mine] = lines[mine][:-8] + "AAAAAA=\n"
    with pytest.raises((BadSignatureError, AssertionError, ValueError)):
        reader.verified("".join(lines).encode(), [log, witness])
    assert reader.verified(note, [Bank(9, 0).signer.verifier_key.format()]) == {}


def test_names_of_tiles_are_those_of_the_specification() -> None:
    assert [reader.name_of(n) for n in (5, 273, 1000, 1_234_067)] == [
        "005",
        "273",
        "x001/000",
        "x001/x234/067",
    ]


def test_the_published_vector_of_a_signed_note_is_judged_as_it_says() -> None:
    """golang.org/x/mod/sumdb/note, as the specification quotes it."""
    vkey = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
    signature = "Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM="
    note = f"This is an example message.\n\n\N{EM DASH} example.com/foo {signature}\n".encode()
    assert reader.verified(note, [vkey]) == {vkey: None}
    with pytest.raises(BadSignatureError):
        reader.verified(note.replace(b"example message", b"exemplary message"), [vkey])
