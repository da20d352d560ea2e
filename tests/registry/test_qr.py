"""The code on paper: what it holds, how large it grows, and that nobody but the press can make one."""

from __future__ import annotations

import zlib
from contextlib import suppress
from dataclasses import replace
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import BadInput, VerificationError
from registry import qr
from registry.cbor import BadCbor, Cbor, Tagged, decode, encode
from registry.log.ed25519 import SeedKey
from registry.log.note import MalformedKey
from registry.log.policy import MalformedPolicy, Policy
from registry.qr import (
    MOST_BYTES,
    Paper,
    PaperForged,
    PaperFromTheFuture,
    PaperKey,
    PaperSigner,
    PaperUnreadable,
    UnknownPaperKey,
    looks_like_paper,
    paper_keys,
    policy_line,
    sign_paper,
    verify_paper,
)
from tests.registry.titles import NOW, ORIGIN, PARCEL, POLICY

PRESS = PaperSigner(ORIGIN, SeedKey(bytes([5]) * 32))
KEYS = (PRESS.paper_key,)
FAMILY = (
    ("क्षत्रियपाल सिंह", "1/2"),
    ("श्रीमती विरासत देवी", "1/4"),
    ("हरिश्चन्द्र", "1/4"),
)
PAPER = Paper(
    origin=ORIGIN,
    parcel=PARCEL,
    retired=False,
    version=3,
    label="101/2क",
    area_m2="1234.5000",
    holders=FAMILY,
    holder_count=3,
    burdens={"charges": ("mortgage",), "restrictions": (), "holds": None, "pending": 2},
    size=123_456,
    as_of=NOW - 3600,
    proof_sha256=sha256(b"title-proof.json").digest(),
)
TEXT = "https://land.example.in/v#" + sign_paper(PAPER, PRESS)


def test_a_paper_says_what_the_press_signed() -> None:
    assert verify_paper(TEXT, KEYS, now=NOW) == PAPER
    assert verify_paper(sign_paper(PAPER, PRESS) + "\n", KEYS, now=NOW) == PAPER


def test_an_ordinary_paper_with_three_holders_in_devanagari_fits_the_page() -> None:
    assert len(qr._from_digits(sign_paper(PAPER, PRESS))) <= MOST_BYTES


def test_holders_that_do_not_fit_are_counted() -> None:
    many = tuple((f"खातेदार श्री रामनारायण द्विवेदी {n}", f"{n}/4950") for n in range(1, 100))
    read = verify_paper(sign_paper(replace(PAPER, holders=many, holder_count=99), PRESS), KEYS, now=NOW)
    assert 0 < len(read.holders) < 99
    assert read.holders == many[: len(read.holders)]
    assert read.holder_count == 99


def test_where_not_even_one_holder_fits_burdens_are_counted_too() -> None:
    kinds = tuple(f"restriction-of-kind-{sha256(bytes([n])).hexdigest()[:20]}" for n in range(9))
    paper = replace(PAPER, burdens={**PAPER.burdens, "restrictions": kinds})
    read = verify_paper(sign_paper(paper, PRESS), KEYS, now=NOW)
    assert read.holders == ()
    assert read.burdens["restrictions"] == 9


def test_a_paper_whose_ids_do_not_fit_is_refused() -> None:
    label = "".join(sha256(bytes([n])).hexdigest() for n in range(5))
    with pytest.raises(BadInput, match="does not fit"):
        sign_paper(replace(PAPER, label=label), PRESS)


def test_a_press_signs_for_its_own_registry_alone() -> None:
    with pytest.raises(BadInput):
        sign_paper(PAPER, PaperSigner("registry.example/land/other", PRESS.key))


# The key.


def test_the_policy_names_the_press_in_a_line_that_others_take_for_a_comment() -> None:
    policy = policy_line(PRESS.paper_key) + POLICY
    assert paper_keys(policy.encode()) == KEYS
    assert Policy.parse(policy).logs == Policy.parse(POLICY).logs


@pytest.mark.parametrize("line", ["#!paper", "#!paper x", "#!paper a b", f"#!paper {POLICY.split()[1]}"])
def test_a_line_for_a_press_that_is_none_is_named(line: str) -> None:
    with pytest.raises(MalformedPolicy, match="line 2: the line reads #!paper"):
        paper_keys(f"quorum none\n{line}\n".encode())


def test_a_key_of_small_order_is_no_press_s() -> None:
    forged = PaperKey(ORIGIN, bytes([1]) + bytes(31)).format()
    with pytest.raises(VerificationError):
        PaperKey.parse(forged)


def test_a_log_s_key_is_no_press_s() -> None:
    with pytest.raises(MalformedKey):
        PaperKey.parse(POLICY.split()[1])


# What is refused.


def test_a_press_that_the_policy_does_not_name_is_not_believed() -> None:
    other = PaperSigner(ORIGIN, SeedKey(bytes([6]) * 32))
    with pytest.raises(UnknownPaperKey):
        verify_paper(sign_paper(PAPER, other), KEYS, now=NOW)
    with pytest.raises(UnknownPaperKey):
        verify_paper(TEXT, (), now=NOW)


def test_a_paper_that_was_changed_is_forged() -> None:
    protected, body, signature = qr._parts(qr._unpacked(qr._from_digits(TEXT.rpartition("#")[2])))
    changed = body.replace(b"1/2", b"1/1")
    assert changed != body
    forged = encode(Tagged(18, [protected, {}, changed, signature]))
    with pytest.raises(PaperForged):
        verify_paper(qr._to_digits(forged), KEYS, now=NOW)


