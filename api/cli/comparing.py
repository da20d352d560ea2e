"""``landlog village compare``: a newer map of a registered village, compared and never pasted over the record."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api import clock
from api.cli import console
from api.cli.map_options import Made, MapFile, MappingName, OfficersKey, Table, VillageCode
from api.cli.options import PassphraseFile, Yes, digest_of, load_key, registry
from domain.errors import BadInput

if TYPE_CHECKING:
    from api.wiring import House
    from gis.comparison.proposals import Paper
    from gis.comparison.report import ComparisonReport
    from registry.keys import Key


def compare(
    map_file: MapFile,
    village: VillageCode,
    mapping: MappingName,
    table: Table = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            "-o",
            help="Where report and drafts go; without it, comparisons/ in the home.",
            show_default=False,
        ),
    ] = None,
    paper_number: Annotated[
        str,
        typer.Option(help="Number of the sketch or notification that brings the map.", show_default=False),
    ] = "",
    paper_made: Made = None,
    paper_by: Annotated[str, typer.Option(help="Who made it.", show_default=False)] = "",
    file: Annotated[
        bool, typer.Option("--file", help="File each proposal whose form is complete, with --key.")
    ] = False,
    key: OfficersKey = None,
    applicant: Annotated[
        str, typer.Option(help="Who brings the map: the applicant of each case.", show_default=False)
    ] = "",
    passphrase_file: PassphraseFile = None,
    yes: Yes = False,
) -> None:
    """Compare a newer map of a registered village with its record: what changed, what is refused, what is proposed.

    Writes index.html with a map of the changes, report.json, and for each change a draft of its case with a drawing
    of before and after. Nothing is signed, unless --file is given: then each proposal that is complete is filed as a
    case with the officer's key.
    """
    from api import comparing  # brings the map libraries: only this command waits for them
    from gis.mapping import load_mapping

    paper = _paper(paper_number, paper_made, paper_by)
    if file and (key is None or not applicant):
        raise BadInput(
            "a case is filed by an officer, for somebody who brings it",
            field="--key" if key is None else "--applicant",
            remedy="Give --key FILE and --applicant NAME, or leave --file out to read and report only.",
        )
    with registry() as house:
        house.settle()
        with console.progress(f"Reading {map_file.name}", unit="rows") as told:
            report, undrawn = comparing.compared(
                house, map_file, load_mapping(mapping), village, table=table, paper=paper, progress=told
            )
        name = f"{village}-{map_file.stem}-{clock.instant():%Y%m%dT%H%M%S}"
        place = out or house.settings.home / "comparisons" / name
        comparing.write(report, place)
        console.result(report.summary())
        if undrawn:
            console.say(f"{len(undrawn)} registered parcels have no map yet and were not compared.")
        console.say(f"Nothing was signed so far. The report is in {place}: index.html leads through it.")
        if file and key is not None:
            papers = (digest_of(map_file), *([digest_of(table)] if table else []))
            _file(house, report, load_key(key, passphrase_file), applicant, papers, yes=yes)


def _file(
    house: House,
    report: ComparisonReport,
    key: Key,
    applicant: str,
    papers: tuple[str, ...],
    *,
    yes: bool,
) -> None:
    """Files what is complete, and tells what became of each."""
    from api import comparing

    ready = sum(proposal.complete for proposal in report.proposals)
    if not ready or not console.confirm(f"File {ready} cases with this key?", yes=yes):
        console.say("Nothing was filed.")
        return
    with console.progress("Filing", unit="cases") as told:
        done = comparing.file_proposals(
            house,
            report.proposals,
            key=key,
            applicant=applicant,
            documents=papers,
            day=clock.today(),
            progress=told,
        )
    for filed in done:
        outcome = filed.refused or "; ".join(filed.findings)
        console.result(f"{filed.number}\t{filed.case_no or 'not filed'}\t{outcome}")


def _paper(number: str, made: datetime | None, by: str) -> Paper | None:
    from gis.comparison.proposals import Paper

    given = [bool(number), made is not None, bool(by)]
    if made is None or not all(given):
        if any(given):
            raise BadInput(
                "a paper has a number, a day and somebody who made it",
                field="--paper-number",
                remedy="Give --paper-number, --paper-made and --paper-by together, or none of them.",
            )
        return None
    return Paper(number=number, made=made.date().isoformat(), by=by)
