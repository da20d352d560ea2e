"""Which old and new parcels hang together: whose land was taken up by whom, and the groups that follow.

Three links join two maps.  A number that ended and one that began share land.  A number that stayed gave a piece
to one that began.  A number that stayed took in one that ended.  Between numbers that stayed there is none, however
their drawings lap over each other: that is a matter of boundaries, or of careless drawing, never of lineage.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gis.comparison.overlay import Floats, Ints, Overlay
from gis.tolerances import HELD_SHARE, LINK_M2, TAKEN_SHARE

Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Numbers:
    """What became of the numbers: ``stays[i]`` is the newer place of an older number, -1 where it ended."""

    stays: Ints
    ended: Bools
    began: Bools


@dataclass(frozen=True)
class Group:
    """Older and newer parcels, by their places, that share land through links."""

    old: tuple[int, ...]
    new: tuple[int, ...]


def groups(land: Overlay, numbers: Numbers) -> list[Group]:
    """The groups that numbers which ended or began belong to, each parcel in one; ordered by their first place."""
    links = _links(land, numbers)
    sets = Sets()
    for place in np.flatnonzero(links).tolist():
        sets.join(("old", int(land.old[place])), ("new", int(land.new[place])))
    for place in np.flatnonzero(numbers.ended).tolist():
        sets.add(("old", place))
    for place in np.flatnonzero(numbers.began).tolist():
        sets.add(("new", place))
    for side, place in sets.members():
        stayed = int(numbers.stays[place]) if side == "old" else -1
        if stayed >= 0:  # who took or gave a piece stands on both sides
            sets.join(("old", place), ("new", stayed))
    for place, newer in enumerate(numbers.stays.tolist()):
        if newer >= 0 and ("new", newer) in sets:
            sets.join(("old", place), ("new", newer))
    found = [
        Group(
            tuple(sorted(place for side, place in members if side == "old")),
            tuple(sorted(place for side, place in members if side == "new")),
        )
        for members in sets.all()
    ]
    return sorted(found, key=lambda group: (group.old or (len(numbers.stays),), group.new))


def _links(land: Overlay, numbers: Numbers) -> Bools:
    old, new, common = land.old, land.new, land.common_m2
    ended, began = numbers.ended[old], numbers.began[new]
    smaller = np.minimum(land.before_m2[old], land.after_m2[new])
    to_new_numbers = ended & began & (common >= TAKEN_SHARE * smaller)
    from_ended = _share_of(new, np.where(ended, common, 0.0), land.after_m2)
    into_begun = _share_of(old, np.where(began, common, 0.0), land.before_m2)
    own = _own_land(land, numbers)
    # Who keeps the number has let go of the piece; whoever took it in holds it beside his own.
    gave = (~ended & began) & (common >= HELD_SHARE * land.after_m2[new]) & (from_ended[new] < HELD_SHARE)
    gave &= own[old] <= land.before_m2[old] - common / 2
    stayed = ~numbers.began[new]
    took = (ended & stayed) & (common >= HELD_SHARE * land.before_m2[old]) & (into_begun[old] < HELD_SHARE)
    return (common > LINK_M2) & (to_new_numbers | gave | took)


def _share_of(places: Ints, common: Floats, whole: Floats) -> Floats:
    sums = np.bincount(places, weights=common, minlength=len(whole))
    return sums / np.maximum(whole, 1e-9)


def _own_land(land: Overlay, numbers: Numbers) -> Floats:
    """How much of each older parcel its own number still covers."""
    own = np.zeros(len(numbers.stays))
    mine = numbers.stays[land.old] == land.new
    own[land.old[mine]] = land.common_m2[mine]
    return own


Node = tuple[str, int]
"""``old`` or ``new``, and the place on that map."""


class Sets:
    """Disjoint sets of places on the two maps."""

    def __init__(self) -> None:
        self._root: dict[Node, Node] = {}

    def __contains__(self, node: Node) -> bool:
        return node in self._root

    def add(self, node: Node) -> None:
        self._root.setdefault(node, node)

    def join(self, one: Node, other: Node) -> None:
        self.add(one)
        self.add(other)
        self._root[self._find(one)] = self._find(other)

    def members(self) -> list[Node]:
        return list(self._root)

    def all(self) -> Iterable[list[Node]]:
        found: dict[Node, list[Node]] = defaultdict(list)
        for node in self._root:
            found[self._find(node)].append(node)
        return found.values()

    def _find(self, node: Node) -> Node:
        while (above := self._root[node]) != node:
            self._root[node] = self._root[above]
            node = above
        return node
