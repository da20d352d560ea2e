"""``landlog verify``: what a title proof says, checked offline: no registry, no database, no network."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Annotated

import typer

from api import clock
from api.cli import console
from api.cli.options import read_bytes
from api.settings import Settings
from domain.errors import BadInput, VerificationError
from registry.log.checkpoint import Checkpoint, open_checkpoint, parse_checkpoint
from registry.log.note import parse_note
from registry.log.policy import Policy
from registry.log.title_proof import parse_title_proof
from registry.log.tlog_proof import parse_tlog_proof
from registry.verify import Verdict, verify_title_proof

_AGE = re.compile(r"([1-9][0-9]{0,5})([smhd])", re.ASCII)
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}

app = typer.Typer()


class Superseded(VerificationError):
    """The proof was true of its own day; a newer word of the same log is known."""

    code = "superseded"


class SplitView(VerificationError):
    """The log has signed two different trees of one size: it tells different people different things."""

    code = "split-view"


@app.command()
def verify(
    file: Annotated[
        Path, typer.Argument(help="The proof, or the extract (PDF) that carries it.", show_default=False)
    ],
    policy: Annotated[
        Path | None,
        typer.Option(
            help="Whom you trust (C2SP tlog-policy); without it, policy.txt of this home.", show_default=False
        ),
    ] = None,
    parcel: Annotated[
        str | None, typer.Option(help="The parcel that it must be about.", show_default=False)
    ] = None,
    max_age: Annotated[
        str, typer.Option(help="How old the witnesses' word may be: 90s, 15m, 24h, 7d.")
    ] = "24h",
    checkpoint: Annotated[
        Path | None,
        typer.Option(
            help="The log's newest checkpoint that you know: an older proof is refused.", show_default=False
        ),
    ] = None,
    min_size: Annotated[
        int | None,
        typer.Option(help="The size of the log that the proof must reach.", min=0, show_default=False),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the verdict as JSON.")] = False,
) -> None:
    """Check a title proof offline, and say what the record of rights shows.

    Ends with 0 when everything holds; with 1, and the reason, when anything does not.
    """
    trusted = _policy(policy, _seconds(max_age))
    proof = _proof_in(read_bytes(file, field="FILE"))
    verdict = verify_title_proof(proof, trusted, now=clock.now(), parcel=parcel)
    proved = _checkpoint_of(proof)
    if checkpoint:
        known, _ = open_checkpoint(read_bytes(checkpoint, field="--checkpoint"), trusted.logs)
        check_newest(proved, known)
    if min_size is not None and verdict.size < min_size:
        raise _superseded(verdict.size, min_size)
    if as_json:
        console.result(json.dumps(_document(verdict, proved), ensure_ascii=False, indent=1))
        return
    console.result("The proof holds.")
    console.result(verdict.words)
    if verdict.as_of is None:
        console.say(
            "Note: the policy asks for no witnesses, so only the log's own word says that this is its newest state."
        )


def check_newest(proved: Checkpoint, known: Checkpoint) -> None:
    """
    Raises:
        Superseded: when ``known`` is a newer checkpoint of the same log.
        SplitView: when the two are of one size and of different trees.
        BadInput: when they are of different logs.
    """
    if known.origin != proved.origin:
        raise BadInput(
            f"the checkpoint is of the log {known.origin}, the proof of {proved.origin}",
            field="--checkpoint",
            remedy="Fetch the checkpoint of the log that the proof names.",
        )
    if known.size > proved.size:
        raise _superseded(proved.size, known.size)
    if known.size == proved.size and known.root != proved.root:
        raise SplitView(
            f"the log {proved.origin} has signed two different trees of size {proved.size}",
            remedy="Keep both files and show them to an auditor: no honest log does this.",
        )


def _superseded(size: int, known: int) -> Superseded:
    return Superseded(
        f"the proof is of the log's first {size} entries, and {known} are known: the record may have changed since",
        field="FILE",
        remedy="Fetch a fresh proof from the registry.",
    )


def _policy(path: Path | None, max_age: int) -> Policy:
    place = path or Settings.of().policy
    if path is None and not place.exists():
        raise BadInput(
            "it has to be said whom you trust",
            field="--policy",
            remedy="Give --policy FILE: the registry's policy.txt, from a source that you trust.",
        )
    return Policy.parse(read_bytes(place, field="--policy"), max_age=max_age)


def _seconds(text: str) -> int:
    match = _AGE.fullmatch(text)
    if not match:
        raise BadInput(f"{text[:20]!r} is no age", field="--max-age", remedy="Write 90s, 15m, 24h or 7d.")
    return int(match[1]) * _SECONDS[match[2]]


def _proof_in(data: bytes) -> bytes:
    if not data.startswith(b"%PDF-"):
        return data
    from projections.paper.attachment import (
        attached_proof,
    )  # brings a library that a plain proof does without

    return attached_proof(data)


def _checkpoint_of(proof: bytes) -> Checkpoint:
    note = parse_tlog_proof(parse_title_proof(proof).map_head_proof).checkpoint
    return parse_checkpoint(parse_note(note.encode()).text)


def _document(verdict: Verdict, proved: Checkpoint) -> dict[str, object]:
    return {
        "verdict": "holds",
        "parcel": verdict.parcel,
        "status": verdict.status,
        "words": verdict.words,
        "origin": proved.origin,
        "size": verdict.size,
        "as_of": verdict.as_of,
        "signatures_checked": verdict.signatures_checked,
    }
