"""Which officer's key touched which land, and what of it has been put under review (transparency spec 5.3).

A key may be revoked with an index from which it is in doubt.  What it touched since is then flagged by events of
their own: the auditor lets only that be flagged, and tells what has not been.  A key is known here by the log index
at which it was enrolled.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import cast

from domain.ids import kind_of
from domain.projection import Doc

SCHEMA = """
create table if not exists touch (    -- the last entry by which a key touched a parcel or unit
  key integer, id text, last integer not null, primary key (key, id)) without rowid;
create table if not exists review (id text primary key, at integer not null) without rowid;  -- and its last review
create table if not exists doubt (key integer primary key, keyid text not null, since integer not null);
"""

_OUTSTANDING = """
select count(*) from touch left join review using (id)
 where key = ? and last >= ? and (at is null or at < last)"""


@dataclass(frozen=True, kw_only=True)
class Outstanding:
    """How many parcels and units a key in doubt touched since then that no review has reached yet."""

    keyid: str
    since: int
    things: int


class Reviews:
    """The part of the ledger that knows this; kept in memory until ``save``."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._touched: dict[tuple[int, str], int] = {}
        self._reviewed: dict[str, int] = {}
        self._doubts: list[tuple[int, str, int]] = []

    def record(
        self, index: int, after: Mapping[str, Doc], *, signers: Iterable[int], is_review: bool
    ) -> None:
        """What the entry at ``index`` touches, by the keys that signed it."""
        land = [i for i in after if kind_of(i) in ("parcel", "unit")]
        for key in signers:
            self._touched.update({(key, i): index for i in land})
        if is_review:
            self._reviewed.update(dict.fromkeys(land, index))
        for keyid, state in after.items():
            since = state.get("suspect_from_index")
            if isinstance(since, int):
                self._doubts.append((cast("int", state["enrolled"]), keyid, since))

    def has_touched(self, key: int, identifier: str, since: int) -> bool:
        """Whether an entry at ``since`` or later that the key has signed touched the thing."""
        last = self._touched.get((key, identifier))
        if last is None:
            found = self._db.execute("select last from touch where key = ? and id = ?", (key, identifier))
            last = (found.fetchone() or (-1,))[0]
        return last >= since

    def outstanding(self) -> list[Outstanding]:
        """The keys in doubt whose work has not been put under review whole, as saved."""
        found = []
        for key, keyid, since in self._db.execute("select key, keyid, since from doubt order by key"):
            things = self._db.execute(_OUTSTANDING, (key, since)).fetchone()[0]
            if things:
                found.append(Outstanding(keyid=keyid, since=since, things=things))
        return found

    def save(self) -> None:
        """Writes what is new, in the ledger's own transaction."""
        self._db.executemany(
            "insert or replace into touch (key, id, last) values (?, ?, ?)",
            ((key, identifier, last) for (key, identifier), last in self._touched.items()),
        )
        self._db.executemany("insert or replace into review (id, at) values (?, ?)", self._reviewed.items())
        self._db.executemany(
            "insert or replace into doubt (key, keyid, since) values (?, ?, ?)", self._doubts
        )

    def forget(self) -> None:
        """Drops what is in memory: it is saved, or not to be."""
        self._touched, self._reviewed, self._doubts = {}, {}, []
