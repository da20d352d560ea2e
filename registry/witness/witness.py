"""The witness's decision: one submission in, one cosignature or one refusal out.

Each refusal is an error of its own, and carries the HTTP status that C2SP tlog-witness gives to it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import ClassVar

from domain.errors import RegistryError, VerificationError
from registry.log.checkpoint import Checkpoint, EmptyTreeRoot, parse_checkpoint
from registry.log.cosignature import CosignatureSigner
from registry.log.note import Note, NoteVerifier, parse_note, verified_signatures
from registry.log.tree import verify_consistency
from registry.witness.store import Advance, Seen, WitnessStore
from registry.witness.submission import Submission, parse_submission


class WitnessRefusal(RegistryError):
    """The witness does not cosign; ``status`` is what HTTP is told."""

    code: ClassVar[str] = "witness-refusal"
    status: ClassVar[int] = 400


class BadRequest(WitnessRefusal):
    """The submission is malformed, or says that the tree shrank."""

    code: ClassVar[str] = "bad-submission"


class NotTrusted(WitnessRefusal):
    """No key that the witness trusts for the log has signed, or one has signed badly."""

    code: ClassVar[str] = "log-not-trusted"
    status: ClassVar[int] = 403


class UnknownOrigin(WitnessRefusal):
    """The witness does not watch that log."""

    code: ClassVar[str] = "unknown-origin"
    status: ClassVar[int] = 404


class OtherSize(WitnessRefusal):
    """The submitter does not know the size that the witness cosigned last; ``size`` tells it."""

    code: ClassVar[str] = "other-size"
    status: ClassVar[int] = 409

    def __init__(self, size: int) -> None:
        super().__init__(f"the last tree cosigned of this log has {size} entries")
        self.size = size


class NotConsistent(WitnessRefusal):
    """The new tree is not shown to contain the one that was cosigned last."""

    code: ClassVar[str] = "not-consistent"
    status: ClassVar[int] = 422


class ClockWentBack(WitnessRefusal):
    """The witness's clock stands well before its own last cosignature: it does not know the time."""

    code: ClassVar[str] = "clock-went-back"
    status: ClassVar[int] = 503


SKEW_SECONDS = 300
"""A step back that a clock's daily correction explains: so long the last time is told again."""

Inspect = Callable[[Note, Checkpoint], None]
"""What else must hold before a checkpoint is cosigned; raises a ``WitnessRefusal`` to refuse."""


