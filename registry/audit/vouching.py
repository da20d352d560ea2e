"""An auditor that vouches: a witness whose cosignature also says "I have replayed every entry, and it holds".

It answers the log's sequencer as any witness does (``registry.witness``), and reads the new entries from the log's
files meanwhile: these are written before a checkpoint is signed.  One audit runs at a time; who comes while a long
one is under way is told to come again.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import ClassVar

from domain.errors import RegistryError
from registry.audit.auditor import AuditFailed, Auditor, Progress, Report
from registry.log.checkpoint import Checkpoint
from registry.log.note import Note
from registry.witness.witness import Witness, WitnessRefusal

PATIENCE_SECONDS = 3.0


class StillReplaying(WitnessRefusal):
    """The auditor is at work on earlier entries, or cannot read the new ones; nothing is said against the log."""

    code: ClassVar[str] = "still-replaying"
    status: ClassVar[int] = 503


class LogCondemned(WitnessRefusal):
    """The auditor has stopped on this log for ever."""

    code: ClassVar[str] = "log-condemned"
    status: ClassVar[int] = 422


class Vouching:
    """An auditor, and the witness that speaks for it."""

    def __init__(self, auditor: Auditor, witness: Callable[[Vouching], Witness]) -> None:
        self._auditor = auditor
        self._lock = threading.Lock()
        self.witness = witness(self)

    def inspect(self, note: Note, checkpoint: Checkpoint) -> None:
        """Audits up to a checkpoint that somebody submits: the ``inspect`` of the witness.

        Raises:
            LogCondemned, StillReplaying: as their names say.
        """
        if not self._lock.acquire(timeout=PATIENCE_SECONDS):
            raise StillReplaying("the auditor is still replaying earlier entries; ask again")
        try:
            self._auditor.reach(note.format().encode())
        except AuditFailed as error:
            raise LogCondemned(error.message) from error
        except RegistryError as error:
            raise StillReplaying(f"the new entries cannot be audited now: {error.message}") from error
        finally:
            self._lock.release()

    def follow(self, progress: Progress = lambda done, total: None) -> Report:
        """Audits up to the newest checkpoint that the log shows, and cosigns it.

        Raises:
            (what ``Auditor.follow`` raises)
        """
        with self._lock:
            report = self._auditor.follow(progress)
            accepted = self._auditor.accepted()
            if accepted is not None:
                self.witness.vouch(accepted.encode())
        return report
