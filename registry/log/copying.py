"""COPY in PostgreSQL's binary format: rows go in as bytes, unparsed and unquoted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from io import BytesIO

from psycopg2.extensions import cursor as Cursor  # noqa: N812 - a type, named as one

_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)  # signature, flags, length of the header's extension
_NULL = b"\xff\xff\xff\xff"  # a length of -1
_END = b"\xff\xff"

Row = Sequence[bytes | None]


def bigint(number: int) -> bytes:
    """A column of type bigint.

    >>> bigint(258).hex()
    '0000000000000102'
    """
    return number.to_bytes(8, "big", signed=True)


def copy_rows(cursor: Cursor, table: str, columns: str, rows: Iterable[Row]) -> None:
    """Adds rows whose fields are in the binary form of their columns: bytea as it is, text in UTF-8, uuid as 16 bytes.

    ``table`` and ``columns`` are written into the statement as they stand.
    """
    parts = [_HEADER]
    for row in rows:
        parts.append(len(row).to_bytes(2, "big"))
        for field in row:
            if field is None:
                parts.append(_NULL)
            else:
                parts += (len(field).to_bytes(4, "big"), field)
    parts.append(_END)
    cursor.copy_expert(f"copy {table} ({columns}) from stdin (format binary)", BytesIO(b"".join(parts)))
