"""The verifier page as people use it: offline, from a file, on a telephone, in three languages."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from api import verifier
from api.verifier import VerifierMissing, build, sums
from domain.canon import Json
from projections import fonts as our_fonts
from projections.fonts import font_directory
from projections.paper import extract
from registry.log.encoding import encode_base64
from registry.log.title_proof import TitleProof, parse_title_proof
from registry.qr import policy_line, sign_paper
from tests.browser.conftest import NO_WEBCRYPTO, Open
from tests.projections.test_paper import AT, MAP, URL, document
from tests.registry.test_qr import PAPER, PRESS
from tests.registry.titles import (
    ASHA,
    NEIGHBOUR,
    NOW,
    PARCEL,
    POLICY,
    RAVI,
    TAHSILDAR,
    UNIT,
    WITNESS,
    WITNESSED,
    Registry,
    keyid,
    village,
)

STRANGER = "593873-000999"
CLOCK = f"Date.now = () => {NOW} * 1000;"
TRUST = POLICY + policy_line(PRESS.paper_key)
CODE = sign_paper(PAPER, PRESS)


def check(page: Page, *, file: bytes | None = None, name: str = "title-proof.json", **fields: str) -> str:
    """Fills the form as a person does and presses the button; the name of the headline that appears."""
    if file is not None:
        page.set_input_files("#file", {"name": name, "mimeType": "application/json", "buffer": file})
    for field, text in {"policy": TRUST, **fields}.items():
        if field in ("parcel", "checkpoint", "past"):
            page.evaluate("document.querySelector('details').open = true")
        if field == "age":
            page.select_option("#age", text)
        else:
            page.fill(f"#{field}", text)
    page.evaluate("document.querySelector('#verdict').hidden = true")
    page.click("#ask > button")
    page.wait_for_selector("#verdict:not([hidden])")
    return str(page.get_attribute("#verdict", "data-headline"))


def code(page: Page) -> str:
    return str(page.get_attribute("#verdict", "data-code"))


def flags(page: Page) -> Sequence[str]:
    return [str(item.get_attribute("data-flag")) for item in page.query_selector_all("#verdict .flags li")]


def facts(page: Page) -> dict[str, str]:
    """What the verdict shows, by its label."""
    rows = """rows => rows.map(row => [row.querySelector("dt").textContent,
        [...row.querySelectorAll("dd")].map(value => value.textContent).join("; ")])"""
    return dict(page.eval_on_selector_all("#verdict .facts > div", rows))


# The verdicts.


def test_a_clear_title_is_current_and_clear(opened: Open) -> None:
    page = opened(before=CLOCK)
    assert check(page, file=village().proof(openings=[ASHA, RAVI]).format()) == "v-clear"
    shown = facts(page)
    assert shown["Parcel"] == PARCEL
    assert shown["Holders"] == "Asha, 1/2; Ravi, 1/2"
    assert shown["Charges"] == shown["Pending cases"] == "none"
    assert shown["Log"] == "registry.example/land/test · 6 entries"
    assert page.evaluate("document.activeElement.id") == "verdict"


def test_a_witnessed_title_says_as_of_when(opened: Open) -> None:
    registry = village()
    proof = registry.proof(checkpoint=registry.checkpoint(WITNESS, time=NOW - 60)).format()
    page = opened(before=CLOCK)
    assert check(page, file=proof, policy=WITNESSED) == "v-clear"
    assert facts(page)["As of"].replace("\u202f", " ").endswith("1:29:00 pm IST")  # 07:59 UTC


def burdened() -> Registry:
    registry = village()
    pending: list[Json] = [{"kind": "mutation", "case": "593873-C000001", "since": None}]
    registry.order({PARCEL: {"restrictions": [{"kind": "stay", "since": None}], "pending": pending}})
    registry.order({UNIT: {"charges": [{"kind": "mortgage", "since": None}], "holds": {"c": "withheld"}}})
    registry.add_head()
    return registry


def test_charge_stay_and_pending_case_are_said_first(opened: Open) -> None:
    page = opened(before=CLOCK)
    assert check(page, file=burdened().proof().format()) == "v-burdened"
    assert flags(page) == ["f-charged", "f-stay", "f-pending", "f-unknown"]
    assert facts(page)["Holds"] == "not shown, so not known to be clear"


def test_a_parcel_that_was_never_registered_is_said_to_be_none(opened: Open) -> None:
    page = opened(before=CLOCK)
    assert check(page, file=village().proof(STRANGER).format(), parcel=STRANGER) == "v-absent"


def test_a_retired_parcel_leads_to_its_successors(opened: Open) -> None:
    proof = village().proof(NEIGHBOUR)
    page = opened(before=CLOCK)
    assert check(page, file=replace(proof, states=proof.states[:1]).format()) == "v-retired"
    assert facts(page)["Successors"] == "593873-000200"


def test_a_proof_older_than_the_checkpoint_that_is_known_is_superseded(opened: Open) -> None:
    registry = village()
    proof = registry.proof().format()
    page = opened(before=CLOCK)
    assert check(page, file=proof, checkpoint=registry.checkpoint()) == "v-clear"
    registry.order({PARCEL: {"use": "dry"}})
    registry.add_head()
    assert check(page, checkpoint=registry.checkpoint()) == "v-superseded"
    forked = village()
    forked.entries[1] = forked.entries[2]
    assert check(page, checkpoint=forked.checkpoint()) == "v-refused"
    assert code(page) == "split-view"


def test_the_record_of_a_past_size_is_shown(opened: Open) -> None:
    officer = keyid(TAHSILDAR)
    proof = village().proof(PARCEL, officer, histories=[PARCEL, UNIT], openings=[ASHA, RAVI]).format()
    page = opened(before=CLOCK)
    assert check(page, file=proof, past="3") == "v-past"
    assert facts(page)["Holders"] == "Asha, 1/1"
    assert facts(page)["Officers' signatures"].startswith("checked")
    assert check(page, past="2") == "v-not-yet"
    assert check(page, past="7") == "v-cannot"
    assert code(page) == "beyond-the-log"


def test_the_proof_of_an_entry_is_checked(opened: Open) -> None:
    registry = village()
    proof = parse_title_proof(registry.proof().format()).map_head_proof
    page = opened(before=CLOCK)
    assert check(page, file=proof.encode(), name="head.tlog-proof") == "v-cannot"
    assert code(page) == "entry-missing"
    carrying = proof.replace("index ", f"extra {encode_base64(registry.entries[-1])}\nindex ", 1)
    assert check(page, file=carrying.encode(), name="head.tlog-proof") == "v-entry"
    assert facts(page)["Entry"] == "5"


# What is refused, and what cannot be told.


def test_without_a_policy_nothing_is_believed(opened: Open) -> None:
    page = opened(before=CLOCK)
    assert check(page, file=village().proof().format(), policy=" ") == "v-cannot"
    assert code(page) == "no-policy"
    assert check(page, policy="nonsense") == "v-cannot"
    assert code(page) == "malformed-policy"


def test_with_nothing_to_check_the_page_says_so(opened: Open) -> None:
    page = opened(before=CLOCK)
    assert check(page) == "v-cannot"
    assert code(page) == "nothing"


def test_an_old_proof_is_stale_and_may_be_read_all_the_same(opened: Open) -> None:
    registry = village()
    proof = registry.proof(checkpoint=registry.checkpoint(WITNESS, time=NOW - 86_401)).format()
    page = opened(before=CLOCK)
    assert check(page, file=proof, policy=WITNESSED) == "v-cannot"
    assert code(page) == "stale-checkpoint"
    assert check(page, policy=WITNESSED, age="any") == "v-clear"


def damages(proof: TitleProof) -> dict[str, bytes]:
    """A good proof, changed at one place for each step of the verifier."""
    data = proof.format()
    parcel, unit = proof.states
    return {
        "malformed-title-proof": data[:-2],
        "other-parcel": replace(proof, parcel=STRANGER).format(),
        "unknown-log": replace(proof, origin="registry.example/land/other").format(),
        "bad-note-signature": data.replace(b"\\n6\\n", b"\\n7\\n"),
        "malformed-tlog-proof": data.replace(b"tlog-proof@v1", b"tlog-proof@v2"),
        "not-included": data.replace(b"index 5", b"index 4"),
        "map-path-refused": replace(proof, states=(replace(parcel, proof=unit.proof), unit)).format(),
        "unit-missing": replace(proof, states=(parcel,)).format(),
        "malformed-state": replace(proof, states=(parcel, unit, unit)).format(),
        "history-differs": replace(
            proof, states=(parcel, replace(unit, history=(unit.history or ())[:1]))
        ).format(),
        "broken-history": replace(
            proof, states=(parcel, replace(unit, history=(unit.history or ())[1:]))
        ).format(),
        "unfounded-opening": replace(
            proof, openings=(replace(proof.openings[0], value={"name": "Mohan"}),)
        ).format(),
        "malformed-envelope": replace(
            proof, states=(parcel, replace(unit, history=(replace((unit.history or ())[0], entry=b"{}"),)))
        ).format(),
    }


@pytest.mark.parametrize("before", ["", NO_WEBCRYPTO], ids=["webcrypto", "noble"])
def test_thirteen_kinds_of_damage_are_refused_for_the_right_reason(before: str, opened: Open) -> None:
    proof = village().proof(histories=[UNIT], openings=[ASHA])
    page = opened(before=CLOCK + before)
    assert check(page, file=proof.format()) == "v-clear"
    for reason, damaged in damages(proof).items():
        assert check(page, file=damaged) in ("v-refused", "v-cannot"), reason
        assert code(page) == reason


def test_no_byte_of_a_proof_can_be_changed_in_the_browser_either(opened: Open) -> None:
    """Every third byte, its lowest bit: none of them yields a verdict, and none an error that is not a verdict's."""
    proof = village().proof(histories=[UNIT], openings=[ASHA]).format()
    page = opened()
    passed = page.evaluate(
        """async ({ text, trust, now }) => {
          const { bytes, policy, verify } = globalThis.landlog;
          const good = bytes.utf8(text), believed = policy.parsePolicy(bytes.utf8(trust)), passed = [];
          for (let at = 0; at < good.length; at += 3) {
            const changed = good.slice();
            changed[at] ^= 1;
            try {
              await verify.verifyTitleProof(changed, believed, { now });
              passed.push(at);
            } catch (error) {
              if (error.name !== "VerificationError") passed.push(`${at}: ${error.stack}`);
            }
          }
          return passed;
        }""",
        {"text": proof.decode(), "trust": TRUST, "now": NOW},
    )
    assert passed == []


