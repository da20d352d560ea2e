"""The watch over a whole village, by night: does the map still fit together, and does it lie where the village does?

Every fault has a number, a place and a sentence, and names the parcels that it is about.  Nothing is mended here:
where two parcels claim the same land, both keep their claim until an officer has looked.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any, Literal

import jinja2
import numpy as np
import shapely
from markupsafe import Markup
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from gis.coverage import Coverage, examine_coverage
from gis.overview import Mark, Shown, overview
from gis.shapes import metric_crs_of, square_metres, to_metric
from gis.tolerances import MEET_M, METRES_PER_DEGREE, NARROW_GAP_M, OVERLAP_M2, UNITS_PER_DEGREE

FORMAT = "landlog/village-check@v1"
OUTSIDE_SHARE = 0.1
"""Village boundaries are drawn coarser than fields: a parcel is outside when a tenth of it is, not when its hem is."""

Kind = Literal["overlap", "outside-village", "edges-apart", "narrow-gap"]
TITLES: dict[Kind, str] = {
    "overlap": "Land claimed by two parcels",
    "outside-village": "Parcels outside of their village",
    "edges-apart": "Boundaries that are drawn differently from the two sides",
    "narrow-gap": "Strips between parcels that are too thin to be land",
}
_TINTS: dict[Kind, str] = {
    "overlap": "#e6a58e",
    "outside-village": "#b7b4e0",
    "edges-apart": "#f6cf65",
    "narrow-gap": "#cfdc8c",
}
_MOST_MARKS = 200
_REACH = MEET_M / METRES_PER_DEGREE


@dataclass(frozen=True)
class Watched:
    """A parcel on today's map, in longitude and latitude."""

    id: str
    label: str
    shape: BaseGeometry


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What does not fit, the worst of its kind first; ``figure`` is in ``unit``, m2 or m."""

    number: int
    kind: Kind
    parcels: tuple[str, ...]
    labels: tuple[str, ...]
    sentence: str
    figure: Decimal
    unit: Literal["m2", "m"]
    lon: float
    lat: float


@dataclass(frozen=True, kw_only=True)
class VillageCheck:
    """What the watch found; ``within`` says whether the village's own boundary was known."""

    lgd: str
    name: str
    log_size: int
    parcels: int
    undrawn: int
    within: bool
    coverage: Coverage
    grades: dict[str, int]
    faults: tuple[Fault, ...]

    @property
    def sound(self) -> bool:
        return not self.faults

    def to_json(self) -> str:
        """The whole report, figures as decimal strings."""
        return json.dumps({"format": FORMAT, **asdict(self)}, ensure_ascii=False, indent=1, default=str)

    def summary(self) -> str:
        """One line for the terminal."""
        kinds = {kind: sum(f.kind == kind for f in self.faults) for kind in TITLES}
        told = ", ".join(f"{count} x {kind}" for kind, count in kinds.items() if count) or "no faults"
        return f"{self.lgd}\t{self.name}\t{self.parcels} parcels\t{told}"


def check_village(
    parcels: Sequence[Watched],
    *,
    lgd: str,
    name: str,
    log_size: int,
    undrawn: int = 0,
    grades: dict[str, int] | None = None,
    boundary: BaseGeometry | None = None,
) -> VillageCheck:
    """Examines the parcels against each other, and against the village's boundary (lon/lat) where it is known."""
    shapes = np.array([parcel.shape for parcel in parcels], dtype=object)
    coverage = examine_coverage(shapes)
    found = [*_overlaps(parcels, coverage), *_apart(parcels, shapes, coverage)]
    if boundary is not None and len(shapes):
        found += outside(parcels, boundary)
    order = list(TITLES)
    found.sort(key=lambda fault: (order.index(fault.kind), -fault.figure, fault.parcels))
    numbered = tuple(replace(fault, number=n) for n, fault in enumerate(found, 1))
    return VillageCheck(
        lgd=lgd,
        name=name,
        log_size=log_size,
        parcels=len(parcels),
        undrawn=undrawn,
        within=boundary is not None,
        coverage=coverage,
        grades=grades or {},
        faults=numbered,
    )


def report_page(check: VillageCheck, parcels: Sequence[Watched], boundary: BaseGeometry | None = None) -> str:
    """The report as one HTML file that needs nothing beside it, with a map of the faults."""
    by_kind = [(kind, title, [f for f in check.faults if f.kind == kind]) for kind, title in TITLES.items()]
    return _page("check.html").render(
        check=check,
        kinds=[(kind, title, faults) for kind, title, faults in by_kind if faults],
        tints=_TINTS,
        drawing=Markup(draw_check(check, parcels, boundary)),  # noqa: S704  # gis.overview escapes its words
        most=_MOST_MARKS,
    )


def index_page(checks: Sequence[VillageCheck]) -> str:
    """The list of the villages that were looked at, those with faults first."""
    ordered = sorted(checks, key=lambda check: (-len(check.faults), check.lgd))
    return _page("checks.html").render(checks=ordered, titles=TITLES)


