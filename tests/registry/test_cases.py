"""Cases on the database: filed, stepped through, carried out, refused, appealed; the land shows them all the while."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from api import clock
from domain import catalogue, form
from domain.case_effect import carrying_effect, effect, is_of_a_case
from domain.errors import BadInput, NotFound, RecordChanged, Refused
from domain.form import BadForm
from registry.acts import Post
from registry.append import AlreadyAccepted
from registry.case_forms import Filing, StepRequest
from registry.log.encoding import decode_base64
from registry.officers import RoleForbids
from registry.order_parts import NotWhatWasSigned
from tests.api.world import OFFICER, parcel, unit
from tests.registry.court import APPLICANT, Court, record_of_states


def rules_of(refusal: pytest.ExceptionInfo[Refused]) -> set[str]:
    return {f.rule for f in refusal.value.findings}


def test_filing_marks_the_land_and_gives_a_case_with_its_day(court: Court) -> None:
    case_no = court.file(court.ashas_sale())
    case = court.case(case_no)
    assert (case.status, case.office, case.touches) == ("filed", "99/901/9001", (unit(1),))
    assert case.due == date(2027, 1, 7)
    assert court.pending(unit(1)) == [case_no]
    assert court.pending(unit(3)) == []


def test_what_was_applied_for_and_by_whom_is_sealed_and_stands_nowhere_in_the_log(court: Court) -> None:
    case_no = court.file(court.ashas_sale())
    [payload] = court.payloads(case_no)
    assert set(payload["private"]) == {"application", "person"}  # type: ignore[arg-type]
    with court.world.house.datastore.cursor() as cursor:
        cursor.execute("select entry from log.entries")
        logged = b"".join(bytes(entry) for (entry,) in cursor)
    assert b"Sita" not in logged
    opened = court.world.house.openings.read([court.case(case_no).application])
    assert [o.value for o in opened.values()] == [court.ashas_sale()]


def test_land_under_its_parcels_and_their_unit_is_marked(court: Court) -> None:
    sale = {
        **court.meenas_sale(),
        "sold": "parcels",
        "sellers": [{"party": court.holder(3, 0), "share": "1"}],
        "parcels": [parcel(5)],
        "new_unit": {"label": "5"},
    }
    case_no = court.file(sale)
    assert court.pending(parcel(5)) == court.pending(unit(3)) == [case_no]
    assert court.pending(parcel(6)) == []


def test_findings_are_told_at_once_and_the_case_goes_to_an_officer(court: Court) -> None:
    filed = court.filed({**court.ashas_sale(), "sellers": [{"party": court.holder(1, 0), "share": "1/2"}]})
    assert [f.rule for f in filed.findings] == ["givers-hold-the-share"]
    assert filed.lane == "officer"
    assert court.filed(court.meenas_sale()).lane == "auto"


def test_a_filing_that_cannot_be_read_or_is_about_nothing_leaves_no_trace(court: Court) -> None:
    with pytest.raises(BadForm, match="deed"):
        court.file({"unit": unit(1), "sold": "share", "sellers": []})
    with pytest.raises(Refused) as refusal:
        court.file({**court.ashas_sale(), "unit": unit(77)})
    assert rules_of(refusal) == {"a-case-is-about-land-of-the-record"}
    with pytest.raises(BadInput, match=r"nothing is not one of those who apply"):
        court.file(court.ashas_sale(), applicant={"name": "Sita Devi"})
    with court.world.house.datastore.cursor() as cursor:
        cursor.execute("select count(*) from records.case_file")
        assert cursor.fetchone() == (0,)


def test_judging_an_application_draws_no_number_and_writes_nothing(court: Court) -> None:
    house = court.world.house
    filing = Filing(
        type="sale", application=court.ashas_sale(), applicant=APPLICANT, officer="LANDLOG-COUNTER"
    )
    assert house.cases.judge(filing, day=court.day, salt=lambda: bytes(32)) == ()
    assert court.file(court.ashas_sale()).endswith("-C000001")


def test_an_undisputed_case_goes_through_three_pairs_of_hands_to_the_record(court: Court) -> None:
    sale = court.ashas_sale()
    case_no = court.file({**sale, "unit": unit(1)})
    court.step(case_no, "forwarded", by="READER", reason="other")
    court.noticed(case_no).later(16)
    court.step(case_no, "unopposed", by="READER")
    receipt = court.order(sale, case_no)
    assert {i for i, _ in receipt.touches} == {case_no, unit(1)}
    assert court.case(case_no).status == "carried"
    assert court.pending(unit(1)) == []
    assert len(court.state(unit(1))["shares"]) == 2  # type: ignore[arg-type]
    court.step(case_no, "communicated")
    assert [name for name, _, _ in court.steps(case_no)] == [
        "filed",
        "forwarded",
        "registered",
        "prechecked",
        "notice-issued",
        "unopposed",
        "mutation.sale",
        "communicated",
    ]


def test_what_nobody_opposed_is_carried_out_word_for_word(court: Court) -> None:
    sale = court.ashas_sale()
    case_no = court.file(sale)
    court.noticed(case_no).later(16).step(case_no, "unopposed", by="READER")
    with pytest.raises(Refused) as refusal:
        court.order({**sale, "buyers": [{"party": {"name": "Somebody Else"}, "share": "1"}]}, case_no)
    assert rules_of(refusal) == {"unopposed-is-as-filed"}


def test_an_order_of_another_case_s_land_or_kind_is_refused(court: Court) -> None:
    case_no = court.file(court.ashas_sale())
    court.noticed(case_no).later(16).step(case_no, "unopposed", by="READER")
    with pytest.raises(Refused) as refusal:
        court.order(court.meenas_sale(), case_no)
    assert "land-is-that-of-the-case" in rules_of(refusal)
    with pytest.raises(NotFound, match="no case 999101-C000099"):
        court.order(court.ashas_sale(), "999101-C000099")


def test_objection_hearing_refusal_appeal_remand_and_the_order_at_last(court: Court) -> None:
    sale = court.ashas_sale()
    case_no = court.file(sale)
    court.noticed(case_no).later(5)
    court.step(case_no, "objected", reason="title-disputed", person={"name": "Gopal", "phone": "9000000002"})
    court.step(case_no, "hearing-set", until=date(2026, 12, 10))
    court.later(12).step(case_no, "reserved")
    court.step(case_no, "refused", reason="on-the-merits")
    assert court.pending(unit(1)) == []
    court.later(7).step(case_no, "appealed", reason="on-the-merits", person={"name": "Sita Devi"})
    assert court.pending(unit(1)) == [case_no]  # a buyer is told of the appeal too
    court.later(20).step(case_no, "remanded", reason="error-in-order", until=date(2027, 1, 20))
    court.later(18).step(case_no, "allowed")
    court.step(case_no, "certified")
    court.order(sale, case_no)
    assert court.pending(unit(1)) == []
    assert court.case(case_no).carried == 1


def test_an_order_that_is_not_certified_changes_nothing(court: Court) -> None:
    sale = court.ashas_sale()
    case_no = court.file(sale)
    court.noticed(case_no).step(case_no, "objected", reason="title-disputed")
    before = court.state(unit(1))
    with pytest.raises(Refused) as refusal:
        court.later(60).order(sale, case_no)
    assert "order-is-certified" in rules_of(refusal)
    assert court.state(unit(1)) == before


def test_nobody_decides_what_he_entered_though_his_posts_would_let_him(court: Court) -> None:
    court.world.perform(Post(officer=OFFICER, office="99/901/9001", roles=("reader",)))
    case_no = court.file(court.ashas_sale())
    court.step(case_no, "registered", by=OFFICER)
    court.step(case_no, "prechecked")
    court.step(case_no, "notice-issued")
    court.later(16).step(case_no, "unopposed", by="READER")
    with pytest.raises(Refused) as refusal:
        court.order(court.ashas_sale(), case_no)
    assert rules_of(refusal) == {"another-person-carries"}
    court.order(court.ashas_sale(), case_no, by="NAIB")
    assert court.case(case_no).status == "carried"


def test_files_are_taken_in_turn_unless_a_reason_is_recorded(court: Court) -> None:
    first, second = court.file(court.ashas_sale()), court.file(court.meenas_sale())
    for case_no in (first, second):
        court.step(case_no, "forwarded", by="READER", reason="other")
    with pytest.raises(Refused, match=f"Take {first} first"):
        court.step(second, "registered")
    court.step(second, "registered", out_of_turn="hardship")
    assert court.payloads(second)[-1]["out_of_turn"] == "hardship"
    court.step(first, "registered")
    with pytest.raises(BadInput, match="'whim' is not a reason"):
        court.step(second, "prechecked", out_of_turn="whim")
    with pytest.raises(Refused):
        court.step(second, "prechecked")


def test_an_order_out_of_turn_is_refused_too_and_says_so_when_it_is_excused(court: Court) -> None:
    sales = [court.ashas_sale(), court.meenas_sale()]
    first, second = (court.file(sale) for sale in sales)
    for case_no in (first, second):
        court.step(case_no, "forwarded", by="READER", reason="other")
    for name in ("registered", "prechecked", "notice-issued"):
        for case_no in (first, second):
            court.step(case_no, name)
    court.later(16)
    for case_no in (first, second):
        court.step(case_no, "unopposed", by="READER")
    with pytest.raises(Refused) as refusal:
        court.order(sales[1], second)
    assert rules_of(refusal) == {"files-are-taken-in-turn"}
    court.order(sales[1], second, out_of_turn="court-order")
    assert court.payloads(second)[-1]["out_of_turn"] == "court-order"


def test_whoever_withdraws_frees_the_land(court: Court) -> None:
    case_no = court.file(court.ashas_sale())
    court.step(case_no, "withdrawn")
    assert court.case(case_no).status == "withdrawn"
    assert court.pending(unit(1)) == []


def test_a_returned_application_is_cured_with_another_about_the_same_land(court: Court) -> None:
    case_no = court.file(court.ashas_sale())
    court.step(case_no, "returned", reason="papers-missing")
    cured = {**court.ashas_sale(), "consideration": {"paise": 30_000_000}}
    with pytest.raises(BadInput, match="names other land"):
        court.step(case_no, "cured", application=court.meenas_sale())
    before = court.case(case_no).application
    court.step(case_no, "cured", application=cured)
    after = court.case(case_no).application
    assert after != before
    assert court.world.house.openings.read([after])[after].value == cured


def test_a_case_follows_the_land_it_waits_over_when_another_order_divides_it(court: Court) -> None:
    """A sale moves a parcel to a new unit while a case is pending: the parcel keeps its mark until the end."""
    sale = {
        **court.meenas_sale(),
        "sold": "parcels",
        "sellers": [{"party": court.holder(3, 0), "share": "1"}],
        "parcels": [parcel(5)],
        "new_unit": {"label": "5"},
    }
    case_no = court.file(sale)
    court.world.record("sale", {**sale, "new_unit": {"label": "55"}}, day=court.day)
    moved = str(court.state(parcel(5))["unit"])
    assert moved != unit(3)
    assert court.pending(parcel(5)) == [case_no]
    court.step(case_no, "withdrawn")
    assert court.pending(parcel(5)) == court.pending(unit(3)) == court.pending(moved) == []


def test_the_applicant_is_known_by_the_receipt(court: Court) -> None:
    filed = court.filed(court.ashas_sale())
    cases, case = court.world.house.cases, court.case(filed.case_no)
    secret = decode_base64(filed.secret, what="secret")
    assert cases.is_applicant(case, secret)
    assert not cases.is_applicant(case, bytes(32))


def test_a_role_that_does_not_take_the_step_is_told_who_does(court: Court) -> None:
    case_no = court.file(court.ashas_sale())
    with pytest.raises(Refused, match=r"the step is taken by: .*reader"):
        court.step(case_no, "registered", by="SDO")
    filing = Filing(type="sale", application=court.meenas_sale(), applicant=APPLICANT, officer="SDO")
    with pytest.raises(RoleForbids):
        court.world.house.cases.file(
            filing,
            sign=court.sign("SDO"),
            day=court.day,
            event_id=clock.new_event_id(),
            salt=clock.new_salt,
        )


def test_a_bank_files_with_its_own_key(court: Court) -> None:
    cases = court.world.house.cases
    filing = Filing(
        type="sale",
        application=court.ashas_sale(),
        applicant={"name": "State Bank, Devgarh", "capacity": "registrar"},
        officer="BANK-9",
    )
    prepared = cases.prepare_filing(filing, day=court.day, event_id=clock.new_event_id(), salt=clock.new_salt)
    back = prepared.application
    assert isinstance(back, dict)
    again = Filing(
        type="sale",
        application=back["application"],
        applicant=back["applicant"],
        officer="",
        case_no=str(back["case_no"]),
        salt=decode_base64(str(back["salt"]), what="salt"),
    )
    entry = court.sign("BANK-9")(prepared.payload)
    cases.submit_filing(entry, again, today=court.day)
    court.world.settle()
    assert court.case(str(back["case_no"])).filed_by == "BANK-9"
    with pytest.raises((AlreadyAccepted, RecordChanged)):
        cases.submit_filing(entry, again, today=court.day)


def test_a_step_that_was_altered_after_it_was_signed_is_not_recorded(court: Court) -> None:
    case_no = court.file(court.ashas_sale())
    cases = court.world.house.cases
    request = StepRequest(
        case=case_no,
        step="returned",
        officer="READER",
        particulars={"reason": {"code": "papers-missing", "words": "No encumbrance certificate."}},
    )
    prepared = cases.prepare(request, day=court.day, event_id=clock.new_event_id(), salt=clock.new_salt)
    back = prepared.application
    assert isinstance(back, dict)
    particulars = back["particulars"]
    assert isinstance(particulars, dict)
    reason = particulars["reason"]
    assert isinstance(reason, dict)
    altered = {**particulars, "reason": {**reason, "words": "Bring a gift."}}
    entry = court.sign("READER")(prepared.payload)
    with pytest.raises(NotWhatWasSigned, match="private"):
        cases.submit(entry, StepRequest(case="", step="", officer="", particulars=altered), today=court.day)
    assert court.case(case_no).status == "filed"


def test_a_step_prepared_before_another_was_taken_is_prepared_again(court: Court) -> None:
    case_no = court.file(court.ashas_sale())
    cases = court.world.house.cases
    request = StepRequest(case=case_no, step="registered", officer="READER")
    prepared = cases.prepare(request, day=court.day, event_id=clock.new_event_id(), salt=clock.new_salt)
    court.step(case_no, "returned", reason="papers-missing")
    back = prepared.application
    assert isinstance(back, dict)
    with pytest.raises(RecordChanged, match=case_no):
        cases.submit(
            court.sign("READER")(prepared.payload),
            StepRequest(case="", step="", officer="", particulars=back["particulars"]),
            today=court.day,
        )


def test_nobody_dates_a_step_or_an_order_back_to_choose_the_law_or_to_have_a_notice_run_out(
    court: Court,
) -> None:
    case_no = court.file(court.ashas_sale())
    cases = court.world.house.cases
    request = StepRequest(case=case_no, step="registered", officer="READER")

    def handed_in(days: int) -> None:
        day = court.day - timedelta(days)
        prepared = cases.prepare(request, day=day, event_id=clock.new_event_id(), salt=clock.new_salt)
        cases.submit(
            court.sign("READER")(prepared.payload),
            StepRequest(case="", step="", officer="", particulars={}),
            today=court.day,
        )

    with pytest.raises(BadInput, match="more than 3 days ago"):
        handed_in(4)
    assert court.case(case_no).status == "filed"
    handed_in(3)
    court.world.settle()
    assert court.case(case_no).status == "registered"


def test_what_every_event_sets_is_what_the_law_makes_of_its_facts(court: Court) -> None:
    """An auditor recomputes the state of cases, and of the land that waits over them, from the log alone."""
    sale = court.ashas_sale()
    case_no = court.file(sale)
    court.step(case_no, "returned", reason="papers-missing")
    court.later(3).step(case_no, "cured", application=sale)
    court.noticed(case_no).later(4)
    court.step(case_no, "paused", by="READER", reason="court-order")
    court.later(2).step(case_no, "resumed", by="READER")
    court.step(case_no, "objected", reason="title-disputed", person={"name": "Gopal"})
    court.step(case_no, "hearing-set", until=court.day + timedelta(10))
    court.later(10).step(case_no, "refused", reason="on-the-merits")
    court.step(case_no, "appealed", reason="on-the-merits")
    court.step(case_no, "appeal-allowed", reason="on-the-merits")
    court.step(case_no, "certified")
    court.order(sale, case_no)
    other = court.file(court.meenas_sale())
    court.tick_out()
    court.later(20).tick_out()
    assert court.case(other).status == "communicated"
    audited = 0
    for payload, before in court.replayed():
        kind = str(payload["type"])
        if is_of_a_case(kind):
            assert payload["set"] == effect(payload, before), kind
        elif payload.get("case"):
            mutation = catalogue.mutation(kind)
            record = record_of_states(before)
            after = mutation.apply(form.read(mutation.module.Event, payload["facts"]), record)
            assert payload["set"] == carrying_effect(payload, before, record, after), kind
        else:
            continue
        audited += 1
    assert audited == len(court.steps(case_no)) + len(court.steps(other))
