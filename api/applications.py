"""Applications as people write them, completed: holders by name or number, children by the line that divides.

A form names holders by their commitments and children by their shapes' digests, which nobody types.  What is filled
in here stands in the preparation that the officer reads before signing; the office judges it like any other form.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import shapely
from shapely import LineString
from shapely.geometry import shape as shape_of
from shapely.geometry.base import BaseGeometry

from api import drafts, order_files
from api.bodies import base64_of
from api.proposed import divided
from domain import catalogue, kit
from domain.canon import Json
from domain.commitment import Opening
from domain.errors import BadInput, NotFound
from domain.ids import parse_parcel_id, parse_unit_id
from domain.quantities import Area, area
from domain.record import Parcel, Unit
from gis.draw import Drawn, draw_split
from gis.shapes import canonical_bytes_many, drawn_areas, from_bytes_many, geometry_hash
from gis.splitting import split_by_line

if TYPE_CHECKING:
    from api.wiring import House

Doc = dict[str, Json]

_HOLDER = "holder:"
_LONLAT = ("CRS84", "4326")


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A part of a parcel that a line divides, numbered from 1, west to east."""

    number: int
    body: bytes
    drawn_m2: Decimal
    area: Area
    """Its part of the recorded area, in the unit of the paper."""
    longitude: float
    latitude: float

    @property
    def digest(self) -> str:
        return geometry_hash(self.body)


def with_holders(form: Doc, house: House) -> Doc:
    """The form with every ``holder:2`` or ``holder:NAME`` as the commitment of that holder of the form's unit.

    Raises:
        BadInput: when no holder, or more than one, is meant.
        NotFound: when the form's unit is not in the record.
    """
    if _HOLDER not in str(form):
        return form
    unit = unit_of(str(form.get("unit")), house)
    commitments = [holding.party for holding in unit.shares]
    openings = house.openings.read(commitments)
    names = [
        cast("Mapping[str, str]", o.value)["name"] if (o := openings.get(c)) else "" for c in commitments
    ]

    def filled(value: Json) -> Json:
        if isinstance(value, dict):
            return {name: filled(item) for name, item in value.items()}
        if isinstance(value, list):
            return [filled(item) for item in value]
        if isinstance(value, str) and value.startswith(_HOLDER):
            return commitments[_which(value.removeprefix(_HOLDER).strip(), names, unit)]
        return value

    return cast("Doc", filled(form))


def _which(text: str, names: Sequence[str], unit: Unit) -> int:
    if text.isdecimal():
        found = [int(text) - 1] if 0 < int(text) <= len(names) else []
    else:
        found = [n for n, name in enumerate(names) if name == text]
    if len(found) != 1:
        listed = ", ".join(f"{n} {name or '(name erased)'}" for n, name in enumerate(names, 1))
        raise BadInput(
            f"{text[:80]!r} names {len(found)} of the holders of {unit.id}",
            field="party",
            remedy=f"Name one by number: {listed[:600]}.",
        )
    return found[0]


def of_draft(form: Doc, kind: str) -> tuple[Doc, dict[str, bytes], tuple[str, ...]]:
    """The application, the shapes and the digests of papers of a draft order; any other form is an application alone.

    Raises:
        BadInput: when the draft is of another type, or damaged.
    """
    if form.get("format") != drafts.FORMAT:
        return form, {}, ()
    if form.get("type") != kind:
        raise BadInput(
            f"the draft is of type {form.get('type')}, and {kind} was asked for",
            field="APPLICATION",
            remedy=f"Prepare it as {form.get('type')}.",
        )
    application, shapes, documents = (form.get(name) for name in ("application", "shapes", "documents"))
    if not (isinstance(application, dict) and isinstance(shapes, dict) and isinstance(documents, list)):
        raise BadInput("the draft is damaged", field="APPLICATION", remedy="Preview the operation again.")
    bodies = {digest: base64_of(body, field=f"shapes.{digest[:44]}") for digest, body in shapes.items()}
    return application, bodies, tuple(map(str, documents))


def people_in(kind: str, application: Json, house: House) -> tuple[Opening, ...]:
    """The holders of the record whom a form names by their commitments, opened; the erased are left out."""
    named = kit.parties(catalogue.mutation(kind).read(application))
    return tuple(house.openings.read(sorted(named)).values())


def with_pieces(form: Doc, line: Path, house: House) -> tuple[Doc, dict[str, bytes]]:
    """The form with shape and area of each child that names a ``piece``, and the shapes by digest.

    Raises:
        BadInput: when the line does not divide the parcel, or the children do not take each piece once.
    """
    parcel = form.get("split")
    if not isinstance(parcel, str):
        raise BadInput(
            "a line is given, and the form names no parcel to split",
            field="split",
            remedy='Add "split": "<parcel id>" to the form, or leave --line out.',
        )
    pieces = {piece.number: piece for piece in pieces_of(parcel, line, house)}
    taken: list[int] = []

    def filled(child: Json) -> Json:
        number = child.get("piece") if isinstance(child, dict) else None
        if not isinstance(child, dict) or not isinstance(number, int) or number not in pieces:
            raise BadInput(
                f"each child takes a piece, 1 to {len(pieces)}",
                field="children.piece",
                remedy='Write "piece": 1 beside the label of the child; `landlog order split-line` shows the pieces.',
            )
        taken.append(number)
        piece = pieces[number]
        rest = {name: value for name, value in child.items() if name != "piece"}
        own: Doc = {
            "geometry": piece.digest,
            "area": {"figure": piece.area.figure, "unit": piece.area.unit},
        }
        return {**own, **rest}

    portions = [
        {
            **portion,
            "children": [filled(child) for child in cast("list[Json]", portion.get("children") or [])],
        }
        if isinstance(portion, dict)
        else portion
        for portion in cast("list[Any]", form.get("portions") or [])
    ]
    if sorted(taken) != sorted(pieces):
        raise BadInput(
            f"the line makes {len(pieces)} pieces, and the children take {sorted(taken)}",
            field="children.piece",
            remedy="Let each piece be taken by one child.",
        )
    return {**form, "portions": portions}, {piece.digest: piece.body for piece in pieces.values()}


