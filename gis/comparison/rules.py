"""What became of every parcel of a village between its registered map and a newer one.

The order of the questions: has the number stayed where it lay?  Did land pass to or from a number that began or
ended (``kin``)?  Did the recorded extent move, and the drawing with it?  Only what is left is a matter of drawing,
and drawing alone changes no boundary: a number and an extent that stand keep the shape that is registered.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gis.comparison.holding import HolderChange, holder_kind
from gis.comparison.kin import Group, Numbers, groups
from gis.comparison.kinds import TITLES, TOLD, Kind
from gis.comparison.overlay import Floats, Ints, Overlay, drawn_alike, overlay
from gis.comparison.plots import Plot
from gis.comparison.wording import of_boundary, of_group, of_one
from gis.shapes import square_metres
from gis.text import natural_key
from gis.tolerances import (
    AREA_CLOSE,
    BROKEN_SHARE,
    EXTENT_M2,
    HELD_SHARE,
    LINK_M2,
    MEET_M,
    NUMBERED_ANEW,
    REDRAWN_M,
    SAME_LAND,
    TAKEN_SHARE,
)


@dataclass(frozen=True, kw_only=True)
class Change:
    """What became of some parcels: the registered ones before, those of the newer map after."""

    number: int
    kind: Kind
    before: tuple[Plot, ...]
    after: tuple[Plot, ...]
    sentence: str
    kept: float = 0.0
    """Common land over all land that the two sides cover."""


@dataclass(frozen=True, kw_only=True)
class Comparison:
    """Two maps of a village compared: a verdict for each registered parcel, and the changes."""

    registered: tuple[Plot, ...]
    newer: tuple[Plot, ...]
    verdicts: tuple[Kind, ...]
    """One for each registered parcel."""
    changes: tuple[Change, ...]
    """All that is neither unchanged nor redrawn, in the order of ``TITLES``."""
    holders: tuple[HolderChange, ...]
    numbered_anew: bool
    lineage: tuple[tuple[int, int, float], ...]
    """Places of an older and a newer parcel, and the m2 that went from the one into the other."""

    def of(self, kind: Kind) -> list[Change]:
        return [change for change in self.changes if change.kind == kind]

    def counts(self) -> dict[Kind, int]:
        """How many changes of each kind; of what is told by the parcel, how many parcels."""
        still: dict[Kind, int] = {kind: self.verdicts.count(kind) for kind in ("unchanged", "redrawn")}
        return {kind: still.get(kind) or len(self.of(kind)) for kind in TITLES}


def compare(registered: Sequence[Plot], newer: Sequence[Plot]) -> Comparison:
    """Compare a newer map with what is registered; all registered parcels have shapes."""
    scene = _Scene.of(registered, newer)
    grouped = groups(scene.land, scene.numbers)
    verdicts = _verdicts(scene)
    changes: list[Change] = []
    for group in grouped:
        change = _of_group(scene, group)
        changes.append(change)
        for place in group.old:
            verdicts[place] = change.kind
    changes += _moved(scene, verdicts)
    changes += _alone(scene, verdicts)
    ordered = _in_order(changes)
    return Comparison(
        registered=tuple(registered),
        newer=tuple(newer),
        verdicts=tuple(verdicts),
        changes=ordered,
        holders=_holders(scene, len(ordered)),
        numbered_anew=scene.numbered_anew,
        lineage=tuple(
            (int(scene.land.old[p]), int(scene.land.new[p]), float(scene.land.common_m2[p]))
            for p in scene.land.lineage()
        ),
    )


@dataclass(frozen=True)
class _Scene:
    """The two maps, laid over each other, with what became of the numbers."""

    registered: Sequence[Plot]
    newer: Sequence[Plot]
    land: Overlay
    numbers: Numbers
    alike: NDArray[np.bool_]
    """Of older parcels: whether their number is drawn just as it was."""
    refused: dict[int, Plot]
    """Older places whose number the newer map has, on rows that cannot be used."""
    numbered_anew: bool

    @classmethod
    def of(cls, registered: Sequence[Plot], newer: Sequence[Plot]) -> _Scene:
        at = {plot.label: place for place, plot in enumerate(newer) if plot.shape is not None}
        same = np.array([at.get(plot.label, -1) for plot in registered], dtype=np.int64)
        alike = np.zeros(len(registered), dtype=bool)
        pairs = np.flatnonzero(same >= 0)
        before, after = _shapes(registered), _shapes(newer)
        alike[pairs] = drawn_alike(before[pairs], after[same[pairs]])
        settled = np.flatnonzero(alike)
        land = overlay(before, after, (settled, same[settled]))
        stays, anew = _staying(land, same)
        unusable = {plot.label: plot for plot in newer if plot.shape is None and plot.label}
        refused = {
            place: unusable[plot.label]
            for place, plot in enumerate(registered)
            if same[place] < 0 and plot.label in unusable
        }
        ended = stays < 0
        ended[list(refused)] = False
        began = np.array([plot.shape is not None for plot in newer], dtype=bool)
        began[stays[stays >= 0]] = False
        return cls(registered, newer, land, Numbers(stays, ended, began), alike, refused, anew)

    def pair(self, place: int) -> tuple[Plot, Plot]:
        return self.registered[place], self.newer[int(self.numbers.stays[place])]


def _shapes(plots: Sequence[Plot]) -> NDArray[np.object_]:
    shapes = np.empty(len(plots), dtype=object)
    shapes[:] = [plot.shape for plot in plots]
    return shapes


def _staying(land: Overlay, same: Ints) -> tuple[Ints, bool]:
    """Where each number lies on the newer map, -1 where it ended; and whether the map is numbered anew.

    A number that lies elsewhere, just where another parcel lay, was given to that parcel.  On a map that is numbered
    anew only what is also the same land bears the same number.
    """
    pairs = np.flatnonzero(same >= 0)
    own = np.zeros(len(same))
    own[pairs] = land.between(pairs, same[pairs])
    smaller = np.minimum(land.before_m2[pairs], land.after_m2[same[pairs]])
    in_place = np.zeros(len(same), dtype=bool)
    in_place[pairs] = own[pairs] >= TAKEN_SHARE * np.maximum(smaller, 1e-9)
    anew = bool(in_place.sum() < NUMBERED_ANEW * len(same))
    kept = np.zeros(len(same))
    kept[pairs] = _kept(land, pairs, same[pairs], own[pairs])
    stays = np.where((kept >= SAME_LAND) if anew else same >= 0, same, -1)
    elsewhere = _given_away(land, same, in_place, kept)
    stays[elsewhere] = -1
    return stays, anew


def _given_away(land: Overlay, same: Ints, in_place: NDArray[np.bool_], kept: Floats) -> Ints:
    """Older places whose number now stands on the whole of another old parcel that does not lie there any more."""
    takers = np.full(len(land.after_m2), -1, dtype=np.int64)
    covers = _kept(land, land.old, land.new, land.common_m2) >= SAME_LAND
    takers[land.new[covers]] = land.old[covers]
    left = np.flatnonzero((same >= 0) & ~in_place)
    taken = takers[same[left]]
    given: Ints = left[(taken >= 0) & (taken != left) & (kept[taken] < BROKEN_SHARE)]
    return given


def _kept(land: Overlay, old: Ints, new: Ints, common: Floats) -> Floats:
    """Common land over all that the two cover, pair by pair."""
    return common / np.maximum(land.before_m2[old] + land.after_m2[new] - common, 1e-9)


def _verdicts(scene: _Scene) -> list[Kind]:
    """A verdict for each registered parcel by itself; groups overrule it."""
    verdicts: list[Kind] = ["vanished"] * len(scene.registered)
    for place, plot in scene.refused.items():
        verdicts[place] = "broken" if plot.shape_at_fault else "unusable"
    stayed = np.flatnonzero(scene.numbers.stays >= 0)
    if not len(stayed):
        return verdicts
    facts = _facts(scene, stayed)
    for place, verdict in zip(stayed.tolist(), _judge(facts), strict=True):
        refused = verdict in ("unchanged", "redrawn") and scene.pair(place)[1].fault
        verdicts[place] = "unusable" if refused else verdict
    return verdicts


@dataclass(frozen=True)
class _Facts:
    """What is measured of parcels that keep their number, one array place for each."""

    alike: NDArray[np.bool_]
    kept: Floats
    shift_m: Floats
    """How far the boundary lies from where it lay, in the mean."""
    drawn_before: Floats
    drawn_after: Floats
    recorded_before: Floats
    """NaN where nothing is recorded."""
    recorded_after: Floats


def _facts(scene: _Scene, places: Ints) -> _Facts:
    land, newer = scene.land, scene.numbers.stays[places]
    common = land.between(places, newer)
    apart = land.before_m2[places] + land.after_m2[newer] - 2 * common
    rim = (land.before_rim_m[places] + land.after_rim_m[newer]) / 2
    return _Facts(
        alike=scene.alike[places],
        kept=_kept(land, places, newer, common),
        shift_m=np.where(scene.alike[places], 0.0, apart / np.maximum(rim, 1e-9)),
        drawn_before=square_metres(_shapes([scene.registered[p] for p in places])),
        drawn_after=square_metres(_shapes([scene.newer[p] for p in newer])),
        recorded_before=_recorded(scene.registered[p] for p in places),
        recorded_after=_recorded(scene.newer[p] for p in newer),
    )


def _recorded(plots: Iterable[Plot]) -> Floats:
    return np.array([float(plot.area.m2) if plot.area else np.nan for plot in plots])


def _judge(f: _Facts) -> list[Kind]:
    """The first of these that holds, for each parcel."""
    close = float(AREA_CLOSE)
    with np.errstate(invalid="ignore"):
        recorded_moved = f.recorded_after - f.recorded_before
        extent_moved = np.abs(recorded_moved) > float(EXTENT_M2)
        was_off = np.abs(f.drawn_before - f.recorded_before) > close * f.recorded_before
        is_close = np.abs(f.drawn_after - f.recorded_after) <= close * f.recorded_after
        # The drawing went the same way as the figure, at most twice as far.
        apart = np.abs((f.drawn_after - f.drawn_before) - recorded_moved)
        follows = extent_moved & is_close & (apart <= np.abs(recorded_moved)) & (f.shift_m > MEET_M)
    corrected = ~extent_moved & was_off & is_close & (f.shift_m > REDRAWN_M) & (f.kept >= BROKEN_SHARE)
    chosen = np.select(
        [
            follows | corrected,
            extent_moved,
            f.alike,
            f.shift_m <= REDRAWN_M,
            f.kept < BROKEN_SHARE,
        ],
        ["boundary-moved", "extent-changed", "unchanged", "redrawn", "broken"],
        "misdrawn",
    )
    return list(chosen.tolist())


def _of_group(scene: _Scene, group: Group) -> Change:
    before = tuple(scene.registered[place] for place in group.old)
    after = tuple(scene.newer[place] for place in group.new)
    common = scene.land.between(
        np.repeat(np.array(group.old, dtype=np.int64), len(group.new)),
        np.tile(np.array(group.new, dtype=np.int64), len(group.old)),
    ).sum()
    covered = scene.land.before_m2[list(group.old)].sum() + scene.land.after_m2[list(group.new)].sum()
    kept = float(common / max(covered - common, 1e-9))
    kind = _group_kind(len(before), len(after), kept)
    return Change(
        number=0,
        kind=kind,
        before=before,
        after=after,
        sentence=of_group(kind, before, after),
        kept=kept,
    )


def _group_kind(old: int, new: int, kept: float) -> Kind:
    match old, new:
        case _, 0:
            return "vanished"
        case 0, _:
            return "new"
        case 1, 1:
            return "renumbered" if kept >= HELD_SHARE else "rearranged"
        case 1, _:
            return "split"
        case _, 1:
            return "merged"
    return "rearranged"


def _moved(scene: _Scene, verdicts: list[Kind]) -> list[Change]:
    """Boundaries that moved: the two parcels of which one gained what the other lost are one change."""
    places = [place for place, verdict in enumerate(verdicts) if verdict == "boundary-moved"]
    if not places:
        return []
    partner = _partners(scene, np.array(places, dtype=np.int64))
    changes = []
    for place in places:
        other = partner.get(place)
        if other is not None and other < place:
            continue
        sides = [scene.pair(p) for p in ([place] if other is None else [place, other])]
        changes.append(
            Change(
                number=0,
                kind="boundary-moved",
                before=tuple(old for old, _ in sides),
                after=tuple(new for _, new in sides),
                sentence=of_boundary(sides),
            )
        )
    return changes


def _partners(scene: _Scene, places: Ints) -> dict[int, int]:
    """Pairs of which one's newer shape covers, of the other's land, half of what that one's area changed by."""
    land, stays = scene.land, scene.numbers.stays
    among = {int(stays[p]): int(p) for p in places}
    grew = land.after_m2[stays[places]] - land.before_m2[places]
    change = dict(zip(places.tolist(), np.abs(grew).tolist(), strict=True))
    best: dict[int, tuple[float, int]] = {}
    for old, new, common in zip(land.old.tolist(), land.new.tolist(), land.common_m2.tolist(), strict=True):
        taker = among.get(new)
        if taker is None or old not in change or taker == old or common <= LINK_M2:
            continue
        if common >= HELD_SHARE * min(change[old], change[taker]):
            for mine, other in ((old, taker), (taker, old)):
                best[mine] = max(best.get(mine, (0.0, -1)), (common, other))
    return {mine: other for mine, (_, other) in best.items() if best.get(other, (0.0, -1))[1] == mine}


