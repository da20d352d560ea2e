"""An operation at the command line: previewed, sketched, drafted, prepared, signed, recorded, proved."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from api import clock
from gis.operations.corners import outline
from gis.shapes import from_bytes
from projections.fonts import PACKAGES
from registry.log.policy import Policy
from registry.verify import verify_title_proof
from tests.e2e.command_line import Terminal
from tests.e2e.house import OFFICE, Registry
from tests.e2e.test_village import khatas, terminal, write

__all__ = ["terminal"]

SIGNING = ("--officer", "OFF-TAHSILDAR", "--office", OFFICE, "--order-no", "MR/2026/9")
SKETCH = {"number": "FMB/2026/9", "made": "2026-11-02", "by": "Surveyor, Neemsari"}


@pytest.fixture
def papers(tmp_path: Path) -> Path:
    return write(tmp_path / "papers.json", {"sketch": SKETCH})


def large_field(registry: Registry) -> dict[str, Any]:
    """A field of some size that nothing bars from being divided."""
    for khata in khatas(registry):
        for parcel in khata["parcels"] if not khata["restrictions"] else []:
            document = registry.parcel(parcel["parcel_id"])
            if float(document["area"]["drawn_m2"]) > 3_000 and not document["restrictions"]:
                return document
    raise AssertionError("no field of the village can be divided")


def carried_out(terminal: Terminal, kind: str, draft: str) -> dict[str, Any]:
    """The draft as it is, prepared, signed and handed in; the receipt."""
    terminal.does("order", "prepare", kind, draft, *SIGNING, "--out", "order.json")
    terminal.does("order", "sign", "order.json", "--key", terminal.home / "keys" / "tahsildar.key", "--yes")
    receipt: dict[str, Any] = json.loads(terminal.does("order", "submit", "order.json").out)
    return receipt


@pytest.mark.skipif(
    not (PACKAGES.is_dir() or os.environ.get("LANDLOG_FONTS")),
    reason="the fonts are not installed: ./run installs them",
)
def test_a_field_in_three_from_preview_to_proof_with_its_sketch_behind_the_order(
    registry: Registry, terminal: Terminal, tmp_path: Path, papers: Path
) -> None:
    field = large_field(registry)
    said = terminal.does(
        "preview", "split", field["parcel_id"], "--parts", 3, "--side", "north", "--several",
        "--papers", papers, "--pdf", "sketch.pdf", "--svg", "sketch.svg", "--draft", "draft.json",
    )  # fmt: skip
    assert len(said.out.splitlines()) == 3
    assert "landlog order prepare subdivision draft.json" in said.err
    assert (tmp_path / "sketch.svg").read_text().startswith("<svg")
    words = "".join(
        page.extract_text() for page in PdfReader(io.BytesIO((tmp_path / "sketch.pdf").read_bytes())).pages
    )
    assert SKETCH["number"] in words
    assert f"{field['label']} divided into" in words
    draft = json.loads((tmp_path / "draft.json").read_text())
    assert len(draft["documents"]) == 1
    carried_out(terminal, "subdivision", "draft.json")
    after = registry.parcel(field["parcel_id"])
    assert after["status"] == "retired"
    children = [registry.parcel(s["parcel_id"]) for s in after["successors"]]
    assert [c["label"] for c in children] == [c["label"] for c in draft["application"]["children"]]
    policy = Policy.parse((terminal.home / "policy.txt").read_bytes())
    for child in children:
        proof = registry.proof(child["parcel_id"])
        assert (
            verify_title_proof(proof, policy, now=clock.now(), parcel=child["parcel_id"]).status == "current"
        )


def test_a_partition_is_drafted_with_what_the_map_cannot_know_left_open(
    registry: Registry, terminal: Terminal, tmp_path: Path
) -> None:
    field = large_field(registry)
    said = terminal.does(
        "preview", "split", field["parcel_id"], "--parts", 2, "--side", "north", "--several", "--as", "partition",
        "--draft", "draft.json",
    )  # fmt: skip
    draft = json.loads((tmp_path / "draft.json").read_text())
    assert (draft["type"], draft["missing"]) == ("partition", ["deed", "portions"])
    assert draft["application"]["split"] == field["parcel_id"]
    assert "order prepare partition draft.json; add deed, portions to its application" in said.err
    assert "divided as the drawn one is" in said.err
    assert "a split is no 'gift'" in terminal.refuses(
        "preview", "split", field["parcel_id"], "--parts", 2, "--side", "north", "--as", "gift"
    ).err  # fmt: skip


def test_a_field_divided_by_the_notes_of_a_field_book(
    registry: Registry, terminal: Terminal, tmp_path: Path
) -> None:
    """From the middle of the longest side straight across; the corner's number is that of the sketch."""
    field = large_field(registry)
    body = registry.house.cadastre.bodies([field["geometry"]])[field["geometry"]]
    side = max(outline(from_bytes(body)).sides, key=lambda s: s.metres)
    across = (side.bearing + 90) % 360  # the land lies on the right of whoever walks round it clockwise
    notes = f"# page 12\nfrom corner {side.start} towards {side.end} at {side.metres / 2:.2f} m\n"
    (tmp_path / "notes.txt").write_text(f"{notes}go 2 gattha bearing {across}\nto side\n", encoding="utf-8")
    said = terminal.does(
        "preview", "split", field["parcel_id"], "--notes", "notes.txt", "--draft", "draft.json"
    )
    assert said.out.count(" recorded, ") >= 2
    assert "add sketch to its application" in said.err
    assert json.loads((tmp_path / "draft.json").read_text())["missing"] == ["sketch"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("split", "999101-000001"), "nothing says how the parcel is divided"),
        (("split", "999101-000001", "--parts", "2"), "of where the parts are taken"),
        (("split", "999101-000001", "--parts", "2", "--along", "here"), "is no place"),
        (("split", "999101-000001", "--area", "9 bighas", "--side", "north"), "unit of area"),
        (("split", "999101-009999", "--parts", "2", "--side", "north"), "999101-009999"),
        (("merge", "999101-000001"), "two or more"),
        (("boundary", "999101-000001", "999101-000001", "--line", "line.json"), "two sides"),
        (("strip", "999101", "--line", "line.json", "--width", "0"), "0 m wide"),
        (("split", "999101-000001", "--notes", "none.txt"), "cannot be read"),
        (("split", "999101-000001", "--parts", "2", "--side", "north", "--papers", "line.txt"), "line.txt"),
    ],
)
def test_what_cannot_be_previewed_is_said_in_words(
    registry: Registry, terminal: Terminal, tmp_path: Path, words: tuple[str, ...], says: str
) -> None:
    assert registry.house
    write(tmp_path / "line.json", {"type": "LineString", "coordinates": [[89, 19], [89.001, 19]]})
    assert says in terminal.refuses("preview", *words).err
