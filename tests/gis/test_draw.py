"""Maps drawn on the server: true to scale, legible to a screen reader, and harmless."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
import shapely

from gis.draw import Drawn, draw_parcel, draw_split
from gis.shapes import canonical_bytes
from gis.splitting import split_by_line

pytestmark = pytest.mark.quick

SVG = "{http://www.w3.org/2000/svg}"
FIELD = Drawn(geometry=canonical_bytes(shapely.box(77.774, 15.808, 77.776, 15.809)), label="101/2")
NORTH = Drawn(geometry=canonical_bytes(shapely.box(77.774, 15.809, 77.776, 15.810)), label="గ 7")
FAR = Drawn(geometry=canonical_bytes(shapely.box(77.794, 15.809, 77.796, 15.810)), label="far")


def texts(svg: str) -> list[str]:
    return [node.text or "" for node in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def test_a_parcel_is_drawn_with_its_neighbours_north_and_a_scale() -> None:
    svg = draw_parcel(FIELD, [NORTH, FAR], title="Parcel 101/2", description="రాంపూర్")
    root = ElementTree.fromstring(svg)
    assert root.get("role") == "img"
    assert (root.findtext(f"{SVG}title"), root.findtext(f"{SVG}desc")) == ("Parcel 101/2", "రాంపూర్")
    assert {"101/2", "గ 7", "N", "50 m"} <= set(texts(svg))
    assert "far" not in svg
    assert len(svg) < 3_000


def test_the_lengths_of_the_sides_are_written_along_them() -> None:
    svg = draw_parcel(FIELD, title="", description="", side_lengths=True)
    lengths = [float(text) for text in texts(svg) if re.fullmatch(r"\d+\.\d", text)]
    assert sorted(lengths) == pytest.approx([110.7, 110.7, 214.3, 214.3], abs=0.3)  # UTM
    assert draw_parcel(FIELD, title="", description="").count("rotate") == 0


def test_the_parts_of_a_split_bear_their_areas_and_tints_of_their_own() -> None:
    parts = split_by_line(FIELD.geometry, shapely.LineString([(77.775, 15.80), (77.775, 15.82)]))
    drawn = [Drawn(geometry=part, label=f"101/2/{n}") for n, part in enumerate(parts, 1)]
    svg = draw_split(FIELD.geometry, drawn, title="Proposed", description="two parts")
    assert texts(svg).count("11855.29 m²") == 2
    fills = {node.get("fill") for node in ElementTree.fromstring(svg).iter(f"{SVG}path")}
    assert {"#f6cf65", "#9fd0c1"} <= fills


def test_what_a_label_says_is_never_markup() -> None:
    nasty = Drawn(geometry=FIELD.geometry, label='<script>alert("1")</script>&\x00')
    svg = draw_parcel(nasty, title="</title><script/>", description="]]>")
    assert "<script" not in svg
    assert '<script>alert("1")</script>&' in texts(svg)


def test_a_strip_too_narrow_for_its_number_and_a_parcel_in_two_pieces_can_be_drawn() -> None:
    canal = canonical_bytes(shapely.box(77.77, 15.808, 77.80, 15.80801))
    pieces = canonical_bytes(
        shapely.union(
            shapely.box(77.774, 15.808, 77.775, 15.809), shapely.box(77.776, 15.808, 77.777, 15.809)
        )
    )
    for shape in (canal, pieces):
        svg = draw_parcel(
            Drawn(geometry=shape, label="9"), [FIELD], title="", description="", side_lengths=True
        )
        assert "9" in texts(svg)
