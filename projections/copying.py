"""Many rows in one statement: COPY into a temporary table, then one upsert from there.

Measured three to four times as fast as an ``INSERT ... ON CONFLICT`` for each row: it is the round trips that cost.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal

from psycopg2 import extensions, sql

Value = None | bool | int | str | bytes | Decimal | date | Sequence[str]

_ESCAPED = re.compile(r"[\\\t\n\r]")
_ESCAPES = {"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"}


def copy_aside(
    cursor: extensions.cursor, table: str, columns: Sequence[str], rows: Iterable[Sequence[Value]]
) -> str:
    """The rows in a temporary table with the columns of ``table`` (``records.parcel``); its name.

    It is emptied first and lives as long as the session, so a page costs no DDL after the first.
    """
    aside = "page_" + table.replace(".", "_")
    cursor.execute("select to_regclass(%s) is null", (f"pg_temp.{aside}",))
    row = cursor.fetchone()
    if row is not None and row[0]:
        cursor.execute(
            sql.SQL("create temp table {} (like {} including defaults)").format(
                sql.Identifier(aside), _qualified(table)
            )
        )
    else:
        cursor.execute(sql.SQL("truncate {}").format(sql.Identifier(aside)))
    _copy(cursor, sql.Identifier(aside), columns, rows)
    return aside


def copy_in(
    cursor: extensions.cursor, table: str, columns: Sequence[str], rows: Iterable[Sequence[Value]]
) -> None:
    """The rows added to a table; they must be new to it."""
    _copy(cursor, _qualified(table), columns, rows)


def upsert_aside(cursor: extensions.cursor, table: str, columns: Sequence[str], *, key: str) -> None:
    """What ``copy_aside`` put aside becomes the table's: new rows are added, rows of the same key replaced."""
    aside = sql.Identifier("page_" + table.replace(".", "_"))
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    fresh = sql.SQL(", ").join(
        sql.SQL("{0} = excluded.{0}").format(sql.Identifier(c)) for c in columns if c != key
    )
    cursor.execute(
        sql.SQL("insert into {} ({}) select {} from {} on conflict ({}) do update set {}").format(
            _qualified(table), names, names, aside, sql.Identifier(key), fresh
        )
    )


def upsert(
    cursor: extensions.cursor,
    table: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[Value]],
    *,
    key: str,
) -> None:
    """``copy_aside`` and ``upsert_aside`` in one step; a key may stand among the rows once."""
    copy_aside(cursor, table, columns, rows)
    upsert_aside(cursor, table, columns, key=key)


def text_of(value: Value) -> str:
    """One field of PostgreSQL's text format of COPY.

    >>> text_of(None), text_of(b"ab"), text_of("a\\tb"), text_of(["x", 'say "y"'])
    ('\\\\N', '\\\\\\\\x6162', 'a\\\\tb', '{"x","say \\\\\\\\"y\\\\\\\\""}')
    """
    if type(value) is str:  # most are, and few of them need a mark of escape
        return _ESCAPED.sub(_escape, value) if _ESCAPED.search(value) else value
    match value:
        case None:
            return r"\N"
        case bytes():
            return r"\\x" + value.hex()
        case bool():
            return "t" if value else "f"
        case str():
            return _ESCAPED.sub(_escape, value)
        case int() | Decimal() | date():
            return str(value)
        case _:
            items = (v.replace("\\", "\\\\").replace('"', '\\"') for v in value)
            return _ESCAPED.sub(_escape, "{" + ",".join(f'"{v}"' for v in items) + "}")


def _copy(
    cursor: extensions.cursor, table: sql.Composable, columns: Sequence[str], rows: Iterable[Sequence[Value]]
) -> None:
    text = "".join("\t".join(map(text_of, row)) + "\n" for row in rows)
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    cursor.copy_expert(sql.SQL("copy {} ({}) from stdin").format(table, names), io.StringIO(text))


def _escape(match: re.Match[str]) -> str:
    return _ESCAPES[match[0]]


def _qualified(table: str) -> sql.Identifier:
    return sql.Identifier(*table.split("."))
