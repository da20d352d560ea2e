"""Signed orders: the envelope to the byte, and every way in which one is refused."""

from __future__ import annotations

import json
from base64 import b64encode
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nacl.signing import SigningKey

from domain.canon import canonical
from domain.errors import VerificationError
from registry.dsse import (
    EVENT,
    BadSignature,
    EntryTooLarge,
    MalformedEnvelope,
    NotCanonicalPayload,
    Signature,
    SignatureCount,
    SignatureOrder,
    UnknownKey,
    enclose,
    envelope_around,
    keyid,
    pae,
    parse_envelope,
    seal,
    sign,
    verify_envelope,
)
from tests.registry.log.vectors import vectors

pytestmark = pytest.mark.quick
VECTOR = vectors("dsse")
PAYLOAD = VECTOR["payload"].encode()
OFFICER = SigningKey(bytes.fromhex(VECTOR["seed"]))
KEYS = [SigningKey(bytes([n]) * 32) for n in range(9)]
PUBLIC = {keyid(bytes(k.verify_key)): bytes(k.verify_key) for k in [OFFICER, *KEYS]}
ENTRY = seal(EVENT, PAYLOAD, [sign(OFFICER, EVENT, PAYLOAD)])


def test_the_signature_is_that_of_the_vector() -> None:
    assert pae(VECTOR["payloadType"], PAYLOAD).decode() == VECTOR["pae"]
    signature = sign(OFFICER, EVENT, PAYLOAD)
    assert b64encode(signature.sig).decode() == VECTOR["sig"]
    assert signature.keyid == keyid(bytes.fromhex(VECTOR["public"]))


def test_lengths_are_counted_in_bytes() -> None:
    assert (
        pae("खाता", "भूमि".encode())
        == b"DSSEv1 12 \xe0\xa4\x96\xe0\xa4\xbe\xe0\xa4\xa4\xe0\xa4\xbe 12 " + "भूमि".encode()
    )


def test_an_envelope_is_canonical_and_reads_back() -> None:
    envelope = parse_envelope(ENTRY)
    assert (envelope.payload_type, envelope.payload) == (EVENT, PAYLOAD)
    assert canonical(json.loads(ENTRY)) == ENTRY
    verify_envelope(envelope, PUBLIC)


def test_an_envelope_around_a_payload_of_ours_is_the_same_and_around_another_is_refused() -> None:
    signatures = [sign(OFFICER, EVENT, PAYLOAD)]
    assert enclose(EVENT, PAYLOAD, signatures) == ENTRY
    assert envelope_around(PAYLOAD, ENTRY) == parse_envelope(ENTRY)
    with pytest.raises(MalformedEnvelope, match="not around the payload"):
        envelope_around(PAYLOAD.replace(b"1", b"2", 1), ENTRY)
    with pytest.raises(MalformedEnvelope):
        envelope_around(PAYLOAD, ENTRY + b" ")


def test_several_officers_sign_one_order_and_stand_in_the_order_of_their_keys() -> None:
    entry = seal(EVENT, PAYLOAD, [sign(k, EVENT, PAYLOAD) for k in KEYS[:8]])
    ids = [s.keyid for s in parse_envelope(entry).signatures]
    assert ids == sorted(ids)
    assert len(ids) == 8
    verify_envelope(parse_envelope(entry), PUBLIC)


def test_an_order_signed_by_nobody_or_by_nine_is_refused() -> None:
    with pytest.raises(SignatureCount, match="this one 0"):
        seal(EVENT, PAYLOAD, [])
    with pytest.raises(SignatureCount, match="this one 9"):
        seal(EVENT, PAYLOAD, [sign(k, EVENT, PAYLOAD) for k in KEYS])


def test_one_key_signs_once() -> None:
    with pytest.raises(SignatureOrder, match="twice"):
        seal(EVENT, PAYLOAD, [sign(OFFICER, EVENT, PAYLOAD)] * 2)


def test_an_order_that_is_too_large_for_the_log_is_refused_with_a_remedy() -> None:
    payload = canonical({"a": "x" * 49_200})
    with pytest.raises(EntryTooLarge, match="65535") as refused:
        seal(EVENT, payload, [sign(OFFICER, EVENT, payload)])
    assert "SHA-256" in refused.value.remedy
    with pytest.raises(EntryTooLarge):
        parse_envelope(b"{" * 65_536)


@pytest.mark.parametrize(
    "payload", [b"", b"{} ", b"[]", b"7", b'{"a":1,"a":1}', b'{"a":1.0}', b'{"b":1,"a":1}', b"\xff"]
)
def test_a_payload_in_any_other_spelling_is_refused(payload: bytes) -> None:
    with pytest.raises(NotCanonicalPayload):
        seal(EVENT, payload, [sign(OFFICER, EVENT, payload)])
    with pytest.raises(NotCanonicalPayload):
        parse_envelope(_with(payload=b64encode(payload).decode()))


