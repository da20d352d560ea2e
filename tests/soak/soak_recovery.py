"""After the whole machine has died: how soon the registry answers rightly, beside PostgreSQL's own recovery."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api import desk, intake
from api.demo import tehsil
from api.settings import Settings
from api.wiring import READER, House
from registry.cluster import Cluster
from registry.log.policy import Policy
from registry.verify import verify_title_proof
from tests.conftest import ROOT, Database
from tests.e2e.house import Registry, share_sale
from tests.e2e.test_village import khatas

pytestmark = [pytest.mark.soak, pytest.mark.timeout(900)]
SHOWN = "select count(*) from records.event where event_id = any(%s::uuid[])"
OWN_SECONDS = 1.0  # what the registry may take beside the database's own recovery


@pytest.fixture
def home() -> Iterator[Path]:
    """A directory that the server's account can pass through (pytest's tmp_path is closed to it)."""
    place = Path(tempfile.mkdtemp(prefix="landlog-recovery-", dir="/var/tmp"))
    place.chmod(0o711)
    yield place
    Cluster(place).shut_down()
    shutil.rmtree(place)


def at_work(cluster: Cluster, home: Path) -> tuple[Registry, list[str]]:
    """A registry with a village, and orders that are acknowledged and have no place in the log yet."""
    url, reader_url = cluster.url(), cluster.url(user=READER)
    registry = Registry.found(home, Database("landlog", url, cluster.dsn(), reader_url))
    village = tehsil.generate()[0]
    facts = {"lgd": village.lgd, "name": village.name, "name_local": village.name_local}
    file = intake.read(village.write(home / "villages"), tehsil.MAPPING, facts)
    intake.register(
        registry.house, file, key=registry.key("tahsildar"), source="Khatauni of Neemsari", order_no="IMPORT"
    )
    sales = [share_sale(k, buyer="Sita") for k in khatas(registry) if len(k["holders"]) >= 2]
    orders = [registry.sign("sale", sale) for sale in sales]
    return registry, [desk.hand_in(registry.house, order).event_id for order in orders]


def kill_server(cluster: Cluster) -> None:
    os.kill(int((cluster.data / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
    time.sleep(1.0)  # its children notice, and leave the shared memory


def test_the_first_right_answer_comes_with_the_database(home: Path) -> None:
    cluster = Cluster(home).enter()
    registry, accepted = at_work(cluster, home)
    parcel: Any = registry.one("select min(parcel_id) from records.parcel")
    registry.close()
    kill_server(cluster)

    again = Cluster(home)
    start = time.perf_counter()
    with again:
        recovered = time.perf_counter() - start
        cluster.leave()
        house = house_of(home, again)
        survivor = Registry(house, registry.office)
        policy = Policy.parse(house.settings.policy.read_bytes())
        verify_title_proof(survivor.proof(parcel), policy, now=int(time.time()), parcel=parcel)
        answered = time.perf_counter() - start
        house.settle()
        shown = time.perf_counter() - start
        verify_title_proof(survivor.proof(parcel), policy, now=int(time.time()), parcel=parcel)
        missing = [event for event in accepted if house.index_of(event) is None]
        assert (missing, survivor.one(SHOWN, accepted)) == ([], len(accepted))
        house.close()
    print(
        f"\nPostgreSQL is back after {recovered:.2f} s, the first proof that verifies after {answered:.2f} s, "
        f"all {len(accepted)} orders that waited are shown after {shown:.2f} s"
    )
    assert answered <= recovered + OWN_SECONDS


def house_of(home: Path, cluster: Cluster) -> House:
    url, reader_url = cluster.url(), cluster.url(user=READER)
    return House(Settings(home=home, database_url=url, reader_url=reader_url), url=url, reader_url=reader_url)


def test_the_programs_are_back_without_a_hand(home: Path) -> None:
    """`landlog work` and `landlog serve` after the death of everything; Python's own start is told apart."""
    cluster = Cluster(home).enter()
    registry, accepted = at_work(cluster, home)
    parcel: Any = registry.one("select min(parcel_id) from records.parcel")
    registry.close()
    kill_server(cluster)
    cluster.leave()

    start = time.perf_counter()
    programs = [program(home, "serve", "--port", "8765"), program(home, "work")]
    try:
        answered = until(lambda: bool(fetched(f"http://127.0.0.1:8765/v1/parcels/{parcel}")), start)
        with Cluster(home) as again:
            house = house_of(home, again)
            survivor = Registry(house, registry.office)
            shown = until(lambda: survivor.one(SHOWN, accepted) == len(accepted), start)
            house.close()
    finally:
        for one in programs:
            one.terminate()
            one.communicate(timeout=30)
    idle = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import api.cli.running, api.serving"], cwd=ROOT, check=True)
    imports = time.perf_counter() - idle
    print(
        f"\nthe first record over HTTP after {answered:.2f} s, all {len(accepted)} orders that waited are shown after "
        f"{shown:.2f} s; the programs' imports alone take {imports:.2f} s"
    )
    assert [one.returncode for one in programs][1] == 0


def program(home: Path, *words: str) -> subprocess.Popen[bytes]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("LANDLOG_")}
    command = [sys.executable, "-c", "from api.cli import main; main()", *words]
    return subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment | {"LANDLOG_HOME": str(home)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def fetched(url: str) -> bytes:
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            body: bytes = answer.read()
            return body
    except OSError:
        return b""


def until(holds: Any, start: float) -> float:
    """Seconds since ``start`` when it first held."""
    while not holds():
        assert time.perf_counter() - start < 120
        time.sleep(0.02)
    return time.perf_counter() - start
