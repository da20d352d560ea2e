"""Every order on a parcel or unit, who signed it, and the sentence in the record."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

from domain.languages import LANGUAGES
from projections.history import words
from registry import flags
from registry.dsse import keyid
from tests.projections.support import (
    DAY,
    FIELD,
    GARDEN,
    KEY,
    MEENAS_KHATA,
    SISTERS_KHATA,
    VILLAGE,
    WEST,
    days_of_work,
    first_registration,
)

OF = (
    "select e.idx, e.type, o.version from records.event_of o join records.event e using (idx)"
    " where o.id = %s order by idx desc"
)


def test_the_history_of_a_parcel_names_every_order_with_its_version(log, runner, ask):
    days_of_work(log)
    runner.run_once()
    assert ask(OF, FIELD) == [(4, "mutation.partition/1", 2), (0, "mutation.import/1", 1)]
    assert ask(OF, GARDEN) == [(2, "mutation.sale/1", 2), (0, "mutation.import/1", 1)]
    assert ask(OF, WEST) == [(4, "mutation.partition/1", 1)]
    assert [version for _, _, version in ask(OF, SISTERS_KHATA)] == [3, 2, 1]


def test_an_order_is_shown_with_its_officer_signer_and_day(log, runner, ask):
    first_registration(log)
    log.publish()
    runner.run_once()
    shown = ask(
        "select officer, keyids, decided, office, order_no, village, event_id::text from records.event"
    )
    assert shown == [
        (
            "UP-REV-1",
            [keyid(bytes(KEY.verify_key))],
            DAY,
            "99/901/9001",
            "MR/2026/1",
            VILLAGE,
            "00000000-0000-0000-0000-000000000001",
        )
    ]


def test_the_record_speaks_the_state_s_languages(log, runner, ask):
    days_of_work(log)
    runner.run_once()
    words = [w for (w,) in ask("select words from records.event order by idx")]
    assert words[0]["en"] == "First registration from: Khatauni of 1433 fasli."
    assert words[1]["hi"].startswith("विक्रय: खाता 45 का 102")
    assert words[2]["en"] == "Partition of holding 45 into 2 portions (101 → 101/1, 101/2)."


def test_an_order_whose_words_fail_is_shown_by_its_title_and_one_of_an_unknown_type_by_its_name(
    log, runner, ask, caplog
):
    first_registration(log)
    log.lay("mutation.sale/1", set_={SISTERS_KHATA: {"tenure": "leasehold"}}, facts={"nonsense": True})
    log.lay("mutation.unheard-of/7", set_={SISTERS_KHATA: {"tenure": "transferable"}})
    log.publish()
    assert runner.run_once() == log.size
    words = [w["en"] for (w,) in ask("select words from records.event order by idx")]
    assert words[1:] == ["Sale", "mutation.unheard-of/7"]
    assert "no words for the mutation.sale/1 at index 1" in caplog.text


def test_the_register_of_a_village_is_read_newest_first(log, runner, ask):
    days_of_work(log)
    runner.run_once()
    register = ask(
        "select idx from records.event where village = %s and idx < %s order by idx desc", VILLAGE, 9
    )
    assert [idx for (idx,) in register] == [4, 2, 0]


def test_an_event_of_a_key_is_no_part_of_the_record_of_rights(log, runner, ask):
    log.enrol("UP-REV-1")
    log.publish()
    runner.run_once()
    assert ask("select count(*) from records.event") == [(0,)]
    assert ask("select kind from records.state") == [("officer",)]


def test_a_khata_is_found_by_its_number(log, runner, ask):
    days_of_work(log)
    runner.run_once()
    assert ask("select unit_id from records.unit where label_key = '46'") == [(MEENAS_KHATA,)]


def test_land_that_comes_under_review_says_so_in_each_language_of_its_record() -> None:
    payload = {"type": flags.TYPE, "office": "29/583/5551", "facts": {"keyid": "0" * 64}}
    event = cast("Any", SimpleNamespace(payload=payload, index=7))
    assert words(event) == {language: flags.WORDING[language] for language in ("kn", "en")}
    assert set(flags.WORDING) == set(LANGUAGES)
    assert all(word.isascii() == (language == "en") for language, word in flags.WORDING.items())
