"""Text first and map later, or the reverse: what a village's file adds to what is registered of it already.

Parcels that were registered without a map get the shape that the file draws under their number; holdings whose holders
the older record left open get those whom the file names whole.  Nothing that stands is touched
(``domain.mutations.record_completed``), and each order bears the signatures of two officers.  What the office refuses
is divided until what is at fault stands alone, and told with the reasons; a second run takes up what is missing.
``judged`` does all of this but sign.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

from api import clock, desk
from api.desk import Officer
from domain.canon import Json
from domain.errors import BadInput, Refused, RegistryError
from domain.form import BadForm
from domain.mutations.import_ import INCOMPLETE
from domain.quantities import format_share
from gis.completion import CompletionReport, PassedOver, Why
from gis.holders import SENTENCES
from gis.proposal import ProposedParcel, ProposedUnit
from gis.tolerances import EXTENT_M2
from gis.village import ProposedVillage
from registry.log.tiles import EntryTooLarge
from registry.office import Request

if TYPE_CHECKING:
    from api.wiring import House

TYPE = "record-completed"
MUTATION = "mutation.record-completed/1"
AT_ONCE = 40  # things in one order: a holding with its holders adds about a kilobyte to the entry

Progress = Callable[[int, int], None]


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A parcel's shape, or a unit's holders, as an order states them."""

    label: str
    parcel: Json = None
    unit: Json = None
    shapes: dict[str, bytes] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a file may add to the record as it stands, and what it cannot."""

    proposed: ProposedVillage
    pieces: tuple[Piece, ...]
    passed: tuple[PassedOver, ...]
    unmapped: int
    """Parcels in force without a map."""


def plan(house: House, proposed: ProposedVillage) -> Plan:
    """Find the file's numbers in the record; nothing is judged yet."""
    house.settle()
    passed: list[PassedOver] = []
    pieces = [*_shapes(house, proposed, passed), *_holders(house, proposed, passed)]
    with house.datastore.cursor() as cursor:
        cursor.execute(
            "select count(*) from records.parcel r where r.village = %s and r.status = 'active' and not exists"
            " (select from gis.parcel g where g.parcel_id = r.parcel_id and g.valid_to is null)",
            (proposed.village.lgd,),
        )
        (unmapped,) = cursor.fetchone() or (0,)
    return Plan(proposed=proposed, pieces=tuple(pieces), passed=tuple(passed), unmapped=unmapped)


def judged(house: House, planned: Plan, *, source: str, progress: Progress | None = None) -> CompletionReport:
    """What the law of the record would let the file complete; nothing is signed and nothing reserved."""

    def judge(some: Sequence[Piece]) -> None:
        request = Request(
            type=MUTATION,
            application=_application(some, source),
            office=planned.proposed.village.office,
            officer="",
            order_no="",
            shapes=_bytes_of(some),
        )
        found = house.office.judge(request, day=clock.today(), salt=clock.new_salt).findings
        if found:
            raise Refused(found)

    return _report(planned, *_taken(planned.pieces, judge, progress), orders=None)


def complete(
    house: House,
    planned: Plan,
    *,
    first: Officer,
    second: Officer,
    source: str,
    order_no: str,
    documents: tuple[str, ...] = (),
    progress: Progress | None = None,
) -> CompletionReport:
    """Record what the file adds; ``first`` decides and ``second`` signs beside."""
    numbers = count(1)
    orders: list[str] = []

    def sign(some: Sequence[Piece]) -> None:
        order = desk.signed_order(
            house,
            first,
            TYPE,
            _application(some, source),
            order_no=f"{order_no}/{next(numbers)}",
            shapes=_bytes_of(some),
            second=second,
            documents=documents,
        )
        orders.append(desk.hand_in(house, order).event_id)

    taken, refused = _taken(planned.pieces, sign, progress)
    house.settle()
    return _report(planned, taken, refused, orders=tuple(orders))


