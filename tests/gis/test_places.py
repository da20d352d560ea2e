"""The directory of places: read from published exports, dated, and asked for what a village lies in."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import psycopg2
import pytest
import shapely
from psycopg2 import extensions

from domain.errors import BadInput
from gis.places import Place, boundaries_of, keep_boundaries, line_of, load, read_places

MAY, JUNE, JULY = date(2026, 5, 1), date(2026, 6, 1), date(2026, 7, 1)
STATE = Place(level="state", code="28", name="Andhra Pradesh")
KURNOOL = Place(level="district", code="511", name="Kurnool", parent="28")
NANDYAL = Place(level="district", code="755", name="Nandyal", parent="28")
GUDUR = Place(level="subdistrict", code="5257", name="Gudur", parent="511")
JULAKALLU = Place(level="village", code="593873", name="Julakallu", parent="5257")


def write(tmp_path: Path, name: str, text: str) -> Path:
    file = tmp_path / name
    file.write_text(text, encoding="utf-8")
    return file


@pytest.fixture
def cursor(database: Any) -> Iterator[extensions.cursor]:
    with psycopg2.connect(database.dsn) as connection, connection.cursor() as cursor:
        yield cursor
    connection.close()


@pytest.mark.quick
def test_an_export_is_of_the_level_of_its_columns(tmp_path: Path) -> None:
    districts = "state_code,state_name,district_code,district_name\n28,Andhra Pradesh,511,Kurnool\n"
    villages = (
        "district_code,subdistrict_code,village,village_native,native_source,village_code\n"
        "511,5257,Julakallu,జులకల్లు,transliterated,593873\n511,5257, Kothapalle ,కొత్తపల్లె,LGD,593900\n"
    )
    files = [write(tmp_path, "v.csv", villages), write(tmp_path, "d.csv", districts)]
    assert read_places(files) == [
        KURNOOL,
        JULAKALLU,  # a machine's spelling is no official name
        Place(level="village", code="593900", name="Kothapalle", name_local="కొత్తపల్లె", parent="5257"),
    ]


@pytest.mark.quick
@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a,b\n1,2\n", "no column of codes"),
        ("", "no column of codes"),
        ("state_code,state_name\nx,Goa\n", "line 2: no name, or a code"),
        ("state_code,state_name\n1;drop,Goa\n", "line 2"),
        ("state_code,state_name\n30,\n", "line 2"),
        ("state_code,state_name\n30,Goa\n30,Gomantak\n", "line 3: state 30 is there twice"),
    ],
)
def test_what_is_no_export_is_refused_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        read_places([write(tmp_path, "x.csv", text)])


@pytest.mark.quick
def test_a_file_that_is_not_there_or_no_text_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no such file"):
        read_places([tmp_path / "none.csv"])
    (tmp_path / "b.csv").write_bytes(b"state_code,state_name\n1,\xff\xfe\n")
    with pytest.raises(BadInput, match="is no export"):
        read_places([tmp_path / "b.csv"])


def test_a_village_is_told_with_all_that_it_lies_in(cursor: extensions.cursor) -> None:
    assert load(cursor, [STATE, KURNOOL, GUDUR, JULAKALLU], since=MAY).new == 4
    assert line_of(cursor, "593873", MAY) == (STATE, KURNOOL, GUDUR, JULAKALLU)
    assert line_of(cursor, "593874", MAY) == ()
    assert line_of(cursor, "593873", date(2026, 4, 30)) == ()


def test_a_sub_district_that_moved_is_where_it_was_on_every_former_day(cursor: extensions.cursor) -> None:
    load(cursor, [STATE, KURNOOL, NANDYAL, GUDUR, JULAKALLU], since=MAY)
    moved = Place(level="subdistrict", code="5257", name="Gudur", parent="755")
    done = load(cursor, [moved, JULAKALLU], since=JULY)
    assert (done.new, done.changed, done.same) == (0, 1, 1)
    assert [p.code for p in line_of(cursor, "593873", JUNE)] == ["28", "511", "5257", "593873"]
    assert [p.code for p in line_of(cursor, "593873", JULY)] == ["28", "755", "5257", "593873"]


def test_the_same_export_twice_changes_nothing_and_an_older_one_is_refused(cursor: extensions.cursor) -> None:
    load(cursor, [STATE], since=JUNE)
    assert load(cursor, [STATE], since=JULY).same == 1
    again = load(cursor, [Place(level="state", code="28", name="Andhra")], since=JUNE)
    assert (again.changed, line_of(cursor, "28", JUNE)) == (1, ())
    with pytest.raises(BadInput, match="which is after 2026-05-01"):
        load(cursor, [STATE], since=MAY)


def test_boundaries_are_kept_the_newest_of_each_village(cursor: extensions.cursor) -> None:
    small, large = shapely.box(77.5, 15.5, 77.6, 15.6), shapely.box(77.5, 15.5, 77.7, 15.7)
    keep_boundaries(cursor, {"1": small, "2": small}, source="one")
    keep_boundaries(cursor, {"1": large}, source="another")
    kept = boundaries_of(cursor, ["1", "2", "3"])
    assert kept["1"].equals(large)
    assert kept["2"].equals(small)
    assert kept.keys() == {"1", "2"}


def test_the_published_directory_loads_whole(cursor: extensions.cursor, shared_data: Path) -> None:
    places = read_places(sorted((shared_data / "lgd_admin").glob("*.csv")))
    assert load(cursor, places, since=MAY).new == 35 + 781 + 7_073 + 3_008
    assert [p.name for p in line_of(cursor, "593873", MAY)] == [
        "Andhra Pradesh",
        "Kurnool",
        "Gudur",
        "Julakallu",
    ]
