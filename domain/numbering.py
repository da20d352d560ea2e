"""How each state numbers its parcels: reading a label, its place in the order, the labels of parts and of a union.

A label is for people; it is never a key of the record.  A grammar proposes labels, the officer's form decides them,
and a number that was once borne in the village is not proposed again.  Digits of Devanagari, Kannada and Telugu are
read as what they are.  Which grammar a state uses stands in its ``state.toml``.
"""

from __future__ import annotations

import re
import unicodedata
from abc import ABC, abstractmethod
from collections.abc import Collection, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import ClassVar, NamedTuple, Protocol

from domain import states
from domain.errors import BadInput
from domain.languages import Phrase

MOST_PARTS = 1_000
_MINIMUM, _NUMBER, _LETTERS, _RECTANGLE = 0, 1, 2, 3  # in this order among the parts of one field


class Token(NamedTuple):
    """One part of a label: its kind, its number (a = 1, z = 26, aa = 27) and, where that is not enough, its text."""

    kind: int
    number: int
    text: str = ""


Key = tuple[Token, ...]


class BadLabel(BadInput):
    """A label that does not follow the state's manner of numbering."""

    code = "bad-label"


class Grammar(Protocol):
    """The manner in which a state numbers its parcels."""

    @property
    def rule(self) -> str:
        """The rule in a sentence, for the handbook."""

    @property
    def source(self) -> str:
        """Where the rule was read."""

    def parse(self, label: str) -> Key:
        """The parts of a label; two ways of writing one label have the same.  Raises: BadLabel."""

    def fits(self, label: str) -> bool:
        """Whether the label follows the grammar."""

    def key(self, label: str) -> Key:
        """The place of any label in the natural order, fitting or not: 9 before 10, a field before its parts."""

    def compare(self, one: str, other: str) -> int:
        """-1, 0 or 1, as the one stands before, with or after the other."""

    def next_child_labels(self, parent: str, n: int, taken: Collection[str]) -> tuple[str, ...]:
        """Labels for n parts of a field.  ``taken``: every label ever borne in the village.  Raises: BadLabel."""

    def fresh_labels(self, n: int, taken: Collection[str]) -> tuple[str, ...]:
        """The next free numbers of the village, for land that is numbered anew."""

    def merge_label(self, labels: Sequence[str], *, was_one_field_before: bool) -> str | None:
        """The label that the law gives a union of those parcels; None where it gives none and the officer chooses."""


def grammar_of(state: str) -> Grammar:
    """
    >>> grammar_of("rj").next_child_labels("101", 2, ["101"])
    ('101/1', '101/2')

    Raises:
        BadInput: for a state whose law is not here; it lists those that are.
    """
    return GRAMMARS[states.table(state, "state")["numbering"]]


def plain(label: str) -> str:
    """The label in plain figures, without blanks that mean nothing.

    >>> plain("१०१ / २"), plain("೯೧/೧B"), plain("౧౨")
    ('101/2', '91/1B', '12')
    """
    digits = "".join(
        str(unicodedata.decimal(c)) if c.isdecimal() else c for c in unicodedata.normalize("NFC", label)
    )
    return re.sub(r"\s*([/*-]+)\s*", r"\1", " ".join(digits.split()))


class _Numbering(ABC):
    """What all grammars share; each says how its labels are read."""

    rule: ClassVar[str]
    source: ClassVar[str]
    form: ClassVar[str]
    """Labels as they are written, for the remedy."""

    @abstractmethod
    def read(self, text: str) -> Key | None:
        """The parts of a label in plain figures, or None where it does not fit."""

    def parse(self, label: str) -> Key:
        found = self.read(plain(label))
        if found is None:
            raise BadLabel(
                Phrase("{given} does not follow the manner of numbering", given=repr(label[:40])),
                field="label",
                remedy=Phrase("Write it as {form}.", form=Phrase(self.form)),
            )
        return found

    def fits(self, label: str) -> bool:
        return self.read(plain(label)) is not None

    def key(self, label: str) -> Key:
        text = plain(label)
        return self.read(text) or _natural(text)

    def compare(self, one: str, other: str) -> int:
        first, second = self.key(one), self.key(other)
        return (first > second) - (first < second)

    def fresh_labels(self, n: int, taken: Collection[str]) -> tuple[str, ...]:
        last = _last((), _NUMBER, (self.key(label) for label in taken))
        return tuple(str(last + i) for i in _parts(n))

    def merge_label(self, labels: Sequence[str], *, was_one_field_before: bool) -> str | None:
        return None


