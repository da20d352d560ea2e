"""What the law of a state makes of a case, over HTTP alone: from the filing at the counter to the record.

Nothing here reads the store: what is asserted is what any client is told, and what a proof shows to whoever verifies
it.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from api import case_models, clock, founding, models, standing
from api.app import create_app
from domain.law import Figure, Law
from registry import dsse
from registry.acts import Enrol, Post
from registry.audit.auditor import Auditor
from registry.audit.source import Directory, LogReader
from registry.keys import Key, load
from registry.log.note import NoteVerifier
from registry.log.policy import Policy
from registry.office import Request
from registry.verify import Verdict, verify_title_proof
from tests.api.asking import Client, asking
from tests.api.test_cases import OBJECTION, reason, shown, signed_request, take
from tests.api.world import LGD, NOW, OFFICER, World, devgarh, parcel, share_sale, unit
from tests.registry.court import Court, seed_of

STAFF = {
    "READER": "reader",
    "LEKHPAL": "lekhpal",
    "CIRCLE": "revenue-inspector",
    "NAIB": "naib-tahsildar",
    "SDO": "sub-divisional-officer",
    "COLLECTOR": "collector",
    "BOARD": "board-of-revenue",
    "BANK-9": "bank",
}


@dataclass(frozen=True)
class Village:
    """A village of a state, with the holdings of Devgarh."""

    office: str
    lgd: str
    name: str
    name_local: str

    @property
    def district(self) -> str:
        return self.office.rpartition("/")[0]

    def unit(self, serial: int) -> str:
        return unit(serial).replace(LGD, self.lgd)

    def parcel(self, serial: int) -> str:
        return parcel(serial).replace(LGD, self.lgd)


AP = Village("28/511/5257", "589001", "Kothapalle", "కొత్తపల్లె")
UP = Village("9/171/901", "150001", "Rampur", "रामपुर")
KA = Village("29/583/5551", "610001", "Hosahalli", "ಹೊಸಹಳ್ಳಿ")
MH = Village("27/521/4201", "555001", "Wadgaon", "वडगाव")


@pytest.fixture
def court(world: World) -> Court:
    return Court(world)


@pytest.fixture
def people(court: Court) -> Iterator[Client]:
    """The counter, on the day of the court."""

    def now() -> datetime:
        return datetime.combine(court.day, datetime.min.time(), UTC) + timedelta(hours=6)

    with asking(create_app(court.world.house, now=now, allowance=None)) as client:
        yield client


def settled(
    court: Court, village: Village, *, of_the_district: tuple[str, ...] = ("COLLECTOR", "BOARD")
) -> None:
    """The village in the record, its officers, the clock and the counter at their posts."""
    world = court.world
    world.perform(Post(officer=OFFICER, office=village.office, roles=("tahsildar",)))
    for officer, role in STAFF.items():
        key = Key.from_seed(seed_of(officer))
        pop = key.prove_possession(origin=world.house.origin, officer=officer)
        world.perform(Enrol(public=key.public, officer=officer, pop=pop))
        office = village.district if officer in of_the_district else village.office
        world.perform(Post(officer=officer, office=office, roles=(role,)))
    root = load(founding.root_key_files(world.house.settings, 1)[0])
    standing.appoint(world.house, [village.district], by=[root])
    form: Any = devgarh()
    form["village"] = {
        "lgd": village.lgd,
        "name": village.name,
        "name_local": village.name_local,
        "office": village.office,
    }
    for parcel_form in form["parcels"]:
        parcel_form["geometry"] = None
    world.house.office.sanction(
        Request(type="import", application=form, office=village.office, officer=OFFICER, order_no="MR/1"),
        sign=court.sign(OFFICER),
        day=court.day,
        event_id=clock.new_event_id(),
        salt=clock.new_salt,
    )
    world.settle()


# ---- what clients do -------------------------------------------------------------------------------------------


def filed(people: Client, court: Court, kind: str, application: Any, capacity: str) -> case_models.Filed:
    """The receipt of a case that somebody without a key files at the counter."""
    applicant = {"name": "Sita Devi", "phone": "9000000001", "capacity": capacity}
    document = {"type": kind, "application": application, "applicant": applicant}
    answer = people.post("/v1/cases", json=document)
    assert answer.status_code == 201, answer.text
    court.world.settle()
    told = case_models.Filed.model_validate(answer.json())
    assert told.findings == []
    return told


def order(
    people: Client, court: Court, village: Village, case_no: str, by: tuple[str, ...], **asked: Any
) -> httpx.Response:
    """The order in the case, asked for by the first officer and signed by all of them."""
    document = {
        **asked,
        "office": village.office,
        "officer": by[0],
        **({"second_officer": by[1]} if by[1:] else {}),
        "order_no": "MR/2026/9",
        "case": case_no,
    }
    prepared = signed_request(people, court, "/v1/orders/prepare", document, by[0])
    if prepared.status_code != 200:
        return prepared
    payload = base64.b64decode(prepared.json()["payload"])
    signatures = [court.key(officer).sign_payload(dsse.EVENT, payload) for officer in by]
    envelope = base64.b64encode(dsse.seal(dsse.EVENT, payload, signatures)).decode()
    handed_in = {"envelope": envelope, "application": prepared.json()["application"]}
    answer = people.post("/v1/orders", json=handed_in)
    court.world.settle()
    return answer


def holders(people: Client, unit_id: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = people.get(f"/v1/units/{unit_id}").json()["holders"]
    return found


# ---- what clients are told -------------------------------------------------------------------------------------


def proved(people: Client, parcel_id: str) -> Verdict:
    policy = Policy.parse(people.get("/v1/about").json()["policy"])
    answer = people.get(f"/v1/parcels/{parcel_id}/proof?history=1")
    assert answer.status_code == 200, answer.text
    verdict = verify_title_proof(answer.content, policy, now=int(NOW.timestamp()), parcel=parcel_id)
    assert (verdict.status, verdict.signatures_checked) == ("current", True)
    return verdict


def waiting(people: Client, parcel_id: str) -> set[str]:
    """The cases that the parcel's record tells of, which are those that its proof shows of it and of its unit."""
    told = {p["case"] for p in people.get(f"/v1/parcels/{parcel_id}").json()["pending"]}
    states: list[Any] = [s for s in proved(people, parcel_id).states.values() if s]
    assert {p["case"] for s in states for p in s.get("pending", ())} == told
    return told


