"""The papers behind a change of people: certificates, wills, orders, reports.  Each is sealed: the log never names it.

All are deeds to the rule that no paper is of the future: a number, a day and the office that made it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from domain.values import Deed, Sealed, Text


@dataclass(frozen=True, kw_only=True)
class DeathCertificate(Deed):
    """What the registrar of births and deaths certifies, or an order that presumes the death."""

    FIELD: ClassVar[str] = "death-certificate"

    died: date


@dataclass(frozen=True, kw_only=True)
class Will(Deed):
    """A will or codicil; ``number`` is that of its registration or deposit, else of the case."""

    FIELD: ClassVar[str] = "will"

    witnesses: int


@dataclass(frozen=True, kw_only=True)
class Report(Deed):
    """What an officer found on the spot: the same person, a death, the heirs."""

    FIELD: ClassVar[str] = "report"


@dataclass(frozen=True, kw_only=True)
class Agreement(Deed):
    """A memorandum that all who are concerned have signed before a witness or an officer."""

    FIELD: ClassVar[str] = "agreement"


@dataclass(frozen=True, kw_only=True)
class OldRecord(Deed):
    """The page of the older record from which an entry was copied wrongly: volume, year and page."""

    FIELD: ClassVar[str] = "old-record"


@dataclass(frozen=True, kw_only=True)
class AgeProof(Deed):
    """A birth certificate or a school's certificate."""

    FIELD: ClassVar[str] = "age-proof"

    born: date


@dataclass(frozen=True, kw_only=True)
class Guardian(Sealed):
    """Who acts for a minor, a joint family, a deity or an institution (LA_Party of another role)."""

    FIELD: ClassVar[str] = "guardian"

    name: Text
    relation: Text | None = None
    """What he or she is to the one acted for: mother, karta, shebait, mutawalli."""


@dataclass(frozen=True, kw_only=True)
class Minority(Guardian):
    """A minor's guardian, with the minor's day of birth."""

    born: date
