"""Villages, parcels and units over HTTP: what the record shows, in the shape that OpenAPI promises."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from api import models
from tests.api.asking import Client
from tests.api.world import LGD, World, parcel, share_sale, unit


def holders(document: dict[str, object]) -> list[tuple[str | None, str | None]]:
    return [(h.name, h.share) for h in models.Parcel.model_validate(document).holders]


def asha(client: Client) -> str:
    return str(client.get(f"/v1/parcels/{parcel(1)}").json()["holders"][0]["party"])


def test_the_record_of_rights_says_who_holds_what_as_of_which_checkpoint(client: Client) -> None:
    answer = client.get(f"/v1/parcels/{parcel(2)}")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    record = models.Parcel.model_validate(answer.json())
    assert (record.label, record.village.name, record.unit.unit_id) == ("2", "Devgarh", unit(1))
    assert holders(answer.json()) == [("आशा देवी", "1/3"), ("रवीना देवी", "2/3")]
    assert record.charges == record.restrictions == record.holds == record.pending == []
    assert record.as_of.checkpoint_size == client.get("/v1/about").json()["log_size"]


def test_what_the_state_calls_things_comes_when_a_language_is_asked_for(client: Client) -> None:
    words = models.Parcel.model_validate(client.get(f"/v1/parcels/{parcel(2)}?lang=hi").json()).words
    assert words is not None
    assert (words["holder"], words["irrigated"]) == ("खातेदार", "सिंचित")
    assert models.Parcel.model_validate(client.get(f"/v1/parcels/{parcel(2)}").json()).words is None


def test_a_record_that_is_known_already_is_not_sent_again(client: Client) -> None:
    first = client.get(f"/v1/parcels/{parcel(1)}")
    again = client.get(f"/v1/parcels/{parcel(1)}", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    several = {"If-None-Match": f'"abc", W/{first.headers["etag"]}'}
    assert client.get(f"/v1/parcels/{parcel(1)}", headers=several).status_code == 304
    other = client.get(f"/v1/parcels/{parcel(2)}", headers={"If-None-Match": first.headers["etag"]})
    assert other.status_code == 200


def test_the_tag_changes_with_the_holders_though_the_parcel_itself_does_not(
    counter: Client, world: World
) -> None:
    before = counter.get(f"/v1/parcels/{parcel(1)}")
    world.record("sale", share_sale(asha(counter)))
    after = counter.get(f"/v1/parcels/{parcel(1)}", headers={"If-None-Match": before.headers["etag"]})
    assert after.status_code == 200
    assert after.json()["version"] == before.json()["version"]
    assert holders(after.json()) == [("रवीना देवी", "2/3"), ("Sita Devi", "1/3")]


@pytest.mark.parametrize("query", ["dev", "DEVGARH", "देवगढ", "देवगढ़", LGD, ""])
def test_a_village_is_found_in_any_script_and_by_its_code(client: Client, query: str) -> None:
    found = models.Villages.model_validate(client.get("/v1/villages", params={"q": query}).json())
    assert [v.lgd for v in found.items] == [LGD]
    assert found.next is None


def test_a_village_tells_how_good_its_record_is(client: Client) -> None:
    village = models.PlacedVillage.model_validate(client.get(f"/v1/villages/{LGD}").json())
    assert (village.parcels, village.recorded_m2) == (9, "36189.0000")
    assert village.grades.model_dump() == {"A": 6, "B": 3, "C": 0, "D": 0}


@pytest.mark.parametrize("label", ["2", "२", "౨", " 2 "])
def test_a_parcel_is_found_by_its_number_in_any_digits(client: Client, label: str) -> None:
    found = client.get(f"/v1/villages/{LGD}/parcels", params={"label": label}).json()
    assert [p.label for p in models.Parcels.model_validate(found).items] == ["2"]


def test_a_list_comes_in_pages_and_each_parcel_once(client: Client) -> None:
    seen: list[str] = []
    address: str | None = f"/v1/villages/{LGD}/parcels?limit=4"
    pages = 0
    while address:
        page = models.Parcels.model_validate(client.get(address).json())
        seen += [p.label for p in page.items]
        address, pages = page.next, pages + 1
    assert seen == [str(n) for n in range(1, 10)]
    assert pages == 3


@pytest.mark.parametrize("cursor", ["bm9uc2Vuc2U", "W10", "WzEsMiwzXQ", "WyJ4IiwgMV0", "eyJhIjoxfQ"])
def test_a_cursor_of_nobodys_is_refused(client: Client, cursor: str) -> None:
    answer = client.get(f"/v1/villages/{LGD}/parcels?cursor={cursor}")
    assert answer.status_code == 404
    assert answer.json()["field"] == "cursor"


def test_the_register_of_mutations_is_read_newest_first(counter: Client, world: World) -> None:
    world.record("sale", share_sale(asha(counter)))
    page = models.Register.model_validate(counter.get(f"/v1/villages/{LGD}/register?limit=1&lang=hi").json())
    assert [(e.type, e.title, e.touches) for e in page.items] == [("mutation.sale/1", "विक्रय", [unit(1)])]
    older = models.Register.model_validate(counter.get(str(page.next)).json())
    assert [e.type for e in older.items] == ["mutation.import/1"]


def test_a_unit_lists_its_parcels_and_its_holders(client: Client) -> None:
    khata = models.Unit.model_validate(client.get(f"/v1/units/{unit(4)}").json())
    assert [p.label for p in khata.parcels] == ["7", "8", "9"]
    assert [(h.name, h.share) for h in khata.holders] == [("गोपाल", None), ("मोहन", None)]
    assert not khata.shares_determined


def test_the_history_of_a_parcel_names_what_befell_its_unit_and_who_signed(
    counter: Client, world: World
) -> None:
    world.record("sale", share_sale(asha(counter)))
    events = models.History.model_validate(counter.get(f"/v1/parcels/{parcel(1)}/history").json()).events
    assert [(e.type, e.on.id, e.on.version) for e in events] == [
        ("mutation.import/1", parcel(1), 1),
        ("mutation.sale/1", unit(1), 2),
    ]
    assert [e.index for e in events] == sorted(e.index for e in events)
    assert {k for e in events for k in e.keyids} == {world.officer.keyid}


def test_a_unit_s_events_count_only_while_the_parcel_is_in_it(counter: Client, world: World) -> None:
    sellers = [
        {"party": h["party"], "share": h["share"]}
        for h in counter.get(f"/v1/parcels/{parcel(3)}").json()["holders"]
    ]
    garden = {**share_sale("-"), "sold": "parcels", "parcels": [parcel(3)], "sellers": sellers}
    world.record("sale", {**garden, "new_unit": {"label": "46"}})
    world.record("sale", share_sale(asha(counter)))
    events = models.History.model_validate(counter.get(f"/v1/parcels/{parcel(3)}/history").json()).events
    assert [e.type for e in events] == ["mutation.import/1", "mutation.sale/1"]
    assert events[-1].unit_id == unit(5)


class TestThePast:
    """``as_of`` a day of decision, ``known_at`` an instant of the log."""

    @pytest.fixture
    def sold(self, counter: Client, world: World) -> Client:
        """Asha's third was sold; entered at 10:00 UTC on the 25th, decided on the 24th."""
        world.record(
            "sale",
            share_sale(asha(counter)),
            day=date(2026, 11, 24),
            at=datetime(2026, 11, 25, 10, tzinfo=UTC),
        )
        return counter

    def then(self, client: Client, query: str) -> models.Parcel:
        answer = client.get(f"/v1/parcels/{parcel(1)}?{query}")
        assert answer.status_code == 200, answer.text
        return models.Parcel.model_validate(answer.json())

    def test_the_day_before_the_order_was_decided_asha_held_her_third(self, sold: Client) -> None:
        record = self.then(sold, "as_of=2026-11-23")
        assert [h.name for h in record.holders] == ["आशा देवी", "रवीना देवी"]
        assert record.as_of.date == "2026-11-23"

    def test_on_the_day_of_the_order_the_buyer_holds_it(self, sold: Client) -> None:
        assert [h.name for h in self.then(sold, "as_of=2026-11-24").holders] == ["रवीना देवी", "Sita Devi"]

    def test_before_the_log_had_the_order_nobody_could_know_of_it(self, sold: Client) -> None:
        known = self.then(sold, "known_at=2026-11-25T09:59:59Z")
        assert [h.name for h in known.holders] == ["आशा देवी", "रवीना देवी"]
        assert [h.name for h in self.then(sold, "known_at=2026-11-25T10:00:00Z").holders] == [
            "रवीना देवी",
            "Sita Devi",
        ]

    def test_both_together_ask_what_was_known_then_of_a_day(self, sold: Client) -> None:
        record = self.then(sold, "as_of=2026-11-24&known_at=2026-11-25T09:00:00Z")
        assert [h.name for h in record.holders] == ["आशा देवी", "रवीना देवी"]

    def test_the_past_of_today_is_the_present(self, sold: Client) -> None:
        today = sold.get(f"/v1/parcels/{parcel(1)}").json()
        past = sold.get(f"/v1/parcels/{parcel(1)}?as_of=2030-01-01&known_at=2030-01-01T00:00:00Z").json()
        assert {**past, "as_of": None} == {**today, "as_of": None}

    def test_an_order_that_builds_on_a_later_one_does_not_count_alone(
        self, counter: Client, world: World
    ) -> None:
        """Recorded second but decided first: without the order before it, it cannot be applied."""
        world.record("sale", share_sale(asha(counter)), day=date(2026, 11, 24))
        party = counter.get(f"/v1/parcels/{parcel(1)}").json()["holders"][1]["party"]
        world.record("sale", share_sale(party), day=date(2026, 11, 22))
        record = self.then(counter, "as_of=2026-11-23")
        assert [h.name for h in record.holders] == ["आशा देवी", "रवीना देवी"]

    @pytest.mark.parametrize("query", ["as_of=2026-11-20", "known_at=2026-11-20T00:00:00Z"])
    def test_before_its_registration_there_was_no_such_parcel(self, client: Client, query: str) -> None:
        answer = client.get(f"/v1/parcels/{parcel(1)}?{query}")
        assert answer.status_code == 404
        assert answer.json()["field"] == query.partition("=")[0]

    @pytest.mark.parametrize(
        "query", ["as_of=2026-02-30", "as_of=yesterday", "known_at=2026-11-31T00:00:00Z"]
    )
    def test_a_day_that_is_none_is_refused(self, client: Client, query: str) -> None:
        answer = client.get(f"/v1/parcels/{parcel(1)}?{query}")
        assert answer.status_code == 400
        assert answer.json()["field"] == query.partition("=")[0]