def draw_check(check: VillageCheck, parcels: Sequence[Watched], boundary: BaseGeometry | None = None) -> str:
    """The village with the parcels at fault tinted and numbered, as SVG."""
    tint: dict[str, str] = {}
    for fault in check.faults:
        for parcel in fault.parcels:
            tint.setdefault(parcel, _TINTS[fault.kind])
    shown = [
        Shown(shape=p.shape, label=p.label, fill=tint[p.id])
        if p.id in tint
        else Shown(shape=p.shape, label=p.label)
        for p in parcels
    ]
    if boundary is not None:
        shown.insert(0, Shown(shape=boundary, fill="none", stroke="#12463a"))
    marks = [Mark(lon=f.lon, lat=f.lat, text=str(f.number)) for f in check.faults[:_MOST_MARKS]]
    words = f"{check.parcels} parcels, {len(check.faults)} faults"
    return overview(shown, marks, title=f"{check.name}: faults", description=words, width=960, height=720)


def _overlaps(parcels: Sequence[Watched], coverage: Coverage) -> list[Fault]:
    faults = []
    for overlap in coverage.overlaps:
        pair = (parcels[overlap.first], parcels[overlap.second])
        common = shapely.intersection(pair[0].shape, pair[1].shape, grid_size=1 / UNITS_PER_DEGREE)
        labels = " and ".join(p.label for p in pair)
        sentence = f"Parcels {labels} both claim {overlap.area_m2} m2, {overlap.width_m} m wide."
        faults.append(
            _fault("overlap", pair, sentence, overlap.area_m2, "m2", shapely.point_on_surface(common))
        )
    return faults


def _apart(parcels: Sequence[Watched], shapes: NDArray[Any], coverage: Coverage) -> list[Fault]:
    """Sides that lie apart from the neighbour's, of parcels that are not already told to overlap; then thin gaps.

    A neighbour of a divided parcel keeps its shape and has no corner where the cut meets their common side.  The two
    sides are drawn differently and yet meet, within ``MEET_M``: that is no fault.
    """
    if coverage.exact and not coverage.beside_narrow_gaps:
        return []
    told = {place for overlap in coverage.overlaps for place in (overlap.first, overlap.second)}
    apart = shapely.coverage_invalid_edges(shapes)
    with_gaps = shapely.coverage_invalid_edges(shapes, gap_width=NARROW_GAP_M / METRES_PER_DEGREE)
    crs, tree = metric_crs_of(shapes), shapely.STRtree(shapes)
    faults = []
    for place in np.flatnonzero((shapely.length(with_gaps) > 0) | (shapely.length(apart) > 0)).tolist():
        kind: Kind = "edges-apart" if shapely.length(apart[place]) > 0 else "narrow-gap"
        around = np.setdiff1d(tree.query(shapes[place], predicate="dwithin", distance=_REACH), [place])
        edges = _beyond_reach(apart[place] if kind == "edges-apart" else with_gaps[place], shapes[around])
        metres = Decimal(f"{shapely.length(to_metric([edges], crs))[0]:.2f}")
        if place in told or metres < Decimal(str(MEET_M)):
            continue
        parcel = parcels[place]
        longest = max(shapely.get_parts(edges), key=shapely.length)
        said = (
            "do not meet their neighbour's"
            if kind == "edges-apart"
            else "run beside a strip thinner than 1 m"
        )
        sentence = f"{metres} m of the sides of parcel {parcel.label} {said}."
        where = shapely.line_interpolate_point(longest, 0.5, normalized=True)
        faults.append(_fault(kind, (parcel,), sentence, metres, "m", where))
    return faults


def _beyond_reach(edges: BaseGeometry, neighbours: NDArray[Any]) -> BaseGeometry:
    """What of the edges lies farther from every neighbour's boundary than two surveys may differ."""
    met = shapely.buffer(shapely.union_all(shapely.boundary(neighbours)), _REACH)
    return shapely.difference(edges, met)


def outside(parcels: Sequence[Watched], boundary: BaseGeometry) -> list[Fault]:
    """The parcels of which more than ``OUTSIDE_SHARE`` lies beyond the village's boundary; not numbered yet."""
    shapes = np.array([parcel.shape for parcel in parcels], dtype=object)
    shapely.prepare(boundary)
    suspects = np.flatnonzero(~shapely.covered_by(shapes, boundary))
    if not len(suspects):
        return []
    beyond = shapely.difference(shapes[suspects], boundary, grid_size=1 / UNITS_PER_DEGREE)
    areas, whole = square_metres(beyond), square_metres(shapes[suspects])
    faults = []
    for place, out, area, of in zip(suspects, beyond, areas, whole, strict=True):
        if area <= max(OVERLAP_M2, OUTSIDE_SHARE * of):
            continue
        parcel = parcels[int(place)]
        m2 = Decimal(f"{area:.2f}")
        share = "All" if area > 0.999 * of else f"{m2} m2"
        sentence = f"{share} of parcel {parcel.label} ({of:.0f} m2) lies outside of the village's boundary."
        faults.append(_fault("outside-village", (parcel,), sentence, m2, "m2", shapely.point_on_surface(out)))
    return faults


def _fault(
    kind: Kind,
    parcels: Sequence[Watched],
    sentence: str,
    figure: Decimal,
    unit: Literal["m2", "m"],
    where: BaseGeometry,
) -> Fault:
    lon, lat = shapely.get_coordinates(where)[0].tolist()
    return Fault(
        number=0,
        kind=kind,
        parcels=tuple(p.id for p in parcels),
        labels=tuple(p.label for p in parcels),
        sentence=sentence,
        figure=figure,
        unit=unit,
        lon=round(lon, 9),
        lat=round(lat, 9),
    )


@cache
def _page(name: str) -> jinja2.Template:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    ).get_template(name)
