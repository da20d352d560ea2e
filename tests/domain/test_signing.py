"""Who signs an order by a state's law: dated rows beside what the type's own file says, or in its place."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from domain import catalogue, signing
from domain.case_steps import clock_may_decide
from domain.kit import Mutation
from domain.law import Law, posts, states
from domain.signing import Signing, deciders, in_force, is_of_the_district, signers, signings
from registry.roles import allows

pytestmark = pytest.mark.quick

TODAY = date(2026, 11, 21)
SALE = catalogue.mutation("sale")
ROWS = [(state, row) for state in states() for row in signings(state)]


def by(rows: tuple[Signing, ...], monkeypatch: pytest.MonkeyPatch, day: date) -> tuple[str, ...]:
    """Who signs a sale on that day where the law of a state were these rows."""
    monkeypatch.setattr(signing, "signings", lambda state: rows)
    return signers.__wrapped__(SALE, Law("up", day))


def row(since: int, *roles: str, instead: bool = False) -> Signing:
    return Signing(
        roles=roles,
        types=("sale",),
        since=date(since, 4, 1),
        instead=instead,
        unopposed=False,
        source="An Act of the State",
        confirmed=True,
    )


@pytest.mark.parametrize(("state", "row"), ROWS, ids=[f"{s}: {', '.join(r.roles)}" for s, r in ROWS])
def test_a_row_names_posts_and_types_that_exist_and_its_source(state: str, row: Signing) -> None:
    assert set(row.roles) <= set(posts(state))
    assert set(row.types) <= {kind.name for kind in catalogue.all_types().values()}
    assert len(row.source) >= 12
    assert row.since <= TODAY


@pytest.mark.parametrize(("state", "row"), ROWS, ids=[f"{s}: {', '.join(r.roles)}" for s, r in ROWS])
def test_whoever_signs_by_the_state_s_law_decides_there_too(state: str, row: Signing) -> None:
    here = Law(state, TODAY)
    for kind in map(catalogue.mutation, row.types):
        assert set(row.roles) <= set(deciders(kind, here, opposed=False))
        assert row.unopposed == set(row.roles).isdisjoint(deciders(kind, here, opposed=True))


@pytest.mark.parametrize("state", states())
@pytest.mark.parametrize("kind", catalogue.all_types().values(), ids=lambda kind: kind.name)
def test_what_is_opposed_has_somebody_to_decide_and_to_sign_it_in_every_state(
    state: str, kind: Mutation
) -> None:
    here = Law(state, TODAY)
    for opposed in (False, True):
        assert set(deciders(kind, here, opposed=opposed)) & set(signers(kind, here, opposed=opposed))


@pytest.mark.parametrize("state", states())
def test_limits_of_villages_are_the_district_s_from_the_application_to_the_order(state: str) -> None:
    kind, here = catalogue.mutation("jurisdiction-reassigned"), Law(state, TODAY)
    for opposed in (False, True):
        assert deciders(kind, here, opposed=opposed) == ("collector", "commissioner")
    assert is_of_the_district(kind, here)
    assert not clock_may_decide(kind.type)
    assert [k.name for k in catalogue.all_types().values() if is_of_the_district(k, here)] == [kind.name]


def test_a_later_row_takes_the_place_of_an_earlier_one(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = (row(1990, "revenue-inspector"), row(2010, "surveyor"), row(2010, "lekhpal"))
    own = SALE.decided_by
    assert by(rows, monkeypatch, date(1990, 3, 31)) == own
    assert by(rows, monkeypatch, date(1990, 4, 1)) == ("revenue-inspector", *own)
    assert by(rows, monkeypatch, date(2010, 4, 1)) == ("surveyor", "lekhpal", *own)


def test_a_row_without_roles_takes_back_what_was_given(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = (row(1990, "revenue-inspector"), row(2010))
    assert by(rows, monkeypatch, TODAY) == SALE.decided_by


def test_a_row_can_name_who_signs_in_the_place_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = (row(1990, "sub-divisional-officer", instead=True),)
    assert by(rows, monkeypatch, TODAY) == ("sub-divisional-officer",)


def test_a_circle_officer_of_maharashtra_signs_from_the_day_of_the_rules_on() -> None:
    (row,) = in_force("sale", Law("mh", TODAY))
    for day, may in ((row.since, True), (row.since - timedelta(1), False)):
        assert allows("revenue-inspector", SALE.type, Law("mh", day)) is may
    assert not allows("revenue-inspector", SALE.type, Law("mh", TODAY), opposed=True)
    assert not allows("revenue-inspector", SALE.type, Law("up", TODAY))
    assert not allows("revenue-inspector", "mutation.conversion/1", Law("mh", TODAY))
