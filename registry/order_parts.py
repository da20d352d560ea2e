"""What every signed payload about land or a case shares: its heading, its commitments, its signers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import ClassVar, Literal, cast
from uuid import UUID

from domain import form, ids, kit
from domain.canon import Json
from domain.errors import BadInput, Finding, RecordChanged, VerificationError
from domain.ids import ParcelId, UnitId
from domain.languages import Phrase
from domain.record import Parcel, Record, Unit
from domain.values import EventId, OfficeCode, Text
from registry import dsse
from registry.append import AlreadyAccepted
from registry.history import History
from registry.officers import officer_key

Doc = dict[str, Json]
MOST_DAYS_ON_THE_WAY = 3
"""From the day that an order bears until it is handed in: a Friday's is signed on Monday."""


class ForeignOrder(VerificationError):
    """The order was signed for another registry, or is no order at all."""

    code: ClassVar[str] = "foreign-order"


class NotWhatWasSigned(VerificationError):
    """The application that came with the order does not lead to the bytes that were signed."""

    code: ClassVar[str] = "not-what-was-signed"


@dataclass(frozen=True, kw_only=True)
class Request:
    """What an officer asks the office to prepare.

    ``shapes`` are canonical geometry bytes by their digest (base64 SHA-256), ``documents`` digests of scanned papers.
    """

    type: str
    application: Json
    office: str
    officer: str
    order_no: str
    second_officer: str | None = None
    """Who signs beside ``officer``, where the act or the land asks for two."""
    shapes: Mapping[str, bytes] = field(default_factory=dict)
    documents: tuple[str, ...] = ()
    case: str | None = None
    """The case that the order is made in: it is carried out by the same event."""
    out_of_turn: str | None = None
    """A code of ``domain.case_steps.REASONS``: why this case goes before those filed earlier."""
    auto: bool = False
    """The registry's clock signs: nobody opposed, and the state's law lets the notice decide."""


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What the law says of an application as the record stands: what is against it, and how many must sign.

    ``hopeless``: what it names is not there, so there is nothing that a case could be about.
    """

    findings: tuple[Finding, ...] = ()
    hopeless: bool = False
    signatures: int = 1


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """What the office answers once the order is durable: the log gives it an index within the next batch."""

    event_id: str
    type: str
    entry_sha256: str
    touches: tuple[tuple[str, int], ...]
    """(id, version that the order made)."""


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """An order ready to be read and signed: the exact payload, and the application with its ids and salts."""

    payload: bytes
    application: Json
    title: str
    sentence: str
    effects: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Heading:
    """The members of a payload that are read before anything else is."""

    schema: Literal[1]
    event_id: EventId
    type: Text
    decided: date
    office: OfficeCode
    order_no: Text
    officer: Text
    second_officer: Text | None = None


def heading(payload: Doc) -> Heading:
    """
    Raises:
        form.BadForm: naming the members that are missing or out of their bounds.
    """
    return form.read(Heading, {k: v for k, v in payload.items() if k in Heading.__annotations__})


def identity(day: date, event_id: UUID) -> dict[str, Json]:
    """What tells an event from every other, and the day that it bears."""
    return {"decided": day.isoformat(), "event_id": event_id.hex}


def read_payload(envelope: dsse.Envelope, *, origin: str, today: date) -> Doc:
    """The payload of an envelope that was signed for this registry, on a day that has come and not long gone.

    An event is judged by the law of its day, and notices and appeals run from it: whoever could choose the day could
    choose the law, and have a notice run out before anybody read it.

    Raises:
        ForeignOrder, BadInput: when it was not.
    """
    payload = envelope.document
    if envelope.payload_type != dsse.EVENT:
        raise ForeignOrder(
            Phrase("{payload_type} is not the type of an order", payload_type=envelope.payload_type),
            field="payloadType",
        )
    if payload.get("origin") != origin:
        raise ForeignOrder(
            Phrase(
                "the order was signed for {signed}, this registry is {here}",
                signed=repr(payload.get("origin")),
                here=repr(origin),
            ),
            field="origin",
            remedy="Prepare the order at this registry and sign it again.",
        )
    decided = heading(payload).decided
    if decided > today:
        raise BadInput(Phrase("the order is dated {day}, a day to come", day=decided), field="decided")
    if today - decided > timedelta(MOST_DAYS_ON_THE_WAY):
        raise BadInput(
            Phrase(
                "the order is dated {day}, more than {most} days ago", day=decided, most=MOST_DAYS_ON_THE_WAY
            ),
            field="decided",
            remedy="Prepare the order again, look at what has changed, and sign it anew.",
        )
    return payload


def signers_of(envelope: dsse.Envelope) -> list[str]:
    return [s.keyid for s in envelope.signatures]


def check_signatures(envelope: dsse.Envelope, histories: Mapping[str, History]) -> None:
    """
    Raises:
        UnknownKey: a key was never enrolled here.
        BadSignature: a signature does not hold.
    """
    keys = {keyid: officer_key(histories[keyid]).public for keyid in signers_of(envelope)}
    dsse.verify_envelope(envelope, keys)


def check_current(signed: Doc, histories: Mapping[str, History]) -> None:
    """What the officer saw must be what stands now, of all that has been looked up; else the officer looks again.

    Raises:
        AlreadyAccepted: when this very order has been recorded.
        RecordChanged: when another reached the record first.
    """
    event_id = UUID(hex=str(signed["event_id"]))
    if any(event.event_id == event_id for h in histories.values() for event in h.events):
        raise AlreadyAccepted(event_id)
    for touch in cast("list[Doc]", signed["touches"]):
        identifier = str(touch["id"])
        if identifier not in histories:
            continue
        version = histories[identifier].version
        if touch["prev_version"] != version:
            raise RecordChanged(
                Phrase(
                    "{thing} has changed: the order builds on version {built}, the record stands at version {version}",
                    thing=identifier,
                    built=touch["prev_version"],
                    version=version,
                ),
                field="touches",
                remedy="Prepare the order again, look at what has changed, and sign it anew.",
            )


def private_members(application: object) -> Doc:
    """Commitments to private values that stand in no state; a second of the same name is numbered."""
    members: Doc = {}
    for opening in kit.openings(application):
        if opening.field == "party":
            continue
        taken = sum(name == opening.field or name.startswith(opening.field + "-") for name in members)
        members[f"{opening.field}-{taken + 1}" if taken else opening.field] = opening.commitment
    return members


def record_of(histories: Mapping[str, History]) -> Record:
    """The parcels and units among these histories, as they stand.

    Raises:
        NotYetSequenced: when one of them has an event without a place in the log.
    """
    land = {i: h for i, h in histories.items() if ids.kind_of(i) in ("parcel", "unit")}
    states = {i: document for i, h in land.items() if (document := h.state()) is not None}
    return Record(
        parcels={ParcelId(i): Parcel.of(s) for i, s in states.items() if s["kind"] == "parcel"},
        units={UnitId(i): Unit.of(s) for i, s in states.items() if s["kind"] == "unit"},
    )


def first_difference(signed: Doc, again: Doc) -> str:
    """The member in which two payloads part."""
    return next((k for k in sorted({*signed, *again}) if signed.get(k) != again.get(k)), "its form")
