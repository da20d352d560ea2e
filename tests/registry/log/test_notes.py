"""Signed notes, checkpoints, cosignatures and tlog-proofs, against vectors and their damaged variants."""

from __future__ import annotations

from base64 import b64decode
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import VerificationError
from registry.log.checkpoint import (
    Checkpoint,
    WrongOrigin,
    open_checkpoint,
    parse_checkpoint,
    sign_checkpoint,
)
from registry.log.cosignature import (
    BadTimestamp,
    CosignatureSigner,
    CosignatureVerifier,
    signed_message,
    timestamp,
)
from registry.log.ed25519 import (
    InvalidPoint,
    KeyLength,
    NonCanonicalKey,
    SeedKey,
    SmallOrderKey,
    check_public_key,
    verify,
)
from registry.log.note import (
    MalformedKey,
    MalformedNote,
    Note,
    NoteSigner,
    NoteVerifier,
    UnsupportedKey,
    Verifier,
    VerifierKey,
    open_note,
    parse_note,
    parse_signature_lines,
    verified_signatures,
)
from registry.log.tlog_proof import TlogProof, parse_tlog_proof, verify_tlog_proof
from tests.registry.log.vectors import vectors

pytestmark = pytest.mark.quick
NOTE, COSIGNATURE, PROOF = vectors("note"), vectors("cosignature"), vectors("tlog_proof")
LOG = NoteVerifier(VerifierKey.parse(NOTE["vkey"]))
WITNESS = CosignatureVerifier(VerifierKey.parse(COSIGNATURE["vkey"]))
SIGNER = NoteSigner(LOG.name, SeedKey(bytes.fromhex(NOTE["ed25519_seed"])))
KNOWN: list[Verifier] = [LOG, WITNESS]
COSIGNER = CosignatureSigner(WITNESS.name, SeedKey(bytes.fromhex(COSIGNATURE["ed25519_seed"])))


def title(vector: dict[str, Any]) -> str:
    return str(vector["title"])


def test_the_published_note_verifies() -> None:
    published = NOTE["published"]
    note = open_note(published["note"].encode(), [NoteVerifier(VerifierKey.parse(published["vkey"]))])
    assert note.text == "This is an example message.\n"
    assert note.format() == published["note"]


def test_a_checkpoint_is_signed_to_the_byte() -> None:
    checkpoint = parse_checkpoint(NOTE["text"])
    assert checkpoint.format() == NOTE["text"]
    assert sign_checkpoint(checkpoint, SIGNER).format() == NOTE["checkpoint"]
    assert SIGNER.verifier_key.format() == NOTE["vkey"]
    assert LOG.key.public.hex() == NOTE["public"]


def test_a_checkpoint_opens_with_its_logs_key() -> None:
    checkpoint, note = open_checkpoint(NOTE["checkpoint"].encode(), [LOG])
    assert (checkpoint.origin, checkpoint.size) == (LOG.name, 6)
    assert len(note.signatures) == 1


@pytest.mark.parametrize("vector", NOTE["damaged"], ids=title)
def test_a_damaged_note_is_refused_and_the_damage_named(vector: dict[str, Any]) -> None:
    with pytest.raises(VerificationError) as refused:
        open_checkpoint(vector["note"].encode(), [LOG])
    assert refused.value.code == vector["error"]


@pytest.mark.parametrize("vector", NOTE["checkpoint_texts_refused"], ids=title)
def test_a_text_that_is_no_checkpoint_is_refused(vector: dict[str, Any]) -> None:
    with pytest.raises(VerificationError) as refused:
        parse_checkpoint(vector["text"])
    assert refused.value.code == vector["error"]


@pytest.mark.parametrize("vector", NOTE["vkeys_refused"], ids=title)
def test_a_text_that_is_no_verifier_key_is_refused(vector: dict[str, Any]) -> None:
    with pytest.raises(VerificationError) as refused:
        VerifierKey.parse(vector["vkey"])
    assert refused.value.code == vector["error"]