@dataclass(frozen=True, kw_only=True)
class Witness:
    """A cosigner with its state.  ``logs`` are the keys trusted, ``now`` gives POSIX seconds.

    ``inspect`` lets an auditor look at what the tree holds; a plain witness has nothing to add.
    """

    signer: CosignatureSigner
    logs: Mapping[str, tuple[NoteVerifier, ...]]
    store: WitnessStore
    now: Callable[[], int]
    inspect: Inspect = lambda note, checkpoint: None

    def add_checkpoint(self, body: bytes) -> bytes:
        """The cosignature line for the submitted checkpoint, once the new size is durable.

        Raises:
            WitnessRefusal: a subclass for each reason, with its status.
        """
        submission, note, checkpoint = self._read(body)
        with self.store.advancing(checkpoint.origin) as place:
            if self._known_size(place) != submission.old_size:
                raise OtherSize(self._known_size(place))
        self.inspect(
            note, checkpoint
        )  # may take long: nobody else is held up, and the size is compared again
        conflict: NotConsistent | None = None
        line = b""
        with self.store.advancing(checkpoint.origin) as place:
            if self._known_size(place) != submission.old_size:
                raise OtherSize(self._known_size(place))
            try:
                _check_consistent(submission, checkpoint, place)
                line = self._cosign(note, checkpoint, place)
            except NotConsistent as error:
                conflict = error
                if place.seen and place.seen.size == checkpoint.size:
                    place.keep_conflict(note.format())  # signed by the log: proof that it has two faces
        if conflict:
            raise conflict
        return line

    def vouch(self, note: bytes) -> bytes:
        """The cosignature line for a checkpoint that the caller itself has found to extend the last one: an auditor.

        Raises:
            WitnessRefusal: when a larger tree was cosigned before, or another one of this size.
        """
        opened, checkpoint = self._open(note)
        with self.store.advancing(checkpoint.origin) as place:
            if place.seen and place.seen.size > checkpoint.size:
                raise OtherSize(place.seen.size)
            if place.seen and place.seen.size == checkpoint.size and place.seen.root != checkpoint.root:
                raise NotConsistent(f"another tree of {checkpoint.size} entries was cosigned before")
            return self._cosign(opened, checkpoint, place)

    def latest(self, digest: str) -> bytes | None:
        """The newest cosigned checkpoint of the log whose origin has this SHA-256 (lower-case hex)."""
        note = self.store.note(digest)
        return note.encode() if note is not None else None

    def _read(self, body: bytes) -> tuple[Submission, Note, Checkpoint]:
        """The submission, once a trusted key of its origin is seen to have signed."""
        try:
            submission = parse_submission(body)
        except VerificationError as error:
            raise BadRequest(error.message) from error
        note, checkpoint = self._open(submission.checkpoint)
        if submission.old_size > checkpoint.size:
            raise BadRequest(f"the tree shrank from {submission.old_size} entries to {checkpoint.size}")
        return submission, note, checkpoint

    def _open(self, data: bytes) -> tuple[Note, Checkpoint]:
        """A checkpoint that a trusted key of its origin has signed, with no other lines than the log's own.

        Whoever submits must not put words beside ours: the note is shown in the witness's name.
        """
        try:
            note = parse_note(data)
            try:
                checkpoint = parse_checkpoint(note.text)
            except EmptyTreeRoot as error:
                raise NotConsistent(str(error)) from error
        except VerificationError as error:
            raise BadRequest(error.message) from error
        trusted = self.logs.get(checkpoint.origin)
        if trusted is None:
            raise UnknownOrigin(f"this witness does not watch the log {checkpoint.origin[:120]}")
        try:
            known = verified_signatures(note, trusted)
        except VerificationError as error:
            raise NotTrusted(error.message) from error
        if not known:
            raise NotTrusted("no key that this witness trusts for the log has signed the checkpoint")
        return replace(note, signatures=tuple(line for _, line in known)), checkpoint

    def _cosign(self, note: Note, checkpoint: Checkpoint, place: Advance) -> bytes:
        line = self.signer.sign(note.text, time=self._time(place))
        cosigned = replace(note, signatures=(*note.signatures, line))
        place.to(Seen(size=checkpoint.size, root=checkpoint.root, note=cosigned.format()))
        return line.format().encode()

    def _time(self, place: Advance) -> int:
        """Now, and never earlier than this witness's last word on the log.

        Raises:
            ClockWentBack: when the clock has been set back by more than a correction.
        """
        now, last = self.now(), place.seen.time if place.seen else 0
        if last - now > SKEW_SECONDS:
            raise ClockWentBack(
                f"this witness cosigned at {last} and its clock says {now}: the clock has been set back",
                remedy="Set the witness's clock right. It cosigns again as soon as the clock has passed that time.",
            )
        return max(now, last)

    @staticmethod
    def _known_size(place: Advance) -> int:
        return place.seen.size if place.seen else 0


def watched(verifiers: Iterable[NoteVerifier]) -> dict[str, tuple[NoteVerifier, ...]]:
    """The keys trusted for each log: a log's keys bear its origin as their name."""
    logs: dict[str, tuple[NoteVerifier, ...]] = {}
    for verifier in verifiers:
        logs[verifier.name] = (*logs.get(verifier.name, ()), verifier)
    return logs


def _check_consistent(submission: Submission, checkpoint: Checkpoint, place: Advance) -> None:
    """
    Raises:
        NotConsistent: when the proof is wrong, or there is one where none can be.
    """
    seen = place.seen
    if seen is None or seen.size == 0:
        if submission.proof:
            raise NotConsistent("nothing leads to a first tree: its proof must be empty")
        return
    try:
        verify_consistency(
            old_size=seen.size,
            new_size=checkpoint.size,
            old_root=seen.root,
            new_root=checkpoint.root,
            proof=submission.proof,
        )
    except VerificationError as error:
        raise NotConsistent(error.message) from error
