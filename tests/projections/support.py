"""A small log for the tests of the views: orders decided by the law's own code, signed, and laid into ``log.entries``.

It stands in for the office and the sequencer, so that a view is given events and nothing else.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from hashlib import sha256
from typing import Any
from uuid import UUID

import psycopg2
import shapely
from nacl.signing import SigningKey
from psycopg2.extras import execute_values

from domain import catalogue, form, kit
from domain.canon import Json, canonical
from domain.ids import ParcelId, UnitId, VillageCode, parcel_id, unit_id
from domain.law import law_of, state_of
from domain.mutations._shared import NewUnit
from domain.mutations.import_ import Application as Import
from domain.mutations.import_ import OldHolder, OldParcel, OldUnit, Village
from domain.mutations.partition import Application as Partition
from domain.mutations.partition import Child, Portion
from domain.mutations.sale import Application as Sale
from domain.mutations.sale import Buyer, Seller
from domain.projection import EVENT, KEY_EVENT, NO_HISTORY, PROJECTION, advance
from domain.quantities import WHOLE, area
from domain.record import Parcel, Record, Unit
from domain.survey import Survey
from domain.values import (
    Code,
    Consideration,
    Deed,
    Digest,
    OfficeCode,
    ParcelLabel,
    Party,
    PartyRef,
    Salt,
    Text,
    UnitLabel,
)
from gis.shapes import canonical_bytes, geometry_hash
from registry import dsse
from registry.log.hashing import leaf_hash
from registry.log.map_head import MapHead
from registry.openings import OpeningBox

ORIGIN = "registry.example/land/test"
VILLAGE = VillageCode("999101")
OFFICE = "99/901/9001"
DAY = date(2026, 11, 21)
KEY = SigningKey(bytes(range(32)))
BOX = OpeningBox(bytes(range(32)))
SIDE = 0.0006  # degrees: a field of about 64 by 66 metres

Doc = dict[str, Json]


def salt_of(name: str) -> Salt:
    """A salt made from a name, so that logs are repeatable."""
    return Salt(sha256(name.encode()).digest())


def person(name: str, relation: str | None = None, *, salt: str = "") -> Party:
    return Party(
        name=Text(name),
        relation=Text(relation) if relation else None,
        salt=salt_of(f"{name}{relation}{salt}"),
    )


ASHA = person("आशा देवी", "रामलाल")
RAVINA = person("रवीना देवी", "रामलाल")
MEENA = person("मीना कुमारी", "सोहन सिंह")


def field_at(column: int, row: int, *, width: float = SIDE) -> shapely.Polygon:
    """A rectangular field on a grid of fields near Devgarh."""
    west, south = 78.0 + column * SIDE, 25.0 + row * SIDE
    return shapely.box(west, south, west + width, south + SIDE)


def old_parcel(serial: int, label: str, unit: int, shape: shapely.Polygon | None, **more: Any) -> OldParcel:
    """A parcel of the older record; its area is that of the grid's fields unless ``figure`` (hectares) is given."""
    figure = more.pop("figure", "0.4021")
    return OldParcel(
        label=ParcelLabel(label),
        unit=unit,
        area=area(figure, "hectare"),
        land_class=Code("private"),
        use=Code("cultivated"),
        geometry=Digest(geometry_hash(canonical_bytes(shape))) if shape is not None else None,
        id=parcel_id(VILLAGE, serial),
        **more,
    )


def old_unit(serial: int, label: str, holders: Mapping[Party, Fraction | None], **more: Any) -> OldUnit:
    return OldUnit(
        label=UnitLabel(label),
        tenure=Code("transferable"),
        holders=tuple(OldHolder(party=p, share=s) for p, s in holders.items()),
        id=unit_id(VILLAGE, serial),
        **more,
    )


def registration(units: Iterable[OldUnit], parcels: Iterable[OldParcel], *, name: str = "Devgarh") -> Import:
    return Import(
        village=Village(lgd=VILLAGE, name=Text(name), name_local=Text("देवगढ़"), office=OfficeCode(OFFICE)),
        source=Text("Khatauni of 1433 fasli"),
        units=tuple(units),
        parcels=tuple(parcels),
    )


def deed() -> Deed:
    return Deed(
        number=Text("MR/2026/4411"), made=date(2026, 11, 2), by=Text("Sub-Registrar"), salt=salt_of("deed")
    )


def price() -> Consideration:
    return Consideration(paise=25_000_000, salt=salt_of("price"))


