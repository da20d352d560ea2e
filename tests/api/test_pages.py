"""Pages for people: whole without a script, in five languages, and readable on a telephone."""

from __future__ import annotations

import re
import shutil
import socket
import threading
import time
import tomllib
from collections.abc import Iterator
from html.parser import HTMLParser
from importlib import resources
from typing import Any

import pytest
import uvicorn

from api.addresses import LANGUAGES
from api.app import create_app
from tests.api.asking import Client
from tests.api.world import LGD, World, parcel, share_sale

PAGES = [
    "/",
    "/?q=devgarh",
    "/?q=nowhere",
    f"/villages/{LGD}",
    f"/villages/{LGD}/map",
    f"/parcels/{parcel(1)}",
    "/verify",
    "/problems/refused",
]
HTML = {"Accept": "text/html"}


class Reading(HTMLParser):
    """What a page is made of."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def page(client: Client, address: str, **headers: str) -> tuple[str, Reading]:
    answer = client.get(address, headers=HTML | headers)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    return answer.text, Reading(answer.text)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("address", PAGES)
def test_every_page_is_semantic_and_needs_no_script(client: Client, address: str, language: str) -> None:
    joined = "&" if "?" in address else "?"
    text, read = page(client, f"{address}{joined}lang={language}")
    assert read.all("html")[0]["lang"] == language
    assert len(read.all("h1")) == len(read.all("main")) == 1
    assert read.all("script") == []
    assert not [t for t, a in read.tags if "style" in a or any(name.startswith("on") for name in a)]
    labelled = {a.get("for") for a in read.all("label")}
    assert {a["id"] for a in read.all("input") if a.get("type") != "hidden"} <= labelled
    assert "<title></title>" not in text.replace(" ", "")
    ids = [a["id"] for _, a in read.tags if "id" in a]
    assert len(ids) == len(set(ids))


def test_the_record_is_shown_in_the_reader_s_language_and_the_record_s(client: Client) -> None:
    text, _ = page(client, f"/parcels/{parcel(1)}?lang=en")
    for words in (
        "Record of rights",
        "अधिकार अभिलेख",
        "Holders and their shares",
        "आशा देवी",
        "1/3",
        "hectare",
    ):
        assert words in text
    assert "presumed true until the contrary is proved" in text
    assert "owns" not in text
    text, _ = page(client, f"/parcels/{parcel(1)}?lang=hi")
    assert text.index("अधिकार अभिलेख") < text.index("Record of rights")
    assert "हेक्टेयर" in text


def test_the_page_tells_as_of_when_and_who_signed(client: Client, village: World) -> None:
    text, read = page(client, f"/parcels/{parcel(1)}?lang=en")
    size = client.get("/v1/about").json()["log_size"]
    assert f"As of log size {size}" in text
    assert "no witness has cosigned" in text
    assert village.officer.keyid in text
    hrefs = {a.get("href") for a in read.all("a")}
    assert {f"/v1/parcels/{parcel(1)}/record.pdf", f"/v1/parcels/{parcel(1)}/proof?history=true"} <= hrefs
    assert len(read.all("svg")) >= 2  # the mark, and the map


def test_a_parcel_that_became_others_says_so_first(counter: Client, world: World) -> None:
    sellers = counter.get(f"/v1/parcels/{parcel(5)}").json()["holders"]
    sale: dict[str, Any] = {
        **share_sale("-"),
        "unit": f"{LGD}-U000003",
        "sold": "parcels",
        "parcels": [parcel(5)],
    }
    sale["sellers"] = [{"party": h["party"], "share": h["share"]} for h in sellers]
    world.record("sale", {**sale, "new_unit": {"label": "<b>46</b>"}})
    text, _ = page(counter, f"/parcels/{parcel(5)}?lang=en")
    assert "&lt;b&gt;46&lt;/b&gt;" in text
    assert "<b>46</b>" not in text
    assert "Sita Devi" in text


def test_the_language_is_the_reader_s_own_unless_the_address_names_one(client: Client) -> None:
    accept = {"Accept-Language": "fr-FR, hi-IN;q=0.8, en;q=0.5"}
    assert page(client, "/", **accept)[1].all("html")[0]["lang"] == "hi"
    assert page(client, "/?lang=te", **accept)[1].all("html")[0]["lang"] == "te"
    assert page(client, "/?lang=xx")[1].all("html")[0]["lang"] == "en"


def test_a_chosen_language_stays_through_every_link(client: Client) -> None:
    _, read = page(client, f"/villages/{LGD}?lang=hi")
    own = [str(a["href"]) for a in read.all("a") if str(a["href"]).startswith(("/parcels/", "/verify"))]
    assert own
    assert all("lang=hi" in address for address in own)
    hidden = [a for a in read.all("input") if a.get("type") == "hidden"]
    assert {a["value"] for a in hidden} == {"hi"}


def test_the_map_of_a_village_leads_to_each_of_its_parcels(client: Client) -> None:
    _, read = page(client, f"/villages/{LGD}/map?lang=kn")
    active = client.get(f"/v1/villages/{LGD}/parcels?limit=100").json()["items"]
    drawn = {str(a["href"]) for a in read.all("a") if str(a["href"]).startswith("/parcels/")}
    assert drawn == {f"/parcels/{p['parcel_id']}?lang=kn" for p in active}


def test_the_one_parcel_of_a_number_is_shown_at_once(client: Client) -> None:
    answer = client.get(f"/villages/{LGD}?label=५&lang=hi", headers=HTML)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/parcels/{parcel(5)}?lang=hi")
    text, _ = page(client, f"/villages/{LGD}?label=77")
    assert "No parcel of that number" in text


def test_a_person_gets_a_page_where_a_program_gets_a_problem(client: Client) -> None:
    for address in ("/parcels/999101-000999", "/parcels/x", "/nothing", "/villages/999999"):
        answer = client.get(address, headers=HTML)
        assert answer.status_code in (400, 404)
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert Reading(answer.text).all("h1")
    assert (
        client.get("/v1/parcels/999101-000999", headers=HTML)
        .headers["content-type"]
        .startswith("application/problem")
    )


def test_what_is_typed_is_shown_as_text_and_not_as_markup(client: Client) -> None:
    text, _ = page(client, "/?q=%3Cscript%3Ealert(1)%3C/script%3E%22%20onfocus%3D%22x")
    assert "<script>" not in text
    assert 'onfocus="x"' not in text


def test_the_verify_page_tells_the_verdict_in_plain_words(client: Client) -> None:
    proof = client.get(f"/v1/parcels/{parcel(1)}/proof").content
    good = client.post("/verify?lang=en", files={"file": ("p.json", proof)}, headers=HTML)
    assert "The proof holds" in good.text
    assert "आशा देवी" in good.text
    bad = client.post("/verify?lang=en", files={"file": ("p.json", proof[:-5] + b"00000")}, headers=HTML)
    assert "The proof does not hold" in bad.text
    nothing = client.post("/verify?lang=en", files={"file": ("", b"")}, headers=HTML)
    assert nothing.status_code == 400
    assert "no proof was handed over" in nothing.text


def test_every_language_has_every_word() -> None:
    words = tomllib.loads(resources.files("api.pages").joinpath("words.toml").read_text(encoding="utf-8"))
    used = {
        name
        for template in resources.files("api.pages").joinpath("templates").iterdir()
        for name in re.findall(r'say\("([a-z-]+)"', template.read_text(encoding="utf-8"))
    }
    assert set(words["hi"]) == set(words["te"]) == set(words["en"])
    assert {name for name in used if not name.endswith("-")} <= set(words["en"])


@pytest.mark.parametrize(
    "name", ["", "fonts/", "../app.py", "fonts/../../keys/log.key", "landlog.css/x", "fonts/x.css"]
)
def test_only_the_files_of_the_pages_are_given_out(client: Client, name: str) -> None:
    assert client.get(f"/static/{name}").status_code == 404


def test_a_style_sheet_is_kept_for_ever_under_its_version_only(client: Client) -> None:
    _, read = page(client, "/")
    versioned = next(str(a["href"]) for a in read.all("link") if "landlog.css" in str(a["href"]))
    assert "immutable" in client.get(versioned).headers["cache-control"]
    assert "immutable" not in client.get("/static/landlog.css").headers["cache-control"]
    assert "immutable" not in client.get("/static/landlog.css?v=0").headers["cache-control"]


@pytest.fixture(scope="module")
def served(village: World) -> Iterator[str]:
    """The counter on a port of this machine, for a browser."""
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


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("no Chromium on this machine (apt-get install chromium)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=chromium,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield started
        started.close()


@pytest.mark.parametrize("width", [360, 1200])
def test_in_a_browser_nothing_runs_off_the_screen_and_nothing_is_blocked(
    served: str, browser: Any, width: int
) -> None:
    view = browser.new_page(viewport={"width": width, "height": 800}, java_script_enabled=True)
    complaints: list[str] = []
    view.on("console", lambda message: complaints.append(message.text))
    view.on("response", lambda got: complaints.append(got.url) if got.status >= 400 else None)
    for address in (*PAGES, f"/parcels/{parcel(7)}?lang=hi", f"/villages/{LGD}?lang=te"):
        view.goto(served + address)
        assert view.evaluate("document.documentElement.scrollWidth") <= width, address
    view.close()
    assert complaints == []


def test_in_a_browser_a_citizen_finds_the_parcel_and_verifies_its_proof_by_keyboard(
    served: str, browser: Any
) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 360, "height": 740})
    view = context.new_page()
    view.goto(f"{served}/?lang=en")
    view.fill("#q", "dev")
    view.press("#q", "Enter")
    view.get_by_role("link", name="Devgarh").click()
    view.fill("#label", "५")
    view.press("#label", "Enter")
    assert view.get_by_role("heading", level=1).inner_text() == "Parcel 5"
    assert "मीना कुमारी" in view.inner_text("main")
    proof = context.request.get(f"{served}/v1/parcels/{parcel(5)}/proof").body()
    view.get_by_role("link", name="Verify a paper").first.click()
    view.set_input_files("#file", {"name": "proof.json", "mimeType": "application/json", "buffer": proof})
    view.get_by_role("button", name="Verify").click()
    assert "The proof holds" in view.inner_text("main")
    context.close()