def test_a_log_signs_for_no_other_log() -> None:
    with pytest.raises(WrongOrigin):
        sign_checkpoint(Checkpoint(origin="another.example", size=0, root=bytes(32)), SIGNER)
    other = parse_checkpoint(NOTE["text"].replace("land/test", "land/other"))
    forged = Note(other.format(), (SIGNER.sign(other.format()),)).format()
    with pytest.raises(WrongOrigin):
        open_checkpoint(forged.encode(), [LOG])


def test_lines_of_unknown_keys_are_kept_and_ignored() -> None:
    lines = [replace(COSIGNER.sign(NOTE["text"], time=t), name=f"witness.example/{t}") for t in range(60)]
    note = parse_note(NOTE["checkpoint"].encode())
    crowded = replace(note, signatures=(*lines, *note.signatures)).format()
    _, opened = open_checkpoint(crowded.encode(), [LOG])
    assert opened.format() == crowded
    assert len(opened.signatures) == 61


def test_a_note_with_more_than_a_hundred_signatures_is_refused() -> None:
    note = parse_note(NOTE["checkpoint"].encode())
    with pytest.raises(MalformedNote, match="101 signatures"):
        parse_note(replace(note, signatures=note.signatures * 101).format().encode())


def test_a_note_of_any_size_is_not_read() -> None:
    with pytest.raises(MalformedNote, match="more than"):
        parse_note(b"x" * (1 << 20))


def test_the_text_of_a_note_may_hold_empty_lines() -> None:
    text = "first\n\nsecond\n"
    note = open_note(Note(text, (SIGNER.sign(text),)).format().encode(), [LOG])
    assert note.text == text


def test_a_note_that_is_not_utf8_is_refused() -> None:
    with pytest.raises(MalformedNote, match="UTF-8"):
        parse_note(b"\xff" + NOTE["checkpoint"].encode())


@given(st.integers(0, len(NOTE["checkpoint"].encode()) - 1), st.integers(0, 7))
def test_a_checkpoint_with_any_bit_flipped_is_refused(at: int, bit: int) -> None:
    data = bytearray(NOTE["checkpoint"].encode())
    data[at] ^= 1 << bit
    with pytest.raises(VerificationError):
        open_checkpoint(bytes(data), [LOG])


@given(st.binary(max_size=400))
def test_any_bytes_are_a_note_or_refused_in_words(data: bytes) -> None:
    with suppress(VerificationError):
        assert parse_note(data).format().encode() == data


def test_a_cosignature_is_made_and_checked_to_the_byte() -> None:
    line = COSIGNER.sign(NOTE["text"], time=COSIGNATURE["time"])
    assert line.format() == COSIGNATURE["line"]
    assert signed_message(NOTE["text"], COSIGNATURE["time"]).decode() == COSIGNATURE["signed_message"]
    note = parse_note((NOTE["checkpoint"] + COSIGNATURE["line"]).encode())
    [(verifier, found)] = verified_signatures(note, [WITNESS])
    assert verifier is WITNESS
    assert timestamp(found.signature) == COSIGNATURE["time"]
    assert COSIGNER.verifier_key.format() == COSIGNATURE["vkey"]


@pytest.mark.parametrize("vector", COSIGNATURE["damaged"], ids=title)
def test_a_damaged_cosignature_of_a_known_witness_condemns_the_note(vector: dict[str, Any]) -> None:
    note = parse_note((NOTE["checkpoint"] + vector["line"]).encode())
    with pytest.raises(VerificationError) as refused:
        verified_signatures(note, KNOWN)
    assert refused.value.code == vector["error"]


def test_the_two_kinds_of_key_are_not_taken_for_each_other() -> None:
    with pytest.raises(UnsupportedKey, match="0x04"):
        NoteVerifier(WITNESS.key)
    with pytest.raises(UnsupportedKey, match="0x01"):
        CosignatureVerifier(LOG.key)


