"""The family of a parcel as a drawing: generations in rows, nothing over anything else, words that are safe."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gis.lineage import BOX_HEIGHT, BOX_WIDTH, Family, Relative, draw_family, generations

pytestmark = pytest.mark.quick
SVG = "{http://www.w3.org/2000/svg}"


def relative(name: str, *, until: date | None = None) -> Relative:
    return Relative(
        id=name,
        label=name,
        recorded_m2=Decimal("4021.0000"),
        made_by="Partition",
        since=date(2026, 11, 21),
        until=until,
        href=f"/parcels/{name}",
    )


def family(*links: tuple[str, str], whole: bool = True) -> Family:
    names = sorted({name for link in links for name in link}) or ["a"]
    parents = {parent for parent, _ in links}
    gone = date(2026, 12, 1)
    return Family(
        parcels=tuple(relative(n, until=gone if n in parents else None) for n in names),
        links=links,
        whole=whole,
    )


def boxes(svg: str) -> list[tuple[float, float]]:
    rectangles = ElementTree.fromstring(svg).iter(f"{SVG}rect")
    return [(float(r.get("x")), float(r.get("y"))) for r in rectangles if r.get("x")]


def test_a_split_and_a_merge_stand_in_three_rows() -> None:
    shown = family(("a", "b"), ("a", "c"), ("b", "d"), ("c", "d"))
    assert generations(shown) == {"a": 0, "b": 1, "c": 1, "d": 2}
    svg = draw_family(shown, "d", title="Parcel d", description="")
    (a, b, c, d) = boxes(svg)
    assert (a[1] < b[1] == c[1] < d[1], a[0], d[0]) == (True, pytest.approx(a[0]), pytest.approx(a[0]))
    assert svg.count("<path ") == 4
    assert svg.count("stroke-dasharray") == 3
    assert "4,021 m²" in svg


def test_a_field_that_is_merged_late_stands_right_above_what_it_became() -> None:
    shown = family(("a", "b"), ("a", "c"), ("c", "e"), ("d", "e"))
    a, b, c, d, e = boxes(draw_family(shown, "e", title="", description=""))
    assert (generations(shown)["d"], d[1]) == (0, c[1])
    assert (a[1] < b[1], c[1] < e[1]) == (True, True)


def test_a_parcel_without_relatives_is_drawn_alone() -> None:
    assert len(boxes(draw_family(family(), "a", title="", description=""))) == 1


def test_a_family_that_is_cut_says_so() -> None:
    svg = draw_family(family(("a", "b"), whole=False), "a", title="", description="")
    assert "Farther relatives are left out" in svg


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(10, 25)), min_size=1, max_size=40))
def test_no_box_lies_over_another_and_children_stand_below_their_parents(
    pairs: list[tuple[int, int]],
) -> None:
    links = {(f"p{a:02}", f"p{b:02}") for a, b in pairs} | {
        (f"p{b:02}", f"q{b:02}") for _, b in pairs if b % 2
    }
    shown = family(*sorted(links))
    svg = draw_family(shown, shown.parcels[0].id, title="", description="")
    places = dict(zip([p.id for p in shown.parcels], boxes(svg), strict=True))
    assert all(places[child][1] > places[parent][1] for parent, child in links)
    every = sorted(places.values(), key=lambda place: (place[1], place[0]))
    for (x1, y1), (x2, y2) in pairwise(every):
        assert y2 - y1 >= BOX_HEIGHT or x2 - x1 >= BOX_WIDTH
    width, height = map(float, re.search(r'viewBox="0 0 (\S+) (\S+)"', svg).groups())
    assert all(0 <= x <= width - BOX_WIDTH and 0 <= y <= height - BOX_HEIGHT for x, y in every)


def test_words_cannot_break_the_drawing() -> None:
    hostile = Relative(
        id="a",
        label='<script>"&\x00',
        recorded_m2=Decimal(1),
        made_by="</text>",
        since=date(2026, 1, 1),
        until=None,
        href='/parcels/a"onload="x',
    )
    svg = draw_family(Family(parcels=(hostile,), links=(), whole=True), "a", title="<b>", description="\x07")
    assert "<script>" not in svg
    ElementTree.fromstring(svg)
