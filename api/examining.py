"""The local audit of one registry, with its own projections as the measure of what is read."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from api.wiring import House
from projections.runner import Runner
from registry import local_audit, local_views
from registry.datastore import Datastore
from registry.local_audit import Finding
from registry.log.note import NoteVerifier, VerifierKey


def examine(house: House, progress: Callable[[int, int], None] = lambda done, total: None) -> list[Finding]:
    """What the database, and the files that are served, do not have from the log."""

    def views() -> list[Finding]:
        def rebuild(scratch: local_views.Scratch) -> None:
            # The runner asks of a datastore no more than the scratch one has: transactions.
            Runner(cast("Datastore", scratch), house.openings).rebuild()

        return local_views.compare(house.datastore, house.runner.tables, rebuild)

    registry = local_audit.Registry(
        datastore=house.datastore,
        directory=house.settings.log,
        origin=house.origin,
        logs=[NoteVerifier(VerifierKey.parse(vkey)) for vkey in house.root_ceremony.roots.log_keys],
        box=house.box,
    )
    return local_audit.audit(registry, views=views, progress=progress)
