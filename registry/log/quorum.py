"""The quorum: asks all cosigners at once, and waits no longer than it has to.

A checkpoint goes out as soon as enough of them have cosigned it.  Those who answered in good time before get a
moment more, so that their word is published too; one that is dead, slow or lying costs nothing after its first time.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Protocol

from domain.errors import RegistryError, VerificationError
from registry.log.cosignature import CosignatureVerifier, timestamp
from registry.log.note import Note, SignatureLine, verified_signatures
from registry.log.policy import Policy

Prove = Callable[[int], Sequence[bytes]]
"""``prove(old size)`` is the consistency proof from there to the checkpoint; empty from 0."""

ROUND_SECONDS = 10.0
"""How long a quorum is waited for."""
FUTURE_SECONDS = 300
"""How far ahead of ours a cosigner's clock may run; verifiers allow no more (transparency spec 4.5)."""
GRACE_SECONDS = 0.5
"""How long, once there is a quorum, the others are waited for that answered in time before."""


class NotCosigned(RegistryError):
    """Too few witnesses have cosigned; the batch is in the log and is published once they have."""

    code = "not-cosigned"


class Cosigner(Protocol):
    """A witness, as far away as it may be."""

    @property
    def verifier(self) -> CosignatureVerifier: ...

    def cosign(self, checkpoint: Note, prove_from: Prove) -> Sequence[SignatureLine]:
        """Lines for the checkpoint; ``prove_from(old size)`` gives the proof that the witness may ask for.

        Raises:
            RegistryError: when the witness refuses, or does not answer in time.
        """

    def latest(self, origin: str) -> bytes | None:
        """The newest checkpoint of the log that the witness shows, as it came; None where it has seen none.

        Raises:
            RegistryError: when the witness does not answer in time.
        """


@dataclass(frozen=True, kw_only=True)
class Cosigned:
    """What the cosigners add, and when a quorum had done so (POSIX seconds); None where none is asked for."""

    lines: tuple[SignatureLine, ...]
    as_of: int | None


@dataclass
class _Round:
    """The answers to one question, as they come in."""

    asked: Collection[str]
    done: threading.Condition = field(default_factory=threading.Condition)
    answers: dict[str, object] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)
    over: bool = False

    @property
    def silent(self) -> list[str]:
        return [name for name in self.asked if name not in self.answers and name not in self.problems]


