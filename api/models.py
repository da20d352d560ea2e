"""The shapes of answers and of bodies, as OpenAPI tells them.

Answers are described here and made elsewhere: a stored document is served as it lies and is not read into a model
first.  ``tests/api`` holds every answer against its model.  Forms of mutations come from the mutations themselves.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from api.problems import SCHEMA as PROBLEM
from domain import catalogue, form
from domain.case_steps import REASONS

Figure = Annotated[str, Field(pattern=r"^[0-9]+(\.[0-9]+)?$", description="An exact decimal.")]
Share = Annotated[str, Field(pattern=r"^[0-9]+/[0-9]+$", examples=["1/3"])]
Day = Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$")]
Instant = Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z$")]
Index = Annotated[int, Field(ge=0)]
Digest = Annotated[str, Field(pattern=r"^[A-Za-z0-9+/]{43}=$", description="Base64 of a SHA-256.")]
Hex = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


Schema = dict[str, Any]


class _Shape(BaseModel):
    """Every member is told: an answer with another one does not fit."""

    model_config = ConfigDict(extra="forbid")


class AsOf(_Shape):
    """The checkpoint that the answer is true of; ``log_size``, ``date`` and ``known_at`` in answers about the past."""

    checkpoint_size: int | None
    cosigned_at: Instant | None
    log_size: Index | None = None
    date: Day | None = None
    known_at: Instant | None = None


class VillageName(_Shape):
    lgd: str
    name: str
    name_local: str | None


class Grades(_Shape):
    """Active parcels by the quality of their record (``projections.grade``)."""

    A: int
    B: int
    C: int
    D: int


class Village(_Shape):
    lgd: str
    name: str
    name_local: str | None
    office: str
    state: str
    languages: list[str]
    parcels: int
    recorded_m2: Figure
    grades: Grades


class PlaceName(_Shape):
    """A place of the Local Government Directory."""

    level: Literal["state", "district", "subdistrict"]
    code: str
    name: str
    name_local: str | None


class PlacedVillage(Village):
    """A village with what it lies in, the state first; empty where the directory of places is not loaded."""

    within: list[PlaceName]


class Villages(_Shape):
    items: list[Village]
    next: str | None


class ParcelLine(_Shape):
    parcel_id: str
    label: str
    status: Literal["active", "retired"]
    unit_id: str
    recorded_m2: Figure
    use: str
    class_: str = Field(alias="class")
    grade: Literal["A", "B", "C", "D"] | None


class Parcels(_Shape):
    items: list[ParcelLine]
    next: str | None


class Original(_Shape):
    figure: Figure
    unit: str


class Area(_Shape):
    recorded_m2: Figure
    original: Original
    drawn_m2: Figure | None


class UnitName(_Shape):
    unit_id: str
    label: str
    tenure: str
    shares_determined: bool


class Holder(_Shape):
    """A holder as the record names him or her; ``reason`` says why a name is not there."""

    name: str | None
    relation: str | None
    kind: str | None
    share: Share | None
    party: Digest
    reason: Literal["erased"] | None = None


class Item(BaseModel):
    """A charge, restriction, hold or pending case: what it is, what it lies on, since which entry of the log."""

    kind: str
    on: Literal["parcel", "unit", "holder"]
    since: Index | None


class Relative(_Shape):
    parcel_id: str
    label: str | None


class Parcel(_Shape):
    """The record of rights of a parcel: what the record shows, not who owns."""

    parcel_id: str
    label: str
    village: VillageName
    status: Literal["active", "retired"]
    area: Area
    use: str
    class_: str = Field(alias="class")
    ulpin: str | None
    unit: UnitName
    holders: list[Holder]
    charges: list[Item]
    restrictions: list[Item]
    holds: list[Item]
    pending: list[Item]
    predecessors: list[Relative]
    successors: list[Relative]
    former_labels: list[str]
    version: int
    office: str
    geometry: Digest | None
    grade: Literal["A", "B", "C", "D"] | None
    words: dict[str, str] | None = None
    as_of: AsOf


class UnitParcel(_Shape):
    parcel_id: str
    label: str
    recorded_m2: Figure
    use: str


class Unit(_Shape):
    unit_id: str
    label: str
    village: VillageName
    status: Literal["active", "closed"]
    tenure: str
    shares_determined: bool
    holders: list[Holder]
    charges: list[Item]
    restrictions: list[Item]
    holds: list[Item]
    pending: list[Item]
    parcels: list[UnitParcel]
    version: int
    office: str
    as_of: AsOf


class _Order(_Shape):
    index: Index
    event_id: str
    type: str
    title: str
    words: str
    decided: Day
    office: str
    officer: str
    order_no: str


class Entered(_Order):
    """A line of the mutation register; ``touches`` names up to 20 of the parcels and units."""

    touches: list[str]
    case_no: str | None


class Register(_Shape):
    items: list[Entered]
    next: str | None


class On(_Shape):
    kind: Literal["parcel", "unit"]
    id: str
    version: int


class Event(_Order):
    """An event of a parcel, or of the unit that it was in; ``unit_id`` is that unit after the event."""

    on: On
    keyids: list[Hex]
    unit_id: str


class History(_Shape):
    parcel_id: str
    events: list[Event]


class Maker(_Shape):
    index: Index
    type: str
    title: str


class FamilyMember(_Shape):
    """A parcel of the family; ``generation`` counts from those that have no parent in it."""

    parcel_id: str
    label: str
    generation: Annotated[int, Field(ge=0)]
    recorded_m2: Figure
    since: Day
    until: Day | None
    made_by: Maker


class Descent(_Shape):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    parent: str = Field(alias="from")
    child: str = Field(alias="to")


class Lineage(_Shape):
    """Not ``whole`` where farther relatives are left out: ask one of those told for its own."""

    parcel_id: str
    whole: bool
    parcels: list[FamilyMember]
    links: list[Descent]


class Prepared(_Shape):
    payload: str = Field(description="Base64 of the bytes to sign (DSSE, Ed25519).")
    payload_type: str
    payload_sha256: Hex
    application: dict[str, Any] = Field(description="With ids and salts; hand it in as it stands.")
    title: str
    sentence: str
    effects: list[str]


class Touched(_Shape):
    id: str
    version: int


class Receipt(_Shape):
    """``inclusion`` is a tlog-proof that the entry stands at ``index``, once a checkpoint covers it."""

    event_id: str
    type: str
    status: Literal["accepted", "sequenced", "published"]
    entry_sha256: Hex
    touches: list[Touched]
    index: Index | None
    inclusion: str | None
    link: str


class Reason(_Shape):
    code: str
    sentence: str
    remedy: str


class Verdict(_Shape):
    """``holds``: genuine and current.  ``superseded``: genuine, and the record has changed since.  ``rejected``."""

    verdict: Literal["holds", "superseded", "rejected"]
    reasons: list[Reason]
    parcel: str | None
    status: Literal["current", "absent"] | None
    words: str | None
    as_of: Instant | None
    checkpoint_size: int | None
    signatures_checked: bool
    current_version: int | None
    note: str


class Watcher(_Shape):
    name: str
    verifier_key: str
    url: str | None


class VerifierPage(_Shape):
    page: str
    sha256: str


class About(_Shape):
    origin: str
    log_keys: list[str]
    projection: str
    log_size: Index
    as_of: AsOf
    policy: str | None
    witnesses: list[Watcher]
    verifier: VerifierPage | None
    links: dict[str, str]
    presumptive: Literal[True]


def _form_name(name: str) -> str:
    """
    >>> _form_name("sale")
    'SaleApplication'
    """
    return f"{name.replace('-', ' ').title().replace(' ', '')}Application"


def _text(most: int, description: str) -> Schema:
    return {"type": "string", "minLength": 1, "maxLength": most, "description": description}


_BASE64: Schema = {
    "type": "string",
    "contentEncoding": "base64",
    "pattern": "^([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$",
}
_SHAPES: Schema = {
    "type": "object",
    "description": "Canonical geometry bytes (base64) by their digest.",
    "additionalProperties": dict(_BASE64),
    "maxProperties": 200,
}
PREPARE: Schema = {
    "type": "object",
    "properties": {
        "type": {"enum": [m.name for m in catalogue.all_types().values()] + list(catalogue.all_types())},
        "application": {
            "anyOf": [
                {"$ref": f"#/components/schemas/{_form_name(m.name)}"} for m in catalogue.all_types().values()
            ]
        },
        "office": _text(64, "LGD codes of state, district and tehsil: 28/511/5257."),
        "officer": _text(64, "The officer who is to sign."),
        "order_no": _text(200, "The number of the order in the office's own register."),
        "second_officer": {
            "anyOf": [_text(64, "Who signs beside the officer, where two must."), {"type": "null"}]
        },
        "shapes": _SHAPES,
        "documents": {"type": "array", "maxItems": 50, "items": dict(_BASE64)},
        "case": {
            "anyOf": [_text(16, "The case that the order carries out: 593873-C000012."), {"type": "null"}]
        },
        "out_of_turn": {
            "anyOf": [{"enum": list(REASONS)}, {"type": "null"}],
            "description": "Why the case goes before those that were filed earlier.",
        },
    },
    "required": ["type", "application", "office", "officer", "order_no"],
    "additionalProperties": False,
}
ORDER: Schema = {
    "type": "object",
    "properties": {
        "envelope": {**_BASE64, "description": "The DSSE envelope's canonical bytes."},
        "application": {"type": "object", "description": "As `prepare` returned it."},
        "shapes": _SHAPES,
    },
    "required": ["envelope", "application"],
    "additionalProperties": False,
}
PREPARE_EXAMPLE: Schema = {
    "type": "sale",
    "office": "28/511/5257",
    "officer": "AP-REV-004512",
    "order_no": "MR/2026/4411",
    "application": {
        "unit": "593873-U000045",
        "sold": "share",
        "sellers": [{"party": "A" * 43 + "=", "share": "1/3"}],
        "buyers": [{"party": {"name": "Meena Devi", "relation": "Ram Lal"}, "share": "1"}],
        "deed": {"number": "1123/2026", "made": "2026-11-02", "by": "SRO Gudur"},
        "consideration": {"paise": 25000000},
    },
}
ORDER_EXAMPLE: Schema = {"envelope": "eyJwYXlsb2FkIjoiIn0=", "application": {}}
_ANY_PROOF: Schema = {"description": "A TitleProof; what is none gets a verdict too, and the reason."}
_BINARY: Schema = {"type": "string", "format": "binary"}
PROOF_BODY: Schema = {
    "required": True,
    "content": {
        "application/vnd.landlog.title-proof.v1+json": {"schema": _ANY_PROOF},
        "application/json": {"schema": _ANY_PROOF},
        "application/pdf": {"schema": _BINARY},
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "properties": {"file": _BINARY},
                "required": ["file"],
                "additionalProperties": False,
            }
        },
    },
}
TITLE_PROOF: Schema = {
    "type": "object",
    "description": "landlog/title-proof@v1: canonical JSON, to be verified offline.",
    "properties": {
        "format": {"const": "landlog/title-proof@v1"},
        "origin": {"type": "string"},
        "parcel": {"type": "string"},
        "map_head": dict(_BASE64),
        "map_head_proof": {"type": "string"},
        "states": {"type": "array", "items": {"type": "object"}},
        "openings": {"type": "array", "items": {"type": "object"}},
    },
    "required": ["format", "origin", "parcel", "map_head", "map_head_proof", "states"],
}


def json_body(schema: Schema, example: Any) -> Schema:
    """A required JSON body, for ``openapi_extra``."""
    return {"required": True, "content": {"application/json": {"schema": schema, "example": example}}}


def components() -> Schema:
    """Schemas that no model describes: problems, proofs, and the form of every mutation type."""
    forms: Schema = {
        _form_name(m.name): {"title": m.title(), **form.schema(m.module.Application)}
        for m in catalogue.all_types().values()
    }
    return {"Problem": PROBLEM, "TitleProof": TITLE_PROOF, **forms}
