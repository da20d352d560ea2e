"""The map: a Merkle prefix tree from parcels, units, cases and officers' keys to their current states.

A leaf lies at the shallowest place where its key is alone, an empty place is 32 zero bytes, and so the tree's
shape and root follow from its leaves alone (transparency spec 4.2).  Presence and absence are both proved by
the path to the place where the key is, or would be.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

from domain.errors import VerificationError
from registry.log.hashing import HASH_BYTES

EMPTY = bytes(HASH_BYTES)
"""The hash of a place without leaves, at every depth; no preimage of it is known."""
BITS = 8 * HASH_BYTES
KINDS = ("parcel", "unit", "case", "officer")

Leaf = tuple[bytes, bytes]
"""(key, leaf hash)"""


class PathRefused(VerificationError):
    """The path does not lead from the claimed place to the map's root."""

    code = "map-path-refused"


class NotAnotherLeaf(VerificationError):
    """The leaf shown in place of an absent one is not in that one's place."""

    code = "not-another-leaf"


class Result(StrEnum):
    """What stands where a key is looked for."""

    PRESENT = "present"
    ABSENT_EMPTY = "absent-empty"
    ABSENT_OTHER = "absent-other"


@dataclass(frozen=True, kw_only=True)
class MapProof:
    """The way from a place to the root: the place's sibling first, the root's child last, empty siblings as zeros.

    ``other_key`` and ``other_value_hash`` are given where another leaf holds the place.
    """

    result: Result
    path: tuple[bytes, ...]
    other_key: bytes | None = None
    other_value_hash: bytes | None = None


def map_key(kind: str, *, origin: str, identifier: str) -> bytes:
    """``H("landlog/<kind>-key@v1" LF origin LF identifier)``: 32 bytes; the kinds are ``KINDS``.

    >>> map_key("parcel", origin="registry.example/land/test", identifier="KA-BLR-000001").hex()[:16]
    'b030fd8005d29856'
    """
    return sha256(f"landlog/{kind}-key@v1\n{origin}\n{identifier}".encode()).digest()


def value_hash(value: bytes) -> bytes:
    """``V``: the hash of a state document's bytes."""
    return sha256(value).digest()


def map_leaf(key: bytes, hash_of_value: bytes) -> bytes:
    """``H(0x02 || K || V)``."""
    return sha256(b"\x02" + key + hash_of_value).digest()


def map_node(left: bytes, right: bytes) -> bytes:
    """``H(0x03 || left || right)``."""
    return sha256(b"\x03" + left + right).digest()


def bit(key: bytes, depth: int) -> int:
    """Bit ``depth`` of a key, counted from its most significant.

    >>> [bit(b"\\xa0", depth) for depth in range(4)]
    [1, 0, 1, 0]
    """
    return key[depth >> 3] >> (7 - (depth & 7)) & 1


def subtree_root(leaves: Sequence[Leaf], depth: int = 0) -> bytes:
    """The root of the leaves that share their keys' first ``depth`` bits; they come sorted by key, each once."""
    return _range_root(leaves, 0, len(leaves), depth)


def path_below(leaves: Sequence[Leaf], key: bytes, depth: int = 0) -> tuple[list[bytes], bytes | None]:
    """The way from ``key``'s place up to ``depth`` within sorted leaves, and the key of the leaf that is there.

    The siblings come deepest first; the key is None where the place is empty.
    """
    siblings = []
    start, end = 0, len(leaves)
    while end - start > 1:
        middle = _split(leaves, start, end, depth)
        if bit(key, depth):
            siblings.append(_range_root(leaves, start, middle, depth + 1))
            start = middle
        else:
            siblings.append(_range_root(leaves, middle, end, depth + 1))
            end = middle
        depth += 1
    siblings.reverse()
    return siblings, leaves[start][0] if start < end else None


def verify_map_path(proof: MapProof, *, key: bytes, value: bytes | None, root: bytes) -> None:
    """Accepts in silence that ``key`` has ``value`` under ``root``, or no leaf where the value is None.

    Raises:
        PathRefused: when the path is of another shape or leads elsewhere.
        NotAnotherLeaf: when the other leaf's key does not lie on the path, or is the key itself.
    """
    if len(proof.path) > BITS:
        raise PathRefused(f"the path has {len(proof.path)} siblings; no key has more than {BITS} bits")
    if any(len(sibling) != HASH_BYTES for sibling in proof.path):
        raise PathRefused(f"a sibling of the path is not {HASH_BYTES} bytes long")
    if proof.path and proof.path[0] == EMPTY:
        raise PathRefused("the place lies deeper than it needs to: its sibling is empty")
    current = _terminal(proof, key, value)
    depth = len(proof.path)
    for sibling in proof.path:
        depth -= 1
        current = map_node(sibling, current) if bit(key, depth) else map_node(current, sibling)
    if current != root:
        raise PathRefused("the path leads to another root than the map's")


def _terminal(proof: MapProof, key: bytes, value: bytes | None) -> bytes:
    """The hash of what stands in the key's place."""
    if (proof.result is Result.PRESENT) != (value is not None):
        raise PathRefused("a state belongs to a proof of presence, and to no other")
    if (proof.result is Result.ABSENT_OTHER) != (
        proof.other_key is not None and proof.other_value_hash is not None
    ):
        raise PathRefused("another leaf belongs to the proof 'absent-other', and to no other")
    if value is not None:
        return map_leaf(key, value_hash(value))
    if proof.other_key is None or proof.other_value_hash is None:
        return EMPTY
    if len(proof.other_key) != HASH_BYTES or len(proof.other_value_hash) != HASH_BYTES:
        raise NotAnotherLeaf(f"the other leaf's key and value hash are {HASH_BYTES} bytes each")
    if proof.other_key == key:
        raise NotAnotherLeaf("the leaf shown to prove absence is the very leaf that is looked for")
    depth = len(proof.path)
    if any(bit(proof.other_key, d) != bit(key, d) for d in range(depth)):
        raise NotAnotherLeaf(f"the other leaf's key differs within the first {depth} bits")
    return map_leaf(proof.other_key, proof.other_value_hash)


def _range_root(leaves: Sequence[Leaf], start: int, end: int, depth: int) -> bytes:
    if end - start == 1:
        return leaves[start][1]
    if start == end:
        return EMPTY
    middle = _split(leaves, start, end, depth)
    left = _range_root(leaves, start, middle, depth + 1)
    return sha256(b"\x03" + left + _range_root(leaves, middle, end, depth + 1)).digest()


def _split(leaves: Sequence[Leaf], start: int, end: int, depth: int) -> int:
    """Where the keys whose bit ``depth`` is 1 begin; before it, all share the bits above."""
    first = leaves[start][0]
    pivot = bytearray(first[: (depth >> 3) + 1])
    pivot[-1] = (pivot[-1] | 0x80 >> (depth & 7)) & (0xFF00 >> (depth & 7) + 1)
    return bisect_left(leaves, (bytes(pivot),), start, end)