@pytest.mark.parametrize(
    ("address", "status", "field"),
    [
        ("/v1/parcels/999101-000999", 404, "parcel_id"),
        ("/v1/parcels/101%2F2", 404, None),
        ("/v1/parcels/101", 400, "parcel_id"),
        ("/v1/parcels/999101-U000001", 400, "parcel_id"),
        ("/v1/units/999101-U000999", 404, "unit_id"),
        ("/v1/units/999101-000001", 400, "unit_id"),
        ("/v1/villages/999999", 404, "lgd"),
        ("/v1/villages/0999", 400, "lgd"),
        ("/v1/villages/999999/parcels", 404, "lgd"),
        ("/v1/villages/999101/parcels?limit=0", 400, "limit"),
        ("/v1/villages/999101/parcels?limit=9999999999999999999999", 400, "limit"),
        ("/v1/parcels/999101-000001?lang=xx", 400, "lang"),
        ("/v1/parcels/999101-000999/history", 404, "parcel_id"),
        ("/v1/orders/" + "0" * 32, 404, "event_id"),
        ("/v1/orders/abc", 400, "event_id"),
    ],
)
def test_what_is_not_there_is_said_with_the_field_at_fault(
    client: Client, address: str, status: int, field: str | None
) -> None:
    answer = client.get(address)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["status"] == status
    assert problem["type"] == f"/problems/{problem['code']}"
    assert problem["detail"]
    assert problem.get("field") == field
