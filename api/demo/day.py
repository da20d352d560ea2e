"""A day of work in the demonstration tehsil: a list of small scenes, each an order or a refusal.

A scene looks the land up in the record by what it needs (a joint khata, two holders, a field that can be divided),
so that it goes on working when the tehsil is drawn anew.  Each order bears a fixed number, by which a second day
knows that it has been played.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import shapely
from shapely import LineString

from api import applications, clock, desk
from api.counter import Counter
from api.demo.stage import LEKHPAL, NAIB, TAHSILDAR, Stage
from api.order_files import OrderFile
from api.routes.splits import free_labels
from domain.canon import Json
from domain.errors import NotFound, RecordChanged, Refused, RegistryError
from domain.quantities import parse_share
from gis.shapes import from_bytes
from gis.splitting import split_by_line
from registry.officers import RoleForbids

Doc = dict[str, Any]  # public documents, as the record of rights shows them


@dataclass(frozen=True, kw_only=True)
class Scene:
    """One piece of the day: its title, the number of its order, and what plays it.

    ``play`` returns the parcels that the scene is about; a scene without ``order_no`` leaves no trace in the record.
    """

    title: str
    play: Callable[[Stage, str], Sequence[str]]
    order_no: str = ""


def play(stage: Stage) -> list[str]:
    """Play what has not been played yet; the parcels that were dealt with today."""
    parcels: list[str] = []
    for scene in SCENES:
        played = parcels_of_order(stage, scene.order_no)
        if played:
            stage.tell(f"  {scene.title}: done before")
            parcels += played
            continue
        stage.tell(f"  {scene.title}")
        parcels += scene.play(stage, scene.order_no)
    return list(dict.fromkeys(parcels))


def parcels_of_order(stage: Stage, order_no: str) -> list[str]:
    """The active parcels that the order with that number dealt with, or whose khata it changed."""
    if not order_no:
        return []
    with stage.house.datastore.cursor() as cursor:
        cursor.execute(
            "select distinct p.parcel_id from records.event e join records.event_of o using (idx)"
            " join records.parcel p on o.id in (p.parcel_id, p.unit_id)"
            " where starts_with(e.order_no, %s) and p.status = 'active' order by 1",
            (order_no,),
        )
        return [identifier for (identifier,) in cursor]


def _a_share_is_sold(stage: Stage, order_no: str) -> Sequence[str]:
    """A co-holder sells a share of a joint khata; the others' shares stay as they are."""
    khata = next(k for k in _khatas(stage) if _is_joint(k, 3))
    seller = khata["holders"][0]
    _record(stage, TAHSILDAR, "sale", _share_sale(khata, seller, "सावित्री देवी", "रामस्वरूप"), order_no=order_no)
    stage.tell(f"    {seller['name']} sold {seller['share']} of khata {khata['label']}")
    return _parcels(khata)


def _a_field_is_sold(stage: Stage, order_no: str) -> Sequence[str]:
    """One field of a khata is sold and moves to the buyer's new khata."""
    khata = next(k for k in _khatas(stage) if len(k["holders"]) == 1 and len(k["parcels"]) >= 3)
    field, seller = khata["parcels"][-1], khata["holders"][0]
    form: dict[str, Json] = {
        **_share_sale(khata, seller, "हरीश वर्मा", "दयाराम वर्मा"),
        "sold": "parcels",
        "parcels": [field["parcel_id"]],
        "new_unit": {"label": _next_khata(stage, khata)},
    }
    _record(stage, TAHSILDAR, "sale", form, order_no=order_no)
    stage.tell(f"    khasra {field['label']} left khata {khata['label']} of {seller['name']}")
    return [field["parcel_id"], khata["parcels"][0]["parcel_id"]]


def _a_field_is_divided(stage: Stage, order_no: str) -> Sequence[str]:
    """Two co-holders divide their khata: its largest field is split by a new boundary."""
    khata, field, pieces = next(_divisible(stage))
    counter = Counter(stage.house, clock.instant)
    try:
        labels = free_labels(counter, khata["village"]["lgd"], field["label"], len(pieces))
    finally:
        counter.close()
    children: list[dict[str, Json]] = [
        {
            "label": label,
            "area": {"figure": piece.area.figure, "unit": piece.area.unit},
            "geometry": piece.digest,
        }
        for label, piece in zip(labels, pieces, strict=True)
    ]
    first, second = (holder["party"] for holder in khata["holders"])
    others = [p for p in _parcels(khata) if p != field["parcel_id"]]
    form: dict[str, Json] = {
        "unit": khata["unit_id"],
        "split": field["parcel_id"],
        "portions": [
            {"holders": [first], "parcels": list(others), "children": [children[0]]},
            {
                "holders": [second],
                "children": [children[1]],
                "new_unit": {"label": _next_khata(stage, khata)},
            },
        ],
        "deed": _deed("4417/2026"),
    }
    shapes = {piece.digest: piece.body for piece in pieces}
    _record(stage, TAHSILDAR, "partition", form, order_no=order_no, shapes=shapes)
    stage.tell(f"    khasra {field['label']} became {' and '.join(labels)}")
    return parcels_of_order(stage, order_no)


