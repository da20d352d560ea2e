"""The program ``landlog``: which module holds which command, and what becomes of errors."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Any

import typer
from eventsourcing.persistence import PersistenceError
from typer.core import TyperGroup

from api.cli import console
from api.settings import Settings
from domain.errors import RegistryError
from domain.languages import ENGLISH

COMMANDS = {  # in the order of the help page; a module is imported when its command is asked for
    "demo": "api.cli.demo:app",
    "init": "api.cli.founding:app",
    "serve": "api.cli.running:serving",
    "work": "api.cli.running:working",
    "rebuild": "api.cli.running:rebuilding",
    "import": "api.cli.importing:app",
    "village": "api.cli.villages:app",
    "place": "api.cli.places:app",
    "key": "api.cli.keys:app",
    "case": "api.cli.cases:app",
    "order": "api.cli.orders:app",
    "preview": "api.cli.previews:app",
    "record": "api.cli.records:app",
    "verify": "api.cli.verifying:app",
    "handbook": "api.cli.handbook:app",
    "audit": "api.cli.auditing:app",
    "witness": "api.cli.witnessing:app",
    "trust": "api.cli.trusting:app",
}


class _Commands(TyperGroup):
    """Commands that are imported one by one: a start takes a fifth of the time that all of them would."""

    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name].partition(":")
        command = typer.main.get_command(getattr(import_module(module), attribute))
        command.name = cmd_name
        return command


app = typer.Typer(
    cls=_Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def landlog() -> None:
    """Landlog: a registry of land records that anyone can check.

    The registry lives in the directory LANDLOG_HOME (.landlog here, if it is not set), with its own database
    unless LANDLOG_DATABASE_URL names another.
    """


def main(args: Sequence[str] | None = None) -> None:
    """Run one command; ends the process with 0, 1 (refused or failed) or 2 (misuse)."""
    console.speak(ENGLISH)
    try:
        app(args, prog_name="landlog")
    except RegistryError as error:
        console.tell(error)
    except BrokenPipeError:  # the reader of our output, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except PersistenceError as error:
        console.err.print(f"Error: the database does not do what was asked: {error}", style="bold red")
        console.err.print("Remedy: check that it runs and has room, then start the command again.")
    except Exception as error:  # noqa: BLE001  # the last place where it can be told in words
        console.tell_unforeseen(error, Settings.of().home)
    else:
        sys.exit(0)
    sys.exit(1)
