"""What can lie on land and bar dealings with it: which natures each kind bars, by what law, and what lifts the bar.

A restriction is an item of a parcel's or a unit's ``restrictions``; with ``on`` it concerns one holder only and bars
what that holder takes part in.  A permission allows one act; the restriction itself stays until an order removes it.
The kinds and their law are data: ``restrictions.toml``; which of them a tenure carries with it says the state's
``tenures.toml``.
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any, Literal, get_args

from domain import states
from domain.languages import ENGLISH, LANGUAGES, Named, Phrase
from domain.record import Parcel, Restriction, Unit

Nature = Literal[
    "registration",
    "transfer",
    "succession",
    "division",
    "charge",
    "authority",
    "order",
    "correction",
]
"""What an act is to the land.  ``authority``: the state's act upon rights or class (acquisition, grant, resumption,
conversion, a decree carried out).  ``order``: an entry that warns, lightens or lifts, and moves no right."""
NATURES: tuple[Nature, ...] = get_args(Nature)
DEALINGS: frozenset[Nature] = frozenset({"transfer", "division", "charge"})
"""What a priority hold keeps for somebody else, and what a kind that is not known here bars."""


@dataclass(frozen=True, kw_only=True)
class RestrictionKind:
    """One kind of restriction: its words, its law, what it bars and which permission lifts the bar for one act."""

    name: str
    words: Mapping[str, str]
    source: str
    bars: frozenset[Nature]
    lifted_by: str | None
    remedy: str
    open_to_credit: bool = False
    """The law leaves a mortgage to the state, a co-operative society or a bank free."""
    condition: bool = False
    """The state gave the land on this condition, and keeps a say in what becomes of it."""
    by_order: bool = False
    """An officer's order notes it and removes it; others have acts of their own."""
    removed_by_order: bool = False
    """An officer's order removes it, where it is noted by another act."""
    personal: bool = False
    """It concerns a holder, and goes when that holder goes; others stay with the land."""


def _kind(row: Mapping[str, Any]) -> RestrictionKind:
    return RestrictionKind(
        name=row["name"],
        words=MappingProxyType({language: row[language] for language in LANGUAGES}),
        source=row["source"],
        bars=frozenset(row["bars"]),
        lifted_by=row.get("lifted-by"),
        remedy=row["remedy"],
        open_to_credit=row.get("open-to-credit", False),
        condition=row.get("condition", False),
        by_order=row.get("by-order", False),
        removed_by_order=row.get("removed-by-order", row.get("by-order", False)),
        personal=row.get("personal", False),
    )


_TABLE = tomllib.loads((resources.files("domain") / "restrictions.toml").read_text(encoding="utf-8"))

KINDS: Mapping[str, RestrictionKind] = MappingProxyType(
    {row["name"]: _kind(row) for row in _TABLE["restriction"]}
)
"""Kinds known here.  A kind that is not known bars every dealing: it is safer to ask than to sell."""

OPEN_TO_CREDIT = frozenset(name for name, kind in KINDS.items() if kind.open_to_credit)
"""The kinds that do not bar a mortgage to the state, a co-operative society or a bank."""

CONDITIONAL = frozenset(name for name, kind in KINDS.items() if kind.condition)
"""The kinds that are conditions on which the state gave the land."""


def bars(restriction: Restriction, nature: Nature, *, permissions: Iterable[str] = ()) -> bool:
    """Whether the restriction stands in the way of an act of that nature with these permissions in hand."""
    kind = KINDS.get(restriction.kind)
    if kind is None:
        return nature in DEALINGS
    return nature in kind.bars and (kind.lifted_by is None or kind.lifted_by not in set(permissions))


def barred(
    states: Iterable[Parcel | Unit],
    nature: Nature,
    *,
    permissions: Iterable[str] = (),
    acting: frozenset[str] = frozenset(),
    spared: Collection[str] = (),
) -> list[Phrase]:
    """What stands in the way, in words: "593873-U000045: stay by a court".

    ``acting`` are the holders who take part: a restriction on one holder bars what that holder does.  ``spared`` are
    the kinds whose own law leaves this act free.
    """
    allowed = tuple(permissions)
    return [
        _in_the_way(state, restriction.kind)
        for state in states
        for restriction in state.restrictions
        if bars(restriction, nature, permissions=allowed)
        and restriction.kind not in spared
        and (restriction.on is None or restriction.on in acting)
    ]


def held(
    states: Iterable[Parcel | Unit], nature: Nature, *, presented: Collection[str], day: date
) -> list[Phrase]:
    """The units whose next dealing is kept for somebody else, in words: "593873-U000045: held until 2026-12-31".

    Holds queue in the order of the log: only the first that still runs counts, and it lets those through who present
    the certificate that it commits to (``presented`` are commitments).  A hold ends with its last day by itself.
    """
    found = []
    for unit in (s for s in states if isinstance(s, Unit) and nature in DEALINGS):
        first = next((h for h in unit.holds if h.until >= day), None)
        if first is not None and first.details not in presented:
            found.append(
                Phrase("{unit}: held until {until} for another dealing", unit=unit.id, until=first.until)
            )
    return found


def words(kind: str, language: str = "en") -> str:
    """What people call the kind; its code where it is not known here."""
    known = KINDS.get(kind)
    return known.words[language] if known else kind


def _in_the_way(state: Parcel | Unit, kind: str) -> Phrase:
    known = KINDS.get(kind)
    if known is None:
        return Phrase("{thing}: {restriction}", thing=state.id, restriction=kind)
    if known.lifted_by is None:
        return Phrase("{thing}: {restriction}", thing=state.id, restriction=Named(known.words))
    return Phrase(
        "{thing}: {restriction} ({permission} lifts it for one act)",
        thing=state.id,
        restriction=Named(known.words),
        permission=_permission(known.lifted_by),
    )


@cache
def _permission(code: str) -> Named:
    """The permission by its code, as forms write it; in other languages with the words for it before."""
    rows = states.table(states.GENERIC, "papers").get("paper", [])
    words = next((states.sentences(row) for row in rows if row["name"] == code), {})
    return Named(
        {language: f"{word} [{code}]" for language, word in words.items() if language != ENGLISH}
        | {ENGLISH: code}
    )
