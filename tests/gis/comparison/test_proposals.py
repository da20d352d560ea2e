"""What is put before an officer: the mutation that fits, the form as far as the maps go, and what they do not tell."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from shapely.geometry.base import BaseGeometry

from domain import catalogue
from gis.comparison.drawing import Surroundings, draw_village
from gis.comparison.plots import Plot
from gis.comparison.proposals import Paper, Proposal, propose
from gis.comparison.report import ComparisonReport, draft, draft_name
from gis.comparison.rules import Comparison, compare
from gis.shapes import from_bytes
from tests.gis.comparison.fields import grid, land, nudged, plot

pytestmark = pytest.mark.quick

PAPER = Paper(number="FMB/2026/7", made="2026-02-23", by="Surveyor, Devgarh")
VILLAGE = [
    replace(p, id=f"999101-{n:06d}", unit=f"999101-U{(n + 1) // 2:06d}", holders=("Asha / Ram", "Ravi"))
    for n, p in enumerate(grid(4, 2), 1)
]


def named(label: str, shape: BaseGeometry, m2: str | None = None, *holders: str) -> Plot:
    return replace(plot(label, shape, m2), holders=holders or ("Asha / Ram", "Ravi"))


def compared(*after: Plot, without: tuple[str, ...] = ()) -> Comparison:
    gone = {p.label for p in after} | set(without)
    return compare(VILLAGE, [*(p for p in VILLAGE if p.label not in gone), *after])


def proposed(*after: Plot, without: tuple[str, ...] = (), paper: Paper | None = PAPER) -> Proposal:
    found = propose(
        compared(*after, without=without), village="999101", survey="Newer map of Devgarh", paper=paper
    )
    (proposal,) = found
    return proposal


def half(area: str = "1") -> list[str]:
    whole = VILLAGE[1].area
    assert whole is not None
    return [str(whole.m2 / 2), str(whole.m2 - whole.m2 / 2)]


def test_parts_that_stay_with_the_holders_are_a_subdivision_whose_form_can_be_read() -> None:
    west, east = half()
    proposal = proposed(
        named("9", land(1, 0, 0.5), west), named("10", land(1.5, 0, 0.5), east), without=("2",)
    )
    assert (proposal.mutation, proposal.missing, proposal.notes) == ("mutation.subdivision/1", (), ())
    application = catalogue.mutation("mutation.subdivision/1").read(proposal.application)
    assert (application.unit, application.parcel) == (VILLAGE[1].unit, VILLAGE[1].id)
    assert [c.label for c in application.children] == ["9", "10"]
    assert set(proposal.shapes) == {c.geometry for c in application.children}
    assert all(from_bytes(body).is_valid for body in proposal.shapes.values())


def test_a_part_whose_row_lacks_its_area_is_proposed_and_never_complete() -> None:
    west, _ = half()
    bare = replace(named("10", land(1.5, 0, 0.5)), area=None, holders=None, fault="no area is recorded")
    proposal = proposed(named("9", land(1, 0, 0.5), west), bare, without=("2",))
    assert proposal.mutation == "mutation.subdivision/1"
    assert proposal.missing == ("parcel 10 of the newer map: no area is recorded",)
    assert not proposal.complete
    assert proposal.application is not None
    children = proposal.application["children"]
    assert isinstance(children, list)
    assert [isinstance(c, dict) and c["area"] is None for c in children] == [False, True]


def test_without_a_paper_the_sketch_is_left_to_be_named() -> None:
    west, east = half()
    proposal = proposed(
        named("9", land(1, 0, 0.5), west),
        named("10", land(1.5, 0, 0.5), east),
        without=("2",),
        paper=None,
    )
    assert proposal.missing == ("the sketch: its number, its day, who made it",)
    assert not proposal.complete


def test_figures_that_no_longer_balance_are_told_and_not_mended() -> None:
    proposal = proposed(
        named("9", land(1, 0, 0.5), "1900"), named("10", land(1.5, 0, 0.5), "1900"), without=("2",)
    )
    assert any("3800.0000 m2 are recorded after" in note for note in proposal.notes)


def test_co_holders_who_take_a_part_each_are_a_partition_with_its_deed_to_come() -> None:
    proposal = proposed(
        named("9", land(1, 0, 0.5), None, "Asha / Ram"),
        named("10", land(1.5, 0, 0.5), None, "Ravi"),
        without=("2",),
    )
    assert proposal.mutation == "mutation.partition/1"
    assert not proposal.complete
    assert "the deed of partition" in proposal.missing


def test_a_part_in_strange_hands_is_for_an_officer_to_explain() -> None:
    proposal = proposed(
        named("9", land(1, 0, 0.5), None, "Asha / Ram"),
        named("10", land(1.5, 0, 0.5), None, "Meena"),
        without=("2",),
    )
    assert (proposal.mutation, proposal.complete) == (None, False)
    assert "mutation.sale/1" in proposal.consider
    assert "10: the newer map names Meena" in proposal.notes


def test_parcels_of_one_unit_that_become_one_are_an_amalgamation() -> None:
    proposal = proposed(named("9", land(0, 0, 2)), without=("1", "2"))
    assert proposal.mutation == "mutation.amalgamation/1"
    read = catalogue.mutation("mutation.amalgamation/1").read(proposal.application)
    assert read.parcels == (VILLAGE[0].id, VILLAGE[1].id)


def test_parcels_of_several_units_do_not_become_one_without_more() -> None:
    proposal = proposed(named("9", land(1, 0, 2)), without=("2", "3"))
    assert (proposal.mutation, proposal.complete) == ("mutation.amalgamation/1", False)
    assert "one must pass to the other first" in proposal.missing[0]


def test_a_new_number_is_a_renumbering() -> None:
    proposal = proposed(named("2/A", land(1, 0)), without=("2",))
    read = catalogue.mutation("mutation.renumbering/1").read(proposal.application)
    assert [(n.parcel, n.label) for n in read.parcels] == [(VILLAGE[1].id, "2/A")]


def test_land_of_one_unit_divided_anew_is_a_resurvey_with_its_lineage() -> None:
    proposal = proposed(
        named("9", land(0, 0, 0.7)),
        named("10", land(0.7, 0, 0.6)),
        named("11", land(1.3, 0, 0.7)),
        without=("1", "2"),
    )
    read = catalogue.mutation("mutation.resurvey/1").read(proposal.application)
    assert [p.replaces for p in read.parcels] == [(VILLAGE[0].id, VILLAGE[1].id)] * 3
    assert proposal.complete


def test_a_boundary_between_two_is_corrected_when_both_sides_agree() -> None:
    proposal = proposed(named("2", land(1, 0, 1.1)), named("3", land(2.1, 0, 0.9)))
    assert proposal.mutation == "mutation.boundary-correction/1"
    assert proposal.missing == ("the holders of both sides, who agree to it", "their agreement")


def test_a_boundary_without_another_side_is_measured_anew() -> None:
    found = compared(named("2", land(1, 0, 1, 0.9)))
    (proposal,) = propose(found, village="999101", survey="Newer map", paper=PAPER)
    assert (proposal.mutation, proposal.complete) == ("mutation.resurvey/1", True)
    assert "are to be heard" in proposal.notes[0]


def test_an_extent_alone_is_a_clerical_matter_with_its_source_to_come() -> None:
    proposal = proposed(named("2", land(1, 0), "3000"))
    assert proposal.mutation == "mutation.clerical-correction/1"
    assert len(proposal.missing) == 2


def test_land_that_comes_or_goes_and_other_names_have_no_form() -> None:
    found = compared(named("20", land(6, 0)), named("3", land(2, 0), None, "Meena"), without=("8",))
    proposals = propose(found, village="999101", survey="Newer map", paper=PAPER)
    assert [(p.change.kind, p.mutation, p.complete) for p in proposals] == [
        ("new", None, False),
        ("vanished", None, False),
        ("holders-changed", None, False),
    ]
    assert all(p.missing and p.consider for p in proposals)


def test_what_is_only_drawn_otherwise_is_never_proposed() -> None:
    whole = VILLAGE[1].area
    assert whole is not None
    found = compared(named("2", land(1, 0, 0.4), str(whole.m2)), named("3", nudged(land(2, 0), 0.3)))
    assert [c.kind for c in found.changes] == ["broken"]
    assert propose(found, village="999101", survey="Newer map", paper=PAPER) == []


def report(found: Comparison) -> ComparisonReport:
    proposals = propose(found, village="999101", survey="Newer map", paper=PAPER)
    return ComparisonReport(
        lgd="999101",
        name="Dev<garh>",
        log_size=7,
        source="newer.geojson",
        comparison=found,
        proposals=proposals,
    )


def test_the_report_tells_every_change_for_people_and_for_programs() -> None:
    found = compared(
        named("9", land(1, 0, 0.5)), named("10", land(1.5, 0, 0.5)), named("3", land(2, 0), None, "<Meena>"),
        without=("2",),
    )  # fmt: skip
    told = report(found)
    document = json.loads(told.to_json())
    assert document["counts"] | {"split": 1, "holders-changed": 1, "unchanged": 7} == document["counts"]
    assert [c["kind"] for c in document["changes"]] == ["split", "holders-changed"]
    assert {(link["parent"], link["child"]) for link in document["lineage"]} == {
        (VILLAGE[1].id, "9"),
        (VILLAGE[1].id, "10"),
    }
    page = told.page({1: "0001-split.svg"})
    assert "Parcel 2 is divided into 9, 10." in page
    assert "Subdivision without transfer" in page
    assert "&lt;Meena&gt;" in page
    assert "<Meena>" not in page
    assert "Dev<garh>" not in page
    assert "1 of them complete" in told.summary()


def test_a_draft_holds_before_and_after_the_form_and_its_shapes() -> None:
    found = compared(named("9", land(1, 0, 0.5)), named("10", land(1.5, 0, 0.5)), without=("2",))
    (proposal,) = report(found).proposals
    document = json.loads(draft(proposal, lgd="999101", drawing="0001-split.svg"))
    assert draft_name(proposal) == "0001-split"
    assert [p["label"] for p in document["before"]] == ["2"]
    assert [p["label"] for p in document["after"]] == ["9", "10"]
    assert document["type"] == "mutation.subdivision/1"
    assert len(document["shapes"]) == 2


def test_the_drawing_shows_both_maps_at_one_scale() -> None:
    found = compared(named("9", land(1, 0, 0.5)), named("10", land(1.5, 0, 0.5)), without=("2",))
    svg = Surroundings(found).draw(found.changes[0], title="Dev<garh>")
    assert svg.count("<svg") == 3
    assert ">2</text>" in svg
    assert ">9</text>" in svg
    assert "Dev&lt;garh&gt;" in svg
    assert draw_village(found, "Devgarh").startswith("<svg")


def test_a_change_without_any_shape_has_no_drawing() -> None:
    gone = replace(plot("77", None, "10", fault="no shape"), shape_at_fault=True)
    found = compare(VILLAGE, [*VILLAGE, gone])
    (change,) = found.changes
    assert Surroundings(found).draw(change, title="x") == ""
