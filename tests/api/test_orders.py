"""Orders over HTTP: asked for by a signed request, signed, handed in once; and what a bad one is told."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from typing import Any

import httpx
import pytest

from api import models, operation_models
from api.signed_requests import authorization
from domain.canon import canonical, parse_object
from registry import dsse
from registry.keys import Key
from registry.log.checkpoint import open_checkpoint
from registry.log.note import NoteVerifier, VerifierKey
from registry.log.tlog_proof import parse_tlog_proof, verify_tlog_proof
from tests.api.asking import Client
from tests.api.world import (
    BANK_CLERK,
    OFFICE,
    OFFICER,
    ORIGIN,
    World,
    b64,
    devgarh,
    parcel,
    share_sale,
    unit,
)

PREPARE = "/v1/orders/prepare"


def asha(client: Client) -> str:
    return str(client.get(f"/v1/parcels/{parcel(1)}").json()["holders"][0]["party"])


def asked(application: Any, **more: Any) -> dict[str, Any]:
    return {
        "type": "sale",
        "application": application,
        "office": OFFICE,
        "officer": OFFICER,
        "order_no": "MR/2026/2",
        **more,
    }


def prepare(client: Client, world: World, document: Any, *, key: Key | None = None) -> httpx.Response:
    body = json.dumps(document).encode()
    header = authorization(
        key or world.officer, origin=ORIGIN, method="POST", path=PREPARE, at=world.at, body=body
    )
    return client.post(PREPARE, content=body, headers={"Authorization": header})


def hand_in(
    client: Client, entry: bytes, application: Any, *, wait: float = 0, **more: Any
) -> httpx.Response:
    return client.post(
        f"/v1/orders?wait={wait}", json={"envelope": b64(entry), "application": application, **more}
    )


def signed(world: World, prepared: dict[str, Any]) -> bytes:
    return world.sealed(base64.b64decode(prepared["payload"]))


@pytest.fixture
def prepared(counter: Client, world: World) -> dict[str, Any]:
    """Asha's third, ready to be signed."""
    answer = prepare(counter, world, asked(share_sale(asha(counter))))
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.json()
    return document


def expect_problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    assert (answer.status_code, answer.json().get("code")) == (status, code), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    told: dict[str, Any] = answer.json()
    assert told["detail"]
    return told


class TestOneOrder:
    def test_what_is_to_be_signed_is_told_in_words_and_bytes(self, prepared: dict[str, Any]) -> None:
        told = models.Prepared.model_validate(prepared)
        payload = base64.b64decode(told.payload)
        assert told.payload_sha256 == sha256(payload).hexdigest()
        assert parse_object(payload)["type"] == "mutation.sale/1"
        assert told.title == "Sale"
        assert told.effects == [f"unit 1 ({unit(1)}): shares"]
        assert all(b["party"]["salt"] for b in told.application["buyers"])

    def test_it_is_accepted_at_once_and_has_its_place_in_the_log_soon(
        self, counter: Client, world: World, prepared: dict[str, Any]
    ) -> None:
        answer = hand_in(counter, signed(world, prepared), prepared["application"])
        assert answer.status_code == 202
        receipt = models.Receipt.model_validate(answer.json())
        assert (receipt.status, receipt.index) == ("accepted", None)
        assert answer.headers["location"] == receipt.link

        world.settle()
        receipt = models.Receipt.model_validate(counter.get(receipt.link).json())
        assert receipt.status == "published"
        assert receipt.touches == [models.Touched(id=unit(1), version=2)]

    def test_its_receipt_proves_that_it_is_in_the_log(
        self, counter: Client, world: World, prepared: dict[str, Any]
    ) -> None:
        entry = signed(world, prepared)
        link = hand_in(counter, entry, prepared["application"]).json()["link"]
        world.settle()
        receipt = models.Receipt.model_validate(counter.get(link).json())
        assert receipt.entry_sha256 == sha256(entry).hexdigest()
        proof = parse_tlog_proof(str(receipt.inclusion))
        key = counter.get("/v1/about").json()["log_keys"][0]
        checkpoint, _ = open_checkpoint(proof.checkpoint.encode(), [NoteVerifier(VerifierKey.parse(key))])
        verify_tlog_proof(proof, entry=entry, checkpoint=checkpoint)
        assert proof.index == receipt.index

    def test_who_waits_gets_the_index_if_it_comes_in_time(
        self, counter: Client, world: World, prepared: dict[str, Any]
    ) -> None:
        house = world.house
        submit = house.office.submit

        def and_sequence(*args: Any, **more: Any) -> Any:
            receipt = submit(*args, **more)
            world.settle()
            return receipt

        house.office.submit = and_sequence  # type: ignore[method-assign]  # `landlog work` at that very moment
        answer = hand_in(counter, signed(world, prepared), prepared["application"], wait=5)
        assert answer.status_code == 201
        assert models.Receipt.model_validate(answer.json()).index == 12

    def test_handed_in_twice_it_counts_once(
        self, counter: Client, world: World, prepared: dict[str, Any]
    ) -> None:
        entry = signed(world, prepared)
        assert hand_in(counter, entry, prepared["application"]).status_code == 202
        expect_problem(hand_in(counter, entry, prepared["application"]), 409, "already-accepted")
        world.settle()
        expect_problem(hand_in(counter, entry, prepared["application"]), 409, "already-accepted")

    def test_of_two_officers_with_the_same_share_one_wins(
        self, counter: Client, world: World, prepared: dict[str, Any]
    ) -> None:
        other = prepare(counter, world, asked(share_sale(asha(counter)))).json()
        assert hand_in(counter, signed(world, prepared), prepared["application"]).status_code == 202
        world.settle()
        told = expect_problem(
            hand_in(counter, signed(world, other), other["application"]), 409, "record-changed"
        )
        assert "sign" in told["remedy"]

    def test_while_the_first_waits_for_its_place_the_second_is_told_to_wait(
        self, counter: Client, world: World, prepared: dict[str, Any]
    ) -> None:
        assert hand_in(counter, signed(world, prepared), prepared["application"]).status_code == 202
        answer = prepare(counter, world, asked(share_sale(prepared["application"]["sellers"][0]["party"])))
        expect_problem(answer, 409, "not-yet-sequenced")
        assert answer.headers["retry-after"] == "1"


