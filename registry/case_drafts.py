"""Drafts of events about cases: what a filing or a step would change, say and seal, judged by the law of its day.

Pure but for what is looked up: nothing is signed or written here.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import count

from domain import catalogue, form, ids, kit
from domain.canon import Json
from domain.case import Act, Case, filed
from domain.case_carry import with_mark, without_mark
from domain.case_rules import take
from domain.case_steps import FILED, clock_may_decide, step_of
from domain.commitment import SALT_BYTES, Opening
from domain.errors import BadInput, Finding, Refused
from domain.kit import Mutation, State
from domain.languages import Named, Phrase
from domain.law import Law, law_of, state_of
from registry.cadastre import Cadastre
from registry.case_carrying import case_of
from registry.case_forms import (
    Filing,
    Particulars,
    StepRequest,
    no_land,
    read_person,
    salted,
    sealed_application,
)
from registry.case_land import Land, land_named, land_since
from registry.case_queue import Queue
from registry.history import History
from registry.office import Office, Request
from registry.officers import OfficerKey, Officers
from registry.order_parts import NotWhatWasSigned
from registry.roles import contains
from registry.store import OfficeRecorder

Doc = dict[str, Json]
Salt = Callable[[], bytes]


@dataclass(frozen=True, kw_only=True)
class Draft:
    """An event about a case before it is signed: what it changes, what it says, what it seals."""

    type: str
    officer: str
    before: Case | None
    after: Case
    land: Land = field(default=Land())
    marks: Mapping[str, State] = field(default_factory=dict)
    histories: Mapping[str, History]
    facts: Doc
    private: tuple[Opening, ...] = ()
    documents: tuple[str, ...] = ()
    shapes: Mapping[str, bytes] = field(default_factory=dict)
    members: Doc = field(default_factory=dict)
    back: Json = None
    """What goes to the signer and comes back with the signature: the form with its numbers and salts."""
    findings: tuple[Finding, ...] = ()

    @property
    def changed(self) -> list[str]:
        return sorted({self.after.id, *self.marks})


class Drafts:
    """Judges what is brought to the counter or asked by an officer."""

    def __init__(self, recorder: OfficeRecorder, *, office: Office, cadastre: Cadastre) -> None:
        self._recorder = recorder
        self._office = office
        self._cadastre = cadastre
        self._officers = Officers(recorder)
        self._queue = Queue(recorder)

    def filing(self, filing: Filing, *, day: date, salt: Salt | None) -> Draft:
        mutation = catalogue.mutation(filing.type)
        application = mutation.read(filing.application)
        land = land_named(self._recorder, kit.existing(application))
        _check_can_be_filed(mutation, application, land)
        office = _office_over(land, kit.offices(application))
        law = law_of(state_of(office), day)
        judged = self._office.judge(
            Request(
                type=mutation.type,
                application=filing.application,
                office=office,
                officer=filing.officer,
                order_no="case",
                shapes=filing.shapes,
            ),
            day=day,
            salt=_passing_salts(),
        )
        if judged.hopeless:
            raise Refused(judged.findings)
        person = read_person(filing.applicant, salt=salt, known=mutation.procedure.applicants)
        opening = sealed_application(filing.application, filing.salt or _drawn(salt))
        village = kit.village_of(application, land.record)
        case_no = filing.case_no or ids.case_no(village, self._recorder.issue(village, "case")[0])
        by_clock = not judged.findings and judged.signatures == 1 and not _is_waited_over(land)
        case = filed(
            case_no=ids.CaseNo(case_no),
            mutation=mutation.type,
            village=village,
            office=office,
            touches=tuple(sorted(land.active())),
            officer=filing.officer,
            application=opening.commitment,
            applicant=person.commitment,
            law=law,
            lane="auto" if by_clock and _leaves_it_to_the_clock(mutation, law) else "officer",
        )
        back: Doc = {
            "type": filing.type,
            "application": filing.application,
            "applicant": form.write(person),
            "case_no": case_no,
            "salt": base64.b64encode(opening.salt).decode(),
        }
        return Draft(
            type=FILED,
            officer=filing.officer,
            before=None,
            after=case,
            land=land,
            marks={i: with_mark(s, case.id) for i, s in land.active().items()},
            histories={**land.histories, **self._recorder.load([case.id])},
            facts={"mutation": mutation.type, "village": village, "lane": case.lane},
            private=(opening, person.opening),
            documents=filing.documents,
            shapes=self._cadastre.checked(
                {d: filing.shapes[d] for d in kit.digests(application) if d in filing.shapes}
            ),
            back=back,
            findings=judged.findings,
        )

    def step(
        self, request: StepRequest, *, day: date, salt: Salt | None, roles: frozenset[str] | None
    ) -> Draft:
        step = step_of(request.step)
        histories = self._recorder.load([parse_case_no(request.case)])
        case, history = case_of(histories, request.case), histories[request.case]
        said = salted(form.read(Particulars, request.particulars), salt)
        cured = self._cured(case, request, salt) if step.name == "cured" else None
        act = Act(
            type=step.type,
            officer=request.officer,
            roles=self.roles_of(request.officer, case.office) if roles is None else roles,
            day=day,
            until=said.until,
            application=cured.commitment if cured else None,
            reason=said.reason.code if said.reason else None,
            paid_paise=said.fee.paise if said.fee else None,
        )
        after = take(case, act, law_of(state_of(case.office), day))
        if not act.by_clock:
            out_of_turn = said.out_of_turn.code if said.out_of_turn else None
            self._queue.check_turn(case, history, step=step.name, out_of_turn=out_of_turn)
        land, marks = (
            self._land_moved(case, after, request.land) if step.in_parts else self._marks(case, after)
        )
        openings = kit.openings(said)
        facts: Doc = {"until": said.until.isoformat()} if said.until else {}
        facts |= {"reason": said.reason.code} if said.reason else {}
        facts |= {"paid_paise": said.fee.paise} if said.fee else {}
        return Draft(
            type=step.type,
            officer=request.officer,
            before=case,
            after=after,
            land=land,
            marks=marks,
            histories={**histories, **land.histories},
            facts=facts,
            private=(*openings, *([cured] if cured else [])),
            documents=request.documents,
            members={"out_of_turn": said.out_of_turn.code} if said.out_of_turn else {},
            back={
                "particulars": form.write(said),
                "application": request.application,
                "salt": base64.b64encode(cured.salt).decode() if cured else None,
            },
        )

    def _cured(self, case: Case, request: StepRequest, salt: Salt | None) -> Opening | None:
        """The application as it was cured; None where papers alone were missing."""
        if request.application is None:
            return None
        application = catalogue.mutation(case.type).read(request.application)
        if strange := sorted(kit.existing(application) - set(case.touches)):
            raise BadInput(
                Phrase("the cured application names other land: {things}", things=", ".join(strange[:5])),
                field="application",
                remedy="Withdraw the case and file another for that land: its people have had no notice.",
            )
        return sealed_application(request.application, request.salt or _drawn(salt))

    def _marks(self, before: Case, after: Case) -> tuple[Land, dict[str, State]]:
        """The land whose mark comes or goes with the step."""
        if before.is_open == after.is_open:
            return Land(), {}
        land = land_since(self._recorder, before.touches)
        if after.is_open:
            return land, {i: with_mark(s, after.id) for i, s in land.active().items()}
        return land, {i: without_mark(s, after.id) for i, s in land.marked(after.id).items()}

    def _land_moved(self, before: Case, after: Case, named: tuple[str, ...]) -> tuple[Land, dict[str, State]]:
        """As ``_marks``, in a case of many orders: land that is brought under it, or released once it is closed."""
        if before.is_open != after.is_open:
            return self._marks(before, after)
        land = land_named(self._recorder, named)
        if after.is_open:
            marks = {i: with_mark(s, after.id) for i, s in land.active().items()}
        else:
            marks = {i: without_mark(s, after.id) for i, s in land.marked(after.id).items()}
        strange = sorted(i for i, s in marks.items() if not contains(after.office, s.office))
        if strange or not marks:
            raise no_land()
        return Land({i: h for i, h in land.histories.items() if i in marks}, land.record), marks

    def roles_of(self, officer: str, office: str) -> frozenset[str]:
        keys = self._officers.keys(self._officers.keyids_of(officer)).values()
        return roles_at([k for k in keys if k.revoked is None], office)


NO_CASE = "1-C000001"  # stands in a judgement for a number that is not drawn


def _check_can_be_filed(mutation: Mutation, application: object, land: Land) -> None:
    """
    Raises:
        Refused: for what is not applied for, or about land that is not in the record.
    """
    absent = sorted(kit.existing(application) - set(land.states))
    if mutation.procedure.nature != "registration" and land.active() and not absent:
        return
    raise Refused(
        (
            Finding(
                rule="a-case-is-about-land-of-the-record",
                sentence="a case is filed about land that stands in the record",
                source="Landlog, the course of a case",
                remedy="Look the khata and khasra up in the village's list; a first registration is not applied for.",
                detail=", ".join(absent[:10]) or Phrase("{title}", title=Named(mutation.module.TITLE)),
            ),
        )
    )


def _office_over(land: Land, named: frozenset[str]) -> str:
    """The office of the land: that of its village, or where it lies in several the narrowest above them all.

    Where the application moves it to another office (``named``), the narrowest above that one too.
    """
    offices = sorted({*(s.office for s in land.active().values()), *named})
    over = offices[0]
    while over and not all(contains(over, office) for office in offices):
        over = over.rpartition("/")[0]
    if not over:
        raise BadInput(
            "the land lies in different states",
            field="application",
            remedy="File one case in each of them.",
        )
    return over


def _is_waited_over(land: Land) -> bool:
    """Whether another case was filed earlier about the same land: an officer looks at both."""
    return any(s.pending for s in land.states.values())


def _leaves_it_to_the_clock(mutation: Mutation, law: Law) -> bool:
    return clock_may_decide(mutation.type) and law.figure("auto-lane", mutation.name).value == 1


def roles_at(keys: Iterable[OfficerKey], office: str) -> frozenset[str]:
    return frozenset(role for key in keys for posting in key.covers(office) for role in posting.roles)


def parse_case_no(text: str) -> str:
    if ids.kind_of(text) != "case":
        raise BadInput(
            Phrase("{given} is not the number of a case", given=repr(text[:40])),
            field="case",
            remedy="A case's number reads <LGD village code>-C<six digits>, as in 593873-C000012.",
        )
    return text


def _drawn(salt: Salt | None) -> bytes:
    if salt is None:
        raise NotWhatWasSigned(
            "what was prepared came back without its salt",
            field="salt",
            remedy="Send it exactly as it was prepared.",
        )
    return salt()


def _passing_salts() -> Salt:
    """For a judgement alone: each differs from the others, and nothing that is sealed under them is kept."""
    numbers = count()
    return lambda: next(numbers).to_bytes(SALT_BYTES, "big")
