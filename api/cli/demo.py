"""``landlog demo``: a registry of one's own to look at: a tehsil, a day of work, proofs, the portal."""

from __future__ import annotations

from typing import Annotated

import typer

from api.cli import console
from api.settings import Settings

app = typer.Typer()


@app.command()
def demo(
    once: Annotated[
        bool, typer.Option("--once", help="Play the day, check it all, print a summary and stop.")
    ] = False,
    port: Annotated[int, typer.Option(help="The port of the portal.", min=0, max=65_535)] = 8000,
) -> None:
    """Show a demonstration tehsil and a day of its work; then serve the portal on this computer.

    It lives in demo/ of the home and touches no other registry. A second start takes up what the first one left.
    """
    from api.demo import show  # brings everything there is

    show.show(Settings.of(), once=once, port=port, tell=console.say, result=console.result)
