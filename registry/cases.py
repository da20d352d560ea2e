"""Cases: how an application is filed, and how each step of its file is taken, signed and recorded.

A filing and a step are events like an order: prepared as exact bytes, signed by whoever takes the step, judged again
when they come back, and recorded only if nothing that they build on has changed.  Filing marks the land ``pending``
in the public state, and whatever closes the case takes the mark off, in the same event.

What was applied for, by whom and with what words is sealed; the log holds commitments.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from hashlib import sha256
from typing import cast
from uuid import UUID

from eventsourcing.persistence import StoredEvent

from domain import ids, kit
from domain.canon import Json, canonical
from domain.case import Case, Lane
from domain.case_effect import case_changes
from domain.case_steps import step_words
from domain.errors import Finding
from domain.languages import Phrase
from registry import dsse
from registry.append import Append
from registry.cadastre import Cadastre
from registry.case_carrying import case_of
from registry.case_drafts import NO_CASE, Draft, Drafts, Salt, parse_case_no, roles_at
from registry.case_forms import (
    Filing,
    Person,
    StepRequest,
)
from registry.history import History, parts_of, touches_of
from registry.office import Office
from registry.officers import check_may_sign, officer_key
from registry.openings import OpeningBox, Openings
from registry.order_parts import (
    NotWhatWasSigned,
    Prepared,
    Receipt,
    check_current,
    check_signatures,
    first_difference,
    heading,
    identity,
    read_payload,
    signers_of,
)
from registry.store import OfficeRecorder

Doc = dict[str, Json]
Sign = Callable[[bytes], bytes]
"""Turns a payload into an envelope, with a key that is at hand."""


@dataclass(frozen=True, kw_only=True)
class Filed:
    """What the counter answers to whoever has filed: the number, the receipt, and what stands against it so far."""

    case_no: str
    receipt: Receipt
    findings: tuple[Finding, ...]
    lane: Lane
    secret: str
    """Base64 of the applicant's salt: who shows it is the applicant."""


