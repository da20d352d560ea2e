"""What root keys alone may tell the registry: which keys sign its log, and by which projection its map is made.

A log's key is replaced in two acts: the new one is added, both sign for a time (90 days at least, so that every
verifier has learnt the new one), then the old one is retired.  Checkpoints that it signed stay valid.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from domain.errors import BadInput, RegistryError, VerificationError
from domain.projection import Doc
from registry.dsse import keyid
from registry.genesis_entry import Genesis
from registry.log.encoding import BadBase64, decode_base64
from registry.log.note import NoteVerifier, VerifierKey

_PROJECTION = re.compile(r"[a-z0-9][a-z0-9._/-]{0,63}", re.ASCII)


class LogKeyRefused(RegistryError):
    """The key cannot be added to those that sign the log, or not be taken from them."""

    code: ClassVar[str] = "log-key-refused"


@dataclass(frozen=True, kw_only=True)
class Roots:
    """What the root keys have said up to now: the log's keys in force, those retired, the projection."""

    genesis: Genesis
    log_keys: tuple[str, ...]
    retired: tuple[str, ...] = ()
    projection_id: str
    projection_sha256: str

    @classmethod
    def of(cls, genesis: Genesis) -> Roots:
        """As the genesis entry says."""
        return cls(
            genesis=genesis,
            log_keys=genesis.log_keys,
            projection_id=genesis.projection_id,
            projection_sha256=genesis.projection_sha256,
        )

    def after(self, act: RootAct) -> Roots:
        """As it is once the act is recorded.

        Raises:
            BadInput, LogKeyRefused: when it cannot be.
        """
        return act.applied(self)


@dataclass(frozen=True, kw_only=True)
class AddLogKey:
    """A key that signs the log's checkpoints from now on, beside those that do."""

    type: ClassVar[str] = "logkey.added/1"
    vkey: str

    def members(self) -> Doc:
        return {"vkey": self.vkey}

    def applied(self, roots: Roots) -> Roots:
        key = _log_key(self.vkey)
        if key.name != roots.genesis.origin:
            raise LogKeyRefused(
                f"a key of the log bears the registry's name, {roots.genesis.origin}, and this one {key.name}",
                field="vkey",
            )
        known = {_log_key(vkey).public for vkey in (*roots.log_keys, *roots.retired)}
        if key.public in known or keyid(key.public) in roots.genesis.root_keys:
            raise LogKeyRefused(
                "the key has been in use before: one key, one purpose",
                field="vkey",
                remedy="Make a new key for the log.",
            )
        return replace(roots, log_keys=(*roots.log_keys, self.vkey))


@dataclass(frozen=True, kw_only=True)
class RetireLogKey:
    """A key that signs the log's checkpoints no longer."""

    type: ClassVar[str] = "logkey.retired/1"
    vkey: str

    def members(self) -> Doc:
        return {"vkey": self.vkey}

    def applied(self, roots: Roots) -> Roots:
        if self.vkey not in roots.log_keys:
            raise LogKeyRefused(
                "this key does not sign the log",
                field="vkey",
                remedy=f"Those that do: {' '.join(roots.log_keys)}",
            )
        if len(roots.log_keys) == 1:
            raise LogKeyRefused(
                "it is the last key of the log: nothing could be published any more",
                field="vkey",
                remedy="Add the new key first, and let both sign for 90 days.",
            )
        left = tuple(vkey for vkey in roots.log_keys if vkey != self.vkey)
        return replace(roots, log_keys=left, retired=(*roots.retired, self.vkey))


@dataclass(frozen=True, kw_only=True)
class ChangeProjection:
    """The map is made by another projection, or by other sources of the same, from the next map head on."""

    type: ClassVar[str] = "projection.changed/1"
    id: str
    sha256: str

    def members(self) -> Doc:
        return {"projection": {"id": self.id, "sha256": self.sha256}}

    def applied(self, roots: Roots) -> Roots:
        if not _PROJECTION.fullmatch(self.id):
            raise BadInput(f"{self.id[:80]!r} is not the id of a projection", field="projection")
        try:
            decode_base64(self.sha256, what="the digest of the projection's sources", length=32)
        except BadBase64 as error:
            raise BadInput(str(error), field="projection") from error
        if (self.id, self.sha256) == (roots.projection_id, roots.projection_sha256):
            raise BadInput("this is the projection that is in force", field="projection")
        return replace(roots, projection_id=self.id, projection_sha256=self.sha256)


RootAct = AddLogKey | RetireLogKey | ChangeProjection


def parse_root_act(payload: Doc) -> RootAct | None:
    """The act that a payload states; None where it is of another type.

    Raises:
        BadInput: when a member is missing, or of another kind.
    """
    match payload:
        case {"type": AddLogKey.type, "vkey": str(vkey)}:
            return AddLogKey(vkey=vkey)
        case {"type": RetireLogKey.type, "vkey": str(vkey)}:
            return RetireLogKey(vkey=vkey)
        case {"type": ChangeProjection.type, "projection": {"id": str(name), "sha256": str(sha256)}}:
            return ChangeProjection(id=name, sha256=sha256)
        case {"type": AddLogKey.type | RetireLogKey.type | ChangeProjection.type}:
            raise BadInput("the act lacks a member, or has one of another kind", field="type")
        case _:
            return None


def folded(genesis: Genesis, payloads: Sequence[Doc]) -> Roots:
    """What a genesis and the acts after it come to."""
    roots = Roots.of(genesis)
    for payload in payloads:
        if act := parse_root_act(payload):
            roots = roots.after(act)
    return roots


def _log_key(vkey: str) -> VerifierKey:
    try:
        return NoteVerifier(VerifierKey.parse(vkey)).key
    except VerificationError as error:
        raise BadInput(
            str(error), field="vkey", remedy="Give the verifier key of a log's Ed25519 key."
        ) from error
