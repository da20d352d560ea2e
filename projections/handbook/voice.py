"""In which language the handbook speaks: one, or English with the state's own language beside it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from domain.errors import BadInput
from domain.law import languages, law_of, states
from domain.states import GENERIC
from projections.handbook.words import Coded, Words, said, table


@dataclass(frozen=True)
class Said:
    """A text in its language, and beside it the same in another; ``also`` is empty where there is no other."""

    text: str
    language: str
    also: str = ""
    also_language: str = ""


@dataclass(frozen=True)
class Voice:
    """Which of the words to say first, and which beside them; ``beside`` is empty where one language is enough."""

    first: str
    beside: str = ""
    bilingual: bool = False
    state: str = GENERIC
    """Whose words headings are in: Uttar Pradesh and Haryana write Hindi each in its own way."""

    def __call__(self, words: Words | Coded) -> Said:
        by_language = words.words if isinstance(words, Coded) else words
        tongue = self.first if by_language.get(self.first) else "en"
        text, also = by_language[tongue], by_language.get(self.beside, "")
        return Said(text, tongue, also, self.beside) if also and also != text else Said(text, tongue)

    def heading(self, name: str) -> Said:
        """A heading: the handbook's own, else the state's word."""
        spoken = [language for language in (self.first, self.beside, "en") if language]
        if name in table()["heading"]:
            return self(said("heading", name, spoken))
        law = law_of(self.state, date.max)
        return self({language: law.word(name, language) for language in spoken})

    def within(self, state: str, own: str) -> Voice:
        """In that state's chapter: its words for headings, and its own language beside English."""
        return replace(self, state=state, beside=own if self.bilingual else "")

    def phrase(self, name: str) -> Said:
        spoken = [language for language in (self.first, self.beside, "en") if language]
        return self(said("phrase", name, spoken))


def voice_of(language: str | None, state: str | None) -> Voice:
    """The language that was asked for alone; else English, and the state's own language beside it.

    >>> voice_of(None, "ka").heading("rules")
    Said(text='Rules', language='en', also='ನಿಯಮಗಳು', also_language='kn')
    >>> voice_of("hi", "up").heading("decides").text
    'निर्णय कौन करे'

    Raises:
        BadInput: for a language that the state (any of the states) does not write; it lists those that it does.
    """
    known = languages(state) if state else tuple(dict.fromkeys(x for s in states() for x in languages(s)))
    if language is None:
        return Voice("en", known[0] if state else "", True, state or GENERIC)
    if language not in known:
        raise BadInput(
            f"the record of {state or 'no state here'} is not written in the language {language[:20]!r}",
            field="lang",
            remedy=f"Known: {', '.join(known)}.",
        )
    return Voice(language, state=state or GENERIC)
