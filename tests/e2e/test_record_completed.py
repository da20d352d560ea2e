"""Text first and map later, or the reverse: a village is registered from what there is, and completed."""

from __future__ import annotations

import html
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api import completing, intake
from gis.completion import TITLES, CompletionReport
from gis.mapping import load_mapping
from gis.village import ProposedVillage, propose_village
from registry import keys
from tests.conftest import Database
from tests.e2e.command_line import Terminal
from tests.e2e.house import Registry
from tests.gis.maps import MAPPING, PLOT_M2, cells, plot, write_geojson
from tests.gis.sheets import KHASRA, Sheet

OFFICE = "28/510/5200"
STATED = MAPPING.replace('"generic"', '"ap"').replace('"9/1/2"', f'"{OFFICE}"')
NAMELESS = STATED.replace('holders = "Khatedar"', 'holders = ""').replace('shares = "Ansh"\n', "")
COLUMNS = "Khasra,Rakba,Shreni,Upyog,Purana,Khata,Khatedar,Ansh"


@pytest.fixture
def village(database: Database, tmp_path: Path) -> Iterator[Registry]:
    registry = Registry.found(tmp_path / "home", database, office=OFFICE)
    registry.appoint("survey-officer")
    yield registry
    registry.close()


def read(file: Path, tmp_path: Path, text: str = STATED) -> ProposedVillage:
    mapping = tmp_path / "mapping.toml"
    mapping.write_text(text, "utf-8")
    return intake.read(file, mapping, {})


def register(registry: Registry, proposed: ProposedVillage) -> int:
    outcome = intake.register(
        registry.house, proposed, key=registry.key("tahsildar"), source="Adangal", order_no="IMPORT"
    )
    assert not outcome.not_registered
    return outcome.registered


def complete(registry: Registry, proposed: ProposedVillage) -> CompletionReport:
    return completing.complete(
        registry.house,
        completing.plan(registry.house, proposed),
        first=registry.officer("tahsildar"),
        second=registry.officer("survey-officer"),
        source="Village map, sheet 1",
        order_no="COMPLETE",
    )


def record(tmp_path: Path, *rows: str) -> Path:
    path = tmp_path / "record.csv"
    path.write_text("\n".join((COLUMNS, *rows)) + "\n", "utf-8")
    return path


def drawn(tmp_path: Path, *rows: dict[str, Any]) -> Path:
    return write_geojson(tmp_path / "map.geojson", [(row, plot(n)) for n, row in enumerate(rows)])


def of_label(registry: Registry, label: str) -> dict[str, Any]:
    identifier = registry.one(
        "select parcel_id from records.parcel where label = %s and status = 'active'", label
    )
    return registry.parcel(identifier)


def test_a_record_without_a_map_gets_its_shapes_later(village: Registry, tmp_path: Path) -> None:
    text = record(
        tmp_path,
        f"1,{PLOT_M2},Niji,,,7,आशा / राम,",
        f"2,{PLOT_M2},Niji,,,8,रवि / श्याम,",
        "3,500,Niji,,,8,रवि / श्याम,",
    )
    assert register(village, read(text, tmp_path)) == 3
    before = of_label(village, "1")
    assert (before["geometry"], before["area"]["drawn_m2"]) == (None, None)

    sheet = drawn(tmp_path, cells(Khasra="1"), cells(Khasra="2"), cells(Khasra="3"), cells(Khasra="4"))
    done = complete(village, read(sheet, tmp_path))
    assert (done.parcels, done.units, len(done.orders or ())) == (("1", "2"), (), 2)
    assert list(done.left) == ["3"]  # drawn twice as large as it is recorded
    assert "recorded 500.0000 m2, drawn 1068.55 m2" in done.left["3"]
    after = of_label(village, "1")
    assert after["area"]["drawn_m2"] == "1068.55"
    assert {**before, "geometry": 0, "area": 0, "version": 0, "grade": 0} == {
        **after, "geometry": 0, "area": 0, "version": 0, "grade": 0
    }  # fmt: skip
    assert after["area"]["original"] == before["area"]["original"]
    assert village.one("select count(*) from gis.parcel where valid_to is null") == 2
    assert complete(village, read(sheet, tmp_path)).orders == ()


