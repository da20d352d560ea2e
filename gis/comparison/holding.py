"""Whom the newer map names as holders of a parcel where the record names others.

A map's list of holders is no deed: a difference is told, and becomes an application only in an officer's hand.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from gis.comparison.plots import Plot
from gis.text import clean

HolderKind = Literal["holders-changed", "holders-removed", "holders-added"]
HOLDER_KINDS: tuple[HolderKind, ...] = ("holders-changed", "holders-removed", "holders-added")


@dataclass(frozen=True, kw_only=True)
class HolderChange:
    """A parcel for which the newer map names other holders than the record; ``number`` counts on from the changes."""

    number: int
    kind: HolderKind
    before: Plot
    after: Plot

    @property
    def sentence(self) -> str:
        was, now = (", ".join(plot.holders or ()) or "nobody" for plot in (self.before, self.after))
        return f"Parcel {self.before.label}: the record names {was}; the newer map names {now}."


def holder_kind(before: Plot, after: Plot) -> HolderKind | None:
    """How the holders differ; None where they do not, or where one of the two does not tell.

    The order in which holders are written means nothing, nor do blanks.
    """
    if before.holders is None or after.holders is None:
        return None
    was, now = (sorted(map(clean, holders)) for holders in (before.holders, after.holders))
    if was == now:
        return None
    if not was:
        return "holders-added"
    return "holders-changed" if now else "holders-removed"
