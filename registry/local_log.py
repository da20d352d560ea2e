"""The log's tables and files against the entries: hashes, trees, map, tiles, checkpoint."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Generator, Iterator
from functools import partial
from pathlib import Path
from typing import cast

from psycopg2.extensions import cursor as Cursor  # noqa: N812 - a type, named as one

from domain.canon import Json, canonical
from domain.errors import RegistryError
from domain.ids import kind_of
from domain.projection import GENESIS, Doc, advance, touched
from registry import dsse
from registry.audit.ledger import Ledger
from registry.genesis import genesis_id
from registry.local_audit import Finding, Findings, Registry, streaming
from registry.log import map_store, storage
from registry.log.checkpoint import open_checkpoint, parse_checkpoint
from registry.log.hashing import leaf_hash
from registry.log.map_head import MapHead, parse_map_head
from registry.log.note import parse_note
from registry.log.prefix_map import map_key
from registry.log.tiles import (
    ENTRIES,
    HEIGHT,
    WIDTH,
    Tile,
    encode_bundle,
    levels,
    partial_width,
    split_hashes,
    tile_root,
)
from registry.log.tree import CompactRange

_EVERY_ENTRY = "select idx, event_id::text, entry, leaf_hash from log.entries order by idx"


def entries(cursor: Cursor, registry: Registry) -> Findings:
    """Each entry at its index with its own hash and id, and together the trees that were signed."""
    cursor.execute("select size, root from log.signed_tree order by size")
    signed = {size: bytes(root) for size, root in cursor.fetchall()}
    tree, last_good = CompactRange(), 0
    with streaming(cursor, _EVERY_ENTRY) as rows:
        for index, event_id, entry, leaf in rows:
            data = bytes(cast("memoryview", entry))
            if index != tree.size:
                yield Finding(
                    "log.entries", str(tree.size), f"there is no entry; the next one stands at {index}"
                )
                return
            if leaf_hash(data) != bytes(cast("memoryview", leaf)):
                yield Finding("log.entries", str(index), "its leaf hash is not that of its bytes")
            if (stated := _event_id(data, registry.origin)) != event_id:
                yield Finding(
                    "log.entries", str(index), f"it is kept as the order {event_id}, and is {stated}"
                )
            tree.append(leaf_hash(data))
            root = signed.pop(tree.size, None)
            if root is not None and root != tree.root():
                yield Finding(
                    "log.signed_tree",
                    str(tree.size),
                    f"the entries lead to another root than was signed; one from {last_good} to {tree.size - 1} "
                    "has been changed",
                )
                return
            last_good = tree.size if root is not None else last_good
    for size in signed:
        yield Finding(
            "log.signed_tree", str(size), f"a tree of {size} entries was signed, and there are {tree.size}"
        )


def _event_id(entry: bytes, origin: str) -> str | None:
    """The id under which an entry must be kept; None for a map head."""
    if not entry.startswith(b"{"):
        return None
    try:
        envelope, payload = dsse.parse_entry(entry)
    except RegistryError as error:
        return f"unreadable ({error.code})"
    if envelope.payload_type == GENESIS:
        return str(genesis_id(origin))
    text = str(payload.get("event_id"))
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def states(cursor: Cursor, registry: Registry) -> Findings:
    """The map: every state as the entries lead to it, where it was touched, and the root of each map head."""
    with tempfile.TemporaryDirectory(prefix="landlog-audit-") as place:
        ledger = Ledger(Path(place) / "states.sqlite3")
        try:
            complete = yield from _replay(cursor, registry, ledger)
            if complete:
                yield from _compare_states(cursor, registry, ledger)
                yield from _compare_tree(cursor, registry, ledger)
        finally:
            ledger.close()


def _replay(cursor: Cursor, registry: Registry, ledger: Ledger) -> Generator[Finding, None, bool]:
    """Folds all entries into the ledger; says whether that came to the end."""
    since_save = 0
    with streaming(cursor, _EVERY_ENTRY) as rows:
        for index, _, entry, _ in rows:
            data, place = bytes(cast("memoryview", entry)), cast("int", index)
            try:
                if not data.startswith(b"{"):
                    yield from _check_head(parse_map_head(data), place, registry, ledger)
                    if since_save > 20_000:
                        ledger.save(events=0, leaves=0, head_time=0)
                        since_save = 0
                    continue
                envelope, payload = dsse.parse_entry(data)
                ids = [i for _, i in touched(envelope.payload_type, payload)]
                before = ledger.states(ids)
                after = advance(before, envelope.payload_type, payload, place, leaf_hash(data))
            except (RegistryError, KeyError, TypeError) as error:
                yield Finding("log.entries", str(index), f"nothing can follow from it: {error}")
                return False
            ledger.apply(after, None)
            since_save += len(after)
    ledger.save(events=0, leaves=0, head_time=0)
    return True


def _check_head(head: MapHead, index: int, registry: Registry, ledger: Ledger) -> Iterator[Finding]:
    root, leaves = ledger.root(registry.origin)
    if (head.size, head.root, head.leaves) != (index, root, leaves):
        yield Finding(
            "log.entries", str(index), "the map head does not state what the entries before it lead to"
        )


def _compare_states(cursor: Cursor, registry: Registry, ledger: Ledger) -> Iterator[Finding]:
    found = 0
    with streaming(cursor, "select id, kind, key, value, since_index from log.map_leaf order by id") as rows:
        for identifier, kind, key, value, since in rows:
            found += 1
            name = str(identifier)
            state = _state(ledger, name)
            if state is None:
                yield Finding("log.map_leaf", name, "no entry has ever named it")
                continue
            expected_key = map_key(kind_of(name), origin=registry.origin, identifier=name)
            if bytes(cast("memoryview", value)) != canonical(cast("Json", state)):
                yield Finding("log.map_leaf", name, f"{_differing(state, bytes(cast('memoryview', value)))}")
            if (kind, bytes(cast("memoryview", key)), since) != (
                kind_of(name),
                expected_key,
                state["last_index"],
            ):
                yield Finding(
                    "log.map_leaf", name, "it is kept under another key, kind or index than its own"
                )
    missing = ledger.count() - found
    if missing > 0:
        for name in ledger.ids():
            cursor.execute("select 1 from log.map_leaf where id = %s", (name,))
            if cursor.fetchone() is None:
                yield Finding("log.map_leaf", name, "it is missing")


def _compare_tree(cursor: Cursor, registry: Registry, ledger: Ledger) -> Iterator[Finding]:
    """The stored tree over the states, block by block, and which entries touched what."""
    if map_store.map_place(cursor) != ledger.root(registry.origin):
        yield Finding("log.map_node", "(root)", "the stored tree has another root than the states lead to")
    for table, column, ours in (
        ("log.map_node", "children", ledger.block),
        ("log.map_bucket", "leaves", ledger.bucket),
    ):
        with streaming(cursor, f"select prefix, {column} from {table} order by prefix") as rows:  # noqa: S608 - ours
            for prefix, data in rows:
                if ours(str(prefix)) != bytes(cast("memoryview", data)):
                    yield Finding(table, repr(prefix), "it is not what the states lead to")
    versions = 0
    with streaming(cursor, "select l.id, count(t.idx), l.value from log.map_leaf l left join log.touch t using (key)"
                           " group by l.key order by l.id") as rows:  # fmt: skip
        for name, count, _ in rows:
            state = _state(ledger, str(name))
            versions += cast("int", count)
            if state is not None and state["version"] != count:
                yield Finding(
                    "log.touch",
                    str(name),
                    f"{count} entries are kept as its history, and {state['version']} are",
                )
    cursor.execute("select count(*) from log.touch")
    if cast("tuple[int]", cursor.fetchone())[0] != versions:
        yield Finding("log.touch", "(all)", "entries are kept as the history of states that there are not")


def _state(ledger: Ledger, name: str) -> Doc | None:
    return ledger.states([name])[name]


def _differing(state: Doc, value: bytes) -> str:
    try:
        kept = dsse.parse_payload(value)
    except RegistryError:
        return "its value is no state document"
    names = sorted(n for n in {*state, *kept} if state.get(n) != kept.get(n))
    return f"{', '.join(names)} is not what the entries lead to"


def files(cursor: Cursor, registry: Registry) -> Findings:
    """Tiles in the database, and checkpoint, tiles and bundles as they are served."""
    yield from _checkpoint(cursor, registry)
    cursor.execute("select coalesce(max(idx) + 1, 0) from log.entries")
    size = cast("tuple[int]", cursor.fetchone())[0]
    shown = storage.published(cursor)
    published = shown.size if shown else 0
    below: list[bytes] = []
    for number in range(-(-size // WIDTH)):
        start, end = number * WIDTH, min((number + 1) * WIDTH, size)
        some = storage.entries_between(cursor, start, end)
        hashes = [leaf_hash(entry) for entry in some]
        yield from _tile(cursor, registry, 0, number, hashes, published)
        yield from _file(registry, ENTRIES, number, published, partial(_bundle, some), some)
        if len(hashes) == WIDTH:
            below.append(tile_root(hashes))
    for level in levels(size)[1:]:
        above: list[bytes] = []
        for number in range(-(-len(below) // WIDTH)):
            part = below[number * WIDTH : (number + 1) * WIDTH]
            yield from _tile(cursor, registry, level, number, part, published)
            if len(part) == WIDTH:
                above.append(tile_root(part))
        below = above


def _checkpoint(cursor: Cursor, registry: Registry) -> Iterator[Finding]:
    shown = storage.published(cursor)
    try:
        data = (registry.directory / "checkpoint").read_bytes()
    except OSError:
        data = b""
    if shown is None or not data:
        if (shown is None) != (not data):
            yield Finding("checkpoint", "", "the file and log.published do not both exist")
        return
    for place, note in (("checkpoint", data), ("log.published", shown.checkpoint.encode())):
        try:
            checkpoint, _ = open_checkpoint(note, registry.logs)
        except RegistryError as error:
            yield Finding(place, "", f"it is not a checkpoint signed by this log: {error.message}")
            continue
        cursor.execute("select root from log.signed_tree where size = %s", (checkpoint.size,))
        row = cursor.fetchone()
        if row is None:
            if place == "log.published" or checkpoint.size <= shown.size:
                yield Finding(
                    place, "", f"no tree of {checkpoint.size} entries was ever claimed to be signed"
                )
        elif bytes(row[0]) != checkpoint.root:
            yield Finding(
                place, "", f"it states another tree of {checkpoint.size} entries than the log has signed"
            )
    if parse_checkpoint(parse_note(shown.checkpoint.encode()).text).size != shown.size:
        yield Finding("log.published", "", "its size is not that of its checkpoint")


def _tile(
    cursor: Cursor, registry: Registry, level: int, number: int, hashes: list[bytes], published: int
) -> Iterator[Finding]:
    kept = storage.tile_hashes(cursor, level, number)
    name = Tile(level, number, len(hashes)).path
    if kept != b"".join(hashes):
        whole = split_hashes(kept) if len(kept) % 32 == 0 else []
        at = next(
            (i for i, (a, b) in enumerate(zip(whole, hashes, strict=False)) if a != b),
            min(len(whole), len(hashes)),
        )
        yield Finding("log.tiles", name, f"its hash {at} is not that of the entries")
    yield from _file(registry, level, number, published, partial(_joined, hashes), hashes)


def _file(
    registry: Registry,
    level: int,
    number: int,
    published: int,
    expected: Callable[[int], bytes],
    items: list[bytes],
) -> Iterator[Finding]:
    """The file of a tile or bundle, as wide as the published checkpoint has it."""
    shown = published >> HEIGHT * max(level, 0)
    if shown <= number * WIDTH:
        return
    width = min(shown - number * WIDTH, WIDTH)
    candidates = (
        [Tile(level, number, width)]
        if width == WIDTH
        else [Tile(level, number, partial_width(level, published)), Tile(level, number)]
    )
    for tile in candidates:
        try:
            data = (registry.directory / tile.path).read_bytes()
        except OSError:
            continue
        if data != expected(min(tile.width, len(items))):
            yield Finding("file", tile.path, "it does not hold what the entries lead to")
        return
    yield Finding("file", candidates[0].path, "it is missing")


def _bundle(entries_: list[bytes], width: int) -> bytes:
    return encode_bundle(entries_[:width])


def _joined(hashes: list[bytes], width: int) -> bytes:
    return b"".join(hashes[:width])
