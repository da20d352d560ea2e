"""Cases over HTTP: filed by people, moved on by officers' keys, kept by the clock, and read by everybody."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import pytest

from api import case_models, clock, founding, models, standing
from api.app import create_app
from api.signed_requests import authorization
from registry.acts import Post
from registry.keys import load
from registry.log.title_proof import parse_title_proof
from registry.office import Request
from tests.api.asking import Client, asking
from tests.api.world import LGD, OFFICE, OFFICER, ORIGIN, World, devgarh, parcel, share_sale, unit
from tests.registry.court import APPLICANT, Court

KA_OFFICE = "29/583/5551"
KA_LGD = "610001"
GOPAL = {"name": "Gopal", "phone": "9000000002"}
OBJECTION = {"person": GOPAL, "reason": {"code": "title-disputed", "words": "Half of it is mine since 1998."}}


@pytest.fixture
def court(world: World) -> Court:
    return Court.staffed(world)


@pytest.fixture
def people(court: Court) -> Iterator[Client]:
    """The counter, on the day of the court."""

    def now() -> datetime:
        return datetime.combine(court.day, datetime.min.time(), UTC) + timedelta(hours=6)

    with asking(create_app(court.world.house, now=now, allowance=None)) as client:
        yield client


def filing(application: Any, **more: Any) -> dict[str, Any]:
    return {"type": "sale", "application": application, "applicant": APPLICANT, **more}


def filed(people: Client, court: Court, application: Any) -> dict[str, Any]:
    answer = people.post("/v1/cases", json=filing(application))
    assert answer.status_code == 201, answer.text
    court.world.settle()
    document: dict[str, Any] = answer.json()
    case_models.Filed.model_validate(document)
    return document


def signed_request(people: Client, court: Court, path: str, document: Any, officer: str) -> httpx.Response:
    body = json.dumps(document).encode()
    at = datetime.combine(court.day, datetime.min.time(), UTC) + timedelta(hours=6)
    header = authorization(court.key(officer), origin=ORIGIN, method="POST", path=path, at=at, body=body)
    return people.post(path, content=body, headers={"Authorization": header})


def take(people: Client, court: Court, case_no: str, step: str, by: str, **more: Any) -> httpx.Response:
    """A step as an officer's client takes it: asked for, read, signed, handed in."""
    path = f"/v1/cases/{case_no}/steps"
    asked = {"step": step, "officer": by, **more}
    prepared = signed_request(people, court, f"{path}/prepare", asked, by)
    if prepared.status_code != 200:
        return prepared
    document = prepared.json()
    case_models.StepPrepared.model_validate(document)
    payload = base64.b64decode(document["payload"])
    envelope = base64.b64encode(court.sign(by)(payload)).decode()
    answer = people.post(path, json={"envelope": envelope, "form": document["form"]})
    assert answer.status_code == 201, answer.text
    court.world.settle()
    return answer


def shown(people: Client, case_no: str, lang: str = "en") -> dict[str, Any]:
    answer = people.get(f"/v1/cases/{case_no}?lang={lang}")
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.json()
    case_models.Case.model_validate(document)
    return document


def reason(code: str) -> dict[str, str]:
    return {"code": code, "words": "As the order sheet says."}


def order(people: Client, court: Court, application: Any, case_no: str) -> httpx.Response:
    asked = {
        "type": "sale",
        "application": application,
        "office": OFFICE,
        "officer": OFFICER,
        "order_no": "MR/2026/9",
        "case": case_no,
    }
    prepared = signed_request(people, court, "/v1/orders/prepare", asked, OFFICER)
    if prepared.status_code != 200:
        return prepared
    document = prepared.json()
    envelope = base64.b64encode(court.sign(OFFICER)(base64.b64decode(document["payload"]))).decode()
    answer = people.post("/v1/orders", json={"envelope": envelope, "application": document["application"]})
    court.world.settle()
    return answer


def test_a_case_is_filed_shown_noticed_and_marked_on_the_land(people: Client, court: Court) -> None:
    case_no = filed(people, court, court.ashas_sale())["case_no"]
    court.tick_out()
    case = shown(people, case_no)
    assert (case["status"], case["days"]["notice_until"], case["days"]["due"]) == (
        "notice-issued",
        "2026-12-08",
        "2027-01-07",
    )
    assert case["holder"] == {"office": OFFICE, "role": "system", "words": "The clock of the registry"}
    assert {"objected", "withdrawn"} <= {n["step"] for n in case["next"]}
    assert [s["words"] for s in case["steps"]] == ["Filed", "Registered", "Checked", "Notice issued"]
    assert {s["officer"] for s in case["steps"]} == {standing.COUNTER, standing.CLOCK}
    notices = people.get(f"/v1/villages/{LGD}/notices").json()
    case_models.Lines.model_validate(notices)
    assert [n["case_no"] for n in notices["items"]] == [case_no]
    record = people.get(f"/v1/parcels/{parcel(1)}").json()
    assert [(p["case"], p["on"]) for p in record["pending"]] == [(case_no, "unit")]


