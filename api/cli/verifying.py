"""``landlog verify``: what a title proof, an extract, a printed code or a proof of an entry says.

Checked offline: no registry, no database, no network.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from api import clock
from api.cli import console
from api.cli.options import read_bytes
from api.settings import Settings
from domain.errors import BadInput, VerificationError
from domain.languages import ENGLISH, told
from registry.log.checkpoint import Checkpoint, open_checkpoint, parse_checkpoint
from registry.log.note import MAX_NOTE_BYTES, parse_note
from registry.log.policy import MAX_POLICY_BYTES, Policy
from registry.log.tiles import MAX_ENTRY_BYTES
from registry.log.title_proof import MalformedTitleProof, parse_title_proof
from registry.log.tlog_proof import parse_tlog_proof, verify_tlog_proof
from registry.log.tree import NotIncluded
from registry.qr import looks_like_paper, paper_keys, verify_paper
from registry.statement import paper_statement
from registry.verify import OtherParcel, Verdict, verify_title_proof

_AGE = re.compile(r"([1-9][0-9]{0,5})([smhd])", re.ASCII)
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}

_LONGEST_FILE = 20 << 20  # bytes: of an extract, which bears a proof; see projections.paper.attachment
_LONGEST_CODE = 2_048  # of a code's text, as ``registry.qr`` reads it
_TLOG_PROOF = b"c2sp.org/tlog-proof@v1\n"
_UNWITNESSED = (
    "Note: the policy asks for no witnesses, so only the log's own word says that this is its newest state.",
)

app = typer.Typer()


class Superseded(VerificationError):
    """The proof was true of its own day; a newer word of the same log is known."""

    code = "superseded"


class SplitView(VerificationError):
    """The log has signed two different trees of one size: it tells different people different things."""

    code = "split-view"


class EntryMissing(VerificationError):
    """A proof of an entry's place in the log was given without the entry."""

    code = "entry-missing"