class Quorum:
    """Cosigners by the name that the policy gives them, and which of them are enough together."""

    def __init__(
        self,
        cosigners: Mapping[str, Cosigner],
        satisfied: Callable[[Collection[str]], bool],
        *,
        needed: str = "its quorum",
        seconds: float = ROUND_SECONDS,
        grace: float = GRACE_SECONDS,
    ) -> None:
        self._cosigners = dict(cosigners)
        self._satisfied = satisfied
        self._needed = needed
        self._seconds, self._grace = seconds, grace
        self._slow: set[str] = set()
        self._busy: set[str] = set()
        self._lock = threading.Lock()

    @classmethod
    def at_least(cls, required: int, cosigners: Sequence[Cosigner], **settings: float) -> Quorum:
        """Any ``required`` of the cosigners.

        Raises:
            ValueError: when there are not so many.
        """
        if not 0 <= required <= len(cosigners):
            raise ValueError(f"{required} cosignatures cannot be required of {len(cosigners)} cosigners")
        return cls(
            {c.verifier.name: c for c in cosigners},
            lambda names: len(names) >= required,
            needed=f"{required} of {len(cosigners)}",
            **settings,
        )

    @classmethod
    def of_policy(cls, policy: Policy, cosigners: Mapping[str, Cosigner], **settings: float) -> Quorum:
        """Those whom a policy's quorum line asks for; ``cosigners`` bear the policy's names."""
        return cls(cosigners, policy.satisfied, needed=f"the policy's quorum {policy.quorum!r}", **settings)

    def cosign(
        self, note: Note, prove_from: Prove, *, shown: Sequence[SignatureLine] = (), now: int = 0
    ) -> Cosigned:
        """The cosignatures of a checkpoint, each verified.

        ``prove_from`` is called from other threads, one at a time, and never after this returns.  ``shown`` are
        lines that the world has seen of the same checkpoint: of a cosigner whose clock has run back since, the
        earlier word stands, unless it is of the future (``now``, POSIX seconds).

        Raises:
            NotCosigned: when too few have cosigned within the time; it says of each what was wrong.
            (what ``prove_from`` raises, other than a RegistryError): when too few have cosigned for that reason.
        """

        def ask(cosigner: Cosigner) -> tuple[SignatureLine, ...]:
            given = replace(note, signatures=tuple(cosigner.cosign(note, guarded)))
            found = tuple(line for _, line in verified_signatures(given, [cosigner.verifier]))
            if not found:
                raise NotCosigned("its answer holds no cosignature of its own")
            return found

        def guarded(old_size: int) -> Sequence[bytes]:
            with self._lock:
                if current.over:
                    raise NotCosigned("it asked for a proof too late")
                try:
                    return prove_from(old_size)
                except RegistryError:
                    raise
                except Exception as error:  # no witness's fault: our own database, say
                    ours.append(error)
                    raise

        ours: list[Exception] = []
        current = _Round(tuple(self._cosigners))
        self._ask(current, ask)
        with self._lock:  # a proof that is being made is finished first
            current.over = True
            lines = {name: found for name, found in current.answers.items() if isinstance(found, tuple)}
        if ours and not self._satisfied(list(lines)):
            raise ours[0]
        self._check(current, f"cosigned {note.text.splitlines()[1]} entries")
        lines = self._newest(lines, replace(note, signatures=tuple(shown)), now + FUTURE_SECONDS)
        times = {name: newest_time(found) for name, found in lines.items()}
        return Cosigned(
            lines=tuple(line for name in self._cosigners for line in lines.get(name, ())),
            as_of=self.as_of(times),
        )

    def _newest(
        self, lines: Mapping[str, tuple[SignatureLine, ...]], shown: Note, latest: int
    ) -> dict[str, tuple[SignatureLine, ...]]:
        """Of each cosigner what it has said now or before, whichever is later."""
        newest = dict(lines)
        for name, cosigner in self._cosigners.items():
            with suppress(VerificationError):  # what is spoilt in the file is not passed on
                before = tuple(line for _, line in verified_signatures(shown, [cosigner.verifier]))
                if before and newest_time(lines.get(name, ())) < newest_time(before) <= latest:
                    newest[name] = before
        return newest

    def latest(self, origin: str) -> dict[str, bytes | None]:
        """What each cosigner shows as the log's newest checkpoint; nothing of it is verified here.

        Raises:
            NotCosigned: when too few have answered.
        """
        current = _Round(tuple(self._cosigners))
        self._ask(current, lambda cosigner: cosigner.latest(origin))
        self._check(current, "told what they have seen")
        return {
            name: found
            for name, found in current.answers.items()
            if found is None or isinstance(found, bytes)
        }

    def as_of(self, times: Mapping[str, int]) -> int | None:
        """The latest time at which a quorum had cosigned: for k of n, the k-th newest cosignature."""
        if self._satisfied(()):
            return max(times.values(), default=None)
        for moment in sorted(set(times.values()), reverse=True):
            if self._satisfied([name for name, time in times.items() if time >= moment]):
                return moment
        return None

    def _ask(self, current: _Round, question: Callable[[Cosigner], object]) -> None:
        for name, cosigner in self._cosigners.items():
            with self._lock:
                if name in self._busy:
                    current.problems[name] = "it is still busy with an earlier question"
                    continue
                self._busy.add(name)
            threading.Thread(
                target=self._ask_one,
                args=(current, name, cosigner, question),
                name=f"cosigner {name}",
                daemon=True,
            ).start()
        self._wait(current)

    def _ask_one(
        self, current: _Round, name: str, cosigner: Cosigner, question: Callable[[Cosigner], object]
    ) -> None:
        answer: object = None
        problem = ""
        try:
            answer = question(cosigner)
        except RegistryError as error:
            problem = str(error)
        except Exception as error:  # noqa: BLE001  # k of n: whatever one does, the others are heard
            problem = f"{type(error).__name__}: {error}"
        with self._lock:
            self._busy.discard(name)
            if not problem:
                self._slow.discard(name)  # also one that comes too late: next time it is waited for
        with current.done:
            if problem:
                current.problems[name] = problem
            else:
                current.answers[name] = answer
            current.done.notify_all()

    def _wait(self, current: _Round) -> None:
        end = time.monotonic() + self._seconds
        with current.done:
            while current.silent and not self._satisfied(list(current.answers)):
                if not current.done.wait(max(end - time.monotonic(), 0.0)):
                    break
            end = time.monotonic() + self._grace
            while set(current.silent) - self._slow and self._satisfied(list(current.answers)):
                if not current.done.wait(max(end - time.monotonic(), 0.0)):
                    break
            slow = set(current.silent) | set(current.problems)
        with self._lock:
            self._slow = slow - (set(current.answers) - set(current.problems))

    def _check(self, current: _Round, what: str) -> None:
        with current.done:
            answered, problems = list(current.answers), dict(current.problems)
            silent = current.silent
        if not self._satisfied(answered):
            problems |= dict.fromkeys(silent, "it has not answered in time")
            raise NotCosigned(
                f"only {len(answered)} of {len(self._cosigners)} cosigners have {what}, and {self._needed} must"
                + "".join(f"; {name}: {problems[name]}" for name in self._cosigners if name in problems),
                remedy="Nothing is lost: it is tried again. Look after the witnesses that do not answer.",
            )


def newest_time(lines: Sequence[SignatureLine]) -> int:
    """The latest time of a cosigner's lines; -1 where there is none."""
    return max((timestamp(line.signature) for line in lines), default=-1)
