"""The verifier page agrees with every vector, whichever way it has to judge signatures."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import NO_ED25519, NO_WEBCRYPTO, Open
from tests.registry.make_vectors import VECTORS

RUNNER = Path(__file__).with_name("vectors.js").read_text(encoding="utf-8")
ALL = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in VECTORS.glob("*.json")}
LEAST = 300  # vectors; fewer were run would mean that a file is not read


def run(page: Page, vectors: dict[str, Any]) -> list[str]:
    found = page.evaluate(RUNNER, vectors)
    assert found["run"] > LEAST
    complaints: list[str] = found["complaints"]
    return complaints


@pytest.mark.parametrize(
    ("before", "judge"),
    [("", "WebCrypto"), (NO_WEBCRYPTO, "noble"), (NO_ED25519, "noble")],
    ids=["webcrypto", "without-webcrypto", "webcrypto-without-ed25519"],
)
def test_the_page_agrees_with_every_vector(before: str, judge: str, opened: Open) -> None:
    page = opened(before=before)
    assert page.inner_text("#judged-by") == f"Signatures are judged by {judge}."
    assert run(page, ALL) == []


def test_damage_of_twenty_kinds_is_refused() -> None:
    """What the test above has run: so many different reasons, each of them named."""
    reasons = {v["error"] for name in ("title_proof", "paper") for v in ALL[name]["damaged"]}
    assert len(reasons) >= 20


def test_a_vector_that_is_not_met_is_complained_of(opened: Open) -> None:
    vectors = deepcopy(ALL)
    proofs = vectors["title_proof"]
    proofs["damaged"].append({**proofs["good"][0], "title": "nothing is wrong", "error": "not-included"})
    proofs["good"].append({**proofs["damaged"][0], "title": "something is", "verdict": {}})
    proofs["damaged"][0]["error"] = "not-included"
    vectors["ed25519"]["signatures"][0]["valid"] = False
    complaints = run(opened(), vectors)
    assert sorted(c.split(":")[1].strip() for c in complaints) == [
        "another parcel is asked about",
        "good",
        "nothing is wrong",
        "something is",
    ]