@dataclass
class FakeLog:
    """The states as the log makes them, and the tables in which its entries lie."""

    dsn: str
    states: dict[str, Doc] = field(default_factory=dict)
    size: int = 0
    orders: int = 0

    def order(self, kind: str, application: Any, *, survey: Survey | None = None, day: date = DAY) -> int:
        """Decides, signs and lays an order into the log; its index."""
        mutation = catalogue.mutation(kind)
        record = replace(self._record(), survey=survey)
        event = mutation.decide(application, record, law_of(state_of(OFFICE), day))
        after = mutation.apply(event, record)
        self._seal(kit.openings(application))
        return self.lay(
            mutation.type,
            set_=kit.changes(record, after),
            facts=form.write(event),
            day=day,
        )

    def lay(
        self, type_: str, *, set_: Mapping[str, Doc], facts: Json = None, day: date = DAY, **more: Json
    ) -> int:
        """An event of any type that sets these members; its index."""
        self.orders += 1
        payload: Doc = {
            "schema": 1,
            "origin": ORIGIN,
            "event_id": UUID(int=self.orders).hex,
            "type": type_,
            "decided": day.isoformat(),
            "office": OFFICE,
            "order_no": f"MR/2026/{self.orders}",
            "officer": "UP-REV-1",
            "touches": [self._touch(identifier) for identifier in sorted(set_)],
            "set": dict(set_),
            "facts": facts,
            "private": {},
            "documents": [],
            **more,
        }
        return self.sign(EVENT, payload)

    def enrol(self, officer: str) -> int:
        """A key event, which the record of rights does not show."""
        keyid = sha256(officer.encode()).hexdigest()
        payload: Doc = {
            "schema": 1,
            "origin": ORIGIN,
            "type": "key.enrolled/1",
            "decided": DAY.isoformat(),
            "touches": [self._touch(keyid)],
            "pub": "",
            "officer": officer,
        }
        return self.sign(KEY_EVENT, payload)

    def sign(self, payload_type: str, payload: Doc) -> int:
        data = canonical(payload)
        entry = dsse.seal(payload_type, data, [dsse.sign(KEY, payload_type, data)])
        self.states |= advance(self.states, payload_type, payload, self.size, leaf_hash(entry))
        return self.append(entry, payload.get("event_id"))

    def append(self, entry: bytes, event_id: Json = None) -> int:
        """Any bytes as the next entry; its index."""
        index = self.size
        self._execute(
            "insert into log.entries (idx, event_id, entry, leaf_hash) values (%s, %s, %s, %s)",
            (index, event_id, entry, leaf_hash(entry)),
        )
        self.size += 1
        return index

    def publish(self) -> int:
        """Ends the batch with a map head and publishes; the size that the checkpoint covers."""
        head = MapHead(size=self.size, root=bytes(32), leaves=len(self.states), time=1, projection=PROJECTION)
        self.append(head.format())
        publish(self.dsn, self.size)
        return self.size

    def shapes(self, *shapes: shapely.Polygon) -> None:
        """Shapes that orders name, as the office stores them."""
        bodies = [canonical_bytes(shape) for shape in shapes]
        self._insert("gis.shape (hash, body)", [(sha256(body).digest(), body) for body in bodies])

    def erase(self, party: Party) -> None:
        self._execute(
            "delete from private.opening where commitment = %s", (base64.b64decode(party.commitment),)
        )

    def _seal(self, openings: Iterable[Any]) -> None:
        self._insert("private.opening (commitment, sealed)", list(BOX.seal_all(openings).items()))

    def _touch(self, identifier: str) -> Json:
        state = self.states.get(identifier)
        return {
            "id": identifier,
            "prev_version": state["version"] if state else 0,
            "prev_history": state["history"] if state else NO_HISTORY,
        }

    def _record(self) -> Record:
        return Record(
            parcels={ParcelId(i): Parcel.of(s) for i, s in self.states.items() if s["kind"] == "parcel"},
            units={UnitId(i): Unit.of(s) for i, s in self.states.items() if s["kind"] == "unit"},
        )

    def _execute(self, statement: str, values: tuple[Any, ...]) -> None:
        connection = psycopg2.connect(self.dsn)
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(statement, values)
        finally:
            connection.close()

    def _insert(self, into: str, rows: list[tuple[Any, ...]]) -> None:
        connection = psycopg2.connect(self.dsn)
        try:
            with connection, connection.cursor() as cursor:
                execute_values(cursor, f"insert into {into} values %s on conflict do nothing", rows)
        finally:
            connection.close()


