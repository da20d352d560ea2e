"""The public documents: what anyone is told of a parcel or a unit.  Pure functions of states, names and areas.

A document is a function of the states as they stand and of nothing else (no day, no position), so that a rebuild
gives the same bytes as years of following did.  ``as_of`` changes with every checkpoint; it is not stored but put
in when an answer is given (``with_as_of``).

Charges, restrictions, holds and pending cases say what they lie ``on``: the ``parcel``, the ``unit`` that it belongs
to, or one ``holder`` of that unit.  A list that is empty says "none": it is never left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import cast

from domain.canon import Json
from domain.commitment import Opening
from domain.mutations.import_ import INCOMPLETE
from domain.quantities import format_share
from domain.record import Holding
from projections.grade import Grade, grade
from projections.pages import docs, texts
from projections.states import compact

Doc = dict[str, Json]

ERASED = "erased"
"""Why a name is missing: it was erased on request; the commitment that stays in the record says nothing."""


@dataclass(frozen=True)
class VillageName:
    """A village as documents name it."""

    lgd: str
    name: str
    name_local: str | None

    def doc(self) -> Doc:
        return {"lgd": self.lgd, "name": self.name, "name_local": self.name_local}


@dataclass(frozen=True, kw_only=True)
class UnitFace:
    """What a parcel's document shows of its unit; made once for all parcels of the unit."""

    unit: Doc
    holders: list[Json]
    names: Mapping[str, Json]
    """Holders' names by commitment; None for one that was erased."""
    charges: list[Json]
    restrictions: list[Json]
    holds: list[Json]
    pending: list[Json]
    holders_complete: bool
    shares_determined: bool


@dataclass(frozen=True, kw_only=True)
class UnitParcel:
    """One line in the list of a unit's parcels."""

    parcel_id: str
    label: str
    recorded_m2: Decimal
    use: str

    def doc(self) -> Doc:
        return {
            "parcel_id": self.parcel_id,
            "label": self.label,
            "recorded_m2": str(self.recorded_m2),
            "use": self.use,
        }


def parties_of(unit: Doc) -> list[str]:
    """The commitments that a unit's documents open: its holders'.  Charges name no one but them."""
    return [str(share["party"]) for share in docs(unit["shares"])]


def shown_to_parcels(unit: Doc) -> Doc:
    """The members of a unit's state that the documents of its parcels show; the list of parcels is not among them.

    So a khata of 856 parcels that is registered in fifteen orders does not rewrite its first parcels fifteen times.
    """
    hidden = ("parcels", "version", "last_index", "history")
    return {name: value for name, value in unit.items() if name not in hidden}


def unit_face(unit: Doc, openings: Mapping[str, Opening]) -> UnitFace:
    """A unit as its parcels' documents show it; ``openings`` are those of ``parties_of``, the erased left out."""
    holders = [_holder(share, openings) for share in docs(unit["shares"])]
    names = {str(holder["party"]): holder["name"] for holder in holders}
    restrictions = docs(unit["restrictions"])
    return UnitFace(
        unit={
            "unit_id": unit["id"],
            "label": unit["label"],
            "tenure": unit["tenure"],
            "shares_determined": unit["shares_determined"],
        },
        holders=list(holders),
        names=names,
        charges=_lying("unit", docs(unit["charges"]), names),
        restrictions=_lying("unit", restrictions, names),
        holds=_lying("unit", docs(unit["holds"]), names),
        pending=_lying("unit", docs(unit["pending"]), names),
        holders_complete=bool(holders) and all(r["kind"] != INCOMPLETE for r in restrictions),
        shares_determined=bool(unit["shares_determined"]),
    )


def parcel_grade(parcel: Doc, face: UnitFace, drawn_m2: Decimal | None) -> Grade | None:
    """The grade of an active parcel (``projections.grade``); a retired one has none."""
    if parcel["status"] != "active":
        return None
    return grade(
        recorded_m2=Decimal(str(parcel["area_m2"])),
        drawn_m2=drawn_m2,
        holders_complete=face.holders_complete,
        shares_determined=face.shares_determined,
    )


