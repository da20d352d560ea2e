"""A village at the command line: written out for other programs, and looked over by the watch."""

from __future__ import annotations

import json
from pathlib import Path

import pyogrio
import pytest

from gis.export import FORMS, Form, file_name
from tests.e2e.command_line import Terminal
from tests.e2e.house import Registry

LGD = "999101"


@pytest.fixture
def terminal(
    registry: Registry, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Terminal:
    settings = registry.house.settings
    return Terminal(monkeypatch, capfd, home=settings.home, url=settings.database_url, directory=tmp_path)


def test_a_village_is_written_in_every_form_and_never_over_another_file(terminal: Terminal) -> None:
    for form in FORMS:
        done = terminal.does("village", "export", LGD, "--format", form)
        assert "115 parcels of Neemsari" in done.err
        assert "exists already" in terminal.refuses("village", "export", LGD, "--format", form).err
    beside = json.loads(Path(f"{file_name(LGD, 'csv')}-metadata.json").read_text())
    assert beside["url"] == file_name(LGD, "csv")
    left = {path.name for path in Path().iterdir()} - {terminal.home.name}
    assert left == {*(file_name(LGD, form) for form in FORMS), f"{file_name(LGD, 'csv')}-metadata.json"}
    for form in FORMS:
        assert len(pyogrio.raw.read(file_name(LGD, form))[3][0]) == 115


@pytest.mark.parametrize(
    "words", [("999999",), (LGD, "--format", "xlsx"), (LGD, "--out", "absent/x.gpkg")], ids=str
)
def test_what_cannot_be_written_is_refused_and_leaves_nothing(
    terminal: Terminal, words: tuple[str, ...]
) -> None:
    terminal.refuses("village", "export", *words)
    assert not list(Path().glob("*.gpkg"))


def test_the_watch_writes_a_report_for_each_village(terminal: Terminal) -> None:
    done = terminal.does("village", "check", LGD)
    assert done.out.startswith(f"{LGD}\tNeemsari\t115 parcels\tno faults")
    place = terminal.home / "checks"
    report = json.loads((place / f"{LGD}.json").read_text())
    assert (report["parcels"], report["faults"], report["within"]) == (115, [], False)
    assert "The map fits together" in (place / f"{LGD}.html").read_text()
    assert f'href="{LGD}.html"' in (place / "index.html").read_text()


def test_a_village_beyond_its_boundary_is_told_so(terminal: Terminal) -> None:
    ring = [[77.0, 15.0], [77.1, 15.0], [77.1, 15.1], [77.0, 15.0]]
    feature = {
        "type": "Feature",
        "properties": {"LGD_CODE": int(LGD)},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
    Path("all.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    done = terminal.does(
        "village", "check", "--all", "--boundaries", "all.geojson", "--code", "LGD_CODE", "--out", "here"
    )
    assert "115 x outside-village" in done.out
    assert json.loads(Path("here", f"{LGD}.json").read_text())["within"] is True


def write_places(*, district: str = "901") -> None:
    Path("states.csv").write_text("state_code,state_name\n99,Examplia\n")
    Path("districts.csv").write_text(f"state_code,district_code,district_name\n99,{district},Phoolpur\n")
    Path("sub.csv").write_text(f"district_code,subdistrict_code,subdistrict_name\n{district},9001,Phoolsar\n")
    Path("villages.csv").write_text(f"subdistrict_code,village_code,village_name\n9001,{LGD},Neemsari\n")


PLACES = ("states.csv", "districts.csv", "sub.csv", "villages.csv")


def test_the_directory_of_places_says_what_a_village_lies_in(terminal: Terminal) -> None:
    assert "the directory has no village" in terminal.refuses("place", "show", LGD).err
    write_places()
    done = terminal.does("place", "load", *PLACES, "--since", "2026-05-01")
    assert "4 new, 0 changed, 0 as before" in done.err
    assert terminal.does("place", "show", LGD).out.splitlines() == [
        "state\t99\tExamplia\t",
        "district\t901\tPhoolpur\t",
        "subdistrict\t9001\tPhoolsar\t",
        f"village\t{LGD}\tNeemsari\t",
    ]


def test_a_boundary_that_is_kept_serves_the_watch_and_the_import(terminal: Terminal) -> None:
    terminal.does("village", "export", LGD, "--format", "geojson")
    ring = [[77.0, 15.0], [77.1, 15.0], [77.1, 15.1], [77.0, 15.0]]
    feature = {
        "type": "Feature",
        "properties": {"lgd": LGD},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
    Path("all.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": [feature]}))
    terminal.does("place", "boundaries", "all.geojson")
    assert "115 x outside-village" in terminal.does("village", "check", LGD).out
    Path("mapping.toml").write_text(
        f'[file]\nwithin = [68.0, 6.0, 98.0, 38.0]\n[parcel]\nlabel = "label"\narea = "recorded_m2"\n'
        f'area_unit = "m2"\n[unit]\nlabel = "unit_id"\nholders = "unit_id"\n'
        f'[village]\nstate = "generic"\nlgd = "{LGD}"\nname = "Neemsari"\noffice = "99/901/9001"\n'
    )
    file = file_name(LGD, "geojson")
    done = terminal.does("import", "village", file, "--mapping", "mapping.toml", "--dry-run")
    assert "115 x outside-village" in done.err
    write_places(district="902")
    terminal.does("place", "load", *PLACES)
    refused = terminal.refuses("import", "village", file, "--mapping", "mapping.toml", "--dry-run")
    assert "district Phoolpur (902)" in refused.err
    assert "--office 99/902/9001" in refused.err


@pytest.mark.parametrize(
    "words", [(), (LGD, "--all"), ("999999",), (LGD, "--boundaries", "absent.gpkg")], ids=str
)
def test_the_watch_says_what_it_needs(terminal: Terminal, words: tuple[str, ...]) -> None:
    terminal.refuses("village", "check", *words)


def test_the_forms_are_those_that_the_interface_offers() -> None:
    assert set(FORMS) == set(Form.__args__)  # type: ignore[attr-defined]