# Papers.


def test_a_code_that_a_telephone_scanned_is_read_from_the_address(opened: Open) -> None:
    page = opened(before=CLOCK, fragment=f"#{CODE}")
    page.wait_for_selector("#verdict:not([hidden])")
    assert code(page) == "no-policy"
    assert check(page) == "v-paper"
    shown = facts(page)
    assert shown["Number"] == "101/2क"
    assert shown["Holders"] == "क्षत्रियपाल सिंह, 1/2; श्रीमती विरासत देवी, 1/4; हरिश्चन्द्र, 1/4"
    assert (shown["Charges"], shown["Pending cases"]) == ("Mortgage", "2")
    assert flags(page) == ["f-charged", "f-pending", "f-unknown"]


@pytest.mark.parametrize("before", ["", NO_WEBCRYPTO], ids=["webcrypto", "noble"])
def test_a_code_with_a_wrong_digit_or_of_another_press_is_refused(before: str, opened: Open) -> None:
    page = opened(before=CLOCK + before)
    assert check(page, code=f"https://land.example.in/v#{CODE}") == "v-paper"
    check(page, code=f"{CODE[:-1]}{(int(CODE[-1]) + 1) % 10}")
    assert code(page) == "paper-unreadable"
    check(page, code=CODE, policy=POLICY)
    assert code(page) == "unknown-paper-key"
    check(page, code=CODE, parcel=STRANGER)
    assert code(page) == "other-parcel"


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """An extract (PDF) whose attached proof is that of the village."""
    if not our_fonts.PACKAGES.is_dir():
        pytest.skip("the fonts are not installed: start the tests with ./run test")
    return extract(
        document(),
        proof=burdened().proof(histories=[PARCEL, UNIT]).format(),
        svg=MAP,
        url=URL,
        language="hi",
        as_of=AT,
        fonts=font_directory(tmp_path_factory.mktemp("home")),
    )


