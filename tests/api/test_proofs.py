"""Proofs over HTTP: what the counter gives out holds offline, and what is brought back gets an honest verdict."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from api import models
from projections.fonts import FontsMissing, font_directory
from projections.paper import attached_proof
from registry.log.policy import Policy
from registry.verify import verify_title_proof
from tests.api.asking import Client
from tests.api.world import NOW, World, parcel, share_sale


@pytest.fixture(scope="module")
def proof(client: Client) -> bytes:
    answer = client.get(f"/v1/parcels/{parcel(1)}/proof")
    assert answer.status_code == 200
    return answer.content


def verdict(answer: httpx.Response) -> models.Verdict:
    assert answer.status_code == 200, answer.text
    return models.Verdict.model_validate(answer.json())


def test_a_proof_holds_offline_under_the_published_policy(client: Client, proof: bytes) -> None:
    policy = Policy.parse(client.get("/v1/about").json()["policy"])
    found = verify_title_proof(proof, policy, now=int(NOW.timestamp()), parcel=parcel(1))
    assert found.status == "current"
    assert "आशा देवी, share 1/3" in found.words


def test_a_proof_with_history_lets_the_signatures_be_checked(client: Client) -> None:
    data = client.get(f"/v1/parcels/{parcel(1)}/proof?history=1").content
    policy = Policy.parse(client.get("/v1/about").json()["policy"])
    assert verify_title_proof(data, policy, now=int(NOW.timestamp())).signatures_checked


def test_a_parcel_that_was_never_registered_gets_a_proof_of_that(client: Client) -> None:
    data = client.get("/v1/parcels/999101-000999/proof").content
    found = verdict(client.post("/v1/verify", content=data))
    assert (found.verdict, found.status) == ("holds", "absent")


def test_the_counter_finds_its_own_proof_good(client: Client, proof: bytes) -> None:
    found = verdict(client.post("/v1/verify", content=proof))
    assert (found.verdict, found.reasons, found.parcel) == ("holds", [], parcel(1))
    assert "offline" in found.note


def test_a_file_in_a_form_is_read_as_well(client: Client, proof: bytes) -> None:
    answer = client.post("/v1/verify", files={"file": ("title-proof.json", proof, "application/json")})
    assert verdict(answer).verdict == "holds"


def test_a_changed_letter_is_found(client: Client, proof: bytes) -> None:
    found = verdict(client.post("/v1/verify", content=proof.replace("आशा".encode(), "उषा".encode())))
    assert found.verdict == "rejected"
    assert [r.code for r in found.reasons] == ["unfounded-opening"]
    assert found.words is None


@pytest.mark.parametrize("at", [1, 100, 500, -3])
def test_any_changed_byte_is_found(client: Client, proof: bytes, at: int) -> None:
    changed = bytearray(proof)
    changed[at] ^= 1
    assert verdict(client.post("/v1/verify", content=bytes(changed))).verdict == "rejected"


def test_a_proof_of_another_parcel_does_not_do(client: Client, proof: bytes) -> None:
    found = verdict(client.post(f"/v1/verify?parcel={parcel(2)}", content=proof))
    assert (found.verdict, found.reasons[0].code) == ("rejected", "other-parcel")


@pytest.mark.parametrize("data", [b"{}", b"\xff\xfe", b"%PDF-1.7 nothing", b"x" * 5_000_000, b"[" * 100_000])
def test_what_is_no_proof_is_rejected_with_the_reason(client: Client, data: bytes) -> None:
    found = verdict(client.post("/v1/verify", content=data))
    assert found.verdict == "rejected"
    assert found.reasons[0].sentence


@pytest.mark.parametrize(
    "sent",
    [{}, {"files": {"file": ("x", b"")}}, {"files": {"other": ("x", b"x")}}, {"data": {"file": "x"}}],
    ids=["nothing", "an empty file", "another field", "no file"],
)
def test_nothing_handed_over_is_a_mistake_and_not_a_verdict(client: Client, sent: Any) -> None:
    headers = {} if "files" in sent else {"content-type": "multipart/form-data; boundary=x"}
    answer = client.post("/v1/verify", headers=headers if "data" in sent else {}, **sent)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_genuine_proof_of_yesterday_is_told_to_be_superseded(counter: Client, world: World) -> None:
    """The attack that really happens: an old extract passed off as current."""
    old = counter.get(f"/v1/parcels/{parcel(1)}/proof").content
    holder = counter.get(f"/v1/parcels/{parcel(1)}").json()["holders"][0]["party"]
    world.record("sale", share_sale(holder))
    found = verdict(counter.post("/v1/verify", content=old))
    assert (found.verdict, [r.code for r in found.reasons]) == ("superseded", ["superseded"])
    assert found.current_version == 1  # of the parcel: it is the unit that has changed
    assert verdict(counter.post("/v1/verify", content=counter.get(f"/v1/parcels/{parcel(1)}/proof").content))


@pytest.fixture(scope="module")
def fonts() -> None:
    """The fonts of paper."""
    try:
        font_directory()
    except FontsMissing as missing:
        pytest.skip(str(missing))


@pytest.mark.usefixtures("fonts")
class TestExtracts:
    def test_the_extract_carries_a_proof_that_the_counter_accepts(self, client: Client) -> None:
        answer = client.get(f"/v1/parcels/{parcel(1)}/record.pdf")
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"] == "application/pdf"
        found = verdict(client.post("/v1/verify", files={"file": ("record.pdf", answer.content)}))
        assert (found.verdict, found.parcel) == ("holds", parcel(1))
        assert b"landlog/title-proof@v1" in attached_proof(answer.content)

    def test_the_same_record_gives_the_same_paper(self, client: Client) -> None:
        first = client.get(f"/v1/parcels/{parcel(2)}/record.pdf?lang=en")
        held = {"If-None-Match": first.headers["etag"]}
        assert client.get(f"/v1/parcels/{parcel(2)}/record.pdf?lang=en", headers=held).status_code == 304

    def test_a_parcel_that_was_never_registered_has_no_paper(self, client: Client) -> None:
        assert client.get("/v1/parcels/999101-000999/record.pdf").status_code == 404
