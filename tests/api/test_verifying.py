"""``landlog verify`` on what people bring: a proof of today or of the past, a printed code, a proof of an entry."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from api import clock
from api.cli import main
from registry.log.encoding import encode_base64
from registry.log.title_proof import parse_title_proof
from registry.qr import policy_line, sign_paper
from tests.registry.test_qr import PAPER, PRESS
from tests.registry.titles import NOW, PARCEL, POLICY, UNIT, Registry, village

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
