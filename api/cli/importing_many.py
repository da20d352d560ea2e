"""``landlog import villages``: a tehsil's older records into the registry, in one run."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api import clock
from api.cli import console
from api.cli.options import PassphraseFile, digest_of, load_key, registry
from domain.errors import BadInput

if TYPE_CHECKING:
    from api.reading import Reading
    from gis.village import ProposedVillage

FACTS = ("lgd", "name", "name_local", "office")
COLUMNS = ("file", "table", *FACTS)


def villages(
    list_: Annotated[
        Path,
        typer.Argument(
            metavar="LIST",
            help=f"A CSV file with a line for each village: {', '.join(COLUMNS)}. "
            "What the mapping says may be left out; files are sought beside the list.",
            show_default=False,
        ),
    ],
    mapping: Annotated[
        str,
        typer.Option(help="Which column is what: a TOML file, or a ready-made one.", show_default=False),
    ],
    key: Annotated[
        Path,
        typer.Option(help="Key file of the officer who certifies the older records.", show_default=False),
    ],
    source: Annotated[
        str, typer.Option(help="What the older records are; stands in the log.", show_default=False)
    ] = "",
    passphrase_file: PassphraseFile = None,
) -> None:
    """Register villages one after another; the next is read while one is registered.

    Each has its report. A file that cannot be used ends the run: what came before it is registered, and a run that is
    started again leaves that alone. Look at a single village with `landlog import village --dry-run` first.
    """
    from api import intake, places  # they bring the map libraries: only this command waits for them
    from api.cli.importing import tell
    from api.reading import read_ahead

    readings = listed(list_, mapping)
    with registry() as house:
        signer = load_key(key, passphrase_file)
        with intake.in_a_row(house) as row:
            for reading, read in zip(readings, _named(readings, read_ahead(readings)), strict=True):
                proposed = places.examined(house, read)
                with console.progress(f"Registering {proposed.village.name}", unit="parcels") as told:
                    outcome = row.register(
                        proposed,
                        key=signer,
                        source=intake.source_of(proposed, source),
                        order_no=f"IMPORT/{proposed.village.lgd}/{clock.instant():%Y%m%dT%H%M%S}",
                        documents=tuple(digest_of(path) for path in (reading.file, reading.table) if path),
                        progress=told,
                    )
                place = intake.report_file(house.settings.home, proposed.village.lgd, reading.file)
                intake.write_report(place, proposed, outcome)
                tell(proposed.village.name, outcome, place)


def listed(path: Path, mapping: str) -> list[Reading]:
    """The villages of a list, in its order.

    Raises: BadInput naming the line that is at fault.
    """
    from api.reading import Reading

    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise BadInput(f"{path} is no list of villages that can be read: {error}", field="LIST") from error
    if strange := {str(name) for line in lines for name in line} - set(COLUMNS):
        raise BadInput(
            f"{path} has columns that say nothing here: {', '.join(sorted(strange))}",
            field="LIST",
            remedy=f"The columns are {', '.join(COLUMNS)}.",
        )
    for number, line in enumerate(lines, 2):
        if not line.get("file"):
            raise BadInput(
                f"line {number} of {path} names no file", field="LIST", remedy="Name the map file."
            )
    return [
        Reading(
            file=path.parent / line["file"],
            mapping=mapping,
            village={fact: line.get(fact) or None for fact in FACTS},
            table=path.parent / line["table"] if line.get("table") else None,
        )
        for line in lines
    ]


def _named(readings: Sequence[Reading], villages: Iterator[ProposedVillage]) -> Iterator[ProposedVillage]:
    """The villages; an error about one says whose file it is."""
    for reading in readings:
        try:
            yield next(villages)
        except BadInput as error:
            raise BadInput(
                f"{reading.file.name}: {error.message}", field=error.field, remedy=error.remedy
            ) from error