def test_an_extract_is_checked_by_the_proof_attached_to_it(opened: Open, paper: bytes) -> None:
    page = opened(before=CLOCK)
    assert check(page, file=paper, name="extract.pdf") == "v-burdened"
    assert facts(page)["Charges"] == "Mortgage"


def test_an_extract_without_its_proof_or_damaged_cannot_be_told(opened: Open, paper: bytes) -> None:
    page = opened(before=CLOCK)
    for pdf, reason in (
        (paper.replace(b"title-proof.json", b"something-else.j"), "no-proof-attached"),
        (paper[: len(paper) // 2], "unreadable-pdf"),
        (b"%PDF-1.7\n", "unreadable-pdf"),
        (paper.replace(b"/EmbeddedFile/", b"/EmbeddedFild/"), "unreadable-pdf"),
    ):
        assert check(page, file=pdf, name="extract.pdf") == "v-cannot"
        assert code(page) == reason


# The page itself.


@pytest.mark.parametrize(("language", "title"), [("hi", "स्वत्व प्रमाण की जाँच"), ("te", "హక్కు రుజువు తనిఖీ")])
def test_the_page_speaks_the_reader_s_language(language: str, title: str, opened: Open) -> None:
    page = opened(before=CLOCK, language=f"{language}-IN")
    assert page.inner_text("h1") == title
    assert page.get_attribute("html", "lang") == language
    assert check(page, file=burdened().proof().format()) == "v-burdened"
    before = page.inner_text("#verdict")
    page.click("#languages button[lang=en]")
    assert "Current, but read this first" in page.inner_text("#verdict") != before
    page.reload()
    assert page.inner_text("h1") == "Verify a title proof"


def test_every_word_is_there_in_every_language(opened: Open) -> None:
    words: dict[str, dict[str, str]] = opened().evaluate("globalThis.landlog.WORDS")
    assert words["en"].keys() == words["hi"].keys() == words["te"].keys()
    scripts = {"hi": r"[\u0900-\u097f]", "te": r"[\u0c00-\u0c7f]"}
    foreign = [
        (language, name)
        for language, script in scripts.items()
        for name, text in words[language].items()
        if not re.search(script, text)
    ]
    assert foreign == []
    parts = {n: sorted(re.findall(r"\{\w+\}", t)) for n, t in words["en"].items()}
    assert all(
        sorted(re.findall(r"\{\w+\}", words[lang][n])) == p for lang in scripts for n, p in parts.items()
    )


def test_a_policy_is_remembered_only_when_that_is_asked_for(opened: Open) -> None:
    page = opened(before=CLOCK)
    page.fill("#policy", TRUST)
    page.reload()
    assert page.input_value("#policy") == ""
    page.fill("#policy", TRUST)
    page.check("#remember")
    page.reload()
    assert page.input_value("#policy") == TRUST
    page.uncheck("#remember")
    page.reload()
    assert page.input_value("#policy") == ""


def test_a_policy_file_is_read_into_the_field(opened: Open) -> None:
    page = opened(before=CLOCK)
    page.set_input_files(
        "#policy-file", {"name": "policy.txt", "mimeType": "text/plain", "buffer": TRUST.encode()}
    )
    expect(page.locator("#policy")).to_have_value(TRUST)


@pytest.mark.parametrize("language", ["en", "hi", "te"])
def test_the_page_fits_a_telephone(language: str, opened: Open) -> None:
    page = opened(before=CLOCK, width=360, language=f"{language}-IN", device_scale_factor=2)
    check(page, file=burdened().proof(openings=[ASHA]).format())
    page.evaluate("document.querySelector('details').open = true")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    wide = (
        "e => [...e].filter(n => n.getBoundingClientRect().right > 360.5).map(n => n.outerHTML.slice(0, 80))"
    )
    assert page.eval_on_selector_all("body *:not(.skip)", wide) == []


def test_every_field_has_a_label_and_the_verdict_is_announced(opened: Open) -> None:
    page = opened(before=CLOCK)
    unlabelled = (
        "e => [...e].filter(n => n.labels.length !== 1 || !n.labels[0].textContent.trim()).map(n => n.id)"
    )
    assert page.eval_on_selector_all("input, textarea, select", unlabelled) == []
    described = (
        "e => [...e].every(n => document.getElementById(n.getAttribute('aria-describedby')).textContent)"
    )
    assert page.eval_on_selector_all("[aria-describedby]", described)
    ids = page.eval_on_selector_all("[id]", "e => [...e].map(n => n.id)")
    assert len(ids) == len(set(ids))
    assert len(page.query_selector_all("h1")) == len(page.query_selector_all("main")) == 1
    assert page.get_attribute("#verdict", "role") == "status"
    check(page, file=village().proof().format())
    ordered = [node.evaluate("n => n.tagName") for node in page.query_selector_all("h1, h2")]
    assert ordered == ["H1", "H2"]


def test_text_stands_out_from_its_ground(opened: Open) -> None:
    """4.5 to 1 at least, of every text that is shown, in each of the four tones (WCAG 2.1 AA)."""
    page = opened(before=CLOCK)
    proof = village().proof()
    for file in (proof.format(), burdened().proof().format(), damages_of_signature(proof), b"{}"):
        check(page, file=file)
        assert page.evaluate(CONTRAST) == []
    check(page, file=proof.format(), policy=" ")
    assert page.evaluate(CONTRAST) == []


def damages_of_signature(proof: TitleProof) -> bytes:
    return proof.format().replace(b"\\n6\\n", b"\\n7\\n")


CONTRAST = """() => {
  const light = (rgb) => rgb.map((v) => v / 255).map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, n) => sum + v * [0.2126, 0.7152, 0.0722][n], 0);
  const colour = (text) => text.match(/[\\d.]+/g).map(Number);
  const ground = (node) => {
    for (; node; node = node.parentElement) {
      const [r, g, b, a = 1] = colour(getComputedStyle(node).backgroundColor);
      if (a === 1) return [r, g, b];
    }
    return [255, 255, 255];
  };
  const speaks = (node) => [...node.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
  return [...document.querySelectorAll("body *")].filter((node) => node.checkVisibility() && speaks(node))
    .map((node) => {
      const [a, b] = [light(colour(getComputedStyle(node).color).slice(0, 3)), light(ground(node))];
      return [node.outerHTML.slice(0, 60), (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)];
    }).filter(([, ratio]) => ratio < 4.5);
}"""


# The build.


def test_the_page_is_built_to_the_same_bytes_each_time(page_file: Path, tmp_path: Path) -> None:
    first, second = build(), build()
    assert first == second == page_file.read_bytes()
    assert sums(first) == f"{sha256(first).hexdigest()}  index.html\n"


def test_what_is_built_lies_beside_its_hash_and_is_built_anew_when_it_is_stale(tmp_path: Path) -> None:
    built = verifier.page_file(tmp_path)
    data = built.read_bytes()
    assert (built.parent / "SHA256SUMS").read_text() == sums(data)
    built.write_bytes(b"stale")
    assert verifier.page_file(tmp_path).read_bytes() == data


def test_without_packages_what_was_built_stays_and_nothing_is_made_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = verifier.page_file(tmp_path / "one")
    monkeypatch.setattr("api.verifier.PACKAGES", tmp_path / "nowhere")
    assert verifier.page_file(tmp_path / "one") == built
    with pytest.raises(VerifierMissing, match="not installed"):
        verifier.page_file(tmp_path / "two")


def test_the_page_names_its_script_and_style_by_their_hashes_and_forbids_every_connection(
    page_file: Path,
) -> None:
    text = page_file.read_text(encoding="utf-8")
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', text)
    script, style = (
        re.search(r'<script type="module">(.*)</script>', text, re.S),
        re.search("<style>(.*)</style>", text, re.S),
    )
    assert policy
    assert script
    assert style
    for kind, found in (("script", script), ("style", style)):
        digest = b64encode(sha256(found[1].encode()).digest()).decode()
        assert f"{kind}-src 'sha256-{digest}'" in policy[1]
    assert "connect-src 'none'" in policy[1]
    assert not re.search(r"""(?:src|href)=["']https?:""", text)
    for package in ("ed25519", "hashes"):
        assert re.search(rf"/\*! @noble/{package}\nThe MIT License", text), "the licence goes with the code"


def test_no_module_of_the_page_sends_anything() -> None:
    text = build().decode()
    own = text[text.index("// ---- errors.js") :]
    assert not re.search(
        r"\bfetch\(|XMLHttpRequest|WebSocket|sendBeacon|EventSource|import\(|\beval\(|innerHTML", own
    )
