"""What can lie on land and bar dealings with it: which natures each kind bars, by what law, and what lifts the bar.

A restriction is an item of a parcel's or a unit's ``restrictions``; with ``on`` it concerns one holder only and bars
what that holder takes part in.  A permission allows one act; the restriction itself stays until an order removes it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from domain.record import Parcel, Restriction, Unit

Nature = Literal["registration", "transfer", "succession", "division", "charge", "order", "correction"]
NATURES: tuple[Nature, ...] = (
    "registration",
    "transfer",
    "succession",
    "division",
    "charge",
    "order",
    "correction",
)
_DEALINGS: tuple[Nature, ...] = ("transfer", "division", "charge")


@dataclass(frozen=True, kw_only=True)
class RestrictionKind:
    """One kind of restriction: its words, its law, what it bars and which permission lifts the bar for one act."""

    name: str
    words: Mapping[str, str]
    source: str
    bars: frozenset[Nature]
    lifted_by: str | None
    remedy: str


def _kind(
    name: str,
    english: str,
    hindi: str,
    source: str,
    bars: Iterable[Nature],
    lifted_by: str | None,
    remedy: str,
) -> RestrictionKind:
    words = MappingProxyType({"en": english, "hi": hindi})
    return RestrictionKind(
        name=name, words=words, source=source, bars=frozenset(bars), lifted_by=lifted_by, remedy=remedy
    )


KINDS: Mapping[str, RestrictionKind] = MappingProxyType(
    {
        k.name: k
        for k in (
            _kind(
                "stay",
                "stay by a court",
                "न्यायालय का स्थगन",
                "Code of Civil Procedure 1908, O. XXXIX",
                (*_DEALINGS, "succession"),
                None,
                "Have the stay vacated by the court that imposed it; the order is recorded first.",
            ),
            _kind(
                "lis-pendens",
                "suit pending",
                "वाद लम्बित",
                "Transfer of Property Act 1882, s. 52",
                (),  # a transfer is not void, but subject to the suit: the note warns, it does not bar
                None,
                "Have the note removed when the suit has ended.",
            ),
            _kind(
                "key-review",
                "an officer's key is under review",
                "अधिकारी की कुंजी की जाँच",
                "transparency spec 5.3",
                (*_DEALINGS, "succession"),
                None,
                "Wait until the entries signed with the key have been reviewed.",
            ),
            _kind(
                "holders-incomplete",
                "the older record does not name all holders",
                "पुराने अभिलेख में सभी खातेदार दर्ज नहीं",
                "Landlog: nothing is invented",
                (*_DEALINGS, "succession"),
                None,
                "Have the holders recorded from the older record's source by a correction.",
            ),
            _kind(
                "holder-deceased",
                "the holder is reported deceased",
                "खातेदार की मृत्यु सूचित",
                "Registration of Births and Deaths Act 1969, s. 17",
                _DEALINGS,
                None,
                "Let the heirs apply for the inheritance; nobody deals in the name of the dead.",
            ),
            _kind(
                "minor",
                "the holder is a minor",
                "खातेदार अवयस्क",
                "Hindu Minority and Guardianship Act 1956, s. 8",
                _DEALINGS,
                "court-permission",
                "Let the guardian bring the court's permission, or wait until the holder comes of age.",
            ),
            _kind(
                "tribal-land",
                "land of a Scheduled Tribe's member",
                "अनुसूचित जनजाति की भूमि",
                "Maharashtra Land Revenue Code 1966, s. 36A; the like law of each state",
                ("transfer", "charge"),
                "collector-sanction",
                "Obtain the Collector's sanction before the deed is made.",
            ),
            _kind(
                "class-2-occupant",
                "held with the Collector's permission to transfer only",
                "केवल कलेक्टर की अनुमति से अन्तरणीय",
                "Maharashtra Land Revenue Code 1966, s. 29",
                ("transfer", "charge"),
                "collector-permission",
                "Obtain the Collector's permission, or have the land turned into class 1 first.",
            ),
            _kind(
                "assigned-land",
                "assigned by the state",
                "राज्य द्वारा आवंटित",
                "Andhra Pradesh Assigned Lands (Prohibition of Transfers) Act 1977, s. 3",
                ("transfer", "charge"),
                "government-permission",
                "Obtain the government's permission; without it such a transfer is void.",
            ),
            _kind(
                "prohibited-list",
                "on the list of land that may not be registered",
                "निषिद्ध सूची में",
                "Registration Act 1908, s. 22-A as states have enacted it",
                ("transfer", "charge", "division"),
                "no-objection",
                "Obtain the no-objection of the authority that put the land on the list.",
            ),
        )
    }
)
"""Kinds known here.  A kind that is not known bars every dealing: it is safer to ask than to sell."""


def bars(restriction: Restriction, nature: Nature, *, permissions: Iterable[str] = ()) -> bool:
    """Whether the restriction stands in the way of an act of that nature with these permissions in hand."""
    kind = KINDS.get(restriction.kind)
    if kind is None:
        return nature in _DEALINGS
    return nature in kind.bars and (kind.lifted_by is None or kind.lifted_by not in set(permissions))


def barred(
    states: Iterable[Parcel | Unit],
    nature: Nature,
    *,
    permissions: Iterable[str] = (),
    acting: frozenset[str] = frozenset(),
) -> list[str]:
    """What stands in the way, in words: "593873-U000045: stay by a court".

    ``acting`` are the holders who take part: a restriction on one holder bars what that holder does.
    """
    allowed = tuple(permissions)
    return [
        f"{state.id}: {_words(restriction)}"
        for state in states
        for restriction in state.restrictions
        if bars(restriction, nature, permissions=allowed)
        and (restriction.on is None or restriction.on in acting)
    ]


def _words(restriction: Restriction) -> str:
    kind = KINDS.get(restriction.kind)
    words = kind.words["en"] if kind else restriction.kind
    remedy = f" ({kind.lifted_by} lifts it for one act)" if kind and kind.lifted_by else ""
    return words + remedy
