"""The pure function from the log to the map: what a signed event does to the states that it names.

Server, auditor and a bank's checker share this module.  It refuses an event that does not follow on the state
before it; it never judges the law, for what is in the log has happened.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from hashlib import sha256
from typing import cast

from domain.canon import Json
from domain.errors import VerificationError
from domain.ids import Kind, kind_of

PROJECTION = "landlog-projection/1"
EVENT = "application/vnd.landlog.event.v1+json"
KEY_EVENT = "application/vnd.landlog.key.v1+json"
GENESIS = "application/vnd.landlog.genesis.v1+json"

NO_HISTORY = base64.b64encode(bytes(32)).decode()
_KEPT_BY_THE_LOG = frozenset({"kind", "id", "version", "last_index", "history"})
_LISTS_WITH_SINCE = ("charges", "restrictions", "holds", "pending")

Doc = dict[str, Json]


class DoesNotFollow(VerificationError):
    """The event does not build on the state it claims to change, or names a thing it does not touch."""

    code = "does-not-follow"


def fold_history(history: str, index: int, leaf_hash: bytes) -> str:
    """``h_j = SHA-256(0x04 || h_{j-1} || u64(log index) || leaf hash of the event)`` in base64 (spec 4.2)."""
    before = base64.b64decode(history)
    return base64.b64encode(sha256(b"\x04" + before + index.to_bytes(8, "big") + leaf_hash).digest()).decode()


def touched(payload_type: str, payload: Doc) -> list[tuple[Kind, str]]:
    """What the entry changes, as (kind, id); a genesis changes nothing."""
    if payload_type == GENESIS:
        return []
    return [(kind_of(str(touch["id"])), str(touch["id"])) for touch in _touches(payload)]


def advance(
    states: Mapping[str, Doc | None], payload_type: str, payload: Doc, index: int, leaf_hash: bytes
) -> dict[str, Doc]:
    """The new state document of every thing that the entry touches, by id.

    ``states`` holds the document before, or None (or nothing) for what is new.

    Raises:
        DoesNotFollow: when ``prev_version`` or ``prev_history`` is not that of the state before.
    """
    if payload_type == GENESIS:
        return {}
    changes = key_changes(states, payload, index) if payload_type == KEY_EVENT else _set(payload)
    if stray := set(changes) - {str(t["id"]) for t in _touches(payload)}:
        raise DoesNotFollow(f"the event sets {sorted(stray)[0]} without naming it in touches")
    return {
        str(touch["id"]): _advance_one(states.get(str(touch["id"])), touch, changes, index, leaf_hash)
        for touch in _touches(payload)
    }


def _advance_one(
    before: Doc | None, touch: Doc, changes: Mapping[str, Doc], index: int, leaf_hash: bytes
) -> Doc:
    identifier = str(touch["id"])
    version = cast("int", before["version"]) if before else 0
    history = str(before["history"]) if before else NO_HISTORY
    if touch["prev_version"] != version or touch["prev_history"] != history:
        raise DoesNotFollow(
            f"the event builds on version {touch['prev_version']} of {identifier}, "
            f"and the record stands at version {version}"
            + ("" if touch["prev_version"] != version else " with another history")
        )
    members = changes.get(identifier, {})
    if fixed := _KEPT_BY_THE_LOG & set(members):
        raise DoesNotFollow(
            f"the event sets {sorted(fixed)[0]!r} of {identifier}, which only the log may set"
        )
    return {
        **(before or {"kind": kind_of(identifier), "id": identifier}),
        **members,
        **{name: _with_index(members[name], index) for name in _LISTS_WITH_SINCE if name in members},
        "version": version + 1,
        "last_index": index,
        "history": fold_history(history, index, leaf_hash),
    }


def _with_index(value: Json, index: int) -> Json:
    """List items that an event adds carry ``since: null``: the log index they enter at is set here."""
    if not isinstance(value, list):
        return value
    return [
        {**item, "since": index} if isinstance(item, dict) and item.get("since", 0) is None else item
        for item in value
    ]


def key_changes(states: Mapping[str, Doc | None], payload: Doc, index: int) -> dict[str, Doc]:
    """What a key event changes in the officer-key states it touches (transparency spec 5.3)."""
    ids = [str(t["id"]) for t in _touches(payload)]
    match payload["type"]:
        case "key.enrolled/1":
            return {
                i: {
                    "pub": payload["pub"],
                    "officer": payload["officer"],
                    "enrolled": index,
                    "revoked": None,
                    "postings": [],
                }
                for i in ids
            }
        case "key.revoked/1":
            revoked: Doc = {"revoked": index, "suspect_from_index": payload.get("suspect_from_index")}
            return {i: dict(revoked) for i in ids}
        case "posting.started/1":
            posting: Doc = {"office": payload["office"], "roles": payload["roles"], "from": index, "to": None}
            return {i: {"postings": [*_postings(states.get(i)), dict(posting)]} for i in ids}
        case "posting.ended/1":
            return {i: {"postings": _ended(_postings(states.get(i)), payload, index)} for i in ids}
        case "logkey.added/1" | "logkey.retired/1" | "projection.changed/1":
            return {}  # about the log itself: no state changes
        case other:
            raise DoesNotFollow(f"the key event {other!r} is not one that this projection knows")


def _postings(state: Doc | None) -> list[Doc]:
    return cast("list[Doc]", state["postings"]) if state else []


def _ended(postings: list[Doc], payload: Doc, index: int) -> list[Json]:
    return [
        {**p, "to": index}
        if p["to"] is None and p["office"] == payload["office"] and p["roles"] == payload["roles"]
        else p
        for p in postings
    ]


def _touches(payload: Doc) -> list[Doc]:
    return cast("list[Doc]", payload["touches"])


def _set(payload: Doc) -> dict[str, Doc]:
    return cast("dict[str, Doc]", payload["set"])
