"""Proofs that an entry stands in a signed tree (C2SP tlog-proof@v1): index, path and checkpoint in one text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from domain.errors import NotFound, VerificationError
from registry.log.checkpoint import Checkpoint
from registry.log.encoding import BadBase64, BadNumber, decode_base64, decode_decimal, encode_base64
from registry.log.hashing import HASH_BYTES, leaf_hash
from registry.log.note import MAX_NOTE_BYTES
from registry.log.tree import verify_inclusion

_TITLE = "c2sp.org/tlog-proof@v1"
_MAX_PATH = 63  # a tree of 2^63 leaves


class MalformedTlogProof(VerificationError):
    """The text is not a tlog-proof."""

    code = "malformed-tlog-proof"


class NothingPublished(NotFound):
    """The log has no checkpoint yet, so nothing can be proved."""

    code = "nothing-published"


class NoSuchEntry(NotFound):
    """The published log has no entry at that index."""

    code = "no-such-entry"


@dataclass(frozen=True, kw_only=True)
class TlogProof:
    """That the entry at ``index`` is in the tree of the note ``checkpoint``; nothing of it verified yet."""

    index: int
    path: tuple[bytes, ...]
    checkpoint: str
    extra: bytes | None = None
    """Data beside the proof that nothing authenticates; this registry writes none."""

    def format(self) -> str:
        extra = "" if self.extra is None else f"extra {encode_base64(self.extra)}\n"
        path = "".join(encode_base64(h) + "\n" for h in self.path)
        return f"{_TITLE}\n{extra}index {self.index}\n{path}\n{self.checkpoint}"


def parse_tlog_proof(text: str) -> TlogProof:
    """Reads a proof; the checkpoint is kept as it stands, to be opened with the keys that are trusted.

    Raises:
        MalformedTlogProof: when the text is not of the form, or longer than a note and a path can be.
    """
    if len(text) > 2 * MAX_NOTE_BYTES:
        raise MalformedTlogProof("the tlog-proof is longer than any proof and checkpoint can be")
    head, gap, checkpoint = text.partition("\n\n")
    if not gap:
        raise MalformedTlogProof("no empty line parts the inclusion proof from the checkpoint")
    title, *lines = head.split("\n")
    if title != _TITLE:
        raise MalformedTlogProof(f"a tlog-proof begins with the line {_TITLE}")
    try:
        extra = _parse_extra(lines)
        if not lines or not lines[0].startswith("index "):
            raise MalformedTlogProof("the tlog-proof does not name the entry's index")
        index = decode_decimal(lines[0].removeprefix("index "), what="the entry's index")
        path = _parse_path(lines[1:])
    except (BadNumber, BadBase64) as error:
        raise MalformedTlogProof(str(error)) from error
    return TlogProof(index=index, path=path, checkpoint=checkpoint, extra=extra)


def verify_tlog_proof(proof: TlogProof, *, entry: bytes, checkpoint: Checkpoint) -> None:
    """Accepts in silence that ``entry`` is in the tree of a checkpoint whose signatures were checked.

    Raises:
        NotIncluded: when it is not.
    """
    verify_inclusion(
        leaf=leaf_hash(entry),
        index=proof.index,
        size=checkpoint.size,
        proof=proof.path,
        root=checkpoint.root,
    )


def _parse_extra(lines: list[str]) -> bytes | None:
    if not lines or not lines[0].startswith("extra "):
        return None
    return decode_base64(lines.pop(0).removeprefix("extra "), what="the extra data")


def _parse_path(lines: Sequence[str]) -> tuple[bytes, ...]:
    if len(lines) > _MAX_PATH:
        raise MalformedTlogProof(f"the inclusion proof has {len(lines)} hashes; no tree is that high")
    return tuple(decode_base64(line, what="a hash of the path", length=HASH_BYTES) for line in lines)
