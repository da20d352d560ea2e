"""Who may sign what, and where: the table of roles and the ladder of offices.

Types are named without their version: a power is about the act, not about the form it is written in.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from domain import catalogue
from domain.case_steps import FILERS, SYSTEM, clock_may_decide
from domain.errors import BadInput
from domain.languages import Phrase
from domain.law import Law, posts, states
from domain.signing import roles_ever, roles_named, signers

APPOINTING_AUTHORITY = "appointing-authority"

ACTS: Mapping[str, frozenset[str]] = {
    # Enrols keys and opens postings below its own office (registry.ceremony); signs nothing about land.
    APPOINTING_AUTHORITY: frozenset(
        {"key.enrolled", "key.revoked", "posting.started", "posting.ended", "record.flagged"}
    ),
}
"""Powers that are not a mutation's: who signs one stands in its own file and in the states' law (domain.signing)."""

OTHER_ROLES = FILERS | {SYSTEM}
"""Roles that file, and the clock's own: whether or not a mutation type lets them decide."""


@cache
def roles() -> frozenset[str]:
    """Every role that a posting may give."""
    deciding = (role for mutation in catalogue.all_types().values() for role in mutation.decided_by)
    posted = (role for state in states() for role in posts(state))
    return frozenset(deciding) | frozenset(posted) | roles_named() | frozenset(ACTS) | OTHER_ROLES


_OFFICE = re.compile(r"[0-9A-Za-z]+(-[0-9A-Za-z]+)*(/[0-9A-Za-z]+(-[0-9A-Za-z]+)*){0,7}", re.ASCII)
_LONGEST_OFFICE = 64


def allows(role: str, event_type: str, law: Law, *, opposed: bool = False) -> bool:
    """Whether the role gives the power to sign an event of that type, by a state's law of a day.

    ``opposed``: somebody has objected to the mutation, or nobody can know, for it is made in no case.

    >>> from datetime import date
    >>> here = Law("up", date(2026, 3, 2))
    >>> allows("naib-tahsildar", "mutation.sale/1", here), allows("lekhpal", "mutation.sale/1", here)
    (True, False)
    >>> allows("counter", "case.filed/1", here), allows("system", "mutation.sale/1", here)
    (True, True)

    What the role ``system`` signs about land is bound to a case whose notice ran out (``domain.case_carry``).
    """
    mutation = catalogue.all_types().get(event_type)
    if mutation is not None:
        by_law = role in signers(mutation, law, opposed=opposed)
        return by_law or (role == SYSTEM and clock_may_decide(event_type))
    name, _, _ = event_type.partition("/")
    return name in ACTS.get(role, frozenset()) or role in roles_ever(event_type)


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
            Phrase("{given} does not name an office", given=repr(text[:80])),
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
        raise BadInput("a posting gives one role at least", field=field, remedy=_known())
    for name in names:
        if name not in roles():
            raise BadInput(
                Phrase("{given} is not a role", given=repr(str(name)[:40])), field=field, remedy=_known()
            )
    return sorted(set(names))


def _known() -> str:
    return f"The roles are {', '.join(sorted(roles()))}."
