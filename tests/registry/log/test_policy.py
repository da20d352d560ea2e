"""Trust policies: what a file may say, and which checkpoints it lets pass."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import VerificationError
from registry.log.checkpoint import Checkpoint, sign_checkpoint
from registry.log.cosignature import CosignatureSigner
from registry.log.ed25519 import SeedKey
from registry.log.note import BadNoteSignature, NoteSigner, UnknownSigner
from registry.log.policy import (
    MalformedPolicy,
    Policy,
    QuorumMissed,
    StaleCheckpoint,
    UnknownLog,
)

pytestmark = pytest.mark.quick

ORIGIN = "registry.example/land/test"
NOW = 1_800_000_000
LOG = NoteSigner(ORIGIN, SeedKey(bytes([1]) * 32))
WITNESSES = {
    name: CosignatureSigner(f"{name}.example/witness", SeedKey(bytes([seed]) * 32))
    for seed, name in enumerate(("bank", "court", "press"), 2)
}
LOG_LINE = f"log {LOG.verifier_key.format()}\n"
WITNESS_LINES = "".join(f"witness {n} {w.verifier_key.format()}\n" for n, w in WITNESSES.items())
TWO_OF_THREE = f"{LOG_LINE}{WITNESS_LINES}group most 2 bank court press\nquorum most\n"
CHECKPOINT = Checkpoint(origin=ORIGIN, size=7, root=bytes(32))


def checkpoint(**ages: int) -> bytes:
    """A checkpoint cosigned by the witnesses named, each so many seconds ago."""
    note = sign_checkpoint(CHECKPOINT, LOG)
    lines = [WITNESSES[name].sign(note.text, time=NOW - age) for name, age in ages.items()]
    return replace(note, signatures=(*note.signatures, *lines)).format().encode()


def as_of(policy: str, note: bytes, *, max_age: int = 900) -> int | None:
    return Policy.parse(policy, max_age=max_age).endorse(note, origin=ORIGIN, now=NOW).as_of


def test_a_policy_without_a_quorum_asks_for_the_logs_word_alone() -> None:
    assert as_of(f"{LOG_LINE}quorum none\n", checkpoint()) is None


def test_two_of_three_witnesses_date_a_checkpoint_by_the_second_newest() -> None:
    assert as_of(TWO_OF_THREE, checkpoint(bank=30, court=10, press=500)) == NOW - 30


def test_one_of_three_witnesses_is_too_few_for_two() -> None:
    with pytest.raises(QuorumMissed, match=r"only 1 .*\(press\).* 2 of bank, court, press"):
        as_of(TWO_OF_THREE, checkpoint(press=10))


def test_old_cosignatures_prove_nothing_about_today() -> None:
    with pytest.raises(StaleCheckpoint, match="15 min 1 s ago, and no more than 15 min"):
        as_of(TWO_OF_THREE, checkpoint(bank=901, court=902, press=10))


def test_a_cosignature_just_young_enough_counts() -> None:
    assert as_of(TWO_OF_THREE, checkpoint(bank=900, court=900)) == NOW - 900


def test_a_witness_whose_clock_runs_far_ahead_does_not_count() -> None:
    assert as_of(TWO_OF_THREE, checkpoint(bank=-300, court=0)) == NOW
    with pytest.raises(QuorumMissed):
        as_of(TWO_OF_THREE, checkpoint(bank=-301, court=0))


def test_one_witness_that_signs_twice_counts_once() -> None:
    twice = checkpoint(bank=10).decode() + WITNESSES["bank"].sign(CHECKPOINT.format(), time=NOW).format()
    with pytest.raises(QuorumMissed):
        as_of(TWO_OF_THREE, twice.encode())


def test_a_bad_line_of_a_known_witness_condemns_the_checkpoint_even_without_a_quorum() -> None:
    line = WITNESSES["press"].sign("another text\n", time=NOW).format()
    with pytest.raises(BadNoteSignature, match="press"):
        as_of(f"{LOG_LINE}{WITNESS_LINES}quorum none\n", checkpoint() + line.encode())


def test_a_witness_that_the_policy_does_not_know_is_passed_over() -> None:
    assert as_of(f"{LOG_LINE}quorum none\n", checkpoint(bank=10)) is None


def test_groups_of_groups() -> None:
    policy = (
        f"{LOG_LINE}{WITNESS_LINES}group private any bank press\ngroup both all private court\nquorum both\n"
    )
    assert as_of(policy, checkpoint(press=5, court=20)) == NOW - 20
    with pytest.raises(QuorumMissed):
        as_of(policy, checkpoint(bank=5, press=5))


def test_a_single_witness_may_be_the_quorum() -> None:
    assert as_of(f"{LOG_LINE}{WITNESS_LINES}quorum court\n", checkpoint(court=3)) == NOW - 3


def test_a_log_that_the_policy_does_not_name_is_not_believed() -> None:
    with pytest.raises(UnknownLog, match=ORIGIN):
        as_of("quorum none\n", checkpoint())
    other = NoteSigner(ORIGIN, SeedKey(bytes([9]) * 32)).verifier_key.format()
    with pytest.raises(UnknownSigner):
        as_of(f"log {other}\nquorum none\n", checkpoint())


def test_an_old_and_a_new_key_of_one_log_are_both_believed() -> None:
    newer = NoteSigner(ORIGIN, SeedKey(bytes([9]) * 32))
    policy = f"log {newer.verifier_key.format()}\n{LOG_LINE}quorum none\n"
    assert as_of(policy, checkpoint()) is None
    assert as_of(policy, sign_checkpoint(CHECKPOINT, newer).format().encode()) is None


def test_blanks_tabs_comments_and_addresses_are_read_as_the_format_has_it() -> None:
    policy = Policy.parse(
        "# whom the bank believes\n\n \t"
        + LOG_LINE.replace("\n", "\thttps://registry.example/log\n")
        + "  # the witness\n"
        + WITNESS_LINES.splitlines()[0]
        + "  https://witness.example/\nquorum\tbank"
    )
    assert policy.witnesses["bank"].url == "https://witness.example/"
    assert policy.satisfied(["bank"])
    assert not policy.satisfied(["court"])


WRONG = {
    "a word that begins no line": ("trust me\n", "line 1"),
    "no quorum": (LOG_LINE, "no quorum line"),
    "two quorums": ("quorum none\nquorum none\n", "line 2: there is one"),
    "a quorum of an unknown name": ("quorum most\n", "earlier line"),
    "a quorum named before it is defined": (
        f"quorum bank\n{WITNESS_LINES}",
        "line 1: the quorum 'bank'",
    ),
    "a log's key twice": (LOG_LINE + LOG_LINE + "quorum none\n", "line 2: a log's public key"),
    "a witness's key twice": (
        WITNESS_LINES + WITNESS_LINES.splitlines()[0].replace("witness bank", "witness bank2") + "\n",
        "line 4: a witness's public key",
    ),
    "a name given twice": (
        WITNESS_LINES.replace("witness court", "witness bank"),
        "line 2: the name 'bank' is given already",
    ),
    "the name none": (WITNESS_LINES.replace("witness bank", "witness none"), "'none' has a meaning"),
    "a member in two groups": (
        WITNESS_LINES + "group a any bank court\ngroup b any bank press\n",
        "line 5: 'bank' is a member already",
    ),
    "a member of no earlier line": ("group a any bank\n", "'bank' is no witness or group"),
    "a threshold above the members": (WITNESS_LINES + "group a 4 bank court press\n", "from 1 to 3"),
    "a threshold of nought": (WITNESS_LINES + "group a 0 bank\n", "from 1 to 1"),
    "a threshold in other digits": (WITNESS_LINES + "group a १ bank\n", "threshold"),
    "a group without members": (WITNESS_LINES + "group a any\n", "number of words"),
    "a log's key where a witness's belongs": (
        f"witness bank {LOG.verifier_key.format()}\n",
        "line 1: .*type 0x04",
    ),
    "a witness's key where a log's belongs": (
        f"log {WITNESSES['bank'].verifier_key.format()}\n",
        "line 1: .*type 0x01",
    ),
    "a key that is none": ("log registry.example\n", "line 1: the verifier key"),
    "a carriage return": (LOG_LINE.replace("\n", "\r\n"), "control characters"),
}


@pytest.mark.parametrize("name", list(WRONG))
def test_a_policy_that_breaks_a_rule_is_refused_with_line_and_rule(name: str) -> None:
    text, complaint = WRONG[name]
    with pytest.raises(MalformedPolicy, match=complaint):
        Policy.parse(text)


def test_a_policy_that_is_not_text_is_refused() -> None:
    with pytest.raises(MalformedPolicy, match="UTF-8"):
        Policy.parse(b"log \xff\n")
    with pytest.raises(MalformedPolicy, match="more than"):
        Policy.parse(b"#" * (1 << 20))


@given(
    st.lists(st.sampled_from(["log", "witness", "group", "quorum", "none", "a", "any", "1", "\n", " ", "#"]))
)
def test_any_words_are_a_policy_or_refused(words: list[str]) -> None:
    with suppress(VerificationError):
        assert Policy.parse(" ".join(words)).quorum == "none"
