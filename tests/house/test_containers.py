"""The containers: what docker compose would run, as far as it can be told without running it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.house.source import FLOORS, ROOT

pytestmark = pytest.mark.quick


@pytest.fixture
def composed(tmp_path: Path) -> dict[str, Any]:
    """The compose file as docker compose reads it."""
    docker = shutil.which("docker")
    if docker is None or subprocess.run([docker, "compose", "version"], capture_output=True).returncode != 0:
        pytest.skip("docker compose is not on this machine")
    (tmp_path / "database_password").write_text("x\n")
    answer = subprocess.run(
        [docker, "compose", "config", "--format", "json"],
        cwd=ROOT,
        env=os.environ | {"LANDLOG_SECRETS": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert answer.returncode == 0, answer.stderr
    document: dict[str, Any] = json.loads(answer.stdout)
    return document


def test_the_services_wait_for_one_another_in_the_order_of_the_work(composed: dict[str, Any]) -> None:
    waits = {name: set(service.get("depends_on", {})) for name, service in composed["services"].items()}
    assert waits == {
        "postgis": set(),
        "init": {"postgis"},
        "work": {"postgis", "init"},
        "api": {"postgis", "work"},
    }


def test_only_the_counter_is_reached_from_outside_and_only_from_this_machine(
    composed: dict[str, Any],
) -> None:
    ports = {name: service.get("ports", []) for name, service in composed["services"].items()}
    assert {name for name, published in ports.items() if published} == {"api"}
    assert [port["host_ip"] for port in ports["api"]] == ["127.0.0.1"]


def test_no_password_stands_in_the_compose_file_or_the_image() -> None:
    for name in ("docker-compose.yml", "Dockerfile"):
        text = (ROOT / name).read_text()
        assert re.findall(r"(?i)password[ \t]*[:=][ \t]*(?!\$)\S+", text) == []


def test_the_image_gets_every_floor_and_nothing_of_a_running_registry() -> None:
    copied = re.findall(r"^COPY (\w+) \1$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert sorted(copied) == sorted(FLOORS)
    lines = (ROOT / ".dockerignore").read_text().splitlines()
    assert "*" in lines
    assert {f"!{floor}" for floor in FLOORS} <= set(lines)
    assert "!.landlog" not in lines


def test_the_image_and_run_install_the_same_uv() -> None:
    in_run = re.search(r"^UV_VERSION=(\S+)$", (ROOT / "run").read_text(), re.MULTILINE)
    in_image = re.search(r"uv==(\S+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert in_run
    assert in_image
    assert in_run[1] == in_image[1]


def test_the_account_in_the_container_is_not_root() -> None:
    last_stage = (ROOT / "Dockerfile").read_text().rpartition("\nFROM ")[2]
    assert re.search(r"^USER landlog$", last_stage, re.MULTILINE)