def pieces_of(parcel_id: str, line: Path, house: House) -> list[Piece]:
    """The pieces into which a line divides a parcel of the record.

    Raises:
        BadInput: when it does not divide it, or leaves a sliver.
        NotFound: when the parcel is not in the record, or has no shape there.
    """
    parcel, body = parcel_with_shape(parcel_id, house)
    return as_pieces(parcel.area, split_by_line(body, read_line(line)))


def draw(parcel_id: str, pieces: Sequence[Piece], house: House) -> str:
    """The pieces as an SVG document, each with its number."""
    parcel, body = parcel_with_shape(parcel_id, house)
    parts = [Drawn(geometry=piece.body, label=str(piece.number)) for piece in pieces]
    words = f"Parcel {parcel.label} divided into {len(pieces)} pieces, numbered from west to east"
    return draw_split(body, parts, title=f"Parcel {parcel.label}", description=words)


def parcel_with_shape(parcel_id: str, house: House) -> tuple[Parcel, bytes]:
    identifier = parse_parcel_id(parcel_id)
    state = house.recorder.load([identifier])[identifier].state()
    if state is None:
        raise NotFound(f"the parcel {identifier} is not in the record", field="parcel")
    parcel = Parcel.of(state)
    bodies = house.cadastre.bodies([parcel.geometry] if parcel.geometry else [])
    if not bodies:
        raise NotFound(
            f"the record holds no shape of the parcel {identifier}",
            field="parcel",
            remedy="Have it surveyed first.",
        )
    return parcel, next(iter(bodies.values()))


def as_pieces(recorded: Area, bodies: Sequence[bytes]) -> list[Piece]:
    """The pieces with the recorded area divided as the line divides the drawn one; the figures add up exactly."""
    shapes = from_bytes_many(bodies)
    drawn = drawn_areas(shapes)
    figures = divided(recorded.figure, drawn)
    return [
        Piece(
            number=number,
            body=body,
            drawn_m2=m2,
            area=area(figure, recorded.unit),
            longitude=(point := shape.representative_point()).x,
            latitude=point.y,
        )
        for number, (body, shape, m2, figure) in enumerate(
            zip(bodies, shapes, drawn, figures, strict=True), 1
        )
    ]


def unit_of(identifier: str, house: House) -> Unit:
    """
    Raises:
        BadInput, NotFound: when it is no unit's id, or not in the record.
    """
    unit = parse_unit_id(identifier, field="unit")
    state = house.recorder.load([unit])[unit].state()
    if state is None:
        raise NotFound(f"the unit {unit} is not in the record", field="unit")
    return Unit.of(state)


def read_line(path: Path) -> LineString:
    """The one line of a GeoJSON file in longitude and latitude.

    Raises:
        BadInput: when it holds none, or something else.
    """
    found = _geometries(path, field="line")
    if len(found) != 1 or not isinstance(found[0], LineString):
        raise BadInput(
            f"{path.name} holds {len(found)} shapes, the first a {found[0].geom_type if found else 'nothing'}",
            field="line",
            remedy="Draw one line (LineString) across the parcel and export it alone, as GeoJSON.",
        )
    return found[0]


def read_shapes(paths: Sequence[Path]) -> dict[str, bytes]:
    """The canonical bytes of shapes in GeoJSON files, by digest.

    Raises:
        BadInput: when a file holds no polygon, or one that is not valid.
    """
    shapes = [shape for path in paths for shape in _geometries(path, field="shape")]
    return {geometry_hash(body): body for body in canonical_bytes_many(shapes)} if shapes else {}


def _geometries(path: Path, *, field: str) -> list[BaseGeometry]:
    document = order_files.read_json(path, field=field, floats=True)
    if not isinstance(document, dict):
        raise BadInput(f"{path.name} is no GeoJSON object", field=field)
    crs = str(document.get("crs") or "CRS84")
    if not any(name in crs for name in _LONLAT):
        raise BadInput(
            f"{path.name} is drawn in {crs[:80]}",
            field=field,
            remedy="Export it in longitude and latitude (EPSG:4326).",
        )
    features = document.get("features")
    members = features if isinstance(features, list) else [document]
    geometries = [cast("Doc", m).get("geometry") or m for m in members if isinstance(m, dict)]
    try:
        return [shape_of(cast("Any", geometry)) for geometry in geometries]
    except (shapely.errors.ShapelyError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise BadInput(
            f"{path.name} holds no geometry that can be read: {error}",
            field=field,
            remedy="Export it again as GeoJSON.",
        ) from error
