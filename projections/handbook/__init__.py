"""The handbook: the law of the record as the software applies it, read from what decides.

Nothing here is written twice: titles, procedures, rules and examples come from the mutation types, figures, posts,
tenures and units from the tables of the states.  A new type, a new rule or a new row is in the handbook at once.
Rules and remedies are told in the language of the state too, each with its source as the law is cited
(``domain.languages``).  What a type is about and the titles of its examples are in English, as the types state them.

``Book`` is plain data, and ``document`` is its JSON; ``text`` prints it for a terminal, the portal as pages.
"""

from __future__ import annotations

from projections.handbook.chapter import Book, Chapter, book, chapter, document
from projections.handbook.entry import Entry, entry
from projections.handbook.voice import Said, Voice, voice_of
from projections.handbook.words import Coded, Words

__all__ = [
    "Book",
    "Chapter",
    "Coded",
    "Entry",
    "Said",
    "Voice",
    "Words",
    "book",
    "chapter",
    "document",
    "entry",
    "voice_of",
]
