"""The local audit: does what the registry keeps, and what it serves, agree with its log?

Run on the registry's own machine, it finds what somebody with the database in his hands has changed past the office:
an event, an opening, a shape, a number in force, a state of the map, a row of the record as read, a tile, a
checkpoint.  Every difference is a ``Finding`` that names the row.  Whether the log itself is lawful is asked by the
auditor (``registry.audit``), who needs nothing of what is looked at here.

Everything is read in one repeatable-read transaction; only the views are rebuilt, in a transaction of their own that
is rolled back.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path

from psycopg2.extensions import cursor as Cursor  # noqa: N812 - a type, named as one

from registry.datastore import Datastore
from registry.log.note import NoteVerifier
from registry.openings import OpeningBox

MOST_FINDINGS = 100
"""Told of each kind: whoever has changed everything need not be told of each row."""

_names = count(1)

Progress = Callable[[int, int], None]


@dataclass(frozen=True, order=True)
class Finding:
    """One thing that does not agree with the log: where it stands, which row, and what is wrong."""

    place: str
    name: str
    what: str

    def __str__(self) -> str:
        return f"{self.place} {self.name}: {self.what}"


@dataclass(frozen=True, kw_only=True)
class Registry:
    """What is audited: the database, the published files, and the keys that open and verify them."""

    datastore: Datastore
    directory: Path
    origin: str
    logs: Sequence[NoteVerifier]
    box: OpeningBox


Findings = Generator[Finding, None, None]
Check = Callable[[Cursor, Registry], Findings]
"""One part of the audit."""


def audit(
    registry: Registry,
    *,
    views: Callable[[], Iterable[Finding]] | None = None,
    progress: Progress = lambda done, total: None,
) -> list[Finding]:
    """Everything that does not agree with the log; an empty list when all does.

    ``views`` compares the record as read with one that is built anew (``registry.local_views``).
    """
    from registry import local_log, local_store

    checks: tuple[Check, ...] = (
        local_log.entries,
        local_log.states,
        local_log.files,
        local_store.events,
        local_store.openings,
        local_store.shapes,
        local_store.labels,
    )
    total = len(checks) + (views is not None)
    findings: list[Finding] = []
    with registry.datastore.transaction() as cursor:
        cursor.execute("set transaction isolation level repeatable read read only")
        for done, check in enumerate(checks):
            progress(done, total)
            with closing(check(cursor, registry)) as found:  # also closes the cursor that it was reading with
                findings += islice(found, MOST_FINDINGS)
    if views is not None:
        progress(len(checks), total)
        findings += islice(views(), MOST_FINDINGS)
    progress(total, total)
    return findings


@contextmanager
def streaming(
    cursor: Cursor, query: str, values: Sequence[object] = ()
) -> Iterator[Iterator[tuple[object, ...]]]:
    """The rows of a query, a few at a time in memory."""
    part = cursor.connection.cursor(name=f"audited_{next(_names)}")
    part.itersize = 500
    try:
        part.execute(query, values)
        yield iter(part)
    finally:
        part.close()