def test_a_case_is_told_in_the_reader_s_language(people: Client, court: Court) -> None:
    case_no = filed(people, court, court.ashas_sale())["case_no"]
    case = shown(people, case_no, "hi")
    assert (case["title"], case["status_words"]) == ("विक्रय", "प्रस्तुत")


def test_a_title_proof_shows_the_pending_case_and_the_register_its_number(
    people: Client, court: Court
) -> None:
    case_no = filed(people, court, court.ashas_sale())["case_no"]
    proof = parse_title_proof(people.get(f"/v1/parcels/{parcel(1)}/proof").content)
    states = [json.loads(s.value) for s in proof.states if s.value is not None]
    assert [p["case"] for s in states if s["kind"] == "unit" for p in s["pending"]] == [case_no]
    register = people.get(f"/v1/villages/{LGD}/register").json()
    models.Register.model_validate(register)
    assert [(e["type"], e["case_no"]) for e in register["items"][:2]] == [
        ("case.filed/1", case_no),
        ("mutation.import/1", None),
    ]
    history = people.get(f"/v1/units/{unit(1)}").json()
    assert [p["case"] for p in history["pending"]] == [case_no]


def test_a_dry_run_tells_the_findings_and_files_nothing(people: Client, court: Court) -> None:
    too_much = {**court.ashas_sale(), "sellers": [{"party": court.holder(1, 0), "share": "1/2"}]}
    answer = people.post("/v1/cases?dry_run=true", json=filing(too_much))
    assert answer.status_code == 200
    [finding] = case_models.Judged.model_validate(answer.json()).findings
    assert finding.rule == "givers-hold-the-share"
    assert people.get(f"/v1/villages/{LGD}/notices").json()["items"] == []
    assert people.get("/v1/cases/999101-C000001").status_code == 404


def test_a_filing_about_nothing_or_beyond_reading_is_told_why(people: Client, court: Court) -> None:
    nowhere = people.post("/v1/cases", json=filing({**court.ashas_sale(), "unit": unit(77)}))
    assert nowhere.status_code == 422
    assert nowhere.json()["findings"][0]["rule"] == "a-case-is-about-land-of-the-record"
    unread = people.post("/v1/cases", json=filing({"unit": unit(1)}))
    assert unread.status_code == 422
    stranger = people.post("/v1/cases", json={**filing(court.ashas_sale()), "applicant": {"name": "X"}})
    assert stranger.status_code == 400
    assert stranger.json()["field"] == "applicant.capacity"
    first_record = people.post("/v1/cases", json={**filing(devgarh()), "type": "import"})
    assert first_record.status_code == 422


def test_the_auto_lane_passes_after_its_days_and_not_a_day_before(people: Client, court: Court) -> None:
    case_no = filed(people, court, court.ashas_sale())["case_no"]
    court.tick_out()
    court.later(15).tick_out()
    assert shown(people, case_no)["status"] == "notice-issued"
    court.later(1).tick_out()
    case = shown(people, case_no)
    assert case["status"] == "communicated"
    assert [s["fell_due"] for s in case["steps"] if s["type"] == "case.unopposed/1"] == ["2026-12-09"]
    record = people.get(f"/v1/parcels/{parcel(1)}").json()
    assert record["pending"] == []
    assert {h["name"] for h in record["holders"]} == {"रवीना देवी", "Sita Devi"}
    register = people.get(f"/v1/villages/{LGD}/register").json()["items"]
    assert (register[0]["type"], register[0]["case_no"]) == ("mutation.sale/1", case_no)


def test_an_objection_leads_to_a_hearing_and_a_refusal_frees_the_land(people: Client, court: Court) -> None:
    sale = court.ashas_sale()
    case_no = filed(people, court, sale)["case_no"]
    court.tick_out()
    court.later(15)
    assert people.post(f"/v1/cases/{case_no}/objections", json=OBJECTION).status_code == 201
    court.world.settle()
    court.later(10).tick_out()
    case = shown(people, case_no)
    assert (case["status"], case["objections"], case["lane"]) == ("objected", 1, "officer")
    hearing = (court.day + timedelta(10)).isoformat()
    take(people, court, case_no, "hearing-set", OFFICER, until=hearing)
    assert shown(people, case_no)["days"]["hearing"] == hearing
    court.later(10)
    take(people, court, case_no, "reserved", OFFICER)
    take(people, court, case_no, "refused", OFFICER, reason=reason("on-the-merits"))
    assert people.get(f"/v1/parcels/{parcel(1)}").json()["pending"] == []
    forged = people.post(f"/v1/cases/{case_no}/requests", json={"step": "appealed", "secret": "A" * 43 + "="})
    assert (forged.status_code, forged.json()["code"]) == (403, "not-the-applicant")


