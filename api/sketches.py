"""The sketch page of a preview: the surveyor's drawing with its figures, as SVG and as a page for the order."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from api.counter import Counter
from api.maps import MOST_NEIGHBOURS
from api.previews import Preview
from domain.law import state_of
from gis.draw import Drawn
from gis.shapes import from_bytes_many
from gis.sketch import Sketch, sketch
from projections.paper.sketch import SKETCH_PIXELS, Heading, Row, sketch_page

_AROUND = 0.15  # of the extent, on each side: a little more than the drawing shows
_LONGEST = 200  # characters of a paper's number, day or maker: what an order may state of them
_WORDS = {
    "split": "{before} divided into {after}",
    "merge": "{before} merged into {after}",
    "boundary": "The boundary between {before}",
    "strip": "A strip cut from {before}: {after}",
}


def sketch_of(counter: Counter, preview: Preview) -> tuple[Sketch, list[str]]:
    """The drawing of a preview, and the numbers of the neighbours on it."""
    neighbours = _neighbours(counter, preview)
    drawing = sketch(
        [Drawn(geometry=s.body, label=s.label) for s in preview.parents],
        [Drawn(geometry=part.body, label=part.label) for part in preview.parts],
        neighbours,
        title=operation(preview),
        description="; ".join(f"{part.label}: {part.drawn_m2} square metres" for part in preview.parts),
        width=SKETCH_PIXELS[0],
        height=SKETCH_PIXELS[1],
    )
    return drawing, [n.label for n in neighbours]


def page_of(counter: Counter, preview: Preview, *, as_of: datetime, fonts: Path | None = None) -> bytes:
    """The sketch page of a preview as a PDF.

    Raises:
        BadInput: when it has more corners than a sheet can show.
        FontsMissing, Unprintable: when it cannot be printed.
    """
    drawing, neighbours = sketch_of(counter, preview)
    document = preview.parents[0].document
    village = document["village"]
    names = dict.fromkeys(name for name in (village.get("name_local"), village["name"]) if name)
    heading = Heading(
        state=state_of(document["office"]),
        village=f"{' / '.join(names)} ({village['lgd']})",
        operation=operation(preview),
        office=document["office"],
        paper=_paper(preview.draft.application.get("sketch")),
    )
    return sketch_page(
        drawing,
        heading=heading,
        before=[
            Row(label=s.label, recorded=f"{s.recorded.figure} {s.recorded.unit}", drawn_m2=str(m2))
            for s, m2 in zip(preview.parents, preview.survey.parents_m2, strict=True)
        ],
        after=[
            Row(label=p.label, recorded=f"{p.area.figure} {p.area.unit}", drawn_m2=str(p.drawn_m2))
            for p in preview.parts
        ],
        remarks=preview.remarks,
        neighbours=neighbours,
        as_of=as_of,
        fonts=fonts,
    )


def operation(preview: Preview) -> str:
    """The operation in a few words."""
    return _WORDS[preview.kind].format(
        before=" and ".join(s.label for s in preview.parents), after=", ".join(p.label for p in preview.parts)
    )


def _paper(paper: Any) -> str:
    if not isinstance(paper, dict):
        return ""
    told = (str(paper[name]) for name in ("number", "made", "by") if paper.get(name))
    return ", ".join(text[:_LONGEST] for text in told)


def _neighbours(counter: Counter, preview: Preview) -> list[Drawn]:
    bounds = [shape.bounds for shape in from_bytes_many([s.body for s in preview.parents])]
    west, south = min(b[0] for b in bounds), min(b[1] for b in bounds)
    east, north = max(b[2] for b in bounds), max(b[3] for b in bounds)
    dx, dy = (east - west) * _AROUND, (north - south) * _AROUND
    with counter.reader.cursor() as cursor:
        cursor.execute(
            "select s.body, p.label from gis.parcel p join gis.shape s using (hash)"
            " where p.valid_to is null and p.status = 'active' and p.parcel_id <> all(%s)"
            " and p.geom && st_makeenvelope(%s, %s, %s, %s, 4326) order by p.parcel_id limit %s",
            ([s.id for s in preview.parents], west - dx, south - dy, east + dx, north + dy, MOST_NEIGHBOURS),
        )
        return [Drawn(geometry=bytes(shape), label=label) for shape, label in cursor]
