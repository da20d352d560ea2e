"""What bad input gets at the command line: the field, the rule, the remedy, exit code 1, and nothing changed."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api import desk
from api.demo import tehsil
from registry.keys import Key
from tests.e2e.command_line import Answer, Terminal
from tests.e2e.house import ORIGIN, Registry, share_sale
from tests.e2e.test_village import TAHSILDAR, divisible, key_of, khatas, partition, write

KAMALTAL = tehsil.generate()[2]


@pytest.fixture
def terminal(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Iterator[Terminal]:
    """A terminal after whose use the registry holds exactly what it held before."""
    settings = registry.house.settings
    before = everything(registry)
    yield Terminal(monkeypatch, capfd, home=settings.home, url=settings.database_url, directory=tmp_path)
    registry.house.settle()
    assert everything(registry) == before


def everything(registry: Registry) -> tuple[object, ...]:
    """A fingerprint of the record: events, log, private values, shapes, views, and the published checkpoint."""
    tables = ("events.event", "events.label", "log.entries", "private.opening", "gis.shape", "records.parcel")
    counts = [registry.one(f"select count(*) from {table}") for table in tables]
    return (*counts, (registry.house.settings.log / "checkpoint").read_bytes())


# ---- villages ------------------------------------------------------------------------------------------------------


def rows() -> dict[str, Any]:
    document: dict[str, Any] = json.loads(KAMALTAL.geojson())
    return document


def bring_in(terminal: Terminal, file: Path, *more: object) -> Answer:
    words = ["import", "village", file, "--mapping", tehsil.MAPPING, "--lgd", KAMALTAL.lgd]
    return terminal.refuses(*words, "--name", KAMALTAL.name, "--key", key_of(terminal), *more)


def test_a_file_that_is_not_there(terminal: Terminal) -> None:
    answer = bring_in(terminal, Path("nowhere.geojson"))
    assert "nowhere.geojson cannot be read" in answer.err
    assert "Field: file" in answer.err


def test_an_empty_file(terminal: Terminal, tmp_path: Path) -> None:
    (tmp_path / "village.geojson").touch()
    assert "is empty" in bring_in(terminal, tmp_path / "village.geojson").err


@pytest.mark.parametrize(
    "content", ["%PDF-1.7 ...", '{"type":"FeatureCollection","features":[{"ty', "PK\x03\x04"]
)
def test_a_file_that_is_no_map(terminal: Terminal, tmp_path: Path, content: str) -> None:
    (tmp_path / "village.geojson").write_text(content)
    answer = bring_in(terminal, tmp_path / "village.geojson")
    assert "Field: file" in answer.err
    assert "Remedy:" in answer.err


def test_a_missing_column(terminal: Terminal, tmp_path: Path) -> None:
    document = rows()
    for feature in document["features"]:
        del feature["properties"]["Khata No"]
    answer = bring_in(terminal, write(tmp_path / "village.geojson", document))
    assert "Khata No" in answer.err
    assert "Remedy:" in answer.err


def test_a_map_in_another_reference_system_than_it_states(terminal: Terminal, tmp_path: Path) -> None:
    document = rows()
    for feature in document["features"]:
        for polygon in feature["geometry"]["coordinates"]:
            for ring in polygon:
                ring[:] = [[x * 1e4, y * 1e4] for x, y in ring]
    answer = bring_in(terminal, write(tmp_path / "village.geojson", document))
    assert "Field: file.crs" in answer.err


def test_a_village_that_is_not_named(terminal: Terminal, tmp_path: Path) -> None:
    file = KAMALTAL.write(tmp_path)
    words = ("import", "village", file, "--mapping", tehsil.MAPPING, "--name", "K", "--key", key_of(terminal))
    assert "Field: village.lgd" in terminal.refuses(*words).err
    assert "is not an LGD village code" in terminal.refuses(*words, "--lgd", "0042").err


def test_an_unknown_mapping(terminal: Terminal, tmp_path: Path) -> None:
    file = KAMALTAL.write(tmp_path)
    words = ("import", "village", file, "--mapping", "nothing", "--lgd", "1", "--key", key_of(terminal))
    answer = terminal.refuses(*words)
    assert "Field: mapping" in answer.err
    assert "ap_gudur_dlr" in answer.err


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        ("Ansh", "1/2,1/3", "bad-shares"),
        ("Ansh", "0.5,0.5", "bad-shares"),
        ("Rakba Ha", "99.0000", "area-mismatch"),
        ("Rakba Ha", "much", "area-not-a-figure"),
        ("Rakba Ha", None, "no-area"),
        ("Khasra No", None, "no-label"),
        ("Khasra No", "2", "duplicate-label"),
        ("Khata No", None, "no-khata"),
        ("Shreni", "9 unheard of", "unknown-code"),
    ],
)
def test_a_row_that_cannot_be_used_stands_in_the_report(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str],
    column: str, value: str | None, code: str,
) -> None:  # fmt: skip
    settings = registry.house.settings
    terminal = Terminal(monkeypatch, capfd, home=settings.home, url=settings.database_url, directory=tmp_path)
    document = rows()
    features = document["features"]
    joint = next(n for n, f in enumerate(features) if "," in (f["properties"]["Ansh"] or "") and n > 5)
    place = joint if column == "Ansh" else 3
    features[place]["properties"][column] = value
    file = write(tmp_path / "village.geojson", document)
    words = ("import", "village", file, "--mapping", tehsil.MAPPING, "--lgd", KAMALTAL.lgd, "--name", "K")
    terminal.does(*words, "--key", key_of(terminal), "--report", "report.json")
    report = json.loads((tmp_path / "report.json").read_text())
    refused = report["reading"]["refused"]
    assert place + 1 in [row["row"] for row in refused]
    assert {reason["code"] for row in refused for reason in row["reasons"]} == {code}
    assert all(reason["sentence"] and reason["remedy"] for row in refused for reason in row["reasons"])
    assert report["registering"]["registered"] == len(features) - len(refused)
    registered = registry.one("select count(*) from records.parcel where village = %s", KAMALTAL.lgd)
    assert registered == len(features) - len(refused)


def test_a_label_that_is_in_force_is_not_registered_again(terminal: Terminal, tmp_path: Path) -> None:
    neemsari = tehsil.generate()[0]
    words = (
        "import",
        "village",
        neemsari.write(tmp_path),
        "--mapping",
        tehsil.MAPPING,
        "--lgd",
        neemsari.lgd,
    )
    answer = terminal.does(*words, "--name", neemsari.name, "--key", key_of(terminal))
    assert f"{len(neemsari.parcels)} were registered before and left alone" in answer.err


# ---- orders --------------------------------------------------------------------------------------------------------


def prepare(terminal: Terminal, kind: str, form: Path, *more: object) -> Answer:
    return terminal.refuses("order", "prepare", kind, form, *TAHSILDAR, "--out", "order.json", *more)


def joint_khatas(registry: Registry) -> list[dict[str, Any]]:
    return [k for k in khatas(registry) if len(k["holders"]) >= 2]


def test_a_seller_who_does_not_hold_the_share(registry: Registry, terminal: Terminal, tmp_path: Path) -> None:
    khata, other = joint_khatas(registry)[:2]
    form = share_sale(khata, buyer="Sita")
    form["sellers"][0]["party"] = other["holders"][0]["party"]
    answer = prepare(terminal, "sale", write(tmp_path / "form.json", form))
    assert "Refused:" in answer.err
    assert "holder" in answer.err
    assert "Source:" in answer.err
    assert "Remedy:" in answer.err
    assert not (tmp_path / "order.json").exists()


def test_a_share_greater_than_the_one_held(registry: Registry, terminal: Terminal, tmp_path: Path) -> None:
    form = share_sale(joint_khatas(registry)[0], buyer="Sita")
    form["sellers"][0]["share"] = "9/10"
    assert "9/10" in prepare(terminal, "sale", write(tmp_path / "form.json", form)).err


def test_buyers_whose_parts_do_not_add_up(registry: Registry, terminal: Terminal, tmp_path: Path) -> None:
    form = share_sale(joint_khatas(registry)[0], buyer="Sita")
    form["buyers"][0]["share"] = "1/2"
    assert "add up to" in prepare(terminal, "sale", write(tmp_path / "form.json", form)).err


def test_every_fault_of_a_form_is_named_at_once(
    registry: Registry, terminal: Terminal, tmp_path: Path
) -> None:
    form = share_sale(joint_khatas(registry)[0], buyer="Sita")
    form["deed"]["made"] = "yesterday"
    form["buyers"][0]["share"] = "0.5"
    form["colour"] = "blue"
    answer = prepare(terminal, "sale", write(tmp_path / "form.json", form))
    assert all(name in answer.err for name in ("deed.made", "buyers[0].share", "colour"))


@pytest.mark.parametrize("content", ["", "no json", "[1, 2]", '{"unit": '])
def test_a_form_that_cannot_be_read(terminal: Terminal, tmp_path: Path, content: str) -> None:
    (tmp_path / "form.json").write_text(content)
    assert "Field: APPLICATION" in prepare(terminal, "sale", tmp_path / "form.json").err


def test_an_unknown_type_and_an_unknown_khata(registry: Registry, terminal: Terminal, tmp_path: Path) -> None:
    form = share_sale(joint_khatas(registry)[0], buyer="Sita")
    answer = prepare(terminal, "theft", write(tmp_path / "form.json", form))
    assert "there is no mutation type 'theft'" in answer.err
    form["unit"] = "999101-U009999"
    assert "999101-U009999" in prepare(terminal, "sale", write(tmp_path / "form.json", form)).err
    form["sellers"][0]["party"] = "holder:1"
    assert "Field: unit" in prepare(terminal, "sale", write(tmp_path / "form.json", form)).err


def test_a_holder_who_is_not_in_the_khata(registry: Registry, terminal: Terminal, tmp_path: Path) -> None:
    form = share_sale(joint_khatas(registry)[0], buyer="Sita")
    for text in ("holder:99", "holder:Nobody", "holder:0"):
        form["sellers"][0]["party"] = text
        answer = prepare(terminal, "sale", write(tmp_path / "form.json", form))
        assert "names 0 of the holders" in answer.err
        assert "Name one by number: 1 " in answer.err


def line(tmp_path: Path, *points: tuple[float, float]) -> Path:
    return write(tmp_path / "line.geojson", {"type": "LineString", "coordinates": [list(p) for p in points]})


def test_a_line_that_misses_the_parcel(registry: Registry, terminal: Terminal, tmp_path: Path) -> None:
    khata, field, _ = divisible(registry, tmp_path)
    far = line(tmp_path, (89.5, 19.0), (89.5, 19.1))
    answer = prepare(terminal, "partition", partition(khata, field, tmp_path), "--line", far)
    assert "misses the parcel" in answer.err
    assert "Field: line" in answer.err


def test_a_line_that_leaves_a_sliver(registry: Registry, terminal: Terminal, tmp_path: Path) -> None:
    khata, field, _ = divisible(registry, tmp_path)
    west, south, _, north = bounds(registry, field)
    thin = line(tmp_path, (west + 2e-7, south - 0.001), (west + 2e-7, north + 0.001))
    answer = prepare(terminal, "partition", partition(khata, field, tmp_path), "--line", thin)
    assert "sliver" in answer.err


def test_a_file_that_holds_no_line(registry: Registry, terminal: Terminal, tmp_path: Path) -> None:
    khata, field, _ = divisible(registry, tmp_path)
    form = partition(khata, field, tmp_path)
    point = write(tmp_path / "point.geojson", {"type": "Point", "coordinates": [89, 19]})
    assert "Field: line" in prepare(terminal, "partition", form, "--line", point).err
    assert "Field: line" in prepare(terminal, "partition", form, "--line", tmp_path / "nowhere.json").err
    metric = write(
        tmp_path / "metric.geojson",
        {
            "type": "LineString",
            "coordinates": [[1, 1], [2, 2]],
            "crs": {"type": "name", "properties": {"name": "EPSG:32645"}},
        },
    )
    assert "longitude and latitude" in prepare(terminal, "partition", form, "--line", metric).err


def test_children_that_do_not_take_each_piece(registry: Registry, terminal: Terminal, tmp_path: Path) -> None:
    khata, field, divides = divisible(registry, tmp_path)
    form = json.loads(partition(khata, field, tmp_path).read_text())
    form["portions"][1]["children"][0]["piece"] = 1
    answer = prepare(terminal, "partition", write(tmp_path / "form.json", form), "--line", divides)
    assert "Field: children.piece" in answer.err


def bounds(registry: Registry, parcel: str) -> tuple[float, float, float, float]:
    query = "select st_xmin(geom), st_ymin(geom), st_xmax(geom), st_ymax(geom) from gis.parcel where parcel_id = %s"
    with registry.house.datastore.cursor() as cursor:
        cursor.execute(query, (parcel,))
        west, south, east, north = cursor.fetchone() or (0.0, 0.0, 0.0, 0.0)
    return west, south, east, north


def prepared(registry: Registry, terminal: Terminal, tmp_path: Path) -> Path:
    form = write(tmp_path / "form.json", share_sale(joint_khatas(registry)[0], buyer="Sita"))
    terminal.does("order", "prepare", "sale", form, *TAHSILDAR, "--out", "order.json")
    return tmp_path / "order.json"


@pytest.mark.parametrize(
    ("role", "code"), [("naib-tahsildar", "other-officer"), ("lekhpal", "other-officer"), ("", "unknown-key")]
)
def test_an_order_signed_by_the_wrong_key(
    registry: Registry, terminal: Terminal, tmp_path: Path, role: str, code: str
) -> None:
    order = prepared(registry, terminal, tmp_path)
    terminal.does("key", "new", "stranger.key", "--plain")
    terminal.does(
        "order", "sign", order, "--key", key_of(terminal, role) if role else "stranger.key", "--yes"
    )
    assert f"({code})" in terminal.refuses("order", "submit", order).err


def test_an_order_by_an_officer_whose_post_does_not_decide_it(
    registry: Registry, terminal: Terminal, tmp_path: Path
) -> None:
    form = write(tmp_path / "form.json", share_sale(joint_khatas(registry)[0], buyer="Sita"))
    named = (
        "--officer",
        "OFF-LEKHPAL",
        "--office",
        registry.office,
        "--order-no",
        "1",
        "--out",
        "order.json",
    )
    terminal.does("order", "prepare", "sale", form, *named)
    terminal.does("order", "sign", "order.json", "--key", key_of(terminal, "lekhpal"), "--yes")
    assert "(role-forbids)" in terminal.refuses("order", "submit", "order.json").err


def test_an_order_of_another_office(registry: Registry, terminal: Terminal, tmp_path: Path) -> None:
    form = write(tmp_path / "form.json", share_sale(joint_khatas(registry)[0], buyer="Sita"))
    named = ("--officer", "OFF-TAHSILDAR", "--office", "99/902", "--order-no", "1", "--out", "order.json")
    assert "(outside-jurisdiction)" in terminal.refuses("order", "prepare", "sale", form, *named).err


def test_an_order_for_another_registry(registry: Registry, terminal: Terminal, tmp_path: Path) -> None:
    order = prepared(registry, terminal, tmp_path)
    document = json.loads(order.read_text())
    payload = base64.b64decode(document["payload"]).replace(ORIGIN.encode(), b"registry.example/land/e2f")
    write(order, document | {"payload": base64.b64encode(payload).decode()})
    terminal.does("order", "sign", order, "--key", key_of(terminal), "--yes")
    assert "(foreign-order)" in terminal.refuses("order", "submit", order).err


def test_an_order_that_nobody_has_signed(registry: Registry, terminal: Terminal, tmp_path: Path) -> None:
    assert "is not signed" in terminal.refuses("order", "submit", prepared(registry, terminal, tmp_path)).err


def test_an_order_file_that_is_none(terminal: Terminal, tmp_path: Path) -> None:
    for content in ("", "[]", "{}", '{"format":"landlog/signed-order@v1"}', "\x00\x01"):
        (tmp_path / "order.json").write_text(content)
        for command in (("submit", "order.json"), ("sign", "order.json", "--key", key_of(terminal), "--yes")):
            assert "Field: ORDER" in terminal.refuses("order", *command).err


def test_a_signature_that_does_not_fit(registry: Registry, terminal: Terminal, tmp_path: Path) -> None:
    order = prepared(registry, terminal, tmp_path)
    terminal.does("order", "sign", order, "--key", key_of(terminal), "--yes")
    document = json.loads(order.read_text())
    other = Key.generate().sign(b"something else")
    document["signatures"][0]["sig"] = base64.b64encode(other).decode()
    write(order, document)
    assert "(bad-signature)" in terminal.refuses("order", "submit", order).err


def test_an_order_that_is_handed_in_twice(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    settings = registry.house.settings
    terminal = Terminal(monkeypatch, capfd, home=settings.home, url=settings.database_url, directory=tmp_path)
    order = prepared(registry, terminal, tmp_path)
    terminal.does("order", "sign", order, "--key", key_of(terminal), "--yes")
    terminal.does("order", "submit", order)
    once = everything(registry)
    assert "(already-accepted)" in terminal.refuses("order", "submit", order).err
    assert everything(registry) == once


def test_an_order_on_a_record_that_has_changed_since(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    settings = registry.house.settings
    terminal = Terminal(monkeypatch, capfd, home=settings.home, url=settings.database_url, directory=tmp_path)
    order = prepared(registry, terminal, tmp_path)
    terminal.does("order", "sign", order, "--key", key_of(terminal), "--yes")
    desk.hand_in(registry.house, registry.sign("sale", share_sale(joint_khatas(registry)[0], buyer="Gita")))
    registry.house.settle()
    between = everything(registry)
    assert "(record-changed)" in terminal.refuses("order", "submit", order).err
    assert everything(registry) == between


# ---- the record and its proofs ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["show", "proof", "pdf"])
def test_a_parcel_that_is_not_in_the_record(terminal: Terminal, command: str) -> None:
    for name in ("999101-900000", "999101:9999", "nonsense"):
        assert "(not-found)" in terminal.refuses("record", command, name).err


def test_a_proof_that_is_none(terminal: Terminal, tmp_path: Path) -> None:
    for content in (b"{}", b"%PDF-1.7\n", b"\xff\xfe", b'{"format":"landlog/title-proof@v1"}'):
        (tmp_path / "proof.json").write_bytes(content)
        terminal.refuses("verify", "proof.json")
    (tmp_path / "proof.json").write_bytes(b"")
    assert "is empty" in terminal.refuses("verify", "proof.json").err
    (tmp_path / "proof.json").write_bytes(b"{}")
    assert "Field: --max-age" in terminal.refuses("verify", "proof.json", "--max-age", "soon").err
    (tmp_path / "policy.txt").write_text("quorum\n")
    assert "policy line 1" in terminal.refuses("verify", "proof.json", "--policy", "policy.txt").err


def test_misuse_of_the_command_line_is_told_and_ends_with_2(terminal: Terminal) -> None:
    for words in (("nothing",), ("order",), ("order", "prepare"), ("key", "post"), ("serve", "--port", "x")):
        assert terminal(*words).code == 2


def test_a_home_without_a_registry(
    terminal: Terminal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LANDLOG_HOME", str(tmp_path / "empty"))
    for words in (
        ("work",),
        ("serve",),
        ("rebuild",),
        ("village", "list"),
        ("record", "show", "999101-000001"),
    ):
        assert "there is no registry in" in terminal.refuses(*words).err
    assert not (tmp_path / "empty").exists()


def test_a_database_that_does_not_answer(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANDLOG_DATABASE_URL", "postgresql+psycopg2://nobody@127.0.0.1:1/nothing")
    assert "(database-unavailable)" in terminal.refuses("village", "list").err
    monkeypatch.setenv("LANDLOG_DATABASE_URL", "mysql://root@localhost/land")
    assert "LANDLOG_DATABASE_URL" in terminal.refuses("village", "list").err
