"""Checkpoints (C2SP tlog-checkpoint): the log's signed word on how long it is and what it holds.

Ours have exactly three lines.  Extension lines are neither written nor accepted: witnesses do not vouch for
them, so whatever stood there could be told differently to different people (transparency spec 0, row 2).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from domain.errors import VerificationError
from registry.log.encoding import BadBase64, BadNumber, decode_base64, decode_decimal, encode_base64
from registry.log.hashing import EMPTY_ROOT, HASH_BYTES
from registry.log.note import Note, NoteSigner, NoteVerifier, is_valid_name, open_note


class MalformedCheckpoint(VerificationError):
    """The note's text is not origin, size and root."""

    code = "malformed-checkpoint"


class EmptyTreeRoot(MalformedCheckpoint):
    """A tree without entries has one root only, and this is another; witnesses answer 422 to it."""


class ExtensionLine(VerificationError):
    """The checkpoint has a fourth line, which no witness vouches for."""

    code = "checkpoint-extension"


class WrongOrigin(VerificationError):
    """The checkpoint speaks for another log than its signer's name, or than the one asked about."""

    code = "wrong-origin"


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """``size`` entries with the Merkle root ``root`` (32 bytes) in the log called ``origin``."""

    origin: str
    size: int
    root: bytes

    def format(self) -> str:
        """The three lines that are signed."""
        return f"{self.origin}\n{self.size}\n{encode_base64(self.root)}\n"


def parse_checkpoint(text: str) -> Checkpoint:
    """Reads the three lines of a note's text.

    >>> parse_checkpoint("registry.example/land\\n0\\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\\n").size
    0

    Raises:
        MalformedCheckpoint, ExtensionLine: as their names say.
    """
    lines = text.split("\n")
    if lines[-1] or len(lines) < 4:
        raise MalformedCheckpoint("a checkpoint has three lines: origin, size and root hash")
    if len(lines) > 4:
        raise ExtensionLine("the checkpoint has extension lines; this registry writes none and accepts none")
    origin, size_line, root_line, _ = lines
    if not is_valid_name(origin):
        raise MalformedCheckpoint("the checkpoint's origin is empty, or holds a blank or a '+'")
    try:
        size = decode_decimal(size_line, what="the tree size")
        root = decode_base64(root_line, what="the root hash", length=HASH_BYTES)
    except (BadNumber, BadBase64) as error:
        raise MalformedCheckpoint(str(error)) from error
    if size == 0 and root != EMPTY_ROOT:
        raise EmptyTreeRoot("a tree of size 0 has one root only, and it is not this one")
    return Checkpoint(origin=origin, size=size, root=root)


def sign_checkpoint(checkpoint: Checkpoint, *signers: NoteSigner) -> Note:
    """The checkpoint as a note with the log's own signature; with two, while one key takes another's place.

    Raises:
        WrongOrigin: when a signer's name is not the checkpoint's origin.
    """
    for signer in signers:
        if signer.name != checkpoint.origin:
            raise WrongOrigin(f"{signer.name} may not sign for the log {checkpoint.origin}")
    text = checkpoint.format()
    return Note(text, tuple(signer.sign(text) for signer in signers))


def open_checkpoint(data: bytes, logs: Iterable[NoteVerifier]) -> tuple[Checkpoint, Note]:
    """The checkpoint of a note that one of ``logs`` signed, under a key that bears the origin's name.

    Raises:
        UnknownSigner, BadNoteSignature, MalformedNote, MalformedCheckpoint, ExtensionLine: as their names say.
        WrongOrigin: when the key that signed belongs to another log.
    """
    trusted = list(logs)
    note = open_note(data, trusted)
    checkpoint = parse_checkpoint(note.text)
    own = {v.key_id for v in trusted if v.name == checkpoint.origin}
    if not any(line.name == checkpoint.origin and line.key_id in own for line in note.signatures):
        raise WrongOrigin(f"no key of the log {checkpoint.origin[:80]} has signed this checkpoint")
    return checkpoint, note
