"""More of the day: orders of other kinds than sale and partition, one of each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from api import clock
from api.demo.script import (
    Scene,
    as_children,
    deed,
    divisible,
    is_joint,
    khatas,
    parcels_of,
    parcels_of_order,
    record,
)
from api.demo.stage import NAIB, SURVEYOR, TAHSILDAR, Stage
from domain.canon import Json


def _a_holder_has_died(stage: Stage, order_no: str) -> Sequence[str]:
    """A widow and a son take the place of a lone holder; two officers sign, as for every inheritance."""
    khata = next(k for k in khatas(stage) if len(k["holders"]) == 1 and len(k["parcels"]) == 2)
    late = khata["holders"][0]
    died = (clock.today() - timedelta(days=60)).isoformat()
    form: Json = {
        "khatas": [{"unit": khata["unit_id"], "holder": late["party"]}],
        "certificate": {**deed("D/2026/77", "Registrar of Births and Deaths, Phoolsar"), "died": died},
        "heirs": [
            {"party": {"name": name, "relation": late["name"]}, "share": "1/2"} for name in ("गुलाब", "मुन्ना")
        ],
    }
    record(stage, TAHSILDAR, "inheritance", form, order_no=order_no, second=NAIB)
    stage.tell(
        f"    two heirs hold khata {khata['label']} in the place of {late['name']}; two officers signed"
    )
    return parcels_of(khata)


def _a_share_is_given(stage: Stage, order_no: str) -> Sequence[str]:
    """A co-holder gives a share away; the donee has accepted."""
    khata = [k for k in khatas(stage) if is_joint(k, 2)][1]
    donor = khata["holders"][-1]
    form: Json = {
        "unit": khata["unit_id"],
        "given": "share",
        "donors": [{"party": donor["party"]}],
        "deed": deed("4420/2026"),
        "witnesses": 2,
        "accepted": clock.today().isoformat(),
        "donees": [{"party": {"name": "कमला", "relation": donor["name"]}, "share": "1"}],
    }
    record(stage, NAIB, "gift", form, order_no=order_no)
    stage.tell(f"    {donor['name']} gave {donor['share']} of khata {khata['label']} away")
    return parcels_of(khata)


def _a_bank_lends(stage: Stage, order_no: str) -> Sequence[str]:
    """A bank's charge is noted on a khata, on the paper that the bank has sent."""
    khata = [k for k in khatas(stage) if len(k["holders"]) == 1 and len(k["parcels"]) >= 2][-1]
    form: Json = {
        "unit": khata["unit_id"],
        "kind": "crop-loan",
        "grantors": [khata["holders"][0]["party"]],
        "loan": {
            "lender": "Phoolsar Gramin Bank",
            "lender_kind": "bank",
            "reference": "KCC/2026/118",
            "paise": 15_000_000,
        },
        "deed": deed("KCC/2026/118", "Phoolsar Gramin Bank"),
    }
    record(stage, TAHSILDAR, "charge-created", form, order_no=order_no)
    stage.tell(f"    khata {khata['label']} secures a crop loan of Phoolsar Gramin Bank")
    return parcels_of(khata)


def _a_name_is_corrected(stage: Stage, order_no: str) -> Sequence[str]:
    """A holder gets the name that the identity paper bears, once the lekhpal has found that it is the same person."""
    khata = next(k for k in khatas(stage) if len(k["holders"]) == 1 and len(k["parcels"]) == 1)
    holder = khata["holders"][0]
    form: Json = {
        "khatas": [{"unit": khata["unit_id"], "holder": holder["party"]}],
        "party": {"name": f"{holder['name']} उर्फ़ मुन्ना", "relation": holder.get("relation")},
        "becomes": "also-known",
        "proof": deed("ID/2026/9", "Gram Panchayat"),
        "report": deed("R/2026/31", "Lekhpal of Phoolsar"),
    }
    record(stage, TAHSILDAR, "name-correction", form, order_no=order_no, second=NAIB)
    stage.tell(f"    {holder['name']} stands in khata {khata['label']} with both names; two officers signed")
    return parcels_of(khata)


def _a_court_stays(stage: Stage, order_no: str) -> Sequence[str]:
    """A court stays every dealing with a khata until it has decided."""
    khata = [k for k in khatas(stage) if is_joint(k, 3)][-1]
    order: Json = {**deed("O/2026/12", "Civil Judge, Phoolsar"), "case": "O.S. 41 of 2026"}
    record(
        stage,
        TAHSILDAR,
        "stay-imposed",
        {"land": {"units": [khata["unit_id"]]}, "order": order},
        order_no=order_no,
    )
    stage.tell(f"    nobody deals with khata {khata['label']} until the court has decided")
    return parcels_of(khata)


def _a_field_gets_two_numbers(stage: Stage, order_no: str) -> Sequence[str]:
    """A field is divided, and both parts stay with those who hold it."""
    khata, field, pieces = next(divisible(stage))
    children = as_children(stage, khata, field, pieces)
    form: Json = {
        "unit": khata["unit_id"],
        "parcel": field["parcel_id"],
        "children": [*children],
        "sketch": deed("SK/2026/5", "Surveyor of Phoolsar"),
    }
    shapes = {piece.digest: piece.body for piece in pieces}
    record(stage, SURVEYOR, "subdivision", form, order_no=order_no, shapes=shapes)
    stage.tell(f"    khasra {field['label']} became {' and '.join(str(c['label']) for c in children)}")
    return parcels_of_order(stage, order_no)


SCENES = (
    Scene(title="Heirs take the place of a holder who has died", play=_a_holder_has_died, order_no="DAY/5"),
    Scene(title="A share is given away", play=_a_share_is_given, order_no="DAY/6"),
    Scene(title="A bank lends on a khata", play=_a_bank_lends, order_no="DAY/7"),
    Scene(title="A name is corrected", play=_a_name_is_corrected, order_no="DAY/8"),
    Scene(title="A court stays all dealings", play=_a_court_stays, order_no="DAY/9"),
    Scene(title="A field gets two numbers", play=_a_field_gets_two_numbers, order_no="DAY/10"),
)
