"""What stands in application forms: private values that are sealed, labels, codes and the ids given by the office.

A ``Sealed`` value holds the words in the clear together with their salt; events carry only its commitment.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, ClassVar, Literal, NewType

from domain.canon import Json
from domain.commitment import Opening

Text = NewType("Text", str)
"""Words of a person: NFC, 1 to 200 characters, no control characters."""
Code = NewType("Code", str)
"""A code of a list: lower-case letters, digits and hyphens."""
Ulpin = NewType("Ulpin", str)
"""Bhu-Aadhaar: 14 digits and capital letters without I and O; opaque, never made here."""
EventId = NewType("EventId", str)
"""A UUID (version 7) as 32 lower-case hex digits."""
OfficeCode = NewType("OfficeCode", str)
"""LGD codes of state, district and sub-district, joined by ``/``: ``28/511/5257``."""
ParcelLabel = NewType("ParcelLabel", str)
"""Khasra, survey number, LPM number: as people write it, blanks folded."""
UnitLabel = NewType("UnitLabel", str)
"""Khata number, as people write it, blanks folded."""
PartyRef = NewType("PartyRef", str)
"""A holder of the record, named by the commitment that stands there (base64 of 32 bytes)."""
EntryRef = NewType("EntryRef", str)
"""A charge, a restriction or a hold of the record, named by the ``details`` commitment that stands there."""
Cnr = NewType("Cnr", str)
"""A court case's number of record: 16 capital letters and digits, state and district first, year last."""
Digest = NewType("Digest", str)
"""Base64 of a SHA-256: of canonical geometry bytes, or of a scanned paper."""
Salt = NewType("Salt", bytes)
"""32 random bytes, base64 in JSON; given by the office when the form leaves it empty."""


def issued(kind: Literal["parcel", "unit"]) -> Any:
    """A field for the id of something new: the form leaves it empty, the office fills it in before deciding."""
    return dataclasses.field(default=None, metadata={"issued": kind})


@dataclass(frozen=True, kw_only=True)
class Sealed:
    """A private value with its salt.  Subclasses add the members of the value."""

    FIELD: ClassVar[str]

    salt: Salt | None = None

    def value(self) -> Json:
        """The value in the clear: every member but the salt."""
        members = {f.name: getattr(self, f.name) for f in dataclasses.fields(self) if f.name != "salt"}
        return {k: v.isoformat() if isinstance(v, date) else v for k, v in members.items()}

    @cached_property
    def opening(self) -> Opening:
        if self.salt is None:
            raise ValueError(f"{type(self).__name__} has no salt yet: complete the application first")
        return Opening(self.FIELD, self.salt, self.value())

    @property
    def commitment(self) -> PartyRef:
        return PartyRef(self.opening.commitment)


PartyKind = Literal["person", "joint-family", "institution", "government", "deity"]


@dataclass(frozen=True, kw_only=True)
class Party(Sealed):
    """A holder as the record names him or her (LA_Party)."""

    FIELD: ClassVar[str] = "party"

    name: Text
    relation: Text | None = None
    """Father's, husband's or guardian's name, as the record writes it."""
    kind: PartyKind = "person"


@dataclass(frozen=True, kw_only=True)
class Deed(Sealed):
    """The paper behind a mutation (LA_AdministrativeSource): number, day and the office that made it."""

    FIELD: ClassVar[str] = "deed"

    number: Text
    made: date
    by: Text


@dataclass(frozen=True, kw_only=True)
class Consideration(Sealed):
    """The price, in whole paise."""

    FIELD: ClassVar[str] = "consideration"

    paise: int


@dataclass(frozen=True, kw_only=True)
class Permission(Sealed):
    """A permission document that lifts a bar for one act: which kind, and the order that grants it."""

    FIELD: ClassVar[str] = "permission"

    kind: Code
    number: Text
    made: date
    by: Text


@dataclass(frozen=True, kw_only=True)
class CourtOrder(Deed):
    """An order or decree of a court: ``number`` of the order, ``by`` the court, and the case it was made in."""

    FIELD: ClassVar[str] = "court-order"

    case: Text


Lender = Literal["bank", "co-operative", "government", "private"]


@dataclass(frozen=True, kw_only=True)
class Loan(Sealed):
    """What a charge secures: the lender, the lender's own reference, the sum, and the CERSAI number where given."""

    FIELD: ClassVar[str] = "loan"

    lender: Text
    lender_kind: Lender
    reference: Text
    paise: int | None = None
    cersai: Text | None = None


@dataclass(frozen=True, kw_only=True)
class Tenancy(Sealed):
    """The terms of a lease: the tenant, his or her father's, husband's or guardian's name, the rent of a year."""

    FIELD: ClassVar[str] = "tenancy"

    tenant: Text
    relation: Text | None = None
    rent_paise: int | None = None
