"""A newer map of a registered village: compared with its record, proposed, filed by an officer, carried by an order."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import shapely
from shapely.geometry.base import BaseGeometry

from api import clock, comparing, intake
from domain.errors import BadInput, NotFound
from gis.comparison.proposals import Paper
from gis.comparison.report import ComparisonReport
from gis.mapping import Mapping, load_mapping, parse_mapping
from gis.shapes import from_bytes
from gis.village import propose_village
from registry.acts import Enrol, Post
from registry.keys import Key, save
from registry.office import Request
from tests.api.world import KHATA_OF, LGD, OFFICE, OFFICER, ORIGIN, SIDE, World, field_shape, parcel, unit
from tests.e2e.command_line import Terminal

MAPPING = f"""
[parcel]
label = "no"
area = "ha"
area_unit = "hectare"
[unit]
holders = "who"
holders_separator = ";"
[village]
lgd = "{LGD}"
name = "Devgarh"
state = "generic"
office = "{OFFICE}"
"""
PAPER = Paper(number="FMB/2026/7", made="2026-02-23", by="Surveyor, Devgarh")
ASHA = "आशा देवी / रामलाल;रवीना देवी / रामलाल"
MEENA = "मीना कुमारी / सोहन सिंह"
BROTHERS = "गोपाल / हरि;मोहन / हरि"
WHO = {"1": ASHA, "2": "ठाकुर जी मन्दिर", "3": MEENA, "4": BROTHERS}


def mapping() -> Mapping:
    return parse_mapping(MAPPING)


def half(label: str, east: bool) -> BaseGeometry:
    west, south, middle, north = field_shape(label).bounds
    middle = west + SIDE / 2
    return shapely.box(middle, south, west + SIDE, north) if east else shapely.box(west, south, middle, north)


def newer_map(folder: Path) -> Path:
    """Field 3 is divided, 5 and 6 are one, 9 names others, 7 has lost most of its shape; the rest is as it was."""
    west, south, _, _ = field_shape("7").bounds
    rows: list[tuple[str, str, str, BaseGeometry]] = [
        (label, "0.4021", WHO[KHATA_OF[label]], field_shape(label)) for label in ("1", "2", "4", "8")
    ]
    rows += [
        ("31", "0.2011", ASHA, half("3", east=False)),
        ("32", "0.2010", ASHA, half("3", east=True)),
        ("51", "0.8042", MEENA, shapely.union(field_shape("5"), field_shape("6"))),
        ("7", "0.4021", BROTHERS, shapely.box(west, south, west + SIDE / 5, south + SIDE)),
        ("9", "0.4021", "कमला", field_shape("9")),
    ]
    features = [
        {
            "type": "Feature",
            "properties": {"no": label, "ha": hectares, "who": who},
            "geometry": json.loads(shapely.to_geojson(shape)),
        }
        for label, hectares, who, shape in rows
    ]
    path = folder / "devgarh-2026.geojson"
    path.write_text(
        json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False), "utf-8"
    )
    return path


def reported(world: World, folder: Path, *, paper: Paper | None = PAPER) -> ComparisonReport:
    report, undrawn = comparing.compared(world.house, newer_map(folder), mapping(), LGD, paper=paper)
    assert undrawn == []
    return report


def lekhpal(world: World) -> Key:
    """The key of somebody who enters cases."""
    key = Key.generate()
    pop = key.prove_possession(origin=ORIGIN, officer="UP-LEK-7")
    world.perform(Enrol(public=key.public, officer="UP-LEK-7", pop=pop))
    world.perform(Post(officer="UP-LEK-7", office=OFFICE, roles=("lekhpal",)))
    return key


def test_the_record_is_read_as_everybody_may_read_it(village: World) -> None:
    known = comparing.registered(village.house, LGD)
    third = next(plot for plot in known.plots if plot.label == "3")
    assert (known.name, len(known.plots)) == ("Devgarh", 9)
    assert (third.id, third.unit) == (parcel(3), unit(1))
    assert third.holders == tuple(ASHA.split(";"))
    assert third.area is not None
    assert (third.area.figure, third.area.unit) == ("0.4021", "hectare")
    assert third.shape is not None
    assert third.shape.equals(field_shape("3"))


def test_a_village_that_is_not_registered_is_not_compared(village: World) -> None:
    with pytest.raises(NotFound, match="999999"):
        comparing.registered(village.house, "999999")


def test_a_newer_map_is_reported_and_nothing_is_signed(village: World, tmp_path: Path) -> None:
    report = reported(village, tmp_path)
    told = [(c.kind, [p.label for p in c.before]) for c in report.comparison.changes]
    assert told == [("split", ["3"]), ("merged", ["5", "6"]), ("broken", ["7"])]
    assert [(h.kind, h.before.label) for h in report.comparison.holders] == [("holders-changed", "9")]
    assert [p.complete for p in report.proposals] == [True, True, False]
    comparing.write(report, tmp_path / "out")
    names = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert names == [
        "0001-split.json",
        "0001-split.svg",
        "0002-merged.json",
        "0002-merged.svg",
        "0003-broken.svg",
        "0004-holders-changed.json",
        "0004-holders-changed.svg",
        "index.html",
        "report.json",
    ]
    assert all(path.stat().st_mode & 0o077 == 0 for path in (tmp_path / "out").iterdir())
    assert comparing.registered(village.house, LGD).log_size == report.log_size


def test_what_is_complete_is_filed_as_cases_and_the_land_shows_it(world: World, tmp_path: Path) -> None:
    report = reported(world, tmp_path)
    filed = comparing.file_proposals(
        world.house,
        report.proposals,
        key=lekhpal(world),
        applicant="Survey department, Devgarh",
        documents=(),
        day=world.day,
    )
    assert [(f.number, f.case_no, f.refused) for f in filed] == [
        (1, f"{LGD}-C000001", ""),
        (2, f"{LGD}-C000002", ""),
    ]
    assert [f.findings for f in filed] == [(), ()]
    case, _ = world.house.cases.read(filed[0].case_no)
    assert (case.type, case.status, case.filed_by) == ("mutation.subdivision/1", "filed", "UP-LEK-7")
    assert set(case.touches) == {parcel(3), unit(1)}
    with world.house.datastore.cursor() as cursor:
        cursor.execute("select doc from records.parcel where parcel_id = %s", (parcel(3),))
        (row,) = cursor.fetchall()
    assert {p["case"] for p in json.loads(bytes(row[0]))["pending"]} == {filed[0].case_no}


def test_a_key_that_files_nothing_here_files_nothing(world: World, tmp_path: Path) -> None:
    report = reported(world, tmp_path)
    filed = comparing.file_proposals(
        world.house, report.proposals, key=world.officer, applicant="Survey department", documents=(), day=world.day
    )  # fmt: skip
    assert [bool(f.refused) for f in filed] == [True, True]
    assert [f.case_no for f in filed] == ["", ""]


def test_a_proposal_that_was_completed_is_what_the_law_asks_for(world: World, tmp_path: Path) -> None:
    split = reported(world, tmp_path).proposals[0]
    assert split.mutation == "mutation.subdivision/1"
    shapes = [from_bytes(body) for body in split.shapes.values()]
    world.record(split.mutation, split.application, shapes=shapes)  # type: ignore[arg-type]  # plain polygons
    after = {plot.label: plot for plot in comparing.registered(world.house, LGD).plots}
    assert "3" not in after
    assert {after["31"].unit, after["32"].unit} == {unit(1)}
    again = reported(world, tmp_path)
    assert [c.kind for c in again.comparison.changes] == ["merged", "broken"]


def test_a_whole_comparison_at_the_command_line(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    settings = world.house.settings
    terminal = Terminal(monkeypatch, capfd, home=settings.home, url=settings.database_url, directory=tmp_path)
    key = lekhpal(world)
    save(key, tmp_path / "lekhpal.key", plain=True)
    (tmp_path / "map.toml").write_text(MAPPING, encoding="utf-8")
    asked = (
        "village",
        "compare",
        newer_map(tmp_path),
        "--village",
        LGD,
        "--mapping",
        "map.toml",
        "--out",
        "out",
    )
    told = terminal.does(*asked)
    assert "3 proposed cases, 1 of them complete" not in told.out  # without its paper no sketch is named
    assert "3 proposed cases, 0 of them complete" in told.out
    assert (tmp_path / "out" / "index.html").exists()
    paper = ("--paper-number", "FMB/2026/7", "--paper-made", "2026-02-23", "--paper-by", "Surveyor, Devgarh")
    filed = terminal.does(
        *asked, *paper, "--file", "--key", "lekhpal.key", "--applicant", "Survey department", "--yes"
    )
    assert f"1\t{LGD}-C000001\t" in filed.out
    assert f"2\t{LGD}-C000002\t" in filed.out


@pytest.mark.parametrize("command", ["compare", "resurvey"])
def test_a_record_without_a_map_is_told_apart_from_a_newer_map(
    village: World,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    command: str,
) -> None:
    settings = village.house.settings
    terminal = Terminal(monkeypatch, capfd, home=settings.home, url=settings.database_url, directory=tmp_path)
    (tmp_path / "map.toml").write_text(MAPPING, encoding="utf-8")
    (tmp_path / "register.csv").write_text("no,ha,who\n1,0.4021,Asha\n2,0.4021,Ravi\n", encoding="utf-8")
    notified = (
        "--survey",
        "Resurvey",
        "--notification",
        "RS/1",
        "--notified",
        "2026-02-23",
        "--notified-by",
        "Surveyor",
    )
    paper = notified if command == "resurvey" else ()
    asked = ("village", command, "register.csv", "--village", LGD, "--mapping", "map.toml", *paper)
    answer = terminal.refuses(*asked)
    assert "register.csv is a record without a map" in answer.err
    assert "landlog import complete" in answer.err


def test_a_village_of_which_no_parcel_has_a_map_yet_is_said_so(world: World, tmp_path: Path) -> None:
    facts = mapping().with_village(lgd="999102", name="Rampur")
    (tmp_path / "register.csv").write_text("no,ha,who\n1,0.4021,Asha\n2,0.4021,Ravi\n", encoding="utf-8")
    record = propose_village(tmp_path / "register.csv", facts)
    outcome = intake.register(
        world.house, record, key=world.officer, source="Register of 2020", order_no="IMPORT/999102"
    )
    assert outcome.registered == 2
    with pytest.raises(BadInput, match="no parcel of Rampur has a map yet") as refused:
        comparing.compared(world.house, newer_map(tmp_path), mapping(), "999102")
    assert "landlog import complete" in refused.value.remedy


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--file",), "a case is filed by an officer"),
        (("--file", "--key", "x.key"), "--applicant"),
        (("--paper-number", "7"), "a number, a day and somebody who made it"),
    ],
    ids=["no key", "nobody brings it", "half a paper"],
)
def test_a_command_that_lacks_something_says_what(
    village: World,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    more: tuple[str, ...],
    said: str,
) -> None:
    settings = village.house.settings
    terminal = Terminal(monkeypatch, capfd, home=settings.home, url=settings.database_url, directory=tmp_path)
    answer = terminal.refuses(
        "village", "compare", newer_map(tmp_path), "--village", LGD, "--mapping", "map.toml", *more
    )
    assert said in answer.err


def test_a_real_village_is_registered_and_its_newer_version_compared(
    world: World, shared_data: Path, tmp_path: Path
) -> None:
    """643015_W: 13 splits with 33 children, 49 holders and one parent's name, 20 broken shapes, no boundary else."""
    folder = shared_data / "ap_krishna_bhunaksha"
    facts = load_mapping("ap_krishna_bhunaksha").with_village(lgd="643015", name="West part")
    office = facts.the_village().office
    world.perform(Post(officer=OFFICER, office=office, roles=("tahsildar",)))
    older = propose_village(folder / "village_643015_W_2025-08-05.geojson", facts)
    outcome = intake.register(
        world.house, older, key=world.officer, source="Bhunaksha, August 2025", order_no="IMPORT/643015"
    )
    assert (outcome.registered, outcome.not_registered) == (1_454, [])
    report, undrawn = comparing.compared(
        world.house, folder / "village_643015_W_2026-02-23.geojson", facts, "643015", paper=PAPER
    )
    assert undrawn == []
    counts = report.counts()
    assert (counts["split"], counts["broken"], counts["boundary-moved"], counts["merged"]) == (13, 20, 9, 0)
    assert sum(len(split.after) for split in report.comparison.of("split")) == 33
    assert len(report.comparison.holders) == 50
    assert len(report.proposals) == 13 + 9 + 50
    divided = [p for p in report.proposals if p.mutation == "mutation.subdivision/1"]
    assert len(divided) >= 5
    assert all(p.complete for p in divided)
    comparing.write(report, tmp_path / "out")
    assert len(list((tmp_path / "out").glob("*.svg"))) == len(report.comparison.changes) + 50
    shapes = [from_bytes(body) for body in divided[0].shapes.values()]
    judged = world.house.office.judge(
        Request(
            type=str(divided[0].mutation),
            application=divided[0].application,
            office=office,
            officer=OFFICER,
            order_no="MR/1",
            shapes=divided[0].shapes,
        ),
        day=world.day,
        salt=clock.new_salt,
    )
    assert len(shapes) >= 2
    assert [f.rule for f in judged.findings] == []


def test_a_report_that_cannot_be_written_says_where(village: World, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("in the way")
    with pytest.raises(BadInput, match="cannot be written"):
        comparing.write(reported(village, tmp_path), tmp_path / "out")