class Plain(_Numbering):
    """Training and demonstrations: each part gets the number of its field, a stroke and its own number.

    >>> g = Plain()
    >>> g.next_child_labels("101/1", 2, ["101/1", "101/2", "101/1/1"])
    ('101/1/2', '101/1/3')
    >>> g.merge_label(["101/1/2", "101/1/3"], was_one_field_before=True)
    '101/1'
    """

    rule = (
        "A part bears its field's number, a stroke and its own; a field that is whole again its old number."
    )
    source = "Landlog's own, for training"
    form = "101, 101/2 or 101/2/1"

    def read(self, text: str) -> Key | None:
        return _natural(text) if re.fullmatch(r"\d[^\W_]{0,19}([/.-]+[^\W_]{1,20}){0,8}", text) else None

    def next_child_labels(self, parent: str, n: int, taken: Collection[str]) -> tuple[str, ...]:
        last = _last(self.parse(parent), _NUMBER, map(self.key, taken))
        return tuple(f"{plain(parent)}/{last + i}" for i in _parts(n))

    def merge_label(self, labels: Sequence[str], *, was_one_field_before: bool) -> str | None:
        stems = {plain(label).rpartition("/")[0] for label in labels}
        stem = stems.pop() if len(stems) == 1 else ""
        whole = was_one_field_before and len(labels) > 1 and self.fits(stem)
        return stem if whole else None


class Gata(_Numbering):
    """Uttar Pradesh: the plot's number with a division number; ``मि.`` marks a part held without field division.

    The 16-digit gata code has four digits for the plot and four for its division (livemint.com, 2021): a division
    that is divided again therefore takes the plot's next division numbers, it does not nest.

    >>> g = Gata()
    >>> g.next_child_labels("101", 2, ["101"]), g.next_child_labels("101/1", 2, ["101/1", "101/2"])
    (('101/1', '101/2'), ('101/3', '101/4'))
    >>> g.compare("101 मि.", "१०१/१"), g.fits("101/1/2")
    (-1, False)
    """

    rule = "A part bears the plot's number and the next division number of that plot: 101/1, 101/2."
    source = "Gata code of Uttar Pradesh, digits 7 to 14 (dailycurrentaffairs.online; livemint.com, 2021)"
    form = "101, 101/2 or 101/2 मि."

    def read(self, text: str) -> Key | None:
        found = re.fullmatch(rf"(\d{{1,6}})(?:/(\d{{1,4}}))?{_MIN}", text)
        return _numbers(found[1], found[2], minimum=found[3]) if found else None

    def next_child_labels(self, parent: str, n: int, taken: Collection[str]) -> tuple[str, ...]:
        plot = self.parse(parent)[:1]
        last = _last(plot, _NUMBER, (self.key(label) for label in (parent, *taken)))
        return tuple(f"{plot[0].number}/{last + i}" for i in _parts(n))


class Khasra(Gata):
    """Rajasthan: the original number is the numerator, the fraction number the denominator.

    Rajasthan Land Revenue (Land Records) Rules 1957, r. 60(iv)(a): parts that are re-united into the field as it
    existed at the last survey lose their fractions and the original number is restored.

    >>> g = Khasra()
    >>> g.merge_label(["101/1", "101/2"], was_one_field_before=True)
    '101'
    >>> g.merge_label(["101/1", "101/2"], was_one_field_before=False)  # 101/3 stays apart
    >>> g.merge_label(["101/1", "102/1"], was_one_field_before=True)
    """

    rule = (
        "A part bears the original number as numerator and the fraction number as denominator: 101/1, 101/2; parts "
        "re-united into the field as at the last survey get the original number back."
    )
    source = "Rajasthan Land Revenue (Land Records) Rules 1957, r. 60(iv)(a)"

    def merge_label(self, labels: Sequence[str], *, was_one_field_before: bool) -> str | None:
        keys = [self.parse(label) for label in labels]
        fields = {key[0].number for key in keys}
        fractions = all(len(key) > 1 and key[1].kind == _NUMBER for key in keys)
        whole = was_one_field_before and fractions and len(keys) > 1 and len(fields) == 1
        return str(fields.pop()) if whole else None


