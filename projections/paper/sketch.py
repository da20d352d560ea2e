"""The sketch of an operation on paper: the surveyor's drawing, its figures, and room for those who sign.

What the states call it differs (tatima, 11E sketch, field measurement book, hissa form 4); what it must show does not.
The page states measurements and proposes numbers; what is true of the land is said by the order that it lies behind.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from domain.errors import BadInput
from gis.sketch import Sketch
from projections.fonts import NAMES, font_directory
from projections.paper.press import press_for

TEMPLATE = Path(__file__).with_name("sketch.typ")
SKETCH_PIXELS = (900, 620)

CALLED: Mapping[str, tuple[str, str]] = {
    "up": ("Tatima", "ततीमा"),
    "hr": ("Tatima shajra", "ततीमा शजरा"),
    "rj": ("Tatima (tarmeem)", "ततीमा (तरमीम)"),
    "ka": ("11E sketch", "11ಇ ನಕ್ಷೆ"),
    "ap": ("Field measurement book", "క్షేత్ర కొలత పుస్తకం"),
    "mh": ("Measurement plan (hissa form 4)", "मोजणी नकाशा (हिस्सा फॉर्म नं. ४)"),
    "generic": ("Sketch of the measurement", "नाप का नक्शा"),
}
"""What the state's surveyors call it: in English, and in the words of the state."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """A parcel before or after: its number and what is recorded and drawn of it."""

    label: str
    recorded: str
    drawn_m2: str
    note: str = ""


@dataclass(frozen=True, kw_only=True)
class Heading:
    """What stands above the drawing."""

    state: str
    village: str
    operation: str
    office: str
    paper: str
    """Number, day and maker of the sketch; empty where they are still to be written in."""


def sketch_page(
    sketch: Sketch,
    *,
    heading: Heading,
    before: Sequence[Row],
    after: Sequence[Row],
    remarks: Sequence[str],
    neighbours: Sequence[str],
    as_of: datetime,
    fonts: Path | None = None,
) -> bytes:
    """The page as a PDF/A: the same bytes each time for the same sketch and time (``as_of``, with its zone).

    Raises:
        Unprintable: a character is in no font.
        FontsMissing: the fonts are not there.
        BadInput: the time has no zone.
    """
    if as_of.tzinfo is None:
        raise BadInput("the time has no time zone", field="as_of", remedy="Give the instant in UTC.")
    english, local = CALLED.get(heading.state, CALLED["generic"])
    page: dict[str, Any] = {
        "title": english,
        "local": local,
        "fonts": NAMES,
        "village": heading.village,
        "operation": heading.operation,
        "office": heading.office,
        "paper": heading.paper,
        "before": [_told(row) for row in before],
        "after": [
            {**_told(row), "corners": _corners(numbers)}
            for row, numbers in zip(after, sketch.parts, strict=True)
        ],
        "corners": [
            [
                str(c.number),
                f"{c.longitude:.9f}",
                f"{c.latitude:.9f}",
                str(c.easting),
                str(c.northing),
                "new" if c.number >= sketch.new_from else "",
            ]
            for c in sketch.corners
        ],
        "sides": [[f"{s.start}–{s.end}", str(s.metres), "new" if s.new else ""] for s in sketch.sides],
        "crs": f"EPSG:{sketch.crs}",
        "remarks": list(remarks),
        "neighbours": ", ".join(neighbours),
        "as_of": as_of.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC"),
    }
    press = press_for(fonts or font_directory(), TEMPLATE)
    press.check(page | {"drawing": "".join(c for c in sketch.svg if not c.isascii())})
    return press.print({"sheet": json.dumps(page), "drawing": sketch.svg}, as_of.astimezone(UTC))


def _told(row: Row) -> dict[str, str]:
    return {"label": row.label, "recorded": row.recorded, "drawn": row.drawn_m2, "note": row.note}


def _corners(numbers: Sequence[int]) -> str:
    return " – ".join(map(str, [*numbers, numbers[0]]))
