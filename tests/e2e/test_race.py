"""Two officers sell the same share at the same moment: one order counts, whatever the timing."""

from __future__ import annotations

import threading

import pytest

from api import desk
from api.order_files import OrderFile
from domain.errors import RecordChanged, RegistryError
from registry.append import AlreadyAccepted
from tests.e2e.house import Registry, share_sale
from tests.e2e.test_village import khatas

ROUNDS = 6


def hand_in_together(registry: Registry, orders: list[OrderFile]) -> list[RegistryError | None]:
    """What came of each order: None where it was accepted."""
    start = threading.Barrier(len(orders))
    answers: list[RegistryError | None] = [None] * len(orders)

    def hand_in(place: int) -> None:
        start.wait()
        try:
            desk.hand_in(registry.house, orders[place])
        except RegistryError as refusal:
            answers[place] = refusal

    threads = [threading.Thread(target=hand_in, args=(n,)) for n in range(len(orders))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


@pytest.mark.parametrize("officers", [2, 6])
def test_of_officers_who_race_for_one_share_exactly_one_wins(registry: Registry, officers: int) -> None:
    joint = [k for k in khatas(registry) if len(k["holders"]) >= 2][:ROUNDS]
    for khata in joint:
        roles = ["tahsildar", "naib-tahsildar"] * (officers // 2)
        orders = [
            registry.sign("sale", share_sale(khata, buyer=f"Buyer {n}"), role=role)
            for n, role in enumerate(roles)
        ]
        answers = hand_in_together(registry, orders)
        assert answers.count(None) == 1
        assert all(isinstance(a, RecordChanged) for a in answers if a is not None)
        registry.house.settle()
        winner = f"Buyer {answers.index(None)}"
        after = registry.unit(khata["unit_id"])
        assert [h["name"] for h in after["holders"] if h["name"].startswith("Buyer")] == [winner]
        assert after["version"] == khata["version"] + 1


def test_one_order_that_is_handed_in_many_times_at_once_counts_once(registry: Registry) -> None:
    khata = next(k for k in khatas(registry) if len(k["holders"]) >= 2)
    order = registry.sign("sale", share_sale(khata, buyer="Sita"))
    answers = hand_in_together(registry, [order] * 5)
    assert answers.count(None) == 1
    assert all(isinstance(a, AlreadyAccepted | RecordChanged) for a in answers if a is not None)
    registry.house.settle()
    assert registry.unit(khata["unit_id"])["version"] == khata["version"] + 1
