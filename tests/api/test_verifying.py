"""``landlog verify`` on what people bring: a proof of today or of the past, a printed code, a proof of an entry."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from api import clock
from api.cli import main
from registry.log.cosignature import CosignatureSigner
from registry.log.ed25519 import SeedKey
from registry.log.encoding import encode_base64
from registry.log.note import NoteSigner
from registry.log.title_proof import parse_title_proof
from registry.qr import policy_line, sign_paper
from tests.registry.test_qr import PAPER, PRESS
from tests.registry.titles import NOW, PARCEL, POLICY, UNIT, WITNESS, Registry, village

pytestmark = pytest.mark.quick

CODE = f"https://land.example.in/v#{sign_paper(PAPER, PRESS)}"


@pytest.fixture(autouse=True)
def _a_desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LANDLOG_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(clock, "now", lambda: NOW)
    Path("policy.txt").write_text(policy_line(PRESS.paper_key) + POLICY)


@pytest.fixture
def verify(capsys: pytest.CaptureFixture[str]) -> Any:
    def run(*words: object, ends: int = 0) -> str:
        with pytest.raises(SystemExit) as ended:
            main(["verify", *map(str, words), "--policy", "policy.txt"])
        said = capsys.readouterr()
        assert ended.value.code == ends, said
        return said.err if ends else said.out

    return run


def test_a_printed_code_is_read_from_the_scanner_s_text(verify: Any) -> None:
    said = verify(CODE)
    assert "The registry's press signed this paper." in said
    assert (
        "the record of rights showed parcel 593873-000145 (label 101/2क, version 3, area 1234.5000 m2)"
        in said
    )
    assert "held by क्षत्रियपाल सिंह, share 1/2; श्रीमती विरासत देवी, share 1/4; हरिश्चन्द्र, share 1/4." in said
    assert (
        "Charges: mortgage. Restrictions: none. Holds: not shown, so not known to be clear. Pending: 2."
        in said
    )


def test_a_printed_code_is_read_from_a_file(verify: Any) -> None:
    Path("code.txt").write_text(CODE + "\n")
    found = json.loads(verify("code.txt", "--json"))
    assert (found["verdict"], found["parcel"], found["size"]) == ("signed", PARCEL, PAPER.size)
    assert found["proof_sha256"] == PAPER.proof_sha256.hex()


def test_a_printed_code_of_another_parcel_or_with_a_wrong_digit_is_refused(verify: Any) -> None:
    assert "(other-parcel)" in verify(CODE, "--parcel", "593873-000999", ends=1)
    damaged = CODE[:-1] + str((int(CODE[-1]) + 1) % 10)
    assert "(paper-unreadable)" in verify(damaged, ends=1)
    Path("policy.txt").write_text(POLICY)
    assert "(unknown-paper-key)" in verify(CODE, ends=1)


def test_a_code_older_than_the_checkpoint_that_is_known_is_superseded(verify: Any) -> None:
    registry = village()
    Path("checkpoint").write_text(registry.checkpoint())
    Path("code.txt").write_text(sign_paper(replace(PAPER, size=5), PRESS))
    assert "(superseded)" in verify("code.txt", "--checkpoint", "checkpoint", ends=1)
    Path("code.txt").write_text(sign_paper(replace(PAPER, size=6), PRESS))
    assert "signed this paper" in verify("code.txt", "--checkpoint", "checkpoint")


def test_the_record_of_a_past_size_is_told(verify: Any) -> None:
    registry = village()
    Path("proof.json").write_bytes(registry.proof(histories=[PARCEL, UNIT]).format())
    assert "when the log had 3 entries, the record of rights shows parcel" in verify(
        "proof.json", "--as-of-size", 3
    )
    assert json.loads(verify("proof.json", "--as-of-size", 2, "--json"))["status"] == "absent"
    assert "(beyond-the-log)" in verify("proof.json", "--as-of-size", 7, ends=1)
    Path("bare.json").write_bytes(registry.proof().format())
    assert "(history-missing)" in verify("bare.json", "--as-of-size", 3, ends=1)


def entry_proof(registry: Registry) -> str:
    """That the map head is in the log, without the head."""
    return parse_title_proof(registry.proof().format()).map_head_proof


def test_a_proof_of_an_entry_is_checked_with_the_entry(verify: Any) -> None:
    registry = village()
    Path("head.tlog-proof").write_text(entry_proof(registry))
    Path("head").write_bytes(registry.entries[-1])
    assert "The entry stands at index 5 of the log registry.example/land/test (6 entries)." in verify(
        "head.tlog-proof", "--entry", "head"
    )
    assert "(entry-missing)" in verify("head.tlog-proof", ends=1)
    Path("head").write_bytes(registry.entries[-2])
    assert "(not-included)" in verify("head.tlog-proof", "--entry", "head", ends=1)


def test_a_proof_may_carry_its_entry_itself(verify: Any) -> None:
    registry = village()
    extra = f"extra {encode_base64(registry.entries[-1])}\nindex "
    Path("head.tlog-proof").write_text(entry_proof(registry).replace("index ", extra, 1))
    assert json.loads(verify("head.tlog-proof", "--json"))["index"] == 5


def test_whatever_is_not_a_proof_is_named_as_such(verify: Any) -> None:
    Path("letter.txt").write_text("Dear Sir,\n")
    Path("photo.jpg").write_bytes(b"\xff\xd8\xff\xe0 and more")
    Path("other.json").write_text('{"hello":1}')
    Path("cut.json").write_bytes(village().proof().format()[:300])
    Path("empty.json").touch()
    assert "this is no title proof, no extract (PDF)" in verify("letter.txt", ends=1)
    assert "this is no title proof, no extract (PDF)" in verify("photo.jpg", ends=1)
    assert "the file is no title proof" in verify("other.json", ends=1)
    assert "changed or cut short on its way" in verify("cut.json", ends=1)
    assert "empty.json is empty" in verify("empty.json", ends=1)
    assert "is a directory" in verify(".", ends=1)
    assert "this is an address, and no printed code follows it" in verify(
        "https://land.example.in/v#", ends=1
    )


@pytest.mark.parametrize("option", ["FILE", "--policy", "--checkpoint", "--entry"])
def test_of_a_file_that_is_too_long_no_more_is_read_than_it_may_have(verify: Any, option: str) -> None:
    registry = village()
    Path("proof").write_bytes(registry.proof().format())
    with Path("long").open("wb") as file:
        file.truncate(1 << 30)
    given = {"FILE": ["long"], "--policy": ["proof"], "--checkpoint": ["proof", "--checkpoint", "long"]}
    if option == "--policy":
        Path("policy.txt").unlink()
        Path("long").rename("policy.txt")
    if option == "--entry":
        Path("proof").write_text(registry.proof().map_head_proof)
        given[option] = ["proof", "--entry", "long"]
    with memory_below(256 << 20):
        assert "no file of this kind is" in verify(*given[option], ends=1)


@contextmanager
def memory_below(limit: int) -> Iterator[None]:
    """Whoever takes more than ``limit`` bytes at once within it fails the test."""
    tracemalloc.start()
    yield
    assert tracemalloc.get_traced_memory()[1] < limit
    tracemalloc.stop()


def test_a_key_that_the_policy_does_not_name_is_told_with_what_to_compare(verify: Any) -> None:
    registry = village()
    registry.log = NoteSigner(registry.origin, SeedKey(bytes([9]) * 32))
    Path("proof").write_bytes(registry.proof().format())
    said = verify("proof", ends=1)
    assert f"not signed by any key that the policy names for the log {registry.origin}" in said
    assert "Compare the policy's log line" in said


AUDITOR, PRESS_CLUB = (
    CosignatureSigner(f"{n}.example", SeedKey(bytes([20 + i]) * 32)) for i, n in enumerate("ab")
)
QUORUM = (
    f"witness bank {WITNESS.verifier_key.format()}\nwitness press {PRESS_CLUB.verifier_key.format()}\n"
    f"witness audit {AUDITOR.verifier_key.format()}\n"
    "group others any bank press\ngroup both all audit others\nquorum both\n"
)


@pytest.mark.parametrize(
    ("cosigners", "age", "words"),
    [
        ((WITNESS, AUDITOR), 60, "The proof holds."),
        ((WITNESS, PRESS_CLUB), 60, "only 2 of the policy's witnesses have cosigned (bank, press), and it asks for "
         "2 of audit, others (1 of bank, press)"),
        ((AUDITOR,), 60, "only 1 of the policy's witnesses has cosigned (audit)"),
        ((), 60, "none of the policy's witnesses has cosigned"),
        ((WITNESS, AUDITOR), 90_000, "the witnesses saw this checkpoint 1 d 1 h ago"),
        ((WITNESS, AUDITOR), -3_600, "the word of audit, bank is dated more than 5 min ahead of this computer's clock"),
    ],
    ids=["two-of-three-with-the-auditor", "without-the-auditor", "the-auditor-alone", "nobody", "stale", "early"],
)  # fmt: skip
def test_two_of_three_with_the_auditor(
    verify: Any, cosigners: tuple[CosignatureSigner, ...], age: int, words: str
) -> None:
    Path("policy.txt").write_text(POLICY.replace("quorum none\n", QUORUM))
    registry = village()
    Path("proof").write_bytes(
        registry.proof(checkpoint=registry.checkpoint(*cosigners, time=NOW - age)).format()
    )
    assert words in verify("proof", ends=0 if words == "The proof holds." else 1)


def test_a_refusal_is_told_as_json_too(capsys: pytest.CaptureFixture[str]) -> None:
    Path("proof").write_bytes(village().proof().format().replace(b"holder", b"hodler") + b"x")
    with pytest.raises(SystemExit) as ended:
        main(["verify", "proof", "--policy", "policy.txt", "--json"])
    said = capsys.readouterr()
    found = json.loads(said.out)
    assert (ended.value.code, found["verdict"]) == (1, "rejected")
    assert [set(reason) for reason in found["reasons"]] == [{"code", "sentence", "remedy"}]
    assert found["reasons"][0]["code"] == "malformed-title-proof"
    assert "(malformed-title-proof)" in said.err


def test_another_entry_than_the_proof_is_about_is_named(verify: Any) -> None:
    registry = village()
    Path("proof").write_text(registry.proof().map_head_proof)
    Path("entry").write_bytes(registry.entries[1])
    assert "this entry does not stand at index 5 of the log" in verify("proof", "--entry", "entry", ends=1)
