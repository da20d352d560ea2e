"""What a witness answers, each status of C2SP tlog-witness, and what it never forgets."""

from __future__ import annotations

import base64
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path

import pytest

from domain.errors import BadInput, NotFound
from registry.log.checkpoint import Checkpoint
from registry.log.cosignature import CosignatureSigner, timestamp
from registry.log.ed25519 import SeedKey
from registry.log.note import (
    Note,
    NoteSigner,
    NoteVerifier,
    parse_note,
    parse_signature_lines,
    verified_signatures,
)
from registry.witness import service
from registry.witness.http import Request, Response
from registry.witness.service import AlreadyWitness
from registry.witness.store import MOST_CONFLICTS, WitnessStateDamaged, WitnessStore
from registry.witness.submission import MAX_BYTES, Submission, parse_submission
from registry.witness.witness import ClockWentBack, NotConsistent, OtherSize, Witness, watched
from tests.conftest import ROOT
from tests.registry.witness.rig import (
    LOG,
    NOW,
    ORIGIN,
    OTHER_LOG,
    WITNESS,
    Growing,
    ask,
    listening,
    served,
    verifier_of,
    witness_in,
)

HONEST = Growing()


def empty_with_root(root: bytes) -> bytes:
    text = f"{ORIGIN}\n0\n{base64.b64encode(root).decode()}\n"
    note = Note(text, (LOG.sign(text),)).format().encode()
    return Submission(old_size=0, proof=(), checkpoint=note).format()


def unsigned(body: bytes) -> bytes:
    submission = parse_submission(body)
    note = parse_note(submission.checkpoint)
    by_another = Note(note.text, (OTHER_LOG.sign(note.text),)).format().encode()
    return Submission(old_size=submission.old_size, proof=submission.proof, checkpoint=by_another).format()


def badly_signed(body: bytes) -> bytes:
    submission = parse_submission(body)
    note = parse_note(submission.checkpoint)
    wrong = LOG.sign("another text\n")
    data = Note(note.text, (wrong,)).format().encode()
    return Submission(old_size=submission.old_size, proof=submission.proof, checkpoint=data).format()


def with_proof(old: int, size: int, proof: tuple[bytes, ...]) -> bytes:
    return Submission(old_size=old, proof=proof, checkpoint=HONEST.note(size).format().encode()).format()


def test_a_first_checkpoint_is_cosigned_at_the_witnesss_time(tmp_path: Path) -> None:
    line = witness_in(tmp_path).add_checkpoint(HONEST.body(0, 5))
    note = Note(HONEST.note(5).text, parse_signature_lines(line.decode()))
    [(_, found)] = verified_signatures(note, [verifier_of(WITNESS)])
    assert timestamp(found.signature) == NOW


# The witness has cosigned 5 entries.  What it answers to each submission, and why.
ANSWERS: dict[str, tuple[bytes, int]] = {
    "a longer tree with its proof": (HONEST.body(5, 9), 200),
    "the same tree again, for a fresh time": (HONEST.body(5, 5), 200),
    "no body at all": (b"", 400),
    "an old size that is no number": (HONEST.body(5, 9).replace(b"old 5", b"old five"), 400),
    "an old size with a leading zero": (HONEST.body(5, 9).replace(b"old 5", b"old 05"), 400),
    "an old size above the new one": (HONEST.body(5, 5).replace(b"old 5", b"old 9"), 400),
    "a proof line that is not a hash": (with_proof(5, 9, (b"short",)), 400),
    "a proof of 64 lines": (with_proof(5, 9, (bytes(32),) * 64), 400),
    "a checkpoint with an extension line": (HONEST.body(5, 9).replace(b"\n\n\xe2", b"\nmore\n\n\xe2"), 400),
    "a body beyond its bound": (b"old 5\n\n" + b"x" * MAX_BYTES, 400),
    "a checkpoint that no trusted key signed": (unsigned(HONEST.body(5, 9)), 403),
    "a checkpoint that the trusted key signed badly": (badly_signed(HONEST.body(5, 9)), 403),
    "a log that it does not watch": (Growing(OTHER_LOG).body(5, 9), 404),
    "an old size below the one it knows": (HONEST.body(4, 9), 409),
    "an old size above the one it knows": (HONEST.body(6, 9), 409),
    "old 0 although it knows the log": (HONEST.body(0, 9), 409),
    "a wrong proof": (with_proof(5, 9, (bytes(32),) * 3), 422),
    "no proof": (with_proof(5, 9, ()), 422),
    "a proof for a tree that has not grown": (with_proof(5, 5, (bytes(32),)), 422),
    "another tree of the same size": (Growing(fork=b"!").body(5, 5), 422),
    "a longer tree that is not an extension": (Growing(fork=b"!").body(5, 9), 422),
    "an empty tree with a root of its own": (empty_with_root(bytes(32)), 422),
}  # fmt: skip


