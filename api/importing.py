"""Import: a proposed village becomes signed orders, as few as the log's entries allow.

- Holdings stay whole where they fit one order.  One that does not is continued: its next order extends the unit
  that the former opened, which needs the former's place in the log, so continuations wait for the next *round*.
- What bears a label already, today or in former times, is left alone and told.  So a second run after an
  interruption registers what is missing and nothing twice.
- An order that the office refuses, or that is too large, is divided until the holdings at fault stand alone; those
  are told with the reasons and the rest is registered.

Nothing is invented on the way: what a row lacks stays empty or undetermined (``gis.village``).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import count
from threading import Lock
from typing import Literal

from api import clock
from domain.canon import Json
from domain.errors import Refused, RegistryError
from domain.form import BadForm
from domain.quantities import format_share
from gis.proposal import ProposedParcel, ProposedUnit
from gis.village import ProposedVillage
from registry import dsse
from registry.cadastre import OwnShapes
from registry.keys import Key
from registry.log.tiles import MAX_ENTRY_BYTES, EntryTooLarge
from registry.office import Issue, Office, Receipt, Request
from registry.store import OfficeRecorder

TYPE = "mutation.import/1"
HANDS = 2  # orders in hand at once: more of them only wait for each other
UNRECORDED = "unrecorded"  # the code of a class, use or tenure that the older record leaves empty

# What one thing adds to an entry, in bytes of base64: measured on real villages and rounded up.  An order that turns
# out too large is divided, so a wrong figure costs an attempt and no more.
_ROOM = MAX_ENTRY_BYTES - 3_500
_PARCEL = 900
_UNIT = 580
_HOLDER = 200
_PER_BYTE = 2.7  # of a parcel's texts, which stand in ``set`` and in ``facts``
_PER_BYTE_OF_LABEL = 7
_LISTED = 26  # a parcel of the same unit that an earlier order registered

Progress = Callable[[int, int], None]  # parcels dealt with, parcels in all


@dataclass(frozen=True, kw_only=True)
class Holding:
    """A unit with those of its parcels that one order registers; ``extends`` names the unit they join."""

    unit: ProposedUnit
    parcels: tuple[ProposedParcel, ...]
    extends: str | None = None


@dataclass(frozen=True, kw_only=True)
class Registered:
    """What the village's record holds before the import: ids by label."""

    parcels: Mapping[str, str] = field(default_factory=dict)
    """Every parcel that ever bore the label, the present one last."""
    units: Mapping[str, str] = field(default_factory=dict)
    """Units in force."""


@dataclass(frozen=True, kw_only=True)
class Certifier:
    """Who certifies the older record, and how the orders are numbered."""

    key: Key
    officer: str
    order_no: str
    """The orders are numbered ``<order_no>/1``, ``/2`` ..."""
    source: str
    """What the older record is: stands in each event."""
    documents: tuple[str, ...] = ()
    """Digests of the files that were read (base64 SHA-256)."""


@dataclass(frozen=True, kw_only=True)
class OrderMade:
    """One order of the import, as it was recorded."""

    order_no: str
    event_id: str
    parcels: int
    units: int
    bytes: int


@dataclass(frozen=True, kw_only=True)
class NotRegistered:
    """Parcels of one holding that the office did not take, and why."""

    unit: str
    labels: tuple[str, ...]
    rows: tuple[int, ...]
    reasons: tuple[str, ...]


@dataclass
class Outcome:
    """What became of a proposed village."""

    registered: int = 0
    skipped: dict[str, str] = field(default_factory=dict)
    """Labels that something bears or bore already, and what."""
    orders: list[OrderMade] = field(default_factory=list)
    not_registered: list[NotRegistered] = field(default_factory=list)

    def to_json(self) -> dict[str, Json]:
        return {
            "registered": self.registered,
            "skipped": [{"label": label, "id": bearer} for label, bearer in self.skipped.items()],
            "orders": [
                {
                    "order_no": o.order_no,
                    "event_id": o.event_id,
                    "parcels": o.parcels,
                    "units": o.units,
                    "bytes": o.bytes,
                }
                for o in self.orders
            ],
            "not_registered": [
                {"unit": n.unit, "labels": list(n.labels), "rows": list(n.rows), "reasons": list(n.reasons)}
                for n in self.not_registered
            ],
        }


