"""The import report as a page: every fault has its place on a map, and a sentence."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from gis.mapping import parse_mapping
from gis.report_page import MOST_ROWS, import_page
from gis.village import propose_village
from tests.gis.maps import MAPPING, cells, plot, write_geojson

pytestmark = pytest.mark.quick


class Words(HTMLParser):
    """The text of a page, and the colours of its map."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.text: list[str] = []
        self.fills: list[str] = []
        self.scripts = 0
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.scripts += tag == "script"
        self.fills += [value or "" for name, value in attrs if tag == "path" and name == "fill"]

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def page_of(tmp_path: Path, *rows: object, registered: int | None = None) -> Words:
    file = write_geojson(tmp_path / "rampur.geojson", rows)  # type: ignore[arg-type]
    return Words(import_page(propose_village(file, parse_mapping(MAPPING)), registered=registered))


def test_a_refused_row_is_red_on_the_map_numbered_and_told_with_its_remedy(tmp_path: Path) -> None:
    page = page_of(tmp_path, (cells(), plot(0)), (cells(Khasra="2", Rakba="9"), plot(1)))
    text = " ".join(page.text)
    assert "#d6604d" in page.fills
    assert "1 used, 1 refused" in text
    assert re.search(r"1068\.55 m2 are drawn and 9\.0000 m2 recorded", text)
    assert "Check the figure, its unit and the drawing against the paper." in text
    assert "Nothing was signed" in text
    assert page.scripts == 0


def test_what_a_rule_changed_is_listed_and_tinted(tmp_path: Path) -> None:
    import shapely

    beside = shapely.transform(plot(1), lambda xy: xy - [2e-7, 0])
    page = page_of(tmp_path, (cells(), plot(0)), (cells(Khasra="2"), beside), registered=2)
    text = " ".join(page.text)
    assert "#cfe3ee" in page.fills
    assert "Moved by centimetres to meet its neighbours" in text
    assert "2 parcels were registered" in text


def test_cells_of_the_file_are_text_and_never_markup(tmp_path: Path) -> None:
    evil = "<script>alert(1)</script>"
    page = page_of(tmp_path, (cells(), plot(0)), (cells(Khasra="2", Khatedar=evil, Rakba="0"), plot(1)))
    assert page.scripts == 0


def test_a_long_list_is_cut_and_says_so(tmp_path: Path) -> None:
    rows = [(cells(Khasra=str(n), Rakba="9"), plot(n)) for n in range(2, MOST_ROWS + 5)]
    page = page_of(tmp_path, (cells(), plot(0)), *rows)
    assert "3 more stand in the JSON file." in " ".join(page.text)