def test_a_map_without_names_gets_its_holders_later(village: Registry, tmp_path: Path) -> None:
    rows = [cells(Khasra="1"), cells(Khasra="2", Khata="8")]
    assert register(village, read(drawn(tmp_path, *rows), tmp_path, NAMELESS)) == 2
    before = of_label(village, "1")
    assert before["holders"] == []
    assert [r["kind"] for r in before["restrictions"]] == ["holders-incomplete"]

    text = record(
        tmp_path, f'1,{PLOT_M2},Niji,,,7,"आशा / राम,मीना / राम","1/3,2/3"', f"2,{PLOT_M2},Niji,,,8,नाम,"
    )
    done = complete(village, read(text, tmp_path))
    assert (done.parcels, done.units, done.left) == ((), ("7",), {})
    after = of_label(village, "1")
    assert [(h["name"], h["share"]) for h in after["holders"]] == [("आशा", "1/3"), ("मीना", "2/3")]
    assert (after["restrictions"], after["geometry"]) == ([], before["geometry"])
    assert of_label(village, "2")["restrictions"]  # a placeholder is nobody


def test_a_holder_who_was_cut_off_is_added_and_those_who_stand_stay(
    village: Registry, tmp_path: Path
) -> None:
    cut = f'1,{PLOT_M2},Niji,,,7,"आशा / राम,नाम",'
    assert register(village, read(record(tmp_path, cut), tmp_path)) == 1
    asha = of_label(village, "1")["holders"][0]["party"]
    stranger = complete(village, read(record(tmp_path, f"1,{PLOT_M2},Niji,,,7,सीता / राम,"), tmp_path))
    assert stranger.orders == ()
    assert "whom the file does not name" in stranger.left["7"]
    done = complete(
        village, read(record(tmp_path, f'1,{PLOT_M2},Niji,,,7,"मीना / राम,आशा / राम",'), tmp_path)
    )
    assert (done.units, done.left) == (("7",), {})
    holders = of_label(village, "1")["holders"]
    assert [h["name"] for h in holders] == ["आशा", "मीना"]
    assert holders[0]["party"] == asha


def test_what_would_be_completed_is_judged_and_told_before_anything_is_signed(
    village: Registry, tmp_path: Path
) -> None:
    text = record(
        tmp_path,
        f"1,{PLOT_M2},Niji,,,7,आशा / राम,",
        f'2,{PLOT_M2},Niji,,,8,"रवि / श्याम,नाम",',
        '3,500,Niji,,,8,"रवि / श्याम,नाम",',
    )
    assert register(village, read(text, tmp_path)) == 3
    rows = [
        cells(Khasra="1"),
        cells(Khasra="2", Khata="8", Khatedar="गोपाल / हरि"),
        cells(Khasra="3", Khata="8", Khatedar="गोपाल / हरि"),
        cells(Khasra="44", Khata="90"),
    ]
    planned = completing.plan(village.house, read(drawn(tmp_path, *rows), tmp_path))
    report = completing.judged(village.house, planned, source="Village map, sheet 1")
    assert (report.orders, report.parcels, report.units, report.unmapped) == (None, ("1", "2"), (), 1)
    assert {(p.why, p.label) for p in report.passed} == {
        ("refused", "3"),
        ("extent-differs", "3"),
        ("no-such-parcel", "44"),
        ("no-such-holding", "90"),
        ("holders-stand", "7"),
        ("holders-contradict", "8"),
    }
    assert "1068.6 m2 in the file, 500 m2 in the record" in {p.sentence for p in report.passed}
    assert village.one("select count(*) from gis.parcel where valid_to is null") == 0  # nothing is signed
    page = completing.write_report(tmp_path / "report.json", report)
    words = html.unescape(page.read_text("utf-8"))
    assert "2 parcels would get their map" in words
    assert all(TITLES[passed.why] in words for passed in report.passed)
    assert all(tint in words for tint in ("#cfe8d5", "#d6604d", "#f6cf65"))
    assert page.stat().st_mode & 0o077 == 0


