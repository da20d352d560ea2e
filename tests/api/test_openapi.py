"""The description of the interface: whole, without loose ends, and true of what is answered."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from domain import catalogue
from tests.api.asking import Client

METHODS = {"get", "post", "put", "patch", "delete"}


@pytest.fixture(scope="module")
def described(client: Client) -> dict[str, Any]:
    document: dict[str, Any] = client.get("/openapi.json").json()
    return document


def operations(described: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in described["paths"].items():
        for method, operation in item.items():
            assert method in METHODS
            yield path, method, operation


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for inner in value.values():
            yield from references(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from references(inner)


def test_the_contract_s_addresses_are_all_there(described: dict[str, Any]) -> None:
    assert {
        "/v1/about",
        "/v1/villages",
        "/v1/villages/{lgd}",
        "/v1/villages/{lgd}/parcels",
        "/v1/villages/{lgd}/register",
        "/v1/parcels/{parcel_id}",
        "/v1/parcels/{parcel_id}/history",
        "/v1/parcels/{parcel_id}/proof",
        "/v1/parcels/{parcel_id}/record.pdf",
        "/v1/parcels/{parcel_id}/split",
        "/v1/units/{unit_id}",
        "/v1/verify",
        "/v1/orders",
        "/v1/orders/prepare",
        "/v1/orders/{event_id}",
        "/log/checkpoint",
        "/log/tile/{level}/{path}",
        "/log/tile/entries/{path}",
    } <= set(described["paths"])


def test_every_reference_leads_somewhere(described: dict[str, Any]) -> None:
    for reference in references(described):
        target: Any = described
        for part in reference.removeprefix("#/").split("/"):
            assert part in target, reference
            target = target[part]


def test_every_operation_says_what_it_does_and_what_it_answers(described: dict[str, Any]) -> None:
    seen = set()
    for path, method, operation in operations(described):
        assert operation["summary"], path
        assert operation["operationId"] not in seen
        seen.add(operation["operationId"])
        answers = operation["responses"]
        assert {"200", "201", "202"} & set(answers), path
        assert {"429", "500", "503"} <= set(answers), path
        for status, answer in answers.items():
            if status.startswith("4"):
                assert list(answer["content"]) == ["application/problem+json"], (path, method, status)


def test_every_part_of_an_address_and_every_number_is_bounded(described: dict[str, Any]) -> None:
    for path, _, operation in operations(described):
        for parameter in operation.get("parameters", []):
            for schema in [parameter["schema"], *parameter["schema"].get("anyOf", [])]:
                by_matrix = path.startswith("/ogc") and parameter["in"] == "path"  # rows depend on the zoom
                if schema.get("type") in ("integer", "number") and not by_matrix:
                    assert {"minimum", "maximum"} <= set(schema), (path, parameter["name"])
                if schema.get("type") == "string" and parameter["in"] != "path":
                    bounded = {"maxLength", "pattern", "enum", "format"} & set(schema)
                    assert bounded, (path, parameter["name"])


def test_every_mutation_type_has_its_form(described: dict[str, Any]) -> None:
    schemas = described["components"]["schemas"]
    prepare = described["paths"]["/v1/orders/prepare"]["post"]["requestBody"]
    forms = prepare["content"]["application/json"]["schema"]["properties"]["application"]["anyOf"]
    named = {reference.rpartition("/")[2] for reference in references(forms)}
    assert len(named) == len(catalogue.all_types())
    assert all(schemas[name]["properties"] for name in named)
    assert "SaleApplication" in named


def test_the_pages_of_problems_explain_every_code(client: Client) -> None:
    problems = client.get("/v1/parcels/999101-000999").json()
    page = client.get(problems["type"], headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert re.search(r"<h1[^>]*>Not found</h1>", page.text)
    assert client.get("/problems/never-heard-of").status_code == 404
