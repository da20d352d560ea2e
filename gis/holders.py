"""Who a cell says holds the land: names as they stand, and an honest word where the cell does not tell all.

Nothing is guessed.  A name that was cut is not taken, a placeholder is nobody, and both leave the unit marked, so
that no dealing rests on a list of holders which the paper does not give whole.
"""

from __future__ import annotations

from collections.abc import Mapping as Map
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from domain.errors import BadInput
from domain.quantities import Share, parse_share
from gis.mapping import Cell, UnitColumns
from gis.text import clean, is_cut, is_damaged, parts

CELL_CUT = "cell-cut"
NAME_DAMAGED = "name-damaged"
PLACEHOLDER = "placeholder"
NOBODY_NAMED = "nobody-named"
FEWER_THAN_KHATAS = "fewer-holders-than-khatas"
HOLDERS_DIFFER = "holders-differ"
RELATIONS_UNPAIRED = "relations-unpaired"

LONGEST_NAME = 200  # characters that the forms of an order take

SENTENCES = {
    CELL_CUT: "the cell of holders is full and was cut; its last holder is not taken",
    NAME_DAMAGED: "a holder's name is damaged, or too long for a name, and is not taken",
    PLACEHOLDER: "a placeholder stands where a holder's name should",
    NOBODY_NAMED: "no holder is named",
    FEWER_THAN_KHATAS: "fewer holders are named than khatas",
    HOLDERS_DIFFER: "rows of this khata state different holders or shares; only what all of them state is taken",
    RELATIONS_UNPAIRED: "parents or spouses are not as many as holders, so none is taken",
}


@dataclass(frozen=True, kw_only=True)
class ProposedHolder:
    """A holder as the older record names one; ``relation`` is the parent or spouse, empty where not written."""

    name: str
    relation: str = ""
    share: Share | None = None


@dataclass(frozen=True)
class HoldersRead:
    """The holders of one cell, and why the list may not be whole (codes of ``SENTENCES``); empty: it is.

    ``notes`` are codes of what else is to be looked into.
    """

    holders: tuple[ProposedHolder, ...]
    flags: tuple[str, ...]
    notes: tuple[str, ...] = ()


def read_holders(
    cell: Cell,
    shares: Cell,
    khatas: int,
    columns: UnitColumns,
    *,
    relation: Cell = None,
    share_words: Map[str, str] | None = None,
) -> HoldersRead:
    """The holders that a row names, ``khatas`` being the number of holdings it is booked under.

    Raises: BadInput for stated shares that are no shares, do not match the holders or do not add up to one.
    """
    pieces = parts(cell or "", columns.holders_separator)
    relations, notes = _relations(relation, len(pieces), columns)
    flags = []
    if isinstance(cell, str) and is_cut(cell):
        flags.append(CELL_CUT)
        pieces = pieces[:-1]
    placeholders = {clean(text) for text in columns.placeholders}
    holders = []
    for place, piece in enumerate(pieces):
        name, of = _cut_relation(piece, columns.relation_separator)
        of = of or relations[place]
        if any(is_damaged(text) or len(text) > LONGEST_NAME for text in (name, of)):
            flags.append(NAME_DAMAGED)
        elif not name or name in placeholders:
            flags.append(PLACEHOLDER)
        else:
            holders.append(ProposedHolder(name=name, relation="" if of in placeholders else of))
    if not holders:
        flags.append(NOBODY_NAMED)
    elif len(holders) < khatas:
        flags.append(FEWER_THAN_KHATAS)
    stated = [(share_words or {}).get(text, text) for text in parts(shares or "", columns.holders_separator)]
    return HoldersRead(_with_shares(holders, stated, bool(flags)), tuple(dict.fromkeys(flags)), notes)


def _relations(cell: Cell, holders: int, columns: UnitColumns) -> tuple[Sequence[str], tuple[str, ...]]:
    """The parent or spouse of each holder from a column of their own; none is taken where it cannot be told whose."""
    if holders == 1 and isinstance(cell, str):
        return [clean(cell)], ()
    found = parts(cell or "", columns.holders_separator)
    if len(found) == holders:
        return found, ()
    return [""] * holders, (RELATIONS_UNPAIRED,) if found and holders else ()


def _cut_relation(piece: str, separator: str) -> tuple[str, str]:
    """Name and relation; the blanks added at both ends let " / " be found where one side is missing."""
    name, _, relation = f" {piece} ".partition(separator) if separator else (piece, "", "")
    return name.strip(), relation.strip()


def _with_shares(
    holders: list[ProposedHolder], stated: Sequence[str], incomplete: bool
) -> tuple[ProposedHolder, ...]:
    """A sole holder holds the whole; several hold what is stated, or shares not determined."""
    if incomplete:
        return tuple(holders)
    if not stated:
        sole = Fraction(1) if len(holders) == 1 else None
        return tuple(ProposedHolder(name=h.name, relation=h.relation, share=sole) for h in holders)
    if len(stated) != len(holders):
        raise BadInput(
            f"{len(holders)} holders are named and {len(stated)} shares stated",
            field="shares",
            remedy="State one share for each holder, in the same order, or none.",
        )
    shares = [parse_share(text, field="shares") for text in stated]
    if sum(shares) != 1:
        raise BadInput(
            f"the shares {', '.join(stated)} add up to {sum(shares)}, not to one",
            field="shares",
            remedy="Correct the shares from the paper, or leave them all out.",
        )
    return tuple(
        ProposedHolder(name=h.name, relation=h.relation, share=s)
        for h, s in zip(holders, shares, strict=True)
    )
