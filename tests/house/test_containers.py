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
import yaml

from tests.house.source import FLOORS, ROOT

pytestmark = pytest.mark.quick
WATCHERS = ("witness-1", "witness-2", "auditor")


@pytest.fixture
def composed(tmp_path: Path) -> dict[str, Any]:
    """The compose file as docker compose reads it."""
    docker = shutil.which("docker")
    if docker is None or subprocess.run([docker, "compose", "version"], capture_output=True).returncode != 0:
        pytest.skip("docker compose is not on this machine")
    for secret in ("database_password", "root_passphrase"):
        (tmp_path / secret).write_text("x\n")
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


@pytest.fixture
def written() -> dict[str, Any]:
    """The services as the compose file writes them."""
    services: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    return services


def test_docker_compose_reads_the_same_services(composed: dict[str, Any], written: dict[str, Any]) -> None:
    assert composed["services"].keys() == written.keys()
    waits = {name: service.get("depends_on", {}).keys() for name, service in composed["services"].items()}
    assert waits == {name: service.get("depends_on", {}).keys() for name, service in written.items()}


def test_the_services_wait_for_one_another_in_the_order_of_the_work(written: dict[str, Any]) -> None:
    waits = {name: set(service.get("depends_on", {})) for name, service in written.items()}
    assert waits == {
        "postgis": set(),
        "init": {"postgis"},
        "api": {"postgis", "init"},
        "witness-1": {"api"},
        "witness-2": {"api"},
        "auditor": {"api"},
        "trust": {"init", "witness-1", "witness-2", "auditor"},
        "work": {"postgis", "trust"},
    }


def test_only_the_counter_is_reached_from_outside_and_only_from_this_machine(written: dict[str, Any]) -> None:
    ports = {name: service["ports"] for name, service in written.items() if service.get("ports")}
    assert list(ports) == ["api"]
    assert all(port.startswith("127.0.0.1:") for port in ports["api"])


def test_who_watches_shares_nothing_with_the_registry_but_a_network(written: dict[str, Any]) -> None:
    volumes = {
        name: {volume.partition(":")[0] for volume in service.get("volumes", ())}
        for name, service in written.items()
    }
    for name in WATCHERS:
        service = written[name]
        assert volumes[name] == {name}
        assert all(name not in others for other, others in volumes.items() if other != name)
        assert service["networks"] == ["outside"]
        assert "secrets" not in service
        assert "environment" not in service
        assert "/vkey" in service["healthcheck"]["test"][-1]
    assert {name for name, service in written.items() if "outside" in service["networks"]} == {
        *WATCHERS,
        "api",
        "trust",
        "work",
    }


def test_the_keys_that_sign_the_log_are_not_in_the_counter_s_container(written: dict[str, Any]) -> None:
    mounted = {
        name for name, s in written.items() if "signing:/var/lib/landlog-signing" in s.get("volumes", ())
    }
    assert mounted == {"init", "work"}
    for name in mounted:
        assert written[name]["environment"]["LANDLOG_SIGNING_KEYS"] == "/var/lib/landlog-signing"
    assert written["api"]["volumes"] == ["home:/var/lib/landlog:ro"]
    assert "root_passphrase" not in written["api"]["secrets"]


def test_every_service_of_ours_has_as_few_rights_as_it_can_do_with(written: dict[str, Any]) -> None:
    for name, service in written.items():
        assert service["logging"]["options"]["max-size"], name
        if name != "postgis":
            assert service["read_only"] is True, name
            assert service["cap_drop"] == ["ALL"], name
            assert service["security_opt"] == ["no-new-privileges:true"], name
        if name not in ("init", "trust"):
            assert service["restart"] == "unless-stopped", name
            assert service["healthcheck"]["test"], name


def test_the_secrets_that_the_compose_file_asks_for_are_those_that_its_head_tells_to_make() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    told = set(re.findall(r"^#   openssl rand -hex 24 > \.landlog/secrets/(\w+)", text, re.MULTILINE))
    assert told == set(yaml.safe_load(text)["secrets"])


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
