"""The code that the press signs: a scanner reads it off the page, and it says what the record says."""

from __future__ import annotations

import shutil
import subprocess
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from projections.paper import signed_code
from registry.log.ed25519 import SeedKey
from registry.qr import MOST_BYTES, Paper, PaperSigner, verify_paper
from tests.projections.test_paper import (  # the fixtures of the printed page
    AT,
    CASE,
    MORTGAGE,
    PARCEL,
    PROOF,
    Print,
    document,
    fonts,
    printed,
    telugu,
)

__all__ = ["fonts", "printed"]

SIGNER = PaperSigner("land.example.in/phoolsar", SeedKey(bytes([5]) * 32))
NOW = int(AT.timestamp())


def code_of(record: dict[str, Any]) -> tuple[str, str]:
    return signed_code(record, proof=PROOF, as_of=AT, signer=SIGNER, base="https://land.example.in/v")


def read(text: str) -> Paper:
    return verify_paper(text, (SIGNER.paper_key,), now=NOW)


def test_the_code_says_what_the_record_says() -> None:
    paper = read("".join(code_of(document(charges=(MORTGAGE,), pending=(CASE,)))))
    assert (paper.parcel, paper.label, paper.version) == (PARCEL.id, "101/1क", 3)
    assert paper.holders == (("क्षत्रियपाल सिंह", "1/2"), ("श्रीमती विरासत देवी", "1/4"))
    assert paper.holder_count == 3
    assert paper.burdens == {
        "charges": ("mortgage",),
        "restrictions": (),
        "holds": (),
        "pending": ("mutation",),
    }
    assert (paper.size, paper.as_of) == (123456, NOW)
    assert paper.proof_sha256 == sha256(PROOF).digest()


def test_a_list_that_the_record_does_not_show_is_not_clear_on_paper() -> None:
    assert read("".join(code_of({**document(), "charges": None}))).burdens["charges"] is None


@pytest.mark.parametrize("record", [document(), telugu()], ids=["hindi", "telugu"])
def test_a_code_is_within_the_bounds_of_paper(record: dict[str, Any]) -> None:
    base, digits = code_of(record)
    assert base == "https://land.example.in/v#"
    assert len(digits) <= 1 + MOST_BYTES * 8 * 0.30103


def scanned(pdf: bytes, place: Path, *, dpi: int) -> str:
    """What a scanner reads off the first page, printed at so many dots an inch."""
    for tool, package in (("pdftoppm", "poppler-utils"), ("zbarimg", "zbar-tools")):
        if shutil.which(tool) is None:
            pytest.skip(f"{tool} is not installed (apt-get install {package})")
    (place / "extract.pdf").write_bytes(pdf)
    draw = ["pdftoppm", "-r", str(dpi), "-singlefile", "-png", place / "extract.pdf", place / "page"]
    subprocess.run(draw, check=True)
    answer = subprocess.run(["zbarimg", "-q", "--raw", place / "page.png"], capture_output=True, text=True)
    assert answer.returncode == 0, answer.stderr
    return answer.stdout


@pytest.mark.parametrize("dpi", [150, 300])
def test_a_scanner_reads_the_code_off_the_page(dpi: int, printed: Print, tmp_path: Path) -> None:
    record = document()
    text = scanned(printed(record, code=code_of(record)), tmp_path, dpi=dpi)
    assert read(text) == read("".join(code_of(record)))
