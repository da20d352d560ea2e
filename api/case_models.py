"""The shapes of answers and of bodies about cases, as OpenAPI tells them."""

from __future__ import annotations

from typing import Any, Literal, get_args

from pydantic import Field

from api.models import Day, Digest, Figure, Hex, Index, Schema, VillageName, _Shape
from domain import catalogue
from domain.case_steps import REASONS, STATUSES, STEPS
from domain.kit import NoticeClass

CaseStatus = Literal[STATUSES]  # type: ignore[valid-type]  # one list, in domain.case_steps


class CodedReason(_Shape):
    code: str
    words: str


class Holder(_Shape):
    """Who has the file: an office and a role, and what the state calls the officer in that role."""

    office: str
    role: str
    words: str


class Next(_Shape):
    """A step that may be taken from where the case stands, and the roles that take it."""

    step: str
    words: str
    roles: list[str]


class Taken(_Shape):
    """An event of the case: what, by whom, signed with which keys; ``fell_due`` when it was the clock's to do."""

    index: Index
    event_id: str
    type: str
    words: str
    decided: Day
    officer: str
    keyids: list[Hex]
    reason: CodedReason | None
    until: Day | None
    fell_due: Day | None
    out_of_turn: CodedReason | None


class Days(_Shape):
    """The days that count: until when what must have happened, and which of them stand still or have passed."""

    filed: Day
    since: Day
    due: Day | None
    notice_until: Day | None
    cure_until: Day | None
    hearing: Day | None
    appeal_until: Day | None
    decided: Day | None
    warned: Day | None
    breached: Day | None
    paused_since: Day | None


class Case(_Shape):
    """Where the file is, what is next, by when, and who holds it."""

    case_no: str
    type: str
    title: str
    status: CaseStatus
    status_words: str
    open: bool
    village: VillageName
    office: str
    holder: Holder | None
    lane: Literal["auto", "officer"]
    notice: Literal[get_args(NoticeClass)]  # type: ignore[valid-type]  # one list, in domain.kit
    objections: int
    appeals: int
    fee_paise: int
    days: Days
    touches: list[str]
    application: Digest
    applicant: Digest
    next: list[Next]
    steps: list[Taken]
    version: int


class Line(_Shape):
    """A case in a list: a notice that runs, or a file that waits."""

    case_no: str
    type: str
    title: str
    status: CaseStatus
    status_words: str
    office: str
    filed: Day
    due: Day | None
    notice_until: Day | None
    objections: int
    touches: list[str]


class Lines(_Shape):
    items: list[Line]
    next: str | None


class Promise(_Shape):
    """What the state's law promises, by which source, and whether that was confirmed."""

    figure: str
    days: Figure
    counting: Literal["calendar", "working"]
    since: Day
    source: str
    confirmed: bool


class ServiceLevel(_Shape):
    """One service of one office: the promise, and how it is kept.  ``overdue`` is a part of ``waiting``."""

    office: str
    type: str
    title: str
    promised: Promise | None
    waiting: int
    overdue: int
    kept: int
    broken: int
    mean_days: Figure | None


class ServiceLevels(_Shape):
    items: list[ServiceLevel]
    next: str | None


class Against(_Shape):
    """A rule that does not hold of the application as the record stands."""

    rule: str
    sentence: str
    source: str
    remedy: str
    detail: str


class Judged(_Shape):
    """What a dry run finds; with nothing found, the case could go through without an officer's question."""

    findings: list[Against]


class Accepted(_Shape):
    event_id: str
    type: str
    entry_sha256: Hex
    link: str


class Filed(_Shape):
    """The receipt of a filing.  ``secret`` shows that one is the applicant: keep it with the paper."""

    case_no: str
    lane: Literal["auto", "officer"]
    findings: list[Against]
    secret: Digest
    receipt: Accepted
    link: str


class StepPrepared(_Shape):
    payload: str = Field(description="Base64 of the bytes to sign (DSSE, Ed25519).")
    payload_type: str
    payload_sha256: Hex
    form: dict[str, Any] = Field(description="With its numbers and salts; hand it in as it stands.")
    title: str
    sentence: str
    effects: list[str]


