"""The state documents as the projections keep them: the same bytes as the leaves of the public map.

A store of its own, so that the views can be dropped and built again without the sequencer, and read in the
transaction that moves them on.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import cast

from psycopg2 import extensions

from domain.canon import Json
from projections.copying import upsert

Doc = dict[str, Json]


def load(cursor: extensions.cursor, ids: Iterable[str]) -> dict[str, Doc]:
    """The states of those ids that have one, in one query."""
    cursor.execute("select id, doc from records.state where id = any(%s)", (list(ids),))
    return {identifier: cast("Doc", json.loads(bytes(doc))) for identifier, doc in cursor}


def save(cursor: extensions.cursor, states: Mapping[str, Doc]) -> None:
    """These states take the place of what stood before."""
    upsert(
        cursor,
        "records.state",
        ("id", "kind", "doc"),
        ((i, str(state["kind"]), canonical_text(state).encode()) for i, state in states.items()),
        key="id",
    )


_CANONICAL, _AS_WRITTEN = (
    json.JSONEncoder(sort_keys=sort, separators=(",", ":"), ensure_ascii=False).encode
    for sort in (True, False)
)


def canonical_text(value: Json) -> str:
    """The canonical form of what came out of canonical JSON: no need to check it again."""
    return _CANONICAL(value)


def compact(value: Json) -> str:
    """JSON without blanks, members in the order in which they stand."""
    return _AS_WRITTEN(value)
