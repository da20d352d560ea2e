"""The log's tree against published vectors, a second implementation, and every size up to a hundred."""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pymerkle
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import VerificationError
from registry.log.hashing import EMPTY_ROOT, leaf_hash, node_hash
from registry.log.tree import (
    CompactRange,
    EmptyOldTree,
    HashLength,
    Inconsistent,
    NotIncluded,
    Subtree,
    TreeShrank,
    prove_consistency,
    prove_inclusion,
    range_root,
    verify_consistency,
    verify_inclusion,
)
from tests.registry.log.vectors import hashes, vectors

pytestmark = pytest.mark.quick
RFC = vectors("rfc6962")


def leaf(index: int) -> bytes:
    return leaf_hash(b"leaf %d" % index)


@cache
def subtree(level: int, index: int) -> bytes:
    """MTH of 2^level leaves named ``leaf N``, straight from the definition."""
    if level == 0:
        return leaf(index)
    return node_hash(subtree(level - 1, 2 * index), subtree(level - 1, 2 * index + 1))


def root(size: int) -> bytes:
    return range_root(0, size, subtree)


def b64(data: bytes) -> str:
    return b64encode(data).decode()


@pytest.mark.parametrize("size", [int(n) for n in RFC["roots"]])
def test_roots_are_those_of_the_go_implementation(size: int) -> None:
    grown = CompactRange()
    for index in range(size):
        grown.append(leaf(index))
    assert b64(grown.root()) == RFC["roots"][str(size)] == b64(root(size))


def test_the_empty_tree_and_the_first_leaf_are_those_of_the_rfc() -> None:
    assert b64(EMPTY_ROOT) == b64(CompactRange().root()) == b64(root(0)) == RFC["empty_root"]
    assert b64(leaf(0)) == RFC["leaf_hash_0"]


def test_the_rfcs_own_eight_leaves_give_its_roots() -> None:
    grown = CompactRange()
    roots = [grown.root().hex()]
    for entry in RFC["eight"]["leaves_hex"]:
        grown.append(leaf_hash(bytes.fromhex(entry)))
        roots.append(grown.root().hex())
    assert roots == RFC["eight"]["roots_hex"]


@pytest.mark.parametrize("vector", RFC["inclusion"], ids=lambda v: f"{v['index']} of {v['size']}")
def test_inclusion_proofs_are_those_of_the_go_implementation(vector: dict[str, Any]) -> None:
    index, size = vector["index"], vector["size"]
    assert prove_inclusion(index=index, size=size, subtree=subtree) == hashes(vector["proof"])


@pytest.mark.parametrize("vector", RFC["consistency"], ids=lambda v: f"{v['old']} to {v['new']}")
def test_consistency_proofs_are_those_of_the_go_implementation(vector: dict[str, Any]) -> None:
    old, new = vector["old"], vector["new"]
    assert prove_consistency(old_size=old, new_size=new, subtree=subtree) == hashes(vector["proof"])


def published_vectors(shared_data: Path) -> list[tuple[str, dict[str, Any]]]:
    lines = (shared_data / "merkle_proof_vectors" / "vectors.jsonl").read_text().splitlines()
    return [(line["file"], line["vector"]) for line in map(json.loads, lines)]


def accepts(vector: dict[str, Any]) -> bool:
    proof = hashes(vector["proof"] or [])
    try:
        if "leafIdx" in vector:
            verify_inclusion(
                leaf=b64decode(vector["leafHash"] or ""),
                index=vector["leafIdx"],
                size=vector["treeSize"],
                proof=proof,
                root=b64decode(vector["root"] or ""),
            )
        else:
            verify_consistency(
                old_size=vector["size1"],
                new_size=vector["size2"],
                old_root=b64decode(vector["root1"] or ""),
                new_root=b64decode(vector["root2"] or ""),
                proof=proof,
            )
    except VerificationError:
        return False
    return True


def test_all_published_proofs_are_judged_as_transparency_dev_judges_them(shared_data: Path) -> None:
    found = published_vectors(shared_data)
    wrong = [name for name, vector in found if accepts(vector) == vector["wantErr"]]
    assert wrong == []
    assert len(found) == 96


def test_every_proof_of_every_tree_up_to_a_hundred_leaves_verifies() -> None:
    for size in range(1, 101):
        for index in range(size):
            proof = prove_inclusion(index=index, size=size, subtree=subtree)
            verify_inclusion(leaf=leaf(index), index=index, size=size, proof=proof, root=root(size))
    for new in range(1, 65):
        for old in range(1, new + 1):
            proof = prove_consistency(old_size=old, new_size=new, subtree=subtree)
            verify_consistency(
                old_size=old, new_size=new, old_root=root(old), new_root=root(new), proof=proof
            )


