"""One family of errors; ``api/problems.py`` alone knows what they are called in HTTP."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


class RegistryError(Exception):
    """An outcome that a person must be told of.  ``str(error)`` is a sentence for that person.

    ``field`` names the part of the input at fault, ``remedy`` says what to do next; both may be empty.
    ``code`` is stable: clients may depend on it.
    """

    code: ClassVar[str] = "registry-error"

    def __init__(self, message: str, *, field: str = "", remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.remedy = remedy


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
    """One rule that an application breaks: which, in words, by what law, and what helps."""

    rule: str
    sentence: str
    source: str
    remedy: str
    detail: str = ""

    def __str__(self) -> str:
        detail = f" ({self.detail})" if self.detail else ""
        return f"It does not hold that {self.sentence}{detail}. Source: {self.source}. Remedy: {self.remedy}"


class Refused(RegistryError):
    """The law does not allow it; ``findings`` holds all the rules that are broken, not the first."""

    code = "refused"

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        self.findings = findings
        super().__init__("\n".join(str(f) for f in findings))
