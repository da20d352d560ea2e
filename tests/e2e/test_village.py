"""The main job, end to end: a village in, a sale and a split by signed orders, a record that anyone can verify."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api import clock
from api.demo.script import across
from domain.errors import VerificationError
from gis.shapes import from_bytes
from gis.splitting import split_by_line
from registry.log.policy import Policy
from registry.verify import verify_title_proof
from tests.e2e.command_line import Terminal
from tests.e2e.house import OFFICE, Registry, deed

POSITIONS = 200
TAHSILDAR = ("--officer", "OFF-TAHSILDAR", "--office", OFFICE, "--order-no", "MR/2026/7")


@pytest.fixture
def terminal(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Terminal:
    settings = registry.house.settings
    return Terminal(monkeypatch, capfd, home=settings.home, url=settings.database_url, directory=tmp_path)


def khatas(registry: Registry) -> Iterator[dict[str, Any]]:
    """Private khatas whose shares are stated, by their public documents."""
    with registry.house.datastore.cursor() as cursor:
        cursor.execute("select doc from records.unit where status = 'active' order by unit_id")
        documents = [json.loads(bytes(doc)) for (doc,) in cursor]
    yield from (d for d in documents if d["shares_determined"] and d["tenure"] == "transferable")


def key_of(terminal: Terminal, role: str = "tahsildar") -> Path:
    return terminal.home / "keys" / f"{role}.key"


def write(path: Path, document: object) -> Path:
    path.write_text(json.dumps(document, ensure_ascii=False), encoding="utf-8")
    return path


def carry_out(
    terminal: Terminal, kind: str, form: Path, *more: object, role: str = "tahsildar"
) -> dict[str, Any]:
    """Prepare, sign and submit an order at the command line; its receipt."""
    terminal.does("order", "prepare", kind, form, *TAHSILDAR, "--out", "order.json", *more)
    terminal.does("order", "sign", "order.json", "--key", key_of(terminal, role), "--yes")
    receipt: dict[str, Any] = json.loads(terminal.does("order", "submit", "order.json").out)
    return receipt


def sale_of_a_field(registry: Registry, tmp_path: Path) -> tuple[str, Path]:
    khata = next(k for k in khatas(registry) if len(k["holders"]) == 1 and len(k["parcels"]) > 1)
    field = khata["parcels"][-1]["parcel_id"]
    form = {
        "unit": khata["unit_id"],
        "sold": "parcels",
        "sellers": [{"party": "holder:1", "share": "1"}],
        "buyers": [{"party": {"name": "हरीश वर्मा", "relation": "दयाराम"}, "share": "1"}],
        "parcels": [field],
        "new_unit": {"label": "9001"},
        "deed": deed(),
        "consideration": {"paise": 100},
    }
    return field, write(tmp_path / "sale.json", form)


def test_a_field_is_sold_out_of_a_khata(registry: Registry, terminal: Terminal, tmp_path: Path) -> None:
    field, form = sale_of_a_field(registry, tmp_path)
    before = registry.parcel(field)
    receipt = carry_out(terminal, "sale", form)
    after = registry.parcel(field)
    assert after["unit"]["label"] == "9001"
    assert [(h["name"], h["share"]) for h in after["holders"]] == [("हरीश वर्मा", "1/1")]
    assert after["version"] == before["version"] + 1
    assert field not in [p["parcel_id"] for p in registry.unit(before["unit"]["unit_id"])["parcels"]]
    assert "हरीश वर्मा" in terminal.does("record", "show", field).out
    history = terminal.does("record", "history", field).out.splitlines()
    assert [line.split("\t")[2] for line in history] == ["mutation.import/1", "mutation.sale/1"]
    assert history[-1].split("\t")[0] == str(receipt["log_index"])


def test_a_field_is_divided_along_a_line(registry: Registry, terminal: Terminal, tmp_path: Path) -> None:
    khata, field, line = divisible(registry, tmp_path)
    pieces = terminal.does(
        "order", "split-line", field, "--line", line, "--svg", "pieces.svg"
    ).out.splitlines()
    assert len(pieces) == 2
    assert (tmp_path / "pieces.svg").read_text().startswith("<svg")
    receipt = carry_out(terminal, "partition", partition(khata, field, tmp_path), "--line", line)
    parent = registry.parcel(field)
    children = [registry.parcel(p["parcel_id"]) for p in parent["successors"]]
    assert parent["status"] == "retired"
    assert [c["label"] for c in children] == ["777/1", "777/2"]
    assert [c["predecessors"][0]["parcel_id"] for c in children] == [field, field]
    assert len({c["unit"]["unit_id"] for c in children}) == 2
    areas = [float(c["area"]["recorded_m2"]) for c in children]
    assert sum(areas) == pytest.approx(float(parent["area"]["recorded_m2"]), abs=0.001)
    today = "select count(*) from gis.parcel where valid_to is null and parcel_id = any(%s)"
    assert registry.one(today, [c["parcel_id"] for c in children]) == 2
    assert (
        registry.one(today, [field]) == 0
        or registry.one("select status from gis.parcel where valid_to is null and parcel_id = %s", field)
        == "retired"
    )
    assert {t["id"] for t in receipt["touches"]} >= {field, *(c["parcel_id"] for c in children)}


def divisible(registry: Registry, tmp_path: Path) -> tuple[dict[str, Any], str, Path]:
    """A khata of two holders, one of its fields, and a file with a line that divides it in two."""
    for khata in khatas(registry):
        for parcel in khata["parcels"] if len(khata["holders"]) == 2 else []:
            digest = registry.parcel(parcel["parcel_id"])["geometry"]
            body = registry.house.cadastre.bodies([digest])[digest]
            line = across(from_bytes(body))
            if len(split_by_line(body, line)) == 2:
                drawn = {"type": "LineString", "coordinates": [list(point) for point in line.coords]}
                return khata, parcel["parcel_id"], write(tmp_path / "line.geojson", drawn)
    raise AssertionError("no khata of two holders has a field that can be divided")


def partition(khata: dict[str, Any], field: str, tmp_path: Path) -> Path:
    others = [p["parcel_id"] for p in khata["parcels"] if p["parcel_id"] != field]
    form = {
        "unit": khata["unit_id"],
        "split": field,
        "portions": [
            {"holders": ["holder:1"], "parcels": others, "children": [{"label": "777/1", "piece": 1}]},
            {
                "holders": ["holder:2"],
                "new_unit": {"label": "9002"},
                "children": [{"label": "777/2", "piece": 2}],
            },
        ],
        "deed": deed(),
    }
    return write(tmp_path / "partition.json", form)


def test_a_proof_is_verified_offline_and_rejected_with_any_byte_changed(
    registry: Registry, terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    field, form = sale_of_a_field(registry, tmp_path)
    carry_out(terminal, "sale", form)
    terminal.does("record", "proof", field, "--out", "proof.json")
    policy_file = (terminal.home / "policy.txt").rename(tmp_path / "policy.txt")
    monkeypatch.setenv(
        "LANDLOG_HOME", str(tmp_path / "nowhere")
    )  # offline: no registry and no database at all
    monkeypatch.setenv("LANDLOG_DATABASE_URL", "postgresql+psycopg2://nobody@127.0.0.1:1/nothing")

    verdict = terminal.does("verify", "proof.json", "--policy", policy_file, "--parcel", field)
    assert verdict.out.startswith("The proof holds.")
    assert "हरीश वर्मा" in verdict.out
    other = terminal.refuses("verify", "proof.json", "--policy", policy_file, "--parcel", "999101-000001")
    assert "(other-parcel)" in other.err

    policy, proof = Policy.parse(policy_file.read_bytes()), (tmp_path / "proof.json").read_bytes()
    random.seed(2026)
    for position in sorted(random.sample(range(len(proof)), POSITIONS)):
        damaged = bytearray(proof)
        damaged[position] ^= 1 << random.randrange(8)
        with pytest.raises(VerificationError):
            verify_title_proof(bytes(damaged), policy, now=clock.now(), parcel=field)
    (tmp_path / "damaged.json").write_bytes(bytes(damaged))
    terminal.refuses("verify", "damaged.json", "--policy", policy_file)


def test_a_proof_of_an_older_head_is_rejected_once_a_newer_one_is_known(
    registry: Registry, terminal: Terminal, tmp_path: Path
) -> None:
    field, form = sale_of_a_field(registry, tmp_path)
    terminal.does("record", "proof", field, "--out", "old.json")
    size = registry.size()
    terminal.does(
        "verify", "old.json", "--checkpoint", terminal.home / "log" / "checkpoint", "--min-size", size
    )
    carry_out(terminal, "sale", form)
    terminal.does("verify", "old.json")  # it is still true of its own head
    newer = terminal.refuses("verify", "old.json", "--checkpoint", terminal.home / "log" / "checkpoint")
    assert "(superseded)" in newer.err
    assert "(superseded)" in terminal.refuses("verify", "old.json", "--min-size", size + 1).err
    terminal.does("record", "proof", field, "--out", "new.json")
    terminal.does("verify", "new.json", "--checkpoint", terminal.home / "log" / "checkpoint")


def test_what_an_officer_is_shown_is_what_is_signed(
    registry: Registry, terminal: Terminal, tmp_path: Path
) -> None:
    _, form = sale_of_a_field(registry, tmp_path)
    terminal.does("order", "prepare", "sale", form, *TAHSILDAR, "--out", "order.json")
    shown = terminal.does(
        "order", "sign", "order.json", "--key", key_of(terminal), "--yes", "--out", "signed.json"
    )
    assert "हरीश वर्मा" in shown.err
    assert "OFF-TAHSILDAR" in shown.err
    order = json.loads((tmp_path / "order.json").read_text())
    for change in (
        lambda a: a["buyers"][0]["party"].update(name="Somebody Else"),
        lambda a: a["consideration"].update(paise=1),
        lambda a: a["deed"].update(number="9/2026"),
        lambda a: a["new_unit"].update(label="9009"),
        lambda a: a["sellers"][0].update(share="1/2"),
    ):
        altered = json.loads(json.dumps(order))
        change(altered["application"])
        write(tmp_path / "altered.json", altered)
        answer = terminal.refuses("order", "sign", "altered.json", "--key", key_of(terminal), "--yes")
        assert "(not-what-is-shown)" in answer.err
        assert json.loads((tmp_path / "altered.json").read_text())["signatures"] == []


def test_nothing_secret_is_printed(registry: Registry, terminal: Terminal, tmp_path: Path) -> None:
    _, form = sale_of_a_field(registry, tmp_path)
    secret = json.loads(key_of(terminal).read_text())["seed"]
    prepared = terminal.does("order", "prepare", "sale", form, *TAHSILDAR, "--out", "order.json")
    signed = terminal.does("order", "sign", "order.json", "--key", key_of(terminal), "--yes")
    order = json.loads((tmp_path / "order.json").read_text())
    salts = [order["application"]["deed"]["salt"], order["application"]["buyers"][0]["party"]["salt"]]
    assert (tmp_path / "order.json").stat().st_mode & 0o077 == 0
    for text in (secret, *salts):
        assert text not in prepared.out + prepared.err + signed.out + signed.err


def test_the_record_is_rebuilt_from_the_log_to_the_same_bytes(registry: Registry, terminal: Terminal) -> None:
    every = "select md5(string_agg(doc, '' order by parcel_id)) from records.parcel"
    before = registry.one(every)
    assert "rebuilt" in terminal.does("rebuild").err
    assert registry.one(every) == before