def write_report(path: Path, report: CompletionReport) -> Path:
    """Write the report as JSON and beside it as a page with a map, readable by the office; returns the page's place.

    Raises:
        BadInput: when the files cannot be written.
    """
    path, page = path.with_suffix(path.suffix.replace(".html", ".json")), path.with_suffix(".html")
    document = {"written": clock.instant().isoformat(), **report.to_json()}
    written = {path: json.dumps(document, ensure_ascii=False, indent=1) + "\n", page: report.page()}
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        for place, text in written.items():
            with os.fdopen(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
                file.write(text)
    except OSError as error:
        raise BadInput(
            f"the report cannot be written to {path}: {(error.strerror or '').lower()}",
            field="--report",
            remedy="Name another file with --report; what was completed stays completed.",
        ) from error
    return page


def _taken(
    pieces: Sequence[Piece], order: Callable[[Sequence[Piece]], None], progress: Progress | None
) -> tuple[list[Piece], list[PassedOver]]:
    """The pieces that one order after another takes, and those that stand alone as what it refuses."""
    taken: list[Piece] = []
    refused: list[PassedOver] = []

    def take(some: Sequence[Piece]) -> None:
        try:
            order(some)
        except (Refused, BadForm, EntryTooLarge) as error:
            if len(some) > 1:
                take(some[: len(some) // 2])
                take(some[len(some) // 2 :])
                return
            refused.append(_refused(some[0], error))
        else:
            taken.extend(some)
        if progress:
            progress(len(taken) + len(refused), len(pieces))

    for start in range(0, len(pieces), AT_ONCE):
        take(pieces[start : start + AT_ONCE])
    return taken, refused


def _refused(piece: Piece, error: RegistryError) -> PassedOver:
    return PassedOver(
        what="holding" if piece.parcel is None else "parcel",
        label=piece.label,
        why="refused",
        sentence=str(error),
    )


def _report(
    planned: Plan, taken: Sequence[Piece], refused: Sequence[PassedOver], *, orders: tuple[str, ...] | None
) -> CompletionReport:
    parcels = tuple(piece.label for piece in taken if piece.parcel is not None)
    return CompletionReport(
        proposed=planned.proposed,
        parcels=parcels,
        units=tuple(piece.label for piece in taken if piece.unit is not None),
        passed=(*refused, *planned.passed),
        unmapped=planned.unmapped - len(parcels),
        orders=orders,
    )


def _bytes_of(pieces: Sequence[Piece]) -> dict[str, bytes]:
    return {digest: body for piece in pieces for digest, body in piece.shapes.items()}


def _application(pieces: Sequence[Piece], source: str) -> dict[str, Json]:
    """The form of one order."""
    return {
        "source": source,
        "units": [piece.unit for piece in pieces if piece.unit is not None],
        "parcels": [piece.parcel for piece in pieces if piece.parcel is not None],
    }


def _documents(house: House, kind: str, village: str, labels: Sequence[str]) -> Iterator[tuple[str, Any]]:
    """Label and document of the parcels or units in force that bear the labels."""
    statement = {
        "parcel": "select label, doc from records.parcel where village = %s and status = 'active'"
        " and label = any(%s::text[]) order by parcel_id",
        "unit": "select label, doc from records.unit where village = %s and status = 'active'"
        " and label = any(%s::text[]) order by unit_id",
    }[kind]
    with house.datastore.cursor() as cursor:
        cursor.execute(statement, (village, list(labels)))
        for label, document in cursor:
            yield label, json.loads(bytes(document))


def _shapes(house: House, proposed: ProposedVillage, passed: list[PassedOver]) -> Iterator[Piece]:
    """The shapes of parcels that have none."""
    read: dict[str, ProposedParcel] = {p.label: p for p in proposed.parcels}
    known = set()
    for label, document in _documents(house, "parcel", proposed.village.lgd, list(read)):
        known.add(label)
        parcel = read[label]
        if said := _other_extent(parcel, document["area"]):
            passed.append(_parcel(label, "extent-differs", said))
        if not parcel.geometry:
            continue
        if document["geometry"] is not None:
            passed.append(_parcel(label, "has-map"))
            continue
        yield Piece(
            label=label,
            parcel={
                "parcel": document["parcel_id"],
                "geometry": parcel.geometry_hash,
                "drawn_m2": str(parcel.drawn_m2),
            },
            shapes={parcel.geometry_hash: parcel.geometry},
        )
    passed += [
        _parcel(label, "no-such-parcel", f"row {parcel.row} of the file")
        for label, parcel in read.items()
        if label not in known
    ]


def _other_extent(parcel: ProposedParcel, area: Any) -> str:
    """How the file's recorded extent differs from the record's; empty where it does not, or the file states none."""
    apart = abs(parcel.area.m2 - Decimal(area["recorded_m2"]))
    if apart <= EXTENT_M2 or (parcel.area.unit == "m2" and Decimal(parcel.area.figure) == parcel.drawn_m2):
        return ""
    stands = area["original"] or {"figure": area["recorded_m2"], "unit": "m2"}
    return f"{parcel.area.figure} {parcel.area.unit} in the file, {stands['figure']} {stands['unit']} in the record"


def _parcel(label: str, why: Why, sentence: str = "") -> PassedOver:
    return PassedOver(what="parcel", label=label, why=why, sentence=sentence)


def _holders(house: House, proposed: ProposedVillage, passed: list[PassedOver]) -> Iterator[Piece]:
    """The holders of units that were left open, where the file names all of them; a file without names adds none."""
    if not any(unit.holders for unit in proposed.units):
        return
    read: dict[str, ProposedUnit] = {u.label: u for u in proposed.units}
    known = set()
    for label, document in _documents(house, "unit", proposed.village.lgd, list(read)):
        known.add(label)
        unit = None if read[label].holders_incomplete else _unit(read[label], document)
        if all(restriction["kind"] != INCOMPLETE for restriction in document["restrictions"]):
            passed.append(_holding(label, "holders-stand"))
        elif unit is not None:
            yield Piece(label=label, unit=unit)
        elif read[label].holders_incomplete:
            passed.append(
                _holding(label, "holders-missing", "; ".join(SENTENCES[flag] for flag in read[label].flags))
            )
        else:
            sentence = "the record names a holder whom the file does not name, or names twice"
            passed.append(_holding(label, "holders-contradict", sentence))
    passed += [
        _holding(label, "no-such-holding", f"{len(unit.parcels)} parcels of the file")
        for label, unit in read.items()
        if label not in known
    ]


def _holding(label: str, why: Why, sentence: str = "") -> PassedOver:
    return PassedOver(what="holding", label=label, why=why, sentence=sentence)


def _unit(proposed: ProposedUnit, document: Any) -> Json:
    """The unit with all its holders; None where those of the record are not all among those of the file."""
    standing = {(h["name"], h["relation"] or ""): h["party"] for h in document["holders"]}
    named = {(h.name, h.relation): h.share for h in proposed.holders}
    shares = {who: None if share is None else format_share(share) for who, share in named.items()}
    once = len(standing) == len(document["holders"]) and len(named) == len(proposed.holders)
    if not once or not standing.keys() <= named.keys():
        return None
    return {
        "unit": document["unit_id"],
        "staying": [{"holder": party, "share": shares[who]} for who, party in standing.items()],
        "added": [
            {"party": {"name": name, "relation": relation or None}, "share": shares[name, relation]}
            for name, relation in named
            if (name, relation) not in standing
        ],
    }
