"""A registry for tests of the whole house: founded by the same steps as a real one, with officers at their posts."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from api import clock, desk, establishing, founding
from api.counter import Counter
from api.desk import Officer
from api.order_files import OrderFile
from api.routes.parcels import proof_of
from api.settings import Settings
from api.wiring import House
from domain.canon import Json
from registry import keys
from registry.acts import Act, Enrol, Post
from registry.keys import Key
from registry.office import Receipt
from tests.conftest import Database

ORIGIN = "registry.example/land/e2e"
OFFICE = "99/901/9001"
PLAN = founding.Plan(origin=ORIGIN, roots=3, threshold=2)
ROLES = ("tahsildar", "naib-tahsildar", "lekhpal")


@dataclass
class Registry:
    """A house with its officers; ``key("tahsildar")`` is who serves in that role."""

    house: House
    office: str
    _keys: dict[str, Key] = field(default_factory=dict)

    @classmethod
    def found(cls, home: Path, database: Database, *, office: str = OFFICE) -> Registry:
        settings = Settings(home=home, database_url=database.url, reader_url=database.reader_url)
        house = House(settings, url=database.url, reader_url=database.reader_url, origin=ORIGIN)
        establishing.establish(house, PLAN)
        registry = cls(house, office)
        for role in ROLES:
            registry.appoint(role)
        return registry

    def appoint(self, role: str, officer: str = "") -> Key:
        key = self._keys[role] = Key.generate()
        number = officer or f"OFF-{role.upper()}"
        pop = key.prove_possession(origin=ORIGIN, officer=number)
        self.perform(Enrol(public=key.public, officer=number, pop=pop))
        self.perform(Post(officer=number, office=self.office, roles=(role,)))
        return key

    def perform(self, act: Act) -> None:
        roots = founding.root_key_files(self.house.settings, PLAN.threshold)
        desk.perform(self.house, act, by=[keys.load(path) for path in roots])

    def key(self, role: str) -> Key:
        return self._keys[role]

    def officer(self, role: str = "tahsildar") -> Officer:
        return Officer(number=f"OFF-{role.upper()}", key=self.key(role), office=self.office)

    def sign(
        self, kind: str, form: Json, *, role: str = "tahsildar", shapes: dict[str, bytes] | None = None
    ) -> OrderFile:
        return desk.signed_order(
            self.house, self.officer(role), kind, form, order_no="MR/2026/1", shapes=shapes
        )

    def order(self, kind: str, form: Json, **more: Any) -> Receipt:
        """An order prepared, read, signed, handed in, and seen into the record."""
        receipt = desk.hand_in(self.house, self.sign(kind, form, **more))
        self.house.settle()
        return receipt

    def parcel(self, identifier: str) -> dict[str, Any]:
        return self._document("parcel", identifier)

    def unit(self, identifier: str) -> dict[str, Any]:
        return self._document("unit", identifier)

    def proof(self, parcel: str) -> bytes:
        counter = Counter(self.house, clock.instant)
        try:
            return proof_of(counter, parcel)
        finally:
            counter.close()

    def size(self) -> int:
        """Entries of the published log."""
        return int(self.one("select size from log.published"))

    def one(self, query: str, *values: object) -> Any:
        with self.house.datastore.cursor() as cursor:
            cursor.execute(query, values)
            row = cursor.fetchone()
        return row[0] if row else None

    def close(self) -> None:
        self.house.close()

    def _document(self, kind: str, identifier: str) -> dict[str, Any]:
        found = self.one(f"select doc from records.{kind} where {kind}_id = %s", identifier)
        assert found is not None, f"there is no {kind} {identifier}"
        document: dict[str, Any] = json.loads(bytes(found))
        return document


def share_sale(unit: dict[str, Any], *, buyer: str, holder: int = 0) -> dict[str, Any]:
    """A holder of a khata (its public document) sells all of the share."""
    seller = unit["holders"][holder]
    return {
        "unit": unit["unit_id"],
        "sold": "share",
        "sellers": [{"party": seller["party"], "share": seller["share"]}],
        "buyers": [{"party": {"name": buyer, "relation": "Ram Prasad"}, "share": "1"}],
        "deed": deed(),
        "consideration": {"paise": 25_000_000},
    }


def deed() -> dict[str, Any]:
    return {"number": "1123/2026", "made": "2026-10-02", "by": "Sub-Registrar"}
