"""The log's Merkle tree: appending, and proofs of inclusion and consistency (RFC 6962 s. 2, RFC 9162 s. 2).

The prover is a function of a ``Subtree`` supplier and so runs on tiles, on a database or on a list of leaves;
the verifier is a function of the proof alone.  All hashes are exactly 32 bytes, everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from domain.errors import VerificationError
from registry.log.hashing import EMPTY_ROOT, HASH_BYTES, node_hash

Subtree = Callable[[int, int], bytes]
"""``subtree(level, index)`` is MTH of the 2^level leaves from index * 2^level on, all of them present."""


class HashLength(VerificationError):
    """A hash in a proof has another length than 32 bytes."""

    code = "hash-length"


class NotIncluded(VerificationError):
    """The inclusion proof does not lead from the leaf to the root."""

    code = "not-included"


class Inconsistent(VerificationError):
    """The consistency proof does not show that one tree is a prefix of the other."""

    code = "inconsistent"


class TreeShrank(VerificationError):
    """The newer of two trees is the smaller: a log may never lose entries."""

    code = "tree-shrank"


class EmptyOldTree(VerificationError):
    """Consistency with the empty tree was asked to be proved; it holds always and no proof says so."""

    code = "empty-old-tree"


class CompactRange:
    """A growing tree kept as the roots of its full subtrees, one for each set bit of its size, largest first."""

    def __init__(self, size: int = 0, hashes: Sequence[bytes] = ()) -> None:
        if len(hashes) != size.bit_count():
            raise ValueError(
                f"a tree of {size} leaves has {size.bit_count()} full subtrees, not {len(hashes)}"
            )
        self.size = size
        self._hashes = list(hashes)

    @property
    def hashes(self) -> tuple[bytes, ...]:
        return tuple(self._hashes)

    def append(self, leaf: bytes) -> None:
        """Adds one leaf hash."""
        joined, size = leaf, self.size
        while size & 1:  # each trailing one of the old size is a full subtree as large as what was just built
            joined = node_hash(self._hashes.pop(), joined)
            size >>= 1
        self._hashes.append(joined)
        self.size += 1

    def root(self) -> bytes:
        """MTH of all leaves so far.

        >>> CompactRange().root().hex()[:8]
        'e3b0c442'
        """
        if not self._hashes:
            return EMPTY_ROOT
        root = self._hashes[-1]
        for left in reversed(self._hashes[:-1]):
            root = node_hash(left, root)
        return root


def full_subtrees(start: int, end: int) -> Iterator[tuple[int, int]]:
    """The (level, index) of the full subtrees that tile leaves start to end, left to right.

    ``start`` must be aligned as RFC 6962 splits are: a multiple of the range's largest power of two.

    >>> list(full_subtrees(0, 7))
    [(2, 0), (1, 2), (0, 6)]
    """
    while start < end:
        level = (end - start).bit_length() - 1
        yield level, start >> level
        start += 1 << level


def range_root(start: int, end: int, subtree: Subtree) -> bytes:
    """MTH(D[start:end]) for an aligned start."""
    hashes = [subtree(level, index) for level, index in full_subtrees(start, end)]
    if not hashes:
        return EMPTY_ROOT
    root = hashes.pop()
    while hashes:
        root = node_hash(hashes.pop(), root)
    return root


def prove_inclusion(*, index: int, size: int, subtree: Subtree) -> list[bytes]:
    """PATH(index, D[size]): the leaf's sibling first, the root's child last (RFC 6962 s. 2.1.1)."""
    if not 0 <= index < size:
        raise ValueError(f"a tree of {size} entries has no index {index}")
    path = []
    start, end = 0, size
    while end - start > 1:
        split = start + _split(end - start)
        if index < split:
            path.append(range_root(split, end, subtree))
            end = split
        else:
            path.append(range_root(start, split, subtree))
            start = split
    path.reverse()
    return path


def prove_consistency(*, old_size: int, new_size: int, subtree: Subtree) -> list[bytes]:
    """PROOF(old_size, D[new_size]) (RFC 6962 s. 2.1.2); the old size may not be 0."""
    if not 0 < old_size <= new_size:
        raise ValueError(f"no consistency proof leads from size {old_size} to size {new_size}")
    proof = []
    start, end = 0, new_size
    while old_size != end:
        split = start + _split(end - start)
        if old_size <= split:
            proof.append(range_root(split, end, subtree))
            end = split
        else:
            proof.append(range_root(start, split, subtree))
            start = split
    if start > 0:  # the old tree's last part is not the whole old tree, so the verifier cannot know its root
        proof.append(range_root(start, end, subtree))
    proof.reverse()
    return proof


def verify_inclusion(*, leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Accepts in silence a proof that ``leaf`` is entry ``index`` of the tree (RFC 9162 s. 2.1.3.2).

    Raises:
        NotIncluded: when the index lies outside, the path has another length, or it ends in another root.
        HashLength: when a hash is not 32 bytes long.
    """
    _check_lengths(leaf, root, *proof)
    if not 0 <= index < size:
        raise NotIncluded(f"index {index} lies outside of a tree of {size} entries")
    fn, sn, reached = index, size - 1, leaf
    for sibling in proof:
        if sn == 0:
            raise NotIncluded(f"the path is longer than a tree of {size} entries allows")
        if fn & 1 or fn == sn:
            reached = node_hash(sibling, reached)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            reached = node_hash(reached, sibling)
        fn, sn = fn >> 1, sn >> 1
    if sn != 0:
        raise NotIncluded(f"the path is shorter than a tree of {size} entries requires")
    if reached != root:
        raise NotIncluded("the path leads to another root than the one that was signed")


