"""The command line without a registry: help, misuse, keys, and failures that nobody foresaw."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from api.cli import app as program
from api.cli import main
from api.cli.app import COMMANDS

PAGES = [
    [],
    *([name] for name in COMMANDS),
    ["import", "village"],
    ["import", "villages"],
    ["import", "complete"],
    *(["key", name] for name in ("new", "request", "enrol", "post", "revoke")),
    *(["order", name] for name in ("prepare", "sign", "submit", "split-line")),
    *(["preview", name] for name in ("split", "merge", "boundary", "strip")),
    *(["record", name] for name in ("show", "pdf", "proof", "history")),
    *(["village", name] for name in ("list", "parcels", "compare", "resurvey", "conclude")),
]


@pytest.fixture(autouse=True)
def _somewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LANDLOG_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "200")


def run(*words: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert isinstance(ended.value.code, int)
    return ended.value.code


@pytest.mark.parametrize("page", PAGES, ids=" ".join)
def test_every_command_explains_itself(page: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*page, "--help") == 0
    shown = capsys.readouterr().out
    assert "Usage: landlog" in shown
    options = [line for line in shown.splitlines() if line.startswith("│ --")]
    assert all(len(line.strip("│ ").split("  ", 1)) == 2 for line in options), "an option without a word"


def test_the_first_page_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--help") == 0
    shown = capsys.readouterr().out
    assert all(f" {name} " in shown for name in COMMANDS)


@pytest.mark.parametrize(
    "words",
    [
        ["nothing"],
        ["key"],
        ["key", "nothing"],
        ["order", "sign"],
        ["verify"],
        ["init"],
        ["demo", "--port", "x"],
    ],
    ids=" ".join,
)
def test_misuse_ends_with_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(*words) == 2
    capsys.readouterr()


def test_what_nobody_foresaw_is_one_sentence_and_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(name: str) -> None:
        raise ZeroDivisionError("secret: 42")

    monkeypatch.setattr(program, "import_module", fail)
    (tmp_path / "home").mkdir()
    assert run("key", "new", "a.key") == 1
    said = capsys.readouterr().err
    assert "did not foresee (ZeroDivisionError)" in said
    assert "secret" not in said
    assert "Traceback" not in said
    assert "ZeroDivisionError: secret: 42" in (tmp_path / "home" / "errors.log").read_text()


def test_a_key_is_made_with_the_passphrase_of_a_file_or_of_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "passphrase").write_text("correct horse battery\n")
    assert run("key", "new", "a.key", "--passphrase-file", "passphrase") == 0
    monkeypatch.setenv("LANDLOG_PASSPHRASE", "short")
    assert run("key", "new", "b.key") == 1
    said = capsys.readouterr()
    assert "at least 8 characters" in said.err
    assert "correct horse" not in said.out + said.err
    sealed = json.loads((tmp_path / "a.key").read_text())
    assert "sealed" in sealed
    assert "seed" not in sealed
    assert not (tmp_path / "b.key").exists()


def test_a_passphrase_that_nobody_can_be_asked_for_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("key", "new", "a.key") == 1
    assert "nobody sits at the terminal" in capsys.readouterr().err


def test_output_that_is_not_read_to_its_end_is_no_failure() -> None:
    program = "import sys; from api.cli import main; main()"
    answer = subprocess.run(
        f"{sys.executable} -c '{program}' --help | head -c 1",
        shell=True,
        cwd=Path(__file__).resolve().parents[2],
        capture_output=True,
        text=True,
    )
    assert "Traceback" not in answer.stderr
    assert "Exception" not in answer.stderr
