"""Several villages in one run: read ahead in another process, registered one after another."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from api import intake
from api.cli import main
from api.cli.importing_many import listed
from api.demo import tehsil
from api.reading import Reading, read_ahead
from domain.errors import BadInput
from registry import keys
from tests.conftest import Database
from tests.e2e.house import Registry


@pytest.fixture(scope="module")
def readings(tmp_path_factory: pytest.TempPathFactory) -> list[Reading]:
    place = tmp_path_factory.mktemp("villages")
    return [
        Reading(
            file=village.write(place),
            mapping=tehsil.MAPPING,
            village={"lgd": village.lgd, "name": village.name},
        )
        for village in tehsil.generate()[:2]
    ]


def test_villages_read_ahead_are_those_that_are_read_here_and_in_their_order(readings: list[Reading]) -> None:
    ahead = list(read_ahead(readings))
    here = [intake.read(r.file, r.mapping, r.village) for r in readings]
    assert [v.village for v in ahead] == [v.village for v in here]
    assert [v.parcels for v in ahead] == [v.parcels for v in here]
    assert [v.units for v in ahead] == [v.units for v in here]
    assert [v.report.to_json() for v in ahead] == [v.report.to_json() for v in here]


def test_a_file_that_cannot_be_read_is_told_when_its_turn_comes(
    readings: list[Reading], tmp_path: Path
) -> None:
    empty = tmp_path / "empty.geojson"
    empty.write_text(json.dumps({"type": "FeatureCollection", "features": []}), encoding="utf-8")
    villages = read_ahead(
        [readings[0], Reading(file=empty, mapping=tehsil.MAPPING, village=readings[1].village)]
    )
    assert next(villages).village.lgd == readings[0].village["lgd"]
    with pytest.raises(BadInput) as here:
        intake.read(empty, tehsil.MAPPING, readings[1].village)
    with pytest.raises(BadInput) as there:
        next(villages)
    told = [(str(e.value), e.value.field, e.value.remedy) for e in (here, there)]
    assert told[0] == told[1]


def test_villages_in_a_row_are_registered_and_shown_and_a_second_file_of_one_meets_the_first(
    readings: list[Reading], database: Database, tmp_path: Path
) -> None:
    registry = Registry.found(tmp_path / "home", database, office=tehsil.OFFICE)
    try:
        with intake.in_a_row(registry.house) as row:
            outcomes = [
                row.register(
                    proposed, key=registry.key("tahsildar"), source="Khatauni", order_no=f"IMPORT/{number}"
                )
                for number, proposed in enumerate(read_ahead([*readings, readings[0]]))
            ]
        shown = registry.one("select count(*) from records.parcel")
        assert [bool(o.registered) for o in outcomes] == [True, True, False]
        assert outcomes[0].registered + outcomes[1].registered == shown
        assert len(outcomes[2].skipped) == outcomes[0].registered
        assert registry.one("select count(*) from gis.village where valid_to is null") == 2
        assert registry.one("select count(*) from gis.village_due") == 0
    finally:
        registry.close()


def test_a_list_of_villages_is_imported_by_one_command(
    readings: list[Reading], database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = Registry.found(tmp_path / "home", database, office=tehsil.OFFICE)
    try:
        keys.save(registry.key("tahsildar"), tmp_path / "officer.key", plain=True)
        monkeypatch.setenv("LANDLOG_HOME", str(tmp_path / "home"))
        monkeypatch.setenv("LANDLOG_DATABASE_URL", database.url)
        place = tmp_path / "villages.csv"
        lines = [f"{r.file},{r.village['lgd']},{r.village['name']}" for r in readings]
        place.write_text("\n".join(["file,lgd,name", *lines, "missing.geojson,999104,Nowhere"]), "utf-8")
        words = ["import", "villages", str(place), "--mapping", str(tehsil.MAPPING)]
        with pytest.raises(SystemExit) as ended:
            main([*words, "--key", str(tmp_path / "officer.key")])
        assert ended.value.code == 1
        shown = registry.one("select count(*) from records.village where parcels > 0")
        assert shown == 2, "what came before the file that is missing is registered and shown"
        assert len(list((tmp_path / "home" / "imports").glob("*.html"))) == 2
    finally:
        registry.close()


@pytest.mark.quick
@pytest.mark.parametrize(
    ("text", "fault"),
    [("file,lgd\n,999101\n", "line 2"), ("file,khata\na,b\n", "khata"), ("file\n\xff\n", "no list")],
)
def test_a_list_of_villages_that_cannot_be_followed_is_refused(tmp_path: Path, text: str, fault: str) -> None:
    place = tmp_path / "villages.csv"
    place.write_bytes(text.encode("latin-1"))
    with pytest.raises(BadInput, match=fault):
        listed(place, "tehsil")
