"""A small registry at work, made with the house's own parts: founded, with officers, a village and its log.

Devgarh, on a grid of fields of about 64 by 66 metres:

    7   8   9        khata 1: Asha and Ravina hold 1, 2 and 3     khata 3: Meena holds 5 and 6
    4   5   6        khata 2: a mandir holds 4                    khata 4: shares not determined: 7, 8 and 9
    1   2   3
"""

from __future__ import annotations

import base64
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import shapely

from api import clock, founding
from api.founding import Plan
from api.settings import Settings
from api.wiring import House
from domain.canon import Json
from gis.shapes import canonical_bytes, geometry_hash
from projections.runner import Runner
from registry import dsse
from registry.acts import Act, Enrol, Post
from registry.ceremony import Ceremony
from registry.keys import Key, load
from registry.land_map import LandProjection
from registry.log.sequencer import Sequencer
from registry.office import Receipt, Request

ORIGIN = "registry.example/land/test"
LGD = "999101"
OFFICE = "99/901/9001"
OFFICER = "UP-REV-000101"
BANK_CLERK = "BANK-7"
NOW = datetime(2026, 11, 21, 6, 30, tzinfo=UTC)
TODAY = date(2026, 11, 21)
SIDE = 0.0006  # degrees
HOLDERS = {
    "1": (("आशा देवी", "रामलाल", "1/3"), ("रवीना देवी", "रामलाल", "2/3")),
    "2": (("ठाकुर जी मन्दिर", None, "1"),),
    "3": (("मीना कुमारी", "सोहन सिंह", "1"),),
    "4": (("गोपाल", "हरि", None), ("मोहन", "हरि", None)),
}
KHATA_OF = {"1": "1", "2": "1", "3": "1", "4": "2", "5": "3", "6": "3", "7": "4", "8": "4", "9": "4"}


def field_shape(label: str) -> shapely.Polygon:
    row, column = divmod(int(label) - 1, 3)
    west, south = 78.0 + column * SIDE, 25.0 + row * SIDE
    return shapely.box(west, south, west + SIDE, south + SIDE)


def parcel(serial: int) -> str:
    return f"{LGD}-{serial:06d}"


def unit(serial: int) -> str:
    return f"{LGD}-U{serial:06d}"


@dataclass
class World:
    """A registry: its house, the keys of its people, and what turns the wheels that ``landlog work`` turns."""

    house: House
    officer: Key
    clerk: Key
    day: date = TODAY
    at: datetime = NOW

    @classmethod
    def found(cls, home: Path, *, url: str, reader_url: str) -> World:
        """A new registry with one tahsildar and one clerk of a bank, and Devgarh in its record."""
        settings = Settings(home=home, database_url=url, reader_url=reader_url)
        plan = Plan(origin=ORIGIN, roots=1, threshold=1)
        home.mkdir(parents=True, exist_ok=True)
        settings.keys.mkdir(mode=0o700, exist_ok=True)
        founding.make_keys(settings, plan)
        house = House(settings, url=url, reader_url=reader_url)
        founding.found(house.recorder, settings, plan)
        founding.finish(settings, ORIGIN)
        world = cls(house, Key.generate(), Key.generate())
        world.settle()
        for key, officer, role in ((world.officer, OFFICER, "tahsildar"), (world.clerk, BANK_CLERK, "bank")):
            pop = key.prove_possession(origin=ORIGIN, officer=officer)
            world.perform(Enrol(public=key.public, officer=officer, pop=pop))
            world.perform(Post(officer=officer, office=OFFICE, roles=(role,)))
        world.record("import", devgarh(), shapes=[field_shape(label) for label in KHATA_OF])
        return world

    def moved_to(self, home: Path, *, url: str, reader_url: str) -> World:
        """The same registry with a copy of its home, on a copy of its database."""
        shutil.copytree(self.house.settings.home, home)
        settings = Settings(home=home, database_url=url, reader_url=reader_url)
        return World(House(settings, url=url, reader_url=reader_url), self.officer, self.clerk)

    def settle(self, at: datetime | None = None) -> None:
        """Everything accepted gets its place in the log, is published and shown."""
        settings = self.house.settings
        when = int((at or self.at).timestamp())
        sequencer = Sequencer(
            self.house.datastore.engine,
            origin=ORIGIN,
            signer=founding.log_signer(settings, ORIGIN),
            projection=LandProjection(),
            directory=settings.log,
            now=lambda: when,
        )
        while sequencer.run_once():
            pass
        Runner(self.house.datastore, self.house.openings).run_once()

    def perform(self, act: Act) -> None:
        ceremony = Ceremony(self.house.recorder)
        payload = ceremony.prepare(act, event_id=clock.new_event_id(), decided=self.day)
        root = load(founding.root_key_files(self.house.settings, 1)[0])
        ceremony.submit(dsse.seal(dsse.KEY, payload, [root.sign_payload(dsse.KEY, payload)]))
        self.settle()

    def record(
        self,
        kind: str,
        application: Json,
        *,
        shapes: list[shapely.Polygon] | None = None,
        day: date | None = None,
        at: datetime | None = None,
    ) -> Receipt:
        """An order decided, signed and shown."""
        bodies = [canonical_bytes(shape) for shape in shapes or []]
        request = Request(
            type=kind,
            application=application,
            office=OFFICE,
            officer=OFFICER,
            order_no="MR/2026/1",
            shapes={geometry_hash(body): body for body in bodies},
        )
        receipt = self.house.office.sanction(
            request,
            sign=self.sealed,
            day=day or self.day,
            event_id=clock.new_event_id(),
            salt=clock.new_salt,
        )
        self.settle(at)
        return receipt

    def sealed(self, payload: bytes, *, by: Key | None = None) -> bytes:
        """The envelope of a payload, signed by the tahsildar or by another."""
        key = by or self.officer
        return dsse.seal(dsse.EVENT, payload, [key.sign_payload(dsse.EVENT, payload)])


def devgarh() -> Json:
    """The application that registers the village from its older record."""
    khatas = list(HOLDERS)
    return {
        "village": {"lgd": LGD, "name": "Devgarh", "name_local": "देवगढ़", "office": OFFICE},
        "source": "Khatauni of 1433 fasli",
        "units": [
            {
                "label": khata,
                "tenure": "transferable",
                "holders": [
                    {
                        "party": {"name": name, "relation": relation},
                        **({"share": share} if share else {}),
                    }
                    for name, relation, share in holders
                ],
            }
            for khata, holders in HOLDERS.items()
        ],
        "parcels": [
            {
                "label": label,
                "unit": khatas.index(khata),
                "area": {"figure": "0.4021", "unit": "hectare"},
                "land_class": "private",
                "use": "irrigated",
                "former_labels": [f"{int(label) + 100}"],
                "geometry": geometry_hash(canonical_bytes(field_shape(label))),
            }
            for label, khata in KHATA_OF.items()
        ],
    }


def share_sale(seller: str, *, share: str = "1/3", unit_id: str | None = None) -> dict[str, Any]:
    """A sale of a share; ``seller`` is the commitment that the record shows."""
    return {
        "unit": unit_id or unit(1),
        "sold": "share",
        "sellers": [{"party": seller, "share": share}],
        "buyers": [{"party": {"name": "Sita Devi", "relation": "Ram Prasad"}, "share": "1"}],
        "deed": {"number": "1123/2026", "made": "2026-11-02", "by": "SRO Devgarh"},
        "consideration": {"paise": 25_000_000},
    }


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


Made = Callable[[], World]
