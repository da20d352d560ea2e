"""Every real village at hand is read by its ready-made mapping, and what is told agrees with what is known of it."""

from __future__ import annotations

from collections import Counter
from functools import cache
from pathlib import Path

import pytest

from gis.mapping import load_mapping, ready_made
from gis.village import ProposedVillage, propose_village

KRISHNA, PARLA, CAMBRIDGE = "ap_krishna_bhunaksha", "ap_parla_resurvey", "us_cambridge_parcels"

# Mapping, file, table, rows, and how often each reason refuses a row.
VILLAGES = {
    "krishna 628002": (KRISHNA, f"{KRISHNA}/village_628002.geojson", "", 875, {"bad-shape": 1}),
    "krishna 639004": (KRISHNA, f"{KRISHNA}/village_639004.geojson", "", 2150, {"area-not-positive": 2}),
    "krishna 639002, map": (KRISHNA, f"{KRISHNA}/village_639002_2026-01-04a.geojson", "", 1652, {}),
    "krishna 639002, record": (KRISHNA, f"{KRISHNA}/village_639002_2026-01-04b.geojson", "", 1652, {}),
    "krishna 643015, old": (KRISHNA, f"{KRISHNA}/village_643015_W_2025-08-05.geojson", "", 1454, {}),
    "parla 1": ("ap_parla_stage1", f"{PARLA}/stage1_survey_numbers.geojson", "", 905, {"duplicate-label": 6}),
    "parla 2": (
        "ap_parla_stage2", f"{PARLA}/stage2_subdivisions.geojson", "", 2101,
        {"duplicate-label": 2, "no-area": 1, "area-not-positive": 2, "bad-shape": 1},
    ),
    "parla 3": ("ap_parla_stage3", f"{PARLA}/stage3_lpm.geojson", "", 4980, {"no-khata": 678}),
    "malatavadi": (
        "mh_village_plots", "mh_village_plots/malatavadi.geojson", "", 2508,
        {"no-area": 53, "no-khata": 53, "area-mismatch": 8, "area-not-positive": 2},
    ),
    "cambridge 2013": (
        CAMBRIDGE, f"{CAMBRIDGE}/parcels_fy2013.geojson", f"{CAMBRIDGE}/assessor_fy2013.csv", 6579,
        {"no-label": 22, "area-mismatch": 13, "duplicate-label": 6, "several-values": 2},
    ),
    "cambridge 2014": (
        CAMBRIDGE, f"{CAMBRIDGE}/parcels_fy2014.geojson", f"{CAMBRIDGE}/assessor_fy2014.csv", 6563,
        {"no-label": 20, "area-mismatch": 13, "duplicate-label": 9, "several-values": 2},
    ),
    "jalore": ("rj_khata_shares", "rj_khata_shares/plots.csv", "rj_khata_shares/holders.csv", 67, {}),
    "chanugondla, field book": (
        "ap_gudur_field_book", "ap_gudur_dlr/chanugondla_ground_validation.csv", "", 4467, {"no-khata": 3},
    ),
}  # fmt: skip


@cache
def proposed(shared_data: Path, name: str) -> ProposedVillage:
    mapping, file, table, *_ = VILLAGES[name]
    facts = load_mapping(mapping).with_village(lgd="593883", name="Village")
    return propose_village(shared_data / file, facts, table=shared_data / table if table else None)


def remarks(village: ProposedVillage) -> Counter[str]:
    return Counter(remark.kind for remark in village.report.remarks)


@pytest.mark.parametrize("name", VILLAGES)
def test_every_row_is_used_or_refused_for_the_reasons_that_are_known(shared_data: Path, name: str) -> None:
    report = proposed(shared_data, name).report
    rows, reasons = VILLAGES[name][3:]
    assert report.source.rows == rows == report.used + len(report.refused)
    assert Counter(reason.code for row in report.refused for reason in row.reasons) == reasons
    assert all(reason.sentence and reason.remedy for row in report.refused for reason in row.reasons)


def test_a_mapping_is_ready_for_each_set(shared_data: Path) -> None:
    assert {mapping for mapping, *_ in VILLAGES.values()} < set(ready_made())


def test_krishna_names_no_holder_where_the_record_names_none(shared_data: Path) -> None:
    first, second = (
        remarks(proposed(shared_data, "krishna 628002")),
        remarks(proposed(shared_data, "krishna 639004")),
    )
    assert first["nobody-named"] == 109 + first["cell-cut"]  # a sole holder whose cell was cut is not taken
    assert second["nobody-named"] == 191 + second["cell-cut"] + second["name-damaged"]


