"""An officer's desk: prepare, read, sign and hand in an order in one go, for those who have key and registry at hand.

The steps are the same as over the counter, with the same checks between them; nothing is left out for convenience.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from api import clock, order_files
from api.order_files import OrderFile
from domain.canon import Json
from registry import dsse
from registry.acts import Act
from registry.keys import Key
from registry.office import Receipt, Request

if TYPE_CHECKING:
    from api.wiring import House


@dataclass(frozen=True, kw_only=True)
class Officer:
    """Someone who signs: the number in the service, the key, and the office of the orders."""

    number: str
    key: Key
    office: str


def signed_order(
    house: House,
    officer: Officer,
    kind: str,
    application: Json,
    *,
    order_no: str,
    shapes: dict[str, bytes] | None = None,
    case: str | None = None,
    second: Officer | None = None,
    documents: Sequence[str] = (),
) -> OrderFile:
    """An order as the officer has read and signed it, and the ``second`` where there has to be one.

    ``documents``: digests (base64 SHA-256) of the papers behind it.

    Raises:
        Refused: when the law does not allow it.
        NotWhatIsShown: when the office prepared something else than what was applied for.
    """
    request = Request(
        type=kind,
        application=application,
        office=officer.office,
        officer=officer.number,
        order_no=order_no,
        shapes=shapes or {},
        case=case,
        second_officer=second.number if second else None,
        documents=tuple(documents),
    )
    prepared = house.office.prepare(
        request, day=clock.today(), event_id=clock.new_event_id(), salt=clock.new_salt
    )
    order = OrderFile(
        payload=prepared.payload,
        application=prepared.application,
        shapes=shapes or {},
        sentence=prepared.sentence,
    )
    order_files.check_shown(order)
    order = order.signed_by(officer.key)
    return order.signed_by(second.key) if second else order


def hand_in(house: House, order: OrderFile) -> Receipt:
    """The receipt of a signed order.

    Raises:
        RegistryError: when the office does not accept it; each reason is a subclass.
    """
    return house.office.submit(
        order.entry, application=order.application, shapes=order.shapes, today=clock.today()
    )


def perform(house: House, act: Act, *, by: Sequence[Key]) -> None:
    """Record an act about keys, signed by ``by``, and see it into the log.

    Raises:
        RegistryError: when it is refused; each reason is a subclass.
    """
    payload = house.ceremony.prepare(act, event_id=clock.new_event_id(), decided=clock.today())
    house.ceremony.submit(dsse.seal(dsse.KEY, payload, [key.sign_payload(dsse.KEY, payload) for key in by]))
    house.settle()
