"""A village proposed from a map file: every row is used or refused with its reasons, and nothing is invented."""

from __future__ import annotations

import json
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from shapely.geometry.base import BaseGeometry

from domain.errors import BadInput
from gis.holders import HOLDERS_DIFFER
from gis.mapping import parse_mapping
from gis.proposal import ProposedUnit
from gis.shapes import drawn_area, from_bytes, geometry_hash
from gis.village import ProposedVillage, propose_village
from tests.gis.maps import MAPPING, PLOT_M2, cells, mapping, plot, write_geojson

pytestmark = pytest.mark.quick

Row = tuple[dict[str, Any], BaseGeometry | None]


def propose(tmp_path: Path, *rows: Row, text: str = MAPPING) -> ProposedVillage:
    return propose_village(write_geojson(tmp_path / "rampur.geojson", rows), parse_mapping(text))


def the_reasons(village: ProposedVillage) -> dict[int, list[str]]:
    return {row.row: [reason.code for reason in row.reasons] for row in village.report.refused}


def the_remarks(village: ProposedVillage) -> set[tuple[int, str]]:
    return {(remark.row, remark.kind) for remark in village.report.remarks}


def unit(village: ProposedVillage, label: str) -> ProposedUnit:
    return next(unit for unit in village.units if unit.label == label)


SOUND: Row = (cells(Khasra="900", Khata="900"), plot(50))  # one row that keeps the file usable


def test_a_sound_row_becomes_a_parcel_and_its_holding(tmp_path: Path) -> None:
    village = propose(tmp_path, (cells(Khasra="101/2", Upyog="Dry", Purana="12, 13/A,12"), plot(0)))
    (parcel,), (holding,) = village.parcels, village.units
    assert (parcel.serial, parcel.label, parcel.unit, parcel.row) == (1, "101/2", 1, 1)
    assert (parcel.area.figure, parcel.area.unit, parcel.area.m2) == (PLOT_M2, "m2", Decimal("1068.6000"))
    assert (parcel.drawn_m2, parcel.area_grade) == (Decimal("1068.55"), "agrees")
    assert (parcel.land_class, parcel.use, parcel.former_labels) == ("private", "Dry", ("12", "13/A"))
    assert parcel.geometry_hash == geometry_hash(parcel.geometry)
    assert from_bytes(parcel.geometry).equals(shapely.set_precision(plot(0), 1e-9))
    assert (holding.label, holding.tenure, holding.parcels) == ("7", "private", (1,))
    assert [(h.name, h.relation, h.share) for h in holding.holders] == [("आशा देवी", "राम", Fraction(1))]
    assert holding.shares_determined
    assert not holding.holders_incomplete
    assert village.report.coverage.exact


def test_parcels_are_numbered_in_the_order_in_which_people_count(tmp_path: Path) -> None:
    labels = ["10", "2", "2/10", "2/9", "1"]
    village = propose(tmp_path, *((cells(Khasra=n), plot(i)) for i, n in enumerate(labels)))
    assert [(p.serial, p.label) for p in village.parcels] == list(
        enumerate(["1", "2", "2/9", "2/10", "10"], 1)
    )


def test_several_khatas_in_one_cell_are_one_joint_holding(tmp_path: Path) -> None:
    two = cells(Khata="289,832", Khatedar="आशा / राम,रवि / श्याम")
    turned = cells(Khasra="2", Khata="832, 289", Khatedar="आशा / राम,रवि / श्याम")
    single = cells(Khasra="3", Khata="289", Khatedar="आशा / राम")
    village = propose(tmp_path, (two, plot(0)), (turned, plot(1)), (single, plot(2)))
    joint = unit(village, "289,832")
    assert (joint.khatas, joint.parcels) == (("289", "832"), (1, 2))
    assert [h.share for h in joint.holders] == [None, None]
    assert not joint.shares_determined
    assert unit(village, "289").parcels == (3,)


