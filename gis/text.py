"""Words of the paper as they are kept: one normal form, single blanks, nothing else touched."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from gis.tolerances import CUT_AT_BYTES

DAMAGE = "\ufffd"  # what a decoder leaves where a letter was cut
# Marks that turn the direction of writing: they hide in names and show others than they hold.
_UNFIT = frozenset("\ufffd\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_NO_LETTERS = (
    "Cc",
    "Cs",
    "Co",
    "Cn",
)  # controls, halves of pairs, private and unassigned: as the forms refuse them
_WIDEST_LETTER = 4  # bytes of UTF-8
_RUNS = re.compile(r"(\d+)")

NaturalKey = tuple[tuple[int, int, str], ...]


@lru_cache(maxsize=8_192)  # a village repeats its classes, khatas and names
def clean(text: str) -> str:
    """NFC, without blanks at the ends, runs of blanks as one.

    >>> clean("Endowment  Land ")
    'Endowment Land'
    """
    return " ".join(unicodedata.normalize("NFC", text).split())


def is_damaged(text: str) -> bool:
    """Whether a cleaned text holds a letter that was cut, or characters that no clerk writes.

    >>> is_damaged("నడి\ufffd"), is_damaged("నడిపి")
    (True, False)
    """
    if not _UNFIT.isdisjoint(text):
        return True
    return not text.isprintable() and any(unicodedata.category(letter) in _NO_LETTERS for letter in text)


def is_cut(cell: str) -> bool:
    """Whether a cell lost its end: its last letter is half a letter, or the table's widest text is full, so that
    another letter like the widest in it would no longer have fitted.

    >>> is_cut("x" * 254), is_cut("x" * 253), is_cut("ఖ" * 84), is_cut("నడి" + DAMAGE)
    (True, False, True, True)
    """
    size = len(cell.encode("utf-8", "replace"))
    if size + _WIDEST_LETTER <= CUT_AT_BYTES:
        return cell.endswith(DAMAGE)
    widest = max((len(letter.encode("utf-8", "replace")) for letter in cell), default=0)
    return cell.endswith(DAMAGE) or CUT_AT_BYTES - widest < size <= CUT_AT_BYTES


def parts(cell: str | tuple[str, ...], separators: Sequence[str]) -> tuple[str, ...]:
    """The cleaned parts of a cell, or of each text of a list; without a separator a text is one part.

    >>> parts("289, 832,", (",",)), parts("A ,మరియు B", (",", "మరియు")), parts(("1/2", "1/2"), ())
    (('289', '832'), ('A', 'B'), ('1/2', '1/2'))
    """
    pieces = [cell] if isinstance(cell, str) else list(cell)
    for separator in separators:
        pieces = [piece for text in pieces for piece in text.split(separator)]
    return tuple(piece for piece in map(clean, pieces) if piece)


@lru_cache(maxsize=8_192)  # sorted by parcel, by khata and by holding
def natural_key(label: str) -> NaturalKey:
    """Sorts labels as people count them.

    >>> sorted(["10", "2", "17-A10", "17-A9", "2/1"], key=natural_key)
    ['2', '2/1', '10', '17-A9', '17-A10']
    """
    return tuple((0, int(run), "") if run.isdecimal() else (1, 0, run) for run in _RUNS.split(label) if run)


def as_text(cell: str | tuple[str, ...] | None) -> str:
    """A cell in one line, for a report.

    >>> as_text(("1/2", "1/3")), as_text(None)
    ('1/2 | 1/3', '')
    """
    return cell or "" if not isinstance(cell, tuple) else " | ".join(cell)