def register(people: Client, village: Village) -> list[tuple[str, str | None]]:
    """The village register, newest first, in its own words: what was entered, in which case."""
    document = people.get(f"/v1/villages/{village.lgd}/register?limit=50").json()
    return [(e.type, e.case_no) for e in models.Register.model_validate(document).items]


def noticed(people: Client, village: Village) -> list[str]:
    document = people.get(f"/v1/villages/{village.lgd}/notices").json()
    return [n.case_no for n in case_models.Lines.model_validate(document).items]


def noticed_for(people: Client, court: Court, village: Village, case_no: str, *, days: int) -> None:
    """Entered, verified and noticed by the state's officers; the notice runs its days, and nobody objects."""
    court.tick_out()
    assert shown(people, case_no)["status"] == "filed", "the state leaves nothing to the clock"
    take(people, court, case_no, "registered", "READER")
    take(people, court, case_no, "prechecked", "LEKHPAL")
    assert noticed(people, village) == []
    take(people, court, case_no, "notice-issued", "READER")
    until = date.fromisoformat(shown(people, case_no)["days"]["notice_until"])
    assert until == court.day + timedelta(days)
    assert noticed(people, village) == [case_no]
    court.day = until
    court.tick_out()
    assert shown(people, case_no)["status"] == "notice-issued"
    assert noticed(people, village) == [case_no]
    court.later(1).tick_out()
    assert shown(people, case_no)["status"] == "unopposed"
    assert noticed(people, village) == []


