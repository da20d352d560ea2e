"""The office: the one door through which the record changes.

``Office.prepare`` reads the histories of what an application touches, lets the mutation decide, and gives the exact
bytes to sign.  ``Office.submit`` checks the signature, the posting and the jurisdiction, decides again from the same
application, and appends the event only if it comes to the same bytes and nobody has changed the record meanwhile.

Invariants:

- What is appended was decided here, from the record as it stands, and was signed by an officer posted for that land.
- The event, its log entry, its private openings, shapes and labels are one transaction (``registry.append``).
- The clock, randomness and fresh ids come in as arguments: the same inputs give the same bytes.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from hashlib import sha256
from typing import Any, ClassVar, Literal, cast
from uuid import UUID

from eventsourcing.persistence import StoredEvent

from domain import catalogue, form, ids, kit
from domain.canon import Json, canonical
from domain.case_carry import marks_kept
from domain.errors import Refused, VerificationError
from domain.ids import ParcelId, VillageCode
from domain.kit import Mutation, State
from domain.languages import Named, Phrase
from domain.law import Law, law_of, state_of
from domain.record import Record
from domain.values import Sealed
from registry import dsse
from registry.append import Append, Label
from registry.cadastre import Cadastre, OwnShapes
from registry.case_carrying import Carried, Carrier
from registry.history import History, parts_of, touches_of
from registry.jurisdiction import check_jurisdiction, offices_of
from registry.officers import check_clock, check_may_sign, officer_key
from registry.openings import OpeningBox, Openings
from registry.order_parts import (
    ForeignOrder,
    Judgement,
    NotWhatWasSigned,
    Prepared,
    Receipt,
    Request,
    check_current,
    check_signatures,
    first_difference,
    heading,
    identity,
    private_members,
    read_payload,
    record_of,
    signers_of,
)
from registry.store import OfficeRecorder

Doc = dict[str, Json]
Issue = Callable[[VillageCode, Literal["parcel", "unit"], int], range]


__all__ = [
    "ForeignOrder",
    "Issue",
    "Judgement",
    "NotWhatWasSigned",
    "Office",
    "Prepared",
    "Receipt",
    "Request",
    "SecondSignature",
]


class NotNew(VerificationError):
    """An id that the order gives to something new is borne already, or was never issued."""

    code: ClassVar[str] = "not-new"


class SecondSignature(VerificationError):
    """The order needs the signatures of two different officers, or bears one too many."""

    code: ClassVar[str] = "second-signature"


@dataclass(frozen=True, kw_only=True)
class _Decision:
    """An application decided: what the order will say and what it builds on."""

    mutation: Mutation
    application: Any
    record: Record
    event: Any
    after: Mapping[str, State]
    histories: Mapping[str, History]
    shapes: Mapping[str, bytes]
    case: Carried | None

    @property
    def changed(self) -> list[str]:
        """The ids of all that the order changes: land, and the case that it is made in."""
        return sorted({*self.after, *([self.case.no] if self.case else [])})


class Office:
    """Prepares and accepts orders for one registry."""

    def __init__(self, recorder: OfficeRecorder, *, origin: str, box: OpeningBox, cadastre: Cadastre) -> None:
        self._recorder = recorder
        self._origin = origin
        self._box = box
        self._cadastre = cadastre
        self._carrier = Carrier(recorder, Openings(recorder.datastore, box))

    def judge(self, request: Request, *, day: date, salt: Callable[[], bytes]) -> Judgement:
        """What there is against an application, before anything is prepared: no serial number is drawn for it.

        Raises:
            form.BadForm: the application cannot be read.
        """
        try:
            decision = self._decide(request, day=day, salt=salt, issue=_none_issued, looking_ahead=True)
        except Refused as refusal:
            first = {r.name for r in catalogue.mutation(request.type).module.RULES if r.first}
            hopeless = any(f.rule in first for f in refusal.findings)
            return Judgement(findings=refusal.findings, hopeless=hopeless)
        return Judgement(signatures=decision.mutation.signatures_needed(decision.record))

    def prepare(self, request: Request, *, day: date, event_id: UUID, salt: Callable[[], bytes]) -> Prepared:
        """The order that the application leads to.

        Raises:
            form.BadForm: the application cannot be read.
            Refused: the law does not allow it; all findings are given.
            NotYetSequenced: the last order on the same land waits for its place in the log.
        """
        decision = self._decide(request, day=day, salt=salt)
        payload = self._payload(decision, request, identity(day, event_id))
        return Prepared(
            payload=canonical(payload),
            application=form.write(decision.application),
            title=decision.mutation.title(),
            sentence=decision.mutation.words(decision.event, decision.record),
            effects=tuple(_effects(decision)),
        )

    def submit(
        self, entry: bytes, *, application: Json, shapes: Mapping[str, bytes] | None = None, today: date
    ) -> Receipt:
        """Record the signed order.

        Raises:
            VerificationError: the envelope, a signature, the key or the origin does not hold.
            AlreadyAccepted: the order has been recorded before.
            RecordChanged: somebody else's order reached the record first.
            Refused: the record no longer allows it.
        """
        envelope = dsse.parse_envelope(entry)
        payload = read_payload(envelope, origin=self._origin, today=today)
        request = Request(
            type=str(payload["type"]),
            application=application,
            office=str(payload["office"]),
            officer=str(payload["officer"]),
            order_no=str(payload["order_no"]),
            second_officer=cast("str | None", payload.get("second_officer")),
            shapes=shapes or {},
            documents=tuple(cast("list[str]", payload["documents"])),
            case=cast("str | None", payload.get("case")),
            out_of_turn=cast("str | None", payload.get("out_of_turn")),
            auto="auto" in payload,
        )
        decision = self._decide(
            request, day=date.fromisoformat(str(payload["decided"])), salt=None, signed=(envelope, payload)
        )
        again = self._payload(decision, request, payload)
        if canonical(again) != envelope.payload:
            raise NotWhatWasSigned(
                Phrase(
                    "the application leads to another order than the one signed: {member} differs",
                    member=first_difference(payload, again),
                ),
                field="application",
                remedy="Send the application exactly as `prepare` returned it, or prepare and sign again.",
            )
        return self._append(decision, envelope, payload, entry)

    def sanction(
        self,
        request: Request,
        *,
        sign: Callable[[bytes], bytes],
        day: date,
        event_id: UUID,
        salt: Callable[[], bytes],
        issue: Issue | None = None,
    ) -> Receipt:
        """Prepare, sign and record in one step, for a key that is at hand: a bulk import, the system officer.

        ``sign`` turns the payload into an envelope; ``issue`` gives serials that were drawn for this beforehand.
        """
        decision = self._decide(request, day=day, salt=salt, issue=issue)
        payload = self._payload(decision, request, identity(day, event_id))
        data = canonical(payload)
        entry = sign(data)
        envelope = dsse.envelope_around(data, entry)
        histories = {**decision.histories, **self._recorder.load(signers_of(envelope))}
        check_signatures(envelope, histories)
        return self._append(replace(decision, histories=histories), envelope, payload, entry)

    def _decide(
        self,
        request: Request,
        *,
        day: date,
        salt: Callable[[], bytes] | None,
        signed: tuple[dsse.Envelope, Doc] | None = None,
        issue: Issue | None = None,
        looking_ahead: bool = False,
    ) -> _Decision:
        mutation = catalogue.mutation(request.type)
        application = mutation.read(request.application)
        beside = [*(signers_of(signed[0]) if signed else ()), *([request.case] if request.case else ())]
        histories = self._recorder.load(
            sorted({*kit.named(application), *beside}), parcels=mutation.reads_parcels
        )
        if signed:
            check_signatures(signed[0], histories)
            check_current(signed[1], histories)
        record = record_of(histories)
        if also := mutation.also_reads(record) - set(histories):
            histories |= self._recorder.load(sorted(also))
            record = record_of(histories)
        village = kit.village_of(application, record)
        if not looking_ahead:  # else the ids may be another's
            self._check_new(application, histories)
        application = self._complete(application, village, salt, issue or self._recorder.issue)
        # Nothing is recorded yet of what is new.
        histories |= {i: History(i) for i in kit.named(application) - set(histories)}
        record = Record(
            parcels=record.parcels,
            units=record.units,
            labels=self._labels(application, village),
            survey=self._survey(mutation, application, record, request.shapes),
        )
        law = _law(application, record, day)
        event = mutation.decide(application, record, law)
        after = marks_kept(record, mutation.apply(event, record))
        case = self._carried(request, mutation, event, application, record, after, histories, law)
        if case is not None:
            after, record, histories = dict(case.land), case.record, dict(case.histories)
            if signed:
                check_current(signed[1], histories)  # of the land, too, that only waits over the case
        check_jurisdiction(request.office, offices_of(record, after))
        return _Decision(
            mutation=mutation,
            application=application,
            record=record,
            event=event,
            after=after,
            histories=histories,
            shapes=self._shapes(application, request.shapes, record, after),
            case=case,
        )

    def _carried(
        self,
        request: Request,
        mutation: Mutation,
        event: Any,
        application: Any,
        record: Record,
        after: Mapping[str, State],
        histories: Mapping[str, History],
        law: Law,
    ) -> Carried | None:
        """What the order does to the case that it is made in."""
        if request.case is None:
            return None
        return self._carrier.carry(
            request.case,
            officers=[request.officer, *([request.second_officer] if request.second_officer else [])],
            by_clock=request.auto,
            out_of_turn=request.out_of_turn,
            mutation=mutation,
            event=event,
            application=application,
            record=record,
            after=after,
            histories=histories,
            law=law,
        )

    def _complete(
        self, application: Any, village: VillageCode, salt: Callable[[], bytes] | None, issue: Issue
    ) -> Any:
        """Fresh ids and salts; on submission (no ``salt``) the application must bring all of them."""
        counts = {kind: n for kind, n in kit.missing(application).items() if n}
        if salt is None:
            if counts or any(isinstance(v, Sealed) and v.salt is None for _, v in form.walk(application)):
                raise NotWhatWasSigned(
                    "the application lacks the ids and salts that it was prepared with",
                    field="application",
                    remedy="Send the application exactly as `prepare` returned it.",
                )
            return application
        makers = {"parcel": ids.parcel_id, "unit": ids.unit_id}
        fresh = {
            kind: iter(issue(village, cast("Literal['parcel', 'unit']", kind), n))
            for kind, n in counts.items()
        }
        return kit.complete(application, issue=lambda k: makers[k](village, next(fresh[k])), salt=salt)

    def _check_new(self, application: Any, histories: Mapping[str, History]) -> None:
        """What an order calls new must be: the ids it came with were given by this office, and nothing bears them yet.

        Raises:
            NotNew: else an order could overwrite a parcel, or take an id that is given to another tomorrow.
        """
        new = kit.new(application)
        taken = sorted(i for i in new if histories[i].version)
        strange = taken or (self._recorder.never_issued(new) if new else [])
        if strange:
            raise NotNew(
                Phrase(
                    "{thing} is registered already"
                    if taken
                    else "{thing} is no id that this office has issued",
                    thing=strange[0],
                ),
                field="application",
                remedy="Leave the ids of new parcels and units empty: the office gives them on preparing.",
            )

    def _labels(self, application: Any, village: VillageCode) -> dict[tuple[str, str, str], str]:
        wanted: dict[str, list[tuple[str, str]]] = {}
        for where, kind, label in kit.labels(application, village):
            wanted.setdefault(where, []).append((kind, label))
        return {
            (where, kind, label): bearer
            for where, asked in wanted.items()
            for (kind, label), bearer in self._recorder.bearers_of(where, asked).items()
        }

    def _survey(
        self, mutation: Mutation, application: Any, record: Record, shapes: Mapping[str, bytes]
    ) -> Any:
        asked = mutation.shapes(application)
        if asked is None:
            return None
        parents, children = asked
        if any(ParcelId(p) not in record.parcels for p in parents):
            return None  # a rule of the mutation says so in words
        drawn = {p: digest for p in parents if (digest := record.parcels[ParcelId(p)].geometry)}
        return self._cadastre.survey_all(drawn if len(drawn) == len(parents) else {}, children, given=shapes)

    def _shapes(
        self, application: Any, given: Mapping[str, bytes], record: Record, after: Mapping[str, State]
    ) -> dict[str, bytes]:
        """The shapes to store with the order: those that the application names and that were sent along.

        Raises:
            NotFound: when a parcel would get a shape that was neither sent nor is held.
        """
        self._cadastre.check_held(sorted(kit.shapes_given(record, after) - given.keys()))
        stored = {d: given[d] for d in kit.digests(application) if d in given}
        return self._cadastre.checked(stored, own=isinstance(given, OwnShapes))

    def _payload(self, d: _Decision, request: Request, identity: Mapping[str, Json]) -> Doc:
        payload: Doc = {
            "schema": 1,
            "origin": self._origin,
            "event_id": identity["event_id"],
            "type": d.mutation.type,
            "decided": identity["decided"],
            "office": request.office,
            "order_no": request.order_no,
            "officer": request.officer,
            "touches": touches_of([d.histories[i] for i in d.changed]),
            "set": cast("Json", _changes(d)),
            "facts": form.write(d.event),
            "private": private_members(d.application),
            "documents": list(request.documents),
            **({"second_officer": request.second_officer} if request.second_officer else {}),
            **({"case": request.case} if request.case else {}),
            **({"out_of_turn": request.out_of_turn} if request.case and request.out_of_turn else {}),
            **({"auto": d.case.auto} if d.case and d.case.auto else {}),
        }
        heading(payload)
        return payload

    def _append(self, d: _Decision, envelope: dsse.Envelope, payload: Doc, entry: bytes) -> Receipt:
        """Records the order on the condition that nothing read for it has changed, the signers' keys among it."""
        _check_postings(envelope, payload, d)
        taken, released = kit.labels_moved(d.record, d.after)
        event_id = UUID(hex=str(payload["event_id"]))
        versions = {i: d.histories[i].version + 1 for i in d.changed}
        parts = parts_of(payload)
        self._recorder.append(
            Append(
                events=[
                    StoredEvent(i, version, d.mutation.type, parts[i]) for i, version in versions.items()
                ],
                event_id=event_id,
                entry=entry,
                guards={i: h.version for i, h in d.histories.items() if i not in versions},
                openings=self._box.seal_all(kit.openings(d.application)),
                shapes={base64.b64decode(digest): body for digest, body in d.shapes.items()},
                taken=[Label(*t) for t in cast("list[Any]", taken)],
                released=[Label(*t) for t in cast("list[Any]", released)],
            )
        )
        return Receipt(
            event_id=event_id.hex,
            type=d.mutation.type,
            entry_sha256=sha256(entry).hexdigest(),
            touches=tuple(versions.items()),
        )


