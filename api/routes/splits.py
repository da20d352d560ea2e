"""Splitting a parcel by a line, measured only: what the children would be.  Nothing is recorded and nothing reserved.

The answer holds all that an application for a partition needs of its children: canonical bytes, digests, labels and
areas.  Recorded areas are divided as the line divides the drawn one, in the unit of the paper, so that the figures
make up the parent's to the last digit.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from typing import Any, cast

import shapely
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from shapely import LineString
from starlette.concurrency import run_in_threadpool

from api import models
from api.addresses import ParcelAddress
from api.bodies import MIB, body_of, read_json
from api.counter import Counter, counter_of
from api.problems import responses
from api.routes.parcels import document_now
from domain.canon import Json
from domain.errors import BadInput, RegistryError
from domain.quantities import area
from gis import draw, shapes, splitting
from projections.labels import label_key
from registry.cadastre import Cadastre

router = APIRouter(prefix="/v1/parcels", tags=["parcels"])

MOST_POINTS = 1_000
_LEAST_PLACES = 4
_MOST_PLACES = 10


class NotDivisible(RegistryError):
    """The parcel cannot be split as it stands: it is retired, or the record has no map of it."""

    code = "not-divisible"


@dataclass(frozen=True)
class Child:
    """A part of the parcel: its canonical bytes, its proposed number, its drawn area, its part of the recorded one."""

    body: bytes
    label: str
    drawn_m2: Decimal
    figure: str


@router.post(
    "/{parcel_id}/split",
    summary="Measure a split by a line: the children, their areas and a drawing; nothing is recorded",
    openapi_extra={"requestBody": models.json_body(models.LINE, models.LINE_EXAMPLE)},
    responses={200: {"model": models.Split}, **responses(400, 404, 413)},
)
async def split(request: Request, parcel_id: ParcelAddress) -> Response:
    line = line_of(read_json(await body_of(request, most=MIB), floats=True))
    return await run_in_threadpool(_measured, counter_of(request), parcel_id, line)


def line_of(document: dict[str, Any]) -> LineString:
    """The line of a GeoJSON geometry or feature (RFC 7946: longitude, latitude).

    Raises:
        BadInput: when it is none.
    """
    geometry = document.get("geometry") if document.get("type") == "Feature" else document
    match geometry:
        case {"type": "LineString", "coordinates": list(points)} if 2 <= len(points) <= MOST_POINTS:
            if all(_is_position(point) for point in points):
                return shapely.LineString([(float(p[0]), float(p[1])) for p in points])
    raise BadInput(
        f"the body is not a GeoJSON LineString of 2 to {MOST_POINTS} points in longitude and latitude",
        field="line",
        remedy='Send {"type":"LineString","coordinates":[[lon,lat],[lon,lat]]} in EPSG:4326.',
    )


def _is_position(point: object) -> bool:
    return (
        isinstance(point, list)
        and len(point) in (2, 3)
        and all(isinstance(n, int | float) and not isinstance(n, bool) and abs(n) <= 1e6 for n in point)
    )


def _measured(counter: Counter, parcel_id: str, line: LineString) -> Response:
    parcel = document_now(counter, parcel_id)
    digest = parcel["geometry"]
    if parcel["status"] != "active" or digest is None:
        raise NotDivisible(
            f"parcel {parcel_id} is retired" if digest else f"the record has no map of parcel {parcel_id}",
            field="parcel_id",
            remedy="Split the parcels that succeeded it." if digest else "Have it surveyed first.",
        )
    cadastre = Cadastre(counter.reader)
    body = cadastre.bodies([digest])[digest]
    parts = splitting.split_by_line(body, line)
    given = {shapes.geometry_hash(part): part for part in parts}
    survey = cadastre.survey(parcel_id, digest, list(given), given=given)
    labels = free_labels(counter, parcel["village"]["lgd"], parcel["label"], len(parts))
    figures = divided(parcel["area"]["original"]["figure"], survey.children_m2)
    children = [Child(*c) for c in zip(parts, labels, survey.children_m2, figures, strict=True)]
    drawing = draw.draw_split(
        body,
        [draw.Drawn(geometry=c.body, label=c.label) for c in children],
        title=f"{parcel['label']} divided into {len(children)}",
        description="; ".join(f"{c.label}: {c.drawn_m2} square metres" for c in children),
    )
    unit = parcel["area"]["original"]["unit"]
    return JSONResponse(
        {
            "parcel_id": parcel_id,
            "version": parcel["version"],
            "children": [_child(c, unit) for c in children],
            "measured": {
                "parent_m2": str(survey.parent_m2),
                "gap_m2": str(survey.gap_m2),
                "overlap_m2": str(survey.overlap_m2),
                "outside_m2": str(survey.outside_m2),
                "narrowest_m": str(survey.narrowest_m),
                "unmatched_edges": survey.unmatched_edges,
                "faults": list(survey.faults),
            },
            "svg": drawing,
        },
        headers={"Cache-Control": "no-store"},
    )


def _child(child: Child, unit: str) -> dict[str, Json]:
    return {
        "label": child.label,
        "area": {"figure": child.figure, "unit": unit},
        "recorded_m2": str(area(child.figure, unit).m2),
        "drawn_m2": str(child.drawn_m2),
        "geometry": shapes.geometry_hash(child.body),
        "canonical": base64.b64encode(child.body).decode(),
        "geojson": cast("Json", shapely.geometry.mapping(shapes.from_bytes(child.body))),
    }


def divided(figure: str, drawn: Sequence[Decimal]) -> list[str]:
    """The paper's figure divided in the proportion of the drawn areas; the parts add up to it exactly.

    Each part is rounded down and the last places go, one each, to those that lost most.

    >>> divided("1", [Decimal(1), Decimal(1), Decimal(1)])
    ['0.3334', '0.3333', '0.3333']
    """
    whole = Decimal(figure)
    places = min(max(-cast("int", whole.as_tuple().exponent), _LEAST_PLACES), _MOST_PLACES)
    step = Decimal(1).scaleb(-places)
    exact = [whole * m2 / sum(drawn, Decimal(0)) for m2 in drawn]
    parts = [part.quantize(step, ROUND_DOWN) for part in exact]
    left = int((whole - sum(parts, Decimal(0))) / step)
    for n in sorted(range(len(parts)), key=lambda n: (parts[n] - exact[n], n))[:left]:
        parts[n] += step
    return [str(part) for part in parts]


def free_labels(counter: Counter, lgd: str, label: str, count: int) -> list[str]:
    """The next sub-numbers of a number, as most states write them: 101/1, 101/2; none that was ever borne."""
    with counter.reader.cursor() as cursor:
        cursor.execute(
            "select label_key from records.parcel where village = %s and starts_with(label_key, %s)",
            (lgd, label_key(label) + "/"),
        )
        borne = {row[0] for row in cursor}
    labels: list[str] = []
    number = 1
    while len(labels) < count:
        proposed = f"{label}/{number}"
        number += 1
        if label_key(proposed) not in borne:
            labels.append(proposed)
    return labels
