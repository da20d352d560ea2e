"""``landlog trust``: which witnesses and auditors this registry asks before it shows anything."""

from __future__ import annotations

from typing import Annotated

import typer

from api import trusting
from api.cli import console
from api.settings import Settings

app = typer.Typer()


@app.command()
def trust(
    witness: Annotated[
        list[str],
        typer.Argument(
            help='A witness or auditor: "NAME VKEY URL" as its operator gave them; or "NAME URL", to ask it.',
            show_default=False,
        ),
    ],
    quorum: Annotated[
        int, typer.Option(help="How many of them must cosign; the others may be away.", min=1)
    ] = 2,
) -> None:
    """Have witnesses vouch for this registry's log, in place of those that its policy.txt names.

    `landlog work` then publishes only what so many of them have cosigned; start it again after a change.
    """
    settings = Settings.of()
    _ = settings.origin
    known = trusting.watchers(settings)
    found = [trusting.meet(text, known) for text in witness]
    trusting.write(settings, found, threshold=quorum)
    for watcher in found:
        console.result(watcher.line)
    console.say(f"{quorum} of these {len(found)} must cosign; the policy for verifiers is {settings.policy}.")
    if any(len(text.split()) == 2 for text in witness):
        console.say(
            "The keys of those that were asked are their own word: compare them with their operators'."
        )
