"""``landlog village export``: a village as a file for other programs."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.cli import console
from api.cli.options import Out, registry
from domain.errors import BadInput

if TYPE_CHECKING:
    from gis.export import Row

Village = Annotated[str, typer.Argument(metavar="LGD", help="The village's LGD code.", show_default=False)]


def export(
    village: Village,
    form: Annotated[str, typer.Option("--format", help="gpkg, geojson, shp (zipped) or csv.")] = "gpkg",
    out: Out = None,
) -> None:
    """Write a village's parcels as GeoPackage, GeoJSON, zipped Shapefile or CSV, with the checkpoint they stand on."""
    from api.exporting import parcels_of
    from gis.export import FORMS, csvw, file_name, write

    if form not in FORMS:
        raise BadInput(
            f"{form[:20]!r} is not a format", field="--format", remedy=f"One of: {', '.join(FORMS)}."
        )
    place = out or Path(file_name(village, form))
    if place.exists():
        raise BadInput(f"{place} exists already", field="--out", remedy="Name another file, or remove it.")
    try:
        with (
            registry() as house,
            parcels_of(house.datastore, village, origin=house.origin) as (about, rows),
            console.progress(f"Writing {about.name}", unit="parcels") as report,
            tempfile.TemporaryDirectory(prefix=".landlog-export-", dir=place.parent) as directory,
        ):
            made = Path(directory) / file_name(village, form)
            count = write(_told(rows, about.parcels, report), about, form, made)
            made.replace(place)  # whole or not at all
        if form == "csv":
            beside = place.with_name(f"{place.name}-metadata.json")
            beside.write_text(json.dumps(csvw(about), ensure_ascii=False, indent=1), encoding="utf-8")
            console.say(f"{beside} says what its columns are.")
    except OSError as error:
        raise BadInput(
            f"{place} cannot be written: {(error.strerror or '').lower()}", field="--out"
        ) from error
    console.say(
        f"{place} holds {count} parcels of {about.name}, as of {about.checkpoint_size} entries of the log."
    )


def _told(rows: Iterator[Row], total: int, report: console.Report) -> Iterator[Row]:
    for done, row in enumerate(rows, 1):
        yield row
        report(done, total)