def verify_consistency(
    *, old_size: int, new_size: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]
) -> None:
    """Accepts in silence a proof that the old tree is a prefix of the new one (RFC 9162 s. 2.1.4.2).

    Raises:
        EmptyOldTree: when the old size is 0; whoever starts from nothing has nothing to compare.
        TreeShrank, Inconsistent, HashLength: as their names say.
    """
    _check_lengths(old_root, new_root, *proof)
    if old_size <= 0:
        raise EmptyOldTree("the old tree is empty: every tree is consistent with it, and no proof is needed")
    if new_size < old_size:
        raise TreeShrank(f"the log went from {old_size} entries to {new_size}")
    if old_size == new_size:
        if proof or old_root != new_root:
            raise Inconsistent(f"two trees of {old_size} entries must have one root and an empty proof")
        return
    old_reached, new_reached = _fold_consistency(old_size, new_size, old_root, proof)
    if old_reached != old_root:
        raise Inconsistent("the proof leads to another root than the old tree's")
    if new_reached != new_root:
        raise Inconsistent("the proof leads to another root than the new tree's")


def _fold_consistency(
    old_size: int, new_size: int, old_root: bytes, proof: Sequence[bytes]
) -> tuple[bytes, bytes]:
    hashes = list(proof)
    if not hashes:
        raise Inconsistent("the proof is empty although the tree has grown")
    if old_size & (old_size - 1) == 0:
        hashes.insert(0, old_root)  # a full old tree is itself a node of the new one
    fn, sn = old_size - 1, new_size - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    old_reached = new_reached = hashes[0]
    for node in hashes[1:]:
        if sn == 0:
            raise Inconsistent(f"the proof is longer than {old_size} and {new_size} entries allow")
        if fn & 1 or fn == sn:
            old_reached = node_hash(node, old_reached)
            new_reached = node_hash(node, new_reached)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            new_reached = node_hash(new_reached, node)
        fn, sn = fn >> 1, sn >> 1
    if sn != 0:
        raise Inconsistent(f"the proof is shorter than {old_size} and {new_size} entries require")
    return old_reached, new_reached


def _split(width: int) -> int:
    """The largest power of two below ``width`` (RFC 6962's k)."""
    return 1 << (width - 1).bit_length() - 1


def _check_lengths(*hashes: bytes) -> None:
    for value in hashes:
        if len(value) != HASH_BYTES:
            raise HashLength(f"a hash of {len(value)} bytes stands where {HASH_BYTES} are required")
