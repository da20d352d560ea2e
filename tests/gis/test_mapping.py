"""A mapping file: what it may hold, and how it is told that it does not."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from domain.errors import BadInput
from gis.mapping import load_mapping, parse_mapping, ready_made
from tests.gis.maps import MAPPING, mapping

pytestmark = pytest.mark.quick

SHEET = "[sheet]\nplots = ['A']\ntexts = { no = ['B'] }\n"


def test_the_columns_that_are_read_are_named_once_each() -> None:
    assert mapping().columns() == (
        "Khasra", "Rakba", "Shreni", "Upyog", "Purana", "Khata", "Khatedar", "Ansh"
    )  # fmt: skip


@pytest.mark.parametrize("name", ready_made())
def test_every_ready_made_mapping_can_be_read_and_needs_only_the_village_told(name: str) -> None:
    ready = load_mapping(name).with_village(lgd="593873", name="Julakallu", name_local="జులకల్లు")
    assert ready.the_village().lgd == "593873"


def test_a_double_blank_in_a_code_list_is_one_blank() -> None:
    assert mapping().codes.land_class["Sarkari Bhumi"] == "government"


def test_facts_of_the_village_told_on_the_command_line_replace_those_of_the_file() -> None:
    told = mapping().with_village(name="Sitapur", name_local=None)
    assert (told.the_village().name, told.the_village().lgd) == ("Sitapur", "123456")


@pytest.mark.parametrize(
    ("was", "becomes", "field", "says"),
    [
        ('label = "Khasra"', 'lable = "Khasra"', "parcel.lable", "not known"),
        ('label = "Khasra"', "", "parcel.label", "does not say"),
        ('label = "Khasra"', "label = 7", "parcel.label", "should be a text"),
        ('area_unit = "m2"', 'area_unit = "bigha"', "parcel.area_unit", "hectare, acre"),
        ("[unit]", "[units]", "mapping.units", "Known under"),
        ('holders = "Khatedar"', "", "unit.holders", "Add holders"),
        ("[77.0, 15.0, 78.0, 16.0]", "[77.0, 15.0]", "file.within", "west, south, east, north"),
        ("[file]", '[file]\narea_factor = "0.5"', "file.area_factor", "above one"),
        ('"Niji" = "private"', '"Niji" = 1', "codes.land_class", "Patta Land"),
        ('name = "Rampur"', 'name = "Rampur"\npopulation = 1', "village.population", "Known under"),
        ("[parcel]", "[parcel", "mapping", "Correct that line"),
        ('area = "Rakba"\n', "", "parcel.area", "area_is_drawn = true"),
        ("[parcel]", "[parcel]\narea_is_drawn = true", "parcel.area_is_drawn", "Keep one of the two"),
        ("[parcel]", "[parcel]\narea_fallback = 'paper'", "parcel.area_fallback", 'area_fallback = "drawn"'),
        ("[parcel]", "[parcel]\narea_is_drawn = 1", "parcel.area_is_drawn", "true or false"),
        ("[unit]", '[table]\nkey = "no"\n[unit]', "table.matches", "does not say"),
        ("[unit]", SHEET + "unit = 'furlong'\n[unit]", "sheet.unit", "metre, centimetre"),
        ("[unit]", SHEET + "snap = 0\n[unit]", "sheet.snap", "greater than zero"),
        ("[unit]", SHEET + "snap = nan\n[unit]", "sheet.snap", "should be a figure"),
        (
            "[unit]",
            SHEET + "control = [[0, 0, 1, 1], [9, 9, 8, 8]]\n[unit]",
            "sheet.control",
            "at least three",
        ),
        ("[unit]", SHEET + "control = [[0, 0]]\n[unit]", "sheet.control", "[x, y, east, north]"),
        ("[unit]", "[sheet]\nplots = ['A']\n[unit]", "sheet.texts", "does not say"),
        ("[unit]", "[sheet]\nplots = ['A']\ntexts = { no = 'B' }\n[unit]", "sheet.texts", "a table of lists"),
    ],
)
def test_a_slip_in_a_mapping_is_named_with_its_remedy(was: str, becomes: str, field: str, says: str) -> None:
    assert was in MAPPING
    with pytest.raises(BadInput) as refusal:
        parse_mapping(MAPPING.replace(was, becomes, 1))
    assert refusal.value.field == field
    assert says in f"{refusal.value} {refusal.value.remedy}"


@pytest.mark.parametrize(
    ("fact", "value", "field"),
    [("lgd", "0123", "village.lgd"), ("office", "9/x", "village.office"), ("name", "", "village.name")],
)
def test_a_village_that_is_not_whole_is_refused_by_the_fact_at_fault(
    fact: str, value: str, field: str
) -> None:
    with pytest.raises(BadInput) as refusal:
        mapping(**{fact: value}).the_village()
    assert refusal.value.field == field


def test_a_fact_that_is_missing_names_an_option_only_where_there_is_one() -> None:
    bare = parse_mapping(MAPPING)
    for fact, said in (("lgd", True), ("office", True), ("state", False)):
        facts = {name: value for name, value in bare.village.items() if name != fact}
        with pytest.raises(BadInput, match=f"village.{fact}") as refusal:
            replace(bare, village=facts).the_village()
        assert (f"--{fact}" in refusal.value.remedy) is said
        assert ("command line" in refusal.value.remedy) is said


def test_a_mapping_that_is_not_there_is_told_with_the_ready_made_ones(tmp_path: Path) -> None:
    with pytest.raises(BadInput) as refusal:
        load_mapping(tmp_path / "none.toml")
    assert "ap_gudur_dlr" in refusal.value.remedy
    (tmp_path / "latin.toml").write_bytes(b"# \xe9")
    with pytest.raises(BadInput, match="not UTF-8"):
        load_mapping(tmp_path / "latin.toml")


def test_a_factor_for_areas_may_be_set() -> None:
    assert parse_mapping(
        MAPPING.replace("[file]", '[file]\narea_factor = "1.5"')
    ).file.area_factor == Decimal("1.5")


def test_one_separator_may_be_a_text_or_a_list_and_holders_may_be_said_to_be_missing() -> None:
    assert mapping().unit.holders_separator == (",",)
    several = MAPPING.replace('holders_separator = ","', 'holders_separator = [",", "and"]')
    assert parse_mapping(several).unit.holders_separator == (",", "and")
    nobody = parse_mapping(MAPPING.replace('holders = "Khatedar"', 'holders = ""'))
    assert "Khatedar" not in nobody.columns()