@pytest.mark.parametrize("time", [-1, 2**63])
def test_a_time_that_the_format_cannot_hold_is_refused(time: int) -> None:
    with pytest.raises(BadTimestamp):
        COSIGNER.sign(NOTE["text"], time=time)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\u00a0b", "a\nb"])
def test_a_key_name_that_a_note_cannot_hold_is_refused(name: str) -> None:
    with pytest.raises(MalformedKey):
        NoteSigner(name, SeedKey(bytes(32)))
    with pytest.raises(MalformedKey):
        CosignatureSigner(name, SeedKey(bytes(32)))


def test_signature_lines_end_in_a_line_feed() -> None:
    with pytest.raises(MalformedNote, match="line feed"):
        parse_signature_lines(COSIGNATURE["line"][:-1])


def test_secrets_stay_out_of_what_is_printed() -> None:
    seed = COSIGNATURE["ed25519_seed"]
    assert not any(seed in repr(x) for x in (SIGNER, COSIGNER, SeedKey(bytes.fromhex(seed))))


def test_a_tlog_proof_reads_writes_and_verifies() -> None:
    assert parse_tlog_proof(PROOF["text"]).format() == PROOF["text"]
    verify_text(PROOF["text"])


def verify_text(text: str) -> None:
    proof = parse_tlog_proof(text)
    checkpoint, _ = open_checkpoint(proof.checkpoint.encode(), [LOG])
    verify_tlog_proof(proof, entry=PROOF["leaf"].encode(), checkpoint=checkpoint)


def test_extra_data_is_read_and_written() -> None:
    proof = replace(parse_tlog_proof(PROOF["text"]), extra=b"\x00beside")
    assert parse_tlog_proof(proof.format()) == proof


def test_the_only_entry_of_a_log_has_an_empty_path() -> None:
    proof = TlogProof(index=0, path=(), checkpoint=NOTE["checkpoint"])
    assert parse_tlog_proof(proof.format()) == proof


@pytest.mark.parametrize("vector", PROOF["damaged"], ids=title)
def test_a_damaged_tlog_proof_is_refused_and_the_damage_named(vector: dict[str, Any]) -> None:
    with pytest.raises(VerificationError) as refused:
        verify_text(vector["text"])
    assert refused.value.code == vector["error"]


SMALL_ORDER = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
]


@pytest.mark.parametrize("key", SMALL_ORDER)
def test_a_key_of_small_order_is_refused(key: str) -> None:
    with pytest.raises(SmallOrderKey):
        check_public_key(bytes.fromhex(key))


def test_the_universal_signature_of_a_small_order_key_does_not_verify() -> None:
    point = bytes.fromhex(SMALL_ORDER[1])
    assert not verify(point, b"any message", point + bytes(32))


def test_a_key_that_is_not_reduced_is_refused() -> None:
    with pytest.raises(NonCanonicalKey):
        check_public_key((2**255 - 19 + 3).to_bytes(32, "little"))


def test_a_key_off_the_curve_is_refused() -> None:
    with pytest.raises(InvalidPoint):
        check_public_key(b"\x02" + bytes(31))


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_key_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(KeyLength):
        check_public_key(bytes(length))
    assert not verify(bytes(length), b"m", bytes(64))


def test_a_signature_with_the_group_order_added_is_refused() -> None:
    """S + L verifies under lax rules: two signatures for one message would be two entries for one order."""
    order = 2**252 + 27742317777372353535851937790883648493
    key = SeedKey(bytes(32))
    signature = key.sign(b"m")
    larger = int.from_bytes(signature[32:], "little") + order
    assert verify(key.public, b"m", signature)
    assert not verify(key.public, b"m", signature[:32] + larger.to_bytes(32, "little"))


def test_an_honest_key_is_accepted() -> None:
    check_public_key(SeedKey(bytes(range(32))).public)
    check_public_key(b64decode("AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k")[1:])