def test_a_holding_of_several_classes_has_a_mixed_tenure_and_each_parcel_keeps_its_class(
    tmp_path: Path,
) -> None:
    village = propose(tmp_path, (cells(), plot(0)), (cells(Khasra="2", Shreni="Sarkari  Bhumi"), plot(1)))
    assert [p.land_class for p in village.parcels] == ["private", "government"]
    assert village.units[0].tenure == "mixed"


def test_rows_of_one_khata_that_name_different_holders_give_only_those_whom_all_name(tmp_path: Path) -> None:
    both = cells(Khatedar="आशा / राम,रवि / श्याम")
    village = propose(tmp_path, (both, plot(0)), (cells(Khasra="2", Khatedar="रवि / श्याम"), plot(1)))
    (holding,) = village.units
    assert [(h.name, h.share) for h in holding.holders] == [("रवि", None)]
    assert holding.flags == (HOLDERS_DIFFER,)
    assert the_remarks(village) == {(1, HOLDERS_DIFFER), (2, HOLDERS_DIFFER)}


def test_a_record_by_parcel_gives_each_parcel_a_holding_of_its_own(tmp_path: Path) -> None:
    by_parcel = MAPPING.replace('label = "Khata"\n', "")
    village = propose(tmp_path, (cells(), plot(0)), (cells(Khasra="2"), plot(1)), text=by_parcel)
    assert [u.label for u in village.units] == ["1", "2"]


def test_where_a_mapping_says_so_a_parcel_without_a_stated_area_has_the_drawn_one_and_a_remark(
    tmp_path: Path,
) -> None:
    lawful = MAPPING.replace("[parcel]", '[parcel]\narea_fallback = "drawn"')
    unread = cells(Khasra="2", Rakba="2 acres")
    village = propose(tmp_path, (cells(Rakba=None), plot(0)), (unread, plot(1)), SOUND, text=lawful)
    bare, stated = village.parcels
    assert (bare.area.figure, bare.area.unit, bare.area.m2) == ("1068.55", "m2", Decimal("1068.5500"))
    assert stated.area.figure == PLOT_M2
    assert the_remarks(village) == {(1, "area-as-drawn")}
    assert the_reasons(village) == {
        2: ["area-not-a-figure"]
    }  # a figure that stands there is never passed over


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"Khasra": " "}, "no-label"),
        ({"Khasra": None}, "no-label"),
        ({"Khasra": "1\u202e2"}, "bad-label"),
        ({"Khasra": "9" * 65}, "bad-label"),
        ({"Rakba": None}, "no-area"),
        ({"Rakba": "0"}, "area-not-positive"),
        ({"Rakba": "-5.5"}, "area-not-positive"),
        ({"Rakba": "2 acres"}, "area-not-a-figure"),
        ({"Rakba": "1,068"}, "area-not-a-figure"),
        ({"Rakba": "nan"}, "area-not-a-figure"),
        ({"Rakba": "534"}, "area-mismatch"),
        ({"Rakba": "2138"}, "area-mismatch"),
        ({"Shreni": "Sarkari"}, "unknown-code"),
        ({"Khata": ""}, "no-khata"),
        ({"Khata": "7\ufffd"}, "bad-khata"),
        ({"Ansh": "1/2"}, "bad-shares"),
    ],
)
def test_a_row_with_a_cell_that_cannot_be_used_is_refused_by_name(
    tmp_path: Path, changed: dict[str, Any], code: str
) -> None:
    village = propose(tmp_path, (cells(**changed), plot(0)), SOUND)
    assert the_reasons(village) == {1: [code]}
    (refused,) = village.report.refused
    assert refused.reasons[0].field in (*changed, "Rakba")
    assert refused.reasons[0].remedy
    assert refused.cells["Khatedar"] == "आशा देवी / राम"


