"""Who holds which land: khatas of families over fields, and the public land of the village.

Shares are exact fractions of the whole khata. As in real villages some joint khatas state none, for their shares
were never determined; nobody may then guess them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from fractions import Fraction

import numpy as np
import shapely
from shapely import Polygon
from shapely.geometry.base import BaseGeometry

from api.demo.ground import HUBS, Site, Use
from api.demo.names import Branch, Name, Person, family


class LandClass(Enum):
    """Classes of land in the manner of a khatauni (shreni), in the order in which a khatauni lists them."""

    TRANSFERABLE = Name("1-क संक्रमणीय भूमिधर", "1-ka bhumidhar, transferable")
    NON_TRANSFERABLE = Name("2 असंक्रमणीय भूमिधर", "2 bhumidhar, non-transferable")
    ASAMI = Name("3 असामी", "3 asami")
    FALLOW = Name("5-2 पुरानी परती", "5-2 old fallow")
    CULTURABLE = Name("5-3 अन्य कृषि योग्य भूमि", "5-3 other culturable land")
    WATER = Name("6-1 जलमग्न भूमि", "6-1 under water")
    SITES = Name("6-2 स्थल, सड़क, भवन", "6-2 sites, roads, buildings")
    CREMATION = Name("6-3 श्मशान", "6-3 cremation ground")


class Acquired(Enum):
    """How the holders came by the land, as far as the record says."""

    INHERITED = Name("विरासत", "Inheritance")
    BOUGHT = Name("बैनामा", "Sale deed")
    GIVEN = Name("दान पत्र", "Gift deed")
    DIVIDED = Name("बंटवारा", "Partition")
    GRANTED = Name("पट्टा", "Grant")
    PUBLIC = Name("सार्वजनिक", "Public land")


@dataclass(frozen=True, kw_only=True)
class Khata:
    """A holding: its holders, their shares (none where the record states none) and its fields by position."""

    label: str
    land_class: LandClass
    holders: tuple[Person, ...]
    shares: tuple[Fraction, ...]
    acquired: Acquired
    plots: tuple[int, ...]


_NOBODY = Name("", "")
_STATE = Name("राज्य सरकार", "State Government")
_ROADS = Name("लोक निर्माण विभाग", "Public Works Department")
_GRAM_SABHA = Name("ग्राम सभा", "Gram Sabha")
_PUBLIC = {
    Use.PASTURE: (LandClass.CULTURABLE, _GRAM_SABHA),
    Use.FALLOW: (LandClass.FALLOW, _GRAM_SABHA),
    Use.STREAM: (LandClass.WATER, _STATE),
    Use.POND: (LandClass.WATER, _GRAM_SABHA),
    Use.ROAD: (LandClass.SITES, _ROADS),
    Use.TRACK: (LandClass.SITES, _GRAM_SABHA),
    Use.HABITATION: (LandClass.SITES, _GRAM_SABHA),
    Use.THRESHING: (LandClass.SITES, _GRAM_SABHA),
    Use.SCHOOL: (LandClass.SITES, _GRAM_SABHA),
    Use.CREMATION: (LandClass.CREMATION, _GRAM_SABHA),
}
_PLOTS_OF_A_KHATA = ((1, 2, 3, 4, 5, 6), (0.44, 0.27, 0.14, 0.08, 0.04, 0.03))
_LARGE_KHATA = 12  # plots of the landlord of the first village
_FORTY = (
    (4, 3, 3),
    (5, 5),
    (4, 4, 2),
    (3, 4, 3),
)  # grandchildren by son by branch: the heirs of the second village


def with_uses(plots: Sequence[Site], rng: np.random.Generator) -> list[Site]:
    """One village's plots with a use for each field: first those that the village keeps for all, then the others."""
    plots = list(plots)
    hub = shapely.Point(HUBS[plots[0].village])
    water = _land(plots, Use.STREAM, Use.POND)
    _reserve(plots, Use.THRESHING, hub.distance)
    _reserve(plots, Use.SCHOOL, hub.distance, beside=_land(plots, Use.ROAD))
    stream = _land(plots, Use.STREAM)
    _reserve(plots, Use.CREMATION, lambda field: field.area / (1 + hub.distance(field)), beside=stream)
    _reserve(plots, Use.PASTURE, lambda field: -field.area, beside=stream)
    for position, plot in enumerate(plots):
        if plot.use is None:
            irrigated = plot.shape.distance(water) < rng.uniform(60, 240)
            grove = plot.shape.area < 5000 and rng.random() < 0.06
            dry = Use.FALLOW if rng.random() < 0.03 else Use.DRY
            plots[position] = replace(plot, use=Use.GROVE if grove else Use.IRRIGATED if irrigated else dry)
    return plots


def _land(plots: Sequence[Site], *uses: Use) -> BaseGeometry:
    return shapely.union_all([plot.shape for plot in plots if plot.use in uses])


def _reserve(
    plots: list[Site], use: Use, rank: Callable[[Polygon], float], *, beside: BaseGeometry | None = None
) -> None:
    """Give the field of the lowest rank to the village, if possible one that adjoins what it should stand beside."""
    free = [position for position, plot in enumerate(plots) if plot.use is None]
    adjoining = [i for i in free if beside is None or plots[i].shape.intersects(beside)]
    chosen = min(adjoining or free, key=lambda i: rank(plots[i].shape))
    plots[chosen] = replace(plots[chosen], use=use)