def test_a_real_village_whose_map_came_first_is_completed(village: Registry, shared_data: Path) -> None:
    folder, mapping = shared_data / "ap_krishna_bhunaksha", load_mapping("ap_krishna_bhunaksha")
    facts = mapping.with_village(lgd="639002", name="Village", office=OFFICE)
    first = propose_village(folder / "village_639002_2026-01-04a.geojson", facts)
    later = propose_village(folder / "village_639002_2026-01-04b.geojson", facts)
    registered = register(village, first)
    assert registered == 1652
    named = "select count(*) from records.unit where convert_from(doc, 'UTF8')::jsonb->'holders' <> '[]'"
    assert village.one(named) == 0
    done = complete(village, later)
    assert done.left == {}
    assert len(done.units) == sum(not unit.holders_incomplete for unit in later.units)
    assert done.parcels == ()
    assert village.one(named) == len(done.units)


def test_at_the_command_line_a_record_comes_first_and_its_sheet_later(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    settings = registry.house.settings
    signers = []
    for role in ("tahsildar", "survey-officer"):
        registry.appoint(role, f"OFF-{role}-2")
        signers += ["--key", tmp_path / f"{role}.key"]
        keys.save(registry.key(role), tmp_path / f"{role}.key", plain=True)
    terminal = Terminal(monkeypatch, capfd, home=settings.home, url=settings.database_url, directory=tmp_path)
    text = MAPPING.replace('"9/1/2"', f'"{registry.office}"').replace('"123456"', '"999107"')
    (tmp_path / "text.toml").write_text(text, "utf-8")
    (tmp_path / "sheet.toml").write_text(
        KHASRA.replace('"9/1/2"', f'"{registry.office}"').replace('"123456"', '"999107"'), "utf-8"
    )
    adangal = record(tmp_path, "1,900,Niji,,,7,आशा / राम,", "2,900,Niji,,,8,रवि / श्याम,", ",5,Niji,,,8,,")
    done = terminal.does("import", "village", adangal, "--mapping", "text.toml", *signers[:2])
    assert "no map: 2 parcels are registered by their record alone" in done.err
    assert "2 parcels registered by 1 orders" in done.err

    sheet = Sheet().plot(0, 0).plot(1, 0).plot(2, 0).text("1", 0, 0).text("2", 1, 0)
    drawing = sheet.write(tmp_path / "sheet.dxf")
    for some in ([], signers[:2], [*signers, *signers[:2]]):
        refused = terminal.refuses("import", "complete", drawing, "--mapping", "sheet.toml", *some)
        assert "signed by two officers" in refused.err
    dry = (
        "import",
        "complete",
        drawing,
        "--mapping",
        "sheet.toml",
        "--dry-run",
        "--report",
        tmp_path / "dry.json",
    )
    told = terminal.does(*dry).err
    assert "2 parcels would get their map and 0 holdings their holders." in told
    assert "Nothing was signed." in told
    assert not registry.one("select count(*) from gis.parcel where valid_to is null and village = '999107'")
    report = json.loads((tmp_path / "dry.json").read_text("utf-8"))
    assert (report["signed"], report["parcels"], report["orders"]) == (False, ["1", "2"], [])
    assert "would get their map" in (tmp_path / "dry.html").read_text("utf-8")
    later = terminal.does("import", "complete", drawing, "--mapping", "sheet.toml", *signers)
    assert "2 parcels got their map and 0 holdings their holders, by 1 orders" in later.err
    again = terminal.does("import", "complete", drawing, "--mapping", "sheet.toml", *signers)
    assert "0 parcels got their map" in again.err
    assert "Error" in terminal("import", "complete", drawing, "--mapping", "text.toml", *signers).err