def test_the_applicant_appeals_with_the_receipt_and_the_remand_ends_in_the_record(
    people: Client, court: Court
) -> None:
    sale = court.ashas_sale()
    receipt = filed(people, court, sale)
    case_no = receipt["case_no"]
    court.tick_out()
    people.post(f"/v1/cases/{case_no}/objections", json=OBJECTION)
    court.world.settle()
    take(people, court, case_no, "hearing-set", OFFICER, until=(court.day + timedelta(10)).isoformat())
    take(people, court, case_no, "refused", OFFICER, reason=reason("on-the-merits"))
    appeal = {"step": "appealed", "secret": receipt["secret"], "reason": reason("on-the-merits")}
    assert people.post(f"/v1/cases/{case_no}/requests", json=appeal).status_code == 201
    court.world.settle()
    take(
        people,
        court,
        case_no,
        "remanded",
        "SDO",
        reason=reason("error-in-order"),
        until=(court.day + timedelta(20)).isoformat(),
    )
    take(people, court, case_no, "allowed", OFFICER)
    assert order(people, court, sale, case_no).status_code == 422
    take(people, court, case_no, "certified", OFFICER)
    assert order(people, court, sale, case_no).status_code == 202
    assert shown(people, case_no)["status"] == "carried"
    assert people.get(f"/v1/parcels/{parcel(1)}").json()["pending"] == []


def test_an_objection_after_the_last_day_is_told_so(people: Client, court: Court) -> None:
    case_no = filed(people, court, court.ashas_sale())["case_no"]
    court.tick_out()
    court.later(16)
    late = people.post(f"/v1/cases/{case_no}/objections", json=OBJECTION)
    assert late.status_code == 422
    assert [f["rule"] for f in late.json()["findings"]] == ["objection-is-in-time"]


def test_an_officer_asks_for_steps_of_his_own_and_of_his_role(people: Client, court: Court) -> None:
    case_no = filed(people, court, court.ashas_sale())["case_no"]
    path = f"/v1/cases/{case_no}/steps/prepare"
    assert people.post(path, json={"step": "registered", "officer": "READER"}).status_code == 401
    borrowed = signed_request(people, court, path, {"step": "registered", "officer": "READER"}, "SDO")
    assert borrowed.status_code == 403
    wrong = signed_request(people, court, path, {"step": "registered", "officer": "SDO"}, "SDO")
    assert wrong.status_code == 422
    assert [f["rule"] for f in wrong.json()["findings"]] == ["role-takes-the-step"]


def test_a_bank_files_with_its_own_key_over_http(people: Client, court: Court) -> None:
    document = filing(court.ashas_sale()) | {"applicant": {"name": "State Bank", "capacity": "registrar"}}
    prepared = signed_request(people, court, "/v1/cases/prepare", document, "BANK-9").json()
    envelope = base64.b64encode(court.sign("BANK-9")(base64.b64decode(prepared["payload"]))).decode()
    answer = people.post("/v1/cases/signed", json={"envelope": envelope, "form": prepared["form"]})
    assert answer.status_code == 201, answer.text
    court.world.settle()
    assert shown(people, prepared["form"]["case_no"])["steps"][0]["officer"] == "BANK-9"


def test_service_levels_tell_the_promise_and_how_it_is_kept(people: Client, court: Court) -> None:
    filed(people, court, court.ashas_sale())
    filed(people, court, court.meenas_sale())
    court.tick_out()
    court.later(16).tick_out()
    filed(people, court, court.meenas_sale())
    levels = people.get("/v1/service-levels?office=99").json()
    case_models.ServiceLevels.model_validate(levels)
    [level] = levels["items"]
    assert (level["office"], level["waiting"], level["kept"], level["broken"], level["mean_days"]) == (
        OFFICE,
        1,
        2,
        0,
        "16.0",
    )
    assert (level["promised"]["figure"], level["promised"]["days"]) == (
        "service-days-mutation-registered",
        "30",
    )


def test_the_queue_of_an_office_is_in_the_order_of_filing(people: Client, court: Court) -> None:
    numbers = [filed(people, court, sale)["case_no"] for sale in (court.meenas_sale(), court.ashas_sale())]
    queue = people.get(f"/v1/queue?office={OFFICE}&limit=1").json()
    assert [line["case_no"] for line in queue["items"]] == numbers[:1]
    rest = people.get(queue["next"]).json()
    assert [line["case_no"] for line in rest["items"]] == numbers[1:]