class Killa(_Numbering):
    """Haryana: rectangle, two strokes, killa; parts are numbered below it (jamabandi.nic.in, Terms of land records).

    ``min`` marks a part of a khasra that is held without field division.

    >>> g = Killa()
    >>> g.next_child_labels("2//4", 2, []), g.next_child_labels("2//4/1", 2, ["2//4/2"])
    (('2//4/1', '2//4/2'), ('2//4/1/1', '2//4/1/2'))
    >>> g.compare("2//4", "2//10"), g.parse("2//4") == g.parse("2/4")
    (-1, False)
    """

    rule = "A part bears its killa's number, a stroke and its own: 2//4 becomes 2//4/1 and 2//4/2, and so on down."
    source = "Terms of land records (jamabandi.nic.in)"
    form = "2//4, 2//4/1, 123/2 or 2//4 min"

    def read(self, text: str) -> Key | None:
        found = re.fullmatch(rf"(?:(\d{{1,6}})//)?(\d{{1,6}}(?:/\d{{1,4}}){{0,6}}){_MIN}", text)
        if not found:
            return None
        rectangle = (Token(_RECTANGLE, int(found[1])),) if found[1] else ()
        return rectangle + _numbers(*found[2].split("/"), minimum=found[3])

    def next_child_labels(self, parent: str, n: int, taken: Collection[str]) -> tuple[str, ...]:
        killa = tuple(t for t in self.parse(parent) if t.kind != _MINIMUM)
        last = _last(killa, _NUMBER, map(self.key, taken))
        stem = re.sub(rf"{_MIN}$", "", plain(parent))
        return tuple(f"{stem}/{last + i}" for i in _parts(n))


class Hissa(_Numbering):
    """Maharashtra: survey or gat number, hissa by number, below it by letter, and so on in turn.

    51 becomes 51/1 and 51/2; 51/1 becomes 51/1/a (tushal.com, March 2021).  Where the parts that stand already go by
    letters (1006/अ), the new ones go on with them; letters of both scripts are one series.

    >>> g = Hissa()
    >>> g.next_child_labels("51", 2, []), g.next_child_labels("51/1", 2, ["51/2"])
    (('51/1', '51/2'), ('51/1/a', '51/1/b'))
    >>> g.next_child_labels("1006", 2, ["1006/अ"]), g.next_child_labels("2147/अ", 1, ["2147/अ/1"])
    (('1006/ब', '1006/क'), ('2147/अ/2',))
    >>> g.parse("51/1/अ") == g.parse("५१/१/a")
    True
    """

    rule = "Parts of a survey or gat number are numbered, their parts lettered, in turn: 51, 51/1, 51/1/a."
    source = "Full information about the 7/12 (tushal.com, March 2021); Maharashtra Land Revenue Code 1966, ss. 86, 87"
    form = "51, 51/1 or 51/1/a"
    _SERIES = "अबकडइफगह"  # a b c d e f g h, as village maps of Kolhapur write them

    def read(self, text: str) -> Key | None:
        if not re.fullmatch(r"\d{1,6}(/(\d{1,4}|[^\W\d_]{1,3})){0,6}", text):
            return None
        return tuple(self._token(part) for part in text.split("/"))

    def _token(self, part: str) -> Token:
        latin = "".join(chr(ord("a") + self._SERIES.index(c)) if c in self._SERIES else c for c in part)
        return _token(latin)

    def next_child_labels(self, parent: str, n: int, taken: Collection[str]) -> tuple[str, ...]:
        key, stem = self.parse(parent), plain(parent)
        children = [label for label in taken if len(k := self.key(label)) > len(key) and k[: len(key)] == key]
        keys = [self.key(label) for label in children]
        lettered = key[-1].kind == _NUMBER and len(key) > 1
        if keys:
            lettered = keys[-1][len(key)].kind == _LETTERS
        if not lettered:
            last = _last(key, _NUMBER, keys)
            return tuple(f"{stem}/{last + i}" for i in _parts(n))
        last = _last(key, _LETTERS, keys)
        devanagari = any(c in self._SERIES for label in (parent, *children) for c in label)
        return tuple(f"{stem}/{self._letter(last + i, devanagari)}" for i in _parts(n))

    def _letter(self, number: int, devanagari: bool) -> str:
        in_series = devanagari and number <= len(self._SERIES)
        return self._SERIES[number - 1] if in_series else _letters(number).lower()


class Surnoc(_Numbering):
    """Karnataka: survey number, surnoc (``*`` for none), hissa, as in 91/1B (the-laws.com, case 017991436000).

    A phodi numbers the hissas of an undivided survey number; a hissa that is divided goes on by letter, that by
    number, in turn.

    >>> g = Surnoc()
    >>> g.next_child_labels("91", 2, []), g.next_child_labels("91/1", 2, ["91/1A"])
    (('91/1', '91/2'), ('91/1B', '91/1C'))
    >>> g.next_child_labels("೯೧/*/1B", 2, []), g.parse("91/*/1B") == g.parse("91/1B")
    (('91/*/1B1', '91/*/1B2'), True)
    """

    rule = "Parts of a survey number are numbered hissas, parts of a hissa go on by letter and by number: 91/1, 91/1B."
    source = "Karnataka High Court on survey number 91/1B (the-laws.com, case 017991436000)"
    form = "91, 91/1B or 91/*/1B"
    _LABEL = re.compile(
        r"(\d{1,6})(?:/(\*|[^\W\d_]{1,3}\d{0,3}))?(?:/(\d{1,4}(?:[^\W\d_]{1,2}\d{1,3})*[^\W\d_]{0,2}))?"
    )

    def read(self, text: str) -> Key | None:
        found = self._LABEL.fullmatch(text)
        if not found:
            return None
        survey, surnoc, hissa = found.groups()
        named = (Token(_LETTERS, 0, surnoc.upper()),) if surnoc not in (None, "*") else ()
        return (Token(_NUMBER, int(survey)), *named, *_natural(hissa or ""))

    def next_child_labels(self, parent: str, n: int, taken: Collection[str]) -> tuple[str, ...]:
        key = self.parse(parent)
        undivided = self._LABEL.fullmatch(plain(parent))
        stroke = "/" if undivided and not undivided[3] else ""
        return _go_on(
            key,
            plain(parent) + stroke,
            n,
            map(self.key, taken),
            number=bool(stroke) or key[-1].kind == _LETTERS,
        )


