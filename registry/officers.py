"""Officers: what a key may sign, as the log's own key events say.

An officer is who holds a key; a posting gives that key roles at an office and below it.  A signature counts if,
just before its entry, the key is enrolled and unrevoked, the payload names its holder, and an open posting covers
the office with a role that allows the type (transparency spec 5.3).  No clock is asked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Protocol, cast

from domain.canon import parse_object
from domain.case_steps import SYSTEM
from domain.errors import BadInput, RegistryError
from domain.languages import Phrase
from domain.law import law_of, state_of
from domain.projection import Doc
from registry.dsse import UnknownKey
from registry.history import History
from registry.log.encoding import decode_base64
from registry.roles import APPOINTING_AUTHORITY, allows, contains

_OFFICER = re.compile(r"[0-9A-Za-z]+([-._/][0-9A-Za-z]+)*", re.ASCII)
_LONGEST_OFFICER = 64


class NotAuthorised(RegistryError):
    """The signature is good and does not count here; each reason is a subclass."""

    code: ClassVar[str] = "not-authorised"


class KeyRevoked(NotAuthorised):
    """The key has been revoked."""

    code: ClassVar[str] = "key-revoked"


class OtherOfficer(NotAuthorised):
    """The order names an officer who does not hold the key that signed it."""

    code: ClassVar[str] = "other-officer"


class OutsideJurisdiction(NotAuthorised):
    """No open posting of the officer covers the office."""

    code: ClassVar[str] = "outside-jurisdiction"


class RoleForbids(NotAuthorised):
    """The officer is posted there, in a role that does not sign this type."""

    code: ClassVar[str] = "role-forbids"


@dataclass(frozen=True, kw_only=True)
class Posting:
    """Roles at an office and below it, from one log index until another; ``end`` is None while it is open."""

    office: str
    roles: tuple[str, ...]
    start: int
    end: int | None

    def overlaps(self, office: str, roles: Sequence[str]) -> bool:
        """Whether it is open and gives one of the roles at a place that is given them again."""
        nested = contains(self.office, office) or contains(office, self.office)
        return self.end is None and nested and not set(roles).isdisjoint(self.roles)

    def is_of(self, office: str, roles: Sequence[str]) -> bool:
        """Whether it is open and exactly of these roles at this office."""
        return self.end is None and self.office == office and set(self.roles) == set(roles)


@dataclass(frozen=True, kw_only=True)
class OfficerKey:
    """An officer's key as of its last event; ``version`` guards an order against a revocation meanwhile."""

    keyid: str
    version: int
    public: bytes
    officer: str
    enrolled: int
    revoked: int | None
    postings: tuple[Posting, ...]

    def covers(self, office: str) -> list[Posting]:
        """The open postings whose office contains ``office``."""
        return [p for p in self.postings if p.end is None and contains(p.office, office)]

    def appoints(self, offices: Iterable[str]) -> bool:
        """Whether it is an appointing authority for all these offices; for none of them: anywhere."""
        mine = [p.office for p in self.postings if p.end is None and APPOINTING_AUTHORITY in p.roles]
        return (
            self.revoked is None
            and bool(mine)
            and all(any(contains(own, office) for own in mine) for office in offices)
        )


def officer_key(history: History) -> OfficerKey:
    """The key whose stream this is, with what is accepted and not yet sequenced counted in.

    Raises:
        UnknownKey: when it was never enrolled.
    """
    return officer_key_of(history.id, history.state_for_judging())


def officer_key_of(keyid: str, state: Doc | None) -> OfficerKey:
    """The key whose state document this is.

    Raises:
        UnknownKey: when it was never enrolled.
    """
    if state is None:
        raise UnknownKey(
            Phrase("the key {keyid} is not enrolled at this registry", keyid=keyid),
            field="signatures",
            remedy="Have the key enrolled by the appointing authority, or sign with the key that is.",
        )
    return OfficerKey(
        keyid=keyid,
        version=cast("int", state["version"]),
        public=decode_base64(str(state["pub"]), what="the public key", length=32),
        officer=str(state["officer"]),
        enrolled=cast("int", state["enrolled"]),
        revoked=cast("int | None", state["revoked"]),
        postings=tuple(_posting(p) for p in cast("list[Doc]", state["postings"])),
    )


