"""The demonstration's registry: founded, with officers at their posts and the tehsil in its record.

Every step looks whether it has been done, so a second start takes up what the first one left.  The keys lie in the
demonstration's own directory without a passphrase: nobody should ever do so with real ones.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from api import desk, establishing, founding, intake, standing, wiring
from api.cli.console import Report
from api.demo import tehsil
from api.desk import Officer
from api.settings import Settings
from api.wiring import House
from registry import keys
from registry.acts import Enrol, Post
from registry.keys import Key
from registry.roles import APPOINTING_AUTHORITY

ORIGIN = "landlog.example/demo/phoolsar"
PLAN = founding.Plan(origin=ORIGIN, roots=1, threshold=1)

COLLECTOR = "DEMO-COLLECTOR"
TAHSILDAR = "DEMO-TAHSILDAR"
NAIB = "DEMO-NAIB-TAHSILDAR"
SURVEYOR = "DEMO-SURVEYOR"
LEKHPAL = "DEMO-LEKHPAL"
SDO = "DEMO-SDO"
POSTS: Mapping[str, str] = {
    TAHSILDAR: "tahsildar",
    NAIB: "naib-tahsildar",
    SURVEYOR: "survey-officer",
    LEKHPAL: "lekhpal",
    SDO: "sub-divisional-officer",
}
_DISTRICT = tehsil.OFFICE.rpartition("/")[0]

Tell = Callable[[str], None]
Bar = Callable[[str], Report]


@dataclass(frozen=True, kw_only=True)
class Stage:
    """A registry in which the day can be played."""

    house: House
    tell: Tell

    def officer(self, number: str) -> Officer:
        return Officer(
            number=number, key=keys.load(key_file(self.house.settings, number)), office=tehsil.OFFICE
        )


def key_file(settings: Settings, officer: str) -> Path:
    return settings.keys / f"{officer.lower()}.key"


def set_up(house: House, tell: Tell, *, watch: Callable[[House], None] = lambda house: None) -> Stage:
    """Found the registry, post the officers and register the tehsil, as far as that is not done yet.

    ``watch`` brings in those who vouch for its log, before anything but its first entry is in it.
    """
    if not house.settings.founded.exists():
        tell(f"Founding the registry {ORIGIN} ...")
        establishing.establish(house, PLAN)
    else:
        wiring.migrate(house.url)
    watch(house)
    house.settle()
    _post_officers(house, tell)
    _register_tehsil(house, tell)
    return Stage(house=house, tell=tell)


def _post_officers(house: House, tell: Tell) -> None:
    """The collector is posted by the root key, everybody else by the collector, also the counter and the clock."""
    root = keys.load(founding.root_key_files(house.settings, 1)[0])
    collector = _enrolled(house, COLLECTOR, by=root)
    _posted(house, COLLECTOR, _DISTRICT, APPOINTING_AUTHORITY, by=root, tell=tell)
    for officer, role in POSTS.items():
        _enrolled(house, officer, by=collector)
        _posted(house, officer, tehsil.OFFICE, role, by=collector, tell=tell)
    standing.appoint(house, [tehsil.OFFICE], by=[collector])


def _enrolled(house: House, officer: str, *, by: Key) -> Key:
    path = key_file(house.settings, officer)
    if not path.exists():
        keys.save(Key.generate(), path, plain=True)
    key = keys.load(path)
    if key.keyid not in house.officers.keyids_of(officer):
        pop = key.prove_possession(origin=house.origin, officer=officer)
        desk.perform(house, Enrol(public=key.public, officer=officer, pop=pop), by=[by])
    return key


def _posted(house: House, officer: str, office: str, role: str, *, by: Key, tell: Tell) -> None:
    known = house.officers.keys(house.officers.keyids_of(officer)).values()
    if not any(p.is_of(office, [role]) for key in known for p in key.postings):
        desk.perform(house, Post(officer=officer, office=office, roles=(role,)), by=[by])
        tell(f"  {officer} is posted at {office} as {role}")


def _register_tehsil(house: House, tell: Tell) -> None:
    """The three villages, through the import path that real ones take."""
    with house.datastore.cursor() as cursor:
        cursor.execute("select village, count(*) from records.parcel group by village")  # retired ones too
        registered = dict(cursor.fetchall())
    for village in tehsil.generate():
        if registered.get(village.lgd, 0) >= len(village.parcels):
            continue
        file = village.write(house.settings.home / "villages")
        proposed = intake.read(
            file,
            tehsil.MAPPING,
            {
                "lgd": village.lgd,
                "name": village.name,
                "name_local": village.name_local,
                "office": village.office,
            },
        )
        outcome = intake.register(
            house,
            proposed,
            key=keys.load(key_file(house.settings, SURVEYOR)),
            source="Khatauni and khasra map of Phoolsar tehsil, made for demonstration",
            order_no=f"SURVEY/{village.lgd}",
        )
        tell(
            f"  {village.name} ({village.name_local}): {len(proposed.parcels)} parcels in {len(proposed.units)} "
            f"khatas, registered by {len(outcome.orders)} orders"
        )
