"""What GDAL would take silently of a GeoPackage: a file cut short, and a layer that is computed rather than stored.

A view or a computed column runs whatever its author wrote, once for each row, and can run for ever.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

from domain.errors import BadInput
from gis.readers.bounds import unreadable

_COMPUTED = (2, 3)  # ``hidden`` of pragma table_xinfo: a generated column, virtual or stored


def check(file: Path, layer: str) -> None:
    """Refuse a file that is not whole, and a layer that is not a plain table.  Raises: BadInput."""
    with file.open("rb") as stream:
        head = stream.read(100)
    page, pages = int.from_bytes(head[16:18], "big"), int.from_bytes(head[28:32], "big")
    if len(head) < 100 or file.stat().st_size < (65_536 if page == 1 else page) * pages:
        raise unreadable(file, "it was cut short")
    try:
        with closing(
            sqlite3.connect(f"file:{quote(str(file.absolute()))}?mode=ro&immutable=1", uri=True)
        ) as database:
            kinds = database.execute(
                "select type, sql from sqlite_master where name = ? collate nocase", (layer,)
            ).fetchall()
            plain = [
                kind == "table" and not str(sql).lower().startswith("create virtual") for kind, sql in kinds
            ]
            hidden = database.execute("select hidden from pragma_table_xinfo(?)", (layer,)).fetchall()
    except sqlite3.Error as error:
        raise unreadable(file, str(error)) from error
    if plain != [True] or any(code in _COMPUTED for (code,) in hidden):
        raise BadInput(
            f"the layer {layer[:60]!r} of {file.name} is computed, not stored",
            field="file.layer",
            remedy="Export the view into a layer of its own, and give that.",
        )
