"""Numbers of land and names of places as people write them, folded to one key by which they are found.

A khasra number is typed "101/2", "१०१/२", "１０１／２" or "101 / 2"; a village "Dévgarh", "देवगढ़" or "देवगढ".  Keys are
for finding only: what the record shows is the label or the name as it was recorded.
"""

from __future__ import annotations

import unicodedata

_SLASHES = dict.fromkeys(map(ord, "\u2044\u2215\u29f8\\"), "/")
_DASHES = dict.fromkeys(map(ord, "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe63"), "-")
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u2060\ufeff\u00ad"))
_NUKTA = dict.fromkeys(map(ord, "\u093c\u09bc\u0a3c\u0abc\u0b3c\u0cbc"))  # dots that hasty writers leave out
_ACCENTS = dict.fromkeys(range(0x0300, 0x0370))  # of Latin letters; the vowel signs of Indian scripts stay
_FOLDED = {**_SLASHES, **_DASHES, **_INVISIBLE}


def label_key(label: str) -> str:
    """The key of a khasra, survey or khata number: blanks, case, width of forms and script of digits do not count.

    >>> label_key("१०१/२"), label_key("౧౦౧ / ౨"), label_key("１０１／２"), label_key("12-A")
    ('101/2', '101/2', '101/2', '12-a')
    """
    return "".join(_fold(label).split())


def search_key(name: str) -> str:
    """The key of a place's name: as for labels, and accents and nuktas do not count either; blanks count as one.

    >>> search_key("Dévgarh  Khurd"), search_key("देवगढ़") == search_key("देवगढ")
    ('devgarh khurd', True)
    """
    plain = unicodedata.normalize("NFKD", _fold(name)).translate({**_ACCENTS, **_NUKTA})
    return unicodedata.normalize("NFC", " ".join(plain.split()))


def _fold(text: str) -> str:
    """Compatibility forms, letter case, digits of any script, slashes and dashes each in one form."""
    compatible = unicodedata.normalize("NFKC", text).casefold()
    return "".join(map(_digit, unicodedata.normalize("NFC", compatible))).translate(_FOLDED)


def _digit(character: str) -> str:
    value = unicodedata.decimal(character, None)
    return character if value is None else str(value)
