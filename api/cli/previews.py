"""``landlog preview``: what an operation on the map would make of the record; its sketch; the draft of its order."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api import clock, order_files
from api.cli import console
from api.cli.options import digest_of, registry, write_bytes
from domain.errors import BadInput

if TYPE_CHECKING:
    from api.counter import Counter
    from api.previews import Preview

app = typer.Typer(
    no_args_is_help=True, help="Operations on the map, shown and not recorded: split, merge, boundary, strip."
)

ParcelArgument = Annotated[str, typer.Argument(help="The parcel's id.", show_default=False)]
Svg = Annotated[Path | None, typer.Option(help="Draw the sketch into this SVG file.", show_default=False)]
Pdf = Annotated[
    Path | None,
    typer.Option(help="Print the sketch page into this PDF file; the draft names it.", show_default=False),
]
DraftFile = Annotated[
    Path | None,
    typer.Option(
        "--draft", help="Write the draft of the order, for `landlog order prepare`.", show_default=False
    ),
]
PapersFile = Annotated[
    Path | None,
    typer.Option(
        "--papers",
        help='JSON file with what the map does not know: {"sketch": {"number", "made", "by"}, "agreement": ...}.',
        show_default=False,
    ),
]
LineFile = Annotated[
    Path, typer.Option("--line", help="GeoJSON file with the line (longitude, latitude).", show_default=False)
]


@app.command()
def split(
    parcel: ParcelArgument,
    line: Annotated[
        list[Path] | None,
        typer.Option("--line", help="GeoJSON file with a new boundary; once for each.", show_default=False),
    ] = None,
    notes: Annotated[
        Path | None, typer.Option(help="Text file with the notes of the field book.", show_default=False)
    ] = None,
    child: Annotated[
        list[Path] | None,
        typer.Option(help="GeoJSON file with a part that is drawn; once for each.", show_default=False),
    ] = None,
    parts: Annotated[
        int | None, typer.Option(help="So many equal parts.", min=2, max=50, show_default=False)
    ] = None,
    share: Annotated[
        list[str] | None, typer.Option(help="A part's share, 1/3; once for each.", show_default=False)
    ] = None,
    area: Annotated[
        list[str] | None,
        typer.Option(
            help='A part\'s area with its unit, "0.25 hectare"; once for each, the rest is the last.',
            show_default=False,
        ),
    ] = None,
    side: Annotated[
        str,
        typer.Option(
            help="The side that parts are taken from: north, south-west, or a bearing.", show_default=False
        ),
    ] = "",
    along: Annotated[
        str,
        typer.Option(help="LON,LAT by a side of the parcel: parts lie in line along it.", show_default=False),
    ] = "",
    beside: Annotated[
        str,
        typer.Option(help="LON,LAT by a side of the parcel: parts lie parallel to it.", show_default=False),
    ] = "",
    several: Annotated[bool, typer.Option("--several", help="A part may lie in several pieces.")] = False,
    as_: Annotated[
        str,
        typer.Option(
            "--as",
            help="subdivision (the parts stay in the khata), or partition (--papers names portions and deed).",
        ),
    ] = "subdivision",
    by_paper: Annotated[
        bool, typer.Option("--by-paper", help="Areas are those of the record, not of the map.")
    ] = False,
    svg: Svg = None,
    pdf: Pdf = None,
    draft: DraftFile = None,
    papers: PapersFile = None,
) -> None:
    """Divide a parcel by lines, by area or share, by field notes, or into parts that are drawn."""
    from api import previews

    body = _body(line or [], notes, child or [], parts, [*(share or []), *(area or [])])
    aims: dict[str, Any] = {
        "side": side,
        "along": along and _place(along),
        "beside": beside and _place(beside),
    }
    body |= {name: value for name, value in aims.items() if value}
    if "parts" in body:
        body |= {"several": several, "measure": "recorded" if by_paper else "drawn"}
    with _counter() as counter:
        preview = previews.split(counter, parcel, {**body, "as": as_}, _papers(papers))
        _show(counter, preview, svg=svg, pdf=pdf, draft=draft)


@app.command()
def merge(
    parcels: Annotated[list[str], typer.Argument(help="The ids of the parcels.", show_default=False)],
    svg: Svg = None,
    pdf: Pdf = None,
    draft: DraftFile = None,
    papers: PapersFile = None,
) -> None:
    """Make one parcel of adjoining ones of a khata."""
    from api import previews

    with _counter() as counter:
        preview = previews.merge(counter, parcels, _papers(papers))
        _show(counter, preview, svg=svg, pdf=pdf, draft=draft)


@app.command()
def boundary(
    parcel: ParcelArgument,
    neighbour: Annotated[
        str, typer.Argument(help="The id of the parcel on the other side.", show_default=False)
    ],
    line: LineFile,
    svg: Svg = None,
    pdf: Pdf = None,
    draft: DraftFile = None,
    papers: PapersFile = None,
) -> None:
    """Move the boundary between two parcels to a line, for both at once."""
    from api import applications, previews

    with _counter() as counter:
        preview = previews.boundary(counter, parcel, neighbour, applications.read_line(line), _papers(papers))
        _show(counter, preview, svg=svg, pdf=pdf, draft=draft)


@app.command()
def strip(
    village: Annotated[str, typer.Argument(help="The village's LGD code.", show_default=False)],
    line: LineFile,
    width: Annotated[float, typer.Option(help="The strip's width in metres.", show_default=False)],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", "-o", help="A directory for sketch and draft of each parcel.", show_default=False
        ),
    ] = None,
    svg: Svg = None,
    papers: PapersFile = None,
) -> None:
    """Cut a strip for a road or a canal through all private parcels of a village that it crosses."""
    from api import applications, previews

    with _counter() as counter:
        found = previews.cut_strip(counter, village, applications.read_line(line), width, _papers(papers))
        if svg:
            write_bytes(svg, found.svg.encode())
        if out:
            out.mkdir(parents=True, exist_ok=True)
        for cut in found.cuts:
            name = cut.parents[0].id
            _show(
                counter,
                cut,
                svg=None,
                pdf=out / f"{name}.pdf" if out else None,
                draft=out / f"{name}.json" if out else None,
            )


@contextmanager
def _counter() -> Iterator[Counter]:
    from api.counter import Counter

    with registry() as house:
        counter = Counter(house, clock.instant)
        try:
            yield counter
        finally:
            counter.close()


def _show(
    counter: Counter, preview: Preview, *, svg: Path | None, pdf: Path | None, draft: Path | None
) -> None:
    """The preview in words, and its papers where they are asked for."""
    from api import sketches

    for part in preview.parts:
        console.result(
            f"{part.label}: {part.area.figure} {part.area.unit} recorded, {part.drawn_m2} m2 drawn"
        )
    for _, change in preview.changes:
        console.say(f"  {change}")
    for remark in preview.remarks:
        console.say(f"  {remark}")
    if svg:
        write_bytes(svg, sketches.sketch_of(counter, preview)[0].svg.encode())
    if pdf:
        write_bytes(pdf, sketches.page_of(counter, preview, as_of=counter.now()))
    if draft:
        documents = [digest_of(pdf)] if pdf else []
        text = json.dumps(preview.draft.to_json(documents), ensure_ascii=False, indent=1)
        write_bytes(draft, f"{text}\n".encode())
        missing = (
            f"; add {', '.join(preview.draft.missing)} to its application" if preview.draft.missing else ""
        )
        console.say(f"{draft} is ready for: landlog order prepare {preview.draft.type} {draft}{missing}")


def _body(
    lines: Sequence[Path],
    notes: Path | None,
    children: Sequence[Path],
    parts: int | None,
    amounts: Sequence[str],
) -> dict[str, Any]:
    """The division as it is asked for over HTTP (``api.cuts``)."""
    body: dict[str, Any] = {}
    if lines:
        body["lines"] = [order_files.read_json(path, field="line", floats=True) for path in lines]
    if notes:
        body["notes"] = _text(notes)
    if children:
        body["children"] = [order_files.read_json(path, field="child", floats=True) for path in children]
    if parts:
        body["parts"] = parts
    elif amounts:
        body["parts"] = [_amount(text) for text in amounts]
    if not body:
        raise BadInput(
            "nothing says how the parcel is divided",
            field="--line",
            remedy="Give --line, --notes, --child, --parts, --share or --area.",
        )
    return body


def _amount(text: str) -> dict[str, Any]:
    figure, _, unit = text.strip().partition(" ")
    return {"area": {"figure": figure, "unit": unit.strip()}} if unit else {"share": figure}


def _place(text: str) -> list[float]:
    try:
        lon, lat = (float(part) for part in text.split(","))
    except ValueError as error:
        raise BadInput(
            f"{text[:40]!r} is no place", field="--along", remedy="Write LON,LAT: 77.81,15.75."
        ) from error
    return [lon, lat]


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path.name} cannot be read as text in UTF-8", field="--notes") from error


def _papers(path: Path | None) -> dict[str, Any]:
    found = order_files.read_json(path, field="--papers") if path else {}
    if not isinstance(found, dict):
        raise BadInput("the papers are no JSON object", field="--papers")
    return found