def publish(dsn: str, size: int, cosigned_at: str | None = "2026-11-21T10:00:00Z") -> None:
    """A checkpoint of that size is published (its text is the sequencer's affair)."""
    connection = psycopg2.connect(dsn)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute("delete from log.published")
            cursor.execute(
                "insert into log.published (size, checkpoint, cosigned_at) values (%s, %s, %s)",
                (size, "a checkpoint", cosigned_at),
            )
    finally:
        connection.close()


SISTERS_KHATA, GOVERNMENT_KHATA, MEENAS_KHATA = (unit_id(VILLAGE, serial) for serial in (1, 2, 3))
FIELD, GARDEN, ROAD = (parcel_id(VILLAGE, serial) for serial in (101, 102, 103))
WEST, EAST = (parcel_id(VILLAGE, serial) for serial in (201, 202))
STATE = person("उत्तर प्रदेश सरकार")


def first_registration(log: FakeLog) -> int:
    """Two sisters hold khasra 101 and 102, the state holds a road that has no map."""
    log.shapes(field_at(0, 0), field_at(1, 0))
    units = (
        old_unit(1, "45", {ASHA: Fraction(1, 3), RAVINA: Fraction(2, 3)}),
        old_unit(2, "1", {STATE: WHOLE}),
    )
    parcels = (
        old_parcel(101, "101", 0, field_at(0, 0), former_labels=(Text("88"),)),
        old_parcel(102, "102", 0, field_at(1, 0)),
        old_parcel(103, "103", 1, None),
    )
    return log.order("import", registration(units, parcels))


def garden_sold(log: FakeLog) -> int:
    """The sisters sell khasra 102 to Meena, who gets khata 46."""
    sale = Sale(
        unit=UnitId(SISTERS_KHATA),
        sold="parcels",
        sellers=tuple(
            Seller(party=PartyRef(p.commitment), share=s)
            for p, s in ((ASHA, Fraction(1, 3)), (RAVINA, Fraction(2, 3)))
        ),
        buyers=(Buyer(party=MEENA, share=WHOLE),),
        deed=deed(),
        consideration=price(),
        parcels=(GARDEN,),
        new_unit=NewUnit(label=UnitLabel("46"), id=UnitId(MEENAS_KHATA)),
    )
    return log.order("sale", sale)


def third_sold(log: FakeLog) -> int:
    """Asha sells her third of khata 45 to Meena."""
    sale = Sale(
        unit=UnitId(SISTERS_KHATA),
        sold="share",
        sellers=(Seller(party=PartyRef(ASHA.commitment), share=Fraction(1, 3)),),
        buyers=(Buyer(party=MEENA, share=WHOLE),),
        deed=deed(),
        consideration=price(),
    )
    return log.order("sale", sale)


def field_divided(log: FakeLog) -> int:
    """Khasra 101 is split between the sisters: 101/1 to Asha, 101/2 to Ravina in a khata of her own."""
    west, east = field_at(0, 0, width=SIDE / 3), shapely.box(78.0 + SIDE / 3, 25.0, 78.0 + SIDE, 25.0 + SIDE)
    log.shapes(west, east)
    children = [
        Child(
            label=ParcelLabel(label),
            area=area(hectares, "hectare"),
            geometry=Digest(geometry_hash(canonical_bytes(shape))),
            id=identifier,
        )
        for label, hectares, shape, identifier in (
            ("101/1", "0.1340", west, WEST),
            ("101/2", "0.2681", east, EAST),
        )
    ]
    partition = Partition(
        unit=UnitId(SISTERS_KHATA),
        split=FIELD,
        deed=deed(),
        portions=(
            Portion(holders=(PartyRef(ASHA.commitment),), children=(children[0],)),
            Portion(
                holders=(PartyRef(RAVINA.commitment),),
                children=(children[1],),
                new_unit=NewUnit(label=UnitLabel("47"), id=unit_id(VILLAGE, 4)),
            ),
        ),
    )
    measured = Survey(
        parent_m2=Decimal("4021.00"),
        children_m2=(Decimal("1340.00"), Decimal("2681.00")),
        gap_m2=Decimal(0),
        overlap_m2=Decimal(0),
        outside_m2=Decimal(0),
        narrowest_m=Decimal(20),
        unmatched_edges=0,
        faults=(),
    )
    return log.order("partition", partition, survey=measured)


def days_of_work(log: FakeLog) -> None:
    """A first registration, a sale, a partition with a new boundary; with a map head after each."""
    for step in (first_registration, garden_sold, field_divided):
        step(log)
        log.publish()