class TestWhoAsks:
    """``prepare`` draws serial numbers: the request is signed by the officer who is to sign the order."""

    def test_nobody_in_particular_is_refused(self, counter: Client) -> None:
        answer = counter.post(PREPARE, json=asked(share_sale("-")))
        expect_problem(answer, 401, "not-signed")
        assert answer.headers["www-authenticate"].startswith("Landlog")

    def test_a_stranger_s_key_is_refused(self, counter: Client, world: World) -> None:
        expect_problem(
            prepare(counter, world, asked(share_sale("-")), key=Key.generate()), 403, "unknown-key"
        )

    def test_a_role_that_may_not_sign_may_not_ask(self, counter: Client, world: World) -> None:
        document = asked(share_sale("-"), officer=BANK_CLERK)
        expect_problem(prepare(counter, world, document, key=world.clerk), 403, "role-forbids")

    def test_a_key_speaks_for_its_own_officer_only(self, counter: Client, world: World) -> None:
        expect_problem(prepare(counter, world, asked(share_sale("-")), key=world.clerk), 403, "other-officer")

    @pytest.mark.parametrize(
        ("change", "code", "status"),
        [
            (lambda body, at: (body + b" ", at), "bad-signature", 403),
            (lambda body, at: (body, at - timedelta(minutes=6)), "not-signed", 401),
            (lambda body, at: (body, at + timedelta(minutes=6)), "not-signed", 401),
        ],
        ids=["another body", "too old", "of the future"],
    )
    def test_a_signature_is_for_one_body_and_five_minutes(
        self, counter: Client, world: World, change: Callable[..., Any], code: str, status: int
    ) -> None:
        body = json.dumps(asked(share_sale("-"))).encode()
        sent, at = change(body, world.at)
        header = authorization(world.officer, origin=ORIGIN, method="POST", path=PREPARE, at=at, body=body)
        answer = counter.post(PREPARE, content=sent, headers={"Authorization": header})
        expect_problem(answer, status, code)

    def test_a_signature_for_another_registry_is_none_here(self, counter: Client, world: World) -> None:
        body = json.dumps(asked(share_sale("-"))).encode()
        header = authorization(
            world.officer, origin="other.example/land", method="POST", path=PREPARE, at=world.at, body=body
        )
        expect_problem(
            counter.post(PREPARE, content=body, headers={"Authorization": header}), 403, "bad-signature"
        )


