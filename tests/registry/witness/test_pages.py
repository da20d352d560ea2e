"""The verifier page at a witness: the same file as everywhere, under its own policy, with its hash beside it."""

from __future__ import annotations

import socket
import time
from hashlib import sha256
from pathlib import Path

import pytest

from domain.errors import BadInput
from registry.witness import http, service
from registry.witness.http import Request
from registry.witness.pages import MAX_PAGE_BYTES, load_pages
from tests.registry.witness.rig import ask, listening, witness_in

pytestmark = pytest.mark.quick
PAGE = (
    b"""<meta http-equiv="Content-Security-Policy" content="default-src 'none'"><p>A verdict in words</p>"""
)
SUMS = f"{sha256(PAGE).hexdigest()}  index.html\n".encode()


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """A directory as ``python -m api.verifier`` leaves it."""
    (tmp_path / "index.html").write_bytes(PAGE)
    (tmp_path / "SHA256SUMS").write_bytes(SUMS)
    return tmp_path


def test_a_witness_serves_the_page_and_its_hash_and_still_witnesses(built: Path, tmp_path: Path) -> None:
    witness, pages = witness_in(tmp_path / "home"), load_pages(built)
    with listening(lambda request: service.answer(witness, request, pages)) as url:
        assert ask(url, "GET", "/verifier/") == (200, "text/html; charset=utf-8", PAGE)
        assert ask(url, "GET", "/verifier/index.html")[2] == PAGE
        assert ask(url, "GET", "/verifier/SHA256SUMS")[2] == SUMS
        assert ask(url, "GET", "/v")[0] == 308
        assert ask(url, "GET", "/vkey")[2].decode() == f"{witness.signer.verifier_key.format()}\n"
        assert ask(url, "GET", "/verifier/../witness.key")[0] == 404
        assert ask(url, "POST", "/verifier/", b"")[0] == 404


def test_the_page_goes_out_under_its_own_policy_and_leaves_no_trace_elsewhere(built: Path) -> None:
    headers = dict(load_pages(built)["/verifier/"].headers)
    assert headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert headers["Referrer-Policy"] == "no-referrer"


def test_a_witness_without_the_page_serves_none(tmp_path: Path) -> None:
    assert service.answer(witness_in(tmp_path), Request(method="GET", path="/verifier/")).status == 404


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        ({"index.html": PAGE + b" "}, "SHA-256 is not the one"),
        ({"SHA256SUMS": b"00  index.html\n"}, "SHA-256 is not the one"),
        ({"index.html": b"<p>Trust me</p>"}, "no Content-Security-Policy"),
        ({"index.html": bytes(MAX_PAGE_BYTES + 1)}, "more than"),
        ({"index.html": None}, "cannot be read"),
    ],
    ids=["page changed", "hash changed", "no policy of its own", "too long", "no page"],
)
def test_what_is_not_the_page_that_was_built_is_not_served(
    built: Path, damage: dict[str, bytes | None], reason: str
) -> None:
    for name, data in damage.items():
        (built / name).unlink()
        if data is not None:
            (built / name).write_bytes(data)
    with pytest.raises(BadInput, match=reason):
        load_pages(built)


def test_a_slow_line_gets_the_time_that_a_long_page_takes(
    built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "WRITE_SECONDS", 0.05)
    long = PAGE + bytes(4_000_000)  # more than the system buffers
    (built / "SHA256SUMS").unlink()
    (built / "index.html").write_bytes(long)
    witness, pages = witness_in(tmp_path / "home"), load_pages(built)
    with (
        listening(lambda request: service.answer(witness, request, pages)) as url,
        socket.socket() as line,
    ):
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        line.settimeout(30)
        line.connect(("127.0.0.1", int(url.rpartition(":")[2])))
        line.sendall(b"GET /verifier/ HTTP/1.1\r\nHost: here\r\n\r\n")
        time.sleep(0.3)  # longer than a short answer may take
        assert b"".join(iter(lambda: line.recv(65_536), b"")).endswith(long)
