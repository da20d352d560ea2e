"""The pure function from the log to the map."""

from __future__ import annotations

from typing import Any

import pytest

from domain.canon import canonical
from domain.projection import EVENT, KEY_EVENT, NO_HISTORY, DoesNotFollow, advance, fold_history, touched

pytestmark = pytest.mark.quick

KHATA = "999101-U000045"
LEAF = bytes(range(32))


def _event(version: int, history: str, /, **members: Any) -> dict[str, Any]:
    touch = {"id": KHATA, "prev_version": version, "prev_history": history}
    return {"touches": [touch], "set": {KHATA: members}}


def test_a_first_event_makes_a_state_at_version_one() -> None:
    after = advance({}, EVENT, _event(0, NO_HISTORY, label="45"), 7, LEAF)
    assert after[KHATA] == {
        "kind": "unit",
        "id": KHATA,
        "label": "45",
        "version": 1,
        "last_index": 7,
        "history": fold_history(NO_HISTORY, 7, LEAF),
    }


def test_what_an_event_does_not_set_stays_as_it_was() -> None:
    before = advance({}, EVENT, _event(0, NO_HISTORY, label="45", tenure="free"), 7, LEAF)
    after = advance(before, EVENT, _event(1, str(before[KHATA]["history"]), label="46"), 9, LEAF)
    assert (after[KHATA]["label"], after[KHATA]["tenure"], after[KHATA]["version"]) == ("46", "free", 2)


def test_a_new_item_of_a_list_gets_the_index_it_enters_at_and_an_old_one_keeps_its_own() -> None:
    restrictions = [{"kind": "stay", "since": 3}, {"kind": "key-review", "since": None}]
    after = advance({}, EVENT, _event(0, NO_HISTORY, restrictions=restrictions), 8, LEAF)
    assert [r["since"] for r in after[KHATA]["restrictions"]] == [3, 8]  # type: ignore[index, union-attr, call-overload]


@pytest.mark.parametrize(
    ("fault", "event"),
    [
        ("an older version", _event(0, NO_HISTORY, label="46")),
        ("a version to come", _event(2, NO_HISTORY, label="46")),
        ("another history", _event(1, NO_HISTORY, label="46")),
    ],
)
def test_an_event_that_does_not_follow_is_refused(fault: str, event: dict[str, Any]) -> None:
    before = advance({}, EVENT, _event(0, NO_HISTORY, label="45"), 7, LEAF)
    with pytest.raises(DoesNotFollow):
        advance(before, EVENT, event, 9, LEAF)


@pytest.mark.parametrize("name", ["version", "last_index", "history", "kind", "id"])
def test_no_event_sets_what_only_the_log_may_set(name: str) -> None:
    with pytest.raises(DoesNotFollow, match=name):
        advance({}, EVENT, _event(0, NO_HISTORY, **{name: 5}), 1, LEAF)


def test_an_event_cannot_change_what_it_does_not_name() -> None:
    event = _event(0, NO_HISTORY, label="45")
    event["set"]["999101-U000046"] = {"label": "46"}
    with pytest.raises(DoesNotFollow, match="without naming it"):
        advance({}, EVENT, event, 1, LEAF)


def test_an_officers_key_is_enrolled_posted_and_revoked() -> None:
    keyid = "ab" * 32
    states: dict[str, Any] = {}
    posting = {"office": "28/511", "roles": ["tahsildar"]}
    steps: list[dict[str, Any]] = [
        {"type": "key.enrolled/1", "pub": "A", "officer": "AP-1"},
        {"type": "posting.started/1", **posting},
        {"type": "posting.ended/1", **posting},
        {"type": "key.revoked/1", "reason": "lost"},
    ]
    for index, step in enumerate(steps, start=1):
        before = states.get(keyid) or {"version": 0, "history": NO_HISTORY}
        touch = {"id": keyid, "prev_version": before["version"], "prev_history": before["history"]}
        states = {**states, **advance(states, KEY_EVENT, {"touches": [touch], **step}, index, LEAF)}
    assert states[keyid]["postings"] == [{**posting, "from": 2, "to": 3}]
    assert (states[keyid]["enrolled"], states[keyid]["revoked"], states[keyid]["kind"]) == (1, 4, "officer")
    assert canonical(states[keyid])


def test_touched_names_kinds() -> None:
    assert touched(EVENT, _event(0, NO_HISTORY)) == [("unit", KHATA)]
