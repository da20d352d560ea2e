"""The four acts about officers' keys: what each says, whom it touches, and when it is refused.

An act is judged against the keys that it concerns, as the log has them; who may sign it is the matter of
``registry.ceremony``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, cast

from domain.canon import Json
from domain.errors import BadInput, NotFound, RegistryError
from domain.ids import kind_of
from domain.projection import Doc
from registry.dsse import keyid
from registry.keys import parse_public, verify_possession
from registry.log.encoding import encode_base64
from registry.officers import KeyRevoked, OfficerKey, Roll, parse_officer
from registry.roles import parse_office, parse_roles

_LONGEST_REASON = 500


class AlreadyEnrolled(RegistryError):
    """A key is enrolled once, for one officer; revoked keys do not come back."""

    code: ClassVar[str] = "already-enrolled"


class UnknownOfficer(NotFound):
    """No key is enrolled for the officer, or none that is in force."""

    code: ClassVar[str] = "unknown-officer"


class OverlappingPosting(RegistryError):
    """The officer has an open posting that gives one of the roles at that place already."""

    code: ClassVar[str] = "overlapping-posting"


class NotPosted(RegistryError):
    """There is no such open posting to end."""

    code: ClassVar[str] = "not-posted"


@dataclass(frozen=True, kw_only=True)
class Enrol:
    """A key becomes an officer's; ``pop`` shows that the officer can use it."""

    type: ClassVar[str] = "key.enrolled/1"
    public: bytes
    officer: str
    pop: str

    def members(self) -> Doc:
        return {
            "keyid": keyid(self.public),
            "pub": encode_base64(self.public),
            "officer": parse_officer(self.officer),
            "pop": self.pop,
        }

    def concerned(self, officers: Roll) -> list[str]:
        return [keyid(self.public)]

    def touched(self, keys: Sequence[OfficerKey], *, origin: str) -> list[str]:
        """
        Raises:
            AlreadyEnrolled: when the key is known here, also if it has been revoked since.
            NoPossession: when the proof of possession is not for this key, officer and registry.
        """
        for known in keys:
            raise AlreadyEnrolled(
                f"the key {known.keyid} was enrolled for {known.officer} by entry {known.enrolled} of the log",
                field="pub",
                remedy="Make a new key and enrol that one.",
            )
        verify_possession(self.public, origin=origin, officer=self.officer, pop=self.pop)
        return [keyid(self.public)]

    def offices(self, keys: Sequence[OfficerKey]) -> list[str]:
        """None: an enrolled key has no power before a posting gives it some."""
        return []


@dataclass(frozen=True, kw_only=True)
class Revoke:
    """A key signs nothing any more, from this entry on; ``suspect_from_index`` if it may have leaked before."""

    type: ClassVar[str] = "key.revoked/1"
    keyid: str
    reason: str
    suspect_from_index: int | None = None

    def members(self) -> Doc:
        if not 0 < len(self.reason.strip()) <= _LONGEST_REASON:
            raise BadInput(
                f"a revocation states its reason, in at most {_LONGEST_REASON} characters", field="reason"
            )
        if self.suspect_from_index is not None and self.suspect_from_index < 0:
            raise BadInput("an index of the log is not negative", field="suspect_from_index")
        suspect: Doc = (
            {} if self.suspect_from_index is None else {"suspect_from_index": self.suspect_from_index}
        )
        return {"keyid": self.keyid, "reason": self.reason, **suspect}

    def concerned(self, officers: Roll) -> list[str]:
        if kind_of(self.keyid) != "officer":
            raise BadInput(f"{self.keyid} is not the id of a key", field="keyid")
        return [self.keyid]

    def touched(self, keys: Sequence[OfficerKey], *, origin: str) -> list[str]:
        """
        Raises:
            NotFound: when the key was never enrolled.
            KeyRevoked: when it is revoked already.
        """
        if not keys:
            raise NotFound(f"the key {self.keyid} was never enrolled at this registry", field="keyid")
        for key in keys:
            if key.revoked is not None:
                raise KeyRevoked(
                    f"the key {key.keyid} was revoked before, by entry {key.revoked} of the log",
                    field="keyid",
                )
        return [self.keyid]

    def offices(self, keys: Sequence[OfficerKey]) -> list[str]:
        """Every office at which the key was ever posted."""
        return sorted({posting.office for key in keys for posting in key.postings})


