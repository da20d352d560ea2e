"""Paper shows every character of a record, or fails; it never prints an empty box."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typst
from fontTools.ttLib import TTFont

from projections import fonts
from projections.fonts import FAMILIES, NAMES, FontsMissing, font_directory

LINES = (
    "खाता 45, 1/2 — क्षेत्रफल 0.2510 हे., श्री. राम प्रसाद",  # Devanagari with Latin figures and marks
    "ఖాతా 45, 1/2 — విస్తీర్ణం 0.62 ఎకరాలు, శ్రీ క్షేత్రం",  # Telugu
    "Khata 45, ₹ 12,50,000; 1,204.50 m²; Gūḍūr, Kṛṣṇā",  # Latin, rupee sign, marks of transliteration
)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if not fonts.PACKAGES.is_dir():
        pytest.skip("the fonts are not installed: start the tests with ./run test")
    return font_directory(tmp_path_factory.mktemp("home"))


def pdf(text: str, built: Path, weight: str = "regular") -> bytes:
    names = "(" + ", ".join(f'"{name}"' for name in NAMES) + ")"
    source = f'#set text(font: {names}, weight: "{weight}", fallback: false)\n#sys.inputs.text'
    only_ours = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(built)])
    compiler = typst.Compiler(source.encode(), font_paths=only_ours)
    return compiler.compile(format="pdf", pdf_standards="a-3a", sys_inputs={"text": text})


@pytest.mark.parametrize("line", LINES, ids=["Devanagari", "Telugu", "Latin"])
@pytest.mark.parametrize("weight", ["regular", "bold"])
def test_a_line_of_a_record_is_printed_with_our_fonts_alone(line: str, weight: str, built: Path) -> None:
    assert pdf(line, built, weight).startswith(b"%PDF-")


def test_a_script_without_a_font_fails_rather_than_print_boxes(built: Path) -> None:
    with pytest.raises(RuntimeError, match="could not be displayed"):
        pdf("ଓଡ଼ିଶା", built)


def test_each_family_has_one_whole_file_for_each_weight(built: Path) -> None:
    found = sorted((TTFont(file)["name"].getBestFamilyName(), file.name) for file in built.glob("*.ttf"))
    assert found == sorted((f.name, f"{f.package}-{weight}.ttf") for f in FAMILIES for weight in (400, 700))
    latin = TTFont(built / "noto-sans-400.ttf").getBestCmap()
    assert {ord("R"), ord("₹"), ord("ḍ")} <= latin.keys()


def test_the_stylesheet_of_pages_names_files_that_are_there(built: Path) -> None:
    named = re.findall(r'url\("([^"]+)"\)', (built / "web" / "fonts.css").read_text())
    assert len(named) == 2 * sum(len(family.subsets) for family in FAMILIES)
    assert sorted(named) == sorted(file.name for file in (built / "web").glob("*.woff2"))


def test_what_is_built_is_kept_until_the_packages_change(
    built: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = built / "noto-sans-400.ttf"
    before = file.stat().st_mtime_ns
    assert font_directory(built.parent) == built
    assert file.stat().st_mtime_ns == before
    monkeypatch.setattr(fonts, "RECIPE", 2)
    font_directory(built.parent)
    assert file.stat().st_mtime_ns > before


@pytest.mark.quick
def test_without_fonts_the_error_names_the_command_that_installs_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fonts, "PACKAGES", tmp_path / "node_modules")
    with pytest.raises(FontsMissing, match=r"\./run"):
        font_directory(tmp_path)


@pytest.mark.quick
def test_an_installed_registry_without_the_packages_uses_what_was_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fonts, "PACKAGES", tmp_path / "node_modules")
    (tmp_path / "fonts").mkdir()
    (tmp_path / "fonts" / "built-from").write_text("some earlier packages\n")
    assert font_directory(tmp_path) == tmp_path / "fonts"
