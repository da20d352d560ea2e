"""Who may sign what, and where: the table of roles and the ladder of offices.

Types are named without their version: a power is about the act, not about the form it is written in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from domain.errors import BadInput

APPOINTING_AUTHORITY = "appointing-authority"

ROLES: Mapping[str, frozenset[str]] = {
    "tahsildar": frozenset({"mutation.import", "mutation.sale", "mutation.partition"}),
    "naib-tahsildar": frozenset({"mutation.sale", "mutation.partition"}),
    "survey-officer": frozenset({"mutation.import"}),
    # These report, file and register; no act of theirs changes the record by itself yet.
    "lekhpal": frozenset(),
    "registrar": frozenset(),
    "bank": frozenset(),
    # Acts that law gives to a clock; each joins this row together with its mutation type.
    "system": frozenset(),
    # Enrols keys and opens postings below its own office (registry.ceremony); signs nothing about land.
    APPOINTING_AUTHORITY: frozenset(
        {"key.enrolled", "key.revoked", "posting.started", "posting.ended", "record.flagged"}
    ),
}

_OFFICE = re.compile(r"[0-9A-Za-z]+(-[0-9A-Za-z]+)*(/[0-9A-Za-z]+(-[0-9A-Za-z]+)*){0,7}", re.ASCII)
_LONGEST_OFFICE = 64


def allows(role: str, event_type: str) -> bool:
    """Whether the role gives the power to sign an event of that type.

    >>> allows("naib-tahsildar", "mutation.sale/1"), allows("lekhpal", "mutation.sale/1")
    (True, False)
    """
    name, _, _ = event_type.partition("/")
    return name in ROLES.get(role, frozenset())


def contains(office: str, other: str) -> bool:
    """Whether ``other`` is the office itself or lies below it, element by element.

    >>> contains("28/51", "28/51/5257"), contains("28/51", "28/511")
    (True, False)
    """
    return other == office or other.startswith(office + "/")


def parse_office(text: str, *, field: str = "office") -> str:
    """State, district and tehsil by their LGD codes, from the widest to the narrowest.

    >>> parse_office("28/511/5257")
    '28/511/5257'
    """
    if len(text) > _LONGEST_OFFICE or not _OFFICE.fullmatch(text):
        raise BadInput(
            f"{text[:80]!r} does not name an office",
            field=field,
            remedy="Write the LGD codes of state, district and tehsil divided by '/', as in 28/511/5257.",
        )
    return text


def parse_roles(names: object, *, field: str = "roles") -> list[str]:
    """Names of roles, sorted, each once.

    >>> parse_roles(["tahsildar", "appointing-authority"])
    ['appointing-authority', 'tahsildar']
    """
    if not isinstance(names, list | tuple) or not names:
        raise BadInput("a posting gives one role at least", field=field, remedy=_KNOWN)
    for name in names:
        if name not in ROLES:
            raise BadInput(f"{str(name)[:40]!r} is not a role", field=field, remedy=_KNOWN)
    return sorted(set(names))


_KNOWN = f"The roles are {', '.join(sorted(ROLES))}."