@app.command()
def verify(
    file: Annotated[
        str,
        typer.Argument(
            help="The proof, the extract (PDF) that carries it, a .tlog-proof, or what a printed code says.",
            show_default=False,
        ),
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
    as_of_size: Annotated[
        int | None,
        typer.Option(
            help="The record as it stood when the log had so many entries; takes whole histories.",
            min=1,
            show_default=False,
        ),
    ] = None,
    entry: Annotated[
        Path | None, typer.Option(help="The log entry that a .tlog-proof is about.", show_default=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the verdict as JSON.")] = False,
) -> None:
    """Check a title proof offline, and say what the record of rights shows.

    Ends with 0 when everything holds; with 1, and the reason, when anything does not; with 2 when it was asked wrongly.
    """
    seconds, trusted = _seconds(max_age), _policy(policy)
    data = _given(file)
    try:
        if looks_like_paper(data[:_LONGEST_CODE].decode(errors="replace")):
            found = _paper(data, trusted, parcel)
        elif data.startswith(_TLOG_PROOF):
            found = _entry(data, entry, Policy.parse(trusted, max_age=seconds))
        else:
            found = _title(data, Policy.parse(trusted, max_age=seconds), parcel, as_of_size)
        if checkpoint:
            check_newest(found.checkpoint, _known(checkpoint, Policy.parse(trusted)))
        if min_size is not None and found.checkpoint.size < min_size:
            raise _superseded(found.checkpoint.size, min_size)
    except VerificationError as error:
        if as_json:
            console.result(json.dumps(_refusal(error), ensure_ascii=False, indent=1))
        raise
    if as_json:
        console.result(json.dumps(found.document, ensure_ascii=False, indent=1))
        return
    for line in found.words:
        console.result(line)
    for note in found.notes:
        console.say(note)


@dataclass(frozen=True, kw_only=True)
class Found:
    """What holds: in words, as a document, and of which tree (whose root a paper does not tell)."""

    words: Sequence[str]
    notes: Sequence[str]
    document: Mapping[str, object]
    checkpoint: Checkpoint


def _title(data: bytes, trusted: Policy, parcel: str | None, as_of_size: int | None) -> Found:
    proof = _proof_in(data)
    verdict = verify_title_proof(proof, trusted, now=clock.now(), parcel=parcel, as_of_size=as_of_size)
    proved = _checkpoint_of(proof)
    return Found(
        words=("The proof holds.", verdict.words),
        notes=_UNWITNESSED if verdict.as_of is None else (),
        document=_document(verdict, proved),
        checkpoint=proved,
    )


def _paper(data: bytes, trusted: bytes, parcel: str | None) -> Found:
    """
    Raises:
        VerificationError: when the code is not the press's, or about another parcel.
    """
    paper = verify_paper(data.decode(errors="replace"), paper_keys(trusted), now=clock.now())
    if parcel is not None and parcel != paper.parcel:
        raise OtherParcel(
            f"the paper is about parcel {paper.parcel[:80]}, not about {parcel[:80]}",
            remedy="Ask for the paper of the parcel in question.",
        )
    return Found(
        words=("The registry's press signed this paper.", paper_statement(paper)),
        notes=(
            "Note: a printed code is the registry's own word, which no witness vouches for, and does not tell what "
            "has changed since. Ask for the title proof before money is paid.",
        ),
        document={
            "verdict": "signed",
            "parcel": paper.parcel,
            "words": paper_statement(paper),
            "origin": paper.origin,
            "size": paper.size,
            "as_of": paper.as_of,
            "proof_sha256": paper.proof_sha256.hex(),
        },
        checkpoint=Checkpoint(origin=paper.origin, size=paper.size, root=b""),
    )


def _entry(data: bytes, entry: Path | None, trusted: Policy) -> Found:
    """
    Raises:
        VerificationError: when the policy does not believe the checkpoint, or the entry is not in its tree.
    """
    proof = parse_tlog_proof(data.decode(errors="replace"))
    origin = proof.checkpoint.partition("\n")[0]
    endorsement = trusted.endorse(proof.checkpoint.encode(), origin=origin, now=clock.now())
    proved = read_bytes(entry, field="--entry", most=MAX_ENTRY_BYTES) if entry else proof.extra
    if proved is None:
        raise EntryMissing(
            "the proof does not bear the entry whose place it proves",
            field="--entry",
            remedy="Give the entry's file with --entry.",
        )
    try:
        verify_tlog_proof(proof, entry=proved, checkpoint=endorsement.checkpoint)
    except NotIncluded as error:
        raise NotIncluded(
            f"this entry does not stand at index {proof.index} of the log: {error}",
            field="--entry" if entry else "",
            remedy="Give the very bytes of the entry that the proof was made for.",
        ) from error
    size = endorsement.checkpoint.size
    return Found(
        words=(
            "The proof holds.",
            f"The entry stands at index {proof.index} of the log {origin} ({size} entries).",
        ),
        notes=_UNWITNESSED if endorsement.as_of is None else (),
        document={
            "verdict": "holds",
            "origin": origin,
            "size": size,
            "index": proof.index,
            "as_of": endorsement.as_of,
        },
        checkpoint=endorsement.checkpoint,
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
    if known.size == proved.size and proved.root and known.root != proved.root:
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


def _given(text: str) -> bytes:
    """The bytes of the file; or the text itself, where it is what a code on paper says."""
    if looks_like_paper(text):
        return text.encode()
    if text.startswith(("https://", "http://")):
        raise BadInput(
            "this is an address, and no printed code follows it; nothing is fetched from the network",
            field="FILE",
            remedy="Save the proof and give its file, or give all that the printed code says, in quotation marks: the "
            "digits after '#' are what is checked.",
        )
    return read_bytes(Path(text), field="FILE", most=_LONGEST_FILE)


def _known(path: Path, trusted: Policy) -> Checkpoint:
    """The newest checkpoint that the person knows.

    Raises:
        VerificationError: when it is none, or no log of the policy has signed it.
    """
    try:
        return open_checkpoint(read_bytes(path, field="--checkpoint", most=MAX_NOTE_BYTES), trusted.logs)[0]
    except VerificationError as error:
        error.field = "--checkpoint"
        raise


def _policy(path: Path | None) -> bytes:
    place = path or Settings.of().policy
    if path is None and not place.exists():
        raise BadInput(
            "it has to be said whom you trust",
            field="--policy",
            remedy="Give --policy FILE: the registry's policy.txt, from a source that you trust.",
        )
    return read_bytes(place, field="--policy", most=MAX_POLICY_BYTES)


def _seconds(text: str) -> int:
    match = _AGE.fullmatch(text)
    if not match:
        raise BadInput(f"{text[:20]!r} is no age", field="--max-age", remedy="Write 90s, 15m, 24h or 7d.")
    return int(match[1]) * _SECONDS[match[2]]


def _proof_in(data: bytes) -> bytes:
    if not data.startswith(b"%PDF-"):
        if not data.lstrip().startswith(b"{"):
            raise MalformedTitleProof(
                "this is no title proof, no extract (PDF), no .tlog-proof, and not what a printed code says",
                field="FILE",
                remedy="Give the file as the registry gave it. Of paper, the text of its printed code can be checked; "
                "a scan or a photograph proves nothing.",
            )
        return data
    from projections.paper.attachment import (
        attached_proof,
    )  # brings a library that a plain proof does without

    return attached_proof(data)


def _refusal(error: VerificationError) -> dict[str, object]:
    """What does not hold, as the counter says it over HTTP."""
    reason = {"code": error.code, "sentence": str(error), "remedy": told(error.remedy, ENGLISH)}
    return {"verdict": "superseded" if isinstance(error, Superseded) else "rejected", "reasons": [reason]}


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
        **({} if verdict.as_of_size is None else {"as_of_size": verdict.as_of_size}),
    }
