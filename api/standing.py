"""The registry's own officers: the counter that files for whoever comes, and the clock that does what is due.

Both are officers like others: their keys are enrolled, their postings stand in the log, and what they may sign is
what their roles allow.  Their keys lie in the registry's home without a passphrase, for they sign with nobody at
hand; whoever holds the machine holds them, which is why neither role decides anything that somebody opposes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from api.settings import Settings
from registry import keys
from registry.acts import Enrol, Post
from registry.keys import Key

if TYPE_CHECKING:
    from api.wiring import House

COUNTER = "LANDLOG-COUNTER"
CLOCK = "LANDLOG-CLOCK"
ROLES = {COUNTER: "counter", CLOCK: "system"}


def key_file(settings: Settings, officer: str) -> Path:
    """The counter's key lies with the counter; the clock's with those that `landlog work` signs with."""
    place = settings.signing_keys if officer == CLOCK else settings.keys
    return place / f"{officer.lower()}.key"


def load(settings: Settings, officer: str) -> Key | None:
    """The key of the counter or the clock; None where the registry has not been given one."""
    path = key_file(settings, officer)
    return keys.load(path) if path.exists() else None


def appoint(house: House, offices: Iterable[str], *, by: Sequence[Key]) -> None:
    """Gives the counter and the clock their keys and posts them at these offices, as far as that is not done yet.

    ``by`` are root keys or those of an appointing authority above the offices.
    """
    from api import desk

    for officer, role in ROLES.items():
        key = load(house.settings, officer)
        if key is None:
            key = Key.generate()
            keys.save(key, key_file(house.settings, officer), plain=True)
        if key.keyid not in house.officers.keyids_of(officer):
            pop = key.prove_possession(origin=house.origin, officer=officer)
            desk.perform(house, Enrol(public=key.public, officer=officer, pop=pop), by=by)
        for office in offices:
            posted = house.officers.keys([key.keyid])[key.keyid].postings
            if not any(p.is_of(office, [role]) for p in posted):
                desk.perform(house, Post(officer=officer, office=office, roles=(role,)), by=by)
