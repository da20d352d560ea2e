"""A village measured anew, planned as orders: which new parcel takes up which old ones, and what goes in one order.

A survey measures land and gives none from one holding to another.  So a new parcel lies in the holding from which
most of its land comes, and replaces the parcels of that holding whose land it takes up; what it takes up of others
is a boundary that the survey found elsewhere.  Old and new parcels that hang together so go into one order, for an
old parcel is retired once and as a whole.  Orders follow each other so that every number has fallen free before it
is given again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from gis.comparison.kin import Sets
from gis.comparison.plots import Plot
from gis.comparison.rules import Comparison
from gis.shapes import square_metres
from gis.text import natural_key
from gis.tolerances import HELD_SHARE, TAKEN_SHARE

_STRICTER = (TAKEN_SHARE, 0.25, HELD_SHARE, 2.0)
"""Shares of the smaller parcel from which land counts as taken up, each for groups that the last left too large; at
the end only the parcel from which most of the land comes."""


@dataclass(frozen=True, kw_only=True)
class Measured:
    """A new parcel, the registered unit that it lies in, and the registered parcels that it replaces."""

    plot: Plot
    unit: str
    replaces: tuple[Plot, ...]


@dataclass(frozen=True)
class Together:
    """New parcels that only one order can bring, for they share old ones."""

    parcels: tuple[Measured, ...]

    @property
    def retires(self) -> tuple[Plot, ...]:
        return tuple(dict.fromkeys(old for parcel in self.parcels for old in parcel.replaces))

    @property
    def size(self) -> int:
        """Parcels in all, old and new."""
        return len(self.parcels) + len(self.retires)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """The resurvey of a village: what goes into each order, and what no order brings."""

    orders: tuple[tuple[Together, ...], ...]
    left: tuple[Plot, ...]
    """Registered parcels whose land has gone to parcels of other holdings, or to none: they stay."""
    homeless: tuple[Plot, ...]
    """New parcels on land where nothing is registered."""


def plan(comparison: Comparison, *, most: int) -> Plan:
    """Orders of at most ``most`` parcels, old and new together; a group that cannot be made smaller stands alone."""
    land = _Land.of(comparison)
    children = land.children()
    linked = _grouped(land, children, most)
    taken = {place for group in linked for _, parents in group for place in parents}
    groups = [
        Together(
            tuple(
                Measured(
                    plot=comparison.newer[child],
                    unit=land.home[child],
                    replaces=tuple(comparison.registered[place] for place in parents),
                )
                for child, parents in group
            )
        )
        for group in linked
    ]
    still = ("unchanged", "redrawn")
    return Plan(
        orders=_packed(_after_their_numbers(groups), most),
        left=tuple(
            plot
            for place, plot in enumerate(comparison.registered)
            if place not in taken and comparison.verdicts[place] not in still
        ),
        homeless=tuple(
            plot
            for place, plot in enumerate(comparison.newer)
            if plot.shape is not None and place not in land.from_ and place not in land.settled
        ),
    )


Linked = list[tuple[int, tuple[int, ...]]]
"""New places with the old places that each replaces."""


@dataclass(frozen=True)
class _Land:
    """What went where: of each new place the old ones with the share of the smaller parcel that they have in common."""

    comparison: Comparison
    from_: Mapping[int, Mapping[int, tuple[float, float]]]
    """m2 and share, by new place and old place."""
    home: Mapping[int, str]
    """The unit from which most of the new parcel's land comes."""
    settled: frozenset[int]
    """New places that are as the record has them."""

    @classmethod
    def of(cls, comparison: Comparison) -> _Land:
        before = square_metres([plot.shape for plot in comparison.registered])
        after = square_metres([plot.shape for plot in comparison.newer])
        still = {
            plot.label
            for plot, verdict in zip(comparison.registered, comparison.verdicts, strict=True)
            if verdict in ("unchanged", "redrawn")
        }
        settled = frozenset(p for p, plot in enumerate(comparison.newer) if plot.label in still)
        from_: dict[int, dict[int, tuple[float, float]]] = defaultdict(dict)
        for old, new, m2 in comparison.lineage:
            if new not in settled and comparison.registered[old].label not in still:
                from_[new][old] = (m2, m2 / float(min(before[old], after[new])))
        home = {}
        for new, parents in from_.items():
            units: dict[str, float] = defaultdict(float)
            for old, (m2, _) in parents.items():
                units[comparison.registered[old].unit] += m2
            home[new] = max(units, key=lambda unit: units[unit])
        return cls(comparison, dict(from_), home, settled)

    def children(self) -> list[int]:
        return sorted(self.from_)

    def parents(self, child: int, share: float) -> tuple[int, ...]:
        """Old places of the child's own unit from which it takes up at least that share; the chief one always."""
        mine = {
            old: found
            for old, found in self.from_[child].items()
            if self.comparison.registered[old].unit == self.home[child]
        }
        chief = max(mine, key=lambda old: mine[old][0])
        return tuple(sorted(old for old, (_, part) in mine.items() if old == chief or part >= share))


