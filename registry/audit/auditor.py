"""The auditor at work: from the checkpoint that it accepted last to the newest one, entry by entry.

What the log has signed and does not hold up is kept as evidence that stands by itself: the entry with the proof that
it is in the signed tree, or two checkpoints that contradict each other.  What the log has *not* signed (a bundle
spoilt on its way) is refused and named too, but condemns nobody: the next run may find it whole.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import ClassVar

from domain.errors import RegistryError, VerificationError
from domain.projection import PROJECTION, Doc
from registry.audit.effects import UnknownType
from registry.audit.judge import Judge, Unlawful
from registry.audit.ledger import Condemned, Ledger
from registry.audit.source import LogReader, LogUnreadable
from registry.genesis_entry import Genesis, parse_genesis, projection_sha256
from registry.log.checkpoint import Checkpoint, open_checkpoint
from registry.log.hashing import leaf_hash
from registry.log.map_head import parse_map_head
from registry.log.note import NoteVerifier, VerifierKey
from registry.log.tlog_proof import TlogProof
from registry.log.tree import (
    CompactRange,
    prove_consistency,
    prove_inclusion,
    verify_consistency,
    verify_inclusion,
)
from registry.root_acts import Roots, folded

SAVE_ENTRIES = 20_000
SAVE_STATES = 20_000
"""How much is done, at least, between two savings; each ends at a map head."""

Progress = Callable[[int, int], None]


class AuditFailed(VerificationError):
    """The log does not keep its law: which entry (None: the tree itself), and why.  The evidence is kept."""

    code: ClassVar[str] = "audit-failed"

    def __init__(self, condemned: Condemned, evidence: Path) -> None:
        where = f"entry {condemned.index}: " if condemned.index is not None else ""
        super().__init__(
            f"{where}{condemned.reason} ({condemned.code})",
            remedy=f"The evidence is in {evidence}. Show it to the registry's other witnesses and auditors; this "
            "auditor vouches for that log no more.",
        )
        self.condemned = condemned


class NotWhatWasSigned(VerificationError):
    """The files hold other entries than the tree that the log has signed; nothing is said against the log."""

    code: ClassVar[str] = "not-what-was-signed"


class OtherLog(VerificationError):
    """The checkpoint is of another log than the one that this auditor follows here."""

    code: ClassVar[str] = "other-log"


class BadMapHead(Unlawful):
    """A map head does not say what follows from the entries before it."""

    code: ClassVar[str] = "bad-map-head"


@dataclass(frozen=True, kw_only=True)
class Report:
    """What was found to hold: up to which size, how much of it is new, and what the log holds."""

    origin: str
    size: int
    new_entries: int
    events: int
    states: int
    head_time: int
    notes: tuple[str, ...] = ()
    """What the reader should know although it breaks no rule."""


class Auditor:
    """Follows one log.  ``logs`` are the log keys believed, ``directory`` is where ledger and evidence are kept."""

    def __init__(self, reader: LogReader, logs: Sequence[NoteVerifier], directory: Path) -> None:
        self._reader = reader
        self.logs = list(logs)
        self._directory = directory
        self.ledger = Ledger(directory / "ledger.sqlite3")
        self._genesis: Genesis | None = None
        self._judge: Judge | None = None
        self._root_acts: list[Doc] = []
        self._leaves = self._head_time = 0
        self._begin()

    @property
    def evidence(self) -> Path:
        return self._directory / "evidence"

    def follow(self, progress: Progress = lambda done, total: None) -> Report:
        """Audits everything up to the newest checkpoint that the log shows.

        Raises:
            (what ``reach`` raises)
            LogUnreadable: when the log cannot be read; nothing is said about it.
        """
        self.check_standing()
        return self.reach(self._reader.checkpoint(), progress)

    def reach(self, note: bytes, progress: Progress = lambda done, total: None) -> Report:
        """Audits everything up to a checkpoint.

        Raises:
            AuditFailed: when the log does not keep its law, now or in an earlier run.
            NotWhatWasSigned: when the files are not those of the checkpoint.
            UnknownSigner, BadNoteSignature, ...: when the checkpoint is not one that a believed key has signed.
            UnknownType: when an entry is of a type that is younger than this auditor.
        """
        self.check_standing()
        checkpoint, _ = open_checkpoint(note, self.logs)
        if self._genesis and checkpoint.origin != self._genesis.origin:
            raise OtherLog(
                f"{self._directory} follows the log {self._genesis.origin}, and this is {checkpoint.origin}",
                remedy="Give another --state directory to each log.",
            )
        before = self.ledger.position
        try:
            if checkpoint.size <= before.size:
                self._check_prefix(checkpoint, note)
            else:
                self._replay(checkpoint, note, progress)
        except BaseException:
            self.ledger.forget_unsaved()
            self._begin()
            raise
        return self._report(checkpoint, self.ledger.position.size - before.size)

    def check_standing(self) -> None:
        """
        Raises:
            AuditFailed: when the log has been condemned before.
        """
        kept = self.ledger.get("condemned")
        if kept is not None:
            raise AuditFailed(Condemned(**json.loads(kept)), self.evidence)

    def accepted(self) -> str | None:
        """The newest checkpoint that was found to hold, as a note."""
        return self.ledger.get("checkpoint")

    def _replay(self, checkpoint: Checkpoint, note: bytes, progress: Progress) -> None:
        ledger = self.ledger
        start = saved = ledger.position.size
        events, changed = ledger.position.events, 0
        is_head = True
        entries = self._reader.entries(start, checkpoint.size, size=checkpoint.size)
        for index, entry in enumerate(entries, start):
            try:
                is_head = not entry.startswith(b"{")
                if is_head:
                    self._check_head(entry, index)
                else:
                    changed += self._apply(entry, index, checkpoint)
                    events += 1
            except UnknownType:
                raise
            except RegistryError as error:
                self._refuse(entry, index, checkpoint, note, error)
            ledger.tree.append(leaf_hash(entry))
            at_end = index + 1 == checkpoint.size
            if is_head and (at_end or index + 1 - saved >= SAVE_ENTRIES or changed >= SAVE_STATES):
                self._authenticate(index + 1, checkpoint)
                if at_end:
                    self._check_log_key(note)
                    ledger.put("checkpoint", note.decode())
                ledger.save(events=events, leaves=self._leaves, head_time=self._head_time)
                saved, changed = index + 1, 0
                progress(index + 1 - start, checkpoint.size - start)
        if not is_head:
            self._authenticate(checkpoint.size, checkpoint)
            self._condemn(None, BadMapHead("the published log does not end in a map head"), note, b"")

    def _apply(self, entry: bytes, index: int, checkpoint: Checkpoint) -> int:
        """Judges an entry and takes its effect over; the number of states changed."""
        if index == 0:
            genesis = parse_genesis(entry)
            if genesis.origin != checkpoint.origin:
                raise Unlawful(
                    f"the genesis is of {genesis.origin[:80]}, and stands in the log {checkpoint.origin}"
                )
            self._take_genesis(genesis, entry)
            return 0
        if self._judge is None:
            raise Unlawful("the log does not begin with a genesis entry")
        judged = self._judge.judge(entry, index)
        self.ledger.apply(judged.after, judged.event_id)
        self.ledger.reviews.record(index, judged.after, signers=judged.signers, is_review=judged.is_review)
        if judged.root_act is not None:
            self._root_acts.append(judged.root_act)
            self.ledger.put("root_acts", json.dumps(self._root_acts))
        return len(judged.after)

    def _check_head(self, entry: bytes, index: int) -> None:
        head, ledger = parse_map_head(entry), self.ledger
        if self._genesis is None or self._judge is None:
            raise Unlawful("the log does not begin with a genesis entry")
        announced = self._judge.roots.projection_id
        if head.projection != announced:
            raise BadMapHead(
                f"the map head names the projection {head.projection}, and {announced} is in force"
            )
        if announced != PROJECTION:
            raise UnknownType(
                f"at entry {index} the map is made by {announced}, which this auditor does not have",
                remedy="Update the auditor to the release that the registry runs, and start it again.",
            )
        root, leaves = ledger.root(self._genesis.origin)
        if head.size != index:
            raise BadMapHead(f"the map head says that {head.size} entries precede it, and {index} do")
        if head.leaves != leaves:
            raise BadMapHead(f"the map head counts {head.leaves} leaves, and the entries lead to {leaves}")
        if head.root != root:
            raise BadMapHead("the map head states another root than the one that the entries lead to")
        if head.time < self._head_time:
            raise BadMapHead(f"the map head's time {head.time} lies before the last one's")
        self._leaves, self._head_time = leaves, head.time

    def _check_log_key(self, note: bytes) -> None:
        """The checkpoint is signed by a key that the log itself has announced and not retired."""
        in_force = self._judge.roots.log_keys if self._judge else ()
        known = [NoteVerifier(VerifierKey.parse(vkey)) for vkey in in_force]
        try:
            open_checkpoint(note, known)
        except VerificationError as error:
            foreign = Unlawful(
                "the checkpoint is signed by no key that the log has announced and not retired"
            )
            foreign.__cause__ = error
            self._condemn(None, foreign, note, b"")

    def _authenticate(self, size: int, checkpoint: Checkpoint) -> None:
        """
        Raises:
            NotWhatWasSigned: when the entries read so far do not begin the tree that was signed.
        """
        if not self._is_prefix(self.ledger.tree, size, checkpoint):
            raise self._spoilt(size, checkpoint)

    def _is_prefix(self, tree: CompactRange, size: int, checkpoint: Checkpoint) -> bool:
        if size == checkpoint.size:
            return tree.root() == checkpoint.root
        try:
            subtree = self._reader.subtree(checkpoint.size)
            proof = prove_consistency(old_size=size, new_size=checkpoint.size, subtree=subtree)
            verify_consistency(
                old_size=size,
                new_size=checkpoint.size,
                old_root=tree.root(),
                new_root=checkpoint.root,
                proof=proof,
            )
        except VerificationError:
            return False
        return True

    def _spoilt(self, size: int, checkpoint: Checkpoint) -> NotWhatWasSigned:
        """Names the first entry that is not the one in the signed tree, as far as the tiles can tell."""
        start = self.ledger.position.size
        ours = [leaf_hash(e) for e in self._reader.entries(start, size, size=checkpoint.size)]
        theirs = self._reader.leaf_hashes(start, size, checkpoint.size)
        at = next((start + n for n, (a, b) in enumerate(zip(ours, theirs, strict=True)) if a != b), None)
        which = (
            f"entry {at} is"
            if at is not None
            else f"the entries from {start} to {size - 1}, or the tiles, are"
        )
        return NotWhatWasSigned(
            f"{which} not what the log has signed: bundle and tree of {checkpoint.size} entries do not fit together",
            remedy="Fetch the log from another mirror, or ask its operator to restore the published files.",
        )

    def _refuse(
        self, entry: bytes, index: int, checkpoint: Checkpoint, note: bytes, error: RegistryError
    ) -> None:
        """Condemns the log for an entry, if the log has signed it.

        Raises:
            AuditFailed, NotWhatWasSigned: one of them, always.
        """
        tree = CompactRange(index, self.ledger.tree.hashes)
        tree.append(leaf_hash(entry))
        if not self._is_prefix(tree, index + 1, checkpoint):
            raise self._spoilt(index + 1, checkpoint) from error
        self._condemn(index, error, note, entry, checkpoint)

    def _condemn(
        self,
        index: int | None,
        error: RegistryError,
        note: bytes,
        entry: bytes,
        checkpoint: Checkpoint | None = None,
    ) -> None:
        """Keeps the evidence, then the verdict.

        Raises:
            AuditFailed: always.
        """
        condemned = Condemned(index=index, code=error.code, reason=error.message)
        files = {"checkpoint.txt": note, "accepted.txt": (self.accepted() or "").encode()}
        if index is not None and checkpoint is not None:
            files[f"entry-{index}.bin"] = entry
            files[f"entry-{index}.tlog-proof"] = self._proof(index, entry, checkpoint, note)
        files["reason.json"] = json.dumps(asdict(condemned), indent=1).encode()
        self.evidence.mkdir(parents=True, exist_ok=True)
        for name, data in files.items():
            (self.evidence / name).write_bytes(data)
        self.ledger.forget_unsaved()
        self.ledger.keep(condemned=json.dumps(asdict(condemned)))
        raise AuditFailed(condemned, self.evidence) from error

    def _proof(self, index: int, entry: bytes, checkpoint: Checkpoint, note: bytes) -> bytes:
        """That the log has signed the entry: evidence that anyone can check."""
        subtree = self._reader.subtree(checkpoint.size)
        path = prove_inclusion(index=index, size=checkpoint.size, subtree=subtree)
        verify_inclusion(
            leaf=leaf_hash(entry), index=index, size=checkpoint.size, proof=path, root=checkpoint.root
        )
        return TlogProof(index=index, path=tuple(path), checkpoint=note.decode()).format().encode()

    def _check_prefix(self, checkpoint: Checkpoint, note: bytes) -> None:
        """A checkpoint no longer than what was accepted must be of the same log: of its beginning, or all of it."""
        size = self.ledger.position.size
        root = self.ledger.tree.root()
        if 0 < checkpoint.size < size:
            if self._reader.root(size, within=size) != root:
                raise LogUnreadable("the tiles are not those of the tree that was accepted last")
            root = self._reader.root(checkpoint.size, within=size)
        elif checkpoint.size < size:
            return  # an empty tree begins every log
        if root != checkpoint.root:
            fork = Unlawful(f"the log has signed two different trees of {checkpoint.size} entries")
            self._condemn(None, fork, note, b"")

    def _take_genesis(self, genesis: Genesis, entry: bytes) -> None:
        self._genesis = genesis
        self._judge = Judge(Roots.of(genesis), self.ledger)
        self.ledger.put("genesis", entry.decode())

    def _begin(self) -> None:
        """Takes up what the ledger holds."""
        kept, position = self.ledger.get("genesis"), self.ledger.position
        self._genesis = parse_genesis(kept.encode()) if kept else None
        self._root_acts = json.loads(self.ledger.get("root_acts") or "[]")
        self._judge = Judge(folded(self._genesis, self._root_acts), self.ledger) if self._genesis else None
        self._leaves, self._head_time = position.leaves, position.head_time

    def _report(self, checkpoint: Checkpoint, new: int) -> Report:
        position = self.ledger.position
        notes = [
            f"the key {due.keyid[:16]} is in doubt since entry {due.since}; parcels and units that it touched "
            f"since and that are not under review: {due.things}"
            for due in self.ledger.reviews.outstanding()
        ]
        if self._genesis and self._judge and self._judge.roots.projection_sha256 != projection_sha256():
            notes.append(
                "the registry names another source of its projection than this auditor's release; every state came "
                "out the same"
            )
        return Report(
            origin=checkpoint.origin,
            size=position.size,
            new_entries=new,
            events=position.events,
            states=position.leaves,
            head_time=position.head_time,
            notes=tuple(notes),
        )
