"""What the law says is said in every language of the states: whole, with its figures, in that language's letters."""

from __future__ import annotations

import copy
import json
import pickle
import re
import tomllib
from functools import cache
from pathlib import Path

import pytest

from domain import catalogue, form, languages
from domain.errors import Finding, Refused
from domain.kit import Broken
from domain.languages import LANGUAGES, Named, Phrase, say, told
from domain.law import Law, law_of
from domain.record import Record
from tests.conftest import ROOT
from tests.domain import sentences

SPOKEN = [language for language in LANGUAGES if language != "en"]
LETTERS = {"hi": "\u0900-\u097f", "mr": "\u0900-\u097f", "te": "\u0c00-\u0c7f", "kn": "\u0c80-\u0cff"}


@cache
def said() -> dict[str, str]:
    return sentences.sentences()


@pytest.mark.parametrize("language", SPOKEN)
def test_every_sentence_is_said_in_the_language(language: str) -> None:
    missing = {s: where for s, where in said().items() if s not in languages.catalogue(language)}
    lines = [f'{json.dumps(s)} = "..."    # {where}' for s, where in missing.items()]
    assert not lines, f"\nadd to domain/languages/{language}.toml:\n" + "\n".join(lines)


@pytest.mark.parametrize("language", SPOKEN)
def test_nothing_is_translated_that_nobody_says(language: str) -> None:
    stale = sorted(set(languages.catalogue(language)) - set(said()))
    assert not stale, f"\ntake out of domain/languages/{language}.toml:\n" + "\n".join(stale)


@pytest.mark.parametrize("language", SPOKEN)
def test_each_language_has_the_same_parts_in_a_sentence(language: str) -> None:
    for english, theirs in languages.catalogue(language).items():
        assert parts(theirs) == parts(english), f"{language}.toml: {english!r}"


@pytest.mark.parametrize("language", SPOKEN)
def test_a_translation_is_written_in_the_letters_of_its_language(language: str) -> None:
    own = re.compile(f"[{LETTERS[language]}]")
    others = {other for other in LETTERS.values() if other != LETTERS[language]}
    foreign = re.compile("[" + "".join(others) + "]")
    for english, theirs in languages.catalogue(language).items():
        assert own.search(theirs) or not re.search("[A-Za-z]{3}", re.sub(r"\{\w+\}", "", theirs)), english
        assert not foreign.search(theirs.replace("मि.", "").replace("।", "")), f"{english!r}: {theirs!r}"
        assert theirs == theirs.strip(), english
        assert theirs.endswith((".", "।")) or not english.endswith(".") or english.endswith("मि."), english


@pytest.mark.parametrize("language", SPOKEN)
def test_a_catalogue_says_each_sentence_once(language: str) -> None:
    text = (ROOT / "domain" / "languages" / f"{language}.toml").read_text(encoding="utf-8")
    keys = re.findall(r'^"((?:[^"\\]|\\.)*)" = ', text, re.M)
    assert len(keys) == len(set(keys)) == len(tomllib.loads(text))


