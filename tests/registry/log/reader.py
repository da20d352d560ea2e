"""A reader of a published log that shares no code with it: files, SHA-256 and the definitions."""

from __future__ import annotations

from base64 import b64decode
from hashlib import sha256
from pathlib import Path


def checkpoint(directory: Path) -> tuple[str, int, bytes]:
    """Origin, size and root as the file says; signatures are others' business."""
    origin, size, root = (directory / "checkpoint").read_text().split("\n")[:3]
    return origin, int(size), b64decode(root)


def entries(directory: Path, size: int) -> list[bytes]:
    """All entries, from the bundles."""
    found: list[bytes] = []
    for number in range(-(-size // 256)):
        data = tile(directory, "entries", number, min(256, size - number * 256))
        while data:
            length = int.from_bytes(data[:2], "big")
            found.append(data[2 : 2 + length])
            data = data[2 + length :]
    assert len(found) == size
    return found


def tile(directory: Path, level: str, number: int, width: int) -> bytes:
    """A tile's file, or the full one where the partial one is gone."""
    digits = f"{number:03d}"
    assert number < 1000
    partial = directory / "tile" / level / f"{digits}.p" / str(width)
    return (partial if width < 256 and partial.exists() else directory / "tile" / level / digits).read_bytes()


def root_of(hashes: list[bytes]) -> bytes:
    """MTH, RFC 6962 section 2.1, of leaf hashes."""
    if not hashes:
        return sha256(b"").digest()
    if len(hashes) == 1:
        return hashes[0]
    k = 1
    while 2 * k < len(hashes):
        k *= 2
    return sha256(b"\x01" + root_of(hashes[:k]) + root_of(hashes[k:])).digest()


def check(directory: Path) -> list[bytes]:
    """Every entry of the log, once its root is seen to be the checkpoint's and every tile to be right."""
    _, size, root = checkpoint(directory)
    found = entries(directory, size)
    level = [sha256(b"\x00" + entry).digest() for entry in found]
    assert root_of(level) == root
    height = 0
    while level:
        for number in range(-(-len(level) // 256)):
            part = level[number * 256 : number * 256 + 256]
            assert tile(directory, str(height), number, len(part))[: 32 * len(part)] == b"".join(part)
        level = [root_of(level[i : i + 256]) for i in range(0, len(level) - 255, 256)]
        height += 1
    return found