class Cases:
    """The files of one registry."""

    def __init__(
        self, recorder: OfficeRecorder, *, origin: str, box: OpeningBox, office: Office, cadastre: Cadastre
    ) -> None:
        self._recorder = recorder
        self._origin = origin
        self._box = box
        self._drafts = Drafts(recorder, office=office, cadastre=cadastre)
        self._openings = Openings(recorder.datastore, box)

    def judge(self, filing: Filing, *, day: date, salt: Salt) -> tuple[Finding, ...]:
        """What would be found against the application if it were filed today; nothing is drawn or written.

        Raises:
            form.BadForm, BadInput: when it cannot be read.
            Refused: when nothing could be filed at all.
        """
        return self._drafts.filing(replace(filing, case_no=NO_CASE), day=day, salt=salt).findings

    def file(self, filing: Filing, *, sign: Sign, day: date, event_id: UUID, salt: Salt) -> Filed:
        """Files an application with the counter's own key, which is at hand.

        Raises:
            form.BadForm, BadInput: when it cannot be read.
            Refused: when what it names is not there, or is not dealt with by application.
            NotYetSequenced: when the last order on the land waits for its place in the log.
        """
        draft = self._drafts.filing(filing, day=day, salt=salt)
        receipt = self._signed_here(draft, sign, day=day, event_id=event_id)
        person = next(o for o in draft.private if o.field == Person.FIELD)
        return Filed(
            case_no=draft.after.id,
            receipt=receipt,
            findings=draft.findings,
            lane=draft.after.lane,
            secret=base64.b64encode(person.salt).decode(),
        )

    def prepare_filing(self, filing: Filing, *, day: date, event_id: UUID, salt: Salt) -> Prepared:
        """As ``file``, for a bank or a registrar who signs for himself.  The form comes back in ``application``."""
        return self._prepared(self._drafts.filing(filing, day=day, salt=salt), day, event_id)

    def submit_filing(self, entry: bytes, filing: Filing, *, today: date) -> Receipt:
        """Records a filing that was prepared and signed.

        Raises:
            VerificationError: the envelope, a signature, the key or the origin does not hold.
            RecordChanged: the land has changed meanwhile.
        """
        envelope, payload = self._opened(entry, today)
        filing = replace(filing, officer=str(payload["officer"]), documents=_documents(payload))
        day = date.fromisoformat(str(payload["decided"]))
        return self._signed_elsewhere(
            self._drafts.filing(filing, day=day, salt=None), envelope, payload, entry
        )

    def step(
        self,
        request: StepRequest,
        *,
        sign: Sign,
        day: date,
        event_id: UUID,
        salt: Salt,
        fell_due: date | None = None,
    ) -> Receipt:
        """Takes a step with a key that is at hand: the counter's, or the clock's (``fell_due``: when it had to).

        Raises:
            Refused: with every reason why it may not be taken now.
        """
        draft = self._drafts.step(request, day=day, salt=salt, roles=None)
        if fell_due is not None:
            draft = replace(draft, facts={**draft.facts, "fell_due": fell_due.isoformat()})
        return self._signed_here(draft, sign, day=day, event_id=event_id)

    def prepare(self, request: StepRequest, *, day: date, event_id: UUID, salt: Salt) -> Prepared:
        """The exact bytes of a step, for the officer who takes it.

        Raises:
            Refused: with every reason why it may not be taken now, by this officer.
            NotYetSequenced: when the last step waits for its place in the log.
        """
        return self._prepared(self._drafts.step(request, day=day, salt=salt, roles=None), day, event_id)

    def submit(self, entry: bytes, request: StepRequest, *, today: date) -> Receipt:
        """Records a step that was prepared and signed; ``request`` brings the particulars as they were prepared.

        Raises:
            VerificationError: the envelope, a signature, the key or the origin does not hold.
            RecordChanged: somebody else's step reached the case first.
            Refused: the case no longer allows it.
        """
        envelope, payload = self._opened(entry, today)
        case_no = str(payload["order_no"])
        request = replace(
            request,
            case=case_no,
            step=str(payload["type"]),
            officer=str(payload["officer"]),
            documents=_documents(payload),
            land=_land_touched(payload),
        )
        signers = signers_of(envelope)
        histories = self._recorder.load([parse_case_no(case_no), *signers])
        check_signatures(envelope, histories)
        check_current(payload, histories)
        keys = [officer_key(histories[keyid]) for keyid in signers]
        roles = roles_at(keys, case_of(histories, case_no).office)
        day = date.fromisoformat(str(payload["decided"]))
        draft = self._drafts.step(request, day=day, salt=None, roles=roles)
        return self._signed_elsewhere(draft, envelope, payload, entry)

    def read(self, case_no: str) -> tuple[Case, History]:
        """The case as it stands, with its history.

        Raises:
            NotFound: when there is none of that number.
        """
        histories = self._recorder.load([parse_case_no(case_no)])
        return case_of(histories, case_no), histories[case_no]

    def is_applicant(self, case: Case, secret: bytes) -> bool:
        """Whether that is the salt under which the applicant's name is sealed: the receipt of the filing."""
        opening = self._openings.read([case.applicant]).get(case.applicant)
        return opening is not None and opening.salt == secret

    def _prepared(self, draft: Draft, day: date, event_id: UUID) -> Prepared:
        return Prepared(
            payload=canonical(self._payload(draft, identity(day, event_id))),
            application=draft.back,
            title=step_words(draft.type),
            sentence=f"Case {draft.after.id}: {step_words(draft.type)}.",
            effects=tuple(_effects(draft)),
        )

    def _payload(self, draft: Draft, told: Mapping[str, Json]) -> Doc:
        payload: Doc = {
            "schema": 1,
            "origin": self._origin,
            "event_id": told["event_id"],
            "type": draft.type,
            "decided": told["decided"],
            "office": draft.after.office,
            "order_no": draft.after.id,
            "officer": draft.officer,
            "case": draft.after.id,
            "touches": touches_of([draft.histories[i] for i in draft.changed]),
            "set": {
                **cast("Doc", kit.changes(draft.land.record, draft.marks)),
                draft.after.id: case_changes(draft.before, draft.after),
            },
            "facts": draft.facts,
            "private": {o.field: o.commitment for o in draft.private},
            "documents": list(draft.documents),
            **draft.members,
        }
        heading(payload)
        return payload

    def _opened(self, entry: bytes, today: date) -> tuple[dsse.Envelope, Doc]:
        envelope = dsse.parse_envelope(entry)
        return envelope, read_payload(envelope, origin=self._origin, today=today)

    def _signed_here(self, draft: Draft, sign: Sign, *, day: date, event_id: UUID) -> Receipt:
        payload = self._payload(draft, identity(day, event_id))
        entry = sign(canonical(payload))
        return self._append(draft, dsse.parse_envelope(entry), payload, entry)

    def _signed_elsewhere(self, draft: Draft, envelope: dsse.Envelope, payload: Doc, entry: bytes) -> Receipt:
        check_current(payload, draft.histories)
        again = self._payload(draft, payload)
        if canonical(again) != envelope.payload:
            raise NotWhatWasSigned(
                Phrase(
                    "what was sent leads to another event than the one signed: {member} differs",
                    member=first_difference(payload, again),
                ),
                field="particulars",
                remedy="Send it exactly as it was prepared, or prepare and sign again.",
            )
        return self._append(draft, envelope, payload, entry)

    def _append(self, draft: Draft, envelope: dsse.Envelope, payload: Doc, entry: bytes) -> Receipt:
        """Records the event on the condition that neither case, land nor the signers' keys have changed."""
        signers = self._recorder.load(signers_of(envelope))
        check_signatures(envelope, signers)
        for keyid in signers:
            check_may_sign(
                officer_key(signers[keyid]),
                officer=draft.officer,
                office=draft.after.office,
                event_type=draft.type,
                day=date.fromisoformat(str(payload["decided"])),
            )
        event_id = UUID(hex=str(payload["event_id"]))
        versions = {i: draft.histories[i].version + 1 for i in draft.changed}
        parts = parts_of(payload)
        self._recorder.append(
            Append(
                events=[StoredEvent(i, version, draft.type, parts[i]) for i, version in versions.items()],
                event_id=event_id,
                entry=entry,
                guards={i: h.version for i, h in signers.items()},
                openings=self._box.seal_all(draft.private),
                shapes={base64.b64decode(digest): body for digest, body in draft.shapes.items()},
            )
        )
        return Receipt(
            event_id=event_id.hex,
            type=draft.type,
            entry_sha256=sha256(entry).hexdigest(),
            touches=tuple(versions.items()),
        )


def _documents(payload: Doc) -> tuple[str, ...]:
    return tuple(cast("list[str]", payload["documents"]))


def _land_touched(payload: Doc) -> tuple[str, ...]:
    touched = (str(touch["id"]) for touch in cast("list[Doc]", payload["touches"]))
    return tuple(i for i in touched if ids.kind_of(i) != "case")


def _effects(draft: Draft) -> list[str]:
    was = draft.before.status if draft.before else "new"
    lines = [f"case {draft.after.id}: {was} -> {draft.after.status}, with {draft.after.with_ or 'nobody'}"]
    verb = "shows" if draft.after.is_open else "no longer shows"
    return lines + [f"{ids.kind_of(i)} {s.label} ({i}): {verb} the case" for i, s in draft.marks.items()]
