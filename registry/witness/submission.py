"""What is sent to a witness: the size it knows, the proof from there, and the checkpoint (C2SP tlog-witness)."""

from __future__ import annotations

from dataclasses import dataclass

from domain.errors import VerificationError
from registry.log.encoding import BadBase64, BadNumber, decode_base64, decode_decimal, encode_base64
from registry.log.hashing import HASH_BYTES

MAX_BYTES = 64 * 1024
"""A proof has at most 63 lines, and a checkpoint with sixteen signatures some 3 kB."""
MAX_PROOF = 63


class MalformedSubmission(VerificationError):
    """The body is not an ``old`` line, a proof, an empty line and a checkpoint."""

    code = "malformed-submission"


@dataclass(frozen=True, kw_only=True)
class Submission:
    """That ``checkpoint`` (a signed note, as it came) extends the tree of ``old_size`` entries, by ``proof``."""

    old_size: int
    proof: tuple[bytes, ...]
    checkpoint: bytes

    def format(self) -> bytes:
        """The body of the request."""
        proof = "".join(encode_base64(node) + "\n" for node in self.proof)
        return f"old {self.old_size}\n{proof}\n".encode() + self.checkpoint


def parse_submission(body: bytes) -> Submission:
    """Reads the body of a request; the checkpoint is not looked at yet.

    >>> parse_submission(b"old 0\\n\\nthe checkpoint").checkpoint
    b'the checkpoint'

    Raises:
        MalformedSubmission: when the body is of another form, or too long.
    """
    if len(body) > MAX_BYTES:
        raise MalformedSubmission(f"the body has {len(body)} bytes, more than {MAX_BYTES}")
    head, gap, checkpoint = body.partition(b"\n\n")
    if not gap:
        raise MalformedSubmission("no empty line parts the consistency proof from the checkpoint")
    try:
        first, *proof = head.decode("ascii").split("\n")
        if not first.startswith("old "):
            raise MalformedSubmission(
                "the first line does not read: old, and the size that the witness knows"
            )
        if len(proof) > MAX_PROOF:
            raise MalformedSubmission(f"the proof has {len(proof)} hashes; no tree needs over {MAX_PROOF}")
        return Submission(
            old_size=decode_decimal(first.removeprefix("old "), what="the old size"),
            proof=tuple(decode_base64(n, what="a hash of the proof", length=HASH_BYTES) for n in proof),
            checkpoint=checkpoint,
        )
    except UnicodeDecodeError:
        raise MalformedSubmission("the old size and the proof are ASCII text") from None
    except (BadNumber, BadBase64) as error:
        raise MalformedSubmission(str(error)) from error
