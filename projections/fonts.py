"""The fonts of paper and pages, built once from the npm packages that package-lock.json pins.

Typst gets whole TTF files: npm splits a family into subsets of the same name, of which typst would pick one
and then lack the rupee sign, so Latin and Latin Extended are merged.  Pages get the subsets as they are, with
a stylesheet that prefers a font the reader's phone already holds.

Nothing of this is committed: ``./run`` installs ``node_modules``, and what is built lies in LANDLOG_HOME/fonts.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fontTools.merge import Merger
from fontTools.ttLib import TTFont

from domain.errors import RegistryError

PACKAGES = Path(__file__).resolve().parent.parent / "node_modules" / "@fontsource"
WEIGHTS = (400, 700)
RECIPE = 1  # counts changes of what is built from the same packages


class FontsMissing(RegistryError):
    """The fonts are neither built nor installed to be built; names the command that installs them."""

    code = "fonts-missing"


@dataclass(frozen=True)
class Family:
    """One family: its name, the npm package, and the subsets that we use of it."""

    name: str
    package: str
    subsets: tuple[str, ...]

    def woff2(self, subset: str, weight: int) -> Path:
        return PACKAGES / self.package / "files" / f"{self.package}-{subset}-{weight}-normal.woff2"


# In the order in which typst and pages are to try them.  Figures and punctuation come from Noto Sans.
FAMILIES = (
    Family("Noto Sans", "noto-sans", ("latin", "latin-ext")),
    Family("Noto Sans Devanagari", "noto-sans-devanagari", ("devanagari",)),
    Family("Noto Sans Telugu", "noto-sans-telugu", ("telugu",)),
    Family("Noto Sans Kannada", "noto-sans-kannada", ("kannada",)),
)
NAMES = tuple(family.name for family in FAMILIES)


def font_directory(home: Path | None = None) -> Path:
    """The directory for typst's ``font_paths``, built if it is not there; ``web/`` in it is for pages.

    ``home`` is LANDLOG_HOME where it is not given.  A container has its fonts built in, at LANDLOG_FONTS.

    Raises:
        FontsMissing: nothing is built and there is nothing to build from.
    """
    if ready_made := os.environ.get("LANDLOG_FONTS"):
        return Path(ready_made)
    home = home or Path(os.environ.get("LANDLOG_HOME", ".landlog"))
    fonts = home / "fonts"
    if not PACKAGES.is_dir():  # an installed wheel has no node_modules; what was built stays good
        if (fonts / "built-from").exists():
            return fonts
        raise FontsMissing(
            f"The fonts are not built in {fonts}, and the packages to build them from are not in {PACKAGES}. "
            "Start Landlog with ./run, which installs them, or run npm ci beside package.json.",
            remedy="Start Landlog with ./run.",
        )
    if not _is_current(fonts):
        home.mkdir(parents=True, exist_ok=True)
        with (home / ".building-fonts").open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not _is_current(fonts):
                _build(fonts)
    return fonts


def _is_current(fonts: Path) -> bool:
    try:
        return (fonts / "built-from").read_text() == _sources()
    except FileNotFoundError:
        return False


def _sources() -> str:
    """What the fonts are built from, one line per package."""
    lines = [f"recipe {RECIPE}"]
    for family in FAMILIES:
        try:
            package = json.loads((PACKAGES / family.package / "package.json").read_text())
        except FileNotFoundError as error:
            raise FontsMissing(
                f"The package @fontsource/{family.package} is not installed. Start Landlog with ./run, which does it.",
                remedy="Start Landlog with ./run.",
            ) from error
        lines.append(f"{package['name']} {package['version']}")
    return "\n".join(lines) + "\n"


def _build(fonts: Path) -> None:
    """Build everything beside its place and move it there whole."""
    unfinished = fonts.with_name("fonts.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    (unfinished / "web").mkdir(parents=True)
    for family in FAMILIES:
        for weight in WEIGHTS:
            _whole_font(family, weight).save(unfinished / f"{family.package}-{weight}.ttf")
            for subset in family.subsets:
                shutil.copy(family.woff2(subset, weight), unfinished / "web")
    (unfinished / "web" / "fonts.css").write_text("".join(_font_faces()))
    (unfinished / "built-from").write_text(_sources())
    shutil.rmtree(fonts, ignore_errors=True)
    unfinished.rename(fonts)


def _whole_font(family: Family, weight: int) -> TTFont:
    files = [family.woff2(subset, weight) for subset in family.subsets]
    logging.getLogger("fontTools").setLevel(logging.ERROR)  # it reports every table that it leaves out
    font = TTFont(files[0]) if len(files) == 1 else Merger().merge([str(file) for file in files])
    font.flavor = None  # woff2 is TTF compressed: written without a flavour it is a TTF
    return font


def _font_faces() -> Iterator[str]:
    """One rule for each file: a font that the machine holds first, ours only for the characters that need it."""
    for family in FAMILIES:
        ranges = json.loads((PACKAGES / family.package / "unicode.json").read_text())
        for weight in WEIGHTS:
            local = family.name + (" Bold" if weight == 700 else "")
            for subset in family.subsets:
                yield (
                    f'@font-face {{ font-family: "{family.name}"; font-weight: {weight}; font-display: swap; '
                    f'src: local("{local}"), url("{family.woff2(subset, weight).name}") format("woff2"); '
                    f"unicode-range: {ranges[subset]}; }}\n"
                )


if __name__ == "__main__":
    font_directory()
