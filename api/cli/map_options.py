"""Options that commands about a newer map share: the map, its mapping, its table, the paper that brings it."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

MapFile = Annotated[
    Path, typer.Argument(metavar="FILE", help="The newer map of the village.", show_default=False)
]
VillageCode = Annotated[str, typer.Option("--village", help="The village's LGD code.", show_default=False)]
MappingName = Annotated[
    str,
    typer.Option(
        "--mapping", help="Which column is what: a TOML file, or a ready-made one.", show_default=False
    ),
]
Table = Annotated[
    Path | None,
    typer.Option(
        "--table", help="The record beside the map: a CSV file that the mapping joins.", show_default=False
    ),
]
Made = Annotated[
    datetime | None, typer.Option("--paper-made", formats=["%Y-%m-%d"], help="Its day.", show_default=False)
]
OfficersKey = Annotated[
    Path | None,
    typer.Option("--key", help="Key file of the officer who files or orders.", show_default=False),
]
