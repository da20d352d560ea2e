"""A whole village measured anew: its plan becomes signed orders of one proceeding, as few as the log's entries allow.

Every order bears the resurvey's name and its part, and a number that counts on from the proceeding's own; each is
decided by the office like any other and signed by two officers.  An order that the office refuses, or that is too
large, is divided until the parcels at fault stand alone; those are told with the reasons and the rest is recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import count
from typing import TYPE_CHECKING

from api import clock
from domain.canon import Json
from domain.errors import Refused, RegistryError
from domain.form import BadForm
from domain.quantities import AREA_UNITS, Area, to_m2
from gis.comparison.proposals import Paper
from gis.comparison.resurvey import Measured, Plan, Together
from gis.shapes import canonical_bytes_many, drawn_areas, geometry_hash
from registry import dsse
from registry.history import NotYetSequenced
from registry.keys import Key
from registry.log.tiles import EntryTooLarge
from registry.office import Request

if TYPE_CHECKING:
    from api.wiring import House

TYPE = "mutation.resurvey/1"
MOST = 60
"""Parcels of an order, old and new together: a new one adds some 1,000 bytes to an entry, an old one half of that."""
AGREES = Decimal("0.005")
"""Half a per cent: within it a stated figure stands; beyond it what was measured is recorded."""
PLACES = Decimal("0.000001")

Progress = Callable[[int, int], None]


@dataclass(frozen=True, kw_only=True)
class Proceeding:
    """The resurvey: what it is called, on which notification it rests, who signs, how its orders are numbered."""

    survey: str
    notification: Paper
    office: str
    number: str
    """The orders are ``<number>/1``, ``/2`` ..."""
    keys: tuple[Key, Key]
    """Of two officers."""
    documents: tuple[str, ...] = ()


@dataclass(frozen=True)
class NotMeasured:
    """New parcels that the office did not take, with those that they would have replaced, and why."""

    labels: tuple[str, ...]
    replaces: tuple[str, ...]
    reasons: tuple[str, ...]


@dataclass
class Resurveyed:
    """What became of a resurvey."""

    registered: int = 0
    retired: int = 0
    orders: list[str] = field(default_factory=list)
    """Numbers of the orders that were recorded."""
    remeasured: list[str] = field(default_factory=list)
    """New parcels whose stated figure differs from what was measured: the measured area was recorded."""
    refused: list[NotMeasured] = field(default_factory=list)

    def to_json(self) -> dict[str, Json]:
        return {
            "registered": self.registered,
            "retired": self.retired,
            "orders": list(self.orders),
            "remeasured": list(self.remeasured),
            "refused": [
                {"labels": list(r.labels), "replaces": list(r.replaces), "reasons": list(r.reasons)}
                for r in self.refused
            ],
        }


def carry_out(
    house: House, plan: Plan, proceeding: Proceeding, *, day: date, progress: Progress | None = None
) -> Resurveyed:
    """Record the orders of a plan, one after the other, and see them into the log and the views.

    Raises:
        UnknownKey: when a key is not enrolled here.
        NotAuthorised, SecondSignature: when the two may not sign this at the village's office.
    """
    house.settle()
    known = house.officers.keys([key.keyid for key in proceeding.keys])
    officers = [known[key.keyid].officer for key in proceeding.keys]
    work = _Work(
        house, proceeding, officers, day, sum(len(g.parcels) for o in plan.orders for g in o), progress
    )
    for order in plan.orders:
        work.record(order)
    house.settle()
    return work.outcome


@dataclass
class _Work:
    """The resurvey under way."""

    house: House
    proceeding: Proceeding
    officers: Sequence[str]
    day: date
    total: int
    progress: Progress | None
    outcome: Resurveyed = field(default_factory=Resurveyed)
    parts: Iterator[int] = field(default_factory=lambda: count(1))

    def record(self, groups: Sequence[Together]) -> None:
        """Record the groups by one order, or divide them until what is at fault stands alone."""
        part = next(self.parts)
        try:
            try:
                self._sanction(groups, part)
            except NotYetSequenced:  # the order before it is about the same holdings
                self.house.sequence()
                self._sanction(groups, part)
        except (Refused, BadForm, EntryTooLarge) as error:
            self._divided(groups, error)
            return
        self.outcome.registered += sum(len(group.parcels) for group in groups)
        self.outcome.retired += sum(len(group.retires) for group in groups)
        self.outcome.orders.append(f"{self.proceeding.number}/{part}")
        self._tell()

    def _divided(self, groups: Sequence[Together], error: RegistryError) -> None:
        if len(groups) > 1:
            middle = len(groups) // 2
            self.record(groups[:middle])
            self.record(groups[middle:])
            return
        (group,) = groups
        findings = error.findings if isinstance(error, Refused) else ()
        self.outcome.refused.append(
            NotMeasured(
                tuple(parcel.plot.label for parcel in group.parcels),
                tuple(old.label for old in group.retires),
                tuple(map(str, findings)) or (str(error),),
            )
        )
        self._tell()

    def _sanction(self, groups: Sequence[Together], part: int) -> None:
        parcels = [parcel for group in groups for parcel in group.parcels]
        shapes = [parcel.plot.shape for parcel in parcels]
        bodies, measured = canonical_bytes_many(shapes), drawn_areas(shapes)
        digests = [geometry_hash(body) for body in bodies]
        recorded = [recorded_area(parcel, m2) for parcel, m2 in zip(parcels, measured, strict=True)]
        proceeding = self.proceeding
        request = Request(
            type=TYPE,
            application={
                "survey": proceeding.survey,
                "part": part,
                "parcels": [_form(*row) for row in zip(parcels, recorded, digests, strict=True)],
                "notification": proceeding.notification.doc(),
            },
            office=proceeding.office,
            officer=self.officers[0],
            second_officer=self.officers[1],
            order_no=f"{proceeding.number}/{part}",
            shapes=dict(zip(digests, bodies, strict=True)),
            documents=proceeding.documents,
        )
        self.house.office.sanction(
            request, sign=self._sign, day=self.day, event_id=clock.new_event_id(), salt=clock.new_salt
        )
        self.outcome.remeasured += [
            parcel.plot.label
            for parcel, area in zip(parcels, recorded, strict=True)
            if parcel.plot.area is None or area.figure != parcel.plot.area.figure
        ]

    def _sign(self, payload: bytes) -> bytes:
        signatures = [key.sign_payload(dsse.EVENT, payload) for key in self.proceeding.keys]
        return dsse.seal(dsse.EVENT, payload, signatures)

    def _tell(self) -> None:
        if self.progress:
            done = self.outcome.registered + sum(len(refused.labels) for refused in self.outcome.refused)
            self.progress(done, self.total)


def recorded_area(parcel: Measured, measured_m2: Decimal) -> Area:
    """The area to record: the stated figure where the measurement bears it out, else the measured one in its unit."""
    stated = parcel.plot.area
    if stated is not None and abs(stated.m2 - measured_m2) <= AGREES * stated.m2:
        return stated
    unit = stated.unit if stated else "m2"
    figure = (measured_m2 / AREA_UNITS[unit]).quantize(PLACES)
    return Area(to_m2(figure * AREA_UNITS[unit]), f"{figure:f}", unit)


def _form(parcel: Measured, area: Area, digest: str) -> Json:
    return {
        "label": parcel.plot.label,
        "area": {"figure": area.figure, "unit": area.unit},
        "geometry": digest,
        "unit": parcel.unit,
        "replaces": [old.id for old in parcel.replaces],
    }
