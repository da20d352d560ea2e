"""Cases before the auditor: a log full of them passes, and what the rules forbid is found from the log alone."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from api import founding, standing
from domain.errors import Refused
from domain.projection import Doc
from registry.audit.auditor import Auditor
from registry.audit.cases import check_case
from registry.audit.source import Directory, LogReader
from registry.log.note import NoteVerifier
from registry.officers import OfficerKey, RoleForbids
from tests.api.world import OFFICE, ORIGIN
from tests.registry.court import Court


@pytest.fixture
def told(court: Court) -> Court:
    """Two cases: one carried out by the clock, one objected to, refused, appealed and carried out in the end."""
    sale = court.ashas_sale()
    court.file(court.meenas_sale())
    case_no = court.file(sale)
    court.tick_out()
    court.later(3).step(case_no, "objected", reason="title-disputed", person={"name": "Gopal"})
    court.step(case_no, "hearing-set", until=court.day + timedelta(10))
    court.later(10).step(case_no, "refused", reason="on-the-merits")
    court.later(10).step(case_no, "appealed", reason="on-the-merits")
    court.step(case_no, "appeal-allowed", reason="on-the-merits")
    court.step(case_no, "certified")
    court.order(sale, case_no)
    court.tick_out()
    return court


def test_an_auditor_who_has_only_the_log_finds_every_case_in_order(told: Court, tmp_path: Path) -> None:
    settings = told.world.house.settings
    verifier = NoteVerifier(founding.log_signer(settings, ORIGIN).verifier_key)
    auditor = Auditor(LogReader(Directory(settings.log)), [verifier], tmp_path / "audit")
    try:
        report = auditor.follow()
    finally:
        auditor.ledger.close()
    assert report.notes == ()
    assert report.events > 30


def event(court: Court, kind: str) -> tuple[Doc, dict[str, Doc | None]]:
    return next((p, before) for p, before in court.replayed() if p["type"] == kind)


def key_of(court: Court, officer: str) -> OfficerKey:
    house = court.world.house
    return next(iter(house.officers.keys(house.officers.keyids_of(officer)).values()))


def test_a_notice_cut_short_is_found(told: Court) -> None:
    payload, before = event(told, "case.unopposed/1")
    clock = [key_of(told, standing.CLOCK)]
    check_case(payload, before, clock, [OFFICE])
    with pytest.raises(Refused, match="the notice has run out"):
        check_case({**payload, "decided": "2026-12-08"}, before, clock, [OFFICE])


def test_a_step_by_a_role_that_does_not_take_it_is_found(told: Court) -> None:
    payload, before = event(told, "case.refused/1")
    with pytest.raises(Refused, match="the officer's role takes the step"):
        check_case(payload, before, [key_of(told, "READER")], [OFFICE])


def test_an_order_of_the_clock_that_calls_itself_another_s_is_found(told: Court) -> None:
    payload, before = next(
        (p, b) for p, b in told.replayed() if p["type"] == "mutation.sale/1" and "auto" in p
    )
    clock = [key_of(told, standing.CLOCK)]
    check_case(payload, before, clock, [OFFICE])
    disguised = {name: value for name, value in payload.items() if name != "auto"}
    with pytest.raises(RoleForbids):
        check_case(disguised, before, clock, [OFFICE])
    with pytest.raises(RoleForbids):
        check_case({k: v for k, v in disguised.items() if k != "case"}, before, clock, [OFFICE])
    with pytest.raises(RoleForbids, match="stands in no case"):
        check_case({k: v for k, v in payload.items() if k != "case"}, before, clock, [OFFICE])


def test_an_order_in_a_case_that_was_never_certified_is_found(told: Court) -> None:
    payload, before = event(told, "mutation.sale/1")
    case_no = str(payload["case"])
    case = before[case_no]
    assert case is not None
    with pytest.raises(Refused, match="the order is certified, or the notice expired"):
        check_case(
            payload, {**before, case_no: {**case, "status": "reserved"}}, [key_of(told, "NAIB")], [OFFICE]
        )