def _grouped(land: _Land, children: Sequence[int], most: int) -> list[Linked]:
    """Groups of children that share parents: by the mildest share for which they are small enough."""
    done: list[Linked] = []
    waiting = [list(children)]
    for share in _STRICTER:
        too_large: list[list[int]] = []
        for some in waiting:
            for group in _connected(land, some, share):
                size = len(group) + len({old for _, parents in group for old in parents})
                if size <= most or share == _STRICTER[-1]:
                    done.append(group)
                else:
                    too_large.append([child for child, _ in group])
        waiting = too_large
    return done


def _connected(land: _Land, children: Sequence[int], share: float) -> list[Linked]:
    """Children that share parents; an old parcel of which none takes up enough goes to who takes most of it."""
    parents = {child: land.parents(child, share) for child in children}
    listed = {old for olds in parents.values() for old in olds}
    most: dict[int, tuple[float, int]] = {}
    for child in children:
        for old, (m2, _) in land.from_[child].items():
            if old not in listed and land.comparison.registered[old].unit == land.home[child]:
                most[old] = max(most.get(old, (0.0, -1)), (m2, child))
    for old, (_, child) in most.items():
        parents[child] = tuple(sorted({*parents[child], old}))
    sets = Sets()
    for child, olds in parents.items():
        for old in olds:
            sets.join(("new", child), ("old", old))
    return [
        [(place, parents[place]) for side, place in sorted(members) if side == "new"]
        for members in sets.all()
    ]


def _after_their_numbers(groups: Sequence[Together]) -> list[list[Together]]:
    """Groups in an order in which each number has fallen free before it is given; those that wait for each other are
    one item, and belong into one order.
    """
    frees = {old.label: number for number, group in enumerate(groups) for old in group.retires}
    needs = [
        sorted({frees[p.plot.label] for p in group.parcels if frees.get(p.plot.label, number) != number})
        for number, group in enumerate(groups)
    ]
    start = sorted(range(len(groups)), key=lambda n: natural_key(groups[n].parcels[0].plot.label))
    return [[groups[n] for n in knot] for knot in _knots(needs, start)]


def _knots(needs: Sequence[Sequence[int]], start: Iterable[int]) -> list[list[int]]:
    """Strongly connected parts of a graph, each after all that it needs (Tarjan's algorithm, without recursion)."""
    index: dict[int, int] = {}
    low: dict[int, int] = {}
    path: list[int] = []
    on_path: set[int] = set()
    knots: list[list[int]] = []
    for root in start:
        work = [(root, iter(needs[root]))] if root not in index else []
        while work:
            node, rest = work[-1]
            if node not in index:
                index[node] = low[node] = len(index)
                path.append(node)
                on_path.add(node)
            following = next((n for n in rest if n not in index or n in on_path), None)
            if following is not None:
                if following in index:
                    low[node] = min(low[node], index[following])
                else:
                    work.append((following, iter(needs[following])))
                continue
            work.pop()
            if work:
                low[work[-1][0]] = min(low[work[-1][0]], low[node])
            if low[node] == index[node]:
                at = path.index(node)
                knots.append(path[at:])
                on_path.difference_update(path[at:])
                del path[at:]
    return knots


def _packed(knots: Iterable[Sequence[Together]], most: int) -> tuple[tuple[Together, ...], ...]:
    orders: list[list[Together]] = []
    left = 0
    for knot in knots:
        need = sum(group.size for group in knot)
        if need > left:
            orders.append([])
            left = most
        orders[-1] += knot
        left -= need
    return tuple(tuple(order) for order in orders)
