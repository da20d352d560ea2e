"""A village read for an export: its parcels as they stand at one moment, with the checkpoint that they stand on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from typing import Any

from psycopg2 import extensions

from domain.errors import NotFound
from gis.export import ROWS_AT_ONCE, About, Row
from registry.datastore import Datastore

_ABOUT = (
    "select v.lgd, v.name, v.name_local, v.parcels, p.size, p.checkpoint_size,"
    " to_char(p.cosigned_at at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"'), l.checkpoint"
    " from records.village v join records.position p on p.name = 'records'"
    " left join log.published l on l.size = p.checkpoint_size where v.lgd = %s"
)
_PARCELS = (
    "select p.doc, m.from_date, st_asbinary(m.geom) from records.parcel p"
    " left join gis.parcel m on m.parcel_id = p.parcel_id and m.valid_to is null"
    " where p.village = %s and p.status = 'active' order by p.parcel_id"
)


@contextmanager
def parcels_of(datastore: Datastore, lgd: str, *, origin: str) -> Iterator[tuple[About, Iterator[Row]]]:
    """What the export is of, and its rows, all of one moment, read as they are asked for.

    Raises:
        NotFound: when the registry holds no land of that village.
    """
    with datastore.transaction() as cursor:
        cursor.execute("set transaction isolation level repeatable read, read only")
        cursor.execute(_ABOUT, (lgd,))
        found = cursor.fetchone()
        if found is None:
            raise NotFound(
                f"no village with the LGD code {lgd} is registered here",
                field="lgd",
                remedy="Look it up by name: /v1/villages?q=NAME.",
            )
        lgd, name, name_local, parcels, size, checkpoint_size, cosigned_at, note = found
        about = About(
            lgd=lgd,
            name=name,
            name_local=name_local,
            parcels=parcels,
            origin=origin,
            log_size=size,
            checkpoint_size=checkpoint_size,
            cosigned_at=cosigned_at,
            note=note,
        )
        yield about, _rows(cursor.connection, lgd)


def _rows(connection: extensions.connection, lgd: str) -> Iterator[Row]:
    with connection.cursor(name="export") as cursor:
        cursor.itersize = ROWS_AT_ONCE
        cursor.execute(_PARCELS, (lgd,))
        for document, since, shape in cursor:
            yield _row(json.loads(bytes(document)), since, None if shape is None else bytes(shape))


def _row(document: dict[str, Any], since: date | None, shape: bytes | None) -> Row:
    def listed(member: str, *names: str) -> str | None:
        return ", ".join(sorted({str(i[member]) for n in names for i in document[n] if member in i})) or None

    area = document["area"]
    return Row(
        values=(
            document["parcel_id"],
            document["label"],
            document["unit"]["unit_id"],
            document["unit"]["label"],
            document["village"]["lgd"],
            document["class"],
            document["use"],
            area["original"]["figure"],
            area["original"]["unit"],
            Decimal(area["recorded_m2"]),
            None if area["drawn_m2"] is None else Decimal(area["drawn_m2"]),
            document["grade"],
            listed("kind", "charges"),
            listed("kind", "restrictions", "holds"),
            listed("case", "pending"),
            since,
            document["version"],
            document["geometry"],
        ),
        shape=shape,
    )
