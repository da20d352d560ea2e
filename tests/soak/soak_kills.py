"""A hundred deaths at random moments, under load, with two witnesses: of the sequencer, and of all of the work."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.house import Registry
from tests.e2e.test_kill import killed, two_witnesses
from tests.registry.log.killing import Witnesses
from tests.registry.log.rig import Rig
from tests.registry.log.test_kills import finished, killed_at_random

pytestmark = [pytest.mark.soak, pytest.mark.timeout(3600)]
KILLS = 100


def test_a_sequencer_that_is_killed_a_hundred_times_loses_nothing(rig: Rig, witnesses: Witnesses) -> None:
    accepted = killed_at_random(rig, witnesses, KILLS)
    finished(rig, witnesses, accepted)
    assert len(witnesses.shown) > KILLS // 4, "the kills fell on sequencers that were at work"
    print(
        f"\n{KILLS} kills: {accepted:,} orders in the log once each, {len(witnesses.shown)} trees witnessed"
    )


def test_work_that_is_killed_a_hundred_times_loses_nothing(registry: Registry, tmp_path: Path) -> None:
    with two_witnesses(registry, tmp_path) as witnesses:
        trees = killed(registry, KILLS)
        assert [witness.store.conflicts() for witness in witnesses] == [[], []]
    print(
        f"\n{KILLS} kills of `landlog work`: {KILLS} orders shown once each, {trees} trees published meanwhile"
    )