def test_a_second_implementation_computes_the_same_roots_and_paths() -> None:
    tree = pymerkle.InmemoryTree(algorithm="sha256")
    for index in range(70):
        tree.append_entry(b"leaf %d" % index)
        size = index + 1
        assert tree.get_root(size) == root(size)
        middle = size // 2
        path = tree.prove_inclusion(middle + 1, size).path[1:]
        assert path == prove_inclusion(index=middle, size=size, subtree=subtree)


@given(st.data())
def test_a_proof_with_any_bit_flipped_is_refused(data: st.DataObject) -> None:
    size = data.draw(st.integers(2, 300))
    index = data.draw(st.integers(0, size - 1))
    proof = prove_inclusion(index=index, size=size, subtree=subtree)
    flipped = flip(data, proof)
    with pytest.raises(NotIncluded):
        verify_inclusion(leaf=leaf(index), index=index, size=size, proof=flipped, root=root(size))
    old = data.draw(st.integers(1, size - 1))
    consistency = flip(data, prove_consistency(old_size=old, new_size=size, subtree=subtree))
    with pytest.raises(Inconsistent):
        verify_consistency(
            old_size=old, new_size=size, old_root=root(old), new_root=root(size), proof=consistency
        )


def flip(data: st.DataObject, proof: list[bytes]) -> list[bytes]:
    at = data.draw(st.integers(0, len(proof) - 1))
    bit = data.draw(st.integers(0, 255))
    number = int.from_bytes(proof[at], "big") ^ 1 << bit
    return [*proof[:at], number.to_bytes(32, "big"), *proof[at + 1 :]]


@given(st.data())
def test_a_proof_for_one_place_is_refused_for_any_other(data: st.DataObject) -> None:
    size = data.draw(st.integers(2, 300))
    index, other = data.draw(st.lists(st.integers(0, size - 1), min_size=2, max_size=2, unique=True))
    proof = prove_inclusion(index=index, size=size, subtree=subtree)
    with pytest.raises(NotIncluded):
        verify_inclusion(leaf=leaf(index), index=other, size=size, proof=proof, root=root(size))


def test_a_log_that_lost_entries_is_named_so() -> None:
    with pytest.raises(TreeShrank, match="from 7 entries to 6"):
        verify_consistency(old_size=7, new_size=6, old_root=root(7), new_root=root(6), proof=[])


def test_consistency_with_the_empty_tree_is_not_a_matter_of_proof() -> None:
    with pytest.raises(EmptyOldTree):
        verify_consistency(old_size=0, new_size=1, old_root=EMPTY_ROOT, new_root=root(1), proof=[])
    with pytest.raises(EmptyOldTree):
        verify_consistency(old_size=0, new_size=0, old_root=EMPTY_ROOT, new_root=EMPTY_ROOT, proof=[])
    with pytest.raises(ValueError):
        prove_consistency(old_size=0, new_size=1, subtree=subtree)


def test_two_roots_of_one_size_are_refused() -> None:
    with pytest.raises(Inconsistent, match="one root"):
        verify_consistency(old_size=2, new_size=2, old_root=root(2), new_root=root(3), proof=[])


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_a_hash_of_another_length_is_refused_wherever_it_stands(length: int) -> None:
    wrong = bytes(length)
    good = prove_inclusion(index=0, size=2, subtree=subtree)
    calls: list[Callable[[], None]] = [
        lambda: verify_inclusion(leaf=wrong, index=0, size=2, proof=good, root=root(2)),
        lambda: verify_inclusion(leaf=leaf(0), index=0, size=2, proof=good, root=wrong),
        lambda: verify_inclusion(leaf=leaf(0), index=0, size=2, proof=[wrong], root=root(2)),
        lambda: verify_consistency(old_size=1, new_size=2, old_root=wrong, new_root=root(2), proof=[leaf(1)]),
    ]
    for call in calls:
        with pytest.raises(HashLength):
            call()


@given(st.integers(0, 2000))
def test_a_tree_resumed_from_its_compact_range_grows_as_if_never_stopped(size: int) -> None:
    kept = [subtree(level, index) for level, index in _full(size)]
    resumed = CompactRange(size, kept)
    resumed.append(leaf(size))
    assert resumed.root() == root(size + 1)


def _full(size: int) -> list[tuple[int, int]]:
    start, found = 0, []
    for level in reversed(range(size.bit_length())):
        if size >> level & 1:
            found.append((level, start >> level))
            start += 1 << level
    return found


def test_a_compact_range_of_the_wrong_count_is_refused() -> None:
    with pytest.raises(ValueError, match="3 leaves has 2"):
        CompactRange(3, [leaf(0)])


def test_there_is_no_proof_for_an_index_outside_the_tree() -> None:
    supplier: Subtree = subtree
    with pytest.raises(ValueError, match="no index 5"):
        prove_inclusion(index=5, size=5, subtree=supplier)