class Importer:
    """Registers proposed villages through the office's one door.

    ``settle`` gives every order so far its place in the log; it is called between rounds only.
    """

    def __init__(
        self, office: Office, recorder: OfficeRecorder, certifier: Certifier, *, settle: Callable[[], None]
    ) -> None:
        self._office = office
        self._recorder = recorder
        self.certifier = certifier
        self._settle = settle

    def register(
        self, village: ProposedVillage, registered: Registered, *, day: date, progress: Progress | None = None
    ) -> Outcome:
        """Register what is not registered yet."""
        outcome = Outcome()
        waiting = missing(village, registered, outcome)
        work = _Work(self, village, day, outcome, progress, self._serials(village, waiting))
        work.tell()
        while waiting:
            orders, later = next_round(waiting)
            later += work.register_all(orders)
            waiting = self._continued(village, later) if later else []
        return outcome

    def _continued(self, village: ProposedVillage, holdings: Sequence[Holding]) -> list[Holding]:
        """The holdings with the units that their former orders opened, once those have their place in the log."""
        self._settle()
        rests: dict[int, Holding] = {}
        for holding in holdings:  # of one whose order was divided there are two rests: one order continues it
            before = rests.get(holding.unit.serial)
            parcels = (*before.parcels, *holding.parcels) if before else holding.parcels
            rests[holding.unit.serial] = replace(holding, parcels=parcels)
        labels = [holding.unit.label for holding in rests.values()]
        opened = self._recorder.bearers(village.village.lgd, "unit", labels)
        return [replace(holding, extends=opened.get(holding.unit.label)) for holding in rests.values()]

    def _serials(self, village: ProposedVillage, holdings: Sequence[Holding]) -> Serials:
        """As many as there are things to register; a unit is new unless it is continued."""
        return Serials(
            self._recorder,
            village.village.lgd,
            parcels=sum(len(holding.parcels) for holding in holdings),
            units=sum(holding.extends is None for holding in holdings),
        )

    def sanction(
        self, village: ProposedVillage, order: Sequence[Holding], number: int, *, day: date, issue: Issue
    ) -> tuple[Receipt, int]:
        """One order through the office: its receipt and the bytes of its entry.

        Raises:
            Refused, BadForm, EntryTooLarge: as ``Office.sanction``.
        """
        size = 0

        def sign(payload: bytes) -> bytes:
            nonlocal size
            signature = self.certifier.key.sign_payload(dsse.EVENT, payload)
            entry = dsse.enclose(dsse.EVENT, payload, [signature])
            size = len(entry)
            return entry

        request = Request(
            type=TYPE,
            application=application(village, order, self.certifier.source),
            office=village.village.office,
            officer=self.certifier.officer,
            order_no=order_number(self.certifier, number),
            shapes=OwnShapes({p.geometry_hash: p.geometry for h in order for p in h.parcels if p.geometry}),
            documents=self.certifier.documents,
        )
        receipt = self._office.sanction(
            request, sign=sign, day=day, event_id=clock.new_event_id(), salt=clock.new_salt, issue=issue
        )
        return receipt, size


class Serials:
    """The serial numbers of an import, drawn at once; what an order that fails has taken is not used again."""

    def __init__(self, recorder: OfficeRecorder, village: str, *, parcels: int, units: int) -> None:
        self._recorder = recorder
        self._lock = Lock()
        counts: dict[Literal["parcel", "unit"], int] = {"parcel": parcels, "unit": units}
        self._left = {kind: recorder.issue(village, kind, n) for kind, n in counts.items() if n}

    def issue(self, village: str, kind: Literal["parcel", "unit"], count: int) -> range:
        """So many that follow on each other; beyond what was drawn, new ones."""
        with self._lock:
            left = self._left.get(kind, range(0))
            if len(left) >= count:
                self._left[kind] = left[count:]
                return left[:count]
        return self._recorder.issue(village, kind, count)


@dataclass
class _Work:
    """The import under way: what is done is counted and told."""

    importer: Importer
    village: ProposedVillage
    day: date
    outcome: Outcome
    progress: Progress | None
    serials: Serials
    numbers: Iterator[int] = field(default_factory=lambda: count(1))
    lock: Lock = field(default_factory=Lock)

    def register_all(self, orders: Iterable[Sequence[Holding]]) -> list[Holding]:
        """Record orders that do not build on each other; while one waits for the database, another is decided."""
        hands = ThreadPoolExecutor(HANDS, thread_name_prefix="import")
        try:
            return [holding for later in hands.map(self.register, orders) for holding in later]
        finally:
            hands.shutdown(cancel_futures=True)

    def register(self, order: Sequence[Holding]) -> list[Holding]:
        """Record the order, or divide it until what is at fault stands alone; what is left for the next round."""
        try:
            number = next(self.numbers)
            receipt, size = self.importer.sanction(
                self.village, order, number, day=self.day, issue=self.serials.issue
            )
        except (Refused, BadForm, EntryTooLarge) as error:
            if len(order) > 1:
                middle = len(order) // 2
                return self.register(order[:middle]) + self.register(order[middle:])
            first, rest = _halves(order[0])
            if rest:
                return [*self.register([first]), rest]
            self._refuse(first, error)
            return []
        made = OrderMade(
            order_no=order_number(self.importer.certifier, number),
            event_id=receipt.event_id,
            parcels=sum(len(h.parcels) for h in order),
            units=len(order),
            bytes=size,
        )
        with self.lock:
            self.outcome.orders.append(made)
            self.outcome.registered += made.parcels
            self.tell()
        return []

    def tell(self) -> None:
        if self.progress:
            done = self.outcome.registered + len(self.outcome.skipped)
            done += sum(len(n.rows) for n in self.outcome.not_registered)
            self.progress(done, len(self.village.parcels))

    def _refuse(self, holding: Holding, error: RegistryError) -> None:
        findings = error.findings if isinstance(error, Refused) else ()
        refused = NotRegistered(
            unit=holding.unit.label,
            labels=tuple(p.label for p in holding.parcels),
            rows=tuple(p.row for p in holding.parcels),
            reasons=tuple(map(str, findings)) or (str(error),),
        )
        with self.lock:
            self.outcome.not_registered.append(refused)
            self.tell()


