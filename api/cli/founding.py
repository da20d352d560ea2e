"""``landlog init``: the founding of a registry."""

from __future__ import annotations

from typing import Annotated

import typer

from api import establishing, founding, wiring
from api.cli import console
from api.cli.options import PassphraseFile
from api.settings import Settings

app = typer.Typer()


@app.command()
def init(
    origin: Annotated[
        str,
        typer.Option(
            help="The registry's name, for ever; best where its log will be found: land.example.in/gudur.",
            show_default=False,
        ),
    ],
    roots: Annotated[int, typer.Option(help="How many root keys to make.")] = 3,
    threshold: Annotated[int, typer.Option(help="How many of them must sign together.")] = 2,
    plain: Annotated[
        bool, typer.Option("--plain", help="Root keys without a passphrase: for demonstrations only.")
    ] = False,
    passphrase_file: PassphraseFile = None,
    if_missing: Annotated[
        bool,
        typer.Option("--if-missing", help="Change nothing where this very registry lives there already."),
    ] = False,
) -> None:
    """Found a registry in LANDLOG_HOME: keys, database, the first entry of its log, and its policy."""
    settings = Settings.of()
    if if_missing and settings.founded.exists() and settings.origin == origin:
        console.say(f"The registry {origin} is in {settings.home} already.")
        return
    founding.check_free(settings)
    founding.Plan(origin=origin, roots=roots, threshold=threshold).check()
    passphrase = "" if plain else console.passphrase("the root keys", passphrase_file, twice=True)
    plan = founding.Plan(origin=origin, roots=roots, threshold=threshold, passphrase=passphrase)
    with wiring.opened(settings, origin=origin) as house:
        establishing.establish(house, plan)
    vkey = founding.log_signer(settings, origin).verifier_key.format()
    console.say(f"The registry {origin} is founded in {settings.home}.")
    console.say(f"  policy for verifiers: {settings.policy}")
    console.say(
        f"  root keys: {settings.signing_keys}/root-1.key to root-{roots}.key. "
        "Move them to media that are kept apart once the first officers are posted."
    )
    console.say("Next: landlog key new, landlog key enrol, landlog key post; then landlog import village.")
    console.result(vkey)
