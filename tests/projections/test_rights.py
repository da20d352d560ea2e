"""The public documents: what a citizen reads of a parcel and a unit."""

from __future__ import annotations

import json

from projections.documents import with_as_of
from tests.projections.support import (
    ASHA,
    EAST,
    FIELD,
    GARDEN,
    MEENA,
    MEENAS_KHATA,
    RAVINA,
    ROAD,
    SISTERS_KHATA,
    VILLAGE,
    WEST,
    field_at,
    field_divided,
    first_registration,
    garden_sold,
    old_parcel,
    old_unit,
    person,
    registration,
    third_sold,
)


def parcel(ask, identifier):
    return json.loads(bytes(ask("select doc from records.parcel where parcel_id = %s", identifier)[0][0]))


def unit(ask, identifier):
    return json.loads(bytes(ask("select doc from records.unit where unit_id = %s", identifier)[0][0]))


def holder(party, share):
    return {
        "name": party.name,
        "relation": party.relation,
        "kind": "person",
        "share": share,
        "party": party.commitment,
    }


def test_a_parcel_s_document_says_all_that_the_record_shows(log, runner, ask):
    first_registration(log)
    log.publish()
    runner.run_once()
    shown = parcel(ask, FIELD)
    assert shown == {
        "parcel_id": FIELD,
        "label": "101",
        "village": {"lgd": VILLAGE, "name": "Devgarh", "name_local": "देवगढ़"},
        "status": "active",
        "area": {
            "recorded_m2": "4021.0000",
            "original": {"figure": "0.4021", "unit": "hectare"},
            "drawn_m2": shown["area"]["drawn_m2"],
        },
        "use": "cultivated",
        "class": "private",
        "ulpin": None,
        "unit": {
            "unit_id": SISTERS_KHATA,
            "label": "45",
            "tenure": "transferable",
            "shares_determined": True,
        },
        "holders": [holder(ASHA, "1/3"), holder(RAVINA, "2/3")],
        "charges": [],
        "restrictions": [],
        "holds": [],
        "pending": [],
        "predecessors": [],
        "successors": [],
        "former_labels": ["88"],
        "version": 1,
        "office": "99/901/9001",
        "geometry": log.states[FIELD]["geometry"],
        "grade": "A",
    }
    assert abs(float(shown["area"]["drawn_m2"]) - 4021) < 10


def test_land_without_a_map_has_grade_d(log, runner, ask):
    first_registration(log)
    log.publish()
    runner.run_once()
    road = parcel(ask, ROAD)
    assert (road["grade"], road["geometry"], road["area"]["drawn_m2"]) == ("D", None, None)


def test_a_sale_of_a_share_changes_the_documents_of_parcels_that_the_order_does_not_name(log, runner, ask):
    first_registration(log)
    log.publish()
    runner.run_once()
    index = third_sold(log)
    log.publish()
    runner.run_once()
    touched = ask("select id from records.event_of where idx = %s", index)
    assert touched == [(SISTERS_KHATA,)]
    for identifier in (FIELD, GARDEN):
        shown = parcel(ask, identifier)
        assert shown["holders"] == [holder(RAVINA, "2/3"), holder(MEENA, "1/3")]
        assert shown["version"] == 1
    assert unit(ask, SISTERS_KHATA)["version"] == 2


def test_a_parcel_that_is_sold_shows_its_new_khata_and_the_old_khata_lists_it_no_longer(log, runner, ask):
    first_registration(log)
    garden_sold(log)
    log.publish()
    runner.run_once()
    assert parcel(ask, GARDEN)["unit"]["unit_id"] == MEENAS_KHATA
    assert parcel(ask, GARDEN)["holders"] == [holder(MEENA, "1/1")]
    assert [line["label"] for line in unit(ask, SISTERS_KHATA)["parcels"]] == ["101"]
    assert unit(ask, MEENAS_KHATA)["parcels"] == [
        {"parcel_id": GARDEN, "label": "102", "recorded_m2": "4021.0000", "use": "cultivated"}
    ]


def test_a_parcel_that_was_split_names_its_children_and_shows_no_holders_of_its_own(log, runner, ask):
    first_registration(log)
    garden_sold(log)
    field_divided(log)
    log.publish()
    runner.run_once()
    parent, west = parcel(ask, FIELD), parcel(ask, WEST)
    assert (parent["status"], parent["grade"], parent["holders"]) == ("retired", None, [])
    assert parent["successors"] == [
        {"parcel_id": WEST, "label": "101/1"},
        {"parcel_id": EAST, "label": "101/2"},
    ]
    assert west["predecessors"] == [{"parcel_id": FIELD, "label": "101"}]
    assert [h["name"] for h in west["holders"]] == ["आशा देवी"]
    assert [h["name"] for h in parcel(ask, EAST)["holders"]] == ["रवीना देवी"]


