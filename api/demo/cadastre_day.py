"""The map's part of the day: a crooked field in three, a road through eight, a merger, a boundary set right.

Each goes the way that a surveyor's office goes: a preview of the operation, its sketch put among the papers of the
order, the order signed, and the new parcels in the record.  What is left of an interrupted road is cut by the next run.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from hashlib import sha256
from itertools import combinations
from typing import Any

import numpy as np
import shapely
from shapely import LineString
from shapely.geometry.base import BaseGeometry

from api import clock, previews, sketches
from api.counter import Counter
from api.demo import tehsil
from api.demo.script import Doc, Scene, deed, khatas, parcels_of_order, record
from api.demo.stage import SDO, SURVEYOR, TAHSILDAR, Stage
from api.drafts import is_public_land
from api.previews import Preview
from api.routes.parcels import document_now
from domain.canon import Json
from domain.errors import BadInput, NotFound
from gis.operations import strip
from gis.shapes import from_bytes, from_bytes_many, from_metric, metric_crs_of, square_metres, to_metric
from registry.cadastre import Cadastre

ROAD_M = 6.0
PARCELS_OF_THE_ROAD = 8
_LARGE_M2 = 3_000.0
_LONG_M = 25.0
_LEAST_M2 = 60.0
_SHIFT_M = 1.5
_BARS = ("restrictions", "holds", "pending", "charges")
_SKETCH = {"number": "SK/2026/11", "by": "Surveyor of Phoolsar"}


def _a_crooked_field_in_three(stage: Stage, order_no: str) -> Sequence[str]:
    """A field that is not convex is divided into three equal parts, each of one piece."""
    with _counter(stage) as counter:
        preview = next(_in_three(stage, counter))
        _carry_out(stage, counter, preview, SURVEYOR, order_no)
    areas = " and ".join(f"{part.label} {part.drawn_m2} m2" for part in preview.parts)
    stage.tell(f"    khasra {preview.parents[0].label} became {areas}")
    return parcels_of_order(stage, order_no)


def _in_three(stage: Stage, counter: Counter) -> Iterator[Preview]:
    """The most crooked field first."""
    fields = [p for khata in khatas(stage) for p in khata["parcels"] if float(p["recorded_m2"]) > _LARGE_M2]
    shapes = {parcel["parcel_id"]: _shape(counter, parcel) for parcel in fields}
    for parcel in sorted(shapes, key=lambda p: shapes[p].area / shapes[p].convex_hull.area):
        for side in ("north", "east", "north-east", "south-east"):
            asked: dict[str, Any] = {"parts": 3, "side": side}
            try:
                yield previews.split(counter, parcel, asked, {"sketch": _sketch()})
            except BadInput:
                continue  # a part would fall in pieces: another side is tried


def _fields_become_one(stage: Stage, order_no: str) -> Sequence[str]:
    """Two adjoining fields of a khata become one parcel."""
    with _counter(stage) as counter:
        preview = next(_mergers(stage, counter))
        _carry_out(stage, counter, preview, SURVEYOR, order_no)
    labels = " and ".join(s.label for s in preview.parents)
    stage.tell(f"    khasra {labels} became {preview.parts[0].label}, {preview.parts[0].drawn_m2} m2")
    return parcels_of_order(stage, order_no)


def _mergers(stage: Stage, counter: Counter) -> Iterator[Preview]:
    for khata in khatas(stage):
        undivided = [parcel for parcel in khata["parcels"] if not _document(counter, parcel)["predecessors"]]
        for one, other in combinations(undivided, 2):
            alike = all(
                _document(counter, one)[name] == _document(counter, other)[name] for name in ("use", "class")
            )
            if not alike or not shapely.dwithin(_shape(counter, one), _shape(counter, other), 1e-8):
                continue
            try:
                yield previews.merge(counter, [one["parcel_id"], other["parcel_id"]], {"sketch": _sketch()})
            except BadInput:
                continue  # they meet at a corner only


def _neighbours_set_a_boundary_right(stage: Stage, order_no: str) -> Sequence[str]:
    """The boundary between two khatas is moved, for both fields at once; all holders of both agree."""
    with _counter(stage) as counter:
        preview = next(_boundaries(stage, counter))
        _carry_out(stage, counter, preview, TAHSILDAR, order_no, second=SURVEYOR)
    stage.tell(f"    {preview.remarks[0]}; both keep their numbers")
    return parcels_of_order(stage, order_no)


def _boundaries(stage: Stage, counter: Counter) -> Iterator[Preview]:
    fields = [(khata["unit_id"], parcel) for khata in khatas(stage) for parcel in khata["parcels"]]
    shapes = [_shape(counter, parcel) for _, parcel in fields]
    tree = shapely.STRtree(shapes)
    for n, (unit, parcel) in enumerate(fields):
        for m in sorted(tree.query(shapes[n], predicate="touches").tolist()):
            if m <= n or fields[m][0] == unit or (line := _shifted(shapes[n], shapes[m])) is None:
                continue
            papers: dict[str, Json] = {
                "sketch": _sketch(),
                "agreement": deed("SAM/2026/4", "Lekhpal of Phoolsar"),
            }
            try:
                yield previews.boundary(counter, parcel["parcel_id"], fields[m][1]["parcel_id"], line, papers)
            except BadInput:
                continue


def _shifted(one: BaseGeometry, other: BaseGeometry) -> LineString | None:
    """The middle of the common boundary of two fields moved aside; None where it is short, or in several pieces.

    The rest of the boundary stays: the line begins and ends on it.
    """
    edge = shapely.line_merge(shapely.intersection(one, other))
    crs = metric_crs_of([one])
    (flat,) = to_metric([edge], crs)
    if not isinstance(flat, LineString) or flat.length < _LONG_M:
        return None
    start, end = (np.array(flat.interpolate(at, normalized=True).coords[0]) for at in (0.25, 0.75))
    ahead = (end - start) / np.hypot(*(end - start))
    aside = np.array([-ahead[1], ahead[0]]) * _SHIFT_M
    (line,) = from_metric([LineString([start, start + aside + ahead, end + aside - ahead, end])], crs)
    return LineString(line.coords)


def _a_road_is_cut(stage: Stage, order_no: str) -> Sequence[str]:
    """A road takes a strip of eight private fields: one preview, one order for each field, two officers on each."""
    stem = order_no.rpartition("/")[0]
    with _counter(stage) as counter:
        line, road = _line_of_the_road(stage, counter, stem)
        papers: dict[str, Json] = {
            "award": deed("LA/2026/3", "Collector of Phoolsar"),
            "possession": clock.today().isoformat(),
            "receiver": {"into": road["unit"]["unit_id"]},
            "land_class": "government",
            "use": road["use"],
        }
        cuts = previews.cut_strip(counter, road["village"]["lgd"], line, ROAD_M, papers).cuts
        first = PARCELS_OF_THE_ROAD - len(cuts) + 1
        for n, cut in enumerate(cuts, first):
            _carry_out(stage, counter, cut, TAHSILDAR, f"{stem}/{n}", second=SDO)
    labels = ", ".join(cut.parents[0].label for cut in cuts)
    stage.tell(
        f"    a strip {ROAD_M:g} m wide left khasra {labels}; two officers signed each of {len(cuts)} orders"
    )
    return parcels_of_order(stage, stem)


def _line_of_the_road(stage: Stage, counter: Counter, stem: str) -> tuple[LineString, Doc]:
    """The first straight line that takes a strip of eight fields which may be taken; and a road of that village.

    It is sought on the fields as they were first registered, so that a second run finds the line of the first.
    """
    begun = set(_retired_by(stage, stem))
    for village in tehsil.generate():
        fields = _registered(stage, counter, village.lgd)
        roads = [document for document, _ in fields if document["use"] == "road"]
        private = [(document, body) for document, body in fields if not is_public_land(document)]
        for line in _lines_across([body for _, body in private]):
            cuts = strip.cut([body for _, body in private], strip.strip_along(line, ROAD_M))
            met = [private[cut.parcel][0] for cut in cuts]
            if (
                len(met) == PARCELS_OF_THE_ROAD
                and roads
                and all(_leaves_fields(cut) for cut in cuts)
                and all(_may_be_taken(d, begun) for d in met)
            ):
                return line, roads[0]
    raise NotFound("no straight road of the demonstration tehsil meets eight fields that may be taken")


def _leaves_fields(cut: strip.Cut) -> bool:
    """Whether what is taken and what is left can be found on the ground."""
    parts = from_bytes_many([*cut.taken, *cut.left])
    return not cut.whole and not cut.told and bool(square_metres(parts).min() > _LEAST_M2)


def _may_be_taken(document: Mapping[str, Any], begun: set[str]) -> bool:
    if document["parcel_id"] in begun:
        return True
    return document["status"] == "active" and not any(document[name] for name in _BARS)


def _lines_across(bodies: Sequence[bytes]) -> Iterator[LineString]:
    """Lines from west to east, from the south on, each as long as it takes to meet eight fields."""
    shapes = np.array([from_bytes(body) for body in bodies], dtype=object)
    west, south, east, north = shapely.total_bounds(shapes).tolist()
    for latitude in np.linspace(south, north, 60)[5:-5].tolist():
        across = LineString([(west, latitude), (east, latitude)])
        met = shapely.intersection(shapes[shapely.intersects(shapes, across)], across)
        spans = sorted((piece.bounds[0], piece.bounds[2]) for piece in met if piece.length)
        for n in range(len(spans) - PARCELS_OF_THE_ROAD + 1):
            begin, end = spans[n][0], spans[n + PARCELS_OF_THE_ROAD - 1][1]
            yield LineString([(begin, latitude), (end, latitude)])


def _registered(stage: Stage, counter: Counter, lgd: str) -> list[tuple[Doc, bytes]]:
    """The parcels of a village that came of no other, retired or not, with their shapes."""
    with stage.house.datastore.cursor() as cursor:
        cursor.execute("select parcel_id from records.parcel where village = %s order by parcel_id", (lgd,))
        documents = [_document(counter, {"parcel_id": identifier}) for (identifier,) in cursor]
    first = [d for d in documents if not d["predecessors"] and d["geometry"]]
    bodies = Cadastre(counter.reader).bodies([d["geometry"] for d in first])
    return [(d, bodies[d["geometry"]]) for d in first]


def _retired_by(stage: Stage, stem: str) -> list[str]:
    """The parcels that orders of that number have retired."""
    with stage.house.datastore.cursor() as cursor:
        cursor.execute(
            "select distinct p.parcel_id from records.event e join records.event_of o using (idx)"
            " join records.parcel p on o.id = p.parcel_id"
            " where starts_with(e.order_no, %s || '/') and p.status = 'retired'",
            (stem,),
        )
        return [identifier for (identifier,) in cursor]


def _carry_out(
    stage: Stage, counter: Counter, preview: Preview, officer: str, order_no: str, *, second: str = ""
) -> None:
    """The order of a preview, with its sketch among the papers behind it, signed and seen into the record."""
    drawing = sketches.sketch_of(counter, preview)[0].svg.encode()
    place = stage.house.settings.home / "sketches" / f"{order_no.replace('/', '-')}.svg"
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(drawing)
    record(
        stage,
        officer,
        preview.draft.type,
        preview.draft.application,
        order_no=order_no,
        second=second,
        shapes=dict(preview.draft.shapes),
        documents=[_digest(drawing)],
    )


def _digest(paper: bytes) -> str:
    return b64encode(sha256(paper).digest()).decode()


def _document(counter: Counter, parcel: Mapping[str, Any]) -> Doc:
    return document_now(counter, parcel["parcel_id"])


def _shape(counter: Counter, parcel: Mapping[str, Any]) -> BaseGeometry:
    digest = _document(counter, parcel)["geometry"]
    return from_bytes(Cadastre(counter.reader).bodies([digest])[digest])


def _sketch() -> dict[str, Json]:
    return {**_SKETCH, "made": clock.today().isoformat()}


@contextmanager
def _counter(stage: Stage) -> Iterator[Counter]:
    counter = Counter(stage.house, clock.instant)
    try:
        yield counter
    finally:
        counter.close()


SCENES = (
    Scene(
        title="A crooked field is divided into three equal parts",
        play=_a_crooked_field_in_three,
        order_no="DAY/21",
    ),
    Scene(title="Two fields become one", play=_fields_become_one, order_no="DAY/22"),
    Scene(
        title="A road is cut through eight fields",
        play=_a_road_is_cut,
        order_no=f"DAY/23/{PARCELS_OF_THE_ROAD}",  # its last order: what is left of the others is cut first
    ),
    Scene(
        title="Neighbours set their boundary right", play=_neighbours_set_a_boundary_right, order_no="DAY/24"
    ),
)
