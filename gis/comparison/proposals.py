"""Each change of a comparison as a case that an officer may file: the mutation that fits, its form as far as maps go.

A form is filled with what the two maps say: numbers, recorded areas, shapes, the record's own ids.  What they cannot
say is named in ``missing`` and left empty: who agreed, under which deed, by what notification.  The registered
boundary is kept: parts of a divided parcel are set into it (``fitting``), and by how much is told.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import cast

from shapely import MultiPolygon, Polygon

from domain.canon import Json
from gis.comparison.fitting import fit
from gis.comparison.holding import HolderChange, holder_kind
from gis.comparison.kinds import PROPOSED, Kind
from gis.comparison.plots import Plot
from gis.comparison.rules import Change, Comparison
from gis.shapes import canonical_bytes, geometry_hash
from gis.text import clean

SUBDIVISION, PARTITION = "mutation.subdivision/1", "mutation.partition/1"
AMALGAMATION, RENUMBERING = "mutation.amalgamation/1", "mutation.renumbering/1"
BOUNDARY, RESURVEY = "mutation.boundary-correction/1", "mutation.resurvey/1"
CLERICAL = "mutation.clerical-correction/1"
TRANSFERS = (
    "mutation.sale/1", "mutation.gift/1", "mutation.inheritance/1", "mutation.name-correction/1", CLERICAL,
)  # fmt: skip

Shapes = tuple[Polygon | MultiPolygon, ...]

_MUST_FIT = "the shapes: the newer map and the registered boundary lie too far apart to be fitted"


@dataclass(frozen=True, kw_only=True)
class Paper:
    """The newer map as a paper: its number, its day, who made it."""

    number: str
    made: str
    """ISO day."""
    by: str

    def doc(self) -> dict[str, Json]:
        return {"number": self.number, "made": self.made, "by": self.by}


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """A change put before an officer.  Where nothing is ``missing``, the ``application`` may be filed."""

    change: Change | HolderChange
    mutation: str | None
    """The type that fits; None where only an officer can tell, from ``consider``."""
    application: dict[str, Json] | None = None
    missing: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    consider: tuple[str, ...] = ()
    shapes: Mapping[str, bytes] = field(default_factory=dict)
    """Canonical bytes of the shapes that the application names, by digest."""

    @property
    def number(self) -> int:
        return self.change.number

    @property
    def complete(self) -> bool:
        return self.mutation is not None and not self.missing


def propose(
    comparison: Comparison, *, village: str, survey: str, paper: Paper | None = None
) -> list[Proposal]:
    """A proposal for every change that makes a case, in the order of the changes.

    ``survey`` is what orders of a resurvey call it; without ``paper`` the sketch or notification stays to be named.
    """
    clerk = _Clerk(village, survey, paper)
    found = [clerk.propose(change) for change in comparison.changes if change.kind in PROPOSED]
    return found + [_of_holders(change) for change in comparison.holders]


class _Clerk:
    """Fills in forms."""

    def __init__(self, village: str, survey: str, paper: Paper | None) -> None:
        self._village = village
        self._survey = survey
        self._paper = paper
        self._forms: Mapping[Kind, Callable[[Change], Proposal]] = {
            "split": self._split,
            "merged": self._merged,
            "rearranged": self._resurveyed,
            "renumbered": self._renumbered,
            "boundary-moved": self._moved,
            "extent-changed": self._extent,
            "new": _new,
            "vanished": _vanished,
        }

    def propose(self, change: Change) -> Proposal:
        """The form, incomplete where a row of the newer map is refused for its text: nobody files what it lacks."""
        proposal = self._forms[change.kind](change)
        lacking = [
            f"parcel {plot.label} of the newer map: {plot.fault}" for plot in change.after if plot.fault
        ]
        return replace(proposal, missing=(*proposal.missing, *lacking))

    def _split(self, change: Change) -> Proposal:
        """A subdivision, where no part is said to have passed to others."""
        (parent,) = change.before
        shapes, missing, notes = self._fitted(change)
        notes += _areas_noted(change)
        children = _children(change.after, shapes)
        if any(plot.label == parent.label for plot in change.after):
            notes.append(
                f"the number {parent.label} ends with the parcel; the part that bears it needs another"
            )
        if any(holder_kind(parent, plot) for plot in change.after):
            notes += [f"{plot.label}: the newer map names {_names(plot)}" for plot in change.after]
            return self._to_others(change, children, shapes, missing, notes)
        application: dict[str, Json] = {
            "unit": parent.unit,
            "parcel": parent.id,
            "children": list(children),
            **self._sketch(missing),
        }
        return self._done(change, SUBDIVISION, application, shapes, missing, notes)

    def _to_others(
        self,
        change: Change,
        children: list[dict[str, Json]],
        shapes: Shapes | None,
        missing: list[str],
        notes: list[str],
    ) -> Proposal:
        """A partition where every holder of a part is one of the parcel's; else parts have passed, nobody says how."""
        (parent,) = change.before
        was = set(map(clean, parent.holders or ()))
        if all({clean(h) for h in plot.holders or ()} <= was for plot in change.after):
            portions: list[Json] = [{"holders": [], "parcels": [], "children": [c]} for c in children]
            application: dict[str, Json] = {
                "unit": parent.unit,
                "portions": portions,
                "deed": None,
                "split": parent.id,
            }
            missing = [
                *missing,
                "the references of the co-holders who take each part",
                "the deed of partition",
            ]
            return self._done(change, PARTITION, application, shapes, missing, notes, (SUBDIVISION,))
        missing = [*missing, "how the parts passed to other holders: the deed or the succession"]
        as_far: dict[str, Json] = {"parcel": parent.id, "children": list(children)}
        consider = (*TRANSFERS, PARTITION, SUBDIVISION)
        return self._done(change, None, as_far, shapes, missing, notes, consider)

    def _merged(self, change: Change) -> Proposal:
        shapes, missing, notes = self._fitted(change)
        notes += _areas_noted(change)
        units = sorted({plot.unit for plot in change.before})
        if len(units) > 1:
            missing.append("one unit: the parcels belong to several, and one must pass to the other first")
            notes.append(f"the parcels lie in the units {', '.join(units)}")
        application: dict[str, Json] = {
            "unit": units[0] if len(units) == 1 else None,
            "parcels": [plot.id for plot in change.before],
            "merged": _children(change.after, shapes)[0],
        }
        return self._done(
            change, AMALGAMATION, application | self._sketch(missing), shapes, missing, notes, (RESURVEY,)
        )

    def _resurveyed(self, change: Change) -> Proposal:
        """Measured anew as the newer map draws it, fitted into the old land where it comes close."""
        fitted = fit(_shapes(change.before), _shapes(change.after))
        shapes = fitted.shapes if fitted else _shapes(change.after)
        notes = (
            [f"{fitted.moved_m2} m2 moved to fit the registered boundary"]
            if fitted
            else [
                "the newer shapes do not fill the registered land: gaps and laps beside the neighbours are to be heard"
            ]
        )
        missing: list[str] = []
        units = sorted({plot.unit for plot in change.before})
        if len(units) > 1:
            missing.append("the unit of each new parcel: the old ones belong to several")
        place: dict[str, Json] = {
            "unit": units[0] if len(units) == 1 else None,
            "replaces": [old.id for old in change.before],
        }
        parcels: list[Json] = [{**child, **place} for child in _children(change.after, shapes)]
        application: dict[str, Json] = {"survey": self._survey, "part": 1, "parcels": parcels}
        return self._done(change, RESURVEY, application | self._notification(missing), shapes, missing, notes)

    def _renumbered(self, change: Change) -> Proposal:
        application: dict[str, Json] = {
            "village": self._village,
            "parcels": [{"parcel": change.before[0].id, "label": change.after[0].label}],
        }
        missing: list[str] = []
        notes = _areas_noted(change)
        return self._done(
            change, RENUMBERING, application | self._notification(missing), None, missing, notes
        )

    def _moved(self, change: Change) -> Proposal:
        """A correction between two neighbours, or one parcel measured anew where no neighbour gives or takes."""
        if len(change.before) != 2:
            return self._resurveyed(change)
        shapes, missing, notes = self._fitted(change)
        sides: list[Json] = [
            {
                "unit": old.unit,
                "parcel": old.id,
                "holders": [],
                "area": new["area"],
                "geometry": new["geometry"],
            }
            for old, new in zip(change.before, _children(change.after, shapes), strict=True)
        ]
        missing += ["the holders of both sides, who agree to it", "their agreement"]
        application: dict[str, Json] = {"sides": sides, "agreement": None}
        return self._done(
            change, BOUNDARY, application | self._sketch(missing), shapes, missing, notes, (RESURVEY,)
        )

    def _extent(self, change: Change) -> Proposal:
        (old,), (new,) = change.before, change.after
        areas: Json = [{"parcel": old.id, "wrong": _area(old), "right": _area(new)}]
        application: dict[str, Json] = {
            "unit": old.unit,
            "corrections": {"areas": areas},
            "source": None,
            "report": None,
        }
        missing = ["the page of the older record that states the right extent", "the report of the enquiry"]
        return self._done(change, CLERICAL, application, None, missing, [], (RESURVEY,))

    def _fitted(self, change: Change) -> tuple[Shapes | None, list[str], list[str]]:
        fitted = fit(_shapes(change.before), _shapes(change.after))
        if fitted is None:
            return None, [_MUST_FIT], []
        notes = [f"{fitted.moved_m2} m2 moved to fit the registered boundary"] if fitted.moved_m2 else []
        return fitted.shapes, [], notes

    def _sketch(self, missing: list[str]) -> dict[str, Json]:
        if self._paper is None:
            missing.append("the sketch: its number, its day, who made it")
        return {"sketch": self._paper.doc() if self._paper else None}

    def _notification(self, missing: list[str]) -> dict[str, Json]:
        if self._paper is None:
            missing.append("the notification: its number, its day, who made it")
        return {"notification": self._paper.doc() if self._paper else None}

    def _done(
        self,
        change: Change,
        mutation: str | None,
        application: dict[str, Json],
        shapes: Shapes | None,
        missing: Sequence[str],
        notes: Sequence[str],
        consider: Sequence[str] = (),
    ) -> Proposal:
        bodies = [canonical_bytes(shape) for shape in shapes or ()]
        return Proposal(
            change=change,
            mutation=mutation,
            application=application,
            missing=tuple(missing),
            notes=tuple(notes),
            consider=tuple(consider),
            shapes={geometry_hash(body): body for body in bodies},
        )


