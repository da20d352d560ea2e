"""What is said of an order in lists and histories: its title and its sentence, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping

from domain import catalogue


def title_of(event_type: str, language: str) -> str:
    """
    >>> title_of("mutation.sale/1", "hi"), title_of("mutation.exchange/9", "en")
    ('विक्रय', 'mutation.exchange/9')
    """
    known = catalogue.all_types().get(event_type)
    return known.title(language) if known else event_type


def sentence(words: Mapping[str, str], language: str) -> str:
    """The recorded sentence in that language, else in English, else in whichever it has."""
    return words.get(language) or words.get("en") or next(iter(words.values()), "")