def test_the_press_of_one_registry_cannot_speak_for_another() -> None:
    foreign = qr._sign(encode(qr._document(replace(PAPER, origin="registry.example/land/other"))), PRESS)
    with pytest.raises(PaperForged, match="not that of"):
        verify_paper(qr._to_digits(foreign), KEYS, now=NOW)


def test_a_paper_dated_tomorrow_is_not_believed() -> None:
    with pytest.raises(PaperFromTheFuture):
        verify_paper(TEXT, KEYS, now=PAPER.as_of - 301)
    assert verify_paper(TEXT, KEYS, now=PAPER.as_of - 300) == PAPER


def signed(document: Cbor) -> str:
    return qr._to_digits(qr._sign(encode(document), PRESS))


FIELDS = dict(qr._document(PAPER))  # type: ignore[arg-type]  # a mapping, and made so


@pytest.mark.parametrize(
    "document",
    [
        [],
        {},
        {0: 2},
        {**FIELDS, 13: None},
        {**FIELDS, 0: 2},
        {**FIELDS, 1: 7},
        {**FIELDS, 4: -1},
        {**FIELDS, 7: [["Asha"]]},
        {**FIELDS, 8: 2},
        {**FIELDS, 9: [None, None, None]},
        {**FIELDS, 9: [None, None, None, "none"]},
        {**FIELDS, 12: b"short"},
    ],
    ids=lambda d: str(d)[:60],
)
def test_what_is_signed_and_is_no_paper_is_refused_in_words(document: Cbor) -> None:
    with pytest.raises(PaperUnreadable):
        verify_paper(signed(document), KEYS, now=NOW)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "#",
        "0",
        "0123",
        "12x",
        "१२३",
        "https://land.example.in/v",
        "9" * 1_001,
        "1" * 100_000,
        "5",
        qr._to_digits(b""),
        qr._to_digits(b"\x78\xda"),
        qr._to_digits(zlib.compress(bytes(1 << 20), 9)),
        qr._to_digits(zlib.compress(b"x" * 100) + b"more"),
        qr._to_digits(encode([1, 2])),
        qr._to_digits(encode(Tagged(18, [b"", {}, b"", b""]))),
        qr._to_digits(encode(Tagged(18, [encode({1: -7, 4: bytes(8)}), {}, b"", bytes(64)]))),
        qr._to_digits(encode(Tagged(18, [encode({1: -8, 4: bytes(8)}), {1: 1}, b"", bytes(64)]))),
    ],
    ids=lambda t: t[:24],
)
def test_what_is_no_code_is_refused_in_words(text: str) -> None:
    with pytest.raises(PaperUnreadable):
        verify_paper(text, KEYS, now=NOW)


def test_no_digit_of_a_code_can_be_changed_or_lost() -> None:
    digits = TEXT.rpartition("#")[2]
    for at in range(len(digits)):
        for other in {*"0123456789"} - {digits[at]}:
            with pytest.raises(VerificationError):
                verify_paper(digits[:at] + other + digits[at + 1 :], KEYS, now=NOW)
        with pytest.raises(VerificationError):
            verify_paper(digits[:at] + digits[at + 1 :], KEYS, now=NOW)


@given(st.text() | st.text("0123456789#", max_size=1_100) | st.binary(max_size=400).map(qr._to_digits))
def test_no_text_gets_anything_but_a_verdict(text: str) -> None:
    with suppress(VerificationError):
        verify_paper(text, KEYS, now=NOW)


@given(st.binary(max_size=300).map(lambda data: zlib.compress(b"\xd2\x84" + data)).map(qr._to_digits))
def test_no_packed_bytes_get_anything_but_a_verdict(text: str) -> None:
    with suppress(VerificationError):
        verify_paper(text, KEYS, now=NOW)


values: st.SearchStrategy[Cbor] = st.recursive(
    st.none() | st.integers(-(2**63), 2**63 - 1) | st.binary() | st.text(),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(st.integers(0, 2**63 - 1), inner)
        | st.builds(Tagged, st.just(18), inner)
    ),
    max_leaves=8,
)


@given(values)
def test_any_value_under_the_press_s_signature_is_a_paper_or_refused_in_words(document: Cbor) -> None:
    with suppress(VerificationError):
        verify_paper(signed(document), KEYS, now=NOW)


@given(st.integers(0, 12), values)
def test_any_value_in_any_member_is_a_paper_or_refused_in_words(name: int, value: Cbor) -> None:
    with suppress(VerificationError):
        verify_paper(signed({**FIELDS, name: value}), KEYS, now=NOW)


# The encoding.


@given(values)
def test_what_is_encoded_is_decoded_to_the_same_bytes(value: Cbor) -> None:
    data = encode(value)
    with suppress(BadCbor):  # deeper than a paper goes
        assert encode(decode(data)) == data


@given(st.binary(max_size=64))
def test_bytes_are_the_one_spelling_of_a_value_or_refused(data: bytes) -> None:
    with suppress(BadCbor):
        assert encode(decode(data)) == data


@pytest.mark.parametrize(
    "data",
    [
        "1800",
        "190001",
        "a201f601f6",
        "a202f601f6",
        "9f",
        "5f41ff",
        "62c328",
        "f97e00",
        "f5",
        "81" * 9 + "f6",
        "00f6",
        "",
    ],
)
def test_other_spellings_and_kinds_are_refused(data: str) -> None:
    with pytest.raises(BadCbor):
        decode(bytes.fromhex(data))


def test_a_text_that_looks_like_a_code_is_told_from_a_file() -> None:
    assert looks_like_paper(TEXT)
    assert not looks_like_paper("2026.json")
    assert not looks_like_paper("./#1234567890123456")
