"""How parcels are numbered: what holds in every state, and each state's own manner on the labels of real villages."""

from __future__ import annotations

import csv
import json
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import law
from domain.errors import BadInput
from domain.numbering import GRAMMARS, BadLabel, Grammar, grammar_of, plain
from domain.states import table

STATES = law.states()
FIRST = {
    "generic": "101",
    "up": "101",
    "rj": "101",
    "hr": "2//4",
    "mh": "51",
    "ka": "91",
    "ap": "41",
}
"""A field of each state that was never divided."""


def _divided(
    grammar: Grammar, first: str, choices: list[tuple[int, int]]
) -> list[tuple[str, tuple[str, ...]]]:
    """A field divided again and again: (parent, children); each choice says which parcel and into how many parts."""
    standing, borne, history = [first], [first], []
    for which, parts in choices:
        parent = standing.pop(which % len(standing))
        children = grammar.next_child_labels(parent, parts, borne)
        standing += children
        borne += children
        history.append((parent, children))
    return history


DIVISIONS = st.lists(st.tuples(st.integers(0, 50), st.integers(2, 5)), min_size=1, max_size=5)


@pytest.mark.parametrize("state", STATES)
@given(choices=DIVISIONS)
def test_labels_of_parts_fit_differ_and_stand_after_their_field(
    state: str, choices: list[tuple[int, int]]
) -> None:
    grammar, borne = grammar_of(state), {FIRST[state]}
    for parent, children in _divided(grammar, FIRST[state], choices):
        assert all(grammar.fits(c) and plain(c) == c for c in children)
        assert not borne & set(children)
        assert not {grammar.parse(b) for b in borne} & {grammar.parse(c) for c in children}
        for before, after in pairwise((parent, *children)):
            assert grammar.compare(before, after) == -1
        borne |= set(children)


@pytest.mark.parametrize("state", STATES)
def test_a_number_that_was_borne_once_is_not_given_again(state: str) -> None:
    grammar, first = grammar_of(state), FIRST[state]
    once = grammar.next_child_labels(first, 3, [first])
    again = grammar.next_child_labels(first, 2, [first, once[2]])  # only the last is remembered
    assert not set(once) & set(again)


@pytest.mark.parametrize("state", STATES)
@given(labels=st.lists(st.from_regex(r"[0-9]{1,3}(/[0-9]{1,2})?", fullmatch=True), min_size=2, max_size=6))
def test_the_order_is_one_order(state: str, labels: list[str]) -> None:
    grammar = grammar_of(state)
    ordered = sorted(labels, key=grammar.key)
    assert all(grammar.compare(a, b) <= 0 for a, b in pairwise(ordered))
    assert all(grammar.compare(a, b) == -grammar.compare(b, a) for a in labels for b in labels)


@pytest.mark.parametrize("state", STATES)
@given(label=st.text(max_size=30))
def test_any_text_has_a_place_in_the_order_and_is_a_label_or_refused_in_words(state: str, label: str) -> None:
    grammar = grammar_of(state)
    assert isinstance(grammar.key(label), tuple)
    if grammar.fits(label):
        assert grammar.parse(label)
    else:
        with pytest.raises(BadLabel, match="does not follow the manner of numbering") as refused:
            grammar.parse(label)
        assert refused.value.remedy.startswith("Write it as")


@pytest.mark.parametrize("state", STATES)
def test_fresh_numbers_follow_the_village_s_last(state: str) -> None:
    assert grammar_of(state).fresh_labels(2, ["7", "1204", "99/12"]) == ("1205", "1206")


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("parts", [0, -1, 1_001])
def test_a_field_is_divided_into_a_sensible_number_of_parts(state: str, parts: int) -> None:
    with pytest.raises(BadInput, match="labels were asked for"):
        grammar_of(state).next_child_labels(FIRST[state], parts, [])


def test_every_grammar_is_some_state_s_and_says_its_rule_and_source() -> None:
    assert {table(s, "state")["numbering"] for s in STATES} == set(GRAMMARS)
    assert all(g.rule.endswith(".") and len(g.source) > 12 for g in GRAMMARS.values())


# Each state's own manner


@pytest.mark.parametrize(
    ("state", "parent", "taken", "children"),
    [
        ("up", "101", [], ("101/1", "101/2")),
        ("up", "१०१ मि.", ["101/1"], ("101/2", "101/3")),
        ("up", "101/2", ["101/1", "101/2", "101/7"], ("101/8", "101/9")),
        ("rj", "101/1", ["101/2"], ("101/3", "101/4")),
        ("hr", "2//4", [], ("2//4/1", "2//4/2")),
        ("hr", "2//4/1", ["2//4/1", "2//4/2"], ("2//4/1/1", "2//4/1/2")),
        ("hr", "2//4 min", ["2//4/1"], ("2//4/2", "2//4/3")),
        ("hr", "2/4", ["2//4/1"], ("2/4/1", "2/4/2")),  # a khasra is not a killa of a rectangle
        ("mh", "51", [], ("51/1", "51/2")),
        ("mh", "51/1", [], ("51/1/a", "51/1/b")),
        ("mh", "५१/१", ["51/1/अ"], ("51/1/ब", "51/1/क")),
        ("mh", "51/1/a", [], ("51/1/a/1", "51/1/a/2")),
        ("ka", "91", ["91/1A"], ("91/2", "91/3")),
        ("ka", "೯೧/೧", [], ("91/1A", "91/1B")),
        ("ka", "91/1B", [], ("91/1B1", "91/1B2")),
        ("ka", "91/A", ["91/1"], ("91/A/1", "91/A/2")),
        ("ap", "41", ["41", "3802"], ("3803", "3804")),
        ("ap", "౪౧", [], ("42", "43")),
        ("ap", "17-A4", ["17-A4A"], ("17-A4B", "17-A4C")),
        ("generic", "7-1", [], ("7-1/1", "7-1/2")),
    ],
)
def test_parts_are_labelled_as_the_state_does(
    state: str, parent: str, taken: list[str], children: tuple[str, ...]
) -> None:
    assert grammar_of(state).next_child_labels(parent, 2, taken) == children


