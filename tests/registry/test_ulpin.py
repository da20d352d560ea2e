"""ULPINs: one number is of one parcel, in all India, however many offices give them out at the same time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest

from api import clock
from domain.canon import Json
from domain.errors import Refused
from registry.append import LabelTaken
from registry.office import Receipt, Request
from tests.api.world import OFFICE, OFFICER, parcel
from tests.registry.court import Court

NUMBER, ANOTHER = "3P7R9T1V5X7Z2B", "8K2M4N6P8Q2R4T"


def state(court: Court, serial: int) -> Any:
    return court.world.house.recorder.load([parcel(serial)])[parcel(serial)].state()


def assignment(court: Court, serial: int, ulpin: str, instead_of: str | None = None) -> Json:
    shape = state(court, serial)["geometry"]
    return {"parcel": parcel(serial), "ulpin": ulpin, "geometry": shape, "instead_of": instead_of}


def prepared(court: Court, *assignments: Json) -> Callable[[], Receipt]:
    """An order that is decided and signed; to call it is to hand it in."""
    application: Json = {
        "assignments": list(assignments),
        "source": "bhunaksha",
        "assigned": court.day.isoformat(),
        "report": {"number": "BN/2026/7", "made": "2026-11-02", "by": "National Informatics Centre"},
    }
    request = Request(
        type="ulpin-assigned",
        application=application,
        office=OFFICE,
        officer=OFFICER,
        order_no="MR/1",
    )
    office = court.world.house.office
    order = office.prepare(request, day=court.day, event_id=clock.new_event_id(), salt=clock.new_salt)
    signed = court.sign(OFFICER)(order.payload)
    return lambda: office.submit(signed, application=order.application, today=court.day)


def recorded(court: Court, *assignments: Json) -> None:
    prepared(court, *assignments)()
    court.world.settle()


def test_a_number_that_another_parcel_bears_is_refused_and_its_bearer_named(court: Court) -> None:
    recorded(court, assignment(court, 1, NUMBER))
    assert state(court, 1)["ulpin"] == NUMBER
    with pytest.raises(Refused, match=f"{NUMBER} is borne by {parcel(1)}") as refusal:
        prepared(court, assignment(court, 2, NUMBER))
    assert [f.rule for f in refusal.value.findings] == ["ulpins-are-free"]


def test_of_two_offices_that_give_out_one_number_at_once_the_record_takes_one(
    court: Court, monkeypatch: pytest.MonkeyPatch
) -> None:
    orders = [prepared(court, assignment(court, serial, NUMBER)) for serial in (1, 2)]
    both_have_looked, look = Barrier(2, timeout=30), type(court.world.house.recorder).bearers_of

    def looked(self: Any, village: str, labels: Sequence[tuple[str, str]]) -> dict[tuple[str, str], str]:
        found = look(self, village, labels)
        both_have_looked.wait()
        return found

    monkeypatch.setattr(type(court.world.house.recorder), "bearers_of", looked)
    with ThreadPoolExecutor(2) as offices:
        outcomes = [future.exception() for future in [offices.submit(order) for order in orders]]
    (refused,) = [outcome for outcome in outcomes if outcome is not None]
    assert isinstance(refused, LabelTaken)
    assert str(refused).startswith(f"the ULPIN {NUMBER} is borne by")
    court.world.settle()
    assert sorted(state(court, serial)["ulpin"] or "" for serial in (1, 2)) == ["", NUMBER]


def test_a_wrong_number_is_free_once_it_is_put_right(court: Court) -> None:
    recorded(court, assignment(court, 1, NUMBER))
    recorded(court, assignment(court, 1, ANOTHER, NUMBER))
    recorded(court, assignment(court, 2, NUMBER))
    assert [state(court, serial)["ulpin"] for serial in (1, 2)] == [ANOTHER, NUMBER]


def test_two_numbers_that_were_exchanged_are_put_right_in_one_order(court: Court) -> None:
    recorded(court, assignment(court, 1, NUMBER), assignment(court, 2, ANOTHER))
    recorded(court, assignment(court, 1, ANOTHER, NUMBER), assignment(court, 2, NUMBER, ANOTHER))
    assert [state(court, serial)["ulpin"] for serial in (1, 2)] == [ANOTHER, NUMBER]