def _with(**members: Any) -> bytes:
    """The good envelope with some members replaced; None leaves one out."""
    document = {**json.loads(ENTRY), **members}
    return canonical({name: value for name, value in document.items() if value is not None})


SIGNATURE = json.loads(ENTRY)["signatures"][0]
OTHER = {"keyid": "00" * 32, "sig": SIGNATURE["sig"]}
DAMAGED: dict[str, tuple[Callable[[], bytes], type[VerificationError]]] = {
    "it has a blank": (lambda: ENTRY.replace(b",", b", ", 1), MalformedEnvelope),
    "it ends in a line feed": (lambda: ENTRY + b"\n", MalformedEnvelope),
    "a member is there twice": (
        lambda: ENTRY.replace(b'"payloadType"', b'"payload":"e30=","payloadType"'),
        MalformedEnvelope,
    ),
    "a member is missing": (lambda: _with(payloadType=None), MalformedEnvelope),
    "a member is not its own": (lambda: _with(note="x"), MalformedEnvelope),
    "the payload is not text": (lambda: _with(payload=7), MalformedEnvelope),
    "the payload is base64 for URLs": (lambda: _with(payload="eyJhIjoi_-8ifQ"), MalformedEnvelope),
    "the payload's base64 is not padded": (lambda: _with(payload="eyJhIjoxfQ"), MalformedEnvelope),
    "there are no signatures": (lambda: _with(signatures=[]), SignatureCount),
    "there are nine signatures": (lambda: _with(signatures=[SIGNATURE] * 9), SignatureCount),
    "the signatures are out of order": (lambda: _with(signatures=[SIGNATURE, OTHER]), SignatureOrder),
    "one key has signed twice": (lambda: _with(signatures=[SIGNATURE, SIGNATURE]), SignatureOrder),
    "a key id is in capitals": (
        lambda: _with(signatures=[{**SIGNATURE, "keyid": SIGNATURE["keyid"].upper()}]),
        MalformedEnvelope,
    ),
    "a signature has 63 bytes": (
        lambda: _with(signatures=[{**SIGNATURE, "sig": b64encode(bytes(63)).decode()}]),
        MalformedEnvelope,
    ),
    "a signature has a member more": (
        lambda: _with(signatures=[{**SIGNATURE, "cert": "x"}]),
        MalformedEnvelope,
    ),
    "a signature is not an object": (lambda: _with(signatures=["x"]), MalformedEnvelope),
}


@pytest.mark.parametrize("name", list(DAMAGED))
def test_a_damaged_envelope_is_refused_and_the_damage_named(name: str) -> None:
    make, error = DAMAGED[name]
    with pytest.raises(error):
        parse_envelope(make())


def test_a_key_that_is_not_known_is_named() -> None:
    with pytest.raises(UnknownKey, match=keyid(bytes(OFFICER.verify_key))):
        verify_envelope(parse_envelope(ENTRY), {})


def test_every_signature_must_be_good() -> None:
    good, forged = sign(KEYS[0], EVENT, PAYLOAD), sign(KEYS[1], EVENT, b'{"a":2}')
    with pytest.raises(BadSignature, match=forged.keyid):
        verify_envelope(parse_envelope(seal(EVENT, PAYLOAD, [good, forged])), PUBLIC)


def test_a_signature_for_one_type_is_none_for_another() -> None:
    entry = seal("application/vnd.landlog.key.v1+json", PAYLOAD, [sign(OFFICER, EVENT, PAYLOAD)])
    with pytest.raises(BadSignature):
        verify_envelope(parse_envelope(entry), PUBLIC)


def test_a_key_id_that_is_not_its_keys_own_is_no_hint_at_all() -> None:
    other = KEYS[0]
    borrowed = Signature(keyid(bytes(OFFICER.verify_key)), sign(other, EVENT, PAYLOAD).sig)
    mixed = {**PUBLIC, borrowed.keyid: bytes(other.verify_key)}
    with pytest.raises(BadSignature):
        verify_envelope(parse_envelope(seal(EVENT, PAYLOAD, [borrowed])), mixed)


@given(st.integers(0, len(ENTRY) - 1), st.integers(0, 7))
def test_an_order_with_any_bit_flipped_is_refused(at: int, bit: int) -> None:
    data = bytearray(ENTRY)
    data[at] ^= 1 << bit
    with pytest.raises(VerificationError):
        verify_envelope(parse_envelope(bytes(data)), PUBLIC)


@given(st.binary(max_size=300) | st.text(alphabet='{}[]",:ab1e ').map(str.encode))
def test_any_bytes_are_an_envelope_or_refused_in_words(data: bytes) -> None:
    with suppress(VerificationError):
        assert parse_envelope(data)


def test_braces_nested_without_end_are_refused_in_words() -> None:
    with pytest.raises(MalformedEnvelope):
        parse_envelope(b"[" * 60_000)
