"""The handbook as pages and at the command line: in the reader's language, with links that lead somewhere."""

from __future__ import annotations

import json
import re

import pytest

from api.cli import main
from domain import catalogue, law
from tests.api.asking import Client
from tests.api.test_pages import Reading, page

HTML = {"Accept": "text/html"}
PAGES = [
    "/handbook",
    "/handbook/ka",
    "/handbook/ka?lang=kn",
    "/handbook/up?lang=hi",
    "/handbook/mh/partition",
    "/handbook/ap/charge-created?lang=te",
    "/handbook/ka/sale?day=2022-06-01",
]


@pytest.mark.parametrize("address", PAGES)
def test_every_page_is_semantic_and_needs_no_script(client: Client, address: str) -> None:
    text, read = page(client, address)
    assert len(read.all("h1")) == len(read.all("main")) == 1
    assert read.all("script") == []
    assert not [t for t, a in read.tags if "style" in a or any(name.startswith("on") for name in a)]
    ids = [a["id"] for _, a in read.tags if "id" in a]
    assert len(ids) == len(set(ids))
    inside = [str(a["href"]) for a in read.all("a") if str(a["href"]).startswith("#")]
    assert {h.removeprefix("#") for h in inside} <= set(map(str, ids))
    assert "{" not in re.sub(
        r"<ul class=\"plain\">.*?</ul>", "", text, flags=re.S
    )  # wording has places to fill


def test_the_links_lead_from_the_states_to_every_type(client: Client) -> None:
    first = page(client, "/handbook?lang=hi")[1]
    states = {str(a["href"]) for a in first.all("a") if str(a["href"]).startswith("/handbook/")}
    assert states == {f"/handbook/{code}?lang=hi" for code in law.states()}
    second = page(client, "/handbook/up?lang=hi")[1]
    types = {str(a["href"]) for a in second.all("a") if str(a["href"]).startswith("/handbook/up/")}
    assert types == {f"/handbook/up/{kind.name}?lang=hi" for kind in catalogue.all_types().values()}
    for address in sorted(types):
        assert client.get(address, headers=HTML).status_code == 200, address


def test_a_page_of_karnataka_speaks_kannada_with_english_beside_it(client: Client) -> None:
    text, read = page(client, "/handbook/ka/sale?lang=kn")
    assert re.search(
        r"<h1>\s*<span lang=\"kn\">ಕ್ರಯ</span> <span class=\"also\" lang=\"en\">Sale</span>", text
    )
    assert '<span lang="kn">ವರ್ಗಾಯಿಸುವವರು ಖಾತೆದಾರರು, ವರ್ಗಾಯಿಸುವಷ್ಟು ಪಾಲನ್ನಾದರೂ ಹೊಂದಿದ್ದಾರೆ</span>' in text
    assert '<p class="small" lang="en">Transfer of Property Act 1882, s. 7</p>' in text
    switch = {a["hreflang"]: a["href"] for a in read.all("a") if "hreflang" in a}
    assert switch["en"] == "/handbook/ka/sale?lang=en"
    assert switch["kn"] == "/handbook/ka/sale?lang=kn"
    assert "/handbook/ka?lang=kn" in {a.get("href") for a in read.all("a")}


def test_a_page_marks_what_is_not_confirmed_and_keeps_the_day(client: Client) -> None:
    text, read = page(client, "/handbook/ka/sale?day=2022-06-01&lang=en")
    assert "30 days" in text
    assert "01-06-2022" in text
    assert text.count("Not confirmed") > 1
    assert "/handbook/ka?lang=en&day=2022-06-01" in {a.get("href") for a in read.all("a")}


def test_the_portal_leads_to_the_handbook(client: Client) -> None:
    assert "/handbook" in {a.get("href") for a in page(client, "/")[1].all("a")}


@pytest.mark.parametrize("address", ["/handbook/zz", "/handbook/ka/barter", "/handbook/zz/sale"])
def test_what_is_not_known_is_a_page_that_lists_what_is(client: Client, address: str) -> None:
    answer = client.get(address, headers=HTML)
    assert answer.status_code == 404
    assert Reading(answer.text).all("h1")
    assert "Known" in answer.text


def test_a_day_that_is_none_is_told(client: Client) -> None:
    assert client.get("/handbook/ka?day=yesterday", headers=HTML).status_code == 400


def run(*words: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(["handbook", *words])
    assert isinstance(ended.value.code, int)
    return ended.value.code


def test_the_command_prints_every_type_of_every_state(capfd: pytest.CaptureFixture[str]) -> None:
    assert run() == 0
    printed = capfd.readouterr().out
    for kind in catalogue.all_types().values():
        assert printed.count(f"   {kind.type}\n") == len(law.states()) + 1
    assert "[Not confirmed]" in printed


def test_the_command_writes_pages_and_data(capfd: pytest.CaptureFixture[str]) -> None:
    assert run("--state", "mh", "--type", "sale", "--format", "html", "--lang", "mr") == 0
    text = capfd.readouterr().out
    assert text.startswith('<!doctype html>\n<html lang="mr">')
    assert "http" not in text.replace("http-equiv", "")
    assert run("--state", "mh", "--type", "sale", "--format", "json", "--day", "2026-01-02") == 0
    data = json.loads(capfd.readouterr().out)
    assert (data["day"], data["chapters"][0]["types"][0]["name"]) == ("2026-01-02", "sale")


@pytest.mark.parametrize(
    ("words", "known"),
    [
        (["--state", "zz"], "Known states: ap"),
        (["--type", "barter"], "Known types: acquisition"),
        (["--state", "ka", "--lang", "te"], "Known: kn, en"),
        (["--day", "yesterday"], "YYYY-MM-DD"),
    ],
)
def test_the_command_tells_what_it_knows(
    words: list[str], known: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert run(*words) == 1
    assert known in capfd.readouterr().err
