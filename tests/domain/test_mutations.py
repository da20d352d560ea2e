"""Every mutation type runs its own worked examples and keeps the promises that all types make."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from fractions import Fraction

import pytest

from domain import catalogue, form, kit
from domain.canon import canonical, parse
from domain.errors import Refused
from domain.kit import Example, Mutation
from domain.law import law_of
from domain.quantities import total
from domain.record import Record, Unit

pytestmark = pytest.mark.quick

TYPES = list(catalogue.all_types().values())
EXAMPLES = [(t, e) for t in TYPES for e in t.module.EXAMPLES]
ALLOWED = [(t, e) for t, e in EXAMPLES if not e.refused]
REFUSED = [(t, e) for t, e in EXAMPLES if e.refused]


def _named(pairs: list[tuple[Mutation, Example]]) -> list[str]:
    return [f"{t.name}: {e.title}" for t, e in pairs]


def _event(kind: Mutation, example: Example) -> object:
    return kind.decide(example.when, example.given, law_of(example.state, example.day))


@pytest.mark.parametrize(("kind", "example"), ALLOWED, ids=_named(ALLOWED))
def test_an_allowed_example_gives_the_states_it_names(kind: Mutation, example: Example) -> None:
    after = kind.apply(_event(kind, example), example.given)
    for identifier, members in example.then.items():
        doc = after[identifier].doc()
        assert {name: doc[name] for name in members} == members


@pytest.mark.parametrize(("kind", "example"), REFUSED, ids=_named(REFUSED))
def test_a_refused_example_breaks_exactly_the_rules_it_names(kind: Mutation, example: Example) -> None:
    with pytest.raises(Refused) as refusal:
        _event(kind, example)
    assert {f.rule for f in refusal.value.findings} == {r.name for r in example.refused}
    assert all(f.sentence and f.source and f.remedy for f in refusal.value.findings)


@pytest.mark.parametrize(("kind", "example"), ALLOWED, ids=_named(ALLOWED))
def test_events_and_applications_survive_the_codec(kind: Mutation, example: Example) -> None:
    event = _event(kind, example)
    facts = form.write(event)
    assert form.read(kind.module.Event, parse(canonical(facts))) == event
    assert kind.read(form.write(example.when)) == example.when


@pytest.mark.parametrize(("kind", "example"), ALLOWED, ids=_named(ALLOWED))
def test_facts_hold_no_name_in_the_clear(kind: Mutation, example: Example) -> None:
    facts = canonical(form.write(_event(kind, example))).decode()
    names = [str(o.value["name"]) for o in kit.openings(example.when) if o.field == "party"]  # type: ignore[index, call-overload]
    assert not [name for name in names if name in facts]


@pytest.mark.parametrize(("kind", "example"), ALLOWED, ids=_named(ALLOWED))
def test_an_auditor_recomputes_the_same_effect_from_the_facts(kind: Mutation, example: Example) -> None:
    event = _event(kind, example)
    ours = kit.changes(example.given, kind.apply(event, example.given))
    assert kind.effect(form.write(event), example.given) == ours


@pytest.mark.parametrize(("kind", "example"), ALLOWED, ids=_named(ALLOWED))
def test_units_stay_whole(kind: Mutation, example: Example) -> None:
    for state in kind.apply(_event(kind, example), example.given).values():
        if isinstance(state, Unit) and state.shares_determined:
            assert sum(h.share or Fraction(0) for h in state.shares) == 1


@pytest.mark.parametrize(("kind", "example"), ALLOWED, ids=_named(ALLOWED))
def test_recorded_area_stays_unless_changing_it_is_the_purpose(kind: Mutation, example: Example) -> None:
    if kind.procedure.nature == "registration" or not getattr(kind.module, "CONSERVES_AREA", True):
        return
    after = example.given.with_states(*kind.apply(_event(kind, example), example.given).values())
    assert abs(_land(after) - _land(example.given)) < Decimal("0.01")  # each child is rounded once


@pytest.mark.parametrize(("kind", "example"), ALLOWED, ids=_named(ALLOWED))
def test_no_two_active_parcels_or_units_of_a_village_share_a_label(kind: Mutation, example: Example) -> None:
    after = example.given.with_states(*kind.apply(_event(kind, example), example.given).values())
    for states in (after.parcels.values(), after.units.values()):
        labels = Counter((s.village, s.label) for s in states if s.status == "active")
        assert max(labels.values(), default=1) == 1


@pytest.mark.parametrize(("kind", "example"), ALLOWED, ids=_named(ALLOWED))
def test_what_lies_on_a_holder_lies_on_one_who_holds(kind: Mutation, example: Example) -> None:
    for state in kind.apply(_event(kind, example), example.given).values():
        if isinstance(state, Unit) and state.status == "active":
            burdens = [*state.charges, *state.restrictions]
            assert {b.on for b in burdens if b.on} - state.holders <= _strangers_before(state, example)


def _land(record: Record) -> Decimal:
    return total(p.area.m2 for p in record.parcels.values() if p.status == "active")


def _strangers_before(unit: Unit, example: Example) -> set[str]:
    """Those on whom something lay before who held nothing then either."""
    before = example.given.units.get(unit.id)
    burdens = [*before.charges, *before.restrictions] if before else []
    return {b.on for b in burdens if b.on} - (before.holders if before else frozenset())


@pytest.mark.parametrize(("kind", "example"), ALLOWED, ids=_named(ALLOWED))
def test_every_state_that_changes_has_an_id_the_application_names(kind: Mutation, example: Example) -> None:
    touched = set(kind.apply(_event(kind, example), example.given))
    also = kind.also_reads(example.given)
    assert touched <= kit.named(example.when) | also


@pytest.mark.parametrize("kind", TYPES, ids=lambda t: t.name)
def test_every_type_has_titles_wording_deciders_and_both_sorts_of_examples(kind: Mutation) -> None:
    assert set(kind.module.TITLE) == set(kind.module.WORDING) >= {"en", "hi", "te", "mr", "kn"}
    assert kind.decided_by
    assert any(e.refused for e in kind.module.EXAMPLES)
    assert any(not e.refused for e in kind.module.EXAMPLES)


@pytest.mark.parametrize(("kind", "example"), ALLOWED, ids=_named(ALLOWED))
def test_the_sentence_in_the_record_is_complete_in_each_language(kind: Mutation, example: Example) -> None:
    event = _event(kind, example)
    for language in kind.module.WORDING:
        words = kind.words(event, example.given, language)
        assert words
        assert "{" not in words


def test_a_form_names_all_its_faults_at_once() -> None:
    with pytest.raises(form.BadForm) as bad:
        catalogue.mutation("sale").read({"unit": "45", "sold": "everything", "colour": "green"})
    assert {f.field for f in bad.value.faults} == {
        "unit",
        "sold",
        "colour",
        "sellers",
        "deed",
        "consideration",
    }


def test_an_unknown_type_is_told_with_those_that_are_known() -> None:
    with pytest.raises(Exception, match="there is no mutation type 'barter'") as missing:
        catalogue.mutation("barter")
    remedy = missing.value.remedy  # type: ignore[attr-defined]
    assert all(kind.name in remedy for kind in TYPES)
