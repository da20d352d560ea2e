"""``landlog key``: keys of officers, and what the registry is told about them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from api import clock
from api.cli import console, log_keys
from api.cli.options import DryRun, PassphraseFile, SignWith, Yes, load_key, registry, root_keys
from api.order_files import read_json
from api.settings import Settings
from domain.canon import Json
from domain.errors import BadInput
from registry import dsse, keys
from registry.acts import Act, EndPosting, Enrol, Post, Revoke
from registry.ceremony import Ceremony
from registry.keys import Key
from registry.log.encoding import encode_base64

REQUEST = "landlog/enrolment-request@v1"

app = typer.Typer(no_args_is_help=True, help="Keys of officers: make, enrol, post, revoke.")

Officer = Annotated[str, typer.Option(help="The officer's number in the service.", show_default=False)]
Office = Annotated[str, typer.Option(help="LGD codes of the office: 28/511/5257.", show_default=False)]
Roles = Annotated[
    list[str],
    typer.Option("--role", help="tahsildar, survey-officer ...; once for each.", show_default=False),
]


@app.command()
def new(
    file: Annotated[Path, typer.Argument(help="The key file to make.", show_default=False)],
    plain: Annotated[
        bool, typer.Option("--plain", help="Without a passphrase: for demonstrations only.")
    ] = False,
    passphrase_file: PassphraseFile = None,
) -> None:
    """Make a new signing key, sealed with a passphrase."""
    key = Key.generate()
    passphrase = "" if plain else console.passphrase("the new key", passphrase_file, twice=True)
    keys.save(key, file, passphrase=passphrase, plain=plain)
    console.say(f"{file} holds a new key. Keep it to yourself; it cannot be made again.")
    console.result(key.keyid)


@app.command()
def request(
    file: Annotated[Path, typer.Argument(help="Your key file.", show_default=False)],
    officer: Officer,
    origin: Annotated[
        str, typer.Option(help="The registry's name; without it, that of this home.", show_default=False)
    ] = "",
    passphrase_file: PassphraseFile = None,
) -> None:
    """Ask for enrolment: prints what the appointing authority needs, and nothing secret."""
    key = load_key(file, passphrase_file)
    pop = key.prove_possession(origin=origin or Settings.of().origin, officer=officer)
    document = {"format": REQUEST, "officer": officer, "pub": encode_base64(key.public), "pop": pop}
    console.result(json.dumps(document, indent=1))


@app.command()
def enrol(
    file: Annotated[
        Path, typer.Argument(help="The officer's request, or key file if it is here.", show_default=False)
    ],
    officer: Annotated[
        str, typer.Option(help="The officer's number; a request states it itself.", show_default=False)
    ] = "",
    sign_with: SignWith = None,
    passphrase_file: PassphraseFile = None,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> None:
    """Enrol an officer's key. It has no power before it is posted."""
    document = read_json(file, field="FILE")
    if isinstance(document, dict) and document.get("format") == REQUEST:
        act = _requested(document, officer)
    elif officer:
        key = load_key(file, passphrase_file)
        pop = key.prove_possession(origin=Settings.of().origin, officer=officer)
        act = Enrol(public=key.public, officer=officer, pop=pop)
    else:
        raise BadInput(
            "whose key this is has to be said", field="--officer", remedy="Give the officer's number."
        )
    _perform(
        act,
        f"Enrol the key {dsse.keyid(act.public)} for {act.officer}",
        sign_with,
        passphrase_file,
        yes,
        dry_run,
    )


@app.command()
def post(
    officer: Officer,
    office: Office,
    role: Roles,
    end: Annotated[bool, typer.Option("--end", help="End the posting instead of opening it.")] = False,
    sign_with: SignWith = None,
    passphrase_file: PassphraseFile = None,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> None:
    """Open a posting: the officer's keys may sign in these roles at the office and below it. Or end it."""
    kind = EndPosting if end else Post
    act = kind(officer=officer, office=office, roles=tuple(role))
    what = f"{'End' if end else 'Open'} the posting of {officer} at {office} as {', '.join(role)}"
    _perform(act, what, sign_with, passphrase_file, yes, dry_run)


@app.command()
def revoke(
    keyid: Annotated[str, typer.Argument(help="The key's id: 64 hex digits.", show_default=False)],
    reason: Annotated[str, typer.Option(help="Why: it stands in the public log.", show_default=False)],
    suspect_from: Annotated[
        int | None,
        typer.Option(
            help="From which index of the log on the key may have been misused.", show_default=False
        ),
    ] = None,
    sign_with: SignWith = None,
    passphrase_file: PassphraseFile = None,
    dry_run: DryRun = False,
    yes: Yes = False,
) -> None:
    """Revoke a key: it signs nothing any more."""
    act = Revoke(keyid=keyid, reason=reason, suspect_from_index=suspect_from)
    _perform(act, f"Revoke the key {keyid}: {reason}", sign_with, passphrase_file, yes, dry_run)


def _requested(document: dict[str, Json], officer: str) -> Enrol:
    stated = str(document.get("officer", ""))
    if officer and officer != stated:
        raise BadInput(
            f"the request is by {stated[:80]!r}, not by {officer!r}",
            field="--officer",
            remedy="Leave --officer out, or ask for a request by that officer.",
        )
    public = keys.parse_public(str(document.get("pub", "")))
    return Enrol(public=public, officer=stated, pop=str(document.get("pop", "")))


def _perform(
    act: Act,
    question: str,
    sign_with: list[Path] | None,
    passphrase_file: Path | None,
    yes: bool,
    dry_run: bool,
) -> None:
    """Prepare the act, show it, let the keys sign it, record it."""
    with registry() as house:
        ceremony = Ceremony(house.recorder)
        payload = ceremony.prepare(act, event_id=clock.new_event_id(), decided=clock.today())
        for line in _summary(act, payload):
            console.say(line)
        if dry_run:
            console.say(
                f"Dry run: nothing was signed. {house.genesis.threshold} root keys, or an appointing authority, would "
                "sign these bytes:"
            )
            console.result(payload.decode())
            return
        if not console.confirm(f"{question}?", yes=yes):
            console.say("Nothing was signed.")
            raise typer.Exit(1)
        files = sign_with or root_keys(house.settings, house.genesis)
        signatures = [load_key(path, passphrase_file).sign_payload(dsse.KEY, payload) for path in files]
        event_id = ceremony.submit(dsse.seal(dsse.KEY, payload, signatures))
        house.settle()
    console.say(f"{question}: recorded.")
    console.result(event_id.hex)


def _summary(act: Act, payload: bytes) -> list[str]:
    """What is about to be signed, as the payload says it."""
    document = dsse.parse_payload(payload)
    lines = [f"{act.type} for {document['origin']}, decided {document['decided']}"]
    for name, value in act.members().items():
        if name not in ("pop", "pub"):
            words = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
            lines.append(f"  {name}: {words}")
    touches = document["touches"]
    for touch in touches if isinstance(touches, list) else ():
        if isinstance(touch, dict):
            lines.append(f"  touches the key {touch['id']}, which stands at version {touch['prev_version']}")
    return lines


log_keys.register(app)