def _new(change: Change) -> Proposal:
    missing = (
        "whose land it is and under what title: a first registration, or land taken from a road or a stream",
    )
    return Proposal(
        change=change, mutation=None, missing=missing, consider=("mutation.import/1", "mutation.grant/1")
    )


def _vanished(change: Change) -> Proposal:
    missing = ("what became of the land: the record keeps the parcel until an order says otherwise",)
    consider = (AMALGAMATION, "mutation.acquisition/1", RESURVEY)
    return Proposal(change=change, mutation=None, missing=missing, consider=consider)


def _of_holders(change: HolderChange) -> Proposal:
    missing = ("the deed, the succession or the correction from which the other names come",)
    return Proposal(change=change, mutation=None, missing=missing, consider=TRANSFERS)


def _areas_noted(change: Change) -> list[str]:
    """Whether the recorded figures still balance: a law that divides land divides its recorded area."""
    if any(plot.area is None for plot in (*change.before, *change.after)):
        return ["a recorded area is missing on one of the maps"]
    was, now = (sum(p.area.m2 for p in side if p.area) for side in (change.before, change.after))
    if was == now:
        return []
    return [f"{now} m2 are recorded after and {was} m2 before: the figures are to be balanced"]


def _children(plots: Sequence[Plot], shapes: Shapes | None) -> list[dict[str, Json]]:
    """Number, area and shape of new parcels; no shape where none could be fitted."""
    digests = [geometry_hash(canonical_bytes(shape)) for shape in shapes] if shapes else [None] * len(plots)
    return [
        {"label": plot.label, "area": _area(plot), "geometry": digest}
        for plot, digest in zip(plots, digests, strict=True)
    ]


def _area(plot: Plot) -> Json:
    return {"figure": plot.area.figure, "unit": plot.area.unit} if plot.area else None


def _names(plot: Plot) -> str:
    return ", ".join(plot.holders or ()) or "nobody"


def _shapes(plots: Sequence[Plot]) -> Shapes:
    return tuple(cast("Polygon", plot.shape) for plot in plots if plot.shape is not None)
