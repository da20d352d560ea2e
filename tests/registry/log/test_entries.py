"""Tiles, bundles, map heads and histories: what the log is made of, to the byte."""

from __future__ import annotations

from base64 import b64decode
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.errors import VerificationError
from registry.log.hashing import leaf_hash
from registry.log.history import START, fold
from registry.log.map_head import MalformedMapHead, MapHead, parse_map_head
from registry.log.tiles import (
    ENTRIES,
    WIDTH,
    EntryTooLarge,
    MalformedTile,
    MalformedTilePath,
    Tile,
    decode_bundle,
    encode_bundle,
    grown_tiles,
    levels,
    partial_width,
    split_hashes,
    subtrees_of,
    tile_root,
)
from registry.log.tree import prove_inclusion, range_root, verify_inclusion
from tests.registry.log.vectors import vectors

pytestmark = pytest.mark.quick
TILES, MAP_HEAD, HISTORY = vectors("tiles"), vectors("map_head"), vectors("history")


@pytest.mark.parametrize("coordinates", list(TILES["paths"]))
def test_tiles_have_the_paths_of_the_vectors(coordinates: str) -> None:
    level, number, width = coordinates.split(" ")
    tile = Tile(ENTRIES if level == "entries" else int(level), int(number), int(width))
    assert tile.path == TILES["paths"][coordinates]
    assert Tile.parse(tile.path) == tile


@pytest.mark.parametrize("path", TILES["refused"])
def test_a_path_in_any_other_spelling_names_no_tile(path: str) -> None:
    with pytest.raises(MalformedTilePath):
        Tile.parse(path)


@given(st.integers(-1, 63), st.integers(0, 10**12), st.integers(1, WIDTH))
def test_every_tile_is_found_again_by_its_path(level: int, number: int, width: int) -> None:
    assert Tile.parse(Tile(level, number, width).path) == Tile(level, number, width)


@given(st.text(alphabet="tile/0123456789xp.entris", max_size=30))
def test_any_text_names_a_tile_in_its_one_spelling_or_none(path: str) -> None:
    with suppress(MalformedTilePath):
        assert Tile.parse(path).path == path


@pytest.mark.parametrize(
    ("size", "widths"), [(70_000, [112, 17, 1]), (256, [0, 1]), (255, [255]), (65_536, [0, 0, 1]), (0, [])]
)
def test_partial_tiles_are_as_wide_as_the_spec_says(size: int, widths: list[int]) -> None:
    assert [partial_width(level, size) for level in levels(size)] == widths


@given(st.integers(0, 200_000), st.integers(0, 2_000))
def test_what_grew_is_every_new_full_tile_and_the_last_partial_one(old: int, more: int) -> None:
    new = old + more
    for level in levels(new):
        grown = list(grown_tiles(old, new, level=level))
        full = [t.number for t in grown if t.width == WIDTH]
        shift = 8 * level
        assert full == list(range((old >> shift) // WIDTH, (new >> shift) // WIDTH))
        partial = [t for t in grown if t.width < WIDTH]
        expected = partial_width(level, new) if old >> shift != new >> shift else 0
        assert [t.width for t in partial] == ([expected] if expected else [])


def test_proofs_come_from_tiles_as_from_leaves() -> None:
    size = 70_000
    leaves = [leaf_hash(b"%d" % n) for n in range(size)]
    level_one = _above(leaves)
    level_two = _above(level_one)
    by_level = [leaves, level_one, level_two]
    subtree = subtrees_of(lambda level, n: b"".join(by_level[level][n * WIDTH : n * WIDTH + WIDTH]))
    root = range_root(0, size, subtree)
    for index in (0, 255, 256, 65_535, 65_536, 69_999):
        proof = prove_inclusion(index=index, size=size, subtree=subtree)
        verify_inclusion(leaf=leaves[index], index=index, size=size, proof=proof, root=root)


def _above(below: list[bytes]) -> list[bytes]:
    """The level above, from its full tiles."""
    full = range(len(below) // WIDTH)
    return [tile_root(below[n * WIDTH : n * WIDTH + WIDTH]) for n in full]


def test_a_tile_narrower_than_the_tree_needs_is_named() -> None:
    subtree = subtrees_of(lambda level, number: bytes(32))
    with pytest.raises(MalformedTile, match="tile/0/000 holds fewer"):
        range_root(0, 2, subtree)


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_bundles_hold_entries_as_they_are(entries: list[bytes]) -> None:
    assert decode_bundle(encode_bundle(entries), len(entries)) == entries


@given(st.binary(max_size=60), st.integers(0, 5))
def test_any_bytes_are_a_bundle_or_refused(data: bytes, width: int) -> None:
    with suppress(MalformedTile):
        assert encode_bundle(decode_bundle(data, width)) == data


def test_the_largest_entry_fits_and_one_byte_more_does_not() -> None:
    assert len(encode_bundle([bytes(65_535)])) == 65_537
    with pytest.raises(EntryTooLarge, match="65536"):
        encode_bundle([bytes(65_536)])


@pytest.mark.parametrize(("data", "width"), [(bytes(31), None), (bytes(64), 3)])
def test_a_tile_of_odd_size_is_refused(data: bytes, width: int | None) -> None:
    with pytest.raises(MalformedTile):
        split_hashes(data, width)


def test_a_map_head_is_written_to_the_byte() -> None:
    head = MapHead(
        size=5,
        root=b64decode(vectors("map")["roots"]["5"]),
        leaves=5,
        time=1_700_000_000,
        projection="landlog-projection/1",
    )
    assert head.format().decode() == MAP_HEAD["entry"]
    assert parse_map_head(head.format()) == head
    assert leaf_hash(head.format()) == b64decode(MAP_HEAD["leaf_hash"])


@pytest.mark.parametrize("vector", MAP_HEAD["damaged"], ids=lambda v: str(v["title"]))
def test_a_damaged_map_head_is_refused(vector: dict[str, Any]) -> None:
    with pytest.raises(MalformedMapHead):
        parse_map_head(vector["entry"].encode())


@given(st.binary(max_size=200))
def test_any_bytes_are_a_map_head_or_refused(data: bytes) -> None:
    with suppress(VerificationError):
        assert parse_map_head(data).format() == data


def test_a_projection_without_a_name_writes_no_map_head() -> None:
    with pytest.raises(MalformedMapHead, match="projection"):
        MapHead(size=0, root=bytes(32), leaves=0, time=0, projection="a b").format()


def test_histories_fold_as_in_the_vectors() -> None:
    chain = START
    for step in HISTORY:
        chain = fold(chain, step["index"], b64decode(step["leaf_hash"]))
        assert chain == b64decode(step["history"])
