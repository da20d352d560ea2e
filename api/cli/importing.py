"""``landlog import``: an older record into the registry."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api import clock
from api.cli import console
from api.cli.completing import complete
from api.cli.importing_many import villages
from api.cli.options import PassphraseFile, digest_of, load_key, registry
from api.settings import Settings
from domain.errors import BadInput

app = typer.Typer(no_args_is_help=True, help="Bring an older record into the registry.")

app.command()(villages)
app.command()(complete)


@app.callback()
def importing() -> None:
    """Bring an older record into the registry."""


@app.command()
def village(
    files: Annotated[
        list[Path],
        typer.Argument(
            help="The village's map (GeoJSON, TopoJSON, GeoPackage, Shapefile, KML, DXF), or its record alone (CSV).",
            show_default=False,
        ),
    ],
    mapping: Annotated[
        str,
        typer.Option(help="Which column is what: a TOML file, or a ready-made one.", show_default=False),
    ],
    key: Annotated[
        Path | None,
        typer.Option(help="Key file of the officer who certifies the older record.", show_default=False),
    ] = None,
    lgd: Annotated[str | None, typer.Option(help="The village's LGD code.", show_default=False)] = None,
    name: Annotated[str | None, typer.Option(help="The village's name.", show_default=False)] = None,
    name_local: Annotated[
        str | None, typer.Option(help="Its name in the record's own script.", show_default=False)
    ] = None,
    office: Annotated[
        str | None, typer.Option(help="The office that keeps its record: 28/511/5257.", show_default=False)
    ] = None,
    source: Annotated[
        str, typer.Option(help="What the older record is; stands in the log.", show_default=False)
    ] = "",
    order_no: Annotated[
        str, typer.Option(help="Number of the orders: NO/1, NO/2 ...", show_default=False)
    ] = "",
    table: Annotated[
        Path | None,
        typer.Option(
            help="The record beside the map: a CSV file that the mapping joins.", show_default=False
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Read, check and report; sign nothing.")] = False,
    report: Annotated[
        Path | None,
        typer.Option(help="Where the report goes; without it, imports/ in the home.", show_default=False),
    ] = None,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Register a village's parcels and holdings from its map and record.

    Rows that cannot be used are refused with reasons and stand in the report. What is registered already is left
    alone, so an import that was interrupted is simply started again.
    """
    from api import intake, places  # they bring the map libraries: only this command waits for them

    _check_that_it_can_be_signed(key, dry_run)
    facts = {"lgd": lgd, "name": name, "name_local": name_local, "office": office}
    for file in files:
        with console.progress(f"Reading {file.name}", unit="rows") as told:
            proposed = intake.read(file, mapping, facts, told, table=table)
        if Settings.of().founded.exists():
            with registry() as house:
                proposed = places.examined(house, proposed)
        console.say(proposed.report.summary())
        place = report or intake.report_file(Settings.of().home, proposed.village.lgd, file)
        if dry_run or key is None:
            page = intake.write_report(place, proposed, None)
            console.say(f"Nothing was signed. Report: {place}, to look at: {page}")
            continue
        with (
            registry() as house,
            console.progress(f"Registering {proposed.village.name}", unit="parcels") as told,
        ):
            outcome = intake.register(
                house,
                proposed,
                key=load_key(key, passphrase_file),
                source=intake.source_of(proposed, source),
                order_no=order_no or f"IMPORT/{proposed.village.lgd}/{clock.instant():%Y%m%dT%H%M%S}",
                documents=(digest_of(file), *([digest_of(table)] if table else [])),
                progress=told,
            )
            page = intake.write_report(place, proposed, outcome)
        tell(proposed.village.name, outcome, place)
        console.say(f"To look at: {page}")


def _check_that_it_can_be_signed(key: Path | None, dry_run: bool) -> None:
    if key is None and not dry_run:
        raise BadInput(
            "an import is signed by the officer who certifies the older record",
            field="--key",
            remedy="Give --key FILE, or --dry-run to read and report only.",
        )


def tell(name: str, outcome: object, place: Path) -> None:
    """Say what became of a village (an ``Outcome``), and where its report lies."""
    from api.importing import Outcome

    assert isinstance(outcome, Outcome)
    console.say(f"{name}: {outcome.registered} parcels registered by {len(outcome.orders)} orders.")
    if outcome.skipped:
        console.say(f"  {len(outcome.skipped)} were registered before and left alone.")
    for refused in outcome.not_registered[:5]:
        labels = ", ".join(refused.labels[:5])
        console.say(f"  not registered: parcels {labels} of holding {refused.unit}: {refused.reasons[0]}")
    if len(outcome.not_registered) > 5:
        console.say(f"  ... and {len(outcome.not_registered) - 5} more, see the report")
    console.say(f"Report: {place}")