def check_may_sign(
    key: OfficerKey, *, officer: str, office: str, event_type: str, day: date, opposed: bool = False
) -> None:
    """Accepts in silence a key that may sign this type of event for this office, by the law of the event's day.

    ``officer`` is whom the payload names, ``office`` that of a parcel or unit touched.  ``opposed``: somebody has
    objected to the mutation, or it is made in no case.

    Raises:
        KeyRevoked, OtherOfficer, OutsideJurisdiction, RoleForbids: as their names say.
    """
    if key.revoked is not None:
        raise KeyRevoked(
            Phrase(
                "the key {keyid} of {officer} was revoked by entry {revoked} of the log",
                keyid=key.keyid,
                officer=key.officer,
                revoked=key.revoked,
            ),
            field="signatures",
            remedy="Sign with a key that is in force.",
        )
    if key.officer != officer:
        raise OtherOfficer(
            Phrase(
                "the order names {officer} and is signed by the key of {holder}",
                officer=officer,
                holder=key.officer,
            ),
            field="officer",
            remedy="Each officer signs orders of their own, with their own key.",
        )
    covering = key.covers(office)
    if not covering:
        raise OutsideJurisdiction(
            Phrase(
                "{officer} has no open posting that covers the office {office}",
                officer=officer,
                office=office,
            ),
            field="office",
            remedy="Forward the case to the officer posted there.",
        )
    _check_roles(
        sorted({role for posting in covering for role in posting.roles}),
        officer,
        office,
        event_type,
        day,
        opposed,
    )


def _check_roles(
    roles: Sequence[str], officer: str, office: str, event_type: str, day: date, opposed: bool
) -> None:
    law = law_of(state_of(office), day)
    if any(allows(role, event_type, law, opposed=opposed) for role in roles):
        return
    parts = {"type": event_type, "officer": officer, "office": office, "roles": ", ".join(roles)}
    if any(allows(role, event_type, law) for role in roles):
        raise RoleForbids(
            Phrase(
                "{officer}, who serves at {office} as {roles}, signs {type} only in a case that nobody opposes",
                **parts,
            ),
            field="type",
            remedy="Sign it in its case; what is opposed goes to an officer who decides what is disputed.",
        )
    raise RoleForbids(
        Phrase("{type} cannot be signed by {officer}, who serves at {office} as {roles}", **parts),
        field="type",
        remedy="Forward the case to an officer whose role decides it.",
    )


def check_clock(
    keys: Iterable[OfficerKey], *, offices: Iterable[str], event_type: str, day: date, auto: bool
) -> None:
    """What the clock's key signs says so, and what says so is signed by it.

    Raises:
        RoleForbids: when it is otherwise.
    """
    places = {office: law_of(state_of(office), day) for office in offices}
    able = {
        role
        for key in keys
        for office, law in places.items()
        for posting in key.covers(office)
        for role in posting.roles
        if allows(role, event_type, law)
    }
    if (able == {SYSTEM}) != auto:
        raise RoleForbids(
            "the registry's clock signs only what falls to it in a case, and nobody signs in its place",
            field="officer",
            remedy="An officer whose role decides this type signs the order in his own name.",
        )


def may_sign(key: OfficerKey, *, officer: str, office: str, event_type: str, day: date) -> bool:
    """As ``check_may_sign``, for a list of what somebody can do."""
    try:
        check_may_sign(key, officer=officer, office=office, event_type=event_type, day=day)
    except NotAuthorised:
        return False
    return True


class Roll(Protocol):
    """Who holds which keys."""

    def keyids_of(self, officer: str) -> Sequence[str]:
        """The ids of all keys ever enrolled for the officer, oldest first."""


class Streams(Protocol):
    """Where histories are kept: ``registry.store.OfficeRecorder``."""

    def load(self, ids: Sequence[str]) -> Mapping[str, History]: ...


class Officers:
    """Keys by their id, and the keys of an officer."""

    def __init__(self, store: Streams) -> None:
        self._store = store

    def keys(self, keyids: Iterable[str]) -> dict[str, OfficerKey]:
        """The keys of these ids in one query.

        Raises:
            UnknownKey: when one of them was never enrolled.
        """
        return {keyid: officer_key(h) for keyid, h in self._store.load(list(keyids)).items()}

    def keyids_of(self, officer: str) -> list[str]:
        """The ids of all keys ever enrolled for the officer, oldest first."""
        stream = roll_of(officer)
        return [
            str(parse_object(event.state)["keyid"]) for event in self._store.load([stream])[stream].events
        ]


def roll_of(officer: str) -> str:
    """The stream that lists an officer's keys: one event for each, whose state is ``{"keyid": ...}``."""
    return f"officer/{officer}"


def parse_officer(text: str, *, field: str = "officer") -> str:
    """
    >>> parse_officer("AP-REV-004512")
    'AP-REV-004512'
    """
    if len(text) > _LONGEST_OFFICER or not _OFFICER.fullmatch(text):
        raise BadInput(
            Phrase("{given} does not name an officer", given=repr(text[:80])),
            field=field,
            remedy="Give the officer's number in the service, as in AP-REV-004512: letters, digits and - . _ /",
        )
    return text


def _posting(document: Doc) -> Posting:
    return Posting(
        office=str(document["office"]),
        roles=tuple(str(role) for role in cast("list[str]", document["roles"])),
        start=cast("int", document["from"]),
        end=cast("int | None", document["to"]),
    )