def test_a_parcel_that_is_renumbered_is_named_so_by_its_relatives(log, runner, ask):
    first_registration(log)
    garden_sold(log)
    field_divided(log)
    log.publish()
    runner.run_once()
    log.lay("mutation.renumbering/1", set_={WEST: {"label": "101/अ"}})
    log.publish()
    runner.run_once()
    assert parcel(ask, FIELD)["successors"][0] == {"parcel_id": WEST, "label": "101/अ"}
    assert unit(ask, SISTERS_KHATA)["parcels"][0]["label"] == "101/अ"


def test_what_lies_on_parcel_unit_and_holder_says_so_and_keeps_sealed_details_to_itself(log, runner, ask):
    first_registration(log)
    stay = {"kind": "stay", "since": None, "on": None, "details": "x" * 43 + "="}
    minor = {"kind": "minor", "since": None, "on": ASHA.commitment, "details": None}
    mortgage = {
        "kind": "mortgage",
        "rank": 1,
        "since": None,
        "on": RAVINA.commitment,
        "details": "d" * 43 + "=",
    }
    pending = {"kind": "mutation", "case": "999101-C000012", "since": None}
    index = log.lay(
        "charge.created/1",
        set_={
            FIELD: {"restrictions": [stay], "pending": [pending]},
            SISTERS_KHATA: {"restrictions": [minor], "charges": [mortgage], "pending": [pending]},
        },
    )
    log.publish()
    runner.run_once()
    shown = parcel(ask, FIELD)
    assert shown["restrictions"] == [
        {"kind": "stay", "since": index, "on": "parcel"},
        {"kind": "minor", "since": index, "on": "holder", "holder": "आशा देवी"},
    ]
    assert shown["charges"] == [
        {"kind": "mortgage", "rank": 1, "since": index, "on": "holder", "holder": "रवीना देवी"}
    ]
    assert [p["on"] for p in shown["pending"]] == ["parcel", "unit"]
    assert [r["kind"] for r in parcel(ask, GARDEN)["restrictions"]] == ["minor"]


def test_shares_that_the_older_record_does_not_state_are_null(log, runner, ask):
    units = (old_unit(1, "45", {ASHA: None, RAVINA: None}),)
    log.shapes(field_at(0, 0))
    log.order("import", registration(units, (old_parcel(101, "101", 0, field_at(0, 0)),)))
    log.publish()
    runner.run_once()
    shown = parcel(ask, FIELD)
    assert [h["share"] for h in shown["holders"]] == [None, None]
    assert (shown["unit"]["shares_determined"], shown["grade"]) == (False, "B")


def test_a_name_that_was_erased_is_null_with_the_reason(log, runner, ask):
    first_registration(log)
    log.publish()
    runner.run_once()
    log.erase(ASHA)
    assert runner.forget(ASHA.commitment) == 1
    for shown in (parcel(ask, FIELD), parcel(ask, GARDEN), unit(ask, SISTERS_KHATA)):
        assert [h["name"] for h in shown["holders"]] == [None, "रवीना देवी"]
        assert shown["holders"][0]["reason"] == "erased"
        assert shown["holders"][0]["share"] == "1/3"
    kept = ask("select count(*) from records.parcel where position(%s::bytea in doc) > 0", "आशा देवी".encode())
    assert kept == [(0,)]


def test_a_village_that_a_later_registration_names_otherwise_is_so_named_in_every_document(log, runner, ask):
    first_registration(log)
    log.publish()
    runner.run_once()
    units = (old_unit(9, "99", {person("बीना"): None}),)
    log.order("import", registration(units, (old_parcel(109, "109", 0, None),), name="Deogarh"))
    log.publish()
    runner.run_once()
    names = ask("select convert_from(doc, 'UTF8')::json->'village'->>'name' from records.parcel")
    assert {name for (name,) in names} == {"Deogarh"}
    assert unit(ask, SISTERS_KHATA)["village"]["name"] == "Deogarh"


def test_registering_more_of_a_large_khata_does_not_rewrite_the_parcels_that_are_in_it(log, runner, ask):
    government = person("ప్రభుత్వం")
    written = []
    for serial in range(1, 16):
        khata = old_unit(1, "1", {government: None} if serial == 1 else {}, extends=serial > 1)
        log.order("import", registration((khata,), (old_parcel(serial, str(serial), 0, None),)))
        log.publish()
        runner.run_once()
        first = ask(
            "select ctid::text from records.parcel where label = '1'"
        )  # moves when a row is rewritten
        written.append(first)
    assert written == [written[0]] * 15
    assert [line["label"] for line in unit(ask, SISTERS_KHATA)["parcels"]] == [str(n) for n in range(1, 16)]


def test_the_checkpoint_is_put_in_when_an_answer_is_given(log, runner, ask):
    first_registration(log)
    log.publish()
    runner.run_once()
    stored = bytes(ask("select doc from records.parcel where parcel_id = %s", FIELD)[0][0])
    answer = json.loads(with_as_of(stored, checkpoint_size=2, cosigned_at="2026-11-21T10:00:00Z"))
    assert answer.pop("as_of") == {"checkpoint_size": 2, "cosigned_at": "2026-11-21T10:00:00Z"}
    assert answer == json.loads(stored)
