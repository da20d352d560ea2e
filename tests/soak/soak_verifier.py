"""Every byte of every good vector, changed in each way and cut off at each place; and fuzzing without mercy."""

from __future__ import annotations

from base64 import b64decode
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.errors import VerificationError
from registry.log.policy import DAY, Policy
from registry.qr import Paper, paper_keys, verify_paper
from registry.verify import verify_title_proof
from tests.registry import test_verify
from tests.registry.test_vectors import PAPERS, TITLES, judged, title

pytestmark = [pytest.mark.soak, pytest.mark.timeout(3600)]
BITS = [1 << n for n in range(8)]
EXAMPLES = 20_000
relentless = settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))

PLAIN = [v for v in TITLES["good"] if "proof" in v and not v["title"].startswith("a member of unknown")]


def data_of(vector: dict[str, Any]) -> bytes:
    return vector["proof"].encode() if "proof" in vector else b64decode(vector["proof_base64"])


def passes(vector: dict[str, Any], data: bytes, policy: Policy) -> bool:
    """Whether the bytes are verified; any exception but VerificationError fails the test."""
    try:
        verify_title_proof(
            data, policy, now=TITLES["now"], parcel=vector.get("parcel"), as_of_size=vector.get("as_of_size")
        )
    except VerificationError:
        return False
    return True


@pytest.mark.parametrize("vector", PLAIN, ids=title)
def test_no_bit_of_a_good_proof_can_be_flipped_and_no_part_of_it_is_one(vector: dict[str, Any]) -> None:
    data = data_of(vector)
    policy = Policy.parse(
        TITLES["policies"][vector.get("policy", "plain")], max_age=vector.get("max_age", DAY)
    )
    assert passes(vector, data, policy)
    assert judged(vector)
    for at, byte in enumerate(data):
        for bit in BITS:
            changed = data[:at] + bytes([byte ^ bit]) + data[at + 1 :]
            assert not passes(vector, changed, policy), f"byte {at}, bit {bit:#x}"
    for length in range(len(data.rstrip(b"\n"))):  # a line feed at the end is no part of the proof
        assert not passes(vector, data[:length], policy), f"the first {length} bytes"


PAPER_KEYS = paper_keys(PAPERS["policy"].encode())


def reads(text: str) -> Paper | None:
    """What the code says; None where it is refused."""
    try:
        return verify_paper(text, PAPER_KEYS, now=PAPERS["now"])
    except VerificationError:
        return None


@pytest.mark.parametrize("vector", PAPERS["good"], ids=title)
def test_no_digit_of_a_good_code_can_be_another(vector: dict[str, Any]) -> None:
    text = vector["text"]
    assert reads(text)
    for at in range(text.rfind("#") + 1, len(text)):
        for other in set("0123456789 aZ") - {text[at]}:
            assert reads(text[:at] + other + text[at + 1 :]) is None, f"character {at} as {other!r}"
        assert reads(text[:at]) is None, f"the first {at} characters"


FUZZED = [value for name, value in vars(test_verify).items() if hasattr(value, "hypothesis")]


@pytest.mark.parametrize("test", FUZZED, ids=lambda test: test.__name__)
def test_fuzzing_finds_no_exception_but_a_refusal(test: Any) -> None:
    """The properties of the short suite, with many more examples of each."""
    assert relentless(test)() is None  # a property fails by what it raises


@relentless
@given(st.binary(max_size=400))
def test_any_bytes_are_refused_in_words(data: bytes) -> None:
    assert not passes({}, data, test_verify.TRUST)
