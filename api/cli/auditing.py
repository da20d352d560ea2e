"""``landlog audit``: replay a log and find out whether the registry keeps its own law.

Needs no registry and no database, except with ``--local``, which is for the registry's own machine.
"""

from __future__ import annotations

import json
import logging
import threading
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api import clock
from api.cli import console
from api.cli.witnessing import Pages, UntilEof, address, stop_at_eof, trusted_logs
from domain.errors import BadInput, RegistryError

if TYPE_CHECKING:
    from registry.audit.auditor import Auditor, Report
    from registry.audit.vouching import Vouching

app = typer.Typer()
_log = logging.getLogger(__name__)

Cosign = Annotated[
    Path | None,
    typer.Option(
        help="Cosign what holds, as the witness of this home (landlog witness init).", show_default=False
    ),
]


@app.command()
def audit(
    log: Annotated[
        str, typer.Option(help="Where the log lies: https://host/log, or a directory.", show_default=False)
    ] = "",
    policy: Annotated[
        Path | None,
        typer.Option(
            help="Whose log it is: the log lines of a policy (C2SP tlog-policy). Without it, policy.txt of the "
            "home that --cosign names.",
            show_default=False,
        ),
    ] = None,
    state: Annotated[
        Path, typer.Option(help="Where the auditor keeps how far it has come; one directory for each log.")
    ] = Path(".landlog-audit"),
    cosign: Cosign = None,
    listen: Annotated[
        str,
        typer.Option(
            help="Go on, and answer the log's sequencer at this address as a witness.", show_default=False
        ),
    ] = "",
    every: Annotated[
        float, typer.Option(help="With --listen or --follow: seconds between two looks.", min=0.1)
    ] = 10.0,
    follow: Annotated[
        bool, typer.Option("--follow", help="Go on until it is stopped or the log fails.")
    ] = False,
    local: Annotated[
        bool,
        typer.Option(
            "--local", help="Compare the registry's own database and files with its log: on its machine."
        ),
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print what was found as JSON.")] = False,
    pages: Pages = None,
    until_eof: UntilEof = False,
) -> None:
    """Replay a log, entry by entry, and check that everything in it is signed, lawful and rightly summed up.

    Ends with 0 when all of it holds. With 1 when an entry does not: it is named, the evidence is kept beside the
    state, and the auditor vouches for that log no more.
    """
    if local:
        _audit_local(as_json)
        return
    if not log:
        raise BadInput(
            "it has to be said which log is audited",
            field="--log",
            remedy="Give --log with the log's address and --policy; or --local on the registry's own machine.",
        )
    if listen and cosign is None:
        raise BadInput(
            "who answers as a witness needs a key",
            field="--cosign",
            remedy="Make a home with `landlog witness init`, and name it with --cosign.",
        )
    from registry.audit.source import LogUnreadable

    if until_eof:
        stop_at_eof()
    auditor = _auditor(log, policy, state, cosign)
    vouching = _vouching(auditor, cosign) if cosign else None
    try:
        with console.progress("Auditing", unit="entries") as told:
            report = vouching.follow(told) if vouching else auditor.follow(told)
        _tell(report, as_json)
    except LogUnreadable as error:
        if not listen:  # who answers as a witness may begin before the log does
            raise
        console.say(f"{error.message}; waiting for it.")
    if vouching and listen:
        _serve(vouching, listen, every, pages)
    elif follow:
        _follow(vouching.follow if vouching else auditor.follow, every, as_json)


def _auditor(log: str, policy: Path | None, state: Path, cosign: Path | None) -> Auditor:
    from registry.audit.auditor import Auditor
    from registry.audit.source import log_at

    return Auditor(log_at(log), trusted_logs(policy, None, home=cosign), state)


def _vouching(auditor: Auditor, cosign: Path) -> Vouching:
    from registry.audit.vouching import Vouching
    from registry.witness import service
    from registry.witness.witness import watched

    home = cosign if cosign.is_dir() else cosign.parent
    logs = watched(auditor.logs)
    return Vouching(auditor, lambda own: service.open_witness(home, logs, now=clock.now, inspect=own.inspect))


def _tell(report: Report, as_json: bool) -> None:
    if as_json:
        console.result(json.dumps(asdict(report), ensure_ascii=False))
        return
    day = datetime.fromtimestamp(report.head_time, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    console.result(
        f"The log {report.origin} holds: {report.size} entries ({report.new_entries} new), {report.events} events, "
        f"{report.states} states, its last map head of {day}."
    )
    for note in report.notes:
        console.say(f"Note: {note}.")


def _follow(once: object, every: float, as_json: bool) -> None:
    from api.cli.running import stopped_by_signals

    assert callable(once)
    stop = stopped_by_signals()
    while not stop.wait(every):
        report = once()
        if report.new_entries:
            _tell(report, as_json)


def _serve(vouching: Vouching, listen: str, every: float, pages: Path | None) -> None:
    """Looks at the log again and again, and answers its sequencer; ends when the log is condemned."""
    from registry.audit.auditor import AuditFailed
    from registry.witness import service
    from registry.witness.pages import load_pages

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    host, port = address(listen)
    served = load_pages(pages) if pages else service.NO_PAGES
    stop = threading.Event()
    failure: list[AuditFailed] = []

    def look() -> None:
        while not stop.wait(every):
            try:
                vouching.follow()
            except AuditFailed as error:
                failure.append(error)
                stop.set()
            except RegistryError as error:
                _log.warning("looking again in %g s: %s", every, error)

    threading.Thread(target=look, name="audit", daemon=True).start()
    name = vouching.witness.signer.name
    try:
        service.serve(
            vouching.witness,
            host=host,
            port=port,
            told=lambda url: console.say(f"{name} audits and answers at {url} (stop it with Ctrl-C)."),
            stop=stop,
            pages=served,
        )
    except OSError as error:
        raise BadInput(f"nobody can listen at {listen}: {error.strerror}", field="--listen") from error
    finally:
        stop.set()
    if failure:
        raise failure[0]


def _audit_local(as_json: bool) -> None:
    from api.cli.options import registry
    from api.examining import examine

    with registry() as house, console.progress("Auditing the database", unit="parts") as told:
        findings = examine(house, told)
    if as_json:
        console.result(json.dumps([asdict(f) for f in findings], ensure_ascii=False))
    else:
        for finding in findings:
            console.result(str(finding))
    if findings:
        console.say(
            f"{len(findings)} thing(s) do not agree with the log. Keep the database as it is: it is evidence."
        )
        raise typer.Exit(1)
    if not as_json:
        console.result("The database and the published files agree with the log.")
