"""``landlog serve``, ``work`` and ``rebuild``: what runs all day, and what is run at night."""

from __future__ import annotations

import logging
import signal
import threading
from typing import Annotated

import typer

from api.cli import console
from api.cli.options import registry

serving = typer.Typer()
working = typer.Typer()
rebuilding = typer.Typer()


@serving.command()
def serve(
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="The port to listen on.", min=0, max=65_535)] = 8000,
) -> None:
    """Serve the counter: HTTP interface, pages for citizens, and the log's files."""
    from api import serving as counter

    _log_to_stderr()
    with registry() as house:
        console.say(f"The counter of {house.origin} is open at http://{host}:{port}/ (stop it with Ctrl-C).")
        counter.serve(house, host=host, port=port)


@working.command()
def work(
    refresh: Annotated[
        float, typer.Option(help="Seconds after which the witnesses of a quiet log are asked anew.", min=1)
    ] = 600.0,
) -> None:
    """Do the work behind the counter: give orders their places in the log, keep the record up to date.

    Runs until it is stopped (Ctrl-C, SIGTERM), and goes on where it stopped, whatever stopped it.
    """
    from api import working as behind

    _log_to_stderr()
    stop = stopped_by_signals()
    with registry() as house, behind.alone(house.datastore):
        console.say(f"At work for {house.origin} (stop it with Ctrl-C).")
        behind.work(house, stop, refresh_seconds=refresh)
    console.say("Stopped; everything accepted is kept.")


@rebuilding.command()
def rebuild() -> None:
    """Build the record as read anew from the log: nothing in it is a source, so nothing can be lost."""
    with registry() as house:
        house.sequence()
        with console.progress("Rebuilding the record", unit="entries") as told:
            size = house.runner.rebuild(told)
    console.say(f"The record was rebuilt from {size} entries of the log.")


def stopped_by_signals() -> threading.Event:
    """Set when somebody asks this process to stop."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop


def _log_to_stderr() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
