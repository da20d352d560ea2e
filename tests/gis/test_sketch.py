"""The surveyor's sketch: every corner once, every side measured, what is new told from what stands."""

from __future__ import annotations

from decimal import Decimal
from xml.etree import ElementTree

import pytest
import shapely
from shapely import LineString

from domain.errors import BadInput
from gis.draw import Drawn
from gis.operations import corners, shared_edge
from gis.shapes import canonical_bytes, from_bytes
from gis.sketch import MOST_CORNERS, Sketch, sketch
from gis.splitting import split_by_line

pytestmark = pytest.mark.quick

FIELD = canonical_bytes(shapely.box(77.774, 15.808, 77.776, 15.809))
ACROSS = LineString([(77.775, 15.807), (77.775, 15.810)])


def of(parents: list[bytes], parts: list[bytes]) -> Sketch:
    return sketch(
        [Drawn(geometry=body, label="101") for body in parents],
        [Drawn(geometry=body, label=f"101/{n}") for n, body in enumerate(parts, 1)],
        [Drawn(geometry=canonical_bytes(shapely.box(77.776, 15.808, 77.777, 15.809)), label="<102>")],
        title="101 divided",
        description="two parts",
    )


def test_a_cut_field_has_its_old_corners_first_and_the_new_ones_after_them() -> None:
    drawn = of([FIELD], split_by_line(FIELD, ACROSS))
    assert drawn.new_from == 5
    assert [(c.longitude, c.latitude) for c in drawn.corners[4:]] == [(77.775, 15.809), (77.775, 15.808)]
    assert [c.number for c in drawn.corners] == [1, 2, 3, 4, 5, 6]
    numbered = corners.outline(from_bytes(FIELD)).corners
    assert list(numbered) == list(drawn.corners[:4])  # as the notes of a field book count them
    assert drawn.parts == ((1, 5, 6, 4), (5, 2, 3, 6))


def test_each_side_is_measured_once_and_the_new_one_is_told() -> None:
    drawn = of([FIELD], split_by_line(FIELD, ACROSS))
    assert [(s.start, s.end) for s in drawn.sides if s.new] == [(5, 6)]
    assert len(drawn.sides) == 7
    assert all(side.metres > Decimal(100) for side in drawn.sides)
    assert sum(drawn.areas_m2) == pytest.approx(Decimal("23710.65"), abs=Decimal(20))


def test_the_drawing_is_xml_with_a_title_and_nothing_that_runs() -> None:
    drawn = of([FIELD], split_by_line(FIELD, ACROSS))
    root = ElementTree.fromstring(drawn.svg)  # our own drawing
    words = "".join(root.itertext())
    assert "101/1" in words
    assert "&lt;102&gt;" in drawn.svg
    assert not any("script" in element.tag or "style" in element.attrib for element in root.iter())


def test_a_boundary_that_falls_away_is_dotted() -> None:
    other = canonical_bytes(shapely.box(77.776, 15.808, 77.778, 15.809))
    moved = shared_edge.moved(FIELD, other, LineString([(77.7761, 15.81), (77.7762, 15.80)]))
    assert 'stroke-dasharray="2 4"' in of([FIELD, other], list(moved)).svg
    assert 'stroke-dasharray="2 4"' not in of([FIELD], split_by_line(FIELD, ACROSS)).svg


def test_more_corners_than_a_sheet_shows_are_refused() -> None:
    pond = canonical_bytes(shapely.Point(77.775, 15.8085).buffer(4e-4, quad_segs=MOST_CORNERS // 4 + 1))
    with pytest.raises(BadInput, match="corners"):
        of([pond], [pond])
