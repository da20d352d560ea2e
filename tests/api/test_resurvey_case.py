"""A resurvey as one case of many orders: filed, certified, carried out part by part, concluded and released."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from api import clock, comparing, founding, resurveying
from api.app import create_app
from api.resurveying import Proceeding
from domain.errors import Refused
from gis.comparison.proposals import Paper
from gis.comparison.resurvey import Plan, plan
from gis.comparison.rules import compare
from registry.acts import Enrol, Post
from registry.audit.auditor import Auditor
from registry.audit.source import Directory, LogReader
from registry.keys import Key, save
from registry.log.note import NoteVerifier
from tests.api.asking import asking
from tests.api.test_cases import take
from tests.api.test_resurveying import new_survey, write_map
from tests.api.world import LGD, OFFICE, OFFICER, ORIGIN, World, parcel, unit
from tests.e2e.command_line import Terminal
from tests.registry.court import Court

NOTIFICATION = Paper(number="REV/2026/77", made="2026-09-01", by="Collector, Devgarh")
SURVEY = "Resurvey of Devgarh, 2026"


@pytest.fixture
def court(world: World) -> Court:
    found = Court.staffed(world)
    key = Key.generate()
    pop = key.prove_possession(origin=ORIGIN, officer="SURVEYOR-3")
    world.perform(Enrol(public=key.public, officer="SURVEYOR-3", pop=pop))
    world.perform(Post(officer="SURVEYOR-3", office=OFFICE, roles=("survey-officer",)))
    found.surveyor = key  # type: ignore[attr-defined]  # the second signature, for the tests of this module
    return found


def planned(court: Court, most: int = 8) -> Plan:
    return plan(compare(comparing.registered(court.world.house, LGD).plots, new_survey()), most=most)


def filed(court: Court, found: Plan) -> str:
    return resurveying.bring_under_case(
        court.world.house,
        found,
        survey=SURVEY,
        notification=NOTIFICATION,
        applicant="Survey department",
        key=court.key("READER"),
        day=court.day,
    )


def certified(court: Court, case_no: str) -> None:
    """Through the notice and a hearing to the certified order."""
    court.world.settle()
    court.noticed(case_no).later(40)
    court.step(case_no, "notice-served", by="READER")
    court.step(case_no, "unopposed", by="READER")
    court.step(case_no, "allowed")
    court.step(case_no, "certified")


def proceeding(court: Court, case_no: str) -> Proceeding:
    return Proceeding(
        survey=SURVEY,
        notification=NOTIFICATION,
        office=OFFICE,
        number=case_no,
        keys=(court.key(OFFICER), court.surveyor),  # type: ignore[attr-defined]  # see the fixture
        case=case_no,
    )


def test_all_the_land_of_the_case_shows_it_from_the_filing_on(court: Court) -> None:
    found = planned(court)
    case_no = filed(court, found)
    assert len(found.orders) > 1
    assert all(court.pending(parcel(n)) == [case_no] for n in range(1, 10))
    assert all(court.pending(unit(n)) == [case_no] for n in range(1, 5))
    assert len(court.case(case_no).touches) < 13  # named at the filing; the rest bears the mark


def test_one_case_is_carried_out_by_many_orders_and_then_concluded(court: Court, tmp_path: Path) -> None:
    found = planned(court)
    case_no = filed(court, found)
    certified(court, case_no)
    outcome = resurveying.carry_out(court.world.house, found, proceeding(court, case_no), day=court.day)
    assert (outcome.registered, outcome.retired, outcome.refused) == (10, 9, [])
    assert outcome.orders == [f"{case_no}/{n}" for n in range(1, len(found.orders) + 1)]
    case = court.case(case_no)
    assert (case.status, case.parts, case.carried) == ("certified", len(found.orders), 0)
    released = resurveying.conclude(
        court.world.house,
        LGD,
        case_no,
        decider=court.key(OFFICER),
        clerk=court.key("READER"),
        day=court.day,
    )
    assert released == 3  # the units of the land that was brought under the case after its filing
    case = court.case(case_no)
    assert (case.status, case.carried) == ("carried", 1)
    assert case.appeal_until is not None
    now = comparing.registered(court.world.house, LGD).plots
    assert len(now) == 10
    for identifier in (
        *(p.id for p in now),
        *(unit(n) for n in range(1, 5)),
        *(parcel(n) for n in range(1, 10)),
    ):
        assert court.pending(identifier) == []
    assert _audited(court, tmp_path) == ()


def test_the_case_is_filed_carried_out_and_concluded_at_the_command_line(
    court: Court, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    court.day = clock.today()
    settings = court.world.house.settings
    terminal = Terminal(monkeypatch, capfd, home=settings.home, url=settings.database_url, directory=tmp_path)
    keys = {"clerk": court.key("READER"), "tahsildar": court.key(OFFICER), "surveyor": court.surveyor}  # type: ignore[attr-defined]  # see the fixture
    for name, key in keys.items():
        save(key, tmp_path / f"{name}.key", plain=True)
    write_map(tmp_path)
    asked = (
        "village", "resurvey", "new.geojson", "--village", LGD, "--mapping", "map.toml", "--survey", SURVEY,
        "--notification", "REV/2026/77", "--notified", "2026-09-01", "--notified-by", "Collector, Devgarh", "--yes",
    )  # fmt: skip
    case_no = terminal.does(*asked, "--applicant", "Survey department", "--key", "clerk.key").out.strip()
    assert court.case(case_no).status == "filed"
    monkeypatch.setattr("api.clock.today", lambda: court.day)
    for name in ("registered", "prechecked", "notice-issued"):
        court.later(20).step(case_no, name)
    court.later(60).step(case_no, "unopposed", by="READER")
    court.step(case_no, "allowed")
    court.step(case_no, "certified")
    orders = (
        "--case",
        case_no,
        "--key",
        "tahsildar.key",
        "--second-key",
        "surveyor.key",
        "--report",
        "o.json",
    )
    assert "9 parcels retired, 10 registered by 1 orders" in terminal.does(*asked, *orders).out
    ended = terminal.does(
        "village",
        "conclude",
        case_no,
        "--village",
        LGD,
        "--key",
        "tahsildar.key",
        "--clerk-key",
        "clerk.key",
        "--yes",
    )
    assert f"{case_no} is carried out" in ended.out
    assert court.case(case_no).status == "carried"


def test_an_order_takes_the_mark_off_its_parcels_while_their_unit_still_waits(court: Court) -> None:
    found = planned(court, most=5)
    case_no = filed(court, found)
    certified(court, case_no)
    first = Plan(orders=found.orders[:1], left=(), homeless=())
    resurveying.carry_out(court.world.house, first, proceeding(court, case_no), day=court.day)
    done = {m.unit for group in first.orders[0] for m in group.parcels}
    gone = [old.id for group in first.orders[0] for old in group.retires]
    assert all(court.pending(i) == [] for i in gone)
    assert all(court.pending(u) == [case_no] for u in done)


def test_what_no_order_took_is_released_when_the_case_is_concluded(court: Court) -> None:
    found = planned(court, most=5)
    case_no = filed(court, found)
    certified(court, case_no)
    first = Plan(orders=found.orders[:1], left=(), homeless=())
    resurveying.carry_out(court.world.house, first, proceeding(court, case_no), day=court.day)
    released = resurveying.conclude(
        court.world.house, LGD, case_no, decider=court.key(OFFICER), clerk=court.key("READER"), day=court.day
    )  # fmt: skip
    assert released > 0
    everything = [*(parcel(n) for n in range(1, 10)), *(unit(n) for n in range(1, 5))]
    assert all(court.pending(i) == [] for i in everything)


def test_a_case_without_an_order_is_not_concluded_and_no_order_comes_before_the_certificate(
    court: Court,
) -> None:
    found = planned(court)
    case_no = filed(court, found)
    early = resurveying.carry_out(court.world.house, found, proceeding(court, case_no), day=court.day)
    assert early.registered == 0
    assert any("certified" in reason for refused in early.refused for reason in refused.reasons)
    certified(court, case_no)
    with pytest.raises(Refused, match="only after the first of them"):
        court.step(case_no, "concluded")


def test_land_is_brought_under_no_case_of_one_order(court: Court) -> None:
    case_no = court.file(court.ashas_sale())
    with pytest.raises(Refused, match="carried out by many orders"):
        court.step(case_no, "land-added", by="READER", land=(parcel(4),))


def test_an_officer_brings_land_under_a_case_over_http_as_any_step_is_taken(court: Court) -> None:
    case_no = filed(court, Plan(orders=planned(court, most=5).orders[:1], left=(), homeless=()))
    free = next(parcel(n) for n in range(1, 10) if not court.pending(parcel(n)))

    def now() -> datetime:
        return datetime.combine(court.day, datetime.min.time(), UTC) + timedelta(hours=6)

    with asking(create_app(court.world.house, now=now, allowance=None)) as people:
        unnamed = take(people, court, case_no, "land-added", "READER", land=["no id", 7])
        assert (unnamed.status_code, unnamed.json()["field"]) == (400, "land")
        assert take(people, court, case_no, "land-added", "READER", land=[free]).status_code == 201
    court.world.settle()
    assert court.pending(free) == [case_no]


def _audited(court: Court, folder: Path) -> tuple[object, ...]:
    settings = court.world.house.settings
    verifier = NoteVerifier(founding.log_signer(settings, ORIGIN).verifier_key)
    auditor = Auditor(LogReader(Directory(settings.log)), [verifier], folder / "audit")
    try:
        return tuple(auditor.follow().notes)
    finally:
        auditor.ledger.close()