def test_the_map_came_first_and_the_record_of_rights_later(shared_data: Path) -> None:
    before, after = (
        proposed(shared_data, "krishna 639002, map"),
        proposed(shared_data, "krishna 639002, record"),
    )
    assert not any(unit.holders for unit in before.units)
    assert all(unit.holders_incomplete for unit in before.units)
    assert sum(bool(unit.holders) for unit in after.units) == 1452
    figures = {parcel.label: parcel.area for parcel in before.parcels}
    assert sum(figures[parcel.label] != parcel.area for parcel in after.parcels) == 107
    hashes = {parcel.label: parcel.geometry_hash for parcel in before.parcels}
    assert all(hashes[parcel.label] == parcel.geometry_hash for parcel in after.parcels)


def test_several_people_in_one_cell_are_told_apart(shared_data: Path) -> None:
    units = proposed(shared_data, "krishna 639004").units
    assert any(len(unit.holders) > 1 for unit in units)
    names = [holder.name for unit in units for holder in unit.holders]
    assert not any("," in name or "మరియు" in name.split() for name in names)


def test_the_newer_map_of_643015_has_shapes_that_no_import_takes(shared_data: Path) -> None:
    file = shared_data / KRISHNA / "village_643015_W_2026-02-23.geojson"
    mapping = load_mapping(KRISHNA).with_village(lgd="643015", name="Village")
    report = propose_village(file, mapping).report
    assert report.source.rows == 1474 == report.used + len(report.refused)
    assert {row.reasons[0].code for row in report.refused} == {"area-mismatch", "bad-shape"}
    assert "2537" in {row.label for row in report.refused}


def test_the_third_stage_of_parla_is_an_exact_coverage_and_its_null_khatas_are_none(
    shared_data: Path,
) -> None:
    village = proposed(shared_data, "parla 3")
    assert village.report.coverage.overlaps == ()
    assert not {"0000", "00000"} & {khata for unit in village.units for khata in unit.khatas}
    assert {parcel.use for parcel in village.parcels} == {"", "poramboke"}


def test_a_plot_of_malatavadi_bears_all_survey_numbers_of_its_record(shared_data: Path) -> None:
    village = proposed(shared_data, "malatavadi")
    assert village.report.coverage.exact
    several = [unit for unit in village.units if len(unit.khatas) > 1]
    assert 150 < sum(len(unit.parcels) for unit in several) <= 196
    assert any("अ" in khata for unit in village.units for khata in unit.khatas)
    assert max(len(unit.holders) for unit in village.units) >= 10
    assert all(
        (holder.share is None) == (len(unit.holders) > 1) for unit in village.units for holder in unit.holders
    )


@pytest.mark.parametrize("year", ["2013", "2014"])
def test_what_is_no_parcel_of_cambridge_is_refused_and_the_assessor_is_joined(
    shared_data: Path, year: str
) -> None:
    report = proposed(shared_data, f"cambridge {year}").report
    nameless = [row for row in report.refused if row.reasons[0].code == "no-label"]
    assert {row.cells["ML"] for row in nameless} <= {None, "---", "--MD", "--R", "-", "ROAD", "RR", "", "--"}
    assert report.table is not None
    assert report.table.rows > 12_000
    assert 0 < len(report.table.unmatched) < 47


def test_shares_of_jalore_add_up_with_their_great_denominators(shared_data: Path) -> None:
    village = proposed(shared_data, "jalore")
    assert sum(len(unit.holders) for unit in village.units) == 70
    assert all(unit.shares_determined for unit in village.units)
    assert max(h.share.denominator for u in village.units for h in u.holders if h.share) > 100
    assert not any(parcel.geometry for parcel in village.parcels)


def test_a_name_of_ponakallu_that_no_order_takes_is_flagged_when_it_is_read(shared_data: Path) -> None:
    from domain import form
    from domain.mutations.import_ import OldHolder

    mapping = load_mapping("ap_gudur_dlr").with_village(lgd="593874", name="Ponakallu")
    village = propose_village(shared_data / "ap_gudur_dlr" / "ponakallu_lpm.geojson", mapping)
    for unit in village.units:
        for holder in unit.holders:
            party = {"name": holder.name, "relation": holder.relation or None}
            assert form.read(OldHolder, {"party": party, "share": None})
    assert remarks(village)["name-damaged"] > 0
