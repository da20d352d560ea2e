"""A reader of a published log that shares no code with it: SHA-256, Ed25519 and the C2SP specifications.

What it knows are signed-note, tlog-checkpoint, tlog-cosignature and tlog-tiles: it reads a directory, or an address
over HTTP, recomputes every tile and root, and judges signatures by the vkeys that it is given.
"""

from __future__ import annotations

import urllib.error
import urllib.request
from base64 import b64decode
from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path

from nacl.signing import VerifyKey

Fetch = Callable[[str], bytes | None]
"""The bytes of a file by its path below the log's prefix; None where there is none."""

ED25519, COSIGNATURE = 0x01, 0x04
WIDTH = 256


def of_directory(directory: Path) -> Fetch:
    def fetch(path: str) -> bytes | None:
        return (directory / path).read_bytes() if (directory / path).is_file() else None

    return fetch


def over_http(prefix: str) -> Fetch:
    """What a plain GET below ``prefix`` answers; of tiles the headers are those that the specification asks for."""

    def fetch(path: str) -> bytes | None:
        try:
            with urllib.request.urlopen(f"{prefix}/{path}", timeout=20) as answer:  # http, as given
                if path.startswith("tile/"):
                    assert answer.headers["Content-Type"] == "application/octet-stream"
                    assert "immutable" in answer.headers["Cache-Control"]
                else:
                    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
                return bytes(answer.read())
        except urllib.error.HTTPError as error:
            if error.code != 404:
                raise
            error.close()
            return None

    return fetch


def got(fetch: Fetch, path: str) -> bytes:
    data = fetch(path)
    assert data is not None, path
    return data


# Notes and what they say


def verified(note: bytes, vkeys: list[str]) -> Mapping[str, int | None]:
    """Who of these has signed, by vkey, and when: a time for a cosignature, None for a log's own signature.

    A known key's bad signature spoils the note; lines of unknown keys are passed over.
    """
    text, gap, block = note.decode().rpartition("\n\n")
    assert gap
    assert block.endswith("\n")
    known = {identity(vkey): vkey for vkey in vkeys}
    found: dict[str, int | None] = {}
    for line in block[:-1].split("\n"):
        dash, name, encoded = line.split(" ")
        assert dash == "\N{EM DASH}"
        data = b64decode(encoded, validate=True)
        vkey = known.get((name, data[:4]))
        if vkey is None:
            continue
        kind, key = key_of(vkey)
        signed, time, signature = f"{text}\n", None, data[4:]
        if kind == COSIGNATURE:
            time, signature = int.from_bytes(signature[:8], "big"), signature[8:]
            signed = f"cosignature/v1\ntime {time}\n{signed}"
        assert len(signature) == 64
        VerifyKey(key).verify(signed.encode(), signature)  # raises
        found[vkey] = time
    return found


def key_of(vkey: str) -> tuple[int, bytes]:
    data = b64decode(vkey.split("+", 2)[2], validate=True)
    assert data[0] in (ED25519, COSIGNATURE)
    return data[0], data[1:]


def identity(vkey: str) -> tuple[str, bytes]:
    """The name and key id under which the key signs; the id is computed, and is the one that the vkey states."""
    name, stated, encoded = vkey.split("+", 2)
    computed = sha256(name.encode() + b"\n" + b64decode(encoded, validate=True)).digest()[:4]
    assert computed.hex() == stated
    return name, computed


def said(note: bytes) -> tuple[str, int, bytes]:
    """Origin, size and root of a checkpoint, which has three lines and no more."""
    origin, size, root = note.decode().rpartition("\n\n")[0].split("\n")
    assert str(int(size)) == size
    assert len(b64decode(root, validate=True)) == 32
    return origin, int(size), b64decode(root)


def checkpoint(directory: Path) -> tuple[str, int, bytes]:
    """Origin, size and root as the file says; signatures are others' business."""
    return said((directory / "checkpoint").read_bytes())


# Tiles and bundles


def name_of(number: int) -> str:
    """A tile's number as a path: ``x001/x234/067`` for 1234067."""
    number, last = divmod(number, 1000)
    path = f"{last:03d}"
    while number:
        number, group = divmod(number, 1000)
        path = f"x{group:03d}/{path}"
    return path


def tile(fetch: Fetch, level: str, number: int, width: int) -> bytes:
    """A tile's bytes, or those of the full one where the partial one is gone."""
    place = f"tile/{level}/{name_of(number)}"
    partial = fetch(f"{place}.p/{width}") if width < WIDTH else None
    return got(fetch, place) if partial is None else partial


def entries_of(bundle: bytes) -> list[bytes]:
    found = []
    while bundle:
        length = int.from_bytes(bundle[:2], "big")
        assert len(bundle) >= 2 + length
        found.append(bundle[2 : 2 + length])
        bundle = bundle[2 + length :]
    return found


def entries(fetch: Fetch, size: int) -> list[bytes]:
    """The first ``size`` entries, from the bundles."""
    found: list[bytes] = []
    for number in range(-(-size // WIDTH)):
        width = min(WIDTH, size - number * WIDTH)
        found += entries_of(tile(fetch, "entries", number, width))[:width]
    assert len(found) == size
    return found


def leaf(entry: bytes) -> bytes:
    return sha256(b"\x00" + entry).digest()


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


def check_all(fetch: Fetch, note: bytes) -> list[bytes]:
    """Every entry of a checkpoint's tree, once its root is seen to be the checkpoint's and every tile to be right."""
    _, size, root = said(note)
    found = entries(fetch, size)
    level = [leaf(entry) for entry in found]
    assert root_of(level) == root
    height = 0
    while level:
        for number in range(-(-len(level) // WIDTH)):
            part = level[number * WIDTH : number * WIDTH + WIDTH]
            assert tile(fetch, str(height), number, len(part))[: 32 * len(part)] == b"".join(part)
        level = [root_of(level[i : i + WIDTH]) for i in range(0, len(level) - WIDTH + 1, WIDTH)]
        height += 1
    return found


def check_consistent(fetch: Fetch, older: bytes, newer: bytes) -> None:
    """The older tree is the beginning of the newer one, by the tiles of the newer."""
    (origin, before, root), (now_origin, size, now_root) = said(older), said(newer)
    assert (origin, True) == (now_origin, before <= size)
    joined = b"".join(
        tile(fetch, "0", number, min(WIDTH, size - number * WIDTH)) for number in range(-(-size // WIDTH))
    )
    hashes = [joined[at : at + 32] for at in range(0, 32 * size, 32)]
    assert root_of(hashes) == now_root
    assert root_of(hashes[:before]) == root


def check(directory: Path) -> list[bytes]:
    """As ``check_all``, of a directory's own checkpoint."""
    return check_all(of_directory(directory), (directory / "checkpoint").read_bytes())
