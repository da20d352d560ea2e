"""The whole of Parla measured anew: 2,096 sub-divisions become land parcels, by the office's own law."""

from __future__ import annotations

from pathlib import Path

import pytest

from api import comparing
from tests.api import parla
from tests.api.world import World
from tests.conftest import Database

pytestmark = [pytest.mark.soak, pytest.mark.timeout(900)]


def test_the_whole_of_parla_is_measured_anew(database: Database, shared_data: Path, tmp_path: Path) -> None:
    world = World.found(tmp_path / "home", url=database.url, reader_url=database.reader_url)
    before = parla.registered(world, shared_data, tmp_path)
    found = parla.planned(before, parla.land_parcels(shared_data, before))
    outcome = parla.measured_anew(world, found)
    new = sum(len(group.parcels) for order in found.orders for group in order)
    refused = sum(len(r.labels) for r in outcome.refused)
    print(f"{outcome.registered} of {new} registered by {len(outcome.orders)} orders, {refused} refused")
    assert outcome.registered + refused == new
    assert outcome.registered >= 4_600
    assert all(r.reasons for r in outcome.refused)
    now = comparing.registered(world.house, parla.LGD).plots
    assert len(now) == len(before) - outcome.retired + outcome.registered
