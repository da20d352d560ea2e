"""Words of the paper as they are kept: one normal form, single blanks, nothing else touched."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from gis.tolerances import CUT_AT_BYTES

DAMAGE = "\ufffd"  # what a decoder leaves where a letter was cut
# Control characters and marks that turn the direction of writing: they hide in names and show others than they hold.
_UNFIT = re.compile("[\ufffd\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
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
    return _UNFIT.search(text) is not None


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


def parts(cell: str, separator: str) -> tuple[str, ...]:
    """The cleaned parts of a cell; without a separator the cell is one part.

    >>> parts("289, 832,", ",")
    ('289', '832')
    """
    pieces = cell.split(separator) if separator else [cell]
    return tuple(piece for piece in map(clean, pieces) if piece)


def natural_key(label: str) -> NaturalKey:
    """Sorts labels as people count them.

    >>> sorted(["10", "2", "17-A10", "17-A9", "2/1"], key=natural_key)
    ['2', '2/1', '10', '17-A9', '17-A10']
    """
    return tuple((0, int(run), "") if run.isdecimal() else (1, 0, run) for run in _RUNS.split(label) if run)
