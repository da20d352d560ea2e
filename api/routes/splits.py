"""Operations on the map, measured only: what would become of the shapes.  Nothing is recorded and nothing reserved.

The answer holds all that an order needs: canonical bytes, digests, numbers and areas, and the application as far as
the map can fill it in.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any

import shapely
from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool

from api import cuts, drafts, models, operation_models, portions, previews, sketches
from api.addresses import Lgd, ParcelAddress
from api.bodies import MIB, body_of, check_members, read_json, text_of
from api.counter import Counter, counter_of
from api.previews import Preview, StripPreview
from api.problems import responses
from api.proposed import Part
from domain.canon import Json
from domain.errors import BadInput
from domain.ids import parse_parcel_id
from gis.operations.corners import outline
from gis.shapes import from_bytes

router = APIRouter(prefix="/v1", tags=["operations"])

_PDF = "application/pdf"
_ANSWERS = responses(400, 404, 413)
_ON_PAPER: dict[str, Any] = {"content": {_PDF: {"schema": {"type": "string", "format": "binary"}}}}
_SKETCH = {"sketch", "permissions"}


@router.post(
    "/parcels/{parcel_id}/split",
    summary="Measure a split: the parts, their numbers, areas and sides, and a drawing; nothing is recorded",
    description="By a line, several lines, areas or shares from a side, field notes, or parts that are drawn. "
    "As a subdivision the parts stay in the khata; as a partition they go to portions of its holders.",
    openapi_extra={"requestBody": models.json_body(operation_models.SPLIT, operation_models.LINE_EXAMPLE)},
    responses={200: {"model": operation_models.Split, **_ON_PAPER}, **_ANSWERS},
)
async def split(request: Request, parcel_id: ParcelAddress) -> Response:
    document = read_json(await body_of(request, most=MIB), floats=True)

    papers = {name: document[name] for name in ("sketch", *portions.MEMBERS) if name in document}
    return await _answered(request, lambda counter: previews.split(counter, parcel_id, document, papers))


@router.post(
    "/parcels/{parcel_id}/merge",
    summary="Measure a merger of adjoining parcels of one khata; nothing is recorded",
    openapi_extra={"requestBody": models.json_body(operation_models.MERGE, operation_models.MERGE_EXAMPLE)},
    responses={200: {"model": operation_models.Redrawn, **_ON_PAPER}, **_ANSWERS},
)
async def merge(request: Request, parcel_id: ParcelAddress) -> Response:
    document = read_json(await body_of(request, most=MIB), floats=True)
    check_members(document, required={"with"}, optional=_SKETCH)
    others = document["with"]
    if not isinstance(others, list) or not all(isinstance(p, str) for p in others):
        raise BadInput("a list of the other parcels' ids is expected", field="with")
    parcels = [parcel_id, *(parse_parcel_id(str(p), field="with") for p in others)]
    return await _answered(request, lambda counter: previews.merge(counter, parcels, document))


@router.post(
    "/parcels/{parcel_id}/boundary",
    summary="Measure a boundary between two neighbours moved to a line, for both at once; nothing is recorded",
    openapi_extra={
        "requestBody": models.json_body(operation_models.BOUNDARY, operation_models.BOUNDARY_EXAMPLE)
    },
    responses={200: {"model": operation_models.Redrawn, **_ON_PAPER}, **_ANSWERS},
)
async def boundary(request: Request, parcel_id: ParcelAddress) -> Response:
    document = read_json(await body_of(request, most=MIB), floats=True)
    check_members(document, required={"neighbour", "line"}, optional={*_SKETCH, "agreement"})
    neighbour = parse_parcel_id(text_of(document, "neighbour"), field="neighbour")
    line = cuts.line_of(document["line"])
    return await _answered(
        request, lambda counter: previews.boundary(counter, parcel_id, neighbour, line, document)
    )


@router.post(
    "/villages/{lgd}/strip",
    summary="Measure a strip for a road or a canal through all private parcels that it crosses; nothing is recorded",
    description="The government's own land is passed over. Each parcel that is cut has a draft order of its own.",
    openapi_extra={"requestBody": models.json_body(operation_models.STRIP, operation_models.STRIP_EXAMPLE)},
    responses={200: {"model": operation_models.Strip}, **_ANSWERS},
)
async def strip(request: Request, lgd: Lgd) -> Response:
    document = read_json(await body_of(request, most=MIB), floats=True)
    check_members(document, required={"line", "width"}, optional=set(drafts.PAPERS))
    line, width = cuts.line_of(document["line"]), cuts.number_of(document["width"], field="width")
    return await _answered(request, lambda counter: previews.cut_strip(counter, lgd, line, width, document))


async def _answered(request: Request, measured: Callable[[Counter], Preview | StripPreview]) -> Response:
    """The preview as JSON, or its sketch page where that is asked for (``Accept: application/pdf``)."""
    counter = counter_of(request)
    on_paper = _PDF in request.headers.get("accept", "")
    return await run_in_threadpool(_answer, counter, measured, on_paper)


def _answer(
    counter: Counter, measured: Callable[[Counter], Preview | StripPreview], on_paper: bool
) -> Response:
    found = measured(counter)
    headers = {"Cache-Control": "no-store"}
    if isinstance(found, StripPreview):
        return JSONResponse(strip_told(found), headers=headers)
    if not on_paper:
        return JSONResponse(told(found), headers=headers)
    headers |= {"Content-Disposition": f'inline; filename="{found.parents[0].id}-sketch.pdf"'}
    return Response(sketches.page_of(counter, found, as_of=counter.now()), media_type=_PDF, headers=headers)


def told(preview: Preview) -> dict[str, Json]:
    """A preview as it is answered; one of a split names its parcel beside the others."""
    survey = preview.survey
    found: dict[str, Json] = {
        "parcels": [{"parcel_id": s.id, "version": s.document["version"]} for s in preview.parents],
        "children": [_child(part) for part in preview.parts],
        "measured": {
            "parent_m2": str(survey.parent_m2),
            "gap_m2": str(survey.gap_m2),
            "overlap_m2": str(survey.overlap_m2),
            "outside_m2": str(survey.outside_m2),
            "narrowest_m": str(survey.narrowest_m),
            "unmatched_edges": survey.unmatched_edges,
            "faults": list(survey.faults),
        },
        "changes": [{"id": identifier, "change": sentence} for identifier, sentence in preview.changes],
        "remarks": list(preview.remarks),
        "draft": preview.draft.to_json(),
        "svg": preview.svg,
    }
    if preview.kind == "split":
        found |= {"parcel_id": preview.parents[0].id, "version": preview.parents[0].document["version"]}
    return found


def strip_told(preview: StripPreview) -> dict[str, Json]:
    return {
        "width_m": str(preview.width_m),
        "cuts": [{name: value for name, value in told(cut).items() if name != "svg"} for cut in preview.cuts],
        "svg": preview.svg,
    }


def _child(part: Part) -> dict[str, Json]:
    shape = from_bytes(part.body)
    found = outline(shape)
    return {
        "label": part.label,
        "area": {"figure": part.area.figure, "unit": part.area.unit},
        "recorded_m2": str(part.area.m2),
        "drawn_m2": str(part.drawn_m2),
        "geometry": part.digest,
        "canonical": base64.b64encode(part.body).decode(),
        "geojson": shapely.geometry.mapping(shape),
        "measured_in": f"EPSG:{found.crs}",
        "sides": [
            {"from": side.start, "to": side.end, "metres": str(side.metres), "bearing": str(side.bearing)}
            for side in found.sides
        ],
    }