def missing(village: ProposedVillage, registered: Registered, outcome: Outcome) -> list[Holding]:
    """The holdings with the parcels that are still to be registered; the others are noted as skipped."""
    by_unit: dict[int, list[ProposedParcel]] = defaultdict(list)
    for parcel in village.parcels:
        if bearer := registered.parcels.get(parcel.label):
            outcome.skipped[parcel.label] = bearer
        else:
            by_unit[parcel.unit].append(parcel)
    return [
        Holding(unit=unit, parcels=tuple(by_unit[unit.serial]), extends=registered.units.get(unit.label))
        for unit in village.units
        if unit.serial in by_unit
    ]


def next_round(holdings: Iterable[Holding]) -> tuple[list[list[Holding]], list[Holding]]:
    """Orders filled one after another, and the holdings that are continued once those are in the log."""
    orders: list[list[Holding]] = []
    waiting: list[Holding] = []
    left = 0.0
    for holding in holdings:
        fitting, rest = _cut(holding)
        if rest:
            waiting.append(rest)
        need = weight(fitting)
        if need > left:
            orders.append([])
            left = _ROOM
        orders[-1].append(fitting)
        left -= need
    return orders, waiting


def weight(holding: Holding) -> float:
    """About how many bytes a holding adds to an entry."""
    unit = holding.unit
    own = _LISTED * len(unit.parcels) if holding.extends else _HOLDER * len(unit.holders)
    return (
        _UNIT
        + own
        + _PER_BYTE_OF_LABEL * len(unit.label.encode())
        + sum(map(_weight_of_parcel, holding.parcels))
    )


def _weight_of_parcel(parcel: ProposedParcel) -> float:
    texts = (parcel.label, parcel.land_class, parcel.use, *parcel.former_labels)
    return _PARCEL + sum(len(text.encode()) + 3 for text in texts) * _PER_BYTE


def _cut(holding: Holding) -> tuple[Holding, Holding | None]:
    """What of a holding fits one order, and the rest."""
    if weight(holding) <= _ROOM or len(holding.parcels) == 1:
        return holding, None
    left = _ROOM - weight(replace(holding, parcels=()))
    count = 0
    for parcel in holding.parcels:
        left -= _weight_of_parcel(parcel)
        if left < 0:
            break
        count += 1
    count = max(count, 1)
    return replace(holding, parcels=holding.parcels[:count]), replace(
        holding, parcels=holding.parcels[count:]
    )


def _halves(holding: Holding) -> tuple[Holding, Holding | None]:
    """A holding's parcels in two halves; one parcel is not divided."""
    middle = len(holding.parcels) // 2
    if not middle:
        return holding, None
    first, rest = holding.parcels[:middle], holding.parcels[middle:]
    return replace(holding, parcels=first), replace(holding, parcels=rest)


def order_number(certifier: Certifier, number: int) -> str:
    """The number of one order of the import."""
    return f"{certifier.order_no}/{number}"


def application(village: ProposedVillage, order: Sequence[Holding], source: str) -> dict[str, Json]:
    """The form of one order (``domain.mutations.import_``)."""
    facts = village.village
    return {
        "village": {
            "lgd": facts.lgd,
            "name": facts.name,
            "name_local": facts.name_local or None,
            "office": facts.office,
        },
        "source": source,
        "units": [_unit(holding) for holding in order],
        "parcels": [_parcel(parcel, n) for n, holding in enumerate(order) for parcel in holding.parcels],
    }


def _unit(holding: Holding) -> Json:
    unit = holding.unit
    return {
        "label": unit.label,
        "tenure": unit.tenure or UNRECORDED,
        "holders": []
        if holding.extends
        else [
            {
                "party": {"name": h.name, "relation": h.relation or None},
                "share": None if h.share is None else format_share(h.share),
            }
            for h in unit.holders
        ],
        "holders_complete": not unit.holders_incomplete,
        "extends": holding.extends is not None,
        "id": holding.extends,
    }


def _parcel(parcel: ProposedParcel, unit: int) -> Json:
    return {
        "label": parcel.label,
        "unit": unit,
        "area": {"figure": parcel.area.figure, "unit": parcel.area.unit},
        "land_class": parcel.land_class or UNRECORDED,
        "use": parcel.use or UNRECORDED,
        "former_labels": list(parcel.former_labels),
        "geometry": parcel.geometry_hash or None,
        "drawn_m2": str(parcel.drawn_m2) if parcel.geometry else None,
    }
