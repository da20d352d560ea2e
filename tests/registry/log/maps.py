"""A map straight from its definition, to measure the real one by."""

from __future__ import annotations

from collections.abc import Mapping

from registry.log.prefix_map import (
    EMPTY,
    Leaf,
    MapProof,
    Result,
    bit,
    map_key,
    map_leaf,
    map_node,
    path_below,
    value_hash,
)


def root_by_definition(leaves: Mapping[bytes, bytes], depth: int = 0) -> bytes:
    """``root(S, d)`` of transparency spec 4.2, line by line."""
    if not leaves:
        return EMPTY
    if len(leaves) == 1:
        return next(iter(leaves.values()))
    left = {key: leaf for key, leaf in leaves.items() if bit(key, depth) == 0}
    right = {key: leaf for key, leaf in leaves.items() if bit(key, depth) == 1}
    return map_node(root_by_definition(left, depth + 1), root_by_definition(right, depth + 1))


def sorted_leaves(values: Mapping[bytes, bytes]) -> list[Leaf]:
    """(key, leaf hash) of states by key, in the order of the keys."""
    return sorted((key, map_leaf(key, value_hash(value))) for key, value in values.items())


def states(origin: str, ids: list[str]) -> dict[bytes, bytes]:
    return {map_key("parcel", origin=origin, identifier=i): f"state of {i}".encode() for i in ids}


def prove(values: Mapping[bytes, bytes], key: bytes) -> MapProof:
    """What the map of ``values`` says about ``key``."""
    path, found = path_below(sorted_leaves(values), key)
    if found is None:
        return MapProof(result=Result.ABSENT_EMPTY, path=tuple(path))
    if found == key:
        return MapProof(result=Result.PRESENT, path=tuple(path))
    return MapProof(
        result=Result.ABSENT_OTHER,
        path=tuple(path),
        other_key=found,
        other_value_hash=value_hash(values[found]),
    )
