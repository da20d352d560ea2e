"""The application of an order, as far as the map fills it in: a form that ``landlog order prepare`` takes as it is.

What only people have (the number of a sketch, an agreement, an award) comes in as ``Papers``; what is not there is
left out of the form and named among ``missing``, never invented.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from api.counter import Counter
from api.proposed import Part, Subject
from domain.canon import Json
from domain.kit import GOVERNMENT_CLASSES
from domain.quantities import AREA_UNITS, Area, area
from gis.operations.strip import Cut

FORMAT = "landlog/draft-order@v1"
PAPERS = ("sketch", "agreement", "permissions", "award", "possession", "receiver", "land_class", "use")
Doc = dict[str, Json]
Papers = Mapping[str, Json]
"""Members of an application that people give: ``sketch``, ``agreement``, ``award`` ..."""


@dataclass(frozen=True, kw_only=True)
class Draft:
    """The application of one order.  ``missing``: members that people have yet to give."""

    type: str
    application: Doc
    shapes: Mapping[str, bytes] = field(default_factory=dict)
    missing: tuple[str, ...] = ()

    def to_json(self, documents: Sequence[str] = ()) -> Doc:
        """``documents``: digests of papers that lie behind the order, such as the printed sketch."""
        return {
            "format": FORMAT,
            "type": self.type,
            "application": self.application,
            "shapes": {digest: base64.b64encode(body).decode() for digest, body in self.shapes.items()},
            "documents": list(documents),
            "missing": list(self.missing),
        }


def subdivision(subject: Subject, parts: Sequence[Part], papers: Papers) -> Draft:
    form: Doc = {
        "unit": subject.document["unit"]["unit_id"],
        "parcel": subject.id,
        "children": [child(part) for part in parts],
    }
    return _drafted("subdivision", form, parts, papers, needs=("sketch",), may=("permissions",))


def amalgamation(found: Sequence[Subject], part: Part, former: str, papers: Papers) -> Draft:
    form: Doc = {
        "unit": found[0].document["unit"]["unit_id"],
        "parcels": [s.id for s in found],
        "merged": child(part),
        "former": [former] if former else [],
    }
    return _drafted("amalgamation", form, [part], papers, needs=("sketch",), may=("permissions",))


def boundary_correction(found: Sequence[Subject], parts: Sequence[Part], papers: Papers) -> Draft:
    """Both sides as they become, with all holders of both, whom the record names."""
    form: Doc = {
        "sides": [
            {
                "unit": s.document["unit"]["unit_id"],
                "parcel": s.id,
                "holders": [holder["party"] for holder in s.document["holders"]],
                "area": {"figure": part.area.figure, "unit": part.area.unit},
                "geometry": part.digest,
            }
            for s, part in zip(found, parts, strict=True)
        ]
    }
    needs = ("agreement", "sketch")
    return _drafted("boundary-correction", form, parts, papers, needs=needs, may=("permissions",))


def acquisition(
    subject: Subject, parts: Sequence[Part], cut: Cut, unit: Mapping[str, Any], papers: Papers
) -> Draft:
    """One parcel of the strip; the charges on its khata (``unit``, its state) are all named, as the law asks."""
    charges = [charge["details"] for charge in unit["charges"]]
    form: Doc = {"unit": subject.document["unit"]["unit_id"], "charges_met": charges}
    if cut.whole:
        form["parcels"] = [subject.id]
        parts = ()
    else:
        count = len(cut.taken)
        form["strip"] = {
            "parent": subject.id,
            "taken": [child(part) for part in parts[:count]],
            "left": [child(part) for part in parts[count:]],
        }
    needs = ("award", "possession", "receiver", "land_class", "use")
    return _drafted("acquisition", form, parts, papers, needs=needs)


def child(part: Part) -> Doc:
    """A part as an application names it."""
    return {
        "label": part.label,
        "area": {"figure": part.area.figure, "unit": part.area.unit},
        "geometry": part.digest,
    }


def summed(found: Sequence[Subject]) -> Area:
    """The recorded areas of several parcels as one figure, in the unit of the first."""
    first = found[0].recorded
    figures = [
        Decimal(s.recorded.figure)
        if s.recorded.unit == first.unit
        else (s.recorded.m2 / AREA_UNITS[first.unit]).quantize(Decimal("0.0000000001"))
        for s in found
    ]
    return area(str(sum(figures, Decimal(0))), first.unit)


def is_public(subject: Subject) -> bool:
    """``is_public_land`` of a parcel: a strip takes nothing of it."""
    return is_public_land(subject.document)


def is_public_land(document: Mapping[str, Any]) -> bool:
    """Whether land is the government's already, by its class or by the tenure of its khata."""
    return document["class"] in GOVERNMENT_CLASSES or document["unit"]["tenure"] == "public"


def unit_states(counter: Counter, units: Collection[str]) -> dict[str, dict[str, Any]]:
    """The states of khatas as the public map has them, by id."""
    with counter.reader.cursor() as cursor:
        cursor.execute("select id, doc from records.state where id = any(%s)", (sorted(units),))
        return {identifier: json.loads(bytes(doc)) for identifier, doc in cursor}


def _drafted(
    kind: str,
    form: Doc,
    parts: Sequence[Part],
    papers: Papers,
    *,
    needs: Sequence[str],
    may: Sequence[str] = (),
) -> Draft:
    given = {name: papers[name] for name in (*needs, *may) if papers.get(name)}
    return Draft(
        type=kind,
        application={**form, **given},
        shapes={part.digest: part.body for part in parts},
        missing=tuple(name for name in needs if name not in given),
    )