def rules_broken(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 422, answer.text
    return [f["rule"] for f in answer.json()["findings"]]


def test_in_andhra_pradesh_a_bank_s_charge_is_noted_without_a_notice(people: Client, court: Court) -> None:
    settled(court, AP)
    khata, field = AP.unit(3), AP.parcel(5)
    charge = {
        "unit": khata,
        "kind": "crop-loan",
        "grantors": [holders(people, khata)[0]["party"]],
        "loan": {
            "lender": "Kothapalle Grameena Bank",
            "lender_kind": "bank",
            "reference": "KCC/2026/118",
            "paise": 15_000_000,
        },
        "deed": {"number": "KCC/2026/118", "made": "2026-11-02", "by": "Kothapalle Grameena Bank"},
    }
    asked = {"type": "charge-created", "application": charge}
    filing = {**asked, "applicant": {"name": "Kothapalle Grameena Bank", "capacity": "bank"}}
    prepared = signed_request(people, court, "/v1/cases/prepare", filing, "BANK-9").json()
    envelope = base64.b64encode(court.sign("BANK-9")(base64.b64decode(prepared["payload"]))).decode()
    answer = people.post("/v1/cases/signed", json={"envelope": envelope, "form": prepared["form"]})
    assert answer.status_code == 201, answer.text
    court.world.settle()
    case_no = prepared["form"]["case_no"]

    case = shown(people, case_no, "te")
    assert (case["office"], case["lane"], case["title"]) == (AP.office, "officer", "భారం నమోదు")
    assert waiting(people, field) == waiting(people, AP.parcel(6)) == {case_no}
    assert waiting(people, AP.parcel(1)) == set()
    assert register(people, AP)[0] == ("case.filed/1", case_no)
    early = order(people, court, AP, case_no, (OFFICER,), **asked)
    assert [f["rule"] for f in early.json()["findings"]] == ["order-is-certified"]

    court.tick_out()
    assert shown(people, case_no)["status"] == "filed", "Andhra Pradesh leaves nothing to the clock"
    take(people, court, case_no, "registered", "READER")
    take(people, court, case_no, "prechecked", "LEKHPAL")
    take(people, court, case_no, "notice-not-needed", "READER")
    assert noticed(people, AP) == []
    assert shown(people, case_no)["status"] == "unopposed"
    assert waiting(people, field) == {case_no}

    answer = order(people, court, AP, case_no, (OFFICER,), **asked)
    assert answer.status_code == 202, answer.text
    case = shown(people, case_no)
    assert (case["status"], [s["officer"] for s in case["steps"]]) == (
        "carried",
        ["BANK-9", "READER", "LEKHPAL", "READER", OFFICER],
    )
    assert waiting(people, field) == waiting(people, AP.parcel(6)) == set()
    assert register(people, AP)[0] == ("mutation.charge-created/1", case_no)
    record = people.get(f"/v1/parcels/{field}").json()
    assert [(c["kind"], c["rank"]) for c in record["charges"]] == [("crop-loan", 1)]
    state: Any = proved(people, field).states["unit", khata]
    assert [(c["kind"], c["rank"]) for c in state["charges"]] == [("crop-loan", 1)]


def test_in_uttar_pradesh_an_inheritance_is_decided_and_signed_by_two_officers(
    people: Client, court: Court
) -> None:
    settled(court, UP)
    khata, fields = UP.unit(3), (UP.parcel(5), UP.parcel(6))
    deceased = holders(people, khata)[0]
    inheritance = {
        "khatas": [{"unit": khata, "holder": deceased["party"]}],
        "certificate": {
            "number": "D/2026/77",
            "made": "2026-10-05",
            "by": "Registrar of Births and Deaths, Rampur",
            "died": "2026-10-01",
        },
        "heirs": [
            {"party": {"name": name, "relation": deceased["name"]}, "share": "1/2"}
            for name in ("गुलाब", "मुन्ना")
        ],
    }
    asked = {"type": "inheritance", "application": inheritance}
    case_no = filed(people, court, "inheritance", inheritance, "heir").case_no
    assert shown(people, case_no, "hi")["title"] == "विरासत"
    assert [waiting(people, field) for field in fields] == [{case_no}] * 2
    assert register(people, UP)[0] == ("case.filed/1", case_no)

    noticed_for(people, court, UP, case_no, days=30)
    verifier = take(people, court, case_no, "allowed", "LEKHPAL")
    assert rules_broken(verifier) == ["role-takes-the-step", "another-person-acts"]
    take(people, court, case_no, "allowed", "NAIB")
    take(people, court, case_no, "certified", OFFICER)
    assert waiting(people, fields[0]) == {case_no}
    alone = order(people, court, UP, case_no, (OFFICER,), **asked)
    assert (alone.status_code, alone.json()["code"]) == (400, "second-signature")
    assert shown(people, case_no)["status"] == "certified"

    answer = order(people, court, UP, case_no, (OFFICER, "NAIB"), **asked)
    assert answer.status_code == 202, answer.text
    case = shown(people, case_no)
    assert (case["status"], case["steps"][-1]["type"]) == ("carried", "mutation.inheritance/1")
    assert [waiting(people, field) for field in fields] == [set()] * 2
    assert register(people, UP)[0] == ("mutation.inheritance/1", case_no)
    for field in fields:
        record = people.get(f"/v1/parcels/{field}").json()
        assert [(h["name"], h["share"]) for h in record["holders"]] == [("गुलाब", "1/2"), ("मुन्ना", "1/2")]
        assert "गुलाब, share 1/2" in proved(people, field).words


def test_in_maharashtra_a_partition_is_carried_once_its_notice_has_run(people: Client, court: Court) -> None:
    settled(court, MH)
    khata = MH.unit(1)
    first, second = holders(people, khata)
    partition: dict[str, Any] = {
        "unit": khata,
        "portions": [
            {"holders": [first["party"]], "parcels": [MH.parcel(1)]},
            {
                "holders": [second["party"]],
                "parcels": [MH.parcel(2), MH.parcel(3)],
                "new_unit": {"label": "5"},
            },
        ],
        "deed": {"number": "1123/2026", "made": "2026-11-02", "by": "SRO Wadgaon"},
    }
    asked = {"type": "partition", "application": partition}
    case_no = filed(people, court, "partition", partition, "co-holder").case_no
    assert shown(people, case_no)["title"] == "Partition"
    assert [waiting(people, MH.parcel(n)) for n in (1, 2, 3, 5)] == [{case_no}] * 3 + [set()]
    assert register(people, MH)[0] == ("case.filed/1", case_no)

    noticed_for(people, court, MH, case_no, days=15)
    assert waiting(people, MH.parcel(3)) == {case_no}
    other = {**partition, "portions": partition["portions"][::-1]}
    swapped = order(people, court, MH, case_no, (OFFICER,), type="partition", application=other)
    assert rules_broken(swapped) == ["unopposed-is-as-filed"]

    answer = order(people, court, MH, case_no, (OFFICER,), **asked)
    assert answer.status_code == 202, answer.text
    assert shown(people, case_no)["status"] == "carried"
    assert [waiting(people, MH.parcel(n)) for n in (1, 2, 3)] == [set()] * 3
    assert register(people, MH)[0] == ("mutation.partition/1", case_no)
    for serial, holder in ((1, first), (2, second), (3, second)):
        record = people.get(f"/v1/parcels/{MH.parcel(serial)}").json()
        assert [(h["party"], h["share"]) for h in record["holders"]] == [(holder["party"], "1/1")]
        assert f"{holder['name']}, share 1/1" in proved(people, MH.parcel(serial)).words
    units = [(proved(people, MH.parcel(n)).record or {})["unit"] for n in (1, 2, 3)]
    assert units[0] == khata != units[1] == units[2]


def sale_in_karnataka(people: Client) -> dict[str, Any]:
    """Half of Meena's khata of two fields, by a registered deed."""
    seller = holders(people, KA.unit(3))[0]["party"]
    return share_sale(seller, share="1/2", unit_id=KA.unit(3))


def test_in_karnataka_the_clock_signs_a_registered_sale_after_seven_days_and_not_before(
    people: Client, court: Court
) -> None:
    settled(court, KA)
    field = KA.parcel(5)
    receipt = filed(people, court, "sale", sale_in_karnataka(people), "transferee")
    case_no = receipt.case_no
    assert receipt.lane == "auto"
    assert waiting(people, field) == waiting(people, KA.parcel(6)) == {case_no}
    assert register(people, KA)[0] == ("case.filed/1", case_no)

    court.tick_out()
    until = date.fromisoformat(shown(people, case_no)["days"]["notice_until"])
    assert until == court.day + timedelta(7)
    court.day = until
    court.tick_out()
    assert shown(people, case_no)["status"] == "notice-issued"
    assert noticed(people, KA) == [case_no]
    assert waiting(people, field) == {case_no}

    court.later(1).tick_out()
    case = shown(people, case_no)
    assert case["status"] == "communicated"
    assert {s["officer"] for s in case["steps"][1:]} == {standing.CLOCK}
    assert noticed(people, KA) == []
    assert waiting(people, field) == waiting(people, KA.parcel(6)) == set()
    assert ("mutation.sale/1", case_no) in register(people, KA)
    assert "Sita Devi, share 1/2" in proved(people, field).words


def test_in_karnataka_a_sale_that_is_opposed_is_heard_refused_appealed_remanded_and_carried(
    people: Client, court: Court
) -> None:
    settled(court, KA)
    field, sale = KA.parcel(5), sale_in_karnataka(people)
    receipt = filed(people, court, "sale", sale, "transferee")
    case_no = receipt.case_no
    court.tick_out()
    assert people.post(f"/v1/cases/{case_no}/objections", json=OBJECTION).status_code == 201
    court.world.settle()
    court.later(10).tick_out()
    case = shown(people, case_no)
    assert (case["status"], case["objections"], case["lane"]) == ("objected", 1, "officer")
    assert noticed(people, KA) == []
    hearing = court.day + timedelta(7)
    lesser = take(people, court, case_no, "hearing-set", "NAIB", until=hearing.isoformat())
    assert rules_broken(lesser) == ["role-takes-the-step"]
    take(people, court, case_no, "hearing-set", OFFICER, until=hearing.isoformat())
    court.day = hearing
    take(people, court, case_no, "reserved", OFFICER)
    assert waiting(people, field) == {case_no}
    take(people, court, case_no, "refused", OFFICER, reason=reason("on-the-merits"))
    assert waiting(people, field) == set()

    appeal = {"step": "appealed", "secret": receipt.secret, "reason": reason("on-the-merits")}
    assert people.post(f"/v1/cases/{case_no}/requests", json=appeal).status_code == 201
    court.world.settle()
    assert shown(people, case_no)["status"] == "appealed"
    assert waiting(people, field) == {case_no}
    again = (court.day + timedelta(20)).isoformat()
    take(people, court, case_no, "remanded", "SDO", reason=reason("error-in-order"), until=again)
    case = shown(people, case_no)
    assert (case["status"], case["days"]["hearing"]) == ("hearing", again)
    court.later(20)
    take(people, court, case_no, "allowed", OFFICER)
    take(people, court, case_no, "certified", OFFICER)
    assert waiting(people, field) == {case_no}
    answer = order(people, court, KA, case_no, (OFFICER,), type="sale", application=sale)
    assert answer.status_code == 202, answer.text
    assert shown(people, case_no)["status"] == "carried"
    assert waiting(people, field) == set()
    assert register(people, KA)[0] == ("mutation.sale/1", case_no)
    assert "Sita Devi, share 1/2" in proved(people, field).words


def sale_of_khata_3(people: Client, village: Village) -> dict[str, Any]:
    (seller,) = holders(people, village.unit(3))
    return share_sale(seller["party"], share=seller["share"], unit_id=village.unit(3))


def audited(court: Court, folder: Path) -> None:
    """An auditor who has nothing but the log follows it to its end, and finds all of it lawful."""
    settings, origin = court.world.house.settings, court.world.house.origin
    verifier = NoteVerifier(founding.log_signer(settings, origin).verifier_key)
    auditor = Auditor(LogReader(Directory(settings.log)), [verifier], folder / "audit")
    try:
        assert auditor.follow().notes == ()
    finally:
        auditor.ledger.close()


def test_in_maharashtra_a_circle_officer_certifies_what_nobody_opposes(
    people: Client, court: Court, tmp_path: Path
) -> None:
    settled(court, MH)
    sale = sale_of_khata_3(people, MH)
    asked = {"type": "sale", "application": sale}
    case_no = filed(people, court, "sale", sale, "transferee").case_no
    noticed_for(people, court, MH, case_no, days=15)
    assert shown(people, case_no)["holder"]["words"] == "Circle Officer (Mandal Adhikari)"

    answer = order(people, court, MH, case_no, ("CIRCLE",), **asked)
    assert answer.status_code == 202, answer.text
    assert shown(people, case_no)["status"] == "carried"
    assert "share 1/1" in proved(people, MH.parcel(5)).words
    audited(court, tmp_path)


def test_in_maharashtra_what_is_objected_to_is_the_tahsildar_s(people: Client, court: Court) -> None:
    settled(court, MH)
    sale = sale_of_khata_3(people, MH)
    asked = {"type": "sale", "application": sale}
    case_no = filed(people, court, "sale", sale, "transferee").case_no
    take(people, court, case_no, "registered", "READER")
    take(people, court, case_no, "prechecked", "LEKHPAL")
    take(people, court, case_no, "notice-issued", "READER")
    assert people.post(f"/v1/cases/{case_no}/objections", json=OBJECTION).status_code == 201
    court.world.settle()
    until = (court.day + timedelta(20)).isoformat()
    assert rules_broken(take(people, court, case_no, "hearing-set", "CIRCLE", until=until)) == [
        "role-takes-the-step"
    ]
    take(people, court, case_no, "hearing-set", OFFICER, until=until)
    assert shown(people, case_no)["status"] == "hearing"
    court.later(20)
    refused = take(people, court, case_no, "allowed", "CIRCLE")
    assert rules_broken(refused) == ["role-takes-the-step"]
    take(people, court, case_no, "allowed", OFFICER)
    take(people, court, case_no, "certified", OFFICER)
    circle = order(people, court, MH, case_no, ("CIRCLE",), **asked)
    assert (circle.status_code, circle.json()["code"]) == (403, "role-forbids")
    assert "only in a case that nobody opposes" in circle.json()["detail"]
    assert order(people, court, MH, case_no, (OFFICER,), **asked).status_code == 202


def test_in_uttar_pradesh_the_same_officer_signs_no_sale(people: Client, court: Court) -> None:
    settled(court, UP)
    sale = sale_of_khata_3(people, UP)
    case_no = filed(people, court, "sale", sale, "transferee").case_no
    noticed_for(people, court, UP, case_no, days=30)
    answer = order(people, court, UP, case_no, ("CIRCLE",), type="sale", application=sale)
    assert (answer.status_code, answer.json()["code"]) == (403, "role-forbids")
    assert (
        "cannot be signed by CIRCLE, who serves at 9/171/901 as revenue-inspector" in answer.json()["detail"]
    )


def test_no_circle_officer_signs_a_sale_that_stands_in_no_case(people: Client, court: Court) -> None:
    settled(court, MH)
    document = {
        "type": "sale",
        "application": sale_of_khata_3(people, MH),
        "office": MH.office,
        "officer": "CIRCLE",
        "order_no": "MR/2026/9",
    }
    answer = signed_request(people, court, "/v1/orders/prepare", document, "CIRCLE")
    assert (answer.status_code, answer.json()["code"]) == (403, "role-forbids")
    assert "only in a case that nobody opposes" in answer.json()["detail"]


def test_a_village_that_comes_to_another_tehsil_is_the_collector_s(
    people: Client, court: Court, tmp_path: Path
) -> None:
    settled(court, AP, of_the_district=tuple(STAFF))
    moved = {
        "village": {"lgd": AP.lgd, "name": AP.name, "name_local": AP.name_local, "office": "28/511/5258"},
        "units": [{"unit": AP.unit(3), "label": "3"}],
        "parcels": [
            {"parcel": AP.parcel(n), "label": people.get(f"/v1/parcels/{AP.parcel(n)}").json()["label"]}
            for n in (5, 6)
        ],
        "notification": {"number": "G.O.Ms. 144", "made": "2026-11-02", "by": "Revenue Department"},
    }
    asked = {"type": "jurisdiction-reassigned", "application": moved}
    receipt = filed(people, court, "jurisdiction-reassigned", moved, "government-department")
    case_no = receipt.case_no
    assert shown(people, case_no)["office"] == AP.district
    take(people, court, case_no, "registered", "READER")
    take(people, court, case_no, "prechecked", "LEKHPAL")
    until = (court.day + timedelta(20)).isoformat()
    assert rules_broken(take(people, court, case_no, "hearing-set", OFFICER, until=until)) == [
        "role-takes-the-step"
    ]
    take(people, court, case_no, "hearing-set", "COLLECTOR", until=until)
    assert shown(people, case_no)["holder"]["role"] == "collector"
    court.later(20)
    take(people, court, case_no, "refused", "COLLECTOR", reason=reason("on-the-merits"))
    appeal = {"step": "appealed", "secret": receipt.secret, "reason": reason("on-the-merits")}
    assert people.post(f"/v1/cases/{case_no}/requests", json=appeal).status_code == 201
    court.world.settle()
    assert shown(people, case_no)["holder"]["role"] == "board-of-revenue"
    for below in ("SDO", "COLLECTOR"):
        refused = take(people, court, case_no, "appeal-allowed", below, reason=reason("on-the-merits"))
        assert "role-takes-the-step" in rules_broken(refused)
    take(people, court, case_no, "appeal-allowed", "BOARD", reason=reason("on-the-merits"))
    take(people, court, case_no, "certified", "COLLECTOR")

    tehsil = order(people, court, AP, case_no, (OFFICER,), **asked)
    assert (tehsil.status_code, tehsil.json()["code"]) == (403, "role-forbids")
    district = Village(AP.district, AP.lgd, AP.name, AP.name_local)
    answer = order(people, court, district, case_no, ("COLLECTOR",), **asked)
    assert answer.status_code == 202, answer.text
    assert shown(people, case_no)["status"] == "carried"
    assert (proved(people, AP.parcel(5)).record or {})["office"] == "28/511/5258"
    audited(court, tmp_path)


def test_a_fee_that_is_due_is_paid_in_full_before_the_case_is_registered(
    people: Client, court: Court, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """No state's fee was read; here the law of Andhra Pradesh has one from the week before."""
    figure = Law.figure

    def with_a_fee(self: Law, name: str, about: str = "") -> Figure:
        found = figure(self, name, about)
        due = name == "fee-mutation" and self.day >= court.day - timedelta(7)
        return replace(found, value=Decimal(10_000)) if due else found

    monkeypatch.setattr(Law, "figure", with_a_fee)
    settled(court, AP)
    sale = sale_of_khata_3(people, AP)
    case_no = filed(people, court, "sale", sale, "transferee").case_no
    assert shown(people, case_no)["fee_paise"] == 10_000
    unpaid = take(people, court, case_no, "registered", "READER")
    assert rules_broken(unpaid) == ["fee-is-paid"]

    part = {"paise": 9_900, "receipt": "GRN 0041-77"}
    assert rules_broken(take(people, court, case_no, "fee-paid", "READER", fee=part)) == [
        "fee-is-paid-in-full"
    ]
    assert (
        take(people, court, case_no, "fee-paid", "READER", fee={**part, "paise": 10_000}).status_code == 201
    )
    assert take(people, court, case_no, "registered", "READER").status_code == 201
    (event,) = [payload for payload, _ in court.replayed() if payload["type"] == "case.fee-paid/1"]
    assert event["facts"] == {"paid_paise": 10_000}
    assert "GRN" not in str(event)
    audited(court, tmp_path)