def khatas(plots: Sequence[Site], rng: np.random.Generator) -> list[Khata]:
    """All khatas of a village, numbered in the order of their class and then of their first holder's name."""
    private = _private(plots, rng)
    joint = [i for i, khata in enumerate(private) if 3 <= len(khata.holders) <= 6]
    silent = int(rng.choice(joint))
    private[silent] = replace(private[silent], shares=())
    classes = list(LandClass)
    listed = sorted(private, key=lambda khata: (classes.index(khata.land_class), khata.holders[0].name.local))
    listed += sorted(_public(plots), key=lambda khata: classes.index(khata.land_class))
    return [replace(khata, label=str(number)) for number, khata in enumerate(listed, start=1)]


def _public(plots: Sequence[Site]) -> list[Khata]:
    """One khata for each class of land and each public body that keeps it."""
    kept: dict[tuple[LandClass, Name], list[int]] = {}
    for position, plot in enumerate(plots):
        if plot.use in _PUBLIC:
            kept.setdefault(_PUBLIC[plot.use], []).append(position)
    return [
        Khata(
            label="",
            land_class=land_class,
            holders=(Person(body, _NOBODY),),
            shares=(Fraction(1),),
            acquired=Acquired.PUBLIC,
            plots=tuple(positions),
        )
        for (land_class, body), positions in kept.items()
    ]


def _private(plots: Sequence[Site], rng: np.random.Generator) -> list[Khata]:
    """The khatas of the families, not numbered yet: a large one in the first village, many heirs in the second."""
    village = plots[0].village
    free = [i for i, plot in enumerate(plots) if plot.use not in _PUBLIC]
    families = [family(rng) for _ in range(len(free) // 4)]
    found: list[Khata] = []
    while free:
        first = not found
        usual = int(rng.choice(_PLOTS_OF_A_KHATA[0], p=_PLOTS_OF_A_KHATA[1]))
        positions = _gathered(plots, free, _LARGE_KHATA if first and village == 0 else usual + 3 * first, rng)
        if first and village == 1:
            holders, shares, acquired = _forty_heirs(rng)
        else:
            holders, shares, acquired = _holders(families, rng)
        land_class, acquired = _class_of(len(holders), len(positions), acquired, rng)
        found.append(
            Khata(
                label="",
                land_class=land_class,
                holders=holders,
                shares=shares,
                acquired=acquired,
                plots=tuple(sorted(positions)),
            )
        )
    return found


def _gathered(plots: Sequence[Site], free: list[int], count: int, rng: np.random.Generator) -> list[int]:
    """Take so many plots from the free ones: one anywhere, the others near it about as often as not."""
    home = free.pop(int(rng.integers(len(free))))
    taken = [home]
    while free and len(taken) < count:
        if rng.random() < 0.55:
            distances = [plots[i].shape.distance(plots[home].shape) for i in free]
            taken.append(free.pop(int(np.argmin(distances))))
        else:
            taken.append(free.pop(int(rng.integers(len(free)))))
    return taken


def _class_of(
    holders: int, plots: int, acquired: Acquired, rng: np.random.Generator
) -> tuple[LandClass, Acquired]:
    """Most land is transferable; a lone holder of a plot or two may have it by the gram sabha's grant."""
    if holders == 1 and plots <= 2 and rng.random() < 0.2:
        return LandClass.NON_TRANSFERABLE if rng.random() < 0.75 else LandClass.ASAMI, Acquired.GRANTED
    return LandClass.TRANSFERABLE, acquired


_Held = tuple[tuple[Person, ...], tuple[Fraction, ...], Acquired]


def _holders(families: Sequence[Sequence[Branch]], rng: np.random.Generator) -> _Held:
    """One holder, or the ways in which a khata comes to have several."""
    branches = families[int(rng.integers(len(families)))]
    branch = branches[int(rng.integers(len(branches)))]
    dice = rng.random()
    if dice < 0.2 and len(branches) > 1:  # brothers who never divided
        return _equally([brother.head for brother in branches], Acquired.INHERITED)
    if dice < 0.34 and len(branches) > 1:  # one brother lives, the children of the other stand in his place
        uncle, late = branches[0], branches[1]
        each = Fraction(1, 2 * len(late.children))
        return (
            (uncle.head, *late.children),
            (Fraction(1, 2), *[each] * len(late.children)),
            Acquired.INHERITED,
        )
    if dice < 0.44:  # a widow and her children
        return _equally([branch.wife, *branch.children], Acquired.INHERITED)
    if dice < 0.52:  # two who bought together
        other = families[int(rng.integers(len(families)))][0].head
        if other.name not in {brother.head.name for brother in branches}:
            part = Fraction(1, int(rng.choice([2, 3, 4])))
            return (branch.head, other), (part, 1 - part), Acquired.BOUGHT
    holder = branch.wife if dice > 0.92 else branch.children[0] if dice > 0.85 else branch.head
    ways = (Acquired.INHERITED, Acquired.DIVIDED, Acquired.BOUGHT, Acquired.GIVEN)
    return (holder,), (Fraction(1),), ways[int(rng.choice(4, p=[0.5, 0.2, 0.25, 0.05]))]


def _equally(holders: Sequence[Person], acquired: Acquired) -> _Held:
    return tuple(holders), tuple(Fraction(1, len(holders)) for _ in holders), acquired


def _forty_heirs(rng: np.random.Generator) -> _Held:
    """Forty cousins in four branches, who inherit by branch and by father: no two branches share alike."""
    holders: list[Person] = []
    shares: list[Fraction] = []
    for fathers in _FORTY:
        for father in family(rng, fathers):
            holders += father.children
            shares += [Fraction(1, len(_FORTY) * len(fathers) * len(father.children))] * len(father.children)
    return tuple(holders), tuple(shares), Acquired.INHERITED
