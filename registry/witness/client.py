"""A witness over HTTP, as the sequencer's quorum asks it: bounded in time and in what it may answer."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from typing import ClassVar
from urllib.parse import SplitResult, urlsplit

from domain.errors import BadInput, RegistryError, VerificationError
from registry.log.cosignature import CosignatureVerifier
from registry.log.encoding import decode_decimal
from registry.log.note import Note, NoteVerifier, SignatureLine, VerifierKey, parse_signature_lines
from registry.log.policy import Policy, Witness
from registry.log.quorum import Prove, Quorum
from registry.witness.submission import Submission

SECONDS = 5.0
MAX_ANSWER_BYTES = 64 * 1024
_TRIES = 3  # a size told by 409 may be old by the time it is used, once or twice; not for ever


class WitnessUnreachable(RegistryError):
    """The witness did not answer, or not in time."""

    code: ClassVar[str] = "witness-unreachable"


class WitnessRefused(RegistryError):
    """The witness answered that it does not cosign, or what no witness answers."""

    code: ClassVar[str] = "witness-refused"


@dataclass(frozen=True, kw_only=True)
class _Answer:
    status: int
    body: bytes


class HttpWitness:
    """One witness at its address; remembers the size that it cosigned last, so most rounds take one request."""

    def __init__(self, verifier: CosignatureVerifier, url: str, *, seconds: float = SECONDS) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise BadInput(
                f"{url[:120]!r} is not the address of a witness",
                field="policy.txt",
                remedy="Write http:// or https://, host and path, as the witness's operator gave them.",
            )
        self._verifier = verifier
        self._parts = parts
        self._seconds = seconds
        self._known = 0

    @property
    def verifier(self) -> CosignatureVerifier:
        return self._verifier

    def cosign(self, checkpoint: Note, prove_from: Prove) -> Sequence[SignatureLine]:
        """The witness's lines for the checkpoint.

        Raises:
            WitnessUnreachable, WitnessRefused: as their names say.
        """
        note = checkpoint.format().encode()
        size = int(checkpoint.text.split("\n")[1])
        for _ in range(_TRIES):
            proof = tuple(prove_from(self._known))
            body = Submission(old_size=self._known, proof=proof, checkpoint=note).format()
            answer = self._ask("POST", "/add-checkpoint", body)
            if answer.status == 200:
                self._known = size
                return _lines(answer.body)
            if answer.status != 409:
                raise WitnessRefused(f"it answers {answer.status}: {_words(answer.body)}")
            self._known = _size(answer.body)
            if self._known > size:
                claimed, self._known = self._known, 0
                raise WitnessRefused(
                    f"it claims to have cosigned {claimed} entries of this log, which has {size}"
                )
        raise WitnessRefused("it tells another size each time that it is asked")

    def latest(self, origin: str) -> bytes | None:
        """What the monitoring prefix shows of the log; None where the witness has not seen it.

        Raises:
            WitnessUnreachable, WitnessRefused: as their names say.
        """
        answer = self._ask("GET", f"/{sha256(origin.encode()).hexdigest()}/checkpoint")
        if answer.status == 404:
            return None
        if answer.status != 200:
            raise WitnessRefused(f"it answers {answer.status}: {_words(answer.body)}")
        return answer.body

    def _ask(self, method: str, path: str, body: bytes | None = None) -> _Answer:
        return _ask(self._parts, method, path, body, seconds=self._seconds)


def ask_verifier_key(url: str, *, seconds: float = SECONDS) -> VerifierKey:
    """The verifier key that the witness at this address tells as its own; nobody else vouches for it.

    Raises:
        WitnessUnreachable, WitnessRefused: as their names say.
        BadInput: when the text is no address.
    """
    answer = _ask(_address(url), "GET", "/vkey", seconds=seconds)
    try:
        if answer.status == 200:
            return CosignatureVerifier(VerifierKey.parse(answer.body.decode().removesuffix("\n"))).key
    except (UnicodeDecodeError, VerificationError) as error:
        raise WitnessRefused(f"at {url} it tells no verifier key: {error}") from error
    raise WitnessRefused(f"at {url} it does not tell its verifier key, but answers {answer.status}")


def ask_log_keys(url: str, *, seconds: float = SECONDS) -> tuple[NoteVerifier, ...]:
    """The log keys that a registry tells as its own (``/verifier/policy.txt``); nobody else vouches for them.

    Raises:
        WitnessUnreachable: when the registry does not answer.
        BadInput: when the text is no address, or there is no registry.
    """
    answer = _ask(_address(url), "GET", "/verifier/policy.txt", seconds=seconds)
    try:
        if answer.status == 200 and (logs := Policy.parse(answer.body).logs):
            return logs
    except VerificationError as error:
        raise _no_registry(url, error.message) from error
    raise _no_registry(url, f"{answer.status} without a policy")


def _ask(parts: SplitResult, method: str, path: str, body: bytes | None = None, *, seconds: float) -> _Answer:
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(str(parts.hostname), parts.port, timeout=seconds)
    guard: threading.Timer | None = None
    try:
        connection.connect()
        # The timeout is that of each read; the guard ends the whole, should somebody send a byte at a time.
        guard = threading.Timer(seconds, _cut, (connection.sock,))
        guard.daemon = True
        guard.start()
        connection.request(method, parts.path.rstrip("/") + path, body, {"Connection": "close"})
        response = connection.getresponse()
        data = response.read(MAX_ANSWER_BYTES + 1)
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise WitnessUnreachable(
            f"it cannot be reached at {parts.geturl()}: {error or type(error).__name__}",
            remedy="Ask the witness's operator; the log goes on as long as there is a quorum.",
        ) from error
    finally:
        if guard:
            guard.cancel()
        connection.close()
    if len(data) > MAX_ANSWER_BYTES:
        raise WitnessRefused(f"its answer has more than {MAX_ANSWER_BYTES} bytes")
    return _Answer(status=response.status, body=data)


def _address(url: str) -> SplitResult:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise BadInput(
            f"{url[:120]!r} is not the address of a witness or a registry",
            remedy="Write http:// or https://, host and path, as its operator gave them.",
        )
    return parts


def _no_registry(url: str, why: str) -> BadInput:
    return BadInput(
        f"no registry tells its log's keys at {url[:120]}: {why}",
        field="--registry",
        remedy="Give the address of the registry's portal, such as https://land.example.in.",
    )


def quorum_of(policy: Policy, *, seconds: float = SECONDS) -> Quorum | None:
    """The quorum that a registry's policy asks for, over the witnesses whose addresses it gives.

    None where the policy names no witness.

    Raises:
        BadInput: when those that have an address cannot make the quorum, or an address is none.
    """
    reachable = {name: _client(w, w.url, seconds) for name, w in policy.witnesses.items() if w.url}
    if not policy.satisfied(list(reachable)):
        silent = [name for name in policy.witnesses if name not in reachable]
        raise BadInput(
            f"the quorum {policy.quorum!r} cannot be asked for: no address is given of {', '.join(silent)}",
            field="policy.txt",
            remedy="Write the witness's address at the end of its line: witness NAME VKEY URL.",
        )
    return Quorum.of_policy(policy, reachable) if reachable else None


def _client(witness: Witness, url: str, seconds: float) -> HttpWitness:
    return HttpWitness(witness.verifier, url, seconds=seconds)


def _lines(body: bytes) -> tuple[SignatureLine, ...]:
    try:
        return parse_signature_lines(body.decode())
    except (UnicodeDecodeError, VerificationError) as error:
        raise WitnessRefused(f"its answer is no cosignature: {error}") from error


def _size(body: bytes) -> int:
    try:
        return decode_decimal(body.decode("ascii").removesuffix("\n"), what="the size that the witness tells")
    except (UnicodeDecodeError, VerificationError) as error:
        raise WitnessRefused(f"it answers 409 without a size: {error}") from error


def _words(body: bytes) -> str:
    return " ".join(body[:200].decode(errors="replace").split())


def _cut(sock: socket.socket) -> None:
    with suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)
