"""``landlog witness``: vouch for logs that others run; needs no registry and no database."""

from __future__ import annotations

import logging
import os
import signal
import threading
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import typer

from api import clock
from api.cli import console
from api.cli.options import read_bytes
from domain.errors import BadInput, RegistryError
from registry.log.note import NoteVerifier, VerifierKey
from registry.log.policy import Policy

app = typer.Typer(no_args_is_help=True, help="Vouch, with a key of your own, that logs only ever grow.")

Home = Annotated[
    Path,
    typer.Option(help="The directory of the witness: key, name and what it has seen.", show_default=False),
]
PolicyFile = Annotated[
    Path | None,
    typer.Option(
        help="The logs to watch: the log lines of a policy (C2SP tlog-policy). Without it and --log, policy.txt of "
        "the home, where `init --registry` has kept one.",
        show_default=False,
    ),
]
LogKeys = Annotated[
    list[str] | None,
    typer.Option(
        "--log", help="A log to watch, by its verifier key (vkey); once for each.", show_default=False
    ),
]
Pages = Annotated[
    Path | None,
    typer.Option(
        help="Serve the verifier page of this directory, too, at /verifier/ (python -m api.verifier builds it).",
        show_default=False,
    ),
]
UntilEof = Annotated[
    bool,
    typer.Option(
        "--until-eof",
        hidden=True,
        help="Stop also when standard input ends: when whoever started it is gone.",
    ),
]


@app.command()
def init(
    home: Home,
    name: Annotated[
        str,
        typer.Option(help="The witness's name, for ever; best where it will be found.", show_default=False),
    ],
    registry: Annotated[
        str,
        typer.Option(
            help="The address of a registry's portal: asks it, this once, for its log's keys, and keeps them.",
            show_default=False,
        ),
    ] = "",
    if_missing: Annotated[
        bool, typer.Option("--if-missing", help="Change nothing where a witness lives there already.")
    ] = False,
) -> None:
    """Make a witness: a key, and a memory that knows no log yet. Prints the verifier key for policies."""
    from registry.witness import service

    if registry and not (home / service.POLICY_FILE).exists():
        _keep_logs(home, registry)
    if if_missing and (home / service.NAME_FILE).exists():
        console.result(service.load_signer(home).verifier_key.format())
        return
    signer = service.make_home(home, name)
    console.say(
        f"The witness {signer.name} is made in {home}. Back up the key, never the memory: it must not forget."
    )
    known = "" if registry else " --policy FILE"
    console.say(
        f"Next: landlog witness serve --home {home}{known}; give the line below to the registry (landlog trust)."
    )
    console.result(signer.verifier_key.format())


def _keep_logs(home: Path, registry: str) -> None:
    """Believes, from now on, the log keys that a registry tells, and says which these are."""
    from registry.witness import service
    from registry.witness.client import ask_log_keys

    logs = ask_log_keys(registry)
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    service.keep_logs(home, logs)
    console.say("These log keys were told by the registry alone; compare them with what others know of it:")
    for log in logs:
        console.say(f"  {log.key.format()}")


@app.command()
def serve(
    home: Home,
    policy: PolicyFile = None,
    log: LogKeys = None,
    listen: Annotated[str, typer.Option(help="Address and port to answer at.")] = "127.0.0.1:8010",
    pages: Pages = None,
    until_eof: UntilEof = False,
) -> None:
    """Answer logs that ask for cosignatures (C2SP tlog-witness), until it is stopped (Ctrl-C, SIGTERM).

    POST /add-checkpoint, GET /<SHA-256 of the origin>/checkpoint, GET /vkey; with --pages, GET /verifier/.
    """
    from registry.witness import service
    from registry.witness.pages import load_pages
    from registry.witness.witness import watched

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    if until_eof:
        stop_at_eof()
    host, port = address(listen)
    logs = watched(trusted_logs(policy, log, home=home))
    served = load_pages(pages) if pages else service.NO_PAGES
    witness = service.open_witness(home, logs, now=clock.now)

    def told(url: str) -> None:
        console.say(f"{witness.signer.name} watches {', '.join(logs)} at {url} (stop it with Ctrl-C).")

    try:
        service.serve(witness, host=host, port=port, told=told, pages=served)
    except OSError as error:
        raise BadInput(
            f"nobody can listen at {listen}: {(error.strerror or str(error)).lower()}",
            field="--listen",
            remedy="Choose another port, or stop what uses this one.",
        ) from error
    console.say("Stopped; what was cosigned is kept.")


@app.command()
def vkey(home: Home) -> None:
    """Print the verifier key of a witness."""
    from registry.witness import service

    console.result(service.load_signer(home).verifier_key.format())


def address(text: str) -> tuple[str, int]:
    """Host and port of ``127.0.0.1:8010``, ``[::1]:8010`` or ``:8010`` (every address of this machine).

    Raises:
        BadInput: when the text is no address.
    """
    host, colon, port = text.rpartition(":")
    if not (colon and port.isascii() and port.isdigit() and int(port) <= 65_535):
        raise BadInput(
            f"{text[:80]!r} is not an address to listen at",
            field="--listen",
            remedy="Write host and port, as in 127.0.0.1:8010; port 0 takes a free one.",
        )
    return host.removeprefix("[").removesuffix("]") or "0.0.0.0", int(port)  # noqa: S104  # asked for by ":8010"


def trusted_logs(policy: Path | None, log: list[str] | None, *, home: Path | None) -> list[NoteVerifier]:
    """The log keys of a policy file and those given one by one; with neither, those that ``home`` has kept.

    Raises:
        BadInput: when there is none.
    """
    from registry.witness.service import POLICY_FILE

    if home and policy is None and not log and (home / POLICY_FILE).exists():
        policy = home / POLICY_FILE
    found = list(Policy.parse(read_bytes(policy, field="--policy")).logs) if policy else []
    for text in log or ():
        try:
            found.append(NoteVerifier(VerifierKey.parse(text)))
        except RegistryError as error:
            raise BadInput(
                error.message, field="--log", remedy="Give the vkey as the log's operator did."
            ) from error
    if not found:
        raise BadInput(
            "it has to be said which logs are watched",
            field="--policy",
            remedy="Give --policy FILE with log lines, or --log VKEY.",
        )
    return found


def stop_at_eof() -> None:
    """Asks this process to stop once its standard input has ended: a program that started it then leaves nothing."""

    def wait() -> None:
        with suppress(OSError):
            while os.read(0, 4096):
                pass
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=wait, name="until-eof", daemon=True).start()