def _alone(scene: _Scene, verdicts: list[Kind]) -> list[Change]:
    """What is told of one parcel: extents without drawings, and drawings that the record does not bear out."""
    changes = []
    for place, kind in enumerate(verdicts):
        if kind not in ("extent-changed", *TOLD):
            continue
        if place in scene.refused:
            old, new = scene.registered[place], scene.refused[place]
            kept = 0.0
        elif scene.numbers.stays[place] >= 0:
            old, new = scene.pair(place)
            kept = _kept_of(scene, place)
        else:
            continue
        sentence = of_one(kind, old, new, kept)
        changes.append(Change(number=0, kind=kind, before=(old,), after=(new,), sentence=sentence, kept=kept))
    known = {plot.label for plot in scene.registered}
    for plot in scene.newer:
        if plot.shape is None and plot.label not in known:
            name = plot.label or plot.id
            sentence = f"{name}: the row of the newer map cannot be used: {plot.fault}."
            changes.append(Change(number=0, kind="unusable", before=(), after=(plot,), sentence=sentence))
    return changes


def _kept_of(scene: _Scene, place: int) -> float:
    old, new = np.array([place], dtype=np.int64), scene.numbers.stays[[place]]
    return float(_kept(scene.land, old, new, scene.land.between(old, new))[0])


def _holders(scene: _Scene, counted: int) -> tuple[HolderChange, ...]:
    found = []
    for place, plot in enumerate(scene.registered):
        if scene.numbers.stays[place] >= 0:
            newer = scene.newer[int(scene.numbers.stays[place])]
        elif place in scene.refused:
            newer = scene.refused[place]
        else:
            continue
        kind = holder_kind(plot, newer)
        if kind is not None:
            found.append(HolderChange(number=0, kind=kind, before=plot, after=newer))
    found.sort(key=lambda change: natural_key(change.before.label))
    return tuple(replace(change, number=n) for n, change in enumerate(found, counted + 1))


def _in_order(changes: list[Change]) -> tuple[Change, ...]:
    order = list(TITLES)
    changes.sort(
        key=lambda c: (order.index(c.kind), [natural_key(plot.label) for plot in (*c.before, *c.after)])
    )
    return tuple(replace(change, number=n) for n, change in enumerate(changes, 1))
