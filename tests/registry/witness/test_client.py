"""The quorum over HTTP: witnesses that are dead, slow, behind, ahead or lying, and a log that goes on."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from domain.errors import BadInput, RegistryError
from registry.log.cosignature import CosignatureSigner, CosignatureVerifier, timestamp
from registry.log.ed25519 import SeedKey
from registry.log.note import Note, SignatureLine
from registry.log.policy import Policy
from registry.log.quorum import NotCosigned, Quorum
from registry.witness import service
from registry.witness.client import (
    HttpWitness,
    WitnessRefused,
    WitnessUnreachable,
    ask_log_keys,
    quorum_of,
)
from registry.witness.http import Request, Response
from registry.witness.service import SIZE_TYPE
from registry.witness.witness import Witness
from tests.registry.witness.rig import LOG, NOW, ORIGIN, Growing, listening, served, verifier_of, witness_in

HONEST = Growing()
SIGNERS = [CosignatureSigner(f"w{n}.example/witness", SeedKey(bytes([20 + n]) * 32)) for n in range(3)]
NOWHERE = "http://127.0.0.1:9"


def proofs(size: int) -> Callable[[int], Sequence[bytes]]:
    return lambda old: HONEST.proof(old, size)


class Three:
    """Three witnesses, each with a home and an address."""

    def __init__(self, place: Path, stack: ExitStack) -> None:
        self.witnesses: list[Witness] = []
        self.urls: list[str] = []
        for n, signer in enumerate(SIGNERS):
            witness = witness_in(place / str(n), signer=signer, now=lambda n=n: NOW - 10 * n)  # type: ignore[misc]
            self.witnesses.append(witness)
            self.urls.append(stack.enter_context(served(witness)))

    def policy(self, *urls: str, k: int = 2) -> Policy:
        lines = [f"log {LOG.verifier_key.format()}"]
        names = []
        for n, url in enumerate(urls or self.urls):
            lines.append(f"witness w{n} {SIGNERS[n].verifier_key.format()} {url}")
            names.append(f"w{n}")
        return Policy.parse("\n".join([*lines, f"group g {k} {' '.join(names)}", "quorum g", ""]))


@pytest.fixture
def three(tmp_path: Path) -> Iterator[Three]:
    with ExitStack() as stack:
        yield Three(tmp_path, stack)


def asked(policy: Policy, *, seconds: float = 2.0) -> Quorum:
    quorum = quorum_of(policy, seconds=seconds)
    assert quorum is not None
    return quorum


def test_a_witness_is_asked_from_the_size_that_it_knows(three: Three) -> None:
    client = HttpWitness(verifier_of(SIGNERS[0]), three.urls[0])
    asked_for: list[int] = []

    def prove(size: int) -> Callable[[int], Sequence[bytes]]:
        def proof(old: int) -> Sequence[bytes]:
            asked_for.append(old)
            return HONEST.proof(old, size)

        return proof

    for size in (5, 9):
        assert len(client.cosign(HONEST.note(size), prove(size))) == 1
    # After a restart nothing is known: the witness says where to begin.
    assert len(HttpWitness(verifier_of(SIGNERS[0]), three.urls[0]).cosign(HONEST.note(12), prove(12))) == 1
    assert asked_for == [0, 5, 0, 9]


def test_all_who_answer_are_published_and_the_time_is_the_kth_newest(three: Three) -> None:
    found = asked(three.policy()).cosign(HONEST.note(5), proofs(5))
    assert [line.name for line in found.lines] == [s.name for s in SIGNERS]
    assert [timestamp(line.signature) for line in found.lines] == [NOW, NOW - 10, NOW - 20]
    assert found.as_of == NOW - 10


def test_a_dead_witness_stops_nothing(three: Three) -> None:
    quorum = asked(three.policy(three.urls[0], NOWHERE, three.urls[2]))
    for size in (5, 9):
        assert len(quorum.cosign(HONEST.note(size), proofs(size)).lines) == 2


def slow(request: Request) -> Response:
    time.sleep(2.5)
    return Response(status=500)


def test_a_slow_witness_is_waited_for_once_and_then_no_more(three: Three) -> None:
    with listening(slow) as url:
        quorum = asked(three.policy(three.urls[0], url, three.urls[2]))
        quorum.cosign(HONEST.note(5), proofs(5))
        start = time.monotonic()
        quorum.cosign(HONEST.note(9), proofs(9))
        assert time.monotonic() - start < 0.4


LIES: dict[str, Callable[[Request], Response]] = {
    "an error of its own": lambda _: Response(status=500, body=b"oops"),
    "something that is no cosignature": lambda _: Response(status=200, body=b"yes, yes"),
    "an empty answer": lambda _: Response(status=200),
    "a cosignature of another text": lambda _: Response(
        status=200, body=SIGNERS[1].sign("another\n", time=NOW).format().encode()
    ),
    "a cosignature by a stranger": lambda _: Response(
        status=200, body=CosignatureSigner("x.example", SeedKey(bytes(32))).sign("t\n", time=NOW).format().encode()
    ),
    "a size beyond the log": lambda _: Response(status=409, body=b"1000000\n", content_type=SIZE_TYPE),
    "no size at all": lambda _: Response(status=409, body=b"many\n", content_type=SIZE_TYPE),
    "the same size for ever": lambda _: Response(status=409, body=b"3\n", content_type=SIZE_TYPE),
    "an answer without end": lambda _: Response(status=200, body=b"x" * 1_000_000),
}  # fmt: skip


@pytest.mark.parametrize("lie", LIES)
def test_a_lying_witness_stops_nothing_and_adds_nothing(lie: str, three: Three) -> None:
    with listening(LIES[lie]) as url:
        found = asked(three.policy(three.urls[0], url, three.urls[2])).cosign(HONEST.note(5), proofs(5))
        assert [line.name for line in found.lines] == [SIGNERS[0].name, SIGNERS[2].name]
        with pytest.raises(NotCosigned, match=r"only 2 of 3 cosigners .*w1: "):
            asked(three.policy(three.urls[0], url, three.urls[2], k=3)).cosign(HONEST.note(5), proofs(5))


def test_an_answer_that_comes_byte_by_byte_ends_at_the_deadline() -> None:
    listener = socket.create_server(("127.0.0.1", 0))

    def drip() -> None:
        connection, _ = listener.accept()
        try:
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
            for _ in range(100):
                connection.sendall(b"x")
                time.sleep(0.05)
        except OSError:
            pass
        connection.close()

    thread = threading.Thread(target=drip, daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    start = time.monotonic()
    with pytest.raises((WitnessUnreachable, WitnessRefused)):
        HttpWitness(verifier_of(SIGNERS[0]), url, seconds=0.4).cosign(HONEST.note(5), proofs(5))
    assert time.monotonic() - start < 2
    thread.join()
    listener.close()


def test_an_answer_without_end_is_not_read_to_its_end() -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    sent = 0

    def pour() -> None:
        nonlocal sent
        connection, _ = listener.accept()
        with connection, suppress(OSError):
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
            while True:
                sent += connection.send(b"x" * 65_536)

    thread = threading.Thread(target=pour, daemon=True)
    thread.start()
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    with pytest.raises(WitnessRefused, match="more than 65536 bytes"):
        HttpWitness(verifier_of(SIGNERS[0]), url).cosign(HONEST.note(5), proofs(5))
    thread.join(20)
    listener.close()
    assert sent < 50_000_000, "what is sent beyond the bound is left in the sockets' buffers"


def test_a_witness_that_tells_another_size_each_time_is_asked_three_times() -> None:
    sizes = iter(range(1, 100))

    def other(request: Request) -> Response:
        return Response(status=409, body=b"%d\n" % (next(sizes) % 5), content_type=SIZE_TYPE)

    with listening(other) as url, pytest.raises(WitnessRefused, match="another size each time"):
        HttpWitness(verifier_of(SIGNERS[0]), url).cosign(HONEST.note(5), proofs(5))
    assert next(sizes) == 4


def test_a_witness_that_once_told_a_size_beyond_the_log_is_heard_again(tmp_path: Path) -> None:
    witness = witness_in(tmp_path, signer=SIGNERS[0])
    answers = iter([Response(status=409, body=b"1000000\n", content_type=SIZE_TYPE)])

    def repentant(request: Request) -> Response:
        return next(answers, None) or service.answer(witness, request)

    with listening(repentant) as url:
        client = HttpWitness(verifier_of(SIGNERS[0]), url)
        with pytest.raises(
            WitnessRefused, match="claims to have cosigned 1000000 entries of this log, which has 5"
        ):
            client.cosign(HONEST.note(5), proofs(5))
        assert len(client.cosign(HONEST.note(5), proofs(5))) == 1


def test_below_the_quorum_nothing_is_given_and_each_is_named(three: Three) -> None:
    quorum = asked(three.policy(three.urls[0], NOWHERE, NOWHERE + "/x"), seconds=1)
    with pytest.raises(
        NotCosigned, match=r"only 1 of 3.*'g'.*w1: it cannot be reached.*w2: it cannot be reached"
    ):
        quorum.cosign(HONEST.note(5), proofs(5))


def test_what_witnesses_show_is_asked_of_all_and_taken_from_a_quorum(three: Three) -> None:
    quorum = asked(three.policy(three.urls[0], three.urls[1], NOWHERE))
    assert quorum.latest(ORIGIN) == {"w0": None, "w1": None}
    quorum.cosign(HONEST.note(5), proofs(5))
    shown = quorum.latest(ORIGIN)
    assert all(note is not None and note.startswith(HONEST.note(5).text.encode()) for note in shown.values())
    with pytest.raises(NotCosigned, match="have told what they have seen"):
        asked(three.policy(three.urls[0], NOWHERE, NOWHERE + "/x"), seconds=1).latest(ORIGIN)


def test_a_witness_that_comes_back_is_published_again(three: Three) -> None:
    asleep = threading.Event()
    asleep.set()

    class Sometimes:
        verifier: CosignatureVerifier = verifier_of(SIGNERS[2])

        def cosign(
            self, checkpoint: Note, prove_from: Callable[[int], Sequence[bytes]]
        ) -> Sequence[SignatureLine]:
            if asleep.is_set():
                raise RegistryError("the bank is closed")
            time.sleep(0.05)
            return [SIGNERS[2].sign(checkpoint.text, time=NOW)]

        def latest(self, origin: str) -> bytes | None:
            return None

    policy = three.policy()
    others = {f"w{n}": HttpWitness(verifier_of(SIGNERS[n]), three.urls[n]) for n in (0, 1)}
    quorum = Quorum.of_policy(policy, {**others, "w2": Sometimes()})
    assert len(quorum.cosign(HONEST.note(5), proofs(5)).lines) == 2
    asleep.clear()
    quorum.cosign(HONEST.note(9), proofs(9))  # too late for this one, perhaps; it is noticed
    time.sleep(0.2)
    assert len(quorum.cosign(HONEST.note(12), proofs(12)).lines) == 3


def test_one_that_was_slow_gets_no_grace_until_it_has_answered_in_time(three: Three) -> None:
    free, answered = threading.Event(), threading.Event()

    class Slow:
        verifier: CosignatureVerifier = verifier_of(SIGNERS[2])

        def cosign(
            self, checkpoint: Note, prove_from: Callable[[int], Sequence[bytes]]
        ) -> Sequence[SignatureLine]:
            free.wait(30)
            answered.set()
            raise RegistryError("too late, and refused")

        def latest(self, origin: str) -> bytes | None:
            return None

    others = {f"w{n}": HttpWitness(verifier_of(SIGNERS[n]), three.urls[n]) for n in (0, 1)}
    quorum = Quorum.of_policy(three.policy(), {**others, "w2": Slow()}, grace=0.2)
    quorum.cosign(HONEST.note(5), proofs(5))
    free.set()
    assert answered.wait(10)
    while any(thread.name == "cosigner w2" for thread in threading.enumerate()):
        time.sleep(0.01)
    free.clear()
    quorum._grace = 30.0
    again = threading.Thread(target=quorum.cosign, args=(HONEST.note(9), proofs(9)), daemon=True)
    again.start()
    again.join(10)
    assert not again.is_alive(), "two of three have answered, and the third is known to be slow"
    free.set()


def test_a_proof_asked_for_after_the_round_is_not_made(three: Three) -> None:
    late = threading.Event()
    refused: list[str] = []

    class Late:
        verifier: CosignatureVerifier = verifier_of(SIGNERS[2])

        def cosign(
            self, checkpoint: Note, prove_from: Callable[[int], Sequence[bytes]]
        ) -> Sequence[SignatureLine]:
            late.wait(5)
            try:
                prove_from(0)
            except NotCosigned as error:
                refused.append(str(error))
            late.clear()
            return []

        def latest(self, origin: str) -> bytes | None:
            return None

    first = {"w0": HttpWitness(verifier_of(SIGNERS[0]), three.urls[0]), "w2": Late()}
    quorum = Quorum(first, lambda names: "w0" in names, grace=0.1)  # type: ignore[arg-type]  # a dict of both kinds
    quorum.cosign(HONEST.note(5), proofs(5))
    late.set()
    while late.is_set():
        time.sleep(0.01)
    assert refused == ["it asked for a proof too late"]


def test_a_quorum_that_cannot_be_asked_for_is_refused_at_the_start() -> None:
    vkeys = [s.verifier_key.format() for s in SIGNERS]
    log = f"log {LOG.verifier_key.format()}\n"
    with pytest.raises(BadInput, match="no address is given of w0"):
        quorum_of(Policy.parse(f"{log}witness w0 {vkeys[0]}\nquorum w0\n"))
    with pytest.raises(BadInput, match="is not the address of a witness"):
        quorum_of(Policy.parse(f"{log}witness w0 {vkeys[0]} ftp://w\nquorum w0\n"))
    assert quorum_of(Policy.parse(f"{log}quorum none\n")) is None
    assert quorum_of(Policy.parse(f"{log}witness w0 {vkeys[0]}\nquorum none\n")) is None


@pytest.mark.parametrize(
    "answer",
    [Response(status=404), Response(status=200, body=b"quorum none\n"), Response(status=200, body=b"\xff")],
    ids=["no policy", "a policy that names no log", "no text"],
)
def test_where_no_registry_tells_its_log_s_keys_none_are_taken(answer: Response) -> None:
    with listening(lambda request: answer) as url, pytest.raises(BadInput, match="no registry tells"):
        ask_log_keys(url)
    with pytest.raises(WitnessUnreachable):
        ask_log_keys(url)


def test_the_log_keys_are_those_of_the_registry_s_own_policy() -> None:
    policy = f"log {LOG.verifier_key.format()}\nquorum none\n".encode()

    def answers(request: Request) -> Response:
        found = request.path == "/land/verifier/policy.txt"
        return Response(status=200, body=policy) if found else Response(status=404)

    with listening(answers) as url:
        assert [log.key for log in ask_log_keys(f"{url}/land/")] == [LOG.verifier_key]
