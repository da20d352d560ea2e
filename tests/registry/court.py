"""A tehsil with its court: a small registry, the officers through whose hands files go, a day that is set by hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, cast

from api import clock, founding, standing
from domain.canon import Json
from domain.case import Case
from domain.ids import ParcelId, UnitId
from domain.projection import Doc, advance, touched
from domain.record import Parcel, Record, Unit
from projections.pages import read_entry
from registry import dsse
from registry.acts import Enrol, Post
from registry.case_clock import Tally
from registry.case_forms import Filing, StepRequest
from registry.cases import Filed
from registry.keys import Key, load
from registry.log.encoding import decode_base64
from registry.office import Receipt, Request
from tests.api.world import OFFICE, OFFICER, World, share_sale, unit

DISTRICT = OFFICE.rpartition("/")[0]
MONDAY = date(2026, 11, 23)
POSTS = {
    "READER": ("reader", OFFICE),
    "LEKHPAL": ("lekhpal", OFFICE),
    "NAIB": ("naib-tahsildar", OFFICE),
    "SDO": ("sub-divisional-officer", DISTRICT),
    "COLLECTOR": ("collector", DISTRICT),
    "BANK-9": ("bank", OFFICE),
}
USUAL = {
    "returned": "READER",
    "registered": "READER",
    "prechecked": "LEKHPAL",
    "notice-issued": "READER",
    "communicated": "READER",
    "appeal-allowed": "SDO",
    "appeal-dismissed": "SDO",
    "remanded": "SDO",
    "stayed-in-appeal": "SDO",
}
APPLICANT: Json = {
    "name": "Sita Devi",
    "relation": "Ram Prasad",
    "phone": "9000000001",
    "capacity": "transferee",
}


def seed_of(officer: str) -> bytes:
    return officer.encode().ljust(32, b".")[:32]


def record_of_states(states: Mapping[str, Doc | None]) -> Record:
    known = [s for s in states.values() if s is not None]
    return Record(
        parcels={ParcelId(str(s["id"])): Parcel.of(s) for s in known if s["kind"] == "parcel"},
        units={UnitId(str(s["id"])): Unit.of(s) for s in known if s["kind"] == "unit"},
    )


@dataclass
class Court:
    """Everybody acts on ``day``; what was done is in the log and in the views before the next thing is done."""

    world: World
    day: date = MONDAY
    secrets: dict[str, str] = field(default_factory=dict)

    @classmethod
    def staffed(cls, world: World) -> Court:
        """Officers at their posts; the counter and the clock posted over the whole district."""
        for officer, (role, office) in POSTS.items():
            key = Key.from_seed(seed_of(officer))
            pop = key.prove_possession(origin=world.house.origin, officer=officer)
            world.perform(Enrol(public=key.public, officer=officer, pop=pop))
            world.perform(Post(officer=officer, office=office, roles=(role,)))
        root = load(founding.root_key_files(world.house.settings, 1)[0])
        standing.appoint(world.house, [DISTRICT], by=[root])
        world.settle()
        return cls(world)

    def key(self, officer: str) -> Key:
        if officer in standing.ROLES:
            key = standing.load(self.world.house.settings, officer)
            assert key is not None
            return key
        return self.world.officer if officer == OFFICER else Key.from_seed(seed_of(officer))

    def sign(self, officer: str) -> Any:
        return lambda payload: self.world.sealed(payload, by=self.key(officer))

    def later(self, days: int) -> Court:
        self.day += timedelta(days)
        return self

    # ---- what people do ----------------------------------------------------------------------------------------

    def file(self, application: Json, *, kind: str = "sale", applicant: Json = None) -> str:
        """The number of a case that somebody files at the counter."""
        return self.filed(application, kind=kind, applicant=applicant).case_no

    def filed(self, application: Json, *, kind: str = "sale", applicant: Json = None) -> Filed:
        filing = Filing(
            type=kind,
            application=application,
            applicant=applicant or APPLICANT,
            officer=standing.COUNTER,
        )
        filed = self.world.house.cases.file(
            filing,
            sign=self.sign(standing.COUNTER),
            day=self.day,
            event_id=clock.new_event_id(),
            salt=clock.new_salt,
        )
        self.secrets[filed.case_no] = filed.secret
        self.world.settle()
        return filed

    def step(
        self,
        case_no: str,
        name: str,
        *,
        by: str = "",
        reason: str = "",
        until: date | None = None,
        out_of_turn: str = "",
        person: Json = None,
        **more: Any,
    ) -> Receipt:
        """A step that an officer prepares, signs and hands in."""
        particulars: dict[str, Json] = {}
        if reason:
            particulars["reason"] = {"code": reason, "words": "As the order sheet says."}
        if out_of_turn:
            particulars["out_of_turn"] = {"code": out_of_turn, "words": "She is ninety years old."}
        if until:
            particulars["until"] = until.isoformat()
        if person:
            particulars["person"] = person
        officer = by or USUAL.get(name, OFFICER)
        if name in ("objected", "withdrawn", "appealed", "cured", "fee-paid") and not by:
            officer = standing.COUNTER
        request = StepRequest(case=case_no, step=name, officer=officer, particulars=particulars, **more)
        cases = self.world.house.cases
        prepared = cases.prepare(request, day=self.day, event_id=clock.new_event_id(), salt=clock.new_salt)
        back = cast("dict[str, Any]", prepared.application)
        signed = self.sign(officer)(prepared.payload)
        receipt = cases.submit(
            signed,
            StepRequest(
                case="",
                step="",
                officer="",
                particulars=back["particulars"],
                application=back["application"],
                salt=decode_base64(back["salt"], what="salt") if back["salt"] else None,
            ),
            today=self.day,
        )
        self.world.settle()
        return receipt

    def noticed(self, case_no: str) -> Court:
        for name in ("registered", "prechecked", "notice-issued"):
            self.step(case_no, name)
        return self

    def order(self, application: Json, case_no: str, *, by: str = OFFICER, **more: Any) -> Receipt:
        """The order that carries a case out, as its officer prepares, signs and hands it in."""
        given = {"type": "sale", **more}
        request = Request(
            application=application, office=OFFICE, officer=by, order_no="MR/2026/7", case=case_no, **given
        )
        office = self.world.house.office
        prepared = office.prepare(request, day=self.day, event_id=clock.new_event_id(), salt=clock.new_salt)
        receipt = office.submit(
            self.sign(by)(prepared.payload), application=prepared.application, today=self.day
        )
        self.world.settle()
        return receipt

    def tick(self) -> Tally:
        """One pass of the clock."""
        house_clock = self.world.house.case_clock()
        assert house_clock is not None
        tally = house_clock.run(self.day)
        self.world.settle()
        return tally

    def tick_out(self) -> int:
        """Passes until nothing is due today; the number of things done."""
        done = 0
        while now := self.tick().done:
            done += now
            assert done < 200
        return done

    # ---- what stands -------------------------------------------------------------------------------------------

    def case(self, case_no: str) -> Case:
        return self.world.house.cases.read(case_no)[0]

    def state(self, identifier: str) -> Doc:
        state = self.world.house.recorder.load([identifier])[identifier].state()
        assert state is not None
        return state

    def pending(self, identifier: str) -> list[str]:
        return [str(item["case"]) for item in cast("list[Doc]", self.state(identifier)["pending"])]

    def steps(self, case_no: str) -> list[tuple[str, str, date]]:
        """(what happened, who signed, on what day), oldest first, as everybody may read it."""
        with self.world.house.datastore.cursor() as cursor:
            cursor.execute(
                "select type, officer, decided from records.case_step where case_no = %s order by idx",
                (case_no,),
            )
            return [
                (kind.removeprefix("case.").partition("/")[0], officer, day) for kind, officer, day in cursor
            ]

    def payloads(self, case_no: str) -> list[Doc]:
        with self.world.house.datastore.cursor() as cursor:
            cursor.execute(
                "select l.entry from records.case_step s join log.entries l using (idx)"
                " where s.case_no = %s order by s.idx",
                (case_no,),
            )
            return [dsse.parse_payload(dsse.parse_envelope(bytes(e)).payload) for (e,) in cursor.fetchall()]

    def replayed(self) -> Iterator[tuple[Doc, dict[str, Doc | None]]]:
        """Every order in the log with the states that it touched, as they stood before it."""
        states: dict[str, Doc | None] = {}
        with self.world.house.datastore.cursor() as cursor:
            cursor.execute("select idx, leaf_hash, entry from log.entries order by idx")
            entries = [read_entry(i, bytes(leaf), bytes(e)) for i, leaf, e in cursor]
        for entry in entries:
            if entry is not None:
                ids = [i for _, i in touched(entry.payload_type, entry.payload)]
                before = {i: states.get(i) for i in ids}
                if entry.payload_type == dsse.EVENT:
                    yield entry.payload, before
                states |= advance(before, entry.payload_type, entry.payload, entry.index, entry.leaf_hash)

    def holder(self, khata: int, n: int) -> str:
        shares = cast("list[Mapping[str, str]]", self.state(unit(khata))["shares"])
        return shares[n]["party"]

    def ashas_sale(self) -> dict[str, Any]:
        return share_sale(self.holder(1, 0))

    def meenas_sale(self) -> dict[str, Any]:
        return share_sale(self.holder(3, 0), share="1/2", unit_id=unit(3))
