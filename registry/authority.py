"""Who may tell the registry about keys, postings and the log itself; pure, so that auditors judge by the same rules.

Root keys, as many as the genesis entry asks for, may sign every act.  An appointing authority may sign what concerns
offices within its own, but a revocation takes a second officer and nobody signs a posting of his own.  Acts about the
log (its keys, its projection) take root keys.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import ClassVar

from domain.canon import Json, canonical
from domain.errors import RegistryError
from registry.acts import Act, Enrol, Post, Revoke
from registry.dsse import keyid
from registry.genesis_entry import Genesis
from registry.log.note import VerifierKey
from registry.officers import NotAuthorised, OfficerKey
from registry.root_acts import RootAct


class NotAppointed(NotAuthorised):
    """The signers are neither enough root keys nor an appointing authority for the office."""

    code: ClassVar[str] = "not-appointed"


class SelfPosting(NotAuthorised):
    """An officer has signed a posting of his own."""

    code: ClassVar[str] = "self-posting"


class KeyHasAnotherUse(RegistryError):
    """One key, one purpose: root keys and log keys are not officers' keys."""

    code: ClassVar[str] = "key-has-another-use"


def act_payload(
    act: Act | RootAct, *, origin: str, event_id: str, decided: str, touches: list[Json]
) -> bytes:
    """The exact bytes that an act about keys consists of; ``event_id`` are 32 hex digits, ``decided`` a day."""
    return canonical(
        {
            "schema": 1,
            "origin": origin,
            "event_id": event_id,
            "type": act.type,
            "decided": decided,
            "touches": touches,
            **act.members(),
        }
    )


def by_root_keys(keyids: Iterable[str], genesis: Genesis) -> bool:
    """Whether enough root keys are among the signers."""
    return genesis.has_signed(keyids)


def check_authority(
    act: Act,
    concerned: Sequence[OfficerKey],
    *,
    keyids: Iterable[str],
    officers: Mapping[str, OfficerKey],
    genesis: Genesis,
) -> None:
    """Accepts in silence an act whose signatures are good and whose signers may sign it.

    ``concerned`` are the keys that the act is about, ``keyids`` those of all signers, ``officers`` the signers' keys
    that are no root keys.

    Raises:
        NotAppointed, SelfPosting: as their names say.
    """
    if by_root_keys(keyids, genesis):
        return
    in_force = [key for key in officers.values() if key.revoked is None]
    check_appointing(act.type, act.offices(concerned), in_force, genesis=genesis, two=isinstance(act, Revoke))
    if isinstance(act, Post) and act.officer in {key.officer for key in in_force}:
        raise SelfPosting(
            f"{act.officer} cannot sign a posting of {act.officer}",
            field="signatures",
            remedy="Have the authority above sign it.",
        )


def check_appointing(
    event_type: str, offices: Sequence[str], signers: Sequence[OfficerKey], *, genesis: Genesis, two: bool
) -> None:
    """
    Raises:
        NotAppointed: when none of the signers appoints at all these offices, or ``two`` officers must sign and do not.
    """
    if not any(key.appoints(offices) for key in signers):
        raise NotAppointed(
            f"{event_type} needs {genesis.threshold} root keys, or an appointing authority"
            + (f" over {', '.join(offices)}" if offices else ""),
            field="signatures",
            remedy="Have it signed by the authority that appoints there.",
        )
    if two and len({key.officer for key in signers}) < 2:
        raise NotAppointed(
            "a revocation by officers takes the signatures of two of them, one an appointing authority",
            field="signatures",
            remedy="Have a second officer sign the same payload.",
        )


def check_purpose(act: Act, genesis: Genesis, log_keys: Iterable[str]) -> None:
    """
    Raises:
        KeyHasAnotherUse: when a key that is to be enrolled is a root key, or one of the log's (``log_keys``: vkeys).
    """
    if not isinstance(act, Enrol):
        return
    if (
        act.public in {VerifierKey.parse(vkey).public for vkey in log_keys}
        or keyid(act.public) in genesis.root_keys
    ):
        raise KeyHasAnotherUse(
            f"the key {keyid(act.public)} is a root key or a key of the log",
            field="pub",
            remedy="Make a key of the officer's own.",
        )
