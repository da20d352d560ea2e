"""Numbers and names are found as people write them, and parcels graded by facts alone."""

from __future__ import annotations

from decimal import Decimal

import pytest

from projections.copying import text_of
from projections.grade import grade
from projections.labels import label_key, search_key

pytestmark = pytest.mark.quick


@pytest.mark.parametrize(
    ("written", "key"),
    [
        ("101/2", "101/2"),
        ("१०१/२", "101/2"),
        ("౧౦౧/౨", "101/2"),
        ("１０１／２", "101/2"),
        (" 101 / 2 ", "101/2"),
        ("101\u20442", "101/2"),
        ("12–a", "12-a"),
        ("12-Ａ", "12-a"),
        ("४५/क", "45/क"),
        ("1\u200b01", "101"),
    ],
)
def test_a_number_is_found_however_it_is_written(written, key):
    assert label_key(written) == key


def test_different_numbers_stay_different():
    assert len({label_key(label) for label in ("101/2", "1012", "101-2", "101/2/1", "101/क", "101/ख")}) == 6


@pytest.mark.parametrize(
    ("written", "recorded"),
    [("devgarh", "Dévgarh"), ("DEVGARH  khurd", "Devgarh Khurd"), ("देवगढ", "देवगढ़"), ("గూడూరు", "గూడూరు")],
)
def test_a_name_is_found_without_accents_nuktas_or_capitals(written, recorded):
    assert search_key(written) == search_key(recorded)


def test_vowel_signs_of_indian_scripts_are_no_accents():
    assert search_key("रामपुर") != search_key("रमपर")
    assert search_key("గూడూరు") != search_key("గడర")


@pytest.mark.parametrize(
    ("drawn", "complete", "determined", "expected"),
    [
        ("1000.00", True, True, "A"),
        ("1010.00", True, True, "A"),
        ("1010.01", True, True, "B"),
        ("1000.00", True, False, "B"),
        ("950.00", True, False, "B"),
        ("949.99", True, True, "C"),
        (None, True, True, "D"),
        ("1000.00", False, True, "D"),
    ],
)
def test_the_grade_follows_from_the_map_and_the_holders(drawn, complete, determined, expected):
    found = grade(
        recorded_m2=Decimal("1000.0000"),
        drawn_m2=None if drawn is None else Decimal(drawn),
        holders_complete=complete,
        shares_determined=determined,
    )
    assert found == expected


@pytest.mark.parametrize("text", ["tab\there", "line\nbreak", "back\\slash", "\\N", "\r", 'a "quoted" name'])
def test_text_survives_copy(text, datastore_free_copy):
    assert datastore_free_copy(text) == text


@pytest.fixture
def datastore_free_copy():
    """Reads one field of COPY's text format as PostgreSQL does."""
    escapes = {"t": "\t", "n": "\n", "r": "\r", "\\": "\\"}

    def read(text: str) -> str:
        field, out = iter(text_of(text)), []
        for character in field:
            assert character not in "\t\n\r"
            out.append(escapes[next(field)] if character == "\\" else character)
        return "".join(out)

    return read
