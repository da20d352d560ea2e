"""The witness as a program: its home, its key, its name, and the addresses that it answers at.

``POST /add-checkpoint`` is C2SP's submission prefix, ``GET /<SHA-256 of the origin>/checkpoint`` its monitoring
prefix; ``GET /vkey`` tells the verifier key that belongs into a policy.  A witness that was given the verifier page
serves it, too (``pages``).
"""

from __future__ import annotations

import asyncio
import json
import re
import signal
import threading
import tomllib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import ClassVar

from domain.errors import BadInput, NotFound, RegistryError
from registry import keys
from registry.keys import Key
from registry.log.cosignature import CosignatureSigner
from registry.log.note import NoteVerifier, is_valid_name
from registry.witness.http import TEXT, Request, Response, Server
from registry.witness.store import WitnessStateDamaged, WitnessStore
from registry.witness.submission import MAX_BYTES
from registry.witness.witness import Inspect, OtherSize, Witness, WitnessRefusal

KEY_FILE = "witness.key"
NAME_FILE = "witness.toml"
STATE_FILE = "witness.sqlite3"
POLICY_FILE = "policy.txt"
"""The logs that the witness watches where it is not told others."""
SIZE_TYPE = "text/x.tlog.size"
Pages = Mapping[str, Response]
"""What is served besides, by path (``registry.witness.pages``)."""
NO_PAGES: Pages = {}
_POLL_SECONDS = 0.1
_DIGEST = re.compile(r"/([0-9a-f]{64})/checkpoint")


class AlreadyWitness(RegistryError):
    """There is a witness in that home already; its key is never replaced."""

    code: ClassVar[str] = "already-a-witness"


def make_home(home: Path, name: str) -> CosignatureSigner:
    """A new witness: a key, a name, and a state that knows nothing yet.

    Raises:
        BadInput: when no key may bear that name.
        AlreadyWitness: when a witness lives there already.
    """
    if not is_valid_name(name) or not name.isprintable() or len(name) > 200:
        raise BadInput(
            f"{name[:80]!r} cannot name a witness",
            field="--name",
            remedy="Give a name without blanks and plus signs, best where it will be found: witness.example.org",
        )
    if (home / NAME_FILE).exists():
        raise AlreadyWitness(
            f"a witness lives in {home} already",
            field="--home",
            remedy="Choose another directory, or start that one: landlog witness serve.",
        )
    if not (home / KEY_FILE).exists():  # an interrupted beginning is taken up
        keys.save(Key.generate(), home / KEY_FILE, plain=True)  # it answers with nobody at hand
    WitnessStore(home / STATE_FILE).close()
    (home / NAME_FILE).write_text(
        f"# Made by `landlog witness init`.\nname = {json.dumps(name)}\n", encoding="utf-8"
    )
    return load_signer(home)


def keep_logs(home: Path, logs: Sequence[NoteVerifier]) -> None:
    """Write down which logs the witness of a home watches; their keys are believed from then on."""
    lines = "".join(f"log {verifier.key.format()}\n" for verifier in logs)
    text = f"# The logs that this witness watches; written by `landlog witness init`.\n{lines}quorum none\n"
    beside = home / f"{POLICY_FILE}.part"
    beside.write_text(text, encoding="utf-8")
    beside.replace(home / POLICY_FILE)


def load_signer(home: Path) -> CosignatureSigner:
    """The cosigner of a home.

    Raises:
        NotFound: when no witness lives there.
    """
    try:
        name = str(tomllib.loads((home / NAME_FILE).read_text(encoding="utf-8"))["name"])
    except (OSError, KeyError, UnicodeDecodeError, tomllib.TOMLDecodeError):
        raise NotFound(
            f"there is no witness in {home}",
            field="--home",
            remedy="Make one with `landlog witness init --home DIR --name NAME`.",
        ) from None
    return CosignatureSigner(name, keys.load(home / KEY_FILE))


def open_store(home: Path) -> WitnessStore:
    """The state of a home's witness.

    Raises:
        WitnessStateDamaged: when it is gone: a witness that has forgotten may vouch for a fork.
    """
    if not (home / STATE_FILE).exists():
        raise WitnessStateDamaged(
            f"{home / STATE_FILE} is missing: this witness no longer knows what it has vouched for",
            remedy="Restore the file from a copy. If there is none, make a witness with a new key and another name.",
        )
    return WitnessStore(home / STATE_FILE)


def open_witness(
    home: Path,
    logs: Mapping[str, tuple[NoteVerifier, ...]],
    *,
    now: Callable[[], int],
    inspect: Inspect = lambda note, checkpoint: None,
) -> Witness:
    """The witness of a home, ready to answer for these logs."""
    return Witness(signer=load_signer(home), logs=logs, store=open_store(home), now=now, inspect=inspect)


def answer(witness: Witness, request: Request, pages: Pages = NO_PAGES) -> Response:
    """What the witness answers to one request."""
    match request.method, request.path:
        case "POST", "/add-checkpoint":
            return _add(witness, request.body)
        case "GET", "/vkey":
            return Response(status=200, body=f"{witness.signer.verifier_key.format()}\n".encode())
        case "GET", path if found := _DIGEST.fullmatch(path):
            note = witness.latest(found[1])
            return (
                Response(status=200, body=note) if note else _words(404, "this witness has not seen that log")
            )
        case "GET", path if path in pages:
            return pages[path]
        case (_, "/add-checkpoint") | (_, "/vkey"):
            return _words(405, "this address is asked in another way")
        case _:
            return _words(404, "a witness answers to POST /add-checkpoint, GET /vkey, GET /<hash>/checkpoint")


def _add(witness: Witness, body: bytes) -> Response:
    try:
        return Response(status=200, body=witness.add_checkpoint(body))
    except OtherSize as refusal:
        return Response(status=409, body=f"{refusal.size}\n".encode(), content_type=SIZE_TYPE)
    except WitnessRefusal as refusal:
        return _words(refusal.status, refusal.message)
    except WitnessStateDamaged as error:
        return _words(503, error.message)


def serve(
    witness: Witness,
    *,
    host: str,
    port: int,
    told: Callable[[str], None],
    stop: threading.Event | None = None,
    pages: Pages = NO_PAGES,
) -> None:
    """Answers until the process is asked to stop, or ``stop`` is set; ``told`` gets the address once it listens."""
    server = Server(lambda request: answer(witness, request, pages), max_body=MAX_BYTES)
    asyncio.run(_serve(server, host, port, told, stop or threading.Event()))


async def _serve(
    server: Server, host: str, port: int, told: Callable[[str], None], stop: threading.Event
) -> None:
    listening = await server.start(host, port)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        with suppress(ValueError, RuntimeError):  # only a main thread can be asked so
            loop.add_signal_handler(number, stop.set)
    bound = listening.sockets[0].getsockname()
    told(f"http://{host}:{bound[1]}")
    try:
        while not stop.is_set():
            await asyncio.sleep(_POLL_SECONDS)
    finally:
        listening.close()
        server.close()


def _words(status: int, text: str) -> Response:
    return Response(status=status, body=f"{text}\n".encode(), content_type=TEXT)