@dataclass(frozen=True, kw_only=True)
class _OfPosting:
    officer: str
    office: str
    roles: Sequence[str]

    def members(self) -> Doc:
        return {
            "officer": parse_officer(self.officer),
            "office": parse_office(self.office),
            "roles": cast("list[Json]", parse_roles(self.roles)),
        }

    def concerned(self, officers: Roll) -> list[str]:
        keyids = list(officers.keyids_of(parse_officer(self.officer)))
        if not keyids:
            raise UnknownOfficer(
                f"no key is enrolled for the officer {self.officer}",
                field="officer",
                remedy="Enrol the officer's key first, or correct the officer's number.",
            )
        return keyids

    def offices(self, keys: Sequence[OfficerKey]) -> list[str]:
        return [self.office]


class Post(_OfPosting):
    """The officer's keys in force get roles at an office and below it."""

    type: ClassVar[str] = "posting.started/1"

    def touched(self, keys: Sequence[OfficerKey], *, origin: str) -> list[str]:
        """The keys in force that lack this very posting: a key enrolled later is posted by the same act again.

        Raises:
            UnknownOfficer: when none of the officer's keys is in force.
            OverlappingPosting: when each has it, or one has a role of it there by another posting.
        """
        in_force = [key for key in keys if key.revoked is None]
        if not in_force:
            raise UnknownOfficer(f"every key of {self.officer} has been revoked", field="officer")
        lacking = [key for key in in_force if not any(p.is_of(self.office, self.roles) for p in key.postings)]
        overlaps = [
            p for key in lacking or in_force for p in key.postings if p.overlaps(self.office, self.roles)
        ]
        if overlaps:
            raise OverlappingPosting(
                f"{self.officer} serves at {overlaps[0].office} as {', '.join(overlaps[0].roles)} "
                f"since entry {overlaps[0].start} of the log",
                field="office",
                remedy="End that posting first, or leave out the roles that it gives.",
            )
        return [key.keyid for key in lacking]


class EndPosting(_OfPosting):
    """The officer serves there in these roles no longer."""

    type: ClassVar[str] = "posting.ended/1"

    def touched(self, keys: Sequence[OfficerKey], *, origin: str) -> list[str]:
        """All keys that have the posting, revoked ones too.

        Raises:
            NotPosted: when none has.
        """
        posted = [key.keyid for key in keys if any(p.is_of(self.office, self.roles) for p in key.postings)]
        if not posted:
            raise NotPosted(
                f"{self.officer} has no open posting at {self.office} as {', '.join(self.roles)}",
                field="office",
                remedy="Name office and roles as the posting was opened.",
            )
        return posted


Act = Enrol | Revoke | Post | EndPosting


def parse_act(payload: Doc) -> Act:
    """The act that a payload states.

    Raises:
        BadInput: when its type is not one of the four, or a member is missing or of another kind.
    """
    match payload:
        case {"type": "key.enrolled/1", "pub": str(pub), "officer": str(officer), "pop": str(pop)}:
            return Enrol(public=parse_public(pub), officer=officer, pop=pop)
        case {"type": "key.revoked/1", "keyid": str(keyid_), "reason": str(reason)}:
            suspect = payload.get("suspect_from_index")
            if suspect is not None and (not isinstance(suspect, int) or isinstance(suspect, bool)):
                raise BadInput("an index of the log is a number", field="suspect_from_index")
            return Revoke(keyid=keyid_, reason=reason, suspect_from_index=suspect)
        case {
            "type": "posting.started/1",
            "officer": str(officer),
            "office": str(office),
            "roles": list(roles),
        }:
            return Post(officer=officer, office=office, roles=parse_roles(roles))
        case {
            "type": "posting.ended/1",
            "officer": str(officer),
            "office": str(office),
            "roles": list(roles),
        }:
            return EndPosting(officer=officer, office=office, roles=parse_roles(roles))
        case _:
            raise BadInput(
                f"{str(payload.get('type'))[:40]!r} with these members is not an act about keys or postings",
                field="type",
                remedy="Prepare the act at the registry and sign the very bytes that it returns.",
            )