class TestBadApplications:
    """Issue 2, "Bad input", as far as it reaches the counter: nothing is changed, and the remedy is named."""

    def ask(self, counter: Client, world: World, application: Any, **more: Any) -> httpx.Response:
        before = counter.get("/v1/about").json()["log_size"]
        answer = prepare(counter, world, asked(application, **more))
        assert counter.get("/v1/about").json()["log_size"] == before
        return answer

    def test_a_seller_who_does_not_hold_the_share(self, counter: Client, world: World) -> None:
        told = expect_problem(
            self.ask(counter, world, share_sale(asha(counter), share="1/2")), 422, "refused"
        )
        (finding,) = told["findings"]
        assert "1/3" in finding["detail"]
        assert finding["source"]
        assert finding["remedy"]

    def test_all_the_rules_that_are_broken_are_told_at_once(self, counter: Client, world: World) -> None:
        sale = share_sale(asha(counter), share="1/2")
        sale["buyers"][0]["share"] = "1/2"
        sale["deed"]["made"] = "2030-01-01"
        told = expect_problem(self.ask(counter, world, sale), 422, "refused")
        assert len({f["rule"] for f in told["findings"]}) == 3

    def test_a_form_with_faults_names_every_field(self, counter: Client, world: World) -> None:
        sale = share_sale(asha(counter))
        sale["sellers"][0]["share"] = "0.33"
        sale["deed"]["made"] = "31-12-2026"
        sale["colour"] = "red"
        del sale["consideration"]
        told = expect_problem(self.ask(counter, world, sale), 422, "bad-form")
        fields = {f["field"] for f in told["faults"]}
        assert fields == {"sellers[0].share", "deed.made", "colour", "consideration"}

    def test_a_khata_that_is_not_in_the_record(self, counter: Client, world: World) -> None:
        told = expect_problem(
            self.ask(counter, world, share_sale("A" * 43 + "=", unit_id=unit(99))), 422, "refused"
        )
        assert [f["rule"] for f in told["findings"]] == ["all-named-exist"]

    def test_shares_that_do_not_add_up(self, counter: Client, world: World) -> None:
        application = {
            "village": {"lgd": "999101", "name": "Devgarh", "name_local": None, "office": OFFICE},
            "source": "Khatauni",
            "units": [
                {
                    "label": "9",
                    "tenure": "transferable",
                    "holders": [
                        {"party": {"name": "A"}, "share": "1/3"},
                        {"party": {"name": "B"}, "share": "1/3"},
                    ],
                }
            ],
            "parcels": [
                {
                    "label": "1",
                    "unit": 0,
                    "area": {"figure": "0.1", "unit": "hectare"},
                    "land_class": "private",
                    "use": "dry",
                }
            ],
        }
        told = expect_problem(self.ask(counter, world, application, type="import"), 422, "refused")
        details = sorted(f["detail"] for f in told["findings"])
        assert details == ["9: 1/3 + 1/3", f"parcel 1 is borne by {parcel(1)}"]

    def test_a_type_that_is_not_known(self, counter: Client, world: World) -> None:
        told = expect_problem(self.ask(counter, world, {}, type="exchange-of-wives"), 404, "not-found")
        assert "sale" in told["remedy"]

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            (b"", "body"),
            (b"[]", "body"),
            (b'{"type":"sale","type":"sale"}', "body"),
            (b'{"type":1.5}', "body"),
            (b'{"type":"sale"', "body"),
            (b'{"type":"\xff"}', "body"),
            (b'{"a":' * 70 + b"1" + b"}" * 70, "body"),
            (b"[" * 200_000, "body"),
            (b'{"type":"sale"}', "application"),
        ],
        ids=[
            "empty", "no object", "twice", "fraction", "cut", "not UTF-8", "deep", "very deep", "members missing",
        ],
    )  # fmt: skip
    def test_a_body_that_cannot_be_read(self, counter: Client, world: World, body: bytes, field: str) -> None:
        header = authorization(
            world.officer, origin=ORIGIN, method="POST", path=PREPARE, at=world.at, body=body
        )
        answer = counter.post(PREPARE, content=body, headers={"Authorization": header})
        assert expect_problem(answer, 400, "bad-input")["field"] == field

    def test_shapes_that_are_no_base64(self, counter: Client, world: World) -> None:
        answer = self.ask(counter, world, share_sale(asha(counter)), shapes={"A" * 43 + "=": "*"})
        assert expect_problem(answer, 400, "bad-input")["field"].startswith("shapes.")


