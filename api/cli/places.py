"""``landlog place``: the directory of places, and the villages' own boundaries."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from api import clock
from api.cli import console
from api.cli.options import registry
from domain.errors import NotFound

app = typer.Typer(no_args_is_help=True, help="The directory of places, and the villages' own boundaries.")


@app.callback()
def places() -> None:
    """The directory of places, and the villages' own boundaries: published data beside the record."""


@app.command()
def load(
    files: Annotated[
        list[Path],
        typer.Argument(help="Exports of the Local Government Directory: CSV files.", show_default=False),
    ],
    since: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="The day from which they hold: today.", show_default=False),
    ] = None,
) -> None:
    """Take states, districts, sub-districts and villages into the directory; what they were before stays."""
    from gis.places import LEVELS, read_places
    from gis.places import load as take_in

    found = read_places(files)
    with registry() as house, house.datastore.transaction() as cursor:
        done = take_in(cursor, found, since=since.date() if since else clock.today())
    counts = ", ".join(f"{sum(p.level == level for p in found)} of level {level}" for level in LEVELS)
    console.say(
        f"{len(found)} places ({counts}): {done.new} new, {done.changed} changed, {done.same} as before."
    )


@app.command()
def boundaries(
    file: Annotated[Path, typer.Argument(help="A map file of village boundaries.", show_default=False)],
    code: Annotated[str, typer.Option(help="Its column with the LGD codes.")] = "lgd",
    source: Annotated[str, typer.Option(help="Whose drawing it is.", show_default=False)] = "",
) -> None:
    """Keep the boundaries of the villages; imports and checks then tell which parcels lie outside of theirs."""
    from gis.boundaries import read_boundaries
    from gis.places import keep_boundaries

    shapes = read_boundaries(file, code)
    with registry() as house, house.datastore.transaction() as cursor:
        keep_boundaries(cursor, shapes, source=source or file.name)
    console.say(f"The boundaries of {len(shapes)} villages are kept.")


@app.command()
def show(
    village: Annotated[
        str, typer.Argument(metavar="LGD", help="The village's LGD code.", show_default=False)
    ],
) -> None:
    """Show what a village lies in, the state first."""
    from gis.places import line_of

    with registry() as house, house.datastore.cursor() as cursor:
        line = line_of(cursor, village, clock.today())
    if not line:
        raise NotFound(
            f"the directory has no village {village}",
            field="LGD",
            remedy="Load an export of it: landlog place load FILES.",
        )
    for place in line:
        console.result(f"{place.level}\t{place.code}\t{place.name}\t{place.name_local or ''}")