def _check_postings(envelope: dsse.Envelope, payload: Doc, d: _Decision) -> None:
    """Every signer must be posted, in a role that decides this type, over every piece of land that is touched.

    Raises:
        SecondSignature: when the act or the land asks for two officers and one has signed, or the reverse.
    """
    officers = [
        str(payload["officer"]),
        *([str(payload["second_officer"])] if payload.get("second_officer") else []),
    ]
    needed = d.mutation.signatures_needed(d.record)
    if len(set(officers)) < needed or len(envelope.signatures) != len(officers):
        raise SecondSignature(
            Phrase(
                "{title} of this land is signed by {needed} officer(s); "
                "the order names {officers} and bears {signatures} signature(s)",
                title=Named(d.mutation.module.TITLE),
                needed=needed,
                officers=len(set(officers)),
                signatures=len(envelope.signatures),
            ),
            field="second_officer",
            remedy="Name a second officer when the order is prepared; both sign the same payload.",
        )
    keys = [officer_key(d.histories[keyid]) for keyid in signers_of(envelope)]
    offices = sorted(set(offices_of(d.record, d.after).values()))
    day = date.fromisoformat(str(payload["decided"]))
    opposed = d.case is None or d.case.before.is_disputed
    for officer in officers:
        key = next((k for k in keys if k.officer == officer), keys[0])
        for office in offices:
            check_may_sign(
                key, officer=officer, office=office, event_type=d.mutation.type, day=day, opposed=opposed
            )
    check_clock(keys, offices=offices, event_type=d.mutation.type, day=day, auto="auto" in payload)


