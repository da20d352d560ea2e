"""What became of a parcel between the registered map and a newer one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gis.comparison.kinds import PROPOSED, TITLES
from gis.comparison.plots import Plot
from gis.comparison.rules import Change, Comparison, compare
from tests.gis.comparison.fields import grid, land, nudged, plot

pytestmark = pytest.mark.quick

VILLAGE = grid(4, 3)


def newer(*changed: Plot, without: tuple[str, ...] = ()) -> list[Plot]:
    """The village with some parcels in place of those of the same number, and some left out."""
    gone = {p.label for p in changed} | set(without)
    return [p for p in VILLAGE if p.label not in gone] + list(changed)


def verdict(found: Comparison, label: str) -> str:
    return dict(zip((p.label for p in found.registered), found.verdicts, strict=True))[label]


def only(found: Comparison) -> Change:
    (change,) = found.changes
    return change


def labels(change: Change) -> tuple[list[str], list[str]]:
    return [p.label for p in change.before], [p.label for p in change.after]


def test_the_same_map_changes_nothing_whichever_corner_its_rings_begin_at() -> None:
    turned = [replace(p, shape=p.shape and p.shape.normalize().reverse()) for p in VILLAGE]
    found = compare(VILLAGE, turned)
    assert set(found.verdicts) == {"unchanged"}
    assert (found.changes, found.holders) == ((), ())


def test_a_boundary_drawn_again_within_the_tolerance_is_no_change() -> None:
    found = compare(VILLAGE, newer(plot("6", nudged(land(1, 1), 0.4))))
    assert verdict(found, "6") == "redrawn"
    assert found.changes == ()


def test_half_a_field_drawn_over_its_neighbour_moves_no_boundary_while_the_extents_stand() -> None:
    whole = VILLAGE[5].area
    assert whole is not None
    drawn = plot("6", land(1.45, 1), whole.m2)
    found = compare(VILLAGE, newer(drawn))
    assert (only(found).kind, verdict(found, "7")) == ("broken", "unchanged")
    assert "keeps 38 % of its shape" in only(found).sentence


def test_a_field_that_lost_a_third_of_its_drawing_is_told_and_keeps_its_shape() -> None:
    whole = VILLAGE[5].area
    assert whole is not None
    found = compare(VILLAGE, newer(plot("6", land(1, 1, 0.66), whole.m2)))
    assert only(found).kind == "misdrawn"
    assert only(found).kind not in PROPOSED


def test_a_shape_that_collapsed_is_broken_and_not_gone() -> None:
    found = compare(VILLAGE, newer(plot("6", None, "3800", fault="it has no area")))
    assert only(found).kind == "broken"
    assert "it has no area" in only(found).sentence


def test_a_row_refused_for_its_cells_leaves_the_parcel_where_it_is() -> None:
    refused = replace(plot("6", None, "3800", fault="the number is borne by row 9 too"), shape_at_fault=False)
    assert only(compare(VILLAGE, newer(refused))).kind == "unusable"


def test_a_row_that_lacks_only_its_area_still_shows_what_became_of_the_land() -> None:
    lacking = "no area is recorded"
    as_it_was = replace(VILLAGE[5], area=None, fault=lacking)
    assert only(compare(VILLAGE, newer(as_it_was))).kind == "unusable"
    assert lacking in only(compare(VILLAGE, newer(as_it_was))).sentence
    halves = [
        replace(plot(n, land(1 + at, 1, 0.5)), area=None, fault=lacking) for n, at in (("61", 0), ("62", 0.5))
    ]
    found = compare(VILLAGE, [*(p for p in VILLAGE if p.label != "6"), *halves])
    assert (only(found).kind, [p.label for p in only(found).after]) == ("split", ["61", "62"])


def test_a_field_divided_into_new_numbers_is_a_split() -> None:
    found = compare(
        VILLAGE, newer(plot("13", land(1, 1, 0.5)), plot("14", land(1.5, 1, 0.5)), without=("6",))
    )
    assert only(found).kind == "split"
    assert labels(only(found)) == (["6"], ["13", "14"])
    assert only(found).kept == pytest.approx(1.0)


def test_a_field_that_keeps_its_number_on_one_of_its_parts_is_a_split_too() -> None:
    found = compare(VILLAGE, newer(plot("6", land(1, 1, 0.5)), plot("6/1", land(1.5, 1, 0.5))))
    assert only(found).kind == "split"
    assert labels(only(found)) == (["6"], ["6", "6/1"])


def test_a_new_number_beside_a_carelessly_drawn_neighbour_has_one_parent() -> None:
    """The neighbour's newer drawing laps over the parts; its registered shape does not."""
    whole = VILLAGE[6].area
    assert whole is not None
    found = compare(
        VILLAGE,
        newer(
            plot("13", land(1, 1, 0.5)),
            plot("14", land(1.5, 1, 0.5)),
            plot("7", land(1.5, 1, 1.5), whole.m2),
            without=("6",),
        ),
    )
    assert [(c.kind, labels(c)) for c in found.changes] == [
        ("split", (["6"], ["13", "14"])),
        ("misdrawn", (["7"], ["7"])),
    ]


