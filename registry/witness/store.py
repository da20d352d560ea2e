"""What a witness must not forget: of each log the last tree that it cosigned, in one SQLite file.

A change is on disk before ``advancing`` ends (``synchronous=full``), and two submitters, of one process or of two,
never work on the same row at once (``begin immediate``).
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import ClassVar

from domain.errors import RegistryError
from registry.log.cosignature import timestamp
from registry.log.note import parse_note

_SCHEMA = """
create table if not exists seen (           -- the largest tree cosigned of each log
  origin text primary key,
  digest text not null unique,              -- lower-case hex SHA-256 of the origin: its name in the monitoring prefix
  size   integer not null,
  root   blob not null,
  note   text not null                      -- the checkpoint with the log's signatures and our cosignature
) without rowid;
create table if not exists conflict (       -- signed by a log, and not consistent with what it had signed before
  id        integer primary key,
  origin    text not null,
  known     text not null,
  submitted text not null unique
);
"""
_PATIENCE_SECONDS = 5.0
MOST_CONFLICTS = 16
"""Kept of each log: one is proof enough, and a liar must not fill the disk."""


class WitnessStateDamaged(RegistryError):
    """The file of the witness's state cannot be used; without it nothing may be cosigned."""

    code: ClassVar[str] = "witness-state-damaged"


@dataclass(frozen=True, kw_only=True)
class Seen:
    """The last tree that was cosigned of a log, with the note that says so."""

    size: int
    root: bytes
    note: str

    @property
    def time(self) -> int:
        """When it was cosigned (POSIX seconds): the witness's own line is the note's last."""
        return timestamp(parse_note(self.note.encode()).signatures[-1].signature)


class Advance:
    """One log's place in the store, held against everyone else."""

    def __init__(self, connection: sqlite3.Connection, origin: str) -> None:
        self._connection, self._origin = connection, origin
        row = connection.execute("select size, root, note from seen where origin = ?", (origin,)).fetchone()
        self.seen = Seen(size=row[0], root=row[1], note=row[2]) if row else None

    def to(self, seen: Seen) -> None:
        """Keeps a tree in place of the last one; durable when the block ends."""
        digest = sha256(self._origin.encode()).hexdigest()
        self._connection.execute(
            "insert or replace into seen (origin, digest, size, root, note) values (?, ?, ?, ?, ?)",
            (self._origin, digest, seen.size, seen.root, seen.note),
        )

    def keep_conflict(self, submitted: str) -> None:
        """Keeps the evidence that a log has signed what contradicts its own earlier word."""
        known = self.seen.note if self.seen else ""
        self._connection.execute(
            "insert or ignore into conflict (origin, known, submitted) select ?, ?, ?"
            " where (select count(*) from conflict where origin = ?) < ?",
            (self._origin, known, submitted, self._origin, MOST_CONFLICTS),
        )


class WitnessStore:
    """The state of one witness; usable from several threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._connection = sqlite3.connect(
                path, timeout=_PATIENCE_SECONDS, isolation_level=None, check_same_thread=False
            )
            for setting in ("journal_mode=wal", "synchronous=full"):
                self._connection.execute(f"pragma {setting}")
            self._connection.executescript(_SCHEMA)
        except (OSError, sqlite3.Error) as error:
            raise self._damaged(error) from error

    @contextmanager
    def advancing(self, origin: str) -> Iterator[Advance]:
        """A log's place: read, compared and changed in one step; when the block fails, nothing has changed.

        Raises:
            WitnessStateDamaged: when the file cannot be read or written: a full disk, another program.
        """
        with self._lock:
            try:
                self._connection.execute("begin immediate")
                try:
                    yield Advance(self._connection, origin)
                except BaseException:
                    self._connection.execute("rollback")
                    raise
                self._connection.execute("commit")
            except sqlite3.Error as error:
                if self._connection.in_transaction:
                    self._connection.execute("rollback")
                raise self._damaged(error) from error

    def note(self, digest: str) -> str | None:
        """The newest cosigned checkpoint of the log whose origin has this SHA-256 (hex)."""
        with self._lock:
            row = self._connection.execute("select note from seen where digest = ?", (digest,)).fetchone()
        return row[0] if row else None

    def conflicts(self) -> list[tuple[str, str, str]]:
        """The evidence kept, as (origin, the note known, the note submitted)."""
        with self._lock:
            return self._connection.execute(
                "select origin, known, submitted from conflict order by id"
            ).fetchall()

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    def _damaged(self, error: Exception) -> WitnessStateDamaged:
        return WitnessStateDamaged(
            f"the witness's state in {self._path} cannot be used: {error}",
            remedy="Free some room, or stop the other program that uses it. Never start with a new file under the "
            "old key: the witness would forget what it has vouched for.",
        )