def _law(application: Any, record: Record, day: date) -> Law:
    """The law of the land that is dealt with: of the units' office, or of the village that is first registered."""
    registered: list[State] = [*record.units.values(), *record.parcels.values()]
    village = getattr(application, "village", None)
    office = registered[0].office if registered else getattr(village, "office", "")
    return law_of(state_of(office), day)


def _changes(d: _Decision) -> Doc:
    """The ``set`` of the order: the members that change of all that it touches."""
    land = cast("Doc", kit.changes(d.record, d.after))
    return {**land, **({d.case.no: d.case.changes} if d.case else {})}


def _none_issued(village: VillageCode, kind: Literal["parcel", "unit"], count: int) -> range:
    """The last serials of a village, for a judgement that is not to draw any."""
    return range(1_000_000 - count, 1_000_000)


def _effects(d: _Decision) -> list[str]:
    """What the order changes, a line for each thing: what a person reads before signing."""
    lines = []
    if d.case is not None:
        lines.append(f"case {d.case.no}: {d.case.before.status} -> {d.case.after.status}")
    for identifier, members in sorted(kit.changes(d.record, d.after).items()):
        new = not (identifier in d.record.parcels or identifier in d.record.units)
        what = ", ".join(sorted(members)) if not new else "is registered"
        lines.append(f"{ids.kind_of(identifier)} {d.after[identifier].label} ({identifier}): {what}")
    return lines
