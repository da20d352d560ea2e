"""What is handed in about a case: an application as filed, and what a step says beside its name.

Private words are sealed: who applies or objects, and the words of a reason.  A reason's code is public.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import ClassVar, TypeVar

from domain import form, kit
from domain.canon import Json, canonical
from domain.commitment import Opening
from domain.errors import BadInput
from domain.ids import kind_of
from domain.languages import Phrase
from domain.values import Code, Sealed, Text

A = TypeVar("A")

APPLICATION = "application"
MOST_LAND = 250  # more do not fit one entry of the log
MOST_BYTES = 1 << 20  # of an application: a village's worth of heirs is a few kilobytes


@dataclass(frozen=True, kw_only=True)
class Person(Sealed):
    """Somebody who comes to the counter: the applicant, an objector, an appellant."""

    FIELD: ClassVar[str] = "person"

    name: Text
    relation: Text | None = None
    phone: Text | None = None
    capacity: Code | None = None
    """As what: transferee, heir, co-sharer, bank ..."""


@dataclass(frozen=True, kw_only=True)
class Reason(Sealed):
    """Why: a code of the list, which is public, and the words, which are sealed."""

    FIELD: ClassVar[str] = "reason"

    code: Code
    words: Text


@dataclass(frozen=True, kw_only=True)
class OutOfTurn(Reason):
    """Why a file is taken before those that were filed earlier."""

    FIELD: ClassVar[str] = "out-of-turn"


@dataclass(frozen=True, kw_only=True)
class Fee(Sealed):
    """What was paid: the amount in whole paise, which is public, and the number of the receipt, which is sealed."""

    FIELD: ClassVar[str] = "fee"

    paise: int
    receipt: Text


@dataclass(frozen=True, kw_only=True)
class Particulars:
    """What a step says beside its name."""

    until: date | None = None
    reason: Reason | None = None
    out_of_turn: OutOfTurn | None = None
    person: Person | None = None
    fee: Fee | None = None


@dataclass(frozen=True, kw_only=True)
class StepRequest:
    """A step that an officer asks the office to prepare."""

    case: str
    step: str
    officer: str
    particulars: Json = field(default_factory=dict)
    application: Json = None
    """The application as it was cured; only for ``cured``."""
    documents: tuple[str, ...] = ()
    salt: bytes | None = None
    """The salt of that application, once it is drawn."""
    land: tuple[str, ...] = ()
    """Parcels that are brought under the case, or released from it, with their units; only for these two steps."""


@dataclass(frozen=True, kw_only=True)
class Filing:
    """An application as somebody brings it to the counter."""

    type: str
    application: Json
    applicant: Json
    officer: str
    shapes: Mapping[str, bytes] = field(default_factory=dict)
    documents: tuple[str, ...] = ()
    case_no: str | None = None
    salt: bytes | None = None
    """Number and salt, once they are drawn: what was prepared comes back with both."""


def land_of(value: Json) -> tuple[str, ...]:
    """The parcels and holdings that a step names; empty where it names none.

    Raises:
        BadInput: when that is no list of their ids, or a longer one than an entry of the log can hold.
    """
    if value is None:
        return ()
    if not isinstance(value, list) or len(value) > MOST_LAND or not all(isinstance(i, str) for i in value):
        raise no_land()
    ids = tuple(str(i) for i in value)
    if not all(kind_of(i) in ("parcel", "unit") for i in ids):
        raise no_land()
    return ids


def no_land() -> BadInput:
    """The step names nothing that could be brought under its case or released from it."""
    return BadInput(
        Phrase("the step names no land, or land of another office"),
        field="land",
        remedy=Phrase("Name parcels in force that lie under the office of the case."),
    )


def sealed_application(application: Json, salt: bytes) -> Opening:
    """The opening of what was applied for, as written.

    Raises:
        BadInput: when it is longer than any application has reason to be.
    """
    if len(canonical(application)) > MOST_BYTES:
        raise BadInput(
            Phrase("the application is longer than {most} bytes", most=MOST_BYTES), field=APPLICATION
        )
    return Opening(APPLICATION, salt, application)


def read_person(document: Json, *, salt: Callable[[], bytes] | None, known: tuple[str, ...] = ()) -> Person:
    """The person of a form; salted by ``salt``, or already where what was prepared comes back.

    Raises:
        form.BadForm: naming every field at fault.
        BadInput: for a capacity in which nobody applies for this, or for a salt that is missing.
    """
    person = form.read(Person, document)
    if known and person.capacity not in known:
        raise BadInput(
            Phrase(
                "{given} is not one of those who apply for this", given=person.capacity or Phrase("nothing")
            ),
            field="applicant.capacity",
            remedy=Phrase("Say as what: {known}.", known=", ".join(known)),
        )
    return salted(person, salt)


def salted(sealed: A, salt: Callable[[], bytes] | None) -> A:
    """A form with every sealed value salted.

    Raises:
        BadInput: where a salt is missing and none may be drawn.
    """
    if salt is not None:
        return kit.complete(sealed, issue=str, salt=salt)
    bare = [v for v in (sealed, *(v for _, v in form.walk(sealed))) if isinstance(v, Sealed)]
    if any(v.salt is None for v in bare):
        raise BadInput(
            "what was prepared came back without its salts",
            field="salt",
            remedy="Send it exactly as it was prepared.",
        )
    return sealed
