"""Units: the khata, khewat or patta with its holders, what lies on it, and its parcels."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request, Response

from api import models
from api.addresses import UnitAddress
from api.answers import answer
from api.counter import counter_of
from api.problems import responses
from domain.errors import NotFound
from domain.languages import Phrase
from projections.documents import with_as_of

router = APIRouter(prefix="/v1/units", tags=["units"])


@router.get(
    "/{unit_id}",
    summary="A unit: holders with their shares, charges, and the parcels over which they run",
    responses={200: {"model": models.Unit}, 304: {}, **responses(400, 404)},
)
def one(request: Request, unit_id: UnitAddress) -> Response:
    with counter_of(request).reader.cursor() as cursor:
        cursor.execute(
            "select u.doc, s.checkpoint_size,"
            " to_char(s.cosigned_at at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')"
            " from records.unit u, records.position s where u.unit_id = %s and s.name = 'records'",
            (unit_id,),
        )
        row: tuple[Any, int, str | None] | None = cursor.fetchone()
    if row is None:
        raise NotFound(
            Phrase("no unit {unit} is registered here", unit=unit_id),
            field="unit_id",
            remedy="The record of each parcel names its unit.",
        )
    return answer(request, with_as_of(bytes(row[0]), checkpoint_size=row[1], cosigned_at=row[2]))
