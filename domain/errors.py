"""One family of errors; ``api/problems.py`` alone knows what they are called in HTTP."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from domain.languages import ENGLISH, Phrase, told


class RegistryError(Exception):
    """An outcome that a person must be told of.  ``str(error)`` is a sentence for that person.

    ``field`` names the part of the input at fault, ``remedy`` says what to do next; both may be empty.
    ``code`` is stable: clients may depend on it.  Message and remedy are English; what can be said in other languages
    is a sentence of ``domain.languages``, with figures in it a ``Phrase``.
    """

    code: ClassVar[str] = "registry-error"

    def __init__(self, message: str, *, field: str = "", remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.remedy = remedy

    def said(self, language: str) -> str:
        """What was wrong, in that language."""
        return told(self.message, language)


class BadInput(RegistryError):
    """What was given cannot be read: names the field, the rule it breaks and the remedy."""

    code = "bad-input"


class NotFound(RegistryError):
    """The registry holds nothing under that name."""

    code = "not-found"


class RecordChanged(RegistryError):
    """Somebody else's order reached the record first: look again, then sign again."""

    code = "record-changed"


class VerificationError(RegistryError):
    """A proof, signature or statement does not hold; each reason is a subclass with its own code."""

    code = "verification-failed"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One rule that an application breaks: which, in words, by what law, and what helps.

    The members are English; ``said`` gives the same finding in another language, its source as the law is cited.
    """

    rule: str
    sentence: str
    source: str
    remedy: str
    detail: str = ""

    def __str__(self) -> str:
        return self.words()

    def said(self, language: str) -> Finding:
        """The finding with its sentence, its detail and its remedy in that language."""
        return replace(
            self,
            sentence=told(self.sentence, language),
            detail=told(self.detail, language),
            remedy=told(self.remedy, language),
        )

    def words(self, language: str = ENGLISH) -> str:
        """The finding as one text, in that language."""
        f = self.said(language)
        return Phrase(
            "It does not hold that {sentence}{detail}. Source: {source}. Remedy: {remedy}",
            sentence=f.sentence,
            detail=f" ({f.detail})" if f.detail else "",
            source=f.source,
            remedy=f.remedy,
        ).said(language)


class Refused(RegistryError):
    """The law does not allow it; ``findings`` holds all the rules that are broken, not the first."""

    code = "refused"

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        self.findings = findings
        super().__init__("\n".join(str(f) for f in findings))

    def said(self, language: str) -> str:
        return "\n".join(f.words(language) for f in self.findings)
