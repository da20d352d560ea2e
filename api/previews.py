"""What an operation on the map would make of today's record, before anybody signs: shapes, areas, numbers, changes.

Nothing is recorded and nothing reserved.  A preview holds all that an order needs of its shapes, and the application
itself as far as the map can fill it in (``api.drafts``): what is missing of it are papers that only people have.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from shapely import LineString

from api import drafts, portions
from api.counter import Counter
from api.cuts import division_of
from api.drafts import Draft, Papers
from api.proposed import (
    Numbering,
    Part,
    Subject,
    moved_over,
    numbering_of,
    parts_of,
    subjects,
)
from api.routes.parcels import document_now
from domain.errors import BadInput
from domain.survey import Survey
from gis import draw
from gis.operations import merging, shared_edge, strip
from gis.shapes import canonical_bytes, from_bytes_many
from gis.survey import examine_all
from registry.cadastre import Cadastre

MOST_MERGED = 50
_IN_PROPORTION = (
    "no rule of the state says how a recorded area is divided: it is divided as the drawn one is, in {unit}"
)


@dataclass(frozen=True, kw_only=True)
class Preview:
    """What becomes of some parcels.  ``changes``: a sentence for each parcel and khata that an order would touch."""

    kind: str
    parents: tuple[Subject, ...]
    parts: tuple[Part, ...]
    survey: Survey
    svg: str
    changes: tuple[tuple[str, str], ...]
    remarks: tuple[str, ...]
    draft: Draft


@dataclass(frozen=True, kw_only=True)
class StripPreview:
    """A strip through many parcels: one preview, and one order, for each of them."""

    width_m: float
    cuts: tuple[Preview, ...]
    svg: str


def split(counter: Counter, parcel: str, document: Mapping[str, Any], papers: Papers) -> Preview:
    """A parcel divided as a body asks (``api.cuts``), its parts staying in its khata or going to portions of it.

    Raises:
        BadInput, NotFound, NotDivisible: when it cannot be.
    """
    kind = portions.kind_of(document)
    (subject,) = subjects(counter, [parcel])
    division = division_of({k: v for k, v in document.items() if k not in portions.MEMBERS}, subject.recorded)
    bodies = division.divide(subject.body)
    survey = _surveyed(counter, [subject], bodies)
    numbering = numbering_of(counter, subject.village)
    parts, remarks = parts_of(subject, bodies, survey.children_m2, numbering, division.stated)
    labels = ", ".join(part.label for part in parts)
    if len(division.stated) < len(parts):
        remarks.append(_IN_PROPORTION.format(unit=subject.recorded.unit))
    if kind == "partition":
        unit = drafts.unit_states(counter, [subject.document["unit"]["unit_id"]])
        (state,) = unit.values()
        draft, told = portions.partition(subject, state, parts, papers)
        remarks += told
        changes = portions.changes(subject, draft, labels)
    else:
        draft = drafts.subdivision(subject, parts, papers)
        changes = (
            (subject.id, f"{subject.label} is retired, and {labels} take up its land"),
            *_khata([subject], labels),
        )
    return Preview(
        kind="split",
        parents=(subject,),
        parts=tuple(parts),
        survey=survey,
        svg=_drawn([subject], parts, f"{subject.label} divided into {len(parts)}"),
        changes=changes,
        remarks=tuple(remarks),
        draft=draft,
    )


def merge(counter: Counter, parcels: Sequence[str], papers: Papers) -> Preview:
    """Adjoining parcels of one khata as one.  Raises: BadInput, NotFound, NotDivisible."""
    if not 2 <= len(set(parcels)) == len(parcels) <= MOST_MERGED:
        raise BadInput(
            "parcels to merge are two or more, each named once",
            field="with",
            remedy=f"Name at most {MOST_MERGED}.",
        )
    found = subjects(counter, parcels, field="with")
    units = {s.document["unit"]["unit_id"] for s in found}
    if len(units) > 1:
        raise BadInput(
            f"the parcels belong to {len(units)} khatas",
            field="with",
            remedy="Merge parcels of one khata only.",
        )
    body = merging.merge([s.body for s in found])
    survey = _surveyed(counter, found, [body])
    former, whole = _field_of_before(counter, found)
    label = numbering_of(counter, found[0].village).union([s.label for s in found], whole_again=whole)
    part = Part(body=body, label=label, drawn_m2=survey.children_m2[0], area=drafts.summed(found))
    return Preview(
        kind="merge",
        parents=tuple(found),
        parts=(part,),
        survey=survey,
        svg=_drawn(found, [part], f"{', '.join(s.label for s in found)} as one parcel"),
        changes=(
            *((s.id, f"{s.label} is retired, and {label} takes up its land") for s in found),
            *_khata(found, label),
        ),
        remarks=(f"the field {former} is whole again",) if former and whole else (),
        draft=drafts.amalgamation(found, part, former, papers),
    )


def boundary(counter: Counter, parcel: str, neighbour: str, line: LineString, papers: Papers) -> Preview:
    """The boundary between two parcels moved to a line.  Raises: BadInput, NotFound, NotDivisible."""
    if parcel == neighbour:
        raise BadInput(
            "a boundary has two sides", field="neighbour", remedy="Name the parcel on the other side."
        )
    one, other = subjects(counter, [parcel, neighbour], field="neighbour")
    bodies = shared_edge.moved(one.body, other.body, line)
    survey = _surveyed(counter, [one, other], bodies)
    gained = survey.children_m2[0] - survey.parents_m2[0]
    taker, giver = (one, other) if gained >= 0 else (other, one)
    if gained >= 0:
        areas = moved_over(one.recorded, other.recorded, gained)
    else:
        areas = moved_over(other.recorded, one.recorded, -gained)[::-1]
    parts = [
        Part(body=body, label=s.label, drawn_m2=m2, area=now)
        for s, body, m2, now in zip((one, other), bodies, survey.children_m2, areas, strict=True)
    ]
    changes = [
        (
            s.id,
            f"{s.label}: {s.recorded.figure} {s.recorded.unit} before, {p.area.figure} after; it keeps its number",
        )
        for s, p in zip((one, other), parts, strict=True)
    ]
    return Preview(
        kind="boundary",
        parents=(one, other),
        parts=tuple(parts),
        survey=survey,
        svg=_drawn([one, other], parts, f"The boundary between {one.label} and {other.label}"),
        changes=tuple(changes),
        remarks=(f"{abs(gained)} m2 as drawn pass from {giver.label} to {taker.label}",),
        draft=drafts.boundary_correction([one, other], parts, papers),
    )


def cut_strip(counter: Counter, lgd: str, centre: LineString, width_m: float, papers: Papers) -> StripPreview:
    """A strip for a road or a canal cut through all parcels of a village that it crosses.

    Raises:
        BadInput: for a strip that is none, or that crosses no parcel.
    """
    road = strip.strip_along(centre, width_m)
    met = [s for s in _crossed(counter, lgd, canonical_bytes(road)) if not drafts.is_public(s)]
    cuts = strip.cut([s.body for s in met], road)
    if not cuts:
        raise BadInput(
            f"the strip crosses no private parcel of village {lgd}",
            field="line",
            remedy="Draw the centre line through the parcels that it is to cut.",
        )
    numbering = numbering_of(counter, lgd)
    states = drafts.unit_states(counter, {met[cut.parcel].document["unit"]["unit_id"] for cut in cuts})
    found = []
    for cut in cuts:
        one = _strip_of(counter, met[cut.parcel], cut, numbering, states, papers)
        numbering = numbering.after([part.label for part in one.parts])
        found.append(one)
    parents = [s for one in found for s in one.parents]
    parts = [part for one in found for part in one.parts]
    taken = {
        part.digest for one, cut in zip(found, cuts, strict=True) for part in one.parts[: len(cut.taken)]
    }
    drawing = _drawn(parents, parts, f"A strip of {width_m:g} m through {len(found)} parcels", taken=taken)
    return StripPreview(width_m=width_m, cuts=tuple(found), svg=drawing)


def _strip_of(
    counter: Counter,
    subject: Subject,
    cut: strip.Cut,
    numbering: Numbering,
    states: Mapping[str, Any],
    papers: Papers,
) -> Preview:
    bodies = [*cut.taken, *cut.left]
    survey = _surveyed(counter, [subject], bodies)
    if cut.whole:
        part = Part(
            body=subject.body, label=subject.label, drawn_m2=survey.children_m2[0], area=subject.recorded
        )
        parts, remarks = [part], [f"{subject.label} lies within the strip and is taken whole"]
        words = "is taken whole"
    else:
        parts, remarks = parts_of(subject, bodies, survey.children_m2, numbering)
        taken, left = parts[: len(cut.taken)], parts[len(cut.taken) :]
        words = (
            f"is retired; {', '.join(p.label for p in taken)} taken, {', '.join(p.label for p in left)} left to the "
            "holders"
        )
    state = states[subject.document["unit"]["unit_id"]]
    return Preview(
        kind="strip",
        parents=(subject,),
        parts=tuple(parts),
        survey=survey,
        svg=_drawn([subject], parts, f"{subject.label} and the strip"),
        changes=((subject.id, f"{subject.label} {words}"),),
        remarks=(*cut.told, *remarks),
        draft=drafts.acquisition(subject, parts, cut, state, papers),
    )


def _surveyed(counter: Counter, parents: Sequence[Subject], bodies: Sequence[bytes]) -> Survey:
    bodies_before = [s.body for s in parents]
    around = Cadastre(counter.reader).neighbours([s.id for s in parents], bodies_before)
    return examine_all(bodies_before, bodies, around)


def _crossed(counter: Counter, lgd: str, road: bytes) -> list[Subject]:
    """The parcels of the village whose land the strip crosses."""
    (shape,) = from_bytes_many([road])
    with counter.reader.cursor() as cursor:
        cursor.execute(
            "select p.parcel_id from gis.parcel p where p.valid_to is null and p.status = 'active' and p.village = %s"
            " and st_intersects(p.geom, st_geomfromtext(%s, 4326)) order by p.parcel_id limit %s",
            (lgd, shape.wkt, strip.MOST_PARCELS + 1),
        )
        found = [parcel for (parcel,) in cursor]
    if len(found) > strip.MOST_PARCELS:
        raise BadInput(
            f"the strip meets more than {strip.MOST_PARCELS} parcels",
            field="line",
            remedy="Cut it in stretches.",
        )
    return subjects(counter, found, field="line")


def _field_of_before(counter: Counter, found: Sequence[Subject]) -> tuple[str, bool]:
    """The field of which all are parts, if they are of one and it is named by each; and whether all of it is here."""
    origins = {tuple(p["parcel_id"] for p in s.document["predecessors"]) for s in found}
    if len(origins) != 1 or len(one := origins.pop()) != 1:
        return "", False
    former = document_now(counter, one[0])
    return one[0], {p["parcel_id"] for p in former["successors"]} == {s.id for s in found}


def _khata(found: Sequence[Subject], labels: str) -> tuple[tuple[str, str], ...]:
    unit = found[0].document["unit"]
    burdened = [name for name in ("charges", "restrictions") if found[0].document[name]]
    kept = f"; {' and '.join(burdened)} stay as they lie" if burdened else ""
    return ((unit["unit_id"], f"khata {unit['label']} lists {labels} in the place of "
             f"{', '.join(s.label for s in found)}; its holders and shares stay{kept}"),)  # fmt: skip


def _drawn(
    parents: Sequence[Subject], parts: Sequence[Part], title: str, *, taken: Collection[str] | None = None
) -> str:
    """The parts in tints of their own, or in one where they are taken and in another where they are left."""
    return draw.draw_parts(
        [s.body for s in parents],
        [
            draw.Drawn(
                geometry=part.body,
                label=part.label,
                tint="" if taken is None else draw.MINE if part.digest in taken else draw.LAND,
            )
            for part in parts
        ],
        title=title,
        description="; ".join(f"{part.label}: {part.drawn_m2} square metres" for part in parts),
    )
