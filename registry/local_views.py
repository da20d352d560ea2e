"""The record as read against one that is built anew: in a transaction that is rolled back, row by row.

While it runs, the projections wait: the rebuild holds the lock on their position.  The rows that it writes are never
committed; the room that they take is given back by the next vacuum.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from psycopg2 import extensions, sql

from domain.errors import RegistryError
from registry.datastore import Datastore
from registry.local_audit import MOST_FINDINGS, Finding


class Scratch:
    """A datastore whose every transaction is one and the same, and comes to nothing."""

    def __init__(self, cursor: extensions.cursor) -> None:
        self._cursor = cursor

    @contextmanager
    def transaction(self) -> Iterator[extensions.cursor]:
        yield self._cursor

    cursor = transaction


class _RolledBack(Exception):
    pass


def compare(
    datastore: Datastore, tables: Sequence[str], rebuild: Callable[[Scratch], object]
) -> list[Finding]:
    """Rows of ``tables`` that are not what ``rebuild`` makes of the log; nothing stays changed."""
    findings: list[Finding] = []
    try:
        with datastore.transaction() as cursor:
            for table in tables:
                cursor.execute(
                    sql.SQL("create temp table {} on commit drop as select * from {}").format(
                        _aside(table), _name(table)
                    )
                )
            try:
                rebuild(Scratch(cursor))
            except (RegistryError, ValueError, KeyError, TypeError) as error:
                findings.append(Finding("records", "(all)", f"it cannot be built anew from the log: {error}"))
                raise _RolledBack from error
            for table in tables:
                findings += _differences(cursor, table)
            raise _RolledBack
    except _RolledBack:
        return findings


def _differences(cursor: extensions.cursor, table: str) -> Iterator[Finding]:
    key, columns = _columns(cursor, table)
    same = sql.SQL(" and ").join(sql.SQL("a.{0} = b.{0}").format(sql.Identifier(c)) for c in key)
    differ = sql.SQL(" or ").join(
        sql.SQL("a.{0}::text is distinct from b.{0}::text").format(sql.Identifier(c)) for c in columns
    )
    flags = sql.SQL(", ").join(
        sql.SQL("a.{0}::text is distinct from b.{0}::text").format(sql.Identifier(c)) for c in columns
    )
    names = sql.SQL(", ").join(sql.SQL("coalesce(a.{0}, b.{0})::text").format(sql.Identifier(c)) for c in key)
    first = sql.Identifier(key[0])
    cursor.execute(
        sql.SQL(
            "select array[{names}], a.{first} is null, b.{first} is null, array[{flags}]::boolean[]"
            " from {before} a full join {after} b on {same} where {differ} or a.{first} is null or b.{first} is null"
            " order by 1 limit {most}"
        ).format(
            names=names,
            first=first,
            flags=flags,
            before=_aside(table),
            after=_name(table),
            same=same,
            differ=differ or sql.SQL("false"),
            most=sql.Literal(MOST_FINDINGS),
        )
    )
    for values, is_missing, is_extra, changed in cursor.fetchall():
        name = " ".join(values)
        if is_missing:
            yield Finding(table, name, "it is missing")
        elif is_extra:
            yield Finding(table, name, "nothing in the log leads to it")
        else:
            what = ", ".join(c for c, flag in zip(columns, changed, strict=True) if flag)
            yield Finding(table, name, f"{what} is not what the log leads to")


def _columns(cursor: extensions.cursor, table: str) -> tuple[list[str], list[str]]:
    """The primary key of a table, and its other columns."""
    cursor.execute(
        "select a.attname, coalesce(a.attnum = any(i.indkey), false) from pg_attribute a"
        " left join pg_index i on i.indrelid = a.attrelid and i.indisprimary"
        " where a.attrelid = %s::regclass and a.attnum > 0 and not a.attisdropped and a.attgenerated = ''"
        " order by a.attnum",
        (table,),
    )
    rows = cursor.fetchall()
    return [c for c, is_key in rows if is_key], [c for c, is_key in rows if not is_key]


def _aside(table: str) -> sql.Identifier:
    return sql.Identifier("audited_" + table.replace(".", "_"))


def _name(table: str) -> sql.Identifier:
    return sql.Identifier(*table.split("."))