@pytest.mark.parametrize("case", ANSWERS)
def test_each_answer_has_its_status(case: str, tmp_path: Path) -> None:
    body, status = ANSWERS[case]
    witness = witness_in(tmp_path)
    witness.add_checkpoint(HONEST.body(0, 5))
    answer = service.answer(witness, Request(method="POST", path="/add-checkpoint", body=body))
    assert answer.status == status
    if status == 409:
        assert (answer.content_type, answer.body) == ("text/x.tlog.size", b"5\n")
    if status >= 400:
        assert witness.add_checkpoint(HONEST.body(5, 5))  # what it knows has not moved


def test_a_proof_to_a_first_tree_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotConsistent, match="must be empty"):
        witness_in(tmp_path).add_checkpoint(with_proof(0, 5, (bytes(32),)))


def test_the_empty_tree_can_be_cosigned_and_grown_from(tmp_path: Path) -> None:
    witness = witness_in(tmp_path)
    for size in (0, 0, 3):
        witness.add_checkpoint(HONEST.body(0, size))
    with pytest.raises(OtherSize):
        witness.add_checkpoint(HONEST.body(0, 4))


def test_a_size_is_durable_before_its_cosignature_is_given(tmp_path: Path) -> None:
    """Another process, that opens the file while the answer is still being signed, sees nothing; afterwards all."""
    seen_while_signing: list[object] = []

    class Looking:
        public = WITNESS.key.public

        def sign(self, message: bytes) -> bytes:
            store = WitnessStore(tmp_path / "witness.sqlite3")
            seen_while_signing.append(store.note(sha256(ORIGIN.encode()).hexdigest()))
            store.close()
            return WITNESS.key.sign(message)

    witness_in(tmp_path, signer=CosignatureSigner(WITNESS.name, Looking())).add_checkpoint(HONEST.body(0, 5))
    assert seen_while_signing == [None]
    with pytest.raises(OtherSize):
        witness_in(tmp_path).add_checkpoint(HONEST.body(0, 6))


def test_a_size_that_cannot_be_kept_is_not_cosigned(tmp_path: Path) -> None:
    witness = witness_in(tmp_path)
    witness.add_checkpoint(HONEST.body(0, 5))
    witness.store._connection.execute("pragma max_page_count=1")
    witness.store._connection.execute(
        "create temp trigger full before insert on seen begin select raise(abort, 'disk full'); end"
    )
    with pytest.raises(WitnessStateDamaged, match="disk full"):
        witness.add_checkpoint(HONEST.body(5, 9))
    witness.store._connection.execute("drop trigger full")
    assert witness.add_checkpoint(HONEST.body(5, 9))


