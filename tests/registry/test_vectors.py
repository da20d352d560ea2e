"""The vectors that another implementer runs: they are what is made, and this program agrees with each of them."""

from __future__ import annotations

import json
from base64 import b64decode
from typing import Any

import pytest

from domain.canon import NotCanonical, canonical, parse
from domain.errors import VerificationError
from registry.log.ed25519 import check_public_key, verify
from registry.log.policy import DAY, Policy
from registry.qr import paper_keys, verify_paper
from registry.verify import Verdict, verify_title_proof
from tests.registry.log.vectors import vectors
from tests.registry.make_vectors import VECTORS, files, text_of

pytestmark = pytest.mark.quick

TITLES, PAPERS, POLICIES = vectors("title_proof"), vectors("paper"), vectors("policy")
JSON, KEYS = vectors("canonical_json"), vectors("ed25519")
MADE = files()


def title(vector: dict[str, Any]) -> str:
    return str(vector["title"])


@pytest.mark.parametrize("name", MADE)
def test_the_files_are_those_that_are_made(name: str) -> None:
    written = (VECTORS / f"{name}.json").read_text(encoding="utf-8")
    assert written == text_of(MADE[name]), "write them anew: python -m tests.registry.make_vectors"


def test_every_vector_has_a_title_of_its_own() -> None:
    for path in VECTORS.glob("*.json"):
        document = json.loads(path.read_text(encoding="utf-8"))
        for name in ("good", "damaged"):
            titles = [title(v) for v in document.get(name, [])] if isinstance(document, dict) else []
            assert len(titles) == len(set(titles)), path


def judged(vector: dict[str, Any]) -> Verdict:
    return verify_title_proof(
        vector["proof"].encode() if "proof" in vector else b64decode(vector["proof_base64"]),
        Policy.parse(TITLES["policies"][vector.get("policy", "plain")], max_age=vector.get("max_age", DAY)),
        now=TITLES["now"],
        parcel=vector.get("parcel"),
        as_of_size=vector.get("as_of_size"),
    )


@pytest.mark.parametrize("vector", TITLES["good"], ids=title)
def test_a_good_title_proof_says_what_its_vector_says(vector: dict[str, Any]) -> None:
    found = judged(vector)
    names = [o.value["name"] for o in found.openings if isinstance(o.value, dict)]
    assert vector["verdict"] == {
        "status": found.status,
        "parcel": found.parcel,
        "size": found.size,
        "as_of": found.as_of,
        "signatures_checked": found.signatures_checked,
        "names": names,
        "parcel_version": found.record["version"] if found.record else None,
    }


@pytest.mark.parametrize("vector", TITLES["damaged"], ids=title)
def test_a_damaged_title_proof_is_refused_for_the_right_reason(vector: dict[str, Any]) -> None:
    with pytest.raises(VerificationError) as refused:
        judged(vector)
    assert refused.value.code == vector["error"]


@pytest.mark.parametrize("vector", PAPERS["good"], ids=title)
def test_a_good_paper_says_what_its_vector_says(vector: dict[str, Any]) -> None:
    found = verify_paper(vector["text"], paper_keys(PAPERS["policy"].encode()), now=PAPERS["now"])
    assert (found.parcel, found.size) == (vector["paper"]["parcel"], vector["paper"]["size"])
    assert [list(holder) for holder in found.holders] == vector["paper"]["holders"]


@pytest.mark.parametrize("vector", PAPERS["damaged"], ids=title)
def test_a_damaged_paper_is_refused_for_the_right_reason(vector: dict[str, Any]) -> None:
    with pytest.raises(VerificationError) as refused:
        verify_paper(vector["text"], paper_keys(PAPERS["policy"].encode()), now=PAPERS["now"])
    assert refused.value.code == vector["error"]


@pytest.mark.parametrize("vector", POLICIES["good"], ids=title)
def test_a_good_policy_is_read(vector: dict[str, Any]) -> None:
    policy = Policy.parse(vector["policy"])
    assert (len(policy.logs), len(policy.witnesses)) == (vector["logs"], vector["witnesses"])


@pytest.mark.parametrize("vector", POLICIES["damaged"], ids=title)
def test_a_damaged_policy_is_refused(vector: dict[str, Any]) -> None:
    with pytest.raises(VerificationError) as refused:
        Policy.parse(vector["policy"])
    assert refused.value.code == vector["error"]


@pytest.mark.parametrize("vector", JSON["good"], ids=title)
def test_canonical_json_is_its_own_spelling(vector: dict[str, Any]) -> None:
    assert canonical(parse(vector["text"].encode())) == vector["text"].encode()


@pytest.mark.parametrize("vector", JSON["damaged"], ids=title)
def test_json_in_another_spelling_is_refused(vector: dict[str, Any]) -> None:
    with pytest.raises(NotCanonical) as refused:
        parse(b64decode(vector["base64"]))
    assert refused.value.code == vector["error"]


@pytest.mark.parametrize("vector", KEYS["keys_refused"], ids=title)
def test_a_key_that_splits_verifiers_is_refused(vector: dict[str, Any]) -> None:
    with pytest.raises(VerificationError) as refused:
        check_public_key(bytes.fromhex(vector["public"]))
    assert refused.value.code == vector["error"]


@pytest.mark.parametrize("vector", KEYS["signatures"], ids=title)
def test_a_signature_is_judged_as_its_vector_says(vector: dict[str, Any]) -> None:
    public, message, signature = (bytes.fromhex(vector[n]) for n in ("public", "message", "signature"))
    assert verify(public, message, signature) is vector["valid"]
