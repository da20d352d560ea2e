"""What docker compose would start, started without it: the same commands, in the same order, with nothing by hand."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
import yaml

from api.demo import proving
from registry.log.policy import Policy
from tests.conftest import ROOT, Database

WATCHERS = ("witness-1", "witness-2", "auditor")
PAGE = b"""<meta http-equiv="Content-Security-Policy" content="default-src 'none'"><p>A verdict</p>"""
LANDLOG = Path(sys.executable).with_name("landlog")


@dataclass
class Composed:
    """The services of docker-compose.yml as processes of this machine; volumes are directories of ``place``."""

    place: Path
    database: Database
    stack: ExitStack
    services: dict[str, Any] = field(default_factory=dict)
    ports: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
        self.ports = {name: _free_port() for name in ("api", *WATCHERS)}
        (self.place / "pages").mkdir()
        (self.place / "pages" / "index.html").write_bytes(PAGE)
        (self.place / "root_passphrase").write_text("neither long nor known\n")

    def words(self, name: str) -> list[str]:
        """The command line of a service, with this machine's places and ports for the containers'."""
        service = self.services[name]
        entry = ["landlog"] if name not in WATCHERS else service["entrypoint"]
        often = ["--refresh", "1"] if name == "work" else []  # who was slow at first is soon asked again
        return [self._here(word, name) for word in (*entry, *service["command"], *often)]

    def home(self, name: str) -> Path:
        (volume, *_) = self.services[name].get("volumes", ["home:"])
        return self.place / volume.partition(":")[0]

    def environment(self, name: str) -> dict[str, str]:
        """What the container would know: where the database is, only where the compose file says so."""
        bare = {key: value for key, value in os.environ.items() if not key.startswith("LANDLOG_")}
        paths = {"PYTHONPATH": str(ROOT), "PATH": f"{LANDLOG.parent}:{os.environ['PATH']}"}
        own = (
            bare
            | paths
            | {"LANDLOG_HOME": str(self.home(name)), "LANDLOG_VERIFIER": str(self.place / "pages")}
        )
        if "environment" in self.services[name]:
            signing = any("landlog-signing" in volume for volume in self.services[name]["volumes"])
            own |= {
                "LANDLOG_DATABASE_URL": self.database.url,
                "LANDLOG_READER_URL": self.database.reader_url,
                "LANDLOG_SIGNING_KEYS": str(
                    self.place / ("signing" if signing else "nothing-is-mounted-there")
                ),
            }
        return own

    def run(self, name: str) -> str:
        """A service that does one thing and ends; what it said."""
        answer = subprocess.run(self.words(name), env=self.environment(name), capture_output=True, text=True)
        assert answer.returncode == 0, f"{name}: {answer.stderr}"
        return answer.stdout + answer.stderr

    def start(self, name: str) -> None:
        output = self.stack.enter_context((self.place / f"{name}.log").open("wb"))
        process = subprocess.Popen(
            self.words(name), env=self.environment(name), stdout=output, stderr=output, cwd=self.place
        )
        self.stack.callback(process.wait, 20)
        self.stack.callback(process.terminate)

    def said(self, name: str) -> str:
        return (self.place / f"{name}.log").read_text()

    def _here(self, word: str, name: str) -> str:
        changes = {
            "$$": "$",
            "${LANDLOG_ORIGIN:-demo.landlog.example/registry}": "land.example/composed",
            "/var/lib/landlog": str(self.home(name)),
            "/run/secrets": str(self.place),
            "/app/verifier": str(self.place / "pages"),
            "http://api:8000": f"http://127.0.0.1:{self.ports['api']}",
            "0.0.0.0:8010": f"127.0.0.1:{self.ports.get(name)}",
            **{f"http://{n}:8010": f"http://127.0.0.1:{self.ports[n]}" for n in WATCHERS},
        }
        for there, here in changes.items():
            word = word.replace(there, here)
        return {"0.0.0.0": "127.0.0.1", "8000": str(self.ports["api"])}.get(word, word)


@pytest.fixture
def composed(tmp_path: Path, database: Database) -> Iterator[Composed]:
    with ExitStack() as stack:
        yield Composed(tmp_path, database, stack)


def test_every_service_finds_what_it_needs_in_the_order_of_the_compose_file(composed: Composed) -> None:
    waits = {name: set(service.get("depends_on", {})) for name, service in composed.services.items()}
    order = [name for name in TopologicalSorter(waits).static_order() if name != "postgis"]
    assert order[:2] == ["init", "api"]
    assert order[-2:] == ["trust", "work"]
    for name in order:
        if name in ("init", "trust"):
            composed.run(name)
        else:
            composed.start(name)
        if name == "api":
            _until(lambda: _answers(composed.ports["api"], "/log/checkpoint"), composed, name)
    policy = Policy.parse((composed.place / "home" / "policy.txt").read_bytes())
    assert tuple(policy.witnesses) == WATCHERS
    with _all_have_cosigned(composed, policy):
        assert _answers(composed.ports["witness-1"], "/verifier/")
        signing = {path.name for path in (composed.place / "signing").iterdir()}
        assert signing == {"log.key", "root-1.key", "root-2.key", "root-3.key"}
        assert {path.name for path in (composed.place / "home" / "keys").iterdir()} == {
            "openings.key",
            "press.key",
        }
    assert "already" in composed.run("init")
    before = (composed.place / "home" / "policy.txt").read_text()
    composed.run("trust")
    assert (composed.place / "home" / "policy.txt").read_text() == before


@contextmanager
def _all_have_cosigned(composed: Composed, policy: Policy) -> Iterator[None]:
    """Once ``work`` has asked them for what is published."""
    checkpoint = composed.place / "home" / "log" / "checkpoint"
    _until(lambda: proving.vouched(checkpoint.read_bytes(), policy) == list(WATCHERS), composed, "work")
    yield


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def _answers(port: int, path: str) -> bool:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


def _until(holds: Any, composed: Composed, name: str) -> None:
    end = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < end, composed.said(name)
        time.sleep(0.1)
