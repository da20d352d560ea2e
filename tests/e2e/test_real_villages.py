"""Real villages of the Andhra Pradesh resurvey, where their data is given: every parcel comes in, or is told why not.

Their rows stay out of the tree, out of messages and out of the names of tests.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api import clock, intake
from api.importing import Outcome
from domain.errors import VerificationError
from gis.mapping import load_mapping
from gis.village import ProposedVillage
from registry.log.policy import Policy
from registry.verify import verify_title_proof
from tests.conftest import Database
from tests.e2e.house import Registry, deed

OFFICE = "28/511/5257"
MAPPING = "ap_gudur_dlr"


@pytest.fixture
def gudur(database: Database, tmp_path: Path) -> Iterator[Registry]:
    registry = Registry.found(tmp_path / "home", database, office=OFFICE)
    yield registry
    registry.close()


def bring_in(registry: Registry, shared_data: Path, name: str, lgd: str) -> tuple[ProposedVillage, Outcome]:
    file = shared_data / "ap_gudur_dlr" / f"{name}_lpm.geojson"
    proposed = intake.read(file, MAPPING, {"lgd": lgd, "name": name.capitalize()})
    outcome = intake.register(
        registry.house,
        proposed,
        key=registry.key("tahsildar"),
        source="Draft Land Register of the resurvey",
        order_no="IMPORT",
    )
    return proposed, outcome


def check_all_are_there(registry: Registry, proposed: ProposedVillage, outcome: Outcome, rows: int) -> None:
    """Every row is registered, or named with a reason; shapes, khatas and former numbers are those of the file."""
    told = [row.row for row in proposed.report.refused] + [r for n in outcome.not_registered for r in n.rows]
    assert outcome.registered + len(told) == rows
    assert all(row.reasons for row in proposed.report.refused)
    assert all(n.reasons for n in outcome.not_registered)
    with registry.house.datastore.cursor() as cursor:
        cursor.execute("select label, doc from records.parcel")
        recorded = {label: json.loads(bytes(doc)) for label, doc in cursor}
    units = {unit.serial: unit for unit in proposed.units}
    lost = {label for n in outcome.not_registered for label in n.labels}
    assert recorded.keys() == {p.label for p in proposed.parcels} - lost
    for parcel in proposed.parcels:
        if parcel.label in lost:
            continue
        document, unit = recorded[parcel.label], units[parcel.unit]
        assert document["geometry"] == parcel.geometry_hash
        assert document["former_labels"] == list(parcel.former_labels)
        assert document["unit"]["label"] == unit.label
        assert [h["name"] for h in document["holders"]] == [h.name for h in unit.holders]
        assert bool(document["restrictions"]) == unit.holders_incomplete
        assert document["area"]["original"]["figure"] == parcel.area.figure


def test_julakallu_comes_in_and_its_land_is_dealt_with(gudur: Registry, shared_data: Path) -> None:
    proposed, outcome = bring_in(gudur, shared_data, "julakallu", "593873")
    check_all_are_there(gudur, proposed, outcome, 806)
    assert outcome.registered == 806

    khata = next(k for k in _khatas(gudur) if len(k["holders"]) == 1 and len(k["parcels"]) == 2)
    field = khata["parcels"][1]["parcel_id"]
    gudur.order("sale", _sale(khata, field))
    assert gudur.parcel(field)["holders"][0]["name"] == "అద్దంకి లక్ష్మి"
    assert gudur.parcel(field)["version"] == 2

    proof, policy = gudur.proof(field), Policy.parse(gudur.house.settings.policy.read_bytes())
    assert "అద్దంకి లక్ష్మి" in verify_title_proof(proof, policy, now=clock.now(), parcel=field).words
    random.seed(593873)
    for position in random.sample(range(len(proof)), 100):
        damaged = proof[:position] + bytes([proof[position] ^ 4]) + proof[position + 1 :]
        with pytest.raises(VerificationError):
            verify_title_proof(damaged, policy, now=clock.now(), parcel=field)


def test_an_import_that_was_interrupted_is_finished_by_the_next(
    gudur: Registry, shared_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sanction, calls = gudur.house.office.sanction, 0

    def broken(*args: Any, **more: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls > 7:
            raise ConnectionError("the power went")
        return sanction(*args, **more)

    monkeypatch.setattr(gudur.house.office, "sanction", broken)
    with pytest.raises(ConnectionError):
        bring_in(gudur, shared_data, "julakallu", "593873")
    monkeypatch.undo()
    proposed, outcome = bring_in(gudur, shared_data, "julakallu", "593873")
    assert 0 < len(outcome.skipped) < 806
    assert outcome.registered + len(outcome.skipped) == 806
    assert gudur.one("select count(*) from records.parcel where status = 'active'") == 806
    assert gudur.one("select count(*) from records.unit") == len(proposed.units)


def test_chanugondla_comes_in(gudur: Registry, shared_data: Path) -> None:
    proposed, outcome = bring_in(gudur, shared_data, "chanugondla", "593878")
    check_all_are_there(gudur, proposed, outcome, 4467)
    largest = max(proposed.units, key=lambda unit: len(unit.parcels))
    assert len(largest.parcels) > 60  # more than one order can hold
    assert len(gudur.unit(_unit_id(gudur, largest.label))["parcels"]) == len(largest.parcels)
    for parcel in random.Random(1).sample([p.label for p in proposed.parcels], 5):
        identifier = gudur.one("select parcel_id from records.parcel where label = %s", parcel)
        policy = Policy.parse(gudur.house.settings.policy.read_bytes())
        assert verify_title_proof(gudur.proof(identifier), policy, now=clock.now()).parcel == identifier


def test_the_mapping_knows_every_column_it_reads(shared_data: Path) -> None:
    file = shared_data / "ap_gudur_dlr" / "julakallu_lpm.geojson"
    names = json.loads(file.read_text())["features"][0]["properties"].keys()
    assert set(load_mapping(MAPPING).columns()) <= set(names)


def _khatas(registry: Registry) -> list[dict[str, Any]]:
    with registry.house.datastore.cursor() as cursor:
        cursor.execute("select doc from records.unit where status = 'active' order by unit_id")
        documents = [json.loads(bytes(doc)) for (doc,) in cursor]
    return [
        d for d in documents if d["tenure"] == "patta" and d["shares_determined"] and not d["restrictions"]
    ]


def _sale(khata: dict[str, Any], field: str) -> Any:
    return {
        "unit": khata["unit_id"],
        "sold": "parcels",
        "sellers": [{"party": khata["holders"][0]["party"], "share": "1"}],
        "buyers": [{"party": {"name": "అద్దంకి లక్ష్మి", "relation": "రామయ్య"}, "share": "1"}],
        "parcels": [field],
        "new_unit": {"label": "90001"},
        "deed": deed(),
        "consideration": {"paise": 25_000_000},
    }


def _unit_id(registry: Registry, label: str) -> str:
    return str(registry.one("select unit_id from records.unit where label = %s", label))