class TestBadOrders:
    def test_signed_by_the_wrong_key(self, counter: Client, world: World, prepared: dict[str, Any]) -> None:
        payload = base64.b64decode(prepared["payload"])
        entry = world.sealed(payload, by=Key.generate())
        expect_problem(hand_in(counter, entry, prepared["application"]), 403, "unknown-key")
        entry = world.sealed(payload, by=world.clerk)
        expect_problem(hand_in(counter, entry, prepared["application"]), 403, "other-officer")

    def test_with_a_changed_payload(self, counter: Client, world: World, prepared: dict[str, Any]) -> None:
        payload = base64.b64decode(prepared["payload"])
        envelope = dsse.parse_envelope(world.sealed(payload))
        forged = payload.replace(b'"order_no":"MR/2026/2"', b'"order_no":"MR/2026/3"')
        entry = dsse.seal(dsse.EVENT, forged, envelope.signatures)
        expect_problem(hand_in(counter, entry, prepared["application"]), 403, "bad-signature")

    def test_for_another_registry(self, counter: Client, world: World, prepared: dict[str, Any]) -> None:
        payload = {
            **parse_object(base64.b64decode(prepared["payload"])),
            "origin": "registry.example/land/other",
        }
        entry = world.sealed(canonical(payload))
        told = expect_problem(hand_in(counter, entry, prepared["application"]), 400, "foreign-order")
        assert told["field"] == "origin"

    def test_with_another_application_than_was_signed(
        self, counter: Client, world: World, prepared: dict[str, Any]
    ) -> None:
        application = {**prepared["application"]}
        application["consideration"] = {**application["consideration"], "paise": 1}
        answer = hand_in(counter, signed(world, prepared), application)
        expect_problem(answer, 400, "not-what-was-signed")

    @pytest.mark.parametrize(
        ("document", "field", "status"),
        [
            ({"envelope": "%%%", "application": {}}, "envelope", 400),
            ({"application": {}}, "envelope", 400),
            ({"envelope": b64(b"{}"), "application": {}, "more": 1}, "more", 400),
            ({"envelope": b64(b"{}"), "application": {}, "shapes": []}, "shapes", 400),
        ],
    )
    def test_that_are_no_orders(
        self, counter: Client, document: dict[str, Any], field: str, status: int
    ) -> None:
        assert (
            expect_problem(counter.post("/v1/orders", json=document), status, "bad-input")["field"] == field
        )

    def test_whose_envelope_is_none(self, counter: Client) -> None:
        answer = counter.post("/v1/orders", json={"envelope": b64(b"{}"), "application": {}})
        expect_problem(answer, 400, "malformed-envelope")

    def test_that_ask_to_wait_for_ever(self, counter: Client) -> None:
        told = expect_problem(counter.post("/v1/orders?wait=3600", json={}), 400, "bad-request")
        assert told["field"] == "wait"