def test_a_registry_without_a_counter_says_who_files_instead(world: World) -> None:
    court = Court(world)
    with asking(create_app(world.house, now=lambda: world.at, allowance=None)) as people:
        answer = people.post("/v1/cases", json=filing(court.ashas_sale()))
    assert answer.status_code == 503
    assert "kiosk" in answer.json()["remedy"]


def karnataka(court: Court) -> None:
    """A village of Karnataka in the same registry, with the clock and the counter posted there."""
    world = court.world
    world.perform(Post(officer=OFFICER, office=KA_OFFICE, roles=("tahsildar",)))
    root = load(founding.root_key_files(world.house.settings, 1)[0])
    standing.appoint(world.house, [KA_OFFICE], by=[root])
    form: Any = devgarh()
    form["village"] = {"lgd": KA_LGD, "name": "Hosahalli", "name_local": "ಹೊಸಹಳ್ಳಿ", "office": KA_OFFICE}
    for thing in (*form["units"], *form["parcels"]):
        thing.pop("id", None)  # the office numbers a village from one
    for parcel_form in form["parcels"]:
        parcel_form["geometry"] = None
    world.house.office.sanction(
        Request(type="import", application=form, office=KA_OFFICE, officer=OFFICER, order_no="MR/1"),
        sign=court.sign(OFFICER),
        day=court.day,
        event_id=clock.new_event_id(),
        salt=clock.new_salt,
    )
    world.settle()


def test_in_karnataka_a_registered_sale_passes_by_the_auto_lane_after_seven_days(
    people: Client, court: Court
) -> None:
    karnataka(court)
    khata = unit(1).replace(LGD, KA_LGD)
    seller = people.get(f"/v1/units/{khata}").json()["holders"][0]["party"]
    case_no = filed(people, court, share_sale(seller, unit_id=khata))["case_no"]
    assert case_no.startswith(KA_LGD)
    court.tick_out()
    case = shown(people, case_no)
    assert (case["office"], case["days"]["notice_until"]) == (KA_OFFICE, "2026-11-30")
    court.day = date(2026, 11, 30)
    court.tick_out()
    assert shown(people, case_no)["status"] == "notice-issued"
    court.later(1).tick_out()
    assert shown(people, case_no)["status"] == "communicated"
    order_event = next(p for p in court.payloads(case_no) if p["type"] == "mutation.sale/1")
    figures: Any = order_event["auto"]
    assert [(f["name"], f["value"], f["state"]) for f in figures["figures"]] == [
        ("notice-days-registered", "7", "ka"),
        ("auto-lane", "1", "ka"),
    ]


def test_what_was_filed_is_a_dsse_event_of_the_counter_s_own_key(people: Client, court: Court) -> None:
    receipt = filed(people, court, court.ashas_sale())
    stands = people.get(receipt["receipt"]["link"]).json()
    assert stands["index"] is not None
    [payload] = court.payloads(receipt["case_no"])
    assert payload["officer"] == standing.COUNTER


def test_people_follow_a_file_from_the_village_to_its_page(people: Client, court: Court) -> None:
    case_no = filed(people, court, court.ashas_sale())["case_no"]
    court.tick_out()
    html = {"Accept": "text/html"}
    village = people.get(f"/villages/{LGD}?lang=en", headers=html).text
    assert f'href="/cases/{case_no}?lang=en"' in village
    assert "Objections until 08-12-2026" in village
    land = people.get(f"/parcels/{parcel(1)}?lang=en", headers=html).text
    assert f'href="/cases/{case_no}?lang=en"' in land
    typed = people.get(f"/cases?number=%20{case_no.lower()}&lang=kn", headers=html, follow_redirects=False)
    assert (typed.status_code, typed.headers["location"]) == (303, f"/cases/{case_no}?lang=kn")
    page = people.get(f"/cases/{case_no}?lang=mr", headers=html).text
    for words in ("08-12-2026 पर्यंत हरकती", "खरेदी-विक्री", "हरकती", f'href="/parcels/{parcel(1)}?lang=mr"'):
        assert words in page
    court.later(16).tick_out()
    assert "Nobody: the file is closed" in people.get(f"/cases/{case_no}?lang=en", headers=html).text
    unknown = people.get("/cases/999101-C000777", headers=html)
    assert unknown.status_code == 404
    assert "appears within seconds" in unknown.text


@pytest.mark.parametrize("typed", ["..", "x/../y", "<b>", "%00", ""])
def test_what_is_no_number_of_a_case_leads_nowhere_else(people: Client, typed: str) -> None:
    answer = people.get("/cases", params={"number": typed}, follow_redirects=False)
    assert answer.status_code in (303, 400)
    assert answer.headers.get("location", "/") == "/"
