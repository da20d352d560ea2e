"""The press: turns a record document into the PDF of its extract, the same bytes each time.

One typst compiler serves a process and works for one thread at a time: it is quick, and its fonts are read once.
"""

from __future__ import annotations

import io
import json
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

import segno
import typst
from fontTools.ttLib import TTFont

from domain.errors import BadInput, RegistryError
from projections.fonts import NAMES, FontsMissing, font_directory
from projections.paper.sheet import sheet

TEMPLATE = Path(__file__).with_name("extract.typ")
JOINERS = "\u200c\u200d"
MAP_PIXELS = (
    400,
    361,
)  # width and height; drawn so, the words of ``gis.draw`` are legible in the map's frame
QR_SIDE = 42  # mm on paper, its quiet zone of four modules on each side included
QR_MODULE = 0.49  # mm; smaller ones are lost in a photocopy


class Unprintable(RegistryError):
    """The record holds a character that no font of ours has; printed, it would be an empty box in a name."""

    code = "unprintable"


def extract(
    document: Mapping[str, Any],
    *,
    proof: bytes,
    svg: str,
    url: str,
    language: str,
    as_of: datetime,
    code: Sequence[str] = (),
    fonts: Path | None = None,
) -> bytes:
    """The extract of one public record document (``GET /v1/parcels/{parcel_id}``), a PDF/A-3a.

    ``proof`` is attached as ``title-proof.json``.  ``svg`` is the map of the parcel and its neighbours, empty where
    the record has none.  ``url`` is the record's public page.  ``language`` is that of the record (BCP 47: te, hi,
    en).  ``as_of``, with its time zone, is the time of the checkpoint.  ``code`` is what the press signed
    (``signed_code``); without it the QR code leads to ``url``.  ``fonts`` is the directory that
    ``projections.fonts`` built.

    Raises:
        Unprintable: a character is in no font; names it and the field of the document.
        BadInput: the URL is no web address or too long for the code, the proof is no text, or ``as_of`` has no zone.
        FontsMissing: the fonts are not there.
    """
    if as_of.tzinfo is None:
        raise BadInput("the time has no time zone", field="as_of", remedy="Give the instant in UTC.")
    press = press_for(fonts or font_directory(), TEMPLATE)
    press.check({**document, "map": "".join(c for c in svg if not c.isascii())})  # of the map, only its words
    page = sheet(document, proof=proof, url=url, language=language, as_of=as_of)
    page |= {"fonts": NAMES, "has-map": bool(svg)}
    inputs = {"sheet": json.dumps(page), "map": svg, "qr": _qr(url, code), "proof": _text(proof)}
    return press.print(inputs, as_of.astimezone(UTC))


class Press:
    """One compiler for one template, with our fonts alone, and the characters that they can print."""

    def __init__(self, fonts: Path, template: Path) -> None:
        files = sorted(fonts.glob("*.ttf"))
        if not files:
            raise FontsMissing(
                f"There are no fonts in {fonts}. Start Landlog with ./run, which builds them.",
                remedy="Start Landlog with ./run.",
            )
        ours = typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(fonts)])
        self._compiler = typst.Compiler(str(template), root=str(template.parent), font_paths=ours)
        self._lock = Lock()
        self._printable = _printable(files)

    def print(self, inputs: dict[str, str], timestamp: datetime) -> bytes:
        try:
            with self._lock:
                pdf = self._compiler.compile(
                    format="pdf", pdf_standards="a-3a", timestamp=timestamp, sys_inputs=inputs
                )
        except RuntimeError as error:  # the letters were checked; how they join is known to the shaper alone
            if "the text" not in str(error):
                raise
            raise Unprintable(
                f"The extract cannot be printed: {error}", remedy="Correct the spelling."
            ) from error
        assert isinstance(pdf, bytes)  # a PDF is one file, however many pages it has
        return pdf

    def check(self, document: Mapping[str, Any]) -> None:
        """
        Raises:
            Unprintable: names the character and the field that holds it.
        """
        for field, text in _texts(document):
            for character in text:
                if character not in self._printable:
                    raise _unprintable(character, field)


@cache
def press_for(fonts: Path, template: Path) -> Press:
    """The press of a process for a template."""
    return Press(fonts, template)


def _printable(files: list[Path]) -> frozenset[str]:
    """The characters that our fonts have both in regular and in bold, and that are text."""
    weights: dict[str, set[int]] = {}
    for file in files:
        with TTFont(file, lazy=True) as font:
            weights.setdefault(file.stem.rpartition("-")[2], set()).update(font.getBestCmap())
    return frozenset(c for c in map(chr, set.intersection(*weights.values())) if _is_text(c))


def _is_text(character: str) -> bool:
    """Not a control, nor a sign that turns the line round so that a name reads as another; joiners are spelling."""
    return unicodedata.category(character) not in ("Cc", "Cf", "Co", "Zl", "Zp") or character in JOINERS


def _unprintable(character: str, field: str) -> Unprintable:
    name = unicodedata.name(character, "which has no name")
    reason = f"none of our fonts has it ({', '.join(NAMES)})" if _is_text(character) else "it is no text"
    return Unprintable(
        f"The character {character!r} (U+{ord(character):04X}, {name}) in {field} cannot be printed: {reason}.",
        field=field,
        remedy="Have the spelling corrected; a script that is missing is added in projections/fonts.py.",
    )


def _texts(value: object, field: str = "") -> Iterator[tuple[str, str]]:
    """Every text of a document with the name of its field: ``holders[2].name``."""
    if isinstance(value, str):
        yield field, value
    elif isinstance(value, Mapping):
        for name, item in value.items():
            yield from _texts(item, f"{field}.{name}" if field else str(name))
    elif isinstance(value, list | tuple):
        for number, item in enumerate(value):
            yield from _texts(item, f"{field}[{number}]")


def _qr(url: str, code: Sequence[str]) -> str:
    """The QR code as an SVG; level M stands a photocopy, finer ones make the modules too small.

    The digits of a signed code are a segment of their own, three of them in ten bits.
    """
    if not (url.isascii() and url.isprintable() and url.startswith(("https://", "http://"))):
        raise BadInput(
            f"{url[:80]!r} is not the address of a page",
            field="url",
            remedy="Give an address that starts with https:// and has its other characters percent-encoded.",
        )
    try:
        segments: Any = list(code) or url  # segno takes several, although its types do not say so
        drawn = segno.make(segments, error="m", boost_error=False, micro=False)
    except segno.DataOverflowError:
        drawn = None
    if drawn is None or drawn.symbol_size()[0] * QR_MODULE > QR_SIDE:
        raise BadInput(
            f"the address has {len(code[0] if code else url)} characters, too many for a QR code of {QR_SIDE} mm",
            field="url",
            remedy="Give an address of at most 250 characters.",
        )
    svg = io.BytesIO()
    drawn.save(svg, kind="svg", xmldecl=False, light="#fff", omitsize=True)
    return svg.getvalue().decode()


def _text(proof: bytes) -> str:
    try:
        return proof.decode()
    except UnicodeDecodeError as error:
        raise BadInput(
            "the proof is not JSON in UTF-8",
            field="proof",
            remedy="Give the title proof as the registry wrote it.",
        ) from error
