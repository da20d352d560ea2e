"""What an officer's client checks before it signs: the facts of an order say what the form says, for every type."""

from __future__ import annotations

import pytest

from api.order_files import facts_differ
from domain import catalogue, form
from domain.kit import Example, Mutation
from domain.law import law_of

pytestmark = pytest.mark.quick

ALLOWED = [(t, e) for t in catalogue.all_types().values() for e in t.module.EXAMPLES if not e.refused]


@pytest.mark.parametrize(("kind", "example"), ALLOWED, ids=[f"{t.name}: {e.title}" for t, e in ALLOWED])
def test_an_honest_order_of_every_type_can_be_signed(kind: Mutation, example: Example) -> None:
    event = kind.decide(example.when, example.given, law_of(example.state, example.day))
    assert facts_differ(example.when, form.write(event)) == ""


def test_a_buyer_who_is_not_the_one_shown_is_seen() -> None:
    kind, example = next((t, e) for t, e in ALLOWED if t.name == "sale")
    facts = form.write(kind.decide(example.when, example.given, law_of(example.state, example.day)))
    assert isinstance(facts, dict)
    facts["buyers"] = [{"party": "A" * 43 + "=", "share": "1/1"}]
    assert "facts.buyers[0].party" in facts_differ(example.when, facts)
