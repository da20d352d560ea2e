"""A log in memory that can grow and fork, and a witness that runs as a program does: over HTTP, in a thread."""

from __future__ import annotations

import asyncio
import http.client
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from registry.log.checkpoint import Checkpoint, sign_checkpoint
from registry.log.cosignature import CosignatureSigner, CosignatureVerifier
from registry.log.ed25519 import SeedKey
from registry.log.hashing import leaf_hash, node_hash
from registry.log.note import Note, NoteSigner, NoteVerifier, VerifierKey
from registry.log.tree import prove_consistency, range_root
from registry.witness import service
from registry.witness.http import Request, Response, Server
from registry.witness.store import WitnessStore
from registry.witness.submission import MAX_BYTES, Submission
from registry.witness.witness import Witness, watched

ORIGIN = "registry.example/land/test"
LOG = NoteSigner(ORIGIN, SeedKey(bytes([1]) * 32))
OTHER_LOG = NoteSigner("registry.example/other", SeedKey(bytes([9]) * 32))
WITNESS = CosignatureSigner("witness.example/one", SeedKey(bytes([2]) * 32))
NOW = 1_800_000_000


class Growing:
    """A log of numbered entries; ``fork`` changes what they say."""

    def __init__(self, signer: NoteSigner = LOG, *, fork: bytes = b"") -> None:
        self.signer, self._fork = signer, fork

    def subtree(self, level: int, index: int) -> bytes:
        if level == 0:
            return leaf_hash(self._fork + b"entry %d" % index)
        return node_hash(self.subtree(level - 1, 2 * index), self.subtree(level - 1, 2 * index + 1))

    def note(self, size: int) -> Note:
        root = range_root(0, size, self.subtree)
        return sign_checkpoint(Checkpoint(origin=self.signer.name, size=size, root=root), self.signer)

    def proof(self, old: int, size: int) -> tuple[bytes, ...]:
        return tuple(prove_consistency(old_size=old, new_size=size, subtree=self.subtree)) if old else ()

    def body(self, old: int, size: int) -> bytes:
        """A submission as an honest log makes it."""
        note = self.note(size).format().encode()
        return Submission(old_size=old, proof=self.proof(old, size), checkpoint=note).format()


def witness_in(
    home: Path, *, now: Callable[[], int] = lambda: NOW, signer: CosignatureSigner = WITNESS
) -> Witness:
    logs = watched([NoteVerifier(LOG.verifier_key)])
    return Witness(signer=signer, logs=logs, store=WitnessStore(home / "witness.sqlite3"), now=now)


def verifier_of(signer: CosignatureSigner) -> CosignatureVerifier:
    return CosignatureVerifier(VerifierKey.parse(signer.verifier_key.format()))


@contextmanager
def listening(
    handler: Callable[[Request], Response], *, seconds: float = 10.0, connections: int = 128
) -> Iterator[str]:
    """The handler at an address of this machine, until the block ends."""
    loop = asyncio.new_event_loop()
    server = Server(handler, max_body=MAX_BYTES, seconds=seconds, connections=connections)
    listens = loop.run_until_complete(server.start("127.0.0.1", 0))
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listens.sockets[0].getsockname()[1]}"
    finally:
        asyncio.run_coroutine_threadsafe(_stop(listens), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
        server.close()


async def _stop(listens: asyncio.Server) -> None:
    listens.close()
    serving = asyncio.all_tasks() - {asyncio.current_task()}
    for task in serving:
        task.cancel()
    await asyncio.gather(*serving, return_exceptions=True)
    await asyncio.sleep(0.01)  # transports that were aborted are closed in the next turn


@contextmanager
def served(witness: Witness) -> Iterator[str]:
    with listening(lambda request: service.answer(witness, request)) as url:
        yield url


def ask(
    url: str, method: str, path: str, body: bytes | None = None, headers: Sequence[tuple[str, str]] = ()
) -> tuple[int, str, bytes]:
    """Status, content type and body."""
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=10)
    try:
        connection.request(method, path, body, dict(headers))
        response = connection.getresponse()
        return response.status, response.headers.get("Content-Type", ""), response.read()
    finally:
        connection.close()