def parcel_document(
    parcel: Doc,
    face: UnitFace,
    *,
    village: VillageName,
    drawn_m2: Decimal | None,
    labels: Mapping[str, str],
) -> Doc:
    """The record of rights of a parcel (``labels`` are those of its predecessors and successors, by id).

    A retired parcel shows the unit that it last belonged to, and no holders, charges or holds: whatever lay on it
    lies on its successors now.
    """
    active = parcel["status"] == "active"
    return {
        "parcel_id": parcel["id"],
        "label": parcel["label"],
        "village": village.doc(),
        "status": parcel["status"],
        "area": {
            "recorded_m2": parcel["area_m2"],
            "original": parcel["area_original"],
            "drawn_m2": None if drawn_m2 is None else str(drawn_m2),
        },
        "use": parcel["use"],
        "class": parcel["class"],
        "ulpin": parcel["ulpin"],
        "unit": face.unit,
        "holders": face.holders if active else [],
        "charges": face.charges if active else [],
        "restrictions": _lying("parcel", docs(parcel["restrictions"]), face.names)
        + (face.restrictions if active else []),
        "holds": face.holds if active else [],
        "pending": _lying("parcel", docs(parcel["pending"]), face.names) + (face.pending if active else []),
        "predecessors": _lineage(texts(parcel["predecessors"]), labels),
        "successors": _lineage(texts(parcel["successors"]), labels),
        "former_labels": parcel["former_labels"],
        "version": parcel["version"],
        "office": parcel["office"],
        "geometry": parcel["geometry"],
        "grade": parcel_grade(parcel, face, drawn_m2),
    }


def unit_document(unit: Doc, face: UnitFace, *, village: VillageName, parcels: Iterable[UnitParcel]) -> Doc:
    """A khata: its holders with their shares, what lies on it, and its parcels in the order of the record."""
    return {
        "unit_id": unit["id"],
        "label": unit["label"],
        "village": village.doc(),
        "status": unit["status"],
        "tenure": unit["tenure"],
        "shares_determined": unit["shares_determined"],
        "holders": face.holders,
        "charges": face.charges,
        "restrictions": face.restrictions,
        "holds": face.holds,
        "pending": face.pending,
        "parcels": [parcel.doc() for parcel in parcels],
        "version": unit["version"],
        "office": unit["office"],
    }


def written(document: Doc) -> bytes:
    """The document's bytes as they are stored and served: UTF-8 JSON, members in the order above, no blanks."""
    return compact(document).encode()


def with_as_of(document: bytes, *, checkpoint_size: int, cosigned_at: str | None) -> bytes:
    """The stored bytes with the checkpoint that they are true of; no parsing.

    >>> with_as_of(b'{"version":3}', checkpoint_size=7, cosigned_at="2026-11-21T10:00:00Z")
    b'{"version":3,"as_of":{"checkpoint_size":7,"cosigned_at":"2026-11-21T10:00:00Z"}}'
    """
    as_of = compact({"checkpoint_size": checkpoint_size, "cosigned_at": cosigned_at})
    return document[:-1] + b',"as_of":' + as_of.encode() + b"}"


def _holder(share: Doc, openings: Mapping[str, Opening]) -> Doc:
    holding = Holding.of(share)
    stated = None if holding.share is None else format_share(holding.share)
    opening = openings.get(holding.party)
    if opening is None:
        gone: Doc = {"name": None, "relation": None, "kind": None, "share": stated, "party": holding.party}
        return {**gone, "reason": ERASED}
    value = cast("Doc", opening.value)
    return {
        "name": value["name"],
        "relation": value["relation"],
        "kind": value["kind"],
        "share": stated,
        "party": holding.party,
    }


def _lying(where: str, items: Sequence[Doc], names: Mapping[str, Json]) -> list[Json]:
    """Charges, restrictions, holds or pending cases, each saying what it lies on; sealed details are left out."""
    return [_on_holder(item, names) if item.get("on") else {**_open(item), "on": where} for item in items]


def _on_holder(item: Doc, names: Mapping[str, Json]) -> Doc:
    return {**_open(item), "on": "holder", "holder": names.get(str(item["on"]))}


def _open(item: Doc) -> Doc:
    return {name: value for name, value in item.items() if name not in ("on", "details")}


def _lineage(ids: Sequence[str], labels: Mapping[str, str]) -> list[Json]:
    return [{"parcel_id": identifier, "label": labels.get(identifier)} for identifier in ids]
