"""A log of its own for every test that asks for one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Database
from tests.registry.log.rig import Rig


@pytest.fixture
def rig(database: Database, tmp_path: Path) -> Iterator[Rig]:
    rig = Rig(database, tmp_path / "log")
    yield rig
    rig.close()