_REASON: Schema = {
    "type": "object",
    "properties": {
        "code": {"enum": list(REASONS)},
        "words": {"type": "string", "minLength": 1, "maxLength": 200, "description": "Sealed."},
    },
    "required": ["code", "words"],
    "additionalProperties": False,
}
_PERSON: Schema = {
    "type": "object",
    "description": "Sealed: nothing of it is in the log or on any page.",
    "properties": {
        "name": {"type": "string", "minLength": 1, "maxLength": 200},
        "relation": {"type": "string", "minLength": 1, "maxLength": 200},
        "phone": {"type": "string", "minLength": 1, "maxLength": 200},
        "capacity": {"type": "string", "description": "As what: transferee, heir, registrar, bank ..."},
    },
    "required": ["name"],
    "additionalProperties": False,
}
_FEE: Schema = {
    "type": "object",
    "description": "What was paid; only for the step `fee-paid`.",
    "properties": {
        "paise": {"type": "integer", "minimum": 0, "description": "Public, in whole paise."},
        "receipt": {"type": "string", "minLength": 1, "maxLength": 200, "description": "Its number; sealed."},
    },
    "required": ["paise", "receipt"],
    "additionalProperties": False,
}
_SHAPES: Schema = {
    "type": "object",
    "description": "Canonical geometry bytes (base64) by their digest.",
    "additionalProperties": {"type": "string", "contentEncoding": "base64"},
    "maxProperties": 200,
}
_DOCUMENTS: Schema = {
    "type": "array",
    "maxItems": 50,
    "items": {"type": "string", "contentEncoding": "base64"},
    "description": "Base64 SHA-256 of the papers.",
}
_TEXT: Schema = {"type": "string", "minLength": 1, "maxLength": 64}
FILING: Schema = {
    "type": "object",
    "properties": {
        "type": {"enum": [m.name for m in catalogue.all_types().values()]},
        "application": {"type": "object", "description": "The form of the type, as in /v1/orders/prepare."},
        "applicant": _PERSON,
        "shapes": _SHAPES,
        "documents": _DOCUMENTS,
    },
    "required": ["type", "application", "applicant"],
    "additionalProperties": False,
}
STEP: Schema = {
    "type": "object",
    "properties": {
        "step": {"enum": [s.name for s in STEPS.values()]},
        "officer": _TEXT,
        "until": {"type": "string", "format": "date"},
        "reason": _REASON,
        "out_of_turn": _REASON,
        "person": _PERSON,
        "fee": _FEE,
        "application": {"type": "object", "description": "As it was cured; for the step `cured` alone."},
        "documents": _DOCUMENTS,
        "land": {
            "type": "array",
            "maxItems": 250,
            "items": {"type": "string"},
            "description": "Parcels and holdings; for the steps `land-added` and `land-released` alone.",
        },
    },
    "required": ["step", "officer"],
    "additionalProperties": False,
}
SIGNED_STEP: Schema = {
    "type": "object",
    "properties": {
        "envelope": {"type": "string", "contentEncoding": "base64"},
        "form": {"type": "object", "description": "As `prepare` returned it."},
    },
    "required": ["envelope", "form"],
    "additionalProperties": False,
}
OBJECTION: Schema = {
    "type": "object",
    "properties": {"person": _PERSON, "reason": _REASON, "documents": _DOCUMENTS},
    "required": ["person", "reason"],
    "additionalProperties": False,
}
REQUEST: Schema = {
    "type": "object",
    "properties": {
        "step": {"enum": ["withdrawn", "cured", "appealed"]},
        "secret": {
            "type": "string",
            "contentEncoding": "base64",
            "description": "From the filing's receipt.",
        },
        "reason": _REASON,
        "application": {"type": "object"},
        "documents": _DOCUMENTS,
    },
    "required": ["step", "secret"],
    "additionalProperties": False,
}
FILING_EXAMPLE: Schema = {
    "type": "sale",
    "application": {
        "unit": "593873-U000045",
        "sold": "share",
        "sellers": [{"party": "A" * 43 + "=", "share": "1/3"}],
        "buyers": [{"party": {"name": "Meena Devi", "relation": "Ram Lal"}, "share": "1"}],
        "deed": {"number": "1123/2026", "made": "2026-11-02", "by": "SRO Gudur"},
        "consideration": {"paise": 25000000},
    },
    "applicant": {
        "name": "Meena Devi",
        "relation": "Ram Lal",
        "phone": "9000000001",
        "capacity": "transferee",
    },
}
STEP_EXAMPLE: Schema = {
    "step": "refused",
    "officer": "AP-REV-004512",
    "reason": {"code": "on-the-merits", "words": "The seller's title is not proved."},
}
SIGNED_STEP_EXAMPLE: Schema = {"envelope": "eyJwYXlsb2FkIjoiIn0=", "form": {}}
OBJECTION_EXAMPLE: Schema = {
    "person": {"name": "Gopal", "phone": "9000000002"},
    "reason": {"code": "title-disputed", "words": "I hold half of the khata under a partition of 1998."},
}
REQUEST_EXAMPLE: Schema = {"step": "withdrawn", "secret": "A" * 43 + "="}
