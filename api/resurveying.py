"""A whole village measured anew: its plan becomes signed orders of one case, as few as the log's entries allow.

One entry of the log cannot name a village.  So a case of many orders is filed with the land of its first order,
further land is brought under it step by step until every parcel bears its mark (``bring_under_case``), and when it
is certified the orders are recorded one after the other (``carry_out``); the last step says that it is concluded, and
land that no order took is released (``conclude``).

Every order bears the resurvey's name and its part, and a number that counts on from the case's own; each is decided
by the office like any other and signed by two officers.  An order that the office refuses, or that is too large, is
divided until the parcels at fault stand alone; those are told with the reasons and the rest is recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import count
from typing import TYPE_CHECKING, Any

from api import clock
from domain.canon import Json
from domain.errors import Refused, RegistryError
from domain.form import BadForm
from domain.quantities import AREA_UNITS, Area, to_m2
from gis.comparison.proposals import Paper
from gis.comparison.resurvey import Measured, Plan, Together
from gis.shapes import canonical_bytes_many, drawn_areas, geometry_hash
from registry import dsse
from registry.case_forms import Filing, StepRequest
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
MARKED_AT_ONCE = 90
"""Parcels that one step brings under a case: each adds some 250 bytes to its entry, and its unit as many."""

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
    case: str = ""
    """The case that the orders carry out; it is ``conclude``d after them."""


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


def bring_under_case(
    house: House,
    plan: Plan,
    *,
    survey: str,
    notification: Paper,
    applicant: str,
    key: Key,
    day: date,
    progress: Progress | None = None,
) -> str:
    """File the resurvey as one case and bring all its land under it, with the key of who enters cases; its number.

    Raises:
        UnknownKey: when the key is not enrolled here.
        NotAuthorised: when its holder enters no cases at the village's office.
        Refused: when nothing can be filed about this land.
    """
    house.settle()
    clerk = _Clerk(house, key, house.officers.keys([key.keyid])[key.keyid].officer, day)
    first, *others = plan.orders
    application, shapes = form_of(first, survey=survey, notification=notification, part=1, more=True)
    case_no = clerk.file(application, shapes, applicant)
    named = {old.id for group in first for old in group.retires}
    rest = [old.id for order in others for group in order for old in group.retires if old.id not in named]
    for start in range(0, len(rest), MARKED_AT_ONCE):
        clerk.step(case_no, "land-added", rest[start : start + MARKED_AT_ONCE])
        if progress:
            progress(min(start + MARKED_AT_ONCE, len(rest)), len(rest))
    house.settle()
    return case_no


def conclude(house: House, village: str, case_no: str, *, decider: Key, clerk: Key, day: date) -> int:
    """Say that the case is carried out by its orders, and release the land that none of them took: how much it was.

    Raises:
        Refused: when no order was recorded in it yet, or the officers' roles do not do this.
    """
    house.settle()
    officers = house.officers.keys([decider.keyid, clerk.keyid])
    _Clerk(house, decider, officers[decider.keyid].officer, day).step(case_no, "concluded", ())
    house.settle()
    marked = _bearing(house, village, case_no)
    entering = _Clerk(house, clerk, officers[clerk.keyid].officer, day)
    for start in range(0, len(marked), MARKED_AT_ONCE):
        entering.step(case_no, "land-released", marked[start : start + MARKED_AT_ONCE])
    house.settle()
    return len(marked)


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


@dataclass(frozen=True)
class _Clerk:
    """An officer with a key at hand, who files and takes steps."""

    house: House
    key: Key
    officer: str
    day: date

    def file(self, application: Json, shapes: dict[str, bytes], applicant: str) -> str:
        filing = Filing(
            type=TYPE,
            application=application,
            applicant={"name": applicant, "capacity": "survey-department"},
            officer=self.officer,
            shapes=shapes,
        )
        filed = self.house.cases.file(
            filing, sign=self._sign, day=self.day, event_id=clock.new_event_id(), salt=clock.new_salt
        )
        return filed.case_no

    def step(self, case_no: str, name: str, land: Sequence[str]) -> None:
        self.house.sequence()  # the step before it is about the same case
        request = StepRequest(case=case_no, step=name, officer=self.officer, land=tuple(land))
        self.house.cases.step(
            request, sign=self._sign, day=self.day, event_id=clock.new_event_id(), salt=clock.new_salt
        )

    def _sign(self, payload: bytes) -> bytes:
        return dsse.seal(dsse.EVENT, payload, [self.key.sign_payload(dsse.EVENT, payload)])


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
        proceeding = self.proceeding
        application, shapes = form_of(
            groups,
            survey=proceeding.survey,
            notification=proceeding.notification,
            part=part,
            more=bool(proceeding.case),
        )
        request = Request(
            type=TYPE,
            application=application,
            office=proceeding.office,
            officer=self.officers[0],
            second_officer=self.officers[1],
            order_no=f"{proceeding.number}/{part}",
            shapes=shapes,
            documents=proceeding.documents,
            case=proceeding.case or None,
        )
        self.house.office.sanction(
            request, sign=self._sign, day=self.day, event_id=clock.new_event_id(), salt=clock.new_salt
        )
        stated = {p.plot.label: p.plot.area and p.plot.area.figure for g in groups for p in g.parcels}
        self.outcome.remeasured += [
            str(parcel["label"])
            for parcel in application["parcels"]
            if parcel["area"]["figure"] != stated[parcel["label"]]
        ]

    def _sign(self, payload: bytes) -> bytes:
        signatures = [key.sign_payload(dsse.EVENT, payload) for key in self.proceeding.keys]
        return dsse.seal(dsse.EVENT, payload, signatures)

    def _tell(self) -> None:
        if self.progress:
            done = self.outcome.registered + sum(len(refused.labels) for refused in self.outcome.refused)
            self.progress(done, self.total)


def form_of(
    groups: Sequence[Together], *, survey: str, notification: Paper, part: int, more: bool
) -> tuple[dict[str, Any], dict[str, bytes]]:
    """The form of one order, and the canonical bytes of its shapes by digest."""
    parcels = [parcel for group in groups for parcel in group.parcels]
    shapes = [parcel.plot.shape for parcel in parcels]
    bodies, measured = canonical_bytes_many(shapes), drawn_areas(shapes)
    digests = [geometry_hash(body) for body in bodies]
    recorded = [recorded_area(parcel, m2) for parcel, m2 in zip(parcels, measured, strict=True)]
    application = {
        "survey": survey,
        "part": part,
        "parcels": [_form(*row) for row in zip(parcels, recorded, digests, strict=True)],
        "notification": notification.doc(),
        "more": more,
    }
    return application, dict(zip(digests, bodies, strict=True))


def recorded_area(parcel: Measured, measured_m2: Decimal) -> Area:
    """The area to record: the stated figure where the measurement bears it out, else the measured one in its unit."""
    stated = parcel.plot.area
    if stated is not None and abs(stated.m2 - measured_m2) <= AGREES * stated.m2:
        return stated
    unit = stated.unit if stated else "m2"
    figure = (measured_m2 / AREA_UNITS[unit]).quantize(PLACES)
    return Area(to_m2(figure * AREA_UNITS[unit]), f"{figure:f}", unit)


def _bearing(house: House, village: str, case_no: str) -> list[str]:
    """Which parcels and units of the village still show the case as pending."""
    pending = f'"{case_no}"'.encode()
    with house.datastore.cursor() as cursor:
        cursor.execute(
            "select s.id from records.state s join records.parcel p on p.parcel_id = s.id"
            " where p.village = %(village)s and position(%(pending)s in s.doc) > 0"
            " union select s.id from records.state s join records.unit u on u.unit_id = s.id"
            " where u.village = %(village)s and position(%(pending)s in s.doc) > 0 order by 1",
            {"village": village, "pending": pending},
        )
        return [str(identifier) for (identifier,) in cursor]


def _form(parcel: Measured, area: Area, digest: str) -> Json:
    return {
        "label": parcel.plot.label,
        "area": {"figure": area.figure, "unit": area.unit},
        "geometry": digest,
        "unit": parcel.unit,
        "replaces": [old.id for old in parcel.replaces],
    }