class RunningNumber(_Numbering):
    """Andhra Pradesh: land parcels of the resurvey bear running numbers; a part gets the village's next free one.

    On the state's village maps parcels that were divided are retired and their parts are numbered on from the last
    number.  Survey numbers that are older than the resurvey go on by letter and by number: 54/A1, 17-A4A.

    >>> g = RunningNumber()
    >>> g.next_child_labels("41", 2, ["1", "41", "3802"]), g.next_child_labels("54/A1", 2, ["3802"])
    (('3803', '3804'), ('54/A1A', '54/A1B'))
    """

    rule = "Every new parcel bears the village's next free number, whatever it was made of: 41 becomes 3803 and 3804."
    source = "Village maps of Krishna district in dated versions (Bhunaksha, August 2025 and February 2026)"
    form = "3803, or 54/A1 where the land is not resurveyed"

    def read(self, text: str) -> Key | None:
        return _natural(text) if re.fullmatch(r"\d{1,6}([-/]?[A-Za-z0-9]{1,4}){0,6}", text) else None

    def next_child_labels(self, parent: str, n: int, taken: Collection[str]) -> tuple[str, ...]:
        key = self.parse(parent)
        if len(key) == 1:
            return self.fresh_labels(n, (parent, *taken))
        return _go_on(key, plain(parent), n, map(self.key, taken), number=key[-1].kind == _LETTERS)


GRAMMARS: Mapping[str, Grammar] = MappingProxyType(
    {
        "plain": Plain(),
        "gata": Gata(),
        "hissa": Hissa(),
        "surnoc": Surnoc(),
        "killa": Killa(),
        "lpm": RunningNumber(),
        "khasra": Khasra(),
    }
)
"""The grammars by the name that a ``state.toml`` calls them."""

_MIN = r"(?:\s*(मि\.?|मिन|min\.?|mi\.?))?"


def _parts(n: int) -> range:
    if not 1 <= n <= MOST_PARTS:
        raise BadInput(
            Phrase("{count} labels were asked for", count=n),
            field="parts",
            remedy=Phrase("Ask for between 1 and {most}.", most=MOST_PARTS),
        )
    return range(1, n + 1)


def _last(stem: Key, kind: int, keys: Iterable[Key]) -> int:
    """The highest number (or letter) that a part of that field has borne."""
    depth = len(stem)
    found = (k[depth] for k in keys if len(k) > depth and k[:depth] == stem)
    return max((t.number for t in found if t.kind == kind), default=0)


def _go_on(key: Key, stem: str, n: int, taken: Iterable[Key], *, number: bool) -> tuple[str, ...]:
    last = _last(key, _NUMBER if number else _LETTERS, taken)
    return tuple(stem + (str(last + i) if number else _letters(last + i)) for i in _parts(n))


def _numbers(*parts: str | None, minimum: str | None) -> Key:
    numbers = tuple(Token(_NUMBER, int(part)) for part in parts if part)
    return (*numbers, Token(_MINIMUM, 0)) if minimum else numbers


def _natural(text: str) -> Key:
    """Runs of digits and runs of letters, in turn; what stands between them does not count."""
    return tuple(_token(part) for part in re.findall(r"\d+|[^\W\d_]+|\*", text))


def _token(part: str) -> Token:
    if part.isdecimal():
        return Token(_NUMBER, int(part))
    if re.fullmatch(r"[A-Za-z]{1,3}", part):
        number = 0
        for letter in part.upper():
            number = number * 26 + ord(letter) - ord("A") + 1
        return Token(_LETTERS, number)
    return Token(_LETTERS, 0, part.casefold())


def _letters(number: int) -> str:
    """
    >>> [_letters(n) for n in (1, 26, 27)]
    ['A', 'Z', 'AA']
    """
    text = ""
    while number:
        number, rest = divmod(number - 1, 26)
        text = chr(ord("A") + rest) + text
    return text
