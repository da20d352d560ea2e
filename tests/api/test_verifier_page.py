"""``/verifier/``: the page as the counter serves it, its published hash, and the code that leads to it."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import httpx
import pytest
import uvicorn
from playwright.sync_api import Browser

from api import founding, trusting
from api.app import create_app
from api.trusting import Watcher
from api.verifier import PACKAGES, content_policy
from projections.paper import attached_proof
from registry.log.policy import Policy
from registry.qr import paper_keys, verify_paper
from tests.api.asking import Client
from tests.api.world import World, parcel
from tests.browser.conftest import chromium
from tests.projections.test_paper_code import scanned
from tests.registry.witness.rig import WITNESS

__all__ = ["chromium"]


@pytest.fixture(autouse=True)
def _packages() -> None:
    if not PACKAGES.is_dir():
        pytest.skip("the packages of the verifier page are not installed: start the tests with ./run test")


def test_the_page_is_served_with_its_own_policy_and_no_other(client: Client) -> None:
    answer = client.get("/verifier/")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    policies = [v for n, v in answer.headers.items() if n.lower() == "content-security-policy"]
    assert policies == [content_policy(answer.content)]
    assert "connect-src 'none'" in policies[0]
    assert "frame-ancestors 'none'" in policies[0]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert client.get("/verifier/index.html").content == answer.content


def test_the_hash_beside_the_page_is_the_page_s(client: Client) -> None:
    page = client.get("/verifier/").content
    assert client.get("/verifier/SHA256SUMS").text == f"{sha256(page).hexdigest()}  index.html\n"


def test_about_tells_the_page_s_hash_and_who_watches_the_log(client: Client, village: World) -> None:
    page = client.get("/verifier/").content
    about = client.get("/v1/about").json()
    assert about["verifier"] == {"page": "/verifier/", "sha256": sha256(page).hexdigest()}
    assert about["witnesses"] == []
    policy = village.house.settings.policy
    before = policy.read_text()
    vkey = WITNESS.verifier_key.format()
    try:
        trusting.write(
            village.house.settings, [Watcher(name="one", vkey=vkey, url="https://one.example")], threshold=1
        )
        watching = client.get("/v1/about").json()["witnesses"]
    finally:
        policy.write_text(before)
    assert watching == [{"name": "one", "verifier_key": vkey, "url": "https://one.example"}]


@pytest.mark.parametrize("address", ["/v", "/verifier"])
def test_the_short_address_on_paper_leads_to_the_page(client: Client, address: str) -> None:
    answer = client.get(address, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (308, "/verifier/")


def test_the_registry_s_policy_names_its_log_and_its_press(client: Client, village: World) -> None:
    data = client.get("/verifier/policy.txt").content
    house = village.house
    assert [v.name for v in Policy.parse(data).logs] == [house.origin]
    press = founding.press_signer(house.settings, house.origin)
    assert press
    assert paper_keys(data) == (press.paper_key,)


def test_the_extract_bears_a_code_that_the_registry_s_policy_believes(
    client: Client, village: World, tmp_path: Path
) -> None:
    pdf = client.get(f"/v1/parcels/{parcel(1)}/record.pdf").content
    text = scanned(pdf, tmp_path, dpi=300)
    assert text.startswith("http://counter.test/v#")
    keys = paper_keys(client.get("/verifier/policy.txt").content)
    paper = verify_paper(text, keys, now=int(village.at.timestamp()))
    assert paper.parcel == parcel(1)
    assert paper.proof_sha256 == sha256(attached_proof(pdf)).digest()


@pytest.fixture(scope="module")
def served(village: World) -> Iterator[str]:
    """The counter on a port of this machine."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    app = create_app(village.house, now=lambda: village.at, allowance=None)
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()


def test_a_telephone_that_scans_the_paper_lands_on_a_verdict(
    served: str, chromium: Browser, village: World, tmp_path: Path
) -> None:
    """From the printed page to what it says: its address, the page, a policy; nothing else is asked."""
    with httpx.Client(base_url=served) as asking:
        pdf = asking.get(f"/v1/parcels/{parcel(1)}/record.pdf", timeout=60).content
        policy = asking.get("/verifier/policy.txt").text
    context = chromium.new_context(viewport={"width": 360, "height": 800}, locale="hi-IN")
    page = context.new_page()
    page.add_init_script(f"Date.now = () => {village.at.timestamp()} * 1000;")
    seen: list[str] = []
    page.on("console", lambda message: seen.append(message.text))
    page.on("request", lambda asked: seen.append(asked.url))
    page.goto(scanned(pdf, tmp_path, dpi=300))
    page.wait_for_selector("#verdict:not([hidden])")
    assert page.get_attribute("#verdict", "data-code") == "no-policy"
    page.fill("#policy", policy)
    page.click("#ask > button")
    page.wait_for_selector("#verdict[data-headline=v-paper]")
    assert parcel(1) in page.inner_text("#verdict")
    assert [url.partition("#")[0] for url in seen] == [f"{served}/v", f"{served}/verifier/"]
    context.close()
