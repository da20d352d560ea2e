"""The runner: follows the public log and keeps the record as read up to date, a page at a time.

A page is one transaction: the states, every view and the position move together or not at all, so a page is applied
exactly once whenever the runner is killed.  The row of the position is locked from its reading to the commit: of
several runners one works and the others find the page done.  Only what a published checkpoint covers is applied:
nobody is shown what the witnesses have not seen.

``rebuild`` replays the log in **one transaction**, after deleting every row in it.  Readers see the old record until
the commit and the whole new one after it; a rebuild that is killed leaves nothing behind; and grants, indexes and
views of others on the tables stay as they are, which a swap of scratch tables would have to restore one by one.  The
price: new pages wait until it ends, and the old rows are left to autovacuum, so the tables take up to twice their
room for a while.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from threading import Event as Signal
from typing import Protocol

from eventsourcing.persistence import InterfaceError, OperationalError
from psycopg2 import extensions, sql

from projections.cases import Cases
from projections.history import History
from projections.layers import Layers
from projections.maps import Maps
from projections.pages import PAGE_BYTES, PAGE_ENTRIES, Page, next_page
from projections.rights import Names, Rights
from registry.datastore import Datastore

POLL_SECONDS = 0.1
_FIRST_RECONNECT_SECONDS = 0.1
_LAST_RECONNECT_SECONDS = 5.0

_log = logging.getLogger(__name__)


class View(Protocol):
    """Tables that follow from the log."""

    tables: Sequence[str]

    def apply(self, cursor: extensions.cursor, page: Page) -> None:
        """Moves the tables on by one page, within the caller's transaction."""


class Runner:
    """Applies the published log to the views.

    ``names`` opens the commitments of holders (``registry.openings.Openings``); ``views`` are all of them unless a
    test names others.
    """

    def __init__(
        self,
        datastore: Datastore,
        names: Names,
        *,
        views: Sequence[View] | None = None,
        page_entries: int = PAGE_ENTRIES,
        page_bytes: int = PAGE_BYTES,
    ) -> None:
        self._datastore = datastore
        self._rights = Rights(names)
        self._views = (self._rights, History(), Cases(), Maps(), Layers()) if views is None else views
        self._page_entries = page_entries
        self._page_bytes = page_bytes

    @property
    def tables(self) -> tuple[str, ...]:
        """Every table that a rebuild writes anew."""
        return ("records.state", *(table for view in self._views for table in view.tables))

    def run_once(self) -> int:
        """Applies everything that is published; the number of log entries that were new to the views."""
        applied = 0
        while self._behind():
            applied += self._apply_next()
        return applied

    def follow(self, stop: Signal) -> None:
        """``run_once`` again and again until ``stop`` is set; a lost connection is made again.

        Raises:
            DoesNotFollow: when the log does not continue the states kept here: they are damaged, rebuild them.
        """
        pause = _FIRST_RECONNECT_SECONDS
        while not stop.is_set():
            try:
                self.run_once()
                pause = _FIRST_RECONNECT_SECONDS
                stop.wait(POLL_SECONDS)
            except (OperationalError, InterfaceError) as error:
                _log.warning("the database cannot be reached, trying again in %.1f s: %s", pause, error)
                stop.wait(pause)
                pause = min(2 * pause, _LAST_RECONNECT_SECONDS)

    def rebuild(self, progress: Callable[[int, int], None] = lambda done, total: None) -> int:
        """Drops every row and replays the published log; the number of entries.

        ``progress`` is told (entries done, entries in all) after each page.
        """
        with self._datastore.transaction() as cursor:
            _lock_position(cursor)
            stop = _published(cursor)
            for table in self.tables:
                cursor.execute(sql.SQL("delete from {}").format(sql.Identifier(*table.split("."))))
            done = 0
            while done < stop:
                done = self._apply(cursor, done, stop)
                progress(done, stop)
            _move_position(cursor, stop)
        return stop

    def forget(self, commitment: str) -> int:
        """Writes anew every document that shows the holder behind a commitment, once the opening is erased.

        Returns the number of units that name it.  Erasure is no event of the log, so nothing else would.
        """
        with self._datastore.transaction() as cursor:
            _lock_position(cursor)
            cursor.execute(
                "select id from records.state where kind = 'unit' and position(%s::bytea in doc) > 0 order by id",
                (commitment.encode(),),
            )
            units = [identifier for (identifier,) in cursor.fetchall()]
            self._rights.refresh(cursor, units)
        return len(units)

    def _behind(self) -> bool:
        """Whether there is something to apply; else the views are marked as true of the newest checkpoint."""
        with self._datastore.cursor() as cursor:
            cursor.execute(
                "select p.size < l.size,"
                "       (p.checkpoint_size, p.cosigned_at) is distinct from (l.size, l.cosigned_at)"
                "  from records.position p, log.published l where p.name = 'records'"
            )
            behind, stale = cursor.fetchone() or (False, False)
            if stale and not behind:
                _vouch(cursor)
        return bool(behind)

    def _apply_next(self) -> int:
        with self._datastore.transaction() as cursor:
            start, stop = _lock_position(cursor), _published(cursor)
            if start >= stop:
                return 0  # another runner has done it while this one waited for the lock
            end = self._apply(cursor, start, stop)
            _move_position(cursor, end)
        return end - start

    def _apply(self, cursor: extensions.cursor, start: int, stop: int) -> int:
        page = next_page(cursor, start, stop, entries=self._page_entries, size=self._page_bytes)
        for view in self._views:
            view.apply(cursor, page)
        return page.end


def _lock_position(cursor: extensions.cursor) -> int:
    """Entries applied so far; no other runner gets past here before this transaction ends."""
    cursor.execute("select size from records.position where name = 'records' for update")
    return _one(cursor)


def _published(cursor: extensions.cursor) -> int:
    """Entries that the published checkpoint covers; none before the first."""
    cursor.execute("select coalesce(max(size), 0) from log.published")
    return _one(cursor)


def _move_position(cursor: extensions.cursor, size: int) -> None:
    cursor.execute("update records.position set size = %s where name = 'records'", (size,))
    _vouch(cursor)


def _vouch(cursor: extensions.cursor) -> None:
    """If the views hold exactly what the published checkpoint covers, it is what answers are as of."""
    cursor.execute(
        "update records.position p set checkpoint_size = l.size, cosigned_at = l.cosigned_at"
        "  from log.published l where p.name = 'records' and p.size = l.size"
    )


def _one(cursor: extensions.cursor) -> int:
    row = cursor.fetchone()
    assert row is not None
    return int(row[0])