def test_fields_that_become_one_are_merged_under_a_new_number_or_one_of_theirs() -> None:
    new = compare(VILLAGE, newer(plot("13", land(1, 1, 2)), without=("6", "7")))
    assert (only(new).kind, labels(only(new))) == ("merged", (["6", "7"], ["13"]))
    kept = compare(VILLAGE, newer(plot("6", land(1, 1, 2)), without=("7",)))
    assert (only(kept).kind, labels(only(kept))) == ("merged", (["6", "7"], ["6"]))


def test_the_same_land_under_another_number_is_renumbered() -> None:
    found = compare(VILLAGE, newer(plot("6-A", nudged(land(1, 1), 0.3)), without=("6",)))
    assert (only(found).kind, labels(only(found))) == ("renumbered", (["6"], ["6-A"]))


def test_two_fields_that_exchange_their_numbers_are_each_renumbered() -> None:
    found = compare(VILLAGE, newer(plot("6", land(3, 2)), plot("12", land(1, 1))))
    assert [(c.kind, labels(c)) for c in found.changes] == [
        ("renumbered", (["6"], ["12"])),
        ("renumbered", (["12"], ["6"])),
    ]


def test_several_fields_divided_anew_among_each_other() -> None:
    found = compare(
        VILLAGE,
        newer(
            plot("13", land(1, 1, 0.7)),
            plot("14", land(1.7, 1, 0.6)),
            plot("15", land(2.3, 1, 0.7)),
            without=("6", "7"),
        ),
    )
    assert (only(found).kind, labels(only(found))) == ("rearranged", (["6", "7"], ["13", "14", "15"]))


def test_a_boundary_has_moved_where_the_recorded_extents_follow_the_drawing_on_both_sides() -> None:
    found = compare(VILLAGE, newer(plot("6", land(1, 1, 1.2)), plot("7", land(2.2, 1, 0.8))))
    assert (only(found).kind, labels(only(found))) == ("boundary-moved", (["6", "7"], ["6", "7"]))
    assert only(found).sentence.startswith("The boundary between parcels 6 and 7 has moved")


def test_a_shape_drawn_as_its_record_has_always_asked_is_a_boundary_that_moved() -> None:
    village = [p if p.label != "6" else plot("6", p.shape, "5700") for p in VILLAGE]
    outer = plot("6", land(1, 1, 1, 1.43), "5700")
    found = compare(village, [p for p in village if p.label != "6"] + [outer])
    assert (only(found).kind, labels(only(found))) == ("boundary-moved", (["6"], ["6"]))


def test_another_recorded_extent_over_the_same_drawing_is_told_as_that() -> None:
    found = compare(VILLAGE, newer(plot("6", land(1, 1), "3000")))
    assert only(found).kind == "extent-changed"
    assert "its drawing does not say so" in only(found).sentence


def test_land_that_appears_or_disappears() -> None:
    found = compare(VILLAGE, newer(plot("20", land(6, 1)), without=("12",)))
    assert [(c.kind, labels(c)) for c in found.changes] == [
        ("new", ([], ["20"])),
        ("vanished", (["12"], [])),
    ]


def test_a_map_numbered_anew_is_compared_by_its_land_alone() -> None:
    """Number 2 stands on both maps, on other land: that means nothing."""
    fresh = [
        replace(p, label=str(n)) for n, p in zip((2, 40, 41, 42, 43, 44, 1, 45), grid(4, 2), strict=True)
    ]
    found = compare(grid(4, 2), fresh)
    assert found.numbered_anew
    assert {c.kind for c in found.changes} == {"renumbered"}
    assert len(found.lineage) == 8


def test_other_holders_are_told_apart_from_what_became_of_the_land() -> None:
    named = [replace(p, holders=(f"Holder of {p.label}", "Asha / Ram")) for p in VILLAGE]
    later = [
        replace(named[0], holders=("Asha  / Ram", "Holder of 1")),  # only written otherwise
        replace(named[1], holders=("Meena",)),
        replace(named[2], holders=()),
        *named[3:11],
        plot("13", land(3, 2, 0.5), holders=("Kamla",)),
        plot("14", land(3.5, 2, 0.5), holders=("Ravi",)),
    ]
    found = compare([*named[:5], replace(named[5], holders=()), *named[6:]], later)
    assert [(h.kind, h.before.label) for h in found.holders] == [
        ("holders-changed", "2"),
        ("holders-removed", "3"),
        ("holders-added", "6"),
    ]
    assert [h.number for h in found.holders] == [2, 3, 4]
    assert only(found).kind == "split"


def test_a_map_without_holders_says_nothing_of_them() -> None:
    named = [replace(p, holders=("Asha",)) for p in VILLAGE]
    assert compare(named, VILLAGE).holders == ()


def test_every_verdict_has_a_title_and_the_counts_add_up() -> None:
    found = compare(VILLAGE, newer(plot("6", nudged(land(1, 1), 0.4)), without=("12",)))
    assert list(found.counts()) == list(TITLES)
    assert (found.counts()["unchanged"], found.counts()["redrawn"], found.counts()["vanished"]) == (10, 1, 1)
