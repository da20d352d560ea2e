"""The parts of an address and of a query, each with the rule that it keeps."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from fastapi import Path, Query

Lgd = Annotated[
    str, Path(pattern=r"^[1-9][0-9]{0,5}$", description="The village's LGD code.", examples=["593873"])
]
ParcelAddress = Annotated[
    str,
    Path(pattern=r"^[1-9][0-9]{0,5}-[0-9]{6}$", description="A parcel's id.", examples=["593873-000145"]),
]
UnitAddress = Annotated[
    str,
    Path(pattern=r"^[1-9][0-9]{0,5}-U[0-9]{6}$", description="A unit's id.", examples=["593873-U000045"]),
]
EventAddress = Annotated[
    str, Path(pattern=r"^[0-9a-f]{32}$", description="The order's event_id: a UUID in 32 hex digits.")
]
Language = Literal["en", "hi", "te", "mr", "kn"]
LANGUAGES: tuple[Language, ...] = ("en", "hi", "te", "mr", "kn")
Lang = Annotated[Language, Query(description="The language of sentences and of words of the state.")]
AsOf = Annotated[
    date | None, Query(description="The record as the orders decided up to this day (of India) made it.")
]
KnownAt = Annotated[
    str | None,
    Query(
        max_length=40,
        description="The record as the log showed it at this instant (RFC 3339).",
        examples=["2026-11-21T10:00:00Z"],
        json_schema_extra={"format": "date-time"},
    ),
]
NO_CONTROLS = r"^[^\x00-\x1f\x7f]*$"
