"""The real villages of Gudur mandal, where their data is at hand: every row used or refused by name."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from pathlib import Path

import pytest

from gis.holders import CELL_CUT, PLACEHOLDER
from gis.mapping import load_mapping
from gis.shapes import drawn_areas, from_bytes_many
from gis.village import ProposedVillage, propose_village

VILLAGES = {
    "julakallu": (593873, 806),
    "chanugondla": (593878, 4467),
    "budidapadu": (593882, 1951),
    "ponakallu": (593874, 1134),
}


def proposed(shared_data: Path, name: str) -> ProposedVillage:
    lgd, _ = VILLAGES[name]
    mapping = load_mapping("ap_gudur_dlr").with_village(lgd=str(lgd), name=name.title())
    return propose_village(shared_data / "ap_gudur_dlr" / f"{name}_lpm.geojson", mapping)


@pytest.mark.parametrize("name", VILLAGES)
def test_every_row_is_used_or_refused_with_a_named_reason(shared_data: Path, name: str) -> None:
    village = proposed(shared_data, name)
    report, rows = village.report, VILLAGES[name][1]
    assert report.source.rows == rows == report.used + len(report.refused)
    assert all(row.reasons for row in report.refused)
    assert len(village.parcels) == report.used
    assert {parcel.label for parcel in village.parcels} == set(map(str, range(1, rows + 1)))
    assert sum(len(unit.parcels) for unit in village.units) == report.used
    shapes = from_bytes_many([parcel.geometry for parcel in village.parcels])
    assert drawn_areas(shapes) == [parcel.drawn_m2 for parcel in village.parcels]


def test_julakallu_is_an_exact_coverage_with_twenty_parcels_whose_areas_differ(shared_data: Path) -> None:
    report = proposed(shared_data, "julakallu").report
    assert report.coverage.exact
    assert report.areas == {"agrees": 701, "close": 85, "differs": 20}
    assert not report.repairs


def test_shares_are_determined_only_where_one_holder_is_named(shared_data: Path) -> None:
    village = proposed(shared_data, "julakallu")
    for unit in village.units:
        assert unit.shares_determined == (len(unit.holders) == 1 and not unit.flags)
        assert {h.share for h in unit.holders} <= {Fraction(1), None}
    joint = [unit for unit in village.units if len(unit.khatas) > 1]
    assert len(joint) > 50
    assert "289,832" in {unit.label for unit in joint}


def test_no_name_that_was_cut_in_half_is_taken(shared_data: Path) -> None:
    village = proposed(shared_data, "julakallu")
    names = [text for unit in village.units for h in unit.holders for text in (h.name, h.relation)]
    assert not any("\ufffd" in text for text in names)
    cut = {r.row for r in village.report.remarks if r.kind == CELL_CUT}
    assert len(cut) == 23


def test_the_placeholder_of_chanugondla_is_nobodys_name(shared_data: Path) -> None:
    village = proposed(shared_data, "chanugondla")
    assert not any(h.name == "ఖాతా దారుని పేరు" for unit in village.units for h in unit.holders)
    assert Counter(r.kind for r in village.report.remarks)[PLACEHOLDER] > 40


def test_the_bow_ties_of_budidapadu_are_mended_and_moved_next_to_nothing(shared_data: Path) -> None:
    report = proposed(shared_data, "budidapadu").report
    crossings = [repair for repair in report.repairs if repair.kind == "crossing-mended"]
    assert len(crossings) == 20  # 19 in the file, and one whose corners meet on the grid
    assert sum(repair.moved_m2 for repair in report.repairs) < 1
    assert not report.as_drawn.exact
    assert report.coverage.unmatched_polygons < report.as_drawn.unmatched_polygons
    assert report.coverage.overlaps == ()


def test_classes_are_codes_and_the_double_blank_is_gone(shared_data: Path) -> None:
    village = proposed(shared_data, "julakallu")
    assert Counter(p.land_class for p in village.parcels) == {
        "patta": 371, "inam": 224, "government": 204, "endowment": 5, "wakf": 2
    }  # fmt: skip
    assert {"dry", "wet", "poramboke", "assessed-waste"} == {p.use for p in village.parcels}
    assert all(p.former_labels for p in village.parcels)
