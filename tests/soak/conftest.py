"""What the long tests share with the short ones of the same faults."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.e2e.conftest import founded, registry
from tests.registry.log.conftest import rig
from tests.registry.log.test_kills import witnesses

__all__ = ["founded", "registry", "rig", "small_disk", "witnesses"]

Disk = Callable[[Path, str], Callable[[str], None]]
"""Puts a disk of some size (``512k``) at a directory; what it returns gives the disk another size."""


@pytest.fixture
def small_disk() -> Iterator[Disk]:
    """Disks in memory, as small as a test wants them; they take the right to mount."""
    if os.geteuid() != 0:
        pytest.skip("a small disk is mounted by root only: run this one as root")
    with ExitStack() as stack:

        def mount(place: Path, size: str) -> Callable[[str], None]:
            place.mkdir(parents=True, exist_ok=True)
            owner = place.stat()
            option = f"size={size},mode=0700,uid={owner.st_uid},gid={owner.st_gid}"
            done = subprocess.run(
                ["mount", "-t", "tmpfs", "-o", option, "tmpfs", place], capture_output=True, text=True
            )
            if done.returncode:
                pytest.skip(f"no disk can be mounted here: {done.stderr.strip()}")
            stack.callback(lambda: subprocess.run(["umount", "-l", place], check=True))

            def resize(size: str) -> None:
                subprocess.run(["mount", "-o", f"remount,size={size}", place], check=True)

            return resize

        yield mount
