"""The door: headers on every answer, bounds on what is asked, and errors that tell no more than they should."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from fastapi import Request

from api.app import create_app
from api.middleware import MOST_BODY_BYTES, Allowance, Buckets
from tests.api.asking import Client, asking
from tests.api.world import LGD, World, parcel, unit

ADDRESSES = [
    "/",
    "/verify",
    f"/villages/{LGD}",
    f"/parcels/{parcel(1)}",
    "/static/landlog.css",
    "/problems/refused",
    "/openapi.json",
    "/v1/about",
    "/v1/villages",
    f"/v1/villages/{LGD}",
    f"/v1/villages/{LGD}/parcels",
    f"/v1/villages/{LGD}/register",
    f"/v1/parcels/{parcel(1)}",
    f"/v1/parcels/{parcel(1)}/history",
    f"/v1/parcels/{parcel(1)}/proof",
    f"/v1/parcels/{parcel(1)}?as_of=2026-11-21",
    f"/v1/units/{unit(1)}",
    "/log/checkpoint",
    "/ogc",
    "/ogc/collections",
]
ERRORS = [
    ("GET", "/nothing", 404),
    ("GET", "/v1/nothing", 404),
    ("GET", "/v1/parcels/x", 400),
    ("GET", "/v1/parcels/999101-000999", 404),
    ("DELETE", f"/v1/parcels/{parcel(1)}", 405),
    ("POST", "/v1/villages", 405),
    ("GET", "/v1/orders/prepare", 405),
    ("POST", "/v1/orders", 400),
    ("POST", "/verify", 400),
    ("GET", "/v1/villages?q=%00", 400),
    ("GET", "/?q=%00", 400),
    ("GET", "/log/tile/0/9", 404),
    ("GET", "/static/../app.py", 404),
    ("GET", "/v1/" + "a" * 3000, 413),
    ("BREW", "/v1/about", 405),
]
REQUIRED = {
    "content-security-policy": re.compile(r"default-src 'none'.*frame-ancestors 'none'"),
    "x-content-type-options": re.compile("nosniff"),
    "referrer-policy": re.compile("no-referrer"),
}


def check_headers(answer: Any) -> None:
    for name, pattern in REQUIRED.items():
        assert pattern.fullmatch(answer.headers[name]), f"{name} of {answer.request.url}"
    assert "unsafe" not in answer.headers["content-security-policy"]
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize("address", ADDRESSES)
def test_every_answer_bears_the_headers_that_guard_its_reader(client: Client, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 200
    check_headers(answer)


@pytest.mark.parametrize(("method", "address", "status"), ERRORS)
def test_every_refusal_bears_them_too_and_is_a_problem(
    client: Client, method: str, address: str, status: int
) -> None:
    answer = client.request(method, address)
    check_headers(answer)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status


def test_a_method_that_is_not_allowed_is_told_which_are(client: Client) -> None:
    assert client.request("PUT", "/v1/orders").headers["allow"] == "POST"


def test_over_https_the_browser_is_told_to_stay_there(village: World) -> None:
    app = create_app(village.house, now=lambda: village.at, allowance=None)
    with asking(app, base="https://counter.test") as client:
        assert "max-age=63072000" in client.get("/v1/about").headers["strict-transport-security"]
    with asking(create_app(village.house, now=lambda: village.at, allowance=None)) as client:
        assert "strict-transport-security" not in client.get("/v1/about").headers


def test_public_answers_may_be_read_by_any_page_and_pages_by_none(client: Client) -> None:
    assert client.get("/v1/about").headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-origin" not in client.get("/").headers


async def endless() -> AsyncIterator[bytes]:
    for _ in range(MOST_BODY_BYTES // 65_536 + 2):
        yield b" " * 65_536


def test_a_body_without_end_is_cut_off(client: Client) -> None:
    answer = client.post("/v1/orders", content=endless())
    assert (answer.status_code, answer.json()["code"]) == (413, "too-large")


def test_a_route_that_counts_nothing_is_not_sent_more_either(village: World) -> None:
    app = create_app(village.house, now=lambda: village.at, allowance=None)

    @app.post("/v1/swallow")
    async def swallow(request: Request) -> int:
        return len(await request.body())

    with asking(app) as client:
        assert client.post("/v1/swallow", content=b"x" * 99).text == "99"
        assert client.post("/v1/swallow", content=endless()).status_code == 413


def test_a_body_that_announces_too_much_is_not_read(client: Client) -> None:
    answer = client.post("/v1/verify", content=b"x", headers={"Content-Length": str(MOST_BODY_BYTES + 1)})
    assert (answer.status_code, answer.json()["code"]) == (413, "too-large")


def test_what_nobody_expected_is_a_plain_500_without_words(village: World) -> None:
    app = create_app(village.house, now=lambda: village.at, allowance=None)

    @app.get("/v1/broken")
    def broken() -> None:
        raise RuntimeError("the password is hunter2")

    with asking(app) as client:
        answer = client.get("/v1/broken")
    assert (answer.status_code, answer.content) == (500, b"")
    check_headers(answer)


def test_a_database_that_is_away_is_told_and_found_again(village: World) -> None:
    with asking(create_app(village.house, now=lambda: village.at, allowance=None)) as client:
        address = f"/v1/parcels/{parcel(1)}"
        assert client.get(address).status_code == 200
        with village.house.datastore.cursor() as cursor:
            cursor.execute(
                "select count(pg_terminate_backend(pid)) from pg_stat_activity"
                " where pid <> pg_backend_pid() and datname = current_database()"
            )
        assert client.get(address).status_code == 200  # a hot read makes its connection anew
        statuses = [client.get(f"/v1/units/{unit(1)}").status_code for _ in range(3)]
        assert statuses[-1] == 200
        assert set(statuses) <= {200, 503}


class TestAllowance:
    @pytest.fixture
    def time(self) -> list[float]:
        return [1000.0]

    def test_who_asks_too_often_waits(self, village: World, time: list[float]) -> None:
        app = create_app(
            village.house, now=lambda: village.at, allowance=Allowance(rate=1, burst=3), clock=lambda: time[0]
        )
        with asking(app) as client:
            assert [client.get("/v1/about").status_code for _ in range(4)] == [200, 200, 200, 429]
            refused = client.get("/v1/about")
            check_headers(refused)
            assert refused.json()["code"] == "too-many-requests"
            assert refused.headers["retry-after"] == "1"
            assert client.get("/log/checkpoint").status_code == 200  # the log's files are left free
            time[0] += 1
            assert client.get("/v1/about").status_code == 200

    def test_each_address_has_its_own(self, village: World, time: list[float]) -> None:
        app = create_app(
            village.house, now=lambda: village.at, allowance=Allowance(rate=1, burst=1), clock=lambda: time[0]
        )
        for address in ("192.0.2.1", "192.0.2.2", "2001:db8::1"):
            with asking(app, address=address) as client:
                assert [client.get("/v1/about").status_code for _ in range(2)] == [200, 429]
        with asking(app, address="2001:db8::2") as client:  # the same subscriber's /64
            assert client.get("/v1/about").status_code == 429

    def test_what_costs_more_counts_for_more(self, time: list[float]) -> None:
        buckets = Buckets(Allowance(rate=1, burst=20), clock=lambda: time[0])
        assert buckets.take("a", 20) == 0
        assert buckets.take("a", 5) == 5
        assert buckets.take("b", 1000) == 0  # dearer than the whole allowance: it takes all of it

    def test_the_map_of_a_whole_village_counts_as_a_file_of_it(self, village: World) -> None:
        app = create_app(village.house, now=lambda: village.at, allowance=Allowance(rate=0.001, burst=100))
        with asking(app) as client:
            codes = [client.get(f"/villages/{LGD}/map").status_code for _ in range(3)]
        assert codes == [200, 200, 429]

    def test_addresses_are_forgotten_so_that_memory_does_not_grow(self, time: list[float]) -> None:
        buckets = Buckets(Allowance(rate=1, burst=1), clock=lambda: time[0], most=100)
        for n in range(1000):
            assert buckets.take(str(n), 1) == 0
        assert buckets.take("999", 1) == 1
        assert buckets.take("0", 1) == 0
