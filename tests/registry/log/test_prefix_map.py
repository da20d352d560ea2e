"""The map: vectors, its definition, and proofs of presence and absence in every shape."""

from __future__ import annotations

from base64 import b64decode, b64encode
from dataclasses import replace
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.log.prefix_map import (
    EMPTY,
    MapProof,
    NotAnotherLeaf,
    PathRefused,
    Result,
    map_key,
    map_leaf,
    subtree_root,
    value_hash,
    verify_map_path,
)
from tests.registry.log.maps import prove, root_by_definition, sorted_leaves, states
from tests.registry.log.vectors import hashes, vectors

pytestmark = pytest.mark.quick
MAP = vectors("map")
ORIGIN = MAP["origin"]
IDS = list(MAP["keys"])
VALUES = states(ORIGIN, IDS)


def key_of(identifier: str) -> bytes:
    return map_key("parcel", origin=ORIGIN, identifier=identifier)


@pytest.mark.parametrize("identifier", IDS)
def test_keys_and_leaves_are_those_of_the_vectors(identifier: str) -> None:
    key = key_of(identifier)
    assert key == b64decode(MAP["keys"][identifier])
    assert map_leaf(key, value_hash(VALUES[key])) == b64decode(MAP["leaves"][identifier])


@pytest.mark.parametrize("name", list(MAP["other_keys"]))
def test_each_kind_has_keys_of_its_own(name: str) -> None:
    label, identifier = name.split(" ")
    key = map_key(label.removesuffix("-key"), origin=ORIGIN, identifier=identifier)
    assert key == b64decode(MAP["other_keys"][name])


@pytest.mark.parametrize("count", range(6))
def test_maps_of_nought_to_five_parcels_have_the_roots_of_the_vectors(count: int) -> None:
    leaves = sorted_leaves(states(ORIGIN, IDS[:count]))
    assert b64encode(subtree_root(leaves)).decode() == MAP["roots"][str(count)]


def test_a_map_of_ten_thousand_parcels_has_the_root_of_the_vectors() -> None:
    leaves = sorted_leaves(states(ORIGIN, [f"P-{n}" for n in range(10_000)]))
    assert b64encode(subtree_root(leaves)).decode() == MAP["root_of_P-0_to_P-9999"]


@pytest.mark.parametrize("identifier", list(MAP["proofs"]))
def test_proofs_are_those_of_the_vectors_and_verify(identifier: str) -> None:
    vector, key = MAP["proofs"][identifier], key_of(identifier)
    proof = prove(VALUES, key)
    assert proof.result == vector["result"]
    assert list(proof.path) == hashes(vector["path"])
    assert proof.other_key == (b64decode(vector["other_key"]) if vector["other_key"] else None)
    verify_map_path(proof, key=key, value=VALUES.get(key), root=b64decode(MAP["roots"]["5"]))


def test_an_empty_place_proves_absence_as_in_the_vectors() -> None:
    vector = MAP["absent_empty"]
    key = b64decode(vector["key"])
    proof = prove(states(ORIGIN, vector["map_of"]), key)
    assert (proof.result, list(proof.path)) == (Result.ABSENT_EMPTY, hashes(vector["path"]))
    assert key == key_of(vector["parcel"])
    verify_map_path(proof, key=key, value=None, root=b64decode(vector["root"]))


def test_in_an_empty_map_every_parcel_is_absent() -> None:
    proof = prove({}, key_of("NONE-0"))
    assert proof == MapProof(result=Result.ABSENT_EMPTY, path=())
    verify_map_path(proof, key=key_of("NONE-0"), value=None, root=EMPTY)


def test_a_lone_parcel_is_the_root_and_proves_every_other_absent() -> None:
    values = states(ORIGIN, IDS[:1])
    root = subtree_root(sorted_leaves(values))
    verify_map_path(
        prove(values, key_of(IDS[0])), key=key_of(IDS[0]), value=VALUES[key_of(IDS[0])], root=root
    )
    other = prove(values, key_of("NONE-0"))
    assert (other.result, other.path) == (Result.ABSENT_OTHER, ())
    verify_map_path(other, key=key_of("NONE-0"), value=None, root=root)


keys = st.binary(min_size=32, max_size=32)


@st.composite
def crowded_keys(draw: st.DrawFn) -> list[bytes]:
    """Keys of which many share their first bits, up to all but the last."""
    base = draw(keys)
    found = {base}
    for shared in draw(st.lists(st.integers(0, 255), max_size=20)):
        number = int.from_bytes(base, "big") ^ (1 << (255 - shared))
        found.add(number.to_bytes(32, "big"))
    found.update(draw(st.lists(keys, max_size=20)))
    return sorted(found)