class TestSplits:
    """Measured only: nothing is recorded, no number is drawn."""

    def cut(self, client: Client, *points: tuple[float, float], number: int = 1) -> httpx.Response:
        line = {"type": "LineString", "coordinates": [list(p) for p in points]}
        return client.post(f"/v1/parcels/{parcel(number)}/split", json=line)

    def test_the_children_are_ready_for_an_application(self, client: Client) -> None:
        answer = self.cut(client, (78.0002, 24.9), (78.0002, 25.1))
        split = operation_models.Split.model_validate(answer.json())
        assert [c.label for c in split.children] == ["1/1", "1/2"]
        assert [(c.area.figure, c.area.unit) for c in split.children] == [
            ("0.1340", "hectare"),
            ("0.2681", "hectare"),
        ]
        assert (split.measured.gap_m2, split.measured.overlap_m2) == ("0.00", "0.00")
        assert split.measured.unmatched_edges == 0
        for child in split.children:
            body = base64.b64decode(child.canonical)
            assert child.geometry == b64(sha256(body).digest())
        assert split.svg.startswith("<svg")

    def test_a_partition_along_the_measured_line_is_recorded(self, counter: Client, world: World) -> None:
        holders = [h["party"] for h in counter.get(f"/v1/parcels/{parcel(2)}").json()["holders"]]
        answer = self.cut(counter, (78.0009, 24.9), (78.0009, 25.1), number=2)
        west, east = (
            {name: child[name] for name in ("label", "area", "geometry")}
            for child in answer.json()["children"]
        )
        application = {
            "unit": unit(1),
            "split": parcel(2),
            "deed": {"number": "7/2026", "made": "2026-11-10", "by": "Tahsil"},
            "portions": [
                {"holders": holders[:1], "parcels": [parcel(1)], "children": [west]},
                {
                    "holders": holders[1:],
                    "parcels": [parcel(3)],
                    "children": [east],
                    "new_unit": {"label": "5"},
                },
            ],
        }
        shapes = {c["geometry"]: c["canonical"] for c in answer.json()["children"]}
        told = prepare(counter, world, asked(application, type="partition", shapes=shapes))
        assert told.status_code == 200, told.text
        entry = signed(world, told.json())
        accepted = hand_in(counter, entry, told.json()["application"], shapes=shapes)
        assert accepted.status_code == 202, accepted.text
        world.settle()
        retired = models.Parcel.model_validate(counter.get(f"/v1/parcels/{parcel(2)}").json())
        assert retired.status == "retired"
        assert [s.label for s in retired.successors] == ["2/1", "2/2"]
        again = self.cut(counter, (78.0009, 24.9), (78.0009, 25.1), number=2)
        expect_problem(again, 400, "not-divisible")

    @pytest.mark.parametrize(
        ("points", "words"),
        [
            (((79.0, 24.9), (79.0, 25.1)), "misses"),
            (((78.0000001, 24.9), (78.0000001, 25.1)), "sliver"),
            (((78.0002, 25.0002), (78.0003, 25.0003)), "inside"),
            (((500_000.0, 2_800_000.0), (500_100.0, 2_800_000.0)), "longitude"),
        ],
        ids=["misses", "sliver", "ends inside", "wrong CRS"],
    )
    def test_a_line_that_does_not_divide_is_told_why(
        self, client: Client, points: tuple[tuple[float, float], ...], words: str
    ) -> None:
        told = expect_problem(self.cut(client, *points), 400, "bad-input")
        assert told["field"] == "line"
        assert words in told["detail"]
        assert told["remedy"]

    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"type": "Point", "coordinates": [78, 25]},
            {"type": "LineString", "coordinates": [[78, 25]]},
            {"type": "LineString", "coordinates": [[78, "x"], [78, 25]]},
            {"type": "LineString", "coordinates": [[78, True], [78, 25]]},
            {"type": "LineString", "coordinates": [[78, 1e308], [78, 25]]},
            {"type": "Feature", "geometry": None},
        ],
    )
    def test_what_is_no_line_is_refused(self, client: Client, body: Any) -> None:
        told = expect_problem(client.post(f"/v1/parcels/{parcel(1)}/split", json=body), 400, "bad-input")
        assert told["field"] == "line"

    def test_a_number_beyond_all_bounds_is_refused(self, client: Client) -> None:
        body = b'{"type":"LineString","coordinates":[[1e999,1],[2,2]]}'
        expect_problem(client.post(f"/v1/parcels/{parcel(1)}/split", content=body), 400, "bad-input")


class TestIdsOfNewThings:
    """An id is given once, by the office: no order overwrites a parcel, none takes an id that is given tomorrow."""

    def ask(self, counter: Client, world: World, identifier: str) -> httpx.Response:
        application: Any = devgarh()
        application["parcels"][0]["id"] = identifier
        application["parcels"][0]["label"] = "9991"
        application["units"][0]["label"] = "9991"
        return prepare(
            counter,
            world,
            asked(application, type="import"),
        )

    def test_a_parcel_that_is_registered_is_not_registered_again_over_it(
        self, counter: Client, world: World
    ) -> None:
        before = counter.get(f"/v1/parcels/{parcel(1)}").content
        expect_problem(self.ask(counter, world, parcel(1)), 400, "not-new")
        assert counter.get(f"/v1/parcels/{parcel(1)}").content == before

    def test_an_id_that_the_office_has_not_issued_is_refused(self, counter: Client, world: World) -> None:
        expect_problem(self.ask(counter, world, parcel(900_000)), 400, "not-new")
