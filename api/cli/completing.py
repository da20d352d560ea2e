"""``landlog import complete``: what a village's file adds to what is registered of it already."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api import clock
from api.cli import console
from api.cli.options import PassphraseFile, digest_of, load_key, registry
from registry.keys import Key


def complete(
    file: Annotated[
        Path, typer.Argument(help="The map that comes later, or the record (CSV).", show_default=False)
    ],
    mapping: Annotated[
        str, typer.Option(help="Which column is what: a TOML file, or a ready-made one.", show_default=False)
    ],
    key: Annotated[
        list[Path], typer.Option(help="Key files of the two officers who sign, one after the other.")
    ],
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
    passphrase_file: PassphraseFile = None,
) -> None:
    """Add the map to a record that was registered without one, or the holders to a map that named none.

    Parcels and holdings are found by their numbers. Nothing that stands in the record is changed: a parcel that has
    a map keeps it, and holders who are named stay.
    """
    from api import completing, intake  # bring the map libraries: only this command waits for them
    from api.desk import Officer

    with console.progress(f"Reading {file.name}", unit="rows") as told:
        proposed = intake.read(file, mapping, {"lgd": lgd, "name": name, "office": office}, told, table=table)
    console.say(proposed.report.summary())
    keys = [load_key(path, passphrase_file) for path in key]
    with registry() as house:
        known = house.officers.keys([k.keyid for k in keys])

        def officer(of: Key) -> Officer:
            return Officer(number=known[of.keyid].officer, key=of, office=proposed.village.office)

        done = completing.complete(
            house,
            proposed,
            first=officer(keys[0]),
            second=officer(keys[-1]),
            source=intake.source_of(proposed, source),
            order_no=order_no or f"COMPLETE/{proposed.village.lgd}/{clock.instant():%Y%m%dT%H%M%S}",
            documents=(digest_of(file), *([digest_of(table)] if table else [])),
        )
    console.say(
        f"{proposed.village.name}: {done.parcels} parcels got their map and {done.units} holdings their holders, "
        f"by {len(done.orders)} orders."
    )
    for label, why in list(done.left.items())[:20]:
        console.say(f"  left as it was: {label}: {why}")
    if len(done.left) > 20:
        console.say(f"  ... and {len(done.left) - 20} more")
