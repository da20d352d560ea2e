"""Who vouches for the log: ``landlog trust``, what it makes of the policy, and what ``GET /v1/about`` tells of it."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import pytest

from api import founding, trusting
from api.settings import Settings
from api.trusting import OtherWitnessKey, Watcher
from domain.errors import BadInput, NotFound
from registry.log.cosignature import CosignatureSigner
from registry.log.ed25519 import SeedKey
from registry.log.policy import MalformedPolicy, Policy
from registry.witness.client import WitnessRefused, WitnessUnreachable
from registry.witness.http import Request, Response
from tests.registry.witness.rig import LOG, WITNESS, listening, served, witness_in

pytestmark = pytest.mark.quick
OTHER = CosignatureSigner("witness.example/two", SeedKey(bytes([3]) * 32))
ONE_LINE = f"one {WITNESS.verifier_key.format()} https://one.example"
TWO_LINE = f"two {OTHER.verifier_key.format()} https://two.example"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A home with the policy that a founded registry has."""
    found = Settings(home=tmp_path)
    log = LOG.verifier_key.format()
    found.policy.write_text(f"# Ours.\n{founding.NO_WITNESS}\nlog {log}\nquorum none\n#!paper a+b+c\n")
    return found


def test_witnesses_take_the_place_of_those_before_and_nothing_else_is_touched(settings: Settings) -> None:
    one, two = (trusting.meet(text, []) for text in (ONE_LINE, TWO_LINE))
    trusting.write(settings, [one, two], threshold=2)
    first = settings.policy.read_text()
    assert trusting.watchers(settings) == [one, two]
    assert not Policy.parse(first).satisfied(["one"])
    trusting.write(settings, [two], threshold=1)
    text = settings.policy.read_text()
    assert trusting.watchers(settings) == [two]
    assert Policy.parse(text).satisfied(["two"])
    for kept in ("# Ours.", f"log {LOG.verifier_key.format()}", "#!paper a+b+c"):
        assert text.count(kept) == 1
    assert founding.NO_WITNESS not in text
    trusting.write(settings, [one, two], threshold=2)
    assert settings.policy.read_text() == first


def test_a_quorum_that_cannot_be_met_leaves_the_policy_as_it_was(settings: Settings) -> None:
    before = settings.policy.read_bytes()
    with pytest.raises(MalformedPolicy, match="threshold"):
        trusting.write(settings, [trusting.meet(ONE_LINE, [])], threshold=2)
    assert settings.policy.read_bytes() == before


def test_without_a_registry_there_is_nobody_to_vouch_for(tmp_path: Path) -> None:
    assert trusting.watchers(Settings(home=tmp_path)) == []
    with pytest.raises(NotFound, match="no policy"):
        trusting.write(Settings(home=tmp_path), [], threshold=1)


def test_a_witness_is_asked_for_its_key_and_known_by_it_from_then_on(tmp_path: Path) -> None:
    with ExitStack() as stack:
        url = stack.enter_context(served(witness_in(tmp_path / "one")))
        found = trusting.meet(f"one {url}", [])
        assert found == Watcher(name="one", vkey=WITNESS.verifier_key.format(), url=url)
        assert trusting.meet(f"one {url}", [found]) == found
        away = Watcher(name="one", vkey=found.vkey, url="http://127.0.0.1:9")
        assert trusting.meet(f"one {away.url}", [away]) == away
        impostor = stack.enter_context(served(witness_in(tmp_path / "two", signer=OTHER)))
        with pytest.raises(OtherWitnessKey, match="knows it by"):
            trusting.meet(f"one {impostor}", [found])
        named = f"one {OTHER.verifier_key.format()} {impostor}"
        assert trusting.meet(named, [found]).vkey == OTHER.verifier_key.format()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "one",
        "one not-a-vkey http://one.example",
        f"a+b {OTHER.verifier_key.format()} http://x",
        "one ftp://x",
        f"one {OTHER.verifier_key.format()} ftp://x",
        f"one {LOG.verifier_key.format()} http://one.example",
    ],
)
def test_what_names_no_witness_is_refused_in_words(text: str) -> None:
    with pytest.raises(BadInput):
        trusting.meet(text, [])


@pytest.mark.parametrize(
    "answer",
    [Response(status=404), Response(status=200, body=b"hello\n"), Response(status=200, body=b"\xff")],
)
def test_who_tells_no_key_is_not_trusted(answer: Response) -> None:
    def answers(request: Request) -> Response:
        assert request.path == "/vkey"
        return answer

    with listening(answers) as url, pytest.raises(WitnessRefused):
        trusting.meet(f"one {url}", [])
    with pytest.raises(WitnessUnreachable):
        trusting.meet(f"one {url}", [])


def test_keys_that_sign_may_lie_apart_from_the_counter_s(tmp_path: Path) -> None:
    together = Settings.of({"LANDLOG_HOME": str(tmp_path)})
    assert together.signing_keys == together.keys
    apart = Settings.of({"LANDLOG_HOME": str(tmp_path), "LANDLOG_SIGNING_KEYS": str(tmp_path / "signing")})
    founding.make_keys(apart, founding.Plan(origin="land.example/one", roots=2, threshold=1))
    assert {p.name for p in apart.keys.iterdir()} == {"openings.key", "press.key"}
    assert {p.name for p in apart.signing_keys.iterdir()} == {"log.key", "root-1.key", "root-2.key"}