def test_of_many_submissions_at_once_one_wins(tmp_path: Path) -> None:
    """Two witnesses on one file stand for two processes; every size from 5 is offered twice."""
    witnesses = [witness_in(tmp_path), witness_in(tmp_path)]
    witnesses[0].add_checkpoint(HONEST.body(0, 5))

    def submit(n: int) -> int:
        body = HONEST.body(5, 6 + n // 2)
        return service.answer(
            witnesses[n % 2], Request(method="POST", path="/add-checkpoint", body=body)
        ).status

    with ThreadPoolExecutor(8) as pool:
        statuses = Counter(pool.map(submit, range(16)))
    assert statuses == {200: 1, 409: 15}


def test_a_witness_whose_clock_is_set_back_never_takes_back_a_time(tmp_path: Path) -> None:
    now = [NOW]
    witness = witness_in(tmp_path, now=lambda: now[0])
    told = [timestamp(line_of(witness.add_checkpoint(Growing().body(0, 5))))]
    for size, clock in ((6, NOW - 200), (7, NOW + 10)):
        now[0] = clock
        told.append(timestamp(line_of(witness.add_checkpoint(Growing().body(size - 1, size)))))
    assert told == [NOW, NOW, NOW + 10]
    now[0] = NOW - 3_600
    with pytest.raises(ClockWentBack, match="the clock has been set back") as refused:
        witness.add_checkpoint(Growing().body(7, 8))
    assert refused.value.status == 503
    now[0] = NOW + 20
    assert timestamp(line_of(witness.add_checkpoint(Growing().body(7, 8)))) == NOW + 20


def line_of(answer: bytes) -> bytes:
    return parse_signature_lines(answer.decode())[0].signature


def test_what_contradicts_the_logs_own_word_is_kept_as_evidence(tmp_path: Path) -> None:
    witness = witness_in(tmp_path)
    witness.add_checkpoint(HONEST.body(0, 5))
    for n in range(MOST_CONFLICTS + 4):
        with pytest.raises(NotConsistent):
            witness.add_checkpoint(Growing(fork=b"%d" % n).body(5, 5))
    kept = witness.store.conflicts()
    assert len(kept) == MOST_CONFLICTS
    assert kept[0][0] == ORIGIN
    assert parse_note(kept[0][1].encode()).text == HONEST.note(5).text
    assert parse_note(kept[0][2].encode()).text == Growing(fork=b"0").note(5).text


def test_the_monitoring_prefix_shows_the_newest_checkpoint_cosigned(tmp_path: Path) -> None:
    witness = witness_in(tmp_path)
    path = f"/{sha256(ORIGIN.encode()).hexdigest()}/checkpoint"
    with served(witness) as url:
        assert ask(url, "GET", path)[0] == 404
        assert ask(url, "POST", "/add-checkpoint", HONEST.body(0, 5))[0] == 200
        line = ask(url, "POST", "/add-checkpoint", HONEST.body(5, 9))[2]
        status, kind, note = ask(url, "GET", path)
        assert (status, kind) == (200, "text/plain; charset=utf-8")
        assert note == HONEST.note(9).format().encode() + line
        assert ask(url, "GET", "/vkey")[2].decode() == WITNESS.verifier_key.format() + "\n"
        assert ask(url, "GET", "/")[0] == 404
        assert ask(url, "GET", "/add-checkpoint")[0] == 405


def test_lines_that_a_submitter_adds_are_not_shown_in_the_witnesss_name(tmp_path: Path) -> None:
    witness = witness_in(tmp_path)
    stranger = OTHER_LOG.sign("x\n").format().encode()
    witness.add_checkpoint(HONEST.body(0, 5) + stranger)
    note = witness.latest(sha256(ORIGIN.encode()).hexdigest())
    assert note is not None
    assert stranger not in note


# The endpoint under strangers


def raw(url: str, data: bytes, *, then: float = 0.0) -> bytes:
    host, port = url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        connection.sendall(data)
        time.sleep(then)
        answer = b""
        try:
            while part := connection.recv(4096):
                answer += part
        except ConnectionResetError:
            pass
        return answer


REQUESTS = {
    "a head without end": (b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 5000, 431),
    "no HTTP": (b"hello\r\n\r\n", 400),
    "a body without its length": (b"POST /add-checkpoint HTTP/1.1\r\n\r\n", 411),
    "a body in chunks": (b"POST /add-checkpoint HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", 411),
    "a negative length": (b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 411),
    "a length beyond its bound": (b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: 9999999\r\n\r\n", 413),
    "a length that is never sent": (b"POST /add-checkpoint HTTP/1.1\r\nContent-Length: 9\r\n\r\nold", 408),
    "a head that is never ended": (b"GET / HT", 408),
}


@pytest.mark.parametrize("case", REQUESTS)
def test_a_request_out_of_bounds_is_answered_and_ended(case: str) -> None:
    data, status = REQUESTS[case]
    with listening(lambda request: Response(status=200), seconds=0.3) as url:
        assert raw(url, data).startswith(b"HTTP/1.1 %d " % status)


def test_a_client_that_waits_to_be_asked_for_the_body_is_asked() -> None:
    with listening(lambda request: Response(status=200, body=request.body)) as url:
        head = b"POST / HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n"
        assert raw(url, head + b"ok").startswith(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK")


def test_more_connections_than_there_is_room_for_are_turned_away() -> None:
    with listening(lambda request: Response(status=200), seconds=2, connections=2) as url:
        host, port = url.removeprefix("http://").split(":")
        idle = [socket.create_connection((host, int(port))) for _ in range(2)]
        time.sleep(0.1)
        assert raw(url, b"GET / HTTP/1.1\r\n\r\n").startswith(b"HTTP/1.1 503 ")
        for connection in idle:
            connection.close()
        time.sleep(0.1)
        assert raw(url, b"GET / HTTP/1.1\r\n\r\n").startswith(b"HTTP/1.1 200 ")


def test_a_fault_that_nobody_foresaw_is_one_answer_and_not_the_end() -> None:
    def fails(request: Request) -> Response:
        raise ZeroDivisionError

    with listening(fails) as url:
        assert [ask(url, "GET", "/")[0] for _ in range(2)] == [500, 500]


# A witness's home


def test_a_home_is_made_once_and_holds_key_name_and_state(tmp_path: Path) -> None:
    signer = service.make_home(tmp_path / "w", "witness.example/new")
    assert signer.name == "witness.example/new"
    assert service.load_signer(tmp_path / "w").verifier_key == signer.verifier_key
    with pytest.raises(AlreadyWitness):
        service.make_home(tmp_path / "w", "witness.example/new")
    assert (tmp_path / "w" / "witness.key").stat().st_mode & 0o777 == 0o600


def test_names_that_no_key_can_bear_are_refused(tmp_path: Path) -> None:
    for name in ("", "a b", "a+b", "x" * 201):
        with pytest.raises(BadInput):
            service.make_home(tmp_path / "w", name)
    with pytest.raises(NotFound):
        service.load_signer(tmp_path / "w")


def test_a_witness_that_lost_its_memory_does_not_start(tmp_path: Path) -> None:
    service.make_home(tmp_path, "witness.example/new")
    (tmp_path / "witness.sqlite3").unlink()
    with pytest.raises(WitnessStateDamaged, match="no longer knows what it has vouched for"):
        service.open_store(tmp_path)
    (tmp_path / "witness.sqlite3").write_bytes(b"this is not a database" * 100)
    with pytest.raises(WitnessStateDamaged):
        service.open_store(tmp_path)


_SUBMITTER = """
import sys
from pathlib import Path
from tests.registry.witness.rig import Growing, witness_in
witness = witness_in(Path(sys.argv[1]))
size = int(sys.argv[2])
while True:
    witness.add_checkpoint(Growing().body(size, size + 1))
    size += 1
    print(size, flush=True)
"""


def test_a_witness_killed_at_any_moment_remembers_what_it_gave_out(tmp_path: Path) -> None:
    size = 0
    for turn in range(4):
        process = subprocess.Popen(
            [sys.executable, "-c", _SUBMITTER, str(tmp_path), str(size)],
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        assert process.stdout is not None
        told = [int(process.stdout.readline()) for _ in range(2 + turn)]
        os.kill(process.pid, signal.SIGKILL)
        told += [int(line) for line in process.stdout.read().split()]
        process.wait()
        process.stdout.close()
        witness = witness_in(tmp_path)
        with pytest.raises(OtherSize) as refusal:
            witness.add_checkpoint(HONEST.body(1_000, 1_001))
        assert refusal.value.size in (told[-1], told[-1] + 1)  # kept, though perhaps not told any more
        size = refusal.value.size


def test_inspection_comes_before_the_cosignature_and_holds_nobody_up(tmp_path: Path) -> None:
    plain = witness_in(tmp_path)
    waiting, go_on = threading.Event(), threading.Event()

    def inspect(note: Note, checkpoint: Checkpoint) -> None:
        waiting.set()
        go_on.wait(5)

    slow = Witness(signer=WITNESS, logs=plain.logs, store=plain.store, now=plain.now, inspect=inspect)
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(slow.add_checkpoint, HONEST.body(0, 5))
        waiting.wait(5)
        assert plain.add_checkpoint(HONEST.body(0, 6))
        go_on.set()
        with pytest.raises(OtherSize):
            future.result()


def test_two_keys_of_one_log_are_both_believed_while_one_replaces_the_other(tmp_path: Path) -> None:
    newer = NoteSigner(ORIGIN, SeedKey(bytes([7]) * 32))
    logs = watched([NoteVerifier(LOG.verifier_key), NoteVerifier(newer.verifier_key)])
    witness = Witness(signer=WITNESS, logs=logs, store=WitnessStore(tmp_path / "w.sqlite3"), now=lambda: NOW)
    text = HONEST.note(5).text
    for old, signers in ((0, (LOG,)), (5, (LOG, newer)), (5, (newer,))):
        note = Note(text, tuple(s.sign(text) for s in signers)).format().encode()
        assert witness.add_checkpoint(Submission(old_size=old, proof=(), checkpoint=note).format())
