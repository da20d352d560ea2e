"""Canonical JSON, commitments, ids and quantities."""

from __future__ import annotations

import doctest
import importlib
import json
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import canon, quantities
from domain.canon import NotCanonical, canonical, parse, rewritten
from domain.commitment import Opening
from domain.errors import BadInput

pytestmark = pytest.mark.quick

TEXTS = st.text(st.characters(codec="utf-8", categories=["L", "M", "N", "Zs"]), max_size=8).map(
    lambda t: __import__("unicodedata").normalize("NFC", t)
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-canon.MAX_INTEGER, canon.MAX_INTEGER) | TEXTS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.from_regex(r"[a-z_]{1,6}", fullmatch=True), inner)
    ),
    max_leaves=12,
)


@pytest.mark.parametrize("module", ["canon", "commitment", "ids", "quantities"])
def test_the_examples_in_the_docstrings_hold(module: str) -> None:
    assert doctest.testmod(importlib.import_module(f"domain.{module}")).failed == 0


@given(JSON)
def test_what_is_written_is_read_back_and_written_the_same(value: canon.Json) -> None:
    data = canonical(value)
    assert rewritten(value) == data
    assert parse(data) == value
    assert canonical(parse(data)) == data


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        ("a blank", b'{"a": 1}'),
        ("members out of order", b'{"b":1,"a":2}'),
        ("a member twice", b'{"a":1,"a":1}'),
        ("a float", b'{"a":1.0}'),
        ("a number in another spelling", b'{"a":1e2}'),
        ("a number that is not one", b"NaN"),
        ("an integer above 2^53", b"9007199254740993"),
        ("text that is not in NFC", '"e\u0301"'.encode()),
        ("half a surrogate pair", b'"\\ud800"'),
        ("an escape that needs none", b'"\\u0061"'),
        ("a name that is not ASCII", '{"खाता":1}'.encode()),
        ("bytes that are not UTF-8", b'"\xff"'),
        ("a byte order mark", b"\xef\xbb\xbf1"),
        ("nothing", b""),
        ("depth without end", b"[" * 5000),
    ],
)
def test_bytes_that_are_not_canonical_are_refused(fault: str, text: bytes) -> None:
    with pytest.raises(NotCanonical):
        parse(text)


@given(st.fractions(min_value=Fraction(1, 10**6), max_value=1, max_denominator=10**6))
def test_a_share_survives_being_written(share: Fraction) -> None:
    assert quantities.parse_share(quantities.format_share(share)) == share


@pytest.mark.parametrize("text", ["0", "0/3", "4/3", "-1/3", "1/0", "0.5", "", "1/3/3", "१/३", "1" * 14])
def test_what_is_no_share_is_refused(text: str) -> None:
    with pytest.raises(BadInput):
        quantities.parse_share(text)


def test_an_acre_is_exact() -> None:
    assert quantities.AREA_UNITS["acre"] == Decimal("4046.8564224")
    assert quantities.area("2.005", "acre").m2 == Decimal("8113.9471")


def test_a_commitment_hides_its_value_in_logs() -> None:
    opening = Opening("party", bytes(32), {"name": "आशा देवी"})
    assert "आशा" not in repr(opening)
    assert json.loads(f'"{opening.commitment}"') == opening.commitment
