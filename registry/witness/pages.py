"""The verifier page, as a witness serves it: whoever doubts the registry takes the page from somebody else.

The page is one file that is built from its sources alone, so a witness's operator builds it on a machine of their
own and compares its SHA-256 with the one that others publish.  It is read once, at the start.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from domain.errors import BadInput
from registry.witness.http import TEXT, Response

PAGE, SUMS = "index.html", "SHA256SUMS"
PREFIX = "/verifier/"
MAX_PAGE_BYTES = 4 * 1024 * 1024
_POLICY = re.compile(rb'http-equiv="Content-Security-Policy" content="([^"\r\n]+)"')


def load_pages(directory: Path) -> Mapping[str, Response]:
    """What is answered at each address of the verifier page that lies in a directory.

    Raises:
        BadInput: when there is no page, when it says no policy for itself, or is not the one of its SHA256SUMS.
    """
    page = _read(directory / PAGE)
    policy = _POLICY.search(page)
    if policy is None:
        raise _no_page(directory / PAGE, "it carries no Content-Security-Policy, as the verifier page does")
    line = f"{sha256(page).hexdigest()}  {PAGE}\n"
    if (directory / SUMS).exists() and _read(directory / SUMS).decode(errors="replace") != line:
        raise _no_page(directory / PAGE, f"its SHA-256 is not the one in {SUMS} beside it")
    whole = Response(
        status=200,
        body=page,
        content_type="text/html; charset=utf-8",
        headers=(
            ("Content-Security-Policy", f"{policy[1].decode()}; frame-ancestors 'none'"),
            ("Referrer-Policy", "no-referrer"),
            ("Cross-Origin-Opener-Policy", "same-origin"),
            ("Cache-Control", "no-cache"),
        ),
    )
    moved = Response(status=308, body=b"It is at /verifier/\n", headers=(("Location", PREFIX),))
    return {
        PREFIX: whole,
        PREFIX + PAGE: whole,
        PREFIX + SUMS: Response(status=200, body=line.encode(), content_type=TEXT),
        PREFIX.rstrip("/"): moved,
        "/v": moved,
    }


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_PAGE_BYTES + 1)
    except OSError as error:
        raise _no_page(path, f"it cannot be read: {(error.strerror or str(error)).lower()}") from error
    if len(data) > MAX_PAGE_BYTES:
        raise _no_page(path, f"it has more than {MAX_PAGE_BYTES} bytes")
    return data


def _no_page(path: Path, why: str) -> BadInput:
    return BadInput(
        f"{path} is not the verifier page: {why}",
        field="--pages",
        remedy="Build it with `python -m api.verifier`, and give the directory that it names.",
    )