def _a_stranger_sells(stage: Stage, order_no: str) -> Sequence[str]:
    """A sale by somebody who holds nothing in the khata is refused, with every rule that it breaks."""
    khatas = [k for k in _khatas(stage) if _is_joint(k, 2)]
    khata, stranger = khatas[0], khatas[-1]["holders"][0]
    try:
        _record(stage, TAHSILDAR, "sale", _share_sale(khata, stranger, "मुन्नालाल", "भोला"), order_no="REFUSED")
    except Refused as refused:
        stage.tell(f"    refused: it does not hold that {refused.findings[0].sentence}")
        return []
    raise AssertionError("a stranger sold land")


def _a_lekhpal_signs(stage: Stage, order_no: str) -> Sequence[str]:
    """An order that is signed by somebody whose post does not decide such things is refused."""
    khata = next(k for k in _khatas(stage) if _is_joint(k, 2))
    form = _share_sale(khata, khata["holders"][0], "भोला", "मुन्नालाल")
    try:
        _record(stage, LEKHPAL, "sale", form, order_no="REFUSED")
    except RoleForbids as refused:
        stage.tell(f"    refused: {refused.message}")
        return []
    raise AssertionError("a lekhpal decided a sale")


def _two_officers_race(stage: Stage, order_no: str) -> Sequence[str]:
    """Two officers sign a sale of the same share to different buyers: one order wins, the other is sent back."""
    khata = [k for k in _khatas(stage) if _is_joint(k, 2)][-1]
    seller = khata["holders"][0]
    orders = [
        _signed(
            stage, number, "sale", _share_sale(khata, seller, buyer, "रामलाल"), order_no=f"{order_no}/{n}"
        )
        for n, (number, buyer) in enumerate(((TAHSILDAR, "गीता देवी"), (NAIB, "राकेश कुमार")), 1)
    ]
    accepted = race(stage, orders)
    stage.house.settle()
    winner = [NAIB, TAHSILDAR][accepted.index(True) == 0]
    stage.tell(
        f"    both signed at once; the order of {winner} was accepted, the other sent back to look again"
    )
    return _parcels(khata)


def race(stage: Stage, orders: Sequence[OrderFile]) -> list[bool]:
    """Hand all orders in at the same moment; which of them was accepted."""
    start = threading.Barrier(len(orders))
    accepted = [False] * len(orders)

    def hand_in(place: int) -> None:
        start.wait()
        try:
            desk.hand_in(stage.house, orders[place])
            accepted[place] = True
        except RecordChanged:
            accepted[place] = False

    threads = [threading.Thread(target=hand_in, args=(n,)) for n in range(len(orders))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if sum(accepted) != 1:
        raise RegistryError(f"{sum(accepted)} of {len(orders)} orders on one share were accepted")
    return accepted


SCENES = (
    Scene(title="A co-holder sells a share", play=_a_share_is_sold, order_no="DAY/1"),
    Scene(title="A field is sold out of a khata", play=_a_field_is_sold, order_no="DAY/2"),
    Scene(
        title="Two co-holders divide a field by a new boundary", play=_a_field_is_divided, order_no="DAY/3"
    ),
    Scene(title="A stranger tries to sell", play=_a_stranger_sells),
    Scene(title="A lekhpal signs a sale", play=_a_lekhpal_signs),
    Scene(title="Two officers race for one share", play=_two_officers_race, order_no="DAY/4"),
)


def _signed(stage: Stage, officer: str, kind: str, form: Json, **more: Any) -> OrderFile:
    return desk.signed_order(stage.house, stage.officer(officer), kind, form, **more)


def _record(stage: Stage, officer: str, kind: str, form: Json, **more: Any) -> None:
    """An order prepared, read, signed, handed in, and seen into the record."""
    desk.hand_in(stage.house, _signed(stage, officer, kind, form, **more))
    stage.house.settle()


def _khatas(stage: Stage) -> list[Doc]:
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


def _is_joint(khata: Doc, holders: int) -> bool:
    return len(khata["holders"]) >= holders and bool(khata["parcels"])


def _parcels(khata: Doc) -> list[str]:
    return [parcel["parcel_id"] for parcel in khata["parcels"]]


def _share_sale(khata: Doc, seller: Doc, buyer: str, father: str) -> dict[str, Json]:
    return {
        "unit": khata["unit_id"],
        "sold": "share",
        "sellers": [{"party": seller["party"], "share": str(parse_share(seller["share"]))}],
        "buyers": [{"party": {"name": buyer, "relation": father}, "share": "1"}],
        "deed": _deed("4411/2026"),
        "consideration": {"paise": 45_000_000},
    }


def _deed(number: str) -> dict[str, Json]:
    return {"number": number, "made": clock.today().isoformat(), "by": "Sub-Registrar, Phoolsar"}


def _next_khata(stage: Stage, khata: Doc) -> str:
    """The next free khata number of the village."""
    with stage.house.datastore.cursor() as cursor:
        cursor.execute("select label from records.unit where village = %s", (khata["village"]["lgd"],))
        numbers = [int(label) for (label,) in cursor if label.isdecimal()]
    return str(max(numbers, default=0) + 1)


def _divisible(stage: Stage) -> Iterator[tuple[Doc, Doc, list[applications.Piece]]]:
    """Khatas of two holders with a field that a line across its middle divides in two."""
    for khata in _khatas(stage):
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