@given(crowded_keys())
def test_the_root_is_the_one_of_the_definition_whatever_the_keys(crowd: list[bytes]) -> None:
    leaves = [(key, sha256(key).digest()) for key in crowd]
    assert subtree_root(leaves) == root_by_definition(dict(leaves))


@given(crowded_keys(), keys, st.integers(0, 255))
def test_every_key_proves_present_or_absent(crowd: list[bytes], stranger: bytes, shared: int) -> None:
    values = dict.fromkeys(crowd, b"state")
    root = subtree_root(sorted_leaves(values))
    near = (int.from_bytes(crowd[0], "big") ^ (1 << (255 - shared))).to_bytes(32, "big")
    for key in (*crowd, stranger, near):
        proof = prove(values, key)
        assert (proof.result is Result.PRESENT) == (key in values)
        verify_map_path(proof, key=key, value=values.get(key), root=root)


@given(crowded_keys(), st.data())
def test_a_path_with_any_bit_flipped_is_refused(crowd: list[bytes], data: st.DataObject) -> None:
    values = dict.fromkeys([*crowd, bytes(32)], b"state")
    proof = prove(values, bytes(32))
    root = subtree_root(sorted_leaves(values))
    if not proof.path:
        return
    at = data.draw(st.integers(0, len(proof.path) - 1))
    number = int.from_bytes(proof.path[at], "big") ^ (1 << data.draw(st.integers(0, 255)))
    path = (*proof.path[:at], number.to_bytes(32, "big"), *proof.path[at + 1 :])
    with pytest.raises(PathRefused):
        verify_map_path(replace(proof, path=path), key=bytes(32), value=b"state", root=root)


KEY = key_of(IDS[0])
PRESENT = prove(VALUES, KEY)
ABSENT = prove(VALUES, key_of("NONE-0"))
ROOT = b64decode(MAP["roots"]["5"])


def test_another_state_is_refused() -> None:
    with pytest.raises(PathRefused, match="another root"):
        verify_map_path(PRESENT, key=KEY, value=b"state of another", root=ROOT)


def test_another_registrys_key_is_refused() -> None:
    key = map_key("parcel", origin="registry.example/other", identifier=IDS[0])
    with pytest.raises(PathRefused):
        verify_map_path(PRESENT, key=key, value=VALUES[KEY], root=ROOT)


def test_a_present_leaf_does_not_prove_its_own_absence() -> None:
    own = replace(
        PRESENT, result=Result.ABSENT_OTHER, other_key=KEY, other_value_hash=value_hash(VALUES[KEY])
    )
    with pytest.raises(NotAnotherLeaf, match="very leaf"):
        verify_map_path(own, key=KEY, value=None, root=ROOT)


def test_a_leaf_from_elsewhere_does_not_prove_absence() -> None:
    far = key_of(IDS[1])
    elsewhere = replace(ABSENT, other_key=bytes([0xFF ^ key_of("NONE-0")[0]]) + far[1:])
    with pytest.raises(NotAnotherLeaf, match="differs within"):
        verify_map_path(elsewhere, key=key_of("NONE-0"), value=None, root=ROOT)


def test_a_result_and_its_parts_belong_together() -> None:
    for proof, value in (
        (PRESENT, None),
        (ABSENT, b"state"),
        (replace(PRESENT, other_key=KEY, other_value_hash=KEY), VALUES[KEY]),
        (replace(ABSENT, other_value_hash=None), None),
        (replace(ABSENT, result=Result.ABSENT_EMPTY), None),
    ):
        with pytest.raises(PathRefused):
            verify_map_path(proof, key=KEY, value=value, root=ROOT)


@pytest.mark.parametrize("length", [0, 31, 33])
def test_hashes_of_another_length_are_refused(length: int) -> None:
    wrong = bytes(length)
    with pytest.raises(PathRefused):
        verify_map_path(replace(PRESENT, path=(wrong,)), key=KEY, value=VALUES[KEY], root=ROOT)
    with pytest.raises(NotAnotherLeaf):
        verify_map_path(replace(ABSENT, other_key=wrong), key=KEY, value=None, root=ROOT)


def test_a_path_longer_than_a_key_has_bits_is_refused() -> None:
    with pytest.raises(PathRefused, match="256 bits"):
        verify_map_path(replace(PRESENT, path=(KEY,) * 257), key=KEY, value=VALUES[KEY], root=ROOT)


def test_a_place_deeper_than_need_be_is_refused() -> None:
    with pytest.raises(PathRefused, match="deeper"):
        verify_map_path(replace(PRESENT, path=(EMPTY, *PRESENT.path)), key=KEY, value=VALUES[KEY], root=ROOT)