def test_all_that_is_wrong_with_a_row_is_said_at_once(tmp_path: Path) -> None:
    broken = cells(Khasra="", Rakba="-1", Shreni="?", Khata=None)
    village = propose(tmp_path, (broken, None), SOUND)
    assert the_reasons(village)[1] == [
        "no-label",
        "area-not-positive",
        "unknown-code",
        "no-khata",
        "bad-shape",
    ]


def test_rows_that_bear_one_number_are_all_refused(tmp_path: Path) -> None:
    village = propose(tmp_path, (cells(), plot(0)), SOUND, (cells(Khasra=" 1"), plot(2)))
    assert the_reasons(village) == {1: ["duplicate-label"], 3: ["duplicate-label"]}
    assert "row 3" in village.report.refused[0].reasons[0].sentence


@pytest.mark.parametrize(
    ("shape", "code"),
    [
        (None, "bad-shape"),
        (shapely.Point(77.5, 15.5), "bad-shape"),
        (shapely.Polygon(), "bad-shape"),
        (
            shapely.from_wkt("POLYGON ((77.5 15.5, 77.5003 15.5003, 77.5003 15.5, 77.5 15.5003, 77.5 15.5))"),
            "bad-shape",
        ),
        (shapely.from_wkt("POLYGON ((77.5 15.5, 77.5003 15.5, 77.5 15.5, 77.5 15.5))"), "bad-shape"),
        (shapely.box(75.5, 15.5, 75.5003, 15.5003), "outside"),
    ],
)
def test_a_shape_that_no_rule_mends_refuses_its_row(
    tmp_path: Path, shape: BaseGeometry | None, code: str
) -> None:
    village = propose(tmp_path, (cells(), shape), SOUND)
    assert the_reasons(village) == {1: [code]}


def test_a_figure_of_eight_is_not_mended_for_that_would_move_land(tmp_path: Path) -> None:
    eight = shapely.from_wkt(
        "POLYGON ((77.5 15.5, 77.5004 15.5, 77.5001 15.5003, 77.5003 15.5003, 77.5 15.5))"
    )
    village = propose(tmp_path, (cells(), eight), SOUND)
    assert "would move" in village.report.refused[0].reasons[0].sentence


def test_a_ring_that_crosses_itself_by_a_hair_is_mended_and_the_amount_said(tmp_path: Path) -> None:
    corners = "77.5 15.5, 77.5003 15.5, 77.5003 15.5003, 77.5 15.5003"
    crossed = shapely.from_wkt(
        f"POLYGON (({corners}, 77.5 15.5000002, 77.5000002 15.5, 77.5 15.5000001, 77.5 15.5))"
    )
    assert not crossed.is_valid
    village = propose(tmp_path, (cells(), crossed), SOUND)
    assert the_reasons(village) == {}
    (repair,) = village.report.repairs
    assert (repair.row, repair.kind) == (1, "crossing-mended")
    assert Decimal(0) <= repair.moved_m2 < Decimal("0.01")
    assert all(from_bytes(p.geometry).is_valid for p in village.parcels)


def test_a_file_drawn_with_its_axes_turned_is_refused_as_a_whole(tmp_path: Path) -> None:
    turned = [(cells(Khasra=str(n)), shapely.transform(plot(n), lambda xy: xy[:, ::-1])) for n in range(3)]
    with pytest.raises(BadInput, match="3 of 3 shapes lie outside") as refusal:
        propose(tmp_path, *turned)
    assert refusal.value.field == "file.crs"
    assert "axes" in refusal.value.remedy


def test_a_file_of_which_no_row_can_be_used_is_refused_with_the_first_reason(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"no row of rampur\.geojson can be used; row 1: no area is recorded"):
        propose(tmp_path, (cells(Rakba=None), plot(0)))


@pytest.mark.parametrize(
    ("recorded", "grade"), [("1068.6", "agrees"), ("1040", "close"), ("1110", "close"), ("1300", "differs")]
)
def test_drawn_against_recorded_area_is_graded_and_the_difference_said(
    tmp_path: Path, recorded: str, grade: str
) -> None:
    village = propose(tmp_path, (cells(Rakba=recorded), plot(0)))
    assert village.parcels[0].area_grade == grade
    assert village.report.areas[grade] == 1
    assert bool(village.report.remarks) == (grade != "agrees")


