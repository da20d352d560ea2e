"""The sentences of a comparison: what became of some parcels, in words for the officer."""

from __future__ import annotations

from collections.abc import Sequence

from gis.comparison.kinds import Kind
from gis.comparison.plots import Plot
from gis.tolerances import EXTENT_M2


def of_group(kind: Kind, before: tuple[Plot, ...], after: tuple[Plot, ...]) -> str:
    """A group of parcels that share land."""
    old, new = (", ".join(plot.label for plot in plots) for plots in (before, after))
    sentences: dict[Kind, str] = {
        "vanished": f"The newer map no longer shows parcel {old}, nor another in its place.",
        "new": f"The newer map shows parcel {new} where no parcel is registered.",
        "renumbered": f"Parcel {old} bears the number {new} on the newer map.",
        "split": f"Parcel {old} is divided into {new}.",
        "merged": f"Parcels {old} have become {new}.",
        "rearranged": f"The land of {old} is divided anew among {new}.",
    }
    return sentences[kind]


def of_boundary(sides: Sequence[tuple[Plot, Plot]]) -> str:
    """One or two parcels of which a boundary moved, each before and after."""
    if len(sides) == 2:
        labels = " and ".join(old.label for old, _ in sides)
        return f"The boundary between parcels {labels} has moved; their areas follow it."
    (old, new), *_ = sides
    if old.area and new.area and abs(old.area.m2 - new.area.m2) > EXTENT_M2:
        was, now = (f"{area.figure} {area.unit}" for area in (old.area, new.area))
        return f"Parcel {old.label} has another boundary and another extent: {now}, it was {was}."
    return f"Parcel {old.label} is drawn as its recorded extent asks; the registered shape was not."


def of_one(kind: Kind, old: Plot, new: Plot, kept: float) -> str:
    """A parcel that keeps its number; ``kept`` is the share of its shape that both maps have."""
    if new.shape is None or kind == "unusable":
        return f"Parcel {old.label}: the row of the newer map cannot be used: {new.fault}."
    if kind == "extent-changed" and old.area and new.area:
        was, now = (f"{area.figure} {area.unit}" for area in (old.area, new.area))
        return f"Parcel {old.label} is recorded with {now}, it was {was}; its drawing does not say so."
    if kind == "broken":
        share = f"{100 * kept:.0f} %"
        return (
            f"Parcel {old.label} keeps {share} of its shape though its extent stands: the drawing is broken."
        )
    return (
        f"Parcel {old.label} is drawn otherwise ({100 * kept:.0f} % is common) though its extent stands "
        "and no new number lies on its land."
    )
