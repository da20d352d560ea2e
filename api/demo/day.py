"""A day of work in the demonstration tehsil: a list of small scenes, each an order or a refusal.

A scene looks the land up in the record by what it needs (a joint khata, two holders, a field that can be divided),
so that it goes on working when the tehsil is drawn anew.  Each order bears a fixed number, by which a second day
knows that it has been played.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence

from api import desk
from api.demo import cadastre_day, cases_day, more_orders
from api.demo.script import (
    Scene,
    as_children,
    deed,
    divisible,
    is_joint,
    khatas,
    next_khata,
    parcels_of,
    parcels_of_order,
    record,
    share_sale,
    signed,
)
from api.demo.stage import LEKHPAL, NAIB, TAHSILDAR, Stage
from api.order_files import OrderFile
from domain.canon import Json
from domain.errors import RecordChanged, Refused, RegistryError
from registry.officers import RoleForbids


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


def _a_share_is_sold(stage: Stage, order_no: str) -> Sequence[str]:
    """A co-holder sells a share of a joint khata; the others' shares stay as they are."""
    khata = next(k for k in khatas(stage) if is_joint(k, 3))
    seller = khata["holders"][0]
    record(stage, TAHSILDAR, "sale", share_sale(khata, seller, "सावित्री देवी", "रामस्वरूप"), order_no=order_no)
    stage.tell(f"    {seller['name']} sold {seller['share']} of khata {khata['label']}")
    return parcels_of(khata)


def _a_field_is_sold(stage: Stage, order_no: str) -> Sequence[str]:
    """One field of a khata is sold and moves to the buyer's new khata."""
    khata = next(k for k in khatas(stage) if len(k["holders"]) == 1 and len(k["parcels"]) >= 3)
    field, seller = khata["parcels"][-1], khata["holders"][0]
    form: dict[str, Json] = {
        **share_sale(khata, seller, "हरीश वर्मा", "दयाराम वर्मा"),
        "sold": "parcels",
        "parcels": [field["parcel_id"]],
        "new_unit": {"label": next_khata(stage, khata)},
    }
    record(stage, TAHSILDAR, "sale", form, order_no=order_no)
    stage.tell(f"    khasra {field['label']} left khata {khata['label']} of {seller['name']}")
    return [field["parcel_id"], khata["parcels"][0]["parcel_id"]]


def _a_field_is_divided(stage: Stage, order_no: str) -> Sequence[str]:
    """Two co-holders divide their khata: its largest field is split by a new boundary."""
    khata, field, pieces = next(divisible(stage))
    children = as_children(stage, khata, field, pieces)
    first, second = (holder["party"] for holder in khata["holders"])
    others = [p for p in parcels_of(khata) if p != field["parcel_id"]]
    form: dict[str, Json] = {
        "unit": khata["unit_id"],
        "split": field["parcel_id"],
        "portions": [
            {"holders": [first], "parcels": list(others), "children": [children[0]]},
            {
                "holders": [second],
                "children": [children[1]],
                "new_unit": {"label": next_khata(stage, khata)},
            },
        ],
        "deed": deed("4417/2026"),
    }
    shapes = {piece.digest: piece.body for piece in pieces}
    record(stage, TAHSILDAR, "partition", form, order_no=order_no, shapes=shapes)
    stage.tell(f"    khasra {field['label']} became {' and '.join(str(c['label']) for c in children)}")
    return parcels_of_order(stage, order_no)


def _a_stranger_sells(stage: Stage, order_no: str) -> Sequence[str]:
    """A sale by somebody who holds nothing in the khata is refused, with every rule that it breaks."""
    joint = [k for k in khatas(stage) if is_joint(k, 2)]
    khata, stranger = joint[0], joint[-1]["holders"][0]
    try:
        record(stage, TAHSILDAR, "sale", share_sale(khata, stranger, "मुन्नालाल", "भोला"), order_no="REFUSED")
    except Refused as refused:
        stage.tell(f"    refused: it does not hold that {refused.findings[0].sentence}")
        return []
    raise AssertionError("a stranger sold land")


def _a_lekhpal_signs(stage: Stage, order_no: str) -> Sequence[str]:
    """An order that is signed by somebody whose post does not decide such things is refused."""
    khata = next(k for k in khatas(stage) if is_joint(k, 2))
    form = share_sale(khata, khata["holders"][0], "भोला", "मुन्नालाल")
    try:
        record(stage, LEKHPAL, "sale", form, order_no="REFUSED")
    except RoleForbids as refused:
        stage.tell(f"    refused: {refused.message}")
        return []
    raise AssertionError("a lekhpal decided a sale")


def _two_officers_race(stage: Stage, order_no: str) -> Sequence[str]:
    """Two officers sign a sale of the same share to different buyers: one order wins, the other is sent back."""
    khata = [k for k in khatas(stage) if is_joint(k, 2)][-1]
    seller = khata["holders"][0]
    orders = [
        signed(stage, number, "sale", share_sale(khata, seller, buyer, "रामलाल"), order_no=f"{order_no}/{n}")
        for n, (number, buyer) in enumerate(((TAHSILDAR, "गीता देवी"), (NAIB, "राकेश कुमार")), 1)
    ]
    accepted = race(stage, orders)
    stage.house.settle()
    winner = [NAIB, TAHSILDAR][accepted.index(True) == 0]
    stage.tell(
        f"    both signed at once; the order of {winner} was accepted, the other sent back to look again"
    )
    return parcels_of(khata)


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
    *more_orders.SCENES,
    *cadastre_day.SCENES,
    *cases_day.SCENES,
)
