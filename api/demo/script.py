"""What the scenes of the demonstration's day are made of: land that can be dealt with, papers, signed orders."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from shapely import LineString

from api import applications, clock, desk
from api.counter import Counter
from api.demo.stage import Stage
from api.order_files import OrderFile
from api.proposed import numbering_of
from domain.canon import Json
from domain.errors import NotFound
from domain.quantities import parse_share
from gis.shapes import from_bytes
from gis.splitting import split_by_line

Doc = dict[str, Any]  # public documents, as the record of rights shows them


@dataclass(frozen=True, kw_only=True)
class Scene:
    """One piece of the day: its title, the number of its order, and what plays it.

    ``play`` returns the parcels that the scene is about; a scene without ``order_no`` leaves no trace in the record,
    or finds out by itself how far it has come.
    """

    title: str
    play: Callable[[Stage, str], Sequence[str]]
    order_no: str = ""


def parcels_of_order(stage: Stage, order_no: str) -> list[str]:
    """The active parcels that the order with that number dealt with, or whose khata it changed."""
    if not order_no:
        return []
    with stage.house.datastore.cursor() as cursor:
        cursor.execute(
            "select distinct p.parcel_id from records.event e join records.event_of o using (idx)"
            " join records.parcel p on o.id in (p.parcel_id, p.unit_id)"
            " where (e.order_no = %s or starts_with(e.order_no, %s || '/')) and p.status = 'active' order by 1",
            (order_no, order_no),
        )
        return [identifier for (identifier,) in cursor]


def signed(stage: Stage, officer: str, kind: str, form: Json, *, second: str = "", **more: Any) -> OrderFile:
    """An order as its officer has read and signed it, and the second where the law asks for two."""
    another = stage.officer(second) if second else None
    return desk.signed_order(stage.house, stage.officer(officer), kind, form, second=another, **more)


def record(stage: Stage, officer: str, kind: str, form: Json, **more: Any) -> None:
    """An order prepared, read, signed, handed in, and seen into the record."""
    desk.hand_in(stage.house, signed(stage, officer, kind, form, **more))
    stage.house.settle()


def khatas(stage: Stage) -> list[Doc]:
    """The khatas that anybody may deal with: private land, shares stated, nothing barring it."""
    with stage.house.datastore.cursor() as cursor:
        cursor.execute("select doc from records.unit where status = 'active' order by unit_id")
        documents = [json.loads(bytes(doc)) for (doc,) in cursor]
    found = [
        d
        for d in documents
        if d["shares_determined"]
        and not (d["restrictions"] or d["pending"] or d["charges"])
        and d["tenure"] == "transferable"
        and all(holder["kind"] == "person" for holder in d["holders"])
    ]
    if not found:
        raise NotFound("no khata of the demonstration tehsil can be dealt with")
    return found


def is_joint(khata: Doc, holders: int) -> bool:
    return len(khata["holders"]) >= holders and bool(khata["parcels"])


def parcels_of(khata: Doc) -> list[str]:
    return [parcel["parcel_id"] for parcel in khata["parcels"]]


def share_sale(khata: Doc, seller: Doc, buyer: str, father: str) -> dict[str, Json]:
    return {
        "unit": khata["unit_id"],
        "sold": "share",
        "sellers": [{"party": seller["party"], "share": str(parse_share(seller["share"]))}],
        "buyers": [{"party": {"name": buyer, "relation": father}, "share": "1"}],
        "deed": deed("4411/2026"),
        "consideration": {"paise": 45_000_000},
    }


def deed(number: str, by: str = "Sub-Registrar, Phoolsar") -> dict[str, Json]:
    """A paper of today."""
    return {"number": number, "made": clock.today().isoformat(), "by": by}


def next_khata(stage: Stage, khata: Doc) -> str:
    """The next free khata number of the village."""
    with stage.house.datastore.cursor() as cursor:
        cursor.execute("select label from records.unit where village = %s", (khata["village"]["lgd"],))
        numbers = [int(label) for (label,) in cursor if label.isdecimal()]
    return str(max(numbers, default=0) + 1)


def divisible(stage: Stage) -> Iterator[tuple[Doc, Doc, list[applications.Piece]]]:
    """Khatas of two holders with a field that a line across its middle divides in two."""
    for khata in khatas(stage):
        if len(khata["holders"]) != 2:
            continue
        field = max(khata["parcels"], key=lambda parcel: float(parcel["recorded_m2"]))
        parcel, body = applications.parcel_with_shape(field["parcel_id"], stage.house)
        bodies = split_by_line(body, across(from_bytes(body)))
        if len(bodies) == 2:
            yield khata, field, applications.as_pieces(parcel.area, bodies)


def across(field: shapely.Polygon | shapely.MultiPolygon) -> LineString:
    """A line across the middle of a field, along the shorter side of the rectangle around it."""
    corners = shapely.get_coordinates(shapely.oriented_envelope(field))[:4]
    sides = np.diff(corners, axis=0)
    short = sides[np.argmin(np.hypot(*sides[:2].T))]
    middle = shapely.get_coordinates(field.centroid)[0]
    return LineString([middle - short, middle + short])


def as_children(
    stage: Stage, khata: Doc, field: Doc, pieces: Sequence[applications.Piece]
) -> list[dict[str, Json]]:
    """The pieces of a field as an application names them, with numbers that are free."""
    counter = Counter(stage.house, clock.instant)
    try:
        labels, _ = numbering_of(counter, khata["village"]["lgd"]).parts(field["label"], len(pieces))
    finally:
        counter.close()
    return [
        {
            "label": label,
            "area": {"figure": piece.area.figure, "unit": piece.area.unit},
            "geometry": piece.digest,
        }
        for label, piece in zip(labels, pieces, strict=True)
    ]
