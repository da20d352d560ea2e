"""What is said of an order in lists and histories: its title and its sentence, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping

from domain import catalogue
from domain.case_effect import is_of_a_case
from domain.case_steps import step_words


def title_of(event_type: str, language: str) -> str:
    """
    >>> title_of("mutation.sale/1", "hi"), title_of("mutation.exchange/9", "en")
    ('विक्रय', 'mutation.exchange/9')
    >>> title_of("case.filed/1", "en")
    'Filed'
    """
    known = catalogue.all_types().get(event_type)
    if known is not None:
        return known.title(language)
    return step_words(event_type, language) if is_of_a_case(event_type) else event_type


def sentence(words: Mapping[str, str], language: str) -> str:
    """The recorded sentence in that language, else in English, else in whichever it has."""
    return words.get(language) or words.get("en") or next(iter(words.values()), "")