@pytest.mark.parametrize("path", sentences.sources(), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_sentence_is_put_together_before_it_can_be_said_in_a_language(path: Path) -> None:
    assert list(sentences.put_together(path)) == []


def parts(sentence: str) -> list[str]:
    return sorted(set(re.findall(r"\{(\w+)\}", sentence)))


# What a phrase is.


def test_a_phrase_is_its_english_and_can_be_said_in_a_language() -> None:
    phrase = Phrase("they add up to {sum}", sum="5/6")
    assert (phrase, str(phrase), json.dumps(phrase)) == ("they add up to 5/6",) * 2 + (
        '"they add up to 5/6"',
    )
    assert phrase.said("te") == "వాటి మొత్తం 5/6"
    assert phrase.said("xx") == phrase.said("en") == phrase


def test_a_phrase_stands_in_another_and_a_label_stays_as_it_is() -> None:
    found = Phrase("{kind} {label} is given twice", kind=Phrase("parcel"), label="parcel")
    assert found == "parcel parcel is given twice"
    assert found.said("kn") == "ಜಮೀನು parcel ಎರಡು ಬಾರಿ ನೀಡಲಾಗಿದೆ"


def test_what_a_table_names_is_said_by_the_table() -> None:
    phrase = Phrase(
        "{thing}: {restriction}", thing="999101-U000045", restriction=Named({"en": "attached", "mr": "जप्त"})
    )
    assert (phrase, phrase.said("mr"), phrase.said("te")) == (
        "999101-U000045: attached",
        "999101-U000045: जप्त",
        "999101-U000045: attached",
    )


def test_several_phrases_are_said_one_after_the_other() -> None:
    both = Phrase.joined([Phrase("{m2} m2", m2=4), "none is named", "101/2"])
    assert both == "4 m2; none is named; 101/2"
    assert both.said("hi") == "4 वर्ग मी.; कोई नहीं बताया गया; 101/2"


def test_braces_that_people_wrote_are_no_parts() -> None:
    given = Phrase("{given} is not a share", given="{sum} {0}")
    assert given.said("hi") == "{sum} {0} अंश नहीं है"
    assert told("{sum}", "hi") == say("{sum}", "hi") == "{sum}"


def test_a_phrase_survives_copying() -> None:
    phrase = Phrase("{given} of {needed}", given=1, needed=2)
    for other in (copy.deepcopy(phrase), pickle.loads(pickle.dumps(phrase))):  # our own bytes
        assert (other, other.said("mr")) == ("1 of 2", "1, हवे 2")


def test_a_rule_s_no_is_false_and_its_detail_is_text() -> None:
    no = Broken("{given} of {needed}", given=1, needed=2)
    assert not no
    assert (str(no), no.detail, bool(no.detail)) == ("1 of 2", "1 of 2", True)
    assert no.detail.said("te") == "1, కావాల్సినవి 2"


# What people are told.


def refusal(name: str, title: str) -> tuple[Finding, ...]:
    """The findings of a worked example."""
    kind = catalogue.mutation(name)
    example = next(e for e in kind.module.EXAMPLES if e.title == title)
    with pytest.raises(Refused) as refused:
        kind.decide(example.when, example.given, law_of(example.state, example.day))
    return refused.value.findings


def test_a_finding_is_told_in_telugu_with_its_figures_and_its_english_source() -> None:
    (finding,) = (
        f
        for f in refusal("sale", "a co-owner cannot sell more than the record shows as hers")
        if f.rule == "givers-hold-the-share"
    )
    theirs = finding.said("te")
    assert theirs.sentence == "బదిలీ చేసేవారు హక్కుదారు, బదిలీ చేసే వాటా కనీసం వారికి ఉంది"
    assert theirs.detail == "1/2 బదిలీ చేస్తారు, వారికి 1/3 ఉంది"
    assert theirs.source == finding.source == "Transfer of Property Act 1882, s. 7"
    assert finding.detail == "conveys 1/2 and holds 1/3"
    assert theirs.source in finding.words("te")
    assert theirs.remedy in finding.words("te")


@pytest.mark.parametrize("language", SPOKEN)
@pytest.mark.parametrize("name", [kind.name for kind in catalogue.all_types().values()])
def test_every_refusal_of_the_worked_examples_is_told_without_english(name: str, language: str) -> None:
    kind = catalogue.mutation(name)
    for example in (e for e in kind.module.EXAMPLES if e.refused):
        with pytest.raises(Refused) as refused:
            kind.decide(example.when, example.given, law_of(example.state, example.day))
        for finding in refused.value.findings:
            theirs = finding.said(language)
            assert theirs.sentence != finding.sentence
            assert theirs.remedy != finding.remedy
            assert not re.search(r"\b(is|are|not|of|they|and)\b", theirs.detail), theirs.detail


def test_a_rule_that_no_catalogue_knows_is_told_in_english() -> None:
    finding = Finding(rule="new", sentence="the crop is another", source="Toy", remedy="Leave it out.")
    assert finding.said("mr") == finding


@pytest.mark.parametrize("language", SPOKEN)
def test_a_form_with_many_faults_tells_each_in_the_language(language: str) -> None:
    kind = catalogue.mutation("partition")
    with pytest.raises(form.BadForm) as bad:
        kind.read({"unit": "45", "portions": "none", "deed": {"made": "31-12-2026"}, "colour": "blue"})
    faults = bad.value.faults
    assert {f.field for f in faults} >= {"unit", "portions", "deed.made", "deed.by", "colour"}
    for fault in faults:
        assert fault.said(language) != fault.message
        assert not fault.remedy or told(fault.remedy, language) != fault.remedy


def test_a_refusal_as_one_text_holds_all_its_findings() -> None:
    findings = (
        Finding(
            rule="a", sentence="the shares add up to one", source="Act, s. 1", remedy="Name a later day."
        ),
        Finding(rule="b", sentence="the reason is given", source="Act, s. 2", remedy="Name one of them."),
    )
    lines = Refused(findings).said("hi").splitlines()
    assert lines == [f.words("hi") for f in findings]
    assert lines[0] == "यह सत्य नहीं कि अंशों का योग एक है। स्रोत: Act, s. 1। उपाय: और आगे का दिन बताएँ।"


def test_law_and_record_are_what_a_rule_s_detail_is_made_of() -> None:
    """Nothing of a language reaches what decides: the same application, the same answer in any."""
    kind = catalogue.mutation("gift")
    example = next(e for e in kind.module.EXAMPLES if e.refused)
    with pytest.raises(Refused) as refused:
        kind.decide(example.when, example.given, Law(example.state, example.day))
    assert isinstance(example.given, Record)
    assert all(f.said("en") == f for f in refused.value.findings)
