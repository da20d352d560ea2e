"""What the law says, in the languages of the states: one catalogue a language, keyed by the English sentence.

``hi.toml``, ``te.toml``, ``mr.toml`` and ``kn.toml`` each hold ``"the English" = "the same in that language"``, as
gettext does.  Rules stay in the files of their types, where a jurist reads them in English; a translator works on one
file.  A sentence that a catalogue lacks is said in English: that is never an error, and the tests name each one.

Figures, labels and names are not part of a sentence.  They stand in it as ``{parts}``, which every language puts
where its grammar wants them; a ``Phrase`` keeps the sentence and its parts together.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Self

ENGLISH = "en"
LANGUAGES = (ENGLISH, "hi", "te", "mr", "kn")


def say(sentence: str, language: str, /, **parts: object) -> str:
    """The sentence in that language with its parts in place; in English where the catalogue does not have it.

    >>> say("the share {given} does not lie between 0 and 1", "en", given="3/2")
    'the share 3/2 does not lie between 0 and 1'
    >>> say("Correct the share.", "xx")
    'Correct the share.'
    """
    template = catalogue(language).get(sentence, sentence)
    if not parts:
        return template
    return template.format_map({name: _part(value, language) for name, value in parts.items()})


def told(text: str, language: str) -> str:
    """A text in that language: a phrase with its parts, a plain sentence by its catalogue, anything else as it is."""
    return Phrase.of(text).said(language)


class Phrase(str):
    """A sentence in English that can be said in other languages: to whoever asks for a ``str`` it is the English.

    >>> found = Phrase("they add up to {sum}", sum="5/6")
    >>> found, found.template
    ('they add up to 5/6', 'they add up to {sum}')
    """

    __slots__ = ("parts", "template")

    template: str
    parts: Mapping[str, object]

    def __new__(cls, template: str, /, **parts: object) -> Self:
        phrase = super().__new__(cls, template.format_map(parts) if parts else template)
        phrase.template = template
        phrase.parts = parts
        return phrase

    @staticmethod
    def of(text: str) -> Phrase:
        """A text as a phrase: one already, or a sentence without parts."""
        return text if isinstance(text, Phrase) else Phrase(text)

    @classmethod
    def joined(cls, phrases: Iterable[str], by: str = "; ") -> Self:
        """Several as one, each said by itself.

        >>> Phrase.joined([Phrase("they add up to {sum}", sum="5/6"), "none is named"])
        'they add up to 5/6; none is named'
        """
        parts = {f"p{n}": Phrase.of(phrase) for n, phrase in enumerate(phrases)}
        return cls(by.join(f"{{{name}}}" for name in parts), **parts)

    def said(self, language: str) -> str:
        """The phrase in that language."""
        return say(self.template, language, **self.parts)


@dataclass(frozen=True)
class Named:
    """A part of a phrase that a table of the law names in each language, such as a kind of restriction."""

    words: Mapping[str, str]

    def __str__(self) -> str:
        return self.words[ENGLISH]

    def said(self, language: str) -> str:
        return self.words.get(language) or self.words[ENGLISH]


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """The sentences of a language by their English, read once; none for English and for languages not known here."""
    path = resources.files(__name__) / f"{language}.toml"
    if language not in LANGUAGES or not path.is_file():
        return MappingProxyType({})
    return MappingProxyType(tomllib.loads(path.read_text(encoding="utf-8")))


def _part(value: object, language: str) -> object:
    """Labels, figures and what people wrote stay as they are."""
    return value.said(language) if isinstance(value, Phrase | Named) else value