@pytest.mark.parametrize(
    ("state", "labels", "was_one", "label"),
    [
        ("rj", ["101/1", "101/2"], True, "101"),
        ("rj", ["१०१/१", "101/2", "101/3"], True, "101"),
        ("rj", ["101/1", "101/2"], False, None),
        ("rj", ["101", "102"], True, None),
        ("rj", ["101/1"], True, None),
        ("generic", ["101/1/1", "101/1/2"], True, "101/1"),
        ("generic", ["101", "102"], True, None),
        ("generic", [], True, None),
        ("up", ["101/1", "101/2"], True, None),
        ("hr", ["2//4/1", "2//4/2"], True, None),
        ("mh", ["51/1", "51/2"], True, None),
        ("ka", ["91/1", "91/2"], True, None),
        ("ap", ["3803", "3804"], True, None),
    ],
)
def test_a_union_gets_the_label_that_the_law_names(
    state: str, labels: list[str], was_one: bool, label: str | None
) -> None:
    assert grammar_of(state).merge_label(labels, was_one_field_before=was_one) == label


@given(choices=DIVISIONS)
def test_in_rajasthan_a_field_that_is_whole_again_gets_its_number_back(
    choices: list[tuple[int, int]],
) -> None:
    grammar = grammar_of("rj")
    standing = {"101"}
    for parent, children in _divided(grammar, "101", choices):
        standing = standing - {parent} | set(children)
    assert grammar.merge_label(sorted(standing), was_one_field_before=True) == "101"


@pytest.mark.parametrize(
    ("state", "label"),
    [
        ("up", "101/1/2"),
        ("up", "gata 101"),
        ("hr", "2///4"),
        ("mh", "51//1"),
        ("ka", "91/1B/2/3"),
        ("ap", "LPM 41"),
        ("generic", "967,968"),
        ("rj", ""),
    ],
)
def test_what_is_no_label_of_the_state_is_refused(state: str, label: str) -> None:
    assert not grammar_of(state).fits(label)


@pytest.mark.parametrize(
    ("state", "one", "other"),
    [
        ("ka", "91/*/1B", "91/1b"),
        ("mh", "1006/अ", "१००६/a"),
        ("hr", "2 // 4", "२//४"),
        ("up", "101 मि.", "101min"),
    ],
)
def test_two_ways_of_writing_are_one_label(state: str, one: str, other: str) -> None:
    assert grammar_of(state).parse(one) == grammar_of(state).parse(other)


def test_labels_stand_in_the_order_in_which_a_clerk_lists_them() -> None:
    listed = {
        "up": ["9", "10", "10/1", "10/2", "10/10", "11"],
        "hr": ["7", "2//3", "2//4 min", "2//4/1", "2//4/1/1", "2//4/2", "2//10", "10//1"],
        "mh": ["51", "51/1", "51/1/अ", "51/1/ब", "51/2", "51/10", "52"],
        "ka": ["91", "91/1", "91/1A", "91/1B", "91/2", "91/10", "92"],
        "ap": ["2", "10", "17", "17-A4", "17-A4A", "54/A1", "3803"],
    }
    for state, labels in listed.items():
        assert sorted(set(labels), key=grammar_of(state).key) == labels


# Labels of real villages


def test_the_labels_of_a_village_of_kolhapur_fit(shared_data: Path) -> None:
    village = json.loads((shared_data / "mh_village_plots" / "malatavadi.geojson").read_text("utf-8"))
    labels = {s["survey_no"] for f in village["features"] for s in f["properties"]["surveys"]}
    assert len(labels) > 2_000
    assert [label for label in labels if not grammar_of("mh").fits(label)] == []


def test_the_labels_of_a_village_of_jalore_fit(shared_data: Path) -> None:
    with (shared_data / "rj_khata_shares" / "plots.csv").open(encoding="utf-8") as file:
        assert all(grammar_of("rj").fits(row["khasra_no"]) for row in csv.DictReader(file))


def test_a_division_in_krishna_district_was_numbered_on_as_we_do(shared_data: Path) -> None:
    with (shared_data / "ap_krishna_bhunaksha" / "village_643015_W_events.csv").open(
        encoding="utf-8"
    ) as file:
        rows = [row for row in csv.DictReader(file) if row["event"] == "SPLIT"]
    grammar = grammar_of("ap")
    last = min(int(row["child_lpm"]) for row in rows) - 1
    proposed = grammar.next_child_labels(rows[0]["parent_lpm"], len(rows), [str(last)])
    assert proposed[0] == str(last + 1)
    assert all(grammar.compare(row["parent_lpm"], row["child_lpm"]) == -1 for row in rows)


def test_old_survey_numbers_of_a_resurveyed_village_are_read_too(shared_data: Path) -> None:
    village = json.loads((shared_data / "ap_gudur_dlr" / "julakallu_lpm.geojson").read_text("utf-8"))
    old = {label for f in village["features"] for label in f["properties"]["Old Sy.No."].split(",")}
    assert [label for label in old if not grammar_of("ap").fits(label)] == []
