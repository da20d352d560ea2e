"""Each reader is told in his own language why something is refused, and English where he names none that is spoken."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from api import problems
from api.cli import main
from api.signed_requests import authorization
from api.tongues import preferred
from domain.errors import RegistryError
from tests.api.asking import Client
from tests.api.test_orders import PREPARE, asha, asked
from tests.api.world import OFFICE, OFFICER, ORIGIN, World, share_sale, unit

SCRIPTS = {"hi": "ऀ-ॿ", "mr": "ऀ-ॿ", "te": "ఀ-౿", "kn": "ಀ-೿"}


def prepare(client: Client, world: World, document: Any, accept: str = "", query: str = "") -> httpx.Response:
    """An order asked for by an officer whose program speaks those languages."""
    body = json.dumps(document).encode()
    header = authorization(world.officer, origin=ORIGIN, method="POST", path=PREPARE, at=world.at, body=body)
    headers = {"Authorization": header} | ({"Accept-Language": accept} if accept else {})
    return client.post(PREPARE + query, content=body, headers=headers)


@pytest.fixture
def bad(counter: Client) -> dict[str, Any]:
    """Asha, who holds a third, sells half; twice to one person, by a deed of a day to come."""
    application = share_sale(asha(counter), share="1/2")
    buyer = application["buyers"][0]
    application["buyers"] = [buyer, {**buyer, "share": "1/2"}]
    application["deed"] = {**application["deed"], "made": "2027-01-02"}
    return asked(application)


def written_in(language: str, text: str) -> bool:
    return re.search(f"[{SCRIPTS[language]}]", text) is not None


@pytest.mark.parametrize("language", ["te", "mr"])
def test_one_bad_application_gets_all_its_findings_in_the_language_of_the_reader(
    counter: Client, world: World, bad: dict[str, Any], language: str
) -> None:
    english = prepare(counter, world, bad).json()
    answer = prepare(counter, world, bad, f"{language}-IN, en;q=0.3")
    told = answer.json()
    assert (answer.status_code, answer.headers["content-language"]) == (422, language)
    assert [f["rule"] for f in told["findings"]] == [f["rule"] for f in english["findings"]]
    assert len(told["findings"]) >= 3
    for theirs, ours in zip(told["findings"], english["findings"], strict=True):
        assert theirs["source"] == ours["source"]
        assert written_in(language, theirs["sentence"])
        assert written_in(language, theirs["remedy"])
        assert theirs["detail"] == ours["detail"] or written_in(language, theirs["detail"])
    for member in ("title", "detail"):
        assert written_in(language, told[member])
    assert (told["type"], told["code"], told["status"]) == ("/problems/refused", "refused", 422)


def test_the_figures_stand_in_the_sentence(counter: Client, world: World, bad: dict[str, Any]) -> None:
    findings = {f["rule"]: f for f in prepare(counter, world, bad, "mr").json()["findings"]}
    assert findings["givers-hold-the-share"]["detail"] == "1/2 हस्तांतरित करतो आणि त्याच्याकडे 1/3 आहे"
    assert findings["papers-are-not-of-the-future"]["detail"] == "2027-01-02"


def test_english_is_told_where_nothing_is_asked_for(
    counter: Client, world: World, bad: dict[str, Any]
) -> None:
    answer = prepare(counter, world, bad)
    assert answer.headers["content-language"] == "en"
    assert "Accept-Language" in answer.headers["vary"]
    assert answer.json()["title"] == "Refused"
    assert prepare(counter, world, bad, "fr, de;q=0.5").headers["content-language"] == "en"


def test_the_address_goes_before_the_header(counter: Client, world: World, bad: dict[str, Any]) -> None:
    answer = prepare(counter, world, bad, "te", "?lang=kn")
    assert answer.headers["content-language"] == "kn"
    assert written_in("kn", answer.json()["detail"])
    assert prepare(counter, world, bad, "te", "?lang=xx").headers["content-language"] == "te"


def test_every_fault_of_a_form_is_told_with_its_field(counter: Client, world: World) -> None:
    form = {"unit": "45", "sellers": "Asha", "colour": "blue"}
    answer = prepare(counter, world, asked(form), "hi")
    told = answer.json()
    assert (answer.status_code, told["code"]) == (422, "bad-form")
    faults = {f["field"]: f for f in told["faults"]}
    assert {"unit", "sellers", "colour", "deed"} <= set(faults)
    assert faults["deed"]["detail"] == "यह क्षेत्र नहीं भरा गया है"
    assert all(written_in("hi", fault["detail"]) for fault in faults.values())


def test_an_office_s_own_refusal_is_told_in_the_language(counter: Client, world: World) -> None:
    document = {**asked(share_sale(asha(counter))), "office": "98/1/1"}
    answer = prepare(counter, world, document, "te")
    assert (answer.status_code, answer.json()["code"]) == (403, "outside-jurisdiction")
    assert written_in("te", answer.json()["detail"])
    assert written_in("te", answer.json()["remedy"])
    assert "98/1/1" in answer.json()["detail"]


def test_what_is_found_against_an_application_is_told_before_it_is_filed(counter: Client) -> None:
    document = {
        "type": "sale",
        "application": share_sale(asha(counter), share="1/2"),
        "applicant": {"name": "आशा देवी", "capacity": "registrar"},
    }
    answer = counter.post("/v1/cases?dry_run=true", json=document, headers={"Accept-Language": "kn"})
    assert answer.status_code == 200, answer.text
    (finding,) = answer.json()["findings"]
    assert answer.headers["content-language"] == "kn"
    assert written_in("kn", finding["sentence"])


def test_what_is_not_here_is_told_in_the_language(client: Client) -> None:
    answer = client.get("/v1/units/999101-U000999?lang=mr")
    assert answer.json()["detail"] == "खाते 999101-U000999 येथे नोंदलेले नाही"
    assert client.get(f"/v1/units/{unit(1)}", headers={"Accept-Language": "te"}).status_code == 200


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("te", "te"),
        ("te-IN", "te"),
        ("TE-in;q=0.9", "te"),
        ("en;q=0.8, kn;q=0.9", "kn"),
        ("en, kn", "en"),
        ("fr, mr;q=0.1", "mr"),
        ("mr;q=0, hi;q=0.001", "hi"),
        ("*", "en"),
        ("*;q=0.5, hi;q=0.4", "en"),
        ("hi;q=1.5, te;q=0.2", "te"),
        ("hi;q=high, te", "te"),
        ("hi;;q=1, kn ; q=0.5", "kn"),
        (" hi , te;q=0.5", "hi"),
        ("", "en"),
        (",,;q=1,", "en"),
        ("x" * 10_000, "en"),
    ],
)
def test_the_header_is_read_as_rfc_9110_writes_it(header: str, language: str) -> None:
    assert preferred(header) == language


def test_every_kind_of_problem_has_a_title_in_every_language() -> None:
    for code in problems.known():
        for language in ("en", *SCRIPTS):
            assert problems.title(code, language)
    assert problems.title("record-changed", "hi") == "अभिलेख बदल गया"


def test_what_has_no_translation_is_told_in_english() -> None:
    told = problems.document(RegistryError("the witness sleeps", remedy="Wake it."), "te")
    assert (told["detail"], told["remedy"]) == ("the witness sleeps", "Wake it.")
    assert written_in("te", str(told["title"]))


# At the command line.


@pytest.fixture
def at_home(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """The registry of the test as the one in which commands work."""
    monkeypatch.setenv("LANDLOG_HOME", str(world.house.settings.home))
    monkeypatch.setenv("LANDLOG_DATABASE_URL", world.house.url)
    return world


def run(*words: object) -> int:
    with pytest.raises(SystemExit) as end:
        main([str(word) for word in words])
    return int(end.value.code or 0)


def test_a_refused_order_is_told_at_the_command_line_in_the_language(
    at_home: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    form = tmp_path / "sale.json"
    form.write_text(json.dumps(share_sale("holder:1", share="1/2")))
    order = [form, "--officer", OFFICER, "--office", OFFICE, "--order-no", "7", "--out", tmp_path / "o.json"]
    assert run("order", "prepare", "sale", *order, "--lang", "te") == 1
    told = capsys.readouterr().err
    assert told.splitlines()[0] == "తిరస్కృతం:"
    assert "కనుగొన్నది: 1/2 బదిలీ చేస్తారు, వారికి 1/3 ఉంది." in told
    assert "Transfer of Property Act 1882, s. 7" in told
    assert run("order", "prepare", "sale", *order) == 1
    assert "It does not hold that who conveys is a holder" in capsys.readouterr().err


def test_what_is_found_against_an_application_is_told_at_the_command_line(
    at_home: World, counter: Client, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    form = tmp_path / "case.json"
    application = share_sale(asha(counter), share="1/2")
    applicant = {"name": "आशा देवी", "capacity": "registrar"}
    form.write_text(json.dumps({"type": "sale", "application": application, "applicant": applicant}))
    assert run("case", "file", form, "--dry-run", "--lang", "mr") == 0
    assert "हे खरे नाही की हस्तांतर करणारा खातेदार आहे" in capsys.readouterr().err


@pytest.mark.parametrize("command", [["order", "prepare"], ["order", "submit"], ["case", "file"]])
def test_a_language_that_nobody_speaks_here_is_told_with_those_that_are(
    command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*command, "--lang", "fr") == 1
    told = capsys.readouterr().err
    assert "'fr' is not a language that is spoken here" in told
    assert "Known: en, hi, te, mr, kn." in told


def test_every_fault_of_a_form_is_told_at_the_command_line(
    at_home: World, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    form = tmp_path / "sale.json"
    form.write_text(json.dumps({"unit": unit(1), "sold": "share", "colour": "blue"}))
    order = [form, "--officer", OFFICER, "--office", OFFICE, "--order-no", "7", "--out", tmp_path / "o.json"]
    assert run("order", "prepare", "sale", *order, "--lang", "hi") == 1
    told = capsys.readouterr().err
    assert "त्रुटि: ऐसा कोई क्षेत्र नहीं है।" in told
    for field in ("colour", "sellers", "deed", "consideration"):
        assert f"क्षेत्र: {field}" in told