def test_how_far_areas_may_differ_can_be_set(tmp_path: Path) -> None:
    strict = MAPPING.replace("[file]", '[file]\narea_factor = "1.05"')
    assert the_reasons(propose(tmp_path, (cells(Rakba="1300"), plot(0)), SOUND, text=strict)) == {
        1: ["area-mismatch"]
    }


def shifted(shape: BaseGeometry, degrees: float) -> BaseGeometry:
    return shapely.transform(shape, lambda xy: xy + np.array([degrees, 0]))


@pytest.mark.parametrize(
    "rival",
    [shifted(plot(0), 0.0001), plot(0), shapely.box(77.50005, 15.50001, 77.50025, 15.50029)],
    ids=["lies across", "is the same", "lies inside"],
)
def test_a_true_conflict_is_told_on_both_rows_and_both_are_kept(tmp_path: Path, rival: BaseGeometry) -> None:
    village = propose(tmp_path, (cells(), plot(0)), (cells(Khasra="2", Rakba="900"), rival), SOUND)
    assert len(village.parcels) == 3
    assert {(1, "overlap"), (2, "overlap")} <= the_remarks(village)
    assert not village.report.coverage.exact


def test_a_hairline_is_closed_and_told_as_a_repair_not_as_a_conflict(tmp_path: Path) -> None:
    village = propose(tmp_path, (cells(), plot(0)), (cells(Khasra="2"), shifted(plot(1), -2e-7)))
    report = village.report
    assert (report.as_drawn.hairline_overlaps, report.as_drawn.overlaps) == (1, ())
    assert report.coverage.exact
    assert {repair.kind for repair in report.repairs} == {"hairline-closed"}
    assert sum(repair.moved_m2 for repair in report.repairs) < 3
    assert the_remarks(village) == set()
    for parcel in village.parcels:
        assert parcel.geometry_hash == geometry_hash(parcel.geometry)
        assert parcel.drawn_m2 == drawn_area(from_bytes(parcel.geometry))


def test_a_strip_between_two_parcels_is_seen(tmp_path: Path) -> None:
    village = propose(tmp_path, (cells(), plot(0)), (cells(Khasra="2"), shifted(plot(1), 2e-6)))
    assert village.report.coverage.beside_narrow_gaps == 2


def test_former_numbers_that_cannot_be_read_are_left_out_and_told(tmp_path: Path) -> None:
    village = propose(tmp_path, (cells(Purana="12,13\ufffd"), plot(0)))
    assert village.parcels[0].former_labels == ("12",)
    assert the_remarks(village) == {(1, "former-labels-cut")}


def test_the_report_accounts_for_every_row_in_words_and_as_json(tmp_path: Path) -> None:
    village = propose(
        tmp_path, (cells(Rakba="0"), plot(0)), SOUND, (cells(Khasra="3", Khatedar="नाम"), plot(3))
    )
    report = village.report
    assert report.used + len(report.refused) == report.source.rows == 3
    document = json.loads(report.to_json())
    assert document["format"] == "landlog/import-report@v1"
    assert document["refused"][0]["reasons"][0]["code"] == "area-not-positive"
    assert document["village"]["lgd"] == "123456"
    assert "3 rows in rampur.geojson, 2 used, 1 refused" in report.summary()
    assert "row 1 (parcel 1): an area is greater than zero" in report.summary()
    assert "2 holdings, 1 of them" in report.summary()


def test_progress_is_told_while_rows_are_read(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    path = write_geojson(tmp_path / "v.geojson", [SOUND])
    propose_village(path, mapping(), progress=lambda done, rows: seen.append((done, rows)))
    assert seen == [(1, 1)]
