"""The sketch on paper: a PDF with all its figures, the same each time."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path

import pytest
import shapely
from pypdf import PdfReader
from shapely import LineString

from domain.errors import BadInput
from domain.law import states
from gis.draw import Drawn
from gis.shapes import canonical_bytes
from gis.sketch import Sketch, sketch
from gis.splitting import split_by_line
from projections import fonts as our_fonts
from projections.fonts import font_directory
from projections.paper.press import Unprintable
from projections.paper.sketch import CALLED, Heading, Row, sketch_page

AT = datetime(2026, 11, 21, 6, 30, tzinfo=UTC)
FIELD = canonical_bytes(shapely.box(77.774, 15.808, 77.776, 15.809))


@pytest.fixture(scope="module")
def fonts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not our_fonts.PACKAGES.is_dir():
        pytest.skip("the fonts are not installed: start the tests with ./run test")
    return font_directory(tmp_path_factory.mktemp("home"))


def drawn() -> Sketch:
    parts = split_by_line(FIELD, LineString([(77.775, 15.807), (77.775, 15.810)]))
    return sketch(
        [Drawn(geometry=FIELD, label="101")],
        [Drawn(geometry=body, label=f"101/{n}") for n, body in enumerate(parts, 1)],
        title="101",
        description="",
    )


def page(
    fonts: Path | None, *, state: str = "up", village: str = "देवगढ़ / Devgarh", at: datetime = AT
) -> bytes:
    figures = drawn()
    return sketch_page(
        figures,
        heading=Heading(state=state, village=village, operation="101 divided", office="9/1/1", paper=""),
        before=[Row(label="101", recorded="2.3711 hectare", drawn_m2="23710.65")],
        after=[
            Row(label=f"101/{n}", recorded="1 hectare", drawn_m2=str(m2))
            for n, m2 in enumerate(figures.areas_m2, 1)
        ],
        remarks=["a remark"],
        neighbours=["100", "102"],
        as_of=at,
        fonts=fonts,
    )


def test_every_state_has_its_word_for_the_sketch() -> None:
    assert set(states()) <= set(CALLED)


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(BadInput, match="no time zone"):
        page(None, at=datetime(2026, 11, 21))


@pytest.mark.parametrize("state", [*CALLED, "elsewhere"])
def test_the_page_says_what_the_surveyor_measured_in_the_words_of_the_state(fonts: Path, state: str) -> None:
    words = "".join(sheet.extract_text() for sheet in PdfReader(io.BytesIO(page(fonts, state=state))).pages)
    assert CALLED.get(state, CALLED["generic"])[0].split("(")[0].strip() in words
    for figure in ("77.775000000", "101/2", "a remark", "100, 102", "EPSG:32643", "23710.65"):
        assert figure in words


def test_the_same_sketch_gives_the_same_bytes(fonts: Path) -> None:
    assert page(fonts) == page(fonts)


def test_a_letter_that_no_font_has_is_named(fonts: Path) -> None:
    with pytest.raises(Unprintable, match="village"):
        page(fonts, village="\u16a0")
