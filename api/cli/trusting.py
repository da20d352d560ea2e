"""``landlog trust``: which witnesses and auditors this registry asks before it shows anything."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Annotated

import typer

from api import trusting
from api.cli import console
from api.settings import Settings
from api.trusting import Watcher
from registry.witness.client import WitnessUnreachable

_PAUSE_SECONDS = 0.5

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
    wait: Annotated[
        float,
        typer.Option(
            help="Seconds to wait for one that is asked for its key and does not answer yet.", min=0
        ),
    ] = 0.0,
) -> None:
    """Have witnesses vouch for this registry's log, in place of those that its policy.txt names.

    `landlog work` then publishes only what so many of them have cosigned; start it again after a change.
    """
    settings = Settings.of()
    _ = settings.origin
    known = trusting.watchers(settings)
    end = time.monotonic() + wait
    found = [_met(text, known, until=end) for text in witness]
    trusting.write(settings, found, threshold=quorum)
    for watcher in found:
        console.result(watcher.line)
    console.say(f"{quorum} of these {len(found)} must cosign; the policy for verifiers is {settings.policy}.")
    if any(len(text.split()) == 2 for text in witness):
        console.say(
            "The keys of those that were asked are their own word: compare them with their operators'."
        )


def _met(text: str, known: Sequence[Watcher], *, until: float) -> Watcher:
    """The watcher, asked again and again until that moment."""
    while True:
        try:
            return trusting.meet(text, known)
        except WitnessUnreachable:
            if time.monotonic() >= until:
                raise
        time.sleep(_PAUSE_SECONDS)
