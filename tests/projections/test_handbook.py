"""The handbook: whole in every language of every state, and true of what decides."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache
from typing import Any

import pytest

from domain import catalogue, law
from domain.case import filed
from domain.case_rules import deciders
from domain.errors import BadInput, NotFound
from domain.form import write
from domain.ids import CaseNo, VillageCode
from domain.kit import Mutation
from domain.law import Law, law_of
from domain.mutations._shared import ASHA
from domain.restrictions import KINDS
from projections.handbook import Book, Chapter, Entry, book, document, voice_of
from projections.handbook.entry import entry, figures_asked
from projections.handbook.examples import _plain
from projections.handbook.text import book_lines
from projections.handbook.words import Coded, table

TODAY = date(2026, 11, 21)
STATES = law.states()
TYPES = list(catalogue.all_types().values())
EVERYWHERE = [(state, kind) for state in STATES for kind in TYPES]
NAMES = [f"{state}: {kind.name}" for state, kind in EVERYWHERE]


@cache
def chapter(state: str) -> Chapter:
    return book(TODAY, state=state).chapters[0]


def find(state: str, name: str) -> Entry:
    return next(e for e in chapter(state).types if e.name == name)


def wordings(value: Any, path: str = "") -> Iterator[tuple[str, Mapping[str, str]]]:
    """Everything in a page that is told in languages, with where it stands."""
    if isinstance(value, Coded):
        yield f"{path} {value.code}", value.words
    elif dataclasses.is_dataclass(value):
        for field in dataclasses.fields(value):
            yield from wordings(getattr(value, field.name), f"{path}.{field.name}")
    elif isinstance(value, tuple):
        for item in value:
            yield from wordings(item, path)
    elif isinstance(value, dict) and path.rpartition(".")[2] not in ("when", "then") and value:
        yield path, value


# Whole


def test_every_state_has_a_chapter_with_every_type() -> None:
    whole = book(TODAY)
    assert tuple(c.state for c in whole.chapters) == STATES
    for found in whole.chapters:
        assert [e.type for e in found.types] == list(catalogue.all_types())


@pytest.mark.parametrize(("state", "kind"), EVERYWHERE, ids=NAMES)
def test_no_type_lacks_a_word_in_a_language_of_the_state(state: str, kind: Mutation) -> None:
    spoken = set(law.languages(state))
    """What rules say has catalogues of its own (``tests/domain/test_languages.py``), and else is told in English."""
    told = [w for w in wordings(find(state, kind.name)) if not w[0].endswith("_words")]
    assert len(told) > 20
    assert [
        (path, words) for path, words in told if not spoken <= set(words) or not all(words.values())
    ] == []


@pytest.mark.parametrize(("state", "kind"), EVERYWHERE, ids=NAMES)
def test_no_word_of_a_type_is_left_in_english(state: str, kind: Mutation) -> None:
    own = law.languages(state)[0]
    found = wordings(find(state, kind.name))
    figures_alone = "0123456789₹ ,."
    assert [
        (path, words[own])
        for path, words in found
        if own in words and words[own].isascii() and words[own].strip(figures_alone)
    ] == []


@pytest.mark.parametrize("state", STATES)
def test_no_table_of_a_state_lacks_a_word(state: str) -> None:
    spoken, own = set(law.languages(state)), law.languages(state)[0]
    tables = dataclasses.replace(chapter(state), types=())
    for path, words in wordings(tables):
        assert spoken <= set(words), path
        assert words["en"] != "", path
        assert not words[own].strip("0123456789₹ ,.").isascii() or not words[own].strip("0123456789₹ ,."), (
            path
        )


def test_every_figure_and_code_has_words_of_its_own() -> None:
    """A new figure or duty needs a row in projections/handbook/words.toml."""
    words = table()
    assert {f.name for s in STATES for f in law.figures(s)} == set(words["figure"])
    assert {duty for s in STATES for p in law.posts(s).values() for duty in p.does} <= set(words["duty"])
    assert all(
        set(row) == {"en", "hi", "te", "mr", "kn"} for group in words.values() for row in group.values()
    )


# True of what decides


@pytest.mark.parametrize("kind", TYPES, ids=lambda t: t.name)
def test_a_page_tells_every_rule_and_every_example_of_its_type(kind: Mutation) -> None:
    page = find("generic", kind.name)
    assert [r.name for r in page.rules] == [r.name for r in kind.module.RULES]
    assert all(r.sentence and r.source and r.remedy for r in page.rules)
    assert [e.title for e in page.examples] == [e.title for e in kind.module.EXAMPLES]
    known = {r.name for r in page.rules}
    for shown, example in zip(page.examples, kind.module.EXAMPLES, strict=True):
        assert {g.rule for g in shown.refused} == {r.name for r in example.refused} <= known
        assert bool(shown.sentence) != bool(shown.refused)


def test_who_decides_is_who_the_case_lets_decide() -> None:
    """By the rules of the case itself: an undisputed case and a disputed one, in each state."""
    for state, kind in EVERYWHERE:
        here, page = law_of(state, TODAY), find(state, kind.name)
        case = filed(
            case_no=CaseNo("999101-C000012"),
            mutation=kind.name,
            village=VillageCode("999101"),
            office="99/901/9001",
            touches=("999101-U000045",),
            officer="COUNTER-7",
            application="x" * 43 + "=",
            applicant="y" * 43 + "=",
            law=here,
            lane="officer",
        )
        assert {p.code for p in page.decided_by} == deciders(case, here)
        assert {p.code for p in page.disputed_by} == deciders(dataclasses.replace(case, objections=1), here)


def test_days_are_those_of_the_state_and_of_the_day() -> None:
    notice = find("ka", "sale").periods[0]
    assert (notice.name.code, notice.value, notice.says["kn"]) == ("notice-days-registered", "7", "7 ದಿನಗಳು")
    assert (notice.confirmed, notice.own) == (True, True)
    assert [o.says["en"] for o in notice.other_days] == ["30 days"]
    before = book(date(2022, 6, 1), state="ka", type="sale").chapters[0].types[0]
    assert before.periods[0].value == "30"


def test_a_figure_that_was_not_read_is_printed_so() -> None:
    appeal = next(f for f in find("ka", "sale").periods if f.name.code == "appeal-days")
    assert not appeal.confirmed
    printed = "\n".join(book_lines(book(TODAY, state="ka", type="sale"), "en"))
    assert "Days to appeal: 60 days  [Not confirmed]" in printed
    assert "Notice of a registered dealing: 7 days\n" in printed


def test_what_a_state_does_not_say_is_marked_as_not_its_own() -> None:
    fee = next(f for f in find("rj", "sale").periods if f.name.code == "fee-mutation")
    assert (fee.own, fee.confirmed) == (False, False)


def test_posts_have_the_names_of_the_state() -> None:
    partition = find("mh", "partition")
    assert {p.words["en"] for p in partition.signed_by} == {"Circle Officer (Mandal Adhikari)", "Tahsildar"}
    (by_law,) = partition.signed_by_law
    assert (by_law.unopposed, by_law.confirmed) == (True, True)
    assert "s. 150(6)" in by_law.source
    assert find("up", "partition").signed_by_law == ()
    verifier = find("mh", "partition").verified_by
    assert verifier is not None
    assert verifier.words["en"] == "Talathi (Gram Mahsul Adhikari)"


def test_the_clock_signs_a_sale_in_karnataka_and_no_partition() -> None:
    assert find("ka", "sale").by_clock
    assert not find("ka", "partition").by_clock
    assert not find("up", "sale").by_clock


def test_what_bars_a_sale_is_told_with_what_lifts_it_and_with_the_tenures_that_carry_it() -> None:
    bars = {b.kind.code: b for b in find("mh", "sale").bars}
    assert set(bars) == {k.name for k in KINDS.values() if "transfer" in k.bars} | {"priority-hold"}
    class_2 = bars["class-2-occupant"]
    assert class_2.lifted_by is not None
    assert class_2.lifted_by.words["mr"] == "जिल्हाधिकाऱ्यांची परवानगी"
    assert "occupant-class-2" in [t.code for t in class_2.tenures]
    assert bars["stay"].lifted_by is None
    assert find("mh", "name-correction").bars == ()


def test_a_bar_that_spares_credit_is_told_so_where_credit_is_given() -> None:
    charge = {b.kind.code: b.credit_free for b in find("mh", "charge-created").bars}
    assert charge["class-2-occupant"]
    assert not charge["stay"]
    assert not any(b.credit_free for b in find("mh", "sale").bars)


def test_the_figures_that_a_type_s_rules_ask_for_are_found_by_asking_them() -> None:
    assert "least-area" in figures_asked(catalogue.mutation("partition"))
    assert "age-of-majority" in figures_asked(catalogue.mutation("inheritance"))
    assert figures_asked(catalogue.mutation("stay-imposed")) == ()


def test_land_of_the_state_and_acts_without_a_deed_have_two_officers() -> None:
    assert find("up", "conversion").two_officers
    assert "two different officers" in find("up", "sale").signatures["en"]
    assert find("up", "import").signatures["en"] == "One officer signs"


# Readable


def test_examples_name_people_and_hold_no_salt() -> None:
    first = find("generic", "sale").examples[0]
    assert "आशा देवी 1/3, रवीना देवी 2/3" in first.given[0]["en"]
    told = json.dumps([first.when, first.then], ensure_ascii=False)
    assert "आशा देवी" in told
    assert "salt" not in told
    assert ASHA.commitment not in told


def test_a_share_without_a_figure_is_told_without_one() -> None:
    unnamed = "Q" * 43 + "="
    assert _plain([{"party": unnamed, "num": None, "den": None}], {}) == ["QQQQQQQQ…"]
    assert _plain(write(ASHA), {}) == {"name": "आशा देवी", "relation": "रामलाल", "kind": "person"}


@pytest.mark.parametrize("width", [60, 100])
def test_text_fits_the_terminal(width: int) -> None:
    lines = list(book_lines(book(TODAY, state="hr", type="inheritance"), width=width, only_types=True))
    longest_word = 60
    assert max(map(len, lines)) <= max(width, longest_word + 20)
    assert sum(len(line) > width for line in lines) == 0


def test_one_language_speaks_alone_when_it_is_asked_for() -> None:
    printed = "\n".join(book_lines(book(TODAY, state="mh", type="sale"), "mr", only_types=True))
    assert "खरेदी-विक्री   mutation.sale/1" in printed
    assert "Who decides" not in printed
    assert "निर्णय कोण देतो: नायब तहसीलदार, तहसीलदार" in printed


def test_rules_are_told_in_the_language_that_is_asked_for_with_their_english_source() -> None:
    printed = "\n".join(book_lines(book(TODAY, state="ap", type="sale"), "te", width=200, only_types=True))
    assert "9. బదిలీ చేసేవారు హక్కుదారు, బదిలీ చేసే వాటా కనీసం వారికి ఉంది. [givers-hold-the-share]" in printed
    assert "Transfer of Property Act 1882, s. 7. ముందుగా బదిలీదారు సొంత హక్కును నమోదు చేయించండి" in printed
    assert "who conveys is a holder" not in printed


def test_english_has_the_language_of_the_state_beside_it() -> None:
    printed = "\n".join(book_lines(book(TODAY, state="ka", type="sale"), width=200, only_types=True))
    assert (
        "9. Who conveys is a holder, and holds at least the share conveyed. [givers-hold-the-share]"
        in printed
    )
    assert "ವರ್ಗಾಯಿಸುವವರು ಖಾತೆದಾರರು, ವರ್ಗಾಯಿಸುವಷ್ಟು ಪಾಲನ್ನಾದರೂ ಹೊಂದಿದ್ದಾರೆ. ಮೊದಲು ವರ್ಗಾಯಿಸುವವರ" in printed


def test_a_rule_is_data_in_english_and_in_every_language_that_has_it() -> None:
    rule = next(r for r in find("mh", "sale").rules if r.name == "takers-parts-add-up")
    assert rule.sentence == rule.sentence_words["en"] == "the parts of those who take add up to one"
    assert rule.sentence_words["mr"] == "घेणाऱ्यांच्या भागांची बेरीज एक आहे"
    assert set(rule.remedy_words) == {"en", "hi", "te", "mr", "kn"}


def test_the_book_of_all_states_tells_what_they_share_once() -> None:
    printed = list(book_lines(book(TODAY, type="sale"), only_types=True))
    assert printed.count("  1. What the application names is in the record. [all-named-exist]") == 1
    for state in STATES:
        assert any(line.endswith(f"   {state}") for line in printed)
    assert sum("mutation.sale/1" in line for line in printed) == len(STATES) + 1


def test_the_data_is_plain_json_with_a_name_and_a_day() -> None:
    told = document(book(TODAY, state="ap", type="gift"))
    assert json.loads(json.dumps(told)) == json.loads(json.dumps(told, default=str))
    assert (told["format"], told["day"]) == ("landlog/handbook@v1", "2026-11-21")


# What is not known


def test_what_is_not_known_is_told_with_what_is() -> None:
    with pytest.raises(BadInput, match="'zz' is not known") as state:
        book(TODAY, state="zz")
    assert "ap, generic" in state.value.remedy
    with pytest.raises(NotFound, match="no mutation type 'barter'"):
        book(TODAY, type="barter")
    with pytest.raises(BadInput, match="not written in the language 'te'") as tongue:
        voice_of("te", "ka")
    assert tongue.value.remedy == "Known: kn, en."


def test_a_state_without_a_figure_that_a_rule_asks_for_has_no_line_for_it() -> None:
    page = entry(catalogue.mutation("sale"), Law("generic", TODAY))
    assert {f.name.code for f in page.figures} <= {f.name for f in law_of("generic", TODAY).figures()}


def test_a_book_is_a_value() -> None:
    one, other = (book(TODAY, state="up", type="sale") for _ in range(2))
    assert isinstance(one, Book)
    assert one == other
