"""The hashes of the log's tree: SHA-256 with the prefixes of RFC 6962 s. 2.1."""

from __future__ import annotations

from hashlib import sha256

HASH_BYTES = 32
EMPTY_ROOT = sha256(b"").digest()  # the root of a tree without entries, RFC 6962 s. 2.1


def leaf_hash(entry: bytes) -> bytes:
    """Hash of one log entry: 32 bytes.

    >>> leaf_hash(b"").hex()
    '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d'
    """
    return sha256(b"\x00" + entry).digest()  # 0x00 marks a leaf


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of the node above two subtrees: 32 bytes.

    >>> node_hash(leaf_hash(b""), leaf_hash(b"\\x00")).hex()
    'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125'
    """
    return sha256(b"\x01" + left + right).digest()  # 0x01 marks a node
