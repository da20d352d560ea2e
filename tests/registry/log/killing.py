"""A sequencer in a process of its own, with two witnesses over HTTP, that dies where it is told to.

The process is forked from a server that has imported everything already, so that a death costs a few hundredths of
a second.  What the witnesses are shown is kept: of each size they must see one tree only.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from multiprocessing.synchronize import Event
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

from domain.errors import RegistryError
from registry.log import sequencer as module
from registry.log import storage
from registry.log.checkpoint import parse_checkpoint
from registry.log.cosignature import CosignatureSigner
from registry.log.ed25519 import SeedKey
from registry.log.note import parse_note
from registry.log.policy import Policy
from registry.log.publisher import Publisher
from registry.log.quorum import Quorum
from registry.witness import service
from registry.witness.client import HttpWitness, quorum_of
from registry.witness.http import Request, Response
from registry.witness.submission import parse_submission
from registry.witness.witness import Witness
from tests.conftest import Database
from tests.registry.log.rig import LOG, Rig
from tests.registry.witness.rig import listening, witness_in

SIGNERS = [CosignatureSigner(f"w{n}.example/witness", SeedKey(bytes([30 + n]) * 32)) for n in range(2)]
STEPS: dict[str, tuple[object, str]] = {
    "the witnesses are asked what they know": (Quorum, "latest"),
    "entries are written": (storage, "add_entries"),
    "the queue is left": (storage, "leave_queue"),
    "the tiles are written": (Publisher, "write_tiles"),
    "the tree is claimed": (storage, "claim_tree"),
    "the checkpoint is signed": (module, "sign_checkpoint"),
    "the witnesses cosign": (Quorum, "cosign"),
    "one of two witnesses cosigns": (HttpWitness, "cosign"),
    "the checkpoint is replaced": (Publisher, "replace_checkpoint"),
    "the publication is noted": (storage, "set_published"),
    "old tiles are pruned": (Publisher, "prune"),
}
"""Each step of a batch that a process may die before or after (transparency spec 6.3)."""


@dataclass
class Witnesses:
    """Two of them at their addresses, and every tree that they were shown, by its size."""

    homes: list[Witness] = field(default_factory=list)
    policy: str = ""
    shown: dict[int, set[bytes]] = field(default_factory=dict)

    def quorum(self) -> Quorum:
        found = quorum_of(Policy.parse(self.policy))
        assert found is not None
        return found

    def check(self) -> None:
        """The log has never said two things of one size, and nobody has seen it contradict itself."""
        assert {size: len(roots) for size, roots in self.shown.items() if len(roots) != 1} == {}
        assert [witness.store.conflicts() for witness in self.homes] == [[], []]

    def sizes(self) -> list[int]:
        """The largest tree that each has cosigned."""
        sizes = []
        for witness in self.homes:
            with witness.store.advancing(LOG.name) as place:
                sizes.append(place.seen.size if place.seen else 0)
        return sizes

    def answer(self, witness: Witness, request: Request) -> Response:
        if request.method == "POST":
            checkpoint = parse_checkpoint(parse_note(parse_submission(request.body).checkpoint).text)
            self.shown.setdefault(checkpoint.size, set()).add(checkpoint.root)
        return service.answer(witness, request)


@contextmanager
def two_witnesses(place: Path) -> Iterator[Witnesses]:
    """Both must cosign."""
    found, lines = Witnesses(), [f"log {LOG.verifier_key.format()}"]
    with ExitStack() as stack:
        for n, signer in enumerate(SIGNERS):
            witness = witness_in(place / f"w{n}", signer=signer)
            found.homes.append(witness)
            url = stack.enter_context(listening(lambda asked, w=witness: found.answer(w, asked)))  # type: ignore[misc]
            lines.append(f"witness w{n} {signer.verifier_key.format()} {url}")
        found.policy = "\n".join([*lines, "group both all w0 w1", "quorum both", ""])
        yield found
        for witness in found.homes:
            witness.store.close()


@dataclass(frozen=True)
class Worker:
    """A sequencer in a process of its own; ``ready`` is set when it begins."""

    process: BaseProcess
    ready: Event


def work(
    rig: Rig, witnesses: Witnesses, *, step: str = "", afterwards: bool = False, batch: int = 5000
) -> Worker:
    """Starts a sequencer that works for ever, or dies before or after a step; batches have ``batch`` entries."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    ready = context.Event()
    arguments = (rig.database, rig.directory, witnesses.policy, step, afterwards, batch, ready)
    process = context.Process(target=_work, args=arguments, daemon=True)
    process.start()
    return Worker(process, ready)


def _work(
    database: Database, directory: Path, policy: str, step: str, afterwards: bool, batch: int, ready: Event
) -> None:
    if step:
        owner, name = STEPS[step]
        setattr(owner, name, _dying(getattr(owner, name), afterwards=afterwards))
    place = SimpleNamespace(url=database.url, dsn=database.dsn)
    sequencer = Rig(cast("Database", place), directory).sequencer(quorum=quorum_of(Policy.parse(policy)))
    ready.set()
    while True:
        try:
            if not sequencer.run_once(batch) and step:
                return
        except RegistryError as error:
            if step:
                raise
            print(f"trying again: {error}")


def _dying(original: Callable[..., Any], *, afterwards: bool) -> Callable[..., Any]:
    once = threading.Lock()

    def die(*args: Any, **kwargs: Any) -> Any:
        with once:  # of two witnesses one is asked
            if afterwards:
                original(*args, **kwargs)
            os.kill(os.getpid(), signal.SIGKILL)

    return die
