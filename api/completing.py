"""Text first and map later, or the reverse: what a village's file adds to what is registered of it already.

Parcels that were registered without a map get the shape that the file draws under their number; holdings whose holders
the older record left open get those whom the file names whole.  Nothing that stands is touched
(``domain.mutations.record_completed``), and each order bears the signatures of two officers.  What the office refuses
is divided until what is at fault stands alone, and told with the reasons; a second run takes up what is missing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING, Any

from api import desk
from api.desk import Officer
from domain.canon import Json
from domain.errors import Refused
from domain.form import BadForm
from domain.mutations.import_ import INCOMPLETE
from domain.quantities import format_share
from gis.proposal import ProposedParcel, ProposedUnit
from gis.village import ProposedVillage
from registry.log.tiles import EntryTooLarge

if TYPE_CHECKING:
    from api.wiring import House

TYPE = "record-completed"
AT_ONCE = 40  # things in one order: a holding with its holders adds about a kilobyte to the entry


@dataclass(frozen=True, kw_only=True)
class Piece:
    """A parcel's shape, or a unit's holders, as an order states them."""

    label: str
    parcel: Json = None
    unit: Json = None
    shapes: dict[str, bytes] = field(default_factory=dict)


@dataclass
class Completion:
    """What became of a file that was read for what it adds."""

    parcels: int = 0
    units: int = 0
    orders: list[str] = field(default_factory=list)
    """Ids of the events."""
    left: dict[str, str] = field(default_factory=dict)
    """Labels of what could not be completed, and why."""


def complete(
    house: House,
    proposed: ProposedVillage,
    *,
    first: Officer,
    second: Officer,
    source: str,
    order_no: str,
    documents: tuple[str, ...] = (),
) -> Completion:
    """Record what the file adds; ``first`` decides and ``second`` signs beside."""
    house.settle()
    outcome = Completion()
    pieces = [*_shapes(house, proposed), *_holders(house, proposed, outcome)]
    numbers = count(1)

    def sign(some: Sequence[Piece]) -> None:
        try:
            order = desk.signed_order(
                house,
                first,
                TYPE,
                _application(some, source),
                order_no=f"{order_no}/{next(numbers)}",
                shapes={digest: body for piece in some for digest, body in piece.shapes.items()},
                second=second,
                documents=documents,
            )
            receipt = desk.hand_in(house, order)
        except (Refused, BadForm, EntryTooLarge) as error:
            if len(some) == 1:
                outcome.left[some[0].label] = str(error)
                return
            sign(some[: len(some) // 2])
            sign(some[len(some) // 2 :])
            return
        outcome.orders.append(receipt.event_id)
        outcome.parcels += sum(piece.parcel is not None for piece in some)
        outcome.units += sum(piece.unit is not None for piece in some)

    for start in range(0, len(pieces), AT_ONCE):
        sign(pieces[start : start + AT_ONCE])
    house.settle()
    return outcome


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


def _shapes(house: House, proposed: ProposedVillage) -> Iterator[Piece]:
    """The shapes of parcels that have none."""
    drawn: dict[str, ProposedParcel] = {p.label: p for p in proposed.parcels if p.geometry}
    for label, document in _documents(house, "parcel", proposed.village.lgd, list(drawn)):
        if document["geometry"] is None:
            parcel = drawn[label]
            yield Piece(
                label=label,
                parcel={
                    "parcel": document["parcel_id"],
                    "geometry": parcel.geometry_hash,
                    "drawn_m2": str(parcel.drawn_m2),
                },
                shapes={parcel.geometry_hash: parcel.geometry},
            )


def _holders(house: House, proposed: ProposedVillage, outcome: Completion) -> Iterator[Piece]:
    """The holders of units that were left open, where the file names all of them."""
    whole: dict[str, ProposedUnit] = {u.label: u for u in proposed.units if not u.holders_incomplete}
    for label, document in _documents(house, "unit", proposed.village.lgd, list(whole)):
        if all(restriction["kind"] != INCOMPLETE for restriction in document["restrictions"]):
            continue
        unit = _unit(whole[label], document)
        if unit is None:
            outcome.left[label] = "the record names a holder whom the file does not name, or names twice"
        else:
            yield Piece(label=label, unit=unit)


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
