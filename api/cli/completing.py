"""``landlog import complete``: what a village's file adds to what is registered of it already."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api import clock
from api.cli import console
from api.cli.options import PassphraseFile, digest_of, load_key, registry
from domain.errors import BadInput

if TYPE_CHECKING:
    from api.desk import Officer
    from api.wiring import House
    from registry.keys import Key


def complete(
    file: Annotated[
        Path, typer.Argument(help="The map that comes later, or the record (CSV).", show_default=False)
    ],
    mapping: Annotated[
        str, typer.Option(help="Which column is what: a TOML file, or a ready-made one.", show_default=False)
    ],
    key: Annotated[
        list[Path] | None,
        typer.Option(help="Key files of the two officers who sign, one after the other.", show_default=False),
    ] = None,
    lgd: Annotated[str | None, typer.Option(help="The village's LGD code.", show_default=False)] = None,
    name: Annotated[str | None, typer.Option(help="The village's name.", show_default=False)] = None,
    office: Annotated[
        str | None, typer.Option(help="The office that keeps its record: 28/511/5257.", show_default=False)
    ] = None,
    table: Annotated[
        Path | None,
        typer.Option(
            help="The record beside the map: a CSV file that the mapping joins.", show_default=False
        ),
    ] = None,
    source: Annotated[
        str, typer.Option(help="What the file is; stands in the log.", show_default=False)
    ] = "",
    order_no: Annotated[
        str, typer.Option(help="Number of the orders: NO/1, NO/2 ...", show_default=False)
    ] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read, judge and report; sign nothing.")] = False,
    report: Annotated[
        Path | None,
        typer.Option(help="Where the report goes; without it, imports/ in the home.", show_default=False),
    ] = None,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Add the map to a record that was registered without one, or the holders to a map that named none.

    Parcels and holdings are found by their numbers. Nothing that stands in the record is changed: a parcel that has
    a map keeps it, and holders who are named stay. The report says what is completed, and of every other number why
    it is passed over.
    """
    from api import completing, intake  # bring the map libraries: only this command waits for them

    if len(key or ()) != 2 and not dry_run:
        raise BadInput(
            "what is added to a record is signed by two officers",
            field="--key",
            remedy="Give --key FILE twice, or --dry-run to read and report only.",
        )
    with console.progress(f"Reading {file.name}", unit="rows") as told:
        proposed = intake.read(file, mapping, {"lgd": lgd, "name": name, "office": office}, told, table=table)
    console.say(proposed.report.summary())
    said = intake.source_of(proposed, source)
    with registry() as house:
        planned = completing.plan(house, proposed)
        if dry_run or not key:
            with console.progress("Judging", unit="numbers") as told:
                done = completing.judged(house, planned, source=said, progress=told)
        else:
            signers = _officers(
                house, [load_key(path, passphrase_file) for path in key], proposed.village.office
            )
            with console.progress("Signing", unit="numbers") as told:
                done = completing.complete(
                    house,
                    planned,
                    first=signers[0],
                    second=signers[-1],
                    source=said,
                    order_no=order_no or f"COMPLETE/{proposed.village.lgd}/{clock.instant():%Y%m%dT%H%M%S}",
                    documents=(digest_of(file), *([digest_of(table)] if table else [])),
                    progress=told,
                )
        place = report or intake.report_file(house.settings.home, proposed.village.lgd, file)
    page = completing.write_report(place, done)
    console.say(done.summary())
    signed = "" if done.orders is not None else "Nothing was signed. "
    console.say(f"{signed}Report: {place}, to look at: {page}")


def _officers(house: House, keys: list[Key], office: str) -> list[Officer]:
    from api.desk import Officer

    known = house.officers.keys([key.keyid for key in keys])
    return [Officer(number=known[key.keyid].officer, key=key, office=office) for key in keys]
