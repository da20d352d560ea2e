"""The log's tables: the queue, the entries, the tiles, and what has been signed and published.

Functions of a cursor, so that the caller decides what makes one transaction.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from psycopg2.extensions import cursor as Cursor  # noqa: N812 - a type, named as one
from psycopg2.extras import execute_values

from registry.log.copying import bigint, copy_rows
from registry.log.hashing import HASH_BYTES
from registry.log.tiles import WIDTH, split_hashes, subtrees_of, tile_root
from registry.log.tree import Subtree, range_root

_TILE_BYTES = WIDTH * HASH_BYTES


@dataclass(frozen=True)
class Queued:
    """An entry that is accepted and waits for its index."""

    position: int
    event_id: str | None
    entry: bytes


@dataclass(frozen=True)
class Logged:
    """An entry at its index; ``event_id`` is None for map heads."""

    index: int
    event_id: str | None
    entry: bytes
    leaf_hash: bytes


@dataclass(frozen=True)
class Published:
    """The checkpoint that the world was shown last."""

    size: int
    checkpoint: str
    cosigned_at: datetime | None


def log_size(cursor: Cursor) -> int:
    """The number of entries that are committed, published or not."""
    cursor.execute("select coalesce(max(idx) + 1, 0) from log.entries")
    return _one(cursor)


def queued(cursor: Cursor, *, page: int) -> Iterator[list[Queued]]:
    """What waits, in the order in which it was accepted, ``page`` entries at a time."""
    position = -1
    while True:
        cursor.execute(
            "select position, event_id::text, entry from log.queue where position > %s order by position limit %s",
            (position, page),
        )
        rows = [Queued(at, event_id, bytes(entry)) for at, event_id, entry in cursor.fetchall()]
        if rows:
            yield rows
        if len(rows) < page:
            return
        position = rows[-1].position


def leave_queue(cursor: Cursor, positions: Sequence[int]) -> None:
    """Takes entries out of the queue, in the transaction that puts them into the log."""
    cursor.execute("delete from log.queue where position = any(%s)", (list(positions),))


def add_entries(cursor: Cursor, entries: Sequence[Logged]) -> None:
    """Puts entries into the log, in the order of their indices, and their hashes into its tiles."""
    copy_rows(
        cursor,
        "log.entries",
        "idx, event_id, entry, leaf_hash",
        (
            (bigint(e.index), UUID(e.event_id).bytes if e.event_id else None, e.entry, e.leaf_hash)
            for e in entries
        ),
    )
    hashes, start, level = [e.leaf_hash for e in entries], entries[0].index, 0
    while hashes:
        number, filled = divmod(start, WIDTH)
        data = (tile_hashes(cursor, level, number) if filled else b"") + b"".join(hashes)
        tiles = [data[i : i + _TILE_BYTES] for i in range(0, len(data), _TILE_BYTES)]
        execute_values(
            cursor,
            "insert into log.tiles (level, n, hashes) values %s"
            " on conflict (level, n) do update set hashes = excluded.hashes",
            [(level, number + i, tile) for i, tile in enumerate(tiles)],
        )
        # The level above has one hash for each tile of this one that is full.
        hashes = [tile_root(split_hashes(tile)) for tile in tiles if len(tile) == _TILE_BYTES]
        start, level = number, level + 1


def add_touches(cursor: Cursor, touches: Sequence[tuple[bytes, int]]) -> None:
    """Notes which entries changed which state: (map key, index)."""
    copy_rows(cursor, "log.touch", "key, idx", ((key, bigint(index)) for key, index in sorted(touches)))


def touching_entries(cursor: Cursor, key: bytes, size: int) -> list[tuple[int, bytes]]:
    """The entries among the first ``size`` that changed a state, as (index, entry), oldest first."""
    cursor.execute(
        "select e.idx, e.entry from log.touch t join log.entries e using (idx)"
        " where t.key = %s and t.idx < %s order by e.idx",
        (key, size),
    )
    return [(index, bytes(entry)) for index, entry in cursor.fetchall()]


def last_entry(cursor: Cursor) -> bytes | None:
    """The newest entry, which is a map head; None in an empty log."""
    cursor.execute("select entry from log.entries order by idx desc limit 1")
    row = cursor.fetchone()
    return bytes(row[0]) if row else None


def tile_hashes(cursor: Cursor, level: int, number: int) -> bytes:
    """A tile's bytes as wide as the committed log has them; empty where there is none."""
    cursor.execute("select hashes from log.tiles where (level, n) = (%s, %s)", (level, number))
    row = cursor.fetchone()
    return bytes(row[0]) if row else b""


def stored_subtrees(cursor: Cursor) -> Subtree:
    """The log's subtrees, for proofs; each tile is read once."""
    return subtrees_of(lambda level, number: tile_hashes(cursor, level, number))


def log_root(cursor: Cursor, size: int) -> bytes:
    """The Merkle root of the first ``size`` entries."""
    return range_root(0, size, stored_subtrees(cursor))


def entries_between(cursor: Cursor, start: int, end: int) -> list[bytes]:
    """The entries from ``start`` to before ``end``."""
    cursor.execute("select entry from log.entries where idx >= %s and idx < %s order by idx", (start, end))
    return [bytes(entry) for (entry,) in cursor.fetchall()]


def published(cursor: Cursor) -> Published | None:
    """What is published; None before the first checkpoint."""
    cursor.execute("select size, checkpoint, cosigned_at from log.published")
    row = cursor.fetchone()
    return Published(*row) if row else None


def set_published(cursor: Cursor, what: Published) -> None:
    """Records what the directory shows now."""
    cursor.execute(
        "insert into log.published (size, checkpoint, cosigned_at) values (%s, %s, %s)"
        " on conflict (singleton) do update"
        " set size = excluded.size, checkpoint = excluded.checkpoint, cosigned_at = excluded.cosigned_at",
        (what.size, what.checkpoint, what.cosigned_at),
    )


def claim_tree(cursor: Cursor, size: int, root: bytes) -> bytes:
    """Makes ``root`` the one tree of its size that may be signed; returns the root that is so claimed."""
    cursor.execute(
        "set local synchronous_commit to on"
    )  # the claim must outlive the server, whatever its settings
    cursor.execute(
        "insert into log.signed_tree (size, root) values (%s, %s) on conflict (size) do nothing", (size, root)
    )
    cursor.execute("select root from log.signed_tree where size = %s", (size,))
    row = cursor.fetchone()
    assert row is not None
    return bytes(row[0])


def _one(cursor: Cursor) -> int:
    row = cursor.fetchone()
    assert row is not None
    return int(row[0])
