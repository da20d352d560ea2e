"""From an empty directory to a registry that registers: init, keys, postings, a village, all at the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from api.demo import tehsil
from registry.log.policy import Policy
from tests.conftest import Database
from tests.e2e.command_line import Terminal

ORIGIN = "land.example/test"
OFFICE = tehsil.OFFICE


@pytest.fixture
def terminal(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Terminal:
    return Terminal(monkeypatch, capfd, home=tmp_path / "home", url=database.url, directory=tmp_path)


def _count(database: Database, query: str) -> int:
    import psycopg2

    connection = psycopg2.connect(database.dsn)
    try:
        with connection.cursor() as cursor:
            cursor.execute(query)
            row = cursor.fetchone()
    finally:
        connection.close()
    assert row is not None
    return int(row[0])


def test_a_registry_is_founded_once(terminal: Terminal, database: Database) -> None:
    vkey = terminal.does("init", "--origin", ORIGIN, "--plain").out.strip()
    assert vkey.startswith(f"{ORIGIN}+")
    policy = Policy.parse((terminal.home / "policy.txt").read_bytes())
    assert [log.name for log in policy.logs] == [ORIGIN]
    assert (terminal.home / "log" / "checkpoint").read_text().startswith(f"{ORIGIN}\n2\n")
    assert sorted(p.name for p in (terminal.home / "keys").iterdir()) == [
        "log.key", "openings.key", "press.key", "root-1.key", "root-2.key", "root-3.key",
    ]  # fmt: skip
    assert all(p.stat().st_mode & 0o077 == 0 for p in (terminal.home / "keys").iterdir())
    again = terminal.refuses("init", "--origin", "land.example/other", "--plain")
    assert ORIGIN in again.err
    assert _count(database, "select count(*) from log.entries") == 2


def test_a_foundation_that_was_interrupted_is_finished_by_the_next(
    terminal: Terminal, database: Database
) -> None:
    first = terminal.does("init", "--origin", ORIGIN, "--plain").out
    (terminal.home / "registry.toml").unlink()
    (terminal.home / "policy.txt").unlink()
    assert terminal.does("init", "--origin", ORIGIN, "--plain").out == first
    assert (terminal.home / "policy.txt").exists()
    assert _count(database, "select count(*) from log.entries") == 2


def test_a_database_that_holds_another_registry_is_left_alone(
    terminal: Terminal, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    terminal.does("init", "--origin", ORIGIN, "--plain")
    monkeypatch.setenv("LANDLOG_HOME", str(tmp_path / "other"))
    refused = terminal.refuses("init", "--origin", "land.example/other", "--plain")
    assert "founded before" in refused.err
    assert not (tmp_path / "other" / "registry.toml").exists()


@pytest.mark.parametrize(
    ("words", "field"),
    [
        (("--origin", "two words"), "--origin"),
        (("--origin", "a+b"), "--origin"),
        (("--origin", "ok.example", "--threshold", "4"), "--threshold"),
        (("--origin", "ok.example", "--roots", "9", "--threshold", "1"), "--threshold"),
    ],
)
def test_a_foundation_that_makes_no_sense_makes_nothing(
    terminal: Terminal, words: tuple[str, ...], field: str
) -> None:
    assert f"Field: {field}" in terminal.refuses("init", *words, "--plain").err
    assert not terminal.home.exists()


def test_root_keys_are_sealed_with_a_passphrase(terminal: Terminal, tmp_path: Path) -> None:
    secret = tmp_path / "passphrase"
    secret.write_text("correct horse battery\n")
    terminal.does("init", "--origin", ORIGIN, "--roots", 1, "--threshold", 1, "--passphrase-file", secret)
    assert "sealed" in json.loads((terminal.home / "keys" / "root-1.key").read_text())
    terminal.does("key", "new", "a.key", "--plain")
    wrong = tmp_path / "wrong"
    wrong.write_text("not the passphrase\n")
    enrol = ("key", "enrol", "a.key", "--officer", "A-1", "--yes", "--passphrase-file")
    assert "does not open" in terminal.refuses(*enrol, wrong).err
    terminal.does(*enrol, secret)


def test_officers_are_enrolled_from_their_own_request_and_posted(terminal: Terminal, tmp_path: Path) -> None:
    terminal.does("init", "--origin", ORIGIN, "--plain")
    terminal.does("key", "new", "t.key", "--plain")
    request = terminal.does("key", "request", "t.key", "--officer", "T-1").out
    (tmp_path / "t.json").write_text(request)
    assert "seed" not in request
    terminal.does("key", "enrol", "t.json", "--yes")
    assert "enrolled for T-1" in terminal.refuses("key", "enrol", "t.json", "--yes").err
    post = ("key", "post", "--officer", "T-1", "--office", OFFICE, "--role", "tahsildar", "--yes")
    terminal.does(*post)
    assert "serves at" in terminal.refuses(*post).err
    terminal.does(*post, "--end")
    assert (
        "no key is enrolled"
        in terminal.refuses(
            "key", "post", "--officer", "T-2", "--office", OFFICE, "--role", "tahsildar", "--yes"
        ).err
    )


def test_a_key_is_never_overwritten_and_never_shown(terminal: Terminal, tmp_path: Path) -> None:
    made = terminal.does("key", "new", "t.key", "--plain")
    seed = json.loads((tmp_path / "t.key").read_text())["seed"]
    assert seed not in made.out + made.err
    assert "is there already" in terminal.refuses("key", "new", "t.key", "--plain").err
    assert json.loads((tmp_path / "t.key").read_text())["seed"] == seed


def test_a_village_comes_in_by_its_file_and_a_second_run_adds_nothing(
    terminal: Terminal, tmp_path: Path
) -> None:
    _with_tahsildar(terminal)
    village = tehsil.generate()[1]
    file = village.write(tmp_path)
    words = (
        "import",
        "village",
        file,
        "--mapping",
        tehsil.MAPPING,
        "--lgd",
        village.lgd,
        "--name",
        village.name,
    )

    dry = terminal.does(*words, "--dry-run", "--report", "dry.json")
    assert "Nothing was signed" in dry.err
    assert json.loads((tmp_path / "dry.json").read_text())["registering"] is None
    assert terminal.does("village", "list").out == ""

    done = terminal.does(*words, "--key", "t.key", "--report", "report.json")
    assert f"{len(village.parcels)} parcels registered" in done.err
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["registering"]["registered"] == len(village.parcels)
    assert report["reading"]["used"] == len(village.parcels)
    assert terminal.does("village", "list").out.split("\t")[3] == str(len(village.parcels))

    again = terminal.does(*words, "--key", "t.key")
    assert "0 parcels registered by 0 orders" in again.err
    assert f"{len(village.parcels)} were registered before" in again.err


def test_an_import_by_somebody_who_is_not_posted_there_registers_nothing(
    terminal: Terminal, tmp_path: Path, database: Database
) -> None:
    _with_tahsildar(terminal, office="99/902")
    village = tehsil.generate()[0]
    file = village.write(tmp_path)
    words = (
        "import",
        "village",
        file,
        "--mapping",
        tehsil.MAPPING,
        "--lgd",
        village.lgd,
        "--name",
        village.name,
    )
    assert "no open posting" in terminal.refuses(*words, "--key", "t.key").err
    terminal.does("key", "new", "stranger.key", "--plain")
    assert "not enrolled" in terminal.refuses(*words, "--key", "stranger.key").err
    assert _count(database, "select count(*) from records.parcel") == 0


def _with_tahsildar(terminal: Terminal, office: str = OFFICE) -> None:
    terminal.does("init", "--origin", ORIGIN, "--plain", "--roots", 1, "--threshold", 1)
    terminal.does("key", "new", "t.key", "--plain")
    terminal.does("key", "enrol", "t.key", "--officer", "T-1", "--yes")
    terminal.does("key", "post", "--officer", "T-1", "--office", office, "--role", "tahsildar", "--yes")
